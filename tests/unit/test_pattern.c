// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns of the dial plan, one at a time; test_index.c has many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "tests/unit/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct pattern_case {
	unsigned example; /* number of the worked example, or 0 */
	const char *pattern, *digits;
	enum pattern_fit
	    fit; /* examples that ask for the whole number: anything but FULL is a no */
};

static const struct pattern_case pattern_cases[] = {
    {1, "200.", "2001", PATTERN_FULL},
    {2, "2...", "2001", PATTERN_FULL},
    {3, "2...", "201", PATTERN_PART},
    {4, "[1-3]22", "122", PATTERN_FULL},
    {4, "[1-3]22", "222", PATTERN_FULL},
    {4, "[1-3]22", "322", PATTERN_FULL},
    {4, "[1-3]22", "422", PATTERN_NO},
    {5, "[^1-3]22", "022", PATTERN_FULL},
    {5, "[^1-3]22", "422", PATTERN_FULL},
    {5, "[^1-3]22", "*22", PATTERN_FULL},
    {5, "[^1-3]22", "122", PATTERN_NO},
    {6, "555[25]", "5552", PATTERN_FULL},
    {6, "555[25]", "5555", PATTERN_FULL},
    {6, "555[25]", "5553", PATTERN_NO},
    {7, "555[3-9]4[0-9]9", "5553409", PATTERN_FULL},
    {7, "555[3-9]4[0-9]9", "5559499", PATTERN_FULL},
    {7, "555[3-9]4[0-9]9", "5552409", PATTERN_NO},
    {8, "555[13579]439", "5557439", PATTERN_FULL},
    {8, "555[13579]439", "5552439", PATTERN_NO},
    {9, "5+23", "523", PATTERN_FULL},
    {9, "5+23", "5523", PATTERN_FULL},
    {9, "5+23", "55523", PATTERN_FULL},
    {9, "5+23", "23", PATTERN_NO},
    {10, "85+", "85", PATTERN_FULL},
    {10, "85+", "8555", PATTERN_FULL},
    {10, "85+", "8", PATTERN_PART},
    {11, "74%", "7", PATTERN_FULL},
    {11, "74%", "74", PATTERN_FULL},
    {11, "74%", "7444", PATTERN_FULL},
    {11, "74%", "75", PATTERN_SURPLUS},
    {12, "84?", "8", PATTERN_FULL},
    {12, "84?", "84", PATTERN_FULL},
    {12, "84?", "844", PATTERN_SURPLUS},
    {13, "(100)?55511", "55511", PATTERN_FULL},
    {13, "(100)?55511", "10055511", PATTERN_FULL},
    {13, "(100)?55511", "1055511", PATTERN_NO},
    {14, "(61)+", "61", PATTERN_FULL},
    {14, "(61)+", "6161", PATTERN_FULL},
    {14, "(61)+", "616", PATTERN_SURPLUS},
    {15, "+14085550100", "+14085550100", PATTERN_FULL},
    {15, "+14085550100", "14085550100", PATTERN_NO},
    {16, "\\+1408...", "+1408555", PATTERN_FULL},
    {17, "9,1408.......", "914085550123", PATTERN_FULL},
    {18, "555$", "555", PATTERN_FULL},
    {18, "555$", "5551212", PATTERN_NO},
    {19, "555", "5551212", PATTERN_SURPLUS},
    {20, ".T", "", PATTERN_PART},
    {20, ".T", "0", PATTERN_FULL},
    {20, ".T", "0044207946000", PATTERN_FULL},
    {21, "T", "", PATTERN_FULL},
    {22, "9T", "9", PATTERN_FULL},
    {0, "2...", "301", PATTERN_NO},
    {0, "[^1-3]22", "#22", PATTERN_NO},
    {0, "[5,8]", "8", PATTERN_FULL},
    {0, "[5,8]", "6", PATTERN_NO},
    {0, "74%$", "7", PATTERN_FULL},
    {0, "74%$", "74", PATTERN_FULL},
    {0, "74%$", "7444", PATTERN_FULL},
    {0, "74%$", "75", PATTERN_NO},
    {0, "84?$", "8", PATTERN_FULL},
    {0, "84?$", "84", PATTERN_FULL},
    {0, "84?$", "844", PATTERN_NO},
    {0, "(61)+$", "61", PATTERN_FULL},
    {0, "(61)+$", "6161", PATTERN_FULL},
    {0, "(61)+$", "616", PATTERN_PART},
    {0, "^555", "5551212", PATTERN_SURPLUS},
    {0, ".T", "+44207946000", PATTERN_FULL},
    {0, ".T", "#1", PATTERN_NO},
    {0, "..", "1#", PATTERN_NO},
    {0, "..", "1+", PATTERN_NO},
    {0, "T", "123", PATTERN_FULL},
    {0, "9T", "8", PATTERN_NO},
    {0, "9T", "9#1", PATTERN_FULL},
    {0, "5(12)?", "51", PATTERN_SURPLUS},
    {0, "A*#D", "A*#D", PATTERN_FULL},
    {0, "((1)?2)+", "1222", PATTERN_FULL},
    {0, "2...", "2x01", PATTERN_NO},
    {0, "555", "555;phone", PATTERN_NO},
};

