// SPDX-License-Identifier: GPL-2.0-or-later
/* plan_seal(): what objects say of each other by number and name becomes pointers, and what
 * look-ups need is put in order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/plan_private.h"

/* ---- profiles, ports, trunk groups, peer groups */

static const struct plan_profile *find_profile(const struct plan *plan, const char *name)
{
	return name[0] ? table_find(&plan->tables[PLAN_PROFILES], name) : NULL;
}

static void resolve_profiles(struct plan *plan)
{
	const struct table *profiles = &plan->tables[PLAN_PROFILES];

	for (size_t i = 0; i < profiles->count; i++) {
		struct plan_profile *profile = profiles->objects[i];
		const unsigned sets[PLAN_WHICH_COUNT] = {
		    [PLAN_CALLED] = profile->profile.called,
		    [PLAN_CALLING] = profile->profile.calling,
		    [PLAN_REDIRECTING] = profile->profile.redirect_called,
		    [PLAN_TARGET] = profile->profile.redirect_target,
		};

		for (unsigned w = 0; w < PLAN_WHICH_COUNT; w++)
			if (sets[w])
				profile->rules[w] = table_find(&plan->tables[PLAN_RULES], &sets[w]);
	}
	plan->voip_incoming = find_profile(plan, plan->options.voip_profile);
	for (size_t i = 0; i < plan->tables[PLAN_SOURCES].count; i++) {
		struct plan_source *source = plan->tables[PLAN_SOURCES].objects[i];

		source->incoming = find_profile(plan, source->group.profile_incoming);
	}
}

unsigned plan_preference_rank(uint8_t preference)
{
	return preference ? preference : 256;
}

