// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An ISDN leg that calls: its channel, and SETUP.
 *
 * An emergency call that finds no channel free may take that of another call (leg_request.preempt):
 * the newest call on the line that is not an emergency call itself is cleared with cause 8, and the
 * leg waits for the channel until the far end has released it, PREEMPTION_WAIT_MS at most.
 */
#include "gateway/isdn/leg_isdn_private.h"

#include <errno.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"

/* DISCONNECT is answered at once by whoever works; T305 (30 s) is for the others. */
#define PREEMPTION_WAIT_MS 5000

static unsigned cause_of_error(int error)
{
	switch (error) {
	case -ENETDOWN:
		return 27;
	case -EBUSY:
		return 34;
	case -EINVAL:
		return 28;
	default:
		return 41;
	}
}

int leg_isdn_send_setup(struct leg_isdn *leg)
{
	leg->attempts++;
	leg->setup.timeslot = leg->timeslot;
	return isdn_setup(leg->line->isdn, &leg->setup, leg, &leg->isdn);
}

/* ---- the channel of another call */

void leg_isdn_channel_is_free(struct isdn_line *line)
{
	struct leg_isdn *leg;
	int timeslot;

	llist_for_each_entry (leg, &line->legs, entry) {
		if (leg->state != LEG_WAITING || leg->timeslot != 0)
			continue;
		timeslot = trunk_seize_in(line->trunk, &leg->order);
		if (timeslot < 0)
			return;
		leg->timeslot = (unsigned)timeslot;
		leg_isdn_timer_ms(leg, 0); /* from the loop: libpri is busy with the other call */
		return;
	}
}

void leg_isdn_wait_ended(struct leg_isdn *leg)
{
	struct isdn_cause cause = {34, CAUSE_LOCATION_PRIVATE_LOCAL};
	int rc;

	if (leg->timeslot == 0) {
		LOGP(DISDN, LOGL_ERROR,
		     "span %u: no channel for emergency call %u: the far end has not released that "
		     "of the call that was cleared\n",
		     leg->line->config.isdn.span, call_id(leg->leg.call));
		leg_isdn_report_released(leg, &cause);
		return;
	}
	leg_isdn_enter(leg, LEG_TRYING);
	rc = leg_isdn_media_move(leg);
	if (rc >= 0)
		rc = leg_isdn_send_setup(leg);
	if (rc >= 0)
		return;
	cause.value = cause_of_error(rc);
	leg_isdn_report_released(leg, &cause);
}

/* The newest call on the line that may be cleared, or NULL. */
static struct call *call_to_clear(const struct isdn_line *line, const struct call *emergency)
{
	const struct leg_isdn *leg;
	struct call *newest = NULL;

	llist_for_each_entry (leg, &line->legs, entry) {
		struct call *call = leg->leg.call;

		if (leg->timeslot == 0 || !call || !call_may_be_preempted_by(call, emergency))
			continue;
		if (!newest || call_id(call) > call_id(newest))
			newest = call;
	}
	return newest;
}

/* The leg waits first: some calls end while they are cleared. */
static int take_channel_of_another(struct leg_isdn *leg)
{
	struct call *other = call_to_clear(leg->line, leg->leg.call);

	if (!other)
		return -EBUSY;
	leg_isdn_enter(leg, LEG_WAITING);
	leg_isdn_timer_ms(leg, PREEMPTION_WAIT_MS);
	call_preempt(other, leg->leg.call);
	return 0;
}

/* ---- a leg that calls */

/* What the trunk group does not say is left to the line. */
static struct trunk_order order_of(const struct trunk_group *group)
{
	static const enum trunk_parity parities[] = {
	    [TRUNK_GROUP_BOTH] = TRUNK_PARITY_NONE,
	    [TRUNK_GROUP_EVEN] = TRUNK_EVEN_FIRST,
	    [TRUNK_GROUP_ODD] = TRUNK_ODD_FIRST,
	};
	struct trunk_order order = {.hunt = TRUNK_HUNT_UNSAID};

	if (!group)
		return order;
	order.parity = parities[group->parity];
	if (group->down)
		order.hunt = TRUNK_DESCENDING;
	else if (group->parity != TRUNK_GROUP_BOTH)
		order.hunt = TRUNK_ASCENDING;
	return order;
}

/* Sends SETUP, or waits for a channel to send it on. 0 or negative errno. */
static int leg_call(struct leg_isdn *leg, const struct leg_request *request)
{
	struct isdn_line *line = leg->line;
	int rc = leg_isdn_setup_to_send(line, &request->setup, &leg->setup);

	if (rc < 0)
		return rc;
	leg->called_form = request->setup.called_form;
	leg->setup.completion = completion_for_setup(line, leg->leg.call);
	rc = trunk_seize_in(line->trunk, &leg->order);
	if (rc == -EBUSY && request->preempt)
		return take_channel_of_another(leg);
	if (rc < 0)
		return rc;
	leg->timeslot = (unsigned)rc;
	rc = leg_isdn_media_open(leg);
	return rc < 0 ? -ENOMEM : leg_isdn_send_setup(leg);
}

struct leg *leg_isdn_make(void *arg, struct call *call, const struct leg_request *request,
			  struct cause *why)
{
	struct isdn_lines *lines = arg;
	unsigned timeslot = 0, span = peer_port_span(request->target, &timeslot);
	struct isdn_line *line = span < ARRAY_SIZE(lines->line) ? lines->line[span] : NULL;
	struct leg_isdn *leg = NULL;
	int rc;

	rc = -ENETDOWN;
	if (!line || timeslot != 0)
		goto fail;
	rc = -ENOMEM;
	leg = leg_isdn_new(line, 0, LEG_TRYING);
	if (!leg)
		goto fail;
	if (bearer_is_data(request->setup.bearer))
		leg->leg.codec = PEER_CODEC_CLEAR;
	leg->leg.call = call;
	leg->order = order_of(request->trunk_group);
	leg->order.emergency = !call_may_be_preempted(call);
	leg->disconnect_rule = request->peer->progress_ind[PEER_MESSAGE_DISCONNECT];
	rc = leg_call(leg, request);
	if (rc < 0)
		goto fail;
	return &leg->leg;
fail:
	if (leg)
		leg_isdn_free(leg);
	*why = cause_q850(cause_of_error(rc), CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	return NULL;
}
