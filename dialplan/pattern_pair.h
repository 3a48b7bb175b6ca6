/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pattern_pair - do two patterns have numbers in common, and which?
 *
 * Decided exactly, by walking through both automata at once. A walk of more than 512 pairs of states,
 * which only groups repeated within groups reach, is given up.
 */
#ifndef DIALPLAN_PATTERN_PAIR_H
#define DIALPLAN_PATTERN_PAIR_H

#include "dialplan/number.h"
#include "dialplan/pattern.h"

enum pattern_pair_question {
	PATTERN_PAIR_BOTH,	   /* a number that both fit, en bloc */
	PATTERN_PAIR_FIRST_ONLY,   /* a number that fits the first and not the second, en bloc */
	PATTERN_PAIR_BOTH_EXACTLY, /* a number that both take to its last digit */
	/* a number that the first takes to its last digit, while the second wants more digits */
	PATTERN_PAIR_BEGINNING,
};

/* 1 and the shortest such number; 0: there is none; -E2BIG: not decided. */
int pattern_pair_find(const struct pattern *first, const struct pattern *second,
		      enum pattern_pair_question question, char number[NUMBER_DIGITS_MAX + 1]);

#endif
