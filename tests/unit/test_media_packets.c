// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include <arpa/inet.h>

#include "gateway/media/latch.h"
#include "gateway/media/packet.h"
#include "gateway/media/reception.h"

#define MS 1000000ull

/* ---- latch */

static struct sockaddr_storage address(const char *host, unsigned port)
{
	struct sockaddr_storage a = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&a;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	inet_pton(AF_INET, host, &in->sin_addr);
	return a;
}

#define NAMED 1
#define NAT 2
#define OTHER 3
#define MOVED 4 /* the named peer, somewhere else */

static struct sockaddr_storage who(unsigned n)
{
	return address(n == NAMED || n == MOVED ? "10.0.0.1" : "192.0.2.1", 4000 + n);
}

static void takes_rtp_only_from_whom_it_should(void **state)
{
	static const struct {
		const char *name;
		struct {
			unsigned at_ms, from; /* from 0: a new generation, which names sent_to */
			bool taken;
			unsigned sent_to;
		} step[8];
	} rows[] = {
	    {"the named peer, nobody else",
	     {{0, NAMED, true, NAMED}, {1, OTHER, false, NAMED}, {5000, NAMED, true, NAMED}}},
	    {"symmetric RTP from elsewhere",
	     {{0, NAT, true, NAT},
	      {20, NAT, true, NAT},
	      {5000, NAT, true, NAT},
	      {5001, OTHER, false, NAT},
	      {5002, NAMED, false, NAT}}},
	    {"the first within the window keeps it",
	     {{0, NAT, true, NAT}, {500, OTHER, false, NAT}}},
	    {"the named peer wins within the window",
	     {{0, NAT, true, NAT}, {999, NAMED, true, NAMED}, {999, NAT, false, NAMED}}},
	    {"but not after it", {{0, NAT, true, NAT}, {1000, NAMED, false, NAT}}},
	    {"the window opens with the first packet",
	     {{90000, NAT, true, NAT}, {90999, NAMED, true, NAMED}}},
	    {"and again with each generation",
	     {{0, NAMED, true, NAMED},
	      {5000, 0, false, NAMED},
	      {5001, NAT, true, NAT},
	      {6001, OTHER, false, NAT}}},
	    {"what still comes from before gives way",
	     {{0, NAT, true, NAT},
	      {5000, 0, false, NAMED},
	      {5001, NAT, true, NAT},
	      {5002, OTHER, true, OTHER},
	      {5003, NAT, false, OTHER}}},
	    {"who has moved gets ours there, though he is still heard from where he was",
	     {{0, NAMED, true, NAMED},
	      {5000, 0, false, MOVED},
	      {5001, NAMED, true, MOVED},
	      {6000, NAMED, true, MOVED},
	      {9000, MOVED, true, MOVED},
	      {9001, NAMED, false, MOVED}}},
	    {"who says that he has moved, and has not",
	     {{0, NAT, true, NAT},
	      {5000, 0, false, MOVED},
	      {5001, NAT, true, MOVED},
	      {6001, NAT, true, NAT},
	      {9000, NAT, true, NAT},
	      {9001, OTHER, false, NAT},
	      {9002, MOVED, true, MOVED}}},
	    {"who has moved, behind a NAT",
	     {{0, NAMED, true, NAMED},
	      {5000, 0, false, MOVED},
	      {5001, NAMED, true, MOVED},
	      {5002, OTHER, true, OTHER},
	      {5003, NAMED, false, OTHER},
	      {7000, MOVED, false, OTHER}}},
	};

	for (unsigned r = 0; r < COUNT(rows); r++) {
		struct sockaddr_storage named = who(NAMED), rtcp = address("10.0.0.1", 4009);
		uint32_t generation = 1;
		struct latch latch;
		latch_init(&latch);
		assert_false(latch_accept(&latch, &named, 0)); /* nobody is named yet */
		latch_set(&latch, &named, &rtcp, generation);
		for (unsigned i = 0; i < COUNT(rows[r].step) && rows[r].step[i].sent_to; i++) {
			struct sockaddr_storage from = who(rows[r].step[i].from);
			struct sockaddr_storage to = who(rows[r].step[i].sent_to);
			bool taken = false;
			latch_set(&latch, &named, &rtcp, generation); /* changes nothing */
			if (!rows[r].step[i].from) {
				named = to;
				latch_set(&latch, &named, &rtcp, ++generation);
			}
			if (rows[r].step[i].from)
				taken = latch_accept(&latch, &from, rows[r].step[i].at_ms * MS);
			if (taken != rows[r].step[i].taken ||
			    !latch_same_address(latch_rtp(&latch), &to))
				fail_msg("%s: step %u", rows[r].name, i);
		}
	}
}

