// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that come in by SIP and start no call, and the addresses that they come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <cmocka.h>

#include "tests/unit/sip_one_phone.h"

/* INVITE to 200 and ACK. */
/* Requests that are refused as they are, each in a dialog-less state. */
static void requests_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		const char *what, *method, *extra, *contact, *type, *body, *to, *status, *need;
	} rows[] = {
	    {"tel contact", "INVITE", NULL, "Contact: <tel:+44>\r\n", NULL, SDP_ALAW, "2001",
	     "400"},
	    {"mailto contact", "INVITE", NULL, "Contact: <mailto:a@b>\r\n", NULL, SDP_ALAW, "2001",
	     "400"},
	    {"no contact", "INVITE", NULL, "", NULL, SDP_ALAW, "2001", "400"},
	    {"tel record-route", "INVITE", "Record-Route: <tel:1>\r\n", NULL, NULL, SDP_ALAW,
	     "2001", "400"},
	    {"port 0 contact", "INVITE", NULL, "Contact: <sip:a@h:0>\r\n", NULL, SDP_ALAW, "2001",
	     "400"},
	    {"require", "INVITE", "Require: 100rel, frobnicate\r\n", NULL, NULL, SDP_ALAW, "2001",
	     "420", "Unsupported"},
	    {"body", "INVITE", NULL, NULL, "text/plain", "hello", "2001", "415", "Accept"},
	    {"accept", "INVITE", "Accept: text/plain\r\n", NULL, NULL, SDP_ALAW, "2001", "406"},
	    {"letters", "INVITE", NULL, NULL, NULL, SDP_ALAW, "alice", "484"},
	    {"too long", "INVITE", NULL, NULL, NULL, SDP_ALAW,
	     "200111111111111111111111111111111111", "484"},
	    {"g729", "INVITE", NULL, NULL, NULL,
	     "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4 RTP/AVP 18\r\n", "2001", "488"},
	    {"no sdp", "INVITE", NULL, NULL, NULL, "hello", "2001", "400"},
	    {"register", "REGISTER", NULL, NULL, NULL, NULL, "2001", "405", "Allow"},
	    {"subscribe", "SUBSCRIBE", NULL, NULL, NULL, NULL, "2001", "489", "Allow-Events"},
	    {"info", "INFO", NULL, NULL, NULL, NULL, "2001", "481", NULL},
	    {"unknown", "FROBNICATE", NULL, NULL, NULL, NULL, "2001", "405", "Allow"},
	    {"bye", "BYE", NULL, NULL, NULL, NULL, "2001", "481"},
	};
	struct ua_counters counters;
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *message;
		char status[32];

		snprintf(phone.call_id, sizeof(phone.call_id), "refuse-%u", i);
		phone.remote_tag[0] = '\0';
		phone.extra = rows[i].extra;
		phone.contact = rows[i].contact;
		phone.body_type = rows[i].type;
		phone.to = rows[i].to;
		phone_request(&phone, rows[i].method, rows[i].body);
		do {
			message = phone_receive(&phone, 2000);
		} while (
		    !strncmp(message, "SIP/2.0 100", 11) ||
		    (*message && strcmp(header(message, "Call-ID"), phone.call_id))); /* repeated */
		snprintf(status, sizeof(status), "SIP/2.0 %s", rows[i].status);
		if (strncmp(message, status, strlen(status)))
			fail_msg("%s: wanted %s, got %.60s", rows[i].what, status, message);
		if (rows[i].need && !*header(message, rows[i].need))
			fail_msg("%s: no %s header", rows[i].what, rows[i].need);
		if (!strcmp(rows[i].method, "INVITE"))
			phone_request(&phone, "ACK", NULL);
	}
	ua_counters(rig.ua, &counters);
	assert_int_equal(counters.requests_refused, i);
	assert_int_equal(counters.dialogs, 0);
	assert_int_equal(rig.made, 0);
}

static void raw(const char *line, const char *extra)
{
	char text[2048];
	static unsigned n;

	n++;
	snprintf(text, sizeof(text),
		 "%s\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKraw%u\r\n"
		 "From: <sip:1@h>;tag=1\r\nTo: <sip:2001@h>\r\nCall-ID: raw%u\r\n"
		 "CSeq: 1 %.*s\r\nContact: <sip:me@127.0.0.1>\r\n%sContent-Length: 0\r\n\r\n",
		 line, phone.port, n, n, (int)strcspn(line, " "), line, extra);
	phone_send(&phone, text);
}

static void the_called_number_comes_from_sip_and_tel_uris(void **state)
{
	static const struct {
		const char *line, *status, *called;
		uint8_t ton;
	} rows[] = {
	    {"INVITE tel:+4420;phone-context=x SIP/2.0", "SIP/2.0 100", "4420", TON_INTERNATIONAL},
	    {"INVITE sip:%2b44-20@127.0.0.1 SIP/2.0", "SIP/2.0 100", "4420", TON_INTERNATIONAL},
	    {"INVITE sip:2001;ext=5@h;user=phone SIP/2.0", "SIP/2.0 100", "2001", TON_UNKNOWN},
	    {"INVITE http://h/2001 SIP/2.0", "SIP/2.0 416", NULL, 0},
	    {"INVITE sips:2001@h SIP/2.0", "SIP/2.0 416", NULL, 0},
	    {"INVITE sip:127.0.0.1 SIP/2.0", "SIP/2.0 484", NULL, 0},
	};
	unsigned i, made = 0;

	for (i = 0; i < 6; i++) {
		raw(rows[i].line, "Max-Forwards: 70\r\n");
		phone_expect(&phone, rows[i].status);
		if (!rows[i].called)
			continue;
		assert_int_equal(rig.made, ++made);
		assert_string_equal(rig.fake.request.setup.called.digits, rows[i].called);
		assert_int_equal(rig.fake.request.setup.called.ton, rows[i].ton);
		rig_event(CALL_EV_RELEASED,
			  &(struct cause){.q850 = 17, .source = CAUSE_SOURCE_PSTN});
		phone_expect(&phone, "SIP/2.0 486");
	}
}

