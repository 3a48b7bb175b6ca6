// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/pattern_map.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"

struct pattern_map {
	char *text; /* the patterns, each with its NUL */
	size_t used, size;
	size_t count;
};

int pattern_map_new(struct pattern_map **out)
{
	struct pattern_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	*out = map;
	return 0;
}

void pattern_map_free(struct pattern_map *map)
{
	if (!map)
		return;
	free(map->text);
	free(map);
}

__attribute__((format(printf, 4, 5))) static int map_error(int rc, char *why, size_t size,
							   const char *format, ...)
{
	va_list ap;

	if (why) {
		va_start(ap, format);
		vsnprintf(why, size, format, ap);
		va_end(ap);
	}
	return rc;
}

static int map_resize(struct pattern_map *map, size_t size)
{
	char *text = realloc(map->text, size ? size : 1);

	if (!text)
		return -ENOMEM;
	map->text = text;
	map->size = size;
	return 0;
}

int pattern_map_add(struct pattern_map *map, const char *pattern, char *why, size_t why_size)
{
	uint32_t memory[PATTERN_SIZE_MAX / sizeof(uint32_t)];
	int rc = pattern_compile_at(memory, pattern, why, why_size);
	size_t size;

	if (rc < 0)
		return rc;
	size = strlen(pattern) + 1;
	if (map->used + size > map->size &&
	    map_resize(map, map->size + map->size / 4 + PATTERN_TEXT_MAX + 1) < 0)
		return map_error(-ENOMEM, why, why_size, "out of memory");
	memcpy(map->text + map->used, pattern, size);
	map->used += size;
	map->count++;
	return 0;
}

/* ---- files */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int map_read_line(struct pattern_map *map, const char *begin, const char *end, char *why,
			 size_t why_size)
{
	char pattern[PATTERN_TEXT_MAX + 1];
	const char *nul = memchr(begin, '\0', end - begin);

	if (end > begin && end[-1] == '\r')
		end--;
	while (end > begin && is_blank(end[-1]))
		end--;
	while (end > begin && is_blank(*begin))
		begin++;
	if (begin == end || *begin == '!' || *begin == '#')
		return 0;
	if (nul)
		return map_error(-EINVAL, why, why_size, "the line holds a NUL byte");
	if (end - begin > PATTERN_TEXT_MAX)
		return map_error(-EINVAL, why, why_size, "the pattern is longer than %d characters",
				 PATTERN_TEXT_MAX);
	memcpy(pattern, begin, end - begin);
	pattern[end - begin] = '\0';
	return pattern_map_add(map, pattern, why, why_size);
}

int pattern_map_read(struct pattern_map *map, const char *text, size_t length, unsigned *line,
		     char *why, size_t why_size)
{
	const char *end = text + length;
	const size_t used = map->used, count = map->count;
	unsigned number = 0;

	/* One line of the text becomes no more than itself: this is enough, and what is too much is
	 * given back. */
	if (map_resize(map, map->used + length + 1) < 0) {
		*line = 0;
		return map_error(-ENOMEM, why, why_size, "out of memory");
	}
	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *line_end = newline ? newline : end;
		int rc = map_read_line(map, text, line_end, why, why_size);

		number++;
		if (rc < 0) {
			map->used = used;
			map->count = count;
			map_resize(map, used);
			*line = number;
			return rc;
		}
		text = newline ? newline + 1 : end;
	}
	map_resize(map, map->used);
	return 0;
}

size_t pattern_map_count(const struct pattern_map *map)
{
	return map->count;
}

void pattern_map_each(const struct pattern_map *map, bool (*fn)(void *arg, const char *pattern),
		      void *arg)
{
	const char *at = map->text;

	for (size_t i = 0; i < map->count; i++, at += strlen(at) + 1)
		if (!fn(arg, at))
			return;
}
