// SPDX-License-Identifier: GPL-2.0-or-later
/* Registrars that refuse, redirect, are silent or gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/name_server.h"
#include "tests/unit/registrar_rig.h"

static void a_redirect_is_followed(void **state)
{
	char text[256];
	struct phone other;

	phone_open(&other, false, false, 0);
	registrar_take();
	snprintf(text, sizeof(text), "Contact: <mailto:x@y>, <sip:127.0.0.1:%u>\r\n", other.port);
	registrar_answer("302 Moved Temporarily", text);
	snprintf(registrar.message, sizeof(registrar.message), "%s",
		 phone_expect(&other, "REGISTER sip:127.0.0.1:"));
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u ", other.port);
	assert_memory_equal(registrar.message, text, strlen(text));
	assert_string_equal(header(registrar.message, "To"), "<sip:+4930111@127.0.0.1>");
	/* a proxy to go through: the registrar stays */
	snprintf(text, sizeof(text), "Contact: <sip:127.0.0.1:%u>\r\n", registrar.phone.port);
	other.extra = text;
	phone_respond(&other, registrar.message, "305 Use Proxy", "r", NULL);
	registrar_take();
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u ", rig.peer_port);
	assert_memory_equal(registrar.message, text, strlen(text));
	phone_close(&other);
}

static void redirects_in_a_circle_end(void **state)
{
	char text[256];
	unsigned count = 0;

	snprintf(text, sizeof(text), "Contact: <sip:127.0.0.1:%u>\r\n", rig.peer_port);
	do {
		registrar_take();
		registrar_answer("302 Moved Temporarily", text);
		rig_run(10);
		count++;
	} while (!registrar_look().trouble[0] && count < 20);
	assert_int_equal(count, 6);
	assert_string_equal(registrar_look().trouble, "redirected too often");
}

static void the_next_address_is_tried(void **state)
{
	name_server_move("127.0.0.2 127.0.0.1"); /* nobody is at the first, in either order */
	registrar_take();
	assert_memory_equal(registrar.message, "REGISTER sip:moving.test:", 25);
	assert_string_equal(header(registrar.message, "To"), "<sip:+4930111@moving.test>");
	registrar_grant(60, "");
	registrar_expect_up(true);
}

static void a_registrar_that_cannot_serve_is_left_for_the_next(void **state)
{
	struct phone other;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(rig.peer_port)};
	struct sockaddr_storage gateway = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	/* a second one at the same port of another address of loopback */
	inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	phone_open(&other, false, false, 0);
	memcpy(&gateway, &other.gateway, sizeof(gateway));
	phone_use_socket(&other, fd, &gateway);
	name_server_move("127.0.0.1 127.0.0.2");
	registrar_take();
	registrar_answer("503 Service Unavailable", "Retry-After: 100\r\n");
	snprintf(registrar.message, sizeof(registrar.message), "%s",
		 phone_expect(&other, "REGISTER"));
	phone_respond(&other, registrar.message, "200 OK", "r", NULL);
	phone_close(&other);
}

static void no_address_is_tried_again_later(void **state)
{
	name_server_move("");
	rig_run(60);
	assert_non_null(strstr(registrar_look().trouble, "no address"));
}

static void failures_are_repeated_with_doubling_pauses(void **state)
{
	uint64_t before = 0, now;

	for (unsigned i = 0; i < 6; i++) {
		registrar_take();
		now = registration_now_ms();
		/* RFC 5626 4.5: half of base * 2^failures at least (a timer may be 2 ms early), and
		 * at most all of it, and what this machine needs */
		if (i)
			assert_in_range(now - before + 2, (REGISTRAR_BASE_MS << (i - 1)) / 2,
					(REGISTRAR_BASE_MS << (i - 1)) + 2000);
		before = now;
		registrar_answer("500 Server Internal Error", NULL);
	}
	assert_false(registrations_are_up(ua_registrations(rig.ua), 0));
}

static void retry_after_is_obeyed(void **state)
{
	uint64_t before;

	registrar_take();
	before = registration_now_ms();
	registrar_answer("500 Server Internal Error", "Retry-After: 40\r\n");
	registrar_take();
	assert_in_range(registration_now_ms() - before + 2, 40 * REGISTRAR_SECOND_MS,
			40 * REGISTRAR_SECOND_MS + 3000);
}

static void a_refusal_is_repeated_slowly(void **state)
{
	registrar_take();
	registrar_answer("403 Forbidden", NULL);
	phone_expect_nothing(&registrar.phone, REGISTRAR_MAX_MS / 2 - 100);
	assert_string_equal(registrar_look().trouble, "403 Forbidden");
	assert_false(registrar_look().up);
}

static void silence_is_a_failure(void **state)
{
	unsigned sent = 0;

	while (!registrar_look().trouble[0] && sent++ < 30)
		registrar_take(); /* repeated by UDP */
	rig_run(50);
	assert_string_equal(registrar_look().trouble, "no answer");
}

static void a_registrar_that_dies_is_noticed(void **state)
{
	registrar_take();
	registrar_grant(20, "");
	registrar_expect_up(true);
	phone_close(&registrar.phone); /* ICMP */
	registrar_expect_up(false);
	phone_open(&registrar.phone, false, false, rig.peer_port);
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
}

static bool count_one(void *arg, const struct registration_view *view)
{
	unsigned *counts = arg;

	counts[view->registrar == ACCOUNT_REGISTRAR_SECONDARY] += view->up ? 10 : 1;
	return true;
}

static void both_registrars_are_used_at_the_same_time(void **state)
{
	unsigned counts[2] = {0};

	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
	rig_run(20);
	registrations_each(ua_registrations(rig.ua), count_one, counts);
	assert_int_equal(counts[0], 10);
	assert_int_equal(counts[1], 1); /* nobody is there */
	assert_true(registrations_are_up(ua_registrations(rig.ua), 0));
	assert_true(registrations_are_up(ua_registrations(rig.ua), 99)); /* wants none */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, registrar_start, registrar_stop)
#define TEST_NAME(name)                                                                            \
	cmocka_unit_test_setup_teardown(name, registrar_start_name, registrar_stop_name)
	const struct CMUnitTest tests[] = {
	    TEST(a_redirect_is_followed),
	    TEST(redirects_in_a_circle_end),
	    TEST_NAME(the_next_address_is_tried),
	    TEST_NAME(a_registrar_that_cannot_serve_is_left_for_the_next),
	    TEST_NAME(no_address_is_tried_again_later),
	    TEST(failures_are_repeated_with_doubling_pauses),
	    TEST(retry_after_is_obeyed),
	    TEST(a_refusal_is_repeated_slowly),
	    TEST(silence_is_a_failure),
	    TEST(a_registrar_that_dies_is_noticed),
	    cmocka_unit_test_setup_teardown(both_registrars_are_used_at_the_same_time,
					    registrar_start_two, registrar_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
