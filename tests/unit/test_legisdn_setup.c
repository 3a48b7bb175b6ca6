// SPDX-License-Identifier: GPL-2.0-or-later
/* What SETUP and its answers carry, from the D channel to the call and back; overlap both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/isdn/leg_isdn_private.h"
#include "tests/unit/legisdn_rig.h"

static struct leg_isdn *only_leg(void)
{
	assert_false(llist_empty(&line->legs));
	return llist_first_entry(&line->legs, struct leg_isdn, entry);
}

static struct party party_of(const char *digits, const char *name)
{
	struct party party = {0};

	number_set(&party.number, digits, TON_NATIONAL, NPI_ISDN);
	snprintf(party.name, sizeof(party.name), "%s", name);
	return party;
}

static struct isdn_setup setup_to(const char *digits)
{
	struct isdn_setup setup = {.timeslot = 7, .sending_complete = true};

	number_set(&setup.called, digits, TON_UNKNOWN, NPI_ISDN);
	setup.calling = party_of("2079460000", "Ada");
	return setup;
}

/* 9 is stripped by the dial peer */
static struct call_setup call_to(const char *digits)
{
	struct call_setup setup = {.bearer = ISDN_BEARER_3K1_AUDIO};

	number_set(&setup.called, digits, TON_UNKNOWN, NPI_UNKNOWN);
	setup.calling = party_of("2079460000", "Ada");
	return setup;
}

static void start(const struct isdn_call_options *calls, enum isdn_switch_type type, bool network)
{
	struct isdn_line_config config = usual_config();

	config.calls = *calls;
	config.isdn.switch_type = type;
	config.isdn.network = network;
	gateway_start(&config);
}

static int overlap_gateway(void **state)
{
	start(&(struct isdn_call_options){.overlap_receiving = true, .t302_ms = 8000},
	      ISDN_PRIMARY_NET5, false);
	return 0;
}

/* ---- elements */

static void elements_of_setup_reach_the_call(void **state)
{
	struct isdn_setup setup = setup_to("2001");

	setup.bearer = ISDN_BEARER_3K1_AUDIO;
	setup.called_subaddress = (struct subaddress){
	    .type = SUBADDRESS_USER, .odd = true, .length = 2, .octets = {1, 2}};
	setup.calling.subaddress = (struct subaddress){.length = 3, .octets = {'a', 'b', 'c'}};
	setup.redirection.count = 1;
	setup.redirection.reason = REDIRECTION_BUSY;
	setup.redirection.from = party_of("2079460022", "");
	setup.user_user = (struct user_user){USER_USER_IA5, 2, "hi"};
	strcpy(setup.keypad, "*31#");
	exchange_sends(&setup);
	wait_sip_leg();
	assert_string_equal(asked.calling.name, "Ada");
	assert_int_equal(asked.called_subaddress.type, SUBADDRESS_USER);
	assert_true(asked.called_subaddress.odd);
	assert_memory_equal(asked.called_subaddress.octets, "\1\2", 2);
	assert_int_equal(asked.calling.subaddress.length, 3);
	assert_int_equal(asked.redirection.count, 1);
	assert_int_equal(asked.redirection.reason, REDIRECTION_BUSY);
	assert_string_equal(asked.redirection.from.number.digits, "2079460022");
	assert_int_equal(asked.user_user.length, 2);
	assert_memory_equal(asked.user_user.octets, "hi", 2);
	assert_string_equal(asked.keypad, "*31#");
	assert_int_equal(asked.called_form, CALLED_COMPLETE);
}

