// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that register here: `registrar server`, `voice register global`, `voice register pool`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/conf_rig.h"

#define SERVER "voice service voip\n sip\n  registrar server\n"
#define REALM "voice register global\n authenticate realm a.example\n"
#define FALLBACK "call-manager-fallback\n"
#define GLOBAL "voice register global\n"
#define POOL "voice register pool 7\n"
#define NETWORK " id network 10.1.0.0 mask 255.255.0.0\n"
#define HIDDEN " username 5001 password 7 "
#define USER_POOL "voice register pool 9\n id mac 0011.2233.4455\n username u password p\n"

static void what_is_read_is_written(void **state)
{
	static const struct {
		const char *text, *written; /* NULL: the same */
	} rows[] = {
	    {SERVER, SERVER "!\n"},
	    {"voice service voip\n sip\n  registrar server expires max 600\n",
	     "  registrar server expires max 600 min 60\n"},
	    {"voice service voip\n sip\n  registrar server expires max 604800 min 5\n",
	     "  registrar server expires max 604800 min 5\n"},
	    {"voice service voip\n sip\n  registrar server expires max 3600 min 60\n",
	     "  registrar server\n"},
	    {SERVER "  no registrar server\n", " sip\n!\n"},
	    {GLOBAL, GLOBAL "!\n"},
	    {GLOBAL " mode refuse\n max-pool 20\n max-dn 100\n standby-expires 90\n", NULL},
	    {GLOBAL " mode registrar\n", NULL},
	    {GLOBAL " redirect mode\n", NULL},
	    {GLOBAL " redirect mode\n no redirect mode\n", GLOBAL "!\n"},
	    {FALLBACK " call-manager 1 ipv4:192.0.2.1\n outbound-proxy\n!\n",
	     FALLBACK " call-manager 1 ipv4:192.0.2.1\n outbound-proxy\n!\n"},
	    {FALLBACK " call-manager 1 ipv4:192.0.2.1\n outbound-proxy emergency-local\n",
	     FALLBACK " call-manager 1 ipv4:192.0.2.1\n outbound-proxy emergency-local\n!\n"},
	    {FALLBACK " outbound-proxy\n no outbound-proxy\n", FALLBACK "!\n"},
	    {FALLBACK
	     " dialplan-pattern 1 40833350.. extension-length 4\n"
	     " dialplan-pattern 10 +49305551... extension-length 5 extension-pattern 77...\n"
	     " alias 1 60.. to 5001\n alias 50 7[01]T to +495001 preference 10\n"
	     " default-destination +4930555\n voicemail *98\n",
	     NULL},
	    {FALLBACK
	     " access-code e&m 7\n access-code bri *8 direct-inward-dial\n access-code pri 9\n",
	     NULL},
	    {FALLBACK " access-code pri 9 direct-inward-dial\n access-code pri 8\n",
	     FALLBACK " access-code pri 8\n!\n"},
	    {FALLBACK " access-code pri 9\n no access-code pri 9\n access-code bri 8\n"
		      " no access-code bri\n",
	     FALLBACK "!\n"},
	    {FALLBACK " after-hours block pattern 1 9.\n after-hours block pattern 32 01T 7-24\n"
		      " after-hours day sun 0:00 0:00\n after-hours day fri 18:05 7:00\n",
	     NULL},
	    {FALLBACK " after-hours block pattern 1 9\n no after-hours block pattern 1\n"
		      " after-hours day mon 1:00 2:00\n no after-hours day mon\n",
	     FALLBACK "!\n"},
	    {POOL NETWORK " after-hours exempt\n", NULL},
	    {POOL NETWORK " mwi\n", NULL},
	    {POOL NETWORK " mwi\n no mwi\n", POOL NETWORK "!\n"},
	    {POOL NETWORK " after-hours exempt\n no after-hours exempt\n", POOL NETWORK "!\n"},
	    {FALLBACK " dialplan-pattern 2 5.. extension-length 3\n no dialplan-pattern 2\n"
		      " alias 3 60.. to 5001 preference 2\n alias 3 61.. to 5002\n alias 4 6 to 5\n"
		      " no alias 4\n default-destination 1\n no default-destination\n"
		      " voicemail 1\n no voicemail\n",
	     FALLBACK " alias 3 61.. to 5002\n!\n"},
	    {GLOBAL " mode refuse\n mode standby\n", GLOBAL "!\n"},
	    {GLOBAL " mode refuse\n max-pool 20\n max-dn 100\n standby-expires 90\n no mode\n"
		    " no max-pool\n no max-dn\n no standby-expires\n",
	     GLOBAL "!\n"},
	    {REALM USER_POOL, REALM "!\n"},
	    {REALM " no authenticate realm\n", GLOBAL "!\n"},
	    {REALM " authenticate algorithm sha-256\n" USER_POOL,
	     REALM " authenticate algorithm sha-256\n!\n"},
	    {GLOBAL " authenticate algorithm md5\n no authenticate algorithm\n", GLOBAL "!\n"},
	    {POOL NETWORK, NULL},
	    {POOL " description cafe\n id ip 10.1.2.3\n",
	     POOL " description cafe\n id network 10.1.2.3 mask 255.255.255.255\n"},
	    {POOL " id ip 10.1.2.0 mask 255.255.255.0\n",
	     " id network 10.1.2.0 mask 255.255.255.0\n"},
	    {POOL " id ip 0.0.0.0 mask 0.0.0.0\n", " id network 0.0.0.0 mask 0.0.0.0\n"},
	    {POOL " id network 2001:db8:: mask /32\n", NULL},
	    {POOL " id network 2001:db8::1 mask /128\n", NULL},
	    {POOL " id mac 00:11:22:aa:BB:cc\n id user-agent Snom 3\n" NETWORK,
	     POOL " id mac 0011.22aa.bbcc\n id user-agent Snom 3\n" NETWORK},
	    {POOL NETWORK " id mac 001122334455\n id user-agent x\n no id mac\n no id user-agent\n"
			  " no id network\n id ip 10.2.0.1\n",
	     POOL " id network 10.2.0.1 mask 255.255.255.255\n"},
	    {POOL NETWORK " number 1 50..\n number 3 alice\n", NULL},
	    {POOL NETWORK " number 1 50.. preference 10 no-huntstop\n", NULL},
	    {POOL NETWORK " number 1 50.. no-huntstop huntstop preference 0\n", " number 1 50..\n"},
	    {POOL NETWORK " number 1 50..\n number 16 +49...\n no number 1\n",
	     POOL NETWORK " number 16 +49...\n"},
	    {REALM POOL " username 5001 password 0 secret\n", HIDDEN},
	    {REALM USER_POOL POOL " username 5001 password secret\n no username\n" NETWORK,
	     POOL NETWORK},
	    {POOL NETWORK " max registrations 4\n", NULL},
	    {POOL NETWORK " max registrations 4\n no max registrations\n", POOL NETWORK},
	    {POOL NETWORK " check-sync\n", NULL},
	    {POOL NETWORK " check-sync\n no check-sync\n", POOL NETWORK},
	    {POOL NETWORK " call-forward b2bua all 1\n call-forward b2bua busy +4930111\n"
			  " call-forward b2bua noan *98# timeout 20\n"
			  " call-forward b2bua unreachable 5999\n",
	     NULL},
	    {POOL NETWORK " call-forward b2bua all 1\n no call-forward b2bua all\n", POOL NETWORK},
	    {POOL NETWORK " codec g711alaw\n dtmf-relay rtp-nte\n", " codec g711alaw\n"},
	};
	static struct lines written, again;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const char *expected = rows[i].written ? rows[i].written : rows[i].text;
		struct conf *conf = load_text(rows[i].text), *second;

		write_again(conf, &written);
		if (!strstr(written.text, expected))
			fail_msg("%s gave %s", rows[i].text, written.text);
		assert_null(strstr(written.text, "secret"));
		second = load_text(written.text);
		write_again(second, &again);
		assert_string_equal(written.text, again.text);
		conf_free(conf);
		conf_free(second);
	}
}

