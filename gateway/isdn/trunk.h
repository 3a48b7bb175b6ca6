/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trunk - the B channels behind one D channel: which are idle, which are taken, which may not be
 * used and why.
 *
 * trunk_new() with the span of the D channel; trunk_add_span() for each further span of an NFAS
 * group. A channel is named as isdn_link.h does it: the timeslot, and with NFAS the interface above
 * it (ISDN_CHANNEL). trunk_seize() picks one in the configured order, trunk_seize_in() in that of a
 * trunk group; trunk_take() takes the one that the far end named; trunk_release() gives it back. A
 * channel that the network refuses (causes
 * 44, 6) is seen to by the caller.
 *
 * Out of service: trunk_block() and trunk_unblock() with a reason; a channel may have several and
 * is in service when the last one is gone. A call on it stays; the channel is out of service once
 * the call has released it. Channels are not handed out either while the D channel is down or their
 * span has an alarm. What the far end takes is another matter: a call that it brings on a channel
 * shows that the channel works, so trunk_take() strikes out every reason but an operator's, and
 * busyout, which does not keep it from being taken.
 *
 * Errors are negative errno.
 */
#ifndef GATEWAY_ISDN_TRUNK_H
#define GATEWAY_ISDN_TRUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRUNK_INTERFACES_MAX 32 /* spans of an NFAS group; interface identifiers are below this */

/* `isdn bchan-number-order` and `trunk group` schemes */
enum trunk_hunt {
	TRUNK_HUNT_UNSAID, /* as TRUNK_ASCENDING */
	TRUNK_ASCENDING,
	TRUNK_DESCENDING,
	TRUNK_ROUND_ROBIN,
};

enum trunk_parity { /* timeslots that are tried before the others */
		    TRUNK_PARITY_NONE,
		    TRUNK_EVEN_FIRST,
		    TRUNK_ODD_FIRST,
};

struct trunk_order {
	enum trunk_hunt hunt; /* TRUNK_HUNT_UNSAID: as the trunk was configured */
	enum trunk_parity parity;
	bool emergency; /* a channel that is only busied out will do */
};

enum trunk_channel_state {
	TRUNK_CHANNEL_ABSENT, /* not in pri-group timeslots, or the D channel */
	TRUNK_CHANNEL_IDLE,
	TRUNK_CHANNEL_BUSY,
	TRUNK_CHANNEL_OUT_OF_SERVICE,
};

/* Why a channel is not in service; of several the last one here is told. */
enum trunk_reason {
	TRUNK_REASON_NONE,
	TRUNK_REASON_DCHANNEL, /* layer 2 is down */
	TRUNK_REASON_ALARM,    /* the span has one */
	TRUNK_REASON_RESTART,  /* RESTART is on its way and not acknowledged yet */
	TRUNK_REASON_RELEASE,  /* the far end did not answer RELEASE; RESTART follows */
	TRUNK_REASON_AUDIT,    /* RESTART was not acknowledged: the far end may hold the channel */
	TRUNK_REASON_FAR_END_MAINTENANCE, /* SERVICE received */
	TRUNK_REASON_FAR_END,
	TRUNK_REASON_BUSYOUT,		   /* `busyout monitor`: what its calls go to is down */
	TRUNK_REASON_OPERATOR_MAINTENANCE, /* `isdn service`, `isdn restart` */
	TRUNK_REASON_OPERATOR,
	TRUNK_REASONS,
};

/* Service state with the numbers of `show isdn service`. Pending: a call is still up. */
enum trunk_service {
	TRUNK_IN_SERVICE = 0,
	TRUNK_MAINTENANCE = 1,
	TRUNK_OUT_OF_SERVICE = 2,
	TRUNK_MAINTENANCE_PENDING = 8,
	TRUNK_OUT_OF_SERVICE_PENDING = 9,
};

struct trunk;

int trunk_new(void *ctx, unsigned span, uint32_t timeslots, enum trunk_hunt hunt,
	      struct trunk **out);
void trunk_free(struct trunk *trunk);
/* One more span of an NFAS group. -EINVAL: no timeslots, or no such interface; -EEXIST. The span of
 * trunk_new() is interface 0 until trunk_set_interface() says otherwise. */
int trunk_add_span(struct trunk *trunk, unsigned interface, unsigned span, uint32_t timeslots);
int trunk_set_interface(struct trunk *trunk, unsigned interface);

/* For a trunk of one span: both at once. */
void trunk_set_link(struct trunk *trunk, bool dchannel_up, unsigned alarms);
void trunk_set_dchannel(struct trunk *trunk, bool up);
void trunk_set_alarms(struct trunk *trunk, unsigned span, unsigned alarms);
/* fn is called when channels may have come into service or gone out of it; it may ask, and do nothing
 * else here. One watcher; NULL: none. */
typedef void trunk_watch_fn(void *arg);
void trunk_watch(struct trunk *trunk, trunk_watch_fn *fn, void *arg);
bool trunk_is_up(const struct trunk *trunk); /* the D channel, and a span without alarm */

/* A channel, or -ENETDOWN (link), -EBUSY (all taken or out of service: cause 34). */
int trunk_seize(struct trunk *trunk);
int trunk_seize_in(struct trunk *trunk, const struct trunk_order *order);
/* 0, -EBUSY (taken, or an operator has it out of service), -ENOENT (no such channel). */
int trunk_take(struct trunk *trunk, unsigned channel);
void trunk_release(struct trunk *trunk, unsigned channel);
/* 0, or -ENOENT. Reasons that are derived (D channel, alarm) cannot be set. */
int trunk_block(struct trunk *trunk, unsigned channel, enum trunk_reason reason);
int trunk_unblock(struct trunk *trunk, unsigned channel, enum trunk_reason reason);
bool trunk_is_blocked(const struct trunk *trunk, unsigned channel, enum trunk_reason reason);

/* The span of a channel, 0 if there is no such interface. */
unsigned trunk_span_of(const struct trunk *trunk, unsigned channel);
unsigned trunk_idle_count(const struct trunk *trunk); /* neither taken nor blocked */
unsigned trunk_size(const struct trunk *trunk);

struct trunk_usage {
	unsigned busy, in_service; /* channels in use; all that are in service, those included */
	/* CLOCK_MONOTONIC in microseconds: when the channel that is idle longest became so; 0: it
	 * has never been used, or none is idle */
	uint64_t idle_since_us;
};

void trunk_usage(const struct trunk *trunk, struct trunk_usage *out);
/* The channels one after another: the first above this one, 0 at the end; start with 0. */
unsigned trunk_next(const struct trunk *trunk, unsigned channel);
enum trunk_channel_state trunk_channel(const struct trunk *trunk, unsigned channel);
enum trunk_reason trunk_channel_reason(const struct trunk *trunk, unsigned channel);
enum trunk_service trunk_channel_service(const struct trunk *trunk, unsigned channel);
const char *trunk_reason_name(enum trunk_reason reason); /* "far end"; never NULL */

#endif
