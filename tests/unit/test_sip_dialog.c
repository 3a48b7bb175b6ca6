// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests inside a dialog: INFO, others, and those that the gateway sends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/dialog_private.h"
#include "tests/unit/sip_one_phone.h"

/* to: 32.. has no dtmf-relay, 34.. sip-info, 35.. both */
static void establish_to(const char *to, const char *extra)
{
	phone.to = to;
	phone.extra = extra;
	phone_establish(SDP_ALAW, NULL);
}

static void establish(void)
{
	establish_to("2001", NULL);
}

static struct dialog *the_dialog(void)
{
	assert_false(llist_empty(&rig.ua->dialogs));
	return llist_first_entry(&rig.ua->dialogs, struct dialog, entry);
}

static void digits_in_info_reach_the_other_leg(void **state)
{
	static const struct {
		const char *type, *body, *order; /* order NULL: 400 */
	} rows[] = {
	    {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "digit(5) "},
	    {"application/dtmf-relay", "Signal= * \r\nDuration= 100\r\n", "digit(*) "},
	    {"application/dtmf-relay", "Duration=90\nsignal=#", "digit(#) "},
	    {"application/dtmf-relay", "Signal=11\r\n", "digit(#) "},
	    {"application/dtmf-relay", "Signal=d\r\n", "digit(D) "},
	    {"application/dtmf-relay", "Signal=16\r\n", NULL}, /* flash */
	    {"application/dtmf-relay", "Duration=160\r\n", NULL},
	    {"application/dtmf-relay", "Signal=", NULL},
	    {"application/dtmf", "7", "digit(7) "},
	    {"Application/DTMF", "10\r\n", "digit(*) "},
	    {"application/dtmf", "x", NULL},
	};

	establish_to("3201", NULL);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig.fake.orders[0] = '\0';
		phone.body_type = rows[i].type;
		phone_request(&phone, "INFO", rows[i].body);
		phone_expect(&phone, rows[i].order ? "SIP/2.0 200" : "SIP/2.0 400");
		assert_string_equal(rig.fake.orders, rows[i].order ? rows[i].order : "");
	}
}

static void send_digit(char digit)
{
	struct leg_digit pressed = {.digit = digit, .duration_ms = 240};

	rig.media.digit = '\0';
	rig_event(CALL_EV_DIGIT, &pressed);
}

