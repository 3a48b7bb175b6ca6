// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that come in by SIP: a real user agent and office, a telephone of raw sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/sip_one_phone.h"

static int start_tcp6(void **state)
{
	rig_start(NULL);
	phone_open(&phone, true, true, 0);
	return 0;
}

static const struct party connected = {
    .number = {.digits = "2001"},
};

/* INVITE to 200 and ACK. */
static void hang_up(void)
{
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void a_call_rings_is_answered_and_ended_by_the_caller(void **state)
{
	static const struct progress progress = {.indicator = 8, .inband = true};
	const char *message;
	char contact[64];

	phone_request(&phone, "INVITE", phone.v6 ? SDP_ALAW6 : SDP_ALAW);
	message = phone_expect(&phone, "SIP/2.0 100 Trying");
	assert_string_equal(header(message, "Server"), "sipspan/test");
	assert_int_equal(rig.made, 1);
	assert_string_equal(rig.fake.request.setup.called.digits, "2001");
	assert_string_equal(rig.fake.request.setup.calling.number.digits, "4420");
	assert_string_equal(rig.fake.request.setup.calling.name, "Alice");
	assert_int_equal(rig.fake.request.prefer, PEER_CODEC_G711ALAW);
	rig_event(CALL_EV_PROCEEDING, NULL);
	rig_event(CALL_EV_ALERT, &progress);
	message = phone_expect(&phone, "SIP/2.0 180 Ringing");
	assert_non_null(strstr(body_of(message), "m=audio 30000 RTP/AVP 8"));
	rig_event(CALL_EV_ANSWER, &connected);
	message = phone_expect(&phone, "SIP/2.0 200 OK");
	snprintf(contact, sizeof(contact), phone.v6 ? "sip:[::1]:%u" : "sip:127.0.0.1:%u",
		 rig.port);
	assert_non_null(strstr(header(message, "Contact"), contact));
	assert_true(!strstr(header(message, "Contact"), "transport=tcp") == !phone.tcp);
	assert_non_null(strstr(header(message, "P-Asserted-Identity"), "<sip:2001@"));
	assert_non_null(strstr(header(message, "Allow"), "INVITE"));
	phone_request(&phone, "ACK", NULL);
	rig_run(30);
	hang_up();
	phone_expect_nothing(&phone, 100);
}

static void says_where_a_call_comes_from(void **state)
{
	const struct call_origin *origin = &rig.fake.request.setup.origin;
	char text[128];

	phone.to = "2001;tgrp=out;trunk-context=x";
	phone.contact = "Contact: <sip:me;tgrp=tg1;trunk-context=a@127.0.0.1>\r\n";
	phone.extra = "Diversion: \"A, B\" <sip:+442079460022@pbx.example?a=b>;reason=no-answer, "
		      "<sip:1@x>\r\nReferred-By: <sip:op@desk.example>\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(rig.fake.request.setup.called.digits, "2001");
	assert_non_null(strstr(origin->uris[PEER_URI_REQUEST], "sip:2001;tgrp=out"));
	assert_non_null(strstr(origin->uris[PEER_URI_TO], "sip:2001"));
	assert_non_null(strstr(origin->uris[PEER_URI_FROM], "sip:4420@"));
	assert_string_equal(origin->uris[PEER_URI_DIVERSION], "sip:+442079460022@pbx.example");
	assert_string_equal(origin->uris[PEER_URI_REFERRED_BY], "sip:op@desk.example");
	snprintf(text, sizeof(text), "sip:127.0.0.1:%u", phone.port);
	assert_string_equal(origin->uris[PEER_URI_VIA], text);
	assert_string_equal(origin->carrier, "tg1");
	assert_int_equal(origin->source_family, 4);
	assert_memory_equal(origin->source, "\x7f\0\0\1", 4);
	assert_string_equal(rig.fake.request.setup.redirection.from.number.digits, "442079460022");
	assert_string_equal(rig.fake.request.setup.redirection.original.number.digits, "1");
	assert_int_equal(rig.fake.request.setup.redirection.count, 2);
	assert_int_equal(rig.fake.request.setup.redirection.reason, REDIRECTION_NO_REPLY);
	phone_request(&phone, "CANCEL", NULL);
	assert_true(rig_ordered("release(16)"));
}

/* In the call record; a name that the neighbour gives itself is for dial peers only. */
static void names_the_neighbour_by_its_address(void **state)
{
	struct call_summary summary;
	char text[64];

	phone.via = "bank.example:5060";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(rig.fake.request.setup.origin.uris[PEER_URI_VIA],
			    "sip:bank.example:5060");
	snprintf(text, sizeof(text), "sip:127.0.0.1:%u", phone.port);
	assert_int_equal(office_call_summary(rig.office, 1, &summary), 0);
	assert_string_equal(summary.source, text);
	phone_request(&phone, "CANCEL", NULL);
	assert_true(rig_ordered("release(16)"));
}

static void the_other_side_ends_the_call_with_its_cause(void **state)
{
	struct cause cause = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	const char *message;

	phone_establish(SDP_ALAW, &connected);
	rig_run(20);
	rig_event(CALL_EV_RELEASED, &cause);
	message = phone_expect(&phone, "BYE sip:me@127.0.0.1");
	assert_non_null(strstr(header(message, "Reason"), "Q.850;cause=17"));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 3 * RIG_T1_MS);
}

