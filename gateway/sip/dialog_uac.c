// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An INVITE that went out. A proxy may fork it: every To tag that answers is a dialog of its own,
 * with a leg of its own. The first 2xx wins and becomes the owner's dialog; the INVITE's
 * transaction stays for 64*T1, so that a 2xx of another fork is acknowledged and ended.
 */
#include "gateway/sip/dialog_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/registration.h"

#define FORKS_EARLY_MAX 32   /* early dialogs of one INVITE; more do not come from honest proxies */
#define CANCEL_GRACE_MS 1000 /* beyond 64*T1, for the INVITE's own final answer */

/* ---- forks */

static void fork_free(struct attempt *a, struct fork *fork)
{
	if (fork->leg)
		nta_leg_destroy(fork->leg);
	llist_del(&fork->entry);
	a->forks_count--;
	talloc_free(fork);
}

static void forks_free(struct attempt *a)
{
	struct fork *fork, *next;

	llist_for_each_entry_safe (fork, next, &a->forks, entry)
		fork_free(a, fork);
}

/* Requests in a dialog that is not the owner's: one that is early, or has lost. */
static int fork_on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct attempt *a = magic;

	switch (sip->sip_request->rq_method) {
	case sip_method_ack:
		nta_incoming_destroy(irq);
		return 0;
	case sip_method_bye:
	case sip_method_options:
		return 200;
	case sip_method_cancel:
		return 481;
	case sip_method_invite:
	case sip_method_update:
		return 491; /* our offer is not answered yet */
	default:
		message_reply(a->ua, irq, NULL, 405, TAG_END());
		return 405;
	}
}

static struct fork *fork_known(struct attempt *a, const sip_t *sip)
{
	struct fork *fork;

	llist_for_each_entry (fork, &a->forks, entry)
		if (!strcasecmp(fork->tag, sip->sip_to->a_tag))
			return fork;
	return NULL;
}

/* The leg that this response's To tag names, new or known. Until a usable Contact comes, its target
 * is our own request URI, so that it can be ended in any case. */
static struct fork *fork_find(struct attempt *a, const sip_t *sip)
{
	struct fork *fork = fork_known(a, sip);
	sip_contact_t target;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	url_t *uri;

	if (fork)
		return fork;
	fork = talloc_zero(a, struct fork);
	if (!fork)
		return NULL;
	llist_add_tail(&fork->entry, &a->forks);
	a->forks_count++;
	fork->tag = talloc_strdup(fork, sip->sip_to->a_tag);
	fork->leg = nta_leg_tcreate(a->path.socket->agent, fork_on_request, a,
				    SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_from),
				    SIPTAG_TO(sip->sip_to), SIPTAG_CSEQ(sip->sip_cseq), TAG_END());
	if (!fork->tag || !fork->leg) {
		fork_free(a, fork);
		return NULL;
	}
	uri = url_hdup(home, (const url_t *)a->uri);
	if (uri) {
		sip_contact_init(&target);
		*target.m_url = *uri;
		nta_leg_client_reroute(fork->leg, NULL, &target, 1);
	}
	su_home_deinit(home);
	return fork;
}

static void fork_route(struct fork *fork, const sip_t *sip)
{
	if (message_target_ok(sip, false) && (sip->sip_contact || sip->sip_record_route))
		nta_leg_client_reroute(fork->leg, sip->sip_record_route, sip->sip_contact, 1);
}

/* Only inside the 2xx's callback: the stack looks for the INVITE. It repeats the ACK by itself. */
static void fork_ack(struct attempt *a, struct fork *fork, const sip_t *sip)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	sip_cseq_t *cseq = sip_cseq_create(home, sip->sip_cseq->cs_seq, SIP_METHOD_ACK);
	struct message_request request = {
	    .ua = a->ua,
	    .leg = fork->leg,
	    .path = &a->path,
	    .method = sip_method_ack,
	    .name = "ACK",
	};
	nta_outgoing_t *out = message_send(&request, SIPTAG_CSEQ(cseq), TAG_END());

	if (out)
		nta_outgoing_destroy(out);
	su_home_deinit(home);
}

