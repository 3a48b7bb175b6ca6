// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/threshold.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"

#define SAMPLES_MAX 300
#define FIVE_SECONDS 5
#define CPU_INTERVAL_S_DEFAULT 60

struct cpu_time {
	unsigned long long busy, all; /* ticks of the processors together */
};

struct threshold {
	const char *proc;
	struct threshold_rules rules;
	struct threshold_state states[THRESHOLD_KINDS];
	struct osmo_timer_list timer;
	struct cpu_time samples[SAMPLES_MAX + 1]; /* a ring, one a second */
	unsigned newest, count;
	struct {
		uint64_t step; /* number of the newest */
		unsigned calls[SPIKE_STEPS_MAX];
		bool exceeded;
		unsigned long times;
	} spike;
};

const char *threshold_name(enum threshold_kind kind)
{
	static const char *const names[] = {
	    [THRESHOLD_CALLS] = "total-calls",
	    [THRESHOLD_CPU_5SEC] = "cpu-5sec",
	    [THRESHOLD_CPU_AVG] = "cpu-avg",
	    [THRESHOLD_MEMORY] = "total-mem",
	};

	return names[kind];
}

/* ---- values */

static void note_value(struct threshold *t, enum threshold_kind kind, unsigned value)
{
	const struct threshold_rule *rule = &t->rules.of[kind];
	struct threshold_state *state = &t->states[kind];
	bool before = state->exceeded;

	state->value = value;
	if (!rule->high || value <= rule->low)
		state->exceeded = false;
	else if (value >= rule->high)
		state->exceeded = true;
	if (state->exceeded == before)
		return;
	state->times += state->exceeded;
	LOGP(DCALL, LOGL_NOTICE, "call threshold %s is %s: %u, low %u high %u\n",
	     threshold_name(kind), state->exceeded ? "exceeded, calls are refused" : "met again",
	     value, rule->low, rule->high);
}

/* user nice system idle iowait irq softirq steal; guest time is part of user. */
static bool read_cpu(const struct threshold *t, struct cpu_time *out)
{
	unsigned long long ticks[8] = {0};
	char path[256];
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "%s/stat", t->proc);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1],
		   &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]);
	fclose(file);
	if (n < 4)
		return false;
	*out = (struct cpu_time){0};
	for (unsigned i = 0; i < 8; i++)
		out->all += ticks[i];
	out->busy = out->all - ticks[3] - ticks[4];
	return true;
}

static bool read_memory(const struct threshold *t, unsigned *percent)
{
	unsigned long long total = 0, available = 0;
	char path[256], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/meminfo", t->proc);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %llu", &total) != 1 &&
		    sscanf(line, "MemAvailable: %llu", &available) == 1)
			break;
	if (file)
		fclose(file);
	if (!total || available > total)
		return false;
	*percent = (unsigned)(100 - available * 100 / total);
	return true;
}

/* Percent of the last seconds, of as many as there are. */
static unsigned cpu_percent(const struct threshold *t, unsigned seconds)
{
	unsigned back = seconds < t->count - 1 ? seconds : t->count - 1;
	const struct cpu_time *now = &t->samples[t->newest];
	const struct cpu_time *then =
	    &t->samples[(t->newest + SAMPLES_MAX + 1 - back) % (SAMPLES_MAX + 1)];

	if (now->all <= then->all || now->busy < then->busy)
		return 0;
	return (unsigned)((now->busy - then->busy) * 100 / (now->all - then->all));
}

static unsigned cpu_interval_s(const struct threshold *t)
{
	return t->rules.cpu_interval_s ? t->rules.cpu_interval_s : CPU_INTERVAL_S_DEFAULT;
}

void threshold_measure(struct threshold *t)
{
	struct cpu_time sample;
	unsigned percent;

	if (read_cpu(t, &sample)) {
		t->newest = (t->newest + 1) % (SAMPLES_MAX + 1);
		t->samples[t->newest] = sample;
		if (t->count <= SAMPLES_MAX)
			t->count++;
		note_value(t, THRESHOLD_CPU_5SEC, cpu_percent(t, FIVE_SECONDS));
		note_value(t, THRESHOLD_CPU_AVG, cpu_percent(t, cpu_interval_s(t)));
	}
	if (read_memory(t, &percent))
		note_value(t, THRESHOLD_MEMORY, percent);
}

