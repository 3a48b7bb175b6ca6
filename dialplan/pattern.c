// SPDX-License-Identifier: GPL-2.0-or-later
/* Matching; pattern_compile.c makes what is matched. */
#include "dialplan/pattern_private.h"

#include <string.h>

/* 1 more than the symbol: 0 is none. */
static const int8_t symbols[256] = {
    ['0'] = 1,	['1'] = 2,  ['2'] = 3,	['3'] = 4,  ['4'] = 5,	['5'] = 6,
    ['6'] = 7,	['7'] = 8,  ['8'] = 9,	['9'] = 10, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['*'] = 15, ['#'] = 16, ['+'] = 17,
};

int pattern_symbol(char digit)
{
	return symbols[(unsigned char)digit] - 1;
}

bool pattern_is_plain(const struct pattern *p)
{
	return p->automaton == 0;
}

bool pattern_is_anchored(const struct pattern *p)
{
	return p->anchored;
}

uint32_t pattern_read_set(const char **at, const char **why)
{
	uint32_t set = 0;
	bool negated;

	(*at)++;
	negated = **at == '^';
	if (negated)
		(*at)++;
	while (**at != ']') {
		char low = **at, high = low;

		if (!low) {
			*why = "the set has no ']'";
			return 0;
		}
		if (low == ',') {
			(*at)++;
			continue;
		}
		if (low < '0' || low > '9') {
			*why = NULL;
			return 0;
		}
		if ((*at)[1] == '-') {
			*at += 2;
			high = **at;
			if (high < '0' || high > '9' || high < low) {
				*why = "the range does not end in a higher digit";
				return 0;
			}
		}
		set |= (2u << (high - '0')) - (1u << (low - '0'));
		(*at)++;
	}
	if (!set) {
		*why = "the set is empty";
		return 0;
	}
	(*at)++;
	return negated ? (SYMBOLS_0_9 & ~set) | 1u << SYMBOL_STAR : set;
}

/* What the plain atom at *at takes, and on to the next; 0: there is no more. */
static uint32_t next_atom(const char **at)
{
	const char *why;

	while (**at == ',' || **at == '^')
		(*at)++;
	switch (**at) {
	case '\0':
	case 'T':
	case '$':
		return 0;
	case '.':
		(*at)++;
		return SYMBOLS_WILDCARD;
	case '[':
		return pattern_read_set(at, &why);
	case '\\':
		(*at)++;
		break;
	}
	return 1u << pattern_symbol(*(*at)++);
}

/* One run over the digits. */
struct run {
	bool valid;	    /* nothing but digits */
	bool accepted;	    /* a first part of the digits fits */
	size_t accepted_at; /* the longest such part */
	bool accepted_all;
	bool alive;    /* a number that begins with all the digits could fit */
	uint32_t next; /* positions that could take one more digit */
	size_t digits;
};

static struct run run_automaton(const struct pattern *p, const struct automaton *a,
				const char *digits)
{
	struct run run = {.valid = true,
			  .accepted = a->empty,
			  .accepted_all = a->empty,
			  .alive = true,
			  .next = a->first};

	for (; digits[run.digits]; run.digits++) {
		int symbol = pattern_symbol(digits[run.digits]);
		uint32_t states;

		if (symbol < 0) {
			run.valid = false;
			return run;
		}
		states = a->takers[symbol];
		if (symbol == SYMBOL_PLUS && run.digits == 0)
			states |= a->wildcards;
		states &= run.next;
		run.next = 0;
		for (uint32_t left = states; left; left &= left - 1)
			run.next |= a->follow[__builtin_ctz(left)];
		run.alive = states;
		run.accepted_all = states & a->last;
		if (run.accepted_all) {
			run.accepted = true;
			run.accepted_at = run.digits + 1;
		}
	}
	return run;
}

/* The same for a row of plain atoms: there is one state, the digits taken. */
static struct run run_plain(const struct pattern *p, const char *digits)
{
	struct run run = {.valid = true, .alive = true};
	const char *at = p->text;
	size_t taken = 0;

	for (; digits[run.digits]; run.digits++) {
		int symbol = pattern_symbol(digits[run.digits]);
		uint32_t takes = run.alive ? next_atom(&at) : 0;

		if (symbol < 0) {
			run.valid = false;
			return run;
		}
		if (run.digits == 0 && takes == SYMBOLS_WILDCARD)
			takes |= 1u << SYMBOL_PLUS;
		run.alive = takes >> symbol & 1;
		taken += run.alive;
	}
	run.accepted = taken == p->positions;
	run.accepted_at = run.accepted ? taken : 0;
	run.accepted_all = run.accepted && run.digits == taken;
	run.next = run.alive && taken < p->positions ? 1u << taken : 0;
	return run;
}

static const struct automaton *pattern_automaton(const struct pattern *p)
{
	return (const void *)((const uint32_t *)(const void *)p + p->automaton);
}

static struct run pattern_run(const struct pattern *p, const char *digits)
{
	return pattern_is_plain(p) ? run_plain(p, digits)
				   : run_automaton(p, pattern_automaton(p), digits);
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
	return run.alive ? PATTERN_PART : PATTERN_NO;
}

bool pattern_can_grow(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);

	if (!run.valid)
		return false;
	return run.next || (p->weight.variable && (run.accepted || run.alive));
}

int pattern_missing(const struct pattern *p, const char *digits)
{
	struct run run = pattern_run(p, digits);
	const struct automaton *a;

	if (!run.valid)
		return -1;
	if (run.accepted_all || (p->weight.variable && run.accepted))
		return 0;
	if (pattern_is_plain(p))
		return run.next ? p->positions - (int)run.digits : -1;
	a = pattern_automaton(p);
	for (int missing = 1; run.next && missing <= PATTERN_POSITIONS_MAX; missing++) {
		uint32_t states = run.next;

		if (states & a->last)
			return missing;
		run.next = 0;
		for (; states; states &= states - 1)
			run.next |= a->follow[__builtin_ctz(states)];
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
	const char *at = p->text;

	for (unsigned i = 0; i < p->leading; i++) {
		sets[i] = next_atom(&at);
		if (i == 0 && sets[i] == SYMBOLS_WILDCARD)
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
