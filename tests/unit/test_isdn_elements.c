// SPDX-License-Identifier: GPL-2.0-or-later
/* Information elements as a far end may send them: every progress indicator in every message,
 * causes with diagnostics, digits and names that are none, overlap. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "tests/unit/isdn_rig.h"

/* ---- progress indicators */

static const uint8_t indicators[] = {1, 2, 3, 4, 8};

static void add_indicator(uint8_t message, uint8_t indicator)
{
	uint8_t element[] = {0x1e, 0x02, 0x82, (uint8_t)(0x80 | indicator)};

	isdn_wire_element(&wire, WIRE_ADD, message, element, sizeof(element));
}

static void end_call(void)
{
	wire.fault = WIRE_GOOD;
	clear_all(&user);
	wait_for(&network, "disconnect(");
	clear_all(&network);
	wait_for(&network, "released(");
	wait_for(&user, "released(");
	forget();
}

static void indicators_of_every_message_are_reported(void **state)
{
	for (size_t i = 0; i < sizeof(indicators); i++) {
		unsigned expected = 1u << indicators[i];
		struct isdn_setup setup = usual_setup();
		struct isdn_call *in;

		add_indicator(DSS1_SETUP, indicators[i]);
		place(&user, &setup);
		assert_int_equal(network.indicators[RIG_SETUP], expected);
		assert_int_equal(network.setup.progress, indicators[i]);
		in = network.calls[0];
		add_indicator(DSS1_SETUP_ACKNOWLEDGE, indicators[i]);
		isdn_need_digits(in, 3, false);
		wait_for(&user, "setup_ack(");
		assert_int_equal(user.indicators[RIG_SETUP_ACKNOWLEDGE], expected);
		add_indicator(DSS1_PROCEEDING, indicators[i]);
		isdn_proceeding(in, 3, 0);
		wait_for(&user, "proceeding(");
		assert_int_equal(user.indicators[RIG_PROCEEDING], expected);
		add_indicator(DSS1_PROGRESS, indicators[i]);
		isdn_progress(in, ISDN_PROGRESS_INBAND, NULL);
		wait_for(&user, "progress(8");
		assert_int_equal(user.indicators[RIG_PROGRESS],
				 expected | 1u << ISDN_PROGRESS_INBAND);
		add_indicator(DSS1_ALERTING, indicators[i]);
		isdn_alerting(in, 0);
		wait_for(&user, "alerting(");
		assert_int_equal(user.indicators[RIG_ALERTING], expected);
		add_indicator(DSS1_CONNECT, indicators[i]);
		isdn_connect(in, NULL);
		wait_for(&user, "connect(");
		assert_int_equal(user.indicators[RIG_CONNECT], expected);
		add_indicator(DSS1_DISCONNECT, indicators[i]);
		run_ms(5); /* CONNECT ACKNOWLEDGE */
		isdn_release(in, 16);
		wait_for(&user, "disconnect(");
		assert_int_equal(user.indicators[RIG_DISCONNECT], expected);
		assert_int_equal(strstr(user.heard, ",inband)") != NULL, indicators[i] == 8);
		wire.fault = WIRE_GOOD;
		clear_all(&user);
		wait_for(&network, "released(");
		wait_for(&user, "released(");
		forget();
	}
}

/* ---- causes */

static const struct {
	const char *what;
	uint8_t octets[40];
	uint8_t length;
	const char *heard;
} causes[] = {
    {"location user", {0x08, 2, 0x80, 0x91}, 4, "disconnect(17@0)"},
    {"location transit network", {0x08, 2, 0x83, 0x95}, 4, "disconnect(21@3)"},
    {"beyond interworking", {0x08, 2, 0x8a, 0xff}, 4, "disconnect(127@10)"},
    {"recommendation octet", {0x08, 3, 0x02, 0x80, 0xa9}, 5, "disconnect(41@2)"},
    {"diagnostics: a number", {0x08, 5, 0x82, 0x96, 0x70, 0x81, '5'}, 7, "disconnect(22@2)"},
    {"diagnostics: element 0x18", {0x08, 3, 0x82, 0xe4, 0x18}, 5, "disconnect(100@2)"},
    {"diagnostics up to the end", {0x08, 34, 0x80, 0x91}, 36, "disconnect(17@0)"},
    {"no value", {0x08, 1, 0x82}, 3, "disconnect("},
    {"value 0", {0x08, 2, 0x82, 0x80}, 4, "disconnect(16@"},
};

