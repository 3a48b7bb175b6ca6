// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/digit_relay.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "gateway/call/direct.h"
#include "gateway/sip/info.h"
#include "gateway/sip/kpml.h"
#include "gateway/sip/message.h"
#include "gateway/wire/media_client.h"

#define DURATION_MS 160	       /* where NOTIFY does not say */
#define SUBSCRIBE_AFTER_MS 200 /* the ACK of our 200 is here by then */
#define KPML_EXPIRES "7200"
#define KPML_REFRESH_S 6000
#define CALL_INFO "<sip:gateway>;method=\"NOTIFY;Event=telephone-event;Duration=2000\""

/* ---- out */

static void send_next(struct leg_sip *l);

static void on_notify_answered(void *arg, unsigned status)
{
	struct leg_sip *l = arg;

	l->digits.notifying = false;
	if (status >= 300) {
		l->digits.far_notifies = false;
		l->digits.events.count = 0;
		digit_relay_update(l);
	}
	send_next(l);
}

static void send_next(struct leg_sip *l)
{
	uint8_t octets[DIGIT_EVENT_SIZE];
	struct dialog_message message = {
	    .method = "NOTIFY",
	    .content_type = "audio/telephone-event",
	    .body = (const char *)octets,
	    .body_size = sizeof(octets),
	    .headers = "Event: telephone-event;rate=1000\r\nSubscription-State: active\r\n",
	    .done = on_notify_answered,
	    .arg = l,
	};

	if (l->digits.notifying || !l->dialog || !digit_events_take(&l->digits.events, octets))
		return;
	l->digits.notifying = dialog_send(l->dialog, &message) == 0;
}

static bool notifies_unasked(const struct leg_sip *l)
{
	return l->dtmf & PEER_DTMF_SIP_NOTIFY && l->digits.far_notifies && l->state == LEG_SIP_UP;
}

void digit_relay_update(struct leg_sip *l)
{
	bool subscribed =
	    l->dtmf & (PEER_DTMF_SIP_KPML | PEER_DTMF_SIP_NOTIFY) && subscription_hears_digits(l);

	session_signal_digits(&l->session,
			      l->state == LEG_SIP_UP &&
				  (subscribed || notifies_unasked(l) || info_is_for_digits(l)));
	direct_changed(&l->leg);
}

/* false: media is to say it, and nobody else. */
static bool signal_digit(struct leg_sip *l, const struct leg_digit *digit)
{
	bool told = subscription_digit(l, digit);

	if (l->session.agreed.event_payload_type)
		return false;
	if (told)
		return true;
	if (notifies_unasked(l)) {
		digit_events_add(&l->digits.events, digit);
		send_next(l);
		return true;
	}
	if (!info_is_for_digits(l))
		return false;
	info_send(l, digit);
	return true;
}

void digit_relay_send(struct leg *leg, const struct leg_digit *digit)
{
	struct leg_sip *l = (struct leg_sip *)leg;

	if (!signal_digit(l, digit) && l->session.end)
		media_client_digit(l->session.media, l->session.end, digit->digit,
				   digit->duration_ms);
}

void digit_relay_heard(struct leg *leg, const struct leg_digit *digit)
{
	signal_digit((struct leg_sip *)leg, digit);
}

/* ---- what both ends can */

void digit_relay_hear(struct leg_sip *l, const sip_t *sip)
{
	const sip_call_info_t *info;
	const sip_allow_events_t *events;

	for (info = sip->sip_call_info; info; info = info->ci_next) {
		const char *method =
		    info->ci_params ? msg_params_find(info->ci_params, "method=") : NULL;

		if (method && strcasestr(method, "NOTIFY") && strcasestr(method, "telephone-event"))
			l->digits.far_notifies = true;
	}
	for (events = sip->sip_allow_events; events; events = events->k_next)
		for (const msg_param_t *item = events->k_items; item && *item; item++)
			if (strcasecmp(*item, "kpml") == 0)
				l->digits.far_has_kpml = true;
	digit_relay_update(l);
}

const char *digit_relay_lines(const struct leg_sip *l)
{
	switch ((unsigned)l->dtmf & (PEER_DTMF_SIP_NOTIFY | PEER_DTMF_SIP_KPML)) {
	case PEER_DTMF_SIP_NOTIFY:
		return "Call-Info: " CALL_INFO "\r\n";
	case PEER_DTMF_SIP_KPML:
		return "Allow-Events: kpml, telephone-event\r\n";
	case PEER_DTMF_SIP_NOTIFY | PEER_DTMF_SIP_KPML:
		return "Call-Info: " CALL_INFO "\r\nAllow-Events: kpml, telephone-event\r\n";
	default:
		return "";
	}
}

/* ---- in */

static void subscribe(void *data)
{
	static const struct dialog_message message = {
	    .method = "SUBSCRIBE",
	    .content_type = "application/kpml-request+xml",
	    .body = kpml_each_digit,
	    .headers = "Event: kpml\r\nAccept: application/kpml-response+xml\r\n"
		       "Expires: " KPML_EXPIRES "\r\n",
	};
	struct leg_sip *l = data;

	if (l->dialog && dialog_send(l->dialog, &message) == 0)
		osmo_timer_schedule(&l->digits.subscribe, KPML_REFRESH_S, 0);
}

void digit_relay_answered(struct leg_sip *l)
{
	digit_relay_update(l);
	if (!(l->dtmf & PEER_DTMF_SIP_KPML) || !l->digits.far_has_kpml ||
	    l->session.agreed.event_payload_type)
		return;
	osmo_timer_setup(&l->digits.subscribe, subscribe, l);
	osmo_timer_schedule(&l->digits.subscribe, 0, SUBSCRIBE_AFTER_MS * 1000);
}

void digit_relay_stop(struct leg_sip *l)
{
	osmo_timer_del(&l->digits.subscribe);
}

static void report(struct leg_sip *l, nta_incoming_t *irq, const struct leg_digit *digits,
		   unsigned count)
{
	message_reply(l->ua, irq, NULL, 200, TAG_END());
	for (unsigned i = 0; i < count; i++)
		call_event(&l->leg, CALL_EV_DIGIT, &digits[i]);
}

static int on_kpml(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_digit digits[KPML_DIGITS_MAX];
	struct kpml_response response;
	unsigned count = 0;

	if (!osmo_timer_pending(&l->digits.subscribe))
		return 481;
	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 200; /* the first one says nothing yet */
	if (kpml_read_response(sip->sip_payload->pl_data, sip->sip_payload->pl_len, &response))
		return 400;
	for (const char *c = response.digits; response.code == 200 && *c; c++)
		digits[count++] = (struct leg_digit){*c, DURATION_MS};
	report(l, irq, digits, count);
	return 200;
}

/* A digit counts when it has ended. */
static int on_telephone_event(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_digit digit;
	int rc;

	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 200;
	rc = digit_event_read(sip->sip_payload->pl_data, sip->sip_payload->pl_len, &digit);
	if (rc < 0)
		return 400;
	if (!digit.duration_ms)
		digit.duration_ms = DURATION_MS;
	report(l, irq, &digit, rc == 1);
	return 200;
}

int digit_relay_notified(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	const char *type = sip->sip_event ? sip->sip_event->o_type : NULL;

	if (type && strcasecmp(type, "kpml") == 0)
		return on_kpml(l, irq, sip);
	if (type && strcasecmp(type, "telephone-event") == 0)
		return on_telephone_event(l, irq, sip);
	return 489;
}
