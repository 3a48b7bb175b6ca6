// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/clock.h"

#include <time.h>

static void read_clock(clockid_t clock, struct timeval *out)
{
	struct timespec now;

	clock_gettime(clock, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	static struct timeval start; /* the time of day when the monotonic clock began */
	struct timeval wall, steady;

	read_clock(CLOCK_MONOTONIC, &steady);
	if (!start.tv_sec) {
		read_clock(CLOCK_REALTIME, &wall);
		timersub(&wall, &steady, &start);
	}
	timeradd(&start, &steady, now);
	return 0;
}
