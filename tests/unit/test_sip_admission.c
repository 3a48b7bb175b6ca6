// SPDX-License-Identifier: GPL-2.0-or-later
/* Strangers at the user agent: what they get, and what it costs others. 127.0.0.1 is a stranger
 * here, 127.0.0.2 is trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

static struct phone stranger, friend;
static struct trust *trust;
static struct admission_rules rules;
static struct log_target *lines;
static char heard[8192];

static void hear(struct log_target *target, unsigned level, const char *text)
{
	size_t used = strlen(heard);

	if (strstr(text, "stranger ") || strstr(text, "telephone ") || strstr(text, "trusted "))
		snprintf(heard + used, sizeof(heard) - used, "%s", text);
}

static void configure(struct ua_config *config)
{
	config->trust = trust;
	config->admission = rules;
}

static int open_at(const char *host, int type)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	int fd = socket(AF_INET, type, 0);

	inet_pton(AF_INET, host, &own.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	return fd;
}

static struct sockaddr_storage gateway(void)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&out;

	in4->sin_family = AF_INET;
	in4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in4->sin_port = htons(rig.port);
	return out;
}

static int begin(const struct admission_rules *wanted)
{
	struct sockaddr_storage to, own;

	rules = *wanted;
	trust = trust_new();
	trust_set_loopback(trust, false);
	target_address_parse("127.0.0.2", 0, &own);
	assert_int_equal(trust_add(trust, (struct sockaddr *)&own, 32), 0);
	rig_configure = configure;
	rig_start(NULL);
	to = gateway();
	phone_open(&stranger, false, false, 0);
	phone_open(&friend, false, false, 0);
	phone_use_socket(&friend, open_at("127.0.0.2", SOCK_DGRAM), &to);
	if (!lines) {
		lines = log_target_create();
		lines->output = hear;
		log_target_plain(lines);
		log_add_target(lines);
		log_set_all_filter(lines, 1);
		log_set_log_level(lines, LOGL_NOTICE);
	}
	heard[0] = '\0';
	return 0;
}

static int stop(void **state)
{
	phone_close(&stranger);
	phone_close(&friend);
	rig_stop();
	trust_free(trust);
	return 0;
}

static int start_loud(void **state)
{
	return begin(&(struct admission_rules){0});
}

static int start_silent(void **state)
{
	return begin(&(struct admission_rules){.silent = true});
}

static int start_limited(void **state)
{
	return begin(&(struct admission_rules){
	    .strangers = {.rate = 5, .burst = 10, .block_s = 60},
	    .trusted = {.rate = 20, .burst = 20},
	});
}

static bool is_phones_network(void *arg, const struct sockaddr *source)
{
	return source->sa_family == AF_INET &&
	       ((const struct sockaddr_in *)source)->sin_addr.s_addr == inet_addr("127.0.0.4");
}

static int start_with_telephones(void **state)
{
	struct sockaddr_storage to;

	begin(&(struct admission_rules){
	    .strangers = {.rate = 5, .burst = 10, .block_s = 60},
	    .phones = {.rate = 50, .burst = 50},
	    .strangers_rate = 1,
	});
	rig.ua->phones.network = is_phones_network;
	to = gateway();
	phone_use_socket(&stranger, open_at("127.0.0.4", SOCK_DGRAM), &to);
	return 0;
}

static int start_limited_together(void **state)
{
	return begin(&(struct admission_rules){.strangers_rate = 5});
}

static int start_open(void **state)
{
	return begin(&(struct admission_rules){.accept_all = true, .silent = true});
}

static struct admission_counters counters(void)
{
	struct admission_counters out;

	admission_counters(rig.ua->admission, &out);
	return out;
}

static void new_call(struct phone *phone)
{
	static unsigned calls;

	snprintf(phone->call_id, sizeof(phone->call_id), "admission-%u", ++calls);
	phone->remote_tag[0] = '\0';
}

static void a_friend_can_call(void)
{
	new_call(&friend);
	phone_request(&friend, "INVITE", SDP_ALAW);
	phone_expect(&friend, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&friend, "SIP/2.0 200");
	phone_request(&friend, "ACK", NULL);
	phone_request(&friend, "BYE", NULL);
	phone_expect(&friend, "SIP/2.0 200");
}

/* ---- what strangers get */

