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

/* How many leading characters of text are left out (rules 7.1, 7.2). */
static size_t digits_skip(const struct peer *peer, const struct pattern *pattern, const char *text)
{
	size_t length = strlen(text);
	size_t strip;

	switch (peer->forward) {
	case PEER_FORWARD_ALL:
		return 0;
	case PEER_FORWARD_COUNT:
		return length > peer->forward_count ? length - peer->forward_count : 0;
	case PEER_FORWARD_EXTRA:
		return pattern_consumed(pattern, text);
	case PEER_FORWARD_DEFAULT:
		break;
	}
	if (peer->no_digit_strip)
		return 0;
	strip = pattern_weight(pattern)->explicit_length;
	return strip < length ? strip : length;
}

/* The prefix of the peer; a message of an ISDN port knows no pauses. Returns its length. */
static size_t digits_prefix(const struct peer *peer, char prefix[NUMBER_DIGITS_MAX + 1])
{
	unsigned timeslot = 0;
	bool isdn = peer_port_span(peer->port, &timeslot) && timeslot == 0;
	size_t length = 0;

	for (const char *c = peer->prefix; *c; c++)
		if (*c != ',' || !isdn)
			prefix[length++] = *c;
	prefix[length] = '\0';
	return length;
}

int digits_to_send(const struct peer *peer, const struct pattern *pattern,
		   const struct number *number, const char *text, struct number *out)
{
	char prefix[NUMBER_DIGITS_MAX + 1];
	size_t prefix_length = digits_prefix(peer, prefix);
	size_t length;
	const char *rest;

	if (peer->kind == PEER_VOIP) {
		*out = *number;
		return 0;
	}
	rest = text + digits_skip(peer, pattern, text);
	if (rest == text && !prefix_length) {
		*out = *number;
		if (out->digits[0] == '+') { /* on an ISDN line the plus is a type of number */
			memmove(out->digits, out->digits + 1, strlen(out->digits));
			out->ton = TON_INTERNATIONAL;
			out->npi = NPI_ISDN;
		}
		return 0;
	}
	/* the + and what it says of the number go with the first digit taken off or put in front */
	if (*rest == '+')
		rest++;
	length = strlen(rest);
	if (prefix_length + length > NUMBER_DIGITS_MAX)
		return -EMSGSIZE;
	memcpy(out->digits, prefix, prefix_length);
	memcpy(out->digits + prefix_length, rest, length + 1);
	out->ton = *text == '+' ? TON_UNKNOWN : number->ton;
	out->npi = *text == '+' ? NPI_UNKNOWN : number->npi;
	return 0;
}
