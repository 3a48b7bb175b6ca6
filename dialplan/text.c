// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	if (!text->left)
		return;
	va_start(args, format);
	n = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= text->left)
		n = (int)text->left - 1;
	text->at += n;
	text->left -= (size_t)n;
}
