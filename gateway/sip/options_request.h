/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * options_request - one OPTIONS to one address: is somebody there (RFC 3261 11)?
 *
 * options_ask() sends it; `answered` comes once, from the loop, unless it is cancelled before. How
 * long to wait is for who asks: the transaction itself ends after 64*T1. On TCP and TLS the
 * connection that it went on can be watched until it closes.
 */
#ifndef GATEWAY_SIP_OPTIONS_REQUEST_H
#define GATEWAY_SIP_OPTIONS_REQUEST_H

#include "dialplan/sip_options.h"
#include "gateway/sip/target.h"

struct ua;
struct options_request;

struct options_to {
	const struct target *target; /* names in the request and in the certificate */
	const struct sockaddr_storage *address;
	enum peer_transport transport;
	const struct sip_options *options; /* addresses to bind; NULL: what holds for all */
};

struct options_handlers {
	/* status 0: none came, or it could not be reached; refused: that was known at once */
	void (*answered)(void *arg, unsigned status, bool refused);
	/* The connection that the last one went on has closed; may be NULL. */
	void (*closed)(void *arg);
};

/* One at a time goes on. NULL: no memory. */
struct options_request *options_new(void *ctx, struct ua *ua,
				    const struct options_handlers *handlers, void *arg);
void options_free(struct options_request *request);
/* What is under way is forgotten. -EHOSTUNREACH: it cannot be sent. */
int options_ask(struct options_request *request, const struct options_to *to);
void options_cancel(struct options_request *request);
bool options_is_asking(const struct options_request *request);

#endif
