/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * event - DTMF digits as RFC 4733 telephone-events: a receiver and a sender.
 *
 * Receiver: event_received() for each packet whose payload is a telephone-event, event_expire() now
 * and then; both add steps (a digit began, a digit ended) that the owner takes from `steps`. Lost
 * packets do no harm: any packet begins a digit, and silence for EVENT_TIMEOUT_NS ends it.
 *
 * Sender: event_start() and event_stop(), then event_step() as audio time passes; while
 * event_busy() its packets stand in for audio. A packet at once, one every 20 ms, the end three
 * times (2.5.1.4). Digits that come too fast wait their turn.
 *
 * Nothing allocates. Durations in ms, timestamps and counts in samples.
 */
#ifndef GATEWAY_MEDIA_EVENT_H
#define GATEWAY_MEDIA_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_PAYLOAD 4
#define EVENT_TIMEOUT_NS 150000000ull
#define EVENT_QUEUE 32
#define DIGIT_MS_MIN 50
#define DIGIT_MS_MAX 6000
#define DIGIT_MS_USUAL 100

/* ---- steps: what happened to digits, from whoever heard them */

enum digit_step_kind {
	DIGIT_BEGAN,
	DIGIT_ENDED,
};

struct digit_step {
	enum digit_step_kind kind;
	char digit;
	unsigned duration_ms; /* of DIGIT_ENDED */
};

struct digit_steps {
	struct digit_step item[16];
	unsigned count;
};

void digit_steps_add(struct digit_steps *steps, enum digit_step_kind kind, char digit,
		     unsigned duration_ms);
bool digit_steps_take(struct digit_steps *steps, struct digit_step *out);
bool digit_valid(uint32_t digit);
unsigned digit_duration_clamp(unsigned duration_ms); /* 0: the usual */

/* ---- receiver */

enum event_receiver_state {
	EVENT_QUIET,
	EVENT_HEARD,
};

struct event_receiver {
	enum event_receiver_state state;
	char digit;
	uint32_t timestamp; /* of the event now or last heard */
	bool timestamp_known;
	uint16_t duration;
	uint64_t heard_ns;
	uint32_t count; /* digits */
	struct digit_steps *steps;
};

void event_receiver_init(struct event_receiver *receiver, struct digit_steps *steps);
/* Another sender from here on: a digit that sounds has ended. */
void event_receiver_start_anew(struct event_receiver *receiver);
/* Events that are no DTMF digits are ignored. -EINVAL: not a telephone-event. */
int event_received(struct event_receiver *receiver, uint32_t timestamp, const uint8_t *payload,
		   size_t length, uint64_t now_ns);
void event_expire(struct event_receiver *receiver, uint64_t now_ns);

/* ---- sender */

enum event_sender_state {
	EVENT_IDLE,
	EVENT_GOING,
	EVENT_ENDING,  /* the end packets are being sent */
	EVENT_PAUSE,   /* between two digits that waited */
	EVENT_RESUMED, /* by a new process: goes on if the digit is still heard, else ends */
};

struct event_packet {
	uint32_t timestamp;
	bool marker;
	uint8_t payload[EVENT_PAYLOAD];
};

struct event_sender {
	enum event_sender_state state;
	char digit;
	uint32_t timestamp;
	unsigned duration, wanted; /* samples; wanted 0: until event_stop() */
	unsigned since_packet;	   /* samples since the last packet, or left of the pause */
	unsigned ends_left, packets;
	struct {
		char digit;
		unsigned wanted;
	} queue[EVENT_QUEUE];
	unsigned queued;
	uint32_t sent; /* digits */
};

void event_sender_init(struct event_sender *sender);
/* Forgets the digits that it has not sent. */
void event_sender_drop(struct event_sender *sender);
/* duration_ms 0: until event_stop(). -ENOBUFS: too many wait. */
int event_start(struct event_sender *sender, char digit, unsigned duration_ms);
void event_stop(struct event_sender *sender, char digit);
/* A digit that a process before this one had begun. */
void event_resume(struct event_sender *sender, char digit, uint32_t timestamp, unsigned duration);
bool event_busy(const struct event_sender *sender);
/* samples have passed, up to timestamp now. true: *packet is to be sent. */
bool event_step(struct event_sender *sender, uint32_t now, unsigned samples,
		struct event_packet *packet);

#endif
