// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of the SIP side that need no user agent: targets, trust, identities, offer and answer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/identity.h"
#include "gateway/sip/offer.h"
#include "gateway/sip/target.h"
#include "gateway/sip/trust.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* ---- target */

static void reads_session_targets(void **state)
{
	static const struct {
		const char *text, *host, *hostport, *address;
		unsigned port;
		int family;
	} rows[] = {
	    {"ipv4:10.6.2.10", "10.6.2.10", "10.6.2.10", "10.6.2.10:5060", 0, AF_INET},
	    {"ipv4:10.6.2.10:5062", "10.6.2.10", "10.6.2.10:5062", "10.6.2.10:5062", 5062, AF_INET},
	    {"ipv6:[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060", 0,
	     AF_INET6},
	    {"ipv6:[2001:db8::1]:5062", "2001:db8::1", "[2001:db8::1]:5062", "[2001:db8::1]:5062",
	     5062, AF_INET6},
	    {"ipv6:2001:db8::1", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060", 0, AF_INET6},
	    {"dns:sip.example.com", "sip.example.com", "sip.example.com", NULL, 0, AF_UNSPEC},
	    {"dns:sip.example.com:5070", "sip.example.com", "sip.example.com:5070", NULL, 5070,
	     AF_UNSPEC},
	};
	struct target target;
	char text[300];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(target_parse(rows[i].text, PEER_TRANSPORT_SYSTEM, &target), 0);
		assert_string_equal(target.host, rows[i].host);
		assert_int_equal(target.port, rows[i].port);
		/* only of a name without port the DNS may say it */
		assert_int_equal(target.transport, rows[i].family == AF_UNSPEC && !rows[i].port
						       ? PEER_TRANSPORT_SYSTEM
						       : PEER_TRANSPORT_UDP);
		assert_int_equal(target.address.ss_family, rows[i].family);
		target_hostport(&target, text, sizeof(text));
		assert_string_equal(text, rows[i].hostport);
		if (!rows[i].address)
			continue;
		target_address_text((struct sockaddr *)&target.address, text, sizeof(text));
		assert_string_equal(text, rows[i].address);
	}
	assert_int_equal(target_parse("ipv4:1.2.3.4", PEER_TRANSPORT_TCP, &target), 0);
	assert_int_equal(target.transport, PEER_TRANSPORT_TCP);
}

static void refuses_bad_session_targets(void **state)
{
	static const char *const rows[] = {
	    "",
	    "10.6.2.10",
	    "ipv4:",
	    "ipv4:10.6.2",
	    "ipv4:10.6.2.300",
	    "ipv4:::1",
	    "ipv4:1.2.3.4:0",
	    "ipv4:1.2.3.4:65536",
	    "ipv4:1.2.3.4:",
	    "ipv4:1.2.3.4:5o",
	    "ipv4:1.2.3.4 ",
	    "ipv6:1.2.3.4",
	    "ipv6:[2001:db8::1",
	    "ipv6:[::1]5060",
	    "ipv6:[]",
	    "dns:",
	    "dns:a..b",
	    "dns:a%b",
	    "dns:a b",
	    "dns:a/b",
	    "enum:1",
	    "dns:.a",
	    "ipv4:-1.2.3.4",
	    "ipv4:1.2.3.4:-1",
	};
	struct target target = {.port = 7};
	char longer[400] = "dns:";
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		if (target_parse(rows[i], PEER_TRANSPORT_SYSTEM, &target) != -EINVAL)
			fail_msg("%s was taken", rows[i]);
	memset(longer + 4, 'a', 300);
	assert_int_equal(target_parse(longer, PEER_TRANSPORT_SYSTEM, &target), -EINVAL);
	assert_int_equal(target.port, target.host[0] ? 0 : 7);
}

