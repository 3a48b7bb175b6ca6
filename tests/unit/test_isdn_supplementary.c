// SPDX-License-Identifier: GPL-2.0-or-later
/* Supplementary services between two real libpri ends, by service and switch type. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "tests/unit/supplementary_rig.h"

/* ---- hold */

static void hold_and_retrieve(struct side *from, struct side *to)
{
	connect_call(&user);
	assert_int_equal(isdn_hold(from->calls[0]), 0);
	wait_for(from, "hold done");
	assert_heard(*to, "held ");
	assert_true(isdn_call_is_held(from->calls[0]));
	assert_true(isdn_call_is_held(to->calls[0]));
	assert_int_equal(isdn_call_timeslot(from->calls[0]), 0);
	assert_int_equal(isdn_retrieve(from->calls[0], 7), 0);
	wait_for(to, "retrieve asked(7");
	assert_int_equal(isdn_retrieve_answer(to->calls[0], 7, 0), 0);
	wait_for(from, "retrieve done");
	assert_int_equal(isdn_call_timeslot(from->calls[0]), 7);
	assert_int_equal(isdn_call_timeslot(to->calls[0]), 7);
	assert_false(isdn_call_is_held(from->calls[0]));
	assert_string_equal(isdn_call_state_name(from->calls[0]), "ACTIVE");
	finish();
}

static void user_holds_and_retrieves_on_another_channel(void **state)
{
	hold_and_retrieve(&user, &network);
}

static void network_holds_and_retrieves_on_another_channel(void **state)
{
	hold_and_retrieve(&network, &user);
}

static void retrieval_may_be_refused_and_tried_again(void **state)
{
	connect_call(&user);
	isdn_hold(user.calls[0]);
	wait_for(&user, "hold done");
	isdn_retrieve(user.calls[0], 3);
	wait_for(&network, "retrieve asked");
	assert_int_equal(isdn_retrieve_answer(network.calls[0], 0, 44), 0);
	wait_for(&user, "retrieve refused(44)");
	assert_true(isdn_call_is_held(user.calls[0]));
	assert_true(isdn_call_is_held(network.calls[0]));
	forget();
	isdn_retrieve(user.calls[0], 0);
	wait_for(&network, "retrieve asked(0)");
	isdn_retrieve_answer(network.calls[0], 9, 0);
	wait_for(&user, "retrieve done");
	assert_int_equal(isdn_call_timeslot(user.calls[0]), 9);
	finish();
}

static void hold_without_permission_is_refused(void **state)
{
	connect_call(&user);
	assert_int_equal(isdn_hold(user.calls[0]), -EACCES);
	assert_int_equal(isdn_retrieve(user.calls[0], 3), -EINVAL);
	assert_int_equal(isdn_retrieve_answer(user.calls[0], 3, 0), -EINVAL);
	finish();
}

static void both_hold_at_once(void **state)
{
	pri_set_timer(user.isdn->pri, PRI_TIMER_T_HOLD, 50);
	connect_call(&user);
	assert_int_equal(isdn_hold(user.calls[0]), 0);
	assert_int_equal(isdn_hold(network.calls[0]), 0);
	/* the network ignores it, the user gives in; its own request stays without an answer */
	wait_for(&network, "hold done");
	wait_for(&user, "held");
	run_ms(100);
	assert_heard(user, "held ");
	assert_true(isdn_call_is_held(user.calls[0]) && isdn_call_is_held(network.calls[0]));
	finish();
}

static void a_held_call_can_be_cleared(void **state)
{
	connect_call(&user);
	isdn_hold(user.calls[0]);
	wait_for(&user, "hold done");
	finish();
}

/* ---- transfer */

static void explicit_transfer_is_carried_out(void **state)
{
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), -EBUSY);
	wait_for(&network, "transfer asked");
	assert_ptr_equal(network.service.transfer.other, network.calls[0]);
	isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, true);
	isdn_release(network.calls[1], 16);
	isdn_release(network.calls[0], 16);
	user.automatic = true;
	wait_for(&user, "transferred disconnect(16@1) transferred disconnect(16@1) ");
	expect_released(&user, 2);
	expect_released(&network, 2);
}

