// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/header_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return 0;
	return 1;
}

void header_lines_add(struct header_lines *lines, const char *name, const char *value)
{
	size_t room = sizeof(lines->text) - lines->length;
	int n;

	if (!value[0] || !is_printable(value))
		return;
	n = snprintf(lines->text + lines->length, room, "%s: %s\r\n", name, value);
	if (n > 0 && (size_t)n < room)
		lines->length += n;
	else
		lines->text[lines->length] = '\0';
}

void header_lines_printf(struct header_lines *lines, const char *name, const char *format, ...)
{
	char value[HEADER_LINES_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(value))
		header_lines_add(lines, name, value);
}

void header_lines_append(struct header_lines *lines, const char *more)
{
	size_t n = strlen(more);

	if (lines->length + n >= sizeof(lines->text))
		return;
	memcpy(lines->text + lines->length, more, n + 1);
	lines->length += n;
}
