// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/dns_cache.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/fnv.h"

#define BUCKETS 512

struct dns_cache {
	struct llist_head used; /* last used first */
	struct llist_head buckets[BUCKETS];
	unsigned count;
};

struct entry {
	struct llist_head used, bucket;
	enum dns_type type;
	uint64_t until_s;
	bool absent;
	size_t size;
	uint8_t *message;
	char name[DNS_NAME_MAX + 1];
};

struct dns_cache *dns_cache_new(void *ctx)
{
	struct dns_cache *cache = talloc_zero(ctx, struct dns_cache);

	if (!cache)
		return NULL;
	INIT_LLIST_HEAD(&cache->used);
	for (unsigned i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&cache->buckets[i]);
	return cache;
}

static struct llist_head *bucket_of(struct dns_cache *cache, const char *name, enum dns_type type)
{
	uint32_t hash = FNV_BEGIN ^ type;

	for (; *name; name++)
		hash = fnv_add(hash, &(char){(char)tolower((unsigned char)*name)}, 1);
	return &cache->buckets[hash % BUCKETS];
}

static void forget(struct dns_cache *cache, struct entry *entry)
{
	llist_del(&entry->used);
	llist_del(&entry->bucket);
	cache->count--;
	talloc_free(entry);
}

/* NULL: unknown, or known no longer. */
static struct entry *find(struct dns_cache *cache, const char *name, enum dns_type type,
			  uint64_t now_s)
{
	struct entry *entry;

	llist_for_each_entry (entry, bucket_of(cache, name, type), bucket) {
		if (entry->type != type || strcasecmp(entry->name, name))
			continue;
		if (entry->until_s > now_s)
			return entry;
		forget(cache, entry);
		return NULL;
	}
	return NULL;
}

bool dns_cache_find(struct dns_cache *cache, const char *name, enum dns_type type, uint64_t now_s,
		    struct dns_cache_answer *out)
{
	struct entry *entry = find(cache, name, type, now_s);

	if (!entry)
		return false;
	llist_move(&entry->used, &cache->used);
	*out = (struct dns_cache_answer){entry->message, entry->size, entry->absent};
	return true;
}

static void ignore(void *arg, struct dns_reader *data)
{
}

static uint32_t lifetime_s(enum dns_type type, const struct dns_cache_answer *answer)
{
	uint32_t max_s = answer->absent ? DNS_CACHE_ABSENT_MAX_S : DNS_CACHE_TTL_MAX_S, ttl_s;

	if (answer->size > DNS_CACHE_SIZE_MAX ||
	    dns_message_each(answer->message, answer->size, type, ignore, NULL, &ttl_s))
		return 0;
	return ttl_s < max_s ? ttl_s : max_s;
}

void dns_cache_put(struct dns_cache *cache, const char *name, enum dns_type type, uint64_t now_s,
		   const struct dns_cache_answer *answer)
{
	struct entry *entry = find(cache, name, type, now_s);
	uint32_t ttl_s = lifetime_s(type, answer);

	if (entry)
		forget(cache, entry);
	if (!ttl_s || strlen(name) > DNS_NAME_MAX)
		return;
	if (cache->count == DNS_CACHE_MAX)
		forget(cache, llist_last_entry(&cache->used, struct entry, used));
	entry = talloc_zero(cache, struct entry);
	if (!entry)
		return;
	entry->message = talloc_memdup(entry, answer->message, answer->size);
	if (!entry->message) {
		talloc_free(entry);
		return;
	}
	entry->size = answer->size;
	entry->absent = answer->absent;
	entry->type = type;
	entry->until_s = now_s + ttl_s;
	strcpy(entry->name, name);
	llist_add(&entry->used, &cache->used);
	llist_add(&entry->bucket, bucket_of(cache, name, type));
	cache->count++;
}

unsigned dns_cache_count(const struct dns_cache *cache)
{
	return cache->count;
}
