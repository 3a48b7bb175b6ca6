// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls through trunks that ask who we are: a telephone that challenges as the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/account.h"
#include "tests/unit/digest_rig.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX], first[MESSAGE_MAX];

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

static struct account_line lines[] = {
    {.name = "+4420", .user = {"line", "linepass", "lines.example"}},
    {.name = "+4421", .user = {"other", "otherpass", "lines.example"}},
};
static struct account account = {
    .users = {{"trunk", "secret", "trunk.example"}, {"proxy", "word", "proxy.example"}},
    .users_count = 2,
    .lines = lines,
    .lines_count = 2,
};
static const struct tenant tenants[] = {{.account = &account}};
static const struct digest_user trunk = {"trunk", "secret"}, proxy = {"proxy", "word"};

static int start(void **state)
{
	struct ua_config config = {.t1_ms = RIG_T1_MS, .tenants = tenants, .tenants_count = 1};

	phone_start_called(state);
	ua_change(rig.ua, &config);
	return 0;
}

static int start_tcp(void **state)
{
	struct ua_config config = {.t1_ms = RIG_T1_MS, .tenants = tenants, .tenants_count = 1};

	rig_start(NULL);
	ua_change(rig.ua, &config);
	phone_listen(&phone, true, rig.peer_port);
	return 0;
}

static void take_invite(void)
{
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE sip:"));
}

static void call(void)
{
	rig_call(phone.tcp ? "8001" : "7001", &alice);
	take_invite();
	snprintf(first, sizeof(first), "%s", invite);
}

static void challenge(const char *request, const char *status, const char *lines_of_header)
{
	phone.extra = lines_of_header;
	phone_respond(&phone, request, status, "c", NULL);
	if (!strncmp(request, "INVITE", 6))
		phone_expect(&phone, "ACK");
}

static void challenge_proxy(const char *realm, const char *nonce, const char *more)
{
	challenge(invite, "407 Proxy Authentication Required",
		  digest_rig_challenge("Proxy-Authenticate", realm, nonce, more));
}

static void answer(void)
{
	phone_respond(&phone, invite, "200 OK", "a", phone.v6 ? SDP_ALAW6 : SDP_ALAW);
}

static void release(unsigned q850)
{
	struct cause cause = cause_q850(q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	rig_event(CALL_EV_RELEASED, &cause);
}

static void check(const char *request, const char *name, const struct digest_user *user,
		  const char *nonce, unsigned count)
{
	struct digest_credentials credentials;

	digest_rig_check(request, name, user, &credentials);
	assert_string_equal(credentials.nonce, nonce);
	assert_int_equal(credentials.nonce_count, count);
}

static void a_call_is_repeated_with_credentials_and_keeps_them(void **state)
{
	const char *message;
	unsigned cseq;

	call();
	assert_string_equal(header(invite, "Proxy-Authorization"), "");
	cseq = strtoul(header(invite, "CSeq"), NULL, 10);
	challenge_proxy("trunk.example", "n1", ", qop=\"auth\", opaque=\"\"");
	take_invite();
	check(invite, "Proxy-Authorization", &trunk, "n1", 1);
	assert_string_equal(header(invite, "Call-ID"), header(first, "Call-ID"));
	assert_string_equal(header(invite, "From"), header(first, "From"));
	assert_string_equal(header(invite, "To"), header(first, "To"));
	assert_string_equal(header(invite, "Contact"), header(first, "Contact"));
	assert_string_not_equal(header(invite, "Via"), header(first, "Via"));
	assert_int_equal(strtoul(header(invite, "CSeq"), NULL, 10), cseq + 1);
	assert_string_equal(body_of(invite), body_of(first));
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	answer();
	message = phone_expect(&phone, "ACK");
	assert_string_equal(header(message, "Proxy-Authorization"),
			    header(invite, "Proxy-Authorization"));
	assert_int_equal(strtoul(header(message, "CSeq"), NULL, 10), cseq + 1);
	assert_true(rig_ordered("answer"));
	release(16);
	message = phone_expect(&phone, "BYE");
	check(message, "Proxy-Authorization", &trunk, "n1", 2);
	assert_int_equal(strtoul(header(message, "CSeq"), NULL, 10), cseq + 2);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 100);
}

