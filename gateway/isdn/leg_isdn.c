// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a leg:
 *
 *    SETUP received: PRESENT -> [COLLECTING] -> INCOMING -> [ALERTING] -+-> ACTIVE
 *    SETUP sent:     [WAITING] -> TRYING -> [DIALLING] -> OUTGOING -----+
 *
 *    any:  DISCONNECT or the end of the Q.931 call --> REPORTED --release--> CLEARING / DONE
 *          release (the call wants it cleared) ------> CLEARING
 *    not answered: DISCONNECT with PI 8 -----------> ANNOUNCEMENT --T306 or RELEASE--> REPORTED
 *
 * WAITING: an emergency call for the channel of another call, which is being cleared.
 * CLEARING waits for the end of the Q.931 call, DONE for the loop; then the leg is freed. The B
 * channel goes back to the trunk when the Q.931 call has ended, not before: until then the far end
 * thinks that it is taken.
 */
#include "gateway/isdn/leg_isdn_private.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/call/progress.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

struct cause leg_isdn_cause(const struct isdn_cause *cause)
{
	struct cause out = cause_q850(cause->value, cause->location, CAUSE_SOURCE_PSTN);

	out.new_number = cause->new_number;
	return out;
}

/* ---- the B channel */

int leg_isdn_media_open(struct leg_isdn *leg)
{
	struct isdn_line *line = leg->line;
	struct wire_channel_open channel = {
	    .span = trunk_span_of(line->trunk, leg->timeslot),
	    .timeslot = ISDN_CHANNEL_TIMESLOT(leg->timeslot),
	    .block = line->config.block,
	    .detect_digits = 1,
	    .data = leg->leg.codec == PEER_CODEC_CLEAR,
	    .audio = line->config.audio,
	};

	if (!line->media)
		return 0;
	return media_client_channel_open(
	    line->media, &channel, isdn_line_descriptor(line, leg->timeslot), &leg->leg.media_end);
}

static void media_close(struct leg_isdn *leg)
{
	if (leg->line->media)
		media_client_end_close(leg->line->media, leg->leg.media_end);
	leg->leg.media_end = 0;
}

int leg_isdn_media_move(struct leg_isdn *leg)
{
	uint32_t before = leg->leg.media_end;
	int rc = 0;

	leg->leg.media_end = 0;
	if (leg->timeslot != 0)
		rc = leg_isdn_media_open(leg);
	call_event(&leg->leg, CALL_EV_MEDIA, NULL);
	if (leg->line->media)
		media_client_end_close(leg->line->media, before);
	return rc;
}

/* Q.931 5.7: if both sides want a channel at once, the network has it. A leg of the user side that
 * has only asked for it lets go: the network names another one for it, or refuses it. */
static bool channel_yielded(struct isdn_line *line, unsigned timeslot)
{
	struct leg_isdn *leg;

	if (line->config.isdn.network)
		return false;
	llist_for_each_entry (leg, &line->legs, entry) {
		if (leg->timeslot != timeslot || leg->state != LEG_TRYING)
			continue;
		LOGP(DISDN, LOGL_INFO, "%s: the network takes it for another call\n",
		     isdn_channel_text(line->isdn, timeslot));
		leg->timeslot = 0; /* it stays taken in the trunk, for the other call */
		leg_isdn_media_move(leg);
		return true;
	}
	return false;
}

int leg_isdn_channel_take(struct isdn_line *line, unsigned timeslot)
{
	int rc = trunk_take(line->trunk, timeslot);

	return rc == -EBUSY && channel_yielded(line, timeslot) ? 0 : rc;
}

void leg_isdn_channel_give_back(struct leg_isdn *leg)
{
	if (leg->timeslot == 0)
		return;
	trunk_release(leg->line->trunk, leg->timeslot);
	leg->last_timeslot = leg->timeslot;
	leg->timeslot = 0;
	leg_isdn_channel_is_free(leg->line);
}

/* ---- birth and end */

static void on_leg_timer(void *data);

static const struct leg_ops ops;

struct leg_isdn *leg_isdn_new(struct isdn_line *line, unsigned timeslot, enum leg_isdn_state state)
{
	struct leg_isdn *leg = talloc_zero(line, struct leg_isdn);

