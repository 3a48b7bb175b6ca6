// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests outside a dialog. Strangers get 403, whatever it is (if they get here: admission.h), unless
 * they show a password (401, challenge.h). An
 * INVITE passes, in this order: can its
 * request line be read (400), is its scheme one of ours (416), are its Contact and body usable
 * (400, 420, 415, 406), has it hops left (483), is it no circle (482), is there a number to call
 * (484), does its offer fit (488, by the leg).
 */
#include "gateway/sip/dialog_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/call_headers.h"
#include "gateway/sip/conference.h"
#include "gateway/sip/hops.h"
#include "gateway/sip/mailbox.h"
#include "gateway/sip/invite.h"
#include "gateway/sip/path.h"
#include "gateway/sip/proxy.h"
#include "gateway/sip/refer.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/registration.h"
#include "gateway/sip/replaces.h"
#include "gateway/sip/setups.h"
#include "gateway/wire/media_client.h"

static int refuse(struct ua *ua, nta_incoming_t *irq, int status)
{
	ua->counters.requests_refused++;
	message_reply(ua, irq, NULL, status, TAG_END());
	return status;
}

/* Another gateway may have room for it. */
static int refuse_for_now(struct ua *ua, nta_incoming_t *irq)
{
	char seconds[16];

	snprintf(seconds, sizeof(seconds), "%u", OFFICE_RETRY_AFTER_S);
	ua->counters.requests_refused++;
	message_reply(ua, irq, NULL, 503, SIPTAG_RETRY_AFTER_STR(seconds), TAG_END());
	return 503;
}

