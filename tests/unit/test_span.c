// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/span_talker.h"
#include "tests/unit/test_span_groups.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IDLE 0xd5

/* ---- opening */

static void says_why_it_does_not_open(void **state)
{
	unsigned busy = rig_free_port();
	struct tdm_span_config config, other;
	struct tdm_descriptors descriptors, unused = {.count = 77};
	char why[200], expected[40];

	tdm_span_config_init(&config, 1, TDM_E1);
	config.local = rig_address(busy);
	config.peer = rig_address(9);
	assert_int_equal(tdm_open(&config, &descriptors, why, sizeof(why)), 0);
	assert_int_equal(tdm_open(&config, &unused, why, sizeof(why)), -EADDRINUSE);
	snprintf(expected, sizeof(expected), "127.0.0.1:%u is in use", busy);
	assert_non_null(strstr(why, expected));
	assert_int_equal(unused.count, 77);
	tdm_descriptors_close(&descriptors);

	other = config;
	((struct sockaddr_in *)&other.local)->sin_addr.s_addr = htonl(0x01020304);
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EADDRNOTAVAIL);
	assert_non_null(strstr(why, "1.2.3.4"));

	other = config;
	other.peer.ss_family = AF_INET6;
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EINVAL);
	other = config;
	other.peer = rig_address(0);
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EINVAL);
	other = config;
	other.frames_per_packet = 65;
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EINVAL);
	other = config;
	other.d_timeslot = 32;
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EINVAL);
	other = config;
	other.number = 129;
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -EINVAL);
	other = config;
	other.driver = 99;
	why[0] = '\0';
	assert_int_equal(tdm_open(&other, &unused, why, sizeof(why)), -ENOTSUP);
	assert_non_null(strstr(why, "cesopsn"));
}

static void names_the_port_that_needs_privileges(void **state)
{
	struct tdm_span_config config;
	struct tdm_descriptors unused;
	char why[200];
	int first = 0;
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");

	if (file) {
		assert_true(fscanf(file, "%d", &first) == 1);
		fclose(file);
	}
	if (first < 100)
		skip();
	tdm_span_config_init(&config, 1, TDM_E1);
	config.local = rig_address(99);
	config.peer = rig_address(9);
	if (geteuid() == 0 && seteuid(65534) < 0)
		skip();
	assert_int_equal(tdm_open(&config, &unused, why, sizeof(why)), -EACCES);
	(void)!seteuid(0);
	assert_non_null(strstr(why, "no permission"));
	assert_non_null(strstr(why, "127.0.0.1:99"));
}

static void opens_only_what_is_there(void **state)
{
	struct wire wire;
	struct tdm_channel *channel, *again;

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	assert_int_equal(tdm_channel_open(wire.end.span, 0, 80, -1, &channel), -EINVAL);
	assert_int_equal(tdm_channel_open(wire.end.span, 16, 80, -1, &channel), -EINVAL);
	assert_int_equal(tdm_channel_open(wire.end.span, 32, 80, -1, &channel), -EINVAL);
	assert_int_equal(tdm_channel_open(wire.end.span, 31, 120, -1, &channel), -EINVAL);
	assert_int_equal(tdm_channel_open(wire.end.span, 31, 80, -1, &channel), 0);
	assert_int_equal(tdm_channel_timeslot(channel), 31);
	assert_int_equal(tdm_channel_open(wire.end.span, 31, 80, -1, &again), -EBUSY);
	tdm_channel_close(channel);
	assert_int_equal(tdm_channel_open(wire.end.span, 31, 160, -1, &channel), 0);
	tdm_channel_close(channel);
	wire_stop(&wire);
}

/* ---- audio */

static void echo_step(struct rig_end *end)
{
	uint8_t block[TDM_BLOCK_MAX];

	if (tdm_channel_read(end->data, block) == 1)
		assert_int_equal(tdm_channel_write(end->data, block), 0);
}

/* Octet n of the way in comes back as octet n + block - frames (where they divide). */
static void returns_audio_after_an_exact_delay(void **state)
{
	static const struct {
		unsigned frames, block, delay;
	} rows[] = {
	    {8, 80, 72}, {8, 160, 152}, {1, 80, 79}, {40, 80, 40}, {40, 160, 120}, {64, 160, 128},
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		unsigned frames = rows[row].frames, sent = 0, heard = 0;
		uint8_t packet[RIG_PACKET_MAX], payload[RIG_PACKET_MAX];
		struct tdm_channel *channel;
		struct wire wire;

		wire_start(&wire, TDM_CLOCK_LINE, frames, TDM_E1);
		assert_int_equal(tdm_channel_open(wire.end.span, 5, rows[row].block, -1, &channel),
				 0);
		wire.end.data = channel;
		wire.end.on_step = echo_step;
		while (heard < 8000) {
			for (unsigned n = 0; n < 3; n++) {
				memset(packet, 0xee, sizeof(packet));
				for (unsigned f = 0; f < frames; f++)
					packet[CESOPSN_HEADER + f * 31 + 4] =
					    talker_pattern(sent++);
				cesopsn_header_write(packet, CESOPSN_HEADER + wire.payload, 0,
						     wire.sequence++);
				wire_send_octets(&wire, packet, CESOPSN_HEADER + wire.payload);
			}
			assert_int_equal(wire_run(&wire, 5), 3);
			while (wire_read(&wire, NULL, NULL, payload)) {
				for (unsigned f = 0; f < frames; f++, heard++) {
					uint8_t octet = payload[f * 31 + 4];

					if (heard < rows[row].delay)
						assert_int_equal(octet, IDLE);
					else
						assert_int_equal(
						    octet, talker_pattern(heard - rows[row].delay));
					assert_int_equal(payload[f * 31 + 3], IDLE);
					assert_int_equal(payload[f * 31 + 5], IDLE);
				}
			}
			assert_int_equal(heard, sent);
		}
		tdm_channel_close(channel);
		wire_stop(&wire);
	}
}

