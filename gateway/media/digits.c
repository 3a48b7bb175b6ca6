// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/digits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>
#include <spandsp/expose.h>
#include "drivers-glue/span/tones.h"

#define QUEUE 32
#define PAUSE CODEC_SAMPLES(DIGIT_MS_MIN)
#define LEVEL_LOW -9 /* dBm0 */
#define LEVEL_HIGH -7

/* ---- hearing */

struct digit_detector {
	enum codec_law law;
	struct digit_steps *steps;
	dtmf_rx_state_t dtmf;
	char digit;
	unsigned samples; /* that it has sounded */
};

static void heard(void *arg, int code, int level, int delay)
{
	struct digit_detector *d = arg;

	if (d->digit)
		digit_steps_add(d->steps, DIGIT_ENDED, d->digit, CODEC_MS(d->samples));
	d->digit = code;
	d->samples = 0;
	if (d->digit)
		digit_steps_add(d->steps, DIGIT_BEGAN, d->digit, 0);
}

int digit_detector_new(enum codec_law law, struct digit_steps *steps, struct digit_detector **out)
{
	struct digit_detector *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->law = law;
	d->steps = steps;
	dtmf_rx_init(&d->dtmf, NULL, NULL);
	dtmf_rx_set_realtime_callback(&d->dtmf, heard, d);
	*out = d;
	return 0;
}

void digit_detector_free(struct digit_detector *d)
{
	free(d);
}

void digits_detect(struct digit_detector *d, const uint8_t *block, unsigned count)
{
	int16_t amp[DIGITS_BLOCK_MAX];

	assert(count <= DIGITS_BLOCK_MAX);
	codec_to_linear(d->law, block, amp, count);
	d->samples += count;
	dtmf_rx(&d->dtmf, amp, count);
}

char digit_detector_digit(const struct digit_detector *d)
{
	return d->digit;
}

/* ---- playing */

enum player_state {
	PLAYER_IDLE,
	PLAYER_SOUNDING,
	PLAYER_PAUSE,
};

enum player_tone {
	PLAYER_TONE_OFF,
	PLAYER_TONE_ON,
};

struct digit_player {
	enum player_state state;
	enum player_tone tone_state;
	enum codec_law law;
	tone_gen_state_t generator;
	char digit;
	unsigned samples; /* in this state */
	unsigned wanted;  /* 0: until digit_player_stop() */
	struct {
		char digit;
		unsigned wanted;
	} queue[QUEUE];
	unsigned queued;
	struct tone tone;
};

int digit_player_new(enum codec_law law, struct digit_player **out)
{
	struct digit_player *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->law = law;
	*out = p;
	return 0;
}

void digit_player_free(struct digit_player *p)
{
	free(p);
}

void digit_player_set_law(struct digit_player *p, enum codec_law law)
{
	p->law = law;
}

int digit_player_start(struct digit_player *p, char digit, unsigned duration_ms)
{
	if (p->queued == QUEUE)
		return -ENOBUFS;
	p->queue[p->queued].digit = digit;
	p->queue[p->queued++].wanted = CODEC_SAMPLES(duration_ms);
	return 0;
}

void digit_player_stop(struct digit_player *p, char digit)
{
	for (unsigned i = 0; i < p->queued; i++) {
		if (p->queue[i].digit == digit && !p->queue[i].wanted) {
			p->queue[i].wanted = CODEC_SAMPLES(DIGIT_MS_USUAL);
			return;
		}
	}
	if (p->state == PLAYER_SOUNDING && p->digit == digit && !p->wanted)
		p->wanted = p->samples > CODEC_SAMPLES(DIGIT_MS_MIN) ? p->samples
								     : CODEC_SAMPLES(DIGIT_MS_MIN);
}

int digit_player_tone(struct digit_player *p, const char *tone, unsigned level_db10)
{
	int rc;

	if (!*tone) {
		p->tone_state = PLAYER_TONE_OFF;
		return 0;
	}
	rc = tone_start(&p->tone, tone, level_db10);
	if (rc == 0)
		p->tone_state = PLAYER_TONE_ON;
	return rc;
}

bool digit_player_busy(const struct digit_player *p)
{
	return p->state != PLAYER_IDLE || p->queued || p->tone_state == PLAYER_TONE_ON;
}

static void begin(struct digit_player *p)
{
	static const int row[] = {697, 770, 852, 941}, column[] = {1209, 1336, 1477, 1633};
	static const char keys[] = "123A456B789C*0#D";
	unsigned key = strchr(keys, p->queue[0].digit) - keys;
	tone_gen_descriptor_t descriptor;

	tone_gen_descriptor_init(&descriptor, row[key / 4], LEVEL_LOW, column[key % 4], LEVEL_HIGH,
				 2 * DIGIT_MS_MAX, 0, 0, 0, 0);
	tone_gen_init(&p->generator, &descriptor);
	p->digit = p->queue[0].digit;
	p->wanted = p->queue[0].wanted;
	memmove(&p->queue[0], &p->queue[1], --p->queued * sizeof(p->queue[0]));
	p->state = PLAYER_SOUNDING;
	p->samples = 0;
}

/* One piece of a block in one state; amp is silence already. Returns how many samples it filled. */
static unsigned play_piece(struct digit_player *p, int16_t *amp, unsigned count)
{
	unsigned limit = PAUSE, left;

	if (p->state == PLAYER_IDLE)
		return count;
	if (p->state == PLAYER_SOUNDING)
		limit = p->wanted ? p->wanted : CODEC_SAMPLES(DIGIT_MS_MAX);
	left = limit > p->samples ? limit - p->samples : 0;
	if (count > left)
		count = left;
	if (p->state == PLAYER_SOUNDING && count)
		tone_gen(&p->generator, amp, count);
	p->samples += count;
	if (p->samples < limit)
		return count;
	p->samples = 0;
	if (p->state == PLAYER_SOUNDING)
		p->state = PLAYER_PAUSE;
	else if (p->queued)
		begin(p);
	else
		p->state = PLAYER_IDLE;
	return count;
}

bool digits_inject(struct digit_player *p, uint8_t *block, unsigned count)
{
	int16_t amp[DIGITS_BLOCK_MAX] = {0};
	unsigned done = 0;

	assert(count <= DIGITS_BLOCK_MAX);
	if (p->state == PLAYER_IDLE && p->queued)
		begin(p);
	if (p->state == PLAYER_IDLE && p->tone_state == PLAYER_TONE_OFF)
		return false;
	if (p->state == PLAYER_IDLE)
		tone_linear(&p->tone, amp, count);
	while (p->state != PLAYER_IDLE && done < count)
		done += play_piece(p, amp + done, count - done);
	codec_from_linear(p->law, amp, block, count);
	return true;
}
