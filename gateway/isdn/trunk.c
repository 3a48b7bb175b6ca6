// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/trunk.h"

#include <errno.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/log/log.h"

#define TIMESLOTS 32 /* 1..31; bit 0 is never a channel */
#define PLACES (TRUNK_INTERFACES_MAX * TIMESLOTS)

struct trunk_interface {
	unsigned span;		     /* 0: there is no such interface */
	uint32_t present, busy;	     /* bit n: timeslot n */
	uint16_t reasons[TIMESLOTS]; /* bit n: enum trunk_reason n */
	uint64_t idle_since_us[TIMESLOTS];
	unsigned alarms;
};

struct trunk {
	unsigned span; /* of the D channel */
	enum trunk_hunt hunt;
	unsigned last; /* place seized last, for round robin */
	bool dchannel_up;
	struct {
		trunk_watch_fn *fn; /* NULL: nobody */
		void *arg;
	} watch;
	struct trunk_interface interfaces[TRUNK_INTERFACES_MAX];
};

static const char *const reason_names[] = {
    [TRUNK_REASON_NONE] = "in service",
    [TRUNK_REASON_DCHANNEL] = "D channel down",
    [TRUNK_REASON_ALARM] = "alarm",
    [TRUNK_REASON_RESTART] = "restart pending",
    [TRUNK_REASON_RELEASE] = "release not answered",
    [TRUNK_REASON_AUDIT] = "restart not acknowledged",
    [TRUNK_REASON_FAR_END_MAINTENANCE] = "far end, maintenance",
    [TRUNK_REASON_FAR_END] = "far end",
    [TRUNK_REASON_BUSYOUT] = "busyout",
    [TRUNK_REASON_OPERATOR_MAINTENANCE] = "operator, maintenance",
    [TRUNK_REASON_OPERATOR] = "operator",
};

const char *trunk_reason_name(enum trunk_reason reason)
{
	return reason < TRUNK_REASONS ? reason_names[reason] : "unknown";
}

static uint16_t reason_bit(enum trunk_reason reason)
{
	return (uint16_t)(1u << reason);
}

/* NULL: no such channel. */
static struct trunk_interface *interface_of(const struct trunk *trunk, unsigned channel)
{
	unsigned interface = ISDN_CHANNEL_INTERFACE(channel);
	unsigned timeslot = ISDN_CHANNEL_TIMESLOT(channel);
	const struct trunk_interface *i;

	if (interface >= TRUNK_INTERFACES_MAX || timeslot >= TIMESLOTS)
		return NULL;
	i = &trunk->interfaces[interface];
	return i->present & 1u << timeslot ? (struct trunk_interface *)i : NULL;
}

/* ---- life */

int trunk_new(void *ctx, unsigned span, uint32_t timeslots, enum trunk_hunt hunt,
	      struct trunk **out)
{
	struct trunk *trunk;
	int rc;

	trunk = talloc_zero(ctx, struct trunk);
	if (!trunk)
		return -ENOMEM;
	trunk->span = span;
	trunk->hunt = hunt;
	rc = trunk_add_span(trunk, 0, span, timeslots);
	if (rc < 0) {
		talloc_free(trunk);
		return rc;
	}
	*out = trunk;
	return 0;
}

void trunk_free(struct trunk *trunk)
{
	talloc_free(trunk);
}

int trunk_add_span(struct trunk *trunk, unsigned interface, unsigned span, uint32_t timeslots)
{
	timeslots &= ~1u;
	if (interface >= TRUNK_INTERFACES_MAX || timeslots == 0 || span == 0)
		return -EINVAL;
	if (trunk->interfaces[interface].span != 0)
		return -EEXIST;
	trunk->interfaces[interface] = (struct trunk_interface){.span = span, .present = timeslots};
	return 0;
}

int trunk_set_interface(struct trunk *trunk, unsigned interface)
{
	struct trunk_interface first = trunk->interfaces[0];

	if (interface >= TRUNK_INTERFACES_MAX)
		return -EINVAL;
	if (interface == 0)
		return 0;
	if (trunk->interfaces[interface].span != 0)
		return -EEXIST;
	trunk->interfaces[0] = (struct trunk_interface){0};
	trunk->interfaces[interface] = first;
	return 0;
}

