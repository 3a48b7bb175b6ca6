// SPDX-License-Identifier: GPL-2.0-or-later
/* 3xx that come: which Contacts are followed, in which order, and where it ends. */
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/name_server.h"
#include "tests/unit/sip_one_phone.h"

static struct phone second;
static char invite[MESSAGE_MAX]; /* the one that came to the first telephone */
static char contacts[1024];

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN}};

static int start(void **state)
{
	phone_start_called(state);
	phone_open(&second, false, false, 0);
	return 0;
}

static int stop(void **state)
{
	phone_close(&second);
	return phone_stop(state);
}

static void take_invite(void)
{
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE sip:7"));
}

static void call(void)
{
	rig_call("7001", &alice);
	take_invite();
}

/* In the Contact header: SECOND and GATEWAY stand for their host and port. */
static void redirect(const char *status, const char *format)
{
	char second_host[32], gateway[32], *to = contacts;
	const char *end = contacts + sizeof(contacts) - 40;

	snprintf(second_host, sizeof(second_host), "127.0.0.1:%u", second.port);
	snprintf(gateway, sizeof(gateway), "127.0.0.1:%u", rig.port);
	to += sprintf(to, "Contact: ");
	while (*format && to < end) {
		bool is_second = !strncmp(format, "SECOND", 6);
		bool is_gateway = !strncmp(format, "GATEWAY", 7);

		if (is_second || is_gateway)
			to += sprintf(to, "%s", is_second ? second_host : gateway);
		else
			*to++ = *format;
		format += is_second ? 6 : is_gateway ? 7 : 1;
	}
	strcpy(to, "\r\n");
	phone.contact = contacts;
	phone_respond(&phone, invite, status, "a", NULL);
	phone.contact = NULL;
	phone_expect(&phone, "ACK");
}

static void answer_at_second(const char *request)
{
	char came[MESSAGE_MAX];
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	snprintf(came, sizeof(came), "%s", phone_expect(&second, request));
	phone_respond(&second, came, "200 OK", "b", SDP_ALAW);
	phone_expect(&second, "ACK");
	assert_true(rig_ordered("answer"));
	rig_event(CALL_EV_RELEASED, &cause);
	phone_respond(&second, phone_expect(&second, "BYE"), "200 OK", NULL, NULL);
}

static void a_neighbour_is_called_as_his_contact_says(void **state)
{
	call();
	redirect("302 Moved Temporarily", "<sip:bob@SECOND;x=1?Subject=a>;q=0.5");
	answer_at_second("INVITE sip:bob@127.0.0.1:");
}

static void one_that_rang_may_still_send_the_call_on(void **state)
{
	call();
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	redirect("302 Moved Temporarily", "sip:bob@SECOND");
	answer_at_second("INVITE sip:bob@127.0.0.1:");
}

static void contacts_are_tried_in_order_of_q(void **state)
{
	char came[MESSAGE_MAX];

	call();
	redirect("300 Multiple Choices",
		 "<sip:third@SECOND>;q=0.1, <sip:first@SECOND>, <sip:second@SECOND>;q=0.9");
	snprintf(came, sizeof(came), "%s", phone_expect(&second, "INVITE sip:first@"));
	phone_respond(&second, came, "486 Busy Here", "c", NULL);
	phone_expect(&second, "ACK");
	snprintf(came, sizeof(came), "%s", phone_expect(&second, "INVITE sip:second@"));
	phone_respond(&second, came, "404 Not Found", "d", NULL);
	phone_expect(&second, "ACK");
	answer_at_second("INVITE sip:third@");
}

static void nobody_is_tried_after_6xx(void **state)
{
	char came[MESSAGE_MAX];

	call();
	redirect("300 Multiple Choices", "<sip:first@SECOND>, <sip:second@SECOND>");
	snprintf(came, sizeof(came), "%s", phone_expect(&second, "INVITE sip:first@"));
	phone_respond(&second, came, "603 Decline", "c", NULL);
	phone_expect(&second, "ACK");
	assert_true(rig_ordered("release(21)"));
	phone_expect_nothing(&second, 50);
}

