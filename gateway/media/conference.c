// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/conference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/media/playout.h"

#define BLOCK CODEC_SAMPLES(10)
#define BLOCK_NS 10000000ull
#define ALAW_SILENCE 8 /* linear */

struct conference_seat {
	struct conference *conference;
	struct end *end;
	struct playout *from; /* what came from the end */
	struct playout *to;   /* channels: what is to go to it; NULL: a stream */
	uint32_t read, mixed; /* channels: timestamps of their next blocks */
	int16_t said[BLOCK];  /* in the block that is being mixed */
};

struct conference {
	uint32_t id; /* 0: a free place */
	struct conference_seat *seat[WIRE_CONFERENCE_ENDS_MAX];
	unsigned count;
	uint64_t clock_ns; /* when the next block is due */
};

struct conferences {
	unsigned max, used; /* places; up to the highest one taken */
	struct conference place[];
};

static enum codec_law law_of(const struct end *e)
{
	return e->kind == END_CHANNEL ? channel_law(e->channel) : stream_law(e->stream);
}

/* ---- one block */

/* A-law has no zero: silence, its smallest step, would add up to a hum or a click. */
static void decode(enum codec_law law, const uint8_t *block, int16_t *said)
{
	codec_to_linear(law, block, said, BLOCK);
	for (unsigned i = 0; law == CODEC_ALAW && i < BLOCK; i++)
		if (said[i] == ALAW_SILENCE || said[i] == -ALAW_SILENCE)
			said[i] = 0;
}

static void hear(struct conference_seat *seat, uint64_t now_ns, struct digit_reports *reports)
{
	enum codec_law law = law_of(seat->end);
	uint8_t block[BLOCK];
	bool sounds;

	if (seat->end->kind == END_STREAM) {
		playout_set_law(seat->from, law);
		end_pull_all(seat->end->stream, law, seat->from, now_ns);
		end_take_digits(seat->end, NULL, reports);
	}
	sounds = playout_block(seat->from, block, BLOCK);
	if (sounds && law != CODEC_CLEAR)
		decode(law, block, seat->said);
	else
		memset(seat->said, 0, sizeof(seat->said));
}

static int16_t saturate(int32_t sample)
{
	if (sample > INT16_MAX)
		return INT16_MAX;
	return sample < INT16_MIN ? INT16_MIN : (int16_t)sample;
}

static void say(struct conference_seat *seat, const int32_t *sum)
{
	enum codec_law law = law_of(seat->end);
	int16_t others[BLOCK];
	uint8_t block[BLOCK];

	if (law == CODEC_CLEAR)
		return;
	for (unsigned i = 0; i < BLOCK; i++)
		others[i] = saturate(sum[i] - seat->said[i]);
	codec_from_linear(law, others, block, BLOCK);
	if (seat->end->kind == END_STREAM) {
		stream_push(seat->end->stream, block, BLOCK);
		return;
	}
	playout_packet(seat->to, seat->mixed, block, BLOCK);
	seat->mixed += BLOCK;
}

static void mix(struct conference *c, uint64_t now_ns, struct digit_reports *reports)
{
	clock_catch_up(&c->clock_ns, now_ns);
	for (; now_ns >= c->clock_ns; c->clock_ns += BLOCK_NS) {
		int32_t sum[BLOCK] = {0};

		for (unsigned i = 0; i < c->count; i++) {
			hear(c->seat[i], now_ns, reports);
			for (unsigned k = 0; k < BLOCK; k++)
				sum[k] += c->seat[i]->said[k];
		}
		for (unsigned i = 0; i < c->count; i++)
			say(c->seat[i], sum);
	}
}

void conferences_tick(struct conferences *all, uint64_t now_ns, struct digit_reports *reports)
{
	for (unsigned i = 0; i < all->used; i++)
		if (all->place[i].id)
			mix(&all->place[i], now_ns, reports);
}

void conference_serve_channel(struct end *e, struct digit_reports *reports)
{
	struct conference_seat *seat = e->seat;
	unsigned count = channel_block(e->channel);
	uint8_t block[TDM_BLOCK_MAX];

	if (!channel_read(e->channel, block))
		return;
	end_take_digits(e, NULL, reports);
	if (channel_digit_heard(e->channel))
		memset(block, codec_silence(channel_law(e->channel)), count);
	playout_packet(seat->from, seat->read, block, count);
	seat->read += count;
	playout_block(seat->to, block, count);
	channel_write(e->channel, block);
}