static void rtcp_follows_rtp(void **state)
{
	struct sockaddr_storage named = who(NAMED), rtcp = address("10.0.0.1", 4009),
				nat = who(NAT);
	struct sockaddr_storage other = address("192.0.2.1", 7777),
				stranger = address("10.9.9.9", 1);
	struct sockaddr_storage to;
	struct latch latch;

	latch_init(&latch);
	latch_set(&latch, &named, &rtcp, 1);
	assert_true(latch_accept_rtcp(&latch, &rtcp));
	assert_false(latch_accept_rtcp(&latch, &stranger));
	latch_rtcp(&latch, &to);
	assert_true(latch_same_address(&to, &rtcp));
	assert_true(latch_accept(&latch, &nat, 0));
	latch_rtcp(&latch, &to);
	assert_int_equal(ntohs(((struct sockaddr_in *)&to)->sin_port), 4000 + NAT + 1);
	assert_false(latch_accept_rtcp(&latch, &rtcp));
	assert_true(latch_accept_rtcp(&latch, &other));
	latch_rtcp(&latch, &to);
	assert_true(latch_same_address(&to, &other));
}

static void nothing_is_sent_to_no_address(void **state)
{
	struct sockaddr_storage none = {0}, any = address("0.0.0.0", 4000);
	struct sockaddr_storage portless = address("10.0.0.1", 0), good = who(NAMED);

	assert_int_equal(latch_address_length(&none), 0);
	assert_int_equal(latch_address_length(&any), 0);
	assert_int_equal(latch_address_length(&portless), 0);
	assert_int_equal(latch_address_length(&good), sizeof(struct sockaddr_in));
}

/* ---- packets */

static void reads_rtp_and_refuses_what_is_none(void **state)
{
	static const struct {
		uint8_t data[40];
		unsigned length;
		int payload; /* length, or -1: refused */
	} rows[] = {
	    {{0x80, 0, 0, 1}, 20, 8},
	    {{0x80, 0, 0, 1}, 12, -1}, /* no payload */
	    {{0x80, 0, 0, 1}, 11, -1},
	    {{0x40, 0, 0, 1}, 20, -1}, /* version 1 */
	    {{0x82, 0, 0, 1}, 22, 2},  /* two sources */
	    {{0x8f, 0, 0, 1}, 40, -1},
	    {{0x90, 0, 0, 1, [14] = 0, [15] = 1}, 24, 4}, /* an extension of a word */
	    {{0x90, 0, 0, 1, [14] = 0, [15] = 9}, 24, -1},
	    {{0x90, 0, 0, 1, [14] = 0xff, [15] = 0xff}, 24, -1},
	    {{0x90, 0, 0, 1}, 14, -1},
	    {{0xa0, 0, 0, 1, [19] = 3}, 20, 5}, /* padding */
	    {{0xa0, 0, 0, 1, [19] = 0}, 20, -1},
	    {{0xa0, 0, 0, 1, [19] = 8}, 20, -1},
	    {{0xa0, 0, 0, 1, [19] = 200}, 20, -1},
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		uint8_t *copy = malloc(rows[i].length); /* of that size: reading on is seen */
		struct packet p = {.length = 0};
		int rc;
		memcpy(copy, rows[i].data, rows[i].length);
		rc = packet_parse(copy, rows[i].length, &p);
		if ((rc == 0) != (rows[i].payload >= 0) ||
		    (rc == 0 && (p.length != (unsigned)rows[i].payload || p.sequence != 1)))
			fail_msg("row %u: %d, %u", i, rc, p.length);
		free(copy);
	}
}

