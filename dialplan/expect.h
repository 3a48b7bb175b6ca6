/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * expect - tests of the dial plan that stand in the configuration:
 *
 *	expect call from 2001 to 914085551234 via peer 100 send 4085551234
 *	expect call from 2001 on sip:10.6.2.10 to 914085551234 hunts 100 101
 *	expect call from - on 1:D to 9001234 refused cause 1
 *
 *	from CALLING [on SOURCE] to CALLED RESULT
 *	SOURCE = as trial_set_source() takes it: sip:HOST, sip:USER@HOST, 1:D, 2/17, span 1
 *	RESULT = via peer TAG [send DIGITS]	the first candidate, and the digits that go to it
 *	       / hunts TAG TAG ...		all candidates, in order
 *	       / refused cause N		no candidate; the Q.850 cause
 *	CALLING may be - for a call without calling number.
 *
 * All peers are up and idle, numbers are complete. A peer whose trunk group has several ports counts
 * once.
 */
#ifndef DIALPLAN_EXPECT_H
#define DIALPLAN_EXPECT_H

#include "dialplan/trial.h"

#define EXPECT_SOURCE_MAX 191

enum expect_result {
	EXPECT_VIA,
	EXPECT_HUNTS,
	EXPECT_REFUSED,
};

struct expect {
	char called[NUMBER_DIGITS_MAX + 2], calling[NUMBER_DIGITS_MAX + 2];
	char source[EXPECT_SOURCE_MAX + 1]; /* empty: not given */
	enum expect_result result;
	uint32_t tags[PLAN_CANDIDATES_MAX];
	unsigned count;			  /* of tags */
	char send[NUMBER_DIGITS_MAX + 2]; /* empty: whatever; "-": no digits */
	unsigned cause;
};

/* text: what follows `expect call`. -EINVAL and one sentence in why. */
int expect_parse(struct expect *expect, const char *text, char *why, size_t why_size);
/* 0, or -EINVAL and in why what was expected and what came. */
int expect_verify(const struct expect *expect, const struct plan *plan, char *why, size_t why_size);

#endif
