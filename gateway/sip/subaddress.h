/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * subaddress - `;isub=` of a telephone number in a URI (RFC 3966, RFC 4715) and Q.931's subaddress.
 *
 *	isub=12                        NSAP, AFI 50, IA5 characters: what most terminals mean
 *	isub=12;isub-encoding=nsap-bcd NSAP, AFI 48, BCD
 *	isub=39..;isub-encoding=nsap   NSAP in hexadecimal
 *	isub=12;isub-encoding=user     user specified, in hexadecimal; an encoding name of ours, as the
 *	                               RFC has none for it
 *
 * libc only.
 */
#ifndef GATEWAY_SIP_SUBADDRESS_H
#define GATEWAY_SIP_SUBADDRESS_H

#include <stddef.h>

#include "dialplan/party.h"

#define SUBADDRESS_TEXT_MAX (3 * SUBADDRESS_MAX + 48)

/* value: of isub, escapes as they came; encoding: of isub-encoding, or NULL. -EINVAL, -EMSGSIZE */
int subaddress_read(const char *value, const char *encoding, struct subaddress *out);
/* ";isub=12", or "" if there is none. */
void subaddress_write(const struct subaddress *subaddress, char text[SUBADDRESS_TEXT_MAX]);

#endif
