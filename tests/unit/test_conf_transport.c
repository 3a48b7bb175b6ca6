// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses, transports and TLS in the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "dialplan/sip_options.h"
#include "tests/unit/conf_rig.h"

static const char everything[] =
    "voice service voip\n"
    " sip\n"
    "  bind control address 127.0.0.1\n"
    "  bind control address 127.0.0.2\n"
    "  bind control address ::1\n"
    "  bind media address 127.0.0.1\n"
    "  bind media address ::1\n"
    "  listen-port non-secure 5070\n"
    "  listen-port secure 5071\n"
    "  external-address 203.0.113.1\n"
    "  no transport switch udp tcp\n"
    "!\n"
    "dial-peer voice 1 voip\n"
    " incoming called-number .\n"
    " session transport tcp tls\n"
    " voice-class sip tenant 7\n"
    " voice-class sip bind control source-interface lo\n"
    " voice-class sip bind media address 127.0.0.9\n"
    " voice-class sip external-address 2001:db8::5 port 5099\n"
    " voice-class sip external-address media 203.0.113.9\n"
    " voice-class sip transport switch udp tcp\n"
    " voice-class sip tls-profile 2\n"
    "!\n"
    "sip-ua\n"
    " transport udp\n"
    " no transport tcp\n"
    " transport tcp tls v1.3\n"
    " session transport tcp tls\n"
    " crypto signaling default tls-profile 1\n"
    " crypto signaling remote-addr 192.0.2.0 255.255.255.0 tls-profile 2\n"
    " crypto signaling remote-addr 2001:db8:: /32 tls-profile 2\n"
    " timers connection aging 7\n"
    " timers connection establish 8\n"
    " keepalive crlf 9\n"
    " connection limit total 10\n"
    " connection limit source 11\n"
    "!\n"
    "voice class tenant 7\n"
    " bind control address 127.0.0.3\n"
    " bind control address ::1\n"
    " external-address 203.0.113.7 port 5077\n"
    " no transport switch udp tcp\n"
    " tls-profile 1\n"
    "!\n"
    "voice class tls-profile 1\n"
    " description own\n"
    " certificate /c\n"
    " private-key /k\n"
    " ca /a\n"
    " client-verify\n"
    " cn-san validate bidirectional\n"
    " cn-san 1 a.example\n"
    " cn-san 10 b.example\n"
    "!\n"
    "voice class tls-profile 2\n"
    "!\n";

static void writes_what_it_reads(void **state)
{
	static struct lines first, second;
	struct conf *conf = load_text(everything), *again;
	const char *line = everything;
	char text[128];

	write_again(conf, &first);
	again = load_text(first.text);
	write_again(again, &second);
	assert_string_equal(first.text, second.text);
	for (; *line; line += strcspn(line, "\n") + 1) {
		snprintf(text, sizeof(text), "%.*s\n", (int)strcspn(line, "\n"), line);
		if (!strstr(first.text, text))
			fail_msg("not written: %s", text);
	}
	conf_free(conf);
	conf_free(again);
}

static const struct sockaddr_storage *place(const struct conf *conf, unsigned number)
{
	assert_true(number > 0 && number <= conf->sip.addresses_count);
	return &conf->sip.places[number - 1];
}

static uint32_t octets4(const struct sockaddr_storage *address)
{
	assert_int_equal(address->ss_family, AF_INET);
	return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
}

static void the_user_agent_gets_addresses_by_their_places(void **state)
{
	struct conf *conf = load_text(everything);
	const struct conf_tenant *tenant =
	    llist_first_entry(&conf->tenant_blocks, struct conf_tenant, head.entry);
	const struct conf_peer *peer = llist_first_entry(&conf->peers, struct conf_peer, entry);
	struct sip_options options = peer->peer.sip;
	struct sockaddr_storage control[16];

	assert_int_equal(octets4(place(conf, tenant->tenant.options.bind_control4)), 0x7f000003);
	assert_int_equal(octets4(place(conf, options.bind_control4)), 0x7f000001); /* lo */
	assert_int_equal(octets4(place(conf, options.external_media)), 0xcb007109);
	sip_options_inherit(&options, &tenant->tenant.options);
	assert_int_equal(place(conf, options.bind_control6)->ss_family, AF_INET6);
	assert_int_equal(options.large_by_tcp, SIP_SWITCH_ON);
	assert_int_equal(options.tls_profile, 2);
	/* once each: 127.0.0.1, 127.0.0.2, ::1, 127.0.0.3 */
	assert_int_equal(conf_sip_control(conf, control, 16), 4);
	assert_int_equal(conf->sip.tls.profiles_count, 2);
	assert_int_equal(conf->sip.tls.profiles[0].validate, TLS_VALIDATE_BIDIRECTIONAL);
	assert_int_equal(conf->sip.tls.remotes[1].prefix, 32);
	conf_free(conf);
}

