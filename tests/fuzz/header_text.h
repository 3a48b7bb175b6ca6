/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * header_text - what fuzzers of SIP headers share: an input as a string, and header lines that must be
 * nothing but lines.
 */
#ifndef TESTS_FUZZ_HEADER_TEXT_H
#define TESTS_FUZZ_HEADER_TEXT_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Up to the first zero; ends where its memory ends. */
static inline char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static inline void assert_lines(const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\r\n");

		assert(n > 3 && lines[n] == '\r' && lines[n + 1] == '\n');
		assert(strchr(lines, ':') && strchr(lines, ':') < lines + n);
		for (size_t i = 0; i < n; i++)
			assert((unsigned char)lines[i] >= ' ' && lines[i] != 0x7f);
		lines += n + 2;
	}
}

#endif
