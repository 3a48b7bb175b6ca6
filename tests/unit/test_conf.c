// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "tests/unit/conf_rig.h"

static void reads_every_field(void **state)
{
	struct conf *conf = load_text("hostname gw-1\n"
				      "! a comment\n"
				      "controller t1 7\n"
				      " description local   exchange\n"
				      " ! another\n"
				      " shutdown\n"
				      " driver cesopsn listen [::1]:2142 peer [2001:db8::1]:2143\n"
				      " packet frames 16\n"
				      " jitter-buffer packets 5\n"
				      " alarm-time 1000\n"
				      " clock source internal\n"
				      " pri-group timeslots 1-3,5,24\n"
				      "interface serial 7:23\n"
				      " isdn switch-type primary-ni\n"
				      " isdn protocol-emulate network\n"
				      " isdn bchan-number-order round-robin\n"
				      " isdn timer t310 20000\n"
				      " isdn supp-service hold send\n"
				      "voice-port 7:D\n"
				      " cptone US\n"
				      " description front\n"
				      " echo-cancel coverage 128\n"
				      " input gain 14\n"
				      " output attenuation -6\n"
				      " timeouts initial 20\n"
				      " timeouts interdigit 5\n"
				      " timeouts interdigit-match 3\n"
				      " shutdown\n"
				      "voice service voip\n"
				      " ip address trusted list\n"
				      "  ipv4 10.0.0.1\n"
				      "  ipv4 10.1.0.0 255.255.0.0\n"
				      "  ipv6 2001:db8::/32\n"
				      " rtp-port range 20000 20999\n"
				      " sip\n"
				      "  bind control address 10.0.0.9\n"
				      "  bind control address ::1\n"
				      "  bind media address 10.0.0.8\n"
				      "  bind media address ::1\n"
				      "  listen-port non-secure 5070\n"
				      "dial-peer hunt 3\n"
				      "dial-peer default permit\n"
				      "dial-peer compat empty-ani\n"
				      "dial-peer tie deterministic\n"
				      "no dial-peer outbound status-check pots\n"
				      "dial-peer overlap-safe\n"
				      "dial-peer terminator *\n"
				      "dial-peer voice 9 pots\n"
				      " description out\n"
				      " destination-pattern 9T\n"
				      " incoming called-number .\n"
				      " answer-address 408T\n"
				      " preference 2\n"
				      " huntstop\n"
				      " emergency response zone\n"
				      " max-conn 12\n"
				      " port 7:D\n"
				      " no digit-strip\n"
				      " forward-digits 4\n"
				      " prefix 9,\n"
				      " no direct-inward-dial\n"
				      "dial-peer voice 5 voip\n"
				      " destination-pattern 2...\n"
				      " session protocol sipv2\n"
				      " session target ipv6:[2001:db8::1]:5070\n"
				      " session transport tcp\n"
				      " codec g711ulaw g711alaw\n"
				      " dtmf-relay rtp-nte\n"
				      " rtp payload-type nte 97\n"
				      " shutdown\n"
				      "sip-ua\n"
				      " no transport udp\n"
				      " session transport tcp\n"
				      " timers trying 250\n"
				      " retry invite 2\n"
				      " cause-map cisco\n"
				      "call-record file /tmp/calls.csv\n"
				      "call threshold 40\n"
				      "call-history-mib max-size 7\n"
				      "line vty\n"
				      " bind 0.0.0.0 4000\n"
				      " password secret\n"
				      "end\n");
	const struct conf_controller *c = conf_find_controller(conf, 7);
	const struct conf_isdn *i = llist_first_entry(&conf->interfaces, struct conf_isdn, entry);
	const struct conf_voice_port *v =
	    llist_first_entry(&conf->voice_ports, struct conf_voice_port, entry);
	const struct peer *p = &llist_first_entry(&conf->peers, struct conf_peer, entry)->peer;

	assert_string_equal(messages.text, "");
	assert_string_equal(conf->hostname, "gw-1");
	assert_string_equal(c->description, "local exchange");
	assert_true(c->shutdown);
	assert_int_equal(c->line, 3);
	assert_int_equal(c->timeslots, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 5);
	assert_int_equal(c->span.driver, TDM_DRIVER_CESOPSN);
	assert_int_equal(c->span.framing, TDM_T1);
	assert_int_equal(c->span.law, TDM_ULAW);
	assert_int_equal(c->span.clock, TDM_CLOCK_INTERNAL);
	assert_int_equal(c->span.d_timeslot, 24);
	assert_int_equal(c->span.frames_per_packet, 16);
	assert_int_equal(c->span.jitter_packets, 5);
	assert_int_equal(c->span.alarm_ms, 1000);
	assert_int_equal(c->span.local.ss_family, AF_INET6);
	assert_int_equal(ntohs(((struct sockaddr_in6 *)&c->span.peer)->sin6_port), 2143);
	assert_int_equal(i->span, 7);
	assert_int_equal(i->switch_type, ISDN_PRIMARY_NI);
	assert_true(i->network);
	assert_int_equal(i->hunt, TRUNK_ROUND_ROBIN);
	assert_int_equal(i->timers_ms[10], 20000);
	assert_string_equal(v->cptone, "US");
	assert_true(v->shutdown);
	assert_int_equal(v->initial_s, 20);
	assert_int_equal(v->interdigit_s, 5);
	assert_int_equal(v->match_s, 3);
	assert_true(conf->plan.overlap_safe);
	assert_int_equal(conf->plan.terminator, '*');
	assert_int_equal(conf->trusted_count, 3);
	assert_int_equal(conf->trusted[0].prefix, 32);
	assert_int_equal(conf->trusted[1].prefix, 16);
	assert_int_equal(conf->trusted[2].prefix, 32);
	assert_int_equal(conf->trusted[2].address.ss_family, AF_INET6);
	assert_int_equal(conf->rtp_port_first, 20000);
	assert_int_equal(conf->rtp_port_last, 20999);
	assert_int_equal(conf->sip.control_count, 2);
	assert_int_equal(conf->sip.media4.address.ss_family, AF_INET);
	assert_int_equal(conf->sip.media6.address.ss_family, AF_INET6);
	assert_int_equal(conf->sip.port, 5070);
	assert_int_equal(conf->plan.hunt, 3);
	assert_true(conf->plan.permit_default && conf->plan.empty_ani);
	assert_true(conf->plan.tie_deterministic);
	assert_int_equal(conf->plan.status_check, PLAN_STATUS_IGNORE);
	assert_int_equal(p->tag, 5);
	assert_int_equal(p->kind, PEER_VOIP);
	assert_string_equal(p->session_target, "ipv6:[2001:db8::1]:5070");
	assert_int_equal(p->transport, PEER_TRANSPORT_TCP);
	assert_int_equal(p->codecs[0], PEER_CODEC_G711ULAW);
	assert_int_equal(p->codecs[1], PEER_CODEC_G711ALAW);
	assert_int_equal(p->dtmf, PEER_DTMF_RTP_NTE);
	assert_int_equal(p->nte_payload_type, 97);
	assert_true(p->shutdown);
	p = &llist_last_entry(&conf->peers, struct conf_peer, entry)->peer;
	assert_int_equal(p->tag, 9);
	assert_string_equal(p->description, "out");
	assert_string_equal(p->destination_pattern, "9T");
	assert_string_equal(p->incoming_called_number, ".");
	assert_string_equal(p->answer_address, "408T");
	assert_int_equal(p->preference, 2);
	assert_true(p->huntstop && p->no_digit_strip && p->no_direct_inward_dial && p->emergency);
	assert_int_equal(p->max_conn, 12);
	assert_string_equal(p->port, "7:D");
	assert_int_equal(p->forward, PEER_FORWARD_COUNT);
	assert_int_equal(p->forward_count, 4);
	assert_string_equal(p->prefix, "9,");
	assert_true(!conf->sip.listen_udp && conf->sip.listen_tcp);
	assert_int_equal(conf->transport, PEER_TRANSPORT_TCP);
	assert_int_equal(conf->timer_t1_ms, 250);
	assert_int_equal(conf->invite_retries, 2);
	assert_int_equal(cause_tables_at(conf->causes, conf->cause_table)->map, CAUSE_MAP_CISCO);
	assert_string_equal(conf->cdr_file, "/tmp/calls.csv");
	assert_int_equal(conf->calls_max, 40);
	assert_int_equal(conf->history_max, 7);
	assert_string_equal(conf->vty_bind, "0.0.0.0");
	assert_int_equal(conf->vty_port, 4000);
	assert_string_equal(conf->vty_password, "secret");
	conf_free(conf);
}

