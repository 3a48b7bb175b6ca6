// SPDX-License-Identifier: GPL-2.0-or-later
// sipspan-exchange without a span: WAV files and the audio of a line.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <spandsp.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/exchange/line_audio.h"
#include "gateway/exchange/wav.h"

static void *ctx;
static char folder[] = "/tmp/test_exchange.XXXXXX";
static char path[64];

/* ---- WAV */

static void file_write(const void *octets, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(octets, 1, size, file), size);
	fclose(file);
}

static void wav_write(const int16_t *samples, size_t count)
{
	struct wav_recorder *recorder;
	char why[256];

	assert_int_equal(wav_recorder_open(ctx, path, &recorder, why, sizeof(why)), 0);
	wav_recorder_write(recorder, samples, count / 3);
	wav_recorder_write(recorder, samples + count / 3, count - count / 3);
	assert_int_equal(wav_recorder_close(recorder), 0);
}

static void reads_what_it_wrote(void **state)
{
	static int16_t samples[WAV_RATE];
	struct wav *wav;
	char why[256];

	for (int i = 0; i < WAV_RATE; i++)
		samples[i] = (int16_t)(i * 7919);
	wav_write(samples, WAV_RATE);
	assert_int_equal(wav_read(ctx, path, &wav, why, sizeof(why)), 0);
	assert_int_equal(wav->count, WAV_RATE);
	assert_memory_equal(wav->samples, samples, sizeof(samples));
	talloc_free(wav);
}

#define RIFF "RIFF\x24\0\0\0WAVE"
#define FMT "fmt \x10\0\0\0"
#define PCM "\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
#define EXTENSIBLE                                                                                 \
	"fmt \x28\0\0\0\xfe\xff\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0\x16\0\x10\0\4\0\0\0"
#define GUID_REST "\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
#define TWO "\x01\x02\x03\x04"

static const struct wav_case {
	const char *promise;
	const char *octets;
	size_t size;
	int samples; /* or -1: refused */
	const char *why;
} wav_cases[] = {
#define CASE(promise, octets, samples, why)                                                        \
	{                                                                                          \
		promise, octets, sizeof(octets) - 1, samples, why                                  \
	}
    CASE("plain", RIFF FMT PCM "data\4\0\0\0" TWO, 2, NULL),
    CASE("size of a pipe", RIFF FMT PCM "data\xff\xff\xff\xff" TWO, 2, NULL),
    CASE("size zero of a pipe", RIFF FMT PCM "data\0\0\0\0" TWO, 2, NULL),
    CASE("cut short", RIFF FMT PCM "data\x40\0\0\0" TWO "\5", 2, NULL),
    CASE("odd size", RIFF FMT PCM "data\3\0\0\0" TWO, 1, NULL),
    CASE("chunk before data", RIFF FMT PCM "LIST\3\0\0\0abc\0data\4\0\0\0" TWO, 2, NULL),
    CASE("extensible PCM", RIFF EXTENSIBLE "\1\0" GUID_REST "data\4\0\0\0" TWO, 2, NULL),
    CASE("extensible float", RIFF EXTENSIBLE "\3\0" GUID_REST "data\4\0\0\0" TWO, -1, "sox"),
    CASE("empty file", "", -1, "no WAV"),
    CASE("RIFF alone", "RIFF", -1, "no WAV"),
    CASE("not WAVE", "RIFF\x24\0\0\0AVI " FMT PCM "data\4\0\0\0" TWO, -1, "no WAV"),
    CASE("no data", RIFF FMT PCM, -1, "no WAV"),
    CASE("no samples", RIFF FMT PCM "data\4\0\0\0", -1, "no samples"),
    CASE("data first", RIFF "data\4\0\0\0" TWO FMT PCM, -1, "no WAV"),
    CASE("short fmt", RIFF "fmt \4\0\0\0\1\0\1\0data\4\0\0\0" TWO, -1, "no WAV"),
    CASE("huge fmt", RIFF "fmt \xff\xff\xff\xff" PCM "data\4\0\0\0" TWO, -1, "no WAV"),
    CASE("huge chunk",
	 RIFF FMT PCM "LIST\xff\xff\xff\xff"
		      "data",
	 -1, "no WAV"),
    CASE("nearly huge chunk",
	 RIFF FMT PCM "LIST\xfe\xff\xff\xff"
		      "data",
	 -1, "no WAV"),
    CASE("stereo", RIFF FMT "\1\0\2\0\x40\x1f\0\0\0\x7d\0\0\4\0\x10\0data\4\0\0\0" TWO, -1,
	 "2 channels"),
    CASE("16 kHz", RIFF FMT "\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\4\0\0\0" TWO, -1,
	 "16000 Hz"),
    CASE("8 bit", RIFF FMT "\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\4\0\0\0" TWO, -1,
	 "8 bit"),
    CASE("A-law", RIFF FMT "\6\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\4\0\0\0" TWO, -1, "sox"),
#undef CASE
};

