// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/number.h"

#include <errno.h>
#include <string.h>

static bool number_is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'D') || c == '*' || c == '#';
}

static bool number_is_separator(char c) /* RFC 3966 visual-separator, and the space people type */
{
	return c == '-' || c == '.' || c == ' ' || c == '(' || c == ')';
}

int number_set(struct number *n, const char *text, enum number_ton ton, enum number_npi npi)
{
	char digits[NUMBER_DIGITS_MAX + 1];
	size_t count = 0;

	for (; *text; text++) {
		if (number_is_separator(*text))
			continue;
		if (!number_is_digit(*text) && !(*text == '+' && count == 0))
			return -EINVAL;
		if (count == NUMBER_DIGITS_MAX)
			return -EMSGSIZE;
		digits[count++] = *text;
	}
	digits[count] = '\0';
	memcpy(n->digits, digits, count + 1);
	n->ton = ton;
	n->npi = npi;
	return 0;
}

void number_to_e164(const struct number *n, char out[NUMBER_DIGITS_MAX + 2])
{
	size_t count = strnlen(n->digits, NUMBER_DIGITS_MAX);
	size_t at = 0;

	if (n->ton == TON_INTERNATIONAL && count && n->digits[0] != '+')
		out[at++] = '+';
	memcpy(out + at, n->digits, count);
	out[at + count] = '\0';
}

int number_from_e164(struct number *n, const char *text)
{
	while (number_is_separator(*text))
		text++;
	if (*text != '+')
		return number_set(n, text, TON_UNKNOWN, NPI_UNKNOWN);
	text++;
	/* + alone is no number, and a second one is as wrong as one in the middle */
	if (!text[strspn(text, "-. ()")] || strchr(text, '+'))
		return -EINVAL;
	return number_set(n, text, TON_INTERNATIONAL, NPI_ISDN);
}

const char *number_ton_name(unsigned ton)
{
	static const char *const names[] = {
	    [TON_UNKNOWN] = "unknown",	     [TON_INTERNATIONAL] = "international",
	    [TON_NATIONAL] = "national",     [TON_NETWORK] = "network",
	    [TON_SUBSCRIBER] = "subscriber", [TON_ABBREVIATED] = "abbreviated",
	    [TON_RESERVED] = "reserved",
	};

	if (ton >= sizeof(names) / sizeof(names[0]) || !names[ton])
		return "reserved";
	return names[ton];
}

const char *number_npi_name(unsigned npi)
{
	static const char *const names[] = {
	    [NPI_UNKNOWN] = "unknown", [NPI_ISDN] = "isdn",	    [NPI_DATA] = "data",
	    [NPI_TELEX] = "telex",     [NPI_NATIONAL] = "national", [NPI_PRIVATE] = "private",
	    [NPI_ERMES] = "ermes",     [NPI_RESERVED] = "reserved",
	};

	if (npi >= sizeof(names) / sizeof(names[0]) || !names[npi])
		return "reserved";
	return names[npi];
}

static int value_of_name(const char *(*name_of)(unsigned), unsigned last, const char *name)
{
	for (unsigned value = 0; value < last; value++) {
		const char *candidate = name_of(value);

		if (strcmp(candidate, name_of(last)) != 0 && strcmp(candidate, name) == 0)
			return (int)value;
	}
	return strcmp(name_of(last), name) == 0 ? (int)last : -EINVAL;
}

int number_ton_from_name(const char *name)
{
	return value_of_name(number_ton_name, TON_RESERVED, name);
}

int number_npi_from_name(const char *name)
{
	return value_of_name(number_npi_name, NPI_RESERVED, name);
}
