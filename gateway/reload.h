/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * reload - a new configuration for a gateway that runs.
 *
 * reload_new() once there is a configuration; reload_start() whenever somebody asks for another.
 * Then, in the loop:
 *
 *	IDLE --start--> READING --whole file--> EXAMINING --found good--> plan, prepare, take --> IDLE
 *	  ^                | errors                 | errors                                       |
 *	  +----------------+------------------------+----------------------------------------------+
 *
 * READING looks at some lines at a time. EXAMINING is a child process with a copy of both
 * configurations: it makes the plan, looks whether the part that can be taken (restart.h) is right
 * by itself, tries what it expects, and writes the differences; the loop only passes its lines on. So
 * the loop stands still for a step of reading (3 ms; a map of numbers from a file is one step, 0.2 s
 * for a million) and, once, for the making of the plan: 3 ms for 1000 dial peers, 0.3 s for 100 000,
 * 0.7 s for a million numbers in a map. That is less than T200 of the D channels; audio is elsewhere.
 *
 * Whatever is wrong leaves everything as it was. Each reload is one line in the log: by whom, and
 * what came of it.
 */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H

#include "gateway/admin/console.h"

struct conf;
struct plan;
struct reload;

struct reload_config {
	const char *path;
	struct conf *running; /* reload's own from then on */
	/* The last that may fail: files that next names are opened. why: one sentence. */
	int (*prepare)(void *arg, const struct conf *next, char *why, size_t why_size);
	/* next is in force. The one before is freed after this. */
	void (*take)(void *arg, const struct conf *next, struct plan *plan);
	void *arg;
	unsigned limit_s; /* for the child; 0: 600 */
};

int reload_new(void *ctx, const struct reload_config *config, struct reload **out);
/* Ends a reload that is under way. Frees the running configuration. */
void reload_free(struct reload *reload);
/* Never calls the asker before it returns. -EBUSY: one is under way; -ENOMEM. */
int reload_start(struct reload *reload, const struct reload_asker *asker);
/* The asker with this argument is gone: it is not called any more, the reload goes on. */
void reload_forget(struct reload *reload, const void *arg);
/* What the file has and the gateway will take when it starts next, one string of lines as
 * difference.h has them; "": nothing. */
const char *reload_pending(const struct reload *reload);

#endif
