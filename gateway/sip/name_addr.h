/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * name_addr - headers that are lists of addresses and that the SIP stack does not know: Diversion,
 * History-Info.
 *
 *	"Bob" <sip:2001;isub=5@h:5060;cause=302?Privacy=history>;reason=no-answer, <tel:...>
 *
 * name_addr_next() cuts one after another off a text and writes into it; all that it finds is
 * borrowed from there. What cannot be read is passed over, the rest of the list stays readable.
 * Source: RFC 3261 25.1. libc only.
 */
#ifndef GATEWAY_SIP_NAME_ADDR_H
#define GATEWAY_SIP_NAME_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/sip/identity.h"

struct name_addr {
	struct identity_address address;
	const char *uri_params;	 /* of a sip: URI, "cause=302;x"; NULL: none */
	const char *uri_headers; /* "Reason=SIP%3Bcause%3D302&Privacy=history"; NULL: none */
	const char *params;	 /* behind the address: ";reason=no-answer"; NULL: none */
};

/* false: *text is at its end. An address that cannot be read has no scheme. */
bool name_addr_next(char **text, struct name_addr *out);
/* Where the first of stops stands outside quotes, or the end. */
const char *name_addr_find(const char *text, const char *stops);
/* The value of one of the parameters, quotes taken off; empty if it has none. -ENOENT, -EMSGSIZE */
int name_addr_param(const char *params, const char *name, char *value, size_t size);
/* The same for the headers of a URI, with their escapes resolved. -EINVAL: these are broken. */
int name_addr_header(const char *headers, const char *name, char *value, size_t size);

#endif
