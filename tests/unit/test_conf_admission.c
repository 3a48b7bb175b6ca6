// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may call, how much and how often: `silent-discard`, `source-limit`, `call threshold` ... */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "gateway/sip/setups.h"
#include "tests/unit/conf_rig.h"

#define SIP "voice service voip\n sip\n"

static void what_is_read_is_written(void **state)
{
	static const struct {
		const char *text, *written; /* NULL: the same */
	} rows[] = {
	    {"voice service voip\n no ip address trusted authenticate\n", NULL},
	    {"voice service voip\n no ip address trusted loopback\n", NULL},
	    {"voice service voip\n no ip address trusted authenticate\n ip address trusted "
	     "authenticate\n no ip address trusted loopback\n ip address trusted loopback\n",
	     "voice service voip\n sip\n!"},
	    {SIP "  no silent-discard untrusted\n", NULL},
	    {SIP "  no silent-discard untrusted\n  silent-discard untrusted\n", SIP "!"},
	    {SIP "  source-limit untrusted 5 burst 9 block 0\n", NULL},
	    {SIP "  source-limit untrusted 5 burst 9\n",
	     SIP "  source-limit untrusted 5 burst 9 block 60\n"},
	    {SIP "  source-limit untrusted 20 burst 60\n", SIP "!"},
	    {SIP "  no source-limit untrusted\n", NULL},
	    {SIP "  source-limit untrusted total 1000\n", NULL},
	    {SIP "  no source-limit untrusted total\n", NULL},
	    {SIP "  source-limit trusted 500 burst 1000\n", NULL},
	    {SIP "  no source-limit trusted\n", NULL},
	    {SIP "  source-limit trusted 1500 burst 3000\n", SIP "!"},
	    {SIP "  source-limit phones 100 burst 700\n", NULL},
	    {SIP "  no source-limit phones\n", NULL},
	    {SIP "  source-limit phones 200 burst 2000\n", SIP "!"},
	    {SIP "  source-limit setups 100\n", NULL},
	    {SIP "  no source-limit setups\n", NULL},
	    {SIP "  source-limit setups 100\n  source-limit setups\n", SIP "!"},
	    {SIP "  call service stop\n", NULL},
	    {SIP "  call service stop forced\n", NULL},
	    {SIP "  call service stop maintain-registration\n", NULL},
	    {SIP "  call service stop forced maintain-registration\n", NULL},
	    {SIP "  call service stop forced\n  no call service stop\n", SIP "!"},
	    {SIP "  call service drain 60\n", NULL},
	    {SIP "  call service drain 60\n  no call service drain\n", SIP "!"},
	    {"call threshold 9\n", NULL},
	    {"call threshold global total-calls low 5 high 9\n", NULL},
	    {"call threshold global cpu-5sec low 60 high 80\ncall threshold global cpu-avg low 0 "
	     "high 100\ncall threshold global total-mem low 80 high 90\n",
	     NULL},
	    {"call threshold global total-mem low 80 high 90\nno call threshold global "
	     "total-mem\n",
	     "!"},
	    {"call threshold poll-interval cpu-average 10\n", NULL},
	    {"call threshold poll-interval cpu-average 60\n", "!"},
	    {"call threshold source 4\n", NULL},
	    {"call threshold source 4\nno call threshold source\n", "!"},
	    {"call spike 30\n", NULL},
	    {"call spike 30 steps 10 size 100\n", NULL},
	    {"call spike 30 steps 5 size 200\n", "call spike 30\n"},
	    {"call spike 30\nno call spike\n", "!"},
	};
	static struct lines written, again;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const char *expected = rows[i].written ? rows[i].written : rows[i].text;
		struct conf *conf = load_text(rows[i].text), *second;

		memset(&written, 0, sizeof(written));
		conf_write(conf, keep_line, &written);
		if (!strstr(written.text, expected))
			fail_msg("%s gave %s", rows[i].text, written.text);
		if (strcmp(expected, "!") == 0 && strstr(written.text, "call "))
			fail_msg("%s gave %s", rows[i].text, written.text);
		second = load_text(written.text);
		memset(&again, 0, sizeof(again));
		conf_write(second, keep_line, &again);
		assert_string_equal(written.text, again.text);
		conf_free(conf);
		conf_free(second);
	}
}

static void nothing_configured_is_closed(void **state)
{
	struct conf *conf = load_text("");

	assert_true(conf->admission.silent);
	assert_false(conf->admission.accept_all);
	assert_false(conf->distrust_loopback);
	assert_true(conf->admission.strangers.rate && conf->admission.strangers.block_s);
	assert_true(conf->admission.strangers_rate);
	assert_int_equal(conf->admission.trusted.rate, 1500);
	assert_int_equal(conf->admission.phones.rate, 200);
	assert_int_equal(conf->admission.setups, SETUPS_SHARE);
	conf_free(conf);
}

