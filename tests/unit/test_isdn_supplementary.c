// SPDX-License-Identifier: GPL-2.0-or-later
/* Supplementary services between two real libpri ends, by service and switch type. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_facility.h"
#include "drivers-glue/isdn/isdn_private.h"
#include "tests/unit/isdn_rig.h"

#define ALL_SERVICES 0x1f

static int qsig_line(void **state)
{
	rig_line(ISDN_PRIMARY_QSIG, ALL_SERVICES);
	return 0;
}

static int ready_line(void **state)
{
	rig_line(ISDN_PRIMARY_NET5, ALL_SERVICES);
	return 0;
}

static int tbct_line(void **state)
{
	rig_line(ISDN_PRIMARY_NI, ALL_SERVICES);
	return 0;
}

static int strict_line(void **state)
{
	rig_line(ISDN_PRIMARY_NET5, 0);
	return 0;
}

/* Two calls from one side that are up. */
static void connect_two(struct side *from)
{
	struct isdn_setup setup = usual_setup();

	connect_call(from);
	setup.timeslot = 4;
	place(from, &setup);
	isdn_connect(from->peer->calls[1], NULL);
	wait_for(from, "connect(");
	run_ms(20);
	forget();
}

static void expect_released(struct side *side, unsigned count)
{
	for (unsigned i = 0; i < 400 && side->released_count < count; i++)
		run_ms(5);
	assert_int_equal(side->released_count, count);
}

static void finish(void)
{
	unsigned user_calls = user.released_count + isdn_call_count(user.isdn);
	unsigned network_calls = network.released_count + isdn_call_count(network.isdn);

	network.automatic = user.automatic = true;
	clear_all(&user);
	clear_all(&network);
	expect_released(&user, user_calls);
	expect_released(&network, network_calls);
	assert_int_equal(isdn_call_count(user.isdn), 0);
	assert_int_equal(isdn_call_count(network.isdn), 0);
}

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

