// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"

bool isdn_number_from_pri(const char *digits, int plan, struct number *out)
{
	struct number number = {0};

	if (strlen(digits) > NUMBER_DIGITS_MAX ||
	    strspn(digits, "0123456789*#ABCDabcd") != strlen(digits))
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

/* Length of a well-formed UTF-8 sequence at text, 0 if there is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t n = text[0] < 0x80		       ? 1
		   : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		   : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		   : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
						       : 0;

	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
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

/* Display says nothing of its character set: what is good UTF-8 is taken as such, else Latin-1. */
void isdn_text_from_pri(const char *str, char *out, size_t size)
{
	const unsigned char *in = (const unsigned char *)str;
	bool utf8 = is_utf8(in);
	size_t used = 0;

	while (*in != '\0') {
		size_t n = utf8 ? utf8_length(in) : 1;
		bool latin = !utf8 && *in >= 0x80;

		if (used + n + latin >= size)
			break;
		if (latin) {
			if (*in >= 0xa0) {
				out[used++] = (char)(0xc0 | *in >> 6);
				out[used++] = (char)(0x80 | (*in & 0x3f));
			}
		} else if (n > 1 || (*in >= 0x20 && *in < 0x7f)) {
			memcpy(out + used, in, n);
			used += n;
		}
		in += n;
	}
	out[used] = '\0';
}

/* To Latin-1; what it does not have becomes a question mark. */
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
		isdn_text_from_pri(id->name.str, party.name, sizeof(party.name));
	*out = party;
}

void isdn_party_to_pri(const struct party *party, struct pri_party_id *out)
{
	struct pri_party_id id = {0};
	bool known = party->number.digits[0] != '\0';

	if (known || party->presentation != PRESENTATION_ALLOWED || party->name[0] != '\0') {
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
