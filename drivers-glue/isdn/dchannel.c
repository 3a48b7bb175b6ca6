// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/dchannel.h"

#include <errno.h>
#include <sys/types.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "drivers-glue/span/span.h"

#define FRAMES_A_WAKEUP 64 /* other descriptors want their turn too */
#define WINDOW 64	   /* N(S) counts to 128; k is far below half of it */

struct dchannel {
	struct osmo_fd fd;
	const struct dchannel_handlers *handlers;
	void *arg;
	struct dchannel_counters counters;
	/* N(S) of the next new I frame of each terminal (TEI): [0] received, [1] sent */
	uint8_t next[2][128];
	enum dchannel_link links[128]; /* by TEI */
};

/* Q.921 3.4: I and supervisory frames have a control field of two octets, unnumbered ones of one.
 */
static bool frame_is_sane(const uint8_t *octets, size_t length)
{
	if (length < 3 || length > DCHANNEL_FRAME_MAX)
		return false;
	return (octets[2] & 0x03) == 0x03 || length >= 4;
}

static bool is_information(uint8_t control)
{
	return !(control & 0x01);
}

/* Unnumbered frames, without the P/F bit */
#define CONTROL(octet) ((octet)&0xef)
#define CONTROL_UI 0x03
#define CONTROL_DM 0x0f
#define CONTROL_DISC 0x43
#define CONTROL_UA 0x63
#define CONTROL_SABME 0x6f

static bool is_link_reset(uint8_t control)
{
	return CONTROL(control) == CONTROL_SABME || CONTROL(control) == CONTROL_UA;
}

static bool is_unnumbered_information(uint8_t control)
{
	return CONTROL(control) == CONTROL_UI;
}

static void link_read(enum dchannel_link *link, uint8_t control)
{
	switch (CONTROL(control)) {
	case CONTROL_SABME:
		*link = DCHANNEL_LINK_AWAITING_ESTABLISHMENT;
		break;
	case CONTROL_DISC:
		*link = DCHANNEL_LINK_AWAITING_RELEASE;
		break;
	case CONTROL_UA:
		*link = *link == DCHANNEL_LINK_AWAITING_RELEASE ? DCHANNEL_LINK_RELEASED
								: DCHANNEL_LINK_ESTABLISHED;
		break;
	case CONTROL_DM:
		*link = DCHANNEL_LINK_RELEASED;
		break;
	default:
		break;
	}
}

static void frame_read(struct dchannel *dchannel, bool sent, const uint8_t *octets, size_t length,
		       struct dchannel_frame *frame)
{
	uint8_t tei = octets[1] >> 1;
	uint8_t *next = &dchannel->next[sent][tei];

	*frame = (struct dchannel_frame){.octets = octets, .length = length, .tei = tei};
	if (octets[0] >> 2 == 0 && (sent || dchannel->links[tei] != DCHANNEL_LINK_UNKNOWN))
		link_read(&dchannel->links[tei], octets[2]);
	if (is_information(octets[2])) {
		uint8_t number = octets[2] >> 1;

		frame->message = octets + 4;
		frame->message_length = length - 4;
		frame->repeated = ((uint8_t)(*next - number - 1) & 0x7f) < WINDOW;
		if (!frame->repeated)
			*next = (number + 1) & 0x7f;
	} else if (is_unnumbered_information(octets[2])) {
		frame->message = octets + 3;
		frame->message_length = length - 3;
	} else if (is_link_reset(octets[2])) {
		dchannel->next[0][tei] = dchannel->next[1][tei] = 0;
	}
}

static int dchannel_readable(struct osmo_fd *fd, unsigned what)
{
	struct dchannel *dchannel = fd->data;
	uint8_t octets[DCHANNEL_FRAME_MAX];
	struct dchannel_frame frame;

	for (unsigned i = 0; i < FRAMES_A_WAKEUP; i++) {
		ssize_t length = tdm_dchannel_read(fd->fd, octets, sizeof(octets));

		if (length == -EAGAIN || length == -EINTR)
			return 0;
		if (length == -EPIPE || length == -EBADF || length == -ENOTCONN) {
			osmo_fd_unregister(fd);
			dchannel->handlers->lost(dchannel->arg, (int)length);
			return 0;
		}
		if (length < 0 || !frame_is_sane(octets, (size_t)length)) {
			dchannel->counters.dropped++;
			continue;
		}
		dchannel->counters.received++;
		frame_read(dchannel, false, octets, (size_t)length, &frame);
		dchannel->handlers->received(dchannel->arg, &frame);
	}
	return 0;
}

int dchannel_open(void *ctx, int fd, const struct dchannel_handlers *handlers, void *arg,
		  struct dchannel **out)
{
	struct dchannel *dchannel = talloc_zero(ctx, struct dchannel);
	int rc;

	if (!dchannel)
		return -ENOMEM;
	dchannel->handlers = handlers;
	dchannel->arg = arg;
	osmo_fd_setup(&dchannel->fd, fd, OSMO_FD_READ, dchannel_readable, dchannel, 0);
	rc = osmo_fd_register(&dchannel->fd);
	if (rc < 0) {
		talloc_free(dchannel);
		return rc;
	}
	*out = dchannel;
	return 0;
}

void dchannel_close(struct dchannel *dchannel)
{
	if (!dchannel)
		return;
	if (osmo_fd_is_registered(&dchannel->fd))
		osmo_fd_unregister(&dchannel->fd);
	talloc_free(dchannel);
}

int dchannel_send(struct dchannel *dchannel, const uint8_t *octets, size_t length)
{
	struct dchannel_frame frame;
	ssize_t written;

	if (!frame_is_sane(octets, length))
		return -EINVAL;
	frame_read(dchannel, true, octets, length, &frame);
	dchannel->handlers->sent(dchannel->arg, &frame);
	written = tdm_dchannel_write(dchannel->fd.fd, octets, length);
	if (written < 0) {
		dchannel->counters.dropped++;
		return (int)written;
	}
	dchannel->counters.sent++;
	return 0;
}

void dchannel_counters(const struct dchannel *dchannel, struct dchannel_counters *out)
{
	*out = dchannel->counters;
}

enum dchannel_link dchannel_link(const struct dchannel *dchannel, unsigned tei)
{
	return tei < 128 ? dchannel->links[tei] : DCHANNEL_LINK_UNKNOWN;
}
