/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lines - the ISDN lines of the configuration: one for each D channel, from what `controller`,
 * `interface` and `voice-port` say of it.
 *
 * lines_build() after the spans are open and the office is made; lines_free() after the office.
 */
#ifndef GATEWAY_LINES_H
#define GATEWAY_LINES_H

#include <stddef.h>

#include "gateway/isdn/leg_isdn.h"

struct conf;
struct spans;

struct lines_parts {
	void *ctx;
	const struct conf *conf;
	const struct spans *spans;
	struct office *office;
	struct media_client *media;
};

/* Registers the kind PEER_POTS with the office. why: one sentence. */
int lines_build(struct isdn_lines *lines, const struct lines_parts *parts, char *why,
		size_t why_size);
/* What a new configuration says of lines that are up and can be taken at once: see
 * isdn_line_change(). -ENOMEM. */
int lines_change(struct isdn_lines *lines, const struct lines_parts *parts);
void lines_free(struct isdn_lines *lines);

#endif
