/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cesopsn_private - the running half's object, shared by the driver's own files:
 * cesopsn_open.c (opening), cesopsn_dchannel.c (HDLC frames), cesopsn.c (all that moves).
 */
#ifndef DRIVERS_GLUE_SPAN_CESOPSN_PRIVATE_H
#define DRIVERS_GLUE_SPAN_CESOPSN_PRIVATE_H

#include <sys/socket.h>

#include "drivers-glue/span/blocks.h"
#include "drivers-glue/span/cesopsn.h"
#include "drivers-glue/span/hdlc.h"
#include "drivers-glue/span/reorder.h"

#define CESOPSN_BATCH 64 /* packets a system call */
#define CESOPSN_JITTER_MAX 64
#define CESOPSN_STORED 0x80 /* flag of a stored packet, beside enum cesopsn_flag */

enum cesopsn_run {
	RUN_ATTACHED = 0, /* before the first receive */
	RUN_START,	  /* nothing came yet: wait a moment for it */
	RUN_FOLLOW,	  /* line: packets make the steps; internal: packets are played */
	RUN_FILL,	  /* internal: packets come, not enough yet to play */
	RUN_FREE,	  /* silence */
};

enum cesopsn_outgoing {
	OUTGOING_SENT = 0,
	OUTGOING_DUE, /* a step was made, its packet waits for what the channels write */
};

enum cesopsn_dpair {
	DPAIR_NONE = 0, /* no D channel, or the opener has closed its end */
	DPAIR_EMPTY,	/* nothing to send when last asked */
	DPAIR_ASK,	/* there may be a frame to send */
};

struct cesopsn_channel {
	struct tdm_channel channel;	   /* first */
	unsigned timeslot;		   /* 0: closed */
	struct cesopsn_channel *following; /* next open one */
	struct blocks blocks;
};

struct cesopsn {
	struct tdm_span span; /* first */
	int fd_udp, fd_d;
	unsigned timeslots, frames, d_timeslot, jitter;
	unsigned target; /* packets that an internal clock lets come before it plays */
	enum tdm_clock clock;
	uint8_t idle;
	size_t payload;
	uint64_t packet_ns, alarm_ns;

	enum cesopsn_run run;
	uint64_t heard_ns; /* last packet; before one came, the first receive */
	unsigned batches;  /* that may still be read before the next receive */
	uint64_t next_ns;  /* next step by our own clock */
	uint64_t trim_ns;  /* end of the time over which low is the lowest level */
	unsigned low;
	unsigned in_order;   /* packets since silence, up to what clears LOS */
	uint64_t free_steps; /* since silence */
	unsigned alarms;
	struct tdm_counters counters;
	struct reorder reorder;

	enum cesopsn_outgoing outgoing;
	uint16_t sequence;
	unsigned out_count;

	enum cesopsn_dpair dpair;
	struct hdlc_decoder decoder;
	struct hdlc_encoder encoder;

	struct cesopsn_channel channels[TDM_TIMESLOT_MAX + 1]; /* by timeslot */
	struct cesopsn_channel *open;			       /* the first open one */

	struct sockaddr_storage peer;
	struct sockaddr_storage from[CESOPSN_BATCH];
	struct mmsghdr in[CESOPSN_BATCH], out[CESOPSN_BATCH];
	struct iovec in_vector[CESOPSN_BATCH], out_vector[CESOPSN_BATCH];
	uint8_t *in_octets, *out_octets; /* CESOPSN_BATCH packets each */
	uint8_t idle_payload[CESOPSN_PACKET_MAX];
};

/* cesopsn_open.c */
int cesopsn_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
		 size_t why_size);
int cesopsn_config_check(const struct tdm_span_config *config);

/* cesopsn_dchannel.c: a packet's octets of the D timeslot */
void cesopsn_dchannel_take(struct cesopsn *c, const uint8_t *payload);
void cesopsn_dchannel_break(struct cesopsn *c); /* octets are missing: ends a frame half received */
void cesopsn_dchannel_give(struct cesopsn *c, uint8_t *payload);

#endif
