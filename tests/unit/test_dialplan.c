// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dial plan, by tables: patterns, the order of outbound peers, digits sent, inbound peers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/address_map.h"
#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "dialplan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- patterns */

static bool en_bloc(enum pattern_fit fit)
{
	return fit == PATTERN_FULL || fit == PATTERN_SURPLUS;
}

struct pattern_case {
	const char *pattern, *digits;
	enum pattern_fit fit;
};

static const struct pattern_case pattern_cases[] = {
    {"200.", "2001", PATTERN_FULL},
    {"2...", "2001", PATTERN_FULL},
    {"2...", "201", PATTERN_PART},
    {"2...", "301", PATTERN_NO},
    {"[1-3]22", "122", PATTERN_FULL},
    {"[1-3]22", "222", PATTERN_FULL},
    {"[1-3]22", "322", PATTERN_FULL},
    {"[1-3]22", "422", PATTERN_NO},
    {"[^1-3]22", "022", PATTERN_FULL},
    {"[^1-3]22", "422", PATTERN_FULL},
    {"[^1-3]22", "*22", PATTERN_FULL},
    {"[^1-3]22", "122", PATTERN_NO},
    {"[^1-3]22", "#22", PATTERN_NO},
    {"555[25]", "5552", PATTERN_FULL},
    {"555[25]", "5555", PATTERN_FULL},
    {"555[25]", "5553", PATTERN_NO},
    {"[5,8]", "8", PATTERN_FULL},
    {"[5,8]", "6", PATTERN_NO},
    {"555[3-9]4[0-9]9", "5553409", PATTERN_FULL},
    {"555[3-9]4[0-9]9", "5559499", PATTERN_FULL},
    {"555[3-9]4[0-9]9", "5552409", PATTERN_NO},
    {"555[13579]439", "5557439", PATTERN_FULL},
    {"555[13579]439", "5552439", PATTERN_NO},
    {"5+23", "523", PATTERN_FULL},
    {"5+23", "5523", PATTERN_FULL},
    {"5+23", "55523", PATTERN_FULL},
    {"5+23", "23", PATTERN_NO},
    {"85+", "85", PATTERN_FULL},
    {"85+", "8555", PATTERN_FULL},
    {"85+", "8", PATTERN_PART},
    {"74%$", "7", PATTERN_FULL},
    {"74%$", "74", PATTERN_FULL},
    {"74%$", "7444", PATTERN_FULL},
    {"74%$", "75", PATTERN_NO},
    {"74%", "75", PATTERN_SURPLUS},
    {"84?$", "8", PATTERN_FULL},
    {"84?$", "84", PATTERN_FULL},
    {"84?$", "844", PATTERN_NO},
    {"84?", "844", PATTERN_SURPLUS},
    {"(100)?55511", "55511", PATTERN_FULL},
    {"(100)?55511", "10055511", PATTERN_FULL},
    {"(100)?55511", "1055511", PATTERN_NO},
    {"(61)+$", "61", PATTERN_FULL},
    {"(61)+$", "6161", PATTERN_FULL},
    {"(61)+$", "616", PATTERN_PART},
    {"(61)+", "616", PATTERN_SURPLUS},
    {"+14085550100", "+14085550100", PATTERN_FULL},
    {"+14085550100", "14085550100", PATTERN_NO},
    {"\\+1408...", "+1408555", PATTERN_FULL},
    {"9,1408.......", "914085550123", PATTERN_FULL},
    {"555$", "555", PATTERN_FULL},
    {"555$", "5551212", PATTERN_NO},
    {"555", "5551212", PATTERN_SURPLUS},
    {"^555", "5551212", PATTERN_SURPLUS},
    {".T", "", PATTERN_PART},
    {".T", "0", PATTERN_FULL},
    {".T", "0044207946000", PATTERN_FULL},
    {".T", "+44207946000", PATTERN_FULL},
    {".T", "#1", PATTERN_NO},
    {"..", "1#", PATTERN_NO},
    {"..", "1+", PATTERN_NO},
    {"T", "", PATTERN_FULL},
    {"T", "123", PATTERN_FULL},
    {"9T", "9", PATTERN_FULL},
    {"9T", "8", PATTERN_NO},
    {"9T", "9#1", PATTERN_FULL},
    {"5(12)?", "51", PATTERN_SURPLUS},
    {"A*#D", "A*#D", PATTERN_FULL},
    {"((1)?2)+", "1222", PATTERN_FULL},
    {"2...", "2x01", PATTERN_NO},
    {"555", "555;phone", PATTERN_NO},
};

static void accepts_and_refuses_numbers(void **state)
{
	for (size_t i = 0; i < COUNT(pattern_cases); i++) {
		const struct pattern_case *c = &pattern_cases[i];
		struct pattern *p;
		enum pattern_fit fit;
		char why[128];

		if (pattern_compile(c->pattern, &p, why, sizeof(why)) < 0)
			fail_msg("%s: %s", c->pattern, why);
		fit = pattern_match(p, c->digits);
		if (fit != c->fit)
			fail_msg("%s %s: %d, not %d", c->pattern, c->digits, fit, c->fit);
		pattern_free(p);
	}
}

