// SPDX-License-Identifier: GPL-2.0-or-later
/* Causes of Q.850 and SIP, and what progress says, by tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/call/call_private.h"
#include "gateway/call/progress.h"

static const struct cause_view built_in; /* nothing is configured */

#define EACH(i, rows) for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)

/* A view with nothing but that `cause-map`. */
static struct cause_view view_of_map(enum cause_map map)
{
	static struct cause_table tables[CAUSE_MAP_COUNT];
	static const struct cause_table none;
	struct cause_view view = {.count = 1};

	tables[map].map = map;
	view.place[0].own = &tables[map];
	view.place[0].file = &none;
	return view;
}

static unsigned to_sip(enum cause_map map, unsigned cause, unsigned location)
{
	struct cause c = cause_q850(cause, location, CAUSE_SOURCE_PSTN);
	struct cause_view view = view_of_map(map);

	return cause_to_sip(&view, &c, false);
}

static unsigned from_sip(enum cause_map map, unsigned status)
{
	struct cause_answer answer = {.status = status};
	struct cause_view view = view_of_map(map);

	return cause_from_sip(&view, &answer).q850;
}

/* Every row: default, rfc3398, cisco, audiocodes; the location is that of a network. */
static void every_cause_becomes_the_status_of_its_table(void **state)
{
	static const unsigned rows[][5] = {
	    {1, 404, 404, 404, 404},   {2, 404, 404, 404, 404},	  {3, 404, 404, 404, 404},
	    {4, 404, 500, 500, 400},   {5, 404, 500, 500, 400},	  {6, 503, 500, 500, 406},
	    {7, 500, 500, 500, 500},   {8, 503, 500, 500, 480},	  {9, 503, 500, 500, 488},
	    {16, 480, 480, 480, 480},  {17, 486, 486, 486, 486},  {18, 408, 408, 480, 408},
	    {19, 480, 480, 480, 480},  {20, 480, 480, 480, 480},  {21, 403, 403, 403, 403},
	    {22, 410, 410, 410, 410},  {23, 410, 410, 500, 400},  {25, 483, 500, 500, 400},
	    {26, 404, 404, 404, 404},  {27, 502, 502, 404, 502},  {28, 484, 484, 484, 484},
	    {29, 501, 501, 501, 501},  {30, 500, 500, 500, 501},  {31, 480, 480, 404, 480},
	    {34, 503, 503, 503, 503},  {38, 503, 503, 503, 503},  {41, 503, 503, 503, 503},
	    {42, 503, 503, 503, 503},  {43, 502, 500, 500, 502},  {44, 503, 500, 500, 503},
	    {47, 503, 503, 503, 503},  {49, 503, 500, 500, 503},  {50, 403, 500, 500, 503},
	    {52, 403, 500, 500, 500},  {54, 403, 500, 500, 500},  {55, 403, 403, 403, 403},
	    {57, 403, 403, 403, 403},  {58, 503, 503, 501, 503},  {63, 503, 500, 500, 503},
	    {65, 488, 488, 501, 501},  {66, 488, 500, 500, 480},  {69, 501, 500, 500, 503},
	    {70, 488, 488, 500, 503},  {79, 501, 501, 501, 501},  {81, 500, 500, 500, 502},
	    {82, 500, 500, 500, 502},  {87, 403, 403, 503, 503},  {88, 488, 503, 400, 503},
	    {91, 404, 500, 500, 502},  {95, 500, 500, 400, 503},  {96, 500, 500, 500, 409},
	    {97, 500, 500, 500, 480},  {98, 500, 500, 500, 409},  {99, 500, 500, 500, 480},
	    {100, 500, 500, 500, 501}, {101, 500, 500, 500, 503}, {102, 504, 504, 408, 408},
	    {111, 500, 500, 400, 500}, {127, 500, 500, 500, 500}, {46, 500, 500, 500, 500},
	    {126, 500, 500, 500, 500}, {0, 500, 500, 500, 500},
	};

	EACH(i, rows)
	{
		struct cause c = cause_q850(rows[i][0], 2, CAUSE_SOURCE_PSTN);

		for (unsigned map = CAUSE_MAP_DEFAULT; map < CAUSE_MAP_COUNT; map++)
			if (to_sip(map, rows[i][0], 2) != rows[i][map])
				fail_msg("cause %u, %s: %u instead of %u", rows[i][0],
					 cause_map_name(map), to_sip(map, rows[i][0], 2),
					 rows[i][map]);
		assert_int_equal(cause_to_sip(&built_in, &c, false), rows[i][1]);
	}
}

