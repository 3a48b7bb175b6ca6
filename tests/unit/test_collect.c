// SPDX-License-Identifier: GPL-2.0-or-later
/* Digit collection: worked examples with each digit in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/collect.h"
#include "gateway/log/text.h"
#include "tests/unit/plan_rig.h"

/* ---- plans of plan_rig; "overlap-safe", "terminator=X" and "hunt=N" among the peers are options */

static bool option_word(struct plan_options *o, const char *word)
{
	if (!strcmp(word, "overlap-safe"))
		o->overlap_safe = true;
	else if (sscanf(word, "terminator=%c", &o->terminator) != 1 &&
		 sscanf(word, "hunt=%u", &o->hunt) != 1)
		return false;
	return true;
}

static struct plan *plan_from(const char *text)
{
	struct plan_options options = {.tie_deterministic = true};
	char copy[512], peers[512] = "", *end;

	COPY(copy, text);
	for (char *part = strtok_r(copy, ";", &end); part; part = strtok_r(NULL, ";", &end))
		if (!option_word(&options, part + strspn(part, " ")))
			text_append(peers, sizeof(peers), "%s;", part);
	return plan_rig_plan(peers, &options);
}

/* Peers with max=1 have a call; those of tag 70 to 79 are busied out, of 80 to 89 down. */
static struct plan_peer_status status_of(void *arg, const struct peer *peer)
{
	struct plan_peer_status status = {.calls = 1};

	if (peer->tag / 10 == 7)
		status.state = PLAN_PEER_BUSIED_OUT;
	if (peer->tag / 10 == 8)
		status.state = PLAN_PEER_PORT_DOWN;
	return status;
}

static const struct plan_request usual_request = {.inbound_kind = PEER_POTS, .status = status_of};

/* ---- worked examples */

static const char *result_name(const struct collect *c, enum collect_result result)
{
	static const char *const timers[] = {"initial", "interdigit", "match"};

	switch (result) {
	case COLLECT_MORE:
		return timers[c->timer];
	case COLLECT_ROUTE:
		return "route";
	case COLLECT_INCOMPLETE:
		return "incomplete";
	case COLLECT_NO_MATCH:
		return "none";
	}
	return "?";
}

/* "route 4 81690" with the peers in hunt order, "incomplete 28", "none 1" */
static void outcome_text(const struct collect *c, enum collect_result result, char *text,
			 size_t size)
{
	struct plan_route route;
	size_t at;

	if (result == COLLECT_MORE || result == COLLECT_INCOMPLETE || result == COLLECT_NO_MATCH) {
		snprintf(text, size, "%s %u", result_name(c, result),
			 result == COLLECT_MORE ? 0 : c->cause);
		return;
	}
	plan_route(c->plan, &c->request, NULL, &route);
	at = (size_t)snprintf(text, size, "route");
	for (unsigned i = 0; i < route.count; i++)
		at += (size_t)snprintf(text + at, size - at, " %u", route.candidates[i].peer->tag);
	snprintf(text + at, size - at, " with %s", c->request.called.digits);
}

struct collect_case {
	const char *example; /* number of the worked example, or NULL */
	const char *plan;
	const char *dialled; /* "." silence until the timer ends, "!" sending complete */
	unsigned decided_at; /* events until the decision */
	const char *outcome;
	const char *timers; /* first letters of those that ran, from the start */
};

