// SPDX-License-Identifier: GPL-2.0-or-later
/* Timers, a D channel that is lost, RESTART, and frames that nobody should send. */
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

#include "tests/unit/isdn_rig.h"

/* ---- timers */

static void t301_ends_a_call_nobody_answers(void **state)
{
	struct isdn_setup setup = usual_setup();

	network.automatic = false;
	place(&user, &setup);
	isdn_alerting(network.calls[0], 0);
	wait_for(&network, "disconnect(102");
	isdn_release(network.calls[0], 102);
	wait_for(&user, "released(");
	assert_heard(user, "proceeding(3,0) alerting(0) disconnect(19@1) released(19@1) ");
	wait_for(&network, "released(");
	assert_heard(network, "setup(0001,3) disconnect(102@1) released(102@1) ");
}

static void t310_ends_a_call_that_gets_nowhere(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_proceeding(network.calls[0], 3, 0);
	wait_for(&network, "disconnect(102");
	isdn_release(network.calls[0], 102);
	wait_for(&user, "released(");
	assert_heard(user, "proceeding(3,0) disconnect(102@1) released(102@1) ");
}

static void progress_stops_t310(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_proceeding(network.calls[0], 3, 0);
	isdn_progress(network.calls[0], ISDN_PROGRESS_INBAND, NULL);
	run_ms(300); /* twice T310 */
	assert_heard(user, "proceeding(3,0) progress(8,0) ");
}

static void setup_without_any_answer_ends_by_t303(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	wait_for(&user, "released(");
	assert_heard(user, "released(18@1) ");
	assert_non_null(strstr(user.traced, ">SETUP ch 3 2079460000 > 0001|>SETUP"));
}

static void lost_release_complete_ends_by_t308(void **state)
{
	connect_call(&user);
	wire.fault = WIRE_NO_RELEASE_COMPLETE;
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	isdn_release(network.calls[0], 16);
	wire.fault = WIRE_CUT;
	wait_for(&network, "released(");
	assert_heard(network, "disconnect(16@1) release-failed(3) released(16@1) ");
	wait_for(&user, "released(");
}

/* Nothing was sent back before the caller hangs up: libpri answers with RELEASE COMPLETE. */
static void caller_who_hangs_up_before_any_answer_is_gone_at_once(void **state)
{
	struct isdn_setup setup = usual_setup();

	place(&user, &setup);
	isdn_release(user.calls[0], 16);
	wait_for(&network, "released(");
	wait_for(&user, "released(");
	assert_heard(network, "setup(0001,3) released(16@1) ");
	assert_heard(user, "released(16@1) ");
	assert_string_equal(network.traced, "<SETUP ch 3 2079460000 > 0001|<DISCONNECT cause 16|"
					    ">RELEASE COMPLETE cause 16|");
}

/* ---- the D channel goes down */

static void lost_dchannel_ends_calls_in_setup(void **state)
{
	for (unsigned step = 0; step < 3; step++) {
		struct isdn_setup setup = usual_setup();

		place(&user, &setup);
		if (step == 1)
			isdn_proceeding(network.calls[0], 3, 0);
		if (step == 2)
			isdn_alerting(network.calls[0], 0);
		if (step > 0)
			wait_for(&user, step == 1 ? "proceeding(" : "alerting(");
		forget();
		isdn_wire_cut(&wire);
		wait_for(&user, "released(");
		wait_for(&network, "released(");
		assert_heard(user, "down released(27@1) ");
		assert_heard(network, "down released(41@1) ");
		assert_false(isdn_is_up(user.isdn));
		assert_int_equal(isdn_call_count(network.isdn), 0);
		wire.fault = WIRE_GOOD;
		wait_for(&user, "up ");
		wait_for(&network, "up ");
		forget();
	}
}

/* libpri needs four seconds to see that nobody is there, and more to give the call up: T303 may end
 * it in between. */
static void setup_into_a_dead_dchannel_is_no_silent_user(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *call = NULL;

	wire.fault = WIRE_CUT;
	assert_int_equal(isdn_setup(user.isdn, &setup, &user, &call), 0);
	keep_call(&user, call);
	wait_for(&user, "released(");
	assert_heard(user, "down released(27@1) ");
}

static void setup_is_refused_while_the_dchannel_is_down(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *call = NULL;

	isdn_wire_cut(&wire);
	wait_for(&user, "down ");
	assert_int_equal(isdn_setup(user.isdn, &setup, &user, &call), -ENETDOWN);
	assert_null(call);
}

