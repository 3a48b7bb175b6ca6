// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/isdn/leg_isdn_private.h"
#include "gateway/log/log.h"

#define CHANNEL_UNAVAILABLE 44

static struct leg_isdn *leg_of(struct leg *leg)
{
	return container_of(leg, struct leg_isdn, leg);
}

/* ---- hold: no B channel while it lasts */

static void channel_leave(struct leg_isdn *leg)
{
	leg_isdn_channel_give_back(leg);
	leg_isdn_media_move(leg);
}

static void channel_lost(struct leg_isdn *leg)
{
	struct isdn_cause cause = {CHANNEL_UNAVAILABLE, CAUSE_LOCATION_PRIVATE_LOCAL};

	leg_isdn_report_released(leg, &cause);
}

static void on_held(struct leg_isdn *leg)
{
	channel_leave(leg);
	call_event(&leg->leg, CALL_EV_HOLD, NULL);
}

static int channel_for_retrieve(struct leg_isdn *leg, unsigned timeslot, bool exclusive)
{
	if (timeslot != 0 && leg_isdn_channel_take(leg->line, timeslot) == 0)
		return (int)timeslot;
	return exclusive ? -EBUSY : trunk_seize(leg->line->trunk);
}

static void on_retrieve_asked(struct leg_isdn *leg, const struct isdn_supplementary_event *event)
{
	int timeslot =
	    channel_for_retrieve(leg, event->retrieve.timeslot, event->retrieve.exclusive);

	if (timeslot < 0) {
		LOGP(DISDN, LOGL_NOTICE, "span %u: no channel to retrieve call %u on\n",
		     leg->line->config.isdn.span, call_id(leg->leg.call));
		isdn_retrieve_answer(leg->isdn, 0, CHANNEL_UNAVAILABLE);
		return;
	}
	leg->timeslot = (unsigned)timeslot;
	isdn_retrieve_answer(leg->isdn, leg->timeslot, 0);
	if (leg_isdn_media_move(leg) < 0)
		channel_lost(leg);
	else
		call_event(&leg->leg, CALL_EV_RETRIEVE, NULL);
}

/* The network names the channel; the user side leaves it to the network. */
static void retrieve(struct leg_isdn *leg)
{
	int timeslot = 0, rc;

	if (leg->line->config.isdn.network) {
		timeslot = trunk_seize(leg->line->trunk);
		if (timeslot < 0) {
			channel_lost(leg);
			return;
		}
		leg->timeslot = (unsigned)timeslot;
	}
	rc = isdn_retrieve(leg->isdn, leg->timeslot);
	if (rc < 0 && rc != -EALREADY)
		channel_lost(leg);
}

static void on_hold_done(struct leg_isdn *leg)
{
	channel_leave(leg);
	if (!leg->hold_wanted)
		retrieve(leg);
}

static void on_retrieve_done(struct leg_isdn *leg)
{
	unsigned timeslot = isdn_call_timeslot(leg->isdn);

	if (timeslot == 0 ||
	    (timeslot != leg->timeslot && leg_isdn_channel_take(leg->line, timeslot) < 0)) {
		channel_lost(leg);
		return;
	}
	if (timeslot != leg->timeslot)
		leg_isdn_channel_give_back(leg);
	leg->timeslot = timeslot;
	if (leg_isdn_media_move(leg) < 0)
		channel_lost(leg);
	else if (leg->hold_wanted)
		isdn_hold(leg->isdn);
}

void leg_isdn_order_hold(struct leg *base, bool held)
{
	struct leg_isdn *leg = leg_of(base);
	const struct isdn_config *config = &leg->line->config.isdn;
	bool any =
	    isdn_supplementary_possible(config->switch_type, config->network, ISDN_CAN_NOTIFY);

	if (!leg->isdn || leg->state != LEG_ACTIVE ||
	    !(config->supplementary & ISDN_SUPPLEMENTARY_HOLD))
		return;
	leg->hold_wanted = held;
	if (!leg->line->config.hold_messages)
		isdn_notify(leg->isdn, held
					   ? (any ? ISDN_NOTIFY_REMOTE_HOLD : ISDN_NOTIFY_SUSPENDED)
				       : any ? ISDN_NOTIFY_REMOTE_RETRIEVAL
					     : ISDN_NOTIFY_RESUMED);
	else if (held)
		isdn_hold(leg->isdn); /* refused if one is under way: then it goes on from there */
	else if (isdn_call_is_held(leg->isdn) && leg->timeslot == 0)
		retrieve(leg);
}

/* ---- what comes in */

static void report_charge(struct leg_isdn *leg, const struct isdn_charge *charge)
{
	static const uint8_t kinds[] = {
	    [ISDN_CHARGE_NOT_AVAILABLE] = LEG_CHARGE_NOT_AVAILABLE,
	    [ISDN_CHARGE_FREE] = LEG_CHARGE_FREE,
	    [ISDN_CHARGE_UNITS] = LEG_CHARGE_UNITS,
	    [ISDN_CHARGE_CURRENCY] = LEG_CHARGE_CURRENCY,
	};
	struct leg_service service = {.type = LEG_CHARGED};

	if (charge->kind == ISDN_CHARGE_RATE) {
		LOGP(DISDN, LOGL_INFO, "%s: rate of the call: %s\n",
		     isdn_channel_text(leg->line->isdn, leg->timeslot), charge->text);
		return;
	}
	service.charge.kind = kinds[charge->kind];
	service.charge.final = charge->final;
	service.charge.units = charge->units;
	service.charge.thousandths = charge->thousandths;
	osmo_strlcpy(service.charge.currency, charge->currency, sizeof(service.charge.currency));
	call_service(&leg->leg, &service);
}

