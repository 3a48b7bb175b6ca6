// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong in the dial plan of a configuration file: one sentence each, with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/conf_rig.h"

struct error_case {
	const char *text, *errors;
};

#define LONG_NAME "a2345678901234567890123456789012" /* 32 characters */
#define POTS "dial-peer voice 1 pots\n incoming called-number .\n"
#define VOIP "dial-peer voice 1 voip\n incoming called-number .\n"

static const struct error_case value_cases[] = {
    /* voice translation-rule, -profile */
    {"voice translation-rule 0\n",
     "1: voice translation-rule 0: expected a number from 1 to 2147483647\n"},
    {"voice translation-rule 1\n rule 0 /1/ /2/\n", "2: rule 0: expected a number from 1 to 100\n"},
    {"voice translation-rule 1\n rule 101 /1/ /2/\n",
     "2: rule 101: expected a number from 1 to 100\n"},
    {"voice translation-rule 1\n rule 1 /1/\n",
     "2: rule 1: expected /MATCH/ /REPLACE/ or reject /MATCH/\n"},
    {"voice translation-rule 1\n rule 1 reject\n",
     "2: rule 1: expected /MATCH/ /REPLACE/ or reject /MATCH/\n"},
    {"voice translation-rule 1\n rule 1 1 2\n",
     "2: 1: expected a text between two slashes, as in /^9/\n"},
    {"voice translation-rule 1\n rule 1 /1/2/ /3/\n",
     "2: /1/2/: expected a text between two slashes, as in /^9/\n"},
    {"voice translation-rule 1\n rule 1 / /3/\n",
     "2: /: expected a text between two slashes, as in /^9/\n"},
    {"voice translation-rule 1\n rule 1 /1/ /2/ type national\n",
     "2: rule 1: expected type TYPE NEW-TYPE or plan PLAN NEW-PLAN behind the number's "
     "patterns\n"},
    {"voice translation-rule 1\n rule 1 reject /1/ kind national\n",
     "2: rule 1: expected type TYPE or plan PLAN behind the number's patterns\n"},
    {"voice translation-rule 1\n rule 1 /1/ /2/ type national foo\n",
     "2: rule 1 type foo: expected any, unknown, international, national, network, subscriber, "
     "abbreviated or reserved\n"},
    {"voice translation-rule 1\n rule 1 /1/ /2/ plan foo isdn\n",
     "2: rule 1 plan foo: expected any, unknown, isdn, data, telex, national, private, ermes or "
     "reserved\n"},
    {"voice translation-rule 1\n rule 1 /1/ /2/\n rule 1 /3/ /4/\n",
     "3: rule 1 is configured already\n"},
    {"voice translation-rule 1\n no rule 7\n", "2: no rule 7: there is none\n"},
    {"voice translation-rule 1\n!\nvoice translation-rule 01\n",
     "3: voice translation-rule 1 is configured already on line 1\n"},
    {"voice translation-profile " LONG_NAME "\n",
     "1: voice translation-profile: longer than 31 characters\n"},
    {"voice translation-profile a\n translate called x\n",
     "2: translate x: expected a number from 1 to 2147483647\n"},
    {"voice translation-profile a\nvoice translation-profile b\nvoice translation-profile a\n",
     "3: voice translation-profile a is configured already on line 1\n"},
    /* voice class */
    {"voice class e164-pattern-map 1\n e164 2[\n", "2: e164 2[: character 3: the set has no ']'\n"},
    {"voice class e164-pattern-map 1\n url http://x/y\n",
     "2: url http://x/y: expected file:PATH\n"},
    {"voice class e164-pattern-map 1\n no e164 2\n", "2: no e164 2: there is none\n"},
    {"expect call from 2001\n", "1: expect call: the line ends: expected on SOURCE or to NUMBER\n"},
    {"voice class dpg 10001\n", "1: voice class dpg 10001: expected a number from 1 to 10000\n"},
    {"voice class dpg 1\n dial-peer x\n",
     "2: dial-peer x: expected a number from 1 to 2147483647\n"},
    {"voice class dpg 1\n dial-peer 1 preference 11\n",
     "2: preference 11: expected a number from 0 to 10\n"},
    {"voice class dpg 1\n dial-peer 1\n dial-peer 1 preference 2\n" POTS,
     "3: dial-peer 1 is in the group already\n"},
    {"voice class dpg 1\n no dial-peer 1\n", "2: no dial-peer 1: it is not in the group\n"},
    {"voice class dial-peer provision-policy 1\n preference 1 from topic\n",
     "2: preference 1: topic: expected called, calling, carrier-id, uri, from, to, via, "
     "diversion or referred-by\n"},
    {"voice class dial-peer provision-policy 1\n preference 1 from from\n",
     "2: preference 1: from is named twice\n"},
    {"voice class dial-peer provision-policy 1\n preference 2 from\n",
     "1: voice class dial-peer provision-policy 1: expected preference 1 below it\n"},
    {"voice class server-group 1\n ipv4 10.0.0.1:5060\n",
     "2: ipv4 10.0.0.1:5060: expected an address as in 192.0.2.10\n"},
    {"voice class server-group 1\n ipv6 10.0.0.1\n",
     "2: ipv6 10.0.0.1: expected an address as in 2001:db8::10\n"},
    {"voice class server-group 1\n dns a..b\n", "2: dns a..b: expected the name of a host\n"},
    {"voice class server-group 1\n ipv4 10.0.0.1 port 0\n",
     "2: port 0: expected a number from 1 to 65535\n"},
    {"voice class server-group 1\n ipv4 10.0.0.1 preference 6\n",
     "2: preference 6: expected a number from 0 to 5\n"},
    {"voice class server-group 1\n ipv4 10.0.0.1 prefer 6\n",
     "2: ipv4 10.0.0.1: expected port NUMBER or preference NUMBER\n"},
    {"voice class server-group 1\n ipv4 10.0.0.1\n ipv4 10.0.0.1 preference 2\n",
     "3: ipv4:10.0.0.1 is in the group already\n"},
    {"voice class server-group 1\n dns a\n dns b\n dns c\n dns d\n dns e\n dns f\n",
     "7: dns:f: a group has at most 5 servers\n"},
    {"voice class server-group 1\n dns a\n huntstop 1 resp-code 410 to 404\n",
     "3: resp-code 410 to 404: expected the lower one first\n"},
    {"voice class server-group 1\n dns a\n huntstop 1 resp-code 200\n",
     "3: resp-code 200: expected a number from 400 to 699\n"},
    {"voice class server-group 1\n dns a\n huntstop 1 resp-code 404\n huntstop 2 resp-code 404\n"
     " huntstop 3 resp-code 404\n huntstop 4 resp-code 404\n huntstop 5 resp-code 404\n",
     "7: huntstop 5: a group has at most 4 of them\n"},
    {"voice class uri U sip\n", "1: voice class uri U says nothing: expected pattern, host or "
				"user-id below it\n"},
    {"voice class uri U sip\n phone number 1\n",
     "2: phone number: a class of sip: URIs has none\n"},
    {"voice class uri U tel\n host ipv4:1.1.1.1\n", "2: host: a class of tel: URIs has none\n"},
    {"voice class uri U tel\n user-id 1\n", "2: user-id: a class of tel: URIs has none\n"},
    {"voice class uri U sip\n host ipv4:1.1.1.1:5060\n",
     "2: host ipv4:1.1.1.1:5060: expected ipv4:A.B.C.D, ipv6:[X:X::X:X], dns:HOST or an "
     "expression\n"},
    {"voice class uri U sip\n host ipv6:[::1]:5060\n",
     "2: host ipv6:[::1]:5060: expected ipv4:A.B.C.D, ipv6:[X:X::X:X], dns:HOST or an "
     "expression\n"},
    {"voice class uri U sip\n host a\n host b\n host c\n host d\n host e\n",
     "6: host e: a class has at most 4 hosts\n"},
    {"voice class uri U sip\n host a\nvoice class uri U tel\n pattern a\n",
     "3: voice class uri U is configured already on line 1\n"},
    {"voice class uri U sips\n", "1: unknown word 'sips': did you mean 'sip'?\n"},
    {"e164 2...\n", "1: 'e164' does not belong here but under voice class e164-pattern-map\n"},
    /* dial-peer cor */
    {"dial-peer cor custom\n name a\n name a\n", "3: name a is configured already\n"},
    {"dial-peer cor custom\n name " LONG_NAME "\n", "2: name: longer than 31 characters\n"},
    {"dial-peer cor custom\ndial-peer cor custom\n",
     "2: dial-peer cor custom is configured already on line 1\n"},
    {"dial-peer cor custom\n name a\ndial-peer cor list l\n member a\n member a\n",
     "5: member a is in the list already\n"},
    {"dial-peer cor custom\n name a\ndial-peer cor list l\n member b\n",
     "3: dial-peer cor list l: member b: there is no such name in dial-peer cor custom\n"},
    /* trunk group, ports */
    {"trunk group 1\n hunt-scheme best\n",
     "2: unknown word 'best': expected least-used, least-idle, longest-idle, round-robin, "
     "sequential, random\n"},
    {"trunk group 1\n hunt-scheme random even\n",
     "2: hunt-scheme random even: chance has no order\n"},
    {"trunk group 1\n max-calls voice 0\n",
     "2: max-calls voice 0: expected a number from 1 to 100000\n"},
    {"trunk group 1\n number-plan called local\n",
     "2: number-plan local: expected as-is, international, national, subscriber, unknown or "
     "e164\n"},
    {"trunk group 1\ntrunk group 1\n", "2: trunk group 1 is configured already on line 1\n"},
    {PRI "trunk group a\ntrunk group b\ninterface serial 1:D\n trunk-group a\n"
	 "voice-port 1:D\n trunk-group b\n",
     "6: interface 1:D: trunk-group a, but voice-port 1:D has trunk-group b: expected one of "
     "them\n"},
    {PRI "trunk group a\nvoice-port 1:D\n trunk-group a 65\n",
     "6: trunk-group preference 65: expected a number from 1 to 64\n"},
    {PRI "voice-port 1:D\n connection plar 1-2\n",
     "5: connection plar 1-2: expected a number of up to 32 digits\n"},
    {"trunk group a\n" POTS " trunkgroup a 0\n",
     "4: trunkgroup preference 0: expected a number from 1 to 64\n"},
    {POTS " no trunkgroup a\n", "3: no trunkgroup a: there is none\n"},
    {"trunk group a\ntrunk group b\ntrunk group c\ntrunk group d\ntrunk group e\n" POTS
     " trunkgroup a\n trunkgroup b\n trunkgroup c\n trunkgroup d\n trunkgroup e\n",
     "12: trunkgroup e: a peer has at most 4 of them\n"},
    /* voice source-group */
    {"voice source-group s\n address eth0\n",
     "2: address eth0: expected an address or a prefix, as in 192.0.2.1, 10.0.0.0/8 or "
     "2001:db8::/32\n"},
    {"voice source-group s\n address 10.0.0.0/33\n",
     "2: address 10.0.0.0/33: expected an address or a prefix, as in 192.0.2.1, 10.0.0.0/8 or "
     "2001:db8::/32\n"},
    {"voice source-group s\n address 10.1.2.3/8\n",
     "2: address 10.1.2.3/8: bits are set behind the prefix, expected 10.0.0.0/8\n"},
    {"voice source-group s\n address 10.0.0.1\nvoice source-group t\n address 10.0.0.1/32\n",
     "4: address 10.0.0.1 is configured already on line 2\n"},
    /* voice number-plan */
    {"voice number-plan\n country-code +44\n", "2: country-code +44: expected up to 7 digits\n"},
    {"voice number-plan\n area-code 12345678\n",
     "2: area-code 12345678: expected up to 7 digits\n"},
    {"voice number-plan\nvoice number-plan\n",
     "2: voice number-plan is configured already on line 1\n"},
    /* one line each */
    {"voice hunt busy\n",
     "1: voice hunt busy: expected all, a number from 1 to 127 or a name as in user-busy, "
     "no-answer, invalid-number or unassigned-number\n"},
    {"num-exp 5x 6\n", "1: num-exp 5x: expected up to 32 digits and dots\n"},
    {"num-exp 5. 6..\n", "1: num-exp 5. 6..: more dots on the right than on the left\n"},
    {"num-exp 5. 6\nnum-exp 5. 7\n", "2: num-exp 5. is configured already on line 1\n"},
    {"no num-exp 5\n", "1: no num-exp 5: there is none\n"},
    {"emergency 112 9l1\n", "1: emergency 9l1: expected digits as in 112\n"},
    {"emergency 112\nemergency 112\n", "2: emergency 112 is configured already\n"},
    {"emergency 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
     "1: emergency 17: there can be at most 16 numbers\n"},
    {"no emergency 112\n", "1: no emergency 112: there is none\n"},
    {"voice enum-match-table 1\n rule 1 0 /1/ /1/ e164.arpa\n",
     "2: rule preference 0: expected a number from 1 to 255\n"},
    {"voice enum-match-table 1\n rule 1 1 /1/ /1/ e164.arpa\n rule 1 2 /1/ /1/ e164.arpa\n",
     "3: rule 1 is configured already\n"},
    {"sip-ua\n sip-server proxy\n",
     "2: sip-server proxy: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or "
     "dns:HOST[:PORT]\n"},
    {"sip-ua\n registrar dns:$s$.example.com\n",
     "2: registrar dns:$s$.example.com: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or "
     "dns:HOST[:PORT]\n"},
    /* dial-peer voice */
    {VOIP " session target ras\n",
     "3: session target ras: there is no gatekeeper here: H.323 is not spoken\n"},
    {VOIP " session target loopback:rtp\n",
     "3: session target loopback:rtp: audio is not looped back here: use a peer whose far end "
     "does it\n"},
    {VOIP " session target enum:x\n",
     "3: session target enum:x: expected enum: and the number of a voice enum-match-table, as in "
     "enum:1\n"},
    {VOIP " session target dns:$x$.example.com\n",
     "3: session target dns:$x$.example.com: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
     "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n"},
    {VOIP " numbering-type local\n",
     "3: numbering-type local: expected unknown, international, national, network, subscriber, "
     "abbreviated or reserved\n"},
    {VOIP " incoming uri request " LONG_NAME "\n",
     "3: incoming uri request: longer than 31 characters\n"},
    {VOIP " call-block disconnect-cause incoming 17\n",
     "3: unknown word '17': expected call-reject, invalid-number, unassigned-number, user-busy, "
     "no-service\n"},
    {POTS " incoming uri request U\n",
     "3: unknown word 'uri': expected called-number, called, calling\n"},
};

