// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua
 *	 transport udp
 *	 no transport tcp
 *	 transport tcp tls v1.2
 *	 session transport tcp tls
 *	 crypto signaling default tls-profile 1
 *	 crypto signaling remote-addr 192.0.2.0 255.255.255.0 tls-profile 2
 *	 timers connection aging 30
 *	 timers connection establish 10
 *	 keepalive crlf 60
 *	 connection limit total 2000
 *	 connection limit source 200
 */
#include <stdlib.h>
#include <string.h>

#include "conf/definition.h"
#include "conf/sip_options.h"
#include "conf/value.h"

static struct conf_sip_transport *transport_of(struct vty *vty)
{
	return &conf_of(vty)->sip;
}

/* ---- transports */

#define TRANSPORT_STR "Listen for SIP\n"
#define TLS_STR "On TCP\nSecured by TLS\n"

static void set_listen(struct vty *vty, const char *transport, bool on)
{
	if (strcmp(transport, "udp") == 0)
		transport_of(vty)->listen_udp = on;
	else
		transport_of(vty)->listen_tcp = on;
}

DEFUN(transport, transport_cmd, "transport (udp|tcp)", TRANSPORT_STR "On UDP\nOn TCP\n")
{
	set_listen(vty, argv[0], true);
	return CMD_SUCCESS;
}

DEFUN(no_transport, no_transport_cmd, "no transport (udp|tcp)",
      NO_STR TRANSPORT_STR "On UDP\nOn TCP\n")
{
	set_listen(vty, argv[0], false);
	return CMD_SUCCESS;
}

