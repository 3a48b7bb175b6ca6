// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dial plan in configuration files: every block is read, and written so that it reads back the
 * same; what is wrong is said with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/cause_keyword.h"
#include "tests/unit/conf_rig.h"
#include "tests/unit/random.h"

/* ---- all of it, as it is written */

#include "tests/unit/whole_dial_plan.inc"

/* The line that differs, as the whole texts would fill a screen. */
static void assert_same_lines(const char *a, const char *b)
{
	while (*a && *b) {
		size_t m = strcspn(a, "\n"), n = strcspn(b, "\n");

		if (m != n || strncmp(a, b, n) != 0)
			fail_msg("\"%.*s\" is not \"%.*s\"", (int)m, a, (int)n, b);
		a += m + (a[m] == '\n');
		b += n + (b[n] == '\n');
	}
	assert_string_equal(a, b);
}

static void writes_all_of_the_dial_plan(void **state)
{
	static struct lines written;
	struct conf *conf = load_text(whole_plan);

	assert_string_equal(
	    messages.text, "62: warning: voice translation-profile from-exchange: translate "
			   "callback-number changes nothing: no call here has a callback number\n");
	write_again(conf, &written);
	assert_same_lines(written.text, whole_plan);
	conf_free(conf);
}

/* ---- values that are not just what was written */

#define FIRST(list, type) llist_first_entry(&conf->list, struct type, head.entry)

static void reads_what_classes_say(void **state)
{
	struct conf *conf = load_text(whole_plan);
	const struct trunk_group *trunks = &FIRST(trunk_groups, conf_trunk_group)->group;
	const struct conf_translation_rules *rules =
	    FIRST(translation_rules, conf_translation_rules);
	const struct translation_profile *profile =
	    &FIRST(translation_profiles, conf_translation_profile)->profile;
	const struct server_group *servers = &FIRST(server_groups, conf_server_group)->group;
	const struct provision_policy *policy =
	    &FIRST(provision_policies, conf_provision_policy)->policy;
	const struct uri_class *uri = &FIRST(uri_classes, conf_uri_class)->class;
	const struct source_group *sources = &FIRST(source_groups, conf_source_group)->group;
	const struct cor_list *cor = &FIRST(cor_lists, conf_cor_list)->list;

	assert_int_equal(trunks->scheme, TRUNK_GROUP_ROUND_ROBIN);
	assert_int_equal(trunks->parity, TRUNK_GROUP_EVEN);
	assert_true(trunks->down);
	assert_int_equal(trunks->max_in, 20);
	assert_int_equal(trunks->max_out, 10);
	assert_int_equal(trunks->called_format, NUMBER_NATIONAL);
	assert_int_equal(rules->count, 3);
	assert_string_equal(rules->rules[1].match, "^9\\(.*\\)");
	assert_string_equal(rules->rules[1].replace, "\\1");
	assert_int_equal(rules->rules[1].type_match, TON_UNKNOWN);
	assert_int_equal(rules->rules[1].type_replace, TON_NATIONAL);
	assert_int_equal(rules->rules[1].plan_match, TRANSLATION_ANY);
	assert_int_equal(rules->rules[1].plan_replace, NPI_ISDN);
	assert_int_equal(profile->redirect_target, 1);
	assert_true(servers->round_robin);
	assert_int_equal(servers->count, 4);
	assert_string_equal(servers->servers[0].target, "ipv4:10.6.2.10:5070");
	assert_string_equal(servers->servers[1].target, "ipv6:[2001:db8::10]:5061");
	assert_string_equal(servers->servers[3].target, "dns:sip.example.com");
	assert_int_equal(servers->servers[3].preference, 5);
	assert_int_equal(servers->huntstop[0].from, 404);
	assert_int_equal(servers->huntstop[0].to, 410);
	assert_int_equal(servers->huntstop[1].to, 603);
	assert_int_equal(policy->preference[0].keys[1], PROVISION_TO);
	assert_int_equal(policy->preference[1].keys[0], PROVISION_REFERRED_BY);
	assert_int_equal(policy->preference[1].keys[1], PROVISION_NONE);
	assert_int_equal(uri->scheme, URI_SIP);
	assert_string_equal(uri->host[3], "^10\\.2\\.");
	assert_int_equal(sources->addresses_count, 3);
	assert_int_equal(sources->addresses[0].bits, 24);
	assert_int_equal(sources->addresses[1].bits, 32);
	assert_int_equal(sources->addresses[2].family, 6);
	assert_int_equal(cor->members, 1u << 0 | 1u << 2);
	assert_int_equal(FIRST(pattern_maps, conf_pattern_map)->head.line, 73);
	conf_free(conf);
}

