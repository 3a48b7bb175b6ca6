// SPDX-License-Identifier: GPL-2.0-or-later
/* Sources: RFC 3326, RFC 4411, RFC 6432, Q.850. */
#include "gateway/call/cause.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialplan/q850.h"
#include "gateway/log/text.h"

#define PREEMPTION 8
#define PREEMPTION_CIRCUIT_RESERVED 9

struct cause cause_q850(unsigned q850, unsigned location, enum cause_source source)
{
	struct cause c = {.q850 = q850, .location = location, .source = source};

	return c;
}

/* ---- reading */

/* 0: it is not a number of at most max. */
static unsigned read_number(const char *text, unsigned min, unsigned max)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return 0;
	n = strtoul(text, &end, 10);
	while (isspace((unsigned char)*end))
		end++;
	return *end || n < min || n > max ? 0 : (unsigned)n;
}

/* A line of a log or a record is made of it. */
static void read_text(const char *from, char out[CAUSE_TEXT_MAX + 1])
{
	bool quoted = *from == '"';
	size_t n = 0;

	if (quoted)
		from++;
	for (; *from && n < CAUSE_TEXT_MAX; from++) {
		if (quoted && *from == '"')
			break;
		if (quoted && *from == '\\' && from[1])
			from++;
		out[n++] = (unsigned char)*from < ' ' || (unsigned char)*from > '~' ? '.' : *from;
	}
	out[n] = '\0';
}

void cause_reason_add(struct cause_reason *reason, const char *protocol, const char *value,
		      const char *text)
{
	bool q850 = strcasecmp(protocol, "Q.850") == 0;
	unsigned n = 0;

	if (q850)
		n = read_number(value, 1, 127);
	else if (strcasecmp(protocol, "SIP") == 0)
		n = read_number(value, 200, 699);
	else if (strcasecmp(protocol, "preemption") == 0 && read_number(value, 1, 5)) {
		n = PREEMPTION;
		q850 = true;
	}
	if (!n || (q850 ? reason->q850 : reason->sip))
		return;
	/* the text of the value that counts */
	if (text && (q850 || !reason->q850))
		read_text(text, reason->text);
	if (q850)
		reason->q850 = n;
	else
		reason->sip = n;
}

/* ---- writing */

int cause_to_reason(const struct cause *cause, char *text, size_t size)
{
	bool sip = cause->source == CAUSE_SOURCE_SIP && cause->sip;

	text[0] = '\0';
	if (cause->elsewhere)
		text_append(text, size, "SIP;cause=200;text=\"Call completed elsewhere\", ");
	else if (sip)
		text_append(text, size, "SIP;cause=%u;text=\"%s\"%s", cause->sip,
			    cause_sip_phrase(cause->sip), cause->from_reason ? ", " : "");
	if (!sip || cause->elsewhere || cause->from_reason)
		text_append(text, size, "Q.850;cause=%u;text=\"%s\"", cause->q850 & 0x7fu,
			    cause_name(cause->q850));
	if (!sip && (cause->q850 == PREEMPTION || cause->q850 == PREEMPTION_CIRCUIT_RESERVED))
		text_append(text, size, ", preemption;cause=4;text=\"Non-IP Preemption\"");
	return (int)strlen(text);
}

const char *cause_name(unsigned q850)
{
	return q850_name(q850);
}
