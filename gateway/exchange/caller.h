/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * caller - places the calls that --call asks for and judges how they went.
 *
 * caller_new(), then caller_start() with the exchange whose D channel reports to
 * caller_dchannel(). The calls begin once the D channel has been up for CALLER_SETTLE_MS on end and
 * no channel was restarted so long. A call that finds no channel free waits for one; one whose
 * channel cannot be had (cause 44) tries others, when no channel has been restarted for so long. Each call ends with one line on standard output,
 * all of them with one more; while there are many, a line a second tells how far they are.
 *
 * As asked is a call that was answered, held for hold_ms and then cleared by us, and heard
 * expect_digits; with expect_cause, one that the far end cleared with that cause.
 */
#ifndef GATEWAY_EXCHANGE_CALLER_H
#define GATEWAY_EXCHANGE_CALLER_H

#include <stdbool.h>

#include "gateway/exchange/exchange.h"

#define CALLER_SETTLE_MS 1500 /* longer than a far end waits that is yet to restart its channels   \
			       */
#define CALLER_COUNT_MAX 100000u

struct caller_config {
	struct party from;
	struct number to;
	enum isdn_bearer bearer;
	const struct wav *play;	   /* from answer on; NULL: silence */
	const char *record;	   /* file of what is heard; -N goes before .wav if count > 1 */
	const char *dtmf;	   /* sent after answer; NULL: none */
	const char *expect_digits; /* heard; NULL: any */
	unsigned count;		   /* 1..CALLER_COUNT_MAX */
	double rate;		   /* calls a second */
	unsigned hold_ms;	   /* 0: as long as play and dtmf take, and a second more */
	unsigned timeout_ms;	   /* for the D channel, then for each answer */
	unsigned expect_cause;	   /* 0: none */
};

struct caller;

/* config is copied, what it points to is not. finished is called once, when all is over. */
int caller_new(void *ctx, const struct caller_config *config, void (*finished)(void *arg),
	       void *arg, struct caller **out);
void caller_free(struct caller *caller);
void caller_start(struct caller *caller, struct exchange *exchange);
void caller_dchannel(struct caller *caller, bool up);
/* No more calls are placed; those that are up are cleared. finished comes when they are gone. */
void caller_stop(struct caller *caller);
/* After finished: were all as asked? */
bool caller_succeeded(const struct caller *caller);

#endif
