// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/media/conference.h"
#include "gateway/media/packet.h"
#include "gateway/media/playout.h"

#define STREAM_BLOCK CODEC_SAMPLES(10) /* of bridges that the tick clocks */
#define STREAM_BLOCK_NS 10000000ull
#define CLOCK_BEHIND_NS 200000000ull /* more is left out */

enum bridge_path {
	BRIDGE_HERE,
	BRIDGE_IN_DRIVER, /* two channels: their driver joins them, we only listen */
};

struct bridge {
	enum bridge_path path;
	struct end *end[2];
	struct playout *playout[2]; /* what goes to end[i]; NULL: nothing waits on that way */
	uint32_t tandem[2];	    /* two channels: timestamp of the next block to end[i] */
	uint64_t clock_ns;	    /* two streams: when the next block is due */
};

/* From here on, for ever: what we have to say goes out only if we say all of it. */
static void bridge_take_over(struct bridge *b)
{
	if (!b || b->path != BRIDGE_IN_DRIVER)
		return;
	channel_part(b->end[0]->channel);
	channel_part(b->end[1]->channel);
	b->path = BRIDGE_HERE;
}

/* ---- digits */

int end_digit_start(struct end *e, char digit, unsigned duration_ms)
{
	if (e->kind == END_STREAM)
		return stream_digit_start(e->stream, digit, duration_ms);
	if (channel_law(e->channel) == CODEC_CLEAR)
		return -ENOTSUP;
	bridge_take_over(e->bridge);
	return digit_player_start(channel_player(e->channel), digit, duration_ms);
}

void end_digit_stop(struct end *e, char digit)
{
	if (e->kind == END_STREAM)
		stream_digit_stop(e->stream, digit);
	else
		digit_player_stop(channel_player(e->channel), digit);
}

int end_tone(struct end *e, const char *tone, unsigned level_db10)
{
	if (e->kind == END_STREAM)
		return stream_tone(e->stream, tone, level_db10);
	if (channel_law(e->channel) == CODEC_CLEAR && *tone)
		return -ENOTSUP;
	if (*tone)
		bridge_take_over(e->bridge);
	return digit_player_tone(channel_player(e->channel), tone, level_db10);
}

static void report(struct digit_reports *reports, const struct end *from,
		   const struct digit_step *step)
{
	if (reports->count == sizeof(reports->item) / sizeof(reports->item[0]))
		return;
	reports->item[reports->count++] =
	    (struct digit_report){from->id, step->digit, step->duration_ms};
}

/* A tone in a channel's audio reaches a channel, or a stream without events, by itself. */
static bool digits_pass(const struct end *from, const struct end *to)
{
	if (to->kind == END_STREAM && stream_digits_signalled(to->stream))
		return false;
	if (from->kind == END_STREAM)
		return true;
	return to->kind == END_STREAM && stream_takes_events(to->stream);
}

void end_take_digits(struct end *from, struct end *to, struct digit_reports *reports)
{
	struct digit_steps *steps =
	    from->kind == END_STREAM ? stream_digits(from->stream) : channel_digits(from->channel);
	struct digit_step step;

	while (digit_steps_take(steps, &step)) {
		if (step.kind == DIGIT_ENDED)
			report(reports, from, &step);
		if (!to || !digits_pass(from, to))
			continue;
		if (step.kind == DIGIT_BEGAN)
			end_digit_start(to, step.digit, 0);
		else
			end_digit_stop(to, step.digit);
	}
}

/* ---- audio */

void end_pull_all(struct stream *from, enum codec_law to, struct playout *playout, uint64_t now_ns)
{
	uint8_t audio[PACKET_PAYLOAD_MAX];
	struct stream_packet packet;

	while (stream_pull(from, now_ns, &packet)) {
		if (packet.fresh)
			playout_start_anew(playout);
		codec_decode(packet.law, to, packet.payload, audio, packet.length);
		playout_packet(playout, packet.timestamp, audio, packet.length);
	}
}

static void bridge_to_pstn(struct bridge *b, unsigned to, uint64_t now_ns,
			   struct digit_reports *reports)
{
	struct channel *channel = b->end[to]->channel;
	uint8_t block[TDM_BLOCK_MAX];

	end_pull_all(b->end[!to]->stream, channel_law(channel), b->playout[to], now_ns);
	end_take_digits(b->end[!to], b->end[to], reports);
	playout_block(b->playout[to], block, channel_block(channel));
	channel_write(channel, block); /* by way of digits_inject() */
}

/* false: no block is complete. */
static bool bridge_to_ip(struct bridge *b, unsigned from, struct digit_reports *reports)
{
	struct channel *channel = b->end[from]->channel;
	struct stream *stream = b->end[!from]->stream;
	unsigned count = channel_block(channel);
	uint8_t block[TDM_BLOCK_MAX];

	if (!channel_read(channel, block)) /* by way of digits_detect() */
		return false;
	end_take_digits(b->end[from], b->end[!from], reports);
	if (channel_digit_heard(channel) &&
	    (stream_takes_events(stream) || stream_digits_signalled(stream)))
		memset(block, codec_silence(channel_law(channel)), count);
	codec_encode(channel_law(channel), stream_law(stream), block, block, count);
	stream_push(stream, block, count);
	return true;
}

