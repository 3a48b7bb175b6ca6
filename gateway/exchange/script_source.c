// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/script_source.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#define INCLUDES_MAX 8 /* one within another */
#define BLOCKS_MAX 16
#define LINE_MAX_OCTETS 4096
#define NAME_MAX_OCTETS 64

struct reader {
	struct script_source *source;
	script_check *check;
	unsigned depth;
	const char *file;
	unsigned line;
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct reader *r, const char *format, ...)
{
	int used = snprintf(r->why, r->why_size, "%s:%u: ", r->file, r->line);
	va_list args;

	va_start(args, format);
	if (used > 0 && (size_t)used < r->why_size)
		vsnprintf(r->why + used, r->why_size - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- variables */

static const char *const probe = "01";
static const char name_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static const char *lookup_probe(void *arg, const char *name)
{
	return probe;
}

int script_substitute(void *ctx, const char *word, const char *(*lookup)(void *arg, const char *),
		      void *arg, char **out)
{
	char *text = talloc_strdup(ctx, "");

	while (text != NULL && *word != '\0') {
		size_t plain = strcspn(word, "$");
		char name[NAME_MAX_OCTETS];
		size_t length = 0;
		bool braces;
		const char *value;

		text = talloc_strndup_append(text, word, plain);
		word += plain;
		if (*word != '$')
			break;
		braces = word[1] == '{';
		word += braces ? 2 : 1;
		while (isalnum((unsigned char)word[length]) || word[length] == '_')
			length++;
		if (length == 0 || length >= sizeof(name) || (braces && word[length] != '}'))
			return -EINVAL;
		memcpy(name, word, length);
		name[length] = '\0';
		word += length + (braces ? 1 : 0);
		value = lookup(arg, name);
		if (value == NULL)
			return -ENOENT;
		text = talloc_strdup_append(text, value);
	}
	if (text == NULL)
		return -ENOMEM;
	*out = text;
	return 0;
}

/* ---- words */

/* Cuts text up; quotes are taken away. */
static int words_split(struct reader *r, char *text, struct script_line *line)
{
	char *in = text;

	while (*in != '\0') {
		char *out = in, *word = in;
		bool quoted = false;

		if (isspace((unsigned char)*in)) {
			in++;
			continue;
		}
		if (*in == '#')
			break;
		if (line->count == SCRIPT_WORDS_MAX)
			return refuse(r, "more than %u words", SCRIPT_WORDS_MAX);
		for (; *in != '\0' && (quoted || !isspace((unsigned char)*in)); in++) {
			if (*in == '"')
				quoted = !quoted;
			else
				*out++ = *in;
		}
		if (quoted)
			return refuse(r, "a quote is not closed");
		if (*in != '\0')
			in++;
		*out = '\0';
		line->words[line->count] = talloc_strdup(r->source, word);
		if (line->words[line->count++] == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* $NAME or ${NAME}, and nothing else */
static bool is_variable(const char *word)
{
	const char *name = word + (word[0] == '$' && word[1] == '{' ? 2 : 1);
	size_t length = word[0] == '$' ? strspn(name, name_characters) : 0;

	return length > 0 && strcmp(name + length, name == word + 2 ? "}" : "") == 0;
}

static int line_check(struct reader *r, const struct script_line *line)
{
	char *words[SCRIPT_WORDS_MAX];
	void *scratch = talloc_new(r->source);
	char why[256] = "out of memory";
	int rc = scratch != NULL ? 0 : -ENOMEM;

	for (unsigned i = 0; rc == 0 && i < line->count; i++) {
		words[i] = line->words[i];
		if (is_variable(words[i]))
			continue; /* all of it is known when it runs */
		rc = script_substitute(scratch, line->words[i], lookup_probe, NULL, &words[i]);
		if (rc < 0)
			snprintf(why, sizeof(why), "%.100s: expected $NAME or ${NAME}",
				 line->words[i]);
	}
	if (rc == 0)
		rc = r->check(line, words, why, sizeof(why));
	talloc_free(scratch);
	return rc < 0 ? refuse(r, "%s", why) : 0;
}

static int file_read(struct reader *r, const char *path);

static int include(struct reader *r, const struct script_line *line)
{
	struct reader inner = *r;
	const char *slash = strrchr(r->file, '/');
	char *path;

	if (line->count != 2)
		return refuse(r, "expected include FILE");
	if (++inner.depth > INCLUDES_MAX)
		return refuse(r, "more than %u files include each other", INCLUDES_MAX);
	if (line->words[1][0] == '/' || slash == NULL)
		path = talloc_strdup(r->source, line->words[1]);
	else
		path = talloc_asprintf(r->source, "%.*s%s", (int)(slash - r->file + 1), r->file,
				       line->words[1]);
	return path != NULL ? file_read(&inner, path) : -ENOMEM;
}

static int line_read(struct reader *r, char *text)
{
	struct script_line line = {.file = r->file, .number = r->line};
	int rc = words_split(r, text, &line);

	if (rc < 0 || line.count == 0)
		return rc;
	if (strcmp(line.words[0], "include") == 0)
		return include(r, &line);
	rc = line_check(r, &line);
	if (rc < 0)
		return rc;
	if (r->source->count == SCRIPT_LINES_MAX)
		return refuse(r, "more than %u lines", SCRIPT_LINES_MAX);
	r->source->lines =
	    talloc_realloc(r->source, r->source->lines, struct script_line, r->source->count + 1);
	if (r->source->lines == NULL)
		return -ENOMEM;
	r->source->lines[r->source->count++] = line;
	return 0;
}

static int file_read(struct reader *r, const char *path)
{
	FILE *file = fopen(path, "re");
	char text[LINE_MAX_OCTETS];
	int rc = 0;

	if (file == NULL) {
		rc = -errno;
		if (r->file == NULL)
			snprintf(r->why, r->why_size, "%s cannot be read: %s", path, strerror(-rc));
		else
			refuse(r, "%s cannot be read: %s", path, strerror(-rc));
		return rc;
	}
	r->file = path;
	r->line = 0;
	while (rc == 0 && fgets(text, sizeof(text), file) != NULL) {
		r->line++;
		if (strlen(text) == sizeof(text) - 1)
			rc = refuse(r, "longer than %zu characters", sizeof(text) - 2);
		else
			rc = line_read(r, text);
	}
	if (rc == 0 && ferror(file))
		rc = refuse(r, "cannot be read: %s", strerror(EIO));
	fclose(file);
	return rc;
}

/* ---- blocks */

static bool is(const struct script_line *line, const char *order)
{
	return strcmp(line->words[0], order) == 0;
}

static int blocks_match(struct reader *r)
{
	struct script_source *source = r->source;
	unsigned open[BLOCKS_MAX];
	unsigned depth = 0;

	for (unsigned i = 0; i < source->count; i++) {
		struct script_line *line = &source->lines[i];

		r->file = line->file;
		r->line = line->number;
		if (is(line, "macro") && depth > 0)
			return refuse(r, "macro: expected outside of all blocks");
		if (is(line, "macro") && script_source_macro(source, line->words[1]) != (int)i)
			return refuse(r, "macro %s exists already", line->words[1]);
		if (is(line, "repeat") || is(line, "macro")) {
			if (depth == BLOCKS_MAX)
				return refuse(r, "more than %u blocks in each other", BLOCKS_MAX);
			open[depth++] = i;
		} else if (is(line, "end")) {
			if (depth == 0)
				return refuse(r, "end: expected repeat or macro before");
			line->end = open[--depth];
			source->lines[line->end].end = i;
		}
	}
	if (depth == 0)
		return 0;
	r->file = source->lines[open[depth - 1]].file;
	r->line = source->lines[open[depth - 1]].number;
	return refuse(r, "%s: expected end after it", source->lines[open[depth - 1]].words[0]);
}

int script_source_macro(const struct script_source *source, const char *name)
{
	for (unsigned i = 0; i < source->count; i++) {
		if (is(&source->lines[i], "macro") && strcmp(source->lines[i].words[1], name) == 0)
			return (int)i;
	}
	return -1;
}

/* Each `do` has its macro, and as many values as that has parameters. */
static int calls_match(struct reader *r)
{
	const struct script_source *source = r->source;

	for (unsigned i = 0; i < source->count; i++) {
		const struct script_line *line = &source->lines[i];
		int macro;

		if (!is(line, "do"))
			continue;
		r->file = line->file;
		r->line = line->number;
		if (strchr(line->words[1], '$') != NULL)
			continue; /* known when it runs */
		macro = script_source_macro(source, line->words[1]);
		if (macro < 0)
			return refuse(r, "do %s: there is no such macro", line->words[1]);
		if (source->lines[macro].count != line->count)
			return refuse(r, "do %s: expected %u values", line->words[1],
				      source->lines[macro].count - 2);
	}
	return 0;
}

int script_source_read(void *ctx, const char *path, script_check *check, struct script_source **out,
		       char *why, size_t why_size)
{
	struct script_source *source = talloc_zero(ctx, struct script_source);
	struct reader r = {.source = source, .check = check, .why = why, .why_size = why_size};
	int rc;

	if (source == NULL)
		return -ENOMEM;
	rc = file_read(&r, talloc_strdup(source, path));
	if (rc == 0)
		rc = blocks_match(&r);
	if (rc == 0)
		rc = calls_match(&r);
	if (rc < 0) {
		talloc_free(source);
		return rc;
	}
	*out = source;
	return 0;
}
