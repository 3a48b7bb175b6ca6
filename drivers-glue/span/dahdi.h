/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dahdi - a span of a telephony card, by the DAHDI kernel driver (dahdi/user.h is its manual, and
 * dahdi-base.c of dahdi-linux 2.11 the last word).
 *
 * A span is found by its number there, a timeslot by its place in the span. What must be true
 * before: the card's module is loaded, and dahdi_cfg has configured the D channel as dchan= (or
 * hardhdlc=) and the B channels as bchan=. Descriptors: fd_d is the D channel, with HDLC and FCS
 * done by the kernel; fds[0] is /dev/dahdi/ctl, for SPANSTAT. A B channel has a descriptor of its
 * own, which hangs up at its last close: so the opener keeps one copy.
 *
 * Clock: the driver's. A step comes when a block has come in on any open channel; the card plays
 * and records at one rate, so a block is written for each one read and the distance stays. What is
 * written lies MARGIN octets ahead of what is being played, for the tick of 5 ms and some lateness.
 * A stall longer than that is a gap on the line, after it the newest block goes out (slips count
 * what is left out). The other way nothing is lost for 160 ms. `clock source` is the business of
 * /etc/dahdi/system.conf (span=...), not ours.
 *
 * A span may go while it is used (USB, dahdi_cfg run again, module removed): tdm_watch() says
 * -ENODEV, open channels give silence at their own pace.
 */
#ifndef DRIVERS_GLUE_SPAN_DAHDI_H
#define DRIVERS_GLUE_SPAN_DAHDI_H

#include "drivers-glue/span/driver.h"

#define DAHDI_BUFFERS 16 /* of one block each */
#define DAHDI_MARGIN 64	 /* octets */

extern const struct tdm_driver dahdi_driver;

/* Frames of a D channel; the kernel's carry two octets of FCS behind, these do not. */
ssize_t dahdi_frame_read(int fd, void *frame, size_t size);
ssize_t dahdi_frame_write(int fd, const void *frame, size_t length);

/* bits of enum tdm_alarm for DAHDI_ALARM_... */
unsigned dahdi_alarms(int kernel_alarms);

#endif
