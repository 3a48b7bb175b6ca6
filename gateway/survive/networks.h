/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * networks - which of very many networks an address is in.
 *
 * networks_new(), networks_add() for each, networks_seal(), then look as often as wanted: that costs time by how many
 * lengths of prefix there are, not by how many networks. A network may be added with several values. An IPv4
 * address on an IPv6 socket is one.
 */
#ifndef GATEWAY_SURVIVE_NETWORKS_H
#define GATEWAY_SURVIVE_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct networks;

/* room: how many will be added. NULL: no memory. talloc_free() ends it. */
struct networks *networks_new(void *ctx, size_t room);
/* Family 0: everywhere. */
void networks_add(struct networks *networks, const struct sockaddr_storage *network, unsigned bits,
		  uint32_t value);
void networks_seal(struct networks *networks);

/* Calls fn with the values of all networks that it is in until fn returns false: the longest network first,
 * everywhere last, of one network in order of value. */
void networks_find(const struct networks *networks, const struct sockaddr *address,
		   bool (*fn)(void *arg, uint32_t value), void *arg);
/* Is it in this one? */
bool network_has(const struct sockaddr_storage *network, unsigned bits,
		 const struct sockaddr *address);
bool networks_have(const struct networks *networks, const struct sockaddr *address);

#endif
