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

#include <osmocom/core/application.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/isdn/trunk.h"
#include "gateway/log/log.h"

#define E1_CHANNELS 0xfffefffeu /* 1..15, 17..31 */

static void *ctx;

static struct trunk *new_trunk(uint32_t timeslots, enum trunk_hunt hunt)
{
	struct trunk *trunk = NULL;

	assert_int_equal(trunk_new(ctx, 1, timeslots, hunt, &trunk), 0);
	trunk_set_link(trunk, true, 0);
	return trunk;
}

static void count_change(void *arg)
{
	++*(unsigned *)arg;
}

static void who_watches_hears_of_service_and_not_of_calls(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);
	unsigned heard = 0;

	trunk_watch(trunk, count_change, &heard);
	trunk_release(trunk, (unsigned)trunk_seize(trunk));
	trunk_set_dchannel(trunk, true);
	trunk_set_alarms(trunk, 1, 0);
	assert_int_equal(heard, 0);
	trunk_set_alarms(trunk, 1, TDM_ALARM_RED);
	assert_int_equal(heard, 1);
	trunk_set_alarms(trunk, 1, 0);
	trunk_set_dchannel(trunk, false);
	trunk_set_dchannel(trunk, true);
	trunk_block(trunk, 3, TRUNK_REASON_AUDIT);
	assert_int_equal(heard, 5);
	assert_int_equal(trunk_take(trunk, 3), 0); /* it works after all */
	assert_int_equal(heard, 6);
	trunk_watch(trunk, NULL, NULL);
	trunk_set_dchannel(trunk, false);
	assert_int_equal(heard, 6);
	trunk_free(trunk);
}

static void hunts_in_the_configured_order(void **state)
{
	static const struct {
		enum trunk_hunt hunt;
		int first[4], after_release[2]; /* the second one is released, then two more */
	} cases[] = {
	    {TRUNK_ASCENDING, {1, 2, 3, 5}, {2, 6}},
	    {TRUNK_DESCENDING, {31, 30, 6, 5}, {30, 3}},
	    {TRUNK_ROUND_ROBIN, {1, 2, 3, 5}, {6, 30}},
	};
	const uint32_t timeslots = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 5 | 1u << 6 | 3u << 30;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trunk *trunk = new_trunk(timeslots, cases[i].hunt);

		for (size_t n = 0; n < 4; n++)
			assert_int_equal(trunk_seize(trunk), cases[i].first[n]);
		trunk_release(trunk, (unsigned)cases[i].first[1]);
		for (size_t n = 0; n < 2; n++)
			assert_int_equal(trunk_seize(trunk), cases[i].after_release[n]);
		trunk_free(trunk);
	}
}

