/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * password - secrets in commands:
 *
 *	password secret             as it is
 *	password 0 secret           the same
 *	password 7 0822455D0A16     as IOS hides it from a glance: anybody can turn it back
 *	password file trunk.secret  the first line of a file, which only its owner may read
 *
 * A password is written back as type 7, whatever it came as, one from a file by the file's name. What
 * IOS encrypts (type 6) has its key in another box and cannot be read. No message here quotes one.
 */
#ifndef CONF_PASSWORD_H
#define CONF_PASSWORD_H

#include <stddef.h>

#define PASSWORD_MAX 128
#define PASSWORD_PATH_MAX 255

struct vty;

struct password {
	char text[PASSWORD_MAX + 1];
	char file[PASSWORD_PATH_MAX + 1]; /* as written; empty: none */
};

/* The words behind `password`. what: the command, for messages. Returns how many of them it was, or
 * -1 after conf_error(). */
int password_read(struct vty *vty, const char *what, int argc, const char *const *argv,
		  struct password *out);
/* "7 0822455D0A16" or "file trunk.secret", behind `password`. */
#define PASSWORD_TEXT_SIZE (2 * PASSWORD_MAX + 8)
const char *password_text(const struct password *password, char text[PASSWORD_TEXT_SIZE]);

#endif
