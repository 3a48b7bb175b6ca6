/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cards - the spans of telephony cards (driver dahdi): opened, watched, given up when they go, and
 * opened again when they are back.
 *
 * A card that cannot be opened says why in the log, once for each reason, and is tried again every
 * two seconds; calls hunt on meanwhile. Alarms are seen here at once (the D channel is ready for
 * exceptions) and at the latest after a second, whether media lives or not.
 *
 * The D channel's descriptor keeps its number for ever: without a card a socket that never says
 * anything is behind it. So nobody who uses it needs to know.
 */
#ifndef GATEWAY_CARDS_H
#define GATEWAY_CARDS_H

#include "gateway/spans.h"

struct conf_controller;
struct card;

/* Puts the D channel into spans->descriptors and the B channels into spans->channels of its span.
 * -errno only if this program is out of memory or descriptors. */
int card_new(struct spans *spans, const struct conf_controller *controller, struct card **out);
void card_free(struct card *card);

#endif
