// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the far end is told to send its audio: to the gateway, or to the far end of the call's other leg
 * (gateway/call/direct.h). What it is told, and when, is leg_sip_hold.c.
 *
 * An offer of its own that changes anything is answered with the gateway's address at once: what the
 * other far end has been told of it is old from then on.
 */
#include "gateway/sip/leg_sip_private.h"

#include <string.h>

#include "gateway/call/direct.h"
#include "gateway/sip/subscription.h"
#include "gateway/wire/media_client.h"

#define BOTH_WAYS (OFFER_SEND | OFFER_RECEIVE)

bool leg_sip_same_place(const struct offer_direct *a, const struct offer_direct *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void leg_sip_media_changed(struct leg_sip *l)
{
	uint32_t before = l->leg.media_end;

	l->leg.media_end = l->session.end;
	l->leg.codec = l->session.agreed.codec;
	if (l->leg.call && before && before != l->leg.media_end)
		call_event(&l->leg, CALL_EV_MEDIA, NULL);
	direct_changed(&l->leg);
}

void leg_sip_set_flow(struct leg_sip *l, const struct peer *peer)
{
	l->flow.around = l->options.media_around == SIP_SWITCH_ON ||
			 (!l->options.media_around && peer && peer->pool);
}

/* Digits that come or go by signalling are put into the audio here, or taken from it. */
static bool may_be_direct(const struct leg_sip *l)
{
	const struct session *s = &l->session;

	return l->flow.around && l->state == LEG_SIP_UP && l->dialog &&
	       (s->agreed.codec == PEER_CODEC_G711ALAW || s->agreed.codec == PEER_CODEC_G711ULAW) &&
	       s->agreed.mode == BOTH_WAYS && s->agreed.remote_mode == BOTH_WAYS &&
	       !l->other_holds && s->local.external.ss_family == AF_UNSPEC &&
	       target_same_host(&s->agreed.rtp, dialog_remote(l->dialog)) &&
	       target_same_host(&s->agreed.rtcp, dialog_remote(l->dialog)) &&
	       dialog_is_at_contact(l->dialog) && !media_client_stream_strays(s->media, s->end) &&
	       !(l->dtmf & ~PEER_DTMF_RTP_NTE) && !s->digits_signalled &&
	       !subscription_hears_digits(l);
}

static enum leg_flow flow_of(const struct leg_sip *l)
{
	const struct offer_direct *told = &l->session.local.direct;

	if (l->flow.asking || !leg_sip_same_place(told, &l->flow.wanted))
		return LEG_FLOW_TURNING;
	return told->rtp.ss_family == AF_UNSPEC ? LEG_FLOW_THROUGH : LEG_FLOW_DIRECT;
}

void leg_sip_media(struct leg *leg, struct leg_media *out)
{
	const struct leg_sip *l = (struct leg_sip *)leg;
	const struct session *s = &l->session;

	memset(out, 0, sizeof(*out));
	out->flow = flow_of(l);
	out->may = may_be_direct(l);
	out->refused = l->flow.refused;
	out->codec = s->agreed.codec;
	out->event_payload_type = s->agreed.event_payload_type;
	out->ptime_ms = s->agreed.ptime_ms;
	out->ours = s->local.rtp;
	out->rtp = s->agreed.rtp;
	out->rtcp = s->agreed.rtcp;
}

/* From the loop: the leg may be released next. */
void leg_sip_flow(struct leg *leg, const struct leg_media *to)
{
	struct leg_sip *l = (struct leg_sip *)leg;

	leg_sip_withdraw(l);
	memset(&l->flow.wanted, 0, sizeof(l->flow.wanted));
	l->flow.refused = false;
	if (to) {
		l->flow.wanted.rtp = to->rtp;
		l->flow.wanted.rtcp = to->rtcp;
	}
	osmo_timer_schedule(&l->later, 0, 0);
}

void leg_sip_quiet(struct leg *leg, bool quiet)
{
	session_quiet(&((struct leg_sip *)leg)->session, quiet);
}

void leg_sip_withdraw(struct leg_sip *l)
{
	if (!l->dialog || !dialog_withdraw_offer(l->dialog))
		return;
	l->session.local.mode = l->flow.before_mode;
	l->session.local.direct = l->flow.before;
	l->flow.asking = false;
	osmo_timer_schedule(&l->later, 0, 0);
}

static void come_here(struct leg_sip *l)
{
	memset(&l->flow.wanted, 0, sizeof(l->flow.wanted));
	l->session.local.direct = l->flow.wanted;
}

void leg_sip_redescribed(struct leg_sip *l, uint32_t generation)
{
	if (l->session.generation != generation)
		come_here(l);
}

void leg_sip_describe_here(struct leg_sip *l)
{
	come_here(l);
	direct_changed(&l->leg);
}
