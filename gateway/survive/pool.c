// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/pool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "gateway/survive/networks.h"

struct entry {
	const struct pool *pool;
	struct pattern *patterns[POOL_NUMBERS_MAX]; /* NULL: a name, compared as it is */
};

struct name { /* a number of a pool, as it is written */
	const char *text;
	uint32_t place; /* in entries */
};

struct pools {
	const struct pool_global *global;
	struct entry *entries; /* in order of pool number */
	unsigned count;
	const struct entry **by_mac;
	unsigned macs;
	struct networks *networks; /* of all pools */
	struct networks
	    *open_networks; /* of those with neither MAC nor numbers; value: place in entries */
	struct name *names; /* sorted */
	size_t names_count;
	struct index *patterns; /* value: place in entries */
};

/* ---- order */

static int compare_numbers(const struct pool *one, const struct pool *two)
{
	return (one->number > two->number) - (one->number < two->number);
}

static int compare_macs(const void *a, const void *b)
{
	const struct pool *one = (*(const struct entry *const *)a)->pool;
	const struct pool *two = (*(const struct entry *const *)b)->pool;
	int order = memcmp(one->mac, two->mac, sizeof(one->mac));

	return order ? order : compare_numbers(one, two);
}

/* Which is asked first. */
static int compare_pools(const struct pool *one, const struct pool *two)
{
	bool a = one->network.ss_family != AF_UNSPEC, b = two->network.ss_family != AF_UNSPEC;
	int order = a != b ? b - a : two->prefix_bits - one->prefix_bits;

	return order ? order : compare_numbers(one, two);
}

static int compare_names(const void *a, const void *b)
{
	const struct name *one = a, *two = b;
	int order = strcmp(one->text, two->text);

	return order ? order : (one->place > two->place) - (one->place < two->place);
}

/* ---- life */

static int destroy(struct pools *pools)
{
	for (unsigned i = 0; i < pools->count; i++)
		for (unsigned n = 0; n < POOL_NUMBERS_MAX; n++)
			pattern_free(pools->entries[i].patterns[n]);
	index_free(pools->patterns);
	return 0;
}

