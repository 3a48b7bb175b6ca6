// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that are registered, as destination patterns that come and go; and the E.164 numbers of hunt
 * groups, whose pilots are extensions. */
#include <string.h>

#include "dialplan/plan_private.h"

static const struct plan_entry *entry_of(const struct plan *plan, const struct plan_phone *phone)
{
	return table_find(&plan->peers, &phone->tag);
}

struct finding {
	struct plan_search *search;
	void (*offer)(struct plan_search *search, const struct plan_entry *entry,
		      const struct plan_found_phone *phone);
};

static bool found(void *arg, const struct plan_phone *phone)
{
	const struct finding *finding = arg;
	struct plan_search *search = finding->search;
	const struct plan_entry *entry = entry_of(search->plan, phone);
	struct plan_found_phone *kept = &search->phones[search->phones_count];

	/* a pool of a configuration that is not this plan's has none */
	if (!entry || search->phones_count == PLAN_PHONES_MAX ||
	    pattern_compile_at(kept->pattern, phone->pattern, NULL, 0) < 0)
		return true;
	kept->phone = *phone;
	search->phones_count++;
	finding->offer(search, entry, kept);
	return true;
}

/* The E.164 number of a pilot (`dialplan-pattern`). NULL: it has none. */
static const struct plan_entry *find_pilot(const struct plan *plan,
					   const struct plan_request *request, size_t i,
					   char e164[NUMBER_DIGITS_MAX + 2])
{
	const struct hunt_group *group = plan->tables[PLAN_HUNT_GROUPS].objects[i];
	unsigned tag = HUNT_GROUP_PEER_TAG + group->number;
	const struct plan_entry *entry = table_find(&plan->peers, &tag);
	struct number number;

	if (!entry || number_from_e164(&number, entry->peer.destination_pattern) ||
	    !request->site_number(request->phones_arg, false, &number))
		return NULL;
	number_to_e164(&number, e164);
	return entry;
}

static size_t count_pilots(const struct plan *plan, const struct plan_request *request)
{
	return request->site_number ? plan->tables[PLAN_HUNT_GROUPS].count : 0;
}

static void find_pilots(const struct finding *finding, const char *text)
{
	struct plan_search *search = finding->search;

	for (size_t i = 0; i < count_pilots(search->plan, search->request) &&
			   search->phones_count < PLAN_PHONES_MAX;
	     i++) {
		struct plan_found_phone *kept = &search->phones[search->phones_count];
		char e164[NUMBER_DIGITS_MAX + 2];
		const struct plan_entry *entry = find_pilot(search->plan, search->request, i, e164);

		if (!entry || strcmp(e164, text) != 0 ||
		    pattern_compile_at(kept->pattern, e164, NULL, 0) < 0)
			continue;
		search->phones_count++;
		finding->offer(search, entry, kept);
	}
}

void plan_find_phones(struct plan_search *search, const char *text,
		      void (*offer)(struct plan_search *search, const struct plan_entry *entry,
				    const struct plan_found_phone *phone))
{
	const struct plan_request *request = search->request;
	struct finding finding = {search, offer};

	if (request->phones)
		request->phones(request->phones_arg, text, false, found, &finding);
	find_pilots(&finding, text);
}

struct longing {
	const struct plan *plan;
	const char *text;
	bool (*fn)(void *arg, const struct plan_entry *entry, unsigned missing);
	void *arg;
	uint32_t tag; /* of the last one that was of no use, and how long it is */
	size_t length;
};

/* There may be very many of one pool with numbers of one length. */
static bool found_longer(void *arg, const struct plan_phone *phone)
{
	struct longing *longing = arg;
	uint32_t pattern[PATTERN_SIZE_MAX / sizeof(uint32_t)];
	size_t length = strlen(phone->pattern);
	const struct plan_entry *entry;
	int missing;

	if (phone->tag == longing->tag && length == longing->length)
		return true;
	entry = entry_of(longing->plan, phone);
	if (!entry || pattern_compile_at(pattern, phone->pattern, NULL, 0) < 0)
		return true;
	missing = pattern_missing((const struct pattern *)pattern, longing->text);
	if (missing > 0 && !longing->fn(longing->arg, entry, missing))
		return false;
	if (missing > 0) {
		longing->tag = phone->tag;
		longing->length = length;
	}
	return true;
}

static void find_longer_pilots(const struct plan_request *request, struct longing *longing)
{
	size_t length = strlen(longing->text);

	for (size_t i = 0; i < count_pilots(longing->plan, request); i++) {
		char e164[NUMBER_DIGITS_MAX + 2];
		const struct plan_entry *entry = find_pilot(longing->plan, request, i, e164);

		if (entry && strncmp(e164, longing->text, length) == 0 && e164[length])
			longing->fn(longing->arg, entry, strlen(e164 + length));
	}
}

void plan_find_longer_phones(struct plan_search *search, const char *text,
			     bool (*fn)(void *arg, const struct plan_entry *entry,
					unsigned missing),
			     void *arg)
{
	const struct plan_request *request = search->request;
	struct longing longing = {search->plan, text, fn, arg, 0, 0};

	if (request->phones)
		request->phones(request->phones_arg, text, true, found_longer, &longing);
	find_longer_pilots(request, &longing);
}
