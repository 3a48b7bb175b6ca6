// SPDX-License-Identifier: GPL-2.0-or-later
/* Translation rules and the expressions of ENUM, fed with anything.
 *
 *	clang -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_translate.c \
 *		dialplan/translate.c dialplan/expression.c dialplan/expression_compile.c \
 *		dialplan/number.c
 *
 * The input is lines: match, replacement, number; and, if there is a fourth, what its first octets
 * say: type and plan to match and to put (the letter @ is 0, G is 7, O is any), whether + is shown,
 * whether the rule rejects.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/translate if none is
 * named). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/expression.h"
#include "dialplan/translate.h"

#define LINE_MAX_LENGTH 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line, cut to what fits. */
static void take_line(const uint8_t **data, size_t *size, char line[LINE_MAX_LENGTH + 1])
{
	size_t length = 0;

	memset(line, 0, LINE_MAX_LENGTH + 1);
	while (*size && **data != '\n') {
		if (length < LINE_MAX_LENGTH && **data != '\0')
			line[length++] = (char)**data;
		++*data;
		--*size;
	}
	if (*size) {
		++*data;
		--*size;
	}
}

static void check_match(const struct expression_match *match, size_t length)
{
	assert(match[0].begin >= 0 && match[0].begin <= match[0].end);
	assert((size_t)match[0].end <= length);
	for (unsigned i = 1; i <= EXPRESSION_GROUPS_MAX; i++) {
		assert((match[i].begin < 0) == (match[i].end < 0));
		if (match[i].begin < 0)
			continue;
		assert(match[i].begin <= match[i].end);
		assert(match[i].begin >= match[0].begin && match[i].end <= match[0].end);
	}
}

static void check_expression(const char *const lines[3], enum expression_syntax syntax, bool fold)
{
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	const char *text = lines[2];
	char why[120] = "", out[64];
	struct expression *e = NULL;

	if (expression_compile(lines[0], syntax, fold, &e, why, sizeof(why)) < 0) {
		assert(!e && strncmp(why, "character ", 10) == 0);
		return;
	}
	if (!expression_find(e, text, match))
		goto out;
	assert(expression_can_fit(e, text));
	check_match(match, strlen(text));
	if (expression_check_replacement(e, lines[1], why, sizeof(why)) < 0)
		goto out;
	memset(out, 1, sizeof(out));
	if (expression_replace(lines[1], text, match, out, sizeof(out)) < 0) {
		assert(out[0] == 1);
		goto out;
	}
	assert(strncmp(out, text, (size_t)match[0].begin) == 0);
	assert(strlen(out) >= strlen(text + match[0].end));
	assert(strcmp(out + strlen(out) - strlen(text + match[0].end), text + match[0].end) == 0);
out:
	expression_free(e);
}

static uint8_t value_of(char c, uint8_t mask)
{
	return (c & 0xf) == 0xf ? TRANSLATION_ANY : (uint8_t)(c & mask);
}

static void check_rule(const char *const lines[3], const char *options)
{
	struct translation_rule rule = {.number = 1, .reject = options[5] & 1};
	struct translation_rules *rules;
	struct number number, before;
	char why[120] = "";

	memcpy(rule.match, lines[0], TRANSLATION_TEXT_MAX); /* lines are filled up with zeros */
	if (!rule.reject)
		memcpy(rule.replace, lines[1], TRANSLATION_TEXT_MAX);
	rule.type_match = value_of(options[0], 7);
	rule.type_replace = value_of(options[1], 7);
	rule.plan_match = value_of(options[2], 15);
	rule.plan_replace = value_of(options[3], 15);
	if (number_from_e164(&number, lines[2]) < 0 || translation_rules_new(&rules) < 0)
		return;
	if (translation_rules_add(rules, &rule, why, sizeof(why)) < 0)
		assert(why[0] != '\0');
	before = number;
	if (translation_apply(rules, &number, options[4] & 1, NULL) == TRANSLATION_APPLIED) {
		struct number again;

		assert(number_set(&again, number.digits, number.ton, number.npi) == 0);
		assert(strcmp(again.digits, number.digits) == 0);
		assert(rule.type_replace == TRANSLATION_ANY || number.ton == rule.type_replace);
		assert(rule.plan_replace == TRANSLATION_ANY || number.npi == rule.plan_replace);
	} else {
		assert(strcmp(number.digits, before.digits) == 0);
		assert(number.ton == before.ton && number.npi == before.npi);
	}
	translation_rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char match[LINE_MAX_LENGTH + 1], replace[LINE_MAX_LENGTH + 1], text[LINE_MAX_LENGTH + 1];
	char options[LINE_MAX_LENGTH + 1];
	const char *const lines[3] = {match, replace, text};

	take_line(&data, &size, match);
	take_line(&data, &size, replace);
	take_line(&data, &size, text);
	take_line(&data, &size, options);
	check_expression(lines, EXPRESSION_SED, false);
	check_expression(lines, EXPRESSION_EXTENDED, false);
	check_expression(lines, EXPRESSION_EXTENDED, true);
	if (options[0] == '\0')
		strcpy(options, "OOOO");
	check_rule(lines, options);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	for (size_t cut = 0; cut <= size; cut++)
		replay_octets(octets, cut);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "translate", replay);
}
#endif
