// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a call, seen from between its legs:
 *
 *     call_new --> ROUTING <-------- number known, or refused ------- COLLECTING <--+
 *                   ^  | |                                              ^  |  |     | digit
 *                   |  | +-- digits are still to come ------------------+  |  +-----+
 *                   |  |                                                   |
 *                   |  | route, make a leg                                 |
 *                   |  v          OVERLAP                                  |
 *    RELEASED with  +-- CALLING ------------> OVERLAP                      |
 *    a cause that   |     |                      |                         |
 *    says "not      |     +----------+-----------+                         |
 *    here", and a   |                | PROCEEDING / PROGRESS               |
 *    route is left  |                v                                     |
 *                   +----------- PROCEEDING                                |
 *                                    | ALERT (also from CALLING, OVERLAP)  |
 *                                    v                                     |
 *    (likewise: cut off) <------ ALERTING                                  |
 *                                    | ANSWER (from any of the four)       |
 *                                    v                                     |
 *                                 ACTIVE                                   |
 *                                    |                                     |
 *                                    v                                     |
 *                                 CLEARED <--------------------------------+
 *       from anywhere: RELEASED by either leg, no route, CLEAR, UNANSWERED
 *
 * COLLECTING: the caller has not dialled enough; T302 or its like runs and is begun anew with each
 * digit. Its end leads to ROUTING too, with a number or with a cause (28).
 * OVERLAP: the outbound leg takes more digits; those of the inbound leg go there.
 * PROGRESS keeps the state: a later ALERT must still become one. Media, digits and hold pass
 * through in every state that has two legs. Digits that were dialled behind the number, when it had
 * been routed already, go to an outbound leg in OVERLAP, else they are played when it has answered.
 * ANNOUNCING, from CALLING, OVERLAP or PROCEEDING: the outbound leg has failed, and the caller hears a
 * tone that says so (call_announces()); then CLEARED. CLEARED hears nothing.
 */
#include "gateway/call/call_private.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "gateway/call/cdr.h"
#include "gateway/call/fork.h"
#include "gateway/call/tally.h"
#include "gateway/log/log.h"

#define S(x) (1U << (x))
#define NETWORK_OUT_OF_ORDER 38
#define NON_SELECTED_USER 26 /* Q.931 5.3.2.3: another terminal of the bus has it */

static struct osmo_tdef call_timers[] = {
    {.T = -1, .default_val = 310, .val = 310, .desc = "call set up but not answered"}, {}};

static struct osmo_fsm call_fsm;

static const struct value_string event_names[] = {{EV_IN_MEDIA, "IN_MEDIA"},
						  {EV_IN_DIGIT, "IN_DIGIT"},
						  {EV_IN_IDENTITY, "IN_IDENTITY"},
						  {EV_OUT_IDENTITY, "OUT_IDENTITY"},
						  {EV_IN_HOLD, "IN_HOLD"},
						  {EV_IN_RETRIEVE, "IN_RETRIEVE"},
						  {EV_IN_RELEASED, "IN_RELEASED"},
						  {EV_OUT_PROCEEDING, "OUT_PROCEEDING"},
						  {EV_OUT_ALERT, "OUT_ALERT"},
						  {EV_OUT_PROGRESS, "OUT_PROGRESS"},
						  {EV_OUT_ANSWER, "OUT_ANSWER"},
						  {EV_OUT_MEDIA, "OUT_MEDIA"},
						  {EV_OUT_DIGIT, "OUT_DIGIT"},
						  {EV_OUT_HOLD, "OUT_HOLD"},
						  {EV_OUT_RETRIEVE, "OUT_RETRIEVE"},
						  {EV_OUT_RELEASED, "OUT_RELEASED"},
						  {EV_NO_ROUTE, "NO_ROUTE"},
						  {EV_CLEAR, "CLEAR"},
						  {EV_UNANSWERED, "UNANSWERED"},
						  {EV_NO_DIGIT, "NO_DIGIT"},
						  {EV_OUT_OVERLAP, "OUT_OVERLAP"},
						  {EV_IN_NUMBER_COMPLETE, "IN_NUMBER_COMPLETE"},
						  {0, NULL}};

