/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conference - several ends of which each hears the sum of the others.
 *
 *	stream	stream_pull -> playout ------\             /---> stream_push
 *	channel	channel_read -> playout ------> sum, n - 1 ----> playout -> channel_write
 *
 * conferences_tick() in each tick mixes blocks of 10 ms, by the tick's clock; a channel has its
 * span's, so a playout buffer lies between on both ways. The sum is linear and saturates; each end
 * gets it in its own law, without what came from itself. Whoever is silent adds nothing.
 *
 * Digits are reported and go to nobody: telephone-events are no audio, and what a channel's detector
 * hears is taken out.
 *
 * conferences_set() says who is in one. Ends that stay are not touched by others that come or go.
 * Only that allocates. An end is in a bridge, or in one conference, or in none.
 */
#ifndef GATEWAY_MEDIA_CONFERENCE_H
#define GATEWAY_MEDIA_CONFERENCE_H

#include "gateway/media/bridge.h"

struct conferences; /* all of them */

struct conferences *conferences_new(unsigned max); /* NULL: no memory */
void conferences_free(struct conferences *all);	   /* NULL is ignored */
/* A new id makes a conference, no ends end it. -EINVAL: no id, more than WIRE_CONFERENCE_ENDS_MAX, or
 * an end twice; -EBUSY: one of them is in a bridge or another conference; -ENOTSUP: one carries data;
 * -ENOSPC: there are max; -ENOMEM. On error nothing has changed. */
int conferences_set(struct conferences *all, uint32_t id, struct end *const *ends, unsigned count);
/* Mixes what is due. */
void conferences_tick(struct conferences *all, uint64_t now_ns, struct digit_reports *reports);

/* ---- for bridge.c and orders.c, of an end that has a seat */

void conference_serve_channel(struct end *end, struct digit_reports *reports);
void conference_leave(struct end *end);
const struct playout *conference_playout(const struct end *end); /* of what came from it */

#endif
