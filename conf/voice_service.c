// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice service voip
 *	 ip address trusted list
 *	  ipv4 10.6.2.0 255.255.255.0
 *	  ipv6 2001:db8::/32
 *	 rtp-port range 16384 32767
 *	 sip
 *	  bind control address 10.6.2.1
 *	  bind media address 10.6.2.1
 *	  listen-port non-secure 5060
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/sip_admission.h"
#include "conf/sip_options.h"
#include "conf/value.h"
#include "conf/voice_register.h"

DEFUN(voice_service, voice_service_cmd, "voice service voip",
      "Voice\nWhat holds for all calls of a kind\nVoice over IP\n")
{
	vty->node = CONF_VOICE_SERVICE_NODE;
	return CMD_SUCCESS;
}

DEFUN(trusted_list, trusted_list_cmd, "ip address trusted list",
      "IP\nAddresses\nFrom which calls are accepted\nThe list\n")
{
	vty->node = CONF_TRUSTED_NODE;
	return CMD_SUCCESS;
}

DEFUN(no_trusted_list, no_trusted_list_cmd, "no ip address trusted list",
      NO_STR "IP\nAddresses\nFrom which calls are accepted\nThe list\n")
{
	conf_of(vty)->trusted_count = 0;
	return CMD_SUCCESS;
}

static int add_trusted(struct vty *vty, const struct sockaddr_storage *address, unsigned prefix)
{
	struct conf *conf = conf_of(vty);

	if (conf->trusted_count == CONF_TRUSTED_MAX)
		return conf_error(vty, "at most %d trusted addresses and networks are allowed",
				  CONF_TRUSTED_MAX);
	conf->trusted[conf->trusted_count].address = *address;
	conf->trusted[conf->trusted_count].prefix = prefix;
	conf->trusted_count++;
	return CMD_SUCCESS;
}

DEFUN(trusted_ipv4, trusted_ipv4_cmd, "ipv4 ADDRESS [MASK]",
      "An address or network\nAddress\nNetwork mask as in 255.255.255.0\n")
{
	struct sockaddr_storage address;
	int prefix = argc > 1 ? value_prefix(argv[1], AF_INET) : 32;

	if (value_address(argv[0], &address) < 0 || address.ss_family != AF_INET)
		return conf_error(vty, "ipv4 %s: expected an IPv4 address", argv[0]);
	if (prefix < 0)
		return conf_error(vty, "ipv4 %s %s: expected a mask as in 255.255.255.0", argv[0],
				  argv[1]);
	return add_trusted(vty, &address, prefix);
}

DEFUN(trusted_ipv6, trusted_ipv6_cmd, "ipv6 ADDRESS",
      "An address or network\nAddress as in 2001:db8::1 or 2001:db8::/32\n")
{
	struct sockaddr_storage address;
	char host[VALUE_ADDRESS_SIZE];
	const char *slash = strchr(argv[0], '/');
	size_t length = slash ? (size_t)(slash - argv[0]) : strlen(argv[0]);
	unsigned long prefix = 128;

	snprintf(host, sizeof(host), "%.*s", (int)length, argv[0]);
	if (length >= sizeof(host) || value_address(host, &address) < 0 ||
	    address.ss_family != AF_INET6)
		return conf_error(vty,
				  "ipv6 %s: expected an IPv6 address, as in 2001:db8::1 or "
				  "2001:db8::/32",
				  argv[0]);
	if (slash) {
		if (strlen(slash + 1) > 3 || !slash[1] ||
		    strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
		    (prefix = strtoul(slash + 1, NULL, 10)) > 128)
			return conf_error(vty, "ipv6 %s: expected a prefix length from 0 to 128",
					  argv[0]);
	}
	return add_trusted(vty, &address, prefix);
}

