/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * playout - audio that came in packets, put in order and given out in blocks.
 *
 * Its clock is the one who takes blocks; wall time plays no part. playout_packet() for each
 * packet when it is there, playout_block() for each block that is due.
 *
 * How the delay is kept low. The slack of a packet is how many samples are still to be played
 * before its own when it is put. The smallest slack of the last four seconds says how much all
 * packets wait without need:
 *	- nothing there when a block is due: it is concealed and time stands still, so that a
 *	  late packet still finds its place; the delay grows by what was waited;
 *	- a packet comes when its place is played already: the delay grows at the next gap or
 *	  silence;
 *	- the smallest slack is above PLAYOUT_SLACK_HIGH: 5 ms are left out in silence. Above
 *	  PLAYOUT_SLACK_FORCED 10 ms are left out in any case, above PLAYOUT_DELAY_MAX all.
 * Jitter thus sets the delay by itself, and drift of the far end's clock is followed.
 *
 * Octets that came are given out untouched. Concealed are only those that did not come (and the
 * few after them that spandsp blends). Timestamp jumps beyond PLAYOUT_DELAY_MAX start anew.
 *
 * Data (CODEC_CLEAR) is neither left out nor blended: what is missing is filled with marks, and the
 * delay is what the first packet got and what was waited since.
 *
 * All counts in samples of 125 us. Nothing allocates after playout_open(). (playout_put,
 * playout_get and more names of that kind belong to spandsp.)
 */
#ifndef GATEWAY_MEDIA_PLAYOUT_H
#define GATEWAY_MEDIA_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "gateway/media/codec.h"

#define PLAYOUT_BLOCK_MAX 160
#define PLAYOUT_PACKET_MAX 1600 /* 200 ms */
#define PLAYOUT_DELAY_MAX CODEC_SAMPLES(200)
#define PLAYOUT_SLACK_START CODEC_SAMPLES(10)
#define PLAYOUT_SLACK_DATA CODEC_SAMPLES(40)
#define PLAYOUT_SLACK_HIGH CODEC_SAMPLES(15)
#define PLAYOUT_SLACK_FORCED CODEC_SAMPLES(50)

struct playout_counters { /* as in struct stream_counters */
	uint64_t late, concealed, dropped;
};

struct playout;

/* start: slack of the first packet. -ENOMEM. */
int playout_open(enum codec_law law, unsigned start, struct playout **out);
void playout_close(struct playout *playout);
/* As new: the next packet starts it. */
void playout_start_anew(struct playout *playout);
/* Another law: as new. */
void playout_set_law(struct playout *playout, enum codec_law law);
/* audio in the playout's law. Too long or too old ones are left out. */
void playout_packet(struct playout *playout, uint32_t timestamp, const uint8_t *audio,
		    unsigned count);
/* Always fills the block. false: nothing in it came from the far end. */
bool playout_block(struct playout *playout, uint8_t *block, unsigned count);
unsigned playout_waiting(const struct playout *playout); /* samples that wait */
const struct playout_counters *playout_counters(const struct playout *playout);

#endif
