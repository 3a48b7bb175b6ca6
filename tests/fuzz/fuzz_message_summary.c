// SPDX-License-Identifier: GPL-2.0-or-later
/* A body of application/simple-message-summary: what was read is written so that it reads the same.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		tests/fuzz/fuzz_message_summary.c gateway/sip/message_summary.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/message_summary if none is
 * named). */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gateway/sip/message_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_summary one, other;
	char text[512];
	size_t length;

	if (message_summary_read((const char *)data, size, &one))
		return 0;
	assert(memchr(one.account, '\0', sizeof(one.account)));
	assert(one.fresh <= MESSAGE_SUMMARY_COUNT_MAX && one.old <= MESSAGE_SUMMARY_COUNT_MAX);
	length = message_summary_write(&one, text, sizeof(text));
	assert(length > 0 && length == strlen(text));
	assert(message_summary_read(text, length, &other) == 0);
	assert(one.waiting == other.waiting && one.counted == other.counted);
	assert(one.fresh == other.fresh && one.old_urgent == other.old_urgent);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "message_summary", replay);
}
#endif
