// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call-manager-fallback
 *	 call-manager 1 ipv4:10.6.2.10
 *	 call-manager 2 dns:cm.example.com transport tcp
 *	 keepalive 30 misses 3
 *	 hold-down 120
 *
 * and the numbers of telephones (site_numbers.c), conferences (conference.c). call-manager, keepalive with misses, and hold-down are ours: the telephones tell IOS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/access_code.h"
#include "conf/conf_blocks.h"
#include "conf/outbound_proxy.h"
#include "conf/after_hours.h"
#include "conf/conference.h"
#include "conf/sip_options.h"
#include "conf/site_numbers.h"
#include "conf/value.h"

static struct upstream_config *upstream_of(struct vty *vty)
{
	return &conf_of(vty)->survive.upstream;
}

DEFUN(fallback, fallback_cmd, "call-manager-fallback",
      "What is done when the call manager is gone\n")
{
	vty->node = CONF_FALLBACK_NODE;
	vty->index = NULL;
	conf_of(vty)->fallback_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

/* ---- call managers */

#define MANAGER_STR "Call managers, which are watched\nTheir order: 1 to 5\n"
#define TARGET_STR "ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or dns:HOST[:PORT]\n"

static int read_place(struct vty *vty, const char *text, unsigned *out)
{
	static const struct value_range range = {"call-manager", 1, UPSTREAMS_MAX};

	return value_number(vty, text, &range, out);
}

static int set_manager(struct vty *vty, const char *place_text, const char *target,
		       enum peer_transport transport)
{
	struct conf *conf = conf_of(vty);
	char why[128];
	unsigned place;

	if (read_place(vty, place_text, &place) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (strlen(target) > PEER_TARGET_MAX || value_server(target, why, sizeof(why)) < 0)
		return conf_error(vty, "call-manager %u %.64s: %s", place, target,
				  strlen(target) > PEER_TARGET_MAX ? "it is too long" : why);
	strcpy(conf->call_managers[place - 1], target);
	conf->call_manager_transports[place - 1] = transport;
	return CMD_SUCCESS;
}

DEFUN(manager, manager_cmd, "call-manager PLACE TARGET", MANAGER_STR TARGET_STR)
{
	return set_manager(vty, argv[0], argv[1], PEER_TRANSPORT_SYSTEM);
}

DEFUN(manager_transport, manager_transport_cmd, "call-manager PLACE TARGET transport (udp|tcp|tls)",
      MANAGER_STR TARGET_STR "Transport\nUDP\nTCP\nTCP secured by TLS\n")
{
	return set_manager(vty, argv[0], argv[1],
			   strcmp(argv[2], "udp") == 0	 ? PEER_TRANSPORT_UDP
			   : strcmp(argv[2], "tcp") == 0 ? PEER_TRANSPORT_TCP
							 : PEER_TRANSPORT_TLS);
}

DEFUN(no_manager, no_manager_cmd, "no call-manager PLACE", NO_STR MANAGER_STR)
{
	unsigned place;

	if (read_place(vty, argv[0], &place) != CMD_SUCCESS)
		return CONF_REFUSED;
	conf_of(vty)->call_managers[place - 1][0] = '\0';
	return CMD_SUCCESS;
}

/* ---- times */

#define KEEPALIVE_STR "OPTIONS to call managers\nEvery so many seconds, or as 250ms\n"

DEFUN(keepalive, keepalive_cmd, "keepalive TIME", KEEPALIVE_STR)
{
	upstream_of(vty)->times.misses = 0;
	return value_time(vty, "keepalive", argv[0], 3600, &upstream_of(vty)->times.keepalive_ms);
}

DEFUN(keepalive_misses, keepalive_misses_cmd, "keepalive TIME misses NUMBER",
      KEEPALIVE_STR "How many without an answer mean that it is gone\n1 to 10\n")
{
	static const struct value_range range = {"keepalive: misses", 1, 10};

	if (value_time(vty, "keepalive", argv[0], 3600, &upstream_of(vty)->times.keepalive_ms) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	return value_number(vty, argv[1], &range, &upstream_of(vty)->times.misses);
}

DEFUN(hold_down, hold_down_cmd, "hold-down TIME",
      "How long a call manager that is back must answer, before telephones go home\n"
      "Seconds, or as 250ms\n")
{
	return value_time(vty, "hold-down", argv[0], 86400, &upstream_of(vty)->times.hold_down_ms);
}

DEFUN(fallback_no, fallback_no_cmd, "no (keepalive|hold-down)",
      NO_STR "OPTIONS to call managers\nHow long a call manager that is back must answer\n")
{
	struct upstream_config *u = upstream_of(vty);

	if (strcmp(argv[0], "keepalive") == 0)
		u->times.keepalive_ms = u->times.misses = 0;
	else
		u->times.hold_down_ms = 0;
	return CMD_SUCCESS;
}

/* ---- the block */

static void call_manager_fallback_setup(void)
{
	static struct cmd_node node = {CONF_FALLBACK_NODE, "%s(config-cm-fallback)# ", 1};
	static struct cmd_element *const commands[] = {
	    &manager_cmd,	   &manager_transport_cmd, &no_manager_cmd, &keepalive_cmd,
	    &keepalive_misses_cmd, &hold_down_cmd,	   &fallback_no_cmd};

	conf_node_install(&node);
	install_element(CONF_ROOT_NODE, &fallback_cmd);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_FALLBACK_NODE, commands[i]);
	access_code_install();
	site_numbers_install();
	after_hours_install();
	conference_install();
	outbound_proxy_install();
}

static void call_manager_fallback_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct upstream_config *u = &conf->survive.upstream;

	u->count = 0;
	for (unsigned i = 0; i < UPSTREAMS_MAX; i++) {
		if (!conf->call_managers[i][0])
			continue;
		if (!sip_transport_is_on(conf, conf->call_manager_transports[i]))
			loader_error(loader, conf->fallback_line,
				     "call-manager %u: transport %s, which sip-ua has switched off",
				     i + 1, sip_transport_words(conf->call_manager_transports[i]));
		strcpy(u->managers[u->count].target, conf->call_managers[i]);
		u->managers[u->count++].transport = conf->call_manager_transports[i];
	}
	if (conf->fallback_line && !u->count && !loader_is_incomplete(loader))
		loader_warning(loader, conf->fallback_line,
			       "call-manager-fallback without call-manager: nobody is watched, "
			       "and telephones may register at any time");
	access_code_check(loader);
	outbound_proxy_check(loader);
}

static void call_manager_fallback_write(const struct conf *conf, struct conf_writer *writer)
{
	static const char *const transports[] = {
	    [PEER_TRANSPORT_SYSTEM] = "",
	    [PEER_TRANSPORT_UDP] = " transport udp",
	    [PEER_TRANSPORT_TCP] = " transport tcp",
	    [PEER_TRANSPORT_TLS] = " transport tls",
	};
	const struct upstream_config *u = &conf->survive.upstream;
	char text[VALUE_TIME_SIZE], misses[24] = "";

	if (!conf->fallback_line)
		return;
	conf_put(writer, "call-manager-fallback");
	for (unsigned i = 0; i < UPSTREAMS_MAX; i++)
		if (conf->call_managers[i][0])
			conf_put(writer, " call-manager %u %s%s", i + 1, conf->call_managers[i],
				 transports[conf->call_manager_transports[i]]);
	if (u->times.misses)
		snprintf(misses, sizeof(misses), " misses %u", u->times.misses);
	if (u->times.keepalive_ms)
		conf_put(writer, " keepalive %s%s", value_time_text(u->times.keepalive_ms, text),
			 misses);
	if (u->times.hold_down_ms)
		conf_put(writer, " hold-down %s", value_time_text(u->times.hold_down_ms, text));
	access_code_write(conf, writer);
	site_numbers_write(&conf->survive.site, writer);
	after_hours_write(&conf->survive.after_hours, writer);
	outbound_proxy_write(conf, writer);
	conference_write(&conf->plan.conference, writer);
	conf_put(writer, "!");
}

const struct conf_block conf_call_manager_fallback_block = {
    .setup = call_manager_fallback_setup,
    .check = call_manager_fallback_check,
    .write = call_manager_fallback_write,
};
