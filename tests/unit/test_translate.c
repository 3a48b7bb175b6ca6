// SPDX-License-Identifier: GPL-2.0-or-later
/* voice translation-rule: the worked examples of dial-peer rule 9, and what they leave open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/translate.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ANY TRANSLATION_ANY
#define DIGITS_32 "01234567890123456789012345678901"

static struct translation_rule rule_of(unsigned number, const char *match, const char *replace)
{
	struct translation_rule rule = {.number = number,
					.type_match = ANY,
					.type_replace = ANY,
					.plan_match = ANY,
					.plan_replace = ANY};

	snprintf(rule.match, sizeof(rule.match), "%s", match);
	snprintf(rule.replace, sizeof(rule.replace), "%s", replace);
	return rule;
}

static struct translation_rules *rules_of(const struct translation_rule *rule, unsigned count)
{
	struct translation_rules *rules;
	char why[200] = "";

	assert_int_equal(translation_rules_new(&rules), 0);
	for (unsigned i = 0; i < count; i++)
		if (translation_rules_add(rules, &rule[i], why, sizeof(why)) < 0)
			fail_msg("/%s/ /%s/ is refused: %s", rule[i].match, rule[i].replace, why);
	return rules;
}

static void worked_examples(void **state)
{
	static const struct {
		unsigned example;
		const char *match, *replace;
		const char *match2, *replace2;
		const char *number, *result; /* NULL: no rule fits */
		unsigned rule;
	} cases[] = {
	    {86, "123", "456", NULL, NULL, "123", "456", 1},
	    {86, "123", "456", NULL, NULL, "1234", "4564", 1},
	    {86, "123", "456", NULL, NULL, "6123", "6456", 1},
	    {86, "123", "456", NULL, NULL, "6123123", "6456123", 1},
	    {87, "^123", "456", NULL, NULL, "123", "456", 1},
	    {87, "^123", "456", NULL, NULL, "6123", NULL, 0},
	    {88, "^123$", "456", NULL, NULL, "123", "456", 1},
	    {88, "^123$", "456", NULL, NULL, "1234", NULL, 0},
	    {89, "^\\(12\\)3\\(45\\)$", "6\\1\\2", NULL, NULL, "12345", "61245", 1},
	    {90, "90", "0", NULL, NULL, "9012", "012", 1},
	    {90, "90", "0", NULL, NULL, "1902", "102", 1},
	    {91, "^\\(5\\)\\(.*\\)", "\\2", NULL, NULL, "51234", "1234", 1},
	    {92, "^26\\(....\\)", "\\1", NULL, NULL, "265001", "5001", 1},
	    {93, ".*", "8208", NULL, NULL, "4085550100", "8208", 1},
	    {93, ".*", "8208", NULL, NULL, "+14085550100", "8208", 1},
	    {93, ".*", "8208", NULL, NULL, "", "8208", 1},
	    {94, "^999$", "999", "^9\\(.*\\)", "\\1", "999", "999", 1},
	    {94, "^999$", "999", "^9\\(.*\\)", "\\1", "9123", "123", 2},
	    {95, "^7\\(.*\\)$", "8\\1", NULL, NULL, "7222222", "8222222", 1},
	    {96, "^\\+1", "1", NULL, NULL, "+14085550100", "14085550100", 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct translation_rule rule[] = {
		    rule_of(1, cases[i].match, cases[i].replace),
		    rule_of(2, cases[i].match2 ? cases[i].match2 : "",
			    cases[i].match2 ? cases[i].replace2 : ""),
		};
		struct translation_rules *rules = rules_of(rule, cases[i].match2 ? 2 : 1);
		enum translation_outcome outcome;
		char text[NUMBER_DIGITS_MAX + 2];
		struct number number;
		unsigned fitted = 0;

		assert_int_equal(number_from_e164(&number, cases[i].number), 0);
		outcome = translation_apply(rules, &number, true, &fitted);
		number_to_e164(&number, text);
		if (outcome != (cases[i].result ? TRANSLATION_APPLIED : TRANSLATION_NONE) ||
		    strcmp(text, cases[i].result ? cases[i].result : cases[i].number) != 0 ||
		    fitted != cases[i].rule)
			fail_msg("example %u: %s becomes %s by rule %u, not %s", cases[i].example,
				 cases[i].number, text, fitted, cases[i].result);
		translation_rules_free(rules);
	}
}

