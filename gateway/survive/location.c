// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/location_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#define EXPIRY_SOME 500	    /* in one turn of the loop */
#define EXPIRY_LOOK_MS 1000 /* the wall clock may be set */

uint64_t location_now_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t location_left_s(const struct location_binding *binding)
{
	uint64_t now_ms = location_now_ms();

	return binding->expires_ms > now_ms
		   ? (uint32_t)((binding->expires_ms - now_ms + 999) / 1000)
		   : 0;
}

uint64_t location_monotonic_us(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void location_schedule(struct osmo_timer_list *timer, uint64_t ms)
{
	osmo_timer_schedule(timer, (int)(ms / 1000), (int)(ms % 1000 * 1000));
}

void location_tell(const struct location *location, const char *name)
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
	location_schedule(&location->expiry_timer, wait_ms);
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
		if (location->redis && !strcmp(first->binding.gateway, location->gateway))
			redis_forget(location->redis, &first->binding);
		location_tell(location, first->binding.name);
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

static bool is_put(const struct request *request, unsigned i, uint64_t now_ms)
{
	return request->changes[i].verb == LOCATION_PUT &&
	       request->changes[i].bound->binding.expires_ms > now_ms;
}

/* What is put belongs to the table from here on; what is replaced or removed lasts as long as its
 * name is told. */
static void apply(struct location *location, struct request *request)
{
	struct bindings *bindings = location->bindings;
	struct bound *dropped = NULL, *next;
	uint64_t now_ms = location_now_ms();

	for (unsigned i = 0; i < request->count; i++) {
		struct bound *bound = request->changes[i].bound, *best;

		if (request->changes[i].verb == LOCATION_REMOVE_ALL)
			while ((best = bindings_best(bindings, bound->binding.name)))
				drop(location, best, &dropped);
		else
			drop(location, bindings_same(bindings, &bound->binding), &dropped);
		if (!is_put(request, i, now_ms))
			continue;
		bound->mark = location->mark;
		bindings_put(bindings, bound);
	}
	for (unsigned i = 0; i < request->count; i++) {
		const char *name = request->changes[i].bound->binding.name;

		if (i == 0 || strcmp(name, request->changes[i - 1].bound->binding.name) != 0)
			location_tell(location, name);
	}
	for (unsigned i = 0; i < request->count; i++)
		if (is_put(request, i, now_ms))
			request->changes[i].bound = NULL;
	for (; dropped; dropped = next) {
		next = dropped->chain;
		bound_free(dropped);
	}
	plan_expiry(location);
}

static int copy_request(const struct location_change *changes, unsigned count, const char *gateway,
			struct request **out)
{
	struct request *request = calloc(1, sizeof(*request) + count * sizeof(*request->changes));

	if (!request)
		return -ENOMEM;
	for (; request->count < count; request->count++) {
		struct location_binding binding = changes[request->count].binding;
		struct bound *bound;

		if (gateway)
			binding.gateway = gateway;
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

int location_apply(void *arg, const struct location_change *changes, unsigned count)
{
	struct location *location = arg;
	struct request *request;
	int rc = copy_request(changes, count, NULL, &request);

	if (rc)
		return rc;
	apply(location, request);
	free_request(request);
	return 0;
}

void location_finish(struct location *location, struct request *request, int error)
{
	llist_del(&request->entry);
	if (error) {
		location->counters.failed++;
	} else {
		location->counters.written++;
		apply(location, request);
	}
	if (request->done)
		request->done(request->arg, error);
	free_request(request);
}

/* ---- batches */

void location_count_batch(struct location *location, uint64_t us)
{
	struct location_counters *counters = &location->counters;

	counters->batches++;
	counters->bytes += location->text.used;
	if (us > counters->write_us_max)
		counters->write_us_max = us;
}

int location_add_record(struct text *text, const struct location_change *changes, unsigned count)
{
	size_t needed = text->used + record_size(changes, count);

	if (needed > text->size) {
		char *octets = realloc(text->octets, needed * 2);

		if (!octets)
			return -ENOMEM;
		text->octets = octets;
		text->size = needed * 2;
	}
	text->used += record_print(changes, count, text->octets + text->used);
	return 0;
}

static void write_batch(void *arg)
{
	struct location *location = arg;
	struct request *request, *next;
	struct llist_head batch;
	int rc;

	INIT_LLIST_HEAD(&batch);
	llist_splice_init(&location->batch, &batch);
	location->batch_us = location_monotonic_us();
	if (location->redis) {
		location_send(location, &batch);
		return;
	}
	rc = location->journal ? location_write_journal(location) : 0;
	llist_for_each_entry_safe (request, next, &batch, entry)
		location_finish(location, request, rc);
	if (location->journal)
		location_renew_journal(location);
}

static void plan_batch(struct location *location)
{
	uint64_t since_us = location_monotonic_us() - location->batch_us;
	unsigned wait_us =
	    since_us < LOCATION_BATCH_MS * 1000 ? LOCATION_BATCH_MS * 1000 - since_us : 0;

	if (!osmo_timer_pending(&location->batch_timer))
		osmo_timer_schedule(&location->batch_timer, 0, (int)wait_us);
}

static int add_text(struct location *location, const struct request *request)
{
	struct location_change changes[LOCATION_CHANGES_MAX];

	if (!request->count || (!location->journal && !location->redis))
		return 0;
	for (unsigned i = 0; i < request->count; i++) {
		changes[i].verb = request->changes[i].verb;
		changes[i].binding = request->changes[i].bound->binding;
	}
	return location_add_record(&location->text, changes, request->count);
}

int location_queue(struct location *location, const struct location_change *changes, unsigned count,
		   const char *gateway, struct request **out)
{
	struct request *request;
	int rc = copy_request(changes, count, gateway, &request);

	if (rc)
		return rc;
	rc = add_text(location, request);
	if (rc) {
		free_request(request);
		return rc;
	}
	llist_add_tail(&request->entry, &location->batch);
	plan_batch(location);
	*out = request;
	return 0;
}

int location_change(struct location *location, const struct location_change *changes,
		    unsigned count, location_done done, void *arg)
{
	struct request *request;
	int rc = record_check(changes, count);

	if (!rc && location->redis && !redis_is_ready(location->redis))
		rc = -ENOTCONN;
	if (!rc)
		rc = location_queue(location, changes, count, location->gateway, &request);
	if (rc) {
		location->counters.failed++;
		return rc;
	}
	request->done = done;
	request->arg = arg;
	return 0;
}

/* ---- looking */

unsigned location_find(const struct location *location, const char *name,
		       const struct location_binding **out, unsigned max)
{
	return bindings_find(location->bindings, name, location_now_ms(), out, max);
}

unsigned location_pool_names(const struct location *location, uint32_t pool)
{
	return bindings_pool_names(location->bindings, pool);
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

struct each_begin {
	bool (*fn)(void *arg, const char *name);
	void *arg;
};

static bool tell_name(void *arg, const struct bound *bound)
{
	const struct each_begin *each = arg;

	return each->fn(each->arg, bound->binding.name);
}

void location_each_begin(const struct location *location, const char *begin, size_t length,
			 bool (*fn)(void *arg, const char *name), void *arg)
{
	struct each_begin each = {fn, arg};

	bindings_each_begin(location->bindings, begin, length, tell_name, &each);
}

void location_watch(struct location *location, void (*fn)(void *arg, const char *name), void *arg)
{
	location->watch = fn;
	location->watch_arg = arg;
}

bool location_is_neighbours(const struct location *location, const struct location_binding *binding)
{
	return strcmp(binding->gateway, location->gateway) != 0 &&
	       neighbours_live(location->neighbours, binding->gateway);
}

void location_watch_neighbours(struct location *location,
			       void (*gone)(void *arg, const char *gateway), void *arg)
{
	neighbours_watch(location->neighbours, gone, arg);
}

void location_counters(const struct location *location, struct location_counters *out)
{
	struct location_counters counters = location->counters;

	if (location->redis)
		counters.reachable = redis_is_ready(location->redis);
	bindings_count(location->bindings, &counters.names, &counters.bindings);
	for (unsigned i = 0; i < LOCATION_ORIGINS; i++)
		counters.origins[i] = bindings_origin(location->bindings, (enum location_origin)i);
	*out = counters;
}

/* ---- beginning and end */

static int open_store(struct location *location, const struct location_config *config, char *why,
		      size_t why_size)
{
	if (config->redis)
		return location_open_redis(location, config, why, why_size);
	if (config->path)
		return location_open_journal(location, config->path, why, why_size);
	return 0;
}

static void free_requests(struct llist_head *requests)
{
	struct request *request, *next;

	llist_for_each_entry_safe (request, next, requests, entry) {
		llist_del(&request->entry);
		free_request(request);
	}
}

int location_new(void *ctx, const struct location_config *config, struct location **out, char *why,
		 size_t why_size)
{
	struct location *location = talloc_zero(ctx, struct location);
	int rc = -ENOMEM;

	snprintf(why, why_size, "Out of memory");
	if (!location)
		return rc;
	INIT_LLIST_HEAD(&location->batch);
	INIT_LLIST_HEAD(&location->sent);
	osmo_timer_setup(&location->batch_timer, write_batch, location);
	osmo_timer_setup(&location->expiry_timer, expire, location);
	location->counters.reachable = true;
	location->gateway = talloc_strdup(location, config->gateway ? config->gateway : "");
	location->bindings = bindings_new();
	location->neighbours = neighbours_new(location);
	if (location->gateway && location->bindings && location->neighbours)
		rc = open_store(location, config, why, why_size);
	if (rc)
		goto fail;
	why[0] = '\0';
	*out = location;
	return 0;
fail:
	location_free(location);
	return rc;
}

void location_free(struct location *location)
{
	struct request *request;

	if (!location)
		return;
	location->watch = NULL;
	if (location->neighbours)
		neighbours_watch(location->neighbours, NULL, NULL);
	llist_for_each_entry (request, &location->batch, entry)
		request->done = NULL;
	llist_for_each_entry (request, &location->sent, entry)
		request->done = NULL;
	osmo_timer_del(&location->batch_timer);
	osmo_timer_del(&location->expiry_timer);
	osmo_timer_del(&location->renew_timer);
	osmo_timer_del(&location->restore_timer);
	if (location->redis && location->text.used)
		location_send(location, &location->batch);
	else if (location->journal)
		location_write_journal(location);
	redis_free(location->redis);
	journal_close(location->journal);
	free_requests(&location->batch);
	free_requests(&location->sent);
	bindings_free(location->bindings);
	free(location->text.octets);
	talloc_free(location);
}
