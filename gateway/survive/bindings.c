// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/bindings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"
#include "gateway/survive/pool.h"

#define BITS_MIN 6
#define BITS_MAX 24

struct bindings {
	uint64_t seed;	      /* nobody can choose names of one hash */
	struct bound **heads; /* [1 << bits], by the upper bits of the hash */
	unsigned bits, count, names;
	struct rb_root by_expiry, by_name;
	unsigned origins[LOCATION_ORIGINS];
	unsigned *pool_names; /* [POOL_NUMBER_MAX + 1], of which most is never touched */
};

/* ---- one binding */

static const char *copy_text(char **at, const char *text)
{
	size_t size = strlen(text ? text : "") + 1;
	char *copy = *at;

	memcpy(copy, text ? text : "", size);
	*at += size;
	return copy;
}

struct bound *bound_new(const struct location_binding *from)
{
	const char *const *texts[] = {
	    &from->name,	 &from->contact.uri,
	    &from->contact.path, &from->contact.instance,
	    &from->call_id,	 &from->contact.source.user_agent,
	    &from->gateway,
	};
	struct location_binding *to;
	struct bound *bound;
	size_t size = 0;
	char *at;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		size += strlen(*texts[i] ? *texts[i] : "") + 1;
	bound = malloc(sizeof(*bound) + size);
	if (!bound)
		return NULL;
	memset(bound, 0, sizeof(*bound));
	to = &bound->binding;
	*to = *from;
	bound->name_length = OSMO_MIN(strlen(from->name), UINT8_MAX);
	at = bound->text;
	to->name = copy_text(&at, from->name);
	to->contact.uri = copy_text(&at, from->contact.uri);
	to->contact.path = copy_text(&at, from->contact.path);
	to->contact.instance = copy_text(&at, from->contact.instance);
	to->call_id = copy_text(&at, from->call_id);
	to->contact.source.user_agent = copy_text(&at, from->contact.source.user_agent);
	to->gateway = copy_text(&at, from->gateway);
	return bound;
}

void bound_free(struct bound *bound)
{
	free(bound);
}

static bool has_instance(const struct phone_contact *contact)
{
	return contact->instance && contact->instance[0] && contact->reg_id;
}

static bool is_same(const struct phone_contact *a, const struct phone_contact *b)
{
	if (has_instance(a) && has_instance(b))
		return a->reg_id == b->reg_id && !strcmp(a->instance, b->instance);
	return !has_instance(a) && !has_instance(b) && !strcmp(a->uri, b->uri);
}

/* ---- the table */

static uint32_t hash_of(const struct bindings *bindings, const char *name)
{
	uint64_t x = fnv_add_64(bindings->seed, name, strlen(name));

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)(x >> 32);
}

static struct bound **head_of(const struct bindings *bindings, uint32_t hash)
{
	return &bindings->heads[hash >> (32 - bindings->bits)];
}

static bool has_name(const struct bound *bound, uint32_t hash, const char *name)
{
	return bound->hash == hash && !strcmp(bound->binding.name, name);
}

struct bindings *bindings_new(void)
{
	struct bindings *bindings = calloc(1, sizeof(*bindings));

	if (!bindings)
		return NULL;
	bindings->bits = BITS_MIN;
	bindings->heads = calloc((size_t)1 << BITS_MIN, sizeof(*bindings->heads));
	bindings->pool_names = calloc(POOL_NUMBER_MAX + 1, sizeof(*bindings->pool_names));
	if (!bindings->heads || !bindings->pool_names ||
	    getrandom(&bindings->seed, sizeof(bindings->seed), 0) != sizeof(bindings->seed)) {
		bindings_free(bindings);
		return NULL;
	}
	return bindings;
}

void bindings_free(struct bindings *bindings)
{
	if (!bindings)
		return;
	for (size_t i = 0; bindings->heads && i < (size_t)1 << bindings->bits; i++) {
		struct bound *bound = bindings->heads[i], *next;

		for (; bound; bound = next) {
			next = bound->chain;
			bound_free(bound);
		}
	}
	free(bindings->heads);
	free(bindings->pool_names);
	free(bindings);
}

