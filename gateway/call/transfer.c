// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blind transfer: one who is in a call wants its other party connected to a number.
 *
 *	call 1:  A -- X		X asks
 *	call 1:  A -- X		call 2:  P -- B		P stands for A: B is called, A hears it ring
 *	call 1:  X		call 2:  A -- B		B has answered: A takes the place of P
 *
 * Call 2 is one like any other: routed, admitted and recorded. P is a leg of this file that has A's
 * end in the media process. X may leave while B is called, and still hears how it goes. If B cannot be reached, A and X are
 * joined again, or A is released if X has gone.
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define SIP_REQUEST_TERMINATED 487 /* the party to be transferred has gone */

struct transfer { /* P */
	struct leg leg;
	struct call *call;	     /* call 1; NULL: it has ended, or A has gone over */
	struct transfer_asker asker; /* X, which may have been released */
	struct office *office;
	uint8_t stays; /* side of A in call 1 */
	bool tone;     /* A hears ringback from here */
	struct party answered_by;
	struct osmo_timer_list later; /* joins, or frees what is over */
};

static struct leg *party(const struct transfer *t)
{
	return t->call ? t->call->leg[t->stays] : NULL;
}

void call_forget_transfer(struct leg *leg)
{
	if (leg->transfer)
		leg->transfer->leg = NULL;
	leg->transfer = NULL;
}

bool call_awaits_transfer(const struct leg *leg)
{
	return leg->transfer;
}

void transfer_asks(struct transfer_asker *asker, struct leg *leg)
{
	asker->leg = leg;
	leg->transfer = asker;
}

void transfer_tell(struct transfer_asker *asker, enum leg_transfer_state state,
		   const struct cause *cause)
{
	struct leg *leg = asker->leg;

	if (!leg)
		return;
	if (state != LEG_TRANSFER_RINGING)
		call_forget_transfer(leg);
	if (leg->ops->transfer_news)
		leg->ops->transfer_news(leg, state, cause);
}

static void ringback(struct transfer *t, bool on)
{
	struct media_client *media = t->office->config.media;
	const char *tone;

	if (!media || !t->leg.media_end || t->tone == on || (on && !t->call))
		return;
	t->tone = on;
	tone = on ? route_ringback(t->call) : NULL;
	media_client_tone(media, t->leg.media_end, tone ? tone : "");
}

/* ---- the orders of call 2 */

static void p_proceed(struct leg *leg)
{
}

static void p_alert(struct leg *leg, const struct progress *progress)
{
	struct transfer *t = (struct transfer *)leg;

	ringback(t, !progress->inband);
	transfer_tell(&t->asker, LEG_TRANSFER_RINGING, NULL);
}

static void p_progress(struct leg *leg, const struct progress *progress)
{
	struct transfer *t = (struct transfer *)leg;

	if (progress->inband)
		ringback(t, false);
}

static void p_answer(struct leg *leg, const struct party *connected)
{
	struct transfer *t = (struct transfer *)leg;

	ringback(t, false);
	if (connected)
		t->answered_by = *connected;
	osmo_timer_schedule(&t->later, 0, 0);
}

static void p_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void p_hold(struct leg *leg, bool held)
{
}

/* Call 2 has ended, or A is in it now. */
static void p_release(struct leg *leg, const struct cause *cause)
{
	struct transfer *t = (struct transfer *)leg;
	struct call *call = t->call;

	ringback(t, false);
	osmo_timer_schedule(&t->later, 0, 0);
	if (!call)
		return;
	LOGP(DCALL, LOGL_NOTICE, "call %u: the transfer has failed: cause %u (%s)\n",
	     call->summary.id, cause->q850, cause_name(cause->q850));
	transfer_tell(&t->asker, LEG_TRANSFER_FAILED, cause);
	t->call = NULL;
	call->transfer = NULL;
	if (call->leg[!t->stays]) {
		call_bridge_update(call);
		return;
	}
	call->cause = *cause;
	call_clear(call, EV_CLEAR, -1);
}

static const struct leg_ops p_ops = {
    .name = "transfer",
    .proceed = p_proceed,
    .alert = p_alert,
    .progress = p_progress,
    .answer = p_answer,
    .release = p_release,
    .digit = p_digit,
    .hold = p_hold,
};

