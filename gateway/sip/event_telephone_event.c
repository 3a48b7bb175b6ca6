// SPDX-License-Identifier: GPL-2.0-or-later
/* Event package telephone-event, as IOS has it, in calls: each digit of the other party by itself. */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/call/leg.h"
#include "gateway/sip/digit_event.h"
#include "gateway/sip/event_packages.h"
#include "gateway/sip/ua_private.h"

static int read_subject(struct subscription *s, const sip_t *sip)
{
	if (!subscription_data(s))
		subscription_set_data(s, talloc_zero(s, struct digit_events));
	return subscription_data(s) ? 200 : 500;
}

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	uint8_t octets[DIGIT_EVENT_SIZE];

	if (!digit_events_take(subscription_data(s), octets))
		return 0;
	memcpy(text, octets, sizeof(octets));
	return sizeof(octets);
}

static void on_digit(struct subscription *s, const struct leg_digit *digit)
{
	digit_events_add(subscription_data(s), digit);
	subscription_changed(s);
}

const struct event_package event_telephone_event = {
    .name = "telephone-event",
    .content_type = "audio/telephone-event",
    .expires_s = 7200,
    .in_call_only = true,
    .read = read_subject,
    .write = write_document,
    .digit = on_digit,
};