static void a_stranger_gets_403_and_one_line(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		new_call(&stranger);
		phone_request(&stranger, "INVITE", SDP_ALAW);
		phone_expect(&stranger, "SIP/2.0 403");
		phone_request(&stranger, "ACK", NULL);
		phone_request(&stranger, "OPTIONS", NULL);
		phone_expect(&stranger, "SIP/2.0 403");
	}
	assert_string_equal(heard, "stranger 127.0.0.1: INVITE refused, messages 1\n");
	assert_int_equal(rig.made, 0);
	a_friend_can_call();
}

/* Not one octet comes back, whatever he sends. */
static void a_stranger_hears_nothing(void **state)
{
	static const char *const methods[] = {"INVITE", "OPTIONS", "REGISTER", "BYE",	"CANCEL",
					      "UPDATE", "NOTIFY",  "PRACK",    "DANCE", "REFER"};
	static const char via[] = "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1;rport\r\n";
	static const char rest[] = "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
				   "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n";
	char text[2048];

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		new_call(&stranger);
		phone_request(&stranger, methods[i], NULL);
		snprintf(text, sizeof(text), "%s sip:c@127.0.0.1 SIP/2.0\r\n%s%s", methods[i], via,
			 rest);
		phone_send(&stranger, text); /* no empty line */
	}
	/* what the stack would answer by itself: 400, 505, 413, 482 */
	snprintf(text, sizeof(text), "OPTIONS sip:c@127.0.0.1 SIP/2.0\r\n%s%s\r\n", via,
		 "From: <\r\nCall-ID: \r\nCSeq: x\r\n");
	phone_send(&stranger, text);
	snprintf(text, sizeof(text), "OPTIONS sip:c@127.0.0.1 SIP/7.0\r\n%s%s\r\n", via, rest);
	phone_send(&stranger, text);
	snprintf(text, sizeof(text), "OPTIONS  sip:c @ SIP/2.0\r\n%s%s\r\n", via, rest);
	phone_send(&stranger, text);
	snprintf(text, sizeof(text),
		 "OPTIONS sip:c@127.0.0.1 SIP/2.0\r\n%s%sContent-Length: 9999\r\n\r\n", via, rest);
	phone_send(&stranger, text);
	phone_send(&stranger, "rubbish\r\n\r\n");
	phone_send(&stranger, "\r\n\r\n");
	phone_send_bytes(&stranger,
			 "\0\1\0\10\x21\x12\xa4\x42"
			 "aaaaaaaaaaaa\0\3\0\4\0\0\0\0",
			 28);
	phone_send_bytes(&stranger, "\xf8\1\2\3\4\5", 6);
	a_friend_can_call();
	phone_expect_nothing(&stranger, 300);
	assert_string_equal(heard, "stranger 127.0.0.1: INVITE discarded, messages 1\n");
	assert_int_equal(rig.made, 1);
	assert_true(counters().discarded >= 20);
}

static void a_stranger_hears_nothing_on_a_connection_either(void **state)
{
	static struct phone other;

	phone_open(&other, true, false, 0);
	phone_request(&other, "OPTIONS", NULL);
	phone_request(&other, "INVITE", SDP_ALAW);
	a_friend_can_call();
	phone_expect_nothing(&other, 200);
	phone_close(&other);
	assert_int_equal(counters().discarded, 1); /* and the connection is closed */
}

