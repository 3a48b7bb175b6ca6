// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands; see sip_register.h. */
#include "conf/sip_register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/dial_peer.h"
#include "conf/sip_options.h"
#include "conf/value.h"

#define EXPIRES_MIN_S 60
#define EXPIRES_MAX_S 604800
#define CREDENTIALS_MAX 10000 /* of a tenant */

/* ---- users */

static int read_name(struct vty *vty, const char *what, const char *word, char *out, size_t size)
{
	if (!*word || strlen(word) >= size || !digest_is_sendable(word))
		return conf_error(vty,
				  "%s: expected 1 to %zu characters, without quotation marks and "
				  "backslashes",
				  what, size - 1);
	strcpy(out, word);
	return CMD_SUCCESS;
}

/* "username U password P [realm R]". No word is quoted in a message: it may be a password that has
 * slipped. */
static int read_user(struct vty *vty, const char *what, int argc, const char *const *argv,
		     struct conf_user *out)
{
	struct conf_user user = {0};
	int used;

	if (argc < 4 || strcmp(argv[0], "username") != 0 || strcmp(argv[2], "password") != 0)
		return conf_error(vty, "%s: expected username USER password PASSWORD [realm REALM]",
				  what);
	if (read_name(vty, "username", argv[1], user.user.name, sizeof(user.user.name)) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	used = password_read(vty, what, argc - 3, argv + 3, &user.password);
	if (used < 0)
		return CONF_REFUSED;
	strcpy(user.user.password, user.password.text);
	argc -= 3 + used;
	argv += 3 + used;
	if (argc == 2 && strcmp(argv[0], "realm") == 0) {
		if (read_name(vty, "realm", argv[1], user.user.realm, sizeof(user.user.realm)) !=
		    CMD_SUCCESS)
			return CONF_REFUSED;
	} else if (argc) {
		return conf_error(vty, "%s: expected realm REALM, or nothing, behind the password",
				  what);
	}
	*out = user;
	return CMD_SUCCESS;
}

static void write_user(const char *command, const struct conf_user *user,
		       struct conf_writer *writer)
{
	char text[PASSWORD_TEXT_SIZE];

	conf_put(writer, " %s username %s password %s%s%s", command, user->user.name,
		 password_text(&user->password, text), user->user.realm[0] ? " realm " : "",
		 user->user.realm);
}

/* ---- authentication */

#define AUTHENTICATION_STR "Who the gateway is, where it is asked\n"
#define USER_STR "username USER password PASSWORD, and the realm that alone gets it\n"

/* One for each realm. */
DEFUN(authentication, authentication_cmd, "authentication .USER", AUTHENTICATION_STR USER_STR)
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	struct account *account = &a->account;
	struct conf_user user;
	unsigned i;

	if (read_user(vty, "authentication", argc, argv, &user) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (i = 0; i < account->users_count; i++)
		if (strcmp(account->users[i].realm, user.user.realm) == 0)
			break;
	if (i == ACCOUNT_USERS_MAX)
		return conf_error(vty, "authentication: there may be %d, one for each realm",
				  ACCOUNT_USERS_MAX);
	account->users[i] = user.user;
	a->passwords[i] = user.password;
	account->users_count += i == account->users_count;
	return CMD_SUCCESS;
}

DEFUN(no_authentication, no_authentication_cmd, "no authentication username USER",
      NO_STR AUTHENTICATION_STR "Name of the user\nWhich\n")
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	struct account *account = &a->account;
	unsigned left = 0;

	for (unsigned i = 0; i < account->users_count; i++) {
		if (strcmp(account->users[i].name, argv[0]) == 0)
			continue;
		account->users[left] = account->users[i];
		a->passwords[left++] = a->passwords[i];
	}
	if (left == account->users_count)
		return conf_error(vty, "no authentication username %.64s: there is none", argv[0]);
	account->users_count = left;
	return CMD_SUCCESS;
}

