// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call threshold 60
 *	call threshold global total-calls low 50 high 60
 *	call threshold global cpu-5sec low 60 high 80
 *	call threshold poll-interval cpu-average 30
 *	call threshold source 20
 *	call spike 30 steps 5 size 200
 */
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"

#define SPIKE_STEPS 5
#define SPIKE_SIZE_MS 200
#define CPU_INTERVAL_S 60

#define THRESHOLD_STR "Limits on calls\n"
#define GLOBAL_STR THRESHOLD_STR "Of the whole gateway\n"
#define LOW_HIGH_STR "Calls are taken again at\nValue\nCalls are refused from there on\nValue\n"

DEFUN(call_threshold, call_threshold_cmd, "call threshold CALLS",
      "Limits on calls\nCalls at once\nNumber of calls\n")
{
	static const struct value_range range = {"call threshold", 1, 100000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->calls_max);
}

DEFUN(no_call_threshold, no_call_threshold_cmd, "no call threshold",
      NO_STR "Limits on calls\nCalls at once\n")
{
	conf_of(vty)->calls_max = 0;
	return CMD_SUCCESS;
}

static int read_rule(struct vty *vty, enum threshold_kind kind, const char **argv, unsigned max)
{
	struct value_range lows = {"low", 0, max}, highs = {"high", 1, max};
	struct threshold_rule rule;

	if (value_number(vty, argv[0], &lows, &rule.low) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &highs, &rule.high) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (rule.low >= rule.high)
		return conf_error(vty, "low %u high %u: expected a low value below the high one",
				  rule.low, rule.high);
	conf_of(vty)->thresholds.of[kind] = rule;
	return CMD_SUCCESS;
}

DEFUN(threshold_calls, threshold_calls_cmd, "call threshold global total-calls low LOW high HIGH",
      "Calls\n" GLOBAL_STR "Calls that are up\n" LOW_HIGH_STR)
{
	return read_rule(vty, THRESHOLD_CALLS, argv, 100000);
}

static enum threshold_kind kind_of(const char *name)
{
	enum threshold_kind kind = THRESHOLD_CALLS;

	while (strcmp(threshold_name(kind), name) != 0)
		kind++;
	return kind;
}

DEFUN(threshold_percent, threshold_percent_cmd,
      "call threshold global (cpu-5sec|cpu-avg|total-mem) low LOW high HIGH",
      "Calls\n" GLOBAL_STR "Load of the processors in the last 5 seconds, percent\n"
      "The same in the poll-interval\nMemory that is in use, percent\n" LOW_HIGH_STR)
{
	return read_rule(vty, kind_of(argv[0]), argv + 1, 100);
}

DEFUN(no_threshold, no_threshold_cmd,
      "no call threshold global (total-calls|cpu-5sec|cpu-avg|total-mem)",
      NO_STR "Calls\n" GLOBAL_STR "Calls that are up\nLoad of the processors in the last 5 "
	     "seconds\nThe same in the poll-interval\nMemory that is in use\n")
{
	conf_of(vty)->thresholds.of[kind_of(argv[0])] = (struct threshold_rule){0};
	return CMD_SUCCESS;
}

#define INTERVAL_STR "Calls\n" THRESHOLD_STR "Time that is averaged\nOf cpu-avg\n"

DEFUN(poll_interval, poll_interval_cmd, "call threshold poll-interval cpu-average SECONDS",
      INTERVAL_STR "Seconds\n")
{
	static const struct value_range range = {"poll-interval cpu-average", 10, 300};

	return value_number(vty, argv[0], &range, &conf_of(vty)->thresholds.cpu_interval_s);
}

DEFUN(no_poll_interval, no_poll_interval_cmd, "no call threshold poll-interval cpu-average",
      NO_STR INTERVAL_STR)
{
	conf_of(vty)->thresholds.cpu_interval_s = 0;
	return CMD_SUCCESS;
}

