/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * auditor - no B channel stays stuck: what the trunk, our legs, our Q.931 calls and the far end
 * think of a channel is brought together again where it differs.
 *
 * auditor_new() for a trunk, with the operations it repairs by. Then the line tells what it hears:
 * auditor_release_failed() (RELEASE was not answered), auditor_restart_done() (a RESTART of ours
 * has ended), auditor_restarted() (the far end sent one). Every period_ms it looks at all channels
 * by itself (auditor_look() does that at once): what is wrong twice in a row is wrong, once may be
 * a call that is just changing hands.
 *
 *   found			done
 *   taken, no leg, no call	RESTART, then idle
 *   leg without a call		the leg is dropped (cause 41)
 *   call without a leg		the call is released (cause 41)
 *   idle, but leg or call	that is dropped
 *   far end silent to RELEASE	RESTART, then idle
 *
 * RESTART: the channel is in maintenance until it is acknowledged. If it is not (T316, twice) the
 * channel is out of service with TRUNK_REASON_AUDIT, an alarm of `show isdn service`, and RESTART
 * is tried again every retry_ms. A channel that the far end uses meanwhile is sound (trunk_take()).
 * Where there is no RESTART (a point to multipoint bus) the channel is idle at once.
 *
 * restart_ms: each idle channel gets a RESTART once in that time, one after another, evenly spread;
 * 0: never.
 *
 * The far end's own view can be asked for no further: libpri answers STATUS ENQUIRY and acts on
 * STATUS (call state 0 clears the call), but cannot send STATUS ENQUIRY.
 */
#ifndef GATEWAY_ISDN_AUDITOR_H
#define GATEWAY_ISDN_AUDITOR_H

#include <stddef.h>

#include "gateway/isdn/trunk.h"

struct auditor;

enum auditor_holder { /* bits: who has the channel on our side */
		      AUDITOR_LEG = 1 << 0,
		      AUDITOR_CALL = 1 << 1,
};

struct auditor_ops {
	unsigned (*holders)(void *arg, unsigned channel); /* bits of enum auditor_holder */
	int (*restart)(void *arg, unsigned channel);	  /* -ENOTSUP: there is no RESTART */
	/* Ends leg and call of a channel; the channel may be idle before this returns. */
	void (*drop)(void *arg, unsigned channel);
};

struct auditor_config {
	unsigned period_ms;  /* 0: 60000 */
	unsigned retry_ms;   /* 0: 300000 */
	unsigned restart_ms; /* `isdn restart interval`; 0: none */
};

struct auditor_counters {
	unsigned found;	   /* disagreements that were acted upon */
	unsigned repaired; /* channels that are in service again */
	unsigned failed;   /* RESTARTs of channels in question that were not acknowledged */
};

int auditor_new(void *ctx, const struct auditor_config *config, struct trunk *trunk,
		const struct auditor_ops *ops, void *arg, struct auditor **out);
void auditor_free(struct auditor *auditor);

void auditor_release_failed(struct auditor *auditor, unsigned channel);
void auditor_restart_done(struct auditor *auditor, unsigned channel, bool acknowledged);
/* channel 0: the whole span. */
void auditor_restarted(struct auditor *auditor, unsigned channel);
/* RESTART of a channel because somebody asks for it. -EBUSY: a call is on it; -ENOENT. */
int auditor_restart(struct auditor *auditor, unsigned channel);
void auditor_look(struct auditor *auditor);
void auditor_counters(const struct auditor *auditor, struct auditor_counters *out);

#endif
