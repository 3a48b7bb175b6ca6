// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/heap.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"

static void look(void *data);

static struct osmo_timer_list timer = {.cb = look};
static size_t own_kbytes; /* of the process, besides the heap: what stayed after a trim */

static size_t resident_kbytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %zu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static size_t used_kbytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (info.uordblks + info.hblkhd) / 1024;
}

static void look(void *data)
{
	size_t resident = resident_kbytes(), used = used_kbytes(), left;

	osmo_timer_schedule(&timer, HEAP_LOOK_S, 0);
	if (resident < used + own_kbytes + HEAP_SPARE_KBYTES)
		return;
	malloc_trim(0);
	left = resident_kbytes();
	own_kbytes = left > used ? left - used : 0;
	if (resident > left + HEAP_SPARE_KBYTES)
		LOGP(DADMIN, LOGL_INFO, "%zu kB of memory were given back\n", resident - left);
}

void heap_watch(void)
{
	osmo_timer_schedule(&timer, HEAP_LOOK_S, 0);
}

void heap_unwatch(void)
{
	osmo_timer_del(&timer);
}
