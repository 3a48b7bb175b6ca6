// SPDX-License-Identifier: GPL-2.0-or-later
/* Input that no telephone sends: sizes, counts and addresses that are meant to do harm. After each
 * the user agent must still take a call. */
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "tests/unit/sip_one_phone.h"

/* In the place of the library's: names that the stack waits for a server to look up. */
static unsigned lookups;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
	    dlsym(RTLD_NEXT, "getaddrinfo");

	if (!name || (hints && hints->ai_flags & AI_NUMERICHOST) ||
	    strspn(name, "0123456789.:abcdef[]") == strlen(name))
		return real(name, service, hints, result);
	lookups++;
	return EAI_NONAME;
}

static void new_call(void)
{
	static unsigned calls;

	snprintf(phone.call_id, sizeof(phone.call_id), "hostile-%u", ++calls);
	phone.remote_tag[0] = '\0';
}

/* A call of another telephone, from INVITE to BYE. */
static void still_takes_a_call(void)
{
	static struct phone other;

	phone_open(&other, false, false, 0);
	phone_request(&other, "INVITE", SDP_ALAW);
	phone_expect(&other, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&other, "SIP/2.0 200");
	phone_request(&other, "ACK", NULL);
	phone_request(&other, "BYE", NULL);
	phone_expect(&other, "SIP/2.0 200");
	phone_close(&other);
}

#define FROM_NAME(method, protocol, via, more)                                                     \
	method " sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" protocol " " via "\r\n"                   \
	       "From: <sip:1@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: name\r\nCSeq: 1 " method          \
	       "\r\nContent-Length: 0\r\n" more

/* The stack would, and nothing else happens until a server has answered. */
static void no_name_is_looked_up_to_send_an_answer(void **state)
{
	static const char *const messages[] = {
	    FROM_NAME("OPTIONS", "UDP", "host.example.com;branch=z9hG4bKn", "\r\n"),
	    FROM_NAME("OPTIONS", "UDP", "127.0.0.1:9;branch=z9hG4bKn;maddr=host.example.com",
		      "\r\n"),
	    FROM_NAME("INVITE", "UDP", "127.0.0.1:9;branch=z9hG4bKn;maddr=host.example.com",
		      "\r\n"),
	    FROM_NAME("OPTIONS", "TCP", "host.example.com;branch=z9hG4bKn", "Contact: <\r\n\r\n"),
	    FROM_NAME("OPTIONS", "TCP", "host.example.com;branch=z9hG4bKn", "Contact: <\r\n"),
	    FROM_NAME("OPTIONS", "TCP", "host.example.com;branch=z9hG4bKn", "Contact: <\r\n\r"),
	};

	lookups = 0;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		phone_send(&phone, messages[i]);
		still_takes_a_call();
		if (lookups)
			fail_msg("message %zu: %u", i, lookups);
	}
	phone_send(&phone,
		   FROM_NAME("OPTIONS", "UDP",
			     "127.0.0.1:9;branch=z9hG4bKm;rport;maddr=host.example.com", "\r\n"));
	phone_expect(&phone, "SIP/2.0 ");
}

static bool is_closed(void *arg)
{
	return !osmo_fd_is_registered(&phone.fd);
}

