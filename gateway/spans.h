/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * spans - the spans of the configuration: their descriptors, and what is known of their state.
 *
 * spans_open() opens each controller that has a driver and is not shut down, and tells the media
 * client. The descriptors stay here until spans_close(): the media process may come and go. What a
 * pseudowire does is known from media; a card (cards.h) is watched from here.
 */
#ifndef GATEWAY_SPANS_H
#define GATEWAY_SPANS_H

#include <stdbool.h>
#include <stddef.h>

#include "drivers-glue/span/span.h"
#include "gateway/wire/messages.h"

struct card;
struct conf;
struct media_client;

/* The alarms of a span have changed. */
typedef void spans_alarms_handler(void *arg, unsigned span, unsigned alarms);

struct spans {
	struct media_client *media;
	spans_alarms_handler *on_alarms;
	void *arg;
	struct card *cards[TDM_SPAN_MAX + 1]; /* NULL: not a card */
	struct tdm_descriptors descriptors[TDM_SPAN_MAX + 1];
	/* own descriptors of B channels by timeslot; -1: the driver has none, or the card is away
	 */
	int channels[TDM_SPAN_MAX + 1][TDM_TIMESLOT_MAX + 1];
	struct wire_span_state state[TDM_SPAN_MAX + 1];	 /* all zero before it is known */
	struct tdm_line_counters line[TDM_SPAN_MAX + 1]; /* of cards */
};

/* on_alarms may be called as soon as spans are open. */
void spans_init(struct spans *spans, spans_alarms_handler *on_alarms, void *arg);
/* why: one sentence with the remedy. What was opened before an error stays open. */
int spans_open(struct spans *spans, const struct conf *conf, struct media_client *media, char *why,
	       size_t why_size);
/* Before the media client is freed: closes cards. */
void spans_close_cards(struct spans *spans);
void spans_close(struct spans *spans);
/* What media says of a span. */
void spans_heard(struct spans *spans, unsigned span, const struct wire_span_state *state);

/* ---- for cards.c */

int spans_tell_media(struct spans *spans, const struct tdm_span_config *config);
/* Keeps the new ones, logs a change and reports it. */
void spans_alarms_changed(struct spans *spans, unsigned span, unsigned before, unsigned alarms);
/* What a card's D channel counted: its frames pass here, not through the media process. */
void spans_frames(struct spans *spans, unsigned span, const struct tdm_counters *counters);

#endif
