// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files that are wrong: what is said about them, and that nothing else happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "tests/unit/conf_rig.h"
#include "tests/unit/random.h"

struct error_case {
	const char *text, *errors;
};

static const struct error_case error_cases[] = {
    /* words */
    {"foo\n",
     "1: unknown word 'foo': expected hostname, no, controller, trunk, interface, voice-port, "
     "voice, dial-peer, voip-incoming, num-exp, emergency, sip-ua, presence, location, ip, "
     "expect, logging, metrics, call, ...\n"},
    {"hostnam gw\n", "1: unknown word 'hostnam': did you mean 'hostname'?\n"},
    {"hostname\n", "1: incomplete: expected NAME\n"},
    {"hostname a b\n", "1: unexpected 'b': expected the end of the line\n"},
    {"hostname -x\n", "1: hostname -x: expected letters, digits, - _ and .\n"},
    {"hostname gw ! mine\n", "1: a comment stands on a line of its own\n"},
    {"controller e2 1\n", "1: unknown word 'e2': did you mean 'e1'?\n"},
    {"port 1:D\n", "1: 'port' does not belong here but under dial-peer voice TAG pots\n"},
    {"show version\n", "1: 'show' is a command of the console, not of the configuration\n"},
    {"write file\n", "1: 'write' is a command of the console, not of the configuration\n"},
    {"end\nhostname x\n", "2: nothing may follow 'end'\n"},
    /* indentation */
    {" hostname x\nhostname y\n",
     "1: the indentation fits no line above: expected the lines of a block below its first "
     "line, all indented alike\n"},
    {"sip-ua\n transport udp\n   transport tcp\n   transport tcp\n cause-map cisco\n",
     "3: the indentation fits no line above: expected the lines of a block below its first "
     "line, all indented alike\n"},
    /* a refused block takes its lines with it */
    {"voice-prt 1:D\n cptone XX\n foo\nhostnam x\n",
     "1: unknown word 'voice-prt': did you mean 'voice-port'?\n"
     "4: unknown word 'hostnam': did you mean 'hostname'?\n"},
    /* controller */
    {"controller e1 0/1\n", "1: controller 0/1: expected a number from 1 to 128\n"},
    {"controller e1 129\n", "1: controller 129: expected a number from 1 to 128\n"},
    {"controller e1 1\n",
     "1: controller 1 has no driver: expected below it driver dahdi, or driver cesopsn listen "
     "ADDRESS:PORT peer ADDRESS:PORT\n"},
    {"controller e1 1\n driver dahdi span 0\n",
     "2: driver dahdi span 0: expected a number from 1 to 128\n"},
    {"controller e1 1\n driver dahdi\n packet frames 40\n",
     "1: controller 1: packet, jitter-buffer and alarm-time are for driver cesopsn: leave them "
     "out\n"},
    {"controller e1 1\n driver dahdi span 2\ncontroller e1 2\n driver dahdi\n",
     "3: controller 2 uses DAHDI span 2 as controller 1 does: expected driver dahdi span NUMBER "
     "with another one\n"},
    {"controller e1 1\n driver cesopsn listen 1.2.3.4 peer 1.2.3.5:1\n",
     "2: listen 1.2.3.4: expected ADDRESS:PORT as in 192.0.2.1:2142 or [2001:db8::1]:2142\n"},
    {"controller e1 1\n driver cesopsn listen 1.2.3.4:1 peer 1.2.3.5:70000\n",
     "2: peer 1.2.3.5:70000: expected ADDRESS:PORT as in 192.0.2.1:2142 or "
     "[2001:db8::1]:2142\n"},
    {"controller e1 1\n driver cesopsn listen 1.2.3.4:1 peer [::1]:1\n",
     "2: listen and peer must both be IPv4 or both be IPv6\n"},
    {"controller e1 1\n driver cesopsn listen 1.2.3.4:1 peer 1.2.3.4:1\n",
     "2: listen and peer are the same address\n"},
    {E1 "controller t1 1\n", "3: controller 1 is configured already on line 1\n"},
    {E1 "controller e1 2\n driver cesopsn listen 127.0.0.1:2142 peer 127.0.0.1:9\n",
     "3: controller 2 listens on 127.0.0.1:2142 as controller 1 does: expected a port of its "
     "own\n"},
    {E1 "controller e1 2\n driver cesopsn listen 0.0.0.0:2142 peer 127.0.0.1:9\n",
     "3: controller 2 listens on 0.0.0.0:2142 as controller 1 does: expected a port of its "
     "own\n"},
    {"controller e1 1\n driver cesopsn listen 0.0.0.0:7 peer 127.0.0.1:9\n"
     "controller e1 2\n driver cesopsn listen 127.0.0.1:7 peer 127.0.0.1:9\n",
     "3: controller 2 listens on 127.0.0.1:7 as controller 1 does: expected a port of its own\n"},
    {E1 " packet frames 65\n", "3: packet frames 65: expected a number from 1 to 64\n"},
    {E1 " packet frames -1\n", "3: packet frames -1: expected a number from 1 to 64\n"},
    {E1 " pri-group timeslots 1-32\n",
     "3: pri-group timeslots 1-32: expected timeslots 1 to 31 as in \"1-31\" or "
     "\"1-10,31\"\n"},
    {"controller t1 1\n pri-group timeslots 1-25\n",
     "2: pri-group timeslots 1-25: expected timeslots 1 to 24 as in \"1-24\" or "
     "\"1-10,24\"\n"},
    {E1 " pri-group timeslots 9-3\n",
     "3: pri-group timeslots 9-3: expected timeslots 1 to 31 as in \"1-31\" or "
     "\"1-10,31\"\n"},
    {E1 " pri-group timeslots 16\n",
     "3: pri-group timeslots 16: no B channel is left beside the D channel in timeslot 16\n"},
    /* interface, voice-port */
    {"interface serial 1:D\n", "1: interface serial 1:D: there is no controller 1\n"},
    {E1 "interface serial 1:D\n", "3: interface serial 1:D: controller 1 has no pri-group\n"},
    {PRI "interface serial 1:23\n",
     "4: interface serial 1:23: the D channel of E1 controller 1 is 1:D or 1:15\n"},
    {PRI "interface serial 1:D\n isdn switch-type primary-ni\n isdn supp-service mcid\n",
     "6: isdn supp-service mcid: primary-ni has no such service on the user side\n"},
    {PRI "interface serial 1:D\n isdn switch-type primary-ni\n isdn supp-service ccbs\n",
     "6: isdn supp-service ccbs: primary-ni has no such service on the user side\n"},
    {PRI "interface serial 1:D\n isdn protocol-emulate network\n isdn supp-service aoc\n",
     "6: isdn supp-service aoc: primary-net5 has no such service on the network side\n"},
    {PRI "interface serial 1:D\ninterface serial 1:15\n",
     "5: interface serial 1:15 is configured already on line 4\n"},
    {PRI "interface serial 1\n",
     "4: interface serial 1: expected N:D (or N:15 of an E1, N:23 of a T1)\n"},
    {PRI "interface serial 1:D\n isdn switch-type primary-net6\n",
     "5: isdn switch-type primary-net6: expected primary-net5, primary-ni, primary-dms100, "
     "primary-4ess, primary-5ess, primary-qsig\n"},
    {PRI "interface serial 1:D\n isdn overlap-receiving t303 5000\n",
     "5: isdn overlap-receiving t303: expected T302\n"},
    {PRI "interface serial 1:D\n isdn map address 0( plan isdn type national\n",
     "5: isdn map address 0(: character 2: the group has no ')'\n"},
    {PRI "interface serial 1:D\n isdn map address 00 plan foo type national\n",
     "5: isdn map address plan foo: expected any, unknown, isdn, data, telex, national, private, "
     "ermes or reserved\n"},
    {PRI "interface serial 1:D\n isdn map address 00 plan isdn type foo\n",
     "5: isdn map address type foo: expected any, unknown, international, national, network, "
     "subscriber, abbreviated or reserved\n"},
    {PRI "interface serial 1:D\n no isdn map address 00\n",
     "5: no isdn map address 00: there is none\n"},
    {PRI "interface serial 1:D\n isdn timer t302 5\n",
     "5: isdn timer 5: expected a number from 100 to 3600000\n"},
    {PRI "interface serial 1:D\n isdn timer t307 5000\n",
     "5: isdn timer t307: expected t200, t203, t301 to t306, t308, t309, t310, t312, t313 or "
     "t316\n"},
    {PRI "interface serial 1:D\n isdn service b_channel 1-40 state 2\n",
     "5: isdn service b_channel 1-40: expected timeslots 1 to 31 as in \"1-31\" or "
     "\"1-10,31\"\n"},
    {PRI "interface serial 1:D\n isdn restart interval 5\n",
     "5: isdn restart interval 5: expected a number from 60 to 604800\n"},
    {PRI "interface serial 1:D\n isdn layer2 establish demand\n",
     "4: isdn layer2 establish demand is for a point to multipoint interface bri: layer 2 of a "
     "point to point line is always kept up\n"},
    {PRI "interface serial 1:D\n isdn static-tei 0\n",
     "4: isdn static-tei and point-to-point-setup are for interface bri: a primary rate is always "
     "point to point\n"},
    {PRI "interface serial 1:D\n isdn answer1 4711\n",
     "4: isdn answer1 is for the user side of a point to multipoint interface bri\n"},
    {PRI "interface bri 1\n",
     "4: interface bri: controller 1 is no basic rate: expected interface serial\n"},
    {T1(1) " pri-group timeslots 1-24 nfas_d backup nfas_int 0 nfas_group 1\n",
     "1: controller 1: nfas_group 1 has no primary: expected nfas_d primary on one of its "
     "controllers\n"},
    {T1(1) " pri-group timeslots 1-24 nfas_d primary nfas_int 0 nfas_group 1\n" T1(
	 2) " pri-group timeslots 1-24 nfas_d primary nfas_int 0 nfas_group 1\n",
     "4: controller 2: nfas_int 0 is that of controller 1 already\n"
     "4: controller 2: nfas_d primary is controller 1 already\n"},
    {T1(1) " pri-group timeslots 1-24 nfas_d primary nfas_int 0 nfas_group 1\n" T1(
	 2) " pri-group timeslots 1-24 nfas_d none nfas_int 1 nfas_group 1\ninterface serial 2:D\n",
     "7: interface serial 2:D: the D channel of nfas_group 1 is that of its primary controller\n"},
    {T1(1) " pri-group timeslots 1-24 nfas_d primary nfas_int 32 nfas_group 1\n",
     "3: nfas_int 32: expected a number from 0 to 31\n"},
    {BRI "interface serial 1:D\n",
     "3: interface serial: controller 1 is no primary rate: expected interface bri\n"},
    {BRI "interface bri x\n", "3: interface bri x: expected the number of a controller bri\n"},
    {BRI "interface bri 1\n isdn switch-type primary-net5\n",
     "4: isdn switch-type primary-net5: expected basic-net3, basic-qsig\n"},
    {BRI "interface bri 1\n isdn answer1 47-11\n",
     "4: isdn answer1 47-11: expected up to 24 digits, x for any digit\n"},
    {BRI " pri-group timeslots 1-2\n",
     "3: pri-group: a basic rate has two B channels, nothing needs to be said of them\n"},
    {"voice-port 2:D\n", "1: voice-port 2:D: there is no controller 2\n"},
    {PRI "voice-port 1:D\n cptone XX\n",
     "5: cptone XX: expected a country whose tones are known, as in GB, DE or US\n"},
    {PRI "voice-port 1:D\n timeouts interdigit 0\n timeouts initial 121\n"
	 " timeouts interdigit-match x\ndial-peer terminator ##\n",
     "5: timeouts interdigit 0: expected a number from 1 to 120\n"
     "6: timeouts initial 121: expected a number from 1 to 120\n"
     "7: timeouts interdigit-match x: expected a number from 1 to 120\n"
     "8: dial-peer terminator ##: expected one of 0-9, *, #, A-D\n"},
    {PRI "voice-port 1:D\n echo-cancel coverage 65\n input gain 15\n output attenuation -7\n"
	 " input gain loud\n",
     "5: echo-cancel coverage 65: expected 8, 16, 24, 32, 48, 64, 80, 96, 112 or 128 (ms)\n"
     "6: input gain 15: expected -6 to 14 (dB)\n"
     "7: output attenuation -7: expected -6 to 14 (dB)\n"
     "8: input gain loud: expected -6 to 14 (dB)\n"},
    /* dial peers */
    {"dial-peer voice 0 pots\n foo\n",
     "1: dial-peer voice 0: expected a number from 1 to 2147483647\n"
     "2: unknown word 'foo': expected destination-pattern, incoming, no, answer-address, "
     "description, preference, max-conn, huntstop, emergency, shutdown, destination, carrier-id, "
     "corlist, translation-profile, ...\n"},
    {"dial-peer voice 1 pots\n incoming called-number .\ndial-peer voice 1 voip\n"
     " incoming called-number .\n",
     "3: dial-peer voice 1 is configured already on line 1\n"},
    {"dial-peer voice 1 pots\n destination-pattern [12\n",
     "2: destination-pattern [12: character 4: the set has no ']'\n"},
    {"dial-peer voice 1 pots\n destination-pattern 9T\n port 2:D\n",
     "1: dial-peer voice 1: port 2:D: there is no controller 2\n"},
    {E1 "dial-peer voice 1 pots\n destination-pattern 9T\n port 1:D\n",
     "3: dial-peer voice 1: port 1:D: controller 1 has no pri-group\n"},
    {"dial-peer voice 1 pots\n incoming called-number .\n port 1/1\n",
     "3: port 1/1: expected the D channel of a controller as in 1:D; this release has no "
     "analogue ports\n"},
    {"dial-peer voice 1 pots\n session target ipv4:1.2.3.4\n",
     "2: 'session' does not belong here but under dial-peer voice TAG voip\n"},
    {"dial-peer voice 1 voip\n session target 1.2.3.4\n",
     "2: session target 1.2.3.4: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
     "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n"},
    {"dial-peer voice 1 voip\n session target ipv4:host.example\n",
     "2: session target ipv4:host.example: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
     "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n"},
    {"dial-peer voice 1 voip\n session target ipv6:::1\n",
     "2: session target ipv6:::1: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
     "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n"},
    {"dial-peer voice 1 voip\n session target dns:a..b\n",
     "2: session target dns:a..b: expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
     "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n"},
    {"dial-peer voice 1 voip\n codec g729\n",
     "2: codec g729: expected g711ulaw, g711alaw or clear-channel\n"},
    {"dial-peer voice 1 voip\n session transport tls\n",
     "2: unknown word 'tls': expected udp, tcp, system\n"},
    {"dial-peer voice 1 voip\n preference 11\n",
     "2: preference 11: expected a number from 0 to 10\n"},
    {"dial-peer voice 1 pots\n prefix 9x\n", "2: prefix 9x: expected digits, * # A-D and commas\n"},
    {"dial-peer voice 1 pots\n forward-digits some\n",
     "2: forward-digits some: expected a number, all or extra\n"},
    {"dial-peer voice 1 pots\n description aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaa\n",
     "2: the text has 65 characters, at most 64 are allowed\n"},
    {"dial-peer hunt 8\n", "1: dial-peer hunt 8: expected a number from 0 to 7\n"},
    /* voice service voip */
    {"voice service voip\n rtp-port range 16385 16400\n",
     "2: rtp-port range 16385 16400: expected an even first port (RTP), the next one is "
     "RTCP\n"},
    {"voice service voip\n rtp-port range 16384 16384\n",
     "2: rtp-port range 16384 16384: a call needs two ports, expected a last port of 16385 or "
     "more\n"},
    {"voice service voip\n ip address trusted list\n  ipv4 10.0.0.0 255.0.255.0\n",
     "3: ipv4 10.0.0.0 255.0.255.0: expected a mask as in 255.255.255.0\n"},
    {"voice service voip\n ip address trusted list\n  ipv6 2001:db8::/129\n",
     "3: ipv6 2001:db8::/129: expected a prefix length from 0 to 128\n"},
    {"voice service voip\n sip\n  bind control address eth0\n",
     "3: bind control address eth0: expected an IPv4 or IPv6 address\n"},
    /* telemetry */
    {"logging syslog kern\n",
     "1: logging syslog kern: expected daemon, user or local0 to local7\n"},
    {"metrics port 0\n", "1: metrics port 0: expected a number from 1 to 65535\n"},
    {"metrics port 9470 address 10.0.0.1\n",
     "1: metrics port 9470 address 10.0.0.1: expected 127.0.0.1 or ::1; who collects from "
     "elsewhere needs a proxy on this machine\n"},
    /* sip-ua, line */
    {"sip-ua\n no transport udp\n no transport tcp\n",
     "1: sip-ua has neither transport udp, transport tcp nor transport tcp tls left\n"},
    {"sip-ua\n no transport udp\n",
     "1: session transport is udp: expected no 'no transport udp' with it\n"},
    {"line vty\n bind 10.0.0.1\n",
     "2: bind 10.0.0.1: a console that others can reach needs a password below line vty\n"},
    {"call-record file calls.csv\n", "1: call-record file calls.csv: expected an absolute path\n"},
    /* what seems to be missing may stand in a refused line */
    {"controler e1 1\n pri-group timeslots 1-31\ninterface serial 1:D\ndial-peer voice 1 pots\n"
     " destination-pattern 9T\n port 1:D\n",
     "1: unknown word 'controler': did you mean 'controller'?\n"},
    {"controller e1 1\n drivr cesopsn\n pri-group timeslots 1-31\n",
     "2: unknown word 'drivr': did you mean 'driver'?\n"},
};

