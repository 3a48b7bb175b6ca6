// SPDX-License-Identifier: GPL-2.0-or-later
/* `call threshold` and `call spike`: on a clock and a /proc of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "gateway/call/threshold.h"
#include "gateway/log/log.h"

static char folder[] = "/tmp/test_threshold.XXXXXX";
static struct threshold *threshold;
static void *ctx;

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static int make(void **state)
{
	return threshold_new(ctx, folder, &threshold);
}

static int drop(void **state)
{
	threshold_free(threshold);
	return 0;
}

static void calls_have_hysteresis(void **state)
{
	static const struct threshold_rules rules = {.of = {[THRESHOLD_CALLS] = {3, 5}}};
	static const struct {
		unsigned calls;
		bool refused;
	} rows[] = {{0, false}, {4, false}, {5, true}, {4, true}, {6, true},
		    {3, false}, {4, false}, {5, true}, {0, false}};
	struct threshold_state now;

	threshold_set(threshold, &rules);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (threshold_refuses(threshold, rows[i].calls, 0, i) !=
		    (rows[i].refused ? THRESHOLD_REFUSES + THRESHOLD_CALLS : THRESHOLD_ADMITS))
			fail_msg("row %zu", i);
	threshold_state(threshold, THRESHOLD_CALLS, &now);
	assert_int_equal(now.times, 2);
	assert_false(now.exceeded);
}

/* One second, of 100 ticks, so many of them busy. */
static void second_passes(unsigned busy)
{
	static unsigned long long user = 1000, idle = 50000;
	char text[256];

	user += busy;
	idle += 100 - busy;
	snprintf(text, sizeof(text), "cpu  %llu 0 0 %llu 0 0 0 0 0 0\ncpu0 1 2 3 4\n", user, idle);
	write_file("stat", text);
	threshold_measure(threshold);
}

static void load_is_that_of_5_seconds_and_of_the_interval(void **state)
{
	static const struct threshold_rules rules = {
	    .of = {[THRESHOLD_CPU_5SEC] = {40, 80}, [THRESHOLD_CPU_AVG] = {20, 50}},
	    .cpu_interval_s = 10};
	struct threshold_state five, average;

	second_passes(0);
	threshold_set(threshold, &rules);
	for (unsigned i = 0; i < 20; i++)
		second_passes(10);
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0), THRESHOLD_ADMITS);
	for (unsigned i = 0; i < 5; i++)
		second_passes(90);
	threshold_state(threshold, THRESHOLD_CPU_5SEC, &five);
	threshold_state(threshold, THRESHOLD_CPU_AVG, &average);
	assert_int_equal(five.value, 90);
	assert_int_equal(average.value, 50);
	assert_true(five.exceeded && average.exceeded);
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0),
			 THRESHOLD_REFUSES + THRESHOLD_CPU_5SEC);
	for (unsigned i = 0; i < 5; i++)
		second_passes(10);
	threshold_state(threshold, THRESHOLD_CPU_5SEC, &five);
	assert_false(five.exceeded);
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0),
			 THRESHOLD_REFUSES + THRESHOLD_CPU_AVG);
	for (unsigned i = 0; i < 400; i++)
		second_passes(10);
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0), THRESHOLD_ADMITS);
}

static void memory_is_what_is_not_available(void **state)
{
	static const struct threshold_rules rules = {.of = {[THRESHOLD_MEMORY] = {80, 90}}};
	struct threshold_state now;

	write_file("meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 99 kB\n");
	threshold_set(threshold, &rules);
	threshold_measure(threshold);
	threshold_state(threshold, THRESHOLD_MEMORY, &now);
	assert_int_equal(now.value, 91);
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0),
			 THRESHOLD_REFUSES + THRESHOLD_MEMORY);
	/* what cannot be read changes nothing */
	write_file("meminfo", "MemTotal: 0 kB\nMemAvailable: 99 kB\n");
	write_file("stat", "cpu x\n");
	threshold_measure(threshold);
	remove_file("meminfo");
	remove_file("stat");
	threshold_measure(threshold);
	threshold_state(threshold, THRESHOLD_MEMORY, &now);
	assert_int_equal(now.value, 91);
	/* a rule that is taken away refuses nobody */
	threshold_set(threshold, &(struct threshold_rules){0});
	assert_int_equal(threshold_refuses(threshold, 0, 0, 0), THRESHOLD_ADMITS);
}

static void a_source_has_its_own_calls(void **state)
{
	threshold_set(threshold, &(struct threshold_rules){.source_calls = 2});
	assert_true(threshold_counts_sources(threshold));
	assert_int_equal(threshold_refuses(threshold, 100, 1, 0), THRESHOLD_ADMITS);
	assert_int_equal(threshold_refuses(threshold, 100, 2, 0), THRESHOLD_REFUSES_SOURCE);
}

static unsigned admitted(unsigned calls, uint64_t now_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < calls; i++)
		n += threshold_refuses(threshold, 0, 0, now_ms) == THRESHOLD_ADMITS;
	return n;
}

static void a_spike_is_cut_off_in_a_window_that_moves(void **state)
{
	unsigned long times;

	threshold_set(threshold, &(struct threshold_rules){
				     .spike = {.calls = 10, .steps = 5, .size_ms = 200}});
	assert_int_equal(admitted(6, 100000), 6);
	assert_int_equal(admitted(6, 100400), 4);
	assert_int_equal(threshold_spike(threshold, 100400, &times), 12);
	assert_int_equal(times, 1);
	assert_int_equal(admitted(1, 100999), 0);
	/* the first six have left the window, seven are in it */
	assert_int_equal(threshold_spike(threshold, 101000, &times), 7);
	assert_int_equal(admitted(6, 101000), 3);
	assert_int_equal(threshold_spike(threshold, 110000, &times), 0);
	assert_int_equal(admitted(10, 1ull << 50), 10);
	assert_int_equal(times, 2);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(calls_have_hysteresis),
	    PROMISE(load_is_that_of_5_seconds_and_of_the_interval),
	    PROMISE(memory_is_what_is_not_available),
	    PROMISE(a_source_has_its_own_calls),
	    PROMISE(a_spike_is_cut_off_in_a_window_that_moves),
	};
	int failed;

	assert_non_null(mkdtemp(folder));
	ctx = talloc_named_const(NULL, 0, "test_threshold");
	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_file("stat");
	remove_file("meminfo");
	rmdir(folder);
	return failed;
}
