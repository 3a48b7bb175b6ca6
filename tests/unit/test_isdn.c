// SPDX-License-Identifier: GPL-2.0-or-later
/* What a line and its calls do when nothing is wrong with the D channel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/isdn/q931_text.h"
#include "tests/unit/isdn_rig.h"

static void decodes_messages(void **state)
{
	static const struct {
		const char *octets;
		size_t length;
		int rc;
		const char *text;
	} cases[] = {
	    {"", 0, -EBADMSG, ""},
	    {"\x08\x02", 2, -EBADMSG, ""},
	    {"\x08\x02\x00", 3, -EBADMSG, ""},
	    {"\x03\x02\x00\x01\x05", 5, -EPROTO, ""},
	    {"\x08\x0f\x00\x01\x05", 5, -EBADMSG, ""},
	    {"\x08\x02\x80\x01\x01", 5, 0, "ALERTING"},
	    {"\x08\x01\x81\x01", 4, 0, "ALERTING"},
	    {"\x08\x02\x80\x01\x7b", 5, 0, "INFORMATION"},
	    {"\x08\x02\x80\x01\x33", 5, 0, "RETRIEVE ACK"},
	    {"\x08\x02\x80\x01\xff", 5, 0, "UNKNOWN MESSAGE"},
	    {"\x08\x02\x80\x01\x45\x08\x02\x82\x91\x1e\x02\x82\x88", 13, 0,
	     "DISCONNECT cause 17 PI 8"},
	    /* octet 3a in the cause, diagnostics behind it */
	    {"\x08\x02\x80\x01\x45\x08\x04\x02\x80\x91\xff", 11, 0, "DISCONNECT cause 17"},
	    /* a new number in the diagnostics of cause 22; one that is cut; and of another cause */
	    {"\x08\x02\x80\x01\x45\x08\x08\x82\x96\x70\x04\x81"
	     "123",
	     15, 0, "DISCONNECT cause 22 new number 123"},
	    {"\x08\x02\x80\x01\x45\x08\x07\x82\x97\x70\x04\x81"
	     "12",
	     14, 0, "DISCONNECT cause 23"},
	    {"\x08\x02\x80\x01\x45\x08\x08\x82\x91\x70\x04\x81"
	     "123",
	     15, 0, "DISCONNECT cause 17"},
	    /* cut in the middle of an element, and an element that claims too much */
	    {"\x08\x02\x80\x01\x45\x08\x02\x82", 8, 0, "DISCONNECT"},
	    {"\x08\x02\x80\x01\x45\x08", 6, 0, "DISCONNECT"},
	    {"\x08\x02\x80\x01\x45\x1e\x02\x82\x88\x08\xff\x82\x91", 13, 0, "DISCONNECT PI 8"},
	    {"\x08\x02\x80\x01\x45\x08\x00", 7, 0, "DISCONNECT"},
	    {"\x08\x02\x80\x01\x45\x08\x02\x00\x00", 9, 0, "DISCONNECT"},
	    /* channel: number, with interface, slot map, D channel, cut */
	    {"\x08\x02\x80\x01\x02\x18\x03\xa9\x83\x85", 10, 0, "PROCEEDING ch 5"},
	    {"\x08\x02\x80\x01\x02\x18\x04\xe9\x81\x83\x85", 11, 0, "PROCEEDING ch 5"},
	    {"\x08\x02\x80\x01\x02\x18\x05\xa9\x93\x00\x00\x01", 12, 0, "PROCEEDING"},
	    {"\x08\x02\x80\x01\x02\x18\x01\xac", 8, 0, "PROCEEDING"},
	    {"\x08\x02\x80\x01\x02\x18\x02\xa9\x83", 9, 0, "PROCEEDING"},
	    /* codeset 6 for one element, then codeset 0 again; locked codeset 6 */
	    {"\x08\x02\x80\x01\x45\x9e\x08\x02\x82\x90\x08\x02\x82\x91", 14, 0,
	     "DISCONNECT cause 17"},
	    {"\x08\x02\x80\x01\x45\x96\x08\x02\x82\x90\x08\x02\x82\x91", 14, 0, "DISCONNECT"},
	    /* five progress indicators */
	    {"\x08\x02\x80\x01\x03\x1e\x02\x82\x81\x1e\x02\x82\x82\x1e\x02\x82\x83\x1e\x02\x82\x84"
	     "\x1e\x02\x82\x88",
	     25, 0, "PROGRESS PI 1 PI 2 PI 3 PI 4"},
	    {"\x08\x02\x00\x01\x05\x6c\x04\x21\x83"
	     "12\x70\x03\x81"
	     "99\xa1",
	     17, 0, "SETUP 12 > 99"},
	    {"\x08\x02\x00\x01\x05\x6c\x04\x21\xa3"
	     "12\x70\x03\x81\n\x7f",
	     16, 0, "SETUP (restricted) > ??"},
	    {"\x08\x02\x00\x01\x05\x70\x03\x01\x01\x01", 10, 0, "SETUP - > -"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* on the heap and exactly as long, so that reading on is seen */
		uint8_t *octets = malloc(cases[i].length + 1);
		struct dss1_message message = {0};
		char text[80] = "";

		memcpy(octets + 1, cases[i].octets, cases[i].length);
		assert_int_equal(dss1_decode(octets + 1, cases[i].length, &message), cases[i].rc);
		if (cases[i].rc == 0)
			dss1_describe(&message, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		free(octets);
	}
}

