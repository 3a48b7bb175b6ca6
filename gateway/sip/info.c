// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/info.h"

#include <stdio.h>
#include <string.h>

#include "gateway/sip/digit_body.h"
#include "gateway/sip/message.h"

#define INFO_ACCEPT "application/dtmf-relay, application/dtmf"
#define BODY_MAX 256

int info_receive(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	const sip_content_type_t *type = sip->sip_content_type;
	struct leg_digit digit = {0};
	char text[BODY_MAX];

	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 200; /* does something answer there? */
	if (!type || !type->c_type || !digit_body_is_one(type->c_type)) {
		message_reply(l->ua, irq, NULL, 415, SIPTAG_ACCEPT_STR(INFO_ACCEPT), TAG_END());
		return 415;
	}
	if (sip->sip_payload->pl_len >= sizeof(text))
		return 400;
	memcpy(text, sip->sip_payload->pl_data, sip->sip_payload->pl_len);
	text[sip->sip_payload->pl_len] = '\0';
	if (digit_body_read(type->c_type, text, &digit))
		return 400;
	message_reply(l->ua, irq, NULL, 200, TAG_END());
	if (!l->session.agreed.event_payload_type || l->dtmf & PEER_DTMF_SIP_INFO)
		call_event(&l->leg, CALL_EV_DIGIT, &digit);
	return 200;
}

/* ---- sending */

bool info_is_for_digits(const struct leg_sip *l)
{
	return l->dialog && l->dtmf & PEER_DTMF_SIP_INFO && !l->session.agreed.event_payload_type &&
	       dialog_takes_info(l->dialog);
}

void info_send(struct leg_sip *l, const struct leg_digit *digit)
{
	char body[64];
	struct dialog_message message = {
	    .method = "INFO", .content_type = "application/dtmf-relay", .body = body};

	snprintf(body, sizeof(body), "Signal=%c\r\nDuration=%u\r\n", digit->digit,
		 digit->duration_ms ? digit->duration_ms : DIGIT_BODY_MS);
	dialog_send(l->dialog, &message);
}
