/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * neighbours - the other gateways that share the location store: which of them live.
 *
 * Each is heard at least once a second (redis.h). One that was heard, and then not for
 * NEIGHBOUR_SILENCE_MS, is gone, and whoever watches is told once. While the store itself is away nobody is
 * heard: then all others are gone, and each gateway does what is to be done by itself.
 */
#ifndef GATEWAY_SURVIVE_NEIGHBOURS_H
#define GATEWAY_SURVIVE_NEIGHBOURS_H

#include <stdbool.h>

#define NEIGHBOURS_MAX 16
#define NEIGHBOUR_SILENCE_MS 3000

struct neighbours;

struct neighbours *neighbours_new(void *ctx); /* NULL: no memory. talloc_free() ends it. */
void neighbours_hear(struct neighbours *neighbours, const char *name);
bool neighbours_live(const struct neighbours *neighbours, const char *name);
/* One watcher. */
void neighbours_watch(struct neighbours *neighbours, void (*gone)(void *arg, const char *name),
		      void *arg);

#endif