DEFUN(transport_tls, transport_tls_cmd, "transport tcp tls [(v1.2|v1.3)]",
      TRANSPORT_STR TLS_STR "Version 1.2 and later\nVersion 1.3 alone\n")
{
	struct conf_sip_transport *t = transport_of(vty);

	t->listen_tls = true;
	t->tls.version = argc && !strcmp(argv[0], "v1.3") ? TLS_VERSION_1_3 : TLS_VERSION_1_2;
	t->tls_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(no_transport_tls, no_transport_tls_cmd, "no transport tcp tls", NO_STR TRANSPORT_STR TLS_STR)
{
	transport_of(vty)->listen_tls = false;
	return CMD_SUCCESS;
}

#define SESSION_STR "Calls that go out\nTransport of session targets\n"

DEFUN(session_transport, session_transport_cmd, "session transport (udp|tcp)",
      SESSION_STR "UDP\nTCP\n")
{
	conf_of(vty)->transport =
	    strcmp(argv[0], "tcp") == 0 ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP;
	return CMD_SUCCESS;
}

DEFUN(session_transport_tls, session_transport_tls_cmd, "session transport tcp tls",
      SESSION_STR "TCP\nSecured by TLS\n")
{
	conf_of(vty)->transport = PEER_TRANSPORT_TLS;
	return CMD_SUCCESS;
}

DEFUN(no_session_transport, no_session_transport_cmd, "no session transport", NO_STR SESSION_STR)
{
	conf_of(vty)->transport = PEER_TRANSPORT_SYSTEM;
	return CMD_SUCCESS;
}

/* ---- which profile */

#define CRYPTO_STR "Security\nOf SIP on TLS\n"
#define PROFILE_STR "Who we are there, and whom we believe\nNumber of a voice class tls-profile\n"

static const struct value_range profile_range = {"tls-profile", 1, TLS_PROFILE_NUMBER_MAX};

DEFUN(crypto_default, crypto_default_cmd, "crypto signaling default tls-profile NUMBER",
      CRYPTO_STR "Where nothing else is said\n" PROFILE_STR)
{
	transport_of(vty)->default_line = conf_line_of(vty);
	return value_number(vty, argv[0], &profile_range, &transport_of(vty)->tls.default_profile);
}

DEFUN(no_crypto_default, no_crypto_default_cmd, "no crypto signaling default",
      NO_STR CRYPTO_STR "Where nothing else is said\n")
{
	transport_of(vty)->tls.default_profile = 0;
	return CMD_SUCCESS;
}

DEFUN(crypto_remote, crypto_remote_cmd,
      "crypto signaling remote-addr ADDRESS MASK tls-profile NUMBER",
      CRYPTO_STR "For callers from there\nNetwork\nIts mask as in 255.255.255.0, or its length as "
		 "in /64\n" PROFILE_STR)
{
	struct conf_sip_transport *t = transport_of(vty);
	struct tls_remote *row = &t->tls.remotes[t->tls.remotes_count];
	int prefix;

	if (t->tls.remotes_count == TLS_REMOTES_MAX)
		return conf_error(vty,
				  "at most %d lines of crypto signaling remote-addr are allowed",
				  TLS_REMOTES_MAX);
	if (value_address(argv[0], &row->address) < 0)
		return conf_error(
		    vty, "crypto signaling remote-addr %s: expected an IPv4 or IPv6 address",
		    argv[0]);
	prefix = value_prefix(argv[1], row->address.ss_family);
	if (prefix < 0)
		return conf_error(vty,
				  "crypto signaling remote-addr %s %s: expected a mask as in "
				  "255.255.255.0, or /64",
				  argv[0], argv[1]);
	row->prefix = (unsigned)prefix;
	if (value_number(vty, argv[2], &profile_range, &row->profile) != CMD_SUCCESS)
		return CONF_REFUSED;
	t->remote_lines[t->tls.remotes_count++] = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(no_crypto_remote, no_crypto_remote_cmd, "no crypto signaling remote-addr",
      NO_STR CRYPTO_STR "For callers from there\n")
{
	transport_of(vty)->tls.remotes_count = 0;
	return CMD_SUCCESS;
}

/* ---- connections */

#define CONNECTION_TIMERS_STR "Timers\nOf TCP and TLS connections\n"
#define AGING_STR "Those that nobody uses are closed after\n"
#define ESTABLISH_STR "Those that take longer to be made are closed\n"
#define KEEPALIVE_STR "Signs of life\nEmpty lines on TCP and TLS connections (RFC 5626)\n"
#define LIMIT_STR "TCP and TLS connections of callers\nAt most\n"

static int take(struct vty *vty, const char *text, const struct value_range *range, unsigned unit,
		unsigned *out)
{
	unsigned value;

	if (value_number(vty, text, range, &value) != CMD_SUCCESS)
		return CONF_REFUSED;
	*out = value * unit;
	return CMD_SUCCESS;
}

DEFUN(aging, aging_cmd, "timers connection aging MINUTES",
      CONNECTION_TIMERS_STR AGING_STR "Minutes\n")
{
	static const struct value_range range = {"timers connection aging", 1, 1440};

	return take(vty, argv[0], &range, 60000, &transport_of(vty)->connections.aging_ms);
}

DEFUN(establish, establish_cmd, "timers connection establish SECONDS",
      CONNECTION_TIMERS_STR ESTABLISH_STR "Seconds\n")
{
	static const struct value_range range = {"timers connection establish", 1, 60};

	return take(vty, argv[0], &range, 1000, &transport_of(vty)->connections.establish_ms);
}

DEFUN(no_connection_timers, no_connection_timers_cmd, "no timers connection (aging|establish)",
      NO_STR CONNECTION_TIMERS_STR AGING_STR ESTABLISH_STR)
{
	struct connection_limits *c = &transport_of(vty)->connections;

	*(strcmp(argv[0], "aging") == 0 ? &c->aging_ms : &c->establish_ms) = 0;
	return CMD_SUCCESS;
}

DEFUN(keepalive, keepalive_cmd, "keepalive crlf SECONDS", KEEPALIVE_STR "Seconds\n")
{
	static const struct value_range range = {"keepalive crlf", 1, 3600};

	return take(vty, argv[0], &range, 1000, &transport_of(vty)->connections.keepalive_ms);
}

DEFUN(no_keepalive, no_keepalive_cmd, "no keepalive crlf", NO_STR KEEPALIVE_STR)
{
	transport_of(vty)->connections.keepalive_ms = 0;
	return CMD_SUCCESS;
}

DEFUN(limit, limit_cmd, "connection limit (total|source) NUMBER",
      LIMIT_STR "In all\nFrom one address\nNumber\n")
{
	static const struct value_range range = {"connection limit", 1, 50000};
	struct connection_limits *c = &transport_of(vty)->connections;

	return value_number(vty, argv[1], &range,
			    strcmp(argv[0], "total") == 0 ? &c->max : &c->per_source);
}

DEFUN(no_limit, no_limit_cmd, "no connection limit (total|source)",
      NO_STR LIMIT_STR "In all\nFrom one address\n")
{
	struct connection_limits *c = &transport_of(vty)->connections;

	*(strcmp(argv[0], "total") == 0 ? &c->max : &c->per_source) = 0;
	return CMD_SUCCESS;
}

void sip_connection_install(void)
{
	static struct cmd_element *const commands[] = {&transport_cmd,
						       &no_transport_cmd,
						       &transport_tls_cmd,
						       &no_transport_tls_cmd,
						       &session_transport_cmd,
						       &session_transport_tls_cmd,
						       &no_session_transport_cmd,
						       &crypto_default_cmd,
						       &no_crypto_default_cmd,
						       &crypto_remote_cmd,
						       &no_crypto_remote_cmd,
						       &aging_cmd,
						       &establish_cmd,
						       &no_connection_timers_cmd,
						       &keepalive_cmd,
						       &no_keepalive_cmd,
						       &limit_cmd,
						       &no_limit_cmd};

	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_SIP_UA_NODE, commands[i]);
}

/* ---- checks */

bool sip_transport_is_on(const struct conf *conf, enum peer_transport transport)
{
	switch (transport) {
	case PEER_TRANSPORT_UDP:
		return conf->sip.listen_udp;
	case PEER_TRANSPORT_TCP:
		return conf->sip.listen_tcp;
	case PEER_TRANSPORT_TLS:
		return conf->sip.listen_tls;
	case PEER_TRANSPORT_SYSTEM:
		break;
	}
	return true;
}

const char *sip_transport_words(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TLS	 ? "tcp tls"
	       : transport == PEER_TRANSPORT_TCP ? "tcp"
						 : "udp";
}

void sip_connection_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_sip_transport *t = &conf->sip;
	enum peer_transport usual =
	    conf->transport == PEER_TRANSPORT_SYSTEM ? PEER_TRANSPORT_UDP : conf->transport;
	const char *words = sip_transport_words(usual);

	if (!t->listen_udp && !t->listen_tcp && !t->listen_tls)
		loader_error(
		    loader, conf->sip_ua_line,
		    "sip-ua has neither transport udp, transport tcp nor transport tcp tls "
		    "left");
	else if (!sip_transport_is_on(conf, usual))
		loader_error(loader, conf->sip_ua_line,
			     usual == PEER_TRANSPORT_TLS
				 ? "session transport is %s: expected 'transport %s' with it"
				 : "session transport is %s: expected no 'no transport %s' with it",
			     words, words);
	if (t->listen_tls && !t->tls.default_profile &&
	    !loader_block_is_broken(loader, conf->sip_ua_line))
		loader_error(loader, t->tls_line,
			     "transport tcp tls: expected crypto signaling default tls-profile N, "
			     "which says who we are there");
	definition_check_number(loader, t->default_line, DEFINITION_TLS_PROFILE,
				t->tls.default_profile, "sip-ua: crypto signaling default");
	for (unsigned i = 0; i < t->tls.remotes_count; i++)
		definition_check_number(loader, t->remote_lines[i], DEFINITION_TLS_PROFILE,
					t->tls.remotes[i].profile,
					"sip-ua: crypto signaling remote-addr");
}

