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

#include "gateway/sip/phone_book.h"
#include "gateway/sip/target.h"
#include "gateway/sip/trust.h"
#include "tests/unit/sip_rig.h"

#define AGAIN_MS 120 /* in which a message would have come that must not */

static struct phone alice, bob, manager;
static struct trust *trust;

static struct {
	bool fallback, gone, emergency_stays, strangers;
	unsigned learnt;
	struct phone_register last;
	char name[PHONE_NAME_MAX + 1], uri[PHONE_URI_MAX + 1];
} book;

/* ---- who knows the telephones */

static bool network(void *arg, const struct sockaddr *source)
{
	return !book.strangers;
}

static enum phone_right right(void *arg, const struct phone_request *request,
			      struct phone_caller *caller)
{
	caller->tag = 40001;
	return PHONE_KNOWN;
}

static bool route(void *arg, const struct phone_request *request, struct phone_hop *hop)
{
	hop->emergency_stays = book.emergency_stays;
	hop->transport = PEER_TRANSPORT_UDP;
	return !book.fallback &&
	       target_address_parse("127.0.0.1", manager.port, &hop->address) == 0;
}

static enum phone_manager is_manager(void *arg, const struct sockaddr_storage *address,
				     enum peer_transport transport, bool sends)
{
	if (target_address_port((const struct sockaddr *)address) != manager.port)
		return PHONE_NO_MANAGER;
	return book.gone ? PHONE_MANAGER_GONE : PHONE_MANAGER;
}

static void learn(void *arg, const struct phone_register *granted)
{
	book.learnt++;
	book.last = *granted;
	snprintf(book.name, sizeof(book.name), "%s", granted->name);
	snprintf(book.uri, sizeof(book.uri), "%s", granted->contacts[0].uri);
}

static void configure(struct ua_config *config)
{
	config->trust = trust;
}

static int start(void **state)
{
	static const struct phone_book phones = {
	    .network = network,
	    .right = right,
	    .route = route,
	    .manager = is_manager,
	    .learn = learn,
	};

	memset(&book, 0, sizeof(book));
	trust = trust_new();
	trust_set_loopback(trust, false);
	rig_configure = configure;
	rig_start(NULL);
	ua_use_phone_book(rig.ua, &phones);
	phone_open(&manager, false, false, rig.peer_port);
	phone_open(&alice, false, false, 0);
	phone_open(&bob, false, false, 0);
	return 0;
}

static int stop(void **state)
{
	phone_close(&alice);
	phone_close(&bob);
	phone_close(&manager);
	rig_stop();
	trust_free(trust);
	rig_configure = NULL;
	return 0;
}

/* ---- messages */

/* All lines of a header. */
static const char *lines(const char *message, const char *name)
{
	static char rooms[6][2048];
	static unsigned turn;
	char *room = rooms[turn++ % 6], start[32];
	const char *line = message;
	size_t used = 0;

	room[0] = '\0';
	snprintf(start, sizeof(start), "\r\n%s: ", name);
	while ((line = strstr(line, start))) {
		line += 2;
		used += snprintf(room + used, sizeof(rooms[0]) - used, "%.*s\r\n",
				 (int)strcspn(line, "\r"), line);
	}
	return room;
}

static unsigned count(const char *message, const char *name)
{
	unsigned n = 0;

	for (const char *c = lines(message, name); (c = strstr(c, "\r\n")); c += 2)
		n++;
	return n;
}

struct asked {
	const char *method, *uri, *call_id, *from, *to, *branch;
	unsigned cseq;
	const char *more; /* lines */
};

static void ask(struct phone *p, const struct asked *a)
{
	const char *body = strcmp(a->method, "INVITE") ? "" : SDP_ALAW;
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s;rport\r\n"
		 "%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		 "Contact: <sip:me@127.0.0.1:%u>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 a->method, a->uri, p->tcp ? "TCP" : "UDP", p->port, a->branch,
		 a->more && strstr(a->more, "Max-Forwards") ? "" : "Max-Forwards: 70\r\n", a->from,
		 a->to, a->call_id, a->cseq, a->method, p->port, a->more ? a->more : "",
		 *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	phone_send(p, text);
}

static void reply(struct phone *p, const char *request, const char *status, const char *tag,
		  const char *more)
{
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %s\r\n%s%sFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
		 "Content-Length: 0\r\n\r\n",
		 status, lines(request, "Via"), lines(request, "Record-Route"),
		 header(request, "From"), header(request, "To"), tag ? ";tag=" : "", tag ? tag : "",
		 header(request, "Call-ID"), header(request, "CSeq"), more ? more : "");
	phone_send(p, text);
}

