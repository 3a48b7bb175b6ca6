// SPDX-License-Identifier: GPL-2.0-or-later
/* Configurations that are written: they read back to the same, and nothing is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/conf_rig.h"

static void reads_back_what_it_writes(void **state)
{
	static const char *const files[] = {
	    "conf/examples/dahdi-bri.conf",	 "conf/examples/dahdi-e1.conf",
	    "conf/examples/e1-callmanager.conf", "conf/examples/nfas.conf",
	    "conf/examples/t1-ni2.conf",	 "conf/examples/branch-office.conf",
	    "conf/examples/itsp-trunk.conf",	 "conf/examples/callmanager-trunk.conf",
	    "conf/examples/srst-site.conf",	 "conf/examples/tandem.conf",
	    "conf/examples/tls-trunk.conf",
	};
	static struct lines first, second;

	for (size_t i = 0; i < COUNT(files); i++) {
		struct conf *conf = NULL, *again;
		char file[512];

		snprintf(file, sizeof(file), "%s/%s", SOURCE_FOLDER, files[i]);
		if (load_path(file, &messages, &conf) < 0)
			fail_msg("%s", messages.text);
		assert_string_equal(messages.text, "");
		write_again(conf, &first);
		again = load_text(first.text);
		assert_string_equal(messages.text, "");
		write_again(again, &second);
		assert_string_equal(first.text, second.text);
		assert_true(first.count > 30);
		conf_free(conf);
		conf_free(again);
	}
}

/* The written text itself, so that a field that is neither read nor written is noticed. */
static void writes_all_that_is_configured(void **state)
{
	static const char *const text =
	    "hostname gw-1\n"
	    "!\n"
	    "controller t1 7\n"
	    " description exchange\n"
	    " shutdown\n"
	    " driver cesopsn listen [::1]:2142 peer [2001:db8::1]:2143\n"
	    " packet frames 16\n"
	    " jitter-buffer packets 5\n"
	    " alarm-time 1000\n"
	    " clock source internal\n"
	    " pri-group timeslots 1-3,5,24\n"
	    "!\n"
	    "interface serial 7:23\n"
	    " isdn switch-type primary-ni\n"
	    " isdn protocol-emulate network\n"
	    " isdn bchan-number-order round-robin\n"
	    " isdn timer t310 20000\n"
	    " isdn overlap-receiving T302 8000\n"
	    " isdn sending-complete\n"
	    " no isdn negotiate-bchan\n"
	    " isdn send-alerting\n"
	    " isdn supp-service calldiversion\n"
	    " isdn map address 011.* plan isdn type unknown\n"
	    " isdn map address 9[2-4]$ plan any type national\n"
	    "!\n"
	    "voice-port 7:D\n"
	    " description front\n"
	    " cptone US\n"
	    " echo-cancel enable\n"
	    " echo-cancel coverage 128\n"
	    " input gain 14\n"
	    " output attenuation -6\n"
	    " timeouts initial 20\n"
	    " timeouts interdigit 5\n"
	    " timeouts interdigit-match 3\n"
	    " shutdown\n"
	    "!\n"
	    "voice service voip\n"
	    " ip address trusted list\n"
	    "  ipv4 10.0.0.1\n"
	    "  ipv4 10.1.0.0 255.255.0.0\n"
	    "  ipv4 0.0.0.0 0.0.0.0\n"
	    "  ipv6 2001:db8::/32\n"
	    " rtp-port range 20000 20999\n"
	    " sip\n"
	    "  bind control address 10.0.0.9\n"
	    "  bind control address ::1\n"
	    "  bind media address 10.0.0.8\n"
	    "  bind media address ::1\n"
	    "  listen-port non-secure 5070\n"
	    "!\n"
	    "dial-peer hunt 3\n"
	    "dial-peer default permit\n"
	    "dial-peer compat empty-ani\n"
	    "dial-peer tie deterministic\n"
	    "no dial-peer outbound status-check pots\n"
	    "dial-peer overlap-safe\n"
	    "dial-peer terminator *\n"
	    "dial-peer voice 5 voip\n"
	    " shutdown\n"
	    " destination-pattern 2...\n"
	    " session target ipv6:[2001:db8::1]:5070\n"
	    " session transport tcp\n"
	    " dtmf-relay rtp-nte\n"
	    " rtp payload-type nte 97\n"
	    " codec g711ulaw g711alaw\n"
	    "!\n"
	    "dial-peer voice 9 pots\n"
	    " description out\n"
	    " preference 2\n"
	    " destination-pattern 9T\n"
	    " incoming called-number .\n"
	    " answer-address 408T\n"
	    " max-conn 12\n"
	    " huntstop\n"
	    " emergency response zone\n"
	    " port 7:D\n"
	    " no digit-strip\n"
	    " forward-digits extra\n"
	    " prefix 9,\n"
	    " no direct-inward-dial\n"
	    "!\n"
	    "sip-ua\n"
	    " no transport udp\n"
	    " transport tcp\n"
	    " session transport tcp\n"
	    " timers trying 250\n"
	    " retry invite 2\n"
	    " cause-map rfc3398\n"
	    "!\n"
	    "logging syslog local3\n"
	    "metrics port 9470 address ::1\n"
	    "!\n"
	    "call threshold 40\n"
	    "call-record file /tmp/calls.csv\n"
	    "call-history-mib max-size 7\n"
	    "!\n"
	    "line vty\n"
	    " bind 0.0.0.0 4000\n"
	    " password secret\n"
	    "end\n";
	static struct lines written;
	struct conf *conf = load_text(text);

	write_again(conf, &written);
	assert_string_equal(written.text, text);
	conf_free(conf);
}

