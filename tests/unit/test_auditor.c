// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "gateway/isdn/auditor.h"
#include "gateway/log/log.h"

/* ---- a line that does as it is told */

static struct trunk *trunk;
static struct auditor *auditor;
static char done[512];
static unsigned held_by[8]; /* [channel] */
static int restart_answers;

static void note(const char *what, unsigned channel)
{
	size_t used = strlen(done);

	snprintf(done + used, sizeof(done) - used, "%s(%u) ", what, channel);
}

static unsigned fake_holders(void *arg, unsigned channel)
{
	return held_by[channel];
}

static int fake_restart(void *arg, unsigned channel)
{
	note("restart", channel);
	return restart_answers;
}

static void fake_drop(void *arg, unsigned channel)
{
	note("drop", channel);
	held_by[channel] = 0;
	trunk_release(trunk, channel);
}

static const struct auditor_ops ops = {fake_holders, fake_restart, fake_drop};

static void start(const struct auditor_config *config)
{
	memset(held_by, 0, sizeof(held_by));
	done[0] = '\0';
	restart_answers = 0;
	assert_int_equal(trunk_new(NULL, 2, 0x1e, TRUNK_ASCENDING, &trunk), 0); /* 1..4 */
	trunk_set_link(trunk, true, 0);
	assert_int_equal(auditor_new(NULL, config, trunk, &ops, NULL, &auditor), 0);
}

static int usual(void **state)
{
	struct auditor_config config = {0};

	start(&config);
	return 0;
}

static int hasty(void **state)
{
	struct auditor_config config = {.period_ms = 30, .retry_ms = 50};

	start(&config);
	return 0;
}

static int restless(void **state)
{
	struct auditor_config config = {.restart_ms = 80};

	start(&config);
	return 0;
}

static int stop(void **state)
{
	auditor_free(auditor);
	trunk_free(trunk);
	return 0;
}

static void on_deadline(void *data)
{
	*(bool *)data = true;
}

static void wait_done(const char *text)
{
	struct osmo_timer_list timer = {0};
	bool late = false;

	osmo_timer_setup(&timer, on_deadline, &late);
	osmo_timer_schedule(&timer, 8, 0);
	while (!strstr(done, text) && !late)
		osmo_select_main(0);
	osmo_timer_del(&timer);
	if (late)
		fail_msg("waited for \"%s\", done \"%s\"", text, done);
}

static struct auditor_counters counted(void)
{
	struct auditor_counters counters;

	auditor_counters(auditor, &counters);
	return counters;
}

/* ---- what disagrees */

static void repairs_what_disagrees_twice(void **state)
{
	static const struct {
		bool taken;
		unsigned held_by;
		const char *done;
	} cases[] = {
	    {true, AUDITOR_LEG | AUDITOR_CALL, ""},
	    {false, 0, ""},
	    {true, 0, "restart(3) "},
	    {true, AUDITOR_LEG, "drop(3) "},
	    {true, AUDITOR_CALL, "drop(3) "},
	    {false, AUDITOR_LEG, "drop(3) "},
	    {false, AUDITOR_CALL, "drop(3) "},
	    {false, AUDITOR_LEG | AUDITOR_CALL, "drop(3) "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		usual(state);
		if (cases[i].taken)
			trunk_take(trunk, 3);
		held_by[3] = cases[i].held_by;
		auditor_look(auditor);
		assert_string_equal(done, "");
		auditor_look(auditor);
		assert_string_equal(done, cases[i].done);
		auditor_restart_done(auditor, 3, true);
		if (cases[i].done[0])
			assert_int_equal(trunk_idle_count(trunk), 4);
		assert_int_equal(counted().found, cases[i].done[0] ? 1 : 0);
		stop(state);
	}
}

static void call_that_changes_hands_is_left_alone(void **state)
{
	for (unsigned n = 0; n < 4; n++) {
		trunk_take(trunk, 3);
		auditor_look(auditor);
		held_by[3] = AUDITOR_LEG | AUDITOR_CALL;
		auditor_look(auditor);
		held_by[3] = 0;
		trunk_release(trunk, 3);
	}
	assert_string_equal(done, "");
}

static void looks_by_itself(void **state)
{
	trunk_take(trunk, 2);
	wait_done("restart(2) ");
	assert_int_equal(trunk_channel_reason(trunk, 2), TRUNK_REASON_RELEASE);
}

/* ---- the far end is silent */

static void failed_release_is_maintenance_until_restart_is_acknowledged(void **state)
{
	trunk_take(trunk, 2);
	auditor_release_failed(auditor, 2);
	assert_string_equal(done, "restart(2) ");
	trunk_release(trunk, 2); /* its leg goes only now */
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_OUT_OF_SERVICE);
	assert_int_equal(trunk_channel_service(trunk, 2), TRUNK_MAINTENANCE);
	auditor_restart_done(auditor, 2, true);
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_IDLE);
	assert_int_equal(counted().repaired, 1);
}