static void add_to(uint8_t message, const uint8_t *element, uint8_t length)
{
	wire.element.message = message;
	wire.element.length = length;
	memcpy(wire.element.octets, element, length);
	wire.fault = WIRE_ADD;
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

static void say(struct isdn_call *call, const char *text)
{
	struct user_user user_user = {.protocol = USER_USER_IA5, .length = (uint8_t)strlen(text)};

	memcpy(user_user.octets, text, user_user.length);
	assert_int_equal(isdn_user_user(call, &user_user), 0);
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

/* ---- hostile */

static void reads_components(void **state)
{
	static const struct {
		const char *octets;
		size_t length, count;
		int type, invoke;
	} cases[] = {
	    {"\x08\x02\x00\x01\x62\x1c\x0a\x91\xa1\x07\x02\x01\x05\x02\x02\x00\xfd", 17, 1, 0xa1,
	     5},
	    {"\x08\x02\x00\x01\x62\x1c\x09\x91\xa3\x06\x02\x01\x07\x02\x01\x03", 16, 1, 0xa3, 7},
	    /* with network facility extension and interpretation before it */
	    {"\x08\x02\x00\x01\x62\x1c\x15\x9f\xaa\x06\x80\x01\x00\x82\x01\x00\x8b\x01\x02"
	     "\xa4\x06\x02\x01\x02\x81\x01\x00",
	     28, 1, 0xa4, 2},
	    /* DMS-100: service indicator in between */
	    {"\x08\x02\x00\x01\x62\x1c\x07\x11\xbe\xa2\x03\x02\x01\x01", 14, 1, 0xa2, 1},
	    /* no integer, too long an integer, null id of a reject */
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa4\x02\x05\x00", 12, 1, 0xa4, -1},
	    {"\x08\x02\x00\x01\x62\x1c\x08\x91\xa1\x05\x02\x03\x01\x02\x03", 15, 1, 0xa1, -1},
	    /* cut, indefinite length, element longer than the message, other profile */
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa1\x07\x02\x01", 12, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa1\x80\x02\x01", 12, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x7f\x91\xa1\x03\x02\x01\x05", 13, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x06\x92\xa1\x03\x02\x01\x05", 13, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x00", 7, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x01\x11", 8, 0, 0, 0},
	    {"\x08\x0f\x00\x01\x62", 5, 0, 0, 0},
	    {"\x08", 1, 0, 0, 0},
	    /* in codeset 6 it is somebody's own */
	    {"\x08\x02\x00\x01\x62\x96\x1c\x06\x91\xa1\x03\x02\x01\x05", 14, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x9e\x1c\x06\x91\xa1\x03\x02\x01\x05\x1c\x06\x91\xa1\x03\x02\x01"
	     "\x06",
	     22, 1, 0xa1, 6},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *octets = malloc(cases[i].length); /* reading on would be seen */
		struct isdn_component component = {0};

		memcpy(octets, cases[i].octets, cases[i].length);
		assert_int_equal(isdn_facility_read(octets, cases[i].length, &component, 1),
				 cases[i].count);
		if (cases[i].count > 0) {
			assert_int_equal(component.type, cases[i].type);
			assert_int_equal(component.invoke, cases[i].invoke);
		}
		free(octets);
	}
}

/* ---- which switch type can what: the table itself, tried out */

static const enum isdn_switch_type types[] = {
    ISDN_PRIMARY_NET5, ISDN_PRIMARY_NI,	  ISDN_PRIMARY_DMS100,
    ISDN_PRIMARY_4ESS, ISDN_PRIMARY_5ESS, ISDN_PRIMARY_QSIG,
};

static bool side_can(const struct side *side, enum isdn_ability ability)
{
	return isdn_supplementary_possible(rig_config.switch_type, side == &network, ability);
}

/* What an order returned, and what the far end then heard, is what the table says. */
static void is_as_said(struct side *side, enum isdn_ability ability, int rc, const char *heard)
{
	if (!side_can(side, ability)) {
		assert_int_equal(rc, -ENOTSUP);
		return;
	}
	assert_int_equal(rc, 0);
	if (heard)
		wait_for(side->peer, heard);
}

static void try_in_a_call(struct side *side)
{
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 3};
	struct isdn_call *call = side->calls[0];
	struct number mailbox;
	struct user_user hello = {.protocol = USER_USER_IA5, .length = 2, .octets = "hi"};

	forget();
	is_as_said(side, ISDN_CAN_HOLD, isdn_hold(call), "held");
	wait_for(side, "hold done");
	isdn_retrieve(call, 5);
	wait_for(side->peer, "retrieve asked");
	isdn_retrieve_answer(side->peer->calls[0], 5, 0);
	wait_for(side, "retrieve done");
	is_as_said(side, ISDN_CAN_NOTIFY, isdn_notify(call, ISDN_NOTIFY_REMOTE_HOLD),
		   "notification(");
	assert_int_equal(isdn_notify(call, ISDN_NOTIFY_SUSPENDED), 0);
	wait_for(side->peer, "notification(0)");
	is_as_said(side, ISDN_CAN_CHARGE, isdn_charge_send(call, &charge), "charge(");
	assert_true(side_can(side, ISDN_CAN_CHARGE) == side_can(side->peer, ISDN_CAN_TAKE_CHARGE));
	number_set(&mailbox, "2001", TON_UNKNOWN, NPI_UNKNOWN);
	is_as_said(side, ISDN_CAN_MWI, isdn_mwi(side->isdn, &mailbox, true), NULL);
	assert_int_equal(isdn_user_user(call, &hello), 0);
}

static void try_transfer(struct side *side)
{
	int rc = isdn_transfer(side->calls[0], side->calls[1]);

	forget();
	if (rig_config.switch_type == ISDN_PRIMARY_DMS100 && side == &user)
		assert_int_equal(rc, -EINVAL); /* the switch has named neither call */
	else
		is_as_said(side, ISDN_CAN_TRANSFER, rc, NULL);
	if (rc == 0 && side_can(side->peer, ISDN_CAN_TAKE_TRANSFER)) {
		wait_for(side->peer, "transfer asked");
		isdn_transfer_answer(side->peer->calls[1], side->peer->service.transfer.invoke,
				     false);
		wait_for(side, "transfer refused transfer refused ");
	}
}

static void try_mcid(struct side *side)
{
	is_as_said(side, ISDN_CAN_MCID, isdn_mcid(side->calls[0]), "malicious call identified");
	assert_true(side_can(side, ISDN_CAN_MCID) == side_can(side->peer, ISDN_CAN_TAKE_MCID));
}

static void try_deflection(struct side *side)
{
	struct isdn_setup setup = usual_setup();
	struct number to;

	number_set(&to, "4711", TON_UNKNOWN, NPI_ISDN);
	place(side->peer, &setup);
	isdn_alerting(side->calls[0], 0);
	wait_for(side->peer, "alerting(");
	is_as_said(side, ISDN_CAN_DEFLECT, isdn_deflect(side->calls[0], &to), "deflection asked");
	assert_true(side_can(side, ISDN_CAN_DEFLECT) ==
		    side_can(side->peer, ISDN_CAN_TAKE_DEFLECT));
}