static void replaces_macros_of_session_targets(void **state)
{
	static const struct {
		const char *text, *pattern, *digits, *expanded;
	} rows[] = {
	    {"dns:sip.example.com", "2...", "2001", "dns:sip.example.com"},
	    {"dns:$d$.example.com:5070", "2...", "2001", "dns:2001.example.com:5070"},
	    {"dns:$e$.e164.example", "2...", "2001", "dns:1.0.0.2.e164.example"},
	    {"dns:$s$.$u$.example.com", "1310555....", "13105552222",
	     "dns:1310555.2222.example.com"},
	    {"dns:g$s$.example.com", "+1408T", "14085550100", "dns:g1408.example.com"},
	    {"dns:u$u$.example.com", "", "2001", "dns:u2001.example.com"},
	    {"dns:$x$.example.com$", "2T", "2001", "dns:$x$.example.com$"},
	};
	char out[TARGET_TEXT_MAX + 1], longer[TARGET_TEXT_MAX + 8];
	struct target target;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(target_expand(rows[i].text, rows[i].pattern, rows[i].digits, out),
				 0);
		assert_string_equal(out, rows[i].expanded);
		assert_int_equal(target_has_macros(rows[i].text),
				 strcmp(rows[i].text, rows[i].expanded) != 0);
	}
	memset(longer, 'a', sizeof(longer));
	memcpy(longer + TARGET_TEXT_MAX - 3, "$d$", 4);
	assert_int_equal(target_expand(longer, "", "12345", out), -EMSGSIZE);
	assert_int_equal(target_expand("dns:$d$.example.com", "", "*21#", out), 0);
	assert_int_equal(target_parse(out, PEER_TRANSPORT_SYSTEM, &target), -EINVAL);
}

/* ---- trust */

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage out;

	assert_int_equal(target_address_parse(text, 5060, &out), 0);
	return out;
}

static bool allows(struct trust *trust, const char *text)
{
	struct sockaddr_storage from = address(text);

	return trust_allows(trust, (struct sockaddr *)&from);
}

static int add(struct trust *trust, const char *text, unsigned prefix)
{
	struct sockaddr_storage entry = address(text);

	return trust_add(trust, (struct sockaddr *)&entry, prefix);
}

static void trusts_what_is_listed_and_loopback(void **state)
{
	static const struct {
		const char *address;
		bool trusted;
	} rows[] = {
	    {"127.0.0.1", true},
	    {"127.9.9.9", true},
	    {"::1", true},
	    {"::ffff:127.0.0.1", false},
	    {"10.1.2.3", true},
	    {"10.1.2.4", false},
	    {"::ffff:10.1.2.3", true},
	    {"192.168.4.0", true},
	    {"192.168.7.255", true},
	    {"192.168.8.0", false},
	    {"192.168.3.255", false},
	    {"2001:db8:1::9", true},
	    {"2001:db8:2::9", false},
	    {"2001:db8:1:8000::", false},
	    {"128.0.0.1", false},
	    {"::2", false},
	    {"::ffff:10.1.2.4", false},
	    {"172.16.1.1", true},
	    {"172.17.1.1", false},
	};
	struct trust *trust = trust_new();
	struct sockaddr unknown = {.sa_family = AF_UNIX};
	size_t i;

	assert_int_equal(add(trust, "10.1.2.3", 32), 0);
	assert_int_equal(add(trust, "192.168.4.0", 22), 0);
	assert_int_equal(add(trust, "2001:db8:1::", 49), 0);
	assert_int_equal(add(trust, "::ffff:172.16.0.0", 112), 0);
	for (i = 0; i < COUNT(rows); i++)
		if (allows(trust, rows[i].address) != rows[i].trusted)
			fail_msg("%s", rows[i].address);
	assert_false(trust_allows(trust, &unknown));
	assert_true(trust_allows(NULL, (struct sockaddr *)&(struct sockaddr_storage){0}) == false);
	assert_int_equal(add(trust, "10.0.0.0", 33), -EINVAL);
	assert_int_equal(add(trust, "::ffff:10.0.0.0", 95), -EINVAL);
	assert_int_equal(trust_add(trust, &unknown, 8), -EINVAL);
	trust_set_loopback(trust, false);
	assert_false(allows(trust, "127.0.0.1"));
	assert_false(allows(trust, "::1"));
	assert_int_equal(add(trust, "127.0.0.2", 32), 0);
	assert_true(allows(trust, "127.0.0.2"));
	assert_int_equal(add(trust, "0.0.0.0", 0), 0);
	assert_true(allows(trust, "8.8.8.8"));
	assert_false(allows(trust, "2001:db8:2::9"));
	trust_free(trust);
	trust_free(NULL);
}

