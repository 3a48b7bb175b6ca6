// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trie over the leading atoms of the patterns. An edge is a digit, or a set of digits (dot or
 * brackets). Patterns that share their beginning and are few stay together in one leaf; whatever is
 * reached is checked against the whole pattern, so a leaf may hold more than fits.
 *
 *	2...  20[1-3]T  911		root -2-> leaf { 2... , 20[1-3]T }
 *					root -9-> leaf { 911 }
 */
#include "dialplan/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_MAX 4
#define CODES_MAX 256 /* 0..16 are digits, the rest are sets; one code is kept for "any" */

struct entry {
	const struct pattern *pattern;
	uint32_t value;
	uint8_t length;
	uint8_t codes[PATTERN_POSITIONS_MAX];
};

struct node {
	uint32_t entries, entries_count; /* patterns to check here */
	uint32_t children;		 /* first child: digits in order, then sets */
	uint32_t digits;		 /* symbols that have a child */
	uint16_t sets_count;
	uint8_t code;	      /* the edge that leads here */
	uint8_t explicit_max; /* longest explicit length here and below */
};

struct index {
	struct entry *entries;
	size_t count, size;
	uint32_t sets[CODES_MAX]; /* symbols of each code */
	unsigned sets_count;
	struct node *nodes;
	size_t nodes_count, nodes_size;
};

struct index *index_new(void)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	for (unsigned s = 0; s < PATTERN_SYMBOLS; s++)
		index->sets[s] = 1u << s;
	index->sets[PATTERN_SYMBOLS] = (1u << PATTERN_SYMBOLS) - 1;
	index->sets_count = PATTERN_SYMBOLS + 1;
	return index;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	free(index->entries);
	free(index->nodes);
	free(index);
}

/* With no code left "any" stands in: it leads to more checks, never to a miss. */
static uint8_t index_code(struct index *index, uint32_t set)
{
	for (unsigned code = 0; code < index->sets_count; code++)
		if (index->sets[code] == set)
			return code;
	if (index->sets_count == CODES_MAX)
		return PATTERN_SYMBOLS;
	index->sets[index->sets_count] = set;
	return index->sets_count++;
}

int index_add(struct index *index, const struct pattern *pattern, uint32_t value)
{
	uint32_t sets[PATTERN_POSITIONS_MAX];
	struct entry *e;

	if (index->count == index->size) {
		size_t size = index->size ? 2 * index->size : 64;

		e = reallocarray(index->entries, size, sizeof(*e));
		if (!e)
			return -ENOMEM;
		index->entries = e;
		index->size = size;
	}
	e = &index->entries[index->count++];
	*e = (struct entry){.pattern = pattern, .value = value};
	e->length = pattern_leading_sets(pattern, sets);
	for (unsigned i = 0; i < e->length; i++)
		e->codes[i] = index_code(index, sets[i]);
	return 0;
}

static int entry_compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	size_t common = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->codes, b->codes, common);

	if (order)
		return order;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

static int index_new_nodes(struct index *index, size_t count, uint32_t *first)
{
	if (index->nodes_count + count > index->nodes_size) {
		size_t size = 2 * (index->nodes_count + count);
		struct node *nodes = reallocarray(index->nodes, size, sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		index->nodes = nodes;
		index->nodes_size = size;
	}
	*first = index->nodes_count;
	memset(index->nodes + index->nodes_count, 0, count * sizeof(*index->nodes));
	index->nodes_count += count;
	return 0;
}

static uint32_t index_group_end(const struct index *index, uint32_t from, uint32_t end,
				unsigned depth)
{
	uint8_t code = index->entries[from].codes[depth];

	while (from < end && index->entries[from].codes[depth] == code)
		from++;
	return from;
}

static uint8_t index_explicit_max(const struct index *index, uint32_t from, uint32_t end)
{
	unsigned max = 0;

	for (; from < end; from++) {
		unsigned length = pattern_weight(index->entries[from].pattern)->explicit_length;

		if (length > max)
			max = length;
	}
	return max;
}

/* Makes the tree for entries[from..end), which agree in their first depth codes. */
static int index_build(struct index *index, uint32_t at, uint32_t from, uint32_t end,
		       unsigned depth)
{
	uint32_t digits = 0, children, child, inner;
	size_t groups = 0;
	int rc;

	index->nodes[at].entries = from;
	index->nodes[at].explicit_max = index_explicit_max(index, from, end);
	if (end - from <= LEAF_MAX) {
		index->nodes[at].entries_count = end - from;
		return 0;
	}
	for (inner = from; inner < end && index->entries[inner].length == depth; inner++)
		;
	index->nodes[at].entries_count = inner - from;
	for (uint32_t i = inner; i < end; i = index_group_end(index, i, end, depth), groups++)
		if (index->entries[i].codes[depth] < PATTERN_SYMBOLS)
			digits |= 1u << index->entries[i].codes[depth];
	if (!groups)
		return 0;
	rc = index_new_nodes(index, groups, &children);
	if (rc < 0)
		return rc;
	index->nodes[at].children = children;
	index->nodes[at].digits = digits;
	index->nodes[at].sets_count = groups - __builtin_popcount(digits);
	child = children;
	for (uint32_t i = inner; i < end; child++) {
		uint32_t next = index_group_end(index, i, end, depth);

		index->nodes[child].code = index->entries[i].codes[depth];
		rc = index_build(index, child, i, next, depth + 1);
		if (rc < 0)
			return rc;
		i = next;
	}
	return 0;
}

int index_seal(struct index *index)
{
	uint32_t root;
	int rc;

	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), entry_compare);
	rc = index_new_nodes(index, 1, &root);
	if (rc < 0)
		return rc;
	return index_build(index, root, 0, index->count, 0);
}

