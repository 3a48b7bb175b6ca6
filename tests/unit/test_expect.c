// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls as words: where they come from, and what is expected of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialplan/expect.h"
#include "dialplan/explain.h"
#include "tests/unit/plan_rig.h"

/* ---- where a call comes from */

static void reads_sources(void **state)
{
	const struct {
		const char *source;
		int rc;
		const char *port, *via;
		unsigned family;
	} rows[] = {
	    {"sip:10.1.1.1", 0, NULL, "sip:10.1.1.1", 4},
	    {"sip:2001@10.1.1.1:5070", 0, NULL, "sip:10.1.1.1:5070", 4},
	    {"sip:[2001:db8::1]:5070", 0, NULL, "sip:[2001:db8::1]:5070", 6},
	    {"sip:itsp.example.net", 0, NULL, "sip:itsp.example.net", 0},
	    {"1:D", 0, "1:D", NULL, 0},
	    {"span 3", 0, "3:D", NULL, 0},
	    {"2/17", 0, "2:D", NULL, 0},
	    {"7/3", 0, "7/3", NULL, 0}, /* a port of this plan */
	    {"", -1, NULL, NULL, 0},
	    {"sip:", -1, NULL, NULL, 0},
	    {"span", -1, NULL, NULL, 0},
	    {"span x", -1, NULL, NULL, 0},
	    {"10.1.1.1", -1, NULL, NULL, 0},
	};
	struct plan *plan = plan_rig_plan("1 dp=9 port=7/3", NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial trial;
		int rc;

		trial_init(&trial);
		rc = trial_set_source(&trial, plan, rows[i].source);
		assert_int_equal(rc < 0, rows[i].rc < 0);
		if (rc < 0)
			continue;
		assert_int_equal(trial_set_numbers(&trial, "1", "2", "3"), 0);
		if (rows[i].port)
			assert_string_equal(trial.request.port, rows[i].port);
		else
			assert_string_equal(trial.request.uris[PEER_URI_VIA], rows[i].via);
		assert_int_equal(trial.request.source_family, rows[i].family);
	}
	plan_unref(plan);
}

static void knows_voice_ports_that_no_peer_speaks_of(void **state)
{
	const struct plan_port port = {.port = "2/17", .profile_incoming = "p"};
	const struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct trial trial;

	assert_int_equal(plan_add_port(plan, &port), 0);
	assert_int_equal(plan_seal(plan), 0);
	trial_init(&trial);
	assert_int_equal(trial_set_source(&trial, plan, "2/17"), 0);
	assert_string_equal(trial.request.port, "2/17");
	assert_int_equal(trial_set_source(&trial, plan, "2/18"), 0);
	assert_string_equal(trial.request.port, "2:D");
	plan_unref(plan);
}

/* ---- expectations */

static void checks_what_is_expected(void **state)
{
	const struct {
		const char *text, *why; /* NULL: it holds */
	} rows[] = {
	    {"from 2001 to 914085551234 via peer 100", NULL},
	    {"from 2001 to 914085551234 via peer 100 send 4085551234", NULL},
	    {"from 2001 on sip:10.6.2.10 to 914085551234 hunts 100 101", NULL},
	    {"from - on 1:D to 2001 via peer 1", NULL},
	    {"from - on span 1 to 2001 via peer 1 send 2001", NULL},
	    {"from 2001 to 911 via peer 102 send -", NULL},
	    {"from 2001 to 3001 refused cause 1", NULL},
	    {"from 2001 to 914085551234 via peer 101",
	     "call from 2001 to 914085551234: expected via peer 101, it would be hunts 100 101, "
	     "first via peer 100 send 4085551234"},
	    {"from 2001 to 914085551234 via peer 100 send 14085551234",
	     "call from 2001 to 914085551234: expected via peer 100 send 14085551234, it would be "
	     "hunts 100 101, first via peer 100 send 4085551234"},
	    {"from 2001 to 914085551234 hunts 100",
	     "call from 2001 to 914085551234: expected hunts 100, it would be hunts 100 101"},
	    {"from 2001 on sip:10.6.2.10 to 3001 hunts 100",
	     "call from 2001 on sip:10.6.2.10 to 3001: expected hunts 100, it would be refused "
	     "cause 1 (unallocated number)"},
	    {"from - to 911 refused cause 21",
	     "call from - to 911: expected refused cause 21, it would be hunts 102 101, first via "
	     "peer 102 send -"},
	};
	struct plan *plan = plan_rig_plan(PLAN_RIG_OFFICE, NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expect expect;
		char why[400] = "";
		int rc;

		if (expect_parse(&expect, rows[i].text, why, sizeof(why)) < 0)
			fail_msg("%s: %s", rows[i].text, why);
		rc = expect_verify(&expect, plan, why, sizeof(why));
		if (rc != (rows[i].why ? -22 : 0) || strcmp(why, rows[i].why ? rows[i].why : ""))
			fail_msg("%s: %d %s", rows[i].text, rc, why);
	}
	plan_unref(plan);
}

static void says_what_is_no_expectation(void **state)
{
	const struct {
		const char *text, *why;
	} rows[] = {
	    {"", "the line ends: expected from NUMBER"},
	    {"to 1", "'to': expected from NUMBER"},
	    {"from", "the line ends: expected a number, or - for none"},
	    {"from x to 2", "'x': expected a number, or - for none"},
	    {"from 1", "the line ends: expected on SOURCE or to NUMBER"},
	    {"from 1 on to 2", "'to': expected sip:HOST, a port as in 1:D or 2/17, or span N"},
	    {"from 1 on span x to 2",
	     "'x': expected sip:HOST, a port as in 1:D or 2/17, or span N"},
	    {"from 1 on 1:D 2", "'2': expected to NUMBER"},
	    {"from 1 to - via peer 1", "'-': expected a number"},
	    {"from 1 to 2",
	     "the line ends: expected via peer TAG, hunts TAG ... or refused cause N"},
	    {"from 1 to 2 via 3", "'3': expected peer TAG"},
	    {"from 1 to 2 via peer 0", "'0': expected the tag of a dial peer"},
	    {"from 1 to 2 via peer 1 send", "the line ends: expected a number"},
	    {"from 1 to 2 via peer 1 send 3 4", "'4': expected the end of the line"},
	    {"from 1 to 2 hunts", "the line ends: expected the tag of a dial peer"},
	    {"from 1 to 2 hunts 1 x", "'x': expected the tag of a dial peer"},
	    {"from 1 to 2 refused 1", "'1': expected cause N"},
	    {"from 1 to 2 refused cause 128", "'128': expected a cause, 1 to 127"},
	    {"from 123456789012345678901234567890123 to 2 refused cause 1",
	     "'123456789012345678901234567890123': expected a number, or - for none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expect expect;
		char why[256] = "";

		if (expect_parse(&expect, rows[i].text, why, sizeof(why)) != -22 ||
		    strcmp(why, rows[i].why) != 0)
			fail_msg("%s: \"%s\"", rows[i].text, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_sources),
	    cmocka_unit_test(knows_voice_ports_that_no_peer_speaks_of),
	    cmocka_unit_test(checks_what_is_expected),
	    cmocka_unit_test(says_what_is_no_expectation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
