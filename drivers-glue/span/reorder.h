/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * reorder - packets by sequence number: puts them in order, says which are lost, drops what comes
 * late or twice, and starts anew when the far end did.
 *
 * reorder_put() what came; reorder_take() the next in order. Numbers are 16 bit and wrap. A number
 * far from the ones before is not believed until the next packet continues it; then everything
 * before is given up (the far end was restarted) and both are taken. The first packet after
 * reorder_reset() is always believed.
 *
 * One allocation, in reorder_init(). Counts packets_lost, _late and _reordered.
 */
#ifndef DRIVERS_GLUE_SPAN_REORDER_H
#define DRIVERS_GLUE_SPAN_REORDER_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/span/span.h"

#define REORDER_GAP_MAX 64   /* packets lost at once, or late; beyond that the number is strange */
#define REORDER_STRAY_MAX 32 /* late or strange packets in a row that continue one another */

enum reorder_state {
	REORDER_EMPTY = 0, /* believes the first number that comes */
	REORDER_RUNNING,
};

enum reorder_put {
	REORDER_DROPPED = 0,
	REORDER_STORED,
	REORDER_STARTED, /* stored, and the numbering is new */
};

enum reorder_take {
	REORDER_NOTHING = 0, /* empty, or it pays to wait for the missing one */
	REORDER_PACKET,
	REORDER_LOST, /* one packet's time without a packet */
};

struct reorder {
	enum reorder_state state;
	unsigned slots; /* a power of two */
	size_t size;	/* octets of a payload */
	uint16_t next;	/* to be taken */
	uint16_t end;	/* one after the highest that came */
	uint16_t stray; /* number that would continue the last one not believed */
	unsigned strays;
	struct tdm_counters *counters;
	uint8_t *flags; /* of each slot: 0 is free; one more for the last stray */
	uint8_t *payload;
};

/* slots: packets that may wait, rounded up to a power of two, <= 16384. */
int reorder_init(struct reorder *r, unsigned slots, size_t size, struct tdm_counters *counters);
void reorder_free(struct reorder *r);
/* Gives up what is stored (counted as lost). */
void reorder_reset(struct reorder *r);

/* flags: the caller's, not 0; payload may be NULL. */
enum reorder_put reorder_put(struct reorder *r, uint16_t sequence, uint8_t flags,
			     const uint8_t *payload);
/* wait: packets that must have come after a missing one before it is lost, at least 1. The payload
 * is good until the next put. */
enum reorder_take reorder_take(struct reorder *r, unsigned wait, uint8_t *flags,
			       const uint8_t **payload);
/* Packets' times between next and the newest. */
unsigned reorder_level(const struct reorder *r);

#endif
