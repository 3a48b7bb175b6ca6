// SPDX-License-Identifier: GPL-2.0-or-later
/* An INVITE that went out: its transaction, and who of its forks gets the call. */
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/call_headers.h"
#include "gateway/sip/invite.h"
#include "gateway/sip/offer.h"
#include "gateway/sip/path.h"
#include "gateway/sip/registration.h"

#define CANCEL_GRACE_MS 1000 /* beyond 64*T1, for the INVITE's own final answer */

/* ---- the INVITE and its responses */

void attempt_free(struct attempt *a)
{
	if (a->dialog)
		a->dialog->attempt = NULL;
	forks_free(a);
	if (a->invite)
		nta_outgoing_destroy(a->invite);
	osmo_timer_del(&a->linger);
	llist_del(&a->entry);
	talloc_free(a);
}

static void linger_over(void *data)
{
	struct attempt *a = data;
	struct dialog *d = a->dialog;

	attempt_free(a);
	if (d)
		dialog_enter(d, DIALOG_ENDED);
}

static void linger(struct attempt *a, unsigned ms)
{
	osmo_timer_schedule(&a->linger, ms / 1000, ms % 1000 * 1000);
}

void attempt_cancel(struct attempt *a, const char *reason)
{
	struct header_lines lines;
	msg_t *invite;

	if (a->state != ATTEMPT_TRYING)
		return;
	a->state = ATTEMPT_CANCELLED;
	invite = nta_outgoing_getrequest(a->invite);
	dialog_header_lines(a->ua, sip_object(invite), sip_method_cancel, 0, &lines);
	msg_destroy(invite);
	nta_outgoing_tcancel(a->invite, NULL, NULL, TAG_IF(reason, SIPTAG_REASON_STR(reason)),
			     TAG_IF(lines.length > 0, SIPTAG_HEADER_STR(lines.text)), TAG_END());
	statistics_sent_request(sip_method_cancel);
	loop_kick(a->ua->loop);
	linger(a, a->ua->config.timer_b_ms + CANCEL_GRACE_MS);
}

static void on_provisional(struct attempt *a, const sip_t *sip)
{
	int status = sip->sip_status->st_status;
	struct fork *fork = status > 100 ? fork_find(a, sip) : NULL;
	struct dialog *d = a->dialog;
	struct dialog_news news;
	struct party identity;

	if (d)
		dialog_trace_status(d, CALL_RECEIVED, status, sip->sip_status->st_phrase, "INVITE");
	if (fork) {
		fork_route(fork, sip);
		if (!fork_take_provisional(fork, sip))
			return;
	}
	if (!d || !dialog_owned(d))
		return;
	message_news(sip, &identity, &news);
	news.status = status;
	if (fork)
		fork_take_description(fork, &news);
	if (fork && news.sdp && message_wants_prack(sip))
		fork->far.exchange = EXCHANGE_DONE;
	if (fork && status == 199)
		fork_drop(fork);
	else
		d->handlers->provisional(d->arg, &news);
}

/* The INVITE is over without a dialog. */
static void give_up(struct attempt *a, const struct dialog_news *news)
{
	struct dialog *d = a->dialog;

	if (d) {
		d->attempt = NULL;
		a->dialog = NULL;
		dialog_enter(d, DIALOG_ENDED);
		if (dialog_owned(d))
			d->handlers->failed(d->arg, news);
	}
	a->state = ATTEMPT_WON; /* nothing that comes now is wanted */
}

static nta_response_f on_response;

/* 422: once more, with a longer session interval. */
static bool ask_again(struct attempt *a, const sip_t *sip)
{
	struct dialog *d = a->dialog;
	struct message_request request = {
	    .ua = a->ua, .path = &a->path, .callback = on_response, .magic = a};
	struct timer_headers timer;

	if (a->state != ATTEMPT_TRYING || !d || !dialog_owned(d) || !dialog_timer_raise(d, sip))
		return false;
	request.authorization = &d->authorization;
	dialog_timer_ask(d, &timer);
	if (!message_repeat(&request, &a->invite, TIMER_TAGS(timer), TAG_END()))
		return false;
	forks_free(a);
	dialog_trace(d, CALL_SENT, "INVITE");
	return true;
}

static void on_failure(struct attempt *a, const sip_t *sip, int status)
{
	msg_t *msg = nta_outgoing_getresponse(a->invite);
	bool internal = !sip || !msg || nta_is_internal_msg(msg);
	struct dialog_news news = {0};
	struct party identity;

	if (msg)
		msg_destroy(msg);
	if (internal) {
		news.failure = status == 408 ? DIALOG_NO_RESPONSE : DIALOG_NO_TRANSPORT;
	} else {
		message_news(sip, &identity, &news);
		if (a->dialog)
			dialog_trace_status(a->dialog, CALL_RECEIVED, status,
					    sip->sip_status->st_phrase, "INVITE");
	}
	news.status = status;
	if (!internal && ask_again(a, sip))
		return;
	nta_outgoing_destroy(a->invite);
	a->invite = NULL;
	give_up(a, &news);
	linger(a, 0);
}

