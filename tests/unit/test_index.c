// SPDX-License-Identifier: GPL-2.0-or-later
/* Many patterns in an index: it finds all that fit, and looks at no others. The linker puts
 * __wrap_pattern_match() and the like between the index and the patterns, so that the patterns that
 * it looks at are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/index.h"
#include "dialplan/pattern_map.h"
#include "tests/bench/prefixes.h"
#include "tests/unit/random.h"

static unsigned compared, weighed;

enum pattern_fit __real_pattern_match(const struct pattern *p, const char *digits);
enum pattern_fit __wrap_pattern_match(const struct pattern *p, const char *digits);
bool __real_pattern_can_grow(const struct pattern *p, const char *digits);
bool __wrap_pattern_can_grow(const struct pattern *p, const char *digits);
const struct pattern_weight *__real_pattern_weight(const struct pattern *p);
const struct pattern_weight *__wrap_pattern_weight(const struct pattern *p);

enum pattern_fit __wrap_pattern_match(const struct pattern *p, const char *digits)
{
	compared++;
	return __real_pattern_match(p, digits);
}

bool __wrap_pattern_can_grow(const struct pattern *p, const char *digits)
{
	compared++;
	return __real_pattern_can_grow(p, digits);
}

const struct pattern_weight *__wrap_pattern_weight(const struct pattern *p)
{
	weighed++;
	return __real_pattern_weight(p);
}

static void random_text(char *text, size_t size, const char *alphabet)
{
	size_t length = random_below(size);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[random_below(strlen(alphabet))];
	text[length] = '\0';
}

/* ---- what it finds */

static void mark(void *arg, uint32_t value, const struct pattern *pattern)
{
	unsigned char *marks = arg;

	assert_int_equal(marks[value], 0);
	marks[value] = 1;
}

static bool mark_longer(void *arg, uint32_t value, const struct pattern *pattern)
{
	mark(arg, value, pattern);
	return true;
}

enum { PATTERNS = 1500 };

static unsigned compare_with_walk(const struct index *index, struct pattern *patterns[PATTERNS],
				  const char *digits)
{
	unsigned char en_bloc[PATTERNS] = {0}, exact[PATTERNS] = {0}, longer[PATTERNS] = {0};
	unsigned hits = 0, explicit_min = random_below(3);

	index_find(index, digits, mark, en_bloc);
	index_find_exact(index, digits, mark, exact);
	index_find_longer(index, digits, explicit_min, mark_longer, longer);
	for (unsigned i = 0; i < PATTERNS; i++) {
		enum pattern_fit fit = pattern_match(patterns[i], digits);
		bool can_grow = pattern_weight(patterns[i])->explicit_length >= explicit_min &&
				pattern_can_grow(patterns[i], digits);

		if (en_bloc[i] != (fit == PATTERN_FULL || fit == PATTERN_SURPLUS) ||
		    exact[i] != (fit == PATTERN_FULL) || longer[i] != can_grow)
			fail_msg("%s %s: %d %d %d", pattern_text(patterns[i]), digits, en_bloc[i],
				 exact[i], longer[i]);
		hits += en_bloc[i];
	}
	return hits;
}

/* Few beginnings that go on in many ways. */
static void begin_alike(char *text)
{
	static const char *const begins[] = {"1111112", "12.[12]1", "21212121212121212121", "2"};
	char rest[8];

	strcpy(rest, text);
	snprintf(text, 34, "%s%s", begins[random_below(4)], rest);
}

