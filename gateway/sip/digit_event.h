/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digit_event - digits in NOTIFY telephone-event: audio/telephone-event, the four octets of RFC 4733, two
 * for each digit: it begins, it has ended. A queue, as one NOTIFY is under way at a time.
 */
#ifndef GATEWAY_SIP_DIGIT_EVENT_H
#define GATEWAY_SIP_DIGIT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGIT_EVENT_SIZE 4
#define DIGIT_EVENTS_MAX 32

struct leg_digit;

struct digit_events { /* all zero: empty */
	uint8_t octets[DIGIT_EVENTS_MAX][DIGIT_EVENT_SIZE];
	unsigned count;
};

/* What has no room is left out. */
void digit_events_add(struct digit_events *events, const struct leg_digit *digit);
bool digit_events_take(struct digit_events *events, uint8_t out[DIGIT_EVENT_SIZE]);
/* 1: the end of a digit; 0: its beginning; -EBADMSG. */
int digit_event_read(const void *octets, size_t size, struct leg_digit *out);

#endif