static void switch_types_have_names(void **state)
{
	for (int type = ISDN_PRIMARY_NET5; type <= ISDN_PRIMARY_QSIG; type++)
		assert_int_equal(isdn_switch_type_from_name(isdn_switch_type_name(type)), type);
	assert_int_equal(isdn_switch_type_from_name("basic-net6"), -EINVAL);
	assert_string_equal(isdn_cause_name(17), "user busy");
	assert_string_equal(isdn_cause_name(12), "unknown cause");
	assert_string_equal(isdn_cause_name(4711), "unknown cause");
}

/* ---- calls */

static void network_calls_user(void **state)
{
	whole_call(&network, &user);
}

static void user_calls_network(void **state)
{
	whole_call(&user, &network);
}

static void called_side_clears(void **state)
{
	connect_call(&user);
	isdn_release(network.calls[0], 16);
	wait_for(&user, "disconnect(");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "released(");
	wait_for(&user, "released(");
	assert_heard(user, "disconnect(16@1) released(16@1) ");
	assert_heard(network, "released(16@1) ");
}

static void both_clear_at_once(void **state)
{
	connect_call(&user);
	isdn_release(network.calls[0], 16);
	isdn_release(user.calls[0], 17);
	wait_for(&network, "released(");
	wait_for(&user, "released(");
	assert_heard(network, "released(16@1) ");
	assert_heard(user, "released(17@1) ");
}

static void release_twice_is_one_release(void **state)
{
	connect_call(&user);
	isdn_release(user.calls[0], 16);
	isdn_release(user.calls[0], 17);
	wait_for(&network, "disconnect(");
	isdn_release(network.calls[0], 16);
	wait_for(&user, "released(");
	assert_heard(user, "released(16@1) ");
}

/* A cause for which RELEASE COMPLETE rejects the SETUP, and one for which it does not. */
static void setup_is_rejected(void **state)
{
	static const unsigned causes[] = {1, 44, 34, 88, 17, 21, 65, 102};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct isdn_setup setup = usual_setup();
		char expected[64];

		place(&user, &setup);
		isdn_release(network.calls[0], causes[i]);
		wait_for(&network, i < 4 ? "released(" : "setup(");
		if (i >= 4) {
			wait_for(&user, "disconnect(");
			isdn_release(user.calls[0], 16);
		}
		wait_for(&user, "released(");
		wait_for(&network, "released(");
		snprintf(expected, sizeof(expected),
			 i < 4 ? "released(%u@1) "
			       : "proceeding(3,0) disconnect(%u@1) released(%u@1) ",
			 causes[i], causes[i]);
		assert_heard(user, expected);
		snprintf(expected, sizeof(expected), "setup(0001,3) released(%u@1) ", causes[i]);
		assert_heard(network, expected);
		forget();
	}
}

static void busy_after_proceeding(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_proceeding(network.calls[0], 3, 0);
	isdn_release(network.calls[0], 17);
	wait_for(&user, "disconnect(");
	isdn_release(user.calls[0], 17);
	wait_for(&user, "released(");
	assert_heard(user, "proceeding(3,0) disconnect(17@1) released(17@1) ");
}

static void caller_gives_up_while_it_rings(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_alerting(network.calls[0], 0);
	wait_for(&user, "alerting(");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	isdn_release(network.calls[0], 16);
	wait_for(&user, "released(");
	wait_for(&network, "released(");
	assert_heard(user, "proceeding(3,0) alerting(0) released(16@1) ");
}

static void inband_indicator_reaches_the_caller(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_cause cause = {17, 0};

	place(&user, &setup);
	isdn_proceeding(network.calls[0], 3, ISDN_PROGRESS_INBAND);
	isdn_progress(network.calls[0], ISDN_PROGRESS_INBAND, NULL);
	isdn_progress(network.calls[0], ISDN_PROGRESS_INBAND, &cause);
	isdn_alerting(network.calls[0], ISDN_PROGRESS_INBAND);
	wait_for(&user, "alerting(");
	assert_heard(user, "proceeding(3,8) progress(8,0) progress(8,17) alerting(8) ");
	assert_int_equal(isdn_progress(network.calls[0], ISDN_PROGRESS_NOT_END_TO_END, NULL),
			 -ENOTSUP);
}

