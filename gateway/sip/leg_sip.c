// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SIP leg. Outbound: RESOLVING -> CALLING -> ALERTING -> UP; inbound: CALLING -> ALERTING -> UP.
 * OVER after `release`: the dialog ends alone, its last messages still belong into the ladder, and
 * the leg goes when its dialogs have gone.
 */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/call/conference.h"
#include "gateway/call/direct.h"
#include "gateway/sip/aoc.h"
#include "gateway/sip/conference.h"
#include "gateway/sip/digit_relay.h"
#include "gateway/sip/path.h"
#include "gateway/sip/refer.h"
#include "gateway/wire/media_client.h"

static const struct leg_ops leg_ops;

/* ---- life */

void leg_sip_free(struct leg_sip *l)
{
	leg_sip_stop_looking(l);
	refer_leg_ended(l);
	refer_free(l);
	subscription_leg_freed(l);
	digit_relay_stop(l);
	osmo_timer_del(&l->later);
	session_close(&l->session);
	llist_del(&l->entry);
	talloc_free(l);
}

void leg_sip_free_all(struct ua *ua)
{
	struct leg_sip *l, *next;

	llist_for_each_entry_safe (l, next, &ua->legs, entry)
		leg_sip_free(l);
}

static void later(void *data)
{
	struct leg_sip *l = data;

	if (l->state == LEG_SIP_OVER) {
		if (!l->dialogs)
			leg_sip_free(l);
	} else if (l->failure.q850) {
		call_event(&l->leg, CALL_EV_RELEASED, &l->failure);
	} else {
		leg_sip_tell_media(l);
	}
}

static void choose_codecs(const struct peer *peer, enum peer_codec prefer,
			  uint8_t codecs[OFFER_CODECS_MAX])
{
	unsigned i, n = 0;

	if (prefer == PEER_CODEC_CLEAR) {
		codecs[0] = PEER_CODEC_CLEAR; /* audio codecs would break data */
		return;
	}
	for (i = 0; peer && i < PEER_CODECS_MAX && peer->codecs[i] && n < OFFER_CODECS_MAX; i++) {
		if (prefer && peer->codecs[i] == PEER_CODEC_CLEAR)
			continue; /* the other leg has audio */
		if (!memchr(codecs, peer->codecs[i], n))
			codecs[n++] = peer->codecs[i];
	}
	if (n)
		return;
	codecs[0] = prefer ? prefer : PEER_CODEC_G711ALAW;
	codecs[1] = codecs[0] == PEER_CODEC_G711ALAW ? PEER_CODEC_G711ULAW : PEER_CODEC_G711ALAW;
}

static uint8_t choose_event_payload_type(const struct peer *peer)
{
	if (!peer || !(peer->dtmf & PEER_DTMF_RTP_NTE))
		return 0;
	return peer->nte_payload_type ? peer->nte_payload_type : EVENT_PAYLOAD_TYPE_DEFAULT;
}

struct leg_sip *leg_sip_alloc(struct ua *ua, const struct peer *peer, enum peer_codec prefer)
{
	struct leg_sip *l = talloc_zero(ua, struct leg_sip);
	uint8_t codecs[OFFER_CODECS_MAX] = {0};

	if (!l)
		return NULL;
	choose_codecs(peer, prefer, codecs);
	l->leg.ops = &leg_ops;
	l->leg.kind = PEER_VOIP;
	l->ua = ua;
	ua_options(ua, peer, &l->options);
	l->tenant = peer ? peer->tenant : 0;
	l->dtmf = peer ? peer->dtmf : 0;
	leg_sip_set_flow(l, peer);
	osmo_timer_setup(&l->later, later, l);
	session_init(&l->session, ua->media, codecs, choose_event_payload_type(peer));
	l->session.media4 = ua->config.media4;
	l->session.media6 = ua->config.media6;
	path_media(ua, &l->options, &l->session.media4, &l->session.media6,
		   &l->session.local.external);
	llist_add_tail(&l->entry, &ua->legs);
	return l;
}

