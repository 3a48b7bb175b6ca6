/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trust - who may send us requests: `ip address trusted list`, session targets and loopback.
 * trusted_names.h keeps those session targets up to date that are names.
 *
 * Others are strangers (admission.h). libc only.
 *
 * Loopback is trusted unless trust_set_loopback() says otherwise. What comes from 127.0.0.0/8 or ::1
 * was sent by this machine, the kernel takes such packets from no wire; an IPv4 address that was
 * written as IPv6 is not believed that much. Who shares the machine with other users or with
 * programs that connect to wherever they are told (a web proxy) does not trust loopback.
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
void trust_set_loopback(struct trust *trust, bool trusted);
/* IPv4-mapped IPv6 addresses count as IPv4, but for loopback. trust NULL: loopback only. */
bool trust_allows(const struct trust *trust, const struct sockaddr *address);
/* How exactly is it named? Bits of the narrowest network with it that was added, all of them for a host;
 * 0: none, loopback alone perhaps. */
unsigned trust_bits(const struct trust *trust, const struct sockaddr *address);

#endif
