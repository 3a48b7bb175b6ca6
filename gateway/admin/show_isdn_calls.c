// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

struct listing {
	struct vty *vty;
	bool past;
	unsigned count; /* ISDN legs */
};

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

/* Since the answer; 0: there was none. */
static long long seconds_used(const struct call_summary *call)
{
	struct timespec end = call->end;

	if (call->answer.tv_sec == 0)
		return 0;
	if (end.tv_sec == 0)
		clock_gettime(CLOCK_REALTIME, &end);
	return end.tv_sec > call->answer.tv_sec ? end.tv_sec - call->answer.tv_sec : 0;
}

static void print_heading(const struct listing *l)
{
	console_print(l->vty, "%-6s %-4s %-17s %-17s %-8s %7s  %s", "Call", "Type", "Calling",
		      "Called", "Channel", "Seconds",
		      l->past ? "Ended                Cause" : "State");
}

static void print_leg(struct listing *l, const struct call_summary *call, int leg)
{
	char text[96], at[32] = "-";
	struct tm tm;

	if (l->count++ == 0)
		print_heading(l);
	snprintf(text, sizeof(text), "%s", call->state);
	if (l->past) {
		if (call->end.tv_sec != 0) {
			localtime_r(&call->end.tv_sec, &tm);
			strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S", &tm);
		}
		snprintf(text, sizeof(text), "%-19s  %u (%s)", at, call->cause.q850,
			 cause_name(call->cause.q850));
	}
	console_print(l->vty, "%-6u %-4s %-17s %-17s %-8s %7lld  %s", call->id,
		      leg == 0 ? "In" : "Out", or_dash(call->calling), or_dash(call->called),
		      or_dash(call->leg[leg].channel), seconds_used(call), text);
}

static bool print_isdn_legs(void *arg, const struct call_summary *call)
{
	for (int leg = 0; leg < 2; leg++)
		if (strcmp(call->kinds[leg], "isdn") == 0)
			print_leg(arg, call, leg);
	return true;
}

DEFUN(show_isdn_active, show_isdn_active_cmd, "show isdn active",
      SHOW_STR "ISDN\n"
	       "Calls that are up on ISDN\n")
{
	struct office *office = console_gateway()->office;
	struct listing l = {.vty = vty};

	if (office)
		office_each_call(office, print_isdn_legs, &l);
	console_print(vty, "%u active ISDN call%s", l.count, l.count == 1 ? "" : "s");
	return CMD_SUCCESS;
}

DEFUN(show_isdn_history, show_isdn_history_cmd, "show isdn history",
      SHOW_STR "ISDN\n"
	       "Calls on ISDN that have ended, newest first\n")
{
	struct office *office = console_gateway()->office;
	struct listing l = {.vty = vty, .past = true};

	if (office)
		office_each_past_call(office, print_isdn_legs, &l);
	if (l.count == 0)
		console_print(vty, "No ISDN call has ended yet.");
	return CMD_SUCCESS;
}

void show_isdn_calls_install(void)
{
	install_element(ENABLE_NODE, &show_isdn_active_cmd);
	install_element(ENABLE_NODE, &show_isdn_history_cmd);
}