/* ---- what is under the channels */

bool trunk_is_up(const struct trunk *trunk)
{
	for (unsigned i = 0; trunk->dchannel_up && i < TRUNK_INTERFACES_MAX; i++) {
		if (trunk->interfaces[i].span != 0 && trunk->interfaces[i].alarms == 0)
			return true;
	}
	return false;
}

void trunk_watch(struct trunk *trunk, trunk_watch_fn *fn, void *arg)
{
	trunk->watch.fn = fn;
	trunk->watch.arg = arg;
}

static void tell_watcher(const struct trunk *trunk)
{
	if (trunk->watch.fn)
		trunk->watch.fn(trunk->watch.arg);
}

static void tell_change(const struct trunk *trunk, bool before)
{
	if (trunk_is_up(trunk) != before)
		LOGP(DISDN, LOGL_NOTICE, "trunk %u: %s\n", trunk->span,
		     before ? "out of service" : "in service");
}

void trunk_set_dchannel(struct trunk *trunk, bool up)
{
	bool before = trunk_is_up(trunk), same = trunk->dchannel_up == up;

	trunk->dchannel_up = up;
	tell_change(trunk, before);
	if (!same)
		tell_watcher(trunk);
}

void trunk_set_alarms(struct trunk *trunk, unsigned span, unsigned alarms)
{
	bool before = trunk_is_up(trunk), same = true;

	for (unsigned i = 0; i < TRUNK_INTERFACES_MAX; i++) {
		if (trunk->interfaces[i].span != span || span == 0)
			continue;
		same = !trunk->interfaces[i].alarms == !alarms;
		trunk->interfaces[i].alarms = alarms;
	}
	tell_change(trunk, before);
	if (!same)
		tell_watcher(trunk);
}

void trunk_set_link(struct trunk *trunk, bool dchannel_up, unsigned alarms)
{
	bool before = trunk_is_up(trunk);

	trunk->dchannel_up = dchannel_up;
	for (unsigned i = 0; i < TRUNK_INTERFACES_MAX; i++)
		trunk->interfaces[i].alarms = alarms;
	tell_change(trunk, before);
	tell_watcher(trunk);
}

/* ---- channels */

/* The place of the nth try, n from 0; each place once. */
static unsigned candidate(const struct trunk *trunk, enum trunk_hunt hunt, unsigned n)
{
	switch (hunt) {
	case TRUNK_DESCENDING:
		return PLACES - 1 - n;
	case TRUNK_ROUND_ROBIN:
		return (trunk->last + 1 + n) % PLACES;
	case TRUNK_HUNT_UNSAID:
	case TRUNK_ASCENDING:
		break;
	}
	return n;
}

static bool is_seizable(const struct trunk *trunk, unsigned channel,
			const struct trunk_order *order)
{
	if (trunk_channel(trunk, channel) == TRUNK_CHANNEL_IDLE)
		return true;
	return order->emergency && trunk_channel(trunk, channel) == TRUNK_CHANNEL_OUT_OF_SERVICE &&
	       interface_of(trunk, channel)->reasons[ISDN_CHANNEL_TIMESLOT(channel)] ==
		   reason_bit(TRUNK_REASON_BUSYOUT) &&
	       interface_of(trunk, channel)->alarms == 0;
}

static bool is_first_choice(unsigned timeslot, enum trunk_parity parity)
{
	return parity == TRUNK_PARITY_NONE || (parity == TRUNK_ODD_FIRST) == timeslot % 2;
}

