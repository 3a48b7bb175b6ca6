// SPDX-License-Identifier: GPL-2.0-or-later
/* From the text of a pattern to its compiled form; pattern_private.h has what that is. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern_private.h"

static_assert(PATTERN_SIZE_MAX % sizeof(uint32_t) == 0 &&
		  PATTERN_SIZE_MAX >= sizeof(struct pattern) + PATTERN_TEXT_MAX + 4 +
					  sizeof(struct automaton) +
					  PATTERN_POSITIONS_MAX * sizeof(uint32_t),
	      "the largest pattern");

/* A piece of the pattern while it is compiled. */
struct piece {
	uint32_t first, last;
	bool empty;
};

struct compiler {
	struct pattern *p;
	const char *text, *at;
	uint32_t accepts[PATTERN_POSITIONS_MAX]; /* symbols, by position */
	uint32_t follow[PATTERN_POSITIONS_MAX];	 /* positions that may come next */
	uint32_t wildcards;
	bool plain;   /* only plain atoms so far */
	bool literal; /* only literals so far */
	char *why;
	size_t why_size;
};

static int compile_items(struct compiler *c, unsigned depth, struct piece *out);

__attribute__((format(printf, 2, 3))) static int refuse(struct compiler *c, const char *format, ...)
{
	char what[80];
	va_list ap;

	if (!c->why || !c->why_size)
		return -EINVAL;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(c->why, c->why_size, "character %u: %s", (unsigned)(c->at - c->text) + 1, what);
	return -EINVAL;
}

static int refuse_character(struct compiler *c, const char *rest)
{
	if (*c->at >= ' ' && *c->at <= '~')
		return refuse(c, "'%c' %s", *c->at, rest);
	return refuse(c, "byte 0x%02x %s", (unsigned char)*c->at, rest);
}

static int add_position(struct compiler *c, uint32_t accepts, struct piece *out)
{
	unsigned position = c->p->positions;

	if (position == PATTERN_POSITIONS_MAX)
		return refuse(c, "more than %d digits, wildcards and sets", PATTERN_POSITIONS_MAX);
	c->accepts[position] = accepts;
	c->follow[position] = 0;
	*out = (struct piece){.first = 1u << position, .last = 1u << position};
	c->p->positions++;
	return 0;
}

static void follow_with(struct compiler *c, uint32_t from, uint32_t to)
{
	for (; from; from &= from - 1)
		c->follow[__builtin_ctz(from)] |= to;
}

static void piece_append(struct compiler *c, struct piece *a, const struct piece *b)
{
	follow_with(c, a->last, b->first);
	if (a->empty)
		a->first |= b->first;
	a->last = b->last | (b->empty ? a->last : 0);
	a->empty = a->empty && b->empty;
}

static int compile_set(struct compiler *c, struct piece *out)
{
	const char *why;
	uint32_t set = pattern_read_set(&c->at, &why);

	if (!set)
		return why ? refuse(c, "%s", why)
			   : refuse_character(c, "in a set, where only digits may stand");
	c->p->weight.sets++;
	return add_position(c, set, out);
}

static int compile_group(struct compiler *c, unsigned depth, struct piece *out)
{
	const char *begin = c->at;
	int rc;

	c->plain = c->literal = false;
	c->at++;
	if (*c->at == ')')
		return refuse(c, "the group is empty");
	rc = compile_items(c, depth + 1, out);
	if (rc < 0)
		return rc;
	if (*c->at != ')') {
		c->at = begin;
		return refuse(c, "the group has no ')'");
	}
	if (!out->first) {
		c->at = begin;
		return refuse(c, "the group holds no digit");
	}
	c->at++;
	return 0;
}

static int compile_literal(struct compiler *c, struct piece *out)
{
	int symbol, rc;

	if (*c->at == '\\') {
		c->at++;
		if (!*c->at)
			return refuse(c, "nothing stands behind the '\\'");
	}
	symbol = pattern_symbol(*c->at);
	if (symbol < 0)
		return refuse_character(c, "is no part of a pattern");
	rc = add_position(c, 1u << symbol, out);
	if (rc < 0)
		return rc;
	c->at++;
	c->p->weight.literals++;
	return 0;
}

static int compile_atom(struct compiler *c, unsigned depth, struct piece *out)
{
	int rc;

	switch (*c->at) {
	case '[':
		return compile_set(c, out);
	case '(':
		return compile_group(c, depth, out);
	case '.':
		rc = add_position(c, SYMBOLS_WILDCARD, out);
		if (rc < 0)
			return rc;
		c->wildcards |= out->first;
		c->at++;
		return 0;
	case '?':
	case '%':
	case '+':
		return refuse_character(c, "has nothing before it to repeat");
	case 'T':
		return refuse(c, "T must be the last character");
	default:
		return compile_literal(c, out);
	}
}

static bool is_quantifier(char ch)
{
	return ch == '?' || ch == '%' || ch == '+';
}

static int compile_quantifier(struct compiler *c, struct piece *piece)
{
	char quantifier = *c->at;

	if (quantifier != '?') {
		if (piece->empty)
			return refuse_character(c, "repeats a group that can be empty");
		follow_with(c, piece->last, piece->first);
	}
	if (quantifier != '+')
		piece->empty = true;
	c->at++;
	if (is_quantifier(*c->at))
		return refuse_character(c, "follows another sign of repetition");
	return 0;
}

