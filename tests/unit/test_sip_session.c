// SPDX-License-Identifier: GPL-2.0-or-later
/* Offers and answers of calls that come in by SIP: codecs, hold, re-INVITE and UPDATE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/sip_one_phone.h"

static const char SDP_ULAW[] = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP 0\r\n";

static int start_tcp6(void **state)
{
	rig_start(NULL);
	phone_open(&phone, true, true, 0);
	return 0;
}

static const struct party connected = {
    .number = {.digits = "2001"},
};

/* INVITE to 200 and ACK. */
static void hang_up(void)
{
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static unsigned sdp_version(const char *message)
{
	unsigned version = 0;

	assert_int_equal(sscanf(strstr(body_of(message), "o="), "o=%*s %*u %u", &version), 1);
	return version;
}

static void the_answer_holds_the_callers_and_the_gateways_sdp(void **state)
{
	const char *message;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_int_equal(rig.media.set.codec, WIRE_PCMA);
	assert_int_equal(rig.media.set.event_payload_type, 101);
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE); /* no RTP before our description */
	assert_int_equal(rig.media.set.ptime_ms, 20);
	assert_int_equal(rig.media.set.generation, 1);
	rig_event(CALL_EV_PROGRESS, &(struct progress){.indicator = 8, .inband = true});
	message = phone_expect(&phone, "SIP/2.0 183");
	assert_non_null(strstr(body_of(message), "RTP/AVP 8 101"));
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	assert_int_equal(rig.media.set.generation,
			 1); /* the far end's is the same: no new window */
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	message = phone_expect(&phone, "SIP/2.0 180");
	assert_non_null(strstr(body_of(message), "RTP/AVP 8 101")); /* it went already */
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	hang_up();
}

/* On a network with both: SIP over IPv6, a media server that has only IPv4. */
static void media_may_have_another_address_family(void **state)
{
	const char *message;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "c=IN IP4 127.0.0.1"));
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	hang_up();
}

static void ringing_without_tones_has_no_sdp(void **state)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	assert_string_equal(body_of(phone_expect(&phone, "SIP/2.0 180")), "");
}

static void an_invite_without_offer_gets_ours_in_the_200(void **state)
{
	const char *message;

	phone_request(&phone, "INVITE", NULL);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &(struct progress){.inband = true, .indicator = 8});
	assert_string_equal(body_of(phone_expect(&phone, "SIP/2.0 180")), "");
	rig_event(CALL_EV_ANSWER, NULL);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "RTP/AVP 8 0 101"));
	assert_int_equal(rig.media.sets, 0);
	phone_request(&phone, "ACK", SDP_ALAW);
	rig_run(30);
	assert_int_equal(rig.media.sets, 1);
	assert_int_equal(rig.media.set.codec, WIRE_PCMA);
	hang_up();
}

/* RFC 3264 leaves the answerer free: what the dial peer allows, in the caller's order. */
static void the_inbound_peer_decides_codecs_and_events(void **state)
{
	static const struct {
		const char *to, *offered, *answered; /* payload types */
		const char *events;		     /* in the answer; NULL: none */
	} rows[] = {
	    {"2001", "8 0 101", "8 101", "a=rtpmap:101 telephone-event"},
	    {"2001", "0 8 99", "0 99", "a=rtpmap:99 telephone-event"},
	    {"3101", "8 0 101", "0 101", "a=rtpmap:101 telephone-event"},
	    {"3101", "8 101", NULL, NULL},
	    {"3201", "0 8 101", "0", NULL},
	    {"5001", "8 0 101", "8", NULL}, /* peer 0 */
	    {"2001", "101", NULL, NULL},
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char sdp[512], line[64];
		const char *last = strrchr(rows[i].offered, ' '), *message;

		snprintf(phone.call_id, sizeof(phone.call_id), "codecs-%u", i);
		phone.remote_tag[0] = '\0';
		phone.to = rows[i].to;
		snprintf(sdp, sizeof(sdp),
			 "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP %s\r\n"
			 "a=rtpmap:%s telephone-event/8000\r\n",
			 rows[i].offered, last ? last + 1 : rows[i].offered);
		phone_request(&phone, "INVITE", sdp);
		phone_expect(&phone, "SIP/2.0 100");
		if (!rows[i].answered) {
			message = phone_expect(&phone, "SIP/2.0 488");
			assert_non_null(strstr(header(message, "Reason"), "Q.850;cause=65"));
			phone_request(&phone, "ACK", NULL);
			continue;
		}
		rig_event(CALL_EV_ANSWER, &connected);
		message = body_of(phone_expect(&phone, "SIP/2.0 200"));
		snprintf(line, sizeof(line), "RTP/AVP %s\r\n", rows[i].answered);
		if (!strstr(message, line) ||
		    !strstr(message, "telephone-event") != !rows[i].events ||
		    (rows[i].events && !strstr(message, rows[i].events)))
			fail_msg("%s, %s: %s", rows[i].to, rows[i].offered, message);
		assert_int_equal(!rig.media.set.event_payload_type, !rows[i].events);
		phone_request(&phone, "ACK", NULL);
		hang_up();
	}
}

