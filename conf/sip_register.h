/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_register - what the gateway is at its providers: users and passwords, the lines that are
 * registered, and the registrars.
 *
 *	sip-ua                                                 voice class tenant 7
 *	 registrar dns:sip.example.com expires 600             (the same)
 *	 registrar ipv4:192.0.2.5 secondary
 *	 authentication username trunk password 7 0822455D0A16 realm example.com
 *	 credentials number 4930111 username u password file u.secret realm example.com
 *	dial-peer voice 100 pots
 *	 authentication username u password file u.secret
 *	 no register e164
 */
#ifndef CONF_SIP_REGISTER_H
#define CONF_SIP_REGISTER_H

#include "conf/conf_blocks.h"
#include "conf/password.h"
#include "gateway/sip/account.h"

struct conf_user {
	struct account_user user;
	struct password password; /* as it is written back */
};

void sip_register_install(void);
/* Before the tenants are handed on: their lines. */
void sip_register_check(struct loader *loader);
void sip_register_write(const struct tenant *tenant, struct conf_writer *writer);
void sip_register_write_peer(const struct conf_peer *peer, struct conf_writer *writer);
/* `session target registrar` of a peer with this tenant: its first one, or that of sip-ua. "": none */
const char *sip_register_target(const struct conf *conf, unsigned tenant);

/* ---- sip_account.c: what becomes of it */

struct conf_credentials {
	struct llist_head entry; /* conf_account.credentials */
	char line[ACCOUNT_LINE_MAX + 1];
	bool numbered; /* `credentials number` */
	struct conf_user user;
	unsigned file_line;
};

struct conf_account {
	struct account account;			      /* first: tenant.account points here */
	struct password passwords[ACCOUNT_USERS_MAX]; /* of account.users */
	struct llist_head credentials;
	unsigned credentials_count;
	unsigned line;					  /* of the file: the first credentials */
	unsigned registrar_lines[ACCOUNT_REGISTRARS_MAX]; /* of the file */
};

/* The tenant's own, made if there is none yet; conf owns it. */
struct conf_account *sip_account_of(struct conf *conf, struct tenant *tenant);
/* The lines of all accounts, from credentials and from pots peers. */
void sip_account_collect_lines(struct loader *loader);

#endif
