// SPDX-License-Identifier: GPL-2.0-or-later
/* `source-limit setups`: who sends INVITEs and no ACK leaves room for others. greedy is at 127.0.0.2,
 * the other one at 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/setups.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

#define TIMER_H_MS (64 * RIG_T1_MS)

static struct phone greedy, other;
static unsigned most;

static void configure(struct ua_config *config)
{
	config->admission.setups = most;
}

static void open_phone(struct phone *phone, const char *host)
{
	struct sockaddr_in own = {.sin_family = AF_INET}, to = own;
	struct sockaddr_storage gateway = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, host, &own.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(rig.port);
	memcpy(&gateway, &to, sizeof(to));
	phone_open(phone, false, false, 0);
	phone_use_socket(phone, fd, &gateway);
}

static void begin(unsigned limit, unsigned ports)
{
	most = limit;
	rig_configure = configure;
	rig_start(NULL);
	rig.media.ports = ports;
	open_phone(&greedy, "127.0.0.2");
	open_phone(&other, "127.0.0.1");
}

static int stop(void **state)
{
	phone_close(&greedy);
	phone_close(&other);
	rig_stop();
	return 0;
}

static int start_with_nine_ports(void **state)
{
	begin(SETUPS_SHARE, 9);
	return 0;
}

static int start_with_one_allowed(void **state)
{
	begin(1, 0);
	return 0;
}

static int start_without_limit(void **state)
{
	begin(SETUPS_NO_LIMIT, 9);
	return 0;
}

/* Its first response. */
static const char *invite(struct phone *phone)
{
	static unsigned calls;

	snprintf(phone->call_id, sizeof(phone->call_id), "setups-%u", ++calls);
	phone->remote_tag[0] = '\0';
	phone_request(phone, "INVITE", SDP_ALAW);
	return phone_expect(phone, "SIP/2.0");
}

static bool is_admitted(struct phone *phone)
{
	const char *response = invite(phone);

	if (!strncmp(response, "SIP/2.0 100", 11))
		return true;
	assert_true(!strncmp(response, "SIP/2.0 503", 11));
	assert_string_equal(header(response, "Retry-After"), "10");
	phone->refused = true;
	phone_request(phone, "ACK", NULL);
	return false;
}

static void who_takes_ports_only_leaves_some(void **state)
{
	unsigned n = 0;

	while (is_admitted(&greedy) && n < 9)
		n++;
	assert_int_equal(n, 5); /* of 9 */
	assert_false(is_admitted(&greedy));
	assert_int_equal(ua_setups_refused(rig.ua), 2);
	assert_true(is_admitted(&other));
}

/* ---- what makes room for another call */

static void take_and_acknowledge(void)
{
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&greedy, "SIP/2.0 200");
	phone_request(&greedy, "ACK", NULL);
	rig_run(20);
}

static void cancel(void)
{
	phone_request(&greedy, "CANCEL", NULL);
	phone_expect(&greedy, "SIP/2.0 200");
	phone_expect(&greedy, "SIP/2.0 487");
	phone_request(&greedy, "ACK", NULL);
}

/* No ACK: the stack says it again. */
static void refuse(void)
{
	rig_event(CALL_EV_RELEASED, &(struct cause){.q850 = 17});
	phone_expect(&greedy, "SIP/2.0 486");
}

static bool has_sent_bye(void *arg)
{
	return !strncmp(phone_receive(&greedy, 100), "BYE", 3);
}

static void take_and_hear_no_ack(void)
{
	rig_event(CALL_EV_ANSWER, NULL);
	greedy.hears_repeats = true;
	assert_true(rig_wait(has_sent_bye, NULL, TIMER_H_MS + 10000));
	greedy.hears_repeats = false;
}

static void a_call_that_is_set_up_or_over_counts_no_more(void **state)
{
	static void (*const ways[])(void) = {take_and_acknowledge, cancel, refuse,
					     take_and_hear_no_ack};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_true(is_admitted(&greedy));
		ways[i]();
		while (phone_receive(&greedy, 1)[0])
			;
	}
	assert_true(is_admitted(&greedy));
	assert_false(is_admitted(&greedy));
}

static void without_limit_the_ports_are_the_limit(void **state)
{
	for (unsigned i = 0; i < 9; i++)
		assert_true(is_admitted(&greedy));
	assert_int_equal(ua_setups_refused(rig.ua), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(who_takes_ports_only_leaves_some, start_with_nine_ports,
					    stop),
	    cmocka_unit_test_setup_teardown(a_call_that_is_set_up_or_over_counts_no_more,
					    start_with_one_allowed, stop),
	    cmocka_unit_test_setup_teardown(without_limit_the_ports_are_the_limit,
					    start_without_limit, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
