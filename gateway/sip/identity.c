// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialplan/number_plan.h"
#include "gateway/sip/subaddress.h"

#define USER_TEXT_MAX 128

int identity_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int identity_unescape(const char *text, size_t length, char *out, size_t size)
{
	const char *end = text + length;
	size_t n = 0;

	for (; text < end; text++) {
		char c = *text;

		if (c == '%') {
			int high = end - text > 2 ? identity_hex_value(text[1]) : -1;
			int low = high < 0 ? -1 : identity_hex_value(text[2]);

			if (low < 0 || !(high | low))
				return -EINVAL;
			c = high << 4 | low;
			text += 2;
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

/* Of the user part, or of the tel: URI. */
static int phone_param(const char *user, const char *params, const char *name, char *value,
		       size_t size)
{
	user = user ? strchr(user, ';') : NULL;
	if (!identity_param(user, name, value, size))
		return 0;
	return identity_param(params, name, value, size);
}

int identity_number(const char *user, const char *params, struct number *out)
{
	char text[USER_TEXT_MAX], context[USER_TEXT_MAX];
	bool local;
	int error;

	if (!user)
		return -EINVAL;
	error = identity_unescape(user, strcspn(user, ";"), text, sizeof(text));
	if (error)
		return error;
	if (!text[strcspn(text, "0123456789*#ABCDabcd")])
		return -EINVAL;
	local = !phone_param(user, params, "phone-context", context, sizeof(context));
	return number_from_uri(out, text, local ? context : NULL);
}

void identity_subaddress(const char *user, const char *params, struct subaddress *out)
{
	char value[SUBADDRESS_TEXT_MAX], encoding[16];
	bool encoded = !phone_param(user, params, "isub-encoding", encoding, sizeof(encoding));

	memset(out, 0, sizeof(*out));
	if (!phone_param(user, params, "isub", value, sizeof(value)))
		subaddress_read(value, encoded ? encoding : NULL, out);
}

void identity_extension(const char *user, const char *params,
			char digits[IDENTITY_EXTENSION_MAX + 1])
{
	char value[64];
	size_t n = 0;

	if (phone_param(user, params, "ext", value, sizeof(value)))
		value[0] = '\0';
	for (const char *c = value; *c && n < IDENTITY_EXTENSION_MAX; c++)
		if (isdigit((unsigned char)*c))
			digits[n++] = *c;
	digits[n] = '\0';
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

void identity_subscriber(const struct number *number, const struct subaddress *subaddress,
			 char user[IDENTITY_USER_MAX])
{
	identity_user(number, user);
	if (user[0])
		subaddress_write(subaddress, user + strlen(user));
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

/* The header that says best who it is, its number in party. NULL: only From is left. */
static const struct identity_address *best_address(const struct identity_view *view,
						   struct party *party)
{
	const struct identity_remote_party *remote = &view->remote_party;
	const struct identity_address *order[] = {&view->asserted[0], &view->asserted[1],
						  &remote->address, &view->preferred};

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct identity_address *a = order[i];

		if (!a->scheme || identity_number(a->user, a->params, &party->number))
			continue;
		if (a == &view->asserted[0] || a == &view->asserted[1] ||
		    (a == &remote->address && remote->screen && !strcasecmp(remote->screen, "yes")))
			party->screening = SCREENING_VERIFIED_PASSED;
		return a;
	}
	return NULL;
}

static bool privacy_is(const struct identity_view *view, const char *value)
{
	const char *privacy = view->remote_party.privacy;

	return view->remote_party.address.scheme && privacy && !strcasecmp(privacy, value);
}

void identity_from_view(const struct identity_view *view, struct party *out)
{
	struct party party = {0};
	const struct identity_address *source = best_address(view, &party);
	bool anonymous = is_anonymous(&view->from), named = source;

	if (!source)
		source = &view->from;
	if (!named && !anonymous)
		identity_number(source->user, source->params, &party.number);
	if (named || !anonymous)
		identity_subaddress(source->user, source->params, &party.subaddress);
	read_display(source->display, party.name);
	if (!party.name[0] && named && !anonymous)
		read_display(view->from.display, party.name);
	if (view->private || anonymous || privacy_is(view, "full") || privacy_is(view, "uri"))
		party.presentation = PRESENTATION_RESTRICTED;
	if ((party.presentation == PRESENTATION_RESTRICTED && !named) || privacy_is(view, "name"))
		party.name[0] = '\0';
	*out = party;
}

/* ---- writing */

void identity_write_display(const char *name, char out[IDENTITY_DISPLAY_MAX])
{
	size_t n = 0;

	if (!*name) {
		out[0] = '\0';
		return;
	}
	out[n++] = '"';
	while (*name && n + 8 < IDENTITY_DISPLAY_MAX) {
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

static bool is_known(const struct party *party)
{
	return party->number.digits[0] && party->presentation != PRESENTATION_UNAVAILABLE;
}

/* "Name" <sip:number@host> */
static void write_address(const struct party *party, const struct identity_style *style,
			  char out[IDENTITY_HEADER_MAX])
{
	char display[IDENTITY_DISPLAY_MAX], user[IDENTITY_USER_MAX];
	bool phone = style->options->user_phone == SIP_SWITCH_ON;

	identity_write_display(party->name, display);
	identity_subscriber(&party->number, &party->subaddress, user);
	snprintf(out, IDENTITY_HEADER_MAX, "%s<sip:%s@%s%s>", display,
		 is_known(party) ? user : "unavailable", style->host,
		 phone && is_known(party) ? ";user=phone" : "");
}

void identity_write_from(const struct party *party, const struct identity_style *style,
			 char from[IDENTITY_HEADER_MAX])
{
	if (party->presentation == PRESENTATION_RESTRICTED ||
	    style->options->privacy & (SIP_PRIVACY_USER | SIP_PRIVACY_ID))
		strcpy(from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	else
		write_address(party, style, from);
}

static void write_remote_party(const struct party *party, const struct identity_style *style,
			       const char *address, struct header_lines *lines)
{
	bool screened =
	    party->screening == SCREENING_VERIFIED_PASSED || party->screening == SCREENING_NETWORK;

	header_lines_printf(lines, "Remote-Party-ID", "%s;party=%s;screen=%s;privacy=%s", address,
			    style->called ? "called" : "calling", screened ? "yes" : "no",
			    party->presentation == PRESENTATION_RESTRICTED ? "full" : "off");
}

static void write_privacy(const struct party *party, const struct identity_style *style,
			  struct header_lines *lines)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {
	    {SIP_PRIVACY_HEADER, ";header"},   {SIP_PRIVACY_SESSION, ";session"},
	    {SIP_PRIVACY_USER, ";user"},       {SIP_PRIVACY_ID, ";id"},
	    {SIP_PRIVACY_HISTORY, ";history"}, {SIP_PRIVACY_CRITICAL, ";critical"},
	};
	uint8_t wanted = style->options->privacy;
	uint8_t policy = style->options->privacy_policy;
	char text[64] = "";

	if (style->passed_privacy && policy & SIP_PRIVACY_POLICY_PASSTHRU) {
		header_lines_add(lines, "Privacy", style->passed_privacy);
		return;
	}
	if (party->presentation == PRESENTATION_RESTRICTED)
		wanted |= SIP_PRIVACY_ID;
	if (!(wanted & ~(SIP_PRIVACY_PSTN | SIP_PRIVACY_CRITICAL)))
		wanted = 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (wanted & names[i].bit)
			strcat(text, names[i].name);
	if (text[0])
		header_lines_add(lines, "Privacy", text + 1);
	else if (policy & SIP_PRIVACY_POLICY_SEND_ALWAYS)
		header_lines_add(lines, "Privacy", "none");
}

void identity_write(const struct party *party, const struct identity_style *style,
		    struct header_lines *lines)
{
	char address[IDENTITY_HEADER_MAX];

	write_address(party, style, address);
	if (is_known(party)) {
		switch (style->options->asserted_id) {
		case SIP_ASSERTED_ID_NONE:
			break;
		case SIP_ASSERTED_ID_PPI:
			header_lines_add(lines, "P-Preferred-Identity", address);
			break;
		case SIP_ASSERTED_ID_RPID:
			write_remote_party(party, style, address, lines);
			break;
		default:
			header_lines_add(lines, "P-Asserted-Identity", address);
		}
	}
	write_privacy(party, style, lines);
}