/* What refers to something that is not there: told at the line where its block begins. */
static const struct error_case reference_cases[] = {
    {"voice translation-profile p\n translate calling 5\n",
     "1: voice translation-profile p: translate calling 5: there is no voice translation-rule 5\n"},
    {"trunk group 1\n translation-profile incoming x\n translation-profile outgoing y\n",
     "1: trunk group 1: translation-profile incoming x: there is no voice translation-profile x\n"
     "1: trunk group 1: translation-profile outgoing y: there is no voice translation-profile y\n"},
    {PRI "interface serial 1:D\n trunk-group x\n",
     "4: interface 1:D: trunk-group x: there is no trunk group x\n"},
    {PRI "voice-port 1:D\n trunk-group x\n translation-profile incoming x\n",
     "4: voice-port 1:D: trunk-group x: there is no trunk group x\n"
     "4: voice-port 1:D: translation-profile incoming x: there is no voice translation-profile "
     "x\n"},
    {"voice source-group s\n address ::1\n translation-profile incoming x\n",
     "1: voice source-group s: translation-profile incoming x: there is no voice "
     "translation-profile x\n"},
    {"voip-incoming translation-profile x\n",
     "1: voip-incoming translation-profile x: there is no voice translation-profile x\n"},
    {"voice class dpg 1\n dial-peer 7\n",
     "1: voice class dpg 1: dial-peer 7: there is no dial-peer voice 7\n"},
    {POTS " destination e164-pattern-map 1\n destination calling e164-pattern-map 2\n"
	  " incoming called e164-pattern-map 3\n incoming calling e164-pattern-map 4\n"
	  " destination dpg 5\n destination provision-policy 6\n",
     "1: dial-peer voice 1: destination e164-pattern-map 1: there is no voice class "
     "e164-pattern-map 1\n"
     "1: dial-peer voice 1: destination calling e164-pattern-map 2: there is no voice class "
     "e164-pattern-map 2\n"
     "1: dial-peer voice 1: incoming called e164-pattern-map 3: there is no voice class "
     "e164-pattern-map 3\n"
     "1: dial-peer voice 1: incoming calling e164-pattern-map 4: there is no voice class "
     "e164-pattern-map 4\n"
     "1: dial-peer voice 1: destination dpg 5: there is no voice class dpg 5\n"
     "1: dial-peer voice 1: destination provision-policy 6: there is no voice class dial-peer "
     "provision-policy 6\n"},
    {VOIP " incoming uri via a\n destination uri-to b\n corlist incoming c\n"
	  " translation-profile outgoing d\n call-block translation-profile incoming e\n",
     "1: dial-peer voice 1: incoming uri via a: there is no voice class uri a\n"
     "1: dial-peer voice 1: destination uri-to b: there is no voice class uri b\n"
     "1: dial-peer voice 1: corlist incoming c: there is no dial-peer cor list c\n"
     "1: dial-peer voice 1: translation-profile outgoing d: there is no voice "
     "translation-profile d\n"
     "1: dial-peer voice 1: call-block translation-profile incoming e: there is no voice "
     "translation-profile e\n"},
    {POTS " trunkgroup x\n", "1: dial-peer voice 1: trunkgroup x: there is no trunk group x\n"},
    {PRI "trunk group x\n" POTS " trunkgroup x\n port 1:D\n",
     "5: dial-peer voice 1 has port and trunkgroup: expected one of them\n"},
    {VOIP " session server-group 9\n",
     "1: dial-peer voice 1: session server-group 9: there is no voice class server-group 9\n"},
    {"voice class server-group 9\n dns a\n" VOIP " session server-group 9\n session target dns:b\n",
     "3: dial-peer voice 1 has session target and session server-group: expected one of them\n"},
    {VOIP " session target enum:9\n",
     "1: dial-peer voice 1: session target enum 9: there is no voice enum-match-table 9\n"},
    {VOIP " session target sip-server\n",
     "1: dial-peer voice 1: session target sip-server: sip-ua has no sip-server\n"},
    {VOIP " session target registrar\nsip-ua\n sip-server dns:a\n",
     "1: dial-peer voice 1: session target registrar: sip-ua has no registrar\n"},
};