static int compare_members(const void *pa, const void *pb)
{
	const struct plan_trunk *a = *(const struct plan_trunk *const *)pa;
	const struct plan_trunk *b = *(const struct plan_trunk *const *)pb;
	unsigned rank_a = plan_preference_rank(a->port.trunk_group_preference);
	unsigned rank_b = plan_preference_rank(b->port.trunk_group_preference);

	if (rank_a != rank_b)
		return rank_a < rank_b ? -1 : 1;
	return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

static void resolve_trunk(const struct plan *plan, struct plan_trunk *trunk)
{
	const struct trunk_group *group;

	trunk->incoming = find_profile(plan, trunk->port.profile_incoming);
	trunk->outgoing = find_profile(plan, trunk->port.profile_outgoing);
	trunk->called_format = trunk->port.called_format;
	trunk->calling_format = trunk->port.calling_format;
	trunk->group = trunk->port.trunk_group[0]
			   ? table_find(&plan->tables[PLAN_TRUNK_GROUPS], trunk->port.trunk_group)
			   : NULL;
	if (!trunk->group)
		return;
	group = &trunk->group->group;
	if (trunk->called_format == NUMBER_AS_IS)
		trunk->called_format = group->called_format;
	if (trunk->calling_format == NUMBER_AS_IS)
		trunk->calling_format = group->calling_format;
}

static int resolve_trunks(struct plan *plan)
{
	const struct table *groups = &plan->tables[PLAN_TRUNK_GROUPS];
	const struct table *ports = &plan->tables[PLAN_PORTS];

	for (size_t i = 0; i < groups->count; i++) {
		struct plan_trunks *group = groups->objects[i];

		group->incoming = find_profile(plan, group->group.profile_incoming);
		group->outgoing = find_profile(plan, group->group.profile_outgoing);
		group->members = calloc(ports->count + 1, sizeof(*group->members));
		if (!group->members)
			return -ENOMEM;
	}
	for (size_t i = 0; i < ports->count; i++) {
		struct plan_trunk *trunk = ports->objects[i];
		struct plan_trunks *group;

		resolve_trunk(plan, trunk);
		if (!trunk->group)
			continue;
		group = table_find(groups, trunk->port.trunk_group);
		group->members[group->count++] = trunk;
	}
	for (size_t i = 0; i < groups->count; i++) {
		struct plan_trunks *group = groups->objects[i];

		qsort(group->members, group->count, sizeof(*group->members), compare_members);
	}
	return 0;
}

const struct plan_trunk *plan_find_trunk(const struct plan *plan, const char *port)
{
	unsigned number = port ? plan_port_number(port) : 0;

	return number ? table_find(&plan->tables[PLAN_PORTS], &number) : NULL;
}

/* By preference, then as configured. */
static void resolve_groups(struct plan *plan)
{
	const struct table *groups = &plan->tables[PLAN_GROUPS];

	for (size_t i = 0; i < groups->count; i++) {
		struct plan_group *group = groups->objects[i];

		for (unsigned preference = 0; preference <= UINT8_MAX; preference++) {
			for (unsigned m = 0; m < group->group.count; m++) {
				unsigned tag = group->group.members[m].tag;
				const struct plan_entry *entry;

				if (group->group.members[m].preference != preference)
					continue;
				entry = table_find(&plan->peers, &tag);
				if (entry)
					group->members[group->count++] = entry;
			}
		}
	}
}

/* ---- what a peer refers to */

struct resolver {
	struct plan *plan;
	struct plan_entry *entry;
	int rc;
};

static void miss(struct resolver *r, const char *text)
{
	if (r->entry->missing)
		return;
	r->entry->missing = strdup(text);
	if (!r->entry->missing)
		r->rc = -ENOMEM;
}

static void *by_name(struct resolver *r, enum plan_kind kind, const char *what, const char *name)
{
	char text[CLASS_NAME_MAX + 64];
	void *found;

	if (!name[0])
		return NULL;
	found = table_find(&r->plan->tables[kind], name);
	if (!found) {
		snprintf(text, sizeof(text), "%s %s", what, name);
		miss(r, text);
	}
	return found;
}

static void *by_number(struct resolver *r, enum plan_kind kind, const char *what, unsigned number)
{
	char text[64];
	void *found;

	if (!number)
		return NULL;
	found = table_find(&r->plan->tables[kind], &number);
	if (!found) {
		snprintf(text, sizeof(text), "%s %u", what, number);
		miss(r, text);
	}
	return found;
}

static void use(struct resolver *r, struct plan_list *users)
{
	if (users && plan_list_add(users, r->entry) < 0)
		r->rc = -ENOMEM;
}

/* The port or carrier of that key, made if nobody spoke of it before; NULL: out of memory. */
static void *by_key(struct resolver *r, enum plan_kind kind, const void *key, size_t key_size,
		    size_t size)
{
	void *object = table_find(&r->plan->tables[kind], key);

	if (object)
		return object;
	object = calloc(1, size);
	if (object) {
		memcpy(object, key, key_size);
		if (plan_take(r->plan, kind, object) == 0)
			return object;
	}
	r->rc = -ENOMEM;
	return NULL;
}

static void resolve_port(struct resolver *r)
{
	unsigned number = plan_port_number(r->entry->peer.port);
	struct plan_trunk *trunk;

	if (!number || r->entry->peer.kind != PEER_POTS)
		return;
	trunk = by_key(r, PLAN_PORTS, &number, sizeof(number), sizeof(*trunk));
	r->entry->trunk = trunk;
	if (r->entry->valid)
		use(r, trunk ? &trunk->users : NULL);
}

static void resolve_carrier(struct resolver *r)
{
	const struct peer *peer = &r->entry->peer;
	struct plan_carrier *carrier;

	if (peer->carrier_source[0]) {
		carrier = by_key(r, PLAN_CARRIERS, peer->carrier_source,
				 sizeof(peer->carrier_source), sizeof(*carrier));
		use(r, carrier ? &carrier->sources : NULL);
	}
	if (peer->carrier_target[0]) {
		carrier = by_key(r, PLAN_CARRIERS, peer->carrier_target,
				 sizeof(peer->carrier_target), sizeof(*carrier));
		use(r, carrier ? &carrier->targets : NULL);
	}
}

static void resolve_maps(struct resolver *r)
{
	const struct peer *peer = &r->entry->peer;
	const unsigned numbers[FIELD_COUNT] = {
	    [FIELD_DESTINATION] = peer->destination_map,
	    [FIELD_CALLED] = peer->called_map,
	    [FIELD_ANSWER] = peer->calling_map,
	    [FIELD_CALLING_OUT] = peer->calling_out_map,
	};

	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		struct plan_map *map = by_number(r, PLAN_MAPS, "e164-pattern-map", numbers[f]);

		r->entry->maps[f] = map;
		use(r, map ? &map->users[f] : NULL);
	}
}

