// SPDX-License-Identifier: GPL-2.0-or-later
/* Causes of Q.850 and SIP, and what progress says, by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/call/call_private.h"
#include "gateway/call/progress.h"

static void maps_causes_both_ways(void **state)
{
	static const struct {
		unsigned cause, location, sip, rfc, cisco;
	} to_sip[] = {
	    {1, 2, 404, 404, 404},   {17, 0, 486, 486, 486},  {18, 2, 408, 408, 480},
	    {21, 2, 403, 403, 403},  {21, 0, 603, 603, 403},  {27, 2, 502, 502, 404},
	    {34, 2, 503, 503, 503},  {42, 2, 503, 503, 503},  {88, 2, 488, 503, 400},
	    {102, 2, 504, 504, 408}, {16, 2, 480, 480, 480},  {25, 2, 483, 500, 500},
	    {111, 2, 500, 500, 400}, {126, 2, 500, 500, 500}, {31, 2, 480, 480, 404},
	};
	static const struct {
		unsigned status;
		bool alerted;
		unsigned warning;
		bool retry;
		unsigned cause, rfc, cisco;
	} from_sip[] = {
	    {404, 0, 0, 0, 1, 1, 1},	 {486, 0, 0, 0, 17, 17, 17},	{480, 0, 0, 0, 18, 18, 18},
	    {480, 1, 0, 0, 19, 18, 18},	 {503, 0, 0, 0, 41, 41, 63},	{503, 0, 0, 1, 42, 41, 63},
	    {488, 0, 0, 0, 65, 31, 127}, {488, 0, 370, 0, 47, 31, 127}, {400, 0, 0, 0, 41, 41, 127},
	    {603, 0, 0, 0, 21, 21, 21},	 {499, 0, 0, 0, 31, 31, 31},	{302, 0, 0, 0, 23, 31, 31},
	    {401, 0, 0, 0, 21, 21, 57},	 {600, 0, 0, 0, 17, 17, 17},
	};

	for (size_t i = 0; i < sizeof(to_sip) / sizeof(to_sip[0]); i++) {
		struct cause c = cause_q850(to_sip[i].cause, to_sip[i].location, CAUSE_SOURCE_PSTN);
		assert_int_equal(cause_to_sip(CAUSE_MAP_DEFAULT, &c), to_sip[i].sip);
		assert_int_equal(cause_to_sip(CAUSE_MAP_RFC3398, &c), to_sip[i].rfc);
		assert_int_equal(cause_to_sip(CAUSE_MAP_CISCO, &c), to_sip[i].cisco);
	}
	for (size_t i = 0; i < sizeof(from_sip) / sizeof(from_sip[0]); i++) {
		unsigned map, want[3] = {from_sip[i].cause, from_sip[i].rfc, from_sip[i].cisco};
		for (map = 0; map < 3; map++) {
			struct cause c =
			    cause_from_sip(map, from_sip[i].status, from_sip[i].alerted,
					   from_sip[i].warning, from_sip[i].retry);
			assert_int_equal(c.q850, want[map]);
			assert_int_equal(c.location == CAUSE_LOCATION_USER,
					 from_sip[i].status >= 600);
		}
	}
}

static void never_maps_to_success(void **state)
{
	for (unsigned map = 0; map < 3; map++)
		for (unsigned i = 0; i < 256; i++) {
			struct cause c = cause_q850(i, 0, CAUSE_SOURCE_PSTN);
			unsigned sip = cause_to_sip(map, &c);
			assert_in_range(sip, 400, 699);
		}
	for (unsigned map = 0; map < 3; map++)
		for (unsigned status = 300; status < 700; status++)
			assert_in_range(cause_from_sip(map, status, false, 0, false).q850, 1, 127);
}

static void reads_reason_headers(void **state)
{
	static const struct {
		const char *value;
		unsigned cause;
	} row[] = {
	    {"Q.850;cause=17;text=\"User busy\"", 17},
	    {"q.850 ; cause = 34", 34},
	    {"SIP;cause=200;text=\"Call completed elsewhere\"", 0},
	    {"SIP;cause=486,Q.850;cause=17", 17},
	    {"SIP;text=\"a, Q.850;cause=3\", Q.850;cause=27", 27},
	    {"Q.850;cause=0", 0},
	    {"Q.850;cause=128", 0},
	    {"Q.850;cause=99999999999999999999", 0},
	    {"Q.850;cause=", 0},
	    {"Q.850", 0},
	    {"", 0},
	    {"Q.850;text=\"\\\"", 0},
	};
	struct cause c = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	char text[64];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(cause_from_reason(row[i].value), row[i].cause);
	cause_to_reason(&c, text, sizeof(text));
	assert_string_equal(text, "Q.850;cause=17;text=\"user busy\"");
	assert_int_equal(cause_from_reason(text), 17);
}

static void gives_progress_one_meaning(void **state)
{
	static const struct progress row[][2] = {
	    {{.indicator = 0}, {.indicator = 0}},
	    {{.indicator = 1}, {.indicator = 1, .inband = true}},
	    {{.indicator = 8}, {.indicator = 8, .inband = true}},
	    {{.indicator = 3}, {.indicator = 3}},
	    {{.inband = true}, {.indicator = 8, .inband = true}},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct progress p = progress_normal(&row[i][0]);
		assert_int_equal(p.indicator, row[i][1].indicator);
		assert_int_equal(p.inband, row[i][1].inband);
	}
	assert_false(progress_normal(NULL).inband);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(maps_causes_both_ways),
	    cmocka_unit_test(never_maps_to_success),
	    cmocka_unit_test(reads_reason_headers),
	    cmocka_unit_test(gives_progress_one_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
