/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * proxied - one request that is passed on: the response context of RFC 3261 16.
 *
 *	               a name is known
 *	+------------+ ----------> +---------+  100   +--------+  1xx   +------------+
 *	| looking up |             | waiting | -----> | trying | -----> | proceeding |
 *	+------------+ <---------- +---------+        +--------+        +------------+
 *	        the hop has failed, the next | a final response      2xx   |  timer C, CANCEL
 *	        one has a name               v                 +----------++---------+
 *	                                     gone <----------- | accepted |  cancelled |
 *	                                       64*T1           +----------+------------+
 *
 * A hop has failed if it cannot be reached, says 503, does not say a word within patience, or is a call
 * manager that is given up meanwhile. A call that the manager has brought back to us, for another telephone,
 * goes on past it then (proxied_spiral.c). What a telephone has sent else goes to the next one, as
 * proxy_find_way() finds it, unless the manager has itself said 503 after a 180 or the like; the way may lead
 * past a dead call manager to the other telephone, or end here: then the request is the gateway's own, as if
 * no call manager had been there to begin with. Who calls, when the last one fails, has his call made by
 * the gateway, in the same transaction, which is to him as if it had been forked: to be refused and call
 * again would take him longer, and not all telephones do so by themselves. Where nothing is left, he gets 503
 * with Retry-After (SUBSCRIBE in a dialog: 481, so that he subscribes anew, to the gateway). His dialogs stay:
 * 408 and 481 would end them.
 *
 * Patience is 8*T1 for INVITE, which is answered 100 at once, for what call managers answer themselves,
 * and within dialogs, where the same CSeq twice does no harm; 48*T1 for others, before their sender
 * gives up. There is none towards telephones.
 *
 * An INVITE that was given up is cancelled. Should its 2xx come all the same, nobody acknowledges it, and
 * its sender ends it.
 */
#ifndef GATEWAY_SIP_PROXIED_H
#define GATEWAY_SIP_PROXIED_H

#include "gateway/sip/proxy_private.h"

#define PROXIED_MAX 20000 /* at a time */

enum proxied_state {
	PROXIED_LOOKING_UP,
	PROXIED_WAITING,
	PROXIED_TRYING,
	PROXIED_PROCEEDING,
	PROXIED_CANCELLED, /* a final response is due */
	PROXIED_ACCEPTED,  /* an INVITE: 2xx that come now go up too (RFC 6026) */
};

struct proxied { /* talloc'ed */
	struct llist_head entry;
	struct ua *ua;
	struct proxy_request request; /* irq is ours, NULL: an ACK */
	msg_t *msg;		      /* as it came */
	struct proxy_way way;
	struct resolve *question;
	nta_outgoing_t *out;
	enum proxied_state state;
	unsigned vias;		      /* that its responses have and its sender does not: ours, 1 */
	struct osmo_timer_list timer; /* patience, C, or until it is gone */
};

/* NULL: no memory, or too many. The request stays the caller's. */
struct proxied *proxied_new(const struct proxy_request *request, const struct proxy_way *way);
/* Goes the way that was found, rc as proxy_find_way() has returned it: 1 or PROXY_LOOKS_UP. 0; else
 * it could not, and is still the caller's. An ACK is gone in any case, in time. */
int proxied_begin(struct proxied *p, int rc);
void proxied_free(struct proxied *p);
/* The manager that it waits for, or that has sent it, is gone. It may be gone afterwards. */
void proxied_manager_is_gone(struct proxied *p);
/* Its manager is dead. True: it is the other half now that has its sender, and p is gone. proxied_spiral.c */
bool proxied_close_spiral(struct proxied *p);
/* Its sender is another than it was: his CANCEL counts, and he hears what it has come to. */
void proxied_own(struct proxied *p);
/* A 2xx that belongs to no request any more. True: it has gone up. */
bool proxied_take_stray(struct proxied *p, nta_outgoing_t *out, const sip_t *sip);
/* Answers what is not passed on. */
void proxied_refuse(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int status);

/* What the stack is told while something is proxied. Its user agent would repeat 2xx by itself, and take
 * their ACKs. */
void proxied_stack_begin(const struct ua *ua);
void proxied_stack_end(const struct ua *ua);

#endif
