/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * authorization - our credentials in requests that go out (RFC 3261 22, RFC 8760).
 *
 * A request that is answered 401 or 407 goes out once more with the credentials that its tenant, or
 * `sip-ua`, has for the realm; later requests of the same dialog carry them from the start, with the
 * same nonce counted on. A nonce that has become stale is replaced; a nonce that is refused while it
 * is fresh means that user or password are wrong, and is the end. Credentials with a realm are sent to
 * no other.
 *
 *	authorization_init()       in what lasts as long as the dialog or the registration
 *	message_request.authorization   adds what is known to each request
 *	authorization_retry()      first thing for each final answer
 */
#ifndef GATEWAY_SIP_AUTHORIZATION_H
#define GATEWAY_SIP_AUTHORIZATION_H

#include "gateway/sip/account.h"
#include "gateway/sip/ua_private.h"

struct message_request;
struct authorization_realm;

struct authorization {
	struct ua *ua;
	void *ctx; /* talloc context of what it remembers */
	unsigned tenant;
	char line[ACCOUNT_LINE_MAX + 1]; /* whose credentials are the first choice; "": nobody's */
	struct authorization_realm *realms; /* that asked */
	bool refused;			    /* ours were: user or password are wrong, or missing */
};

void authorization_init(struct authorization *authorization, struct ua *ua, void *ctx);
/* Whose credentials are sent. line may be NULL. */
void authorization_set(struct authorization *authorization, unsigned tenant, const char *line);
/* Puts what is known into a request that is complete otherwise. */
void authorization_add(struct authorization *authorization, msg_t *msg);
/* The value of a header with challenge or credentials, as digest.h reads it. -ENOBUFS */
int authorization_text(const msg_auth_t *header, char *text, size_t size);
/* sip: an answer to *out, NULL if none came. True: it went out again, with the leg's or else its own
 * next CSeq; *out is the new transaction and sip is gone. False: the answer is the caller's; if it
 * asks for credentials that we do not have or that were refused, the log says so. Of the request it
 * needs ua, path, leg (may be NULL), callback, magic and authorization. */
bool authorization_retry(const struct message_request *request, nta_outgoing_t **out,
			 const sip_t *sip);

#endif
