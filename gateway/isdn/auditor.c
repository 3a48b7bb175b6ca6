// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A channel, as the auditor sees it:
 *
 *	SOUND --differs--> SUSPECT --differs again--> (repair) SOUND or RESTARTING
 *	any --RELEASE not answered, asked for--> RESTARTING --acknowledged--> SOUND
 *	RESTARTING --T316 twice--> FAILED --retry_ms--> RESTARTING
 *	RESTARTING, FAILED --the far end uses it, or restarts it--> SOUND
 */
#include "gateway/isdn/auditor.h"

#include <errno.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/log/log.h"

#define PERIOD_MS 60000
#define RETRY_MS 300000
#define TIMESLOTS 32

enum audit_state {
	AUDIT_SOUND,
	AUDIT_SUSPECT,
	AUDIT_RESTARTING,
	AUDIT_FAILED,
};

struct auditor {
	struct auditor_config config;
	struct trunk *trunk;
	const struct auditor_ops *ops;
	void *arg;
	uint8_t states[TRUNK_INTERFACES_MAX][TIMESLOTS]; /* enum audit_state */
	unsigned next_restart; /* channel before the next one of `isdn restart interval` */
	struct auditor_counters counters;
	struct osmo_timer_list period, retry, restart;
};

static uint8_t *state_of(struct auditor *auditor, unsigned channel)
{
	return &auditor->states[ISDN_CHANNEL_INTERFACE(channel)][ISDN_CHANNEL_TIMESLOT(channel)];
}

static bool is_channel(const struct auditor *auditor, unsigned channel)
{
	return trunk_channel(auditor->trunk, channel) != TRUNK_CHANNEL_ABSENT;
}

