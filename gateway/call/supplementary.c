// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Supplementary services between the legs of a call, and between calls.
 *
 * What a far end asks for is done from the loop, when its leg has told it that it will be:
 *
 *	LEG_TRANSFER_ASKED  call 1:  A -- X      call 2:  Y -- B      X and Y are the one who asks
 *			    call 1:  A -- B      call 2 and both his legs end with cause 16
 *
 * If A is a conference, B comes into it and X stays (conference.c).
 */
#include "gateway/call/call_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "gateway/log/log.h"

#define SIP_REQUEST_TERMINATED 487 /* to a caller who has asked for his call to go elsewhere */

/* ---- words */

void call_charge_text(const struct leg_charge *charge, char *text, size_t size)
{
	const char *more = charge->final ? "" : " so far";

	switch (charge->kind) {
	case LEG_CHARGE_FREE:
		snprintf(text, size, "free%s", more);
		break;
	case LEG_CHARGE_UNITS:
		snprintf(text, size, "%u unit%s%s", charge->units, charge->units == 1 ? "" : "s",
			 more);
		break;
	case LEG_CHARGE_CURRENCY:
		snprintf(text, size, "%" PRId64 ".%03" PRId64 "%s%s%s", charge->thousandths / 1000,
			 charge->thousandths % 1000, charge->currency[0] ? " " : "",
			 charge->currency, more);
		break;
	case LEG_CHARGE_NOT_AVAILABLE:
		snprintf(text, size, "not available");
		break;
	default:
		text[0] = '\0';
		break;
	}
}

void call_services_text(unsigned services, char *text, size_t size)
{
	static const struct {
		enum call_service_flag flag;
		const char *name;
	} names[] = {
	    {CALL_TRANSFERRED, "transferred"},	 {CALL_JOINED, "joined"},
	    {CALL_DEFLECTED, "deflected"},	 {CALL_MALICIOUS, "malicious"},
	    {CALL_ELSEWHERE, "elsewhere"},	 {CALL_CONFERENCE, "conference"},
	    {CALL_MEDIA_DIRECT, "media-direct"},
	};

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t used = strlen(text);

		if (services & names[i].flag)
			snprintf(text + used, size - used, "%s%s", used ? " " : "", names[i].name);
	}
}

/* ---- from the loop */

static int side_of(const struct call *call, const struct leg *leg)
{
	return call->leg[0] == leg ? 0 : 1;
}

static struct cause cleared_normally(void)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);

	cause.answer = SIP_REQUEST_TERMINATED;
	return cause;
}

struct leg *call_take_leg(struct call *call, int side)
{
	struct leg *leg = call->leg[side];

	if (call->bridge)
		call_bridge_close(call);
	history_fill(call);
	call->leg[side] = NULL;
	conference_media_changed(call);
	return leg;
}

void call_put_leg(struct call *call, int side, struct leg *leg, const struct party *by,
		  struct cause why)
{
	struct call_replacement *replaced = &call->summary.replaced[side];

	if (call->bridge)
		call_bridge_close(call);
	call->cause = why;
	call_let_go(call, side);
	call->cause = (struct cause){0};
	leg->call = call;
	call->leg[side] = leg;
	replaced->made = true;
	number_to_e164(&by->number, replaced->number);
	replaced->withheld = by->presentation != PRESENTATION_ALLOWED;
	history_tell(call);
	call_bridge_update(call);
}

void call_retrieve(struct call *call, int side)
{
	struct leg *held = call->leg[!side];

	if (call->holds[side] && held)
		held->ops->hold(held, false);
	call->holds[side] = false;
}

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) kept = (a);                                                          \
		(a) = (b);                                                                         \
		(b) = kept;                                                                        \
	} while (0)

/* Peers and trunk groups count the legs where they have gone. */
static void swap_counts(struct call *call, struct call *other, int side)
{
	struct call_summary *s = &call->summary, *o = &other->summary;

	if (side == 0) {
		SWAP(call->group_in, other->group_in);
		SWAP(s->peer_in, o->peer_in);
	} else {
		SWAP(call->target_out, other->target_out);
		SWAP(call->group_out, other->group_out);
		SWAP(s->peer_out, o->peer_out);
	}
}

