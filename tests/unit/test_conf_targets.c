// SPDX-License-Identifier: GPL-2.0-or-later
/* Which servers are called and asked, and what follows: `options-keepalive`, `retry invite`, `protocol
 * mode`, `timers hold-down`, `busyout`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "tests/unit/conf_rig.h"

#define VOIP "dial-peer voice 200 voip\n destination-pattern 2...\n session target ipv4:192.0.2.1\n"
#define PROFILE "voice class sip-options-keepalive 1\n"
#define PORT PRI "voice-port 1:D\n"

static void what_is_read_is_written(void **state)
{
	static const struct {
		const char *text, *written; /* NULL: the same */
	} rows[] = {
	    {PROFILE " description far away\n up-interval 120\n down-interval 60\n retry 3\n"
		     " transport tcp tls\n!\n",
	     NULL},
	    {PROFILE " transport udp\n!\n", NULL},
	    {PROFILE " up-interval 5\n no up-interval\n down-interval 5\n no down-interval\n"
		     " retry 2\n no retry\n transport tcp\n no transport\n!\n",
	     PROFILE "!\n"},
	    {VOIP " voice-class sip options-keepalive\n", NULL},
	    {VOIP " voice-class sip options-keepalive down-interval 7\n", NULL},
	    {VOIP " voice-class sip options-keepalive retry 3 up-interval 20 down-interval 30\n",
	     " voice-class sip options-keepalive up-interval 20 down-interval 30 retry 3\n"},
	    {PROFILE "!\n" VOIP " voice-class sip options-keepalive profile 1\n",
	     " voice-class sip options-keepalive profile 1\n"},
	    {"sip-ua\n keepalive registrar 250ms misses 2\n hold-down registrar 1500ms\n",
	     " keepalive registrar 250ms misses 2\n hold-down registrar 1500ms\n"},
	    {"sip-ua\n keepalive registrar 30\n hold-down registrar 120\n",
	     " keepalive registrar 30\n hold-down registrar 120\n"},
	    {"sip-ua\n keepalive registrar never\n", " keepalive registrar never\n"},
	    {VOIP " voice-class sip retry invite 2\n", NULL},
	    {"voice service voip\n sip\n  options-keepalive retry 2\n", NULL},
	    {"voice class tenant 3\n options-keepalive up-interval 9\n retry invite 4\n", NULL},
	    {"sip-ua\n timers hold-down 60\n", " timers hold-down 60\n"},
	    {"sip-ua\n timers hold-down 0\n", " timers hold-down 0\n"},
	    {"sip-ua\n protocol mode ipv4\n", " protocol mode ipv4\n"},
	    {"sip-ua\n protocol mode ipv6\n", " protocol mode ipv6\n"},
	    {"sip-ua\n protocol mode dual-stack preference ipv4\n",
	     " protocol mode dual-stack preference ipv4\n"},
	    {"sip-ua\n session transport udp\n", " session transport udp\n"},
	    {VOIP " voice-class sip options-keepalive\n" PORT
		  " busyout monitor sip\n busyout monitor dial-peer 200\n busyout forced\n",
	     "voice-port 1:D\n busyout monitor sip\n busyout monitor dial-peer 200\n"
	     " busyout forced\n"},
	};
	static struct lines written, again;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const char *expected = rows[i].written ? rows[i].written : rows[i].text;
		struct conf *conf = load_text(rows[i].text), *second;

		write_again(conf, &written);
		if (!strstr(written.text, expected))
			fail_msg("%s gave %s", rows[i].text, written.text);
		second = load_text(written.text);
		write_again(second, &again);
		assert_string_equal(written.text, again.text);
		conf_free(conf);
		conf_free(second);
	}
}

