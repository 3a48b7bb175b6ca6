// SPDX-License-Identifier: GPL-2.0-or-later
/* A primary and a secondary registrar: the states of both, and where the line and its calls are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/target_health.h"
#include "tests/unit/registrar_rig.h"

#define SECONDARY ACCOUNT_REGISTRAR_SECONDARY
#define MARGIN_MS 5000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct server_view seen[2]; /* primary, secondary */
static bool up[2];		   /* the line there */
static bool open_[2];
static struct phone *const phones[2] = {&registrar.phone, &registrar_other};
static unsigned registers[2], options[2];
static enum server_state state_then; /* of the registrar, when the last REGISTER came there */
static unsigned silent;		     /* bit n: phone n says nothing to OPTIONS */

/* ---- what is known */

static bool see_line(void *arg, const struct registration_view *view)
{
	up[view->registrar == SECONDARY] = view->up;
	if (view->watch)
		registrar_watch_view(view->watch, &seen[view->registrar == SECONDARY]);
	return true;
}

static void look(void)
{
	registrations_each(ua_registrations(rig.ua), see_line, NULL);
}

static int chosen(void)
{
	return registration_choose_registrar(rig.ua, 0, "+4930111", 0);
}

/* ---- the registrars */

static void grant(struct phone *p, const char *request)
{
	const char *contact = header(request, "Contact");
	char text[512];

	snprintf(text, sizeof(text), "Contact: %.*s;expires=9000\r\n",
		 (int)(strchr(contact, '>') - contact + 1), contact);
	p->contact = "";
	p->extra = text;
	phone_respond(p, request, "200 OK", "r", NULL);
	p->extra = NULL;
}

static void serve(unsigned which, unsigned ms)
{
	struct phone *p = phones[which];
	const char *request = phone_receive(p, ms);

	p->contact = p->extra = NULL;
	if (strncmp(request, "REGISTER ", 9) == 0) {
		registers[which]++;
		look();
		state_then = seen[which].state;
		grant(p, request);
	} else if (strncmp(request, "OPTIONS ", 8) == 0) {
		options[which]++;
		if (!(silent & 1u << which))
			phone_respond(p, request, "200 OK", "t", NULL);
	}
}

static void serve_all(void)
{
	for (unsigned i = 0; i < 2; i++)
		if (open_[i])
			serve(i, 2);
	if (!open_[0] && !open_[1])
		rig_run(2);
	look();
}

/* Returns how long it took. */
static unsigned serve_until(unsigned which, enum server_state state, unsigned ms)
{
	uint64_t start_ms = registration_now_ms();

	do {
		serve_all();
		if (registration_now_ms() - start_ms > ms)
			fail_msg("%s is not %s but %s: %s", which ? "secondary" : "primary",
				 server_state_name(state), server_state_name(seen[which].state),
				 seen[which].reason);
	} while (seen[which].state != state);
	return registration_now_ms() - start_ms;
}

static void serve_for(unsigned ms)
{
	uint64_t end_ms = registration_now_ms() + ms;

	while (registration_now_ms() < end_ms)
		serve_all();
}

static void serve_until_line(unsigned which, bool wanted, unsigned ms)
{
	uint64_t end_ms = registration_now_ms() + ms;

	do {
		serve_all();
		if (registration_now_ms() > end_ms)
			fail_msg("the line is %s at %u", wanted ? "not" : "still", which);
	} while (up[which] != wanted);
}

static void open_registrar(unsigned which)
{
	registrar_open(phones[which]);
	open_[which] = true;
}

static void close_registrar(unsigned which)
{
	if (open_[which])
		phone_close(phones[which]);
	open_[which] = false;
}

static int start(void **state)
{
	registrar_start_watched(state);
	open_[0] = open_[1] = true;
	memset(registers, 0, sizeof(registers));
	memset(options, 0, sizeof(options));
	silent = 0;
	serve_until_line(0, true, MARGIN_MS);
	serve_until_line(1, true, MARGIN_MS);
	serve_until(0, SERVER_UP, MARGIN_MS);
	serve_until(1, SERVER_UP, MARGIN_MS);
	return 0;
}

static int stop(void **state)
{
	close_registrar(0);
	close_registrar(1);
	rig_stop();
	rig_configure = NULL;
	return 0;
}

