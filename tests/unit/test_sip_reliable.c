// SPDX-License-Identifier: GPL-2.0-or-later
/* Reliable provisional responses (RFC 3262), sent and received, and forks with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/dialog_private.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX];
static struct tenant all;

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};
static const struct progress tones = {.indicator = 8, .inband = true};
static const struct progress silence = {0};

static int use_tenant(void)
{
	all = (struct tenant){0};
	rig.ua->config.tenants = &all;
	rig.ua->config.tenants_count = 1;
	return 0;
}

static int start(void **state)
{
	phone_start(state);
	return use_tenant();
}

static int start_tcp(void **state)
{
	phone_start_tcp(state);
	return use_tenant();
}

static int start_out(void **state)
{
	phone_start_called(state);
	return use_tenant();
}

/* ---- we answer */

static void invite_reliably(const char *sdp)
{
	phone.extra = "Supported: 100rel\r\n";
	phone_request(&phone, "INVITE", sdp);
	phone_expect(&phone, "SIP/2.0 100");
}

/* A reliable response must be next. Returns it. */
static const char *expect_reliable(const char *start)
{
	const char *message = phone_expect(&phone, start);

	assert_string_equal(header(message, "Require"), "100rel");
	assert_true(atoi(header(message, "RSeq")) > 0);
	assert_non_null(strstr(header(message, "Contact"), "sip:"));
	return message;
}

static void prack(const char *response, const char *sdp)
{
	char line[96];

	snprintf(line, sizeof(line), "RAck: %s %s\r\n", header(response, "RSeq"),
		 header(response, "CSeq"));
	phone.extra = line;
	phone_request(&phone, "PRACK", sdp);
}

/* The next message that is no repetition of a response below 200. */
static const char *expect_beyond(const char *start)
{
	for (unsigned i = 0; i < 20; i++) {
		const char *message = phone_receive(&phone, 3000);
		const char *tag = strstr(header(message, "To"), ";tag=");

		if (!strncmp(message, start, strlen(start))) {
			if (tag)
				snprintf(phone.remote_tag, sizeof(phone.remote_tag), "%s", tag + 5);
			return message;
		}
		if (strncmp(message, "SIP/2.0 1", 9))
			fail_msg("expected \"%s\", got \"%.100s\"", start, message);
	}
	fail_msg("no %s", start);
	return NULL;
}

static unsigned rseq_of(const char *response)
{
	return strtoul(header(response, "RSeq"), NULL, 10);
}

static void a_reliable_1xx_is_repeated_until_its_prack(void **state)
{
	const char *ringing;
	unsigned rseq;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_ALERT, &silence);
	ringing = expect_reliable("SIP/2.0 180");
	rseq = rseq_of(ringing);
	assert_string_equal(body_of(ringing), "");
	phone.hears_repeats = true;
	ringing = expect_reliable("SIP/2.0 180"); /* again */
	assert_int_equal(rseq_of(ringing), rseq);
	prack(ringing, NULL);
	assert_non_null(strstr(header(expect_beyond("SIP/2.0 200"), "CSeq"), "PRACK"));
	phone_expect_nothing(&phone, 6 * RIG_T1_MS);
}

static void the_2xx_waits_for_the_prack_of_the_answer(void **state)
{
	const char *progress, *answer;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	progress = expect_reliable("SIP/2.0 183");
	assert_non_null(strstr(body_of(progress), "RTP/AVP 8 101"));
	rig_event(CALL_EV_ANSWER, NULL);
	phone.hears_repeats = true;
	assert_memory_equal(phone_receive(&phone, 2000), "SIP/2.0 183", 11); /* again, no 200 */
	prack(progress, NULL);
	assert_non_null(strstr(header(expect_beyond("SIP/2.0 200"), "CSeq"), "PRACK"));
	answer = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(header(answer, "CSeq"), "INVITE"));
	assert_string_equal(body_of(answer), ""); /* it went already */
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void the_2xx_does_not_wait_for_a_1xx_without_description(void **state)
{
	static char ringing[MESSAGE_MAX];
	const char *answer;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_ALERT, &silence);
	snprintf(ringing, sizeof(ringing), "%s", expect_reliable("SIP/2.0 180"));
	rig_event(CALL_EV_PROGRESS, &tones); /* waits behind it, and is overtaken */
	rig_event(CALL_EV_ANSWER, NULL);
	answer = expect_beyond("SIP/2.0 200");
	assert_non_null(strstr(body_of(answer), "RTP/AVP 8 101"));
	prack(ringing, NULL); /* late */
	assert_non_null(strstr(header(expect_beyond("SIP/2.0 200"), "CSeq"), "PRACK"));
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "BYE", NULL);
	expect_beyond("SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static void one_1xx_goes_after_the_other(void **state)
{
	const char *first, *second;
	unsigned rseq;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	first = expect_reliable("SIP/2.0 183");
	rseq = rseq_of(first);
	rig_event(CALL_EV_ALERT, &tones);
	phone.hears_repeats = true;
	first = expect_reliable("SIP/2.0 183");
	prack(first, NULL);
	expect_beyond("SIP/2.0 200");
	second = expect_reliable("SIP/2.0 180");
	assert_int_equal(rseq_of(second), rseq + 1);
	assert_string_equal(body_of(second), "");
	prack(second, NULL);
	expect_beyond("SIP/2.0 200");
}

static void the_answer_goes_once_though_more_1xx_wait(void **state)
{
	const char *response;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_ALERT, &silence);
	rig_event(CALL_EV_PROGRESS, &tones);
	rig_event(CALL_EV_PROGRESS, &tones);
	response = expect_reliable("SIP/2.0 180");
	prack(response, NULL);
	expect_beyond("SIP/2.0 200");
	response = expect_reliable("SIP/2.0 183");
	assert_non_null(strstr(body_of(response), "RTP/AVP 8 101"));
	prack(response, NULL);
	expect_beyond("SIP/2.0 200");
	assert_string_equal(body_of(expect_reliable("SIP/2.0 183")), "");
}

