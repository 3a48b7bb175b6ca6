// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pattern is compiled to the position automaton of Glushkov: one state for each atom that takes a
 * digit, no empty moves. All states at once fit one 32 bit word, so a digit costs one step
 * whatever the pattern, and nothing is ever tried twice.
 */
#include "dialplan/pattern.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SYMBOL_STAR = 14,
	SYMBOL_HASH = 15,
	SYMBOL_PLUS = 16,
};

#define SYMBOLS_0_9 0x03ffu
#define SYMBOLS_A_D 0x3c00u
#define SYMBOLS_WILDCARD (SYMBOLS_0_9 | SYMBOLS_A_D | 1u << SYMBOL_STAR)

struct pattern {
	char text[PATTERN_TEXT_MAX + 1];
	unsigned positions;
	uint32_t accepts[PATTERN_POSITIONS_MAX]; /* symbols, by position */
	uint32_t takers[PATTERN_SYMBOLS];	 /* positions, by symbol */
	uint32_t follow[PATTERN_POSITIONS_MAX];	 /* positions that may come next */
	uint32_t wildcards;   /* positions that are a dot: they take + as the first digit */
	uint32_t first, last; /* where a number may begin and end */
	bool empty;	      /* the part before T fits no digits at all */
	bool anchored;	      /* ends in $ */
	unsigned leading;     /* plain atoms at the beginning */
	struct pattern_weight weight;
};

/* A piece of the pattern while it is compiled. */
struct piece {
	uint32_t first, last;
	bool empty;
};

struct compiler {
	struct pattern *p;
	const char *at;
	bool plain;   /* only plain atoms so far */
	bool literal; /* only literals so far */
	char *why;
	size_t why_size;
};

static int compile_items(struct compiler *c, unsigned depth, struct piece *out);

int pattern_symbol(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'D')
		return 10 + digit - 'A';
	switch (digit) {
	case '*':
		return SYMBOL_STAR;
	case '#':
		return SYMBOL_HASH;
	case '+':
		return SYMBOL_PLUS;
	default:
		return -1;
	}
}

__attribute__((format(printf, 2, 3))) static int refuse(struct compiler *c, const char *format, ...)
{
	char what[80];
	va_list ap;

	if (!c->why || !c->why_size)
		return -EINVAL;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(c->why, c->why_size, "character %u: %s", (unsigned)(c->at - c->p->text) + 1, what);
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
	struct pattern *p = c->p;

	if (p->positions == PATTERN_POSITIONS_MAX)
		return refuse(c, "more than %d digits, wildcards and sets", PATTERN_POSITIONS_MAX);
	p->accepts[p->positions] = accepts;
	*out = (struct piece){.first = 1u << p->positions, .last = 1u << p->positions};
	p->positions++;
	return 0;
}

static void follow_with(struct pattern *p, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < p->positions; i++)
		if (from >> i & 1)
			p->follow[i] |= to;
}

static void piece_append(struct pattern *p, struct piece *a, const struct piece *b)
{
	follow_with(p, a->last, b->first);
	if (a->empty)
		a->first |= b->first;
	a->last = b->last | (b->empty ? a->last : 0);
	a->empty = a->empty && b->empty;
}

/* [^1-3,5]: only digits may stand in a set; a negated one takes the star as well. */
static int compile_set(struct compiler *c, struct piece *out)
{
	uint32_t set = 0;
	bool negated;

	c->at++;
	negated = *c->at == '^';
	if (negated)
		c->at++;
	while (*c->at != ']') {
		char low = *c->at, high = low;

		if (!low)
			return refuse(c, "the set has no ']'");
		if (low == ',') {
			c->at++;
			continue;
		}
		if (low < '0' || low > '9')
			return refuse_character(c, "in a set, where only digits may stand");
		if (c->at[1] == '-') {
			c->at += 2;
			high = *c->at;
			if (high < '0' || high > '9' || high < low)
				return refuse(c, "the range does not end in a higher digit");
		}
		for (; low <= high; low++)
			set |= 1u << (low - '0');
		c->at++;
	}
	if (!set)
		return refuse(c, "the set is empty");
	if (negated)
		set = (SYMBOLS_0_9 & ~set) | 1u << SYMBOL_STAR;
	c->at++;
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
		c->p->wildcards |= out->first;
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
		follow_with(c->p, piece->last, piece->first);
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
		piece_append(c->p, &whole, &piece);
	}
	*out = whole;
	return 0;
}

