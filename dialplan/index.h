/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * index - finds the patterns that a number fits without looking at those it cannot fit.
 *
 * index_new(), index_add() or index_add_text() for each pattern, index_seal(), then index_find() as
 * often as wanted. A look-up costs time by the length of the number and by how many patterns fit,
 * not by how many there are: a million are usual. The same pattern may be added many times and is
 * found as often.
 */
#ifndef DIALPLAN_INDEX_H
#define DIALPLAN_INDEX_H

#include "dialplan/pattern.h"

struct index;

struct index *index_new(void); /* NULL: out of memory */
void index_free(struct index *index);
/* Keeps a copy of the pattern. value: whatever the caller wants back. 0 or -ENOMEM. */
int index_add(struct index *index, const struct pattern *pattern, uint32_t value);
/* The same from a text. -EINVAL: it is no pattern, why says why (it may be NULL). */
int index_add_text(struct index *index, const char *text, uint32_t value, char *why,
		   size_t why_size);
int index_seal(struct index *index); /* 0 or -ENOMEM */

/* Calls fn for each pattern that the digits fit en bloc (PATTERN_FULL or PATTERN_SURPLUS), in no
 * particular order. pattern is the index's copy. */
void index_find(const struct index *index, const char *digits,
		void (*fn)(void *arg, uint32_t value, const struct pattern *pattern), void *arg);

/* The same for those that take all the digits (PATTERN_FULL): who collects digits asks this. */
void index_find_exact(const struct index *index, const char *digits,
		      void (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		      void *arg);

/* Calls fn for patterns that a longer number could still fit (pattern_can_grow) and that have an
 * explicit length of at least explicit_min, until it returns false: of each value one at least, and
 * all of them only where few share a value. So it costs what it takes to find as many values as fn
 * wants, not what there is. */
void index_find_longer(const struct index *index, const char *digits, unsigned explicit_min,
		       bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		       void *arg);

#endif
