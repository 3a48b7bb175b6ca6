// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/leg_isdn_private.h"

#include <string.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/call/progress.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"

#define ANNOUNCEMENT_MS 20000 /* T306 of the far end is 30 s */
#define CHANNEL_ATTEMPTS 3    /* SETUPs whose channel the far end may refuse */

/* The far end may have named another channel than the one asked for. */
static bool follow_channel(struct leg_isdn *leg)
{
	unsigned timeslot = isdn_call_timeslot(leg->isdn);
	struct isdn_cause busy = {44, CAUSE_LOCATION_PRIVATE_LOCAL};

	if (timeslot == 0 || timeslot == leg->timeslot)
		return true;
	if (leg->state == LEG_PRESENT) /* PROCEEDING will name ours */
		return true;
	if (leg_isdn_channel_take(leg->line, timeslot) < 0) {
		LOGP(DISDN, LOGL_NOTICE,
		     "%s: the far end moves the call to a channel that is not free\n",
		     isdn_channel_text(leg->line->isdn, timeslot));
		leg_isdn_report_released(leg, &busy);
		return false;
	}
	leg_isdn_channel_give_back(leg);
	leg->timeslot = timeslot;
	if (leg_isdn_media_move(leg) < 0) {
		leg_isdn_report_released(leg, &busy);
		return false;
	}
	return true;
}

/* The leg of an event, NULL if it is past caring. */
static struct leg_isdn *leg_of_event(struct isdn_call *call)
{
	struct leg_isdn *leg = isdn_call_user(call);

	if (!leg || leg->state == LEG_REPORTED || leg->state == LEG_CLEARING ||
	    leg->state == LEG_DONE)
		return NULL;
	return follow_channel(leg) ? leg : NULL;
}

/* Indicators 1 and 8 say that there is something to hear (Q.931 5.1.6). */
static struct progress progress_of(unsigned indicator, const struct isdn_cause *cause)
{
	struct progress progress = {
	    .indicator = (uint8_t)indicator,
	    .inband =
		indicator == ISDN_PROGRESS_INBAND || indicator == ISDN_PROGRESS_NOT_END_TO_END,
	};

	if (cause)
		progress.cause = leg_isdn_cause(cause);
	return progress;
}

/* The far end wants more digits, whether there are any or not (T304). */
static void on_setup_acknowledge(struct isdn_call *call, unsigned indicator)
{
	struct leg_isdn *leg = leg_of_event(call);
	struct progress progress = progress_of(indicator, NULL);

	if (!leg)
		return;
	leg_isdn_enter(leg, LEG_DIALLING);
	if (leg->called_form == CALLED_OVERLAP)
		call_event(&leg->leg, CALL_EV_OVERLAP, NULL);
	else if (progress.inband)
		call_event(&leg->leg, CALL_EV_PROGRESS, &progress);
}

static void on_proceeding(struct isdn_call *call, unsigned timeslot, unsigned indicator)
{
	struct leg_isdn *leg = leg_of_event(call);
	struct progress progress = progress_of(indicator, NULL);

	if (!leg)
		return;
	leg_isdn_enter(leg, LEG_OUTGOING);
	call_event(&leg->leg, CALL_EV_PROCEEDING, &progress);
}

static void on_alerting(struct isdn_call *call, unsigned indicator)
{
	struct leg_isdn *leg = leg_of_event(call);
	struct progress progress = progress_of(indicator, NULL);

	if (!leg)
		return;
	leg_isdn_enter(leg, LEG_OUTGOING);
	completion_reached(leg);
	call_event(&leg->leg, CALL_EV_ALERT, &progress);
}

static void on_progress(struct isdn_call *call, unsigned indicator, const struct isdn_cause *cause)
{
	struct leg_isdn *leg = leg_of_event(call);
	struct progress progress = progress_of(indicator, cause);

	if (!leg)
		return;
	leg_isdn_enter(leg, LEG_OUTGOING);
	call_event(&leg->leg, CALL_EV_PROGRESS, &progress);
}

static void on_connect(struct isdn_call *call, const struct party *connected)
{
	struct leg_isdn *leg = leg_of_event(call);

	if (!leg)
		return;
	leg_isdn_enter(leg, LEG_ACTIVE);
	completion_reached(leg);
	call_event(&leg->leg, CALL_EV_ANSWER, connected->number.digits[0] ? connected : NULL);
}

static void tell_digits(struct leg_isdn *leg, const char *digits)
{
	for (; leg && leg->leg.call && *digits != '\0'; digits++) {
		struct leg_digit digit = {*digits, 100};

		if (strchr("0123456789*#ABCD", digit.digit))
			call_event(&leg->leg, CALL_EV_DIGIT, &digit);
	}
}

