// SPDX-License-Identifier: GPL-2.0-or-later
/* Each kind of finding with a plan that has it and with one that has it not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dialplan/lint.h"
#include "dialplan/pattern_pair.h"
#include "tests/unit/plan_rig.h"

static const char *const kinds[] = {
    [LINT_MISSING] = "missing",
    [LINT_RESTRICTED] = "restricted",
    [LINT_HIDDEN] = "hidden",
    [LINT_NOT_INBOUND] = "inbound",
    [LINT_TIE] = "tie",
    [LINT_SHORT] = "short",
    [LINT_TIMER] = "timer",
    [LINT_TWO_STAGE] = "two-stage",
    [LINT_LOOP] = "loop",
    [LINT_HAIRPIN] = "hairpin",
    [LINT_EMERGENCY] = "emergency",
    [LINT_SIP_TO_SIP] = "sip-to-sip",
    [LINT_RULE_SHADOWED] = "shadowed",
    [LINT_RULE_NEVER] = "never",
};

struct findings {
	char text[1024];
	unsigned count;
};

static void keep(void *arg, const struct lint_warning *warning)
{
	struct findings *findings = arg;
	size_t at = strlen(findings->text);
	char tag[16];

	snprintf(tag, sizeof(tag), "%u", warning->tag);
	if (warning->tag)
		assert_non_null(strstr(warning->text, tag));
	snprintf(tag, sizeof(tag), "%u", warning->other);
	if (warning->other)
		assert_non_null(strstr(warning->text, tag));
	if (findings->count++ < 20)
		snprintf(findings->text + at, sizeof(findings->text) - at, "%s%s %u %u",
			 at ? "; " : "", kinds[warning->kind], warning->tag, warning->other);
}

struct plan_row {
	const char *name, *plan;
	bool overlap;
	struct plan_options options;
	const char *findings; /* kind, peer, other peer */
};