static void every_status_becomes_the_cause_of_its_table(void **state)
{
	static const unsigned rows[][5] = {
	    {300, 23, 31, 31, 31},
	    {301, 23, 31, 31, 31},
	    {302, 23, 31, 31, 31},
	    {305, 23, 31, 31, 31},
	    {380, 23, 31, 31, 31},
	    {400, 41, 41, 127, 31},
	    {401, 21, 21, 57, 21},
	    {402, 21, 21, 21, 21},
	    {403, 21, 21, 57, 21},
	    {404, 1, 1, 1, 1},
	    {405, 63, 63, 127, 63},
	    {406, 79, 79, 127, 79},
	    {407, 21, 21, 21, 21},
	    {408, 102, 102, 102, 102},
	    {409, 41, 31, 41, 41},
	    {410, 22, 22, 1, 22},
	    {413, 127, 127, 127, 127},
	    {414, 127, 127, 127, 127},
	    {415, 79, 79, 79, 79},
	    {416, 127, 127, 127, 127},
	    {420, 127, 127, 127, 127},
	    {421, 127, 127, 127, 127},
	    {423, 127, 127, 127, 127},
	    {422, 31, 31, 31, 31},
	    {428, 21, 31, 31, 31},
	    {429, 21, 31, 31, 31},
	    {433, 21, 31, 31, 31},
	    {436, 21, 31, 31, 31},
	    {437, 21, 31, 31, 31},
	    {438, 21, 31, 31, 31},
	    {480, 18, 18, 18, 18},
	    {481, 41, 41, 127, 127},
	    {482, 25, 25, 127, 127},
	    {483, 25, 25, 127, 127},
	    {484, 28, 28, 28, 28},
	    {485, 1, 1, 1, 1},
	    {486, 17, 17, 17, 17},
	    {487, 31, 31, 127, 31},
	    {488, 65, 31, 127, 31},
	    {489, 31, 31, 31, 31},
	    {491, 31, 31, 31, 31},
	    {493, 65, 31, 127, 31},
	    {500, 41, 41, 41, 41},
	    {501, 79, 79, 79, 38},
	    {502, 38, 38, 38, 38},
	    {503, 41, 41, 63, 41},
	    {504, 102, 102, 102, 102},
	    {505, 127, 127, 127, 127},
	    {513, 127, 127, 127, 31},
	    {580, 47, 31, 47, 31},
	    {600, 17, 17, 17, 17},
	    {603, 21, 21, 21, 21},
	    {604, 1, 1, 1, 1},
	    {606, 65, 31, 58, 31},
	    {607, 21, 31, 31, 31},
	    {608, 21, 31, 31, 31},
	    /* those that RFC 3398 does not know are what their class says (RFC 3261 8.1.3.2) */
	    {399, 23, 31, 31, 31},
	    {430, 41, 31, 31, 31},
	    {440, 41, 31, 31, 31},
	    {494, 41, 31, 31, 31},
	    {499, 41, 31, 31, 31},
	    {555, 41, 31, 31, 31},
	    {599, 41, 31, 31, 31},
	    {699, 17, 31, 31, 31},
	};

	EACH(i, rows)
	for (unsigned map = CAUSE_MAP_DEFAULT; map < CAUSE_MAP_COUNT; map++)
		if (from_sip(map, rows[i][0]) != rows[i][map])
			fail_msg("status %u, %s: %u instead of %u", rows[i][0], cause_map_name(map),
				 from_sip(map, rows[i][0]), rows[i][map]);
}

static void never_maps_to_success(void **state)
{
	for (unsigned map = CAUSE_MAP_DEFAULT; map < CAUSE_MAP_COUNT; map++) {
		for (unsigned i = 0; i < 256; i++)
			assert_in_range(to_sip(map, i, 0), 400, 699);
		for (unsigned status = 0; status < 1000; status++)
			assert_in_range(from_sip(map, status), 1, 127);
	}
}