static void counts_explicit_length(void **state)
{
	static const struct {
		const char *pattern;
		unsigned length, literals, sets;
		bool variable;
	} cases[] = {
	    {"200.", 3, 3, 0, false},
	    {"2...", 1, 1, 0, false},
	    {"5+23", 0, 3, 0, false},
	    {"84?", 1, 2, 0, false},
	    {"+1408...", 5, 5, 0, false},
	    {"\\+1408...", 5, 5, 0, false},
	    {"9,1408T", 5, 5, 0, true},
	    {"^7......$", 1, 1, 0, false},
	    {"91[2-9]..[2-9]......", 2, 2, 2, false},
	    {"(100)?55511", 0, 8, 0, false},
	    {"T", 0, 0, 0, true},
	    {"12(3)4", 2, 4, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p;
		const struct pattern_weight *w;

		assert_int_equal(pattern_compile(cases[i].pattern, &p, NULL, 0), 0);
		w = pattern_weight(p);
		if (w->explicit_length != cases[i].length || w->literals != cases[i].literals ||
		    w->sets != cases[i].sets || w->variable != cases[i].variable)
			fail_msg("%s: L=%u literals=%u sets=%u T=%d", cases[i].pattern,
				 w->explicit_length, w->literals, w->sets, w->variable);
		assert_string_equal(pattern_text(p), cases[i].pattern);
		pattern_free(p);
	}
}

static void refuses_wrong_patterns(void **state)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
	    {"", "character 1: the pattern holds no digit"},
	    {"^$", "character 2: the pattern holds no digit"},
	    {"[12", "character 4: the set has no ']'"},
	    {"12]", "character 3: ']' is no part of a pattern"},
	    {"1(2", "character 2: the group has no ')'"},
	    {"12)", "character 3: ')' has no '('"},
	    {"()", "character 2: the group is empty"},
	    {"(,)", "character 1: the group holds no digit"},
	    {"[]", "character 2: the set is empty"},
	    {"[^]", "character 3: the set is empty"},
	    {"[5-2]", "character 4: the range does not end in a higher digit"},
	    {"[1-", "character 4: the range does not end in a higher digit"},
	    {"[A]", "character 2: 'A' in a set, where only digits may stand"},
	    {"[*]", "character 2: '*' in a set, where only digits may stand"},
	    {"?1", "character 1: '?' has nothing before it to repeat"},
	    {"1,%", "character 3: '%' has nothing before it to repeat"},
	    {"++5", "character 2: '+' has nothing before it to repeat"},
	    {"5??", "character 3: '?' follows another sign of repetition"},
	    {"T5", "character 1: T must be the last character"},
	    {"5TT", "character 2: T must be the last character"},
	    {"(5T)", "character 3: T must be the last character"},
	    {"5T?", "character 2: T must be the last character"},
	    {"5T$", "character 3: T and '$' exclude each other"},
	    {"5$5", "character 2: '$' is no part of a pattern"},
	    {"5^5", "character 2: '^' is no part of a pattern"},
	    {"(5?)+", "character 5: '+' repeats a group that can be empty"},
	    {"(5?)%", "character 5: '%' repeats a group that can be empty"},
	    {"5|6", "character 2: '|' is no part of a pattern"},
	    {"555t", "character 4: 't' is no part of a pattern"},
	    {"5\\", "character 3: nothing stands behind the '\\'"},
	    {"\\.", "character 2: '.' is no part of a pattern"},
	    {"5\001", "character 2: byte 0x01 is no part of a pattern"},
	    {"012345678901234567890123456789012",
	     "character 33: more than 32 digits, wildcards and sets"},
	    {"[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]",
	     "the pattern is longer than 64 characters"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p = NULL;
		char why[128] = "";

		if (pattern_compile(cases[i].pattern, &p, why, sizeof(why)) != -EINVAL)
			fail_msg("%s was accepted", cases[i].pattern);
		assert_null(p);
		assert_string_equal(why, cases[i].why);
	}
}

static void says_whether_more_digits_could_fit(void **state)
{
	static const struct {
		const char *pattern, *digits;
		bool can_grow;
		unsigned consumed;
	} cases[] = {
	    {"2...", "222", true, 0},  {"2...", "2222", false, 4}, {"2...", "7", false, 0},
	    {"555", "5551", false, 3}, {"555T", "5550", true, 3},  {"T", "", true, 0},
	    {"5(12)?", "51", true, 1}, {"85+", "85", true, 2},	   {".T", "#", false, 0},
	    {"84?", "84", false, 2},   {"84?", "8", true, 1},	   {"84?T", "84", true, 2},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p;

		assert_int_equal(pattern_compile(cases[i].pattern, &p, NULL, 0), 0);
		if (pattern_can_grow(p, cases[i].digits) != cases[i].can_grow ||
		    pattern_consumed(p, cases[i].digits) != cases[i].consumed)
			fail_msg("%s %s", cases[i].pattern, cases[i].digits);
		pattern_free(p);
	}
}

static unsigned long random_state = 1;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
	return (random_state >> 33) % n;
}

/* Bytes that are likely to make sense together, so that many patterns are accepted. */
static void random_text(char *text, size_t size, const char *alphabet)
{
	size_t length = random_below(size);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet ? alphabet[random_below(strlen(alphabet))]
				   : (char)(1 + random_below(255));
	text[length] = '\0';
}

static void survives_any_bytes(void **state)
{
	unsigned accepted = 0;

	for (unsigned i = 0; i < 60000; i++) {
		char text[100], digits[40], why[40];
		struct pattern *p;

		random_text(text, i % 3 ? 9 : sizeof(text),
			    i % 4 ? "00115599[](-)^$T?%+.,\\*#A" : NULL);
		if (pattern_compile(text, &p, why, sizeof(why)) < 0)
			continue;
		accepted++;
		for (unsigned j = 0; j < 8; j++) {
			enum pattern_fit fit;

			random_text(digits, sizeof(digits), j ? "0159*#A+" : NULL);
			fit = pattern_match(p, digits);
			assert_true(pattern_consumed(p, digits) <= strlen(digits));
			if (fit == PATTERN_PART)
				assert_true(pattern_can_grow(p, digits));
			if (fit == PATTERN_NO)
				assert_int_equal(
				    pattern_consumed(p, digits) && text[strlen(text) - 1] != '$' &&
					strspn(digits, "0123456789ABCD*#+") == strlen(digits),
				    false);
		}
		pattern_free(p);
	}
	assert_true(accepted > 5000);
}