DEFUN(threshold_source, threshold_source_cmd, "call threshold source CALLS",
      "Calls\n" THRESHOLD_STR "Calls at once from one SIP address\nNumber of calls\n")
{
	static const struct value_range range = {"call threshold source", 1, 100000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->thresholds.source_calls);
}

DEFUN(no_threshold_source, no_threshold_source_cmd, "no call threshold source",
      NO_STR "Calls\n" THRESHOLD_STR "Calls at once from one SIP address\n")
{
	conf_of(vty)->thresholds.source_calls = 0;
	return CMD_SUCCESS;
}

/* ---- call spike */

#define SPIKE_STR "Calls\nNew calls in a short time\n"

DEFUN(call_spike, call_spike_cmd, "call spike CALLS", SPIKE_STR "More are refused\n")
{
	static const struct value_range range = {"call spike", 1, 100000};
	struct threshold_rules *rules = &conf_of(vty)->thresholds;

	rules->spike.steps = SPIKE_STEPS;
	rules->spike.size_ms = SPIKE_SIZE_MS;
	return value_number(vty, argv[0], &range, &rules->spike.calls);
}

DEFUN(call_spike_window, call_spike_window_cmd, "call spike CALLS steps STEPS size MILLISECONDS",
      SPIKE_STR "More are refused\nThe time, in steps\nNumber of steps\nLength of a step\n"
		"Milliseconds\n")
{
	static const struct value_range counts = {"call spike", 1, 100000},
					steps = {"steps", 3, SPIKE_STEPS_MAX},
					sizes = {"size", 100, 2000};
	unsigned calls, count, size;

	if (value_number(vty, argv[0], &counts, &calls) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &steps, &count) != CMD_SUCCESS ||
	    value_number(vty, argv[2], &sizes, &size) != CMD_SUCCESS)
		return CONF_REFUSED;
	conf_of(vty)->thresholds.spike.calls = calls;
	conf_of(vty)->thresholds.spike.steps = count;
	conf_of(vty)->thresholds.spike.size_ms = size;
	return CMD_SUCCESS;
}

DEFUN(no_call_spike, no_call_spike_cmd, "no call spike", NO_STR SPIKE_STR)
{
	conf_of(vty)->thresholds.spike.calls = 0;
	return CMD_SUCCESS;
}

static void call_threshold_setup(void)
{
	static struct cmd_element *const commands[] = {
	    &call_threshold_cmd,    &no_call_threshold_cmd, &threshold_calls_cmd,
	    &threshold_percent_cmd, &no_threshold_cmd,	    &poll_interval_cmd,
	    &no_poll_interval_cmd,  &threshold_source_cmd,  &no_threshold_source_cmd,
	    &call_spike_cmd,	    &call_spike_window_cmd, &no_call_spike_cmd,
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		install_element(CONF_ROOT_NODE, commands[i]);
}

static void call_threshold_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct threshold_rules *r = &conf->thresholds;

	if (conf->calls_max)
		conf_put(writer, "call threshold %u", conf->calls_max);
	for (unsigned kind = 0; kind < THRESHOLD_KINDS; kind++)
		if (r->of[kind].high)
			conf_put(writer, "call threshold global %s low %u high %u",
				 threshold_name(kind), r->of[kind].low, r->of[kind].high);
	if (r->cpu_interval_s && r->cpu_interval_s != CPU_INTERVAL_S)
		conf_put(writer, "call threshold poll-interval cpu-average %u", r->cpu_interval_s);
	if (r->source_calls)
		conf_put(writer, "call threshold source %u", r->source_calls);
	if (!r->spike.calls)
		return;
	if (r->spike.steps == SPIKE_STEPS && r->spike.size_ms == SPIKE_SIZE_MS)
		conf_put(writer, "call spike %u", r->spike.calls);
	else
		conf_put(writer, "call spike %u steps %u size %u", r->spike.calls, r->spike.steps,
			 r->spike.size_ms);
}

const struct conf_block conf_call_threshold_block = {.setup = call_threshold_setup,
						     .write = call_threshold_write};
