// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include <spandsp.h>
#include "gateway/media/digits.h"
#include "gateway/media/event.h"

#define MS 1000000ull

/* ---- codec */

static void same_law_passes_every_octet(void **state)
{
	uint8_t in[256], out[256];

	for (unsigned i = 0; i < 256; i++)
		in[i] = i;
	for (unsigned law = 0; law < 2; law++) {
		codec_decode(law, law, in, out, 256);
		assert_memory_equal(in, out, 256);
		codec_encode(law, law, in, out, 256);
		assert_memory_equal(in, out, 256);
	}
}

static void other_law_is_what_spandsp_says(void **state)
{
	uint8_t in[256], out[256];
	int16_t a[256], b[256];

	for (unsigned i = 0; i < 256; i++)
		in[i] = i;
	codec_decode(CODEC_ULAW, CODEC_ALAW, in, out, 256);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(out[i], ulaw_to_alaw(i));
	codec_encode(CODEC_ALAW, CODEC_ULAW, in, out, 256);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(out[i], alaw_to_ulaw(i));
	codec_to_linear(CODEC_ALAW, in, a, 256);
	codec_to_linear(CODEC_ULAW, in, b, 256);
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(a[i], alaw_to_linear(i));
		assert_int_equal(b[i], ulaw_to_linear(i));
	}
	codec_from_linear(CODEC_ALAW, a, out, 256);
	assert_memory_equal(in, out, 256);
	codec_from_linear(CODEC_ULAW, b, out, 256);
	for (unsigned i = 0; i < 256; i++) /* 0x7f and 0xff both are 0 */
		assert_int_equal(out[i], i == 0x7f ? 0xff : i);
	assert_int_equal(ulaw_to_linear(codec_silence(CODEC_ULAW)), 0);
	assert_in_range(abs(alaw_to_linear(codec_silence(CODEC_ALAW))), 0, 8);
}

/* ---- telephone-events */

struct event_row {
	const char *name;
	struct {
		unsigned at_ms; /* 0: the row ends */
		uint32_t timestamp;
		uint8_t payload[4];
	} packet[10];
	const char *steps; /* + began, - ended with its ms */
};

static void hears_each_digit_once(void **state)
{
	static const struct event_row rows[] = {
	    {"whole",
	     {{20, 800, {5, 10, 0, 160}},
	      {40, 800, {5, 10, 1, 64}},
	      {60, 800, {5, 0x8a, 1, 224}},
	      {61, 800, {5, 0x8a, 1, 224}},
	      {62, 800, {5, 0x8a, 1, 224}}},
	     "+5 -5/60 "},
	    {"all three ends lost",
	     {{20, 800, {11, 10, 0, 160}}, {40, 800, {11, 10, 1, 64}}},
	     "+# -#/40 "},
	    {"only an end came", {{20, 800, {10, 0x8a, 3, 32}}}, "+* -*/100 "},
	    {"ends lost, next digit comes",
	     {{20, 800, {1, 10, 0, 160}},
	      {120, 1600, {1, 10, 0, 160}},
	      {140, 1600, {1, 0x8a, 1, 64}}},
	     "+1 -1/20 +1 -1/40 "},
	    {"an old end after the next digit began",
	     {{20, 800, {1, 10, 0, 160}},
	      {120, 1600, {2, 10, 0, 160}},
	      {125, 800, {1, 0x8a, 0, 160}},
	      {140, 1600, {2, 0x8a, 1, 64}}},
	     "+1 -1/20 +2 -2/40 "},
	    {"across the wrap of timestamps",
	     {{20, 0xffffff00, {1, 0x8a, 1, 64}}, {120, 0x100, {2, 0x8a, 1, 64}}},
	     "+1 -1/40 +2 -2/40 "},
	    {"a flash and modem tones are no digits",
	     {{20, 800, {16, 10, 0, 160}}, {40, 1800, {36, 0x8a, 0, 160}}},
	     ""},
	};

	for (unsigned r = 0; r < COUNT(rows); r++) {
		struct digit_steps steps = {.count = 0};
		struct event_receiver receiver;
		struct digit_step step;
		char text[200] = "";
		event_receiver_init(&receiver, &steps);
		for (unsigned i = 0, ms = 1; ms < 1000; ms++) {
			for (; i < 10 && rows[r].packet[i].at_ms == ms; i++)
				event_received(&receiver, rows[r].packet[i].timestamp,
					       rows[r].packet[i].payload, 4, ms * MS);
			event_expire(&receiver, ms * MS);
		}
		while (digit_steps_take(&steps, &step)) {
			size_t used = strlen(text);
			if (step.kind == DIGIT_BEGAN)
				snprintf(text + used, sizeof(text) - used, "+%c ", step.digit);
			else
				snprintf(text + used, sizeof(text) - used, "-%c/%u ", step.digit,
					 step.duration_ms);
		}
		if (strcmp(text, rows[r].steps))
			fail_msg("%s: %s", rows[r].name, text);
	}
}

