// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/span/hdlc.h"
#include "tests/unit/test_span_groups.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t random_state = 1;

static uint32_t random_next(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

struct hdlc_line {
	struct hdlc_encoder encoder;
	struct hdlc_decoder decoder;
	unsigned frames, errors;
	size_t length; /* of the last frame */
	uint8_t frame[HDLC_FRAME_MAX];
};

static void line_decode(struct hdlc_line *line, const uint8_t *octets, size_t count)
{
	while (count > 0) {
		size_t eaten;
		int rc = hdlc_decode(&line->decoder, octets, count, &eaten);

		octets += eaten;
		count -= eaten;
		if (rc < 0)
			line->errors++;
		if (rc > 0) {
			line->frames++;
			line->length = (size_t)rc;
			assert_true(rc <= HDLC_FRAME_MAX);
			memcpy(line->frame, line->decoder.frame, (size_t)rc);
		}
	}
}

static void line_init(struct hdlc_line *line)
{
	memset(line, 0, sizeof(*line));
	hdlc_encoder_init(&line->encoder);
	hdlc_decoder_init(&line->decoder);
}

static void carries_frames_in_pieces_of_any_size(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 7, 8, 40, 64};

	for (size_t p = 0; p < COUNT(pieces); p++) {
		uint8_t sent[HDLC_FRAME_MAX];
		size_t sent_length = 0;
		struct hdlc_line line;
		unsigned given = 0;

		line_init(&line);
		for (unsigned n = 0; n < 300000 / pieces[p] && line.frames < 150; n++) {
			uint8_t octets[64];
			size_t done = 0;

			while (done < pieces[p]) {
				/* one on the way at a time, so that it can be compared */
				if (hdlc_encoder_ready(&line.encoder) && given == line.frames) {
					uint32_t mask = given % 3 ? 0xff : 0x00;

					sent_length = 2 + random_next() % (HDLC_FRAME_MAX - 1);
					for (size_t i = 0; i < sent_length; i++)
						sent[i] = (uint8_t)(mask ? random_next() : 0xff);
					memcpy(line.encoder.frame, sent, sent_length);
					assert_int_equal(
					    hdlc_encoder_start(&line.encoder, sent_length), 0);
					given++;
				}
				done += hdlc_encode(&line.encoder, octets + done, pieces[p] - done);
			}
			line_decode(&line, octets, pieces[p]);
			if (line.frames == given && line.length) {
				assert_int_equal(line.length, sent_length);
				assert_memory_equal(line.frame, sent, sent_length);
				line.length = 0;
			}
		}
		assert_true(line.frames >= 150);
		assert_int_equal(line.errors, 0);
	}
}

static void carries_frames_that_follow_closely(void **state)
{
	static const size_t pieces[] = {1, 8, 64};

	for (size_t p = 0; p < COUNT(pieces); p++) {
		struct hdlc_line line;
		unsigned given = 0, seen = 0;

		line_init(&line);
		while (seen < 500) {
			uint8_t octets[64];
			size_t done = 0;

			while (done < pieces[p]) {
				if (hdlc_encoder_ready(&line.encoder)) {
					size_t length = 2 + given % 9;

					memset(line.encoder.frame, (int)given, length);
					hdlc_encoder_start(&line.encoder, length);
					given++;
				}
				done += hdlc_encode(&line.encoder, octets + done, pieces[p] - done);
			}
			for (size_t i = 0; i < pieces[p]; i++) {
				line_decode(&line, octets + i, 1);
				if (line.frames == seen)
					continue;
				assert_int_equal(line.length, 2 + seen % 9);
				assert_int_equal(line.frame[0], (uint8_t)seen);
				seen = line.frames;
			}
			assert_true(given < seen + 64);
		}
		assert_int_equal(line.errors, 0);
	}
}

/* Writes a frame as it lies in the timeslot; returns its octets. */
static size_t line_encode(struct hdlc_line *line, const uint8_t *frame, size_t length,
			  uint8_t *octets)
{
	size_t done = 0;

	if (!hdlc_encoder_ready(&line->encoder))
		done = hdlc_encode(&line->encoder, octets, 1);
	memcpy(line->encoder.frame, frame, length);
	assert_int_equal(hdlc_encoder_start(&line->encoder, length), 0);
	while (!hdlc_encoder_ready(&line->encoder))
		done += hdlc_encode(&line->encoder, octets + done, 8);
	done += hdlc_encode(&line->encoder, octets + done, 8);
	return done;
}

static void refuses_a_frame_with_any_wrong_bit(void **state)
{
	const uint8_t frame[] = {0x02, 0x01, 0x7f};
	uint8_t octets[64];
	struct hdlc_line line;
	size_t count;

	line_init(&line);
	count = line_encode(&line, frame, sizeof(frame), octets);
	for (size_t bit = 8; bit < 8 + 5 * 8; bit++) {
		uint8_t wrong[64];
		unsigned frames;

		memcpy(wrong, octets, count);
		wrong[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		line_init(&line);
		line_decode(&line, wrong, count);
		assert_int_equal(line.frames, 0);
		assert_true(line.errors >= 1);
		/* and the next one is read again */
		frames = line.frames;
		line_decode(&line, octets, count);
		line_decode(&line, (const uint8_t *)"~~", 2);
		assert_int_equal(line.frames, frames + 1);
	}
}

static void refuses_a_frame_that_is_too_long(void **state)
{
	static const size_t excess[] = {1, 2, 3, 50, 60, 64, 65, 66, 67, 100, 1000, 5000};

	for (size_t i = 0; i < COUNT(excess) * 3; i++) {
		size_t piece = (size_t[]){1, 8, 64}[i % 3];
		size_t length = HDLC_FRAME_MAX + excess[i / 3];
		struct osmo_isdnhdlc_vars vars;
		uint8_t *long_frame = malloc(length), *octets = malloc(2 * length + 64);
		int taken, count = 0;
		struct hdlc_line line;

		assert_non_null(long_frame);
		assert_non_null(octets);
		for (size_t n = 0; n < length; n++)
			long_frame[n] = (uint8_t)random_next();
		osmo_isdnhdlc_out_init(&vars, OSMO_HDLC_F_BITREVERSE);
		count = osmo_isdnhdlc_encode(&vars, long_frame, (uint16_t)length, &taken, octets,
					     (int)(2 * length));
		count += osmo_isdnhdlc_encode(&vars, NULL, 0, &taken, octets + count, 2);
		line_init(&line);
		for (size_t at = 0; at < (size_t)count; at += piece)
			line_decode(&line, octets + at,
				    (size_t)count - at < piece ? (size_t)count - at : piece);
		assert_int_equal(line.frames, 0);
		assert_int_equal(line.errors, 1);
		free(long_frame);
		free(octets);
	}
}

static void survives_noise(void **state)
{
	struct hdlc_line line;

	line_init(&line);
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t octets[64];
		uint32_t ones = random_next() % 4;

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)(ones == 0 ? 0xff : ones == 1 ? 0 : random_next());
		line_decode(&line, octets, 1 + random_next() % 64);
	}
	assert_true(line.errors > 100);
}

int test_hdlc(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(carries_frames_in_pieces_of_any_size),
	    cmocka_unit_test(carries_frames_that_follow_closely),
	    cmocka_unit_test(refuses_a_frame_with_any_wrong_bit),
	    cmocka_unit_test(refuses_a_frame_that_is_too_long),
	    cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests_name("hdlc", tests, NULL, NULL);
}