static void a_stranger_in_a_dialog_is_heard(void **state)
{
	struct sockaddr_storage to = gateway();

	new_call(&friend);
	phone_request(&friend, "INVITE", SDP_ALAW);
	phone_expect(&friend, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&friend, "SIP/2.0 200");
	phone_request(&friend, "ACK", NULL);
	/* it has moved */
	phone_use_socket(&friend, open_at("127.0.0.3", SOCK_DGRAM), &to);
	phone_request(&friend, "BYE", NULL);
	phone_expect(&friend, "SIP/2.0 200");
	assert_string_equal(heard, "");
}

static void all_may_call_if_the_owner_says_so(void **state)
{
	new_call(&stranger);
	phone_request(&stranger, "INVITE", SDP_ALAW);
	phone_expect(&stranger, "SIP/2.0 100");
	assert_int_equal(rig.made, 1);
	rig_event(CALL_EV_RELEASED, &(struct cause){.q850 = 17});
	phone_expect(&stranger, "SIP/2.0 486");
	phone_request(&stranger, "ACK", NULL);
}

/* ---- how much of it */

static unsigned answers(struct phone *phone)
{
	unsigned n = 0;

	while (phone_receive(phone, 100)[0])
		n++;
	return n;
}

static bool has_blocked(void *arg)
{
	return counters().blocked > 0;
}

static void who_floods_is_blocked_and_others_are_not(void **state)
{
	for (unsigned i = 0; i < 21; i++) {
		new_call(&stranger);
		phone_request(&stranger, "OPTIONS", NULL);
	}
	assert_true(rig_wait(has_blocked, NULL, 20000));
	assert_int_equal(answers(&stranger), 10);
	assert_string_equal(heard, "stranger 127.0.0.1: OPTIONS refused, messages 1\n"
				   "stranger 127.0.0.1: blocked for 60 s: too many messages, "
				   "messages 20\n");
	assert_int_equal(counters().over_limit, 11);
	/* from now on the kernel has his messages: this process does not even count them */
	for (unsigned i = 0; i < 100; i++)
		phone_request(&stranger, "OPTIONS", NULL);
	a_friend_can_call();
	assert_int_equal(answers(&stranger), 0);
	assert_int_equal(counters().over_limit, 11);
	admission_clear(rig.ua->admission);
	rig_run(150);
	phone_request(&stranger, "OPTIONS", NULL);
	phone_expect(&stranger, "SIP/2.0 403");
}

static void who_is_trusted_has_a_limit_of_his_own(void **state)
{
	for (unsigned i = 0; i < 200; i++) {
		new_call(&friend);
		phone_request(&friend, "OPTIONS", NULL);
		while (i % 10 == 9 && phone_receive(&friend, 1)[0])
			; /* his inbox is small */
	}
	assert_true(counters().over_limit > 0);
	assert_int_equal(counters().blocked, 0);
	assert_non_null(strstr(heard, "trusted 127.0.0.2: more than source-limit allows, "));
	/* and is heard again as soon as he is slower */
	rig_run(200);
	while (phone_receive(&friend, 1)[0])
		;
	phone_request(&friend, "OPTIONS", NULL);
	phone_expect(&friend, "SIP/2.0 200");
}

/* They fail over to us at once, and may be many behind one NAT. */
static void telephones_have_a_limit_of_their_own(void **state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 300; i++) {
		new_call(&stranger);
		phone_request(&stranger, "OPTIONS", NULL);
		while (i % 10 == 9 && phone_receive(&stranger, 1)[0])
			n++;
	}
	n += answers(&stranger);
	assert_true(n >= 50);
	assert_true(counters().over_limit > 0);
	assert_int_equal(counters().blocked, 0);
	assert_non_null(strstr(heard, "telephone 127.0.0.4: OPTIONS refused, "));
	assert_null(strstr(heard, "stranger 127.0.0.4"));
	rig_run(200);
	phone_request(&stranger, "OPTIONS", NULL);
	phone_expect(&stranger, "SIP/2.0 ");
}

