/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line_intervals - what happened on a span in each quarter of an hour of the last day, as `show
 * controllers` prints it.
 *
 * line_intervals_sample() once a second with the counters as they stand; what is kept is by how
 * much they rose. A counter that fell was started anew. Nothing is allocated.
 */
#ifndef GATEWAY_ADMIN_LINE_INTERVALS_H
#define GATEWAY_ADMIN_LINE_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define LINE_INTERVAL_S 900
#define LINE_INTERVALS 96 /* a day */

enum line_count {
	LINE_PACKETS_RECEIVED,
	LINE_PACKETS_SENT,
	LINE_PACKETS_LOST,
	LINE_PACKETS_LATE,
	LINE_PACKETS_REORDERED,
	LINE_PACKETS_MALFORMED,
	LINE_SLIPS,
	LINE_FRAMES_RECEIVED, /* of the D channel */
	LINE_FRAMES_SENT,
	LINE_FRAME_ERRORS,
	LINE_CODE_VIOLATIONS,
	LINE_CRC_ERRORS,
	LINE_E_BITS,
	LINE_FRAMING_ERRORS,
	LINE_COUNTERS, /* those above come from the driver, those below are derived from them */
	LINE_ERRORED_S = LINE_COUNTERS, /* seconds with any error */
	LINE_SLIP_S,			/* seconds with a slip */
	LINE_UNAVAILABLE_S,		/* seconds with an alarm */
	LINE_COUNTS,
};

struct line_interval {
	uint32_t count[LINE_COUNTS];
};

struct line_intervals {
	bool begun;
	uint64_t last[LINE_COUNTERS];
	unsigned alarms;	   /* at the last sample */
	struct timespec alarms_at; /* when they became so; 0: since the beginning */
	unsigned before;	   /* alarms of the last trouble, ended at alarms_at; 0: none yet */
	struct timespec before_at; /* when it began */
	struct line_interval current, day[LINE_INTERVALS];
	unsigned elapsed_s; /* of the current interval */
	unsigned next, complete;
};

void line_intervals_sample(struct line_intervals *intervals, const uint64_t counters[LINE_COUNTERS],
			   unsigned alarms, const struct timespec *now);
/* The complete intervals together. */
void line_intervals_total(const struct line_intervals *intervals, struct line_interval *out);

#endif
