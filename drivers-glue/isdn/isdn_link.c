// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define SETTLE_MS 1200
#define RESTART_WAIT_MS 3000
#define RESTART_ATTEMPTS 2 /* Q.931 5.5.1 */

/* ---- layer 2 */

/* Both ends may send SABME at once and one of them be lost: that end tries again after T200 (1 s)
 * and what was sent to it in between is gone. Layer 3 is told when that time has passed, or when
 * the far end has shown that it is there by a message of its own. */
void isdn_link_up(struct isdn *isdn)
{
	unsigned ms = isdn->config.settle_ms ? isdn->config.settle_ms : SETTLE_MS;

	if (isdn->link != ISDN_LINK_DOWN)
		return;
	isdn_link_set(isdn, ISDN_LINK_SETTLING);
	osmo_timer_schedule(&isdn->settle, ms / 1000, ms % 1000 * 1000);
}

/* What must be empty is emptied before calls are sent: the far end ignores a SETUP whose call
 * reference it still holds from before. */
void isdn_link_settled(struct isdn *isdn)
{
	isdn->restart_wanted |= isdn->config.restart_timeslots;
	isdn->config.restart_timeslots = 0;
	if (isdn->restart_wanted == 0) {
		isdn_link_set(isdn, ISDN_LINK_UP);
		return;
	}
	isdn_link_set(isdn, ISDN_LINK_RESTARTING);
	osmo_timer_schedule(&isdn->settle, RESTART_WAIT_MS / 1000, RESTART_WAIT_MS % 1000 * 1000);
	isdn_restart_next(isdn);
}

static void on_settle_timer(void *data)
{
	struct isdn *isdn = data;

	if (isdn->link == ISDN_LINK_SETTLING) {
		isdn_link_settled(isdn);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%u:D RESTARTs are not acknowledged, calls begin without\n",
	     isdn->config.span);
	isdn_link_set(isdn, ISDN_LINK_UP);
}

bool isdn_layer2_is_up(const struct isdn *isdn)
{
	return isdn->link == ISDN_LINK_UP || isdn->link == ISDN_LINK_RESTARTING;
}

void isdn_link_set(struct isdn *isdn, enum isdn_link_state state)
{
	enum isdn_link_state before = isdn->link;

	if (before == state || before == ISDN_LINK_GONE)
		return;
	isdn->link = state;
	osmo_timer_del(&isdn->settle);
	if (!isdn_layer2_is_up(isdn) && isdn->restart_timeslot != 0) {
		isdn->restart_wanted |= 1u << isdn->restart_timeslot;
		isdn->restart_timeslot = 0;
		osmo_timer_del(&isdn->restart_timer);
	}
	if ((before == ISDN_LINK_UP) == (state == ISDN_LINK_UP))
		return;
	LOGP(DISDN, LOGL_NOTICE, "%u:D layer 2 %s\n", isdn->config.span,
	     state == ISDN_LINK_UP ? "up" : "down");
	if (state == ISDN_LINK_UP)
		isdn_restart_next(isdn);
	if (isdn->handlers->dchannel)
		isdn->handlers->dchannel(isdn->arg, state == ISDN_LINK_UP);
}

/* ---- RESTART */

static bool timeslot_has_call(const struct isdn *isdn, unsigned timeslot)
{
	const struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->timeslot == timeslot)
			return true;
	}
	return false;
}

static void restart_send(struct isdn *isdn)
{
	unsigned ms = isdn_timer_ms(isdn, ISDN_T316);

	isdn->restart_attempts++;
	osmo_timer_schedule(&isdn->restart_timer, ms / 1000, ms % 1000 * 1000);
	pri_reset(isdn->pri, (int)isdn->restart_timeslot);
	isdn_look_soon(isdn);
}

void isdn_restart_next(struct isdn *isdn)
{
	if (!isdn_layer2_is_up(isdn) || isdn->restart_timeslot != 0)
		return;
	if (isdn->frame)
		return; /* it may be a SETUP on that channel: afterwards */
	for (unsigned timeslot = 1; timeslot < 32; timeslot++) {
		if (!(isdn->restart_wanted & 1u << timeslot))
			continue;
		isdn->restart_wanted &= ~(1u << timeslot);
		if (timeslot_has_call(isdn, timeslot))
			continue;
		isdn->restart_timeslot = timeslot;
		isdn->restart_attempts = 0;
		restart_send(isdn);
		return;
	}
	if (isdn->link == ISDN_LINK_RESTARTING)
		isdn_link_set(isdn, ISDN_LINK_UP);
}

void isdn_restart_acknowledged(struct isdn *isdn)
{
	if (isdn->restart_timeslot == 0)
		return;
	isdn->restart_timeslot = 0;
	osmo_timer_del(&isdn->restart_timer);
	isdn_restart_next(isdn);
}

static void on_restart_timeout(void *data)
{
	struct isdn *isdn = data;

	if (timeslot_has_call(isdn, isdn->restart_timeslot)) {
		/* the far end uses the channel: it is in order, and the call must not be cut off */
		isdn_restart_acknowledged(isdn);
		return;
	}
	if (isdn->restart_attempts < RESTART_ATTEMPTS) {
		restart_send(isdn);
		return;
	}
	/* an exchange that does not know RESTART would hold each channel up for minutes */
	LOGP(DISDN, LOGL_NOTICE, "%u/%u: RESTART was not acknowledged (T316), no more are sent\n",
	     isdn->config.span, isdn->restart_timeslot);
	isdn->restart_timeslot = 0;
	isdn->restart_wanted = 0;
	isdn_restart_next(isdn);
}

int isdn_restart(struct isdn *isdn, unsigned timeslot)
{
	if (timeslot < 1 || timeslot > 31)
		return -EINVAL;
	isdn->restart_wanted |= 1u << timeslot;
	isdn_restart_next(isdn);
	return 0;
}

void isdn_link_init(struct isdn *isdn)
{
	osmo_timer_setup(&isdn->settle, on_settle_timer, isdn);
	osmo_timer_setup(&isdn->restart_timer, on_restart_timeout, isdn);
}

void isdn_link_stop(struct isdn *isdn)
{
	osmo_timer_del(&isdn->settle);
	osmo_timer_del(&isdn->restart_timer);
}
