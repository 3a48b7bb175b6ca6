/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conference - the SIP half of conferences (gateway/call/conference.h): Join, and the focus.
 *
 * An INVITE with Join (RFC 3911) makes a conference of the call whose dialog it names, or comes into
 * the one that it is in; it may be sent by whoever may send Replaces (replaces.h). Only a dialog that
 * is up can be joined, else 481.
 *
 * Who is in a conference is told so by `isfocus` in our Contact, which has the number of the conference
 * (RFC 4579 4.3): at once if it is being answered, else by UPDATE or re-INVITE.
 */
#ifndef GATEWAY_SIP_CONFERENCE_H
#define GATEWAY_SIP_CONFERENCE_H

#include "gateway/sip/leg_sip_private.h"

/* The leg that an INVITE is to join; *out NULL: it has no Join. 0, or the status to refuse it with. */
int join_check(const struct ua *ua, const sip_t *sip, struct leg_sip **out);
/* The leg's op conference. */
void leg_sip_order_conference(struct leg *leg, const char *number);

#endif