/* ---- states */

void call_enter(struct call *call, enum call_state state, enum call_fsm_event event)
{
	struct call_summary *s = &call->summary;
	struct timespec now;

	if (call->fi->state != state) {
		if (state == CALL_ACTIVE || state == CALL_CLEARED || state == CALL_ROUTING)
			osmo_fsm_inst_state_chg(call->fi, state, 0, 0);
		else
			osmo_fsm_inst_state_chg_keep_timer(call->fi, state);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	s->state = call_state_name(state);
	if (state == CALL_ALERTING && !s->alert.tv_sec)
		s->alert = now;
	if (state == CALL_ACTIVE)
		s->answer = now;
	LOGP(DCALL, LOGL_INFO, "call %u %s (%s)\n", s->id, s->state, call_fsm_event_name(event));
	history_tell(call);
}

/* ---- routing: the choice itself is in route.c */

static void no_route(void *data)
{
	struct call *call = data;

	osmo_fsm_inst_dispatch(call->fi, EV_NO_ROUTE, NULL);
}

void call_waits_anew(struct call *call)
{
	if (osmo_timer_pending(&call->fi->timer))
		osmo_timer_schedule(&call->fi->timer, (int)call_timers[0].val, 0);
}

/* Failing is left to the loop: the inbound leg may be in the middle of call_new(). */
void call_route_on(struct call *call, enum call_fsm_event event)
{
	if (route_next(call)) {
		osmo_fsm_inst_state_chg(call->fi, CALL_CALLING, call_timers[0].val, -1);
		call_enter(call, CALL_CALLING, event);
		call_bridge_update(call);
		return;
	}
	if (call->fi->state == CALL_CLEARED)
		return;
	osmo_timer_setup(&call->later, no_route, call);
	osmo_timer_schedule(&call->later, 0, 0);
}

/* Who has been rung has decided, unless it is the way there that is gone. */
static bool hunts_on(struct call *call, const struct cause *cause)
{
	bool cut_off = cause->source == CAUSE_SOURCE_GATEWAY && cause->q850 == NETWORK_OUT_OF_ORDER;

	return (call->fi->state != CALL_ALERTING || cut_off) && route_goes_on(call, cause);
}

static void outbound_failed(struct call *call, const struct cause *cause)
{
	bool rang = call->fi->state == CALL_ALERTING;
	struct tally_ending ending = {
	    .tag = call->summary.peer_out, .direction = TALLY_OUT, .cause = cause->q850};

	call->cause = *cause;
	if (!hunts_on(call, cause)) {
		if ((!rang && diversion_goes_on(call, cause)) || forwarding_goes_on(call, cause))
			return;
		if (rang || !call_announces(call))
			call_clear(call, EV_OUT_RELEASED, 1);
		return;
	}
	LOGP(DCALL, LOGL_INFO, "call %u: dial-peer %u failed: cause %u (%s), hunting on\n",
	     call->summary.id, call->summary.peer_out, cause->q850, cause_name(cause->q850));
	tally_add(call->office, &ending);
	if (call->bridge)
		call_bridge_close(call);
	call_let_go(call, 1);
	route_left_outbound(call);
	call->summary.peer_out = 0;
	call_enter(call, CALL_ROUTING, EV_OUT_RELEASED);
	call_route_on(call, EV_OUT_RELEASED);
}

/* ---- what happens in each state */

static void on_identity(struct call *call, struct leg *other, const struct leg_identity *identity)
{
	struct call_summary *s = &call->summary;

	if (other == call->leg[0] && identity->connected && identity->connected->number.digits[0])
		number_to_e164(&identity->connected->number, s->connected);
	if (other && other->ops->identity)
		other->ops->identity(other, identity);
}

/* Media, digits, hold: the same in every state with two legs. */
static void pass_through(struct call *call, uint32_t event, const void *data)
{
	bool from_in = event < EV_OUT_OVERLAP;
	struct leg *other = call->leg[from_in ? 1 : 0];

	switch (event) {
	case EV_IN_MEDIA:
		dialling_tone_again(call);
		/* fall through */
	case EV_OUT_MEDIA:
		call_bridge_update(call);
		break;
	case EV_IN_DIGIT:
		if (call->dialling.how == DIALLED_OVERLAP && call->fi->state != CALL_ACTIVE) {
			dialling_late_digit(call, data);
			break;
		}
		/* fall through */
	case EV_OUT_DIGIT:
		direct_refrain(call);
		if (other)
			other->ops->digit(other, data);
		break;
	case EV_IN_IDENTITY:
	case EV_OUT_IDENTITY:
		on_identity(call, other, data);
		break;
	case EV_IN_HOLD:
	case EV_OUT_HOLD:
	case EV_IN_RETRIEVE:
	case EV_OUT_RETRIEVE:
		LOGP(DCALL, LOGL_INFO, "call %u: %s\n", call->summary.id,
		     call_fsm_event_name(event));
		call->holds[!from_in] = event == EV_IN_HOLD || event == EV_OUT_HOLD;
		if (other)
			other->ops->hold(other, call->holds[!from_in]);
		break;
	default:
		break;
	}
}

static void answered(struct call *call, const struct party *connected)
{
	struct leg *in = call->leg[0];

	call_enter(call, CALL_ACTIVE, EV_OUT_ANSWER);
	if (connected)
		number_to_e164(&connected->number, call->summary.connected);
	call_bridge_update(call);
	dialling_tone(call, NULL);
	if (call->answers.outbound)
		in->connect_rule = call->answers.outbound->progress_ind[PEER_MESSAGE_CONNECT];
	if (call->dialling.how != DIALLED_TWO_STAGE)
		in->ops->answer(in, connected);
	dialling_play(call);
	if (call->office->config.cdr) {
		history_fill(call);
		cdr_call_noted(call->office->config.cdr, &call->summary);
	}
}

static void state_routing(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct call *call = fi->priv;

	if (event != EV_NO_ROUTE)
		pass_through(call, event, ((struct event_data *)data)->data);
	else if (!pickup_do(call) && !diversion_goes_on(call, &call->cause) &&
		 !forwarding_goes_on(call, &call->cause))
		call_clear(call, event, -1);
}

static void state_unanswered(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct call *call = fi->priv;
	const void *what = data ? ((struct event_data *)data)->data : NULL;
	struct leg *in = call->leg[0];

	switch (event) {
	case EV_OUT_OVERLAP:
		call_enter(call, CALL_OVERLAP, event);
		dialling_pass_on(call);
		break;
	case EV_OUT_PROCEEDING:
		call_enter(call, CALL_PROCEEDING, event);
		in->ops->proceed(in);
		answers_proceeding(call, what);
		break;
	case EV_OUT_ALERT:
		call_enter(call, CALL_ALERTING, event);
		answers_alert(call, what);
		forwarding_rings(call);
		break;
	case EV_OUT_PROGRESS:
		if (fi->state == CALL_CALLING || fi->state == CALL_OVERLAP)
			call_enter(call, CALL_PROCEEDING, event);
		answers_progress(call, what);
		break;
	case EV_OUT_ANSWER:
		answered(call, what);
		break;
	case EV_OUT_RELEASED:
		outbound_failed(call, what);
		break;
	default:
		pass_through(call, event, what);
	}
}

static void state_active(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct call *call = fi->priv;
	const void *what = ((struct event_data *)data)->data;

	if (event == EV_OUT_RELEASED) {
		call->cause = *(const struct cause *)what;
		if (!transfer_keeps(call, 1))
			call_clear(call, event, 1);
		return;
	}
	pass_through(call, event, what);
}

static void any_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct call *call = fi->priv;

	if (fi->state == CALL_CLEARED)
		return;
	switch (event) {
	case EV_IN_RELEASED:
		call->cause = *(const struct cause *)((struct event_data *)data)->data;
		if (call->cause.q850 == NON_SELECTED_USER)
			call->cause.elsewhere = true;
		if (call->cause.elsewhere)
			call->summary.services |= CALL_ELSEWHERE;
		if (!transfer_keeps(call, 0))
			call_clear(call, event, 0);
		break;
	case EV_CLEAR:
		call->cause = *(const struct cause *)((struct event_data *)data)->data;
		call_clear(call, event, -1);
		break;
	case EV_UNANSWERED:
		call->cause = cause_q850(19, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
		call_clear(call, event, -1);
		break;
	}
}

static int timer_expired(struct osmo_fsm_inst *fi)
{
	if (fi->state == CALL_ANNOUNCING)
		call_clear(fi->priv, EV_UNANSWERED, 1);
	else
		osmo_fsm_inst_dispatch(
		    fi, fi->state == CALL_COLLECTING ? EV_NO_DIGIT : EV_UNANSWERED, NULL);
	return 0;
}

static void cleanup(struct osmo_fsm_inst *fi, enum osmo_fsm_term_cause cause)
{
	struct call *call = fi->priv;

	osmo_timer_del(&call->later);
	direct_stop(call);
	supplementary_stop(call);
	forwarding_stop(call);
	history_add(call->office, &call->summary);
	llist_del(&call->entry);
	call->office->calls_count--;
	call->office->hunted_count -= call->hunted;
	answers_end(call);
	plan_unref(call->plan);
}

#define MEDIA_EVENTS                                                                               \
	(S(EV_IN_IDENTITY) | S(EV_OUT_IDENTITY) | S(EV_IN_MEDIA) | S(EV_IN_DIGIT) |                \
	 S(EV_IN_HOLD) | S(EV_IN_RETRIEVE) | S(EV_OUT_MEDIA) | S(EV_OUT_DIGIT) | S(EV_OUT_HOLD) |  \
	 S(EV_OUT_RETRIEVE))

static const struct osmo_fsm_state states[] =
    {
	[CALL_ROUTING] =
	    {
		.name = "ROUTING",
		.in_event_mask = S(EV_NO_ROUTE) | S(EV_IN_MEDIA) | S(EV_IN_DIGIT) | S(EV_IN_HOLD) |
				 S(EV_IN_RETRIEVE),
		.out_state_mask = S(CALL_COLLECTING) | S(CALL_CALLING) | S(CALL_CLEARED),
		.action = state_routing,
	    },
	[CALL_COLLECTING] =
	    {
		.name = "COLLECTING",
		.in_event_mask =
		    S(EV_IN_DIGIT) | S(EV_IN_NUMBER_COMPLETE) | S(EV_NO_DIGIT) | S(EV_IN_MEDIA),
		.out_state_mask = S(CALL_COLLECTING) | S(CALL_ROUTING) | S(CALL_CLEARED),
		.action = dialling_state,
	    },
	[CALL_CALLING] =
	    {
		.name = "CALLING",
		.in_event_mask = MEDIA_EVENTS | S(EV_OUT_OVERLAP) | S(EV_OUT_PROCEEDING) |
				 S(EV_OUT_ALERT) | S(EV_OUT_PROGRESS) | S(EV_OUT_ANSWER) |
				 S(EV_OUT_RELEASED),
		.out_state_mask = S(CALL_ROUTING) | S(CALL_OVERLAP) | S(CALL_PROCEEDING) |
				  S(CALL_ALERTING) | S(CALL_ACTIVE) | S(CALL_ANNOUNCING) |
				  S(CALL_CLEARED),
		.action = state_unanswered,
	    },
	[CALL_OVERLAP] =
	    {
		.name = "OVERLAP",
		.in_event_mask = MEDIA_EVENTS | S(EV_OUT_PROCEEDING) | S(EV_OUT_ALERT) |
				 S(EV_OUT_PROGRESS) | S(EV_OUT_ANSWER) | S(EV_OUT_RELEASED),
		.out_state_mask = S(CALL_ROUTING) | S(CALL_PROCEEDING) | S(CALL_ALERTING) |
				  S(CALL_ACTIVE) | S(CALL_ANNOUNCING) | S(CALL_CLEARED),
		.action = state_unanswered,
	    },
	[CALL_PROCEEDING] =
	    {
		.name = "PROCEEDING",
		.in_event_mask = MEDIA_EVENTS | S(EV_OUT_ALERT) | S(EV_OUT_PROGRESS) |
				 S(EV_OUT_ANSWER) | S(EV_OUT_RELEASED),
		.out_state_mask = S(CALL_ROUTING) | S(CALL_ALERTING) | S(CALL_ACTIVE) |
				  S(CALL_ANNOUNCING) | S(CALL_CLEARED),
		.action = state_unanswered,
	    },
	[CALL_ALERTING] =
	    {
		.name = "ALERTING",
		.in_event_mask =
		    MEDIA_EVENTS | S(EV_OUT_PROGRESS) | S(EV_OUT_ANSWER) | S(EV_OUT_RELEASED),
		.out_state_mask = S(CALL_ROUTING) | S(CALL_ACTIVE) | S(CALL_CLEARED),
		.action = state_unanswered,
	    },
	[CALL_ACTIVE] =
	    {
		.name = "ACTIVE",
		.in_event_mask = MEDIA_EVENTS | S(EV_OUT_RELEASED),
		.out_state_mask = S(CALL_CLEARED),
		.action = state_active,
	    },
	[CALL_ANNOUNCING] =
	    {
		.name = "ANNOUNCING",
		.in_event_mask = S(EV_IN_MEDIA),
		.out_state_mask = S(CALL_CLEARED),
		.action = state_routing, /* a new end of the caller's hears the tone again */
	    },
	[CALL_CLEARED] =
	    {
		.name = "CLEARED",
	    },
};

static struct osmo_fsm call_fsm = {
    .name = "call",
    .states = states,
    .num_states = ARRAY_SIZE(states),
    .allstate_event_mask = S(EV_IN_RELEASED) | S(EV_CLEAR) | S(EV_UNANSWERED),
    .allstate_action = any_state,
    .cleanup = cleanup,
    .timer_cb = timer_expired,
    .log_subsys = DCALL,
    .event_names = event_names,
};

const char *call_state_name(unsigned state)
{
	return state < CALL_STATE_COUNT ? states[state].name : "?";
}

const char *call_fsm_event_name(unsigned event)
{
	return get_value_string(event_names, event);
}

static __attribute__((constructor)) void call_fsm_register(void)
{
	osmo_fsm_register(&call_fsm);
}

/* ---- for legs */

/* Its texts are the leg's. */
static void keep_origin(struct call *call, const struct call_origin *from)
{
	struct call_origin *origin = &call->setup.origin;

	for (unsigned i = 0; i < PEER_URI_COUNT; i++)
		origin->uris[i] = from->uris[i] ? talloc_strdup(call, from->uris[i]) : NULL;
	origin->replaces = from->replaces ? talloc_strdup(call, from->replaces) : NULL;
	origin->carrier = from->carrier ? talloc_strdup(call, from->carrier) : NULL;
	origin->neighbour = from->neighbour ? talloc_strdup(call, from->neighbour) : NULL;
	origin->privacy = from->privacy ? talloc_strdup(call, from->privacy) : NULL;
	origin->headers = from->headers ? talloc_strdup(call, from->headers) : NULL;
}

struct call *call_new(struct office *office, struct leg *inbound, const struct call_setup *setup,
		      const char *port)
{
	struct call *call;
	struct osmo_fsm_inst *fi = osmo_fsm_inst_alloc(&call_fsm, office, NULL, LOGL_DEBUG, NULL);
	struct plan_request request;
	unsigned cause;

	if (!fi)
		return NULL;
	call = talloc_zero(fi, struct call);
	if (!call) {
		osmo_fsm_inst_free(fi);
		return NULL;
	}
	fi->priv = call;
	call->fi = fi;
	call->office = office;
	call->leg[0] = inbound;
	call->port = port;
	call->plan = plan_ref(office->config.plan);
	call->setup = *setup;
	office_dial_plar(office, port, &call->setup);
	if (!guid_is_set(&setup->guid))
		guid_new(&call->setup.guid);
	osmo_strlcpy(call->dialling.late, setup->extension, sizeof(call->dialling.late));
	answers_begin(call);
	keep_origin(call, &setup->origin);
	inbound->call = call;
	llist_add_tail(&call->entry, &office->calls);
	office->calls_count++;
	call->hunted = hunt_stands_for_caller(inbound);
	office->hunted_count += call->hunted;
	call->summary.id = ++office->last_id;
	history_begin(call);
	clock_gettime(CLOCK_MONOTONIC, &call->started);
	if (setup->message)
		call_trace(inbound, CALL_RECEIVED, setup->message);
	call->setup.message = NULL;
	LOGP(DCALL, LOGL_NOTICE, "call %u: %s %s -> %s\n", call->summary.id, inbound->ops->name,
	     call->summary.calling[0] ? call->summary.calling : "-", call->summary.called);
	route_request(call, &request);
	cause = route_find_inbound(call, &request);
	if (office->config.cdr)
		cdr_call_noted(office->config.cdr, &call->summary);
	if (!cause && dialling_collects(call, &request))
		return call;
	if (!cause)
		cause = route_find(call, &request);
	if (cause)
		call->cause = cause_q850(cause, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	call_route_on(call, EV_IN_MEDIA);
	return call;
}

void call_event(struct leg *leg, enum call_event event, const void *data)
{
	static const uint8_t in[CALL_EV_COUNT] = {
	    [CALL_EV_PROCEEDING] = EV_COUNT,
	    [CALL_EV_ALERT] = EV_COUNT,
	    [CALL_EV_PROGRESS] = EV_COUNT,
	    [CALL_EV_ANSWER] = EV_COUNT,
	    [CALL_EV_MEDIA] = EV_IN_MEDIA,
	    [CALL_EV_DIGIT] = EV_IN_DIGIT,
	    [CALL_EV_NUMBER_COMPLETE] = EV_IN_NUMBER_COMPLETE,
	    [CALL_EV_OVERLAP] = EV_COUNT,
	    [CALL_EV_IDENTITY] = EV_IN_IDENTITY,
	    [CALL_EV_HOLD] = EV_IN_HOLD,
	    [CALL_EV_RETRIEVE] = EV_IN_RETRIEVE,
	    [CALL_EV_RELEASED] = EV_IN_RELEASED,
	};
	static const uint8_t out[CALL_EV_COUNT] = {
	    [CALL_EV_PROCEEDING] = EV_OUT_PROCEEDING, [CALL_EV_ALERT] = EV_OUT_ALERT,
	    [CALL_EV_PROGRESS] = EV_OUT_PROGRESS,     [CALL_EV_ANSWER] = EV_OUT_ANSWER,
	    [CALL_EV_MEDIA] = EV_OUT_MEDIA,	      [CALL_EV_DIGIT] = EV_OUT_DIGIT,
	    [CALL_EV_NUMBER_COMPLETE] = EV_COUNT,     [CALL_EV_OVERLAP] = EV_OUT_OVERLAP,
	    [CALL_EV_IDENTITY] = EV_OUT_IDENTITY,     [CALL_EV_HOLD] = EV_OUT_HOLD,
	    [CALL_EV_RETRIEVE] = EV_OUT_RETRIEVE,     [CALL_EV_RELEASED] = EV_OUT_RELEASED,
	};
	struct call *call = leg->call;
	struct event_data wrapped = {data};
	uint8_t mapped;

	if (!call || (leg != call->leg[0] && leg != call->leg[1] &&
		      fork_takes_event(call, leg, event, data)))
		return;
	mapped = leg == call->leg[0] ? in[event] : out[event];
	/* Late or repeated messages are normal: 180 after 180, an answer that crossed a release. */
	if (mapped == EV_COUNT ||
	    !((states[call->fi->state].in_event_mask | call_fsm.allstate_event_mask) & S(mapped))) {
		LOGP(DCALL, LOGL_DEBUG, "call %u %s: event %u of %s leg ignored\n",
		     call->summary.id, call->summary.state, event, leg->ops->name);
		return;
	}
	osmo_fsm_inst_dispatch(call->fi, mapped, &wrapped);
}
