// SPDX-License-Identifier: GPL-2.0-or-later
/* Audio past the gateway: A calls B, and each is told where the other one wants it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/call/call_private.h"
#include "gateway/sip/tenant.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define AT_A "m=audio 40000 "
#define AT_B "m=audio 41000 "
#define AT_GATEWAY "m=audio 30000 "
#define AFTER_MS 150
#define LONG_ENOUGH_MS (AFTER_MS + 150)

static const char SDP_A[] = HEAD AT_A "RTP/AVP 8 0\r\n";
static const char SDP_B[] = HEAD AT_B "RTP/AVP 8\r\n";
static const char SDP_A_HOLDS[] = HEAD AT_A "RTP/AVP 8\r\na=sendonly\r\n";
static const char SDP_A_ELSEWHERE[] = HEAD "m=audio 42000 RTP/AVP 8\r\n";

static struct phone a, b;
static struct tenant all;
static struct call_summary last;

/* Nothing gets lost here: what a slow machine repeats would be taken for another offer. */
static void never_repeat(struct ua_config *config)
{
	config->t1_ms = 2000;
}

static int start(void **state)
{
	rig_configure = never_repeat;
	rig_start(NULL);
	rig_configure = NULL;
	phone_open(&b, false, false, rig.peer_port);
	phone_open(&a, false, false, 0);
	memset(&all, 0, sizeof(all));
	all.options.media_around = SIP_SWITCH_ON;
	rig.office->config.direct_after_ms = AFTER_MS;
	rig.ua->config.tenants = &all;
	rig.ua->config.tenants_count = 1;
	return 0;
}

static int stop(void **state)
{
	phone_close(&a);
	phone_close(&b);
	rig.ua->config.tenants_count = 0;
	rig_stop();
	return 0;
}

static void call_b(const char *number, const char *sdp_a, const char *sdp_b)
{
	static char invite[MESSAGE_MAX];

	a.to = number;
	phone_request(&a, "INVITE", sdp_a);
	phone_expect(&a, "SIP/2.0 100");
	snprintf(invite, sizeof(invite), "%s", phone_expect(&b, "INVITE"));
	snprintf(b.call_id, sizeof(b.call_id), "%s", header(invite, "Call-ID"));
	snprintf(b.local_tag, sizeof(b.local_tag), "b");
	snprintf(b.remote_tag, sizeof(b.remote_tag), "%s",
		 strstr(header(invite, "From"), ";tag=") + 5);
	phone_respond(&b, invite, "200 OK", "b", sdp_b);
	phone_expect(&b, "ACK");
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
}

/* The phone is told to send there, and answers. */
static void told(struct phone *phone, const char *where, const char *status, const char *sdp)
{
	static char invite[MESSAGE_MAX];

	snprintf(invite, sizeof(invite), "%s", phone_expect(phone, "INVITE"));
	if (!strstr(invite, where))
		fail_msg("not %s: %s", where, invite);
	phone_respond(phone, invite, status, NULL, sdp);
	phone_expect(phone, "ACK");
}

static bool take_summary(void *arg, const struct call_summary *summary)
{
	last = *summary;
	return true;
}

static bool is_direct(void *arg)
{
	last.media_direct = false;
	office_each_call(rig.office, take_summary, NULL);
	return last.media_direct == (arg != NULL);
}

static void both_are_told(void)
{
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "200 OK", SDP_B);
	assert_true(rig_wait(is_direct, &a, 20000));
}

static void hang_up(void)
{
	phone_request(&a, "BYE", NULL);
	phone_expect(&a, "SIP/2.0 200");
	phone_respond(&b, phone_expect(&b, "BYE"), "200 OK", NULL, NULL);
}

static void each_is_told_where_the_other_one_hears(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE);
	assert_int_equal(rig.media.closed, 0);
	assert_true(last.services & CALL_MEDIA_DIRECT);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	hang_up();
}