static void no_takes_it_back(void **state)
{
	static const char *const texts[] = {
	    VOIP " voice-class sip options-keepalive\n no voice-class sip options-keepalive\n",
	    VOIP " voice-class sip retry invite 2\n no voice-class sip retry invite\n",
	    "voice class tenant 3\n options-keepalive\n no options-keepalive\n retry invite 3\n"
	    " no retry invite\n",
	    "sip-ua\n timers hold-down 9\n no timers hold-down\n protocol mode ipv4\n"
	    " no protocol mode\n retry invite 3\n no retry invite\n session transport udp\n"
	    " no session transport\n",
	    "sip-ua\n protocol mode ipv4\n protocol mode dual-stack\n",
	    "sip-ua\n keepalive registrar 9 misses 2\n no keepalive registrar\n"
	    " hold-down registrar 9\n no hold-down registrar\n",
	    "sip-ua\n keepalive registrar never\n no keepalive registrar\n",
	    VOIP " voice-class sip options-keepalive\n no voice-class sip options-keepalive\n" PORT
		 " busyout monitor sip\n no busyout monitor sip\n busyout forced\n"
		 " no busyout forced\n busyout monitor dial-peer 200\n"
		 " no busyout monitor dial-peer 200\n",
	};
	static const char *const words[] = {
	    "options-keepalive", "retry invite",      "hold-down", "protocol mode",
	    "busyout",		 "session transport", "keepalive"};
	static struct lines written;

	for (unsigned i = 0; i < COUNT(texts); i++) {
		struct conf *conf = load_text(texts[i]);

		write_again(conf, &written);
		for (unsigned k = 0; k < COUNT(words); k++)
			if (strstr(written.text, words[k]))
				fail_msg("%s gave %s", texts[i], written.text);
		conf_free(conf);
	}
}

static void a_profile_is_what_its_users_get(void **state)
{
	struct conf *conf =
	    load_text(VOIP " voice-class sip options-keepalive profile 1\n"
			   "voice class tenant 7\n options-keepalive profile 1\n" PROFILE
			   " up-interval 120\n retry 3\n transport tcp\n");
	const struct peer *p = &llist_first_entry(&conf->peers, struct conf_peer, entry)->peer;

	assert_int_equal(p->sip.keepalive.on, SIP_SWITCH_ON);
	assert_int_equal(p->sip.keepalive.up_s, 120);
	assert_int_equal(p->sip.keepalive.down_s, 0);
	assert_int_equal(p->sip.keepalive.retry, 3);
	assert_int_equal(p->sip.keepalive.transport, PEER_TRANSPORT_TCP);
	assert_int_equal(conf->tenants[1].number, 7);
	assert_int_equal(conf->tenants[1].options.keepalive.up_s, 120);
	conf_free(conf);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {PROFILE " up-interval 0\n", "2: up-interval 0: expected a number from 1 to 1200"},
	    {PROFILE " retry 11\n", "2: retry 11: expected a number from 1 to 10"},
	    {VOIP " voice-class sip options-keepalive retry\n",
	     "4: options-keepalive: expected a value behind retry"},
	    {VOIP " voice-class sip options-keepalive retry 2 profile 3\n",
	     "4: options-keepalive profile: expected up-interval, down-interval or retry, or "
	     "profile NUMBER alone"},
	    {VOIP " voice-class sip options-keepalive profile 9\n",
	     "1: dial-peer voice 200: options-keepalive profile 9"},
	    {PORT " busyout monitor dial-peer 5\n",
	     "4: voice-port 1:D: busyout monitor dial-peer 5: there is no such dial peer"},
	    {PORT " busyout monitor dial-peer 1\ndial-peer voice 1 pots\n incoming called-number "
		  ".\n",
	     "4: voice-port 1:D: busyout monitor dial-peer 1: expected a voip dial peer"},
	    {VOIP PORT " busyout monitor dial-peer 200\n",
	     "7: warning: voice-port 1:D: busyout monitor dial-peer 200: it has no "
	     "options-keepalive and is never down"},
	    {VOIP PORT " busyout monitor sip\n",
	     "7: warning: voice-port 1:D: busyout monitor sip: no dial peer has "
	     "options-keepalive, it never happens"},
	    {"sip-ua\n keepalive registrar 99ms\n",
	     "2: keepalive registrar 99ms: expected 1 to 3600 seconds, or 100ms and more"},
	    {"sip-ua\n keepalive registrar 1 misses 11\n",
	     "2: keepalive registrar: misses 11: expected a number from 1 to 10"},
	    {"sip-ua\n hold-down registrar 86401\n",
	     "2: hold-down registrar 86401: expected 1 to 86400 seconds, or 100ms and more"},
	    {"sip-ua\n timers hold-down 3601\n",
	     "2: timers hold-down 3601: expected a number from 0 to 3600"},
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;

		load_bytes(rows[i].text, strlen(rows[i].text), &messages, &conf);
		if (!strstr(messages.text, rows[i].error))
			fail_msg("%s gave %s", rows[i].text, messages.text);
		conf_free(conf);
	}
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_read_is_written),
	    cmocka_unit_test(no_takes_it_back),
	    cmocka_unit_test(a_profile_is_what_its_users_get),
	    cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