	if (!leg)
		return NULL;
	leg->leg.ops = &ops;
	leg->leg.kind = PEER_POTS;
	leg->leg.codec = line->config.isdn.alaw ? PEER_CODEC_G711ALAW : PEER_CODEC_G711ULAW;
	leg->line = line;
	leg->timeslot = timeslot;
	leg->state = state;
	osmo_timer_setup(&leg->timer, on_leg_timer, leg);
	llist_add_tail(&leg->entry, &line->legs);
	return leg;
}

void leg_isdn_free(struct leg_isdn *leg)
{
	osmo_timer_del(&leg->timer);
	media_close(leg);
	leg_isdn_channel_give_back(leg);
	llist_del(&leg->entry);
	talloc_free(leg);
}

void leg_isdn_enter(struct leg_isdn *leg, enum leg_isdn_state state)
{
	leg->state = state;
	osmo_timer_del(&leg->timer);
}

void leg_isdn_timer_ms(struct leg_isdn *leg, unsigned ms)
{
	osmo_timer_schedule(&leg->timer, ms / 1000, ms % 1000 * 1000);
}

void leg_isdn_report_released(struct leg_isdn *leg, const struct isdn_cause *isdn_cause)
{
	struct cause cause = leg_isdn_cause(isdn_cause);

	if (leg->state == LEG_REPORTED || leg->state == LEG_CLEARING || leg->state == LEG_DONE)
		return;
	leg_isdn_enter(leg, LEG_REPORTED);
	call_event(&leg->leg, CALL_EV_RELEASED, &cause);
}

static void on_leg_timer(void *data)
{
	struct leg_isdn *leg = data;

	switch (leg->state) {
	case LEG_PRESENT:
		leg->state = LEG_INCOMING;
		isdn_proceeding(leg->isdn, leg->timeslot, ISDN_PROGRESS_NONE);
		break;
	case LEG_WAITING:
		leg_isdn_wait_ended(leg);
		break;
	case LEG_ANNOUNCEMENT:
		leg_isdn_report_released(leg, &leg->cause);
		break;
	case LEG_DONE:
		leg_isdn_free(leg);
		break;
	default:
		break;
	}
}

/* ---- orders of the call */

static struct leg_isdn *leg_of(struct leg *leg)
{
	return container_of(leg, struct leg_isdn, leg);
}

/* SETUP ACKNOWLEDGE. What runs until the number is complete (T302) is the call's. */
static void order_more_digits(struct leg *base, bool tone)
{
	struct leg_isdn *leg = leg_of(base);

	if (leg->state != LEG_PRESENT || !leg->isdn)
		return;
	leg_isdn_enter(leg, LEG_COLLECTING);
	isdn_need_digits(leg->isdn, leg->timeslot, tone);
}

static void order_dial(struct leg *base, const char *digits)
{
	struct leg_isdn *leg = leg_of(base);

	if (leg->state == LEG_DIALLING && leg->isdn)
		isdn_send_digits(leg->isdn, digits);
}

static void order_proceed(struct leg *base)
{
	struct leg_isdn *leg = leg_of(base);

	if (leg->state != LEG_PRESENT && leg->state != LEG_COLLECTING)
		return;
	leg_isdn_enter(leg, LEG_INCOMING);
	isdn_proceeding(leg->isdn, leg->timeslot, ISDN_PROGRESS_NONE);
}

/* libpri names no channel in ALERTING and PROGRESS: PROCEEDING with ours goes first. */
static bool can_advance(struct leg_isdn *leg)
{
	order_proceed(&leg->leg);
	return (leg->state == LEG_INCOMING || leg->state == LEG_ALERTING) && leg->isdn;
}

/* It can only be sent in CONNECT. */
static void remember_destination(struct leg_isdn *leg, const struct progress *progress)
{
	if (progress->indicator == ISDN_PROGRESS_DESTINATION_NOT_ISDN)
		leg->destination = progress->indicator;
}