static void note(void *arg, uint32_t value, const struct pattern *pattern)
{
	bool *found = arg;

	*found = true;
}

/* An index of one pattern says the same. */
static void assert_index_agrees(const struct pattern_case *c, const struct pattern *p)
{
	bool found = false, found_exact = false;
	struct index *index = index_new();

	assert_int_equal(index_add(index, p, 0), 0);
	assert_int_equal(index_seal(index), 0);
	index_find(index, c->digits, note, &found);
	index_find_exact(index, c->digits, note, &found_exact);
	if (found != (c->fit == PATTERN_FULL || c->fit == PATTERN_SURPLUS) ||
	    found_exact != (c->fit == PATTERN_FULL))
		fail_msg("%s %s in an index: %d %d", c->pattern, c->digits, found, found_exact);
	index_free(index);
}

static void accepts_and_refuses_numbers(void **state)
{
	for (size_t i = 0; i < COUNT(pattern_cases); i++) {
		const struct pattern_case *c = &pattern_cases[i];
		struct pattern *p;
		enum pattern_fit fit;
		char why[128];

		if (pattern_compile(c->pattern, &p, why, sizeof(why)) < 0)
			fail_msg("%s: %s", c->pattern, why);
		fit = pattern_match(p, c->digits);
		if (fit != c->fit)
			fail_msg("example %u, %s %s: %d, not %d", c->example, c->pattern, c->digits,
				 fit, c->fit);
		assert_index_agrees(c, p);
		pattern_free(p);
	}
}

static void counts_explicit_length(void **state)
{
	static const struct {
		const char *pattern;
		unsigned length, literals, sets;
		bool variable;
	} cases[] = {
	    {"200.", 3, 3, 0, false},
	    {"2...", 1, 1, 0, false},
	    {"5+23", 0, 3, 0, false},
	    {"84?", 1, 2, 0, false},
	    {"+1408...", 5, 5, 0, false},
	    {"\\+1408...", 5, 5, 0, false},
	    {"9,1408T", 5, 5, 0, true},
	    {"^7......$", 1, 1, 0, false},
	    {"91[2-9]..[2-9]......", 2, 2, 2, false},
	    {"(100)?55511", 0, 8, 0, false},
	    {"T", 0, 0, 0, true},
	    {"12(3)4", 2, 4, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p;
		const struct pattern_weight *w;

		assert_int_equal(pattern_compile(cases[i].pattern, &p, NULL, 0), 0);
		w = pattern_weight(p);
		if (w->explicit_length != cases[i].length || w->literals != cases[i].literals ||
		    w->sets != cases[i].sets || w->variable != cases[i].variable)
			fail_msg("%s: L=%u literals=%u sets=%u T=%d", cases[i].pattern,
				 w->explicit_length, w->literals, w->sets, w->variable);
		assert_string_equal(pattern_text(p), cases[i].pattern);
		pattern_free(p);
	}
}

static void refuses_wrong_patterns(void **state)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
	    {"", "character 1: the pattern holds no digit"},
	    {"^$", "character 2: the pattern holds no digit"},
	    {"[12", "character 4: the set has no ']'"},
	    {"12]", "character 3: ']' is no part of a pattern"},
	    {"1(2", "character 2: the group has no ')'"},
	    {"12)", "character 3: ')' has no '('"},
	    {"()", "character 2: the group is empty"},
	    {"(,)", "character 1: the group holds no digit"},
	    {"[]", "character 2: the set is empty"},
	    {"[^]", "character 3: the set is empty"},
	    {"[5-2]", "character 4: the range does not end in a higher digit"},
	    {"[1-", "character 4: the range does not end in a higher digit"},
	    {"[A]", "character 2: 'A' in a set, where only digits may stand"},
	    {"[*]", "character 2: '*' in a set, where only digits may stand"},
	    {"?1", "character 1: '?' has nothing before it to repeat"},
	    {"1,%", "character 3: '%' has nothing before it to repeat"},
	    {"++5", "character 2: '+' has nothing before it to repeat"},
	    {"5??", "character 3: '?' follows another sign of repetition"},
	    {"T5", "character 1: T must be the last character"},
	    {"5TT", "character 2: T must be the last character"},
	    {"(5T)", "character 3: T must be the last character"},
	    {"5T?", "character 2: T must be the last character"},
	    {"5T$", "character 3: T and '$' exclude each other"},
	    {"5$5", "character 2: '$' is no part of a pattern"},
	    {"5^5", "character 2: '^' is no part of a pattern"},
	    {"5[1[2]]", "character 4: '[' in a set, where only digits may stand"},
	    {"((1)", "character 1: the group has no ')'"},
	    {"(1))", "character 4: ')' has no '('"},
	    {")(", "character 1: ')' has no '('"},
	    {"(?5)", "character 2: '?' has nothing before it to repeat"},
	    {"+?", "character 2: '?' has nothing before it to repeat"},
	    {"^%", "character 2: '%' has nothing before it to repeat"},
	    {",+5", "character 2: '+' has nothing before it to repeat"},
	    {"5T.", "character 2: T must be the last character"},
	    {"T$", "character 2: T and '$' exclude each other"},
	    {"(5?)+", "character 5: '+' repeats a group that can be empty"},
	    {"(5?)%", "character 5: '%' repeats a group that can be empty"},
	    {"(5%6?)+", "character 7: '+' repeats a group that can be empty"},
	    {"((1)?)%", "character 7: '%' repeats a group that can be empty"},
	    {"5|6", "character 2: '|' is no part of a pattern"},
	    {"555t", "character 4: 't' is no part of a pattern"},
	    {"5\\", "character 3: nothing stands behind the '\\'"},
	    {"\\.", "character 2: '.' is no part of a pattern"},
	    {"5\001", "character 2: byte 0x01 is no part of a pattern"},
	    {"012345678901234567890123456789012",
	     "character 33: more than 32 digits, wildcards and sets"},
	    {"................................T.", "character 33: T must be the last character"},
	    {"(1234567890)+(1234567890)+(1234567890)+[1][2].",
	     "character 46: more than 32 digits, wildcards and sets"},
	    {"+01234567890123456789012345678901",
	     "character 33: more than 32 digits, wildcards and sets"},
	    {"[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]",
	     "the pattern is longer than 64 characters"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p = NULL;
		char why[128] = "";

		if (pattern_compile(cases[i].pattern, &p, why, sizeof(why)) != -EINVAL)
			fail_msg("%s was accepted", cases[i].pattern);
		assert_null(p);
		assert_string_equal(why, cases[i].why);
	}
}