/* As many as there are dial peers: an INVITE is not compared with each. */
static void trusts_a_hundred_thousand_hosts_fast(void **state)
{
	struct sockaddr_in host = {.sin_family = AF_INET};
	struct trust *trust = trust_new();
	clock_t begin = clock();

	for (unsigned twice = 0; twice < 2; twice++)
		for (unsigned i = 0; i < 100000; i++) {
			host.sin_addr.s_addr = htonl(0x0a000000 + 2 * i);
			assert_int_equal(trust_add(trust, (struct sockaddr *)&host, 32), 0);
		}
	for (unsigned i = 0; i < 200000; i++) {
		host.sin_addr.s_addr = htonl(0x0a000000 + i);
		if (trust_allows(trust, (struct sockaddr *)&host) != (i % 2 == 0))
			fail_msg("%u", i);
	}
	assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
	trust_clear(trust);
	assert_false(trust_allows(trust, (struct sockaddr *)&host));
	trust_free(trust);
}

/* ---- identity */

static void reads_numbers_from_user_parts(void **state)
{
	static const struct {
		const char *user, *digits;
		uint8_t ton;
		bool wrong;
		const char *params;
	} rows[] = {
	    {"2001", "2001", TON_UNKNOWN},
	    {"+44-20 (7946)", "44207946", TON_INTERNATIONAL},
	    {"%2B44", "44", TON_INTERNATIONAL},
	    {"7042;phone-context=example.com", "7042", TON_UNKNOWN},
	    {"7042;phone-context=+4420", "44207042", TON_INTERNATIONAL},
	    {"7042;tgrp=a;phone-context=+4420;x=y", "44207042", TON_INTERNATIONAL},
	    {"7042", "44207042", TON_INTERNATIONAL, false, "phone-context=+4420"},
	    {"+7042;phone-context=+4420", "7042", TON_INTERNATIONAL},
	    {"7042;no-phone-context=+4420", "7042", TON_UNKNOWN},
	    {"*21%23", "*21#", TON_UNKNOWN},
	    {"alice", NULL, 0, true},
	    {"", NULL, 0, true},
	    {"+", NULL, 0, true},
	    {"12%00", NULL, 0, true},
	    {"12%", NULL, 0, true},
	    {"12%4", NULL, 0, true},
	    {"12%zz", NULL, 0, true},
	    {"12\x01", NULL, 0, true},
	    {"%3b", NULL, 0, true},
	    {"123456789012345678901234567890123", NULL, 0, true},
	    {NULL, NULL, 0, true},
	};
	struct number number;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		int rc = identity_number(rows[i].user, rows[i].params, &number);

		if ((rc < 0) != rows[i].wrong)
			fail_msg("%s: %d", rows[i].user, rc);
		if (rc)
			continue;
		assert_string_equal(number.digits, rows[i].digits);
		assert_int_equal(number.ton, rows[i].ton);
	}
}

