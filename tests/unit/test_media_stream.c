// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "gateway/media/packet.h"
#include "gateway/media/stream.h"

#define MS 1000000ull
#define EVENT_TYPE 101

/* A stream and its peer on loopback, RTP in [0], RTCP in [1]. */
struct pair {
	int ours[2], peer[2];
	struct sockaddr_storage our_address[2], peer_address[2];
	struct stream_record record;
	struct stream *stream;
	struct wire_stream_set set;
	uint64_t now_ns;
	uint16_t sequence; /* the peer's */
	uint32_t timestamp;
	uint8_t ssrc;
};

static void open_stream(struct pair *p)
{
	int fds[2] = {dup(p->ours[0]), dup(p->ours[1])};

	assert_int_equal(stream_open(fds, &p->record, p->now_ns, &p->stream), 0);
	assert_int_equal(stream_set(p->stream, &p->set), 0);
}

static int set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	for (unsigned i = 0; i < 2; i++) {
		p->ours[i] = test_open_socket(&p->our_address[i]);
		p->peer[i] = test_open_socket(&p->peer_address[i]);
	}
	p->now_ns = 1000000 * MS;
	p->set.rtp = p->peer_address[0];
	p->set.rtcp = p->peer_address[1];
	p->set.codec = WIRE_PCMA;
	p->set.ptime_ms = 20;
	p->set.mode = WIRE_SEND | WIRE_RECEIVE;
	p->set.event_payload_type = EVENT_TYPE;
	p->set.generation = 1;
	strcpy(p->set.cname, "test");
	open_stream(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	stream_close(p->stream);
	for (unsigned i = 0; i < 2; i++) {
		close(p->ours[i]);
		close(p->peer[i]);
	}
	free(p);
	return 0;
}

static bool wait_for(int fd, int timeout_ms)
{
	struct pollfd poll_in = {.fd = fd, .events = POLLIN};

	return poll(&poll_in, 1, timeout_ms) == 1;
}

/* The next packet at the peer; payload is valid until the next call. */
static bool peer_gets(struct pair *p, struct packet *out)
{
	static uint8_t data[2000];
	ssize_t n;

	if (!wait_for(p->peer[0], 0))
		return false;
	n = recv(p->peer[0], data, sizeof(data), 0);
	assert_int_equal(packet_parse(data, n, out), 0);
	return true;
}

static void send_from(struct pair *p, int fd, unsigned payload_type, const uint8_t *payload,
		      unsigned length)
{
	uint8_t data[12 + 1000] = {0x80, payload_type, p->sequence >> 8, p->sequence};
	uint32_t timestamp = htonl(p->timestamp);

	memcpy(data + 4, &timestamp, 4);
	data[8] = 0x77;
	data[11] = p->ssrc;
	memcpy(data + 12, payload, length);
	assert_int_equal(sendto(fd, data, 12 + length, 0, (struct sockaddr *)&p->our_address[0],
				sizeof(struct sockaddr_in)),
			 12 + length);
	p->sequence++;
	p->timestamp += length;
}

static void send_audio(struct pair *p, int fd, uint8_t octet)
{
	uint8_t payload[160];

	memset(payload, octet, sizeof(payload));
	send_from(p, fd, WIRE_PCMA, payload, sizeof(payload));
}

static const struct stream_counters *counters(struct pair *p)
{
	stream_save(p->stream, NULL, 0, p->now_ns);
	return &p->record.counters;
}

static void cuts_packets_as_agreed(void **state)
{
	static const unsigned ptimes[] = {10, 20, 30, 40, 60}, blocks[] = {80, 160, 33};
	struct pair *p = *state;
	uint8_t block[160];
	uint32_t said = 0, heard = 0, timestamp = 0;
	uint16_t sequence = 0;
	bool first = true;

	for (unsigned i = 0; i < COUNT(ptimes); i++) {
		for (unsigned b = 0; b < COUNT(blocks); b++) {
			struct packet packet;
			unsigned rest;
			p->set.ptime_ms = ptimes[i];
			assert_int_equal(stream_set(p->stream, &p->set), 0);
			for (unsigned n = 0; n < 960 * 11 / blocks[b]; n++) {
				for (unsigned k = 0; k < blocks[b]; k++)
					block[k] = said++ * 7;
				stream_push(p->stream, block, blocks[b]);
			}
			while (peer_gets(p, &packet)) {
				assert_int_equal(packet.length, ptimes[i] * 8);
				assert_int_equal(packet.payload_type, WIRE_PCMA);
				assert_int_equal(packet.marker, first);
				if (!first) {
					assert_int_equal(packet.sequence, (uint16_t)(sequence + 1));
					assert_int_equal(packet.timestamp, timestamp);
				}
				first = false;
				sequence = packet.sequence;
				timestamp = packet.timestamp + packet.length;
				for (unsigned k = 0; k < packet.length; k++)
					assert_int_equal(packet.payload[k], (uint8_t)(heard++ * 7));
			}
			assert_true(said - heard < ptimes[i] * 8);
			rest = ptimes[i] * 8 - (said - heard); /* fill the last packet */
			for (; rest && said != heard; rest--) {
				block[0] = said++ * 7;
				stream_push(p->stream, block, 1);
			}
			if (said != heard && peer_gets(p, &packet)) {
				heard += packet.length;
				sequence = packet.sequence;
				timestamp = packet.timestamp + packet.length;
			}
		}
	}
	assert_int_equal(counters(p)->packets_sent * 0 + p->record.counters.octets_sent, said);
}