static void resolve_uris(struct resolver *r)
{
	const struct peer *peer = &r->entry->peer;

	for (unsigned u = 0; u <= PEER_URI_VIA; u++) {
		struct plan_uri_class *class =
		    by_name(r, PLAN_URIS, "voice class uri", peer->incoming_uri[u]);

		use(r, class ? &class->incoming[u] : NULL);
	}
	for (unsigned u = 0; u < PEER_URI_COUNT; u++) {
		struct plan_uri_class *class =
		    by_name(r, PLAN_URIS, "voice class uri", peer->destination_uri[u]);

		r->entry->destination_uri[u] = class;
		use(r, class ? &class->destination[u] : NULL);
	}
}

static void resolve_cor(struct resolver *r)
{
	struct plan_entry *entry = r->entry;
	const struct cor_list *list;

	list = by_name(r, PLAN_CORS, "dial-peer cor list", entry->peer.cor_incoming);
	entry->cor_limited = list != NULL;
	entry->cor_incoming = list ? list->members : 0;
	list = by_name(r, PLAN_CORS, "dial-peer cor list", entry->peer.cor_outgoing);
	entry->cor_outgoing = list ? list->members : 0;
}

static void resolve_trunk_groups(struct resolver *r)
{
	const struct peer *peer = &r->entry->peer;
	unsigned count = 0;

	for (unsigned rank = 1; rank <= 256; rank++)
		for (unsigned i = 0; i < PEER_TRUNK_GROUPS_MAX && peer->trunk_groups[i].name[0];
		     i++) {
			struct plan_trunks *group;

			if (plan_preference_rank(peer->trunk_groups[i].preference) != rank)
				continue;
			group = by_name(r, PLAN_TRUNK_GROUPS, "trunk group",
					peer->trunk_groups[i].name);
			if (group)
				r->entry->trunks[count++] = group;
		}
}

static void resolve_enum(struct resolver *r)
{
	const char *target = r->entry->peer.session_target;
	char *end;
	unsigned long number;

	if (strncmp(target, "enum:", 5) != 0)
		return;
	number = strtoul(target + 5, &end, 10);
	if (end == target + 5 || *end || number < 1 || number > UINT32_MAX)
		miss(r, target);
	else
		r->entry->enum_table = by_number(r, PLAN_ENUMS, "voice enum-match-table", number);
}

static int resolve_peer(struct plan *plan, struct plan_entry *entry)
{
	static const char profile[] = "translation-profile";
	struct resolver r = {.plan = plan, .entry = entry};
	const struct peer *peer = &entry->peer;

	resolve_maps(&r);
	resolve_uris(&r);
	resolve_cor(&r);
	resolve_trunk_groups(&r);
	resolve_enum(&r);
	entry->hunt_group = by_number(&r, PLAN_HUNT_GROUPS, "voice hunt-group", peer->hunt_group);
	entry->incoming = by_name(&r, PLAN_PROFILES, profile, peer->profile_incoming);
	entry->outgoing = by_name(&r, PLAN_PROFILES, profile, peer->profile_outgoing);
	entry->call_block = by_name(&r, PLAN_PROFILES, profile, peer->call_block);
	entry->group = by_number(&r, PLAN_GROUPS, "voice class dpg", peer->dpg);
	entry->servers =
	    by_number(&r, PLAN_SERVERS, "voice class server-group", peer->server_group);
	entry->policy = by_number(&r, PLAN_POLICIES, "voice class dial-peer provision-policy",
				  peer->provision_policy);
	entry->valid = peer_is_valid(peer) && !entry->missing;
	entry->outbound = peer_is_outbound(peer);
	resolve_port(&r);
	resolve_carrier(&r);
	return r.rc;
}

/* ---- what look-ups need */