static void reads_who_calls(void **state)
{
	static const struct {
		struct identity_view view;
		const char *digits, *name;
		uint8_t presentation, screening;
	} rows[] = {
	    {{.from = {"\"Alice\"", "sip", "4420", "h"}}, "4420", "Alice", 0, 0},
	    {{.from = {"Alice Smith ", "sip", "4420", "h"}}, "4420", "Alice Smith", 0, 0},
	    {{.from = {"\"A \\\"B\\\" \\\\ C\"", "tel", "+44", NULL}}, "44", "A \"B\" \\ C", 0, 0},
	    {{.from = {NULL, "sip", "alice", "h"}}, "", "", 0, 0},
	    {{.from = {"\"A\x01\x7f\xff\xc3\xa9\xc3\"", "sip", "1", "h"}}, "1", "A\xc3\xa9", 0, 0},
	    {{.from = {"\"Anonymous\"", "sip", "anonymous", "anonymous.invalid"}},
	     "",
	     "",
	     PRESENTATION_RESTRICTED,
	     0},
	    {{.from = {"\"Anonymous\"", "sip", "anonymous", "anonymous.invalid"},
	      .asserted = {{"\"Bob\"", "sip", "+44", "h"}},
	      .private = true},
	     "44",
	     "Bob",
	     PRESENTATION_RESTRICTED,
	     SCREENING_VERIFIED_PASSED},
	    {{.from = {"\"Alice\"", "sip", "1", "h"}, .asserted = {{NULL, "sip", "2", "h"}}},
	     "2",
	     "Alice",
	     0,
	     SCREENING_VERIFIED_PASSED},
	    {{.from = {NULL, "sip", "1", "h"},
	      .asserted = {{NULL, "sip", "bob", "h"}, {NULL, "tel", "+3", NULL}}},
	     "3",
	     "",
	     0,
	     SCREENING_VERIFIED_PASSED},
	    {{.from = {"\"A\"", "sip", "1", "h"}, .private = true},
	     "1",
	     "",
	     PRESENTATION_RESTRICTED,
	     0},
	    {{.from = {NULL, NULL, NULL, NULL}}, "", "", 0, 0},
	};
	struct party party;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		identity_from_view(&rows[i].view, &party);
		if (strcmp(party.number.digits, rows[i].digits) ||
		    strcmp(party.name, rows[i].name) ||
		    party.presentation != rows[i].presentation ||
		    party.screening != rows[i].screening)
			fail_msg("row %zu: %s \"%s\" %u %u", i, party.number.digits, party.name,
				 party.presentation, party.screening);
	}
}

static void cuts_long_names_between_characters(void **state)
{
	struct identity_view view = {.from = {NULL, "sip", "1", "h"}};
	struct party party;
	char name[400];
	size_t i;

	for (i = 0; i < 199; i++)
		memcpy(name + 1 + 2 * i, "\xc3\xa9", 2);
	name[0] = 'x';
	name[399] = '\0';
	view.from.display = name;
	identity_from_view(&view, &party);
	assert_int_equal(strlen(party.name), 63);
	assert_int_equal((uint8_t)party.name[62], 0xa9);
}

static void writes_who_calls(void **state)
{
	static const struct {
		struct party party;
		const char *from, *asserted, *privacy;
	} rows[] = {
	    {{.number = {"4420", TON_INTERNATIONAL, NPI_ISDN}, .name = "Al \"x\" \\"},
	     "\"Al \\\"x\\\" \\\\\" <sip:+4420@10.0.0.1>",
	     "\"Al \\\"x\\\" \\\\\" <sip:+4420@10.0.0.1>",
	     ""},
	    {{.number = {"2001"}}, "<sip:2001@10.0.0.1>", "<sip:2001@10.0.0.1>", ""},
	    {{.number = {"2001"}, .presentation = PRESENTATION_RESTRICTED, .name = "Al"},
	     "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
	     "\"Al\" <sip:2001@10.0.0.1>",
	     "id"},
	    {{.presentation = PRESENTATION_RESTRICTED},
	     "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
	     "",
	     "id"},
	    {{.presentation = PRESENTATION_UNAVAILABLE}, "<sip:unavailable@10.0.0.1>", "", ""},
	    {{.number = {""}}, "<sip:unavailable@10.0.0.1>", "", ""},
	    {{.number = {"*21#"}, .name = "a\r\nVia: x"},
	     "\"aVia: x\" <sip:*21%23@10.0.0.1>",
	     "\"aVia: x\" <sip:*21%23@10.0.0.1>",
	     ""},
	};
	static const struct sip_options options;
	struct identity_style style = {.host = "10.0.0.1", .options = &options};
	char from[IDENTITY_HEADER_MAX], expected[IDENTITY_HEADER_MAX * 2];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct header_lines lines = {0};

		identity_write_from(&rows[i].party, &style, from);
		assert_string_equal(from, rows[i].from);
		identity_write(&rows[i].party, &style, &lines);
		snprintf(expected, sizeof(expected), "%s%s%s%s%s%s",
			 rows[i].asserted[0] ? "P-Asserted-Identity: " : "", rows[i].asserted,
			 rows[i].asserted[0] ? "\r\n" : "", rows[i].privacy[0] ? "Privacy: " : "",
			 rows[i].privacy, rows[i].privacy[0] ? "\r\n" : "");
		assert_string_equal(lines.text, expected);
	}
}