static void what_is_offered_is_what_both_use(void **state)
{
	static char invite[MESSAGE_MAX];

	call_b("7001", SDP_A, SDP_B);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&a, "INVITE"));
	assert_non_null(strstr(invite, "c=IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(invite, AT_B "RTP/AVP 8\r\n"));
	assert_non_null(strstr(invite, "a=sendrecv\r\n"));
	assert_null(strstr(invite, "a=rtcp"));
	phone_respond(&a, invite, "200 OK", NULL, SDP_A);
	phone_expect(&a, "ACK");
	told(&b, AT_A "RTP/AVP 8\r\n", "200 OK", SDP_B);
	hang_up();
}

static void rtcp_elsewhere_is_told(void **state)
{
	static const char sdp[] = HEAD AT_B "RTP/AVP 8\r\na=rtcp:41007\r\n";

	call_b("7001", SDP_A, sdp);
	told(&a, "a=rtcp:41007\r\n", "200 OK", SDP_A);
	told(&b, AT_A, "200 OK", sdp);
	assert_true(rig_wait(is_direct, &a, 20000));
	hang_up();
}

/* Nobody hears of it, and the call is as it was. */
static void what_does_not_fit_goes_through_the_gateway(void **state)
{
	static const struct {
		const char *why, *number, *sdp_a, *sdp_b;
		uint8_t around;
		const char *header;
	} rows[] = {
	    {"media flow-through", "7001", SDP_A, SDP_B, SIP_SWITCH_OFF},
	    {"nobody says so, and they are no telephones", "7001", SDP_A, SDP_B, SIP_SWITCH_UNSET},
	    {"two codecs", "7001", SDP_A, HEAD AT_B "RTP/AVP 0\r\n", SIP_SWITCH_ON},
	    {"two packet times", "7001", SDP_A, HEAD AT_B "RTP/AVP 8\r\na=ptime:30\r\n",
	     SIP_SWITCH_ON},
	    {"NAT", "7001", SDP_A,
	     "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n" AT_B
	     "RTP/AVP 8\r\n",
	     SIP_SWITCH_ON},
	    {"RTCP for somebody else", "7001", SDP_A,
	     HEAD AT_B "RTP/AVP 8\r\na=rtcp:53 IN IP4 127.0.0.9\r\n", SIP_SWITCH_ON},
	    {"events on one side", "7001", SDP_A,
	     HEAD AT_B "RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n", SIP_SWITCH_ON},
	    {"on hold from the start", "7001", SDP_A, HEAD AT_B "RTP/AVP 8\r\na=sendonly\r\n",
	     SIP_SWITCH_ON},
	    {"who calls is not to be known", "7001", SDP_A, SDP_B, SIP_SWITCH_ON,
	     "Privacy: id\r\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		all.options.media_around = rows[i].around;
		a.extra = rows[i].header;
		call_b(rows[i].number, rows[i].sdp_a, rows[i].sdp_b);
		phone_expect_nothing(&b, LONG_ENOUGH_MS);
		if (!is_direct(NULL))
			fail_msg("%s", rows[i].why);
		phone_expect_nothing(&a, 1);
		hang_up();
		phone_close(&a);
		phone_open(&a, false, false, 0);
	}
}

static void a_caller_who_refuses_is_not_asked_again(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "488 Not Acceptable Here", NULL);
	phone_expect_nothing(&b, 2 * LONG_ENOUGH_MS);
	phone_expect_nothing(&a, 1);
	assert_true(is_direct(NULL));
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	hang_up();
}

static void if_the_called_one_refuses_the_caller_comes_back(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "488 Not Acceptable Here", NULL);
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	phone_expect_nothing(&b, 2 * LONG_ENOUGH_MS);
	phone_expect_nothing(&a, 1);
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	hang_up();
}

/* 491 is no refusal: RFC 3261 14.1. */
static void crossing_offers_are_tried_again(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "491 Request Pending", NULL);
	both_are_told();
	hang_up();
}

