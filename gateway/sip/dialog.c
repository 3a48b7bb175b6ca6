// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/path.h"
#include "gateway/sip/proxy.h"
#include "gateway/sip/setups.h"

/* ---- life */

static void reap(void *data)
{
	struct dialog *d = data;

	d->handlers->gone(d->arg);
	dialog_free(d);
}

struct dialog *dialog_alloc(struct ua *ua, enum dialog_state state, const struct ua_path *path)
{
	struct dialog *d = talloc_zero(ua, struct dialog);

	if (!d)
		return NULL;
	d->ua = ua;
	d->state = state;
	d->path = *path;
	INIT_LLIST_HEAD(&d->sent);
	INIT_LLIST_HEAD(&d->reliables);
	dialog_reoffer_init(d);
	dialog_timer_init(d);
	authorization_init(&d->authorization, ua, d);
	osmo_timer_setup(&d->reap, reap, d);
	llist_add_tail(&d->entry, &ua->dialogs);
	ua->counters.dialogs++;
	return d;
}

void dialog_bind(struct dialog *d, const struct dialog_handlers *handlers, void *arg)
{
	d->handlers = handlers;
	d->arg = arg;
}

void dialog_free(struct dialog *d)
{
	if (d->attempt) {
		d->attempt->dialog = NULL;
		attempt_free(d->attempt);
	}
	dialog_reliable_forget(d);
	dialog_reoffer_stop(d);
	dialog_timer_stop(d);
	if (d->invite) {
		nta_incoming_bind(d->invite, NULL, NULL);
		nta_incoming_destroy(d->invite);
	}
	if (d->bye)
		nta_outgoing_destroy(d->bye);
	dialog_forget_sent(d);
	dialog_forget_headers(d);
	if (d->leg)
		nta_leg_destroy(d->leg);
	osmo_timer_del(&d->reap);
	setups_end(d->setup);
	llist_del(&d->entry);
	d->ua->counters.dialogs--;
	talloc_free(d);
}

bool dialog_owned(const struct dialog *d)
{
	return d->handlers && !d->released;
}

#define S(state) (1u << (state))

void dialog_enter(struct dialog *d, enum dialog_state next)
{
	static const unsigned ways[] = {
	    [DIALOG_INCOMING] = S(DIALOG_ANSWERED) | S(DIALOG_ENDED),
	    [DIALOG_ANSWERED] =
		S(DIALOG_UP) | S(DIALOG_CLOSING) | S(DIALOG_ENDING) | S(DIALOG_ENDED),
	    [DIALOG_CALLING] = S(DIALOG_UP) | S(DIALOG_ENDING) | S(DIALOG_ENDED),
	    [DIALOG_UP] = S(DIALOG_UP) | S(DIALOG_ENDING) | S(DIALOG_ENDED),
	    [DIALOG_CLOSING] = S(DIALOG_ENDING) | S(DIALOG_ENDED),
	    [DIALOG_ENDING] = S(DIALOG_ENDED),
	    [DIALOG_ENDED] = S(DIALOG_ENDED),
	};

	OSMO_ASSERT(ways[d->state] & S(next));
	d->state = next;
	if (next == DIALOG_CLOSING || next == DIALOG_ENDING || next == DIALOG_ENDED)
		dialog_timer_stop(d);
	if (next == DIALOG_UP || next == DIALOG_ENDING || next == DIALOG_ENDED) {
		setups_end(d->setup);
		d->setup = NULL;
	}
	if (next == DIALOG_ENDED && d->released)
		osmo_timer_schedule(&d->reap, 0, 0);
}

void dialog_trace(struct dialog *d, enum call_direction direction, const char *text)
{
	if (d->handlers)
		d->handlers->trace(d->arg, direction, text);
}

void dialog_trace_status(struct dialog *d, enum call_direction direction, int status,
			 const char *phrase, const char *method)
{
	char text[80];

	if (status < 200)
		snprintf(text, sizeof(text), "%d %.60s", status, phrase ? phrase : "");
	else
		snprintf(text, sizeof(text), "%d %.50s (%.12s)", status, phrase ? phrase : "",
			 method);
	dialog_trace(d, direction, text);
}