/* Two far ends on one line may need the gateway no more. */
static void leave_the_middle(struct call *call)
{
	struct leg *in = call->leg[0], *out = call->leg[1];

	if (call->fi->state == CALL_ACTIVE && in->ops == out->ops && out->ops->transfer &&
	    out->ops->transfer(out, in) == 0)
		LOGP(DCALL, LOGL_NOTICE, "call %u: its far ends are asked to join each other\n",
		     call->summary.id);
}

static void join(struct call *call, int side, struct call *other, int other_side)
{
	struct party moves;
	struct leg *leg;

	LOGP(DCALL, LOGL_NOTICE, "call %u: its parties are joined with those of call %u\n",
	     call->summary.id, other->summary.id);
	call->summary.services |= CALL_JOINED;
	other->summary.services |= CALL_JOINED;
	call_retrieve(call, side);
	call_retrieve(other, other_side);
	call_party_at(other, !other_side, &moves);
	leg = call_take_leg(other, !other_side);
	call->holds[side] = other->holds[!other_side];
	if (side == !other_side)
		swap_counts(call, other, side);
	call_put_leg(call, side, leg, &moves, cleared_normally());
	other->cause = cleared_normally();
	call_clear(other, EV_CLEAR, -1);
}

void calls_join(struct call *call, int side, struct call *other, int other_side)
{
	join(call, side, other, other_side);
	leave_the_middle(call);
}

static void tell_asker(struct call *call, enum leg_transfer_state state)
{
	struct cause cause = cause_q850(41, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	struct leg *leg = call->leg[call->join_side];

	if (leg && leg->ops->transfer_news)
		leg->ops->transfer_news(leg, state, &cause);
}

/* May the parties of other be joined with those of an active call? If it rings at the far end of the
 * one who asks, his party waits for the answer. */
static bool can_join(const struct call *other, int side)
{
	unsigned state = other->fi->state;

	return state == CALL_ACTIVE ||
	       (side == 0 && (state == CALL_PROCEEDING || state == CALL_ALERTING));
}

/* The party, who has been answered, is the caller now. */
static void join_ringing(struct call *ringing, struct call *call)
{
	ringing->dialling.how = DIALLED_TWO_STAGE;
	calls_join(ringing, 0, call, call->join_side);
	if (ringing->fi->state == CALL_ALERTING && !ringing->heard)
		dialling_tone(ringing, route_ringback(ringing));
}

static void tell_party(struct leg *leg, const struct party *party)
{
	struct leg_identity identity = {.connected = party};

	if (leg && party->number.digits[0] && leg->ops->identity)
		leg->ops->identity(leg, &identity);
}

/* Both were talking to the one who is not there any more: each is told who is there now. */
static void join_talking(struct call *call, int side, struct call *other, int other_side,
			 void (*how)(struct call *, int, struct call *, int))
{
	struct party stays, moved;

	call_party_at(call, !side, &stays);
	call_party_at(other, !other_side, &moved);
	how(call, side, other, other_side);
	tell_party(call->leg[!side], &moved);
	tell_party(call->leg[side], &stays);
}

void calls_join_here(struct call *call, int side, struct call *other, int other_side)
{
	join_talking(call, side, other, other_side, join);
}

static void join_later(struct call *call)
{
	struct call *other = call_find(call->office, call->join_call);

	call->join_call = 0;
	if (call->fi->state != CALL_ACTIVE || !other || !can_join(other, other->join_side) ||
	    other->join_call != call->summary.id) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: the other call has ended before the transfer\n",
		     call->summary.id);
		tell_asker(call, LEG_TRANSFER_FAILED);
		return;
	}
	other->join_call = 0;
	if (conference_has(call)) {
		bool taken = conference_take(call, other, other->join_side);

		tell_asker(call, taken ? LEG_TRANSFER_DONE : LEG_TRANSFER_FAILED);
		return;
	}
	tell_asker(call, LEG_TRANSFER_DONE);
	if (other->fi->state == CALL_ACTIVE)
		join_talking(call, call->join_side, other, other->join_side, calls_join);
	else
		join_ringing(other, call);
}