static void hold_brings_it_back_and_retrieval_leads_around_again(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	phone_request(&a, "INVITE", SDP_A_HOLDS);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
	told(&b, AT_GATEWAY "RTP/AVP 8", "200 OK", SDP_B);
	phone_expect_nothing(&b, LONG_ENOUGH_MS); /* hold and return were one offer */
	assert_true(is_direct(NULL));
	phone_request(&a, "INVITE", SDP_A);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
	told(&b, "a=sendrecv", "200 OK", SDP_B);
	both_are_told();
	hang_up();
}

/* A hold that crosses our offer: what was to be told is not told after it. */
static void an_offer_that_has_grown_old_is_not_sent(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "491 Request Pending", NULL);
	phone_request(&a, "INVITE", SDP_A_HOLDS);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
	told(&b, "a=sendonly", "200 OK", SDP_B);
	for (;;) { /* a refresh may come */
		const char *text = phone_receive(&a, 2300);

		if (!*text)
			break;
		assert_null(strstr(text, AT_B));
		if (!strncmp(text, "INVITE", 6) || !strncmp(text, "UPDATE", 6))
			phone_respond(&a, text, "200 OK", NULL, SDP_A_HOLDS);
	}
	assert_true(is_direct(NULL));
	hang_up();
}

/* The same when it is the other one who holds. */
static void an_offer_that_the_other_one_made_old_is_not_sent(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "491 Request Pending", NULL);
	phone_request(&a, "INVITE", SDP_A_HOLDS);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
	phone_expect_nothing(&b, 1500); /* the wait is 2.1 to 4 s */
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	assert_true(is_direct(NULL));
	hang_up();
}

static void what_changes_nothing_leaves_it_as_it_is(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	phone_request(&a, "INVITE", SDP_A);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_B));
	phone_request(&a, "ACK", NULL);
	phone_expect_nothing(&b, LONG_ENOUGH_MS);
	assert_true(is_direct(&a));
	hang_up();
}

static void who_moves_is_told_to_the_other_by_way_of_the_gateway(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	phone_request(&a, "INVITE", SDP_A_ELSEWHERE);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY));
	phone_request(&a, "ACK", NULL);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	told(&a, AT_B, "200 OK", SDP_A_ELSEWHERE);
	told(&b, "m=audio 42000 ", "200 OK", SDP_B);
	assert_true(rig_wait(is_direct, &a, 20000));
	hang_up();
}

/* An answer that names another place than before is as good as the offer was. */
static void who_moves_while_he_is_asked_is_found(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A_ELSEWHERE);
	told(&b, "m=audio 42000 ", "200 OK", SDP_B);
	assert_true(rig_wait(is_direct, &a, 20000));
	hang_up();
}

static void digits_by_signalling_keep_it_in_the_gateway(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	a.body_type = "application/dtmf-relay";
	phone_request(&a, "INFO", "Signal=5\r\nDuration=100\r\n");
	a.body_type = NULL;
	phone_expect(&a, "SIP/2.0 200");
	assert_int_equal(rig.media.digit, '5');
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	hang_up();
}

/* Who will not come back is told again. */
static void a_return_that_is_refused_is_ordered_again(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	phone_request(&a, "INVITE", SDP_A_HOLDS);
	phone_expect(&a, "SIP/2.0 200");
	phone_request(&a, "ACK", NULL);
	told(&b, AT_GATEWAY, "488 Not Acceptable Here", NULL);
	assert_true(is_direct(NULL));
	rig_run(1000 * DIRECT_AGAIN_S - 500);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	hang_up();
}

