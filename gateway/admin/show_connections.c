// SPDX-License-Identifier: GPL-2.0-or-later
/* show sip-ua connections, show sip-ua status, clear sip-ua tcp|tls connection */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/commands.h"
#include "gateway/sip/target.h"
#include "gateway/sip/ua.h"

struct printing {
	struct vty *vty;
	enum peer_transport transport; /* SYSTEM: all */
	bool detail;
	unsigned count;
	int remote_width, local_width;
};

static const char *end_text(const struct sockaddr_storage *address, char text[TARGET_ADDRESS_MAX])
{
	if (address->ss_family == AF_UNSPEC)
		return "-";
	target_address_text((const struct sockaddr *)address, text, TARGET_ADDRESS_MAX);
	return text;
}

static const char *transport_text(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TLS ? "tls" : "tcp";
}

static bool is_wanted(const struct printing *p, const struct connection_view *v)
{
	return p->transport == PEER_TRANSPORT_SYSTEM || p->transport == v->transport;
}

static void measure_one(void *arg, const struct connection_view *v)
{
	struct printing *p = arg;
	char text[TARGET_ADDRESS_MAX];

	if (!is_wanted(p, v))
		return;
	console_widen(&p->remote_width, end_text(&v->remote, text));
	console_widen(&p->local_width, end_text(&v->local, text));
}

static void print_one(void *arg, const struct connection_view *v)
{
	struct printing *p = arg;
	char remote[TARGET_ADDRESS_MAX], local[TARGET_ADDRESS_MAX];

	if (!is_wanted(p, v))
		return;
	if (p->count++ == 0)
		console_print(p->vty, "%6s  %-4s %-4s %-*s %-*s %-12s %8s %8s", "Id", "", "From",
			      p->remote_width, "Far end", p->local_width, "Here", "State", "Age s",
			      "Idle s");
	console_print(p->vty, "%6u  %-4s %-4s %-*s %-*s %-12s %8u %8u", v->id,
		      transport_text(v->transport), v->incoming ? "them" : "us", p->remote_width,
		      end_text(&v->remote, remote), p->local_width, end_text(&v->local, local),
		      v->established ? "established" : "opening", v->age_s, v->idle_s);
	if (!p->detail)
		return;
	console_print(p->vty, "        %lu request%s received%s%s", v->requests,
		      v->requests == 1 ? "" : "s", v->detail[0] ? "; " : "", v->detail);
}

static enum peer_transport transport_of(const char *word)
{
	return strcmp(word, "tls") == 0 ? PEER_TRANSPORT_TLS : PEER_TRANSPORT_TCP;
}

static int print_connections(struct vty *vty, enum peer_transport transport, bool detail)
{
	struct ua *ua = console_gateway()->ua;
	struct printing p = {.vty = vty,
			     .transport = transport,
			     .detail = detail,
			     .remote_width = 21,
			     .local_width = 21};
	struct connection_counters c;

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	connections_each(ua_connections(ua), measure_one, &p);
	connections_each(ua_connections(ua), print_one, &p);
	if (!p.count)
		console_print(vty, "There is no connection.");
	if (!detail)
		return CMD_SUCCESS;
	connections_count(ua_connections(ua), &c);
	console_print(vty,
		      "Closed since the start: %lu too slow to be established, %lu without a "
		      "request, %lu idle, %lu beyond the limits",
		      c.closed_slow, c.closed_silent, c.closed_idle, c.closed_excess);
	return CMD_SUCCESS;
}

#define CONNECTIONS_STR SHOW_STR "SIP user agent\nConnections\n"
#define DETAIL_STR "One line each\nAnd how they are secured\n"

DEFUN(show_connections, show_connections_cmd, "show sip-ua connections", CONNECTIONS_STR)
{
	return print_connections(vty, PEER_TRANSPORT_SYSTEM,
				 argc && strcmp(argv[0], "detail") == 0);
}

ALIAS(show_connections, show_connections_how_cmd, "show sip-ua connections (brief|detail)",
      CONNECTIONS_STR DETAIL_STR)

#define OF_STR "Those of TCP\nThose of TLS\n"

DEFUN(show_connections_of, show_connections_of_cmd, "show sip-ua connections (tcp|tls)",
      CONNECTIONS_STR OF_STR)
{
	return print_connections(vty, transport_of(argv[0]),
				 argc > 1 && strcmp(argv[1], "detail") == 0);
}

