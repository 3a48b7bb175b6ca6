/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trunk - the B channels of one controller: which are idle, which are taken, which may not be used.
 *
 * trunk_seize() picks a channel in the configured order; trunk_take() takes the one that the far
 * end named; trunk_release() gives it back. A channel that the network refuses (causes 44, 6) is
 * seen to by the caller. Channels are not handed out while the D channel is down or the span has an
 * alarm.
 */
#ifndef GATEWAY_ISDN_TRUNK_H
#define GATEWAY_ISDN_TRUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `isdn bchan-number-order` and `trunk group` schemes */
enum trunk_hunt {
	TRUNK_HUNT_UNSAID, /* as TRUNK_ASCENDING */
	TRUNK_ASCENDING,
	TRUNK_DESCENDING,
	TRUNK_ROUND_ROBIN,
};

enum trunk_channel_state {
	TRUNK_CHANNEL_ABSENT, /* not in pri-group timeslots, or the D channel */
	TRUNK_CHANNEL_IDLE,
	TRUNK_CHANNEL_BUSY,
	TRUNK_CHANNEL_OUT_OF_SERVICE,
};

struct trunk;

int trunk_new(void *ctx, unsigned span, uint32_t timeslots, enum trunk_hunt hunt,
	      struct trunk **out);
void trunk_free(struct trunk *trunk);
/* The reason for TRUNK being unusable; both up: usable. */
void trunk_set_link(struct trunk *trunk, bool dchannel_up, unsigned alarms);
bool trunk_is_up(const struct trunk *trunk);
/* A timeslot, or -ENETDOWN (link), -EBUSY (all taken: cause 34). */
int trunk_seize(struct trunk *trunk);
/* 0, -EBUSY, -ENOENT (no such channel). */
int trunk_take(struct trunk *trunk, unsigned timeslot);
void trunk_release(struct trunk *trunk, unsigned timeslot);
unsigned trunk_span(const struct trunk *trunk);
unsigned trunk_idle_count(const struct trunk *trunk);
unsigned trunk_size(const struct trunk *trunk);
enum trunk_channel_state trunk_channel(const struct trunk *trunk, unsigned timeslot);

#endif