static void says_what_is_wrong_and_where(void **state)
{
	for (size_t i = 0; i < COUNT(error_cases); i++) {
		const struct error_case *c = &error_cases[i];
		struct conf *conf = NULL;

		if (load_bytes(c->text, strlen(c->text), &messages, &conf) != -EINVAL)
			fail_msg("accepted: %s", c->text);
		assert_null(conf);
		if (strcmp(messages.text, c->errors) != 0)
			fail_msg("%s: %snot: %s", c->text, messages.text, c->errors);
	}
}

static void warns_and_goes_on(void **state)
{
	struct conf *conf = load_text("dial-peer voice 1 pots\n destination-pattern 9T\n" PRI
				      "voice service voip\n rtp-port range 20000 20019\n");

	assert_string_equal(messages.text, "1: warning: dial-peer voice 1 is down: no port\n"
					   "7: warning: rtp-port range has ports for 10 calls, the "
					   "controllers have 30 B channels\n");
	conf_free(conf);
}

static void lists_errors_in_order_of_lines(void **state)
{
	struct conf *conf = NULL;
	const char *text = "dial-peer voice 7 pots\n"
			   " destination-pattern 1\n"
			   " port 3:D\n"
			   "hostname gw\n"
			   "dial-peer voice 5 pots\n"
			   " destination-pattern (1\n"
			   "interface serial 4:D\n"
			   "dial-peer hunt x\n";

	assert_int_equal(load_bytes(text, strlen(text), &messages, &conf), -EINVAL);
	assert_string_equal(messages.text,
			    "1: dial-peer voice 7: port 3:D: there is no controller 3\n"
			    "6: destination-pattern (1: character 1: the group has no ')'\n"
			    "7: interface serial 4:D: there is no controller 4\n"
			    "8: dial-peer hunt x: expected a number from 0 to 7\n");
}

