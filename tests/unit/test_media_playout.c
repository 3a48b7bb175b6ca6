// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include <math.h>
#include "gateway/media/playout.h"

#define PTIME 160
#define BLOCK 80
#define PACKETS 40000

/* Speech of 1 s and a pause of 0.5 s in turn; no two neighbouring blocks are alike. */
static uint8_t spoken(uint32_t position)
{
	if (position % 12000 >= 8000)
		return 0xd5;
	return (position * 7 + position / 80 * 13) & 0x7f;
}

struct network {
	const char *name;
	unsigned seconds;
	unsigned outlier_ms; /* each hundredth packet is so late */
	unsigned jitter_ms;  /* each packet 0..this late, by chance */
	unsigned loss_percent;
	int drift_ppm;	   /* of the far end's clock against ours */
	unsigned stall_ms; /* once, after 5 s: nothing comes, then all at once */
	unsigned start_timestamp_below_wrap;
	/* what is promised */
	double delay_mean_ms, delay_max_ms; /* mouth to ear, in the last half and ever */
	double concealed_percent;
};

struct measured {
	double delay_mean, delay_max, concealed;
	unsigned changed; /* octets that came out otherwise than they went in */
	unsigned dropped;
};

struct flight {
	uint32_t timestamp;
	double arrival; /* in our samples */
};

