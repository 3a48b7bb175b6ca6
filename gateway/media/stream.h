/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stream - one RTP stream with its peer: sockets, source filter, statistics, telephone-events.
 *
 * stream_open() with the sockets and the record that outlive the process, stream_set() after each
 * offer and answer. Then in every tick: stream_receive() if a socket is readable, stream_pull()
 * until it says false, stream_push() for each block of audio for the peer, stream_pass_time(), and
 * stream_save() at the end.
 *
 * Audio is pushed in the stream's law, blocks of any size up to STREAM_BLOCK_MAX; packets get the
 * ptime that was agreed. While a digit goes out as telephone-events it takes the place of audio.
 * Digits that came as telephone-events are steps in stream_digits(), events are no audio.
 *
 * stream_open() and stream_set() may allocate; the rest does not (but oRTP does, see session.h) and
 * never logs. Times are CLOCK_MONOTONIC in ns.
 */
#ifndef GATEWAY_MEDIA_STREAM_H
#define GATEWAY_MEDIA_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "gateway/media/codec.h"
#include "gateway/media/event.h"
#include "gateway/wire/messages.h"
#include "gateway/wire/stream_record.h"

#define STREAM_BLOCK_MAX 160

struct playout_counters;
struct stream;

enum stream_socket {
	STREAM_RTP,
	STREAM_RTCP,
};

struct stream_packet {		/* audio from the peer */
	const uint8_t *payload; /* valid until the next stream_pull() */
	unsigned length;
	uint32_t timestamp;
	enum codec_law law;
	bool fresh; /* first of a new source: what was there before has ended */
};

/* fds are the stream's from here on, in case of an error as well. Goes on where record stopped. */
int stream_open(const int fds[2], struct stream_record *record, uint64_t now_ns,
		struct stream **out);
void stream_close(struct stream *stream);
/* -EINVAL: a codec or ptime that there is not. A clear channel (RFC 4040) takes no digits or tones:
 * -ENOTSUP. */
int stream_set(struct stream *stream, const struct wire_stream_set *set);

int stream_fd(const struct stream *stream, enum stream_socket which);
void stream_receive(struct stream *stream, enum stream_socket which, uint64_t now_ns);
bool stream_pull(struct stream *stream, uint64_t now_ns, struct stream_packet *out);
void stream_push(struct stream *stream, const uint8_t *audio, unsigned count);
void stream_pass_time(struct stream *stream, uint64_t now_ns);
/* playout: of the buffer that plays this stream, NULL if none does. waiting: samples in it. */
void stream_save(struct stream *stream, const struct playout_counters *playout, unsigned waiting,
		 uint64_t now_ns);

enum codec_law stream_law(const struct stream *stream);
struct digit_steps *stream_digits(struct stream *stream);
/* Digits for it go another way: their sound does not, unless it is ordered (stream_digit_start()). */
bool stream_digits_signalled(const struct stream *stream);
bool stream_takes_events(const struct stream *stream); /* a payload type for them was agreed */
/* To the peer: as telephone-events, or as sound if none were agreed. duration_ms 0: until
 * stream_digit_stop(). */
int stream_digit_start(struct stream *stream, char digit, unsigned duration_ms);
void stream_digit_stop(struct stream *stream, char digit);
int stream_tone(struct stream *stream, const char *tone, unsigned level_db10);
/* It has a tone or digits to send, and needs blocks pushed even if no bridge has any. */
bool stream_wants_clock(const struct stream *stream);

#endif
