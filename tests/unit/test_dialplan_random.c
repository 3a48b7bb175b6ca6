// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random plans and numbers. plan_route() against the rules spelled out over all peers, one after
 * another; digits one by one against the whole number; what explain says against what a call does;
 * numbers rendered for a trunk and normalised again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/collect.h"
#include "dialplan/pattern.h"
#include "dialplan/trial.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define PLANS 400
#define NUMBERS 60 /* tried on each plan */
#define INBOUND_TAG 99
#define LISTS "cor local a;cor all a,b;cor b b;"

static uint32_t seed;

static unsigned any(unsigned limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static void put_random(char *text, const char *const *words, size_t count)
{
	strcat(text, words[any(count)]);
}

static void random_plan(char *text)
{
	static const char *const atoms[] = {"1",    "2",      "3",     "1",	"2",  ".",
					    "[12]", "[^1-2]", "(12)?", "(13)+", "2%", "*"};
	static const char *const ends[] = {"", "", "", "T", "$"};
	static const char *const words[] = {
	    "",		" ",	     " ",	   " pref=1",	   " pref=2",	" huntstop",
	    " max=2",	" max=3",    " cor-out=b", " cor-out=all", " shutdown", " ton=national",
	    " nostrip", " forward=2"};

	sprintf(text, LISTS "%u voip ic=. %s", INBOUND_TAG, any(2) ? "cor-in=local" : "");
	for (unsigned tag = 1 + any(3); tag <= 14; tag += 1 + any(3)) {
		sprintf(text + strlen(text), ";%u dp=", tag);
		put_random(text, atoms, 3); /* quantifiers need something before them */
		for (unsigned n = any(4); n; n--)
			put_random(text, atoms, COUNT(atoms));
		put_random(text, ends, COUNT(ends));
		put_random(text, words, COUNT(words));
		put_random(text, words, COUNT(words));
	}
}

static void random_digits(char *digits, unsigned most)
{
	unsigned length = any(most + 1);

	for (unsigned i = 0; i < length; i++)
		digits[i] = "1122334*#"[any(9)];
	digits[length] = '\0';
}

/* ---- the rules over all peers */

struct fitting {
	const struct peer *peer;
	struct pattern_weight weight;
};

/* Rules 4.5 and 4.6, `dial-peer hunt` 0 and 2, `tie deterministic`. */
static bool goes_before(const struct fitting *a, const struct fitting *b, unsigned hunt)
{
	int length = b->weight.explicit_length - a->weight.explicit_length;
	int preference = a->peer->preference - b->peer->preference;
	int first = hunt == 0 ? length : preference, second = hunt == 0 ? preference : length;

	if (first || second)
		return (first ? first : second) < 0;
	if (a->weight.variable != b->weight.variable)
		return b->weight.variable;
	if (a->weight.literals != b->weight.literals)
		return a->weight.literals > b->weight.literals;
	if (a->weight.sets != b->weight.sets)
		return a->weight.sets > b->weight.sets;
	return a->peer->tag < b->peer->tag;
}

static struct plan_peer_status state(void *arg, const struct peer *peer)
{
	return (struct plan_peer_status){.calls = peer->tag % 4};
}

static bool may_be_used(const struct peer *peer, const struct plan_call *call, bool limited)
{
	if (peer->tag == INBOUND_TAG || peer->shutdown || peer->numbering_type != PEER_TON_ANY)
		return false; /* the calls here are of type unknown */
	if (peer->max_conn && peer->tag % 4 >= peer->max_conn)
		return false;
	return !limited || !peer->cor_outgoing[0];
}

static void naive_route(const struct plan *plan, const struct plan_call *call, bool limited,
			char *text)
{
	const char *digits = call->request.called.digits;
	unsigned count = 0, hunt = plan_options(plan)->hunt;
	struct fitting fitting[20];

	for (size_t i = 0; i < plan_peer_count(plan); i++) {
		const struct peer *peer = plan_peer_at(plan, i);
		struct fitting new = {.peer = peer};
		struct pattern *pattern;
		enum pattern_fit fit;
		unsigned at = count;

		if (!may_be_used(peer, call, limited))
			continue;
		assert_int_equal(pattern_compile(peer->destination_pattern, &pattern, NULL, 0), 0);
		fit = pattern_match(pattern, digits);
		new.weight = *pattern_weight(pattern);
		pattern_free(pattern);
		if (fit != PATTERN_FULL && (fit != PATTERN_SURPLUS || call->request.collected))
			continue;
		for (; at && goes_before(&new, &fitting[at - 1], hunt); at--)
			fitting[at] = fitting[at - 1];
		fitting[at] = new;
		count++;
	}
	*text = '\0';
	for (unsigned i = 0; i < count; i++) {
		sprintf(text + strlen(text), "%s%u", i ? " " : "", fitting[i].peer->tag);
		if (fitting[i].peer->huntstop)
			break;
	}
}

static void tags_of(const struct plan_route *route, char *text)
{
	*text = '\0';
	for (unsigned i = 0; i < route->count; i++)
		sprintf(text + strlen(text), "%s%u", i ? " " : "", route->candidates[i].peer->tag);
}

/* ---- one number on one plan */

struct trying {
	const char *text;
	const struct plan *plan;
	const struct peer *inbound;
	struct plan_call call;
};

static void routes_by_the_rules(struct trying *t)
{
	char expected[128], text[128];
	struct plan_route route;

	naive_route(t->plan, &t->call, t->inbound->cor_incoming[0], expected);
	plan_route(t->plan, &t->call.request, t->inbound, &route);
	tags_of(&route, text);
	if (strcmp(text, expected) != 0)
		fail_msg("[%s] %s%s: \"%s\", not \"%s\"", t->text, t->call.request.called.digits,
			 t->call.request.collected ? " collected" : "", text, expected);
	assert_int_equal(route.count == 0, route.cause != 0);
}

/* What is collected is what the whole of it does: the first candidate is the one that ended it. */
static void collects_what_it_routes(struct trying *t)
{
	const char *digits = t->call.request.called.digits;
	struct plan_route route, whole;
	enum collect_result result;
	struct plan_request again;
	struct collect c;
	const char *rest;

	result = collect_start(&c, t->plan, &t->call.request, t->inbound);
	rest = digits;
	if (result == COLLECT_MORE)
		result = collect_digits(&c, digits, &rest);
	if (result == COLLECT_MORE)
		result = collect_timeout(&c);
	if (result == COLLECT_MORE)
		fail_msg("[%s] %s: no end", t->text, digits);
	plan_route(t->plan, &c.request, t->inbound, &route);
	if (result == COLLECT_ROUTE) {
		assert_true(route.count > 0);
		assert_ptr_equal(route.candidates[0].peer, c.fit.full[0]);
		assert_int_equal(
		    strncmp(c.request.called.digits, digits, strlen(c.request.called.digits)), 0);
	} else if (route.count || (result == COLLECT_INCOMPLETE && c.cause != route.cause)) {
		/* where nothing fits at all collect tells of peers that are full as well */
		fail_msg("[%s] %s: cause %u, en bloc %u", t->text, c.request.called.digits, c.cause,
			 route.count ? 0 : route.cause);
	}
	/* en bloc the peer fits the same digits as well */
	again = c.request;
	again.collected = false;
	plan_route(t->plan, &again, t->inbound, &whole);
	assert_true(whole.count >= route.count || whole.candidates[whole.count - 1].peer->huntstop);
}

static void explains_what_it_does(struct trying *t)
{
	struct trial_outcome outcome;
	char text[128], tried[128];
	struct plan_route route;
	struct trial trial;

	trial_init(&trial);
	trial.request = t->call.request;
	trial.source_known = true;
	trial_run(&trial, t->plan, &outcome);
	plan_route(t->plan, &t->call.request, t->inbound, &route);
	tags_of(&route, text);
	tags_of(&outcome.route, tried);
	assert_string_equal(tried, text);
	assert_int_equal(outcome.cause, route.count ? 0 : route.cause);
	for (unsigned i = 0; i < route.count; i++)
		assert_string_equal(outcome.route.candidates[i].called.digits,
				    route.candidates[i].called.digits);
}

static void agrees_with_itself_and_the_rules(void **unused)
{
	struct plan_options options = {.tie_deterministic = true};
	char text[2048];

	seed = 4;
	for (unsigned p = 0; p < PLANS; p++) {
		struct trying t = {.text = text};
		struct plan_inbound inbound;
		struct plan *plan;

		options.hunt = any(2) ? 0 : 2;
		options.overlap_safe = any(2);
		random_plan(text);
		t.plan = plan = plan_rig_plan(text, &options);
		for (unsigned n = 0; n < NUMBERS; n++) {
			plan_rig_call(&t.call, "voip called=1", NULL);
			t.call.request.status = state;
			assert_int_equal(plan_match_inbound(plan, &t.call.request, &inbound), 0);
			t.inbound = inbound.peer;
			do
				random_digits(t.call.request.called.digits, 8);
			while (!t.call.request.called.digits[0] ||
			       t.call.request.called.digits[0] == '#');
			t.call.request.collected = any(2);
			routes_by_the_rules(&t);
			explains_what_it_does(&t);
			collects_what_it_routes(&t);
		}
		plan_unref(plan);
	}
}

/* ---- numbers there and back */

static void renders_what_it_normalises(void **unused)
{
	static const struct number_plan plans[] = {
	    {"44", "00", "0", "20"}, {"1", "011", "1", "408"}, {"49", "00", "0", "30"}};

	seed = 5;
	for (unsigned i = 0; i < 20000; i++) {
		const struct number_plan *plan = &plans[any(COUNT(plans))];
		struct number number = {.ton = TON_INTERNATIONAL, .npi = NPI_ISDN}, back;
		unsigned length = 7 + any(9);

		strcpy(number.digits, any(2) ? plan->country_code : "");
		if (number.digits[0] && any(2))
			strcat(number.digits, plan->area_code);
		while (strlen(number.digits) < length)
			sprintf(number.digits + strlen(number.digits), "%u", 1 + any(9));
		for (int format = NUMBER_AS_IS; format <= NUMBER_E164; format++) {
			back = number;
			number_render(plan, format, &back);
			number_normalize(plan, &back);
			if (strcmp(back.digits, number.digits) != 0 || back.ton != number.ton ||
			    back.npi != number.npi)
				fail_msg("+%s as %s: %s (%s)", number.digits,
					 number_format_name(format), back.digits,
					 number_ton_name(back.ton));
		}
	}
}

int test_dialplan_random(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_itself_and_the_rules),
	    cmocka_unit_test(renders_what_it_normalises),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
