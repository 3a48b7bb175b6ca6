/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * reception - who sends to us, what was lost, how much it jitters (RFC 3550 A.1, A.8).
 *
 * reception_packet() for each valid packet of the right source address, in the order of arrival. A
 * new SSRC is taken when it comes twice, or at once when the old one has been silent. A sequence
 * number counts as lost when RECEPTION_WINDOW later ones are there and it is not: never before, and
 * never taken back.
 */
#ifndef GATEWAY_MEDIA_RECEPTION_H
#define GATEWAY_MEDIA_RECEPTION_H

#include <stdbool.h>
#include <stdint.h>
#include "gateway/media/packet.h"

#define RECEPTION_WINDOW 32
#define RECEPTION_JUMP 3000 /* a larger step of the sequence is a sender that started anew */
#define RECEPTION_SILENCE_NS 100000000ull

enum reception_verdict {
	RECEPTION_PLAY,	 /* a packet not seen before */
	RECEPTION_FRESH, /* the same, first one of a new source or sequence */
	RECEPTION_DUPLICATE,
	RECEPTION_OLD,	    /* long given up */
	RECEPTION_STRANGER, /* an SSRC that is not (yet) taken */
};

enum reception_state {
	RECEPTION_NOTHING,
	RECEPTION_KNOWN,
	RECEPTION_AWAITED, /* known, and may have sent elsewhere since */
};

struct reception {
	enum reception_state state;
	uint32_t ssrc, candidate;
	uint16_t highest;
	uint32_t seen; /* bit n: sequence number highest - n was there */
	unsigned span; /* so many of them can have been lost: those since the first one */
	uint64_t lost;
	uint64_t arrival_ns; /* of the last audio packet */
	uint64_t heard_ns;   /* of the last one of any kind */
	uint32_t timestamp;
	uint64_t jitter_ns16; /* times 16 */
};

void reception_init(struct reception *r);
/* jitter_counts: audio whose timestamp is the time it was made (not a telephone-event). */
enum reception_verdict reception_packet(struct reception *r, const struct packet *packet,
					uint64_t arrival_ns, bool jitter_counts);
/* The far end is to send here again, having sent elsewhere: what was not heard meanwhile is not lost. */
void reception_await(struct reception *r);
uint32_t reception_jitter_us(const struct reception *r);

#endif
