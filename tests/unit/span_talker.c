// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/span_talker.h"

uint8_t talker_pattern(uint64_t n)
{
	return (uint8_t)(n * 37 + (n >> 8) * 11 + (n >> 16));
}

/* What is said: never the idle octet, different on each timeslot. */
static uint8_t speech(unsigned timeslot, uint64_t n)
{
	uint8_t octet = (uint8_t)(talker_pattern(n) + timeslot * 3);

	return octet == 0xd5 || octet == 0xff ? 0x12 : octet;
}

static void talk_step(struct rig_end *end)
{
	struct talker *talker = end->data;
	uint8_t idle = tdm_idle(end->config.law);

	for (unsigned slot = 1; slot <= TDM_TIMESLOT_MAX; slot++) {
		uint8_t block[TDM_BLOCK_MAX];

		if (!talker->channel[slot] || tdm_channel_read(talker->channel[slot], block) == 0)
			continue;
		for (unsigned i = 0; i < talker->block; i++) {
			if (block[i] == idle) {
				talker->idle[slot]++;
				talker->first_idle[slot] += talker->heard[slot] == 0;
				continue;
			}
			assert_int_equal(block[i], speech(slot, talker->heard[slot]));
			talker->heard[slot]++;
		}
		for (unsigned i = 0; i < talker->block; i++)
			block[i] = speech(slot, talker->said[slot]++);
		assert_int_equal(tdm_channel_write(talker->channel[slot], block), 0);
	}
}

void talker_open(struct talker *talker, struct rig_end *end, unsigned block)
{
	memset(talker, 0, sizeof(*talker));
	talker->block = block;
	for (unsigned slot = 1; slot <= tdm_timeslots(end->config.framing); slot++) {
		if (slot != end->config.d_timeslot)
			assert_int_equal(
			    tdm_channel_open(end->span, slot, block, -1, &talker->channel[slot]),
			    0);
	}
	end->data = talker;
	end->on_step = talk_step;
}

void talker_close(struct talker *talker)
{
	for (unsigned slot = 1; slot <= TDM_TIMESLOT_MAX; slot++)
		tdm_channel_close(talker->channel[slot]);
}
