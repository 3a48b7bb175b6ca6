// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of session timers and of digits by SIP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/conf_rig.h"

static const struct peer *first_peer(const struct conf *conf)
{
	return &llist_first_entry(&conf->peers, struct conf_peer, entry)->peer;
}

static void reads_and_writes_all_of_it(void **state)
{
	static struct lines written;
	static const char *const blocks[] = {
	    "dial-peer voice 2 voip\n incoming called-number .\n dtmf-relay rtp-nte sip-info\n"
	    " no voice-class sip session refresh\n voice-class sip min-se 120\n!\n",
	    " sip\n  session refresh\n  min-se 90 session-expires 3600\n!\n",
	    "voice class tenant 7\n no session refresh\n min-se 300 session-expires 300\n!\n",
	};
	char text[2048] = "voice service voip\n";
	struct conf *conf;

	for (size_t i = 0; i < COUNT(blocks); i++)
		strcat(text, i == 1 ? "" : blocks[i]);
	strcat(text, "voice service voip\n");
	strcat(text, blocks[1]);
	conf = load_text(text);
	assert_string_equal(messages.text, "");
	write_again(conf, &written);
	for (size_t i = 0; i < COUNT(blocks); i++)
		if (!strstr(written.text, blocks[i]))
			fail_msg("%s is not in\n%s", blocks[i], written.text);
	assert_int_equal(first_peer(conf)->sip.session_refresh, SIP_SWITCH_OFF);
	assert_int_equal(first_peer(conf)->sip.min_se_s, 120);
	assert_int_equal(first_peer(conf)->sip.session_expires_s, 0);
	assert_int_equal(first_peer(conf)->dtmf, PEER_DTMF_RTP_NTE | PEER_DTMF_SIP_INFO);
	assert_int_equal(conf->tenants[0].options.session_expires_s, 3600);
	assert_int_equal(conf->tenants[1].options.min_se_s, 300);
	conf_free(conf);
}

static void the_later_word_counts_and_no_takes_it_back(void **state)
{
	static const struct {
		const char *lines, *written;
	} rows[] = {
	    {" dtmf-relay sip-info rtp-nte\n", " dtmf-relay rtp-nte sip-info\n"},
	    {" dtmf-relay rtp-nte\n dtmf-relay sip-info\n", " dtmf-relay sip-info\n"},
	    {" dtmf-relay sip-info\n no dtmf-relay\n", ""},
	    {" voice-class sip min-se 100 session-expires 200\n voice-class sip min-se 100\n",
	     " voice-class sip min-se 100\n"},
	    {" voice-class sip min-se 100\n no voice-class sip min-se\n", ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct lines written;
		char text[512];
		struct conf *conf;

		snprintf(text, sizeof(text),
			 "dial-peer voice 2 voip\n incoming called-number .\n%s", rows[i].lines);
		conf = load_text(text);
		assert_string_equal(messages.text, "");
		write_again(conf, &written);
		snprintf(text, sizeof(text), " incoming called-number .\n%s!\n", rows[i].written);
		if (!strstr(written.text, text))
			fail_msg("%s is not in\n%s", text, written.text);
		conf_free(conf);
	}
}

static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *line, *message;
	} rows[] = {
	    {" dtmf-relay h245-signal\n", "expected rtp-nte, sip-kpml, sip-notify or sip-info"},
	    {" voice-class sip min-se 89\n", "90 to 86400"},
	    {" voice-class sip min-se 600 session-expires 599\n", "600 to 86400"},
	    {" voice-class sip min-se 600 session-expires 86401\n", "600 to 86400"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;
		char text[256];

		snprintf(text, sizeof(text),
			 "dial-peer voice 2 voip\n incoming called-number .\n%s", rows[i].line);
		assert_int_not_equal(load_bytes(text, strlen(text), &messages, &conf), 0);
		if (!strstr(messages.text, rows[i].message))
			fail_msg("%s: %s", rows[i].line, messages.text);
	}
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(the_later_word_counts_and_no_takes_it_back),
	    cmocka_unit_test(mistakes_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