/* RFC 4040: only where the peer has it, without events, in a call of digital information. */
static void a_clear_channel_becomes_a_data_call(void **state)
{
	static const struct {
		const char *to, *offered, *answered;
	} rows[] = {
	    {"3301", "97 101", "97"},	   {"3301", "97 8 101", "97"},
	    {"3301", "8 97 101", "8 101"}, {"2001", "97 8 101", "8 101"},
	    {"2001", "97", NULL},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool data = rows[i].answered && rows[i].answered[0] == '9';
		char sdp[512], line[64];
		const char *message;

		snprintf(phone.call_id, sizeof(phone.call_id), "data-%u", i);
		phone.remote_tag[0] = '\0';
		phone.to = rows[i].to;
		snprintf(sdp, sizeof(sdp),
			 "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP %s\r\n"
			 "a=rtpmap:97 CLEARMODE/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
			 rows[i].offered);
		phone_request(&phone, "INVITE", sdp);
		phone_expect(&phone, "SIP/2.0 100");
		if (!rows[i].answered) {
			phone_expect(&phone, "SIP/2.0 488");
			phone_request(&phone, "ACK", NULL);
			continue;
		}
		rig_event(CALL_EV_ANSWER, &connected);
		message = body_of(phone_expect(&phone, "SIP/2.0 200"));
		snprintf(line, sizeof(line), "RTP/AVP %s\r\n", rows[i].answered);
		if (!strstr(message, line) || !strstr(message, "CLEARMODE") != !data)
			fail_msg("%s, %s: %s", rows[i].to, rows[i].offered, message);
		assert_int_equal(rig.media.set.codec, data ? WIRE_CLEARMODE : WIRE_PCMA);
		assert_int_equal(bearer_is_data(rig.fake.request.setup.bearer), data);
		phone_request(&phone, "ACK", NULL);
		hang_up();
	}
}

static void the_inbound_peer_decides_what_we_offer(void **state)
{
	static const struct {
		const char *to, *offer;
	} rows[] = {{"2001", "RTP/AVP 8 0 101\r\n"},
		    {"3101", "RTP/AVP 0 97\r\n"},
		    {"3201", "RTP/AVP 8 0\r\n"},
		    {"5001", "RTP/AVP 8 0\r\n"}};
	unsigned i;

	for (i = 0; i < 4; i++) {
		snprintf(phone.call_id, sizeof(phone.call_id), "offers-%u", i);
		phone.remote_tag[0] = '\0';
		phone.to = rows[i].to;
		phone_request(&phone, "INVITE", NULL);
		phone_expect(&phone, "SIP/2.0 100");
		rig_event(CALL_EV_ANSWER, NULL);
		assert_non_null(
		    strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), rows[i].offer));
		phone_request(&phone, "ACK", i == 1 ? SDP_ULAW : SDP_ALAW);
		rig_run(20);
		hang_up();
	}
}

/* RFC 3264 8: a far end may take a description with the old version for the old one. */
static void the_version_of_our_sdp_rises_with_every_change(void **state)
{
	const char *message;
	unsigned version;

	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_PROGRESS, &(struct progress){.indicator = 8, .inband = true});
	version = sdp_version(phone_expect(&phone, "SIP/2.0 183"));
	rig_event(CALL_EV_ANSWER, NULL);
	assert_int_equal(sdp_version(phone_expect(&phone, "SIP/2.0 200")), version);
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", SDP_ALAW); /* the same again */
	assert_int_equal(sdp_version(phone_expect(&phone, "SIP/2.0 200")), version);
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", NULL); /* our offer has both codecs */
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "RTP/AVP 8 0 101"));
	assert_int_equal(sdp_version(message), version + 1);
	phone_request(&phone, "ACK", SDP_ALAW);
	phone_request(&phone, "INVITE", SDP_HOLD);
	assert_int_equal(sdp_version(phone_expect(&phone, "SIP/2.0 200")), version + 2);
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	hang_up();
}

static void both_may_hold_and_resume(void **state)
{
	static const char inactive[] =
	    "v=0\r\no=- 1 3 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	    "m=audio 40000 RTP/AVP 8\r\na=inactive\r\n";
	const char *message;

	phone_establish(SDP_ALAW, &connected);
	phone_request(&phone, "INVITE", SDP_HOLD);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", inactive);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=inactive"));
	assert_int_equal(rig.media.set.mode, 0);
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", NULL); /* our offer while held asks for audio again */
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=sendrecv"));
	phone_request(&phone, "ACK", SDP_ALAW);
	assert_true(rig_ordered("hold retrieve "));
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	rig_run(20);
	hang_up();
}

static void an_ack_without_the_answer_ends_the_call(void **state)
{
	phone_request(&phone, "INVITE", NULL);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
	assert_true(rig_ordered("release(88)"));
}

