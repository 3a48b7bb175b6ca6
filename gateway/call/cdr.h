/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cdr - call records: one line of CSV a call.
 *
 * cdr_open() appends to the file (made with its heading if it is not there) and first settles what
 * a killed predecessor left: calls are noted in a second file (FILE.open) while they last, so that
 * those which never ended get their record now, with cause 41 and nobody in `ended_by`.
 * cdr_reopen() after the file was rotated away. Each record is one write(2), so that a reader never
 * sees half a line. A disk that is full is reported once, and calls go on.
 */
#ifndef GATEWAY_CALL_CDR_H
#define GATEWAY_CALL_CDR_H

#include "gateway/call/call.h"

struct cdr;

/* First line of a new file. New columns come at the end: a file that an older release has begun keeps
 * its heading, and the records behind it have more fields. */
#define CDR_HEADING                                                                                \
	"call_id,name,calling,called,peer_in,peer_out,channel,setup,answer,end,cause,sip_status,"  \
	"ended_by,packets_sent,packets_received,packets_lost,jitter_us,"                           \
	"redirecting,connected,bearer,location,charge,services,channel_out,called_sent,"           \
	"calling_sent,emergency,source,called_type,calling_type,reason_text,guid"

/* recovered: how many open records were settled; may be NULL. */
int cdr_open(void *ctx, const char *path, struct cdr **out, unsigned *recovered);
void cdr_close(struct cdr *cdr);
int cdr_reopen(struct cdr *cdr);
/* From now on records go to that file, those of calls that are up as well. NULL: these still get
 * theirs, calls that begin get none. On error everything stays. */
int cdr_move(struct cdr *cdr, const char *path);
/* When it starts, and again when it is answered. */
void cdr_call_noted(struct cdr *cdr, const struct call_summary *call);
void cdr_call_ended(struct cdr *cdr, const struct call_summary *call);

#endif