static int earlier(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

static unsigned fly(const struct network *n, struct flight *packets)
{
	uint32_t seed = 1, base = -n->start_timestamp_below_wrap;
	unsigned count = 0;

	for (unsigned i = 0; i < n->seconds * 50; i++) {
		double made = (i + 1) * PTIME * (1 + n->drift_ppm * 1e-6);
		double late = n->jitter_ms ? test_random(&seed) % (n->jitter_ms * 8) : 0;
		if (n->outlier_ms && i % 100 == 50)
			late += n->outlier_ms * 8;
		if (n->stall_ms && made >= 40000 && made < 40000 + n->stall_ms * 8)
			late = 40000 + n->stall_ms * 8 - made;
		if (test_random(&seed) % 100 < n->loss_percent)
			continue;
		packets[count++] = (struct flight){base + i * PTIME, made + late};
	}
	qsort(packets, count, sizeof(packets[0]), earlier);
	return count;
}

static void run(const struct network *n, struct measured *m)
{
	static struct flight packets[PACKETS];
	unsigned count = fly(n, packets), next = 0, blocks = n->seconds * 100, measured = 0;
	uint32_t base = -n->start_timestamp_below_wrap, end = base;
	uint64_t before = 0, concealed = 0;
	struct playout *p;

	memset(m, 0, sizeof(*m));
	assert_int_equal(playout_open(CODEC_ALAW, PLAYOUT_SLACK_START, &p), 0);
	for (unsigned b = 0; b < blocks; b++) {
		before = concealed;
		concealed = playout_counters(p)->concealed;
		uint64_t dropped = playout_counters(p)->dropped;
		double now = b * BLOCK, delay;
		uint8_t block[BLOCK], packet[PTIME];
		uint32_t at;
		for (; next < count && packets[next].arrival <= now; next++) {
			uint32_t t = packets[next].timestamp;
			for (unsigned i = 0; i < PTIME; i++)
				packet[i] = spoken(t - base + i);
			playout_packet(p, t, packet, PTIME);
			if ((int32_t)(t + PTIME - end) > 0)
				end = t + PTIME;
		}
		at = end - playout_waiting(p) - base;
		bool real = playout_block(p, block, BLOCK);
		m->concealed += playout_counters(p)->concealed - concealed;
		if (!real || !next)
			continue;
		/* the last sample of the block was spoken so long before it is heard */
		delay = now + BLOCK -
			(double)(end - playout_waiting(p) - base) * (1 + n->drift_ppm * 1e-6);
		if (delay > m->delay_max)
			m->delay_max = delay;
		if (b >= blocks / 2) {
			m->delay_mean += delay;
			measured++;
		}
		/* not the silence before a new start, nor what spandsp blends with what it
		 * made up */
		if (before == playout_counters(p)->concealed && b > 20 && (b < 500 || b > 560) &&
		    playout_counters(p)->dropped == dropped &&
		    end - playout_waiting(p) - base == at + BLOCK)
			for (unsigned i = 0; i < BLOCK; i++)
				m->changed += block[i] != spoken(at + i);
	}
	m->delay_mean /= 8.0 * measured;
	m->delay_max /= 8;
	m->concealed *= 100.0 / blocks;
	m->dropped = playout_counters(p)->dropped;
	playout_close(p);
}

/* 20 ms are the packet itself. */
static const struct network networks[] = {
    {"perfect", 60, 0, 0, 0, 0, 0, 1000000, 35, 35, 0},
    {"timestamps wrap", 60, 0, 0, 0, 0, 0, 80000, 35, 35, 0},
    {"loss 1 %", 60, 0, 0, 1, 0, 0, 0, 40, 50, 2.5},
    {"loss 20 %", 60, 0, 0, 20, 0, 0, 0, 40, 120, 42},
    {"jitter 10 ms", 60, 0, 10, 0, 0, 0, 0, 48, 60, 0.5},
    {"jitter 30 ms", 120, 0, 30, 0, 0, 0, 0, 70, 85, 2},
    {"jitter 100 ms", 300, 0, 100, 0, 0, 0, 0, 135, 160, 4},
    {"jitter 50 ms, loss 5 %", 300, 0, 50, 5, 0, 0, 0, 95, 120, 13},
    {"far end 200 ppm slow", 600, 0, 0, 0, 200, 0, 0, 45, 50, 0.2},
    {"far end 200 ppm fast", 600, 0, 0, 0, -200, 0, 0, 50, 55, 0.2},
    {"drift and jitter", 600, 0, 20, 0, -200, 0, 0, 70, 75, 1.5},
    {"stall of 100 ms", 60, 0, 0, 0, 0, 100, 0, 50, 150, 0.5},
    {"stall of 500 ms", 60, 0, 0, 0, 0, 500, 0, 50, 260, 0.5},
    {"each 100th 60 ms late", 120, 60, 0, 0, 0, 0, 0, 95, 100, 0.1},
    {"all at once", 300, 0, 20, 2, 200, 300, 0, 70, 260, 8},
};

static void keeps_its_promises(void **state)
{
	struct measured m;
	unsigned failed = 0;

	for (unsigned i = 0; i < COUNT(networks); i++) {
		const struct network *n = &networks[i];
		run(n, &m);
		printf("# %-24s delay %5.1f ms (max %5.1f), concealed %5.2f %%, left out %u\n",
		       n->name, m.delay_mean, m.delay_max, m.concealed, m.dropped);
		if (m.delay_mean > n->delay_mean_ms || m.delay_max > n->delay_max_ms ||
		    m.concealed > n->concealed_percent || m.changed)
			print_error("%s: %u octets changed\n", n->name, m.changed), failed++;
	}
	assert_int_equal(failed, 0);
}

static void packet_of(uint8_t *packet, uint8_t octet)
{
	memset(packet, octet, PTIME);
}

static void starts_anew_at_a_jump(void **state)
{
	static const struct {
		uint32_t from, to;
		unsigned lost_blocks; /* at most, until the new audio is there */
	} rows[] = {
	    {1000, 500000, 4},
	    {500000, 1000, 4},
	    {0xfffff000, 0x10000, 4},
	    {16000, 12000, 14}, /* back by less than a second: known by a run of late ones */
	};
	uint8_t packet[PTIME], block[BLOCK];

	for (unsigned r = 0; r < COUNT(rows); r++) {
		struct playout *p;
		unsigned waited = 0;
		uint32_t t = rows[r].from;
		assert_int_equal(playout_open(CODEC_ALAW, PLAYOUT_SLACK_START, &p), 0);
		packet_of(packet, 0x11);
		for (unsigned i = 0; i < 10; i++, t += PTIME) {
			playout_packet(p, t, packet, PTIME);
			playout_block(p, block, BLOCK);
			playout_block(p, block, BLOCK);
		}
		packet_of(packet, 0x22);
		for (t = rows[r].to, block[0] = 0; block[0] != 0x22 && waited < 100; waited++) {
			if (waited % 2 == 0) {
				playout_packet(p, t, packet, PTIME);
				t += PTIME;
			}
			playout_block(p, block, BLOCK);
		}
		assert_in_range(waited, 1, rows[r].lost_blocks + 1);
		playout_close(p);
	}
}

static void forgets_what_was_there_when_told_of_a_new_source(void **state)
{
	uint8_t packet[PTIME], block[BLOCK];
	struct playout *p;

	assert_int_equal(playout_open(CODEC_ALAW, 0, &p), 0);
	packet_of(packet, 0x11);
	playout_packet(p, 1000, packet, PTIME);
	playout_packet(p, 1000 + PTIME, packet, PTIME);
	playout_start_anew(p);
	packet_of(packet, 0x22);
	playout_packet(p, 1040, packet, PTIME);
	assert_true(playout_block(p, block, BLOCK));
	assert_int_equal(block[0], 0x22);
	assert_int_equal(playout_waiting(p), PTIME - BLOCK);
	playout_close(p);
}

static void is_silent_after_the_far_end_stopped(void **state)
{
	uint8_t packet[PTIME], block[BLOCK];
	struct playout *p;
	uint64_t concealed;

	assert_int_equal(playout_open(CODEC_ALAW, 0, &p), 0);
	assert_false(playout_block(p, block, BLOCK));
	assert_int_equal(block[7], 0xd5);
	for (unsigned i = 0; i < PTIME; i++)
		packet[i] = spoken(i);
	for (unsigned i = 0; i < 50; i++)
		playout_packet(p, i * PTIME, packet, PTIME), playout_block(p, block, BLOCK),
		    playout_block(p, block, BLOCK);
	for (unsigned i = 0; i < 20; i++)
		assert_false(playout_block(p, block, BLOCK));
	for (unsigned i = 0; i < BLOCK; i++)
		assert_int_equal(block[i], 0xd5);
	concealed = playout_counters(p)->concealed;
	assert_in_range(concealed, 5, 12);
	for (unsigned i = 0; i < 1000; i++)
		playout_block(p, block, BLOCK);
	assert_int_equal(playout_counters(p)->concealed, concealed);
	assert_int_equal(playout_waiting(p), 0);
	playout_close(p);
}

static void takes_any_packet_and_block_size(void **state)
{
	uint32_t seed = 7, sent = 0, heard = 0;
	uint8_t packet[PLAYOUT_PACKET_MAX + 1], block[PLAYOUT_BLOCK_MAX];
	struct playout *p;

	assert_int_equal(playout_open(CODEC_ULAW, 0, &p), 0);
	playout_packet(p, 0, packet, 0);
	playout_packet(p, 0, packet, PLAYOUT_PACKET_MAX + 1);
	assert_int_equal(playout_waiting(p), 0);
	while (sent < 400000) {
		unsigned n = 1 + test_random(&seed) % 900, take;
		for (unsigned i = 0; i < n; i++)
			packet[i] = spoken(sent + i);
		playout_packet(p, 0xffff0000 + sent, packet, n);
		sent += n;
		while ((take = 1 + test_random(&seed) % PLAYOUT_BLOCK_MAX) <= sent - heard) {
			playout_block(p, block, take);
			for (unsigned i = 0; i < take; i++)
				assert_int_equal(block[i], spoken(heard + i));
			heard += take;
		}
	}
	assert_int_equal(playout_counters(p)->concealed, 0);
	playout_close(p);
}

#define EARLY CODEC_SAMPLES(100) /* how long before they are due packets come: far too early */
#define LOST 500		 /* of the packets, this one never comes */

/* What is idle sounds like silence, and must not be treated like it. Counts octets that are not in
 * their place, after what was there before the first packet. */
static unsigned misplaced(enum codec_law law, struct playout_counters *counters)
{
	uint8_t packet[PTIME], block[BLOCK];
	unsigned wrong = 0, played = 0, packets = 0;
	struct playout *p;

	assert_int_equal(playout_open(law, PLAYOUT_SLACK_DATA, &p), 0);
	for (; played < 20 * CODEC_RATE; played += BLOCK) {
		for (; packets * PTIME < played + EARLY; packets++) {
			memset(packet, 0xd5, sizeof(packet));
			packet[0] = (uint8_t)packets; /* one octet in each tells where it belongs */
			if (packets != LOST)
				playout_packet(p, packets * PTIME, packet, PTIME);
		}
		playout_block(p, block, BLOCK);
		for (unsigned i = 0; i < BLOCK; i++) {
			int place = (int)(played + i) - PLAYOUT_SLACK_DATA;
			uint8_t wanted = place % PTIME ? 0xd5 : (uint8_t)(place / PTIME);

			if (place >= 0 && place / PTIME == LOST)
				wanted = 0xff; /* marks */
			wrong += place >= 0 && block[i] != wanted;
		}
	}
	*counters = *playout_counters(p);
	playout_close(p);
	return wrong;
}

static void leaves_data_in_its_place(void **state)
{
	struct playout_counters counters;

	assert_int_equal(misplaced(CODEC_CLEAR, &counters), 0);
	assert_int_equal(counters.dropped, 0);
	/* audio would not be: the delay is above PLAYOUT_SLACK_FORCED */
	assert_true(misplaced(CODEC_ALAW, &counters) > 100);
	assert_true(counters.dropped > 0);
}

static void survives_any_timestamps(void **state)
{
	uint32_t seed = 3;
	uint8_t packet[PLAYOUT_PACKET_MAX] = {0}, block[PLAYOUT_BLOCK_MAX];
	struct playout *p;

	assert_int_equal(playout_open(CODEC_ALAW, PLAYOUT_SLACK_START, &p), 0);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t t = test_random(&seed) >> test_random(&seed) % 31;
		if (test_random(&seed) & 1)
			t = -t;
		playout_packet(p, t, packet, test_random(&seed) % (PLAYOUT_PACKET_MAX + 1));
		if (test_random(&seed) & 1)
			playout_block(p, block, 1 + test_random(&seed) % PLAYOUT_BLOCK_MAX);
		assert_in_range(playout_waiting(p), 0,
				PLAYOUT_DELAY_MAX + PLAYOUT_PACKET_MAX + PLAYOUT_SLACK_START);
	}
	playout_close(p);
}

int test_media_playout(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_its_promises),
	    cmocka_unit_test(starts_anew_at_a_jump),
	    cmocka_unit_test(forgets_what_was_there_when_told_of_a_new_source),
	    cmocka_unit_test(is_silent_after_the_far_end_stopped),
	    cmocka_unit_test(takes_any_packet_and_block_size),
	    cmocka_unit_test(leaves_data_in_its_place),
	    cmocka_unit_test(survives_any_timestamps),
	};

	return cmocka_run_group_tests_name("media: playout", tests, NULL, NULL);
}