/* What more than the number decides. */
static void location_number_and_bearer_count(void **state)
{
	static const struct {
		unsigned map, cause, location;
		const char *number;
		bool data;
		unsigned status;
	} rows[] = {
	    {CAUSE_MAP_DEFAULT, 21, CAUSE_LOCATION_USER, "", false, 603},
	    {CAUSE_MAP_RFC3398, 21, CAUSE_LOCATION_USER, "", false, 603},
	    {CAUSE_MAP_CISCO, 21, CAUSE_LOCATION_USER, "", false, 403},
	    {CAUSE_MAP_AUDIOCODES, 21, CAUSE_LOCATION_USER, "", false, 403},
	    {CAUSE_MAP_DEFAULT, 17, CAUSE_LOCATION_USER, "", false, 486},
	    {CAUSE_MAP_DEFAULT, 22, CAUSE_LOCATION_PUBLIC_REMOTE, "2002", false, 301},
	    {CAUSE_MAP_RFC3398, 22, CAUSE_LOCATION_PUBLIC_REMOTE, "2002", false, 301},
	    {CAUSE_MAP_CISCO, 22, CAUSE_LOCATION_PUBLIC_REMOTE, "2002", false, 410},
	    {CAUSE_MAP_DEFAULT, 23, CAUSE_LOCATION_PUBLIC_REMOTE, "2002", false, 302},
	    {CAUSE_MAP_RFC3398, 23, CAUSE_LOCATION_PUBLIC_REMOTE, "2002", false, 410},
	    {CAUSE_MAP_DEFAULT, 63, CAUSE_LOCATION_PUBLIC_REMOTE, "", true, 488},
	    {CAUSE_MAP_RFC3398, 63, CAUSE_LOCATION_PUBLIC_REMOTE, "", true, 500},
	};

	EACH(i, rows)
	{
		struct cause c = cause_q850(rows[i].cause, rows[i].location, CAUSE_SOURCE_PSTN);
		struct cause_view view = view_of_map(rows[i].map);

		strcpy(c.new_number.digits, rows[i].number);
		assert_int_equal(cause_to_sip(&view, &c, rows[i].data), rows[i].status);
	}
}

static void ringing_warnings_and_retry_after_count(void **state)
{
	static const struct {
		unsigned map, status;
		bool alerted;
		unsigned warning;
		bool retry;
		unsigned cause;
	} rows[] = {
	    {CAUSE_MAP_DEFAULT, 480, true, 0, false, 19},
	    {CAUSE_MAP_RFC3398, 480, true, 0, false, 18},
	    {CAUSE_MAP_DEFAULT, 503, false, 0, true, 42},
	    {CAUSE_MAP_CISCO, 503, false, 0, true, 63},
	    {CAUSE_MAP_DEFAULT, 488, false, 370, false, 47},
	    {CAUSE_MAP_RFC3398, 488, false, 370, false, 47},
	    {CAUSE_MAP_DEFAULT, 606, false, 370, false, 47},
	    {CAUSE_MAP_DEFAULT, 488, false, 305, false, 65},
	    {CAUSE_MAP_AUDIOCODES, 488, false, 370, false, 31},
	};

	EACH(i, rows)
	{
		struct cause_answer answer = {.status = rows[i].status,
					      .alerted = rows[i].alerted,
					      .warning = rows[i].warning,
					      .retry_after = rows[i].retry};
		struct cause_view view = view_of_map(rows[i].map);
		struct cause c = cause_from_sip(&view, &answer);

		assert_int_equal(c.q850, rows[i].cause);
		assert_int_equal(c.sip, rows[i].status);
		assert_int_equal(c.source, CAUSE_SOURCE_SIP);
		assert_int_equal(c.location, rows[i].status >= 600 ? CAUSE_LOCATION_USER
								   : CAUSE_LOCATION_PUBLIC_REMOTE);
	}
}

/* ---- what the operator says */

