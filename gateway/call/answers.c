// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a caller is told before the answer or instead of one: tones, and what causes mean in SIP. The
 * tables that hold for a SIP leg, nearest first: those of its dial peer, of the dial peer of the other
 * leg, of the other leg's trunk group, of `sip-ua`.
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include "gateway/call/progress.h"

#define NO_CIRCUIT 34
#define RETRY_AFTER_S 10 /* a busy trunk group: about how long until one of its calls ends */

void answers_begin(struct call *call)
{
	call->answers.tables = cause_tables_ref(call->office->config.causes);
	call->answers.table = call->office->config.cause_table;
}

void answers_end(struct call *call)
{
	cause_tables_unref(call->answers.tables);
}

void answers_inbound(struct call *call, const struct trunk_group *group)
{
	call->answers.group[0] = group;
}

void answers_try(struct call *call, const struct plan_candidate *candidate)
{
	const struct trunk_group *group = candidate->trunk_group;

	if (!group && candidate->peer->kind == PEER_POTS)
		group = plan_port_group(call->plan, candidate->target);
	call->answers.outbound = candidate->peer;
	call->answers.group[1] = group;
}

void answers_no_leg(struct call *call, const struct cause *why)
{
	if (why->q850 == NO_CIRCUIT)
		call->answers.without_circuit++;
}

/* ---- progress */

static struct progress_case progress_case(const struct call *call)
{
	return (struct progress_case){
	    .peer = call->answers.outbound,
	    .far = call->leg[1]->kind,
	    .caller = call->leg[0]->kind,
	    .heard = call->heard,
	};
}

/* Data is no audio: nothing can be played into it. */
static void play(struct call *call, enum progress_tone tone)
{
	if (tone == PROGRESS_TONE_OFF)
		dialling_tone(call, NULL);
	else if (tone == PROGRESS_TONE_RINGBACK && !bearer_is_data(call->setup.bearer))
		dialling_tone(call, route_ringback(call));
	call->heard |= tone == PROGRESS_TONE_OFF;
}

/* What the far end said, perhaps nothing of tones. The bridge is there before a tone goes into it. */
static struct progress begin(struct call *call, const struct progress *said)
{
	call_bridge_update(call);
	return said ? *said : (struct progress){0};
}

void answers_proceeding(struct call *call, const struct progress *said)
{
	struct progress_case c = progress_case(call);
	struct progress p = begin(call, said);

	play(call, progress_of_proceeding(&c, &p));
	if (p.inband)
		call->leg[0]->ops->progress(call->leg[0], &p);
}

void answers_progress(struct call *call, const struct progress *said)
{
	struct progress_case c = progress_case(call);
	struct progress p = begin(call, said);

	play(call, progress_of_progress(&c, &p));
	call->leg[0]->ops->progress(call->leg[0], &p);
}

void answers_alert(struct call *call, const struct progress *said)
{
	struct progress_case c = progress_case(call);
	struct progress p = begin(call, said);
	enum progress_tone tone = progress_of_alert(&c, &p);

	/* ALERTING cannot tell a caller who has been answered that it rings. */
	if (call->dialling.how == DIALLED_TWO_STAGE && !p.inband)
		tone = PROGRESS_TONE_RINGBACK;
	play(call, tone);
	call->leg[0]->ops->alert(call->leg[0], &p);
}

/* ---- tables */

static void add_peer(const struct call *call, const struct peer *peer, struct cause_view *view)
{
	if (peer)
		cause_view_add(view, call->answers.tables, peer->cause_table);
}

static void view_of(const struct call *call, int side, struct cause_view *view)
{
	const struct peer *const peers[] = {call->inbound, call->answers.outbound};
	const struct trunk_group *group = call->answers.group[!side];

	memset(view, 0, sizeof(*view));
	add_peer(call, peers[side], view);
	if (peers[!side] && peers[!side]->kind == PEER_POTS)
		add_peer(call, peers[!side], view);
	if (group)
		cause_view_add(view, call->answers.tables, group->cause_table);
	cause_view_add(view, call->answers.tables, call->answers.table);
}

/* ---- from SIP */

static void count_from_sip(struct office *office, unsigned status)
{
	if (status >= CAUSE_SIP_FIRST && status <= CAUSE_SIP_LAST)
		office->cause_counts.from_sip[status - CAUSE_SIP_FIRST]++;
}

struct cause call_cause_of_answer(const struct leg *leg, const struct cause_answer *answer)
{
	struct call *call = leg->call;
	struct cause_view view = {0};

	if (call) {
		view_of(call, leg == call->leg[0] ? 0 : 1, &view);
		count_from_sip(call->office, answer->status);
	}
	return cause_from_sip(&view, answer);
}

struct cause call_cause_of_request(const struct leg *leg, const struct cause_reason *reason,
				   enum cause_reason_use use, bool cancelled)
{
	struct call *call = leg->call;
	struct cause_view view = {0};

	if (call) {
		view_of(call, leg == call->leg[0] ? 0 : 1, &view);
		count_from_sip(call->office, reason->sip);
	}
	return cause_from_request(&view, reason, use, cancelled);
}

/* ---- to SIP */

/* Of the answers of one far end those that are about the call may be the answer to the other one:
 * not what is about the message that we sent, nor the end of what nobody has cancelled. */
static bool passes_on(unsigned status)
{
	static const uint16_t ours[] = {401, 407, 420, 421, 422, 423, 481, 487, 491, 494};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (status == ours[i])
			return false;
	return status >= CAUSE_ANSWER_FIRST && status <= CAUSE_SIP_LAST;
}

/* The whole trunk group: no member of it had a channel, or it has as many calls as it may. */
static bool trunk_group_is_full(const struct call *call)
{
	const struct plan_route *route = &call->route;

	if (call->attempt)
		return call->answers.without_circuit == call->attempt;
	for (unsigned i = 0; i < route->excluded_count; i++)
		if (route->excluded[i].reason != PLAN_REASON_MAX_CALLS)
			return false;
	return route->excluded_count > 0;
}

void answers_choose(struct call *call)
{
	struct cause *cause = &call->cause;
	struct cause_view view;

	if (cause->source == CAUSE_SOURCE_SIP && passes_on(cause->sip)) {
		cause->answer = cause->sip;
		return;
	}
	view_of(call, 0, &view);
	cause->answer = cause_to_sip(&view, cause, bearer_is_data(call->setup.bearer));
	if (cause->q850 == NO_CIRCUIT && cause->source == CAUSE_SOURCE_GATEWAY &&
	    trunk_group_is_full(call))
		cause->retry_after_s = RETRY_AFTER_S;
	call->office->cause_counts.to_sip[cause->q850 & CAUSE_Q850_MAX]++;
}

/* ---- for the console */

const struct office_cause_counts *office_cause_counts(const struct office *office)
{
	return &office->cause_counts;
}

void office_clear_cause_counts(struct office *office)
{
	memset(&office->cause_counts, 0, sizeof(office->cause_counts));
}

void office_cause_view(const struct office *office, struct cause_view *out)
{
	memset(out, 0, sizeof(*out));
	cause_view_add(out, office->config.causes, office->config.cause_table);
}