static void expect_line(const char *message, const char *name, const char *value)
{
	if (strcmp(header(message, name), value))
		fail_msg("%s: expected \"%s\", got \"%s\"", name, value, header(message, name));
}

/* Our Record-Route or Path with the flow of p. */
static const char *own_route(const struct phone *p)
{
	static char texts[4][128];
	static unsigned turn;
	char *text = texts[turn++ % 4];

	snprintf(text, sizeof(texts[0]), "<sip:flow-%s-7f000001-%u@127.0.0.1:%u;lr>",
		 p->tcp ? "tcp" : "udp", p->port, rig.port);
	return text;
}

/* ---- REGISTER */

static const struct asked registering = {
    .method = "REGISTER",
    .uri = "sip:example.com",
    .call_id = "reg",
    .from = "<sip:2001@example.com>;tag=r",
    .to = "<sip:2001@example.com>",
    .branch = "r1",
    .cseq = 7,
    .more = "Expires: 3600\r\nAuthorization: Digest username=\"2001\", realm=\"x\", nonce=\"n\", "
	    "uri=\"sip:example.com\", response=\"00\"\r\n",
};

static void a_register_passes_with_path_and_nothing_else_changed(void **state)
{
	const char *message;
	char contact[64];

	snprintf(contact, sizeof(contact), "<sip:me@127.0.0.1:%u>", alice.port);
	ask(&alice, &registering);
	message = phone_expect(&manager, "REGISTER sip:example.com SIP/2.0\r\n");
	expect_line(message, "From", registering.from);
	expect_line(message, "To", registering.to);
	expect_line(message, "CSeq", "7 REGISTER");
	expect_line(message, "Contact", contact);
	expect_line(message, "Expires", "3600");
	expect_line(message, "Max-Forwards", "69");
	expect_line(message, "Path", own_route(&alice));
	expect_line(message, "Supported", "path");
	assert_non_null(strstr(header(message, "Authorization"), "nonce=\"n\""));
	assert_int_equal(count(message, "Via"), 2);
	reply(&manager, message, "401 Unauthorized", "m",
	      "WWW-Authenticate: Digest realm=\"x\", nonce=\"n2\"\r\n");
	message = phone_expect(&alice, "SIP/2.0 401");
	assert_int_equal(count(message, "Via"), 1);
	assert_non_null(strstr(header(message, "WWW-Authenticate"), "nonce=\"n2\""));
	assert_int_equal(book.learnt, 0);
}

static void answer_register(unsigned cseq, const char *branch, const char *more)
{
	struct asked a = registering;
	const char *message;

	a.branch = branch;
	a.cseq = cseq;
	ask(&alice, &a);
	message = phone_expect(&manager, "REGISTER");
	reply(&manager, message, "200 OK", "m", more);
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
	ask(&alice, &registering);
	phone_expect(&alice, "SIP/2.0 405"); /* this phone book takes none */
	phone_expect_nothing(&manager, AGAIN_MS);
}

/* ---- a call: alice - gateway - manager - gateway - bob */

static char last_invite[MESSAGE_MAX];

static const struct asked calling = {
    .method = "INVITE",
    .uri = "sip:2002@example.com",
    .call_id = "call",
    .from = "<sip:2001@example.com>;tag=a",
    .to = "<sip:2002@example.com>",
    .branch = "i1",
    .cseq = 1,
};

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
		 bob.port, manager.port, lines(message, "Via"), manager.port,
		 lines(message, "Record-Route"), own_route(&bob), header(message, "From"),
		 header(message, "To"), header(message, "Call-ID"), header(message, "CSeq"),
		 header(message, "Contact"));
	phone_send(&manager, text);
}

static const char *take_invite(void)
{
	const char *message;

	ask(&alice, &calling);
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

	expect_line(message, "Record-Route", own_route(&alice));
	assert_string_equal(body_of(message), SDP_ALAW);
	spiral(message);
	phone_expect(&manager, "SIP/2.0 100");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	assert_string_equal(header(message, "Route"), "");
	assert_int_equal(count(message, "Via"), 4);
	assert_int_equal(count(message, "Record-Route"), 3);
	expect_line(message, "Record-Route", own_route(&bob));
	snprintf(last_invite, sizeof(last_invite), "%s", message);
	reply(&bob, message, "180 Ringing", "b", NULL);
	message = phone_expect(&manager, "SIP/2.0 180");
	assert_int_equal(count(message, "Via"), 3);
	snprintf(contact, sizeof(contact), "Contact: <sip:me@127.0.0.1:%u>\r\n", bob.port);
	reply(&bob, last_invite, "200 OK", "b", contact);
	return phone_expect(&manager, "SIP/2.0 200");
}

