// SPDX-License-Identifier: GPL-2.0-or-later
/* Offers after the first: re-INVITE and UPDATE, ours and theirs, and those that cross. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/dialog_private.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX];

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};
static const struct progress tones = {.indicator = 8, .inband = true};

static const char SDP_RECVONLY[] =
    "v=0\r\no=- 1 3 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=recvonly\r\n";

static struct dialog *the_dialog(void)
{
	assert_false(llist_empty(&rig.ua->dialogs));
	return llist_first_entry(&rig.ua->dialogs, struct dialog, entry);
}

/* The far end called. */
static void establish(void)
{
	phone.extra = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";
	phone_establish(SDP_ALAW, NULL);
	rig_run(20);
}

/* The phone takes its place in the dialog of an INVITE of ours. */
static void take_dialog(const char *tag)
{
	osmo_strlcpy(phone.call_id, header(invite, "Call-ID"), sizeof(phone.call_id));
	snprintf(phone.local_tag, sizeof(phone.local_tag), "%s", tag);
	osmo_strlcpy(phone.remote_tag, strstr(header(invite, "From"), ";tag=") + 5,
		     sizeof(phone.remote_tag));
}

static void call_and_take_invite(void)
{
	rig_call("7001", &alice);
	osmo_strlcpy(invite, phone_expect(&phone, "INVITE sip:"), sizeof(invite));
}

/* We called. */
static void establish_out(void)
{
	call_and_take_invite();
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	take_dialog("a");
}

/* A request of ours; it must carry that direction. In a buffer of its own. */
static const char *expect_offer(const char *method, const char *direction)
{
	static char copy[MESSAGE_MAX];

	osmo_strlcpy(copy, phone_expect(&phone, method), sizeof(copy));
	if (!strstr(body_of(copy), direction))
		fail_msg("no %s in %s", direction, copy);
	return copy;
}

static void accept_offer(const char *request, const char *sdp)
{
	phone_respond(&phone, request, "200 OK", NULL, sdp);
	phone_expect(&phone, "ACK");
}

static bool media_is(void *mode)
{
	return rig.media.set.mode == *(uint32_t *)mode;
}

static void expect_media(uint32_t mode)
{
	assert_true(rig_wait(media_is, &mode, 20000));
}

/* ---- hold of the other leg */

static void hold_of_the_other_side_is_offered(void **state)
{
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE sip:me@", "a=sendonly");
	assert_non_null(strstr(body_of(request), "RTP/AVP 8 0 101\r\n"));
	assert_non_null(strstr(header(request, "Contact"), "sip:"));
	accept_offer(request, SDP_RECVONLY);
	expect_media(WIRE_SEND); /* the held one hears what the holder sends */
	assert_null(strstr(rig.fake.orders, "hold"));
	rig_event(CALL_EV_RETRIEVE, NULL);
	accept_offer(expect_offer("INVITE", "a=sendrecv"), SDP_ALAW);
	expect_media(WIRE_SEND | WIRE_RECEIVE);
	phone_expect_nothing(&phone, 50);
}

static void hold_that_ends_at_once_is_offered_again(void **state)
{
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	rig_event(CALL_EV_RETRIEVE, NULL); /* while the first offer is out */
	request = expect_offer("INVITE", "a=sendonly");
	accept_offer(request, SDP_RECVONLY);
	accept_offer(expect_offer("INVITE", "a=sendrecv"), SDP_ALAW);
	expect_media(WIRE_SEND | WIRE_RECEIVE);
}

static void a_refused_offer_leaves_the_session_as_it_was(void **state)
{
	establish();
	rig_event(CALL_EV_HOLD, NULL);
	phone_respond(&phone, expect_offer("INVITE", "a=sendonly"), "488 Not Acceptable Here", NULL,
		      NULL);
	phone_expect(&phone, "ACK");
	phone_expect_nothing(&phone, 50);
	phone_request(&phone, "INVITE", SDP_ALAW);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "a=sendrecv"));
	phone_request(&phone, "ACK", NULL);
	expect_media(WIRE_SEND | WIRE_RECEIVE);
	assert_false(rig.fake.released);
}