static int index_peers(struct plan *plan)
{
	int rc;

	for (size_t i = 0; i < plan->peers.count; i++) {
		const struct plan_entry *entry = plan_entry_at(plan, i);

		for (unsigned f = 0; f < FIELD_PATTERNS; f++) {
			if (!entry->patterns[f])
				continue;
			rc = index_add(plan->indexes[f], entry->patterns[f], i);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

struct map_adding {
	struct index *index;
	uint32_t value;
	int rc;
};

static bool add_map_entry(void *arg, const char *pattern)
{
	struct map_adding *adding = arg;

	adding->rc = index_add_text(adding->index, pattern, adding->value, NULL, 0);
	return adding->rc == 0;
}

static int index_map(struct plan *plan, struct plan_map *map, uint32_t value)
{
	struct map_adding adding = {.value = value};

	for (unsigned f = 0; f < FIELD_COUNT && adding.rc == 0; f++) {
		adding.index = plan->indexes[f];
		if (map->users[f].count)
			pattern_map_each(map->map, add_map_entry, &adding);
	}
	pattern_map_free(map->map); /* the indexes have the text */
	map->map = NULL;
	return adding.rc;
}

static int build_indexes(struct plan *plan)
{
	const struct table *maps = &plan->tables[PLAN_MAPS];
	int rc = index_peers(plan);

	for (size_t i = 0; rc == 0 && i < maps->count; i++)
		rc = index_map(plan, maps->objects[i], plan->peers.count + i);
	for (unsigned f = 0; rc == 0 && f < FIELD_COUNT; f++)
		rc = index_seal(plan->indexes[f]);
	return rc;
}

void plan_each_user(const struct plan *plan, enum plan_field field, uint32_t value,
		    bool (*fn)(void *arg, const struct plan_entry *entry), void *arg)
{
	const struct plan_map *map;

	if (value < plan->peers.count) {
		fn(arg, plan_entry_at(plan, value));
		return;
	}
	map = plan->tables[PLAN_MAPS].objects[value - plan->peers.count];
	for (size_t i = 0; i < map->users[field].count; i++)
		if (!fn(arg, map->users[field].items[i]))
			return;
}

static int build_num_exps(struct plan *plan)
{
	const struct table *num_exps = &plan->tables[PLAN_NUM_EXPS];
	int rc;

	for (size_t i = 0; i < num_exps->count; i++) {
		const struct plan_num_exp *num_exp = num_exps->objects[i];

		rc = index_add(plan->num_exps, num_exp->pattern, i);
		if (rc < 0)
			return rc;
	}
	return index_seal(plan->num_exps);
}

/* Rule 2.5: the peer that IOS takes for a call without calling number. */
static void find_empty_ani(struct plan *plan)
{
	unsigned longest = 0;

	for (size_t i = 0; i < plan->peers.count; i++) {
		const struct plan_entry *entry = plan_entry_at(plan, i);
		unsigned length;

		if (entry->peer.kind != PEER_POTS || !entry->valid || entry->peer.in_fallback ||
		    !entry->patterns[FIELD_DESTINATION])
			continue;
		length = pattern_weight(entry->patterns[FIELD_DESTINATION])->explicit_length;
		if (!plan->empty_ani || length > longest) {
			plan->empty_ani = entry;
			plan->empty_ani_also = NULL;
			longest = length;
		} else if (length == longest && !plan->empty_ani_also) {
			plan->empty_ani_also = entry;
		}
	}
}

int plan_seal(struct plan *plan)
{
	int rc;

	table_seal(&plan->peers);
	resolve_profiles(plan);
	rc = resolve_trunks(plan);
	for (size_t i = 0; rc == 0 && i < plan->peers.count; i++)
		rc = resolve_peer(plan, plan->peers.objects[i]);
	if (rc < 0)
		return rc;
	resolve_groups(plan);
	rc = plan_uri_seal(plan);
	if (rc < 0)
		return rc;
	for (unsigned k = 0; k < PLAN_KINDS; k++)
		table_seal(&plan->tables[k]);
	find_empty_ani(plan);
	rc = build_num_exps(plan);
	return rc < 0 ? rc : build_indexes(plan);
}