/* ---- offer and answer */

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
#define BOTH (OFFER_SEND | OFFER_RECEIVE)

static struct offer_local local_side(void)
{
	struct offer_local local = {
	    .codecs = {PEER_CODEC_G711ALAW, PEER_CODEC_G711ULAW},
	    .event_payload_type = 101,
	    .mode = BOTH,
	    .session = 7,
	    .version = 1,
	    .rtp = address("10.0.0.1"),
	};

	target_address_set_port(&local.rtp, 16384);
	return local;
}

static void answers_offers(void **state)
{
	static const struct {
		const char *offer;
		int rc;
		uint8_t codec, event, mode, ptime;
		const char *rtp, *rtcp;
		unsigned stream;
	} rows[] = {
	    {HEAD "m=audio 4000 RTP/AVP 0 8\r\n", 0, PEER_CODEC_G711ULAW, 0, BOTH, 20,
	     "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n", 0,
	     PEER_CODEC_G711ALAW, 96, BOTH, 20, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 18 8\r\na=ptime:30\r\n", 0, PEER_CODEC_G711ALAW, 0, BOTH,
	     30, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=ptime:50\r\n", 0, PEER_CODEC_G711ALAW, 0, BOTH, 40,
	     "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=maxptime:10\r\n", 0, PEER_CODEC_G711ALAW, 0, BOTH,
	     10, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=ptime:5\r\n", 0, PEER_CODEC_G711ALAW, 0, BOTH, 10,
	     "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n", 0, PEER_CODEC_G711ALAW, 0,
	     OFFER_RECEIVE, 20, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=recvonly\r\n", 0, PEER_CODEC_G711ALAW, 0, OFFER_SEND,
	     20, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "a=inactive\r\nm=audio 4000 RTP/AVP 8\r\n", 0, PEER_CODEC_G711ALAW, 0, 0, 20,
	     "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "a=inactive\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n", 0, PEER_CODEC_G711ALAW,
	     0, BOTH, 20, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n", 0, PEER_CODEC_G711ALAW, 0,
	     OFFER_RECEIVE, 20, NULL, NULL},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::\r\n", 0, PEER_CODEC_G711ALAW, 0,
	     OFFER_RECEIVE, 20, NULL, NULL},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 2001:db8::5\r\na=rtcp:7001\r\n", 0,
	     PEER_CODEC_G711ALAW, 0, BOTH, 20, "[2001:db8::5]:4000", "[2001:db8::5]:7001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=rtcp:7001 IN IP4 10.0.0.8\r\n", 0,
	     PEER_CODEC_G711ALAW, 0, BOTH, 20, "10.0.0.9:4000", "10.0.0.8:7001"},
	    {HEAD "m=video 5000 RTP/AVP 31\r\nm=audio 4000/2 RTP/AVP 8\r\n", 0, PEER_CODEC_G711ALAW,
	     0, BOTH, 20, "10.0.0.9:4000", "10.0.0.9:4001", 1},
	    {HEAD "m=audio 4000 RTP/SAVP 8\r\nm=audio 4002 RTP/AVP 8\r\n", 0, PEER_CODEC_G711ALAW,
	     0, BOTH, 20, "10.0.0.9:4002", "10.0.0.9:4003", 1},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000/1\r\n", 0, PEER_CODEC_G711ALAW, 0,
	     BOTH, 20, "10.0.0.9:4000", "10.0.0.9:4001"},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 G729/8000\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMA/8000\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000\r\n", -ENOTSUP},
	    {HEAD "m=audio 0 RTP/AVP 8\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 18\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 udptl t38\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 host.example.com\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.1.1.1/127\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.1.1.1\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 10.0.0.9\r\n", -ENOTSUP},
	    {"v=0\r\nm=audio 4000 RTP/AVP 8\r\n", -ENOTSUP},
	    {HEAD, -ENOTSUP},
	};
	struct offer_local local = local_side();
	struct offer_agreed agreed;
	struct offer offer;
	char text[TARGET_ADDRESS_MAX];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		int rc = offer_parse(rows[i].offer, strlen(rows[i].offer), &offer);

		if (rc)
			fail_msg("row %zu is not read", i);
		memset(&agreed, 0, sizeof(agreed));
		rc = offer_answer(&offer, &local, &agreed);
		if (rc != rows[i].rc || agreed.codec != rows[i].codec ||
		    agreed.event_payload_type != rows[i].event || agreed.mode != rows[i].mode ||
		    agreed.ptime_ms != rows[i].ptime || agreed.stream != rows[i].stream)
			fail_msg("row %zu: %d codec %u event %u mode %u ptime %u", i, rc,
				 agreed.codec, agreed.event_payload_type, agreed.mode,
				 agreed.ptime_ms);
		if (!rows[i].rtp) {
			assert_int_equal(agreed.rtp.ss_family, AF_UNSPEC);
			continue;
		}
		target_address_text((struct sockaddr *)&agreed.rtp, text, sizeof(text));
		assert_string_equal(text, rows[i].rtp);
		target_address_text((struct sockaddr *)&agreed.rtcp, text, sizeof(text));
		assert_string_equal(text, rows[i].rtcp);
	}
}

