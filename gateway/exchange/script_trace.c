// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/exchange/script_private.h"
#include "gateway/log/log.h"
#include "gateway/log/text.h"

#define DESCRIPTION_MAX 200

void script_trace(struct script *script, const char *format, ...)
{
	unsigned slot = script->traced % SCRIPT_TRACE_LINES;
	uint64_t us = (exchange_now_ns() - script->began_ns) / 1000;
	va_list args;
	char *text;

	va_start(args, format);
	text = talloc_vasprintf(script, format, args);
	va_end(args);
	if (text == NULL)
		return;
	LOGP(DISDN, LOGL_INFO, "%s\n", text);
	talloc_free(script->trace[slot]);
	script->trace[slot] = talloc_asprintf(script, "%7" PRIu64 ".%03" PRIu64 " %s", us / 1000000,
					      us / 1000 % 1000, text);
	talloc_free(text);
	script->traced++;
}

void script_describe(struct script *script, const struct script_received *received, char *text,
		     size_t size)
{
	const struct script_message *message = &received->message;
	const char *name = script_call_name(script, received);
	struct dss1_message decoded;

	if (dss1_decode(message->octets, message->length, &decoded) == 0)
		dss1_describe(&decoded, text, size);
	else
		snprintf(text, size, "discriminator 0x%02x type 0x%02x", received->discriminator,
			 received->type);
	if (name != NULL)
		text_append(text, size, " of call %s", name);
	else if (received->reference != 0)
		text_append(text, size, " of reference %u (%s)", received->reference,
			    received->ours ? "ours" : "theirs");
}

void script_trace_message(struct script *script, const char *arrow, const uint8_t *octets,
			  size_t length)
{
	char text[DESCRIPTION_MAX] = "not Q.931";
	char hex[2 * LAPD_MESSAGE_MAX + 1] = "";
	struct script_received received;

	if (script_received_parse(octets, length, &received) == 0) {
		if (arrow[0] == '-')
			received.ours = !received.ours;
		script_describe(script, &received, text, sizeof(text));
	}
	for (size_t i = 0; i < length && i < LAPD_MESSAGE_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	script_trace(script, "%s %s [%s]", arrow, text, hex);
}

void script_trace_print(const struct script *script)
{
	unsigned first =
	    script->traced > SCRIPT_TRACE_LINES ? script->traced - SCRIPT_TRACE_LINES : 0;

	for (unsigned i = first; i < script->traced; i++)
		printf("%s\n", script->trace[i % SCRIPT_TRACE_LINES]);
}

void script_words_join(char *const *words, unsigned count, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		text_append(text, size, "%s%s", i > 0 ? " " : "", words[i]);
}