static void a_call_may_end_while_one_is_asked(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	assert_non_null(strstr(phone_expect(&a, "INVITE"), AT_B));
	phone_request(&b, "BYE", NULL);
	phone_expect(&b, "SIP/2.0 200");
	for (;;) {
		const char *text = phone_expect(&a, "");

		if (strncmp(text, "BYE", 3))
			continue; /* the INVITE again */
		phone_respond(&a, text, "200 OK", NULL, NULL);
		break;
	}
	assert_int_equal(office_call_count(rig.office), 0);
}

/* One who answers what cannot be used may send anywhere: both are here again, and he is asked no more. */
static void an_answer_that_cannot_be_used_brings_it_back(void **state)
{
	static const struct {
		const char *why, *sdp;
	} rows[] = {
	    {"none", NULL},
	    {"another codec", HEAD AT_A "RTP/AVP 18\r\n"},
	    {"no stream", HEAD "m=audio 0 RTP/AVP 8\r\n"},
	    {"no description", "v=0\r\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_b("7001", SDP_A, SDP_B);
		told(&a, AT_B, "200 OK", rows[i].sdp);
		told(&a, AT_GATEWAY, "200 OK", SDP_A);
		phone_expect_nothing(&b, LONG_ENOUGH_MS);
		phone_expect_nothing(&a, 1);
		if (!is_direct(NULL) || rig.media.set.mode != (WIRE_SEND | WIRE_RECEIVE))
			fail_msg("%s", rows[i].why);
		hang_up();
		phone_close(&a);
		phone_open(&a, false, false, 0);
	}
}

static void the_called_ones_answer_may_be_no_use_either(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "200 OK", NULL);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	phone_expect_nothing(&b, LONG_ENOUGH_MS);
	phone_expect_nothing(&a, 1);
	hang_up();
}

/* Port or codec are others in each answer: one more try, no endless moving. */
static void answers_that_do_not_fit_are_asked_for_twice(void **state)
{
	static const char elsewhere[] = HEAD "m=audio 43000 RTP/AVP 8\r\n";

	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", HEAD AT_A "RTP/AVP 0\r\n");
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "200 OK", elsewhere);
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	told(&b, AT_GATEWAY, "200 OK", elsewhere);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	phone_expect_nothing(&b, 1);
	hang_up();
}

/* Their RTP, their Contact or their Via say that an address is not theirs. */
static void nat_that_sdp_does_not_show_is_seen(void **state)
{
	rig.media.strays = true;
	call_b("7001", SDP_A, SDP_B);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	hang_up();
	rig.media.strays = false;
	phone_close(&a);
	phone_open(&a, false, false, 0);
	a.contact = "Contact: <sip:me@127.0.0.9:5060>\r\n";
	call_b("7001", SDP_A, SDP_B);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	a.contact = NULL;
	hang_up();
	phone_close(&a);
	phone_open(&a, false, false, 0);
	a.via = "127.0.0.9:5060";
	call_b("7001", SDP_A, SDP_B);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	hang_up();
}

/* A telephone that only says 100: who has been told already comes back. */
static void who_does_not_answer_is_waited_for_so_long(void **state)
{
	static char invite[MESSAGE_MAX];

	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&b, "INVITE"));
	phone_respond(&b, invite, "100 Trying", NULL, NULL);
	phone_expect_nothing(&a, DIRECT_ANSWER_MS - 1000);
	rig_run(1000);
	told(&a, AT_GATEWAY, "200 OK", SDP_A);
	phone_respond(&b, invite, "200 OK", NULL, SDP_B);
	phone_expect(&b, "ACK");
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	phone_expect_nothing(&a, LONG_ENOUGH_MS);
	phone_expect_nothing(&b, 1);
	hang_up();
}

/* RFC 3261 14.2: busy with another INVITE. */
static void not_now_is_no_refusal(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	a.extra = "Retry-After: 0\r\n";
	told(&a, AT_B, "500 Server Internal Error", NULL);
	both_are_told();
	hang_up();
}