static const struct plan_row plans[] = {
    {"nothing to say of a usual plan",
     "1 voip ic=. dp=2... target=ipv4:10.1.1.1; 100 dp=91[2-9]..[2-9]......; 101 dp=911; 102 "
     "dp=9011T; 103 dp=9T pref=1",
     true,
     {0},
     ""},
    {"refers to what is not there", "7 dp=2... out=x", false, {0}, "missing 7 0"},
    {"hidden by huntstop",
     "1 dp=2... huntstop; 2 dp=2... port=2:D pref=1",
     false,
     {0},
     "hidden 2 1"},
    {"hidden by a shorter one that is preferred",
     "1 dp=2T huntstop; 2 dp=2[0-4].. port=2:D pref=1",
     false,
     {0},
     "hidden 2 1"},
    {"huntstop behind max-conn hides nothing",
     "1 dp=2... huntstop max=2; 2 dp=2... port=2:D pref=1",
     false,
     {0},
     ""},
    {"huntstop of a part hides nothing",
     "1 dp=2[0-4].. huntstop; 2 dp=2... port=2:D pref=1",
     false,
     {0},
     ""},
    {"huntstop of a longer match hides no shorter one",
     "1 dp=20.. huntstop; 2 dp=2... port=2:D",
     false,
     {0},
     ""},
    {"the same pattern twice is a tie", "1 dp=2...; 2 dp=2... port=2:D", false, {0}, "tie 2 1"},
    {"no tie with the peer of a carrier",
     "1 dp=2... carrier-out=x; 2 dp=2... port=2:D",
     false,
     {0},
     ""},
    {"a tie that brackets decide here",
     "1 voip dp=555.... target=ipv4:10.1.1.1; 2 voip dp=555[1-4]... target=ipv4:10.1.1.2",
     false,
     {0},
     "tie 2 1"},
    {"preference decides", "1 dp=2...; 2 dp=2... port=2:D pref=1", false, {0}, ""},
    {"no common number, no tie", "1 dp=2[0-4]..; 2 dp=2[5-9].. port=2:D", false, {0}, ""},
    {"no common number behind groups", "1 dp=2(34)?5; 2 dp=2(34)?6 port=2:D", false, {0}, ""},
    {"a common number behind groups",
     "1 dp=2(34)?5.$; 2 dp=2.4[4-6]+$ port=2:D",
     false,
     {0},
     "tie 2 1"},
    {"ties are wanted", "1 dp=2...; 2 dp=2... port=2:D", false, {.tie_deterministic = true}, ""},
    {"least recently used is no chance", "1 dp=2...; 2 dp=2... port=2:D", false, {.hunt = 1}, ""},
    {"random is wanted", "1 dp=2...; 2 dp=2... port=2:D", false, {.hunt = 6}, ""},
    {"shut down peers tie with nobody", "1 dp=2...; 2 dp=2... port=2:D shutdown", false, {0}, ""},
    {"short hides longer", "3 dp=816; 4 dp=81690", true, {0}, "short 3 4"},
    {"short with dots hides a longer literal", "3 dp=8..; 4 dp=81690", true, {0}, "short 3 4"},
    {"as long is not hidden", "3 dp=816..; 4 dp=81690", true, {0}, ""},
    {"without overlap nothing is hidden", "3 dp=816; 4 dp=81690", false, {0}, ""},
    {"two-stage dialling is digit by digit",
     "3 dp=816; 4 dp=81690; 5 ic=55. nodid",
     false,
     {0},
     "two-stage 5 0; short 3 4"},
    {"overlap-safe waits for the longer literal",
     "3 dp=816; 4 dp=81690",
     true,
     {.overlap_safe = true},
     ""},
    {"overlap-safe does not wait for dots",
     "3 dp=816; 4 dp=816.. pref=1",
     true,
     {.overlap_safe = true},
     "short 3 4"},
    {"an emergency number that fits nothing",
     "1 dp=911",
     false,
     {.emergency = {"112"}},
     "emergency 0 0"},
    {"an emergency number that digit-strip shortens",
     "1 voip ic=. target=ipv4:10.1.1.1; 2 dp=9T",
     false,
     {.emergency = {"999"}},
     "emergency 2 0"},
    {"an emergency number behind an access code",
     "1 voip ic=. target=ipv4:10.1.1.1; 2 dp=9T; 3 dp=0T prefix=0",
     false,
     {.emergency = {"9911", "911", "011"}},
     "emergency 2 0"},
    {"an emergency number that SIP takes whole",
     "1 voip ic=. dp=112 target=ipv4:10.1.1.1",
     false,
     {.emergency = {"112"}},
     ""},
    {"emergency may be short", "3 dp=911 emergency; 4 dp=91190", true, {0}, ""},
    {"T is not hidden by what is fixed", "3 dp=911; 4 dp=9T", true, {0}, ""},
    {"T goes before a fixed pattern", "1 dp=9T; 2 dp=9....... pref=1", true, {0}, "timer 1 2"},
    {"T behind a fixed pattern", "1 dp=9T pref=1; 2 dp=9.......", true, {0}, ""},
    {"T beside other digits", "1 dp=8T; 2 dp=9....... pref=1", true, {0}, ""},
    {"without overlap T waits for nothing", "1 dp=9T; 2 dp=9....... pref=1", false, {0}, ""},
    {"the second for all numbers never decides",
     "1 voip ic=. target=ipv4:10.1.1.1 dp=1...; 2 voip ic=. target=ipv4:10.1.1.2 dp=2...",
     false,
     {0},
     "inbound 2 1"},
    {"pots and voip are apart", "1 voip ic=. target=ipv4:10.1.1.1 dp=1...; 2 ic=.", false, {0}, ""},
    {"longer decides first",
     "1 voip ic=2... target=ipv4:10.1.1.1 dp=1...; 2 voip ic=20.. target=ipv4:10.1.1.2 dp=3...",
     false,
     {0},
     ""},
    {"answer-address behind all called numbers",
     "1 voip ic=.T target=ipv4:10.1.1.1 dp=1...; 2 voip aa=408....... target=ipv4:10.1.1.2 dp=2...",
     false,
     {0},
     "inbound 2 1"},
    {"answer-address behind some called numbers",
     "1 voip ic=2... target=ipv4:10.1.1.1 dp=1...; 2 voip aa=408....... target=ipv4:10.1.1.2 "
     "dp=2...",
     false,
     {0},
     ""},
    {"pots peer without direct-inward-dial", "1 ic=55. nodid", false, {0}, "two-stage 1 0"},
    {"dial tone for one whole number", "1 ic=5550000$ nodid", false, {0}, ""},
    {"pots peer with direct-inward-dial", "1 ic=55", false, {0}, ""},
    {"a loop of two peers",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2[0-4].. target=ipv4:10.1.1.1:5062",
     false,
     {0},
     "loop 2 1"},
    {"no loop if another peer goes first",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2T target=ipv4:10.1.1.1 pref=2; 3 dp=2...",
     false,
     {0},
     ""},
    {"no loop between two hosts",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.2",
     false,
     {0},
     ""},
    {"a way back for all numbers",
     "1 voip ic=. target=ipv4:10.1.1.1 dp=.T",
     false,
     {0},
     "loop 1 1"},
    {"a number leaves by its own trunk",
     "1 ic=9..; 2 dp=9[1-3]. port=1:15",
     false,
     {0},
     "hairpin 2 1"},
    {"a number leaves by another trunk", "1 ic=9..; 2 dp=9[1-3]. port=2:D", false, {0}, ""},
    {"SIP alone, and no way to itself",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.1",
     false,
     {.no_sip_to_sip = true},
     "sip-to-sip 2 1"},
    {"SIP alone, redirected",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.2",
     false,
     {.no_sip_to_sip = true, .redirect_server = true},
     ""},
    {"SIP beside a trunk",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.2; 3 dp=3",
     false,
     {.no_sip_to_sip = true},
     ""},
    {"telephones call by SIP",
     "1 voip ic=2... target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.2; 40001 voip pool=1 "
     "target=phone",
     false,
     {.no_sip_to_sip = true},
     ""},
    {"a group that leads to SIP alone",
     "dpg 7 2;1 voip ic=2... dpg=7 target=ipv4:10.1.1.1; 2 voip dp=2... target=ipv4:10.1.1.2; 3 "
     "dp=3",
     false,
     {.no_sip_to_sip = true},
     "sip-to-sip 1 0"},
};