static void refuses_events_of_a_wrong_length(void **state)
{
	struct digit_steps steps = {.count = 0};
	struct event_receiver receiver;

	event_receiver_init(&receiver, &steps);
	for (unsigned length = 0; length < 12; length++) {
		uint8_t *payload = calloc(1, length + 1);
		assert_int_equal(event_received(&receiver, 1, payload, length, 1),
				 length && length % 4 == 0 ? 0 : -EINVAL);
		free(payload);
	}
}

/* Runs a sender for ms in blocks of 10 ms; writes a line for each packet. */
static void send_for(struct event_sender *sender, uint32_t *now, unsigned ms, char *text,
		     size_t size)
{
	struct event_packet p;

	for (; ms; ms -= 10) {
		*now += 80;
		if (event_step(sender, *now, 80, &p)) {
			size_t used = strlen(text);
			snprintf(text + used, size - used, "%u:%s%u%s%u ", p.timestamp,
				 p.marker ? "M" : "", p.payload[0], p.payload[1] & 0x80 ? "E" : ",",
				 p.payload[2] << 8 | p.payload[3]);
		}
	}
}

static void sends_events_as_rfc_4733_says(void **state)
{
	struct event_sender sender;
	uint32_t now = 1000;
	char text[500] = "";

	event_sender_init(&sender);
	assert_false(event_busy(&sender));
	event_start(&sender, '5', 0);
	send_for(&sender, &now, 60, text, sizeof(text));
	event_stop(&sender, '5');
	send_for(&sender, &now, 200, text, sizeof(text));
	assert_string_equal(text,
			    "1000:M5,80 1000:5,240 1000:5,400 1000:5E560 1000:5E560 1000:5E560 ");
	assert_false(event_busy(&sender));
	assert_int_equal(sender.sent, 1);
}

static void queued_digits_follow_with_a_pause(void **state)
{
	struct event_sender sender;
	uint32_t now = 0;
	char text[500] = "";

	event_sender_init(&sender);
	event_start(&sender, '#', 50);
	event_start(&sender, 'D', 50);
	send_for(&sender, &now, 400, text, sizeof(text));
	assert_string_equal(text, "0:M11,80 0:11,240 0:11E400 0:11E400 0:11E400 "
				  "1120:M15,80 1120:15,240 1120:15E400 1120:15E400 1120:15E400 ");
	for (unsigned i = 0; i < EVENT_QUEUE; i++)
		assert_int_equal(event_start(&sender, '1', 50), 0);
	assert_int_equal(event_start(&sender, '1', 50), -ENOBUFS);
}

static void a_digit_survives_a_restart(void **state)
{
	struct event_sender sender;
	uint32_t now = 10000;
	char text[500] = "";

	event_sender_init(&sender);
	event_resume(&sender, '7', 8000, 2000);
	send_for(&sender, &now, 30, text, sizeof(text));
	event_start(&sender, '7', 0); /* the detector hears it still */
	send_for(&sender, &now, 20, text, sizeof(text));
	event_stop(&sender, '7');
	send_for(&sender, &now, 60, text, sizeof(text));
	assert_string_equal(text, "8000:7,2320 8000:7E2480 8000:7E2480 8000:7E2480 ");

	text[0] = 0;
	event_resume(&sender, '7', 8000, 2000);
	send_for(&sender, &now, 200, text, sizeof(text)); /* it does not: the digit is over */
	assert_string_equal(text, "8000:7E2960 8000:7E2960 8000:7E2960 ");
}

