// SPDX-License-Identifier: GPL-2.0-or-later
/* Routes, Paths and flows of what goes through the gateway, as they should be and as somebody would
 * like them to be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "gateway/sip/mailbox.h"
#include "gateway/sip/proxy_private.h"
#include "gateway/sip/target.h"
#include "gateway/sip/uri_param_private.h"
#include "tests/unit/proxy_rig.h"

#define TO_BOB "<sip:2002@example.com>;tag=b"

/* ---- flows */

static void flows_read_as_they_were_written(void **state)
{
	static const struct {
		const char *host;
		unsigned port;
		enum peer_transport transport;
		const char *start;
	} rows[] = {
	    {"192.0.2.7", 5060, PEER_TRANSPORT_UDP, "flow-udp-c0000207-5060-"},
	    {"255.255.255.255", 65535, PEER_TRANSPORT_TCP, "flow-tcp-ffffffff-65535-"},
	    {"2001:db8::1", 1, PEER_TRANSPORT_TLS, "flow-tls-20010db8000000000000000000000001-1-"},
	};
	struct proxy_flow flow, back;
	char text[PROXY_FLOW_MAX], other[PROXY_FLOW_MAX + 1];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		flow = (struct proxy_flow){.transport = rows[i].transport};
		target_address_parse(rows[i].host, rows[i].port, &flow.address);
		proxy_flow_write(rig.ua, &flow, text);
		assert_memory_equal(text, rows[i].start, strlen(rows[i].start));
		assert_int_equal(proxy_flow_read(rig.ua, text, &back), 0);
		assert_true(target_address_equal((struct sockaddr *)&flow.address,
						 (struct sockaddr *)&back.address));
		assert_int_equal(back.transport, flow.transport);
		/* whatever is changed in it */
		for (size_t at = strlen("flow-"); at < strlen(text); at++) {
			strcpy(other, text);
			other[at] = other[at] == '1' ? '2' : '1';
			assert_int_equal(proxy_flow_read(rig.ua, other, &back), -EACCES);
		}
		snprintf(other, sizeof(other), "%s0", text);
		assert_int_equal(proxy_flow_read(rig.ua, other, &back), -EACCES);
		rig.ua->flow_key[0] ^= 1; /* another gateway's */
		assert_int_equal(proxy_flow_read(rig.ua, text, &back), -EACCES);
		rig.ua->flow_key[0] ^= 1;
	}
	assert_int_equal(proxy_flow_read(rig.ua, NULL, &back), -ENOENT);
	assert_int_equal(proxy_flow_read(rig.ua, "2001", &back), -ENOENT);
	assert_int_equal(proxy_flow_read(rig.ua, "flow-udp-c0000207-5060", &back), -EACCES);
}