const char *dialog_name(const struct dialog *d)
{
	return d->name;
}

const struct sockaddr_storage *dialog_remote(const struct dialog *d)
{
	return &d->path.remote;
}

bool dialog_is_at_contact(const struct dialog *d)
{
	const sip_contact_t *contact = NULL;
	const sip_route_t *route = NULL;
	struct sockaddr_storage named;

	return !(d->path.stays && !d->owns_call_id) &&
	       nta_leg_get_route(d->leg, &route, &contact) >= 0 && contact &&
	       !target_address_parse(contact->m_url->url_host, 0, &named) &&
	       target_same_host(&named, &d->path.remote);
}

void dialog_set_local(struct dialog *d, const struct sip_options *options)
{
	path_apply(d->ua, options, &d->path);
}

const struct sockaddr_storage *dialog_local(const struct dialog *d)
{
	const struct sockaddr_storage *own = &d->path.socket->address;

	return d->path.external.ss_family == own->ss_family ? &d->path.external : own;
}

void dialog_set_tenant(struct dialog *d, unsigned tenant, const char *line)
{
	authorization_set(&d->authorization, tenant, line);
}

bool dialog_authorize(struct dialog *d, nta_outgoing_t **out, const sip_t *sip,
		      nta_response_f *callback, void *magic)
{
	struct message_request request = {
	    .ua = d->ua,
	    .leg = d->leg,
	    .path = &d->path,
	    .callback = callback,
	    .magic = magic,
	    .authorization = &d->authorization,
	};
	const char *method = nta_outgoing_method_name(*out);
	int status = nta_outgoing_status(*out);

	if (!authorization_retry(&request, out, sip))
		return false;
	dialog_trace_status(d, CALL_RECEIVED, status, sip_status_phrase(status), method);
	dialog_trace(d, CALL_SENT, method);
	return true;
}

/* ---- the end */

static int on_bye_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct dialog *d = magic;
	struct message_request again = {.ua = d->ua, .callback = on_bye_response, .magic = d};
	int status = nta_outgoing_status(out);

	if ((!sip || nta_sip_is_internal(sip)) && proxy_send_past(&again, &d->bye))
		return 0;
	if (dialog_authorize(d, &d->bye, sip, on_bye_response, d) || status < 200)
		return 0;
	if (sip)
		dialog_trace_status(d, CALL_RECEIVED, status, sip->sip_status->st_phrase, "BYE");
	nta_outgoing_destroy(out);
	d->bye = NULL;
	dialog_enter(d, DIALOG_ENDED);
	return 0;
}

static void send_bye(struct dialog *d, const char *reason)
{
	const char *body = d->headers.bye_body;
	struct message_request request = {
	    .ua = d->ua,
	    .leg = d->leg,
	    .path = &d->path,
	    .method = sip_method_bye,
	    .name = "BYE",
	    .callback = on_bye_response,
	    .magic = d,
	    .authorization = &d->authorization,
	};

	dialog_enter(d, DIALOG_ENDING);
	dialog_trace(d, CALL_SENT, "BYE");
	d->bye = message_send(&request, TAG_IF(reason, SIPTAG_REASON_STR(reason)),
			      TAG_IF(body, SIPTAG_CONTENT_TYPE_STR(d->headers.bye_type)),
			      TAG_IF(body, SIPTAG_PAYLOAD_STR(body)), TAG_END());
	if (!d->bye)
		dialog_enter(d, DIALOG_ENDED);
}

void dialog_release(struct dialog *d, const struct dialog_end *end)
{
	const char *reason = end->reason;

	d->released = true;
	switch (d->state) {
	case DIALOG_INCOMING:
		dialog_refuse(d, end);
		break;
	case DIALOG_ANSWERED: /* BYE only after the ACK: RFC 3261 15 */
		dialog_enter(d, DIALOG_CLOSING);
		d->reason = reason ? talloc_strdup(d, reason) : NULL;
		break;
	case DIALOG_CALLING:
		dialog_enter(d, DIALOG_ENDING);
		dialog_trace(d, CALL_SENT, "CANCEL");
		attempt_cancel(d->attempt, reason);
		break;
	case DIALOG_UP:
		send_bye(d, reason);
		break;
	case DIALOG_ENDED:
		dialog_enter(d, DIALOG_ENDED);
		break;
	case DIALOG_CLOSING:
	case DIALOG_ENDING:
		break;
	}
}