/* The one who asks to be called again, or names only strangers. */
static void what_may_not_be_called_is_cause_23(void **state)
{
	static const char *const rows[] = {
	    "sip:bob@192.0.2.9",
	    "sip:4711@192.0.2.9:5061",
	    "<sip:bob@SECOND;maddr=192.0.2.9>",
	    "<sip:bob@SECOND;method=BYE>",
	    "mailto:bob@example.com",
	    "*",
	    "sip:bob@GATEWAY",
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call();
		redirect("302 Moved Temporarily", rows[i]);
		if (!rig_ordered("release(23)"))
			fail_msg("%s: %s", rows[i], rig.fake.orders);
	}
	phone_expect_nothing(&second, 50);
}

static void a_circle_ends_at_once(void **state)
{
	char uri[64];

	call();
	snprintf(uri, sizeof(uri), "sip:7001@127.0.0.1:%u", rig.peer_port);
	redirect("302 Moved Temporarily", uri);
	assert_true(rig_ordered("release(23)"));
	phone_expect_nothing(&phone, 50);
}

static void an_endless_chain_ends_after_five(void **state)
{
	char uri[64];
	unsigned sent = 0;

	call();
	while (sent < 10) {
		snprintf(uri, sizeof(uri), "sip:70%u@127.0.0.1:%u", ++sent, rig.peer_port);
		redirect("302 Moved Temporarily", uri);
		if (sent == 6)
			break;
		take_invite();
	}
	assert_true(rig_ordered("release(23)"));
	phone_expect_nothing(&phone, 50);
}

/* The second telephone calls the first, which names a number of the telephone network. */
static void numbers_go_by_the_dial_plan(void **state)
{
	static const struct {
		const char *contact, *number, *then; /* when the number is busy */
	} rows[] = {
	    {"<tel:+442079460000;phone-context=x>", "442079460000"},
	    {"<sip:2005@GATEWAY>", "2005"},
	    {"<sip:2005@example.com;user=phone>", "2005"},
	    {"<tel:2005>;q=0.2, <tel:2006>;q=0.8", "2006", "2005"},
	    {"<sip:bob@192.0.2.9>, <tel:2007>;q=0.1", "2007"},
	    {"<tel:9999>, <tel:2008>;q=0.1", "2008"}, /* the first has no route */
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cause cause = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
		const struct call_setup *setup = &rig.fake.request.setup;
		unsigned made = rig.made;

		phone_close(&second);
		phone_open(&second, false, false, 0);
		second.to = "7001";
		phone_request(&second, "INVITE", SDP_ALAW);
		phone_expect(&second, "SIP/2.0 100");
		take_invite();
		redirect("302 Moved Temporarily", rows[i].contact);
		while (rig.made == made)
			assert_false(rig_wait(NULL, NULL, 5));
		assert_string_equal(setup->called.digits, rows[i].number);
		assert_int_equal(setup->redirection.count, 1);
		assert_int_equal(setup->redirection.reason, REDIRECTION_DEFLECTION);
		assert_string_equal(setup->redirection.from.number.digits, "7001");
		rig_event(CALL_EV_RELEASED, &cause);
		if (rows[i].then) {
			assert_int_equal(rig.made, made + 2);
			assert_string_equal(setup->called.digits, rows[i].then);
			rig_event(CALL_EV_RELEASED, &cause);
		}
		phone_expect(&second, "SIP/2.0 486");
	}
}

/* here.test is loopback, moving.test a stranger's. */
static void the_addresses_of_a_name_decide(void **state)
{
	char server[32], uri[64];

	name_server_start(server);
	name_server_move("192.0.2.1");
	rig_use_name_server(server);
	call();
	snprintf(uri, sizeof(uri), "<sip:bob@moving.test:5060>, <sip:bob@here.test:%u>;q=0.5",
		 second.port);
	redirect("302 Moved Temporarily", uri);
	answer_at_second("INVITE sip:bob@here.test:");
	name_server_stop();
}

