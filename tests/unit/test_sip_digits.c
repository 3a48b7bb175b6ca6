// SPDX-License-Identifier: GPL-2.0-or-later
/* Digits by NOTIFY and INFO, both ways. Calls to 36.. may use all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sip_one_phone.h"

static const struct party connected = {.number = {.digits = "3601"}};

#define FAKE_END 77u /* what media calls the fake leg */

#define REQUEST(persist, regexes)                                                                  \
	"<?xml version=\"1.0\"?><kpml-request xmlns=\"urn:ietf:params:xml:ns:kpml-request\" "      \
	"version=\"1.0\"><pattern persist=\"" persist                                              \
	"\" interdigittimer=\"150\" criticaldigittimer=\"100\">" regexes                           \
	"</pattern></kpml-request>"
#define CALL_INFO "Call-Info: <sip:x>;method=\"NOTIFY;Event=telephone-event;Duration=2000\"\r\n"

static int start(void **state)
{
	phone_start(state);
	phone.to = "3601";
	return 0;
}

/* Returns the 200. */
static const char *call(const char *headers)
{
	static char answer[MESSAGE_MAX];

	phone.extra = headers;
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig.fake.leg.media_end = FAKE_END;
	rig_event(CALL_EV_ANSWER, &connected);
	snprintf(answer, sizeof(answer), "%s", phone_expect(&phone, "SIP/2.0 200"));
	phone_request(&phone, "ACK", NULL);
	rig_run(10);
	rig.media.digit = '\0';
	return answer;
}

static void fake_dials(const char *digits)
{
	for (; *digits; digits++)
		office_media_digit(rig.office, FAKE_END, *digits, 90);
}

static void subscribe(const char *headers, const char *body)
{
	phone.extra = headers;
	phone.body_type = "application/kpml-request+xml";
	phone_request(&phone, "SUBSCRIBE", body);
}

static const char *expect_notify(const char *state)
{
	static char message[MESSAGE_MAX];

	snprintf(message, sizeof(message), "%s", phone_expect(&phone, "NOTIFY"));
	if (strncmp(header(message, "Subscription-State"), state, strlen(state)))
		fail_msg("%s: %s", state, message);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	return message;
}

static void expect_digits(const char *state, const char *digits)
{
	const char *message = expect_notify(state);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), " digits=\"%s\"", digits);
	assert_string_equal(header(message, "Content-Type"), "application/kpml-response+xml");
	if (!strstr(body_of(message), wanted))
		fail_msg("%s: %s", digits, message);
}

static void expect_report(const char *state, unsigned code, const char *digits)
{
	const char *message = expect_notify(state);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), " code=\"%u\"", code);
	if (!strstr(body_of(message), wanted))
		fail_msg("%u: %s", code, message);
	snprintf(wanted, sizeof(wanted), " digits=\"%s\"", digits);
	if (!strstr(body_of(message), wanted))
		fail_msg("%s: %s", digits, message);
}

static void kpml_tells_each_digit_while_it_lasts(void **state)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	call(NULL);
	subscribe("Event: kpml\r\nExpires: 600\r\n",
		  REQUEST("persist", "<regex tag=\"dtmf\">[x*#]</regex>"));
	phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(body_of(expect_notify("active;expires=600")), "");
	fake_dials("1#");
	expect_digits("active", "1");
	expect_digits("active", "#");
	rig_event(CALL_EV_RELEASED, &cause);
	expect_report("terminated;reason=noresource", 487, "");
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
}

/* RFC 6665 4.5.2: a subscription is not over just because the call is. */
static void kpml_ends_with_a_notify_whoever_hangs_up(void **state)
{
	call(NULL);
	subscribe("Event: kpml\r\n", REQUEST("persist", "<regex tag=\"dtmf\">x</regex>"));
	phone_expect(&phone, "SIP/2.0 200");
	expect_notify("active");
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	expect_report("terminated;reason=noresource", 487, "");
	subscribe("Event: kpml\r\n", REQUEST("persist", "<regex>x</regex>"));
	phone_expect(&phone, "SIP/2.0 481");
}

