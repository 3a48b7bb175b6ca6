// SPDX-License-Identifier: GPL-2.0-or-later
/* Headers of calls to SIP, from ISDN and from SIP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/dialog_private.h"
#include "gateway/sip/trust.h"
#include "tests/unit/sip_one_phone.h"

#define UUID_A "ab30317f1a784dc48ff824d0d3715d86"
#define UUID_B "47755a9de7794ba387653f2099600ef2"
#define UUID_0 "00000000000000000000000000000000"

static struct phone called;   /* the second one, of a call from SIP to SIP */
static struct tenant for_all; /* options of the test */
static char invite[MESSAGE_MAX];

static void use_options(struct ua_config *config)
{
	config->tenants = &for_all;
	config->tenants_count = 1;
}

static int start_out(void **state) /* the phone is called */
{
	memset(&for_all, 0, sizeof(for_all));
	rig_configure = use_options;
	return phone_start_called(state);
}

static int start_both(void **state)
{
	memset(&for_all, 0, sizeof(for_all));
	rig_configure = use_options;
	phone_start(state);
	phone_open(&called, false, false, rig.peer_port);
	return 0;
}

static int stop_both(void **state)
{
	phone_close(&called);
	return phone_stop(state);
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

/* ---- calls to SIP */

static void take_invite(const struct call_setup *setup)
{
	rig_call_setup(setup);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE "));
}

static void an_invite_of_ours_says_all_about_its_call(void **state)
{
	struct call_setup setup = {.user_user = {.protocol = 4, .length = 2, .octets = "Hi"},
				   .called_subaddress = {.length = 3,
							 .octets = "\x50"
								   "12"},
				   .guid = {{1, 2, 3, 4}}};

	for_all.options.diversion = SIP_DIVERSION_BOTH;
	for_all.options.max_forwards = 12;
	for_all.options.user_phone = SIP_SWITCH_ON;
	for_all.options.date = SIP_SWITCH_ON;
	set_number(&setup.called, "7001");
	set_number(&setup.calling.number, "+4420");
	set_number(&setup.redirection.from.number, "+4421");
	setup.redirection.count = 1;
	setup.redirection.reason = REDIRECTION_UNCONDITIONAL;
	take_invite(&setup);
	assert_memory_equal(invite, "INVITE sip:7001;isub=12@127.0.0.1:", 34);
	assert_non_null(strstr(invite, ";user=phone SIP/2.0\r\n"));
	assert_memory_equal(header(invite, "Diversion"),
			    "<sip:+4421@127.0.0.1;user=phone>;reason=unconditional", 53);
	assert_header(invite, "History-Info", "<sip:+4421@127.0.0.1;user=phone>;index=1");
	assert_non_null(strstr(invite, ";user=phone;cause=302>;index=1.1;mp=1\r\n"));
	assert_memory_equal(header(invite, "User-to-User"), "044869;", 7);
	assert_header(invite, "Cisco-Guid", "0000000001-0000000002-0000000003-0000000004");
	assert_header(invite, "Session-ID", "00000001000000020000000300000004;remote=" UUID_0);
	assert_header(invite, "Max-Forwards", "12");
	assert_non_null(strstr(header(invite, "Date"), " GMT"));
	assert_non_null(strstr(header(invite, "Supported"), "from-change"));
}

static void a_call_gets_an_identifier_of_its_own(void **state)
{
	struct call_setup setup = {.bearer = 0};
	struct guid guid;
	struct call_summary summary;

	set_number(&setup.called, "7001");
	take_invite(&setup);
	assert_int_equal(guid_read(header(invite, "Cisco-Guid"), &guid), 0);
	assert_true(guid_is_set(&guid));
	assert_int_equal(office_call_summary(rig.office, 1, &summary), 0);
	assert_header(invite, "Cisco-Guid", summary.guid);
}

static void tel_uris_name_numbers(void **state)
{
	struct call_setup setup = {.bearer = 0};

	for_all.options.url = SIP_URL_TEL;
	set_number(&setup.called, "7001");
	take_invite(&setup);
	assert_memory_equal(invite, "INVITE tel:7001;phone-context=local.invalid SIP/2.0\r\n", 53);
	assert_header(invite, "To", "<tel:7001;phone-context=local.invalid>");
	phone.contact = "Contact: <tel:+44>\r\n"; /* even then it can be ended */
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone.contact = NULL;
	phone_expect(&phone, "ACK sip:7001@");
	phone_respond(&phone, phone_expect(&phone, "BYE sip:7001@"), "200 OK", NULL, NULL);
}

static void request_uris_have_their_parts_in_order(void **state)
{
	static const struct {
		const char *called, *hostport;
		uint8_t url;
		bool secure;
		const char *uri;
	} rows[] = {
	    {"", "h:5060", 0, false, "sip:h:5060;transport=tcp"}, /* never sip:@h */
	    {"", "h", SIP_URL_TEL, false, "sip:h;transport=tcp"},
	    {"+4420", "h", 0, false, "sip:+4420@h;transport=tcp"},
	    {"2001", "[::1]:5061", SIP_URL_SIPS, true, "sips:2001@[::1]:5061"},
	    {"+4420", "h", SIP_URL_TEL, false, "tel:+4420"},
	    {"2001", "sip.example.com:5070", SIP_URL_TEL, false,
	     "tel:2001;phone-context=sip.example.com"},
	    {"2001", "10.0.0.1:5070", SIP_URL_TEL, false, "tel:2001;phone-context=local.invalid"},
	    {"2001", "[::1]", SIP_URL_TEL, false, "tel:2001;phone-context=local.invalid"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call_setup setup = {.bearer = 0};
		struct dialog_call call = {.setup = &setup,
					   .hostport = rows[i].hostport,
					   .transport = rows[i].secure ? PEER_TRANSPORT_TLS
								       : PEER_TRANSPORT_TCP,
					   .options = {.url = rows[i].url}};
		char uri[CALL_URI_MAX];

		if (rows[i].called[0])
			set_number(&setup.called, rows[i].called);
		call_headers_uri(&call, rows[i].secure, uri);
		assert_string_equal(uri, rows[i].uri);
	}
}

static void names_and_user_data_cannot_leave_their_headers(void **state)
{
	struct call_setup setup = {.user_user = {.protocol = 4, .length = 20},
				   .calling = {.name = "A\r\nEvil: 1\r\n\r\nB\x01\xff\"<sip:x>"}};

	memcpy(setup.user_user.octets, "x\r\nEvil: 1\r\n\r\n\0\0\0\0\0\0", 20);
	set_number(&setup.called, "7001");
	set_number(&setup.calling.number, "+4420");
	set_number(&setup.redirection.from.number, "+4421");
	strcpy(setup.redirection.from.name, "\r\nEvil: 2\r\n\r\n");
	strcpy(setup.redirection.original.name, "\nEvil: 3");
	setup.redirection.count = 2;
	strcpy(setup.session, UUID_A);
	setup.origin.headers = "Subject: ok\r\n";
	setup.origin.privacy = "id\r\nEvil: 4";
	for_all.options.diversion = SIP_DIVERSION_BOTH;
	for_all.options.pass_headers = SIP_SWITCH_ON;
	for_all.options.privacy_policy = SIP_PRIVACY_POLICY_PASSTHRU;
	take_invite(&setup);
	assert_null(strstr(invite, "\nEvil"));
	assert_non_null(strstr(body_of(invite), "m=audio"));
	assert_header(invite, "From", header(invite, "From"));
	assert_non_null(strstr(header(invite, "From"), "\"AEvil: 1B\\\"<sip:x>\" <sip:+4420@"));
	assert_header(invite, "Subject", "ok");
}

static void an_answer_of_theirs_says_who_it_is(void **state)
{
	struct call_setup setup = {.bearer = 0};

	set_number(&setup.called, "7001");
	take_invite(&setup);
	phone.extra = "P-Asserted-Identity: <sip:7009@h>\r\nUser-to-User: 044f6b\r\n"
		      "Session-ID: " UUID_B ";remote=" UUID_0 "\r\n";
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert "));
	assert_string_equal(rig.fake.orders, "connected(7009) session(4775) user-user(Ok) alert ");
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW); /* says nothing new */
	assert_non_null(
	    strstr(header(phone_expect(&phone, "ACK"), "Session-ID"), ";remote=" UUID_B));
	assert_true(rig_ordered("answer(7009)"));
}

/* Somebody whom nobody trusts is called, by a number of the DNS for example. */
static void a_stranger_is_not_believed_who_he_is(void **state)
{
	struct call_setup setup = {.bearer = 0};
	struct trust *trust = trust_new();

	trust_set_loopback(trust, false);
	rig.ua->config.trust = trust;
	set_number(&setup.called, "7001");
	take_invite(&setup);
	phone.extra = "P-Asserted-Identity: <sip:7009@h>\r\n";
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer()"));
	rig.ua->config.trust = NULL;
	trust_free(trust);
}

static void a_diversion_of_theirs_is_told(void **state)
{
	struct call_setup setup = {.bearer = 0};

	set_number(&setup.called, "7001");
	take_invite(&setup);
	phone.extra = "Remote-Party-ID: <sip:7005@h>;party=called\r\n"
		      "Diversion: <sip:7001@h>;reason=user-busy\r\n";
	phone_respond(&phone, invite, "181 Call Is Being Forwarded", "a", NULL);
	assert_true(rig_ordered("connected(7005) diverted(7001,1)"));
	phone.extra = "User-to-User: 044e6f\r\n";
	phone_respond(&phone, invite, "486 Busy Here", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("user-user(No) release(17)"));
}

static void a_cancel_names_the_session(void **state)
{
	struct call_setup setup = {.bearer = 0};
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);
	char session[40];

	set_number(&setup.called, "7001");
	take_invite(&setup);
	snprintf(session, sizeof(session), "%.32s", header(invite, "Session-ID"));
	phone.extra = "Session-ID: " UUID_B ";remote=" UUID_0 "\r\n";
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	rig_event(CALL_EV_RELEASED, &cause);
	strcat(session, "");
	assert_memory_equal(header(phone_expect(&phone, "CANCEL"), "Session-ID"), session, 32);
}

