// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua
 *	 timers trying 500
 *	 retry invite 6
 *	 cause-map default
 *	 sip-server dns:proxy.example.com
 *	 registrar ipv4:10.6.2.10
 */
#include <string.h>

#include "conf/cause_map.h"
#include "conf/conf_blocks.h"
#include "conf/registrar_watch.h"
#include "conf/sip_challenge.h"
#include "conf/sip_failover.h"
#include "conf/sip_options.h"
#include "conf/sip_presence.h"
#include "conf/sip_register.h"
#include "conf/value.h"

DEFUN(sip_ua, sip_ua_cmd, "sip-ua", "The SIP user agent\n")
{
	conf_of(vty)->sip_ua_line = conf_line_of(vty);
	vty->node = CONF_SIP_UA_NODE;
	return CMD_SUCCESS;
}

DEFUN(timers_trying, timers_trying_cmd, "timers trying MILLISECONDS",
      "Timers\nWait for 100 before the INVITE is sent again (T1 of RFC 3261)\nMilliseconds\n")
{
	static const struct value_range range = {"timers trying", 100, 1000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->timer_t1_ms);
}

DEFUN(no_timers_trying, no_timers_trying_cmd, "no timers trying",
      NO_STR "Timers\nWait for 100 before the INVITE is sent again\n")
{
	conf_of(vty)->timer_t1_ms = CONF_T1_MS_DEFAULT;
	return CMD_SUCCESS;
}

DEFUN(timers_expires, timers_expires_cmd, "timers expires MILLISECONDS",
      "Timers\nHow long a call that goes out may ring\nMilliseconds\n")
{
	static const struct value_range range = {"timers expires", 10000, 300000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->timer_expires_ms);
}

DEFUN(no_timers_expires, no_timers_expires_cmd, "no timers expires",
      NO_STR "Timers\nHow long a call that goes out may ring\n")
{
	conf_of(vty)->timer_expires_ms = 0;
	return CMD_SUCCESS;
}

DEFUN(retry_invite, retry_invite_cmd, "retry invite NUMBER",
      "How often a request is sent again\nAn INVITE without answer\nNumber\n")
{
	static const struct value_range range = {"retry invite", 1, 10};

	return value_number(vty, argv[0], &range, &conf_of(vty)->invite_retries);
}

DEFUN(no_retry_invite, no_retry_invite_cmd, "no retry invite",
      NO_STR "How often a request is sent again\nAn INVITE without answer\n")
{
	conf_of(vty)->invite_retries = 0;
	return CMD_SUCCESS;
}

/* ---- servers that session targets may name */

static int set_server(struct vty *vty, const char *what, const char *target, char *out)
{
	char why[128];

	if (strlen(target) > PEER_TARGET_MAX)
		return conf_error(vty, "%s: longer than %d characters", what, PEER_TARGET_MAX);
	if (value_server(target, why, sizeof(why)) < 0)
		return conf_error(vty, "%s %s: %s", what, target, why);
	strcpy(out, target);
	return CMD_SUCCESS;
}

DEFUN(sip_server, sip_server_cmd, "sip-server TARGET",
      "Where calls of peers with session target sip-server go\n"
      "ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or dns:HOST[:PORT]\n")
{
	return set_server(vty, "sip-server", argv[0], conf_of(vty)->sip_server);
}

DEFUN(no_sip_server, no_sip_server_cmd, "no sip-server",
      NO_STR "Where calls of peers with session target sip-server go\n")
{
	conf_of(vty)->sip_server[0] = '\0';
	return CMD_SUCCESS;
}

static void sip_ua_setup(void)
{
	static struct cmd_node node = {CONF_SIP_UA_NODE, "%s(config-sip-ua)# ", 1};

	install_element(CONF_ROOT_NODE, &sip_ua_cmd);
	conf_node_install(&node);
	sip_connection_install();
	install_element(CONF_SIP_UA_NODE, &timers_trying_cmd);
	install_element(CONF_SIP_UA_NODE, &no_timers_trying_cmd);
	install_element(CONF_SIP_UA_NODE, &timers_expires_cmd);
	install_element(CONF_SIP_UA_NODE, &no_timers_expires_cmd);
	install_element(CONF_SIP_UA_NODE, &retry_invite_cmd);
	install_element(CONF_SIP_UA_NODE, &no_retry_invite_cmd);
	cause_map_install(CONF_SIP_UA_NODE);
	install_element(CONF_SIP_UA_NODE, &sip_server_cmd);
	install_element(CONF_SIP_UA_NODE, &no_sip_server_cmd);
	sip_challenge_install(CONF_SIP_UA_NODE);
	sip_presence_install();
	registrar_watch_install();
}

static void sip_ua_write(const struct conf *conf, struct conf_writer *writer)
{
	conf_put(writer, "sip-ua");
	sip_connection_write(conf, writer);
	if (conf->timer_t1_ms != CONF_T1_MS_DEFAULT)
		conf_put(writer, " timers trying %u", conf->timer_t1_ms);
	if (conf->timer_expires_ms)
		conf_put(writer, " timers expires %u", conf->timer_expires_ms);
	if (conf->invite_retries)
		conf_put(writer, " retry invite %u", conf->invite_retries);
	sip_failover_write_ua(conf, writer);
	cause_map_write(conf, conf->cause_table, writer);
	if (conf->sip_server[0])
		conf_put(writer, " sip-server %s", conf->sip_server);
	sip_register_write(&conf->tenant_all, writer);
	registrar_watch_write(conf, writer);
	sip_challenge_write(&conf->challenge, writer);
	sip_presence_write(conf, writer);
	conf_put(writer, "!");
}

static void sip_ua_check(struct loader *loader)
{
	sip_connection_check(loader);
	sip_challenge_check(loader, &loader_conf(loader)->challenge);
}

const struct conf_block conf_sip_ua_block = {
    .setup = sip_ua_setup, .check = sip_ua_check, .write = sip_ua_write};