DEFUN(p_authentication, p_authentication_cmd, "authentication .USER",
      "Who the gateway is, where it registers the number of this peer\n" USER_STR)
{
	struct conf_peer *p = dial_peer_entry_of(vty);
	struct conf_user user;

	if (read_user(vty, "authentication", argc, argv, &user) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (!p->authentication)
		p->authentication = talloc_zero(p, struct conf_user);
	OSMO_ASSERT(p->authentication);
	*p->authentication = user;
	return CMD_SUCCESS;
}

DEFUN(p_no_authentication, p_no_authentication_cmd, "no authentication",
      NO_STR "Who the gateway is, where it registers the number of this peer\n")
{
	TALLOC_FREE(dial_peer_entry_of(vty)->authentication);
	return CMD_SUCCESS;
}

/* ---- credentials */

#define CREDENTIALS_STR "A line that is registered, and who the gateway is there\n"

DEFUN(credentials, credentials_cmd, "credentials .LINE",
      CREDENTIALS_STR "[number NUMBER] username USER password PASSWORD [realm REALM]\n")
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	struct conf_credentials *c = talloc_zero(a, struct conf_credentials);
	bool numbered = argc > 1 && strcmp(argv[0], "number") == 0;

	OSMO_ASSERT(c);
	c->numbered = numbered;
	c->file_line = conf_line_of(vty);
	if (numbered &&
	    read_name(vty, "credentials number", argv[1], c->line, sizeof(c->line)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (read_user(vty, "credentials", argc - 2 * numbered, argv + 2 * numbered, &c->user) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	if (!numbered)
		strcpy(c->line, c->user.user.name);
	if (a->credentials_count == CREDENTIALS_MAX)
		return conf_error(vty, "credentials: there may be %d", CREDENTIALS_MAX);
	if (!a->credentials_count++)
		a->line = c->file_line;
	llist_add_tail(&c->entry, &a->credentials);
	return CMD_SUCCESS;
}

static int drop_credentials(struct vty *vty, bool numbered, const char *line)
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	struct conf_credentials *c, *next;

	llist_for_each_entry_safe (c, next, &a->credentials, entry) {
		if (c->numbered != numbered || strcmp(c->line, line) != 0)
			continue;
		llist_del(&c->entry);
		talloc_free(c);
		a->credentials_count--;
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no credentials %s %.64s: there are none",
			  numbered ? "number" : "username", line);
}

DEFUN(no_credentials, no_credentials_cmd, "no credentials (number|username) LINE",
      NO_STR CREDENTIALS_STR "By its number\nBy the name of its user\nWhich\n")
{
	return drop_credentials(vty, strcmp(argv[0], "number") == 0, argv[1]);
}

/* ---- registrar */

#define REGISTRAR_STR "Where lines are registered, and calls of session target registrar go\n"

/* What stands behind the target. */
static int read_options(struct vty *vty, int argc, const char *const *argv,
			struct account_registrar *r, bool *secondary)
{
	static const struct value_range expires = {"registrar expires", EXPIRES_MIN_S,
						   EXPIRES_MAX_S},
					ratio = {"registrar refresh-ratio", 1, 100};

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(word, "udp") == 0) {
			r->transport = PEER_TRANSPORT_UDP;
		} else if (strcmp(word, "tcp") == 0) {
			r->transport = PEER_TRANSPORT_TCP;
		} else if (strcmp(word, "tls") == 0) {
			r->transport = PEER_TRANSPORT_TLS;
		} else if (strcmp(word, "gruu") == 0) {
			r->gruu = true;
		} else if (strcmp(word, "secondary") == 0) {
			*secondary = true;
		} else if (strcmp(word, "expires") == 0) {
			if (value_number(vty, value, &expires, &r->expires_s) != CMD_SUCCESS)
				return CONF_REFUSED;
			i++;
		} else if (strcmp(word, "refresh-ratio") == 0) {
			if (value_number(vty, value, &ratio, &r->refresh_percent) != CMD_SUCCESS)
				return CONF_REFUSED;
			i++;
		} else {
			return conf_error(vty,
					  "registrar: unexpected '%.64s': expected expires "
					  "SECONDS, refresh-ratio PERCENT, udp, tcp, tls, gruu, "
					  "secondary or the end of the line",
					  word);
		}
	}
	return CMD_SUCCESS;
}

