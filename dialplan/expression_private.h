/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an expression is compiled to: steps that expression_compile.c writes and expression.c runs.
 *
 * Thompson's construction: a step takes one character of the text, or none and says where to go on.
 * Ways are told as distances, so that a part can be moved and copied as it is.
 */
#ifndef DIALPLAN_EXPRESSION_PRIVATE_H
#define DIALPLAN_EXPRESSION_PRIVATE_H

#include "dialplan/expression.h"

#include <stdint.h>

#define EXPRESSION_SLOTS_MAX (2 * (EXPRESSION_GROUPS_MAX + 1)) /* begin and end of each group */

enum step_kind {
	STEP_CHARACTER, /* takes what */
	STEP_ANY,	/* takes any */
	STEP_SET,	/* takes a member of sets[what] */
	STEP_BEGIN,	/* here the text begins */
	STEP_END,	/* here it ends */
	STEP_SAVE,	/* remembers where we are in slot what */
	STEP_SPLIT,	/* two ways; go is the one that is better */
	STEP_JUMP,	/* go */
	STEP_FOUND,
};

struct step {
	uint8_t kind; /* enum step_kind */
	uint8_t what;
	int16_t go, other;
};

struct character_set {
	uint32_t bits[8];
};

struct expression {
	unsigned groups; /* that have slots */
	unsigned count;
	struct step *steps; /* behind the sets, in the same piece of memory */
	struct character_set sets[];
};

static inline bool character_set_has(const struct character_set *set, unsigned char c)
{
	return set->bits[c / 32] >> c % 32 & 1;
}

#endif
