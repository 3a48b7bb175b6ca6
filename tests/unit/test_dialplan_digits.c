// SPDX-License-Identifier: GPL-2.0-or-later
/* Digit by digit with the whole plan: emergency numbers, num-exp, `voice number-plan`, peer groups.
 * test_collect has the rules of collection themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dialplan/collect.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define EMERGENCY .options.emergency = {"112", "911"}
#define UK                                                                                         \
	.options.number_plan = {                                                                   \
	    .country_code = "44", .international_prefix = "00", .national_prefix = "0"}

struct digits_case {
	const char *plan, *call;
	const char *dialled; /* "." the timer ends */
	const char *result;  /* "1 after 3", "cause 28 after 4"; "more": it waits */
	const char *states;
	struct plan_options options;
};

static const struct digits_case cases[] = {
    /* emergency numbers go at once, whatever longer ones there are */
    {"1 dp=9T", "pots", "911", "1 after 3", EMERGENCY},
    {"1 dp=9T", "pots", "912", "more", EMERGENCY},
    {"1 dp=112;2 dp=1125551", "pots", "112", "1 after 3",
     .options = {.overlap_safe = true, .emergency = {"112"}}},
    {"1 dp=112;2 dp=1125551", "pots", "112", "more", .options = {.overlap_safe = true}},
    {"2 dp=1125551", "pots", "112", "more", EMERGENCY},
    {"2 dp=1125551", "pots", "1125551", "2 after 7", EMERGENCY},
    /* what keeps others out of the peer does not end the number before it is complete */
    {"cor a a;cor b b;1 dp=911 cor-out=b;9 ic=T port=2:D cor-in=a", "pots port=2:D inbound", "911",
     "1 after 3", EMERGENCY},
    {"cor a a;cor b b;1 dp=911 cor-out=b;9 ic=T port=2:D cor-in=a", "pots port=2:D inbound", "912",
     "cause 1 after 3", EMERGENCY},
    {"cor a a;cor b b;1 dp=911 cor-out=b;9 ic=T port=2:D cor-in=a", "pots port=2:D inbound", "911",
     "cause 1 after 0"},
    {"1 dp=9T max=1", "pots", "911", "1 after 3", "1:calls=1", EMERGENCY},
    {"1 dp=9T max=1", "pots", "912", "cause 34 after 3", "1:calls=1", EMERGENCY},
    {"1 dp=9911;numexp 911 9911", "pots", "911", "1 after 3", EMERGENCY},
    /* num-exp waits for the rest of its left side */
    {"numexp 5... 14085555...;1 dp=14085555...", "pots", "5123", "1 after 4"},
    {"numexp 5... 14085555...;1 dp=14085555...", "pots", "512.", "cause 28 after 4"},
    {"numexp 5... 14085555...;1 dp=140855551..", "pots", "52", "cause 1 after 2"},
    {"numexp 5... 14085555...;1 dp=14085555...", "pots", "6", "cause 1 after 1"},
    {"numexp 5... 14085555...;1 dp=1408T", "pots", "5123", "more"},
    {"numexp 5... 14085555...;1 dp=1408T", "pots", "5123.", "1 after 5"},
    {"numexp 5... 14085555...;1 dp=14085555...;2 dp=51", "pots", "51", "2 after 2"},
    {"numexp 5... 14085555...;1 dp=14085555... shutdown", "pots", "5", "cause 1 after 0"},
    /* a prefix of `voice number-plan` is known for one only later */
    {"1 dp=+44T", "pots", "02079460000.", "1 after 12", UK},
    {"1 dp=+44..........", "pots", "02079460000", "1 after 11", UK},
    {"1 dp=+44T ton=international", "pots", "02079460000.", "1 after 12", UK},
    {"1 dp=+44T ton=national", "pots", "0", "cause 1 after 0", UK},
    {"numexp 5... +4455...;1 dp=+44T ton=international", "pots", "5123.", "1 after 5"},
    {"1 dp=+44..........", "pots", "00442079460000", "1 after 14", UK},
    {"1 dp=+1T", "pots", "02", "cause 1 after 2", UK},
    {"1 dp=+1T", "pots", "001", "more", UK},
    {"1 dp=+1T", "pots", "0044", "cause 1 after 3", UK},
    {"1 dp=+1T", "pots", "5", "cause 1 after 1", UK},
    {"1 dp=+0T", "pots", "000", "cause 1 after 3", UK},
    {"1 dp=+44T", "pots", "0.", "cause 28 after 2", UK},
    {"1 dp=+44T;2 dp=0", "pots", "0", "2 after 1", UK},
    {"1 dp=+44T;2 dp=02T", "pots", "02079#", "2 after 6", UK},
    {"1 dp=+44T", "pots ton=national", "2079460000.", "1 after 11", UK},
    {"1 dp=+44T", "pots", "0", "cause 1 after 1",
     .options.number_plan = {.country_code = "44", .national_prefix = "0", .signalled_only = true}},
    /* a peer group takes any number, and does not know how long it is */
    {"dpg 7 20;20 voip dp=9;30 dp=5;1 ic=T dpg=7 port=2:D", "pots port=2:D inbound", "5", "more"},
    {"dpg 7 20;20 voip dp=9;30 dp=5;1 ic=T dpg=7 port=2:D", "pots port=2:D inbound", "51#",
     "20 after 3"},
    {"map 1 408T;1 cmap=1;2 dp=2...", "pots calling=4085", "2001", "2 after 4"},
    {"map 1 408T;1 cmap=1;2 dp=2...", "pots calling=4085", "3001.", "1 after 5"},
    {"1 dp=2... carrier-out=x", "pots", "2", "cause 1 after 0"},
    {"map 1 200. 911;1 dmap=1", "pots", "2001", "1 after 4"},
    {"map 1 200. 911;1 dmap=1", "pots", "201", "cause 1 after 3"},
    /* a number ends with its 32nd digit, also where rules make it shorter than any that fits */
    {"rules 1 /^5.*/ /5/;profile p called=1;9 ic=T port=2:D in=p;1 dp=5....",
     "pots port=2:D inbound",
     "5555555555"
     "5555555555"
     "5555555555"
     "55555",
     "cause 28 after 32"},
    {"1 dp=+...............................", "pots",
     "0012345678"
     "9012345678"
     "9012345678"
     "90123",
     "cause 28 after 32", UK},
};

