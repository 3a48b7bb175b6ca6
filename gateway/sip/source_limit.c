// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/source_limit.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/log/fnv.h"

#define NONE UINT32_MAX
#define IPV6_SITE_OCTETS 8
#define LOG_INTERVAL_MS 60000
#define EXPECT_MS 120000       /* longer than any transaction lasts (64 * T1, timer C) */
#define FAILURES_MAX 10	       /* wrong passwords ... */
#define FAILURE_FADES_MS 60000 /* ... of which one is forgotten every minute */
#define EVICTION_LOOKS 8

struct source_key {
	uint8_t family; /* 4 or 6; 0: free */
	uint8_t octets[16];
};

struct source_entry {
	struct source_key key;
	uint8_t failures;
	uint32_t chain;	       /* next of the same hash */
	uint32_t newer, older; /* in order of when it was heard */
	uint64_t tokens_m;     /* thousandths of a token */
	uint64_t excess_m;     /* of messages dropped, drains as the bucket fills */
	uint64_t filled_ms;    /* when both were right */
	uint64_t blocked_ms, expected_ms, failed_ms; /* until; until; the last one */
	uint64_t log_ms;			     /* not before */
	uint64_t heard, dropped;
	unsigned since_log;
};

struct source_limit {
	struct source_limit_rule rule;
	uint64_t seed;
	unsigned ipv6_octets;
	uint32_t size, used, newest, oldest;
	uint32_t *heads; /* [size], of chains */
	struct source_entry *entries;
};

/* ---- the table */

struct source_limit *source_limit_new(unsigned sources_max, unsigned ipv6_bits)
{
	struct source_limit *limit = calloc(1, sizeof(*limit));

	if (!limit)
		return NULL;
	limit->size = sources_max;
	limit->ipv6_octets = ipv6_bits / 8;
	limit->newest = limit->oldest = NONE;
	limit->entries = calloc(sources_max, sizeof(*limit->entries));
	limit->heads = malloc(sources_max * sizeof(*limit->heads));
	if (!limit->entries || !limit->heads ||
	    getrandom(&limit->seed, sizeof(limit->seed), 0) != sizeof(limit->seed)) {
		source_limit_free(limit);
		return NULL;
	}
	memset(limit->heads, 0xff, sources_max * sizeof(*limit->heads));
	return limit;
}

void source_limit_free(struct source_limit *limit)
{
	if (!limit)
		return;
	free(limit->entries);
	free(limit->heads);
	free(limit);
}

void source_limit_set(struct source_limit *limit, const struct source_limit_rule *rule)
{
	limit->rule = *rule;
}

static bool make_key(const struct sockaddr *source, unsigned ipv6_octets, struct source_key *out)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)source;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)source;

	memset(out, 0, sizeof(*out));
	if (source->sa_family == AF_INET) {
		out->family = 4;
		memcpy(out->octets, &in4->sin_addr, 4);
	} else if (source->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		out->family = 4;
		memcpy(out->octets, in6->sin6_addr.s6_addr + 12, 4);
	} else if (source->sa_family == AF_INET6) {
		out->family = 6;
		memcpy(out->octets, &in6->sin6_addr, ipv6_octets);
	}
	return out->family;
}

static void key_prefix(const struct source_key *key, unsigned ipv6_octets,
		       struct source_prefix *out)
{
	memset(out, 0, sizeof(*out));
	if (key->family == 4) {
		out->address.ss_family = AF_INET;
		memcpy(&((struct sockaddr_in *)&out->address)->sin_addr, key->octets, 4);
		out->bits = 32;
	} else {
		out->address.ss_family = AF_INET6;
		memcpy(&((struct sockaddr_in6 *)&out->address)->sin6_addr, key->octets,
		       sizeof(key->octets));
		out->bits = 8 * ipv6_octets;
	}
}

static void read_prefix(const struct sockaddr *source, unsigned ipv6_octets,
			struct source_prefix *out)
{
	struct source_key key;

	memset(out, 0, sizeof(*out));
	if (make_key(source, ipv6_octets, &key))
		key_prefix(&key, ipv6_octets, out);
}

void source_limit_prefix(const struct sockaddr *source, struct source_prefix *out)
{
	read_prefix(source, IPV6_SITE_OCTETS, out);
}

void source_limit_host(const struct sockaddr *source, struct source_prefix *out)
{
	read_prefix(source, sizeof(struct in6_addr), out);
}