static void has_sensible_defaults(void **state)
{
	struct conf *conf = load_text(PRI "interface serial 1:D\n"
					  "dial-peer voice 1 pots\n incoming called-number .\n");
	const struct conf_controller *c = conf_find_controller(conf, 1);
	const struct conf_isdn *i = llist_first_entry(&conf->interfaces, struct conf_isdn, entry);
	const struct peer *p = &llist_first_entry(&conf->peers, struct conf_peer, entry)->peer;

	assert_int_equal(c->timeslots, 0xfffefffe);
	assert_int_equal(c->span.clock, TDM_CLOCK_LINE);
	assert_int_equal(c->span.frames_per_packet, 8);
	assert_int_equal(i->switch_type, ISDN_PRIMARY_NET5);
	assert_false(i->network);
	assert_int_equal(conf->sip.port, 5060);
	assert_true(conf->sip.listen_udp && conf->sip.listen_tcp);
	assert_int_equal(conf->transport, PEER_TRANSPORT_SYSTEM);
	assert_int_equal(conf->timer_t1_ms, 500);
	assert_int_equal(conf->invite_retries, 0);
	assert_int_equal(conf->sip.control_count, 0);
	assert_int_equal(conf->trusted_count, 0);
	assert_int_equal(conf->plan.status_check, PLAN_STATUS_DEFAULT);
	assert_false(conf->plan.permit_default);
	assert_false(p->no_direct_inward_dial || p->no_digit_strip || p->huntstop);
	assert_null(conf_find_controller(conf, 2));
	conf_free(conf);
	conf = load_text("");
	assert_int_equal(messages.count, 0);
	conf_free(conf);
}