/* Twice as many chains; each is split in two, in its order. Without memory they stay long. */
static void grow(struct bindings *bindings)
{
	size_t size = (size_t)1 << bindings->bits;
	struct bound **old = bindings->heads;
	struct bound **heads;

	if (bindings->bits == BITS_MAX)
		return;
	heads = calloc(size * 2, sizeof(*heads));
	if (!heads)
		return;
	bindings->heads = heads;
	bindings->bits++;
	for (size_t i = 0; i < size; i++) {
		struct bound **ends[] = {&heads[2 * i], &heads[2 * i + 1]};

		for (struct bound *bound = old[i], *next; bound; bound = next) {
			struct bound ***end = &ends[bound->hash >> (32 - bindings->bits) & 1];

			next = bound->chain;
			bound->chain = NULL;
			**end = bound;
			*end = &bound->chain;
		}
	}
	free(old);
}

static void insert_by_expiry(struct bindings *bindings, struct bound *bound)
{
	struct rb_node **at = &bindings->by_expiry.rb_node, *parent = NULL;

	while (*at) {
		const struct bound *other = container_of(*at, struct bound, by_expiry);

		parent = *at;
		at = bound->binding.expires_ms < other->binding.expires_ms ? &parent->rb_left
									   : &parent->rb_right;
	}
	rb_link_node(&bound->by_expiry, parent, at);
	rb_insert_color(&bound->by_expiry, &bindings->by_expiry);
}

struct bound *bindings_first(const struct bindings *bindings)
{
	struct rb_node *node = rb_first(&bindings->by_expiry);

	return node ? container_of(node, struct bound, by_expiry) : NULL;
}

/* Shorter names first, then in order. */
static int compare_names(size_t length, const char *name, const struct bound *bound)
{
	if (length != bound->name_length)
		return length < bound->name_length ? -1 : 1;
	return strcmp(name, bound->binding.name);
}

static void insert_by_name(struct bindings *bindings, struct bound *bound)
{
	struct rb_node **at = &bindings->by_name.rb_node, *parent = NULL;

	while (*at) {
		const struct bound *other = container_of(*at, struct bound, by_name);

		parent = *at;
		at = compare_names(bound->name_length, bound->binding.name, other) < 0
			 ? &parent->rb_left
			 : &parent->rb_right;
	}
	rb_link_node(&bound->by_name, parent, at);
	rb_insert_color(&bound->by_name, &bindings->by_name);
	bound->is_listed = true;
}

/* The first that is not before it. */
static const struct bound *first_from(const struct bindings *bindings, size_t length,
				      const char *begin)
{
	const struct rb_node *at = bindings->by_name.rb_node;
	const struct bound *found = NULL;

	while (at) {
		const struct bound *bound = container_of(at, struct bound, by_name);

		if (compare_names(length, begin, bound) <= 0) {
			found = bound;
			at = at->rb_left;
		} else {
			at = at->rb_right;
		}
	}
	return found;
}

static struct bound *first_of(const struct bindings *bindings, uint32_t hash, const char *name)
{
	struct bound *bound = *head_of(bindings, hash);

	while (bound && !has_name(bound, hash, name))
		bound = bound->chain;
	return bound;
}

struct bound *bindings_best(const struct bindings *bindings, const char *name)
{
	return first_of(bindings, hash_of(bindings, name), name);
}

/* A name counts once for each pool that it is registered in. bound is not in the table. */
static void count_name(struct bindings *bindings, const struct bound *bound, int change)
{
	const char *name = bound->binding.name;
	uint32_t pool = bound->binding.pool;

	if (!pool || pool > POOL_NUMBER_MAX)
		return;
	for (const struct bound *other = first_of(bindings, bound->hash, name); other;
	     other = other->chain)
		if (other->binding.pool == pool && has_name(other, bound->hash, name))
			return;
	bindings->pool_names[pool] += change;
}

void bindings_take(struct bindings *bindings, struct bound *bound)
{
	struct bound **at = head_of(bindings, bound->hash), *heir;

	while (*at != bound)
		at = &(*at)->chain;
	*at = bound->chain;
	rb_erase(&bound->by_expiry, &bindings->by_expiry);
	bindings->count--;
	bindings->origins[bound->binding.origin]--;
	count_name(bindings, bound, -1);
	heir = first_of(bindings, bound->hash, bound->binding.name);
	if (!heir)
		bindings->names--;
	if (!bound->is_listed)
		return;
	bound->is_listed = false;
	if (heir) {
		rb_replace_node(&bound->by_name, &heir->by_name, &bindings->by_name);
		heir->is_listed = true;
	} else {
		rb_erase(&bound->by_name, &bindings->by_name);
	}
}

