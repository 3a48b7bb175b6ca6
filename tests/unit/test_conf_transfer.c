// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configuration says of transfer, redirection and calls from SIP to SIP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/conf_rig.h"

static const struct sip_options *options_of(const struct conf *conf, uint32_t tag)
{
	struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry)
		if (p->peer.tag == tag)
			return &p->peer.sip;
	fail();
	return NULL;
}

static void reads_and_writes_all_of_it(void **state)
{
	static struct lines written;
	static const char *const blocks[] = {
	    "voice service voip\n allow-connections sip to sip\n redirect ip2ip\n"
	    " no supplementary-service sip refer\n"
	    " supplementary-service sip moved-temporarily\n media flow-around\n",
	    " sip\n  no redirection\n",
	    "voice class tenant 7\n redirection\n!\n",
	    "dial-peer voice 2 voip\n incoming called-number .\n",
	    " no voice-class sip redirection\n no redirect ip2ip\n"
	    " supplementary-service sip refer\n no supplementary-service sip moved-temporarily\n"
	    " media flow-through\n",
	};
	char text[2048] = "";
	const struct sip_options *all, *peer;
	struct conf *conf;

	for (size_t i = 0; i < COUNT(blocks); i++)
		strcat(text, blocks[i]);
	conf = load_text(text);
	assert_string_equal(messages.text, "");
	write_again(conf, &written);
	for (size_t i = 0; i < COUNT(blocks); i++)
		if (!strstr(written.text, blocks[i]))
			fail_msg("%s is not in\n%s", blocks[i], written.text);
	all = &conf->tenants[0].options;
	peer = options_of(conf, 2);
	assert_true(conf->sip_to_sip);
	assert_int_equal(all->redirect, SIP_SWITCH_OFF);
	assert_int_equal(all->redirect_server, SIP_SWITCH_ON);
	assert_int_equal(all->refer, SIP_SWITCH_OFF);
	assert_int_equal(all->media_around, SIP_SWITCH_ON);
	assert_int_equal(peer->media_around, SIP_SWITCH_OFF);
	assert_int_equal(peer->redirect, SIP_SWITCH_OFF);
	assert_int_equal(peer->redirect_server, SIP_SWITCH_OFF);
	assert_int_equal(peer->refer, SIP_SWITCH_ON);
	assert_int_equal(peer->moved_temporarily, SIP_SWITCH_OFF);
	conf_free(conf);
}

static void nothing_is_said_by_default(void **state)
{
	static struct lines written;
	static const char *const words[] = {"allow-connections", "redirect",
					    "supplementary-service", "media"};
	struct conf *conf = load_text("dial-peer voice 2 voip\n incoming called-number .\n"
				      "voice service voip\n allow-connections sip to sip\n"
				      " no allow-connections sip to sip\n"
				      " media flow-around\n no media\n");

	write_again(conf, &written);
	for (size_t i = 0; i < COUNT(words); i++)
		assert_null(strstr(written.text, words[i]));
	assert_false(conf->sip_to_sip);
	conf_free(conf);
}

static void redirection_stands_in_sip_ua_as_in_ios(void **state)
{
	struct conf *conf = load_text("sip-ua\n no redirection\n");

	assert_int_equal(conf->tenants[0].options.redirect, SIP_SWITCH_OFF);
	conf_free(conf);
}

static void the_nearest_place_decides(void **state)
{
	struct sip_options own = {.refer = SIP_SWITCH_OFF};
	const struct sip_options outer = {.refer = SIP_SWITCH_ON,
					  .moved_temporarily = SIP_SWITCH_OFF,
					  .redirect_server = SIP_SWITCH_ON,
					  .media_around = SIP_SWITCH_ON};

	sip_options_inherit(&own, &outer);
	assert_int_equal(own.refer, SIP_SWITCH_OFF);
	assert_int_equal(own.moved_temporarily, SIP_SWITCH_OFF);
	assert_int_equal(own.redirect_server, SIP_SWITCH_ON);
	assert_int_equal(own.media_around, SIP_SWITCH_ON);
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(nothing_is_said_by_default),
	    cmocka_unit_test(redirection_stands_in_sip_ua_as_in_ios),
	    cmocka_unit_test(the_nearest_place_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