void dialog_tell_ended(struct dialog *d, const sip_t *sip)
{
	struct dialog_news news = {0};
	struct party identity;

	if (sip)
		message_news(sip, &identity, &news);
	else
		news.failure = DIALOG_NO_RESPONSE;
	if (dialog_owned(d))
		d->handlers->ended(d->arg, &news);
}

/* ---- requests of the far end */

int dialog_on_bye(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	dialog_trace(d, CALL_RECEIVED, "BYE");
	message_reply(d->ua, irq, NULL, 200, TAG_END());
	nta_incoming_destroy(irq);
	dialog_trace_status(d, CALL_SENT, 200, "OK", "BYE");
	if (d->state == DIALOG_ENDED || d->state == DIALOG_ENDING)
		return 0; /* crossed with ours, which is still answered */
	if (d->state == DIALOG_INCOMING)
		dialog_refuse(d, &(struct dialog_end){.status = 487});
	else
		dialog_enter(d, DIALOG_ENDED);
	dialog_tell_ended(d, sip);
	return 0;
}

/* CANCEL, ACK, or nothing came in time (sip NULL). */
static int on_cancel(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	dialog_trace(d, CALL_RECEIVED, "CANCEL");
	if (d->state == DIALOG_INCOMING) {
		dialog_refuse(d, &(struct dialog_end){.status = 487});
		dialog_tell_ended(d, sip);
	}
	return 0;
}

void dialog_abort(struct dialog *d, const char *reason, const struct dialog_news *news)
{
	send_bye(d, reason);
	if (dialog_owned(d))
		d->handlers->ended(d->arg, news);
}

static void on_no_ack(struct dialog *d)
{
	LOGP(DSIP, LOGL_NOTICE, "%s: no ACK came, ending the dialog\n", d->name);
	send_bye(d, d->reason);
	dialog_tell_ended(d, NULL);
}

static void on_no_prack(struct dialog *d)
{
	LOGP(DSIP, LOGL_NOTICE, "%s: no PRACK came, refusing the INVITE\n", d->name);
	dialog_refuse(d, &(struct dialog_end){.status = 504});
	dialog_tell_ended(d, NULL);
}

void dialog_tell_unusable(struct dialog *d)
{
	struct dialog_news news = {.reason.q850 = 88};

	if (dialog_owned(d))
		d->handlers->ended(d->arg, &news);
}

static void on_ack(struct dialog *d, const sip_t *sip)
{
	struct dialog_news news;
	struct party identity;

	dialog_trace(d, CALL_RECEIVED, "ACK");
	if (d->state == DIALOG_CLOSING) {
		send_bye(d, d->reason);
		return;
	}
	if (d->state != DIALOG_ANSWERED && d->state != DIALOG_UP)
		return;
	dialog_enter(d, DIALOG_UP);
	if (d->far.exchange == EXCHANGE_OURS && dialog_owned(d)) {
		d->far.exchange = EXCHANGE_DONE;
		message_news(sip, &identity, &news);
		if (d->handlers->answer(d->arg, &news)) {
			send_bye(d, DIALOG_UNUSABLE_REASON);
			dialog_tell_unusable(d);
			return;
		}
	}
	dialog_reoffer_next(d);
}

int dialog_on_ack_cancel(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	int status = nta_incoming_status(irq);

	if (sip && sip->sip_request->rq_method == sip_method_cancel)
		return on_cancel(d, irq, sip);
	if (!sip && status < 200 && d->state == DIALOG_INCOMING) {
		on_no_prack(d);
		return 0;
	}
	dialog_reliable_forget(d);
	if (d->invite == irq)
		d->invite = NULL;
	nta_incoming_destroy(irq);
	if (status < 200 || status >= 300)
		return 0;
	if (sip)
		on_ack(d, sip);
	else if (d->state == DIALOG_ANSWERED || d->state == DIALOG_UP || d->state == DIALOG_CLOSING)
		on_no_ack(d);
	return 0;
}