static const struct collect_case cases[] = {
    {"49", "1 dp=555....", "5550124", 7, "route 1 with 5550124", "iiiiiii"},
    {"50", "1 dp=555", "5550124", 3, "route 1 with 555", "iii"},
    {"51", "1 dp=555T", "5550124.", 8, "route 1 with 5550124", "iiimmmmm"},
    {"52", "1 dp=555T", "5550124#", 8, "route 1 with 5550124", "iiimmmmm"},
    {"53", "1 dp=5......", "5550124", 7, "route 1 with 5550124", "iiiiiii"},
    {"54", "3 dp=816; 4 dp=81690", "81690", 3, "route 3 with 816", "iii"},
    {"55", "3 dp=816..; 4 dp=81690", "81690", 5, "route 4 3 with 81690", "iiiii"},
    {"56", "1 dp=5", "5000", 1, "route 1 with 5", "i"},
    {"57", "1 dp=9T; 2 dp=911", "911", 3, "route 2 1 with 911", "imm"},
    {"58", "1 dp=9T; 2 dp=911", "91202.", 6, "route 1 with 91202", "immmmm"},
    {"59", "1 dp=2...", "222.", 4, "incomplete 28", "iiii"},
    {"60", "1 dp=2...", "7", 1, "none 1", "i"},
    /* the terminator: rules 5.3 and 5.5 */
    {NULL, "1 dp=9T", "9#", 2, "route 1 with 9", "im"},
    {NULL, "1 dp=T", "#", 1, "route 1 with ", "i"},
    {NULL, "1 dp=T", ".", 1, "route 1 with ", "i"},
    {NULL, "1 dp=*#21", "*#21", 4, "route 1 with *#21", "iiii"},
    {NULL, "1 dp=*21#T", "*21#5#", 6, "route 1 with *21#5", "iiiimm"},
    {NULL, "1 dp=2...", "22#", 3, "none 1", "iii"},
    {NULL, "1 dp=2...", "#", 1, "none 1", "i"},
    {NULL, "1 dp=9T; terminator=*", "95#.", 4, "route 1 with 95#", "immm"},
    {NULL, "1 dp=9T; terminator=*", "95*", 3, "route 1 with 95", "imm"},
    /* sending complete */
    {NULL, "1 dp=9T", "95!", 3, "route 1 with 95", "imm"},
    {NULL, "1 dp=2...", "22!", 3, "incomplete 28", "iii"},
    {NULL, "1 dp=2...", "!", 1, "incomplete 28", "i"},
    {NULL, "1 dp=2...", ".", 1, "incomplete 28", "i"},
    /* an empty number is no digit: nothing is routed before the first one */
    {NULL, "1 dp=5?; 2 dp=52", "52", 1, "route 1 with 5", "i"},
    /* peers that may not be used */
    {NULL, "1 dp=2... shutdown", "2", 0, "none 1", ""},
    {NULL, "1 dp=2... notarget; 2 dp=3", "2", 1, "none 1", "i"},
    {NULL, "1 dp=816 shutdown; 2 dp=81690", "81690", 5, "route 2 with 81690", "iiiii"},
    {NULL, "80 dp=2...", "2", 0, "none 34", ""},
    {NULL, "70 dp=2...; 1 dp=3", "2", 1, "none 41", "i"},
    {NULL, "1 dp=2... max=1; 2 dp=3", "2", 1, "none 34", "i"},
    {NULL, "70 dp=2...; 1 dp=2...1", "2001.", 5, "incomplete 41", "iiiii"},
    {NULL, "1 dp=20 shutdown; 2 dp=2...", "20.", 3, "incomplete 28", "iii"},
    {NULL, "70 dp=2...; 1 dp=2...1", "20011", 5, "route 1 with 20011", "iiiii"},
    {NULL, "1 dp=9T max=1; 2 dp=9...", "9123", 4, "route 2 with 9123", "iiii"},
    /* the order of peers decides who is best */
    {NULL, "1 dp=9T; 2 dp=9..", "912", 3, "route 2 1 with 912", "imm"},
    {NULL, "1 dp=9T pref=0; 2 dp=9.. pref=1", "912.", 4, "route 1 2 with 912", "immm"},
    {NULL, "1 dp=9T; 2 dp=91. pref=9", "912", 3, "route 2 1 with 912", "imm"},
    {NULL, "1 dp=9T pref=0; 2 dp=91. pref=9; hunt=2", "912.", 4, "route 1 2 with 912", "immm"},
    {NULL, "1 dp=2... huntstop; 2 dp=2... pref=1", "2001", 4, "route 1 with 2001", "iiii"},
    /* collected digits are taken whole: 5 does not take 51 */
    {NULL, "1 dp=5T pref=0; 2 dp=5 pref=5; hunt=2", "51.", 3, "route 1 with 51", "imm"},
    /* rule 5.6 */
    {NULL, "3 dp=816; 4 dp=81690; overlap-safe", "81690", 5, "route 4 with 81690", "iiimi"},
    {NULL, "3 dp=816; 4 dp=81690; overlap-safe", "816.", 4, "route 3 with 816", "iiim"},
    {NULL, "3 dp=816; 4 dp=81690; overlap-safe", "8169.", 5, "incomplete 28", "iiimi"},
    {NULL, "3 dp=816; 4 dp=81690; overlap-safe", "816#", 4, "route 3 with 816", "iiim"},
    {NULL, "3 dp=816; 4 dp=816#9; overlap-safe", "816#9", 5, "route 4 with 816#9", "iiimi"},
    {NULL, "3 dp=816 emergency; 4 dp=81690; overlap-safe", "81690", 3, "route 3 with 816", "iii"},
    {NULL, "3 dp=816; 4 dp=81690 shutdown; overlap-safe", "81690", 3, "route 3 with 816", "iii"},
    {NULL, "1 dp=9T; 2 dp=911; overlap-safe", "911", 3, "route 2 1 with 911", "imm"},
    {NULL, "1 dp=5; 2 dp=5...; overlap-safe", "5", 1, "route 1 with 5", "i"},
};

