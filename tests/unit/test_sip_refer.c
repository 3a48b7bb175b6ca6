// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfer by REFER: X, who asks, is a telephone; A is the fake leg; B a telephone or the fake leg. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/line_state.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

static struct phone x, b, y;	 /* y: the second dialog of X, or another telephone */
static char invite[MESSAGE_MAX]; /* the one that came to B */

static const struct party connected = {.number = {.digits = "2001"}};

static int start(void **state)
{
	rig_start(NULL);
	phone_open(&b, false, false, rig.peer_port);
	phone_open(&x, false, false, 0);
	phone_open(&y, false, false, 0);
	return 0;
}

static int stop(void **state)
{
	phone_close(&x);
	phone_close(&y);
	phone_close(&b);
	rig_stop();
	return 0;
}

/* X calls A. */
static void x_is_up(void)
{
	phone_request(&x, "INVITE", SDP_ALAW);
	phone_expect(&x, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, &connected);
	phone_expect(&x, "SIP/2.0 200");
	phone_request(&x, "ACK", NULL);
	rig_run(10);
}

static void refer(const char *refer_to, const char *more)
{
	static char text[512];
	char to[256];
	const char *gateway = strstr(refer_to, "GATEWAY");

	snprintf(to, sizeof(to), "%s", refer_to);
	if (gateway)
		snprintf(to, sizeof(to), "%.*s127.0.0.1:%u%s", (int)(gateway - refer_to), refer_to,
			 rig.port, gateway + 7);
	snprintf(text, sizeof(text), "Refer-To: %s\r\n%s", to, more ? more : "");
	x.extra = text;
	phone_request(&x, "REFER", NULL);
}

/* NOTIFY with this status line; it is answered. */
static const char *expect_notify(const char *status, const char *state)
{
	static char message[MESSAGE_MAX];

	snprintf(message, sizeof(message), "%s", phone_expect(&x, "NOTIFY"));
	if (strncmp(body_of(message), status, strlen(status)) ||
	    strncmp(header(message, "Subscription-State"), state, strlen(state)))
		fail_msg("%s %s: %s", status, state, message);
	assert_string_equal(header(message, "Content-Type"), "message/sipfrag;version=2.0");
	phone_respond(&x, message, "200 OK", NULL, NULL);
	return message;
}

static void refer_accepted(const char *refer_to)
{
	refer(refer_to, "Referred-By: <sip:boss@example.com>\r\n");
	phone_expect(&x, "SIP/2.0 202");
	assert_string_equal(header(expect_notify("SIP/2.0 100", "active;expires="), "Event"),
			    "refer");
}

static void b_is_called(const char *number)
{
	char start[32];

	snprintf(start, sizeof(start), "INVITE sip:%s@", number);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&b, start));
}

static void expect_bye(struct phone *phone)
{
	phone_respond(phone, phone_expect(phone, "BYE"), "200 OK", NULL, NULL);
}

static void release_a(void)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	rig_event(CALL_EV_RELEASED, &cause);
}

static void the_party_is_connected_when_the_target_answers(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	assert_non_null(strstr(header(invite, "From"), "2001"));
	assert_string_equal(header(invite, "Referred-By"), "<sip:boss@example.com>");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	expect_notify("SIP/2.0 180", "active");
	assert_null(strstr(rig.fake.orders, "release"));
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 200", "terminated");
	expect_bye(&x);
	phone_expect_nothing(&x, 50);
	assert_null(strstr(rig.fake.orders, "release"));
	assert_int_equal(office_call_count(rig.office), 1);
	release_a();
	expect_bye(&b);
}