/* ---- SIP to SIP */

static void call_through(const char *extra)
{
	phone.to = "7001";
	phone.extra = extra;
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	snprintf(invite, sizeof(invite), "%s", phone_expect(&called, "INVITE"));
}

static void identifiers_pass_from_one_leg_to_the_other(void **state)
{
	call_through("Session-ID: " UUID_A ";remote=" UUID_0 "\r\nCisco-Guid: 1-2-3-4\r\n"
		     "User-to-User: 044869;encoding=hex\r\nSubject: private\r\n");
	assert_header(invite, "Session-ID", UUID_A ";remote=" UUID_0);
	assert_header(invite, "Cisco-Guid", "0000000001-0000000002-0000000003-0000000004");
	assert_memory_equal(header(invite, "User-to-User"), "044869;", 7);
	assert_header(invite, "Max-Forwards", "69");
	assert_header(invite, "Subject", "");
	called.extra = "Session-ID: " UUID_B ";remote=" UUID_A "\r\n"
		       "P-Asserted-Identity: \"Bob\" <sip:7009@h>\r\n";
	phone_respond(&called, invite, "180 Ringing", "a", NULL);
	invite[0] = '\0';
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "SIP/2.0 180"));
	assert_header(invite, "Session-ID", UUID_B ";remote=" UUID_A);
	assert_header(invite, "P-Asserted-Identity", "\"Bob\" <sip:7009@127.0.0.1>");
}

