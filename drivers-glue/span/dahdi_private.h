/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dahdi_private - what the driver's own files share: dahdi_open.c (opening, watching, errors),
 * dahdi_dchannel.c (frames and events), dahdi.c (audio), dahdi_inventory.c (what is installed).
 */
#ifndef DRIVERS_GLUE_SPAN_DAHDI_PRIVATE_H
#define DRIVERS_GLUE_SPAN_DAHDI_PRIVATE_H

#include <sys/types.h>
#include <dahdi/user.h>

#include "drivers-glue/span/dahdi.h"

#define DAHDI_FOLDER "/dev/dahdi"
#define DAHDI_CTL DAHDI_FOLDER "/ctl"
#define DAHDI_CHANNEL DAHDI_FOLDER "/channel"

/* The kernel's half. A test puts its own in this place. Each as the system call: -1 and errno. */
struct dahdi_kernel {
	int (*open)(const char *path);
	int (*ioctl)(int fd, unsigned long request, void *argument);
	ssize_t (*read)(int fd, void *octets, size_t size);
	ssize_t (*write)(int fd, const void *octets, size_t count);
	const char *proc; /* folder: who uses which channel */
};
extern struct dahdi_kernel dahdi_kernel;

/* The word of system.conf for a signalling: "bchan", "fxoks"; "unused" if there is none. */
const char *dahdi_signalling_name(int sigtype);
/* Writes why a request is unknown to the driver; -ENOTTY. */
int dahdi_version_explain(int ctl, char *why, size_t size);
/* A descriptor of /dev/dahdi/ctl, or negative errno and one sentence. */
int dahdi_ctl_open(char *why, size_t why_size);
/* -EINVAL: there is no such span. -ENODEV: DAHDI is gone. */
int dahdi_span_read(int ctl, unsigned span, struct dahdi_spaninfo *out);
int dahdi_channel_read(int ctl, unsigned channel, struct dahdi_params *out);

unsigned dahdi_unit(const struct tdm_span_config *config);
void dahdi_status_fill(const struct dahdi_spaninfo *info, struct tdm_status *out);

/* dahdi_open.c, for the driver's row */
int dahdi_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
	       size_t why_size);
int dahdi_channel_descriptor(const struct tdm_span_config *config, unsigned timeslot, char *why,
			     size_t why_size);
int dahdi_watch(const struct tdm_span_config *config, const struct tdm_descriptors *d,
		struct tdm_status *out);

/* Takes all events off a channel and counts broken frames. 0; -ENODEV: it is gone. */
int dahdi_events_take(int fd);
/* Frames that could not be received on this descriptor so far. */
uint64_t dahdi_events_errors(int fd);
/* Frames received, sent and broken on this descriptor so far; the rest of *out is 0. */
void dahdi_frame_counters(int fd, struct tdm_counters *out);
void dahdi_events_forget(int fd);

#endif