static void refused_transfer_changes_nothing(void **state)
{
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	wait_for(&network, "transfer asked");
	isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, false);
	wait_for(&user, "transfer refused transfer refused ");
	assert_heard(user, "transfer refused transfer refused ");
	assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
	assert_string_equal(isdn_call_state_name(user.calls[1]), "ACTIVE");
	finish();
}

static void transfer_that_one_call_does_not_survive(void **state)
{
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	isdn_release(user.calls[1], 17);
	wait_for(&network, "disconnect(17@1)");
	finish();
}

static void transfer_needs_two_active_calls_of_a_line_that_can(void **state)
{
	struct isdn_setup setup = usual_setup();

	connect_call(&user);
	setup.timeslot = 5;
	place(&user, &setup);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), -EINVAL);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[0]), -EINVAL);
	assert_int_equal(isdn_transfer(user.calls[0], network.calls[0]), -EXDEV);
	assert_int_equal(isdn_transfer(network.calls[0], network.calls[1]), -ENOTSUP);
	finish();
}

static void transfer_is_refused_by_a_network_that_does_not_offer_it(void **state)
{
	connect_two(&user);
	no_line(NULL);
	rig_line(ISDN_PRIMARY_NET5, ALL_SERVICES);
	isdn_free(network.isdn);
	rig_config.supplementary = 0;
	side_isdn_new(&network, true);
	wait_for(&network, "up ");
	run_ms(20);
	forget();
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	wait_for(&user, "transfer refused transfer refused ");
	finish();
}

/* libpri as the network does not know TBCT: the far end is played by hand. */
static void tbct_ends_with_both_calls_cleared(void **state)
{
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	run_ms(20);
	assert_non_null(strstr(network.traced, "<FACILITY"));
	isdn_release(network.calls[0], 16);
	isdn_release(network.calls[1], 16);
	user.automatic = true;
	expect_released(&user, 2);
	assert_non_null(strstr(user.heard, "transferred disconnect(16@1) "));
	assert_null(strstr(user.heard, "transfer refused"));
}

static void rlt_needs_a_call_that_the_switch_has_named(void **state)
{
	rig_line(ISDN_PRIMARY_DMS100, ALL_SERVICES);
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), -EINVAL);
	finish();
	no_line(NULL);
}

/* What a DMS-100 answers to the RLT operation indication of SETUP: the call is number 0x1234. */
static const uint8_t rlt_name[] = {0x1c, 0x10, 0x11, 0xbe, 0xa2, 0x0c, 0x02, 0x01, 0x01,
				   0x30, 0x07, 0x02, 0x01, 0x01, 0x80, 0x02, 0x12, 0x34};

static void rlt_transfers_calls_that_the_switch_has_named(void **state)
{
	rig_line(ISDN_PRIMARY_DMS100, ALL_SERVICES);
	add_to(DSS1_CONNECT, rlt_name, sizeof(rlt_name));
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	run_ms(20);
	assert_non_null(strstr(network.traced, "<FACILITY"));
	isdn_release(network.calls[0], 16);
	isdn_release(network.calls[1], 16);
	user.automatic = true;
	expect_released(&user, 2);
	assert_non_null(strstr(user.heard, "transferred disconnect(16@1) "));
	no_line(NULL);
}

static void path_replacement_takes_the_second_call_with_the_first(void **state)
{
	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	run_ms(30);
	assert_non_null(strstr(network.traced, "<FACILITY|<FACILITY|"));
	isdn_release(network.calls[0], 16);
	user.automatic = network.automatic = true;
	expect_released(&user, 2);
	expect_released(&network, 2);
	assert_non_null(strstr(user.heard, "transferred"));
	assert_null(strstr(user.heard, "refused"));
}

/* ---- diversion */

static void deflect(struct side *from, bool accept)
{
	struct isdn_setup setup = usual_setup();
	struct number to;

	number_set(&to, "4711", TON_NATIONAL, NPI_ISDN);
	place(from->peer, &setup);
	assert_int_equal(isdn_deflect(from->calls[0], &to), -EINVAL); /* nothing sent yet */
	isdn_alerting(from->calls[0], 0);
	wait_for(from->peer, "alerting(");
	forget();
	assert_int_equal(isdn_deflect(from->calls[0], &to), 0);
	assert_int_equal(isdn_deflect(from->calls[0], &to), -EBUSY);
	wait_for(from->peer, "deflection asked(4711)");
	assert_string_equal(from->peer->service.deflect.from.digits, "0001");
	assert_int_equal(from->peer->service.deflect.to.ton, TON_NATIONAL);
	assert_int_equal(from->peer->service.deflect.count, 1);
	assert_int_equal(
	    isdn_deflect_answer(from->peer->calls[0], from->peer->service.deflect.invoke, accept),
	    0);
	if (accept) {
		isdn_release(from->peer->calls[0], 16);
		wait_for(from, "deflected disconnect(16@1)");
	} else {
		wait_for(from, "deflection refused");
		isdn_connect(from->calls[0], NULL);
		wait_for(from->peer, "connect(");
	}
	finish();
}

