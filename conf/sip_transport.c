// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice service voip                   voice class tenant 7
 *	 sip                                  bind control source-interface eth1
 *	  bind control address 10.6.2.1       bind media address 10.9.0.1
 *	  bind media address 10.6.2.1         external-address 203.0.113.5
 *	  listen-port non-secure 5060         tls-profile 2
 *	  listen-port secure 5061            dial-peer voice 200 voip
 *	  no transport switch udp tcp         voice-class sip tls-profile 2
 */
#include "conf/sip_transport.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/definition.h"
#include "conf/sip_options.h"
#include "conf/value.h"

static struct conf_sip_transport *transport_of(struct vty *vty)
{
	return &conf_of(vty)->sip;
}

/* ---- addresses */

/* Of an interface: the first of each family; returns how many. */
static unsigned interface_addresses(const char *name, struct conf_address out[2])
{
	struct ifaddrs *list, *i;
	unsigned count = 0;

	if (getifaddrs(&list))
		return 0;
	for (i = list; i && count < 2; i = i->ifa_next) {
		int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
		struct conf_address *a = &out[count];

		if (strcmp(i->ifa_name, name) || (family != AF_INET && family != AF_INET6) ||
		    (count && out[0].address.ss_family == family))
			continue;
		memset(a, 0, sizeof(*a));
		memcpy(&a->address, i->ifa_addr,
		       family == AF_INET ? sizeof(struct sockaddr_in)
					 : sizeof(struct sockaddr_in6));
		if (family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)&a->address)->sin6_addr))
			continue;
		osmo_strlcpy(a->interface, name, sizeof(a->interface));
		count++;
	}
	freeifaddrs(list);
	return count;
}

/* What "address A" or "source-interface NAME" means; CMD_SUCCESS, or an error was told. */
static int take_addresses(struct vty *vty, const char *what, const char **argv,
			  struct conf_address out[2], unsigned *count)
{
	bool interface = strcmp(argv[0], "source-interface") == 0;

	memset(out, 0, 2 * sizeof(*out));
	*count = 1;
	if (interface) {
		*count = interface_addresses(argv[1], out);
		if (!*count)
			return conf_error(vty,
					  "bind %s source-interface %s: this machine has no such "
					  "interface, or it has no address",
					  what, argv[1]);
	} else if (value_address(argv[1], &out[0].address) < 0) {
		return conf_error(vty, "bind %s address %s: expected an IPv4 or IPv6 address", what,
				  argv[1]);
	}
	return CMD_SUCCESS;
}

static bool same_address(const struct conf_address *a, const struct conf_address *b)
{
	return value_address_equal(&a->address, &b->address) &&
	       value_address_get_port(&a->address) == value_address_get_port(&b->address) &&
	       !strcmp(a->interface, b->interface);
}

static int place_of(struct vty *vty, const struct conf_address *address, uint8_t *out)
{
	struct conf_sip_transport *t = transport_of(vty);
	unsigned i;

	for (i = 0; i < t->addresses_count; i++)
		if (same_address(&t->addresses[i], address))
			break;
	if (i == CONF_ADDRESSES_MAX)
		return conf_error(vty, "at most %d addresses of tenants and dial peers are allowed",
				  CONF_ADDRESSES_MAX);
	if (i == t->addresses_count)
		t->addresses[t->addresses_count++] = *address;
	*out = (uint8_t)(i + 1);
	return CMD_SUCCESS;
}

/* ---- bind: for all */

#define BIND_STR "Addresses of this gateway\n"
#define BIND_WHAT_STR "Of SIP\nOf RTP\n"
#define BIND_VALUE_STR                                                                             \
	"An address\nThose of an interface\nIPv4 or IPv6 address, or name of the interface\n"