/* 64 nested repetitions would take for ever by trying; here the time is that of any pattern. */
static void never_backtracks(void **state)
{
	struct pattern *p;
	clock_t begin = clock();

	assert_int_equal(
	    pattern_compile("((((((((((5+)+)+)+)+)+)+)+)+)+)+(5%5%5%5%5)+9$", &p, NULL, 0), 0);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(pattern_match(p, "55555555555555555555555555555555"),
				 PATTERN_PART);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 2);
	pattern_free(p);
}

/* ---- numbers */

static void reads_and_writes_numbers(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *digits;
		unsigned ton;
		const char *e164;
	} cases[] = {
	    {"+1 (408) 555-0100", 0, "14085550100", TON_INTERNATIONAL, "+14085550100"},
	    {"4085550100", 0, "4085550100", TON_UNKNOWN, "4085550100"},
	    {"*70#A", 0, "*70#A", TON_UNKNOWN, "*70#A"},
	    {"", 0, "", TON_UNKNOWN, ""},
	    {"+", -EINVAL},
	    {"++1", -EINVAL},
	    {"1+1", -EINVAL},
	    {"alice", -EINVAL},
	    {"408a", -EINVAL},
	    {"01234567890123456789012345678901", 0, "01234567890123456789012345678901", TON_UNKNOWN,
	     "01234567890123456789012345678901"},
	    {"012345678901234567890123456789012", -EMSGSIZE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = {.digits = "7"};
		char e164[NUMBER_DIGITS_MAX + 2];

		assert_int_equal(number_from_e164(&n, cases[i].text), cases[i].rc);
		if (cases[i].rc < 0) {
			assert_string_equal(n.digits, "7");
			continue;
		}
		assert_string_equal(n.digits, cases[i].digits);
		assert_int_equal(n.ton, cases[i].ton);
		number_to_e164(&n, e164);
		assert_string_equal(e164, cases[i].e164);
	}
	assert_string_equal(number_ton_name(TON_NATIONAL), "national");
	assert_string_equal(number_ton_name(5), "reserved");
	assert_string_equal(number_npi_name(NPI_PRIVATE), "private");
	assert_string_equal(number_npi_name(200), "reserved");
}

static void knows_ports(void **state)
{
	unsigned slot = 99;

	assert_int_equal(peer_port_span("1:D", &slot), 1);
	assert_int_equal(slot, 0);
	assert_int_equal(peer_port_span("2/17", &slot), 2);
	assert_int_equal(slot, 17);
	assert_true(peer_port_equal("1:D", "1:15"));
	assert_true(peer_port_equal("1:23", "1:D"));
	assert_false(peer_port_equal("1:D", "2:D"));
	assert_false(peer_port_equal("1:D", "1/1"));
	assert_false(peer_port_equal("", ""));
	for (const char *const *bad =
		 (const char *const[]){"", "D", ":D", "0:D", "1", "1:", "1:16", "1:DD", "1/", "1/0",
				       "1/32", "1/1x", "-1:D", "99999999999:D", NULL};
	     *bad; bad++)
		assert_int_equal(peer_port_span(*bad, &slot), 0);
}

/* ---- plans, from short texts: "1 dp=2... pref=3 huntstop; 2 voip dp=9T" */

static void peer_from_words(struct peer *p, char *words)
{
	char *save = NULL;
	char *word = strtok_r(words, " ", &save);

	peer_init(p, strtoul(word, NULL, 10), PEER_POTS);
	strcpy(p->port, "1:D");
	while ((word = strtok_r(NULL, " ", &save))) {
		if (!strcmp(word, "voip")) {
			p->kind = PEER_VOIP;
			p->port[0] = '\0';
			strcpy(p->session_target, "ipv4:192.0.2.1");
		} else if (!strncmp(word, "dp=", 3)) {
			strcpy(p->destination_pattern, word + 3);
		} else if (!strncmp(word, "ic=", 3)) {
			strcpy(p->incoming_called_number, word + 3);
		} else if (!strncmp(word, "aa=", 3)) {
			strcpy(p->answer_address, word + 3);
		} else if (!strncmp(word, "pref=", 5)) {
			p->preference = atoi(word + 5);
		} else if (!strncmp(word, "max=", 4)) {
			p->max_conn = atoi(word + 4);
		} else if (!strncmp(word, "prefix=", 7)) {
			strcpy(p->prefix, word + 7);
		} else if (!strncmp(word, "port=", 5)) {
			strcpy(p->port, word + 5);
		} else if (!strncmp(word, "forward=", 8)) {
			p->forward = !strcmp(word + 8, "all")	  ? PEER_FORWARD_ALL
				     : !strcmp(word + 8, "extra") ? PEER_FORWARD_EXTRA
								  : PEER_FORWARD_COUNT;
			p->forward_count = atoi(word + 8);
		} else if (!strcmp(word, "nostrip")) {
			p->no_digit_strip = true;
		} else if (!strcmp(word, "huntstop")) {
			p->huntstop = true;
		} else if (!strcmp(word, "shutdown")) {
			p->shutdown = true;
		} else if (!strcmp(word, "notarget")) {
			p->port[0] = p->session_target[0] = '\0';
		} else {
			fail_msg("test: %s", word);
		}
	}
}

