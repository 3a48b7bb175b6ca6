// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that go through the gateway: two of them, and a call manager that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/mailbox.h"
#include "gateway/sip/target.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/trust.h"
#include "tests/unit/proxy_rig.h"

/* ---- REGISTER */

static void a_register_passes_with_path_and_nothing_else_changed(void **state)
{
	const char *message;
	char contact[64];

	snprintf(contact, sizeof(contact), "<sip:me@127.0.0.1:%u>", alice.port);
	asked_send(&alice, &registering);
	message = phone_expect(&manager, "REGISTER sip:example.com SIP/2.0\r\n");
	asked_expect(message, "From", registering.from);
	asked_expect(message, "To", registering.to);
	asked_expect(message, "CSeq", "7 REGISTER");
	asked_expect(message, "Contact", contact);
	asked_expect(message, "Expires", "3600");
	asked_expect(message, "Max-Forwards", "69");
	asked_expect(message, "Path", asked_flow(&alice));
	asked_expect(message, "Supported", "path");
	assert_non_null(strstr(header(message, "Authorization"), "nonce=\"n\""));
	assert_int_equal(asked_count(message, "Via"), 2);
	asked_reply(&manager, message, "401 Unauthorized", "m",
		    "WWW-Authenticate: Digest realm=\"x\", nonce=\"n2\"\r\n");
	message = phone_expect(&alice, "SIP/2.0 401");
	assert_int_equal(asked_count(message, "Via"), 1);
	assert_non_null(strstr(header(message, "WWW-Authenticate"), "nonce=\"n2\""));
	assert_int_equal(book.learnt, 0);
}

static void answer_register(unsigned cseq, const char *branch, const char *more)
{
	struct asked a = registering;
	const char *message;

	a.branch = branch;
	a.cseq = cseq;
	asked_send(&alice, &a);
	message = phone_expect(&manager, "REGISTER");
	asked_reply(&manager, message, "200 OK", "m", more);
	phone_expect(&alice, "SIP/2.0 200");
}

static void what_is_granted_is_learnt(void **state)
{
	char more[256];

	snprintf(more, sizeof(more),
		 "Contact: <sip:else@192.0.2.9>;expires=9, <sip:me@127.0.0.1:%u>;expires=90\r\n",
		 alice.port);
	answer_register(8, "r2", more);
	assert_int_equal(book.learnt, 1);
	assert_string_equal(book.name, "2001");
	assert_int_equal(book.last.count, 1);
	assert_int_equal(book.last.contacts[0].expires_s, 90);
	assert_int_equal(book.last.tag, 40001);
	assert_int_equal(book.last.cseq, 8);
	assert_int_equal(
	    target_address_port((const struct sockaddr *)&book.last.contacts[0].source.address),
	    alice.port);
	answer_register(9, "r3", "Contact: <sip:else@192.0.2.9>;expires=9\r\n");
	assert_int_equal(book.learnt, 2);
	assert_int_equal(book.last.contacts[0].expires_s, 0);
}

static void without_a_call_manager_the_gateway_answers(void **state)
{
	book.fallback = true;
	asked_send(&alice, &registering);
	phone_expect(&alice, "SIP/2.0 503"); /* this phone book takes none */
	phone_expect_nothing(&manager, AGAIN_MS);
}

/* ---- a call: alice - gateway - manager - gateway - bob */

static char last_invite[MESSAGE_MAX];

/* A manager's: the request with a Via and Record-Route of its own, to its Path. */
static void spiral(const char *message)
{
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "INVITE sip:me@127.0.0.1:%u SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKm1\r\n%s"
		 "Record-Route: <sip:127.0.0.1:%u;lr>\r\n%sRoute: %s\r\nMax-Forwards: 60\r\n"
		 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: %s\r\n"
		 "Content-Length: 0\r\n\r\n",
		 bob.port, manager.port, asked_lines(message, "Via"), manager.port,
		 asked_lines(message, "Record-Route"), asked_flow(&bob), header(message, "From"),
		 header(message, "To"), header(message, "Call-ID"), header(message, "CSeq"),
		 header(message, "Contact"));
	phone_send(&manager, text);
}

