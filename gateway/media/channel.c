// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct channel {
	struct tdm_channel *tdm;
	enum codec_law law;
	unsigned block;
	int echo_error;
	bool amplified;
	struct digit_detector *detector; /* NULL: not asked for */
	struct digit_player *player;
	struct digit_steps steps;
};

static int treat_audio(struct channel *c, const struct wire_channel_audio *audio)
{
	if (audio->echo_taps)
		c->echo_error = tdm_channel_echo(c->tdm, audio->echo_taps);
	c->amplified = audio->input_gain_db10 || audio->output_gain_db10;
	if (c->amplified)
		return tdm_channel_gain(c->tdm, audio->input_gain_db10, audio->output_gain_db10);
	return 0;
}

int channel_open(struct tdm_span *span, enum codec_law law, const struct wire_channel_open *config,
		 int fd, struct channel **out)
{
	struct channel *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->law = config->data ? CODEC_CLEAR : law;
	c->block = config->block;
	rc = digit_player_new(law, &c->player);
	if (rc == 0 && config->detect_digits && !config->data)
		rc = digit_detector_new(law, &c->steps, &c->detector);
	if (rc == 0)
		rc = tdm_channel_open(span, config->timeslot, config->block, fd, &c->tdm);
	if (rc == 0 && !config->data)
		rc = treat_audio(c, &config->audio);
	if (rc < 0) {
		channel_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void channel_close(struct channel *c)
{
	if (!c)
		return;
	if (c->tdm)
		tdm_channel_close(c->tdm);
	digit_detector_free(c->detector);
	digit_player_free(c->player);
	free(c);
}

int channel_echo_error(const struct channel *c)
{
	return c->echo_error;
}

unsigned channel_block(const struct channel *c)
{
	return c->block;
}

enum codec_law channel_law(const struct channel *c)
{
	return c->law;
}

int channel_read(struct channel *c, uint8_t *block)
{
	if (tdm_channel_read(c->tdm, block) != 1)
		return 0;
	if (c->detector)
		digits_detect(c->detector, block, c->block);
	return 1;
}

void channel_write(struct channel *c, uint8_t *block)
{
	digits_inject(c->player, block, c->block);
	tdm_channel_write(c->tdm, block);
}

void channel_write_own(struct channel *c)
{
	uint8_t block[TDM_BLOCK_MAX];

	if (digits_inject(c->player, block, c->block))
		tdm_channel_write(c->tdm, block);
}

int channel_join(struct channel *a, struct channel *b)
{
	if (a->amplified || b->amplified || a->law != b->law)
		return -ENOTSUP;
	return tdm_channel_join(a->tdm, b->tdm);
}

void channel_part(struct channel *c)
{
	tdm_channel_part(c->tdm);
}

struct digit_steps *channel_digits(struct channel *c)
{
	return &c->steps;
}

char channel_digit_heard(const struct channel *c)
{
	return c->detector ? digit_detector_digit(c->detector) : 0;
}

struct digit_player *channel_player(struct channel *c)
{
	return c->player;
}