/* ---- inbound */

static int refusal_of_offer(int error)
{
	switch (error) {
	case -EINVAL:
		return 400;
	case -ENOTSUP:
	case -EAFNOSUPPORT:
		return 488;
	default:
		return 503; /* no port for RTP */
	}
}

/* The leg of an INVITE, with its media but no call yet. 0 or the status to refuse with. */
static int leg_of_invite(struct ua *ua, struct dialog *dialog, const struct call_setup *setup,
			 const struct dialog_news *offer, struct leg_sip **out)
{
	const struct peer *peer = office_inbound_peer(ua->office, PEER_VOIP, setup, NULL);
	struct leg_sip *l = leg_sip_alloc(ua, peer, 0);
	int rc;

	if (!l)
		return 500;
	rc = dialog_configure(dialog, &l->options);
	if (rc) {
		leg_sip_free(l);
		return rc;
	}
	l->state = LEG_SIP_CALLING;
	dialog_set_tenant(dialog, l->tenant, NULL);
	dialog_set_local(dialog, &l->options);
	l->session.signalling = *dialog_remote(dialog);
	if (offer->sdp)
		rc = session_take_offer(&l->session, offer->sdp, offer->sdp_size);
	else
		rc = session_open(&l->session, dialog_remote(dialog));
	if (rc < 0) {
		LOGP(DSIP, LOGL_NOTICE, "%s: no media: %s\n", dialog_name(dialog), strerror(-rc));
		leg_sip_free(l);
		return refusal_of_offer(rc);
	}
	leg_sip_media_changed(l);
	l->dialog = dialog;
	l->dialogs = 1;
	dialog_bind(dialog, &leg_sip_handlers, l);
	l->identity.heard = setup->calling;
	leg_sip_hear(l, offer);
	*out = l;
	return 0;
}

int leg_sip_new(struct ua *ua, struct dialog *dialog, const struct call_setup *setup,
		const struct dialog_news *offer)
{
	struct call_setup wanted = *setup;
	struct leg_sip *l;
	struct call *call;
	int status = leg_of_invite(ua, dialog, setup, offer, &l);

	if (status)
		return status;
	l->is_phone = setup->origin.phone != 0;
	if (l->leg.codec == PEER_CODEC_CLEAR)
		wanted.bearer = BEARER_UNRESTRICTED_DIGITAL;
	call = call_new(ua->office, &l->leg, &wanted, NULL);
	if (!call) {
		leg_sip_free(l);
		return 500;
	}
	call_set_name(call, dialog_name(dialog));
	call_trace(&l->leg, CALL_SENT, "100 Trying");
	leg_sip_expires_in(l, offer->message);
	return 0;
}

int leg_sip_replace(struct leg_sip *old, struct dialog *dialog, const struct call_setup *setup,
		    const struct dialog_news *offer)
{
	struct leg_sip *l;
	int status = leg_of_invite(old->ua, dialog, setup, offer, &l);

	if (status)
		return status;
	if (call_replace_leg(&old->leg, &l->leg, &setup->calling))
		return 0;
	leg_sip_free(l);
	return 491;
}

int leg_sip_join(struct leg_sip *old, struct dialog *dialog, const struct call_setup *setup,
		 const struct dialog_news *offer)
{
	struct leg_sip *l;
	int status = leg_of_invite(old->ua, dialog, setup, offer, &l);

	if (status)
		return status;
	l->is_phone = setup->origin.phone != 0;
	if (conference_join(&old->leg, &l->leg, setup)) {
		call_set_name(l->leg.call, dialog_name(dialog));
		return 0;
	}
	leg_sip_free(l);
	return 488;
}

/* ---- what the far end does */

static void on_trace(void *arg, enum call_direction direction, const char *text)
{
	struct leg_sip *l = arg;

	call_trace(&l->leg, direction, text);
}

