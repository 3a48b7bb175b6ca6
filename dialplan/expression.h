/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * expression - regular expressions with groups and replacements: what voice translation-rule and
 * the NAPTR records of ENUM are written in.
 *
 *	EXPRESSION_SED		IOS:  .  *  +  ?  [ ]  [^ ]  ^  $  \( \)  \|  \c for c itself
 *	EXPRESSION_EXTENDED	POSIX 1003.2 (RFC 3402 3.2):  ( )  |  {n,m}  and the rest
 *
 * expression_compile() once, then expression_find() as often as wanted: the leftmost match, of these
 * the one that greedy sed would take. Nothing backtracks: the time is bounded by length of text
 * times size of expression, whatever both are.
 */
#ifndef DIALPLAN_EXPRESSION_H
#define DIALPLAN_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#define EXPRESSION_GROUPS_MAX 9 /* \1 to \9 */

enum expression_syntax {
	EXPRESSION_SED,
	EXPRESSION_EXTENDED,
};

struct expression;

struct expression_match { /* [0] the whole, [n] group n; begin < 0: took no part */
	int begin, end;	  /* offsets, end behind the last character */
};

/* -EINVAL and one sentence in why (may be NULL); -ENOMEM. */
int expression_compile(const char *text, enum expression_syntax syntax, bool ignore_case,
		       struct expression **out, char *why, size_t why_size);
void expression_free(struct expression *e);
bool expression_find(const struct expression *e, const char *text,
		     struct expression_match match[EXPRESSION_GROUPS_MAX + 1]);

/* May a replacement say so? \0 and & stand for the whole match, \1 to \9 for groups that the
 * expression has, \\ and \& for themselves. -EINVAL */
int expression_check_replacement(const struct expression *e, const char *replacement, char *why,
				 size_t why_size);
/* text with its matched part replaced. -EMSGSIZE: out is too small; it is untouched then. */
int expression_replace(const char *replacement, const char *text,
		       const struct expression_match match[EXPRESSION_GROUPS_MAX + 1], char *out,
		       size_t size);

#endif