static const struct peer *peer_with_tag(const struct conf *conf, unsigned tag)
{
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry) {
		if (p->peer.tag == tag)
			return &p->peer;
	}
	fail_msg("no peer %u", tag);
	return NULL;
}

static void reads_what_peers_refer_to(void **state)
{
	struct conf *conf = load_text(whole_plan);
	const struct peer *p = peer_with_tag(conf, 20);

	assert_int_equal(p->destination_map, 1);
	assert_int_equal(p->calling_out_map, 20);
	assert_int_equal(p->called_map, 1);
	assert_int_equal(p->calling_map, 20);
	assert_int_equal(p->dpg, 7);
	assert_int_equal(p->provision_policy, 1);
	assert_string_equal(p->destination_uri[PEER_URI_REQUEST], "BRANCH");
	assert_string_equal(p->destination_uri[PEER_URI_REFERRED_BY], "HQ");
	assert_string_equal(p->cor_outgoing, "abroad");
	assert_string_equal(p->profile_outgoing, "to-exchange");
	assert_string_equal(p->call_block, "to-exchange");
	assert_int_equal(p->call_block_cause, 28);
	assert_int_equal(p->numbering_type, TON_NATIONAL);
	assert_string_equal(p->trunk_groups[0].name, "1");
	assert_int_equal(p->trunk_groups[0].preference, 1);
	assert_string_equal(p->trunk_groups[1].name, "two");
	assert_true(p->digit_strip_set && !p->no_digit_strip);
	p = peer_with_tag(conf, 21);
	assert_string_equal(p->incoming_uri[PEER_URI_VIA], "BRANCH");
	assert_int_equal(p->server_group, 1);
	assert_int_equal(p->call_block_cause, 63);
	assert_int_equal(p->called_format, NUMBER_NATIONAL);
	assert_int_equal(p->calling_format, NUMBER_INTERNATIONAL);
	/* who uses the peers sees where the calls go, not in which words it was said */
	assert_string_equal(peer_with_tag(conf, 22)->session_target, "dns:proxy.example.com");
	assert_string_equal(peer_with_tag(conf, 23)->session_target, "ipv4:10.6.2.11:5070");
	conf_free(conf);
}

static void reads_what_holds_for_all_peers(void **state)
{
	struct conf *conf = load_text(whole_plan);
	const struct plan_options *plan = &conf->plan;

	assert_int_equal(plan->hunt_on[17 / 8] & 1 << 17 % 8, 1 << 17 % 8);
	assert_int_equal(plan->hunt_on[1 / 8] & 1 << 1, 1 << 1);
	assert_int_equal(plan->hunt_stop[41 / 8] & 1 << 41 % 8, 1 << 41 % 8);
	assert_string_equal(plan->emergency[2], "999");
	assert_string_equal(plan->emergency[3], "");
	assert_true(plan->emergency_preempt && plan->uri_user_first);
	assert_string_equal(plan->voip_profile, "from-exchange");
	assert_string_equal(plan->number_plan.country_code, "44");
	assert_string_equal(plan->number_plan.national_prefix, "0");
	assert_true(plan->number_plan.signalled_only);
	assert_string_equal(FIRST(num_exps, conf_num_exp)->num_exp.replace, "14085555...");
	assert_string_equal(llist_first_entry(&conf->expects, struct conf_expect, entry)->text,
			    "from 2001 to 914085551234 via peer 20 send 14085551234");
	conf_free(conf);
}