static void active_call_ends_with_t309(void **state)
{
	connect_call(&user);
	isdn_wire_cut(&wire);
	wait_for(&user, "down ");
	run_ms(200);
	assert_heard(user, "down ");
	wait_for(&user, "released(");
	wait_for(&network, "released(");
	assert_heard(user, "down released(27@1) ");
	assert_heard(network, "down released(27@1) ");
}

static void active_call_lives_through_a_short_loss(void **state)
{
	connect_call(&user);
	isdn_wire_cut(&wire);
	wait_for(&user, "down ");
	wait_for(&network, "down ");
	wire.fault = WIRE_GOOD;
	wait_for(&user, "up ");
	wait_for(&network, "up ");
	run_ms(50);
	assert_heard(user, "down up ");
	assert_heard(network, "down up ");
	assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(16@1)");
}

static void call_being_cleared_ends_when_the_dchannel_goes(void **state)
{
	connect_call(&user);
	wire.fault = WIRE_CUT;
	isdn_release(user.calls[0], 16);
	isdn_wire_cut(&wire);
	wait_for(&user, "released(");
	assert_heard(user, "down released(16@1) ");
	wait_for(&network, "released(");
}

static void lost_descriptor_is_a_lost_link(void **state)
{
	isdn_wire_end_lose(user.end);
	wait_for(&user, "down ");
	assert_false(isdn_is_up(user.isdn));
}

/* ---- RESTART */

static void restart_ends_the_call_of_its_channel(void **state)
{
	struct isdn_setup setup = usual_setup();

	connect_call(&user);
	/* the user side has lost its state, but for this test not its object: another channel */
	setup.timeslot = 9;
	place(&user, &setup);
	forget();
	isdn_free(user.isdn);
	wire.fault = WIRE_CUT; /* what isdn_free sent is lost, like with kill -9 */
	run_ms(20);
	wire.fault = WIRE_GOOD;
	forget();
	side_isdn_new(&user, false);
	wait_for(&user, "up ");
	isdn_restart(user.isdn, 3);
	isdn_restart(user.isdn, 4);
	wait_for(&network, "restarted(4)");
	assert_heard(network, "released(41@2) restarted(3) restarted(4) ");
	wait_for(&user, "up ");
	assert_non_null(strstr(user.traced, ">RESTART ch 3 (no call)|<RESTART ACK ch 3 (no call)|"
					    ">RESTART ch 4 (no call)|"));
	assert_int_equal(isdn_call_count(network.isdn), 1);
}

static void restart_without_answer_is_given_up(void **state)
{
	wire.fault = WIRE_CUT;
	isdn_restart(user.isdn, 3);
	isdn_restart(user.isdn, 4);
	run_ms(500);
	wire.fault = WIRE_GOOD;
	run_ms(1300); /* Q.921 sends again what was lost */
	assert_null(strstr(user.traced, "RESTART ch 4"));
}

static void restart_is_not_repeated_on_a_channel_with_a_call(void **state)
{
	struct isdn_setup setup = usual_setup();

	wire.fault = WIRE_RESTART_UNKNOWN;
	isdn_restart(user.isdn, 3);
	isdn_restart(user.isdn, 4);
	place(&network, &setup);
	run_ms(200); /* T316 is 150 */
	assert_null(strstr(strstr(user.traced, ">RESTART ch 3") + 1, ">RESTART ch 3"));
	assert_non_null(strstr(user.traced, ">RESTART ch 4"));
}

/* Until then the far end may ignore a SETUP: it still holds the call of a program that was killed. */
static void channels_are_restarted_before_calls_begin(void **state)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *call;

	isdn_free(user.isdn);
	rig_config.restart_timeslots = 1u << 3 | 1u << 5;
	side_isdn_new(&user, false);
	forget();
	wire.fault = WIRE_RESTART_UNKNOWN;
	run_ms(100); /* T316 is 150 */
	assert_non_null(strstr(user.traced, ">RESTART ch 3"));
	assert_string_equal(user.heard, "");
	assert_int_equal(isdn_setup(user.isdn, &setup, NULL, &call), -ENETDOWN);
	wire.fault = WIRE_GOOD;
	wait_for(&user, "up ");
	assert_non_null(strstr(user.traced, "<RESTART ACK ch 5"));
	assert_int_equal(isdn_setup(user.isdn, &setup, NULL, &call), 0);
}

/* ---- hostile */

