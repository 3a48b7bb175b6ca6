// SPDX-License-Identifier: GPL-2.0-or-later
/* Look-ups: along the digits, through every edge that takes them. */
#include <assert.h>
#include <string.h>

#include "dialplan/index_private.h"

static const struct index_record *node_records(const struct index *index,
					       const struct index_node *node)
{
	return (const void *)(index->records + node->records);
}

static const struct index_record *record_next(const struct index_record *record)
{
	return (const void *)((const uint32_t *)(const void *)record + record->words);
}

struct search {
	const struct index *index;
	const char *digits;
	size_t length;				/* of the number */
	unsigned count;				/* digits that can lead anywhere */
	uint8_t symbols[PATTERN_POSITIONS_MAX]; /* of these */
};

/* false: it is no number. */
static bool search_start(struct search *s, const struct index *index, const char *digits)
{
	assert(index->nodes); /* sealed */
	s->index = index;
	s->digits = digits;
	s->count = 0;
	for (s->length = 0; digits[s->length]; s->length++) {
		int symbol = pattern_symbol(digits[s->length]);

		if (symbol < 0)
			return false;
		if (s->count < PATTERN_POSITIONS_MAX)
			s->symbols[s->count++] = symbol;
	}
	return true;
}

static bool search_takes(const struct search *s, uint8_t code, unsigned depth)
{
	return s->index->sets[code] >> s->symbols[depth] & 1;
}

/* Do the atoms that the node skips take the digits, as far as there are any? */
static bool search_skips(const struct search *s, const struct index_node *node, unsigned depth)
{
	uint32_t sets[PATTERN_POSITIONS_MAX];

	pattern_leading_sets(record_pattern(node_records(s->index, node)), sets);
	for (unsigned end = depth + node->skip; depth < end && depth < s->count; depth++)
		if (!(sets[depth] >> s->symbols[depth] & 1))
			return false;
	return true;
}

static const struct index_node *search_child(const struct search *s, const struct index_node *node,
					     uint8_t symbol)
{
	uint32_t before = node->digits & ((1u << symbol) - 1);

	if (!(node->digits >> symbol & 1))
		return NULL;
	return &s->index->nodes[node->children + __builtin_popcount(before)];
}

static const struct index_node *search_sets(const struct search *s, const struct index_node *node)
{
	return &s->index->nodes[node->children + __builtin_popcount(node->digits)];
}

/* ---- what fits */

#define VISITS_MAX 32

struct find {
	struct search search;
	unsigned fits; /* bits of enum pattern_fit that are wanted */
	void (*fn)(void *arg, uint32_t value, const struct pattern *pattern);
	void *arg;
	/* Nodes along the digits. All are found before a record is read: the memory of the records
	 * is under way meanwhile. */
	struct visit {
		const struct index_record *records;
		unsigned depth; /* so many digits led there */
	} visits[VISITS_MAX];
	unsigned visits_count;
};

/* depth digits have led to the record. Where they are all that it wants, nothing is left to
 * compare. */
static enum pattern_fit find_fit(const struct search *s, const struct index_record *record,
				 unsigned depth)
{
	const struct pattern *pattern = record_pattern(record);

	if (record->length > depth) {
		if (s->count == depth || !search_takes(s, record->next, depth))
			return PATTERN_NO;
		depth++;
	}
	if (record->length > depth || !record->plain)
		return pattern_match(pattern, s->digits);
	if (pattern_weight(pattern)->variable || s->length == depth)
		return PATTERN_FULL;
	return pattern_is_anchored(pattern) ? PATTERN_NO : PATTERN_SURPLUS;
}

static void find_visit_records(struct find *f)
{
	for (unsigned v = 0; v < f->visits_count; v++) {
		const struct index_record *record = f->visits[v].records;

		for (;; record = record_next(record)) {
			if (f->fits >> find_fit(&f->search, record, f->visits[v].depth) & 1)
				f->fn(f->arg, record->value, record_pattern(record));
			if (record->last)
				break;
		}
	}
	f->visits_count = 0;
}

