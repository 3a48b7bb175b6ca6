/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * expression - regular expressions with groups and replacements: what voice translation-rule and
 * the NAPTR records of ENUM are written in.
 *
 *	EXPRESSION_SED		IOS:  .  *  +  ?  [ ]  [^ ]  ^  $  \( \)  \|  \c for c itself
 *	EXPRESSION_EXTENDED	POSIX 1003.2 (RFC 3402 3.2):  ( )  |  {n,m}  and the rest
 *
 * expression_compile() once, then expression_find() as often as wanted: the leftmost match, of these
 * the longest (POSIX, sed); of the ways to take it apart into groups the one where each repetition
 * and alternative, from left to right, takes what it can get first (greedy). Nothing backtracks: the
 * time is bounded by length of text times size of expression, whatever both are, and the size by
 * EXPRESSION_STEPS_MAX, {n,m} included. No memory is taken but about 100 kB of stack.
 *
 * Decided here, where IOS and POSIX leave it open:
 *	+ with nothing before it (first, behind ^ ( or |) is the plus sign, as in dial-peer patterns;
 *	* ? { there are errors;
 *	^ and $ are anchors wherever they stand, \^ and \$ the characters;
 *	\1 to \9 in the expression itself are errors: nothing that is linear could do them;
 *	a repetition may be repeated: a+? is (a+)?;
 *	in [ ] a \ is itself (POSIX); [:digit:] and the other classes are known;
 *	there may be more than nine groups, but those behind the ninth keep nothing.
 */
#ifndef DIALPLAN_EXPRESSION_H
#define DIALPLAN_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#define EXPRESSION_GROUPS_MAX 9	 /* \1 to \9 */
#define EXPRESSION_STEPS_MAX 512 /* about one a character, times its repetitions */

enum expression_syntax {
	EXPRESSION_SED,
	EXPRESSION_EXTENDED,
};

struct expression;

struct expression_match { /* [0] the whole, [n] group n; begin < 0: took no part */
	int begin, end;	  /* offsets, end behind the last character */
};

/* -EINVAL and one sentence with the character where it went wrong in why (may be NULL); -ENOMEM. */
int expression_compile(const char *text, enum expression_syntax syntax, bool ignore_case,
		       struct expression **out, char *why, size_t why_size);
void expression_free(struct expression *e);
bool expression_find(const struct expression *e, const char *text,
		     struct expression_match match[EXPRESSION_GROUPS_MAX + 1]);

/* Is there a text, of these characters only, that it fits? */
bool expression_can_fit(const struct expression *e, const char *characters);

/* May a replacement say so? \0 and & stand for the whole match, \1 to \9 for groups that the
 * expression has (nothing, if the group took no part), \c for any other c itself. -EINVAL
 * RFC 3402 has no &: put a \ in front of each in the replacement of a NAPTR record. */
int expression_check_replacement(const struct expression *e, const char *replacement, char *why,
				 size_t why_size);
/* text with its matched part replaced. replacement has been checked, out is not text. -EMSGSIZE: out
 * is too small; it is untouched then. */
int expression_replace(const char *replacement, const char *text,
		       const struct expression_match match[EXPRESSION_GROUPS_MAX + 1], char *out,
		       size_t size);

#endif