static void refuses_what_is_no_session_description(void **state)
{
	static const struct {
		const char *text;
		size_t size; /* 0: strlen */
	} rows[] = {
	    {""},
	    {"hello"},
	    {"v=1\r\n"},
	    {"o=x\r\n"},
	    {HEAD "x"},
	    {HEAD "m\r\n"},
	    {HEAD "m=\r\n"},
	    {HEAD "m=audio\r\n"},
	    {HEAD "m=audio 4000\r\n"},
	    {HEAD "m=audio 4000 RTP/AVP\r\n"},
	    {HEAD "m=audio 70000 RTP/AVP 0\r\n"},
	    {HEAD "m=audio -1 RTP/AVP 0\r\n"},
	    {HEAD "m=audio x RTP/AVP 0\r\n"},
	    {HEAD "m=audiooooooooooooooooooo 1 RTP/AVP 0\r\n"},
	    {HEAD "c=IN\r\n"},
	    {"v=0\r\nc=IN IP4 \0 1.2.3.4\r\n", 26},
	    {"v=0\r\n=\r\n"},
	    {"v=0\r\n\x80=1\r\n"},
	};
	struct offer offer = {.count = 77};
	char *longer = malloc(100000);
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		if (offer_parse(rows[i].text, rows[i].size ? rows[i].size : strlen(rows[i].text),
				&offer) != -EINVAL)
			fail_msg("row %zu was taken", i);
	memset(longer, 'a', 100000);
	memcpy(longer, "v=0\r\nc=", 7);
	assert_int_equal(offer_parse(longer, 100000, &offer), -EINVAL);
	strcpy(longer, HEAD);
	for (i = 0; i < 9; i++)
		strcat(longer, "m=audio 4000 RTP/AVP 8\r\n");
	assert_int_equal(offer_parse(longer, strlen(longer), &offer), -EINVAL);
	assert_int_equal(offer.count, 77); /* untouched on error */
	free(longer);
}

