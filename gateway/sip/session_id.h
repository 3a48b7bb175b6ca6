/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * session_id - the identifier of a session from end to end (RFC 7989).
 *
 *	Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2
 *
 * Each end has a UUID; one that is not known yet is all zeros. Implementations of RFC 7329 have one
 * UUID for both ends, without "remote": they get back what they sent (RFC 7989 11). libc only.
 */
#ifndef GATEWAY_SIP_SESSION_ID_H
#define GATEWAY_SIP_SESSION_ID_H

#include <stdbool.h>

#include "gateway/call/guid.h"

#define SESSION_UUID_SIZE 33 /* 32 hexadecimal digits */
#define SESSION_ID_TEXT_MAX (2 * SESSION_UUID_SIZE + 8)

struct session_id {
	char local[SESSION_UUID_SIZE];	/* ours, or of the end that we stand for; empty: none */
	char remote[SESSION_UUID_SIZE]; /* the far end's; empty: not known */
	bool single;			/* the far end speaks RFC 7329 */
};

/* A message of the far end brought this header. -EINVAL: it is not one, nothing has changed. */
int session_id_hear(struct session_id *session, const char *text);
void session_id_write(const struct session_id *session, char text[SESSION_ID_TEXT_MAX]);
/* That of a call: its guid (guid.h). */
void session_uuid_of_guid(const struct guid *guid, char uuid[SESSION_UUID_SIZE]);

#endif
