// SPDX-License-Identifier: GPL-2.0-or-later
/* Building and memory; index_find.c looks up; index_private.h has the picture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/index_private.h"

#define LEAF_MAX 8
#define CHUNK_SIZE 65536 /* of memory for patterns */

struct chunk {
	struct chunk *next;
	size_t used;
	uint32_t words[CHUNK_SIZE / sizeof(uint32_t)];
};

struct index *index_new(void)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	for (unsigned s = 0; s < PATTERN_SYMBOLS; s++)
		index->sets[s] = 1u << s;
	index->sets[CODE_ANY] = (1u << PATTERN_SYMBOLS) - 1;
	index->sets_count = CODE_ANY + 1;
	return index;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	for (struct chunk *chunk = index->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(index->entries);
	free(index->nodes);
	free(index);
}

int index_add(struct index *index, const struct pattern *pattern, uint32_t value)
{
	if (index->count == index->size) {
		size_t size = index->size ? 2 * index->size : 64;
		struct index_entry *entries;

		if (size > UINT32_MAX)
			return -ENOMEM;
		entries = reallocarray(index->entries, size, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		index->entries = entries;
		index->size = size;
	}
	index->entries[index->count++] = (struct index_entry){.pattern = pattern, .value = value};
	return 0;
}

int index_add_text(struct index *index, const char *text, uint32_t value, char *why,
		   size_t why_size)
{
	struct chunk *chunk = index->chunks;
	uint32_t *memory;
	int size;

	if (!chunk || chunk->used + PATTERN_SIZE_MAX > CHUNK_SIZE) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return -ENOMEM;
		chunk->next = index->chunks;
		chunk->used = 0;
		index->chunks = chunk;
	}
	memory = &chunk->words[chunk->used / sizeof(uint32_t)];
	size = pattern_compile_at(memory, text, why, why_size);
	if (size < 0)
		return size;
	chunk->used += size;
	return index_add(index, (const struct pattern *)(const void *)memory, value);
}

/* ---- sealing: the entries are put in order of their codes, and then the tree is made */

struct key {
	uint64_t head; /* the first eight codes, each one more: what is shorter goes first */
	const struct pattern *pattern;
	uint32_t value;
	uint32_t codes; /* where they are */
};

struct builder {
	struct index *index;
	struct key *keys;
	uint8_t *codes; /* of all entries; before each row of codes its length */
	size_t nodes_size;
};

/* With no code left "any" stands in: it leads to more checks, never to a miss. */
static uint8_t index_code(struct index *index, uint32_t set)
{
	if (!(set & (set - 1)))
		return __builtin_ctz(set);
	for (unsigned code = CODE_ANY + 1; code < index->sets_count; code++)
		if (index->sets[code] == set)
			return code;
	if (index->sets_count == CODES_MAX)
		return CODE_ANY;
	index->sets[index->sets_count] = set;
	return index->sets_count++;
}

static int builder_make_keys(struct builder *b)
{
	const struct index *index = b->index;
	uint32_t sets[PATTERN_POSITIONS_MAX];
	size_t size = 0;

	for (size_t i = 0; i < index->count; i++)
		size += 1 + pattern_leading_sets(index->entries[i].pattern, sets);
	b->keys = calloc(index->count + 1, sizeof(*b->keys));
	b->codes = malloc(size + 1);
	if (!b->keys || !b->codes || size > UINT32_MAX)
		return -ENOMEM;
	size = 0;
	for (size_t i = 0; i < index->count; i++) {
		struct key *key = &b->keys[i];
		uint8_t *codes = &b->codes[size];

		key->pattern = index->entries[i].pattern;
		key->value = index->entries[i].value;
		key->codes = size;
		codes[0] = pattern_leading_sets(key->pattern, sets);
		for (unsigned n = 0; n < codes[0]; n++) {
			codes[1 + n] = index_code(b->index, sets[n]);
			if (n < sizeof(key->head))
				key->head |= (uint64_t)(codes[1 + n] + 1) << (56 - 8 * n);
		}
		size += 1 + codes[0];
	}
	return 0;
}