/* "020 national isdn", "-": no digits; what is not said is unknown. */
static struct number number_of(const char *text)
{
	char digits[NUMBER_DIGITS_MAX + 1], type[16] = "unknown", plan[16] = "unknown";
	struct number number = {0};

	assert_true(sscanf(text, "%32s %15s %15s", digits, type, plan) >= 1);
	snprintf(number.digits, sizeof(number.digits), "%s", *digits == '-' ? "" : digits);
	number.ton = number_ton_from_name(type);
	number.npi = number_npi_from_name(plan);
	return number;
}

static uint8_t value_of(const char *name, int (*from_name)(const char *name))
{
	int value = strcmp(name, "any") == 0 ? ANY : from_name(name);

	assert_true(value >= 0);
	return value;
}

/* "type FROM TO", "plan FROM TO" into rule. Returns whether there is a + as well: the number is looked at
 * with the + of its type. */
static bool set_change(struct translation_rule *rule, const char *text)
{
	char from[16], to[16];
	const char *type = strstr(text, "type "), *plan = strstr(text, "plan ");

	if (type && sscanf(type, "type %15s %15s", from, to) == 2) {
		rule->type_match = value_of(from, number_ton_from_name);
		rule->type_replace = value_of(to, number_ton_from_name);
	}
	if (plan && sscanf(plan, "plan %15s %15s", from, to) == 2) {
		rule->plan_match = value_of(from, number_npi_from_name);
		rule->plan_replace = value_of(to, number_npi_from_name);
	}
	return strchr(text, '+');
}

