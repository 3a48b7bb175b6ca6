/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * script_source - the text of a script: files to lines, lines to words, blocks matched, each line
 * checked as far as it can be before it runs.
 *
 * A line is an order and its words, separated by blanks; "quotes" hold blanks together, # begins a
 * comment. `repeat N [as NAME]` and `macro NAME [PARAMETER...]` begin blocks that `end` ends;
 * `include FILE` (relative to the including file) stands for that file's lines. $NAME or ${NAME}
 * inside a word is replaced when the line runs; for the check it is taken to be 01, but a word that
 * is $NAME as a whole is left as it is: script_message.h takes it for anything.
 *
 * Errors are negative errno, why has `file:line: what, and what was expected`.
 */
#ifndef GATEWAY_EXCHANGE_SCRIPT_SOURCE_H
#define GATEWAY_EXCHANGE_SCRIPT_SOURCE_H

#include <stddef.h>

#define SCRIPT_WORDS_MAX 32
#define SCRIPT_LINES_MAX 20000

struct script_line {
	const char *file;
	unsigned number;
	char *words[SCRIPT_WORDS_MAX]; /* the first is the order */
	unsigned count;
	unsigned end; /* of repeat, macro: its end; of end: its beginning */
};

struct script_source {
	struct script_line *lines;
	unsigned count;
};

/* check is called for each line with $NAMEs replaced by 01; it returns 0 or an error and why. */
typedef int script_check(const struct script_line *line, char *const *words, char *why,
			 size_t why_size);

/* out: talloc'ed on ctx. */
int script_source_read(void *ctx, const char *path, script_check *check, struct script_source **out,
		       char *why, size_t why_size);
/* The line of `macro NAME`; -1: there is none. */
int script_source_macro(const struct script_source *source, const char *name);

/* lookup gives the value of a variable, NULL if it has none; then -ENOENT and why. The result is
 * talloc'ed on ctx. */
int script_substitute(void *ctx, const char *word, const char *(*lookup)(void *arg, const char *),
		      void *arg, char **out);

#endif
