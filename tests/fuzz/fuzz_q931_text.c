// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of Q.931 messages, fed with anything.
 *
 *	clang -fsanitize=fuzzer,address -I. tests/fuzz/fuzz_q931_text.c
 *drivers-glue/isdn/q931_text.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/q931 if none is named). */
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
#include <dirent.h>
#include <stdio.h>

static int replay(const char *path)
{
	uint8_t octets[4096], *exact;
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(octets, 1, sizeof(octets), file);
	fclose(file);
	exact = malloc(size ? size : 1); /* so that reading on is seen */
	if (!exact)
		return -1;
	memcpy(exact, octets, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 1;
}

static int replay_corpus(void)
{
	const char *srcdir = getenv("srcdir");
	char folder[1024], path[2048];
	const struct dirent *entry;
	int count = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/q931", srcdir ? srcdir : ".");
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
		rc = replay(path);
		count = rc < 0 ? rc : count + rc;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc && count >= 0; i++) {
		int rc = replay(argv[i]);

		count = rc < 0 ? rc : count + rc;
	}
	if (argc == 1)
		count = replay_corpus();
	printf("%d inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
#endif