/* Both hold, and let go one after the other. */
static void both_sides_may_hold(void **state)
{
	static const char inactive[] = "v=0\r\no=- 1 4 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\n"
				       "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=inactive\r\n";
	const char *answer;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	accept_offer(expect_offer("INVITE", "a=sendonly"), SDP_RECVONLY);
	phone_request(&phone, "INVITE", SDP_HOLD);
	answer = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(answer), "a=inactive"));
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("hold"));
	rig_event(CALL_EV_RETRIEVE, NULL);
	accept_offer(expect_offer("INVITE", "a=sendrecv"), SDP_HOLD);
	expect_media(WIRE_RECEIVE);
	phone_request(&phone, "INVITE", inactive);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "a=inactive"));
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", SDP_ALAW);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "a=sendrecv"));
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("retrieve"));
}

/* ---- crossing */

/* RFC 3261 14.1: 0 to 2 s for the end that did not choose the Call-ID, else 2.1 to 4 s. */
static void glare_is_tried_again(unsigned least_ms, unsigned most_ms)
{
	const char *request, *again;
	char first[32];

	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE", "a=sendonly");
	osmo_strlcpy(first, header(request, "CSeq"), sizeof(first));
	phone_request(&phone, "INVITE", SDP_HOLD); /* theirs crosses */
	phone_expect(&phone, "SIP/2.0 491");
	phone_request(&phone, "ACK", NULL);
	phone_respond(&phone, request, "491 Request Pending", NULL, NULL);
	phone_expect(&phone, "ACK");
	if (least_ms)
		phone_expect_nothing(&phone, least_ms);
	again = phone_receive(&phone, most_ms - least_ms + 300);
	assert_memory_equal(again, "INVITE", 6);
	assert_string_not_equal(header(again, "CSeq"), first);
	osmo_strlcpy(invite, again, sizeof(invite));
	accept_offer(invite, SDP_RECVONLY);
	expect_media(WIRE_SEND);
}

static void glare_of_an_incoming_call_is_tried_again_soon(void **state)
{
	establish();
	glare_is_tried_again(0, 2000);
}

static void glare_of_an_outgoing_call_is_tried_again_late(void **state)
{
	establish_out();
	glare_is_tried_again(2050, 4000);
}

static void a_500_with_retry_after_is_tried_again(void **state)
{
	establish();
	rig_event(CALL_EV_HOLD, NULL);
	phone.extra = "Retry-After: 1\r\n";
	phone_respond(&phone, expect_offer("INVITE", "a=sendonly"), "500 Busy", NULL, NULL);
	phone_expect(&phone, "ACK");
	phone_expect_nothing(&phone, 900);
	accept_offer(expect_offer("INVITE", "a=sendonly"), SDP_RECVONLY);
}

static void an_update_that_crosses_our_offer_gets_491(void **state)
{
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE", "a=sendonly");
	phone_request(&phone, "UPDATE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 491");
	phone_request(&phone, "UPDATE", NULL); /* no offer in it */
	phone_expect(&phone, "SIP/2.0 200");
	accept_offer(request, SDP_RECVONLY);
}

static void bye_crosses_our_offer(void **state)
{
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE", "a=sendonly");
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
	phone_respond(&phone, request, "487 Request Terminated", NULL, NULL);
	rig_run(30);
}

/* The answer comes when we have hung up: it still needs its ACK. */
static void our_bye_crosses_the_answer(void **state)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE", "a=sendonly");
	rig_event(CALL_EV_RELEASED, &cause);
	phone_expect(&phone, "BYE");
	phone_respond(&phone, request, "200 OK", NULL, SDP_RECVONLY);
	phone_expect(&phone, "ACK");
}

static void a_reinvite_that_crosses_our_bye_gets_481(void **state)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	establish();
	rig_event(CALL_EV_RELEASED, &cause);
	phone_expect(&phone, "BYE");
	phone_request(&phone, "INVITE", SDP_HOLD);
	phone_expect(&phone, "SIP/2.0 481");
	phone_request(&phone, "ACK", NULL);
}

/* ---- answers */

static void a_lost_dialog_is_ended(void **state)
{
	establish();
	rig_event(CALL_EV_HOLD, NULL);
	phone_respond(&phone, expect_offer("INVITE", "a=sendonly"), "481 No", NULL, NULL);
	phone_expect(&phone, "ACK");
	phone_expect(&phone, "BYE");
	assert_true(rig_ordered("release(102)"));
}