/* Tandem: a block read here waits for the other channel's step, a block from there is written. */
static void bridge_to_channel(struct bridge *b, unsigned from, struct digit_reports *reports)
{
	struct channel *channel = b->end[from]->channel, *other = b->end[!from]->channel;
	unsigned count = channel_block(channel);
	uint8_t block[TDM_BLOCK_MAX];

	if (!channel_read(channel, block))
		return;
	end_take_digits(b->end[from], b->end[!from], reports);
	if (b->path == BRIDGE_IN_DRIVER)
		return;
	codec_decode(channel_law(channel), channel_law(other), block, block, count);
	playout_packet(b->playout[!from], b->tandem[!from], block, count);
	b->tandem[!from] += count;
	playout_block(b->playout[from], block, count);
	channel_write(channel, block);
}

static void bridge_to_stream(struct bridge *b, unsigned to, uint64_t now_ns,
			     struct digit_reports *reports)
{
	struct stream *stream = b->end[to]->stream;
	uint8_t block[STREAM_BLOCK];

	playout_set_law(b->playout[to], stream_law(stream));
	end_pull_all(b->end[!to]->stream, stream_law(stream), b->playout[to], now_ns);
	end_take_digits(b->end[!to], b->end[to], reports);
	playout_block(b->playout[to], block, STREAM_BLOCK);
	stream_push(stream, block, STREAM_BLOCK);
}

void clock_catch_up(uint64_t *clock_ns, uint64_t now_ns)
{
	if (!*clock_ns || now_ns > *clock_ns + CLOCK_BEHIND_NS)
		*clock_ns = now_ns;
}

void bridge_tick(struct bridge *b, uint64_t now_ns, struct digit_reports *reports)
{
	clock_catch_up(&b->clock_ns, now_ns);
	for (; now_ns >= b->clock_ns; b->clock_ns += STREAM_BLOCK_NS) {
		bridge_to_stream(b, 0, now_ns, reports);
		bridge_to_stream(b, 1, now_ns, reports);
	}
}

void end_serve_channel(struct end *e, uint64_t now_ns, struct digit_reports *reports)
{
	struct bridge *b = e->bridge;
	uint8_t block[TDM_BLOCK_MAX];

	if (e->seat) {
		conference_serve_channel(e, reports);
		return;
	}
	if (!b) {
		if (!channel_read(e->channel, block))
			return;
		end_take_digits(e, NULL, reports);
		channel_write_own(e->channel);
		return;
	}
	unsigned self = b->end[1] == e;
	if (b->end[!self]->kind == END_CHANNEL)
		bridge_to_channel(b, self, reports);
	else if (bridge_to_ip(b, self, reports))
		bridge_to_pstn(b, self, now_ns, reports);
}

void end_serve_stream(struct end *e, uint64_t now_ns, struct digit_reports *reports)
{
	struct stream_packet packet;
	uint8_t silence[STREAM_BLOCK];

	if (e->bridge || e->seat)
		return;
	while (stream_pull(e->stream, now_ns, &packet))
		;
	end_take_digits(e, NULL, reports);
	if (!stream_wants_clock(e->stream)) {
		e->clock_ns = 0;
		return;
	}
	memset(silence, codec_silence(stream_law(e->stream)), sizeof(silence));
	clock_catch_up(&e->clock_ns, now_ns);
	for (; now_ns >= e->clock_ns; e->clock_ns += STREAM_BLOCK_NS)
		stream_push(e->stream, silence, sizeof(silence));
}

void end_save(struct end *e, uint64_t now_ns)
{
	struct bridge *b = e->bridge;
	const struct playout *p = b	    ? b->playout[b->end[0] == e]
				  : e->seat ? conference_playout(e)
					    : NULL;

	stream_pass_time(e->stream, now_ns);
	stream_save(e->stream, p ? playout_counters(p) : NULL, p ? playout_waiting(p) : 0, now_ns);
}

/* ---- life */

bool bridge_has_streams_only(const struct bridge *b)
{
	return b->end[0]->kind == END_STREAM && b->end[1]->kind == END_STREAM;
}

/* Between two channels nothing jitters: a packet is there when it is due. */
static int playout_for(const struct end *to, const struct end *from, struct playout **out)
{
	if (to->kind == END_STREAM && from->kind == END_CHANNEL)
		return 0;
	enum codec_law law =
	    to->kind == END_CHANNEL ? channel_law(to->channel) : stream_law(to->stream);
	unsigned start = law == CODEC_CLEAR ? PLAYOUT_SLACK_DATA : PLAYOUT_SLACK_START;

	return playout_open(law, from->kind == END_CHANNEL ? 0 : start, out);
}

int bridge_open(struct end *a, struct end *b, struct bridge **out)
{
	struct bridge *bridge;
	int rc;

	if (a == b)
		return -EINVAL;
	if (a->bridge || b->bridge || a->seat || b->seat)
		return -EBUSY;
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return -ENOMEM;
	rc = playout_for(a, b, &bridge->playout[0]);
	if (rc == 0)
		rc = playout_for(b, a, &bridge->playout[1]);
	if (rc < 0)
		goto fail;
	bridge->end[0] = a;
	bridge->end[1] = b;
	a->bridge = b->bridge = bridge;
	if (a->kind == END_CHANNEL && b->kind == END_CHANNEL &&
	    channel_join(a->channel, b->channel) == 0)
		bridge->path = BRIDGE_IN_DRIVER;
	*out = bridge;
	return 0;
fail:
	playout_close(bridge->playout[0]);
	free(bridge);
	return rc;
}

void end_release_digits(struct end *e)
{
	for (const char *digit = "0123456789*#ABCD"; *digit; digit++)
		end_digit_stop(e, *digit);
}

void bridge_close(struct bridge *b)
{
	bridge_take_over(b);
	end_release_digits(b->end[0]);
	end_release_digits(b->end[1]);
	b->end[0]->bridge = b->end[1]->bridge = NULL;
	playout_close(b->playout[0]);
	playout_close(b->playout[1]);
	free(b);
}
