// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of SIP headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/conf_rig.h"

#define PEER "dial-peer voice 2 voip\n incoming called-number .\n"

static const struct sip_options *of_peer(const struct conf *conf)
{
	return &llist_first_entry(&conf->peers, struct conf_peer, entry)->peer.sip;
}

static void reads_and_writes_all_of_it(void **state)
{
	static struct lines written;
	static const char *const blocks[] = {
	    PEER " voice-class sip asserted-id none\n voice-class sip privacy id user critical\n"
		 " voice-class sip privacy-policy passthru\n"
		 " voice-class sip privacy-policy strip diversion\n"
		 " voice-class sip diversion none\n voice-class sip url tel\n"
		 " voice-class sip max-forwards 30\n voice-class sip user-phone\n"
		 " no voice-class sip date-header\n voice-class sip aoc\n no voice-class sip "
		 "pass-thru headers unsupp\n!\n",
	    " sip\n  asserted-id ppi\n  privacy pstn\n  privacy-policy send-always\n"
	    "  privacy-policy strip history-info\n  diversion both\n  diversion limit 10\n"
	    "  url sips\n  max-forwards 70\n  no user-phone\n  date-header\n  no aoc\n"
	    "  pass-thru headers unsupp\n!\n",
	    "voice class tenant 7\n remote-party-id\n privacy header history session\n"
	    " diversion history-info\n url sip\n!\n",
	};
	const struct sip_options *peer, *all;
	char text[4096] = "voice service voip\n";
	struct conf *conf;

	strcat(text, blocks[1]);
	strcat(text, blocks[0]);
	strcat(text, blocks[2]);
	conf = load_text(text);
	assert_string_equal(messages.text, "");
	write_again(conf, &written);
	for (size_t i = 0; i < COUNT(blocks); i++)
		if (!strstr(written.text, blocks[i]))
			fail_msg("%s is not in\n%s", blocks[i], written.text);
	peer = of_peer(conf);
	assert_int_equal(peer->asserted_id, SIP_ASSERTED_ID_NONE);
	assert_int_equal(peer->privacy, SIP_PRIVACY_ID | SIP_PRIVACY_USER | SIP_PRIVACY_CRITICAL);
	assert_int_equal(peer->privacy_policy,
			 SIP_PRIVACY_POLICY_PASSTHRU | SIP_PRIVACY_POLICY_STRIP_DIVERSION);
	assert_int_equal(peer->diversion, SIP_DIVERSION_NONE);
	assert_int_equal(peer->url, SIP_URL_TEL);
	assert_int_equal(peer->user_phone, SIP_SWITCH_ON);
	assert_int_equal(peer->date, SIP_SWITCH_OFF);
	assert_int_equal(peer->aoc, SIP_SWITCH_ON);
	assert_int_equal(peer->pass_headers, SIP_SWITCH_OFF);
	all = &conf->tenants[0].options;
	assert_int_equal(all->asserted_id, SIP_ASSERTED_ID_PPI);
	assert_int_equal(all->diversion, SIP_DIVERSION_BOTH);
	assert_int_equal(all->diversions_max, 10);
	assert_int_equal(all->max_forwards, 70);
	assert_int_equal(all->date, SIP_SWITCH_ON);
	assert_int_equal(all->pass_headers, SIP_SWITCH_ON);
	assert_int_equal(conf->tenants[1].options.asserted_id, SIP_ASSERTED_ID_RPID);
	conf_free(conf);
}

/* remote-party-id and max-forwards stand in sip-ua there, history-info is what it is here called
 * diversion both. */
static void takes_it_as_ios_has_it(void **state)
{
	struct conf *conf =
	    load_text("sip-ua\n remote-party-id\n max-forwards 5\nvoice service voip\n"
		      " sip\n  history-info\n" PEER " voice-class sip history-info\n");
	static struct lines written;

	assert_int_equal(conf->tenants[0].options.asserted_id, SIP_ASSERTED_ID_RPID);
	assert_int_equal(conf->tenants[0].options.max_forwards, 5);
	assert_int_equal(conf->tenants[0].options.diversion, SIP_DIVERSION_BOTH);
	assert_int_equal(of_peer(conf)->diversion, SIP_DIVERSION_BOTH);
	write_again(conf, &written);
	assert_non_null(strstr(written.text, " sip\n  remote-party-id\n  diversion both\n"
					     "  max-forwards 5\n"));
	conf_free(conf);
}

static void no_takes_it_back(void **state)
{
	struct conf *conf = load_text(
	    PEER
	    " voice-class sip asserted-id pai\n no voice-class sip asserted-id\n"
	    " voice-class sip remote-party-id\n no voice-class sip remote-party-id\n"
	    " voice-class sip privacy id\n no voice-class sip privacy\n"
	    " voice-class sip privacy-policy send-always\n no voice-class sip privacy-policy\n"
	    " voice-class sip diversion both\n no voice-class sip diversion\n"
	    " voice-class sip history-info\n no voice-class sip history-info\n"
	    " voice-class sip url tel\n no voice-class sip url\n"
	    " voice-class sip max-forwards 9\n no voice-class sip max-forwards\n"
	    "voice service voip\n sip\n  diversion limit 3\n  no diversion limit\n"
	    "sip-ua\n remote-party-id\n no remote-party-id\n max-forwards 3\n no max-forwards\n");
	struct conf *plain = load_text(PEER);
	static struct lines written, expected;

	conf_write(conf, keep_line, &written);
	conf_write(plain, keep_line, &expected);
	assert_string_equal(written.text, expected.text);
	conf_free(conf);
	conf_free(plain);
}

static void says_what_was_expected(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
	    {"privacy secret", "3: privacy secret: expected pstn, header, history, id, session, "
			       "user or critical\n"},
	    {"privacy critical", "3: privacy critical: expected another option before critical\n"},
	    {"privacy pstn id", "3: privacy pstn: expected no other option with pstn\n"},
	    {"max-forwards 71", "3: max-forwards 71: expected a number from 1 to 70\n"},
	    {"max-forwards 0", "3: max-forwards 0: expected a number from 1 to 70\n"},
	    {"diversion limit 21", "3: diversion limit 21: expected a number from 1 to 20\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct lines errors;
		char text[128];
		struct conf *conf;

		memset(&errors, 0, sizeof(errors));
		snprintf(text, sizeof(text), "voice service voip\n sip\n  %s\n", rows[i].line);
		assert_true(load_bytes(text, strlen(text), &errors, &conf) < 0);
		assert_string_equal(errors.text, rows[i].error);
	}
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(takes_it_as_ios_has_it),
	    cmocka_unit_test(no_takes_it_back),
	    cmocka_unit_test(says_what_was_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
