// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/password.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/conf_blocks.h"
#include "conf/text_file.h"

/* ---- type 7: the password exclusive-ored with a text that all such boxes share */

static const char mask[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
#define MASK_LENGTH (sizeof(mask) - 1)
#define MASK_START 8 /* any will do; always the same, so that a file is written back the same */

static int hex_value(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p = c ? strchr(digits, toupper((unsigned char)c)) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* False: it is none. */
static bool reveal(const char *hidden, char *out)
{
	size_t length = strlen(hidden), start;

	if (length < 4 || length % 2 || length / 2 - 1 > PASSWORD_MAX ||
	    !isdigit((unsigned char)hidden[0]) || !isdigit((unsigned char)hidden[1]))
		return false;
	start = (hidden[0] - '0') * 10 + (hidden[1] - '0');
	for (size_t i = 2; i < length; i += 2) {
		int high = hex_value(hidden[i]), low = hex_value(hidden[i + 1]), c;

		if (high < 0 || low < 0)
			return false;
		c = (high << 4 | low) ^ mask[(start + i / 2 - 1) % MASK_LENGTH];
		if (c < ' ' || c == 0x7f)
			return false;
		*out++ = (char)c;
	}
	*out = '\0';
	return true;
}

const char *password_text(const struct password *p, char text[PASSWORD_TEXT_SIZE])
{
	size_t used;

	if (p->file[0]) {
		snprintf(text, PASSWORD_TEXT_SIZE, "file %s", p->file);
		return text;
	}
	used = snprintf(text, PASSWORD_TEXT_SIZE, "7 %02u", MASK_START);
	for (size_t i = 0; p->text[i]; i++)
		used +=
		    snprintf(text + used, PASSWORD_TEXT_SIZE - used, "%02X",
			     (unsigned char)(p->text[i] ^ mask[(MASK_START + i) % MASK_LENGTH]));
	return text;
}

/* ---- files */

/* The first line. 0, or -1 after conf_error(). */
static int take_line(struct vty *vty, const char *what, const char *path, struct password *out)
{
	char *text = NULL;
	size_t size = 0, length;
	int rc = text_file_read(NULL, path, &text, &size);

	if (rc < 0) {
		conf_error(vty, "%s: password file %s cannot be read: %s", what, path,
			   text_file_error(rc));
		return -1;
	}
	for (length = 0; length < size && text[length] != '\n' && text[length] != '\r'; length++)
		if (text[length] == '\0')
			break;
	rc = length && length <= PASSWORD_MAX ? 0 : -1;
	if (!rc) {
		memcpy(out->text, text, length);
		out->text[length] = '\0';
	} else {
		conf_error(vty,
			   "%s: password file %s: expected a password of 1 to %d characters in its "
			   "first line",
			   what, path, PASSWORD_MAX);
	}
	talloc_free(text);
	return rc;
}

static int read_file(struct vty *vty, const char *what, const char *name, struct password *out)
{
	char path[2 * PASSWORD_PATH_MAX];
	struct stat st;

	if (strlen(name) > PASSWORD_PATH_MAX ||
	    text_file_beside(loader_path(vty->priv), name, path, sizeof(path)) < 0) {
		conf_error(vty, "%s: password file: the path is too long", what);
		return -1;
	}
	if (stat(path, &st) == 0 && (st.st_mode & 077)) {
		conf_error(vty,
			   "%s: password file %s can be read or written by others than its owner: "
			   "make it `chmod 600`",
			   what, path);
		return -1;
	}
	if (take_line(vty, what, path, out) < 0)
		return -1;
	strcpy(out->file, name);
	return 0;
}

/* ---- commands */

int password_read(struct vty *vty, const char *what, int argc, const char *const *argv,
		  struct password *out)
{
	struct password read = {0};
	bool typed = argc > 1 && argv[0][0] && !argv[0][1] && strchr("067", argv[0][0]);
	const char *type = typed ? argv[0] : "";
	const char *text = argc > 0 ? argv[typed] : "";
	bool file = argc > 1 && strcmp(argv[0], "file") == 0;

	if (file) {
		if (read_file(vty, what, argv[1], &read) < 0)
			return -1;
	} else if (strcmp(type, "6") == 0) {
		conf_error(vty,
			   "%s: a password of type 6 has its key in the box that it comes from: "
			   "expected password 0 with the password itself, password 7, or password "
			   "file PATH",
			   what);
		return -1;
	} else if (strcmp(type, "7") == 0) {
		if (!reveal(text, read.text)) {
			conf_error(vty, "%s: what stands behind password 7 is none of that type",
				   what);
			return -1;
		}
	} else if (!*text || strlen(text) > PASSWORD_MAX) {
		conf_error(vty, "%s: expected a password of 1 to %d characters", what,
			   PASSWORD_MAX);
		return -1;
	} else {
		strcpy(read.text, text);
	}
	*out = read;
	return typed || file ? 2 : 1;
}