static void on_digit(struct isdn_call *call, const char *digits)
{
	tell_digits(leg_of_event(call), digits);
}

static void on_more_digits(struct isdn_call *call, const char *digits, bool complete)
{
	struct leg_isdn *leg = leg_of_event(call);

	tell_digits(leg, digits);
	if (leg && complete)
		call_event(&leg->leg, CALL_EV_NUMBER_COMPLETE, NULL);
}

static void tell_identity(struct isdn_call *call, const struct leg_identity *identity)
{
	struct leg_isdn *leg = leg_of_event(call);

	if (leg)
		call_event(&leg->leg, CALL_EV_IDENTITY, identity);
}

static void on_connected(struct isdn_call *call, const struct party *connected)
{
	tell_identity(call, &(struct leg_identity){.connected = connected});
}

static void on_redirected(struct isdn_call *call, const struct redirection *redirection)
{
	tell_identity(call, &(struct leg_identity){.redirection = redirection});
}

static void on_display(struct isdn_call *call, const char *text)
{
	tell_identity(call, &(struct leg_identity){.display = text});
}

static void on_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	struct leg_isdn *leg = leg_of_event(call);
	struct progress progress = progress_of(ISDN_PROGRESS_INBAND, cause);
	unsigned ms;

	if (!leg) {
		isdn_release(call, cause->value);
		return;
	}
	inband = progress_indicator(leg->disconnect_rule, inband ? ISDN_PROGRESS_INBAND : 0) ==
		 ISDN_PROGRESS_INBAND;
	if (!inband || (leg->state != LEG_TRYING && leg->state != LEG_DIALLING &&
			leg->state != LEG_OUTGOING)) {
		leg_isdn_report_released(leg, cause);
		return;
	}
	ms = leg->line->config.announcement_ms;
	leg_isdn_enter(leg, LEG_ANNOUNCEMENT);
	leg->cause = *cause;
	leg_isdn_timer_ms(leg, ms ? ms : ANNOUNCEMENT_MS);
	call_event(&leg->leg, CALL_EV_PROGRESS, &progress);
}

/* The far end refused the channel, most likely because it had just taken it itself. */
static bool try_another_channel(struct leg_isdn *leg, const struct isdn_cause *cause)
{
	unsigned refused = leg->timeslot;
	int timeslot;

	if (leg->state != LEG_TRYING || (cause->value != 44 && cause->value != 6) ||
	    leg->attempts >= CHANNEL_ATTEMPTS)
		return false;
	timeslot = trunk_seize_in(leg->line->trunk, &leg->order);
	if (timeslot < 0)
		return false;
	LOGP(DISDN, LOGL_INFO, "%s: refused with cause %u, trying timeslot %u\n",
	     isdn_channel_text(leg->line->isdn, refused), cause->value,
	     ISDN_CHANNEL_TIMESLOT((unsigned)timeslot));
	trunk_release(leg->line->trunk, refused);
	leg->timeslot = (unsigned)timeslot;
	return leg_isdn_media_move(leg) == 0 && leg_isdn_send_setup(leg) == 0;
}

static void on_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	struct leg_isdn *leg = isdn_call_user(call);

	if (!leg)
		return;
	leg->isdn = NULL;
	if (try_another_channel(leg, cause))
		return;
	completion_leg_released(leg);
	leg_isdn_channel_give_back(leg);
	if (leg->state == LEG_CLEARING)
		leg_isdn_free(leg);
	else
		leg_isdn_report_released(leg, cause);
}

const struct isdn_handlers leg_isdn_handlers = {
    .dchannel = isdn_line_on_dchannel,
    .setup = isdn_line_on_setup,
    .setup_acknowledge = on_setup_acknowledge,
    .more_digits = on_more_digits,
    .connected = on_connected,
    .redirected = on_redirected,
    .display = on_display,
    .proceeding = on_proceeding,
    .alerting = on_alerting,
    .progress = on_progress,
    .connect = on_connect,
    .digit = on_digit,
    .disconnect = on_disconnect,
    .released = on_released,
    .restarted = isdn_line_on_restarted,
    .restart_done = isdn_line_on_restart_done,
    .service = isdn_line_on_service,
    .release_failed = isdn_line_on_release_failed,
    .message = isdn_line_on_message,
    .frame = isdn_line_on_frame,
    .supplementary = leg_isdn_on_supplementary,
    .completion = completion_on_event,
};