/* The dialog takes the winning fork's leg and goes its own way. */
static void adopt(struct attempt *a, struct fork *fork, struct dialog_news *news)
{
	struct dialog *d = a->dialog;
	char text[OFFER_TEXT_MAX];

	d->leg = fork->leg;
	fork->leg = NULL;
	nta_leg_bind(d->leg, dialog_on_request, d);
	d->far = fork->far;
	if (d->reoffer.fork == fork)
		d->reoffer.fork = NULL;
	else
		dialog_reoffer_stop(d);
	if (d->far.exchange != EXCHANGE_OURS || !d->reoffer.out)
		d->far.exchange = EXCHANGE_DONE;
	dialog_far_learn(&d->far, news->message);
	d->attempt = NULL;
	a->dialog = NULL;
	dialog_enter(d, DIALOG_UP);
	dialog_timer_agreed(d, news->message);
	dialog_trace(d, CALL_SENT, "ACK");
	if (news->sdp && news->sdp == fork->sdp && fork->sdp_is_offer) {
		d->handlers->offer(d->arg, news, text, sizeof(text)); /* as it was answered */
		news->sdp = NULL;
	}
	d->handlers->answered(d->arg, news);
	dialog_reoffer_next(d);
}

static void on_success(struct attempt *a, const sip_t *sip)
{
	bool first = a->state != ATTEMPT_WON, usable = message_target_ok(sip, true);
	struct dialog *d = a->dialog;
	struct dialog_news news = {0};
	struct party identity;
	struct fork *fork = fork_find(a, sip);

	if (first && d)
		dialog_trace_status(d, CALL_RECEIVED, sip->sip_status->st_status,
				    sip->sip_status->st_phrase, "INVITE");
	message_news(sip, &identity, &news);
	news.status = sip->sip_status->st_status;
	if (fork) {
		fork_route(fork, sip);
		message_ack(a->ua, &a->path, fork->leg, sip);
		fork_take_description(fork, &news);
		if (first)
			a->winner = talloc_strdup(a, fork->tag);
	}
	if (fork && first && usable && d && dialog_owned(d) && a->state == ATTEMPT_TRYING) {
		adopt(a, fork, &news);
	} else {
		if (fork)
			fork_bye(fork);
		if (first) { /* answered too late, or nobody could ever reach that Contact */
			news.status = 500;
			give_up(a, &news);
		}
	}
	a->state = ATTEMPT_WON;
	forks_free(a);
	if (first)
		linger(a, a->ua->config.timer_b_ms);
}

/* magic: struct attempt. On TCP the stack frees a response with its transaction: it is held here.
 */
static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct attempt *a = magic;
	msg_t *held = nta_outgoing_getresponse(out);
	int status = nta_outgoing_status(out);
	bool won = a->state == ATTEMPT_WON;

	if (sip)
		status = sip->sip_status->st_status;
	if (a->state == ATTEMPT_TRYING && a->dialog &&
	    dialog_authorize(a->dialog, &a->invite, sip, on_response, a))
		forks_free(a);
	else if (won && (status < 200 || status >= 300 || !sip || !sip->sip_to->a_tag ||
			 (a->winner && !strcasecmp(a->winner, sip->sip_to->a_tag))))
		; /* repeated, or too late to matter */
	else if (status < 200 && sip)
		on_provisional(a, sip);
	else if (status >= 200 && status < 300 && sip)
		on_success(a, sip);
	else if (status >= 300)
		on_failure(a, sip, status);
	if (held)
		msg_destroy(held);
	return 0;
}

/* ---- starting */

static struct attempt *attempt_new(struct ua *ua, const struct ua_path *path)
{
	struct attempt *a = talloc_zero(ua, struct attempt);

	if (!a)
		return NULL;
	a->ua = ua;
	a->path = *path;
	INIT_LLIST_HEAD(&a->forks);
	osmo_timer_setup(&a->linger, linger_over, a);
	llist_add_tail(&a->entry, &ua->attempts);
	return a;
}

