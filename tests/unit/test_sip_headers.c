// SPDX-License-Identifier: GPL-2.0-or-later
/* Headers of calls from SIP: who calls, who answers, who diverted, what goes with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/dialog_private.h"
#include "tests/unit/sip_one_phone.h"

#define UUID_A "ab30317f1a784dc48ff824d0d3715d86"
#define UUID_B "47755a9de7794ba387653f2099600ef2"
#define UUID_0 "00000000000000000000000000000000"

static struct tenant for_all; /* options of the test */

static void use_options(struct ua_config *config)
{
	config->tenants = &for_all;
	config->tenants_count = 1;
}

static int start(void **state)
{
	memset(&for_all, 0, sizeof(for_all));
	rig_configure = use_options;
	return phone_start(state);
}

static void assert_header(const char *message, const char *name, const char *expected)
{
	const char *value = header(message, name);

	if (strcmp(value, expected))
		fail_msg("%s: \"%s\", expected \"%s\"", name, value, expected);
}

static void set_number(struct number *number, const char *digits)
{
	assert_int_equal(number_from_e164(number, digits), 0);
}

/* ---- calls from SIP */

static void an_invite_says_all_about_its_call(void **state)
{
	const struct call_setup *setup = &rig.fake.request.setup;
	struct guid guid;

	phone.to = "2001;isub=12;ext=34";
	phone.extra =
	    "Remote-Party-ID: \"Bob\" <sip:+4430@h>;party=calling;screen=yes;privacy=off\r\n"
	    "History-Info: <sip:2003@h>;index=1\r\n"
	    "History-Info: <sip:2001@h;cause=486>;index=1.1;mp=1\r\n"
	    "User-to-User: 0448656c6c6f;encoding=hex\r\n"
	    "Cisco-Guid: 1-2-3-4\r\n"
	    "Session-ID: " UUID_A ";remote=" UUID_0 "\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(setup->called.digits, "2001");
	assert_memory_equal(setup->called_subaddress.octets,
			    "\x50"
			    "12",
			    3);
	assert_string_equal(setup->extension, "34");
	assert_string_equal(setup->calling.number.digits, "4430");
	assert_string_equal(setup->calling.name, "Bob");
	assert_int_equal(setup->calling.screening, SCREENING_VERIFIED_PASSED);
	assert_int_equal(setup->redirection.count, 1);
	assert_int_equal(setup->redirection.reason, REDIRECTION_BUSY);
	assert_string_equal(setup->redirection.from.number.digits, "2003");
	assert_memory_equal(setup->user_user.octets, "Hello", 5);
	assert_int_equal(guid_read("1-2-3-4", &guid), 0);
	assert_memory_equal(&setup->guid, &guid, sizeof(guid));
	assert_string_equal(setup->session, UUID_A);
	rig_event(CALL_EV_ANSWER, NULL);
	assert_true(strstr(phone_expect(&phone, "SIP/2.0 200"), ";remote=" UUID_A) != NULL);
	assert_true(rig_ordered("digit(3) digit(4)")); /* the extension, now that it is answered */
}

static void the_longer_story_of_diversions_is_believed(void **state)
{
	phone.extra = "Diversion: <sip:5@h>;reason=no-answer\r\n"
		      "Diversion: <sip:4@h>;reason=user-busy\r\n"
		      "History-Info: <sip:3@h>;index=1,<sip:2@h;cause=302>;index=1.1;mp=1\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_int_equal(rig.fake.request.setup.redirection.count, 2);
	assert_string_equal(rig.fake.request.setup.redirection.from.number.digits, "5");
	assert_string_equal(rig.fake.request.setup.redirection.original.number.digits, "4");
}

static void a_call_that_was_diverted_too_often_is_a_loop(void **state)
{
	phone.extra = "Diversion: <sip:5@h>;counter=6\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 482");
	phone_request(&phone, "ACK", NULL);
	phone.remote_tag[0] = '\0';
	for_all.options.diversions_max = 6;
	phone.extra = "Diversion: <sip:5@h>;counter=6\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
}

