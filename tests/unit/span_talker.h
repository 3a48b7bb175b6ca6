/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * span_talker - speaks on every timeslot of an end and checks that it hears what another one says.
 */
#ifndef TESTS_UNIT_SPAN_TALKER_H
#define TESTS_UNIT_SPAN_TALKER_H

#include "tests/unit/span_rig.h"

struct talker {
	struct tdm_channel *channel[TDM_TIMESLOT_MAX + 1];
	unsigned block;
	uint64_t said[TDM_TIMESLOT_MAX + 1];
	uint64_t heard[TDM_TIMESLOT_MAX + 1]; /* octets that are not idle */
	uint64_t idle[TDM_TIMESLOT_MAX + 1];
	uint64_t first_idle[TDM_TIMESLOT_MAX + 1];
};

/* Octets that do not repeat soon. */
uint8_t talker_pattern(uint64_t n);
/* Opens all timeslots of the end but the D channel, and takes its steps. */
void talker_open(struct talker *talker, struct rig_end *end, unsigned block);
void talker_close(struct talker *talker);

#endif
