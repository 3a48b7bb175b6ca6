/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * threshold - when is the gateway too busy for another call? `call threshold` and `call spike`, as
 * IOS has them.
 *
 * A value (calls that are up, load of the processors, memory in use) that reaches `high` is exceeded
 * until it has come down to `low`. A spike is more new calls than allowed in a window of some steps,
 * which moves on step by step. Load and memory are those of the whole machine, from /proc/stat and
 * /proc/meminfo, looked at once a second while a rule needs them.
 *
 * threshold_new(), threshold_set() with each configuration, threshold_refuses() for each new call.
 * Who asks decides which calls pass nevertheless.
 */
#ifndef GATEWAY_CALL_THRESHOLD_H
#define GATEWAY_CALL_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

enum threshold_kind {
	THRESHOLD_CALLS,    /* total-calls */
	THRESHOLD_CPU_5SEC, /* percent */
	THRESHOLD_CPU_AVG,
	THRESHOLD_MEMORY, /* total-mem: percent that is not available */
	THRESHOLD_KINDS
};

struct threshold_rule {
	unsigned low, high; /* high 0: none */
};

#define SPIKE_STEPS_MAX 10

struct threshold_rules {
	struct threshold_rule of[THRESHOLD_KINDS];
	unsigned cpu_interval_s; /* of cpu-avg, 10 to 300; 0: 60 */
	unsigned source_calls;	 /* of one SIP address at once; 0: none */
	struct {
		unsigned calls; /* in a window; 0: none */
		unsigned steps, size_ms;
	} spike;
};

enum threshold_refusal {
	THRESHOLD_ADMITS,
	THRESHOLD_REFUSES, /* + enum threshold_kind */
	THRESHOLD_REFUSES_SOURCE = THRESHOLD_REFUSES + THRESHOLD_KINDS,
	THRESHOLD_REFUSES_SPIKE,
	THRESHOLD_REFUSALS
};

struct threshold_state {
	unsigned value;
	bool exceeded;
	unsigned long times; /* that it was exceeded */
};

struct threshold;

/* proc: "/proc", but for tests. -ENOMEM */
int threshold_new(void *ctx, const char *proc, struct threshold **out);
void threshold_free(struct threshold *threshold);
void threshold_set(struct threshold *threshold, const struct threshold_rules *rules);
const struct threshold_rules *threshold_rules(const struct threshold *threshold);

/* A new call comes, besides those that are up; source_calls: of its source. now_ms: of any clock that
 * does not go back. It counts for the spike whatever the answer is. */
enum threshold_refusal threshold_refuses(struct threshold *threshold, unsigned calls,
					 unsigned source_calls, uint64_t now_ms);
/* Is anything configured that needs source_calls? */
bool threshold_counts_sources(const struct threshold *threshold);
/* What the timer does every second. */
void threshold_measure(struct threshold *threshold);

void threshold_state(const struct threshold *threshold, enum threshold_kind kind,
		     struct threshold_state *out);
/* Calls that came in the window that ends now, and how often there were too many. */
unsigned threshold_spike(const struct threshold *threshold, uint64_t now_ms, unsigned long *times);
/* "total-calls" */
const char *threshold_name(enum threshold_kind kind);

#endif
