/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * replay - spans in memory whose events come from a recorded time line: what hardware does and test
 * spans do not (alarms, cards that go). For tests.
 *
 * replay_load() the time line, open the spans by tdm_open() with TDM_DRIVER_REPLAY, watch them by
 * tdm_watch(), and move the time on with replay_advance(): nothing happens by itself. A line is
 *
 *	MILLISECONDS SPAN EVENT [VALUE]		# remark
 *
 *	1000 1 alarm LOS,RED	these are on now; as tdm_alarms_name() writes them; none: clear
 *	3000 1 gone		the card is pulled: no open, no watch
 *	5000 1 back
 *	6000 1 bad-frames 3	so many more were received on the D channel
 *
 * The far end of a D channel is replay_far_end(): one read or write is one frame. One time line at
 * a time. B channels have descriptors, but no audio: the running half is not there.
 */
#ifndef DRIVERS_GLUE_SPAN_REPLAY_H
#define DRIVERS_GLUE_SPAN_REPLAY_H

#include "drivers-glue/span/driver.h"

extern const struct tdm_driver replay_driver;

/* text: the lines, in the order of time. -EINVAL: *line is the number of the first one that is
 * wrong. Starts at 0 ms; spans opened before are forgotten. */
int replay_load(const char *text, unsigned *line);
void replay_advance(unsigned ms);
/* The other end of fd_d of a span that is open, else -1. It belongs to this module. */
int replay_far_end(unsigned span);

#endif
