// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/digit_body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIGNAL_FLASH 16

static const char digits[] = "0123456789*#ABCD";

/* "5", "*" or "11", as RFC 4733 numbers them. 0: none that is a digit. */
static char read_signal(const char *text)
{
	size_t length = strcspn(text, " \t\r\n");
	unsigned long number;
	char *end;

	if (length == 1) {
		const char *p = strchr("0123456789*#ABCDabcd", *text);

		return p ? (*text >= 'a' ? *text - 'a' + 'A' : *text) : '\0';
	}
	number = strtoul(text, &end, 10);
	return end == text + length && length == 2 && number < SIGNAL_FLASH ? digits[number] : '\0';
}

/* "Signal=5" and "Duration=160", a line each, blanks allowed. */
static void read_relay(const char *text, struct leg_digit *digit)
{
	while (*text) {
		const char *value = text + strcspn(text, "=\n");

		if (*value == '=') {
			value += 1 + strspn(value + 1, " \t");
			if (!strncasecmp(text, "Signal", 6))
				digit->digit = read_signal(value);
			else if (!strncasecmp(text, "Duration", 8))
				digit->duration_ms = strtoul(value, NULL, 10);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

bool digit_body_is_one(const char *type)
{
	return !strcasecmp(type, "application/dtmf-relay") || !strcasecmp(type, "application/dtmf");
}

int digit_body_read(const char *type, const char *text, struct leg_digit *out)
{
	struct leg_digit digit = {.duration_ms = DIGIT_BODY_MS};

	if (!strcasecmp(type, "application/dtmf-relay"))
		read_relay(text, &digit);
	else
		digit.digit = read_signal(text + strspn(text, " \t\r\n"));
	if (!digit.digit)
		return -EBADMSG;
	if (!digit.duration_ms)
		digit.duration_ms = DIGIT_BODY_MS;
	if (digit.duration_ms > DIGIT_BODY_MAX_MS)
		digit.duration_ms = DIGIT_BODY_MAX_MS;
	*out = digit;
	return 0;
}
