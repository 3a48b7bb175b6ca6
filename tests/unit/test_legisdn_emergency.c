// SPDX-License-Identifier: GPL-2.0-or-later
/* Emergency calls on a line whose two channels are taken: libpri on both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "gateway/log/text.h"
#include "tests/unit/legisdn_rig.h"

struct phone { /* who calls through the gateway */
	struct leg leg;
	char told[128];
};

static struct phone phones[8];

#define NOTE(leg, ...)                                                                             \
	text_append(((struct phone *)(leg))->told, sizeof(((struct phone *)(leg))->told),          \
		    __VA_ARGS__)

static void phone_nothing(struct leg *leg)
{
}

static void phone_progress(struct leg *leg, const struct progress *progress)
{
}

static void phone_answered(struct leg *leg, const struct party *connected)
{
	NOTE(leg, "answer ");
}

static void phone_released(struct leg *leg, const struct cause *cause)
{
	NOTE(leg, "release(%u) ", cause->q850);
}

static void phone_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void phone_hold(struct leg *leg, bool held)
{
}

static const struct leg_ops phone_ops = {
    .name = "phone",
    .proceed = phone_nothing,
    .alert = phone_progress,
    .progress = phone_progress,
    .answer = phone_answered,
    .release = phone_released,
    .digit = phone_digit,
    .hold = phone_hold,
};

static uint32_t dials(unsigned n, const char *number)
{
	struct call_setup setup = {.bearer = 0x10};
	struct phone *phone = &phones[n];

	memset(phone, 0, sizeof(*phone));
	phone->leg.ops = &phone_ops;
	phone->leg.kind = PEER_VOIP;
	assert_int_equal(number_set(&setup.called, number, TON_UNKNOWN, NPI_UNKNOWN), 0);
	assert_non_null(call_new(office, &phone->leg, &setup, NULL));
	return call_id(phone->leg.call);
}

struct wanted {
	const struct phone *phone;
	const char *text;
};

static bool was_told(const void *arg)
{
	const struct wanted *wanted = arg;

	return strstr(wanted->phone->told, wanted->text);
}

static void wait_phone(unsigned n, const char *text)
{
	if (!run_until(was_told, &(struct wanted){&phones[n], text}))
		fail_msg("waited for \"%s\", phone %u was told \"%s\"", text, n, phones[n].told);
}

/* Until the exchange has it, which answers. */
static void dials_and_talks(unsigned n, const char *number, const char *setup)
{
	dials(n, number);
	wait_exchange(setup);
	isdn_connect(exchange.call, NULL);
	wait_phone(n, "answer");
}

static void clears(unsigned n)
{
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_SIP);

	call_event(&phones[n].leg, CALL_EV_RELEASED, &normal);
}

static void takes_the_channel_of_the_newest_call(void **state)
{
	struct call_summary summary;
	uint32_t id;

	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	id = dials(2, "9112");
	wait_phone(1, "release(8)");
	wait_exchange("disconnect(8)");
	wait_exchange("setup(112,2)");
	assert_string_equal(phones[0].told, "answer ");
	isdn_connect(exchange.call, NULL);
	wait_phone(2, "answer");
	assert_int_equal(office_call_summary(office, id, &summary), 0);
	assert_true(summary.emergency);
	assert_int_equal(office_call_summary(office, id - 1, &summary), 0);
	assert_int_equal(summary.cause.q850, 8);
	assert_int_equal(summary.ended_by, -1);
	clears(0);
	clears(2);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void clears_nobody_while_a_channel_is_free(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "9112", "setup(112,2)");
	assert_string_equal(phones[0].told, "answer ");
	clears(0);
	clears(1);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void never_clears_an_emergency_call(void **state)
{
	dials_and_talks(0, "9112", "setup(112,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	dials(2, "9112");
	wait_exchange("setup(112,2)");
	dials(3, "9112");
	wait_phone(3, "release(34)");
	assert_string_equal(phones[0].told, "answer ");
	assert_string_equal(phones[2].told, "");
	assert_string_equal(phones[1].told, "answer release(8) ");
	clears(0);
	clears(2);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void takes_the_channel_of_a_call_from_the_line(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	exchange_calls(2, true, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	sip_event(CALL_EV_ALERT, false);
	wait_exchange("alerting");
	dials(1, "9112");
	wait_sip("release(8@");
	wait_exchange("setup(112,2)");
	assert_string_equal(phones[0].told, "answer ");
	clears(0);
	clears(1);
	assert_true(run_until(trunk_is_idle, NULL));
}

/* Its SETUP may just have gone out. */
static void takes_the_channel_of_a_call_that_nobody_has_answered(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials(1, "91002");
	dials(2, "9112");
	assert_string_equal(phones[1].told, "release(8) ");
	wait_exchange("setup(112,2)");
	clears(0);
	clears(2);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void two_emergencies_clear_two_calls(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	dials(2, "9112");
	dials(3, "9112");
	wait_exchange("setup(112,2)");
	wait_exchange("setup(112,1)");
	assert_string_equal(phones[0].told, "answer release(8) ");
	assert_string_equal(phones[1].told, "answer release(8) ");
	clears(2);
	clears(3);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void caller_may_hang_up_while_waiting(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	dials(2, "9112");
	clears(2);
	clears(0);
	assert_true(run_until(trunk_is_idle, NULL));
	assert_null(strstr(exchange.heard, "setup(112"));
}

/* 5 s: then the next route would be tried. */
static void gives_up_if_the_far_end_does_not_release(void **state)
{
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	wire.fault = WIRE_MUTE;
	dials(2, "9112");
	wait_phone(2, "release(34)");
	assert_string_equal(phones[1].told, "answer release(8) ");
}

/* It is the newest on the line, and its party is who calls for help. */
static void who_is_transferred_to_help_keeps_his_call(void **state)
{
	struct call_setup setup = {.bearer = 0x10};
	struct leg_service refer = {.type = LEG_REFER_ASKED, .setup = &setup};
	uint32_t id;

	assert_int_equal(number_set(&setup.called, "9112", TON_UNKNOWN, NPI_UNKNOWN), 0);
	dials_and_talks(0, "91001", "setup(1001,1)");
	dials_and_talks(1, "91002", "setup(1002,2)");
	id = call_id(phones[1].leg.call) + 1;
	assert_true(call_service(&phones[1].leg, &refer));
	wait_phone(0, "release(8)");
	wait_exchange("setup(112,1)");
	isdn_connect(exchange.call, NULL);
	wait_phone(1, "release(16)");
	assert_string_equal(phones[1].told, "answer release(16) ");
	assert_int_equal(office_clear_call(office, id, 16), 0);
	assert_true(run_until(trunk_is_idle, NULL));
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(small_gateway, takes_the_channel_of_the_newest_call),
	    ON(small_gateway, clears_nobody_while_a_channel_is_free),
	    ON(small_gateway, never_clears_an_emergency_call),
	    ON(small_gateway, takes_the_channel_of_a_call_from_the_line),
	    ON(small_gateway, takes_the_channel_of_a_call_that_nobody_has_answered),
	    ON(small_gateway, two_emergencies_clear_two_calls),
	    ON(small_gateway, caller_may_hang_up_while_waiting),
	    ON(small_gateway, who_is_transferred_to_help_keeps_his_call),
	    ON(small_gateway, gives_up_if_the_far_end_does_not_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
