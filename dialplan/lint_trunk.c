// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ways back: a call that comes in on a trunk (a port, a trunk group, or a host that is a session
 * target) and leaves by the same. Peers are sorted by trunk; within one, those that calls come in on are put beside those
 * that they may leave by, and the plan itself is asked what happens to a number that fits both.
 *
 * What comes in is known where `incoming called-number` has digits. A peer that takes calls to all
 * numbers says nothing about them; then only an outbound pattern for all numbers is suspicious.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/lint_private.h"
#include "dialplan/pattern_pair.h"
#include "dialplan/plan_private.h"
#include "dialplan/trial.h"

struct way {
	const struct peer *peer;
	bool in_only; /* pots: its port is one of group */
	/* pots: a port, or a trunk group and one of its ports */
	unsigned span, timeslot;
	const char *group, *port;
	/* voip: of its session target */
	const char *host;
	size_t host_length;
};

struct ways {
	struct way *way;
	size_t count, size;
	int rc;
};

static void ways_add(struct ways *ways, const struct way *way)
{
	struct way *grown;

	if (ways->count == ways->size) {
		ways->size = ways->size ? 2 * ways->size : 64;
		grown = reallocarray(ways->way, ways->size, sizeof(*grown));
		if (!grown) {
			ways->size = ways->count;
			ways->rc = -ENOMEM;
			return;
		}
		ways->way = grown;
	}
	ways->way[ways->count++] = *way;
}

static void ways_add_pots(struct ways *ways, const struct peer *peer)
{
	const struct plan_entry *entry = plan_entry_of(peer);
	struct way way = {.peer = peer, .port = peer->port};

	way.span = peer_port_span(peer->port, &way.timeslot);
	if (way.span)
		ways_add(ways, &way);
	way.span = way.timeslot = 0;
	if (entry->trunk && entry->trunk->group) {
		way.group = entry->trunk->group->group.name;
		way.in_only = true;
		ways_add(ways, &way);
	}
	way.in_only = false;
	for (unsigned g = 0; g < PEER_TRUNK_GROUPS_MAX && entry->trunks[g]; g++) {
		if (!entry->trunks[g]->count)
			continue;
		way.group = entry->trunks[g]->group.name;
		way.port = entry->trunks[g]->members[0]->port.port;
		ways_add(ways, &way);
	}
}

/* "ipv4:10.1.1.1:5060" -> 10.1.1.1 */
static void ways_add_voip(struct ways *ways, const struct peer *peer)
{
	const char *host = strchr(peer->session_target, ':');
	struct way way = {.peer = peer};

	if (!host || (strncmp(peer->session_target, "ip", 2) != 0 &&
		      strncmp(peer->session_target, "dns:", 4) != 0))
		return;
	way.host = host + 1;
	way.host_length = way.host[0] == '[' ? strcspn(way.host, "]") + 1 : strcspn(way.host, ":");
	if (!memchr(way.host, '$', way.host_length) && way.host_length < 120)
		ways_add(ways, &way);
}

static int compare_trunks(const struct way *a, const struct way *b)
{
	if (a->peer->kind != b->peer->kind)
		return a->peer->kind < b->peer->kind ? -1 : 1;
	if (a->span != b->span)
		return a->span < b->span ? -1 : 1;
	if (a->timeslot != b->timeslot)
		return a->timeslot < b->timeslot ? -1 : 1;
	if (a->group && b->group)
		return strcmp(a->group, b->group);
	if (a->group || b->group)
		return a->group ? 1 : -1;
	if (a->host_length != b->host_length)
		return a->host_length < b->host_length ? -1 : 1;
	return a->host_length ? memcmp(a->host, b->host, a->host_length) : 0;
}

static int compare_ways(const void *pa, const void *pb)
{
	const struct way *a = pa, *b = pb;
	int order = compare_trunks(a, b);

	if (order)
		return order;
	return a->peer->tag < b->peer->tag ? -1 : a->peer->tag > b->peer->tag;
}

/* As a source of calls. */
static void trunk_name(const struct way *way, char name[160])
{
	if (way->peer->kind == PEER_POTS)
		snprintf(name, 160, "%s", way->port);
	else
		snprintf(name, 160, "sip:%.*s", (int)way->host_length, way->host);
}