/* RFC 4733 before INFO before tones, as the dial peer and the far end can. */
static void digits_go_the_best_way_that_both_can(void **state)
{
	static const char no_events[] =
	    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP 8\r\n";
	static const struct {
		const char *to, *sdp, *extra;
		bool by_info;
	} rows[] = {
	    {"2001", SDP_ALAW, NULL, false},
	    {"3501", SDP_ALAW, NULL, false},
	    {"3501", no_events, NULL, true},
	    {"3401", SDP_ALAW, NULL, true},
	    {"3201", no_events, NULL, false},
	    {"3401", SDP_ALAW, "Allow: INVITE, INFO\r\n", true},
	    {"3401", SDP_ALAW, "Allow: INVITE, ACK\r\n", false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *info;

		snprintf(phone.call_id, sizeof(phone.call_id), "digits-%u", i);
		phone.remote_tag[0] = '\0';
		phone.to = rows[i].to;
		phone.extra = rows[i].extra;
		phone_request(&phone, "INVITE", rows[i].sdp);
		phone_expect(&phone, "SIP/2.0 100");
		rig_event(CALL_EV_ANSWER, NULL);
		phone_expect(&phone, "SIP/2.0 200");
		phone_request(&phone, "ACK", NULL);
		rig_run(20);
		send_digit('#');
		if (rows[i].by_info) {
			info = phone_expect(&phone, "INFO");
			assert_string_equal(header(info, "Content-Type"), "application/dtmf-relay");
			assert_string_equal(body_of(info), "Signal=#\r\nDuration=240\r\n");
			phone_respond(&phone, info, "200 OK", NULL, NULL);
			assert_int_equal(rig.media.digit, 0);
		} else {
			assert_int_equal(rig.media.digit, '#');
		}
		phone_request(&phone, "BYE", NULL);
		phone_expect(&phone, "SIP/2.0 200");
		assert_true(rig_ordered("release(16)"));
	}
}

/* Telephones that send each digit both ways are there. */
static void digits_in_info_beside_rfc4733_need_the_dial_peers_word(void **state)
{
	static const struct {
		const char *to, *order;
	} rows[] = {{"2001", ""}, {"3501", "digit(5) "}};

	for (unsigned i = 0; i < 2; i++) {
		snprintf(phone.call_id, sizeof(phone.call_id), "twice-%u", i);
		phone.remote_tag[0] = '\0';
		establish_to(rows[i].to, NULL);
		rig_run(20);
		rig.fake.orders[0] = '\0';
		phone.body_type = "application/dtmf-relay";
		phone_request(&phone, "INFO", "Signal=5\r\nDuration=160\r\n");
		phone_expect(&phone, "SIP/2.0 200");
		assert_string_equal(rig.fake.orders, rows[i].order);
		phone.body_type = NULL;
	}
}

static void info_without_body_is_a_question_whether_we_live(void **state)
{
	establish();
	phone_request(&phone, "INFO", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(rig.fake.orders, "");
}

static void what_nobody_handles_is_refused_with_what_is(void **state)
{
	const char *message;

	establish();
	phone.body_type = "application/media_control+xml";
	phone_request(&phone, "INFO", "<media_control/>");
	message = phone_expect(&phone, "SIP/2.0 415");
	assert_string_equal(header(message, "Accept"), "application/dtmf-relay, application/dtmf");
	phone.body_type = "text/plain";
	phone_request(&phone, "MESSAGE", "hello");
	message = phone_expect(&phone, "SIP/2.0 405");
	assert_non_null(strstr(header(message, "Allow"), "INFO"));
	assert_null(strstr(header(message, "Allow"), "MESSAGE"));
}

static void note_status(void *arg, unsigned status)
{
	*(unsigned *)arg = status;
}

static bool has_status(void *arg)
{
	return *(unsigned *)arg != 0;
}

static void a_request_of_ours_reports_its_answer(void **state)
{
	unsigned status = 0;
	struct dialog_message message = {
	    .method = "NOTIFY",
	    .content_type = "message/sipfrag",
	    .body = "SIP/2.0 100 Trying\r\n",
	    .headers = "Event: refer\r\nSubscription-State: active;expires=60\r\n",
	    .done = note_status,
	    .arg = &status,
	};
	const char *request;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_int_equal(dialog_send(the_dialog(), &message), -EINVAL); /* it has not our tag yet */
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	assert_int_equal(dialog_send(the_dialog(), &message), 0);
	request = phone_expect(&phone, "NOTIFY");
	assert_string_equal(header(request, "Event"), "refer");
	assert_string_equal(header(request, "Subscription-State"), "active;expires=60");
	assert_string_equal(header(request, "Content-Type"), "message/sipfrag");
	assert_string_equal(body_of(request), "SIP/2.0 100 Trying\r\n");
	assert_non_null(strstr(header(request, "Contact"), "sip:"));
	phone_respond(&phone, request, "202 Accepted", NULL, NULL);
	assert_true(rig_wait(has_status, &status, 20000));
	assert_int_equal(status, 202);
}

static void a_request_of_ours_without_answer_ends_with_408(void **state)
{
	unsigned status = 0;
	struct dialog_message message = {.method = "INFO", .done = note_status, .arg = &status};

	establish();
	assert_int_equal(dialog_send(the_dialog(), &message), 0);
	phone_expect(&phone, "INFO");
	assert_true(rig_wait(has_status, &status, 64 * RIG_T1_MS + 2000));
	assert_int_equal(status, 408);
}

static void the_end_of_a_call_forgets_its_requests(void **state)
{
	unsigned status = 0;
	struct dialog_message message = {.method = "INFO", .done = note_status, .arg = &status};
	const char *info;

	establish();
	assert_int_equal(dialog_send(the_dialog(), &message), 0);
	info = phone_expect(&phone, "INFO");
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
	phone_respond(&phone, info, "200 OK", NULL, NULL);
	rig_run(30);
	assert_int_equal(status, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, phone_start, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(digits_in_info_reach_the_other_leg),
	    TEST(digits_go_the_best_way_that_both_can),
	    TEST(digits_in_info_beside_rfc4733_need_the_dial_peers_word),
	    TEST(info_without_body_is_a_question_whether_we_live),
	    TEST(what_nobody_handles_is_refused_with_what_is),
	    TEST(a_request_of_ours_reports_its_answer),
	    TEST(a_request_of_ours_without_answer_ends_with_408),
	    TEST(the_end_of_a_call_forgets_its_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