static void says_whether_more_digits_could_fit(void **state)
{
	static const struct {
		const char *pattern, *digits;
		bool can_grow;
		unsigned consumed;
	} cases[] = {
	    {"2...", "222", true, 0},  {"2...", "2222", false, 4}, {"2...", "7", false, 0},
	    {"555", "5551", false, 3}, {"555T", "5550", true, 3},  {"T", "", true, 0},
	    {"5(12)?", "51", true, 1}, {"85+", "85", true, 2},	   {".T", "#", false, 0},
	    {"84?", "84", false, 2},   {"84?", "8", true, 1},	   {"84?T", "84", true, 2},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern *p;

		assert_int_equal(pattern_compile(cases[i].pattern, &p, NULL, 0), 0);
		if (pattern_can_grow(p, cases[i].digits) != cases[i].can_grow ||
		    pattern_consumed(p, cases[i].digits) != cases[i].consumed)
			fail_msg("%s %s", cases[i].pattern, cases[i].digits);
		pattern_free(p);
	}
}

/* Bytes that are likely to make sense together, so that many patterns are accepted. */
static void random_text(char *text, size_t size, const char *alphabet)
{
	size_t length = random_below(size);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet ? alphabet[random_below(strlen(alphabet))]
				   : (char)(1 + random_below(255));
	text[length] = '\0';
}

static void survives_any_bytes(void **state)
{
	unsigned accepted = 0;

	for (unsigned i = 0; i < 60000; i++) {
		char text[100], digits[40], why[40];
		struct pattern *p;

		random_text(text, i % 3 ? 9 : sizeof(text),
			    i % 4 ? "00115599[](-)^$T?%+.,\\*#A" : NULL);
		if (pattern_compile(text, &p, why, sizeof(why)) < 0)
			continue;
		accepted++;
		for (unsigned j = 0; j < 8; j++) {
			enum pattern_fit fit;

			random_text(digits, sizeof(digits), j ? "0159*#A+" : NULL);
			fit = pattern_match(p, digits);
			assert_true(pattern_consumed(p, digits) <= strlen(digits));
			if (fit == PATTERN_PART)
				assert_true(pattern_can_grow(p, digits));
			if (fit == PATTERN_NO)
				assert_int_equal(
				    pattern_consumed(p, digits) && text[strlen(text) - 1] != '$' &&
					strspn(digits, "0123456789ABCD*#+") == strlen(digits),
				    false);
		}
		pattern_free(p);
	}
	assert_true(accepted > 5000);
}

/* 64 nested repetitions would take for ever by trying; here the time is that of any pattern. */
static void never_backtracks(void **state)
{
	struct pattern *p;
	clock_t begin = clock();

	assert_int_equal(
	    pattern_compile("((((((((((5+)+)+)+)+)+)+)+)+)+)+(5%5%5%5%5)+9$", &p, NULL, 0), 0);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(pattern_match(p, "55555555555555555555555555555555"),
				 PATTERN_PART);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 2);
	pattern_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_and_refuses_numbers),
	    cmocka_unit_test(counts_explicit_length),
	    cmocka_unit_test(refuses_wrong_patterns),
	    cmocka_unit_test(says_whether_more_digits_could_fit),
	    cmocka_unit_test(survives_any_bytes),
	    cmocka_unit_test(never_backtracks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