/* Whatever the tree looks like, it finds exactly what a walk over all patterns finds. */
static void finds_what_a_full_walk_finds(void **state)
{
	static const char *const alphabets[] = {"112.[1-2]", "12.[]^T?+()#*", "1", "+12,T$.\\"};

	for (unsigned round = 0; round < 8; round++) {
		struct pattern *patterns[PATTERNS];
		struct index *index = index_new();
		unsigned hits = 0;

		for (unsigned i = 0; i < PATTERNS;) {
			char text[34];

			random_text(text,
				    round % 4 == 3 ? sizeof(text)
				    : i % 2	   ? 12
						   : 5,
				    alphabets[random_below(1 + round / 2)]);
			if (round % 4 == 2 && strlen(text) < 8)
				begin_alike(text);
			if (pattern_compile(text, &patterns[i], NULL, 0) < 0)
				continue;
			if (i % 2)
				assert_int_equal(index_add(index, patterns[i], i), 0);
			else
				assert_int_equal(index_add_text(index, text, i, NULL, 0), 0);
			i++;
		}
		assert_int_equal(index_seal(index), 0);
		for (unsigned n = 0; n < 200; n++) {
			char digits[40];

			random_text(digits, n % 4 ? 10 : sizeof(digits),
				    n % 2 ? "12" : "+111123*#");
			hits += compare_with_walk(index, patterns, digits);
		}
		assert_true(hits > 2000);
		for (unsigned i = 0; i < PATTERNS; i++)
			pattern_free(patterns[i]);
		index_free(index);
	}
}

/* Behind the 2 all sets are without a code. */
static void copes_with_more_sets_than_codes(void **state)
{
	unsigned char marks[1023] = {0};
	struct index *index = index_new();
	unsigned fits = 0;

	for (unsigned set = 1; set < 1024; set++) {
		char text[20] = "1[";

		text[0] = set > 512 ? '2' : '1';

		for (unsigned d = 0; d < 10; d++)
			if (set >> d & 1)
				sprintf(text + strlen(text), "%u", d);
		strcat(text, "]");
		assert_int_equal(index_add_text(index, text, set - 1, NULL, 0), 0);
	}
	assert_int_equal(index_seal(index), 0);
	index_find(index, "17", mark, marks);
	index_find(index, "27", mark, marks);
	for (unsigned set = 1; set < 1024; set++) {
		assert_int_equal(marks[set - 1], set >> 7 & 1);
		fits += marks[set - 1];
	}
	assert_int_equal(fits, 512);
	index_free(index);
}

/* One prefix may stand in several maps, and one catch-all at a thousand peers. */
static void finds_the_same_pattern_as_often_as_it_was_added(void **state)
{
	static const char *const texts[] = {"4420", ".T", "12345678901234567890123456789012"};
	enum { TIMES = 1000 };

	for (unsigned t = 0; t < 3; t++) {
		unsigned char marks[TIMES] = {0};
		struct index *index = index_new();

		for (unsigned i = 0; i < TIMES; i++)
			assert_int_equal(index_add_text(index, texts[t], i, NULL, 0), 0);
		assert_int_equal(index_seal(index), 0);
		index_find(index, "9", mark, t == 1 ? (unsigned char[TIMES]){0} : marks);
		index_find(index, t == 2 ? texts[2] : "44207946000", mark, marks);
		for (unsigned i = 0; i < TIMES; i++)
			assert_int_equal(marks[i], 1);
		index_free(index);
	}
}

static void knows_nothing_of_what_is_no_number(void **state)
{
	struct index *index = index_new();
	unsigned char marks[1] = {0};

	assert_int_equal(index_seal(index), 0);
	index_find(index, "1", mark, marks);
	index_free(index);
	index = index_new();
	assert_int_equal(index_add_text(index, "T", 0, NULL, 0), 0);
	assert_int_equal(index_seal(index), 0);
	index_find(index, "12x", mark, marks);
	index_find_exact(index, "1234567890123456789012345678901234x", mark, marks);
	index_find_longer(index, "1 2", 0, mark_longer, marks);
	assert_int_equal(marks[0], 0);
	index_find(index, "", mark, marks);
	assert_int_equal(marks[0], 1);
	index_free(index);
}

static void refuses_what_is_no_pattern(void **state)
{
	struct index *index = index_new();
	char why[80] = "";

	assert_true(index_add_text(index, "12[", 0, why, sizeof(why)) < 0);
	assert_string_equal(why, "character 4: the set has no ']'");
	assert_int_equal(index_add_text(index, "12", 0, NULL, 0), 0);
	assert_int_equal(index_seal(index), 0);
	index_free(index);
}

/* ---- what it costs */

