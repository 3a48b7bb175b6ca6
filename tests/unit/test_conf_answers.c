// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of causes, statuses, progress and ringback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/conf_rig.h"

static char map_path[] = "/tmp/test_conf_causes.XXXXXX";

static const char *map_name(void)
{
	return strrchr(map_path, '/') + 1; /* relative to the configuration, which is in /tmp too */
}

static void write_map(const char *text)
{
	FILE *file = fopen(map_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const struct peer *peer_of(const struct conf *conf, uint32_t tag)
{
	struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry)
		if (p->peer.tag == tag)
			return &p->peer;
	fail();
	return NULL;
}

static void reads_and_writes_all_of_it(void **state)
{
	static struct lines written;
	static const char *const blocks[] = {
	    "trunk group out\n cause-map cisco\n set pstn-cause 34 sip-status 486\n!\n",
	    "dial-peer voice 1 pots\n incoming called-number .\n cause-map default\n"
	    " set pstn-cause 1 sip-status 604\n set sip-status 300 pstn-cause 3\n"
	    " set sip-status 699 pstn-cause 127\n progress_ind setup enable 3\n"
	    " progress_ind callproc strip\n"
	    " progress_ind alert enable 8\n progress_ind progress disable\n"
	    " progress_ind connect strip\n progress_ind disconnect enable 0\n"
	    " tone ringback alert-no-pi\n tone special-information\n!\n",
	    "dial-peer voice 2 voip\n incoming called-number .\n"
	    " voice-class sip reason-header ignore\n voice-class sip disable-early-media 180\n"
	    " cause-map audiocodes\n busy-everywhere\n progress_ind alert strip\n!\n",
	    "sip-ua\n transport udp\n transport tcp\n timers expires 90000\n"
	    " cause-map rfc3398\n busy-everywhere\n"
	    " set pstn-cause 127 sip-status 699\n set sip-status 486 pstn-cause 21\n!\n",
	    "voice class tenant 7\n reason-header override\n disable-early-media 180\n!\n",
	};
	char text[4096] = "";
	struct conf *conf;
	const struct peer *p;

	for (size_t i = 0; i < COUNT(blocks); i++)
		strcat(text, blocks[i]);
	conf = load_text(text);
	assert_string_equal(messages.text, "");
	write_again(conf, &written);
	for (size_t i = 0; i < COUNT(blocks); i++)
		if (!strstr(written.text, blocks[i]))
			fail_msg("%s is not in\n%s", blocks[i], written.text);
	p = peer_of(conf, 1);
	assert_int_equal(cause_tables_at(conf->causes, p->cause_table)->sip[1], 604);
	assert_int_equal(p->progress_ind[PEER_MESSAGE_SETUP], PEER_PI_ENABLE(3));
	assert_int_equal(peer_of(conf, 2)->sip.reason, SIP_REASON_IGNORE);
	conf_free(conf);
}

/* What holds for all may stand in sip-ua, as in IOS. */
static void settings_of_sip_ua_hold_for_all(void **state)
{
	struct conf *conf =
	    load_text("sip-ua\n reason-header override\n disable-early-media 180\n");
	static struct lines written;

	assert_int_equal(conf->tenants[0].options.reason, SIP_REASON_OVERRIDE);
	assert_int_equal(conf->tenants[0].options.early_media_180, SIP_SWITCH_OFF);
	write_again(conf, &written);
	assert_non_null(strstr(written.text, "  reason-header override\n"
					     "  disable-early-media 180\n"));
	conf_free(conf);
}

static void no_takes_it_back(void **state)
{
	struct conf *conf =
	    load_text("dial-peer voice 1 pots\n incoming called-number .\n"
		      " set pstn-cause 1 sip-status 604\n no set pstn-cause 1\n"
		      " set pstn-cause 2 sip-status 604\n no set pstn-cause 2 sip-status 604\n"
		      " set sip-status 404 pstn-cause 2\n no set sip-status 404\n"
		      " set sip-status 405 pstn-cause 2\n no set sip-status 405 pstn-cause 2\n"
		      " set pstn-cause 3 sip-status 604\n no set pstn-cause\n"
		      " set sip-status 406 pstn-cause 2\n no set sip-status\n"
		      " cause-map cisco\n no cause-map\n busy-everywhere\n no busy-everywhere\n"
		      " progress_ind alert enable 8\n no progress_ind alert\n"
		      " tone ringback alert-no-pi\n no tone ringback alert-no-pi\n"
		      "dial-peer voice 2 voip\n incoming called-number .\n"
		      " voice-class sip reason-header ignore\n no voice-class sip reason-header\n"
		      " voice-class sip disable-early-media 180\n"
		      " no voice-class sip disable-early-media 180\n"
		      "sip-ua\n cause-map cisco\n cause-map default\n reason-header ignore\n"
		      " no reason-header\n disable-early-media 180\n no disable-early-media 180\n");
	struct conf *plain = load_text("dial-peer voice 1 pots\n incoming called-number .\n"
				       "dial-peer voice 2 voip\n incoming called-number .\n");
	static struct lines written, expected;

	assert_int_equal(peer_of(conf, 1)->cause_table, 0);
	conf_write(conf, keep_line, &written);
	conf_write(plain, keep_line, &expected);
	assert_string_equal(written.text, expected.text);
	conf_free(conf);
	conf_free(plain);
}

static void peers_that_say_the_same_share_a_table(void **state)
{
	static char text[200 * 160];
	struct conf *conf;

	text[0] = '\0';
	for (unsigned i = 1; i <= 200; i++)
		sprintf(text + strlen(text),
			"dial-peer voice %u pots\n incoming called-number .\n"
			" set pstn-cause 1 sip-status 604\n set pstn-cause 34 sip-status 486\n",
			i);
	conf = load_text(text);
	for (unsigned i = 2; i <= 200; i++)
		assert_int_equal(peer_of(conf, i)->cause_table, peer_of(conf, 1)->cause_table);
	conf_free(conf);
}

static void reads_rows_from_a_file(void **state)
{
	static struct lines written;
	const struct cause_table *own, *rows;
	char text[512], line[160];
	struct conf *conf;

	write_map("! what the trunk wants\r\n\nset pstn-cause 18 sip-status 487\n"
		  "  set   sip-status 480  pstn-cause 20  \n# end");
	snprintf(text, sizeof(text),
		 "dial-peer voice 2 voip\n incoming called-number .\n"
		 " cause-map file %s\n set pstn-cause 18 sip-status 488\nsip-ua\n cause-map file "
		 "%s\n",
		 map_name(), map_path);
	conf = load_text(text);
	own = cause_tables_at(conf->causes, peer_of(conf, 2)->cause_table);
	rows = cause_tables_at(conf->causes, own->file);
	assert_int_equal(own->sip[18], 488);
	assert_int_equal(rows->sip[18], 487);
	assert_int_equal(rows->q850[480 - CAUSE_SIP_FIRST], 20);
	write_again(conf, &written);
	snprintf(line, sizeof(line), " cause-map file %s\n set pstn-cause 18 sip-status 488\n",
		 map_name());
	assert_non_null(strstr(written.text, line));
	snprintf(line, sizeof(line), " cause-map file %s\n", map_path);
	assert_non_null(strstr(written.text, line));
	conf_free(conf);
}

static void says_which_line_of_the_file_is_wrong(void **state)
{
	static const struct {
		const char *rows, *line, *what;
	} cases[] = {
	    {"set pstn-cause 1 sip-status 404\nset pstn-cause 128 sip-status 404\n",
	     ":2: ", "set pstn-cause 128"},
	    {"\n\nset pstn-cause 0 sip-status 404\n", ":3: ", "set pstn-cause 0"},
	    {"set pstn-cause 1 sip-status 399\n", ":1: ", "expected set pstn-cause 1-127"},
	    {"set sip-status 299 pstn-cause 1\n", ":1: ", "set sip-status 299"},
	    {"set sip-status 486 pstn-cause 17 more\n", ":1: ", "more"},
	    {"cause-map cisco\n", ":1: ", "cause-map cisco"},
	    {"set sip-status 99999999999999999999 pstn-cause 17\n", ":1: ", "999"},
	};
	char text[256];
	struct lines *errors = calloc(1, sizeof(*errors));
	struct conf *conf;

	assert_non_null(errors);
	snprintf(text, sizeof(text), "hostname a\nsip-ua\n cause-map file %s\n", map_name());
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_map(cases[i].rows);
		memset(errors, 0, sizeof(*errors));
		assert_true(load_bytes(text, strlen(text), errors, &conf) < 0);
		assert_int_equal(errors->count, 1);
		assert_memory_equal(errors->text, "3: cause-map file: /tmp/", 24);
		if (!strstr(errors->text, cases[i].line) || !strstr(errors->text, cases[i].what))
			fail_msg("%s", errors->text);
	}
	snprintf(text, sizeof(text), "sip-ua\n cause-map file there/is.none\n");
	memset(errors, 0, sizeof(*errors));
	assert_true(load_bytes(text, strlen(text), errors, &conf) < 0);
	assert_non_null(strstr(errors->text, "is.none cannot be read: No such file"));
	free(errors);
}

