// SPDX-License-Identifier: GPL-2.0-or-later
/* `location store`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/conf_rig.h"

static void stores_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *folder, *path, *redis, *password, *written;
	} rows[] = {
	    {"", NULL, NULL, NULL, NULL, ""},
	    {"", "/var/lib/sipspan", "/var/lib/sipspan/locations", NULL, NULL, ""},
	    {"location store memory\n", "/var/lib/sipspan", NULL, NULL, NULL,
	     "location store memory\n"},
	    {"location store file /srv/phones\n", "/var/lib/sipspan", "/srv/phones", NULL, NULL,
	     "location store file /srv/phones\n"},
	    {"location store redis 192.0.2.1\n", "/var/lib/sipspan", NULL, "192.0.2.1", NULL,
	     "location store redis 192.0.2.1\n"},
	    {"location store redis [::1]:6380 password secret\n", NULL, NULL, "[::1]:6380",
	     "secret", "location store redis [::1]:6380 password 7 08"},
	    {"location store redis /run/redis.sock password 0 secret\nlocation store redis ::1\n",
	     NULL, NULL, "::1", NULL, "location store redis ::1\n"},
	    {"location store file /srv/phones\nno location store\n", NULL, NULL, NULL, NULL, ""},
	};
	static struct lines written, again;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const struct location_config *location;
		struct conf *conf;

		if (rows[i].folder)
			setenv("STATE_DIRECTORY", rows[i].folder, 1);
		else
			unsetenv("STATE_DIRECTORY");
		conf = load_text(rows[i].text);
		location = &conf->survive.location;
		assert_int_equal(!location->path, !rows[i].path);
		assert_int_equal(!location->redis, !rows[i].redis);
		assert_int_equal(!location->redis_password, !rows[i].password);
		if (rows[i].path)
			assert_string_equal(location->path, rows[i].path);
		if (rows[i].redis)
			assert_string_equal(location->redis, rows[i].redis);
		if (rows[i].password)
			assert_string_equal(location->redis_password, rows[i].password);
		memset(&written, 0, sizeof(written));
		conf_write(conf, keep_line, &written);
		assert_non_null(strstr(written.text, rows[i].written));
		assert_int_equal(!strstr(written.text, "location store"), !rows[i].written[0]);
		assert_null(strstr(written.text, "secret"));
		conf_free(conf);
		conf = load_text(written.text);
		write_again(conf, &again);
		assert_string_equal(again.text, written.text);
		conf_free(conf);
	}
	unsetenv("STATE_DIRECTORY");
}

static void gateways_are_told_apart_by_their_hostnames(void **state)
{
	struct conf *conf = load_text("hostname srst1\n");

	assert_string_equal(conf->survive.location.gateway, "srst1");
	conf_free(conf);
	conf = load_text("");
	assert_true(strlen(conf->survive.location.gateway) > 0);
	conf_free(conf);
}

static void wrong_ones_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"location store file phones\n",
	     "1: location store file phones: expected a path that begins with /\n"},
	    {"location store redis redis.example.com\n",
	     "1: location store redis redis.example.com: expected IP, IP:PORT, [IPv6]:PORT or the "
	     "/PATH of its socket\n"},
	    {"location store redis 192.0.2.1:99999\n",
	     "1: location store redis 192.0.2.1:99999: expected IP"},
	    {"location store redis 192.0.2.1 password 0 secret too\n",
	     "1: location store redis: expected nothing behind the password\n"},
	    {"location store redis 192.0.2.1 password file /nowhere/at/all\n",
	     "1: location store redis: password file /nowhere/at/all cannot be read: "},
	    {"location store\n", "1: incomplete: expected "},
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
	    cmocka_unit_test(stores_are_read_and_written),
	    cmocka_unit_test(gateways_are_told_apart_by_their_hostnames),
	    cmocka_unit_test(wrong_ones_are_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
