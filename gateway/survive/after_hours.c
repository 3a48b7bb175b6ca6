// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/after_hours.h"

#include <string.h>
#include <time.h>

#include "dialplan/pattern.h"

static bool fits(const char *pattern, const char *called)
{
	uint32_t room[PATTERN_SIZE_MAX / sizeof(uint32_t)];
	enum pattern_fit fit;

	if (pattern_compile_at(room, pattern, NULL, 0) < 0)
		return false;
	fit = pattern_match((const struct pattern *)room, called);
	return fit == PATTERN_FULL || fit == PATTERN_SURPLUS;
}

static bool is_after_hours(const struct after_hours *hours, const struct tm *now)
{
	unsigned minute = (unsigned)(now->tm_hour * 60 + now->tm_min);
	unsigned today = (unsigned)now->tm_wday % 7, before = (today + 6) % 7;

	if (hours->day[today].set) {
		unsigned start = hours->day[today].start, stop = hours->day[today].stop;

		if (minute >= start && (stop <= start || minute < stop))
			return true;
	}
	return hours->day[before].set && hours->day[before].stop <= hours->day[before].start &&
	       minute < hours->day[before].stop;
}

bool after_hours_blocks(const struct after_hours *hours, const char *called, const struct tm *now)
{
	bool after = is_after_hours(hours, now);

	for (unsigned i = 0; i < AFTER_HOURS_PATTERNS_MAX; i++)
		if (hours->block[i].set && (after || hours->block[i].always) &&
		    fits(hours->block[i].pattern, called))
			return true;
	return false;
}

bool after_hours_keep(const struct after_hours *hours, bool exempt, const char *called)
{
	struct after_hours of_telephone = *hours;
	time_t now = time(NULL);
	struct tm local;

	if (exempt)
		memset(of_telephone.day, 0, sizeof(of_telephone.day));
	return localtime_r(&now, &local) && after_hours_blocks(&of_telephone, called, &local);
}
