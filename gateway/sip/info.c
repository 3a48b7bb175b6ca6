// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/message.h"

#define INFO_ACCEPT "application/dtmf-relay, application/dtmf"
#define DURATION_MS 160 /* where the far end does not say */
#define DURATION_MAX_MS 6000
#define SIGNAL_FLASH 16
#define BODY_MAX 256

/* ---- reading */

static const char digits[] = "0123456789*#ABCD";

/* "5", "*" or "11", as RFC 4733 numbers them. 0: none that is a digit. */
static char read_signal(const char *text)
{
	size_t length = strcspn(text, " \t\r\n");
	unsigned long number;
	char *end;

	if (length == 1) {
		const char *p = strchr("0123456789*#ABCDabcd", *text);

		return p ? (*text >= 'a' ? *text - 'a' + 'A' : *text) : '\0';
	}
	number = strtoul(text, &end, 10);
	return end == text + length && length == 2 && number < SIGNAL_FLASH ? digits[number] : '\0';
}

/* "Signal=5" and "Duration=160", a line each, blanks allowed. */
static bool read_relay(const char *text, struct leg_digit *digit)
{
	while (*text) {
		const char *value = text + strcspn(text, "=\n");

		if (*value == '=') {
			value += 1 + strspn(value + 1, " \t");
			if (!strncasecmp(text, "Signal", 6))
				digit->digit = read_signal(value);
			else if (!strncasecmp(text, "Duration", 8))
				digit->duration_ms = strtoul(value, NULL, 10);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return digit->digit != '\0';
}

static bool read_digit(const char *type, const char *text, struct leg_digit *digit)
{
	digit->duration_ms = DURATION_MS;
	if (!strcasecmp(type, "application/dtmf-relay")) {
		if (!read_relay(text, digit))
			return false;
	} else {
		digit->digit = read_signal(text + strspn(text, " \t\r\n"));
	}
	if (!digit->duration_ms)
		digit->duration_ms = DURATION_MS;
	if (digit->duration_ms > DURATION_MAX_MS)
		digit->duration_ms = DURATION_MAX_MS;
	return digit->digit != '\0';
}

int info_receive(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	const sip_content_type_t *type = sip->sip_content_type;
	struct leg_digit digit = {0};
	char text[BODY_MAX];

	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 200; /* does something answer there? */
	if (!type || !type->c_type ||
	    (strcasecmp(type->c_type, "application/dtmf-relay") &&
	     strcasecmp(type->c_type, "application/dtmf"))) {
		message_reply(l->ua, irq, NULL, 415, SIPTAG_ACCEPT_STR(INFO_ACCEPT), TAG_END());
		return 415;
	}
	if (sip->sip_payload->pl_len >= sizeof(text))
		return 400;
	memcpy(text, sip->sip_payload->pl_data, sip->sip_payload->pl_len);
	text[sip->sip_payload->pl_len] = '\0';
	if (!read_digit(type->c_type, text, &digit))
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
		 digit->duration_ms ? digit->duration_ms : DURATION_MS);
	dialog_send(l->dialog, &message);
}
