/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * expected - says which word of a refused line is wrong and what could have stood there.
 */
#ifndef CONF_EXPECTED_H
#define CONF_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>

/* line was refused in node. Fills text with one sentence. */
void expected_describe(int node, const char *line, char *text, size_t size);

/* Begins with a command that libosmovty puts into every node and that is no configuration: show,
 * write, exit and the like. */
bool expected_is_console_line(const char *line);

#endif
