// SPDX-License-Identifier: GPL-2.0-or-later
/* User parts, tel: URIs and display names, from a message to a party and back into headers. The input is
 * cut at "|": display, user, parameters, screen, privacy.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_identity.c \
 *		gateway/sip/{identity,subaddress,header_lines}.c dialplan/number*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/identity if none is named).
 */
#include "gateway/sip/identity.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_it(const struct party *party)
{
	for (unsigned i = 0; i <= SIP_ASSERTED_ID_RPID; i++) {
		const struct sip_options options = {.asserted_id = i, .user_phone = SIP_SWITCH_ON};
		const struct identity_style style = {.host = "h",
						     .options = &options,
						     .passed_privacy = party->name,
						     .called = i % 2};
		struct header_lines lines = {0};
		char from[IDENTITY_HEADER_MAX];

		identity_write_from(party, &style, from);
		for (const char *c = from; *c; c++)
			assert((unsigned char)*c >= ' ' && *c != 0x7f);
		identity_write(party, &style, &lines);
		assert_lines(lines.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *rest = text, *part[5], *extension;
	struct identity_view view = {.private = size % 3 == 0};
	struct party party;

	for (unsigned i = 0; i < 5; i++) {
		part[i] = rest ? strsep(&rest, "|") : NULL;
		if (part[i] && !part[i][0])
			part[i] = NULL;
	}
	view.from = (struct identity_address){part[0], "sip", part[1], part[2], "h"};
	if (size % 2)
		view.remote_party = (struct identity_remote_party){view.from, part[3], part[4]};
	identity_from_view(&view, &party);
	assert(memchr(party.name, '\0', sizeof(party.name)));
	assert(party.subaddress.length <= SUBADDRESS_MAX);
	write_it(&party);
	extension = malloc(IDENTITY_EXTENSION_MAX + 1);
	identity_extension(part[1], part[2], extension);
	assert(!extension[strspn(extension, "0123456789")]);
	free(extension);
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
	return replay_main(argc, argv, "identity", replay);
}
#endif
