// SPDX-License-Identifier: GPL-2.0-or-later
/* Which session targets answer, and what follows for voice ports. */
#include <stdio.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/commands.h"
#include "gateway/sip/keepalive.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/ua.h"

const char *keepalive_text(const struct peer *peer)
{
	const struct gateway *g = console_gateway();

	if (!g->ua)
		return "";
	switch (keepalive_of_peer(ua_keepalive(g->ua), peer)) {
	case KEEPALIVE_ACTIVE:
		return "active";
	case KEEPALIVE_BUSY_OUT:
		return "busy-out";
	case KEEPALIVE_NONE:
		break;
	}
	return "";
}

static const char *transport_name(enum peer_transport transport)
{
	static const char *const names[] = {
	    [PEER_TRANSPORT_SYSTEM] = "system",
	    [PEER_TRANSPORT_UDP] = "udp",
	    [PEER_TRANSPORT_TCP] = "tcp",
	    [PEER_TRANSPORT_TLS] = "tls",
	};

	return names[transport];
}

static void print_profile(struct vty *vty, const struct conf_keepalive *k)
{
	const struct sip_keepalive *o = &k->keepalive;

	console_print(vty, "Voice class sip-options-keepalive: %u", k->number);
	if (k->head.description[0])
		console_print(vty, "  Description: %s", k->head.description);
	console_print(vty, "  Transport: %s  Interval(seconds) Up: %u  Down: %u  Retry: %u",
		      transport_name((enum peer_transport)o->transport),
		      o->up_s ? o->up_s : SIP_KEEPALIVE_UP_S,
		      o->down_s ? o->down_s : SIP_KEEPALIVE_DOWN_S,
		      o->retry ? o->retry : SIP_KEEPALIVE_RETRY);
}

static void print_target(void *arg, const struct keepalive_view *view)
{
	struct vty *vty = arg;

	console_print(vty,
		      "%-9s %s, %s, every %u s (%u s while busied out), retry %u, %u dial peer%s",
		      view->state == KEEPALIVE_BUSY_OUT ? "busy-out" : "active", view->target,
		      transport_name(view->transport), view->up_s, view->down_s, view->retry,
		      view->peers, view->peers == 1 ? "" : "s");
	for (unsigned i = 0; i < view->count; i++) {
		const struct keepalive_address *a = &view->addresses[i];
		char status[16] = "none";

		if (a->status)
			snprintf(status, sizeof(status), "%u", a->status);
		console_print(vty, "  %-26s %-5s sent %u, failed %u, last answer %s", a->address,
			      a->down ? "down" : "up", a->sent, a->failed, status);
	}
}

struct rows {
	struct vty *vty;
	unsigned count;
};

static void print_health(void *arg, const char *name, enum target_health_state state,
			 unsigned left_s)
{
	struct rows *rows = arg;

	if (rows->count++ == 0)
		console_print(rows->vty,
			      "Called after others (failing), or not at all (retry-after):");
	console_print(rows->vty, "  %-40s %s for %u s", name, target_health_state_name(state),
		      left_s);
}

DEFUN(show_keepalive, show_keepalive_cmd, "show voice class sip-options-keepalive",
      SHOW_STR "Voice\nClasses\nOPTIONS to session targets: profiles, and who answers\n")
{
	const struct gateway *g = console_gateway();
	const struct conf_keepalive *k;

	if (!g->conf || !g->ua)
		return CMD_SUCCESS;
	llist_for_each_entry (k, &g->conf->keepalives, head.entry)
		print_profile(vty, k);
	if (keepalive_of_all(ua_keepalive(g->ua)) == KEEPALIVE_NONE)
		console_print(vty, "No session target is sent OPTIONS.");
	keepalive_each(ua_keepalive(g->ua), print_target, vty);
	return CMD_SUCCESS;
}

DEFUN(show_targets, show_targets_cmd, "show sip-ua targets",
      SHOW_STR "The SIP user agent\nAddresses and session targets whose last calls failed\n")
{
	const struct gateway *g = console_gateway();
	struct rows rows = {.vty = vty};

	if (!g->ua)
		return CMD_SUCCESS;
	target_health_each(ua_target_health(g->ua), target_health_now_ms(), print_health, &rows);
	if (!rows.count)
		console_print(vty, "No address and no session target has failed lately.");
	return CMD_SUCCESS;
}

static void print_port(void *arg, const char *text)
{
	struct rows *rows = arg;

	rows->count++;
	console_print(rows->vty, "%s", text);
}

DEFUN(show_busyout, show_busyout_cmd, "show voice busyout",
      SHOW_STR "Voice\nVoice ports that take no calls while what they monitor is down\n")
{
	const struct gateway *g = console_gateway();
	struct rows rows = {.vty = vty};

	if (g->busyout && g->conf)
		g->busyout_describe(g->busyout, print_port, &rows);
	if (!rows.count)
		console_print(vty, "No voice port has busyout.");
	return CMD_SUCCESS;
}

void show_keepalive_install(void)
{
	install_element(ENABLE_NODE, &show_keepalive_cmd);
	install_element(ENABLE_NODE, &show_targets_cmd);
	install_element(ENABLE_NODE, &show_busyout_cmd);
}
