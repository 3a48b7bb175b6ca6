// SPDX-License-Identifier: GPL-2.0-or-later
/* IOS configurations that are broken on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "tests/unit/conf_rig.h"
#include "tests/unit/import_rig.h"

#define INPUT_MAX 65536

static uint32_t chance = 1;

static uint32_t next_chance(void)
{
	chance = chance * 1664525u + 1013904223u;
	return chance >> 8;
}

/* Loads, or is refused with a reason. */
static void survives(const char *text, size_t size)
{
	struct import_rig_outcome o;

	import_rig_text("x", text, size, &o);
	if (o.rc == 0) {
		import_rig_assert_loads(&o);
		import_rig_assert_lines(&o, import_rig_count_lines(text, size));
	}
	import_rig_forget(&o);
}

static void survives_what_is_cut_off(void **state)
{
	for (size_t i = 0; i < ROUTERS; i++) {
		char *input;
		size_t size;

		import_rig_read_router(import_rig_routers[i], ".cfg", &input, &size);
		for (size_t cut = i; cut < size; cut += 97)
			survives(input, cut);
		talloc_free(input);
	}
}

static void survives_bits_that_are_wrong(void **state)
{
	for (size_t i = 0; i < ROUTERS; i++) {
		char *input, *broken;
		size_t size;

		import_rig_read_router(import_rig_routers[i], ".cfg", &input, &size);
		broken = talloc_size(input, size);
		for (unsigned round = 0; round < 100; round++) {
			memcpy(broken, input, size);
			for (unsigned n = 0; n < 1u << round % 9; n++)
				broken[next_chance() % size] ^= (char)(1u << next_chance() % 8);
			survives(broken, size);
		}
		talloc_free(input);
	}
}

/* Words of one router in the places of another's. */
static void survives_words_in_wrong_places(void **state)
{
	char *words, *at, text[INPUT_MAX];
	const char *list[8000];
	size_t size, count = 0;

	import_rig_read_router(import_rig_routers[1], ".cfg", &words, &size);
	for (char *word = strtok_r(words, " \n", &at); word && count < COUNT(list);
	     word = strtok_r(NULL, " \n", &at))
		list[count++] = word;
	for (unsigned round = 0; round < 100; round++) {
		size_t length = 0;

		while (length < 4000) {
			const char *end = next_chance() % 3   ? " "
					  : next_chance() % 2 ? "\n"
							      : "\n ";

			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
						   list[next_chance() % count], end);
		}
		survives(text, length);
	}
	talloc_free(words);
}

static void repeat(const char *piece, size_t size)
{
	char *text = malloc(size);
	size_t length = strlen(piece);
	struct import_rig_outcome o;

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = piece[i % length];
	import_rig_text("x", text, size, &o);
	if (o.rc == 0)
		import_rig_assert_loads(&o);
	import_rig_forget(&o);
	free(text);
}

#define MEGABYTE 1000000

static void survives_what_never_ends(void **state)
{
	repeat("x", 10 * MEGABYTE);
	repeat("\b \r", 10 * MEGABYTE);
	repeat("\x1b[", MEGABYTE);
	repeat("\n", MEGABYTE);
	repeat("garbage of some length that is no command\n", 10 * MEGABYTE);
	repeat("banner motd ^C\n", MEGABYTE / 10);
	repeat("dial-peer voice 1 pots\n destination-pattern 2\n", MEGABYTE / 100);
	repeat(" description x\n", MEGABYTE / 10);
	repeat("access-list 1 permit 192.0.2.1\nvoice source-group A\n access-list 1\n", MEGABYTE);
	repeat("interface Loopback0\n ip address 192.0.2.1 255.255.255.0\n", MEGABYTE);
}

static void refuses_what_is_no_text(void **state)
{
	static const char elf[] = "\x7f"
				  "ELF\0\0\0\1";
	struct import_rig_outcome o;

	import_rig_text("x", elf, sizeof(elf), &o);
	assert_int_not_equal(o.rc, 0);
	assert_string_equal(o.why, "no text: expected what show running-config prints");
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(survives_what_is_cut_off),
	    cmocka_unit_test(survives_bits_that_are_wrong),
	    cmocka_unit_test(survives_words_in_wrong_places),
	    cmocka_unit_test(survives_what_never_ends),
	    cmocka_unit_test(refuses_what_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
