// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that are registered, as destination patterns that come and go. */
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

void plan_find_phones(struct plan_search *search, const char *text,
		      void (*offer)(struct plan_search *search, const struct plan_entry *entry,
				    const struct plan_found_phone *phone))
{
	const struct plan_request *request = search->request;
	struct finding finding = {search, offer};

	if (request->phones)
		request->phones(request->phones_arg, text, false, found, &finding);
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

void plan_find_longer_phones(struct plan_search *search, const char *text,
			     bool (*fn)(void *arg, const struct plan_entry *entry,
					unsigned missing),
			     void *arg)
{
	const struct plan_request *request = search->request;
	struct longing longing = {search->plan, text, fn, arg, 0, 0};

	if (request->phones)
		request->phones(request->phones_arg, text, true, found_longer, &longing);
}
