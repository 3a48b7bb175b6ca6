// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan as it is built, and the inbound side; outbound.c has the rest. */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/digits.h"
#include "dialplan/plan_private.h"

struct plan *plan_new(const struct plan_options *options)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->references = 1;
	plan->options = *options;
	peer_init(&plan->defaults[PEER_POTS], 0, PEER_POTS);
	peer_init(&plan->defaults[PEER_VOIP], 0, PEER_VOIP);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		plan->indexes[f] = index_new();
		if (!plan->indexes[f]) {
			plan_unref(plan);
			return NULL;
		}
	}
	return plan;
}

static void plan_entry_free(struct plan_entry *entry)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		pattern_free(entry->patterns[f]);
	free(entry);
}

static void tag_keep(void *entry) /* the tree borrows its entries */
{
}

struct plan *plan_ref(struct plan *plan)
{
	plan->references++;
	return plan;
}

void plan_unref(struct plan *plan)
{
	if (!plan || --plan->references)
		return;
	tdestroy(plan->tags, tag_keep);
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		index_free(plan->indexes[f]);
	for (size_t i = 0; i < plan->count; i++)
		plan_entry_free(plan->entries[i]);
	free(plan->entries);
	free(plan->ports);
	free(plan);
}

static int compare_tags(const void *pa, const void *pb)
{
	const struct plan_entry *a = pa, *b = pb;

	return a->peer.tag < b->peer.tag ? -1 : a->peer.tag > b->peer.tag;
}

static int plan_compile(struct plan_entry *entry, char *why, size_t why_size)
{
	const struct {
		const char *keyword, *text;
	} fields[FIELD_COUNT] = {
	    [FIELD_DESTINATION] = {"destination-pattern", entry->peer.destination_pattern},
	    [FIELD_CALLED] = {"incoming called-number", entry->peer.incoming_called_number},
	    [FIELD_ANSWER] = {"answer-address", entry->peer.answer_address},
	};
	char detail[128];

	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		int rc;

		if (!fields[f].text[0])
			continue;
		rc = pattern_compile(fields[f].text, &entry->patterns[f], detail, sizeof(detail));
		if (rc < 0) {
			if (why)
				snprintf(why, why_size, "%s %s: %s", fields[f].keyword,
					 fields[f].text, detail);
			return rc;
		}
	}
	if (!peer_prefix_is_valid(entry->peer.prefix)) {
		if (why)
			snprintf(why, why_size, "prefix %s: only digits, * # A-D and commas",
				 entry->peer.prefix);
		return -EINVAL;
	}
	return 0;
}

