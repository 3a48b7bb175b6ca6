// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/difference.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define LINE_SIZE 1024
#define PEER "dial-peer voice "

struct block {
	const char *const *lines; /* the first one names it */
	size_t count, place;	  /* place: among the blocks */
};

struct conf_text {
	const char **lines;
	size_t count, size;
};

struct output {
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void *must(void *memory)
{
	OSMO_ASSERT(memory);
	return memory;
}

struct conf_text *conf_text_new(void *ctx)
{
	return must(talloc_zero(ctx, struct conf_text));
}

void conf_text_add(void *arg, const char *line)
{
	struct conf_text *text = arg;

	if (*line == '!' || strcmp(line, "end") == 0)
		return;
	if (text->count == text->size) {
		text->size = text->size ? 2 * text->size : 256;
		text->lines = must(talloc_realloc(text, text->lines, const char *, text->size));
	}
	text->lines[text->count++] = must(talloc_strdup(text, line));
}

/* ---- blocks */

static struct block *split(const struct conf_text *text, size_t *count)
{
	struct block *blocks = must(talloc_array(text, struct block, text->count + 1));
	size_t n = 0;

	for (size_t i = 0; i < text->count; i++) {
		if (*text->lines[i] != ' ' || n == 0) {
			blocks[n] = (struct block){&text->lines[i], 0, n};
			n++;
		}
		blocks[n - 1].count++;
	}
	*count = n;
	return blocks;
}

static int by_name(const void *pa, const void *pb)
{
	const struct block *a = *(const struct block *const *)pa;
	const struct block *b = *(const struct block *const *)pb;
	int rc = strcmp(a->lines[0], b->lines[0]);

	return rc ? rc : (a->place > b->place) - (a->place < b->place);
}

static struct block **sorted(struct block *blocks, size_t count)
{
	struct block **list = must(talloc_array(blocks, struct block *, count + 1));

