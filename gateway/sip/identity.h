/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * identity - who calls or answers, in SIP's headers and as a struct party.
 *
 * Into SIP (RFC 3323, 3325): an allowed number stands in From; a restricted one only in
 * P-Asserted-Identity, with From anonymous and `Privacy: id`. Out of SIP: the asserted identity
 * wins over From, Privacy restricts the presentation. Requests come from trusted sources only, so
 * that an asserted identity may be believed; Remote-Party-ID is not read.
 *
 * Texts from SIP are hostile: user parts and display names of any bytes are taken. libc only.
 */
#ifndef GATEWAY_SIP_IDENTITY_H
#define GATEWAY_SIP_IDENTITY_H

#include <stdbool.h>

#include "dialplan/party.h"

struct identity_address {    /* one name-addr as a parser found it; borrowed, any may be NULL */
	const char *display; /* with its quotes, if it had any */
	const char *scheme;  /* "sip", "sips", "tel" */
	const char *user;    /* of tel: the number; escapes as they came */
	const char *params;  /* of tel: behind the number */
	const char *host;
};

struct identity_view { /* what a message says about its sender */
	struct identity_address from;
	struct identity_address asserted[2]; /* P-Asserted-Identity; scheme NULL: none */
	bool private;			     /* Privacy has id, user or header, and not none */
};

#define IDENTITY_HEADER_MAX 512
#define IDENTITY_USER_MAX (3 * NUMBER_DIGITS_MAX + 4)

struct identity_headers {		/* what to send; empty: header is left out */
	char from[IDENTITY_HEADER_MAX]; /* without tag */
	char asserted[IDENTITY_HEADER_MAX];
	char privacy[16];
};

/* The number in a user part: "+44%2020" and "2020;phone-context=+44" are international 442020 (RFC
 * 3966). params: behind the number of a tel: URI; may be NULL. 0; -EINVAL: it is no number;
 * -EMSGSIZE: too long. */
int identity_number(const char *user, const char *params, struct number *out);
/* One parameter of a user part or a tel: URI: "phone-context" of "2020;phone-context=+44". -ENOENT,
 * -EMSGSIZE */
int identity_param(const char *text, const char *name, char *value, size_t size);
/* user part of a number: "+4420..." or the digits; "#" is escaped. */
void identity_user(const struct number *number, char user[IDENTITY_USER_MAX]);

void identity_from_view(const struct identity_view *view, struct party *out);
/* host: as it stands in a URI, IPv6 with brackets. */
void identity_to_headers(const struct party *party, const char *host, struct identity_headers *out);

#endif