static void fork_bye(struct attempt *a, struct fork *fork)
{
	struct message_request request = {
	    .ua = a->ua,
	    .leg = fork->leg,
	    .path = &a->path,
	    .method = sip_method_bye,
	    .name = "BYE",
	};
	nta_outgoing_t *out = message_send(&request, TAG_END());

	if (out)
		nta_outgoing_destroy(out);
}

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
		dialog_finish(d);
}

static void linger(struct attempt *a, unsigned ms)
{
	osmo_timer_schedule(&a->linger, ms / 1000, ms % 1000 * 1000);
}

void attempt_cancel(struct attempt *a, const char *reason)
{
	if (a->state != ATTEMPT_TRYING)
		return;
	a->state = ATTEMPT_CANCELLED;
	nta_outgoing_tcancel(a->invite, NULL, NULL, TAG_IF(reason, SIPTAG_REASON_STR(reason)),
			     TAG_END());
	statistics_sent_request(sip_method_cancel);
	loop_kick(a->ua->loop);
	linger(a, a->ua->config.timer_b_ms + CANCEL_GRACE_MS);
}

static void on_provisional(struct attempt *a, const sip_t *sip)
{
	struct dialog *d = a->dialog;
	struct dialog_news news;
	struct party identity;
	struct fork *fork;
	int status = sip->sip_status->st_status;

	if (d)
		dialog_trace_status(d, CALL_RECEIVED, status, sip->sip_status->st_phrase, "INVITE");
	if (sip->sip_to->a_tag && status > 100 &&
	    (a->forks_count < FORKS_EARLY_MAX || fork_known(a, sip))) {
		fork = fork_find(a, sip);
		if (fork)
			fork_route(fork, sip);
	}
	if (!d || !dialog_owned(d))
		return;
	message_news(sip, &identity, &news);
	news.status = status;
	d->handlers->provisional(d->arg, &news);
}

/* The INVITE is over without a dialog. */
static void give_up(struct attempt *a, const struct dialog_news *news)
{
	struct dialog *d = a->dialog;

	if (d) {
		d->attempt = NULL;
		a->dialog = NULL;
		dialog_finish(d);
		if (dialog_owned(d))
			d->handlers->failed(d->arg, news);
	}
	a->state = ATTEMPT_WON; /* nothing that comes now is wanted */
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
	nta_outgoing_destroy(a->invite);
	a->invite = NULL;
	give_up(a, &news);
	linger(a, 0);
}

/* The dialog takes the winning fork's leg and goes its own way. */
static void adopt(struct attempt *a, struct fork *fork, const struct dialog_news *news)
{
	struct dialog *d = a->dialog;

	d->leg = fork->leg;
	fork->leg = NULL;
	nta_leg_bind(d->leg, dialog_on_request, d);
	d->attempt = NULL;
	a->dialog = NULL;
	d->state = DIALOG_UP;
	dialog_trace(d, CALL_SENT, "ACK");
	d->handlers->answered(d->arg, news);
}

