// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/tones.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <dahdi/tonezone.h>

#include "drivers-glue/span/gain.h"

#define RATE 8000
#define PI 3.14159265358979323846
#define HZ_MAX 3999
#define MS_MAX 3600000

/* ---- countries */

const char *tone_country(const char *country, enum tone_kind kind)
{
	static const int ids[] = {
	    [TONE_DIAL] = DAHDI_TONE_DIALTONE,
	    [TONE_RINGBACK] = DAHDI_TONE_RINGTONE,
	    [TONE_BUSY] = DAHDI_TONE_BUSY,
	    [TONE_CONGESTION] = DAHDI_TONE_CONGESTION,
	};
	const struct tone_zone *zone;
	char name[sizeof(zone->country)];

	if (kind < TONE_DIAL || kind > TONE_CONGESTION || strlen(country) >= sizeof(name))
		return NULL;
	strcpy(name, country);
	if (strcasecmp(name, "gb") == 0)
		strcpy(name, "uk");
	else if (strcasecmp(name, "ca") == 0) /* one numbering plan, one set of tones */
		strcpy(name, "us");
	zone = tone_zone_find(name);
	if (!zone)
		return NULL;
	for (size_t i = 0; i < DAHDI_TONE_MAX; i++) {
		if (zone->tones[i].toneid == ids[kind] && zone->tones[i].data[0])
			return zone->tones[i].data;
	}
	return NULL;
}

/* ---- notation */

/* A number of at most max; moves *at behind it. Returns -EINVAL without one. */
static int read_number(const char **at, long max)
{
	long value = 0;

	if (**at < '0' || **at > '9')
		return -EINVAL;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (**at - '0');
		if (value > max)
			return -EINVAL;
	}
	return (int)value;
}

static int read_element(const char **at, struct tone_element *out)
{
	struct tone_element element = {.shape = TONE_SUM};
	int number = read_number(at, HZ_MAX);

	if (number < 0)
		return number;
	element.hz[0] = (uint16_t)number;
	if (**at == '+' || **at == '*') {
		element.shape = **at == '*' ? TONE_MODULATED : TONE_SUM;
		(*at)++;
		number = read_number(at, HZ_MAX);
		if (number < 0)
			return number;
		element.hz[1] = (uint16_t)number;
	}
	if (**at == '@') {
		element.reduced = 1;
		(*at)++;
	}
	if (**at == '/') {
		(*at)++;
		number = read_number(at, MS_MAX);
		if (number <= 0)
			return -EINVAL;
		element.samples = (uint32_t)number * (RATE / 1000);
	}
	*out = element;
	return 0;
}

static int read_notation(const char *at, struct tone *tone)
{
	tone->first_repeated = TONE_ELEMENTS_MAX;
	for (tone->count = 0; tone->count < TONE_ELEMENTS_MAX; tone->count++) {
		if (*at == '!')
			at++;
		else if (tone->first_repeated == TONE_ELEMENTS_MAX)
			tone->first_repeated = tone->count;
		if (read_element(&at, &tone->elements[tone->count]) < 0)
			return -EINVAL;
		if (*at == '\0') {
			tone->count++;
			/* nothing to repeat: the last element again */
			if (tone->first_repeated == TONE_ELEMENTS_MAX)
				tone->first_repeated = tone->count - 1;
			return 0;
		}
		if (*at++ != ',')
			return -EINVAL;
	}
	return -EINVAL;
}

/* ---- sound. Without libm, so that who links the span library need not. */

/* Sine by its series: x is within pi, which 27 places settle to double precision. */
static double sine_of(double x)
{
	double term = x, sum = x;

	for (int n = 3; n <= 27; n += 2) {
		term *= -x * x / (n * (n - 1));
		sum += term;
	}
	return sum;
}

static void oscillator_start(struct tone_oscillator *o, unsigned hz)
{
	double angle = 2 * PI * hz / RATE;

	o->sine = 0;
	o->cosine = 1;
	o->turn_sine = sine_of(angle);
	o->turn_cosine = angle < PI / 2 ? sine_of(PI / 2 - angle) : -sine_of(angle - PI / 2);
}

static double oscillator_next(struct tone_oscillator *o)
{
	double now = o->sine;

	o->sine = now * o->turn_cosine + o->cosine * o->turn_sine;
	o->cosine = o->cosine * o->turn_cosine - now * o->turn_sine;
	return now;
}

static void element_start(struct tone *tone, unsigned index)
{
	tone->playing = index;
	tone->played = 0;
	oscillator_start(&tone->oscillators[0], tone->elements[index].hz[0]);
	oscillator_start(&tone->oscillators[1], tone->elements[index].hz[1]);
}

/* Peak of a sine at that level, 1.0 is full scale, +3.14 dBm0. */
static double amplitude_of(unsigned level_db10)
{
	const double tenth_down = 0.98855309465693883; /* 10 ^ (-0.1 / 20) */
	double amplitude = 0.69662650664786;	       /* 10 ^ (-3.14 / 20) */

	for (unsigned i = 0; i < level_db10; i++)
		amplitude *= tenth_down;
	return amplitude;
}

int tone_start(struct tone *tone, const char *notation, unsigned level_db10)
{
	struct tone started = {.count = 0};

	if (level_db10 > TONE_LEVEL_DB10_MAX || read_notation(notation, &started) < 0)
		return -EINVAL;
	started.amplitude = amplitude_of(level_db10 ? level_db10 : TONE_LEVEL_DB10);
	element_start(&started, 0);
	*tone = started;
	return 0;
}

static double next_sample(struct tone *tone)
{
	const struct tone_element *element = &tone->elements[tone->playing];
	double a, b, sample;

	if (element->samples && tone->played == element->samples) {
		unsigned next = tone->playing + 1;

		element_start(tone, next < tone->count ? next : tone->first_repeated);
		element = &tone->elements[tone->playing];
	}
	tone->played += element->samples ? 1 : 0;
	if (element->hz[0] == 0)
		return 0;
	a = oscillator_next(&tone->oscillators[0]);
	b = element->hz[1] ? oscillator_next(&tone->oscillators[1]) : 0;
	sample = element->shape == TONE_MODULATED ? a * (1 + 0.9 * b) / 1.9 : a + b;
	return sample * tone->amplitude * (element->reduced ? 0.31622776601683794 : 1);
}

void tone_linear(struct tone *tone, int16_t *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double sample = next_sample(tone) * 32767;

		if (sample > 32767)
			sample = 32767;
		if (sample < -32767)
			sample = -32767;
		samples[i] = (int16_t)(sample < 0 ? sample - 0.5 : sample + 0.5);
	}
}

void tone_octets(struct tone *tone, enum tdm_law law, uint8_t *octets, size_t count)
{
	int16_t samples[TDM_BLOCK_MAX];

	while (count > 0) {
		size_t piece = count < TDM_BLOCK_MAX ? count : TDM_BLOCK_MAX;

		tone_linear(tone, samples, piece);
		for (size_t i = 0; i < piece; i++)
			octets[i] = g711_encode(law, samples[i]);
		octets += piece;
		count -= piece;
	}
}
