/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pattern_private - the compiled pattern, as pattern_compile.c makes it and pattern.c reads it.
 *
 * A pattern is its text. Where the text is a row of plain atoms (2[0-4].T) it is matched as it
 * stands; where it has groups or repetitions, a position automaton lies behind it.
 */
#ifndef DIALPLAN_PATTERN_PRIVATE_H
#define DIALPLAN_PATTERN_PRIVATE_H

#include "dialplan/pattern.h"

enum {
	SYMBOL_STAR = 14,
	SYMBOL_HASH = 15,
	SYMBOL_PLUS = 16,
};

#define SYMBOLS_0_9 0x03ffu
#define SYMBOLS_A_D 0x3c00u
#define SYMBOLS_WILDCARD (SYMBOLS_0_9 | SYMBOLS_A_D | 1u << SYMBOL_STAR)

struct pattern {
	struct pattern_weight weight;
	uint8_t positions;
	uint8_t leading;   /* plain atoms at the beginning; as many as positions: all are plain */
	bool anchored;	   /* ends in $ */
	uint8_t automaton; /* where it is, in words from the beginning; 0: all atoms are plain */
	char text[];
};

/* Glushkov's: one state for each atom that takes a digit, no empty moves. All states at once fit
 * one 32 bit word, so a digit costs one step whatever the pattern, and nothing is ever tried
 * twice. */
struct automaton {
	uint32_t first, last;		  /* where a number may begin and end */
	uint32_t wildcards;		  /* positions that are a dot: they take + as first digit */
	uint32_t empty;			  /* not 0: the part before T fits no digits at all */
	uint32_t takers[PATTERN_SYMBOLS]; /* positions, by symbol */
	uint32_t follow[];		  /* positions that may come next, by position */
};

/* Reads a set, [^1-3,5], from its '[' on, and moves *at behind it. Only digits may stand in a set; a
 * negated one takes the star as well. Returns the symbols that it takes, or 0: it is wrong at *at,
 * and *why says how, or is NULL: there is no digit. */
uint32_t pattern_read_set(const char **at, const char **why);

#endif
