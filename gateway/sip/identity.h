/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * identity - who calls or answers, in SIP's headers and as a struct party.
 *
 * Into SIP (RFC 3323, 3325): an allowed number stands in From; a restricted one only in the header
 * that `asserted-id` names (P-Asserted-Identity, P-Preferred-Identity or Remote-Party-ID), with From
 * anonymous and `Privacy: id`. Where that is `none`, the neighbour is not trusted with what is
 * restricted, and it stays away. Screening (Q.931) is told by Remote-Party-ID only.
 *
 * Out of SIP, from a neighbour that is trusted: P-Asserted-Identity wins over Remote-Party-ID, that
 * over P-Preferred-Identity, and this over From. Privacy restricts the presentation, and so does
 * privacy=full or uri of Remote-Party-ID; an asserted number is "verified and passed", that of
 * Remote-Party-ID if it says screen=yes.
 *
 * Texts from SIP are hostile: user parts and display names of any bytes are taken. libc only.
 */
#ifndef GATEWAY_SIP_IDENTITY_H
#define GATEWAY_SIP_IDENTITY_H

#include <stdbool.h>

#include "dialplan/party.h"
#include "dialplan/sip_options.h"
#include "gateway/sip/header_lines.h"

struct identity_address {    /* one name-addr as a parser found it; borrowed, any may be NULL */
	const char *display; /* with its quotes, if it had any */
	const char *scheme;  /* "sip", "sips", "tel" */
	const char *user;    /* of tel: the number; escapes as they came */
	const char *params;  /* of tel: behind the number */
	const char *host;
};

struct identity_remote_party { /* Remote-Party-ID; scheme NULL: none */
	struct identity_address address;
	const char *screen, *privacy; /* "yes", "full"; or NULL */
};

struct identity_view { /* what a message says about its sender; a scheme NULL: no such header */
	struct identity_address from;
	struct identity_address asserted[2]; /* P-Asserted-Identity */
	struct identity_address preferred;   /* P-Preferred-Identity */
	struct identity_remote_party remote_party;
	bool private; /* Privacy has id, user or header, and not none */
};

#define IDENTITY_HEADER_MAX 512
#define IDENTITY_USER_MAX (3 * NUMBER_DIGITS_MAX + 128) /* with a subaddress */

/* The number in a user part: "+44%2020" and "2020;phone-context=+44" are international 442020 (RFC
 * 3966). params: behind the number of a tel: URI; may be NULL. 0; -EINVAL: it is no number;
 * -EMSGSIZE: too long. */
int identity_number(const char *user, const char *params, struct number *out);
/* Its subaddress (subaddress.h) and the digits of its extension, empty if it has none. */
void identity_subaddress(const char *user, const char *params, struct subaddress *out);
#define IDENTITY_EXTENSION_MAX 20
void identity_extension(const char *user, const char *params,
			char digits[IDENTITY_EXTENSION_MAX + 1]);
/* One parameter of a user part or a tel: URI: "phone-context" of "2020;phone-context=+44". -ENOENT,
 * -EMSGSIZE */
int identity_param(const char *text, const char *name, char *value, size_t size);
/* Resolves %xx; %00 and what is no escape: -EINVAL. */
int identity_unescape(const char *text, size_t length, char *out, size_t size);
int identity_hex_value(char c); /* or -1 */
/* user part of a number: "+4420..." or the digits; "#" is escaped. */
void identity_user(const struct number *number, char user[IDENTITY_USER_MAX]);
/* The same with ";isub=" behind it. */
void identity_subscriber(const struct number *number, const struct subaddress *subaddress,
			 char user[IDENTITY_USER_MAX]);

void identity_from_view(const struct identity_view *view, struct party *out);

/* How it is said to this neighbour. */
struct identity_style {
	const char *host; /* as it stands in a URI, IPv6 with brackets */
	const struct sip_options *options;
	const char *passed_privacy; /* value of Privacy on the other side of the call, or NULL */
	bool called;		    /* we are who was called: Remote-Party-ID;party=called */
};

/* From without tag. */
void identity_write_from(const struct party *party, const struct identity_style *style,
			 char from[IDENTITY_HEADER_MAX]);
/* P-Asserted-Identity and Privacy, or as the options have it. */
void identity_write(const struct party *party, const struct identity_style *style,
		    struct header_lines *lines);
/* "Name" with quotes, and a space behind it; empty if there is no name. */
#define IDENTITY_DISPLAY_MAX (2 * PARTY_NAME_MAX + 16)
void identity_write_display(const char *name, char out[IDENTITY_DISPLAY_MAX]);

#endif
