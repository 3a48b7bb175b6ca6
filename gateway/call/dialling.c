// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The called number of a call whose caller is still dialling: what the plan says to each digit
 * (dialplan/collect.h), the tone he hears, and the digits that he dials on behind the decision.
 */
#include "gateway/call/call_private.h"

#include <string.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/tdef.h>

#include "gateway/call/cdr.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define TONE_DIGIT_MS 100

enum {
	T302 = 302,	    /* Q.931 table 9-1: 10 to 15 s */
	TIMER_INITIAL = -2, /* ours */
};

static struct osmo_tdef timers[] = {
    {.T = T302, .default_val = 10, .val = 10, .desc = "the next digit of a number"},
    {.T = TIMER_INITIAL, .default_val = 10, .val = 10, .desc = "the first digit of a number"},
    {}};

static enum call_dialling kind(const struct call *call)
{
	const struct peer *inbound = call->inbound;

	if (call->port && plan_port_plar(call->plan, call->port))
		return DIALLED_EN_BLOC;
	if (call->setup.called_form == CALLED_OVERLAP)
		return DIALLED_OVERLAP;
	if (call->leg[0]->kind == PEER_POTS && call->port && inbound &&
	    inbound->no_direct_inward_dial && !bearer_is_data(call->setup.bearer))
		return DIALLED_TWO_STAGE;
	return DIALLED_EN_BLOC;
}

/* ---- the tone that the caller hears */

void dialling_tone(struct call *call, const char *tone)
{
	struct media_client *media = call->office->config.media;
	const struct leg *leg = call->leg[0];

	if (call->dialling.tone == tone)
		return;
	call->dialling.tone = tone;
	if (media && leg && leg->media_end)
		media_client_tone(media, leg->media_end, tone ? tone : "");
}

void dialling_tone_again(struct call *call)
{
	const char *tone = call->dialling.tone;

	call->dialling.tone = NULL;
	dialling_tone(call, tone);
}

/* ---- digits behind the decision */

static void keep_late(struct call *call, char digit)
{
	size_t at = strlen(call->dialling.late);

	if (at == NUMBER_DIGITS_MAX)
		return;
	call->dialling.late[at] = digit;
	call->dialling.late[at + 1] = '\0';
	LOGP(DCALL, LOGL_DEBUG, "call %u: digit %c comes behind the number\n", call->summary.id,
	     digit);
}

void dialling_begin_anew(struct call *call)
{
	call->dialling.sent = 0;
}

void dialling_pass_on(struct call *call)
{
	struct leg *out = call->leg[1];
	const char *digits = call->dialling.late + call->dialling.sent;

	if (!*digits || !out->ops->dial)
		return;
	call->dialling.sent = (unsigned)strlen(call->dialling.late);
	out->ops->dial(out, digits);
}

void dialling_play(struct call *call)
{
	struct leg *out = call->leg[1];
	struct leg_digit digit = {.duration_ms = TONE_DIGIT_MS};

	while ((digit.digit = call->dialling.late[call->dialling.sent])) {
		call->dialling.sent++;
		out->ops->digit(out, &digit);
	}
}

void dialling_late_digit(struct call *call, const struct leg_digit *digit)
{
	keep_late(call, digit->digit);
	if (call->fi->state == CALL_OVERLAP)
		dialling_pass_on(call);
}

/* ---- collection */

static void note(const struct call *call, enum collect_result result)
{
	static const char *const then[] = {
	    [COLLECT_MORE] = "more digits",
	    [COLLECT_ROUTE] = "route",
	    [COLLECT_INCOMPLETE] = "incomplete",
	    [COLLECT_NO_MATCH] = "no match",
	};
	const struct collect *c = &call->dialling.collect;
	char text[160];

	collect_describe(c, text, sizeof(text));
	LOGP(DCALL, LOGL_DEBUG, "call %u dialled %s: %s: %s\n", call->summary.id,
	     c->request.called.digits[0] ? c->request.called.digits : "nothing", text,
	     then[result]);
}

static enum collect_result take(struct call *call, enum collect_result result)
{
	struct collect *c = &call->dialling.collect;

	number_to_e164(&c->request.called, call->summary.called);
	note(call, result);
	switch (result) {
	case COLLECT_MORE:
		break;
	case COLLECT_ROUTE:
		LOGP(DCALL, LOGL_INFO, "call %u: number %s (%s)\n", call->summary.id,
		     call->summary.called, collect_end_name(c->end));
		call->setup.called = c->request.called;
		call->setup.called_form =
		    call->dialling.how == DIALLED_OVERLAP && c->end == COLLECT_OPEN
			? CALLED_OVERLAP
			: CALLED_COMPLETE;
		break;
	case COLLECT_INCOMPLETE:
	case COLLECT_NO_MATCH:
		LOGP(DCALL, LOGL_NOTICE, "call %u: number %s: %s: cause %u\n", call->summary.id,
		     call->summary.called,
		     result == COLLECT_NO_MATCH ? "no dial-peer fits it" : "is incomplete",
		     c->cause);
		call->cause =
		    cause_q850(c->cause, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
		break;
	}
	return result;
}

static enum collect_result on_digit(struct call *call, char digit)
{
	char digits[2] = {digit};