static void a_message_longer_than_64k_ends_its_connection(void **state)
{
	static char block[16384];
	unsigned i;

	memset(block, 'x', sizeof(block));
	phone_send(&phone,
		   "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKl\r\n"
		   "From: <sip:1@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: long\r\nCSeq: 1 OPTIONS\r\n"
		   "Content-Length: 1000000\r\n\r\n");
	for (i = 0; i < 12 && !is_closed(NULL); i++) {
		if (send(phone.fd.fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		rig_run(10);
	}
	assert_true(rig_wait(is_closed, NULL, 20000));
	still_takes_a_call();
}

#define OPTIONS(id, length)                                                                        \
	"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK" id "\r\n"     \
	"From: <sip:1@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: " id "\r\nCSeq: 1 OPTIONS\r\n"           \
	"Content-Length: " length "\r\n\r\n"

static void the_limit_holds_for_messages_that_follow_as_well(void **state)
{
	phone_send(&phone, OPTIONS("first", "0") OPTIONS("second", "2147483647") "v=0");
	assert_true(rig_wait(is_closed, NULL, 20000));
	still_takes_a_call();
}

static void half_a_message_holds_a_connection_for_a_while_only(void **state)
{
	phone_send(&phone, "INVITE sip:2001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 1");
	assert_true(rig_wait(is_closed, NULL, 130 * RIG_T1_MS));
	still_takes_a_call();
}

/* What telephones behind NAT send to keep a connection (RFC 5626), which idles else. */
static void keepalives_do_not_end_a_connection(void **state)
{
	unsigned i;

	phone_request(&phone, "OPTIONS", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	for (i = 0; i < 3; i++) {
		phone_send(&phone, i == 2 ? "\r\n" : "\r\n\r\n");
		rig_run((i ? 70 : 5) * RIG_T1_MS);
	}
	while (phone.count) /* pongs */
		phone_receive(&phone, 1);
	assert_false(is_closed(NULL));
	phone.stream_used = 0;
	phone.remote_tag[0] = '\0';
	phone_request(&phone, "OPTIONS", NULL);
	phone_expect(&phone, "SIP/2.0 200");
}

static void a_header_of_60k_does_no_harm(void **state)
{
	static char text[65000], filler[60000];

	memset(filler, 'f', sizeof(filler) - 1);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 "INVITE sip:2001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
			 "127.0.0.1:%u;branch=z9hG4bKlong%u\r\nFrom: <sip:1@h>;tag=1%s\r\n"
			 "To: <sip:2001@h>\r\nCall-ID: h%u%s\r\nCSeq: 1 INVITE\r\n"
			 "Contact: <sip:me@127.0.0.1>\r\nContent-Length: 0\r\n\r\n",
			 phone.port, i, i ? "" : filler, i, i ? filler : "");
		phone_send(&phone, text);
		rig_run(20);
	}
	still_takes_a_call();
}

static void long_attributes_are_passed_over(void **state)
{
	char sdp[2048], filler[900];

	memset(filler, 'f', sizeof(filler));
	snprintf(sdp, sizeof(sdp), "%sa=fmtp:8 %.*s\r\n", SDP_ALAW, (int)sizeof(filler), filler);
	phone_request(&phone, "INVITE", sdp);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
}

/* Each To tag is a dialog of its own: a far end must not make as many as it likes. */
static void a_flood_of_forks_is_bounded(void **state)
{
	static const struct party alice = {.number = {.digits = "4420"}};
	static char invite[MESSAGE_MAX];
	char tag[32];
	size_t blocks;
	unsigned i;

	phone_close(&phone);
	phone_open(&phone, false, false, rig.peer_port);
	rig_call("7001", &alice);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE"));
	blocks = talloc_total_blocks(rig.ctx);
	for (i = 0; i < 500; i++) {
		snprintf(tag, sizeof(tag), "fork%u", i);
		phone_respond(&phone, invite, "180 Ringing", tag, NULL);
		if (i % 50 == 49)
			rig_run(1);
	}
	rig_run(50);
	assert_in_range(talloc_total_blocks(rig.ctx) - blocks, 32, 100);
	phone_respond(&phone, invite, "200 OK", "fork499", SDP_ALAW);
	assert_true(rig_ordered("answer"));
	phone_expect(&phone, "ACK");
}

static void zone_ids_of_ipv6_are_refused(void **state)
{
	static const char sdp[] = "v=0\r\nc=IN IP6 fe80::1%lo\r\nm=audio 40000 RTP/AVP 8\r\n";

	phone.contact = "Contact: <sip:me@[fe80::1%25lo]:5060>\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 400");
	phone_request(&phone, "ACK", NULL);
	phone.contact = NULL;
	new_call();
	phone_request(&phone, "INVITE", sdp);
	phone_expect(&phone, "SIP/2.0 100");
	phone_expect(&phone, "SIP/2.0 488");
	phone_request(&phone, "ACK", NULL);
	still_takes_a_call();
}

static void more_streams_than_anybody_has_are_refused(void **state)
{
	char sdp[4096];
	unsigned i;

	snprintf(sdp, sizeof(sdp), "%s", SDP_ALAW);
	for (i = 0; i < 60; i++)
		strcat(sdp, "m=video 40000 RTP/AVP 96\r\n");
	phone_request(&phone, "INVITE", sdp);
	phone_expect(&phone, "SIP/2.0 100");
	phone_expect(&phone, "SIP/2.0 400");
	phone_request(&phone, "ACK", NULL);
	still_takes_a_call();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_message_longer_than_64k_ends_its_connection,
					    phone_start_tcp, phone_stop),
	    cmocka_unit_test_setup_teardown(the_limit_holds_for_messages_that_follow_as_well,
					    phone_start_tcp, phone_stop),
	    cmocka_unit_test_setup_teardown(half_a_message_holds_a_connection_for_a_while_only,
					    phone_start_tcp, phone_stop),
	    cmocka_unit_test_setup_teardown(no_name_is_looked_up_to_send_an_answer, phone_start,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(long_attributes_are_passed_over, phone_start,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(a_flood_of_forks_is_bounded, phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(zone_ids_of_ipv6_are_refused, phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(more_streams_than_anybody_has_are_refused, phone_start,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(keepalives_do_not_end_a_connection, phone_start_tcp,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(a_header_of_60k_does_no_harm, phone_start, phone_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