static const char *take_invite(void)
{
	const char *message;

	asked_send(&alice, &calling);
	phone_expect(&alice, "SIP/2.0 100");
	message = phone_expect(&manager, "INVITE sip:2002@example.com SIP/2.0\r\n");
	snprintf(last_invite, sizeof(last_invite), "%s", message);
	return last_invite;
}

/* As far as the 200 that alice gets. */
static const char *set_up(void)
{
	const char *message = take_invite();
	char contact[64];

	asked_expect(message, "Record-Route", asked_flow(&alice));
	assert_string_equal(body_of(message), SDP_ALAW);
	spiral(message);
	phone_expect(&manager, "SIP/2.0 100");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	assert_string_equal(header(message, "Route"), "");
	assert_int_equal(asked_count(message, "Via"), 4);
	assert_int_equal(asked_count(message, "Record-Route"), 3);
	asked_expect(message, "Record-Route", asked_flow(&bob));
	snprintf(last_invite, sizeof(last_invite), "%s", message);
	asked_reply(&bob, message, "180 Ringing", "b", NULL);
	message = phone_expect(&manager, "SIP/2.0 180");
	assert_int_equal(asked_count(message, "Via"), 3);
	snprintf(contact, sizeof(contact), "Contact: <sip:me@127.0.0.1:%u>\r\n", bob.port);
	asked_reply(&bob, last_invite, "200 OK", "b", contact);
	return phone_expect(&manager, "SIP/2.0 200");
}

static void inside(struct phone *p, const char *method, const char *branch, const char *routes)
{
	struct asked a = calling;
	char uri[64];

	snprintf(uri, sizeof(uri), "sip:me@127.0.0.1:%u", p == &alice ? bob.port : alice.port);
	a.method = method;
	a.uri = uri;
	a.branch = branch;
	a.cseq = strcmp(method, "ACK") ? 5 : 1;
	a.from = p == &alice ? "<sip:2001@example.com>;tag=a" : "<sip:2002@example.com>;tag=b";
	a.to = p == &alice ? "<sip:2002@example.com>;tag=b" : "<sip:2001@example.com>;tag=a";
	a.more = routes;
	asked_send(p, &a);
}

static void a_call_goes_through_the_gateway_twice(void **state)
{
	const char *message = set_up();
	char expected[256];

	asked_pass_up(&manager, message);
	message = phone_expect(&alice, "SIP/2.0 200");
	assert_int_equal(asked_count(message, "Via"), 1);
	assert_int_equal(asked_count(message, "Record-Route"), 3);
	/* bob says it again, as no ACK has come */
	asked_reply(&bob, last_invite, "200 OK", "b", NULL);
	asked_pass_up(&manager, phone_expect(&manager, "SIP/2.0 200"));
	phone_expect(&alice, "SIP/2.0 200");
	/* the gateway does not */
	phone_expect_nothing(&alice, AGAIN_MS);

	inside(&alice, "ACK", "a1", proxy_rig_routes(&alice, &bob));
	message = phone_expect(&manager, "ACK sip:me@127.0.0.1");
	assert_non_null(strstr(asked_lines(message, "Route"), "Route: <sip:127.0.0.1"));
	inside(&manager, "ACK", "a2", NULL);
	phone_expect_nothing(&bob, AGAIN_MS); /* without a Route it is nobody's */
	snprintf(expected, sizeof(expected), "Route: %s\r\n", asked_flow(&bob));
	inside(&manager, "ACK", "a3", expected);
	message = phone_expect(&bob, "ACK sip:me@127.0.0.1");
	asked_expect(message, "Route", "");

	inside(&manager, "BYE", "b1", expected);
	message = phone_expect(&bob, "BYE sip:me@127.0.0.1");
	asked_reply(&bob, message, "200 OK", NULL, NULL);
	phone_expect(&manager, "SIP/2.0 200");
}