static void refuses_hostile_wavs_with_a_sentence(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(wav_cases); i++) {
		const struct wav_case *c = &wav_cases[i];
		struct wav *wav = NULL;
		char why[512] = "";
		int rc;

		print_message("  %s\n", c->promise);
		file_write(c->octets, c->size);
		rc = wav_read(ctx, path, &wav, why, sizeof(why));
		if (c->samples < 0) {
			assert_true(rc < 0);
			assert_null(wav);
			assert_non_null(strstr(why, c->why));
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(wav->count, c->samples);
		assert_int_equal(wav->samples[0], 0x0201);
		talloc_free(wav);
	}
}

static void survives_every_cut_and_every_flipped_octet(void **state)
{
	static const char good[] =
	    RIFF EXTENSIBLE "\1\0" GUID_REST "LIST\2\0\0\0abdata\4\0\0\0" TWO;
	char bad[sizeof(good)];
	struct wav *wav;
	char why[512];

	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		file_write(good, at);
		if (wav_read(ctx, path, &wav, why, sizeof(why)) == 0)
			talloc_free(wav);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, good, sizeof(good));
			bad[at] ^= 1 << bit;
			file_write(bad, sizeof(good) - 1);
			if (wav_read(ctx, path, &wav, why, sizeof(why)) == 0)
				talloc_free(wav);
		}
	}
}

static void says_why_a_file_cannot_be_opened(void **state)
{
	struct wav *wav;
	struct wav_recorder *recorder;
	char why[256];

	assert_true(wav_read(ctx, "/nonexistent/a.wav", &wav, why, sizeof(why)) < 0);
	assert_string_equal(why, "/nonexistent/a.wav cannot be read: No such file or directory");
	assert_true(wav_read(ctx, folder, &wav, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, folder));
	assert_true(wav_recorder_open(ctx, "/nonexistent/a.wav", &recorder, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "cannot be written"));
}

static void says_when_the_disk_is_full(void **state)
{
	struct wav_recorder *recorder;
	char why[256];

	if (access("/dev/full", W_OK) < 0)
		skip();
	assert_true(wav_recorder_open(ctx, "/dev/full", &recorder, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "/dev/full"));
}

/* ---- audio of a line */

static uint8_t encode(enum tdm_law law, int16_t sample)
{
	return law == TDM_ALAW ? linear_to_alaw(sample) : linear_to_ulaw(sample);
}

static int16_t decode(enum tdm_law law, uint8_t octet)
{
	return law == TDM_ALAW ? alaw_to_linear(octet) : ulaw_to_linear(octet);
}

/* Runs audio for count samples that hear silence; gives what it says. */
static void say(struct line_audio *audio, enum tdm_law law, int16_t *said, unsigned count)
{
	uint8_t heard[80];
	uint8_t block[80];

	memset(heard, tdm_idle(law), sizeof(heard));
	for (unsigned at = 0; at < count; at += 80) {
		line_audio_block(audio, heard, block, 80);
		for (unsigned i = 0; i < 80; i++)
			said[at + i] = decode(law, block[i]);
	}
}

/* Level in dBm0 of one frequency in a stretch of sound. */
static double level(const int16_t *samples, unsigned count, double hz)
{
	double re = 0, im = 0;

	for (unsigned i = 0; i < count; i++) {
		re += samples[i] * cos(2 * M_PI * hz * i / WAV_RATE);
		im += samples[i] * sin(2 * M_PI * hz * i / WAV_RATE);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / count / 32768 + 1e-9) + 3.14;
}

static const struct sound_case {
	enum line_sound sound;
	double hz;
	double dbm0;
	unsigned from_ms;
	unsigned silent_ms; /* 0: never */
} sound_cases[] = {
    {LINE_TONE_1004, 1004, -10, 0, 0},
    {LINE_TONE_1004, 1004, -10, 9000, 0},
    {LINE_RINGING_E1, 425, -10, 500, 1010},
    {LINE_RINGING_E1, 425, -10, 5500, 6010},
    {LINE_RINGING_T1, 440, -19, 0, 2010},
    {LINE_RINGING_T1, 480, -19, 6000, 8010},
    {LINE_SPECIAL_INFORMATION, 950, -14, 30, 1000},
    {LINE_SPECIAL_INFORMATION, 1400, -14, 360, 1500},
    {LINE_SPECIAL_INFORMATION, 1800, -14, 690, 1900},
    {LINE_SPECIAL_INFORMATION, 950, -14, 2010, 2990},
};