static void each_second(void *data)
{
	struct threshold *t = data;

	threshold_measure(t);
	osmo_timer_schedule(&t->timer, 1, 0);
}

/* ---- life */

int threshold_new(void *ctx, const char *proc, struct threshold **out)
{
	struct threshold *t = talloc_zero(ctx, struct threshold);

	if (!t)
		return -ENOMEM;
	t->proc = proc;
	osmo_timer_setup(&t->timer, each_second, t);
	*out = t;
	return 0;
}

void threshold_free(struct threshold *t)
{
	if (!t)
		return;
	osmo_timer_del(&t->timer);
	talloc_free(t);
}

void threshold_set(struct threshold *t, const struct threshold_rules *rules)
{
	bool measures = rules->of[THRESHOLD_CPU_5SEC].high || rules->of[THRESHOLD_CPU_AVG].high ||
			rules->of[THRESHOLD_MEMORY].high;

	t->rules = *rules;
	for (unsigned kind = 0; kind < THRESHOLD_KINDS; kind++)
		note_value(t, kind, t->states[kind].value);
	if (!measures) {
		osmo_timer_del(&t->timer);
		t->count = 0;
	} else if (!osmo_timer_pending(&t->timer)) {
		each_second(t);
	}
}

const struct threshold_rules *threshold_rules(const struct threshold *t)
{
	return &t->rules;
}

/* ---- spikes */

static void move_window(struct threshold *t, uint64_t now_ms)
{
	uint64_t step = now_ms / t->rules.spike.size_ms;
	uint64_t passed = step - t->spike.step;

	if (passed > SPIKE_STEPS_MAX)
		passed = SPIKE_STEPS_MAX;
	for (uint64_t i = 0; i < passed; i++)
		t->spike.calls[(step - i) % SPIKE_STEPS_MAX] = 0;
	t->spike.step = step;
}

unsigned threshold_spike(const struct threshold *t, uint64_t now_ms, unsigned long *times)
{
	unsigned sum = 0;
	uint64_t step;

	*times = t->spike.times;
	if (!t->rules.spike.calls)
		return 0;
	step = now_ms / t->rules.spike.size_ms;
	for (unsigned i = 0; i < t->rules.spike.steps && i <= step; i++)
		if (step - i <= t->spike.step && t->spike.step - (step - i) < SPIKE_STEPS_MAX)
			sum += t->spike.calls[(step - i) % SPIKE_STEPS_MAX];
	return sum;
}

/* Those that are refused count as well: a spike is over when fewer calls come. */
static bool is_spike(struct threshold *t, uint64_t now_ms)
{
	unsigned long times;
	bool before = t->spike.exceeded;

	if (!t->rules.spike.calls)
		return false;
	move_window(t, now_ms);
	t->spike.calls[t->spike.step % SPIKE_STEPS_MAX]++;
	t->spike.exceeded = threshold_spike(t, now_ms, &times) > t->rules.spike.calls;
	if (t->spike.exceeded && !before)
		t->spike.times++;
	return t->spike.exceeded;
}

/* ---- the console */

void threshold_state(const struct threshold *t, enum threshold_kind kind,
		     struct threshold_state *out)
{
	*out = t->states[kind];
}

/* ---- calls */

bool threshold_counts_sources(const struct threshold *t)
{
	return t->rules.source_calls > 0;
}

enum threshold_refusal threshold_refuses(struct threshold *t, unsigned calls, unsigned source_calls,
					 uint64_t now_ms)
{
	bool spike = is_spike(t, now_ms);

	note_value(t, THRESHOLD_CALLS, calls);
	for (unsigned kind = 0; kind < THRESHOLD_KINDS; kind++)
		if (t->states[kind].exceeded)
			return THRESHOLD_REFUSES + kind;
	if (t->rules.source_calls && source_calls >= t->rules.source_calls)
		return THRESHOLD_REFUSES_SOURCE;
	return spike ? THRESHOLD_REFUSES_SPIKE : THRESHOLD_ADMITS;
}
