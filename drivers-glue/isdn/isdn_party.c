// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"

bool isdn_digits_valid(const char *digits, size_t max)
{
	return strlen(digits) <= max && strspn(digits, "0123456789*#ABCDabcd") == strlen(digits);
}

bool isdn_number_from_pri(const char *digits, int plan, struct number *out)
{
	struct number number = {0};

	if (!isdn_digits_valid(digits, NUMBER_DIGITS_MAX))
		return false;
	for (size_t i = 0; digits[i] != '\0'; i++)
		number.digits[i] = digits[i] >= 'a' ? (char)(digits[i] - 'a' + 'A') : digits[i];
	if (plan >= 0) {
		number.ton = plan >> 4 & 0x07;
		number.npi = plan & 0x0f;
	}
	*out = number;
	return true;
}

int isdn_number_plan(const struct number *number)
{
	if (number->digits[0] == '+')
		return TON_INTERNATIONAL << 4 | NPI_ISDN;
	return (number->ton & 0x07) << 4 | (number->npi & 0x0f);
}

const char *isdn_number_digits(const struct number *number)
{
	return number->digits + (number->digits[0] == '+');
}

/* Length of a well-formed UTF-8 sequence at text, 0 if there is none (RFC 3629 4: no overlong
 * forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char lowest = 0x80, highest = 0xbf;
	size_t n = text[0] < 0x80		       ? 1
		   : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		   : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		   : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
						       : 0;

	if (text[0] == 0xe0)
		lowest = 0xa0;
	else if (text[0] == 0xed)
		highest = 0x9f;
	else if (text[0] == 0xf0)
		lowest = 0x90;
	else if (text[0] == 0xf4)
		highest = 0x8f;
	for (size_t i = 1; i < n; i++) {
		if (text[i] < lowest || text[i] > highest)
			return 0;
		lowest = 0x80;
		highest = 0xbf;
	}
	return n;
}

static bool is_utf8(const unsigned char *text)
{
	while (*text != '\0') {
		size_t n = utf8_length(text);

		if (n == 0)
			return false;
		text += n;
	}
	return true;
}

/* A printable character; controls of ASCII and of Latin-1 (C1, also as UTF-8) are none. */
static bool is_printable(const unsigned char *in, size_t n)
{
	if (n == 1)
		return *in >= 0x20 && *in < 0x7f;
	return n > 1 && !(in[0] == 0xc2 && in[1] < 0xa0);
}

/* Display says nothing of its character set: what is good UTF-8 is taken as such, else Latin-1.
 * Latin-2 and the like cannot be told from it: a question mark stands for what is not ASCII. */
void isdn_text_from_pri(const char *text, int char_set, char *out, size_t size)
{
	bool latin1_or_utf8 =
	    char_set <= PRI_CHAR_SET_ISO8859_1 || char_set == PRI_CHAR_SET_ISO10646_UTF_8STRING;
	const unsigned char *in = (const unsigned char *)text;
	bool utf8 = latin1_or_utf8 && is_utf8(in);
	size_t used = 0;

	while (*in != '\0') {
		size_t n = utf8 ? utf8_length(in) : 1;
		bool wide = !utf8 && *in >= 0xa0;

		if (used + n + wide >= size)
			break;
		if (wide && !latin1_or_utf8) {
			out[used++] = '?';
		} else if (wide) {
			out[used++] = (char)(0xc0 | *in >> 6);
			out[used++] = (char)(0x80 | (*in & 0x3f));
		} else if (is_printable(in, n)) {
			memcpy(out + used, in, n);
			used += n;
		}
		in += n;
	}
	out[used] = '\0';
}

/* What Latin-1 does not have becomes a question mark. */
void isdn_text_to_pri(const char *text, char *out, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;

	while (*in != '\0' && used + 1 < size) {
		size_t n = utf8_length(in);

		if (n == 1)
			out[used++] = (char)*in;
		else if (n == 2 && in[0] < 0xc4)
			out[used++] = (char)((in[0] & 0x03) << 6 | (in[1] & 0x3f));
		else
			out[used++] = '?';
		in += n > 0 ? n : 1;
	}
	out[used] = '\0';
}

void isdn_subaddress_from_pri(const struct pri_party_subaddress *in, struct subaddress *out)
{
	memset(out, 0, sizeof(*out));
	if (!in->valid || in->length <= 0 || in->length > SUBADDRESS_MAX ||
	    (in->type != SUBADDRESS_NSAP && in->type != SUBADDRESS_USER))
		return;
	out->type = (uint8_t)in->type;
	out->odd = in->odd_even_indicator != 0;
	out->length = (uint8_t)in->length;
	memcpy(out->octets, in->data, out->length);
}