static void plays_the_tones_of_the_standard(void **state)
{
	static int16_t said[10 * WAV_RATE];

	for (unsigned i = 0; i < ARRAY_SIZE(sound_cases) * 2; i++) {
		const struct sound_case *c = &sound_cases[i / 2];
		enum tdm_law law = i % 2 == 0 ? TDM_ALAW : TDM_ULAW;
		struct line_audio *audio;

		assert_int_equal(line_audio_new(ctx, law, &audio), 0);
		line_audio_play_sound(audio, c->sound);
		say(audio, law, said, ARRAY_SIZE(said));
		assert_true(fabs(level(said + c->from_ms * 8, 2000, c->hz) - c->dbm0) < 0.3);
		if (c->silent_ms != 0)
			assert_true(level(said + c->silent_ms * 8, 1200, c->hz) < -50);
		line_audio_free(audio);
	}
}

static void plays_a_wav_to_the_bit_and_falls_silent(void **state)
{
	static int16_t samples[1000];
	static int16_t said[4000];
	const struct wav wav = {samples, 1000};
	struct line_audio *audio;

	for (int i = 0; i < 1000; i++)
		samples[i] = (int16_t)(i * 7919);
	for (int repeat = 0; repeat < 2; repeat++) {
		assert_int_equal(line_audio_new(ctx, TDM_ALAW, &audio), 0);
		line_audio_play_wav(audio, &wav, repeat);
		for (int round = 0; round < (repeat ? 3 : 1); round++) {
			static int16_t pause[8000];

			say(audio, TDM_ALAW, said, 1000 / 80 * 80);
			for (int i = 0; i < 1000 / 80 * 80; i++)
				assert_int_equal(encode(TDM_ALAW, said[i]),
						 encode(TDM_ALAW, samples[i]));
			say(audio, TDM_ALAW, pause, 80);
			for (int i = 0; i < 40; i++)
				assert_int_equal(encode(TDM_ALAW, pause[i]),
						 encode(TDM_ALAW, samples[960 + i]));
			for (int i = 40; i < 80; i++)
				assert_int_equal(encode(TDM_ALAW, pause[i]), 0xd5);
			say(audio, TDM_ALAW, pause, 7920);
			assert_true(level(pause, 7920, 1000) < -60);
			if (repeat) /* 40 samples of silence are left of the second */
				line_audio_play_wav(audio, &wav, true);
		}
		line_audio_free(audio);
	}
}

static void repeats_a_wav_after_a_second(void **state)
{
	static int16_t samples[800];
	static int16_t said[3 * 8800];
	const struct wav wav = {samples, 800};
	struct line_audio *audio;

	for (int i = 0; i < 800; i++)
		samples[i] = 1000 + i;
	assert_int_equal(line_audio_new(ctx, TDM_ULAW, &audio), 0);
	line_audio_play_wav(audio, &wav, true);
	say(audio, TDM_ULAW, said, ARRAY_SIZE(said));
	for (unsigned i = 0; i < ARRAY_SIZE(said); i++)
		assert_int_equal(
		    said[i], i % 8800 < 800 ? ulaw_to_linear(linear_to_ulaw(1000 + i % 8800)) : 0);
	line_audio_free(audio);
}

/* Two lines mouth to ear. */
static void converse(struct line_audio *a, struct line_audio *b, unsigned ms)
{
	uint8_t from_a[80], from_b[80];
	uint8_t to_a[80], to_b[80];

	memset(to_a, 0xd5, sizeof(to_a));
	for (unsigned at = 0; at < ms; at += 10) {
		line_audio_block(a, to_a, from_a, 80);
		memcpy(to_b, from_a, 80);
		line_audio_block(b, to_b, from_b, 80);
		memcpy(to_a, from_b, 80);
	}
}

static void hears_and_returns_digits(void **state)
{
	struct line_audio *caller, *subscriber;

	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &caller), 0);
	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &subscriber), 0);
	assert_int_equal(line_audio_send_digits(caller, "0123456789*#ABCD"), 0);
	line_audio_return_digits(subscriber, true);
	converse(caller, subscriber, 200 + 16 * 160 + 300);
	assert_string_equal(line_audio_digits(subscriber), "0123456789*#ABCD");
	assert_string_equal(line_audio_digits(caller), "0123456789*#ABCD");

	line_audio_return_digits(subscriber, false);
	assert_int_equal(line_audio_send_digits(caller, "55"), 0);
	converse(caller, subscriber, 1000);
	assert_string_equal(line_audio_digits(subscriber), "0123456789*#ABCD55");
	assert_string_equal(line_audio_digits(caller), "0123456789*#ABCD");
	line_audio_free(caller);
	line_audio_free(subscriber);
}