static enum cause_reason_use reason_use(const struct leg_sip *l)
{
	switch (l->options.reason) {
	case SIP_REASON_OVERRIDE:
		return CAUSE_REASON_OVERRIDE;
	case SIP_REASON_IGNORE:
		return CAUSE_REASON_IGNORE;
	default:
		return CAUSE_REASON_UNSET;
	}
}

/* Early media, or the description of a 2xx. true: there is audio from the far end to be heard. */
bool leg_sip_take_answer(struct leg_sip *l, const struct dialog_news *news)
{
	int rc;

	if (!news->sdp)
		return false;
	rc = session_take_answer(&l->session, news->sdp, news->sdp_size);
	if (rc < 0) {
		LOGP(DSIP, LOGL_NOTICE, "%s: answer cannot be used: %s\n", dialog_name(l->dialog),
		     strerror(-rc));
		return false;
	}
	leg_sip_media_changed(l);
	return true;
}

/* 180. One that comes again tells of nothing but early media. */
static void report_ringing(struct leg_sip *l, struct progress *progress)
{
	bool again = l->state == LEG_SIP_ALERTING;

	if (l->options.early_media_180 == SIP_SWITCH_OFF)
		*progress = (struct progress){0};
	l->state = LEG_SIP_ALERTING;
	if (!again)
		call_event(&l->leg, CALL_EV_ALERT, progress);
	else if (progress->inband)
		call_event(&l->leg, CALL_EV_PROGRESS, progress);
}

static void on_provisional(void *arg, const struct dialog_news *news)
{
	static const struct leg_service diverting = {
	    .type = LEG_NOTICED,
	    .notice = {.type = LEG_NOTICE_INDICATOR, .indicator = LEG_INDICATOR_DIVERTING},
	};
	struct leg_sip *l = arg;
	struct progress progress = {.queued = news->status == 182};

	leg_sip_responds(l);
	if (news->status == 199)
		return;
	leg_sip_hear(l, news);
	if (news->status == 100) {
		call_event(&l->leg, CALL_EV_PROCEEDING, NULL);
		return;
	}
	progress.inband = leg_sip_take_answer(l, news);
	progress.indicator = progress.inband ? 8 : 0;
	if (news->status == 181)
		call_service(&l->leg, &diverting);
	if (news->status == 180)
		report_ringing(l, &progress);
	else if (news->status != 181 || progress.inband)
		call_event(&l->leg, CALL_EV_PROGRESS, &progress);
}

static void on_answered(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;

	leg_sip_responds(l);
	osmo_timer_del(&l->expires);
	l->sip_status = news->status;
	leg_sip_hear(l, news);
	if (news->sdp ? !leg_sip_take_answer(l, news) : !l->session.agreed.codec) {
		struct cause cause = leg_sip_local_cause(88);

		call_event(&l->leg, CALL_EV_RELEASED, &cause);
		return;
	}
	l->state = LEG_SIP_UP;
	leg_sip_connected(l, NULL);
	if (l->identity.changed)
		leg_sip_tell(l);
	digit_relay_answered(l);
	call_event(&l->leg, CALL_EV_ANSWER, leg_sip_answerer(l));
}

static struct cause cause_of_failure(const struct leg_sip *l, const struct dialog_news *news)
{
	struct cause_answer answer = {
	    .status = news->status,
	    .alerted = l->state == LEG_SIP_ALERTING,
	    .warning = news->warning,
	    .retry_after = news->retry_after,
	    .reason = news->reason,
	    .use = reason_use(l),
	};

	if (news->failure && l->out.phone) /* 480: no trouble of this gateway's */
		return leg_sip_local_cause(20);
	if (news->failure)
		return leg_sip_local_cause(news->failure == DIALOG_NO_RESPONSE ? 102 : 38);
	return call_cause_of_answer(&l->leg, &answer);
}