static struct plan *plan_from(const char *text, const struct plan_options *options)
{
	struct plan *plan = plan_new(options);
	char *copy = strdup(text), *save = NULL;

	assert_non_null(plan);
	for (char *words = strtok_r(copy, ";", &save); words; words = strtok_r(NULL, ";", &save)) {
		struct peer peer;
		char why[128];

		peer_from_words(&peer, words);
		if (plan_add_peer(plan, &peer, why, sizeof(why)) < 0)
			fail_msg("%s", why);
	}
	free(copy);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static struct plan_peer_status peer_one_is_special(void *arg, const struct peer *peer)
{
	static const struct plan_peer_status up;

	return peer->tag == 1 ? *(struct plan_peer_status *)arg : up;
}

static void route_text(const struct plan *plan, const char *called,
		       struct plan_peer_status *special, char *text)
{
	struct plan_request request = {.inbound_kind = PEER_VOIP};
	struct plan_route route;

	assert_int_equal(number_from_e164(&request.called, called), 0);
	if (special) {
		request.status = peer_one_is_special;
		request.status_arg = special;
	}
	plan_route(plan, &request, NULL, &route);
	*text = '\0';
	for (unsigned i = 0; i < route.count; i++)
		sprintf(text + strlen(text), "%s%u", i ? " " : "", route.candidates[i].peer->tag);
	if (!route.count)
		sprintf(text, "cause %u", route.cause);
}

struct route_case {
	const char *peers, *called, *order;
	unsigned hunt;
	enum plan_status_check check;
	struct plan_peer_status special; /* of peer 1 */
};

static const struct route_case route_cases[] = {
    {"1 dp=2...;2 dp=200.", "2001", "2 1"},
    {"1 dp=345....;2 dp=3456789", "3456789", "2 1"},
    {"1 dp=568T;2 dp=568....;3 dp=56838..;4 dp=5683848", "5683848", "4 3 2 1"},
    {"10 dp=5551234 pref=3;11 dp=555....", "5551234", "10 11"},
    {"10 dp=5551234 pref=3;11 dp=555....", "5551234", "11 10", .hunt = 2},
    {"20 dp=2...;21 dp=2... pref=1", "2345", "20 21"},
    {"20 dp=2... pref=1;21 dp=2...", "2345", "21 20"},
    {"1 dp=816;2 dp=81690 pref=9", "81690", "2 1"},
    {"3 dp=816;4 dp=81690", "81690", "4 3"},
    {"1 dp=555;2 dp=5551212", "5551212", "2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5553216", "4 3 2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5553217", "3 2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5552170", "2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5551234", "1"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "914085551234", "1 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "901144207946000", "2 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "911", "3 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "95", "4"},
    {"1 dp=555....;2 dp=555[1-4]...", "5552000", "2 1"},
    {"1 dp=9T;2 dp=9....... pref=1", "95551234", "1 2"},
    {"1 dp=9T;2 dp=9.......", "95551234", "2 1"},
    {"1 dp=9.......;2 dp=9...1...", "95551234", "2 1"},
    {"1 dp=2... huntstop;2 dp=2... pref=1", "2001", "1"},
    {"1 dp=2... max=2;2 dp=2... pref=1", "2001", "2", .special = {.calls = 2}},
    {"1 dp=2... max=2;2 dp=2... pref=1", "2001", "1 2", .special = {.calls = 1}},
    {"1 dp=2... max=2", "2001", "cause 34", .special = {.calls = 2}},
    {"1 dp=2... shutdown;2 dp=2... pref=5", "2001", "2"},
    {"1 voip dp=83... notarget;2 voip dp=8....", "83123", "2"},
    {"1 dp=1T notarget", "12025550100", "cause 1"},
    {"1 dp=2...", "7", "cause 1"},
    {"1 voip dp=2...;2 voip dp=2... pref=1", "2001", "2",
     .special = {.state = PLAN_PEER_BUSIED_OUT}},
    {"1 voip dp=2...", "2001", "cause 41", .special = {.state = PLAN_PEER_BUSIED_OUT}},
    {"1 dp=9T", "95551234", "cause 34", .special = {.state = PLAN_PEER_PORT_DOWN}},
    {"1 dp=9T", "95551234", "cause 1", .check = PLAN_STATUS_CHECK,
     .special = {.state = PLAN_PEER_PORT_DOWN}},
    {"1 dp=9T", "95551234", "1", .check = PLAN_STATUS_IGNORE,
     .special = {.state = PLAN_PEER_PORT_DOWN}},
    /* least recently used */
    {"1 dp=2...;2 dp=2...", "2001", "2 1", .hunt = 1, .special = {.last_used = 9}},
    {"1 dp=200.;2 dp=2...", "2001", "1 2", .hunt = 1, .special = {.last_used = 9}},
    {"1 dp=2...;2 dp=2... pref=1", "2001", "1 2", .hunt = 3, .special = {.last_used = 9}},
    {"1 dp=200.;2 dp=2... pref=1", "2001", "2 1", .hunt = 4, .special = {.last_used = 9}},
    {"1 dp=2...;2 dp=200. pref=1", "2001", "1 2", .hunt = 5},
    {"1 dp=2...;2 dp=200. pref=1", "2001", "2 1", .hunt = 4},
    {"1 dp=2001;2 dp=2...", "2001", "2 1", .hunt = 7, .special = {.last_used = 9}},
    /* international numbers */
    {"1 dp=+1408.......;2 dp=1408.......", "+14085550100", "1"},
    {"1 dp=+1408.......;2 dp=1408.......", "14085550100", "2"},
    {"1 dp=9T", "+971555010", "cause 1"},
    {"1 dp=.T", "+971555010", "1"},
    {"1 ic=2... dp=2... notarget", "2001", "cause 1"},
};

static void orders_outbound_peers(void **state)
{
	for (size_t i = 0; i < COUNT(route_cases); i++) {
		const struct route_case *c = &route_cases[i];
		struct plan_options options = {.hunt = c->hunt, .status_check = c->check};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_peer_status special = c->special;
		char text[128];

		route_text(plan, c->called, &special, text);
		if (strcmp(text, c->order) != 0)
			fail_msg("%s called %s: %s, not %s", c->peers, c->called, text, c->order);
		plan_unref(plan);
	}
}

static void says_why_a_peer_was_left_out(void **state)
{
	struct plan_options options = {0};
	struct plan *plan = plan_from("1 dp=2... huntstop;2 dp=2... pref=1;3 dp=2... shutdown;"
				      "4 dp=2... notarget;5 dp=3...",
				      &options);
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	unsigned seen[6] = {0};

	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.excluded_count, 3);
	for (unsigned i = 0; i < 3; i++)
		seen[route.excluded[i].peer->tag] = 1 + route.excluded[i].reason;
	assert_int_equal(seen[2], 1 + PLAN_REASON_AFTER_HUNTSTOP);
	assert_int_equal(seen[3], 1 + PLAN_REASON_SHUTDOWN);
	assert_int_equal(seen[4], 1 + PLAN_REASON_NO_TARGET);
	assert_string_equal(plan_reason_name(PLAN_REASON_AFTER_HUNTSTOP), "after huntstop");
	plan_unref(plan);
}

static void breaks_ties_by_chance_or_by_tag(void **state)
{
	struct plan_options options = {0};
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	unsigned first[4] = {0};

	for (options.tie_deterministic = false;; options.tie_deterministic = true) {
		struct plan *plan = plan_from("1 dp=2...;2 dp=2...;3 dp=2...", &options);

		memset(first, 0, sizeof(first));
		for (request.random = 0; request.random < 3000; request.random++) {
			struct plan_route route, again;

			plan_route(plan, &request, NULL, &route);
			assert_int_equal(route.count, 3);
			first[route.candidates[0].peer->tag]++;
			plan_route(plan, &request, NULL, &again);
			assert_ptr_equal(route.candidates[2].peer, again.candidates[2].peer);
		}
		plan_unref(plan);
		if (options.tie_deterministic)
			break;
		for (unsigned tag = 1; tag <= 3; tag++)
			assert_in_range(first[tag], 800, 1200);
	}
	assert_int_equal(first[1], 3000);
}

static void keeps_the_best_of_many(void **state)
{
	struct plan_options options = {.tie_deterministic = true};
	char text[4096] = "";
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	struct plan *plan;

	for (unsigned i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%s%u dp=2... pref=%u", i ? ";" : "", 100 + i,
			(40 - i) / 4);
	plan = plan_from(text, &options);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, PLAN_CANDIDATES_MAX);
	assert_int_equal(route.candidates[0].peer->tag, 137);
	assert_int_equal(route.candidates[3].peer->tag, 133);
	plan_unref(plan);
}