static void check_cases(const struct error_case *cases, size_t count)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct conf *conf = NULL;
		int rc = load_bytes(cases[i].text, strlen(cases[i].text), &messages, &conf);

		if (rc == -EINVAL && strcmp(messages.text, cases[i].errors) == 0)
			continue;
		print_error("%s: %d %snot: %s", cases[i].text, rc, messages.text, cases[i].errors);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void says_which_value_is_wrong(void **state)
{
	check_cases(value_cases, COUNT(value_cases));
}

static void says_what_is_missing(void **state)
{
	check_cases(reference_cases, COUNT(reference_cases));
}

/* A name that is there twice is there. */
static void goes_on_behind_what_is_there_twice(void **state)
{
	static const struct error_case cases[] = {
	    {"trunk group a\ntrunk group a\n translation-profile incoming x\n" POTS
	     " translation-profile incoming y\n trunkgroup a\n",
	     "2: trunk group a is configured already on line 1\n"
	     "4: dial-peer voice 1: translation-profile incoming y: there is no voice "
	     "translation-profile y\n"},
	};

	check_cases(cases, COUNT(cases));
}

/* A block may stand behind those that refer to it. */
static void takes_references_forward(void **state)
{
	struct conf *conf = load_text(VOIP " translation-profile incoming p\n destination dpg 1\n"
					   "voice class dpg 1\n dial-peer 2\n"
					   "voice translation-profile p\n translate called 1\n"
					   "voice translation-rule 1\n"
					   "dial-peer voice 2 voip\n incoming called-number .\n");

	assert_string_equal(messages.text, "");
	conf_free(conf);
}