/* A leg that goes to another call has its own far end to bring back. */
static void who_will_not_come_back_is_told_in_his_next_call_too(void **state)
{
	static char invite[MESSAGE_MAX], text[128];

	all.options.refer = SIP_SWITCH_OFF; /* nobody is sent away */
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	snprintf(text, sizeof(text), "Refer-To: <sip:7002@127.0.0.1:%u>\r\n", rig.port);
	a.extra = text;
	phone_request(&a, "REFER", NULL);
	phone_expect(&a, "SIP/2.0 202");
	for (unsigned seen = 0; seen != 3;) { /* in any order */
		const char *message = phone_expect(&b, "INVITE");

		if (strstr(message, "INVITE sip:7002")) {
			snprintf(invite, sizeof(invite), "%s", message);
			seen |= 1;
			continue;
		}
		assert_non_null(strstr(message, AT_GATEWAY));
		phone_respond(&b, message, "488 Not Acceptable Here", NULL, NULL);
		phone_expect(&b, "ACK");
		seen |= 2;
	}
	phone_respond(&b, invite, "200 OK", "c", HEAD "m=audio 44000 RTP/AVP 8\r\n");
	phone_expect(&b, "ACK");
	rig_run(1000 * DIRECT_AGAIN_S - 1000);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	told(&b, "m=audio 44000 ", "200 OK", SDP_B); /* the caller now, to the new one */
	told(&b, AT_B, "200 OK", HEAD "m=audio 44000 RTP/AVP 8\r\n");
	assert_true(rig_wait(is_direct, &a, 20000));
}

/* It holds in its answer. */
static void an_answer_that_holds_brings_it_back(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A_HOLDS);
	told(&a, AT_GATEWAY, "200 OK", SDP_A_HOLDS);
	told(&b, "a=sendonly", "200 OK", SDP_B);
	assert_true(is_direct(NULL));
	hang_up();
}

/* Both ends have an offer under way, and refuse that of the other; each comes with his own later. */
static void offers_that_cross_are_both_refused(void **state)
{
	static char ours[MESSAGE_MAX];

	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	snprintf(ours, sizeof(ours), "%s", phone_expect(&b, "INVITE"));
	assert_non_null(strstr(ours, AT_A));
	phone_request(&b, "INVITE", SDP_B);
	phone_expect(&b, "SIP/2.0 491");
	phone_request(&b, "ACK", NULL);
	phone_respond(&b, ours, "491 Request Pending", NULL, NULL);
	phone_expect(&b, "ACK");
	b.refused = false;
	phone_request(&b, "INVITE", SDP_B); /* it is not ours that goes first: nothing has come */
	assert_non_null(strstr(phone_expect(&b, "SIP/2.0 200"), "m=audio"));
	phone_request(&b, "ACK", NULL);
	for (;;) { /* 2.1 to 4 s: the Call-ID is ours */
		const char *text = phone_receive(&b, 5000);

		if (strncmp(text, "SIP/2.0", 7) == 0)
			continue;
		assert_memory_equal(text, "INVITE", 6);
		assert_non_null(strstr(text, AT_A));
		phone_respond(&b, text, "200 OK", NULL, SDP_B);
		phone_expect(&b, "ACK");
		break;
	}
	assert_true(rig_wait(is_direct, &a, 20000));
	hang_up();
}

/* RFC 4028: what is said again is what was said last. */
static void a_session_is_refreshed_with_what_was_told(void **state)
{
	static const char *const timer = "Supported: timer\r\nSession-Expires: 3;refresher=uas\r\n";
	static const char *const kept = "Require: timer\r\nSession-Expires: 3;refresher=uac\r\n";

	all.options.min_se_s = 1;
	all.options.session_expires_s = 3;
	a.extra = timer;
	call_b("7001", SDP_A, SDP_B);
	for (int i = 0; i < 2; i++) {
		a.extra = kept;
		told(&a, AT_B, "200 OK", SDP_A);
		if (i == 0)
			told(&b, AT_A, "200 OK", SDP_B);
	}
	assert_true(is_direct(&a));
	phone_expect_nothing(&b, 50);
	hang_up();
}