static void type_and_plan_are_conditions_and_results(void **state)
{
	static const struct {
		const char *match, *replace, *change, *number, *result;
		enum translation_outcome outcome;
	} cases[] = {
	    /* conditions */
	    {"^0", "", "type national unknown", "020 national isdn", "20 unknown isdn",
	     TRANSLATION_APPLIED},
	    {"^0", "", "type national unknown", "020 subscriber isdn", "020 subscriber isdn",
	     TRANSLATION_NONE},
	    {"^0", "", "plan private isdn", "020 network private", "20 network isdn",
	     TRANSLATION_APPLIED},
	    {"^0", "", "plan private isdn", "020 network telex", "020 network telex",
	     TRANSLATION_NONE},
	    /* // rewrites type and plan only */
	    {"", "", "type unknown national plan unknown isdn", "2079", "2079 national isdn",
	     TRANSLATION_APPLIED},
	    {"", "", "type any national", "-", "- national", TRANSLATION_APPLIED},
	    {"", "", "type any national +", "4420 international isdn", "4420 national isdn",
	     TRANSLATION_APPLIED},
	    {"", "", "type any international", "+4420", "4420 international", TRANSLATION_APPLIED},
	    /* the + of a type */
	    {"^\\+44", "0", "+", "4420 international isdn", "020 unknown isdn",
	     TRANSLATION_APPLIED},
	    {"^\\+44", "0", "type any national +", "4420 international isdn", "020 national isdn",
	     TRANSLATION_APPLIED},
	    {"^\\+44", "+49", "+", "4420 international isdn", "4920 international isdn",
	     TRANSLATION_APPLIED},
	    {"^\\+44", "0", "", "4420 international isdn", "4420 international isdn",
	     TRANSLATION_NONE},
	    {"^44", "0", "", "4420 international isdn", "020 international isdn",
	     TRANSLATION_APPLIED},
	    {"^0", "+44", "", "020", "4420 international isdn", TRANSLATION_APPLIED},
	    {"^0", "\\+44", "+", "020 national national", "4420 international isdn",
	     TRANSLATION_APPLIED},
	    {"^0", "+44", "type any national plan any national", "020", "4420 national national",
	     TRANSLATION_APPLIED},
	    {"^", "+", "", "4420 international isdn", "4420 international isdn",
	     TRANSLATION_APPLIED},
	    /* a + among the digits */
	    {"20", "30", "", "+4420 national isdn", "+4430 national isdn", TRANSLATION_APPLIED},
	    {"^+", "", "", "+4420 national isdn", "4420 unknown isdn", TRANSLATION_APPLIED},
	    /* pauses are kept */
	    {"^9", "0", "", "9,20", "0,20", TRANSLATION_APPLIED},
	    /* what would be no number */
	    {"20", "2+0", "type any national", "020", "020", TRANSLATION_MALFORMED},
	    {"^", "0", "type any national +", "4420 international", "4420 international",
	     TRANSLATION_MALFORMED},
	    {".*", "+", "", "020", "020", TRANSLATION_MALFORMED},
	    {"^", "+", "", "+20", "+20", TRANSLATION_MALFORMED},
	    {"^", "9", "type any national", DIGITS_32, DIGITS_32, TRANSLATION_TOO_LONG},
	    {".*", "&&", "", DIGITS_32, DIGITS_32, TRANSLATION_TOO_LONG},
	    {"^", "+", "", DIGITS_32, DIGITS_32 " international isdn", TRANSLATION_APPLIED},
	    {"^\\+0", "+11", "+", DIGITS_32 " international", DIGITS_32 " international",
	     TRANSLATION_TOO_LONG},
	    {".*", "", "+", "4420 international isdn", "- unknown isdn", TRANSLATION_APPLIED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct translation_rule rule = rule_of(7, cases[i].match, cases[i].replace);
		struct number number = number_of(cases[i].number);
		struct number result = number_of(cases[i].result);
		bool with_plus = set_change(&rule, cases[i].change);
		struct translation_rules *rules;
		enum translation_outcome outcome;
		unsigned fitted = 0;

		rules = rules_of(&rule, 1);
		outcome = translation_apply(rules, &number, with_plus, &fitted);
		if (outcome != cases[i].outcome || number.ton != result.ton ||
		    number.npi != result.npi || strcmp(number.digits, result.digits) != 0)
			fail_msg("row %zu: /%s/ /%s/ makes %s, type %u, plan %u; outcome %d", i,
				 rule.match, rule.replace, number.digits, number.ton, number.npi,
				 outcome);
		assert_int_equal(fitted, outcome == TRANSLATION_NONE ? 0 : 7);
		translation_rules_free(rules);
	}
}

static void the_first_rule_in_order_of_numbers_ends_the_set(void **state)
{
	struct translation_rule rule[] = {
	    rule_of(30, "^1", "3"), rule_of(10, "^12", ""), rule_of(100, "", "9"),
	    rule_of(20, "^1", "2"), rule_of(1, "^13", ""),
	};
	struct number number = {.digits = "12"};
	struct translation_rules *rules;
	unsigned fitted = 0;

	rule[1].type_match = TON_NATIONAL; /* does not regard this number */
	rule[4].reject = true;
	rules = rules_of(rule, COUNT(rule));
	assert_int_equal(translation_apply(rules, &number, false, &fitted), TRANSLATION_APPLIED);
	assert_string_equal(number.digits, "22");
	assert_int_equal(fitted, 20);
	strcpy(number.digits, "13");
	assert_int_equal(translation_apply(rules, &number, false, &fitted), TRANSLATION_REJECTED);
	assert_string_equal(number.digits, "13");
	assert_int_equal(fitted, 1);
	strcpy(number.digits, "7");
	assert_int_equal(translation_apply(rules, &number, false, NULL), TRANSLATION_APPLIED);
	assert_string_equal(number.digits, "97");
	translation_rules_free(rules);

	rules = rules_of(NULL, 0);
	assert_int_equal(translation_apply(rules, &number, false, NULL), TRANSLATION_NONE);
	translation_rules_free(rules);
	translation_rules_free(NULL);
}

static void refuses_wrong_rules_with_a_sentence(void **state)
{
	static const struct {
		unsigned number;
		const char *match, *replace;
		bool reject;
		int rc;
		const char *why;
	} cases[] = {
	    {0, "1", "2", false, -EINVAL, "the number of a rule is 1 to 100"},
	    {101, "1", "2", false, -EINVAL, "the number of a rule is 1 to 100"},
	    {5, "1", "2", false, -EEXIST, "there is a rule with this number"},
	    {6, "1[2", "2", false, -EINVAL, "character 2: this [ has no ]"},
	    {6, "1", "2\\1", false, -EINVAL,
	     "character 2 of the replacement: the expression has no such group"},
	    {6, "1", "2x", false, -EINVAL,
	     "character 2 of the replacement: not one of 0-9 A-D * # +"},
	    {6, "1", "2-3", false, -EINVAL,
	     "character 2 of the replacement: not one of 0-9 A-D * # +"},
	    {6, "1", "2\\&", false, -EINVAL,
	     "character 3 of the replacement: not one of 0-9 A-D * # +"},
	    {6, "1", "2", true, -EINVAL, "a rule that rejects replaces nothing"},
	};
	struct translation_rule five = rule_of(5, "1", "\\+\\*\\0&\\#A");
	struct translation_rules *rules = rules_of(&five, 1);
	struct number number = {.digits = "61"};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct translation_rule rule =
		    rule_of(cases[i].number, cases[i].match, cases[i].replace);
		char why[200] = "";

		rule.reject = cases[i].reject;
		assert_int_equal(translation_rules_add(rules, &rule, why, sizeof(why)),
				 cases[i].rc);
		assert_string_equal(why, cases[i].why);
		assert_int_equal(translation_rules_add(rules, &rule, NULL, 0), cases[i].rc);
	}
	/* none of these is there */
	assert_int_equal(translation_apply(rules, &number, false, NULL), TRANSLATION_MALFORMED);
	strcpy(number.digits, "12");
	assert_int_equal(translation_apply(rules, &number, false, NULL), TRANSLATION_APPLIED);
	assert_string_equal(number.digits, "*11#A2");
	translation_rules_free(rules);
}