static void the_key_of_flows_outlives_the_process(void **state)
{
	uint8_t first[FLOW_KEY_SIZE], second_key[FLOW_KEY_SIZE];
	char folder[] = "/tmp/sipspan-flow-XXXXXX", path[64];
	struct stat info;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/" FLOW_KEY_FILE, folder);
	assert_int_equal(flow_key_open(folder, first), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(flow_key_open(folder, second_key), 0);
	assert_memory_equal(first, second_key, FLOW_KEY_SIZE);
	/* half a key is none */
	assert_int_equal(truncate(path, 7), 0);
	assert_int_equal(flow_key_open(folder, second_key), 0);
	assert_memory_not_equal(first, second_key, FLOW_KEY_SIZE);
	assert_int_equal(flow_key_open(NULL, first), 0);
	assert_memory_not_equal(first, second_key, FLOW_KEY_SIZE);
	unlink(path);
	rmdir(folder);
	assert_true(flow_key_open(folder, first) < 0);
}

/* From the manager, or as it would like to have it. */
static void send_to_flow(struct phone *from, const char *token, const char *branch)
{
	struct asked a = calling;
	char more[256];

	snprintf(more, sizeof(more), "Route: <sip:%s@127.0.0.1:%u;lr>\r\n", token, rig.port);
	a.method = "MESSAGE";
	a.uri = "sip:2002@127.0.0.1:9";
	a.branch = branch;
	a.more = more;
	asked_send(from, &a);
}

static void nobody_makes_flows_but_the_gateway(void **state)
{
	char token[PROXY_FLOW_MAX];

	snprintf(token, sizeof(token), "%s", asked_token(&bob));
	send_to_flow(&manager, token, "f1");
	phone_expect(&bob, "MESSAGE");
	token[strlen(token) - 1] ^= 1;
	send_to_flow(&manager, token, "f2");
	phone_expect(&manager, "SIP/2.0 403");
	send_to_flow(&alice, "flow-udp-c0000201-9", "f3");
	phone_expect(&alice, "SIP/2.0 403");
}

static void a_connection_that_is_gone_is_no_flow(void **state)
{
	struct phone carol;
	char token[PROXY_FLOW_MAX];
	const char *message;

	phone_open(&carol, true, false, 0);
	asked_send(&carol, &registering);
	phone_expect(&manager, "REGISTER");
	snprintf(token, sizeof(token), "%s", asked_token(&carol));
	send_to_flow(&manager, token, "f1");
	message = phone_expect(&carol, "MESSAGE");
	asked_reply(&carol, message, "200 OK", "c", NULL);
	phone_expect(&manager, "SIP/2.0 200");
	phone_close(&carol);
	rig_run(20);
	send_to_flow(&manager, token, "f2");
	phone_expect(&manager, "SIP/2.0 430"); /* RFC 5626 5.3.1 */
}

/* ---- parameters of URIs */

static void parameters_end_where_the_uri_ends(void **state)
{
	static const struct {
		const char *params, *name;
		int rc;
		const char *value;
	} rows[] = {
	    {"transport=tcp;lr", "transport", 3, "tcp"},
	    {"transport=tcp;lr", "LR", 0, ""},
	    {"lr;Transport=TLS", "transport", 3, "TLS"},
	    {"lr;transport=udp1234", "transport", 7, "udp1234"},
	    {"lr;transport=udp12345", "transport", -EMSGSIZE, NULL},
	    {"lr=on;transport=", "transport", 0, ""},
	    {"transports", "transport", -ENOENT, NULL}, /* the stack reads on behind this one */
	    {"transports=tcp", "transport", -ENOENT, NULL},
	    {"a;;transport", "transport", 0, ""},
	    {"", "transport", -ENOENT, NULL},
	    {NULL, "transport", -ENOENT, NULL},
	};
	char value[8], *params;
	url_t url;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		params =
		    rows[i].params ? strdup(rows[i].params) : NULL; /* the sanitizer sees its end */
		memset(&url, 0, sizeof(url));
		url.url_params = params;
		assert_int_equal(uri_param(&url, rows[i].name, value, sizeof(value)), rows[i].rc);
		assert_int_equal(uri_has_param(&url, rows[i].name), rows[i].rc != -ENOENT);
		if (rows[i].value)
			assert_string_equal(value, rows[i].value);
		free(params);
	}
}

/* ---- Path */

static void the_gateways_path_stands_before_others(void **state)
{
	struct asked a = registering;
	const char *message;
	char expected[512];

	a.more = "Path: <sip:127.0.0.1:9;lr>\r\nExpires: 60\r\n";
	asked_send(&alice, &a);
	message = phone_expect(&manager, "REGISTER");
	snprintf(expected, sizeof(expected), "Path: %s\r\nPath: <sip:127.0.0.1:9;lr>\r\n",
		 asked_flow(&alice));
	assert_string_equal(asked_lines(message, "Path"), expected);
}

static void a_flow_is_kept_for_who_asks_for_one(void **state)
{
	static const char start[] =
	    "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "127.0.0.1:%u;branch=z9hG4bKo;rport"
	    "\r\nMax-Forwards: 70\r\nFrom: <sip:2001@example.com>;tag=r\r\n"
	    "To: <sip:2001@example.com>\r\nCall-ID: ob\r\nCSeq: 1 REGISTER\r\n"
	    "Supported: path, outbound\r\nContact: <sip:me@127.0.0.1:%u>;reg-id=1;"
	    "+sip.instance=\"<urn:uuid:0>\"\r\nContent-Length: 0\r\n\r\n";
	char text[1024], expected[256];
	const char *message;

	snprintf(text, sizeof(text), start, alice.port, alice.port);
	phone_send(&alice, text);
	message = phone_expect(&manager, "REGISTER");
	snprintf(expected, sizeof(expected), "<sip:%s@127.0.0.1:%u;lr;ob>", asked_token(&alice),
		 rig.port);
	asked_expect(message, "Path", expected);
}

