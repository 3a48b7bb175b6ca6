/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_link - the link side of an isdn object: what concerns channels and layer 2, not one call.
 *
 * Channels: everywhere in isdn.h and here a channel (`timeslot`, `channel`) is one unsigned number:
 * the timeslot, and with NFAS the identifier of its interface above it: ISDN_CHANNEL(interface,
 * timeslot). Without NFAS it is the timeslot itself. (ANSI T1.607, Q.931 4.5.13 octet 3.1.)
 *
 * NFAS: isdn_config.nfas.on makes every channel carry its interface, both ways; the user says which
 * span an interface is. backup_fd_d is a D channel of another span of the group: it takes over when
 * layer 2 of the one in use goes down. Active calls live on (their messages go by it from then on),
 * others end; with no D channel left active calls live on for T309, run here. What libpri cannot:
 * the SERVICE exchange of T1.607 that agrees upon the D channel in use (both are kept up, either is
 * heard, ours is the one that came up first); a RESTART of one whole interface is one of the whole
 * group.
 *
 * RESTART (Q.931 5.5): isdn_restart() for one channel. They go out one after another, each when the
 * one before is acknowledged; one whose channel has a call by then is not sent. T316 (120 s) is run
 * here: after two without an acknowledgement handlers.restart_done says so. RESTARTs of both ends
 * may cross: each acknowledges the other's. A received one is acknowledged by libpri before
 * handlers.restarted comes; what it clears is cleared at once, so there is nothing for T317 to
 * watch. A point to multipoint bus has no RESTART (libpri): -ENOTSUP.
 *
 * SERVICE (ANSI T1.607 annex, TR41449, NI-2): primary-ni, primary-4ess and primary-5ess only.
 * isdn_service() tells the far end a channel's new state; it is sent twice at most, T3M1 (120 s)
 * apart. A received one is acknowledged by libpri, then handlers.service. libpri keeps SERVICE for
 * a whole interface to itself: it counts as the D channel going down or coming up.
 *
 * Errors are negative errno.
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_LINK_H
#define DRIVERS_GLUE_ISDN_ISDN_LINK_H

#include "drivers-glue/isdn/isdn.h"

#define ISDN_CHANNEL(interface, timeslot) ((interface) << 8 | (timeslot))
#define ISDN_CHANNEL_INTERFACE(channel) ((channel) >> 8)
#define ISDN_CHANNEL_TIMESLOT(channel) ((channel)&0xffu)

/* "2/17" for log lines, "1:D" for 0; the span is that of the channel's interface. Valid until the
 * next call. */
const char *isdn_channel_text(const struct isdn *isdn, unsigned channel);

/* 0; -EINVAL: no such channel; -ENOTSUP: point to multipoint. handlers.restart_done follows, unless
 * the channel has a call when its turn comes. */
int isdn_restart(struct isdn *isdn, unsigned channel);

/* 0; -ENOTSUP: the switch type has no SERVICE, busy the channel out on this side alone; -ENETDOWN.
 */
int isdn_service(struct isdn *isdn, unsigned channel, enum isdn_service status);
bool isdn_has_service(const struct isdn *isdn);

bool isdn_channel_has_call(const struct isdn *isdn, unsigned channel);
/* Releases the calls of a channel; handlers.released follows for each. */
void isdn_release_channel(struct isdn *isdn, unsigned channel, unsigned cause);

/* Whether a call can be made now: layer 2 is up, or is brought up by the call. */
bool isdn_is_usable(const struct isdn *isdn);

#endif
