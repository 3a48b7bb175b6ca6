// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/dialog_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/offer.h"
#include "gateway/sip/setups.h"

/* ---- an INVITE that came in */

struct dialog *dialog_new_incoming(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
				   const struct ua_path *path)
{
	struct dialog *d = dialog_alloc(ua, DIALOG_INCOMING, path);

	if (!d)
		return NULL;
	dialog_set_name(d, sip->sip_call_id->i_id);
	d->setup = setups_begin(ua->setups, (const struct sockaddr *)&path->remote);
	dialog_begin_session(d, sip, "");
	d->leg = nta_leg_tcreate(path->socket->agent, dialog_on_request, d,
				 SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to),
				 SIPTAG_TO(sip->sip_from),
				 NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
	if (!d->setup || !d->leg || !nta_leg_tag(d->leg, nta_incoming_tag(irq, NULL)) ||
	    nta_leg_server_route(d->leg, sip->sip_record_route, sip->sip_contact) < 0) {
		dialog_free(d);
		return NULL;
	}
	d->invite = irq;
	d->far.exchange =
	    sip->sip_payload && sip->sip_payload->pl_len ? EXCHANGE_THEIRS : EXCHANGE_NONE;
	dialog_far_learn(&d->far, sip);
	nta_incoming_bind(irq, dialog_on_ack_cancel, d);
	return d;
}

int dialog_configure(struct dialog *d, const struct sip_options *options)
{
	msg_t *msg = nta_incoming_getrequest(d->invite);
	int status;

	d->options = *options;
	status = dialog_reliable_settle(d, d->invite, sip_object(msg));
	if (!status)
		status = dialog_timer_check(d, d->invite, sip_object(msg));
	msg_destroy(msg);
	return status;
}

void dialog_discard(struct dialog *d)
{
	nta_incoming_bind(d->invite, NULL, NULL);
	d->invite = NULL;
	dialog_free(d);
}

enum dialog_wants dialog_wants(const struct dialog *d, unsigned status)
{
	if (d->state != DIALOG_INCOMING)
		return DIALOG_WANTS_NOTHING;
	if (d->far.exchange == EXCHANGE_THEIRS)
		return DIALOG_WANTS_ANSWER;
	if (d->far.exchange == EXCHANGE_NONE && (status >= 200 || d->sends_reliably))
		return DIALOG_WANTS_OFFER;
	return DIALOG_WANTS_NOTHING;
}

void dialog_provisional(struct dialog *d, unsigned status, const char *sdp)
{
	if (d->state != DIALOG_INCOMING || d->held)
		return;
	dialog_describe(d, sdp);
	if (d->sends_reliably) {
		dialog_reliable_send(d, status, sdp);
		return;
	}
	message_reply(d->ua, d->invite, &d->path, status,
		      TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		      TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
	dialog_trace_status(d, CALL_SENT, status, sip_status_phrase(status), "INVITE");
}

static void send_answer(struct dialog *d, const char *sdp)
{
	msg_t *request = nta_incoming_getrequest(d->invite);
	struct timer_headers timer;

	dialog_timer_answer(d, sip_object(request), &timer);
	msg_destroy(request);
	dialog_describe(d, sdp);
	if (sdp)
		d->far.exchange = d->far.exchange == EXCHANGE_NONE ? EXCHANGE_OURS : EXCHANGE_DONE;
	dialog_enter(d, DIALOG_ANSWERED);
	message_reply(d->ua, d->invite, &d->path, 200, TIMER_TAGS(timer),
		      TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		      TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
	dialog_trace_status(d, CALL_SENT, 200, "OK", "INVITE");
}

void dialog_answer(struct dialog *d, const char *sdp)
{
	if (d->state != DIALOG_INCOMING || d->held)
		return;
	if (dialog_reliable_may_answer(d)) {
		send_answer(d, sdp);
		return;
	}
	d->held = talloc_zero(d, struct dialog_held);
	if (!d->held)
		return; /* the caller's own timer ends it */
	d->held->sdp = sdp ? talloc_strdup(d->held, sdp) : NULL;
}

void dialog_send_held(struct dialog *d)
{
	struct dialog_held *held = d->held;

	d->held = NULL;
	send_answer(d, held->sdp);
	talloc_free(held);
}

/* A final answer that is not 2xx. The stack repeats it until the ACK. */
void dialog_refuse(struct dialog *d, const struct dialog_end *end)
{
	unsigned status = end->status;
	char retry_after[16];

	snprintf(retry_after, sizeof(retry_after), "%u", end->retry_after_s);
	message_reply(d->ua, d->invite, NULL, status,
		      TAG_IF(end->reason, SIPTAG_REASON_STR(end->reason)),
		      TAG_IF(end->contact, SIPTAG_CONTACT_STR(end->contact)),
		      TAG_IF(end->retry_after_s, SIPTAG_RETRY_AFTER_STR(retry_after)), TAG_END());
	dialog_trace_status(d, CALL_SENT, status, message_phrase(status), "INVITE");
	dialog_reliable_forget(d);
	nta_incoming_bind(d->invite, NULL, NULL);
	nta_incoming_destroy(d->invite);
	d->invite = NULL;
	dialog_enter(d, DIALOG_ENDED);
}

/* ---- requests with an offer, first or later */

int dialog_check_offer(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	bool invite = sip->sip_request->rq_method == sip_method_invite;
	const sip_content_type_t *type = sip->sip_content_type;
	const sip_accept_t *accept = sip->sip_accept;
	bool acceptable = !accept;
	int status = 0;

	for (; accept; accept = accept->ac_next)
		if (accept->ac_type && (!strcasecmp(accept->ac_type, "application/sdp") ||
					!strcmp(accept->ac_type, "*/*") ||
					!strcasecmp(accept->ac_type, "application/*")))
			acceptable = true;
	if (!message_target_ok(sip, invite))
		status = 400;
	else if (sip->sip_require)
		status = message_check_required(irq, sip, UA_SUPPORTED_OF_INVITE);
	else if (sip->sip_payload && sip->sip_payload->pl_len &&
		 (!type || !type->c_type || strcasecmp(type->c_type, "application/sdp")))
		status = 415;
	else if (!acceptable)
		status = 406;
	if (!status)
		return 0;
	ua->counters.requests_refused++;
	if (status != 420)
		message_reply(ua, irq, NULL, status,
			      TAG_IF(status == 415, SIPTAG_ACCEPT_STR(UA_ACCEPT)), TAG_END());
	return status;
}
