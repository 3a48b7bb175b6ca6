// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrars, users and passwords: of sip-ua, tenants and pots dial peers. */
#include "conf/import/import_private.h"

#include <stdio.h>
#include <string.h>

/* authentication and credentials: secrets are not copied. */
void import_user(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	import_word(line->text, 0, word);
	import_ignore(line, "secrets are not copied");
	import_add_todo(im, line,
			"add %s with user name and password (not repeated here) by hand, best with "
			"password file: see Registration and passwords in sipspan.conf(5)",
			word);
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

		if (strcmp(word, "tls") == 0 && n > 0) { /* "tcp tls" there, "tls" here */
			size_t length = strlen(text);

			if (length > 4 && strcmp(text + length - 4, " tcp") == 0)
				text[length - 4] = '\0';
			im->tls_wanted = known = true;
		}
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
