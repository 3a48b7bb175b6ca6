// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/exchange/line.h"
#include "gateway/log/log.h"

#define CHANNEL_UNAVAILABLE 44
#define NORMAL_CLEARING 16

static void channel_leave(struct line *line)
{
	if (line->channel != NULL)
		tdm_channel_close(line->channel);
	line->channel = NULL;
	line->timeslot = 0;
}

static void on_retrieve(struct line *line, const struct isdn_supplementary_event *event)
{
	unsigned timeslot = event->retrieve.timeslot;

	if (!exchange_timeslot_usable(line->exchange, timeslot))
		timeslot = event->retrieve.exclusive ? 0 : exchange_timeslot_hunt(line->exchange);
	isdn_retrieve_answer(line->call, timeslot, CHANNEL_UNAVAILABLE);
	line_follow(line);
}

/* The parties are joined somewhere behind the exchange: both calls are over for the far end. */
static void on_transfer(struct line *line, const struct isdn_supplementary_event *event)
{
	struct line *other = isdn_call_user(event->transfer.other);

	isdn_transfer_answer(line->call, event->transfer.invoke, other != NULL);
	if (other == NULL)
		return;
	line_clear(line, NORMAL_CLEARING);
	line_clear(other, NORMAL_CLEARING);
}

void line_on_service(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	LOGP(DISDN, LOGL_NOTICE, "%u/%u: %s\n", line->exchange->config.span.number, line->timeslot,
	     isdn_supplementary_type_name(event->type));
	switch (event->type) {
	case ISDN_HELD:
	case ISDN_HOLD_DONE:
		channel_leave(line);
		break;
	case ISDN_RETRIEVE_ASKED:
		on_retrieve(line, event);
		break;
	case ISDN_RETRIEVE_DONE:
		line_follow(line);
		break;
	case ISDN_TRANSFER_ASKED:
		on_transfer(line, event);
		break;
	case ISDN_DEFLECT_ASKED:
		isdn_deflect_answer(call, event->deflect.invoke, true);
		line_clear(line, NORMAL_CLEARING);
		break;
	default:
		break;
	}
}

void line_order_charge(void *arg, unsigned units, bool final)
{
	struct line *line = arg;
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = units, .final = final};

	isdn_charge_send(line->call, &charge); /* where the switch type has it */
}
