/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trust - who may send us INVITEs: `ip address trusted list`, session targets and loopback.
 * trusted_names.h keeps those session targets up to date that are names.
 *
 * Others get 403 and one log line. libc only.
 */
#ifndef GATEWAY_SIP_TRUST_H
#define GATEWAY_SIP_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct trust;

struct trust *trust_new(void);
void trust_free(struct trust *trust);
/* prefix: bits of the address that count, 32 or 128 for a host. -EINVAL */
int trust_add(struct trust *trust, const struct sockaddr *address, unsigned prefix);
/* Drops every address that was not set by name. */
void trust_clear(struct trust *trust);
/* The addresses behind a name, ports ignored: they take the place of those it had. None: the
 * name is forgotten. On error it keeps what it had. */
int trust_set_name(struct trust *trust, const char *name, const struct sockaddr_storage *addresses,
		   size_t count);
/* Is it a name that was set? */
bool trust_knows_name(const struct trust *trust, const char *name);
/* IPv4-mapped IPv6 addresses count as IPv4. Loopback is always trusted. */
bool trust_allows(const struct trust *trust, const struct sockaddr *address);

#endif