/* The finalizer of splitmix64: each bit of x reaches all of the result. */
static uint64_t mix(const struct source_limit *limit, uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = ((x ^ (x >> 27)) + limit->seed) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint32_t place_of(const struct source_limit *limit, const struct source_key *key)
{
	uint64_t x[2];

	memcpy(x, key->octets, sizeof(x));
	x[0] = mix(limit, (x[0] ^ limit->seed) + key->family);
	return (uint32_t)(mix(limit, x[0] ^ x[1]) % limit->size);
}

static uint32_t find(const struct source_limit *limit, const struct source_key *key)
{
	uint32_t i = limit->heads[place_of(limit, key)];

	while (i != NONE && memcmp(&limit->entries[i].key, key, sizeof(*key)) != 0)
		i = limit->entries[i].chain;
	return i;
}

static void unlink_order(struct source_limit *limit, uint32_t i)
{
	struct source_entry *e = &limit->entries[i];

	if (e->newer != NONE)
		limit->entries[e->newer].older = e->older;
	else
		limit->newest = e->older;
	if (e->older != NONE)
		limit->entries[e->older].newer = e->newer;
	else
		limit->oldest = e->newer;
}

static void make_newest(struct source_limit *limit, uint32_t i)
{
	struct source_entry *e = &limit->entries[i];

	e->newer = NONE;
	e->older = limit->newest;
	if (limit->newest != NONE)
		limit->entries[limit->newest].newer = i;
	else
		limit->oldest = i;
	limit->newest = i;
}

static void unlink_chain(struct source_limit *limit, uint32_t i)
{
	uint32_t *at = &limit->heads[place_of(limit, &limit->entries[i].key)];

	while (*at != i)
		at = &limit->entries[*at].chain;
	*at = limit->entries[i].chain;
}

static bool is_kept(const struct source_entry *e, uint64_t now_ms)
{
	return e->blocked_ms > now_ms || e->expected_ms > now_ms;
}

/* Of the few that were heard longest ago the first that may go, else the very oldest. */
static uint32_t make_room(struct source_limit *limit, uint64_t now_ms)
{
	uint32_t i = limit->oldest;

	if (limit->used < limit->size)
		return limit->used++;
	for (unsigned n = 0; n < EVICTION_LOOKS && i != NONE; n++) {
		if (!is_kept(&limit->entries[i], now_ms))
			break;
		i = limit->entries[i].newer;
	}
	if (i == NONE || is_kept(&limit->entries[i], now_ms))
		i = limit->oldest;
	unlink_order(limit, i);
	unlink_chain(limit, i);
	return i;
}

/* NULL: not an address. */
static struct source_entry *entry_of(struct source_limit *limit, const struct sockaddr *source,
				     uint64_t now_ms)
{
	struct source_key key;
	struct source_entry *e;
	uint32_t i, place;

	if (!make_key(source, limit->ipv6_octets, &key))
		return NULL;
	i = find(limit, &key);
	if (i != NONE) {
		unlink_order(limit, i);
		make_newest(limit, i);
		return &limit->entries[i];
	}
	i = make_room(limit, now_ms);
	e = &limit->entries[i];
	memset(e, 0, sizeof(*e));
	e->key = key;
	e->tokens_m = limit->rule.burst * 1000ull;
	e->filled_ms = now_ms;
	place = place_of(limit, &key);
	e->chain = limit->heads[place];
	limit->heads[place] = i;
	make_newest(limit, i);
	return e;
}

static const struct source_entry *known(const struct source_limit *limit,
					const struct sockaddr *source)
{
	struct source_key key;
	uint32_t i = make_key(source, limit->ipv6_octets, &key) ? find(limit, &key) : NONE;

	return i == NONE ? NULL : &limit->entries[i];
}

/* ---- messages */

static void fill(struct source_entry *e, const struct source_limit_rule *rule, uint64_t now_ms)
{
	uint64_t full = rule->burst * 1000ull, passed = now_ms - e->filled_ms;

	/* after so long any bucket is full; and the product cannot overflow */
	if (passed > 1000ull * 1000)
		passed = 1000ull * 1000;
	passed *= rule->rate;
	e->tokens_m = e->tokens_m + passed < full ? e->tokens_m + passed : full;
	e->excess_m = e->excess_m > passed ? e->excess_m - passed : 0;
	e->filled_ms = now_ms;
}

static bool block(struct source_entry *e, unsigned seconds, uint64_t now_ms)
{
	if (!seconds)
		return false;
	e->blocked_ms = now_ms + seconds * 1000ull;
	return true;
}

enum source_verdict source_limit_take(struct source_limit *limit, const struct sockaddr *source,
				      uint64_t now_ms)
{
	const struct source_limit_rule *rule = &limit->rule;
	struct source_entry *e = entry_of(limit, source, now_ms);

	if (!e)
		return SOURCE_OVER;
	e->heard++;
	if (e->since_log < UINT32_MAX)
		e->since_log++;
	if (e->blocked_ms > now_ms) {
		e->dropped++;
		return SOURCE_OVER;
	}
	if (!rule->rate)
		return SOURCE_PASSES;
	fill(e, rule, now_ms);
	if (e->tokens_m >= 1000) {
		e->tokens_m -= 1000;
		return SOURCE_PASSES;
	}
	e->dropped++;
	e->excess_m += 1000;
	if (e->excess_m <= rule->burst * 1000ull || !block(e, rule->block_s, now_ms))
		return SOURCE_OVER;
	e->excess_m = 0;
	return SOURCE_BLOCKED;
}

bool source_limit_fail(struct source_limit *limit, const struct sockaddr *source, uint64_t now_ms)
{
	struct source_entry *e = entry_of(limit, source, now_ms);
	unsigned guess_block_s = limit->rule.guess_block_s;
	uint64_t faded;

	if (!e)
		return false;
	faded = e->failures ? (now_ms - e->failed_ms) / FAILURE_FADES_MS : 0;
	e->failures = faded < e->failures ? e->failures - faded : 0;
	e->failed_ms = now_ms;
	if (++e->failures < FAILURES_MAX || e->blocked_ms > now_ms)
		return false;
	e->failures = 0;
	return block(e, guess_block_s ? guess_block_s : limit->rule.block_s, now_ms);
}

void source_limit_forgive(struct source_limit *limit, const struct sockaddr *source)
{
	struct source_entry *e = (struct source_entry *)known(limit, source);

	if (e)
		e->failures = 0;
}

void source_limit_expect(struct source_limit *limit, const struct sockaddr *source, uint64_t now_ms)
{
	struct source_entry *e = entry_of(limit, source, now_ms);

	if (e)
		e->expected_ms = now_ms + EXPECT_MS;
}

bool source_limit_expects(const struct source_limit *limit, const struct sockaddr *source,
			  uint64_t now_ms)
{
	const struct source_entry *e = known(limit, source);

	return e && e->expected_ms > now_ms && e->blocked_ms <= now_ms;
}

bool source_limit_blocks(const struct source_limit *limit, const struct sockaddr *source,
			 uint64_t now_ms)
{
	const struct source_entry *e = known(limit, source);

	return e && e->blocked_ms > now_ms;
}

unsigned source_limit_log(struct source_limit *limit, const struct sockaddr *source,
			  uint64_t now_ms, bool always)
{
	struct source_entry *e = entry_of(limit, source, now_ms);
	unsigned messages;

	if (!e || (e->log_ms > now_ms && !always))
		return 0;
	e->log_ms = now_ms + LOG_INTERVAL_MS;
	messages = e->since_log ? e->since_log : 1;
	e->since_log = 0;
	return messages;
}

uint32_t source_prefix_hash(const struct source_prefix *prefix)
{
	return fnv_add(FNV_BEGIN, &prefix->address, sizeof(struct sockaddr_in6));
}

bool source_prefix_equal(const struct source_prefix *a, const struct source_prefix *b)
{
	return memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

/* ---- looking */

size_t source_limit_blocked(const struct source_limit *limit, uint64_t now_ms,
			    struct source_prefix *out, size_t max)
{
	size_t n = 0;

	for (uint32_t i = limit->newest; i != NONE && n < max; i = limit->entries[i].older)
		if (limit->entries[i].blocked_ms > now_ms)
			key_prefix(&limit->entries[i].key, limit->ipv6_octets, &out[n++]);
	return n;
}

void source_limit_each(const struct source_limit *limit, uint64_t now_ms,
		       bool (*fn)(void *arg, const struct source_state *state), void *arg)
{
	for (uint32_t i = limit->newest; i != NONE; i = limit->entries[i].older) {
		const struct source_entry *e = &limit->entries[i];
		struct source_state state = {
		    .heard = e->heard,
		    .dropped = e->dropped,
		    .failures = e->failures,
		};

		key_prefix(&e->key, limit->ipv6_octets, &state.prefix);
		if (e->blocked_ms > now_ms)
			state.blocked_s = (unsigned)((e->blocked_ms - now_ms + 999) / 1000);
		if (!fn(arg, &state))
			return;
	}
}

void source_limit_clear(struct source_limit *limit)
{
	for (uint32_t i = 0; i < limit->used; i++) {
		limit->entries[i].blocked_ms = 0;
		limit->entries[i].failures = 0;
		limit->entries[i].excess_m = 0;
		limit->entries[i].tokens_m = limit->rule.burst * 1000ull;
	}
}
