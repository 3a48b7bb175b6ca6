// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens of Identity headers: as they are, or of the JSON that stands in them, "HEADER|PAYLOAD".
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_passport.c \
 *		gateway/stir/passport.c gateway/stir/jws.c -ljansson -lcrypto
 */
#include "gateway/stir/passport.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
			  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
			  "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n"
			  "-----END PUBLIC KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without padding; returns where it ends. */
static char *encode(const uint8_t *data, size_t size, char *out)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < size; i++) {
		held = held << 8 | data[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[held >> (bits - 6) & 63];
	}
	if (bits)
		*out++ = alphabet[held << (6 - bits) & 63];
	return out;
}

/* "HEADER|PAYLOAD" as JSON; "|" stands in neither. */
static void make_token(const uint8_t *data, size_t size, char *text)
{
	const uint8_t *bar = memchr(data, '|', size);
	size_t head = bar ? (size_t)(bar - data) : size;

	text = encode(data, head, text);
	*text++ = '.';
	text = encode(data + head + (bar != NULL), size - head - (bar != NULL), text);
	*text++ = '.';
	memset(text, 'A', 86);
	text[86] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct passport passport;
	char text[8192];

	if (size > 4096)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (size > 0 && data[0] == '{')
		make_token(data, size, text);
	if (passport_read(text, &passport))
		return 0;
	assert(passport.url[0] && passport.origin[0] && passport.destinations[0][0]);
	if (size % 16 == 0) /* it takes a thousand times as long */
		passport_verify(text, key);
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