static void a_far_end_that_does_not_answer_is_lost(void **state)
{
	const char *message;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	expect_offer("INVITE", "a=sendonly");
	do {
		message = phone_receive(&phone, 64 * RIG_T1_MS + 2000);
	} while (!strncmp(message, "INVITE", 6));
	assert_memory_equal(message, "BYE", 3);
	assert_true(rig_ordered("release(102)"));
}

static void a_repeated_2xx_gets_another_ack(void **state)
{
	const char *request;

	establish();
	rig_event(CALL_EV_HOLD, NULL);
	request = expect_offer("INVITE", "a=sendonly");
	accept_offer(request, SDP_RECVONLY);
	phone.hears_repeats = true;
	accept_offer(request, SDP_RECVONLY);
}

static void a_2xx_may_move_the_target(void **state)
{
	char contact[80];

	establish();
	snprintf(contact, sizeof(contact), "Contact: <sip:moved@127.0.0.1:%u>\r\n", phone.port);
	rig_event(CALL_EV_HOLD, NULL);
	phone.contact = contact;
	phone_respond(&phone, expect_offer("INVITE sip:me@", "a=sendonly"), "200 OK", NULL,
		      SDP_RECVONLY);
	phone_expect(&phone, "ACK sip:moved@");
	rig_event(CALL_EV_RETRIEVE, NULL);
	accept_offer(expect_offer("INVITE sip:moved@", "a=sendrecv"), SDP_ALAW);
	phone.contact = NULL;
}

static void a_2xx_with_an_unusable_contact_ends_the_call(void **state)
{
	establish();
	rig_event(CALL_EV_HOLD, NULL);
	phone.contact = "Contact: <tel:+4420>\r\n";
	phone_respond(&phone, expect_offer("INVITE", "a=sendonly"), "200 OK", NULL, SDP_RECVONLY);
	phone.contact = NULL;
	phone_expect(&phone, "ACK sip:me@");
	phone_expect(&phone, "BYE sip:me@");
	assert_true(rig_ordered("release(102)"));
}

/* ---- early, by UPDATE */

static void prack(const char *response)
{
	char line[96];

	snprintf(line, sizeof(line), "RAck: %s %s\r\n", header(response, "RSeq"),
		 header(response, "CSeq"));
	phone.extra = line;
	phone_request(&phone, "PRACK", NULL);
	phone_expect(&phone, "SIP/2.0 200");
}

static void an_update_before_the_answer_needs_an_agreement(void **state)
{
	char progress[MESSAGE_MAX];
	const char *answer;

	phone.extra = "Supported: 100rel\r\nAllow: UPDATE\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_int_equal(dialog_offer(the_dialog(), SDP_ALAW), -EINVAL);
	rig_event(CALL_EV_PROGRESS, &tones);
	osmo_strlcpy(progress, phone_expect(&phone, "SIP/2.0 183"), sizeof(progress));
	prack(progress);
	phone_request(&phone, "UPDATE", SDP_HOLD);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "a=recvonly"));
	assert_true(rig_ordered("hold"));
	assert_int_equal(dialog_offer(the_dialog(), SDP_ALAW), 0);
	assert_int_equal(dialog_offer(the_dialog(), SDP_ALAW), -EBUSY);
	phone_respond(&phone, phone_expect(&phone, "UPDATE sip:me@"), "200 OK", NULL, SDP_ALAW);
	expect_media(WIRE_SEND | WIRE_RECEIVE);
	rig_event(CALL_EV_ANSWER, NULL);
	answer = phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(body_of(answer), "");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
}

static void an_update_before_our_answer_is_refused(void **state)
{
	const char *refusal;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &tones);
	phone_expect(&phone, "SIP/2.0 180");
	phone_request(&phone, "UPDATE", SDP_HOLD);
	refusal = phone_expect(&phone, "SIP/2.0 500");
	assert_true(atoi(header(refusal, "Retry-After")) <= 10);
	assert_string_not_equal(header(refusal, "Retry-After"), "");
	phone_request(&phone, "INVITE", SDP_HOLD);
	phone_expect(&phone, "SIP/2.0 500");
	phone_request(&phone, "ACK", NULL);
}

static void an_update_that_crosses_our_early_offer_gets_491(void **state)
{
	phone.extra = "Supported: 100rel\r\n";
	phone_request(&phone, "INVITE", NULL);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_PROGRESS, &tones);
	phone_expect(&phone, "SIP/2.0 183");
	phone_request(&phone, "UPDATE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 491");
}

