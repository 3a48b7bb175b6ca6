/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * text - a line that is put together piece by piece in an array.
 *
 * The text begins as "" and always ends with a NUL; what does not fit is cut off. In the header,
 * so that a decoder can be built on its own.
 */
#ifndef GATEWAY_LOG_TEXT_H
#define GATEWAY_LOG_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* size: of the array, at least 1. */
__attribute__((format(printf, 3, 4))) static inline void text_append(char *text, size_t size,
								     const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

#endif
