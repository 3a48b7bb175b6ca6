// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a line at its registrar, and what calls have from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/digest_rig.h"
#include "tests/unit/registrar_rig.h"

static const struct digest_user user = {"u", "secret"};

static struct phone proxy;

static const struct party alice = {
    .number = {.digits = "4930111", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

/* ---- registering */

static void a_line_is_registered_and_repeated_before_it_expires(void **state)
{
	char text[128], call_id[128];
	unsigned first;
	uint64_t began;

	registrar_take();
	began = registration_now_ms();
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u SIP/2.0\r\n", rig.peer_port);
	assert_memory_equal(registrar.message, text, strlen(text));
	assert_string_equal(header(registrar.message, "To"), "<sip:+4930111@127.0.0.1>");
	assert_memory_equal(header(registrar.message, "From"), "<sip:+4930111@127.0.0.1>;tag=", 29);
	snprintf(text, sizeof(text), "<sip:+4930111@127.0.0.1:%u>", rig.port);
	assert_string_equal(registrar_own_uri(), text);
	assert_non_null(strstr(header(registrar.message, "Contact"), "+sip.instance=\"<urn:uuid:"));
	assert_null(strstr(header(registrar.message, "Contact"), "reg-id"));
	assert_string_equal(header(registrar.message, "Expires"), "100");
	assert_string_equal(header(registrar.message, "Supported"), "path");
	assert_false(registrar_look().up);
	snprintf(call_id, sizeof(call_id), "%s", header(registrar.message, "Call-ID"));
	first = registrar_cseq();
	registrar_grant(60, "");
	registrar_expect_up(true);
	assert_in_range(registrar_look().expires_s, 50, 60);
	registrar_take();
	/* 80 percent of 60 s, and 90 to 100 percent of that, in seconds of 10 ms; a crowded machine
	 * may be late */
	assert_in_range(registration_now_ms() - began, 400, 5900);
	assert_true(registrar_look().up);
	assert_string_equal(header(registrar.message, "Call-ID"), call_id);
	assert_int_equal(registrar_cseq(), first + 1);
	registrar_grant(60, "");
}

static bool is_too_brief(void *arg)
{
	return strstr(registrar_look().trouble, "423") != NULL;
}

static void a_longer_time_is_asked_for(void **state)
{
	registrar_take();
	registrar_answer("423 Interval Too Brief", "Min-Expires: 1800\r\n");
	registrar_take();
	assert_string_equal(header(registrar.message, "Expires"), "1800");
	registrar_grant(20, "");
	registrar_expect_up(true);
	registrar_take();
	assert_string_equal(header(registrar.message, "Expires"), "1800");
	registrar_answer("423 Interval Too Brief",
			 "Min-Expires: 1800\r\n"); /* that is what we asked for */
	assert_true(rig_wait(is_too_brief, NULL, 20000));
	registrar_expect_up(false);
}

/* ---- unregistering */

static void what_is_no_longer_configured_is_unregistered(void **state)
{
	struct digest_credentials credentials;
	unsigned last;

	registrar_take();
	registrar_answer("401 Unauthorized", digest_rig_challenge("WWW-Authenticate", "example.com",
								  "n", ", qop=\"auth\""));
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
	last = registrar_cseq();
	registrar_change(NULL, 0);
	registrar_take();
	assert_string_equal(header(registrar.message, "Expires"), "0");
	assert_non_null(strstr(header(registrar.message, "Contact"), ";expires=0"));
	assert_int_equal(registrar_cseq(), last + 1);
	digest_rig_check(registrar.message, "Authorization", &user, &credentials);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 1);
	registrar_answer("200 OK", NULL);
	rig_run(20);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 0);
	assert_null(registrar_look().line);
	phone_expect_nothing(&registrar.phone, 50);
}

static void what_stays_configured_stays_registered(void **state)
{
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
	registrar_change(registrar.tenants, 1);
	assert_true(registrar_look().up);
	phone_expect_nothing(&registrar.phone, 50);
	strcpy(registrar.lines[1].name, "+4930112");
	registrar.account.lines_count = 2;
	registrar_change(registrar.tenants, 1);
	registrar_take();
	assert_string_equal(header(registrar.message, "To"), "<sip:+4930112@127.0.0.1>");
	phone_expect_nothing(&registrar.phone, 20);
}

static void what_is_not_registered_yet_is_forgotten(void **state)
{
	registrar_take();
	registrar_answer("403 Forbidden", NULL);
	rig_run(20);
	registrar_change(NULL, 0);
	assert_null(registrar_look().line);
	phone_expect_nothing(&registrar.phone, 50);
}

static void a_stopped_service_is_not_registered_unless_it_is_to_stay(void **state)
{
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
	call_service_set(rig.ua,
			 &(struct call_service_order){.stop = true, .maintain_registration = true});
	phone_expect_nothing(&registrar.phone, 50);
	call_service_set(rig.ua, &(struct call_service_order){.stop = true});
	registrar_take();
	assert_string_equal(header(registrar.message, "Expires"), "0");
	registrar_answer("200 OK", NULL);
	phone_expect_nothing(&registrar.phone, 50);
	call_service_set(rig.ua, &(struct call_service_order){.stop = false});
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
}

