// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/trunk.h"

#include <errno.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

#define TIMESLOTS 32 /* 1..31; bit 0 is never a channel */

struct trunk {
	unsigned span;
	enum trunk_hunt hunt;
	uint32_t present, busy; /* bit n: timeslot n */
	unsigned last;		/* seized last, for round robin */
	bool dchannel_up;
	unsigned alarms;
};

int trunk_new(void *ctx, unsigned span, uint32_t timeslots, enum trunk_hunt hunt,
	      struct trunk **out)
{
	struct trunk *trunk;

	timeslots &= ~1u;
	if (timeslots == 0)
		return -EINVAL;
	trunk = talloc_zero(ctx, struct trunk);
	if (!trunk)
		return -ENOMEM;
	trunk->span = span;
	trunk->hunt = hunt;
	trunk->present = timeslots;
	*out = trunk;
	return 0;
}

void trunk_free(struct trunk *trunk)
{
	talloc_free(trunk);
}

void trunk_set_link(struct trunk *trunk, bool dchannel_up, unsigned alarms)
{
	bool before = trunk_is_up(trunk);

	trunk->dchannel_up = dchannel_up;
	trunk->alarms = alarms;
	if (trunk_is_up(trunk) != before)
		LOGP(DISDN, LOGL_NOTICE, "trunk %u: %s\n", trunk->span,
		     before ? "out of service" : "in service");
}

bool trunk_is_up(const struct trunk *trunk)
{
	return trunk->dchannel_up && trunk->alarms == 0;
}

/* The timeslot of the nth try, n from 0; each of 1..31 once. */
static unsigned candidate(const struct trunk *trunk, unsigned n)
{
	switch (trunk->hunt) {
	case TRUNK_DESCENDING:
		return TIMESLOTS - 1 - n;
	case TRUNK_ROUND_ROBIN:
		return (trunk->last + n) % (TIMESLOTS - 1) + 1;
	case TRUNK_HUNT_UNSAID:
	case TRUNK_ASCENDING:
		break;
	}
	return n + 1;
}

int trunk_seize(struct trunk *trunk)
{
	if (!trunk_is_up(trunk))
		return -ENETDOWN;
	for (unsigned n = 0; n < TIMESLOTS - 1; n++) {
		unsigned timeslot = candidate(trunk, n);

		if (trunk_take(trunk, timeslot) == 0) {
			trunk->last = timeslot;
			return (int)timeslot;
		}
	}
	return -EBUSY;
}

int trunk_take(struct trunk *trunk, unsigned timeslot)
{
	if (timeslot >= TIMESLOTS || !(trunk->present & 1u << timeslot))
		return -ENOENT;
	if (trunk->busy & 1u << timeslot)
		return -EBUSY;
	trunk->busy |= 1u << timeslot;
	return 0;
}

void trunk_release(struct trunk *trunk, unsigned timeslot)
{
	if (timeslot < TIMESLOTS)
		trunk->busy &= ~(1u << timeslot);
}

unsigned trunk_span(const struct trunk *trunk)
{
	return trunk->span;
}

unsigned trunk_idle_count(const struct trunk *trunk)
{
	return (unsigned)__builtin_popcount(trunk->present & ~trunk->busy);
}

unsigned trunk_size(const struct trunk *trunk)
{
	return (unsigned)__builtin_popcount(trunk->present);
}

enum trunk_channel_state trunk_channel(const struct trunk *trunk, unsigned timeslot)
{
	if (timeslot >= TIMESLOTS || !(trunk->present & 1u << timeslot))
		return TRUNK_CHANNEL_ABSENT;
	if (trunk->busy & 1u << timeslot)
		return TRUNK_CHANNEL_BUSY;
	return trunk_is_up(trunk) ? TRUNK_CHANNEL_IDLE : TRUNK_CHANNEL_OUT_OF_SERVICE;
}
