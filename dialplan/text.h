/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * text - a sentence that is put together piece by piece in a field of the caller's.
 *
 * Begin with struct text text = {field, size}; the field ends with a NUL after each text_put(), and what
 * does not fit is cut off. Of size 0: nothing is written.
 */
#ifndef DIALPLAN_TEXT_H
#define DIALPLAN_TEXT_H

#include <stddef.h>

struct text {
	char *at;
	size_t left;
};

void text_put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