static void on_service_later(void *data)
{
	struct call *call = data;

	if (call->join_call)
		join_later(call);
	else if (diversion_due(call))
		diversion_do(call);
}

static void do_later(struct call *call)
{
	osmo_timer_setup(&call->service_later, on_service_later, call);
	osmo_timer_schedule(&call->service_later, 0, 0);
}

void supplementary_stop(struct call *call)
{
	osmo_timer_del(&call->service_later);
}

/* ---- what legs report */

static bool on_transfer_asked(struct call *call, struct leg *leg, struct leg *other_leg)
{
	struct call *other = other_leg->call;

	if (!other || other == call || other->office != call->office || call->join_call ||
	    other->join_call || call->transfer || other->transfer ||
	    call->fi->state != CALL_ACTIVE || !can_join(other, side_of(other, other_leg)))
		return false;
	if (conference_has(call) && !conference_may_take(call, other))
		return false;
	call->join_call = other->summary.id;
	call->join_side = (uint8_t)side_of(call, leg);
	other->join_call = call->summary.id;
	other->join_side = (uint8_t)side_of(other, other_leg);
	do_later(call);
	return true;
}

static bool on_redirect_asked(struct call *call, const struct leg *leg,
			      const struct leg_redirect *redirect)
{
	if (!diversion_ask(call, leg, redirect))
		return false;
	do_later(call);
	return true;
}

static bool on_deflect_asked(struct call *call, const struct leg *leg, const struct number *to)
{
	struct leg_redirect redirect = {.to = {*to}, .count = 1, .reason = REDIRECTION_DEFLECTION};

	return on_redirect_asked(call, leg, &redirect);
}

static void happened(struct call *call, enum call_service_flag flag, const char *what)
{
	call->summary.services |= flag;
	LOGP(DCALL, LOGL_NOTICE, "call %u: %s\n", call->summary.id, what);
}

static void on_charged(struct call *call, const struct leg_charge *charge)
{
	char text[64];

	/* the last word stands: what comes after it knows less */
	if (call->summary.charge.final && !charge->final)
		return;
	call->summary.charge = *charge;
	call_charge_text(charge, text, sizeof(text));
	LOGP(DCALL, LOGL_INFO, "call %u: charge %s\n", call->summary.id, text);
}

/* One who has answered for a hunt group is about to be joined with its caller; before that he cannot give
 * him away. */
static bool is_not_yet_his(const struct call *call, enum leg_service_type asked)
{
	return (asked == LEG_TRANSFER_ASKED || asked == LEG_REFER_ASKED) && call->leg[0] &&
	       hunt_stands_for_caller(call->leg[0]);
}

bool call_service(struct leg *leg, const struct leg_service *service)
{
	struct call *call = leg->call;
	struct leg *other;

	if (!call || call->fi->state == CALL_CLEARED || is_not_yet_his(call, service->type))
		return false;
	switch (service->type) {
	case LEG_NOTICED:
		other = call->leg[side_of(call, leg) ? 0 : 1];
		if (other && other->ops->notice)
			other->ops->notice(other, &service->notice);
		break;
	case LEG_CHARGED:
		on_charged(call, &service->charge);
		other = call->leg[side_of(call, leg) ? 0 : 1];
		if (other && other->ops->charge)
			other->ops->charge(other, &service->charge);
		break;
	case LEG_MALICIOUS:
		happened(call, CALL_MALICIOUS, "identified as malicious");
		break;
	case LEG_TRANSFERRED:
		happened(call, CALL_TRANSFERRED, "transferred");
		break;
	case LEG_TRANSFER_REFUSED:
		happened(call, 0, "the transfer was refused, nothing has changed");
		break;
	case LEG_TRANSFER_ASKED:
		return on_transfer_asked(call, leg, service->other);
	case LEG_REFER_ASKED:
		return conference_has(call) ? conference_calls(call, leg, service->setup)
					    : transfer_ask(call, leg, service->setup);
	case LEG_DEFLECTED:
		happened(call, CALL_DEFLECTED, "deflected");
		break;
	case LEG_DEFLECT_REFUSED:
		happened(call, 0, "the deflection was refused, nothing has changed");
		break;
	case LEG_DEFLECT_ASKED:
		return on_deflect_asked(call, leg, &service->number);
	case LEG_REDIRECT_ASKED:
		return on_redirect_asked(call, leg, &service->redirect);
	}
	return false;
}