static void allows_supplementary_services(void **state)
{
	struct conf *conf =
	    load_text(PRI "interface serial 1:D\n isdn supp-service hold\n isdn supp-service tbct\n"
			  " isdn supp-service mcid\n isdn supp-service aoc\n"
			  " isdn supp-service ccbs\n");
	const struct conf_isdn *i = llist_first_entry(&conf->interfaces, struct conf_isdn, entry);
	static struct lines written;

	assert_int_equal(i->supplementary, 0x3b);
	assert_false(i->hold_messages);
	memset(&written, 0, sizeof(written));
	conf_write(conf, keep_line, &written);
	assert_non_null(strstr(written.text, " isdn supp-service hold\n isdn supp-service tbct\n"
					     " isdn supp-service mcid\n isdn supp-service aoc\n"
					     " isdn supp-service ccbs\n"));
	conf_free(conf);
}

/* Both ends hunting upwards would want the same channel all the time. */
static void hunts_from_opposite_ends_by_side(void **state)
{
	static const struct {
		const char *side;
		enum trunk_hunt hunt;
	} row[] = {
	    {" isdn protocol-emulate user\n", TRUNK_DESCENDING},
	    {" isdn protocol-emulate network\n", TRUNK_ASCENDING},
	    {" isdn protocol-emulate network\n isdn bchan-number-order descending\n",
	     TRUNK_DESCENDING},
	};

	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
		char text[512];
		struct conf *conf;

		snprintf(text, sizeof(text), PRI "interface serial 1:D\n%s", row[r].side);
		conf = load_text(text);
		assert_int_equal(
		    llist_first_entry(&conf->interfaces, struct conf_isdn, entry)->hunt,
		    row[r].hunt);
		conf_free(conf);
	}
}

