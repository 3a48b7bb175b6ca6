// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/line_state.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"

#define LINES_HASH_BITS 12
#define CALLS_HASH_BITS 10

struct line {
	struct hlist_node node; /* lines->lines */
	char name[LINE_NAME_MAX + 1];
	enum line_service service;
	struct llist_head places, listeners;
};

struct place {			 /* of a call at one line */
	struct llist_head entry; /* line->places */
	struct line *line;	 /* NULL: this one is not in use */
	struct known_call *call;
};

struct known_call {
	struct hlist_node node;	   /* lines->calls */
	struct hlist_node by_name; /* lines->names, if it has one */
	struct line_call call;
	struct place places[LINE_PARTIES_MAX]; /* as call.parties */
};

struct line_states {
	DECLARE_HASHTABLE(lines, LINES_HASH_BITS);
	DECLARE_HASHTABLE(calls, CALLS_HASH_BITS);     /* by id */
	DECLARE_HASHTABLE(names, CALLS_HASH_BITS);     /* the same, by name */
	DECLARE_HASHTABLE(listeners, CALLS_HASH_BITS); /* to calls, by name */
};

/* ---- lines */

static struct line *line_find(const struct line_states *lines, const char *name)
{
	struct line *line;

	hash_for_each_possible(lines->lines, line, node,
			       fnv_text(name)) if (strcmp(line->name, name) == 0) return line;
	return NULL;
}

/* Made if it is not there. NULL: no memory. */
static struct line *line_of(struct line_states *lines, const char *name)
{
	struct line *line = line_find(lines, name);

	if (line)
		return line;
	line = talloc_zero(lines, struct line);
	if (!line)
		return NULL;
	osmo_strlcpy(line->name, name, sizeof(line->name));
	INIT_LLIST_HEAD(&line->places);
	INIT_LLIST_HEAD(&line->listeners);
	hash_add(lines->lines, &line->node, fnv_text(name));
	return line;
}

/* Forgotten, if there is nothing to know of it. */
static void line_put(struct line *line)
{
	if (line->service != LINE_SERVICE_UNKNOWN || !llist_empty(&line->places) ||
	    !llist_empty(&line->listeners))
		return;
	hash_del(&line->node);
	talloc_free(line);
}

static void tell(const struct llist_head *listeners)
{
	struct line_listener *listener;

	llist_for_each_entry (listener, listeners, entry)
		listener->changed(listener->arg);
}

int line_states_new(void *ctx, struct line_states **out)
{
	struct line_states *lines = talloc_zero(ctx, struct line_states);

	if (!lines)
		return -ENOMEM;
	hash_init(lines->lines);
	hash_init(lines->calls);
	hash_init(lines->names);
	hash_init(lines->listeners);
	*out = lines;
	return 0;
}

void line_states_free(struct line_states *lines)
{
	talloc_free(lines);
}

int line_states_set_service(struct line_states *lines, const char *name, enum line_service service)
{
	struct line *line;

	if (strlen(name) > LINE_NAME_MAX)
		return -ENAMETOOLONG;
	if (line_states_service(lines, name) == service)
		return 0;
	line = line_of(lines, name);
	if (!line)
		return -ENOMEM;
	line->service = service;
	tell(&line->listeners);
	line_put(line);
	return 0;
}

/* ---- calls */

static struct known_call *call_find(const struct line_states *lines, uint32_t id)
{
	struct known_call *known;

	hash_for_each_possible(lines->calls, known, node,
			       id) if (known->call.id == id) return known;
	return NULL;
}

static void leave(struct place *place)
{
	struct line *line = place->line;

	if (!line)
		return;
	llist_del(&place->entry);
	place->line = NULL;
	tell(&line->listeners);
	line_put(line);
}

static void leave_all(struct known_call *known)
{
	for (unsigned i = 0; i < LINE_PARTIES_MAX; i++)
		leave(&known->places[i]);
}

/* Those that listen to calls with the name of this one. */
static void tell_named(const struct line_states *lines, const struct line_call *call)
{
	struct line_listener *listener;

	if (!call->name[0])
		return;
	hash_for_each_possible(lines->listeners, listener, node, fnv_text(call->name))
	{
		if (strcmp(listener->call_name, call->name) == 0)
			listener->changed(listener->arg);
	}
}

static void forget(struct line_states *lines, struct known_call *known)
{
	hash_del(&known->node);
	hash_del(&known->by_name);
	leave_all(known);
	tell_named(lines, &known->call);
	talloc_free(known);
}