	dialling_tone(call, NULL);
	return take(call, collect_digits(&call->dialling.collect, digits, NULL));
}

static enum collect_result begin(struct call *call, const struct plan_request *request)
{
	struct collect *c = &call->dialling.collect;
	struct number called = call->setup.called; /* which taking digits changes */
	const char *digits = called.digits;
	struct plan_request first = *request;
	enum collect_result result;

	first.port = NULL; /* the caller's */
	if (call->dialling.how == DIALLED_TWO_STAGE) {
		digits = ""; /* what SETUP had has brought the call here */
		first.called = (struct number){0};
	}
	result = take(call, collect_start(c, call->plan, &first, call->inbound));
	for (; *digits && result == COLLECT_MORE; digits++)
		result = on_digit(call, *digits);
	while (*digits)
		keep_late(call, *digits++);
	return result;
}

static enum collect_result on_complete(struct call *call)
{
	return take(call, collect_complete(&call->dialling.collect));
}

static enum collect_result on_timeout(struct call *call)
{
	dialling_tone(call, NULL);
	return take(call, collect_timeout(&call->dialling.collect));
}

static unsigned wait_ms(const struct call *call)
{
	const struct call_port *port = &call->dialling.port;
	unsigned initial_ms = osmo_tdef_get(timers, TIMER_INITIAL, OSMO_TDEF_MS, -1);
	unsigned interdigit_ms = osmo_tdef_get(timers, T302, OSMO_TDEF_MS, -1);

	if (port->initial_ms)
		initial_ms = port->initial_ms;
	if (port->interdigit_ms)
		interdigit_ms = port->interdigit_ms;
	if (call->setup.interdigit_ms && call->dialling.how == DIALLED_OVERLAP)
		interdigit_ms = call->setup.interdigit_ms;
	switch (call->dialling.collect.timer) {
	case COLLECT_TIMER_INITIAL:
		return initial_ms;
	case COLLECT_TIMER_MATCH:
		return port->match_ms ? port->match_ms : interdigit_ms;
	case COLLECT_TIMER_INTERDIGIT:
		break;
	}
	return interdigit_ms;
}

static void ask(struct call *call)
{
	const char *tone = call->dialling.port.dial_tone;
	struct leg *in = call->leg[0];

	if (call->dialling.collect.request.called.digits[0])
		tone = NULL;
	if (call->dialling.how == DIALLED_TWO_STAGE)
		in->ops->answer(in, NULL);
	else
		in->ops->more_digits(in, tone != NULL);
	dialling_tone(call, tone);
}

/* ---- the state COLLECTING */

/* libosmocore 1.7 takes the milliseconds of osmo_fsm_inst_state_chg_ms() for microseconds. */
static void wait_for_digit(struct call *call)
{
	unsigned ms = wait_ms(call);

	osmo_fsm_inst_state_chg(call->fi, CALL_COLLECTING, 0, 0);
	call->fi->T = T302;
	osmo_timer_schedule(&call->fi->timer, ms / 1000, ms % 1000 * 1000);
}

/* A blocked caller may be dialling an emergency number; dial tone he does not get. */
static bool blocked_for_good(const struct call *call, const struct number *called)
{
	return call->blocked && (call->dialling.how == DIALLED_TWO_STAGE ||
				 !plan_may_be_emergency(call->plan, called));
}

/* COLLECTING goes on, or ends in ROUTING: with a number, or with a cause and no routes. */
static void collected(struct call *call, enum collect_result result, enum call_fsm_event event)
{
	unsigned cause;

	if (result == COLLECT_MORE &&
	    !blocked_for_good(call, &call->dialling.collect.request.called)) {
		wait_for_digit(call);
		return;
	}
	dialling_tone(call, NULL);
	call_enter(call, CALL_ROUTING, event);
	if (result == COLLECT_ROUTE || result == COLLECT_MORE) {
		cause = route_find(call, &call->dialling.collect.request);
		call->cause = cause_q850(cause, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
		if (call->office->config.cdr)
			cdr_call_noted(call->office->config.cdr, &call->summary);
	}
	call_route_on(call, event);
}

bool dialling_collects(struct call *call, const struct plan_request *request)
{
	enum collect_result result;

	call->dialling.how = kind(call);
	if (call->dialling.how == DIALLED_EN_BLOC || blocked_for_good(call, &request->called))
		return false;
	if (call->dialling.how == DIALLED_OVERLAP && !call->leg[0]->ops->more_digits)
		return false; /* it cannot be asked; what it dials later is passed on */
	if (call->office->config.port && request->port)
		call->office->config.port(call->office->config.port_arg, request->port,
					  &call->dialling.port);
	result = begin(call, request);
	if (result == COLLECT_MORE) {
		call_enter(call, CALL_COLLECTING, EV_IN_DIGIT);
		ask(call);
	}
	collected(call, result, EV_IN_DIGIT);
	return true;
}

void dialling_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct call *call = fi->priv;
	const struct leg_digit *digit;

	switch (event) {
	case EV_IN_DIGIT:
		digit = ((struct event_data *)data)->data;
		collected(call, on_digit(call, digit->digit), event);
		break;
	case EV_IN_NUMBER_COMPLETE:
		collected(call, on_complete(call), event);
		break;
	case EV_NO_DIGIT:
		collected(call, on_timeout(call), event);
		break;
	case EV_IN_MEDIA:
		dialling_tone_again(call);
		break;
	default:
		break;
	}
}
