/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tls_private - what tls.c (contexts of the profiles) and tls_link.c (connections) share.
 */
#ifndef GATEWAY_SIP_TLS_PRIVATE_H
#define GATEWAY_SIP_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "gateway/sip/tls.h"

struct tls_context {
	struct tls_profile profile;
	SSL_CTX *ssl;
};

struct tls {
	struct tls_context *contexts; /* talloc'ed array */
	unsigned count;
	struct tls_config config; /* its profiles stand in contexts */
	struct llist_head links;
	struct tls_link **by_fd; /* talloc'ed */
	bool listening; /* between tls_listen_begin() and _end() */
	SSL_CTX *made;	/* the stack's, since tls_listen_begin() */
	const struct tls_wish *wish;
	struct tls_link *wished; /* made since tls_expect() */
};

/* 0: the default. NULL: there is none (any more). */
const struct tls_context *tls_context(const struct tls *tls, unsigned number);
/* For a caller from there. */
const struct tls_context *tls_context_for(const struct tls *tls,
					  const struct sockaddr_storage *remote);

/* Of what the stack makes from now on (tls_link.c). */
int tls_link_watch(struct tls *tls);
void tls_link_free_all(struct tls *tls);
/* The stack's own context. */
void tls_link_adopt(SSL_CTX *made);

#endif
