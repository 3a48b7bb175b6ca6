// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/hunt.h"

#include <string.h>

enum hunt_criterion {
	HUNT_END,
	HUNT_LENGTH, /* longest explicit match */
	HUNT_PREFERENCE,
	HUNT_LEAST_RECENT,
	HUNT_RANDOM, /* with what goes before it in rule 4.6 */
};

static const enum hunt_criterion orders[][4] = {
    /* `dial-peer hunt 0..7` */
    {HUNT_LENGTH, HUNT_PREFERENCE, HUNT_RANDOM},
    {HUNT_LENGTH, HUNT_PREFERENCE, HUNT_LEAST_RECENT},
    {HUNT_PREFERENCE, HUNT_LENGTH, HUNT_RANDOM},
    {HUNT_PREFERENCE, HUNT_LENGTH, HUNT_LEAST_RECENT},
    {HUNT_LEAST_RECENT, HUNT_LENGTH, HUNT_PREFERENCE},
    {HUNT_LEAST_RECENT, HUNT_PREFERENCE, HUNT_LENGTH},
    {HUNT_RANDOM},
    {HUNT_LEAST_RECENT},
};

uint32_t hunt_shuffle(uint32_t random, uint32_t n)
{
	uint32_t h = random ^ (n * 0x9e3779b1u);

	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

/* Rule 4.6: what goes before chance. */
static int hunt_tie_fixed(const struct hunt_entry *a, const struct hunt_entry *b)
{
	const struct pattern_weight *wa = &a->weight, *wb = &b->weight;
	int order = hunt_rising(wa->variable, wb->variable);

	if (!order)
		order = hunt_rising(wb->literals, wa->literals);
	return order ? order : hunt_rising(wb->sets, wa->sets);
}

static int hunt_tie(const struct hunt_list *list, const struct hunt_entry *a,
		    const struct hunt_entry *b)
{
	int order = hunt_tie_fixed(a, b);

	if (!order && !list->options->tie_deterministic)
		order = hunt_rising(hunt_shuffle(list->random, a->peer->tag),
				    hunt_shuffle(list->random, b->peer->tag));
	if (!order)
		order = hunt_rising(a->peer->tag, b->peer->tag);
	if (!order && a->phone && b->phone)
		order = strcmp(a->phone->name, b->phone->name);
	return order;
}

static int hunt_by(enum hunt_criterion criterion, const struct hunt_entry *a,
		   const struct hunt_entry *b)
{
	switch (criterion) {
	case HUNT_LENGTH:
		return hunt_rising(b->weight.explicit_length, a->weight.explicit_length);
	case HUNT_PREFERENCE:
		return hunt_rising(hunt_preference(a), hunt_preference(b));
	case HUNT_LEAST_RECENT:
		return hunt_rising(a->last_used, b->last_used);
	case HUNT_RANDOM:
	case HUNT_END:
		break;
	}
	return 0;
}

int hunt_compare(const struct hunt_list *list, const struct hunt_entry *a,
		 const struct hunt_entry *b)
{
	const enum hunt_criterion *criterion = orders[list->options->hunt % 8];
	int order = hunt_rising(a->standby, b->standby);

	for (; !order && *criterion != HUNT_END; criterion++)
		order = hunt_by(*criterion, a, b);
	return order ? order : hunt_tie(list, a, b);
}

int hunt_compare_fixed(const struct plan_options *options, const struct hunt_entry *a,
		       const struct hunt_entry *b, bool *by_chance)
{
	const enum hunt_criterion *first = orders[options->hunt % 8], *criterion = first;
	int order = 0;

	*by_chance = false;
	for (; !order && *criterion != HUNT_END && *criterion != HUNT_RANDOM; criterion++) {
		if (*criterion == HUNT_LEAST_RECENT)
			return 0;
		order = hunt_by(*criterion, a, b);
	}
	if (order)
		return order;
	*by_chance = criterion != first;
	order = hunt_tie_fixed(a, b);
	if (!order && options->tie_deterministic)
		order = hunt_rising(a->peer->tag, b->peer->tag);
	return order;
}

static bool is_same(const struct hunt_entry *a, const struct hunt_entry *b)
{
	if (a->peer != b->peer)
		return false;
	return !a->phone || !b->phone || strcmp(a->phone->name, b->phone->name) == 0;
}

/* Takes the peer of entry out if it is there by something worse. false: by something as good. */
static bool hunt_replace(struct hunt_list *list, const struct hunt_entry *entry)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (!is_same(&list->entries[i], entry))
			continue;
		if (hunt_compare(list, entry, &list->entries[i]) >= 0)
			return false;
		list->count--;
		memmove(&list->entries[i], &list->entries[i + 1],
			(list->count - i) * sizeof(list->entries[0]));
		break;
	}
	return true;
}

const struct peer *hunt_offer(struct hunt_list *list, const struct hunt_entry *entry)
{
	const struct peer *left_out = NULL;
	unsigned at;

	if (!hunt_replace(list, entry))
		return NULL;
	at = list->count;
	while (at && hunt_compare(list, entry, &list->entries[at - 1]) < 0)
		at--;
	if (at == HUNT_MAX)
		return entry->peer;
	if (list->count < HUNT_MAX)
		list->count++;
	else
		left_out = list->entries[HUNT_MAX - 1].peer;
	memmove(&list->entries[at + 1], &list->entries[at],
		(list->count - at - 1) * sizeof(list->entries[0]));
	list->entries[at] = *entry;
	return left_out;
}

bool hunt_cause_goes_on(unsigned cause)
{
	switch (cause) {
	case 27:  /* destination out of order */
	case 34:  /* no circuit */
	case 38:  /* network out of order */
	case 41:  /* temporary failure */
	case 42:  /* congestion */
	case 44:  /* channel not available */
	case 47:  /* resource unavailable */
	case 102: /* timer expired */
		return true;
	default:
		return false;
	}
}
