// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/line_audio.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <spandsp.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define SAMPLES_MS(ms) ((ms) * (WAV_RATE / 1000))
#define REPEAT_PAUSE SAMPLES_MS(1000)
#define FULL_SCALE_DBM0 3.14 /* a sine that just fits A-law, G.711 table 5 (u-law: 3.17) */
#define CADENCE_MAX 4

/* One piece of a cadence: up to two frequencies for a time. */
struct piece {
	unsigned hz[2];
	unsigned ms; /* 0: the cadence ends here and starts again */
};

struct cadence {
	double level_dbm0; /* of each frequency */
	struct piece pieces[CADENCE_MAX];
};

static const struct cadence cadences[] = {
    [LINE_SILENCE] = {0, {{{0, 0}, 1000}}},
    [LINE_TONE_1004] = {-10, {{{1004, 0}, 1000}}},
    [LINE_RINGING_E1] = {-10, {{{425, 0}, 1000}, {{0, 0}, 4000}}},
    [LINE_RINGING_T1] = {-19, {{{440, 480}, 2000}, {{0, 0}, 4000}}},
    [LINE_SPECIAL_INFORMATION] =
	{-14, {{{950, 0}, 330}, {{1400, 0}, 330}, {{1800, 0}, 330}, {{0, 0}, 1000}}},
};

struct line_audio {
	enum tdm_law law;
	/* what plays: wav if there is one, else the cadence */
	const struct wav *wav;
	bool repeat;
	size_t wav_at;
	const struct cadence *cadence;
	unsigned piece;
	unsigned piece_at;
	double phase[2];
	/* digits */
	dtmf_tx_state_t *sender;
	unsigned sender_pause;
	dtmf_rx_state_t *listener;
	bool return_digits;
	char heard[LINE_DIGITS_MAX + 1];
	struct wav_recorder *recorder;
};

static void on_digits(void *user_data, const char *digits, int len)
{
	struct line_audio *audio = user_data;
	size_t have = strlen(audio->heard);

	for (int i = 0; i < len; i++) {
		if (have < LINE_DIGITS_MAX)
			audio->heard[have++] = digits[i];
		if (audio->return_digits)
			dtmf_tx_put(audio->sender, digits + i, 1); /* a full queue drops it */
	}
	audio->heard[have] = '\0';
}

int line_audio_new(void *ctx, enum tdm_law law, struct line_audio **out)
{
	struct line_audio *audio = talloc_zero(ctx, struct line_audio);

	if (audio == NULL)
		return -ENOMEM;
	audio->law = law;
	audio->sender = dtmf_tx_init(NULL);
	audio->listener = dtmf_rx_init(NULL, on_digits, audio);
	if (audio->sender == NULL || audio->listener == NULL) {
		line_audio_free(audio);
		return -ENOMEM;
	}
	dtmf_tx_set_timing(audio->sender, LINE_DIGIT_MS, LINE_DIGIT_MS);
	line_audio_play_sound(audio, LINE_SILENCE);
	*out = audio;
	return 0;
}

void line_audio_free(struct line_audio *audio)
{
	if (audio == NULL)
		return;
	line_audio_record_end(audio);
	if (audio->sender != NULL)
		dtmf_tx_free(audio->sender);
	if (audio->listener != NULL)
		dtmf_rx_free(audio->listener);
	talloc_free(audio);
}

void line_audio_play_sound(struct line_audio *audio, enum line_sound sound)
{
	audio->wav = NULL;
	audio->cadence = &cadences[sound];
	audio->piece = 0;
	audio->piece_at = 0;
	audio->phase[0] = audio->phase[1] = 0;
}

void line_audio_play_wav(struct line_audio *audio, const struct wav *wav, bool repeat)
{
	line_audio_play_sound(audio, LINE_SILENCE);
	audio->wav = wav;
	audio->repeat = repeat;
	audio->wav_at = 0;
}

int line_audio_send_digits(struct line_audio *audio, const char *digits)
{
	if (strlen(digits) > LINE_DIGITS_MAX)
		return -EMSGSIZE;
	if (digits[0] == '\0' || strspn(digits, "0123456789ABCD*#") != strlen(digits))
		return -EINVAL;
	dtmf_tx_put(audio->sender, digits, -1);
	audio->sender_pause = SAMPLES_MS(LINE_DIGITS_PAUSE_MS);
	return 0;
}

