// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that go out by SIP: to a telephone that answers as the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/timer_compat.h>

#include "tests/unit/name_server.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX]; /* the one that came */

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
    .name = "Alice",
};

static int start_tcp6(void **state)
{
	rig_start(NULL);
	phone_listen(&phone, true, rig.peer_port);
	return 0;
}

static void call_and_take_invite(void)
{
	rig_call(phone.tcp ? "8001" : "7001", &alice);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE sip:"));
}

static const char *sdp(void)
{
	return phone.v6 ? SDP_ALAW6 : SDP_ALAW;
}

static void answer_with(const char *tag)
{
	phone_respond(&phone, invite, "200 OK", tag, sdp());
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
}

static void expire_soon(struct ua_config *config)
{
	config->expires_ms = 900;
}

static int start_expiring(void **state)
{
	rig_configure = expire_soon;
	return phone_start_called(state);
}

/* Who gives up a moment before we do says what we would have said. */
static void what_the_far_end_lets_expire_is_no_answer(void **state)
{
	call_and_take_invite();
	assert_string_equal(header(invite, "Expires"), "1");
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	phone_respond(&phone, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release(19)"));
}

static void who_ends_it_sooner_has_another_reason(void **state)
{
	call_and_take_invite();
	assert_string_equal(header(invite, "Expires"), "180");
	phone_respond(&phone, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release(31)"));
}

static void release(unsigned q850)
{
	struct cause cause = cause_q850(q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	rig_event(CALL_EV_RELEASED, &cause);
}

static void a_call_is_placed_answered_and_ended(void **state)
{
	const char *message;
	char text[96];

	call_and_take_invite();
	snprintf(text, sizeof(text),
		 phone.v6 ? "INVITE sip:8001@[::1]:%u;transport=tcp SIP/2.0"
			  : "INVITE sip:7001@127.0.0.1:%u SIP/2.0",
		 rig.peer_port);
	assert_memory_equal(invite, text, strlen(text));
	assert_non_null(strstr(header(invite, "From"), "\"Alice\" <sip:+4420@"));
	assert_non_null(strstr(header(invite, "P-Asserted-Identity"), "<sip:+4420@"));
	assert_string_equal(header(invite, "Max-Forwards"), "70");
	assert_string_equal(header(invite, "User-Agent"), "sipspan/test");
	assert_true(phone.tcp || strstr(header(invite, "Via"), ";rport"));
	snprintf(text, sizeof(text),
		 phone.v6 ? "<sip:[::1]:%u;transport=tcp>" : "<sip:127.0.0.1:%u>", rig.port);
	assert_string_equal(header(invite, "Contact"), text);
	assert_non_null(
	    strstr(body_of(invite), phone.v6 ? "RTP/AVP 8 0\r\n" : "RTP/AVP 8 0 101\r\n"));
	phone_respond(&phone, invite, "100 Trying", NULL, NULL);
	assert_true(rig_ordered("proceed"));
	phone_respond(&phone, invite, "183 Session Progress", "a", sdp());
	assert_true(rig_ordered("progress+"));
	assert_int_equal(rig.media.set.codec, WIRE_PCMA);
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert "));
	phone.extra = "P-Asserted-Identity: <sip:7009@h>\r\n";
	phone_respond(&phone, invite, "200 OK", "a", sdp());
	message = phone_expect(&phone, "ACK sip:me@");
	assert_string_equal(header(message, "CSeq") + strlen(header(message, "CSeq")) - 3, "ACK");
	assert_true(rig_ordered("answer(7009)"));
	release(16);
	message = phone_expect(&phone, "BYE sip:me@");
	assert_non_null(strstr(header(message, "Reason"), "Q.850;cause=16"));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 100);
}

static void the_far_end_hangs_up(void **state)
{
	call_and_take_invite();
	answer_with("a");
	snprintf(phone.call_id, sizeof(phone.call_id), "%s", header(invite, "Call-ID"));
	snprintf(phone.local_tag, sizeof(phone.local_tag), "a");
	snprintf(phone.remote_tag, sizeof(phone.remote_tag), "%s",
		 strstr(header(invite, "From"), ";tag=") + 5);
	phone.extra = "Reason: Q.850;cause=31\r\n";
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(31)"));
}

static void ringing_alone_is_not_inband(void **state)
{
	call_and_take_invite();
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert "));
	assert_null(strstr(rig.fake.orders, "alert+"));
	phone_respond(&phone, invite, "486 Busy Here", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release(17)"));
}

static void failures_become_causes(void **state)
{
	static const struct {
		const char *status, *extra, *order;
		bool ringing;
	} rows[] = {
	    {"404 Not Found", NULL, "release(1)"},
	    {"486 Busy Here", NULL, "release(17)"},
	    {"480 Temporarily Unavailable", NULL, "release(18)"},
	    {"480 Temporarily Unavailable", NULL, "release(19)", true},
	    {"503 Service Unavailable", NULL, "release(41)"},
	    {"380 Alternative Service", NULL, "release(23)"},
	    {"404 Not Found", "Reason: Q.850;cause=27\r\n", "release(27)"},
	    {"404 Not Found", "Reason: SIP;cause=1\r\nReason: Q.850;cause=28\r\n", "release(28)"},
	    {"404 Not Found", "Reason: Q.850;cause=200\r\n", "release(1)"},
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_and_take_invite();
		if (rows[i].ringing) {
			phone_respond(&phone, invite, "180 Ringing", "a", NULL);
			assert_true(rig_ordered("alert"));
		}
		phone.extra = rows[i].extra;
		phone_respond(&phone, invite, rows[i].status, "a", NULL);
		phone_expect(&phone, "ACK");
		if (!rig_ordered(rows[i].order))
			fail_msg("%s %s: %s", rows[i].status, rows[i].order, rig.fake.orders);
	}
}

static void an_unanswered_call_is_cancelled_after_the_first_1xx(void **state)
{
	const char *message;

	call_and_take_invite();
	release(16);
	rig_run(RIG_T1_MS / 2);
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	do {
		message = phone_receive(&phone, 1000);
	} while (!strncmp(message, "INVITE", 6));
	assert_memory_equal(message, "CANCEL sip:7001", 15);
	assert_non_null(strstr(header(message, "Reason"), "Q.850;cause=16"));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_respond(&phone, invite, "487 Request Terminated", "a", NULL);
	phone_expect(&phone, "ACK");
}

static void a_2xx_that_crosses_our_cancel_is_ended(void **state)
{
	const char *message;

	call_and_take_invite();
	phone_respond(&phone, invite, "180 Ringing", "a", NULL);
	assert_true(rig_ordered("alert"));
	release(16);
	message = phone_expect(&phone, "CANCEL");
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&phone, "ACK");
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
	assert_null(strstr(rig.fake.orders, "answer"));
}

static void no_answer_at_all_is_cause_102(void **state)
{
	call_and_take_invite();
	rig_run(66 * RIG_T1_MS);
	assert_true(rig_ordered("release(102)"));
	while (phone.count)
		phone_expect(&phone, "INVITE");
}

static void a_refused_connection_is_cause_38(void **state)
{
	phone_close(&phone); /* nobody there */
	rig_call("8001", &alice);
	assert_true(rig_ordered("release(38)"));
	rig_call("7001", &alice); /* UDP: the ICMP error */
	assert_true(rig_ordered("release(38)"));
	phone_open(&phone, false, false, 0);
}

/* here.test has an address of each family, and the telephone is at one of them only. */
static void a_name_is_looked_up_and_its_addresses_tried_in_turn(void **state)
{
	char server[32];
	unsigned i;

	name_server_start(server);
	rig_use_name_server(server);
	for (i = 0; i < 2; i++) {
		const char *message;

		phone_close(&phone);
		phone_open(&phone, false, i, rig.peer_port);
		rig_call("9001", &alice);
		snprintf(invite, sizeof(invite), "%s",
			 phone_expect(&phone, "INVITE sip:9001@here.test:"));
		assert_non_null(strstr(body_of(invite), i ? "c=IN IP6 ::1" : "c=IN IP4 127.0.0.1"));
		phone_respond(&phone, invite, "200 OK", "a", sdp());
		phone_expect(&phone, "ACK");
		assert_true(rig_ordered("answer"));
		release(16);
		message = phone_expect(&phone, "BYE");
		phone_respond(&phone, message, "200 OK", NULL, NULL);
		rig_run(20);
	}
	name_server_stop();
}

static void a_call_may_end_while_its_name_is_looked_up(void **state)
{
	rig_call("9001", &alice);
	release(16);
	rig_run(50);
	phone_expect_nothing(&phone, 20);
}

/* ---- forks, and far ends that would break the stack */

static void later_2xx_of_other_forks_are_acknowledged_and_ended(void **state)
{
	const char *message;

	call_and_take_invite();
	phone_respond(&phone, invite, "180 Ringing", "fork1", NULL);
	phone_respond(&phone, invite, "180 Ringing", "fork2", NULL);
	answer_with("fork1");
	phone_respond(&phone, invite, "200 OK", "fork2", SDP_ALAW);
	message = phone_expect(&phone, "ACK");
	assert_non_null(strstr(header(message, "To"), "tag=fork2"));
	message = phone_expect(&phone, "BYE");
	assert_non_null(strstr(header(message, "To"), "tag=fork2"));
	phone_respond(&phone, message, "200 OK", NULL, NULL);
	phone.hears_repeats = true;
	phone_respond(&phone, invite, "200 OK", "fork1", SDP_ALAW); /* our ACK was lost */
	message = phone_expect(&phone, "ACK");
	assert_non_null(strstr(header(message, "To"), "tag=fork1"));
	phone_expect_nothing(&phone, 100);
	assert_null(strstr(rig.fake.orders, "release"));
}

/* The stack's own way of ending a fork uses freed memory here. */
static void a_fork_whose_contact_has_a_refused_name_does_no_harm(void **state)
{
	call_and_take_invite();
	answer_with("fork1");
	phone.contact = "Contact: <sip:me@no-such-host.invalid>\r\n";
	phone_respond(&phone, invite, "200 OK", "fork2", SDP_ALAW);
	phone_expect(&phone, "ACK");
	phone_expect(&phone, "BYE");
	phone.contact = NULL;
	release(16);
	phone_expect(&phone, "BYE");
}

/* A name in Contact must not reach the stack's resolver: the ACK goes where the INVITE went. */
static void a_name_in_contact_or_route_is_not_looked_up(void **state)
{
	const char *message;

	call_and_take_invite();
	phone.contact = "Contact: <sip:me@no-such-host.invalid;maddr=other.invalid>\r\n"
			"Record-Route: <sip:proxy.invalid;lr>\r\n";
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	message = phone_expect(&phone, "ACK sip:me@no-such-host.invalid");
	assert_non_null(strstr(header(message, "Route"), "proxy.invalid"));
	release(16);
	message = phone_expect(&phone, "BYE sip:me@no-such-host.invalid");
	phone_respond(&phone, message, "200 OK", NULL, NULL);
}

static void a_2xx_with_an_unusable_contact_is_ended(void **state)
{
	static const char *const contacts[] = {"Contact: <tel:+44>\r\n",
					       "Contact: <mailto:a@b>\r\n",
					       "Contact: <http://x/>\r\n", "Contact: *\r\n", ""};
	unsigned i;

	for (i = 0; i < 5; i++) {
		call_and_take_invite();
		phone.contact = contacts[i];
		phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
		phone.contact = NULL;
		phone_expect(&phone, "ACK sip:7001@127.0.0.1");
		phone_respond(&phone, phone_expect(&phone, "BYE sip:7001@127.0.0.1"), "200 OK",
			      NULL, NULL);
		assert_true(rig_ordered("release(41)"));
	}
}

static void a_2xx_without_sdp_uses_the_early_answer_or_fails(void **state)
{
	call_and_take_invite();
	phone_respond(&phone, invite, "183 Session Progress", "a", SDP_ALAW);
	assert_true(rig_ordered("progress+"));
	phone_respond(&phone, invite, "200 OK", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	release(16);
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
	call_and_take_invite();
	phone_respond(&phone, invite, "200 OK", "b", NULL);
	phone_expect(&phone, "ACK");
	phone_expect(&phone, "BYE");
	assert_true(rig_ordered("release(88)"));
}

static void the_answer_in_the_2xx_may_differ_from_the_early_one(void **state)
{
	static const char ulaw[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\n"
				   "m=audio 40002 RTP/AVP 0\r\n";

	call_and_take_invite();
	phone_respond(&phone, invite, "183 Session Progress", "a", SDP_ALAW);
	assert_true(rig_ordered("progress+"));
	assert_int_equal(rig.media.set.codec, WIRE_PCMA);
	phone_respond(&phone, invite, "200 OK", "a", ulaw);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	assert_int_equal(rig.media.set.codec, WIRE_PCMU);
	assert_int_equal(rig.media.set.event_payload_type, 0);
}

static void an_answer_that_leaves_no_audio_ends_the_call(void **state)
{
	static const char *const media[] = {"m=audio 0 RTP/AVP 8", "m=audio 40000 RTP/AVP 101",
					    "m=audio 40000 RTP/AVP 18", "m=video 40000 RTP/AVP 8",
					    "m=audio 40000 RTP/SAVP 8"};
	char text[256];
	unsigned i;

	for (i = 0; i < 5; i++) {
		call_and_take_invite();
		snprintf(text, sizeof(text), "v=0\r\nc=IN IP4 127.0.0.1\r\n%s\r\n", media[i]);
		phone_respond(&phone, invite, "200 OK", "a", text);
		phone_expect(&phone, "ACK");
		phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
		assert_true(rig_ordered("release(88)"));
	}
}

static void a_restricted_number_is_not_in_from(void **state)
{
	struct party hidden = alice;

	hidden.presentation = PRESENTATION_RESTRICTED;
	rig_call("7001", &hidden);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, "INVITE"));
	assert_non_null(strstr(header(invite, "From"), "sip:anonymous@anonymous.invalid"));
	assert_string_equal(header(invite, "Privacy"), "id");
	assert_non_null(strstr(header(invite, "P-Asserted-Identity"), "+4420"));
	assert_null(strstr(header(invite, "Contact"), "4420"));
}

#define WITH(setup, f)                                                                             \
	{                                                                                          \
#f " (" #setup ")", f, setup, phone_stop, NULL                                     \
	}

struct turns {
	unsigned count;
	struct timespec until;
};

static bool turned(void *arg)
{
	struct turns *turns = arg;
	struct timespec now;

	turns->count++;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return timespeccmp(&now, &turns->until, >);
}

/* A process that asks whether each of the stack's timers is over until it is takes thousands of turns a
 * second; one that sleeps a dozen, and some hundreds if one of libosmocore's own timers is among them. */
static void the_loop_sleeps_between_repeats(void **state)
{
	struct turns turns = {0};

	call_and_take_invite();
	clock_gettime(CLOCK_MONOTONIC, &turns.until);
	turns.until.tv_sec++;
	assert_true(rig_wait(turned, &turns, 20000));
	assert_true(turns.count < 1000);
	release(16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH(phone_start_called, a_call_is_placed_answered_and_ended),
	    WITH(start_tcp6, a_call_is_placed_answered_and_ended),
	    WITH(phone_start_called, the_far_end_hangs_up),
	    WITH(start_tcp6, the_far_end_hangs_up),
	    WITH(phone_start_called, ringing_alone_is_not_inband),
	    WITH(phone_start_called, failures_become_causes),
	    WITH(start_tcp6, failures_become_causes),
	    WITH(phone_start_called, an_unanswered_call_is_cancelled_after_the_first_1xx),
	    WITH(phone_start_called, a_2xx_that_crosses_our_cancel_is_ended),
	    WITH(start_expiring, what_the_far_end_lets_expire_is_no_answer),
	    WITH(phone_start_called, who_ends_it_sooner_has_another_reason),
	    WITH(phone_start_called, no_answer_at_all_is_cause_102),
	    WITH(phone_start_called, a_refused_connection_is_cause_38),
	    WITH(phone_start_called, the_loop_sleeps_between_repeats),
	    WITH(phone_start_called, a_name_is_looked_up_and_its_addresses_tried_in_turn),
	    WITH(phone_start_called, a_call_may_end_while_its_name_is_looked_up),
	    WITH(phone_start_called, later_2xx_of_other_forks_are_acknowledged_and_ended),
	    WITH(phone_start_called, a_fork_whose_contact_has_a_refused_name_does_no_harm),
	    WITH(phone_start_called, a_name_in_contact_or_route_is_not_looked_up),
	    WITH(phone_start_called, a_2xx_with_an_unusable_contact_is_ended),
	    WITH(phone_start_called, a_2xx_without_sdp_uses_the_early_answer_or_fails),
	    WITH(phone_start_called, the_answer_in_the_2xx_may_differ_from_the_early_one),
	    WITH(phone_start_called, an_answer_that_leaves_no_audio_ends_the_call),
	    WITH(phone_start_called, a_restricted_number_is_not_in_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
