/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line_audio - what is said and heard on one B channel: a WAV, a tone, digits; a recording.
 *
 * line_audio_block() is called with each block that came from the channel and gives the block that
 * goes back in the same step, so the module adds no delay. What plays is the last thing asked for;
 * digits to send come first and interrupt it (it goes on afterwards). DTMF is always listened for.
 * The echo of subscriber 0001 is not made here: tdm_channel_loop() does it frame by frame.
 * Samples are 8000 Hz. The wav played must live as long as it plays. Errors are negative errno.
 */
#ifndef GATEWAY_EXCHANGE_LINE_AUDIO_H
#define GATEWAY_EXCHANGE_LINE_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/span/span.h"
#include "gateway/exchange/wav.h"

#define LINE_DIGITS_MAX 64	 /* sent by one order; heard and kept */
#define LINE_DIGIT_MS 80	 /* tone, then as much silence (Q.24: 40 are enough) */
#define LINE_DIGITS_PAUSE_MS 200 /* before the first digit: the far end is just switching */

enum line_sound {
	LINE_SILENCE,
	LINE_TONE_1004,		  /* the milliwatt's little brother: 1004 Hz, -10 dBm0 */
	LINE_RINGING_E1,	  /* 425 Hz, 1 s on, 4 s off (E.180 as most of Europe) */
	LINE_RINGING_T1,	  /* 440 + 480 Hz, 2 s on, 4 s off */
	LINE_SPECIAL_INFORMATION, /* 950, 1400, 1800 Hz, 330 ms each, 1 s off (E.180, Q.35) */
};

struct line_audio;

int line_audio_new(void *ctx, enum tdm_law law, struct line_audio **out);
/* Closes a recording that still runs. */
void line_audio_free(struct line_audio *audio);

void line_audio_play_sound(struct line_audio *audio, enum line_sound sound);
/* Once, then silence; with repeat again and again, a second of silence between. */
void line_audio_play_wav(struct line_audio *audio, const struct wav *wav, bool repeat);
/* 0-9 A-D * #. -EINVAL, -EMSGSIZE: none is sent. */
int line_audio_send_digits(struct line_audio *audio, const char *digits);
/* Sends back each digit that is heard. */
void line_audio_return_digits(struct line_audio *audio, bool on);

/* The recorder is the module's from here on. */
void line_audio_record(struct line_audio *audio, struct wav_recorder *recorder);
bool line_audio_recording(const struct line_audio *audio);
/* 0, also if nothing was recorded; the recorder's error otherwise. */
int line_audio_record_end(struct line_audio *audio);

/* count octets (80 or 160) in the law given. */
void line_audio_block(struct line_audio *audio, const uint8_t *heard, uint8_t *said,
		      unsigned count);

/* The digits heard so far, the first LINE_DIGITS_MAX of them. */
const char *line_audio_digits(const struct line_audio *audio);

#endif