static void causes_come_with_location_and_diagnostics_are_passed_over(void **state)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		connect_call(&user);
		isdn_wire_element(&wire, WIRE_REPLACE, DSS1_DISCONNECT, causes[i].octets,
				  causes[i].length);
		isdn_release(network.calls[0], 31);
		wait_for(&user, "disconnect(");
		if (!strstr(user.heard, causes[i].heard))
			fail_msg("%s: %s", causes[i].what, user.heard);
		wire.fault = WIRE_GOOD;
		clear_all(&user);
		wait_for(&network, "released(");
		wait_for(&user, "released(");
		forget();
	}
}

/* ---- what is no digit, no name */

static void reads_text_of_any_kind(void **state)
{
	static const struct {
		const char *in;
		int char_set;
		const char *out;
	} cases[] = {
	    {"Ada", 0, "Ada"},
	    {"Zo\xeb", 1, "Zo\xc3\xab"},     /* Latin-1 */
	    {"Zo\xc3\xab", 1, "Zo\xc3\xab"}, /* UTF-8 all the same */
	    {"Zo\xc3\xab", PRI_CHAR_SET_ISO10646_UTF_8STRING, "Zo\xc3\xab"},
	    {"\xe2\x82\xac", 1, "\xe2\x82\xac"},       /* euro */
	    {"Zo\xeb", PRI_CHAR_SET_ISO8859_5, "Zo?"}, /* some other letter */
	    {"a\x1b[2Jb\x7f", 1, "a[2Jb"},	       /* controls */
	    {"a\xc2\x9b"
	     "b",
	     1, "ab"}, /* C1 as UTF-8 */
	    {"a\x9b"
	     "b",
	     1, "ab"},			 /* C1 as Latin-1 */
	    {"\xc0\x80", 1, "\xc3\x80"}, /* overlong: Latin-1 */
	    {"\xe0\x80\xaf", 1, "\xc3\xa0\xc2\xaf"},
	    {"\xed\xa0\x80", 1, "\xc3\xad\xc2\xa0"}, /* surrogate */
	    {"\xf4\x90\x80\x80", 1, "\xc3\xb4"},     /* above U+10FFFF */
	    {"\xe2\x82", 1, "\xc3\xa2"},	     /* cut off */
	    {"", 1, ""},
	};
	char out[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		isdn_text_from_pri(cases[i].in, cases[i].char_set, out, sizeof(out));
		if (strcmp(out, cases[i].out) != 0)
			fail_msg("%zu: \"%s\" becomes \"%s\"", i, cases[i].in, out);
	}
	/* not in the middle of a letter */
	isdn_text_from_pri("aaaaaaaaaaaaaa\xc3\xab", 1, out, sizeof(out));
	assert_string_equal(out, "aaaaaaaaaaaaaa");
	isdn_text_from_pri("aaaaaaaaaaaaaa\xeb", 1, out, sizeof(out));
	assert_string_equal(out, "aaaaaaaaaaaaaa");
	isdn_text_to_pri("Zo\xc3\xab \xe2\x82\xac", out, sizeof(out));
	assert_string_equal(out, "Zo\xeb ?");
}

static void leaves_out_subaddresses_that_are_none(void **state)
{
	struct pri_party_subaddress in = {.valid = 1, .type = 2, .length = 20};
	struct subaddress out;

	isdn_subaddress_from_pri(&in, &out);
	assert_int_equal(out.length, 20);
	in.length = 21;
	isdn_subaddress_from_pri(&in, &out);
	assert_int_equal(out.length, 0);
	in.length = -1;
	isdn_subaddress_from_pri(&in, &out);
	assert_int_equal(out.length, 0);
	in.length = 5;
	in.type = 5;
	isdn_subaddress_from_pri(&in, &out);
	assert_int_equal(out.length, 0);
}

