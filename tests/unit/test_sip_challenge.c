// SPDX-License-Identifier: GPL-2.0-or-later
/* Strangers who are asked for a password: a telephone that knows it, and some that do not. 127.0.0.1
 * is a stranger here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/digest.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_one_phone.h"

static const struct caller users[] = {
    {.name = "alice", .password = "secret", .numbers = {"4420"}, .numbers_count = 1},
    {.name = "bob", .password = "other", .numbers = {"5..", "1234"}, .numbers_count = 2},
};

static struct trust *trust;
static char authorization[DIGEST_TEXT_SIZE + 64];

static void configure(struct ua_config *config)
{
	config->trust = trust;
	config->t1_ms = 500; /* a 401 is not repeated before a crowded machine has its ACK */
	config->admission = (struct admission_rules){
	    .silent = true, .strangers = {.rate = 1000, .burst = 1000, .block_s = 60}};
	config->challenge = (struct callers){.realm = "gw", .users = users, .users_count = 2};
}

static int start(void **state)
{
	trust = trust_new();
	trust_set_loopback(trust, false);
	rig_configure = configure;
	return phone_start(state);
}

static int stop(void **state)
{
	phone_stop(state);
	trust_free(trust);
	return 0;
}

static void new_call(void)
{
	static unsigned calls;

	snprintf(phone.call_id, sizeof(phone.call_id), "challenge-%u", ++calls);
	phone.remote_tag[0] = '\0';
	phone.extra = NULL;
}

static void invite(void)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
}

/* A challenge of a 401, by its place. */
static void take_challenge(const char *message, unsigned place, struct digest_challenge *out)
{
	const char *line = message;
	char value[1024];

	for (unsigned i = 0; i <= place; i++) {
		line = strstr(line, "\r\nWWW-Authenticate: ");
		if (!line)
			fail_msg("no challenge %u in %s", place, message);
		line += strlen("\r\nWWW-Authenticate: ");
	}
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
	assert_int_equal(digest_read_challenge(value, out), 0);
}

/* An INVITE without credentials, up to its 401. */
static const char *get_asked(void)
{
	const char *answer;

	new_call();
	invite();
	answer = phone_expect(&phone, "SIP/2.0 401");
	phone_request(&phone, "ACK", NULL);
	return answer;
}

static void set_authorization_of(struct digest_session *session, const struct digest_user *user,
				 const char *method, const char *body)
{
	char uri[64], text[DIGEST_TEXT_SIZE];
	struct digest_request request = {method, uri, body, strlen(body)};

	snprintf(uri, sizeof(uri), "sip:2001@127.0.0.1:%u", rig.port);
	assert_int_equal(digest_answer(session, user, &request, text, sizeof(text)), 0);
	snprintf(authorization, sizeof(authorization), "Authorization: %s\r\n", text);
	phone.remote_tag[0] = '\0';
	phone.extra = authorization;
}

static void set_authorization(struct digest_session *session, const char *name,
			      const char *password)
{
	const struct digest_user user = {name, password};

	set_authorization_of(session, &user, "INVITE", SDP_ALAW);
}

/* The INVITE again, with the answer to a challenge of the 401. */
static void try_as(const char *name, const char *password, unsigned place)
{
	struct digest_session session;
	struct digest_challenge challenge;

	take_challenge(get_asked(), place, &challenge);
	digest_begin(&challenge, &session);
	new_call();
	set_authorization(&session, name, password);
	invite();
}

static void end_call(void)
{
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_RELEASED, &(struct cause){.q850 = 17});
	phone_expect(&phone, "SIP/2.0 486");
	phone.extra = NULL;
	phone_request(&phone, "ACK", NULL);
}

/* ---- promises */

static void who_knows_the_password_may_call(void **state)
{
	struct digest_challenge strong, old;
	const char *asked = get_asked();

	take_challenge(asked, 0, &strong);
	take_challenge(asked, 1, &old);
	assert_int_equal(strong.algorithm, DIGEST_SHA256);
	assert_int_equal(old.algorithm, DIGEST_MD5);
	assert_int_equal(strong.qop, DIGEST_AUTH | DIGEST_AUTH_INT);
	assert_string_equal(strong.realm, "gw");
	assert_false(strong.stale);
	for (unsigned place = 0; place < 2; place++) {
		unsigned made = rig.made;

		try_as("alice", "secret", place);
		end_call();
		assert_int_equal(rig.made, made + 1);
	}
}

