// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of a voice translation-rule that are never applied. Whether one takes what another takes is
 * looked at where both are a row of single characters, dots and sets, with ^ in front, and $ or .*
 * behind, which nearly all are; of others nothing is said. Groups do not change what fits.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/lint.h"

static const char alphabet[] = "0123456789ABCD*#+";

#define ALL ((1u << (sizeof(alphabet) - 1)) - 1)

struct row {
	uint32_t sets[TRANSLATION_TEXT_MAX]; /* of characters of a number, by place */
	unsigned count;
	bool begin, end; /* ^ and $ */
};

static uint32_t set_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? 1u << (at - alphabet) : 0;
}

/* [^1-3], at the bracket; NULL: it has no end. */
static const char *read_set(const char *at, uint32_t *out)
{
	bool negated = *++at == '^';
	const char *first;

	if (negated)
		at++;
	first = at;
	*out = 0;
	for (; *at && (*at != ']' || at == first); at++) {
		char high = *at;

		if (at[1] == '-' && at[2] && at[2] != ']')
			high = at[2];
		for (int c = *at; c <= high; c++)
			*out |= set_of((char)c);
		if (high != *at || (at[1] == '-' && at[2] && at[2] != ']'))
			at += 2;
	}
	if (negated)
		*out = ALL & ~*out;
	return *at ? at + 1 : NULL;
}

/* false: it is something else than a row. */
static bool row_read(struct row *row, const char *text)
{
	memset(row, 0, sizeof(*row));
	row->begin = *text == '^';
	if (row->begin)
		text++;
	while (*text) {
		uint32_t set;

		if (strcmp(text, ".*") == 0 || strcmp(text, "\\(.*\\)") == 0)
			return true;
		if (strcmp(text, ".*$") == 0 || strcmp(text, "\\(.*\\)$") == 0)
			return true;
		if (strncmp(text, "\\(", 2) == 0 || strncmp(text, "\\)", 2) == 0) {
			text += 2;
			continue;
		}
		if (strcmp(text, "$") == 0) {
			row->end = true;
			return true;
		}
		switch (*text) {
		case '.':
			set = ALL;
			text++;
			break;
		case '[':
			text = read_set(text, &set);
			if (!text)
				return false;
			break;
		case '\\':
			if (!text[1] || strchr("|123456789{}", text[1]))
				return false;
			set = set_of(text[1]);
			text += 2;
			break;
		default:
			set = set_of(*text++);
		}
		if (!set || (*text && strchr("*+?", *text)))
			return false;
		row->sets[row->count++] = set;
	}
	return true;
}

/* Does each text that fits b at this place fit a there? */
static bool covers_at(const struct row *a, const struct row *b, unsigned place)
{
	for (unsigned i = 0; i < a->count; i++)
		if (b->sets[place + i] & ~a->sets[i])
			return false;
	return true;
}

/* Does each number that b fits fit a as well? Only yes is certain. */
static bool row_covers(const struct row *a, const struct row *b)
{
	if (a->count > b->count)
		return false;
	for (unsigned place = 0; place + a->count <= b->count; place++) {
		if (a->begin && (place || !b->begin))
			break;
		if (a->end && (place + a->count != b->count || !b->end))
			continue;
		if (covers_at(a, b, place))
			return true;
	}
	return false;
}

__attribute__((format(printf, 4, 5))) static void
tell(lint_warn warn, void *arg, struct lint_warning *warning, const char *format, ...)
{
	char text[LINT_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	warning->text = text;
	warn(arg, warning);
}

/* Does each number that rule b fits fit a as well? */
static bool rule_covers(const struct translation_rule *a, const struct translation_rule *b)
{
	struct row row_a, row_b;

	if (a->type_match != TRANSLATION_ANY && a->type_match != b->type_match)
		return false;
	if (a->plan_match != TRANSLATION_ANY && a->plan_match != b->plan_match)
		return false;
	if (strcmp(a->match, b->match) == 0)
		return true;
	if (!row_read(&row_a, a->match))
		return false;
	if (!row_a.count && !(row_a.begin && row_a.end))
		return true; /* fits whatever there is */
	return row_read(&row_b, b->match) && row_covers(&row_a, &row_b);
}

static void lint_rule(const struct translation_rule *rules, unsigned at, lint_warn warn, void *arg)
{
	const struct translation_rule *rule = &rules[at];
	struct lint_warning warning = {.tag = rule->number};

	if (!translation_rule_can_fit(rule)) {
		warning.kind = LINT_RULE_NEVER;
		tell(warn, arg, &warning, "rule %u: no number fits /%s/", rule->number,
		     rule->match);
		return;
	}
	for (unsigned i = 0; i < at; i++) {
		if (!rule_covers(&rules[i], rule))
			continue;
		warning.kind = LINT_RULE_SHADOWED;
		warning.other = rules[i].number;
		tell(warn, arg, &warning, "rule %u /%s/ is never applied: rule %u /%s/ fits first",
		     rule->number, rule->match, rules[i].number, rules[i].match);
		return;
	}
}

void lint_rules(const struct translation_rule *rules, unsigned count, lint_warn warn, void *arg)
{
	for (unsigned i = 0; i < count; i++)
		lint_rule(rules, i, warn, arg);
}