struct bound *bindings_same(const struct bindings *bindings, const struct location_binding *like)
{
	uint32_t hash = hash_of(bindings, like->name);
	struct bound *bound = *head_of(bindings, hash);

	while (bound && !(has_name(bound, hash, like->name) &&
			  is_same(&bound->binding.contact, &like->contact)))
		bound = bound->chain;
	return bound;
}

void bindings_put(struct bindings *bindings, struct bound *bound)
{
	const char *name = bound->binding.name;
	struct bound **at;

	assert(!bindings_same(bindings, &bound->binding));
	if (bindings->count >= (size_t)1 << bindings->bits)
		grow(bindings);
	bound->hash = hash_of(bindings, name);
	count_name(bindings, bound, 1);
	if (!first_of(bindings, bound->hash, name)) {
		bindings->names++;
		insert_by_name(bindings, bound);
	}
	at = head_of(bindings, bound->hash);
	while (*at && !(has_name(*at, bound->hash, name) &&
			(*at)->binding.contact.q <= bound->binding.contact.q))
		at = &(*at)->chain;
	bound->chain = *at;
	*at = bound;
	insert_by_expiry(bindings, bound);
	bindings->count++;
	bindings->origins[bound->binding.origin]++;
}

/* ---- looking */

unsigned bindings_find(const struct bindings *bindings, const char *name, uint64_t now_ms,
		       const struct location_binding **out, unsigned max)
{
	uint32_t hash = hash_of(bindings, name);
	unsigned n = 0;

	for (const struct bound *bound = *head_of(bindings, hash); bound && n < max;
	     bound = bound->chain)
		if (has_name(bound, hash, name) && bound->binding.expires_ms > now_ms)
			out[n++] = &bound->binding;
	return n;
}

void bindings_each(const struct bindings *bindings,
		   bool (*fn)(void *arg, const struct bound *bound), void *arg)
{
	for (size_t i = 0; i < (size_t)1 << bindings->bits; i++)
		for (const struct bound *bound = bindings->heads[i]; bound; bound = bound->chain)
			if (!fn(arg, bound))
				return;
}

static bool begins(const struct bound *bound, size_t length, const char *begin)
{
	return bound && bound->name_length == length &&
	       strncmp(bound->binding.name, begin, strlen(begin)) == 0;
}

void bindings_each_begin(const struct bindings *bindings, const char *begin, size_t length,
			 bool (*fn)(void *arg, const struct bound *bound), void *arg)
{
	size_t at = length ? length : strlen(begin) + 1;
	const struct bound *bound;

	for (; (bound = first_from(bindings, at, begin)); at++) {
		if (bound->name_length > at && !length) { /* there are none of the length between */
			at = bound->name_length;
			bound = first_from(bindings, at, begin);
		}
		while (begins(bound, at, begin)) {
			const struct rb_node *next = rb_next(&bound->by_name);

			if (!fn(arg, bound))
				return;
			bound = next ? container_of(next, struct bound, by_name) : NULL;
		}
		if (length)
			return;
	}
}

/* The cursor is the lowest hash of the chain that is next: that holds when the table grows. */
bool bindings_each_some(const struct bindings *bindings, uint64_t *cursor, unsigned some,
			void (*fn)(void *arg, const struct bound *bound), void *arg)
{
	unsigned n = 0;

	while (n < some && *cursor >> 32 == 0) {
		const struct bound *bound = *head_of(bindings, (uint32_t)*cursor);

		for (; bound; bound = bound->chain, n++)
			fn(arg, bound);
		*cursor += (uint64_t)1 << (32 - bindings->bits);
	}
	return *cursor >> 32 == 0;
}

void bindings_count(const struct bindings *bindings, unsigned *names, unsigned *count)
{
	*names = bindings->names;
	*count = bindings->count;
}

unsigned bindings_origin(const struct bindings *bindings, enum location_origin origin)
{
	return bindings->origins[origin];
}

unsigned bindings_pool_names(const struct bindings *bindings, uint32_t pool)
{
	return pool <= POOL_NUMBER_MAX ? bindings->pool_names[pool] : 0;
}