static int key_compare(const void *pa, const void *pb, void *codes)
{
	const struct key *a = pa, *b = pb;
	const uint8_t *ca = (const uint8_t *)codes + a->codes;
	const uint8_t *cb = (const uint8_t *)codes + b->codes;
	int order;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	order = memcmp(ca + 1, cb + 1, *ca < *cb ? *ca : *cb);
	if (order)
		return order;
	if (*ca != *cb)
		return *ca < *cb ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

static void builder_put_entries(struct builder *b)
{
	for (size_t i = 0; i < b->index->count; i++) {
		const struct key *key = &b->keys[i];
		const struct pattern_weight *weight = pattern_weight(key->pattern);
		const uint8_t *codes = &b->codes[key->codes];

		b->index->entries[i] = (struct index_entry){
		    .pattern = key->pattern,
		    .value = key->value,
		    .length = codes[0],
		    .explicit_length = weight->explicit_length,
		    .plain =
			pattern_is_plain(key->pattern) && !memchr(codes + 1, CODE_ANY, codes[0]),
		    .variable = weight->variable,
		    .anchored = pattern_is_anchored(key->pattern),
		};
	}
}

static int builder_new_nodes(struct builder *b, size_t count, uint32_t *first)
{
	struct index *index = b->index;

	if (index->nodes_count + count > b->nodes_size) {
		size_t size = 2 * (index->nodes_count + count);
		struct index_node *nodes = reallocarray(index->nodes, size, sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		index->nodes = nodes;
		b->nodes_size = size;
	}
	*first = index->nodes_count;
	memset(index->nodes + index->nodes_count, 0, count * sizeof(*index->nodes));
	index->nodes_count += count;
	return 0;
}

static uint8_t builder_code(const struct builder *b, uint32_t entry, unsigned depth)
{
	return b->codes[b->keys[entry].codes + 1 + depth];
}

static uint32_t builder_group_end(const struct builder *b, uint32_t from, uint32_t end,
				  unsigned depth)
{
	uint8_t code = builder_code(b, from, depth);

	while (from < end && builder_code(b, from, depth) == code)
		from++;
	return from;
}

/* Do all entries of [from,end) go on with the same code? */
static bool builder_is_chain(const struct builder *b, uint32_t from, uint32_t end, unsigned depth)
{
	uint8_t code;

	if (b->index->entries[from].length == depth)
		return false;
	code = builder_code(b, from, depth);
	return code != CODE_ANY && code == builder_code(b, end - 1, depth);
}

/* The entries of a node that end there, or all if the node is a leaf. Returns how many. */
static uint32_t builder_own(struct builder *b, uint32_t from, uint32_t end, unsigned depth)
{
	struct index_entry *entries = b->index->entries;
	bool leaf = end - from <= LEAF_MAX;
	uint32_t i = from;

	for (; i < end && (leaf || entries[i].length == depth); i++)
		if (entries[i].length > depth)
			entries[i].next = builder_code(b, i, depth);
	return i - from;
}

static int builder_make_node(struct builder *b, uint32_t at, uint32_t from, uint32_t end,
			     unsigned depth);

static int builder_make_children(struct builder *b, uint32_t at, uint32_t from, uint32_t end,
				 unsigned depth)
{
	struct index *index = b->index;
	uint32_t digits = 0, child;
	size_t groups = 0;
	int rc;

	for (uint32_t i = from; i < end; i = builder_group_end(b, i, end, depth), groups++)
		if (builder_code(b, i, depth) < PATTERN_SYMBOLS)
			digits |= 1u << builder_code(b, i, depth);
	rc = builder_new_nodes(b, groups, &child);
	if (rc < 0)
		return rc;
	index->nodes[at].children = child;
	index->nodes[at].digits = digits;
	index->nodes[at].sets_count = groups - __builtin_popcount(digits);
	for (; from < end; child++) {
		uint32_t next = builder_group_end(b, from, end, depth);

		index->nodes[child].code = builder_code(b, from, depth);
		rc = builder_make_node(b, child, from, next, depth + 1);
		if (rc < 0)
			return rc;
		if (index->nodes[child].explicit_max > index->nodes[at].explicit_max)
			index->nodes[at].explicit_max = index->nodes[child].explicit_max;
		from = next;
	}
	return 0;
}

/* Makes the tree for entries[from,end), which agree in their first depth codes. */
static int builder_make_node(struct builder *b, uint32_t at, uint32_t from, uint32_t end,
			     unsigned depth)
{
	struct index_node *node = &b->index->nodes[at];

	node->entries = from;
	if (end - from > LEAF_MAX)
		for (; builder_is_chain(b, from, end, depth); depth++)
			node->skip++;
	node->entries_count = builder_own(b, from, end, depth);
	for (uint32_t i = from; i < from + node->entries_count; i++)
		if (b->index->entries[i].explicit_length > node->explicit_max)
			node->explicit_max = b->index->entries[i].explicit_length;
	from += node->entries_count;
	return from < end ? builder_make_children(b, at, from, end, depth) : 0;
}

static void index_trim(struct index *index)
{
	void *smaller = reallocarray(index->nodes, index->nodes_count, sizeof(*index->nodes));

	if (smaller)
		index->nodes = smaller;
	smaller = reallocarray(index->entries, index->count + 1, sizeof(*index->entries));
	if (!smaller)
		return;
	index->entries = smaller;
	index->size = index->count + 1;
}

int index_seal(struct index *index)
{
	struct builder b = {.index = index};
	uint32_t root;
	int rc;

	rc = builder_make_keys(&b);
	if (rc < 0)
		goto done;
	qsort_r(b.keys, index->count, sizeof(*b.keys), key_compare, b.codes);
	builder_put_entries(&b);
	rc = builder_new_nodes(&b, 1, &root);
	if (rc < 0)
		goto done;
	rc = builder_make_node(&b, root, 0, index->count, 0);
	if (rc == 0)
		index_trim(index);
done:
	free(b.keys);
	free(b.codes);
	return rc;
}
