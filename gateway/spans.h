/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * spans - the spans of the configuration: their descriptors, and what media says of them.
 *
 * spans_open() opens each controller that has a driver and is not shut down, and tells the media
 * client. The descriptors stay here until spans_close(): the media process may come and go.
 */
#ifndef GATEWAY_SPANS_H
#define GATEWAY_SPANS_H

#include <stdbool.h>
#include <stddef.h>

#include "drivers-glue/span/span.h"
#include "gateway/wire/messages.h"

struct conf;
struct media_client;

struct spans {
	struct tdm_descriptors descriptors[TDM_SPAN_MAX + 1];
	struct wire_span_state state[TDM_SPAN_MAX + 1]; /* as media last said; all zero before */
};

void spans_init(struct spans *spans);
/* why: one sentence with the remedy. What was opened before an error stays open. */
int spans_open(struct spans *spans, const struct conf *conf, struct media_client *media, char *why,
	       size_t why_size);
void spans_close(struct spans *spans);
/* Keeps the state and logs a change of alarms. Returns whether they have changed. */
bool spans_state_changed(struct spans *spans, unsigned span, const struct wire_span_state *state);

#endif
