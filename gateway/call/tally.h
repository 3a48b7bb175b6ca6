/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tally - how the calls of each dial peer ended, since the program started.
 *
 * A call counts once for the peer it came in on, and each of its attempts to go out once for the
 * peer that was tried: when it ends, with its Q.850 cause. A peer is known by its tag, also when a
 * new configuration no longer has it.
 */
#ifndef GATEWAY_CALL_TALLY_H
#define GATEWAY_CALL_TALLY_H

#include <stdbool.h>
#include <stdint.h>

struct office;

enum tally_direction { TALLY_IN, TALLY_OUT, TALLY_DIRECTIONS };

struct tally_row {
	uint32_t tag;
	enum tally_direction direction;
	unsigned cause;		/* Q.850 */
	unsigned long answered; /* calls that ended with this cause after an answer */
	unsigned long failed;	/* ... without one */
};

struct tally_ending {
	uint32_t tag; /* 0: no peer, nothing is counted */
	enum tally_direction direction;
	unsigned cause;
	bool answered;
};

void tally_add(struct office *office, const struct tally_ending *ending);
void tally_each(const struct office *office, void (*fn)(void *arg, const struct tally_row *),
		void *arg);

#endif
