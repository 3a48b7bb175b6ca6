/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * leg_sip - the SIP side of a call: a dialog (dialog.h), an offer and answer (offer.h), a stream.
 */
#ifndef GATEWAY_SIP_LEG_SIP_H
#define GATEWAY_SIP_LEG_SIP_H

#include "gateway/call/call.h"

struct ua;

/* Outbound, as leg kind PEER_VOIP: resolves the peer's session target and sends the INVITE. */
struct leg *leg_sip_make(void *ua, struct call *call, const struct leg_request *request,
			 struct cause *why);
/* A call manager is given up (phone_book.h): calls out that it has not answered go elsewhere, if there is
 * somewhere else; who has heard it ring goes on hearing it. From the loop. */
void leg_sip_managers_gone(struct ua *ua);

#endif