static void writes_all_of_the_link(void **state)
{
	static const char *const links[] = {
	    PRI "interface serial 1:D\n"
		" isdn switch-type primary-net5\n"
		" isdn protocol-emulate user\n"
		" isdn n200 5\n"
		" isdn k 9\n"
		" isdn timer t200 1500\n"
		" isdn timer t203 20000\n"
		" isdn timer t302 9000\n"
		" isdn timer t312 7000\n"
		" isdn restart interval 3600\n"
		" isdn service b_channel 7 state 1\n"
		" isdn service b_channel 1-3,17 state 2\n",
	    BRI "interface bri 1\n"
		" isdn switch-type basic-net3\n"
		" isdn protocol-emulate user\n"
		" isdn answer1 4711\n"
		" isdn answer4 47x2\n"
		" isdn layer2 establish demand\n",
	    BRI "interface bri 1\n"
		" isdn switch-type basic-qsig\n"
		" isdn protocol-emulate network\n"
		" isdn static-tei 0\n"
		" isdn point-to-point-setup\n",
	    T1(1) " clock source line\n"
		  " pri-group timeslots 1-24 nfas_d primary nfas_int 3 nfas_group 7\n"
		  "!\n" T1(2) " clock source line\n"
			      " pri-group timeslots 1-24 nfas_d none nfas_int 4 nfas_group 7\n",
	};
	static struct lines written;

	for (size_t i = 0; i < COUNT(links); i++) {
		struct conf *conf = load_text(links[i]);
		const char *block = strstr(links[i], "interface ");

		if (!block)
			block = strstr(links[i], " pri-group");

		write_again(conf, &written);
		if (!strstr(written.text, block))
			fail_msg("%snot in %s", block, written.text);
		conf_free(conf);
		conf = load_text(written.text);
		write_again(conf, &written);
		if (!strstr(written.text, block))
			fail_msg("%snot in %s", block, written.text);
		conf_free(conf);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_back_what_it_writes),
	    cmocka_unit_test(writes_all_that_is_configured),
	    cmocka_unit_test(writes_all_of_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
