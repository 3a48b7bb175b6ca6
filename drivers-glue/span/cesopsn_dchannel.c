// SPDX-License-Identifier: GPL-2.0-or-later
/* The D timeslot: octets to frames and back, over the SEQPACKET pair to the opener. */
#include "drivers-glue/span/cesopsn_private.h"

#include <errno.h>

/* To the opener. If it does not read, frames are lost as on a bad line. */
static void deliver(struct cesopsn *c, const uint8_t *frame, size_t length)
{
	ssize_t sent;

	c->counters.hdlc_frames_received++;
	if (c->dpair == DPAIR_NONE)
		return;
	do {
		sent = send(c->fd_d, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return;
	c->counters.hdlc_errors++;
	if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
		c->dpair = DPAIR_NONE;
}

static void decode(struct cesopsn *c, const uint8_t *octets, size_t count)
{
	while (count > 0) {
		size_t eaten;
		int length = hdlc_decode(&c->decoder, octets, count, &eaten);

		if (length > 0)
			deliver(c, c->decoder.frame, (size_t)length);
		else if (length < 0)
			c->counters.hdlc_errors++;
		octets += eaten;
		count -= eaten;
	}
}

void cesopsn_dchannel_take(struct cesopsn *c, const uint8_t *payload)
{
	uint8_t octets[CESOPSN_FRAMES_MAX];

	if (!c->d_timeslot)
		return;
	for (unsigned i = 0; i < c->frames; i++)
		octets[i] = payload[i * c->timeslots + c->d_timeslot - 1];
	decode(c, octets, c->frames);
}

void cesopsn_dchannel_break(struct cesopsn *c)
{
	static const uint8_t abort_sequence[2] = {0xff, 0xff};

	if (c->d_timeslot)
		decode(c, abort_sequence, sizeof(abort_sequence));
}

/* The next frame that the opener wants sent. */
static void fetch(struct cesopsn *c)
{
	ssize_t length;

	do {
		length = recv(c->fd_d, c->encoder.frame, sizeof(c->encoder.frame),
			      MSG_DONTWAIT | MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		c->dpair = DPAIR_EMPTY;
	} else if (length <= 0) {
		c->dpair = DPAIR_NONE;
	} else if (hdlc_encoder_start(&c->encoder, (size_t)length) == 0) {
		c->counters.hdlc_frames_sent++;
	} else {
		c->counters.hdlc_errors++;
	}
}

void cesopsn_dchannel_give(struct cesopsn *c, uint8_t *payload)
{
	uint8_t octets[CESOPSN_FRAMES_MAX];
	size_t done = 0;

	if (!c->d_timeslot)
		return;
	while (done < c->frames) {
		if (c->dpair == DPAIR_ASK && hdlc_encoder_ready(&c->encoder))
			fetch(c);
		done += hdlc_encode(&c->encoder, octets + done, c->frames - done);
	}
	for (unsigned i = 0; i < c->frames; i++)
		payload[i * c->timeslots + c->d_timeslot - 1] = octets[i];
}
