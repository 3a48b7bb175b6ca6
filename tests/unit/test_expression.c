// SPDX-License-Identifier: GPL-2.0-or-later
/* Regular expressions and replacements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dialplan/expression.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SED EXPRESSION_SED
#define ERE EXPRESSION_EXTENDED

static struct expression *compiled(const char *text, enum expression_syntax syntax,
				   bool ignore_case)
{
	struct expression *e;
	char why[200] = "";

	if (expression_compile(text, syntax, ignore_case, &e, why, sizeof(why)) < 0)
		fail_msg("%s is refused: %s", text, why);
	return e;
}

/* The whole match and the groups: "0-3 1-2 -": group 2 took no part. */
static void describe(const struct expression_match *match, unsigned groups, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i <= groups && at < size; i++)
		if (match[i].begin < 0)
			at += (size_t)snprintf(out + at, size - at, "%s-", i ? " " : "");
		else
			at += (size_t)snprintf(out + at, size - at, "%s%d-%d", i ? " " : "",
					       match[i].begin, match[i].end);
}

struct find_case {
	const char *expression, *text, *expected; /* NULL: does not fit */
};

static void check_finds(const struct find_case *c, enum expression_syntax syntax, bool ignore_case)
{
	struct expression *e = compiled(c->expression, syntax, ignore_case);
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	unsigned groups = 0;
	char found[200];

	for (const char *space = c->expected; space && (space = strchr(space, ' ')); space++)
		groups++;
	if (!expression_find(e, c->text, match)) {
		if (c->expected)
			fail_msg("%s does not fit %s", c->expression, c->text);
	} else {
		describe(match, groups, found, sizeof(found));
		if (!c->expected || strcmp(found, c->expected) != 0)
			fail_msg("%s in %s: %s, not %s", c->expression, c->text, found,
				 c->expected ? c->expected : "nothing");
	}
	expression_free(e);
}