/* What the gateway works with: in order of number, only what is set, with its dial peer. */
static void pools_are_ready_for_use(void **state)
{
	struct conf *conf =
	    load_text(SERVER POOL NETWORK " number 16 60..\n number 2 50.. preference 3\n"
					  " codec g711alaw\n max registrations 3\n" GLOBAL
					  " max-dn 5\nvoice register pool 2\n id ip ::1\n");
	const struct pool_global *global = &conf->survive.global;
	const struct pool *pool = &global->pools[1];

	assert_true(global->serves);
	assert_int_equal(global->mode, POOL_MODE_STANDBY);
	assert_int_equal(global->max_dn, 5);
	assert_int_equal(global->expires_max_s, 3600);
	assert_int_equal(global->expires_min_s, 60);
	assert_int_equal(global->expires_standby_s, 120);
	assert_int_equal(global->pools_count, 2);
	assert_int_equal(global->pools[0].number, 2);
	assert_int_equal(global->pools[0].prefix_bits, 128);
	assert_int_equal(pool->number, 7);
	assert_int_equal(pool->prefix_bits, 16);
	assert_int_equal(pool->max_registrations, 3);
	assert_int_equal(pool->numbers_count, 2);
	assert_string_equal(pool->numbers[0].pattern, "50..");
	assert_int_equal(pool->numbers[0].preference, 3);
	assert_string_equal(pool->numbers[1].pattern, "60..");
	assert_int_equal(pool->peer.tag, POOL_PEER_TAG + 7);
	assert_int_equal(pool->peer.pool, 7);
	conf_free(conf);
}

