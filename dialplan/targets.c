// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a call to a peer can go: its port or target, the members of its trunk groups, the servers of
 * its server group. */
#include <string.h>

#include "dialplan/plan_private.h"

struct ranked {
	struct plan_target target;
	struct plan_target_status status;
	unsigned preference; /* lower first */
	unsigned ordinal;    /* as configured, in order of preference */
	enum trunk_group_scheme scheme;
};

struct ranking {
	const struct plan_search *search;
	const struct plan_entry *entry;
	struct ranked best[PLAN_CANDIDATES_MAX];
	unsigned count;
};

static struct plan_target_status status_of(const struct plan_search *search, const char *target)
{
	const struct plan_request *request = search->request;

	return request->target ? request->target(request->target_arg, target)
			       : (struct plan_target_status){.down = false};
}

struct plan_group_calls plan_calls_of(const struct plan_request *request,
				      const struct trunk_group *group)
{
	return request->group_calls ? request->group_calls(request->group_calls_arg, group->name)
				    : (struct plan_group_calls){0};
}

/* `max-calls voice N direction out` */
static bool group_is_full(const struct plan_search *search, const struct trunk_group *group)
{
	return group->max_out && !search->emergency &&
	       plan_calls_of(search->request, group).out >= group->max_out;
}

static bool tries_those_down(const struct plan_search *search)
{
	return search->plan->options.status_check == PLAN_STATUS_IGNORE;
}

/* ---- order */

static unsigned free_channels(const struct plan_target_status *status)
{
	return status->channels > status->busy ? status->channels - status->busy : 0;
}

static int by_scheme(const struct ranked *a, const struct ranked *b, uint32_t random)
{
	switch (a->scheme) {
	case TRUNK_GROUP_LEAST_USED:
		return hunt_rising(free_channels(&b->status), free_channels(&a->status));
	case TRUNK_GROUP_LEAST_IDLE:
		return hunt_rising(b->status.idle_since, a->status.idle_since);
	case TRUNK_GROUP_LONGEST_IDLE:
		return hunt_rising(a->status.idle_since, b->status.idle_since);
	case TRUNK_GROUP_ROUND_ROBIN:
		return hunt_rising(a->status.last_used, b->status.last_used);
	case TRUNK_GROUP_RANDOM:
		return hunt_rising(hunt_shuffle(random, a->ordinal),
				   hunt_shuffle(random, b->ordinal));
	case TRUNK_GROUP_SEQUENTIAL:
		break;
	}
	return 0;
}

/* Those without a free channel go last: they are still tried, as a channel may be freed by then. */
static int compare(const struct ranked *a, const struct ranked *b, uint32_t random)
{
	int order = hunt_rising(a->status.channels && !free_channels(&a->status),
				b->status.channels && !free_channels(&b->status));

	if (!order)
		order = hunt_rising(a->preference, b->preference);
	if (!order)
		order = by_scheme(a, b, random);
	return order ? order : hunt_rising(a->ordinal, b->ordinal);
}

static void rank(struct ranking *ranking, const struct ranked *ranked)
{
	uint32_t random = ranking->search->request->random;
	unsigned at = ranking->count;

	while (at && compare(ranked, &ranking->best[at - 1], random) < 0)
		at--;
	if (at == PLAN_CANDIDATES_MAX)
		return;
	if (ranking->count < PLAN_CANDIDATES_MAX)
		ranking->count++;
	memmove(&ranking->best[at + 1], &ranking->best[at],
		(ranking->count - at - 1) * sizeof(ranking->best[0]));
	ranking->best[at] = *ranked;
}

/* ---- groups */

static void tell_left_out(const struct ranking *ranking, const char *target,
			  enum plan_reason reason)
{
	plan_tell(ranking->search->request, &(struct plan_note){.step = PLAN_STEP_EXCLUDED,
								.peer = &ranking->entry->peer,
								.target = target,
								.reason = reason});
}

