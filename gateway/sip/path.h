/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * path - how messages reach a far end, and what we call ourselves on that way.
 *
 * path_find() makes one for a far end that is to be called, path_source() for one that has called.
 * It is a plain value: a dialog keeps a copy. Requests inside a dialog go where path_next() says.
 *
 * Local end: the address that `bind control` of the dial peer, its tenant or of all names, else the
 * one that a route to the far end starts from. The far end is told `external-address` instead, if
 * there is one of that family.
 *
 * NAT: a far end whose Via names another address than its packets have is reached where they come
 * from, whatever its Contact says.
 */
#ifndef GATEWAY_SIP_PATH_H
#define GATEWAY_SIP_PATH_H

#include "gateway/sip/ua_private.h"

struct path_far {
	const struct sockaddr_storage *remote;
	enum peer_transport transport;
	const struct sip_options *options; /* NULL: what holds for all */
	const char *name; /* of the URI, whose certificate is wanted; NULL: the address */
};

/* -ENETUNREACH: no socket of that transport and family; -EADDRNOTAVAIL: none at the address that is
 * to be bound. */
int path_find(const struct ua *ua, const struct path_far *far, struct ua_path *out);
int path_to_call(const struct ua *ua, const struct dialog_call *call, struct ua_path *out);
/* Where a request came from, and the socket it came on. 0 or negative errno. */
int path_source(struct ua *ua, nta_incoming_t *irq, struct ua_path *out);
/* `external-address` and the like, once it is known whose call it is. */
void path_apply(const struct ua *ua, const struct sip_options *options, struct ua_path *path);
/* Where the leg's next request goes: its route, its target, or the path it has had so far. */
void path_next(const struct ua *ua, nta_leg_t *leg, const struct ua_path *path,
	       struct ua_path *out);

/* The addresses of RTP by these settings: media4 and media6 are changed where they say one; external:
 * what the far end is told instead, family 0: nothing. */
void path_media(const struct ua *ua, const struct sip_options *options,
		struct sockaddr_storage *media4, struct sockaddr_storage *media6,
		struct sockaddr_storage *external);

/* A connection leads there, which they have made, or we. */
bool path_is_connected(const struct ua *ua, const struct sockaddr_storage *remote,
		       enum peer_transport transport);

/* Our address as the far end is told. */
void path_local(const struct ua_path *path, struct sockaddr_storage *out);
/* "<sip:USER@192.0.2.1:5060;transport=tcp>": how the far end reaches a user here. user: with escapes. */
void path_contact_of(const struct ua_path *path, const char *user, char text[PATH_CONTACT_MAX]);
/* path->contact, or if that is empty, the same without a user. */
void path_contact(const struct ua_path *path, char text[PATH_CONTACT_MAX]);
const char *path_transport_name(enum peer_transport transport); /* "udp" */
/* ";transport=tcp" as it stands in a URI; UDP: "". */
const char *path_transport_param(enum peer_transport transport);

/* Starts a client transaction on the path. msg is complete; NULL: it is still the caller's. */
nta_outgoing_t *path_send(const struct ua *ua, const struct ua_path *path, nta_response_f *callback,
			  void *magic, msg_t *msg);

#endif
