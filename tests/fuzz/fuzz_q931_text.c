// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of Q.931 messages, fed with anything.
 *
 *	clang -fsanitize=fuzzer,address -I. tests/fuzz/fuzz_q931_text.c \
 *		drivers-glue/isdn/q931_text.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/q931_text if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/isdn/q931_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dss1_message message;
	char text[160], cut[8];

	if (dss1_decode(data, size, &message) < 0)
		return 0;
	assert(message.progress_count <= DSS1_PROGRESS_MAX);
	assert(message.cause < 128 && message.channel < 128 && message.reference < 0x8000);
	assert(memchr(message.called, '\0', sizeof(message.called)));
	assert(memchr(message.calling, '\0', sizeof(message.calling)));
	dss1_describe(&message, text, sizeof(text));
	dss1_describe(&message, cut, sizeof(cut));
	assert(strncmp(text, cut, strlen(cut)) == 0);
	for (const char *c = text; *c != '\0'; c++)
		assert(*c >= ' ' && *c < 0x7f);
	if (message.restricted && message.calling[0] != '\0' && message.type == DSS1_SETUP)
		assert(strstr(text, "(restricted)"));
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
	return replay_main(argc, argv, "q931_text", replay);
}
#endif
