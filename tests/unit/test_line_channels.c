// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels of a line that are out of service, in doubt or under an alarm, with a real far end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "tests/unit/legisdn_rig.h"

static struct trunk *trunk_of_line(void)
{
	return isdn_line_trunk(line);
}

static bool channel_is(const void *arg)
{
	const char *wanted = arg;

	return strcmp(channel_text(31), wanted) == 0;
}

static void wait_channel(const char *text)
{
	if (!run_until(channel_is, text))
		fail_msg("waited for \"%s\", 1/31 is \"%s\"", text, channel_text(31));
}

static int hasty_gateway(void **state)
{
	struct isdn_line_config config = usual_config();

	config.isdn.timers_ms[ISDN_T305 - 300] = 100;
	config.isdn.timers_ms[ISDN_T308 - 300] = 100;
	config.isdn.timers_ms[ISDN_T316 - 300] = 150;
	config.audit.retry_ms = 100;
	gateway_start(&config);
	return 0;
}

static int ni_gateway(void **state)
{
	struct isdn_line_config config = usual_config();

	config.isdn.switch_type = ISDN_PRIMARY_NI;
	config.service[5] = ISDN_MAINTENANCE;
	gateway_start(&config);
	return 0;
}

static void call_up(void)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
}

/* ---- failed release */

static void silent_far_end_costs_the_channel_until_it_answers_restart(void **state)
{
	call_up();
	wire.fault = WIRE_MUTE;
	sip_clears(16);
	wait_channel("out of service (release not answered)");
	wait_channel("out of service (restart not acknowledged)");
	assert_int_equal(trunk_channel_service(trunk_of_line(), 31), TRUNK_OUT_OF_SERVICE);
	told[0] = exchange.heard[0] = '\0';
	wire.fault = WIRE_GOOD;
	wait_channel("idle"); /* by itself: retry_ms */
	assert_string_equal(exchange.heard, "released(41) ");
	exchange.heard[0] = '\0';
	call_up();
	assert_string_equal(channel_text(31), "call 2 ACTIVE");
}

/* ---- SERVICE */

static void far_end_takes_a_channel_out_of_service_and_back(void **state)
{
	isdn_service(exchange.isdn, 31, ISDN_OUT_OF_SERVICE);
	wait_channel("out of service (far end)");
	sip_calls("90001");
	wait_exchange("setup(0001,30) ");
	isdn_service(exchange.isdn, 31, ISDN_MAINTENANCE);
	wait_channel("out of service (far end, maintenance)");
	isdn_service(exchange.isdn, 31, ISDN_IN_SERVICE);
	wait_channel("idle");
}

static void operator_takes_a_channel_out_of_service_once_its_call_has_ended(void **state)
{
	call_up();
	assert_int_equal(isdn_line_service(line, 31, ISDN_OUT_OF_SERVICE, false), 0);
	wait_exchange("service(31,2) ");
	assert_string_equal(channel_text(31), "call 1 ACTIVE");
	assert_int_equal(trunk_channel_service(trunk_of_line(), 31), TRUNK_OUT_OF_SERVICE_PENDING);
	sip_clears(16);
	wait_channel("out of service (operator)");
	assert_int_equal(isdn_line_service(line, 31, ISDN_IN_SERVICE, false), 0);
	wait_exchange("service(31,0) ");
	assert_string_equal(channel_text(31), "idle");
	assert_int_equal(isdn_line_service(line, 16, ISDN_OUT_OF_SERVICE, false), -ENOENT);
}

static void hard_ends_the_call(void **state)
{
	call_up();
	assert_int_equal(isdn_line_service(line, 31, ISDN_OUT_OF_SERVICE, true), 0);
	wait_sip("release(41@1)");
	wait_channel("out of service (operator)");
}

static void channel_busied_out_is_refused_to_the_far_end(void **state)
{
	isdn_line_service(line, 7, ISDN_OUT_OF_SERVICE, false);
	exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(44)");
}

static void configured_service_is_told_when_layer_2_comes_up(void **state)
{
	wait_exchange("service(5,1) ");
	assert_string_equal(channel_text(5), "out of service (operator, maintenance)");
	assert_int_equal(trunk_idle_count(trunk_of_line()), 29);
}

/* ---- busyout */

