// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers and their reasons: what the telephone sees of the other leg's causes, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

static struct phone called; /* where calls to 7... go */
static struct phone caller;
static char invite[MESSAGE_MAX]; /* the one that came to called */
static struct tenant all;

static const struct party alice = {.number = {.digits = "4420"}};

static int start(void **state)
{
	rig_start(NULL);
	phone_open(&called, false, false, rig.peer_port);
	phone_open(&caller, false, false, 0);
	memset(&all, 0, sizeof(all));
	rig.ua->config.tenants = &all;
	rig.ua->config.tenants_count = 1;
	return 0;
}

static int stop(void **state)
{
	phone_close(&called);
	phone_close(&caller);
	rig_stop();
	return 0;
}

static void call_from_sip(const char *number)
{
	static unsigned calls;

	caller.to = number;
	caller.remote_tag[0] = '\0';
	snprintf(caller.call_id, sizeof(caller.call_id), "answers-%u", ++calls);
	phone_request(&caller, "INVITE", SDP_ALAW);
	phone_expect(&caller, "SIP/2.0 100");
}

static void take_invite(void)
{
	snprintf(invite, sizeof(invite), "%s", phone_expect(&called, "INVITE sip:7001@"));
}

static void call_to_sip(void)
{
	rig_call("7001", &alice);
	take_invite();
}

static void release(struct cause cause)
{
	rig_event(CALL_EV_RELEASED, &cause);
}

static void configure(const struct cause_table *table)
{
	struct cause_tables *tables = cause_tables_new();
	int number = cause_tables_find(tables, table);

	assert_true(number > 0);
	office_set_causes(rig.office, tables, (unsigned)number);
	cause_tables_unref(tables);
}

/* The newest call that has ended. */
static bool take_first(void *out, const struct call_summary *call)
{
	*(struct call_summary *)out = *call;
	return false;
}

static struct call_summary last_call(void)
{
	static struct call_summary s;

	rig_run(10);
	office_each_past_call(rig.office, take_first, &s);
	return s;
}

/* ---- the other leg fails */

static void a_cause_is_answered_with_its_status_and_reason(void **state)
{
	static const struct {
		unsigned q850, location;
		const char *status, *reason;
	} rows[] = {
	    {17, CAUSE_LOCATION_USER, "SIP/2.0 486 Busy Here", "Q.850;cause=17;text=\"user busy\""},
	    {21, CAUSE_LOCATION_USER, "SIP/2.0 603 Decline", "Q.850;cause=21"},
	    {21, CAUSE_LOCATION_TRANSIT, "SIP/2.0 403 Forbidden", "Q.850;cause=21"},
	    {16, CAUSE_LOCATION_USER, "SIP/2.0 480 Temporarily", "Q.850;cause=16"},
	    {22, CAUSE_LOCATION_TRANSIT, "SIP/2.0 410 Gone", "Q.850;cause=22"},
	    {25, CAUSE_LOCATION_TRANSIT, "SIP/2.0 483 Too Many Hops", "Q.850;cause=25"},
	    {8, CAUSE_LOCATION_TRANSIT, "SIP/2.0 503 Service", "preemption;cause=4"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *message;

		call_from_sip("2001");
		release(cause_q850(rows[i].q850, rows[i].location, CAUSE_SOURCE_PSTN));
		message = phone_expect(&caller, rows[i].status);
		assert_non_null(strstr(message, rows[i].reason));
		assert_string_equal(header(message, "Retry-After"), "");
		phone_request(&caller, "ACK", NULL);
	}
	assert_int_equal(office_cause_counts(rig.office)->to_sip[21], 2);
	assert_int_equal(office_cause_counts(rig.office)->to_sip[17], 1);
	assert_int_equal(office_cause_counts(rig.office)->to_sip[18], 0);
	office_clear_cause_counts(rig.office);
	assert_int_equal(office_cause_counts(rig.office)->to_sip[21], 0);
}

static void the_operators_status_is_sent_with_its_words(void **state)
{
	static const struct {
		unsigned sip;
		const char *line;
	} rows[] = {{600, "SIP/2.0 600 Busy Everywhere\r\n"},
		    {607, "SIP/2.0 607 Unwanted\r\n"},
		    {470, "SIP/2.0 470 Consent Needed\r\n"},
		    {698, "SIP/2.0 698 "}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cause_table table = {0};

		table.sip[17] = rows[i].sip;
		configure(&table);
		call_from_sip("2001");
		release(cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN));
		phone_expect(&caller, rows[i].line);
		phone_request(&caller, "ACK", NULL);
		assert_int_equal(last_call().leg[0].sip_status, rows[i].sip);
	}
}

