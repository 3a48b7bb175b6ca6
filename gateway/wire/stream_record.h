/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stream_record - what must outlive a media process, and what sipspand wants to read of it.
 *
 * One flat record a stream in a memfd that sipspand makes (stream_records_create) and that it and
 * each media process map. Media writes a stream's record once a tick, between two rises of
 * `sequence` (odd while it writes); readers take a copy with stream_record_read(). A new media
 * process goes on from what it finds: same SSRC, next sequence number and timestamp.
 */
#ifndef GATEWAY_WIRE_STREAM_RECORD_H
#define GATEWAY_WIRE_STREAM_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define STREAM_RECORDS_MAX 16384

struct stream_counters {
	uint64_t packets_sent, octets_sent;
	uint64_t packets_received, octets_received;
	uint64_t packets_lost;	   /* by sequence numbers, never counted back */
	uint64_t packets_late;	   /* came after their time, not played */
	uint64_t packets_refused;  /* wrong source, malformed, unknown payload type */
	uint64_t frames_concealed; /* played without a packet to play */
	uint64_t frames_dropped;   /* thrown away to keep the delay low */
	uint32_t jitter_us;	   /* RFC 3550 6.4.1 */
	uint32_t playout_delay_us; /* what waits in the playout buffer */
	uint32_t round_trip_us;	   /* from RTCP, 0: unknown */
	uint32_t digits_received, digits_sent;
};

struct stream_record {
	atomic_uint sequence; /* of writes, odd: being written */
	uint32_t in_use;      /* set and cleared by sipspand: the end's id, or 0 */
	uint32_t started;     /* media has sent on it: the fields below are valid */
	uint32_t ssrc;
	uint32_t next_timestamp;
	uint16_t next_sequence;
	uint16_t latched_generation; /* generation whose window has been used up */
	struct sockaddr_storage
	    latched_rtp; /* where RTP goes and comes from, family 0: as signalled */
	uint32_t remote_ssrc;
	uint32_t digit;				  /* in progress towards the IP side, 0: none */
	uint32_t digit_timestamp, digit_duration; /* in timestamp units */
	struct stream_counters counters;
	uint64_t written_ns; /* CLOCK_MONOTONIC of the last write: timestamps go on with time */
	uint8_t reserve[56];
};

/* The creating end. *fd is the memfd, sealed against resizing. 0 or negative errno. */
int stream_records_create(unsigned count, struct stream_record **out, int *fd);
/* The media end maps what it got; -EINVAL if the memfd is too small for count. */
int stream_records_map(int fd, unsigned count, struct stream_record **out);
void stream_records_unmap(struct stream_record *records, unsigned count);
/* A consistent copy. false: it was being written all the time (the copy is then not to be trusted).
 */
bool stream_record_read(const struct stream_record *record, struct stream_record *copy);
void stream_record_write_begin(struct stream_record *record);
void stream_record_write_end(struct stream_record *record);

#endif
