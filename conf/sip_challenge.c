// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua
 *	 authenticate realm gw1.example.com
 *	 authenticate users file callers
 *	 authenticate algorithm md5
 */
#include "conf/sip_challenge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>

#include "conf/text_file.h"
#include "conf/value.h"

#define AUTHENTICATE_STR "Who is asked for a password\n"
#define USERS_STR AUTHENTICATE_STR "Who they are\nFile that only its owner may read\n"

static struct conf_challenge *challenge_of(struct vty *vty)
{
	struct conf *conf = conf_of(vty);

	return vty->node == CONF_REGISTER_GLOBAL_NODE ? &conf->phone_users : &conf->challenge;
}

DEFUN(realm, realm_cmd, "authenticate realm REALM",
      AUTHENTICATE_STR "What the password is for\nName, as that of the gateway\n")
{
	struct conf_challenge *challenge = challenge_of(vty);

	if (!digest_is_sendable(argv[0]))
		return conf_error(vty, "authenticate realm: expected a name without quotes");
	challenge->line = conf_line_of(vty);
	return value_word(vty, "authenticate realm", argv[0], challenge->callers.realm,
			  sizeof(challenge->callers.realm));
}

DEFUN(no_realm, no_realm_cmd, "no authenticate realm",
      NO_STR AUTHENTICATE_STR "What the password is for\n")
{
	challenge_of(vty)->callers.realm[0] = '\0';
	return CMD_SUCCESS;
}

/* Everything that is said of the file names it and a line, never what stands there. */
static int read_users(struct vty *vty, const char *path)
{
	struct conf_challenge *challenge = challenge_of(vty);
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
	challenge->callers.users = talloc_memdup(conf_of(vty), users, count * sizeof(*users));
	OSMO_ASSERT(!count || challenge->callers.users);
	challenge->callers.users_count = count;
	challenge->callers.lacking = callers_lacking(users, count);
	free(users);
	return CMD_SUCCESS;
}

DEFUN(users, users_cmd, "authenticate users file PATH", USERS_STR "Path\n")
{
	struct conf_challenge *challenge = challenge_of(vty);
	char path[2 * sizeof(challenge->file)];
	struct stat st;

	if (value_word(vty, "authenticate users file", argv[0], challenge->file,
		       sizeof(challenge->file)) != CMD_SUCCESS)
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
	struct conf_challenge *challenge = challenge_of(vty);

	challenge->file[0] = '\0';
	challenge->callers.users = NULL;
	challenge->callers.users_count = challenge->callers.lacking = 0;
	return CMD_SUCCESS;
}

static const char *const algorithm_names[] = {
    [CONF_ALGORITHM_ANY] = "any",
    [CONF_ALGORITHM_MD5] = "md5",
    [CONF_ALGORITHM_SHA256] = "sha-256",
};

DEFUN(algorithm, algorithm_cmd, "authenticate algorithm (any|md5|sha-256)",
      AUTHENTICATE_STR "How the password is hashed\nMD5 or SHA-256, as the far end likes\n"
		       "MD5 alone\nSHA-256 alone\n")
{
	struct conf_challenge *challenge = challenge_of(vty);

	for (unsigned i = CONF_ALGORITHM_ANY; i <= CONF_ALGORITHM_SHA256; i++)
		if (strcmp(argv[0], algorithm_names[i]) == 0)
			challenge->algorithm = (enum conf_algorithm)i;
	challenge->algorithm_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(no_algorithm, no_algorithm_cmd, "no authenticate algorithm",
      NO_STR AUTHENTICATE_STR "How the password is hashed\n")
{
	challenge_of(vty)->algorithm = CONF_ALGORITHM_UNSAID;
	return CMD_SUCCESS;
}

void sip_challenge_install(int node)
{
	install_element(node, &algorithm_cmd);
	install_element(node, &no_algorithm_cmd);
	install_element(node, &realm_cmd);
	install_element(node, &no_realm_cmd);
	install_element(node, &users_cmd);
	install_element(node, &no_users_cmd);
}

unsigned sip_challenge_lacking(struct loader *loader, const struct conf_challenge *challenge,
			       unsigned users_lack, enum conf_algorithm unsaid)
{
	static const unsigned left_out[] = {
	    [CONF_ALGORITHM_ANY] = 0,
	    [CONF_ALGORITHM_MD5] = 1u << DIGEST_SHA256,
	    [CONF_ALGORITHM_SHA256] = 1u << DIGEST_MD5,
	};
	enum conf_algorithm algorithm = challenge->algorithm ? challenge->algorithm : unsaid;
	unsigned lacking = users_lack | left_out[algorithm];

	if (lacking == (1u << DIGEST_MD5 | 1u << DIGEST_SHA256))
		loader_error(loader, challenge->algorithm_line,
			     "authenticate algorithm %s: expected a password, or its hash by this "
			     "algorithm, in each line of %s",
			     algorithm_names[algorithm], challenge->file);
	return lacking;
}

void sip_challenge_check(struct loader *loader, struct conf_challenge *challenge)
{
	challenge->callers.lacking = sip_challenge_lacking(
	    loader, challenge, challenge->callers.lacking, CONF_ALGORITHM_ANY);
	if (challenge->callers.realm[0] && !challenge->file[0])
		loader_error(loader, challenge->line,
			     "authenticate realm %s: expected authenticate users file PATH with it",
			     challenge->callers.realm);
}

void sip_challenge_write(const struct conf_challenge *challenge, struct conf_writer *writer)
{
	if (challenge->callers.realm[0])
		conf_put(writer, " authenticate realm %s", challenge->callers.realm);
	if (challenge->file[0])
		conf_put(writer, " authenticate users file %s", challenge->file);
	if (challenge->algorithm)
		conf_put(writer, " authenticate algorithm %s",
			 algorithm_names[challenge->algorithm]);
}