static int compile(struct compiler *c)
{
	struct piece whole = {.empty = true}, items;
	struct pattern *p = c->p;
	int rc;

	if (*c->at == '^')
		c->at++;
	if (*c->at == '+') { /* the E.164 sign: a digit like any other */
		rc = add_position(c, 1u << SYMBOL_PLUS, &whole);
		if (rc < 0)
			return rc;
		p->weight.literals++;
		count_item(c, '+', false);
		c->at++;
	}
	rc = compile_items(c, 0, &items);
	if (rc < 0)
		return rc;
	piece_append(p, &whole, &items);
	p->first = whole.first;
	p->last = whole.last;
	p->empty = whole.empty;
	p->weight.variable = *c->at == 'T';
	p->anchored = *c->at == '$';
	if (!p->positions && !p->weight.variable)
		return refuse(c, "the pattern holds no digit");
	for (unsigned i = 0; i < p->positions; i++)
		for (unsigned s = 0; s < PATTERN_SYMBOLS; s++)
			if (p->accepts[i] >> s & 1)
				p->takers[s] |= 1u << i;
	return 0;
}

int pattern_compile(const char *text, struct pattern **out, char *why, size_t why_size)
{
	size_t length = strnlen(text, PATTERN_TEXT_MAX + 1);
	struct compiler c = {.plain = true, .literal = true, .why = why, .why_size = why_size};
	struct pattern *p;
	int rc;

	if (length > PATTERN_TEXT_MAX) {
		if (why)
			snprintf(why, why_size, "the pattern is longer than %d characters",
				 PATTERN_TEXT_MAX);
		return -EINVAL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		if (why)
			snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	memcpy(p->text, text, length);
	c.p = p;
	c.at = p->text;
	if (length >= 2 && text[length - 2] == 'T' && text[length - 1] == '$' &&
	    (length < 3 || text[length - 3] != '\\')) {
		c.at = p->text + length - 1;
		rc = refuse(&c, "T and '$' exclude each other");
	} else {
		rc = compile(&c);
	}
	if (rc < 0)
		goto fail;
	*out = p;
	return 0;
fail:
	free(p);
	return rc;
}

void pattern_free(struct pattern *p)
{
	free(p);
}

/* One run over the digits. */
struct run {
	bool valid;	    /* nothing but digits */
	bool accepted;	    /* a first part of the digits fits */
	size_t accepted_at; /* the longest such part */
	bool accepted_all;
	uint32_t states; /* after the last digit; 0: it has died */
	size_t digits;
};

static struct run pattern_run(const struct pattern *p, const char *digits)
{
	struct run run = {.valid = true, .accepted = p->empty, .accepted_all = p->empty};
	uint32_t next = p->first;

	for (; digits[run.digits]; run.digits++) {
		int symbol = pattern_symbol(digits[run.digits]);
		uint32_t takers;

		if (symbol < 0) {
			run.valid = false;
			return run;
		}
		takers = p->takers[symbol];
		if (symbol == SYMBOL_PLUS && run.digits == 0)
			takers |= p->wildcards;
		run.states = next & takers;
		next = 0;
		for (uint32_t left = run.states; left; left &= left - 1)
			next |= p->follow[__builtin_ctz(left)];
		run.accepted_all = run.states & p->last;
		if (run.accepted_all) {
			run.accepted = true;
			run.accepted_at = run.digits + 1;
		}
	}
	return run;
}

enum pattern_fit pattern_match(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);

	if (!run.valid)
		return PATTERN_NO;
	if (run.accepted_all || (p->weight.variable && run.accepted))
		return PATTERN_FULL;
	if (run.accepted && !p->anchored)
		return PATTERN_SURPLUS;
	if (run.states || run.digits == 0)
		return PATTERN_PART;
	return PATTERN_NO;
}

bool pattern_can_grow(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);

	if (!run.valid)
		return false;
	if (p->weight.variable && run.accepted)
		return true;
	if (run.digits == 0)
		return p->first != 0;
	for (uint32_t left = run.states; left; left &= left - 1)
		if (p->follow[__builtin_ctz(left)] || p->weight.variable)
			return true;
	return false;
}

int pattern_missing(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);
	uint32_t next = run.digits ? 0 : p->first;

	if (!run.valid)
		return -1;
	if (run.accepted_all || (p->weight.variable && run.accepted))
		return 0;
	for (uint32_t left = run.states; left; left &= left - 1)
		next |= p->follow[__builtin_ctz(left)];
	for (int missing = 1; next && missing <= PATTERN_POSITIONS_MAX; missing++) {
		uint32_t states = next;

		if (states & p->last)
			return missing;
		next = 0;
		for (; states; states &= states - 1)
			next |= p->follow[__builtin_ctz(states)];
	}
	return -1;
}

size_t pattern_consumed(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);

	return run.valid ? run.accepted_at : 0;
}

size_t pattern_leading_sets(const struct pattern *p, uint32_t sets[PATTERN_POSITIONS_MAX])
{
	for (unsigned i = 0; i < p->leading; i++) {
		sets[i] = p->accepts[i];
		if (i == 0 && p->wildcards & 1)
			sets[i] |= 1u << SYMBOL_PLUS;
	}
	return p->leading;
}

const struct pattern_weight *pattern_weight(const struct pattern *p)
{
	return &p->weight;
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}
