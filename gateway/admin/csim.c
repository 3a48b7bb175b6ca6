// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/csim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

#define HOLD_SECONDS 2
#define CAUSE_NORMAL_CLEARING 16

/*
 *	CALLING --answer--> ANSWERED --2 s--> HANGING_UP --release--> RELEASED --loop--> gone
 *	   |                    |
 *	   +--------------------+-------------- release ----------------^
 */
enum csim_state {
	CSIM_CALLING,
	CSIM_ANSWERED,
	CSIM_HANGING_UP, /* its call has been told, or will be from the loop */
	CSIM_RELEASED,	 /* its call has forgotten it */
};

struct csim {
	struct leg leg; /* first */
	enum csim_state state;
	struct csim_handlers handlers; /* all NULL when abandoned */
	void *arg;
	struct cause cause;
	struct osmo_timer_list timer;
};

static void tell(struct csim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct csim *s, const char *format, ...)
{
	char text[160];
	va_list args;

	if (!s->handlers.line)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->handlers.line(s->arg, text);
}

static struct csim *csim_of(struct leg *leg)
{
	return container_of(leg, struct csim, leg);
}

/* From the loop: hang up, or let go of what has been released. */
static void csim_timer(void *data)
{
	struct csim *s = data;
	struct cause cause =
	    cause_q850(CAUSE_NORMAL_CLEARING, CAUSE_LOCATION_USER, CAUSE_SOURCE_GATEWAY);

	if (s->state != CSIM_RELEASED) {
		if (s->state == CSIM_ANSWERED)
			tell(s, "held for %d s, hanging up", HOLD_SECONDS);
		s->state = CSIM_HANGING_UP;
		call_event(&s->leg, CALL_EV_RELEASED, &cause);
		return;
	}
	if (s->handlers.done)
		s->handlers.done(s->arg, s->cause.q850);
	talloc_free(s);
}

static void csim_proceed(struct leg *leg)
{
	tell(csim_of(leg), "proceeding");
}

static void tell_progress(struct csim *s, const char *what, const struct progress *progress)
{
	char cause[64] = "";

	if (progress && progress->cause.q850)
		snprintf(cause, sizeof(cause), ", cause %u (%s)", progress->cause.q850,
			 cause_name(progress->cause.q850));
	if (progress && progress->indicator)
		tell(s, "%s, progress indicator %u%s%s", what, progress->indicator,
		     progress->inband ? ", audio follows" : "", cause);
	else
		tell(s, "%s%s%s", what, progress && progress->inband ? ", audio follows" : "",
		     cause);
}

static void csim_alert(struct leg *leg, const struct progress *progress)
{
	tell_progress(csim_of(leg), "ringing", progress);
}

static void csim_progress(struct leg *leg, const struct progress *progress)
{
	tell_progress(csim_of(leg), "progress", progress);
}

static void csim_answer(struct leg *leg, const struct party *connected)
{
	struct csim *s = csim_of(leg);
	char number[NUMBER_DIGITS_MAX + 2] = "";

	if (s->state != CSIM_CALLING)
		return;
	if (connected)
		number_to_e164(&connected->number, number);
	tell(s, "answered%s%s", number[0] ? " by " : "", number);
	s->state = CSIM_ANSWERED;
	osmo_timer_schedule(&s->timer, HOLD_SECONDS, 0);
}

static void csim_release(struct leg *leg, const struct cause *cause)
{
	struct csim *s = csim_of(leg);

	s->cause = *cause;
	if (s->state == CSIM_HANGING_UP)
		tell(s, "released");
	else
		tell(s, "released: cause %u (%s)", cause->q850, cause_name(cause->q850));
	s->state = CSIM_RELEASED;
	osmo_timer_schedule(&s->timer, 0, 0);
}

static void csim_digit(struct leg *leg, const struct leg_digit *digit)
{
	tell(csim_of(leg), "digit %c", digit->digit);
}

static void csim_hold(struct leg *leg, bool held)
{
	tell(csim_of(leg), "%s", held ? "held" : "retrieved");
}

