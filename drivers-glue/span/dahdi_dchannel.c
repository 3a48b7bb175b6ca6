// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames and events of channels. While an event waits, the kernel refuses reading and writing with
 * ELAST. */
#include "drivers-glue/span/dahdi_private.h"

#include <errno.h>
#include <string.h>

#define FCS 2
#define EVENTS_AT_ONCE 128   /* the kernel's queue holds 64 */
#define DESCRIPTORS_MAX 8192 /* with a higher number frames are not counted */

static struct {
	uint32_t received, sent, errors;
} frames[DESCRIPTORS_MAX]; /* by descriptor */

static bool is_counted(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS_MAX;
}

uint64_t dahdi_events_errors(int fd)
{
	return is_counted(fd) ? frames[fd].errors : 0;
}

void dahdi_frame_counters(int fd, struct tdm_counters *out)
{
	*out = (struct tdm_counters){0};
	if (!is_counted(fd))
		return;
	out->hdlc_frames_received = frames[fd].received;
	out->hdlc_frames_sent = frames[fd].sent;
	out->hdlc_errors = frames[fd].errors;
}

void dahdi_events_forget(int fd)
{
	if (is_counted(fd))
		memset(&frames[fd], 0, sizeof(frames[fd]));
}

int dahdi_events_take(int fd)
{
	for (unsigned i = 0; i < EVENTS_AT_ONCE; i++) {
		int event = DAHDI_EVENT_NONE;

		if (dahdi_kernel.ioctl(fd, DAHDI_GETEVENT, &event) < 0)
			return errno == ENODEV ? -ENODEV : -errno;
		switch (event) {
		case DAHDI_EVENT_NONE:
			return 0;
		case DAHDI_EVENT_REMOVED:
			return -ENODEV;
		case DAHDI_EVENT_ABORT:
		case DAHDI_EVENT_OVERRUN:
		case DAHDI_EVENT_BADFCS:
			if (is_counted(fd))
				frames[fd].errors++;
			break;
		default: /* alarms are asked for, not counted up */
			break;
		}
	}
	return 0;
}

/* After an error of reading or writing. 0: try again. */
static int overcome(int fd, int error)
{
	int rc;

	if (error == EINTR)
		return 0;
	if (error != ELAST)
		return error == ENODEV ? -EAGAIN : -error;
	rc = dahdi_events_take(fd);
	return rc == -ENODEV ? -EAGAIN : rc;
}

ssize_t dahdi_frame_read(int fd, void *frame, size_t size)
{
	uint8_t octets[DAHDI_DEFAULT_MTR_MRU];
	ssize_t length;

	while ((length = dahdi_kernel.read(fd, octets, sizeof(octets))) < 0) {
		uint64_t before = dahdi_events_errors(fd);
		int rc = overcome(fd, errno);

		if (rc < 0)
			return rc;
		if (dahdi_events_errors(fd) != before)
			return -EBADMSG;
	}
	if (length <= FCS)
		return -EBADMSG;
	length -= FCS;
	if ((size_t)length > size)
		return -EMSGSIZE;
	memcpy(frame, octets, (size_t)length);
	if (is_counted(fd))
		frames[fd].received++;
	return length;
}

ssize_t dahdi_frame_write(int fd, const void *frame, size_t length)
{
	uint8_t octets[TDM_DFRAME_MAX + FCS];
	int rc;

	if (length > TDM_DFRAME_MAX)
		return -EMSGSIZE;
	memcpy(octets, frame, length);
	memset(octets + length, 0, FCS); /* its place: the kernel writes it */
	while (dahdi_kernel.write(fd, octets, length + FCS) < 0) {
		rc = overcome(fd, errno);
		if (rc < 0)
			return rc;
	}
	if (is_counted(fd))
		frames[fd].sent++;
	return (ssize_t)length;
}
