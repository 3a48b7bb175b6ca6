// SPDX-License-Identifier: GPL-2.0-or-later
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

/* A message to the user side that libpri would not send, in a UI frame. */
static void send_to_user(const uint8_t *message, size_t length)
{
	uint8_t frame[64] = {0x02, 0x01, 0x03};

	memcpy(frame + 3, message, length);
	assert_int_equal(write(wire.user.inside, frame, length + 3), length + 3);
}

/* ---- RESTART */

static void restart_is_reported_when_it_is_acknowledged(void **state)
{
	assert_int_equal(isdn_restart(user.isdn, 3), 0);
	assert_int_equal(isdn_restart(user.isdn, 7), 0);
	wait_for(&user, "restart-done(7) ");
	assert_heard(user, "restart-done(3) restart-done(7) ");
	assert_heard(network, "restarted(3) restarted(7) ");
	assert_int_equal(isdn_restart(user.isdn, 0), -EINVAL);
	assert_int_equal(isdn_restart(user.isdn, 32), -EINVAL);
	assert_int_equal(isdn_restart(user.isdn, 0x2003), -EINVAL);
}

static void silence_to_restart_is_reported_for_each_channel(void **state)
{
	wire.fault = WIRE_RESTART_UNKNOWN;
	isdn_restart(user.isdn, 3);
	isdn_restart(user.isdn, 7);
	wait_for(&user, "(3,silence) ");
	assert_heard(user, "restart-done(7,silence) restart-done(3,silence) ");
	assert_null(strstr(user.traced, ">RESTART ch 7"));
}

/* A far end that has acknowledged one knows RESTART: each channel is tried for itself. */
static void silence_to_one_restart_does_not_spare_the_next(void **state)
{
	isdn_restart(user.isdn, 2);
	wait_for(&user, "restart-done(2) ");
	wire.fault = WIRE_RESTART_UNKNOWN;
	isdn_restart(user.isdn, 3);
	isdn_restart(user.isdn, 7);
	wait_for(&user, "(3,silence) ");
	wire.fault = WIRE_GOOD;
	wait_for(&user, "restart-done(7) ");
}

static void restarts_of_both_ends_cross(void **state)
{
	for (unsigned timeslot = 1; timeslot < 5; timeslot++) {
		isdn_restart(user.isdn, timeslot);
		isdn_restart(network.isdn, timeslot);
	}
	wait_for(&user, "restart-done(4) ");
	wait_for(&network, "restart-done(4) ");
	forget();
	whole_call(&user, &network);
	forget();
	whole_call(&network, &user);
}

static void restart_of_the_whole_span_ends_every_call(void **state)
{
	static const uint8_t restart[] = {0x08, 0x02, 0x00, 0x00, 0x46, 0x79, 0x01, 0x87};
	struct isdn_setup setup = usual_setup();

	connect_call(&user);
	setup.timeslot = 9;
	place(&network, &setup);
	forget();
	send_to_user(restart, sizeof(restart));
	wait_for(&user, "restarted(0) ");
	assert_heard(user, "released(41@2) released(41@2) restarted(0) ");
	assert_int_equal(isdn_call_count(user.isdn), 0);
	assert_non_null(strstr(user.traced, ">RESTART ACK"));
}

static void restart_of_a_list_of_channels_ends_theirs(void **state)
{
	static const uint8_t restart[] = {0x08, 0x02, 0x00, 0x00, 0x46, 0x18, 0x04,
					  0xa9, 0x83, 0x02, 0x83, 0x79, 0x01, 0x80};
	struct isdn_setup setup = usual_setup();

	connect_call(&user); /* channel 3 */
	setup.timeslot = 9;
	place(&user, &setup);
	forget();
	send_to_user(restart, sizeof(restart));
	wait_for(&user, "restarted(3) ");
	assert_heard(user, "restarted(2) released(41@2) restarted(3) ");
	assert_int_equal(isdn_call_count(user.isdn), 1);
}

/* ---- failed release */

static void unanswered_release_is_reported_before_the_end(void **state)
{
	connect_call(&user);
	isdn_release(user.calls[0], 16);
	wait_for(&network, "disconnect(");
	wire.fault = WIRE_NO_RELEASE_COMPLETE;
	isdn_release(network.calls[0], 16);
	wait_for(&network, "released(");
	assert_heard(network, "disconnect(16@1) release-failed(3) released(16@1) ");
}

static void lost_layer_2_is_no_failed_release(void **state)
{
	connect_call(&user);
	isdn_release(user.calls[0], 16);
	isdn_wire_cut(&wire);
	wait_for(&user, "released(");
	assert_null(strstr(user.heard, "release-failed"));
}

/* ---- SERVICE */

static void service_tells_the_far_end(void **state)
{
	assert_true(isdn_has_service(user.isdn));
	assert_int_equal(isdn_service(user.isdn, 5, ISDN_OUT_OF_SERVICE), 0);
	assert_int_equal(isdn_service(user.isdn, 6, ISDN_MAINTENANCE), 0);
	wait_for(&network, "service(6,1) ");
	assert_heard(network, "service(5,2) service(6,1) ");
	forget();
	assert_int_equal(isdn_service(user.isdn, 5, ISDN_IN_SERVICE), 0);
	wait_for(&network, "service(5,0) ");
	assert_int_equal(isdn_service(network.isdn, 23, ISDN_OUT_OF_SERVICE), 0);
	wait_for(&user, "service(23,2) ");
}

static void only_the_last_state_of_a_channel_is_sent(void **state)
{
	isdn_service(user.isdn, 4, ISDN_MAINTENANCE); /* goes at once, the next two wait for it */
	isdn_service(user.isdn, 5, ISDN_OUT_OF_SERVICE);
	isdn_service(user.isdn, 5, ISDN_IN_SERVICE);
	wait_for(&network, "service(5,");
	run_ms(20);
	assert_heard(network, "service(4,1) service(5,0) ");
}

static void service_is_for_switch_types_that_have_it(void **state)
{
	assert_false(isdn_has_service(user.isdn));
	assert_int_equal(isdn_service(user.isdn, 5, ISDN_OUT_OF_SERVICE), -ENOTSUP);
}

static void service_needs_layer_2(void **state)
{
	isdn_wire_cut(&wire);
	wait_for(&user, "down ");
	assert_int_equal(isdn_service(user.isdn, 5, ISDN_OUT_OF_SERVICE), -ENETDOWN);
}

/* ---- */

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    ON(net5_line, restart_is_reported_when_it_is_acknowledged),
	    ON(hasty_line, silence_to_restart_is_reported_for_each_channel),
	    ON(hasty_line, silence_to_one_restart_does_not_spare_the_next),
	    ON(net5_line, restarts_of_both_ends_cross),
	    ON(net5_line, restart_of_the_whole_span_ends_every_call),
	    ON(net5_line, restart_of_a_list_of_channels_ends_theirs),
	    ON(hasty_line, unanswered_release_is_reported_before_the_end),
	    ON(hasty_line, lost_layer_2_is_no_failed_release),
	    ON(ni_line, service_tells_the_far_end),
	    ON(ni_line, only_the_last_state_of_a_channel_is_sent),
	    ON(net5_line, service_is_for_switch_types_that_have_it),
	    ON(ni_line, service_needs_layer_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
