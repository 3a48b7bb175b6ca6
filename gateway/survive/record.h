/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * record - the changes of one location_change() as a line of text, as it stands in the journal and goes
 * through Redis:
 *
 *	6f0d3c9a5b1e8f27 + 2001 sip:2001@192.0.2.1 - - 0 1000 0 1 4:192.0.2.1:5060 ...
 *
 * The first word is a hash (FNV-1a) of what follows the space, so that a line that was torn or
 * overwritten is known as such. Then come changes: + puts, - removes, ! removes all. Words are parted by
 * one space; in a word control characters, space and % are %XX, and an empty one is "-".
 *
 * Lines come from a file or a server, and may be anything.
 */
#ifndef GATEWAY_SURVIVE_RECORD_H
#define GATEWAY_SURVIVE_RECORD_H

#include <stddef.h>

#include "gateway/survive/location.h"

#define RECORD_SIZE_MAX (1024 * 1024) /* no line is longer */

/* Can it be written? -EINVAL: no name, or no such q, origin or transport; -EMSGSIZE: too long, or too many. */
int record_check(const struct location_change *changes, unsigned count);
/* What record_print() needs at most. */
size_t record_size(const struct location_change *changes, unsigned count);
/* changes have passed record_check(). How long it is, with its newline; no NUL follows. */
size_t record_print(const struct location_change *changes, unsigned count, char *out);
/* line: without newline; text of the changes points into it. Their number, or -EBADMSG. */
int record_read(char *line, struct location_change out[LOCATION_CHANGES_MAX]);

/* Lines of a stream, in pieces of any size. */
struct record_scan {
	int (*fn)(void *arg, const struct location_change *changes,
		  unsigned count); /* 0, or stop */
	void *arg;
	unsigned long lines, bad;
	unsigned long first_bad; /* number of that line; 0: none */
	size_t tail;		 /* octets after the last newline */

	/* its own; all 0 at the beginning */
	char *line;
	size_t used, size;
};

/* 0, what fn returned, or -ENOMEM. */
int record_scan(struct record_scan *scan, const char *octets, size_t size);
void record_scan_end(struct record_scan *scan); /* frees what is its own */

#endif