static void silent_far_end_takes_the_channel_out_of_service_till_it_answers(void **state)
{
	auditor_release_failed(auditor, 2);
	auditor_restart_done(auditor, 2, false);
	assert_int_equal(trunk_channel_reason(trunk, 2), TRUNK_REASON_AUDIT);
	assert_int_equal(trunk_channel_service(trunk, 2), TRUNK_OUT_OF_SERVICE);
	assert_int_equal(counted().failed, 1);
	for (unsigned n = 0; n < 2; n++) { /* it is tried again and again */
		done[0] = '\0';
		wait_done("restart(2) ");
		assert_int_equal(trunk_channel_reason(trunk, 2), TRUNK_REASON_AUDIT);
		auditor_restart_done(auditor, 2, false);
	}
	done[0] = '\0';
	wait_done("restart(2) ");
	auditor_restart_done(auditor, 2, true);
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_IDLE);
}

static void call_of_the_far_end_shows_that_the_channel_is_sound(void **state)
{
	auditor_release_failed(auditor, 2);
	auditor_restart_done(auditor, 2, false);
	assert_int_equal(trunk_take(trunk, 2), 0);
	held_by[2] = AUDITOR_LEG | AUDITOR_CALL;
	done[0] = '\0';
	trunk_take(trunk, 4); /* something to wait for: two looks */
	wait_done("restart(4) ");
	trunk_release(trunk, 2);
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_IDLE);
	assert_null(strstr(done, "restart(2)"));
}

static void restart_of_the_far_end_repairs(void **state)
{
	auditor_release_failed(auditor, 2);
	auditor_restart_done(auditor, 2, false);
	auditor_release_failed(auditor, 3);
	auditor_restarted(auditor, 3);
	assert_int_equal(trunk_channel(trunk, 3), TRUNK_CHANNEL_IDLE);
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_OUT_OF_SERVICE);
	auditor_restarted(auditor, 0);
	assert_int_equal(trunk_idle_count(trunk), 4);
}

static void line_without_restart_is_idle_at_once(void **state)
{
	restart_answers = -ENOTSUP;
	auditor_release_failed(auditor, 2);
	assert_int_equal(trunk_idle_count(trunk), 4);
	assert_int_equal(auditor_restart(auditor, 1), -ENOTSUP);
	assert_int_equal(trunk_idle_count(trunk), 4);
}

static void restart_at_the_start_that_is_not_known_changes_nothing(void **state)
{
	auditor_restart_done(auditor, 1, false);
	auditor_restart_done(auditor, 77, false);
	auditor_release_failed(auditor, 77);
	assert_int_equal(trunk_idle_count(trunk), 4);
}

/* ---- asked for */

static void restart_asked_for_needs_an_idle_channel(void **state)
{
	trunk_take(trunk, 2);
	assert_int_equal(auditor_restart(auditor, 2), -EBUSY);
	assert_int_equal(auditor_restart(auditor, 9), -ENOENT);
	assert_int_equal(auditor_restart(auditor, 1), 0);
	assert_string_equal(done, "restart(1) ");
	assert_int_equal(trunk_channel_reason(trunk, 1), TRUNK_REASON_RESTART);
	assert_int_equal(trunk_seize(trunk), 3);
	auditor_restart_done(auditor, 1, true);
	assert_int_equal(trunk_seize(trunk), 1);
}

static void idle_channels_are_restarted_in_turn(void **state)
{
	trunk_take(trunk, 2);
	held_by[2] = AUDITOR_LEG | AUDITOR_CALL;
	wait_done("restart(1) ");
	auditor_restart_done(auditor, 1, true);
	wait_done("restart(4) ");
	assert_string_equal(done, "restart(1) restart(3) restart(4) ");
	wait_done("restart(4) restart(1) ");
}

#define ON(fixture, test) cmocka_unit_test_setup_teardown(test, fixture, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(repairs_what_disagrees_twice),
	    ON(usual, call_that_changes_hands_is_left_alone),
	    ON(hasty, looks_by_itself),
	    ON(usual, failed_release_is_maintenance_until_restart_is_acknowledged),
	    ON(hasty, silent_far_end_takes_the_channel_out_of_service_till_it_answers),
	    ON(hasty, call_of_the_far_end_shows_that_the_channel_is_sound),
	    ON(usual, restart_of_the_far_end_repairs),
	    ON(usual, line_without_restart_is_idle_at_once),
	    ON(usual, restart_at_the_start_that_is_not_known_changes_nothing),
	    ON(usual, restart_asked_for_needs_an_idle_channel),
	    ON(restless, idle_channels_are_restarted_in_turn),
	};

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
