/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * random - the same numbers in every run: a test that fails fails again.
 */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stdint.h>

static uint64_t random_state = 1;

static inline unsigned random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u; /* MMIX */
	return (unsigned)(random_state >> 33) % n;
}

#endif
