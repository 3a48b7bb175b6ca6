// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/event.h"

#include <errno.h>
#include <string.h>

#define SAMPLES(ms) ((ms)*8)
#define PACKET_EVERY SAMPLES(20)
#define PAUSE SAMPLES(50)
#define RESUME_WAIT SAMPLES(120) /* longer than a detector needs to hear the digit again */
#define END_PACKETS 3
#define END_BIT 0x80
#define VOLUME 10 /* -10 dBm0 */
#define DURATION_MAX 0xffff
#define STRAGGLER SAMPLES(5000) /* farther back is a sender that started anew */

static const char event_digits[] = "0123456789*#ABCD";

/* ---- steps */

void digit_steps_add(struct digit_steps *steps, enum digit_step_kind kind, char digit,
		     unsigned duration_ms)
{
	if (steps->count == sizeof(steps->item) / sizeof(steps->item[0]))
		return; /* nobody takes them: then nobody misses them */
	steps->item[steps->count++] = (struct digit_step){kind, digit, duration_ms};
}

bool digit_steps_take(struct digit_steps *steps, struct digit_step *out)
{
	if (!steps->count)
		return false;
	*out = steps->item[0];
	memmove(&steps->item[0], &steps->item[1], --steps->count * sizeof(steps->item[0]));
	return true;
}

static int event_of(char digit)
{
	const char *at = digit ? strchr(event_digits, digit) : NULL;

	return at ? at - event_digits : -1;
}

bool digit_valid(uint32_t digit)
{
	return digit < 128 && event_of(digit) >= 0;
}

unsigned digit_duration_clamp(unsigned duration_ms)
{
	if (!duration_ms)
		return DIGIT_MS_USUAL;
	if (duration_ms < DIGIT_MS_MIN)
		return DIGIT_MS_MIN;
	return duration_ms > DIGIT_MS_MAX ? DIGIT_MS_MAX : duration_ms;
}

/* ---- receiver */

void event_receiver_init(struct event_receiver *r, struct digit_steps *steps)
{
	memset(r, 0, sizeof(*r));
	r->steps = steps;
}

static void receiver_end(struct event_receiver *r)
{
	digit_steps_add(r->steps, DIGIT_ENDED, r->digit, r->duration / 8);
	r->state = EVENT_QUIET;
	r->count++;
}

void event_receiver_start_anew(struct event_receiver *r)
{
	if (r->state == EVENT_HEARD)
		receiver_end(r);
	r->timestamp_known = false;
}

int event_received(struct event_receiver *r, uint32_t timestamp, const uint8_t *payload,
		   size_t length, uint64_t now_ns)
{
	uint16_t duration;
	bool end;

	if (length < EVENT_PAYLOAD || length % EVENT_PAYLOAD)
		return -EINVAL;
	if (payload[0] >= sizeof(event_digits) - 1)
		return 0;
	end = payload[1] & END_BIT;
	duration = payload[2] << 8 | payload[3];
	if (r->timestamp_known && r->timestamp - timestamp - 1 < STRAGGLER)
		return 0; /* of an event that is over */
	if (!r->timestamp_known || timestamp != r->timestamp) {
		if (r->state == EVENT_HEARD)
			receiver_end(r);
		r->state = EVENT_HEARD;
		r->digit = event_digits[payload[0]];
		r->timestamp = timestamp;
		r->timestamp_known = true;
		r->duration = 0;
		digit_steps_add(r->steps, DIGIT_BEGAN, r->digit, 0);
	}
	if (r->state == EVENT_QUIET)
		return 0; /* the end once more */
	r->heard_ns = now_ns;
	if (duration > r->duration)
		r->duration = duration;
	if (end)
		receiver_end(r);
	return 0;
}

void event_expire(struct event_receiver *r, uint64_t now_ns)
{
	if (r->state == EVENT_HEARD && now_ns - r->heard_ns >= EVENT_TIMEOUT_NS)
		receiver_end(r);
}

/* ---- sender */

void event_sender_init(struct event_sender *s)
{
	memset(s, 0, sizeof(*s));
}