	for (size_t i = 0; i < count; i++)
		list[i] = &blocks[i];
	qsort(list, count, sizeof(*list), by_name);
	return list;
}

/* partner[i]: the block of before that block i of after was, NULL: it is new. Of several with the
 * same first line the n-th is the n-th. */
static void pair(struct block *before, size_t before_count, struct block *after, size_t after_count,
		 const struct block **partner, bool *kept)
{
	struct block **a = sorted(before, before_count), **b = sorted(after, after_count);
	size_t i = 0, j = 0;

	while (i < before_count && j < after_count) {
		int order = strcmp(a[i]->lines[0], b[j]->lines[0]);

		if (order == 0) {
			kept[a[i]->place] = true;
			partner[b[j++]->place] = a[i++];
		} else if (order < 0) {
			i++;
		} else {
			j++;
		}
	}
	talloc_free(a);
	talloc_free(b);
}

/* ---- lines of one block */

static void put(const struct output *out, char sign, const char *text)
{
	char line[LINE_SIZE];

	if (!out->line)
		return;
	snprintf(line, sizeof(line), "%c %s", sign, text);
	out->line(out->arg, line);
}

static void put_all(const struct output *out, char sign, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(out, sign, lines[i]);
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* The line that the i-th one of a block stands below, if that is not the block's first. */
static const char *line_above(const char *const *lines, size_t i)
{
	size_t indent = indent_of(lines[i]);

	while (i > 1)
		if (indent_of(lines[--i]) < indent)
			return lines[i];
	return NULL;
}

struct comparison {
	const struct output *out;
	const char *const *a, *const *b; /* the whole blocks */
	size_t from;			 /* what is alike at the beginning */
	size_t n, m;			 /* lines between that and what is alike at the end */
	const char *above;		 /* told last */
};

static void put_changed(struct comparison *c, char sign, const char *const *lines, size_t i)
{
	const char *above = line_above(lines, i);

	if (above && (!c->above || strcmp(above, c->above) != 0))
		put(c->out, ' ', above);
	c->above = above;
	put(c->out, sign, lines[i]);
}

static bool alike(const struct comparison *c, long x, long y)
{
	return strcmp(c->a[c->from + x], c->b[c->from + y]) == 0;
}

/* The way from (0, 0) to (n, m) through the table of lines that are alike, shortest first (E. Myers:
 * An O(ND) Difference Algorithm, 1986). trace[d]: how far each diagonal -d..d comes with d changes.
 * Returns d, or -1: more than DIFFERENCE_LINES_MAX. */
static int find_way(const struct comparison *c, int **trace)
{
	for (int d = 0; d <= DIFFERENCE_LINES_MAX; d++) {
		int *last = d ? trace[d - 1] + (d - 1) : NULL, *now;

		trace[d] = must(talloc_array(trace, int, 2 * d + 1));
		now = trace[d] + d;
		for (int k = -d; k <= d; k += 2) {
			long x = 0;

			if (d && (k == -d || (k != d && last[k - 1] < last[k + 1])))
				x = last[k + 1];
			else if (d)
				x = last[k - 1] + 1;
			while (x < (long)c->n && x - k < (long)c->m && alike(c, x, x - k))
				x++;
			now[k] = (int)x;
			if (x >= (long)c->n && x - k >= (long)c->m)
				return d;
		}
	}
	return -1;
}

/* Walks back along the way: drop[x], add[y]: lines that are not alike. */
static void mark_way(const struct comparison *c, int **trace, int d, bool *drop, bool *add)
{
	long x = (long)c->n, y = (long)c->m;

	for (; d > 0; d--) {
		const int *last = trace[d - 1] + (d - 1);
		int k = (int)(x - y);

		if (k == -d || (k != d && last[k - 1] < last[k + 1])) {
			x = last[k + 1];
			y = x - (k + 1);
			add[y] = true;
		} else {
			x = last[k - 1];
			y = x - (k - 1);
			drop[x] = true;
		}
	}
}

static void put_way(struct comparison *c, const bool *drop, const bool *add)
{
	size_t x = 0, y = 0;

	while (x < c->n || y < c->m) {
		if (x < c->n && drop[x]) {
			put_changed(c, '-', c->a, c->from + x++);
		} else if (y < c->m && add[y]) {
			put_changed(c, '+', c->b, c->from + y++);
		} else {
			x++;
			y++;
		}
	}
}

static bool compare_blocks(const struct output *out, const struct block *a, const struct block *b)
{
	struct comparison c = {.out = out, .a = a->lines, .b = b->lines};
	size_t shorter = OSMO_MIN(a->count, b->count), tail = 0;
	bool *drop, *add;
	int **trace, d;

	while (c.from < shorter && strcmp(c.a[c.from], c.b[c.from]) == 0)
		c.from++;
	if (c.from == a->count && c.from == b->count)
		return false;
	while (tail < shorter - c.from &&
	       strcmp(c.a[a->count - 1 - tail], c.b[b->count - 1 - tail]) == 0)
		tail++;
	c.n = a->count - tail - c.from;
	c.m = b->count - tail - c.from;
	put(out, ' ', b->lines[0]);
	trace = must(talloc_zero_array(NULL, int *, DIFFERENCE_LINES_MAX + 1));
	drop = must(talloc_zero_array(trace, bool, c.n + 1));
	add = must(talloc_zero_array(trace, bool, c.m + 1));
	d = find_way(&c, trace);
	if (d < 0) {
		memset(drop, true, c.n);
		memset(add, true, c.m);
	} else {
		mark_way(&c, trace, d, drop, add);
	}
	put_way(&c, drop, add);
	talloc_free(trace);
	return true;
}

/* ---- both */

static struct difference_count *count_of(struct difference_counts *counts, const struct block *b)
{
	bool peer = strncmp(b->lines[0], PEER, strlen(PEER)) == 0;

	return peer ? &counts->peers : &counts->others;
}

void difference(const struct conf_text *before, const struct conf_text *after,
		void (*line)(void *arg, const char *text), void *arg,
		struct difference_counts *counts)
{
	const struct output out = {line, arg};
	size_t before_count, after_count, i = 0;
	struct block *a = split(before, &before_count), *b = split(after, &after_count);
	const struct block **partner =
	    must(talloc_zero_array(b, const struct block *, after_count + 1));
	bool *kept = must(talloc_zero_array(b, bool, before_count + 1));

	*counts = (struct difference_counts){{0}};
	pair(a, before_count, b, after_count, partner, kept);
	for (size_t j = 0; j <= after_count; j++) {
		size_t first = j;

		while (j < after_count && !partner[j])
			j++;
		/* what is gone stands before what came in its place */
		for (; i < before_count && (j == after_count || i < partner[j]->place); i++) {
			if (kept[i])
				continue;
			put_all(&out, '-', a[i].lines, a[i].count);
			count_of(counts, &a[i])->removed++;
		}
		for (; first < j; first++) {
			put_all(&out, '+', b[first].lines, b[first].count);
			count_of(counts, &b[first])->added++;
		}
		if (j < after_count && compare_blocks(&out, partner[j], &b[j]))
			count_of(counts, &b[j])->changed++;
	}
	talloc_free(a);
	talloc_free(b);
}
