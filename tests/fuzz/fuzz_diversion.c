// SPDX-License-Identifier: GPL-2.0-or-later
/* Diversion and History-Info: a list of addresses, what is read of it, and that written again.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_diversion.c \
 *		gateway/sip/{diversion,name_addr,identity,subaddress,header_lines}.c dialplan/number*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/diversion if none is named).
 */
#include "gateway/sip/diversion.h"
#include "gateway/sip/name_addr.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_party(const struct party *party)
{
	assert(memchr(party->number.digits, '\0', sizeof(party->number.digits)));
	assert(!party->number.digits[strspn(party->number.digits, "0123456789*#ABCD+")]);
	assert(memchr(party->name, '\0', sizeof(party->name)));
	assert(party->subaddress.length <= SUBADDRESS_MAX);
	for (const char *c = party->name; *c; c++)
		assert((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* What is written of it says the same, as far as it can. */
static void look_at(const struct redirection *read)
{
	static const struct sip_options options;
	const struct identity_style style = {.host = "[2001:db8::1]", .options = &options};
	struct header_lines lines = {0};

	assert(read->count > 0);
	look_at_party(&read->from);
	look_at_party(&read->original);
	diversion_write(read, &style, &lines);
	assert(lines.length);
	assert_lines(lines.text);
	memset(&lines, 0, sizeof(lines));
	history_write(read, &style, "sip:1@h", &lines);
	assert(lines.length);
	assert_lines(lines.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *cut = text_of(data, size), *rest = cut;
	struct redirection read;
	struct name_addr entry;
	char value[16];

	if (!diversion_read(text, &read))
		look_at(&read);
	if (!history_read(text, size % 2, &read))
		look_at(&read);
	while (name_addr_next(&rest, &entry)) {
		assert(rest >= cut && rest <= cut + size);
		name_addr_param(entry.params, "r", value, sizeof(value));
		name_addr_header(entry.uri_headers, "r", value, sizeof(value));
	}
	free(cut);
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
	return replay_main(argc, argv, "diversion", replay);
}
#endif
