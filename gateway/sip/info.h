/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info - INFO requests in a call (RFC 6086 and what telephones send without it): digits in
 * application/dtmf-relay ("Signal=5", "Duration=160") or application/dtmf ("5"), both ways.
 *
 * RFC 4733 goes before it: where both ends have agreed on that, digits are not sent in INFO, and
 * those that come in INFO are taken only if the dial peer has `dtmf-relay sip-info`: there are
 * telephones that send each digit both ways.
 */
#ifndef GATEWAY_SIP_INFO_H
#define GATEWAY_SIP_INFO_H

#include "gateway/sip/leg_sip_private.h"

/* One that came. Returns the status to answer with, or 0: it is answered. */
int info_receive(struct leg_sip *leg, nta_incoming_t *irq, const sip_t *sip);
/* Do digits to this far end go in INFO? */
bool info_is_for_digits(const struct leg_sip *leg);
void info_send(struct leg_sip *leg, const struct leg_digit *digit);

#endif
