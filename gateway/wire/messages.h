/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * messages - all that sipspand and sipspan-media say to each other, in one table.
 *
 * The pipe is an AF_UNIX SOCK_SEQPACKET pair: one message is one packet, a header and a body of
 * fixed size, host byte order (both ends are one machine and one build; WIRE_VERSION in HELLO says
 * so). Descriptors ride along by SCM_RIGHTS. Both ends check every field: sizes by
 * wire_body_size(), meaning by whoever handles it. A message that does not fit is counted and
 * ignored.
 *
 * Things are named by ids that sipspand chooses: spans by their number; ends (a stream or a
 * channel), bridges and conferences by a number that is not used again while the system runs. An end
 * is one source and sink of audio; a bridge joins two, a conference mixes several.
 */
#ifndef GATEWAY_WIRE_MESSAGES_H
#define GATEWAY_WIRE_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define WIRE_VERSION 5
#define WIRE_MESSAGE_MAX 512
#define WIRE_FDS_MAX 4

enum wire_type {
	/* sipspand -> sipspan-media */
	WIRE_HELLO = 1, /* first; fd: memfd of stream records. Answered by READY */
	WIRE_SPAN_OPEN, /* fds: as tdm_descriptors.fds */
	WIRE_SPAN_CLOSE,
	WIRE_STREAM_OPEN, /* fds: RTP and RTCP socket */
	WIRE_STREAM_SET,
	WIRE_CHANNEL_OPEN, /* fd: the channel's own, if its driver has one */
	WIRE_END_CLOSE,
	WIRE_BRIDGE_OPEN,
	WIRE_BRIDGE_CLOSE,
	WIRE_CONFERENCE_SET, /* who is in it now; made if it is not there, nobody ends it */
	WIRE_DIGIT_PLAY,
	WIRE_TONE_PLAY, /* on an end, towards its far side; empty tone stops */
	/* sipspan-media -> sipspand */
	WIRE_READY,
	WIRE_DIGIT,	 /* heard or received on an end */
	WIRE_SPAN_STATE, /* alarms changed, and every second */
	WIRE_ALIVE,	 /* every second from READY on: sipspand starts a silent process again */
	WIRE_REFUSED,	 /* an order could not be carried out */
	WIRE_TYPE_COUNT
};

struct wire_header {
	uint16_t type; /* enum wire_type */
	uint16_t size; /* of the body */
	uint32_t id;   /* span, end, bridge or conference; 0 for HELLO, READY and ALIVE */
};

struct wire_hello {
	uint32_t version;
	uint32_t records; /* number of struct stream_record in the memfd */
};

struct wire_span_open { /* as struct tdm_span_config; id is the number */
	uint32_t driver, framing, law, clock;
	uint32_t d_timeslot, unit;
	uint32_t frames_per_packet, jitter_packets, alarm_ms;
	struct sockaddr_storage local, peer;
};

struct wire_stream_open {
	uint32_t record; /* index of its stream record */
};

enum wire_codec {
	WIRE_PCMU = 0, /* the static payload types of RFC 3551 */
	WIRE_PCMA = 8,
	WIRE_CLEARMODE = 256, /* RFC 4040; its payload type is agreed */
};

enum wire_mode { /* bits: what the offer and answer allow */
		 WIRE_SEND = 1,
		 WIRE_RECEIVE = 2,
};

struct wire_stream_set { /* what offer and answer agreed on; again after each new one */
	struct sockaddr_storage rtp, rtcp; /* far end; family 0: not known yet */
	uint32_t codec;			   /* enum wire_codec */
	uint32_t clear_payload_type;	   /* of WIRE_CLEARMODE */
	uint32_t event_payload_type;	   /* RFC 4733; 0: none agreed */
	/* 1: digits that are heard for it go by signalling: their sound stays away, and nothing
	 * stands in for it */
	uint32_t digits_signalled;
	uint32_t ptime_ms;   /* what we send: 10, 20, 30, 40, 60 */
	uint32_t mode;	     /* bits of enum wire_mode */
	uint32_t generation; /* new value: the window for latching opens again */
	char cname[40];	     /* RTCP SDES */
};

struct wire_channel_audio { /* `voice-port`; as tdm_channel_echo() and tdm_channel_gain() */
	uint32_t echo_taps; /* 0: no echo canceller */
	int32_t input_gain_db10, output_gain_db10;
};

struct wire_channel_open {
	uint32_t span, timeslot;
	uint32_t block;		/* 80 or 160 */
	uint32_t detect_digits; /* report DTMF heard (WIRE_DIGIT) and take it out of the audio */
	uint32_t data;		/* 1: unrestricted digital information, nothing touches it */
	struct wire_channel_audio audio;
};

struct wire_bridge_open {
	uint32_t end[2];
};

#define WIRE_CONFERENCE_ENDS_MAX 32

struct wire_conference_set {
	uint32_t count;
	uint32_t end[WIRE_CONFERENCE_ENDS_MAX];
};

struct wire_digit {	/* WIRE_DIGIT_PLAY and WIRE_DIGIT */
	uint32_t digit; /* 0-9 * # A-D */
	uint32_t duration_ms;
};

struct wire_tone {
	char tone[96];	     /* libtonezone's notation: "425/1000,0/4000" */
	uint32_t level_db10; /* below 0 dBm0, tenths */
};

struct wire_ready {
	uint32_t version;
	uint32_t pid;
	uint32_t realtime; /* 1: SCHED_FIFO and locked memory; 0: not allowed */
};

struct wire_span_state {
	uint32_t alarms; /* bits of enum tdm_alarm */
	uint32_t pad;
	uint64_t counters[10]; /* in the order of struct tdm_counters */
};

struct wire_refused {
	uint32_t type; /* of the order; id in the header is its */
	int32_t error; /* negative errno */
};

/* Size of a type's body, or -1 if there is no such type. */
int wire_body_size(unsigned type);
const char *wire_type_name(unsigned type);

#endif
