// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/hdlc.h"

#include <assert.h>
#include <errno.h>

void hdlc_decoder_init(struct hdlc_decoder *d)
{
	osmo_isdnhdlc_rcv_init(&d->vars, OSMO_HDLC_F_BITREVERSE);
}

/* A frame that is too long stays so without ever reaching the end of the buffer. */
static void decoder_limit(struct hdlc_decoder *d)
{
	if (d->vars.dstpos > HDLC_FRAME_MAX + 3)
		d->vars.dstpos = HDLC_FRAME_MAX + 3;
}

int hdlc_decode(struct hdlc_decoder *d, const uint8_t *octets, size_t count, size_t *eaten)
{
	int used = 0;
	int rc;

	assert(count <= HDLC_PIECE_MAX);
	rc = osmo_isdnhdlc_decode(&d->vars, octets, (int)count, &used, d->frame,
				  (int)sizeof(d->frame));
	*eaten = (size_t)used;
	if (rc == 0) {
		decoder_limit(d);
		return 0;
	}
	return rc < 0 || rc > HDLC_FRAME_MAX ? -EBADMSG : rc;
}

void hdlc_encoder_init(struct hdlc_encoder *e)
{
	uint8_t flags[4];
	int taken;

	osmo_isdnhdlc_out_init(&e->vars, OSMO_HDLC_F_BITREVERSE);
	e->opening = HDLC_OPENING;
	e->length = e->taken = 0;
	/* its first call writes one octet more than it was given room for */
	osmo_isdnhdlc_encode(&e->vars, NULL, 0, &taken, flags, 2);
}

bool hdlc_encoder_ready(const struct hdlc_encoder *e)
{
	return e->opening == HDLC_OPENED && e->taken == e->length;
}

int hdlc_encoder_start(struct hdlc_encoder *e, size_t length)
{
	/* the library loses frames of one octet that follow another closely; LAPD has none */
	if (length < 2 || length > HDLC_FRAME_MAX)
		return -EMSGSIZE;
	e->length = (uint16_t)length;
	e->taken = 0;
	return 0;
}

size_t hdlc_encode(struct hdlc_encoder *e, uint8_t *octets, size_t count)
{
	int taken = 0;
	int put;

	if (e->opening == HDLC_OPENING) {
		e->opening = HDLC_OPENED;
		octets[0] = 0x7e;
		return 1;
	}
	put = osmo_isdnhdlc_encode(&e->vars, e->frame + e->taken, (uint16_t)(e->length - e->taken),
				   &taken, octets, (int)count);
	assert(put > 0 && (size_t)put <= count);
	e->taken = (uint16_t)(e->taken + taken);
	return (size_t)put;
}
