// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/phones.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"

/* ---- words */

const char *import_behind(const char *text, const char *words)
{
	size_t length = strlen(words);

	if (strncasecmp(text, words, length) != 0)
		return NULL;
	if (text[length] == ' ')
		return text + length + 1;
	return text[length] ? NULL : text + length;
}

bool import_word(const char *text, unsigned n, char out[IMPORT_WORD_MAX])
{
	size_t length;

	out[0] = '\0';
	for (; n; n--) {
		text += strcspn(text, " ");
		text += *text == ' ';
	}
	length = strcspn(text, " ");
	if (length == 0 || length >= IMPORT_WORD_MAX)
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

bool import_is_number(const char *text, unsigned *out)
{
	if (!*text || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
		return false;
	*out = (unsigned)strtoul(text, NULL, 10);
	return true;
}

unsigned import_line_number(const struct import *im, const struct import_line *line)
{
	return line ? (unsigned)(line - im->lines) + 1 : 0;
}

/* ---- verdicts */

void import_ignore(struct import_line *line, const char *note)
{
	line->verdict = IMPORT_IGNORED;
	line->note = note;
}

void import_changed(struct import_line *line, const char *note)
{
	line->verdict = IMPORT_CHANGED;
	line->note = note;
}

void import_taken(struct import_line *line)
{
	line->verdict = IMPORT_TAKEN;
	line->note = NULL;
}

char *import_text(struct import *im, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = talloc_vasprintf(im->lines, format, ap);
	va_end(ap);
	OSMO_ASSERT(text);
	return text;
}

void import_add_todo(struct import *im, const struct import_line *line, const char *format, ...)
{
	struct import_todo todo = {.from = import_line_number(im, line)};
	va_list ap;

	va_start(ap, format);
	todo.text = talloc_vasprintf(im->lines, format, ap);
	va_end(ap);
	im->todos = talloc_realloc(im, im->todos, struct import_todo, im->todos_count + 1);
	OSMO_ASSERT(todo.text && im->todos);
	im->todos[im->todos_count++] = todo;
}

/* ---- the result */

struct import_block *import_find_block(const struct import *im, const char *key)
{
	struct import_block *block;

	hash_for_each_possible(im->keys, block, node, fnv_text(key))
	{
		if (!block->dropped && strcmp(block->key, key) == 0)
			return block;
	}
	return NULL;
}

void import_put_to(struct import *im, struct import_block *block, const struct import_line *line,
		   const char *refers, const char *text)
{
	struct import_entry *entry;

	/* room grows in steps of two: counts are sums of them */
	if ((block->count & (block->count - 1)) == 0)
		block->entries = talloc_realloc(block, block->entries, struct import_entry,
						block->count ? 2 * block->count : 1);
	OSMO_ASSERT(block->entries);
	entry = &block->entries[block->count++];
	*entry = (struct import_entry){.from = import_line_number(im, line), .refers = refers};
	entry->text = talloc_strdup(block, text);
	OSMO_ASSERT(entry->text);
}

static struct import_block *add_block(struct import *im, const char *key)
{
	struct import_block *block = talloc_zero(im, struct import_block);

	if ((im->blocks_count & (im->blocks_count - 1)) == 0)
		im->blocks = talloc_realloc(im, im->blocks, struct import_block *,
					    im->blocks_count ? 2 * im->blocks_count : 1);
	OSMO_ASSERT(block && im->blocks);
	block->key = talloc_strdup(block, key);
	OSMO_ASSERT(block->key);
	hash_add(im->keys, &block->node, fnv_text(key));
	im->blocks[im->blocks_count++] = block;
	return block;
}

void import_define(struct import *im, const char *key)
{
	add_block(im, key);
}

struct import_block *import_open(struct import *im, struct import_line *line, const char *key,
				 const char *text)
{
	struct import_block *block = add_block(im, key);

	import_put_to(im, block, line, NULL, text);
	im->block = block;
	if (line && strcmp(line->text, text) == 0)
		import_taken(line);
	else if (line)
		import_changed(line, NULL);
	return block;
}

void import_put(struct import *im, const struct import_line *line, const char *refers,
		const char *format, ...)
{
	va_list ap;
	char *text;

	OSMO_ASSERT(im->block);
	va_start(ap, format);
	text = talloc_vasprintf(im->block, format, ap);
	va_end(ap);
	OSMO_ASSERT(text);
	import_put_to(im, im->block, line, refers,
		      import_text(im, " %s%s", im->sub ? " " : "", text));
}

void import_put_alone(struct import *im, const struct import_line *line, const char *text)
{
	struct import_block *open = im->block;

	import_open(im, NULL, text, text)->entries[0].from = import_line_number(im, line);
	im->block = open;
}

/* ---- the whole */

/* An image or an archive has more octets of zero than a bad line brings. */
static bool is_text(const char *text, size_t size)
{
	size_t zeros = 0;

	for (size_t i = 0; i < size; i++)
		zeros += text[i] == '\0';
	return zeros <= size / 100;
}

static size_t count_lines(const char *text, size_t size)
{
	const char *end = text + size;
	size_t count = 0;

	for (; text < end && (text = memchr(text, '\n', (size_t)(end - text))); text++)
		count++;
	return count;
}

int import_new(void *ctx, const char *name, const char *text, size_t size, char *why,
	       size_t why_size, struct import **out)
{
	struct import *im;

	if (!is_text(text, size)) {
		snprintf(why, why_size, "no text: expected what show running-config prints");
		return -EINVAL;
	}
	if (count_lines(text, size) >= IMPORT_LINES_MAX) {
		snprintf(why, why_size,
			 "more than %d lines: expected what show running-config prints",
			 IMPORT_LINES_MAX);
		return -EFBIG;
	}
	im = talloc_zero(ctx, struct import);
	OSMO_ASSERT(im);
	im->phones = talloc_zero(im, struct import_phones);
	OSMO_ASSERT(im->phones);
	im->name = talloc_strdup(im, name);
	import_read_lines(im, text, size);
	import_survey(im);
	import_convert(im);
	import_phones_end(im);
	import_tls_end(im);
	if (import_settle(im, why, why_size) < 0) {
		import_free(im);
		return -EINVAL;
	}
	*out = im;
	return 0;
}

void import_free(struct import *im)
{
	talloc_free(im);
}

static void walk_block(struct import_block *block, import_put_line put, void *arg)
{
	for (unsigned i = 0; i < block->count; i++)
		if (!block->entries[i].dropped)
			put(arg, block->entries[i].text, block, &block->entries[i]);
}

void import_walk(const struct import *im, import_put_line put, void *arg)
{
	bool apart = true; /* the last line is a separator */

	put(arg,
	    "! Made by sipspan import-ios. What became of each line of the old configuration, and",
	    NULL, NULL);
	put(arg, "! what is left to do, stands in its report.", NULL, NULL);
	put(arg, "!", NULL, NULL);
	for (unsigned i = 0; i < im->blocks_count; i++) {
		struct import_block *block = im->blocks[i];

		if (block->dropped || !block->count)
			continue;
		if (block->count > 1 && !apart)
			put(arg, "!", NULL, NULL);
		walk_block(block, put, arg);
		apart = block->count > 1;
		if (apart)
			put(arg, "!", NULL, NULL);
	}
	put(arg, "end", NULL, NULL);
}

static void write_line(void *arg, const char *text, struct import_block *block,
		       struct import_entry *entry)
{
	fprintf(arg, "%s\n", text);
}

void import_write(const struct import *im, FILE *out)
{
	import_walk(im, write_line, out);
}