static void goes_on_where_the_process_before_stopped(void **state)
{
	struct pair *p = *state;
	struct packet before = {0}, after;
	uint8_t block[160] = {0};
	struct sockaddr_storage other;
	struct stream_packet packet;
	int nat = test_open_socket(&other);

	send_audio(p, nat, 1); /* the window for latching is used up */
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_true(stream_pull(p->stream, p->now_ns, &packet));
	p->now_ns += 2000 * MS;
	send_audio(p, nat, 1);
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	for (unsigned i = 0; i < 5; i++)
		stream_push(p->stream, block, 160);
	stream_save(p->stream, NULL, 0, p->now_ns);
	assert_false(peer_gets(p, &before));
	for (unsigned i = 0; i < 5; i++) {
		uint8_t data[200];
		assert_int_equal(recv(nat, data, sizeof(data), 0), 172);
		packet_parse(data, 172, &before);
	}
	stream_close(p->stream);

	p->now_ns += 100 * MS;
	open_stream(p);
	stream_push(p->stream, block, 160);
	uint8_t data[200];
	assert_int_equal(recv(nat, data, sizeof(data), 0), 172); /* to where it was latched */
	assert_int_equal(packet_parse(data, 172, &after), 0);
	assert_int_equal(after.ssrc, before.ssrc);
	assert_int_equal(after.sequence, (uint16_t)(before.sequence + 1));
	assert_int_equal(after.timestamp, before.timestamp + 160 + 800);
	assert_int_equal(counters(p)->packets_sent, 6);
	assert_int_equal(counters(p)->packets_received, 2);
	send_audio(p, p->peer[0], 1); /* nor can the named peer take it back */
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_int_equal(counters(p)->packets_refused, 1);
	close(nat);
}

static void hands_out_what_came_in_order(void **state)
{
	static const unsigned order[] = {0, 1, 3, 2, 4, 4, 7, 5};
	static const unsigned handed[] = {0, 1, 2, 3, 4, 5, 7};
	struct pair *p = *state;
	struct stream_packet packet;
	unsigned got = 0;

	for (unsigned i = 0; i < COUNT(order); i++) {
		p->sequence = 65533 + order[i]; /* across the wrap */
		p->timestamp = 0xffffff00 + order[i] * 160;
		send_audio(p, p->peer[0], order[i]);
	}
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	while (stream_pull(p->stream, p->now_ns, &packet)) {
		assert_int_equal(packet.payload[0], handed[got]);
		assert_int_equal(packet.timestamp, 0xffffff00 + handed[got] * 160);
		assert_int_equal(packet.fresh, got == 0);
		assert_int_equal(packet.law, CODEC_ALAW);
		got++;
	}
	assert_int_equal(got, COUNT(handed));
	/* one that is late by ticks is still handed out: whether it is of use the playout knows */
	p->sequence = (uint16_t)(65533 + 6);
	p->timestamp = 0xffffff00 + 6 * 160;
	send_audio(p, p->peer[0], 6);
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_true(stream_pull(p->stream, p->now_ns, &packet));
	assert_int_equal(packet.payload[0], 6);
	assert_int_equal(counters(p)->packets_received, 8);
	assert_int_equal(counters(p)->packets_lost, 0);
}

static void refuses_and_counts_what_it_must_not_take(void **state)
{
	struct pair *p = *state;
	struct sockaddr_storage address;
	struct stream_packet packet;
	int stranger = test_open_socket(&address);
	uint8_t noise[160] = {0};

	send_audio(p, p->peer[0], 1);
	send_audio(p, stranger, 2);
	send_from(p, p->peer[0], 18, noise, 20); /* a payload type nobody agreed to */
	send_from(p, p->peer[0], 72, noise, 20);
	send_from(p, p->peer[0], 13, noise, 1);		/* comfort noise is ignored, not refused */
	send_from(p, p->peer[0], EVENT_TYPE, noise, 3); /* no telephone-event */
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_true(stream_pull(p->stream, p->now_ns, &packet));
	assert_int_equal(packet.payload[0], 1);
	assert_false(stream_pull(p->stream, p->now_ns, &packet));
	assert_int_equal(counters(p)->packets_refused, 4);
	assert_int_equal(counters(p)->packets_received, 3);
	close(stranger);
}