static void hunts_after_all_causes_or_none(void **state)
{
	static struct lines written;
	struct conf *conf = load_text("voice hunt all\nno voice hunt 17\n");

	for (unsigned cause = 1; cause <= CAUSE_MAX; cause++) {
		bool on = conf->plan.hunt_on[cause / 8] >> cause % 8 & 1;
		bool stop = conf->plan.hunt_stop[cause / 8] >> cause % 8 & 1;

		assert_true(on != stop && stop == (cause == 17));
	}
	conf_free(conf);
	conf = load_text("no voice hunt all\n");
	write_again(conf, &written);
	assert_non_null(strstr(written.text, "\nno voice hunt all\n"));
	conf_free(conf);
}

static void knows_causes_by_name_and_number(void **state)
{
	for (unsigned cause = 1; cause <= CAUSE_MAX; cause++) {
		char number[8];

		snprintf(number, sizeof(number), "%u", cause);
		assert_int_equal(cause_from_keyword(number), cause);
		if (cause_keyword(cause))
			assert_int_equal(cause_from_keyword(cause_keyword(cause)), cause);
	}
	assert_int_equal(cause_from_keyword("no-answer"), 19);
	assert_int_equal(cause_from_keyword("unassigned-number"), 1);
	assert_int_equal(cause_from_keyword("0"), -EINVAL);
	assert_int_equal(cause_from_keyword("128"), -EINVAL);
	assert_int_equal(cause_from_keyword("busy"), -EINVAL);
	assert_int_equal(cause_from_keyword(""), -EINVAL);
	assert_null(cause_keyword(0));
	assert_null(cause_keyword(128));
}

/* ---- to the plan */

/* Whatever a peer refers to is known there, and each kind of object that none refers to is seen. */
static void hands_all_to_the_plan(void **state)
{
	struct conf *conf = load_text(whole_plan);
	struct plan *plan = make_plan(conf);
	struct number emergency = {.digits = "999"};

	assert_int_equal(plan_peer_count(plan), 6);
	for (size_t i = 0; i < plan_peer_count(plan); i++)
		assert_null(plan_peer_missing(plan, plan_peer_at(plan, i)));
	assert_string_equal(plan_port_plar(plan, "2:15"), "+442079460000");
	assert_non_null(plan_enum_table(plan, 3));
	assert_true(plan_is_emergency(plan, &emergency));
	assert_true(plan_hunts_on(plan, 17));
	assert_false(plan_hunts_on(plan, 41));
	plan_unref(plan);
	conf_free(conf);
}

static void routes_to_ports_of_trunk_groups(void **state)
{
	struct conf *conf =
	    load_text(PRI "trunk group g\ninterface serial 1:D\n trunk-group g\n"
			  "num-exp 7 8555\nvoice translation-rule 1\n rule 1 /^8/ /9/\n"
			  "voice translation-profile p\n translate called 1\n"
			  "dial-peer voice 1 pots\n destination-pattern 8...\n trunkgroup g\n"
			  " translation-profile outgoing p\n");
	struct plan *plan = make_plan(conf);
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "7"}};
	struct plan_route route;

	conf_free(conf);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_string_equal(route.candidates[0].target, "1:D");
	assert_string_equal(route.candidates[0].called.digits, "9555");
	plan_unref(plan);
}

/* ---- no */

