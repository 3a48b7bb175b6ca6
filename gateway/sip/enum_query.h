/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * enum_query - asks the DNS where a telephone number is to be called (`session target enum:N`).
 *
 * The rules are those of dialplan/enum.h: each rule of the table that fits the number gives a name;
 * the names are asked for one after another until one has a SIP URI that this gateway can call. All
 * of it has one time limit. Answers are kept (enum_cache.h), so that a number that is called often is
 * asked for once in the time that its records may live.
 *
 * enum_query_start() answers from the loop, never before it returns, and exactly once unless it is
 * cancelled; every end but that one is a line in the log. Errors: -ENOENT nothing usable was found,
 * -ETIMEDOUT the time limit, others as resolve.h has them.
 */
#ifndef GATEWAY_SIP_ENUM_QUERY_H
#define GATEWAY_SIP_ENUM_QUERY_H

#include "dialplan/enum.h"
#include "gateway/sip/enum_cache.h"
#include "gateway/sip/resolve.h"

#define ENUM_TIME_LIMIT_MS 3000

struct enum_queries; /* all of a gateway, with what they have in common */
struct enum_query;   /* one under way */

struct enum_answer {
	unsigned count;			     /* 1.. */
	struct enum_uri uris[ENUM_URIS_MAX]; /* best first */
};

struct enum_asker {
	/* error: 0 and *answer, or negative errno. The struct enum_query is gone when it is called. */
	void (*done)(void *arg, int error, const struct enum_answer *answer);
	void (*step)(void *arg, const char *text); /* each step as a line; NULL: nobody listens */
	void *arg;
};

struct enum_counters {
	unsigned long queries, found, not_found, failed, timed_out; /* by their end */
	unsigned long asked, cached; /* names: asked of a name server, or known */
};

/* resolver is borrowed. time_limit_ms 0: as above. */
int enum_queries_new(void *ctx, struct resolver *resolver, unsigned time_limit_ms,
		     struct enum_queries **out);
void enum_queries_free(struct enum_queries *queries); /* those under way are cancelled */
struct enum_cache *enum_queries_cache(struct enum_queries *queries);
uint64_t enum_queries_now(void); /* the cache's clock */
void enum_queries_counters(const struct enum_queries *queries, struct enum_counters *out);

/* called: as the rules are to see it. Neither it nor the table is needed afterwards. */
int enum_query_start(struct enum_queries *queries, const struct enum_table *table,
		     const char *called, const struct enum_asker *asker, struct enum_query **out);
void enum_query_cancel(struct enum_query *query); /* done is not called */
const char *enum_query_error(int error);	  /* "no usable record" */

#endif
