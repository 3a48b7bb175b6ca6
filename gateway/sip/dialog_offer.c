// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offers after the first: re-INVITE and UPDATE, both ways, and the refresh of a session.
 *
 * Only one offer is under way at a time (RFC 3264 4). Of two that cross both are refused with 491,
 * and each end tries again after a while: the one that chose the Call-ID after the other
 * (RFC 3261 14.1). Once a dialog is up our offers go in re-INVITEs; before, in UPDATEs (RFC 3311).
 */
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/offer.h"

#define RETRY_AT_ONCE_MS 500 /* "Retry-After: 0" */
#define RETRY_AFTER_MAX_S 10 /* RFC 3311 5.2; whoever says more is not asked again */

static void send_wanted(struct dialog *d);

struct fork *dialog_heard(const struct dialog *d)
{
	return d->state == DIALOG_CALLING && d->attempt ? d->attempt->heard : NULL;
}

static struct dialog_far *far_of(struct dialog *d, struct fork *fork)
{
	return fork ? &fork->far : &d->far;
}

void dialog_far_learn(struct dialog_far *far, const sip_t *sip)
{
	if (!sip->sip_allow)
		return;
	far->knows_update = sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
	far->lacks_info = !sip_is_allowed(sip->sip_allow, SIP_METHOD_INFO);
}

void dialog_describe(struct dialog *d, const char *sdp)
{
	if (!sdp)
		return;
	talloc_free(d->description);
	d->description = talloc_strdup(d, sdp);
}

/* ---- ours */

static void on_later(void *data)
{
	struct dialog *d = data;

	d->reoffer.state = REOFFER_IDLE;
	if (d->reoffer.wanted)
		send_wanted(d);
	else
		dialog_refresh(d);
}

void dialog_reoffer_init(struct dialog *d)
{
	osmo_timer_setup(&d->reoffer.later, on_later, d);
}

void dialog_reoffer_stop(struct dialog *d)
{
	osmo_timer_del(&d->reoffer.later);
	if (d->reoffer.out)
		nta_outgoing_destroy(d->reoffer.out);
	d->reoffer.out = NULL;
	d->reoffer.state = REOFFER_IDLE;
}

static void try_later(struct dialog *d, unsigned ms)
{
	d->reoffer.state = REOFFER_BACKED_OFF;
	osmo_timer_schedule(&d->reoffer.later, ms / 1000, ms % 1000 * 1000);
}

static unsigned glare_ms(const struct dialog *d)
{
	unsigned tens = random();

	return d->owns_call_id ? 2100 + 10 * (tens % 191) : 10 * (tens % 201);
}

static void report(struct dialog *d, enum dialog_reoffer_state what, struct dialog_news *news)
{
	if (what == REOFFER_OFFERING)
		TALLOC_FREE(d->reoffer.wanted);
	else if (news->status >= 300)
		dialog_timer_refused(d);
	if (what == REOFFER_REFRESHING && !(news->status < 300 && news->sdp))
		return;
	if (dialog_owned(d) && d->handlers->offered)
		d->handlers->offered(d->arg, news);
}

static void on_success(struct dialog *d, enum dialog_reoffer_state what, const sip_t *sip)
{
	struct fork *fork = d->reoffer.fork;
	struct dialog_news news;
	struct party identity;

	dialog_far_learn(far_of(d, fork), sip);
	if (what == REOFFER_OFFERING)
		dialog_describe(d, d->reoffer.wanted);
	if (d->state == DIALOG_UP)
		dialog_timer_agreed(d, sip);
	message_news(sip, &identity, &news);
	news.status = sip->sip_status->st_status;
	if (fork && news.sdp) {
		talloc_free(fork->sdp);
		fork->sdp = talloc_strndup(fork, news.sdp, news.sdp_size);
	}
	report(d, what, &news);
}

/* The wait before another try that a refusal asks for; 0: none. */
static unsigned wait_of(const struct dialog *d, const sip_t *sip, int status)
{
	const sip_retry_after_t *after = sip ? sip->sip_retry_after : NULL;

	if (status == 491)
		return glare_ms(d) + 1;
	if (status == 500 && after && after->af_delta <= RETRY_AFTER_MAX_S)
		return after->af_delta ? after->af_delta * 1000 : RETRY_AT_ONCE_MS;
	return 0;
}

static void on_failure(struct dialog *d, enum dialog_reoffer_state what, const sip_t *sip,
		       int status)
{
	bool update = d->reoffer.update;
	unsigned wait = wait_of(d, sip, status);
	struct dialog_news news = {.status = status};
	struct party identity;

	if (sip)
		message_news(sip, &identity, &news);
	news.status = status;
	if ((status == 408 || status == 481) && d->state == DIALOG_UP) {
		news.failure = DIALOG_NO_RESPONSE;
		LOGP(DSIP, LOGL_NOTICE, "%s: the far end has lost the dialog (%d)\n", d->name,
		     status);
		dialog_abort(d, DIALOG_TIMEOUT_REASON, &news);
	} else if (wait) {
		try_later(d, wait);
	} else if (sip && dialog_timer_raise(d, sip)) {
		try_later(d, 0);
	} else if (update && what == REOFFER_REFRESHING && (status == 405 || status == 501)) {
		d->far.knows_update = false;
		try_later(d, 0);
	} else {
		report(d, what, &news);
	}
}