static void the_nearest_place_that_says_something_wins(void **state)
{
	struct cause_tables *tables = cause_tables_new();
	struct cause_table peer = {0}, group = {0}, all = {0}, file = {0};
	struct cause busy = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	struct cause absent = cause_q850(18, 2, CAUSE_SOURCE_PSTN);
	struct cause order = cause_q850(27, 2, CAUSE_SOURCE_PSTN);
	struct cause_answer answer = {.status = 486};
	struct cause_view view = {0};

	assert_int_equal(cause_tables_find(tables, &peer), 0);
	strcpy(file.name, "itsp.map");
	file.sip[18] = 487;
	file.sip[17] = 999; /* a row of the place itself goes before */
	peer.file = (unsigned)cause_tables_find(tables, &file);
	peer.sip[17] = 600;
	group.sip[17] = 603;
	group.q850[486 - CAUSE_SIP_FIRST] = 34;
	group.map = CAUSE_MAP_CISCO;
	all.sip[27] = 501; /* nobody gets there: the group has a whole table */
	all.busy_everywhere = true;
	cause_view_add(&view, tables, (unsigned)cause_tables_find(tables, &peer));
	cause_view_add(&view, tables, 0); /* says nothing */
	cause_view_add(&view, tables, (unsigned)cause_tables_find(tables, &group));
	cause_view_add(&view, tables, (unsigned)cause_tables_find(tables, &all));
	assert_int_equal(view.count, 3);
	assert_int_equal(cause_to_sip(&view, &busy, false), 600);
	assert_int_equal(cause_to_sip(&view, &absent, false), 487);
	assert_int_equal(cause_to_sip(&view, &order, false), 404);
	assert_int_equal(cause_from_sip(&view, &answer).q850, 34);
	answer.status = 403;
	assert_int_equal(cause_from_sip(&view, &answer).q850, 57);
	cause_tables_unref(tables);
}

static void busy_everywhere_is_for_users(void **state)
{
	struct cause_table all = {.busy_everywhere = true};
	struct cause user = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	struct cause network = cause_q850(17, CAUSE_LOCATION_PUBLIC_REMOTE, CAUSE_SOURCE_PSTN);
	struct cause_tables *tables = cause_tables_new();
	struct cause_view view = {0};

	cause_view_add(&view, tables, (unsigned)cause_tables_find(tables, &all));
	assert_int_equal(cause_to_sip(&view, &user, false), 600);
	assert_int_equal(cause_to_sip(&view, &network, false), 486);
	cause_tables_unref(tables);
}

static void places_that_say_the_same_share_a_table(void **state)
{
	struct cause_tables *tables = cause_tables_new();
	unsigned numbers[500];

	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 500; i++) {
			struct cause_table table = {0};
			int number;

			table.sip[1 + i % 100] = 400 + i / 100;
			number = cause_tables_find(tables, &table);
			assert_true(number > 0);
			if (round == 0)
				numbers[i] = (unsigned)number;
			assert_int_equal(number, numbers[i]);
			assert_int_equal(cause_tables_at(tables, numbers[i])->sip[1 + i % 100],
					 400 + i / 100);
		}
	assert_int_equal(cause_tables_at(tables, 501)->map, CAUSE_MAP_UNSET); /* there is none */
	cause_tables_unref(cause_tables_ref(tables));
	assert_int_equal(cause_tables_at(tables, 1)->sip[1], 400);
	cause_tables_unref(tables);
}

/* ---- the Reason header */