static void reinvite_holds_resumes_and_refreshes(void **state)
{
	unsigned sets;
	const char *message;

	phone_establish(SDP_ALAW, &connected);
	phone_request(&phone, "INVITE", SDP_HOLD);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=recvonly"));
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE);
	assert_true(rig_ordered("hold"));
	phone_request(&phone, "ACK", NULL);
	phone_request(&phone, "INVITE", SDP_ALAW);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=sendrecv"));
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE | WIRE_SEND);
	assert_true(rig_ordered("retrieve"));
	phone_request(&phone, "ACK", NULL);
	sets = rig.media.sets;
	phone_request(&phone, "INVITE", SDP_ALAW); /* nothing new in it */
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "ACK", NULL);
	rig_run(20);
	assert_int_equal(rig.media.sets, sets);
	hang_up();
}

static void reinvite_with_a_new_address_moves_the_stream(void **state)
{
	static const char moved[] =
	    "v=0\r\no=- 1 2 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
	    "m=audio 41000 RTP/AVP 0\r\n";

	phone_establish(SDP_ALAW, &connected);
	phone_request(&phone, "INVITE", moved);
	assert_non_null(strstr(body_of(phone_expect(&phone, "SIP/2.0 200")), "RTP/AVP 0\r\n"));
	phone_request(&phone, "ACK", NULL);
	assert_int_equal(rig.media.set.codec, WIRE_PCMU);
	assert_int_equal(ntohs(((struct sockaddr_in *)&rig.media.set.rtp)->sin_port), 41000);
	assert_int_equal(rig.media.set.generation, 2);
	hang_up();
}

static void reinvite_that_fits_nothing_changes_nothing(void **state)
{
	static const char video[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n"
				    "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 41000 RTP/AVP 18\r\n";

	unsigned sets;

	phone_establish(SDP_ALAW, &connected);
	sets = rig.media.sets;
	phone_request(&phone, "INVITE", video);
	phone_expect(&phone, "SIP/2.0 488");
	phone_request(&phone, "ACK", NULL);
	assert_int_equal(rig.media.sets, sets);
	hang_up();
}

static void ringing_without_a_description_lets_the_phone_ring(void **state)
{
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ALERT, &(struct progress){0});
	phone_expect(&phone, "SIP/2.0 180");
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE);
	rig_event(CALL_EV_ANSWER, NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_int_equal(rig.media.set.mode, WIRE_SEND | WIRE_RECEIVE);
	phone_request(&phone, "ACK", NULL);
	hang_up();
}

static void a_second_invite_before_the_ack_gets_491(void **state)
{
	phone_establish(SDP_ALAW, &connected);
	phone_request(&phone, "INVITE", SDP_HOLD);
	phone_expect(&phone, "SIP/2.0 200");
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 491");
}

static void update_and_reinvite_without_offer_are_answered(void **state)
{
	const char *message;

	phone_establish(SDP_ALAW, &connected);
	phone_request(&phone, "UPDATE", NULL);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(body_of(message), "");
	phone_request(&phone, "UPDATE", SDP_HOLD);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=recvonly"));
	phone_request(&phone, "INVITE", NULL);
	message = phone_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(body_of(message), "a=sendrecv"));
	phone_request(&phone, "ACK", SDP_ALAW);
	rig_run(20);
	assert_int_equal(rig.media.set.mode, WIRE_RECEIVE | WIRE_SEND);
	hang_up();
}

#define WITH(setup, f)                                                                             \
	{                                                                                          \
#f " (" #setup ")", f, setup, phone_stop, NULL                                     \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH(phone_start, the_answer_holds_the_callers_and_the_gateways_sdp),
	    WITH(start_tcp6, media_may_have_another_address_family),
	    WITH(phone_start, ringing_without_tones_has_no_sdp),
	    WITH(phone_start, an_invite_without_offer_gets_ours_in_the_200),
	    WITH(phone_start, the_inbound_peer_decides_codecs_and_events),
	    WITH(phone_start, a_clear_channel_becomes_a_data_call),
	    WITH(phone_start, the_inbound_peer_decides_what_we_offer),
	    WITH(phone_start, the_version_of_our_sdp_rises_with_every_change),
	    WITH(phone_start, both_may_hold_and_resume),
	    WITH(phone_start, an_ack_without_the_answer_ends_the_call),
	    WITH(phone_start, reinvite_holds_resumes_and_refreshes),
	    WITH(phone_start_tcp, reinvite_holds_resumes_and_refreshes),
	    WITH(phone_start, reinvite_with_a_new_address_moves_the_stream),
	    WITH(phone_start, reinvite_that_fits_nothing_changes_nothing),
	    WITH(phone_start, ringing_without_a_description_lets_the_phone_ring),
	    WITH(phone_start, a_second_invite_before_the_ack_gets_491),
	    WITH(phone_start, update_and_reinvite_without_offer_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
