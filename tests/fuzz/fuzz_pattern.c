// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns and numbers, fed with anything: lines of patterns, an empty line, lines of numbers. The
 * index must find what a walk over all patterns finds, a row of plain atoms must match as it does
 * inside a group, and what a map has read from the text must be what compiles.
 *
 * Built with clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. from this and pattern.c,
 * pattern_compile.c, pattern_map.c, index.c, index_find.c of dialplan.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/pattern if none is named),
 * and each of them cut off at every octet. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/index.h"
#include "dialplan/pattern_map.h"

#define PATTERNS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct plan {
	struct pattern *patterns[PATTERNS_MAX];
	struct pattern *grouped[PATTERNS_MAX]; /* the same with all atoms in a group; NULL: none */
	unsigned count;
	struct index *index;
};

static void check_counts(const struct pattern *p)
{
	const struct pattern_weight *w = pattern_weight(p);
	uint32_t sets[PATTERN_POSITIONS_MAX];

	assert(pattern_size(p) <= PATTERN_SIZE_MAX);
	assert(w->explicit_length <= w->literals);
	assert(w->literals + w->sets <= PATTERN_POSITIONS_MAX);
	assert(w->explicit_length <= pattern_leading_sets(p, sets));
	for (size_t i = 0; i < pattern_leading_sets(p, sets); i++)
		assert(sets[i] != 0 && sets[i] >> PATTERN_SYMBOLS == 0);
}

/* "^+12.T" as "(\+12.)T". */
static struct pattern *compile_grouped(const struct pattern *p)
{
	const char *text = pattern_text(p);
	char grouped[PATTERN_TEXT_MAX + 4], end[2] = "";
	struct pattern *out = NULL;
	size_t length;

	if (text[0] == '^')
		text++;
	length = strlen(text);
	if (length && strchr("T$", text[length - 1]))
		end[0] = text[--length];
	snprintf(grouped, sizeof(grouped), "(%s%.*s)%s", text[0] == '+' ? "\\" : "", (int)length,
		 text, end);
	if (pattern_is_plain(p))
		pattern_compile(grouped, &out, NULL, 0);
	return out;
}

static void plan_add(struct plan *plan, const char *text)
{
	struct pattern *p;
	char why[128] = "";
	int rc = pattern_compile(text, &p, why, sizeof(why));

	assert((rc < 0) == (why[0] != '\0'));
	if (rc < 0)
		return;
	check_counts(p);
	assert(strcmp(pattern_text(p), text) == 0);
	if (plan->count % 2)
		rc = index_add(plan->index, p, plan->count);
	else
		rc = index_add_text(plan->index, text, plan->count, NULL, 0);
	assert(rc == 0);
	plan->grouped[plan->count] = compile_grouped(p);
	plan->patterns[plan->count++] = p;
}

struct marks {
	const struct plan *plan;
	unsigned char times[PATTERNS_MAX];
};

static void mark(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct marks *marks = arg;

	assert(value < marks->plan->count);
	assert(!strcmp(pattern_text(pattern), pattern_text(marks->plan->patterns[value])));
	marks->times[value]++;
}

static bool mark_longer(void *arg, uint32_t value, const struct pattern *pattern)
{
	mark(arg, value, pattern);
	return true;
}

static void check_match(const struct pattern *p, const struct pattern *grouped, const char *digits)
{
	enum pattern_fit fit = pattern_match(p, digits);
	int missing = pattern_missing(p, digits);

	assert(pattern_consumed(p, digits) <= strlen(digits));
	assert((missing == 0) == (fit == PATTERN_FULL));
	assert(fit != PATTERN_PART || (pattern_can_grow(p, digits) && missing > 0));
	assert(missing <= 0 || pattern_can_grow(p, digits));
	if (!grouped)
		return;
	assert(pattern_match(grouped, digits) == fit);
	assert(pattern_can_grow(grouped, digits) == pattern_can_grow(p, digits));
	assert(pattern_missing(grouped, digits) == missing);
	assert(pattern_consumed(grouped, digits) == pattern_consumed(p, digits));
}

static void plan_ask(const struct plan *plan, const char *digits)
{
	struct marks en_bloc = {.plan = plan}, exact = {.plan = plan}, longer = {.plan = plan};
	unsigned explicit_min = strlen(digits) % 3;

	index_find(plan->index, digits, mark, &en_bloc);
	index_find_exact(plan->index, digits, mark, &exact);
	index_find_longer(plan->index, digits, explicit_min, mark_longer, &longer);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct pattern *p = plan->patterns[i];
		enum pattern_fit fit = pattern_match(p, digits);
		bool can_grow = pattern_weight(p)->explicit_length >= explicit_min &&
				pattern_can_grow(p, digits);

		check_match(p, plan->grouped[i], digits);
		assert(en_bloc.times[i] == (fit == PATTERN_FULL || fit == PATTERN_SURPLUS));
		assert(exact.times[i] == (fit == PATTERN_FULL));
		assert(longer.times[i] == can_grow);
	}
}

static bool check_entry(void *arg, const char *pattern)
{
	size_t *count = arg;
	struct pattern *p;

	assert(pattern_compile(pattern, &p, NULL, 0) == 0);
	pattern_free(p);
	++*count;
	return true;
}

static void read_as_map(const uint8_t *data, size_t size)
{
	struct pattern_map *map;
	size_t count = 0;
	unsigned line = 0;
	char why[128] = "";

	if (pattern_map_new(&map) < 0)
		return;
	if (pattern_map_read(map, (const char *)data, size, &line, why, sizeof(why)) < 0)
		assert(line > 0 && why[0] && pattern_map_count(map) == 0);
	pattern_map_each(map, check_entry, &count);
	assert(count == pattern_map_count(map));
	pattern_map_free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan = {.index = index_new()};
	char *text = malloc(size + 1), *line = text, *next;

	read_as_map(data, size);
	if (!text || !plan.index)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (; line && *line && *line != '\n' && plan.count < PATTERNS_MAX; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		plan_add(&plan, line);
	}
	if (index_seal(plan.index) < 0)
		abort();
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		plan_ask(&plan, line);
	}
	for (unsigned i = 0; i < plan.count; i++) {
		pattern_free(plan.patterns[i]);
		pattern_free(plan.grouped[i]);
	}
	index_free(plan.index);
	free(text);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	for (size_t cut = 0; cut <= size; cut++)
		replay_octets(octets, cut);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "pattern", replay);
}
#endif
