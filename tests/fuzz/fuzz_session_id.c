// SPDX-License-Identifier: GPL-2.0-or-later
/* Session-ID and Cisco-Guid, read and written again.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_session_id.c \
 *		gateway/sip/{session_id,name_addr,identity,subaddress,header_lines}.c \
 *		gateway/call/guid.c dialplan/number*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/session_id if none is named).
 */
#include "gateway/sip/session_id.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_id session = {.local = ""}, again = {.local = ""};
	char *text = text_of(data, size), written[SESSION_ID_TEXT_MAX];
	struct guid guid = {{0}}, guid_again;
	char guid_text[GUID_TEXT_MAX];

	if (!session_id_hear(&session, text)) {
		assert(!session.remote[0] || strlen(session.remote) == SESSION_UUID_SIZE - 1);
		memcpy(session.local, session.remote, sizeof(session.local));
		session_id_write(&session, written);
		assert(written[strspn(written, "0123456789abcdef")] == (session.single ? 0 : ';') ||
		       !session.remote[0]);
		if (session.remote[0]) {
			assert(!session_id_hear(&again, written));
			assert(!strcmp(session.remote, again.remote));
		}
	}
	if (!guid_read(text, &guid)) {
		guid_write(&guid, guid_text);
		assert(!guid_read(guid_text, &guid_again));
		assert(!memcmp(&guid, &guid_again, sizeof(guid)));
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
	return replay_main(argc, argv, "session_id", replay);
}
#endif
