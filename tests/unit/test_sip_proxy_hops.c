// SPDX-License-Identifier: GPL-2.0-or-later
/* Next hops of what goes through the gateway that do not do, or are names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "gateway/sip/target_health.h"
#include "tests/unit/name_server.h"
#include "tests/unit/proxy_rig.h"

#define PATIENCE_MS (8 * RIG_T1_MS)
#define TO_BOB "<sip:2002@example.com>;tag=b"

static char invite[MESSAGE_MAX];

static unsigned long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static const char *take(struct phone *p, const char *start)
{
	snprintf(invite, sizeof(invite), "%s", phone_expect(p, start));
	return invite;
}

static void call_manager(void)
{
	asked_send(&alice, &calling);
	phone_expect(&alice, "SIP/2.0 100");
	take(&manager, "INVITE sip:2002@example.com");
}

/* As it comes again and again before that. */
static const char *expect_at_last(struct phone *p, const char *start, const char *before)
{
	const char *message;

	do
		message = phone_receive(p, 3000);
	while (*message && strncmp(message, before, strlen(before)) == 0);
	assert_non_null(strstr(message, start));
	return message;
}

/* Inside alice's call with bob. */
static void inside(const char *method, const char *branch, const char *routes)
{
	struct asked a = calling;
	char uri[64], more[1024];

	snprintf(uri, sizeof(uri), "sip:me@127.0.0.1:%u", bob.port);
	snprintf(more, sizeof(more), "Route: %s%s\r\n", asked_flow(&alice), routes);
	a.method = method;
	a.uri = uri;
	a.to = TO_BOB;
	a.branch = branch;
	a.cseq = 5;
	a.more = more;
	asked_send(&alice, &a);
}

/* ", <sip:manager>, gateway with bob's flow" */
static const char *by(const char *host, unsigned port)
{
	static char text[512];

	snprintf(text, sizeof(text), ", <sip:%s:%u;lr>, %s", host, port, asked_flow(&bob));
	return text;
}

static void use_names(void)
{
	char server[32];

	name_server_start(server);
	rig_use_name_server(server);
	name_server_move("127.0.0.1");
}

/* ---- call managers that do not answer */

static void the_next_manager_gets_what_the_first_does_not_answer(void **state)
{
	unsigned long before = now_ms();
	const char *message;

	book.two = true;
	call_manager();
	message = phone_expect(&second, "INVITE sip:2002@example.com");
	/* functional timer: not before, and well before 64*T1 */
	assert_in_range(now_ms() - before, PATIENCE_MS, 32 * RIG_T1_MS);
	asked_reply(&second, message, "200 OK", "b", NULL);
	phone_expect(&alice, "SIP/2.0 200");
	/* the first one wakes up: it was cancelled */
	asked_reply(&manager, invite, "100 Trying", NULL, NULL);
	expect_at_last(&manager, "CANCEL sip:2002", "INVITE");
	phone_expect_nothing(&alice, AGAIN_MS);
}

static void a_first_response_ends_the_patience(void **state)
{
	book.two = true;
	call_manager();
	asked_reply(&manager, invite, "100 Trying", NULL, NULL);
	phone_expect_nothing(&second, 2 * PATIENCE_MS);
}

static void a_503_is_no_answer(void **state)
{
	book.two = true;
	call_manager();
	asked_reply(&manager, invite, "503 Service Unavailable", "m", "Retry-After: 9\r\n");
	phone_expect(&manager, "ACK");
	asked_reply(&second, phone_expect(&second, "INVITE"), "486 Busy Here", "s", NULL);
	phone_expect(&second, "ACK");
	phone_expect(&alice, "SIP/2.0 486");
}

static void a_manager_that_cannot_be_reached_is_none(void **state)
{
	book.two = true;
	phone_close(&manager);
	asked_send(&alice, &registering);
	asked_reply(&second, phone_expect(&second, "REGISTER"), "200 OK", "s", NULL);
	phone_expect(&alice, "SIP/2.0 200");
	phone_open(&manager, false, false, rig.peer_port);
}

static void a_manager_that_hangs_up_is_none(void **state)
{
	phone_close(&manager);
	phone_listen(&manager, false, rig.peer_port);
	book.tcp = true;
	call_manager();
	phone_close(&manager);
	phone_open(&manager, false, false, rig.peer_port);
	rig_run(20);
	assert_int_equal(rig.made, 1);
}

/* ---- the last one */