/* Every beginning of a description, and every byte of it changed, is read without harm. */
static void survives_broken_descriptions(void **state)
{
	static const char text[] =
	    HEAD "a=sendonly\r\nm=audio 4000/2 RTP/AVP 0 8 101\r\na=rtpmap:101 "
		 "telephone-event/8000\r\na=rtcp:9 IN IP4 1.2.3.4\r\na=ptime:20\r\n"
		 "m=video 5000 RTP/AVP 31\r\nc=IN IP6 ::1\r\n";
	static const unsigned char bytes[] = {0, ' ', '\n', '\r', '=', ':', '/', '9', 0xff, 'm'};
	struct offer_local local = local_side();
	struct offer_agreed agreed;
	struct offer offer;
	char answer[OFFER_TEXT_MAX];
	size_t i, k;

	for (i = 0; i < sizeof(text); i++) {
		char *copy = malloc(i + 1); /* exact size: reading beyond it shows */

		memcpy(copy, text, i);
		offer_parse(copy, i, &offer);
		free(copy);
		for (k = 0; k < sizeof(bytes); k++) {
			copy = malloc(sizeof(text) - 1);
			memcpy(copy, text, sizeof(text) - 1);
			if (i < sizeof(text) - 1)
				copy[i] = bytes[k];
			if (!offer_parse(copy, sizeof(text) - 1, &offer) &&
			    !offer_answer(&offer, &local, &agreed))
				assert_true(offer_write_answer(&offer, &local, &agreed, answer,
							       sizeof(answer)) > 0);
			free(copy);
		}
	}
}

static void writes_answers_with_every_stream_in_its_place(void **state)
{
	static const char text[] =
	    HEAD "m=video 5000 RTP/AVP 31 32\r\nm=audio 4000 RTP/AVP 0 8 97\r\n"
		 "a=rtpmap:97 telephone-event/8000\r\na=sendonly\r\nm=image 6000 udptl t38\r\n";
	struct offer_local local = local_side();
	struct offer_agreed agreed;
	struct offer offer;
	char answer[OFFER_TEXT_MAX];
	int n;

	assert_int_equal(offer_parse(text, strlen(text), &offer), 0);
	assert_int_equal(offer_answer(&offer, &local, &agreed), 0);
	n = offer_write_answer(&offer, &local, &agreed, answer, sizeof(answer));
	assert_int_equal(n, strlen(answer));
	assert_string_equal(
	    answer,
	    "v=0\r\no=sipspan 7 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	    "m=video 0 RTP/AVP 31\r\n"
	    "m=audio 16384 RTP/AVP 0 97\r\na=rtpmap:0 PCMU/8000\r\n"
	    "a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\na=recvonly\r\n"
	    "m=image 0 udptl t38\r\n");
	assert_int_equal(offer_write_answer(&offer, &local, &agreed, answer, 60), -EMSGSIZE);
}

