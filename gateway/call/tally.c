// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/tally.h"

#include <osmocom/core/talloc.h>

#include "gateway/call/call_private.h"

struct office_tally { /* one direction and cause of a peer */
	struct llist_head entry;
	struct tally_row row;
};

static struct office_tally *tally_of(struct office_peer *peer, const struct tally_ending *ending)
{
	struct office_tally *t;

	llist_for_each_entry (t, &peer->tallies, entry)
		if (t->row.direction == ending->direction && t->row.cause == ending->cause)
			return t;
	t = talloc_zero(peer, struct office_tally);
	if (!t)
		return NULL;
	t->row.tag = ending->tag;
	t->row.direction = ending->direction;
	t->row.cause = ending->cause;
	llist_add_tail(&t->entry, &peer->tallies);
	return t;
}

void tally_add(struct office *office, const struct tally_ending *ending)
{
	struct office_peer *peer = ending->tag ? office_peer(office, ending->tag) : NULL;
	struct office_tally *t = peer ? tally_of(peer, ending) : NULL;

	if (!t)
		return;
	if (ending->answered)
		t->row.answered++;
	else
		t->row.failed++;
}

void tally_each(const struct office *office, void (*fn)(void *arg, const struct tally_row *),
		void *arg)
{
	const struct office_tally *t;
	struct office_peer *peer;
	int bucket;

	hash_for_each(office->peers, bucket, peer, node)
	    llist_for_each_entry (t, &peer->tallies, entry) fn(arg, &t->row);
}
