// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class tls-profile 1
 *	 description the ITSP
 *	 certificate /etc/sipspan/tls/gateway.pem
 *	 private-key /etc/sipspan/tls/gateway.key
 *	 ca /etc/sipspan/tls/itsp-ca.pem
 *	 client-verify
 *	 cn-san validate bidirectional
 *	 cn-san 1 sbc.itsp.example
 */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

static const char *const validations[] = {
    [TLS_VALIDATE_SERVER] = "server",
    [TLS_VALIDATE_CLIENT] = "client",
    [TLS_VALIDATE_BIDIRECTIONAL] = "bidirectional",
    [TLS_VALIDATE_NONE] = "none",
};

static struct tls_profile *profile_of(struct vty *vty)
{
	return &((struct conf_tls_profile *)vty->index)->profile;
}

DEFUN(tls_profile, tls_profile_cmd, "voice class tls-profile NUMBER",
      "Voice\nClasses\nWho we are on TLS, and whom we believe\n1 to 10000\n")
{
	struct conf_tls_profile *p = talloc_zero(conf_of(vty), struct conf_tls_profile);

	OSMO_ASSERT(p);
	return definition_begin_number(vty, DEFINITION_TLS_PROFILE, &p->head, argv[0],
				       &p->profile.number);
}

static char *file_of(struct tls_profile *p, const char *what)
{
	if (strcmp(what, "certificate") == 0)
		return p->certificate;
	return strcmp(what, "ca") == 0 ? p->ca : p->private_key;
}

#define FILES "(certificate|private-key|ca)"
#define FILES_STR                                                                                  \
	"Our certificate, with those between it and the root\n"                                    \
	"Its private key, of mode 600\n"                                                           \
	"The roots we believe; and certificates between\n"

DEFUN(file, file_cmd, FILES " FILE", FILES_STR "A file in PEM, as an absolute path\n")
{
	if (argv[1][0] != '/')
		return conf_error(vty, "%s %s: expected an absolute path", argv[0], argv[1]);
	return value_word(vty, argv[0], argv[1], file_of(profile_of(vty), argv[0]),
			  TLS_FILE_MAX + 1);
}

DEFUN(no_file, no_file_cmd, "no " FILES, NO_STR FILES_STR)
{
	file_of(profile_of(vty), argv[0])[0] = '\0';
	return CMD_SUCCESS;
}

#define CLIENT_VERIFY_STR "Callers must show a certificate\n"

DEFUN(client_verify, client_verify_cmd, "client-verify", CLIENT_VERIFY_STR)
{
	profile_of(vty)->client_verify = true;
	return CMD_SUCCESS;
}

DEFUN(no_client_verify, no_client_verify_cmd, "no client-verify", NO_STR CLIENT_VERIFY_STR)
{
	profile_of(vty)->client_verify = false;
	return CMD_SUCCESS;
}

#define CN_SAN_STR "Names in certificates\n"

DEFUN(cn_san_validate, cn_san_validate_cmd, "cn-san validate (server|client|bidirectional|none)",
      CN_SAN_STR "Whose are compared\n"
		 "Servers must be who was called\nCallers must be in the list\nBoth\nNobody's\n")
{
	for (unsigned i = 0; i < ARRAY_SIZE(validations); i++)
		if (strcmp(argv[0], validations[i]) == 0)
			profile_of(vty)->validate = i;
	return CMD_SUCCESS;
}

DEFUN(no_cn_san_validate, no_cn_san_validate_cmd, "no cn-san validate",
      NO_STR CN_SAN_STR "Whose are compared\n")
{
	profile_of(vty)->validate = TLS_VALIDATE_SERVER;
	return CMD_SUCCESS;
}

static int place_of(struct vty *vty, const char *text, unsigned *out)
{
	static const struct value_range range = {"cn-san", 1, TLS_NAMES_MAX};

	return value_number(vty, text, &range, out);
}