static void takes_settings_back_with_no(void **state)
{
	struct conf *conf = load_text(
	    "hostname a\nno hostname\n" PRI " description x\n no description\n shutdown\n"
	    " no shutdown\n packet frames 9\n no packet\n clock source internal\n no clock\n"
	    " alarm-time 500\n no alarm-time\n jitter-buffer packets 9\n no jitter-buffer\n"
	    "interface serial 1:D\n isdn timer t301 5000\n no isdn timer t301\n"
	    " isdn supp-service hold send\n no isdn supp-service hold\n isdn supp-service mcid\n"
	    " no isdn supp-service mcid\n"
	    " isdn protocol-emulate network\n no isdn protocol-emulate\n"
	    " isdn timer t203 5000\n no isdn timer t203\n isdn n200 4\n no isdn n200\n"
	    " isdn k 4\n no isdn k\n isdn layer2 establish demand\n no isdn layer2\n"
	    " isdn restart interval 600\n no isdn restart\n"
	    " isdn service b_channel 0 state 2\n no isdn service\n"
	    " isdn static-tei 0\n no isdn static-tei\n"
	    " isdn point-to-point-setup\n no isdn point-to-point-setup\n"
	    " isdn answer2 4711\n no isdn answer2\n"
	    "voice-port 1:D\n timeouts initial 4\n no timeouts initial\n timeouts interdigit 4\n"
	    " no timeouts interdigit\n timeouts interdigit-match 4\n"
	    " no timeouts interdigit-match\n"
	    "dial-peer overlap-safe\nno dial-peer overlap-safe\n"
	    "dial-peer terminator *\nno dial-peer terminator\n"
	    "dial-peer hunt 3\nno dial-peer hunt\ndial-peer default permit\n"
	    "no dial-peer default permit\n"
	    "dial-peer voice 1 pots\n incoming called-number .\n destination-pattern 9\n"
	    " no destination-pattern\n port 1:D\n no port\n huntstop\n no huntstop\n"
	    " emergency response zone\n no emergency response zone\n"
	    " forward-digits all\n no forward-digits\n"
	    " prefix 1\n no prefix\n max-conn 3\n no max-conn\n preference 4\n no preference\n"
	    " no direct-inward-dial\n direct-inward-dial\n shutdown\n no shutdown\n"
	    " answer-address 1\n no answer-address\n"
	    "dial-peer voice 2 voip\n incoming called-number .\n session target ipv4:1.2.3.4\n"
	    " no session target\n codec g711alaw\n no codec\n dtmf-relay rtp-nte\n"
	    " no dtmf-relay\n rtp payload-type nte 99\n no rtp payload-type nte\n"
	    " session transport udp\n no session transport\n"
	    "sip-ua\n no transport tcp\n transport tcp\n retry invite 2\n no retry invite\n"
	    " cause-map cisco\n no cause-map\n timers trying 100\n no timers trying\n"
	    "logging syslog local3\nno logging syslog\nmetrics port 9470\nno metrics port\n"
	    "call threshold 2\nno call threshold\ncall-record file /x\nno call-record file\n"
	    "voice service voip\n rtp-port range 2000 2999\n no rtp-port range\n"
	    " ip address trusted list\n  ipv4 1.1.1.1\n no ip address trusted list\n"
	    " sip\n  listen-port non-secure 1\n  no listen-port non-secure\n"
	    "  bind control address 1.1.1.1\n  no bind control\n  bind media address 1.1.1.1\n"
	    "  no bind media\n"
	    "line vty\n bind 127.0.0.1\n no bind\n password x\n no password\n");
	struct conf *plain = load_text(PRI "interface serial 1:D\nvoice-port 1:D\n"
					   "dial-peer voice 1 pots\n incoming called-number .\n"
					   "dial-peer voice 2 voip\n incoming called-number .\n");
	static struct lines written, expected;

	memset(&written, 0, sizeof(written));
	memset(&expected, 0, sizeof(expected));
	conf_write(conf, keep_line, &written);
	conf_write(plain, keep_line, &expected);
	assert_string_equal(written.text, expected.text);
	conf_free(conf);
	conf_free(plain);
}

