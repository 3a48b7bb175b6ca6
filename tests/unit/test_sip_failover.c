// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls to a host with two addresses, ::1 first, and a telephone at each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "gateway/sip/ua_private.h"
#include "tests/unit/name_server.h"
#include "tests/unit/sip_rig.h"

#define PATIENCE_MS (8 * RIG_T1_MS) /* three retransmissions */

static struct phone first, second;
static char invite[2][MESSAGE_MAX];

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

static int start(void **state)
{
	static char server[32];

	rig_start(NULL);
	name_server_start(server);
	rig_use_name_server(server);
	phone_open(&first, false, true, rig.peer_port);
	phone_open(&second, false, false, rig.peer_port);
	return 0;
}

static int stop(void **state)
{
	phone_close(&first);
	phone_close(&second);
	name_server_stop();
	rig_stop();
	return 0;
}

static void take_invite(struct phone *phone)
{
	bool is_second = phone == &second;

	snprintf(invite[is_second], MESSAGE_MAX, "%s", phone_expect(phone, "INVITE sip:"));
}

static void respond(struct phone *phone, const char *status, const char *sdp)
{
	phone_respond(phone, invite[phone == &second], status, "t", sdp);
}

static void refuse(struct phone *phone, const char *status, const char *extra)
{
	phone->extra = extra;
	respond(phone, status, NULL);
	phone_expect(phone, "ACK");
}

static void hang_up(struct phone *phone)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	const char *message;

	rig_event(CALL_EV_RELEASED, &cause);
	message = phone_expect(phone, "BYE");
	phone_respond(phone, message, "200 OK", NULL, NULL);
	rig_run(20);
}

/* The call is answered there, and ended. */
static void talk(struct phone *phone)
{
	take_invite(phone);
	respond(phone, "200 OK", phone->v6 ? SDP_ALAW6 : SDP_ALAW);
	phone_expect(phone, "ACK");
	assert_true(rig_ordered("answer"));
	hang_up(phone);
}

static unsigned long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static void silence_is_left_early_and_remembered(void **state)
{
	unsigned long before = now_ms();
	const char *message;

	rig_call("9001", &alice);
	take_invite(&first);
	take_invite(&second); /* functional timer: not before, and well before 64*T1 */
	assert_in_range(now_ms() - before, PATIENCE_MS, 32 * RIG_T1_MS);
	respond(&second, "200 OK", SDP_ALAW);
	phone_expect(&second, "ACK");
	assert_true(rig_ordered("answer"));
	/* the one that was left answers after all */
	phone_respond(&first, invite[0], "200 OK", "late", SDP_ALAW6);
	do
		message = phone_receive(&first, 1000);
	while (!strncmp(message, "INVITE", 6));
	assert_memory_equal(message, "ACK", 3);
	message = phone_expect(&first, "BYE");
	phone_respond(&first, message, "200 OK", NULL, NULL);
	assert_null(strstr(rig.fake.orders, "release"));
	hang_up(&second);
	rig_call("9001", &alice);
	talk(&second);
	phone_expect_nothing(&first, 20);
}

static void an_abandoned_invite_is_cancelled_once_it_rings(void **state)
{
	const char *message;

	rig_call("9001", &alice);
	take_invite(&first);
	take_invite(&second);
	phone_respond(&first, invite[0], "180 Ringing", "late", NULL);
	do
		message = phone_receive(&first, 1000);
	while (!strncmp(message, "INVITE", 6));
	assert_memory_equal(message, "CANCEL", 6);
	phone_respond(&first, message, "200 OK", NULL, NULL);
	phone_respond(&first, invite[0], "487 Request Terminated", "late", NULL);
	phone_expect(&first, "ACK");
	assert_null(strstr(rig.fake.orders, "alert"));
	respond(&second, "200 OK", SDP_ALAW);
	phone_expect(&second, "ACK");
	assert_true(rig_ordered("answer"));
	hang_up(&second);
}

static void a_first_response_ends_the_wait(void **state)
{
	rig_call("9001", &alice);
	take_invite(&first);
	respond(&first, "100 Trying", NULL);
	assert_true(rig_ordered("proceed"));
	phone_expect_nothing(&second, 2 * PATIENCE_MS);
	respond(&first, "200 OK", SDP_ALAW6);
	phone_expect(&first, "ACK");
	assert_true(rig_ordered("answer"));
	hang_up(&first);
}