enum { MANY = 100000, FEW = 1000, NUMBERS = 5000 };

struct cost {
	double fits, compared; /* a look-up, in the mean */
	unsigned compared_max;
};

static void count_fit(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct cost *cost = arg;

	cost->fits++;
}

static struct index *index_of(const struct prefixes *prefixes)
{
	struct index *index = index_new();

	for (size_t i = 0; i < prefixes->count; i++)
		assert_int_equal(index_add_text(index, prefixes->list[i], i, NULL, 0), 0);
	assert_int_equal(index_seal(index), 0);
	return index;
}

static struct cost cost_among(size_t count)
{
	struct prefixes prefixes;
	struct cost cost = {0};
	struct index *index;

	prefixes_make(&prefixes, count);
	index = index_of(&prefixes);
	for (unsigned i = 0; i < NUMBERS; i++) {
		char number[PREFIX_DIGITS_MAX + 1];

		prefixes_number(&prefixes, number);
		compared = 0;
		index_find(index, number, count_fit, &cost);
		cost.compared += compared;
		if (compared > cost.compared_max)
			cost.compared_max = compared;
	}
	cost.fits /= NUMBERS;
	cost.compared /= NUMBERS;
	index_free(index);
	prefixes_free(&prefixes);
	return cost;
}

static void compares_no_more_among_many_than_among_few(void **state)
{
	struct cost few = cost_among(FEW), many = cost_among(MANY);

	assert_true(many.fits > 1.5);
	/* of the patterns that do not differ before their second last digit */
	if (many.compared > few.compared + 1 || many.compared_max > 10)
		fail_msg("%.2f compared among many, %.2f among few, %u at most", many.compared,
			 few.compared, many.compared_max);
}

/* Wildcards, sets and T as dial peers have them. */
static void compares_peers_that_share_the_beginning_only(void **state)
{
	struct prefixes prefixes;
	struct cost cost = {0};
	char(*patterns)[PREFIX_PATTERN_MAX] = calloc(MANY, sizeof(*patterns));
	struct index *index = index_new();

	prefixes_make(&prefixes, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		prefixes_pattern(&prefixes, patterns[i]);
		assert_int_equal(index_add_text(index, patterns[i], i, NULL, 0), 0);
	}
	assert_int_equal(index_seal(index), 0);
	compared = 0;
	for (unsigned i = 0; i < NUMBERS; i++) {
		char number[PREFIX_PATTERN_MAX];

		prefixes_dial(&prefixes, patterns[i], number);
		index_find(index, number, count_fit, &cost);
	}
	assert_true(cost.fits >= NUMBERS);
	if (compared > 5 * cost.fits)
		fail_msg("%u compared for %.0f that fit", compared, cost.fits);
	index_free(index);
	prefixes_free(&prefixes);
	free(patterns);
}

static bool one_is_enough(void *arg, uint32_t value, const struct pattern *pattern)
{
	unsigned *found = arg;

	++*found;
	return false;
}

/* The first digits of a number are what everything begins with: one pattern is found at once. */
static void looks_for_longer_ones_no_further_than_asked(void **state)
{
	struct prefixes prefixes;
	struct index *index;

	prefixes_make(&prefixes, MANY);
	index = index_of(&prefixes);
	for (unsigned i = 0; i < NUMBERS; i++) {
		const char *prefix = prefixes.list[i];
		unsigned found = 0, length = random_below(strlen(prefix));
		char digits[PREFIX_DIGITS_MAX + 1];

		snprintf(digits, sizeof(digits), "%.*s", (int)length, prefix);
		weighed = 0;
		index_find_longer(index, digits, strlen(prefix), one_is_enough, &found);
		assert_int_equal(found, 1);
		if (weighed > 40)
			fail_msg("%s of %s: %u looked at", digits, prefix, weighed);
	}
	weighed = 0;
	index_find_longer(index, "", PATTERN_POSITIONS_MAX, one_is_enough, NULL);
	assert_int_equal(weighed, 0);
	index_free(index);
	prefixes_free(&prefixes);
}

static bool count_value(void *arg, uint32_t value, const struct pattern *pattern)
{
	unsigned *told = arg;

	told[value]++;
	return true;
}

