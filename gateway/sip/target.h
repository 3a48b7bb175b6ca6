/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * target - where a dial peer's calls go: the text after `session target`.
 *
 *	ipv4:10.6.2.10          ipv4:10.6.2.10:5062
 *	ipv6:[2001:db8::1]      ipv6:[2001:db8::1]:5062     ipv6:2001:db8::1
 *	dns:sip.example.com     dns:sip.example.com:5062
 *
 * The name may hold macros: $d$ the digits of the called number, $e$ the same backwards with a dot
 * between each two, $s$ the literal digits that destination-pattern begins with, $u$ the digits
 * behind those. target_expand() replaces them.
 *
 * A name without a port is looked up by SRV first, one with a port by address only (RFC 3263 4.2).
 * libc only.
 */
#ifndef GATEWAY_SIP_TARGET_H
#define GATEWAY_SIP_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "dialplan/peer.h"

#define TARGET_HOST_MAX 253
#define TARGET_PORT_DEFAULT 5060
#define TARGET_PORT_TLS 5061

struct target {
	char host[TARGET_HOST_MAX + 1];	 /* without brackets */
	uint16_t port;			 /* 0: not given */
	enum peer_transport transport;	 /* SYSTEM: of a name without port, as the DNS says */
	struct sockaddr_storage address; /* with port; family 0: host is a name */
};

/* transport: of the peer, or the system's; SYSTEM: not said, which is UDP for an address and for a name
 * with port (RFC 3263 4.1). -EINVAL, and *out is untouched. */
int target_parse(const char *text, enum peer_transport transport, struct target *out);
/* A host as it stands in a URI, numeric or a name (IPv6 without brackets); port 0: none. -EINVAL */
int target_from_host(const char *host, unsigned port, enum peer_transport transport,
		     struct target *out);
/* out has room for TARGET_TEXT_MAX + 1. pattern: destination-pattern, may be empty. -EMSGSIZE */
#define TARGET_TEXT_MAX (TARGET_HOST_MAX + 16)
int target_expand(const char *text, const char *pattern, const char *digits, char *out);
bool target_has_macros(const char *text);
unsigned target_default_port(enum peer_transport transport); /* 5060; TLS: 5061 */
/* "10.6.2.10:5062" or "[2001:db8::1]" as it stands in a URI; no port if none was given. */
void target_hostport(const struct target *target, char *text, size_t size);

/* "10.6.2.10:5060", "[2001:db8::1]:5060" */
#define TARGET_ADDRESS_MAX 64
void target_address_text(const struct sockaddr *address, char *text, size_t size);
/* Just the address: "10.6.2.10", "2001:db8::1". */
void target_address_host(const struct sockaddr *address, char *text, size_t size);
unsigned target_address_port(const struct sockaddr *address);
void target_address_set_port(struct sockaddr_storage *address, unsigned port);
/* A numeric host, IPv6 with or without brackets. -EINVAL */
int target_address_parse(const char *host, unsigned port, struct sockaddr_storage *out);
bool target_address_equal(const struct sockaddr *a, const struct sockaddr *b); /* port too */
bool target_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
bool target_is_loopback(const struct sockaddr_storage *address);

#endif
