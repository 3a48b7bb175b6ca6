// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/cause_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log/fnv.h"

#define BUCKETS 256
#define WARNING_BANDWIDTH 370 /* RFC 3261 20.43 */

enum { /* Q.850 */
       NORMAL_CLEARING = 16,
       USER_BUSY = 17,
       NO_ANSWER = 19,
       CALL_REJECTED = 21,
       NUMBER_CHANGED = 22,
       REDIRECTION = 23,
       NON_SELECTED_USER = 26,
       CONGESTION = 42,
       RESOURCE_UNAVAILABLE = 47,
       SERVICE_UNAVAILABLE = 63,
};

/* ---- the set */

struct stored {
	struct cause_table table;
	uint32_t hash;
	unsigned next; /* in its bucket: number, 0 ends */
};

struct cause_tables {
	unsigned references;
	unsigned count; /* numbers are 1..count */
	unsigned size;
	struct stored **stored; /* [number - 1] */
	unsigned buckets[BUCKETS];
};

static const struct cause_table nothing;

struct cause_tables *cause_tables_new(void)
{
	struct cause_tables *t = calloc(1, sizeof(*t));

	if (t)
		t->references = 1;
	return t;
}

struct cause_tables *cause_tables_ref(struct cause_tables *t)
{
	if (t)
		t->references++;
	return t;
}

void cause_tables_unref(struct cause_tables *t)
{
	if (!t || --t->references)
		return;
	for (unsigned i = 0; i < t->count; i++)
		free(t->stored[i]);
	free(t->stored);
	free(t);
}

static bool same(const struct cause_table *a, const struct cause_table *b)
{
	return a->map == b->map && a->busy_everywhere == b->busy_everywhere && a->file == b->file &&
	       !strcmp(a->name, b->name) && !memcmp(a->sip, b->sip, sizeof(a->sip)) &&
	       !memcmp(a->q850, b->q850, sizeof(a->q850));
}

static uint32_t hash_of(const struct cause_table *table)
{
	uint32_t hash = fnv_add(FNV_BEGIN, table->sip, sizeof(table->sip));

	hash = fnv_add(hash, table->q850, sizeof(table->q850));
	hash = fnv_add(hash, &table->map, sizeof(table->map));
	return fnv_add(hash, &table->file, sizeof(table->file));
}

static int make_room(struct cause_tables *t)
{
	unsigned size = t->size ? 2 * t->size : 16;
	struct stored **stored;

	if (t->count < t->size)
		return 0;
	stored = reallocarray(t->stored, size, sizeof(struct stored *));
	if (!stored)
		return -ENOMEM;
	t->stored = stored;
	t->size = size;
	return 0;
}

int cause_tables_find(struct cause_tables *t, const struct cause_table *table)
{
	uint32_t hash = hash_of(table);
	unsigned *bucket = &t->buckets[hash % BUCKETS];
	struct stored *s;

	if (same(table, &nothing))
		return 0;
	for (unsigned n = *bucket; n; n = t->stored[n - 1]->next) {
		s = t->stored[n - 1];
		if (s->hash == hash && same(&s->table, table))
			return (int)n;
	}
	s = calloc(1, sizeof(*s));
	if (!s || make_room(t) < 0) {
		free(s);
		return -ENOMEM;
	}
	s->table = *table;
	s->hash = hash;
	s->next = *bucket;
	t->stored[t->count++] = s;
	*bucket = t->count;
	return (int)t->count;
}

const struct cause_table *cause_tables_at(const struct cause_tables *t, unsigned number)
{
	return t && number && number <= t->count ? &t->stored[number - 1]->table : &nothing;
}

/* ---- what holds for an answer */

void cause_view_add(struct cause_view *view, const struct cause_tables *tables, unsigned number)
{
	const struct cause_table *own = cause_tables_at(tables, number);

	if (own == &nothing || view->count == CAUSE_PLACES_MAX)
		return;
	view->place[view->count].own = own;
	view->place[view->count].file = cause_tables_at(tables, own->file);
	view->count++;
}

/* The operator's row, or 0 and the built-in table that is reached. */
static unsigned row_of(const struct cause_view *view, unsigned q850, enum cause_map *map)
{
	for (unsigned i = 0; i < view->count; i++) {
		const struct cause_table *own = view->place[i].own, *file = view->place[i].file;

		if (own->sip[q850] || file->sip[q850])
			return own->sip[q850] ? own->sip[q850] : file->sip[q850];
		*map = own->map;
		if (*map)
			return 0;
	}
	*map = CAUSE_MAP_DEFAULT;
	return 0;
}