static void one_1xx_goes_after_the_other_on_tcp(void **state)
{
	const char *progress;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	rig_event(CALL_EV_ALERT, &tones);
	rig_event(CALL_EV_ANSWER, NULL);
	progress = expect_reliable("SIP/2.0 183");
	prack(progress, NULL);
	assert_non_null(strstr(header(expect_beyond("SIP/2.0 200"), "CSeq"), "PRACK"));
	assert_non_null(strstr(header(phone_expect(&phone, "SIP/2.0 200"), "CSeq"), "INVITE"));
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	assert_false(rig.fake.released);
}

static void an_invite_without_offer_gets_ours_in_the_first_reliable_1xx(void **state)
{
	const char *ringing, *answer;

	invite_reliably(NULL);
	rig_event(CALL_EV_ALERT, &silence);
	ringing = expect_reliable("SIP/2.0 180");
	assert_non_null(strstr(body_of(ringing), "RTP/AVP 8 0 101"));
	assert_int_equal(rig.media.sets, 0);
	rig_event(CALL_EV_ANSWER, NULL);
	prack(ringing, SDP_ALAW);
	expect_beyond("SIP/2.0 200");
	assert_int_equal(rig.media.set.codec, WIRE_PCMA);
	answer = phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(body_of(answer), "");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	assert_false(rig.fake.released);
}

static void an_answer_in_prack_that_does_not_fit_ends_the_call(void **state)
{
	static const char *const answers[] = {
	    NULL, "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP 18\r\n"};

	for (unsigned i = 0; i < 2; i++) {
		snprintf(phone.call_id, sizeof(phone.call_id), "unfit-%u", i);
		phone.remote_tag[0] = '\0';
		invite_reliably(NULL);
		rig_event(CALL_EV_ALERT, &silence);
		prack(expect_reliable("SIP/2.0 180"), answers[i]);
		assert_non_null(strstr(header(expect_beyond("SIP/2.0 488"), "CSeq"), "PRACK"));
		assert_non_null(
		    strstr(header(phone_expect(&phone, "SIP/2.0 488"), "CSeq"), "INVITE"));
		phone_request(&phone, "ACK", NULL);
		assert_true(rig_ordered("release(88)"));
	}
}

static void a_prack_may_bring_a_new_offer(void **state)
{
	const char *response;

	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	prack(expect_reliable("SIP/2.0 183"), SDP_HOLD);
	response = expect_beyond("SIP/2.0 200");
	assert_non_null(strstr(body_of(response), "a=recvonly"));
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE);
	assert_true(rig_ordered("hold"));
	rig_event(CALL_EV_ANSWER, NULL);
	assert_string_equal(body_of(phone_expect(&phone, "SIP/2.0 200")), "");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
}

static void an_offer_in_prack_before_our_answer_is_refused(void **state)
{
	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_ALERT, &silence);
	prack(expect_reliable("SIP/2.0 180"), SDP_HOLD);
	expect_beyond("SIP/2.0 491");
	rig_event(CALL_EV_ANSWER, NULL);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "RTP/AVP 8 101"));
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
}

static void without_prack_the_invite_is_refused(void **state)
{
	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	expect_reliable("SIP/2.0 183");
	expect_beyond("SIP/2.0 504");
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("release(102)"));
}