/* What an item says about the weight and about the plain beginning. */
static void count_item(struct compiler *c, char begin, bool quantified)
{
	if (quantified)
		c->plain = false;
	if (quantified || begin == '.' || begin == '[' || begin == '(')
		c->literal = false;
	if (c->plain)
		c->p->leading = c->p->positions;
	if (c->literal)
		c->p->weight.explicit_length = c->p->positions;
}

static bool is_end(const struct compiler *c)
{
	return !*c->at || (c->at[0] == '$' && !c->at[1]) || (c->at[0] == 'T' && !c->at[1]);
}

static int compile_items(struct compiler *c, unsigned depth, struct piece *out)
{
	struct piece whole = {.empty = true};

	while (!is_end(c) && !(depth && *c->at == ')')) {
		struct piece piece = {0};
		char begin = *c->at;
		int rc;

		if (begin == ',') { /* a pause when sending, nothing when matching */
			c->at++;
			continue;
		}
		if (begin == ')')
			return refuse(c, "')' has no '('");
		rc = compile_atom(c, depth, &piece);
		if (rc < 0)
			return rc;
		if (is_quantifier(*c->at)) {
			rc = compile_quantifier(c, &piece);
			if (rc < 0)
				return rc;
			count_item(c, begin, true);
		} else {
			count_item(c, begin, false);
		}
		piece_append(c, &whole, &piece);
	}
	*out = whole;
	return 0;
}

static int compile(struct compiler *c, struct piece *whole)
{
	struct pattern *p = c->p;
	struct piece items;
	int rc;

	if (*c->at == '^')
		c->at++;
	if (*c->at == '+') { /* the E.164 sign: a digit like any other */
		rc = add_position(c, 1u << SYMBOL_PLUS, whole);
		if (rc < 0)
			return rc;
		p->weight.literals++;
		count_item(c, '+', false);
		c->at++;
	}
	rc = compile_items(c, 0, &items);
	if (rc < 0)
		return rc;
	piece_append(c, whole, &items);
	p->weight.variable = *c->at == 'T';
	p->anchored = *c->at == '$';
	if (!p->positions && !p->weight.variable)
		return refuse(c, "the pattern holds no digit");
	return 0;
}

static size_t words(size_t octets)
{
	return (octets + sizeof(uint32_t) - 1) / sizeof(uint32_t);
}

/* Behind the text. Returns the size of it all, in words. */
static size_t append_automaton(const struct compiler *c, const struct piece *whole,
			       uint32_t *memory, size_t at)
{
	struct automaton *a = (void *)(memory + at);
	unsigned positions = c->p->positions;

	*a = (struct automaton){.first = whole->first,
				.last = whole->last,
				.wildcards = c->wildcards,
				.empty = whole->empty};
	for (unsigned i = 0; i < positions; i++) {
		a->follow[i] = c->follow[i];
		for (uint32_t left = c->accepts[i]; left; left &= left - 1)
			a->takers[__builtin_ctz(left)] |= 1u << i;
	}
	c->p->automaton = at;
	return at + words(sizeof(*a)) + positions;
}

int pattern_compile_at(uint32_t *memory, const char *text, char *why, size_t why_size)
{
	struct pattern *p = (void *)memory;
	size_t length = strnlen(text, PATTERN_TEXT_MAX + 1), size;
	struct compiler c;
	struct piece whole = {.empty = true};
	int rc;

	c.p = p; /* its arrays are filled as positions are added: most patterns have few */
	c.text = c.at = text;
	c.wildcards = 0;
	c.plain = c.literal = true;
	c.why = why;
	c.why_size = why_size;
	if (length > PATTERN_TEXT_MAX) {
		if (why)
			snprintf(why, why_size, "the pattern is longer than %d characters",
				 PATTERN_TEXT_MAX);
		return -EINVAL;
	}
	*p = (struct pattern){0};
	memcpy(p->text, text, length + 1);
	if (length >= 2 && text[length - 2] == 'T' && text[length - 1] == '$' &&
	    (length < 3 || text[length - 3] != '\\')) {
		c.at = text + length - 1;
		return refuse(&c, "T and '$' exclude each other");
	}
	rc = compile(&c, &whole);
	if (rc < 0)
		return rc;
	size = words(sizeof(*p) + length + 1);
	if (!c.plain)
		size = append_automaton(&c, &whole, memory, size);
	return size * sizeof(uint32_t);
}

int pattern_compile(const char *text, struct pattern **out, char *why, size_t why_size)
{
	uint32_t memory[PATTERN_SIZE_MAX / sizeof(uint32_t)];
	int size = pattern_compile_at(memory, text, why, why_size);
	struct pattern *p;

	if (size < 0)
		return size;
	p = malloc(size);
	if (!p) {
		if (why)
			snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	memcpy(p, memory, size);
	*out = p;
	return 0;
}

size_t pattern_size(const struct pattern *p)
{
	size_t size = words(sizeof(*p) + strlen(p->text) + 1);

	if (p->automaton)
		size = p->automaton + words(sizeof(struct automaton)) + p->positions;
	return size * sizeof(uint32_t);
}

void pattern_free(struct pattern *p)
{
	free(p);
}
