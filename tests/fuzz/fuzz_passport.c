// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens of Identity headers.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_passport.c \
 *		gateway/stir/passport.c gateway/stir/jws.c gateway/stir/certificate.c -ljansson -lcrypto
 */
#include "gateway/stir/certificate.h"
#include "gateway/stir/passport.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
			  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
			  "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n"
			  "-----END PUBLIC KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct passport passport;
	char text[8192];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!passport_read(text, &passport))
		assert(passport.url[0] && passport.origin[0] && passport.destinations[0][0]);
	passport_verify(text, key);
	certificate_check_private_key(text);
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
	return replay_main(argc, argv, "passport", replay);
}
#endif