/* The leg only serves to fill in the headers: the dialogs' own legs are made from the responses. */
static nta_outgoing_t *send_invite(struct attempt *a, struct dialog *d,
				   const struct dialog_call *call)
{
	struct message_request request = {
	    .ua = a->ua,
	    .path = &a->path,
	    .method = sip_method_invite,
	    .name = "INVITE",
	    .uri = a->uri,
	    .callback = on_response,
	    .magic = a,
	};
	char host[TARGET_ADDRESS_MAX], bracketed[TARGET_ADDRESS_MAX + 2], to[sizeof(a->uri) + 2];
	char from[IDENTITY_HEADER_MAX], session[SESSION_ID_TEXT_MAX];
	struct header_lines lines = {0};
	char referred_by[PLAN_URI_MAX + 3] = "";
	const char *by = call->setup->origin.uris[PEER_URI_REFERRED_BY];
	uint8_t reliably = call->options.rel1xx ? call->options.rel1xx : SIP_REL1XX_SUPPORTED;
	struct timer_headers timer;
	char expires[16];
	struct sockaddr_storage local;
	nta_outgoing_t *out;

	if (by)
		snprintf(referred_by, sizeof(referred_by), "<%s>", by);
	path_local(&a->path, &local);
	target_address_host((const struct sockaddr *)&local, host, sizeof(host));
	snprintf(bracketed, sizeof(bracketed), strchr(host, ':') ? "[%s]" : "%s", host);
	call_headers_invite(call, bracketed, a->uri, from, &lines);
	header_lines_append(&lines, call->lines ? call->lines : "");
	session_id_write(dialog_session(d), session);
	header_lines_add(&lines, "Session-ID", session);
	invite_sign(a->ua, call, &lines);
	snprintf(to, sizeof(to), "<%s>", a->uri);
	request.leg = nta_leg_tcreate(a->path.socket->agent, NULL, NULL, SIPTAG_FROM_STR(from),
				      SIPTAG_TO_STR(to), TAG_END());
	if (!request.leg)
		return NULL;
	nta_leg_tag(request.leg, NULL);
	dialog_timer_ask(d, &timer);
	snprintf(expires, sizeof(expires), "%u", (a->ua->config.expires_ms + 999) / 1000);
	out = message_send(
	    &request, TIMER_TAGS(timer), SIPTAG_EXPIRES_STR(expires),
	    TAG_IF(reliably == SIP_REL1XX_REQUIRED, SIPTAG_REQUIRE_STR("100rel")),
	    TAG_IF(reliably == SIP_REL1XX_SUPPORTED, SIPTAG_SUPPORTED_STR("100rel")),
	    SIPTAG_SUPPORTED_STR("199"), SIPTAG_HEADER_STR(lines.text),
	    TAG_IF(call->route, SIPTAG_ROUTE_STR(call->route)),
	    TAG_IF(referred_by[0], SIPTAG_REFERRED_BY_STR(referred_by)),
	    TAG_IF(call->setup->origin.replaces, SIPTAG_REPLACES_STR(call->setup->origin.replaces)),
	    SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(call->sdp), TAG_END());
	nta_leg_destroy(request.leg);
	return out;
}

/* What a dialog without a Contact is sent to: the stack takes no tel: URI there. */
static void print_target(const struct dialog_call *call, bool secure, char target[CALL_URI_MAX])
{
	struct dialog_call sip = *call;

	sip.options.url = SIP_URL_SIP;
	call_headers_uri(&sip, secure, target);
}

/* The calling end's UUID, or, if that has none, one made of the call's. */
static void begin_session(struct dialog *d, const struct dialog_call *call)
{
	char uuid[SESSION_UUID_SIZE];

	session_uuid_of_guid(&call->setup->guid, uuid);
	dialog_begin_session(d, NULL, call->setup->session[0] ? call->setup->session : uuid);
}

int dialog_call(struct ua *ua, const struct dialog_call *call,
		const struct dialog_handlers *handlers, void *arg, struct dialog **out)
{
	struct ua_path path;
	struct dialog *d;
	struct attempt *a;
	char caller[IDENTITY_USER_MAX];
	msg_t *msg;
	int rc = path_to_call(ua, call, &path);

	if (rc)
		return rc;
	identity_user(&call->setup->calling.number, caller);
	registration_prepare_call(ua, call->tenant, caller, &path);
	d = dialog_alloc(ua, DIALOG_CALLING, &path);
	a = attempt_new(ua, &path);
	if (!d || !a)
		goto fail;
	call_headers_uri(call, path.secure, a->uri);
	print_target(call, path.secure, a->target);
	begin_session(d, call);
	d->options = call->options;
	a->invite = send_invite(a, d, call);
	if (!a->invite)
		goto fail;
	msg = nta_outgoing_getrequest(a->invite);
	dialog_set_name(d, sip_object(msg)->sip_call_id->i_id);
	msg_destroy(msg);
	a->dialog = d;
	d->attempt = a;
	d->owns_call_id = true;
	dialog_describe(d, call->sdp);
	dialog_set_tenant(d, call->tenant, caller);
	dialog_bind(d, handlers, arg);
	ua->counters.invites_sent++;
	dialog_trace(d, CALL_SENT, "INVITE");
	*out = d;
	return 0;
fail:
	if (a)
		attempt_free(a);
	if (d)
		dialog_free(d);
	return -ENOMEM;
}