static void csim_report(struct leg *leg, struct leg_report *out)
{
	memset(out, 0, sizeof(*out));
}

static const struct leg_ops csim_ops = {
    .name = "csim",
    .proceed = csim_proceed,
    .alert = csim_alert,
    .progress = csim_progress,
    .answer = csim_answer,
    .release = csim_release,
    .digit = csim_digit,
    .hold = csim_hold,
    .report = csim_report,
};

/* The kind of caller that the dial plan lets in. */
static enum peer_kind choose_kind(struct office *office, const struct number *called)
{
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = *called};
	struct plan_inbound inbound;

	if (plan_match_inbound(office_plan(office), &request, &inbound) == 0)
		return PEER_VOIP;
	request.inbound_kind = PEER_POTS;
	return plan_match_inbound(office_plan(office), &request, &inbound) == 0 ? PEER_POTS
										: PEER_VOIP;
}

int csim_start(void *ctx, struct office *office, const char *number,
	       const struct csim_handlers *handlers, void *arg, struct csim **out)
{
	struct call_setup setup = {.bearer = 0x10}; /* 3.1 kHz audio */
	struct call *call;
	struct csim *s;
	int rc;

	rc = number_from_e164(&setup.called, number);
	if (rc < 0)
		return rc;
	if (!setup.called.digits[0])
		return -EINVAL;
	s = talloc_zero(ctx, struct csim);
	if (!s)
		return -ENOMEM;
	s->leg.ops = &csim_ops;
	s->leg.kind = choose_kind(office, &setup.called);
	s->handlers = *handlers;
	s->arg = arg;
	osmo_timer_setup(&s->timer, csim_timer, s);
	tell(s, "calling %s as from a %s peer", number, s->leg.kind == PEER_POTS ? "pots" : "voip");
	call = call_new(office, &s->leg, &setup, NULL);
	if (!call) {
		talloc_free(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void csim_abandon(struct csim *s)
{
	memset(&s->handlers, 0, sizeof(s->handlers));
	if (s->state == CSIM_CALLING || s->state == CSIM_ANSWERED)
		osmo_timer_schedule(&s->timer, 0, 0);
}

/* ---- the command */

struct csim_command {
	struct console_wait *wait;
	struct csim *csim;
};

static void command_line(void *arg, const char *text)
{
	struct csim_command *command = arg;

	console_wait_line(command->wait, text);
}

static void command_done(void *arg, unsigned cause)
{
	struct csim_command *command = arg;

	console_wait_end(command->wait, cause == CAUSE_NORMAL_CLEARING ? 0 : 1);
	talloc_free(command);
}

static void command_abandoned(void *arg)
{
	struct csim_command *command = arg;

	if (command->csim)
		csim_abandon(command->csim);
	talloc_free(command);
}

DEFUN(csim_start_command, csim_start_cmd, "csim start NUMBER",
      "Call simulation\n"
      "Place a call into the dial plan, hold it for two seconds if it is answered\n"
      "Number to call; a leading + means E.164\n")
{
	static const struct csim_handlers handlers = {.line = command_line, .done = command_done};
	struct office *office = console_gateway()->office;
	struct csim_command *command;
	int rc = -ENODEV;

	if (!office) {
		console_print(vty, "%% The gateway takes no calls.");
		return CMD_WARNING;
	}
	command = talloc_zero(NULL, struct csim_command);
	if (!command)
		return CMD_WARNING;
	command->wait = console_wait_begin(vty, command_abandoned, command);
	if (!command->wait) {
		talloc_free(command);
		console_print(vty, "%% A simulated call runs on this console already.");
		return CMD_WARNING;
	}
	rc = csim_start(NULL, office, argv[0], &handlers, command, &command->csim);
	if (rc == 0)
		return CMD_SUCCESS;
	console_wait_cancel(command->wait);
	talloc_free(command);
	console_print(vty, "%% %s is not a number to call: %s.", argv[0],
		      rc == -EMSGSIZE ? "it is too long" : "digits, * # A-D and a leading + are");
	return CMD_WARNING;
}

void csim_install(void)
{
	install_element(ENABLE_NODE, &csim_start_cmd);
}
