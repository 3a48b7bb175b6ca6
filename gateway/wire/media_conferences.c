// SPDX-License-Identifier: GPL-2.0-or-later
/* The conferences of media_client.c. */
#include "gateway/wire/media_client_private.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

static struct conference *find(const struct media_client *c, uint32_t id)
{
	struct conference *conference;

	llist_for_each_entry (conference, &c->conferences, entry)
		if (conference->id == id)
			return conference;
	return NULL;
}

static struct conference *conference_new(struct media_client *c)
{
	struct conference *conference = talloc_zero(c, struct conference);

	if (!conference)
		return NULL;
	conference->id = ++c->last_id;
	llist_add_tail(&conference->entry, &c->conferences);
	return conference;
}

int media_client_confer(struct media_client *c, uint32_t *id, const uint32_t *ends, unsigned count)
{
	struct conference *conference = *id ? find(c, *id) : NULL;

	if (count > WIRE_CONFERENCE_ENDS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		if (!end_find(c, ends[i]))
			return -ENOENT;
	if (!conference && !count)
		return 0;
	if (!conference)
		conference = conference_new(c);
	if (!conference)
		return -ENOMEM;
	conference->set.count = count;
	memcpy(conference->set.end, ends, count * sizeof(ends[0]));
	order_conference(c, conference);
	*id = conference->id;
	if (count)
		return 0;
	*id = 0;
	llist_del(&conference->entry);
	talloc_free(conference);
	return 0;
}

void conferences_forget_end(struct media_client *c, uint32_t end)
{
	struct conference *conference;

	llist_for_each_entry (conference, &c->conferences, entry) {
		struct wire_conference_set *set = &conference->set;

		for (unsigned i = 0; i < set->count; i++)
			if (set->end[i] == end)
				set->end[i] = set->end[--set->count];
	}
}

void conferences_renew_end(struct media_client *c, uint32_t end)
{
	struct conference *conference;

	llist_for_each_entry (conference, &c->conferences, entry)
		for (unsigned i = 0; i < conference->set.count; i++)
			if (conference->set.end[i] == end)
				order_conference(c, conference);
}