static void all_is_unregistered_at_the_end(void **state)
{
	registrar_take();
	registrar_grant(60, "");
	registrar_expect_up(true);
	registrations_stop(ua_registrations(rig.ua));
	registrar_take();
	assert_string_equal(header(registrar.message, "Expires"), "0");
	registrar_answer("481 Whatever", NULL);
	rig_run(20);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 0);
}

/* ---- what calls have from it */

static void a_call_has_the_line_s_contact_and_route(void **state)
{
	const char *invite;
	char text[256];

	phone_open(&proxy, false, false, 0);
	registrar_take();
	snprintf(text, sizeof(text),
		 "Service-Route: <sip:orig@127.0.0.1:%u;lr>\r\nService-Route: "
		 "<sip:second.test;lr>\r\n"
		 "P-Associated-URI: <sip:+4930111@example.com>, <tel:+4930119>\r\n",
		 proxy.port);
	registrar_grant(60, text);
	registrar_expect_up(true);
	assert_string_equal(registrar_look().associated,
			    "<sip:+4930111@example.com>, <tel:+4930119>");
	rig_call("7001", &alice);
	/* to the first of them, not to the session target */
	snprintf(text, sizeof(text), "INVITE sip:7001@127.0.0.1:%u ", rig.peer_port);
	invite = phone_expect(&proxy, text);
	snprintf(text, sizeof(text), "<sip:+4930111@127.0.0.1:%u>", rig.port);
	assert_string_equal(header(invite, "Contact"), text);
	snprintf(text, sizeof(text),
		 "\r\nRoute: <sip:orig@127.0.0.1:%u;lr>\r\nRoute: <sip:second.test;lr>\r\n",
		 proxy.port);
	assert_non_null(strstr(invite, text));
	phone_respond(&proxy, invite, "486 Busy Here", "a", NULL);
	phone_expect(&proxy, "ACK");
	phone_expect_nothing(&registrar.phone, 30);
	phone_close(&proxy);
	/* that is for calls to the registrar */
	phone_listen(&proxy, true, rig.peer_port);
	rig_call("8001", &alice);
	invite = phone_expect(&proxy, "INVITE sip:8001@[::1]");
	assert_null(strstr(invite, "\r\nRoute:"));
	phone_respond(&proxy, invite, "486 Busy Here", "a", NULL);
	phone_expect(&proxy, "ACK");
	phone_close(&proxy);
}

static bool has_long(void *arg)
{
	return registrar_look().expires_s > 10;
}