static void grant(unsigned cseq, const char *more, const char *answer)
{
	struct asked a = registering;
	const char *message;
	char contact[128], branch[8];

	snprintf(branch, sizeof(branch), "g%u", cseq);
	a.branch = branch;
	a.cseq = cseq;
	a.more = more;
	asked_send(&alice, &a);
	message = phone_expect(&manager, "REGISTER");
	snprintf(contact, sizeof(contact), "Contact: <sip:me@127.0.0.1:%u>;expires=60\r\n",
		 alice.port);
	asked_reply(&manager, message, answer, "m", contact);
	phone_expect(&alice, "SIP/2.0 ");
}

/* Calls would go there from our address when the manager is gone. */
static void only_what_is_its_own_is_learnt(void **state)
{
	grant(1, "Expires: 60\r\n", "200 OK");
	assert_int_equal(book.learnt, 1);
	grant(2, "Path: <sip:192.0.2.1;lr>\r\nExpires: 60\r\n", "200 OK");
	grant(3, "Path: <sip:victim.example;lr>\r\nExpires: 60\r\n", "200 OK");
	grant(4, "Expires: 60\r\n", "403 Forbidden");
	grant(5, "Expires: 60\r\n", "302 Moved");
	assert_int_equal(book.learnt, 1);
	grant(6, "Path: <sip:127.0.0.1:9;lr>\r\nExpires: 60\r\n", "200 OK");
	assert_int_equal(book.learnt, 2);
}

/* ---- Route */

static void inside(const char *method, const char *uri, const char *routes)
{
	struct asked a = calling;
	static unsigned n;
	char branch[16];

	snprintf(branch, sizeof(branch), "s%u", ++n);
	a.method = method;
	a.uri = uri;
	a.to = TO_BOB;
	a.branch = branch;
	a.cseq = 10 + n;
	a.more = routes;
	asked_send(&alice, &a);
}

/* RFC 3261 16.4 and 16.6 step 6, 16.12.1.2 */
static void strict_routers_are_understood(void **state)
{
	const char *message;
	char uri[160], routes[512], expected[256];

	/* one before us has put our Record-Route into the Request-URI */
	snprintf(uri, sizeof(uri), "%.*s", (int)strlen(asked_flow(&alice)) - 2,
		 asked_flow(&alice) + 1);
	snprintf(routes, sizeof(routes), "Route: <sip:127.0.0.1:%u;lr>, <sip:me@127.0.0.1:%u>\r\n",
		 manager.port, bob.port);
	inside("BYE", uri, routes);
	snprintf(expected, sizeof(expected), "BYE sip:me@127.0.0.1:%u SIP/2.0\r\n", bob.port);
	message = phone_expect(&manager, expected);
	snprintf(expected, sizeof(expected), "Route: <sip:127.0.0.1:%u;lr>\r\n", manager.port);
	assert_string_equal(asked_lines(message, "Route"), expected);
	/* the one behind us wants it so */
	snprintf(routes, sizeof(routes), "Route: %s, <sip:127.0.0.1:%u>, <sip:last.example;lr>\r\n",
		 asked_flow(&alice), manager.port);
	snprintf(uri, sizeof(uri), "sip:me@127.0.0.1:%u", bob.port);
	inside("BYE", uri, routes);
	snprintf(expected, sizeof(expected), "BYE sip:127.0.0.1:%u SIP/2.0\r\n", manager.port);
	message = phone_expect(&manager, expected);
	snprintf(expected, sizeof(expected),
		 "Route: <sip:last.example;lr>\r\nRoute: <sip:me@127.0.0.1:%u>\r\n", bob.port);
	assert_string_equal(asked_lines(message, "Route"), expected);
}

static void many_routes_are_many_routes(void **state)
{
	char routes[6000], uri[64], last[32];
	const char *message;
	size_t used;

	used = (size_t)snprintf(routes, sizeof(routes), "Route: %s, <sip:127.0.0.1:%u;lr>",
				asked_flow(&alice), manager.port);
	while (used < 5500) {
		snprintf(last, sizeof(last), "<sip:a%zu.test;lr>", used);
		used += (size_t)snprintf(routes + used, sizeof(routes) - used, ", %s", last);
	}
	snprintf(routes + used, sizeof(routes) - used, "\r\n");
	snprintf(uri, sizeof(uri), "sip:me@127.0.0.1:%u", bob.port);
	inside("BYE", uri, routes);
	message = phone_expect(&manager, "BYE");
	assert_null(strstr(message, asked_token(&alice)));
	assert_non_null(strstr(message, last));
}

/* ---- what a proxy must not do */