static void leaves_out_numbers_that_are_none(void **state)
{
	struct pri_party_redirecting in = {.count = -4, .reason = 77};
	struct redirection out;
	struct number number;

	in.from.number.valid = 1;
	in.from.number.presentation = 0x60; /* reserved */
	strcpy(in.from.number.str, "12;rm");
	strcpy(in.orig_called.number.str, "5");
	isdn_redirection_from_pri(&in, &out);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.reason, REDIRECTION_UNKNOWN);
	assert_string_equal(out.from.number.digits, "");
	assert_int_equal(out.from.presentation, PRESENTATION_UNAVAILABLE);
	assert_string_equal(out.original.number.digits, ""); /* not valid */
	assert_true(isdn_number_from_pri("12345678901234567890123456789012", 0x21, &number));
	assert_false(isdn_number_from_pri("123456789012345678901234567890123", 0x21, &number));
	assert_false(isdn_number_from_pri("12 34", 0x21, &number));
	assert_true(isdn_number_from_pri("*12a#", 0x21, &number));
	assert_string_equal(number.digits, "*12A#");
}

/* The element, whatever is in it, is left out or taken; the call comes. */
static const struct {
	const char *what;
	uint8_t octets[60];
	uint8_t length;
} odd_elements[] = {
    {"called subaddress, too long", {0x71, 40, 0x80, 'x', 'x'}, 42},
    {"called subaddress, empty", {0x71, 0}, 2},
    {"calling subaddress without contents", {0x6d, 1, 0x80}, 3},
    {"user-user, empty", {0x7e, 0}, 2},
    {"user-user of another protocol", {0x7e, 3, 0x00, 1, 2}, 5},
    {"user-user with zeros", {0x7e, 5, 0x04, 'a', 0, 'b', 'c'}, 7},
    {"keypad that is none", {0x2c, 4, 'h', 'e', 0x1b, 'p'}, 6},
    {"redirecting number without end of header", {0x74, 2, 0x21, 0x01}, 4},
    {"redirecting number with letters", {0x74, 6, 0x21, 0x01, 0x8f, 'a', 'x', 'y'}, 8},
    {"display with controls", {0x28, 4, 'a', 0x1b, '[', 'J'}, 6},
    {"a second progress indicator of no meaning", {0x1e, 2, 0x82, 0xfe}, 4},
    {"high layer compatibility", {0x7d, 2, 0x91, 0x81}, 4},
    {"an element nobody knows", {0x7c, 3, 1, 2, 3}, 5},
};

static void odd_elements_do_not_keep_a_call_out(void **state)
{
	for (size_t i = 0; i < sizeof(odd_elements) / sizeof(odd_elements[0]); i++) {
		struct isdn_setup setup = usual_setup();

		isdn_wire_element(&wire, WIRE_ADD, DSS1_SETUP, odd_elements[i].octets,
				  odd_elements[i].length);
		place(&user, &setup);
		for (const char *c = network.setup.keypad; *c != '\0'; c++)
			assert_non_null(strchr("0123456789*#ABCD", *c));
		for (const char *c = network.setup.calling.name; *c != '\0'; c++)
			assert_true((unsigned char)*c >= ' ');
		assert_true(network.setup.called_subaddress.length <= SUBADDRESS_MAX);
		isdn_proceeding(network.calls[0], 3, 0);
		wait_for(&user, "proceeding(");
		end_call();
	}
}

/* ---- overlap */