static void schedule(struct osmo_timer_list *timer, unsigned ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

static void say(const struct auditor *auditor, unsigned channel, const char *what)
{
	LOGP(DISDN, LOGL_NOTICE, "%u/%u: %s\n", trunk_span_of(auditor->trunk, channel),
	     ISDN_CHANNEL_TIMESLOT(channel), what);
}

/* ---- repair by RESTART */

static void make_sound(struct auditor *auditor, unsigned channel)
{
	*state_of(auditor, channel) = AUDIT_SOUND;
	trunk_unblock(auditor->trunk, channel, TRUNK_REASON_RESTART);
	trunk_unblock(auditor->trunk, channel, TRUNK_REASON_RELEASE);
	trunk_unblock(auditor->trunk, channel, TRUNK_REASON_AUDIT);
}

static int start_restart(struct auditor *auditor, unsigned channel, enum trunk_reason reason)
{
	int rc;

	trunk_block(auditor->trunk, channel, reason);
	*state_of(auditor, channel) = AUDIT_RESTARTING;
	rc = auditor->ops->restart(auditor->arg, channel);
	if (rc < 0)
		make_sound(auditor, channel);
	return rc;
}

void auditor_release_failed(struct auditor *auditor, unsigned channel)
{
	if (!is_channel(auditor, channel))
		return;
	auditor->counters.found++;
	say(auditor, channel, "the far end does not answer RELEASE: in maintenance till RESTART");
	if (start_restart(auditor, channel, TRUNK_REASON_RELEASE) < 0)
		say(auditor, channel, "there is no RESTART on this line: in service again");
}

void auditor_restart_done(struct auditor *auditor, unsigned channel, bool acknowledged)
{
	uint8_t *state;

	if (!is_channel(auditor, channel))
		return;
	state = state_of(auditor, channel);
	if (*state != AUDIT_RESTARTING && *state != AUDIT_FAILED)
		return; /* one of those that are sent when layer 2 comes up */
	if (acknowledged || trunk_channel(auditor->trunk, channel) == TRUNK_CHANNEL_BUSY) {
		if (trunk_channel_reason(auditor->trunk, channel) >= TRUNK_REASON_RELEASE)
			auditor->counters.repaired++;
		make_sound(auditor, channel);
		say(auditor, channel, "restarted");
		return;
	}
	auditor->counters.failed++;
	make_sound(auditor, channel);
	*state = AUDIT_FAILED;
	trunk_block(auditor->trunk, channel, TRUNK_REASON_AUDIT);
	LOGP(DISDN, LOGL_ERROR,
	     "%u/%u: out of service: RESTART is not acknowledged; tried again in %u s\n",
	     trunk_span_of(auditor->trunk, channel), ISDN_CHANNEL_TIMESLOT(channel),
	     auditor->config.retry_ms / 1000);
	if (!osmo_timer_pending(&auditor->retry))
		schedule(&auditor->retry, auditor->config.retry_ms);
}

void auditor_restarted(struct auditor *auditor, unsigned channel)
{
	for (unsigned c = trunk_next(auditor->trunk, 0); c != 0;
	     c = trunk_next(auditor->trunk, c)) {
		uint8_t *state = state_of(auditor, c);

		if (channel != 0 && c != channel)
			continue;
		if (*state == AUDIT_FAILED || *state == AUDIT_RESTARTING) {
			auditor->counters.repaired++;
			say(auditor, c, "in service again: the far end has restarted it");
		}
		make_sound(auditor, c);
	}
}

int auditor_restart(struct auditor *auditor, unsigned channel)
{
	switch (trunk_channel(auditor->trunk, channel)) {
	case TRUNK_CHANNEL_ABSENT:
		return -ENOENT;
	case TRUNK_CHANNEL_BUSY:
		return -EBUSY;
	case TRUNK_CHANNEL_IDLE:
	case TRUNK_CHANNEL_OUT_OF_SERVICE:
		break;
	}
	return start_restart(auditor, channel, TRUNK_REASON_RESTART);
}

static void on_retry(void *data)
{
	struct auditor *auditor = data;

	for (unsigned c = trunk_next(auditor->trunk, 0); c != 0;
	     c = trunk_next(auditor->trunk, c)) {
		if (*state_of(auditor, c) != AUDIT_FAILED)
			continue;
		if (trunk_is_blocked(auditor->trunk, c, TRUNK_REASON_AUDIT))
			start_restart(auditor, c, TRUNK_REASON_AUDIT);
		else
			make_sound(auditor, c); /* the far end has used it */
	}
}

static void on_restart(void *data)
{
	struct auditor *auditor = data;
	unsigned channel = trunk_next(auditor->trunk, auditor->next_restart);

	schedule(&auditor->restart, auditor->config.restart_ms / trunk_size(auditor->trunk));
	if (channel == 0)
		channel = trunk_next(auditor->trunk, 0);
	auditor->next_restart = channel;
	if (trunk_channel(auditor->trunk, channel) == TRUNK_CHANNEL_IDLE)
		auditor_restart(auditor, channel);
}

/* ---- the look at everything */

static const char *disagreement(bool busy, unsigned holders)
{
	if (busy && holders == 0)
		return "taken, but no leg and no call has it: RESTART";
	if (busy && holders == AUDITOR_LEG)
		return "its leg has no call on the D channel: dropped";
	if (busy && holders == AUDITOR_CALL)
		return "its call on the D channel has no leg: released";
	if (!busy && holders != 0)
		return "idle, but a leg or a call has it: dropped";
	return NULL;
}

static void look_at(struct auditor *auditor, unsigned channel)
{
	bool busy = trunk_channel(auditor->trunk, channel) == TRUNK_CHANNEL_BUSY;
	unsigned holders = auditor->ops->holders(auditor->arg, channel);
	const char *what = disagreement(busy, holders);
	uint8_t *state = state_of(auditor, channel);

	if (!what) {
		if (*state == AUDIT_SUSPECT)
			*state = AUDIT_SOUND;
		return;
	}
	if (*state == AUDIT_SOUND) {
		*state = AUDIT_SUSPECT;
		return;
	}
	auditor->counters.found++;
	say(auditor, channel, what);
	if (*state == AUDIT_SUSPECT)
		*state = AUDIT_SOUND;
	if (holders != 0) {
		auditor->ops->drop(auditor->arg, channel);
		return;
	}
	trunk_release(auditor->trunk, channel);
	start_restart(auditor, channel, TRUNK_REASON_RELEASE);
}

void auditor_look(struct auditor *auditor)
{
	for (unsigned c = trunk_next(auditor->trunk, 0); c != 0; c = trunk_next(auditor->trunk, c))
		look_at(auditor, c);
}

static void on_period(void *data)
{
	struct auditor *auditor = data;

	schedule(&auditor->period, auditor->config.period_ms);
	auditor_look(auditor);
}

/* ---- life */

int auditor_new(void *ctx, const struct auditor_config *config, struct trunk *trunk,
		const struct auditor_ops *ops, void *arg, struct auditor **out)
{
	struct auditor *auditor = talloc_zero(ctx, struct auditor);

	if (!auditor)
		return -ENOMEM;
	auditor->config = *config;
	if (auditor->config.period_ms == 0)
		auditor->config.period_ms = PERIOD_MS;
	if (auditor->config.retry_ms == 0)
		auditor->config.retry_ms = RETRY_MS;
	auditor->trunk = trunk;
	auditor->ops = ops;
	auditor->arg = arg;
	osmo_timer_setup(&auditor->period, on_period, auditor);
	osmo_timer_setup(&auditor->retry, on_retry, auditor);
	osmo_timer_setup(&auditor->restart, on_restart, auditor);
	schedule(&auditor->period, auditor->config.period_ms);
	if (config->restart_ms != 0)
		schedule(&auditor->restart, config->restart_ms / trunk_size(trunk));
	*out = auditor;
	return 0;
}

void auditor_free(struct auditor *auditor)
{
	if (!auditor)
		return;
	osmo_timer_del(&auditor->period);
	osmo_timer_del(&auditor->retry);
	osmo_timer_del(&auditor->restart);
	talloc_free(auditor);
}

void auditor_counters(const struct auditor *auditor, struct auditor_counters *out)
{
	*out = auditor->counters;
}
