// SPDX-License-Identifier: GPL-2.0-or-later
/* Supplementary services from leg to leg and from call to call. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/legisdn_rig.h"

#define ALL_SERVICES 0x1f

static struct leg second; /* another SIP leg, told like the first one */

static void start(bool network, bool hold_messages)
{
	struct isdn_line_config config = usual_config();

	config.isdn.supplementary = ALL_SERVICES;
	config.isdn.network = network;
	config.hold_messages = hold_messages;
	gateway_start(&config);
}

static int user_gateway(void **state)
{
	start(false, false);
	return 0;
}

static int exchange_gateway(void **state)
{
	start(true, false);
	return 0;
}

static int holding_gateway(void **state)
{
	start(false, true);
	return 0;
}

static void forget(void)
{
	told[0] = exchange.heard[0] = '\0';
}

/* Another call from SIP, until it is answered. */
static struct isdn_call *second_call(void)
{
	struct call_setup setup = {.bearer = ISDN_BEARER_3K1_AUDIO};

	forget();
	second = sip;
	number_set(&setup.called, "90002", TON_UNKNOWN, NPI_UNKNOWN);
	assert_non_null(call_new(office, &second, &setup, NULL));
	wait_exchange("setup(0002");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	return exchange.call;
}

static struct isdn_call *connected_call(void)
{
	sip_calls("90001");
	wait_exchange("setup(0001");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	forget();
	return exchange.call;
}

static struct call_summary *summary(uint32_t id)
{
	static struct call_summary found;

	/* a call that was let go is in the history one turn of the loop later */
	if (office_call_summary(office, id, &found) < 0)
		osmo_select_main(1);
	assert_int_equal(office_call_summary(office, id, &found), 0);
	return &found;
}

/* ---- hold */