bool call_replace_leg(struct leg *old, struct leg *new, const struct party *by)
{
	struct call *call = old->call;
	struct event_data nobody = {NULL};
	struct cause elsewhere = cleared_normally();
	struct party party;
	int side;

	if (!call || call->transfer || call->join_call)
		return false;
	side = side_of(call, old);
	if (call->fi->state != CALL_ACTIVE &&
	    (side == 0 || call->fi->state < CALL_CALLING || call->fi->state > CALL_ALERTING))
		return false;
	LOGP(DCALL, LOGL_NOTICE, "call %u: another one takes it over\n", call->summary.id);
	if (call->fi->state == CALL_ACTIVE) {
		call_retrieve(call, side);
		call_put_leg(call, side, new, by, cleared_normally());
		call_party_at(call, !side, &party);
		new->ops->answer(new, &party);
		return true;
	}
	elsewhere.elsewhere = true;
	call_put_leg(call, side, new, by, elsewhere);
	osmo_fsm_inst_dispatch(call->fi, EV_OUT_ANSWER, &nobody);
	new->ops->answer(new, NULL);
	return true;
}

bool calls_pick_up(struct call *ringing, struct call *by)
{
	struct party caller, picker = by->setup.calling;
	struct leg *leg = call_take_leg(by, 0), *in = ringing->leg[0];

	if (!call_replace_leg(ringing->leg[1], leg, &picker)) {
		by->leg[0] = leg;
		return false;
	}
	call_party_at(ringing, 0, &caller);
	tell_party(in, &picker);
	tell_party(leg, &caller);
	by->summary.services |= CALL_JOINED;
	by->cause = cleared_normally();
	call_clear(by, EV_CLEAR, -1);
	return true;
}

/* ---- from the console */

/* Two legs of one kind, the outbound ones first: those of the telephone network before those of
 * SIP, for whoever can leaves the gateway's line and channels. */
static int transfer_by(const struct call *one, const struct call *two, enum peer_kind kind)
{
	int rc = -EPROTO;

	for (int i = 3; i >= 0; i--) {
		struct leg *leg = one->leg[i >> 1], *other = two->leg[i & 1];
		int tried;

		if (!leg || !other || leg == other || leg->kind != kind || other->kind != kind ||
		    !leg->ops->transfer || !other->ops->transfer)
			continue;
		tried = leg->ops->transfer(leg, other);
		if (!tried)
			return 0;
		if (rc == -EPROTO)
			rc = tried;
	}
	return rc;
}

int office_transfer_calls(struct office *office, uint32_t first, uint32_t second)
{
	struct call *one = call_find(office, first);
	struct call *two = second ? call_find(office, second) : one;
	int pots, voip;

	if (!one || !two)
		return -ENOENT;
	if (one->fi->state != CALL_ACTIVE || two->fi->state != CALL_ACTIVE)
		return -EINVAL;
	pots = transfer_by(one, two, PEER_POTS);
	if (!pots)
		return 0;
	voip = transfer_by(one, two, PEER_VOIP);
	return !voip || pots == -EPROTO ? voip : pots;
}

int office_deflect_call(struct office *office, uint32_t id, const struct number *to)
{
	struct call *call = call_find(office, id);
	struct leg *leg = call ? call->leg[0] : NULL;

	if (!leg)
		return -ENOENT;
	if (!leg->ops->deflect)
		return -EPROTO;
	return leg->ops->deflect(leg, to);
}

int office_identify_call(struct office *office, uint32_t id)
{
	struct call *call = call_find(office, id);
	struct leg *leg = call ? call->leg[0] : NULL;

	if (!leg)
		return -ENOENT;
	if (!leg->ops->identify)
		return -EPROTO;
	return leg->ops->identify(leg);
}
