// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/digest.h"

/* ---- examples of the RFCs, both sides */

#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const struct example {
	const char *text; /* of the credentials */
	struct digest_user user;
	struct digest_request request;
} examples[] = {
    {"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
     "nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
     "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"", /* RFC 2617 3.5 */
     {"Mufasa", "Circle Of Life"},
     {"GET", "/dir/index.html"}},
    {"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
     "algorithm=MD5, nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616 "\", qop=auth, "
     "response=\"8ca523f5e9506fed4657c9700eebdbec\"", /* RFC 7616 3.9.1 */
     {"Mufasa", "Circle of Life"},
     {"GET", "/dir/index.html"}},
    {"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
     "algorithm=SHA-256, nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616
     "\", qop=auth, "
     "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"",
     {"Mufasa", "Circle of Life"},
     {"GET", "/dir/index.html"}},
    {"Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", "
     "realm=\"api@example.org\", uri=\"/doe.json\", algorithm=SHA-512-256, "
     "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", nc=00000001, "
     "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, "
     "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", "
     "userhash=true", /* RFC 7616 3.9.2 as erratum 4897 has it */
     {"J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?"},
     {"GET", "/doe.json"}},
    {"Digest username=\"bob\", realm=\"biloxi.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\", "
     "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
     "response=\"89eb0059246c02b2f6ee02c7961d5ea3\"", /* sip digest examples draft 3.3 */
     {"bob", "zanzibar"},
     {"INVITE", "sip:bob@biloxi.com"}},
    {"Digest username=\"bob\", realm=\"biloxi.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\", "
     "response=\"bf57e4e0d0bffc0fbaedce64d59add5e\"", /* RFC 2069: no qop */
     {"bob", "zanzibar"},
     {"INVITE", "sip:bob@biloxi.com"}},
    {"Digest username=\"bob\", realm=\"biloxi.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\", "
     "algorithm=MD5-sess, "
     "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
     "response=\"e4e4ea61d186d07a92c9e1f6919902e9\"", /* the draft's 3.5 */
     {"bob", "zanzibar"},
     {"INVITE", "sip:bob@biloxi.com"}},
};

static void verifies_the_examples_of_the_rfcs(void **state)
{
	struct digest_credentials credentials;

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		struct digest_user other = {e->user.name, "guess"};
		struct digest_request ack = {"ACK", e->request.uri};

		assert_int_equal(digest_read_credentials(e->text, &credentials), 0);
		if (!digest_verify(&credentials, &e->user, &e->request))
			fail_msg("%s", e->text);
		assert_false(digest_verify(&credentials, &other, &e->request));
		assert_false(digest_verify(&credentials, &e->user, &ack));
		credentials.response[0] ^= 1;
		assert_false(digest_verify(&credentials, &e->user, &e->request));
	}
}

/* The answer to the same challenge is what the example has. */
static void answers_the_examples_of_the_rfcs(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		struct digest_credentials theirs, ours;
		struct digest_session session = {0};
		char text[DIGEST_TEXT_SIZE];

		assert_int_equal(digest_read_credentials(e->text, &theirs), 0);
		strcpy(session.challenge.realm, theirs.realm);
		strcpy(session.challenge.nonce, theirs.nonce);
		session.challenge.algorithm = theirs.algorithm;
		session.challenge.session = theirs.session;
		session.challenge.qop = theirs.qop;
		session.challenge.userhash = theirs.userhash;
		strcpy(session.cnonce, theirs.cnonce);
		assert_int_equal(digest_answer(&session, &e->user, &e->request, text, sizeof(text)),
				 0);
		assert_int_equal(digest_read_credentials(text, &ours), 0);
		assert_string_equal(ours.response, theirs.response);
		assert_string_equal(ours.username, theirs.username);
		assert_string_equal(ours.nonce_count_text, theirs.nonce_count_text);
	}
}

/* ---- every combination against ourselves */

static void every_algorithm_and_qop_is_answered_and_verified(void **state)
{
	static const struct digest_user user = {"4930111", "pass word"};
	struct digest_request request = {"INVITE", "sip:1@192.0.2.1", "v=0\r\n", 5};
	struct digest_request changed = {"INVITE", "sip:1@192.0.2.1", "v=1\r\n", 5};

	for (unsigned i = 0; i < DIGEST_ALGORITHMS * 2 * 4; i++) {
		struct digest_challenge challenge = {
		    .realm = "r",
		    .nonce = "n",
		    .opaque = "o",
		    .has_opaque = i % 3,
		    .algorithm = i / 8,
		    .session = i & 4,
		    .qop = i & 3,
		    .userhash = i % 5 == 0,
		};
		char text[DIGEST_TEXT_SIZE];
		struct digest_credentials credentials;
		struct digest_session session;

		assert_int_equal(digest_print_challenge(&challenge, text, sizeof(text)), 0);
		assert_int_equal(digest_read_challenge(text, &challenge), 0);
		digest_begin(&challenge, &session);
		for (unsigned count = 1; count < 3; count++) {
			assert_int_equal(
			    digest_answer(&session, &user, &request, text, sizeof(text)), 0);
			assert_int_equal(digest_read_credentials(text, &credentials), 0);
			assert_true(digest_names(&credentials, user.name));
			assert_true(digest_verify(&credentials, &user, &request));
			assert_int_equal(credentials.nonce_count, challenge.qop ? count : 0);
			assert_int_equal(digest_verify(&credentials, &user, &changed),
					 challenge.qop != DIGEST_AUTH_INT);
		}
	}
}

