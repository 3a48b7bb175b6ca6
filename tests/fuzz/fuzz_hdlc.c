// SPDX-License-Identifier: GPL-2.0-or-later
/* The bits of a D channel: octets to the decoder, in pieces; then the same octets as a frame, which must
 * come out of it as it went in.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/hdlc if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "drivers-glue/span/hdlc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_all(struct hdlc_decoder *decoder, const uint8_t *data, size_t size, size_t piece)
{
	size_t eaten;

	while (size > 0) {
		size_t count = piece < size ? piece : size;
		int rc = hdlc_decode(decoder, data, count, &eaten);

		assert(eaten <= count && (rc != 0 || eaten == count));
		assert(rc == -EBADMSG || rc == 0 || (rc >= 2 && rc <= HDLC_FRAME_MAX));
		data += eaten;
		size -= eaten;
	}
}

/* Some octets of the encoder to the decoder. Returns what that says. */
static int pass(struct hdlc_encoder *encoder, struct hdlc_decoder *decoder)
{
	uint8_t octets[16];
	size_t count = hdlc_encode(encoder, octets, sizeof(octets)), eaten;
	int rc = 0;

	assert(count >= 1 && count <= sizeof(octets));
	for (size_t at = 0; rc == 0 && at < count; at += eaten)
		rc = hdlc_decode(decoder, octets + at, count - at, &eaten);
	return rc;
}

static void go_and_return(struct hdlc_decoder *decoder, const uint8_t *data, size_t size)
{
	static struct hdlc_encoder encoder;
	int rc;

	hdlc_encoder_init(&encoder);
	while (!hdlc_encoder_ready(&encoder))
		assert(pass(&encoder, decoder) == 0);
	memcpy(encoder.frame, data, size < HDLC_FRAME_MAX ? size : HDLC_FRAME_MAX);
	rc = hdlc_encoder_start(&encoder, size);
	assert((rc == -EMSGSIZE) == (size < 2 || size > HDLC_FRAME_MAX));
	if (rc)
		return;
	do {
		rc = pass(&encoder, decoder);
	} while (rc == 0);
	assert(rc == (int)size && memcmp(decoder->frame, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hdlc_decoder decoder;

	hdlc_decoder_init(&decoder);
	decode_all(&decoder, data, size, size % HDLC_PIECE_MAX + 1);
	hdlc_decoder_init(&decoder);
	go_and_return(&decoder, data, size);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "hdlc", replay);
}
#endif
