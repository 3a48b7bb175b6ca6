// SPDX-License-Identifier: GPL-2.0-or-later
/* `call service stop`, and what the limits on calls have done: call threshold, call spike. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/sip/call_service.h"

#define SERVICE_STR "Calls\nNew calls by SIP\n"
#define STOP_STR SERVICE_STR "Take none; calls that are up go on\n"

static int set_service(struct vty *vty, const struct call_service_order *order)
{
	struct ua *ua = console_gateway()->ua;
	char text[64];

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	call_service_set(ua, order);
	call_service_describe(ua, text, sizeof(text));
	console_print(vty, "SIP call service is %s.", text);
	return CMD_SUCCESS;
}

DEFUN(service_stop, service_stop_cmd, "call service stop", STOP_STR)
{
	return set_service(vty, &(struct call_service_order){.stop = true});
}

DEFUN(service_stop_forced, service_stop_forced_cmd, "call service stop forced",
      STOP_STR "End them, but for emergency calls\n")
{
	return set_service(vty, &(struct call_service_order){.stop = true, .forced = true});
}

DEFUN(service_start, service_start_cmd, "call service start", SERVICE_STR "Take calls again\n")
{
	return set_service(vty, &(struct call_service_order){0});
}

ALIAS(service_start, no_service_stop_cmd, "no call service stop", NO_STR STOP_STR)

DEFUN(show_service, show_service_cmd, "show call service",
      SHOW_STR "Calls\nAre new calls by SIP taken?\n")
{
	struct ua *ua = console_gateway()->ua;
	char text[64];

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	call_service_describe(ua, text, sizeof(text));
	console_print(vty, "SIP call service is %s", text);
	console_print(vty, "Calls by SIP refused since the start    %lu",
		      office_refused(console_gateway()->office, OFFICE_STOPPED));
	return CMD_SUCCESS;
}

/* ---- call threshold */

#define SHOW_THRESHOLD_STR SHOW_STR "Calls\nLimits on calls\n"

static struct office *office_of(struct vty *vty)
{
	struct office *office = console_gateway()->office;

	if (!office)
		console_print(vty, "%% There are no calls yet.");
	return office;
}

DEFUN(threshold_status, threshold_status_cmd, "show call threshold status",
      SHOW_THRESHOLD_STR "Values now, and whether calls are refused\n")
{
	const struct office *office = office_of(vty);
	unsigned count = 0;

	if (!office)
		return CMD_WARNING;
	for (unsigned kind = 0; kind < THRESHOLD_KINDS; kind++) {
		const struct threshold *t = office_threshold(office);
		const struct threshold_rule *rule = &threshold_rules(t)->of[kind];
		struct threshold_state now;

		if (!rule->high)
			continue;
		if (count++ == 0)
			console_print(vty, "%-12s %7s %7s %7s  %s", "Resource", "Now", "Low",
				      "High", "Calls are");
		threshold_state(t, kind, &now);
		if (kind == THRESHOLD_CALLS)
			now.value = office_call_count(office);
		console_print(vty, "%-12s %7u %7u %7u  %s", threshold_name(kind), now.value,
			      rule->low, rule->high, now.exceeded ? "refused" : "taken");
	}
	if (count == 0)
		console_print(vty, "No call threshold global is configured.");
	return CMD_SUCCESS;
}

DEFUN(threshold_config, threshold_config_cmd, "show call threshold config",
      SHOW_THRESHOLD_STR "As configured\n")
{
	const struct office *office = office_of(vty);
	const struct threshold_rules *rules;

	if (!office)
		return CMD_WARNING;
	rules = threshold_rules(office_threshold(office));
	for (unsigned kind = 0; kind < THRESHOLD_KINDS; kind++)
		if (rules->of[kind].high)
			console_print(vty, "%-12s low %u high %u", threshold_name(kind),
				      rules->of[kind].low, rules->of[kind].high);
		else
			console_print(vty, "%-12s not configured", threshold_name(kind));
	console_print(vty, "cpu-avg is that of %u s",
		      rules->cpu_interval_s ? rules->cpu_interval_s : 60);
	if (rules->source_calls)
		console_print(vty, "%-12s %u calls from one address", "source",
			      rules->source_calls);
	return CMD_SUCCESS;
}

DEFUN(threshold_stats, threshold_stats_cmd, "show call threshold stats",
      SHOW_THRESHOLD_STR "Calls that were refused\n")
{
	const struct office *office = office_of(vty);

	if (!office)
		return CMD_WARNING;
	console_print(vty, "%-26s %10s %10s", "Limit", "Exceeded", "Refused");
	for (unsigned i = THRESHOLD_REFUSES; i < OFFICE_REFUSALS; i++) {
		const struct threshold *t = office_threshold(office);
		char times[24] = "-";
		struct threshold_state now;

		if (i < THRESHOLD_REFUSES + THRESHOLD_KINDS) {
			threshold_state(t, i - THRESHOLD_REFUSES, &now);
			snprintf(times, sizeof(times), "%lu", now.times);
		}
		console_print(vty, "%-26s %10s %10lu", office_refusal_name(i), times,
			      office_refused(office, i));
	}
	return CMD_SUCCESS;
}

DEFUN(spike_status, spike_status_cmd, "show call spike status",
      SHOW_STR "Calls\nNew calls in a short time\nNow, and how often there were too many\n")
{
	const struct office *office = office_of(vty);
	const struct threshold_rules *rules;
	struct timespec now;
	unsigned long times;
	unsigned calls;

	if (!office)
		return CMD_WARNING;
	rules = threshold_rules(office_threshold(office));
	if (!rules->spike.calls) {
		console_print(vty, "No call spike is configured.");
		return CMD_SUCCESS;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	calls = threshold_spike(office_threshold(office),
				now.tv_sec * 1000ull + now.tv_nsec / 1000000, &times);
	console_print(vty, "Calls in the last %u ms           %u of %u",
		      rules->spike.steps * rules->spike.size_ms, calls, rules->spike.calls);
	console_print(vty, "Spikes                            %lu", times);
	console_print(vty, "Calls refused                     %lu",
		      office_refused(office, (enum office_refusal)THRESHOLD_REFUSES_SPIKE));
	return CMD_SUCCESS;
}

void call_service_install(void)
{
	static struct cmd_element *const commands[] = {
	    &service_stop_cmd,	   &service_stop_forced_cmd, &service_start_cmd,
	    &no_service_stop_cmd,  &show_service_cmd,	     &threshold_status_cmd,
	    &threshold_config_cmd, &threshold_stats_cmd,     &spike_status_cmd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(ENABLE_NODE, commands[i]);
}
