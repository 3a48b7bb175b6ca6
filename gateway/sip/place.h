/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * place - where a URI leads that somebody else has chosen: the Contact of a 3xx, a Refer-To.
 *
 * A URI of ours, and a telephone number that names no host of its own (tel:, user=phone), go by
 * their number through the dial plan. A neighbour's URI may be called as it is. No stranger's URI
 * ever is: whoever can make us follow his Contact could make us call anybody, from our address.
 */
#ifndef GATEWAY_SIP_PLACE_H
#define GATEWAY_SIP_PLACE_H

#include "gateway/sip/ua_private.h"

enum place {
	PLACE_STRANGE,
	PLACE_NUMBER,	 /* of the telephone network, by the dial plan */
	PLACE_OURS,	 /* the same */
	PLACE_NEIGHBOUR, /* a session target, or trusted */
	PLACE_NAME,	 /* a host name: its addresses decide */
};

/* port: as it stands in a URI or Via, or NULL. */
bool place_is_ours(const struct ua *ua, const char *host, const char *port);
enum place place_of(const struct ua *ua, const url_t *url);
/* Host, port and transport of a sip: URI. -EINVAL, -EPROTONOSUPPORT */
int place_target(const url_t *url, enum peer_transport transport, struct target *out);
/* Drops the addresses that are no neighbour's. 0 or -EACCES: none is left. */
int place_keep_neighbours(const struct ua *ua, struct resolve_answer *answer);

#endif
