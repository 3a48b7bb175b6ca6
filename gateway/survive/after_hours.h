/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * after_hours - what telephones may not call when nobody is there: `after-hours` of
 * call-manager-fallback. Plain data that the configuration fills in and lends.
 */
#ifndef GATEWAY_SURVIVE_AFTER_HOURS_H
#define GATEWAY_SURVIVE_AFTER_HOURS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "dialplan/peer.h"

#define AFTER_HOURS_PATTERNS_MAX 32
#define AFTER_HOURS_DAY 1440 /* minutes */

struct after_hours {
	struct {
		bool set, always; /* `7-24`: at any time */
		char pattern[PEER_PATTERN_MAX + 1];
	} block[AFTER_HOURS_PATTERNS_MAX];
	struct { /* Sunday first, as tm_wday; minutes of the day */
		bool set;
		uint16_t start, stop; /* stop <= start: of the next day */
	} day[7];
};

/* Now, for a telephone that is exempt or not: struct pool has it. */
bool after_hours_keep(const struct after_hours *hours, bool exempt, const char *called);
/* now: local time. */
bool after_hours_blocks(const struct after_hours *hours, const char *called, const struct tm *now);

#endif
