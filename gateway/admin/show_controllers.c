// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "conf/value.h"
#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/admin/line_intervals.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/wire/media_client.h"

static struct line_intervals *intervals[TDM_SPAN_MAX + 1]; /* NULL: never sampled */
static struct osmo_timer_list sampler;

/* ---- sampling */

static bool state_is_known(const struct conf_controller *c)
{
	const struct gateway *g = console_gateway();

	return g->span_state && !c->shutdown && c->span.driver &&
	       (c->span.driver == TDM_DRIVER_DAHDI || (g->media && media_client_ready(g->media)));
}

static void read_counters(unsigned span, uint64_t counters[LINE_COUNTERS])
{
	const struct gateway *g = console_gateway();
	const struct wire_span_state *state = &g->span_state[span];

	_Static_assert(sizeof(state->counters) / sizeof(state->counters[0]) == LINE_CODE_VIOLATIONS,
		       "those of struct tdm_counters come first, in its order");
	memset(counters, 0, LINE_COUNTERS * sizeof(counters[0]));
	memcpy(counters, state->counters, sizeof(state->counters));
	if (!g->span_line)
		return;
	counters[LINE_CODE_VIOLATIONS] = g->span_line[span].bipolar_violations;
	counters[LINE_CRC_ERRORS] = g->span_line[span].crc_errors;
	counters[LINE_E_BITS] = g->span_line[span].e_bits;
	counters[LINE_FRAMING_ERRORS] = g->span_line[span].framing_errors;
}

static void sample_one(const struct conf_controller *c, const struct timespec *now)
{
	struct line_intervals **kept = &intervals[c->span.number];
	uint64_t counters[LINE_COUNTERS];

	if (!state_is_known(c))
		return;
	if (!*kept)
		*kept = talloc_zero(NULL, struct line_intervals);
	if (!*kept)
		return;
	read_counters(c->span.number, counters);
	line_intervals_sample(*kept, counters, console_gateway()->span_state[c->span.number].alarms,
			      now);
}

static void on_sample(void *data)
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_controller *c;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (conf)
		llist_for_each_entry (c, &conf->controllers, entry)
			sample_one(c, &now);
	osmo_timer_schedule(&sampler, 1, 0);
}

/* ---- printing */

static const char *framing_name(enum tdm_framing framing)
{
	return framing == TDM_T1 ? "T1" : framing == TDM_BRI ? "BRI" : "E1";
}

static const char *when(const struct timespec *at, char text[32])
{
	struct tm tm;

	localtime_r(&at->tv_sec, &tm);
	strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

static void print_driver(struct vty *vty, const struct tdm_span_config *span)
{
	char local[VALUE_ADDRESS_SIZE], peer[VALUE_ADDRESS_SIZE];

	if (span->driver == TDM_DRIVER_CESOPSN)
		console_print(vty,
			      "  Driver is cesopsn: pseudowire from %s to %s, %u frames a packet",
			      value_address_text(&span->local, local),
			      value_address_text(&span->peer, peer), span->frames_per_packet);
	else
		console_print(vty, "  Driver is dahdi: span %u",
			      span->unit ? span->unit : span->number);
	console_print(vty, "  Framing is %s, law is %s, Clock Source is %s",
		      framing_name(span->framing), span->law == TDM_ALAW ? "A-law" : "u-law",
		      span->clock == TDM_CLOCK_INTERNAL ? "Internal" : "Line");
}

static void print_alarms(struct vty *vty, unsigned span, const struct line_intervals *i)
{
	char names[64], from[32], to[32];
	unsigned alarms = console_gateway()->span_state[span].alarms;

	if (alarms == 0)
		console_print(vty, "  No alarms detected.");
	else
		console_print(vty, "  Alarms: %s%s%s",
			      tdm_alarms_name(alarms, names, sizeof(names)),
			      i && i->alarms == alarms ? ", since " : "",
			      i && i->alarms == alarms ? when(&i->alarms_at, from) : "");
	if (i && i->before && i->alarms == 0)
		console_print(vty, "  Last alarm: %s, %s to %s",
			      tdm_alarms_name(i->before, names, sizeof(names)),
			      when(&i->before_at, from), when(&i->alarms_at, to));
}

static void print_interval(struct vty *vty, const struct line_interval *interval, bool pseudowire)
{
	const uint32_t *n = interval->count;

	if (pseudowire) {
		console_print(vty, "     %u Packets Received, %u Sent, %u Lost, %u Late",
			      n[LINE_PACKETS_RECEIVED], n[LINE_PACKETS_SENT], n[LINE_PACKETS_LOST],
			      n[LINE_PACKETS_LATE]);
		console_print(vty, "     %u Reordered, %u Malformed", n[LINE_PACKETS_REORDERED],
			      n[LINE_PACKETS_MALFORMED]);
	} else {
		console_print(
		    vty,
		    "     %u Line Code Violations, %u CRC Errors, %u E-bits, %u Framing Errors",
		    n[LINE_CODE_VIOLATIONS], n[LINE_CRC_ERRORS], n[LINE_E_BITS],
		    n[LINE_FRAMING_ERRORS]);
	}
	console_print(vty, "     %u Slips, %u D-Channel Frames Received, %u Sent, %u in Error",
		      n[LINE_SLIPS], n[LINE_FRAMES_RECEIVED], n[LINE_FRAMES_SENT],
		      n[LINE_FRAME_ERRORS]);
	console_print(vty, "     %u Errored Secs, %u Slip Secs, %u Unavail Secs", n[LINE_ERRORED_S],
		      n[LINE_SLIP_S], n[LINE_UNAVAILABLE_S]);
}

static void print_intervals(struct vty *vty, const struct line_intervals *i, bool pseudowire)
{
	struct line_interval total;

	if (!i)
		return;
	console_print(vty, "  Data in current interval (%u seconds elapsed):", i->elapsed_s);
	print_interval(vty, &i->current, pseudowire);
	if (i->complete == 0)
		return;
	line_intervals_total(i, &total);
	console_print(vty, "  Total Data (last %u 15 minute interval%s):", i->complete,
		      i->complete == 1 ? "" : "s");
	print_interval(vty, &total, pseudowire);
}

/* The line that a timeslot belongs to, and the channel that it is there. */
static struct isdn_line *line_of(unsigned span, unsigned timeslot, unsigned *channel)
{
	struct isdn_lines *lines = console_gateway()->lines;

	for (unsigned n = 1; lines && n <= TDM_SPAN_MAX; n++) {
		const struct trunk *trunk;

		if (!lines->line[n])
			continue;
		trunk = isdn_line_trunk(lines->line[n]);
		for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
			*channel = c;
			if (trunk_span_of(trunk, c) == span && ISDN_CHANNEL_TIMESLOT(c) == timeslot)
				return lines->line[n];
		}
	}
	return NULL;
}