static void move_target(struct dialog *d, const sip_t *sip)
{
	struct fork *fork = d->reoffer.fork;

	if (sip->sip_contact && message_target_ok(sip, false))
		nta_leg_client_reroute(fork ? fork->leg : d->leg, NULL, sip->sip_contact, 0);
}

/* On TCP the stack frees a response with its transaction: it is held here. */
static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct dialog *d = magic;
	enum dialog_reoffer_state what = d->reoffer.state;
	struct message_request request = {
	    .ua = d->ua, .leg = d->leg, .path = &d->path, .authorization = &d->authorization};
	int status = nta_outgoing_status(out);
	bool invite = nta_outgoing_method(out) == sip_method_invite;
	msg_t *held;

	if (dialog_authorize(d, &d->reoffer.out, sip, on_response, d))
		return 0;
	if (status < 200) {
		if (invite && sip && message_wants_prack(sip))
			message_prack(&request, sip);
		return 0;
	}
	held = nta_outgoing_getresponse(out);
	if (sip)
		dialog_trace_status(d, CALL_RECEIVED, status, sip->sip_status->st_phrase,
				    nta_outgoing_method_name(out));
	if (status < 300 && sip)
		move_target(d, sip);
	if (invite && status < 300 && sip) {
		message_ack(d->ua, &d->path, d->leg, sip);
		dialog_trace(d, CALL_SENT, "ACK");
	}
	nta_outgoing_destroy(out);
	d->reoffer.out = NULL;
	d->reoffer.state = REOFFER_IDLE;
	far_of(d, d->reoffer.fork)->exchange = EXCHANGE_DONE;
	if (d->state == DIALOG_ENDING || d->state == DIALOG_ENDED)
		; /* BYE has crossed it */
	else if (status < 300 && sip && message_target_ok(sip, invite))
		on_success(d, what, sip);
	else
		on_failure(d, what, sip, status < 300 ? 481 : status);
	d->reoffer.fork = NULL;
	if (held)
		msg_destroy(held);
	dialog_reoffer_next(d);
	return 0;
}

