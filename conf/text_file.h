/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * text_file - reads a whole file into memory.
 */
#ifndef CONF_TEXT_FILE_H
#define CONF_TEXT_FILE_H

#include <stddef.h>

/* *text is talloc'ed below ctx and not terminated. Returns 0, -EFBIG beyond 64 MiB, -ENOTSUP for
 * what is no regular file (a pipe could make the gateway's loop wait), or what the system says. */
int text_file_read(void *ctx, const char *path, char **text, size_t *size);
/* The same of pipes too: for programs that have time, as `sipspan check <(generate)`. */
int text_file_read_waiting(void *ctx, const char *path, char **text, size_t *size);
/* The path of a file that the file at beside names: relative ones begin in its folder.
 * -ENAMETOOLONG. */
int text_file_beside(const char *beside, const char *name, char *path, size_t size);
const char *text_file_error(int error); /* "it has more than 64 MiB" */

#endif
