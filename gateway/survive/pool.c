// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/pool.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "dialplan/pattern.h"

struct entry {
	const struct pool *pool;
	struct pattern *patterns[POOL_NUMBERS_MAX]; /* NULL: a name, compared as it is */
};

struct pools {
	const struct pool_global *global;
	struct entry *entries; /* in order of pool number */
	unsigned count;
	/* in the order in which they are asked: by MAC, by network; each has all of them */
	const struct entry **by_mac, **by_network;
	unsigned macs;
	bool anywhere; /* a pool has no network */
};

/* ---- order */

static int compare_macs(const void *a, const void *b)
{
	const struct pool *one = (*(const struct entry *const *)a)->pool;
	const struct pool *two = (*(const struct entry *const *)b)->pool;
	int order = memcmp(one->mac, two->mac, sizeof(one->mac));

	return order ? order : (one->number > two->number) - (one->number < two->number);
}

static int compare_networks(const void *a, const void *b)
{
	const struct pool *one = (*(const struct entry *const *)a)->pool;
	const struct pool *two = (*(const struct entry *const *)b)->pool;
	int order = two->prefix_bits - one->prefix_bits;

	return order ? order : (one->number > two->number) - (one->number < two->number);
}

/* ---- life */

static int destroy(struct pools *pools)
{
	for (unsigned i = 0; i < pools->count; i++)
		for (unsigned n = 0; n < POOL_NUMBERS_MAX; n++)
			pattern_free(pools->entries[i].patterns[n]);
	return 0;
}

static void add(struct pools *pools, const struct pool *pool)
{
	struct entry *entry = &pools->entries[pools->count];

	entry->pool = pool;
	for (unsigned n = 0; n < pool->numbers_count; n++)
		if (pattern_compile(pool->numbers[n].pattern, &entry->patterns[n], NULL, 0) < 0)
			entry->patterns[n] = NULL;
	if (pool->has_mac)
		pools->by_mac[pools->macs++] = entry;
	pools->by_network[pools->count++] = entry;
	pools->anywhere |= pool->network.ss_family == AF_UNSPEC;
}

struct pools *pools_new(void *ctx, const struct pool_global *global)
{
	struct pools *pools = talloc_zero(ctx, struct pools);
	size_t room = global->pools_count + 1;

	if (!pools)
		return NULL;
	pools->global = global;
	pools->entries = talloc_zero_array(pools, struct entry, room);
	pools->by_mac = talloc_zero_array(pools, const struct entry *, room);
	pools->by_network = talloc_zero_array(pools, const struct entry *, room);
	if (!pools->entries || !pools->by_mac || !pools->by_network) {
		talloc_free(pools);
		return NULL;
	}
	talloc_set_destructor(pools, destroy);
	for (unsigned i = 0; i < global->pools_count; i++)
		add(pools, &global->pools[i]);
	qsort(pools->by_mac, pools->macs, sizeof(*pools->by_mac), compare_macs);
	qsort(pools->by_network, pools->count, sizeof(*pools->by_network), compare_networks);
	return pools;
}

void pools_free(struct pools *pools)
{
	talloc_free(pools);
}

/* ---- what fits */

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;

	return memcmp(a, b, octets) == 0 &&
	       (!rest || ((a[octets] ^ b[octets]) & (0xff00 >> rest)) == 0);
}

static const uint8_t *octets_of(const struct sockaddr *address, bool *six)
{
	*six = address->sa_family == AF_INET6;
	if (!*six)
		return (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
	return ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
}

/* An IPv4 address on an IPv6 socket is one. */
static const uint8_t *plain_octets(const struct sockaddr *address, bool *six)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *octets = octets_of(address, six);

	if (!*six || memcmp(octets, mapped, sizeof(mapped)) != 0)
		return octets;
	*six = false;
	return octets + sizeof(mapped);
}

static bool is_inside(const struct pool *pool, const struct sockaddr *source)
{
	bool six, six_source;
	const uint8_t *network = octets_of((const struct sockaddr *)&pool->network, &six);
	const uint8_t *octets = plain_octets(source, &six_source);

	return six == six_source && same_bits(network, octets, pool->prefix_bits);
}

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
	if (pool->network.ss_family != AF_UNSPEC &&
	    !is_inside(pool, (const struct sockaddr *)&source->address))
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

const struct pool *pools_find(const struct pools *pools, const struct phone_request *request)
{
	const struct pool *pool;
	uint8_t mac[6];

	if (pools->macs &&
	    (find_mac(request->instance, mac) || find_mac(request->source.user_agent, mac))) {
		pool = find_by_mac(pools, request, mac);
		if (pool)
			return pool;
	}
	for (unsigned i = 0; i < pools->count; i++)
		if (takes(pools->by_network[i], request, NULL))
			return pools->by_network[i]->pool;
	return NULL;
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
	if (pools->anywhere)
		return true;
	for (unsigned i = 0; i < pools->count; i++)
		if (is_inside(pools->by_network[i]->pool, source))
			return true;
	return false;
}

int pools_place(const struct pools *pools, const struct pool *pool, const char *name)
{
	const struct entry *entry = find_number(pools, pool->number);

	return entry ? place_of(entry, name) : -1;
}

const struct pool *pools_of_number(const struct pools *pools, const char *name)
{
	for (unsigned i = 0; i < pools->count; i++)
		if (pools->entries[i].pool->numbers_count &&
		    place_of(&pools->entries[i], name) >= 0)
			return pools->entries[i].pool;
	return NULL;
}
