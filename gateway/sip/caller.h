/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * caller - strangers who may call: names, passwords and numbers, from a file of the owner's. Plain data
 * that the configuration fills in and lends.
 *
 *	# NAME:PASSWORD [NUMBER ...]
 *	alice:correct-horse-battery 4930111 49301.2
 *	bob:{SHA-256}5f70...,{MD5}9b1c... 4930112
 *
 * Instead of a password there may be what is made of it (HA1 of RFC 7616 3.4.2: the hash of
 * NAME:REALM:PASSWORD in hexadecimal digits), which is of use for that realm alone.
 */
#ifndef GATEWAY_SIP_CALLER_H
#define GATEWAY_SIP_CALLER_H

#include <stdbool.h>
#include <stddef.h>

#include "dialplan/number.h"
#include "gateway/sip/digest.h"

#define CALLER_PASSWORD_MAX 128
#define CALLER_NUMBERS_MAX 16

struct caller {
	char name[DIGEST_NAME_MAX + 1];
	char password[CALLER_PASSWORD_MAX + 1];		    /* empty: there are hashes instead */
	char hashes[DIGEST_SHA256 + 1][DIGEST_HEX_MAX + 1]; /* by algorithm; empty: none */
	char numbers[CALLER_NUMBERS_MAX][NUMBER_DIGITS_MAX + 1]; /* a dot is any digit */
	unsigned numbers_count;
};

struct callers {
	char realm[DIGEST_REALM_MAX + 1]; /* empty: strangers are not asked */
	const struct caller *users;	  /* in order of name, each once */
	unsigned users_count;
	unsigned lacking; /* algorithms that are not asked for: bits of callers_lacking() */
};

/* users is malloc'ed, in order of name. 0, or -EINVAL: *line says where and *why what is expected
 * there; -ENOMEM. */
int callers_read(const char *text, size_t size, struct caller **users, unsigned *count,
		 unsigned *line, const char **why);
/* The algorithms (1 << enum digest_algorithm) that one of them has no hash of. */
unsigned callers_lacking(const struct caller *users, unsigned count);
/* What he proves himself with, by this algorithm; never a password that is empty. */
struct digest_user caller_secret(const struct caller *user, enum digest_algorithm algorithm);
const struct caller *callers_find(const struct callers *callers, const char *name); /* or NULL */
/* Digits without +. His name, if that is a number, is one of his numbers. */
bool caller_has_number(const struct caller *user, const char *digits);

#endif
