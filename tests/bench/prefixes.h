/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * prefixes - made-up data of a dial plan, the same at each run: E.164 prefixes as rate decks have
 * them (country, area, and areas split further), patterns of dial peers, and numbers to look up.
 *
 * prefixes_make(), then the others as often as wanted, then prefixes_free().
 */
#ifndef TESTS_BENCH_PREFIXES_H
#define TESTS_BENCH_PREFIXES_H

#include <stddef.h>
#include <stdint.h>

#define PREFIX_DIGITS_MAX 15 /* E.164 */
#define PREFIX_PATTERN_MAX 40

struct prefixes {
	uint64_t random;
	size_t count;
	char (*list)[PREFIX_DIGITS_MAX + 1]; /* each is there once, in no order */
};

void prefixes_make(struct prefixes *p, size_t count); /* aborts if memory is out */
void prefixes_free(struct prefixes *p);
unsigned prefixes_random(struct prefixes *p, unsigned below);

/* A number: of ten nine begin with a prefix and are as long as in that country; the others have no
 * country, are too short, or are as long as can be. */
void prefixes_number(struct prefixes *p, char number[PREFIX_DIGITS_MAX + 1]);
/* A destination-pattern with dots, sets or T, behind a prefix. */
void prefixes_pattern(struct prefixes *p, char pattern[PREFIX_PATTERN_MAX]);
/* A number that fits such a pattern. */
void prefixes_dial(struct prefixes *p, const char *pattern, char number[PREFIX_PATTERN_MAX]);

#endif
