/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hunt - in which order peers that fit are tried (dial-peer rules 4.5 and 4.6), and after which
 * failures the next one is (rule 4.8).
 *
 * A hunt_list keeps the best HUNT_MAX peers of any number that is offered to it, in order.
 */
#ifndef DIALPLAN_HUNT_H
#define DIALPLAN_HUNT_H

#include "dialplan/pattern.h"
#include "dialplan/plan.h"

#define HUNT_MAX PLAN_CANDIDATES_MAX

struct hunt_entry {
	const struct peer *peer;
	const struct pattern *pattern;	/* the one that the called number fitted, or NULL */
	struct pattern_weight weight;	/* of what fitted */
	const char *text;		/* what fitted, for the note */
	const struct plan_phone *phone; /* of a pool's peer: the one of them; else NULL */
	bool standby;			/* comes behind all that are not */
	uint64_t last_used;
};

/* Preference and huntstop are a telephone's own, else the peer's. */
static inline unsigned hunt_preference(const struct hunt_entry *entry)
{
	return entry->phone ? entry->phone->preference : entry->peer->preference;
}

static inline bool hunt_stops(const struct hunt_entry *entry)
{
	return entry->phone ? entry->phone->huntstop : entry->peer->huntstop;
}

struct hunt_list {
	const struct plan_options *options;
	uint32_t random;
	struct hunt_entry entries[HUNT_MAX];
	unsigned count;
};

/* A peer (or telephone) that fits in several ways counts by the best of them. Returns the peer that the list has no
 * room for, this one or another, or NULL. */
const struct peer *hunt_offer(struct hunt_list *list, const struct hunt_entry *entry);
/* < 0: a is tried before b. Never 0 for two different peers; for one peer 0 if it
 * fits as well by both. */
int hunt_compare(const struct hunt_list *list, const struct hunt_entry *a,
		 const struct hunt_entry *b);
/* The order that does not change from call to call; 0: use or chance decides. by_chance: IOS would
 * choose at random, though its owner has not asked for that (`dial-peer hunt 6`). */
int hunt_compare_fixed(const struct plan_options *options, const struct hunt_entry *a,
		       const struct hunt_entry *b, bool *by_chance);
/* -1, 0, 1: for criteria one after another. */
static inline int hunt_rising(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}
/* The same random number puts the same things in the same order, whatever order they come in. */
uint32_t hunt_shuffle(uint32_t random, uint32_t n);
/* Rule 4.8, if `voice hunt` says nothing of the cause. The vendor's list of defaults is not confirmed:
 * it is kept here alone. */
bool hunt_cause_goes_on(unsigned cause);

#endif