static void configure(const struct sip_options *options)
{
	static struct tenant all;
	struct ua_config config = {.tenants = &all, .tenants_count = 1, .t1_ms = RIG_T1_MS};

	all.options = *options;
	ua_change(rig.ua, &config);
}

static void it_is_not_followed_if_that_is_switched_off(void **state)
{
	configure(&(struct sip_options){.redirect = SIP_SWITCH_OFF});
	call();
	redirect("302 Moved Temporarily", "sip:2005@SECOND");
	assert_true(rig_ordered("release(23)"));
	assert_string_equal(rig.fake.cause.new_number.digits, "2005");
	phone_expect_nothing(&second, 50);
}

/* ---- 3xx that we send; the second telephone is the caller */

static const char *second_calls(const char *number, const char *status)
{
	const char *message;

	phone_close(&second);
	phone_open(&second, false, false, 0);
	second.to = number;
	phone_request(&second, "INVITE", SDP_ALAW);
	phone_expect(&second, "SIP/2.0 100");
	if (!status)
		return NULL;
	message = phone_expect(&second, status);
	return header(message, "Contact");
}

static void a_number_that_the_pstn_tells_is_passed_on(void **state)
{
	static const struct {
		unsigned q850;
		bool off;
		const char *status;
	} rows[] = {
	    {22, false, "SIP/2.0 301"}, {23, false, "SIP/2.0 302"}, {23, true, "SIP/2.0 410"}};

	for (unsigned i = 0; i < 3; i++) {
		struct cause cause =
		    cause_q850(rows[i].q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
		struct sip_options options = {.moved_temporarily =
						  rows[i].off ? SIP_SWITCH_OFF : SIP_SWITCH_UNSET};
		char contact[64] = "";

		configure(&options);
		number_set(&cause.new_number, "4711", TON_UNKNOWN, NPI_ISDN);
		second_calls("2001", NULL);
		rig_event(CALL_EV_RELEASED, &cause);
		if (!rows[i].off)
			snprintf(contact, sizeof(contact), "<sip:4711@127.0.0.1:%u;user=phone>",
				 rig.port);
		assert_string_equal(header(phone_expect(&second, rows[i].status), "Contact"),
				    contact);
	}
}

static void a_call_is_deflected_by_command(void **state)
{
	struct number to;
	char contact[64];

	number_set(&to, "4711", TON_UNKNOWN, NPI_ISDN);
	snprintf(contact, sizeof(contact), "<sip:4711@127.0.0.1:%u;user=phone>", rig.port);
	second_calls("2001", NULL);
	assert_int_equal(office_deflect_call(rig.office, 1, &to), 0);
	assert_string_equal(header(phone_expect(&second, "SIP/2.0 302"), "Contact"), contact);
	assert_true(rig_ordered("release(23)"));
	assert_int_equal(office_deflect_call(rig.office, 1, &to), -ENOENT);
}

static void a_redirect_server_tells_where_to_call(void **state)
{
	char contact[64];
	const struct sip_options options = {.redirect_server = SIP_SWITCH_ON};

	configure(&options);
	snprintf(contact, sizeof(contact), "<sip:7001@127.0.0.1:%u>;q=1.0", rig.peer_port);
	assert_string_equal(second_calls("7001", "SIP/2.0 302"), contact);
	snprintf(contact, sizeof(contact), "<sip:8001@[::1]:%u;transport=tcp>;q=1.0",
		 rig.peer_port);
	assert_string_equal(second_calls("8001", "SIP/2.0 302"), contact);
	phone_expect_nothing(&phone, 30);
	assert_int_equal(rig.made, 0);
	second_calls("2001", NULL); /* to the PSTN: as ever */
	assert_int_equal(rig.made, 1);
}

static void add_target(struct plan *plan, uint32_t tag, uint8_t preference, const char *target)
{
	struct peer peer;
	char why[128];

	peer_init(&peer, tag, target ? PEER_VOIP : PEER_POTS);
	peer.preference = preference;
	strcpy(peer.destination_pattern, "9...");
	if (target)
		strcpy(peer.session_target, target);
	else
		strcpy(peer.port, "1:D");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), 0);
}

