/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digest - who somebody is, by a secret that is not sent: RFC 2617, 7616 and, for SIP, 8760.
 *
 * Strings in, strings out: what stands behind the colon of WWW-Authenticate and Proxy-Authenticate
 * (a challenge) and of Authorization and Proxy-Authorization (credentials). Nothing here knows SIP
 * messages, time, or which nonces are valid: that is the caller's.
 *
 *	who answers a challenge          who asks for one
 *	 digest_read_challenge()          digest_print_challenge()
 *	 digest_begin()                   digest_read_credentials()
 *	 digest_answer(), each request    digest_names(), digest_verify()
 *
 * Algorithms: MD5, SHA-256, SHA-512-256, each also as -sess; qop auth, auth-int, or none (RFC 2069).
 * Values are kept as they stand between their quotes, escapes and all, which is also what is hashed
 * and sent back ("unq" of RFC 7616 3.4.2). The secret part of what is compared takes the same time
 * whatever it is.
 */
#ifndef GATEWAY_SIP_DIGEST_H
#define GATEWAY_SIP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_REALM_MAX 128
#define DIGEST_NONCE_MAX 512
#define DIGEST_OPAQUE_MAX 256
#define DIGEST_NAME_MAX 128
#define DIGEST_URI_MAX 512
#define DIGEST_HEX_MAX 64
#define DIGEST_TEXT_SIZE 2560 /* of the longest value that is printed here */

enum digest_algorithm {
	DIGEST_MD5,
	DIGEST_SHA256,
	DIGEST_SHA512_256,
	DIGEST_ALGORITHMS,
};

enum digest_qop { /* bits */
		  DIGEST_AUTH = 1,
		  DIGEST_AUTH_INT = 2, /* the body is covered as well */
};

struct digest_challenge {
	char realm[DIGEST_REALM_MAX + 1];
	char nonce[DIGEST_NONCE_MAX + 1];
	char opaque[DIGEST_OPAQUE_MAX + 1];
	enum digest_algorithm algorithm;
	unsigned qop;	 /* of enum digest_qop, what may be chosen from; 0: RFC 2069 */
	bool session;	 /* -sess */
	bool has_opaque; /* an empty one is sent back too */
	bool stale;	 /* the nonce before was too old, the secret was right */
	bool userhash;
};

struct digest_credentials {
	char username[DIGEST_NAME_MAX + 1];
	char realm[DIGEST_REALM_MAX + 1];
	char nonce[DIGEST_NONCE_MAX + 1];
	char opaque[DIGEST_OPAQUE_MAX + 1];
	char uri[DIGEST_URI_MAX + 1];
	char cnonce[DIGEST_OPAQUE_MAX + 1];
	char nonce_count_text[9];
	char response[DIGEST_HEX_MAX + 1];
	enum digest_algorithm algorithm;
	unsigned qop;	      /* the one chosen, 0: none */
	unsigned nonce_count; /* 0 without qop */
	bool session, userhash;
};

struct digest_user {
	const char *name, *password;
	/* Instead of the password: H(name ":" realm ":" password) of RFC 7616 3.4.2, as hexadecimal
	 * digits, of the algorithm that is asked for. NULL: there is a password. */
	const char *hash;
};

struct digest_request {
	const char *method, *uri;
	const void *body; /* for auth-int; size 0: none */
	size_t body_size;
};

/* -EBADMSG: not a challenge. -ENOTSUP: a scheme, algorithm or qop that is not ours. -ENOBUFS: a
 * value is longer than we keep. */
int digest_read_challenge(const char *text, struct digest_challenge *out);
/* Is b, which stands behind a in a message, still to be taken instead? The stronger hash is; among
 * equals the order of the message holds (RFC 8760 2.4). */
bool digest_prefers(const struct digest_challenge *a, const struct digest_challenge *b);

/* ---- who answers */

/* A challenge that is being answered: again and again with the same nonce, as long as the other side
 * takes it. */
struct digest_session {
	struct digest_challenge challenge;
	char cnonce[DIGEST_HEX_MAX + 1];
	unsigned nonce_count; /* of the answer before */
};

void digest_begin(const struct digest_challenge *challenge, struct digest_session *out);
/* The value of (Proxy-)Authorization. -EINVAL: user or URI has characters that cannot be sent;
 * -ENOBUFS: size, DIGEST_TEXT_SIZE is enough; -EIO: the hash library refuses (MD5 where it is
 * forbidden). */
int digest_answer(struct digest_session *session, const struct digest_user *user,
		  const struct digest_request *request, char *text, size_t size);
/* May name and password of a user be sent at all? */
bool digest_is_sendable(const char *text);
/* How many hexadecimal digits its hashes have. */
unsigned digest_hash_length(enum digest_algorithm algorithm);
/* nextnonce of Authentication-Info becomes the session's nonce. -ENOENT: there is none. */
int digest_read_info(const char *text, struct digest_session *session);

/* ---- who asks */

int digest_print_challenge(const struct digest_challenge *challenge, char *text, size_t size);
/* As digest_read_challenge(). */
int digest_read_credentials(const char *text, struct digest_credentials *out);
/* Is this user meant (by name or userhash)? */
bool digest_names(const struct digest_credentials *credentials, const char *name);
/* Is it the user's answer for this request? request->uri is not looked at: what is hashed is the
 * URI that stands in the credentials, and if that is one of the request is the caller's to decide, as
 * are realm, nonce, nonce-count, and whether this algorithm and qop were offered. */
bool digest_verify(const struct digest_credentials *credentials, const struct digest_user *user,
		   const struct digest_request *request);

/* Random hexadecimal digits, size - 1 of them: nonces. */
void digest_random(char *hex, size_t size);

#endif