static void requests_are_checked_first(void **state)
{
	static const struct {
		const char *uri, *status;
	} rows[] = {
	    {"mailto:2002@example.com", "SIP/2.0 416"},
	    {"sips:2002@example.com", "SIP/2.0 416"}, /* not on UDP */
	};
	struct asked a = calling;

	a.method = "MESSAGE";
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a.uri = rows[i].uri;
		a.cseq = i + 1;
		asked_send(&alice, &a);
		phone_expect(&alice, rows[i].status);
	}
	a.uri = "urn:service:sos";
	a.cseq = 9;
	asked_send(&alice, &a);
	phone_expect(&manager, "MESSAGE urn:service:sos");
}

/* RFC 3261 8.2.2.3: it means nothing there. */
static void an_ack_goes_whatever_it_requires(void **state)
{
	char routes[256], uri[64];

	snprintf(routes, sizeof(routes), "Route: %s, <sip:127.0.0.1:%u;lr>\r\nProxy-Require: x\r\n",
		 asked_flow(&alice), manager.port);
	snprintf(uri, sizeof(uri), "sip:me@127.0.0.1:%u", bob.port);
	inside("ACK", uri, routes);
	phone_expect(&manager, "ACK");
}

static void a_response_must_have_a_way_up(void **state)
{
	const char *message, *via;
	char text[MESSAGE_MAX];

	asked_send(&alice, &calling);
	phone_expect(&alice, "SIP/2.0 100");
	message = phone_expect(&manager, "INVITE");
	via = header(message, "Via");
	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=m\r\nCall-ID: %s\r\n"
			 "CSeq: %s\r\nContent-Length: 0\r\n\r\n",
			 i ? "486 Busy" : "180 Ringing", via, calling.from, calling.to,
			 calling.call_id, "1 INVITE");
		phone_send(&manager, text);
	}
	phone_expect(&manager, "ACK");
	phone_expect(&alice, "SIP/2.0 502");
}

/* ---- messages waiting, on their way */

static void send_summary(struct phone *from, const char *to, const char *waiting, unsigned cseq)
{
	char text[1024], body[64];

	snprintf(body, sizeof(body), "Messages-Waiting: %s\r\n", waiting);
	snprintf(
	    text, sizeof(text),
	    "NOTIFY sip:me@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKmw%u"
	    "\r\nMax-Forwards: 70\r\nRoute: %s\r\nFrom: <sip:vm@example.com>;tag=v\r\n"
	    "To: <sip:%s@example.com>;tag=a\r\nCall-ID: mw\r\nCSeq: %u NOTIFY\r\n"
	    "Event: message-summary\r\nSubscription-State: active\r\n"
	    "Contact: <sip:vm@127.0.0.1:%u>\r\n"
	    "Content-Type: application/simple-message-summary\r\nContent-Length: %zu\r\n\r\n%s",
	    alice.port, from->port, cseq, asked_flow(&alice), to, cseq, from->port, strlen(body),
	    body);
	phone_send(from, text);
}

static void what_a_call_manager_says_of_messages_is_known_in_fallback(void **state)
{
	assert_null(mailbox_find(rig.ua, "2001"));
	send_summary(&manager, "2001", "yes", 1);
	phone_expect(&alice, "NOTIFY sip:me@");
	assert_true(mailbox_find(rig.ua, "2001")->waiting);
	send_summary(&manager, "2001", "no", 2);
	phone_expect(&alice, "NOTIFY sip:me@");
	assert_false(mailbox_find(rig.ua, "2001")->waiting);
	/* a telephone says nothing of others */
	send_summary(&bob, "2001", "yes", 3);
	phone_receive(&alice, AGAIN_MS);
	assert_false(mailbox_find(rig.ua, "2001")->waiting);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, proxy_rig_start, proxy_rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_a_call_manager_says_of_messages_is_known_in_fallback),
	    TEST(flows_read_as_they_were_written),
	    TEST(the_key_of_flows_outlives_the_process),
	    TEST(nobody_makes_flows_but_the_gateway),
	    TEST(a_connection_that_is_gone_is_no_flow),
	    cmocka_unit_test(parameters_end_where_the_uri_ends),
	    TEST(the_gateways_path_stands_before_others),
	    TEST(a_flow_is_kept_for_who_asks_for_one),
	    TEST(only_what_is_its_own_is_learnt),
	    TEST(strict_routers_are_understood),
	    TEST(many_routes_are_many_routes),
	    TEST(requests_are_checked_first),
	    TEST(an_ack_goes_whatever_it_requires),
	    TEST(a_response_must_have_a_way_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
