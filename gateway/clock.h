/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * clock - a clock for the timers of the libraries that nobody sets.
 *
 * libosmocore 1.7, libpri 1.6 and the SIP stack (by gateway/sip/loop.c) all tell the time by
 * gettimeofday(2). When somebody sets the clock of the machine back, or time daemons do, their timers
 * stand still for as long: no REGISTER is answered, no T303 expires. Set forward, all expire at once.
 * So a program that is linked with clock.c has a gettimeofday() of its own, which the dynamic linker
 * gives to the libraries, too: the time of day when it was first asked, and from then on
 * CLOCK_MONOTONIC.
 *
 * What means the time of day (records, dates of messages, the life of bindings and certificates) asks
 * time(2) or clock_gettime(2).
 */
#ifndef GATEWAY_CLOCK_H
#define GATEWAY_CLOCK_H

#include <sys/time.h>

int gettimeofday(struct timeval *restrict now, void *restrict zone);

#endif