static void every_answer_names_the_session(void **state)
{
	char local[33];

	phone.extra = "Session-ID: " UUID_A ";remote=" UUID_0 "\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	snprintf(local, sizeof(local), "%s",
		 header(phone_expect(&phone, "SIP/2.0 100"), "Session-ID"));
	assert_string_equal(local, UUID_0);
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	snprintf(local, sizeof(local), "%s",
		 header(phone_expect(&phone, "SIP/2.0 180"), "Session-ID"));
	assert_int_equal(strspn(local, "0123456789abcdef"), 32);
	assert_string_not_equal(local, UUID_0);
	rig_event(CALL_EV_ANSWER, NULL);
	assert_memory_equal(header(phone_expect(&phone, "SIP/2.0 200"), "Session-ID"), local, 32);
	phone_request(&phone, "ACK", NULL);
	phone.extra = "Session-ID: " UUID_B ";remote=" UUID_0 "\r\n"; /* it was transferred */
	phone_request(&phone, "OPTIONS", NULL);
	assert_non_null(strstr(phone_expect(&phone, "SIP/2.0 200"), ";remote=" UUID_B));
	phone.extra = "Session-ID: nonsense\r\n";
	phone_request(&phone, "BYE", NULL);
	assert_non_null(strstr(phone_expect(&phone, "SIP/2.0 200"), ";remote=" UUID_B));
}

static void an_old_session_id_comes_back_as_it_was(void **state)
{
	phone.extra = "Session-ID: " UUID_A "\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	assert_header(phone_expect(&phone, "SIP/2.0 100"), "Session-ID", UUID_A);
	rig_event(CALL_EV_ANSWER, NULL);
	assert_header(phone_expect(&phone, "SIP/2.0 200"), "Session-ID", UUID_A);
}

static void a_timestamp_comes_back(void **state)
{
	phone.extra = "Timestamp: 54\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	assert_memory_equal(header(phone_expect(&phone, "SIP/2.0 100"), "Timestamp"), "54", 2);
	rig_event(CALL_EV_ANSWER, NULL);
	assert_memory_equal(header(phone_expect(&phone, "SIP/2.0 200"), "Timestamp"), "54", 2);
}

static void who_answers_is_told_with_180_and_200(void **state)
{
	struct party connected = {.name = "Reception"};
	struct leg_identity identity = {.connected = &connected};
	const char *message;

	set_number(&connected.number, "+442099");
	for_all.options.date = SIP_SWITCH_ON;
	for_all.options.asserted_id = SIP_ASSERTED_ID_RPID;
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_IDENTITY, &identity);
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	message = phone_expect(&phone, "SIP/2.0 180");
	assert_header(message, "Remote-Party-ID",
		      "\"Reception\" <sip:+442099@127.0.0.1>;party=called;screen=no;privacy=off");
	assert_non_null(strstr(header(message, "Date"), " GMT"));
	set_number(&connected.number, "2098");
	rig_event(CALL_EV_ANSWER, &connected);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(
	    strstr(header(message, "Remote-Party-ID"), "<sip:2098@127.0.0.1>;party=called"));
}

