// SPDX-License-Identifier: GPL-2.0-or-later
/* `test survivability`: the telephones of one pool are served as if the call manager were gone. It is
 * there all the time: a socket that need not answer, because it is asked rarely. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "gateway/survive/drill.h"
#include "tests/unit/sip_asked.h"
#include "tests/unit/survive_rig.h"

static void begin(enum pool_mode mode, bool outbound)
{
	struct pool *pool;

	site_start();
	pool = site_add_pool("20..");
	strcpy(pool->numbers[pool->numbers_count++].pattern, "2005");
	site_add_pool("30..");
	site.config.global.mode = mode;
	site.config.upstream.times.keepalive_ms = 60000;
	site.config.outbound.on = outbound;
	site_open_manager();
	site_serve();
}

static int start_standby(void **state)
{
	begin(POOL_MODE_STANDBY, false);
	return 0;
}

static int start_refuse(void **state)
{
	begin(POOL_MODE_REFUSE, false);
	return 0;
}

static int start_outbound(void **state)
{
	begin(POOL_MODE_STANDBY, true);
	return 0;
}

static int stop(void **state)
{
	osmo_gettimeofday_override = false;
	site_stop();
	return 0;
}

/* Seconds of its contact. */
static unsigned expect_granted(unsigned name)
{
	const char *answer = site_register(name, "SIP/2.0 200");
	const char *expires = strstr(header(answer, "Contact"), "expires=");

	assert_non_null(expires);
	return (unsigned)atoi(expires + strlen("expires="));
}

/* ---- the report of pool 1 */

struct report {
	struct drill_view view;
	char phones[200]; /* "2000 2001- ", - has not come */
};

static void take_report(void *arg, const struct drill_view *view)
{
	struct report *report = arg;

	report->view = *view;
	report->phones[0] = '\0';
	for (unsigned i = 0; i < view->phones_count; i++) {
		size_t used = strlen(report->phones);

		snprintf(report->phones + used, sizeof(report->phones) - used, "%s%s ",
			 view->phones[i]->name,
			 view->phones[i]->took_ms == DRILL_MISSING_MS ? "-" : "");
	}
}

static struct report report(void)
{
	struct report out = {.phones = ""};

	assert_int_equal(drills_each(survive_drills(site.survive), 1, take_report, &out), 1);
	return out;
}

/* ---- promises */

static void one_pool_is_served_and_the_others_are_refused(void **state)
{
	site_register(2000, "SIP/2.0 503");
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_true(expect_granted(2000) > 120);
	site_register(3000, "SIP/2.0 503");
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	site_register(2000, "SIP/2.0 503");
}

static void one_pool_has_the_full_time_and_the_others_stand_by(void **state)
{
	assert_in_range(expect_granted(2000), 119, 120);
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_in_range(expect_granted(2000), 3599, 3600);
	assert_in_range(expect_granted(3000), 119, 120);
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	assert_in_range(expect_granted(2000), 119, 120);
}

static void the_report_has_who_came_and_who_did_not(void **state)
{
	uint32_t slowest_ms;

	expect_granted(2000);
	expect_granted(2001);
	expect_granted(3000);
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_string_equal(report().phones, "2000- 2001- 2005- ");
	rig_run(60);
	expect_granted(2001);
	expect_granted(2002);
	slowest_ms = report().view.slowest_ms;
	rig_run(60);
	expect_granted(2001); /* the first one counts */
	assert_int_equal(report().view.slowest_ms, slowest_ms);
	assert_string_equal(report().phones, "2000- 2001 2002 2005- ");
	assert_int_equal(report().view.state, DRILL_RUNS);
	assert_in_range(report().view.left_s, DRILL_MAX_S - 60, DRILL_MAX_S);
	assert_in_range(report().view.slowest_ms, 50, 1000);
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	expect_granted(2000); /* too late */
	assert_string_equal(report().phones, "2000- 2001 2002 2005- ");
	assert_int_equal(report().view.state, DRILL_ORDERED);
	assert_int_equal(report().view.came, 2);
	assert_int_equal(report().view.missing, 2);
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_string_equal(report().phones, "2000- 2001- 2002- 2005- ");
}

/* It lets the rest of what it was asked time out. */
static bool manager_gets_register(void)
{
	const char *request;

	do
		request = phone_receive(&site.manager, 300);
	while (request[0] && strncmp(request, "REGISTER", strlen("REGISTER")));
	if (!request[0])
		return false;
	asked_reply(&site.manager, request, "403 Forbidden", "m", "");
	phone_expect(&phone, "SIP/2.0 403");
	return true;
}

static void what_goes_through_the_gateway_stays_here(void **state)
{
	site_ask_to_register(2000);
	assert_true(manager_gets_register());
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	site_register(2000, "SIP/2.0 200");
	assert_false(manager_gets_register());
	site_ask_to_register(3000);
	assert_true(manager_gets_register());
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	site_ask_to_register(2000);
	assert_true(manager_gets_register());
}