static int listen_on(struct vty *vty, const struct conf_address *a)
{
	struct conf_sip_transport *t = transport_of(vty);
	char text[VALUE_ADDRESS_SIZE];

	for (unsigned i = 0; i < t->control_count; i++)
		if (value_address_equal(&t->control[i].address, &a->address))
			return conf_error(vty, "bind control address %s is configured already",
					  value_address_text(&a->address, text));
	if (t->control_count == CONF_LISTEN_MAX)
		return conf_error(vty, "at most %d addresses can be bound", CONF_LISTEN_MAX);
	t->control[t->control_count++] = *a;
	return CMD_SUCCESS;
}

static int check_media(struct vty *vty, const char *text, const struct conf_address *a)
{
	if (value_address_is_any(&a->address))
		return conf_error(vty,
				  "bind media address %s: expected an address that can be "
				  "written into SDP",
				  text);
	return CMD_SUCCESS;
}

DEFUN(all_bind, all_bind_cmd, "bind (control|media) (address|source-interface) ADDRESS",
      BIND_STR BIND_WHAT_STR BIND_VALUE_STR)
{
	struct conf_sip_transport *t = transport_of(vty);
	struct conf_address a[2];
	unsigned count, i;
	int rc = take_addresses(vty, argv[0], argv + 1, a, &count);

	for (i = 0; rc == CMD_SUCCESS && i < count; i++) {
		if (strcmp(argv[0], "control") == 0)
			rc = listen_on(vty, &a[i]);
		else
			rc = check_media(vty, argv[2], &a[i]);
		if (rc == CMD_SUCCESS && strcmp(argv[0], "media") == 0)
			*(a[i].address.ss_family == AF_INET6 ? &t->media6 : &t->media4) = a[i];
	}
	return rc;
}

DEFUN(no_all_bind, no_all_bind_cmd, "no bind (control|media)", NO_STR BIND_STR BIND_WHAT_STR)
{
	struct conf_sip_transport *t = transport_of(vty);

	if (strcmp(argv[0], "control") == 0) {
		t->control_count = 0;
	} else {
		memset(&t->media4, 0, sizeof(t->media4));
		memset(&t->media6, 0, sizeof(t->media6));
	}
	return CMD_SUCCESS;
}

static void write_bind(const char *indent, const char *what, const struct conf_address *a,
		       struct conf_writer *writer)
{
	char text[VALUE_ADDRESS_SIZE];

	if (a->interface[0])
		conf_put(writer, "%sbind %s source-interface %s", indent, what, a->interface);
	else if (a->address.ss_family != AF_UNSPEC)
		conf_put(writer, "%sbind %s address %s", indent, what,
			 value_address_text(&a->address, text));
}

/* An interface stands for both of its addresses. */
static bool is_written(const struct conf_address *a, const struct conf_address *before)
{
	return a->interface[0] && strcmp(a->interface, before->interface) == 0;
}

/* ---- bind: of a tenant, of a dial peer */

DEFUN(own_bind, own_bind_cmd, "bind (control|media) (address|source-interface) ADDRESS",
      BIND_STR BIND_WHAT_STR BIND_VALUE_STR)
{
	struct sip_options *o = sip_options_of(vty);
	bool control = strcmp(argv[0], "control") == 0;
	struct conf_address a[2];
	unsigned count, i;
	int rc = take_addresses(vty, argv[0], argv + 1, a, &count);

	for (i = 0; rc == CMD_SUCCESS && i < count; i++) {
		bool v6 = a[i].address.ss_family == AF_INET6;

		if (value_address_is_any(&a[i].address))
			return conf_error(vty, "bind %s address %s: expected one address", argv[0],
					  argv[2]);
		if (control)
			rc = place_of(vty, &a[i], v6 ? &o->bind_control6 : &o->bind_control4);
		else
			rc = place_of(vty, &a[i], v6 ? &o->bind_media6 : &o->bind_media4);
	}
	return rc;
}