static void prack_and_its_1xx_pass(void **state)
{
	const char *invite = take_invite(), *message;
	char more[2048];

	asked_reply(&manager, invite, "183 Session Progress", "b",
		    "Require: 100rel\r\nRSeq: 1\r\n");
	message = phone_expect(&alice, "SIP/2.0 183");
	asked_expect(message, "RSeq", "1");
	snprintf(more, sizeof(more), "%sRAck: 1 1 INVITE\r\n", proxy_rig_routes(&alice, &bob));
	inside(&alice, "PRACK", "p1", more);
	message = phone_expect(&manager, "PRACK sip:me@127.0.0.1");
	asked_expect(message, "RAck", "1 1 INVITE");
	asked_reply(&manager, message, "200 OK", NULL, NULL);
	phone_expect(&alice, "SIP/2.0 200");
}

/* The manager sends the call back to the gateway, whose own it is then. */
static const char *give_back(const char *invite)
{
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "INVITE sip:2345@127.0.0.1:%u SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKm1\r\n%s"
		 "Record-Route: <sip:127.0.0.1:%u;lr>\r\n%sMax-Forwards: 60\r\n"
		 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: %s\r\n"
		 "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		 rig.port, manager.port, asked_lines(invite, "Via"), manager.port,
		 asked_lines(invite, "Record-Route"), header(invite, "From"), header(invite, "To"),
		 header(invite, "Call-ID"), header(invite, "CSeq"), header(invite, "Contact"),
		 strlen(SDP_ALAW), SDP_ALAW);
	phone_send(&manager, text);
	phone_expect(&manager, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	return phone_expect(&manager, "SIP/2.0 200");
}

static struct own_call { /* alice's, by the manager */
	struct asked inside;
	char routes[2048], contact[128], to[128];
} own_call;

/* As far as the manager has the ACK, which it passes on. */
static void answer_own_call(void)
{
	const char *message = give_back(take_invite());
	struct own_call *c = &own_call;

	snprintf(c->contact, sizeof(c->contact), "%s", header(message, "Contact") + 1);
	c->contact[strcspn(c->contact, ">")] = '\0';
	snprintf(c->to, sizeof(c->to), "%s%s", calling.to, strstr(header(message, "To"), ";tag="));
	snprintf(c->routes, sizeof(c->routes), "Route: %s, <sip:127.0.0.1:%u;lr>\r\n",
		 asked_flow(&alice), manager.port);
	asked_pass_up(&manager, message);
	phone_expect(&alice, "SIP/2.0 200");
	c->inside = calling;
	c->inside.to = c->to;
	c->inside.uri = c->contact;
	c->inside.more = c->routes;
	c->inside.method = "ACK";
	c->inside.branch = "a1";
	asked_send(&alice, &c->inside);
	phone_expect(&manager, "ACK sip:");
	c->inside.more = NULL;
	asked_send(&manager, &c->inside);
}

static void a_call_to_the_gateway_itself_keeps_to_its_route(void **state)
{
	struct asked a;

	answer_own_call();
	a = own_call.inside;
	phone_expect_nothing(&manager, AGAIN_MS); /* the 200 is not repeated: its ACK has come */
	a.method = "BYE";
	a.branch = "b1";
	a.cseq = 2;
	a.more = own_call.routes;
	asked_send(&alice, &a);
	phone_expect(&manager, "BYE sip:");
	assert_false(rig.fake.released);
	book.gone = book.fallback = true; /* now it dies: the next goes straight */
	a.branch = "b2";
	a.cseq = 3;
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void hang_up_the_other_side(void)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	rig_event(CALL_EV_RELEASED, &cause);
}