static void expect_sent_home(const char *start)
{
	phone_respond(&phone, phone_expect(&phone, start), "200 OK", "t", NULL);
	phone_expect_nothing(&phone, 100);
}

static void who_came_goes_home_at_the_end(void **state)
{
	site.pools[0].check_sync = site.pools[1].check_sync = true;
	expect_granted(2001); /* on standby */
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_int_equal(survive_drill(site.survive, 2, true), 0);
	expect_granted(2000);
	expect_granted(3000);
	phone_expect_nothing(&phone, 100);
	assert_int_equal(survive_drill(site.survive, 2, false), 0);
	expect_sent_home("NOTIFY sip:3000@");
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	expect_sent_home("NOTIFY sip:2000@");
}

static void who_was_to_go_home_stays_for_the_next_drill(void **state)
{
	site.pools[0].check_sync = true;
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	expect_granted(2000);
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	phone_expect_nothing(&phone, 100);
}

static enum drill_state state_after(unsigned s)
{
	osmo_gettimeofday_override_add(s, 0);
	osmo_select_main(1);
	return report().view.state;
}

static void it_ends_by_itself(void **state)
{
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	osmo_gettimeofday_override = true; /* what timers go by */
	gettimeofday(&osmo_gettimeofday_override_time, NULL);
	assert_int_equal(state_after(DRILL_MAX_S - 5), DRILL_RUNS);
	assert_int_equal(state_after(6), DRILL_TIME_OVER);
	assert_false(drills_is_down(survive_drills(site.survive), 1));
	assert_int_equal(survive_drill(site.survive, 1, false), -ENOENT);
}

static void it_ends_with_its_pool(void **state)
{
	struct survive_config changed = site.config;

	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_int_equal(survive_drill(site.survive, 2, true), 0);
	survive_change(site.survive, &changed);
	assert_true(drills_is_down(survive_drills(site.survive), 1));
	changed.global.pools = &site.pools[1];
	changed.global.pools_count = 1;
	survive_change(site.survive, &changed);
	assert_false(drills_is_down(survive_drills(site.survive), 1));
	assert_true(drills_is_down(survive_drills(site.survive), 2));
	assert_int_equal(report().view.state, DRILL_POOL_GONE);
}

static void it_needs_a_call_manager_telephones_and_a_pool(void **state)
{
	struct survive_config none = site.config, deaf = site.config;

	assert_int_equal(survive_drill(site.survive, 9, true), -ENOENT);
	assert_int_equal(survive_drill(site.survive, 1, false), -ENOENT);
	assert_int_equal(survive_drill(site.survive, 1, true), 0);
	assert_int_equal(survive_drill(site.survive, 1, true), -EALREADY);
	assert_int_equal(survive_drill(site.survive, 1, false), 0);
	none.upstream.count = 0;
	survive_change(site.survive, &none);
	assert_int_equal(survive_drill(site.survive, 1, true), -ENODEV);
	deaf.global.serves = false;
	survive_change(site.survive, &deaf);
	assert_int_equal(survive_drill(site.survive, 1, true), -ENOTSUP);
}

static void of_many_pools_the_oldest_report_goes(void **state)
{
	struct drills *drills = survive_drills(site.survive);

	for (unsigned i = 1; i <= DRILLS_MAX; i++) {
		struct pool pool = {.number = i};

		assert_int_equal(drills_begin(drills, &pool), 0);
	}
	assert_int_equal(drills_begin(drills, &(struct pool){.number = 99}), -ENOSPC);
	assert_int_equal(drills_end(drills, 3), 0);
	assert_int_equal(drills_end(drills, 2), 0);
	assert_int_equal(drills_begin(drills, &(struct pool){.number = 99}), 0);
	assert_int_equal(drills_each(drills, 2, take_report, &(struct report){0}), 0);
	assert_int_equal(drills_each(drills, 3, take_report, &(struct report){0}), 1);
	assert_int_equal(drills_each(drills, 0, take_report, &(struct report){0}), DRILLS_MAX);
}

#define TEST(f, start) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_pool_is_served_and_the_others_are_refused, start_refuse),
	    TEST(one_pool_has_the_full_time_and_the_others_stand_by, start_standby),
	    TEST(the_report_has_who_came_and_who_did_not, start_standby),
	    TEST(what_goes_through_the_gateway_stays_here, start_outbound),
	    TEST(who_came_goes_home_at_the_end, start_standby),
	    TEST(who_was_to_go_home_stays_for_the_next_drill, start_standby),
	    TEST(it_ends_by_itself, start_standby),
	    TEST(it_ends_with_its_pool, start_standby),
	    TEST(it_needs_a_call_manager_telephones_and_a_pool, start_standby),
	    TEST(of_many_pools_the_oldest_report_goes, start_standby),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