static void t304_starts_anew_with_every_digit(void **state)
{
	struct isdn_setup setup = usual_setup();

	setup.sending_complete = false;
	place(&user, &setup);
	assert_int_equal(isdn_send_digits(user.calls[0], "1"), -EINVAL);
	isdn_need_digits(network.calls[0], 3, false);
	wait_for(&user, "setup_ack(0)");
	for (int i = 0; i < 4; i++) { /* T304 is 150 ms here */
		run_ms(60);
		assert_int_equal(isdn_send_digits(user.calls[0], "1"), 0);
	}
	assert_int_equal(isdn_send_digits(user.calls[0], "x"), -EINVAL);
	assert_string_equal(isdn_call_state_name(user.calls[0]), "OVERLAP SENDING");
	wait_for(&user, "disconnect(102");
	wait_for(&network, "disconnect(102");
	clear_all(&network);
	wait_for(&user, "released(");
	wait_for(&network, "released(");
	assert_heard(network, "setup(0001,3) more(1) more(1) more(1) more(1) disconnect(102@1) "
			      "released(102@1) ");
}

static bool two_informations_came(void *arg)
{
	const char *first = strstr(network.traced, "<INFORMATION");

	return first && strstr(first + 1, "<INFORMATION");
}

static void digits_come_as_keypad_too_and_sending_complete_alone(void **state)
{
	static const uint8_t keypad[] = {0x2c, 2, '5', '6'}, complete[] = {0xa1},
			     wrong[] = {0x2c, 2, '5', '?'};
	struct isdn_setup setup = usual_setup();

	setup.sending_complete = false;
	place(&user, &setup);
	isdn_need_digits(network.calls[0], 3, false);
	wait_for(&user, "setup_ack(0)");
	isdn_wire_element(&wire, WIRE_ADD, 0x7b, keypad, sizeof(keypad));
	isdn_send_digits(user.calls[0], "9"); /* keypad goes first with libpri */
	wait_for(&network, "more(56)");
	isdn_wire_element(&wire, WIRE_ADD, 0x7b, wrong, sizeof(wrong));
	isdn_send_digits(user.calls[0], "9");
	assert_true(run_until(two_informations_came, NULL));
	isdn_wire_element(&wire, WIRE_ADD, 0x7b, complete, sizeof(complete));
	isdn_send_digits(user.calls[0], "7");
	wait_for(&network, "more(7,complete)");
	assert_heard(network, "setup(0001,3) more(56) more(7,complete) ");
	end_call();
}

static void need_digits_only_before_anything_else(void **state)
{
	struct isdn_setup setup = usual_setup();

	setup.sending_complete = false;
	place(&user, &setup);
	assert_int_equal(isdn_need_digits(network.calls[0], 32, false), -EINVAL);
	isdn_proceeding(network.calls[0], 3, 0);
	assert_int_equal(isdn_need_digits(network.calls[0], 3, false), -EINVAL);
	wait_for(&user, "proceeding(");
	end_call();
}

static void a_setup_says_whom_it_is_for(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *call;

	number_set(&setup.called, "", TON_UNKNOWN, NPI_ISDN);
	assert_int_equal(isdn_setup(user.isdn, &setup, &user, &call), -EINVAL);
	strcpy(setup.keypad, "12x");
	assert_int_equal(isdn_setup(user.isdn, &setup, &user, &call), -EINVAL);
	strcpy(setup.keypad, "*21#");
	place(&user, &setup);
	assert_heard(network, "setup(,3) ");
	assert_string_equal(network.setup.keypad, "*21#");
	isdn_proceeding(network.calls[0], 3, 0);
	wait_for(&user, "proceeding(");
	end_call();
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(net5_line, indicators_of_every_message_are_reported),
	    ON(ni_line, indicators_of_every_message_are_reported),
	    ON(net5_line, causes_come_with_location_and_diagnostics_are_passed_over),
	    cmocka_unit_test(reads_text_of_any_kind),
	    cmocka_unit_test(leaves_out_subaddresses_that_are_none),
	    cmocka_unit_test(leaves_out_numbers_that_are_none),
	    ON(net5_line, odd_elements_do_not_keep_a_call_out),
	    ON(hasty_line, t304_starts_anew_with_every_digit),
	    ON(net5_line, digits_come_as_keypad_too_and_sending_complete_alone),
	    ON(net5_line, need_digits_only_before_anything_else),
	    ON(net5_line, a_setup_says_whom_it_is_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
