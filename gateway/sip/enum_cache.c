// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/enum_cache.h"

#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/fnv.h"

struct enum_cache {
	struct llist_head names; /* last used first */
	unsigned count;
};

struct name {
	struct llist_head entry;
	uint32_t hash; /* of domain: most others are told apart without a look at them */
	uint64_t until_s;
	unsigned count;
	struct enum_record *records;
	char domain[ENUM_DOMAIN_MAX + 1];
};

struct enum_cache *enum_cache_new(void *ctx)
{
	struct enum_cache *cache = talloc_zero(ctx, struct enum_cache);

	if (cache)
		INIT_LLIST_HEAD(&cache->names);
	return cache;
}

static void forget(struct enum_cache *cache, struct name *name)
{
	llist_del(&name->entry);
	cache->count--;
	talloc_free(name);
}

unsigned enum_cache_clear(struct enum_cache *cache)
{
	struct name *name, *next;
	unsigned count = cache->count;

	llist_for_each_entry_safe (name, next, &cache->names, entry)
		forget(cache, name);
	return count;
}

void enum_cache_free(struct enum_cache *cache)
{
	talloc_free(cache); /* names are its children */
}

/* NULL: unknown, or known no longer. */
static struct name *find(struct enum_cache *cache, const char *domain, uint64_t now_s)
{
	uint32_t hash = fnv_text(domain);
	struct name *name;

	llist_for_each_entry (name, &cache->names, entry) {
		if (name->hash != hash || strcmp(name->domain, domain))
			continue;
		if (name->until_s > now_s)
			return name;
		forget(cache, name);
		return NULL;
	}
	return NULL;
}

static void show(const struct name *name, uint64_t now_s, struct enum_cache_entry *out)
{
	out->domain = name->domain;
	out->records = name->records;
	out->count = name->count;
	out->left_s = name->until_s > now_s ? (unsigned)(name->until_s - now_s) : 0;
}

bool enum_cache_find(struct enum_cache *cache, const char *domain, uint64_t now_s,
		     struct enum_cache_entry *out)
{
	struct name *name = find(cache, domain, now_s);

	if (!name)
		return false;
	llist_move(&name->entry, &cache->names);
	show(name, now_s, out);
	return true;
}

void enum_cache_put(struct enum_cache *cache, const char *domain, const struct naptr_answer *answer,
		    uint64_t now_s)
{
	uint32_t ttl_s = answer ? answer->ttl_s : ENUM_CACHE_ABSENT_S;
	struct name *name = find(cache, domain, now_s);

	if (name)
		forget(cache, name);
	if (!ttl_s || strlen(domain) > ENUM_DOMAIN_MAX)
		return;
	if (cache->count == ENUM_CACHE_MAX)
		forget(cache, llist_last_entry(&cache->names, struct name, entry));
	name = talloc_zero(cache, struct name);
	if (!name)
		return;
	if (answer) {
		name->count = answer->records.count;
		name->records = talloc_memdup(name, answer->records.records,
					      name->count * sizeof(name->records[0]));
		if (!name->records) {
			talloc_free(name);
			return;
		}
	}
	name->hash = fnv_text(domain);
	name->until_s = now_s + (ttl_s < ENUM_CACHE_TTL_MAX_S ? ttl_s : ENUM_CACHE_TTL_MAX_S);
	strcpy(name->domain, domain);
	llist_add(&name->entry, &cache->names);
	cache->count++;
}

void enum_cache_each(struct enum_cache *cache, uint64_t now_s,
		     void (*fn)(void *arg, const struct enum_cache_entry *entry), void *arg)
{
	struct enum_cache_entry entry;
	struct name *name;

	llist_for_each_entry (name, &cache->names, entry) {
		show(name, now_s, &entry);
		if (entry.left_s)
			fn(arg, &entry);
	}
}