static void report_notice(struct leg_isdn *leg, const struct isdn_supplementary_event *event)
{
	struct leg_service service = {.type = LEG_NOTICED};

	if (event->type == ISDN_NOTIFIED) {
		service.notice.type = LEG_NOTICE_INDICATOR;
		service.notice.indicator = event->indicator;
	} else {
		service.notice.type = LEG_NOTICE_USER_USER;
		service.notice.user_user = event->user_user;
	}
	call_service(&leg->leg, &service);
}

static void report_simply(struct leg_isdn *leg, enum leg_service_type type)
{
	struct leg_service service = {.type = type};

	call_service(&leg->leg, &service);
}

static void on_transfer_asked(struct leg_isdn *leg, const struct isdn_supplementary_event *event)
{
	struct leg_isdn *other = isdn_call_user(event->transfer.other);
	struct leg_service service = {.type = LEG_TRANSFER_ASKED};

	service.other = other ? &other->leg : NULL;
	isdn_transfer_answer(leg->isdn, event->transfer.invoke,
			     other && call_service(&leg->leg, &service));
}

static void on_deflect_asked(struct leg_isdn *leg, const struct isdn_supplementary_event *event)
{
	struct leg_service service = {.type = LEG_DEFLECT_ASKED};

	service.number = event->deflect.to;
	isdn_deflect_answer(leg->isdn, event->deflect.invoke, call_service(&leg->leg, &service));
}

static void on_no_call(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	if (event->type == ISDN_RETRIEVE_ASKED)
		isdn_retrieve_answer(call, 0, CHANNEL_UNAVAILABLE);
	else if (event->type == ISDN_TRANSFER_ASKED)
		isdn_transfer_answer(call, event->transfer.invoke, false);
	else if (event->type == ISDN_DEFLECT_ASKED)
		isdn_deflect_answer(call, event->deflect.invoke, false);
}

static void handle(struct leg_isdn *leg, const struct isdn_supplementary_event *event)
{
	switch (event->type) {
	case ISDN_HELD:
		on_held(leg);
		break;
	case ISDN_RETRIEVE_ASKED:
		on_retrieve_asked(leg, event);
		break;
	case ISDN_HOLD_DONE:
		on_hold_done(leg);
		break;
	case ISDN_RETRIEVE_DONE:
		on_retrieve_done(leg);
		break;
	case ISDN_RETRIEVE_REFUSED:
		channel_lost(leg); /* the other side waits for audio that will not come */
		break;
	case ISDN_TRANSFER_DONE:
		report_simply(leg, LEG_TRANSFERRED);
		break;
	case ISDN_TRANSFER_REFUSED:
		report_simply(leg, LEG_TRANSFER_REFUSED);
		break;
	case ISDN_TRANSFER_ASKED:
		on_transfer_asked(leg, event);
		break;
	case ISDN_DEFLECT_DONE:
		report_simply(leg, LEG_DEFLECTED);
		break;
	case ISDN_DEFLECT_REFUSED:
		report_simply(leg, LEG_DEFLECT_REFUSED);
		break;
	case ISDN_DEFLECT_ASKED:
		on_deflect_asked(leg, event);
		break;
	case ISDN_MCID_ASKED:
	case ISDN_MCID_DONE:
		report_simply(leg, LEG_MALICIOUS);
		break;
	case ISDN_CHARGED:
		report_charge(leg, &event->charge);
		break;
	case ISDN_NOTIFIED:
	case ISDN_USER_USER:
		report_notice(leg, event);
		break;
	default:
		break;
	}
}

void leg_isdn_on_supplementary(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	struct leg_isdn *leg = isdn_call_user(call);

	if (!leg || !leg->leg.call) {
		on_no_call(call, event);
		return;
	}
	LOGP(DISDN, LOGL_INFO, "%s: %s\n", isdn_channel_text(leg->line->isdn, leg->timeslot),
	     isdn_supplementary_type_name(event->type));
	handle(leg, event);
}

/* ---- other orders */

int leg_isdn_order_transfer(struct leg *base, struct leg *other_base)
{
	struct leg_isdn *leg = leg_of(base), *other = leg_of(other_base);

	if (base->ops != other_base->ops || leg->line != other->line)
		return -EXDEV;
	if (!leg->isdn || !other->isdn || leg->state != LEG_ACTIVE || other->state != LEG_ACTIVE)
		return -EINVAL;
	return isdn_transfer(leg->isdn, other->isdn);
}

int leg_isdn_order_deflect(struct leg *base, const struct number *to)
{
	struct leg_isdn *leg = leg_of(base);

	if (leg->state != LEG_PRESENT && leg->state != LEG_INCOMING && leg->state != LEG_ALERTING)
		return -EINVAL;
	base->ops->proceed(base); /* nothing may go before the first answer to SETUP */
	return leg->isdn ? isdn_deflect(leg->isdn, to) : -EINVAL;
}

int leg_isdn_order_identify(struct leg *base)
{
	struct leg_isdn *leg = leg_of(base);

	return leg->isdn ? isdn_mcid(leg->isdn) : -EINVAL;
}

void leg_isdn_order_notice(struct leg *base, const struct leg_notice *notice)
{
	struct leg_isdn *leg = leg_of(base);

	if (!leg->isdn)
		return;
	switch (notice->type) {
	case LEG_NOTICE_INDICATOR:
		if (leg->state == LEG_PRESENT || leg->state == LEG_COLLECTING)
			base->ops->proceed(
			    base); /* nothing may go before the first answer to SETUP */
		isdn_notify(leg->isdn, notice->indicator);
		break;
	case LEG_NOTICE_USER_USER:
		isdn_user_user(leg->isdn, &notice->user_user);
		break;
	}
}
