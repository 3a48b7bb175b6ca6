// SPDX-License-Identifier: GPL-2.0-or-later
/* What the proxy does not pass on. */
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
#include "gateway/sip/trust.h"
#include "tests/unit/proxy_rig.h"

/* ---- what is not passed on */

static void refusals_have_their_status(void **state)
{
	static const struct {
		const char *more, *status;
	} rows[] = {
	    {"Max-Forwards: 0\r\n", "SIP/2.0 483"},
	    {"Proxy-Require: privacy\r\n", "SIP/2.0 420"},
	    /* the gateway is no open relay */
	    {"Route: <sip:192.0.2.1;lr>\r\n", "SIP/2.0 403"},
	    /* nor to who is trusted, as a carrier is */
	    {"Route: <sip:127.0.0.1:9;lr>\r\n", "SIP/2.0 403"},
	    {"", "SIP/2.0 403"}, /* the flow of nobody */
	};
	struct asked a = calling;
	char flow[256];

	snprintf(flow, sizeof(flow), "Route: %s, <sip:flow-udp-c0000201-9@127.0.0.1:%u;lr>\r\n",
		 asked_flow(&alice), rig.port);
	a.method = "MESSAGE";
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a.more = rows[i].more[0] ? rows[i].more : flow;
		a.cseq = i + 1;
		asked_send(&alice, &a);
		phone_expect(&alice, rows[i].status);
	}
}

/* Who makes up a To tag calls neither a trunk nor anybody else past the dial plan. */
static void what_a_dialog_may_reach(void **state)
{
	static const struct {
		const char *method;
		bool flow, passes;
	} rows[] = {
	    {"BYE", true, true},
	    {"INFO", false, false}, /* not of a dialog that has come through us */
	    {"INVITE", true, false},
	};
	char more[256], uri[64];
	struct sockaddr_storage trunk;
	struct asked a = calling;

	assert_int_equal(target_address_parse("127.0.0.1", 0, &trunk), 0);
	assert_int_equal(trust_add(proxy_rig_trust(), (struct sockaddr *)&trunk, 32), 0);
	snprintf(uri, sizeof(uri), "sip:+1900@127.0.0.1:%u", bob.port);
	a.uri = uri;
	a.to = "<sip:2002@example.com>;tag=b";
	a.more = more;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].flow)
			snprintf(more, sizeof(more), "Route: %s\r\n", asked_flow(&alice));
		else
			snprintf(more, sizeof(more), "Route: <sip:127.0.0.1:%u;lr>\r\n", rig.port);
		a.method = rows[i].method;
		a.cseq = i + 1;
		asked_send(&alice, &a);
		if (rows[i].passes)
			asked_reply(&bob, phone_expect(&bob, rows[i].method), "200 OK", NULL, NULL);
		phone_expect(&alice, rows[i].passes ? "SIP/2.0 200" : "SIP/2.0 403");
	}
	phone_expect_nothing(&bob, AGAIN_MS);
}

/* Its call manager alone says what is waiting for a telephone. */
static void a_telephone_lights_nobodys_lamp(void **state)
{
	static const char waiting[] = "Messages-Waiting: yes\r\n";
	char more[1024];
	struct asked a = calling;

	for (unsigned i = 0; i < 2; i++) {
		struct phone *from = i ? &manager : &alice;

		snprintf(more, sizeof(more),
			 "Route: %s%s%s\r\nEvent: message-summary\r\n"
			 "Subscription-State: active\r\n"
			 "Content-Type: application/simple-message-summary\r\n",
			 i ? "" : asked_flow(&alice), i ? "" : ", ", asked_flow(&bob));
		a.method = "NOTIFY";
		a.to = "<sip:2002@example.com>;tag=b";
		a.branch = i ? "n2" : "n1";
		a.cseq = i + 1;
		a.more = more;
		a.body = waiting;
		asked_send(from, &a);
		asked_reply(&bob, phone_expect(&bob, "NOTIFY"), "200 OK", NULL, NULL);
		phone_expect(from, "SIP/2.0 200");
		assert_int_equal(mailbox_find(rig.ua, "2002") != NULL, i);
	}
}

static void strangers_are_not_relayed(void **state)
{
	struct asked a = calling;

	book.strangers = true;
	a.method = "MESSAGE";
	a.more = proxy_rig_routes(&alice, &bob);
	asked_send(&alice, &a);
	phone_expect(&alice, "SIP/2.0 403");
	phone_expect_nothing(&manager, AGAIN_MS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, proxy_rig_start, proxy_rig_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(refusals_have_their_status),
	    TEST(what_a_dialog_may_reach),
	    TEST(a_telephone_lights_nobodys_lamp),
	    TEST(strangers_are_not_relayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
