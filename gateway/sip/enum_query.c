// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/enum_query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"

#define STEP_MAX (4 * ENUM_STRING_MAX)

struct enum_queries {
	struct resolver *resolver;
	unsigned time_limit_ms;
	struct llist_head under_way;
	struct enum_cache *cache;
	struct enum_counters counters;
};

struct enum_query {
	struct llist_head entry;
	struct enum_queries *owner;
	struct enum_asker asker;
	unsigned table;
	char called[NUMBER_DIGITS_MAX + 2];
	struct enum_question questions[ENUM_RULES_MAX];
	unsigned count, next;	 /* next: index behind the one that is being asked */
	struct resolve *resolve; /* under way, or NULL */
	int error;		 /* what to end with if nothing is found */
	struct osmo_timer_list limit, go_on;
};

/* ---- life */

int enum_queries_new(void *ctx, struct resolver *resolver, unsigned time_limit_ms,
		     struct enum_queries **out)
{
	struct enum_queries *queries = talloc_zero(ctx, struct enum_queries);

	if (!queries)
		return -ENOMEM;
	queries->cache = enum_cache_new(queries);
	if (!queries->cache) {
		talloc_free(queries);
		return -ENOMEM;
	}
	queries->resolver = resolver;
	queries->time_limit_ms = time_limit_ms ? time_limit_ms : ENUM_TIME_LIMIT_MS;
	INIT_LLIST_HEAD(&queries->under_way);
	*out = queries;
	return 0;
}

void enum_queries_free(struct enum_queries *queries)
{
	struct enum_query *query, *next;

	if (!queries)
		return;
	llist_for_each_entry_safe (query, next, &queries->under_way, entry)
		enum_query_cancel(query);
	enum_cache_free(queries->cache);
	talloc_free(queries);
}

struct enum_cache *enum_queries_cache(struct enum_queries *queries)
{
	return queries->cache;
}

uint64_t enum_queries_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

void enum_queries_counters(const struct enum_queries *queries, struct enum_counters *out)
{
	*out = queries->counters;
}

void enum_query_cancel(struct enum_query *query)
{
	if (query->resolve)
		resolve_cancel(query->resolve);
	osmo_timer_del(&query->limit);
	osmo_timer_del(&query->go_on);
	llist_del(&query->entry);
	talloc_free(query);
}

const char *enum_query_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "no usable record";
	case -ETIMEDOUT:
		return "no answer within the time limit";
	default:
		return resolve_error(error);
	}
}

/* ---- steps */

static void step(const struct enum_query *query, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void step(const struct enum_query *query, const char *format, ...)
{
	char text[STEP_MAX];
	va_list args;

	if (!query->asker.step)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	query->asker.step(query->asker.arg, text);
}

static void note_record(void *arg, const struct enum_record *record, const char *why,
			const struct enum_uri *uri)
{
	const struct enum_query *query = arg;

	step(query, "  order %u preference %u \"%s\" \"%s\" \"%s\"", record->order,
	     record->preference, record->flags, record->service, record->regexp);
	if (why)
		step(query, "    left out: %s", why);
	else
		step(query, "    %s", uri->text);
}

/* ---- the end */

static void count_end(struct enum_counters *counters, int error)
{
	if (!error)
		counters->found++;
	else if (error == -ENOENT)
		counters->not_found++;
	else if (error == -ETIMEDOUT)
		counters->timed_out++;
	else
		counters->failed++;
}

static void finish(struct enum_query *query, int error, const struct enum_answer *answer)
{
	struct enum_asker asker = query->asker;

	count_end(&query->owner->counters, error);
	if (error)
		LOGP(DSIP, LOGL_NOTICE, "enum %u: %s: %s\n", query->table, query->called,
		     enum_query_error(error));
	else
		LOGP(DSIP, LOGL_INFO, "enum %u: %s is %s%s\n", query->table, query->called,
		     answer->uris[0].text, answer->count > 1 ? " and others" : "");
	enum_query_cancel(query);
	asker.done(asker.arg, error, answer);
}

static void limit_reached(void *data)
{
	finish(data, -ETIMEDOUT, NULL);
}

/* ---- from name to name */

/* true: the query is over. */
static bool use_records(struct enum_query *query, const struct enum_record *records, unsigned count)
{
	const struct enum_question *question = &query->questions[query->next - 1];
	struct enum_records *sorted = talloc(query, struct enum_records);
	struct enum_answer answer;
	unsigned found;

	if (!sorted) {
		query->error = -ENOMEM;
		return false;
	}
	sorted->count = count;
	memcpy(sorted->records, records, count * sizeof(records[0]));
	found = enum_choose(sorted, question->number, answer.uris, note_record, query);
	talloc_free(sorted);
	answer.count = found;
	if (!found)
		return false;
	finish(query, 0, &answer);
	return true;
}

static void go_on(void *data);

static void answered(void *arg, int error, const struct naptr_answer *answer)
{
	struct enum_query *query = arg;
	const char *domain = query->questions[query->next - 1].domain;

	query->resolve = NULL;
	if (!error || error == -ENOENT)
		enum_cache_put(query->owner->cache, domain, answer, enum_queries_now());
	if (error)
		step(query, "  %s", resolve_error(error));
	if (error && error != -ENOENT)
		query->error = error;
	if (error || !use_records(query, answer->records.records, answer->records.count))
		go_on(query);
}

/* What the cache knows of the name. true: the query is over. */
static bool use_cached(struct enum_query *query, const struct enum_cache_entry *entry)
{
	query->owner->counters.cached++;
	step(query, "  known for another %u s", entry->left_s);
	if (!entry->count) {
		step(query, "  %s", resolve_error(-ENOENT));
		return false;
	}
	return use_records(query, entry->records, entry->count);
}

static void go_on(void *data)
{
	struct enum_query *query = data;
	struct enum_queries *owner = query->owner;
	struct enum_cache_entry entry;

	while (query->next < query->count) {
		const struct enum_question *question = &query->questions[query->next++];
		int rc;

		step(query, "rule %u: %s is %s", question->rule, question->number,
		     question->domain);
		if (enum_cache_find(owner->cache, question->domain, enum_queries_now(), &entry)) {
			if (use_cached(query, &entry))
				return;
			continue;
		}
		owner->counters.asked++;
		rc = resolve_naptr_start(owner->resolver, question->domain, answered, query,
					 &query->resolve);
		if (!rc)
			return;
		query->error = rc;
	}
	finish(query, query->error, NULL);
}

int enum_query_start(struct enum_queries *queries, const struct enum_table *table,
		     const char *called, const struct enum_asker *asker, struct enum_query **out)
{
	struct enum_query *query = talloc_zero(queries, struct enum_query);

	if (!query)
		return -ENOMEM;
	query->owner = queries;
	query->asker = *asker;
	query->table = table->number;
	query->error = -ENOENT;
	snprintf(query->called, sizeof(query->called), "%s", called);
	query->count = enum_questions(table, called, query->questions);
	if (!query->count)
		step(query, "no rule of enum-match-table %u makes a number of %s", table->number,
		     called);
	queries->counters.queries++;
	llist_add_tail(&query->entry, &queries->under_way);
	osmo_timer_setup(&query->limit, limit_reached, query);
	osmo_timer_setup(&query->go_on, go_on, query);
	osmo_timer_schedule(&query->limit, queries->time_limit_ms / 1000,
			    queries->time_limit_ms % 1000 * 1000);
	osmo_timer_schedule(&query->go_on, 0, 0);
	*out = query;
	return 0;
}
