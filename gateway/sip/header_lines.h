/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * header_lines - header lines of a SIP message to be sent, one behind the other.
 *
 * The one place where texts of other networks become headers: a line with a control character in it
 * is left out as a whole, and so is one that has no room. What is here can therefore be given to the
 * stack as it is. libc only.
 */
#ifndef GATEWAY_SIP_HEADER_LINES_H
#define GATEWAY_SIP_HEADER_LINES_H

#include <stddef.h>

#define HEADER_LINES_MAX 6144

struct header_lines { /* all zero: none */
	size_t length;
	char text[HEADER_LINES_MAX]; /* "Name: value\r\n..." */
};

/* An empty value adds nothing. */
void header_lines_add(struct header_lines *lines, const char *name, const char *value);
void header_lines_printf(struct header_lines *lines, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Lines that were made so before. */
void header_lines_append(struct header_lines *lines, const char *more);

#endif