static void reads_reason_headers(void **state)
{
	static const struct {
		const char *value[3][3];
		unsigned q850, sip;
		const char *text;
	} rows[] = {
	    {{{"Q.850", "17", "\"User busy\""}}, 17, 0, "User busy"},
	    {{{"q.850", "34", NULL}}, 34, 0, ""},
	    {{{"SIP", "200", "\"Call completed elsewhere\""}}, 0, 200, "Call completed elsewhere"},
	    {{{"SIP", "486", "\"Busy\""}, {"Q.850", "17", "\"user\""}}, 17, 486, "user"},
	    {{{"Q.850", "17", "\"user\""}, {"SIP", "486", "\"Busy\""}}, 17, 486, "user"},
	    {{{"Q.850", "17", NULL}, {"Q.850", "34", NULL}}, 17, 0, ""},
	    {{{"Q.850", "0", "x"}, {"Q.850", "128", "x"}, {"Q.850", "3", "y"}}, 3, 0, "y"},
	    {{{"Q.850", "99999999999999999999", NULL}}, 0, 0, ""},
	    {{{"Q.850", "", NULL}, {"Q.850", "-1", NULL}, {"Q.850", "1x", NULL}}, 0, 0, ""},
	    {{{"Q.850", "127", "a\r\nb\x01\xc3\xa4\x7f"}}, 127, 0, "a..b...."},
	    {{{"Q.850", "16", "\"quo\\\"te\" behind"}}, 16, 0, "quo\"te"},
	    {{{"SIP", "99", NULL}, {"SIP", "700", NULL}}, 0, 0, ""},
	    {{{"preemption", "1", "\"UA Preemption\""}}, 8, 0, "UA Preemption"},
	    {{{"Q.851", "17", NULL}}, 0, 0, ""},
	};
	char text[256];

	EACH(i, rows)
	{
		struct cause_reason reason = {0};

		for (unsigned v = 0; v < 3 && rows[i].value[v][0]; v++)
			cause_reason_add(&reason, rows[i].value[v][0], rows[i].value[v][1],
					 rows[i].value[v][2]);
		assert_int_equal(reason.q850, rows[i].q850);
		assert_int_equal(reason.sip, rows[i].sip);
		assert_string_equal(reason.text, rows[i].text);
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	{
		struct cause_reason reason = {0};

		cause_reason_add(&reason, "Q.850", "17", text);
		assert_int_equal(strlen(reason.text), CAUSE_TEXT_MAX);
	}
}

static void a_reason_wins_over_the_status(void **state)
{
	struct cause_tables *tables = cause_tables_new();
	struct cause_table all = {0};
	struct cause_view view = {0};
	struct cause_answer answer = {.status = 486, .reason = {.q850 = 34, .text = "full"}};
	struct cause c = cause_from_sip(&built_in, &answer);

	assert_int_equal(c.q850, 34);
	assert_true(c.from_reason);
	assert_string_equal(c.text, "full");
	answer.use = CAUSE_REASON_IGNORE;
	assert_int_equal(cause_from_sip(&built_in, &answer).q850, 17);
	/* what SIP says twice is the status line's */
	answer = (struct cause_answer){.status = 486, .reason = {.sip = 603}};
	assert_int_equal(cause_from_sip(&built_in, &answer).q850, 17);
	/* an operator's row is an order, unless the reason is to override it */
	all.q850[486 - CAUSE_SIP_FIRST] = 21;
	cause_view_add(&view, tables, (unsigned)cause_tables_find(tables, &all));
	answer.reason.q850 = 34;
	assert_int_equal(cause_from_sip(&view, &answer).q850, 21);
	answer.use = CAUSE_REASON_OVERRIDE;
	assert_int_equal(cause_from_sip(&view, &answer).q850, 34);
	cause_tables_unref(tables);
}

static void a_request_has_the_cause_of_its_reason(void **state)
{
	static const struct {
		struct cause_reason reason;
		bool cancelled;
		unsigned q850, sip;
		bool elsewhere;
	} rows[] = {
	    {{0}, true, 16, 0, false},
	    {{.q850 = 34}, false, 34, 0, false},
	    {{.sip = 486}, true, 17, 486, false},
	    {{.sip = 486, .q850 = 21}, true, 21, 486, false},
	    {{.sip = 200}, true, 26, 0, true},
	    {{.sip = 200, .q850 = 16}, true, 16, 0, true},
	    {{.sip = 200}, false, 16, 0, false}, /* BYE */
	};

	EACH(i, rows)
	{
		struct cause c = cause_from_request(&built_in, &rows[i].reason, CAUSE_REASON_UNSET,
						    rows[i].cancelled);

		assert_int_equal(c.q850, rows[i].q850);
		assert_int_equal(c.sip, rows[i].sip);
		assert_int_equal(c.elsewhere, rows[i].elsewhere);
		c = cause_from_request(&built_in, &rows[i].reason, CAUSE_REASON_IGNORE,
				       rows[i].cancelled);
		assert_int_equal(c.q850, 16);
		assert_false(c.elsewhere);
	}
}

static void writes_who_said_it_first(void **state)
{
	static const struct {
		struct cause cause;
		const char *text;
	} rows[] = {
	    {{.q850 = 17, .source = CAUSE_SOURCE_PSTN}, "Q.850;cause=17;text=\"user busy\""},
	    {{.q850 = 34, .source = CAUSE_SOURCE_GATEWAY},
	     "Q.850;cause=34;text=\"no circuit available\""},
	    {{.q850 = 17, .source = CAUSE_SOURCE_SIP, .sip = 486},
	     "SIP;cause=486;text=\"Busy Here\""},
	    {{.q850 = 17, .source = CAUSE_SOURCE_SIP, .sip = 480, .from_reason = true},
	     "SIP;cause=480;text=\"Temporarily Unavailable\", Q.850;cause=17;text=\"user busy\""},
	    {{.q850 = 16, .source = CAUSE_SOURCE_SIP},
	     "Q.850;cause=16;text=\"normal call clearing\""},
	    {{.q850 = 26, .source = CAUSE_SOURCE_SIP, .elsewhere = true, .text = "not this"},
	     "SIP;cause=200;text=\"Call completed elsewhere\", "
	     "Q.850;cause=26;text=\"non-selected user clearing\""},
	    {{.q850 = 8, .source = CAUSE_SOURCE_PSTN},
	     "Q.850;cause=8;text=\"preemption\", preemption;cause=4;text=\"Non-IP Preemption\""},
	};
	char text[CAUSE_REASON_MAX];

	EACH(i, rows)
	{
		assert_int_equal(cause_to_reason(&rows[i].cause, text, sizeof(text)),
				 strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
	for (unsigned q850 = 0; q850 < 256; q850++) { /* all of them fit */
		struct cause c = cause_q850(q850, 0, CAUSE_SOURCE_SIP);

		c.sip = 439;
		c.from_reason = c.elsewhere = true;
		assert_in_range(cause_to_reason(&c, text, sizeof(text)), 1, sizeof(text) - 2);
	}
}

/* ---- progress */

static void gives_progress_one_meaning(void **state)
{
	static const struct progress row[][2] = {
	    {{.indicator = 0}, {.indicator = 0}},
	    {{.indicator = 1}, {.indicator = 1, .inband = true}},
	    {{.indicator = 8}, {.indicator = 8, .inband = true}},
	    {{.indicator = 3}, {.indicator = 3}},
	    {{.inband = true}, {.indicator = 8, .inband = true}},
	};

	EACH(i, row)
	{
		struct progress p = progress_normal(&row[i][0]);
		assert_int_equal(p.indicator, row[i][1].indicator);
		assert_int_equal(p.inband, row[i][1].inband);
	}
	assert_false(progress_normal(NULL).inband);
}

/* Both tables of who says what to whom, with what a dial peer changes of them. */
static void a_dial_peer_decides_what_the_caller_is_told(void **state)
{
	enum { S = PEER_VOIP, I = PEER_POTS, KEEP = PROGRESS_TONE_KEEP, OFF, RING };
	static const struct {
		bool alert; /* else progress */
		uint8_t far, caller, rule;
		bool ringback, heard;
		struct progress said;
		uint8_t indicator;
		bool inband;
		uint8_t tone;
	} rows[] = {
	    /* nothing is configured */
	    {true, I, S, 0, false, false, {0}, 0, false, KEEP},
	    {true, I, S, 0, false, false, {.indicator = 8}, 8, true, OFF},
	    {true, I, S, 0, false, false, {.indicator = 1}, 1, true, OFF},
	    {true, S, I, 0, false, false, {0}, 0, false, KEEP},
	    {true, S, I, 0, false, false, {.inband = true}, 8, true, OFF},
	    {true, S, I, 0, false, true, {0}, 0, false, KEEP},
	    {false, I, S, 0, false, false, {.indicator = 1}, 1, true, OFF},
	    {false, I, S, 0, false, false, {.indicator = 2}, 2, false, KEEP},
	    {false, S, I, 0, false, false, {.inband = true}, 8, true, OFF},
	    {false, S, I, 0, false, false, {0}, 0, false, KEEP},
	    {false, S, I, 0, false, false, {.queued = true}, 8, true, RING},
	    {false, S, I, 0, false, true, {.queued = true}, 0, false, KEEP},
	    {false, S, S, 0, false, false, {.queued = true}, 0, false, KEEP},
	    {false, S, I, 0, false, false, {.queued = true, .inband = true}, 8, true, OFF},
	    /* tone ringback alert-no-pi */
	    {true, I, S, 0, true, false, {0}, 8, true, RING},
	    {true, S, I, 0, true, false, {0}, 8, true, RING},
	    {true, S, I, 0, true, true, {0}, 0, false, KEEP},
	    {true, I, S, 0, true, false, {.indicator = 8}, 8, true, OFF},
	    {false, I, S, 0, true, false, {0}, 0, false, KEEP},
	    /* progress_ind: an exchange has tones even if it does not say so, SIP has not */
	    {true, I, S, PEER_PI_ENABLE(8), false, false, {0}, 8, true, OFF},
	    {true, S, I, PEER_PI_ENABLE(8), false, false, {0}, 8, true, RING},
	    {true, S, I, PEER_PI_ENABLE(8), false, true, {0}, 8, true, OFF},
	    {true, S, I, PEER_PI_ENABLE(8), false, false, {.inband = true}, 8, true, OFF},
	    {true, S, I, PEER_PI_ENABLE(2), false, false, {.inband = true}, 2, false, KEEP},
	    {true, I, S, PEER_PI_DISABLE, false, false, {.indicator = 8}, 0, false, KEEP},
	    {true, I, S, PEER_PI_STRIP, true, false, {.indicator = 8}, 8, true, RING},
	    {false, I, S, PEER_PI_ENABLE(8), false, false, {0}, 8, true, OFF},
	    {false, S, I, PEER_PI_STRIP, false, false, {.inband = true}, 0, false, KEEP},
	};

	EACH(i, rows)
	{
		struct peer peer = {.ringback_no_pi = rows[i].ringback};
		struct progress_case c = {&peer, rows[i].far, rows[i].caller, rows[i].heard};
		struct progress p = rows[i].said;
		enum progress_tone tone;

		peer.progress_ind[rows[i].alert ? PEER_MESSAGE_ALERT : PEER_MESSAGE_PROGRESS] =
		    rows[i].rule;
		tone = rows[i].alert ? progress_of_alert(&c, &p) : progress_of_progress(&c, &p);
		if (p.indicator != rows[i].indicator || p.inband != rows[i].inband ||
		    tone != rows[i].tone)
			fail_msg("row %zu: indicator %u, inband %d, tone %u", i, p.indicator,
				 p.inband, tone);
	}
}

static void indicators_can_be_put_in_and_taken_out(void **state)
{
	assert_int_equal(progress_indicator(PEER_PI_UNSET, 8), 8);
	assert_int_equal(progress_indicator(PEER_PI_DISABLE, 8), 0);
	assert_int_equal(progress_indicator(PEER_PI_STRIP, 2), 0);
	assert_int_equal(progress_indicator(PEER_PI_ENABLE(0), 8), 0);
	assert_int_equal(progress_indicator(PEER_PI_ENABLE(3), 0), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cause_becomes_the_status_of_its_table),
	    cmocka_unit_test(every_status_becomes_the_cause_of_its_table),
	    cmocka_unit_test(never_maps_to_success),
	    cmocka_unit_test(location_number_and_bearer_count),
	    cmocka_unit_test(ringing_warnings_and_retry_after_count),
	    cmocka_unit_test(the_nearest_place_that_says_something_wins),
	    cmocka_unit_test(busy_everywhere_is_for_users),
	    cmocka_unit_test(places_that_say_the_same_share_a_table),
	    cmocka_unit_test(reads_reason_headers),
	    cmocka_unit_test(a_reason_wins_over_the_status),
	    cmocka_unit_test(a_request_has_the_cause_of_its_reason),
	    cmocka_unit_test(writes_who_said_it_first),
	    cmocka_unit_test(gives_progress_one_meaning),
	    cmocka_unit_test(a_dial_peer_decides_what_the_caller_is_told),
	    cmocka_unit_test(indicators_can_be_put_in_and_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
