/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tls_profile - an identity of ours for TLS and whom we believe: `voice class tls-profile N`.
 *
 * Plain data of the configuration; tls.h makes contexts of it. Which profile a connection gets: an
 * outgoing one that of the call's dial peer, tenant, or the default; an incoming one that of the
 * first remote-addr row that its source is in, else the default.
 */
#ifndef GATEWAY_SIP_TLS_PROFILE_H
#define GATEWAY_SIP_TLS_PROFILE_H

#include <stdbool.h>
#include <sys/socket.h>

#define TLS_PROFILE_NUMBER_MAX 10000
#define TLS_FILE_MAX 255
#define TLS_NAME_MAX 253
#define TLS_NAMES_MAX 10
#define TLS_REMOTES_MAX 32

enum tls_validate {			 /* `cn-san validate`: whose names are compared */
		    TLS_VALIDATE_SERVER, /* of servers that we call; nothing configured */
		    TLS_VALIDATE_CLIENT,
		    TLS_VALIDATE_BIDIRECTIONAL,
		    TLS_VALIDATE_NONE, /* the chain alone */
};

struct tls_profile {
	unsigned number;
	char certificate[TLS_FILE_MAX + 1]; /* PEM, may go on with intermediates; empty: none */
	char private_key[TLS_FILE_MAX + 1]; /* PEM; empty: it is in the same file */
	char ca[TLS_FILE_MAX + 1];	    /* PEM, may hold intermediates; empty: the system's */
	bool client_verify; /* callers must show a certificate that ca vouches for */
	enum tls_validate validate;
	/* `cn-san N NAME`: also right for servers; for clients the only ones */
	char names[TLS_NAMES_MAX][TLS_NAME_MAX + 1]; /* empty: none */
};

struct tls_remote { /* `crypto signaling remote-addr` */
	struct sockaddr_storage address;
	unsigned prefix, profile;
};

enum tls_version {
	TLS_VERSION_1_2, /* and later */
	TLS_VERSION_1_3,
};

struct tls_config {
	const struct tls_profile *profiles; /* borrowed */
	unsigned profiles_count;
	unsigned default_profile; /* 0: none, no TLS */
	struct tls_remote remotes[TLS_REMOTES_MAX];
	unsigned remotes_count;
	enum tls_version version;
};

#endif