static void calls_keep_the_tables_they_began_with(void **state)
{
	struct cause_table table = {0};

	table.sip[17] = 606;
	configure(&table);
	call_from_sip("2001");
	table.sip[17] = 604;
	configure(&table);
	release(cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN));
	phone_expect(&caller, "SIP/2.0 606");
	phone_request(&caller, "ACK", NULL);
}

/* ---- the caller gives up */

static void a_cancelled_call_is_487_and_says_why(void **state)
{
	static const struct {
		const char *extra;
		unsigned q850, services;
		const char *text;
	} rows[] = {
	    {NULL, 16, 0, ""},
	    {"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n", 26, CALL_ELSEWHERE,
	     "Call completed elsewhere"},
	    {"Reason: SIP;cause=603;text=\"Declined\", Q.850;cause=21;text=\"no, thanks\"\r\n", 21,
	     0, "no, thanks"},
	    {"Reason: SIP ;cause=480\r\n", 18, 0, ""},
	    {"Reason: Q.850;cause=0;text=\"x\", Q.850 ;cause=128\r\n", 16, 0, ""},
	    {"Reason: SIP;text=\"a, Q.850;cause=3\", Q.850;cause=27\r\n", 27, 0, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call_summary s;

		call_from_sip("2001");
		caller.extra = rows[i].extra;
		phone_request(&caller, "CANCEL", NULL);
		phone_expect(&caller, "SIP/2.0 200");
		phone_expect(&caller, "SIP/2.0 487");
		phone_request(&caller, "ACK", NULL);
		assert_true(rig_ordered("release"));
		s = last_call();
		assert_int_equal(rig.fake.cause.q850, rows[i].q850);
		assert_int_equal(s.leg[0].sip_status, 487);
		assert_int_equal(s.services, rows[i].services);
		assert_string_equal(s.cause.text, rows[i].text);
	}
}

/* ---- answers of the far end */

static void answer_with(const char *status, const char *extra)
{
	called.extra = extra;
	phone_respond(&called, invite, status, "a", NULL);
	phone_expect(&called, "ACK");
	assert_true(rig_ordered("release"));
}

static void more_than_the_status_line_counts(void **state)
{
	static const struct {
		const char *status, *extra;
		unsigned q850;
		bool ringing;
	} rows[] = {
	    {"480 Gone", NULL, 18},
	    {"480 Gone", NULL, 19, true},
	    {"488 Not here", "Warning: 370 h \"Insufficient bandwidth\"\r\n", 47},
	    {"488 Not here", "Warning: 304 h \"Media type\"\r\n", 65},
	    {"606 Not at all", "Warning: 370 h \"Insufficient bandwidth\"\r\n", 47},
	    {"503 Not now", NULL, 41},
	    {"580 Precondition", NULL, 47},
	    {"486 Busy", "Reason: SIP;cause=603\r\n", 17},
	    {"486 Busy", "Reason: SIP;cause=603, Q.850;cause=21\r\n", 21},
	    {"431 Odd", NULL, 41},
	    {"599 Odd", NULL, 41},
	    {"699 Odd", NULL, 17},
	    {"607 Unwanted", NULL, 21},
	    {"503 Not now", "Retry-After: 30\r\n", 42}, /* nothing is sent there any more */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_to_sip();
		if (rows[i].ringing) {
			phone_respond(&called, invite, "180 Ringing", "a", NULL);
			assert_true(rig_ordered("alert"));
		}
		answer_with(rows[i].status, rows[i].extra);
		if (rig.fake.cause.q850 != rows[i].q850)
			fail_msg("%s %s: %u", rows[i].status, rows[i].extra, rig.fake.cause.q850);
	}
	assert_int_equal(office_cause_counts(rig.office)->from_sip[480 - CAUSE_SIP_FIRST], 2);
}

/* RFC 3261 8.1.3.2: what is not known is the first of its class. */
static void every_status_is_handled_as_its_class(void **state)
{
	char line[32];

	for (unsigned status = 400; status < 700; status += 13) {
		call_to_sip();
		snprintf(line, sizeof(line), "%u Odd", status);
		answer_with(line, NULL);
		assert_int_equal(rig.fake.cause.sip, status);
		assert_in_range(rig.fake.cause.q850, 1, 127);
	}
	call_to_sip();
	phone_respond(&called, invite, "155 Odd", "a", SDP_ALAW);
	assert_true(rig_ordered("progress+"));
	phone_respond(&called, invite, "299 Odd", "a", SDP_ALAW);
	phone_expect(&called, "ACK");
	assert_true(rig_ordered("answer"));
	release(cause_q850(16, 0, CAUSE_SOURCE_PSTN));
	phone_respond(&called, phone_expect(&called, "BYE"), "200 OK", NULL, NULL);
}

static void the_reason_can_be_preferred_or_ignored(void **state)
{
	static const char reason[] = "Reason: Q.850;cause=34\r\n";
	struct cause_table table = {0};

	table.q850[486 - CAUSE_SIP_FIRST] = 21;
	configure(&table);
	call_to_sip();
	answer_with("486 Busy", reason);
	assert_int_equal(rig.fake.cause.q850, 21);
	all.options.reason = SIP_REASON_OVERRIDE;
	call_to_sip();
	answer_with("486 Busy", reason);
	assert_int_equal(rig.fake.cause.q850, 34);
	all.options.reason = SIP_REASON_IGNORE;
	call_to_sip();
	answer_with("404 Not Found", reason);
	assert_int_equal(rig.fake.cause.q850, 1);
}

static void a_call_that_nobody_answers_is_cancelled(void **state)
{
	const char *message;

	rig.ua->config.expires_ms = 60;
	for (unsigned rings = 0; rings < 2; rings++) {
		call_to_sip();
		phone_respond(&called, invite, rings ? "180 Ringing" : "100 Trying",
			      rings ? "a" : NULL, NULL);
		message = phone_expect(&called, "CANCEL");
		assert_non_null(strstr(header(message, "Reason"), rings ? "cause=19" : "cause=18"));
		assert_true(rig_ordered(rings ? "release(19)" : "release(18)"));
		phone_respond(&called, message, "200 OK", NULL, NULL);
		phone_respond(&called, invite, "487 Request Terminated", "a", NULL);
		phone_expect(&called, "ACK");
	}
	call_to_sip();
	phone_respond(&called, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&called, "ACK");
	phone_expect_nothing(&called, 150);
	release(cause_q850(16, 0, CAUSE_SOURCE_PSTN));
	phone_respond(&called, phone_expect(&called, "BYE"), "200 OK", NULL, NULL);
}

/* ---- from SIP to SIP */

static void a_status_is_passed_on_unless_it_is_about_our_message(void **state)
{
	static const struct {
		const char *status, *extra, *passed, *reason, *second;
	} rows[] = {
	    {"486 Busy", NULL, "SIP/2.0 486 Busy Here", "SIP;cause=486;text=\"Busy Here\""},
	    {"604 Nowhere", NULL, "SIP/2.0 604 ", "SIP;cause=604"},
	    {"431 Odd", NULL, "SIP/2.0 431 ", "SIP;cause=431"},
	    {"480 Gone", "Reason: Q.850;cause=20\r\n", "SIP/2.0 480 ",
	     "SIP;cause=480;text=\"Temporarily Unavailable\"", "Q.850;cause=20"},
	    {"487 Odd", NULL, "SIP/2.0 480 ", "SIP;cause=487"},
	    {"407 Who", NULL, "SIP/2.0 403 ", "SIP;cause=407"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *message;

		call_from_sip("7001");
		take_invite();
		called.extra = rows[i].extra;
		phone_respond(&called, invite, rows[i].status, "a", NULL);
		phone_expect(&called, "ACK");
		message = phone_expect(&caller, rows[i].passed);
		assert_memory_equal(header(message, "Reason"), rows[i].reason,
				    strlen(rows[i].reason));
		assert_true(!rows[i].second == !strstr(message, "Q.850;cause="));
		assert_true(!rows[i].second || strstr(message, rows[i].second));
		phone_request(&caller, "ACK", NULL);
	}
}

static void what_another_telephone_took_is_not_missed(void **state)
{
	const char *message;

	call_from_sip("7001");
	take_invite();
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	phone_expect(&caller, "SIP/2.0 180");
	caller.extra = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
	phone_request(&caller, "CANCEL", NULL);
	message = phone_expect(&called, "CANCEL");
	assert_non_null(strstr(message, "SIP;cause=200;text=\"Call completed elsewhere\""));
	assert_non_null(strstr(message, "Q.850;cause=26"));
	phone_respond(&called, message, "200 OK", NULL, NULL);
	phone_respond(&called, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&called, "ACK");
	assert_int_equal(last_call().services, CALL_ELSEWHERE);
}

/* A bus terminal that has lost tells the SIP telephones. */
static void a_lost_terminal_tells_the_telephones(void **state)
{
	const char *message;

	call_to_sip();
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	release(cause_q850(26, CAUSE_LOCATION_PUBLIC_LOCAL, CAUSE_SOURCE_PSTN));
	message = phone_expect(&called, "CANCEL");
	assert_non_null(strstr(header(message, "Reason"), "SIP;cause=200"));
	phone_respond(&called, message, "200 OK", NULL, NULL);
	phone_respond(&called, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&called, "ACK");
	assert_int_equal(last_call().services, CALL_ELSEWHERE);
}

/* ---- on the way to the answer */

static void provisional_answers_are_told_as_what_they_are(void **state)
{
	call_to_sip();
	phone_respond(&called, invite, "100 Trying", NULL, NULL);
	assert_true(rig_ordered("proceed "));
	phone_respond(&called, invite, "181 Call Is Being Forwarded", "a", NULL);
	assert_true(rig_ordered("notice(123) "));
	phone_respond(&called, invite, "199 Early Dialog Terminated", "b", NULL);
	phone_respond(&called, invite, "182 Queued", "a", NULL);
	assert_true(rig_ordered("progress+ "));
	phone_respond(&called, invite, "183 Session Progress", "a", SDP_ALAW);
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert "));
	phone_respond(&called, invite, "180 Ringing", "a", SDP_ALAW);
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	rig_run(30);
	assert_string_equal(rig.fake.orders,
			    "proceed notice(123) progress+ progress+ alert progress+ ");
}

static void early_media_of_a_180_can_be_switched_off(void **state)
{
	all.options.early_media_180 = SIP_SWITCH_OFF;
	call_to_sip();
	phone_respond(&called, invite, "180 Ringing", "a", SDP_ALAW);
	assert_true(rig_ordered("alert "));
	phone_respond(&called, invite, "200 OK", "a", NULL); /* its description is agreed on */
	phone_expect(&called, "ACK");
	assert_true(rig_ordered("answer"));
	assert_null(strstr(rig.fake.orders, "+"));
}

static void queued_is_passed_on_from_sip_to_sip(void **state)
{
	const char *message;

	call_from_sip("7001");
	take_invite();
	phone_respond(&called, invite, "182 Queued", "a", NULL);
	message = phone_expect(&caller, "SIP/2.0 182 Queued");
	assert_string_equal(body_of(message), "");
	phone_respond(&called, invite, "183 Session Progress", "a", SDP_ALAW);
	message = phone_expect(&caller, "SIP/2.0 183");
	assert_non_null(strstr(body_of(message), "m=audio"));
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	phone_expect(&caller, "SIP/2.0 180");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	    TEST(a_cause_is_answered_with_its_status_and_reason),
	    TEST(the_operators_status_is_sent_with_its_words),
	    TEST(calls_keep_the_tables_they_began_with),
	    TEST(a_cancelled_call_is_487_and_says_why),
	    TEST(more_than_the_status_line_counts),
	    TEST(every_status_is_handled_as_its_class),
	    TEST(the_reason_can_be_preferred_or_ignored),
	    TEST(a_call_that_nobody_answers_is_cancelled),
	    TEST(a_status_is_passed_on_unless_it_is_about_our_message),
	    TEST(what_another_telephone_took_is_not_missed),
	    TEST(a_lost_terminal_tells_the_telephones),
	    TEST(provisional_answers_are_told_as_what_they_are),
	    TEST(early_media_of_a_180_can_be_switched_off),
	    TEST(queued_is_passed_on_from_sip_to_sip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