/* The response without its topmost Via, which was the manager's. */
static void manager_passes_up(const char *response)
{
	char text[MESSAGE_MAX];
	const char *via = strstr(response, "\r\nVia: ");
	const char *next = strstr(via + 2, "\r\n");

	snprintf(text, sizeof(text), "%.*s%s", (int)(via - response), response, next);
	phone_send(&manager, text);
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
	ask(p, &a);
}

/* Route set of alice: gateway with her flow, manager on both its transports, gateway with bob's. */
static const char *routes(const struct phone *first, const struct phone *last)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "Route: %s, <sip:127.0.0.1:%u;lr>, <sip:127.0.0.1:%u;transport=tcp;lr>, %s\r\n",
		 own_route(first), manager.port, manager.port, own_route(last));
	return text;
}

static void a_call_goes_through_the_gateway_twice(void **state)
{
	const char *message = set_up();
	char expected[256];

	manager_passes_up(message);
	message = phone_expect(&alice, "SIP/2.0 200");
	assert_int_equal(count(message, "Via"), 1);
	assert_int_equal(count(message, "Record-Route"), 3);
	/* bob says it again, as no ACK has come */
	reply(&bob, last_invite, "200 OK", "b", NULL);
	manager_passes_up(phone_expect(&manager, "SIP/2.0 200"));
	phone_expect(&alice, "SIP/2.0 200");
	/* the gateway does not */
	phone_expect_nothing(&alice, AGAIN_MS);

	inside(&alice, "ACK", "a1", routes(&alice, &bob));
	message = phone_expect(&manager, "ACK sip:me@127.0.0.1");
	assert_non_null(strstr(lines(message, "Route"), "Route: <sip:127.0.0.1"));
	inside(&manager, "ACK", "a2", NULL);
	phone_expect_nothing(&bob, AGAIN_MS); /* without a Route it is nobody's */
	snprintf(expected, sizeof(expected), "Route: %s\r\n", own_route(&bob));
	inside(&manager, "ACK", "a3", expected);
	message = phone_expect(&bob, "ACK sip:me@127.0.0.1");
	expect_line(message, "Route", "");

	inside(&manager, "BYE", "b1", expected);
	message = phone_expect(&bob, "BYE sip:me@127.0.0.1");
	reply(&bob, message, "200 OK", NULL, NULL);
	phone_expect(&manager, "SIP/2.0 200");
}

static void a_dead_manager_is_left_out_of_the_route(void **state)
{
	const char *message;

	manager_passes_up(set_up());
	phone_expect(&alice, "SIP/2.0 200");
	inside(&alice, "ACK", "a1", routes(&alice, &bob));
	phone_expect(&manager, "ACK");
	book.gone = book.fallback = true;
	inside(&alice, "INVITE", "i2", routes(&alice, &bob));
	phone_expect(&alice, "SIP/2.0 100");
	message = phone_expect(&bob, "INVITE sip:me@127.0.0.1");
	expect_line(message, "Route", "");
	reply(&bob, message, "200 OK", NULL, NULL);
	phone_expect(&alice, "SIP/2.0 200");
	inside(&bob, "BYE", "b1", routes(&bob, &alice));
	message = phone_expect(&alice, "BYE sip:me@127.0.0.1");
	reply(&alice, message, "200 OK", NULL, NULL);
	phone_expect(&bob, "SIP/2.0 200");
	phone_expect_nothing(&manager, AGAIN_MS);
}

static void cancel_goes_hop_by_hop(void **state)
{
	const char *invite = take_invite(), *message;
	struct asked a = calling;

	reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
	a.method = "CANCEL";
	a.more = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
	ask(&alice, &a);
	message = phone_expect(&alice, "SIP/2.0 200");
	expect_line(message, "CSeq", "1 CANCEL");
	message = phone_expect(&manager, "CANCEL sip:2002@example.com");
	assert_non_null(strstr(header(message, "Reason"), "elsewhere"));
	reply(&manager, message, "200 OK", "b", NULL);
	phone_expect_nothing(&alice, AGAIN_MS); /* 487 is the manager's word */
	reply(&manager, invite, "487 Request Terminated", "b", NULL);
	message = phone_expect(&manager, "ACK");
	message = phone_expect(&alice, "SIP/2.0 487");
	assert_string_equal(strstr(header(message, "To"), ";tag="), ";tag=b");
}