static void user_deflects(void **state)
{
	deflect(&user, true);
}

static void refused_deflection_leaves_the_call_ringing(void **state)
{
	deflect(&user, false);
}

static void qsig_reroutes_both_ways(void **state)
{
	deflect(&network, true);
}

static void deflection_is_for_the_called_side(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct number to;

	number_set(&to, "4711", TON_NATIONAL, NPI_ISDN);
	place(&user, &setup);
	isdn_alerting(network.calls[0], 0);
	assert_int_equal(isdn_deflect(network.calls[0], &to), -ENOTSUP);
	assert_int_equal(isdn_deflect(user.calls[0], &to), -EINVAL);
	finish();
}

/* ---- malicious call identification */

static void malicious_call_is_identified(void **state)
{
	connect_call(&network);
	assert_int_equal(isdn_mcid(user.calls[0]), 0);
	wait_for(&user, "malicious call registered");
	assert_heard(network, "malicious call identified ");
	assert_int_equal(isdn_mcid(network.calls[0]), -ENOTSUP);
	finish();
}

static void caller_cannot_be_malicious_to_himself(void **state)
{
	connect_call(&user);
	assert_int_equal(isdn_mcid(user.calls[0]), -EINVAL);
	finish();
}

/* ---- advice of charge */

static void charges_arrive_as_they_were_sent(void **state)
{
	static const struct {
		struct isdn_charge charge;
		const char *heard;
	} cases[] = {
	    {{.kind = ISDN_CHARGE_UNITS, .units = 1}, "charge(2,1,0,,) "},
	    {{.kind = ISDN_CHARGE_CURRENCY, .thousandths = 1250, .currency = "EUR"},
	     "charge(3,0,1250,EUR,) "},
	    {{.kind = ISDN_CHARGE_FREE}, "charge(1,0,0,,) "},
	    {{.kind = ISDN_CHARGE_NOT_AVAILABLE}, "charge(0,0,0,,) "},
	    {{.kind = ISDN_CHARGE_RATE, .thousandths = 50, .currency = "EUR"},
	     "charge(4,0,0,,0.050 EUR per 1 min) "},
	    {{.kind = ISDN_CHARGE_RATE}, "charge(4,0,0,,free) "},
	};

	connect_call(&user);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(isdn_charge_send(network.calls[0], &cases[i].charge), 0);
		wait_for(&user, "charge(");
		assert_heard(user, cases[i].heard);
		forget();
	}
	finish();
}

static void final_charge_comes_before_the_end(void **state)
{
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 5, .final = true};

	connect_call(&user);
	assert_int_equal(isdn_charge_send(network.calls[0], &charge), 0);
	isdn_release(network.calls[0], 16);
	wait_for(&user, "disconnect(");
	assert_heard(user, "charge(2,5,0,,final) disconnect(16@1) ");
	finish();
}

static void charge_in_release_after_our_disconnect(void **state)
{
	struct isdn_charge charge = {
	    .kind = ISDN_CHARGE_CURRENCY, .thousandths = 99, .currency = "GBP", .final = true};

	connect_call(&user);
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	isdn_charge_send(network.calls[0], &charge);
	isdn_release(network.calls[0], 16);
	wait_for(&user, "released(");
	assert_heard(user, "charge(3,0,99,GBP,final) released(16@1) ");
}

/* ---- small ones */

static void notifications_go_both_ways(void **state)
{
	connect_call(&user);
	assert_int_equal(isdn_notify(user.calls[0], ISDN_NOTIFY_REMOTE_HOLD), 0);
	wait_for(&network, "notification(121)");
	assert_int_equal(isdn_notify(network.calls[0], ISDN_NOTIFY_SUSPENDED), 0);
	wait_for(&user, "notification(0)");
	assert_int_equal(isdn_notify(user.calls[0], 128), -EINVAL);
	finish();
}