static void a_public_gruu_is_the_contact_of_calls(void **state)
{
	static const char gruu[] = "sip:+4930111@example.com;gr=urn:uuid:f81d4fae";
	char more[256], text[128];
	const char *invite, *response;

	registrar_take();
	registrar.account.registrars[0].gruu = true;
	registrar_change(registrar.tenants, 1);
	registrar_grant(2, "");
	registrar_expect_up(true);
	registrar_take();
	assert_string_equal(header(registrar.message, "Supported"), "path, gruu");
	snprintf(more, sizeof(more), ";pub-gruu=\"%s\";temp-gruu=\"sip:x@y;gr\"\r\n", gruu);
	registrar_grant(60, more);
	assert_true(rig_wait(has_long, NULL, 20000));
	rig_call("7001", &alice);
	invite = phone_expect(&registrar.phone, "INVITE sip:7001@");
	snprintf(text, sizeof(text), "<%s>", gruu);
	assert_string_equal(header(invite, "Contact"), text);
	phone_respond(&registrar.phone, invite, "486 Busy Here", "a", NULL);
	phone_expect(&registrar.phone, "ACK");
	registrar.phone.to = "+4930111"; /* a call for the line */
	phone_request(&registrar.phone, "INVITE", SDP_ALAW);
	phone_expect(&registrar.phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	response = phone_expect(&registrar.phone, "SIP/2.0 200");
	assert_string_equal(header(response, "Contact"), text);
	phone_request(&registrar.phone, "ACK", NULL);
	registrar.phone.to = "2001";
}

static void the_number_is_in_to_if_the_account_is_called(void **state)
{
	char request[1024];

	registrar_take();
	assert_string_equal(header(registrar.message, "To"), "<sip:pbx@127.0.0.1>");
	registrar_grant(60, "");
	registrar_expect_up(true);
	snprintf(
	    request, sizeof(request),
	    "INVITE sip:pbx@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch="
	    "z9hG4bKaccount;rport\r\nFrom: <sip:4420@h>;tag=f\r\nTo: <sip:2345@h>\r\n"
	    "Call-ID: account\r\nCSeq: 1 INVITE\r\nContact: <sip:me@127.0.0.1:%u>\r\n"
	    "Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
	    rig.port, registrar.phone.port, registrar.phone.port, strlen(SDP_ALAW), SDP_ALAW);
	phone_send(&registrar.phone, request);
	phone_expect(&registrar.phone, "SIP/2.0 100");
	assert_int_equal(rig.made, 1);
	assert_string_equal(rig.fake.request.setup.called.digits, "2345");
}

/* ---- two registrars, connections, many */

static bool count_up(void *arg, const struct registration_view *view)
{
	*(unsigned *)arg += view->up;
	return true;
}

static bool all_are_up(void *arg)
{
	unsigned count = 0;

	registrations_each(ua_registrations(rig.ua), count_up, &count);
	return count == *(const unsigned *)arg;
}

static void a_connection_is_asked_to_be_kept(void **state)
{
	registrar_take();
	assert_string_equal(header(registrar.message, "Supported"), "path, outbound");
	assert_non_null(strstr(header(registrar.message, "Contact"), ";reg-id=1"));
	assert_non_null(strstr(registrar_own_uri(), ";transport=tcp>"));
	registrar_answer("439 First Hop Lacks Outbound Support", NULL);
	registrar_take();
	assert_null(strstr(header(registrar.message, "Contact"), ";reg-id="));
	assert_string_equal(header(registrar.message, "Supported"), "path");
	registrar_answer("200 OK", NULL); /* without any Contact: some do */
	registrar_expect_up(true);
	assert_in_range(registrar_look().expires_s, 90, 100);
}

static void hostile_answers_are_survived(void **state)
{
	static const struct {
		const char *headers; /* %s: our Contact */
		bool up;
	} rows[] = {
	    {"Contact: *\r\nExpires: 4\r\n", true}, /* the stack reads none */
	    {"Contact: <sip:a@b>, <sip:c@d>\r\n", false},
	    {"Contact: %s;expires=0\r\n", false},
	    {"Contact: %s;expires=99999999999999\r\nExpires: 4\r\n", true},
	    {"Contact: %s;expires=abc\r\nExpires: 4\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"<>\"\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"tel:1\"\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"\r\n", false},
	    {"Contact: %s;expires=4\r\nService-Route: <tel:1>\r\n", true},
	    {"Contact: %s;expires=4\r\nService-Route: <sip:>, <sip:a;lr>\r\n", true},
	    {"Contact: <sip:me@192.0.2.77:9>;expires=4\r\n", true}, /* rewritten on the way */
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		registrar_take();
		snprintf(text, sizeof(text), "%.*s%s%s",
			 (int)(strstr(rows[i].headers, "%s")
				   ? strstr(rows[i].headers, "%s") - rows[i].headers
				   : 0),
			 rows[i].headers, strstr(rows[i].headers, "%s") ? registrar_own_uri() : "",
			 strstr(rows[i].headers, "%s") ? strstr(rows[i].headers, "%s") + 2
						       : rows[i].headers);
		registrar_answer("200 OK", text);
		if (rows[i].up)
			registrar_expect_up(true);
		else
			rig_run(20);
		if (registrar_look().up != rows[i].up)
			fail_msg("%s: %s", rows[i].headers, registrar_look().trouble);
		registrar_change(registrar.tenants, 1); /* a failure is tried again at once */
	}
}

static void hundreds_begin_one_after_another(void **state)
{
	unsigned count = sizeof(registrar.lines) / sizeof(registrar.lines[0]);
	uint64_t began;

	registrar_take();
	registrar_grant(6000, "");
	for (unsigned i = 0; i < count; i++)
		snprintf(registrar.lines[i].name, sizeof(registrar.lines[i].name), "+49301%05u", i);
	registrar.account.lines_count = count;
	registrar.t1_ms = 500; /* nothing is repeated while a crowded machine lets us wait */
	registrar_change(registrar.tenants, 1);
	registrar.t1_ms = RIG_T1_MS;
	registrar_take(); /* the old one is unregistered */
	registrar_answer("200 OK", NULL);
	began = registration_now_ms();
	for (unsigned i = 0; i < count; i++) {
		registrar_take();
		registrar_grant(6000, "");
	}
	assert_true(registration_now_ms() - began + 20 >= count - 1); /* 1 ms each here */
	assert_true(rig_wait(all_are_up, &count, 20000));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, registrar_start, registrar_stop)
	const struct CMUnitTest tests[] = {
	    TEST(a_line_is_registered_and_repeated_before_it_expires),
	    TEST(a_longer_time_is_asked_for),
	    TEST(what_is_no_longer_configured_is_unregistered),
	    TEST(what_stays_configured_stays_registered),
	    TEST(what_is_not_registered_yet_is_forgotten),
	    TEST(a_stopped_service_is_not_registered_unless_it_is_to_stay),
	    TEST(all_is_unregistered_at_the_end),
	    TEST(a_call_has_the_line_s_contact_and_route),
	    TEST(a_public_gruu_is_the_contact_of_calls),
	    cmocka_unit_test_setup_teardown(the_number_is_in_to_if_the_account_is_called,
					    registrar_start_account, registrar_stop),
	    cmocka_unit_test_setup_teardown(a_connection_is_asked_to_be_kept, registrar_start_tcp,
					    registrar_stop),
	    TEST(hostile_answers_are_survived),
	    TEST(hundreds_begin_one_after_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