static void reads_what_an_interface_says_of_its_calls(void **state)
{
	struct conf *conf = load_text(PRI "interface serial 1:D\n"
					  " isdn overlap-receiving t302 8000\n"
					  " isdn sending-complete\n"
					  " no isdn negotiate-bchan\n"
					  " isdn send-alerting\n"
					  " isdn supp-service calldiversion\n"
					  " isdn map address 011.* plan isdn type unknown\n"
					  " isdn map address 9 plan data type unknown\n"
					  " isdn map address 00 plan any type national\n"
					  " isdn map address 011.* plan isdn type network\n"
					  " no isdn map address 9\n");
	const struct conf_isdn *i = llist_first_entry(&conf->interfaces, struct conf_isdn, entry);
	const struct isdn_call_options *calls = &i->calls;

	assert_true(calls->overlap_receiving);
	assert_int_equal(calls->t302_ms, 8000);
	assert_int_equal(calls->sending_complete, ISDN_LINE_ON);
	assert_int_equal(calls->negotiate_channel, ISDN_LINE_OFF);
	assert_true(calls->send_alerting);
	assert_true(i->calldiversion);
	assert_int_equal(calls->map_count, 2);
	assert_string_equal(calls->map[0].pattern, "011.*");
	assert_int_equal(calls->map[0].ton, TON_NETWORK);
	assert_int_equal(calls->map[0].npi, NPI_ISDN);
	assert_string_equal(calls->map[1].pattern, "00");
	assert_int_equal(calls->map[1].npi, ADDRESS_ANY);
	conf_free(conf);
	conf = load_text(PRI "interface serial 1:D\n isdn overlap-receiving T302 8000\n"
			     " isdn send-alerting\n isdn supp-service calldiversion\n"
			     " no isdn overlap-receiving\n no isdn send-alerting\n"
			     " no isdn supp-service calldiversion\n");
	i = llist_first_entry(&conf->interfaces, struct conf_isdn, entry);
	assert_false(i->calls.overlap_receiving || i->calls.send_alerting || i->calldiversion);
	assert_int_equal(i->calls.t302_ms, 0);
	conf_free(conf);
}

static void makes_the_plan(void **state)
{
	struct conf *conf =
	    load_text(PRI "dial-peer hunt 2\n"
			  "dial-peer voice 2 pots\n destination-pattern 9T\n port 1:D\n"
			  "dial-peer voice 1 pots\n destination-pattern 91T\n port 1:D\n"
			  " preference 1\n");
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "9123"}};
	struct plan_route route;
	struct plan *plan = NULL;
	char why[128];

	assert_int_equal(conf_make_plan(conf, &plan, why, sizeof(why)), 0);
	conf_free(conf);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 2);
	assert_int_equal(route.candidates[0].peer->tag, 2);
	assert_string_equal(route.candidates[0].called.digits, "123");
	plan_unref(plan);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_field),
	    cmocka_unit_test(has_sensible_defaults),
	    cmocka_unit_test(hunts_from_opposite_ends_by_side),
	    cmocka_unit_test(allows_supplementary_services),
	    cmocka_unit_test(takes_settings_back_with_no),
	    cmocka_unit_test(reads_what_an_interface_says_of_its_calls),
	    cmocka_unit_test(makes_the_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