static void put_file(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Those of the file and those of pools are one list; what one of them has no hash of is not asked for. */
static void passwords_come_from_a_file_and_from_pools(void **state)
{
	char users[300], text[900];
	const struct callers *callers;
	struct conf *conf;

	snprintf(users, sizeof(users), "%s.users", path);
	put_file(users, "mallory:m 5003\nbob:{MD5}0123456789abcdef0123456789abcdef\n");
	snprintf(text, sizeof(text),
		 REALM " authenticate users file %s\n" POOL " username carol password c\n", users);
	conf = load_text(text);
	callers = &conf->survive.global.users;
	assert_int_equal(callers->users_count, 3);
	assert_string_equal(callers->realm, "a.example");
	assert_string_equal(callers->users[0].name, "bob");
	assert_string_equal(callers->users[1].name, "carol");
	assert_string_equal(callers->users[1].password, "c");
	assert_string_equal(callers->users[2].name, "mallory");
	assert_int_equal(callers->lacking, callers_lacking(callers->users, 3));
	assert_int_not_equal(callers->lacking, 0);
	conf_free(conf);
	unlink(users);
}

/* Many telephones give up when they are asked for SHA-256 too. */
static void telephones_are_asked_for_one_algorithm(void **state)
{
	static const struct {
		const char *users, *line;
		unsigned lacking;
	} rows[] = {
	    {"mallory:m\n", "", 1u << DIGEST_SHA256},
	    {"mallory:m\n", " authenticate algorithm any\n", 0},
	    {"mallory:m\n", " authenticate algorithm sha-256\n", 1u << DIGEST_MD5},
	    {"bob:{SHA-256}0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", "",
	     1u << DIGEST_MD5},
	};
	char users[300], text[900];
	struct conf *conf;

	snprintf(users, sizeof(users), "%s.users", path);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_file(users, rows[i].users);
		snprintf(text, sizeof(text), REALM " authenticate users file %s\n%s" POOL, users,
			 rows[i].line);
		conf = load_text(text);
		assert_int_equal(conf->survive.global.users.lacking, rows[i].lacking);
		conf_free(conf);
	}
	unlink(users);
}