DEFUN(registrar, registrar_cmd, "registrar .TARGET",
      REGISTRAR_STR "[1 to 6] ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or dns:HOST[:PORT], then "
		    "expires SECONDS, refresh-ratio PERCENT, udp, tcp, tls, gruu, secondary\n")
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	struct account_registrar r = {.expires_s = ACCOUNT_EXPIRES_DEFAULT_S,
				      .refresh_percent = ACCOUNT_REFRESH_DEFAULT};
	bool numbered = argc > 1 && argv[0][0] >= '1' && argv[0][0] <= '6' && !argv[0][1];
	unsigned index = numbered ? argv[0][0] - '1' : 0;
	const char *target = argv[numbered];
	bool secondary = false;
	char why[128];

	if (strlen(target) > PEER_TARGET_MAX)
		return conf_error(vty, "registrar: longer than %d characters", PEER_TARGET_MAX);
	if (value_server(target, why, sizeof(why)) < 0)
		return conf_error(vty, "registrar %s: %s", target, why);
	strcpy(r.target, target);
	if (read_options(vty, argc - 1 - numbered, argv + 1 + numbered, &r, &secondary) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	if (secondary && numbered)
		return conf_error(vty, "registrar %u: the secondary registrar has no number",
				  index + 1);
	if (secondary)
		index = ACCOUNT_REGISTRAR_SECONDARY;
	a->account.registrars[index] = r;
	a->registrar_lines[index] = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(no_registrar, no_registrar_cmd, "no registrar [WHICH]",
      NO_STR REGISTRAR_STR "1 to 6, or secondary\n")
{
	struct conf_account *a = sip_account_of(conf_of(vty), sip_tenant_of(vty));
	unsigned index = 0;

	if (argc && strcmp(argv[0], "secondary") == 0)
		index = ACCOUNT_REGISTRAR_SECONDARY;
	else if (argc && argv[0][0] >= '1' && argv[0][0] <= '6' && !argv[0][1])
		index = argv[0][0] - '1';
	else if (argc)
		return conf_error(vty, "no registrar %.64s: expected 1 to 6, secondary or nothing",
				  argv[0]);
	memset(&a->account.registrars[index], 0, sizeof(a->account.registrars[index]));
	return CMD_SUCCESS;
}

static void write_registrar(const struct account_registrar *r, unsigned index,
			    struct conf_writer *writer)
{
	static const char *const transports[] = {
	    [PEER_TRANSPORT_SYSTEM] = "",
	    [PEER_TRANSPORT_UDP] = " udp",
	    [PEER_TRANSPORT_TCP] = " tcp",
	    [PEER_TRANSPORT_TLS] = " tls",
	};
	char number[4] = "", expires[24] = "", ratio[32] = "";

	if (!r->target[0])
		return;
	if (index && index != ACCOUNT_REGISTRAR_SECONDARY)
		snprintf(number, sizeof(number), " %u", index + 1);
	if (r->expires_s != ACCOUNT_EXPIRES_DEFAULT_S)
		snprintf(expires, sizeof(expires), " expires %u", r->expires_s);
	if (r->refresh_percent != ACCOUNT_REFRESH_DEFAULT)
		snprintf(ratio, sizeof(ratio), " refresh-ratio %u", r->refresh_percent);
	conf_put(writer, " registrar%s %s%s%s%s%s%s", number, r->target, expires, ratio,
		 transports[r->transport], r->gruu ? " gruu" : "",
		 index == ACCOUNT_REGISTRAR_SECONDARY ? " secondary" : "");
}

const char *sip_register_target(const struct conf *conf, unsigned tenant)
{
	const struct account *account = NULL;
	const struct conf_tenant *t;

	llist_for_each_entry (t, &conf->tenant_blocks, head.entry)
		if (tenant && t->tenant.number == tenant)
			account = t->tenant.account;
	for (; account; account = NULL)
		for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++)
			if (account->registrars[i].target[0])
				return account->registrars[i].target;
	account = conf->tenant_all.account;
	for (unsigned i = 0; account && i < ACCOUNT_REGISTRARS_MAX; i++)
		if (account->registrars[i].target[0])
			return account->registrars[i].target;
	return "";
}