/* With trunk groups. */
static void finds_ways_back_through_trunk_groups(void **state)
{
#define GROUPS "group g;group h;port 1:D group=g;port 2:D group=g;port 3:D group=h;"
	static const struct {
		const char *plan, *findings;
	} rows[] = {
	    {GROUPS "1 ic=9.. port=1:D;2 dp=9[1-3]. group=g", "hairpin 2 1"},
	    {GROUPS "1 ic=9.. group=g;2 dp=9[1-3]. group=g", "hairpin 2 1"},
	    {GROUPS "1 ic=9.. group=g;2 dp=9[1-3]. group=h", ""},
	    {GROUPS "1 ic=9.. port=3:D;2 dp=9[1-3]. group=g", ""},
	    {GROUPS "1 ic=9.. group=g;2 dp=9[1-3]. group=h group=g", ""},
	    {GROUPS "1 ic=9.. port=1:D;2 dp=9[1-3]. group=g;3 voip dp=9.. pref=1", "hairpin 2 1"},
	    {GROUPS "1 ic=9.. port=1:D;2 dp=9[1-3]. group=g pref=1;3 voip dp=9..", ""},
	    {GROUPS "1 ic=. port=1:D;2 dp=T group=g", "hairpin 2 1"},
	    {"group g;1 ic=9.. group=g;2 dp=9[1-3]. group=g", ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan *plan = plan_rig_plan(rows[i].plan, NULL);
		struct findings findings = {0};

		assert_int_equal(lint_plan(plan, &(struct lint_options){0}, keep, &findings), 0);
		if (strcmp(findings.text, rows[i].findings) != 0)
			fail_msg("[%s]: \"%s\", not \"%s\"", rows[i].plan, findings.text,
				 rows[i].findings);
		plan_unref(plan);
	}
}

static void tells_what_a_plan_has_and_no_more(void **state)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		const struct plan_row *row = &plans[i];
		struct plan *plan = plan_rig_plan(row->plan, &row->options);
		const struct lint_options options = {.overlap = row->overlap};
		struct findings findings = {0};

		assert_int_equal(lint_plan(plan, &options, keep, &findings), 0);
		if (strcmp(findings.text, row->findings) != 0)
			fail_msg("%s: expected \"%s\", found \"%s\"", row->name, row->findings,
				 findings.text);
		plan_unref(plan);
	}
}