static void knows_rules_that_can_never_fit(void **state)
{
	static const struct {
		const char *match;
		bool can_fit;
	} cases[] = {
	    {"", true},
	    {"^$", true},
	    {"$^", true},
	    {"^\\+1", true},
	    {"1\\|x", true},
	    {"\\(x\\)*1", true},
	    {"x?1", true},
	    {"1*^2", true},
	    {"\\(1\\|^\\)2", true},
	    {"^[^0-9].", true},
	    {"[x-z5]", true},
	    {"A#\\*", true},
	    {"(1)", false},
	    {"555-1234", false},
	    {"x", false},
	    {"x+1", false},
	    {"[a-z]", false},
	    {"1^", false},
	    {"\\(1\\|.\\)^2", false},
	    {"$1", false},
	    {"^$1", false},
	    {"\\(1*$\\)+2", false},
	    {"[1", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct translation_rule rule = rule_of(1, cases[i].match, "");

		if (translation_rule_can_fit(&rule) != cases[i].can_fit)
			fail_msg("/%s/ %s", rule.match,
				 cases[i].can_fit ? "can fit" : "cannot fit");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worked_examples),
	    cmocka_unit_test(type_and_plan_are_conditions_and_results),
	    cmocka_unit_test(the_first_rule_in_order_of_numbers_ends_the_set),
	    cmocka_unit_test(refuses_wrong_rules_with_a_sentence),
	    cmocka_unit_test(knows_rules_that_can_never_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
