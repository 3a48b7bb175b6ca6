// SPDX-License-Identifier: GPL-2.0-or-later
/* Call completion (CCBS, CCNR) from one ISDN line to another through the gateway, between two
 * exchanges that know nothing of each other.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/timer_compat.h>

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/isdn/completion.h"
#include "tests/unit/completion_rig.h"

#define TEST(test) cmocka_unit_test_teardown(test, stop_what_failed)

static const struct lines_under_test kinds[] = {
    {ISDN_PRIMARY_NET5, false, false, true, true}, {ISDN_PRIMARY_QSIG, false, false, true, true},
    {ISDN_BASIC_NET3, false, false, true, true},   {ISDN_BASIC_NET3, true, false, true, true},
    {ISDN_BASIC_NET3, false, true, true, true},	   {ISDN_BASIC_NET3, true, true, true, true},
    {ISDN_BASIC_QSIG, false, false, true, true},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void busy_subscriber_is_called_back(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		start(&kinds[i]);
		call_finds_busy();
		request_is_accepted();
		call_back();
		stop();
	}
}

static void subscriber_who_did_not_answer_is_called_back(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		start(&kinds[i]);
		call_9(0);
		wait_for(&to, "setup(90001,2079460000) ");
		isdn_alerting(to.call, 0);
		wait_for(&from, "alerting ");
		wait_for(&from, "offered; ");
		isdn_release(from.call, 16);
		assert_true(run_until(calls_are_over, NULL));
		assert_int_equal(isdn_completion_request(from.exchange, from.record, true), 0);
		wait_for(&to, "requested(ccnr); ");
		isdn_completion_answer(to.exchange, to.record, ISDN_COMPLETION_ACCEPTED);
		wait_for(&from, "answered(0); ");
		call_back();
		stop();
	}
}

static void answered_call_has_no_pair(void **state)
{
	start(&kinds[0]);
	call_9(0);
	wait_for(&to, "setup(90001,2079460000) ");
	isdn_alerting(to.call, 0);
	wait_for(&from, "offered; ");
	assert_int_equal(pair_count(), 1);
	isdn_connect(to.call, NULL);
	wait_for(&from, "connect ");
	assert_int_equal(pair_count(), 0);
	isdn_release(from.call, 16);
	assert_true(run_until(no_pair_is_left, NULL));
	stop();
}

static void refused_request_is_refused_to_the_caller(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		start(&kinds[i]);
		call_finds_busy();
		request();
		isdn_completion_answer(to.exchange, to.record, ISDN_COMPLETION_LONG_TERM_DENIAL);
		wait_for(&from, "answered(2); ");
		assert_true(run_until(no_pair_is_left, NULL));
		stop();
	}
}

static void either_side_cancels(void **state)
{
	for (size_t i = 0; i < 2 * KINDS; i++) {
		struct end *who = i % 2 ? &from : &to, *other = i % 2 ? &to : &from;

		start(&kinds[i / 2]);
		call_finds_busy();
		request_is_accepted();
		isdn_completion_order(who->exchange, who->record, ISDN_COMPLETION_CANCELLED);
		wait_for(other, "cancelled; ");
		assert_true(run_until(no_pair_is_left, NULL));
		stop();
	}
}

/* Point to point and QSIG tell of it, a bus is asked. */
static void busy_caller_is_told_to_the_other_side(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		start(&kinds[i]);
		call_finds_busy();
		request_is_accepted();
		isdn_completion_status(from.exchange, from.record, ISDN_COMPLETION_STATUS, true);
		isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_USER_FREE);
		wait_for(&to, "status of caller(busy); ");
		isdn_completion_status(from.exchange, from.record, ISDN_COMPLETION_STATUS, false);
		wait_for(&to, "status of caller(free); ");
		forget(); /* he is told once more */
		call_back();
		stop();
	}
}

static void call_back_in_vain_ends_the_pair(void **state)
{
	start(&kinds[0]);
	call_finds_busy();
	request_is_accepted();
	isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_USER_FREE);
	wait_for(&from, "subscriber free; ");
	to.completes = false;
	call_9(from.record);
	wait_for(&to, ",back) ");
	isdn_release(from.call, 16);
	assert_true(run_until(no_pair_is_left, NULL));
	wait_for(&to, "cancelled; ");
	stop();
}

/* 45 minutes by the clock of the timers, which stands still but for this. */
static void request_has_a_time_limit(void **state)
{
	start(&kinds[0]);
	call_finds_busy();
	request_is_accepted();
	osmo_gettimeofday_override = true;
	gettimeofday(&osmo_gettimeofday_override_time, NULL);
	osmo_gettimeofday_override_add(44 * 60, 0);
	osmo_select_main(1);
	assert_int_equal(pair_count(), 1);
	osmo_gettimeofday_override_add(60, 0);
	for (unsigned n = 0; n < 100; n++) {
		osmo_gettimeofday_override_add(0, 1000);
		osmo_select_main(1);
	}
	assert_int_equal(pair_count(), 0);
	assert_non_null(strstr(from.heard, "cancelled; "));
	assert_non_null(strstr(to.heard, "cancelled; "));
	stop();
	osmo_gettimeofday_override = false;
}