static void bye_waits_for_the_ack(void **state)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	rig_event(CALL_EV_RELEASED, &cause);
	phone.hears_repeats = true;
	phone_expect(&phone, "SIP/2.0 200"); /* repeated: not BYE */
	phone.hears_repeats = false;
	phone_request(&phone, "ACK", NULL);
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
}

/* Expires of the INVITE. */
static void a_call_that_is_not_answered_in_time_is_487(void **state)
{
	phone.extra = "Expires: 0\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	phone_expect(&phone, "SIP/2.0 487");
	phone.extra = NULL;
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("release(16)"));
}

static void a_call_that_is_answered_in_time_stays(void **state)
{
	phone.extra = "Expires: 1\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone.extra = NULL;
	phone_request(&phone, "ACK", NULL);
	phone_expect_nothing(&phone, 1100);
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
}

static void a_2xx_that_nobody_acknowledges_ends_with_bye(void **state)
{
	const char *message;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	do {
		message = phone_receive(&phone, 100 * RIG_T1_MS);
	} while (!strncmp(message, "SIP/2.0 200", 11));
	assert_memory_equal(message, "BYE ", 4);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	assert_true(rig_ordered("release(102)"));
}

static void failures_before_answer_become_final_answers_with_reason(void **state)
{
	static const struct {
		unsigned cause;
		const char *status, *reason;
	} rows[] = {
	    {17, "SIP/2.0 486 Busy Here", "Q.850;cause=17"},
	    {1, "SIP/2.0 404", "Q.850;cause=1;"},
	    {16, "SIP/2.0 480", "Q.850;cause=16"},
	    {28, "SIP/2.0 484", "Q.850;cause=28"},
	};
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct cause cause =
		    cause_q850(rows[i].cause, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
		const char *message;

		phone.remote_tag[0] = '\0';
		snprintf(phone.call_id, sizeof(phone.call_id), "failure-%u", i);
		phone_request(&phone, "INVITE", SDP_ALAW);
		phone_expect(&phone, "SIP/2.0 100");
		rig_event(CALL_EV_RELEASED, &cause);
		message = phone_expect(&phone, rows[i].status);
		assert_non_null(strstr(header(message, "Reason"), rows[i].reason));
		phone_request(&phone, "ACK", NULL);
	}
}

static void cancel_gets_200_and_the_invite_487(void **state)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	phone.extra = "Reason: Q.850;cause=26;text=\"x\"\r\n";
	phone_request(&phone, "CANCEL", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_expect(&phone, "SIP/2.0 487");
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("release(26)"));
}

static void a_repeated_invite_gets_the_same_answer_and_one_call(void **state)
{
	char invite[MESSAGE_MAX], first[64];

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	snprintf(first, sizeof(first), "%s", header(phone_expect(&phone, "SIP/2.0 180"), "To"));
	snprintf(invite, sizeof(invite),
		 "INVITE sip:2001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		 "127.0.0.1:%u;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: \"Alice\" "
		 "<sip:4420@127.0.0.1>;tag=%s\r\nTo: <sip:2001@127.0.0.1>\r\nCall-ID: %s\r\n"
		 "CSeq: 1 INVITE\r\nContact: <sip:me@127.0.0.1>\r\nContent-Length: 0\r\n\r\n",
		 phone.port, phone.invite_branch, phone.local_tag, phone.call_id);
	phone_send(&phone, invite);
	assert_string_equal(header(phone_expect(&phone, "SIP/2.0 180"), "To"), first);
	assert_int_equal(rig.made, 1);
}

static void a_bye_before_the_ack_ends_the_call_and_the_2xx(void **state)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
	phone_request(&phone, "ACK", NULL);
	rig_run(5 * RIG_T1_MS);
	while (phone.count) /* a 2xx that was under way */
		phone_expect(&phone, "SIP/2.0 200");
	phone_expect_nothing(&phone, 5 * RIG_T1_MS);
}

