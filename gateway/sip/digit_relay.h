/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digit_relay - digits of a call by signalling, both ways: `dtmf-relay sip-kpml|sip-notify|sip-info`.
 *
 * Out, the first of these that works: RFC 4733 events, if they were agreed on (then media sends them);
 * kpml or telephone-event, if the far end has subscribed to it; NOTIFY telephone-event that nobody has
 * asked for, if both ends named it in Call-Info, as IOS does; INFO; else tones in the audio. Who has
 * subscribed is told in any case.
 *
 * A digit that goes by signalling is not heard in the audio as well: media takes it out there, as it does
 * with RFC 4733 events; not for who has subscribed where `dtmf-relay` does not say so: he may only wait
 * for one of them. What it takes to hear that it is one, 17 to 24 ms, has gone out by then.
 *
 * In: INFO (info.h) and NOTIFY telephone-event at any time; with sip-kpml, and without RFC 4733 events,
 * we subscribe to kpml at a far end that has it in Allow-Events.
 */
#ifndef GATEWAY_SIP_DIGIT_RELAY_H
#define GATEWAY_SIP_DIGIT_RELAY_H

#include "gateway/sip/leg_sip_private.h"

/* The leg's orders digit and heard. */
void digit_relay_send(struct leg *leg, const struct leg_digit *digit);
void digit_relay_heard(struct leg *leg, const struct leg_digit *digit);
/* What a message of the far end says that it can. */
void digit_relay_hear(struct leg_sip *l, const sip_t *sip);
/* Header lines of our INVITE and its answer, or "". */
const char *digit_relay_lines(const struct leg_sip *l);
void digit_relay_answered(struct leg_sip *l); /* the call is up */
/* Who has subscribed to digits, or what was agreed on, may have changed: tells media whether the sound of
 * a digit goes to the far end. */
void digit_relay_update(struct leg_sip *l);
void digit_relay_stop(struct leg_sip *l);
/* NOTIFY in the dialog. Returns the status to answer with, 0: it was answered. */
int digit_relay_notified(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip);

#endif
