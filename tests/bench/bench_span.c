// SPDX-License-Identifier: GPL-2.0-or-later
/* bench_span - processor time of a step of a pseudowire E1 (1 ms, 30 channels read and written, the
 * D channel idle), packets over loopback both ways, as a ratio to copying the packet once in and
 * once out. One line for 1 span and one for 16. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/span_rig.h"

#define TICKS 400
#define SPANS_MAX 16
#define PAYLOAD 248

struct far_end {
	struct rig rig;
	struct tdm_channel *channels[TDM_TIMESLOT_MAX];
	unsigned count;
};

static struct far_end ends[SPANS_MAX];

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double copy_ns(void)
{
	static uint8_t from[1024][PAYLOAD], to[1024][PAYLOAD];
	const unsigned rounds = 2000;
	double start = cpu_ns();

	for (unsigned n = 0; n < rounds * 1024; n++) {
		memcpy(to[n % 1024], from[(n * 7) % 1024], PAYLOAD);
		memcpy(from[(n * 3) % 1024], to[n % 1024], PAYLOAD);
		__asm__ volatile("" ::: "memory");
	}
	return (cpu_ns() - start) / (rounds * 1024);
}

static void echo(struct rig_end *end)
{
	struct far_end *far_end = end->data;
	uint8_t block[TDM_BLOCK_MAX];

	for (unsigned i = 0; i < far_end->count; i++) {
		if (tdm_channel_read(far_end->channels[i], block) == 1)
			tdm_channel_write(far_end->channels[i], block);
	}
}

static void start(struct far_end *far_end)
{
	struct rig_end *line = &far_end->rig.end[1];

	rig_start(&far_end->rig, TDM_E1, 8);
	far_end->count = 0;
	for (unsigned slot = 1; slot <= TDM_TIMESLOT_MAX; slot++) {
		if (tdm_channel_open(line->span, slot, 160, -1,
				     &far_end->channels[far_end->count]) == 0)
			far_end->count++;
	}
	line->data = far_end;
	line->on_step = echo;
}

/* Processor time of a step of the line ends, the other ends' not counted. */
static double step_ns(unsigned spans)
{
	double spent = 0;
	uint64_t steps = 0;

	for (unsigned i = 0; i < spans; i++)
		start(&ends[i]);
	for (unsigned tick = 0; tick < TICKS; tick++) {
		double before;

		for (unsigned i = 0; i < spans; i++)
			rig_end_tick(&ends[i].rig.end[0], ends[i].rig.now_ns);
		before = cpu_ns();
		for (unsigned i = 0; i < spans; i++) {
			steps += rig_end_tick(&ends[i].rig.end[1], ends[i].rig.now_ns);
			ends[i].rig.now_ns += RIG_TICK_NS;
		}
		spent += cpu_ns() - before;
	}
	for (unsigned i = 0; i < spans; i++)
		rig_stop(&ends[i].rig);
	return spent / (double)steps;
}

int main(void)
{
	static const unsigned spans[] = {1, SPANS_MAX};
	double copy = copy_ns();

	for (unsigned i = 0; i < 2; i++) {
		double step = step_ns(spans[i]);

		printf(
		    "span step, %2u spans: %.0f times two copies of a packet (%.0f ns, %.2f%% of "
		    "a processor a span)\n",
		    spans[i], step / copy, step, step / 1e6 * 100);
	}
	return 0;
}