static int plan_grow(struct plan *plan)
{
	size_t size = plan->size ? 2 * plan->size : 64;
	struct plan_entry **entries;

	if (plan->count < plan->size)
		return 0;
	entries = reallocarray(plan->entries, size, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	plan->entries = entries;
	plan->size = size;
	return 0;
}

int plan_add_peer(struct plan *plan, const struct peer *peer, char *why, size_t why_size)
{
	struct plan_entry *entry = calloc(1, sizeof(*entry));
	void *found;
	int rc = -ENOMEM;

	if (!entry || plan_grow(plan) < 0)
		goto fail;
	entry->peer = *peer;
	rc = plan_compile(entry, why, why_size);
	if (rc < 0)
		goto fail;
	entry->port_span = peer_port_span(peer->port, &entry->port_timeslot);
	rc = -ENOMEM;
	found = tsearch(entry, &plan->tags, compare_tags);
	if (!found)
		goto fail;
	if (*(struct plan_entry **)found != entry) {
		if (why)
			snprintf(why, why_size, "dial-peer voice %u is configured twice",
				 peer->tag);
		rc = -EEXIST;
		goto fail;
	}
	plan->entries[plan->count++] = entry;
	return 0;
fail:
	if (rc == -ENOMEM && why)
		snprintf(why, why_size, "out of memory");
	if (entry)
		plan_entry_free(entry);
	return rc;
}

static int compare_entries(const void *pa, const void *pb)
{
	return compare_tags(*(struct plan_entry *const *)pa, *(struct plan_entry *const *)pb);
}

static int compare_ports(const void *pa, const void *pb)
{
	const struct plan_entry *a = *(struct plan_entry *const *)pa;
	const struct plan_entry *b = *(struct plan_entry *const *)pb;

	if (a->port_span != b->port_span)
		return a->port_span < b->port_span ? -1 : 1;
	if (a->port_timeslot != b->port_timeslot)
		return a->port_timeslot < b->port_timeslot ? -1 : 1;
	return compare_tags(a, b);
}

int plan_seal(struct plan *plan)
{
	int rc;

	tdestroy(plan->tags, tag_keep);
	plan->tags = NULL;
	plan->ports = calloc(plan->count + 1, sizeof(*plan->ports));
	if (!plan->ports)
		return -ENOMEM;
	if (plan->count)
		qsort(plan->entries, plan->count, sizeof(*plan->entries), compare_entries);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_entry *entry = plan->entries[i];

		for (unsigned f = 0; f < FIELD_COUNT; f++) {
			if (!entry->patterns[f])
				continue;
			rc = index_add(plan->indexes[f], entry->patterns[f], i);
			if (rc < 0)
				return rc;
		}
		if (entry->peer.kind == PEER_POTS && entry->port_span &&
		    peer_is_valid(&entry->peer))
			plan->ports[plan->ports_count++] = entry;
	}
	qsort(plan->ports, plan->ports_count, sizeof(*plan->ports), compare_ports);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		rc = index_seal(plan->indexes[f]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- inbound */

struct inbound_search {
	const struct plan *plan;
	enum peer_kind kind;
	const struct plan_entry *best, *also;
	unsigned length; /* explicit length of best and also */
};

static void inbound_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct inbound_search *search = arg;
	const struct plan_entry *entry = search->plan->entries[value];
	unsigned length = pattern_weight(pattern)->explicit_length;

	if (entry->peer.kind != search->kind || !peer_is_inbound(&entry->peer))
		return;
	if (search->best && length < search->length)
		return;
	if (!search->best || length > search->length) {
		search->best = entry;
		search->also = NULL;
	} else if (compare_tags(entry, search->best) < 0) {
		search->also = search->best;
		search->best = entry;
	} else if (!search->also || compare_tags(entry, search->also) < 0) {
		search->also = entry;
	}
	search->length = length;
}

static void inbound_by_number(struct inbound_search *search, enum plan_field field,
			      const struct number *number)
{
	char text[DIGITS_TEXT_SIZE];
	bool with_plus = search->kind == PEER_VOIP;

	digits_text(number, with_plus, text);
	index_find(search->plan->indexes[field], text, inbound_fits, search);
	if (search->best || with_plus || number->ton != TON_INTERNATIONAL)
		return;
	digits_text(number, true, text);
	index_find(search->plan->indexes[field], text, inbound_fits, search);
}

/* Rule 2.5: what IOS does with a call that has no calling number. */
static void inbound_by_any_destination(struct inbound_search *search)
{
	for (size_t i = 0; i < search->plan->count; i++) {
		const struct plan_entry *entry = search->plan->entries[i];

		if (entry->patterns[FIELD_DESTINATION])
			inbound_fits(search, i, entry->patterns[FIELD_DESTINATION]);
	}
}

static void inbound_by_port(struct inbound_search *search, const char *port)
{
	const struct plan *plan = search->plan;
	struct plan_entry key = {0};
	const struct plan_entry *wanted = &key;
	size_t low = 0, high = plan->ports_count;

	key.port_span = port ? peer_port_span(port, &key.port_timeslot) : 0;
	if (!key.port_span)
		return;
	while (low < high) { /* the first that is not below; tag 0 is below all */
		size_t middle = (low + high) / 2;

		if (compare_ports(&plan->ports[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (const struct plan_entry *entry; low < plan->ports_count && !search->also; low++) {
		entry = plan->ports[low];
		if (entry->port_span != key.port_span || entry->port_timeslot != key.port_timeslot)
			break;
		if (search->best)
			search->also = entry;
		else
			search->best = entry;
	}
}

static void inbound_by_key(struct inbound_search *search, const struct plan_request *request,
			   enum plan_key key)
{
	switch (key) {
	case PLAN_KEY_CALLED:
		inbound_by_number(search, FIELD_CALLED, &request->called);
		break;
	case PLAN_KEY_ANSWER_ADDRESS:
		inbound_by_number(search, FIELD_ANSWER, &request->calling);
		break;
	case PLAN_KEY_CALLING:
		if (request->calling.digits[0])
			inbound_by_number(search, FIELD_DESTINATION, &request->calling);
		else if (search->plan->options.empty_ani && search->kind == PEER_POTS)
			inbound_by_any_destination(search);
		break;
	case PLAN_KEY_PORT:
		if (search->kind == PEER_POTS)
			inbound_by_port(search, request->port);
		break;
	case PLAN_KEY_NONE:
	case PLAN_KEY_URI:
	case PLAN_KEY_CARRIER:
	case PLAN_KEY_DEFAULT:
		break;
	}
}

int plan_match_inbound(const struct plan *plan, const struct plan_request *request,
		       struct plan_inbound *out)
{
	static const enum plan_key usual[] = {PLAN_KEY_CALLED, PLAN_KEY_ANSWER_ADDRESS,
					      PLAN_KEY_CALLING, PLAN_KEY_PORT};
	/* rule 2.6: an empty called number is looked at last */
	static const enum plan_key empty[] = {PLAN_KEY_ANSWER_ADDRESS, PLAN_KEY_CALLING,
					      PLAN_KEY_PORT, PLAN_KEY_CALLED};
	const enum plan_key *keys = request->called.digits[0] ? usual : empty;
	struct inbound_search search = {.plan = plan, .kind = request->inbound_kind};

	for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		inbound_by_key(&search, request, keys[i]);
		if (!search.best)
			continue;
		*out = (struct plan_inbound){.peer = &search.best->peer, .key = keys[i]};
		if (search.also)
			out->also = &search.also->peer;
		return 0;
	}
	if (!plan->options.permit_default)
		return -ENOENT;
	*out = (struct plan_inbound){.peer = &plan->defaults[request->inbound_kind],
				     .key = PLAN_KEY_DEFAULT};
	return 0;
}

const struct plan_options *plan_options(const struct plan *plan)
{
	return &plan->options;
}

/* ---- for the console */

size_t plan_peer_count(const struct plan *plan)
{
	return plan->count;
}

const struct peer *plan_peer_at(const struct plan *plan, size_t i)
{
	return i < plan->count ? &plan->entries[i]->peer : NULL;
}

const char *plan_key_name(enum plan_key key)
{
	switch (key) {
	case PLAN_KEY_URI:
		return "incoming uri";
	case PLAN_KEY_CARRIER:
		return "carrier-id source";
	case PLAN_KEY_CALLED:
		return "incoming called-number";
	case PLAN_KEY_ANSWER_ADDRESS:
		return "answer-address";
	case PLAN_KEY_CALLING:
		return "destination-pattern (calling number)";
	case PLAN_KEY_PORT:
		return "port";
	case PLAN_KEY_DEFAULT:
		return "default";
	case PLAN_KEY_NONE:
		break;
	}
	return "none";
}

const char *plan_reason_name(enum plan_reason reason)
{
	switch (reason) {
	case PLAN_REASON_SHUTDOWN:
		return "shutdown";
	case PLAN_REASON_NO_TARGET:
		return "no port or session target";
	case PLAN_REASON_BUSIED_OUT:
		return "busied out";
	case PLAN_REASON_PORT_DOWN:
		return "port down";
	case PLAN_REASON_MAX_CONN:
		return "max-conn reached";
	case PLAN_REASON_AFTER_HUNTSTOP:
		return "after huntstop";
	case PLAN_REASON_BEARER:
		return "cannot carry this bearer capability (codec clear-channel)";
	case PLAN_REASON_COR:
		return "class of restriction";
	case PLAN_REASON_NUMBERING_TYPE:
		return "numbering-type differs";
	case PLAN_REASON_REJECTED:
		return "rejected by its translation-profile outgoing";
	case PLAN_REASON_TOO_LONG:
		return "number too long";
	}
	return "unknown";
}