static void hunts_on_for_causes_that_say_not_here(void **state)
{
	static const unsigned on[] = {27, 34, 38, 41, 42, 44, 47, 102};
	static const unsigned stop[] = {0, 1, 16, 17, 18, 19, 21, 22, 28, 31, 127, 4711};
	struct plan_options options = {0};
	struct plan *plan = plan_from("1 dp=2...", &options);

	for (size_t i = 0; i < COUNT(on); i++)
		assert_true(plan_hunts_on(plan, on[i]));
	for (size_t i = 0; i < COUNT(stop); i++)
		assert_false(plan_hunts_on(plan, stop[i]));
	plan_unref(plan);
}

/* ---- digits sent */

struct digits_case {
	const char *peers, *called, *sent; /* sent: of each candidate */
	unsigned ton;			   /* of the first candidate */
};

static const struct digits_case digits_cases[] = {
    {"1 dp=7......$", "7222222", "222222"},
    {"1 dp=^7......$ nostrip", "7222222", "7222222"},
    {"1 dp=^8......$ forward=6", "8222222", "222222"},
    {"1 dp=555....", "5555439", "5439"},
    {"1 dp=1310555 prefix=9, port=1/4", "13105552222", "9,2222"},
    {"1 dp=1310555 prefix=9,", "13105552222", "92222"},
    {"1 dp=55512", "5551299", "99"},
    {"1 dp=91[2-9]..[2-9]...... prefix=1", "914085551234", "14085551234"},
    {"1 dp=91[2-9]..[2-9]......", "914085551234", "4085551234"},
    {"1 dp=9011T prefix=011", "901144207946000", "01144207946000"},
    {"1 dp=9T forward=4", "95551234", "1234"},
    {"1 dp=9T forward=40", "95551234", "95551234"},
    {"1 dp=9T forward=0", "95551234", ""},
    {"1 dp=555.... forward=all", "5550124", "5550124"},
    {"1 dp=555 forward=extra", "5551212", "1212"},
    {"1 dp=555.... forward=extra prefix=7", "5551212", "7"},
    {"1 dp=555....;2 dp=555.... prefix=1555 pref=1", "5550124", "0124 15550124"},
    {"1 dp=911", "911", ""},
    {"1 voip dp=555....", "5550124", "5550124"},
    {"1 voip dp=+44T", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=+44T", "+44207946000", "207946000"},
    {"1 dp=+44T nostrip", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=+T prefix=00", "+44207946000", "0044207946000"},
    {"1 dp=.T", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=.T prefix=9011", "+44207946000", "901144207946000"},
    {"1 dp=.T prefix=123456789012345678901234567890", "444", "cause 28"},
};

static void sends_digits_as_configured(void **state)
{
	for (size_t i = 0; i < COUNT(digits_cases); i++) {
		const struct digits_case *c = &digits_cases[i];
		struct plan_options options = {0};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_request request = {.inbound_kind = PEER_VOIP};
		struct plan_route route;
		char text[128] = "";

		assert_int_equal(number_from_e164(&request.called, c->called), 0);
		plan_route(plan, &request, NULL, &route);
		for (unsigned k = 0; k < route.count; k++)
			sprintf(text + strlen(text), "%s%s", k ? " " : "",
				route.candidates[k].called.digits);
		if (!route.count)
			sprintf(text, "cause %u", route.cause);
		if (strcmp(text, c->sent) != 0)
			fail_msg("%s called %s: %s, not %s", c->peers, c->called, text, c->sent);
		if (route.count)
			assert_int_equal(route.candidates[0].called.ton, c->ton);
		plan_unref(plan);
	}
}

static void routes_international_calls_from_isdn(void **state)
{
	struct plan_options options = {0};
	struct plan_request request = {
	    .inbound_kind = PEER_POTS,
	    .called = {.digits = "44207946000", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
	};
	struct plan_route route;
	struct plan *plan = plan_from("1 voip dp=44T;2 voip dp=+44T", &options);

	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.candidates[0].peer->tag, 1);
	assert_int_equal(route.candidates[0].called.ton, TON_INTERNATIONAL);
	plan_unref(plan);

	plan = plan_from("2 dp=+44T", &options);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_string_equal(route.candidates[0].called.digits, "207946000");
	assert_int_equal(route.candidates[0].called.ton, TON_UNKNOWN);
	plan_unref(plan);
}

/* ---- inbound */

struct inbound_case {
	const char *peers, *called, *calling, *port;
	unsigned tag; /* 0: refused */
	enum plan_key key;
	bool empty_ani, voip;
	unsigned also;
};

static const struct inbound_case inbound_cases[] = {
    {"1 ic=.", "123456789", "", "1:D", 1, PLAN_KEY_CALLED},
    {"1 ic=2...;2 aa=408555....", "2001", "4085550100", "1:D", 1, PLAN_KEY_CALLED},
    {"1 ic=2...;2 aa=408555....", "3001", "4085550100", "1:D", 2, PLAN_KEY_ANSWER_ADDRESS},
    {"1 aa=408555.... ic=2...", "3001", "4085550100", "1:D", 1, PLAN_KEY_ANSWER_ADDRESS},
    {"1 dp=408.......", "9", "4085550100", "2:D", 1, PLAN_KEY_CALLING},
    {"1 ic=2...;2 ic=20..", "2001", "", "1:D", 2, PLAN_KEY_CALLED},
    {"1 dp=9T", "2001", "", "2:D", 1, PLAN_KEY_CALLING, .empty_ani = true},
    {"1 dp=9T", "2001", "", "2:D", 0},
    {"1 dp=9T;2 ic=.", "2001", "", "1:D", 2, PLAN_KEY_CALLED, .empty_ani = true},
    {"1 dp=777 port=1:23", "2001", "4085550100", "1:D", 1, PLAN_KEY_PORT},
    {"1 dp=777 port=1:23", "2001", "4085550100", "2:D", 0},
    {"1 port=1:23", "2001", "4085550100", "1:23", 0},
    {"1 dp=777;2 dp=778", "2001", "", "1:D", 1, PLAN_KEY_PORT, .also = 2},
    {"7 ic=2...;3 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED, .also = 7},
    {"7 ic=2...;3 ic=2...;5 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED, .also = 5},
    {"7 ic=2...;3 ic=20..;5 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED},
    {"1 ic=2... shutdown;2 ic=.", "2001", "", "1:D", 2, PLAN_KEY_CALLED},
    {"1 ic=.;2 voip ic=.", "2001", "", NULL, 2, PLAN_KEY_CALLED, .voip = true},
    {"1 ic=.", "2001", "", NULL, 0, .voip = true},
    {"1 voip dp=9T", "2001", "", NULL, 0, .voip = true, .empty_ani = true},
    {"1 dp=777", "2001", "", NULL, 0, .voip = true},
    /* an empty called number is looked at last */
    {"1 ic=T;2 aa=4T", "", "4085550100", "2:D", 2, PLAN_KEY_ANSWER_ADDRESS},
    {"1 ic=T port=3:D;2 dp=7", "", "4085550100", "1:D", 2, PLAN_KEY_PORT},
    {"1 ic=T;2 dp=7", "", "4085550100", "2:D", 1, PLAN_KEY_CALLED},
    {"1 voip ic=.", "+14085550100", "", NULL, 1, PLAN_KEY_CALLED, .voip = true},
    {"1 ic=+44T", "+44207946000", "", "2:D", 1, PLAN_KEY_CALLED},
    {"1 ic=44T;2 ic=+44T", "+44207946000", "", "2:D", 1, PLAN_KEY_CALLED},
    {"1 voip ic=44T;2 voip ic=+44T", "+44207946000", "", NULL, 2, PLAN_KEY_CALLED, .voip = true},
};

static void chooses_the_inbound_peer(void **state)
{
	for (size_t i = 0; i < COUNT(inbound_cases); i++) {
		const struct inbound_case *c = &inbound_cases[i];
		struct plan_options options = {.empty_ani = c->empty_ani};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_request request = {.inbound_kind = c->voip ? PEER_VOIP : PEER_POTS,
					       .port = c->port};
		struct plan_inbound inbound = {0};
		int rc;

		assert_int_equal(number_from_e164(&request.called, c->called), 0);
		assert_int_equal(number_from_e164(&request.calling, c->calling), 0);
		rc = plan_match_inbound(plan, &request, &inbound);
		if (rc != (c->tag ? 0 : -ENOENT) ||
		    (c->tag && (inbound.peer->tag != c->tag || inbound.key != c->key)) ||
		    (inbound.also ? inbound.also->tag : 0) != c->also)
			fail_msg("%s called %s calling %s: %d tag %u key %s also %u", c->peers,
				 c->called, c->calling, rc, inbound.peer ? inbound.peer->tag : 0,
				 plan_key_name(inbound.key), inbound.also ? inbound.also->tag : 0);
		plan_unref(plan);
	}
}

static void offers_peer_0_only_if_permitted(void **state)
{
	struct plan_options options = {.permit_default = true};
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan *plan = plan_from("1 dp=9T", &options);
	struct plan_inbound inbound;

	assert_int_equal(plan_match_inbound(plan, &request, &inbound), 0);
	assert_int_equal(inbound.peer->tag, 0);
	assert_int_equal(inbound.peer->kind, PEER_VOIP);
	assert_int_equal(inbound.peer->dtmf, PEER_DTMF_INBAND);
	assert_int_equal(inbound.key, PLAN_KEY_DEFAULT);
	plan_unref(plan);
}

/* ---- plan and index as a whole */

static void refuses_wrong_peers(void **state)
{
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct peer peer;
	char why[128];

	peer_init(&peer, 5, PEER_POTS);
	strcpy(peer.destination_pattern, "[12");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "destination-pattern [12: character 4: the set has no ']'");
	strcpy(peer.destination_pattern, "12");
	strcpy(peer.prefix, "9x");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	peer.prefix[0] = '\0';
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), 0);
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "dial-peer voice 5 is configured twice");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), -EEXIST);
	peer.tag = 3;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	assert_int_equal(plan_peer_count(plan), 2);
	assert_int_equal(plan_peer_at(plan, 0)->tag, 3);
	assert_int_equal(plan_peer_at(plan, 1)->tag, 5);
	assert_null(plan_peer_at(plan, 2));
	assert_ptr_equal(plan_ref(plan), plan);
	plan_unref(plan);
	assert_int_equal(plan_peer_count(plan), 2);
	plan_unref(plan);
}

