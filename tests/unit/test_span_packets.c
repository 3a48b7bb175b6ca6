// SPDX-License-Identifier: GPL-2.0-or-later
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

/* ---- packets */

/* Sends what the letters say and writes what the steps heard on timeslot 2: a digit, '-' idle. */
struct recorder {
	struct tdm_channel *channel;
	char heard[2000];
	size_t count;
};

static void record_step(struct rig_end *end)
{
	struct recorder *recorder = end->data;
	uint8_t block[80];

	if (tdm_channel_read(recorder->channel, block) == 0)
		return;
	/* 40 frames a packet: two in a block */
	for (unsigned i = 0; i < 80; i += 40)
		recorder->heard[recorder->count++] = block[i] == IDLE ? '-' : (char)block[i];
	recorder->heard[recorder->count] = '\0';
	assert_true(recorder->count < sizeof(recorder->heard) - 3);
}

static void recorder_start(struct recorder *recorder, struct wire *wire, enum tdm_clock clock)
{
	memset(recorder, 0, sizeof(*recorder));
	wire_start(wire, clock, 40, TDM_E1);
	assert_int_equal(tdm_channel_open(wire->end.span, 2, 80, -1, &recorder->channel), 0);
	wire->end.data = recorder;
	wire->end.on_step = record_step;
}

static void puts_right_what_the_network_did(void **state)
{
	static const struct {
		const char *sent; /* digits: offsets of the sequence number, and what is said */
		const char *heard;
		unsigned lost, late, reordered;
	} rows[] = {
	    {"01234567", "01234567", 0, 0, 0},	{"01324567", "01234567", 0, 0, 1},
	    {"01245678", "012-4567", 1, 0, 0},	{"0126789:;", "012---6789", 3, 0, 0},
	    {"011234567", "01234567", 0, 1, 0}, {"012453678", "012-4567", 1, 1, 0},
	};
	static const uint16_t bases[] = {100, 65533};

	for (size_t i = 0; i < COUNT(rows) * COUNT(bases); i++) {
		size_t row = i / COUNT(bases);
		struct recorder recorder;
		struct tdm_status status;
		struct wire wire;

		recorder_start(&recorder, &wire, TDM_CLOCK_LINE);
		for (const char *at = rows[row].sent; *at; at++) {
			wire.sequence = (uint16_t)(bases[i % COUNT(bases)] + *at - '0');
			wire_send(&wire, (unsigned)*at, 0);
			wire_run(&wire, 5);
		}
		status = rig_status(&wire.end);
		recorder.heard[strlen(rows[row].heard)] = '\0';
		assert_string_equal(recorder.heard, rows[row].heard);
		assert_int_equal(status.counters.packets_received, strlen(rows[row].sent));
		assert_int_equal(status.counters.packets_lost, rows[row].lost);
		assert_int_equal(status.counters.packets_late, rows[row].late);
		assert_int_equal(status.counters.packets_reordered, rows[row].reordered);
		/* one sent for each step, a lost one counts */
		assert_int_equal(wire_drain(&wire), wire.end.steps);
		assert_int_equal(status.counters.packets_sent, wire.end.steps);
		wire_stop(&wire);
	}
}

static void numbers_packets_one_by_one_through_the_wrap(void **state)
{
	uint16_t sequence, expected = 0;
	struct wire wire;

	wire_start(&wire, TDM_CLOCK_LINE, 1, TDM_E1);
	for (unsigned n = 0; n < 66000; n++) {
		wire_send(&wire, 0, 0);
		if (n % 50)
			continue;
		assert_int_equal(wire_run(&wire, 5), n ? 50 : 1);
		while (wire_read(&wire, NULL, &sequence, NULL)) {
			if (wire.end.steps > 1)
				assert_int_equal(sequence, expected);
			expected = (uint16_t)(sequence + 1);
		}
	}
	assert_int_equal(rig_status(&wire.end).counters.packets_lost, 0);
	assert_int_equal(rig_status(&wire.end).counters.packets_late, 0);
	wire_stop(&wire);
}