/* The line that would have been it was refused: said once, there. */
static void says_nothing_of_what_a_refused_line_may_have_been(void **state)
{
	static const struct error_case cases[] = {
	    {"voice translation-rule x\nvoice translation-profile p\n translate called 1\n",
	     "1: voice translation-rule x: expected a number from 1 to 2147483647\n"},
	    {"voice clas dpg 1\n" VOIP " destination dpg 1\n",
	     "1: unknown word 'clas': did you mean 'class'?\n"},
	    {VOIP " session target sip-server\nsip-ua\n sip-server x\n",
	     "5: sip-server x: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or "
	     "dns:HOST[:PORT]\n"},
	    {"dial-peer cor custom\n name " LONG_NAME "\ndial-peer cor list l\n member a\n",
	     "2: name: longer than 31 characters\n"},
	};

	check_cases(cases, COUNT(cases));
}

static void warns_of_what_leads_nowhere(void **state)
{
	struct conf *conf = load_text("voice class dpg 1\nvoice class server-group 2\n"
				      "voice class e164-pattern-map 3\nvoice source-group s\n"
				      "voice enum-match-table 4\n");

	assert_string_equal(
	    messages.text,
	    "1: warning: voice class dpg 1 is empty: its calls go nowhere\n"
	    "2: warning: voice class server-group 2 is empty: its calls go nowhere\n"
	    "3: warning: voice class e164-pattern-map 3 is empty: it fits no number\n"
	    "4: warning: voice source-group s has no address: no call is from there\n"
	    "5: warning: voice enum-match-table 4 is empty: it finds nothing\n");
	conf_free(conf);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_which_value_is_wrong),
	    cmocka_unit_test(says_what_is_missing),
	    cmocka_unit_test(goes_on_behind_what_is_there_twice),
	    cmocka_unit_test(takes_references_forward),
	    cmocka_unit_test(says_nothing_of_what_a_refused_line_may_have_been),
	    cmocka_unit_test(warns_of_what_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
