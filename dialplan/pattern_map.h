/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pattern_map - voice class e164-pattern-map: many patterns behind one number, in the configuration
 * (`e164 PATTERN`) or in a file (`url file:PATH`), one pattern a line.
 *
 * pattern_map_new(), pattern_map_add() or pattern_map_read(), then pattern_map_each(). A map holds
 * text only, in the order given, as compactly as it can: a million entries are usual. A map fits if
 * one entry fits; its explicit length is that of the entry (rule 10, own).
 */
#ifndef DIALPLAN_PATTERN_MAP_H
#define DIALPLAN_PATTERN_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_MAP_PATH_MAX 255

struct pattern_map;

int pattern_map_new(struct pattern_map **out); /* -ENOMEM */
void pattern_map_free(struct pattern_map *map);
/* -EINVAL: no pattern, why says why; -ENOMEM */
int pattern_map_add(struct pattern_map *map, const char *pattern, char *why, size_t why_size);
/* All patterns of a text (a file's contents): one a line; blank lines and those that begin with ! or
 * # are left out (a pattern that begins with # is written \#). Lines end in LF or CR LF; spaces and
 * tabs around a pattern do not count. On error *line is the line that is wrong, 0 if none is, and
 * the map is as it was before. */
int pattern_map_read(struct pattern_map *map, const char *text, size_t length, unsigned *line,
		     char *why, size_t why_size);
size_t pattern_map_count(const struct pattern_map *map);
/* Until fn returns false. */
void pattern_map_each(const struct pattern_map *map, bool (*fn)(void *arg, const char *pattern),
		      void *arg);

#endif
