// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/digits.h"

#include <errno.h>
#include <string.h>

void digits_text(const struct number *n, bool with_plus, char text[DIGITS_TEXT_SIZE])
{
	struct number bare = *n;

	if (!with_plus)
		bare.ton = TON_UNKNOWN;
	number_to_e164(&bare, text);
}

static void forget_international(struct number *number)
{
	if (number->ton != TON_INTERNATIONAL)
		return;
	number->ton = TON_UNKNOWN;
	number->npi = NPI_UNKNOWN;
}

/* How many leading characters of text are left out (rules 7.1, 7.2). */
static size_t digits_skip(const struct digits_cut *cut, const char *text)
{
	size_t plus = *text == '+', length = strlen(text) - plus, skip = 0;

	switch (cut->peer->forward) {
	case PEER_FORWARD_ALL:
		return 0;
	case PEER_FORWARD_COUNT:
		if (length <= cut->peer->forward_count)
			return 0;
		return plus + length - cut->peer->forward_count;
	case PEER_FORWARD_EXTRA:
		if (cut->pattern)
			skip = pattern_consumed(cut->pattern, cut->matched);
		break;
	case PEER_FORWARD_DEFAULT:
		if (cut->pattern && !cut->peer->no_digit_strip && !cut->no_strip)
			skip = pattern_weight(cut->pattern)->explicit_length;
		break;
	}
	return skip < plus + length ? skip : plus + length;
}

bool digits_cut(const struct digits_cut *cut, struct number *number)
{
	char text[DIGITS_TEXT_SIZE];
	size_t skip;

	digits_text(number, cut->with_plus, text);
	skip = digits_skip(cut, text);
	if (!skip)
		return false;
	if (*text == '+')
		number->ton = TON_INTERNATIONAL;
	forget_international(number);
	memcpy(number->digits, text + skip, strlen(text + skip) + 1);
	return true;
}

int digits_put_prefix(const struct peer *peer, const char *port, struct number *number)
{
	unsigned timeslot = 0;
	bool isdn = peer_port_span(port, &timeslot) && timeslot == 0;
	bool plus = number->digits[0] == '+';
	size_t length = strlen(number->digits) - plus, at = 0;
	char digits[2 * NUMBER_DIGITS_MAX + 1];

	for (const char *c = peer->prefix; *c; c++)
		if (*c != ',' || !isdn)
			digits[at++] = *c;
	if (!at)
		return 0;
	if (at + length > NUMBER_DIGITS_MAX)
		return -EMSGSIZE;
	memcpy(digits + at, number->digits + plus, length + 1);
	memcpy(number->digits, digits, at + length + 1);
	forget_international(number);
	return 1;
}
