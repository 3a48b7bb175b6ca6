// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/blocks.h"

#include <errno.h>
#include <string.h>

static unsigned common_divisor(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* A block is complete at worst block - divisor octets after it was needed. */
static unsigned delay_of(unsigned block, unsigned frames)
{
	unsigned whole_steps = (block - 1) / frames * frames;
	unsigned never_dry = block - common_divisor(block, frames);

	return whole_steps > never_dry ? whole_steps : never_dry;
}

void blocks_init(struct blocks *b, unsigned block, unsigned frames, uint8_t idle)
{
	memset(b, 0, sizeof(*b));
	b->block = block;
	b->delay = delay_of(block, frames);
	b->idle = idle;
	memset(b->in, idle, sizeof(b->in));
	memset(b->out, idle, sizeof(b->out));
}

void blocks_take(struct blocks *b, const uint8_t *octets, size_t stride, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t octet = octets[i * stride];
		size_t at = (b->taken + i) % BLOCKS_RING;

		b->in[at] = octet;
		if (b->mode == BLOCKS_LOOP)
			b->out[at] = octet;
	}
	b->taken += count;
}

void blocks_give(struct blocks *b, uint8_t *octets, size_t stride, size_t count)
{
	if (b->taken < count) {
		for (size_t i = 0; i < count; i++)
			octets[i * stride] = b->idle;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = (b->taken - count + i) % BLOCKS_RING;

		octets[i * stride] = b->out[at];
		b->out[at] = b->idle;
	}
	b->given = b->taken;
}

int blocks_read(struct blocks *b, uint8_t *block)
{
	uint64_t complete = b->taken / b->block;
	uint64_t from;

	if (complete == b->read)
		return 0;
	from = (complete - 1) * b->block;
	for (unsigned i = 0; i < b->block; i++)
		block[i] = b->in[(from + i) % BLOCKS_RING];
	b->read = complete;
	return 1;
}

int blocks_write(struct blocks *b, const uint8_t *block)
{
	uint64_t to;

	if (b->written == b->read)
		return -ENOSPC;
	b->written = b->read;
	if (b->mode == BLOCKS_LOOP)
		return 0;
	to = (b->read - 1) * b->block + b->delay;
	for (unsigned i = 0; i < b->block; i++) {
		if (to + i >= b->given)
			b->out[(to + i) % BLOCKS_RING] = block[i];
	}
	return 0;
}