static void on_success(struct attempt *a, const sip_t *sip)
{
	bool first = a->state != ATTEMPT_WON, usable = message_target_ok(sip, true);
	struct dialog *d = a->dialog;
	struct dialog_news news = {0};
	struct party identity;
	struct fork *fork = sip->sip_to->a_tag ? fork_find(a, sip) : NULL;

	if (first && d)
		dialog_trace_status(d, CALL_RECEIVED, sip->sip_status->st_status,
				    sip->sip_status->st_phrase, "INVITE");
	message_news(sip, &identity, &news);
	news.status = sip->sip_status->st_status;
	if (fork) {
		fork_route(fork, sip);
		fork_ack(a, fork, sip);
		if (first)
			a->winner = talloc_strdup(a, fork->tag);
	}
	if (fork && first && usable && d && dialog_owned(d) && a->state == ATTEMPT_TRYING) {
		adopt(a, fork, &news);
	} else {
		if (fork)
			fork_bye(a, fork);
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
	if (path->contact)
		a->path.contact = talloc_strdup(a, path->contact);
	INIT_LLIST_HEAD(&a->forks);
	osmo_timer_setup(&a->linger, linger_over, a);
	llist_add_tail(&a->entry, &ua->attempts);
	return a;
}

/* The leg only serves to fill in the headers: the dialogs' own legs are made from the responses. */
static nta_outgoing_t *send_invite(struct attempt *a, const struct dialog_call *call,
				   const char *route)
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
	struct identity_headers identity;
	char hops[8] = "70", referred_by[PLAN_URI_MAX + 3] = "";
	const char *by = call->setup->origin.uris[PEER_URI_REFERRED_BY];
	nta_outgoing_t *out;
	bool asserted, private;

	if (call->setup->hops) /* it came by SIP */
		snprintf(hops, sizeof(hops), "%u", call->setup->hops - 1u);
	if (by)
		snprintf(referred_by, sizeof(referred_by), "<%s>", by);
	target_address_host((const struct sockaddr *)&a->path.socket->address, host, sizeof(host));
	snprintf(bracketed, sizeof(bracketed), strchr(host, ':') ? "[%s]" : "%s", host);
	identity_to_headers(&call->setup->calling, bracketed, &identity);
	snprintf(to, sizeof(to), "<%s>", a->uri);
	asserted = identity.asserted[0];
	private = identity.privacy[0];
	request.leg = nta_leg_tcreate(a->path.socket->agent, fork_on_request, a,
				      SIPTAG_FROM_STR(identity.from), SIPTAG_TO_STR(to), TAG_END());
	if (!request.leg)
		return NULL;
	nta_leg_tag(request.leg, NULL);
	/* Off while the transaction is made: else the stack ends 2xx of other forks by itself, and
	 * uses what it has freed if one of them has a Contact that it cannot resolve. */
	nta_agent_set_params(a->path.socket->agent, NTATAG_UA(0), TAG_END());
	out = message_send(
	    &request, TAG_IF(asserted, SIPTAG_P_ASSERTED_IDENTITY_STR(identity.asserted)),
	    TAG_IF(private, SIPTAG_PRIVACY_STR(identity.privacy)), SIPTAG_MAX_FORWARDS_STR(hops),
	    TAG_IF(route, SIPTAG_ROUTE_STR(route)),
	    TAG_IF(referred_by[0], SIPTAG_REFERRED_BY_STR(referred_by)),
	    TAG_IF(call->setup->origin.replaces, SIPTAG_REPLACES_STR(call->setup->origin.replaces)),
	    SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(call->sdp), TAG_END());
	nta_agent_set_params(a->path.socket->agent, NTATAG_UA(1), TAG_END());
	nta_leg_destroy(request.leg);
	return out;
}

int dialog_call(struct ua *ua, const struct dialog_call *call,
		const struct dialog_handlers *handlers, void *arg, struct dialog **out)
{
	struct ua_path path;
	struct dialog *d;
	struct attempt *a;
	char user[IDENTITY_USER_MAX], caller[IDENTITY_USER_MAX], contact[MESSAGE_CONTACT_MAX];
	const char *route;
	msg_t *msg;
	int rc = ua_path_find(ua, &call->remote, call->transport, &path);

	if (rc)
		return rc;
	identity_user(&call->setup->calling.number, caller);
	route = registration_prepare_call(ua, call->tenant, caller, &path, contact);
	d = dialog_alloc(ua, DIALOG_CALLING, &path);
	a = attempt_new(ua, &path);
	if (!d || !a)
		goto fail;
	identity_user(&call->setup->called, user);
	if (call->uri)
		osmo_strlcpy(a->uri, call->uri, sizeof(a->uri));
	else
		snprintf(a->uri, sizeof(a->uri), "sip:%s@%s%s", user, call->hostport,
			 call->transport == PEER_TRANSPORT_TCP ? ";transport=tcp" : "");
	a->invite = send_invite(a, call, route);
	if (!a->invite)
		goto fail;
	msg = nta_outgoing_getrequest(a->invite);
	osmo_strlcpy(d->name, sip_object(msg)->sip_call_id->i_id, sizeof(d->name));
	msg_destroy(msg);
	a->dialog = d;
	d->attempt = a;
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