static void order_alert(struct leg *base, const struct progress *progress)
{
	struct leg_isdn *leg = leg_of(base);

	if (!can_advance(leg))
		return;
	leg_isdn_enter(leg, LEG_ALERTING);
	remember_destination(leg, progress);
	isdn_alerting(leg->isdn, progress->inband ? ISDN_PROGRESS_INBAND : ISDN_PROGRESS_NONE);
}

static void order_progress(struct leg *base, const struct progress *progress)
{
	struct leg_isdn *leg = leg_of(base);
	struct isdn_cause cause = {progress->cause.q850, progress->cause.location};

	if (!can_advance(leg))
		return;
	remember_destination(leg, progress);
	if (progress->inband)
		isdn_progress(leg->isdn, ISDN_PROGRESS_INBAND, cause.value ? &cause : NULL);
}

static void order_answer(struct leg *base, const struct party *connected)
{
	struct leg_isdn *leg = leg_of(base);

	if (!can_advance(leg))
		return;
	if (leg->line->config.calls.send_alerting && leg->state != LEG_ALERTING)
		isdn_alerting(leg->isdn, ISDN_PROGRESS_NONE);
	leg_isdn_enter(leg, LEG_ACTIVE);
	completion_answered(leg);
	leg->destination = progress_indicator(base->connect_rule, leg->destination);
	if (leg->destination == ISDN_PROGRESS_DESTINATION_NOT_ISDN)
		isdn_connect_not_isdn(leg->isdn, connected);
	else
		isdn_connect(leg->isdn, connected);
}

static void order_identity(struct leg *base, const struct leg_identity *identity)
{
	struct leg_isdn *leg = leg_of(base);

	if (!leg->isdn)
		return;
	if (identity->redirection && (leg->state == LEG_INCOMING || leg->state == LEG_ALERTING))
		isdn_diverted(leg->isdn, identity->redirection);
	if (leg->state != LEG_ACTIVE)
		return;
	if (identity->connected)
		isdn_connected_update(leg->isdn, identity->connected);
	if (identity->display)
		isdn_display(leg->isdn, identity->display);
}

static void order_release(struct leg *base, const struct cause *cause)
{
	struct leg_isdn *leg = leg_of(base);

	base->call = NULL;
	media_close(leg);
	if (leg->isdn) {
		leg_isdn_enter(leg, LEG_CLEARING);
		isdn_release(leg->isdn, cause->q850);
		return;
	}
	leg_isdn_enter(leg, LEG_DONE);
	leg_isdn_timer_ms(leg, 0);
}

/* Towards the PSTN a digit is a tone; INFORMATION would be for the exchange, not for who answered.
 */
static void order_digit(struct leg *base, const struct leg_digit *digit)
{
	struct leg_isdn *leg = leg_of(base);

	if (leg->line->media && base->media_end != 0)
		media_client_digit(leg->line->media, base->media_end, digit->digit,
				   digit->duration_ms);
}

static void order_report(struct leg *base, struct leg_report *out)
{
	struct leg_isdn *leg = leg_of(base);
	/* the record is written after the channel has gone back */
	unsigned channel = leg->timeslot || leg->isdn ? leg->timeslot : leg->last_timeslot;

	if (channel != 0)
		snprintf(out->channel, sizeof(out->channel), "%u/%u",
			 trunk_span_of(leg->line->trunk, channel), ISDN_CHANNEL_TIMESLOT(channel));
	snprintf(out->codec, sizeof(out->codec), "%s", peer_codec_name(base->codec));
}

static const struct leg_ops ops = {
    .name = "isdn",
    .more_digits = order_more_digits,
    .dial = order_dial,
    .proceed = order_proceed,
    .alert = order_alert,
    .progress = order_progress,
    .answer = order_answer,
    .release = order_release,
    .identity = order_identity,
    .digit = order_digit,
    .hold = leg_isdn_order_hold,
    .report = order_report,
    .transfer = leg_isdn_order_transfer,
    .deflect = leg_isdn_order_deflect,
    .identify = leg_isdn_order_identify,
    .notice = leg_isdn_order_notice,
};

struct leg_isdn *leg_isdn_of(struct leg *leg)
{
	return leg->ops == &ops ? leg_of(leg) : NULL;
}