DEFUN(cn_san, cn_san_cmd, "cn-san NUMBER NAME",
      CN_SAN_STR "1 to 10\nName that is right, as sbc.example.com; no wildcards\n")
{
	unsigned place;

	if (place_of(vty, argv[0], &place) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (strchr(argv[1], '*'))
		return conf_error(vty,
				  "cn-san %u %s: expected a whole name: wildcards are not "
				  "allowed in SIP (RFC 5922)",
				  place, argv[1]);
	return value_word(vty, "cn-san", argv[1], profile_of(vty)->names[place - 1],
			  TLS_NAME_MAX + 1);
}

DEFUN(no_cn_san, no_cn_san_cmd, "no cn-san NUMBER", NO_STR CN_SAN_STR "1 to 10\n")
{
	unsigned place;

	if (place_of(vty, argv[0], &place) != CMD_SUCCESS)
		return CONF_REFUSED;
	profile_of(vty)->names[place - 1][0] = '\0';
	return CMD_SUCCESS;
}

static void tls_profile_setup(void)
{
	static struct cmd_element *const commands[] = {&file_cmd,
						       &no_file_cmd,
						       &client_verify_cmd,
						       &no_client_verify_cmd,
						       &cn_san_validate_cmd,
						       &no_cn_san_validate_cmd,
						       &cn_san_cmd,
						       &no_cn_san_cmd};

	definition_install(DEFINITION_TLS_PROFILE, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &tls_profile_cmd);
}

static bool has_names(const struct tls_profile *p)
{
	for (unsigned i = 0; i < TLS_NAMES_MAX; i++)
		if (p->names[i][0])
			return true;
	return false;
}

static void check_one(struct loader *loader, const struct conf_tls_profile *block)
{
	const struct tls_profile *p = &block->profile;
	unsigned line = block->head.line;
	bool clients =
	    p->validate == TLS_VALIDATE_CLIENT || p->validate == TLS_VALIDATE_BIDIRECTIONAL;

	if (loader_block_is_broken(loader, line))
		return;
	if (p->private_key[0] && !p->certificate[0])
		loader_error(
		    loader, line,
		    "voice class tls-profile %u has a private-key: expected its certificate",
		    p->number);
	if (p->client_verify && !p->ca[0])
		loader_error(loader, line,
			     "voice class tls-profile %u has client-verify: expected a ca that "
			     "says whom to believe",
			     p->number);
	if (clients && (!p->client_verify || !has_names(p)))
		loader_error(loader, line,
			     "voice class tls-profile %u has cn-san validate %s: expected "
			     "client-verify and the names of callers (cn-san 1 ...)",
			     p->number, validations[p->validate]);
}

static int by_number(const void *a, const void *b)
{
	const struct tls_profile *one = a, *two = b;

	return one->number < two->number ? -1 : one->number > two->number;
}

static void tls_profile_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	const struct conf_tls_profile *block;
	struct tls_profile *profiles;
	unsigned count = 0;

	profiles =
	    talloc_zero_array(conf, struct tls_profile, llist_count(&conf->tls_profiles) + 1);
	OSMO_ASSERT(profiles);
	llist_for_each_entry (block, &conf->tls_profiles, head.entry) {
		check_one(loader, block);
		profiles[count++] = block->profile;
	}
	qsort(profiles, count, sizeof(*profiles), by_number);
	conf->sip.tls.profiles = profiles;
	conf->sip.tls.profiles_count = count;
}

static void tls_profile_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_tls_profile *block;

	llist_for_each_entry (block, &conf->tls_profiles, head.entry) {
		const struct tls_profile *p = &block->profile;

		conf_put(writer, "voice class tls-profile %u", p->number);
		definition_write_description(&block->head, writer);
		if (p->certificate[0])
			conf_put(writer, " certificate %s", p->certificate);
		if (p->private_key[0])
			conf_put(writer, " private-key %s", p->private_key);
		if (p->ca[0])
			conf_put(writer, " ca %s", p->ca);
		if (p->client_verify)
			conf_put(writer, " client-verify");
		if (p->validate != TLS_VALIDATE_SERVER)
			conf_put(writer, " cn-san validate %s", validations[p->validate]);
		for (unsigned i = 0; i < TLS_NAMES_MAX; i++)
			if (p->names[i][0])
				conf_put(writer, " cn-san %u %s", i + 1, p->names[i]);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_tls_profile_block = {
    .setup = tls_profile_setup, .check = tls_profile_check, .write = tls_profile_write};