static void the_gateway_takes_the_call_of_the_last_manager(void **state)
{
	struct asked a = calling;
	const char *message;
	char to[128];

	call_manager();
	phone_expect(&alice, "SIP/2.0 100"); /* the gateway's own */
	assert_int_equal(rig.made, 1);
	rig_event(CALL_EV_ANSWER, NULL);
	message = phone_expect(&alice, "SIP/2.0 200");
	assert_string_equal(body_of(message)[0] ? "sdp" : "", "sdp");
	snprintf(to, sizeof(to), "%s", header(message, "To"));
	a.to = to;
	a.method = "ACK";
	a.branch = "a1";
	asked_send(&alice, &a);
	a.method = "BYE";
	a.branch = "b1";
	a.cseq = 2;
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void a_register_falls_to_the_gateway(void **state)
{
	asked_send(&alice, &registering);
	asked_reply(&manager, phone_expect(&manager, "REGISTER"), "503 Service Unavailable", "m",
		    NULL);
	phone_expect(&alice, "SIP/2.0 503"); /* this phone book takes none */
	assert_int_equal(book.learnt, 0);
}

static void hear_it_ring(void)
{
	call_manager();
	asked_reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
}

static void who_has_heard_it_ring_hears_the_gateway_then(void **state)
{
	hear_it_ring();
	book.gone = book.fallback = true;
	ua_manager_is_gone(rig.ua);
	rig_run(20);
	assert_int_equal(rig.made, 1);
	rig_event(CALL_EV_ANSWER, NULL);
	asked_expect(phone_expect(&alice, "SIP/2.0 200"), "CSeq", "1 INVITE");
	phone_expect(&manager, "CANCEL");
}

static void a_manager_that_lets_it_ring_and_then_says_503_has_decided(void **state)
{
	hear_it_ring();
	asked_reply(&manager, invite, "503 Service Unavailable", "b", NULL);
	asked_expect(phone_expect(&alice, "SIP/2.0 503"), "Retry-After", "0");
	assert_int_equal(rig.made, 0);
}

static void nobody_waits_for_a_manager_that_is_given_up(void **state)
{
	call_manager();
	asked_reply(&manager, invite, "100 Trying", NULL, NULL);
	rig_run(20);
	book.gone = book.fallback = true;
	ua_manager_is_gone(rig.ua);
	phone_expect(&alice, "SIP/2.0 100");
	assert_int_equal(rig.made, 1);
}

static void give_up(void *arg, const char *name, enum target_health_state state)
{
	book.gone = book.fallback = true;
	ua_manager_is_gone(rig.ua);
}

/* One that answers no OPTIONS is given up by what happens to requests, of which this is one. */
static void a_request_may_be_the_end_of_its_manager(void **state)
{
	struct target_health_watcher watcher = {.fn = give_up};

	target_health_watch(ua_target_health(rig.ua), &watcher);
	call_manager();
	asked_reply(&manager, invite, "503 Service Unavailable", "m", NULL);
	phone_expect(&manager, "ACK");
	phone_expect(&alice, "SIP/2.0 100");
	rig_run(20);
	target_health_unwatch(&watcher);
	assert_int_equal(rig.made, 1);
}

/* The manager's call to bob. */
static void call_bob(void)
{
	struct asked a = calling;
	char more[256];

	snprintf(more, sizeof(more), "Route: %s\r\n", asked_flow(&bob));
	a.more = more;
	a.uri = "sip:me@127.0.0.1:9";
	asked_send(&manager, &a);
	phone_expect(&manager, "SIP/2.0 100");
	take(&bob, "INVITE");
}

static void a_telephone_stops_ringing_for_a_manager_that_is_gone(void **state)
{
	call_bob();
	asked_reply(&bob, invite, "180 Ringing", "b", NULL);
	phone_expect(&manager, "SIP/2.0 180");
	book.gone = true;
	ua_manager_is_gone(rig.ua);
	phone_expect(&bob, "CANCEL");
}

/* Somebody in the town calls a number that is the manager's, and 77.. is another one's if need be. */
static void town_calls(const char *number, const char *status)
{
	static const struct party nobody = {0};

	rig_call(number, &nobody);
	take(&manager, "INVITE");
	phone_respond(&manager, invite, status, "m", NULL);
	if (!strncmp(status, "180", 3))
		assert_true(rig_ordered("alert"));
	else
		rig_run(20);
}

static void calls_from_the_town_go_elsewhere_when_their_manager_is_gone(void **state)
{
	static const char *const status[] = {"100 Trying", "180 Ringing"};
	struct phone other;

	phone_open(&other, false, true, rig.peer_port);
	for (unsigned i = 0; i < 2; i++) {
		const struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);

		book.gone = false;
		town_calls("7702", status[i]);
		book.gone = true;
		ua_manager_is_gone(rig.ua);
		snprintf(invite, sizeof(invite), "%s", phone_expect(&other, "INVITE"));
		phone_respond(&other, invite, "200 OK", "o", SDP_ALAW6);
		phone_expect(&other, "ACK");
		assert_true(rig_ordered("answer"));
		phone_expect(&manager, "CANCEL");
		rig_event(CALL_EV_RELEASED, &normal);
		phone_respond(&other, phone_expect(&other, "BYE"), "200 OK", NULL, NULL);
		rig_run(20);
	}
	phone_close(&other);
}