static void timeslot_text(unsigned span, unsigned timeslot, bool is_d, char text[64])
{
	struct isdn_lines *lines = console_gateway()->lines;
	struct isdn_line *line;
	unsigned channel;

	snprintf(text, 64, "unused");
	if (is_d) {
		line = lines ? lines->line[span] : NULL;
		if (line)
			snprintf(text, 64, "D channel, %s",
				 isdn_is_up(isdn_line_isdn(line)) ? "up" : "down");
		return;
	}
	line = line_of(span, timeslot, &channel);
	if (line)
		isdn_line_describe_channel(line, channel, text, 64);
}

/* One line for each run of timeslots that do the same. */
static void print_timeslots(struct vty *vty, const struct conf_controller *c)
{
	unsigned last = tdm_timeslots(c->span.framing), first = 1;
	char now[64], before[64] = "", range[32];

	console_print(vty, "  Timeslots:");
	for (unsigned timeslot = 1; timeslot <= last + 1; timeslot++) {
		now[0] = '\0';
		if (timeslot <= last)
			timeslot_text(c->span.number, timeslot, timeslot == c->span.d_timeslot,
				      now);
		if (timeslot > 1 && strcmp(now, before) != 0) {
			if (first == timeslot - 1)
				snprintf(range, sizeof(range), "%u", first);
			else
				snprintf(range, sizeof(range), "%u-%u", first, timeslot - 1);
			console_print(vty, "     %-6s %s", range, before);
			first = timeslot;
		}
		memcpy(before, now, sizeof(before));
	}
}

static void print_controller(struct vty *vty, const struct conf_controller *c)
{
	const struct gateway *g = console_gateway();
	unsigned span = c->span.number;
	bool known = state_is_known(c);
	bool alarm = known && g->span_state[span].alarms != 0;

	console_print(vty, "%s %u is %s.%s%s", framing_name(c->span.framing), span,
		      c->shutdown	? "administratively down"
		      : !c->span.driver ? "down: no driver is configured"
		      : !known		? "down: the media process does not run"
		      : alarm		? "down"
					: "up",
		      c->description[0] ? "  " : "", c->description);
	if (c->shutdown || !c->span.driver)
		return;
	print_driver(vty, &c->span);
	if (known)
		print_alarms(vty, span, intervals[span]);
	print_intervals(vty, intervals[span], c->span.driver == TDM_DRIVER_CESOPSN);
	print_timeslots(vty, c);
}

/* type NULL: any; number 0: all */
static int show_controllers(struct vty *vty, const char *type, unsigned number)
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_controller *c;
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (c, &conf->controllers, entry) {
			if (type && strcasecmp(type, framing_name(c->span.framing)) != 0)
				continue;
			if (number != 0 && c->span.number != number)
				continue;
			if (count++)
				console_print(vty, "%s", "");
			print_controller(vty, c);
		}
	if (count > 0)
		return CMD_SUCCESS;
	if (number != 0) {
		console_print(vty, "%% There is no controller %s %u.", type, number);
		return CMD_WARNING;
	}
	console_print(vty, "There is no controller%s%s.", type ? " " : "", type ? type : "");
	return CMD_SUCCESS;
}

#define CONTROLLERS_STR "Lines: driver, alarms, what happened in the last day, timeslots\n"
#define TYPE_STR                                                                                   \
	"E1\n"                                                                                     \
	"T1\n"                                                                                     \
	"Basic rate\n"

DEFUN(show_controllers_all, show_controllers_all_cmd, "show controllers", SHOW_STR CONTROLLERS_STR)
{
	return show_controllers(vty, NULL, 0);
}

DEFUN(show_controllers_type, show_controllers_type_cmd, "show controllers (e1|t1|bri)",
      SHOW_STR CONTROLLERS_STR TYPE_STR)
{
	return show_controllers(vty, argv[0], 0);
}

DEFUN(show_controller, show_controller_cmd, "show controllers (e1|t1|bri) <1-128>",
      SHOW_STR CONTROLLERS_STR TYPE_STR "Number of the controller\n")
{
	return show_controllers(vty, argv[0], (unsigned)strtoul(argv[1], NULL, 10));
}

void show_controllers_install(void)
{
	install_element(ENABLE_NODE, &show_controllers_all_cmd);
	install_element(ENABLE_NODE, &show_controllers_type_cmd);
	install_element(ENABLE_NODE, &show_controller_cmd);
	osmo_timer_setup(&sampler, on_sample, NULL);
	osmo_timer_schedule(&sampler, 1, 0);
}
