// SPDX-License-Identifier: GPL-2.0-or-later
/* Other gateways of the site: who lives, and who is told when one does not. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/survive/neighbours.h"

static struct neighbours *neighbours;
static char told[256];

static void note(void *arg, const char *name)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s ", name);
	assert_false(neighbours_live(neighbours, name));
}

static int begin(void **state)
{
	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	told[0] = '\0';
	neighbours = neighbours_new(NULL);
	assert_non_null(neighbours);
	neighbours_watch(neighbours, note, NULL);
	return 0;
}

static int end(void **state)
{
	talloc_free(neighbours);
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	osmo_gettimeofday_override = false;
	return 0;
}

static void turn(unsigned ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, ms / 1000, ms % 1000 * 1000000l);
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000l);
	osmo_select_main(1);
}

static void one_that_is_silent_is_gone_and_told_once(void **state)
{
	assert_false(neighbours_live(neighbours, "beta"));
	neighbours_hear(neighbours, "beta");
	turn(1000);
	neighbours_hear(neighbours, "gamma");
	turn(NEIGHBOUR_SILENCE_MS - 1001);
	assert_true(neighbours_live(neighbours, "beta"));
	assert_string_equal(told, "");
	turn(2);
	assert_string_equal(told, "beta ");
	assert_false(neighbours_live(neighbours, "beta"));
	assert_true(neighbours_live(neighbours, "gamma"));
	neighbours_hear(neighbours, "beta"); /* back */
	assert_true(neighbours_live(neighbours, "beta"));
	turn(1000);
	assert_string_equal(told, "beta gamma ");
	turn(NEIGHBOUR_SILENCE_MS - 1000);
	assert_string_equal(told, "beta gamma beta ");
}

static void one_that_is_heard_lives(void **state)
{
	for (unsigned ms = 0; ms < 10 * NEIGHBOUR_SILENCE_MS; ms += 1000) {
		neighbours_hear(neighbours, "beta");
		turn(1000);
		assert_true(neighbours_live(neighbours, "beta"));
	}
	assert_string_equal(told, "");
}

static void no_more_are_kept_than_a_site_has(void **state)
{
	char name[16];

	for (unsigned i = 0; i <= NEIGHBOURS_MAX; i++) {
		snprintf(name, sizeof(name), "gw%u", i);
		neighbours_hear(neighbours, name);
	}
	assert_true(neighbours_live(neighbours, "gw15"));
	assert_false(neighbours_live(neighbours, "gw16"));
	turn(NEIGHBOUR_SILENCE_MS + 1);
	neighbours_hear(neighbours, "gw16");
	assert_true(neighbours_live(neighbours, "gw16"));
}

static void what_is_no_name_is_not_heard(void **state)
{
	static const char *const rows[] = {"", "be\x1b[2Jta", "be ta", "be\xfft"};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		neighbours_hear(neighbours, rows[i]);
		assert_false(neighbours_live(neighbours, rows[i]));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(one_that_is_silent_is_gone_and_told_once),
	    TEST(one_that_is_heard_lives),
	    TEST(no_more_are_kept_than_a_site_has),
	    TEST(what_is_no_name_is_not_heard),
	};

	log_setup(talloc_named_const(NULL, 0, "test_neighbours"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