static void find_visit(struct find *f, const struct index_node *node, unsigned depth)
{
	const struct index_record *records = node_records(f->search.index, node);

	if (!node->has_records)
		return;
	if (f->visits_count == VISITS_MAX)
		find_visit_records(f);
	__builtin_prefetch(records);
	__builtin_prefetch((const char *)records + 64);
	f->visits[f->visits_count++] = (struct visit){records, depth};
}

static void find_walk(struct find *f, const struct index_node *node, unsigned depth)
{
	const struct search *s = &f->search;

	while (node) {
		const struct index_node *sets;

		if (node->skip && !search_skips(s, node, depth))
			return;
		depth += node->skip;
		if (depth > s->count)
			return;
		find_visit(f, node, depth);
		if (depth == s->count)
			return;
		sets = search_sets(s, node);
		for (unsigned i = 0; i < node->sets_count; i++)
			if (search_takes(s, sets[i].code, depth))
				find_walk(f, &sets[i], depth + 1);
		node = search_child(s, node, s->symbols[depth]);
		depth++;
	}
}

static void find_all(struct find *f, const struct index *index, const char *digits)
{
	f->visits_count = 0;
	if (!search_start(&f->search, index, digits))
		return;
	find_walk(f, &index->nodes[0], 0);
	find_visit_records(f);
}

void index_find(const struct index *index, const char *digits,
		void (*fn)(void *arg, uint32_t value, const struct pattern *pattern), void *arg)
{
	struct find f;

	f.fits = 1u << PATTERN_FULL | 1u << PATTERN_SURPLUS;
	f.fn = fn;
	f.arg = arg;
	find_all(&f, index, digits);
}

void index_find_exact(const struct index *index, const char *digits,
		      void (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		      void *arg)
{
	struct find f;

	f.fits = 1u << PATTERN_FULL;
	f.fn = fn;
	f.arg = arg;
	find_all(&f, index, digits);
}

/* ---- what a longer number could fit */

struct longer {
	struct search search;
	unsigned explicit_min;
	unsigned told; /* values that need not be told again: bits of index_value_bit() */
	bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern);
	void *arg;
};

static bool longer_fits(const struct longer *l, const struct index_record *record, unsigned depth)
{
	const struct search *s = &l->search;
	const struct pattern *pattern = record_pattern(record);

	if (pattern_weight(pattern)->explicit_length < l->explicit_min)
		return false;
	if (depth < s->count && record->length > depth && !search_takes(s, record->next, depth))
		return false;
	return pattern_can_grow(pattern, s->digits);
}

static bool longer_tell(struct longer *l, const struct index_record *record)
{
	unsigned value = index_value_bit(l->search.index, record->value);

	if (value & l->told)
		return true;
	l->told |= value & ~VALUES_OTHER;
	return l->fn(l->arg, record->value, record_pattern(record));
}

/* Along the digits, and then through all that lies below them. */
static bool longer_walk(struct longer *l, const struct index_node *node, unsigned depth)
{
	const struct search *s = &l->search;
	const struct index_record *record = node_records(s->index, node);
	const struct index_node *child;
	unsigned children = __builtin_popcount(node->digits) + node->sets_count;

	if (node->explicit_max < l->explicit_min || !(node->values & ~l->told) ||
	    (node->skip && !search_skips(s, node, depth)))
		return true;
	depth += node->skip;
	for (bool more = node->has_records; more; record = record_next(record)) {
		if (longer_fits(l, record, depth) && !longer_tell(l, record))
			return false;
		more = !record->last;
	}
	if (depth >= s->count) {
		for (unsigned i = 0; i < children; i++)
			if (!longer_walk(l, &s->index->nodes[node->children + i], depth + 1))
				return false;
		return true;
	}
	child = search_child(s, node, s->symbols[depth]);
	if (child && !longer_walk(l, child, depth + 1))
		return false;
	child = search_sets(s, node);
	for (unsigned i = 0; i < node->sets_count; i++)
		if (search_takes(s, child[i].code, depth) && !longer_walk(l, &child[i], depth + 1))
			return false;
	return true;
}

void index_find_longer(const struct index *index, const char *digits, unsigned explicit_min,
		       bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		       void *arg)
{
	struct longer l;

	l.explicit_min = explicit_min;
	l.told = 0;
	l.fn = fn;
	l.arg = arg;
	if (search_start(&l.search, index, digits))
		longer_walk(&l, &index->nodes[0], 0);
}
