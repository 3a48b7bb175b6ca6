// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/location_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RESTORE_PAUSE_MS 10 /* between LOCATION_CHANGES_MAX bindings and more */

/* ---- batches */

void location_send(struct location *location, struct llist_head *batch)
{
	struct request *request, *next;
	uint64_t number = 0;
	int rc = 0;

	llist_for_each_entry (request, batch, entry) {
		for (unsigned i = 0; i < request->count && !rc; i++) {
			const struct location_change change = {request->changes[i].verb,
							       request->changes[i].bound->binding};

			rc = redis_add(location->redis, &change);
		}
	}
	if (!rc)
		rc = redis_commit(location->redis, location->text.octets, location->text.used,
				  &number);
	if (!rc)
		location_count_batch(location, 0);
	location->text.used = 0;
	llist_for_each_entry_safe (request, next, batch, entry) {
		request->batch = number;
		if (rc) {
			location_finish(location, request, rc == -ENOTCONN ? -ETIMEDOUT : rc);
		} else {
			llist_del(&request->entry);
			llist_add_tail(&request->entry, &location->sent);
		}
	}
}

static void on_answered(void *arg, uint64_t batch, int error, uint64_t us)
{
	struct location *location = arg;
	struct request *request, *next;

	if (us > location->counters.write_us_max)
		location->counters.write_us_max = us;
	llist_for_each_entry_safe (request, next, &location->sent, entry)
		if (request->batch == batch)
			location_finish(location, request, error);
}

/* ---- all that is in Redis: what is read or heard from here on has a new mark */

static void on_read_begins(void *arg, bool is_new)
{
	struct location *location = arg;

	location->mark++;
	location->is_restoring = is_new || location->is_restoring;
	osmo_timer_del(&location->restore_timer);
}

static bool is_equal(const struct location_binding *a, const struct location_binding *b)
{
	return a->expires_ms == b->expires_ms && a->cseq == b->cseq &&
	       !strcmp(a->call_id, b->call_id) && !strcmp(a->contact.uri, b->contact.uri);
}

static int on_read(void *arg, const struct location_change *change, unsigned count)
{
	const struct location_binding *binding = &change->binding;
	struct location *location = arg;
	struct bound *same;

	if (binding->expires_ms <= location_now_ms()) {
		redis_forget(location->redis, binding);
		return 0;
	}
	same = bindings_same(location->bindings, binding);
	if (same && is_equal(&same->binding, binding)) {
		same->mark = location->mark;
		return 0;
	}
	if (same && location->is_restoring && same->binding.expires_ms > binding->expires_ms)
		return 0; /* Redis has an older one */
	return location_apply(location, change, count);
}

struct unmarked {
	uint32_t mark;
	uint64_t now_ms;
	unsigned count, max;
	const struct bound **bounds;
};

static void note_unmarked(void *arg, const struct bound *bound)
{
	struct unmarked *unmarked = arg;

	if (bound->mark == unmarked->mark || bound->binding.expires_ms <= unmarked->now_ms)
		return;
	if (unmarked->count == unmarked->max) {
		unsigned max = unmarked->max * 2 + LOCATION_CHANGES_MAX;
		const struct bound **bounds = reallocarray(unmarked->bounds, max, sizeof(*bounds));

		if (!bounds)
			return; /* it stays until it expires */
		unmarked->bounds = bounds;
		unmarked->max = max;
	}
	unmarked->bounds[unmarked->count++] = bound;
}

/* Removed by another gateway while this one did not hear of it. */
static void drop_unmarked(struct location *location)
{
	struct unmarked unmarked = {location->mark, location_now_ms()};
	uint64_t cursor = 0;

	bindings_each_some(location->bindings, &cursor, UINT32_MAX, note_unmarked, &unmarked);
	for (unsigned i = 0; i < unmarked.count; i++) {
		struct location_change remove = {LOCATION_REMOVE, unmarked.bounds[i]->binding};

		location_apply(location, &remove, 1);
	}
	free(unmarked.bounds);
}

static void on_restored(void *arg, int error)
{
	struct location *location = arg;

	location->is_restoring = location->is_restoring && error;
}

static int restore(struct location *location, const struct unmarked *unmarked)
{
	struct location_change changes[LOCATION_CHANGES_MAX];
	struct request *request;

	for (unsigned at = 0; at < unmarked->count;) {
		unsigned count = 0;
		int rc;

		while (count < LOCATION_CHANGES_MAX && at < unmarked->count)
			changes[count++] =
			    (struct location_change){LOCATION_PUT, unmarked->bounds[at++]->binding};
		rc = location_queue(location, changes, count, NULL, &request);
		if (rc)
			return rc;
	}
	return 0;
}

/* Redis has forgotten them, or was never told: what this gateway knows counts. */
static void restore_some(void *arg)
{
	struct location *location = arg;
	struct unmarked unmarked = {location->mark, location_now_ms()};
	struct request *last;
	bool more;

	if (!redis_is_ready(location->redis))
		return; /* once more when it is back */
	more = bindings_each_some(location->bindings, &location->cursor, LOCATION_CHANGES_MAX,
				  note_unmarked, &unmarked);
	restore(location, &unmarked);
	free(unmarked.bounds);
	if (more)
		location_schedule(&location->restore_timer, RESTORE_PAUSE_MS);
	else if (!location_queue(location, NULL, 0, NULL, &last)) {
		last->done = on_restored;
		last->arg = location;
	}
}

static void on_read_ends(void *arg)
{
	struct location *location = arg;

	if (!location->is_restoring) {
		drop_unmarked(location);
		return;
	}
	location->cursor = 0;
	location_schedule(&location->restore_timer, 0);
}

static void on_neighbour(void *arg, const char *gateway)
{
	const struct location *location = arg;

	neighbours_hear(location->neighbours, gateway);
}

int location_open_redis(struct location *location, const struct location_config *config, char *why,
			size_t why_size)
{
	const struct redis_events events = {
	    .arg = location,
	    .gateway = location->gateway,
	    .neighbour = on_neighbour,
	    .answered = on_answered,
	    .heard = location_apply,
	    .read_begins = on_read_begins,
	    .read = on_read,
	    .read_ends = on_read_ends,
	};

	osmo_timer_setup(&location->restore_timer, restore_some, location);
	return redis_new(config->redis, config->redis_password, &events, &location->redis, why,
			 why_size);
}