/* ---- DTMF as sound */

static void plays_and_hears_every_digit(void **state)
{
	static const char digits[] = "0123456789*#ABCD";

	for (unsigned law = 0; law < 2; law++) {
		struct digit_steps steps = {.count = 0};
		struct digit_detector *detector;
		struct digit_player *player;
		struct digit_step step;
		unsigned heard = 0;
		uint8_t block[80];
		assert_int_equal(digit_player_new(law, &player), 0);
		assert_int_equal(digit_detector_new(law, &steps, &detector), 0);
		for (unsigned i = 0; i < 16; i++)
			assert_int_equal(
			    digit_player_start(player, digits[i], i == 3 ? 0 : DIGIT_MS_MIN), 0);
		digit_player_stop(player, '3'); /* before it began: it still sounds */
		for (unsigned i = 0; digit_player_busy(player) && i < 1000; i++) {
			memset(block, 0x12, sizeof(block));
			assert_true(digits_inject(player, block, 80));
			digits_detect(detector, block, 80);
			while (digit_steps_take(&steps, &step)) {
				if (step.kind == DIGIT_BEGAN)
					assert_int_equal(step.digit, digits[heard]);
				else
					assert_int_equal(step.digit, digits[heard++]);
			}
		}
		assert_int_equal(heard, 16);
		memset(block, 0x12, sizeof(block));
		assert_false(digits_inject(player, block, 80));
		assert_int_equal(block[0], 0x12);
		digit_player_free(player);
		digit_detector_free(detector);
	}
}

static void a_digit_lasts_until_it_is_stopped(void **state)
{
	struct digit_player *player;
	uint8_t block[160], silence[160];

	memset(silence, codec_silence(CODEC_ALAW), sizeof(silence));
	assert_int_equal(digit_player_new(CODEC_ALAW, &player), 0);
	digit_player_start(player, '1', 0);
	for (unsigned i = 0; i < 50; i++) {
		assert_true(digits_inject(player, block, 160));
		assert_memory_not_equal(block, silence, 160);
	}
	digit_player_stop(player, '1');
	assert_true(digits_inject(player, block, 160));
	assert_memory_equal(block, silence, 160);
	for (unsigned i = 0; i < 3; i++)
		digits_inject(player, block, 160);
	assert_false(digits_inject(player, block, 160));
	digit_player_free(player);
}

static void a_tone_plays_until_it_is_stopped(void **state)
{
	struct digit_player *player;
	uint8_t block[80], silence[80];

	memset(silence, codec_silence(CODEC_ALAW), sizeof(silence));
	assert_int_equal(digit_player_new(CODEC_ALAW, &player), 0);
	assert_int_equal(digit_player_tone(player, "no tone", 0), -EINVAL);
	assert_false(digits_inject(player, block, 80));
	assert_int_equal(digit_player_tone(player, "425/100,0/100", 0), 0);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(digits_inject(player, block, 80));
		assert_int_equal(!memcmp(block, silence, 80), i % 20 >= 10);
	}
	assert_int_equal(digit_player_tone(player, "", 0), 0);
	assert_false(digits_inject(player, block, 80));
	digit_player_free(player);
}

int test_media_digits(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_law_passes_every_octet),
	    cmocka_unit_test(other_law_is_what_spandsp_says),
	    cmocka_unit_test(hears_each_digit_once),
	    cmocka_unit_test(refuses_events_of_a_wrong_length),
	    cmocka_unit_test(sends_events_as_rfc_4733_says),
	    cmocka_unit_test(queued_digits_follow_with_a_pause),
	    cmocka_unit_test(a_digit_survives_a_restart),
	    cmocka_unit_test(plays_and_hears_every_digit),
	    cmocka_unit_test(a_digit_lasts_until_it_is_stopped),
	    cmocka_unit_test(a_tone_plays_until_it_is_stopped),
	};

	return cmocka_run_group_tests_name("media: codec, digits", tests, NULL, NULL);
}