static void a_call_of_the_gateway_ends_past_a_dead_manager(void **state)
{
	const char *message;

	answer_own_call();
	rig_run(20);
	book.gone = true;
	hang_up_the_other_side();
	message = phone_expect(&alice, "BYE sip:me@127.0.0.1");
	asked_expect(message, "Route", "");
	assert_int_equal(asked_count(message, "Via"), 1);
	asked_reply(&alice, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&manager, AGAIN_MS);
}

static void it_does_so_too_if_the_manager_dies_of_it(void **state)
{
	const char *message;

	answer_own_call();
	rig_run(20);
	phone_close(&manager);
	hang_up_the_other_side();
	message = phone_expect(&alice, "BYE sip:me@127.0.0.1");
	asked_reply(&alice, message, "200 OK", NULL, NULL);
	phone_open(&manager, false, false, rig.peer_port);
}

static void an_emergency_call_is_the_gateways_own_if_it_is_told_so(void **state)
{
	struct asked a = calling;

	rig_use_emergency();
	a.uri = "sip:2112@example.com";
	a.to = "<sip:2112@example.com>";
	a.call_id = "help1";
	asked_send(&alice, &a);
	asked_reply(&manager, phone_expect(&manager, "INVITE sip:2112@example.com"), "100 Trying",
		    NULL, NULL);
	phone_expect(&alice, "SIP/2.0 100");
	book.emergency_stays = true;
	a.call_id = "help2";
	a.branch = "i9";
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 100");
	assert_int_equal(rig.made, 1);
	phone_expect_nothing(&manager, AGAIN_MS);
}

static void a_dead_manager_is_left_out_of_the_route(void **state)
{
	const char *message;

	asked_pass_up(&manager, set_up());
	phone_expect(&alice, "SIP/2.0 200");
	inside(&alice, "ACK", "a1", proxy_rig_routes(&alice, &bob));
	phone_expect(&manager, "ACK");
	book.gone = book.fallback = true;
	inside(&alice, "INVITE", "i2", proxy_rig_routes(&alice, &bob));
	phone_expect(&alice, "SIP/2.0 100");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	asked_expect(message, "Route", "");
	asked_reply(&bob, message, "200 OK", NULL, NULL);
	phone_expect(&alice, "SIP/2.0 200");
	inside(&bob, "BYE", "b1", proxy_rig_routes(&bob, &alice));
	message = phone_expect(&alice, "BYE sip:me@127.0.0.1");
	asked_reply(&alice, message, "200 OK", NULL, NULL);
	phone_expect(&bob, "SIP/2.0 200");
	phone_expect_nothing(&manager, AGAIN_MS);
}

/* Bob rings, and the manager is dead. */
static void lose_manager(bool tells)
{
	const char *message;

	spiral(take_invite());
	phone_expect(&manager, "SIP/2.0 100");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	snprintf(last_invite, sizeof(last_invite), "%s", message);
	asked_reply(&bob, message, "180 Ringing", "b", NULL);
	message = phone_expect(&manager, "SIP/2.0 180");
	if (tells) {
		asked_pass_up(&manager, message);
		phone_expect(&alice, "SIP/2.0 180");
	}
	book.gone = book.fallback = true;
	ua_manager_is_gone(rig.ua);
	message = phone_expect(&alice, "SIP/2.0 180");
	assert_int_equal(asked_count(message, "Via"), 1);
	asked_expect(message, "To", "<sip:2002@example.com>;tag=b");
}

static void who_rings_goes_on_without_the_manager(bool tells)
{
	const char *message;

	lose_manager(tells);
	asked_reply(&bob, last_invite, "200 OK", "b", NULL);
	message = phone_expect(&alice, "SIP/2.0 200");
	assert_int_equal(asked_count(message, "Via"), 1);
	assert_int_equal(asked_count(message, "Record-Route"), 3);
	inside(&alice, "ACK", "a1", proxy_rig_routes(&alice, &bob));
	asked_expect(phone_expect(&bob, "ACK"), "Route", "");
	phone_expect_nothing(&bob, AGAIN_MS);
	assert_int_equal(rig.made, 0);
}

