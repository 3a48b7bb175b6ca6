/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hex - octets of a test's table: "08 02 00 01 62" or without the spaces.
 */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <stdint.h>
#include <stdio.h>

/* How many; octets is big enough for them. To be included behind cmocka.h. */
static size_t from_hex(const char *text, uint8_t *octets)
{
	size_t length = 0;

	for (; *text != '\0'; text++) {
		unsigned octet;

		if (*text == ' ')
			continue;
		assert_int_equal(sscanf(text, "%2x", &octet), 1);
		octets[length++] = (uint8_t)octet;
		text++;
	}
	return length;
}

#endif
