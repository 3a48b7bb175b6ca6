// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/codec.h"

#include <assert.h>
#include <string.h>
#include <spandsp.h>

static int16_t linear[2][256];
static uint8_t other_law[2][256]; /* from the law that is the index to the other one */

void codec_setup(void)
{
	for (unsigned i = 0; i < 256; i++) {
		linear[CODEC_ULAW][i] = ulaw_to_linear(i);
		linear[CODEC_ALAW][i] = alaw_to_linear(i);
		other_law[CODEC_ULAW][i] = ulaw_to_alaw(i);
		other_law[CODEC_ALAW][i] = alaw_to_ulaw(i);
	}
}

uint8_t codec_silence(enum codec_law law)
{
	return law == CODEC_ALAW ? 0xd5 : 0xff;
}

static void transcode(enum codec_law from, enum codec_law to, const uint8_t *in, uint8_t *out,
		      size_t count)
{
	const uint8_t *table;

	if (from == to || from == CODEC_CLEAR || to == CODEC_CLEAR) {
		memmove(out, in, count);
		return;
	}
	table = other_law[from];
	for (size_t i = 0; i < count; i++)
		out[i] = table[in[i]];
}

void codec_decode(enum codec_law stream, enum codec_law line, const uint8_t *in, uint8_t *out,
		  size_t count)
{
	transcode(stream, line, in, out, count);
}

void codec_encode(enum codec_law line, enum codec_law stream, const uint8_t *in, uint8_t *out,
		  size_t count)
{
	transcode(line, stream, in, out, count);
}

void codec_to_linear(enum codec_law law, const uint8_t *in, int16_t *out, size_t count)
{
	const int16_t *table = linear[law];

	assert(law != CODEC_CLEAR);
	for (size_t i = 0; i < count; i++)
		out[i] = table[in[i]];
}

void codec_from_linear(enum codec_law law, const int16_t *in, uint8_t *out, size_t count)
{
	if (law == CODEC_ALAW) {
		for (size_t i = 0; i < count; i++)
			out[i] = linear_to_alaw(in[i]);
	} else {
		for (size_t i = 0; i < count; i++)
			out[i] = linear_to_ulaw(in[i]);
	}
}
