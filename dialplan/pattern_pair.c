// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/pattern_pair.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "dialplan/pattern_private.h"

#define STEPS_MAX 512

/* The automaton of either kind of pattern. */
struct machine {
	uint32_t takers[PATTERN_SYMBOLS], follow[PATTERN_POSITIONS_MAX];
	uint32_t first, last, wildcards;
	bool empty; /* takes no digits at all */
	bool open;  /* what it has taken may be followed by anything */
	bool variable;
};

struct state {
	uint32_t next; /* positions that may take the next digit */
	bool accepted;
	bool rest; /* open, and accepted before */
};

struct step { /* of the walk */
	struct state a, b;
	uint16_t from; /* the step before it */
	uint8_t symbol, depth;
};

static void machine_from_sets(struct machine *m, const struct pattern *p)
{
	uint32_t sets[PATTERN_POSITIONS_MAX];
	size_t count = pattern_leading_sets(p, sets);

	for (size_t i = 0; i < count; i++) {
		for (unsigned symbol = 0; symbol < PATTERN_SYMBOLS; symbol++)
			m->takers[symbol] |= (sets[i] >> symbol & 1) << i;
		if (i + 1 < count)
			m->follow[i] = 1u << (i + 1);
	}
	m->first = count ? 1 : 0;
	m->last = count ? 1u << (count - 1) : 0;
	m->empty = !count;
}

static void machine_from_automaton(struct machine *m, const struct pattern *p)
{
	const struct automaton *a =
	    (const void *)((const uint32_t *)(const void *)p + p->automaton);

	memcpy(m->takers, a->takers, sizeof(m->takers));
	memcpy(m->follow, a->follow, p->positions * sizeof(m->follow[0]));
	m->first = a->first;
	m->last = a->last;
	m->wildcards = a->wildcards;
	m->empty = a->empty;
}

static void machine_set(struct machine *m, const struct pattern *p, bool exactly)
{
	memset(m, 0, sizeof(*m));
	if (pattern_is_plain(p))
		machine_from_sets(m, p);
	else
		machine_from_automaton(m, p);
	m->variable = pattern_weight(p)->variable;
	m->open = exactly ? m->variable : !pattern_is_anchored(p);
}

static struct state machine_start(const struct machine *m)
{
	return (struct state){.next = m->first, .accepted = m->empty, .rest = m->empty && m->open};
}

static struct state machine_step(const struct machine *m, const struct state *from, unsigned symbol,
				 bool first)
{
	struct state to = {.rest = from->rest};
	uint32_t taken = m->takers[symbol];

	if (first && symbol == SYMBOL_PLUS)
		taken |= m->wildcards;
	taken &= from->next;
	for (uint32_t left = taken; left; left &= left - 1)
		to.next |= m->follow[__builtin_ctz(left)];
	to.accepted = to.rest || (taken & m->last);
	to.rest = to.accepted && m->open;
	if (to.rest && !m->variable)
		to.next = 0; /* whatever follows is surplus: one state instead of many */
	return to;
}

static bool is_answer(const struct step *step, enum pattern_pair_question question)
{
	switch (question) {
	case PATTERN_PAIR_BOTH:
	case PATTERN_PAIR_BOTH_EXACTLY:
		return step->a.accepted && step->b.accepted;
	case PATTERN_PAIR_FIRST_ONLY:
		return step->a.accepted && !step->b.accepted;
	case PATTERN_PAIR_BEGINNING:
		return step->a.accepted && step->depth && (step->b.next || step->b.rest);
	}
	return false;
}

static bool leads_on(const struct step *step, enum pattern_pair_question question)
{
	bool a = step->a.next || step->a.rest, b = step->b.next || step->b.rest;

	if (step->depth >= NUMBER_DIGITS_MAX)
		return false;
	return question == PATTERN_PAIR_FIRST_ONLY ? a : a && b;
}

static bool same_states(const struct step *x, const struct step *y)
{
	return x->a.next == y->a.next && x->b.next == y->b.next && x->a.accepted == y->a.accepted &&
	       x->b.accepted == y->b.accepted && x->a.rest == y->a.rest && x->b.rest == y->b.rest;
}

static bool seen(const struct step *steps, unsigned count, const struct step *step)
{
	while (count--)
		if (same_states(&steps[count], step))
			return true;
	return false;
}

static void spell(const struct step *steps, unsigned at, char number[NUMBER_DIGITS_MAX + 1])
{
	static const char symbols[] = "0123456789ABCD*#+";

	number[steps[at].depth] = '\0';
	for (; steps[at].depth; at = steps[at].from)
		number[steps[at].depth - 1] = symbols[steps[at].symbol];
}

int pattern_pair_find(const struct pattern *first, const struct pattern *second,
		      enum pattern_pair_question question, char number[NUMBER_DIGITS_MAX + 1])
{
	bool exactly = question == PATTERN_PAIR_BOTH_EXACTLY || question == PATTERN_PAIR_BEGINNING;
	struct machine a, b;
	struct step steps[STEPS_MAX];
	unsigned count = 1;

	machine_set(&a, first, exactly);
	machine_set(&b, second, exactly);
	steps[0] = (struct step){.a = machine_start(&a), .b = machine_start(&b)};
	if (is_answer(&steps[0], question)) {
		number[0] = '\0';
		return 1;
	}
	for (unsigned at = 0; at < count; at++) {
		if (!leads_on(&steps[at], question))
			continue;
		for (unsigned symbol = 0; symbol < PATTERN_SYMBOLS; symbol++) {
			bool begins = steps[at].depth == 0;
			struct step *step = &steps[count];

			if (symbol == SYMBOL_PLUS && !begins)
				continue; /* only the first character of a number */
			if (count == STEPS_MAX)
				return -E2BIG;
			*step = (struct step){.a = machine_step(&a, &steps[at].a, symbol, begins),
					      .b = machine_step(&b, &steps[at].b, symbol, begins),
					      .from = (uint16_t)at,
					      .symbol = (uint8_t)symbol,
					      .depth = (uint8_t)(steps[at].depth + 1)};
			if (seen(steps, count, step))
				continue;
			if (is_answer(step, question)) {
				spell(steps, count, number);
				return 1;
			}
			if (leads_on(step, question))
				count++;
		}
	}
	return 0;
}
