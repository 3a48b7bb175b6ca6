/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * caller - strangers who may call: names, passwords and numbers, from a file of the owner's. Plain data
 * that the configuration fills in and lends.
 *
 *	# NAME:PASSWORD [NUMBER ...]
 *	alice:correct-horse-battery 4930111 49301.2
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
	char password[CALLER_PASSWORD_MAX + 1];
	char numbers[CALLER_NUMBERS_MAX][NUMBER_DIGITS_MAX + 1]; /* a dot is any digit */
	unsigned numbers_count;
};

struct callers {
	char realm[DIGEST_REALM_MAX + 1]; /* empty: strangers are not asked */
	const struct caller *users;	  /* in order of name, each once */
	unsigned users_count;
};

/* users is malloc'ed, in order of name. 0, or -EINVAL: *line says where and *why what is expected
 * there; -ENOMEM. */
int callers_read(const char *text, size_t size, struct caller **users, unsigned *count,
		 unsigned *line, const char **why);
const struct caller *callers_find(const struct callers *callers, const char *name); /* or NULL */
/* Digits without +. His name, if that is a number, is one of his numbers. */
bool caller_has_number(const struct caller *user, const char *digits);

#endif