ALIAS(show_connections_of, show_connections_of_how_cmd,
      "show sip-ua connections (tcp|tls) (brief|detail)", CONNECTIONS_STR OF_STR DETAIL_STR)

DEFUN(show_connections_udp, show_connections_udp_cmd, "show sip-ua connections udp",
      CONNECTIONS_STR "UDP has none\n")
{
	console_print(vty, "UDP has no connections; `show sip-ua service` names its addresses.");
	return CMD_SUCCESS;
}

DEFUN(clear_connection, clear_connection_cmd, "clear sip-ua (tcp|tls) connection id NUMBER",
      CLEAR_STR "SIP user agent\nTCP\nTLS\nEnds a connection\nBy its number\n"
		"Number that `show sip-ua connections` gives it\n")
{
	struct ua *ua = console_gateway()->ua;
	char *end;
	unsigned long id = strtoul(argv[1], &end, 10);

	if (!ua || *end || !id ||
	    connections_close(ua_connections(ua), transport_of(argv[0]), (unsigned)id) < 0) {
		console_print(vty, "%% There is no %s connection %s.", argv[0], argv[1]);
		return CMD_WARNING;
	}
	console_print(vty, "Connection %lu is closed.", id);
	return CMD_SUCCESS;
}

/* ---- */

static const char *on_off(bool on)
{
	return on ? "ENABLED" : "DISABLED";
}

static void print_limits(struct vty *vty, const struct connection_limits *c)
{
	unsigned aging = c->aging_ms ? c->aging_ms : CONNECTIONS_AGING_MS_DEFAULT;
	unsigned establish = c->establish_ms ? c->establish_ms : CONNECTIONS_ESTABLISH_MS_DEFAULT;

	console_print(vty, "Connections of callers: at most %u, %u of one address",
		      c->max ? c->max : CONNECTIONS_MAX_DEFAULT,
		      c->per_source ? c->per_source : CONNECTIONS_PER_SOURCE_DEFAULT);
	console_print(vty, "Connections: %u s to be established, closed after %u min without use",
		      establish / 1000, aging / 60000);
	if (c->keepalive_ms)
		console_print(vty, "Keepalive: an empty line each %u s", c->keepalive_ms / 1000);
}

DEFUN(show_status, show_status_cmd, "show sip-ua status",
      SHOW_STR "SIP user agent\nHow it is set up\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_sip_transport *t;

	if (!conf || !console_gateway()->ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	t = &conf->sip;
	console_print(vty, "SIP User Agent Status");
	console_print(vty, "SIP User Agent for UDP : %s, port %u", on_off(t->listen_udp), t->port);
	console_print(vty, "SIP User Agent for TCP : %s, port %u", on_off(t->listen_tcp), t->port);
	console_print(vty, "SIP User Agent for TLS over TCP : %s, port %u", on_off(t->listen_tls),
		      t->port_secure);
	console_print(vty, "SIP User Agent bind status(signaling): %s",
		      t->control_count ? "ENABLED" : "DISABLED (all addresses)");
	console_print(vty, "SIP User Agent bind status(media): %s",
		      t->media4.address.ss_family || t->media6.address.ss_family
			  ? "ENABLED"
			  : "DISABLED (the address that leads to the far end)");
	if (t->listen_tls)
		console_print(vty, "TLS: version %s, tls-profile %u",
			      t->tls.version == TLS_VERSION_1_3 ? "1.3" : "1.2 and later",
			      t->tls.default_profile);
	console_print(vty, "Large requests move from UDP to TCP: %s",
		      on_off(conf->tenant_all.options.large_by_tcp != SIP_SWITCH_OFF));
	print_limits(vty, &t->connections);
	return CMD_SUCCESS;
}

void show_connections_install(void)
{
	install_element(ENABLE_NODE, &show_connections_cmd);
	install_element(ENABLE_NODE, &show_connections_how_cmd);
	install_element(ENABLE_NODE, &show_connections_of_cmd);
	install_element(ENABLE_NODE, &show_connections_of_how_cmd);
	install_element(ENABLE_NODE, &show_connections_udp_cmd);
	install_element(ENABLE_NODE, &clear_connection_cmd);
	install_element(ENABLE_NODE, &show_status_cmd);
}
