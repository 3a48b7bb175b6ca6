// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/busyout.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "conf/conf.h"
#include "gateway/admin/console.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/log/log.h"
#include "gateway/sip/keepalive.h"
#include "gateway/sip/ua.h"

enum port_state {
	PORT_IN_SERVICE,
	PORT_BUSIED_OUT,
	PORT_RECOVERING, /* still busied out; what it monitors is up again */
};

struct port {
	struct busyout *owner;
	unsigned span;
	enum port_state state;
	struct osmo_timer_list restore;
};

struct busyout {
	const struct gateway *gateway;
	struct port ports[TDM_SPAN_MAX + 1]; /* by the span of the D channel */
};

/* ---- what is monitored */

static bool peer_is_down(const struct gateway *g, uint32_t tag)
{
	const struct plan *plan = office_plan(g->office);

	for (size_t i = 0; i < plan_peer_count(plan); i++) {
		const struct peer *peer = plan_peer_at(plan, i);

		if (peer->tag == tag)
			return peer->shutdown ||
			       keepalive_of_peer(ua_keepalive(g->ua), peer) == KEEPALIVE_BUSY_OUT;
	}
	return true;
}

/* All that is monitored is down, and there is something. */
static bool is_wanted(const struct gateway *g, const struct conf_busyout *monitor)
{
	if (monitor->forced)
		return true;
	if (!g->ua || !g->office || (!monitor->sip && !monitor->peers_count))
		return false;
	if (monitor->sip && keepalive_of_all(ua_keepalive(g->ua)) != KEEPALIVE_BUSY_OUT)
		return false;
	for (unsigned i = 0; i < monitor->peers_count; i++)
		if (!peer_is_down(g, monitor->peers[i]))
			return false;
	return true;
}

static const struct conf_voice_port *voice_port_of(const struct gateway *g, unsigned span)
{
	const struct conf_voice_port *p;

	llist_for_each_entry (p, &g->conf->voice_ports, entry)
		if (p->span == span)
			return p;
	return NULL;
}

/* ---- ports */

static void set(struct port *p, enum port_state state)
{
	const struct gateway *g = p->owner->gateway;
	bool before = p->state != PORT_IN_SERVICE, now = state != PORT_IN_SERVICE;

	p->state = state;
	if (now == before)
		return;
	LOGP(DISDN, LOGL_NOTICE, "voice-port %u:D: %s\n", p->span,
	     now ? "busied out: it takes no calls" : "in service again after busyout");
	isdn_line_busyout(g->lines->line[p->span], now);
}

static void restore(void *data)
{
	set(data, PORT_IN_SERVICE);
}

static void update_port(struct port *p)
{
	const struct conf_voice_port *port = voice_port_of(p->owner->gateway, p->span);
	bool wanted = port && is_wanted(p->owner->gateway, &port->busyout);

	if (wanted) {
		osmo_timer_del(&p->restore);
		set(p, PORT_BUSIED_OUT);
	} else if (p->state == PORT_BUSIED_OUT) {
		set(p, PORT_RECOVERING);
		osmo_timer_schedule(&p->restore, BUSYOUT_RESTORE_MS / 1000,
				    BUSYOUT_RESTORE_MS % 1000 * 1000);
	}
}

void busyout_update(void *arg)
{
	struct busyout *b = arg;

	if (!b->gateway->conf || !b->gateway->lines)
		return;
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		if (b->gateway->lines->line[span])
			update_port(&b->ports[span]);
}

int busyout_new(void *ctx, const struct gateway *gateway, struct busyout **out)
{
	struct busyout *b = talloc_zero(ctx, struct busyout);

	if (!b)
		return -ENOMEM;
	b->gateway = gateway;
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		b->ports[span].owner = b;
		b->ports[span].span = span;
		osmo_timer_setup(&b->ports[span].restore, restore, &b->ports[span]);
	}
	*out = b;
	return 0;
}

void busyout_free(struct busyout *b)
{
	if (!b)
		return;
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		osmo_timer_del(&b->ports[span].restore);
	talloc_free(b);
}

/* ---- for the console */

static void describe_port(const struct port *p, const struct conf_voice_port *port, char *text,
			  size_t size)
{
	static const char *const states[] = {
	    [PORT_IN_SERVICE] = "in service",
	    [PORT_BUSIED_OUT] = "busied out",
	    [PORT_RECOVERING] = "busied out, recovering",
	};
	const struct conf_busyout *monitor = &port->busyout;
	int n = snprintf(text, size, "voice-port %-8s %-24s", port->port, states[p->state]);

	if (monitor->forced)
		n += snprintf(text + n, size - (size_t)n, " forced");
	if (monitor->sip)
		n += snprintf(text + n, size - (size_t)n, " sip");
	for (unsigned i = 0; i < monitor->peers_count; i++)
		n += snprintf(text + n, size - (size_t)n, " dial-peer %u (%s)", monitor->peers[i],
			      peer_is_down(p->owner->gateway, monitor->peers[i]) ? "down" : "up");
}

void busyout_describe(const struct busyout *b, void (*line)(void *arg, const char *text), void *arg)
{
	const struct conf_voice_port *port;
	char text[64 + CONF_BUSYOUT_PEERS_MAX * 32];

	llist_for_each_entry (port, &b->gateway->conf->voice_ports, entry) {
		if (!port->busyout.forced && !port->busyout.sip && !port->busyout.peers_count)
			continue;
		describe_port(&b->ports[port->span], port, text, sizeof(text));
		line(arg, text);
	}
}
