/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge - joins two ends and carries audio and digits both ways.
 *
 *	to_pstn	stream_pull -> codec_decode -> playout -> digits_inject -> channel_write
 *	to_ip	channel_read -> digits_detect -> codec_encode -> stream_push
 *
 * The clock of a bridge is the span of its channel: end_serve_channel() in each step for each
 * channel, bridged or not. Two channels keep their own clocks, a playout buffer lies between; or
 * their driver joins them until there is a digit or tone to be played to one. Two streams have no
 * clock of their own: bridge_tick() in each tick serves them every 10 ms, and end_serve_stream() a
 * stream without a bridge.
 *
 * Digits: a telephone-event becomes a tone on a channel; a tone heard on a channel becomes a
 * telephone-event and is taken out of the audio, if the stream has a payload type for them, and
 * else passes as it is. Each one, when it has ended, is also added to the reports.
 *
 * Opening allocates, serving does not. Times are CLOCK_MONOTONIC in ns.
 */
#ifndef GATEWAY_MEDIA_BRIDGE_H
#define GATEWAY_MEDIA_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>
#include "gateway/media/channel.h"
#include "gateway/media/stream.h"

struct bridge;
struct conference_seat;
struct playout;

enum end_kind {
	END_NONE, /* a free place in the table */
	END_STREAM,
	END_CHANNEL,
};

struct end {
	enum end_kind kind;
	uint32_t id;
	struct stream *stream;
	struct channel *channel;
	unsigned span, timeslot;      /* of a channel */
	struct bridge *bridge;	      /* NULL: none */
	struct conference_seat *seat; /* NULL: it is in no conference */
	uint64_t clock_ns;	      /* of a stream without a bridge that has something to send */
};

struct digit_report {
	uint32_t end;
	char digit;
	unsigned duration_ms;
};

struct digit_reports {
	struct digit_report item[64];
	unsigned count; /* more than fit are lost */
};

/* -EBUSY: an end has a bridge already, or is in a conference. -EINVAL: it is one end twice. */
int bridge_open(struct end *a, struct end *b, struct bridge **out);
void bridge_close(struct bridge *bridge);
bool bridge_has_streams_only(const struct bridge *bridge);

void end_serve_channel(struct end *end, uint64_t now_ns, struct digit_reports *reports);
void end_serve_stream(struct end *end, uint64_t now_ns, struct digit_reports *reports);
void bridge_tick(struct bridge *bridge, uint64_t now_ns, struct digit_reports *reports);
/* Writes the record of a stream. */
void end_save(struct end *end, uint64_t now_ns);

/* Towards the end's far side. */
int end_digit_start(struct end *end, char digit, unsigned duration_ms);
void end_digit_stop(struct end *end, char digit);
int end_tone(struct end *end, const char *tone, unsigned level_db10);

/* ---- for bridges and conferences */

/* What from's far side has dialled goes to the reports and, in the way it is passed on there, to `to`;
 * NULL: to no other end. */
void end_take_digits(struct end *from, struct end *to, struct digit_reports *reports);
/* What one end has begun and can no longer end. */
void end_release_digits(struct end *end);
/* All that came from a stream goes into the playout buffer of the end it is for. */
void end_pull_all(struct stream *from, enum codec_law to, struct playout *playout, uint64_t now_ns);
/* A clock that stood too long, or never ran, goes on from now. */
void clock_catch_up(uint64_t *clock_ns, uint64_t now_ns);

#endif