static unsigned row_of_status(const struct cause_view *view, unsigned status, enum cause_map *map)
{
	unsigned at = status - CAUSE_SIP_FIRST;

	for (unsigned i = 0; i < view->count; i++) {
		const struct cause_table *own = view->place[i].own, *file = view->place[i].file;

		if (own->q850[at] || file->q850[at])
			return own->q850[at] ? own->q850[at] : file->q850[at];
		*map = own->map;
		if (*map)
			return 0;
	}
	*map = CAUSE_MAP_DEFAULT;
	return 0;
}

static bool busy_everywhere(const struct cause_view *view)
{
	for (unsigned i = 0; i < view->count; i++)
		if (view->place[i].own->busy_everywhere)
			return true;
	return false;
}

/* RFC 3398 7.2.4.1 and what the default adds to it: a user speaks for all his phones. 0: nothing. */
static unsigned special_status(enum cause_map map, const struct cause *cause, bool data)
{
	bool own = map == CAUSE_MAP_DEFAULT, rfc = own || map == CAUSE_MAP_RFC3398;
	bool user = cause->location == CAUSE_LOCATION_USER;
	bool number = cause->new_number.digits[0];

	if (rfc && user && cause->q850 == CALL_REJECTED)
		return 603;
	if (rfc && number && cause->q850 == NUMBER_CHANGED)
		return 301;
	if (own && number && cause->q850 == REDIRECTION)
		return 302;
	if (own && data && cause->q850 == SERVICE_UNAVAILABLE)
		return 488;
	return 0;
}

unsigned cause_to_sip(const struct cause_view *view, const struct cause *cause, bool data)
{
	unsigned q850 = cause->q850 & CAUSE_Q850_MAX;
	enum cause_map map;
	unsigned status = row_of(view, q850, &map);

	if (status)
		return status;
	if (q850 == USER_BUSY && cause->location == CAUSE_LOCATION_USER && busy_everywhere(view))
		return 600;
	status = special_status(map, cause, data);
	if (!status)
		status = cause_map_sip(map, q850);
	return status ? status : cause_map_other_sip(map);
}

static unsigned special_cause(enum cause_map map, const struct cause_answer *answer)
{
	bool own = map == CAUSE_MAP_DEFAULT, rfc = own || map == CAUSE_MAP_RFC3398;
	unsigned status = answer->status;

	if (own && status == 480 && answer->alerted)
		return NO_ANSWER;
	if (rfc && (status == 488 || status == 606) && answer->warning == WARNING_BANDWIDTH)
		return RESOURCE_UNAVAILABLE;
	if (own && status == 503 && answer->retry_after)
		return CONGESTION;
	return 0;
}

struct cause cause_from_sip(const struct cause_view *view, const struct cause_answer *answer)
{
	const struct cause_reason *reason = &answer->reason;
	unsigned status = answer->status;
	struct cause c = {.sip = status, .source = CAUSE_SOURCE_SIP};
	enum cause_map map;
	unsigned set;

	if (status < CAUSE_SIP_FIRST || status > CAUSE_SIP_LAST)
		status = 500; /* a stack does not let it through */
	set = row_of_status(view, status, &map);
	c.q850 = set;
	if (!c.q850)
		c.q850 = special_cause(map, answer);
	if (!c.q850)
		c.q850 = cause_map_q850(map, status);
	if (!c.q850)
		c.q850 = cause_map_other_q850(map, status);
	if (reason->q850 && answer->use != CAUSE_REASON_IGNORE &&
	    (!set || answer->use == CAUSE_REASON_OVERRIDE)) {
		c.q850 = reason->q850;
		c.from_reason = true;
	}
	c.location = status >= 600 ? CAUSE_LOCATION_USER : CAUSE_LOCATION_PUBLIC_REMOTE;
	memcpy(c.text, reason->text, sizeof(c.text));
	return c;
}

struct cause cause_from_request(const struct cause_view *view, const struct cause_reason *reason,
				enum cause_reason_use use, bool cancelled)
{
	struct cause_answer answer = {.status = reason->sip};
	struct cause c = {
	    .q850 = NORMAL_CLEARING, .location = CAUSE_LOCATION_USER, .source = CAUSE_SOURCE_SIP};

	memcpy(c.text, reason->text, sizeof(c.text));
	if (use == CAUSE_REASON_IGNORE)
		return c;
	if (reason->sip == 200 && cancelled) {
		c.elsewhere = true;
		c.q850 = NON_SELECTED_USER;
	} else if (reason->sip >= CAUSE_SIP_FIRST) {
		c.q850 = cause_from_sip(view, &answer).q850;
		c.sip = reason->sip;
	}
	if (reason->q850) {
		c.q850 = reason->q850;
		c.from_reason = true;
	}
	return c;
}