static void tells_who_is_restricted_for_all(void **state)
{
	static const struct {
		const char *incoming[2], *outgoing; /* names of lists; NULL: none */
		bool permit_default;
		const char *findings;
	} rows[] = {
	    {{"local", "local"}, "ld", false, "restricted 9 0"},
	    {{"local", "all"}, "ld", false, ""},
	    {{"local", NULL}, "ld", false, ""},
	    {{"local", "local"}, "local", false, ""},
	    {{"local", "local"}, NULL, false, ""},
	    {{"local", "local"}, "ld", true, ""},
	};
	static const struct cor_list lists[] = {{"local", 1}, {"ld", 2}, {"all", 3}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct plan_options plan_options = {.permit_default = rows[i].permit_default};
		const struct lint_options options = {0};
		struct plan *plan = plan_new(&plan_options);
		struct findings findings = {0};
		struct peer peer;

		for (unsigned l = 0; l < 3; l++)
			assert_int_equal(plan_add_cor_list(plan, &lists[l]), 0);
		for (unsigned p = 0; p < 2; p++) {
			peer_init(&peer, p + 1, PEER_VOIP);
			snprintf(peer.incoming_called_number, sizeof(peer.incoming_called_number),
				 "%u", p);
			strcpy(peer.cor_incoming, rows[i].incoming[p] ? rows[i].incoming[p] : "");
			assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
		}
		peer_init(&peer, 9, PEER_POTS);
		strcpy(peer.destination_pattern, "9T");
		strcpy(peer.port, "1:D");
		strcpy(peer.cor_outgoing, rows[i].outgoing ? rows[i].outgoing : "");
		/* it is inbound by its port too, as any pots peer, with the first one's list */
		strcpy(peer.cor_incoming, rows[i].incoming[0]);
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
		assert_int_equal(plan_seal(plan), 0);
		assert_int_equal(lint_plan(plan, &options, keep, &findings), 0);
		assert_string_equal(findings.text, rows[i].findings);
		plan_unref(plan);
	}
}

struct rules_row {
	const char *name;
	struct translation_rule rules[3];
	const char *findings;
};

#define RULE(n, text)                                                                              \
	{                                                                                          \
		.number = n, .match = text, .type_match = TRANSLATION_ANY,                         \
		.plan_match = TRANSLATION_ANY                                                      \
	}
#define NATIONAL(n, text)                                                                          \
	{                                                                                          \
		.number = n, .match = text, .type_match = TON_NATIONAL,                            \
		.plan_match = TRANSLATION_ANY                                                      \
	}

static const struct rules_row rules[] = {
    {"rules beside each other", {RULE(1, "^91"), RULE(2, "^90")}, ""},
    {"the usual guard", {RULE(1, "^999$"), RULE(2, "^9\\(.*\\)")}, ""},
    {"everything fits before", {RULE(1, ".*"), RULE(2, "^9")}, "shadowed 2 1"},
    {"nothing fits always", {RULE(1, ""), RULE(2, "^9")}, "shadowed 2 1"},
    {"a shorter beginning before", {RULE(3, "^9"), RULE(5, "^91\\(...\\)$")}, "shadowed 5 3"},
    {"a longer beginning before", {RULE(3, "^91"), RULE(5, "^9")}, ""},
    {"a set before", {RULE(1, "^[0-5]"), RULE(2, "^3"), RULE(3, "^[4-6]")}, "shadowed 2 1"},
    {"within before", {RULE(1, "23"), RULE(2, "^.23"), RULE(3, "^2.3")}, "shadowed 2 1"},
    {"an end before no end", {RULE(1, "^9..$"), RULE(2, "^9..")}, ""},
    {"the same twice", {RULE(1, "^90*1"), RULE(2, "^90*1")}, "shadowed 2 1"},
    {"only of one type", {NATIONAL(1, ".*"), RULE(2, "^9")}, ""},
    {"of one type and the same type", {NATIONAL(1, ".*"), NATIONAL(2, "^9")}, "shadowed 2 1"},
    {"characters that no number has", {RULE(1, "555-1234"), RULE(2, "1")}, "never 1 0"},
    {"not understood, not told", {RULE(1, "^9*1"), RULE(2, "^991")}, ""},
};

