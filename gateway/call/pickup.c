// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call pickup: a telephone dials `call-pickup CODE` and has the call that rings longest in its
 * `pickup-group`; or CODE and a number, and has the one that rings there.
 *
 *	call 1:  A -- X (rings)		call 2:  Y
 *	call 1:  A -- Y			call 2 has ended, X was told that the call is completed elsewhere
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include "gateway/log/log.h"

/* What stands behind the code; NULL: it is none. */
static const char *behind_code(const struct call *call)
{
	const char *code = plan_options(call->plan)->call_pickup;
	size_t length = strlen(code);

	if (!length || strncmp(call->setup.called.digits, code, length) != 0)
		return NULL;
	return call->setup.called.digits + length;
}

bool pickup_is_asked(const struct call *call)
{
	return call->setup.origin.phone && behind_code(call);
}

/* Only what rings at telephones of the site, and at their groups. */
static bool may_have(const struct call *by, const struct call *ringing, const char *number)
{
	const struct peer *at = ringing->answers.outbound;

	if (ringing == by || ringing->fi->state != CALL_ALERTING || !at ||
	    (!at->pool && !at->hunt_group))
		return false;
	if (number[0])
		return strcmp(ringing->summary.called, number) == 0 ||
		       strcmp(ringing->summary.called_sent, number) == 0;
	return by->inbound && by->inbound->pickup_group &&
	       at->pickup_group == by->inbound->pickup_group;
}

static bool rings_longer(const struct call *one, const struct call *two)
{
	const struct timespec *a = &one->summary.alert, *b = &two->summary.alert;

	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

bool pickup_do(struct call *call)
{
	struct call *other, *found = NULL;
	const char *number;

	if (!pickup_is_asked(call))
		return false;
	number = behind_code(call);
	llist_for_each_entry (other, &call->office->calls, entry)
		if (may_have(call, other, number) && (!found || rings_longer(other, found)))
			found = other;
	if (!found) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: no call rings that could be picked up\n",
		     call->summary.id);
		return false;
	}
	LOGP(DCALL, LOGL_NOTICE, "call %u: picks up call %u\n", call->summary.id,
	     found->summary.id);
	return calls_pick_up(found, call);
}
