// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/dial_state.h"

#include "drivers-glue/span/span.h"
#include "gateway/admin/console.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/sip/keepalive.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/ua.h"
#include "gateway/voice_ports.h"

/* The line of a port that can be called through now, or NULL. */
static struct isdn_line *usable_line(const struct gateway *gateway, unsigned span)
{
	struct isdn_line *line = gateway->lines ? gateway->lines->line[span] : NULL;

	if (!line || !isdn_line_is_up(line) || voice_port_is_shut(gateway->conf, span))
		return NULL;
	return line;
}

static unsigned span_of(const char *port)
{
	unsigned span = peer_port_span(port, NULL);

	return span > TDM_SPAN_MAX ? 0 : span;
}

enum plan_peer_state dial_state_of_peer(void *arg, const struct peer *peer)
{
	const struct gateway *gateway = arg;
	unsigned span = peer->kind == PEER_POTS ? span_of(peer->port) : 0;

	if (peer->kind == PEER_VOIP && gateway->ua &&
	    keepalive_of_peer(ua_keepalive(gateway->ua), peer) == KEEPALIVE_BUSY_OUT)
		return PLAN_PEER_BUSIED_OUT;
	return span == 0 || usable_line(gateway, span) ? PLAN_PEER_UP : PLAN_PEER_PORT_DOWN;
}

static struct plan_target_status state_of_server(const struct gateway *gateway, const char *target)
{
	struct plan_target_status status = {.down = false};

	if (!gateway->ua)
		return status;
	status.down = keepalive_of_target(ua_keepalive(gateway->ua), target) == KEEPALIVE_BUSY_OUT;
	status.failing = target_health_look(ua_target_health(gateway->ua), target,
					    target_health_now_ms(), NULL) != TARGET_HEALTH_WORKS;
	return status;
}

static struct plan_target_status state_of_port(const struct gateway *gateway, const char *port)
{
	unsigned span = span_of(port);
	struct isdn_line *line = span ? usable_line(gateway, span) : NULL;
	struct trunk_usage usage = {0};

	if (line)
		trunk_usage(isdn_line_trunk(line), &usage);
	return (struct plan_target_status){
	    .down = span != 0 && !line,
	    .busy = usage.busy,
	    .channels = usage.in_service,
	    .idle_since = usage.idle_since_us,
	};
}

struct plan_target_status dial_state_of_target(void *gateway, const char *target)
{
	return peer_port_span(target, NULL) ? state_of_port(gateway, target)
					    : state_of_server(gateway, target);
}
