/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hops - how far an INVITE has come, so that a call that goes round in a circle ends.
 *
 * A call that came by SIP and goes on by SIP takes its Max-Forwards with it, one less at each
 * gateway (RFC 3261 8.1.1.6, RFC 7332): a circle through other B2BUAs ends with 483. One through a
 * proxy ends at once: the INVITE is one of ours that comes back for the number that it was sent to
 * (482, RFC 3261 16.3 step 4). Back for another number it is a call that was forwarded, and is
 * taken.
 */
#ifndef GATEWAY_SIP_HOPS_H
#define GATEWAY_SIP_HOPS_H

#include "gateway/sip/message.h"

#define HOPS_MAX 70

/* 0, or the status to refuse a new INVITE with: 482, 483. */
int hops_check(const struct ua *ua, const sip_t *sip);
/* 1..HOPS_MAX, of an INVITE that passed. */
unsigned hops_of(const sip_t *sip);

#endif