/* Maps whose entries lie side by side, and dial peers between them: that a map has an entry for a
 * longer number is seen at its first one. */
static void tells_a_value_of_many_patterns_without_a_walk(void **state)
{
	enum { MAPS = 4, VALUES = MAPS + 3 };
	static const char *const peers[] = {"4T", "[1-9].......", "44207"};
	static const struct {
		const char *digits;
		unsigned explicit_min;
		bool by_map[2], by_peer[3]; /* maps: two have what begins with 1, two the rest */
	} cases[] = {
	    {"", 0, {true, true}, {true, true, true}},
	    {"4", 0, {true, false}, {true, true, true}},
	    {"1", 5, {true, true}, {false, false, false}},
	    {"4420", 5, {true, false}, {false, false, true}},
	    {"", PATTERN_POSITIONS_MAX, {false, false}, {false, false, false}},
	};
	struct index *index = index_new();
	struct prefixes prefixes;

	prefixes_make(&prefixes, MANY);
	for (size_t i = 0; i < MANY; i++) {
		const char *prefix = prefixes.list[i];

		assert_int_equal(
		    index_add_text(index, prefix, (prefix[0] == '1' ? 2 : 0) + i % 2, NULL, 0), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(index_add_text(index, peers[i], MAPS + i, NULL, 0), 0);
	assert_int_equal(index_seal(index), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned told[VALUES] = {0}, others = cases[i].digits[0] != '1';

		weighed = 0;
		index_find_longer(index, cases[i].digits, cases[i].explicit_min, count_value, told);
		if (weighed > 500)
			fail_msg("case %zu: %u looked at", i, weighed);
		assert_int_equal(told[0] > 0, cases[i].by_map[0] && others);
		assert_int_equal(told[1] > 0, cases[i].by_map[0] && others);
		assert_int_equal(told[2] > 0, cases[i].by_map[1]);
		assert_int_equal(told[3] > 0, cases[i].by_map[1]);
		for (unsigned p = 0; p < 3; p++)
			assert_int_equal(told[MAPS + p], cases[i].by_peer[p]);
	}
	index_free(index);
	prefixes_free(&prefixes);
}

static bool add_entry(void *arg, const char *pattern)
{
	assert_int_equal(index_add_text(arg, pattern, 1, NULL, 0), 0);
	return true;
}

/* A map of prefixes with the index over it: as the bench has it, with a tenth of the entries. */
static void takes_less_than_150_bytes_an_entry(void **state)
{
	struct prefixes prefixes;
	struct pattern_map *map;
	struct index *index;
	struct mallinfo2 before, after;
	size_t bytes;

	prefixes_make(&prefixes, MANY);
	before = mallinfo2();
	assert_int_equal(pattern_map_new(&map), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(pattern_map_add(map, prefixes.list[i], NULL, 0), 0);
	index = index_new();
	pattern_map_each(map, add_entry, index);
	assert_int_equal(index_seal(index), 0);
	after = mallinfo2();
	bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
	index_free(index);
	pattern_map_free(map);
	prefixes_free(&prefixes);
	if (!after.uordblks)
		skip(); /* a sanitizer has its own malloc, which does not tell */
	if (bytes / MANY < 20 || bytes / MANY >= 150)
		fail_msg("%zu bytes", bytes / MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_a_full_walk_finds),
	    cmocka_unit_test(copes_with_more_sets_than_codes),
	    cmocka_unit_test(finds_the_same_pattern_as_often_as_it_was_added),
	    cmocka_unit_test(knows_nothing_of_what_is_no_number),
	    cmocka_unit_test(refuses_what_is_no_pattern),
	    cmocka_unit_test(compares_no_more_among_many_than_among_few),
	    cmocka_unit_test(compares_peers_that_share_the_beginning_only),
	    cmocka_unit_test(looks_for_longer_ones_no_further_than_asked),
	    cmocka_unit_test(tells_a_value_of_many_patterns_without_a_walk),
	    cmocka_unit_test(takes_less_than_150_bytes_an_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
