/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * secure - TLS of SIP: contexts of the profiles, and what the packaged SIP stack leaves undone.
 *
 * The stack makes a context of its own for each TLS socket, a bare one, and an SSL object for each
 * connection. secure_listen_begin() and secure_listen_end() around the making of a socket tell us its
 * context; from then on OpenSSL calls us for each of its connections (ex_data and info callbacks).
 * When a handshake begins, the connection gets the context of its profile: certificate, trusted
 * roots, versions, ciphers. So profiles change at any time (secure_change): connections that are up
 * keep what they have, the next one has the new.
 *
 * Names are compared during the handshake (RFC 5922 7.1, secure_names.h); before it is over nothing of
 * a message has left. Who makes a connection says whom it must reach: secure_expect() before the
 * stack is told to send, secure_expect_nobody() behind. A connection that the stack makes by itself,
 * for a response whose connection has gone, reaches nobody and fails.
 *
 * The stack of the package also loses the SSL object of every connection (it is freed here, once the
 * descriptor is closed), has no limit for handshakes (struct secure_link tells their age), answers no
 * pings on TLS (secure_ping() sends them, pongs are sent here) and takes an error that another
 * connection left in OpenSSL's queue for its own (the queue is cleared before each read and write).
 *
 * One of these at a time: OpenSSL's callbacks have no argument of ours. The prefix tls_ is the stack's:
 * a function of ours with a name of its own would take its place.
 */
#ifndef GATEWAY_SIP_SECURE_H
#define GATEWAY_SIP_SECURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <osmocom/core/linuxlist.h>

#include "gateway/sip/tls_profile.h"

struct secure;
struct ssl_st;
struct tport_s;

enum secure_link_state {
	SECURE_LINK_HANDSHAKE, /* or still connecting */
	SECURE_LINK_OPEN,
};

struct secure_link { /* a TLS connection of the stack */
	struct llist_head entry;
	struct secure *tls;
	enum secure_link_state state;
	struct ssl_st *ssl;
	int fd;
	ino_t inode;   /* of fd: another one there means that this is closed */
	bool incoming; /* from HANDSHAKE_START on */
	bool verified; /* the far end has shown a certificate, and its chain is good */
	unsigned profile;
	char expected[TLS_NAME_MAX + 1]; /* of an outgoing one */
	char error[256];		 /* why the handshake fails */
	struct sockaddr_storage remote;	 /* family 0: not known yet */
	struct tport_s *tport;		 /* the stack's own; NULL: not known yet */
	unsigned alias_port;		 /* incoming: its Via promised this one (RFC 5923) */
	bool pong_due;
};

struct secure_wish { /* of an outgoing connection */
	const struct sockaddr_storage *remote;
	unsigned profile; /* 0: the default */
	const char *name; /* host of the URI, or an address */
};

/* All files are there, readable, fit together. why: one sentence with the remedy. */
int secure_check(const struct tls_profile *profile, char *why, size_t why_size);

int secure_new(void *ctx, const struct tls_config *config, struct secure **out, char *why,
	       size_t why_size);
/* Files are read anew. On error all stays as it was. */
int secure_change(struct secure *tls, const struct tls_config *config, char *why, size_t why_size);
/* After the stack's agent has been destroyed. */
void secure_free(struct secure *tls);

void secure_listen_begin(struct secure *tls);
void secure_listen_end(struct secure *tls);

void secure_expect(struct secure *tls, const struct secure_wish *wish);
/* The connection that was made since, or NULL. */
struct secure_link *secure_expect_nobody(struct secure *tls);

/* A connection that reaches whom we want, or that is on its way there; NULL: none. */
struct secure_link *secure_find(struct secure *tls, const struct secure_wish *wish);
/* The one that a far end with this address has made. */
struct secure_link *secure_find_incoming(struct secure *tls, const struct sockaddr_storage *remote);
/* Does a TLS connection lead there? Of whichever of these there is. */
bool secure_is_from(const struct sockaddr *remote);
/* By its descriptor; NULL: that one is not TLS. */
struct secure_link *secure_link_of(struct secure *tls, int fd, ino_t inode);
/* Frees what is closed. */
void secure_sweep(struct secure *tls);
/* Sends octets, if the stack is not in the middle of a message. */
void secure_ping(struct secure_link *link, const char *octets);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of sip.example.com" */
void secure_describe(const struct secure_link *link, char *text, size_t size);

#endif