static void dial(const struct plan *plan, struct plan_call *call, const char *dialled, char *text)
{
	enum collect_result result;
	struct plan_inbound inbound = {0};
	struct plan_route route;
	struct collect collect;
	unsigned at = 0;

	if (call->inbound)
		assert_int_equal(plan_match_inbound(plan, &call->request, &inbound), 0);
	result = collect_start(&collect, plan, &call->request, inbound.peer);
	for (; dialled[at] && result == COLLECT_MORE; at++) {
		const char digit[2] = {dialled[at]};

		result = digit[0] == '.' ? collect_timeout(&collect)
					 : collect_digits(&collect, digit, NULL);
	}
	if (result == COLLECT_MORE) {
		strcpy(text, "more");
	} else if (result == COLLECT_ROUTE) {
		plan_route(plan, &collect.request, inbound.peer, &route);
		sprintf(text, "%u after %u", route.count ? route.candidates[0].peer->tag : 0, at);
	} else {
		sprintf(text, "cause %u after %u", collect.cause, at);
	}
}

static void collects_digits(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct digits_case *c = &cases[i];
		struct plan *plan = plan_rig_plan(c->plan, &c->options);
		struct plan_call call;
		char text[64];

		plan_rig_call(&call, c->call, c->states);
		dial(plan, &call, c->dialled, text);
		if (strcmp(text, c->result) != 0) {
			print_error("[%s] %s %s: \"%s\", not \"%s\"\n", c->plan, c->call,
				    c->dialled, text, c->result);
			wrong++;
		}
		plan_unref(plan);
	}
	assert_int_equal(wrong, 0);
}

int test_dialplan_digits(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(collects_digits),
	};

	return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