static void kpml_waits_for_what_fits(void **state)
{
	call(NULL);
	subscribe("Event: kpml\r\n", REQUEST("persist", "<regex>x{2,4}</regex><regex>*9</regex>"));
	phone_expect(&phone, "SIP/2.0 200");
	expect_notify("active");
	fake_dials("#12"); /* # is the beginning of nothing */
	expect_digits("active", "12");
	fake_dials("12*9");
	expect_digits("active", "12");
	expect_digits("active", "*9");
	fake_dials("5");
	assert_non_null(strstr(body_of(expect_notify("active")), "code=\"423\""));
	subscribe("Event: kpml\r\n", REQUEST("one-shot", "<regex>#</regex>"));
	phone_expect(&phone, "SIP/2.0 200");
	expect_notify("active");
	fake_dials("#");
	expect_digits("terminated;reason=noresource", "#");
	fake_dials("#");
	phone_expect(&phone, "INFO"); /* the next best method */
}

#define PATTERN(attributes, content)                                                               \
	"<kpml-request xmlns=\"urn:ietf:params:xml:ns:kpml-request\" version=\"1.0\">"             \
	"<pattern criticaldigittimer=\"5000\" " attributes ">" content "</pattern></kpml-request>"

#define R6                                                                                         \
	"<regex>x</regex><regex>x</regex><regex>x</regex><regex>x</regex><regex>x</regex>"         \
	"<regex>x</regex>"

static void ask_for(const char *pattern)
{
	subscribe("Event: kpml\r\n", pattern);
	phone_expect(&phone, "SIP/2.0 200");
	expect_notify("active");
}

static void a_digit_held_for_long_is_another_one(void **state)
{
	call(NULL);
	ask_for(PATTERN("persist=\"persist\" long=\"1000\" longrepeat=\"true\"",
			"<regex tag=\"short\">x</regex><regex tag=\"long\">L5</regex>"));
	office_media_digit(rig.office, FAKE_END, '5', 999);
	assert_non_null(strstr(body_of(expect_notify("active")), "tag=\"short\""));
	office_media_digit(rig.office, FAKE_END, '5', 2100);
	for (unsigned times = 0; times < 2; times++) {
		const char *body = body_of(expect_notify("active"));

		assert_non_null(strstr(body, "tag=\"long\""));
		assert_non_null(strstr(body, "digits=\"5\""));
	}
	phone_expect_nothing(&phone, 50);
}

static void the_enter_key_ends_digits_and_is_none_of_them(void **state)
{
	call(NULL);
	ask_for(PATTERN("persist=\"persist\" enterkey=\"#\" extradigittimer=\"200\"",
			"<regex>x{2,4}</regex>"));
	fake_dials("123#");
	expect_digits("active", "123");
	fake_dials("1234");
	expect_digits("active", "1234"); /* without it, in time */
	fake_dials("1#");
	assert_non_null(strstr(body_of(expect_notify("active")), "code=\"402\""));
	fake_dials("12345#"); /* 5 is the next one's */
	expect_digits("active", "1234");
	assert_non_null(strstr(body_of(expect_notify("active")), "code=\"402\""));
}

static void digits_between_two_requests_are_kept_unless_they_are_flushed(void **state)
{
	call(NULL);
	ask_for(PATTERN("persist=\"single-notify\"", "<regex>xx</regex>"));
	fake_dials("123");
	expect_digits("active", "12");
	ask_for(PATTERN("persist=\"single-notify\"", "<regex>xx</regex>"));
	fake_dials("4567");
	expect_digits("active", "34");
	ask_for(PATTERN("persist=\"single-notify\"", "<flush>no</flush><regex>xx</regex>"));
	expect_digits("active", "56");
	ask_for(PATTERN("persist=\"single-notify\"", "<flush>yes</flush><regex>xx</regex>"));
	fake_dials("89");
	expect_digits("active", "89"); /* 7 is flushed */
	for (unsigned i = 0; i < 33; i++)
		fake_dials("0");
	ask_for(PATTERN("persist=\"single-notify\"", "<flush>no</flush><regex>xx</regex>"));
	assert_non_null(strstr(body_of(expect_notify("active")), "forced_flush=\"true\""));
}