/* ---- from the loop */

static void join(struct transfer *t)
{
	struct call *from = t->call, *to = t->leg.call;
	struct leg_identity identity = {.connected = &t->answered_by};
	struct leg *leg = party(t);

	transfer_tell(&t->asker, LEG_TRANSFER_DONE, NULL);
	t->call = NULL;
	from->transfer = NULL;
	calls_join(to, 0, from, !t->stays);
	if (t->answered_by.number.digits[0] && leg->ops->identity)
		leg->ops->identity(leg, &identity);
}

static void later(void *data)
{
	struct transfer *t = data;

	if (t->leg.call && t->call)
		join(t);
	else if (!t->leg.call)
		talloc_free(t);
}

/* The office may go first. */
static int stop(struct transfer *t)
{
	osmo_timer_del(&t->later);
	if (t->asker.leg)
		call_forget_transfer(t->asker.leg);
	return 0;
}

/* ---- for call 1 */

void call_party_at(const struct call *call, int side, struct party *out)
{
	const struct call_replacement *replaced = &call->summary.replaced[side];

	memset(out, 0, sizeof(*out));
	if (replaced->made)
		number_from_e164(&out->number, replaced->number);
	else if (side == 0)
		*out = call->setup.calling;
	else if (!call->summary.connected[0] ||
		 number_from_e164(&out->number, call->summary.connected) < 0)
		out->number = call->setup.called;
}

bool transfer_ask(struct call *call, const struct leg *by, const struct call_setup *setup)
{
	uint8_t stays = call->leg[0] == by ? 1 : 0;
	struct leg *leg = call->leg[stays];
	struct call_setup wanted = *setup;
	const struct peer *out = call->answers.outbound;
	struct transfer *t;

	if (call->fi->state != CALL_ACTIVE || call->transfer || call->join_call || !leg)
		return false;
	t = talloc_zero(call->office, struct transfer);
	if (!t)
		return false;
	t->leg.ops = &p_ops;
	t->leg.kind = by->kind;
	t->leg.media_end = leg->media_end;
	t->leg.codec = leg->codec;
	t->office = call->office;
	t->stays = stays;
	osmo_timer_setup(&t->later, later, t);
	talloc_set_destructor(t, stop);
	LOGP(DCALL, LOGL_NOTICE, "call %u: to be transferred to %s\n", call->summary.id,
	     setup->called.digits);
	call_bridge_close(call);
	t->call = call;
	transfer_asks(&t->asker, call->leg[!stays]);
	call->transfer = t;
	call_retrieve(call, !stays);
	call_party_at(call, stays, &wanted.calling);
	wanted.bearer = call->setup.bearer;
	/* what a telephone may call it may transfer to, and nothing else */
	if (call->leg[0] == by)
		wanted.origin.phone = call->setup.origin.phone;
	else if (out && out->pool)
		wanted.origin.phone = out->tag;
	if (call_new(call->office, &t->leg, &wanted, NULL))
		return true;
	call->transfer = NULL;
	talloc_free(t);
	call_bridge_update(call);
	return false;
}

enum peer_kind transfer_party_kind(const struct leg *leg)
{
	const struct transfer *t = (const struct transfer *)leg;

	return leg->ops == &p_ops && t->call ? party(t)->kind : leg->kind;
}

bool transfer_keeps(struct call *call, int side)
{
	const struct transfer *t = call->transfer;

	if (!t || t->stays == side)
		return false;
	call_let_go(call, side);
	return true;
}

bool transfer_makes(const struct call *call, const struct call *made)
{
	return call->transfer && call->transfer->leg.call == made;
}

void transfer_media_changed(struct call *call)
{
	struct transfer *t = call->transfer;

	t->leg.media_end = party(t)->media_end;
	call_event(&t->leg, CALL_EV_MEDIA, NULL);
}

void transfer_end(struct call *call)
{
	struct transfer *t = call->transfer;
	struct cause cause = call->cause, told = cause;

	if (!t)
		return;
	if (!told.answer)
		told.answer = SIP_REQUEST_TERMINATED;
	transfer_tell(&t->asker, LEG_TRANSFER_FAILED, &told);
	call->transfer = NULL;
	t->call = NULL;
	call_event(&t->leg, CALL_EV_RELEASED, &cause);
}
