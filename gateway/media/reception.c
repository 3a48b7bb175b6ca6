// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/reception.h"

#include <string.h>

#define SAMPLE_NS 125000

void reception_init(struct reception *r)
{
	memset(r, 0, sizeof(*r));
}

static enum reception_verdict begin(struct reception *r, const struct packet *p)
{
	r->state = RECEPTION_KNOWN;
	r->ssrc = p->ssrc;
	r->candidate = p->ssrc;
	r->highest = p->sequence;
	r->seen = 1;
	r->span = 1;
	r->arrival_ns = 0;
	return RECEPTION_FRESH;
}

static enum reception_verdict sequence(struct reception *r, const struct packet *p)
{
	uint16_t ahead = p->sequence - r->highest, behind = -ahead;

	if (ahead == 0)
		return RECEPTION_DUPLICATE;
	if (ahead <= RECEPTION_JUMP) {
		for (; ahead; ahead--) {
			r->lost +=
			    r->span == RECEPTION_WINDOW && !(r->seen >> (RECEPTION_WINDOW - 1));
			r->seen <<= 1;
			r->span += r->span < RECEPTION_WINDOW;
		}
		r->seen |= 1;
		r->highest = p->sequence;
		return RECEPTION_PLAY;
	}
	if (behind > RECEPTION_JUMP)
		return begin(r, p);
	if (behind >= RECEPTION_WINDOW)
		return RECEPTION_OLD;
	if (r->seen >> behind & 1)
		return RECEPTION_DUPLICATE;
	r->seen |= 1u << behind;
	return RECEPTION_PLAY;
}

static void jitter(struct reception *r, const struct packet *p, uint64_t arrival_ns)
{
	int64_t sent = (int64_t)(int32_t)(p->timestamp - r->timestamp) * SAMPLE_NS;
	int64_t d = (int64_t)(arrival_ns - r->arrival_ns) - sent;

	if (d < 0)
		d = -d;
	/* A pause or a jump is not jitter. */
	if (r->arrival_ns && d < 1000000000)
		r->jitter_ns16 += d - (r->jitter_ns16 + 8) / 16;
	r->arrival_ns = arrival_ns;
	r->timestamp = p->timestamp;
}

/* Arrivals are by the wall clock, and of two processors: one may be before the one before it. */
static bool was_silent(const struct reception *r, uint64_t arrival_ns)
{
	return arrival_ns > r->heard_ns && arrival_ns - r->heard_ns > RECEPTION_SILENCE_NS;
}

void reception_await(struct reception *r)
{
	if (r->state == RECEPTION_KNOWN)
		r->state = RECEPTION_AWAITED;
}

static enum reception_verdict awaited(struct reception *r, const struct packet *p,
				      uint64_t arrival_ns)
{
	if (was_silent(r, arrival_ns))
		return begin(r, p);
	r->state = RECEPTION_KNOWN;
	return sequence(r, p);
}

enum reception_verdict reception_packet(struct reception *r, const struct packet *p,
					uint64_t arrival_ns, bool jitter_counts)
{
	enum reception_verdict verdict;

	if (r->state == RECEPTION_NOTHING) {
		verdict = begin(r, p);
	} else if (p->ssrc == r->ssrc) {
		verdict =
		    r->state == RECEPTION_AWAITED ? awaited(r, p, arrival_ns) : sequence(r, p);
		r->candidate = r->ssrc;
	} else if (p->ssrc == r->candidate || was_silent(r, arrival_ns)) {
		verdict = begin(r, p);
	} else {
		r->candidate = p->ssrc;
		return RECEPTION_STRANGER;
	}
	r->heard_ns = arrival_ns;
	if (jitter_counts && (verdict == RECEPTION_PLAY || verdict == RECEPTION_FRESH))
		jitter(r, p, arrival_ns);
	return verdict;
}

uint32_t reception_jitter_us(const struct reception *r)
{
	return r->jitter_ns16 / 16 / 1000;
}