/* Where digits go by signalling their sound is not in the audio as well. */
static void media_is_told_when_the_sound_stays_away(void **state)
{
	phone.to = "3602";
	call(NULL); /* INFO, by configuration */
	assert_true(rig.media.set.digits_signalled);
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone.remote_tag[0] = '\0';
	strcat(phone.call_id, "x");
	phone.to = "3201"; /* no dtmf-relay: somebody may wait for a digit all the same */
	call(NULL);
	subscribe("Event: kpml\r\n", REQUEST("persist", "<regex>#</regex>"));
	phone_expect(&phone, "SIP/2.0 200");
	expect_notify("active");
	assert_false(rig.media.set.digits_signalled);
}

static void kpml_outside_a_call_and_without_a_request_is_refused(void **state)
{
	subscribe("Event: kpml\r\n", REQUEST("persist", "<regex>x</regex>"));
	phone_expect(&phone, "SIP/2.0 489");
	phone.remote_tag[0] = '\0';
	strcat(phone.call_id, "x");
	phone.body_type = NULL;
	call(NULL);
	subscribe("Event: kpml\r\n", NULL);
	phone_expect(&phone, "SIP/2.0 400");
	phone.extra = "Event: kpml\r\n";
	phone.body_type = "text/plain";
	phone_request(&phone, "SUBSCRIBE", "digits");
	phone_expect(&phone, "SIP/2.0 415");
}