static void disconnect_with_announcement_is_told(void **state)
{
	struct isdn_setup setup = usual_setup();

	wire.fault = WIRE_PI_IN_DISCONNECT;
	place(&user, &setup);
	isdn_proceeding(network.calls[0], 3, 0);
	isdn_release(network.calls[0], 1);
	wait_for(&user, "disconnect(");
	assert_heard(user, "proceeding(3,0) disconnect(1@1,inband) ");
	isdn_release(user.calls[0], 1);
	wait_for(&user, "released(");
	assert_heard(user, "proceeding(3,0) disconnect(1@1,inband) released(1@1) ");
}

static void another_channel_is_chosen(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *out = place(&user, &setup);

	assert_false(network.setup.exclusive);
	isdn_proceeding(network.calls[0], 7, 0);
	wait_for(&user, "proceeding(7,0)");
	assert_int_equal(isdn_call_timeslot(out), 7);
	isdn_connect(network.calls[0], NULL);
	wait_for(&user, "connect(");
	assert_int_equal(isdn_call_timeslot(out), 7);
}

static void two_setups_for_one_channel_cross(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *a = NULL, *b = NULL;

	assert_int_equal(isdn_setup(user.isdn, &setup, &user, &a), 0);
	setup.exclusive = true;
	assert_int_equal(isdn_setup(network.isdn, &setup, &network, &b), 0);
	wait_for(&user, "setup(0001,3)");
	wait_for(&network, "setup(0001,3)");
	/* the user gives way, the network offers another channel */
	isdn_release(user.calls[0], 44);
	isdn_proceeding(network.calls[0], 4, 0);
	wait_for(&network, "released(44@1)");
	wait_for(&user, "proceeding(4,0)");
	assert_heard(network, "setup(0001,3) released(44@1) ");
	isdn_connect(network.calls[0], NULL);
	wait_for(&user, "connect(");
}

static void digits_go_as_information(void **state)
{
	connect_call(&user);
	assert_int_equal(isdn_send_digits(user.calls[0], "12#"), 0);
	wait_for(&network, "digit(#)");
	assert_heard(network, "digit(1) digit(2) digit(#) ");
	assert_int_equal(isdn_send_digits(user.calls[0], "x"), -EINVAL);
}

/* ---- numbers and names */

static void numbers_keep_type_and_plan(void **state)
{
	struct isdn_setup setup = usual_setup();

	number_set(&setup.called, "442079460000", TON_INTERNATIONAL, NPI_ISDN);
	place(&user, &setup);
	assert_string_equal(network.setup.called.digits, "442079460000");
	assert_int_equal(network.setup.called.ton, TON_INTERNATIONAL);
	assert_int_equal(network.setup.called.npi, NPI_ISDN);
	assert_string_equal(network.setup.calling.number.digits, "2079460000");
	assert_int_equal(network.setup.calling.number.ton, TON_NATIONAL);
	assert_int_equal(network.setup.calling.presentation, PRESENTATION_ALLOWED);
	assert_int_equal(network.setup.calling.screening, SCREENING_NETWORK);
	assert_true(network.setup.sending_complete);
}

static void restricted_number_stays_restricted(void **state)
{
	struct isdn_setup setup = usual_setup();

	setup.calling.presentation = PRESENTATION_RESTRICTED;
	setup.calling.screening = SCREENING_VERIFIED_PASSED;
	place(&network, &setup);
	assert_string_equal(user.setup.calling.number.digits, "2079460000");
	assert_int_equal(user.setup.calling.presentation, PRESENTATION_RESTRICTED);
	assert_int_equal(user.setup.calling.screening, SCREENING_VERIFIED_PASSED);
	assert_string_equal(user.setup.calling.name, "");
	assert_non_null(strstr(user.traced, "(restricted)"));
	assert_null(strstr(user.traced, "2079460000"));
}

static void call_without_number_has_none(void **state)
{
	struct isdn_setup setup = usual_setup();

	memset(&setup.calling, 0, sizeof(setup.calling));
	place(&user, &setup);
	assert_string_equal(network.setup.calling.number.digits, "");
}

static void name_goes_from_network_to_user(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&network, &setup);
	assert_string_equal(user.setup.calling.name, "Zo\xc3\xab");
}

static void name_goes_from_user_to_network(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	assert_string_equal(network.setup.calling.name, "Zo\xc3\xab");
}