static void tells_rules_that_are_never_applied(void **state)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct findings findings = {0};
		unsigned count = 0;

		while (count < 3 && rules[i].rules[count].number)
			count++;
		lint_rules(rules[i].rules, count, keep, &findings);
		if (strcmp(findings.text, rules[i].findings) != 0)
			fail_msg("%s: expected \"%s\", found \"%s\"", rules[i].name,
				 rules[i].findings, findings.text);
	}
}

/* Bounded however many there are: the work does not grow with the square. */
static void is_quick_with_many_peers(void **state)
{
	const struct plan_options none = {0};
	struct plan *plan = plan_new(&none);
	const struct lint_options options = {.overlap = true};
	struct findings findings = {0};
	struct timespec begin, end;
	struct peer peer;

	for (unsigned i = 0; i < 100000; i++) {
		peer_init(&peer, i + 1, PEER_POTS);
		snprintf(peer.destination_pattern, sizeof(peer.destination_pattern),
			 i % 3 ? "[2-9]%u%u...." : "%u%u....", i % 10, i / 10 + 1000);
		strcpy(peer.port, "1:D");
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	assert_int_equal(lint_plan(plan, &options, keep, &findings), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	print_message("100000 peers: %.2f s\n", (double)(end.tv_sec - begin.tv_sec) +
						    (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	/* a walk over all pairs would take an hour */
	assert_true(end.tv_sec - begin.tv_sec < 30);
	plan_unref(plan);
}

struct pair_row {
	const char *first, *second;
	enum pattern_pair_question question;
	const char *number; /* NULL: none */
};

static const struct pair_row pairs[] = {
    {"2...", "200.", PATTERN_PAIR_BOTH, "2000"},
    {"2...", "3...", PATTERN_PAIR_BOTH, NULL},
    {"2", "2...", PATTERN_PAIR_BOTH, "2000"},
    {"2$", "2...", PATTERN_PAIR_BOTH, NULL},
    {"(12)+3", "1T", PATTERN_PAIR_BOTH, "123"},
    {"+1408T", "1408T", PATTERN_PAIR_BOTH, NULL},
    {".T", "+1", PATTERN_PAIR_BOTH, "+1"},
    {"2[0-4]..", "2...", PATTERN_PAIR_FIRST_ONLY, NULL},
    {"2...", "2[0-4]..", PATTERN_PAIR_FIRST_ONLY, "2500"},
    {"2...", "2", PATTERN_PAIR_FIRST_ONLY, NULL},
    {"2", "2...", PATTERN_PAIR_FIRST_ONLY, "2"},
    {"74%", "7", PATTERN_PAIR_FIRST_ONLY, NULL},
    {"9T", "9.......", PATTERN_PAIR_BOTH_EXACTLY, "90000000"},
    {"816", "81690", PATTERN_PAIR_BOTH_EXACTLY, NULL},
    {"816", "81690", PATTERN_PAIR_BEGINNING, "816"},
    {"8..", "81690", PATTERN_PAIR_BEGINNING, "816"},
    {"81690", "816", PATTERN_PAIR_BEGINNING, NULL},
};

static void finds_the_shortest_number_of_two_patterns(void **state)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair_row *row = &pairs[i];
		char number[NUMBER_DIGITS_MAX + 1] = "";
		struct pattern *a, *b;
		int rc;

		assert_int_equal(pattern_compile(row->first, &a, NULL, 0), 0);
		assert_int_equal(pattern_compile(row->second, &b, NULL, 0), 0);
		rc = pattern_pair_find(a, b, row->question, number);
		if (rc != (row->number != NULL) || (rc && strcmp(number, row->number) != 0))
			fail_msg("%s and %s: %d \"%s\"", row->first, row->second, rc, number);
		pattern_free(a);
		pattern_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_what_a_plan_has_and_no_more),
	    cmocka_unit_test(finds_ways_back_through_trunk_groups),
	    cmocka_unit_test(tells_who_is_restricted_for_all),
	    cmocka_unit_test(tells_rules_that_are_never_applied),
	    cmocka_unit_test(is_quick_with_many_peers),
	    cmocka_unit_test(finds_the_shortest_number_of_two_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