static void a_200_that_crosses_the_cancel_goes_up(void **state)
{
	const char *invite = take_invite();
	struct asked a = calling;

	reply(&manager, invite, "180 Ringing", "b", NULL);
	phone_expect(&alice, "SIP/2.0 180");
	a.method = "CANCEL";
	ask(&alice, &a);
	phone_expect(&alice, "SIP/2.0 200");
	phone_expect(&manager, "CANCEL");
	reply(&manager, invite, "200 OK", "b", NULL);
	expect_line(phone_expect(&alice, "SIP/2.0 200"), "CSeq", "1 INVITE");
}

static void each_fork_is_heard(void **state)
{
	const char *invite = take_invite(), *message;
	static const char *const tags[] = {"one", "two", "one"};
	char expected[16];

	for (unsigned i = 0; i < 3; i++) {
		reply(&manager, invite, "200 OK", tags[i], NULL);
		message = phone_expect(&alice, "SIP/2.0 200");
		snprintf(expected, sizeof(expected), ";tag=%s", tags[i]);
		assert_string_equal(strstr(header(message, "To"), ";tag="), expected);
	}
}

static void a_connection_is_recorded_on_both_sides(void **state)
{
	struct phone carol;
	const char *message;
	char expected[256];

	phone_open(&carol, true, false, 0);
	ask(&carol, &calling);
	phone_expect(&carol, "SIP/2.0 100");
	message = phone_expect(&manager, "INVITE");
	assert_int_equal(count(message, "Record-Route"), 2);
	snprintf(expected, sizeof(expected),
		 "Record-Route: <sip:through@127.0.0.1:%u;lr>\r\n"
		 "Record-Route: <sip:flow-tcp-7f000001-%u@127.0.0.1:%u;transport=tcp;lr>\r\n",
		 rig.port, carol.port, rig.port);
	assert_string_equal(lines(message, "Record-Route"), expected);
	reply(&manager, message, "200 OK", "b", NULL);
	phone_expect(&carol, "SIP/2.0 200");
	snprintf(expected, sizeof(expected),
		 "Route: <sip:through@127.0.0.1:%u;lr>, "
		 "<sip:flow-tcp-7f000001-%u@127.0.0.1:%u;transport=tcp;lr>\r\n",
		 rig.port, carol.port, rig.port);
	inside(&manager, "BYE", "b1", expected);
	message = phone_expect(&carol, "BYE");
	reply(&carol, message, "200 OK", NULL, NULL);
	phone_expect(&manager, "SIP/2.0 200");
	phone_close(&carol);
}

/* ---- what is not passed on */

static void hops_end(void **state)
{
	struct asked a = calling;

	a.more = "Max-Forwards: 0\r\n";
	ask(&alice, &a);
	phone_expect(&alice, "SIP/2.0 483");
}

static void what_proxies_must_know_is_refused(void **state)
{
	struct asked a = calling;

	a.more = "Proxy-Require: privacy\r\n";
	ask(&alice, &a);
	expect_line(phone_expect(&alice, "SIP/2.0 420"), "Unsupported", "privacy");
}

static void the_gateway_is_no_open_relay(void **state)
{
	struct asked a = calling;

	book.strangers = true;
	a.method = "MESSAGE";
	a.more = routes(&alice, &bob);
	ask(&alice, &a);
	phone_expect(&alice, "SIP/2.0 403");
	phone_expect_nothing(&bob, AGAIN_MS);
	phone_expect_nothing(&manager, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_register_passes_with_path_and_nothing_else_changed,
					    start, stop),
	    cmocka_unit_test_setup_teardown(what_is_granted_is_learnt, start, stop),
	    cmocka_unit_test_setup_teardown(without_a_call_manager_the_gateway_answers, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_call_goes_through_the_gateway_twice, start, stop),
	    cmocka_unit_test_setup_teardown(a_dead_manager_is_left_out_of_the_route, start, stop),
	    cmocka_unit_test_setup_teardown(cancel_goes_hop_by_hop, start, stop),
	    cmocka_unit_test_setup_teardown(a_200_that_crosses_the_cancel_goes_up, start, stop),
	    cmocka_unit_test_setup_teardown(each_fork_is_heard, start, stop),
	    cmocka_unit_test_setup_teardown(a_connection_is_recorded_on_both_sides, start, stop),
	    cmocka_unit_test_setup_teardown(hops_end, start, stop),
	    cmocka_unit_test_setup_teardown(what_proxies_must_know_is_refused, start, stop),
	    cmocka_unit_test_setup_teardown(the_gateway_is_no_open_relay, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
