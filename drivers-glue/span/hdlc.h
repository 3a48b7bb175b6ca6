/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hdlc - HDLC of a D channel in software (ISO/IEC 13239 as Q.921 clause 2 uses it): flags between
 * frames, bit stuffing, 16 bit FCS. The bits of an octet lie in a timeslot as on a wire: the bit
 * that HDLC sends first (the lowest) is the first bit of the timeslot (the highest).
 *
 * Receiving: hdlc_decode() with each piece of the timeslot, again until it has eaten all of it.
 * Sending: when hdlc_encoder_ready(), give the next frame with hdlc_encoder_start(); then
 * hdlc_encode() until the piece of the timeslot is full. Without a frame it sends flags.
 *
 * Frames are 2 to HDLC_FRAME_MAX octets without FCS. Nothing is allocated; one object a direction.
 */
#ifndef DRIVERS_GLUE_SPAN_HDLC_H
#define DRIVERS_GLUE_SPAN_HDLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/isdnhdlc.h>

#include "drivers-glue/span/span.h"

#define HDLC_FRAME_MAX TDM_DFRAME_MAX
#define HDLC_PIECE_MAX 64 /* octets decoded at once */

struct hdlc_decoder {
	struct osmo_isdnhdlc_vars vars;
	/* room behind the longest frame and its FCS for one more piece, so that the library never
	 * cuts a frame off: it would take the tail for a good frame */
	uint8_t frame[HDLC_FRAME_MAX + 3 + HDLC_PIECE_MAX + 2];
};

enum hdlc_opening {
	HDLC_OPENING = 0, /* the first flag was not sent yet, a frame would be lost */
	HDLC_OPENED,
};

struct hdlc_encoder {
	enum hdlc_opening opening;
	struct osmo_isdnhdlc_vars vars;
	uint16_t length, taken;
	uint8_t frame[HDLC_FRAME_MAX];
};

void hdlc_decoder_init(struct hdlc_decoder *d);
/* Eats octets, stops at the end of a frame; *eaten says how far it came, maybe 0 if the frame ended
 * with the octets before. Returns the length of a
 * good frame, which lies in d->frame until the next call; 0 if all was eaten; -EBADMSG for a frame
 * with a wrong FCS, aborted or too long. At most HDLC_PIECE_MAX octets. */
int hdlc_decode(struct hdlc_decoder *d, const uint8_t *octets, size_t count, size_t *eaten);

void hdlc_encoder_init(struct hdlc_encoder *e);
/* True if a frame can be started. */
bool hdlc_encoder_ready(const struct hdlc_encoder *e);
/* The frame was written to e->frame, length octets of it; -EMSGSIZE: not 2 to HDLC_FRAME_MAX. */
int hdlc_encoder_start(struct hdlc_encoder *e, size_t length);
/* Writes 1 to count octets and returns how many. Fewer than count: a frame has ended. */
size_t hdlc_encode(struct hdlc_encoder *e, uint8_t *octets, size_t count);

#endif