void line_audio_return_digits(struct line_audio *audio, bool on)
{
	audio->return_digits = on;
}

void line_audio_record(struct line_audio *audio, struct wav_recorder *recorder)
{
	line_audio_record_end(audio);
	audio->recorder = recorder;
}

bool line_audio_recording(const struct line_audio *audio)
{
	return audio->recorder != NULL;
}

int line_audio_record_end(struct line_audio *audio)
{
	int rc = 0;

	if (audio->recorder != NULL)
		rc = wav_recorder_close(audio->recorder);
	audio->recorder = NULL;
	return rc;
}

const char *line_audio_digits(const struct line_audio *audio)
{
	return audio->heard;
}

static void piece_render(struct line_audio *audio, int16_t *to, unsigned count)
{
	const struct cadence *cadence = audio->cadence;
	const struct piece *piece = &cadence->pieces[audio->piece];
	double peak = 32768.0 * pow(10.0, (cadence->level_dbm0 - FULL_SCALE_DBM0) / 20.0);

	for (unsigned i = 0; i < count; i++) {
		double sum = 0;

		for (unsigned f = 0; f < ARRAY_SIZE(piece->hz) && piece->hz[f] != 0; f++) {
			sum += sin(audio->phase[f]);
			audio->phase[f] =
			    fmod(audio->phase[f] + 2 * M_PI * piece->hz[f] / WAV_RATE, 2 * M_PI);
		}
		to[i] = (int16_t)lrint(peak * sum);
	}
}

static void cadence_render(struct line_audio *audio, int16_t *to, unsigned count)
{
	while (count > 0) {
		const struct piece *pieces = audio->cadence->pieces;
		unsigned left = SAMPLES_MS(pieces[audio->piece].ms) - audio->piece_at;
		unsigned n = count < left ? count : left;

		piece_render(audio, to, n);
		to += n;
		count -= n;
		audio->piece_at += n;
		if (n < left)
			continue;
		audio->piece_at = 0;
		audio->piece++;
		if (audio->piece == CADENCE_MAX || pieces[audio->piece].ms == 0)
			audio->piece = 0;
	}
}

static void wav_render(struct line_audio *audio, int16_t *to, unsigned count)
{
	const struct wav *wav = audio->wav;

	for (unsigned i = 0; i < count; i++) {
		to[i] = audio->wav_at < wav->count ? wav->samples[audio->wav_at] : 0;
		audio->wav_at++;
		if (audio->repeat && audio->wav_at == wav->count + REPEAT_PAUSE)
			audio->wav_at = 0;
	}
}

static void play_render(struct line_audio *audio, int16_t *to, unsigned count)
{
	if (audio->wav != NULL)
		wav_render(audio, to, count);
	else
		cadence_render(audio, to, count);
}

static void said_render(struct line_audio *audio, int16_t *to, unsigned count)
{
	unsigned pause = audio->sender_pause < count ? audio->sender_pause : count;
	int sent;

	memset(to, 0, pause * sizeof(*to));
	audio->sender_pause -= pause;
	sent = dtmf_tx(audio->sender, to + pause, count - pause);
	/* the sender fills what it needs; only where it had nothing at all does the play go on */
	if (pause + sent < count)
		play_render(audio, to + pause + sent, count - pause - sent);
}

void line_audio_block(struct line_audio *audio, const uint8_t *heard, uint8_t *said, unsigned count)
{
	int16_t linear[TDM_BLOCK_MAX];
	bool alaw = audio->law == TDM_ALAW;

	assert(count <= TDM_BLOCK_MAX);
	for (unsigned i = 0; i < count; i++)
		linear[i] = alaw ? alaw_to_linear(heard[i]) : ulaw_to_linear(heard[i]);
	if (audio->recorder != NULL)
		wav_recorder_write(audio->recorder, linear, count);
	dtmf_rx(audio->listener, linear, count);

	said_render(audio, linear, count);
	for (unsigned i = 0; i < count; i++)
		said[i] = alaw ? linear_to_alaw(linear[i]) : linear_to_ulaw(linear[i]);
}
