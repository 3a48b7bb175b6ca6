/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * difference - what differs between two configurations, block by block.
 *
 * conf_text_new() twice, conf_write(conf, conf_text_add, text) into each, then difference(). What
 * comes out are lines of the configuration with a sign in front:
 *
 *	  dial-peer voice 100 pots	a block that is in both: what differs stands below it
 *	-  preference 1
 *	+  preference 2
 *	+ dial-peer voice 300 voip	a block that is new
 *	+  destination-pattern 3...
 *
 * A block is known by its first line, whatever its place; inside a block the order counts. Where
 * more than DIFFERENCE_LINES_MAX lines of one block differ, all between the first and the last of
 * these is told as taken out and put in. Time goes by the lines that differ, not by all pairs.
 */
#ifndef CONF_DIFFERENCE_H
#define CONF_DIFFERENCE_H

#include <stddef.h>

#define DIFFERENCE_LINES_MAX 1000

struct conf_text;

struct difference_count {
	unsigned added, removed, changed;
};

struct difference_counts {
	struct difference_count peers; /* dial-peer voice */
	struct difference_count others;
};

struct conf_text *conf_text_new(void *ctx); /* talloc_free() it */
void conf_text_add(void *text, const char *line);

/* line: one a line, without newline; may be NULL. */
void difference(const struct conf_text *before, const struct conf_text *after,
		void (*line)(void *arg, const char *text), void *arg,
		struct difference_counts *counts);

#endif
