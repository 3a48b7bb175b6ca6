// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int reorder_init(struct reorder *r, unsigned slots, size_t size, struct tdm_counters *counters)
{
	unsigned rounded = 64;

	while (rounded < slots && rounded < 16384)
		rounded *= 2;
	*r = (struct reorder){.slots = rounded, .size = size, .counters = counters};
	r->flags = calloc(rounded + 1, 1);
	r->payload = calloc(rounded + 1, size);
	if (!r->flags || !r->payload) {
		reorder_free(r);
		return -ENOMEM;
	}
	return 0;
}

void reorder_free(struct reorder *r)
{
	free(r->flags);
	free(r->payload);
	r->flags = r->payload = NULL;
}

unsigned reorder_level(const struct reorder *r)
{
	return r->state == REORDER_RUNNING ? (uint16_t)(r->end - r->next) : 0;
}

static void give_up(struct reorder *r)
{
	r->counters->packets_lost += reorder_level(r);
	memset(r->flags, 0, r->slots);
	r->strays = 0;
}

void reorder_reset(struct reorder *r)
{
	give_up(r);
	r->state = REORDER_EMPTY;
}

static void store(struct reorder *r, unsigned slot, uint8_t flags, const uint8_t *payload)
{
	r->flags[slot] = flags;
	if (payload)
		memcpy(r->payload + slot * r->size, payload, r->size);
}

static void start(struct reorder *r, uint16_t sequence)
{
	give_up(r);
	r->state = REORDER_RUNNING;
	r->next = r->end = sequence;
}

/* A packet that does not fit. Returns 1 if enough of its kind continue one another: then the
 * numbering starts with the one before it, which was kept. */
static int believe_stray(struct reorder *r, uint16_t sequence, unsigned believed_after)
{
	uint16_t first = (uint16_t)(sequence - 1);
	uint8_t *kept = r->payload + r->slots * r->size;

	r->strays = r->strays && sequence == r->stray ? r->strays + 1 : 1;
	r->stray = (uint16_t)(sequence + 1);
	if (r->strays < believed_after)
		return 0;
	start(r, first);
	store(r, first % r->slots, r->flags[r->slots], kept);
	return 1;
}

enum reorder_put reorder_put(struct reorder *r, uint16_t sequence, uint8_t flags,
			     const uint8_t *payload)
{
	int ahead = (int16_t)(uint16_t)(sequence - r->next);
	int newer = (int16_t)(uint16_t)(sequence - r->end);
	enum reorder_put result = REORDER_STORED;

	if (r->state == REORDER_EMPTY) {
		start(r, sequence);
		result = REORDER_STARTED;
	} else if (ahead < 0 || ahead >= (int)r->slots || newer > REORDER_GAP_MAX) {
		/* just behind is likely to be late, elsewhere a restart */
		int near_behind = ahead < 0 && ahead >= -REORDER_GAP_MAX;

		if (!believe_stray(r, sequence, near_behind ? REORDER_STRAY_MAX : 2)) {
			store(r, r->slots, flags, payload);
			r->counters->packets_late++;
			return REORDER_DROPPED;
		}
		r->counters->packets_late--; /* the kept one */
		result = REORDER_STARTED;
	} else if (r->flags[sequence % r->slots]) {
		r->counters->packets_late++;
		return REORDER_DROPPED;
	}
	r->strays = 0;
	store(r, sequence % r->slots, flags, payload);
	if (result == REORDER_STARTED || newer >= 0)
		r->end = (uint16_t)(sequence + 1);
	else
		r->counters->packets_reordered++;
	return result;
}

enum reorder_take reorder_take(struct reorder *r, unsigned wait, uint8_t *flags,
			       const uint8_t **payload)
{
	unsigned level = reorder_level(r);
	unsigned slot = r->next % r->slots;

	if (level == 0)
		return REORDER_NOTHING;
	if (r->flags[slot]) {
		*flags = r->flags[slot];
		*payload = r->payload + slot * r->size;
		r->flags[slot] = 0;
		r->next++;
		return REORDER_PACKET;
	}
	if (level - 1 < wait)
		return REORDER_NOTHING;
	r->next++;
	r->counters->packets_lost++;
	return REORDER_LOST;
}
