/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * reroute - which calls of the past another dial plan would send elsewhere.
 *
 * Reads the last records of a call record file (see cdr.h) and tries each call on both plans, as
 * trial.h does: with its numbers and their types, and where it came from. All peers are up and idle.
 * Of two peers that are equal in everything both plans take the same one.
 */
#ifndef GATEWAY_ADMIN_REROUTE_H
#define GATEWAY_ADMIN_REROUTE_H

#include <stddef.h>
#include <stdio.h>

struct plan;

struct reroute {
	const struct plan *now, *then;
	void (*line)(void *arg, const char *text);
	void *arg;
};

struct reroute_count {
	size_t records, changed, unreadable;
};

/* records: open for reading; the last `last` of it. Three lines for each call that would go another
 * way. -EINVAL: it is no file of call records, or one without the column `source`. */
int reroute_records(const struct reroute *reroute, FILE *records, size_t last,
		    struct reroute_count *count);

#endif