static void holds(void **state)
{
	struct pair *p = *state;
	struct stream_packet out;
	struct packet packet;
	uint8_t block[160] = {0};

	p->set.mode = 0;
	assert_int_equal(stream_set(p->stream, &p->set), 0);
	stream_push(p->stream, block, 160);
	assert_false(peer_gets(p, &packet));
	send_audio(p, p->peer[0], 1);
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_false(stream_pull(p->stream, p->now_ns, &out));
	assert_int_equal(counters(p)->packets_received, 1);
	p->set.mode = WIRE_SEND | WIRE_RECEIVE;
	assert_int_equal(stream_set(p->stream, &p->set), 0);
	stream_push(p->stream, block, 160);
	assert_true(peer_gets(p, &packet));
	assert_true(packet.marker);
	assert_int_equal(counters(p)->packets_sent, 1);
}

static void refuses_a_set_that_makes_no_sense(void **state)
{
	struct pair *p = *state;
	struct wire_stream_set good = p->set, bad[8];

	for (unsigned i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].ptime_ms = 0;
	bad[1].ptime_ms = 25;
	bad[2].codec = 18;
	bad[3].event_payload_type = 13;
	bad[4].event_payload_type = 200;
	bad[5].mode = 4;
	memset(bad[6].cname, 'x', sizeof(bad[6].cname));
	bad[7].ptime_ms = 70;
	for (unsigned i = 0; i < COUNT(bad); i++)
		assert_int_equal(stream_set(p->stream, &bad[i]), -EINVAL);
	assert_int_equal(stream_set(p->stream, &good), 0);
}

static void a_digit_goes_out_as_events_or_as_sound(void **state)
{
	struct pair *p = *state;
	struct packet packet;
	uint8_t block[80];
	unsigned events = 0, ends = 0, audio = 0, sound = 0;
	uint32_t timestamp = 0;

	memset(block, 0xd5, sizeof(block));
	for (unsigned with = 1; with < 2; with--) {
		events = ends = audio = sound = 0;
		p->set.event_payload_type = with ? EVENT_TYPE : 0;
		assert_int_equal(stream_set(p->stream, &p->set), 0);
		assert_int_equal(stream_digit_start(p->stream, '9', 100), 0);
		for (unsigned i = 0; i < 30; i++)
			stream_push(p->stream, block, sizeof(block));
		while (peer_gets(p, &packet)) {
			if (packet.payload_type == EVENT_TYPE) {
				assert_int_equal(packet.marker, events == 0);
				if (events++ && !ends)
					assert_int_equal(packet.timestamp, timestamp);
				timestamp = packet.timestamp;
				assert_int_equal(packet.payload[0], 9);
				ends += packet.payload[1] >> 7;
				continue;
			}
			audio++;
			sound += packet.payload[80] != 0xd5;
		}
		if (with) {
			assert_int_equal(ends, 3);
			assert_in_range(events, 7, 9);
			assert_int_equal(sound, 0);
			assert_in_range(audio, 6, 9);
		} else {
			assert_int_equal(events, 0);
			assert_int_equal(audio, 15);
			assert_in_range(sound, 4, 6);
		}
	}
	assert_int_equal(counters(p)->digits_sent, 1);
}

static void a_digit_that_comes_is_no_audio(void **state)
{
	struct pair *p = *state;
	struct stream_packet packet;
	struct digit_step step;
	uint8_t event[4] = {3, 10, 0, 160};

	send_audio(p, p->peer[0], 1);
	send_from(p, p->peer[0], EVENT_TYPE, event, 4);
	assert_true(wait_for(p->ours[0], 1000));
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_true(stream_pull(p->stream, p->now_ns, &packet));
	assert_false(stream_pull(p->stream, p->now_ns, &packet));
	assert_true(digit_steps_take(stream_digits(p->stream), &step));
	assert_int_equal(step.kind, DIGIT_BEGAN);
	assert_int_equal(step.digit, '3');
	p->now_ns += 200 * MS; /* and the end is lost */
	stream_pass_time(p->stream, p->now_ns);
	assert_true(digit_steps_take(stream_digits(p->stream), &step));
	assert_int_equal(step.kind, DIGIT_ENDED);
	assert_int_equal(counters(p)->digits_received, 1);
}

