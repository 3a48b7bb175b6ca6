// SPDX-License-Identifier: GPL-2.0-or-later
/* A file of callers, and the same text as a nonce that somebody sends.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_caller.c \
 *		gateway/sip/caller.c gateway/sip/nonce.c gateway/sip/digest*.c -lcrypto
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/caller if none is named). */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sip/caller.h"
#include "gateway/sip/nonce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct caller *users, unsigned count)
{
	const struct callers callers = {.users = users, .users_count = count};

	for (unsigned i = 0; i < count; i++) {
		assert(users[i].name[0]);
		assert(users[i].password[0] || users[i].hashes[DIGEST_MD5][0] ||
		       users[i].hashes[DIGEST_SHA256][0]);
		assert(callers_find(&callers, users[i].name) == &users[i]);
		assert(users[i].numbers_count <= CALLER_NUMBERS_MAX);
		caller_has_number(&users[i], "4930111");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nonces *nonces;
	const struct sockaddr_in source = {.sin_family = AF_INET};
	struct caller *users = NULL;
	unsigned count = 0, line = 0;
	const char *why = NULL;
	char text[256];

	if (callers_read((const char *)data, size, &users, &count, &line, &why) == 0)
		look_at(users, count);
	else
		assert(why && line);
	free(users);
	if (!nonces)
		nonces = nonces_new(4);
	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	assert(nonces_age(nonces, text, (const struct sockaddr *)&source, 1000) == NONCE_FOREIGN);
	nonces_use(nonces, text, (unsigned)size, 1000);
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
	return replay_main(argc, argv, "caller", replay);
}
#endif
