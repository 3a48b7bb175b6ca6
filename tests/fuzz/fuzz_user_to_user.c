// SPDX-License-Identifier: GPL-2.0-or-later
/* User-to-User, read and written again.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_user_to_user.c \
 *		gateway/sip/{user_to_user,name_addr,identity,subaddress,header_lines}.c dialplan/number*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/user_to_user if none is named).
 */
#include "gateway/sip/user_to_user.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), written[USER_TO_USER_TEXT_MAX];
	struct user_user read = {0}, again = {0};

	if (!user_to_user_read(text, &read)) {
		assert(read.length > 0 && read.length <= USER_USER_MAX);
		user_to_user_write(&read, written);
		assert(!user_to_user_read(written, &again));
		assert(!memcmp(&read, &again, sizeof(read)));
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
	return replay_main(argc, argv, "user_to_user", replay);
}
#endif