void event_sender_drop(struct event_sender *s)
{
	s->state = EVENT_IDLE;
	s->queued = 0;
}

int event_start(struct event_sender *s, char digit, unsigned duration_ms)
{
	unsigned wanted = SAMPLES(duration_ms);

	if (s->state == EVENT_RESUMED && digit == s->digit && !duration_ms) {
		s->state = EVENT_GOING;
		return 0;
	}
	if (s->queued == EVENT_QUEUE)
		return -ENOBUFS;
	s->queue[s->queued].digit = digit;
	s->queue[s->queued++].wanted = wanted;
	return 0;
}

void event_stop(struct event_sender *s, char digit)
{
	for (unsigned i = 0; i < s->queued; i++) {
		if (s->queue[i].digit == digit && !s->queue[i].wanted) {
			s->queue[i].wanted = SAMPLES(DIGIT_MS_MIN);
			return;
		}
	}
	if (s->state == EVENT_GOING && s->digit == digit && !s->wanted)
		s->wanted =
		    s->duration > SAMPLES(DIGIT_MS_MIN) ? s->duration : SAMPLES(DIGIT_MS_MIN);
}

void event_resume(struct event_sender *s, char digit, uint32_t timestamp, unsigned duration)
{
	s->state = EVENT_RESUMED;
	s->digit = digit;
	s->timestamp = timestamp;
	s->duration = duration;
	s->wanted = 0;
	s->since_packet = 0;
	s->packets = 1;
}

bool event_busy(const struct event_sender *s)
{
	return s->state != EVENT_IDLE || s->queued;
}

static void begin(struct event_sender *s, uint32_t timestamp)
{
	s->state = EVENT_GOING;
	s->digit = s->queue[0].digit;
	s->wanted = s->queue[0].wanted;
	s->timestamp = timestamp;
	s->duration = s->packets = 0;
	s->since_packet = PACKET_EVERY; /* the first packet at once */
	memmove(&s->queue[0], &s->queue[1], --s->queued * sizeof(s->queue[0]));
}

static void fill(struct event_sender *s, bool end, struct event_packet *packet)
{
	packet->timestamp = s->timestamp;
	packet->marker = s->packets++ == 0;
	packet->payload[0] = event_of(s->digit);
	packet->payload[1] = (end ? END_BIT : 0) | VOLUME;
	packet->payload[2] = s->duration >> 8;
	packet->payload[3] = s->duration;
	s->since_packet = 0;
}

static bool over(const struct event_sender *s)
{
	return (s->wanted && s->duration >= s->wanted) || s->duration >= SAMPLES(DIGIT_MS_MAX);
}

static bool going(struct event_sender *s, unsigned samples, struct event_packet *packet)
{
	s->duration += samples;
	if (s->state == EVENT_RESUMED && s->since_packet >= RESUME_WAIT)
		s->wanted = s->duration;
	if (s->duration > DURATION_MAX)
		s->duration = DURATION_MAX;
	if (over(s)) {
		s->state = EVENT_ENDING;
		s->ends_left = END_PACKETS - 1;
		s->sent++;
		fill(s, true, packet);
		return true;
	}
	if (s->state == EVENT_RESUMED || s->since_packet < PACKET_EVERY)
		return false;
	fill(s, false, packet);
	return true;
}

bool event_step(struct event_sender *s, uint32_t now, unsigned samples, struct event_packet *packet)
{
	if (s->state == EVENT_IDLE && s->queued)
		begin(s, now - samples);
	else
		s->since_packet += samples;
	switch (s->state) {
	case EVENT_IDLE:
		return false;
	case EVENT_RESUMED:
	case EVENT_GOING:
		return going(s, samples, packet);
	case EVENT_ENDING:
		if (s->since_packet < PACKET_EVERY)
			return false;
		fill(s, true, packet);
		if (--s->ends_left == 0)
			s->state = s->queued ? EVENT_PAUSE : EVENT_IDLE;
		return true;
	case EVENT_PAUSE:
		if (s->since_packet >= PAUSE)
			s->state = EVENT_IDLE;
		return false;
	}
	return false;
}