/* ---- reading */

static void reads_challenges(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
	    {"Digest realm=\"a\", nonce=\"b\"", 0},
	    {"digest\trealm=a,nonce=b==", 0},
	    {"Digest realm=\"\", nonce=\"b\"", 0},
	    {"Digest , realm = \"a\" ,, nonce = \"b\", made-up=\"c\\\"d\", ", 0},
	    {"Digest realm=\"a\", nonce=\"b\", algorithm=SHA-256-SESS, stale=TRUE", 0},
	    {"Digest realm=\"a\", nonce=\"b\", qop=\"new,auth\"", 0},
	    {"Digest realm=\"a\", nonce=\"b\", qop=\"new\"", -ENOTSUP},
	    {"Digest realm=\"a\", nonce=\"b\", algorithm=AKAv1-MD5", -ENOTSUP},
	    {"Digest realm=\"a\", nonce=\"b\", algorithm=MD5-session", -ENOTSUP},
	    {"Digest realm=\"a\", nonce=\"b\", algorithm=MD", -ENOTSUP},
	    {"Basic realm=\"a\"", -ENOTSUP},
	    {"Digestrealm=\"a\", nonce=\"b\"", -ENOTSUP},
	    {"", -ENOTSUP},
	    {"Digest", -ENOTSUP},
	    {"Digest ", -EBADMSG},
	    {"Digest realm=\"a\"", -EBADMSG},
	    {"Digest nonce=\"b\"", -EBADMSG},
	    {"Digest realm=\"a\", nonce=\"\"", -EBADMSG},
	    {"Digest realm=\"a\", nonce=\"b", -EBADMSG},
	    {"Digest realm=\"a\", nonce=\"b\\", -EBADMSG},
	    {"Digest realm=\"a\\\", nonce=\"b\"", -EBADMSG},
	    {"Digest realm=\"a\" nonce=\"b\"", -EBADMSG},
	    {"Digest realm=\"a\", nonce=\"b\", nonce=\"c\"", -EBADMSG},
	    {"Digest realm=\"a\r\nVia: x\", nonce=\"b\"", -EBADMSG},
	    {"Digest realm, nonce=\"b\"", -EBADMSG},
	    {"Digest =a, nonce=\"b\"", -EBADMSG},
	};
	struct digest_challenge challenge;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (digest_read_challenge(rows[i].text, &challenge) != rows[i].rc)
			fail_msg("%s", rows[i].text);
}

static void values_keep_their_escapes(void **state)
{
	struct digest_challenge challenge;

	assert_int_equal(
	    digest_read_challenge("Digest realm=\"a\\\"b\", nonce=\"n, \\\\\", opaque=\"\", "
				  "qop=\" auth-int , auth\", algorithm=\"SHA-512-256\"",
				  &challenge),
	    0);
	assert_string_equal(challenge.realm, "a\\\"b");
	assert_string_equal(challenge.nonce, "n, \\\\");
	assert_true(challenge.has_opaque);
	assert_int_equal(challenge.qop, DIGEST_AUTH | DIGEST_AUTH_INT);
	assert_int_equal(challenge.algorithm, DIGEST_SHA512_256);
	assert_false(challenge.stale || challenge.session || challenge.userhash);
}

static void a_value_that_is_too_long_is_refused(void **state)
{
	char text[DIGEST_NONCE_MAX + 64], nonce[DIGEST_NONCE_MAX + 2];
	struct digest_challenge challenge;

	memset(nonce, 'n', sizeof(nonce));
	nonce[DIGEST_NONCE_MAX] = '\0';
	snprintf(text, sizeof(text), "Digest realm=\"a\", nonce=\"%s\"", nonce);
	assert_int_equal(digest_read_challenge(text, &challenge), 0);
	nonce[DIGEST_NONCE_MAX] = 'n';
	nonce[DIGEST_NONCE_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "Digest realm=\"a\", nonce=\"%s\"", nonce);
	assert_int_equal(digest_read_challenge(text, &challenge), -ENOBUFS);
}

