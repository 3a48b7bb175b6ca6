/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * frame_watch - somebody looks on at the frames of all D channels: `debug isdn`, captures.
 *
 * One watcher for the whole program; lines that come later are watched as well. It is told of each
 * frame as it stands on the line, with the call's id where the frame belongs to one, and must not
 * give orders. q931 and q921 of the line are false: that is the watcher's to decide.
 */
#ifndef GATEWAY_ISDN_FRAME_WATCH_H
#define GATEWAY_ISDN_FRAME_WATCH_H

#include "drivers-glue/isdn/isdn.h"

/* fn NULL: nobody any more. */
void frame_watch(void (*fn)(void *arg, const struct isdn_frame_line *frame), void *arg);

#endif
