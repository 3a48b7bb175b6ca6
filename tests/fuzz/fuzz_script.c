// SPDX-License-Identifier: GPL-2.0-or-later
/* A script of sipspan-exchange: its text up to the first zero, then a message that came from the far end,
 * which is held against the words of every line. What the words of a line build is true of them unless
 * they say how to spoil it.
 *
 * fopen() is here (the program is linked with --wrap): the file is memory, and includes nothing.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/script if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/exchange/script_private.h"

#define PATH "input.script"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

static struct {
	const uint8_t *text;
	size_t size;
	bool open;
} memory;

FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (strcmp(mode, "re") != 0)
		return __real_fopen(path, mode);
	errno = ENOENT;
	if (memory.open || !memory.size || strcmp(path, PATH) != 0)
		return NULL;
	memory.open = true;
	return fmemopen((void *)memory.text, memory.size, "r");
}

static void capture(void *arg, const char *variable, const char *value)
{
	assert(variable[0] && memchr(value, '\0', SCRIPT_TEXT_MAX + 1));
}

static void try_words(const struct script_line *line, const struct script_message *received)
{
	static const struct script_captures captures = {.capture = capture};
	static struct script_message built;
	struct script_outline outline = {.type = 5,
					 .reference = 1,
					 .words = (char *const *)line->words + 1,
					 .count = line->count - 1,
					 .original = received};
	char why[256] = "";

	if (script_message_build(&outline, &built, why, sizeof(why)) == 0) {
		assert(built.length <= LAPD_MESSAGE_MAX);
		script_message_match(&built, outline.words, outline.count, &captures, why);
	}
	if (script_message_check(outline.words, outline.count, why, sizeof(why)) == 0)
		script_message_match(received, outline.words, outline.count, &captures, why);
	assert(memchr(why, '\0', sizeof(why)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = memchr(data, '\0', size);
	size_t message = zero ? (size_t)(zero - data) + 1 : size;
	static struct script_received received;
	struct script_source *source;
	char why[512] = "";

	memory.text = data;
	memory.size = zero ? (size_t)(zero - data) : size;
	memory.open = false;
	if (script_received_parse(data + message, size - message, &received) < 0)
		memset(&received, 0, sizeof(received));
	if (script_source_read(NULL, PATH, script_order_check, &source, why, sizeof(why)) < 0) {
		assert(why[0]);
		return 0;
	}
	for (unsigned i = 0; i < source->count; i++) {
		assert(source->lines[i].count > 0 && source->lines[i].count <= SCRIPT_WORDS_MAX);
		assert(source->lines[i].end < source->count);
		try_words(&source->lines[i], &received.message);
	}
	talloc_free(source);
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
	return replay_main(argc, argv, "script", replay);
}
#endif