static void hold_of_the_far_end_gives_the_channel_back(void **state)
{
	struct isdn_call *call = connected_call();

	assert_string_equal(channel_text(31), "call 1 ACTIVE");
	assert_int_equal(isdn_hold(call), 0);
	wait_sip("hold ");
	wait_exchange("hold done");
	assert_string_equal(channel_text(31), "idle");
	assert_int_equal(isdn_retrieve(call, 5), 0);
	wait_sip("retrieve ");
	wait_exchange("retrieve done");
	assert_string_equal(channel_text(5), "call 1 ACTIVE");
	assert_string_equal(told, "hold retrieve ");
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void held_call_may_be_cleared_by_either_side(void **state)
{
	struct isdn_call *call = connected_call();

	isdn_hold(call);
	wait_exchange("hold done");
	isdn_release(call, 16);
	wait_sip("release(16@1)");
	assert_true(run_until(trunk_is_idle, NULL));
}

static void retrieval_finds_no_channel(void **state)
{
	struct isdn_call *call = connected_call();
	struct trunk *trunk = isdn_line_trunk(line);

	isdn_hold(call);
	wait_exchange("hold done");
	while (trunk_idle_count(trunk) > 0)
		assert_true(trunk_seize(trunk) > 0);
	isdn_retrieve(call, 31);
	wait_exchange("retrieve refused");
	assert_true(isdn_call_is_held(call));
	for (unsigned timeslot = 1; timeslot < 32; timeslot++)
		trunk_release(trunk, timeslot);
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
}

static void hold_of_the_sip_side_is_notified(void **state)
{
	connected_call();
	call_event(&sip, CALL_EV_HOLD, NULL);
	wait_exchange("notification(121)");
	call_event(&sip, CALL_EV_RETRIEVE, NULL);
	wait_exchange("notification(122)");
	assert_string_equal(channel_text(31), "call 1 ACTIVE");
}

static void hold_of_the_sip_side_is_sent_on(void **state)
{
	struct isdn_call *call = connected_call();

	call_event(&sip, CALL_EV_HOLD, NULL);
	wait_exchange("held");
	call_event(&sip, CALL_EV_RETRIEVE, NULL); /* perhaps before it is acknowledged */
	wait_exchange("retrieve asked");
	assert_string_equal(channel_text(31), "idle");
	isdn_retrieve_answer(call, 7, 0);
	while (strcmp(channel_text(7), "call 1 ACTIVE") != 0)
		osmo_select_main(0);
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
}

/* ---- transfer */

static bool all_channels_are_idle(const void *arg)
{
	return trunk_idle_count(isdn_line_trunk(line)) == 30 && office_call_count(office) < 2;
}

static void two_calls_are_transferred(void **state)
{
	struct isdn_call *one = connected_call(), *two = second_call();

	forget();
	assert_int_equal(office_transfer_calls(office, 1, 2), 0);
	assert_int_equal(office_transfer_calls(office, 1, 2), -EBUSY);
	wait_exchange("transfer asked");
	assert_ptr_equal(exchange.service.transfer.other, one);
	isdn_transfer_answer(two, exchange.service.transfer.invoke, true);
	isdn_release(two, 16);
	isdn_release(one, 16);
	wait_sip("release(16@1) release(16@1) ");
	assert_true(run_until(trunk_is_idle, NULL));
	for (uint32_t id = 1; id <= 2; id++) {
		assert_int_equal(summary(id)->services, CALL_TRANSFERRED);
		assert_int_equal(summary(id)->cause.q850, 16);
	}
}

static void refused_transfer_leaves_both_calls_up(void **state)
{
	struct isdn_call *two;

	connected_call();
	two = second_call();
	forget();
	assert_int_equal(office_transfer_calls(office, 1, 2), 0);
	wait_exchange("transfer asked");
	isdn_transfer_answer(two, exchange.service.transfer.invoke, false);
	while (office_transfer_calls(office, 1, 2) == -EBUSY) /* until it is known */
		osmo_select_main(0);
	assert_int_equal(summary(1)->services, 0);
	assert_string_equal(told, "");
	assert_int_equal(office_call_count(office), 2);
}

static void transfer_that_cannot_be_is_explained(void **state)
{
	connected_call();
	assert_int_equal(office_transfer_calls(office, 1, 9), -ENOENT);
	assert_int_equal(office_transfer_calls(office, 1, 0), -EPROTO); /* its caller is SIP */
	sip_calls("90003");
	wait_exchange("setup(0003");
	assert_int_equal(office_transfer_calls(office, 1, 2), -EINVAL);
}

/* The far end is a PBX: what it has joined stays joined here. */
static void parties_of_a_pbx_are_joined(void **state)
{
	struct isdn_call *one = connected_call(), *two = second_call();

	forget();
	assert_int_equal(isdn_transfer(one, two), 0);
	wait_exchange("transferred");
	assert_true(run_until(all_channels_are_idle, NULL));
	assert_int_equal(office_call_count(office), 1);
	assert_non_null(strstr(exchange.heard, "transferred"));
	assert_null(strstr(exchange.heard, "refused"));
	assert_string_equal(told, "connected(2001,) "); /* nobody has hung up */
	assert_int_equal(summary(1)->services, CALL_JOINED);
	assert_int_equal(summary(2)->services, CALL_JOINED);
	/* one of the joined hangs up, the other hears of it */
	forget();
	sip_clears(17);
	assert_string_equal(told, "release(17@0) release(17@0) ");
	assert_true(run_until(trunk_is_idle, NULL));
}

/* ---- deflection */

static void ringing_call_is_deflected_by_command(void **state)
{
	struct number to;

	number_set(&to, "4711", TON_NATIONAL, NPI_ISDN);
	exchange_calls(3, true, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	sip_event(CALL_EV_ALERT, false);
	wait_exchange("alerting(");
	assert_int_equal(office_deflect_call(office, 1, &to), 0);
	wait_exchange("deflection asked");
	assert_string_equal(exchange.service.deflect.to.digits, "4711");
	assert_string_equal(exchange.service.deflect.from.digits, "2001");
}

static void deflection_of_the_far_end_is_routed(void **state)
{
	struct isdn_call *first;
	struct number to;

	sip_calls("90001");
	wait_exchange("setup(0001");
	first = exchange.call;
	isdn_alerting(first, 0);
	wait_sip("alert ");
	number_set(&to, "90002", TON_UNKNOWN, NPI_ISDN);
	assert_int_equal(isdn_deflect(first, &to), 0);
	wait_exchange("setup(0002");
	assert_non_null(strstr(exchange.heard, "deflected disconnect(16)"));
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	assert_non_null(strstr(told, "proceed alert answer() "));
	assert_null(strstr(told, "release"));
	assert_int_equal(summary(1)->services, CALL_DEFLECTED);
	sip_clears(16);
	assert_true(run_until(trunk_is_idle, NULL));
}

static int deflect_to(unsigned last_digit)
{
	struct number to;
	char digits[] = "90000";

	digits[4] += last_digit;
	number_set(&to, digits, TON_UNKNOWN, NPI_ISDN);
	return isdn_deflect(exchange.call, &to);
}

static void deflection_in_a_row_ends(void **state)
{
	sip_calls("90001");
	for (unsigned i = 1; i < 7; i++) {
		char setup[] = "setup(0000";

		setup[9] += i;
		wait_exchange(setup);
		isdn_alerting(exchange.call, 0);
		wait_sip("alert ");
		forget();
		assert_int_equal(deflect_to(i + 1), 0);
	}
	wait_exchange("deflection refused");
	assert_int_equal(exchange.calls, 6);
	assert_string_equal(told, "");
}

static void deflection_in_a_circle_is_refused(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(0001");
	isdn_alerting(exchange.call, 0);
	assert_int_equal(deflect_to(2), 0);
	wait_exchange("setup(0002");
	isdn_alerting(exchange.call, 0);
	wait_sip("alert ");
	forget();
	assert_int_equal(deflect_to(1), 0);
	wait_exchange("deflection refused");
	assert_int_equal(exchange.calls, 2);
}

/* ---- others */

static void charges_stand_in_the_record(void **state)
{
	struct isdn_call *call = connected_call();
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 2};
	char text[64];

	isdn_charge_send(call, &charge);
	while (summary(1)->charge.kind == LEG_CHARGE_NONE)
		osmo_select_main(0);
	call_charge_text(&summary(1)->charge, text, sizeof(text));
	assert_string_equal(text, "2 units so far");
	charge = (struct isdn_charge){
	    .kind = ISDN_CHARGE_CURRENCY, .final = true, .thousandths = 1050, .currency = "EUR"};
	isdn_charge_send(call, &charge);
	isdn_release(call, 16);
	wait_sip("release(16@1)");
	call_charge_text(&summary(1)->charge, text, sizeof(text));
	assert_string_equal(text, "1.050 EUR");
}

static void notifications_pass_both_ways(void **state)
{
	struct leg_service service = {.type = LEG_NOTICED};

	isdn_notify(connected_call(), ISDN_NOTIFY_CALL_DIVERTING - 1);
	wait_sip("notice(122)");
	service.notice.indicator = ISDN_NOTIFY_RESUMED;
	assert_false(call_service(&sip, &service));
	wait_exchange("notification(1)");
}

static void user_user_information_passes_both_ways(void **state)
{
	struct leg_service service = {.type = LEG_NOTICED};
	struct user_user *said = &service.notice.user_user;

	*said = (struct user_user){.protocol = USER_USER_IA5, .length = 5, .octets = "hello"};
	service.notice.type = LEG_NOTICE_USER_USER;
	sip_calls("90001");
	wait_exchange("setup(0001");
	isdn_user_user(exchange.call, said);
	isdn_alerting(exchange.call, 0);
	wait_sip("user-user(hello) alert ");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	call_service(&sip, &service);
	sip_clears(16);
	wait_exchange("user-user information disconnect(16)");
}

static void malicious_call_is_marked(void **state)
{
	exchange_calls(3, true, ISDN_BEARER_SPEECH);
	wait_sip_leg();
	assert_int_equal(office_identify_call(office, 1), -EINVAL);
	sip_event(CALL_EV_ALERT, false);
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect(");
	assert_int_equal(office_identify_call(office, 1), 0);
	wait_exchange("malicious call identified");
	while (summary(1)->services == 0)
		osmo_select_main(0);
	assert_int_equal(summary(1)->services, CALL_MALICIOUS);
}

static void services_have_words(void **state)
{
	char text[64];

	call_services_text(CALL_TRANSFERRED | CALL_MALICIOUS, text, sizeof(text));
	assert_string_equal(text, "transferred malicious");
	call_services_text(0xff, text, 12); /* cut, not overrun */
	assert_string_equal(text, "transferred");
	call_charge_text(&(struct leg_charge){0}, text, sizeof(text));
	assert_string_equal(text, "");
	call_charge_text(&(struct leg_charge){.kind = LEG_CHARGE_UNITS, .units = 1, .final = true},
			 text, sizeof(text));
	assert_string_equal(text, "1 unit");
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(user_gateway, hold_of_the_far_end_gives_the_channel_back),
	    ON(exchange_gateway, hold_of_the_far_end_gives_the_channel_back),
	    ON(user_gateway, held_call_may_be_cleared_by_either_side),
	    ON(user_gateway, retrieval_finds_no_channel),
	    ON(user_gateway, hold_of_the_sip_side_is_notified),
	    ON(holding_gateway, hold_of_the_sip_side_is_sent_on),
	    ON(user_gateway, two_calls_are_transferred),
	    ON(user_gateway, refused_transfer_leaves_both_calls_up),
	    ON(user_gateway, transfer_that_cannot_be_is_explained),
	    ON(exchange_gateway, parties_of_a_pbx_are_joined),
	    ON(user_gateway, ringing_call_is_deflected_by_command),
	    ON(exchange_gateway, deflection_of_the_far_end_is_routed),
	    ON(exchange_gateway, deflection_in_a_row_ends),
	    ON(exchange_gateway, deflection_in_a_circle_is_refused),
	    ON(user_gateway, charges_stand_in_the_record),
	    ON(user_gateway, malicious_call_is_marked),
	    ON(user_gateway, notifications_pass_both_ways),
	    ON(user_gateway, user_user_information_passes_both_ways),
	    cmocka_unit_test(services_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
