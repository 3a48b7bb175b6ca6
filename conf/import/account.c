// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrars, users and passwords: of sip-ua, tenants and pots dial peers. */
#include "conf/import/import_private.h"

#include <stdio.h>
#include <string.h>

#define ENCRYPTED "password 6 "

/* "authentication username u password 7 0822455D0A16 realm r", and credentials. */
void import_user(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	if (strstr(rest, ENCRYPTED)) {
		import_ignore(line, "its password is encrypted with a key of the old router");
		import_add_todo(im, line,
				"say it again with password 0 or password file: that of type 6 "
				"cannot be read without the old router's key");
	} else if (import_word(rest, 0, word) && strcmp(word, "dhcp") == 0) {
		import_ignore(line, "DHCP says nothing to SIP here");
	} else {
		import_take(im, line, NULL);
	}
}

/* Does IOS have a value behind the word that is nothing here? */
static bool has_value(const char *word)
{
	return strcmp(word, "auth-realm") == 0 || strcmp(word, "scheme") == 0 ||
	       strcmp(word, "type") == 0;
}

/* "1 dns:sip.example.com expires 600 random-contact secondary" */
void import_registrar(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX], text[IMPORT_LINE_MAX] = "registrar";
	bool target = false, number = false, dropped = false;
	unsigned index;

	for (unsigned n = 0; import_word(rest, n, word); n++) {
		bool known = number || (n == 0 && import_is_number(word, &index)) ||
			     strchr(word, ':') || strcmp(word, "tcp") == 0 ||
			     strcmp(word, "secondary") == 0;

		target |= strchr(word, ':') != NULL;
		number = strcmp(word, "expires") == 0 || strcmp(word, "refresh-ratio") == 0;
		if (known || number)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", word);
		else
			dropped = true;
		if (has_value(word))
			n++;
	}
	if (!target) {
		import_ignore(line, "expected ipv4: or dns: and a host");
		return;
	}
	import_put(im, line, NULL, "%s", text);
	if (dropped)
		import_changed(line, "the rest is as it is here anyway");
	else
		import_taken(line);
}
