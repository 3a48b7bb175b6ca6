// SPDX-License-Identifier: GPL-2.0-or-later
/* What strangers are asked with (nonce) and who they may be (caller). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/caller.h"
#include "gateway/sip/nonce.h"

#define NOW 5000000

static struct nonces *nonces;

static const struct sockaddr *at(const char *text)
{
	static struct sockaddr_storage addresses[2];
	static unsigned next;
	struct sockaddr_storage *a = &addresses[next++ % 2];

	memset(a, 0, sizeof(*a));
	a->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(a->ss_family, text,
				   a->ss_family == AF_INET
				       ? (void *)&((struct sockaddr_in *)a)->sin_addr
				       : (void *)&((struct sockaddr_in6 *)a)->sin6_addr),
			 1);
	return (const struct sockaddr *)a;
}

static int make(void **state)
{
	nonces = nonces_new(4);
	return nonces ? 0 : -1;
}

static int drop(void **state)
{
	nonces_free(nonces);
	return 0;
}

static void a_nonce_is_for_one_source_and_a_time(void **state)
{
	struct nonces *others = nonces_new(4);
	char text[NONCE_SIZE], again[NONCE_SIZE];

	nonces_issue(nonces, at("192.0.2.1"), NOW, text);
	nonces_issue(nonces, at("192.0.2.1"), NOW, again);
	assert_string_not_equal(text, again);
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.1"), NOW), NONCE_FRESH);
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.1"), NOW + NONCE_LIFE_MS),
			 NONCE_FRESH);
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.1"), NOW + NONCE_LIFE_MS + 1),
			 NONCE_EXPIRED);
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.1"), NOW - 1), NONCE_EXPIRED);
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.2"), NOW), NONCE_FOREIGN);
	assert_int_equal(nonces_age(nonces, text, at("2001:db8::1"), NOW), NONCE_FOREIGN);
	assert_int_equal(nonces_age(others, text, at("192.0.2.1"), NOW), NONCE_FOREIGN);
	for (unsigned i = 0; i < NONCE_SIZE - 1; i++) {
		memcpy(again, text, sizeof(again));
		again[i] = again[i] == '0' ? '1' : '0';
		assert_int_equal(nonces_age(nonces, again, at("192.0.2.1"), NOW), NONCE_FOREIGN);
	}
	text[NONCE_SIZE - 2] = '\0';
	assert_int_equal(nonces_age(nonces, text, at("192.0.2.1"), NOW), NONCE_FOREIGN);
	assert_int_equal(nonces_age(nonces, "", at("192.0.2.1"), NOW), NONCE_FOREIGN);
	nonces_free(others);
}

static void a_count_is_taken_once_in_any_order(void **state)
{
	static const struct {
		unsigned count;
		bool taken;
	} rows[] = {{1, true},		{1, false},	     {2, true},	 {5, true},  {4, true},
		    {4, false},		{3, true},	     {5, false}, {68, true}, {5, false},
		    {4, false},		{69, true},	     {6, true},	 {6, false}, {5, false},
		    {0xffffffff, true}, {0xffffffff, false}, {69, false}};
	char text[NONCE_SIZE];

	nonces_issue(nonces, at("192.0.2.1"), NOW, text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (nonces_use(nonces, text, rows[i].count, NOW) != rows[i].taken)
			fail_msg("row %zu: %u", i, rows[i].count);
}

static void none_counts_as_the_first(void **state)
{
	char text[NONCE_SIZE];

	nonces_issue(nonces, at("192.0.2.1"), NOW, text);
	assert_true(nonces_use(nonces, text, 0, NOW));
	assert_false(nonces_use(nonces, text, 0, NOW));
	assert_false(nonces_use(nonces, text, 1, NOW));
	assert_true(nonces_use(nonces, text, 2, NOW));
}

/* The table has four places: what is pushed out can not be used again either. */
static void what_is_forgotten_is_not_taken_again(void **state)
{
	char text[8][NONCE_SIZE];

	for (unsigned i = 0; i < 8; i++)
		nonces_issue(nonces, at("192.0.2.1"), NOW + i, text[i]);
	for (unsigned i = 1; i < 6; i++)
		assert_true(nonces_use(nonces, text[i], 1, NOW + 10));
	assert_false(nonces_use(nonces, text[1], 1, NOW + 10)); /* pushed out */
	assert_false(nonces_use(nonces, text[1], 2, NOW + 10));
	assert_false(nonces_use(nonces, text[0], 1, NOW + 10)); /* older still, never used */
	assert_false(nonces_use(nonces, text[2], 1, NOW + 10)); /* remembered */
	assert_true(nonces_use(nonces, text[2], 2, NOW + 10));
	assert_true(nonces_use(nonces, text[6], 1, NOW + 10));
	/* those that have expired make room without harm */
	nonces_issue(nonces, at("192.0.2.1"), NOW + 2 * NONCE_LIFE_MS, text[7]);
	assert_true(nonces_use(nonces, text[7], 1, NOW + 2 * NONCE_LIFE_MS));
	assert_false(nonces_use(nonces, text[7], 1, NOW + 2 * NONCE_LIFE_MS));
}