static void afresh(void)
{
	finish();
	user.automatic = network.automatic = false;
	forget();
}

static void table_of_services_is_true(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct side *const sides[] = {&user, &network};

		rig_line(types[t], ALL_SERVICES);
		for (unsigned i = 0; i < 2; i++) {
			connect_call(sides[i]->peer);
			try_in_a_call(sides[i]);
			try_mcid(sides[i]);
			afresh();
			connect_two(sides[i]);
			try_transfer(sides[i]);
			afresh();
			try_deflection(sides[i]);
			afresh();
		}
		no_line(NULL);
	}
}

static const char *const ability_names[] = {
    [ISDN_CAN_HOLD] = "hold, retrieve",
    [ISDN_CAN_TRANSFER] = "transfer: ask",
    [ISDN_CAN_TAKE_TRANSFER] = "transfer: carry out",
    [ISDN_CAN_DEFLECT] = "deflection: ask",
    [ISDN_CAN_TAKE_DEFLECT] = "deflection: carry out",
    [ISDN_CAN_MCID] = "malicious call: ask",
    [ISDN_CAN_TAKE_MCID] = "malicious call: note",
    [ISDN_CAN_CHARGE] = "charges: send",
    [ISDN_CAN_TAKE_CHARGE] = "charges: note",
    [ISDN_CAN_NOTIFY] = "every notification",
    [ISDN_CAN_USER_USER] = "user-user information",
    [ISDN_CAN_MWI] = "message waiting: send",
};

static void row_text(enum isdn_ability ability, char *text, size_t size)
{
	static const char *const sides[] = {"-", "net", "user", "both"};

	snprintf(text, size, "%-26s ", ability_names[ability]);
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		unsigned which = isdn_supplementary_possible(types[t], false, ability) << 1 |
				 isdn_supplementary_possible(types[t], true, ability);
		size_t used = strlen(text);

		snprintf(text + used, size - used, t + 1 < ARRAY_SIZE(types) ? "%-6s" : "%s\n",
			 sides[which]);
	}
}

static void manual_has_the_table(void **state)
{
	static char manual[131072];
	FILE *file = fopen(SOURCE_FOLDER "/conf/sipspan.conf.5", "r");
	char row[128];

	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	for (int a = 0; a < ISDN_ABILITY_COUNT; a++) {
		row_text(a, row, sizeof(row));
		print_message("%s", row);
		if (!strstr(manual, row))
			fail_msg("the manual does not say: %s", row);
	}
}

/* libpri does not answer an invoke that it does not know; the call is none the worse for it. */
static void unknown_operations_do_no_harm(void **state)
{
	static const uint8_t element[] = {0x1c, 0x09, 0x91, 0xa1, 0x06, 0x02,
					  0x01, 0x63, 0x02, 0x01, 0x7e};

	connect_call(&user);
	add_to(0x6e, element, sizeof(element));
	isdn_notify(network.calls[0], ISDN_NOTIFY_SUSPENDED);
	wait_for(&user, "notification(0)");
	run_ms(20);
	assert_string_equal(user.traced, "<NOTIFY|");
	wire.fault = WIRE_GOOD;
	finish();
}

/* A refusal of a request that is not ours leaves ours alone. */
static void answers_to_other_requests_are_not_taken(void **state)
{
	static const uint8_t element[] = {0x1c, 0x0a, 0x91, 0xa3, 0x07, 0x02,
					  0x02, 0x70, 0x01, 0x02, 0x01, 0x03};

	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	wait_for(&network, "transfer asked");
	add_to(0x6e, element, sizeof(element));
	isdn_notify(network.calls[0], ISDN_NOTIFY_SUSPENDED);
	wait_for(&user, "notification(0)");
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), -EBUSY);
	assert_heard(user, "notification(0) ");
	wire.fault = WIRE_GOOD;
	isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, false);
	wait_for(&user, "transfer refused transfer refused ");
	finish();
}