static void called_number_that_is_none_is_refused(void **state)
{
	/* SETUP with called number "ab!": made by bending the one that the user sends */
	static const uint8_t setup[] = {0x00, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00, 0x77, 0x05,
					0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa9, 0x83,
					0x85, 0x70, 0x04, 0x81, 'a',  'b',  '!',  0xa1};

	assert_int_equal(write(network.end->inside, setup, sizeof(setup)), sizeof(setup));
	run_ms(50);
	assert_heard(network, "");
	assert_non_null(strstr(network.traced, ">DISCONNECT cause 28 (no call)|"));
}

static bool bent_is_over(void *arg)
{
	return isdn_call_count(user.isdn) == 0 && isdn_call_count(network.isdn) == 0;
}

static void someone_acts(struct side *side)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *call = side->calls[isdn_dice(20)];

	setup.timeslot = 1 + isdn_dice(31);
	switch (isdn_dice(6)) {
	case 0:
		if (isdn_call_count(side->isdn) < 20 &&
		    isdn_setup(side->isdn, &setup, side, &call) == 0)
			keep_call(side, call);
		break;
	case 1:
		if (call)
			isdn_alerting(call, isdn_dice(2) * 8);
		break;
	case 2:
		if (call)
			isdn_connect(call, NULL);
		break;
	case 3:
		if (call)
			isdn_release(call, 1 + isdn_dice(127));
		break;
	case 4:
		if (call)
			isdn_progress(call, 8, NULL);
		break;
	default:
		if (call)
			isdn_send_digits(call, "1");
	}
}

static void survives_bent_messages(void **state)
{
	wire.fault = WIRE_BEND;
	for (unsigned i = 0; i < 4000; i++) {
		someone_acts(&user);
		someone_acts(&network);
		osmo_select_main(1);
		if (i % 4 == 0)
			run_ms(1);
		forget();
	}
	wire.fault = WIRE_GOOD;
	clear_all(&user);
	clear_all(&network);
	user.automatic = network.automatic = true;
	assert_true(run_until(bent_is_over, NULL));
	user.automatic = network.automatic = false;
	forget();
	if (!isdn_is_up(user.isdn) || !isdn_is_up(network.isdn))
		run_ms(3000);
	whole_call(&user, &network);
}

static bool both_up(void *arg)
{
	return isdn_is_up(user.isdn) && isdn_is_up(network.isdn);
}

static void survives_random_frames(void **state)
{
	connect_call(&user);
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t frame[300];
		size_t length = 1 + isdn_dice(i % 8 == 0 ? 300 : 24);
		struct side *victim = isdn_dice(2) ? &user : &network;

		for (size_t n = 0; n < length; n++)
			frame[n] = (uint8_t)isdn_dice(256);
		if (isdn_dice(2)) { /* at least the address is right */
			frame[0] = isdn_dice(2) ? 0x02 : 0x00;
			frame[1] = 0x01;
		}
		if (write(victim->end->inside, frame, length) < 0 && i == 0)
			fail();
		osmo_select_main(1);
	}
	clear_all(&user);
	clear_all(&network);
	user.automatic = network.automatic = true;
	assert_true(run_until(bent_is_over, NULL));
	assert_true(run_until(both_up, NULL));
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(hasty_line, t301_ends_a_call_nobody_answers),
	    ON(hasty_line, t310_ends_a_call_that_gets_nowhere),
	    ON(hasty_line, progress_stops_t310),
	    ON(hasty_line, setup_without_any_answer_ends_by_t303),
	    ON(hasty_line, lost_release_complete_ends_by_t308),
	    ON(net5_line, caller_who_hangs_up_before_any_answer_is_gone_at_once),
	    ON(hasty_line, lost_dchannel_ends_calls_in_setup),
	    ON(patient_line, setup_into_a_dead_dchannel_is_no_silent_user),
	    ON(hasty_line, setup_is_refused_while_the_dchannel_is_down),
	    ON(hasty_line, active_call_ends_with_t309),
	    ON(net5_line, active_call_lives_through_a_short_loss),
	    ON(hasty_line, call_being_cleared_ends_when_the_dchannel_goes),
	    ON(net5_line, lost_descriptor_is_a_lost_link),
	    ON(hasty_line, restart_ends_the_call_of_its_channel),
	    ON(hasty_line, restart_without_answer_is_given_up),
	    ON(hasty_line, channels_are_restarted_before_calls_begin),
	    ON(hasty_line, restart_is_not_repeated_on_a_channel_with_a_call),
	    ON(net5_line, called_number_that_is_none_is_refused),
	    ON(frantic_line, survives_bent_messages),
	    ON(hasty_line, survives_random_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
