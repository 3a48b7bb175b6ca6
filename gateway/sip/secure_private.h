/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * secure_private - what tls.c (contexts of the profiles) and secure_link.c (connections) share.
 */
#ifndef GATEWAY_SIP_SECURE_PRIVATE_H
#define GATEWAY_SIP_SECURE_PRIVATE_H

#include <openssl/ssl.h>

#include "gateway/sip/secure.h"

struct secure_context {
	struct tls_profile profile;
	SSL_CTX *ssl;
};

struct secure {
	struct secure_context *contexts; /* talloc'ed array */
	unsigned count;
	struct tls_config config; /* its profiles stand in contexts */
	struct llist_head links;
	struct secure_link **by_fd; /* talloc'ed */
	bool listening;		    /* between secure_listen_begin() and _end() */
	SSL_CTX *made;		    /* the stack's, since secure_listen_begin() */
	const struct secure_wish *wish;
	struct secure_link *wished; /* made since secure_expect() */
};

/* 0: the default. NULL: there is none (any more). */
const struct secure_context *secure_context(const struct secure *tls, unsigned number);
/* For a caller from there. */
const struct secure_context *secure_context_for(const struct secure *tls,
						const struct sockaddr_storage *remote);

/* Of what the stack makes from now on (secure_link.c). */
int secure_link_watch(struct secure *tls);
void secure_link_free_all(struct secure *tls);
/* The stack's own context. */
void secure_link_adopt(SSL_CTX *made);

#endif
