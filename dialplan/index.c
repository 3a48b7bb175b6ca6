// SPDX-License-Identifier: GPL-2.0-or-later
/* Building and memory; index_find.c looks up; index_private.h has the picture. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/index_private.h"

#define LEAF_MAX 6
#define CHUNK_WORDS 16384
#define RECORD_WORDS_MAX ((sizeof(struct index_record) + PATTERN_SIZE_MAX) / sizeof(uint32_t))

static_assert(RECORD_WORDS_MAX <= UINT8_MAX, "words of a record");
static_assert(sizeof(struct index_node) == 16 && sizeof(struct index_record) == 8,
	      "little memory is a promise");

struct chunk {
	struct chunk *next;
	size_t used;
	uint32_t words[CHUNK_WORDS];
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

static void index_free_chunks(struct index *index)
{
	for (struct chunk *chunk = index->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	index->chunks = NULL;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	index_free_chunks(index);
	free(index->records);
	free(index->nodes);
	free(index);
}

static struct index_record *record_at(uint32_t *words, size_t at)
{
	return (void *)(words + at);
}

/* Room for the largest record; NULL: out of memory. */
static struct index_record *index_new_record(struct index *index)
{
	struct chunk *chunk = index->chunks;

	if (index->words + RECORD_WORDS_MAX > UINT32_MAX || index->count == UINT32_MAX)
		return NULL;
	if (!chunk || chunk->used + RECORD_WORDS_MAX > CHUNK_WORDS) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = index->chunks;
		chunk->used = 0;
		index->chunks = chunk;
	}
	return record_at(chunk->words, chunk->used);
}

/* size: of its pattern, which is in its place. */
static void index_keep_record(struct index *index, struct index_record *record, uint32_t value,
			      size_t size)
{
	*record = (struct index_record){.value = value,
					.words = (sizeof(*record) + size) / sizeof(uint32_t)};
	index->chunks->used += record->words;
	index->words += record->words;
	index->count++;
}

int index_add(struct index *index, const struct pattern *pattern, uint32_t value)
{
	struct index_record *record = index_new_record(index);
	size_t size = pattern_size(pattern);

	if (!record)
		return -ENOMEM;
	memcpy(record->pattern, pattern, size);
	index_keep_record(index, record, value, size);
	return 0;
}

int index_add_text(struct index *index, const char *text, uint32_t value, char *why,
		   size_t why_size)
{
	struct index_record *record = index_new_record(index);
	int size;

	if (!record)
		return -ENOMEM;
	size = pattern_compile_at(record->pattern, text, why, why_size);
	if (size < 0)
		return size;
	index_keep_record(index, record, value, size);
	return 0;
}

/* ---- sealing: the records are put in order of their codes, and then the tree is made */

struct key {
	uint64_t head; /* the first eight codes, each one more: what is shorter goes first */
	struct index_record *record;
	uint32_t codes; /* where they are */
};