ALIAS(own_bind, p_bind_cmd,
      SIP_OPTION_PEER "bind (control|media) (address|source-interface) ADDRESS",
      SIP_OPTION_PEER_STR BIND_STR BIND_WHAT_STR BIND_VALUE_STR)

DEFUN(no_own_bind, no_own_bind_cmd, "no bind (control|media)", NO_STR BIND_STR BIND_WHAT_STR)
{
	struct sip_options *o = sip_options_of(vty);

	if (strcmp(argv[0], "control") == 0)
		o->bind_control4 = o->bind_control6 = 0;
	else
		o->bind_media4 = o->bind_media6 = 0;
	return CMD_SUCCESS;
}

ALIAS(no_own_bind, no_p_bind_cmd, "no " SIP_OPTION_PEER "bind (control|media)",
      NO_STR SIP_OPTION_PEER_STR BIND_STR BIND_WHAT_STR)

/* ---- ports */

#define LISTEN_PORT_STR "Port on which SIP listens\nUDP and TCP\nTLS\n"

DEFUN(listen_port, listen_port_cmd, "listen-port (non-secure|secure) PORT",
      LISTEN_PORT_STR "Port\n")
{
	static const struct value_range ranges[] = {{"listen-port non-secure", 1, 65535},
						    {"listen-port secure", 1, 65535}};
	bool secure = strcmp(argv[0], "secure") == 0;
	struct conf_sip_transport *t = transport_of(vty);

	return value_number(vty, argv[1], &ranges[secure], secure ? &t->port_secure : &t->port);
}

DEFUN(no_listen_port, no_listen_port_cmd, "no listen-port (non-secure|secure)",
      NO_STR LISTEN_PORT_STR)
{
	struct conf_sip_transport *t = transport_of(vty);

	if (strcmp(argv[0], "secure") == 0)
		t->port_secure = CONF_SIP_PORT_SECURE_DEFAULT;
	else
		t->port = CONF_SIP_PORT_DEFAULT;
	return CMD_SUCCESS;
}

/* ---- options of all, of a tenant, of a dial peer */

#define EXTERNAL_STR "Address of this gateway as the far end is told, behind NAT\n"
#define EXTERNAL_PORT_STR "IPv4 or IPv6 address\nPort of SIP, if NAT changes it\nPort\n"