/* ---- pots peers */

#define REGISTER_STR "Make known at the registrars\nThe number, if destination-pattern is one\n"

DEFUN(register_e164, register_e164_cmd, "register e164", REGISTER_STR)
{
	dial_peer_entry_of(vty)->no_register_e164 = false;
	return CMD_SUCCESS;
}

DEFUN(no_register_e164, no_register_e164_cmd, "no register e164", NO_STR REGISTER_STR)
{
	dial_peer_entry_of(vty)->no_register_e164 = true;
	return CMD_SUCCESS;
}

/* ---- the block */

void sip_register_install(void)
{
	static struct cmd_element *const commands[] = {
	    &authentication_cmd, &no_authentication_cmd, &credentials_cmd,
	    &no_credentials_cmd, &registrar_cmd,	 &no_registrar_cmd,
	};
	static struct cmd_element *const peer_commands[] = {
	    &p_authentication_cmd,
	    &p_no_authentication_cmd,
	    &register_e164_cmd,
	    &no_register_e164_cmd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		install_element(CONF_SIP_UA_NODE, commands[i]);
		install_element(CONF_TENANT_NODE, commands[i]);
	}
	dial_peer_install_kind(PEER_POTS, peer_commands, ARRAY_SIZE(peer_commands));
}

static void check_registrars(struct loader *loader, const struct tenant *tenant)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_account *a = (const struct conf_account *)tenant->account;

	for (unsigned i = 0; a && i < ACCOUNT_REGISTRARS_MAX; i++) {
		const struct account_registrar *r = &a->account.registrars[i];

		if (r->target[0] && !sip_transport_is_on(conf, r->transport) &&
		    !loader_block_is_broken(loader, conf->sip_ua_line))
			loader_error(loader, a->registrar_lines[i],
				     "registrar %s: transport %s is off in sip-ua", r->target,
				     sip_transport_words(r->transport));
	}
}

void sip_register_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_tenant *t;

	sip_account_collect_lines(loader);
	check_registrars(loader, &conf->tenant_all);
	llist_for_each_entry (t, &conf->tenant_blocks, head.entry)
		check_registrars(loader, &t->tenant);
}

void sip_register_write(const struct tenant *tenant, struct conf_writer *writer)
{
	const struct conf_account *a = (const struct conf_account *)tenant->account;
	const struct conf_credentials *c;

	if (!a)
		return;
	for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++)
		write_registrar(&a->account.registrars[i], i, writer);
	for (unsigned i = 0; i < a->account.users_count; i++) {
		struct conf_user user = {a->account.users[i], a->passwords[i]};

		write_user("authentication", &user, writer);
	}
	llist_for_each_entry (c, &a->credentials, entry) {
		char command[ACCOUNT_LINE_MAX + 32];

		snprintf(command, sizeof(command), "credentials%s%s", c->numbered ? " number " : "",
			 c->numbered ? c->line : "");
		write_user(command, &c->user, writer);
	}
}

void sip_register_write_peer(const struct conf_peer *p, struct conf_writer *writer)
{
	if (p->peer.tenant)
		conf_put(writer, " voice-class sip tenant %u", p->peer.tenant);
	if (p->authentication)
		write_user("authentication", p->authentication, writer);
	if (p->no_register_e164)
		conf_put(writer, " no register e164");
}