static void takes_the_dial_plan_back_with_no(void **state)
{
	static struct lines written, expected;
	struct conf *conf = load_text(
	    PRI
	    "trunk group 1\n description x\n no description\n hunt-scheme random\n"
	    " no hunt-scheme\n max-calls voice 4\n no max-calls voice\n"
	    " max-calls voice 5 direction in\n no max-calls voice direction in\n"
	    " translation-profile incoming x\n no translation-profile incoming\n"
	    " carrier-id x\n no carrier-id\n number-plan called e164\n no number-plan called\n"
	    "interface serial 1:D\n trunk-group x 3\n no trunk-group\n"
	    "voice-port 1:D\n trunk-group x\n no trunk-group\n translation-profile outgoing x\n"
	    " no translation-profile outgoing\n connection plar 1\n no connection plar\n"
	    " number-plan calling e164\n no number-plan calling\n"
	    "voice number-plan\n country-code 1\n no country-code\n area-code 2\n no area-code\n"
	    " national-prefix 1\n no national-prefix\n international-prefix 1\n"
	    " no international-prefix\n normalize signalled\n no normalize\n"
	    "voice translation-rule 1\n rule 1 /1/ /2/\n rule 2 /3/ /4/\n no rule 1\n"
	    "voice translation-profile p\n translate called 9\n no translate called\n"
	    "voice class e164-pattern-map 1\n e164 1\n e164 2\n no e164 1\n"
	    "voice class uri U sip\n pattern x\n no pattern\n user-id y\n no user-id\n"
	    " host a\n host b\n host c\n no host b\n no host a\n"
	    "voice class uri V tel\n phone number 1\n phone context x\n no phone context\n"
	    "voice class uri sip preference user-id host\nno voice class uri sip preference\n"
	    "voice class server-group 1\n ipv4 1.1.1.1\n ipv6 ::1\n dns x port 5061\n"
	    " no dns x\n no ipv6 ::1\n hunt-scheme round-robin\n no hunt-scheme\n"
	    " huntstop 1 resp-code 404\n huntstop 2 resp-code 405\n no huntstop 1\n"
	    "voice class dial-peer provision-policy 1\n preference 1 from\n preference 2 to\n"
	    " no preference 2\n"
	    "voice class dpg 1\n dial-peer 1\n dial-peer 2\n no dial-peer 1\n"
	    "voice source-group s\n address 10.0.0.0/8\n no address 10.0.0.0/8\n"
	    " address 10.0.0.0/8\n carrier-id source x\n no carrier-id source\n"
	    " translation-profile incoming x\n no translation-profile incoming\n"
	    "dial-peer cor custom\n name a\n name b\n no name a\n"
	    "dial-peer cor list l\n member b\n member z\n no member z\n"
	    "voice enum-match-table 1\n rule 1 1 /1/ /1/ a.b\n rule 2 1 /1/ /1/ a.b\n no rule 1\n"
	    "voip-incoming translation-profile x\nno voip-incoming translation-profile\n"
	    "num-exp 1 2\nno num-exp 1\nemergency 1 2 3\nno emergency 2 1\nemergency preempt\n"
	    "no emergency preempt\n"
	    "dial-peer voice 2 pots\n incoming called-number .\n"
	    " destination e164-pattern-map 9\n no destination e164-pattern-map\n"
	    " destination calling e164-pattern-map 9\n"
	    " no destination calling e164-pattern-map\n incoming called e164-pattern-map 9\n"
	    " no incoming called e164-pattern-map\n incoming calling e164-pattern-map 9\n"
	    " no incoming calling e164-pattern-map\n destination dpg 9\n no destination dpg\n"
	    " destination provision-policy 9\n no destination provision-policy\n"
	    " destination uri-via x\n no destination uri-via\n carrier-id source x\n"
	    " no carrier-id source\n corlist incoming x\n no corlist incoming\n"
	    " translation-profile outgoing x\n no translation-profile outgoing\n"
	    " call-block translation-profile incoming x\n"
	    " no call-block translation-profile incoming\n"
	    " call-block disconnect-cause incoming user-busy\n"
	    " no call-block disconnect-cause incoming\n numbering-type national\n"
	    " no numbering-type\n trunkgroup x\n no trunkgroup x\n"
	    "dial-peer voice 3 voip\n incoming called-number .\n incoming uri from x\n"
	    " no incoming uri from\n session server-group 9\n no session server-group\n"
	    " session target sip-server\n no session target\n number-plan called e164\n"
	    " no number-plan called\n"
	    "sip-ua\n sip-server ipv4:1.1.1.1\n no sip-server\n registrar ipv4:1.1.1.1\n"
	    " no registrar\n");
	struct conf *plain = load_text(
	    PRI "trunk group 1\ninterface serial 1:D\nvoice-port 1:D\nvoice number-plan\n"
		"voice translation-rule 1\n rule 2 /3/ /4/\nvoice translation-profile p\n"
		"voice class e164-pattern-map 1\n e164 2\n"
		"voice class uri U sip\n host c\nvoice class uri V tel\n phone number 1\n"
		"voice class server-group 1\n ipv4 1.1.1.1\n huntstop 2 resp-code 405\n"
		"voice class dial-peer provision-policy 1\n preference 1 from\n"
		"voice class dpg 1\n dial-peer 2\nvoice source-group s\n address 10.0.0.0/8\n"
		"dial-peer cor custom\n name b\ndial-peer cor list l\n member b\n"
		"voice enum-match-table 1\n rule 2 1 /1/ /1/ a.b\nemergency 3\n"
		"dial-peer voice 2 pots\n incoming called-number .\n"
		"dial-peer voice 3 voip\n incoming called-number .\n");

	write_again(conf, &written);
	write_again(plain, &expected);
	assert_same_lines(written.text, expected.text);
	conf_free(conf);
	conf_free(plain);
}