static void the_strongest_algorithm_is_used(void **state)
{
	char text[1024];
	struct digest_credentials credentials;

	call();
	snprintf(text, sizeof(text), "%s%s%s",
		 "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"m\", algorithm=MD5, "
		 "qop=\"auth\"\r\n",
		 "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"s\", qop=\"auth\", "
		 "algorithm=SHA-256\r\n",
		 "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"u\", "
		 "algorithm=UNKNOWN\r\n");
	challenge(invite, "407 Proxy Authentication Required", text);
	take_invite();
	digest_rig_check(invite, "Proxy-Authorization", &trunk, &credentials);
	assert_int_equal(credentials.algorithm, DIGEST_SHA256);
	release(16);
}

static void the_body_is_covered_where_that_is_asked_for(void **state)
{
	struct digest_credentials credentials;

	call();
	challenge_proxy("trunk.example", "n", ", qop=\"auth-int\", algorithm=SHA-256");
	take_invite();
	digest_rig_check(invite, "Proxy-Authorization", &trunk, &credentials);
	assert_int_equal(credentials.qop, DIGEST_AUTH_INT);
	invite[strlen(invite) - 1] = 'x'; /* and with another body it is wrong */
	assert_false(
	    digest_verify(&credentials, &trunk,
			  &(struct digest_request){"INVITE", credentials.uri, body_of(invite),
						   strlen(body_of(invite))}));
	release(16);
}

static void a_wrong_password_is_tried_once(void **state)
{
	call();
	challenge_proxy("trunk.example", "n1", "");
	take_invite();
	challenge_proxy("trunk.example", "n2", "");
	assert_true(rig_ordered("release(21)"));
	phone_expect_nothing(&phone, 100);
}

static void a_stale_nonce_is_replaced_once(void **state)
{
	call();
	challenge_proxy("trunk.example", "n1", ", qop=\"auth\"");
	take_invite();
	challenge_proxy("trunk.example", "n2", ", qop=\"auth\", stale=true");
	take_invite();
	check(invite, "Proxy-Authorization", &trunk, "n2", 1);
	challenge_proxy("trunk.example", "n3", ", qop=\"auth\", stale=true");
	assert_true(rig_ordered("release(21)"));
	phone_expect_nothing(&phone, 100);
}

static void a_nonce_that_was_good_may_be_replaced_again(void **state)
{
	const char *message;

	call();
	challenge_proxy("trunk.example", "n1", ", qop=\"auth\"");
	take_invite();
	answer();
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	release(16);
	message = phone_expect(&phone, "BYE");
	check(message, "Proxy-Authorization", &trunk, "n1", 2);
	challenge(
	    message, "407 Proxy Authentication Required",
	    digest_rig_challenge("Proxy-Authenticate", "trunk.example", "n2", ", qop=\"auth\""));
	message = phone_expect(&phone, "BYE");
	check(message, "Proxy-Authorization", &trunk, "n2", 1);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 100);
}

static void credentials_go_to_their_realm_only(void **state)
{
	static const char *const realms[] = {"elsewhere.example", "TRUNK.example", "",
					     "trunk.example.org"};

	for (unsigned i = 0; i < sizeof(realms) / sizeof(realms[0]); i++) {
		call();
		challenge_proxy(realms[i], "n", "");
		assert_true(rig_ordered("release(21)"));
		phone_expect_nothing(&phone, 50);
	}
}

static void a_user_without_realm_is_for_all_others(void **state)
{
	static const struct digest_user any = {"any", "thing"};

	account.users[2] = (struct account_user){"any", "thing", ""};
	account.users_count = 3;
	call();
	challenge_proxy("elsewhere.example", "n", "");
	take_invite();
	check(invite, "Proxy-Authorization", &any, "n", 0);
	challenge_proxy("trunk.example", "t", "");
	take_invite();
	assert_non_null(strstr(invite, "username=\"trunk\""));
	account.users_count = 2;
	release(16);
}

