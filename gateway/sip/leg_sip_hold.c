// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hold: the far end's, told to the call, and that of the call's other leg, told to the far end.
 *
 * A held far end goes on hearing what the holder sends, music or silence: it is offered sendonly.
 */
#include "gateway/sip/leg_sip_private.h"

void leg_sip_report_hold(struct leg_sip *l)
{
	bool now = session_is_held(&l->session);

	if (now == l->far_holds)
		return;
	l->far_holds = now;
	call_event(&l->leg, now ? CALL_EV_HOLD : CALL_EV_RETRIEVE, NULL);
}

/* Unless the far end knows. If another offer is under way, its end brings us here again. */
static void tell(struct leg_sip *l)
{
	const struct session before = l->session;
	bool told = !(before.local.mode & OFFER_RECEIVE);
	char text[OFFER_TEXT_MAX];

	if (l->state != LEG_SIP_UP || !l->dialog || told == l->other_holds)
		return;
	session_hold(&l->session, l->other_holds);
	if (session_write_offer(&l->session, text, sizeof(text)) < 0 ||
	    dialog_offer(l->dialog, text) < 0)
		l->session = before; /* as if nothing had been written */
}

void leg_sip_hold(struct leg *leg, bool held)
{
	struct leg_sip *l = (struct leg_sip *)leg;

	l->other_holds = held;
	tell(l);
}

/* A refusal leaves the session as it was before: both ways. */
void leg_sip_on_offered(void *arg, const struct dialog_news *news)
{
	struct leg_sip *l = arg;

	if (news->status >= 300) {
		l->other_holds = false;
		session_hold(&l->session, false);
		return;
	}
	leg_sip_take_answer(l, news);
	if (!l->other_holds)
		leg_sip_report_hold(l);
	tell(l);
}