static void stops_after_fifty_errors(void **state)
{
	char text[20000] = "";
	struct conf *conf = NULL;

	for (unsigned i = 0; i < 200; i++)
		strcat(text, "wrong line\n");
	assert_int_equal(load_bytes(text, strlen(text), &messages, &conf), -EINVAL);
	assert_int_equal(messages.count, LOAD_ERRORS_MAX + 1);
	assert_non_null(strstr(messages.text, "\n50: unknown word 'wrong'"));
	assert_null(strstr(messages.text, "\n51:"));
	assert_non_null(strstr(messages.text, "more than 50 errors, the rest is not listed"));
}

static void says_why_a_file_cannot_be_read(void **state)
{
	struct conf *conf = NULL;

	memset(&messages, 0, sizeof(messages));
	assert_int_equal(load_file(ctx, "/nonexistent.conf", keep_line, &messages, &conf), -ENOENT);
	assert_string_equal(messages.text,
			    "/nonexistent.conf: cannot be read: No such file or directory\n");
	memset(&messages, 0, sizeof(messages));
	assert_int_equal(load_file(ctx, "/tmp", keep_line, &messages, &conf), -EISDIR);
	assert_string_equal(messages.text, "/tmp: cannot be read: Is a directory\n");
}

/* ---- hostile files */