/* ---- look-up */

/* The children of node that the digit leads to: calls fn for each until it returns false. */
static bool index_descend(const struct index *index, const struct node *node, int symbol,
			  bool (*fn)(void *arg, const struct node *child), void *arg)
{
	const struct node *sets = &index->nodes[node->children + __builtin_popcount(node->digits)];

	if (node->digits >> symbol & 1) {
		uint32_t before = node->digits & ((1u << symbol) - 1);

		if (!fn(arg, &index->nodes[node->children + __builtin_popcount(before)]))
			return false;
	}
	for (unsigned i = 0; i < node->sets_count; i++)
		if (index->sets[sets[i].code] >> symbol & 1 && !fn(arg, &sets[i]))
			return false;
	return true;
}

struct search {
	const struct index *index;
	const char *digits;
	unsigned depth; /* so many digits led to where the search is */
	unsigned fits;	/* bits of enum pattern_fit */
	void (*fn)(void *arg, uint32_t value, const struct pattern *pattern);
	void *arg;
};

static bool index_walk(void *arg, const struct node *node)
{
	struct search *s = arg;
	int symbol;

	for (uint32_t i = 0; i < node->entries_count; i++) {
		const struct entry *e = &s->index->entries[node->entries + i];

		if (s->fits >> pattern_match(e->pattern, s->digits) & 1)
			s->fn(s->arg, e->value, e->pattern);
	}
	if (!s->digits[s->depth] || (symbol = pattern_symbol(s->digits[s->depth])) < 0)
		return true;
	s->depth++;
	index_descend(s->index, node, symbol, index_walk, s);
	s->depth--;
	return true;
}

void index_find(const struct index *index, const char *digits,
		void (*fn)(void *arg, uint32_t value, const struct pattern *pattern), void *arg)
{
	struct search search = {.index = index,
				.digits = digits,
				.fits = 1u << PATTERN_FULL | 1u << PATTERN_SURPLUS,
				.fn = fn,
				.arg = arg};

	index_walk(&search, &index->nodes[0]);
}

void index_find_exact(const struct index *index, const char *digits,
		      void (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		      void *arg)
{
	struct search search = {
	    .index = index, .digits = digits, .fits = 1u << PATTERN_FULL, .fn = fn, .arg = arg};

	index_walk(&search, &index->nodes[0]);
}

struct longer_search {
	const struct index *index;
	const char *digits;
	unsigned depth, explicit_min;
	bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern);
	void *arg;
};

/* Along the digits, and then through all that lies below them. */
static bool index_walk_longer(void *arg, const struct node *node)
{
	struct longer_search *s = arg;
	const struct index *index = s->index;
	size_t children = __builtin_popcount(node->digits) + node->sets_count;
	bool go_on = true;
	int symbol;

	if (node->explicit_max < s->explicit_min)
		return true;
	for (uint32_t i = 0; i < node->entries_count; i++) {
		const struct entry *e = &index->entries[node->entries + i];

		if (pattern_weight(e->pattern)->explicit_length >= s->explicit_min &&
		    pattern_can_grow(e->pattern, s->digits) && !s->fn(s->arg, e->value, e->pattern))
			return false;
	}
	if (!s->digits[s->depth]) {
		for (size_t i = 0; go_on && i < children; i++)
			go_on = index_walk_longer(s, &index->nodes[node->children + i]);
		return go_on;
	}
	symbol = pattern_symbol(s->digits[s->depth]);
	if (symbol < 0)
		return true;
	s->depth++;
	go_on = index_descend(index, node, symbol, index_walk_longer, s);
	s->depth--;
	return go_on;
}

void index_find_longer(const struct index *index, const char *digits, unsigned explicit_min,
		       bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		       void *arg)
{
	struct longer_search search = {
	    .index = index, .digits = digits, .explicit_min = explicit_min, .fn = fn, .arg = arg};

	index_walk_longer(&search, &index->nodes[0]);
}
