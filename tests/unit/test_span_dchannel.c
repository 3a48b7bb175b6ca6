// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/span/hdlc.h"
#include "tests/unit/span_talker.h"
#include "tests/unit/test_span_groups.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- D channel */

static size_t frame_make(uint8_t *frame, unsigned n)
{
	size_t length = 3 + n * 7 % 258;

	for (size_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(n % 5 ? talker_pattern(n + i) : 0xff);
	frame[0] = (uint8_t)n;
	return length;
}

struct dlink {
	unsigned sent, received;
};

/* Keeps a window of frames on the way; what arrives must be the next one. */
static void dlink_run(struct dlink *link, unsigned window, int from, int to)
{
	uint8_t frame[TDM_DFRAME_MAX], expected[TDM_DFRAME_MAX];
	ssize_t length;

	while (link->sent < link->received + window) {
		length = (ssize_t)frame_make(frame, link->sent);
		assert_int_equal(tdm_dchannel_write(from, frame, (size_t)length), length);
		link->sent++;
	}
	while ((length = tdm_dchannel_read(to, frame, sizeof(frame))) != -EAGAIN) {
		assert_int_equal(length, frame_make(expected, link->received));
		assert_memory_equal(frame, expected, (size_t)length);
		link->received++;
	}
}

static void carries_d_channel_frames_both_ways_under_load(void **state)
{
	static const unsigned frames[] = {1, 8, 40, 7};

	for (size_t row = 0; row < COUNT(frames) * 2; row++) {
		static struct talker talkers[2];
		struct dlink link[2] = {0};
		struct rig rig;

		rig_start(&rig, row % 2 ? TDM_T1 : TDM_E1, frames[row / 2]);
		rig_run(&rig, 10);
		for (unsigned i = 0; i < 2; i++)
			talker_open(&talkers[i], &rig.end[i], 80);
		for (unsigned n = 0; n < 600; n++) {
			dlink_run(&link[0], 7, rig.end[0].descriptors.fd_d,
				  rig.end[1].descriptors.fd_d);
			dlink_run(&link[1], 7, rig.end[1].descriptors.fd_d,
				  rig.end[0].descriptors.fd_d);
			rig_run(&rig, 1);
		}
		for (unsigned i = 0; i < 2; i++) {
			struct tdm_status status = rig_status(&rig.end[i]);

			dlink_run(&link[!i], 0, rig.end[!i].descriptors.fd_d,
				  rig.end[i].descriptors.fd_d);
			/* 3 s of 64 kbit/s, 140 octets a frame */
			assert_true(link[i].received > 150);
			assert_int_equal(status.counters.hdlc_errors, 0);
			assert_int_equal(status.counters.hdlc_frames_received, link[!i].received);
			talker_close(&talkers[i]);
		}
		rig_stop(&rig);
	}
}

static void keeps_the_d_channel_through_a_restart_of_media(void **state)
{
	struct dlink link[2] = {0};
	struct rig rig;

	rig_start(&rig, TDM_E1, 8);
	for (unsigned round = 0; round < 5; round++) {
		int fd[2] = {rig.end[0].descriptors.fd_d, rig.end[1].descriptors.fd_d};

		for (unsigned n = 0; n < 140; n++) {
			/* what is on the wire while nobody listens is lost: n > 0 */
			dlink_run(&link[0], n > 0 && n < 100 ? 3 : 0, fd[0], fd[1]);
			dlink_run(&link[1], n < 100 ? 3 : 0, fd[1], fd[0]);
			rig_run(&rig, 1);
		}
		assert_int_equal(link[0].received, link[0].sent);
		assert_int_equal(link[1].received, link[1].sent);
		rig_end_detach(&rig.end[1]);
		/* waits in the pair, and is sent by the next running half */
		dlink_run(&link[1], 5, fd[1], fd[0]);
		rig_end_attach(&rig.end[1]);
	}
	assert_true(link[0].received > 80);
	assert_true(link[1].received > 80);
	rig_stop(&rig);
}

/* What is left of a frame when a packet is lost may look like a good one. */
static void ends_a_frame_that_has_lost_a_packet(void **state)
{
	struct hdlc_encoder encoder;
	uint8_t octets[16], frame[TDM_DFRAME_MAX];

	hdlc_encoder_init(&encoder);
	hdlc_encode(&encoder, octets, 1);
	memset(encoder.frame, 1, 10);
	assert_int_equal(hdlc_encoder_start(&encoder, 10), 0);
	for (size_t done = 1; done < sizeof(octets);)
		done += hdlc_encode(&encoder, octets + done, sizeof(octets) - done);
	for (unsigned lost = 0; lost < 2; lost++) {
		struct wire wire;

		wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
		for (unsigned n = 0; n < 6; n++) {
			uint8_t packet[RIG_PACKET_MAX];

			memset(packet, 0x7e, sizeof(packet));
			for (unsigned f = 0; f < 8 && n < 2; f++)
				packet[CESOPSN_HEADER + f * 31 + 15] = octets[n * 8 + f];
			wire.sequence = (uint16_t)(wire.sequence + (n == 1 ? lost : 0));
			cesopsn_header_write(packet, 252, 0, wire.sequence++);
			wire_send_octets(&wire, packet, 252);
			wire_run(&wire, 5);
		}
		assert_int_equal(tdm_dchannel_read(wire.end.descriptors.fd_d, frame, sizeof(frame)),
				 lost ? -EAGAIN : 10);
		assert_int_equal(rig_status(&wire.end).counters.packets_lost, lost);
		wire_stop(&wire);
	}
}

static void counts_bad_and_undelivered_frames(void **state)
{
	uint8_t payload[RIG_PACKET_MAX], frame[8] = {2, 1, 0x7f, 0};
	struct tdm_counters counters;
	struct rig rig;
	struct wire wire;

	/* frames that are cut by a lost packet or have a wrong FCS */
	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	for (unsigned n = 0; n < 10; n++) {
		static const uint8_t bad[] = {0x7e, 0x40, 0x80, 0x11, 0x12, 0x34, 0x7e, 0x7e};
		uint8_t packet[RIG_PACKET_MAX] = {0};

		for (unsigned f = 0; f < 8; f++)
			packet[CESOPSN_HEADER + f * 31 + 15] = bad[f];
		cesopsn_header_write(packet, 252, 0, wire.sequence++);
		wire_send_octets(&wire, packet, 252);
		wire_run(&wire, 5);
	}
	assert_in_range(rig_status(&wire.end).counters.hdlc_errors, 9, 11);
	assert_int_equal(rig_status(&wire.end).counters.hdlc_frames_received, 0);
	assert_int_equal(tdm_dchannel_read(wire.end.descriptors.fd_d, frame, 8), -EAGAIN);
	/* nothing to send: flags */
	while (wire_read(&wire, NULL, NULL, payload))
		assert_int_equal(payload[7 * 31 + 15], 0x7e);
	assert_int_equal(tdm_dchannel_write(wire.end.descriptors.fd_d, frame, 1), -EMSGSIZE);
	assert_int_equal(tdm_dchannel_write(wire.end.descriptors.fd_d, frame, TDM_DFRAME_MAX + 1),
			 -EMSGSIZE);
	wire_stop(&wire);

	/* an opener that does not read */
	rig_start(&rig, TDM_E1, 8);
	for (unsigned n = 0; n < 2000; n++) {
		while (tdm_dchannel_write(rig.end[0].descriptors.fd_d, frame, 4) == 4)
			;
		rig_run(&rig, 1);
	}
	counters = rig_status(&rig.end[1]).counters;
	assert_true(counters.hdlc_errors > 0);
	assert_int_equal(tdm_dchannel_read(rig.end[1].descriptors.fd_d, frame, 3), -EMSGSIZE);
	for (unsigned n = 1; tdm_dchannel_read(rig.end[1].descriptors.fd_d, frame, 8) == 4; n++)
		assert_true(n < counters.hdlc_frames_received - counters.hdlc_errors);
	rig_stop(&rig);
}

static void outlives_the_opener(void **state)
{
	uint8_t frame[8] = {2, 1, 0x7f};
	uint64_t errors;
	struct rig rig;

	rig_start(&rig, TDM_E1, 8);
	rig_run(&rig, 20);
	close(rig.end[1].descriptors.fd_d);
	rig.end[1].descriptors.fd_d = -1;
	for (unsigned n = 0; n < 20; n++) {
		assert_int_equal(tdm_dchannel_write(rig.end[0].descriptors.fd_d, frame, 3), 3);
		rig_run(&rig, 1);
	}
	errors = rig_status(&rig.end[1]).counters.hdlc_errors;
	assert_in_range(errors, 0, 1);
	assert_true(rig_status(&rig.end[1]).counters.hdlc_frames_received >= 18);
	assert_int_equal(rig_status(&rig.end[1]).alarms, 0);
	/* and the opener notices when all of the running half is gone */
	rig_end_detach(&rig.end[0]);
	assert_int_equal(tdm_dchannel_read(rig.end[0].descriptors.fd_d, frame, 8), -EAGAIN);
	close(rig.end[0].descriptors.fds[1]);
	rig.end[0].descriptors.fds[1] = -1;
	assert_int_equal(tdm_dchannel_read(rig.end[0].descriptors.fd_d, frame, 8), -EPIPE);
	assert_int_equal(tdm_dchannel_write(rig.end[0].descriptors.fd_d, frame, 3), -EPIPE);
	rig_stop(&rig);
}

static void runs_without_a_d_channel(void **state)
{
	struct tdm_channel *channel;
	struct wire wire;

	memset(&wire, 0, sizeof(wire));
	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	rig_end_stop(&wire.end);
	wire.end.config.d_timeslot = 0;
	rig_end_start(&wire.end);
	assert_int_equal(wire.end.descriptors.fd_d, -1);
	assert_int_equal(wire.end.descriptors.count, 1);
	assert_int_equal(tdm_channel_open(wire.end.span, 16, 80, -1, &channel), 0);
	wire_send(&wire, 0x7e, 0);
	assert_int_equal(wire_run(&wire, 5), 1);
	assert_int_equal(wire_read(&wire, NULL, NULL, NULL), 1);
	tdm_channel_close(channel);
	wire_stop(&wire);
}

int test_span_dchannel(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(carries_d_channel_frames_both_ways_under_load),
	    cmocka_unit_test(keeps_the_d_channel_through_a_restart_of_media),
	    cmocka_unit_test(ends_a_frame_that_has_lost_a_packet),
	    cmocka_unit_test(counts_bad_and_undelivered_frames),
	    cmocka_unit_test(outlives_the_opener),
	    cmocka_unit_test(runs_without_a_d_channel),
	};

	return cmocka_run_group_tests_name("span D channel", tests, NULL, NULL);
}
