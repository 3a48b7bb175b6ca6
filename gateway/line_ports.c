// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/line_ports.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/console.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/isdn/trunk.h"
#include "gateway/log/log.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/ua.h"
#include "gateway/voice_ports.h"

struct line_ports {
	const struct gateway *gateway;
	struct osmo_timer_list later; /* a trunk changes channel by channel: they are told as one */
};

struct spans { /* of one trunk: which have a channel in service */
	bool has[TDM_SPAN_MAX + 1], works[TDM_SPAN_MAX + 1];
};

static void set(const struct line_ports *p, const char *name, bool works)
{
	if (line_states_set_service(ua_line_states(p->gateway->ua), name,
				    works ? LINE_IN_SERVICE : LINE_OUT_OF_SERVICE) < 0)
		LOGP(DSIP, LOGL_ERROR, "port %s: out of memory for its state\n", name);
}

static void tell_channel(const struct line_ports *p, const struct trunk *trunk, unsigned channel,
			 struct spans *spans)
{
	unsigned span = trunk_span_of(trunk, channel);
	bool works = trunk_channel_reason(trunk, channel) == TRUNK_REASON_NONE &&
		     !voice_port_is_shut(p->gateway->conf, span);
	char name[24];

	snprintf(name, sizeof(name), "%u/%u", span, ISDN_CHANNEL_TIMESLOT(channel));
	set(p, name, works);
	spans->has[span] = true;
	spans->works[span] |= works;
}

static void tell_trunk(const struct line_ports *p, const struct trunk *trunk)
{
	struct spans spans = {.has = {false}};
	char name[24];

	for (unsigned c = trunk_next(trunk, 0); c; c = trunk_next(trunk, c))
		tell_channel(p, trunk, c, &spans);
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		if (!spans.has[span])
			continue;
		snprintf(name, sizeof(name), "%u:D", span);
		set(p, name, spans.works[span]);
	}
}

static void tell(void *data)
{
	const struct line_ports *p = data;

	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		if (p->gateway->lines->line[span])
			tell_trunk(p, isdn_line_trunk(p->gateway->lines->line[span]));
}

static void trunk_changed(void *arg)
{
	line_ports_update(arg);
}

void line_ports_update(struct line_ports *p)
{
	if (!osmo_timer_pending(&p->later))
		osmo_timer_schedule(&p->later, 0, 0);
}

static void watch(const struct line_ports *p, trunk_watch_fn *fn, void *arg)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		if (p->gateway->lines->line[span])
			trunk_watch(isdn_line_trunk(p->gateway->lines->line[span]), fn, arg);
}

int line_ports_new(void *ctx, const struct gateway *gateway, struct line_ports **out)
{
	struct line_ports *p = talloc_zero(ctx, struct line_ports);

	if (!p)
		return -ENOMEM;
	p->gateway = gateway;
	osmo_timer_setup(&p->later, tell, p);
	watch(p, trunk_changed, p);
	tell(p);
	*out = p;
	return 0;
}

void line_ports_free(struct line_ports *p)
{
	if (!p)
		return;
	watch(p, NULL, NULL);
	osmo_timer_del(&p->later);
	talloc_free(p);
}
