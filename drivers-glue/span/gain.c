// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/gain.h"

#define TENTH_DB 1.0115794542598986 /* 10^(1/200) */

/* ---- G.711 */

static unsigned segment_of(unsigned magnitude, unsigned first_end)
{
	unsigned segment = 0;

	while (segment < 7 && magnitude >= first_end << segment)
		segment++;
	return segment;
}

/* G.711 table 1: 13 bit, sign set for positive, even bits inverted. */
static uint8_t alaw_of(int sample)
{
	unsigned sign = sample >= 0 ? 0x80 : 0;
	unsigned magnitude = (unsigned)(sample >= 0 ? sample : -sample - 1) >> 3;
	unsigned segment = segment_of(magnitude, 32);
	unsigned step = segment ? magnitude >> segment : magnitude >> 1;

	return (uint8_t)((sign | segment << 4 | (step & 0x0f)) ^ 0x55);
}

/* G.711 table 2: 14 bit, biased by 33, all bits inverted. */
static uint8_t ulaw_of(int sample)
{
	unsigned sign = sample < 0 ? 0x80 : 0;
	unsigned magnitude = ((unsigned)(sample < 0 ? -sample : sample) >> 2) + 33;
	unsigned segment;

	if (magnitude > 8191)
		magnitude = 8191;
	segment = segment_of(magnitude, 64);
	return (uint8_t) ~(sign | segment << 4 | ((magnitude >> (segment + 1)) & 0x0f));
}

static int alaw_linear(uint8_t octet)
{
	unsigned code = octet ^ 0x55;
	unsigned segment = code >> 4 & 7;
	int magnitude = (int)(code & 0x0f) << 4 | 8;

	if (segment)
		magnitude = (magnitude | 0x100) << (segment - 1);
	return code & 0x80 ? magnitude : -magnitude;
}

static int ulaw_linear(uint8_t octet)
{
	unsigned code = (uint8_t)~octet;
	int magnitude = ((((int)(code & 0x0f) << 1 | 33) << (code >> 4 & 7)) - 33) * 4;

	return code & 0x80 ? -magnitude : magnitude;
}

uint8_t g711_encode(enum tdm_law law, int sample)
{
	return law == TDM_ULAW ? ulaw_of(sample) : alaw_of(sample);
}

int g711_decode(enum tdm_law law, uint8_t octet)
{
	return law == TDM_ULAW ? ulaw_linear(octet) : alaw_linear(octet);
}

/* ---- tables */

void gain_table(enum tdm_law law, int db10, uint8_t *table)
{
	double factor = 1;

	for (int i = 0; i < db10; i++)
		factor *= TENTH_DB;
	for (int i = 0; i > db10; i--)
		factor /= TENTH_DB;

	for (unsigned octet = 0; octet < 256; octet++) {
		double sample = factor * g711_decode(law, (uint8_t)octet);

		if (sample > 32767)
			sample = 32767;
		if (sample < -32767)
			sample = -32767;
		table[octet] =
		    db10 ? g711_encode(law, (int)(sample < 0 ? sample - 0.5 : sample + 0.5))
			 : (uint8_t)octet;
	}
}

void gain_apply(const uint8_t *table, const uint8_t *from, uint8_t *to, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = table[from[i]];
}
