// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/span/tones.h"
#include "tests/unit/test_span_groups.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int alaw_linear(uint8_t octet)
{
	int segment, magnitude;

	octet ^= 0x55;
	segment = (octet >> 4) & 7;
	magnitude = ((octet & 0x0f) << 4) + 8;
	if (segment)
		magnitude = (magnitude + 0x100) << (segment - 1);
	return octet & 0x80 ? magnitude : -magnitude;
}

static int ulaw_linear(uint8_t octet)
{
	int magnitude;

	octet = (uint8_t)~octet;
	magnitude = ((((octet & 0x0f) << 3) + 0x84) << ((octet >> 4) & 7)) - 0x84;
	return octet & 0x80 ? -magnitude : magnitude;
}

static void knows_the_tones_of_countries(void **state)
{
	static const struct {
		const char *country;
		enum tone_kind kind;
		const char *notation;
	} rows[] = {
	    {"GB", TONE_DIAL, "350+440"},
	    {"uk", TONE_BUSY, "400/375,0/375"},
	    {"US", TONE_RINGBACK, "440+480/2000,0/4000"},
	    {"DE", TONE_RINGBACK, "425/1000,0/4000"},
	    {"de", TONE_CONGESTION, "425/240,0/240"},
	    {"XX", TONE_DIAL, NULL},
	    {"", TONE_DIAL, NULL},
	    {"a very long country", TONE_DIAL, NULL},
	    {"DE", 0, NULL},
	    {"DE", 5, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *notation = tone_country(rows[i].country, rows[i].kind);

		if (rows[i].notation)
			assert_string_equal(notation, rows[i].notation);
		else
			assert_null(notation);
	}
}

static void plays_all_that_libtonezone_knows(void **state)
{
	static const char *const countries[] = {"us", "au", "fr", "jp", "us-old", "za", "tr",
						"in", "th", "br", "ru", "sg",	  "ae"};

	for (size_t i = 0; i < COUNT(countries); i++) {
		for (int kind = TONE_DIAL; kind <= TONE_CONGESTION; kind++) {
			struct tone tone;
			const char *notation = tone_country(countries[i], kind);

			assert_non_null(notation);
			assert_int_equal(tone_start(&tone, notation, 0), 0);
		}
	}
}

static void refuses_wrong_notation(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "abc",
	    "425/",
	    "425/0",
	    "425+",
	    "425,",
	    ",425",
	    "425//5",
	    "4000",
	    "425/99999999",
	    "425 /5",
	    "!",
	    "425*/5",
	    "+425",
	    "1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1,1/1",
	};
	struct tone tone;

	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(tone_start(&tone, wrong[i], 0), -EINVAL);
	assert_int_equal(tone_start(&tone, "425", 601), -EINVAL);
}

/* Mean power in dBm0 times 10: a full-scale sine is +3.14. Without libm: the ratio as tenths. */
static int level_db10(double mean_square)
{
	double full = 32767.0 * 32767.0 / 2;
	int tenths = 31;

	assert_true(mean_square > 0);
	while (mean_square < full * 0.98855) { /* half a tenth below */
		mean_square *= 1.0232929922807541;
		tenths--;
	}
	return tenths;
}

static void plays_at_its_level(void **state)
{
	static const struct {
		const char *notation;
		unsigned level;
		int expected;
	} rows[] = {
	    {"425", 0, -130},	  {"425", 100, -100},  {"425", 30, -30},    {"425", 300, -300},
	    {"350+440", 0, -100}, {"425@", 100, -200}, {"1004", 130, -130},
	};

	for (size_t i = 0; i < COUNT(rows) * 3; i++) {
		size_t row = i / 3;
		struct tone tone;
		double sum = 0;
		int level;

		assert_int_equal(tone_start(&tone, rows[row].notation, rows[row].level), 0);
		for (unsigned n = 0; n < 8000; n += 160) {
			uint8_t octets[160];
			int16_t samples[160];

			if (i % 3 == 0)
				tone_linear(&tone, samples, 160);
			else
				tone_octets(&tone, i % 3 == 1 ? TDM_ALAW : TDM_ULAW, octets, 160);
			for (unsigned k = 0; k < 160; k++) {
				double sample = i % 3 == 0   ? samples[k]
						: i % 3 == 1 ? alaw_linear(octets[k])
							     : ulaw_linear(octets[k]);

				sum += sample * sample;
			}
		}
		level = level_db10(sum / 8000);
		assert_in_range(level - rows[row].expected + 2, 0, 4);
	}
}

static void plays_its_cadence(void **state)
{
	static const struct {
		const char *notation;
		unsigned on_ms, off_ms, from_ms; /* from: the not repeated part */
	} rows[] = {
	    {"425/1000,0/4000", 1000, 4000, 0},
	    {"480+620/250,0/250", 250, 250, 0},
	    {"!425/100,!0/300,440/20,0/35", 20, 35, 400},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned period = rows[i].on_ms + rows[i].off_ms;
		struct tone tone;

		assert_int_equal(tone_start(&tone, rows[i].notation, 0), 0);
		for (unsigned ms = 0; ms < rows[i].from_ms + 3 * period; ms++) {
			unsigned place = (ms + period * 8 - rows[i].from_ms) % period;
			uint8_t octets[8];
			unsigned loud = 0;

			tone_octets(&tone, TDM_ALAW, octets, 8);
			for (unsigned k = 0; k < 8; k++)
				loud += octets[k] != 0xd5;
			if (ms < rows[i].from_ms)
				continue;
			if (place < rows[i].on_ms)
				assert_true(loud >= 6);
			else
				assert_int_equal(loud, 0);
		}
	}
}

static void plays_the_right_frequency(void **state)
{
	static const unsigned hz[] = {1, 25, 425, 1000, 2000, 2001, 2600, 3400, 3999};

	for (size_t i = 0; i < COUNT(hz); i++) {
		char notation[16];
		unsigned rises = 0;
		struct tone tone;
		int16_t samples[8000];

		snprintf(notation, sizeof(notation), "%u", hz[i]);
		assert_int_equal(tone_start(&tone, notation, 30), 0);
		tone_linear(&tone, samples, 8000);
		tone_linear(&tone, samples, 8000);
		for (unsigned n = 1; n < 8000; n++)
			rises += samples[n - 1] < 0 && samples[n] >= 0;
		assert_in_range(rises, hz[i] > 1 ? hz[i] - 1 : 0, hz[i] + 1);
	}
}

int test_tones(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_the_tones_of_countries),
	    cmocka_unit_test(plays_all_that_libtonezone_knows),
	    cmocka_unit_test(refuses_wrong_notation),
	    cmocka_unit_test(plays_at_its_level),
	    cmocka_unit_test(plays_its_cadence),
	    cmocka_unit_test(plays_the_right_frequency),
	};

	return cmocka_run_group_tests_name("tones", tests, NULL, NULL);
}
