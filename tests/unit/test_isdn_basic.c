// SPDX-License-Identifier: GPL-2.0-or-later
/* Basic rate: point to point, and a bus with one network end and two terminals. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/isdn_rig.h"

static struct isdn_setup setup_to(const char *number, unsigned channel)
{
	struct isdn_setup setup = usual_setup();

	setup.timeslot = channel;
	setup.exclusive = true;
	number_set(&setup.called, number, TON_UNKNOWN, NPI_ISDN);
	return setup;
}

static struct isdn_call *dial(struct side *from, const char *number, unsigned channel)
{
	struct isdn_setup setup = setup_to(number, channel);
	struct isdn_call *call = NULL;

	setup.exclusive = from == &network;
	assert_int_equal(isdn_setup(from->isdn, &setup, from, &call), 0);
	keep_call(from, call);
	return call;
}

/* ---- point to point */

static void point_to_point_call_both_ways(void **state)
{
	for (unsigned n = 0; n < 2; n++) {
		struct side *from = n ? &network : &user, *to = from->peer;

		forget();
		dial(from, "0001", 2);
		wait_for(to, "setup(0001,2) ");
		assert_int_equal(isdn_connect(to->calls[0], NULL), 0);
		wait_for(from, "connect(");
		assert_int_equal(isdn_call_timeslot(from->calls[0]), 2);
		assert_int_equal(isdn_release(from->calls[0], 16), 0);
		wait_for(to, "disconnect(16@1) ");
		isdn_release(to->calls[0], 16);
		wait_for(from, "released(");
		wait_for(to, "released(");
	}
}

static void point_to_point_has_restart(void **state)
{
	isdn_restart(user.isdn, 1);
	wait_for(&user, "restart-done(1) ");
	assert_heard(network, "restarted(1) ");
}

static void bus_needs_a_basic_rate(void **state)
{
	struct isdn *isdn = NULL;
	struct isdn_handlers none = {0};
	struct isdn_config config = {
	    .span = 1, .switch_type = ISDN_PRIMARY_NET5, .multipoint = {.on = true}};

	assert_int_equal(isdn_new(rig_ctx, &config, &none, NULL, &isdn), -EINVAL);
}

/* ---- a bus */

static void terminal_answers_its_own_numbers_only(void **state)
{
	static const struct {
		const char *number;
		struct side *terminal;
	} cases[] = {
	    {"4711", &user},   {"0301234711", &user}, /* with what comes before */
	    {"11", &user},			      /* the exchange sends the last digits */
	    {"479920", &user}, {"4712", &other},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct side *to = cases[i].terminal, *not_to = to == &user ? &other : &user;

		forget();
		dial(&network, cases[i].number, 1);
		wait_for(to, "setup(");
		assert_int_equal(isdn_alerting(to->calls[0], 0), 0);
		assert_int_equal(isdn_connect(to->calls[0], NULL), 0);
		wait_for(&network, "connect(");
		assert_string_equal(not_to->heard, "");
		assert_string_equal(not_to->traced, "");
		isdn_release(network.calls[0], 16);
		wait_for(to, "disconnect(");
		isdn_release(to->calls[0], 16);
		wait_for(&network, "released(");
		wait_for(to, "released(");
	}
}

static unsigned count_links(const struct side *side, const char *state)
{
	char text[1024], wanted[64];
	unsigned count = 0;

	isdn_describe(side->isdn, text, sizeof(text));
	for (unsigned tei = 64; tei < 127; tei++) { /* the automatic ones */
		snprintf(wanted, sizeof(wanted), "\nTEI = %u, %s\n", tei, state);
		count += strstr(text, wanted) != NULL;
	}
	return count;
}

static void each_link_of_a_bus_is_shown_with_its_tei(void **state)
{
	dial(&network, "4711", 1); /* both terminals bring their link up */
	wait_for(&user, "setup(");
	dial(&network, "4712", 2);
	wait_for(&other, "setup(");
	isdn_alerting(user.calls[0], 0);
	isdn_alerting(other.calls[0], 0);
	wait_for(&network, "alerting(");
	run_ms(20);
	assert_int_equal(count_links(&user, "MULTIPLE_FRAME_ESTABLISHED"), 1);
	assert_int_equal(count_links(&other, "MULTIPLE_FRAME_ESTABLISHED"), 1);
	assert_int_equal(count_links(&network, "MULTIPLE_FRAME_ESTABLISHED"), 2);
}