static void refuses_malformed_packets_and_strangers(void **state)
{
	uint8_t packet[RIG_PACKET_MAX] = {0};
	struct sockaddr_in *local;
	struct wire wire;
	int stranger = socket(AF_INET, SOCK_DGRAM, 0);

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	local = (struct sockaddr_in *)&wire.end.config.local;
	wire_send(&wire, 1, 0);
	assert_int_equal(wire_run(&wire, 5), 1);
	for (size_t length = 0; length < 300; length++) {
		if (length != 252)
			wire_send_octets(&wire, packet, length);
		wire_run(&wire, 0);
		rig_end_tick(&wire.end, wire.now_ns);
	}
	assert_int_equal(rig_status(&wire.end).counters.packets_malformed, 299);
	for (unsigned i = 0; i < 2; i++) {
		cesopsn_header_write(packet, 252, 0, wire.sequence);
		assert_int_equal(
		    sendto(stranger, packet, 252, 0, (struct sockaddr *)local, sizeof(*local)),
		    252);
	}
	rig_end_tick(&wire.end, wire.now_ns);
	assert_int_equal(rig_status(&wire.end).counters.packets_malformed, 301);
	assert_int_equal(rig_status(&wire.end).counters.packets_received, 1);
	assert_int_equal(wire.end.steps, 1);
	wire_send(&wire, 1, 0);
	rig_end_tick(&wire.end, wire.now_ns);
	assert_int_equal(wire.end.steps, 2);
	close(stranger);
	wire_stop(&wire);
}

static void follows_a_far_end_that_was_restarted(void **state)
{
	for (unsigned jump = 300; jump < 65000; jump += 6007) {
		struct recorder recorder;
		struct wire wire;

		recorder_start(&recorder, &wire, TDM_CLOCK_LINE);
		for (unsigned n = 0; n < 10; n++) {
			wire_send(&wire, '0' + n, 0);
			wire_run(&wire, 5);
		}
		wire.sequence = (uint16_t)(wire.sequence + jump);
		for (unsigned n = 0; n < 10; n++) {
			wire_send(&wire, 'a' + n, 0);
			wire_run(&wire, 5);
		}
		assert_string_equal(recorder.heard, "0123456789abcdefghij");
		assert_int_equal(rig_status(&wire.end).counters.packets_lost, 0);
		wire_stop(&wire);
	}
}

/* ---- alarms */

static void raises_loss_of_signal_and_clears_it(void **state)
{
	static const enum tdm_clock clocks[] = {TDM_CLOCK_LINE, TDM_CLOCK_INTERNAL};

	for (size_t i = 0; i < COUNT(clocks); i++) {
		struct wire wire;

		wire_start(&wire, clocks[i], 8, TDM_E1);
		wire_send(&wire, 0, 0);
		wire_run(&wire, 2500);
		assert_int_equal(rig_status(&wire.end).alarms, 0);
		wire_run(&wire, 5);
		assert_int_equal(rig_status(&wire.end).alarms, TDM_ALARM_LOS);
		wire_run(&wire, 5000);
		assert_int_equal(rig_status(&wire.end).alarms, TDM_ALARM_LOS);
		for (unsigned n = 1; n <= 8; n++) {
			wire_send(&wire, 0, 0);
			wire_send(&wire, 0, 0);
			if (n <= 2)
				assert_int_equal(rig_status(&wire.end).alarms, TDM_ALARM_LOS);
			wire_run(&wire, 5);
		}
		assert_int_equal(rig_status(&wire.end).alarms, 0);
		wire_stop(&wire);
	}
}

static void raises_no_alarm_for_a_restart_of_media(void **state)
{
	struct rig rig;

	rig_start(&rig, TDM_E1, 8);
	rig_run(&rig, 20);
	rig_end_detach(&rig.end[1]);
	for (unsigned n = 0; n < 400; n++, rig.now_ns += RIG_TICK_NS)
		rig_end_tick(&rig.end[0], rig.now_ns);
	rig_end_attach(&rig.end[1]);
	for (unsigned n = 0; n < 100; n++) {
		rig_run(&rig, 1);
		assert_int_equal(rig_status(&rig.end[0]).alarms, 0);
		assert_int_equal(rig_status(&rig.end[1]).alarms & TDM_ALARM_LOS, 0);
	}
	/* nothing of the 2 s that had queued was played */
	assert_true(rig_status(&rig.end[1]).counters.packets_received <= 505);
	rig_stop(&rig);
}