static void throws_away_what_lay_too_long(void **state)
{
	struct pair *p = *state;
	struct stream_packet packet;

	stream_close(p->stream);
	wait_for(p->ours[1], 40); /* the kernel stamps packets only a moment after it was asked to */
	send_audio(p, p->peer[0], 1);
	wait_for(p->ours[1], 80); /* nothing comes there: time passes */
	send_audio(p, p->peer[0], 2);
	assert_true(wait_for(p->ours[0], 1000));
	open_stream(p);
	stream_receive(p->stream, STREAM_RTP, p->now_ns);
	assert_true(stream_pull(p->stream, p->now_ns, &packet));
	assert_int_equal(packet.payload[0], 2);
	assert_false(stream_pull(p->stream, p->now_ns, &packet));
}

static void follows_a_new_source(void **state)
{
	struct pair *p = *state;
	struct stream_packet packet;
	unsigned got = 0;

	p->sequence = 65000;
	for (unsigned i = 0; i < 3; i++)
		send_audio(p, p->peer[0], 1);
	p->ssrc++;
	p->sequence = 5;
	p->timestamp = 77;
	for (unsigned i = 0; i < 20; i++) {
		send_audio(p, p->peer[0], 2);
		assert_true(wait_for(p->ours[0], 1000));
		if (i < 2)
			continue;
		stream_receive(p->stream, STREAM_RTP, p->now_ns);
		while (stream_pull(p->stream, p->now_ns, &packet)) {
			assert_int_equal(packet.payload[0], 2); /* the old one's are forgotten */
			assert_int_equal(packet.fresh, got == 0);
			got++;
		}
	}
	assert_int_equal(got, 19); /* the first one could have been a stray */
}

static void says_goodbye(void **state)
{
	struct pair *p = *state;
	uint8_t block[160] = {0}, data[500];
	ssize_t n;

	stream_push(p->stream, block, 160);
	stream_close(p->stream);
	n = recv(p->peer[1], data, sizeof(data), 0);
	assert_true(n > 0 && packet_rtcp_valid(data, n));
	assert_int_equal(data[1], 200);
	for (unsigned at = 0; at + 4 <= n; at += 4 + 4 * (data[at + 2] << 8 | data[at + 3]))
		if (data[at + 1] == 203)
			n = 0;
	assert_int_equal(n, 0);
	open_stream(p);
}

static void lives_through_hostile_packets(void **state)
{
	struct pair *p = *state;
	struct stream_packet packet;
	uint32_t seed = 11;
	uint8_t data[1400];

	for (unsigned i = 0; i < 40000; i++) {
		unsigned which = i & 1, length = test_random(&seed) % (i % 50 ? 90 : 1400);
		for (unsigned n = 0; n < length; n++)
			data[n] = test_random(&seed);
		if (length > 8 && i % 3) { /* most look right at first sight */
			static const uint8_t types[] = {0, 8, 13, EVENT_TYPE, 0x80 | EVENT_TYPE};
			data[0] = (i % 5 ? 0x80 : data[0]);
			data[1] = which ? 200 + test_random(&seed) % 8
					: types[test_random(&seed) % COUNT(types)];
			if (which) {
				length &= ~3u;
				data[2] = 0;
				data[3] = length / 4 - 1 - test_random(&seed) % 2;
				data[0] &= 0x81;
			} else {
				data[8] = data[9] = data[10] = 0;
				data[11] = test_random(&seed) % 2;
				data[2] = i >> 9;
			}
		}
		sendto(p->peer[which], data, length, 0, (struct sockaddr *)&p->our_address[which],
		       sizeof(struct sockaddr_in));
		if (i % 8 < 6)
			continue;
		p->now_ns += 5 * MS;
		stream_receive(p->stream, STREAM_RTP, p->now_ns);
		stream_receive(p->stream, STREAM_RTCP, p->now_ns);
		while (stream_pull(p->stream, p->now_ns, &packet))
			assert_in_range(packet.length, 1, PACKET_PAYLOAD_MAX);
		stream_pass_time(p->stream, p->now_ns);
		stream_digits(p->stream)->count = 0;
	}
	assert_true(counters(p)->packets_refused > 5000);
	assert_true(counters(p)->packets_received > 2000);
}

int test_media_stream(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(cuts_packets_as_agreed),
	    TEST(goes_on_where_the_process_before_stopped),
	    TEST(hands_out_what_came_in_order),
	    TEST(refuses_and_counts_what_it_must_not_take),
	    TEST(holds),
	    TEST(refuses_a_set_that_makes_no_sense),
	    TEST(a_digit_goes_out_as_events_or_as_sound),
	    TEST(a_digit_that_comes_is_no_audio),
	    TEST(throws_away_what_lay_too_long),
	    TEST(follows_a_new_source),
	    TEST(says_goodbye),
	    TEST(lives_through_hostile_packets),
	};

	return cmocka_run_group_tests_name("media: stream", tests, NULL, NULL);
}