int trunk_seize_in(struct trunk *trunk, const struct trunk_order *order)
{
	enum trunk_hunt hunt = order->hunt == TRUNK_HUNT_UNSAID ? trunk->hunt : order->hunt;
	int second_choice = -1;
	int chosen = -1;

	if (!trunk_is_up(trunk))
		return -ENETDOWN;
	for (unsigned n = 0; n < PLACES && chosen < 0; n++) {
		unsigned place = candidate(trunk, hunt, n);
		unsigned channel = ISDN_CHANNEL(place / TIMESLOTS, place % TIMESLOTS);

		if (!is_seizable(trunk, channel, order))
			continue;
		if (is_first_choice(place % TIMESLOTS, order->parity))
			chosen = (int)place;
		else if (second_choice < 0)
			second_choice = (int)place;
	}
	if (chosen < 0)
		chosen = second_choice;
	if (chosen < 0)
		return -EBUSY;
	trunk->last = (unsigned)chosen;
	chosen = ISDN_CHANNEL(trunk->last / TIMESLOTS, trunk->last % TIMESLOTS);
	trunk_take(trunk, (unsigned)chosen);
	return chosen;
}

int trunk_seize(struct trunk *trunk)
{
	static const struct trunk_order own = {.hunt = TRUNK_HUNT_UNSAID};

	return trunk_seize_in(trunk, &own);
}

int trunk_take(struct trunk *trunk, unsigned channel)
{
	const uint16_t operator= reason_bit(TRUNK_REASON_OPERATOR) |
	    reason_bit(TRUNK_REASON_OPERATOR_MAINTENANCE);
	struct trunk_interface *i = interface_of(trunk, channel);
	unsigned timeslot = ISDN_CHANNEL_TIMESLOT(channel);
	bool struck_out;

	if (!i)
		return -ENOENT;
	if (i->busy & 1u << timeslot || i->reasons[timeslot] & operator)
		return -EBUSY;
	struck_out = (i->reasons[timeslot] & ~reason_bit(TRUNK_REASON_BUSYOUT)) != 0;
	if (struck_out)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: in service again (was: %s), the far end uses it\n",
		     i->span, timeslot, trunk_reason_name(trunk_channel_reason(trunk, channel)));
	i->reasons[timeslot] &= reason_bit(TRUNK_REASON_BUSYOUT);
	i->busy |= 1u << timeslot;
	if (struck_out)
		tell_watcher(trunk);
	return 0;
}

void trunk_release(struct trunk *trunk, unsigned channel)
{
	struct trunk_interface *i = interface_of(trunk, channel);
	struct timespec now;

	if (!i)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	i->busy &= ~(1u << ISDN_CHANNEL_TIMESLOT(channel));
	i->idle_since_us[ISDN_CHANNEL_TIMESLOT(channel)] =
	    (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int trunk_block(struct trunk *trunk, unsigned channel, enum trunk_reason reason)
{
	struct trunk_interface *i = interface_of(trunk, channel);

	if (!i)
		return -ENOENT;
	i->reasons[ISDN_CHANNEL_TIMESLOT(channel)] |= reason_bit(reason);
	tell_watcher(trunk);
	return 0;
}

int trunk_unblock(struct trunk *trunk, unsigned channel, enum trunk_reason reason)
{
	struct trunk_interface *i = interface_of(trunk, channel);

	if (!i)
		return -ENOENT;
	i->reasons[ISDN_CHANNEL_TIMESLOT(channel)] &= (uint16_t)~reason_bit(reason);
	tell_watcher(trunk);
	return 0;
}

/* ---- questions */

bool trunk_is_blocked(const struct trunk *trunk, unsigned channel, enum trunk_reason reason)
{
	const struct trunk_interface *i = interface_of(trunk, channel);

	return i && i->reasons[ISDN_CHANNEL_TIMESLOT(channel)] & reason_bit(reason);
}

unsigned trunk_span_of(const struct trunk *trunk, unsigned channel)
{
	unsigned interface = ISDN_CHANNEL_INTERFACE(channel);

	return interface < TRUNK_INTERFACES_MAX ? trunk->interfaces[interface].span : 0;
}

unsigned trunk_next(const struct trunk *trunk, unsigned channel)
{
	unsigned place =
	    ISDN_CHANNEL_INTERFACE(channel) * TIMESLOTS + ISDN_CHANNEL_TIMESLOT(channel);

	while (++place < PLACES) {
		channel = ISDN_CHANNEL(place / TIMESLOTS, place % TIMESLOTS);
		if (interface_of(trunk, channel))
			return channel;
	}
	return 0;
}

unsigned trunk_idle_count(const struct trunk *trunk)
{
	unsigned count = 0;

	for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
		const struct trunk_interface *i = interface_of(trunk, c);
		unsigned timeslot = ISDN_CHANNEL_TIMESLOT(c);

		count += !(i->busy & 1u << timeslot) && i->reasons[timeslot] == 0;
	}
	return count;
}

unsigned trunk_size(const struct trunk *trunk)
{
	unsigned size = 0;

	for (unsigned i = 0; i < TRUNK_INTERFACES_MAX; i++)
		size += (unsigned)__builtin_popcount(trunk->interfaces[i].present);
	return size;
}

void trunk_usage(const struct trunk *trunk, struct trunk_usage *out)
{
	struct trunk_usage usage = {.idle_since_us = UINT64_MAX};
	unsigned idle = 0;

	for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
		const struct trunk_interface *i = interface_of(trunk, c);
		uint64_t since = i->idle_since_us[ISDN_CHANNEL_TIMESLOT(c)];

		switch (trunk_channel(trunk, c)) {
		case TRUNK_CHANNEL_BUSY:
			usage.busy++;
			break;
		case TRUNK_CHANNEL_IDLE:
			idle++;
			if (since < usage.idle_since_us)
				usage.idle_since_us = since;
			break;
		case TRUNK_CHANNEL_ABSENT:
		case TRUNK_CHANNEL_OUT_OF_SERVICE:
			break;
		}
	}
	usage.in_service = usage.busy + idle;
	if (idle == 0)
		usage.idle_since_us = 0;
	*out = usage;
}