const struct playout *conference_playout(const struct end *e)
{
	return e->seat->from;
}

/* ---- who is in it */

static void seat_free(struct conference_seat *seat)
{
	if (!seat)
		return;
	playout_close(seat->from);
	playout_close(seat->to);
	free(seat);
}

static int seat_new(struct end *e, struct conference_seat **out)
{
	struct conference_seat *seat = calloc(1, sizeof(*seat));
	enum codec_law law = law_of(e);
	int rc;

	if (!seat)
		return -ENOMEM;
	seat->end = e;
	rc = playout_open(law, PLAYOUT_SLACK_START, &seat->from);
	if (rc == 0 && e->kind == END_CHANNEL)
		rc = playout_open(law, PLAYOUT_SLACK_START, &seat->to);
	if (rc < 0) {
		seat_free(seat);
		return rc;
	}
	*out = seat;
	return 0;
}

static int check(const struct conference *c, struct end *const *ends, unsigned count)
{
	if (count > WIRE_CONFERENCE_ENDS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++) {
		const struct end *e = ends[i];

		for (unsigned k = 0; k < i; k++)
			if (ends[k] == e)
				return -EINVAL;
		if (e->bridge || (e->seat && e->seat->conference != c))
			return -EBUSY;
		if (law_of(e) == CODEC_CLEAR)
			return -ENOTSUP;
	}
	return 0;
}

static bool is_among(const struct end *e, struct end *const *ends, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (ends[i] == e)
			return true;
	return false;
}

void conference_leave(struct end *e)
{
	struct conference_seat *seat = e->seat;
	struct conference *c = seat->conference;
	unsigned i = 0;

	while (c->seat[i] != seat)
		i++;
	c->seat[i] = c->seat[--c->count];
	e->seat = NULL;
	end_release_digits(e);
	seat_free(seat);
}

static int set(struct conference *c, struct end *const *ends, unsigned count)
{
	struct conference_seat *made[WIRE_CONFERENCE_ENDS_MAX] = {NULL};
	int rc = check(c, ends, count);

	for (unsigned i = 0; i < count && rc == 0; i++)
		if (!ends[i]->seat)
			rc = seat_new(ends[i], &made[i]);
	if (rc < 0)
		goto fail;
	for (unsigned i = c->count; i > 0; i--)
		if (!is_among(c->seat[i - 1]->end, ends, count))
			conference_leave(c->seat[i - 1]->end);
	for (unsigned i = 0; i < count; i++) {
		if (!made[i])
			continue;
		made[i]->conference = c;
		ends[i]->seat = c->seat[c->count++] = made[i];
	}
	return 0;
fail:
	for (unsigned i = 0; i < count && i < WIRE_CONFERENCE_ENDS_MAX; i++)
		seat_free(made[i]);
	return rc;
}

static struct conference *find(struct conferences *all, uint32_t id)
{
	for (unsigned i = 0; i < all->used; i++)
		if (all->place[i].id == id)
			return &all->place[i];
	return NULL;
}

static struct conference *free_place(struct conferences *all)
{
	struct conference *c = find(all, 0);

	if (!c && all->used < all->max)
		c = &all->place[all->used++];
	if (c)
		c->clock_ns = 0;
	return c;
}

static void forget_free_places(struct conferences *all)
{
	while (all->used && !all->place[all->used - 1].id)
		all->used--;
}

int conferences_set(struct conferences *all, uint32_t id, struct end *const *ends, unsigned count)
{
	struct conference *c;
	int rc;

	if (!id)
		return -EINVAL;
	c = find(all, id);
	if (!c && !count)
		return 0;
	if (!c)
		c = free_place(all);
	if (!c)
		return -ENOSPC;
	rc = set(c, ends, count);
	if (rc == 0)
		c->id = count ? id : 0;
	forget_free_places(all);
	return rc;
}

struct conferences *conferences_new(unsigned max)
{
	struct conferences *all = calloc(1, sizeof(*all) + max * sizeof(all->place[0]));

	if (all)
		all->max = max;
	return all;
}

void conferences_free(struct conferences *all)
{
	for (unsigned i = 0; all && i < all->used; i++)
		while (all->place[i].count)
			conference_leave(all->place[i].seat[0]->end);
	free(all);
}
