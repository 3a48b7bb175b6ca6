// SPDX-License-Identifier: GPL-2.0-or-later
/* A DNS answer with NAPTR records, from a message to the URIs that a call would go to.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_naptr.c \
 *		gateway/sip/naptr.c dialplan/enum.c dialplan/expression*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/naptr if none is named). */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/naptr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct enum_uri *uri)
{
	assert(memchr(uri->text, '\0', sizeof(uri->text)));
	assert(!strncasecmp(uri->text, uri->secure ? "sips:" : "sip:", uri->secure ? 5 : 4));
	assert(uri->host[0] && memchr(uri->host, '\0', sizeof(uri->host)));
	assert(strstr(uri->text, uri->host));
	for (const char *c = uri->text; *c; c++)
		assert(isgraph((unsigned char)*c) && !strchr("<>\"\\", *c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct naptr_answer answer;
	struct enum_uri uris[ENUM_URIS_MAX];
	int rc = naptr_parse(data, size, &answer);
	unsigned count;

	assert(answer.records.count <= ENUM_RECORDS_MAX);
	if (rc < 0) {
		assert(rc == -ENOENT || rc == -EBADMSG);
		return 0;
	}
	count = enum_choose(&answer.records, "+441632960083", uris, NULL, NULL);
	assert(count <= ENUM_URIS_MAX);
	while (count)
		look_at(&uris[--count]);
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
	return replay_main(argc, argv, "naptr", replay);
}
#endif