static void a_trunk_group_goes_before_the_order_of_the_line(void **state)
{
	static const struct {
		struct trunk_order order;
		int first[6];
	} cases[] = {
	    {{TRUNK_HUNT_UNSAID, TRUNK_PARITY_NONE}, {6, 5, 3, 2, 1, -EBUSY}},
	    {{TRUNK_ASCENDING, TRUNK_PARITY_NONE}, {1, 2, 3, 5, 6, -EBUSY}},
	    {{TRUNK_ASCENDING, TRUNK_EVEN_FIRST}, {2, 6, 1, 3, 5, -EBUSY}},
	    {{TRUNK_DESCENDING, TRUNK_EVEN_FIRST}, {6, 2, 5, 3, 1, -EBUSY}},
	    {{TRUNK_DESCENDING, TRUNK_ODD_FIRST}, {5, 3, 1, 6, 2, -EBUSY}},
	    {{TRUNK_HUNT_UNSAID, TRUNK_ODD_FIRST}, {5, 3, 1, 6, 2, -EBUSY}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trunk *trunk = new_trunk(0x6e, TRUNK_DESCENDING);

		for (size_t n = 0; n < 6; n++)
			assert_int_equal(trunk_seize_in(trunk, &cases[i].order), cases[i].first[n]);
		trunk_free(trunk);
	}
}

static void usage_counts_what_is_in_service(void **state)
{
	struct trunk *trunk = new_trunk(0x1e, TRUNK_ASCENDING); /* 1..4 */
	struct trunk_usage usage;
	uint64_t since;

	trunk_usage(trunk, &usage);
	assert_int_equal(usage.busy, 0);
	assert_int_equal(usage.in_service, 4);
	assert_int_equal(usage.idle_since_us, 0);
	for (int n = 1; n <= 3; n++)
		assert_int_equal(trunk_seize(trunk), n);
	trunk_block(trunk, 4, TRUNK_REASON_OPERATOR);
	trunk_usage(trunk, &usage);
	assert_int_equal(usage.busy, 3);
	assert_int_equal(usage.in_service, 3);
	assert_int_equal(usage.idle_since_us, 0);
	trunk_release(trunk, 2);
	trunk_usage(trunk, &usage);
	since = usage.idle_since_us;
	assert_true(since > 0);
	trunk_release(trunk, 3); /* the one idle longest is still the second */
	trunk_usage(trunk, &usage);
	assert_true(usage.idle_since_us == since);
	assert_int_equal(usage.busy, 1);
	trunk_set_dchannel(trunk, false);
	trunk_usage(trunk, &usage);
	assert_int_equal(usage.in_service, 1);
	trunk_free(trunk);
}

static void round_robin_comes_round(void **state)
{
	struct trunk *trunk = new_trunk(0x6, TRUNK_ROUND_ROBIN);

	for (int n = 0; n < 6; n++) {
		int timeslot = trunk_seize(trunk);

		assert_int_equal(timeslot, n % 2 + 1);
		trunk_release(trunk, (unsigned)timeslot);
	}
	trunk_free(trunk);
}

static void full_trunk_says_so(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);

	assert_int_equal(trunk_size(trunk), 30);
	for (unsigned n = 0; n < 30; n++)
		assert_int_equal(trunk_seize(trunk), n < 15 ? n + 1 : n + 2);
	assert_int_equal(trunk_idle_count(trunk), 0);
	assert_int_equal(trunk_seize(trunk), -EBUSY);
	trunk_release(trunk, 17);
	assert_int_equal(trunk_seize(trunk), 17);
	trunk_free(trunk);
}

static void takes_only_what_is_there_and_free(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);

	assert_int_equal(trunk_take(trunk, 16), -ENOENT);
	assert_int_equal(trunk_take(trunk, 0), -ENOENT);
	assert_int_equal(trunk_take(trunk, 32), -ENOENT);
	assert_int_equal(trunk_take(trunk, 4000000000u), -ENOENT);
	assert_int_equal(trunk_take(trunk, 31), 0);
	assert_int_equal(trunk_take(trunk, 31), -EBUSY);
	assert_int_equal(trunk_channel(trunk, 31), TRUNK_CHANNEL_BUSY);
	assert_int_equal(trunk_channel(trunk, 16), TRUNK_CHANNEL_ABSENT);
	assert_int_equal(trunk_channel(trunk, 99), TRUNK_CHANNEL_ABSENT);
	trunk_release(trunk, 31);
	assert_int_equal(trunk_channel(trunk, 31), TRUNK_CHANNEL_IDLE);
	trunk_free(trunk);
	assert_int_equal(trunk_new(ctx, 1, 1, TRUNK_ASCENDING, &trunk), -EINVAL);
}

static void hands_out_nothing_while_the_link_is_down(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);

	trunk_set_link(trunk, true, TDM_ALARM_YELLOW);
	assert_false(trunk_is_up(trunk));
	assert_int_equal(trunk_seize(trunk), -ENETDOWN);
	trunk_set_link(trunk, false, 0);
	assert_int_equal(trunk_seize(trunk), -ENETDOWN);
	assert_int_equal(trunk_channel(trunk, 1), TRUNK_CHANNEL_OUT_OF_SERVICE);
	assert_int_equal(trunk_take(trunk, 1), 0); /* the far end may still have a call */
	trunk_set_link(trunk, true, 0);
	assert_int_equal(trunk_seize(trunk), 2);
	trunk_free(trunk);
}

