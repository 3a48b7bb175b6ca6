// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that nobody answers in time: those that go out by `timers expires`, which their INVITE says as
 * Expires (RFC 3261 13.2.1); those that come in by the Expires of theirs: 487 (13.3.1).
 */
#include "gateway/sip/leg_sip_private.h"

#include "gateway/log/log.h"
#include "gateway/sip/message.h"

#define CAUSE_NO_USER_RESPONDING 18
#define CAUSE_NO_ANSWER 19
#define EXPIRES_MAX_S 86400 /* what is longer never comes */
#define EARLY_MS 1000	    /* the far end's clock may be that much before ours */

static struct cause cause_of_expiry(const struct leg_sip *l)
{
	return leg_sip_local_cause(l->state == LEG_SIP_ALERTING ? CAUSE_NO_ANSWER
								: CAUSE_NO_USER_RESPONDING);
}

static void report(struct leg_sip *l, const struct cause *cause)
{
	LOGP(DSIP, LOGL_NOTICE, "%s: no answer\n", l->dialog ? dialog_name(l->dialog) : "call");
	l->failure = *cause;
	call_event(&l->leg, CALL_EV_RELEASED, &l->failure);
}

/* The call releases the leg: that is CANCEL. */
static void no_answer(void *data)
{
	struct cause cause = cause_of_expiry(data);

	report(data, &cause);
}

void leg_sip_expires_out(struct leg_sip *l)
{
	unsigned ms = l->ua->config.expires_ms;

	osmo_timer_setup(&l->expires, no_answer, l);
	osmo_timer_schedule(&l->expires, ms / 1000, ms % 1000 * 1000);
}

bool leg_sip_has_expired(const struct leg_sip *l, struct cause *cause)
{
	struct timeval left;

	if (osmo_timer_remaining(&l->expires, NULL, &left) == 0 &&
	    left.tv_sec * 1000 + left.tv_usec / 1000 > EARLY_MS)
		return false;
	*cause = cause_of_expiry(l);
	return true;
}

/* As if the caller had cancelled it; he is told 487. */
static void not_answered(void *data)
{
	static const struct cause_reason none = {0};
	struct leg_sip *l = data;
	struct cause cause = call_cause_of_request(&l->leg, &none, CAUSE_REASON_UNSET, true);

	report(l, &cause);
}

void leg_sip_expires_in(struct leg_sip *l, const sip_t *invite)
{
	const sip_expires_t *expires = invite ? invite->sip_expires : NULL;

	if (!expires || expires->ex_date || expires->ex_delta > EXPIRES_MAX_S)
		return;
	osmo_timer_setup(&l->expires, not_answered, l);
	osmo_timer_schedule(&l->expires, (int)expires->ex_delta, 0);
}