static void a_call_from_the_town_without_another_way_rings_on(void **state)
{
	town_calls("7002", "180 Ringing");
	book.gone = true;
	ua_manager_is_gone(rig.ua);
	phone_expect_nothing(&manager, AGAIN_MS);
	phone_respond(&manager, invite, "200 OK", "m", SDP_ALAW);
	phone_expect(&manager, "ACK");
	assert_true(rig_ordered("answer"));
}

static void a_call_from_the_town_stays_with_a_manager_that_lives(void **state)
{
	town_calls("7702", "180 Ringing");
	ua_manager_is_gone(rig.ua);
	phone_expect_nothing(&manager, AGAIN_MS);
}

/* RFC 3261 16.7 step 6: it is one telephone that is not available, not the gateway. */
static void a_503_of_a_telephone_is_a_500(void **state)
{
	call_bob();
	asked_reply(&bob, invite, "503 Service Unavailable", "b", NULL);
	phone_expect(&bob, "ACK");
	phone_expect(&manager, "SIP/2.0 500");
}

static void a_call_that_was_cancelled_ends_without_the_managers_word(void **state)
{
	struct asked a = calling;

	call_manager();
	asked_reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
	a.method = "CANCEL";
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	phone_expect(&alice, "SIP/2.0 487");
}

/* ---- dialogs */

static void a_dialog_goes_past_a_manager_that_is_silent(void **state)
{
	const char *message;

	inside("INVITE", "i2", by("127.0.0.1", manager.port));
	phone_expect(&alice, "SIP/2.0 100");
	phone_expect(&manager, "INVITE");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	asked_reply(&bob, message, "200 OK", NULL, NULL);
	phone_expect(&alice, "SIP/2.0 200");
}

static void a_dialog_without_another_way_stays(void **state)
{
	static const struct {
		const char *method, *status;
	} rows[] = {
	    /* 408 and 481 would end the call (RFC 3261 12.2.1.2) */
	    {"INVITE", "SIP/2.0 503"},
	    {"INFO", "SIP/2.0 503"},
	    {"SUBSCRIBE", "SIP/2.0 481"}, /* this one is to begin anew */
	};
	char branch[8], routes[64];
	const char *message;

	snprintf(routes, sizeof(routes), ", <sip:127.0.0.1:%u;lr>", manager.port);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(branch, sizeof(branch), "d%u", i);
		inside(rows[i].method, branch, routes);
		do /* nobody acknowledges that of INVITE */
			message = phone_receive(&alice, 3000);
		while (strstr(message, "SIP/2.0 100") || (i && strstr(message, " INVITE\r\n")));
		assert_memory_equal(message, rows[i].status, strlen(rows[i].status));
	}
}

/* ---- what the gateway has not */

/* 405 and 489 would be for ever. */
static void what_only_the_manager_has_is_for_later(void **state)
{
	static const struct {
		const char *method, *more, *status;
	} rows[] = {
	    {"MESSAGE", NULL, "SIP/2.0 503"},
	    {"PUBLISH", "Event: presence\r\n", "SIP/2.0 503"},
	    {"SUBSCRIBE", "Event: reg\r\n", "SIP/2.0 503"},
	    {"SUBSCRIBE", "Event: message-summary\r\n", "SIP/2.0 200"},
	    {"OPTIONS", NULL, "SIP/2.0 200"},
	    {"NOTIFY", NULL, "SIP/2.0 481"},
	};
	struct asked a = calling;
	const char *message;
	char call_id[16];

	book.fallback = book.gone = true;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a.method = rows[i].method;
		a.more = rows[i].more;
		snprintf(call_id, sizeof(call_id), "later%u", i);
		a.call_id = call_id;
		asked_send(&alice, &a);
		do
			message = phone_receive(&alice, 3000);
		while (strncmp(message, "NOTIFY", 6) == 0);
		if (strncmp(message, rows[i].status, strlen(rows[i].status)))
			fail_msg("%s %s: %.200s", rows[i].method, rows[i].more, message);
		assert_int_equal(strlen(header(message, "Retry-After")) > 0,
				 strstr(rows[i].status, "503") != NULL);
	}
}

/* ---- names */

static void a_manager_may_have_a_name(void **state)
{
	const char *message;

	use_names();
	inside("BYE", "b1", by("moving.test", manager.port));
	message = phone_expect(&manager, "BYE sip:me@127.0.0.1");
	asked_reply(&manager, message, "200 OK", NULL, NULL);
	phone_expect(&alice, "SIP/2.0 200");
	inside("ACK", "a1", by("moving.test", manager.port));
	message = phone_expect(&manager, "ACK sip:me@127.0.0.1");
	assert_int_equal(asked_count(message, "Via"), 2);
	/* it is known now that it is gone */
	book.gone = true;
	inside("ACK", "a2", by("moving.test", manager.port));
	phone_expect(&bob, "ACK sip:me@127.0.0.1");
	name_server_stop();
}

