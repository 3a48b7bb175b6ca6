// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/span/span.h"
#include "gateway/isdn/leg_isdn_private.h"
#include "tests/unit/legisdn_rig.h"

/* ---- SIP to ISDN */

static void call_out_is_answered_and_cleared_by_sip(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(0001,31)");
	assert_string_equal(exchange.setup.calling.number.digits, "2001");
	assert_int_equal(exchange.setup.calling.presentation, PRESENTATION_RESTRICTED);
	assert_int_equal(exchange.setup.bearer, ISDN_BEARER_3K1_AUDIO);
	isdn_proceeding(exchange.call, 31, 0);
	wait_sip("proceed ");
	isdn_alerting(exchange.call, 0);
	wait_sip("alert ");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer()");
	assert_string_equal(told, "proceed alert answer() ");
	assert_string_equal(channel_text(31), "call 1 ACTIVE");
	sip_clears(16);
	assert_string_equal(channel_text(31), "clearing");
	wait_exchange("released(16)");
	assert_string_equal(exchange.heard, "setup(0001,31) disconnect(16) released(16) ");
	assert_true(run_until(trunk_is_idle, NULL));
	assert_string_equal(channel_text(31), "idle");
}

static void call_out_is_cleared_by_the_far_end(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	isdn_release(exchange.call, 16);
	wait_sip("release(16@1)");
	assert_string_equal(told, "answer() release(16@1) ");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void causes_of_the_far_end_reach_sip(void **state)
{
	static const unsigned causes[] = {17, 21, 1, 42};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char expected[32];

		told[0] = exchange.heard[0] = '\0';
		sip_calls("90001");
		wait_exchange("setup(");
		isdn_release(exchange.call, causes[i]);
		snprintf(expected, sizeof(expected), "release(%u@1)", causes[i]);
		wait_sip(expected);
		assert_true(run_until(trunk_is_idle, NULL));
	}
}