static void says_why_a_channel_is_out_of_service(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);

	for (unsigned reason = TRUNK_REASON_RESTART; reason < TRUNK_REASONS; reason++) {
		assert_int_equal(trunk_block(trunk, 3, reason), 0);
		assert_int_equal(trunk_channel(trunk, 3), TRUNK_CHANNEL_OUT_OF_SERVICE);
		assert_int_equal(trunk_channel_reason(trunk, 3), reason);
		assert_string_not_equal(trunk_reason_name(reason), "unknown");
	}
	assert_int_equal(trunk_idle_count(trunk), 29);
	for (unsigned reason = TRUNK_REASONS - 1; reason >= TRUNK_REASON_RESTART; reason--) {
		assert_int_equal(trunk_channel_reason(trunk, 3), reason);
		trunk_unblock(trunk, 3, reason);
	}
	assert_int_equal(trunk_channel(trunk, 3), TRUNK_CHANNEL_IDLE);
	assert_int_equal(trunk_block(trunk, 16, TRUNK_REASON_OPERATOR), -ENOENT);
	trunk_set_link(trunk, true, TDM_ALARM_RED);
	assert_int_equal(trunk_channel_reason(trunk, 3), TRUNK_REASON_ALARM);
	trunk_set_link(trunk, false, 0);
	assert_int_equal(trunk_channel_reason(trunk, 3), TRUNK_REASON_DCHANNEL);
	trunk_free(trunk);
}

static void hands_out_no_channel_that_is_out_of_service(void **state)
{
	struct trunk *trunk = new_trunk(0xe, TRUNK_ASCENDING); /* 1..3 */

	trunk_block(trunk, 1, TRUNK_REASON_OPERATOR);
	trunk_block(trunk, 2, TRUNK_REASON_AUDIT);
	assert_int_equal(trunk_seize(trunk), 3);
	assert_int_equal(trunk_seize(trunk), -EBUSY);
	assert_int_equal(trunk_take(trunk, 1), -EBUSY); /* the operator's word stands */
	assert_int_equal(trunk_take(trunk, 2), 0);	/* the far end uses it: it works */
	trunk_release(trunk, 2);
	assert_int_equal(trunk_channel(trunk, 2), TRUNK_CHANNEL_IDLE);
	trunk_free(trunk);
}

static void busied_out_channels_are_for_emergency_calls_and_the_far_end(void **state)
{
	static const struct trunk_order emergency = {.emergency = true};
	struct trunk *trunk = new_trunk(0x1e, TRUNK_ASCENDING); /* 1..4 */

	for (unsigned channel = 1; channel <= 4; channel++)
		trunk_block(trunk, channel, TRUNK_REASON_BUSYOUT);
	trunk_block(trunk, 1, TRUNK_REASON_OPERATOR);
	assert_int_equal(trunk_seize(trunk), -EBUSY);
	assert_int_equal(trunk_seize_in(trunk, &emergency), 2);
	assert_int_equal(trunk_take(trunk, 3), 0);
	trunk_release(trunk, 3);
	assert_int_equal(trunk_channel_reason(trunk, 3), TRUNK_REASON_BUSYOUT); /* still */
	assert_int_equal(trunk_channel_service(trunk, 2), TRUNK_OUT_OF_SERVICE_PENDING);
	trunk_set_link(trunk, true, TDM_ALARM_RED);
	assert_true(trunk_seize_in(trunk, &emergency) < 0);
	trunk_free(trunk);
}

