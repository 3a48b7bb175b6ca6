// SPDX-License-Identifier: GPL-2.0-or-later
/* A challenge, and credentials, as a stranger may send them. What can be answered is answered, and
 * the answer must be read back and verified.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_digest.c \
 *		gateway/sip/digest.c gateway/sip/digest_text.c -lcrypto
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/digest if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct digest_user user = {"alice", "secret"};
static const struct digest_request request = {"REGISTER", "sip:example.com", "v=0\r\n", 5};

static void answer(const struct digest_challenge *challenge)
{
	char text[DIGEST_TEXT_SIZE], printed[DIGEST_TEXT_SIZE];
	struct digest_credentials credentials;
	struct digest_challenge again;
	struct digest_session session;

	assert(digest_print_challenge(challenge, printed, sizeof(printed)) == 0);
	assert(digest_read_challenge(printed, &again) == 0);
	assert(!strcmp(again.nonce, challenge->nonce) && !strcmp(again.realm, challenge->realm));
	assert(again.algorithm == challenge->algorithm && again.qop == challenge->qop);
	digest_begin(challenge, &session);
	assert(digest_answer(&session, &user, &request, text, sizeof(text)) == 0);
	assert(!strpbrk(text, "\r\n"));
	assert(digest_read_credentials(text, &credentials) == 0);
	assert(!strcmp(credentials.nonce, challenge->nonce));
	assert(digest_verify(&credentials, &user, &request));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest_credentials credentials;
	struct digest_challenge challenge;
	struct digest_session session = {0};
	char *text = malloc(size + 1);
	int rc;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	rc = digest_read_challenge(text, &challenge);
	assert(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP || rc == -ENOBUFS);
	if (!rc)
		answer(&challenge);
	rc = digest_read_credentials(text, &credentials);
	assert(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP || rc == -ENOBUFS);
	if (!rc)
		digest_verify(&credentials, &user, &request);
	digest_read_info(text, &session);
	free(text);
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
	return replay_main(argc, argv, "digest", replay);
}
#endif