static void a_cancel_that_crosses_the_2xx_changes_nothing(void **state)
{
	char tag[sizeof(phone.remote_tag)];

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	snprintf(tag, sizeof(tag), "%s", phone.remote_tag);
	phone_request(&phone, "CANCEL", NULL);
	assert_non_null(strstr(header(phone_expect(&phone, "SIP/2.0 481"), "CSeq"), "CANCEL"));
	snprintf(phone.remote_tag, sizeof(phone.remote_tag), "%s", tag);
	phone_request(&phone, "ACK", NULL);
	rig_run(3 * RIG_T1_MS);
	assert_null(strstr(rig.fake.orders, "release"));
	hang_up();
}

/* Behind NAT, Via names an address of the telephone's own network. */
static void responses_go_to_where_the_request_came_from(void **state)
{
	char text[1024], port[32];
	const char *via;

	snprintf(text, sizeof(text),
		 "OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 10.255.0.1:5070;branch=z9hG4bKnat;rport\r\n"
		 "Max-Forwards: 70\r\nFrom: <sip:1@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: nat\r\n"
		 "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
	phone_send(&phone, text);
	via = header(phone_expect(&phone, "SIP/2.0 200"), "Via");
	snprintf(port, sizeof(port), "rport=%u", phone.port);
	assert_non_null(strstr(via, port));
	assert_non_null(strstr(via, "received=127.0.0.1"));
}

static void privacy_and_asserted_identity_reach_the_call(void **state)
{
	phone.extra = "P-Asserted-Identity: <sip:+44207@h>\r\nPrivacy: id\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(rig.fake.request.setup.calling.number.digits, "44207");
	assert_int_equal(rig.fake.request.setup.calling.number.ton, TON_INTERNATIONAL);
	assert_int_equal(rig.fake.request.setup.calling.presentation, PRESENTATION_RESTRICTED);
}

static void a_number_without_route_is_refused(void **state)
{
	phone.to = "0001";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	phone_expect(&phone, "SIP/2.0 404");
}

static void the_ladder_names_the_messages(void **state)
{
	struct call_summary summary;
	char all[512] = "";
	unsigned i;

	phone_establish(SDP_ALAW, &connected);
	rig_run(20);
	hang_up();
	rig_run(20);
	assert_int_equal(office_call_summary(rig.office, 1, &summary), 0);
	assert_string_equal(summary.name, phone.call_id);
	for (i = 0; i < summary.trace_count; i++) {
		strcat(all, summary.trace[i].text);
		strcat(all, "|");
	}
	assert_non_null(strstr(all, "200 OK (INVITE)|ACK|BYE|200 OK (BYE)|"));
	assert_non_null(strstr(all, "INVITE|"));
	assert_int_equal(summary.leg[0].packets_sent, 50);
	assert_string_equal(summary.leg[0].codec, "g711alaw");
	assert_memory_equal(summary.leg[0].remote, "127.0.0.1:", 10);
}

#define WITH(setup, f)                                                                             \
	{                                                                                          \
#f " (" #setup ")", f, setup, phone_stop, NULL                                     \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH(phone_start, a_call_rings_is_answered_and_ended_by_the_caller),
	    WITH(phone_start, says_where_a_call_comes_from),
	    WITH(phone_start, names_the_neighbour_by_its_address),
	    WITH(phone_start_tcp, a_call_rings_is_answered_and_ended_by_the_caller),
	    WITH(start_tcp6, a_call_rings_is_answered_and_ended_by_the_caller),
	    WITH(phone_start, the_other_side_ends_the_call_with_its_cause),
	    WITH(phone_start_tcp, the_other_side_ends_the_call_with_its_cause),
	    WITH(phone_start, bye_waits_for_the_ack),
	    WITH(phone_start, a_call_that_is_not_answered_in_time_is_487),
	    WITH(phone_start, a_call_that_is_answered_in_time_stays),
	    WITH(phone_start, a_2xx_that_nobody_acknowledges_ends_with_bye),
	    WITH(phone_start, failures_before_answer_become_final_answers_with_reason),
	    WITH(phone_start, cancel_gets_200_and_the_invite_487),
	    WITH(phone_start_tcp, cancel_gets_200_and_the_invite_487),
	    WITH(phone_start, a_repeated_invite_gets_the_same_answer_and_one_call),
	    WITH(phone_start, a_bye_before_the_ack_ends_the_call_and_the_2xx),
	    WITH(phone_start_tcp, a_bye_before_the_ack_ends_the_call_and_the_2xx),
	    WITH(phone_start, a_cancel_that_crosses_the_2xx_changes_nothing),
	    WITH(phone_start, responses_go_to_where_the_request_came_from),
	    WITH(phone_start, privacy_and_asserted_identity_reach_the_call),
	    WITH(phone_start, a_number_without_route_is_refused),
	    WITH(phone_start, the_ladder_names_the_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
