/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * drill - `test survivability`: the telephones of a pool are served as if the call manager were gone,
 * while the rest of the site is as it was. Would they come over, how long does it take, can they call?
 *
 * registrar.c takes their REGISTER as in fallback, and nothing they send goes to the call manager. Each
 * drill ends by an order, after DRILL_MAX_S so that nobody forgets it, or when its pool is no longer
 * configured. What it has found is kept until the pool's next drill, for DRILLS_MAX pools; with more,
 * the oldest one goes.
 *
 * Telephones that could come are those that have a binding in the pool when it begins, whoever holds it,
 * and single numbers that the pool names. Calls are those of the pool's dial peer that were set up
 * during the drill; past ones as far as `show call history` goes back.
 */
#ifndef GATEWAY_SURVIVE_DRILL_H
#define GATEWAY_SURVIVE_DRILL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/survive/location.h"
#include "gateway/survive/pool.h"

#define DRILL_MAX_S 1800
#define DRILLS_MAX 16
#define DRILL_PHONES_MAX 10000	    /* of one drill; others are not in its report */
#define DRILL_MISSING_MS UINT32_MAX /* took_ms: it has not come */
#define DRILL_FAILURES_MAX 10

struct drills;
struct office;

enum drill_state {
	DRILL_RUNS,
	DRILL_ORDERED, /* to end */
	DRILL_TIME_OVER,
	DRILL_POOL_GONE,
};

struct drill_phone {
	uint32_t took_ms; /* from the begin until its first REGISTER was taken */
	char name[PHONE_NAME_MAX + 1];
};

struct drill_calls {
	unsigned up, answered, failed;
	unsigned unanswered; /* busy, nobody was there, the caller gave up */
	unsigned failures;   /* the latest of those that failed */
	struct drill_failure {
		uint32_t id;
		unsigned cause;
		char calling[NUMBER_DIGITS_MAX + 2], called[NUMBER_DIGITS_MAX + 2];
	} failure[DRILL_FAILURES_MAX];
};

struct drill_view { /* lent until the loop goes on */
	unsigned pool;
	enum drill_state state;
	unsigned lasted_s;
	unsigned left_s; /* until it ends by itself */
	unsigned came, missing;
	uint32_t slowest_ms;
	const struct drill_phone *const *phones; /* in order of name */
	unsigned phones_count;
	const struct drill_calls *calls;
};

/* Borrows these. ended is told of each drill that is over. NULL: no memory. */
struct drills *drills_new(void *ctx, struct location *location, struct office *office,
			  void (*ended)(void *arg, unsigned pool), void *arg);
void drills_free(struct drills *drills);
/* -EALREADY it runs, -ENOSPC DRILLS_MAX of them do, -ENOMEM. */
int drills_begin(struct drills *drills, const struct pool *pool);
/* -ENOENT: none of this pool runs. */
int drills_end(struct drills *drills, unsigned pool);
/* The configuration has changed: those end whose pool is gone. */
void drills_keep(struct drills *drills, const struct pools *pools);
bool drills_is_down(const struct drills *drills, unsigned pool);
/* A telephone of this pool is registered here. */
void drills_came(struct drills *drills, unsigned pool, const char *name);
/* Those that run and what is kept, latest first; pool 0: all. How many. */
unsigned drills_each(struct drills *drills, unsigned pool,
		     void (*fn)(void *arg, const struct drill_view *view), void *arg);
const char *drill_state_name(enum drill_state state); /* "by order" */

#endif