static void reads_credentials(void **state)
{
#define USER "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"00\""
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
	    {USER, 0},
	    {USER ", qop=auth, cnonce=\"c\", nc=0000000A", 0},
	    {USER ", qop=\"auth-int\", cnonce=\"c\", nc=\"00000001\"", 0},
	    {USER ", qop=auth, cnonce=\"c\"", -EBADMSG},
	    {USER ", qop=auth, nc=00000001", -EBADMSG},
	    {USER ", qop=auth, cnonce=\"c\", nc=1", -EBADMSG},
	    {USER ", qop=auth, cnonce=\"c\", nc=0x000001", -EBADMSG},
	    {USER ", qop=auth, cnonce=\"c\", nc=000000001", -ENOBUFS},
	    {USER ", qop=new, cnonce=\"c\", nc=00000001", -ENOTSUP},
	    {USER ", username=\"b\"", -EBADMSG},
	    {"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\"", -EBADMSG},
	    {"Digest username=\"a\", realm=\"r\", nonce=\"n\", response=\"00\"", -EBADMSG},
	};
	struct digest_credentials credentials;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (digest_read_credentials(rows[i].text, &credentials) != rows[i].rc)
			fail_msg("%s", rows[i].text);
	assert_int_equal(digest_read_credentials(rows[1].text, &credentials), 0);
	assert_int_equal(credentials.nonce_count, 10);
}

/* ---- choosing and sending */

static void the_stronger_challenge_is_taken(void **state)
{
	struct digest_challenge md5 = {.algorithm = DIGEST_MD5}, sha = {.algorithm = DIGEST_SHA256},
				truncated = {.algorithm = DIGEST_SHA512_256};

	assert_true(digest_prefers(&md5, &sha));
	assert_true(digest_prefers(&md5, &truncated));
	assert_false(digest_prefers(&sha, &md5));
	assert_false(digest_prefers(&sha, &truncated)); /* the order of the message holds */
	assert_false(digest_prefers(&truncated, &sha));
}

static void what_cannot_be_quoted_is_not_sent(void **state)
{
	static const struct digest_user users[] = {
	    {"a\"b", "p"}, {"a\\b", "p"}, {"a\r\nVia: x", "p"}, {"", "p"}};
	static const struct digest_request request = {"INVITE", "sip:x"};
	static const struct digest_request injected = {"INVITE", "sip:x\", y=\""};
	static const struct digest_user good = {"a", "any \" password \\"};
	struct digest_session session;
	struct digest_challenge challenge = {.realm = "r", .nonce = "n", .qop = DIGEST_AUTH};
	char text[DIGEST_TEXT_SIZE];

	digest_begin(&challenge, &session);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(digest_answer(&session, &users[i], &request, text, sizeof(text)),
				 -EINVAL);
	assert_int_equal(digest_answer(&session, &good, &injected, text, sizeof(text)), -EINVAL);
	assert_int_equal(digest_answer(&session, &good, &request, text, 100), -ENOBUFS);
	assert_int_equal(session.nonce_count, 0);
	assert_int_equal(digest_answer(&session, &good, &request, text, sizeof(text)), 0);
	assert_null(strstr(text, "password"));
}

static void the_next_nonce_is_taken(void **state)
{
	struct digest_session session = {.challenge = {.nonce = "old"}, .nonce_count = 7};

	assert_int_equal(digest_read_info("qop=auth, nc=00000007", &session), -ENOENT);
	assert_int_equal(digest_read_info("nextnonce=\"old\"", &session), 0);
	assert_int_equal(session.nonce_count, 7);
	assert_int_equal(digest_read_info("rspauth=\"0\", nextnonce=\"new\"", &session), 0);
	assert_string_equal(session.challenge.nonce, "new");
	assert_int_equal(session.nonce_count, 0);
}

static void random_nonces_differ(void **state)
{
	char a[33], b[33];

	digest_random(a, sizeof(a));
	digest_random(b, sizeof(b));
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verifies_the_examples_of_the_rfcs),
	    cmocka_unit_test(answers_the_examples_of_the_rfcs),
	    cmocka_unit_test(every_algorithm_and_qop_is_answered_and_verified),
	    cmocka_unit_test(reads_challenges),
	    cmocka_unit_test(values_keep_their_escapes),
	    cmocka_unit_test(a_value_that_is_too_long_is_refused),
	    cmocka_unit_test(reads_credentials),
	    cmocka_unit_test(the_stronger_challenge_is_taken),
	    cmocka_unit_test(what_cannot_be_quoted_is_not_sent),
	    cmocka_unit_test(the_next_nonce_is_taken),
	    cmocka_unit_test(random_nonces_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
