// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialplan/number_plan.h"

#define USER_TEXT_MAX 128

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Resolves escapes up to the first ';' that is not one. */
static int unescape_user(const char *user, char *out, size_t size)
{
	size_t n = 0;

	for (; *user && *user != ';'; user++) {
		char c = *user;

		if (c == '%') {
			int high = hex_value(user[1]);
			int low = high < 0 ? -1 : hex_value(user[2]);

			if (low < 0 || !(high | low))
				return -EINVAL;
			c = high << 4 | low;
			user += 2;
		}
		if (n + 1 >= size)
			return -EMSGSIZE;
		out[n++] = c;
	}
	out[n] = '\0';
	return 0;
}

int identity_param(const char *text, const char *name, char *value, size_t size)
{
	size_t length = strlen(name), n;

	for (; text && *text; text += strcspn(text, ";")) {
		if (*text == ';')
			text++;
		if (strncasecmp(text, name, length) || text[length] != '=')
			continue;
		n = strcspn(text += length + 1, ";");
		if (n == 0 || n >= size)
			return n ? -EMSGSIZE : -ENOENT;
		memcpy(value, text, n);
		value[n] = '\0';
		return 0;
	}
	return -ENOENT;
}

int identity_number(const char *user, const char *params, struct number *out)
{
	char text[USER_TEXT_MAX], context[USER_TEXT_MAX];
	bool local;
	int error;

	if (!user)
		return -EINVAL;
	error = unescape_user(user, text, sizeof(text));
	if (error)
		return error;
	if (!text[strcspn(text, "0123456789*#ABCDabcd")])
		return -EINVAL;
	local = !identity_param(strchr(user, ';'), "phone-context", context, sizeof(context)) ||
		!identity_param(params, "phone-context", context, sizeof(context));
	return number_from_uri(out, text, local ? context : NULL);
}

void identity_user(const struct number *number, char user[IDENTITY_USER_MAX])
{
	char digits[NUMBER_DIGITS_MAX + 2];
	const char *from;
	char *to = user;

	number_to_e164(number, digits);
	for (from = digits; *from; from++) {
		if (*from == '#') {
			memcpy(to, "%23", 3);
			to += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Bytes of the UTF-8 character at text, 0 if it is none or a control character. */
static unsigned utf8_length(const unsigned char *text)
{
	unsigned length, i;

	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] >= 0xc2 && text[0] < 0xe0)
		length = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		length = 3;
	else if (text[0] >= 0xf0 && text[0] < 0xf5)
		length = 4;
	else
		return 0;
	for (i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Takes quotes and backslashes off and drops what is not readable. */
static void read_display(const char *display, char name[PARTY_NAME_MAX + 1])
{
	bool quoted;
	size_t n = 0;

	while (display && isspace((unsigned char)*display))
		display++;
	quoted = display && *display == '"';
	if (quoted)
		display++;
	while (display && *display) {
		unsigned length;

		if (quoted && *display == '"')
			break;
		if (quoted && *display == '\\' && display[1])
			display++;
		length = utf8_length((const unsigned char *)display);
		if (!length) {
			display++;
			continue;
		}
		if (n + length > PARTY_NAME_MAX)
			break;
		memcpy(name + n, display, length);
		n += length;
		display += length;
	}
	while (n && name[n - 1] == ' ')
		n--;
	name[n] = '\0';
}

static bool is_anonymous(const struct identity_address *a)
{
	return (a->host && !strcasecmp(a->host, "anonymous.invalid")) ||
	       (a->user && !strcasecmp(a->user, "anonymous"));
}

void identity_from_view(const struct identity_view *view, struct party *out)
{
	const struct identity_address *source = &view->from;
	struct party party = {0};
	unsigned i;

	for (i = 0; i < 2; i++) {
		const struct identity_address *asserted = &view->asserted[i];

		if (!asserted->scheme ||
		    identity_number(asserted->user, asserted->params, &party.number))
			continue;
		source = asserted;
		party.screening = SCREENING_VERIFIED_PASSED;
		break;
	}
	if (source == &view->from && !is_anonymous(source))
		identity_number(source->user, source->params, &party.number);
	read_display(source->display, party.name);
	if (!party.name[0] && source != &view->from && !is_anonymous(&view->from))
		read_display(view->from.display, party.name);
	if (view->private || is_anonymous(&view->from))
		party.presentation = PRESENTATION_RESTRICTED;
	if (party.presentation == PRESENTATION_RESTRICTED && source == &view->from)
		party.name[0] = '\0';
	*out = party;
}

/* "Name" with quotes, and a space behind it; empty if there is no name. */
static void write_display(const char *name, char *out, size_t size)
{
	size_t n = 0;

	if (!*name) {
		out[0] = '\0';
		return;
	}
	out[n++] = '"';
	while (*name && n + 8 < size) {
		unsigned length = utf8_length((const unsigned char *)name);

		if (!length) {
			name++;
			continue;
		}
		if (*name == '"' || *name == '\\')
			out[n++] = '\\';
		memcpy(out + n, name, length);
		n += length;
		name += length;
	}
	memcpy(out + n, "\" ", 3);
}

void identity_to_headers(const struct party *party, const char *host, struct identity_headers *out)
{
	char display[2 * PARTY_NAME_MAX + 16], user[IDENTITY_USER_MAX];
	bool restricted = party->presentation == PRESENTATION_RESTRICTED;
	bool known = party->number.digits[0] && party->presentation != PRESENTATION_UNAVAILABLE;

	memset(out, 0, sizeof(*out));
	write_display(party->name, display, sizeof(display));
	identity_user(&party->number, user);
	if (known)
		snprintf(out->asserted, sizeof(out->asserted), "%s<sip:%s@%s>", display, user,
			 host);
	if (restricted)
		snprintf(out->privacy, sizeof(out->privacy), "id");
	if (restricted)
		snprintf(out->from, sizeof(out->from),
			 "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	else if (known)
		snprintf(out->from, sizeof(out->from), "%s<sip:%s@%s>", display, user, host);
	else
		snprintf(out->from, sizeof(out->from), "%s<sip:unavailable@%s>", display, host);
}
