/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pattern - the pattern language of dial peers: what destination-pattern, incoming called-number
 * and answer-address are written in.
 *
 *	pattern = ["^"] ["+"] *item ["T"] ["$"]
 *	item    = atom [ "?" / "%" / "+" ]	zero or one / zero or more / one or more
 *	atom    = DIGIT / A-D / "*" / "#" / "." / set / "(" 1*item ")" / "\" char
 *	set     = "[" ["^"] 1*( DIGIT ["-" DIGIT] / "," ) "]"
 *	pause   = ","	outside a set: one second when sending, nothing when matching
 *
 * pattern_compile() once, then pattern_match() as often as wanted; matching never backtracks, its
 * time is bounded by length of number times length of pattern. Nothing is allocated but the
 * pattern itself, which the caller frees with pattern_free(). A pattern of plain atoms, without
 * groups and repetitions, takes little more memory than its text.
 */
#ifndef DIALPLAN_PATTERN_H
#define DIALPLAN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_POSITIONS_MAX 32 /* atoms, each of which takes one digit; groups are none */
#define PATTERN_TEXT_MAX 64
#define PATTERN_SYMBOLS 17   /* 0-9 A-D * # + */
#define PATTERN_SIZE_MAX 304 /* octets of a compiled pattern */

struct pattern;

enum pattern_fit {
	PATTERN_NO,	 /* does not fit */
	PATTERN_PART,	 /* the digits so far fit, more are needed */
	PATTERN_FULL,	 /* fits exactly */
	PATTERN_SURPLUS, /* fits a first part of the number; the rest is surplus digits (rule 4.3)
			  */
};

struct pattern_weight {		 /* what the hunt order looks at (rules 4.4 and 4.6) */
	uint8_t explicit_length; /* literals before the first wildcard: L(p) */
	uint8_t literals;	 /* literals anywhere */
	uint8_t sets;		 /* brackets anywhere */
	bool variable;		 /* ends in T */
};

/* On success *out is the compiled pattern. On error returns -EINVAL and, in why, one sentence that
 * says what is wrong and at which character (why may be NULL). */
int pattern_compile(const char *text, struct pattern **out, char *why, size_t why_size);
void pattern_free(struct pattern *p);
/* The same in memory of the caller: PATTERN_SIZE_MAX octets, aligned to four, of which the pattern
 * takes as many as are returned. It may be copied to another place, and is not freed by
 * pattern_free(). */
int pattern_compile_at(uint32_t *memory, const char *text, char *why, size_t why_size);
size_t pattern_size(const struct pattern *p); /* octets */

/* Left-anchored match of the digits. En bloc callers take FULL and SURPLUS (surplus is never
 * returned for a pattern that ends in $); callers that collect digits take FULL and PART. A pattern
 * with T takes any rest as FULL. SURPLUS goes before PART where both are true ("51" for 5(12)?):
 * who collects asks pattern_can_grow() as well. */
enum pattern_fit pattern_match(const struct pattern *p, const char *digits);

/* Could a longer number than this still fit? (collection, rule 5.1) */
bool pattern_can_grow(const struct pattern *p, const char *digits);

/* The fewest digits that must follow for the number to fit exactly; 0 if it does. -1: it never
 * will.
 */
int pattern_missing(const struct pattern *p, const char *digits);

/* How many digits of the number the pattern itself takes (FULL: all of them, before T). */
size_t pattern_consumed(const struct pattern *p, const char *digits);

/* The digits that every number of this pattern begins with, as far as each is one plain atom (no
 * group, nothing optional or repeated, not T): for an index over patterns. Fills sets with one set
 * of symbols a digit, bit n for symbol n (pattern_symbol), and returns how many. */
size_t pattern_leading_sets(const struct pattern *p, uint32_t sets[PATTERN_POSITIONS_MAX]);
int pattern_symbol(char digit); /* 0..PATTERN_SYMBOLS-1, or -1 */

/* Is the pattern nothing but its leading sets, and T or $ behind them? */
bool pattern_is_plain(const struct pattern *p);
bool pattern_is_anchored(const struct pattern *p); /* ends in $ */

const struct pattern_weight *pattern_weight(const struct pattern *p);
const char *pattern_text(const struct pattern *p);

#endif
