/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * replaces - dialogs of ours that others name: Replaces (RFC 3891), Target-Dialog (RFC 4538).
 *
 * An INVITE with Replaces puts its leg into a call of ours in the place of the leg whose dialog it
 * names, and is answered at once. It must come from a source that may call (request.c); a ringing
 * leg can be replaced only where we are the caller (pick-up), else 481.
 */
#ifndef GATEWAY_SIP_REPLACES_H
#define GATEWAY_SIP_REPLACES_H

#include "gateway/sip/leg_sip_private.h"

/* The leg with that dialog, early or not, released or not. NULL: none has. */
struct leg_sip *replaces_find(const struct ua *ua, const sip_replaces_t *replaces);
/* The same of a request's Target-Dialog. */
struct leg_sip *replaces_find_target(const struct ua *ua, const sip_t *sip);
/* The leg that an INVITE is to replace; *out NULL: it has no Replaces. 0, or the status to refuse it
 * with (RFC 3891 3). */
int replaces_check(const struct ua *ua, const sip_t *sip, struct leg_sip **out);
/* The Replaces in the header part of a URI. NULL: there is none that can be read. */
sip_replaces_t *replaces_of_uri(su_home_t *home, const url_t *url);
/* "CALL-ID;to-tag=T;from-tag=F" */
#define REPLACES_TEXT_MAX 256
int replaces_text(const sip_replaces_t *replaces, char text[REPLACES_TEXT_MAX]);

#endif