static void headers_pass_through_where_it_is_configured(void **state)
{
	static const char headers[] =
	    "Subject: Lunch\r\nPriority: urgent\r\nOrganization: Acme, \"x\"\r\n"
	    "Alert-Info: <http://x/a.wav>\r\nCall-Info: <http://y>;purpose=icon\r\n"
	    "X-Secret: 1\r\nP-Charging-Vector: icid-value=1\r\nPrivacy: session\r\n";

	for_all.options.pass_headers = SIP_SWITCH_ON;
	for_all.options.privacy_policy = SIP_PRIVACY_POLICY_PASSTHRU;
	call_through(headers);
	assert_header(invite, "Subject", "Lunch");
	assert_header(invite, "Priority", "urgent");
	assert_header(invite, "Organization", "Acme, \"x\"");
	assert_header(invite, "Alert-Info", "<http://x/a.wav>");
	assert_header(invite, "Call-Info", "<http://y>;purpose=icon");
	assert_header(invite, "P-Charging-Vector", "icid-value=1");
	assert_header(invite, "Privacy", "session");
	assert_header(invite, "X-Secret", "");
}

static void charging_headers_are_for_trusted_neighbours(void **state)
{
	for_all.options.pass_headers = SIP_SWITCH_ON;
	for_all.options.asserted_id = SIP_ASSERTED_ID_NONE;
	call_through("Subject: Lunch\r\nP-Charging-Vector: icid-value=1\r\nPrivacy: id\r\n"
		     "P-Asserted-Identity: <sip:4420@h>\r\n");
	assert_header(invite, "Subject", "Lunch");
	assert_header(invite, "P-Charging-Vector", "");
	assert_header(invite, "P-Asserted-Identity", "");
	assert_header(invite, "Privacy", "id");
	assert_null(strstr(invite, "4420"));
}

#define OUT(test) cmocka_unit_test_setup_teardown(test, start_out, phone_stop)
#define THROUGH(test) cmocka_unit_test_setup_teardown(test, start_both, stop_both)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    OUT(an_invite_of_ours_says_all_about_its_call),
	    OUT(a_call_gets_an_identifier_of_its_own),
	    OUT(tel_uris_name_numbers),
	    cmocka_unit_test(request_uris_have_their_parts_in_order),
	    OUT(names_and_user_data_cannot_leave_their_headers),
	    OUT(an_answer_of_theirs_says_who_it_is),
	    OUT(a_stranger_is_not_believed_who_he_is),
	    OUT(a_diversion_of_theirs_is_told),
	    OUT(a_cancel_names_the_session),
	    THROUGH(identifiers_pass_from_one_leg_to_the_other),
	    THROUGH(headers_pass_through_where_it_is_configured),
	    THROUGH(charging_headers_are_for_trusted_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
