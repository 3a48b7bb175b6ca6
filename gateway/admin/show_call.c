// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

#define CALL_CLEARED 31 /* Q.850: normal, unspecified */

struct listing {
	struct vty *vty;
	unsigned count;
};

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

/* "00:01:05" since one time until another, until now if there is no other. */
static const char *duration(const struct timespec *from, const struct timespec *to, char text[24])
{
	struct timespec now;
	long long seconds;

	if (from->tv_sec == 0)
		return "-";
	clock_gettime(CLOCK_REALTIME, &now);
	seconds = (to->tv_sec ? to->tv_sec : now.tv_sec) - from->tv_sec;
	if (seconds < 0)
		seconds = 0;
	if (seconds > 99LL * 3600)
		snprintf(text, 24, "%lldd%02lldh", seconds / 86400, seconds / 3600 % 24);
	else
		snprintf(text, 24, "%02lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	return text;
}

static const char *date(const struct timespec *at, char text[32])
{
	struct tm tm;

	if (at->tv_sec == 0)
		return "-";
	localtime_r(&at->tv_sec, &tm);
	strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

/* "sip 10.6.2.10:5060", "isdn 1/17" */
static void leg_place(const struct call_summary *call, int leg, char text[64])
{
	const struct leg_report *report = &call->leg[leg];
	const char *place = report->channel[0] ? report->channel : report->remote;

	if (call->kinds[leg][0])
		snprintf(text, 64, "%s%s%.54s", call->kinds[leg], place[0] ? " " : "", place);
	else
		snprintf(text, 64, "-");
}

static void peers(const struct call_summary *call, char text[32])
{
	char in[12] = "-", out[12] = "-";

	if (call->peer_in)
		snprintf(in, sizeof(in), "%u", call->peer_in);
	if (call->peer_out)
		snprintf(out, sizeof(out), "%u", call->peer_out);
	snprintf(text, 32, "%s/%s", in, out);
}

/* ---- calls that are up */

static bool print_brief(void *arg, const struct call_summary *call)
{
	struct listing *l = arg;
	char in[64], out[64], tags[32], text[24];

	if (l->count++ == 0)
		console_print(l->vty, "%-6s %-10s %-9s %-17s %-17s %-9s %-24s %s", "Call", "State",
			      "Duration", "Calling", "Called", "Peers", "Inbound leg",
			      "Outbound leg");
	leg_place(call, 0, in);
	leg_place(call, 1, out);
	peers(call, tags);
	console_print(
	    l->vty, "%-6u %-10s %-9s %-17s %-17s %-9s %-24s %s", call->id, call->state,
	    duration(call->answer.tv_sec ? &call->answer : &call->setup, &call->end, text),
	    or_dash(call->calling), or_dash(call->called), tags, in, out);
	return true;
}

static void print_leg(struct vty *vty, const struct call_summary *call, int leg)
{
	const struct leg_report *r = &call->leg[leg];
	char place[64];

	leg_place(call, leg, place);
	console_print(vty, "  %-18s %s%s%s", leg == 0 ? "Inbound leg" : "Outbound leg", place,
		      r->codec[0] ? ", " : "", r->codec);
	if (r->packets_sent || r->packets_received)
		console_print(vty, "  %-18s sent %u, received %u, lost %u packets, jitter %.1f ms",
			      "  RTP", r->packets_sent, r->packets_received, r->packets_lost,
			      r->jitter_us / 1000.0);
	if (r->sip_status)
		console_print(vty, "  %-18s %u %s", "  SIP status", r->sip_status,
			      cause_sip_phrase(r->sip_status));
}

static void print_call(struct vty *vty, const struct call_summary *call)
{
	char at[32], tags[32], text[24], charge[64];

	console_print(vty, "Call %u  %s", call->id, call->state);
	console_print(vty, "  %-18s %s", "Calling number", or_dash(call->calling));
	console_print(vty, "  %-18s %s", "Called number", or_dash(call->called));
	if (call->called_sent[0] &&
	    (strcmp(call->calling, call->calling_sent) || strcmp(call->called, call->called_sent)))
		console_print(vty, "  %-18s %s to %s", "Sent as", or_dash(call->calling_sent),
			      or_dash(call->called_sent));
	if (call->emergency)
		console_print(vty, "  %-18s yes", "Emergency");
	peers(call, tags);
	console_print(vty, "  %-18s %s", "Dial peers in/out", tags);
	console_print(vty, "  %-18s %s", "Set up", date(&call->setup, at));
	if (call->answer.tv_sec)
		console_print(vty, "  %-18s %s, %s", "Answered", date(&call->answer, at),
			      duration(&call->answer, &call->end, text));
	if (call->media_direct)
		console_print(vty, "  %-18s direct, between the far ends", "Media");
	print_leg(vty, call, 0);
	if (call->kinds[1][0])
		print_leg(vty, call, 1);
	call_charge_text(&call->charge, charge, sizeof(charge));
	if (charge[0])
		console_print(vty, "  %-18s %s", "Charge", charge);
	call_services_text(call->services, charge, sizeof(charge));
	if (charge[0])
		console_print(vty, "  %-18s %s", "Services", charge);
	if (call->name[0])
		console_print(vty, "  %-18s %s", "SIP Call-ID", call->name);
}

static bool print_long(void *arg, const struct call_summary *call)
{
	struct listing *l = arg;

	l->count++;
	print_call(l->vty, call);
	console_print(l->vty, "%s", "");
	return true;
}

DEFUN(show_call_active, show_call_active_cmd, "show call active [brief]",
      SHOW_STR "Calls\n"
	       "Calls that are up\n"
	       "One line a call\n")
{
	struct listing l = {.vty = vty};
	struct office *office = console_gateway()->office;

	if (office)
		office_each_call(office, argc > 0 ? print_brief : print_long, &l);
	console_print(vty, "%u active call%s", l.count, l.count == 1 ? "" : "s");
	return CMD_SUCCESS;
}

/* ---- calls that have ended */

static const char *ended_by(const struct call_summary *call)
{
	return call->ended_by == 0 ? "calling" : call->ended_by == 1 ? "called" : "gateway";
}

static bool print_past(void *arg, const struct call_summary *call)
{
	struct listing *l = arg;
	char in[64], out[64], at[32], text[24];

	if (l->count++ == 0)
		console_print(l->vty, "%-6s %-19s %-9s %-17s %-17s %-24s %-12s %-7s %s", "Call",
			      "Began", "Duration", "Calling", "Called", "Inbound leg",
			      "Outbound leg", "Ended", "Cause");
	leg_place(call, 0, in);
	leg_place(call, 1, out);
	console_print(l->vty, "%-6u %-19s %-9s %-17s %-17s %-24s %-12s %-7s %u %s", call->id,
		      date(&call->setup, at), duration(&call->answer, &call->end, text),
		      or_dash(call->calling), or_dash(call->called), in, out, ended_by(call),
		      call->cause.q850, cause_name(call->cause.q850));
	return true;
}

DEFUN(show_call_history, show_call_history_cmd, "show call history",
      SHOW_STR "Calls\n"
	       "Calls that have ended, newest first\n")
{
	struct listing l = {.vty = vty};
	struct office *office = console_gateway()->office;

	if (office)
		office_each_past_call(office, print_past, &l);
	if (l.count == 0)
		console_print(vty, "No call has ended yet.");
	return CMD_SUCCESS;
}

static void print_ladder_line(void *arg, const char *text)
{
	console_print(arg, "%s", text);
}

DEFUN(show_call_history_one, show_call_history_one_cmd, "show call history <1-4294967295>",
      SHOW_STR "Calls\n"
	       "Calls that have ended, newest first\n"
	       "Number of a call: its messages, in order\n")
{
	struct office *office = console_gateway()->office;
	struct call_summary *call = calloc(1, sizeof(*call)); /* large */
	int rc = CMD_WARNING;

	if (!call)
		return CMD_WARNING;
	if (office &&
	    office_call_summary(office, (uint32_t)strtoul(argv[0], NULL, 10), call) == 0) {
		print_call(vty, call);
		if (call->cause.q850)
			console_print(vty, "  %-18s %u %s, by the %s", "Ended", call->cause.q850,
				      cause_name(call->cause.q850),
				      call->ended_by < 0    ? "gateway"
				      : call->ended_by == 0 ? "calling side"
							    : "called side");
		if (call->cause.text[0])
			console_print(vty, "  %-18s %s", "Far end's words", call->cause.text);
		console_print(vty, "%s", "");
		call_ladder(call, print_ladder_line, vty);
		rc = CMD_SUCCESS;
	} else {
		console_print(vty, "%% There is no call %s, or it is too long ago.", argv[0]);
	}
	free(call);
	return rc;
}

DEFUN(clear_call, clear_call_cmd, "clear call <1-4294967295>",
      CLEAR_STR "End a call\n"
		"Number of the call\n")
{
	struct office *office = console_gateway()->office;

	if (!office ||
	    office_clear_call(office, (uint32_t)strtoul(argv[0], NULL, 10), CALL_CLEARED) < 0) {
		console_print(vty, "%% There is no call %s.", argv[0]);
		return CMD_WARNING;
	}
	return CMD_SUCCESS;
}

void show_call_install(void)
{
	install_element(ENABLE_NODE, &show_call_active_cmd);
	install_element(ENABLE_NODE, &show_call_history_cmd);
	install_element(ENABLE_NODE, &show_call_history_one_cmd);
	install_element(ENABLE_NODE, &clear_call_cmd);
}
