// SPDX-License-Identifier: GPL-2.0-or-later
/* A sound file. What can be read has samples, no more than the file has room for.
 *
 * fopen() is here (the program is linked with --wrap): the file is memory.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/wav if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/exchange/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

#define PATH "input.wav"

static struct {
	const uint8_t *octets;
	size_t size;
} memory;

FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (strcmp(path, PATH) != 0)
		return __real_fopen(path, mode);
	errno = ENOENT;
	return memory.size ? fmemopen((void *)memory.octets, memory.size, "rb") : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[256] = "";
	struct wav *wav;

	memory.octets = data;
	memory.size = size;
	if (wav_read(NULL, PATH, &wav, why, sizeof(why)) < 0) {
		assert(why[0] && !strchr(why, '\n'));
		return 0;
	}
	assert(wav->count > 0 && wav->count <= (size - 44) / 2);
	talloc_free(wav);
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
	return replay_main(argc, argv, "wav", replay);
}
#endif