static void elements_of_a_call_go_into_setup(void **state)
{
	struct call_setup setup = call_to("90001");

	setup.called_subaddress = (struct subaddress){.length = 1, .octets = {'x'}};
	setup.calling.subaddress = (struct subaddress){.length = 1, .octets = {'y'}};
	setup.redirection.count = 1;
	setup.redirection.reason = REDIRECTION_NO_REPLY;
	setup.redirection.from = party_of("2079460022", "");
	setup.user_user = (struct user_user){USER_USER_IA5, 2, "hi"};
	strcpy(setup.keypad, "*31#");
	sip_asks(&setup);
	wait_exchange("setup(0001");
	assert_int_equal(exchange.setup.called_subaddress.octets[0], 'x');
	assert_int_equal(exchange.setup.calling.subaddress.octets[0], 'y');
	assert_int_equal(exchange.setup.redirection.reason, REDIRECTION_NO_REPLY);
	assert_string_equal(exchange.setup.redirection.from.number.digits, "2079460022");
	assert_int_equal(exchange.setup.user_user.length, 2);
	assert_string_equal(exchange.setup.keypad, "*31#");
}

static void user_information_that_libpri_cannot_send_is_left_out(void **state)
{
	static const struct user_user cases[] = {{4, 3, "a\0b"}, {0, 2, "hi"}, {4, 200, "x"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_setup setup = call_to("90001");

		exchange.heard[0] = '\0';
		setup.user_user = cases[i];
		sip_asks(&setup);
		wait_exchange("setup(0001");
		assert_int_equal(exchange.setup.user_user.length, 0);
		sip_clears(16);
		assert_true(run_until(trunk_is_idle, NULL));
	}
}

static void bearer_is_passed_both_ways(void **state)
{
	static const uint8_t bearers[] = {ISDN_BEARER_SPEECH, ISDN_BEARER_3K1_AUDIO,
					  ISDN_BEARER_UNRESTRICTED_DIGITAL,
					  ISDN_BEARER_RESTRICTED_DIGITAL};

	for (size_t i = 0; i < sizeof(bearers); i++) {
		struct isdn_setup in;
		struct call_setup out = call_to("90001");

		out.bearer = bearers[i];
		exchange.heard[0] = '\0';
		sip_asks(&out);
		wait_exchange("setup(0001");
		assert_int_equal(exchange.setup.bearer, bearers[i]);
		sip_clears(16);
		assert_true(run_until(trunk_is_idle, NULL));
		in = setup_to("2001");
		in.bearer = bearers[i];
		memset(&sip, 0, sizeof(sip));
		exchange_sends(&in);
		wait_sip_leg();
		assert_int_equal(asked.bearer, bearers[i]);
		sip_clears(16);
		assert_true(run_until(trunk_is_idle, NULL));
	}
}

static void keypad_alone_is_the_called_number(void **state)
{
	struct isdn_setup setup = setup_to("");

	strcpy(setup.keypad, "2001");
	exchange_sends(&setup);
	wait_sip_leg();
	assert_string_equal(asked.called.digits, "2001");
	assert_string_equal(asked.keypad, "");
}

static void call_to_nobody_is_refused(void **state)
{
	struct isdn_setup setup = setup_to("");

	setup.sending_complete = false;
	exchange_sends(&setup);
	wait_exchange("released(28)");
	assert_true(run_until(trunk_is_idle, NULL));
}

/* ---- what goes out by configuration */

static const struct {
	enum isdn_switch_type type;
	enum isdn_line_choice choice;
	bool overlap, sent;
} completes[] = {
    {ISDN_PRIMARY_NET5, ISDN_LINE_UNSAID, false, true},
    {ISDN_PRIMARY_NET5, ISDN_LINE_OFF, false, false},
    {ISDN_PRIMARY_NET5, ISDN_LINE_ON, true, false},
    {ISDN_PRIMARY_NI, ISDN_LINE_UNSAID, false, false},
    {ISDN_PRIMARY_QSIG, ISDN_LINE_ON, false, true},
};

static void sending_complete_goes_by_switch_type_and_configuration(void **state)
{
	for (size_t i = 0; i < sizeof(completes) / sizeof(completes[0]); i++) {
		struct call_setup setup = call_to("90001");

		start(&(struct isdn_call_options){.sending_complete = completes[i].choice},
		      completes[i].type, false);
		if (completes[i].overlap) {
			setup = call_to("600");
			setup.called_form = CALLED_OVERLAP;
		}
		sip_asks(&setup);
		wait_exchange("setup(00");
		if (exchange.setup.sending_complete != completes[i].sent)
			fail_msg("case %zu", i);
		no_gateway(NULL);
	}
}

static const struct {
	bool network;
	enum isdn_line_choice choice;
	bool exclusive;
} negotiations[] = {
    {false, ISDN_LINE_UNSAID, false}, {true, ISDN_LINE_UNSAID, true}, {false, ISDN_LINE_OFF, true},
    {true, ISDN_LINE_ON, false},      {false, ISDN_LINE_ON, false},
};

static void channel_is_exclusive_unless_it_is_negotiated(void **state)
{
	for (size_t i = 0; i < sizeof(negotiations) / sizeof(negotiations[0]); i++) {
		start(&(struct isdn_call_options){.negotiate_channel = negotiations[i].choice},
		      ISDN_PRIMARY_NET5, negotiations[i].network);
		sip_calls("90001");
		wait_exchange("setup(0001,31)");
		if (exchange.setup.exclusive != negotiations[i].exclusive)
			fail_msg("case %zu", i);
		no_gateway(NULL);
	}
}

static void addresses_are_mapped_last(void **state)
{
	struct isdn_call_options calls = {
	    .map = {{"00", TON_INTERNATIONAL, NPI_ISDN}, {"20", TON_SUBSCRIBER, NPI_PRIVATE}},
	    .map_count = 2,
	};
	struct call_setup setup = call_to("9001");

	start(&calls, ISDN_PRIMARY_NET5, false);
	setup.redirection.count = 1;
	setup.redirection.from = party_of("2000", "");
	sip_asks(&setup);
	wait_exchange("setup(001");
	assert_int_equal(exchange.setup.called.ton, TON_INTERNATIONAL);
	assert_int_equal(exchange.setup.called.npi, NPI_ISDN);
	assert_int_equal(exchange.setup.calling.number.ton, TON_SUBSCRIBER);
	assert_int_equal(exchange.setup.calling.number.npi, NPI_PRIVATE);
	assert_int_equal(exchange.setup.redirection.from.number.ton, TON_SUBSCRIBER);
	no_gateway(NULL);
}

static void alerting_goes_before_connect_if_told(void **state)
{
	for (int send = 0; send < 2; send++) {
		struct isdn_setup setup = setup_to("2001");

		start(&(struct isdn_call_options){.send_alerting = send}, ISDN_PRIMARY_NET5, false);
		exchange_sends(&setup);
		wait_sip_leg();
		call_event(&sip, CALL_EV_ANSWER, NULL);
		wait_exchange("connect(");
		assert_string_equal(exchange.heard, send ? "proceeding(7,0) alerting(0) connect() "
							 : "proceeding(7,0) connect() ");
		no_gateway(NULL);
	}
}

/* ---- who it is, later */

static void who_is_connected_may_change(void **state)
{
	struct party desk = party_of("2079460044", "Desk"), other = party_of("2079460055", "Eve");
	struct isdn_setup setup = setup_to("2001");
	struct isdn_call *call = exchange_sends(&setup);

	wait_sip_leg();
	call_event(&sip, CALL_EV_ANSWER, &desk);
	wait_exchange("connect(2079460044)");
	isdn_display(call, "Gr\xc3\xbc\xc3\x9f Gott"); /* it comes behind CONNECT ACKNOWLEDGE */
	wait_sip("display(Gr\xc3\xbc\xc3\x9f Gott)");
	call_event(&sip, CALL_EV_IDENTITY, &(struct leg_identity){.connected = &other});
	wait_exchange("connected(2079460055,");
	isdn_connected_update(call, &other);
	wait_sip("connected(2079460055,Eve)");
}

static void destination_without_isdn_is_told_with_connect(void **state)
{
	struct progress progress = {.indicator = ISDN_PROGRESS_DESTINATION_NOT_ISDN};
	struct isdn_setup setup = setup_to("2001");

	exchange_sends(&setup);
	wait_sip_leg();
	call_event(&sip, CALL_EV_ALERT, &progress);
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect(");
	assert_int_equal(exchange.indicators, 1u << ISDN_PROGRESS_DESTINATION_NOT_ISDN);
}

/* ---- overlap */

static void number_may_grow_only_if_configured(void **state)
{
	struct isdn_setup setup = setup_to("2001");

	for (int overlap = 0; overlap < 2; overlap++) {
		start(&(struct isdn_call_options){.overlap_receiving = overlap, .t302_ms = 8000},
		      ISDN_PRIMARY_NET5, false);
		setup.sending_complete = false;
		exchange_sends(&setup);
		wait_sip_leg();
		assert_int_equal(asked.called_form, overlap ? CALLED_OVERLAP : CALLED_COMPLETE);
		assert_int_equal(asked.interdigit_ms, 8000);
		no_gateway(NULL);
	}
}

static void more_digits_are_asked_for_and_taken(void **state)
{
	struct isdn_setup setup = setup_to("20");
	struct isdn_call *call;

	setup.sending_complete = false;
	call = exchange_sends(&setup);
	wait_exchange("setup_ack(0)");
	assert_string_equal(channel_text(7), "call 1 OVERLAP RECEIVING");
	isdn_send_digits(call, "012");
	wait_sip_leg();
	assert_string_equal(asked.called.digits, "2001");
	call_event(&sip, CALL_EV_PROCEEDING, NULL);
	wait_exchange("proceeding(7,0)");
	call_event(&sip, CALL_EV_ANSWER, NULL);
	wait_exchange("connect(");
	wait_sip("digit(2)");
	assert_string_equal(exchange.heard, "setup_ack(0) proceeding(7,0) connect() ");
}

static void sending_complete_ends_a_number_that_is_too_short(void **state)
{
	static const uint8_t complete = 0xa1;
	struct isdn_setup setup = setup_to("2");
	struct isdn_call *call;

	setup.sending_complete = false;
	call = exchange_sends(&setup);
	wait_exchange("setup_ack(0)");
	isdn_wire_element(&wire, WIRE_ADD, 0x7b, &complete, 1);
	isdn_send_digits(call, "0");
	wait_exchange("disconnect(28)");
	wire.fault = WIRE_GOOD;
	assert_true(run_until(trunk_is_idle, NULL));
}

static void a_call_may_begin_without_any_digit(void **state)
{
	struct isdn_setup setup = setup_to("");
	struct isdn_call *call;

	setup.sending_complete = false;
	call = exchange_sends(&setup);
	wait_exchange("setup_ack(");
	isdn_send_digits(call, "2001");
	wait_sip_leg();
	assert_string_equal(asked.called.digits, "2001");
}

static void answer_may_come_while_digits_are_collected(void **state)
{
	struct isdn_setup setup = setup_to("2001");
	struct leg *leg;

	setup.sending_complete = false;
	exchange_sends(&setup);
	wait_sip_leg();
	leg = &only_leg()->leg;
	leg->ops->more_digits(leg, false);
	wait_exchange("setup_ack(0)");
	leg->ops->answer(leg, NULL);
	wait_exchange("connect(");
	assert_string_equal(channel_text(7), "call 1 ACTIVE");
}

static void caller_may_hang_up_while_digits_are_collected(void **state)
{
	struct isdn_setup setup = setup_to("2001");
	struct isdn_call *call;
	struct leg *leg;

	setup.sending_complete = false;
	call = exchange_sends(&setup);
	wait_sip_leg();
	leg = &only_leg()->leg;
	leg->ops->more_digits(leg, false);
	wait_exchange("setup_ack(0)");
	isdn_release(call, 16);
	wait_sip("release(16");
	assert_true(run_until(trunk_is_idle, NULL));
}

static bool leg_is_dialling(const void *leg)
{
	return container_of(leg, struct leg_isdn, leg)->state == LEG_DIALLING;
}

static void digits_follow_a_setup_that_is_not_complete(void **state)
{
	struct call_setup setup = call_to("600");
	struct leg *leg;

	setup.called_form = CALLED_OVERLAP;
	sip_asks(&setup);
	leg = &only_leg()->leg;
	wait_exchange("setup(00,31)");
	leg->ops->dial(leg, "7"); /* not asked for yet: not sent */
	isdn_need_digits(exchange.call, 31, false);
	assert_true(run_until(leg_is_dialling, leg));
	leg->ops->dial(leg, "01");
	wait_exchange("more(0) more(1)");
	isdn_proceeding(exchange.call, 31, 0);
	wait_sip("proceed");
	leg->ops->dial(leg, "2");
	isdn_connect(exchange.call, NULL);
	wait_sip("answer(");
	assert_string_equal(exchange.heard, "setup(00,31) more(0) more(1) ");
}

static void dial_tone_for_a_complete_number_is_passed_on(void **state)
{
	sip_calls("90001");
	wait_exchange("setup(");
	isdn_need_digits(exchange.call, 31, true);
	wait_sip("progress(1,0)");
}

/* ---- channels */

static void setup_without_channel_gets_one(void **state)
{
	static const uint8_t channel = 0x18;
	struct isdn_setup setup = setup_to("2001");

	start(&(struct isdn_call_options){0}, ISDN_PRIMARY_NET5, true);
	isdn_wire_element(&wire, WIRE_DROP, DSS1_SETUP, &channel, 1);
	exchange_sends(&setup);
	wait_sip_leg();
	call_event(&sip, CALL_EV_PROCEEDING, NULL);
	wait_exchange("proceeding(31,0)");
	no_gateway(NULL);
}

static void any_channel_gets_one(void **state)
{
	struct isdn_setup setup = setup_to("2001");

	setup.timeslot = 0;
	exchange_sends(&setup);
	wait_sip_leg();
	call_event(&sip, CALL_EV_PROCEEDING, NULL);
	wait_exchange("proceeding(31,0)");
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(usual_gateway, elements_of_setup_reach_the_call),
	    ON(usual_gateway, elements_of_a_call_go_into_setup),
	    ON(usual_gateway, user_information_that_libpri_cannot_send_is_left_out),
	    ON(usual_gateway, bearer_is_passed_both_ways),
	    ON(usual_gateway, keypad_alone_is_the_called_number),
	    ON(usual_gateway, call_to_nobody_is_refused),
	    cmocka_unit_test(sending_complete_goes_by_switch_type_and_configuration),
	    cmocka_unit_test(channel_is_exclusive_unless_it_is_negotiated),
	    cmocka_unit_test(addresses_are_mapped_last),
	    cmocka_unit_test(alerting_goes_before_connect_if_told),
	    ON(usual_gateway, who_is_connected_may_change),
	    ON(usual_gateway, destination_without_isdn_is_told_with_connect),
	    cmocka_unit_test(number_may_grow_only_if_configured),
	    ON(overlap_gateway, more_digits_are_asked_for_and_taken),
	    ON(overlap_gateway, sending_complete_ends_a_number_that_is_too_short),
	    ON(overlap_gateway, a_call_may_begin_without_any_digit),
	    ON(overlap_gateway, answer_may_come_while_digits_are_collected),
	    ON(overlap_gateway, caller_may_hang_up_while_digits_are_collected),
	    ON(usual_gateway, digits_follow_a_setup_that_is_not_complete),
	    ON(usual_gateway, dial_tone_for_a_complete_number_is_passed_on),
	    cmocka_unit_test(setup_without_channel_gets_one),
	    ON(usual_gateway, any_channel_gets_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
