/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sockets - the addresses that SIP listens on: ua->sockets, opened once by ua_new().
 *
 * A wildcard is every address the machine has then, each with a socket of its own: Contact, Via and
 * the source address of a message are the same. All sockets belong to one agent of the stack, so
 * that a request finds its dialog whatever it comes on; none is added later, because the stack would
 * free Via headers that open connections still use.
 */
#ifndef GATEWAY_SIP_SOCKETS_H
#define GATEWAY_SIP_SOCKETS_H

#include "gateway/sip/ua_private.h"

/* Makes ua->agent. why: one sentence with the remedy. */
int sockets_open(struct ua *ua, char *why, size_t why_size);
/* Timers of ua->config have changed. */
void sockets_change(struct ua *ua);
/* By the name that the stack has for it; NULL: none of ours. */
const struct ua_socket *sockets_of(const struct ua *ua, const tp_name_t *name);
/* local: the address that it must have, or NULL: the one that a route to remote starts from, else
 * any of that family. NULL: there is none. */
const struct ua_socket *sockets_find(const struct ua *ua, const struct sockaddr_storage *remote,
				     enum peer_transport transport,
				     const struct sockaddr_storage *local);
bool sockets_is_wildcard(const struct sockaddr_storage *address);

#endif