/* Twice while the first UPDATE is not answered: the last one counts. */
static void a_new_party_at_the_other_end_is_told_by_update(void **state)
{
	struct party connected = {.number = {"2002"}};
	struct leg_identity identity = {.connected = &connected};
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	char update[MESSAGE_MAX];

	phone.extra = "Allow: INVITE, UPDATE\r\nSupported: from-change\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	rig_event(CALL_EV_IDENTITY, &identity);
	snprintf(update, sizeof(update), "%s", phone_expect(&phone, "UPDATE sip:me@"));
	assert_header(update, "P-Asserted-Identity", "<sip:2002@127.0.0.1>");
	assert_non_null(strstr(header(update, "From"), "<sip:2002@127.0.0.1>;tag="));
	assert_non_null(strstr(header(update, "From"), phone.remote_tag));
	assert_string_equal(body_of(update), "");
	set_number(&connected.number, "2003");
	rig_event(CALL_EV_IDENTITY, &identity);
	set_number(&connected.number, "2004");
	rig_event(CALL_EV_IDENTITY, &identity);
	phone_respond(&phone, update, "200 OK", NULL, NULL);
	do /* the first one may have been repeated */
		snprintf(update, sizeof(update), "%s", phone_expect(&phone, "UPDATE sip:me@"));
	while (strstr(update, "<sip:2002@"));
	assert_header(update, "P-Asserted-Identity", "<sip:2004@127.0.0.1>");
	phone_respond(&phone, update, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 50);
	rig_event(CALL_EV_RELEASED, &cause);
	assert_non_null(strstr(header(phone_expect(&phone, "BYE"), "From"), "<sip:2004@"));
}

static void who_knows_no_update_is_told_by_a_reinvite(void **state)
{
	struct party connected = {.number = {"2002"}};
	struct leg_identity identity = {.connected = &connected};
	char message[MESSAGE_MAX];

	phone.extra = "Allow: INVITE, ACK, BYE\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	rig_event(CALL_EV_IDENTITY, &identity);
	snprintf(message, sizeof(message), "%s", phone_expect(&phone, "INVITE sip:me@"));
	assert_header(message, "P-Asserted-Identity", "<sip:2002@127.0.0.1>");
	assert_non_null(strstr(body_of(message), "m=audio 30000"));
	phone_respond(&phone, message, "200 OK", NULL, SDP_ALAW);
	phone_expect(&phone, "ACK");
	phone_expect_nothing(&phone, 50);
}

static void a_diversion_on_the_way_is_told_by_181(void **state)
{
	struct redirection redirection = {.count = 1, .reason = REDIRECTION_NO_REPLY};
	struct leg_identity identity = {.redirection = &redirection};
	const char *message;

	for_all.options.diversion = SIP_DIVERSION_BOTH;
	set_number(&redirection.from.number, "2001");
	set_number(&redirection.to.number, "+442005");
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_IDENTITY, &identity);
	message = phone_expect(&phone, "SIP/2.0 181");
	assert_non_null(
	    strstr(header(message, "Diversion"), "<sip:2001@127.0.0.1>;reason=no-answer"));
	assert_non_null(strstr(message, "<sip:+442005@127.0.0.1;cause=408>;index=1.1;mp=1"));
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	assert_header(phone_expect(&phone, "SIP/2.0 180"), "Diversion", "");
}

static void user_to_user_goes_with_the_next_message(void **state)
{
	struct leg_service service = {.type = LEG_NOTICED};
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	service.notice.type = LEG_NOTICE_USER_USER;
	service.notice.user_user = (struct user_user){.protocol = 4, .length = 2, .octets = "Hi"};
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	call_service(&rig.fake.leg, &service);
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	assert_header(phone_expect(&phone, "SIP/2.0 180"), "User-to-User",
		      "044869;encoding=hex;purpose=isdn-uui;content=isdn-uui");
	call_service(&rig.fake.leg, &service);
	rig_event(CALL_EV_ANSWER, NULL);
	assert_memory_equal(header(phone_expect(&phone, "SIP/2.0 200"), "User-to-User"), "044869",
			    6);
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	call_service(&rig.fake.leg, &service);
	rig_event(CALL_EV_RELEASED, &cause);
	assert_memory_equal(header(phone_expect(&phone, "BYE"), "User-to-User"), "044869", 6);
}