void isdn_subaddress_to_pri(const struct subaddress *in, struct pri_party_subaddress *out)
{
	memset(out, 0, sizeof(*out));
	if (in->length == 0 || in->length > SUBADDRESS_MAX)
		return;
	out->valid = 1;
	out->type = in->type;
	out->odd_even_indicator = in->odd;
	out->length = in->length;
	memcpy(out->data, in->octets, in->length);
}

void isdn_party_from_pri(const struct pri_party_id *id, struct party *out)
{
	struct party party = {0};

	if (id->number.valid) {
		party.presentation = id->number.presentation >> 5 & 0x03;
		party.screening = id->number.presentation & 0x03;
		if (!isdn_number_from_pri(id->number.str, id->number.plan, &party.number))
			party.presentation = PRESENTATION_UNAVAILABLE;
		if (party.presentation > PRESENTATION_UNAVAILABLE) /* the reserved value */
			party.presentation = PRESENTATION_RESTRICTED;
	}
	if (id->name.valid && (id->name.presentation & PRI_PRES_RESTRICTION) == PRI_PRES_ALLOWED)
		isdn_text_from_pri(id->name.str, id->name.char_set, party.name, sizeof(party.name));
	isdn_subaddress_from_pri(&id->subaddress, &party.subaddress);
	*out = party;
}

void isdn_party_to_pri(const struct party *party, struct pri_party_id *out)
{
	struct pri_party_id id = {0};
	bool known = party->number.digits[0] != '\0';

	isdn_subaddress_to_pri(&party->subaddress, &id.subaddress);
	if (known || party->presentation != PRESENTATION_ALLOWED || party->name[0] != '\0' ||
	    id.subaddress.valid) {
		id.number.valid = 1;
		id.number.plan = isdn_number_plan(&party->number);
		id.number.presentation =
		    (party->presentation & 0x03) << 5 | (party->screening & 0x03);
		if (!known && party->presentation == PRESENTATION_ALLOWED)
			id.number.presentation = PRES_NUMBER_NOT_AVAILABLE;
		snprintf(id.number.str, sizeof(id.number.str), "%s",
			 isdn_number_digits(&party->number));
	}
	if (party->name[0] != '\0') {
		id.name.valid = 1;
		id.name.presentation = party->presentation == PRESENTATION_ALLOWED
					   ? PRI_PRES_ALLOWED
					   : PRI_PRES_RESTRICTED;
		id.name.char_set = PRI_CHAR_SET_ISO8859_1;
		isdn_text_to_pri(party->name, id.name.str, sizeof(id.name.str));
	}
	*out = id;
}

static uint8_t reason_from_pri(int reason)
{
	switch (reason) {
	case PRI_REDIR_FORWARD_ON_BUSY:
	case PRI_REDIR_FORWARD_ON_NO_REPLY:
	case PRI_REDIR_DEFLECTION:
	case PRI_REDIR_DTE_OUT_OF_ORDER:
	case PRI_REDIR_FORWARDED_BY_DTE:
	case PRI_REDIR_UNCONDITIONAL:
		return (uint8_t)reason;
	default:
		return REDIRECTION_UNKNOWN;
	}
}

void isdn_redirection_from_pri(const struct pri_party_redirecting *in, struct redirection *out)
{
	struct redirection redirection = {
	    .count = in->count > 0 && in->count < 256 ? (uint8_t)in->count : 1,
	    .reason = reason_from_pri(in->reason),
	    .original_reason = reason_from_pri(in->orig_reason),
	};

	isdn_party_from_pri(&in->from, &redirection.from);
	isdn_party_from_pri(&in->orig_called, &redirection.original);
	isdn_party_from_pri(&in->to, &redirection.to);
	*out = redirection;
}

void isdn_redirection_to_pri(const struct redirection *in, struct pri_party_redirecting *out)
{
	memset(out, 0, sizeof(*out));
	if (in->count == 0)
		return;
	out->count = in->count;
	out->reason = in->reason;
	out->orig_reason = in->original_reason;
	isdn_party_to_pri(&in->from, &out->from);
	isdn_party_to_pri(&in->original, &out->orig_called);
	isdn_party_to_pri(&in->to, &out->to);
	out->from.number.valid = 1; /* it is what says that the call was diverted */
}