static void carries_all_timeslots_both_ways_bit_for_bit(void **state)
{
	static const struct {
		enum tdm_framing framing;
		unsigned frames, block;
	} rows[] = {
	    {TDM_E1, 8, 80},  {TDM_E1, 8, 160}, {TDM_E1, 1, 80}, {TDM_E1, 40, 160},
	    {TDM_T1, 8, 160}, {TDM_T1, 40, 80}, {TDM_E1, 7, 80},
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		static struct talker talkers[2];
		unsigned slots = tdm_timeslots(rows[row].framing);
		struct rig rig;

		rig_start(&rig, rows[row].framing, rows[row].frames);
		rig_run(&rig, 10); /* until the jitter buffer plays */
		for (unsigned i = 0; i < 2; i++)
			talker_open(&talkers[i], &rig.end[i], rows[row].block);
		rig_run(&rig, 200);
		for (unsigned i = 0; i < 2; i++) {
			struct tdm_status status = rig_status(&rig.end[i]);

			assert_int_equal(status.alarms, 0);
			assert_int_equal(status.counters.packets_lost, 0);
			assert_int_equal(status.counters.slips, 0);
			assert_in_range(status.counters.packets_received * rows[row].frames, 7900,
					8400);
			for (unsigned slot = 1; slot <= slots; slot++) {
				if (slot == rig.end[i].config.d_timeslot)
					continue;
				/* one idle stretch at the start, never one again */
				assert_int_equal(talkers[i].idle[slot],
						 talkers[i].first_idle[slot]);
				assert_in_range(talkers[i].heard[slot], 7300, 8000);
			}
			talker_close(&talkers[i]);
		}
		rig_stop(&rig);
	}
}

static void loops_a_channel_without_delay(void **state)
{
	uint8_t payload[RIG_PACKET_MAX];
	struct tdm_channel *channel;
	struct wire wire;

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	assert_int_equal(tdm_channel_open(wire.end.span, 1, 80, -1, &channel), 0);
	tdm_channel_loop(channel, true);
	wire.end.data = channel;
	wire.end.on_step = echo_step; /* what it writes must not be heard */
	for (unsigned n = 0; n < 50; n++) {
		wire_send(&wire, n, 0);
		wire_run(&wire, 5);
		assert_int_equal(wire_read(&wire, NULL, NULL, payload), 1);
		for (unsigned f = 0; f < 8; f++)
			assert_int_equal(payload[f * 31], n);
		assert_int_equal(payload[1], IDLE);
	}
	tdm_channel_loop(channel, false);
	for (unsigned n = 50; n < 80; n++) {
		wire_send(&wire, n, 0);
		wire_run(&wire, 5);
		assert_int_equal(wire_read(&wire, NULL, NULL, payload), 1);
	}
	assert_int_equal(payload[0], 79 - 9); /* through again, 72 octets later */
	tdm_channel_close(channel);
	wire_stop(&wire);
}

static void counts_the_block_from_opening(void **state)
{
	struct tdm_channel *channel[10];
	unsigned complete[10] = {0};
	uint8_t block[80];
	struct wire wire;

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	for (unsigned n = 0; n < 40; n++) {
		wire_send(&wire, n, 0);
		if (n < 10)
			assert_int_equal(
			    tdm_channel_open(wire.end.span, n + 1, 80, -1, &channel[n]), 0);
		wire_run(&wire, 5);
		for (unsigned i = 0; i < 10 && i <= n; i++) {
			if (tdm_channel_read(channel[i], block) == 1) {
				complete[i]++;
				assert_int_equal(n % 10, (i + 9) % 10);
			}
		}
	}
	for (unsigned i = 0; i < 10; i++) {
		assert_in_range(complete[i], 3, 4);
		tdm_channel_close(channel[i]);
	}
	wire_stop(&wire);
}

static void refuses_to_attach_what_does_not_fit(void **state)
{
	struct tdm_span_config config;
	struct tdm_span *span;
	int fds[4] = {-1, -1, -1, -1};

	tdm_span_config_init(&config, 1, TDM_E1);
	config.local = rig_address(9);
	config.peer = rig_address(9);
	assert_int_equal(tdm_span_attach(&config, fds, 1, &span), -EINVAL);
	assert_int_equal(tdm_span_attach(&config, fds, 4, &span), -EINVAL);
	config.frames_per_packet = 0;
	assert_int_equal(tdm_span_attach(&config, fds, 2, &span), -EINVAL);
	config.driver = 99;
	assert_int_equal(tdm_span_attach(&config, fds, 2, &span), -ENOTSUP);
}

static int test_span_opening_and_audio(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_why_it_does_not_open),
	    cmocka_unit_test(names_the_port_that_needs_privileges),
	    cmocka_unit_test(opens_only_what_is_there),
	    cmocka_unit_test(returns_audio_after_an_exact_delay),
	    cmocka_unit_test(carries_all_timeslots_both_ways_bit_for_bit),
	    cmocka_unit_test(loops_a_channel_without_delay),
	    cmocka_unit_test(counts_the_block_from_opening),
	    cmocka_unit_test(refuses_to_attach_what_does_not_fit),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}

int main(void)
{
	return test_span_opening_and_audio() + test_span_packets() + test_span_dchannel() +
	       test_span_parts() + test_hdlc() + test_tones();
}
