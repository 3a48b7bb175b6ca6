// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/digit_event.h"

#include <errno.h>
#include <string.h>

#include "gateway/call/leg.h"

#define END 0x80
#define VOLUME 10 /* -10 dBm0 */
#define DURATION_MAX_MS 6000

static const char digits[] = "0123456789*#ABCD";

/* The unit of duration is the millisecond, as NOTIFY says rate=1000. */
static void add(struct digit_events *events, unsigned event, uint8_t flags, unsigned ms)
{
	const uint8_t octets[DIGIT_EVENT_SIZE] = {(uint8_t)event, flags | VOLUME,
						  (uint8_t)(ms >> 8), (uint8_t)ms};

	if (events->count < DIGIT_EVENTS_MAX)
		memcpy(events->octets[events->count++], octets, sizeof(octets));
}

void digit_events_add(struct digit_events *events, const struct leg_digit *digit)
{
	const char *at = digit->digit ? strchr(digits, digit->digit) : NULL;
	unsigned ms = digit->duration_ms < DURATION_MAX_MS ? digit->duration_ms : DURATION_MAX_MS;

	if (!at || events->count + 2 > DIGIT_EVENTS_MAX)
		return;
	add(events, (unsigned)(at - digits), 0, 0);
	add(events, (unsigned)(at - digits), END, ms);
}

bool digit_events_take(struct digit_events *events, uint8_t out[DIGIT_EVENT_SIZE])
{
	if (!events->count)
		return false;
	memcpy(out, events->octets[0], DIGIT_EVENT_SIZE);
	events->count--;
	memmove(events->octets[0], events->octets[1], events->count * DIGIT_EVENT_SIZE);
	return true;
}

int digit_event_read(const void *body, size_t size, struct leg_digit *out)
{
	const uint8_t *octets = body;
	unsigned ms;

	if (size != DIGIT_EVENT_SIZE || octets[0] >= sizeof(digits) - 1)
		return -EBADMSG;
	ms = (unsigned)octets[2] << 8 | octets[3];
	out->digit = digits[octets[0]];
	out->duration_ms = ms < DURATION_MAX_MS ? ms : DURATION_MAX_MS;
	return octets[1] & END ? 1 : 0;
}
