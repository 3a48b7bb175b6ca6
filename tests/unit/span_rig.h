/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * span_rig - spans on loopback sockets and a clock that stands still between ticks: two ends back
 * to back (an exchange, which is the clock, and a gateway, which follows), or one end and a wire
 * whose every packet the test writes and reads itself.
 */
#ifndef TESTS_UNIT_SPAN_RIG_H
#define TESTS_UNIT_SPAN_RIG_H

#include "drivers-glue/span/cesopsn.h"

#define RIG_TICK_NS 5000000ull
#define RIG_PACKET_MAX CESOPSN_PACKET_MAX

struct rig_end {
	struct tdm_span_config config;
	struct tdm_descriptors descriptors;
	struct tdm_span *span;
	/* called in each step, after which the packet goes out; may be NULL */
	void (*on_step)(struct rig_end *end);
	void *data;
	uint64_t steps;
};

struct rig {
	uint64_t now_ns;
	struct rig_end end[2]; /* 0: internal clock, 1: line clock */
};

struct wire {
	int fd;
	size_t payload;
	uint16_t sequence; /* of the next packet sent */
	uint64_t now_ns;
	struct rig_end end;
};

/* Port 127.0.0.1:port; 0: one that is free. */
struct sockaddr_storage rig_address(unsigned port);
unsigned rig_free_port(void);

/* Opens and attaches. */
void rig_end_start(struct rig_end *end);
/* The running half dies and comes back with the same descriptors. */
void rig_end_detach(struct rig_end *end);
void rig_end_attach(struct rig_end *end);
void rig_end_stop(struct rig_end *end);
/* receive, steps, transmit; returns the steps made */
unsigned rig_end_tick(struct rig_end *end, uint64_t now_ns);
struct tdm_status rig_status(const struct rig_end *end);

void rig_start(struct rig *rig, enum tdm_framing framing, unsigned frames);
void rig_stop(struct rig *rig);
void rig_run(struct rig *rig, unsigned ticks);

/* end 0 listens to a plain socket */
void wire_start(struct wire *wire, enum tdm_clock clock, unsigned frames, enum tdm_framing framing);
void wire_stop(struct wire *wire);
/* A packet with every octet of the payload set to value; flags of CESOPSN; wire->sequence is used
 * up. */
void wire_send(struct wire *wire, unsigned value, unsigned flags);
void wire_send_octets(struct wire *wire, const void *octets, size_t length);
/* 1 and the next packet that the span sent, else 0. flags, sequence and payload may be NULL. */
int wire_read(struct wire *wire, unsigned *flags, uint16_t *sequence, uint8_t *payload);
/* Reads all; returns how many there were. */
unsigned wire_drain(struct wire *wire);
/* The span runs for that long; returns the steps made. */
unsigned wire_run(struct wire *wire, unsigned ms);

#endif
