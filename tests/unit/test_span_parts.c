// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/span/blocks.h"
#include "drivers-glue/span/cesopsn.h"
#include "drivers-glue/span/gain.h"
#include "drivers-glue/span/reorder.h"
#include "tests/unit/test_span_groups.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- span.h */

static void fills_in_usual_values_for_a_framing(void **state)
{
	struct tdm_span_config config;

	tdm_span_config_init(&config, 3, TDM_E1);
	assert_int_equal(config.number, 3);
	assert_int_equal(config.law, TDM_ALAW);
	assert_int_equal(config.d_timeslot, 16);
	assert_int_equal(config.frames_per_packet, 8);
	tdm_span_config_init(&config, 1, TDM_T1);
	assert_int_equal(config.law, TDM_ULAW);
	assert_int_equal(config.d_timeslot, 24);
	tdm_span_config_init(&config, 4, TDM_BRI);
	assert_int_equal(config.driver, TDM_DRIVER_DAHDI);
	assert_int_equal(config.d_timeslot, 3);
	assert_int_equal(tdm_timeslots(TDM_BRI), 3);
	assert_int_equal(tdm_timeslots(TDM_E1), 31);
	assert_int_equal(tdm_timeslots(TDM_T1), 24);
	assert_int_equal(tdm_idle(TDM_ALAW), 0xd5);
	assert_int_equal(tdm_idle(TDM_ULAW), 0xff);
}

static void names_alarms(void **state)
{
	char text[40], little[6];

	assert_string_equal(tdm_alarms_name(0, text, sizeof(text)), "none");
	assert_string_equal(tdm_alarms_name(TDM_ALARM_LOS | TDM_ALARM_YELLOW, text, sizeof(text)),
			    "LOS,YELLOW");
	assert_string_equal(tdm_alarms_name(31, text, sizeof(text)),
			    "LOS,RED,YELLOW,BLUE,RECOVERING");
	assert_string_equal(tdm_alarms_name(TDM_ALARM_LOOPBACK | TDM_ALARM_LFA, text, sizeof(text)),
			    "LOOPBACK,LFA");
	assert_string_equal(tdm_alarms_name(31, little, sizeof(little)), "LOS,R");
}

/* ---- gain */

static void a_gain_of_nothing_changes_no_octet(void **state)
{
	uint8_t table[256];

	for (enum tdm_law law = TDM_ALAW; law <= TDM_ULAW; law++) {
		gain_table(law, 0, table);
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(table[i], i);
	}
}