static void connected_number_reaches_the_caller(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct party who = {.presentation = PRESENTATION_ALLOWED};

	number_set(&who.number, "4711", TON_SUBSCRIBER, NPI_ISDN);
	place(&user, &setup);
	isdn_connect(network.calls[0], &who);
	wait_for(&user, "connect(4711)");
	assert_int_equal(user.connected.number.ton, TON_SUBSCRIBER);
}

/* ---- many */

static bool all_connected(void *arg)
{
	return user.connected_count == 30;
}

static bool all_released(void *arg)
{
	return user.released_count == 30 && network.released_count == 30;
}

static void thirty_calls_at_once(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *calls[30];

	network.automatic = user.automatic = true;
	for (unsigned i = 0; i < 30; i++) {
		setup.timeslot = i < 15 ? i + 1 : i + 2;
		assert_int_equal(isdn_setup(user.isdn, &setup, &user, &calls[i]), 0);
	}
	assert_true(run_until(all_connected, NULL));
	assert_int_equal(network.call_count, 30);
	assert_int_equal(isdn_call_count(network.isdn), 30);
	for (unsigned i = 0; i < 30; i++)
		isdn_release(calls[i], 16);
	assert_true(run_until(all_released, NULL));
	assert_int_equal(isdn_call_count(network.isdn), 0);
	assert_int_equal(isdn_call_count(user.isdn), 0);
}

/* ---- trace */

static void every_message_is_traced_once(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_alerting(network.calls[0], ISDN_PROGRESS_INBAND);
	isdn_connect(network.calls[0], NULL);
	wait_for(&user, "connect(");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	isdn_release(network.calls[0], 16);
	wait_for(&network, "released(");
	assert_string_equal(user.traced, ">SETUP ch 3 2079460000 > 0001|<PROCEEDING ch 3|"
					 "<ALERTING PI 8|<CONNECT ch 3|>CONNECT ACK|"
					 ">DISCONNECT cause 16|<RELEASE cause 16|"
					 ">RELEASE COMPLETE cause 16|");
	assert_string_equal(network.traced, "<SETUP ch 3 2079460000 > 0001|>PROCEEDING ch 3|"
					    ">ALERTING PI 8|>CONNECT ch 3|<CONNECT ACK|"
					    "<DISCONNECT cause 16|>RELEASE cause 16|"
					    "<RELEASE COMPLETE cause 16|");
}

static void describe_shows_link_and_calls(void **state)
{
	char text[1024];

	connect_call(&user);
	isdn_describe(user.isdn, text, sizeof(text));
	assert_non_null(strstr(text, "primary-net5, user side\n"));
	assert_non_null(strstr(text, "Layer 2: MULTIPLE_FRAME_ESTABLISHED"));
	assert_non_null(strstr(text, "\nTEI = 0, MULTIPLE_FRAME_ESTABLISHED\n"));
	assert_non_null(strstr(text, "  1/3  out call reference 1 ACTIVE\n"));
	isdn_describe(user.isdn, text, 10);
	assert_int_equal(strlen(text), 9);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decodes_messages),
	    cmocka_unit_test(switch_types_have_names),
	    ON(net5_line, network_calls_user),
	    ON(net5_line, user_calls_network),
	    ON(ni_line, network_calls_user),
	    ON(ni_line, user_calls_network),
	    ON(net5_line, called_side_clears),
	    ON(net5_line, both_clear_at_once),
	    ON(net5_line, release_twice_is_one_release),
	    ON(net5_line, setup_is_rejected),
	    ON(ni_line, setup_is_rejected),
	    ON(net5_line, busy_after_proceeding),
	    ON(net5_line, caller_gives_up_while_it_rings),
	    ON(net5_line, inband_indicator_reaches_the_caller),
	    ON(ni_line, inband_indicator_reaches_the_caller),
	    ON(net5_line, disconnect_with_announcement_is_told),
	    ON(net5_line, another_channel_is_chosen),
	    ON(net5_line, two_setups_for_one_channel_cross),
	    ON(net5_line, digits_go_as_information),
	    ON(net5_line, numbers_keep_type_and_plan),
	    ON(net5_line, restricted_number_stays_restricted),
	    ON(net5_line, call_without_number_has_none),
	    ON(net5_line, name_goes_from_network_to_user),
	    ON(ni_line, name_goes_from_network_to_user),
	    ON(ni_line, name_goes_from_user_to_network),
	    ON(net5_line, connected_number_reaches_the_caller),
	    ON(net5_line, thirty_calls_at_once),
	    ON(net5_line, every_message_is_traced_once),
	    ON(net5_line, describe_shows_link_and_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