static void a_telephone_goes_on_ringing_without_the_manager(void **state)
{
	who_rings_goes_on_without_the_manager(true);
}

static void who_calls_hears_it_even_if_the_manager_has_not_told(void **state)
{
	who_rings_goes_on_without_the_manager(false);
}

static void it_stops_ringing_when_the_caller_gives_up(void **state)
{
	struct asked a = calling;

	lose_manager(true);
	a.method = "CANCEL";
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	asked_reply(&bob, phone_expect(&bob, "CANCEL"), "200 OK", "b", NULL);
	asked_reply(&bob, last_invite, "487 Request Terminated", "b", NULL);
	phone_expect(&bob, "ACK");
	phone_expect(&alice, "SIP/2.0 487");
}

static void it_is_busy_without_the_manager_too(void **state)
{
	lose_manager(true);
	asked_reply(&bob, last_invite, "486 Busy Here", "b", NULL);
	phone_expect(&bob, "ACK");
	phone_expect(&alice, "SIP/2.0 486");
	assert_int_equal(rig.made, 0);
}

static void cancel_goes_hop_by_hop(void **state)
{
	const char *invite = take_invite(), *message;
	struct asked a = calling;

	asked_reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
	a.method = "CANCEL";
	a.more = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
	asked_send(&alice, &a);
	message = phone_expect(&alice, "SIP/2.0 200");
	asked_expect(message, "CSeq", "1 CANCEL");
	message = phone_expect(&manager, "CANCEL sip:2002@example.com");
	assert_non_null(strstr(header(message, "Reason"), "elsewhere"));
	asked_reply(&manager, message, "200 OK", "b", NULL);
	phone_expect_nothing(&alice, AGAIN_MS); /* 487 is the manager's word */
	asked_reply(&manager, invite, "487 Request Terminated", "b", NULL);
	message = phone_expect(&manager, "ACK");
	message = phone_expect(&alice, "SIP/2.0 487");
	assert_string_equal(strstr(header(message, "To"), ";tag="), ";tag=b");
}

static void a_200_that_crosses_the_cancel_goes_up(void **state)
{
	const char *invite = take_invite();
	struct asked a = calling;

	asked_reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
	a.method = "CANCEL";
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	phone_expect(&manager, "CANCEL");
	asked_reply(&manager, invite, "200 OK", "b", NULL);
	asked_expect(phone_expect(&alice, "SIP/2.0 200"), "CSeq", "1 INVITE");
}

static void expect_forks(void)
{
	const char *invite = take_invite(), *message;
	static const char *const tags[] = {"one", "two", "one"};
	char expected[16];

	alice.hears_repeats = true;
	for (unsigned i = 0; i < 3; i++) {
		asked_reply(&manager, invite, "200 OK", tags[i], NULL);
		message = phone_expect(&alice, "SIP/2.0 200");
		snprintf(expected, sizeof(expected), ";tag=%s", tags[i]);
		assert_string_equal(strstr(header(message, "To"), ";tag="), expected);
	}
}

static void each_fork_is_heard(void **state)
{
	expect_forks();
}

static void each_fork_is_heard_by_tcp(void **state)
{
	phone_close(&manager);
	phone_listen(&manager, false, rig.peer_port);
	book.tcp = true;
	expect_forks();
}