enum trunk_reason trunk_channel_reason(const struct trunk *trunk, unsigned channel)
{
	const struct trunk_interface *i = interface_of(trunk, channel);

	if (!i)
		return TRUNK_REASON_NONE;
	for (unsigned reason = TRUNK_REASONS - 1; reason > TRUNK_REASON_ALARM; reason--) {
		if (i->reasons[ISDN_CHANNEL_TIMESLOT(channel)] & reason_bit(reason))
			return reason;
	}
	if (i->alarms != 0)
		return TRUNK_REASON_ALARM;
	return trunk->dchannel_up ? TRUNK_REASON_NONE : TRUNK_REASON_DCHANNEL;
}

enum trunk_channel_state trunk_channel(const struct trunk *trunk, unsigned channel)
{
	const struct trunk_interface *i = interface_of(trunk, channel);

	if (!i)
		return TRUNK_CHANNEL_ABSENT;
	if (i->busy & 1u << ISDN_CHANNEL_TIMESLOT(channel))
		return TRUNK_CHANNEL_BUSY;
	return trunk_channel_reason(trunk, channel) == TRUNK_REASON_NONE
		   ? TRUNK_CHANNEL_IDLE
		   : TRUNK_CHANNEL_OUT_OF_SERVICE;
}

enum trunk_service trunk_channel_service(const struct trunk *trunk, unsigned channel)
{
	bool busy = trunk_channel(trunk, channel) == TRUNK_CHANNEL_BUSY;

	switch (trunk_channel_reason(trunk, channel)) {
	case TRUNK_REASON_NONE:
	case TRUNK_REASONS:
		return TRUNK_IN_SERVICE;
	case TRUNK_REASON_RESTART:
	case TRUNK_REASON_RELEASE:
	case TRUNK_REASON_FAR_END_MAINTENANCE:
	case TRUNK_REASON_OPERATOR_MAINTENANCE:
		return busy ? TRUNK_MAINTENANCE_PENDING : TRUNK_MAINTENANCE;
	case TRUNK_REASON_DCHANNEL:
	case TRUNK_REASON_ALARM:
	case TRUNK_REASON_AUDIT:
	case TRUNK_REASON_FAR_END:
	case TRUNK_REASON_BUSYOUT:
	case TRUNK_REASON_OPERATOR:
		break;
	}
	return busy ? TRUNK_OUT_OF_SERVICE_PENDING : TRUNK_OUT_OF_SERVICE;
}
