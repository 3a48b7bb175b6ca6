/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * redirect - 3xx responses: what they offer (RFC 3261 8.1.3.4, 21.3), and those that we send.
 *
 * redirect_take() reads the Contacts; redirect_next() hands them out in order of their q: a URI that
 * can be called as it is, or a run of telephone numbers together. A target that was tried before in
 * this call is left out, as is every stranger's (place.h); after REDIRECT_MAX responses no more are
 * taken.
 */
#ifndef GATEWAY_SIP_REDIRECT_H
#define GATEWAY_SIP_REDIRECT_H

#include "gateway/call/call.h"
#include "gateway/sip/place.h"

#define REDIRECT_MAX 5		/* responses in a row */
#define REDIRECT_CONTACTS_MAX 8 /* of one response */
#define REDIRECT_URI_MAX 384

struct redirect; /* all that a leg was redirected to; talloc */

struct redirect_target {
	char uri[REDIRECT_URI_MAX]; /* to call as it is; empty: numbers */
	struct target host;
	bool by_name; /* of its addresses, only the neighbours' may be called */
	struct leg_redirect numbers;
};

struct redirect *redirect_new(void *ctx);
/* transport: where a URI names none. 0; -ELOOP: too many; -ENOENT: it offers nothing that may be
 * called. */
int redirect_take(struct redirect *redirect, const struct ua *ua, const sip_t *sip,
		  enum peer_transport transport);
/* The next target. -ENOENT: no more. */
int redirect_next(struct redirect *redirect, struct redirect_target *out);
/* enum redirection_reason of a status. */
unsigned redirect_reason(unsigned status);

#endif
