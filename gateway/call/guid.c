// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/guid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void guid_new(struct guid *guid)
{
	if (getrandom(guid->word, sizeof(guid->word), 0) != sizeof(guid->word))
		abort();				       /* never for so few octets */
	guid->word[1] = (guid->word[1] & 0xffff0fff) | 0x4000; /* RFC 4122 4.4 */
	guid->word[2] = (guid->word[2] & 0x3fffffff) | 0x80000000;
}

bool guid_is_set(const struct guid *guid)
{
	return (guid->word[0] | guid->word[1] | guid->word[2] | guid->word[3]) != 0;
}

int guid_read(const char *text, struct guid *guid)
{
	struct guid read;

	for (unsigned i = 0; i < 4; i++) {
		size_t n = strspn(text, "0123456789");
		unsigned long long word = n > 0 && n <= 10 ? strtoull(text, NULL, 10) : UINT64_MAX;

		if (word > UINT32_MAX || text[n] != (i < 3 ? '-' : '\0'))
			return -EINVAL;
		read.word[i] = word;
		text += n + 1;
	}
	*guid = read;
	return 0;
}

void guid_write(const struct guid *guid, char text[GUID_TEXT_MAX])
{
	const uint32_t *w = guid->word;

	snprintf(text, GUID_TEXT_MAX, "%010" PRIu32 "-%010" PRIu32 "-%010" PRIu32 "-%010" PRIu32,
		 w[0], w[1], w[2], w[3]);
}
