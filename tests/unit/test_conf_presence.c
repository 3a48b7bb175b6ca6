// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of who may watch lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/conf_rig.h"

static void reads_and_writes_all_of_it(void **state)
{
	static const struct {
		const char *lines, *written;
		struct watcher_rules rules;
	} rows[] = {
	    {"sip-ua\n presence enable\npresence\n watcher all\n allow subscribe\n"
	     " max-subscription 200\n",
	     "presence\n watcher all\n allow subscribe\n max-subscription 200\n!\n",
	     {true, true, true, 200}},
	    {"sip-ua\n presence enable\npresence\n watcher all\n no watcher all\n allow subscribe\n"
	     " no allow subscribe\n max-subscription 200\n no max-subscription\n",
	     "presence\n!\n",
	     {.enabled = true}},
	    {"sip-ua\n presence enable\n", " presence enable\n!\n", {.enabled = true}},
	    {"sip-ua\n presence enable\n no presence enable\n",
	     " transport tcp\n!\n",
	     {.enabled = false}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct lines written;
		struct conf *conf = load_text(rows[i].lines);

		assert_string_equal(messages.text, "");
		assert_memory_equal(&conf->watchers, &rows[i].rules, sizeof(rows[i].rules));
		write_again(conf, &written);
		if (!strstr(written.text, rows[i].written))
			fail_msg("%s is not in\n%s", rows[i].written, written.text);
		conf_free(conf);
	}
}

static void mistakes_are_explained(void **state)
{
	static const char text[] = "sip-ua\n presence enable\npresence\n max-subscription 99\n";
	struct conf *conf = NULL;

	assert_int_not_equal(load_bytes(text, strlen(text), &messages, &conf), 0);
	if (!strstr(messages.text, "max-subscription 99: expected a number from 100 to 5000"))
		fail_msg("%s", messages.text);
	conf_free(load_text("presence\n watcher all\n"));
	if (!strstr(messages.text, "nobody can watch anything without `presence enable` in sip-ua"))
		fail_msg("%s", messages.text);
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(mistakes_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