static int external(struct vty *vty, const char *text, const char *port, uint8_t *out)
{
	static const struct value_range range = {"external-address port", 1, 65535};
	struct conf_address a = {.interface = ""};
	unsigned number = 0;

	if (value_address(text, &a.address) < 0 || value_address_is_any(&a.address))
		return conf_error(vty, "external-address %s: expected an IPv4 or IPv6 address",
				  text);
	if (port && value_number(vty, port, &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (a.address.ss_family == AF_INET)
		((struct sockaddr_in *)&a.address)->sin_port = htons(number);
	else
		((struct sockaddr_in6 *)&a.address)->sin6_port = htons(number);
	return place_of(vty, &a, out);
}

DEFUN(external_address, external_address_cmd, "external-address ADDRESS [port] [PORT]",
      EXTERNAL_STR EXTERNAL_PORT_STR)
{
	if (argc == 2)
		return conf_error(vty, "external-address %s port: expected a port", argv[0]);
	return external(vty, argv[0], argc > 2 ? argv[2] : NULL, &sip_options_of(vty)->external);
}

ALIAS(external_address, p_external_address_cmd,
      SIP_OPTION_PEER "external-address ADDRESS [port] [PORT]",
      SIP_OPTION_PEER_STR EXTERNAL_STR EXTERNAL_PORT_STR)

DEFUN(external_media, external_media_cmd, "external-address media ADDRESS",
      EXTERNAL_STR "Of RTP, if it is another one\nIPv4 or IPv6 address\n")
{
	return external(vty, argv[0], NULL, &sip_options_of(vty)->external_media);
}

ALIAS(external_media, p_external_media_cmd, SIP_OPTION_PEER "external-address media ADDRESS",
      SIP_OPTION_PEER_STR EXTERNAL_STR "Of RTP, if it is another one\nIPv4 or IPv6 address\n")

DEFUN(no_external_address, no_external_address_cmd, "no external-address", NO_STR EXTERNAL_STR)
{
	sip_options_of(vty)->external = sip_options_of(vty)->external_media = 0;
	return CMD_SUCCESS;
}

ALIAS(no_external_address, no_p_external_address_cmd, "no " SIP_OPTION_PEER "external-address",
      NO_STR SIP_OPTION_PEER_STR EXTERNAL_STR)

#define SWITCH_STR "Transport\nOf requests that UDP should not carry\nFrom UDP\nTo TCP\n"

SIP_SWITCH(transport_switch, large_by_tcp, "transport switch udp tcp", SWITCH_STR)

#define TLS_PROFILE_STR "Who we are on TLS, and whom we believe\n"

DEFUN(own_tls_profile, own_tls_profile_cmd, "tls-profile NUMBER",
      TLS_PROFILE_STR "Number of a voice class tls-profile\n")
{
	static const struct value_range range = {"tls-profile", 1, TLS_PROFILE_NUMBER_MAX};
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->tls_profile = (uint16_t)number;
	return CMD_SUCCESS;
}

ALIAS(own_tls_profile, p_tls_profile_cmd, SIP_OPTION_PEER "tls-profile NUMBER",
      SIP_OPTION_PEER_STR TLS_PROFILE_STR "Number of a voice class tls-profile\n")

DEFUN(no_own_tls_profile, no_own_tls_profile_cmd, "no tls-profile", NO_STR TLS_PROFILE_STR)
{
	sip_options_of(vty)->tls_profile = 0;
	return CMD_SUCCESS;
}

ALIAS(no_own_tls_profile, no_p_tls_profile_cmd, "no " SIP_OPTION_PEER "tls-profile",
      NO_STR SIP_OPTION_PEER_STR TLS_PROFILE_STR)

void sip_transport_install(void)
{
	static struct cmd_element *const all[] = {&all_bind_cmd, &no_all_bind_cmd, &listen_port_cmd,
						  &no_listen_port_cmd};
	static struct cmd_element *const tenant[] = {&own_bind_cmd, &no_own_bind_cmd,
						     &own_tls_profile_cmd, &no_own_tls_profile_cmd};
	static struct cmd_element *const options[] = {
	    &external_address_cmd, &external_media_cmd, &no_external_address_cmd,
	    &transport_switch_cmd, &no_transport_switch_cmd};
	static struct cmd_element *const peer[] = {&p_bind_cmd,
						   &no_p_bind_cmd,
						   &p_external_address_cmd,
						   &p_external_media_cmd,
						   &no_p_external_address_cmd,
						   &p_transport_switch_cmd,
						   &p_no_transport_switch_cmd,
						   &p_tls_profile_cmd,
						   &no_p_tls_profile_cmd};

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		install_element(CONF_SERVICE_SIP_NODE, all[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(tenant); i++)
		install_element(CONF_TENANT_NODE, tenant[i]);
	sip_options_install_tenant(options, ARRAY_SIZE(options));
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

/* ---- writing */

static const struct conf_address *at(const struct conf *conf, unsigned place)
{
	static const struct conf_address none;

	return place ? &conf->sip.addresses[place - 1] : &none;
}

void sip_transport_write_options(const struct sip_options *o, const char *indent,
				 struct conf_writer *writer)
{
	const struct conf *conf = conf_writer_conf(writer);
	const struct conf_address *external = at(conf, o->external);
	char text[VALUE_ADDRESS_SIZE];
	struct sockaddr_storage plain;

	write_bind(indent, "control", at(conf, o->bind_control4), writer);
	if (!is_written(at(conf, o->bind_control6), at(conf, o->bind_control4)))
		write_bind(indent, "control", at(conf, o->bind_control6), writer);
	write_bind(indent, "media", at(conf, o->bind_media4), writer);
	if (!is_written(at(conf, o->bind_media6), at(conf, o->bind_media4)))
		write_bind(indent, "media", at(conf, o->bind_media6), writer);
	if (o->external) {
		unsigned port = value_address_get_port(&external->address);

		plain = external->address;
		((struct sockaddr_in *)&plain)->sin_port = 0; /* where IPv6 has it, too */
		value_address_text(&plain, text);
		if (port)
			conf_put(writer, "%sexternal-address %s port %u", indent, text, port);
		else
			conf_put(writer, "%sexternal-address %s", indent, text);
	}
	if (o->external_media)
		conf_put(writer, "%sexternal-address media %s", indent,
			 value_address_text(&at(conf, o->external_media)->address, text));
	sip_switch_write(o->large_by_tcp, indent, "transport switch udp tcp", writer);
	if (o->tls_profile)
		conf_put(writer, "%stls-profile %u", indent, o->tls_profile);
}

void sip_transport_write_all(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_sip_transport *t = &conf->sip;

	for (unsigned i = 0; i < t->control_count; i++)
		if (i == 0 || !is_written(&t->control[i], &t->control[i - 1]))
			write_bind("  ", "control", &t->control[i], writer);
	write_bind("  ", "media", &t->media4, writer);
	if (!is_written(&t->media6, &t->media4))
		write_bind("  ", "media", &t->media6, writer);
	if (t->port != CONF_SIP_PORT_DEFAULT)
		conf_put(writer, "  listen-port non-secure %u", t->port);
	if (t->port_secure != CONF_SIP_PORT_SECURE_DEFAULT)
		conf_put(writer, "  listen-port secure %u", t->port_secure);
}

/* ---- checks */

void sip_transport_check_options(struct loader *loader, unsigned line, const char *where,
				 const struct sip_options *options)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: tls-profile", where);
	definition_check_number(loader, line, DEFINITION_TLS_PROFILE, options->tls_profile, text);
}

void sip_transport_check(struct loader *loader)
{
	struct conf_sip_transport *t = &loader_conf(loader)->sip;

	t->places =
	    talloc_zero_array(loader_conf(loader), struct sockaddr_storage, t->addresses_count + 1);
	OSMO_ASSERT(t->places);
	for (unsigned i = 0; i < t->addresses_count; i++)
		t->places[i] = t->addresses[i].address;
}

/* ---- for the program */

struct control {
	const struct conf *conf;
	struct sockaddr_storage *out;
	unsigned count, max;
};

static void add_control(struct control *c, const struct sockaddr_storage *address)
{
	for (unsigned i = 0; i < c->count; i++)
		if (value_address_equal(&c->out[i], address))
			return;
	if (c->count < c->max)
		c->out[c->count++] = *address;
}

static void add_options(struct control *c, const struct sip_options *o)
{
	if (o->bind_control4)
		add_control(c, &at(c->conf, o->bind_control4)->address);
	if (o->bind_control6)
		add_control(c, &at(c->conf, o->bind_control6)->address);
}

unsigned conf_sip_control(const struct conf *conf, struct sockaddr_storage *out, unsigned max)
{
	struct control c = {.conf = conf, .out = out, .max = max};
	const struct conf_tenant *tenant;
	const struct conf_peer *peer;

	if (!conf->sip.control_count)
		return 0;
	for (unsigned i = 0; i < conf->sip.control_count; i++)
		add_control(&c, &conf->sip.control[i].address);
	llist_for_each_entry (tenant, &conf->tenant_blocks, head.entry)
		add_options(&c, &tenant->tenant.options);
	llist_for_each_entry (peer, &conf->peers, entry)
		add_options(&c, &peer->peer.sip);
	return c.count;
}
