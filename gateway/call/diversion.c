// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call that goes on to another number, because the outbound leg's far end has said so: call
 * deflection of ISDN, a 3xx of SIP. The numbers are tried in order; each is routed as if it had been
 * dialled, and who was called until then is who diverts.
 *
 *	call:  A -- X      A -- (routes of the new number)
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/call/tally.h"
#include "gateway/log/log.h"

#define REDIRECTION 23	 /* Q.850: to a new destination */
#define DIVERSIONS_MAX 5 /* Q.732.2, ETS 300 207: that many in a row */
#define NUMBERS_MAX (DIVERSIONS_MAX * LEG_REDIRECT_MAX)

struct diversion {
	struct number been[NUMBERS_MAX + 1]; /* where the call was sent to: no circle */
	struct number to[LEG_REDIRECT_MAX];
	struct party from;
	const struct peer *by; /* whose rules change the numbers */
	uint8_t been_count, to_count, next, reason, times;
	bool due;
};

static bool has_been(const struct diversion *d, const struct number *number)
{
	for (unsigned i = 0; i < d->been_count; i++)
		if (strcmp(d->been[i].digits, number->digits) == 0 && d->been[i].ton == number->ton)
			return true;
	return false;
}

static void add_been(struct diversion *d, const struct number *number)
{
	if (d->been_count < sizeof(d->been) / sizeof(d->been[0]))
		d->been[d->been_count++] = *number;
}

static bool is_waiting(const struct call *call)
{
	return call->leg[1] && call->fi->state >= CALL_CALLING && call->fi->state <= CALL_ALERTING;
}

/* The next number that was not tried yet. */
static bool find_next(struct diversion *d)
{
	while (d->next < d->to_count && has_been(d, &d->to[d->next]))
		d->next++;
	return d->next < d->to_count;
}

static struct diversion *begin(struct call *call)
{
	struct diversion *d = call->diversion;

	if (d)
		return d;
	d = talloc_zero(call, struct diversion);
	if (d)
		add_been(d, &call->setup.called);
	call->diversion = d;
	return d;
}

static bool take(struct call *call, struct diversion *d, const struct leg_redirect *redirect,
		 const struct peer *by)
{
	if (d->times >= DIVERSIONS_MAX || call->setup.redirection.count >= DIVERSIONS_MAX) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: diverted %u times, no more\n", call->summary.id,
		     d->times);
		return false;
	}
	memcpy(d->to, redirect->to, sizeof(d->to));
	d->to_count = redirect->count;
	d->next = 0;
	if (!find_next(d)) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: diverted to where it has been, no more\n",
		     call->summary.id);
		d->to_count = 0;
		return false;
	}
	d->times++;
	d->reason = redirect->reason;
	d->by = by;
	memset(&d->from, 0, sizeof(d->from));
	d->from.number = call->setup.called;
	if (redirect->from)
		d->from = *redirect->from;
	return true;
}

bool diversion_ask(struct call *call, const struct leg *leg, const struct leg_redirect *redirect)
{
	const struct plan_candidate *candidate = route_candidate(call);
	struct diversion *d = begin(call);

	if (!d || !candidate || leg != call->leg[1] || !is_waiting(call) || d->due ||
	    !take(call, d, redirect, candidate->peer))
		return false;
	d->due = true;
	return true;
}

bool diversion_redirects(struct call *call)
{
	struct leg *in = call->leg[0];

	if (!in->ops->redirect || call->route.emergency || !call->route.count ||
	    call->route.candidates[0].peer->kind != PEER_VOIP ||
	    call->route.candidates[0].hunt_group || in->ops->redirect(in, &call->route) < 0)
		return false;
	LOGP(DCALL, LOGL_NOTICE, "call %u: redirected, dial-peer %u goes to SIP\n",
	     call->summary.id, call->route.candidates[0].peer->tag);
	call->route.count = 0;
	return true;
}

bool diversion_due(const struct call *call)
{
	return call->diversion && call->diversion->due;
}

static void note(struct redirection *redirection, const struct diversion *d)
{
	if (redirection->count == 0) {
		redirection->original = d->from;
		redirection->original_reason = d->reason;
	}
	if (redirection->count < UINT8_MAX)
		redirection->count++;
	redirection->reason = d->reason;
	redirection->from = d->from;
}

/* As when an outbound leg fails, but to the routes of another number. */
void diversion_reroute(struct call *call, unsigned why)
{
	struct tally_ending ending = {
	    .tag = call->summary.peer_out, .direction = TALLY_OUT, .cause = why};
	struct plan_request request;
	unsigned cause;

	tally_add(call->office, &ending);
	call->cause = cause_q850(16, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	if (call->bridge)
		call_bridge_close(call);
	call_let_go(call, 1);
	route_left_outbound(call);
	call->summary.peer_out = 0;
	if (call->fi->state != CALL_ROUTING)
		call_enter(call, CALL_ROUTING, EV_OUT_RELEASED);
	route_request(call, &request);
	call->next_candidate = 0;
	call->preempts = false;
	cause = route_find(call, &request);
	if (cause)
		call->cause = cause_q850(cause, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	call_route_on(call, EV_OUT_RELEASED);
}

/* The next number becomes the one that is called. */
static void use_next(struct call *call)
{
	struct diversion *d = call->diversion;
	struct number to = d->to[d->next++];

	add_been(d, &to);
	if (d->by)
		plan_translate_target(call->plan, d->by, &to);
	call->setup.called = to;
	call->setup.called_form = CALLED_COMPLETE;
	call->summary.services |= CALL_DEFLECTED;
}

static void send_on(struct call *call, unsigned why)
{
	use_next(call);
	LOGP(DCALL, LOGL_NOTICE, "call %u: deflected to %s\n", call->summary.id,
	     call->setup.called.digits);
	diversion_reroute(call, why);
}

bool diversion_forward(struct call *call, const struct leg_redirect *redirect,
		       const struct peer *by)
{
	struct diversion *d = begin(call);

	if (!d || d->due || !take(call, d, redirect, by))
		return false;
	note(&call->setup.redirection, d);
	use_next(call);
	return true;
}

void diversion_do(struct call *call)
{
	struct diversion *d = call->diversion;

	d->due = false;
	if (!is_waiting(call) || !find_next(d))
		return;
	note(&call->setup.redirection, d);
	send_on(call, REDIRECTION);
}

bool diversion_goes_on(struct call *call, const struct cause *cause)
{
	struct diversion *d = call->diversion;

	/* 6xx: nobody else has better news (RFC 3261 8.1.3.4) */
	if (!d || d->due || cause->sip >= 600 || !find_next(d))
		return false;
	send_on(call, cause->q850);
	return true;
}
