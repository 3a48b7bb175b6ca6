// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the gateway tells those that watch it:
 *
 *	logging syslog local3
 *	metrics port 9470
 *	metrics port 9470 address ::1
 */
#include <stdio.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"
#include "gateway/log/log.h"

#define METRICS_STR "Counters and states for Prometheus, over HTTP\nTCP port\n"

static int set(struct vty *vty, const char *port_text, const char *address_text)
{
	static const struct value_range range = {"metrics port", 1, 65535};
	struct sockaddr_storage address;
	unsigned port;

	if (value_number(vty, port_text, &range, &port) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (value_address(address_text, &address) < 0 || !value_address_is_loopback(&address))
		return conf_error(vty,
				  "metrics port %s address %s: expected 127.0.0.1 or ::1; who "
				  "collects from elsewhere needs a proxy on this machine",
				  port_text, address_text);
	value_address_set_port(&address, port);
	conf_of(vty)->metrics = address;
	return CMD_SUCCESS;
}

DEFUN(metrics, metrics_cmd, "metrics port PORT", METRICS_STR "1 to 65535\n")
{
	return set(vty, argv[0], "127.0.0.1");
}

DEFUN(metrics_address, metrics_address_cmd, "metrics port PORT address ADDRESS",
      METRICS_STR "1 to 65535\nAddress\nOf loopback; 127.0.0.1 if none is given\n")
{
	return set(vty, argv[0], argv[1]);
}

DEFUN(no_metrics, no_metrics_cmd, "no metrics port", NO_STR METRICS_STR)
{
	memset(&conf_of(vty)->metrics, 0, sizeof(conf_of(vty)->metrics));
	return CMD_SUCCESS;
}

#define LOGGING_STR "Lines of the log\nTo the syslog of this machine as well\n"

static int set_facility(struct vty *vty, const char *name)
{
	struct conf *conf = conf_of(vty);

	if (!log_is_facility(name))
		return conf_error(
		    vty, "logging syslog %s: expected daemon, user or local0 to local7", name);
	snprintf(conf->syslog_facility, sizeof(conf->syslog_facility), "%s", name);
	return CMD_SUCCESS;
}

DEFUN(logging_syslog, logging_syslog_cmd, "logging syslog", LOGGING_STR)
{
	return set_facility(vty, "daemon");
}

DEFUN(logging_facility, logging_facility_cmd, "logging syslog FACILITY",
      LOGGING_STR "daemon (default), user, local0 to local7\n")
{
	return set_facility(vty, argv[0]);
}

DEFUN(no_logging, no_logging_cmd, "no logging syslog", NO_STR LOGGING_STR)
{
	conf_of(vty)->syslog_facility[0] = '\0';
	return CMD_SUCCESS;
}

static void setup(void)
{
	install_element(CONF_ROOT_NODE, &logging_syslog_cmd);
	install_element(CONF_ROOT_NODE, &logging_facility_cmd);
	install_element(CONF_ROOT_NODE, &no_logging_cmd);
	install_element(CONF_ROOT_NODE, &metrics_cmd);
	install_element(CONF_ROOT_NODE, &metrics_address_cmd);
	install_element(CONF_ROOT_NODE, &no_metrics_cmd);
}

static void write(const struct conf *conf, struct conf_writer *writer)
{
	struct sockaddr_storage plain;
	char text[VALUE_ADDRESS_SIZE];
	unsigned port;

	if (conf->syslog_facility[0])
		conf_put(writer, "logging syslog%s%s",
			 strcmp(conf->syslog_facility, "daemon") ? " " : "",
			 strcmp(conf->syslog_facility, "daemon") ? conf->syslog_facility : "");
	if (conf->metrics.ss_family == AF_UNSPEC) {
		if (conf->syslog_facility[0])
			conf_put(writer, "!");
		return;
	}
	port = value_address_get_port(&conf->metrics);
	plain = conf->metrics;
	value_address_set_port(&plain, 0);
	value_address_text(&plain, text);
	if (strcmp(text, "127.0.0.1") == 0)
		conf_put(writer, "metrics port %u", port);
	else
		conf_put(writer, "metrics port %u address %s", port, text);
	conf_put(writer, "!");
}

const struct conf_block conf_telemetry_block = {.setup = setup, .write = write};