static void a_connection_is_recorded_on_both_sides(void **state)
{
	struct phone carol;
	const char *message;
	char expected[256];

	phone_open(&carol, true, false, 0);
	asked_send(&carol, &calling);
	phone_expect(&carol, "SIP/2.0 100");
	message = phone_expect(&manager, "INVITE");
	assert_int_equal(asked_count(message, "Record-Route"), 2);
	snprintf(expected, sizeof(expected),
		 "Record-Route: <sip:through@127.0.0.1:%u;lr>\r\n"
		 "Record-Route: <sip:%s@127.0.0.1:%u;transport=tcp;lr>\r\n",
		 rig.port, asked_token(&carol), rig.port);
	assert_string_equal(asked_lines(message, "Record-Route"), expected);
	asked_reply(&manager, message, "200 OK", "b", NULL);
	phone_expect(&carol, "SIP/2.0 200");
	snprintf(expected, sizeof(expected),
		 "Route: <sip:through@127.0.0.1:%u;lr>, "
		 "<sip:%s@127.0.0.1:%u;transport=tcp;lr>\r\n",
		 rig.port, asked_token(&carol), rig.port);
	inside(&manager, "BYE", "b1", expected);
	message = phone_expect(&carol, "BYE");
	asked_reply(&carol, message, "200 OK", NULL, NULL);
	phone_expect(&manager, "SIP/2.0 200");
	phone_close(&carol);
}

/* ---- what is known of the manager */

static void expect_health(enum target_health_state expected, unsigned seconds)
{
	struct sockaddr_storage address;
	char name[TARGET_HEALTH_NAME_MAX];
	enum target_health_state state;
	uint64_t left_ms;

	assert_int_equal(target_address_parse("127.0.0.1", manager.port, &address), 0);
	target_health_name(&address, PEER_TRANSPORT_UDP, name);
	state =
	    target_health_look(ua_target_health(rig.ua), name, target_health_now_ms(), &left_ms);
	assert_int_equal(state, expected);
	assert_int_equal((left_ms + 999) / 1000, seconds);
}

/* It says 503 to what telephones want of it. */
static void a_manager_that_has_no_time_is_left_alone(void **state)
{
	static const struct {
		const char *status, *more;
		enum target_health_state health;
		unsigned seconds;
	} rows[] = {
	    {"503 Service Unavailable", NULL, TARGET_HEALTH_FAILING, 5},
	    {"404 Not Found", NULL, TARGET_HEALTH_WORKS, 0},
	    {"503 Service Unavailable", "Retry-After: 30\r\n", TARGET_HEALTH_EXCUSED, 30},
	    {"200 OK", NULL, TARGET_HEALTH_WORKS, 0},
	    {"503 Service Unavailable", "Retry-After: 99999\r\n", TARGET_HEALTH_EXCUSED, 3600},
	};
	struct asked a = registering;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char branch[] = {'h', (char)('0' + i), '\0'};

		a.branch = branch;
		a.cseq++;
		asked_send(&alice, &a);
		asked_reply(&manager, phone_expect(&manager, "REGISTER"), rows[i].status, "m",
			    rows[i].more);
		phone_expect(&alice, "SIP/2.0 ");
		expect_health(rows[i].health, rows[i].seconds);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, proxy_rig_start, proxy_rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_register_passes_with_path_and_nothing_else_changed),
	    TEST(what_is_granted_is_learnt),
	    TEST(without_a_call_manager_the_gateway_answers),
	    TEST(a_call_goes_through_the_gateway_twice),
	    TEST(prack_and_its_1xx_pass),
	    TEST(a_call_to_the_gateway_itself_keeps_to_its_route),
	    TEST(a_call_of_the_gateway_ends_past_a_dead_manager),
	    TEST(it_does_so_too_if_the_manager_dies_of_it),
	    TEST(an_emergency_call_is_the_gateways_own_if_it_is_told_so),
	    TEST(a_dead_manager_is_left_out_of_the_route),
	    TEST(a_telephone_goes_on_ringing_without_the_manager),
	    TEST(who_calls_hears_it_even_if_the_manager_has_not_told),
	    TEST(it_stops_ringing_when_the_caller_gives_up),
	    TEST(it_is_busy_without_the_manager_too),
	    TEST(cancel_goes_hop_by_hop),
	    TEST(a_200_that_crosses_the_cancel_goes_up),
	    TEST(each_fork_is_heard),
	    TEST(each_fork_is_heard_by_tcp),
	    TEST(a_connection_is_recorded_on_both_sides),
	    TEST(a_manager_that_has_no_time_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
