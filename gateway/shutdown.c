// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/shutdown.h"

#include <unistd.h>

#include <osmocom/core/timer.h>

#include "conf/conf.h"
#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/console.h"
#include "gateway/call/call.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/log/log.h"
#include "gateway/service.h"
#include "gateway/sip/ua.h"

#define STOP_TICK_MS 20
#define STOP_TICKS 100 /* so long may calls take to be cleared */
#define DRAIN_TICK_MS 200
#define EXTENSION_S 5
#define CAUSE_TEMPORARY_FAILURE 41

static struct {
	const struct gateway *gateway;
	struct osmo_timer_list timer;
	unsigned ticks; /* of this state */
	enum {
		RUNS,
		DRAINS,
		STOPS, /* calls are being cleared */
		OVER,
	} state;
} end;

static void next_tick(void (*tick)(void *data), unsigned ms)
{
	osmo_timer_setup(&end.timer, tick, NULL);
	osmo_timer_schedule(&end.timer, 0, ms * 1000);
}

static bool clear_one(void *arg, const struct call_summary *call)
{
	office_clear_call(end.gateway->office, call->id, CAUSE_TEMPORARY_FAILURE);
	return true;
}

static bool all_clear(void)
{
	struct ua_counters counters;

	ua_counters(end.gateway->ua, &counters);
	if (office_call_count(end.gateway->office) || counters.dialogs ||
	    registrations_ending(ua_registrations(end.gateway->ua)))
		return false;
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		struct isdn_line *line = end.gateway->lines->line[span];

		if (line && isdn_call_count(isdn_line_isdn(line)))
			return false;
	}
	return true;
}

/* Calls are cleared on both sides before the sockets close, unless the far ends take too long. */
static void stop_tick(void *data)
{
	if (all_clear() || ++end.ticks > STOP_TICKS)
		end.state = OVER;
	else
		next_tick(stop_tick, STOP_TICK_MS);
}

static void stop(void)
{
	LOGP(DADMIN, LOGL_NOTICE, "stopping, %u calls to clear\n",
	     office_call_count(end.gateway->office));
	end.state = STOPS;
	end.ticks = 0;
	service_extend(EXTENSION_S);
	office_each_call(end.gateway->office, clear_one, NULL);
	stop_tick(NULL);
}

static void drain_tick(void *data)
{
	if (office_call_count(end.gateway->office) == 0 ||
	    end.ticks++ >= end.gateway->conf->drain_s * (1000 / DRAIN_TICK_MS)) {
		stop();
		return;
	}
	service_extend(EXTENSION_S);
	next_tick(drain_tick, DRAIN_TICK_MS);
}

static void drain(void)
{
	struct office *office = end.gateway->office;

	service_stopping();
	office_stop(office, PEER_VOIP, true);
	office_stop(office, PEER_POTS, true);
	registrations_stop(ua_registrations(end.gateway->ua));
	end.state = DRAINS;
	if (end.gateway->conf->drain_s && office_call_count(office))
		LOGP(DADMIN, LOGL_NOTICE, "no new calls are taken; %u may go on for %u s\n",
		     office_call_count(office), end.gateway->conf->drain_s);
	drain_tick(NULL);
}

void shutdown_asked(const struct gateway *gateway)
{
	end.gateway = gateway;
	switch (end.state) {
	case RUNS:
		drain();
		break;
	case DRAINS:
		osmo_timer_del(&end.timer);
		stop();
		break;
	default:
		_exit(1);
	}
}

bool shutdown_is_over(void)
{
	return end.state == OVER;
}