/* By both algorithms, and by the one that all have. */
static void who_knows_the_password_of_a_hash_may_call(void **state)
{
	static struct caller hashed[] = {
	    {.name = "alice",
	     .hashes = {"e2a78fdf03dec8ae143669755e62e0d3",
			"87c125a822d21e2b8c91c215e01550ab6b292bc84d98c026ff0413bbe2689a02"},
	     .numbers = {"4420"},
	     .numbers_count = 1},
	    {.name = "bob",
	     .hashes = {"", "ed176bb4bdd7aef8e9d7bbe5cdc616381a8de16932e9bdc9ae2f8d19eb1dbfa9"}},
	};
	struct digest_challenge challenge;

	rig.ua->config.challenge.users = hashed;
	for (unsigned place = 0; place < 2; place++) {
		try_as("alice", "secret", place);
		end_call();
		try_as("alice", "guess", place);
		phone_expect(&phone, "SIP/2.0 401");
		phone_request(&phone, "ACK", NULL);
	}
	try_as("bob", "other", 1); /* MD5 */
	phone_expect(&phone, "SIP/2.0 401");
	phone_request(&phone, "ACK", NULL);
	rig.ua->config.challenge.lacking = callers_lacking(hashed, 2);
	assert_null(strstr(get_asked(), "algorithm=MD5"));
	take_challenge(get_asked(), 0, &challenge);
	assert_int_equal(challenge.algorithm, DIGEST_SHA256);
	assert_int_equal(rig.made, 2);
}

static void the_body_can_be_covered(void **state)
{
	struct digest_challenge challenge;
	struct digest_session session;

	for (unsigned changed = 0; changed < 2; changed++) {
		take_challenge(get_asked(), 0, &challenge);
		challenge.qop = DIGEST_AUTH_INT;
		digest_begin(&challenge, &session);
		new_call();
		set_authorization(&session, "alice", "secret");
		phone_request(&phone, "INVITE", changed ? SDP_HOLD : SDP_ALAW);
		if (changed)
			phone_expect(&phone, "SIP/2.0 401");
		else
			end_call();
	}
}

static void a_nonce_goes_on_but_never_twice_with_one_count(void **state)
{
	struct digest_challenge challenge;
	struct digest_session session;

	take_challenge(get_asked(), 0, &challenge);
	digest_begin(&challenge, &session);
	for (unsigned i = 0; i < 3; i++) {
		new_call();
		set_authorization(&session, "alice", "secret");
		invite();
		end_call();
	}
	/* somebody has heard that, and says it again */
	new_call();
	phone.extra = authorization;
	invite();
	take_challenge(phone_expect(&phone, "SIP/2.0 401"), 0, &challenge);
	assert_true(challenge.stale);
	assert_int_equal(rig.made, 3);
}

static void the_wrong_password_or_user_is_asked_again(void **state)
{
	struct digest_challenge challenge;

	try_as("alice", "Secret", 0);
	take_challenge(phone_expect(&phone, "SIP/2.0 401"), 0, &challenge);
	assert_false(challenge.stale);
	phone_request(&phone, "ACK", NULL);
	try_as("mallory", "secret", 1);
	phone_expect(&phone, "SIP/2.0 401");
	phone_request(&phone, "ACK", NULL);
	assert_int_equal(rig.made, 0);
}

static bool has_blocked(void *arg)
{
	struct admission_counters counters;

	admission_counters(rig.ua->admission, &counters);
	return counters.blocked > 0;
}

static void who_guesses_is_blocked(void **state)
{
	const char *answer;

	for (unsigned i = 0; i < 9; i++) {
		char guess[8];

		snprintf(guess, sizeof(guess), "%u", i);
		try_as("alice", guess, 0);
		phone_expect(&phone, "SIP/2.0 401");
		phone_request(&phone, "ACK", NULL);
	}
	assert_false(has_blocked(NULL));
	try_as("alice", "10", 0);
	assert_true(rig_wait(has_blocked, NULL, 20000));
	phone_expect(&phone, "SIP/2.0 401");
	rig_run(150); /* the kernel's filter is there */
	new_call();
	invite();
	/* what may still come is the last 401 again: his ACK is not heard any more */
	while ((answer = phone_receive(&phone, 200))[0])
		assert_string_not_equal(header(answer, "Call-ID"), phone.call_id);
	assert_int_equal(rig.made, 0);
}

static void foreign_nonces_are_no_guess(void **state)
{
	struct digest_challenge challenge;
	struct digest_session session;

	take_challenge(get_asked(), 0, &challenge);
	for (unsigned i = 0; i < 20; i++) {
		challenge.nonce[0] = challenge.nonce[0] == '1' ? '2' : '1';
		digest_begin(&challenge, &session);
		new_call();
		set_authorization(&session, "alice", "secret");
		invite();
		phone_expect(&phone, "SIP/2.0 401");
		phone_request(&phone, "ACK", NULL);
	}
	assert_false(has_blocked(NULL));
	assert_int_equal(rig.made, 0);
}

