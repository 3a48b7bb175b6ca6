/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * account - what a tenant is at its provider: users and passwords, lines, and the registrars where
 * the lines are made known. Plain data that the configuration fills in and lends (tenant.h).
 */
#ifndef GATEWAY_SIP_ACCOUNT_H
#define GATEWAY_SIP_ACCOUNT_H

#include <stdbool.h>

#include "dialplan/number.h"
#include "dialplan/peer.h"
#include "gateway/sip/digest.h"

#define ACCOUNT_PASSWORD_MAX 128
#define ACCOUNT_LINE_MAX DIGEST_NAME_MAX
#define ACCOUNT_USERS_MAX 12
#define ACCOUNT_REGISTRARS_MAX 7      /* 1 to 6, and the secondary one behind them */
#define ACCOUNT_REGISTRAR_SECONDARY 6 /* its place */
#define ACCOUNT_EXPIRES_DEFAULT_S 3600
#define ACCOUNT_REFRESH_DEFAULT 80 /* percent */

struct account_user {
	char name[DIGEST_NAME_MAX + 1]; /* digest_is_sendable(), as is the realm; empty: none */
	char password[ACCOUNT_PASSWORD_MAX + 1];
	char realm[DIGEST_REALM_MAX + 1]; /* the only one it is for; empty: any */
};

struct account_line {			 /* to be registered */
	char name[ACCOUNT_LINE_MAX + 1]; /* user part of its address of record */
	unsigned peer;		  /* tag of the dial peer whose number it is; 0: of `credentials` */
	struct account_user user; /* of this line alone */
};

struct account_registrar {
	char target[PEER_TARGET_MAX + 1]; /* as after `session target`; empty: there is none */
	enum peer_transport transport;
	unsigned expires_s, refresh_percent;
	bool gruu; /* ask for one, and be reached by it (RFC 5627) */
};

struct account {
	struct account_user users[ACCOUNT_USERS_MAX]; /* `authentication` */
	unsigned users_count;
	struct account_registrar registrars[ACCOUNT_REGISTRARS_MAX];
	struct account_line *lines; /* in order of name, each once */
	unsigned lines_count;
};

/* The user for a realm: one with that realm of the line, then of `authentication`, then of any line;
 * at last one that is for any realm. account or line may be NULL. NULL: there is none. */
const struct account_user *account_find_user(const struct account *account, const char *line,
					     const char *realm);
/* NULL: none of that name. */
const struct account_line *account_find_line(const struct account *account, const char *name);

#endif