static void collects_as_the_examples_say(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct collect_case *row = &cases[i];
		struct plan *plan = plan_from(row->plan);
		struct collect c;
		enum collect_result result = collect_start(&c, plan, &usual_request, NULL);
		char timers[64] = "", outcome[128];
		unsigned at = 0;

		for (; result == COLLECT_MORE && row->dialled[at]; at++) {
			char event[2] = {row->dialled[at]};

			timers[at] = c.timer == COLLECT_TIMER_MATCH ? 'm' : 'i';
			if (event[0] == '.')
				result = collect_timeout(&c);
			else if (event[0] == '!')
				result = collect_complete(&c);
			else
				result = collect_digits(&c, event, NULL);
		}
		outcome_text(&c, result, outcome, sizeof(outcome));
		if (strcmp(outcome, row->outcome) || at != row->decided_at ||
		    strcmp(timers, row->timers))
			fail_msg(
			    "%s%s: %s, dialled %s: %s after %u events, timers %s; expected %s, %u, "
			    "%s",
			    row->example ? "example " : "",
			    row->example ? row->example : "no example", row->plan, row->dialled,
			    outcome, at, timers, row->outcome, row->decided_at, row->timers);
		plan_unref(plan);
	}
}

static void runs_the_initial_timer_before_the_first_digit(void **state)
{
	struct plan *plan = plan_from("1 dp=T; 2 dp=555");
	struct collect c;

	assert_int_equal(collect_start(&c, plan, &usual_request, NULL), COLLECT_MORE);
	assert_int_equal(c.timer, COLLECT_TIMER_INITIAL);
	assert_int_equal(collect_digits(&c, "4", NULL), COLLECT_MORE);
	assert_int_equal(c.timer, COLLECT_TIMER_MATCH);
	plan_unref(plan);
	plan = plan_from("2 dp=555");
	assert_int_equal(collect_start(&c, plan, &usual_request, NULL), COLLECT_MORE);
	assert_int_equal(collect_digits(&c, "5", NULL), COLLECT_MORE);
	assert_int_equal(c.timer, COLLECT_TIMER_INTERDIGIT);
	plan_unref(plan);
}

static void gives_back_the_digits_behind_the_decision(void **state)
{
	struct plan *plan = plan_from("3 dp=816; 4 dp=9T");
	struct collect c;
	const char *rest;

	collect_start(&c, plan, &usual_request, NULL);
	assert_int_equal(collect_digits(&c, "81690", &rest), COLLECT_ROUTE);
	assert_int_equal(c.end, COLLECT_OPEN);
	assert_string_equal(rest, "90");
	collect_start(&c, plan, &usual_request, NULL);
	assert_int_equal(collect_digits(&c, "912#34", &rest), COLLECT_ROUTE);
	assert_int_equal(c.end, COLLECT_TERMINATED);
	assert_string_equal(c.request.called.digits, "912");
	assert_string_equal(rest, "34");
	collect_start(&c, plan, &usual_request, NULL);
	assert_int_equal(collect_digits(&c, "9+x-1 ", &rest), COLLECT_MORE);
	assert_string_equal(c.request.called.digits, "91");
	assert_string_equal(rest, "");
	plan_unref(plan);
}

