/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * text_file - reads a whole file into memory.
 */
#ifndef CONF_TEXT_FILE_H
#define CONF_TEXT_FILE_H

#include <stddef.h>

/* *text is talloc'ed below ctx and not terminated. Returns 0, -EFBIG beyond 64 MiB, or what the
 * system says. */
int text_file_read(void *ctx, const char *path, char **text, size_t *size);

#endif