static void telephones_that_guess_are_blocked(void **state)
{
	struct sockaddr_storage source;

	target_address_parse("127.0.0.4", 0, &source);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(counters().blocked, 0);
		admission_failed(rig.ua->admission, (struct sockaddr *)&source);
	}
	assert_int_equal(counters().blocked, 1);
	phone_request(&stranger, "OPTIONS", NULL);
	assert_int_equal(answers(&stranger), 0);
	admission_clear(rig.ua->admission);
	phone_request(&stranger, "OPTIONS", NULL);
	phone_expect(&stranger, "SIP/2.0 ");
	/* who is trusted never is */
	target_address_parse("127.0.0.2", 0, &source);
	for (unsigned i = 0; i < 20; i++)
		admission_failed(rig.ua->admission, (struct sockaddr *)&source);
	assert_int_equal(counters().blocked, 1);
	a_friend_can_call();
}

static void strangers_together_have_a_limit_too(void **state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct sockaddr_storage to = gateway();
		char host[32];

		snprintf(host, sizeof(host), "127.0.1.%u", i + 1);
		phone_use_socket(&stranger, open_at(host, SOCK_DGRAM), &to);
		new_call(&stranger);
		phone_request(&stranger, "OPTIONS", NULL);
		n += phone_receive(&stranger, 20)[0] != '\0';
	}
	assert_true(n >= 5 && n <= 10);
	a_friend_can_call();
}

/* Somebody sends us a 200 that we never asked for: it must not make us send anything. */
static void an_answer_that_nobody_asked_for_is_dropped(void **state)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKno\r\nFrom: "
		 "<sip:1@127.0.0.1>;tag=1\r\nTo: <sip:2@127.0.0.1>;tag=2\r\nCall-ID: no\r\nCSeq: 1 "
		 "INVITE\r\nContact: <sip:2@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
		 rig.port, stranger.port);
	phone_send(&stranger, text);
	phone_expect_nothing(&stranger, 200);
	assert_int_equal(counters().unasked, 1);
}

/* The target of the dial peer is not in the list of this test: it is called all the same, and may
 * answer as much as it likes. */
static void who_is_called_may_answer(void **state)
{
	struct party calling = {0};
	static struct phone called;
	const char *invite;

	phone_open(&called, false, false, rig.peer_port);
	rig_call("7001", &calling);
	invite = strdup(phone_expect(&called, "INVITE sip:7001@"));
	for (unsigned i = 0; i < 40; i++)
		phone_respond(&called, invite, "180 Ringing", "t", NULL);
	assert_true(rig_ordered("alert"));
	phone_respond(&called, invite, "486 Busy Here", "t", NULL);
	assert_true(rig_ordered("release(17)"));
	phone_expect(&called, "ACK ");
	assert_int_equal(counters().unasked, 0);
	assert_int_equal(counters().over_limit, 0);
	free((void *)invite);
	phone_close(&called);
}

#define PROMISE(name, start) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(a_stranger_gets_403_and_one_line, start_loud),
	    PROMISE(a_stranger_hears_nothing, start_silent),
	    PROMISE(a_stranger_hears_nothing_on_a_connection_either, start_silent),
	    PROMISE(a_stranger_in_a_dialog_is_heard, start_silent),
	    PROMISE(all_may_call_if_the_owner_says_so, start_open),
	    PROMISE(who_floods_is_blocked_and_others_are_not, start_limited),
	    PROMISE(who_is_trusted_has_a_limit_of_his_own, start_limited),
	    PROMISE(telephones_have_a_limit_of_their_own, start_with_telephones),
	    PROMISE(telephones_that_guess_are_blocked, start_with_telephones),
	    PROMISE(strangers_together_have_a_limit_too, start_limited_together),
	    PROMISE(an_answer_that_nobody_asked_for_is_dropped, start_limited),
	    PROMISE(who_is_called_may_answer, start_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