static void order_every_service(void)
{
	struct isdn_charge charge = {
	    .kind = ISDN_CHARGE_CURRENCY, .thousandths = 5, .currency = "X"};
	struct isdn_call *ours = user.calls[0], *theirs = network.calls[0];

	isdn_notify(ours, ISDN_NOTIFY_REMOTE_HOLD);
	isdn_mcid(ours);
	isdn_charge_send(theirs, &charge);
	charge.kind = ISDN_CHARGE_UNITS;
	isdn_charge_send(theirs, &charge);
	charge.kind = ISDN_CHARGE_RATE;
	isdn_charge_send(theirs, &charge);
	run_ms(2);
}

static void every_bit_of_a_service_message_may_be_wrong(void **state)
{
	connect_call(&network);
	wire.fault = WIRE_FLIP_SERVICE;
	wire.flip_count = 1;
	for (wire.flipped = 0; wire.flipped < wire.flip_count; wire.flipped++) {
		order_every_service();
		assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
		assert_string_equal(isdn_call_state_name(network.calls[0]), "ACTIVE");
		forget();
	}
	assert_in_range(wire.flip_count, 200, 2000);
	wire.fault = WIRE_GOOD;
	finish();
}

static void bits_of_a_transfer_may_be_wrong(void **state)
{
	unsigned step = 0;

	wire.flip_count = 1;
	do {
		wire.fault = WIRE_GOOD;
		connect_two(&user);
		wire.flipped = step;
		step += 3; /* all places of an octet in turn */
		wire.fault = WIRE_FLIP_SERVICE;
		assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
		run_ms(5);
		for (unsigned i = 0; i < 2; i++) {
			assert_string_equal(isdn_call_state_name(user.calls[i]), "ACTIVE");
			assert_string_equal(isdn_call_state_name(network.calls[i]), "ACTIVE");
		}
		wire.fault = WIRE_GOOD;
		finish();
		user.automatic = network.automatic = false;
		forget();
	} while (step < wire.flip_count);
	assert_in_range(step, 80, 1000);
}

/* Services that are asked for, refused, carried out and given up, over and over. */
static void exchange_services(unsigned rounds)
{
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 1};

	connect_two(&user);
	for (unsigned i = 0; i < rounds; i++) {
		forget();
		isdn_hold(user.calls[0]);
		wait_for(&user, "hold done");
		isdn_retrieve(user.calls[0], 3);
		wait_for(&network, "retrieve asked");
		isdn_retrieve_answer(network.calls[0], 3, 0);
		wait_for(&user, "retrieve done");
		isdn_transfer(user.calls[0], user.calls[1]);
		wait_for(&network, "transfer asked");
		isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, false);
		wait_for(&user, "transfer refused transfer refused ");
		isdn_charge_send(network.calls[1], &charge);
		wait_for(&user, "charge(");
		isdn_notify(user.calls[1], ISDN_NOTIFY_REMOTE_HOLD);
		wait_for(&network, "notification(");
		say(user.calls[0], "kept until a message takes it");
	}
	isdn_transfer(user.calls[0], user.calls[1]); /* never answered */
	finish();
	user.automatic = network.automatic = false;
	forget();
}

static void switch_lamps(unsigned rounds)
{
	struct number mailbox;

	number_set(&mailbox, "2001", TON_UNKNOWN, NPI_UNKNOWN);
	for (unsigned i = 0; i < rounds; i++) {
		assert_int_equal(isdn_mwi(user.isdn, &mailbox, i % 2), 0);
		run_ms(5);
		forget();
	}
	run_ms(50);
}

static void lamps_leave_nothing_behind(void **state)
{
	size_t before;

	switch_lamps(20);
	before = mallinfo2().uordblks;
	switch_lamps(100);
	assert_in_range(mallinfo2().uordblks, 0, before + 2048);
}

static void memory_is_flat_over_a_thousand_services(void **state)
{
	size_t before;

	exchange_services(20);
	before = mallinfo2().uordblks;
	exchange_services(170); /* six each */
	/* libpri's tables may grow once more; what is lost each time would be far above it */
	assert_in_range(mallinfo2().uordblks, 0, before + 2048);
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
	    cmocka_unit_test(reads_components),
	    cmocka_unit_test(table_of_services_is_true),
	    cmocka_unit_test(manual_has_the_table),
	    ON(ready_line, unknown_operations_do_no_harm),
	    ON(ready_line, answers_to_other_requests_are_not_taken),
	    ON(ready_line, every_bit_of_a_service_message_may_be_wrong),
	    ON(ready_line, bits_of_a_transfer_may_be_wrong),
	    ON(ready_line, memory_is_flat_over_a_thousand_services),
	    ON(qsig_line, lamps_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
