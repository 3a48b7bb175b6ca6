/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * exchange - one E1 or T1 with everything behind it: span, D channel, lines, subscribers.
 *
 * exchange_new() opens the span and starts the D channel; from then on it lives in libosmocore's
 * loop: a tick of 5 ms moves the audio, Q.931 events come as they come. A call in is answered by
 * the subscriber of its last four digits. A call out is made with exchange_call() and reported
 * to its owner. Either kind holds a struct line, from SETUP until it is released; then
 * owner.ended is called once and the line is gone. Owners are never called before
 * exchange_call() returns.
 *
 * exchange_clear_all() hangs up everything; exchange_line_count() tells when that is done.
 * exchange_free() takes down what is left. Errors are negative errno. Several exchanges can live
 * in one process, each with its own numbers and ports.
 */
#ifndef GATEWAY_EXCHANGE_EXCHANGE_H
#define GATEWAY_EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/span/span.h"
#include "gateway/exchange/line_audio.h"
#include "gateway/exchange/subscriber.h"
#include "gateway/exchange/wav.h"

struct exchange;
struct line;

struct exchange_config {
	struct tdm_span_config span;
	enum isdn_switch_type switch_type;
	bool network;
	bool point_to_point; /* basic rate: no bus */
	bool debug;	     /* Q.931 and Q.921 in full */
	bool restart;	     /* RESTART of every channel when layer 2 first comes up */
	struct subscriber_delays delays;
	const struct wav *play;		/* subscriber 0002; NULL: a tone */
	const struct wav *announcement; /* subscriber 0008; NULL: the special information tone */
	/* Layer 2 came up or went down; up also while the far end restarts channels. May be NULL.
	 */
	void (*dchannel)(void *arg, bool up);
	/* Takes the D channel (see span.h) instead of libpri: then there are no subscribers and no
	 * calls. NULL: libpri has it. */
	int (*signalling)(void *arg, int fd_d);
	void *arg;
};

/* What the owner of a call out hears about it. progress: enum isdn_progress, or 0. */
struct line_owner {
	void (*alerting)(struct line *line, unsigned progress);
	void (*progress)(struct line *line, unsigned progress);
	void (*answered)(struct line *line);
	/* cause: Q.850; far_end: it cleared, not we. The line is gone after this. */
	void (*ended)(struct line *line, unsigned cause, bool far_end);
};

/* CLOCK_MONOTONIC. */
uint64_t exchange_now_ns(void);

/* config is copied, the wavs are not. On error why has one sentence. */
int exchange_new(void *ctx, const struct exchange_config *config, struct exchange **out, char *why,
		 size_t why_size);
void exchange_free(struct exchange *exchange);

bool exchange_is_up(const struct exchange *exchange);
unsigned exchange_line_count(const struct exchange *exchange);
void exchange_clear_all(struct exchange *exchange, unsigned cause);
void exchange_counters(const struct exchange *exchange, struct tdm_counters *out);

/* Fills in the timeslot itself. -EBUSY: no channel is free. -ENETDOWN: the D channel is down. */
int exchange_call(struct exchange *exchange, const struct isdn_setup *setup,
		  const struct line_owner *owner, void *arg, struct line **out);

/* What a B channel says while no call is known on it, until the next order or exchange_sound_off().
 * -EINVAL: there is no such channel. */
int exchange_sound(struct exchange *exchange, unsigned timeslot, enum subscriber_audio sound);
void exchange_sound_off(struct exchange *exchange);

void *line_arg(const struct line *line);
struct line_audio *line_audio_of(struct line *line);
/* Hangs up; owner.ended comes later. */
void line_clear(struct line *line, unsigned cause);
/* Gives the line up without waiting for the far end; the owner hears no more of it. */
void line_abandon(struct line *line);

#endif