static void keeps_no_more_digits_than_it_has_room_for(void **state)
{
	struct line_audio *caller, *subscriber;
	char digits[LINE_DIGITS_MAX + 2];

	memset(digits, '7', sizeof(digits));
	digits[LINE_DIGITS_MAX + 1] = '\0';
	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &caller), 0);
	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &subscriber), 0);
	assert_int_equal(line_audio_send_digits(caller, digits), -EMSGSIZE);
	assert_int_equal(line_audio_send_digits(caller, "12x"), -EINVAL);
	assert_int_equal(line_audio_send_digits(caller, ""), -EINVAL);
	digits[LINE_DIGITS_MAX] = '\0';
	for (int i = 0; i < 2; i++) {
		assert_int_equal(line_audio_send_digits(caller, digits), 0);
		converse(caller, subscriber, 200 + LINE_DIGITS_MAX * 160 + 200);
		assert_string_equal(line_audio_digits(subscriber), digits);
	}
	line_audio_free(caller);
	line_audio_free(subscriber);
}

static void goes_on_playing_after_digits(void **state)
{
	static int16_t samples[4000];
	static int16_t said[8000];
	const struct wav wav = {samples, 4000};
	struct line_audio *audio;
	unsigned shift = (LINE_DIGITS_PAUSE_MS + 2 * 2 * LINE_DIGIT_MS) * 8;

	for (int i = 0; i < 4000; i++)
		samples[i] = 8 * (i + 1);
	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &audio), 0);
	line_audio_play_wav(audio, &wav, false);
	say(audio, TDM_ALAW, said, 800);
	assert_int_equal(line_audio_send_digits(audio, "42"), 0);
	say(audio, TDM_ALAW, said + 800, 7200);
	for (int i = 0; i < 800; i++)
		assert_int_equal(said[i], alaw_to_linear(linear_to_alaw(samples[i])));
	for (int i = 800; i < 3000; i++)
		assert_int_equal(said[i + shift], alaw_to_linear(linear_to_alaw(samples[i])));
	line_audio_free(audio);
}

static void records_what_is_heard(void **state)
{
	struct line_audio *audio;
	struct wav_recorder *recorder;
	struct wav *wav;
	uint8_t heard[80], said[80];
	char why[256];

	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &audio), 0);
	for (int i = 0; i < 80; i++)
		heard[i] = i;
	line_audio_block(audio, heard, said, 80); /* not yet */
	assert_int_equal(wav_recorder_open(ctx, path, &recorder, why, sizeof(why)), 0);
	line_audio_record(audio, recorder);
	assert_true(line_audio_recording(audio));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 80; i++)
			heard[i] = round * 80 + i;
		line_audio_block(audio, heard, said, 80);
	}
	assert_int_equal(line_audio_record_end(audio), 0);
	assert_false(line_audio_recording(audio));
	assert_int_equal(wav_read(ctx, path, &wav, why, sizeof(why)), 0);
	assert_int_equal(wav->count, 240);
	for (int i = 0; i < 240; i++)
		assert_int_equal(linear_to_alaw(wav->samples[i]), i);
	talloc_free(wav);
	line_audio_free(audio);
}

static int setup(void **state)
{
	ctx = talloc_named_const(NULL, 0, "test");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.wav", folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	rmdir(folder);
	talloc_free(ctx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_it_wrote),
	    cmocka_unit_test(refuses_hostile_wavs_with_a_sentence),
	    cmocka_unit_test(survives_every_cut_and_every_flipped_octet),
	    cmocka_unit_test(says_why_a_file_cannot_be_opened),
	    cmocka_unit_test(says_when_the_disk_is_full),
	    cmocka_unit_test(plays_the_tones_of_the_standard),
	    cmocka_unit_test(plays_a_wav_to_the_bit_and_falls_silent),
	    cmocka_unit_test(repeats_a_wav_after_a_second),
	    cmocka_unit_test(hears_and_returns_digits),
	    cmocka_unit_test(keeps_no_more_digits_than_it_has_room_for),
	    cmocka_unit_test(goes_on_playing_after_digits),
	    cmocka_unit_test(records_what_is_heard),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
