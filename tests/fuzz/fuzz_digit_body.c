// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of an INFO as a digit, of both types.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/digit_body if none is named). */
#include "gateway/sip/digit_body.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"application/dtmf-relay", "Application/DTMF"};
	char *text = text_of(data, size);
	struct leg_digit digit;

	for (unsigned i = 0; i < 2; i++) {
		assert(digit_body_is_one(types[i]));
		if (digit_body_read(types[i], text, &digit))
			continue;
		assert(digit.digit && strchr("0123456789*#ABCD", digit.digit));
		assert(digit.duration_ms > 0 && digit.duration_ms <= DIGIT_BODY_MAX_MS);
	}
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
	return replay_main(argc, argv, "digit_body", replay);
}
#endif
