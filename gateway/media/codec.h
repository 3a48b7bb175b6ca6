/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * codec - G.711 in both laws, and from one to the other; and a clear channel (RFC 4040), whose
 * octets are no audio.
 *
 * A stream carries one law, the line another or the same. With the same law on both sides, or a
 * clear channel on one of them, octets are copied and nothing else: that path is bit-exact.
 * codec_setup() once, before anything else; tables come from spandsp. Nothing allocates or fails.
 */
#ifndef GATEWAY_MEDIA_CODEC_H
#define GATEWAY_MEDIA_CODEC_H

#include <stddef.h>
#include <stdint.h>

#define CODEC_RATE 8000 /* samples and octets a second */
#define CODEC_MS(samples) ((samples) / 8)
#define CODEC_SAMPLES(ms) ((ms)*8)

enum codec_law {
	CODEC_ULAW,
	CODEC_ALAW,
	CODEC_CLEAR, /* 64 kbit/s of data: has no linear form */
};

void codec_setup(void);
uint8_t codec_silence(enum codec_law law); /* 0xff or 0xd5; of data 0xff, all marks */

/* From a stream's law to the line's. in and out may be the same. */
void codec_decode(enum codec_law stream, enum codec_law line, const uint8_t *in, uint8_t *out,
		  size_t count);
/* From the line's law to a stream's. */
void codec_encode(enum codec_law line, enum codec_law stream, const uint8_t *in, uint8_t *out,
		  size_t count);

/* Of audio only. */
void codec_to_linear(enum codec_law law, const uint8_t *in, int16_t *out, size_t count);
void codec_from_linear(enum codec_law law, const int16_t *in, uint8_t *out, size_t count);

#endif