static void refuses_what_is_no_text(void **state)
{
	static const char nul[] = "hostname gw\0x\nhostname b\n";
	static const char escape[] = "hostname \033[2J\n";
	char *line = malloc(100001);
	struct conf *conf = NULL;

	assert_int_equal(load_bytes(nul, sizeof(nul) - 1, &messages, &conf), -EINVAL);
	assert_string_equal(messages.text,
			    "1: byte 0x00 in column 12: expected a file of printable text\n");
	assert_int_equal(load_bytes(escape, sizeof(escape) - 1, &messages, &conf), -EINVAL);
	assert_string_equal(messages.text,
			    "1: byte 0x1b in column 10: expected a file of printable text\n");
	memset(line, 'a', 100000);
	line[100000] = '\n';
	assert_int_equal(load_bytes(line, 100001, &messages, &conf), -EINVAL);
	assert_string_equal(messages.text,
			    "1: the line has 100000 characters, at most 500 are allowed\n");
	free(line);
	/* line ends of other systems are fine, and so is a last line without one */
	conf = load_text("hostname gw\r\nsip-ua\r\n cause-map cisco\r\nhostname last");
	assert_string_equal(conf->hostname, "last");
	conf_free(conf);
}

/* Lines of a right file with bytes changed, lines dropped, doubled and indented at will. */
static void survives_any_bytes(void **state)
{
	static const char *const words[] = {"controller e1 ",
					    "dial-peer voice ",
					    " port ",
					    "1:D",
					    "\n",
					    "\n ",
					    "  ",
					    " pots",
					    " voip",
					    "9T",
					    "no ",
					    " session target ",
					    "ipv4:1.2.3.4",
					    "line vty\n",
					    "sip-ua\n",
					    "sip\n",
					    "end\n",
					    "exit\n",
					    "\t",
					    "voice service voip\n",
					    " ip address trusted list",
					    "ipv4 ",
					    "!",
					    "#",
					    "[",
					    "(",
					    "\xff",
					    "list\n",
					    "isdn timer "};
	static char text[4096];
	unsigned accepted = 0;

	for (unsigned n = 0; n < 1500; n++) {
		struct conf *conf = NULL;
		size_t length = 0;

		for (unsigned i = 0, count = random_below(60); i < count; i++) {
			if (n % 4 == 0) {
				text[length++] = random_below(256);
				continue;
			}
			length += sprintf(text + length, "%s", words[random_below(COUNT(words))]);
		}
		if (load_bytes(text, length, &messages, &conf) == 0) {
			accepted++;
			conf_free(conf);
		} else {
			assert_true(messages.count > 0 &&
				    messages.count <= LOAD_ERRORS_MAX * 5 + 1);
		}
	}
	assert_true(accepted > 5);
}