static void call_stays_on_a_channel_that_is_taken_out_of_service(void **state)
{
	struct trunk *trunk = new_trunk(E1_CHANNELS, TRUNK_ASCENDING);

	trunk_take(trunk, 4);
	trunk_block(trunk, 4, TRUNK_REASON_OPERATOR);
	assert_int_equal(trunk_channel(trunk, 4), TRUNK_CHANNEL_BUSY);
	assert_int_equal(trunk_channel_service(trunk, 4), TRUNK_OUT_OF_SERVICE_PENDING);
	trunk_release(trunk, 4);
	assert_int_equal(trunk_channel(trunk, 4), TRUNK_CHANNEL_OUT_OF_SERVICE);
	assert_int_equal(trunk_channel_service(trunk, 4), TRUNK_OUT_OF_SERVICE);
	trunk_free(trunk);
}

static void spans_of_a_group_are_one_trunk(void **state)
{
	struct trunk *trunk = NULL;

	assert_int_equal(trunk_new(ctx, 1, 0x6, TRUNK_ASCENDING, &trunk), 0);
	assert_int_equal(trunk_add_span(trunk, 2, 5, 0x12), 0);
	assert_int_equal(trunk_add_span(trunk, 2, 6, 0x12), -EEXIST);
	assert_int_equal(trunk_add_span(trunk, TRUNK_INTERFACES_MAX, 6, 0x12), -EINVAL);
	trunk_set_dchannel(trunk, true);
	assert_int_equal(trunk_size(trunk), 4);
	assert_int_equal(trunk_seize(trunk), 1);
	assert_int_equal(trunk_seize(trunk), 2);
	assert_int_equal(trunk_seize(trunk), ISDN_CHANNEL(2, 1));
	assert_int_equal(trunk_span_of(trunk, ISDN_CHANNEL(2, 1)), 5);
	assert_int_equal(trunk_span_of(trunk, ISDN_CHANNEL(3, 1)), 0);
	trunk_set_alarms(trunk, 5, TDM_ALARM_RED); /* one span has an alarm, the trunk works on */
	assert_true(trunk_is_up(trunk));
	assert_int_equal(trunk_seize(trunk), -EBUSY);
	assert_int_equal(trunk_channel_reason(trunk, ISDN_CHANNEL(2, 4)), TRUNK_REASON_ALARM);
	trunk_set_alarms(trunk, 5, 0);
	assert_int_equal(trunk_seize(trunk), ISDN_CHANNEL(2, 4));
	assert_int_equal(trunk_next(trunk, 2), ISDN_CHANNEL(2, 1));
	assert_int_equal(trunk_next(trunk, ISDN_CHANNEL(2, 4)), 0);
	assert_int_equal(trunk_set_interface(trunk, 2), -EEXIST);
	assert_int_equal(trunk_set_interface(trunk, 1), 0);
	assert_int_equal(trunk_next(trunk, 0), ISDN_CHANNEL(1, 1));
	trunk_free(trunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hunts_in_the_configured_order),
	    cmocka_unit_test(who_watches_hears_of_service_and_not_of_calls),
	    cmocka_unit_test(a_trunk_group_goes_before_the_order_of_the_line),
	    cmocka_unit_test(usage_counts_what_is_in_service),
	    cmocka_unit_test(round_robin_comes_round),
	    cmocka_unit_test(full_trunk_says_so),
	    cmocka_unit_test(takes_only_what_is_there_and_free),
	    cmocka_unit_test(hands_out_nothing_while_the_link_is_down),
	    cmocka_unit_test(says_why_a_channel_is_out_of_service),
	    cmocka_unit_test(hands_out_no_channel_that_is_out_of_service),
	    cmocka_unit_test(busied_out_channels_are_for_emergency_calls_and_the_far_end),
	    cmocka_unit_test(call_stays_on_a_channel_that_is_taken_out_of_service),
	    cmocka_unit_test(spans_of_a_group_are_one_trunk),
	};

	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