/* ---- callers */

static void users_are_read_and_found(void **state)
{
	static const char text[] = "# who may call\n\n  \nzoe:q\nalice:correct:horse 4930111 "
				   "+49302..\t#5*\r\n4935:p";
	struct callers callers = {0};
	unsigned line;
	const char *why;

	assert_int_equal(callers_read(text, strlen(text), (struct caller **)&callers.users,
				      &callers.users_count, &line, &why),
			 0);
	assert_int_equal(callers.users_count, 3);
	assert_string_equal(callers_find(&callers, "alice")->password, "correct:horse");
	assert_string_equal(callers_find(&callers, "zoe")->password, "q");
	assert_null(callers_find(&callers, "bob"));
	assert_null(callers_find(&callers, ""));
	assert_true(caller_has_number(callers_find(&callers, "alice"), "4930111"));
	assert_true(caller_has_number(callers_find(&callers, "alice"), "4930299"));
	assert_true(caller_has_number(callers_find(&callers, "alice"), "#5*"));
	assert_false(caller_has_number(callers_find(&callers, "alice"), "493029"));
	assert_false(caller_has_number(callers_find(&callers, "alice"), "49302999"));
	assert_false(caller_has_number(callers_find(&callers, "zoe"), "4930111"));
	assert_true(caller_has_number(callers_find(&callers, "4935"), "4935"));
	free((void *)callers.users);
}

#define MD5 "e2a78fdf03dec8ae143669755e62e0d3"
#define SHA256 "87c125a822d21e2b8c91c215e01550ab6b292bc84d98c026ff0413bbe2689a02"

static void a_hash_is_as_good_as_a_password(void **state)
{
	static const struct {
		const char *text;
		bool md5, sha256;
		unsigned lacking;
	} rows[] = {
	    {"alice:{MD5}" MD5 " 44\n", true, false, 1 << DIGEST_SHA256},
	    {"alice:{SHA-256}" SHA256, false, true, 1 << DIGEST_MD5},
	    {"alice:{sha-256}" SHA256 ",{md5}" MD5 " 44\n", true, true, 0},
	    {"alice:{MD5}" MD5 ",{SHA-256}" SHA256 "\nbob:x\n", true, true, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct caller *users = NULL;
		unsigned count, line;
		const char *why = NULL;

		if (callers_read(rows[i].text, strlen(rows[i].text), &users, &count, &line, &why))
			fail_msg("row %zu: %s", i, why);
		assert_string_equal(users[0].password, "");
		assert_string_equal(users[0].hashes[DIGEST_MD5], rows[i].md5 ? MD5 : "");
		assert_string_equal(users[0].hashes[DIGEST_SHA256], rows[i].sha256 ? SHA256 : "");
		assert_int_equal(callers_lacking(users, count), rows[i].lacking);
		assert_null(caller_secret(&users[0], DIGEST_MD5).password);
		assert_non_null(caller_secret(&users[0], DIGEST_MD5).hash);
		free(users);
	}
}

static void wrong_lines_are_told(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} rows[] = {
	    {"a:b\nalice\n", "NAME:PASSWORD", 2},
	    {":x\n", "NAME:PASSWORD", 1},
	    {"\n\na:\n", "a password of", 3},
	    {"a: b\n", "a password of", 1},
	    {"a:\"b\n", "a name and a password without", 1},
	    {"a:b x\n", "numbers of digits", 1},
	    {"a:b 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", "numbers of digits", 1},
	    {"a:b\nc:d\na:e\n", "each name once", 4},
	    {"a:{MD5}1234\n", "{MD5} with 32", 1},
	    {"a:{MD5}" SHA256 "\n", "{MD5} with 32", 1},
	    {"a:{MD5}" MD5 ",\n", "{MD5} with 32", 1},
	    {"a:{MD5}" MD5 ",{MD5}" MD5 "\n", "{MD5} with 32", 1},
	    {"a:{MD5}" MD5 ",x\n", "{MD5} with 32", 1},
	    {"a:{MD5}g2b80fc28ad94d35a3b9a6c3a5d1e7f00\n", "{MD5} with 32", 1},
	    {"a:{MD5}" MD5 "\nb:{SHA-256}" SHA256 "\n", "hashes of one algorithm", 3},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct caller *users = NULL;
		unsigned count, line = 0;
		const char *why = NULL;

		assert_int_equal(
		    callers_read(rows[i].text, strlen(rows[i].text), &users, &count, &line, &why),
		    -EINVAL);
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) || line != rows[i].line)
			fail_msg("row %zu: line %u, %s", i, line, why);
	}
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(a_nonce_is_for_one_source_and_a_time),
	    PROMISE(a_count_is_taken_once_in_any_order),
	    PROMISE(none_counts_as_the_first),
	    PROMISE(what_is_forgotten_is_not_taken_again),
	    cmocka_unit_test(users_are_read_and_found),
	    cmocka_unit_test(a_hash_is_as_good_as_a_password),
	    cmocka_unit_test(wrong_lines_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