/* RFC 4730: the subscription is there, and ends. */
static void a_request_that_cannot_be_read_is_told_so_in_a_report(void **state)
{
	static const struct {
		const char *request;
		unsigned code;
	} rows[] = {
	    {"<kpml-request/>", 501},
	    {PATTERN("persist=\"persist\"", "<regex><pre>*</pre>x</regex>"), 501},
	    {PATTERN("persist=\"persist\"", R6 R6 R6), 534},
	};

	call(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask_for(rows[i].request);
		expect_report("terminated;reason=noresource", rows[i].code, "");
	}
	ask_for(PATTERN("persist=\"persist\"", "<regex>xx</regex>"));
	fake_dials("7");
	subscribe("Event: kpml\r\nExpires: 0\r\n", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	expect_report("terminated;reason=timeout", 487, "7");
}

static void expect_event(unsigned char event, unsigned char flags)
{
	const char *message = phone_expect(&phone, "NOTIFY"), *body = strstr(message, "\r\n\r\n");

	assert_string_equal(header(message, "Content-Type"), "audio/telephone-event");
	assert_string_equal(header(message, "Content-Length"), "4");
	assert_int_equal((unsigned char)body[4], event);
	assert_int_equal((unsigned char)body[5] & 0x80, flags);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

static void notify_goes_out_as_both_ends_said_so(void **state)
{
	const char *answer = call(CALL_INFO);

	assert_non_null(strstr(header(answer, "Call-Info"), "Event=telephone-event"));
	fake_dials("5*");
	expect_event(5, 0);
	expect_event(5, 0x80);
	expect_event(10, 0);
	expect_event(10, 0x80);
	assert_int_equal(rig.media.digit, '\0');
}

static void info_goes_out_where_nothing_else_was_agreed(void **state)
{
	const char *message;

	call(NULL);
	fake_dials("7");
	message = phone_expect(&phone, "INFO");
	assert_string_equal(body_of(message), "Signal=7\r\nDuration=90\r\n");
	assert_string_equal(header(message, "Content-Type"), "application/dtmf-relay");
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

static void nothing_is_signalled_where_it_is_not_configured(void **state)
{
	phone.to = "3201";
	call(CALL_INFO);
	fake_dials("7");
	phone_expect_nothing(&phone, 50);
}

static void notify_that_comes_is_a_digit(void **state)
{
	char text[MESSAGE_MAX];
	static const char ended[] = {5, (char)0x8a, 0x01, 0x40};
	int length;

	call(NULL);
	length = snprintf(text, sizeof(text),
			  "NOTIFY sip:3601@127.0.0.1 SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-digit\r\n"
			  "From: <sip:4420@127.0.0.1>;tag=%s\r\nTo: <sip:3601@127.0.0.1>;tag=%s\r\n"
			  "Call-ID: %s\r\nCSeq: %u NOTIFY\r\nContact: <sip:me@127.0.0.1:%u>\r\n"
			  "Event: telephone-event;rate=1000\r\nSubscription-State: active\r\n"
			  "Content-Type: audio/telephone-event\r\nContent-Length: 4\r\n\r\n",
			  phone.port, phone.local_tag, phone.remote_tag, phone.call_id,
			  ++phone.cseq, phone.port);
	memcpy(text + length, ended, 4);
	phone_send_bytes(&phone, text, (size_t)length + 4);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("digit(5)"));
}

static void we_subscribe_to_kpml_where_the_far_end_has_it(void **state)
{
	const char *message;

	call("Allow-Events: refer, kpml\r\n");
	message = phone_expect(&phone, "SUBSCRIBE");
	assert_string_equal(header(message, "Event"), "kpml");
	assert_non_null(strstr(body_of(message), "<regex tag=\"dtmf\">[x*#ABCD]</regex>"));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone.extra = "Event: kpml\r\nSubscription-State: active;expires=7200\r\n";
	phone_request(&phone, "NOTIFY", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone.extra = "Event: kpml\r\nSubscription-State: active;expires=7200\r\n";
	phone.body_type = "application/kpml-response+xml";
	phone_request(&phone, "NOTIFY",
		      "<kpml-response version=\"1.0\" code=\"200\" text=\"OK\" digits=\"8\" "
		      "tag=\"dtmf\"/>");
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("digit(8)"));
	phone.extra = "Event: kpml\r\nSubscription-State: active\r\n";
	phone_request(&phone, "NOTIFY", "<kpml-response code=");
	phone_expect(&phone, "SIP/2.0 400");
}

static void charges_go_out_by_info_where_they_are_wanted(void **state)
{
	static const struct {
		struct leg_charge charge;
		const char *says;
	} rows[] = {
	    {{.kind = LEG_CHARGE_UNITS, .units = 3},
	     "<aoc-d><charging-info>subtotal</charging-info><recorded-charges>"
	     "<recorded-charging-units><recorded-number-of-units>3</recorded-number-of-units>"},
	    {{.kind = LEG_CHARGE_CURRENCY, .thousandths = 1250, .currency = "E&R", .final = true},
	     "<aoc-e><recorded-charges><recorded-currency-units><currency-id>E&amp;R</currency-id>"
	     "<currency-amount>1.250</currency-amount>"},
	    {{.kind = LEG_CHARGE_FREE, .final = true},
	     "<aoc-e><recorded-charges><free-charge/></recorded-charges></aoc-e></aoc>"},
	};
	struct leg_service service = {.type = LEG_CHARGED, .charge = rows[0].charge};
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	const char *message;

	phone.to = "3201";
	call(NULL);
	call_service(&rig.fake.leg, &service);
	phone_expect_nothing(&phone, 50);
	phone_close(&phone);
	phone_open(&phone, false, false, 0);
	phone.to = "3601";
	call(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		service.charge = rows[i].charge;
		call_service(&rig.fake.leg, &service);
		message = phone_expect(&phone, "INFO");
		assert_string_equal(header(message, "Content-Type"),
				    "application/vnd.etsi.aoc+xml");
		if (!strstr(body_of(message), rows[i].says))
			fail_msg("%s: %s", rows[i].says, message);
		phone_respond(&phone, message, "200 OK", NULL, NULL);
	}
	rig_event(CALL_EV_RELEASED, &cause); /* the last word once more */
	message = phone_expect(&phone, "BYE");
	assert_string_equal(header(message, "Content-Type"), "application/vnd.etsi.aoc+xml");
	assert_non_null(strstr(body_of(message), rows[2].says));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(kpml_tells_each_digit_while_it_lasts),
	    TEST(kpml_waits_for_what_fits),
	    TEST(kpml_ends_with_a_notify_whoever_hangs_up),
	    TEST(kpml_outside_a_call_and_without_a_request_is_refused),
	    TEST(a_request_that_cannot_be_read_is_told_so_in_a_report),
	    TEST(a_digit_held_for_long_is_another_one),
	    TEST(the_enter_key_ends_digits_and_is_none_of_them),
	    TEST(digits_between_two_requests_are_kept_unless_they_are_flushed),
	    TEST(media_is_told_when_the_sound_stays_away),
	    TEST(notify_goes_out_as_both_ends_said_so),
	    TEST(info_goes_out_where_nothing_else_was_agreed),
	    TEST(nothing_is_signalled_where_it_is_not_configured),
	    TEST(charges_go_out_by_info_where_they_are_wanted),
	    TEST(notify_that_comes_is_a_digit),
	    TEST(we_subscribe_to_kpml_where_the_far_end_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