static void refusal_of_a_port_is_left_at_once_and_remembered(void **state)
{
	phone_close(&first);
	rig_call("9001", &alice);
	talk(&second);
	phone_open(&first, false, true, rig.peer_port);
	rig_call("9001", &alice);
	talk(&second);
	/* and forgotten as soon as it answers */
	rig_call("9001", &alice);
	take_invite(&second);
	refuse(&second, "503 Service Unavailable", NULL);
	talk(&first);
	rig_call("9001", &alice);
	talk(&first);
}

static void retry_after_is_kept(void **state)
{
	unsigned long before = now_ms();

	rig_call("9001", &alice);
	take_invite(&first);
	refuse(&first, "503 Service Unavailable", "Retry-After: 1\r\n");
	take_invite(&second);
	refuse(&second, "503 Service Unavailable", "Retry-After: 2 (soon);duration=3\r\n");
	assert_true(rig_ordered("release(42)"));
	rig_call("9001", &alice);
	assert_true(rig_ordered("release(41)")); /* nobody is asked */
	phone_expect_nothing(&first, 20);
	phone_expect_nothing(&second, 20);
	assert_true(now_ms() - before < 1000);
	rig_run(1000 - (now_ms() - before) + 50);
	rig_call("9001", &alice);
	talk(&first);
	phone_expect_nothing(&second, 20);
}

static void a_503_and_a_408_are_left_for_the_next_address(void **state)
{
	static const char *const statuses[] = {"503 Service Unavailable", "408 Request Timeout"};

	for (unsigned i = 0; i < 2; i++) {
		rig_call("9001", &alice);
		take_invite(i ? &second : &first);
		refuse(i ? &second : &first, statuses[i], NULL);
		talk(i ? &first : &second);
	}
}

static void what_the_called_party_says_is_not_the_address(void **state)
{
	static const char *const statuses[] = {"486 Busy Here", "500 Server Internal Error",
					       "404 Not Found"};

	for (unsigned i = 0; i < 3; i++) {
		rig_call("9001", &alice);
		take_invite(&first);
		refuse(&first, statuses[i], NULL);
		assert_true(rig_ordered("release"));
		phone_expect_nothing(&second, 20);
	}
}

static void a_peer_may_say_how_often_it_is_asked(void **state)
{
	struct tenant all = {.options = {.invite_retries = 1}};
	unsigned long before;

	rig.ua->config.tenants = &all;
	rig.ua->config.tenants_count = 1;
	before = now_ms();
	rig_call("7001", &alice); /* there is nowhere else */
	assert_true(rig_ordered("release(102)"));
	assert_in_range(now_ms() - before, 2 * RIG_T1_MS, 16 * RIG_T1_MS);
	rig.ua->config.tenants_count = 0;
}

static void a_target_is_as_bad_as_the_best_of_its_addresses(void **state)
{
	char target[64];

	snprintf(target, sizeof(target), "dns:here.test:%u", rig.peer_port);
	rig_call("9001", &alice);
	take_invite(&first);
	refuse(&first, "503 Service Unavailable", "Retry-After: 100\r\n");
	take_invite(&second);
	assert_int_equal(target_health_look(rig.ua->health, target, target_health_now_ms(), NULL),
			 TARGET_HEALTH_WORKS);
	refuse(&second, "503 Service Unavailable", NULL);
	assert_true(rig_ordered("release"));
	assert_int_equal(target_health_look(rig.ua->health, target, target_health_now_ms(), NULL),
			 TARGET_HEALTH_FAILING);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(silence_is_left_early_and_remembered, start, stop),
	    cmocka_unit_test_setup_teardown(an_abandoned_invite_is_cancelled_once_it_rings, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_first_response_ends_the_wait, start, stop),
	    cmocka_unit_test_setup_teardown(refusal_of_a_port_is_left_at_once_and_remembered, start,
					    stop),
	    cmocka_unit_test_setup_teardown(retry_after_is_kept, start, stop),
	    cmocka_unit_test_setup_teardown(a_503_and_a_408_are_left_for_the_next_address, start,
					    stop),
	    cmocka_unit_test_setup_teardown(what_the_called_party_says_is_not_the_address, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_peer_may_say_how_often_it_is_asked, start, stop),
	    cmocka_unit_test_setup_teardown(a_target_is_as_bad_as_the_best_of_its_addresses, start,
					    stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
