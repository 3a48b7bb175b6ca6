/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_transport - where SIP listens and how it gets to the far end.
 *
 * sip_transport.c has the commands that stand in `voice service voip` / `sip`, in tenants and at dial
 * peers (bind, listen-port, external-address, transport switch, tls-profile); sip_connection.c those
 * of `sip-ua` (transport, crypto signaling, timers connection, connection limit); tls_profile.c is the
 * block `voice class tls-profile`.
 *
 * Settings of tenants and dial peers name addresses by their place in conf->sip.addresses.
 */
#ifndef CONF_SIP_TRANSPORT_H
#define CONF_SIP_TRANSPORT_H

#include <net/if.h>

#include "gateway/sip/connections.h"
#include "gateway/sip/tls_profile.h"

#define CONF_ADDRESSES_MAX 200
#define CONF_LISTEN_MAX 8
#define CONF_SIP_PORT_SECURE_DEFAULT 5061

struct conf_address {
	struct sockaddr_storage address; /* port: of external-address; else 0 */
	char interface[IF_NAMESIZE];	 /* it was named by; empty: by itself */
};

struct conf_sip_transport {
	struct conf_address addresses[CONF_ADDRESSES_MAX];
	unsigned addresses_count;
	struct sockaddr_storage *places; /* the same for the user agent, once all is read */
	struct conf_address control[CONF_LISTEN_MAX]; /* bind control for all; port 0: the usual */
	unsigned control_count;			      /* 0: all addresses, IPv4 and IPv6 */
	struct conf_address media4, media6;	      /* bind media for all; family 0: not bound */
	unsigned port, port_secure;		      /* listen-port non-secure, secure */
	bool listen_udp, listen_tcp, listen_tls;      /* sip-ua: transport */
	unsigned tls_line;			      /* of transport tcp tls */
	struct tls_config tls; /* its profiles: talloc'ed, in order of number, once all is read */
	unsigned remote_lines[TLS_REMOTES_MAX];
	unsigned default_line;
	struct connection_limits connections;
};

struct conf;

/* Where SIP listens: the addresses of all, of tenants and of dial peers, each once, without ports.
 * Returns how many; 0: everywhere. */
unsigned conf_sip_control(const struct conf *conf, struct sockaddr_storage *out, unsigned max);

#endif
