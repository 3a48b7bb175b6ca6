// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls to telephones of the site that go elsewhere: all of them, or those that the telephone does not
 * take. What goes where says whoever knows the telephones (struct office_phones); the telephone is who
 * diverts the call, as if it had done so itself (diversion.c).
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include "gateway/log/log.h"

#define NO_ANSWER 19

static const char *const names[] = {
    [OFFICE_FORWARD_ALL] = "all calls",
    [OFFICE_FORWARD_BUSY] = "busy",
    [OFFICE_FORWARD_NO_ANSWER] = "no answer",
    [OFFICE_FORWARD_UNREACHABLE] = "unreachable",
};

static const struct plan_candidate *candidate_of(const struct call *call)
{
	unsigned at = call->next_candidate ? call->next_candidate - 1 : 0;

	return at < call->route.count ? &call->route.candidates[at] : NULL;
}

/* The telephone that is being called, or the number if it is no telephone's that is registered. */
static void called_name(const struct call *call, char name[PLAN_PHONE_MAX + 1])
{
	const struct plan_candidate *candidate = candidate_of(call);

	if (candidate && candidate->phone[0])
		strcpy(name, candidate->phone);
	else
		number_to_e164(&call->setup.called, name);
}

static const struct peer *peer_of(const struct call *call, uint32_t tag)
{
	for (size_t i = plan_peer_count(call->plan); i > 0; i--)
		if (plan_peer_at(call->plan, i - 1)->tag == tag)
			return plan_peer_at(call->plan, i - 1);
	return NULL;
}

static bool find(const struct call *call, enum office_forward when, struct office_forwarding *out)
{
	const struct office_phones *phones = &call->office->phones;
	char name[PLAN_PHONE_MAX + 1];

	if (!phones->forward || call->summary.emergency ||
	    (when != OFFICE_FORWARD_ALL && hunt_calls_member(call)))
		return false;
	called_name(call, name);
	return phones->forward(phones->arg, name, when, out);
}

/* The number called is another from now on. */
static bool forward(struct call *call, enum office_forward when)
{
	static const uint8_t reasons[] = {
	    [OFFICE_FORWARD_ALL] = REDIRECTION_UNCONDITIONAL,
	    [OFFICE_FORWARD_BUSY] = REDIRECTION_BUSY,
	    [OFFICE_FORWARD_NO_ANSWER] = REDIRECTION_NO_REPLY,
	    [OFFICE_FORWARD_UNREACHABLE] = REDIRECTION_OUT_OF_ORDER,
	};
	struct leg_redirect redirect = {.count = 1, .reason = reasons[when]};
	struct party from = {.number = call->setup.called};
	struct office_forwarding to;
	char name[PLAN_PHONE_MAX + 1];
	struct number own;

	if (!find(call, when, &to))
		return false;
	called_name(call, name);
	if (number_from_e164(&own, name) == 0)
		from.number = own;
	redirect.to[0] = to.to;
	redirect.from = &from;
	if (!diversion_forward(call, &redirect, peer_of(call, to.by)))
		return false;
	LOGP(DCALL, LOGL_NOTICE, "call %u: %s is forwarded (%s) to %s\n", call->summary.id, name,
	     names[when], to.to.digits);
	return true;
}

bool forwarding_at_once(struct call *call)
{
	const struct plan_route *route = &call->route;

	call->next_candidate = 0;
	if (route->count && !route->candidates[0].phone[0])
		return false;
	return forward(call, OFFICE_FORWARD_ALL) ||
	       (!route->count && forward(call, OFFICE_FORWARD_UNREACHABLE));
}

static int when_of_phone(const struct call *call, const struct cause *cause)
{
	switch (cause->q850) {
	case 17: /* user busy */
	case 21: /* call rejected: the user does not want to be disturbed */
		return OFFICE_FORWARD_BUSY;
	case 19: /* no answer */
		return OFFICE_FORWARD_NO_ANSWER;
	case 18: /* no user responding */
		return call->fi->state == CALL_ALERTING ? OFFICE_FORWARD_NO_ANSWER
							: OFFICE_FORWARD_UNREACHABLE;
	case 1:	  /* unallocated: it does not know its own number */
	case 3:	  /* no route */
	case 20:  /* subscriber absent */
	case 27:  /* destination out of order */
	case 31:  /* normal, unspecified */
	case 38:  /* network out of order */
	case 41:  /* temporary failure */
	case 102: /* timer expired */
		return OFFICE_FORWARD_UNREACHABLE;
	default:
		return -1;
	}
}

/* What that says of the telephone; -1: nothing that another number would mend. Where its number leads
 * besides, to a call manager that does not answer perhaps, only that counts; a hunt group has a final
 * number of its own. */
static int when_of(const struct call *call, const struct cause *cause)
{
	const struct plan_candidate *candidate = candidate_of(call);
	int when = when_of_phone(call, cause);

	if (candidate && candidate->hunt_group)
		return -1;
	if (candidate && candidate->phone[0])
		return when;
	return when == OFFICE_FORWARD_UNREACHABLE && cause->source == CAUSE_SOURCE_GATEWAY ? when
											   : -1;
}

bool forwarding_goes_on(struct call *call, const struct cause *cause)
{
	int when = when_of(call, cause);

	if (when < 0 || !forward(call, (enum office_forward)when))
		return false;
	diversion_reroute(call, cause->q850);
	return true;
}

static void not_answered(void *data)
{
	struct call *call = data;

	if (call->fi->state == CALL_ALERTING && forward(call, OFFICE_FORWARD_NO_ANSWER))
		diversion_reroute(call, NO_ANSWER);
}

void forwarding_rings(struct call *call)
{
	const struct plan_candidate *candidate = candidate_of(call);
	struct office_forwarding to;

	osmo_timer_del(&call->not_answered);
	if (!candidate || !candidate->phone[0] || !find(call, OFFICE_FORWARD_NO_ANSWER, &to))
		return;
	osmo_timer_setup(&call->not_answered, not_answered, call);
	osmo_timer_schedule(&call->not_answered, (int)to.after_s, 0);
}

void forwarding_stop(struct call *call)
{
	osmo_timer_del(&call->not_answered);
}
