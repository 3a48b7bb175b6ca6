// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/location.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/survive/bindings.h"

#define EXPIRY_SOME 500	    /* in one turn of the loop */
#define EXPIRY_LOOK_MS 1000 /* the wall clock may be set */

struct request { /* of one location_change() */
	struct llist_head entry;
	location_done done;
	void *arg;
	unsigned count;
	struct {
		enum location_verb verb;
		struct bound *bound;
	} changes[];
};

struct location {
	char *gateway;
	struct bindings *bindings;
	struct llist_head batch; /* what is written next */
	struct osmo_timer_list batch_timer, expiry_timer;
	uint64_t batch_ms; /* when the last was written, monotonic */
	void (*watch)(void *arg, const char *name);
	void *watch_arg;
};

uint64_t location_now_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void schedule(struct osmo_timer_list *timer, uint64_t ms)
{
	osmo_timer_schedule(timer, (int)(ms / 1000), (int)(ms % 1000 * 1000));
}

static void tell(const struct location *location, const char *name)
{
	if (location->watch)
		location->watch(location->watch_arg, name);
}

/* ---- expiry */

static void plan_expiry(struct location *location)
{
	const struct bound *first = bindings_first(location->bindings);
	uint64_t now_ms = location_now_ms(), wait_ms = EXPIRY_LOOK_MS;

	if (!first) {
		osmo_timer_del(&location->expiry_timer);
		return;
	}
	if (first->binding.expires_ms <= now_ms)
		wait_ms = 0;
	else if (first->binding.expires_ms - now_ms < wait_ms)
		wait_ms = first->binding.expires_ms - now_ms;
	schedule(&location->expiry_timer, wait_ms);
}

static void expire(void *arg)
{
	struct location *location = arg;
	uint64_t now_ms = location_now_ms();
	struct bound *first;

	for (unsigned i = 0; i < EXPIRY_SOME; i++) {
		first = bindings_first(location->bindings);
		if (!first || first->binding.expires_ms > now_ms)
			break;
		bindings_take(location->bindings, first);
		tell(location, first->binding.name);
		bound_free(first);
	}
	plan_expiry(location);
}

/* ---- changes */

static void free_request(struct request *request)
{
	for (unsigned i = 0; i < request->count; i++)
		bound_free(request->changes[i].bound);
	free(request);
}

static void drop(struct location *location, struct bound *bound, struct bound **dropped)
{
	if (!bound)
		return;
	bindings_take(location->bindings, bound);
	bound->chain = *dropped;
	*dropped = bound;
}

/* What is put belongs to the table from here on; what is replaced or removed lasts as long as its
 * name is told. */
static void apply(struct location *location, struct request *request)
{
	struct bindings *bindings = location->bindings;
	struct bound *dropped = NULL, *next;

	for (unsigned i = 0; i < request->count; i++) {
		struct bound *bound = request->changes[i].bound, *best;

		if (request->changes[i].verb == LOCATION_REMOVE_ALL)
			while ((best = bindings_best(bindings, bound->binding.name)))
				drop(location, best, &dropped);
		else
			drop(location, bindings_same(bindings, &bound->binding), &dropped);
		if (request->changes[i].verb == LOCATION_PUT)
			bindings_put(bindings, bound);
	}
	for (unsigned i = 0; i < request->count; i++) {
		const char *name = request->changes[i].bound->binding.name;

		if (i == 0 || strcmp(name, request->changes[i - 1].bound->binding.name) != 0)
			tell(location, name);
	}
	for (unsigned i = 0; i < request->count; i++)
		if (request->changes[i].verb == LOCATION_PUT)
			request->changes[i].bound = NULL;
	for (; dropped; dropped = next) {
		next = dropped->chain;
		bound_free(dropped);
	}
	plan_expiry(location);
}

static void finish(struct location *location, struct request *request, int error)
{
	llist_del(&request->entry);
	if (!error)
		apply(location, request);
	if (request->done)
		request->done(request->arg, error);
	free_request(request);
}

