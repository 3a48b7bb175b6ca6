// SPDX-License-Identifier: GPL-2.0-or-later
/* IOS configurations become ours. tests/import has whole routers: NAME.cfg, what it becomes (NAME.conf)
 * and what is said of it (NAME.report); after a change that is meant
 *	sipspan import-ios NAME.cfg -o NAME.conf --report NAME.report
 * in that folder writes them anew, to be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/text_file.h"
#include "tests/unit/conf_rig.h"
#include "tests/unit/import_rig.h"

static void makes_the_known_configuration_of_each_router(void **state)
{
	for (size_t i = 0; i < ROUTERS; i++) {
		char *input, *conf, *report, file[64];
		size_t size, conf_size, report_size;
		struct import_rig_outcome o;

		import_rig_read_router(import_rig_routers[i], ".cfg", &input, &size);
		import_rig_read_router(import_rig_routers[i], ".conf", &conf, &conf_size);
		import_rig_read_router(import_rig_routers[i], ".report", &report, &report_size);
		snprintf(file, sizeof(file), "%s.cfg", import_rig_routers[i]);
		import_rig_text(file, input, size, &o);
		assert_int_equal(o.rc, 0);
		assert_string_equal(o.conf, conf);
		assert_string_equal(o.report, report);
		import_rig_assert_loads(&o);
		import_rig_assert_lines(&o, import_rig_count_lines(input, size));
		import_rig_forget(&o);
		talloc_free(input);
		talloc_free(conf);
		talloc_free(report);
	}
}

static void says_no_secret(void **state)
{
	static const char *const secrets[] = {"0000000000", "notforyou"};

	for (size_t i = 0; i < ROUTERS; i++) {
		char *input;
		size_t size;
		struct import_rig_outcome o;

		import_rig_read_router(import_rig_routers[i], ".cfg", &input, &size);
		import_rig_text("x", input, size, &o);
		for (size_t s = 0; s < COUNT(secrets); s++) {
			assert_null(strstr(o.conf, secrets[s]));
			assert_null(strstr(o.report, secrets[s]));
		}
		import_rig_forget(&o);
		talloc_free(input);
	}
}

/* ---- one thing at a time */

#define E1_OF_IOS "controller E1 0/0/0\n pri-group timeslots 1-31\n"
#define VOIP(lines) "dial-peer voice 1 voip\n session protocol sipv2\n" lines
#define VOIP_TLS                                                                                   \
	VOIP(" destination-pattern 2\n session target ipv4:192.0.2.1\n"                            \
	     " session transport tcp tls\n")

#define POOL(lines) "voice register pool 1\n id network 10.1.0.0 mask 255.255.0.0\n" lines

