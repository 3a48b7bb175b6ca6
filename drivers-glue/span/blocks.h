/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * blocks - one timeslot's audio, cut into blocks of 80 or 160 octets and put together again.
 *
 * Each step brings the octets of one packet (blocks_take) and needs as many for the packet that
 * goes out (blocks_give, once for each step). A block that is complete can be read, and what is
 * written for it goes out at a fixed distance, the smallest that never runs dry: if F octets of a
 * packet divide the block, the first octet of the block goes out in the packet of the step that
 * completed it. So octet n of the way in answers to octet n + delay of the way out, for ever; what
 * is written too late for its place loses the part that has gone by.
 *
 * Positions count octets since blocks_init. Nothing is allocated.
 */
#ifndef DRIVERS_GLUE_SPAN_BLOCKS_H
#define DRIVERS_GLUE_SPAN_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define BLOCKS_RING 512 /* over delay + block + packet */

enum blocks_mode {
	BLOCKS_THROUGH = 0, /* read and written */
	BLOCKS_LOOP,	    /* what comes in goes out in the same step */
};

struct blocks {
	enum blocks_mode mode;
	unsigned block, delay;
	uint8_t idle;
	uint64_t taken, given;	/* octets in, octets out */
	uint64_t read, written; /* blocks */
	uint8_t in[BLOCKS_RING], out[BLOCKS_RING];
};

/* frames: octets a step brings, 1..64. idle: octet sent where nothing was written. */
void blocks_init(struct blocks *b, unsigned block, unsigned frames, uint8_t idle);
/* Way in: count octets, each stride from the one before. */
void blocks_take(struct blocks *b, const uint8_t *octets, size_t stride, size_t count);
/* Way out, for the step whose octets were taken last; idle before the first one. */
void blocks_give(struct blocks *b, uint8_t *octets, size_t stride, size_t count);

/* 1 and the newest block that is complete, if it was not read; else 0. */
int blocks_read(struct blocks *b, uint8_t *block);
/* For the block read last: 0, or -ENOSPC if that was done already. */
int blocks_write(struct blocks *b, const uint8_t *block);

#endif
