// SPDX-License-Identifier: GPL-2.0-or-later
/* The inbound dial peer of a call (rule 2). */
#include <errno.h>
#include <stdio.h>

#include "dialplan/plan_private.h"

/* Rules 2.2 and 2.3: all peers are tried on one key before the next. */
static const enum plan_key pots_keys[] = {PLAN_KEY_CALLED, PLAN_KEY_ANSWER_ADDRESS,
					  PLAN_KEY_CALLING, PLAN_KEY_PORT, PLAN_KEY_NONE};
static const enum plan_key voip_keys[] = {
    PLAN_KEY_URI,     PLAN_KEY_CALLED,	PLAN_KEY_ANSWER_ADDRESS,
    PLAN_KEY_CALLING, PLAN_KEY_CARRIER, PLAN_KEY_NONE};

/* The headers at key `incoming uri`, one after another. The vendor's documents do not confirm that
 * their order is this one. */
static const enum peer_uri uri_order[] = {PEER_URI_VIA, PEER_URI_REQUEST, PEER_URI_TO,
					  PEER_URI_FROM};

static const char *const uri_keywords[] = {
    [PEER_URI_REQUEST] = "request",
    [PEER_URI_TO] = "to",
    [PEER_URI_FROM] = "from",
    [PEER_URI_VIA] = "via",
};

struct inbound_search {
	const struct plan *plan;
	const struct plan_request *request;
	const struct plan_numbers *numbers;
	const struct plan_entry *best, *also;
	unsigned length;  /* explicit length, or rank of the URI, of best and also */
	const char *text; /* what best was chosen by */
	/* what is looked at now */
	enum plan_field field;
	bool own; /* patterns of peers only, no maps */
	enum peer_uri uri;
	const char *offer_text;
	unsigned offer_length;
};

/* Rule 2.4: the longest, then the first by tag; preference is not used. */
static bool inbound_offer(void *arg, const struct plan_entry *entry)
{
	struct inbound_search *search = arg;
	unsigned length = search->offer_length;

	if (entry->peer.kind != search->request->inbound_kind || !entry->valid ||
	    entry->peer.in_fallback)
		return true;
	if (search->best &&
	    (length < search->length || (length == search->length && entry == search->best)))
		return true;
	if (!search->best || length > search->length) {
		search->also = NULL;
	} else if (entry->peer.tag > search->best->peer.tag) {
		if (!search->also || entry->peer.tag < search->also->peer.tag)
			search->also = entry;
		return true;
	} else {
		search->also = search->best;
	}
	search->best = entry;
	search->length = length;
	search->text = search->offer_text;
	return true;
}

static void inbound_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct inbound_search *search = arg;

	if (search->own && value >= search->plan->peers.count)
		return;
	search->offer_length = pattern_weight(pattern)->explicit_length;
	search->offer_text = pattern_text(pattern);
	plan_each_user(search->plan, search->field, value, inbound_offer, search);
}

static void inbound_by_number(struct inbound_search *search, enum plan_field field,
			      enum plan_which which)
{
	char text[2][DIGITS_TEXT_SIZE];
	unsigned count = plan_number_forms(search->plan, search->request->inbound_kind,
					   search->numbers, which, text);

	search->field = field;
	for (unsigned i = 0; i < count && !search->best; i++)
		index_find(search->plan->indexes[field], text[i], inbound_fits, search);
}

static void inbound_by_destination(struct inbound_search *search)
{
	const struct plan *plan = search->plan;

	search->own = true;
	if (search->numbers->came[PLAN_CALLING].digits[0]) {
		inbound_by_number(search, FIELD_DESTINATION, PLAN_CALLING);
	} else if (plan->options.empty_ani && search->request->inbound_kind == PEER_POTS &&
		   plan->empty_ani) { /* rule 2.5 */
		search->best = plan->empty_ani;
		search->also = plan->empty_ani_also;
		search->text = pattern_text(search->best->patterns[FIELD_DESTINATION]);
	}
	search->own = false;
}

static void offer_all(struct inbound_search *search, const struct plan_list *users)
{
	for (size_t i = 0; i < users->count; i++)
		inbound_offer(search, users->items[i]);
}

static void inbound_by_port(struct inbound_search *search)
{
	const struct plan_trunk *trunk = plan_find_trunk(search->plan, search->request->port);

	search->offer_length = 0;
	search->offer_text = search->request->port;
	if (trunk)
		offer_all(search, &trunk->users);
}

static void inbound_by_carrier(struct inbound_search *search)
{
	const char *name = search->numbers->carrier;
	const struct plan_carrier *carrier =
	    name ? table_find(&search->plan->tables[PLAN_CARRIERS], name) : NULL;

	search->offer_length = 0;
	search->offer_text = name;
	if (carrier)
		offer_all(search, &carrier->sources);
}

static void inbound_class_fits(void *arg, const struct plan_uri_class *class, unsigned rank)
{
	struct inbound_search *search = arg;

	search->offer_length = rank;
	search->offer_text = class->class.name;
	offer_all(search, &class->incoming[search->uri]);
}

static void inbound_by_uri(struct inbound_search *search)
{
	for (unsigned i = 0; i < sizeof(uri_order) / sizeof(uri_order[0]) && !search->best; i++) {
		search->uri = uri_order[i];
		if (search->request->uris[search->uri])
			plan_uri_find(search->plan, search->request->uris[search->uri],
				      inbound_class_fits, search);
	}
}

