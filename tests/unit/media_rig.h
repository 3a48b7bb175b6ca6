/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * media_rig - the real sipspan-media on a pipe, and the world around it: an exchange on the other
 * end of a pseudowire, RTP peers on loopback, and orders as sipspand gives them.
 *
 * rig_set_up() opens everything and starts the program; then order_...() and rig_go_on(), which
 * lets the exchange and the peers talk and listen, each octet with its time.
 *
 * Time. What media has not been told in time is no fault of it, so the rig's time (now_ns) is not the
 * clock's: it makes up for nothing that a busy machine kept it from doing, and while media does not
 * answer the exchange's packets it stands still. What it cannot hide is a pause of its own so long
 * that media takes the line for silent or runs dry; rig_go_on_evenly() finds a stretch without one.
 */
#ifndef TESTS_UNIT_MEDIA_RIG_H
#define TESTS_UNIT_MEDIA_RIG_H

#include "tests/unit/test_media.h"

#include <sys/socket.h>
#include <sys/types.h>

#include "drivers-glue/span/span.h"
#include "gateway/media/digits.h"
#include "gateway/wire/pipe.h"
#include "gateway/wire/stream_record.h"

#define MS 1000000ull
#define CALLS 30
#define SPAN 1
#define BLOCK 80
#define PACKET 160
#define EVENT_TYPE 101
#define LENGTH (8000 * 40) /* octets that a call may last */
#define AHEAD 3		   /* packets, with RIG_ANSWER */

struct call {
	unsigned timeslot;
	uint32_t stream, channel, bridge; /* ids */
	int fds[2], peer[2];		  /* media's sockets, and the peer's */
	struct sockaddr_storage address[2], peer_address[2];
	struct tdm_channel *line;
	/* exchange -> peer: octets said on the line, and heard by RTP, with their times */
	unsigned line_said, peer_heard;
	uint8_t peer_octets[LENGTH];
	uint64_t line_said_ns[LENGTH / BLOCK], peer_heard_ns[LENGTH / PACKET];
	uint32_t ssrc, next_timestamp, first_timestamp;
	uint16_t next_sequence;
	unsigned packets, breaks; /* breaks: of sequence or source */
	unsigned events, event_ends, rtcp;
	uint64_t last_ns, gap_ns; /* longest time without a packet */
	/* peer -> exchange */
	unsigned peer_said, line_heard;
	uint8_t line_octets[LENGTH];
	uint64_t peer_said_ns[LENGTH / PACKET], line_heard_ns[LENGTH / BLOCK];
	uint16_t sequence;
};

enum rig_talk {
	RIG_QUIET, /* the peers say nothing */
	RIG_TALK,
	RIG_ANSWER, /* a packet for each one heard: for media whose own clock sets the pace */
};

struct rig {
	pid_t pid;
	int pipe, memfd;
	struct stream_record *records;
	struct tdm_descriptors gateway, exchange;
	struct wire_span_open config;
	struct tdm_span *span;
	bool realtime; /* the machine lets us, and media as it starts, run before other programs */
	uint64_t now_ns, clock_ns;
	uint64_t heard_ns; /* by the clock: media's newest packet on the span */
	uint64_t packets;  /* heard on the span */
	int64_t lead;	   /* the smallest number of packets without an answer, or LEAD_UNKNOWN */
	unsigned pauses;
	uint64_t paused_ns; /* in all, by the clock */
	enum rig_talk talk;
	uint64_t next_packet_ns;
	unsigned ready, states, alive, digits, refused;
	char digit;
	int refused_error;
	uint32_t digit_end;
	struct digit_player *player; /* on the exchange's first channel */
	struct digit_detector *detector;
	struct digit_steps steps;
	struct call call[CALLS];
};

struct heard {
	unsigned first;	   /* octet heard that is the first one said */
	unsigned position; /* and which of those said it is */
	unsigned same;	   /* so many from there on */
	unsigned wrong;	   /* octets that differ after that, pauses left out */
};

void rig_start_media(struct rig *rig);
/* Its status as of waitpid(). */
int rig_end_media(struct rig *rig, int signal_number);
void order(struct rig *rig, struct wire_message *m, const int *fds, unsigned count);
void order_hello(struct rig *rig);
void order_span(struct rig *rig);
void order_channel(struct rig *rig, struct call *c);
void order_stream(struct rig *rig, struct call *c);
void order_stream_set(struct rig *rig, struct call *c, unsigned event_type, bool signalled);
void order_bridge(struct rig *rig, uint32_t id, uint32_t a, uint32_t b);
void order_simple(struct rig *rig, enum wire_type type, uint32_t id);
/* Everything that sipspand would say for so many calls. */
void order_calls(struct rig *rig, unsigned count);
void peer_send(struct call *c, unsigned payload_type, bool marker, uint32_t timestamp,
	       const uint8_t *payload, unsigned length);
/* The world goes on for so long, or until *until is not 0. calls: so many peers take part. Returns the
 * ms that the clock says. */
unsigned rig_go_on(struct rig *rig, unsigned calls, unsigned ms, const unsigned *until);
/* The same, until there was a stretch of ms without a pause. What was heard in it is all that is kept.
 * A machine that never gives us one has the test skipped. */
unsigned rig_go_on_evenly(struct rig *rig, unsigned calls, unsigned ms);
int rig_set_up(void **state);
int rig_tear_down(void **state);
void heard_compare(struct heard *h, unsigned call, unsigned direction, const uint8_t *octets,
		   unsigned count);
/* What is under way to the peers. */
void rig_listen_last(struct rig *rig, unsigned calls);
uint64_t rig_cpu_ns(pid_t pid);

#endif