static void a_busied_out_line_refuses_calls_and_keeps_those_that_are_up(void **state)
{
	call_up();
	isdn_line_busyout(line, true);
	assert_string_equal(channel_text(31), "call 1 ACTIVE");
	assert_string_equal(channel_text(30), "out of service (busyout)");
	exchange_calls(7, false, ISDN_BEARER_SPEECH);
	wait_exchange("released(34)");
	exchange.heard[0] = '\0';
	exchange_calls(8, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(34)");
	sip_clears(16);
	wait_channel("out of service (busyout)");
	told[0] = exchange.heard[0] = '\0';
	sip_calls("90001");
	wait_sip("release(34");
	isdn_line_busyout(line, false);
	assert_string_equal(channel_text(30), "idle");
	exchange_calls(7, false, ISDN_BEARER_SPEECH);
	wait_sip_leg();
}

static void emergency_calls_pass_a_line_that_is_busied_out(void **state)
{
	struct isdn_setup setup = {
	    .timeslot = 7, .bearer = ISDN_BEARER_SPEECH, .sending_complete = true};

	isdn_line_busyout(line, true);
	number_set(&setup.called, "9112", TON_UNKNOWN, NPI_ISDN);
	exchange_sends(&setup);
	wait_exchange("setup(112,"); /* and goes out again by the same line */
}

static void busyout_is_told_by_service_where_there_is_one(void **state)
{
	isdn_line_service(line, 30, ISDN_OUT_OF_SERVICE, false);
	wait_exchange("service(30,2) ");
	isdn_line_busyout(line, true);
	wait_exchange("service(31,2) ");
	isdn_line_service(line, 30, ISDN_IN_SERVICE, false); /* not while it lasts */
	isdn_line_service(line, 29, ISDN_OUT_OF_SERVICE, false);
	exchange.heard[0] = '\0';
	isdn_line_busyout(line, false);
	wait_exchange("service(31,0) ");
	assert_non_null(strstr(exchange.heard, "service(30,0) "));
	assert_null(strstr(exchange.heard, "service(29,0) "));
	assert_string_equal(channel_text(29), "out of service (operator)");
	assert_string_equal(channel_text(30), "idle");
}

/* ---- RESTART */

static void restart_is_asked_for_one_channel(void **state)
{
	call_up();
	assert_int_equal(isdn_line_restart(line, 31), -EBUSY);
	assert_int_equal(isdn_line_restart(line, 16), -ENOENT);
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
	assert_int_equal(isdn_line_restart(line, 31), 0);
	assert_string_equal(channel_text(31), "out of service (restart pending)");
	wait_channel("idle");
	assert_int_equal(exchange.restarts, 1);
}

static void restart_of_the_far_end_clears_the_call(void **state)
{
	call_up();
	isdn_restart(exchange.isdn, 31); /* not sent while it has the call */
	isdn_release_channel(exchange.isdn, 31, 16);
	wait_sip("release(");
	wait_channel("idle");
}

/* ---- alarms */

static void alarm_stops_new_calls_and_leaves_those_that_are_up(void **state)
{
	call_up();
	isdn_line_alarms(line, TDM_ALARM_RED);
	assert_false(isdn_line_is_up(line));
	assert_int_equal(trunk_seize(trunk_of_line()), -ENETDOWN);
	assert_string_equal(channel_text(31), "call 1 ACTIVE");
	assert_string_equal(channel_text(30), "out of service (alarm)");
	isdn_line_alarms(line, 0);
	assert_true(isdn_line_is_up(line));
	assert_string_equal(channel_text(30), "idle");
	assert_string_equal(told, "answer() ");
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
}

/* ---- */

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(hasty_gateway, silent_far_end_costs_the_channel_until_it_answers_restart),
	    ON(ni_gateway, far_end_takes_a_channel_out_of_service_and_back),
	    ON(ni_gateway, operator_takes_a_channel_out_of_service_once_its_call_has_ended),
	    ON(ni_gateway, hard_ends_the_call),
	    ON(usual_gateway, channel_busied_out_is_refused_to_the_far_end),
	    ON(ni_gateway, configured_service_is_told_when_layer_2_comes_up),
	    ON(usual_gateway, a_busied_out_line_refuses_calls_and_keeps_those_that_are_up),
	    ON(usual_gateway, emergency_calls_pass_a_line_that_is_busied_out),
	    ON(ni_gateway, busyout_is_told_by_service_where_there_is_one),
	    ON(usual_gateway, restart_is_asked_for_one_channel),
	    ON(usual_gateway, restart_of_the_far_end_clears_the_call),
	    ON(usual_gateway, alarm_stops_new_calls_and_leaves_those_that_are_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
