// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a conference comes about, and how others come in.
 *
 *	Join:	call 1:  A -- X		Y wants to join
 *		call 1:  A -- seat	call 2:  X -- seat	call 3:  Y -- seat
 *		call 1:  A -- X		Y has gone: calls 2 and 3 have ended
 *
 *	X called the factory, and refers A to it:
 *		call 1:  A -- X		call 2:  X -- seat
 *		call 1:  A -- seat	call 2:  X -- seat
 */
#include "gateway/call/conference_private.h"

#include <errno.h>
#include <string.h>

#include "gateway/log/log.h"

#define NORMAL_CLEARING 16
#define USER_BUSY 17
#define CONGESTION 42
#define INCOMPATIBLE 88

static struct cause local_cause(unsigned q850)
{
	return cause_q850(q850, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
}

/* ---- a call to the factory, or to a conference, which no conference makes */

bool conference_is_called(const struct call *call)
{
	const char *called = call->setup.called.digits;
	const char *factory = plan_options(call->plan)->conference.factory;

	return call->leg[0]->kind == PEER_VOIP && !seat_in(call) && called[0] &&
	       (strcmp(called, factory) == 0 || conference_find(call->office, called));
}

bool conference_seats(struct call *call)
{
	struct conference *c = conference_find(call->office, call->setup.called.digits);
	struct seat *seat = NULL;

	if (bearer_is_data(call->setup.bearer)) {
		call->cause = local_cause(INCOMPATIBLE);
		return false;
	}
	if (!c && !conference_may_begin(call->office, &call->setup)) {
		call->cause = local_cause(USER_BUSY);
	} else if (!c) {
		c = conference_new(call, CONFERENCE_OF_FACTORY);
		call->cause = local_cause(CONGESTION);
	} else if (!conference_has_room(c, call)) {
		c = NULL;
		call->cause = local_cause(USER_BUSY);
	}
	if (c)
		seat = seat_new(c, SEAT_CALLED);
	if (!seat)
		return false;
	if (c->state == CONFERENCE_NEW) {
		c->state = CONFERENCE_UP;
		c->creator = seat;
	}
	seat->leg.call = call;
	call->leg[1] = &seat->leg;
	call->attempt++;
	call->cause = (struct cause){0};
	seat_joined(seat);
	osmo_timer_schedule(&seat->later, 0, 0);
	return true;
}

/* ---- others come in */

bool conference_may_take(const struct call *call, const struct call *other)
{
	const struct seat *seat = seat_in(call);

	return other->fi->state == CALL_ACTIVE && !seat_in(other) &&
	       !bearer_is_data(other->setup.bearer) && conference_has_room(seat->conference, other);
}

bool conference_take(struct call *call, struct call *other, int side)
{
	struct conference *c = seat_in(call)->conference;
	struct cause why = local_cause(NORMAL_CLEARING);
	struct party by = {.presentation = 0};
	struct seat *seat;

	if (!conference_may_take(call, other) || number_from_e164(&by.number, c->number) < 0)
		return false;
	seat = seat_new(c, SEAT_TAKEN);
	if (!seat)
		return false;
	seat_tell(seat, other->leg[!side], true);
	other->summary.services |= CALL_JOINED;
	call_retrieve(other, side);
	call_put_leg(other, side, &seat->leg, &by, why);
	seat_joined(seat);
	return true;
}

bool conference_calls(struct call *call, struct leg *by, const struct call_setup *setup)
{
	struct conference *c = seat_in(call)->conference;
	const struct peer *out = call->answers.outbound;
	struct call_setup wanted = *setup;
	int side = call->leg[0] == by ? 0 : 1;
	struct seat *seat;

	if (call->fi->state != CALL_ACTIVE || call_awaits_transfer(by) ||
	    !conference_has_room(c, call))
		return false;
	seat = seat_new(c, SEAT_CALLING);
	if (!seat)
		return false;
	LOGP(DCALL, LOGL_NOTICE, "conference %u: call %u has it call %s\n", c->id, call->summary.id,
	     setup->called.digits);
	transfer_asks(&seat->asker, by);
	call_party_at(call, side, &wanted.calling);
	/* what a telephone may call it may have called, and nothing else */
	if (side == 0)
		wanted.origin.phone = call->setup.origin.phone;
	else if (out && out->pool)
		wanted.origin.phone = out->tag;
	if (call_new(call->office, &seat->leg, &wanted, NULL))
		return true;
	call_forget_transfer(by);
	seat_leave(seat);
	return false;
}

/* ---- a call of two becomes one */

/* Of the call that the leg on that side gets for its own. */
static int setup_alone(const struct call *from, int side, const struct conference *c,
		       struct call_setup *out)
{
	const struct peer *peer = from->answers.outbound;

	memset(out, 0, sizeof(*out));
	out->admitted = out->is_up = true;
	out->bearer = from->setup.bearer;
	out->hops = from->setup.hops;
	call_party_at(from, side, &out->calling);
	if (side == 0)
		out->origin.phone = from->setup.origin.phone;
	else if (peer && peer->pool)
		out->origin.phone = peer->tag;
	if (number_from_e164(&out->called, c->number) < 0 ||
	    !office_inbound_peer(from->office, from->leg[side]->kind, out, NULL))
		return -EINVAL;
	return 0;
}

/* Its leg gets a call of its own, in which it has been answered. */
static bool split(struct call *call, int side, struct seat *seat, const struct call_setup *setup)
{
	bool goes_holds = call->holds[side], stays_holds = call->holds[!side];
	struct leg *leg;
	struct call *own;

	call_retrieve(call, side);
	call_retrieve(call, !side);
	call->holds[!side] = stays_holds;
	leg = call_take_leg(call, side);
	own = call_new(call->office, leg, setup, NULL);
	if (!own) {
		call->leg[side] = leg;
		call_bridge_update(call);
		return false;
	}
	own->dialling.how = DIALLED_TWO_STAGE;
	own->holds[0] = goes_holds;
	seat->leg.call = call;
	call->leg[side] = &seat->leg;
	seat_joined(seat);
	call_bridge_update(call);
	return true;
}

static struct conference *conference_of_call(struct call *call, int side)
{
	struct conference *c = conference_new(call, CONFERENCE_OF_CALL);
	struct seat *seat = c ? seat_new(c, SEAT_TAKEN) : NULL;
	struct call_setup setup;

	if (!seat)
		return NULL;
	if (!setup_alone(call, side, c, &setup) && split(call, side, seat, &setup))
		return c;
	seat_leave(seat);
	return NULL;
}

bool conference_join(struct leg *old, struct leg *new, const struct call_setup *setup)
{
	struct call *call = old->call;
	struct call_setup wanted = *setup;
	struct conference *c;
	struct seat *seat;

	if (!call || call->fi->state != CALL_ACTIVE || call->transfer || call->join_call ||
	    !call->leg[0] || !call->leg[1] || hunt_stands_for_caller(call->leg[0]) ||
	    bearer_is_data(call->setup.bearer))
		return false;
	seat = seat_in(call);
	if (seat ? !conference_has_room(seat->conference, call)
		 : !conference_may_begin(call->office, setup))
		return false;
	c = seat ? seat->conference : conference_of_call(call, call->leg[0] == old ? 0 : 1);
	if (!c || number_from_e164(&wanted.called, c->number) < 0)
		return false;
	wanted.called_form = CALLED_COMPLETE;
	return call_new(call->office, new, &wanted, NULL);
}