static void shows_what_the_far_end_says(void **state)
{
	static const struct {
		unsigned flags, alarms;
	} rows[] = {
	    {0, 0},
	    {CESOPSN_R, TDM_ALARM_YELLOW},
	    {CESOPSN_RDI, TDM_ALARM_YELLOW},
	    {CESOPSN_L, TDM_ALARM_BLUE},
	    {CESOPSN_L | CESOPSN_R, TDM_ALARM_BLUE | TDM_ALARM_YELLOW},
	    {0, 0},
	};
	struct recorder recorder;
	struct wire wire;
	uint8_t word[4];

	recorder_start(&recorder, &wire, TDM_CLOCK_LINE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		wire_send(&wire, 'a', rows[i].flags);
		wire_run(&wire, 5);
		assert_int_equal(rig_status(&wire.end).alarms, rows[i].alarms);
	}
	assert_string_equal(recorder.heard, "aaa--a");
	/* L without payload */
	cesopsn_header_write(word, sizeof(word), CESOPSN_L, wire.sequence++);
	wire_send_octets(&wire, word, sizeof(word));
	assert_int_equal(wire_run(&wire, 5), 1);
	assert_int_equal(rig_status(&wire.end).alarms, TDM_ALARM_BLUE);
	wire_stop(&wire);
}

static void tells_the_far_end_that_it_hears_nothing(void **state)
{
	unsigned flags = 0, sent;
	struct wire wire;

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	/* waits first, then runs by itself: 1 packet a ms */
	wire_run(&wire, 50);
	assert_int_equal(wire_drain(&wire), 0);
	wire_run(&wire, 100);
	for (sent = 0; wire_read(&wire, &flags, NULL, NULL); sent++)
		assert_int_equal(flags, CESOPSN_R);
	assert_in_range(sent, 95, 101);
	/* packets come: one for each, without R */
	for (unsigned n = 0; n < 20; n++) {
		wire_send(&wire, 0, 0);
		assert_int_equal(wire_run(&wire, 5), 1);
		assert_int_equal(wire_read(&wire, &flags, NULL, NULL), 1);
		assert_int_equal(flags, 0);
		assert_int_equal(wire_read(&wire, &flags, NULL, NULL), 0);
	}
	/* and they stop */
	assert_int_equal(wire_run(&wire, 45), 0);
	wire_run(&wire, 100);
	assert_int_equal(wire_read(&wire, &flags, NULL, NULL), 1);
	assert_int_equal(flags, CESOPSN_R);
	assert_in_range(wire_drain(&wire), 90, 105);
	wire_stop(&wire);
}

static void counts_a_pause_as_loss_once(void **state)
{
	struct wire wire;

	wire_start(&wire, TDM_CLOCK_LINE, 8, TDM_E1);
	wire_send(&wire, 0, 0);
	wire_run(&wire, 200);
	wire.sequence = (uint16_t)(wire.sequence + 199);
	wire_send(&wire, 0, 0);
	wire_run(&wire, 5);
	assert_int_equal(rig_status(&wire.end).counters.packets_lost, 199);
	wire_stop(&wire);
}

/* ---- clocks and stalls */

static void starts_two_ends_that_wait_for_each_other(void **state)
{
	struct rig rig;

	rig_start(&rig, TDM_E1, 8);
	for (unsigned i = 0; i < 2; i++) {
		rig_end_detach(&rig.end[i]);
		rig.end[i].config.clock = TDM_CLOCK_LINE;
		rig_end_attach(&rig.end[i]);
	}
	rig_run(&rig, 40);
	assert_true(rig_status(&rig.end[0]).counters.packets_received > 20);
	assert_true(rig_status(&rig.end[1]).counters.packets_received > 20);
	assert_int_equal(rig_status(&rig.end[0]).alarms, 0);
	rig_stop(&rig);
}

static void loses_nothing_when_the_line_end_stalls(void **state)
{
	static struct talker talker;
	struct rig rig;
	uint64_t steps;

	rig_start(&rig, TDM_E1, 8);
	rig_run(&rig, 10);
	for (unsigned i = 0; i < 2; i++)
		rig.end[i].steps = 0;
	talker_open(&talker, &rig.end[1], 160);
	rig_run(&rig, 20);
	steps = rig.end[1].steps;
	for (unsigned n = 0; n < 60; n++, rig.now_ns += RIG_TICK_NS) /* 300 ms */
		rig_end_tick(&rig.end[0], rig.now_ns);
	assert_int_equal(rig.end[1].steps, steps);
	rig_run(&rig, 1);
	assert_int_equal(rig.end[1].steps, steps + 305);
	assert_int_equal(rig_status(&rig.end[1]).counters.packets_lost, 0);
	/* the far end did not hear us, but never believed us gone */
	assert_int_equal(rig_status(&rig.end[1]).alarms, TDM_ALARM_YELLOW);
	rig_run(&rig, 2);
	assert_int_equal(rig_status(&rig.end[1]).alarms, 0);
	assert_int_equal(rig_status(&rig.end[0]).counters.packets_lost, 0);
	talker_close(&talker);
	rig_stop(&rig);
}

