/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * refer - transfer by REFER (RFC 3515, 5589): asked for by the far end of a leg, and by us.
 *
 * Theirs: the other party of the call is connected to the Refer-To. One with Replaces that names a
 * dialog of ours joins the two calls; any other is a new call of that party, by the number in it
 * and the dial plan. A number counts if its host is ours, a neighbour's (place.h) or the far end's
 * own domain; another URI only if a dial peer matches it (`destination uri`). Everything else is
 * refused with 403, so that nobody can make the gateway call strangers. How it goes is told by
 * NOTIFY with message/sipfrag, unless the REFER said norefersub (RFC 4488); after the last one is
 * answered the leg may go. A far end that says BYE before still gets it, in the same dialog, which
 * the subscription keeps (RFC 6665 4.5.2, RFC 5057); its own requests there are answered 481.
 *
 * Ours: the order `transfer` of a leg whose far end and the other leg's are one neighbour, and no
 * telephones. He is sent a REFER with Replaces and we leave the middle (RFC 5589 7).
 */
#ifndef GATEWAY_SIP_REFER_H
#define GATEWAY_SIP_REFER_H

#include "gateway/sip/leg_sip_private.h"

/* REFER in the leg's dialog. Returns the status, which has been sent. */
int refer_receive(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip);
/* REFER outside a dialog: 403 unless its Target-Dialog is one of ours. Returns the status; 202 has
 * been sent. */
int refer_receive_outside(struct ua *ua, nta_incoming_t *irq, const sip_t *sip);
/* The leg's op transfer_news. */
void refer_news(struct leg *leg, enum leg_transfer_state state, const struct cause *cause);
/* true: the leg is released, but its dialog must wait for the end of the subscription; it is
 * released then, so. */
bool refer_delays_release(struct leg_sip *l, const struct dialog_end *end);
void refer_dialog_ended(struct leg_sip *l); /* NOTIFY is all that can still be sent in it */
void refer_free(struct leg_sip *l);

/* refer_out.c. The leg's op transfer. */
int refer_order(struct leg *leg, struct leg *other);
/* NOTIFY in the leg's dialog. Returns the status to answer with. */
int refer_notified(struct leg_sip *l, const sip_t *sip);
void refer_leg_ended(struct leg_sip *l); /* it has ended, or is released */

#endif
