// SPDX-License-Identifier: GPL-2.0-or-later
/* The hunt order of random plans, compared with a plain walk over all peers and a sort by the rules
 * as they are written (4.2 to 4.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

enum { PEERS = 60, PLANS = 150, CALLS = 40, MAPS = 4 };

static const char *const hunts[] = {"lpr", "lpu", "plr", "plu", "ulp", "upl", "r", "u"};

struct walked { /* a peer that fits, and by what */
	const struct peer *peer;
	struct pattern_weight weight;
	unsigned used;
};

static struct {
	unsigned hunt;
	char patterns[PEERS + 1][24]; /* by tag */
	char maps[MAPS + 1][4][24];
	unsigned map_of[PEERS + 1], used[PEERS + 1];
} walk;

static unsigned pick(unsigned n)
{
	return (unsigned)rand() % n;
}

static void random_pattern(char *text)
{
	static const char *const atoms[] = {"1", "2", "3", ".", "[1-2]", "[13]", "2+", "1%", "3?"};
	unsigned length = 1 + pick(4);

	*text = '\0';
	for (unsigned i = 0; i < length; i++)
		strcat(text, atoms[i == 0 ? pick(4) : pick(COUNT(atoms))]);
	if (pick(3) == 0)
		strcat(text, "T");
}

static void random_plan(char *text)
{
	for (unsigned m = 1; m <= MAPS; m++) {
		text += sprintf(text, "map %u", m);
		for (unsigned i = 0; i < 4; i++) {
			random_pattern(walk.maps[m][i]);
			text += sprintf(text, " %s", walk.maps[m][i]);
		}
		text += sprintf(text, ";");
	}
	for (unsigned tag = 1; tag <= PEERS; tag++) {
		walk.map_of[tag] = pick(4) ? 0 : 1 + pick(MAPS);
		walk.patterns[tag][0] = '\0';
		if (!walk.map_of[tag] || pick(2))
			random_pattern(walk.patterns[tag]);
		walk.used[tag] = pick(5);
		text +=
		    sprintf(text, "%u voip pref=%u%s", tag, pick(3), pick(8) ? "" : " shutdown");
		if (walk.patterns[tag][0])
			text += sprintf(text, " dp=%s", walk.patterns[tag]);
		if (walk.map_of[tag])
			text += sprintf(text, " dmap=%u", walk.map_of[tag]);
		text += sprintf(text, "%s", tag < PEERS ? ";" : "");
	}
}

/* ---- the walk */

static int by_rules(const void *pa, const void *pb)
{
	const struct walked *a = pa, *b = pb;

	for (const char *rule = hunts[walk.hunt]; *rule; rule++) {
		if (*rule == 'l' && a->weight.explicit_length != b->weight.explicit_length)
			return b->weight.explicit_length - a->weight.explicit_length;
		if (*rule == 'p' && a->peer->preference != b->peer->preference)
			return a->peer->preference - b->peer->preference;
		if (*rule == 'u' && a->used != b->used)
			return (int)a->used - (int)b->used;
	}
	if (a->weight.variable != b->weight.variable)
		return a->weight.variable - b->weight.variable;
	if (a->weight.literals != b->weight.literals)
		return b->weight.literals - a->weight.literals;
	if (a->weight.sets != b->weight.sets)
		return b->weight.sets - a->weight.sets;
	return (int)a->peer->tag - (int)b->peer->tag;
}

static void walk_pattern(const char *text, const char *called, const struct peer *peer,
			 struct walked *best)
{
	struct walked found = {.peer = peer, .used = walk.used[peer->tag]};
	struct pattern *pattern;
	enum pattern_fit fit;

	if (!*text)
		return;
	assert_int_equal(pattern_compile(text, &pattern, NULL, 0), 0);
	fit = pattern_match(pattern, called);
	found.weight = *pattern_weight(pattern);
	pattern_free(pattern);
	if (fit != PATTERN_FULL && fit != PATTERN_SURPLUS)
		return;
	if (!best->peer || by_rules(&found, best) < 0)
		*best = found;
}

static unsigned walk_peers(const struct plan *plan, const char *called, struct walked *found)
{
	unsigned count = 0;

	for (size_t i = 0; i < plan_peer_count(plan); i++) {
		const struct peer *peer = plan_peer_at(plan, i);
		struct walked best = {0};

		if (peer->shutdown)
			continue;
		walk_pattern(walk.patterns[peer->tag], called, peer, &best);
		for (unsigned e = 0; walk.map_of[peer->tag] && e < 4; e++)
			walk_pattern(walk.maps[walk.map_of[peer->tag]][e], called, peer, &best);
		if (best.peer)
			found[count++] = best;
	}
	qsort(found, count, sizeof(*found), by_rules);
	return count < PLAN_CANDIDATES_MAX ? count : PLAN_CANDIDATES_MAX;
}

static struct plan_peer_status status_of(void *arg, const struct peer *peer)
{
	return (struct plan_peer_status){.last_used = walk.used[peer->tag]};
}

static void hunts_as_a_walk_over_all_peers_would(void **state)
{
	struct plan_request request = {.inbound_kind = PEER_VOIP, .status = status_of};
	struct plan_options options = {.tie_deterministic = true};
	static struct walked expected[PEERS];
	static char text[16384];
	struct plan_route route;
	unsigned total = 0;

	srand(5);
	for (unsigned p = 0; p < PLANS; p++) {
		struct plan *plan;

		random_plan(text);
		options.hunt = walk.hunt = p % 8;
		plan = plan_rig_plan(text, &options);
		for (unsigned c = 0; c < CALLS; c++) {
			unsigned length = 1 + pick(5), count;

			for (unsigned i = 0; i < length; i++)
				request.called.digits[i] = '1' + pick(3);
			request.called.digits[length] = '\0';
			count = walk_peers(plan, request.called.digits, expected);
			plan_route(plan, &request, NULL, &route);
			if (route.count != count)
				fail_msg("%s: %s: %u peers, not %u", text, request.called.digits,
					 route.count, count);
			for (unsigned i = 0; i < count; i++)
				if (route.candidates[i].peer != expected[i].peer)
					fail_msg("hunt %u: %s: %s: peer %u, not %u at %u",
						 options.hunt, text, request.called.digits,
						 route.candidates[i].peer->tag,
						 expected[i].peer->tag, i);
			total += count;
		}
		plan_unref(plan);
	}
	assert_true(total > PLANS * CALLS); /* it was about something */
}

int test_dialplan_hunt(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hunts_as_a_walk_over_all_peers_would),
	};

	return cmocka_run_group_tests_name("hunt", tests, NULL, NULL);
}
