// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/line_intervals.h"

#include <string.h>

static bool is_error(enum line_count count)
{
	return count != LINE_PACKETS_RECEIVED && count != LINE_PACKETS_SENT &&
	       count != LINE_PACKETS_REORDERED && count != LINE_FRAMES_RECEIVED &&
	       count != LINE_FRAMES_SENT;
}

static void note_alarms(struct line_intervals *i, unsigned alarms, const struct timespec *now)
{
	if (alarms == i->alarms)
		return;
	if (i->alarms != 0) {
		i->before = i->alarms;
		i->before_at = i->alarms_at;
	}
	i->alarms = alarms;
	i->alarms_at = *now;
}

static void close_interval(struct line_intervals *i)
{
	i->day[i->next] = i->current;
	i->next = (i->next + 1) % LINE_INTERVALS;
	if (i->complete < LINE_INTERVALS)
		i->complete++;
	memset(&i->current, 0, sizeof(i->current));
	i->elapsed_s = 0;
}

void line_intervals_sample(struct line_intervals *i, const uint64_t counters[LINE_COUNTERS],
			   unsigned alarms, const struct timespec *now)
{
	uint32_t *count = i->current.count;
	bool errored = false, slipped = false;

	for (unsigned c = 0; c < LINE_COUNTERS; c++) {
		uint64_t rise = counters[c] < i->last[c] ? counters[c] : counters[c] - i->last[c];

		i->last[c] = counters[c];
		if (!i->begun || rise == 0)
			continue;
		count[c] += (uint32_t)rise;
		errored |= is_error((enum line_count)c);
		slipped |= c == LINE_SLIPS;
	}
	if (!i->begun) {
		i->begun = true;
		i->alarms = alarms;
		i->alarms_at = *now;
		return;
	}
	note_alarms(i, alarms, now);
	count[LINE_ERRORED_S] += errored && alarms == 0;
	count[LINE_SLIP_S] += slipped;
	count[LINE_UNAVAILABLE_S] += alarms != 0;
	if (++i->elapsed_s >= LINE_INTERVAL_S)
		close_interval(i);
}

void line_intervals_total(const struct line_intervals *i, struct line_interval *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned n = 0; n < i->complete; n++)
		for (unsigned c = 0; c < LINE_COUNTS; c++)
			out->count[c] += i->day[n].count[c];
}