static void a_name_that_is_gone_is_left_out(void **state)
{
	use_names();
	inside("BYE", "b1", by("nobody.test", manager.port));
	phone_expect(&bob, "BYE sip:me@127.0.0.1");
	name_server_stop();
}

static void the_target_may_be_a_name(void **state)
{
	struct asked a = calling;
	char uri[64], more[256];

	use_names();
	snprintf(uri, sizeof(uri), "sip:2002@moving.test:%u", manager.port);
	snprintf(more, sizeof(more), "Route: %s\r\n", asked_flow(&alice));
	a.method = "BYE";
	a.uri = uri;
	a.to = TO_BOB;
	a.more = more;
	asked_send(&alice, &a);
	phone_expect(&manager, "BYE sip:2002@moving.test");
	name_server_stop();
}

static void a_name_leads_nowhere_else(void **state)
{
	use_names();
	name_server_move("192.0.2.1");
	inside("BYE", "b1", ", <sip:moving.test;lr>");
	phone_expect(&alice, "SIP/2.0 403");
	inside("BYE", "b2", ", <sip:nobody.test;lr>");
	phone_expect(&alice, "SIP/2.0 478");
	/* maddr is where it would go */
	inside("BYE", "b3", ", <sip:127.0.0.1;maddr=192.0.2.1;lr>");
	phone_expect(&alice, "SIP/2.0 403");
	name_server_stop();
}

static void strangers_have_nothing_looked_up(void **state)
{
	unsigned before;

	use_names();
	before = name_server_questions;
	book.strangers = true;
	inside("BYE", "b1", ", <sip:moving.test;lr>");
	phone_expect(&alice, "SIP/2.0 403");
	assert_int_equal(name_server_questions, before);
	name_server_stop();
}

static void a_route_of_names_has_an_end(void **state)
{
	use_names();
	inside("BYE", "b1",
	       ", <sip:a.test;lr>, <sip:b.test;lr>, <sip:c.test;lr>, <sip:d.test;lr>, "
	       "<sip:e.test;lr>, <sip:f.test;lr>, <sip:g.test;lr>, <sip:h.test;lr>");
	phone_expect(&alice, "SIP/2.0 478");
	name_server_stop();
}

static void a_look_up_can_be_cancelled(void **state)
{
	struct asked a = calling;
	char more[256];

	use_names();
	snprintf(more, sizeof(more), "Route: %s, <sip:silent.test;lr>\r\n", asked_flow(&alice));
	a.more = more;
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 100");
	a.method = "CANCEL";
	asked_send(&alice, &a);
	asked_expect(phone_expect(&alice, "SIP/2.0 200"), "CSeq", "1 CANCEL");
	phone_expect(&alice, "SIP/2.0 487");
	name_server_stop();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, proxy_rig_start, proxy_rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_next_manager_gets_what_the_first_does_not_answer),
	    TEST(a_first_response_ends_the_patience),
	    TEST(a_503_is_no_answer),
	    TEST(a_manager_that_cannot_be_reached_is_none),
	    TEST(a_manager_that_hangs_up_is_none),
	    TEST(the_gateway_takes_the_call_of_the_last_manager),
	    TEST(a_register_falls_to_the_gateway),
	    TEST(who_has_heard_it_ring_hears_the_gateway_then),
	    TEST(a_manager_that_lets_it_ring_and_then_says_503_has_decided),
	    TEST(a_request_may_be_the_end_of_its_manager),
	    TEST(nobody_waits_for_a_manager_that_is_given_up),
	    TEST(a_telephone_stops_ringing_for_a_manager_that_is_gone),
	    TEST(calls_from_the_town_go_elsewhere_when_their_manager_is_gone),
	    TEST(a_call_from_the_town_without_another_way_rings_on),
	    TEST(a_call_from_the_town_stays_with_a_manager_that_lives),
	    TEST(a_503_of_a_telephone_is_a_500),
	    TEST(a_call_that_was_cancelled_ends_without_the_managers_word),
	    TEST(a_dialog_goes_past_a_manager_that_is_silent),
	    TEST(a_dialog_without_another_way_stays),
	    TEST(what_only_the_manager_has_is_for_later),
	    TEST(a_manager_may_have_a_name),
	    TEST(a_name_that_is_gone_is_left_out),
	    TEST(the_target_may_be_a_name),
	    TEST(a_name_leads_nowhere_else),
	    TEST(strangers_have_nothing_looked_up),
	    TEST(a_route_of_names_has_an_end),
	    TEST(a_look_up_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