/* Does such a call leave by peer first? */
static bool leaves_by(const struct lint *lint, const struct way *in, const char *called,
		      const struct peer *peer)
{
	struct trial_outcome outcome;
	struct trial trial;
	char name[160];

	trunk_name(in, name);
	trial_init(&trial);
	if (trial_set_source(&trial, lint->plan, name) < 0 ||
	    trial_set_numbers(&trial, called, "", "") < 0)
		return false;
	trial_run(&trial, lint->plan, &outcome);
	return outcome.route.count && outcome.inbound.peer == in->peer &&
	       outcome.route.candidates[0].peer == peer &&
	       (!in->group ||
		(outcome.route.candidates[0].trunk_group &&
		 strcmp(outcome.route.candidates[0].trunk_group->name, in->group) == 0));
}

static void tell(const struct lint *lint, const struct way *in, const struct way *out,
		 const char *called)
{
	bool pots = in->peer->kind == PEER_POTS;
	struct lint_warning warning = {
	    .kind = pots ? LINT_HAIRPIN : LINT_LOOP, .tag = out->peer->tag, .other = in->peer->tag};
	char name[160], numbers[80];

	if (in->group)
		snprintf(name, sizeof(name), "trunk group %s", in->group);
	else
		trunk_name(in, name);
	if (called)
		snprintf(numbers, sizeof(numbers), "to %s", called);
	else
		snprintf(numbers, sizeof(numbers), "that fit no other dial peer");
	lint_tell(lint, &warning,
		  "calls %s that come from %s by dial-peer voice %u go back there by %u (%s)",
		  numbers, name, warning.other, warning.tag, out->peer->destination_pattern);
}

/* Returns whether it told something. */
static bool compare_pair(struct lint *lint, const struct way *in, const struct way *out)
{
	char called[NUMBER_DIGITS_MAX + 1];
	struct pattern *a = NULL, *b = NULL;
	bool told = false;

	if (pattern_compile(out->peer->destination_pattern, &a, NULL, 0) < 0)
		return false;
	if (lint_takes_all(a)) {
		told = !out->peer->cor_outgoing[0] && !in->peer->dpg;
		if (told)
			tell(lint, in, out, NULL);
	} else if (in->peer->incoming_called_number[0] &&
		   pattern_compile(in->peer->incoming_called_number, &b, NULL, 0) == 0) {
		told = !lint_takes_all(b) &&
		       pattern_pair_find(a, b, PATTERN_PAIR_BOTH, called) == 1 &&
		       leaves_by(lint, in, called, out->peer);
		if (told)
			tell(lint, in, out, called);
	}
	pattern_free(a);
	pattern_free(b);
	return told;
}

/* One finding for each peer that calls leave by. */
static void lint_trunk(struct lint *lint, const struct way *ways, size_t count)
{
	for (size_t o = 0; o < count; o++) {
		unsigned left = LINT_NEIGHBOURS_MAX;
		bool told = false;

		if (ways[o].in_only || !peer_is_outbound(ways[o].peer) ||
		    !ways[o].peer->destination_pattern[0])
			continue;
		for (size_t i = 0; i < count && left && !told; i++) {
			if (!peer_is_inbound(ways[i].peer))
				continue;
			left--;
			told = lint_take_pair(lint) && compare_pair(lint, &ways[i], &ways[o]);
		}
	}
}

int lint_trunks(struct lint *lint)
{
	struct ways ways = {0};
	size_t begin = 0;

	for (size_t i = 0; i < plan_peer_count(lint->plan) && ways.rc == 0; i++) {
		const struct peer *peer = plan_peer_at(lint->plan, i);

		if (peer->kind == PEER_POTS)
			ways_add_pots(&ways, peer);
		else if (!plan_options(lint->plan)->no_sip_to_sip)
			ways_add_voip(&ways, peer);
	}
	if (ways.count)
		qsort(ways.way, ways.count, sizeof(*ways.way), compare_ways);
	for (size_t i = 1; ways.rc == 0 && i <= ways.count; i++) {
		if (i < ways.count && compare_trunks(&ways.way[begin], &ways.way[i]) == 0)
			continue;
		lint_trunk(lint, &ways.way[begin], i - begin);
		begin = i;
	}
	free(ways.way);
	return ways.rc;
}