static void refuses_what_is_no_cause(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"sip-ua\n set pstn-cause 128 sip-status 404\n", "2: pstn-cause 128"},
	    {"sip-ua\n set pstn-cause 17 sip-status 302\n", "2: sip-status 302"},
	    {"sip-ua\n set sip-status 200 pstn-cause 17\n", "2: sip-status 200"},
	    {"sip-ua\n set sip-status 486 pstn-cause 0\n", "2: pstn-cause 0"},
	    {"sip-ua\n cause-map iso\n", "2: "},
	    {"dial-peer voice 1 pots\n incoming called-number .\n progress_ind alert enable 9\n",
	     "3: "},
	    {"dial-peer voice 1 pots\n incoming called-number .\n reason-header ignore\n", "3: "},
	};
	struct lines *errors = calloc(1, sizeof(*errors));
	struct conf *conf;

	assert_non_null(errors);
	for (size_t i = 0; i < COUNT(cases); i++) {
		memset(errors, 0, sizeof(*errors));
		assert_true(load_bytes(cases[i].text, strlen(cases[i].text), errors, &conf) < 0);
		if (errors->count != 1 ||
		    strncmp(errors->text, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("%s", errors->text);
	}
	free(errors);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(settings_of_sip_ua_hold_for_all),
	    cmocka_unit_test(no_takes_it_back),
	    cmocka_unit_test(peers_that_say_the_same_share_a_table),
	    cmocka_unit_test(reads_rows_from_a_file),
	    cmocka_unit_test(says_which_line_of_the_file_is_wrong),
	    cmocka_unit_test(refuses_what_is_no_cause),
	};
	int fd = mkstemp(map_path), failed;

	assert_true(fd >= 0);
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(map_path);
	return failed;
}

int main(void)
{
	return rig_main(run);
}