static void inbound_by_key(struct inbound_search *search, enum plan_key key)
{
	switch (key) {
	case PLAN_KEY_URI:
		inbound_by_uri(search);
		break;
	case PLAN_KEY_CALLED:
		inbound_by_number(search, FIELD_CALLED, PLAN_CALLED);
		break;
	case PLAN_KEY_ANSWER_ADDRESS:
		inbound_by_number(search, FIELD_ANSWER, PLAN_CALLING);
		break;
	case PLAN_KEY_CALLING:
		inbound_by_destination(search);
		break;
	case PLAN_KEY_PORT:
		inbound_by_port(search);
		break;
	case PLAN_KEY_CARRIER:
		inbound_by_carrier(search);
		break;
	case PLAN_KEY_NONE:
	case PLAN_KEY_PHONE:
	case PLAN_KEY_DEFAULT:
		break;
	}
}

static bool inbound_by_phone(struct inbound_search *search)
{
	const struct plan_entry *entry =
	    search->request->phone_tag
		? table_find(&search->plan->peers, &search->request->phone_tag)
		: NULL;

	search->offer_length = 0;
	search->offer_text = NULL;
	if (entry)
		inbound_offer(search, entry);
	return search->best;
}

/* The key that a peer was found by, or PLAN_KEY_NONE. */
static enum plan_key inbound_find(struct inbound_search *search)
{
	const enum plan_key *keys =
	    search->request->inbound_kind == PEER_POTS ? pots_keys : voip_keys;
	bool empty = !search->numbers->came[PLAN_CALLED].digits[0];

	if (inbound_by_phone(search))
		return PLAN_KEY_PHONE;
	for (; *keys != PLAN_KEY_NONE; keys++) {
		if (empty && *keys == PLAN_KEY_CALLED)
			continue;
		inbound_by_key(search, *keys);
		if (search->best)
			return *keys;
	}
	if (empty) /* rule 2.6: an empty called number is looked at last */
		inbound_by_key(search, PLAN_KEY_CALLED);
	return search->best ? PLAN_KEY_CALLED : PLAN_KEY_NONE;
}

static bool is_emergency(const struct inbound_search *search)
{
	return plan_call_is_emergency(search->plan, search->request, &search->best->peer);
}

/* `max-calls voice N direction in` of the trunk group that the call comes in through. */
static bool inbound_is_full(const struct inbound_search *search)
{
	const struct plan_trunk *trunk = plan_find_trunk(search->plan, search->request->port);
	const struct trunk_group *group = trunk && trunk->group ? &trunk->group->group : NULL;

	if (!group || !group->max_in || is_emergency(search) ||
	    plan_calls_of(search->request, group).in < group->max_in)
		return false;
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_FULL,
						       .name = group->name,
						       .cause = CAUSE_NO_CIRCUIT});
	return true;
}

/* Whether a reject rule of the peer's call-block fits one of these numbers. */
static bool inbound_rejected(const struct plan_change *change, const struct number *numbers)
{
	for (unsigned w = 0; w <= PLAN_REDIRECTING; w++) {
		struct number number = numbers[w];

		if (plan_change(change, w, &number) == TRANSLATION_REJECTED)
			return true;
	}
	return false;
}

/* The cause to refuse the call with, by the peer's call-block; 0: it is not refused. Emergency calls
 * never are. Rules see both forms of a number, so that nobody passes them by another prefix. */
static unsigned inbound_blocked(const struct inbound_search *search, const struct plan_entry *entry)
{
	const struct plan_request *request = search->request;
	const struct plan_numbers *numbers = search->numbers;
	bool voip = request->inbound_kind == PEER_VOIP;
	struct plan_change change = {
	    .request = request,
	    .profile = entry->call_block,
	    .place = PLAN_PLACE_CALL_BLOCK,
	    .with_plus = voip || search->plan->numbers_known,
	    .peer = &entry->peer,
	};

	if (!change.profile || is_emergency(search))
		return 0;
	if (inbound_rejected(&change, numbers->normal))
		return plan_block_cause(&entry->peer);
	change.with_plus = voip;
	if (search->plan->numbers_known && inbound_rejected(&change, numbers->came))
		return plan_block_cause(&entry->peer);
	return 0;
}

static void tell_inbound(const struct inbound_search *search, const struct plan_inbound *inbound)
{
	char text[CLASS_TEXT_MAX + 16];

	if (!search->request->note)
		return;
	if (inbound->key == PLAN_KEY_URI)
		snprintf(text, sizeof(text), "%s %s", uri_keywords[search->uri], search->text);
	else
		snprintf(text, sizeof(text), "%s", search->text ? search->text : "");
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_INBOUND,
						       .peer = inbound->peer,
						       .also = inbound->also,
						       .key = inbound->key,
						       .text = text,
						       .length = search->length});
}

int plan_match_inbound(const struct plan *plan, const struct plan_request *request,
		       struct plan_inbound *out)
{
	struct plan_numbers numbers;
	struct inbound_search search = {.plan = plan, .request = request, .numbers = &numbers};
	const struct plan_entry *entry;
	enum plan_key key;

	plan_numbers_begin(plan, request, &numbers);
	key = inbound_find(&search);
	if (key == PLAN_KEY_NONE && !plan->options.permit_default &&
	    !plan_call_is_emergency(plan, request, NULL)) {
		plan_tell(request, &(struct plan_note){.step = PLAN_STEP_INBOUND});
		return -ENOENT;
	}
	if (key == PLAN_KEY_NONE) {
		key = PLAN_KEY_DEFAULT;
		search.best = &plan->defaults[request->inbound_kind];
	}
	entry = search.best;
	*out = (struct plan_inbound){.peer = &entry->peer, .key = key};
	if (search.also)
		out->also = &search.also->peer;
	tell_inbound(&search, out);
	out->blocked = inbound_blocked(&search, entry);
	out->full = inbound_is_full(&search);
	return 0;
}
