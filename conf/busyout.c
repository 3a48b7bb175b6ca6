// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice-port 1:D
 *	 busyout monitor dial-peer 200
 *	 busyout monitor dial-peer 201
 */
#include "conf/busyout.h"

#include <string.h>

#include "conf/definition.h"
#include "conf/sip_options.h"
#include "conf/value.h"

#define BUSYOUT_STR "Take no calls, so that the exchange sends them elsewhere\n"
#define MONITOR_STR BUSYOUT_STR "While all that is monitored is down\n"
#define PEER_STR "A voip dial peer whose target does not answer OPTIONS\nTag of the dial peer\n"

static struct conf_busyout *busyout_of(struct vty *vty)
{
	return &((struct conf_voice_port *)vty->index)->busyout;
}

DEFUN(busyout_sip, busyout_sip_cmd, "busyout monitor sip",
      MONITOR_STR "All session targets that are sent OPTIONS\n")
{
	busyout_of(vty)->sip = true;
	return CMD_SUCCESS;
}

DEFUN(busyout_peer, busyout_peer_cmd, "busyout monitor dial-peer TAG", MONITOR_STR PEER_STR)
{
	static const struct value_range range = {"busyout monitor dial-peer", 1, 2147483647};
	struct conf_busyout *b = busyout_of(vty);
	unsigned tag;

	if (value_number(vty, argv[0], &range, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < b->peers_count; i++)
		if (b->peers[i] == tag)
			return conf_error(vty, "busyout monitor dial-peer %u is there already",
					  tag);
	if (b->peers_count == CONF_BUSYOUT_PEERS_MAX)
		return conf_error(vty, "busyout monitor dial-peer: a port has at most %d of them",
				  CONF_BUSYOUT_PEERS_MAX);
	b->peers[b->peers_count++] = tag;
	return CMD_SUCCESS;
}

DEFUN(busyout_forced, busyout_forced_cmd, "busyout forced", BUSYOUT_STR "Always\n")
{
	busyout_of(vty)->forced = true;
	return CMD_SUCCESS;
}

DEFUN(no_busyout_sip, no_busyout_sip_cmd, "no busyout monitor sip",
      NO_STR MONITOR_STR "All session targets that are sent OPTIONS\n")
{
	busyout_of(vty)->sip = false;
	return CMD_SUCCESS;
}

DEFUN(no_busyout_peer, no_busyout_peer_cmd, "no busyout monitor dial-peer TAG",
      NO_STR MONITOR_STR PEER_STR)
{
	static const struct value_range range = {"busyout monitor dial-peer", 1, 2147483647};
	struct conf_busyout *b = busyout_of(vty);
	unsigned tag, left = 0;

	if (value_number(vty, argv[0], &range, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < b->peers_count; i++)
		if (b->peers[i] != tag)
			b->peers[left++] = b->peers[i];
	if (left == b->peers_count)
		return conf_error(vty, "no busyout monitor dial-peer %u: there is none", tag);
	b->peers_count = left;
	return CMD_SUCCESS;
}

DEFUN(no_busyout_forced, no_busyout_forced_cmd, "no busyout forced", NO_STR BUSYOUT_STR "Always\n")
{
	busyout_of(vty)->forced = false;
	return CMD_SUCCESS;
}

void busyout_install(void)
{
	static struct cmd_element *const commands[] = {
	    &busyout_sip_cmd,	 &busyout_peer_cmd,    &busyout_forced_cmd,
	    &no_busyout_sip_cmd, &no_busyout_peer_cmd, &no_busyout_forced_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_VOICE_PORT_NODE, commands[i]);
}

/* Of itself, its tenant or all. */
static bool is_asked(const struct conf *conf, const struct peer *peer)
{
	const struct conf_tenant *t;

	if (peer->sip.keepalive.on || conf->tenant_all.options.keepalive.on)
		return true;
	llist_for_each_entry (t, &conf->tenant_blocks, head.entry)
		if (peer->tenant == t->tenant.number && t->tenant.options.keepalive.on)
			return true;
	return false;
}

static bool any_is_asked(const struct conf *conf)
{
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry)
		if (p->peer.kind == PEER_VOIP && is_asked(conf, &p->peer))
			return true;
	return false;
}

static void check_peer(struct loader *loader, const struct conf_voice_port *port, uint32_t tag)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry) {
		if (p->peer.tag != tag)
			continue;
		if (p->peer.kind != PEER_VOIP)
			loader_error(loader, port->line,
				     "voice-port %s: busyout monitor dial-peer %u: expected a voip "
				     "dial peer",
				     port->port, tag);
		else if (!is_asked(conf, &p->peer) && !loader_block_is_broken(loader, p->line))
			loader_warning(loader, port->line,
				       "voice-port %s: busyout monitor dial-peer %u: it has no "
				       "options-keepalive and is never down",
				       port->port, tag);
		return;
	}
	if (!loader_is_incomplete(loader))
		loader_error(loader, port->line,
			     "voice-port %s: busyout monitor dial-peer %u: there is no such dial "
			     "peer",
			     port->port, tag);
}

void busyout_check(struct loader *loader, const struct conf_voice_port *port)
{
	const struct conf_busyout *b = &port->busyout;

	for (unsigned i = 0; i < b->peers_count; i++)
		check_peer(loader, port, b->peers[i]);
	if (b->sip && !any_is_asked(loader_conf(loader)) && !loader_is_incomplete(loader))
		loader_warning(loader, port->line,
			       "voice-port %s: busyout monitor sip: no dial peer has "
			       "options-keepalive, it never happens",
			       port->port);
}

void busyout_write(const struct conf_busyout *b, struct conf_writer *writer)
{
	if (b->sip)
		conf_put(writer, " busyout monitor sip");
	for (unsigned i = 0; i < b->peers_count; i++)
		conf_put(writer, " busyout monitor dial-peer %u", b->peers[i]);
	if (b->forced)
		conf_put(writer, " busyout forced");
}