static void decodes_and_encodes_g711(void **state)
{
	static const struct {
		enum tdm_law law;
		uint8_t octet;
		int sample; /* G.711 tables 1 and 2, times 8 and 4 */
	} rows[] = {
	    {TDM_ALAW, 0xd5, 8},     {TDM_ALAW, 0x55, -8},	{TDM_ALAW, 0xaa, 32256},
	    {TDM_ALAW, 0x2a, -32256}, {TDM_ALAW, 0xc5, 264}, {TDM_ULAW, 0xff, 0},
	    {TDM_ULAW, 0x80, 32124}, {TDM_ULAW, 0x00, -32124}, {TDM_ULAW, 0xfe, 8},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(g711_decode(rows[i].law, rows[i].octet), rows[i].sample);
	for (enum tdm_law law = TDM_ALAW; law <= TDM_ULAW; law++) {
		for (unsigned i = 0; i < 256; i++) {
			if (law == TDM_ULAW && i == 0x7f) /* minus 0 */
				continue;
			assert_int_equal(g711_encode(law, g711_decode(law, (uint8_t)i)), i);
		}
	}
}

static void a_gain_is_right_within_a_step_of_the_law(void **state)
{
	static const struct {
		int db10;
		double factor;
	} rows[] = {{60, 1.99526}, {-60, 0.50119}, {-200, 0.1}, {200, 10}, {35, 1.49624}, {-1, 0.98855}};
	uint8_t table[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (enum tdm_law law = TDM_ALAW; law <= TDM_ULAW; law++) {
			gain_table(law, rows[i].db10, table);
			for (unsigned octet = 0; octet < 256; octet++) {
				double want =
				    rows[i].factor * g711_decode(law, (uint8_t)octet);
				double got = g711_decode(law, table[octet]);
				double most = want < 0 ? -want : want;

				want = want > 32256 ? 32256 : want < -32256 ? -32256 : want;
				/* half of the widest step of 1/16 of the segment's start */
				assert_true(got - want <= most / 30 + 9 &&
					    want - got <= most / 30 + 9);
			}
		}
	}
}

/* ---- control word */

static void writes_the_control_word(void **state)
{
	static const struct {
		size_t length;
		unsigned flags;
		uint16_t sequence;
		uint8_t word[4];
	} rows[] = {
	    {252, 0, 0x1234, {0x00, 0x00, 0x12, 0x34}},
	    {252, CESOPSN_R, 0xffff, {0x04, 0x00, 0xff, 0xff}},
	    {252, CESOPSN_L, 0, {0x08, 0x00, 0, 0}},
	    {35, 0, 1, {0x00, 35, 0, 1}},
	    {63, 0, 1, {0x00, 63, 0, 1}},
	    {64, 0, 1, {0x00, 0, 0, 1}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t word[4];

		cesopsn_header_write(word, rows[i].length, rows[i].flags, rows[i].sequence);
		assert_memory_equal(word, rows[i].word, 4);
	}
}

static void refuses_a_wrong_control_word(void **state)
{
	static const struct {
		uint8_t word[2];
		size_t length, payload;
		int rc;
		unsigned flags;
	} rows[] = {
	    {{0x00, 0x00}, 252, 248, 0, 0},
	    {{0x04, 0x00}, 252, 248, 0, CESOPSN_R},
	    {{0x08, 0x00}, 252, 248, 0, CESOPSN_L},
	    {{0x0c, 0x04}, 4, 248, 0, CESOPSN_L | CESOPSN_R},
	    {{0x02, 0x00}, 252, 248, 0, CESOPSN_RDI},
	    {{0x00, 35}, 35, 31, 0, 0},
	    {{0x00, 0}, 35, 31, 0, 0},
	    {{0x00, 34}, 35, 31, -EBADMSG, 0},	 /* LEN wrong */
	    {{0x00, 60}, 252, 248, -EBADMSG, 0}, /* LEN where there must be none */
	    {{0x10, 0x00}, 252, 248, -EBADMSG, 0},
	    {{0x01, 0x00}, 252, 248, -EBADMSG, 0},
	    {{0x03, 0x00}, 252, 248, -EBADMSG, 0}, /* CAS */
	    {{0x0a, 0x00}, 252, 248, -EBADMSG, 0},
	    {{0x00, 0x40}, 252, 248, -EBADMSG, 0}, /* fragment */
	    {{0x00, 0x00}, 251, 248, -EBADMSG, 0},
	    {{0x00, 0x00}, 253, 248, -EBADMSG, 0},
	    {{0x00, 0x00}, 4, 248, -EBADMSG, 0}, /* no payload, no L */
	    {{0x08, 0x00}, 100, 248, -EBADMSG, 0},
	    {{0x00, 0x00}, 3, 248, -EBADMSG, 0},
	    {{0x00, 0x00}, 0, 248, -EBADMSG, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t word[4] = {rows[i].word[0], rows[i].word[1], 0xab, 0xcd};
		unsigned flags = 99;
		uint16_t sequence = 0;

		assert_int_equal(
		    cesopsn_header_read(word, rows[i].length, rows[i].payload, &flags, &sequence),
		    rows[i].rc);
		assert_int_equal(flags, rows[i].rc ? 99 : rows[i].flags);
		assert_int_equal(sequence, rows[i].rc ? 0 : 0xabcd);
	}
}

/* ---- reorder */

/* Takes all there is: a number for each packet (its low digit), '-' for each lost one. */
static void take_all(struct reorder *r, unsigned wait, char *text)
{
	for (;;) {
		const uint8_t *payload;
		uint8_t flags;

		switch (reorder_take(r, wait, &flags, &payload)) {
		case REORDER_NOTHING:
			*text = '\0';
			return;
		case REORDER_PACKET:
			*text++ = (char)payload[0];
			break;
		case REORDER_LOST:
			*text++ = '-';
			break;
		}
	}
}

static void puts_packets_in_order(void **state)
{
	static const struct {
		const char *arrive; /* digits and letters: offsets; all taken at each blank */
		const char *taken;
		unsigned wait, lost, late, reordered;
	} rows[] = {
	    {"0123456789", "0123456789", 2, 0, 0, 0},
	    {"0 1 2 3", "0123", 2, 0, 0, 0},
	    {"0 2 1 3", "0123", 2, 0, 0, 1}, /* swapped */
	    {"0 2 1 4 3 5", "012345", 2, 0, 0, 2},
	    {"0 2 3 4", "0-234", 2, 1, 0, 0},	/* lost */
	    {"0 2 3 1 4", "0-234", 2, 1, 1, 0}, /* came too late */
	    {"0 0 1 1 2", "012", 2, 0, 2, 0},	/* twice */
	    {"0 22 1", "012", 2, 0, 1, 1},	/* twice, waiting */
	    {"0 4 5 6", "0---456", 2, 3, 0, 0},
	    {"0 3 2 1 4", "01234", 4, 0, 0, 2}, /* deeper */
	    {"0 2 1", "0-2", 1, 1, 1, 0},
	    {"5 6 4 7", "567", 2, 0, 1, 0}, /* before the first */
	};
	static const uint16_t bases[] = {0, 1000, 65530, 65535};

	for (size_t i = 0; i < COUNT(rows) * COUNT(bases); i++) {
		uint16_t base = bases[i % COUNT(bases)];
		struct tdm_counters counters = {0};
		struct reorder r;
		char taken[40] = "";
		size_t row = i / COUNT(bases);

		assert_int_equal(reorder_init(&r, 64, 1, &counters), 0);
		for (const char *at = rows[row].arrive; *at; at++) {
			if (*at == ' ')
				take_all(&r, rows[row].wait, taken + strlen(taken));
			else
				reorder_put(&r, (uint16_t)(base + *at - '0'), 1,
					    (const uint8_t *)at);
		}
		take_all(&r, rows[row].wait, taken + strlen(taken));
		assert_string_equal(taken, rows[row].taken);
		assert_int_equal(counters.packets_lost, rows[row].lost);
		assert_int_equal(counters.packets_late, rows[row].late);
		assert_int_equal(counters.packets_reordered, rows[row].reordered);
		reorder_free(&r);
	}
}

static void starts_anew_when_the_numbering_jumps(void **state)
{
	static const struct {
		uint16_t jump;
		unsigned dropped; /* before it is believed */
	} rows[] = {
	    {20000, 1},
	    {40000, 1},
	    {(uint16_t)-300, 1},
	    {64, 1},
	    {(uint16_t)-50, REORDER_STRAY_MAX - 1}, /* as late ones would look */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tdm_counters counters = {0};
		struct reorder r;
		char taken[40];
		unsigned n = 0;

		assert_int_equal(reorder_init(&r, 64, 1, &counters), 0);
		reorder_put(&r, 100, 1, (const uint8_t *)"a");
		take_all(&r, 2, taken);
		while (reorder_put(&r, (uint16_t)(101 + rows[i].jump + n), 1,
				   (const uint8_t *)"b") == REORDER_DROPPED)
			n++;
		assert_int_equal(n, rows[i].dropped);
		reorder_put(&r, (uint16_t)(101 + rows[i].jump + n + 1), 1, (const uint8_t *)"c");
		take_all(&r, 2, taken);
		assert_string_equal(taken, "bbc"); /* the last that was not believed as well */
		assert_int_equal(counters.packets_lost, 0);
		assert_int_equal(counters.packets_late, n - 1);
		reorder_free(&r);
	}
}

static void is_not_moved_by_one_stray_number(void **state)
{
	struct tdm_counters counters = {0};
	struct reorder r;
	char taken[40];

	assert_int_equal(reorder_init(&r, 64, 1, &counters), 0);
	reorder_put(&r, 100, 1, (const uint8_t *)"a");
	assert_int_equal(reorder_put(&r, 30000, 1, (const uint8_t *)"x"), REORDER_DROPPED);
	reorder_put(&r, 101, 1, (const uint8_t *)"b");
	assert_int_equal(reorder_put(&r, 30001, 1, (const uint8_t *)"x"), REORDER_DROPPED);
	reorder_put(&r, 102, 1, (const uint8_t *)"c");
	take_all(&r, 2, taken);
	assert_string_equal(taken, "abc");
	assert_int_equal(counters.packets_late, 2);
	reorder_free(&r);
}

/* ---- blocks */

static void answers_a_block_at_a_fixed_distance(void **state)
{
	static const struct {
		unsigned block, frames, delay;
	} rows[] = {
	    {80, 8, 72},    {160, 8, 152}, {80, 1, 79},	   {160, 1, 159},  {80, 40, 40},
	    {160, 40, 120}, {80, 64, 64},  {160, 64, 128}, {80, 7, 79},	   {160, 7, 159},
	    {80, 5, 75},    {80, 16, 64},  {80, 33, 79},   {160, 48, 144},
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		unsigned frames = rows[row].frames, at = 0;
		struct blocks b;

		blocks_init(&b, rows[row].block, frames, 0xd5);
		for (unsigned step = 0; step < 700; step++, at += frames) {
			uint8_t octets[64 * 3], block[TDM_BLOCK_MAX];

			for (unsigned i = 0; i < frames; i++)
				octets[i * 3] = (uint8_t)((at + i) * 7 + ((at + i) >> 8));
			blocks_take(&b, octets, 3, frames);
			while (blocks_read(&b, block) == 1)
				assert_int_equal(blocks_write(&b, block), 0);
			blocks_give(&b, octets, 3, frames);
			for (unsigned i = 0; i < frames; i++) {
				unsigned n = at + i - rows[row].delay;

				if (at + i < rows[row].delay)
					assert_int_equal(octets[i * 3], 0xd5);
				else
					assert_int_equal(octets[i * 3],
							 (uint8_t)(n * 7 + (n >> 8)));
			}
		}
	}
}

static void drops_what_was_written_without_reading(void **state)
{
	uint8_t octets[80] = {0}, block[80];
	struct blocks b;

	blocks_init(&b, 80, 40, 0xd5);
	assert_int_equal(blocks_write(&b, block), -ENOSPC);
	blocks_take(&b, octets, 1, 40);
	assert_int_equal(blocks_read(&b, block), 0);
	blocks_take(&b, octets, 1, 40);
	assert_int_equal(blocks_read(&b, block), 1);
	assert_int_equal(blocks_read(&b, block), 0);
	assert_int_equal(blocks_write(&b, block), 0);
	assert_int_equal(blocks_write(&b, block), -ENOSPC);
}

/* The delay stays what it was: a late block loses what should have gone already. */
static void keeps_its_distance_after_a_late_write(void **state)
{
	uint8_t in[8], out[8], block[80], answer[80];
	struct blocks b;

	memset(in, 1, sizeof(in));
	memset(answer, 2, sizeof(answer));
	blocks_init(&b, 80, 8, 0xd5);
	for (unsigned step = 0; step < 200; step++) {
		unsigned place = step % 10; /* 9: the step that completes a block */
		/* late for its first three packets; then nothing until all is overwritten */
		int late = step == 12, again = step >= 150 && place == 9;
		int spoken = (step >= 12 && step < 19) || step >= 159;

		blocks_take(&b, in, 1, 8);
		if (place == 9)
			assert_int_equal(blocks_read(&b, block), 1);
		if (late || again)
			assert_int_equal(blocks_write(&b, answer), 0);
		blocks_give(&b, out, 1, 8);
		assert_int_equal(out[0], spoken ? 2 : 0xd5);
		assert_int_equal(out[7], spoken ? 2 : 0xd5);
	}
}

static void loops_in_the_same_step(void **state)
{
	uint8_t octets[8], block[80];
	struct blocks b;

	blocks_init(&b, 80, 8, 0xd5);
	b.mode = BLOCKS_LOOP;
	for (unsigned step = 0; step < 100; step++) {
		memset(octets, (int)step, sizeof(octets));
		blocks_take(&b, octets, 1, 8);
		if (blocks_read(&b, block) == 1) {
			assert_int_equal(block[79], step);
			memset(block, 0xee, sizeof(block));
			assert_int_equal(blocks_write(&b, block), 0);
		}
		memset(octets, 0, sizeof(octets));
		blocks_give(&b, octets, 1, 8);
		assert_int_equal(octets[0], step);
		assert_int_equal(octets[7], step);
	}
}

int test_span_parts(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in_usual_values_for_a_framing),
	    cmocka_unit_test(names_alarms),
	    cmocka_unit_test(a_gain_of_nothing_changes_no_octet),
	    cmocka_unit_test(decodes_and_encodes_g711),
	    cmocka_unit_test(a_gain_is_right_within_a_step_of_the_law),
	    cmocka_unit_test(writes_the_control_word),
	    cmocka_unit_test(refuses_a_wrong_control_word),
	    cmocka_unit_test(puts_packets_in_order),
	    cmocka_unit_test(starts_anew_when_the_numbering_jumps),
	    cmocka_unit_test(is_not_moved_by_one_stray_number),
	    cmocka_unit_test(answers_a_block_at_a_fixed_distance),
	    cmocka_unit_test(drops_what_was_written_without_reading),
	    cmocka_unit_test(keeps_its_distance_after_a_late_write),
	    cmocka_unit_test(loops_in_the_same_step),
	};

	return cmocka_run_group_tests_name("span parts", tests, NULL, NULL);
}