static void ends_at_the_longest_number(void **state)
{
	static const struct {
		const char *plan, *outcome;
	} row[] = {
	    {"1 dp=9T", "route 1 with 99999999999999999999999999999999"},
	    {"1 dp=9%8", "none 1"},
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		struct plan *plan = plan_from(row[i].plan);
		enum collect_result result;
		char outcome[128];
		struct collect c;
		const char *rest;

		collect_start(&c, plan, &usual_request, NULL);
		result = collect_digits(&c, "999999999999999999999999999999999999", &rest);
		outcome_text(&c, result, outcome, sizeof(outcome));
		assert_string_equal(outcome, row[i].outcome);
		assert_int_equal(strlen(rest), 4);
		plan_unref(plan);
	}
}

static void sees_an_international_number_with_and_without_plus(void **state)
{
	static const struct {
		const char *plan, *digits;
		enum collect_result result;
	} row[] = {
	    {"1 dp=+44....", "441234", COLLECT_ROUTE},	   {"1 dp=44....", "441234", COLLECT_ROUTE},
	    {"1 dp=+44....", "44123", COLLECT_MORE},	   {"1 dp=+44....", "45", COLLECT_NO_MATCH},
	    {"1 dp=+44T; 2 dp=44.", "441", COLLECT_ROUTE},
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		struct plan *plan = plan_from(row[i].plan);
		struct plan_request request = usual_request;
		struct collect c;

		request.called.ton = TON_INTERNATIONAL;
		collect_start(&c, plan, &request, NULL);
		assert_int_equal(collect_digits(&c, row[i].digits, NULL), row[i].result);
		plan_unref(plan);
	}
}

static void tells_which_peers_are_meant(void **state)
{
	struct plan *plan = plan_from("1 dp=9T; 2 dp=911; 3 dp=91123; 4 dp=8 shutdown");
	struct collect c;
	char text[80], small[20];

	collect_start(&c, plan, &usual_request, NULL);
	collect_digits(&c, "91", NULL);
	collect_describe(&c, text, sizeof(text));
	assert_non_null(strstr(text, "complete: 1; longer: "));
	collect_start(&c, plan, &usual_request, NULL);
	collect_describe(&c, text, sizeof(text));
	assert_non_null(strstr(text, "complete: none; longer: "));
	assert_non_null(strstr(text, "(1 more)"));
	collect_describe(&c, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
	plan_unref(plan);
}

/* En bloc: the first part of a number is another thing than a number that nobody serves. */
static void tells_an_incomplete_number_from_an_unknown_one(void **state)
{
	static const struct {
		const char *plan, *digits;
		unsigned cause, peer, missing;
	} row[] = {
	    {"1 dp=2...", "201", 28, 1, 1},
	    {"1 dp=2...", "2", 28, 1, 3},
	    {"1 dp=2...", "", 28, 1, 4},
	    {"1 dp=2...", "301", 1, 0, 0},
	    {"1 dp=9(11)?22", "9", 28, 1, 2},
	    {"1 dp=9(11)?22", "91", 28, 1, 3},
	    {"1 dp=2... shutdown", "201", 1, 0, 0},
	    {"80 dp=2...", "201", 1, 0, 0},
	    {"1 dp=2...; 70 dp=20", "201", 41, 0, 0},
	    {"1 dp=2...; 2 dp=20 shutdown", "201", 28, 1, 1},
	    {"1 dp=2.T", "2", 28, 1, 1},
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		struct plan *plan = plan_from(row[i].plan);
		struct plan_request request = usual_request;
		struct plan_route route;

		request.inbound_kind = PEER_VOIP;
		strcpy(request.called.digits, row[i].digits);
		plan_route(plan, &request, NULL, &route);
		assert_int_equal(route.count, 0);
		if (route.cause != row[i].cause || route.missing != row[i].missing)
			fail_msg("%s, %s: cause %u, %u more", row[i].plan, row[i].digits,
				 route.cause, route.missing);
		assert_int_equal(route.longer ? route.longer->tag : 0, row[i].peer);
		plan_unref(plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(collects_as_the_examples_say),
	    cmocka_unit_test(runs_the_initial_timer_before_the_first_digit),
	    cmocka_unit_test(gives_back_the_digits_behind_the_decision),
	    cmocka_unit_test(ends_at_the_longest_number),
	    cmocka_unit_test(sees_an_international_number_with_and_without_plus),
	    cmocka_unit_test(tells_which_peers_are_meant),
	    cmocka_unit_test(tells_an_incomplete_number_from_an_unknown_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