/* An INVITE without a description asks for an offer, maybe for a third: that is not told where B is. */
static void who_asks_for_an_offer_gets_the_gateways(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	both_are_told();
	phone_request(&a, "INVITE", NULL);
	assert_non_null(strstr(phone_expect(&a, "SIP/2.0 200"), AT_GATEWAY "RTP/AVP 8 0"));
	phone_request(&a, "ACK", SDP_A_ELSEWHERE);
	told(&b, AT_GATEWAY, "200 OK", SDP_B);
	told(&a, AT_B, "200 OK", SDP_A_ELSEWHERE);
	told(&b, "m=audio 42000 ", "200 OK", SDP_B);
	assert_true(rig_wait(is_direct, &a, 20000));
	hang_up();
}

static void one_who_is_asked_may_hang_up(void **state)
{
	static char invite[MESSAGE_MAX];

	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&b, "INVITE"));
	phone_request(&b, "BYE", NULL);
	phone_expect(&b, "SIP/2.0 200");
	phone_respond(&b, invite, "487 Request Terminated", NULL, NULL);
	phone_respond(&a, phone_expect(&a, "BYE"), "200 OK", NULL, NULL);
	rig_run(20);
	assert_int_equal(office_call_count(rig.office), 0);
}

/* It has lost the call: RFC 3261 12.2.1.2. */
static void one_who_knows_no_call_ends_it(void **state)
{
	call_b("7001", SDP_A, SDP_B);
	told(&a, AT_B, "200 OK", SDP_A);
	told(&b, AT_A, "481 Call/Transaction Does Not Exist", NULL);
	phone_respond(&a, phone_expect(&a, "BYE"), "200 OK", NULL, NULL);
	phone_respond(&b, phone_expect(&b, "BYE"), "481 Call/Transaction Does Not Exist", NULL,
		      NULL);
	rig_run(20);
	assert_int_equal(office_call_count(rig.office), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_is_told_where_the_other_one_hears),
	    TEST(what_is_offered_is_what_both_use),
	    TEST(rtcp_elsewhere_is_told),
	    TEST(what_does_not_fit_goes_through_the_gateway),
	    TEST(a_caller_who_refuses_is_not_asked_again),
	    TEST(if_the_called_one_refuses_the_caller_comes_back),
	    TEST(crossing_offers_are_tried_again),
	    TEST(hold_brings_it_back_and_retrieval_leads_around_again),
	    TEST(an_offer_that_has_grown_old_is_not_sent),
	    TEST(an_offer_that_the_other_one_made_old_is_not_sent),
	    TEST(what_changes_nothing_leaves_it_as_it_is),
	    TEST(who_moves_is_told_to_the_other_by_way_of_the_gateway),
	    TEST(who_moves_while_he_is_asked_is_found),
	    TEST(digits_by_signalling_keep_it_in_the_gateway),
	    TEST(a_return_that_is_refused_is_ordered_again),
	    TEST(a_call_may_end_while_one_is_asked),
	    TEST(an_answer_that_cannot_be_used_brings_it_back),
	    TEST(the_called_ones_answer_may_be_no_use_either),
	    TEST(answers_that_do_not_fit_are_asked_for_twice),
	    TEST(nat_that_sdp_does_not_show_is_seen),
	    TEST(who_does_not_answer_is_waited_for_so_long),
	    TEST(not_now_is_no_refusal),
	    TEST(who_will_not_come_back_is_told_in_his_next_call_too),
	    TEST(an_answer_that_holds_brings_it_back),
	    TEST(offers_that_cross_are_both_refused),
	    TEST(a_session_is_refreshed_with_what_was_told),
	    TEST(who_asks_for_an_offer_gets_the_gateways),
	    TEST(one_who_is_asked_may_hang_up),
	    TEST(one_who_knows_no_call_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