static void number_of_nobody_is_no_user_responding(void **state)
{
	dial(&network, "4799", 1);
	wait_for(&network, "released(18");
	assert_string_equal(user.heard, "");
	assert_string_equal(other.heard, "");
}

static void terminal_calls_out_and_is_named_a_channel(void **state)
{
	dial(&other, "0815", 2);
	wait_for(&network, "setup(0815,2) ");
	isdn_proceeding(network.calls[0], 1, 0); /* not the one that was asked for */
	wait_for(&other, "proceeding(1,0) ");
	isdn_connect(network.calls[0], NULL);
	wait_for(&other, "connect(");
	assert_int_equal(isdn_call_timeslot(other.calls[0]), 1);
	isdn_release(network.calls[0], 17);
	wait_for(&other, "disconnect(17@");
}

/* Each terminal counts its call references for itself: they are the same. */
static void calls_of_two_terminals_are_kept_apart(void **state)
{
	dial(&user, "0815", 1);
	wait_for(&network, "setup(0815,1) ");
	dial(&other, "0816", 2);
	wait_for(&network, "setup(0816,2) ");
	isdn_connect(network.calls[0], NULL);
	isdn_connect(network.calls[1], NULL);
	wait_for(&user, "connect(");
	wait_for(&other, "connect(");
	forget();
	isdn_release(other.calls[0], 16);
	wait_for(&network, "disconnect(16@");
	isdn_release(network.calls[1], 16);
	wait_for(&other, "released(");
	assert_string_equal(user.heard, "");
	assert_non_null(network.calls[0]);
	assert_string_equal(isdn_call_state_name(network.calls[0]), "ACTIVE");
}

/* Nothing was sent back yet: what ends is his call and nobody else's. */
static void terminal_that_hangs_up_early_ends_its_own_call(void **state)
{
	dial(&user, "0815", 1);
	wait_for(&network, "setup(0815,1) ");
	dial(&other, "0816", 2);
	wait_for(&network, "setup(0816,2) ");
	isdn_release(other.calls[0], 16);
	wait_for(&network, "released(");
	assert_non_null(network.calls[0]);
	assert_null(network.calls[1]);
}

static void bus_has_no_restart_and_is_always_usable(void **state)
{
	assert_int_equal(isdn_restart(user.isdn, 1), -ENOTSUP);
	assert_int_equal(isdn_restart(network.isdn, 1), -ENOTSUP);
	assert_true(isdn_is_usable(network.isdn));
	assert_true(isdn_is_usable(user.isdn));
}

/* DISC: the network puts the bus to sleep. The next call wakes it, whoever makes it. */
static void call_wakes_a_bus_that_sleeps(void **state)
{
	dial(&user, "0815", 1);
	wait_for(&network, "setup(0815,1) ");
	isdn_connect(network.calls[0], NULL);
	wait_for(&user, "connect(");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	isdn_release(network.calls[0], 16);
	wait_for(&user, "released(");
	run_ms(20);
	for (unsigned tei = 64; tei < 66; tei++) {
		uint8_t disconnect[] = {0x02, (uint8_t)(tei << 1 | 1), 0x53};

		assert_int_equal(write(wire.user.inside, disconnect, 3), 3);
		disconnect[0] = 0x00;
		assert_int_equal(write(wire.network.inside, disconnect, 3), 3);
	}
	run_ms(20);
	assert_null(strstr(user.heard, "down "));
	assert_true(isdn_is_usable(user.isdn));
	assert_true(count_links(&network, "TEI_ASSIGNED") > 0);
	forget();
	dial(&user, "0816", 1);
	wait_for(&network, "setup(0816,1) ");
	forget();
	dial(&network, "4711", 2);
	wait_for(&user, "setup(4711,2) ");
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(basic_line, point_to_point_call_both_ways),
	    ON(basic_line, point_to_point_has_restart),
	    cmocka_unit_test(bus_needs_a_basic_rate),
	    ON(bus_line, terminal_answers_its_own_numbers_only),
	    ON(bus_line, each_link_of_a_bus_is_shown_with_its_tei),
	    ON(hasty_bus_line, number_of_nobody_is_no_user_responding),
	    ON(bus_line, terminal_calls_out_and_is_named_a_channel),
	    ON(bus_line, calls_of_two_terminals_are_kept_apart),
	    ON(bus_line, terminal_that_hangs_up_early_ends_its_own_call),
	    ON(bus_line, bus_has_no_restart_and_is_always_usable),
	    ON(bus_line, call_wakes_a_bus_that_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
