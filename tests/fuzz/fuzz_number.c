// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, number plans and the user parts of URIs, fed with anything.
 *
 *	clang -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_number.c \
 *		dialplan/number_plan.c dialplan/number.c
 *
 * The input is lines: number, phone-context, country code, international prefix, national prefix,
 * area code; the first octet of a seventh line is the type of number, the second the plan.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/number if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/number_plan.h"

#define LINES 7
#define LINE_MAX_LENGTH 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_lines(const uint8_t *data, size_t size, char lines[LINES][LINE_MAX_LENGTH + 1])
{
	size_t length = 0;
	unsigned at = 0;

	memset(lines, 0, LINES * (LINE_MAX_LENGTH + 1));
	for (size_t i = 0; i < size && at < LINES; i++)
		if (data[i] == '\n') {
			length = 0;
			at++;
		} else if (data[i] != '\0' && length < LINE_MAX_LENGTH) {
			lines[at][length++] = (char)data[i];
		}
}

static void take_text(char out[NUMBER_PLAN_TEXT_MAX + 1], const char *line)
{
	memcpy(out, line, NUMBER_PLAN_TEXT_MAX);
	out[NUMBER_PLAN_TEXT_MAX] = '\0';
}

static void check_number(const struct number *n)
{
	struct number again;
	char text[NUMBER_DIGITS_MAX + 2];

	assert(number_set(&again, n->digits, n->ton, n->npi) == 0);
	assert(strcmp(again.digits, n->digits) == 0);
	number_to_e164(n, text);
	assert(strlen(text) <= NUMBER_DIGITS_MAX + 1);
}

static void check_uri(const char *user, const char *context)
{
	struct number n = {.digits = "7", .ton = TON_NETWORK}, plain;

	if (number_from_uri(&n, user, context) < 0) {
		assert(strcmp(n.digits, "7") == 0 && n.ton == TON_NETWORK);
		return;
	}
	check_number(&n);
	assert(n.ton == TON_UNKNOWN || (n.ton == TON_INTERNATIONAL && n.npi == NPI_ISDN));
	assert(number_from_e164(&plain, user) == 0);
	if (plain.ton == TON_INTERNATIONAL || n.ton != TON_INTERNATIONAL)
		assert(strcmp(plain.digits, n.digits) == 0 && plain.ton == n.ton);
	else
		assert(strcmp(n.digits + strlen(n.digits) - strlen(plain.digits), plain.digits) ==
		       0);
}

static void check_plan(const struct number_plan *plan, const struct number *number)
{
	struct number inside = *number;
	bool changed = number_normalize(plan, &inside);

	check_number(&inside);
	assert(changed || memcmp(&inside, number, sizeof(inside)) == 0);
	assert(!changed || (inside.ton == TON_INTERNATIONAL && inside.npi == NPI_ISDN));
	assert(!number_normalize(plan, &inside));
	for (int format = NUMBER_AS_IS; format <= NUMBER_E164; format++) {
		struct number outside = inside;

		changed = number_render(plan, (enum number_format)format, &outside);
		check_number(&outside);
		assert(!changed || (inside.ton == TON_INTERNATIONAL && inside.digits[0] != '\0'));
		assert(!changed || memcmp(&outside, &inside, sizeof(inside)) != 0);
		assert(changed || memcmp(&outside, &inside, sizeof(inside)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char lines[LINES][LINE_MAX_LENGTH + 1], why[120] = "x";
	struct number_plan plan = {.signalled_only = size & 1};
	struct number n = {0};

	take_lines(data, size, lines);
	check_uri(lines[0], lines[1]);
	check_uri(lines[0], NULL);
	take_text(plan.country_code, lines[2]);
	take_text(plan.international_prefix, lines[3]);
	take_text(plan.national_prefix, lines[4]);
	take_text(plan.area_code, lines[5]);
	if (number_plan_check(&plan, why, sizeof(why)) < 0) {
		assert(why[0] != '\0');
		return 0;
	}
	assert(why[0] == '\0');
	if (number_set(&n, lines[0], lines[6][0] & 7, lines[6][1] & 15) == 0)
		check_plan(&plan, &n);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	for (size_t cut = 0; cut <= size; cut++)
		replay_octets(octets, cut);
	for (size_t i = 0; i < size; i++) {
		octets[i] ^= 1;
		replay_octets(octets, size);
		octets[i] ^= 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "number", replay);
}
#endif
