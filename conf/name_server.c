// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	ip name-server 192.0.2.53 [2001:db8::53]:5353
 *	voice enum timeout 3000
 */
#include <stdio.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"
#include "gateway/sip/enum_query.h"

#define NAME_SERVERS_STR "Internet protocol\nName servers (DNS), in place of those of the system\n"

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353" */
static int read_server(const char *text, struct sockaddr_storage *out)
{
	if (value_address(text, out) < 0 && value_address_port(text, out) < 0)
		return -1;
	return value_address_is_any(out) ? -1 : 0;
}

static bool is_known(const struct conf *conf, const struct sockaddr_storage *server)
{
	for (unsigned i = 0; i < conf->name_servers_count; i++)
		if (value_address_equal(&conf->name_servers[i], server) &&
		    value_address_get_port(&conf->name_servers[i]) ==
			value_address_get_port(server))
			return true;
	return false;
}

DEFUN(ip_name_server, ip_name_server_cmd, "ip name-server .ADDRESSES",
      NAME_SERVERS_STR "One or more of ADDRESS or ADDRESS:PORT, the first is asked first\n")
{
	struct conf *conf = conf_of(vty);

	for (int i = 0; i < argc; i++) {
		struct sockaddr_storage server;

		if (read_server(argv[i], &server) < 0)
			return conf_error(vty,
					  "ip name-server %s: expected an IPv4 or IPv6 address, "
					  "with :PORT behind it ([IPv6]:PORT) if that is not 53",
					  argv[i]);
		if (is_known(conf, &server))
			continue;
		if (conf->name_servers_count == CONF_NAME_SERVERS_MAX)
			return conf_error(vty, "ip name-server %s: there may be %u", argv[i],
					  CONF_NAME_SERVERS_MAX);
		conf->name_servers[conf->name_servers_count++] = server;
	}
	return CMD_SUCCESS;
}

DEFUN(no_ip_name_server, no_ip_name_server_cmd, "no ip name-server", NO_STR NAME_SERVERS_STR)
{
	conf_of(vty)->name_servers_count = 0;
	return CMD_SUCCESS;
}

DEFUN(enum_timeout, enum_timeout_cmd, "voice enum timeout MILLISECONDS",
      "Voice\nNumbers looked up in the DNS\nTime for all of one look-up\nMilliseconds\n")
{
	static const struct value_range range = {"voice enum timeout", 100, 5000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->enum_time_limit_ms);
}

DEFUN(no_enum_timeout, no_enum_timeout_cmd, "no voice enum timeout",
      NO_STR "Voice\nNumbers looked up in the DNS\nTime for all of one look-up\n")
{
	conf_of(vty)->enum_time_limit_ms = 0;
	return CMD_SUCCESS;
}

static void setup(void)
{
	install_element(CONF_ROOT_NODE, &ip_name_server_cmd);
	install_element(CONF_ROOT_NODE, &no_ip_name_server_cmd);
	install_element(CONF_ROOT_NODE, &enum_timeout_cmd);
	install_element(CONF_ROOT_NODE, &no_enum_timeout_cmd);
}

static void write(const struct conf *conf, struct conf_writer *writer)
{
	char text[VALUE_ADDRESS_SIZE];

	for (unsigned i = 0; i < conf->name_servers_count; i++)
		conf_put(writer, "ip name-server %s",
			 value_address_text(&conf->name_servers[i], text));
	if (conf->enum_time_limit_ms && conf->enum_time_limit_ms != ENUM_TIME_LIMIT_MS)
		conf_put(writer, "voice enum timeout %u", conf->enum_time_limit_ms);
	if (conf->name_servers_count || conf->enum_time_limit_ms)
		conf_put(writer, "!");
}

const struct conf_block conf_name_server_block = {.setup = setup, .write = write};

const char *conf_name_servers(const struct conf *conf, char text[CONF_NAME_SERVERS_SIZE])
{
	char one[VALUE_ADDRESS_SIZE];
	size_t used = 0;

	for (unsigned i = 0; i < conf->name_servers_count; i++)
		used +=
		    (size_t)snprintf(text + used, CONF_NAME_SERVERS_SIZE - used, "%s%s",
				     i ? "," : "", value_address_text(&conf->name_servers[i], one));
	return used ? text : NULL;
}