static void a_cancel_while_the_2xx_waits_ends_the_call(void **state)
{
	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_PROGRESS, &tones);
	expect_reliable("SIP/2.0 183");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_request(&phone, "CANCEL", NULL);
	expect_beyond("SIP/2.0 200");
	expect_beyond("SIP/2.0 487");
	phone_request(&phone, "ACK", NULL);
	assert_true(rig_ordered("release(16)"));
}

static void a_prack_of_nothing_is_refused(void **state)
{
	invite_reliably(SDP_ALAW);
	rig_event(CALL_EV_ALERT, &silence);
	expect_reliable("SIP/2.0 180");
	phone.extra = "RAck: 4711 1 INVITE\r\n";
	phone_request(&phone, "PRACK", NULL);
	expect_beyond("SIP/2.0 481");
}

static void rel1xx_decides_what_callers_may_do(void **state)
{
	static const struct {
		uint8_t rel1xx;
		const char *extra, *status, *header, *value;
	} rows[] = {
	    {SIP_REL1XX_DISABLED, "Require: 100rel\r\n", "SIP/2.0 420", "Unsupported", "100rel"},
	    {SIP_REL1XX_DISABLED, "Supported: 100rel\r\n", "SIP/2.0 180", "Require", ""},
	    {SIP_REL1XX_SUPPORTED, NULL, "SIP/2.0 180", "Require", ""},
	    {SIP_REL1XX_SUPPORTED, "Require: 100rel\r\n", "SIP/2.0 180", "Require", "100rel"},
	    {SIP_REL1XX_REQUIRED, NULL, "SIP/2.0 421", "Require", "100rel"},
	    {SIP_REL1XX_REQUIRED, "Supported: 100rel\r\n", "SIP/2.0 180", "Require", "100rel"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *message;

		all.options.rel1xx = rows[i].rel1xx;
		snprintf(phone.call_id, sizeof(phone.call_id), "rel1xx-%u", i);
		phone.remote_tag[0] = '\0';
		phone.extra = rows[i].extra;
		phone_request(&phone, "INVITE", SDP_ALAW);
		phone_expect(&phone, "SIP/2.0 100");
		if (!strcmp(rows[i].status, "SIP/2.0 180"))
			rig_event(CALL_EV_ALERT, &silence);
		message = expect_beyond(rows[i].status);
		assert_string_equal(header(message, rows[i].header), rows[i].value);
		if (*rows[i].value && !strcmp(rows[i].status, "SIP/2.0 180")) {
			prack(message, NULL);
			expect_beyond("SIP/2.0 200");
		}
		if (!strcmp(rows[i].status, "SIP/2.0 180")) {
			phone_request(&phone, "CANCEL", NULL);
			expect_beyond("SIP/2.0 200");
			expect_beyond("SIP/2.0 487");
		}
		phone_request(&phone, "ACK", NULL);
		rig_run(20);
	}
}

/* ---- we call */

static void call_and_take_invite(void)
{
	rig_call("7001", &alice);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE sip:"));
}

static void respond_reliably(const char *status, const char *tag, unsigned rseq, const char *sdp)
{
	char extra[64];

	snprintf(extra, sizeof(extra), "Require: 100rel\r\nRSeq: %u\r\n", rseq);
	phone.extra = extra;
	phone_respond(&phone, invite, status, tag, sdp);
}

static void expect_prack(const char *tag, unsigned rseq)
{
	const char *message = phone_expect(&phone, "PRACK");
	char text[64];

	snprintf(text, sizeof(text), "%u %s", rseq, header(invite, "CSeq"));
	assert_string_equal(header(message, "RAck"), text);
	snprintf(text, sizeof(text), ";tag=%s", tag);
	assert_non_null(strstr(header(message, "To"), text));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

static unsigned media_port(void)
{
	return ntohs(((struct sockaddr_in *)&rig.media.set.rtp)->sin_port);
}

static const char *sdp_at(unsigned port)
{
	static char text[256];

	snprintf(text, sizeof(text),
		 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP 8\r\n",
		 port);
	return text;
}

static void reliable_responses_are_acknowledged_once_and_in_order(void **state)
{
	call_and_take_invite();
	assert_non_null(strstr(invite, "100rel"));
	respond_reliably("183 Session Progress", "a", 7, SDP_ALAW);
	expect_prack("a", 7);
	assert_true(rig_ordered("progress+"));
	rig.fake.orders[0] = '\0';
	respond_reliably("183 Session Progress", "a", 7, SDP_ALAW); /* again */
	respond_reliably("180 Ringing", "a", 9, NULL);		    /* too early */
	phone_expect_nothing(&phone, 50);
	assert_string_equal(rig.fake.orders, "");
	respond_reliably("180 Ringing", "a", 8, NULL);
	expect_prack("a", 8);
	assert_true(rig_ordered("alert "));
	phone_respond(&phone, invite, "200 OK", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
}

static void a_description_after_the_reliable_answer_is_ignored(void **state)
{
	call_and_take_invite();
	respond_reliably("183 Session Progress", "a", 1, sdp_at(40010));
	expect_prack("a", 1);
	assert_true(rig_ordered("progress+"));
	phone_respond(&phone, invite, "200 OK", "a", sdp_at(40012));
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	assert_int_equal(media_port(), 40010);
}

static void rel1xx_decides_what_our_invite_asks_for(void **state)
{
	static const struct {
		uint8_t rel1xx;
		const char *require;
		bool supported;
	} rows[] = {
	    {SIP_REL1XX_DISABLED, "", false},
	    {SIP_REL1XX_SUPPORTED, "", true},
	    {SIP_REL1XX_REQUIRED, "100rel", false},
	};
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	for (unsigned i = 0; i < 3; i++) {
		all.options.rel1xx = rows[i].rel1xx;
		call_and_take_invite();
		assert_string_equal(header(invite, "Require"), rows[i].require);
		assert_int_equal(!!strstr(invite, "100rel"),
				 rows[i].supported || rows[i].require[0]);
		phone_respond(&phone, invite, "486 Busy Here", "a", NULL);
		phone_expect(&phone, "ACK");
		assert_true(rig_ordered("release(17)"));
		rig_event(CALL_EV_RELEASED, &cause);
	}
}

/* Each fork counts for itself; the owner hears the one that described itself last. */
static void each_fork_has_its_own_order_and_description(void **state)
{
	call_and_take_invite();
	respond_reliably("183 Session Progress", "one", 100, sdp_at(40010));
	expect_prack("one", 100);
	assert_true(rig_ordered("progress+"));
	assert_int_equal(media_port(), 40010);
	respond_reliably("183 Session Progress", "two", 1, sdp_at(40020));
	expect_prack("two", 1);
	rig_run(20);
	assert_int_equal(media_port(), 40020);
	respond_reliably("180 Ringing", "one", 101, NULL);
	expect_prack("one", 101);
	rig_run(20);
	assert_int_equal(media_port(), 40020);
	phone_respond(&phone, invite, "200 OK", "one", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	assert_int_equal(media_port(), 40010);
}

/* RFC 6228 */
static void a_199_drops_its_fork(void **state)
{
	call_and_take_invite();
	assert_non_null(strstr(invite, "199"));
	phone_respond(&phone, invite, "183 Session Progress", "one", sdp_at(40010));
	assert_true(rig_ordered("progress+"));
	phone_respond(&phone, invite, "183 Session Progress", "two", sdp_at(40020));
	rig_run(20);
	assert_int_equal(media_port(), 40020);
	phone_respond(&phone, invite, "199 Early Dialog Terminated", "two", NULL);
	rig_run(20);
	assert_int_equal(media_port(), 40010);
	phone_respond(&phone, invite, "199 Early Dialog Terminated", "one", NULL);
	rig_run(20);
	assert_int_equal(media_port(), 40010);
	phone_respond(&phone, invite, "200 OK", "three", sdp_at(40030));
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	assert_int_equal(media_port(), 40030);
}

#define IN(f) cmocka_unit_test_setup_teardown(f, start, phone_stop)
#define TCP(f) cmocka_unit_test_setup_teardown(f, start_tcp, phone_stop)
#define OUT(f) cmocka_unit_test_setup_teardown(f, start_out, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN(a_reliable_1xx_is_repeated_until_its_prack),
	    IN(the_2xx_waits_for_the_prack_of_the_answer),
	    IN(the_answer_goes_once_though_more_1xx_wait),
	    TCP(one_1xx_goes_after_the_other_on_tcp),
	    IN(the_2xx_does_not_wait_for_a_1xx_without_description),
	    IN(one_1xx_goes_after_the_other),
	    IN(an_invite_without_offer_gets_ours_in_the_first_reliable_1xx),
	    IN(an_answer_in_prack_that_does_not_fit_ends_the_call),
	    IN(a_prack_may_bring_a_new_offer),
	    IN(an_offer_in_prack_before_our_answer_is_refused),
	    IN(without_prack_the_invite_is_refused),
	    IN(a_cancel_while_the_2xx_waits_ends_the_call),
	    IN(a_prack_of_nothing_is_refused),
	    IN(rel1xx_decides_what_callers_may_do),
	    OUT(reliable_responses_are_acknowledged_once_and_in_order),
	    OUT(a_description_after_the_reliable_answer_is_ignored),
	    OUT(rel1xx_decides_what_our_invite_asks_for),
	    OUT(each_fork_has_its_own_order_and_description),
	    OUT(a_199_drops_its_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
