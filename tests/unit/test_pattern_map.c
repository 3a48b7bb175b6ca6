// SPDX-License-Identifier: GPL-2.0-or-later
/* Pattern maps: what is read from the text of a file, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern_map.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(s) s, sizeof(s) - 1

static bool join(void *arg, const char *pattern)
{
	char *joined = arg;

	sprintf(joined + strlen(joined), "%s%s", joined[0] ? "|" : "", pattern);
	return true;
}

static struct pattern_map *new_map(void)
{
	struct pattern_map *map;

	assert_int_equal(pattern_map_new(&map), 0);
	return map;
}

static void assert_holds(const struct pattern_map *map, const char *wanted)
{
	char joined[500] = "";

	pattern_map_each(map, join, joined);
	assert_string_equal(joined, wanted);
}

static void reads_one_pattern_a_line(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *wanted;
	} cases[] = {
	    {TEXT(""), ""},
	    {TEXT("\n"), ""},
	    {TEXT("+4420"), "+4420"},
	    {TEXT("44\n1212T\n"), "44|1212T"},
	    {TEXT("44\r\n1212....$\r\n"), "44|1212....$"},
	    {TEXT("44\r"), "44"},
	    {TEXT("! a comment: \0 and [\n#another\n  ! indented\n\n \t \r\n44\n"), "44"},
	    {TEXT("  44 \t\n"), "44"},
	    {TEXT("\\#31\n*21\n"), "\\#31|*21"},
	    {TEXT("1\n1\n1"), "1|1|1"},
	    {TEXT("[1-3]\n(12)?3\n"), "[1-3]|(12)?3"},
	    {TEXT("[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]1111\n"),
	     "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]1111"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern_map *map = new_map();
		/* ends where its memory ends */
		char *exact = malloc(cases[i].length + 1), why[100] = "";
		unsigned line = 77;

		memcpy(exact, cases[i].text, cases[i].length);
		exact = realloc(exact, cases[i].length ? cases[i].length : 1);
		if (pattern_map_read(map, exact, cases[i].length, &line, why, sizeof(why)) < 0)
			fail_msg("case %zu: line %u: %s", i, line, why);
		assert_holds(map, cases[i].wanted);
		free(exact);
		pattern_map_free(map);
	}
}

static void names_the_line_that_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		unsigned line;
		const char *why;
	} cases[] = {
	    {TEXT("44\n[12\n"), 2, "character 4: the set has no ']'"},
	    {TEXT("\r\n\r\n44x\r\n"), 3, "character 3: 'x' is no part of a pattern"},
	    {TEXT("44 45\n"), 1, "character 3: ' ' is no part of a pattern"},
	    {TEXT("1\n2\n3\n4T4"), 4, "character 2: T must be the last character"},
	    {TEXT("e164 44\n"), 1, "character 1: 'e' is no part of a pattern"},
	    {TEXT("4\0004\n"), 1, "the line holds a NUL byte"},
	    {TEXT("1\n\0\n"), 2, "the line holds a NUL byte"},
	    {TEXT("\xef\xbb\xbf"
		  "44\n"),
	     1, "character 1: byte 0xef is no part of a pattern"},
	    {TEXT("44\r45\n"), 1, "character 3: byte 0x0d is no part of a pattern"},
	    {TEXT("[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]11111\n"), 1,
	     "the pattern is longer than 64 characters"},
	    {TEXT("123456789012345678901234567890123\n"), 1,
	     "character 33: more than 32 digits, wildcards and sets"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern_map *map = new_map();
		char why[100] = "";
		unsigned line = 0;

		assert_int_equal(pattern_map_add(map, "999", NULL, 0), 0);
		assert_int_equal(
		    pattern_map_read(map, cases[i].text, cases[i].length, &line, why, sizeof(why)),
		    -EINVAL);
		assert_string_equal(why, cases[i].why);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(pattern_map_count(map), 1);
		assert_holds(map, "999");
		pattern_map_free(map);
	}
}

static void refuses_what_is_no_pattern(void **state)
{
	struct pattern_map *map = new_map();
	char why[100] = "";

	assert_int_equal(pattern_map_add(map, "5??", why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "character 3: '?' follows another sign of repetition");
	assert_int_equal(pattern_map_add(map, "", NULL, 0), -EINVAL);
	assert_int_equal(pattern_map_count(map), 0);
	assert_holds(map, "");
	pattern_map_free(map);
}

static bool until_third(void *arg, const char *pattern)
{
	unsigned *left = arg;

	return --*left > 0;
}

static void keeps_order_and_count(void **state)
{
	struct pattern_map *map = new_map();
	char pattern[12], wanted[500] = "";
	unsigned left = 3, line;

	for (unsigned i = 0; i < 80; i++) {
		snprintf(pattern, sizeof(pattern), "%u", (i * 37) % 80);
		if (i % 2)
			assert_int_equal(pattern_map_add(map, pattern, NULL, 0), 0);
		else
			assert_int_equal(
			    pattern_map_read(map, pattern, strlen(pattern), &line, NULL, 0), 0);
		join(wanted, pattern);
	}
	assert_int_equal(pattern_map_count(map), 80);
	assert_holds(map, wanted);
	pattern_map_each(map, until_third, &left);
	assert_int_equal(left, 0);
	pattern_map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_one_pattern_a_line),
	    cmocka_unit_test(names_the_line_that_is_wrong),
	    cmocka_unit_test(refuses_what_is_no_pattern),
	    cmocka_unit_test(keeps_order_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