/* ---- writing */

static void write_remote(const struct tls_remote *r, struct conf_writer *writer)
{
	uint32_t mask = r->prefix ? ~0u << (32 - r->prefix % 33) : 0;
	char text[VALUE_ADDRESS_SIZE];

	value_address_text(&r->address, text);
	if (r->address.ss_family == AF_INET6)
		conf_put(writer, " crypto signaling remote-addr %s /%u tls-profile %u", text,
			 r->prefix, r->profile);
	else
		conf_put(writer, " crypto signaling remote-addr %s %u.%u.%u.%u tls-profile %u",
			 text, mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255,
			 r->profile);
}

void sip_connection_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_sip_transport *t = &conf->sip;
	const struct connection_limits *c = &t->connections;

	conf_put(writer, " %stransport udp", t->listen_udp ? "" : "no ");
	conf_put(writer, " %stransport tcp", t->listen_tcp ? "" : "no ");
	if (t->listen_tls)
		conf_put(writer, " transport tcp tls%s",
			 t->tls.version == TLS_VERSION_1_3 ? " v1.3" : "");
	if (conf->transport != PEER_TRANSPORT_SYSTEM)
		conf_put(writer, " session transport %s", sip_transport_words(conf->transport));
	if (t->tls.default_profile)
		conf_put(writer, " crypto signaling default tls-profile %u",
			 t->tls.default_profile);
	for (unsigned i = 0; i < t->tls.remotes_count; i++)
		write_remote(&t->tls.remotes[i], writer);
	if (c->aging_ms)
		conf_put(writer, " timers connection aging %u", c->aging_ms / 60000);
	if (c->establish_ms)
		conf_put(writer, " timers connection establish %u", c->establish_ms / 1000);
	if (c->keepalive_ms)
		conf_put(writer, " keepalive crlf %u", c->keepalive_ms / 1000);
	if (c->max)
		conf_put(writer, " connection limit total %u", c->max);
	if (c->per_source)
		conf_put(writer, " connection limit source %u", c->per_source);
}