static void send_request(struct dialog *d, enum dialog_reoffer_state what, const char *sdp)
{
	struct fork *fork = dialog_heard(d);
	bool up = d->state == DIALOG_UP, update = !up || !sdp;
	struct message_request request = {
	    .ua = d->ua,
	    .leg = fork ? fork->leg : d->leg,
	    .path = &d->path,
	    .method = update ? sip_method_update : sip_method_invite,
	    .name = update ? "UPDATE" : "INVITE",
	    .callback = on_response,
	    .magic = d,
	    .authorization = &d->authorization,
	};
	struct timer_headers timer = {.asks = false};

	if (up)
		dialog_timer_ask(d, &timer);
	d->reoffer.state = what;
	d->reoffer.update = update;
	d->reoffer.fork = fork;
	dialog_trace(d, CALL_SENT, request.name);
	d->reoffer.out = message_send(&request, TIMER_TAGS(timer),
				      TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
				      TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
	if (!d->reoffer.out)
		try_later(d, glare_ms(d) + 1000);
	else if (sdp)
		far_of(d, fork)->exchange = EXCHANGE_OURS;
}

static bool is_clear(struct dialog *d)
{
	bool invited = d->invite && d->state != DIALOG_INCOMING;

	return d->reoffer.state == REOFFER_IDLE &&
	       far_of(d, dialog_heard(d))->exchange == EXCHANGE_DONE && !invited &&
	       llist_empty(&d->reliables);
}

static void send_wanted(struct dialog *d)
{
	bool able =
	    d->state == DIALOG_UP || (d->state == DIALOG_INCOMING && !d->held) || dialog_heard(d);

	if (able && is_clear(d))
		send_request(d, REOFFER_OFFERING, d->reoffer.wanted);
}

void dialog_reoffer_next(struct dialog *d)
{
	if (d->reoffer.wanted)
		send_wanted(d);
}

void dialog_refresh(struct dialog *d)
{
	if (d->state != DIALOG_UP || !is_clear(d) || d->reoffer.wanted)
		return; /* what is under way refreshes it, too */
	d->ua->counters.refreshes_sent++;
	send_request(d, REOFFER_REFRESHING, d->far.knows_update ? NULL : d->description);
}

int dialog_offer(struct dialog *d, const char *sdp)
{
	bool early = d->state == DIALOG_INCOMING || d->state == DIALOG_CALLING;
	struct dialog_far *far = far_of(d, dialog_heard(d));

	if (d->reoffer.wanted)
		return -EBUSY;
	if (early && (far->exchange != EXCHANGE_DONE || d->held))
		return -EINVAL;
	if (early && !far->knows_update)
		return -ENOTSUP;
	if (!early && d->state != DIALOG_UP && d->state != DIALOG_ANSWERED)
		return -EINVAL;
	d->reoffer.wanted = talloc_strdup(d, sdp);
	if (!d->reoffer.wanted)
		return -ENOMEM;
	send_wanted(d);
	return 0;
}

bool dialog_withdraw_offer(struct dialog *d)
{
	if (!d->reoffer.wanted || d->reoffer.state == REOFFER_OFFERING)
		return false;
	TALLOC_FREE(d->reoffer.wanted);
	return true;
}

bool dialog_is_offering(const struct dialog *d)
{
	return d->reoffer.wanted;
}

/* ---- theirs */

/* May this offer come now (RFC 3261 14.2, RFC 3311 5.2)? Status to refuse it with, or 0. */
static int check_glare(struct dialog *d, const struct dialog_far *far, const sip_t *sip)
{
	bool update = sip->sip_request->rq_method == sip_method_update;

	if (!d || !dialog_owned(d) || d->state == DIALOG_ENDING || d->state == DIALOG_ENDED)
		return 481;
	if (update && !(sip->sip_payload && sip->sip_payload->pl_len))
		return 0; /* refreshes target and timer, no offer in it */
	if (!update && d->state == DIALOG_INCOMING)
		return 500;
	if (far->exchange == EXCHANGE_OURS)
		return 491;
	if (far->exchange != EXCHANGE_DONE)
		return 500;
	if (!update && (d->invite || (d->reoffer.out && !d->reoffer.update)))
		return 491;
	return 0;
}

static void refuse(struct dialog *d, nta_incoming_t *irq, int status)
{
	char after[8];

	snprintf(after, sizeof(after), "%ld", random() % (RETRY_AFTER_MAX_S + 1));
	if (nta_incoming_status(irq) < 200)
		message_reply(d->ua, irq, NULL, status,
			      TAG_IF(status == 500, SIPTAG_RETRY_AFTER_STR(after)), TAG_END());
	dialog_trace_status(d, CALL_SENT, status, sip_status_phrase(status),
			    nta_incoming_method_name(irq));
}

static void reply_ok(struct dialog *d, nta_incoming_t *irq, const sip_t *sip, const char *text)
{
	struct timer_headers timer = {.asks = false};

	if (d->state == DIALOG_UP || d->state == DIALOG_ANSWERED) {
		dialog_timer_answer(d, sip, &timer);
		d->ua->counters.refreshes_received += timer.asks;
	}
	dialog_describe(d, text);
	message_reply(d->ua, irq, &d->path, 200, TIMER_TAGS(timer),
		      TAG_IF(text, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		      TAG_IF(text, SIPTAG_PAYLOAD_STR(text)), TAG_END());
	dialog_trace_status(d, CALL_SENT, 200, "OK", nta_incoming_method_name(irq));
}

int dialog_on_offer(struct dialog *d, struct fork *fork, nta_incoming_t *irq, const sip_t *sip)
{
	struct dialog_far *far = fork ? &fork->far : &d->far;
	bool invite = sip->sip_request->rq_method == sip_method_invite;
	char text[OFFER_TEXT_MAX];
	struct dialog_news news;
	struct party identity;
	int status = check_glare(d, far, sip);

	if (!d)
		return status;
	dialog_trace(d, CALL_RECEIVED, sip->sip_request->rq_method_name);
	if (!status)
		status = dialog_check_offer(d->ua, irq, sip);
	if (!status)
		status = dialog_timer_check(d, irq, sip);
	message_news(sip, &identity, &news);
	if (!status && d->handlers->heard)
		d->handlers->heard(d->arg, &news);
	if (!status && (invite || news.sdp)) {
		status = d->handlers->offer(d->arg, &news, text, sizeof(text));
		status = status == 200 ? 0 : status;
	}
	if (status) {
		refuse(d, irq, status);
		return status;
	}
	nta_leg_server_route(fork ? fork->leg : d->leg, NULL, sip->sip_contact);
	dialog_far_learn(far, sip);
	if (fork && news.sdp)
		fork_take_offer(fork, &news);
	if (invite) {
		d->invite = irq;
		d->far.exchange = news.sdp ? EXCHANGE_DONE : EXCHANGE_OURS;
		nta_incoming_bind(irq, dialog_on_ack_cancel, d);
	}
	reply_ok(d, irq, sip, invite || news.sdp ? text : NULL);
	return invite ? 0 : 200;
}