static void no_takes_each_of_them_back(void **state)
{
	static struct lines written, expected;
	struct conf *conf = load_text(
	    "voice service voip\n sip\n  listen-port secure 1\n  no listen-port secure\n"
	    "  bind control source-interface lo\n  no bind control\n"
	    "  external-address 1.2.3.4\n  no external-address\n"
	    "voice class tenant 7\n bind control address 1.1.1.1\n no bind control\n"
	    " bind media address 1.1.1.1\n no bind media\n tls-profile 1\n no tls-profile\n"
	    "voice class tls-profile 1\n certificate /c\n no certificate\n ca /a\n no ca\n"
	    " client-verify\n no client-verify\n cn-san validate none\n no cn-san validate\n"
	    " cn-san 1 a\n no cn-san 1\n"
	    "dial-peer voice 1 voip\n incoming called-number .\n"
	    " voice-class sip bind control address 1.1.1.1\n no voice-class sip bind control\n"
	    " voice-class sip external-address 1.1.1.1\n no voice-class sip external-address\n"
	    " voice-class sip tls-profile 1\n no voice-class sip tls-profile\n"
	    "sip-ua\n transport tcp tls\n no transport tcp tls\n"
	    " crypto signaling default tls-profile 1\n no crypto signaling default\n"
	    " crypto signaling remote-addr 1.1.1.1 /32 tls-profile 1\n"
	    " no crypto signaling remote-addr\n"
	    " timers connection aging 7\n no timers connection aging\n"
	    " timers connection establish 7\n no timers connection establish\n"
	    " keepalive crlf 9\n no keepalive crlf\n connection limit total 10\n"
	    " no connection limit total\n connection limit source 11\n"
	    " no connection limit source\n");
	struct conf *plain = load_text("voice class tenant 7\nvoice class tls-profile 1\n"
				       "dial-peer voice 1 voip\n incoming called-number .\n");

	write_again(conf, &written);
	write_again(plain, &expected);
	assert_string_equal(written.text, expected.text);
	conf_free(conf);
	conf_free(plain);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *errors;
	} rows[] = {
	    {"sip-ua\n transport tcp tls\n", "2: transport tcp tls: expected crypto signaling "
					     "default tls-profile N, which says who "
					     "we are there\n"},
	    {"sip-ua\n session transport tcp tls\n",
	     "1: session transport is tcp tls: expected 'transport tcp tls' with it\n"},
	    {"sip-ua\n crypto signaling default tls-profile 3\n",
	     "2: sip-ua: crypto signaling default 3: there is no voice class tls-profile 3\n"},
	    {"sip-ua\n crypto signaling remote-addr 1.2.3.4 255.0.255.0 tls-profile 3\n",
	     "2: crypto signaling remote-addr 1.2.3.4 255.0.255.0: expected a mask as in "
	     "255.255.255.0, or /64\n"},
	    {"sip-ua\n crypto signaling remote-addr 1.2.3.4 /33 tls-profile 3\n",
	     "2: crypto signaling remote-addr 1.2.3.4 /33: expected a mask as in 255.255.255.0, or "
	     "/64\n"},
	    {"dial-peer voice 1 voip\n incoming called-number .\n session transport tcp tls\n",
	     "1: dial-peer voice 1: session transport tcp tls, which sip-ua has switched off\n"},
	    {"voice class tenant 7\n tls-profile 9\n",
	     "1: voice class tenant 7: tls-profile 9: there is no voice class tls-profile 9\n"},
	    {"voice service voip\n sip\n  bind control source-interface nowhere0\n",
	     "3: bind control source-interface nowhere0: this machine has no such interface, or it "
	     "has no address\n"},
	    {"voice class tenant 7\n bind media address 0.0.0.0\n",
	     "2: bind media address 0.0.0.0: expected one address\n"},
	    {"voice class tenant 7\n external-address here\n",
	     "2: external-address here: expected an IPv4 or IPv6 address\n"},
	    {"voice class tls-profile 1\n certificate own.pem\n",
	     "2: certificate own.pem: expected an absolute path\n"},
	    {"voice class tls-profile 1\n private-key /k\n",
	     "1: voice class tls-profile 1 has a private-key: expected its certificate\n"},
	    {"voice class tls-profile 1\n client-verify\n",
	     "1: voice class tls-profile 1 has client-verify: expected a ca that says whom to "
	     "believe\n"},
	    {"voice class tls-profile 1\n cn-san validate client\n",
	     "1: voice class tls-profile 1 has cn-san validate client: expected client-verify and "
	     "the names of callers (cn-san 1 ...)\n"},
	    {"voice class tls-profile 1\n cn-san 1 *.example\n",
	     "2: cn-san 1 *.example: expected a whole name: wildcards are not allowed in SIP (RFC "
	     "5922)\n"},
	    {"sip-ua\n keepalive crlf 0\n",
	     "2: keepalive crlf 0: expected a number from 1 to 3600\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;

		if (load_bytes(rows[i].text, strlen(rows[i].text), &messages, &conf) == 0) {
			conf_free(conf);
			fail_msg("accepted: %s", rows[i].text);
		}
		assert_string_equal(messages.text, rows[i].errors);
	}
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_it_reads),
	    cmocka_unit_test(the_user_agent_gets_addresses_by_their_places),
	    cmocka_unit_test(no_takes_each_of_them_back),
	    cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