static int add_numbers(struct pools *pools, struct entry *entry, uint32_t place)
{
	const struct pool *pool = entry->pool;

	for (unsigned n = 0; n < pool->numbers_count; n++) {
		const char *text = pool->numbers[n].pattern;

		pools->names[pools->names_count++] = (struct name){text, place};
		if (pattern_compile(text, &entry->patterns[n], NULL, 0) < 0)
			entry->patterns[n] = NULL;
		else if (index_add(pools->patterns, entry->patterns[n], place) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add(struct pools *pools, const struct pool *pool)
{
	uint32_t place = pools->count++;
	struct entry *entry = &pools->entries[place];

	entry->pool = pool;
	if (pool->has_mac)
		pools->by_mac[pools->macs++] = entry;
	networks_add(pools->networks, &pool->network, pool->prefix_bits, place);
	if (!pool->has_mac && !pool->numbers_count)
		networks_add(pools->open_networks, &pool->network, pool->prefix_bits, place);
	return add_numbers(pools, entry, place);
}

static int make_room(struct pools *pools)
{
	size_t room = pools->global->pools_count + (size_t)1, names = 1;

	pools->entries = talloc_zero_array(pools, struct entry, room);
	if (!pools->entries)
		return -ENOMEM;
	for (unsigned i = 0; i < pools->global->pools_count; i++)
		names += pools->global->pools[i].numbers_count;
	pools->by_mac = talloc_zero_array(pools, const struct entry *, room);
	pools->names = talloc_array(pools, struct name, names);
	pools->networks = networks_new(pools, room);
	pools->open_networks = networks_new(pools, room);
	pools->patterns = index_new();
	return pools->by_mac && pools->names && pools->networks && pools->open_networks &&
		       pools->patterns
		   ? 0
		   : -ENOMEM;
}

struct pools *pools_new(void *ctx, const struct pool_global *global)
{
	struct pools *pools = talloc_zero(ctx, struct pools);

	if (!pools)
		return NULL;
	pools->global = global;
	talloc_set_destructor(pools, destroy);
	if (make_room(pools))
		goto fail;
	for (unsigned i = 0; i < global->pools_count; i++)
		if (add(pools, &global->pools[i]))
			goto fail;
	if (index_seal(pools->patterns))
		goto fail;
	qsort(pools->by_mac, pools->macs, sizeof(*pools->by_mac), compare_macs);
	qsort(pools->names, pools->names_count, sizeof(*pools->names), compare_names);
	networks_seal(pools->networks);
	networks_seal(pools->open_networks);
	return pools;
fail:
	talloc_free(pools);
	return NULL;
}

void pools_free(struct pools *pools)
{
	talloc_free(pools);
}

/* ---- what fits */

/* The twelve hexadecimal digits at the end of the instance, as Cisco's telephones have it, or as a word
 * in User-Agent, as others do. */
static bool read_mac(const char *text, uint8_t mac[6])
{
	for (unsigned i = 0; i < 6; i++) {
		char octet[3] = {text[2 * i], text[2 * i] ? text[2 * i + 1] : '\0'};

		if (!isxdigit((unsigned char)octet[0]) || !isxdigit((unsigned char)octet[1]))
			return false;
		mac[i] = strtoul(octet, NULL, 16);
	}
	return !isxdigit((unsigned char)text[12]);
}

static bool find_mac(const char *text, uint8_t mac[6])
{
	for (const char *at = text; *at; at++)
		if ((at == text || !isxdigit((unsigned char)at[-1])) && read_mac(at, mac))
			return true;
	return false;
}

static int place_of(const struct entry *entry, const char *name)
{
	const struct pool *pool = entry->pool;

	for (unsigned n = 0; n < pool->numbers_count; n++) {
		const struct pattern *pattern = entry->patterns[n];

		if (strcmp(pool->numbers[n].pattern, name) == 0 ||
		    (pattern && pattern_match(pattern, name) == PATTERN_FULL))
			return (int)n;
	}
	return -1;
}

/* mac: of the telephone, or NULL. */
static bool takes(const struct entry *entry, const struct phone_request *request,
		  const uint8_t *mac)
{
	const struct phone_source *source = &request->source;
	const struct pool *pool = entry->pool;

	if (pool->has_mac && (!mac || memcmp(mac, pool->mac, sizeof(pool->mac)) != 0))
		return false;
	if (!network_has(&pool->network, pool->prefix_bits,
			 (const struct sockaddr *)&source->address))
		return false;
	if (pool->user_agent[0] &&
	    strncasecmp(source->user_agent, pool->user_agent, strlen(pool->user_agent)) != 0)
		return false;
	return !pool->numbers_count || place_of(entry, request->name) >= 0;
}

static const struct pool *find_by_mac(const struct pools *pools,
				      const struct phone_request *request, const uint8_t mac[6])
{
	unsigned low = 0, high = pools->macs;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (memcmp(pools->by_mac[middle]->pool->mac, mac, 6) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < pools->macs && !memcmp(pools->by_mac[low]->pool->mac, mac, 6); low++)
		if (takes(pools->by_mac[low], request, mac))
			return pools->by_mac[low]->pool;
	return NULL;
}

/* ---- by number */

/* Calls fn for each pool that has this number, some of them twice. */
static void each_with_number(const struct pools *pools, const char *name,
			     void (*fn)(void *arg, uint32_t place, const struct pattern *pattern),
			     void *arg)
{
	size_t low = 0, high = pools->names_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(pools->names[middle].text, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < pools->names_count && !strcmp(pools->names[low].text, name); low++)
		fn(arg, pools->names[low].place, NULL);
	index_find_exact(pools->patterns, name, fn, arg);
}

struct search {
	const struct pools *pools;
	const struct phone_request *request;
	const struct pool *best;
};

static void look_at(void *arg, uint32_t place, const struct pattern *pattern)
{
	struct search *search = arg;
	const struct entry *entry = &search->pools->entries[place];

	if (takes(entry, search->request, NULL) &&
	    (!search->best || compare_pools(entry->pool, search->best) < 0))
		search->best = entry->pool;
}

/* Those that any number may be in come in the order in which they are asked. */
static bool look_at_open(void *arg, uint32_t place)
{
	struct search *search = arg;
	const struct pool *pool = search->pools->entries[place].pool;

	if (search->best && compare_pools(pool, search->best) > 0)
		return false;
	look_at(search, place, NULL);
	return search->best != pool;
}

const struct pool *pools_find(const struct pools *pools, const struct phone_request *request)
{
	struct search search = {pools, request, NULL};
	const struct pool *pool;
	uint8_t mac[6];

	if (pools->macs &&
	    (find_mac(request->instance, mac) || find_mac(request->source.user_agent, mac))) {
		pool = find_by_mac(pools, request, mac);
		if (pool)
			return pool;
	}
	each_with_number(pools, request->name, look_at, &search);
	networks_find(pools->open_networks, (const struct sockaddr *)&request->source.address,
		      look_at_open, &search);
	return search.best;
}

static const struct entry *find_number(const struct pools *pools, unsigned number)
{
	unsigned low = 0, high = pools->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (pools->entries[middle].pool->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pools->count && pools->entries[low].pool->number == number
		   ? &pools->entries[low]
		   : NULL;
}

const struct pool *pools_number(const struct pools *pools, unsigned number)
{
	const struct entry *entry = find_number(pools, number);

	return entry ? entry->pool : NULL;
}

bool pools_have_network(const struct pools *pools, const struct sockaddr *source)
{
	return networks_have(pools->networks, source);
}

int pools_place(const struct pools *pools, const struct pool *pool, const char *name)
{
	const struct entry *entry = find_number(pools, pool->number);

	return entry ? place_of(entry, name) : -1;
}

static void take_first(void *arg, uint32_t place, const struct pattern *pattern)
{
	uint32_t *first = arg;

	if (place < *first)
		*first = place;
}

const struct pool *pools_of_number(const struct pools *pools, const char *name)
{
	uint32_t first = UINT32_MAX;

	each_with_number(pools, name, take_first, &first);
	return first < pools->count ? pools->entries[first].pool : NULL;
}
