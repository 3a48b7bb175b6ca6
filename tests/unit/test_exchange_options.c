// SPDX-License-Identifier: GPL-2.0-or-later
// sipspan-exchange: options
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "gateway/exchange/options.h"

/* ---- options */

#define SPAN "--listen 127.0.0.1:2142 --peer 127.0.0.1:2143 "

static int parse(const char *line, struct options *out, char *why, size_t why_size)
{
	static char copy[1024];
	char *argv[32];
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	argv[0] = "sipspan-exchange";
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(argc, argv, out, why, why_size);
}

static const struct {
	const char *line;
	const char *why;
} refusals[] = {
    {"", "--listen"},
    {"--listen 127.0.0.1:2142", "--peer"},
    {"--listen 127.0.0.1 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen 127.0.0.1:0 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen 127.0.0.1:65536 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen :2142 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen localhost:2142 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen ::1:2142 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen [::1:2142 --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen 127.0.0.1:21x --peer 127.0.0.1:1", "ADDRESS:PORT"},
    {"--listen [::1]:2142 --peer 127.0.0.1:1", "both"},
    {SPAN "--nonsense", "unknown option --nonsense"},
    {SPAN "-x", "unknown option"},
    {SPAN "word", "word was not expected"},
    {SPAN "--switch-type basic-net6", "primary-net5"},
    {SPAN "--clock none", "internal or line"},
    {SPAN "--frames 0", "1 to 64"},
    {SPAN "--frames 65", "1 to 64"},
    {SPAN "--frames -8", "1 to 64"},
    {SPAN "--frames 99999999999999999999", "1 to 64"},
    {SPAN "--frames", "--frames needs a value"},
    {SPAN "--call 100", "FROM TO"},
    {SPAN "--call 100 --count 2", "FROM TO"},
    {SPAN "--call abc 0001", "abc is no telephone number"},
    {SPAN "--call 100 12345678901234567890123456789012345", "no telephone number"},
    {SPAN "--count 5", "--count makes sense with --call only"},
    {SPAN "--call 1 2 --count 0", "--count 0"},
    {SPAN "--call 1 2 --rate 0", "--rate 0"},
    {SPAN "--call 1 2 --rate nan", "--rate nan"},
    {SPAN "--call 1 2 --hold x", "--hold x"},
    {SPAN "--call 1 2 --dtmf 12e", "--dtmf 12e"},
    {SPAN "--call 1 2 --expect-cause 128", "1 to 127"},
    {SPAN "--answer-delay 600001", "--answer-delay"},
};

static void refuses_bad_options_with_a_sentence(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct options options;
		char why[512] = "";

		print_message("  %s\n", refusals[i].line);
		assert_true(parse(refusals[i].line, &options, why, sizeof(why)) < 0);
		assert_non_null(strstr(why, refusals[i].why));
		assert_null(strchr(why, '\n'));
	}
}

static void is_a_network_side_e1_if_nothing_is_said(void **state)
{
	struct options o;
	char why[512];

	assert_int_equal(parse(SPAN, &o, why, sizeof(why)), 0);
	assert_int_equal(o.action, OPTIONS_SERVE);
	assert_int_equal(o.exchange.span.framing, TDM_E1);
	assert_int_equal(o.exchange.span.law, TDM_ALAW);
	assert_int_equal(o.exchange.span.d_timeslot, 16);
	assert_int_equal(o.exchange.span.clock, TDM_CLOCK_INTERNAL);
	assert_int_equal(o.exchange.span.frames_per_packet, 8);
	assert_int_equal(o.exchange.span.jitter_packets, 16);
	assert_int_equal(o.exchange.switch_type, ISDN_PRIMARY_NET5);
	assert_true(o.exchange.network);
}

static void what_was_not_said_follows_from_what_was(void **state)
{
	struct options o;
	char why[512];

	assert_int_equal(parse("--t1 --user " SPAN "--frames 16", &o, why, sizeof(why)), 0);
	assert_int_equal(o.exchange.span.framing, TDM_T1);
	assert_int_equal(o.exchange.span.law, TDM_ULAW);
	assert_int_equal(o.exchange.span.d_timeslot, 24);
	assert_int_equal(o.exchange.span.clock, TDM_CLOCK_LINE);
	assert_int_equal(o.exchange.span.frames_per_packet, 16);
	assert_int_equal(o.exchange.span.jitter_packets, 0);
	assert_int_equal(o.exchange.switch_type, ISDN_PRIMARY_NI);
	assert_false(o.exchange.network);
	assert_int_equal(parse("--user --clock internal --switch-type primary-qsig " SPAN
			       "--call - +441234560001 --rate 2.5 --hold 0.5 --restrict --name Joe",
			       &o, why, sizeof(why)),
			 0);
	assert_int_equal(o.exchange.span.clock, TDM_CLOCK_INTERNAL);
	assert_int_equal(o.exchange.switch_type, ISDN_PRIMARY_QSIG);
	assert_int_equal(o.action, OPTIONS_CALL);
	assert_string_equal(o.caller.to.digits, "441234560001");
	assert_int_equal(o.caller.to.ton, TON_INTERNATIONAL);
	assert_string_equal(o.caller.from.number.digits, "");
	assert_int_equal(o.caller.from.presentation, PRESENTATION_RESTRICTED);
	assert_string_equal(o.caller.from.name, "Joe");
	assert_true(o.caller.rate == 2.5);
	assert_int_equal(o.caller.hold_ms, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_bad_options_with_a_sentence),
	    cmocka_unit_test(is_a_network_side_e1_if_nothing_is_said),
	    cmocka_unit_test(what_was_not_said_follows_from_what_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