static void rank_trunks(struct ranking *ranking, const struct plan_trunks *group, bool down)
{
	if (group_is_full(ranking->search, &group->group)) {
		tell_left_out(ranking, group->group.name, PLAN_REASON_MAX_CALLS);
		return;
	}
	for (size_t i = 0; i < group->count; i++) {
		const struct plan_trunk *trunk = group->members[i];
		struct ranked ranked = {
		    .target = {trunk->port.port, trunk, &group->group, NULL},
		    .status = status_of(ranking->search, trunk->port.port),
		    .preference = plan_preference_rank(trunk->port.trunk_group_preference),
		    .ordinal = i,
		    .scheme = group->group.scheme,
		};

		if (!ranked.status.down || down)
			rank(ranking, &ranked);
		else
			tell_left_out(ranking, trunk->port.port, PLAN_REASON_PORT_DOWN);
	}
}

static void rank_servers(struct ranking *ranking, const struct server_group *group, bool down)
{
	for (unsigned i = 0; i < group->count; i++) {
		const char *target = group->servers[i].target;
		struct ranked ranked = {
		    .target = {target, NULL, NULL, group},
		    .status = status_of(ranking->search, target),
		    .ordinal = i,
		    .scheme = group->round_robin ? TRUNK_GROUP_ROUND_ROBIN : TRUNK_GROUP_SEQUENTIAL,
		};

		if (!group->round_robin)
			ranked.preference = group->servers[i].preference;
		if (!ranked.status.down || down)
			rank(ranking, &ranked);
		else
			tell_left_out(ranking, target, PLAN_REASON_BUSIED_OUT);
	}
}

/* down: those that are down as well. */
static unsigned collect(const struct plan_search *search, const struct plan_entry *entry, bool down,
			struct plan_target *targets)
{
	struct ranking ranking;
	unsigned count = 0;

	ranking.search = search;
	ranking.entry = entry;
	for (unsigned g = 0; g < PEER_TRUNK_GROUPS_MAX; g++) {
		bool trunks = entry->trunks[g] != NULL;

		ranking.count = 0;
		if (trunks)
			rank_trunks(&ranking, entry->trunks[g], down);
		else if (g == 0 && entry->servers)
			rank_servers(&ranking, &entry->servers->group, down);
		for (unsigned i = 0; i < ranking.count && count < PLAN_CANDIDATES_MAX; i++)
			targets[count++] = ranking.best[i].target;
	}
	return count;
}

unsigned plan_targets(const struct plan_search *search, const struct plan_entry *entry,
		      struct plan_target *targets)
{
	const struct peer *peer = &entry->peer;
	unsigned count;

	if (!entry->trunks[0] && !entry->servers) {
		targets[0] = (struct plan_target){
		    .target = peer->kind == PEER_POTS ? peer->port : peer->session_target,
		    .trunk = entry->trunk,
		};
		return 1;
	}
	count = collect(search, entry, false, targets);
	if (!count && peer->kind == PEER_POTS && tries_those_down(search))
		count = collect(search, entry, true, targets);
	return count;
}

bool plan_targets_are_left(const struct plan_search *search, const struct plan_entry *entry,
			   enum plan_reason *reason)
{
	bool pots = entry->peer.kind == PEER_POTS, full = false;

	if (!entry->trunks[0] && !entry->servers)
		return true;
	for (unsigned g = 0; g < PEER_TRUNK_GROUPS_MAX && entry->trunks[g]; g++) {
		if (group_is_full(search, &entry->trunks[g]->group)) {
			full = true;
			continue;
		}
		for (size_t i = 0; i < entry->trunks[g]->count; i++)
			if (tries_those_down(search) ||
			    !status_of(search, entry->trunks[g]->members[i]->port.port).down)
				return true;
	}
	for (unsigned i = 0; entry->servers && i < entry->servers->group.count; i++)
		if (!status_of(search, entry->servers->group.servers[i].target).down)
			return true;
	*reason = full	 ? PLAN_REASON_MAX_CALLS
		  : pots ? PLAN_REASON_PORT_DOWN
			 : PLAN_REASON_BUSIED_OUT;
	return false;
}