/* Nothing in the offer that the inbound dial peer allows. */
static int refuse_offer(struct ua *ua, nta_incoming_t *irq)
{
	struct cause cause = cause_q850(65, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	char reason[128];

	cause_to_reason(&cause, reason, sizeof(reason));
	ua->counters.requests_refused++;
	message_reply(ua, irq, NULL, 488, SIPTAG_REASON_STR(reason), TAG_END());
	return 488;
}

static unsigned diversions_max(const struct ua *ua)
{
	struct sip_options options;

	ua_options(ua, NULL, &options);
	return options.diversions_max ? options.diversions_max : SIP_DIVERSIONS_DEFAULT;
}

/* The request URI may name an account of ours, as it was registered: the number is in To then. */
static const url_t *called_url(struct ua *ua, const sip_t *sip)
{
	const url_t *url = sip->sip_request->rq_url;

	return registrations_know_account(ua->registrations, url->url_user) ? sip->sip_to->a_url
									    : url;
}

/* Who calls whom; nobody, if a call is to be taken over or joined. 0 or a status. */
static int read_setup(struct ua *ua, const sip_t *sip, struct call_headers_room *room,
		      struct call_setup *setup, bool names_call)
{
	const url_t *url = called_url(ua, sip);
	const char *params = url->url_type == url_tel ? url->url_params : NULL;

	memset(setup, 0, sizeof(*setup));
	if (identity_number(url->url_user, params, &setup->called) && !names_call)
		return 484;
	call_headers_read(sip, room, setup);
	setup->hops = hops_of(sip);
	if (setup->redirection.count > diversions_max(ua))
		return 482;
	setup->progress = 3; /* the calling end is not ISDN */
	setup->message = "INVITE";
	return 0;
}

int invite_refuse(struct invite *in, int status)
{
	nta_incoming_t *irq = in->irq;
	struct ua *ua = in->ua;

	dialog_discard(in->dialog);
	talloc_free(in);
	if (nta_incoming_status(irq) >= 200) {
		ua->counters.requests_refused++;
		return status;
	}
	return status == 488 ? refuse_offer(ua, irq) : refuse(ua, irq, status);
}

int invite_accept(struct invite *in, const sip_t *sip)
{
	struct dialog_news news;
	struct party identity;
	int status;

	message_news(sip, &identity, &news);
	if (in->replaced)
		status = leg_sip_replace(in->replaced, in->dialog, &in->setup, &news);
	else if (in->joined)
		status = leg_sip_join(in->joined, in->dialog, &in->setup, &news);
	else
		status = leg_sip_new(in->ua, in->dialog, &in->setup, &news);
	if (status)
		return invite_refuse(in, status);
	talloc_free(in);
	return 0;
}

/* What it says. 0 or a status. */
static int read_invite(struct invite *in, const sip_t *sip, const struct requester *who,
		       struct ua_path *path)
{
	int status = hops_check(in->ua, sip);
	bool names_call;

	if (!status)
		status = replaces_check(in->ua, sip, &in->replaced);
	if (!status)
		status = join_check(in->ua, sip, &in->joined);
	names_call = in->replaced || in->joined;
	if (!status)
		status = read_setup(in->ua, sip, &in->room, &in->setup, names_call);
	if (!status && who->user && (names_call || !challenge_allows(who->user, sip, &in->setup)))
		status = 403;
	if (!status && message_source(in->ua, in->irq, path))
		status = 500;
	if (status)
		return status;
	registration_prepare_answer(in->ua, sip->sip_request->rq_url->url_user, path);
	message_origin(sip, &path->remote, &in->origin, &in->setup.origin);
	in->setup.origin.phone = who->phone.tag;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* Its source leaves the ports to nobody else. Whoever calls for help gets one. */
static bool is_one_too_many(struct ua *ua, const struct invite *in, const struct ua_path *path)
{
	const struct sockaddr *source = (const struct sockaddr *)&path->remote;

	if (in->replaced ||
	    setups_admit(ua->setups, source, ua->config.admission.setups,
			 media_client_streams_left(ua->media)) ||
	    office_is_emergency(ua->office, PEER_VOIP, &in->setup))
		return false;
	setups_refused(ua->setups, source, now_ms());
	return true;
}

int ua_on_invite(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, const struct requester *who)
{
	struct ua_path path;
	struct invite *in;
	int status = dialog_check_offer(ua, irq, sip);

	if (status)
		return status;
	in = talloc_zero(ua, struct invite);
	if (!in)
		return refuse(ua, irq, 500);
	in->ua = ua;
	in->irq = irq;
	status = read_invite(in, sip, who, &path);
	if (status)
		goto fail;
	if (is_one_too_many(ua, in, &path) ||
	    (!in->replaced && office_refuses(ua->office, PEER_VOIP, &in->setup))) {
		talloc_free(in);
		return refuse_for_now(ua, irq);
	}
	if (nta_incoming_status(irq) <= 100) /* 180 perhaps, of a call manager that is dead now */
		message_reply(ua, irq, NULL, 100, TAG_END());
	status = 500;
	in->dialog = dialog_new_incoming(ua, irq, sip, &path);
	if (!in->dialog)
		goto fail;
	return invite_verify(in, sip) ? 0 : invite_accept(in, sip);
fail:
	talloc_free(in);
	return refuse(ua, irq, status);
}

/* Who is it, if we have telephones? */
static enum phone_right right_of(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
				 struct requester *who)
{
	if (!ua->phones.right || register_read_source(ua, irq, sip, &who->request))
		return PHONE_STRANGER;
	return ua->phones.right(ua->phones.arg, &who->request, &who->phone);
}

/* 0, and who it is; or a status, already sent. */
static int check_source(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct requester *who)
{
	enum phone_right right = right_of(ua, irq, sip, who);
	const struct sockaddr *source;
	struct ua_path path;
	char what[64];

	if (message_source(ua, irq, &path))
		return refuse(ua, irq, 500);
	source = (const struct sockaddr *)&path.remote;
	if (right == PHONE_CHALLENGED)
		return challenge_check(ua, irq, sip, ua->phones.users, &who->user);
	if (right == PHONE_KNOWN || admission_trusts(ua->admission, source))
		return 0;
	if (challenge_applies(ua, sip))
		return challenge_check(ua, irq, sip, &ua->config.challenge, &who->user);
	snprintf(what, sizeof(what), "%s refused",
		 sip_method_name(sip->sip_request->rq_method, "request"));
	admission_refused(ua->admission, source, what);
	if (sip->sip_request->rq_method == sip_method_invite)
		ua->counters.invites_refused_untrusted++;
	return refuse(ua, irq, 403);
}

/* From of a request that is no call. */
static bool is_himself(const struct caller *user, const sip_t *sip)
{
	struct call_setup setup = {.hops = 0};

	if (identity_number(sip->sip_from->a_url->url_user, NULL, &setup.calling.number))
		setup.calling.number.digits[0] = '\0';
	return challenge_allows(user, sip, &setup);
}

/* There is a registrar if there are telephones: it refuses others. */
static int receive_register(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
			    const struct requester *who)
{
	if (!who->request.name)
		return refuse(ua, irq, 400);
	return register_receive(ua, irq, sip, who);
}

static bool is_our_method(const struct ua *ua, sip_method_t method)
{
	return (method == sip_method_register && ua->phones.receive) ||
	       method == sip_method_invite || method == sip_method_options ||
	       method == sip_method_refer || method == sip_method_subscribe;
}

static bool is_in_dialog_method(sip_method_t method)
{
	return method == sip_method_bye || method == sip_method_cancel ||
	       method == sip_method_update || method == sip_method_prack ||
	       method == sip_method_info || method == sip_method_notify;
}

/* A voicemail server tells what nobody has subscribed to (RFC 3842 in the wild). */
static bool is_unasked_summary(const sip_t *sip)
{
	return sip->sip_request->rq_method == sip_method_notify && !sip->sip_to->a_tag &&
	       sip->sip_event && sip->sip_event->o_type &&
	       !strcasecmp(sip->sip_event->o_type, "message-summary");
}

/* A secure call is one on TLS (RFC 5630 5.3). */
static bool is_scheme_ok(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	const url_t *url = sip->sip_request->rq_url;
	struct ua_path path;

	if (url->url_type == url_sips && sip->sip_request->rq_method == sip_method_invite)
		return !message_source(ua, irq, &path) &&
		       path.socket->transport == PEER_TRANSPORT_TLS;
	return url->url_type == url_sip || url->url_type == url_sips || url->url_type == url_tel;
}

/* Its call manager has it, or knows the package, and will be back: 405 and 489 are for ever. */
static bool is_for_later(const struct ua *ua, const sip_t *sip, const struct requester *who)
{
	sip_method_t method = sip->sip_request->rq_method;

	if (!ua->phones.route || !who->phone.tag || sip->sip_to->a_tag)
		return false;
	if (method == sip_method_subscribe)
		return sip->sip_event && !subscription_is_ours(ua, sip);
	return !is_our_method(ua, method) && !is_in_dialog_method(method);
}

/* What holds for every request that is ours to answer. 0 or a status, already sent. */
static int check_request(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
			 const struct requester *who)
{
	int status;

	if (guard_marked(sip))
		return refuse(ua, irq, 400);
	if (is_unasked_summary(sip))
		return 0;
	if (is_in_dialog_method(sip->sip_request->rq_method))
		return refuse(ua, irq, 481);
	if (is_for_later(ua, sip, who))
		return refuse_for_now(ua, irq);
	if (!is_our_method(ua, sip->sip_request->rq_method))
		return refuse(ua, irq, 405);
	if (sip->sip_to->a_tag && sip->sip_request->rq_method != sip_method_options)
		return refuse(ua, irq, 481);
	if (!is_scheme_ok(ua, irq, sip))
		return refuse(ua, irq, 416);
	if (sip->sip_request->rq_method == sip_method_register)
		return 0; /* it requires other things */
	status = message_check_required(irq, sip, UA_SUPPORTED_OF_INVITE);
	if (status)
		ua->counters.requests_refused++;
	return status;
}

int ua_serve(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	sip_method_t method = sip->sip_request->rq_method;
	struct requester who = {.user = NULL};
	int status;

	if (method == sip_method_invite)
		ua->counters.invites_received++;
	status = check_source(ua, irq, sip, &who);
	if (!status)
		status = check_request(ua, irq, sip, &who);
	if (status)
		return status;
	if (method == sip_method_invite)
		return ua_on_invite(ua, irq, sip, &who);
	if (method == sip_method_register)
		return receive_register(ua, irq, sip, &who);
	if (method == sip_method_refer) {
		status = refer_receive_outside(ua, irq, sip);
		return status == 202 ? status : refuse(ua, irq, status);
	}
	if (method == sip_method_notify) {
		status = who.user || who.phone.tag ? 403 : mailbox_notified(ua, sip);
		message_reply(ua, irq, NULL, status, TAG_END());
		return status;
	}
	if (method == sip_method_subscribe)
		return who.user && !is_himself(who.user, sip)
			   ? refuse(ua, irq, 403)
			   : subscription_receive(ua, irq, sip, who.user || who.phone.tag);
	if (office_is_stopped(ua->office, PEER_VOIP))
		return refuse_for_now(ua, irq);
	message_reply(ua, irq, NULL, 200, SIPTAG_ACCEPT_STR(UA_ACCEPT),
		      SIPTAG_SUPPORTED_STR(UA_SUPPORTED_OF_INVITE), TAG_END());
	return 200;
}

int ua_on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct ua *ua = magic;
	int status;

	if (proxy_receive(ua, irq, sip, &status))
		return status;
	if (sip->sip_request->rq_method == sip_method_ack) {
		nta_incoming_destroy(irq);
		return 0;
	}
	return ua_serve(ua, irq, sip);
}
