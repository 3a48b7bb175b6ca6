// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/translate.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/expression.h"

#define TRANSLATION_DIGITS "0123456789ABCD*#"

struct compiled_rule {
	struct translation_rule rule;
	struct expression *match;
};

struct translation_rules {
	unsigned count; /* in order of their numbers */
	struct compiled_rule *rules;
};

int translation_rules_new(struct translation_rules **out)
{
	struct translation_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	*out = rules;
	return 0;
}

void translation_rules_free(struct translation_rules *rules)
{
	if (!rules)
		return;
	for (unsigned i = 0; i < rules->count; i++)
		expression_free(rules->rules[i].match);
	free(rules->rules);
	free(rules);
}

static int refuse(char *why, size_t why_size, const char *what)
{
	if (why && why_size)
		snprintf(why, why_size, "%s", what);
	return -EINVAL;
}

/* What is neither a copy nor a digit can be part of no number. */
static int replacement_check_digits(const char *replace, char *why, size_t why_size)
{
	for (const char *at = replace; *at != '\0'; at++) {
		if (*at == '&')
			continue;
		if (*at == '\\' && isdigit((unsigned char)*++at))
			continue;
		if (strchr(TRANSLATION_DIGITS "+", *at))
			continue;
		if (why && why_size)
			snprintf(why, why_size,
				 "character %u of the replacement: not one of 0-9 A-D * # +",
				 (unsigned)(at - replace) + 1);
		return -EINVAL;
	}
	return 0;
}

static int rule_compile(const struct translation_rule *rule, struct compiled_rule *out, char *why,
			size_t why_size)
{
	int rc = expression_compile(rule->match, EXPRESSION_SED, false, &out->match, why, why_size);

	if (rc < 0)
		return rc;
	rc = expression_check_replacement(out->match, rule->replace, why, why_size);
	if (rc == 0)
		rc = replacement_check_digits(rule->replace, why, why_size);
	if (rc == 0 && rule->reject && rule->replace[0] != '\0')
		rc = refuse(why, why_size, "a rule that rejects replaces nothing");
	if (rc < 0)
		expression_free(out->match);
	else
		out->rule = *rule;
	return rc;
}

int translation_rules_add(struct translation_rules *rules, const struct translation_rule *rule,
			  char *why, size_t why_size)
{
	struct compiled_rule *grown, compiled;
	unsigned at = 0;
	int rc;

	if (rule->number < 1 || rule->number > TRANSLATION_RULES_MAX)
		return refuse(why, why_size, "the number of a rule is 1 to 100");
	while (at < rules->count && rules->rules[at].rule.number < rule->number)
		at++;
	if (at < rules->count && rules->rules[at].rule.number == rule->number) {
		refuse(why, why_size, "there is a rule with this number");
		return -EEXIST;
	}
	rc = rule_compile(rule, &compiled, why, why_size);
	if (rc < 0)
		return rc;
	grown = realloc(rules->rules, (rules->count + 1) * sizeof(*grown));
	if (!grown) {
		expression_free(compiled.match);
		refuse(why, why_size, "out of memory");
		return -ENOMEM;
	}
	rules->rules = grown;
	memmove(&grown[at + 1], &grown[at], (rules->count - at) * sizeof(*grown));
	grown[at] = compiled;
	rules->count++;
	return 0;
}

bool translation_rule_can_fit(const struct translation_rule *rule)
{
	struct expression *match;
	bool can_fit;

	if (expression_compile(rule->match, EXPRESSION_SED, false, &match, NULL, 0) < 0)
		return false;
	can_fit = expression_can_fit(match, TRANSLATION_DIGITS "+,");
	expression_free(match);
	return can_fit;
}

/* ---- application */

static bool rule_regards(const struct translation_rule *rule, const struct number *number)
{
	return (rule->type_match == TRANSLATION_ANY || rule->type_match == number->ton) &&
	       (rule->plan_match == TRANSLATION_ANY || rule->plan_match == number->npi);
}

/* seen is the number as the rule saw it, text what it made of that. The + is a type of number; with
 * exchanges that send it so it is a digit, and stays one unless the rule says something of the type. */
static enum translation_outcome number_take(struct number *number,
					    const struct translation_rule *rule, const char *seen,
					    const char *text)
{
	bool had_plus = seen[0] == '+', has_plus = text[0] == '+';
	const char *digits = has_plus ? text + 1 : text;
	size_t length = strspn(digits, TRANSLATION_DIGITS ",");

	if (digits[length] != '\0' || (has_plus && length == 0))
		return TRANSLATION_MALFORMED;
	if (has_plus && number->digits[0] == '+' && rule->type_replace == TRANSLATION_ANY) {
		digits = text;
		length++;
	}
	if (length > NUMBER_DIGITS_MAX)
		return TRANSLATION_TOO_LONG;
	memcpy(number->digits, digits, length + 1);
	if (has_plus && !had_plus) {
		number->ton = TON_INTERNATIONAL;
		number->npi = NPI_ISDN;
	} else if (had_plus && !has_plus) {
		number->ton = TON_UNKNOWN;
	}
	if (rule->type_replace != TRANSLATION_ANY)
		number->ton = rule->type_replace;
	if (rule->plan_replace != TRANSLATION_ANY)
		number->npi = rule->plan_replace;
	return TRANSLATION_APPLIED;
}

enum translation_outcome translation_apply(const struct translation_rules *rules,
					   struct number *number, bool with_plus, unsigned *rule)
{
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	char seen[NUMBER_DIGITS_MAX + 2], text[NUMBER_DIGITS_MAX + 2];
	const struct compiled_rule *fits = NULL;

	if (with_plus)
		number_to_e164(number, seen);
	else
		strcpy(seen, number->digits);
	for (unsigned i = 0; i < rules->count && !fits; i++)
		if (rule_regards(&rules->rules[i].rule, number) &&
		    expression_find(rules->rules[i].match, seen, match))
			fits = &rules->rules[i];
	if (!fits)
		return TRANSLATION_NONE;
	if (rule)
		*rule = fits->rule.number;
	if (fits->rule.reject)
		return TRANSLATION_REJECTED;
	if (expression_replace(fits->rule.replace, seen, match, text, sizeof(text)) < 0)
		return TRANSLATION_TOO_LONG;
	return number_take(number, &fits->rule, seen, text);
}
