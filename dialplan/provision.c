// SPDX-License-Identifier: GPL-2.0-or-later
/* Does one peer fit one key? Asked where a peer has to fit two (rule 4.1, provision policy). */
#include <string.h>

#include "dialplan/plan_private.h"

enum peer_uri plan_key_uri(enum provision_key key)
{
	switch (key) {
	case PROVISION_FROM:
		return PEER_URI_FROM;
	case PROVISION_TO:
		return PEER_URI_TO;
	case PROVISION_VIA:
		return PEER_URI_VIA;
	case PROVISION_DIVERSION:
		return PEER_URI_DIVERSION;
	case PROVISION_REFERRED_BY:
		return PEER_URI_REFERRED_BY;
	default:
		return PEER_URI_REQUEST;
	}
}

unsigned plan_calling_forms(const struct plan_outside *call, char text[2][DIGITS_TEXT_SIZE])
{
	digits_text(&call->calling, call->calling_plus, text[0]);
	digits_text(&call->calling, true, text[1]);
	return strcmp(text[0], text[1]) == 0 ? 1 : 2;
}

struct map_search {
	const struct plan *plan;
	const struct plan_map *map;
	bool fits;
};

static void map_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct map_search *search = arg;
	size_t peers = search->plan->peers.count;

	if (value >= peers && search->plan->tables[PLAN_MAPS].objects[value - peers] == search->map)
		search->fits = true;
}

static bool number_fits(const struct plan *plan, const struct plan_entry *entry,
			enum plan_field field, const char *text)
{
	struct map_search search = {.plan = plan, .map = entry->maps[field]};
	const struct pattern *pattern = field < FIELD_PATTERNS ? entry->patterns[field] : NULL;

	if (pattern && pattern_match(pattern, text) >= PATTERN_FULL)
		return true;
	if (search.map)
		index_find(plan->indexes[field], text, map_fits, &search);
	return search.fits;
}

static bool called_fits(const struct plan_search *search, const struct plan_entry *entry)
{
	for (unsigned i = 0; i < search->call->forms_count; i++)
		if (number_fits(search->plan, entry, FIELD_DESTINATION,
				search->call->forms[i].text))
			return true;
	return false;
}

static bool calling_fits(const struct plan_search *search, const struct plan_entry *entry)
{
	char text[2][DIGITS_TEXT_SIZE];
	unsigned count = plan_calling_forms(search->call, text);

	for (unsigned i = 0; i < count; i++)
		if (number_fits(search->plan, entry, FIELD_CALLING_OUT, text[i]))
			return true;
	return false;
}

bool plan_fits_key(const struct plan_search *search, enum provision_key key,
		   const struct plan_entry *entry)
{
	const struct plan_uri_class *class;
	enum peer_uri uri;

	switch (key) {
	case PROVISION_NONE:
		return true;
	case PROVISION_CALLED:
		return called_fits(search, entry);
	case PROVISION_CALLING:
		return calling_fits(search, entry);
	case PROVISION_CARRIER_ID:
		return search->call->carrier && entry->peer.carrier_target[0] &&
		       strcmp(search->call->carrier, entry->peer.carrier_target) == 0;
	default:
		uri = plan_key_uri(key);
		class = entry->destination_uri[uri];
		return class && plan_uri_rank(search->plan, class, search->request->uris[uri]);
	}
}
