// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua
 *	 authenticate realm gw1.example.com
 *	 authenticate users file callers
 */
#include "conf/sip_challenge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>

#include "conf/text_file.h"
#include "conf/value.h"

#define AUTHENTICATE_STR "Strangers may call if they know a password\n"
#define USERS_STR AUTHENTICATE_STR "Who they are\nFile that only its owner may read\n"

DEFUN(realm, realm_cmd, "authenticate realm REALM",
      AUTHENTICATE_STR "What the password is for\nName, as that of the gateway\n")
{
	struct callers *rules = &conf_of(vty)->challenge;

	if (!digest_is_sendable(argv[0]))
		return conf_error(vty, "authenticate realm: expected a name without quotes");
	conf_of(vty)->challenge_line = conf_line_of(vty);
	return value_word(vty, "authenticate realm", argv[0], rules->realm, sizeof(rules->realm));
}

DEFUN(no_realm, no_realm_cmd, "no authenticate realm",
      NO_STR AUTHENTICATE_STR "What the password is for\n")
{
	conf_of(vty)->challenge.realm[0] = '\0';
	return CMD_SUCCESS;
}

/* Everything that is said of the file names it and a line, never what stands there. */
static int read_users(struct vty *vty, const char *path)
{
	struct callers *rules = &conf_of(vty)->challenge;
	struct caller *users = NULL;
	unsigned line, count;
	const char *why;
	char *text = NULL;
	size_t size = 0;
	int rc = text_file_read(conf_of(vty), path, &text, &size);

	if (rc < 0)
		return conf_error(vty, "authenticate users file %s cannot be read: %s", path,
				  text_file_error(rc));
	rc = callers_read(text, size, &users, &count, &line, &why);
	explicit_bzero(text, size);
	talloc_free(text);
	OSMO_ASSERT(rc != -ENOMEM);
	if (rc < 0)
		return conf_error(vty, "authenticate users file %s, line %u: expected %s", path,
				  line, why);
	rules->users = talloc_memdup(conf_of(vty), users, count * sizeof(*users));
	OSMO_ASSERT(!count || rules->users);
	rules->users_count = count;
	rules->lacking = callers_lacking(users, count);
	free(users);
	return CMD_SUCCESS;
}

DEFUN(users, users_cmd, "authenticate users file PATH", USERS_STR "Path\n")
{
	struct conf *conf = conf_of(vty);
	char path[2 * sizeof(conf->challenge_file)];
	struct stat st;

	if (value_word(vty, "authenticate users file", argv[0], conf->challenge_file,
		       sizeof(conf->challenge_file)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (text_file_beside(loader_path(vty->priv), argv[0], path, sizeof(path)) < 0)
		return conf_error(vty, "authenticate users file: the path is too long");
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		return conf_error(vty,
				  "authenticate users file %s can be read or written by others "
				  "than its owner: make it `chmod 600`",
				  path);
	return read_users(vty, path);
}

DEFUN(no_users, no_users_cmd, "no authenticate users", NO_STR AUTHENTICATE_STR "Who they are\n")
{
	struct conf *conf = conf_of(vty);

	conf->challenge_file[0] = '\0';
	conf->challenge.users = NULL;
	conf->challenge.users_count = conf->challenge.lacking = 0;
	return CMD_SUCCESS;
}

void sip_challenge_install(void)
{
	install_element(CONF_SIP_UA_NODE, &realm_cmd);
	install_element(CONF_SIP_UA_NODE, &no_realm_cmd);
	install_element(CONF_SIP_UA_NODE, &users_cmd);
	install_element(CONF_SIP_UA_NODE, &no_users_cmd);
}

void sip_challenge_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);

	if (conf->challenge.realm[0] && !conf->challenge_file[0])
		loader_error(loader, conf->challenge_line,
			     "authenticate realm %s: expected authenticate users file PATH with it",
			     conf->challenge.realm);
}

void sip_challenge_write(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->challenge.realm[0])
		conf_put(writer, " authenticate realm %s", conf->challenge.realm);
	if (conf->challenge_file[0])
		conf_put(writer, " authenticate users file %s", conf->challenge_file);
}
