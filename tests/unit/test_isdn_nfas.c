// SPDX-License-Identifier: GPL-2.0-or-later
/* Two spans with one D channel and its backup: two real libpri on two D channels. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/isdn_rig.h"

static struct isdn_wire backup;

static int group(unsigned t309_ms)
{
	rig_config = (struct isdn_config){
	    .span = 1,
	    .settle_ms = 1,
	    .switch_type = ISDN_PRIMARY_NI,
	    .t1 = true,
	    .nfas = {.on = true, .backup_span = 2, .spans = {[1] = 2}},
	};
	rig_config.timers_ms[ISDN_T309 - 300] = t309_ms;
	isdn_wire_open(&wire);
	isdn_wire_open(&backup);
	network = (struct side){.end = &wire.network, .peer = &user};
	user = (struct side){.end = &wire.user, .peer = &network};
	rig_config.nfas.backup_fd_d = backup.network.fd;
	side_isdn_new(&network, true);
	rig_config.nfas.backup_fd_d = backup.user.fd;
	side_isdn_new(&user, false);
	wait_for(&network, "up ");
	wait_for(&user, "up ");
	run_ms(50); /* the backup's layer 2 too */
	forget();
	return 0;
}

static int nfas_line(void **state)
{
	return group(0);
}

static int hasty_nfas_line(void **state)
{
	return group(200);
}

static int no_nfas_line(void **state)
{
	no_line(state);
	isdn_wire_close(&backup);
	return 0;
}

/* The one that came last: those before it are answered. */
static struct isdn_call *waiting_call(const struct side *side)
{
	for (unsigned i = 0; i < RIG_CALLS_MAX; i++) {
		if (side->calls[i] &&
		    strcmp(isdn_call_state_name(side->calls[i]), "CALL PRESENT") == 0)
			return side->calls[i];
	}
	return NULL;
}

static void connect_on(struct side *from, unsigned channel)
{
	struct isdn_setup setup = usual_setup();
	char expected[32];

	setup.timeslot = channel;
	setup.exclusive = true;
	snprintf(expected, sizeof(expected), "setup(0001,%u) ", channel);
	place(from, &setup);
	wait_for(from->peer, expected);
	assert_int_equal(isdn_connect(waiting_call(from->peer), NULL), 0);
	wait_for(from, "connect(");
	run_ms(20);
	forget();
}

static void release_both(struct side *from)
{
	isdn_release(from->calls[0], 16);
	wait_for(from->peer, "disconnect(16@");
	isdn_release(from->peer->calls[0], 16);
	wait_for(from, "released(");
	wait_for(from->peer, "released(");
}

static void channels_carry_their_interface(void **state)
{
	connect_on(&user, ISDN_CHANNEL(1, 5));
	assert_int_equal(isdn_call_timeslot(user.calls[0]), ISDN_CHANNEL(1, 5));
	connect_on(&network, ISDN_CHANNEL(0, 5));
	assert_int_equal(isdn_call_timeslot(network.calls[1]), 5);
	release_both(&user);
	assert_int_equal(isdn_call_count(network.isdn), 1);
}

static void log_lines_name_span_and_timeslot(void **state)
{
	static const struct {
		unsigned channel;
		const char *text;
	} rows[] = {
	    {0, "1:D"},
	    {ISDN_CHANNEL(0, 5), "1/5"},
	    {ISDN_CHANNEL(1, 17), "2/17"},
	    {ISDN_CHANNEL(2, 17), "interface 2/17"}, /* not one of ours */
	    {ISDN_CHANNEL(ISDN_INTERFACES_MAX, 1), "interface 32/1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(isdn_channel_text(user.isdn, rows[i].channel), rows[i].text);
}

static void restart_is_for_one_channel_of_one_interface(void **state)
{
	connect_on(&user, ISDN_CHANNEL(0, 5));
	isdn_restart(user.isdn, ISDN_CHANNEL(1, 5));
	wait_for(&user, "restart-done(261) ");
	assert_heard(network, "restarted(261) ");
	assert_int_equal(isdn_call_count(network.isdn), 1);
}

static void service_is_for_one_channel_of_one_interface(void **state)
{
	isdn_service(user.isdn, ISDN_CHANNEL(1, 7), ISDN_OUT_OF_SERVICE);
	wait_for(&network, "service(263,2) ");
}

static void backup_takes_over_and_calls_survive(void **state)
{
	connect_on(&user, ISDN_CHANNEL(1, 5));
	isdn_wire_cut(&wire);
	run_ms(100);
	assert_string_equal(user.heard, "");
	assert_true(isdn_is_up(user.isdn));
	assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
	release_both(&user);
	forget();
	connect_on(&network, ISDN_CHANNEL(0, 9)); /* new calls go by the backup */
	release_both(&network);
}

static void calls_not_answered_yet_end_with_their_d_channel(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_wire_cut(&wire);
	wait_for(&user, "released(");
	wait_for(&network, "released(");
	assert_true(isdn_is_up(user.isdn));
}

static void calls_outlive_both_d_channels_for_a_while(void **state)
{
	connect_on(&user, ISDN_CHANNEL(1, 5));
	isdn_wire_cut(&wire);
	isdn_wire_cut(&backup);
	wait_for(&user, "down ");
	wait_for(&network, "down ");
	assert_int_equal(isdn_call_count(user.isdn), 1);
	backup.fault = WIRE_GOOD;
	wait_for(&user, "up ");
	wait_for(&network, "up ");
	assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
	release_both(&network);
}

static void calls_end_with_t309_when_no_d_channel_comes_back(void **state)
{
	connect_on(&user, ISDN_CHANNEL(1, 5));
	isdn_wire_cut(&wire);
	isdn_wire_cut(&backup);
	wait_for(&user, "released(27@1) ");
	wait_for(&network, "released(27@1) ");
	assert_int_equal(isdn_call_count(user.isdn), 0);
}

#define IN_GROUP(fixture, test) cmocka_unit_test_setup_teardown(test, fixture, no_nfas_line)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    IN_GROUP(nfas_line, channels_carry_their_interface),
	    IN_GROUP(nfas_line, log_lines_name_span_and_timeslot),
	    IN_GROUP(nfas_line, restart_is_for_one_channel_of_one_interface),
	    IN_GROUP(nfas_line, service_is_for_one_channel_of_one_interface),
	    IN_GROUP(nfas_line, backup_takes_over_and_calls_survive),
	    IN_GROUP(nfas_line, calls_not_answered_yet_end_with_their_d_channel),
	    IN_GROUP(nfas_line, calls_outlive_both_d_channels_for_a_while),
	    IN_GROUP(hasty_nfas_line, calls_end_with_t309_when_no_d_channel_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