struct builder {
	struct index *index;
	struct key *keys;
	uint8_t *codes; /* of all records */
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

static void builder_make_key(struct builder *b, struct key *key, struct index_record *record,
			     size_t at)
{
	uint32_t sets[PATTERN_POSITIONS_MAX];
	const struct pattern *pattern = record_pattern(record);
	uint8_t *codes = &b->codes[at];

	*key = (struct key){.record = record, .codes = at};
	record->length = pattern_leading_sets(pattern, sets);
	record->plain = pattern_is_plain(pattern);
	for (unsigned i = 0; i < record->length; i++) {
		codes[i] = index_code(b->index, sets[i]);
		if (codes[i] == CODE_ANY)
			record->plain = false;
		if (i < sizeof(key->head))
			key->head |= (uint64_t)(codes[i] + 1) << (56 - 8 * i);
	}
}

static int builder_make_keys(struct builder *b)
{
	struct key *key;
	size_t codes = 0;

	b->keys = calloc(b->index->count + 1, sizeof(*b->keys));
	/* no record has more leading atoms than octets of text, and these are in its words */
	b->codes = malloc(b->index->words * sizeof(uint32_t) + 1);
	if (!b->keys || !b->codes)
		return -ENOMEM;
	key = b->keys;
	for (struct chunk *chunk = b->index->chunks; chunk; chunk = chunk->next)
		for (size_t at = 0; at < chunk->used; key++) {
			struct index_record *record = record_at(chunk->words, at);

			builder_make_key(b, key, record, codes);
			codes += record->length;
			at += record->words;
		}
	return 0;
}

static int key_compare(const void *pa, const void *pb, void *codes)
{
	const struct key *a = pa, *b = pb;
	const struct index_record *ra, *rb;
	int order;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	ra = a->record;
	rb = b->record;
	order = memcmp((uint8_t *)codes + a->codes, (uint8_t *)codes + b->codes,
		       ra->length < rb->length ? ra->length : rb->length);
	if (order)
		return order;
	if (ra->length != rb->length)
		return ra->length < rb->length ? -1 : 1;
	return ra->value < rb->value ? -1 : ra->value > rb->value;
}

/* The values that most patterns have: each that more than one in sixteen has is among them (Misra
 * and Gries, 1982). Any other choice would be right as well, only slower to search. */
static void builder_find_common_values(struct builder *b)
{
	struct index *index = b->index;
	size_t votes[COMMON_VALUES_MAX] = {0};

	for (size_t i = 0; i < index->count; i++) {
		uint32_t value = b->keys[i].record->value;
		unsigned at = 0, free = COMMON_VALUES_MAX;

		for (; at < COMMON_VALUES_MAX; at++) {
			if (votes[at] && index->common_values[at] == value)
				break;
			if (!votes[at])
				free = at;
		}
		if (at < COMMON_VALUES_MAX) {
			votes[at]++;
		} else if (free < COMMON_VALUES_MAX) {
			index->common_values[free] = value;
			votes[free] = 1;
		} else {
			for (at = 0; at < COMMON_VALUES_MAX; at++)
				votes[at]--;
		}
	}
	for (unsigned at = 0; at < COMMON_VALUES_MAX; at++)
		if (votes[at])
			index->common_values[index->common_count++] = index->common_values[at];
}

/* Copies the records in the order of the keys. */
static int builder_put_records(struct builder *b)
{
	struct index *index = b->index;
	size_t at = 0;

	index->records = malloc(index->words * sizeof(uint32_t) + 1);
	if (!index->records)
		return -ENOMEM;
	for (size_t i = 0; i < index->count; i++) {
		struct index_record *record = record_at(index->records, at);

		memcpy(record, b->keys[i].record, b->keys[i].record->words * sizeof(uint32_t));
		b->keys[i].record = record;
		at += record->words;
	}
	index_free_chunks(index);
	return 0;
}

static int builder_new_nodes(struct builder *b, size_t count, uint32_t *first)
{
	struct index *index = b->index;

	if (index->nodes_count + count > b->nodes_size) {
		size_t size = 2 * (index->nodes_count + count);
		struct index_node *nodes;

		if (size > UINT32_MAX)
			return -ENOMEM;
		nodes = reallocarray(index->nodes, size, sizeof(*nodes));
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

static uint8_t builder_code(const struct builder *b, size_t i, unsigned depth)
{
	return b->codes[b->keys[i].codes + depth];
}

static size_t builder_group_end(const struct builder *b, size_t from, size_t end, unsigned depth)
{
	uint8_t code = builder_code(b, from, depth);

	while (from < end && builder_code(b, from, depth) == code)
		from++;
	return from;
}

/* Do all of [from,end) go on with the same code? */
static bool builder_is_chain(const struct builder *b, size_t from, size_t end, unsigned depth)
{
	uint8_t code;

	if (b->keys[from].record->length == depth)
		return false;
	code = builder_code(b, from, depth);
	return code != CODE_ANY && code == builder_code(b, end - 1, depth);
}

/* The records that end at the node, or all if it is a leaf. Returns where the others begin. */
static size_t builder_keep_records(struct builder *b, struct index_node *node, size_t from,
				   size_t end, unsigned depth)
{
	bool leaf = end - from <= LEAF_MAX;

	for (; from < end; from++) {
		struct index_record *record = b->keys[from].record;
		unsigned length = pattern_weight(record_pattern(record))->explicit_length;

		if (record->length > depth && !leaf)
			break;
		if (record->length > depth)
			record->next = builder_code(b, from, depth);
		if (length > node->explicit_max)
			node->explicit_max = length;
		node->values |= index_value_bit(b->index, record->value);
		node->has_records = true;
	}
	if (node->has_records)
		b->keys[from - 1].record->last = true;
	return from;
}

static int builder_make_node(struct builder *b, size_t at, size_t from, size_t end, unsigned depth);

static int builder_make_children(struct builder *b, size_t at, size_t from, size_t end,
				 unsigned depth)
{
	struct index *index = b->index;
	uint32_t digits = 0, child;
	size_t groups = 0;
	int rc;

	for (size_t i = from; i < end; i = builder_group_end(b, i, end, depth), groups++)
		if (builder_code(b, i, depth) < PATTERN_SYMBOLS)
			digits |= 1u << builder_code(b, i, depth);
	rc = builder_new_nodes(b, groups, &child);
	if (rc < 0)
		return rc;
	index->nodes[at].children = child;
	index->nodes[at].digits = digits;
	index->nodes[at].sets_count = groups - __builtin_popcount(digits);
	for (; from < end; child++) {
		size_t next = builder_group_end(b, from, end, depth);

		index->nodes[child].code = builder_code(b, from, depth);
		rc = builder_make_node(b, child, from, next, depth + 1);
		if (rc < 0)
			return rc;
		if (index->nodes[child].explicit_max > index->nodes[at].explicit_max)
			index->nodes[at].explicit_max = index->nodes[child].explicit_max;
		index->nodes[at].values |= index->nodes[child].values;
		from = next;
	}
	return 0;
}

/* Makes the tree for the records [from,end), which agree in their first depth codes. */
static int builder_make_node(struct builder *b, size_t at, size_t from, size_t end, unsigned depth)
{
	struct index_node *node = &b->index->nodes[at];

	if (from < end)
		node->records = (uint32_t *)b->keys[from].record - b->index->records;
	if (end - from > LEAF_MAX)
		for (; builder_is_chain(b, from, end, depth); depth++)
			node->skip++;
	from = builder_keep_records(b, node, from, end, depth);
	return from < end ? builder_make_children(b, at, from, end, depth) : 0;
}

int index_seal(struct index *index)
{
	struct builder b = {.index = index};
	struct index_node *nodes;
	uint32_t root;
	int rc;

	rc = builder_make_keys(&b);
	if (rc < 0)
		goto done;
	builder_find_common_values(&b);
	qsort_r(b.keys, index->count, sizeof(*b.keys), key_compare, b.codes);
	rc = builder_put_records(&b);
	if (rc < 0)
		goto done;
	rc = builder_new_nodes(&b, 1, &root);
	if (rc < 0)
		goto done;
	rc = builder_make_node(&b, root, 0, index->count, 0);
	nodes = reallocarray(index->nodes, index->nodes_count, sizeof(*nodes));
	if (nodes)
		index->nodes = nodes;
done:
	free(b.keys);
	free(b.codes);
	return rc;
}