static void max_forwards_0_ends_an_invite_and_not_options(void **state)
{
	raw("INVITE sip:2001@127.0.0.1 SIP/2.0", "Max-Forwards: 0\r\n");
	phone_expect(&phone, "SIP/2.0 483");
	raw("OPTIONS sip:2001@127.0.0.1 SIP/2.0", "Max-Forwards: 0\r\n");
	phone_expect(&phone, "SIP/2.0 200");
}

static void options_tell_what_we_can_in_and_out_of_dialogs(void **state)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		const char *message;

		phone_request(&phone, "OPTIONS", NULL);
		message = phone_expect(&phone, "SIP/2.0 200");
		assert_non_null(strstr(header(message, "Allow"), "INVITE"));
		assert_non_null(strstr(header(message, "Accept"), "application/sdp"));
		assert_non_null(strstr(message, "\r\nSupported:"));
		phone.remote_tag[0] = '\0';
		if (!i)
			phone_establish(SDP_ALAW, NULL);
	}
}

/* A source address that is not loopback: of this machine, if it has one. */
static bool find_outer_address(struct sockaddr_storage *out)
{
	struct ifaddrs *list, *i;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (i = list; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
		    (i->ifa_flags & (IFF_LOOPBACK | IFF_UP)) != IFF_UP)
			continue;
		memset(out, 0, sizeof(*out));
		memcpy(out, i->ifa_addr, sizeof(struct sockaddr_in));
		found = true;
	}
	freeifaddrs(list);
	return found;
}

/* example U9: the address is not among those that are trusted */
static void a_stranger_gets_403_whatever_he_asks(void **state)
{
	struct sockaddr_storage outer;
	struct ua_counters counters;
	unsigned made;
	int fd;

	if (!find_outer_address(&outer))
		skip();
	phone_close(&phone);
	rig_stop();
	rig_start(&outer);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	((struct sockaddr_in *)&outer)->sin_port = 0;
	assert_int_equal(bind(fd, (struct sockaddr *)&outer, sizeof(struct sockaddr_in)), 0);
	phone_open(&phone, false, false, 0);
	phone_use_socket(&phone, fd, &outer);
	made = rig.made;
	phone_request(&phone, "OPTIONS", NULL);
	phone_expect(&phone, "SIP/2.0 403");
	phone.remote_tag[0] = '\0';
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 403");
	phone_request(&phone, "ACK", NULL);
	ua_counters(rig.ua, &counters);
	assert_int_equal(counters.invites_refused_untrusted, 1);
	assert_int_equal(rig.made, made);
}

static struct ua_config listen_config(const char *host, unsigned port)
{
	struct ua_config config = {.listen_count = 1, .t1_ms = RIG_T1_MS};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&config.listen[0].address;

	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	inet_pton(AF_INET, host, &in4->sin_addr);
	config.listen[0].udp = config.listen[0].tcp = true;
	return config;
}

static void an_address_that_cannot_be_bound_is_named_with_the_reason(void **state)
{
	static const struct {
		const char *host, *why;
		int error;
	} rows[] = {
	    {"127.0.0.1", "Address already in use: another program", -EADDRINUSE},
	    {"192.0.2.1", "Cannot assign requested address", -EADDRNOTAVAIL},
	};
	char why[256];
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct ua_config config = listen_config(rows[i].host, rig.port);
		struct ua *second = NULL;

		assert_int_equal(
		    ua_new(rig.ctx, &config, rig.office, NULL, &second, why, sizeof(why)),
		    rows[i].error);
		assert_null(second);
		if (!strstr(why, rows[i].why) || !strstr(why, rows[i].host))
			fail_msg("%s", why);
	}
}

static void a_wildcard_listens_on_every_address(void **state)
{
	struct ua_config config = listen_config("0.0.0.0", rig.peer_port);
	char why[256], text[2048], line[64];
	struct ua *second;

	if (ua_new(rig.ctx, &config, rig.office, NULL, &second, why, sizeof(why)))
		fail_msg("%s", why);
	ua_describe(second, text, sizeof(text));
	snprintf(line, sizeof(line), "udp 127.0.0.1:%u\n", rig.peer_port);
	assert_non_null(strstr(text, line));
	snprintf(line, sizeof(line), "tcp 127.0.0.1:%u\n", rig.peer_port);
	assert_non_null(strstr(text, line));
	((struct sockaddr_in *)&phone.gateway)->sin_port = htons(rig.peer_port);
	phone_request(&phone, "OPTIONS", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	ua_free(second);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(requests_that_do_not_fit_are_refused, phone_start,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(the_called_number_comes_from_sip_and_tel_uris,
					    phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(max_forwards_0_ends_an_invite_and_not_options,
					    phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(options_tell_what_we_can_in_and_out_of_dialogs,
					    phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(a_stranger_gets_403_whatever_he_asks, phone_start,
					    phone_stop),
	    cmocka_unit_test_setup_teardown(
		an_address_that_cannot_be_bound_is_named_with_the_reason, phone_start, phone_stop),
	    cmocka_unit_test_setup_teardown(a_wildcard_listens_on_every_address, phone_start,
					    phone_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