static void on_failed(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;
	struct cause cause = cause_of_failure(l, news);

	if (!news->failure)
		l->sip_status = news->status;
	leg_sip_hear(l, news);
	if (news->status >= 300 && news->status < 400 && leg_sip_follow(l, news))
		return;
	if (leg_sip_try_elsewhere(l, news, &cause))
		return;
	if (news->status < 600 && leg_sip_try_next_contact(l))
		return;
	if (news->status == 487 && !news->failure)
		leg_sip_has_expired(l, &cause);
	leg_sip_note_new_number(news, &cause);
	call_event(&l->leg, CALL_EV_RELEASED, &cause);
}

static int on_offer(void *arg, const struct dialog_news *news, char *text, size_t size)
{
	struct leg_sip *l = arg;
	uint32_t generation = l->session.generation;
	int rc;

	leg_sip_withdraw(l);
	if (!news->sdp) {
		leg_sip_describe_here(l);
		return session_write_offer(&l->session, text, size) < 0 ? 500 : 200;
	}
	rc = session_take_offer(&l->session, news->sdp, news->sdp_size);
	if (rc < 0)
		return refusal_of_offer(rc);
	leg_sip_redescribed(l, generation);
	leg_sip_media_changed(l);
	if (session_write_answer(&l->session, text, size) < 0)
		return 500;
	leg_sip_report_hold(l);
	return 200;
}

static int on_answer(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;

	if (!news->sdp && l->session.agreed.codec)
		return 0; /* an ACK that leaves all as it was */
	if (!leg_sip_take_answer(l, news))
		return -ENOTSUP;
	leg_sip_report_hold(l);
	return 0;
}

static void on_heard(void *arg, const struct dialog_news *news)
{
	leg_sip_hear(arg, news);
}

static void on_ended(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;
	struct cause cause =
	    call_cause_of_request(&l->leg, &news->reason, reason_use(l), l->state < LEG_SIP_UP);

	leg_sip_hear(l, news);
	if (news->failure)
		cause = leg_sip_local_cause(102);
	if (l->state < LEG_SIP_UP)
		l->sip_status = 487;
	refer_leg_ended(l);
	refer_dialog_ended(l);
	call_event(&l->leg, CALL_EV_RELEASED, &cause);
}

static void on_gone(void *arg)
{
	struct leg_sip *l = arg;

	l->dialogs--;
	if (l->state == LEG_SIP_OVER)
		osmo_timer_schedule(&l->later, 0, 0);
}

const struct dialog_handlers leg_sip_handlers = {
    .trace = on_trace,
    .provisional = on_provisional,
    .answered = on_answered,
    .failed = on_failed,
    .offer = on_offer,
    .heard = on_heard,
    .answer = on_answer,
    .ended = on_ended,
    .offered = leg_sip_on_offered,
    .request = leg_sip_on_request,
    .gone = on_gone,
};

/* ---- orders */

static void leg_proceed(struct leg *leg)
{
	/* 100 went out when the INVITE came. */
}

/* The answer to their offer, if there is one to send; or our offer, if it must go now. */
static const char *early_answer(struct leg_sip *l, bool inband, char *text, size_t size)
{
	bool sent = l->session.state == SESSION_ANSWER_SENT;
	int rc = -ENOENT;

	switch (dialog_wants(l->dialog, 183)) {
	case DIALOG_WANTS_NOTHING:
		break;
	case DIALOG_WANTS_OFFER:
		rc = session_write_offer(&l->session, text, size);
		break;
	case DIALOG_WANTS_ANSWER:
		if (sent || (inband && l->session.state == SESSION_AGREED))
			rc = session_write_answer(&l->session, text, size);
		break;
	}
	return rc < 0 ? NULL : text;
}

static void leg_alert(struct leg *leg, const struct progress *progress)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	char text[OFFER_TEXT_MAX];

	if (l->state > LEG_SIP_ALERTING)
		return;
	l->state = LEG_SIP_ALERTING;
	leg_sip_connected(l, NULL);
	dialog_provisional(l->dialog, 180,
			   early_answer(l, progress && progress->inband, text, sizeof(text)));
}