/* The phone says that it is 4420: alice's number, not bob's. */
static void nobody_may_say_that_he_is_somebody_else(void **state)
{
	char both[sizeof(authorization) + 128];

	try_as("bob", "other", 0);
	phone_expect(&phone, "SIP/2.0 403");
	phone.extra = NULL;
	phone_request(&phone, "ACK", NULL);
	try_as("alice", "secret", 0);
	end_call();
	/* nor in other headers */
	try_as("alice", "secret", 0);
	end_call();
	for (unsigned i = 0; i < 2; i++) {
		static const char *const claims[] = {
		    "P-Asserted-Identity: <sip:+4912345@x>\r\n",
		    "Diversion: <sip:112@x>;reason=unknown\r\n",
		};
		struct digest_challenge challenge;
		struct digest_session session;

		take_challenge(get_asked(), 0, &challenge);
		digest_begin(&challenge, &session);
		new_call();
		set_authorization(&session, "alice", "secret");
		snprintf(both, sizeof(both), "%s%s", authorization, claims[i]);
		phone.extra = both;
		invite();
		phone_expect(&phone, "SIP/2.0 403");
		phone.extra = NULL;
		phone_request(&phone, "ACK", NULL);
	}
}

static void what_is_no_call_gets_no_answer(void **state)
{
	new_call();
	phone_request(&phone, "OPTIONS", NULL);
	phone_request(&phone, "REGISTER", NULL);
	phone_expect_nothing(&phone, 200);
}

/* Of the telephone's 2001; it says that it is 4420. */
static const char *subscribe_as(const char *name, const char *password)
{
	static const char event[] = "Event: presence\r\n";
	const struct digest_user user = {name, password};
	struct digest_challenge challenge;
	struct digest_session session;

	new_call();
	phone.extra = event;
	phone_request(&phone, "SUBSCRIBE", NULL);
	take_challenge(phone_expect(&phone, "SIP/2.0 401"), 0, &challenge);
	digest_begin(&challenge, &session);
	new_call();
	set_authorization_of(&session, &user, "SUBSCRIBE", "");
	strcat(authorization, event);
	phone_request(&phone, "SUBSCRIBE", NULL);
	return phone_receive(&phone, 1000);
}

static void lines_are_watched_with_a_password(void **state)
{
	const char *notify;

	rig.ua->config.watchers.enabled = true;
	assert_memory_equal(subscribe_as("alice", "wrong"), "SIP/2.0 401", 11);
	assert_memory_equal(subscribe_as("bob", "other"), "SIP/2.0 403", 11); /* he is not 4420 */
	assert_memory_equal(subscribe_as("alice", "secret"), "SIP/2.0 403", 11);
	line_states_set_service(rig.ua->line_states, "2001", LINE_IN_SERVICE);
	assert_memory_equal(subscribe_as("alice", "secret"), "SIP/2.0 200", 11);
	notify = phone_expect(&phone, "NOTIFY");
	phone_respond(&phone, notify, "200 OK", NULL, NULL);
	line_states_set_service(rig.ua->line_states, "2001", LINE_SERVICE_UNKNOWN);
	rig.ua->config.watchers.any_line = true;
	assert_memory_equal(subscribe_as("alice", "secret"), "SIP/2.0 200", 11);
	notify = phone_expect(&phone, "NOTIFY");
	phone_respond(&phone, notify, "200 OK", NULL, NULL);
}

static void credentials_are_for_the_uri_of_the_request(void **state)
{
	struct digest_challenge challenge;
	struct digest_session session;

	take_challenge(get_asked(), 0, &challenge);
	digest_begin(&challenge, &session);
	new_call();
	set_authorization(&session, "alice", "secret");
	phone.to = "2002";
	invite();
	phone_expect(&phone, "SIP/2.0 400");
	phone.to = "2001";
	assert_int_equal(rig.made, 0);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(who_knows_the_password_may_call),
	    PROMISE(who_knows_the_password_of_a_hash_may_call),
	    PROMISE(the_body_can_be_covered),
	    PROMISE(a_nonce_goes_on_but_never_twice_with_one_count),
	    PROMISE(the_wrong_password_or_user_is_asked_again),
	    PROMISE(who_guesses_is_blocked),
	    PROMISE(foreign_nonces_are_no_guess),
	    PROMISE(nobody_may_say_that_he_is_somebody_else),
	    PROMISE(what_is_no_call_gets_no_answer),
	    PROMISE(lines_are_watched_with_a_password),
	    PROMISE(credentials_are_for_the_uri_of_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
