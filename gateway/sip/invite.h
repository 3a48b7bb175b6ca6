/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * invite - an INVITE on its way to becoming a call, and the check of who calls (STIR/SHAKEN).
 *
 * request.c reads one into a struct invite. invite_verify() looks whether the profile of its
 * inbound dial peer wants the caller checked; then it takes the invite over, and when the verdict is
 * there, applies the profile's policy and calls invite_accept() (request.c) or refuses. Meanwhile
 * the caller has a 100, and may cancel.
 */
#ifndef GATEWAY_SIP_INVITE_H
#define GATEWAY_SIP_INVITE_H

#include "gateway/sip/call_headers.h"
#include "gateway/sip/message.h"
#include "gateway/sip/path.h"
#include "gateway/stir/stir.h"

struct leg_sip;

struct invite { /* talloc'ed */
	struct ua *ua;
	struct dialog *dialog; /* made, and not bound */
	nta_incoming_t *irq;
	struct leg_sip *replaced; /* by Replaces, or NULL */
	struct leg_sip *joined;	  /* by Join, or NULL */
	struct call_setup setup;  /* points into the two below */
	struct call_headers_room room;
	struct message_origin origin;
	/* while it is being checked */
	msg_t *message;
	struct stir_check *check;
};

/* true: taken over. */
bool invite_verify(struct invite *invite, const sip_t *sip);
/* Makes leg and call, and frees the invite. 0, or the status it was refused with. */
int invite_accept(struct invite *invite, const sip_t *sip);
/* Answers with the status and frees dialog and invite. Returns the status. */
int invite_refuse(struct invite *invite, int status);

/* Identity and Date for a call that goes out, as the profile of options signs it (RFC 8224 4.1). */
void invite_sign(struct ua *ua, const struct dialog_call *call, struct header_lines *lines);

#endif