static void reads_rtcp_and_refuses_what_is_none(void **state)
{
	static const struct {
		uint8_t data[64];
		unsigned length;
		bool valid;
	} rows[] = {
	    {{0x80, 200, 0, 6}, 28, true},
	    {{0x81, 200, 0, 6}, 28, false}, /* its report is not there */
	    {{0x81, 200, 0, 12}, 52, true},
	    {{0x80, 201, 0, 1}, 8, true},
	    {{0x9f, 201, 0, 1}, 8, false},
	    {{0x80, 201, 0, 2}, 8, false},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x80, 207, 0, 1}, 16, false}, /* XR */
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 203, 0, 1}, 16, true},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x82, 203, 0, 1}, 16, false},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 203, 0, 2, 0, 0, 0, 0, 3}, 20, true},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 203, 0, 2, 0, 0, 0, 0, 9}, 20, false},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 202, 0, 2, 1, 1, 1, 1, 1, 1, 'a', 0}, 20, true},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 202, 0, 2, 1, 1, 1, 1, 1, 9, 'a', 0}, 20, false},
	    {{0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 202, 0, 2, 1, 1, 1, 1, 1, 2, 'a', 'b'}, 20, false},
	    {{0x81, 203, 0, 1}, 8, false}, /* not first */
	    {{0xa0, 201, 0, 1}, 8, false},
	    {{0x80, 201, 0}, 3, false},
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		uint8_t *copy = malloc(rows[i].length);
		memcpy(copy, rows[i].data, rows[i].length);
		if (packet_rtcp_valid(copy, rows[i].length) != rows[i].valid)
			fail_msg("row %u", i);
		free(copy);
	}
}

static void reads_no_further_than_a_packet_goes(void **state)
{
	uint32_t seed = 5;

	for (unsigned i = 0; i < 200000; i++) {
		unsigned length = test_random(&seed) % 80;
		uint8_t *data = malloc(length ? length : 1);
		struct packet p;
		for (unsigned n = 0; n < length; n++)
			data[n] = test_random(&seed);
		if (length > 2 && i & 1) {
			data[0] = 0x80 | (data[0] & 0x3f);
			data[1] = 200 + data[1] % 5;
		}
		if (packet_parse(data, length, &p) == 0)
			assert_true(p.payload >= data && p.payload + p.length <= data + length);
		packet_rtcp_valid(data, length);
		free(data);
	}
}

/* ---- reception */

static void counts_what_is_lost_and_nothing_else(void **state)
{
	static const struct {
		const char *name;
		int every, swap, twice, start;
		unsigned lost, duplicates;
	} rows[] = {
	    {"nothing lost", 0, 0, 0, 100, 0, 0},
	    {"across the wrap", 0, 0, 0, 65000, 0, 0},
	    {"each tenth, across the wrap", 10, 0, 0, 65000, 97, 0},
	    {"swapped, across the wrap", 0, 1, 0, 65000, 0, 0},
	    {"each one twice", 0, 0, 1, 65000, 0, 1000},
	};

	for (unsigned r = 0; r < COUNT(rows); r++) {
		struct reception reception;
		unsigned duplicates = 0;
		reception_init(&reception);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned n = rows[r].swap ? i ^ 1 : i;
			struct packet p = {.sequence = rows[r].start + n, .timestamp = n * 160};
			if (rows[r].every && n % rows[r].every == 5)
				continue;
			for (int again = 0; again <= rows[r].twice; again++)
				duplicates += reception_packet(&reception, &p, i * 20 * MS, true) ==
					      RECEPTION_DUPLICATE;
		}
		if (reception.lost != rows[r].lost || duplicates != rows[r].duplicates)
			fail_msg("%s: lost %u, twice %u", rows[r].name, (unsigned)reception.lost,
				 duplicates);
	}
}