static void subscriber_who_is_busy_again_is_offered_again(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		start(&kinds[i]);
		call_finds_busy();
		request_is_accepted();
		isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_USER_FREE);
		wait_for(&from, "subscriber free; ");
		forget();
		call_9(from.record);
		wait_for(&to, "setup(90001,2079460000,back) ");
		isdn_proceeding(to.call, 0, 0);
		isdn_release(to.call, 17);
		wait_for(&from, "disconnect(17) ");
		assert_true(run_until(calls_are_over, NULL));
		assert_non_null(strstr(from.heard, "offered; "));
		assert_int_equal(pair_count(), 1);
		forget();
		request_is_accepted();
		call_back();
		stop();
	}
}

static bool is_down(const void *line)
{
	return !isdn_line_is_up(line);
}

/* EuroISDN has a connection for it that is lost with layer 2, QSIG has none. */
static void lost_line_leaves_no_pair(void **state)
{
	for (unsigned n = 0; n < 4; n++) {
		struct end *lost = n % 2 ? &from : &to, *other = n % 2 ? &to : &from;

		start(&kinds[n / 2]);
		call_finds_busy();
		request_is_accepted();
		isdn_wire_cut(&lost->wire);
		assert_true(run_until(is_down, lost->line));
		wait_for(other, "cancelled; ");
		assert_int_equal(pair_count(), 0);
		stop();
	}
}

static void restart_of_all_channels_leaves_no_pair(void **state)
{
	start(&kinds[0]);
	call_finds_busy();
	request_is_accepted();
	isdn_line_on_restarted(to.line, 3);
	assert_int_equal(pair_count(), 1);
	isdn_line_on_restarted(to.line, 0);
	wait_for(&from, "cancelled; ");
	assert_true(run_until(no_pair_is_left, NULL));
	stop();
}

/* Without it on both lines nothing is offered, and the call fails as ever. */
static void both_lines_must_have_it(void **state)
{
	for (unsigned n = 0; n < 4; n++) {
		struct lines_under_test test = kinds[n / 2];

		*(n % 2 ? &test.from_on : &test.to_on) = false;
		start(&test);
		call_9(0);
		wait_for(&to, "setup(");
		isdn_proceeding(to.call, 0, 0);
		isdn_release(to.call, 17);
		wait_for(&from, "disconnect(17) ");
		assert_true(run_until(no_pair_is_left, NULL));
		if (test.type != ISDN_PRIMARY_QSIG) /* there every busy call is an offer */
			assert_null(strstr(from.heard, "offered; "));
		stop();
	}
}

/* Whatever becomes of the completion, nobody falls over it, and it is over when a line is gone. */
static void bits_may_be_wrong(void **state)
{
	unsigned bit = 0;

	start(&kinds[0]);
	do {
		call_finds_busy();
		from.wire.flipped = to.wire.flipped = bit;
		from.wire.fault = to.wire.fault = WIRE_FLIP_SERVICE;
		isdn_completion_request(from.exchange, from.record, false);
		run_ms(1);
		isdn_completion_answer(to.exchange, to.record, ISDN_COMPLETION_ACCEPTED);
		run_ms(1);
		isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_USER_FREE);
		run_ms(1);
		from.wire.fault = to.wire.fault = WIRE_GOOD;
		isdn_completion_order(from.exchange, from.record, ISDN_COMPLETION_CANCELLED);
		isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_CANCELLED);
		completion_line_lost(to.line);
		assert_true(run_until(no_pair_is_left, NULL));
		forget();
		bit++;
	} while (bit < from.wire.flip_count || bit < to.wire.flip_count);
	assert_in_range(bit, 100, 1000);
	call_finds_busy();
	request_is_accepted();
	call_back();
	stop();
}

#define ROUNDS 200

static size_t memory_in_use(void)
{
#ifdef __SANITIZE_ADDRESS__
	extern size_t __sanitizer_get_current_allocated_bytes(void);

	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks;
#endif
}

/* libpri's records, too: one has some hundred octets. */
static void rounds_leave_memory_flat(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		size_t before = 0;

		start(&kinds[i]);
		for (unsigned n = 0; n < ROUNDS; n++) {
			call_finds_busy();
			request_is_accepted();
			if (n % 2)
				call_back();
			else
				isdn_completion_order(from.exchange, from.record,
						      ISDN_COMPLETION_CANCELLED);
			assert_true(run_until(no_pair_is_left, NULL));
			if (n % 2 == 0)
				wait_for(&to, "cancelled; ");
			forget();
			if (n == ROUNDS / 10 + 1)
				before = memory_in_use();
		}
		assert_in_range(memory_in_use(), 0, before + ROUNDS * 8);
		stop();
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(busy_subscriber_is_called_back),
	    TEST(subscriber_who_did_not_answer_is_called_back),
	    TEST(answered_call_has_no_pair),
	    TEST(refused_request_is_refused_to_the_caller),
	    TEST(either_side_cancels),
	    TEST(busy_caller_is_told_to_the_other_side),
	    TEST(call_back_in_vain_ends_the_pair),
	    TEST(subscriber_who_is_busy_again_is_offered_again),
	    TEST(request_has_a_time_limit),
	    TEST(lost_line_leaves_no_pair),
	    TEST(restart_of_all_channels_leaves_no_pair),
	    TEST(both_lines_must_have_it),
	    TEST(bits_may_be_wrong),
	    TEST(rounds_leave_memory_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