static const struct {
	const char *input;
	const char *conf;   /* must be there; with ! in front: must not; NULL: whatever */
	const char *report; /* must be there */
} cases[] = {
    /* spans and ports */
    {E1_OF_IOS "voice-port 0/0/0:15\n", "voice-port 1:15\n echo-cancel enable\n",
     "voice-port 0/0/0:15 => voice-port 1:15"},
    {E1_OF_IOS "voice-port 0/0/0:15\n no echo-cancel enable\n", "!echo-cancel",
     "changed  no echo-cancel"},
    {E1_OF_IOS "dial-peer voice 1 pots\n destination-pattern 9T\n port 0/0/0:15\n", " port 1:15\n",
     "port 0/0/0:15 => port 1:15"},
    {"controller E1 1/0\n channel-group 0 timeslots 1-31\n" E1_OF_IOS, "controller e1 1\n",
     "controller 1  E1 0/0/0"},
    {"controller T1 0\n pri-group timeslots 1-24\ninterface Serial0:23\n isdn protocol-emulate "
     "network\n"
     "voice-port 0:D\n",
     "interface serial 1:23\n isdn protocol-emulate network\n", "voice-port 0:D => voice-port 1:D"},
    {"controller E1 0/0/0\n pri-group timeslots 1-31 service mgcp\n", " pri-group timeslots 1-31\n",
     "not controlled by MGCP"},
    {"controller E1 0/0/0\n ds0-group 1 timeslots 1-15 type e&m\nvoice-port 0/0/0:1\n",
     "!voice-port", "no CAS"},
    {E1_OF_IOS "interface Serial0/0/0:15\n isdn switch-type primary-ts014\n", "!ts014",
     "line 4: the line speaks primary-ts014"},
    {"isdn switch-type primary-qsig\n" E1_OF_IOS "interface Serial0/0/0:15\n no ip address\n",
     "interface serial 1:15\n isdn switch-type primary-qsig\n", "stands at each interface"},
    {E1_OF_IOS "interface Serial0/0/0:15\n isdn bchan-number-order ascending round-robin\n",
     " isdn bchan-number-order round-robin\n", NULL},
    {E1_OF_IOS "interface Serial0/0/0:15\n isdn service dsl 0 b_channel 3 state 2 hard\n",
     " isdn service b_channel 3 state 2\n", NULL},
    {E1_OF_IOS "interface Serial0/0/0:15\n isdn bind-l3 ccm-manager\n", "!bind-l3",
     "layer 3 of this line was in the CallManager"},
    {E1_OF_IOS "voice-port 0/0/0:15\n cptone ZZ\n", "!cptone", "cptone ZZ: choose a country"},

    /* direct-inward-dial by release */
    {"version 12.4\n" E1_OF_IOS "dial-peer voice 1 pots\n port 0/0/0:15\n destination-pattern 9\n",
     " no direct-inward-dial\n", "was the default of that release"},
    {"version 15.1\n" E1_OF_IOS "dial-peer voice 1 pots\n port 0/0/0:15\n destination-pattern 9\n",
     "!direct-inward-dial", NULL},
    {"version 16.9\nvoice service pots\n no direct-inward-dial isdn\n" E1_OF_IOS
     "dial-peer voice 1 pots\n port 0/0/0:15\n destination-pattern 9\n",
     " no direct-inward-dial\n", NULL},

    /* peers that are written shutdown */
    {"dial-peer voice 4 pots\n destination-pattern 2110\n port 0/3/0\n",
     " ! port 0/3/0\n shutdown\n", "calls to 2110 are refused now (cause 1)"},
    {"dial-peer voice 4 pots\n destination-pattern 2110\n port 0/3/0\n" VOIP(
	 " destination-pattern 2T\n session target ipv4:192.0.2.1\n"),
     NULL, "calls to 2110 go to dial-peer voice 1 now"},
    {"dial-peer voice 1 voip\n destination-pattern 2...\n session target ipv4:192.0.2.1\n",
     " shutdown\n", "it is of H.323"},
    {"dial-peer voice 1 voip\n incoming called-number .\n", "!shutdown", NULL},
    {VOIP(" destination-pattern 2\n session target ras\n"), " shutdown\n", "no such target"},
    {VOIP(" destination-pattern 2\n session target loopback:rtp\n"), " shutdown\n", NULL},
    {VOIP(" destination-pattern 2\n session target ipv4:192.0.2.1\n srtp\n"), " shutdown\n",
     "SRTP"},
    {VOIP(" destination-pattern 2\n session target ipv4:192.0.2.1\n srtp fallback\n"), "!shutdown",
     "no SRTP"},
    {VOIP(" incoming called-number 5\n service ivr\n"), " shutdown\n",
     "its calls went to an application"},
    {VOIP(" incoming called-number 5\n service session\n"), "!shutdown", "no applications"},
    {VOIP(" destination-pattern 2\n permission term\n session target ipv4:192.0.2.1\n"),
     " shutdown\n", "permission"},
    {VOIP(" destination-pattern 2\n session target sip-server\n"), " shutdown\n",
     "sip-ua does not say where that is"},
    {VOIP(" destination-pattern 2\n session target sip-server\n") "sip-ua\n sip-server "
								  "dns:a.example\n",
     " session target sip-server\n", NULL},

    /* codecs, digits */
    {"voice class codec 7\n codec preference 2 g711ulaw\n codec preference 1 g711alaw\n" VOIP(
	 " incoming called-number .\n voice-class codec 7 offer-all\n"),
     " codec g711alaw g711ulaw\n", NULL},
    {VOIP(" incoming called-number .\n codec g729r8\n"), "!codec", "about 87 kbit/s"},
    {VOIP(" incoming called-number .\n codec clear-channel\n"), " codec clear-channel\n",
     "taken    codec"},
    {VOIP(" incoming called-number .\n dtmf-relay h245-alphanumeric rtp-nte digit-drop\n"),
     " dtmf-relay rtp-nte\n", "RFC 4733 and SIP alone"},
    {VOIP(" incoming called-number .\n dtmf-relay sip-notify sip-kpml\n"),
     " dtmf-relay sip-kpml sip-notify\n", "taken    dtmf-relay"},
    {VOIP(" incoming called-number .\n dtmf-relay h245-signal\n"), "!dtmf-relay", "in the audio"},

    /* what refers to nothing */
    {VOIP(" incoming called-number .\n translation-profile incoming NONE\n"), "!NONE\n",
     "there is no voice translation-profile NONE"},
    {"voice class dpg 1\n dial-peer 5\n dial-peer 1 preference 2\n" VOIP(
	 " incoming called-number .\n"),
     "voice class dpg 1\n dial-peer 1 preference 2\n", "there is no dial-peer voice 5"},
    {"dial-peer cor custom\n name a\ndial-peer cor list l\n member a\n member b\n",
     "dial-peer cor list l\n member a\n!\n", "there is no dial-peer cor name b"},
    {"voice class e164-pattern-map 1\n e164 2...\n shutdown\n" VOIP(
	 " destination e164-pattern-map 1\n session target ipv4:192.0.2.1\n"),
     "!e164", "the block was shut down"},

    /* what the reader refuses is left out, and said */
    {VOIP(" incoming called-number 2[\n answer-address 3\n"), " answer-address 3\n",
     "refused: incoming called-number 2[: "},
    {"voice translation-rule 1\n rule 1 /[/ /1/\n rule 2 /1/ /2/\n",
     "voice translation-rule 1\n rule 2", "look at each, something is missing now"},
    {VOIP(" incoming called-number .\n") VOIP(" incoming called-number 2\n"), "!called-number 2",
     "refused: dial-peer voice 1 is configured already"},

    /* rules of before translation profiles */
    {"translation-rule 5\n Rule 1 ^00 011 ANY international\nvoip-incoming translation-rule called "
     "5\n",
     "voice translation-rule 100005\n rule 2 /^00/ /011/ type any international\n",
     "Rule 1 ^00 011 ANY international => rule 2"},
    {"translation-rule 5\n Rule 1 ^00 011\nvoip-incoming translation-rule called 5\n",
     "voip-incoming translation-profile old-called-5\n", NULL},
    {"translation-rule 5\n Rule 1 [12].. 011\n", "!011",
     "write what it did as a voice translation-rule"},
    {"translation-rule 5\n Rule 1 ^1 2\n" VOIP(" incoming called-number .\n translate-outgoing "
					       "called 5\n translate-outgoing calling 5\n"),
     "voice translation-profile old-called-5-calling-5\n translate called 100005\n translate "
     "calling "
     "100005\n",
     NULL},

    /* SIP */
    {"interface Loopback0\n ip address 192.0.2.9 255.255.255.255\nvoice service voip\n sip\n"
     "  bind all source-interface Loopback0\n",
     " sip\n  bind control address 192.0.2.9\n  bind media address 192.0.2.9\n", NULL},
    {"voice service voip\n sip\n  bind all source-interface Loopback0\n", "!bind",
     "that interface has no address"},
    {"voice service voip\n sip\n  session transport tcp\n", "sip-ua\n session transport tcp\n",
     NULL},
    {"voice service voip\n ip address trusted list\n  ipv4 192.0.2.0 255.255.255.0\n  ipv6 "
     "2001:db8::/32\n"
     " rtp-port range 16384 32766\n",
     "  ipv6 2001:db8::/32\n rtp-port range 16384 32766\n", NULL},
    {"voice service voip\n h323\n  call start slow\n sip\n  listen-port non-secure 5070\n",
     " sip\n  listen-port non-secure 5070\n", "2-3  ignored  h323"},
    {"access-list 7 permit 192.0.2.0 0.0.0.255\naccess-list 7 permit host 198.51.100.9\n"
     "voice source-group A\n access-list 7\n carrier-id source ITSP\n",
     "voice source-group A\n address 192.0.2.0/24\n address 198.51.100.9\n carrier-id source "
     "ITSP\n",
     NULL},
    {"ip access-list standard TRUNK\n 10 permit 192.0.2.8\n remark second\n permit 198.51.100.0 "
     "0.0.0.15\nvoice source-group A\n access-list TRUNK\n",
     "voice source-group A\n address 192.0.2.8\n address 198.51.100.0/28\n", NULL},
    {"access-list 7 permit host 192.0.2.1\naccess-list 7 deny 192.0.2.0 0.0.0.255\nvoice "
     "source-group "
     "A\n access-list 7\n",
     "!address 192", "cannot be said with addresses"},

    /* TLS: trustpoints become files */
    {VOIP_TLS "sip-ua\n crypto signaling default trustpoint CUBE cn-san-validate server\n",
     " session transport tcp tls\n!\nsip-ua\n crypto signaling default tls-profile 10000\n"
     " transport tcp tls\n!\nvoice class tls-profile 10000\n"
     " certificate /etc/sipspan/tls/CUBE.pem\n private-key /etc/sipspan/tls/CUBE.key\n"
     " ca /etc/sipspan/tls/CUBE-ca.pem\n",
     "`crypto pki export CUBE pem`"},
    {VOIP_TLS, "!shutdown", "/etc/sipspan/tls/gateway.pem"},
    {"sip-ua\n no transport tcp tls\n crypto signaling default trustpoint CUBE\n",
     "! transport tcp tls", NULL},
    {"sip-ua\n crypto signaling default trustpoint A/B\n"
     " crypto signaling remote-addr 192.0.2.0 255.255.255.0 trustpoint A/B\n",
     " crypto signaling remote-addr 192.0.2.0 255.255.255.0 tls-profile 10000\n", "tls/A_B.key"},
    {"sip-ua\n transport tcp tls v1.2 minimum\n", " transport tcp tls\n", "1.3 alone"},
    {"voice class tls-profile 3\n trustpoint CUBE\n cn-san validate bidirectional\n"
     " cn-san 1 sbc.example.com\n cipher 1 X\nsip-ua\n transport tcp tls v1.3\n"
     " crypto signaling default tls-profile 3\n",
     " ca /etc/sipspan/tls/CUBE-ca.pem\n cn-san 1 sbc.example.com\n client-verify\n"
     " cn-san validate bidirectional\n!\nsip-ua\n transport tcp tls v1.3\n"
     " crypto signaling default tls-profile 3\n",
     "taken    cn-san validate"},
    {"voice class tls-profile 3\n trustpoint CUBE\n client-vtp OTHER\n"
     " cn-san validate client\n",
     "-ca.pem\n client-verify\n!\n", "root certificates of trustpoint OTHER"},
    {"voice class tenant 4\n tls-profile 3\n tls-profile 5\n session transport tcp tls\n"
     "voice class tls-profile 3\n trustpoint CUBE\n" VOIP(
	 " incoming called-number 5\n voice-class sip tenant 4\n"),
     " voice-class sip tenant 4\n session transport tcp tls\n",
     "there is no voice class tls-profile 5"},
    {"sip-ua\n registrar dns:sip.example.com expires 3600 tcp tls\n",
     " registrar dns:sip.example.com expires 3600 tls\n", NULL},

    /* telephones: pools, and what other blocks say of them */
    {POOL(" number 1 5... preference 1\n"), " number 1 5... preference 1 no-huntstop\n", NULL},
    {POOL(" number 1 5...  preference 1 huntstop\n"), " number 1 5... preference 1\n", NULL},
    {POOL(" number 4 5... huntstop\n preference 3\n"), " number 1 5... preference 3\n", NULL},
    {"voice register pool 1\n id network 10.1.2.3 mask 255.255.0.0\n",
     " id network 10.1.0.0 mask 255.255.0.0\n", "bits behind the mask"},
    {"voice register pool 1\n id network 0.0.0.0 mask 0.0.0.0\n",
     " id network 0.0.0.0 mask 0.0.0.0\n", "telephones may register from everywhere"},
    {"voice register pool 1\n id ip 10.1.2.3\n", " id ip 10.1.2.3\n", "taken    id ip"},
    {"voice register pool 1\n id mac 0011.2233.4455\n number 1 20 huntstop\n",
     "\n! voice register pool 1\n!  id mac 0011.2233.4455\n!  number 1 20\n",
     "anybody who knows its MAC could register"},
    {POOL(" username 20 password 0 verysecret\n"), "!verysecret", "were asked for passwords"},
    {POOL(" cor outgoing local 1 5001 - 5004\n"), "!corlist", "a voice register pool of their own"},
    {"dial-peer cor list l\n" POOL(" cor outgoing l default\n"), " corlist outgoing l\n", NULL},
    {POOL(" call-forward b2bua noan 99 timeout 2\n"), " noan 99 timeout 3\n", "3 to 600 s"},
    {POOL(" call-forward b2bua mailbox 99\n"), "!mailbox", "tells voicemail whose box it is"},
    {POOL(" call-forward b2bua busy .T\n"), "!.T", "and a number"},
    {POOL(" alias 1 60.. to 20\n") "call-manager-fallback\n alias 1 61.. to 21 huntstop\n",
     "call-manager-fallback\n alias 1 60.. to 20\n alias 2 61.. to 21\n", NULL},
    {POOL(" alias 1 60.. to 2...\n"), "!alias", "refused: alias: to 2...: expected a number"},
    {"voice register dn 3\n number 20\n call-forward b2bua busy 30\n pickup-group 4\n" POOL(
	 " number 1 dn 3\n"),
     " number 1 20\n call-forward b2bua busy 30\n pickup-group 4\n", "said at the pools"},
    {POOL(" number 1 dn 3\n call-forward b2bua busy 40\n") "voice register dn 3\n number 20 "
							   "preference 2\n call-forward b2bua "
							   "busy 30\n",
     " call-forward b2bua busy 40\n number 1 20 preference 2\n", "a pool has such settings once"},
    {"voice register dn 3\n number 20\n mwi\n" POOL(" number 1 dn 3\n"), " number 1 20\n mwi\n",
     NULL},
    {"sip-ua\n mwi-server ipv4:10.6.2.9 expires 3600 port 5060 transport udp unsolicited\n",
     "!mwi-server", "mwi-server ipv4:10.6.2.9"},
    {"voice register dn 3\n number 20\n", "!20", "no voice register pool names it"},
    {POOL(" codec g711alaw\n") "call-manager-fallback\n call-forward busy 99\n codec g711ulaw\n",
     " codec g711alaw\n call-forward b2bua busy 99\n", "each voice register pool says its own"},
    {"call-manager-fallback\n call-forward busy 99\n", "!b2bua",
     "there is no voice register pool that it would hold for"},

    /* call managers, as far as the router says who they are */
    {POOL(
	 " proxy 10.6.2.11 preference 2\n proxy 10.6.2.10 preference 1 monitor probe rtr\n") "sccp "
											     "ccm "
											     "10.6."
											     "2.12 "
											     "ident"
											     "ifier"
											     " 1\n",
     " call-manager 1 ipv4:10.6.2.10\n call-manager 2 ipv4:10.6.2.11\n call-manager 3 "
     "ipv4:10.6.2.12\n",
     "does it answer OPTIONS"},
    {"sccp ccm cm.example.com identifier 1\nmgcp call-agent 2001:db8::1 2427\n"
     "call-manager-fallback\n max-dn 4\n",
     " call-manager 1 dns:cm.example.com\n call-manager 2 ipv6:[2001:db8::1]\n", NULL},
    {"interface Vlan1\n ip address 10.6.2.1 255.255.255.0\nsccp ccm 10.6.2.1 identifier 1\n" POOL(
	 " number 1 2... huntstop\n"),
     "!call-manager", "an address of the router"},
    {"sccp ccm 10.6.2.12 identifier 1\n", "!call-manager", "no conference bridges"},
    {"voice register global\n mode cme\n" POOL(" number 1 2... huntstop\n"), " mode registrar\n",
     "only registrar"},

    /* what holds for all telephones */
    {"call-manager-fallback\n dialplan-pattern 1 4085555... extension-length 5 extension-pattern "
     "7.... no-reg\n",
     " dialplan-pattern 1 4085555... extension-length 5 extension-pattern 7....\n",
     "register nothing elsewhere"},
    {"call-manager-fallback\n after-hours day Sat 00:00 23:59\n",
     " after-hours day sat 00:00 23:59\n", NULL},
    {"call-manager-fallback\n after-hours date jan 1 00:00 00:00\n", "!jan", "are not blocked"},
    {"call-manager-fallback\n default-destination 5000\n voicemail 99\n",
     " default-destination 5000\n!\n", "what the message button dialled"},
    {"call-manager-fallback\n max-ephones 24\n", NULL, "line 1: SCCP telephones cannot register"},
    {"voice class codec 7\n codec preference 1 g711alaw\n no codec preference 2 g729r8\n", "!no codec",
     "as it is here anyway"},
    {"telephony-service\n no after-hours block pattern 1 91\n", "!after-hours", "as it is here anyway"},
    {"voice register dn 3\n number 20\n no preference\n", "!no preference", "as it is here anyway"},
    {"telephony-service\n max-dn 4\n dialplan-pattern 1 4085555... extension-length 4\n",
     "call-manager-fallback\n dialplan-pattern 1", "line 1: SCCP telephones cannot register"},
    {"ephone 1\n mac-address 0011.2233.4455\n button  1:1\n", "!0011",
     "1-3  ignored  ephone 1 (SCCP"},
    {"voice service voip\n sip\n  registrar server expires min 300\n",
     "  registrar server expires max 3600 min 300\n", NULL},
    {"voice service voip\n sip\n  registrar server\n", "  registrar server\n", NULL},
    {"presence\n server 10.6.2.10\n watcher all\n", "presence\n watcher all\n", "this gateway"},

    /* hunt groups */
    {"voice hunt-group 3 parallel\n pilot 5000 secondary 5001\n list 20,30\n",
     "voice hunt-group 3 parallel\n pilot 5000\n list 20, 30\n!\nnum-exp 5001 5000\n", NULL},
    {"voice hunt-group 3 peer\n pilot 5000\n list 20, 30\n timeout 5,10\n", " timeout 5\n",
     "one for all members"},
    {"voice hunt-group 3 peer\n pilot 50\n list 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16\n",
     "14, 15\n", "the final one of this"},
    {"voice hunt-group 3 peer\n pilot 5000\n", "!hunt-group", "refused: voice hunt-group 3: "},
    {"voice hunt-group 3 peer\n pilot 50\n list 20, 30\nephone-hunt 3 sequential\n pilot 51\n "
     "list 21, *, 31\n",
     "voice hunt-group 1003 sequential\n pilot 51\n list 21, 31\n", NULL},

    /* what terminals and log files do */
    {"hostname a\r\n!\r\ndial-peer hunt 2\r\n", "hostname a\ndial-peer hunt 2\n", NULL},
    {"dial-peer voice 1 voip\n session protocol sipv2\n"
     " --More-- \b\b\b\b\b\b\b\b\b\b         \b\b\b\b\b\b\b\b\b incoming called-number 5\nend\n",
     " incoming called-number 5\n", NULL},
    {"dial-peer voice 1 voip\n --More--                session protocol sipv2\n incoming "
     "called-number 5\n",
     " session protocol sipv2\n incoming called-number 5\n", NULL},
    {"dial-peer voice 1 voip\n incoming called-number 5\n--More--  dial-peer hunt 2\n",
     "dial-peer hunt 2\n", NULL},
    {"\x1b[7m --More-- \x1b[m\r\x1b[Khostname a\n", NULL, "1 lines"},
    {"  1 : version 15.2\n  2 : hostname a\n  3 : dial-peer voice 1 voip\n  4 :  incoming "
     "called-number 5\n",
     "hostname a\n!\ndial-peer voice 1 voip\n incoming called-number 5\n", NULL},
    {"dial-peer voice 1 voip\nsession protocol sipv2\nincoming called-number 5\nhostname a\n",
     "dial-peer voice 1 voip\n session protocol sipv2\n incoming called-number 5\n!\nhostname a\n",
     NULL},
    {"banner login @\nhostname no\n@\nhostname yes\n", "!hostname no",
     "1-3  ignored  banner login"},
    {"banner login @\nhostname yes\n", "hostname yes\n", "a banner that never ends"},
    {"banner motd ^Chello^C\nhostname yes\n", "hostname yes\n", "no part of a telephony gateway"},
    {"end\nhostname a\n", "!hostname", "behind the end"},
    {"a#show run\nhostname b\n", "hostname b\n", "said by the console"},
};

static void does_one_thing_at_a_time(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct import_rig_outcome o;
		bool not_there = cases[i].conf && cases[i].conf[0] == '!';

		import_rig_text("x", cases[i].input, strlen(cases[i].input), &o);
		if (o.rc < 0)
			fail_msg("%s: %s", cases[i].input, o.why);
		if (cases[i].conf && !strstr(o.conf, cases[i].conf + not_there) != not_there)
			fail_msg("%s\nexpected%s: %s\ngot: %s", cases[i].input,
				 not_there ? " not" : "", cases[i].conf + not_there, o.conf);
		if (cases[i].report && !strstr(o.report, cases[i].report))
			fail_msg("%s\nexpected: %s\ngot: %s", cases[i].input, cases[i].report,
				 o.report);
		import_rig_assert_loads(&o);
		import_rig_assert_lines(
		    &o, import_rig_count_lines(cases[i].input, strlen(cases[i].input)));
		import_rig_forget(&o);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_the_known_configuration_of_each_router),
	    cmocka_unit_test(says_no_secret),
	    cmocka_unit_test(does_one_thing_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
