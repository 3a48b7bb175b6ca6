// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened on a line in the last day, second by second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "gateway/admin/line_intervals.h"

static struct line_intervals intervals;
static uint64_t line_now[LINE_COUNTERS];
static struct timespec line_clock;

static void line_runs(unsigned seconds, unsigned alarms)
{
	while (seconds--) {
		line_clock.tv_sec++;
		line_now[LINE_PACKETS_RECEIVED] += 1000;
		line_intervals_sample(&intervals, line_now, alarms, &line_clock);
	}
}

static int fresh_intervals(void **state)
{
	memset(&intervals, 0, sizeof(intervals));
	memset(line_now, 0, sizeof(line_now));
	line_now[LINE_SLIPS] = 70; /* before anybody looked */
	line_clock.tv_sec = 1000000;
	line_runs(1, 0);
	return 0;
}

static void a_quarter_of_an_hour_is_an_interval(void **state)
{
	struct line_interval total;

	line_runs(899, 0);
	assert_int_equal(intervals.elapsed_s, 899);
	assert_int_equal(intervals.complete, 0);
	line_now[LINE_SLIPS] += 3;
	line_runs(1, 0);
	assert_int_equal(intervals.elapsed_s, 0);
	assert_int_equal(intervals.complete, 1);
	line_intervals_total(&intervals, &total);
	assert_int_equal(total.count[LINE_PACKETS_RECEIVED], 900000);
	assert_int_equal(total.count[LINE_SLIPS], 3);
	assert_int_equal(total.count[LINE_SLIP_S], 1);
	assert_int_equal(total.count[LINE_ERRORED_S], 1);
	assert_int_equal(intervals.current.count[LINE_PACKETS_RECEIVED], 0);
}

static void a_day_has_96_intervals(void **state)
{
	struct line_interval total;

	line_now[LINE_CRC_ERRORS] += 5;
	line_runs(900, 0);
	line_runs(95 * 900, 0);
	line_intervals_total(&intervals, &total);
	assert_int_equal(total.count[LINE_CRC_ERRORS], 5);
	line_runs(900, 0);
	line_intervals_total(&intervals, &total);
	assert_int_equal(total.count[LINE_CRC_ERRORS], 0);
	assert_int_equal(total.count[LINE_PACKETS_RECEIVED], 96 * 900000);
}

static void counters_that_begin_anew_are_no_fall(void **state)
{
	line_runs(5, 0);
	memset(line_now, 0, sizeof(line_now)); /* the media process was started again */
	line_now[LINE_SLIPS] = 2;
	line_runs(1, 0);
	assert_int_equal(intervals.current.count[LINE_SLIPS], 2);
	assert_int_equal(intervals.current.count[LINE_PACKETS_RECEIVED], 6000);
}

static void alarms_are_kept_with_their_times(void **state)
{
	line_runs(10, 0);
	line_runs(5, 1);
	assert_int_equal(intervals.alarms, 1);
	assert_int_equal(intervals.alarms_at.tv_sec, 1000012);
	assert_int_equal(intervals.current.count[LINE_UNAVAILABLE_S], 5);
	line_runs(1, 0);
	assert_int_equal(intervals.before, 1);
	assert_int_equal(intervals.before_at.tv_sec, 1000012);
	assert_int_equal(intervals.alarms_at.tv_sec, 1000017);
	assert_int_equal(intervals.current.count[LINE_ERRORED_S], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_quarter_of_an_hour_is_an_interval, fresh_intervals),
	    cmocka_unit_test_setup(a_day_has_96_intervals, fresh_intervals),
	    cmocka_unit_test_setup(counters_that_begin_anew_are_no_fall, fresh_intervals),
	    cmocka_unit_test_setup(alarms_are_kept_with_their_times, fresh_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