static void reads_twenty_thousand_peers_fast(void **state)
{
	FILE *file = fopen(path, "w");
	struct conf *conf = NULL;
	clock_t begin;

	for (unsigned i = 20000; i > 0; i--)
		fprintf(file,
			"dial-peer voice %u voip\n destination-pattern %u...\n"
			" session target ipv4:192.0.2.1\n dtmf-relay rtp-nte\n",
			i, 10000 + i);
	fclose(file);
	memset(&messages, 0, sizeof(messages));
	begin = clock();
	assert_int_equal(load_file(ctx, path, keep_error, &messages, &conf), 0);
	print_message("20000 peers read in %.2f s\n", (double)(clock() - begin) / CLOCKS_PER_SEC);
	assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
	assert_int_equal(llist_first_entry(&conf->peers, struct conf_peer, entry)->peer.tag, 1);
	conf_free(conf);
}

static void leaves_no_memory_behind(void **state)
{
	size_t before = talloc_total_blocks(ctx);
	size_t before_vty = talloc_total_blocks(tall_vty_ctx);
	struct conf *conf;

	for (unsigned i = 0; i < 20; i++) {
		conf = load_text(PRI "voice-port 1:D\n cptone GB\nsip-ua\n cause-map cisco\n");
		conf_free(conf);
		assert_int_equal(load_bytes("foo\nsip-ua\n   x\n y\n", 20, &messages, &conf),
				 -EINVAL);
	}
	assert_int_equal(talloc_total_blocks(ctx), before);
	assert_int_equal(talloc_total_blocks(tall_vty_ctx), before_vty);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_what_is_wrong_and_where),
	    cmocka_unit_test(warns_and_goes_on),
	    cmocka_unit_test(lists_errors_in_order_of_lines),
	    cmocka_unit_test(stops_after_fifty_errors),
	    cmocka_unit_test(says_why_a_file_cannot_be_read),
	    cmocka_unit_test(refuses_what_is_no_text),
	    cmocka_unit_test(survives_any_bytes),
	    cmocka_unit_test(reads_twenty_thousand_peers_fast),
	    cmocka_unit_test(leaves_no_memory_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
