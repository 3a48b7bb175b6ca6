// SPDX-License-Identifier: GPL-2.0-or-later
/* What is remembered of addresses that failed, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/target_health.h"

static struct target_health *health;

static int start(void **state)
{
	health = target_health_new(NULL);
	return 0;
}

static int stop(void **state)
{
	talloc_free(health);
	return 0;
}

static enum target_health_state at(uint64_t now_ms)
{
	return target_health_look(health, "a", now_ms, NULL);
}

static void is_forgotten_when_its_time_is_over(void **state)
{
	uint64_t left_ms = 1;

	assert_int_equal(at(0), TARGET_HEALTH_WORKS);
	target_health_set(health, "a", TARGET_HEALTH_FAILING, 1000, 500);
	assert_int_equal(target_health_look(health, "a", 1100, &left_ms), TARGET_HEALTH_FAILING);
	assert_int_equal(left_ms, 400);
	assert_int_equal(target_health_look(health, "b", 1100, &left_ms), TARGET_HEALTH_WORKS);
	assert_int_equal(left_ms, 0);
	assert_int_equal(at(1499), TARGET_HEALTH_FAILING);
	assert_int_equal(at(1500), TARGET_HEALTH_WORKS);
}

static void what_is_worse_or_lasts_longer_holds(void **state)
{
	target_health_set(health, "a", TARGET_HEALTH_EXCUSED, 0, 1000);
	target_health_set(health, "a", TARGET_HEALTH_FAILING, 0, 9000);
	assert_int_equal(at(999), TARGET_HEALTH_EXCUSED);
	assert_int_equal(at(1000), TARGET_HEALTH_WORKS);
	target_health_set(health, "a", TARGET_HEALTH_FAILING, 2000, 1000);
	target_health_set(health, "a", TARGET_HEALTH_FAILING, 2000, 10);
	assert_int_equal(at(2900), TARGET_HEALTH_FAILING);
	target_health_set(health, "a", TARGET_HEALTH_EXCUSED, 2900, 10);
	assert_int_equal(at(2905), TARGET_HEALTH_EXCUSED);
	target_health_works(health, "a");
	assert_int_equal(at(2905), TARGET_HEALTH_WORKS);
}

static void count_one(void *arg, const char *name, enum target_health_state state, unsigned left_s)
{
	++*(unsigned *)arg;
}

static void the_oldest_makes_room(void **state)
{
	char name[TARGET_HEALTH_NAME_MAX + 8];
	unsigned count = 0;

	for (unsigned i = 0; i <= TARGET_HEALTH_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		target_health_set(health, name, TARGET_HEALTH_FAILING, 0, 1000);
	}
	target_health_each(health, 0, count_one, &count);
	assert_int_equal(count, TARGET_HEALTH_MAX);
	assert_int_equal(target_health_look(health, "0", 1, NULL), TARGET_HEALTH_WORKS);
	assert_int_equal(target_health_look(health, "1", 1, NULL), TARGET_HEALTH_FAILING);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	target_health_set(health, name, TARGET_HEALTH_FAILING, 0, 1000);
	assert_int_equal(target_health_look(health, name, 1, NULL), TARGET_HEALTH_WORKS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(is_forgotten_when_its_time_is_over, start, stop),
	    cmocka_unit_test_setup_teardown(what_is_worse_or_lasts_longer_holds, start, stop),
	    cmocka_unit_test_setup_teardown(the_oldest_makes_room, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