static void leg_progress(struct leg *leg, const struct progress *progress)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	unsigned status = progress && progress->queued ? 182 : 183;
	char text[OFFER_TEXT_MAX];

	if (l->state > LEG_SIP_ALERTING)
		return;
	leg_sip_connected(l, NULL);
	dialog_provisional(l->dialog, status,
			   early_answer(l, progress && progress->inband, text, sizeof(text)));
}

static void leg_answer(struct leg *leg, const struct party *connected)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	enum dialog_wants wants;
	char text[OFFER_TEXT_MAX];
	int rc = 0;

	if (l->state >= LEG_SIP_UP)
		return;
	wants = dialog_wants(l->dialog, 200);
	if (wants == DIALOG_WANTS_OFFER)
		rc = session_write_offer(&l->session, text, sizeof(text));
	else if (wants == DIALOG_WANTS_ANSWER)
		rc = session_write_answer(&l->session, text, sizeof(text));
	if (rc < 0) {
		l->failure = leg_sip_local_cause(47);
		osmo_timer_schedule(&l->later, 0, 0);
		return;
	}
	osmo_timer_del(&l->expires);
	l->state = LEG_SIP_UP;
	l->sip_status = 200;
	leg_sip_connected(l, connected);
	dialog_answer(l->dialog, wants ? text : NULL);
	digit_relay_answered(l);
	direct_changed(leg);
}

static void leg_release(struct leg *leg, const struct cause *cause)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	char reason[CAUSE_REASON_MAX], contact[REDIRECT_CONTACT_MAX];
	struct dialog_end end = {
	    .status = cause->answer ? cause->answer : 500,
	    .reason = reason,
	    .retry_after_s = cause->retry_after_s,
	};

	if (l->state < LEG_SIP_UP && !l->sip_status)
		l->sip_status = end.status;
	l->state = LEG_SIP_OVER;
	l->leg.call = NULL;
	refer_leg_ended(l);
	subscription_leg_ended(l);
	digit_relay_stop(l);
	leg_sip_stop_looking(l);
	session_close(&l->session);
	l->leg.media_end = 0;
	cause_to_reason(cause, reason, sizeof(reason));
	leg_sip_contact_of_cause(l, cause, &end, contact);
	if (l->dialog && !refer_delays_release(l, &end)) {
		dialog_release(l->dialog, &end);
		l->dialog = NULL;
	}
	if (!l->dialogs)
		osmo_timer_schedule(&l->later, 0, 0);
}

static void leg_report(struct leg *leg, struct leg_report *out)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	struct stream_counters counters;

	out->sip_status = l->sip_status;
	if (l->dialog)
		target_address_text((const struct sockaddr *)dialog_remote(l->dialog), out->remote,
				    sizeof(out->remote));
	snprintf(out->codec, sizeof(out->codec), "%s", peer_codec_name(l->leg.codec));
	if (!l->session.end ||
	    media_client_stream_counters(l->session.media, l->session.end, &counters))
		return;
	out->packets_sent = counters.packets_sent;
	out->packets_received = counters.packets_received;
	out->packets_lost = counters.packets_lost;
	out->jitter_us = counters.jitter_us;
}

static const struct leg_ops leg_ops = {
    .name = "sip",
    .proceed = leg_proceed,
    .alert = leg_alert,
    .progress = leg_progress,
    .answer = leg_answer,
    .release = leg_release,
    .digit = digit_relay_send,
    .heard = digit_relay_heard,
    .hold = leg_sip_hold,
    .report = leg_report,
    .media = leg_sip_media,
    .flow = leg_sip_flow,
    .quiet = leg_sip_quiet,
    .transfer = refer_order,
    .identity = leg_sip_order_identity,
    .notice = leg_sip_order_notice,
    .charge = aoc_send,
    .conference = leg_sip_order_conference,
    .transfer_news = refer_news,
    .deflect = leg_sip_deflect,
    .redirect = leg_sip_redirect,
};
