// SPDX-License-Identifier: GPL-2.0-or-later
/* `ip name-server` and `voice enum timeout`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/conf_rig.h"

static void name_servers_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *servers;
		unsigned time_limit_ms;
		const char *written;
	} rows[] = {
	    {"", NULL, 0, ""},
	    {"ip name-server 192.0.2.53 127.0.0.1:5353\nip name-server 2001:db8::53\n"
	     "ip name-server [::1]:5353\nvoice enum timeout 500\n",
	     "192.0.2.53,127.0.0.1:5353,2001:db8::53,[::1]:5353", 500,
	     "ip name-server 192.0.2.53\nip name-server 127.0.0.1:5353\n"
	     "ip name-server 2001:db8::53\nip name-server [::1]:5353\nvoice enum timeout 500\n"},
	    {"ip name-server 192.0.2.53\nno ip name-server\nvoice enum timeout 400\n"
	     "no voice enum timeout\n",
	     NULL, 0, ""},
	    {"ip name-server 192.0.2.53 192.0.2.53\n", "192.0.2.53", 0,
	     "ip name-server 192.0.2.53\n"},
	    {"voice enum timeout 3000\n", NULL, 3000, ""}, /* the default */
	};
	static struct lines written;
	char text[CONF_NAME_SERVERS_SIZE];

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct conf *conf = load_text(rows[i].text);
		const char *servers = conf_name_servers(conf, text);

		if (rows[i].servers)
			assert_string_equal(servers, rows[i].servers);
		else
			assert_null(servers);
		assert_int_equal(conf->enum_time_limit_ms, rows[i].time_limit_ms);
		memset(&written, 0, sizeof(written));
		conf_write(conf, keep_line, &written);
		assert_non_null(strstr(written.text, rows[i].written));
		assert_int_equal(!strstr(written.text, "name-server"), !rows[i].servers);
		conf_free(conf);
	}
}

static void wrong_ones_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"ip name-server\n", "1: incomplete: expected ADDRESSES\n"},
	    {"ip name-server dns.example.com\n",
	     "1: ip name-server dns.example.com: expected an IPv4 or IPv6 address, with :PORT "
	     "behind it ([IPv6]:PORT) if that is not 53\n"},
	    {"ip name-server 0.0.0.0\n", "1: ip name-server 0.0.0.0: expected"},
	    {"ip name-server 192.0.2.1:0\n", "1: ip name-server 192.0.2.1:0: expected"},
	    {"ip name-server 192.0.2.1:99999\n", "1: ip name-server 192.0.2.1:99999: expected"},
	    {"ip name-server 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7\n",
	     "1: ip name-server 1.1.1.7: there may be 6\n"},
	    {"voice enum timeout 99\n",
	     "1: voice enum timeout 99: expected a number from 100 to 5000\n"},
	    {"voice enum timeout 5001\n",
	     "1: voice enum timeout 5001: expected a number from 100 to 5000\n"},
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

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(name_servers_are_read_and_written),
	    cmocka_unit_test(wrong_ones_are_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
