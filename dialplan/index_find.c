// SPDX-License-Identifier: GPL-2.0-or-later
/* Look-ups: along the digits, through every edge that takes them. */
#include <assert.h>
#include <string.h>

#include "dialplan/index_private.h"

struct search {
	const struct index *index;
	const char *digits;
	size_t length;				/* of the number */
	unsigned count;				/* digits that can lead anywhere */
	uint8_t symbols[PATTERN_POSITIONS_MAX]; /* of these */
	unsigned fits;				/* bits of enum pattern_fit that are wanted */
	unsigned explicit_min;
	void (*fn)(void *arg, uint32_t value, const struct pattern *pattern);
	bool (*fn_longer)(void *arg, uint32_t value, const struct pattern *pattern);
	void *arg;
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

	pattern_leading_sets(s->index->entries[node->entries].pattern, sets);
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

/* depth digits have led to the entry. Where they are all that it wants, the pattern itself need not
 * be looked at. */
static bool entry_fits(const struct search *s, const struct index_entry *e, unsigned depth)
{
	if (e->length > depth) {
		if (s->count == depth || !search_takes(s, e->next, depth))
			return false;
		depth++;
	}
	if (e->length > depth || !e->plain)
		return s->fits >> pattern_match(e->pattern, s->digits) & 1;
	if (e->variable || s->length == depth)
		return s->fits >> PATTERN_FULL & 1;
	return !e->anchored && s->fits >> PATTERN_SURPLUS & 1;
}

static void walk(const struct search *s, const struct index_node *node, unsigned depth)
{
	while (node) {
		const struct index_entry *e = &s->index->entries[node->entries];
		const struct index_node *sets;
		uint8_t symbol;

		if (node->skip && !search_skips(s, node, depth))
			return;
		depth += node->skip;
		if (depth > s->count)
			return;
		for (uint32_t i = 0; i < node->entries_count; i++, e++)
			if (entry_fits(s, e, depth))
				s->fn(s->arg, e->value, e->pattern);
		if (depth == s->count)
			return;
		symbol = s->symbols[depth];
		sets = search_sets(s, node);
		for (unsigned i = 0; i < node->sets_count; i++)
			if (search_takes(s, sets[i].code, depth))
				walk(s, &sets[i], depth + 1);
		node = search_child(s, node, symbol);
		depth++;
	}
}

void index_find(const struct index *index, const char *digits,
		void (*fn)(void *arg, uint32_t value, const struct pattern *pattern), void *arg)
{
	struct search s;

	s.fits = 1u << PATTERN_FULL | 1u << PATTERN_SURPLUS;
	s.fn = fn;
	s.arg = arg;
	if (search_start(&s, index, digits))
		walk(&s, &index->nodes[0], 0);
}

void index_find_exact(const struct index *index, const char *digits,
		      void (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		      void *arg)
{
	struct search s;

	s.fits = 1u << PATTERN_FULL;
	s.fn = fn;
	s.arg = arg;
	if (search_start(&s, index, digits))
		walk(&s, &index->nodes[0], 0);
}

/* ---- what a longer number could fit */

static bool entry_can_grow(const struct search *s, const struct index_entry *e, unsigned depth)
{
	if (e->explicit_length < s->explicit_min)
		return false;
	if (depth < s->count && e->length > depth && !search_takes(s, e->next, depth))
		return false;
	return pattern_can_grow(e->pattern, s->digits);
}

/* Along the digits, and then through all that lies below them. */
static bool walk_longer(const struct search *s, const struct index_node *node, unsigned depth)
{
	const struct index_entry *e = &s->index->entries[node->entries];
	const struct index_node *child;
	unsigned children = __builtin_popcount(node->digits) + node->sets_count;

	if (node->explicit_max < s->explicit_min || (node->skip && !search_skips(s, node, depth)))
		return true;
	depth += node->skip;
	for (uint32_t i = 0; i < node->entries_count; i++, e++)
		if (entry_can_grow(s, e, depth) && !s->fn_longer(s->arg, e->value, e->pattern))
			return false;
	if (depth >= s->count) {
		for (unsigned i = 0; i < children; i++)
			if (!walk_longer(s, &s->index->nodes[node->children + i], depth + 1))
				return false;
		return true;
	}
	child = search_child(s, node, s->symbols[depth]);
	if (child && !walk_longer(s, child, depth + 1))
		return false;
	child = search_sets(s, node);
	for (unsigned i = 0; i < node->sets_count; i++)
		if (search_takes(s, child[i].code, depth) && !walk_longer(s, &child[i], depth + 1))
			return false;
	return true;
}

void index_find_longer(const struct index *index, const char *digits, unsigned explicit_min,
		       bool (*fn)(void *arg, uint32_t value, const struct pattern *pattern),
		       void *arg)
{
	struct search s;

	s.explicit_min = explicit_min;
	s.fn_longer = fn;
	s.arg = arg;
	if (search_start(&s, index, digits))
		walk_longer(&s, &index->nodes[0], 0);
}
