// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/peer_states.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
    [PLAN_PEER_UP] = "up",
    [PLAN_PEER_BUSIED_OUT] = "busied-out",
    [PLAN_PEER_PORT_DOWN] = "port-down",
};

struct peer_state {
	uint32_t tag;
	struct plan_peer_status status;
};

struct target_state {
	char target[CLASS_TARGET_MAX + 1];
	struct plan_target_status status;
};

struct group_state {
	char name[CLASS_NAME_MAX + 1];
	struct plan_group_calls calls;
};

struct peer_states {
	void *peers, *targets, *groups, *phones; /* tsearch trees */
	const struct site_numbers *site;	 /* or NULL */
	bool fallback;
};

static int compare_peers(const void *pa, const void *pb)
{
	const struct peer_state *a = pa, *b = pb;

	return a->tag < b->tag ? -1 : a->tag > b->tag;
}

static int compare_targets(const void *pa, const void *pb)
{
	const struct target_state *a = pa, *b = pb;

	return strcmp(a->target, b->target);
}

static int compare_groups(const void *pa, const void *pb)
{
	const struct group_state *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

/* The shortest first. */
static int compare_phones(const void *pa, const void *pb)
{
	const struct plan_phone *a = pa, *b = pb;
	size_t one = strlen(a->name), two = strlen(b->name);

	return one != two ? (one > two) - (one < two) : strcmp(a->name, b->name);
}

int peer_states_new(struct peer_states **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void peer_states_free(struct peer_states *states)
{
	if (!states)
		return;
	tdestroy(states->peers, free);
	tdestroy(states->targets, free);
	tdestroy(states->groups, free);
	tdestroy(states->phones, free);
	free(states);
}

/* Keeps a copy of state, unless it is there already. */
static int keep(void **tree, const void *state, size_t size,
		int (*compare)(const void *, const void *))
{
	void *copy = malloc(size), *found;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, state, size);
	found = tsearch(copy, tree, compare);
	if (!found || *(void **)found != copy)
		free(copy);
	return found ? 0 : -ENOMEM;
}

static int state_from_name(const char *name)
{
	for (unsigned i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcmp(name, state_names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

int peer_states_read(struct peer_states *states, const char *line)
{
	struct peer_state peer = {0};
	struct target_state target = {0};
	struct group_state group = {0};
	struct plan_phone phone = {0};
	unsigned preference;
	char name[16], standby[16] = "";

	if (sscanf(line, "dial-peer %" SCNu32 " %15s calls %u last-used %" SCNu64, &peer.tag, name,
		   &peer.status.calls, &peer.status.last_used) == 4 &&
	    state_from_name(name) >= 0) {
		peer.status.state = (enum plan_peer_state)state_from_name(name);
		return keep(&states->peers, &peer, sizeof(peer), compare_peers);
	}
	if (sscanf(line,
		   "target %255s %15s busy %u channels %u idle-since %" SCNu64
		   " last-used %" SCNu64,
		   target.target, name, &target.status.busy, &target.status.channels,
		   &target.status.idle_since, &target.status.last_used) == 6) {
		target.status.down = strcmp(name, "down") == 0;
		target.status.failing = strcmp(name, "failing") == 0;
		return keep(&states->targets, &target, sizeof(target), compare_targets);
	}
	if (sscanf(line, "trunk-group %31s in %u out %u", group.name, &group.calls.in,
		   &group.calls.out) == 3)
		return keep(&states->groups, &group, sizeof(group), compare_groups);
	if (sscanf(line, "telephone %63s dial-peer %" SCNu32 " preference %u %15s %15s", phone.name,
		   &phone.tag, &preference, name, standby) >= 4) {
		strcpy(phone.pattern, phone.name);
		phone.preference = (uint8_t)preference;
		phone.huntstop = strcmp(name, "huntstop") == 0;
		phone.standby = strcmp(standby, "standby") == 0;
		return keep(&states->phones, &phone, sizeof(phone), compare_phones);
	}
	states->fallback |= strcmp(line, "fallback") == 0;
	return 0;
}

static struct plan_peer_status status_of_peer(void *arg, const struct peer *peer)
{
	const struct peer_states *states = arg;
	const struct peer_state key = {.tag = peer->tag};
	void *found = tfind(&key, &states->peers, compare_peers);

	return found ? (*(struct peer_state **)found)->status : (struct plan_peer_status){0};
}

static struct plan_target_status status_of_target(void *arg, const char *target)
{
	const struct peer_states *states = arg;
	struct target_state key;
	void *found;

	snprintf(key.target, sizeof(key.target), "%s", target);
	found = tfind(&key, &states->targets, compare_targets);
	return found ? (*(struct target_state **)found)->status : (struct plan_target_status){0};
}

static struct plan_group_calls calls_of_group(void *arg, const char *name)
{
	const struct peer_states *states = arg;
	struct group_state key;
	void *found;

	snprintf(key.name, sizeof(key.name), "%s", name);
	found = tfind(&key, &states->groups, compare_groups);
	return found ? (*(struct group_state **)found)->calls : (struct plan_group_calls){0};
}

/* ---- telephones */

void peer_states_use_site(struct peer_states *states, const struct site_numbers *site)
{
	states->site = site;
}

static bool find_phone(void *arg, const char *name, struct plan_phone *out)
{
	const struct peer_states *states = arg;
	struct plan_phone key;
	void *found;

	if (strlen(name) >= sizeof(key.name))
		return false;
	strcpy(key.name, name);
	found = tfind(&key, &states->phones, compare_phones);
	if (found)
		*out = **(struct plan_phone **)found;
	return found;
}

bool peer_states_find_phone(struct peer_states *states, const char *name, struct plan_phone *out)
{
	return find_phone(states, name, out);
}

struct walk {
	const char *begin;
	size_t length; /* 0: any that goes on */
	plan_phone_fn fn;
	void *arg;
	bool over;
};

static bool begins(const struct walk *walk, const char *name)
{
	size_t begin = strlen(walk->begin), length = strlen(name);

	return strncmp(name, walk->begin, begin) == 0 &&
	       (walk->length ? length == walk->length : length > begin);
}

static void visit(const void *node, VISIT which, void *arg)
{
	const struct plan_phone *phone = *(const struct plan_phone *const *)node;
	struct walk *walk = arg;

	if (!walk->over && (which == postorder || which == leaf) && begins(walk, phone->name))
		walk->over = !walk->fn(walk->arg, phone);
}

static void begin_phones(void *arg, const char *begin, size_t length, plan_phone_fn fn,
			 void *fn_arg)
{
	const struct peer_states *states = arg;
	struct walk walk = {begin, length, fn, fn_arg, false};

	twalk_r(states->phones, visit, &walk);
}

static void find_phones(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	struct peer_states *states = arg;
	const struct site_phones registered = {states, find_phone, begin_phones};

	site_numbers_find(states->site, &registered, called, longer, fn, fn_arg);
}

static bool site_number(void *arg, bool to_phone, struct number *number)
{
	const struct peer_states *states = arg;

	return site_numbers_change(states->site, to_phone, number);
}

static bool default_destination(void *arg, struct number *number)
{
	const struct peer_states *states = arg;
	const char *text = states->site->default_destination;

	return text[0] && states->fallback && number_from_e164(number, text) == 0;
}

static bool is_fallback(void *arg, uint32_t phone_tag)
{
	const struct peer_states *states = arg;

	return states->fallback;
}

void peer_states_fill(struct peer_states *states, struct plan_request *request)
{
	if (states->site) {
		request->phones = find_phones;
		request->site_number = site_number;
		request->default_destination = default_destination;
		request->fallback = is_fallback;
		request->phones_arg = states;
	}
	request->status = status_of_peer;
	request->target = status_of_target;
	request->group_calls = calls_of_group;
	request->status_arg = request->target_arg = request->group_calls_arg = states;
}

bool peer_states_write_peer(const struct peer *peer, const struct plan_peer_status *status,
			    char *text, size_t size)
{
	if (status->state == PLAN_PEER_UP && !status->calls && !status->last_used)
		return false;
	snprintf(text, size, "dial-peer %u %s calls %u last-used %" PRIu64, peer->tag,
		 state_names[status->state], status->calls, status->last_used);
	return true;
}

bool peer_states_write_target(const char *target, const struct plan_target_status *status,
			      char *text, size_t size)
{
	if (!status->down && !status->failing && !status->busy && !status->channels &&
	    !status->idle_since && !status->last_used)
		return false;
	snprintf(text, size,
		 "target %s %s busy %u channels %u idle-since %" PRIu64 " last-used %" PRIu64,
		 target,
		 status->down	   ? "down"
		 : status->failing ? "failing"
				   : "up",
		 status->busy, status->channels, status->idle_since, status->last_used);
	return true;
}

bool peer_states_write_group(const char *name, const struct plan_group_calls *calls, char *text,
			     size_t size)
{
	if (!calls->in && !calls->out)
		return false;
	snprintf(text, size, "trunk-group %s in %u out %u", name, calls->in, calls->out);
	return true;
}

void peer_states_write_phone(const struct plan_phone *phone, char *text, size_t size)
{
	snprintf(text, size, "telephone %s dial-peer %u preference %u %s%s", phone->name,
		 phone->tag, phone->preference, phone->huntstop ? "huntstop" : "no-huntstop",
		 phone->standby ? " standby" : "");
}
