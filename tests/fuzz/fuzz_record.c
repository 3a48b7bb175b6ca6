// SPDX-License-Identifier: GPL-2.0-or-later
/* A journal of bindings with anything in it. A record that is read can be written, and reads the same.
 * Fuzzers do not guess hashes: the first octet says whether the lines that follow are given theirs.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_record.c \
 *		gateway/survive/record.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/record if none is named;
 * those named good... hold records, others do not). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/survive/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long all_records;

static int again(void *arg, const struct location_change *changes, unsigned count)
{
	struct location_change out[LOCATION_CHANGES_MAX];
	char *text, *second, *third;
	size_t size;

	assert(count > 0 && record_check(changes, count) == 0);
	text = malloc(record_size(changes, count));
	second = malloc(record_size(changes, count));
	third = malloc(record_size(changes, count));
	assert(text && second && third);
	size = record_print(changes, count, text);
	assert(size <= record_size(changes, count) && text[size - 1] == '\n');
	text[size - 1] = '\0';
	memcpy(second, text, size);
	assert(record_read(second, out) == (int)count);
	text[size - 1] = '\n';
	assert(record_print(out, count, third) == size && !memcmp(text, third, size));
	free(second);
	free(third);
	++*(unsigned *)arg;
	all_records++;
	free(text);
	return 0;
}

/* "CHANGES" becomes " CHANGES" with its hash before it, as record_print() would have written it. */
static size_t print_line(const char *changes, size_t size, char *out)
{
	uint64_t hash = 0xcbf29ce484222325u;

	out[16] = ' ';
	memcpy(out + 17, changes, size);
	for (size_t i = 16; i < 17 + size; i++)
		hash = (hash ^ (unsigned char)out[i]) * 0x100000001b3u;
	for (unsigned i = 0; i < 16; i++)
		out[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
	out[17 + size] = '\n';
	return size + 18;
}

static void scan_hashed(struct record_scan *scan, const char *octets, size_t size)
{
	const char *end = octets + size, *newline;

	for (; octets < end; octets = newline + 1) {
		char *line;

		newline = memchr(octets, '\n', (size_t)(end - octets));
		if (!newline)
			newline = end;
		line = malloc((size_t)(newline - octets) + 18);
		assert(line);
		assert(record_scan(scan, line,
				   print_line(octets, (size_t)(newline - octets), line)) == 0);
		free(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned records = 0;
	struct record_scan scan = {.fn = again, .arg = &records};
	const char *octets = (const char *)data;

	if (!size)
		return 0;
	if (*octets == '#') {
		scan_hashed(&scan, octets + 1, size - 1);
	} else {
		size_t first = (unsigned char)*octets % size;

		assert(record_scan(&scan, octets, first) == 0);
		assert(record_scan(&scan, octets + first, size - first) == 0);
	}
	assert(scan.lines == records + scan.bad);
	record_scan_end(&scan);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	unsigned long before = all_records;

	replay_octets(octets, size);
	if (!strncmp(name, "good", 4) == (all_records > before))
		return 0;
	fprintf(stderr, "%s: %lu records\n", name, all_records - before);
	return -1;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "record", replay);
}
#endif