static void takes_a_new_source_when_it_is_sure(void **state)
{
	struct packet old = {.ssrc = 1, .sequence = 10}, new = {.ssrc = 2, .sequence = 500};
	struct reception r;

	reception_init(&r);
	assert_int_equal(reception_packet(&r, &old, 0, true), RECEPTION_FRESH);
	assert_int_equal(reception_packet(&r, &new, 1 * MS, true), RECEPTION_STRANGER);
	old.sequence++;
	assert_int_equal(reception_packet(&r, &old, 2 * MS, true), RECEPTION_PLAY);
	assert_int_equal(reception_packet(&r, &new, 3 * MS, true), RECEPTION_STRANGER);
	new.sequence++;
	assert_int_equal(reception_packet(&r, &new, 4 * MS, true), RECEPTION_FRESH);
	assert_int_equal(r.ssrc, 2);
	assert_int_equal(reception_packet(&r, &old, 200 * MS, true), RECEPTION_FRESH);
	old.sequence += 20000;
	assert_int_equal(reception_packet(&r, &old, 201 * MS, true), RECEPTION_FRESH);
	assert_int_equal(r.lost, 0);
	assert_int_equal(reception_packet(&r, &old, 202 * MS, true), RECEPTION_DUPLICATE);
	old.sequence -= 100;
	assert_int_equal(reception_packet(&r, &old, 203 * MS, true), RECEPTION_OLD);
}

/* Its packets went elsewhere meanwhile; what is missing for no such reason is lost. */
static void what_was_not_sent_here_is_not_lost(void **state)
{
	static const struct {
		unsigned gap_ms, lost;
		bool awaited;
	} rows[] = {{50000, 0, true}, {50000, 2500, false}, {60, 3, true}};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct packet p = {.ssrc = 1};
		struct reception r;
		uint64_t now = 0;

		reception_init(&r);
		for (unsigned i = 0; i < 100; i++, p.sequence++, now += 20 * MS)
			reception_packet(&r, &p, now, true);
		if (rows[row].awaited)
			reception_await(&r);
		p.sequence += rows[row].gap_ms / 20;
		now += rows[row].gap_ms * MS;
		for (unsigned i = 0; i < 100; i++, p.sequence++, now += 20 * MS)
			reception_packet(&r, &p, now, true);
		if (r.lost != rows[row].lost)
			fail_msg("row %zu: lost %u", row, (unsigned)r.lost);
	}
}

static void a_source_is_not_silent_because_time_went_back(void **state)
{
	struct packet old = {.ssrc = 1, .sequence = 10}, new = {.ssrc = 2, .sequence = 500};
	struct reception r;

	reception_init(&r);
	assert_int_equal(reception_packet(&r, &old, 500 * MS, true), RECEPTION_FRESH);
	assert_int_equal(reception_packet(&r, &new, 500 * MS - 1, true), RECEPTION_STRANGER);
	old.sequence++;
	assert_int_equal(reception_packet(&r, &old, 20 * MS, true), RECEPTION_PLAY);
	assert_int_equal(reception_packet(&r, &new, 40 * MS, true), RECEPTION_STRANGER);
	assert_int_equal(r.ssrc, 1);
}

static void measures_jitter(void **state)
{
	struct reception r;

	reception_init(&r);
	for (unsigned i = 0; i < 1000; i++) {
		struct packet p = {.sequence = i, .timestamp = i * 160};
		reception_packet(&r, &p, (i * 20 + (i & 1) * 8) * MS, true);
	}
	assert_in_range(reception_jitter_us(&r), 7900, 8000); /* each is 8 ms off the last */
}

int test_media_packets(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_rtp_only_from_whom_it_should),
	    cmocka_unit_test(rtcp_follows_rtp),
	    cmocka_unit_test(nothing_is_sent_to_no_address),
	    cmocka_unit_test(reads_rtp_and_refuses_what_is_none),
	    cmocka_unit_test(reads_rtcp_and_refuses_what_is_none),
	    cmocka_unit_test(reads_no_further_than_a_packet_goes),
	    cmocka_unit_test(counts_what_is_lost_and_nothing_else),
	    cmocka_unit_test(takes_a_new_source_when_it_is_sure),
	    cmocka_unit_test(what_was_not_sent_here_is_not_lost),
	    cmocka_unit_test(a_source_is_not_silent_because_time_went_back),
	    cmocka_unit_test(measures_jitter),
	};

	return cmocka_run_group_tests_name("media: latch, packets, reception", tests, NULL, NULL);
}