static void wrong_ones_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {SIP "  source-limit untrusted 0 burst 9\n",
	     "3: source-limit 0: expected a number from 1 to 1000000\n"},
	    {SIP "  source-limit untrusted 5 burst 0\n", "3: burst 0: expected a number"},
	    {SIP "  source-limit untrusted 5 burst 1 block 86401\n", "3: block 86401: expected"},
	    {SIP "  source-limit setups 0\n",
	     "3: source-limit setups 0: expected a number from 1 to 100000\n"},
	    {"call threshold global total-calls low 5 high 5\n",
	     "1: low 5 high 5: expected a low value below the high one\n"},
	    {"call threshold global cpu-avg low 5 high 101\n",
	     "1: high 101: expected a number from 1 to 100\n"},
	    {"call threshold poll-interval cpu-average 9\n",
	     "1: poll-interval cpu-average 9: expected a number from 10 to 300\n"},
	    {"call threshold source 0\n", "1: call threshold source 0: expected"},
	    {"call spike 30 steps 2 size 100\n", "1: steps 2: expected a number from 3 to 10\n"},
	    {"call spike 30 steps 3 size 99\n", "1: size 99: expected a number from 100 to 2000\n"},
	    {"call spike 0\n", "1: call spike 0: expected"},
	};
	static struct lines errors;
	struct conf *conf;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		memset(&errors, 0, sizeof(errors));
		assert_true(load_bytes(rows[i].text, strlen(rows[i].text), &errors, &conf) < 0);
		if (strncmp(errors.text, rows[i].error, strlen(rows[i].error)))
			fail_msg("%s: %s", rows[i].text, errors.text);
	}
}

static char folder[] = "/tmp/test_conf_admission.XXXXXX";

/* Writes the file, reads a configuration that names it; 0 or what load_bytes() says. */
static const char *more_of_users = "";

static int load_with_users(const char *users, mode_t mode, struct lines *errors, struct conf **conf)
{
	char file[64], text[320];
	int fd;

	snprintf(file, sizeof(file), "%s/users", folder);
	unlink(file);
	fd = open(file, O_CREAT | O_WRONLY | O_EXCL, 0600);
	assert_true(fd >= 0 && fchmod(fd, mode) == 0);
	assert_int_equal(write(fd, users, strlen(users)), strlen(users));
	close(fd);
	snprintf(text, sizeof(text),
		 "sip-ua\n authenticate realm gw\n authenticate users file %s\n%s", file,
		 more_of_users);
	memset(errors, 0, sizeof(*errors));
	return load_bytes(text, strlen(text), errors, conf);
}

static void callers_come_from_a_file_that_nobody_else_reads(void **state)
{
	static struct lines errors, written;
	struct conf *conf = NULL;
	char expected[128];

	assert_int_equal(load_with_users("bob:topsecret\nalice:x 1234\n", 0600, &errors, &conf), 0);
	assert_int_equal(conf->challenge.callers.users_count, 2);
	assert_string_equal(conf->challenge.callers.realm, "gw");
	assert_string_equal(callers_find(&conf->challenge.callers, "bob")->password, "topsecret");
	memset(&written, 0, sizeof(written));
	conf_write(conf, keep_line, &written);
	snprintf(expected, sizeof(expected),
		 " authenticate realm gw\n authenticate users file %s/users\n", folder);
	assert_non_null(strstr(written.text, expected));
	assert_null(strstr(written.text, "topsecret"));
	conf_free(conf);
	assert_true(load_with_users("bob:topsecret\n", 0640, &errors, &conf) < 0);
	assert_non_null(strstr(errors.text, "make it `chmod 600`"));
	assert_true(load_with_users("bob:topsecret x\n", 0600, &errors, &conf) < 0);
	assert_non_null(strstr(errors.text, "/users, line 1: expected numbers"));
	assert_null(strstr(errors.text, "topsecret"));
	snprintf(expected, sizeof(expected), "%s/users", folder);
	unlink(expected);
	more_of_users = " authenticate algorithm md5\n";
	assert_int_equal(load_with_users("bob:topsecret\n", 0600, &errors, &conf), 0);
	assert_int_equal(conf->challenge.callers.lacking, 1u << DIGEST_SHA256);
	conf_free(conf);
	more_of_users = " authenticate algorithm sha-256\n";
	assert_true(load_with_users("bob:{MD5}0123456789abcdef0123456789abcdef\n", 0600, &errors,
				    &conf) < 0);
	assert_non_null(strstr(errors.text, "4: authenticate algorithm sha-256: expected a "
					    "password, or its hash by this algorithm, in each "
					    "line of "));
	more_of_users = "";
	unlink(expected);
	assert_true(load_bytes("sip-ua\n authenticate users file /nowhere/users\n", 46, &errors,
			       &conf) < 0);
	assert_non_null(strstr(errors.text, "/nowhere/users cannot be read"));
	memset(&errors, 0, sizeof(errors));
	assert_true(load_bytes("sip-ua\n authenticate realm gw\n", 31, &errors, &conf) < 0);
	assert_non_null(strstr(errors.text, "2: authenticate realm gw: expected authenticate users "
					    "file PATH with it"));
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_read_is_written),
	    cmocka_unit_test(nothing_configured_is_closed),
	    cmocka_unit_test(wrong_ones_are_refused_with_a_sentence),
	    cmocka_unit_test(callers_come_from_a_file_that_nobody_else_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	int failed;

	assert_non_null(mkdtemp(folder));
	failed = rig_main(run);
	rmdir(folder);
	return failed;
}
