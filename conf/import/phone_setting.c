// SPDX-License-Identifier: GPL-2.0-or-later
/* What a pool, a voice register dn and call-manager-fallback all say of telephones. */
#include "conf/import/phones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#define NOAN_MIN_S 3 /* as conf/voice_register_pool.c has it */
#define NOAN_MAX_S 600

void import_phone_setting(struct import *im, struct import_line *line, const char *subject,
			  const char *value, const char *refers)
{
	struct import_settings *keeping = im->phones->keeping;

	if (!keeping) {
		import_put(im, line, refers, "%s%s%s", subject, *value ? " " : "", value);
		return;
	}
	if (keeping->count == IMPORT_SETTINGS_MAX) {
		import_ignore(line, "there are too many");
		return;
	}
	import_changed(line, NULL);
	keeping->list[keeping->count++] =
	    (struct import_setting){subject, import_text(im, "%s", value), refers, line};
}

void import_phone_codec(struct import *im, struct import_line *line, const char *rest)
{
	const char *codecs = import_codecs_of(im, line, rest);

	if (codecs)
		import_phone_setting(im, line, "codec", codecs, NULL);
}

void import_phone_codec_class(struct import *im, struct import_line *line, const char *rest)
{
	const char *codecs = import_codecs_of_class(im, line, rest);

	if (codecs)
		import_phone_setting(im, line, "codec", codecs, NULL);
}

void import_phone_profile(struct import *im, struct import_line *line, const char *rest)
{
	char direction[IMPORT_WORD_MAX], name[IMPORT_WORD_MAX];

	if (!import_word(rest, 0, direction) || !import_word(rest, 1, name) ||
	    (strcmp(direction, "incoming") != 0 && strcmp(direction, "outgoing") != 0)) {
		import_ignore(line, "expected incoming or outgoing and a name");
		return;
	}
	import_taken(line);
	import_phone_setting(im, line, import_text(im, "translation-profile %s", direction), name,
			     import_text(im, "voice translation-profile %s", name));
}

/* "incoming local default", "outgoing local 1 5001 - 5010": one list holds for a whole pool here. */
void import_phone_cor(struct import *im, struct import_line *line, const char *rest)
{
	char direction[IMPORT_WORD_MAX], name[IMPORT_WORD_MAX], whom[IMPORT_WORD_MAX];

	import_word(rest, 0, direction);
	import_word(rest, 1, name);
	import_word(rest, 2, whom);
	if (strcmp(whom, "default") != 0) {
		import_ignore(line, "a list holds for all telephones of a pool");
		import_add_todo(
		    im, line,
		    "%s: put these numbers into a voice register pool of their own, with "
		    "corlist %s %s; until then other restrictions hold for them",
		    line->text, direction, name);
		return;
	}
	import_changed(line, NULL);
	import_phone_setting(im, line, import_text(im, "corlist %s", direction), name,
			     import_text(im, "dial-peer cor list %s", name));
}

/* "busy 5000", "noan 5000 timeout 20", behind call-forward or call-forward b2bua */
void import_phone_forward(struct import *im, struct import_line *line, const char *rest)
{
	char why[IMPORT_WORD_MAX], number[IMPORT_WORD_MAX], word[IMPORT_WORD_MAX];
	unsigned timeout_s = 20, said;
	const char *subject;

	import_word(rest, 0, why);
	if (strcmp(why, "mailbox") == 0) {
		import_ignore(line,
			      "who diverts goes along, which tells voicemail whose box it is");
		return;
	}
	if (!import_word(rest, 1, number) || strspn(number, "0123456789*#+") != strlen(number)) {
		import_ignore(line, "expected busy, noan, all or unreachable and a number");
		return;
	}
	import_taken(line);
	if (strcmp(why, "unregistered") == 0) {
		import_changed(line, NULL);
		strcpy(why, "unreachable");
	}
	subject = import_text(im, "call-forward b2bua %s", why);
	if (strcmp(why, "noan") != 0) {
		import_phone_setting(im, line, subject, number, NULL);
		return;
	}
	if (import_word(rest, 3, word) && import_is_number(word, &timeout_s)) {
		said = timeout_s;
		timeout_s = OSMO_MIN(OSMO_MAX(said, NOAN_MIN_S), NOAN_MAX_S);
		if (said != timeout_s)
			import_changed(line, "3 to 600 s");
	} else {
		import_changed(line, NULL);
	}
	import_phone_setting(im, line, subject, import_text(im, "%s timeout %u", number, timeout_s),
			     NULL);
}

void import_phone_password(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "secrets are not copied");
	if (im->phones->password)
		return;
	im->phones->password = line;
	import_add_todo(
	    im, line,
	    "telephones were asked for passwords, nobody is now: add authenticate realm and "
	    "authenticate users file to voice register global, or username to the pools; see "
	    "Telephones in sipspan.conf(5)");
}
