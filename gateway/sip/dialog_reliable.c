// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Provisional responses of ours that the caller acknowledges by PRACK (RFC 3262). They go out one
 * at a time: the next when the one before has its PRACK. The stack repeats them, and tells the
 * INVITE's own callback when no PRACK ever came.
 */
#include "gateway/sip/dialog_private.h"

#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/offer.h"

#define OPTION_TAG "100rel"
#define WAITING_MAX 8 /* nobody needs more; a far end without PRACK gets 504 soon */

struct reliable {
	struct llist_head entry; /* dialog->reliables */
	struct dialog *dialog;
	unsigned status;
	char *sdp;
	nta_reliable_t *rel; /* NULL: not sent yet */
};

int dialog_reliable_settle(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	bool required = sip_has_feature(sip->sip_require, OPTION_TAG);
	bool possible = required || sip_has_feature(sip->sip_supported, OPTION_TAG);

	switch (d->options.rel1xx) {
	case SIP_REL1XX_DISABLED:
		if (!required)
			return 0;
		message_reply(d->ua, irq, NULL, 420, SIPTAG_UNSUPPORTED_STR(OPTION_TAG), TAG_END());
		return 420;
	case SIP_REL1XX_REQUIRED:
		if (possible)
			break;
		message_reply(d->ua, irq, NULL, 421, SIPTAG_REQUIRE_STR(OPTION_TAG), TAG_END());
		return 421;
	default:
		break;
	}
	d->sends_reliably = possible;
	return 0;
}

static void reliable_free(struct reliable *r)
{
	if (r->rel)
		nta_reliable_destroy(r->rel);
	llist_del(&r->entry);
	talloc_free(r);
}

void dialog_reliable_forget(struct dialog *d)
{
	struct reliable *r, *next;

	llist_for_each_entry_safe (r, next, &d->reliables, entry)
		reliable_free(r);
}

static nta_prack_f on_prack;

/* The first of those that wait. A description goes once: what follows an answer or an offer of ours
 * has none. */
static void send_next(struct dialog *d)
{
	struct reliable *r = llist_first_entry_or_null(&d->reliables, struct reliable, entry);
	struct message_reliable message = {
	    .ua = d->ua, .irq = d->invite, .path = &d->path, .on_prack = on_prack, .magic = r};

	if (!r || r->rel || d->state != DIALOG_INCOMING)
		return;
	if (d->far.exchange == EXCHANGE_OURS || d->far.exchange == EXCHANGE_DONE)
		TALLOC_FREE(r->sdp);
	message.status = r->status;
	r->rel = message_reply_reliably(&message,
					TAG_IF(r->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
					TAG_IF(r->sdp, SIPTAG_PAYLOAD_STR(r->sdp)), TAG_END());
	dialog_trace_status(d, CALL_SENT, r->status, sip_status_phrase(r->status), "INVITE");
	if (!r->rel) {
		LOGP(DSIP, LOGL_ERROR, "%s: %u could not be sent\n", d->name, r->status);
		reliable_free(r);
		return;
	}
	if (r->sdp)
		d->far.exchange =
		    d->far.exchange == EXCHANGE_THEIRS ? EXCHANGE_DONE : EXCHANGE_OURS;
}

void dialog_reliable_send(struct dialog *d, unsigned status, const char *sdp)
{
	struct reliable *r;

	if (llist_count(&d->reliables) >= WAITING_MAX)
		return;
	r = talloc_zero(d, struct reliable);
	if (!r)
		return;
	r->dialog = d;
	r->status = status;
	r->sdp = sdp ? talloc_strdup(r, sdp) : NULL;
	llist_add_tail(&r->entry, &d->reliables);
	send_next(d);
}

bool dialog_reliable_may_answer(struct dialog *d)
{
	struct reliable *r, *next;
	bool may = true;

	llist_for_each_entry_safe (r, next, &d->reliables, entry) {
		if (!r->rel)
			reliable_free(r);
		else if (r->sdp)
			may = false;
	}
	return may;
}

/* ---- PRACK */

/* The offer or answer in it. Returns the status to answer with; text: the answer to an offer. */
static int take_description(struct dialog *d, const sip_t *sip, char text[OFFER_TEXT_MAX])
{
	struct dialog_news news;
	struct party identity;
	int status;

	message_news(sip, &identity, &news);
	if (sip->sip_payload && sip->sip_payload->pl_len && !news.sdp)
		return 415;
	if (d->state != DIALOG_INCOMING || !dialog_owned(d))
		return 200;
	switch (d->far.exchange) {
	case EXCHANGE_OURS:
		if (!news.sdp || d->handlers->answer(d->arg, &news))
			return 488;
		d->far.exchange = EXCHANGE_DONE;
		return 200;
	case EXCHANGE_DONE:
		if (!news.sdp)
			return 200;
		status = d->handlers->offer(d->arg, &news, text, OFFER_TEXT_MAX);
		dialog_describe(d, status == 200 ? text : NULL);
		return status;
	default:
		return news.sdp ? 491 : 200; /* our answer comes first */
	}
}

static int on_prack(struct reliable *r, nta_reliable_t *rel, nta_incoming_t *prack,
		    const sip_t *sip)
{
	struct dialog *d = r->dialog;
	char text[OFFER_TEXT_MAX] = "";
	bool answered;
	int status;

	if (!prack)
		return 0; /* repeated no longer; it may still come */
	reliable_free(r);
	dialog_trace(d, CALL_RECEIVED, "PRACK");
	status = message_check_required(prack, sip, UA_SUPPORTED_OF_INVITE);
	if (!status)
		status = take_description(d, sip, text);
	answered = text[0] && status == 200;
	if (nta_incoming_status(prack) < 200)
		message_reply(d->ua, prack, NULL, status,
			      TAG_IF(status == 415, SIPTAG_ACCEPT_STR(UA_ACCEPT)),
			      TAG_IF(answered, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
			      TAG_IF(answered, SIPTAG_PAYLOAD_STR(text)), TAG_END());
	nta_incoming_destroy(prack);
	dialog_trace_status(d, CALL_SENT, status, sip_status_phrase(status), "PRACK");
	if (d->state != DIALOG_INCOMING)
		return 0;
	if (d->far.exchange == EXCHANGE_OURS) {
		dialog_refuse(
		    d, &(struct dialog_end){.status = 488, .reason = DIALOG_UNUSABLE_REASON});
		dialog_tell_unusable(d);
	} else if (d->held) {
		dialog_send_held(d);
	} else {
		send_next(d);
		dialog_reoffer_next(d);
	}
	return 0;
}