DEFUN(rtp_range, rtp_range_cmd, "rtp-port range FIRST LAST",
      "UDP ports of RTP and RTCP\nFrom and to\nFirst port, even\nLast port\n")
{
	static const struct value_range range = {"rtp-port range", 1024, 65535};
	struct conf *conf = conf_of(vty);
	unsigned first, last;

	if (value_number(vty, argv[0], &range, &first) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &range, &last) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (first % 2)
		return conf_error(vty,
				  "rtp-port range %u %u: expected an even first port (RTP), "
				  "the next one is RTCP",
				  first, last);
	if (last < first + 1)
		return conf_error(vty,
				  "rtp-port range %u %u: a call needs two ports, expected a "
				  "last port of %u or more",
				  first, last, first + 1);
	conf->rtp_port_first = first;
	conf->rtp_port_last = last;
	conf->rtp_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(no_rtp_range, no_rtp_range_cmd, "no rtp-port range",
      NO_STR "UDP ports of RTP and RTCP\nFrom and to\n")
{
	struct conf *conf = conf_of(vty);

	conf->rtp_port_first = CONF_RTP_FIRST_DEFAULT;
	conf->rtp_port_last = CONF_RTP_LAST_DEFAULT;
	conf->rtp_line = 0;
	return CMD_SUCCESS;
}

/* ---- sip */

DEFUN(service_sip, service_sip_cmd, "sip", "SIP\n")
{
	vty->node = CONF_SERVICE_SIP_NODE;
	return CMD_SUCCESS;
}

static void voice_service_setup(void)
{
	static struct cmd_node service = {CONF_VOICE_SERVICE_NODE, "%s(conf-voi-serv)# ", 1};
	static struct cmd_node trusted = {CONF_TRUSTED_NODE, "%s(cfg-iptrust-list)# ", 1};
	static struct cmd_node sip = {CONF_SERVICE_SIP_NODE, "%s(conf-serv-sip)# ", 1};

	install_element(CONF_ROOT_NODE, &voice_service_cmd);
	conf_node_install(&service);
	install_element(CONF_VOICE_SERVICE_NODE, &trusted_list_cmd);
	install_element(CONF_VOICE_SERVICE_NODE, &no_trusted_list_cmd);
	install_element(CONF_VOICE_SERVICE_NODE, &rtp_range_cmd);
	install_element(CONF_VOICE_SERVICE_NODE, &no_rtp_range_cmd);
	install_element(CONF_VOICE_SERVICE_NODE, &service_sip_cmd);
	conf_node_install(&trusted);
	install_element(CONF_TRUSTED_NODE, &trusted_ipv4_cmd);
	install_element(CONF_TRUSTED_NODE, &trusted_ipv6_cmd);
	conf_node_install(&sip);
	sip_admission_install();
	voice_register_install_server();
}

static void voice_service_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	unsigned pairs = (conf->rtp_port_last - conf->rtp_port_first + 1) / 2;
	const struct conf_controller *c;
	unsigned channels = 0;

	llist_for_each_entry (c, &conf->controllers, entry)
		channels += __builtin_popcount(c->timeslots);
	if (conf->rtp_line && pairs < channels)
		loader_warning(loader, conf->rtp_line,
			       "rtp-port range has ports for %u calls, the controllers have %u B "
			       "channels",
			       pairs, channels);
}

static void write_trusted(const struct conf *conf, struct conf_writer *writer)
{
	char text[VALUE_ADDRESS_SIZE];

	if (conf->trusted_count)
		conf_put(writer, " ip address trusted list");
	for (unsigned i = 0; i < conf->trusted_count; i++) {
		const struct conf_trusted *t = &conf->trusted[i];
		uint32_t mask = t->prefix ? ~0u << (32 - t->prefix % 33) : 0;

		value_address_text(&t->address, text);
		if (t->address.ss_family == AF_INET6)
			conf_put(writer, "  ipv6 %s/%u", text, t->prefix);
		else if (t->prefix == 32)
			conf_put(writer, "  ipv4 %s", text);
		else
			conf_put(writer, "  ipv4 %s %u.%u.%u.%u", text, mask >> 24,
				 mask >> 16 & 255, mask >> 8 & 255, mask & 255);
	}
}

static void write_sip(const struct conf *conf, struct conf_writer *writer)
{
	conf_put(writer, " sip");
	sip_transport_write_all(conf, writer);
	sip_admission_write_sip(conf, writer);
	voice_register_write_server(conf, writer);
	sip_options_write(&conf->tenant_all.options, "  ", writer);
}

static void voice_service_write(const struct conf *conf, struct conf_writer *writer)
{
	conf_put(writer, "voice service voip");
	sip_admission_write_service(conf, writer);
	sip_transfer_write_all(conf, writer);
	write_trusted(conf, writer);
	if (conf->rtp_line)
		conf_put(writer, " rtp-port range %u %u", conf->rtp_port_first,
			 conf->rtp_port_last);
	write_sip(conf, writer);
	conf_put(writer, "!");
}

const struct conf_block conf_voice_service_block = {
    .setup = voice_service_setup, .check = voice_service_check, .write = voice_service_write};
