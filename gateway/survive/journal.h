/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * journal - a file that changes of bindings are appended to, as records (record.h).
 *
 * What journal_append() has written is read again by journal_open() after the end of this program,
 * whatever ended it. Nothing is forced to the disk: what the machine itself had not written yet when
 * it lost its power is lost. A line that is torn or garbage is left out, and the rest counts. One
 * program at a time has the file.
 *
 * It grows until journal_is_long(); then it is written anew, in pieces, beside the old one (PATH.new):
 * journal_renew(), journal_renew_some() for each binding that there is, journal_renew_end(), which puts
 * the new file in the place of the old; then journal_forget_old() until it is false, since it takes the
 * kernel a while to throw a long file away. What is appended meanwhile is in both.
 */
#ifndef GATEWAY_SURVIVE_JOURNAL_H
#define GATEWAY_SURVIVE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/survive/location.h"

struct journal;

struct journal_read {
	unsigned long records, bad;
	unsigned long first_bad; /* its line; 0: none */
	bool put_aside;		 /* nothing in it was a record: it is PATH.bad now */
};

/* fn is told each record, before this returns. why: one sentence. -EBUSY another program has it,
 * -ENOMEM, what open(2) and read(2) say. */
int journal_open(const char *path,
		 int (*fn)(void *arg, const struct location_change *changes, unsigned count),
		 void *arg, struct journal **out, struct journal_read *read);
void journal_close(struct journal *journal);

/* All of it or nothing. -EIO: it is logged, once until it succeeds again. */
int journal_append(struct journal *journal, const char *records, size_t size);

bool journal_is_long(const struct journal *journal);
/* Errors are logged; the old file goes on, and is not long again until it has grown. */
int journal_renew(struct journal *journal);
bool journal_is_renewed(const struct journal *journal); /* between _renew and _end */
int journal_renew_some(struct journal *journal, const char *records, size_t size);
int journal_renew_end(struct journal *journal);
bool journal_forget_old(struct journal *journal); /* a piece of it; is there more? */
void journal_renew_cancel(struct journal *journal);

#endif