static void wrong_ones_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"voice service voip\n sip\n  registrar server expires max 59\n",
	     "3: registrar server expires max 59: expected a number from 60 to 604800\n"},
	    {"voice service voip\n sip\n  registrar server expires max 60 min 3601\n",
	     "3: registrar server expires min 3601: expected a number from 5 to 3600\n"},
	    {"voice service voip\n sip\n  registrar server expires max 60 min 61\n",
	     "3: registrar server expires max 60 min 61: expected max to be the larger one\n"},
	    {GLOBAL " max-pool 0\n", "2: max-pool 0: expected a number from 1 to 100000\n"},
	    {GLOBAL " max-dn x\n", "2: max-dn x: expected a number from 1 to 1000000\n"},
	    {GLOBAL " standby-expires 4\n",
	     "2: standby-expires 4: expected a number from 5 to 3600\n"},
	    {GLOBAL " mode sleep\n",
	     "2: unknown word 'sleep': expected standby, refuse, registrar\n"},
	    {GLOBAL " max-pool 1\n" POOL NETWORK "voice register pool 8\n" NETWORK,
	     "1: voice register global: 2 pools are configured: expected at most max-pool 1\n"},
	    {REALM, "2: authenticate realm a.example: expected authenticate users file PATH, or a "
		    "voice register pool with username\n"},
	    {POOL, "1: voice register pool 7: anybody could register: expected id network, or "
		   "authenticate realm in voice register global\n"},
	    {POOL " id mac 0011.2233.4455\n", "1: voice register pool 7: anybody could register: "},
	    {POOL NETWORK " username u password p\n",
	     "1: voice register pool 7: username without authenticate realm in voice register "
	     "global: nobody would be asked\n"},
	    {REALM POOL " username u password p\nvoice register pool 8\n username u password p\n",
	     "5: voice register pool 8: username u has a password already\n"},
	    {"voice register pool 0\n",
	     "1: voice register pool 0: expected a number from 1 to 100000\n"},
	    {POOL NETWORK POOL NETWORK,
	     "3: voice register pool 7 is configured already on line 1\n"},
	    {POOL " id network 10.1 mask 255.0.0.0\n",
	     "2: id network 10.1: expected an address, as in 10.1.0.0\n"},
	    {POOL " id network 10.1.0.0 mask 255.0.255.0\n",
	     "2: id network 10.1.0.0 mask 255.0.255.0: expected a mask, as in 255.255.0.0 or "
	     "/64\n"},
	    {POOL " id network 10.1.0.0 mask 255.0.0.0\n",
	     "2: id network 10.1.0.0 mask 255.0.0.0: bits are set behind the mask\n"},
	    {POOL " id ip 10.1.0.256\n",
	     "2: id ip 10.1.0.256: expected an address, as in 10.1.0.0\n"},
	    {POOL " id mac 0011.2233.44\n",
	     "2: id mac 0011.2233.44: expected twelve hexadecimal digits, as in 0011.2233.4455\n"},
	    {POOL " id mac 0011.2233.445g\n",
	     "2: id mac 0011.2233.445g: expected twelve hexadecimal"},
	    {FALLBACK " access-code pri 9x\n",
	     "2: access-code pri 9x: expected 1 to 16 digits, * and #"},
	    {FALLBACK " access-code fxo 8 direct-inward-dial\n", "2: "},
	    {FALLBACK " max-ephones 24\n",
	     "2: max-ephones: max-pool and max-dn in voice register global say how many"},
	    {FALLBACK " limit-dn 7960 2\n", "2: limit-dn: max-pool and max-dn in voice register"},
	    {FALLBACK " call-forward busy 5001\n",
	     "2: call-forward: write call-forward b2bua busy or noan, in each voice register pool"},
	    {"sip-ua\n mwi-server ipv4:192.0.2.1 expires 86400 port 5060 transport udp "
	     "unsolicited\n",
	     "2: mwi-server: name the server in ip address trusted list"},
	    {POOL " cor incoming a default\n", "2: cor: write corlist incoming NAME"},
	    {POOL " voice-class codec 1\n", "2: voice-class: write codec"},
	    {POOL " number 1 dn 1\n", "2: number 1 dn: there is no voice register dn"},
	    {"ephone 1\n", "1: ephone: SCCP telephones cannot register here"},
	    {FALLBACK " no huntstop\n",
	     "2: huntstop: after a telephone no other dial peer is tried"},
	    {FALLBACK " ip source-address 10.1.1.1 port 2000\n",
	     "2: ip: bind control source-interface in voice service voip, sip"},
	    {FALLBACK " dialplan-pattern 11 50.. extension-length 2\n",
	     "2: dialplan-pattern 11: expected a number from 1 to 10\n"},
	    {FALLBACK " dialplan-pattern 1 50.. extension-length 0\n",
	     "2: dialplan-pattern: extension-length 0: expected a number from 1 to 32\n"},
	    {FALLBACK " dialplan-pattern 1 5[01].. extension-length 3\n",
	     "2: dialplan-pattern 1 5[01]..: expected digits and dots, as in 40833350..\n"},
	    {FALLBACK " dialplan-pattern 1 50.. extension-length 5\n",
	     "2: dialplan-pattern 1 50..: extension-length is more than the pattern has\n"},
	    {FALLBACK " dialplan-pattern 1 50.. extension-length 1\n",
	     "2: dialplan-pattern 1 50..: dots are for digits that the extension has too, at its "
	     "end\n"},
	    {FALLBACK " dialplan-pattern 1 50.. extension-length 3 extension-pattern 7.\n",
	     "2: dialplan-pattern 1 50..: expected an extension-pattern of extension-length, "
	     "digits and then dots\n"},
	    {FALLBACK " alias 51 50.. to 1\n", "2: alias 51: expected a number from 1 to 50\n"},
	    {FALLBACK " alias 1 5[0 to 1\n", "2: alias 1 5[0: "},
	    {FALLBACK " alias 1 50 to 5..\n",
	     "2: alias: to 5..: expected a number of at most 32 digits, perhaps with a + in "
	     "front\n"},
	    {FALLBACK " alias 1 50 to 51 preference 11\n",
	     "2: alias: preference 11: expected a number from 0 to 10\n"},
	    {FALLBACK " after-hours block pattern 33 9\n",
	     "2: after-hours block pattern 33: expected a number from 1 to 32\n"},
	    {FALLBACK " after-hours block pattern 1 9[\n", "2: after-hours block pattern 1 9[: "},
	    {FALLBACK " after-hours day mon 24:00 1:00\n",
	     "2: after-hours day: 24:00: expected hours and minutes, as in 18:00\n"},
	    {FALLBACK " after-hours day mon 1:00 1:0x\n",
	     "2: after-hours day: 1:0x: expected hours and minutes, as in 18:00\n"},
	    {FALLBACK " voicemail x\n",
	     "2: voicemail x: expected a number of at most 32 digits, perhaps with a + in "
	     "front\n"},
	    {POOL " number 17 50..\n", "2: number 17: expected a number from 1 to 16\n"},
	    {POOL " number 1 5[0\n", "2: number 1 5[0: "},
	    {POOL " number 1 50.. preference 11\n",
	     "2: number: preference 11: expected a number from 0 to 10\n"},
	    {POOL " number 1 50.. always\n",
	     "2: number: expected preference ORDER, huntstop or no-huntstop, not always\n"},
	    {POOL " username a\"b password p\n",
	     "2: username: expected at most 128 characters, without quotation marks and "
	     "backslashes\n"},
	    {POOL " username u password 0 p q\n",
	     "2: username: expected nothing behind the password\n"},
	    {POOL " max registrations 0\n",
	     "2: max registrations 0: expected a number from 1 to 1000000\n"},
	    {POOL " call-forward b2bua all x\n",
	     "2: call-forward b2bua all x: expected a number\n"},
	    {POOL " call-forward b2bua noan 5 timeout 2\n",
	     "2: call-forward b2bua noan: timeout 2: expected a number from 3 to 600\n"},
	};
	static struct lines errors;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;

		memset(&errors, 0, sizeof(errors));
		if (load_bytes(rows[i].text, strlen(rows[i].text), &errors, &conf) >= 0)
			fail_msg("%s is taken", rows[i].text);
		if (!strstr(errors.text, rows[i].error))
			fail_msg("%s: %s", rows[i].text, errors.text);
	}
}

static void pools_without_a_registrar_are_warned_of(void **state)
{
	conf_free(load_text(POOL NETWORK));
	assert_non_null(strstr(messages.text, "voice register pool without registrar server in "
					      "voice service voip, sip: nobody can register"));
	conf_free(load_text(SERVER POOL NETWORK));
	assert_string_equal(messages.text, "");
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_read_is_written),
	    cmocka_unit_test(pools_are_ready_for_use),
	    cmocka_unit_test(passwords_come_from_a_file_and_from_pools),
	    cmocka_unit_test(telephones_are_asked_for_one_algorithm),
	    cmocka_unit_test(wrong_ones_are_refused_with_a_sentence),
	    cmocka_unit_test(pools_without_a_registrar_are_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
