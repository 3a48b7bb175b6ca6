/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * call_headers - what the headers of a call say besides addresses and sessions, between the stack's
 * messages and a struct call_setup: who calls, who diverted the call, user-user information,
 * identifiers of call and session, and headers that only pass through.
 *
 * The text of each header is read and written by a file of its own: identity.h, diversion.h,
 * user_to_user.h, session_id.h, guid.h. What may pass through from one SIP leg to the other is
 * decided here: Accept-Language, Alert-Info, Call-Info, In-Reply-To, Organization, Priority and
 * Subject; to neighbours that are trusted with identities also P-Access-Network-Info,
 * P-Charging-Function-Addresses and P-Charging-Vector.
 */
#ifndef GATEWAY_SIP_CALL_HEADERS_H
#define GATEWAY_SIP_CALL_HEADERS_H

#include "gateway/sip/message.h"
#include "gateway/sip/session_id.h"

#define CALL_HEADERS_PASSED_MAX 2048

struct call_headers_room { /* for texts that the setup points to */
	char privacy[64];
	char passed[CALL_HEADERS_PASSED_MAX];
};

/* Of an INVITE from a trusted neighbour; called is read already. */
void call_headers_read(const sip_t *sip, struct call_headers_room *room, struct call_setup *setup);
/* Redirection of an INVITE or of a response. -ENOENT */
int call_headers_redirection(const sip_t *sip, struct redirection *out);
/* -ENOENT: it has none. */
int call_headers_user_user(const sip_t *sip, struct user_user *out);
/* The message names who sends it otherwise than in From. */
bool call_headers_has_identity(const sip_t *sip);
/* The value of a header that the stack does not know; NULL: none. */
const char *call_headers_unknown(const sip_t *sip, const char *name);

/* The request URI: sip:NUMBER@HOST or as `url` has it; secure: sips. */
#define CALL_URI_MAX (2 * TARGET_HOST_MAX + IDENTITY_USER_MAX + 64)
void call_headers_uri(const struct dialog_call *call, bool secure, char uri[CALL_URI_MAX]);
/* From, without tag, and all lines of the INVITE. host: ours, as it stands in a URI. */
void call_headers_invite(const struct dialog_call *call, const char *host, const char *uri,
			 char from[IDENTITY_HEADER_MAX], struct header_lines *lines);
/* The lines that say how it was diverted, as the options have them. */
void call_headers_redirected(const struct redirection *redirection,
			     const struct identity_style *style, const char *uri,
			     struct header_lines *lines);
/* Date: now. */
void call_headers_date(struct header_lines *lines);

#endif