static void makes_up_for_a_short_stall_and_skips_a_long_one(void **state)
{
	static const struct {
		unsigned stall_ms, steps;
		uint64_t slips;
	} rows[] = {
	    {5, 5, 0}, {400, 400, 0}, {495, 495, 0}, {900, 500, 8 * 400}, {5000, 500, 8 * 4500},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire wire;
		uint64_t before;

		wire_start(&wire, TDM_CLOCK_INTERNAL, 8, TDM_E1);
		wire_run(&wire, 1000);
		assert_int_equal(wire.end.steps, 996);
		before = wire.end.steps;
		wire.now_ns += (rows[i].stall_ms - 5) * 1000000ull;
		rig_end_tick(&wire.end, wire.now_ns);
		assert_int_equal(wire.end.steps - before, rows[i].steps);
		assert_int_equal(rig_status(&wire.end).counters.slips, rows[i].slips);
		wire_drain(&wire);
		wire_stop(&wire);
	}
}

/* The far end is silent for a while, then sends all it owes: the delay must not stay. */
static void gives_back_delay_that_nothing_needs(void **state)
{
	struct recorder recorder;
	struct tdm_status status;
	struct wire wire;
	uint64_t slips;

	recorder_start(&recorder, &wire, TDM_CLOCK_INTERNAL); /* 5 ms a packet */
	for (unsigned n = 0; n < 40; n++) {
		wire_send(&wire, 'a', 0);
		wire_run(&wire, 5);
	}
	slips = rig_status(&wire.end).counters.slips;
	assert_int_equal(slips, 0);
	/* 40 ms late: idle is heard, the delay grows by 40 ms and goes again within two periods */
	wire_run(&wire, 40);
	for (unsigned n = 0; n < 8; n++)
		wire_send(&wire, 'b', 0);
	for (unsigned n = 0; n < 500; n++) {
		wire_send(&wire, 'c', 0);
		wire_run(&wire, 5);
	}
	status = rig_status(&wire.end);
	assert_int_equal(status.counters.packets_lost, 0);
	assert_in_range(status.counters.slips, 40 * 7, 40 * 12);
	/* 300 ms at once */
	slips = status.counters.slips;
	for (unsigned n = 0; n < 60; n++)
		wire_send(&wire, 'd', 0);
	wire_run(&wire, 5);
	assert_in_range(rig_status(&wire.end).counters.slips - slips, 40 * 50, 40 * 60);
	wire_stop(&wire);
}

static void survives_a_flood(void **state)
{
	static const enum tdm_clock clocks[] = {TDM_CLOCK_LINE, TDM_CLOCK_INTERNAL};

	for (size_t i = 0; i < COUNT(clocks); i++) {
		struct wire wire;

		wire_start(&wire, clocks[i], 8, TDM_E1);
		wire_send(&wire, 0, 0);
		wire_run(&wire, 5);
		srand(1);
		for (unsigned n = 0; n < 30000; n++) {
			wire.sequence = (uint16_t)(rand() % 3 ? rand() : wire.sequence);
			wire_send(&wire, n, (unsigned)rand() % 4);
			if (n % 97 == 0)
				wire_run(&wire, 5);
		}
		wire_drain(&wire);
		wire_run(&wire, 5);
		assert_true(rig_status(&wire.end).counters.packets_received > 10000);
		wire_stop(&wire);
	}
}

int test_span_packets(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(puts_right_what_the_network_did),
	    cmocka_unit_test(numbers_packets_one_by_one_through_the_wrap),
	    cmocka_unit_test(refuses_malformed_packets_and_strangers),
	    cmocka_unit_test(follows_a_far_end_that_was_restarted),
	    cmocka_unit_test(raises_loss_of_signal_and_clears_it),
	    cmocka_unit_test(raises_no_alarm_for_a_restart_of_media),
	    cmocka_unit_test(shows_what_the_far_end_says),
	    cmocka_unit_test(tells_the_far_end_that_it_hears_nothing),
	    cmocka_unit_test(counts_a_pause_as_loss_once),
	    cmocka_unit_test(starts_two_ends_that_wait_for_each_other),
	    cmocka_unit_test(loses_nothing_when_the_line_end_stalls),
	    cmocka_unit_test(makes_up_for_a_short_stall_and_skips_a_long_one),
	    cmocka_unit_test(gives_back_delay_that_nothing_needs),
	    cmocka_unit_test(survives_a_flood),
	};

	return cmocka_run_group_tests_name("span packets, alarms, clocks", tests, NULL, NULL);
}