static void the_target_may_hang_up_later(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 200", "terminated");
	expect_bye(&x);
	snprintf(b.call_id, sizeof(b.call_id), "%s", header(invite, "Call-ID"));
	snprintf(b.local_tag, sizeof(b.local_tag), "b");
	snprintf(b.remote_tag, sizeof(b.remote_tag), "%s",
		 strstr(header(invite, "From"), ";tag=") + 5);
	phone_request(&b, "BYE", NULL);
	phone_expect(&b, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static bool one_leg_is_left(void *arg)
{
	return llist_count(&rig.ua->legs) == 1;
}

/* And hears how it goes: the subscription outlives the call in their dialog. */
static void the_one_who_asks_may_leave_at_once(void **state)
{
	static const char *const others[] = {"NOTIFY", "SUBSCRIBE", "INFO"};

	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	phone_request(&x, "BYE", NULL);
	phone_expect(&x, "SIP/2.0 200");
	x.extra = "Event: refer\r\nSubscription-State: active\r\n";
	for (size_t i = 0; i < 3; i++) {
		phone_request(&x, others[i], NULL);
		phone_expect(&x, "SIP/2.0 481");
	}
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	expect_notify("SIP/2.0 180", "active");
	assert_null(strstr(rig.fake.orders, "release"));
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	assert_non_null(
	    strstr(header(expect_notify("SIP/2.0 200", "terminated"), "Call-ID"), x.call_id));
	assert_null(strstr(rig.fake.orders, "release"));
	assert_true(rig_wait(one_leg_is_left, NULL, 20000));
	phone_request(&x, "NOTIFY", NULL);
	phone_expect(&x, "SIP/2.0 481");
	release_a();
	expect_bye(&b);
	phone_expect_nothing(&x, 20);
}

static void the_party_goes_if_nobody_is_left(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	phone_request(&x, "BYE", NULL);
	phone_expect(&x, "SIP/2.0 200");
	phone_respond(&b, invite, "486 Busy Here", "b", NULL);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 486", "terminated");
	assert_true(rig_ordered("release(17)"));
}

static void after_a_failure_the_two_go_on(void **state)
{
	x_is_up();
	for (unsigned i = 0; i < 2; i++) {
		refer("<sip:7001@GATEWAY>", NULL);
		phone_expect(&x, "SIP/2.0 202");
		expect_notify("SIP/2.0 100", "active");
		b_is_called("7001");
		phone_respond(&b, invite, "486 Busy Here", "b", NULL);
		phone_expect(&b, "ACK");
		assert_true(
		    !i ==
		    !strstr(header(expect_notify("SIP/2.0 486", "terminated"), "Event"), ";id="));
	}
	phone_expect_nothing(&x, 50);
	assert_null(strstr(rig.fake.orders, "release"));
	phone_request(&x, "BYE", NULL);
	phone_expect(&x, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void a_number_without_route_fails(void **state)
{
	x_is_up();
	refer_accepted("<sip:09999@GATEWAY>");
	expect_notify("SIP/2.0 404", "terminated");
	assert_null(strstr(rig.fake.orders, "release"));
}

static void the_target_is_given_up_when_the_party_leaves(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	expect_notify("SIP/2.0 180", "active");
	release_a();
	phone_respond(&b, phone_expect(&b, "CANCEL"), "200 OK", NULL, NULL);
	phone_respond(&b, invite, "487 Request Terminated", "b", NULL);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 487", "terminated");
	expect_bye(&x);
}

static void without_subscription_nothing_is_told(void **state)
{
	x_is_up();
	refer("<sip:7001@GATEWAY>", "Refer-Sub: false\r\nSupported: norefersub\r\n");
	assert_string_equal(header(phone_expect(&x, "SIP/2.0 202"), "Refer-Sub"), "false");
	b_is_called("7001");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_bye(&x);
}

static void a_refused_notify_ends_the_subscription(void **state)
{
	x_is_up();
	refer("<sip:7001@GATEWAY>", NULL);
	phone_expect(&x, "SIP/2.0 202");
	phone_respond(&x, phone_expect(&x, "NOTIFY"), "481 No Subscription", NULL, NULL);
	b_is_called("7001");
	rig_run(20);
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_bye(&x);
}

static void what_may_not_be_called_is_refused(void **state)
{
	static const struct {
		const char *refer_to, *status;
	} rows[] = {
	    {"<sip:7001@192.0.2.9>", "SIP/2.0 403"},
	    {"<sip:7001@example.com>", "SIP/2.0 403"},
	    {"<sip:bob@192.0.2.9>", "SIP/2.0 403"},
	    {"<sip:bob@GATEWAY>", "SIP/2.0 404"},
	    {"<mailto:bob@example.com>", "SIP/2.0 403"},
	    {"<sip:7001@GATEWAY;method=BYE>", "SIP/2.0 403"},
	    {"<http://127.0.0.1/7001>", "SIP/2.0 403"},
	};

	x_is_up();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		refer(rows[i].refer_to, NULL);
		phone_expect(&x, rows[i].status);
	}
	x.extra = NULL;
	phone_request(&x, "REFER", NULL);
	phone_expect(&x, "SIP/2.0 400");
	x.extra = "Refer-To: <sip:7001@127.0.0.1>\r\nRefer-To: <sip:7002@127.0.0.1>\r\n";
	phone_request(&x, "REFER", NULL);
	phone_expect(&x, "SIP/2.0 400");
	phone_expect_nothing(&b, 50);
}

static void one_transfer_at_a_time(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY>");
	b_is_called("7001");
	refer("<sip:7002@GATEWAY>", NULL);
	phone_expect(&x, "SIP/2.0 491");
	phone_respond(&b, invite, "404 Not Found", "b", NULL);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 404", "terminated");
}

/* ---- attended: Y is X's call to B */

static void y_rings_at_b(void)
{
	y.to = "7001";
	phone_request(&y, "INVITE", SDP_ALAW);
	phone_expect(&y, "SIP/2.0 100");
	b_is_called("7001");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	phone_expect(&y, "SIP/2.0 180");
}

static void y_is_up(void)
{
	y_rings_at_b();
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	phone_expect(&y, "SIP/2.0 200");
	phone_request(&y, "ACK", NULL);
	rig_run(10);
}

static const char *replaces(const struct phone *phone, bool in_uri)
{
	static char text[256];

	snprintf(text, sizeof(text),
		 in_uri ? "<sip:7001@GATEWAY?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>"
			: "Replaces: %s;to-tag=%s;from-tag=%s\r\n",
		 phone->call_id, phone->remote_tag, phone->local_tag);
	return text;
}

static void two_calls_become_one(void **state)
{
	const char *message;

	x_is_up();
	y_is_up();
	refer_accepted(replaces(&y, true));
	expect_notify("SIP/2.0 200", "terminated");
	expect_bye(&x);
	expect_bye(&y);
	assert_null(strstr(rig.fake.orders, "release"));
	assert_int_equal(office_call_count(rig.office), 1);
	assert_false(line_states_is_busy(rig.ua->line_states, "4420")); /* X and Y have gone */
	assert_true(line_states_is_busy(rig.ua->line_states, "2001"));
	assert_true(line_states_is_busy(rig.ua->line_states, "7001"));
	message = phone_expect(&b, "INVITE"); /* who is there now */
	assert_non_null(strstr(header(message, "P-Asserted-Identity"), "<sip:2001@"));
	phone_respond(&b, message, "200 OK", NULL, SDP_ALAW);
	phone_expect(&b, "ACK");
	phone_expect_nothing(&b, 30);
	release_a();
	expect_bye(&b);
}

static void a_ringing_target_is_waited_for(void **state)
{
	x_is_up();
	y_rings_at_b();
	refer_accepted(replaces(&y, true));
	expect_notify("SIP/2.0 200", "terminated");
	expect_bye(&x);
	phone_expect(&y, "SIP/2.0 487");
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	rig_run(20);
	assert_string_equal(rig.fake.orders, "");
	release_a();
	expect_bye(&b);
}

static void who_is_held_is_retrieved(void **state)
{
	x_is_up();
	phone_request(&x, "INVITE", SDP_HOLD);
	phone_expect(&x, "SIP/2.0 200");
	phone_request(&x, "ACK", NULL);
	assert_true(rig_ordered("hold"));
	y_is_up();
	refer_accepted(replaces(&y, true));
	expect_notify("SIP/2.0 200", "terminated");
	assert_true(rig_ordered("retrieve"));
}

/* The dialog is B's own with somebody else: B is called with it. */
static void a_dialog_of_others_is_replaced_there(void **state)
{
	x_is_up();
	refer_accepted("<sip:7001@GATEWAY?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>");
	b_is_called("7001");
	assert_string_equal(header(invite, "Replaces"), "a@b;to-tag=1;from-tag=2");
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 200", "terminated");
	expect_bye(&x);
}

static void a_call_is_not_joined_with_itself(void **state)
{
	x_is_up();
	refer(replaces(&x, true), NULL);
	phone_expect(&x, "SIP/2.0 400");
}

/* Y has nothing to do with the call but knows its dialog. */
static void a_refer_from_outside_needs_the_dialog(void **state)
{
	char lines[512];
	static const char *const notified[] = {"SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200"};

	x_is_up();
	y.extra = "Refer-To: <sip:7001@127.0.0.1>\r\n";
	phone_request(&y, "REFER", NULL);
	phone_expect(&y, "SIP/2.0 403");
	for (unsigned i = 0; i < 2; i++) {
		const char *far = i ? x.local_tag : "other", *near = x.remote_tag;

		y.remote_tag[0] = '\0';
		snprintf(lines, sizeof(lines),
			 "Refer-To: <sip:7001@127.0.0.1>\r\n"
			 "Target-Dialog: %s;local-tag=%s;remote-tag=%s\r\n",
			 x.call_id, near, far);
		y.extra = lines;
		phone_request(&y, "REFER", NULL);
		phone_expect(&y, i ? "SIP/2.0 202" : "SIP/2.0 403");
	}
	b_is_called("7001");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	for (unsigned i = 0; i < 3; i++) {
		char message[MESSAGE_MAX];

		snprintf(message, sizeof(message), "%s", phone_expect(&y, "NOTIFY sip:me@"));
		assert_memory_equal(body_of(message), notified[i], strlen(notified[i]));
		assert_string_equal(header(message, "Call-ID"), y.call_id);
		assert_non_null(strstr(header(message, "From"), y.remote_tag));
		phone_respond(&y, message, "200 OK", NULL, NULL);
	}
	expect_bye(&x);
	assert_null(strstr(rig.fake.orders, "release"));
}

/* ---- INVITE with Replaces: Y takes a call over */

static void take_over(const char *header_lines, const char *status)
{
	const char *message;

	phone_close(&y);
	phone_open(&y, false, false, 0);
	y.extra = header_lines;
	y.to = "anybody";
	phone_request(&y, "INVITE", SDP_ALAW);
	do {
		message = phone_receive(&y, 1000);
	} while (!strncmp(message, "SIP/2.0 100", 11));
	if (strncmp(message, status, strlen(status)))
		fail_msg("%s: %s", status, message);
	snprintf(y.remote_tag, sizeof(y.remote_tag), "%s",
		 strstr(header(message, "To"), ";tag=") + 5);
}

static void an_answered_call_is_taken_over(void **state)
{
	x_is_up();
	take_over(replaces(&x, false), "SIP/2.0 200");
	phone_request(&y, "ACK", NULL);
	expect_bye(&x);
	rig_run(10);
	assert_null(strstr(rig.fake.orders, "release"));
	release_a();
	expect_bye(&y);
}

/* A calls B; Y, who has heard of it, picks up. */
static void a_ringing_call_is_picked_up(void **state)
{
	static const struct party alice = {.number = {.digits = "4420"}};
	char text[256], from[128];

	rig_call("7001", &alice);
	b_is_called("7001");
	phone_respond(&b, invite, "180 Ringing", "b", NULL);
	assert_true(rig_ordered("alert"));
	snprintf(from, sizeof(from), "%s", strstr(header(invite, "From"), ";tag=") + 5);
	snprintf(text, sizeof(text), "Replaces: %s;to-tag=%s;from-tag=b;early-only\r\n",
		 header(invite, "Call-ID"), from);
	take_over(text, "SIP/2.0 200");
	phone_request(&y, "ACK", NULL);
	assert_true(rig_ordered("answer"));
	assert_non_null(strstr(header(phone_expect(&b, "CANCEL"), "Reason"), "SIP;cause=200"));
	rig_run(10);
	assert_null(strstr(rig.fake.orders, "release"));
	assert_false(line_states_is_busy(rig.ua->line_states, "7001"));
}

static void what_cannot_be_taken_over_is_refused(void **state)
{
	char text[300];

	take_over("Replaces: nobody@here;to-tag=1;from-tag=2\r\n", "SIP/2.0 481");
	take_over("Replaces: nobody@here;to-tag=1\r\n", "SIP/2.0 400");
	phone_request(&x, "INVITE", SDP_ALAW);
	phone_expect(&x, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	phone_expect(&x, "SIP/2.0 180");
	take_over(replaces(&x, false), "SIP/2.0 481"); /* it rings at A, not at X */
	rig_event(CALL_EV_ANSWER, &connected);
	phone_expect(&x, "SIP/2.0 200");
	phone_request(&x, "ACK", NULL);
	rig_run(10);
	snprintf(text, sizeof(text), "%s", replaces(&x, false));
	strcpy(text + strlen(text) - 2, ";early-only\r\n");
	take_over(text, "SIP/2.0 486");
	snprintf(text, sizeof(text), "%s", replaces(&x, false));
	strcat(text, replaces(&x, false));
	take_over(text, "SIP/2.0 400");
	assert_string_equal(rig.fake.orders, "");
}

/* ---- REFER that we send: X and B are at one neighbour */

static char from_us[MESSAGE_MAX]; /* the REFER */

/* B's telephone, in the dialog of the INVITE that came to it. */
static void b_is_in(const char *came, const char *tag)
{
	snprintf(b.call_id, sizeof(b.call_id), "%s", header(came, "Call-ID"));
	snprintf(b.local_tag, sizeof(b.local_tag), "%s", tag);
	snprintf(b.remote_tag, sizeof(b.remote_tag), "%s",
		 strstr(header(came, "From"), ";tag=") + 5);
}

static void tell_us(const char *status, const char *state)
{
	static char lines[128];

	snprintf(lines, sizeof(lines), "Event: refer\r\nSubscription-State: %s\r\n", state);
	b.extra = lines;
	b.body_type = "message/sipfrag";
	phone_request(&b, "NOTIFY", status);
	phone_expect(&b, "SIP/2.0 200");
}

static void x_talks_to_b(void)
{
	x.to = "7001";
	phone_request(&x, "INVITE", SDP_ALAW);
	phone_expect(&x, "SIP/2.0 100");
	b_is_called("7001");
	phone_respond(&b, invite, "200 OK", "b", SDP_ALAW);
	phone_expect(&b, "ACK");
	phone_expect(&x, "SIP/2.0 200");
	phone_request(&x, "ACK", NULL);
	rig_run(10);
	b_is_in(invite, "b");
}

static void we_are_told_to_leave(void)
{
	char uri[128];

	assert_int_equal(office_transfer_calls(rig.office, 1, 0), 0);
	snprintf(from_us, sizeof(from_us), "%s", phone_expect(&b, "REFER sip:me@"));
	snprintf(uri, sizeof(uri), "<sip:me@127.0.0.1:%u;transport=UDP?Replaces=%s%%3B", x.port,
		 x.call_id);
	assert_memory_equal(header(from_us, "Refer-To"), uri, strlen(uri));
	assert_non_null(strstr(header(from_us, "Refer-To"), x.local_tag));
	assert_int_equal(office_transfer_calls(rig.office, 1, 0), -EBUSY);
}

static void we_leave_the_middle(void **state)
{
	x_talks_to_b();
	we_are_told_to_leave();
	phone_respond(&b, from_us, "202 Accepted", NULL, NULL);
	tell_us("SIP/2.0 100 Trying\r\n", "active;expires=60");
	tell_us("SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	expect_bye(&b);
	expect_bye(&x);
}

static void we_stay_if_the_neighbour_will_not(void **state)
{
	x_talks_to_b();
	we_are_told_to_leave();
	phone_respond(&b, from_us, "405 Method Not Allowed", NULL, NULL);
	rig_run(20);
	we_are_told_to_leave();
	phone_respond(&b, from_us, "202 Accepted", NULL, NULL);
	tell_us("SIP/2.0 603 Decline\r\n", "terminated;reason=noresource");
	we_are_told_to_leave();
	phone_respond(&b, from_us, "202 Accepted", NULL, NULL);
	phone_request(&x, "BYE", NULL); /* his dialog was replaced */
	phone_expect(&x, "SIP/2.0 200");
	expect_bye(&b);
}

static void we_leave_after_a_transfer_at_one_neighbour(void **state)
{
	char second[MESSAGE_MAX];

	x_talks_to_b();
	refer_accepted("<sip:7002@GATEWAY>");
	b_is_called("7002");
	phone_respond(&b, invite, "200 OK", "c", SDP_ALAW);
	phone_expect(&b, "ACK");
	expect_notify("SIP/2.0 200", "terminated");
	snprintf(second, sizeof(second), "%s", phone_expect(&b, "REFER"));
	assert_string_equal(header(second, "Call-ID"), header(invite, "Call-ID"));
	assert_non_null(strstr(header(second, "Refer-To"), b.call_id));
	phone_respond(&b, second, "501 Not Implemented", NULL, NULL);
	expect_bye(&x);
	phone_expect_nothing(&b, 30); /* they go on through us */
	assert_int_equal(office_call_count(rig.office), 1);
}

static void a_notify_without_refer_is_481(void **state)
{
	x_is_up();
	x.extra = "Event: refer\r\nSubscription-State: terminated\r\n";
	phone_request(&x, "NOTIFY", NULL);
	phone_expect(&x, "SIP/2.0 481");
	x.extra = "Event: presence\r\nSubscription-State: active\r\n";
	phone_request(&x, "NOTIFY", NULL);
	phone_expect(&x, "SIP/2.0 489");
}

#define TEST(f)                                                                                    \
	{                                                                                          \
#f, f, start, stop, NULL                                                           \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(the_party_is_connected_when_the_target_answers),
	    TEST(the_target_may_hang_up_later),
	    TEST(the_one_who_asks_may_leave_at_once),
	    TEST(the_party_goes_if_nobody_is_left),
	    TEST(after_a_failure_the_two_go_on),
	    TEST(a_number_without_route_fails),
	    TEST(the_target_is_given_up_when_the_party_leaves),
	    TEST(without_subscription_nothing_is_told),
	    TEST(a_refused_notify_ends_the_subscription),
	    TEST(what_may_not_be_called_is_refused),
	    TEST(one_transfer_at_a_time),
	    TEST(two_calls_become_one),
	    TEST(a_ringing_target_is_waited_for),
	    TEST(who_is_held_is_retrieved),
	    TEST(a_dialog_of_others_is_replaced_there),
	    TEST(a_call_is_not_joined_with_itself),
	    TEST(a_refer_from_outside_needs_the_dialog),
	    TEST(an_answered_call_is_taken_over),
	    TEST(a_ringing_call_is_picked_up),
	    TEST(what_cannot_be_taken_over_is_refused),
	    TEST(we_leave_the_middle),
	    TEST(we_stay_if_the_neighbour_will_not),
	    TEST(we_leave_after_a_transfer_at_one_neighbour),
	    TEST(a_notify_without_refer_is_481),
	};

	return cmocka_run_group_tests_name("test_sip_refer", tests, NULL, NULL);
}