static void finds_as_sed_does(void **state)
{
	static const struct find_case cases[] = {
	    {"123", "6123123", "1-4"},
	    {"^123", "6123", NULL},
	    {"^123$", "1234", NULL},
	    {"", "123", "0-0"},
	    {"", "", "0-0"},
	    {"^$", "", "0-0"},
	    {"^$", "1", NULL},
	    {"$", "123", "3-3"},
	    {".*", "", "0-0"},
	    {".*", "123", "0-3"},
	    {".+", "", NULL},
	    {"1*", "2111", "0-0"},
	    {"1+", "2111", "1-4"},
	    {"21?1?1?1?1", "2111", "0-4"},
	    {"12?3", "13", "0-2"},
	    {"[2-9]..", "1234", "1-4"},
	    {"[^0-9]", "12*4", "2-3"},
	    {"[]1]", "1", "0-1"},
	    {"[^]1]", "1]2", "2-3"},
	    {"[1-]+", "21-1", "1-4"},
	    {"[[:digit:]*]+", "+12*", "1-4"},
	    {"^+44", "+4420", "0-3"}, /* nothing before the + */
	    {"+44", "0+4420", "1-4"},
	    {"\\(+\\)4", "+4", "0-2 0-1"},
	    {"^\\+1", "+1408", "0-2"},
	    {"\\*\\.", "1*.", "1-3"},
	    {"(1)", "1", NULL}, /* parentheses without \ are characters */
	    {"1|2{3}", "1|2{3}", "0-6"},
	    {"a\\^", "a^", "0-2"},
	    {"^\\(12\\)3\\(45\\)$", "12345", "0-5 0-2 3-5"},
	    {"\\(.*\\)\\(..\\)", "12345", "0-5 0-3 3-5"},
	    {"\\(1+\\)\\(1*\\)", "111", "0-3 0-3 3-3"},
	    {"\\(1?\\)\\(1?\\)", "1", "0-1 0-1 1-1"},
	    {"\\(1\\|2\\|3\\)4", "0324", "2-4 2-3"},
	    {"\\(1\\)*2", "2", "0-1 -"},
	    {"\\(1*\\)*2", "112", "0-3 0-2"},
	    {"\\(\\(1\\)\\(2\\)\\)\\(3\\)", "0123", "1-4 1-3 1-2 2-3 3-4"},
	    {"\\(\\)1", "1", "0-1 0-0"},
	    {"1**2", "112", "0-3"},
	    /* leftmost, then longest */
	    {"1\\|12\\|123", "01234", "1-4"},
	    {"23\\|1234567", "01234", "2-4"},
	    {"1?\\(12\\)?", "12", "0-2 0-2"},
	    {"\\(1\\)\\(2\\)\\(3\\)\\(4\\)\\(5\\)\\(6\\)\\(7\\)\\(8\\)\\(9\\)\\(0\\)", "1234567890",
	     "0-10 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9"},
	    {"\\(1*\\)+$", "2111", "1-4 1-4"},
	    {"\\(\\(1?\\)*\\)*2", "1112", "0-4 0-3"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_finds(&cases[i], SED, false);
}

static void finds_as_posix_says(void **state)
{
	static const struct find_case cases[] = {
	    {"^\\+44([0-9]+)$", "+442079460000", "0-13 3-13"},
	    {"^(.*)$", "+44", "0-3 0-3"},
	    {"a{3}", "aaaa", "0-3"},
	    {"a{2,}", "baaaa", "1-5"},
	    {"a{2,3}", "aaaa", "0-3"},
	    {"^(ab){2,3}$", "ababab", "0-6 4-6"},
	    {"^(ab){2,3}$", "abababab", NULL},
	    {"a{0}b", "ab", "1-2"},
	    {"a{0,1}b", "aab", "1-3"},
	    {"(a|b){3}", "abba", "0-3 2-3"},
	    {"a{2}{2}", "aaaaa", "0-4"},
	    {"(a{0,2})(a{0,2})", "aaa", "0-3 0-2 2-3"},
	    {"()()()()()()()()()()()()()()()()()()()()1", "1", "0-1"}, /* side by side */
	    {"a|", "ba", "0-0"},
	    {"()", "a", "0-0 0-0"},
	    {"a}", "a}", "0-2"},
	    {"\\{\\(", "{(", "0-2"},
	    {"[[:alpha:]]+", "12ab3", "2-4"},
	    {"^sip:([^@]+)@(.*)$", "sip:info@example.com", "0-20 4-8 9-20"},
	    {"\xc3\xa9+", "\xc3\xa9\xa9", "0-3"},
	};
	static const struct find_case folded[] = {
	    {"e2u\\+SIP", "E2U+sip", "0-7"},
	    {"[a-c]+", "xAbCd", "1-4"},
	    {"[^a]", "Ab", "1-2"},
	    {"\\A", "a", "0-1"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_finds(&cases[i], ERE, false);
	for (size_t i = 0; i < COUNT(folded); i++)
		check_finds(&folded[i], ERE, true);
}

static void refuses_with_the_character(void **state)
{
	static const struct {
		const char *expression;
		enum expression_syntax syntax;
		unsigned character;
	} cases[] = {
	    {"*1", SED, 1},
	    {"?", SED, 1},
	    {"^*", SED, 2},
	    {"1\\(*\\)", SED, 4},
	    {"1\\|?", SED, 4},
	    {"12[34", SED, 3},
	    {"[]", SED, 1},
	    {"[^]", SED, 1},
	    {"1[9-0]", SED, 3},
	    {"\\(12", SED, 1},
	    {"12\\)", SED, 3},
	    {"1\\", SED, 2},
	    {"\\(1\\)\\1", SED, 6},
	    {"[[:foo:]]", SED, 2},
	    {"[[.a.]]", SED, 2},
	    {"[[=a=]]", SED, 2},
	    {"(1", ERE, 1},
	    {"1)", ERE, 2},
	    {"{2}", ERE, 1},
	    {"1{", ERE, 2},
	    {"1{2", ERE, 2},
	    {"1{2,1}", ERE, 2},
	    {"1{256}", ERE, 2},
	    {"1{,2}", ERE, 2},
	    {"1{2,3", ERE, 2},
	    {"$*", ERE, 2},
	    {"[0-", ERE, 1},
	    {"(a|*)", ERE, 4},
	    {"1{99999999999}", ERE, 2},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct expression *e = NULL;
		char why[200] = "", expected[40];

		if (expression_compile(cases[i].expression, cases[i].syntax, false, &e, why,
				       sizeof(why)) != -EINVAL)
			fail_msg("%s is taken", cases[i].expression);
		assert_null(e);
		snprintf(expected, sizeof(expected), "character %u: ", cases[i].character);
		if (strncmp(why, expected, strlen(expected)) != 0)
			fail_msg("%s: \"%s\" does not begin with \"%s\"", cases[i].expression, why,
				 expected);
		assert_int_equal(
		    expression_compile(cases[i].expression, cases[i].syntax, false, &e, NULL, 0),
		    -EINVAL);
	}
}

static void refuses_what_is_too_large(void **state)
{
	static const char *const cases[] = {
	    "((((a{255}){255}){255}){255}){255}",
	    "(.*){200}",
	    "a{255}a{255}a{255}",
	    "((((((((((((((((((((((((((((a))))))))))))))))))))))))))))",
	    "(((((((((((){255}){255}){255}){255}){255}){255}){255}){255}){255}){255}",
	    "(a|b|c|d|e|f){100}",
	};
	static char many[100001];
	struct expression *e;
	char why[200];

	for (size_t i = 0; i < COUNT(cases); i++)
		if (expression_compile(cases[i], ERE, false, &e, why, sizeof(why)) != -EINVAL)
			fail_msg("%s is taken", cases[i]);
	for (const char *c = "(1*^|"; *c; c++) {
		memset(many, *c, sizeof(many) - 1);
		if (expression_compile(many, ERE, false, &e, why, sizeof(why)) != -EINVAL)
			fail_msg("%s of %c is taken", "a long text", *c);
	}
	for (int i = 0; i < 100; i++) /* sets that are all different */
		snprintf(many + 3 * i, 4, "[%c]", 128 + i);
	assert_int_equal(expression_compile(many, SED, false, &e, why, sizeof(why)), -EINVAL);
}

static void replaces(void **state)
{
	static const struct {
		const char *expression, *text, *replacement, *result;
	} cases[] = {
	    {"123", "6123123", "456", "6456123"},
	    {"^\\(12\\)3\\(45\\)$", "12345", "6\\1\\2", "61245"},
	    {"34", "12345", "<&\\0>", "12<3434>5"},
	    {"34", "12345", "\\&\\\\\\+", "12&\\+5"},
	    {"\\(1\\)\\|\\(2\\)", "2", "<\\1\\2>", "<2>"},
	    {"", "12", "0", "012"},
	    {"$", "12", "0", "120"},
	    {".*", "12", "", ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct expression *e = compiled(cases[i].expression, SED, false);
		struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
		size_t length = strlen(cases[i].result);
		char out[20];

		assert_int_equal(expression_check_replacement(e, cases[i].replacement, NULL, 0), 0);
		assert_true(expression_find(e, cases[i].text, match));
		memset(out, 'x', sizeof(out));
		for (size_t size = 0; size <= length; size++) {
			assert_int_equal(expression_replace(cases[i].replacement, cases[i].text,
							    match, out, size),
					 -EMSGSIZE);
			assert_int_equal(out[0], 'x');
		}
		assert_int_equal(
		    expression_replace(cases[i].replacement, cases[i].text, match, out, length + 1),
		    0);
		assert_string_equal(out, cases[i].result);
		assert_int_equal(out[length + 1], 'x');
		expression_free(e);
	}
}

static void refuses_replacements_with_the_character(void **state)
{
	struct expression *e = compiled("\\(1\\)2", SED, false);
	char why[200];

	assert_int_equal(expression_check_replacement(e, "0\\2", why, sizeof(why)), -EINVAL);
	assert_string_equal(why,
			    "character 2 of the replacement: the expression has no such group");
	assert_int_equal(expression_check_replacement(e, "0\\", why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "character 2 of the replacement: nothing follows the \\");
	assert_int_equal(expression_check_replacement(e, "\\1&\\0\\\\2", why, sizeof(why)), 0);
	expression_free(e);
}

/* ---- the same as the C library finds, where both must agree */

static unsigned random_next(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

static void random_expression(unsigned *seed, unsigned depth, char *out, size_t size)
{
	static const char *const atoms[] = {"1", "2", ".", "[12]", "[^1]", "3"};
	static const char *const repeats[] = {"", "", "", "*", "+", "?", "{1,2}", "{2}"};
	unsigned pieces = 1 + random_next(seed, 3);

	out[0] = '\0';
	for (unsigned i = 0; i < pieces; i++) {
		char piece[200] = "", inner[100] = "";

		if (depth && random_next(seed, 3) == 0) {
			random_expression(seed, depth - 1, inner, sizeof(inner));
			snprintf(piece, sizeof(piece), "(%s)", inner);
		} else {
			snprintf(piece, sizeof(piece), "%s",
				 atoms[random_next(seed, COUNT(atoms))]);
		}
		strcat(piece, repeats[random_next(seed, COUNT(repeats))]);
		if (depth && random_next(seed, 6) == 0)
			strcat(piece, "|");
		if (strlen(out) + strlen(piece) < size)
			strcat(out, piece);
	}
	if (out[0] && out[strlen(out) - 1] == '|')
		out[strlen(out) - 1] = '\0';
}

static void finds_what_the_c_library_finds(void **state)
{
	unsigned seed = 1, fits = 0;

	for (unsigned round = 0; round < 3000; round++) {
		struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
		char text[9] = "", source[100];
		struct expression *e;
		regmatch_t theirs;
		regex_t regex;

		random_expression(&seed, 2, source, sizeof(source));
		assert_int_equal(regcomp(&regex, source, REG_EXTENDED), 0);
		e = compiled(source, ERE, false);
		for (unsigned i = 0; i < 20; i++) {
			unsigned length = random_next(&seed, 9);
			bool found;

			for (unsigned k = 0; k < length; k++)
				text[k] = (char)('1' + random_next(&seed, 3));
			text[length] = '\0';
			found = expression_find(e, text, match);
			if (found != (regexec(&regex, text, 1, &theirs, 0) == 0) ||
			    (found &&
			     (match[0].begin != theirs.rm_so || match[0].end != theirs.rm_eo)))
				fail_msg("%s in %s: %d, %d-%d, not %d-%d", source, text, found,
					 match[0].begin, match[0].end, (int)theirs.rm_so,
					 (int)theirs.rm_eo);
			fits += found;
		}
		expression_free(e);
		regfree(&regex);
	}
	assert_in_range(fits, 10000, 59000); /* a test of something */
}

/* ---- time */

/* Anything that goes back takes 2^32 steps and more here, and never comes to the end. */
static void takes_no_time_for_expressions_that_explode(void **state)
{
	static const char *const expressions[] = {
	    "(.*.*.*.*)*x",    "(.*)*(.*)*(.*)*(.*)*x",
	    "((((.*)*)*)*)*x", "(.+)+(.+)+(.+)+x",
	    "((.?){20}){5}x",  "(1|1|1|1|11|111)*x",
	    "((1*)*|(1*)*)*x", ".{0,31}.{0,31}.{0,31}x",
	    "(((1?)+)+)+x$",   "(.*1.*1.*1.*1.*1.*1.*1)*x",
	};
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	static char text[20001];
	struct timespec begin, end;

	memset(text, '1', sizeof(text) - 1);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t i = 0; i < COUNT(expressions); i++) {
		struct expression *e = compiled(expressions[i], ERE, false);

		/* 32 digits, many times; and a text that nobody sends, once: still in proportion */
		for (unsigned round = 0; round < 300; round++)
			assert_false(expression_find(e, text + sizeof(text) - 33, match));
		assert_false(expression_find(e, text, match));
		expression_free(e);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_in_range(end.tv_sec - begin.tv_sec, 0, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_as_sed_does),
	    cmocka_unit_test(finds_as_posix_says),
	    cmocka_unit_test(refuses_with_the_character),
	    cmocka_unit_test(refuses_what_is_too_large),
	    cmocka_unit_test(replaces),
	    cmocka_unit_test(refuses_replacements_with_the_character),
	    cmocka_unit_test(finds_what_the_c_library_finds),
	    cmocka_unit_test(takes_no_time_for_expressions_that_explode),
	};

	alarm(120); /* what goes back would not end */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
