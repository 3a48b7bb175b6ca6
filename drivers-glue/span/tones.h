/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tones - call progress tones: what a country's sound like (libtonezone), and the octets of one,
 * for spans whose driver cannot play them.
 *
 * Notation (libtonezone's): "F/MS,F/MS,..." repeats. F is "425" one frequency, "350+440" two,
 * "400*25" the first modulated by the second, "0" silence, "425@" 10 dB lower. Without "/MS" it
 * lasts for ever. "!" before an element: not repeated.
 *
 * Level: of each frequency below 0 dBm0 (G.711: a full-scale sine is +3.14 dBm0), in tenths of a
 * dB. 130 by default, so that a pair makes -10 dBm0, the highest that E.180 wants.
 *
 * struct tone is the caller's; nothing is allocated.
 */
#ifndef DRIVERS_GLUE_SPAN_TONES_H
#define DRIVERS_GLUE_SPAN_TONES_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/span/span.h"

#define TONE_ELEMENTS_MAX 16
#define TONE_LEVEL_DB10 130
#define TONE_LEVEL_DB10_MAX 600

enum tone_kind {
	TONE_DIAL = 1,
	TONE_RINGBACK,
	TONE_BUSY,
	TONE_CONGESTION,
};

enum tone_shape {
	TONE_SUM = 0, /* of one or two frequencies */
	TONE_MODULATED,
};

struct tone_element {
	uint16_t hz[2]; /* 0: none */
	enum tone_shape shape;
	uint8_t reduced;  /* 1: 10 dB lower */
	uint32_t samples; /* 0: for ever */
};

struct tone_oscillator {
	double sine, cosine;	       /* now */
	double turn_sine, turn_cosine; /* a sample further */
};

struct tone {
	struct tone_element elements[TONE_ELEMENTS_MAX];
	unsigned count, first_repeated;
	double amplitude; /* of a frequency, 1.0 is full scale */
	unsigned playing; /* element */
	uint32_t played;  /* samples of it */
	struct tone_oscillator oscillators[2];
};

/* The notation of a country's tone, country as in `cptone GB` (ISO 3166; libtonezone's own names do
 * as well); NULL if it is not known. The text is libtonezone's. */
const char *tone_country(const char *country, enum tone_kind kind);

/* level_db10: 1..600, 0 is TONE_LEVEL_DB10. -EINVAL: the notation is wrong; tone stays as it was.
 */
int tone_start(struct tone *tone, const char *notation, unsigned level_db10);
/* The next count samples, 8000 a second. */
void tone_linear(struct tone *tone, int16_t *samples, size_t count);
void tone_octets(struct tone *tone, enum tdm_law law, uint8_t *octets, size_t count);

#endif
