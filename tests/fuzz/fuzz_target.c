// SPDX-License-Identifier: GPL-2.0-or-later
/* Where calls go, as text: a session target with and without macros, a host, an address. What can be read
 * reads the same when it is written.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/target if none is named). */
#include "gateway/sip/target.h"
#include "tests/fuzz/header_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct target *target)
{
	char text[TARGET_TEXT_MAX + 1];

	assert(target->host[0] && memchr(target->host, '\0', sizeof(target->host)));
	target_hostport(target, text, sizeof(text));
	assert(strstr(text, target->host));
	if (target->address.ss_family) {
		const struct sockaddr *address = (const struct sockaddr *)&target->address;
		char host[TARGET_ADDRESS_MAX];
		struct sockaddr_storage again;

		target_address_host(address, host, sizeof(host));
		assert(!target_address_parse(host, target_address_port(address), &again));
		assert(target_address_equal(address, (const struct sockaddr *)&again));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), expanded[TARGET_TEXT_MAX + 1];
	struct sockaddr_storage address;
	struct target target;

	if (!target_parse(text, (enum peer_transport)(size % 4), &target))
		look_at(&target);
	if (!target_from_host(text, (unsigned)size, PEER_TRANSPORT_UDP, &target))
		look_at(&target);
	if (target_has_macros(text) &&
	    !target_expand(text, "2[0-9]..", "+441632960083", expanded)) {
		assert(strlen(expanded) <= TARGET_TEXT_MAX);
		if (!target_parse(expanded, PEER_TRANSPORT_SYSTEM, &target))
			look_at(&target);
	}
	target_address_parse(text, 5060, &address);
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
	return replay_main(argc, argv, "target", replay);
}
#endif