static void user_to_user_goes_with_a_refusal(void **state)
{
	struct leg_service service = {.type = LEG_NOTICED};
	struct cause busy = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	service.notice.type = LEG_NOTICE_USER_USER;
	service.notice.user_user = (struct user_user){.protocol = 4, .length = 2, .octets = "No"};
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	call_service(&rig.fake.leg, &service);
	rig_event(CALL_EV_RELEASED, &busy);
	assert_memory_equal(header(phone_expect(&phone, "SIP/2.0 486"), "User-to-User"), "044e6f",
			    6);
}

static void user_to_user_of_a_bye_reaches_the_other_leg(void **state)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	phone.extra = "User-to-User: 04427965;encoding=hex\r\n";
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("user-user(Bye) release(16)"));
}

static void an_update_with_another_identity_reaches_the_other_leg(void **state)
{
	phone.extra = "Supported: from-change\r\nP-Asserted-Identity: <sip:4420@h>\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	phone.extra = "P-Asserted-Identity: <sip:4420@h>\r\n";
	phone_request(&phone, "UPDATE", NULL); /* nothing new */
	phone_expect(&phone, "SIP/2.0 200");
	phone.extra = "P-Asserted-Identity: \"New\" <sip:+4430@h>\r\n";
	phone_request(&phone, "UPDATE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("connected(4430)"));
	phone_request(&phone, "INVITE",
		      SDP_ALAW); /* From, as it was, says something else: RFC 4916 */
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("connected(4430) connected(4420)"));
}

static void a_tel_uri_reaches_us(void **state)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "INVITE tel:2001;phone-context=+44;isub=7 SIP/2.0\r\nVia: SIP/2.0/UDP "
		 "127.0.0.1:%u;branch=z9hG4bK-tel;rport\r\nFrom: <tel:+4420>;tag=1\r\n"
		 "To: <tel:2001;phone-context=+44>\r\nCall-ID: tel-%u\r\nCSeq: 1 INVITE\r\n"
		 "Contact: <sip:me@127.0.0.1:%u>\r\nContent-Type: application/sdp\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 phone.port, phone.port, phone.port, strlen(SDP_ALAW), SDP_ALAW);
	phone_send(&phone, text);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(rig.fake.request.setup.called.digits, "442001");
	assert_string_equal(rig.fake.request.setup.calling.number.digits, "4420");
	assert_int_equal(rig.fake.request.setup.called_subaddress.length, 2);
}

/* What ISDN may say while the call is up. */
static void names_that_come_later_cannot_leave_their_header(void **state)
{
	struct party connected = {.number = {"2002"}, .name = "x\r\nEvil: 1\r\n\r\n"};
	struct leg_identity identity = {.connected = &connected};
	struct leg_identity text = {.display = "y\r\nEvil: 2"};
	const char *message;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_IDENTITY, &identity);
	rig_event(CALL_EV_IDENTITY, &text);
	rig_event(CALL_EV_ANSWER, NULL);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_null(strstr(message, "\nEvil"));
	assert_header(message, "P-Asserted-Identity", "\"yEvil: 2\" <sip:2002@127.0.0.1>");
}

#define IN(test) cmocka_unit_test_setup_teardown(test, start, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN(an_invite_says_all_about_its_call),
	    IN(the_longer_story_of_diversions_is_believed),
	    IN(a_call_that_was_diverted_too_often_is_a_loop),
	    IN(every_answer_names_the_session),
	    IN(an_old_session_id_comes_back_as_it_was),
	    IN(a_timestamp_comes_back),
	    IN(who_answers_is_told_with_180_and_200),
	    IN(a_new_party_at_the_other_end_is_told_by_update),
	    IN(who_knows_no_update_is_told_by_a_reinvite),
	    IN(a_diversion_on_the_way_is_told_by_181),
	    IN(user_to_user_goes_with_the_next_message),
	    IN(user_to_user_goes_with_a_refusal),
	    IN(user_to_user_of_a_bye_reaches_the_other_leg),
	    IN(an_update_with_another_identity_reaches_the_other_leg),
	    IN(a_tel_uri_reaches_us),
	    IN(names_that_come_later_cannot_leave_their_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
