// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	hostname gw1
 *	call-record file /var/log/sipspan/calls.csv
 *	call-history-mib max-size 100
 *	line vty
 *	 bind 127.0.0.1 4242
 *	 password secret
 */
#include <ctype.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"

DEFUN(hostname, hostname_cmd, "hostname NAME", "Name of this gateway\nName\n")
{
	struct conf *conf = conf_of(vty);

	if (!isalnum((unsigned char)*argv[0]) ||
	    strspn(argv[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
		strlen(argv[0]))
		return conf_error(vty, "hostname %s: expected letters, digits, - _ and .", argv[0]);
	return value_word(vty, "hostname", argv[0], conf->hostname, sizeof(conf->hostname));
}

DEFUN(no_hostname, no_hostname_cmd, "no hostname", NO_STR "Name of this gateway\n")
{
	conf_of(vty)->hostname[0] = '\0';
	return CMD_SUCCESS;
}

static void system_setup(void)
{
	install_element(CONF_ROOT_NODE, &hostname_cmd);
	install_element(CONF_ROOT_NODE, &no_hostname_cmd);
}

static void system_write(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->hostname[0])
		conf_put(writer, "hostname %s", conf->hostname);
	conf_put(writer, "!");
}

const struct conf_block conf_system_block = {.setup = system_setup, .write = system_write};

/* ---- records and limits */

DEFUN(call_record_file, call_record_file_cmd, "call-record file PATH",
      "Call records\nOne line a call, CSV\nAbsolute path\n")
{
	struct conf *conf = conf_of(vty);

	if (argv[0][0] != '/')
		return conf_error(vty, "call-record file %s: expected an absolute path", argv[0]);
	return value_word(vty, "call-record file", argv[0], conf->cdr_file, sizeof(conf->cdr_file));
}

DEFUN(no_call_record, no_call_record_cmd, "no call-record file",
      NO_STR "Call records\nOne line a call, CSV\n")
{
	conf_of(vty)->cdr_file[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(call_history, call_history_cmd, "call-history-mib max-size CALLS",
      "Calls that have ended\nHow many are kept\nNumber of calls\n")
{
	static const struct value_range range = {"call-history-mib max-size", 1, 10000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->history_max);
}

DEFUN(no_call_history, no_call_history_cmd, "no call-history-mib max-size",
      NO_STR "Calls that have ended\nHow many are kept\n")
{
	conf_of(vty)->history_max = CONF_HISTORY_DEFAULT;
	return CMD_SUCCESS;
}

/* ---- line vty */

DEFUN(line_vty, line_vty_cmd, "line vty", "Console\nConsole over TCP\n")
{
	vty->node = CONF_LINE_NODE;
	return CMD_SUCCESS;
}

DEFUN(line_bind, line_bind_cmd, "bind ADDRESS [PORT]",
      "Offer the console on a TCP port\nIPv4 or IPv6 address\nPort, 4242 if left out\n")
{
	static const struct value_range range = {"port", 1, 65535};
	struct conf *conf = conf_of(vty);
	struct sockaddr_storage address;

	if (value_address(argv[0], &address) < 0)
		return conf_error(vty, "bind %s: expected an IPv4 or IPv6 address", argv[0]);
	conf->vty_port = CONF_VTY_PORT_DEFAULT;
	if (argc > 1 && value_number(vty, argv[1], &range, &conf->vty_port) != CMD_SUCCESS)
		return CONF_REFUSED;
	conf->vty_line = conf_line_of(vty);
	return value_word(vty, "bind", argv[0], conf->vty_bind, sizeof(conf->vty_bind));
}

DEFUN(no_line_bind, no_line_bind_cmd, "no bind", NO_STR "Offer the console on a TCP port\n")
{
	conf_of(vty)->vty_bind[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(line_password, line_password_cmd, "password WORD",
      "Password of the console over TCP\nPassword\n")
{
	struct conf *conf = conf_of(vty);

	return value_word(vty, "password", argv[0], conf->vty_password, sizeof(conf->vty_password));
}

DEFUN(no_line_password, no_line_password_cmd, "no password",
      NO_STR "Password of the console over TCP\n")
{
	conf_of(vty)->vty_password[0] = '\0';
	return CMD_SUCCESS;
}

static void limits_setup(void)
{
	static struct cmd_node line = {CONF_LINE_NODE, "%s(config-line)# ", 1};

	install_element(CONF_ROOT_NODE, &call_record_file_cmd);
	install_element(CONF_ROOT_NODE, &no_call_record_cmd);
	install_element(CONF_ROOT_NODE, &call_history_cmd);
	install_element(CONF_ROOT_NODE, &no_call_history_cmd);
	install_element(CONF_ROOT_NODE, &line_vty_cmd);
	conf_node_install(&line);
	install_element(CONF_LINE_NODE, &line_bind_cmd);
	install_element(CONF_LINE_NODE, &no_line_bind_cmd);
	install_element(CONF_LINE_NODE, &line_password_cmd);
	install_element(CONF_LINE_NODE, &no_line_password_cmd);
}

static void limits_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct sockaddr_storage address;

	if (!conf->vty_bind[0] || value_address(conf->vty_bind, &address) < 0)
		return;
	if (!value_address_is_loopback(&address) && !conf->vty_password[0])
		loader_error(loader, conf->vty_line,
			     "bind %s: a console that others can reach needs a password below "
			     "line vty",
			     conf->vty_bind);
}

static void limits_write(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->cdr_file[0])
		conf_put(writer, "call-record file %s", conf->cdr_file);
	if (conf->history_max != CONF_HISTORY_DEFAULT)
		conf_put(writer, "call-history-mib max-size %u", conf->history_max);
	if (!conf->vty_bind[0] && !conf->vty_password[0])
		return;
	conf_put(writer, "!");
	conf_put(writer, "line vty");
	if (conf->vty_bind[0] && conf->vty_port == CONF_VTY_PORT_DEFAULT)
		conf_put(writer, " bind %s", conf->vty_bind);
	else if (conf->vty_bind[0])
		conf_put(writer, " bind %s %u", conf->vty_bind, conf->vty_port);
	if (conf->vty_password[0])
		conf_put(writer, " password %s", conf->vty_password);
}

const struct conf_block conf_limits_block = {
    .setup = limits_setup, .check = limits_check, .write = limits_write};
