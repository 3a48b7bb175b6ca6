// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests inside a dialog: those of the far end, sorted to who answers them, and those that the
 * owner sends.
 */
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/proxy.h"

/* ---- ours */

struct sent {			 /* a request of dialog_send() that is not answered yet */
	struct llist_head entry; /* dialog->sent */
	struct dialog *dialog;
	nta_outgoing_t *out;
	const char *method;
	void (*done)(void *arg, unsigned status);
	void *arg;
};

static void sent_free(struct sent *sent)
{
	if (sent->out)
		nta_outgoing_destroy(sent->out);
	llist_del(&sent->entry);
	talloc_free(sent);
}

void dialog_forget_sent(struct dialog *d)
{
	struct sent *sent, *next;

	llist_for_each_entry_safe (sent, next, &d->sent, entry)
		sent_free(sent);
}

/* An UPDATE without an offer refreshes all the same (RFC 3311, RFC 4028). */
static void on_updated(struct dialog *d, const sip_t *sip)
{
	if (d->state != DIALOG_UP || !message_target_ok(sip, false))
		return;
	if (sip->sip_contact)
		nta_leg_client_reroute(d->leg, NULL, sip->sip_contact, 0);
	dialog_timer_agreed(d, sip);
}

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct sent *sent = magic, answered = *sent;
	int status = nta_outgoing_status(out);

	if (dialog_authorize(sent->dialog, &sent->out, sip, on_response, sent) || status < 200)
		return 0;
	if (sip)
		dialog_trace_status(sent->dialog, CALL_RECEIVED, status, sip->sip_status->st_phrase,
				    sent->method);
	if (sip && status < 300 && nta_outgoing_method(out) == sip_method_update)
		on_updated(sent->dialog, sip);
	sent_free(sent);
	if (answered.done && dialog_owned(answered.dialog))
		answered.done(answered.arg, status);
	return 0;
}

/* Requests may go once the far end has our tag, or we theirs. Subscriptions outlive the session: the
 * dialog is there for them until it is released (RFC 5057 4.1). */
static nta_leg_t *usable_leg(const struct dialog *d, sip_method_t method)
{
	struct fork *fork = dialog_heard(d);

	switch (d->state) {
	case DIALOG_INCOMING:
		return nta_incoming_status(d->invite) > 100 ? d->leg : NULL;
	case DIALOG_CALLING:
		return fork ? fork->leg : NULL;
	case DIALOG_ANSWERED:
	case DIALOG_UP:
		return d->leg;
	case DIALOG_ENDED:
		return method == sip_method_notify && !d->released ? d->leg : NULL;
	default:
		return NULL;
	}
}

bool dialog_takes_info(const struct dialog *d)
{
	struct fork *fork = dialog_heard(d);

	return usable_leg(d, sip_method_info) && !(fork ? &fork->far : &d->far)->lacks_info;
}

int dialog_send(struct dialog *d, const struct dialog_message *m)
{
	sip_method_t method = sip_method_code(m->method);
	struct message_request request = {
	    .ua = d->ua,
	    .leg = usable_leg(d, method),
	    .path = &d->path,
	    .method = method,
	    .name = m->method,
	    .callback = on_response,
	    .authorization = &d->authorization,
	};
	struct timer_headers timer = {.asks = false};
	struct sent *sent;
	sip_payload_t payload;

	if (!request.leg)
		return -EINVAL;
	if (request.method == sip_method_update && d->state == DIALOG_UP)
		dialog_timer_ask(d, &timer); /* an UPDATE without would end the timer */
	sent = talloc_zero(d, struct sent);
	if (!sent)
		return -ENOMEM;
	request.magic = sent;
	sent->dialog = d;
	sent->method = talloc_strdup(sent, m->method);
	sent->done = m->done;
	sent->arg = m->arg;
	llist_add_tail(&sent->entry, &d->sent);
	dialog_trace(d, CALL_SENT, m->method);
	sip_payload_init(&payload);
	payload.pl_data = (char *)m->body;
	payload.pl_len = m->body_size || !m->body ? m->body_size : strlen(m->body);
	sent->out = message_send(&request, TIMER_TAGS(timer),
				 TAG_IF(m->headers, SIPTAG_HEADER_STR(m->headers)),
				 TAG_IF(m->content_type, SIPTAG_CONTENT_TYPE_STR(m->content_type)),
				 TAG_IF(m->content_type, SIPTAG_PAYLOAD(&payload)), TAG_END());
	if (!sent->out) {
		sent_free(sent);
		return -ENOMEM;
	}
	return 0;
}

/* ---- theirs */

/* What the owner may know how to answer. */
int dialog_on_other(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	const char *method = sip->sip_request->rq_method_name;
	int status = 405;

	dialog_trace(d, CALL_RECEIVED, method);
	if (d->state == DIALOG_ENDING || d->state == DIALOG_ENDED || !dialog_owned(d))
		status = 481;
	else if (d->handlers->request)
		status = d->handlers->request(d->arg, irq, sip);
	if (!status)
		return 0;
	if (status >= 300)
		d->ua->counters.requests_refused++;
	if (nta_incoming_status(irq) < 200)
		message_reply(d->ua, irq, &d->path, status, TAG_END());
	dialog_trace_status(d, CALL_SENT, status, sip_status_phrase(status), method);
	return status;
}

static int receive(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	switch (sip->sip_request->rq_method) {
	case sip_method_ack:
		nta_incoming_destroy(irq); /* of a transaction that is over */
		return 0;
	case sip_method_bye:
		return dialog_on_bye(d, irq, sip);
	case sip_method_cancel:
		return 481;
	case sip_method_invite:
	case sip_method_update:
		return dialog_on_offer(d, NULL, irq, sip);
	case sip_method_options:
		message_reply(d->ua, irq, NULL, 200, SIPTAG_ACCEPT_STR(UA_ACCEPT),
			      SIPTAG_SUPPORTED_STR(UA_SUPPORTED_OF_INVITE), TAG_END());
		return 200;
	default:
		return dialog_on_other(d, irq, sip);
	}
}

int dialog_on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct dialog *d = magic;
	int status;

	/* its way to us may lead through somebody else first */
	if (sip->sip_route && proxy_receive(d->ua, irq, sip, &status))
		return status;
	return receive(d, irq, sip);
}

static bool is_of(const struct dialog *d, const sip_t *sip)
{
	const char *own = d->leg ? nta_leg_get_tag(d->leg) : NULL;
	const char *far = d->leg ? nta_leg_get_rtag(d->leg) : NULL;

	return own && far && sip->sip_to->a_tag && sip->sip_from->a_tag &&
	       strcmp(own, sip->sip_to->a_tag) == 0 && strcmp(far, sip->sip_from->a_tag) == 0 &&
	       strcmp(dialog_name(d), sip->sip_call_id->i_id) == 0;
}

int dialog_serve(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	struct dialog *d;

	llist_for_each_entry (d, &ua->dialogs, entry)
		if (is_of(d, sip))
			return receive(d, irq, sip);
	return 481;
}