static bool same_lines(const struct line_call *a, const struct line_call *b)
{
	if (a->parties_count != b->parties_count)
		return false;
	for (unsigned i = 0; i < a->parties_count; i++)
		if (strcmp(a->parties[i].line, b->parties[i].line) != 0)
			return false;
	return true;
}

static bool same_call(const struct line_call *a, const struct line_call *b)
{
	if (a->state != b->state || strcmp(a->name, b->name) != 0 || !same_lines(a, b))
		return false;
	for (unsigned i = 0; i < a->parties_count; i++)
		if (a->parties[i].initiator != b->parties[i].initiator ||
		    strcmp(a->parties[i].remote, b->parties[i].remote) != 0)
			return false;
	return true;
}

/* NULL: no memory, and nothing is left behind. */
static struct known_call *enter_all(struct line_states *lines, const struct line_call *call)
{
	struct known_call *known = talloc_zero(lines, struct known_call);

	for (unsigned i = 0; known && i < call->parties_count; i++) {
		struct place *place = &known->places[i];
		struct line *line = line_of(lines, call->parties[i].line);

		if (!line) {
			leave_all(known);
			talloc_free(known);
			return NULL;
		}
		place->call = known;
		place->line = line;
		llist_add_tail(&place->entry, &line->places);
	}
	return known;
}

static void tell_all(const struct line_states *lines, const struct known_call *known)
{
	for (unsigned i = 0; i < LINE_PARTIES_MAX; i++)
		if (known->places[i].line)
			tell(&known->places[i].line->listeners);
	tell_named(lines, &known->call);
}

int line_states_set_call(struct line_states *lines, const struct line_call *call)
{
	struct known_call *old = call_find(lines, call->id), *known = old;

	if (call->state == LINE_CALL_TERMINATED) {
		if (old)
			forget(lines, old);
		return 0;
	}
	if (old && same_call(&old->call, call))
		return 0;
	if (!old || !same_lines(&old->call, call)) {
		known = enter_all(lines, call);
		if (!known)
			return -ENOMEM;
		if (old)
			forget(lines, old);
		hash_add(lines->calls, &known->node, call->id);
	}
	hash_del(&known->by_name);
	known->call = *call;
	if (call->name[0])
		hash_add(lines->names, &known->by_name, fnv_text(call->name));
	tell_all(lines, known);
	return 0;
}

/* ---- watchers */

int line_states_listen(struct line_states *lines, const char *name, struct line_listener *listener)
{
	if (strlen(name) > LINE_NAME_MAX)
		return -ENAMETOOLONG;
	listener->line = line_of(lines, name);
	if (!listener->line)
		return -ENOMEM;
	llist_add_tail(&listener->entry, &listener->line->listeners);
	return 0;
}

void line_states_listen_call(struct line_states *lines, const char *call_name,
			     struct line_listener *listener)
{
	listener->call_name = call_name;
	hash_add(lines->listeners, &listener->node, fnv_text(call_name));
}

void line_states_unlisten(struct line_listener *listener)
{
	hash_del(&listener->node);
	if (!listener->line)
		return;
	llist_del(&listener->entry);
	line_put(listener->line);
	listener->line = NULL;
}

enum line_service line_states_service(const struct line_states *lines, const char *name)
{
	const struct line *line = line_find(lines, name);

	return line ? line->service : LINE_SERVICE_UNKNOWN;
}

bool line_states_is_busy(const struct line_states *lines, const char *name)
{
	const struct line *line = line_find(lines, name);

	return line && !llist_empty(&line->places);
}

void line_states_each_call(const struct line_states *lines, const char *name, line_call_fn *fn,
			   void *arg)
{
	const struct line *line = line_find(lines, name);
	const struct place *place;

	if (!line)
		return;
	llist_for_each_entry (place, &line->places, entry) {
		const struct line_call *call = &place->call->call;

		if (!fn(arg, call, &call->parties[place - place->call->places]))
			return;
	}
}

void line_states_each_named_call(const struct line_states *lines, const char *call_name,
				 line_call_fn *fn, void *arg)
{
	const struct known_call *known;

	hash_for_each_possible(lines->names, known, by_name, fnv_text(call_name))
	{
		if (strcmp(known->call.name, call_name) == 0 &&
		    !fn(arg, &known->call, &known->call.parties[0]))
			return;
	}
}
