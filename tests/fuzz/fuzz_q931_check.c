// SPDX-License-Identifier: GPL-2.0-or-later
/* The check of received frames, fed with anything. What it lets through passes a second time as it
 * is, has the same header, and is no longer than what came in but for refused elements.
 *
 * Built with clang -fsanitize=fuzzer,address -I. from this and q931_check.c, q931_text.c,
 * frame_text.c of drivers-glue/isdn and dialplan/q850.c.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/q931_check if none is named),
 * and each of them with every bit turned and cut off at every octet. Those whose name begins with
 * "good" must pass as they are. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/isdn/frame_text.h"
#include "drivers-glue/isdn/q931_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_call(void *arg, unsigned reference, bool by_originator)
{
	return reference % 2 == 0;
}

static void check_again(const struct dss1_rules *rules, const struct dss1_checked *first)
{
	static struct dss1_checked again;

	dss1_check(rules, first->octets, first->length, &again);
	/* an empty message or a refused channel identification is no better the second time */
	assert(again.verdict == DSS1_GOOD || again.verdict == first->verdict);
	assert(again.length == first->length);
	assert(memcmp(again.octets, first->octets, first->length) == 0);
}

/* The lines of `debug isdn` are made from the frame as it came. */
static void read_as_text(const uint8_t *data, size_t size)
{
	static char text[DSS1_TEXT_MAX];
	const uint8_t *message;
	size_t length;

	dss1_frame_text(data, size, text, sizeof(text));
	message = dss1_frame_message(data, size, &length);
	if (message)
		dss1_message_text(message, length, text, sizeof(text));
	for (const char *c = text; *c != '\0'; c++)
		assert(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dss1_checked checked;
	struct dss1_rules rules = {.has_call = has_call};

	if (size > DCHANNEL_FRAME_MAX)
		return 0;
	read_as_text(data, size);
	for (unsigned i = 0; i < 4; i++) {
		rules.reference_max = i & 1 ? 1 : 2;
		rules.service_messages = i & 2;
		dss1_check(&rules, data, size, &checked);
		assert((checked.verdict == DSS1_GOOD) == (checked.why[0] == '\0'));
		assert(memchr(checked.why, '\0', sizeof(checked.why)));
		assert((checked.verdict == DSS1_DROPPED) == (checked.length == 0));
		if (checked.length == 0)
			continue;
		assert(checked.length <= size + DSS1_REFUSED_MAX);
		assert(memcmp(checked.octets, data, data[2] & 1 ? 3 : 4) == 0);
		if (checked.verdict == DSS1_GOOD)
			assert(checked.length == size && memcmp(checked.octets, data, size) == 0);
		else
			check_again(&rules, &checked);
	}
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static bool passes_untouched(const uint8_t *octets, size_t size)
{
	const struct dss1_rules rules = {.reference_max = 2, .has_call = has_call};
	struct dss1_checked checked;

	dss1_check(&rules, octets, size, &checked);
	if (checked.verdict != DSS1_GOOD)
		fprintf(stderr, "%s\n", checked.why);
	return checked.verdict == DSS1_GOOD && checked.length == size &&
	       memcmp(checked.octets, octets, size) == 0;
}

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	if (strncmp(name, "good", 4) == 0 && !passes_untouched(octets, size)) {
		fprintf(stderr, "%s is good and does not pass as it is\n", name);
		return -1;
	}
	for (size_t cut = 0; cut < size; cut++)
		replay_octets(octets, cut);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		replay_octets(octets, size);
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "q931_check", replay);
}
#endif
