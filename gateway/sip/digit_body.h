/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digit_body - a digit as the body of an INFO: application/dtmf-relay ("Signal=5", "Duration=160", a line
 * each) or application/dtmf ("5"). No RFC: as gateways and telephones send it. The text is hostile.
 */
#ifndef GATEWAY_SIP_DIGIT_BODY_H
#define GATEWAY_SIP_DIGIT_BODY_H

#include <stdbool.h>

#include "gateway/call/leg.h"

#define DIGIT_BODY_MS 160 /* where the far end does not say */
#define DIGIT_BODY_MAX_MS 6000

bool digit_body_is_one(const char *type);
/* type: one of those. -EBADMSG: there is no digit in it. */
int digit_body_read(const char *type, const char *text, struct leg_digit *out);

#endif
