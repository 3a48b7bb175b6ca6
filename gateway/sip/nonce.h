/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * nonce - the challenges that we have given out, without remembering them: each nonce says when it was
 * made and for whom, under a MAC with a key of this process (RFC 7616 3.3, 5.4). What is remembered
 * is which counts of a nonce have been used, once its owner has shown the password: nobody can send
 * the same again. That table does not grow; when it is full the oldest nonce makes room, and those that
 * were made before it are not taken any more.
 *
 * Time is an argument, in milliseconds of a clock that does not go back.
 */
#ifndef GATEWAY_SIP_NONCE_H
#define GATEWAY_SIP_NONCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define NONCE_SIZE 65 /* with its end */
#define NONCE_LIFE_MS (5 * 60 * 1000)
#define NONCE_WINDOW 64 /* counts that may overtake each other */

struct nonces;

enum nonce_age {
	NONCE_FRESH,
	NONCE_EXPIRED, /* ours, but too old */
	NONCE_FOREIGN, /* not ours, or not for that source */
};

/* max: nonces in use at once. NULL: no memory, no random numbers. */
struct nonces *nonces_new(unsigned max);
void nonces_free(struct nonces *nonces);
void nonces_issue(const struct nonces *nonces, const struct sockaddr *source, uint64_t now_ms,
		  char text[NONCE_SIZE]);
enum nonce_age nonces_age(const struct nonces *nonces, const char *text,
			  const struct sockaddr *source, uint64_t now_ms);
/* A fresh nonce with a right password: false, it was used with this count before, or is too far
 * behind. count: nc of RFC 7616, from 1; 0, none, is the same as 1. */
bool nonces_use(struct nonces *nonces, const char *text, unsigned count, uint64_t now_ms);

#endif