static void says_why_a_peer_is_down(void **state)
{
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	assert_false(peer_is_valid(&peer));
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no port");
	strcpy(peer.port, "1:D");
	assert_true(peer_is_outbound(&peer));
	peer.shutdown = true;
	assert_string_equal(peer_down_reason(&peer), "shutdown");
	peer_init(&peer, 1, PEER_VOIP);
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no session target");
	strcpy(peer.incoming_called_number, ".");
	assert_true(peer_is_inbound(&peer));
	assert_false(peer_is_outbound(&peer));
}

static void mark(void *arg, uint32_t value, const struct pattern *pattern)
{
	unsigned char *marks = arg;

	assert_int_equal(marks[value], 0);
	marks[value] = 1;
}

/* Whatever the trie looks like, it finds exactly what a walk over all patterns finds. */
static void index_finds_what_a_full_walk_finds(void **state)
{
	enum { PATTERNS = 1500 };
	struct pattern *patterns[PATTERNS];
	struct index *index = index_new();
	unsigned hits = 0;

	for (unsigned i = 0; i < PATTERNS;) {
		char text[12];

		random_text(text, i % 2 ? sizeof(text) : 5, i % 3 ? "112.[1-2]" : "12.[]^T?+()#*");
		if (pattern_compile(text, &patterns[i], NULL, 0) < 0)
			continue;
		assert_int_equal(index_add(index, patterns[i], i), 0);
		i++;
	}
	assert_int_equal(index_seal(index), 0);
	for (unsigned n = 0; n < 500; n++) {
		unsigned char marks[PATTERNS] = {0};
		char digits[10];

		random_text(digits, sizeof(digits), n % 2 ? "12" : "+123*#");
		index_find(index, digits, mark, marks);
		for (unsigned i = 0; i < PATTERNS; i++) {
			if (marks[i] != en_bloc(pattern_match(patterns[i], digits)))
				fail_msg("%s %s: %d", pattern_text(patterns[i]), digits, marks[i]);
			hits += marks[i];
		}
	}
	assert_true(hits > 5000);
	for (unsigned i = 0; i < PATTERNS; i++)
		pattern_free(patterns[i]);
	index_free(index);
}

