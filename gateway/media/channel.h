/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * channel - a B channel with what belongs to its audio: a digit detector and a player of digits and
 * tones.
 *
 * channel_open() on an attached span. In each step of the span: channel_read(); if it says 1, one
 * channel_write() (or none: then silence goes out). What the detector hears are steps in
 * channel_digits(). Only opening allocates.
 */
#ifndef GATEWAY_MEDIA_CHANNEL_H
#define GATEWAY_MEDIA_CHANNEL_H

#include <stdint.h>
#include "drivers-glue/span/span.h"
#include "gateway/media/codec.h"
#include "gateway/media/digits.h"
#include "gateway/wire/messages.h"

struct channel;

/* fd: as for tdm_channel_open(), the channel's if this succeeds. A driver without an echo canceller
 * is no error: channel_echo_error() says -ENOTSUP or what it was. */
int channel_open(struct tdm_span *span, enum codec_law law, const struct wire_channel_open *config,
		 int fd, struct channel **out);
void channel_close(struct channel *channel);
int channel_echo_error(const struct channel *channel);	   /* 0: as asked */
unsigned channel_block(const struct channel *channel);	   /* octets */
enum codec_law channel_law(const struct channel *channel); /* CODEC_CLEAR: it carries data */
/* 1 and a block, which the detector has heard; 0: not complete yet. */
int channel_read(struct channel *channel, uint8_t *block);
/* The block goes out; or what the player has to play instead, which is then in block. */
void channel_write(struct channel *channel, uint8_t *block);
/* For a channel without a bridge: what the player has goes out, else nothing. */
void channel_write_own(struct channel *channel);
/* As tdm_channel_join() and _part(). -ENOTSUP if one of them has gains, too. */
int channel_join(struct channel *a, struct channel *b);
void channel_part(struct channel *channel);
struct digit_steps *channel_digits(struct channel *channel);
char channel_digit_heard(const struct channel *channel); /* 0: none sounds */
struct digit_player *channel_player(struct channel *channel);

#endif
