/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * progress - what a progress indicator means for the audio path (RFC 3398 7.2.3, Q.931 4.5.23).
 */
#ifndef GATEWAY_CALL_PROGRESS_H
#define GATEWAY_CALL_PROGRESS_H

#include "gateway/call/leg.h"

/* One meaning, whoever said it: indicators 1 and 8 announce tones, and tones without indicator
 * (early media of SIP) are indicator 8. in may be NULL: no progress at all. */
struct progress progress_normal(const struct progress *in);

#endif
