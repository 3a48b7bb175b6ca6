/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * replay - what a fuzzer's own main() does with -DREPLAY: each file that is named, or all of one
 * folder of corpus/, goes to a function. The input ends where its memory ends, so that the address
 * sanitizer sees who reads on.
 */
#ifndef TESTS_FUZZ_REPLAY_H
#define TESTS_FUZZ_REPLAY_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0, or -1: it must not be so; said on stderr. name is that of the file without its folder. */
typedef int replay_input(const char *name, uint8_t *octets, size_t size);

static void replay_octets(const uint8_t *octets, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, octets, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static int replay_file(const char *path, replay_input *input)
{
	const char *slash = strrchr(path, '/');
	uint8_t octets[REPLAY_INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(octets, 1, sizeof(octets), file);
	fclose(file);
	return input(slash ? slash + 1 : path, octets, size) < 0 ? -1 : 1;
}

static int replay_corpus(const char *corpus, replay_input *input)
{
	const char *srcdir = getenv("srcdir");
	char folder[1024], path[2048];
	const struct dirent *entry;
	int count = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", corpus);
	dir = opendir(folder);
	if (!dir) {
		perror(folder);
		return -1;
	}
	while (count >= 0 && (entry = readdir(dir))) {
		int rc;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		rc = replay_file(path, input);
		count = rc < 0 ? rc : count + rc;
	}
	closedir(dir);
	return count;
}

/* The exit status: 1 if an input failed or there is none. */
static int replay_main(int argc, char **argv, const char *corpus, replay_input *input)
{
	int count = 0;

	for (int i = 1; i < argc && count >= 0; i++) {
		int rc = replay_file(argv[i], input);

		count = rc < 0 ? rc : count + rc;
	}
	if (argc == 1)
		count = replay_corpus(corpus, input);
	printf("%d inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}

#endif