/* ---- tests */

static void the_secondary_has_the_line_until_the_primary_is_back_for_the_hold_down(void **state)
{
	unsigned took;

	assert_int_equal(chosen(), 0);
	close_registrar(0); /* ICMP */
	took = serve_until(0, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	print_message("primary killed: down after %u ms\n", took);
	assert_false(up[0]);
	assert_true(up[1]);
	assert_int_equal(chosen(), SECONDARY);
	registers[0] = 0;
	open_registrar(0);
	serve_until(0, SERVER_RETURNING, 2 * REGISTRAR_KEEPALIVE_MS + MARGIN_MS);
	took = serve_until(0, SERVER_UP, REGISTRAR_HOLD_DOWN_MS + MARGIN_MS);
	print_message("hold-down %u ms: up after %u ms\n", REGISTRAR_HOLD_DOWN_MS, took);
	assert_true(took + REGISTRAR_KEEPALIVE_MS > REGISTRAR_HOLD_DOWN_MS);
	serve_until_line(0, true, MARGIN_MS);
	assert_int_equal(registers[0], 1); /* it was left alone till now */
	assert_int_equal(state_then, SERVER_UP);
	assert_true(up[1]); /* all the time */
	assert_int_equal(registers[1], 1);
	assert_int_equal(chosen(), 0);
}

/* It is there for less than the hold-down, again and again. */
static void nobody_returns_to_one_that_comes_and_goes(void **state)
{
	close_registrar(0);
	serve_until(0, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	registers[0] = 0;
	for (unsigned i = 0; i < 3; i++) {
		open_registrar(0);
		serve_until(0, SERVER_RETURNING, 2 * REGISTRAR_KEEPALIVE_MS + MARGIN_MS);
		close_registrar(0);
		serve_until(0, SERVER_DOWN, 2 * REGISTRAR_KEEPALIVE_MS + MARGIN_MS);
		assert_int_equal(chosen(), SECONDARY);
	}
	assert_int_equal(registers[0], 0);
	assert_true(up[1]);
}

/* Every second OPTIONS is never answered, however often it is sent. */
static void half_of_the_answers_lost_makes_no_flapping(void **state)
{
	char vias[20][128];
	unsigned count = 0, place;

	while (count < COUNT(vias)) {
		const char *request = phone_receive(&registrar.phone, 2);

		serve(1, 2);
		if (strncmp(request, "OPTIONS ", 8) != 0) {
			assert_string_equal(request, "");
			continue;
		}
		for (place = 0; place < count; place++)
			if (strcmp(header(request, "Via"), vias[place]) == 0)
				break;
		if (place == count)
			snprintf(vias[count++], sizeof(vias[0]), "%s", header(request, "Via"));
		if (place % 2)
			phone_respond(&registrar.phone, request, "200 OK", "t", NULL);
		assert_int_equal(chosen(), 0);
	}
	look();
	assert_true(up[0]);
	assert_int_equal(
	    registrar_watches_changes(registrations_watches(ua_registrations(rig.ua)), SERVER_DOWN),
	    0);
	assert_in_range(seen[0].missed, COUNT(vias) / 2 - 2, COUNT(vias) / 2);
}

/* There is nothing to wait for. */
static void the_first_that_is_back_gets_the_line_if_none_is_there(void **state)
{
	close_registrar(0);
	close_registrar(1);
	serve_until(0, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	serve_until(1, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	registers[1] = 0;
	open_registrar(1);
	while (!registers[1])
		serve_all();
	assert_int_not_equal(seen[1].state, SERVER_UP);
	serve_until_line(1, true, MARGIN_MS);
	/* it keeps it while both of them return */
	open_registrar(0);
	serve_until(1, SERVER_UP, REGISTRAR_HOLD_DOWN_MS + MARGIN_MS);
	assert_true(up[1]);
	serve_until(0, SERVER_UP, REGISTRAR_HOLD_DOWN_MS + MARGIN_MS);
	serve_until_line(0, true, MARGIN_MS);
}

static void silence_to_options_says_nothing_of_one_that_never_answered_them(void **state)
{
	struct tenant none = {.number = 0};

	registrar_change(&none, 1); /* all that is known is forgotten */
	serve_for(20);
	silent = 1;
	registrar_change(registrar.tenants, 1);
	serve_until_line(0, true, MARGIN_MS);
	options[0] = 0;
	serve_for(REGISTRAR_KEEPALIVE_MS * (REGISTRAR_MISSES + 2));
	assert_true(options[0] > 0);
	assert_int_equal(seen[0].state, SERVER_UP);
	assert_true(up[0]);
}

static void a_line_that_was_held_is_tried_when_the_other_registrar_is_taken_away(void **state)
{
	struct account account = registrar.account;
	struct tenant alone = {.account = &account};

	close_registrar(0);
	serve_until(0, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	registers[0] = 0;
	open_registrar(0);
	memset(&account.registrars[SECONDARY], 0, sizeof(account.registrars[SECONDARY]));
	registrar_change(&alone, 1);
	serve_until_line(0, true, MARGIN_MS);
	registrar_change(NULL, 0); /* account is gone soon */
	serve_for(50);
}

/* ---- calls */

static const char *expect_invite(unsigned which, unsigned ms)
{
	uint64_t end_ms = registration_now_ms() + ms;
	const char *request;

	do {
		request = phone_receive(phones[which], 10);
		if (registration_now_ms() > end_ms)
			fail_msg("no INVITE at %u", which);
	} while (strncmp(request, "INVITE ", 7) != 0);
	return request;
}

static void calls_go_to_the_registrar_that_has_the_line(void **state)
{
	struct party caller = {.presentation = 0};

	/* it is gone, nobody knows it yet: the call goes on to the other */
	close_registrar(0);
	rig_call("9900", &caller);
	phone_respond(&registrar_other, expect_invite(1, MARGIN_MS), "486 Busy Here", "t", NULL);
	assert_true(rig_ordered("release"));
	serve_until(0, SERVER_DOWN, REGISTRAR_KEEPALIVE_MS * REGISTRAR_MISSES + MARGIN_MS);
	rig_call("9900", &caller);
	phone_respond(&registrar_other, expect_invite(1, MARGIN_MS), "486 Busy Here", "t", NULL);
	assert_true(rig_ordered("release"));
	open_registrar(0);
	serve_until(0, SERVER_UP, REGISTRAR_HOLD_DOWN_MS + 2 * MARGIN_MS);
	serve_until_line(0, true, MARGIN_MS);
	rig_call("9900", &caller);
	phone_respond(&registrar.phone, expect_invite(0, MARGIN_MS), "486 Busy Here", "t", NULL);
	assert_true(rig_ordered("release"));
}

/* Nobody would find out that it is back. */
static void a_line_stays_with_a_registrar_that_is_not_asked(void **state)
{
	char name[TARGET_HEALTH_NAME_MAX];
	struct sockaddr_storage address;

	registrar.watch.keepalive = REGISTRAR_KEEPALIVE_NONE;
	registrar_change(registrar.tenants, 1);
	assert_int_equal(target_address_parse("127.0.0.1", rig.peer_port, &address), 0);
	target_health_name(&address, PEER_TRANSPORT_UDP, name);
	for (unsigned i = 0; i < 2 * REGISTRAR_MISSES && seen[0].state != SERVER_DOWN; i++) {
		target_health_set(ua_target_health(rig.ua), name, TARGET_HEALTH_FAILING,
				  target_health_now_ms(), 1);
		serve_for(SERVER_URGENT_MS + 20);
	}
	assert_int_equal(seen[0].state, SERVER_DOWN);
	assert_int_equal(chosen(), SECONDARY);
	assert_true(up[0]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_secondary_has_the_line_until_the_primary_is_back_for_the_hold_down),
	    TEST(a_line_stays_with_a_registrar_that_is_not_asked),
	    TEST(nobody_returns_to_one_that_comes_and_goes),
	    TEST(half_of_the_answers_lost_makes_no_flapping),
	    TEST(the_first_that_is_back_gets_the_line_if_none_is_there),
	    TEST(silence_to_options_says_nothing_of_one_that_never_answered_them),
	    TEST(a_line_that_was_held_is_tried_when_the_other_registrar_is_taken_away),
	    TEST(calls_go_to_the_registrar_that_has_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
