// SPDX-License-Identifier: GPL-2.0-or-later
/* How a call lets go of its legs, and how it ends. */
#include "gateway/call/call_private.h"

#include "gateway/call/cdr.h"
#include "gateway/call/tally.h"
#include "gateway/log/log.h"

#define SEND_SPECIAL_INFORMATION 4 /* Q.850 */
#define MISDIALLED_PREFIX 5
#define PREEMPTION 8		   /* Q.850 2.2.7 */
#define INBAND_AVAILABLE 8	   /* Q.931 4.5.23 */
#define SIP_REQUEST_TERMINATED 487 /* cancelled by the caller */

/* E.180 6.6; tones.h's notation. Twice. */
static const char special_information[] = "950/330,1400/330,1800/330,0/1000";
#define ANNOUNCING_S 4

void call_let_go(struct call *call, int side)
{
	struct leg *leg = call->leg[side];

	if (!leg)
		return;
	call->leg[side] = NULL;
	leg->trace.call_id = call->summary.id;
	leg->trace.attempt = side ? call->attempt : 0;
	leg->call = NULL;
	leg->ops->release(leg, &call->cause);
}

/* `tone special-information`. Not behind what the exchange has said itself. */
static bool is_to_hear(const struct call *call)
{
	const struct peer *peer = call->answers.outbound;

	return peer && peer->special_information && !call->heard && call->leg[0] &&
	       !bearer_is_data(call->setup.bearer) && !call->cause.elsewhere &&
	       (call->cause.q850 == SEND_SPECIAL_INFORMATION ||
		call->cause.q850 == MISDIALLED_PREFIX);
}

bool call_announces(struct call *call)
{
	struct progress progress = {
	    .indicator = INBAND_AVAILABLE, .inband = true, .cause = call->cause};
	struct leg *in = call->leg[0];

	if (!is_to_hear(call))
		return false;
	history_fill(call);
	if (call->bridge)
		call_bridge_close(call);
	call_let_go(call, 1);
	osmo_fsm_inst_state_chg(call->fi, CALL_ANNOUNCING, ANNOUNCING_S, -2);
	call_enter(call, CALL_ANNOUNCING, EV_OUT_RELEASED);
	in->ops->progress(in, &progress);
	dialling_tone(call, special_information);
	return true;
}

static void call_done(void *data)
{
	struct call *call = data;

	osmo_fsm_inst_term(call->fi, OSMO_FSM_TERM_REGULAR, NULL);
}

/* What the SIP caller is about to be told: the record is written before it is. */
static void note_final_status(struct call *call)
{
	struct call_summary *s = &call->summary;

	if (!call->leg[0] || call->leg[0]->kind != PEER_VOIP || s->answer.tv_sec ||
	    s->leg[0].sip_status)
		return;
	if (call->ended_by == 0)
		call->cause.answer = SIP_REQUEST_TERMINATED;
	else
		answers_choose(call);
	s->leg[0].sip_status = call->cause.answer;
}

static void count_ending(const struct call *call)
{
	const struct call_summary *s = &call->summary;
	struct tally_ending ending = {
	    .tag = s->peer_in,
	    .direction = TALLY_IN,
	    .cause = call->cause.q850,
	    .answered = s->answer.tv_sec != 0,
	};

	tally_add(call->office, &ending);
	ending.tag = s->peer_out;
	ending.direction = TALLY_OUT;
	tally_add(call->office, &ending);
}

void call_clear(struct call *call, enum call_fsm_event event, int ended_by)
{
	struct call_summary *s = &call->summary;

	if (!call->cause.q850)
		call->cause = cause_q850(31, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	call->ended_by = ended_by;
	history_fill(call);
	note_final_status(call);
	call_enter(call, CALL_CLEARED, event);
	clock_gettime(CLOCK_REALTIME, &s->end);
	s->cause = call->cause;
	s->ended_by = ended_by;
	if (call->bridge)
		call_bridge_close(call);
	transfer_end(call);
	/* The one who has not gone yet hears of it first; both get the order. */
	call_let_go(call, ended_by == 0 ? 1 : 0);
	call_let_go(call, ended_by == 0 ? 0 : 1);
	count_ending(call);
	hunt_call_ended(call);
	route_left_inbound(call);
	route_left_outbound(call);
	LOGP(DCALL, LOGL_NOTICE, "call %u ended: %s -> %s, cause %u (%s)\n", s->id,
	     s->calling[0] ? s->calling : "-", s->called, call->cause.q850,
	     cause_name(call->cause.q850));
	if (call->office->config.cdr)
		cdr_call_ended(call->office->config.cdr, s);
	osmo_timer_setup(&call->later, call_done, call);
	osmo_timer_schedule(&call->later, 0, 0);
}

/* ---- emergency calls */

bool call_may_be_preempted(const struct call *call)
{
	return !call->summary.emergency && call->fi->state != CALL_CLEARED;
}

bool call_may_be_preempted_by(const struct call *call, const struct call *emergency)
{
	return call_may_be_preempted(call) && !transfer_makes(call, emergency);
}

void call_preempt(struct call *call, const struct call *emergency)
{
	struct cause why =
	    cause_q850(PREEMPTION, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	struct event_data wrapped = {&why};

	LOGP(DCALL, LOGL_NOTICE, "call %u is cleared: emergency call %u to %s takes its channel\n",
	     call->summary.id, emergency->summary.id, emergency->summary.called);
	LOGP(DCALL, LOGL_NOTICE, "call %u: emergency, takes the channel of call %u\n",
	     emergency->summary.id, call->summary.id);
	osmo_fsm_inst_dispatch(call->fi, EV_CLEAR, &wrapped);
}