static void ni_notifies_of_what_q931_has(void **state)
{
	connect_call(&user);
	assert_int_equal(isdn_notify(user.calls[0], ISDN_NOTIFY_REMOTE_HOLD), -ENOTSUP);
	assert_int_equal(isdn_notify(user.calls[0], ISDN_NOTIFY_RESUMED), 0);
	wait_for(&network, "notification(1)");
	finish();
}

static void user_user_information_goes_with_every_step(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	say(network.calls[0], "ring");
	isdn_alerting(network.calls[0], 0);
	wait_for(&user, "alerting(");
	assert_heard(user, "proceeding(3,0) user-user information(ring) alerting(0) ");
	isdn_connect(network.calls[0], NULL);
	wait_for(&user, "connect(");
	assert_int_equal(isdn_user_user(user.calls[0], &(struct user_user){.length = 1}), -ENOTSUP);
	forget();
	say(user.calls[0], "bye");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	assert_heard(network, "user-user information(bye) disconnect(16@1) ");
	say(network.calls[0], "me too");
	isdn_release(network.calls[0], 16);
	wait_for(&user, "released(");
	assert_heard(user, "user-user information(me too) released(16@1) ");
}

static void mailbox_lamp_is_switched(void **state)
{
	struct number mailbox;

	number_set(&mailbox, "2001", TON_SUBSCRIBER, NPI_PRIVATE);
	assert_int_equal(isdn_mwi(user.isdn, &mailbox, true), 0);
	run_ms(50);
	assert_non_null(strstr(user.traced, ">SETUP"));
	assert_int_equal(isdn_mwi(network.isdn, &mailbox, false), 0);
	run_ms(50);
	assert_non_null(strstr(network.traced, ">SETUP"));
	assert_int_equal(isdn_call_count(user.isdn), 0);
	assert_int_equal(isdn_call_count(network.isdn), 0);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(ready_line, user_holds_and_retrieves_on_another_channel),
	    ON(ready_line, network_holds_and_retrieves_on_another_channel),
	    ON(tbct_line, user_holds_and_retrieves_on_another_channel),
	    ON(qsig_line, user_holds_and_retrieves_on_another_channel),
	    ON(ready_line, retrieval_may_be_refused_and_tried_again),
	    ON(strict_line, hold_without_permission_is_refused),
	    ON(ready_line, both_hold_at_once),
	    ON(ready_line, a_held_call_can_be_cleared),
	    ON(ready_line, explicit_transfer_is_carried_out),
	    ON(ready_line, refused_transfer_changes_nothing),
	    ON(ready_line, transfer_that_one_call_does_not_survive),
	    ON(ready_line, transfer_needs_two_active_calls_of_a_line_that_can),
	    ON(ready_line, transfer_is_refused_by_a_network_that_does_not_offer_it),
	    ON(tbct_line, tbct_ends_with_both_calls_cleared),
	    cmocka_unit_test(rlt_needs_a_call_that_the_switch_has_named),
	    cmocka_unit_test(rlt_transfers_calls_that_the_switch_has_named),
	    ON(qsig_line, path_replacement_takes_the_second_call_with_the_first),
	    ON(ready_line, user_deflects),
	    ON(qsig_line, user_deflects),
	    ON(ready_line, refused_deflection_leaves_the_call_ringing),
	    ON(qsig_line, qsig_reroutes_both_ways),
	    ON(ready_line, deflection_is_for_the_called_side),
	    ON(ready_line, malicious_call_is_identified),
	    ON(ready_line, caller_cannot_be_malicious_to_himself),
	    ON(ready_line, charges_arrive_as_they_were_sent),
	    ON(ready_line, final_charge_comes_before_the_end),
	    ON(ready_line, charge_in_release_after_our_disconnect),
	    ON(ready_line, notifications_go_both_ways),
	    ON(tbct_line, ni_notifies_of_what_q931_has),
	    ON(ready_line, user_user_information_goes_with_every_step),
	    ON(tbct_line, user_user_information_goes_with_every_step),
	    ON(qsig_line, mailbox_lamp_is_switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