static void index_copes_with_more_sets_than_codes(void **state)
{
	struct pattern *patterns[1023];
	unsigned char marks[1023] = {0};
	struct index *index = index_new();
	unsigned fits = 0;

	for (unsigned set = 1; set < 1024; set++) {
		char text[20] = "[";

		for (unsigned d = 0; d < 10; d++)
			if (set >> d & 1)
				sprintf(text + strlen(text), "%u", d);
		strcat(text, "]");
		assert_int_equal(pattern_compile(text, &patterns[set - 1], NULL, 0), 0);
		assert_int_equal(index_add(index, patterns[set - 1], set - 1), 0);
	}
	assert_int_equal(index_seal(index), 0);
	index_find(index, "7", mark, marks);
	for (unsigned i = 0; i < 1023; i++) {
		fits += marks[i];
		pattern_free(patterns[i]);
	}
	assert_int_equal(fits, 512);
	index_free(index);
}

/* 100 000 peers: the time of a look-up must not follow their number. */
static void routes_fast_among_many_peers(void **state)
{
	enum { PEERS = 100000, CALLS = 20000 };
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct plan_request request = {.inbound_kind = PEER_VOIP};
	struct plan_route route;
	struct timespec begin, end;
	double us;

	for (unsigned i = 0; i < PEERS; i++) {
		struct peer peer;

		peer_init(&peer, 1 + i, PEER_VOIP);
		sprintf(peer.destination_pattern, i % 2 ? "%u..." : "%u[1-9]..T", 100000 + i);
		strcpy(peer.session_target, "ipv4:192.0.2.1");
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned peer = i * 7919u % PEERS;

		sprintf(request.called.digits, "%u555", 100000 + peer);
		plan_route(plan, &request, NULL, &route);
		assert_int_equal(route.count, 1);
		assert_int_equal(route.candidates[0].peer->tag, 1 + peer);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / CALLS;
	print_message("plan_route among %d peers: %.2f us\n", PEERS, us);
	assert_true(us < 200); /* a walk over all peers takes milliseconds */
	plan_unref(plan);
}

/* ---- type and plan of what is sent */

static void maps_addresses(void **state)
{
	static const struct address_rule rules[] = {
	    {"011.*", TON_UNKNOWN, NPI_ISDN},	 {"0[1-9]", TON_NATIONAL, NPI_ISDN},
	    {"+44", TON_NATIONAL, ADDRESS_ANY},	 {"2...$", TON_ABBREVIATED, NPI_PRIVATE},
	    {"5555", ADDRESS_ANY, NPI_NATIONAL}, {".*", TON_SUBSCRIBER, NPI_ISDN},
	};
	static const struct {
		struct number in, out;
	} cases[] = {
	    {{"01149", TON_INTERNATIONAL, 0}, {"01149", TON_UNKNOWN, NPI_ISDN}},
	    {{"011", 0, 0}, {"011", TON_UNKNOWN, NPI_ISDN}}, /* nothing behind it */
	    {{"0207946", 0, 0}, {"0207946", TON_NATIONAL, NPI_ISDN}},
	    {{"00", 0, 0}, {"00", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"+442079", 0, NPI_ISDN}, {"442079", TON_NATIONAL, NPI_ISDN}},
	    {{"442079", TON_INTERNATIONAL, NPI_ISDN}, {"442079", TON_NATIONAL, NPI_ISDN}},
	    {{"442079", TON_NATIONAL, NPI_ISDN}, {"442079", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"2001", 0, 0}, {"2001", TON_ABBREVIATED, NPI_PRIVATE}},
	    {{"20011", 0, 0}, {"20011", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"5555", TON_NETWORK, 0}, {"5555", TON_NETWORK, NPI_NATIONAL}},
	    {{"", 0, 0}, {"", 0, 0}},
	};
	struct address_rule many[ADDRESS_MAP_MAX + 1] = {0};
	struct address_map *map;

	assert_int_equal(address_map_new(rules, COUNT(rules), &map), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = cases[i].in;

		address_map_apply(map, &n);
		if (strcmp(n.digits, cases[i].out.digits) != 0 || n.ton != cases[i].out.ton ||
		    n.npi != cases[i].out.npi)
			fail_msg("%s becomes %s, type %u, plan %u", cases[i].in.digits, n.digits,
				 n.ton, n.npi);
	}
	address_map_free(map);
	assert_int_equal(address_map_new(&(struct address_rule){"0("}, 1, &map), -EINVAL);
	assert_int_equal(address_map_new(many, COUNT(many), &map), -EINVAL);
}

static void names_of_types_and_plans_read_back(void **state)
{
	for (unsigned n = 0; n < 16; n++) {
		int npi = number_npi_from_name(number_npi_name(n));
		int ton = n < 8 ? number_ton_from_name(number_ton_name(n)) : TON_RESERVED;

		assert_string_equal(number_npi_name((unsigned)npi), number_npi_name(n));
		assert_true(n >= 8 || ton == (int)n || ton == TON_RESERVED);
	}
	assert_int_equal(number_ton_from_name("international"), TON_INTERNATIONAL);
	assert_int_equal(number_npi_from_name("isdn"), NPI_ISDN);
	assert_int_equal(number_npi_from_name("foo"), -EINVAL);
	assert_int_equal(number_ton_from_name(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_and_refuses_numbers),
	    cmocka_unit_test(counts_explicit_length),
	    cmocka_unit_test(refuses_wrong_patterns),
	    cmocka_unit_test(says_whether_more_digits_could_fit),
	    cmocka_unit_test(survives_any_bytes),
	    cmocka_unit_test(never_backtracks),
	    cmocka_unit_test(reads_and_writes_numbers),
	    cmocka_unit_test(knows_ports),
	    cmocka_unit_test(orders_outbound_peers),
	    cmocka_unit_test(says_why_a_peer_was_left_out),
	    cmocka_unit_test(breaks_ties_by_chance_or_by_tag),
	    cmocka_unit_test(keeps_the_best_of_many),
	    cmocka_unit_test(hunts_on_for_causes_that_say_not_here),
	    cmocka_unit_test(sends_digits_as_configured),
	    cmocka_unit_test(routes_international_calls_from_isdn),
	    cmocka_unit_test(chooses_the_inbound_peer),
	    cmocka_unit_test(offers_peer_0_only_if_permitted),
	    cmocka_unit_test(refuses_wrong_peers),
	    cmocka_unit_test(says_why_a_peer_is_down),
	    cmocka_unit_test(index_finds_what_a_full_walk_finds),
	    cmocka_unit_test(index_copes_with_more_sets_than_codes),
	    cmocka_unit_test(maps_addresses),
	    cmocka_unit_test(names_of_types_and_plans_read_back),
	    cmocka_unit_test(routes_fast_among_many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