static void sorts_trunk_groups_by_preference(void **state)
{
	static struct lines written;
	struct conf *conf =
	    load_text("trunk group a\ntrunk group b\ntrunk group c\ntrunk group d\n"
		      "dial-peer voice 1 pots\n destination-pattern 1\n trunkgroup a\n"
		      " trunkgroup b 9\n trunkgroup c 3\n trunkgroup d 9\n trunkgroup c 64\n");

	write_again(conf, &written);
	assert_non_null(strstr(
	    written.text, " trunkgroup b 9\n trunkgroup d 9\n trunkgroup c 64\n trunkgroup a\n"));
	conf_free(conf);
}

/* ---- hostile files */

/* With bytes changed. What is taken can be written, read again and made a plan of. */
static void survives_a_broken_dial_plan(void **state)
{
	static const char likely[] = " \n.T[](/\\*+1:-";
	static struct lines written;
	size_t length = strlen(whole_plan);
	char *text = strdup(whole_plan);
	unsigned accepted = 0;

	for (unsigned n = 0; n < 1000; n++) {
		struct conf *conf = NULL;
		struct plan *plan;

		memcpy(text, whole_plan, length);
		for (unsigned i = 0, count = 1 + n % 2; i < count; i++)
			text[random_below(length)] = random_below(2)
							 ? likely[random_below(sizeof(likely) - 1)]
							 : (char)random_below(256);
		if (load_bytes(text, length, &messages, &conf) < 0)
			continue;
		write_again(conf, &written);
		plan = make_plan(conf);
		plan_unref(plan);
		load_verify(conf, path, keep_error, &messages);
		conf_free(conf);
		conf_free(load_text(written.text));
		accepted++;
	}
	print_message("%u of 1000 broken files are none\n", accepted);
	assert_true(accepted > 20);
	free(text);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_all_of_the_dial_plan),
	    cmocka_unit_test(reads_what_classes_say),
	    cmocka_unit_test(reads_what_peers_refer_to),
	    cmocka_unit_test(reads_what_holds_for_all_peers),
	    cmocka_unit_test(hunts_after_all_causes_or_none),
	    cmocka_unit_test(knows_causes_by_name_and_number),
	    cmocka_unit_test(hands_all_to_the_plan),
	    cmocka_unit_test(routes_to_ports_of_trunk_groups),
	    cmocka_unit_test(takes_the_dial_plan_back_with_no),
	    cmocka_unit_test(sorts_trunk_groups_by_preference),
	    cmocka_unit_test(survives_a_broken_dial_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