static void write_batch(void *arg)
{
	struct location *location = arg;
	struct request *request, *next;
	struct llist_head batch;

	INIT_LLIST_HEAD(&batch);
	llist_splice_init(&location->batch, &batch);
	location->batch_ms = monotonic_ms();
	llist_for_each_entry_safe (request, next, &batch, entry)
		finish(location, request, 0);
}

static int copy_request(const struct location *location, const struct location_change *changes,
			unsigned count, struct request **out)
{
	struct request *request = calloc(1, sizeof(*request) + count * sizeof(*request->changes));

	if (!request)
		return -ENOMEM;
	for (; request->count < count; request->count++) {
		struct location_binding binding = changes[request->count].binding;
		struct bound *bound;

		binding.gateway = location->gateway;
		bound = bound_new(&binding);
		if (!bound) {
			free_request(request);
			return -ENOMEM;
		}
		request->changes[request->count].verb = changes[request->count].verb;
		request->changes[request->count].bound = bound;
	}
	*out = request;
	return 0;
}

int location_change(struct location *location, const struct location_change *changes,
		    unsigned count, location_done done, void *arg)
{
	uint64_t since_ms = monotonic_ms() - location->batch_ms;
	struct request *request;
	int rc = copy_request(location, changes, count, &request);

	if (rc)
		return rc;
	request->done = done;
	request->arg = arg;
	llist_add_tail(&request->entry, &location->batch);
	if (!osmo_timer_pending(&location->batch_timer))
		schedule(&location->batch_timer,
			 since_ms < LOCATION_BATCH_MS ? LOCATION_BATCH_MS - since_ms : 0);
	return 0;
}

/* ---- looking */

unsigned location_find(const struct location *location, const char *name,
		       const struct location_binding **out, unsigned max)
{
	return bindings_find(location->bindings, name, location_now_ms(), out, max);
}

struct each {
	bool (*fn)(void *arg, const struct location_binding *binding);
	void *arg;
	uint64_t now_ms;
};

static bool each_bound(void *arg, const struct bound *bound)
{
	const struct each *each = arg;

	return bound->binding.expires_ms <= each->now_ms || each->fn(each->arg, &bound->binding);
}

void location_each(const struct location *location,
		   bool (*fn)(void *arg, const struct location_binding *binding), void *arg)
{
	struct each each = {fn, arg, location_now_ms()};

	bindings_each(location->bindings, each_bound, &each);
}

void location_watch(struct location *location, void (*fn)(void *arg, const char *name), void *arg)
{
	location->watch = fn;
	location->watch_arg = arg;
}

void location_counters(const struct location *location, struct location_counters *out)
{
	struct location_counters counters = {.reachable = true};

	bindings_count(location->bindings, &counters.names, &counters.bindings);
	*out = counters;
}

/* ---- beginning and end */

int location_new(void *ctx, const struct location_config *config, struct location **out, char *why,
		 size_t why_size)
{
	struct location *location = talloc_zero(ctx, struct location);

	if (!location)
		goto fail;
	INIT_LLIST_HEAD(&location->batch);
	osmo_timer_setup(&location->batch_timer, write_batch, location);
	osmo_timer_setup(&location->expiry_timer, expire, location);
	location->gateway = talloc_strdup(location, config->gateway ? config->gateway : "");
	location->bindings = bindings_new();
	if (!location->gateway || !location->bindings)
		goto fail;
	*out = location;
	return 0;
fail:
	location_free(location);
	snprintf(why, why_size, "Out of memory");
	return -ENOMEM;
}

void location_free(struct location *location)
{
	struct request *request, *next;

	if (!location)
		return;
	osmo_timer_del(&location->batch_timer);
	osmo_timer_del(&location->expiry_timer);
	llist_for_each_entry_safe (request, next, &location->batch, entry) {
		llist_del(&request->entry);
		free_request(request);
	}
	bindings_free(location->bindings);
	talloc_free(location);
}