static void a_far_end_without_update_is_not_asked(void **state)
{
	char progress[MESSAGE_MAX];

	phone.extra = "Supported: 100rel\r\nAllow: INVITE, ACK, BYE\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_PROGRESS, &tones);
	osmo_strlcpy(progress, phone_expect(&phone, "SIP/2.0 183"), sizeof(progress));
	prack(progress);
	assert_int_equal(dialog_offer(the_dialog(), SDP_ALAW), -ENOTSUP);
}

/* Our INVITE: an UPDATE of the far end in its early dialog, then one of ours. */
static void early_dialogs_of_ours_take_updates(void **state)
{
	call_and_take_invite();
	take_dialog("a");
	phone_respond(&phone, invite, "183 Session Progress", "a", SDP_ALAW); /* a preview only */
	assert_true(rig_ordered("progress+"));
	phone_request(&phone, "UPDATE", SDP_HOLD);
	phone_expect(&phone, "SIP/2.0 491");
	phone.extra = "Require: 100rel\r\nRSeq: 1\r\nAllow: UPDATE\r\n";
	phone_respond(&phone, invite, "183 Session Progress", "a", SDP_ALAW);
	phone_respond(&phone, phone_expect(&phone, "PRACK"), "200 OK", NULL, NULL);
	phone_request(&phone, "UPDATE", SDP_HOLD);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "a=recvonly"));
	expect_media(WIRE_RECEIVE);
	assert_int_equal(dialog_offer(the_dialog(), SDP_ALAW), 0);
	phone_respond(&phone, phone_expect(&phone, "UPDATE sip:me@"), "200 OK", NULL, SDP_ALAW);
	expect_media(WIRE_SEND | WIRE_RECEIVE);
	phone_respond(&phone, invite, "200 OK", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
}

/* An UPDATE of ours is under way in a fork that loses: its wish becomes a re-INVITE. */
static void an_offer_to_a_fork_that_loses_is_made_again(void **state)
{
	call_and_take_invite();
	phone.extra = "Require: 100rel\r\nRSeq: 1\r\nAllow: UPDATE\r\n";
	phone_respond(&phone, invite, "183 Session Progress", "one", SDP_ALAW);
	phone_respond(&phone, phone_expect(&phone, "PRACK"), "200 OK", NULL, NULL);
	assert_true(rig_ordered("progress+"));
	assert_int_equal(dialog_offer(the_dialog(), SDP_RECVONLY), 0);
	assert_non_null(strstr(header(phone_expect(&phone, "UPDATE"), "To"), "tag=one"));
	phone_respond(&phone, invite, "200 OK", "two", SDP_ALAW);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	assert_non_null(strstr(header(expect_offer("INVITE", "a=recvonly"), "To"), "tag=two"));
}

#define IN(f) cmocka_unit_test_setup_teardown(f, phone_start, phone_stop)
#define TCP(f) cmocka_unit_test_setup_teardown(f, phone_start_tcp, phone_stop)
#define OUT(f) cmocka_unit_test_setup_teardown(f, phone_start_called, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN(hold_of_the_other_side_is_offered),
	    TCP(hold_of_the_other_side_is_offered),
	    IN(hold_that_ends_at_once_is_offered_again),
	    IN(a_refused_offer_leaves_the_session_as_it_was),
	    IN(both_sides_may_hold),
	    IN(glare_of_an_incoming_call_is_tried_again_soon),
	    OUT(glare_of_an_outgoing_call_is_tried_again_late),
	    IN(a_500_with_retry_after_is_tried_again),
	    IN(an_update_that_crosses_our_offer_gets_491),
	    IN(bye_crosses_our_offer),
	    IN(our_bye_crosses_the_answer),
	    IN(a_reinvite_that_crosses_our_bye_gets_481),
	    IN(a_lost_dialog_is_ended),
	    IN(a_far_end_that_does_not_answer_is_lost),
	    IN(a_repeated_2xx_gets_another_ack),
	    IN(a_2xx_may_move_the_target),
	    IN(a_2xx_with_an_unusable_contact_ends_the_call),
	    IN(an_update_before_the_answer_needs_an_agreement),
	    IN(an_update_before_our_answer_is_refused),
	    IN(an_update_that_crosses_our_early_offer_gets_491),
	    IN(a_far_end_without_update_is_not_asked),
	    OUT(early_dialogs_of_ours_take_updates),
	    OUT(an_offer_to_a_fork_that_loses_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