static void sip_gives_up_while_it_rings(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_alerting(exchange.call, 0);
	wait_sip("alert ");
	sip_clears(16);
	wait_exchange("released(16)");
	assert_string_equal(exchange.heard, "setup(0001,31) disconnect(16) released(16) ");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void inband_indicators_become_early_media(void **state)
{
	struct isdn_cause cause = {1, 2};

	sip_calls("90001");
	wait_exchange("setup(");
	isdn_proceeding(exchange.call, 31, ISDN_PROGRESS_INBAND);
	isdn_progress(exchange.call, ISDN_PROGRESS_INBAND, &cause);
	isdn_alerting(exchange.call, ISDN_PROGRESS_INBAND);
	wait_sip("alert+inband");
	assert_string_equal(told, "proceed progress(1,0) progress(1,1) alert+inband ");
}

static void network_side_sends_an_exclusive_channel(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	assert_true(exchange.setup.exclusive);
}

static uint32_t lines_media_end(unsigned timeslot)
{
	const struct leg_isdn *leg;

	llist_for_each_entry (leg, &line->legs, entry) {
		if (leg->timeslot == timeslot)
			return leg->leg.media_end;
	}
	return 0;
}

static void follows_the_channel_that_the_exchange_chooses(void **state)
{
	uint32_t end;

	sip_calls("90001");
	end = lines_media_end(31);
	wait_exchange("setup(0001,31)");
	isdn_proceeding(exchange.call, 5, 0);
	wait_sip("proceed");
	assert_string_equal(channel_text(31), "idle");
	assert_string_equal(channel_text(5), "call 1 OUTGOING PROCEEDING");
	assert_int_not_equal(lines_media_end(5), 0);
	assert_int_not_equal(lines_media_end(5), end);
}

static void channel_that_another_call_only_asked_for_is_the_networks_to_give(void **state)
{
	struct isdn_call *first, *second;

	sip_calls("90001");
	wait_exchange("setup(0001,31)");
	first = exchange.call;
	sip_calls("90002");
	wait_exchange("setup(0002,30)");
	second = exchange.call;
	isdn_proceeding(first, 30, 0);
	isdn_proceeding(second, 5, 0);
	wait_sip("proceed proceed ");
	assert_string_equal(channel_text(30), "call 1 OUTGOING PROCEEDING");
	assert_string_equal(channel_text(5), "call 2 OUTGOING PROCEEDING");
	assert_string_equal(channel_text(31), "idle");
	assert_int_not_equal(lines_media_end(30), 0);
	assert_int_not_equal(lines_media_end(5), 0);
}

static void call_of_the_network_gets_the_channel_that_both_want(void **state)
{
	struct isdn_call *ours;

	sip_calls("90001");
	exchange_calls(31, true, ISDN_BEARER_SPEECH);
	wait_exchange("proceeding(31,0)");
	assert_string_equal(channel_text(31), "call 2 INCOMING PROCEEDING");
	ours = exchange.call;
	isdn_release(ours, 44);
	wait_exchange("setup(0001,30)");
	assert_string_equal(channel_text(30), "call 1 CALL INITIATED");
	assert_string_equal(told, "");
}

static void network_keeps_the_channel_that_both_want(void **state)
{
	sip_calls("90001");
	exchange_calls(31, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(44)");
	assert_string_equal(channel_text(31), "call 1 CALL INITIATED");
	exchange_calls(31, false, ISDN_BEARER_SPEECH);
	wait_exchange("proceeding(30,0)");
}

static void refused_channel_is_tried_again_on_another(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(0001,31)");
	isdn_release(exchange.call, 44);
	wait_exchange("setup(0001,30)");
	assert_string_equal(channel_text(31), "idle");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer()");
	assert_string_equal(told, "answer() ");
	assert_string_equal(channel_text(30), "call 1 ACTIVE");
}

static void refused_channel_is_not_tried_for_ever(void **state)
{
	sip_calls("90001");
	for (unsigned n = 0; n < 3; n++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "setup(0001,%u)", n % 2 ? 2 : 1);
		wait_exchange(expected);
		exchange.heard[0] = '\0';
		isdn_release(exchange.call, 44);
	}
	wait_sip("release(44@1)");
	assert_int_equal(exchange.calls, 3);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void no_channel_is_cause_34(void **state)
{
	for (unsigned timeslot = 1; timeslot < 32; timeslot++)
		trunk_take(isdn_line_trunk(line), timeslot);
	sip_calls("90001");
	wait_sip("release(34@1)");
	for (unsigned timeslot = 1; timeslot < 32; timeslot++)
		trunk_release(isdn_line_trunk(line), timeslot);
}

static void line_that_is_down_or_missing_is_cause_27(void **state)
{
	isdn_line_alarms(line, TDM_ALARM_LOS);
	assert_false(isdn_line_is_up(line));
	assert_string_equal(channel_text(1), "out of service (alarm)");
	sip_calls("90001");
	wait_sip("release(27@1)");
	isdn_line_alarms(line, 0);
	assert_true(isdn_line_is_up(line));
	told[0] = '\0';
	sip_calls("80001");
	wait_sip("release(27@1)");
	assert_int_equal(exchange.calls, 0);
}

static void digits_of_the_far_end_are_passed_on(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	isdn_send_digits(exchange.call, "7#");
	wait_sip("digit(#)");
	assert_string_equal(told, "answer() digit(7) digit(#) ");
}

/* ---- ISDN to SIP */

static void call_in_is_answered_and_cleared_by_the_caller(void **state)
{
	struct isdn_call *call = exchange_calls(7, true, ISDN_BEARER_SPEECH);

	wait_exchange("proceeding(7,0)"); /* after a second without any word from SIP */
	assert_string_equal(asked.called.digits, "2001");
	assert_string_equal(asked.calling.number.digits, "2079460000");
	assert_int_equal(asked.calling.number.ton, TON_NATIONAL);
	assert_string_equal(asked.calling.name, "Ada");
	assert_string_equal(channel_text(7), "call 1 INCOMING PROCEEDING");
	sip_event(CALL_EV_ALERT, false);
	wait_exchange("alerting(0)");
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect()");
	assert_string_equal(exchange.heard, "proceeding(7,0) alerting(0) connect() ");
	isdn_release(call, 16);
	wait_sip("release(16@1)");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void call_in_is_cleared_by_sip(void **state)
{
	exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect(");
	sip_clears(16);
	wait_exchange("released(16)");
	assert_string_equal(exchange.heard,
			    "proceeding(7,0) connect() disconnect(16) released(16) ");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void progress_of_sip_becomes_indicators(void **state)
{
	exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	call_event(&sip, CALL_EV_PROCEEDING, NULL);
	sip_event(CALL_EV_PROGRESS, true);
	sip_event(CALL_EV_ALERT, true);
	wait_exchange("alerting(8)");
	assert_string_equal(exchange.heard, "proceeding(7,0) progress(8,0) alerting(8) ");
}

static void causes_of_sip_reach_the_caller(void **state)
{
	static const unsigned causes[] = {17, 1, 34, 102};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char expected[32];

		exchange.heard[0] = '\0';
		sip.call = NULL;
		exchange_calls(7, true, ISDN_BEARER_SPEECH);
		wait_sip_leg();
		sip_clears(causes[i]);
		snprintf(expected, sizeof(expected), "released(%u)", causes[i]);
		wait_exchange(expected);
		assert_true(run_until(trunk_is_idle, NULL));
	}
}

static void no_sip_target_is_told_at_once(void **state)
{
	make_fails_with = 38;
	exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(38)");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void busy_channel_is_refused_or_replaced(void **state)
{
	trunk_take(isdn_line_trunk(line), 7);
	exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(44)");
	assert_string_equal(exchange.heard, "released(44) ");
	exchange.heard[0] = '\0';
	exchange_calls(7, false, ISDN_BEARER_SPEECH);
	wait_exchange("proceeding(31,0)");
	trunk_release(isdn_line_trunk(line), 7);
}

static void caller_who_hangs_up_before_he_heard_of_another_channel_has_his_cause(void **state)
{
	struct isdn_call *call;

	trunk_take(isdn_line_trunk(line), 7);
	call = exchange_calls(7, false, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	isdn_release(call, 16);
	wait_sip("release(16@1)");
	trunk_release(isdn_line_trunk(line), 7);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void channel_that_is_not_ours_is_refused(void **state)
{
	exchange_calls(9, true, ISDN_BEARER_SPEECH);
	wait_exchange("released(82)");
	assert_string_equal(exchange.heard, "released(82) ");
}

/* ---- announcements behind DISCONNECT */

static void announcement_is_passed_on_until_the_far_end_is_done(void **state)
{
	wire.fault = WIRE_PI_IN_DISCONNECT;
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_proceeding(exchange.call, 31, 0);
	isdn_release(exchange.call, 1);
	wait_sip("progress(1,1)");
	assert_string_equal(told, "proceed progress(1,1) ");
	wait_sip("release(1@1)"); /* announcement_ms */
	assert_true(run_until(trunk_is_idle, NULL));
	assert_string_equal(exchange.heard, "setup(0001,31) released(1) ");
}

static void answered_call_ends_at_once_in_spite_of_an_announcement(void **state)
{
	wire.fault = WIRE_PI_IN_DISCONNECT;
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	isdn_release(exchange.call, 16);
	wait_sip("release(16@1)");
	assert_string_equal(told, "answer() release(16@1) ");
}

static void caller_who_hangs_up_is_gone_at_once(void **state)
{
	struct isdn_call *call;

	wire.fault = WIRE_PI_IN_DISCONNECT;
	call = exchange_calls(7, true, ISDN_BEARER_SPEECH);
	wait_exchange("proceeding(");
	isdn_release(call, 16);
	wait_sip("release(16@1)");
	assert_string_equal(told, "release(16@1) ");
}

static void sip_may_give_up_during_an_announcement(void **state)
{
	wire.fault = WIRE_PI_IN_DISCONNECT;
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_alerting(exchange.call, 0);
	isdn_release(exchange.call, 1);
	wait_sip("progress(1,1)");
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
	assert_string_equal(told, "proceed alert progress(1,1) release(16@0) ");
}

/* ---- the line */

static void lost_dchannel_fails_calls_in_setup(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_wire_cut(&wire);
	wait_sip("release(27@1)");
}

static void freed_line_releases_its_calls(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	isdn_line_free(line);
	assert_string_equal(told, "answer() release(41@1) ");
	line = NULL;
	lines.line[1] = NULL;
}

static bool all_restarted(const void *arg)
{
	return exchange.restarts == 30;
}

static void restarts_every_channel_once(void **state)
{
	struct isdn_line_config config = usual_config();

	config.restart_channels = true;
	gateway_start(&config);
	assert_true(run_until(all_restarted, NULL));
	sip_calls("90001");
	wait_exchange("setup(0001,31)");
	assert_int_equal(exchange.restarts, 30);
}

static bool ladder_has_both(const void *arg)
{
	struct call_summary summary;

	if (office_call_summary(office, 1, &summary) < 0)
		return false;
	return summary.trace_count > 0 &&
	       strncmp(summary.trace[summary.trace_count - 1].text, "RELEASE COMPLETE", 16) == 0;
}

static void messages_reach_the_ladder(void **state)
{
	static const char *const expected[] = {
	    "SETUP ch 7 2079460000 > 2001",
	    "PROCEEDING ch 7",
	    "ALERTING",
	    "CONNECT ch 7",
	    "CONNECT ACK",
	    "DISCONNECT cause 16",
	};
	struct isdn_call *call = exchange_calls(7, true, ISDN_BEARER_SPEECH);
	struct call_summary summary;
	unsigned n = 0;

	wait_sip_leg();
	sip_event(CALL_EV_ALERT, false);
	wait_exchange("alerting(");
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect(");
	isdn_release(call, 16);
	wait_sip("release(");
	assert_true(run_until(ladder_has_both, NULL));
	assert_int_equal(office_call_summary(office, 1, &summary), 0);
	for (unsigned i = 0; i < summary.trace_count && n < 6; i++) {
		if (strcmp(summary.trace[i].text, expected[n]) == 0)
			n++;
	}
	assert_int_equal(n, 6);
	assert_string_equal(summary.leg[0].channel, "1/7");
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(usual_gateway, call_out_is_answered_and_cleared_by_sip),
	    ON(network_gateway, call_out_is_answered_and_cleared_by_sip),
	    ON(usual_gateway, call_out_is_cleared_by_the_far_end),
	    ON(usual_gateway, causes_of_the_far_end_reach_sip),
	    ON(usual_gateway, sip_gives_up_while_it_rings),
	    ON(usual_gateway, inband_indicators_become_early_media),
	    ON(network_gateway, network_side_sends_an_exclusive_channel),
	    ON(usual_gateway, follows_the_channel_that_the_exchange_chooses),
	    ON(usual_gateway, channel_that_another_call_only_asked_for_is_the_networks_to_give),
	    ON(usual_gateway, call_of_the_network_gets_the_channel_that_both_want),
	    ON(network_gateway, network_keeps_the_channel_that_both_want),
	    ON(usual_gateway, refused_channel_is_tried_again_on_another),
	    ON(small_gateway, refused_channel_is_not_tried_for_ever),
	    ON(usual_gateway, no_channel_is_cause_34),
	    ON(usual_gateway, line_that_is_down_or_missing_is_cause_27),
	    ON(usual_gateway, digits_of_the_far_end_are_passed_on),
	    ON(usual_gateway, call_in_is_answered_and_cleared_by_the_caller),
	    ON(usual_gateway, call_in_is_cleared_by_sip),
	    ON(usual_gateway, progress_of_sip_becomes_indicators),
	    ON(usual_gateway, causes_of_sip_reach_the_caller),
	    ON(usual_gateway, no_sip_target_is_told_at_once),
	    ON(usual_gateway, busy_channel_is_refused_or_replaced),
	    ON(usual_gateway, caller_who_hangs_up_before_he_heard_of_another_channel_has_his_cause),
	    ON(small_gateway, channel_that_is_not_ours_is_refused),
	    ON(usual_gateway, announcement_is_passed_on_until_the_far_end_is_done),
	    ON(usual_gateway, answered_call_ends_at_once_in_spite_of_an_announcement),
	    ON(usual_gateway, caller_who_hangs_up_is_gone_at_once),
	    ON(usual_gateway, sip_may_give_up_during_an_announcement),
	    ON(usual_gateway, lost_dchannel_fails_calls_in_setup),
	    ON(usual_gateway, freed_line_releases_its_calls),
	    cmocka_unit_test_teardown(restarts_every_channel_once, no_gateway),
	    ON(usual_gateway, messages_reach_the_ladder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