static void offers_and_takes_the_answer(void **state)
{
	static const struct {
		const char *answer;
		int rc;
		uint8_t codec, event, mode;
	} rows[] = {
	    {HEAD "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", 0,
	     PEER_CODEC_G711ULAW, 101, BOTH},
	    {HEAD "m=audio 4000 RTP/AVP 8 0\r\na=recvonly\r\n", 0, PEER_CODEC_G711ALAW, 0,
	     OFFER_SEND},
	    {HEAD "m=audio 0 RTP/AVP 8\r\n", -ENOTSUP},
	    {HEAD "m=audio 4000 RTP/AVP 18\r\n", -ENOTSUP},
	    {HEAD, -ENOTSUP},
	};
	struct offer_local local = local_side();
	char text[OFFER_TEXT_MAX];
	const struct offer_agreed nothing = {0};
	const struct offer no_lines = {.count = 0};
	struct offer offer;
	size_t i;

	assert_true(offer_write(&local, &no_lines, &nothing, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 16384 RTP/AVP 8 0 101\r\n"));
	assert_int_equal(offer_parse(text, strlen(text), &offer), 0);
	for (i = 0; i < COUNT(rows); i++) {
		struct offer_agreed agreed = {0};

		assert_int_equal(offer_parse(rows[i].answer, strlen(rows[i].answer), &offer), 0);
		assert_int_equal(offer_accept(&local, &offer, 0, &agreed), rows[i].rc);
		assert_int_equal(agreed.codec, rows[i].codec);
		assert_int_equal(agreed.event_payload_type, rows[i].event);
		assert_int_equal(agreed.mode, rows[i].mode);
	}
	local.codecs[1] = 0;
	assert_int_equal(offer_parse(rows[0].answer, strlen(rows[0].answer), &offer), 0);
	assert_int_equal(offer_accept(&local, &offer, 0, &(struct offer_agreed){0}), -ENOTSUP);
}

/* RFC 3264 8: no m= line ever goes away or changes its place, no payload type its meaning. */
static void a_later_offer_keeps_lines_and_payload_types(void **state)
{
	static const char theirs[] =
	    HEAD "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0 97\r\n"
		 "a=rtpmap:97 telephone-event/8000\r\nm=image 6000 udptl t38\r\n";
	static const char answer[] = HEAD "m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\n"
					  "m=image 0 udptl t38\r\n";
	struct offer_local local = local_side();
	struct offer_agreed agreed = {0};
	char text[OFFER_TEXT_MAX];
	struct offer offer;

	assert_int_equal(offer_parse(theirs, strlen(theirs), &offer), 0);
	assert_int_equal(offer_answer(&offer, &local, &agreed), 0);
	local.mode = OFFER_SEND;
	assert_true(offer_write(&local, &offer, &agreed, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\nm=audio 16384 RTP/AVP 0 8 97\r\n"));
	assert_non_null(strstr(text, "a=rtpmap:97 telephone-event"));
	assert_non_null(strstr(text, "a=sendonly\r\nm=image 0 udptl t38\r\n"));
	assert_int_equal(offer_parse(answer, strlen(answer), &offer), 0);
	assert_int_equal(offer_accept(&local, &offer, agreed.stream, &agreed), 0);
	assert_int_equal(agreed.stream, 1);
	assert_int_equal(offer_accept(&local, &offer, 3, &agreed), -ENOTSUP);
}

/* RFC 3264 8: o= is the same but for its version; c= and m= are of the one who is to be sent to. */
static void who_describes_stays_whoever_is_described(void **state)
{
	static const char theirs[] = HEAD "m=audio 4000 RTP/AVP 8 0\r\n";
	struct offer_local local = local_side();
	struct offer_agreed agreed = {0};
	char ours[OFFER_TEXT_MAX], text[OFFER_TEXT_MAX];
	struct offer offer;

	assert_int_equal(offer_parse(theirs, strlen(theirs), &offer), 0);
	assert_int_equal(offer_answer(&offer, &local, &agreed), 0);
	assert_true(offer_write(&local, &offer, &agreed, ours, sizeof(ours)) > 0);
	assert_int_equal(target_address_parse("192.0.2.77", 5000, &local.direct.rtp), 0);
	assert_int_equal(target_address_parse("192.0.2.77", 5001, &local.direct.rtcp), 0);
	assert_true(offer_write(&local, &offer, &agreed, text, sizeof(text)) > 0);
	assert_memory_equal(text, ours, strstr(ours, "\r\ns=") - ours);
	assert_non_null(strstr(text, "c=IN IP4 192.0.2.77\r\n"));
	assert_non_null(strstr(text, "m=audio 5000 RTP/AVP 8\r\n"));
	assert_null(strstr(text, "a=rtcp"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_later_offer_keeps_lines_and_payload_types),
	    cmocka_unit_test(reads_session_targets),
	    cmocka_unit_test(refuses_bad_session_targets),
	    cmocka_unit_test(replaces_macros_of_session_targets),
	    cmocka_unit_test(trusts_what_is_listed_and_loopback),
	    cmocka_unit_test(trusts_a_hundred_thousand_hosts_fast),
	    cmocka_unit_test(reads_numbers_from_user_parts),
	    cmocka_unit_test(reads_who_calls),
	    cmocka_unit_test(cuts_long_names_between_characters),
	    cmocka_unit_test(writes_who_calls),
	    cmocka_unit_test(answers_offers),
	    cmocka_unit_test(refuses_what_is_no_session_description),
	    cmocka_unit_test(survives_broken_descriptions),
	    cmocka_unit_test(writes_answers_with_every_stream_in_its_place),
	    cmocka_unit_test(offers_and_takes_the_answer),
	    cmocka_unit_test(who_describes_stays_whoever_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