static void the_caller_s_own_line_is_preferred(void **state)
{
	static const struct digest_user line = {"line", "linepass"}, other = {"other", "otherpass"};
	static const struct party stranger = {
	    .number = {.digits = "4421", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN}};

	call();
	challenge_proxy("lines.example", "n", "");
	take_invite();
	check(invite, "Proxy-Authorization", &line, "n", 0);
	release(16);
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	phone_respond(&phone, phone_expect(&phone, "CANCEL"), "200 OK", NULL, NULL);
	phone_respond(&phone, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&phone, "ACK");
	rig_call("7001", &stranger);
	take_invite();
	challenge_proxy("lines.example", "n", "");
	take_invite();
	check(invite, "Proxy-Authorization", &other, "n", 0);
	release(16);
}

static void a_proxy_and_the_far_end_may_both_ask(void **state)
{
	call();
	challenge_proxy("proxy.example", "p", ", qop=\"auth\"");
	take_invite();
	challenge(invite, "401 Unauthorized",
		  digest_rig_challenge("WWW-Authenticate", "trunk.example", "t", ""));
	take_invite();
	check(invite, "Proxy-Authorization", &proxy, "p", 2);
	check(invite, "Authorization", &trunk, "t", 0);
	answer();
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	release(16);
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
}

static void a_cancelled_call_is_not_repeated(void **state)
{
	call();
	release(16);
	challenge_proxy("trunk.example", "n", "");
	phone_expect_nothing(&phone, 100);
}

static void our_requests_in_a_call_from_them_are_authorized_too(void **state)
{
	const char *message;
	unsigned cseq;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	release(16);
	message = phone_expect(&phone, "BYE");
	cseq = strtoul(header(message, "CSeq"), NULL, 10);
	challenge(message, "401 Unauthorized",
		  digest_rig_challenge("WWW-Authenticate", "trunk.example", "n", ""));
	message = phone_expect(&phone, "BYE");
	check(message, "Authorization", &trunk, "n", 0);
	assert_int_equal(strtoul(header(message, "CSeq"), NULL, 10), cseq + 1);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 100);
}

static void a_nonce_may_be_named_in_advance(void **state)
{
	const char *message;

	call();
	challenge_proxy("trunk.example", "n1", ", qop=\"auth\"");
	take_invite();
	phone.extra = "Proxy-Authentication-Info: nextnonce=\"n2\", qop=auth\r\n";
	answer();
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	release(16);
	message = phone_expect(&phone, "BYE");
	check(message, "Proxy-Authorization", &trunk, "n2", 1);
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

static void hostile_challenges_end_the_call(void **state)
{
	static const char *const rows[] = {
	    "",
	    "Proxy-Authenticate: Digest\r\n",
	    "Proxy-Authenticate: Digest realm=\"trunk.example\"\r\n",
	    "Proxy-Authenticate: Basic realm=\"trunk.example\"\r\n",
	    "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"a\\\r\n",
	    "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"a\", nonce=\"b\"\r\n",
	    "Proxy-Authenticate: Digest realm=\"trunk.example\", nonce=\"a\", algorithm=MD6\r\n",
	    "WWW-Authenticate: Digest realm=\"trunk.example\", nonce=\"a\"\r\n",
	    "Proxy-Authenticate: ,,,\r\n",
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call();
		challenge(invite, "407 Proxy Authentication Required", rows[i]);
		if (!rig_ordered("release(21)"))
			fail_msg("%s", rows[i]);
		phone_expect_nothing(&phone, 30);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, phone_stop)
	const struct CMUnitTest tests[] = {
	    TEST(a_call_is_repeated_with_credentials_and_keeps_them),
	    cmocka_unit_test_setup_teardown(a_call_is_repeated_with_credentials_and_keeps_them,
					    start_tcp, phone_stop),
	    TEST(the_strongest_algorithm_is_used),
	    TEST(the_body_is_covered_where_that_is_asked_for),
	    TEST(a_wrong_password_is_tried_once),
	    TEST(a_stale_nonce_is_replaced_once),
	    TEST(a_nonce_that_was_good_may_be_replaced_again),
	    TEST(credentials_go_to_their_realm_only),
	    TEST(a_user_without_realm_is_for_all_others),
	    TEST(the_caller_s_own_line_is_preferred),
	    TEST(a_proxy_and_the_far_end_may_both_ask),
	    TEST(a_cancelled_call_is_not_repeated),
	    TEST(our_requests_in_a_call_from_them_are_authorized_too),
	    TEST(a_nonce_may_be_named_in_advance),
	    TEST(hostile_challenges_end_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