/* What leads to the telephone network is no Contact. */
static void the_contacts_of_a_redirect_server_are_in_hunt_order(void **state)
{
	static const struct plan_options options = {.permit_default = true};
	const struct sip_options redirects = {.redirect_server = SIP_SWITCH_ON};
	struct plan *plan = plan_new(&options);

	add_target(plan, 1, 7, "ipv4:10.1.1.1");
	add_target(plan, 2, 3, "dns:sip.example.com");
	add_target(plan, 3, 4, NULL);
	add_target(plan, 4, 0, "ipv6:[2001:db8::1]:5070");
	assert_int_equal(plan_seal(plan), 0);
	office_set_plan(rig.office, plan);
	plan_unref(plan);
	configure(&redirects);
	second_calls("9001", NULL);
	assert_non_null(strstr(phone_expect(&second, "SIP/2.0 300"),
			       "\r\nContact: <sip:9001@[2001:db8::1]:5070>;q=1.0\r\n"
			       "Contact: <sip:9001@sip.example.com>;q=0.9\r\n"
			       "Contact: <sip:9001@10.1.1.1>;q=0.8\r\n"));
	assert_int_equal(rig.made, 0);
}

/* A proxy sends our INVITE back: with its own Via above ours. */
static void a_call_that_comes_back_is_482(void **state)
{
	char back[MESSAGE_MAX], *line;
	size_t head;

	for (unsigned other = 0; other < 2; other++) {
		second_calls("7001", NULL);
		take_invite();
		line = strstr(invite, "Via:");
		head = (size_t)(line - invite);
		snprintf(back, sizeof(back),
			 "%.*sVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-p%u\r\n%s", (int)head,
			 invite, phone.port, other, line);
		if (other) /* forwarded to a number of the telephone network: a call as any */
			memcpy(strstr(back, "7001"), "2001", 4);
		phone_send(&phone, back);
		phone_expect(&phone, other ? "SIP/2.0 100" : "SIP/2.0 482");
	}
	assert_int_equal(rig.made, 1);
}

static void no_relay_between_neighbours_if_not_allowed(void **state)
{
	rig_forbid_sip_to_sip();
	second_calls("7001", "SIP/2.0 403");
	phone_expect_nothing(&phone, 30);
	second_calls("2001", NULL);
	assert_int_equal(rig.made, 1);
}

#define TEST(f)                                                                                    \
	{                                                                                          \
#f, f, start, stop, NULL                                                           \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_neighbour_is_called_as_his_contact_says),
	    TEST(one_that_rang_may_still_send_the_call_on),
	    TEST(contacts_are_tried_in_order_of_q),
	    TEST(nobody_is_tried_after_6xx),
	    TEST(what_may_not_be_called_is_cause_23),
	    TEST(a_circle_ends_at_once),
	    TEST(an_endless_chain_ends_after_five),
	    TEST(numbers_go_by_the_dial_plan),
	    TEST(the_addresses_of_a_name_decide),
	    TEST(it_is_not_followed_if_that_is_switched_off),
	    TEST(a_number_that_the_pstn_tells_is_passed_on),
	    TEST(a_call_is_deflected_by_command),
	    TEST(a_redirect_server_tells_where_to_call),
	    TEST(the_contacts_of_a_redirect_server_are_in_hunt_order),
	    TEST(a_call_that_comes_back_is_482),
	    TEST(no_relay_between_neighbours_if_not_allowed),
	};

	return cmocka_run_group_tests_name("test_sip_redirect", tests, NULL, NULL);
}
