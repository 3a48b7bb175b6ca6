// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our offers to a far end that is up: that it is held, and where it is to send its audio
 * (leg_sip_flow.c). Both go in one. The other way, the hold of the far end, is told to the call.
 *
 * A held far end goes on hearing what the holder sends, music or silence: it is offered sendonly.
 */
#include <string.h>

#include "gateway/call/direct.h"
#include "gateway/log/log.h"
#include "gateway/sip/leg_sip_private.h"

void leg_sip_report_hold(struct leg_sip *l)
{
	bool now = session_is_held(&l->session);

	if (now == l->far_holds)
		return;
	l->far_holds = now;
	call_event(&l->leg, now ? CALL_EV_HOLD : CALL_EV_RETRIEVE, NULL);
}

void leg_sip_tell_media(struct leg_sip *l)
{
	const struct session before = l->session;
	bool told = !(before.local.mode & OFFER_RECEIVE);
	bool moves = !leg_sip_same_place(&before.local.direct, &l->flow.wanted);
	char text[OFFER_TEXT_MAX];

	if (l->state != LEG_SIP_UP || !l->dialog || (told == l->other_holds && !moves))
		return;
	session_hold(&l->session, l->other_holds);
	l->session.local.direct = l->flow.wanted;
	if (session_write_offer(&l->session, text, sizeof(text)) < 0 ||
	    dialog_offer(l->dialog, text) < 0) {
		l->session = before; /* as if nothing had been written */
		return;
	}
	l->flow.before = before.local.direct;
	l->flow.before_mode = before.local.mode;
	l->flow.asking = moves;
}

void leg_sip_hold(struct leg *leg, bool held)
{
	struct leg_sip *l = (struct leg_sip *)leg;

	l->other_holds = held;
	leg_sip_tell_media(l);
}

/* Where it is to send its audio. It has nowhere else to come back to: it is told again. */
static void on_place_refused(struct leg_sip *l)
{
	bool returns = l->session.local.direct.rtp.ss_family == AF_UNSPEC;

	l->session.local.direct = l->flow.before;
	if (returns) {
		if (!l->flow.again_s)
			LOGP(DSIP, LOGL_NOTICE,
			     "%s: the far end refuses to send its audio here again\n",
			     dialog_name(l->dialog));
		l->flow.again_s = l->flow.again_s ? 2 * l->flow.again_s : DIRECT_AGAIN_S;
		if (l->flow.again_s > DIRECT_AGAIN_MAX_S)
			l->flow.again_s = DIRECT_AGAIN_MAX_S;
		osmo_timer_schedule(&l->later, l->flow.again_s, 0);
		return;
	}
	l->flow.wanted = l->flow.before;
	l->flow.refused = true;
}

/* It leaves the session as it was before; of a hold: both ways. */
static void on_refused(struct leg_sip *l)
{
	if (l->session.local.mode != l->flow.before_mode) {
		l->other_holds = false;
		session_hold(&l->session, false);
	}
	if (!leg_sip_same_place(&l->session.local.direct, &l->flow.before))
		on_place_refused(l);
	direct_changed(&l->leg);
}

/* Where it sends its audio now only it knows: here, as soon as it is told so, which comes next. */
static void on_unusable(struct leg_sip *l)
{
	memset(&l->flow.wanted, 0, sizeof(l->flow.wanted));
	l->flow.refused = true;
	direct_changed(&l->leg);
}

void leg_sip_on_offered(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;
	bool moved = l->flow.asking;

	if (!dialog_is_offering(l->dialog))
		l->flow.asking = false;
	if (news->status >= 300) {
		on_refused(l);
		return;
	}
	l->flow.again_s = 0;
	if (!leg_sip_take_answer(l, news) && moved && !l->flow.asking)
		on_unusable(l);
	if (!l->other_holds)
		leg_sip_report_hold(l);
	leg_sip_tell_media(l);
}
