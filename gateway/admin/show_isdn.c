// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "dialplan/peer.h"
#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/log/text.h"

#define DESCRIPTION_SIZE 4096

unsigned console_serial(struct vty *vty, const char *text)
{
	unsigned timeslot = 1, span = peer_port_span(text, &timeslot);

	if (span != 0 && span <= TDM_SPAN_MAX && timeslot == 0)
		return span;
	console_print(vty, "%% %s is no D channel: say 1:D", text);
	return 0;
}

/* What isdn_describe() says, two columns in. */
static void print_indented(struct vty *vty, char *text)
{
	char *rest = text;
	const char *line;

	while ((line = strsep(&rest, "\n")))
		if (line[0])
			console_print(vty, "    %s", line);
}

static void channel_range(const struct trunk *trunk, unsigned first, unsigned last, char text[32])
{
	if (first == last)
		snprintf(text, 32, "%u/%u", trunk_span_of(trunk, first),
			 ISDN_CHANNEL_TIMESLOT(first));
	else
		snprintf(text, 32, "%u/%u-%u", trunk_span_of(trunk, first),
			 ISDN_CHANNEL_TIMESLOT(first), ISDN_CHANNEL_TIMESLOT(last));
}

/* One line for each run of channels that do the same: "1/1-15  idle". */
static void print_channels(struct vty *vty, struct isdn_line *line)
{
	const struct trunk *trunk = isdn_line_trunk(line);
	unsigned first = trunk_next(trunk, 0), last = first;
	char now[64], before[64] = "", range[32];

	for (unsigned channel = first; first != 0; channel = trunk_next(trunk, channel)) {
		now[0] = '\0';
		if (channel != 0)
			isdn_line_describe_channel(line, channel, now, sizeof(now));
		if (channel != first && (strcmp(now, before) != 0 || channel != last + 1)) {
			channel_range(trunk, first, last, range);
			console_print(vty, "    %-10s %s", range, before);
			first = channel;
		}
		last = channel;
		memcpy(before, now, sizeof(before));
		if (channel == 0)
			return;
	}
}

static void print_layer1(struct vty *vty, unsigned span)
{
	const struct wire_span_state *state = console_gateway()->span_state;
	char alarms[64];

	if (!state)
		return;
	console_print(vty, "  Layer 1 Status:");
	if (state[span].alarms == 0)
		console_print(vty, "    ACTIVE");
	else
		console_print(vty, "    DEACTIVATED, alarms %s",
			      tdm_alarms_name(state[span].alarms, alarms, sizeof(alarms)));
}

static void print_bad_frames(struct vty *vty, const struct isdn *isdn)
{
	struct isdn_frame_counters counters;

	isdn_frame_counters(isdn, &counters);
	console_print(vty, "    Bad frames received: %llu repaired, %llu ignored, %llu dropped",
		      (unsigned long long)counters.repaired, (unsigned long long)counters.ignored,
		      (unsigned long long)counters.dropped);
}

static void print_timers(struct vty *vty, const struct isdn *isdn)
{
	static const enum isdn_timer timers[] = {
	    ISDN_T301, ISDN_T303, ISDN_T304, ISDN_T305, ISDN_T308,
	    ISDN_T309, ISDN_T310, ISDN_T313, ISDN_T316,
	};
	char text[256] = "";

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		text_append(text, sizeof(text), "%sT%d %g s", i == 0 ? "" : ", ", timers[i],
			    isdn_timer_value_ms(isdn, timers[i]) / 1000.0);
	console_print(vty, "  Layer 3 Timers:");
	console_print(vty, "    %s", text);
}

static void print_line(struct vty *vty, unsigned span, struct isdn_line *line)
{
	struct isdn *isdn = isdn_line_isdn(line);
	struct trunk *trunk = isdn_line_trunk(line);
	char text[DESCRIPTION_SIZE] = "";

	console_print(vty, "ISDN Serial%u:D interface", span);
	print_layer1(vty, span);
	console_print(vty, "  Layer 2 Status:");
	console_print(vty, "    %s", isdn_is_up(isdn) ? "up, MULTIPLE_FRAME_ESTABLISHED" : "down");
	isdn_describe(isdn, text, sizeof(text));
	print_indented(vty, text);
	print_bad_frames(vty, isdn);
	print_timers(vty, isdn);
	console_print(vty, "  B channels:");
	console_print(vty, "    %u of %u idle%s", trunk_idle_count(trunk), trunk_size(trunk),
		      trunk_is_up(trunk) ? "" : ", none usable: the D channel or the span is down");
	print_channels(vty, line);
}

/* span 0: all */
static int each_line(struct vty *vty, unsigned span,
		     void (*print)(struct vty *vty, unsigned span, struct isdn_line *line))
{
	struct isdn_lines *lines = console_gateway()->lines;
	unsigned count = 0;

	for (unsigned n = 1; lines && n <= TDM_SPAN_MAX; n++) {
		if (!lines->line[n] || (span != 0 && n != span))
			continue;
		if (count++)
			console_print(vty, "%s", "");
		print(vty, n, lines->line[n]);
	}
	if (count > 0)
		return CMD_SUCCESS;
	if (span == 0) {
		console_print(vty, "No controller has a pri-group.");
		return CMD_SUCCESS;
	}
	console_print(vty, "%% There is no interface serial %u:D.", span);
	return CMD_WARNING;
}

#define ISDN_STR "ISDN\n"
#define STATUS_STR "Layers 1 to 3, timers, and what the B channels do\n"
#define SERVICE_STR "Service state of the B channels, and why\n"
#define SERIAL_STR                                                                                 \
	"One D channel\n"                                                                          \
	"Which, such as 1:D\n"

DEFUN(show_isdn_status, show_isdn_status_cmd, "show isdn status", SHOW_STR ISDN_STR STATUS_STR)
{
	return each_line(vty, 0, print_line);
}

DEFUN(show_isdn_status_of, show_isdn_status_of_cmd, "show isdn status serial SERIAL",
      SHOW_STR ISDN_STR STATUS_STR SERIAL_STR)
{
	unsigned span = console_serial(vty, argv[0]);

	return span ? each_line(vty, span, print_line) : CMD_WARNING;
}

/* ---- show isdn service */

static char channel_digit(const struct trunk *trunk, unsigned channel)
{
	switch (trunk_channel(trunk, channel)) {
	case TRUNK_CHANNEL_IDLE:
		return '0';
	case TRUNK_CHANNEL_BUSY:
		return '2';
	default:
		return trunk_channel_reason(trunk, channel) == TRUNK_REASON_RESTART ? '4' : '5';
	}
}

static char service_digit(const struct trunk *trunk, unsigned channel)
{
	return (char)('0' + trunk_channel_service(trunk, channel));
}

/* One digit for each timeslot of the span, under the last digit of its number. */
static void print_digits(struct vty *vty, const struct trunk *trunk, unsigned span,
			 char (*digit)(const struct trunk *trunk, unsigned channel))
{
	char numbers[3 * TDM_TIMESLOT_MAX + 1] = "", states[3 * TDM_TIMESLOT_MAX + 1] = "";
	size_t at = 0;

	for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
		if (trunk_span_of(trunk, c) != span || at + 4 > sizeof(numbers))
			continue;
		snprintf(numbers + at, 4, " %2u", ISDN_CHANNEL_TIMESLOT(c) % 100);
		snprintf(states + at, 4, "  %c", digit(trunk, c));
		at += 3;
	}
	console_print(vty, "    Channel :%s", numbers);
	console_print(vty, "    State   :%s", states);
}

static void print_reasons(struct vty *vty, const struct trunk *trunk, unsigned span)
{
	static const char *const names[] = {
	    [TRUNK_MAINTENANCE] = "maintenance",
	    [TRUNK_OUT_OF_SERVICE] = "out of service",
	    [TRUNK_MAINTENANCE_PENDING] = "maintenance once the call has ended",
	    [TRUNK_OUT_OF_SERVICE_PENDING] = "out of service once the call has ended",
	};

	for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
		enum trunk_service service = trunk_channel_service(trunk, c);

		if (trunk_span_of(trunk, c) == span && service != TRUNK_IN_SERVICE)
			console_print(vty, "  %u/%-2u %s: %s", span, ISDN_CHANNEL_TIMESLOT(c),
				      names[service],
				      trunk_reason_name(trunk_channel_reason(trunk, c)));
	}
}

static void print_service(struct vty *vty, unsigned serial, struct isdn_line *line)
{
	const struct trunk *trunk = isdn_line_trunk(line);
	unsigned span = 0;

	for (unsigned c = trunk_next(trunk, 0); c != 0; c = trunk_next(trunk, c)) {
		if (trunk_span_of(trunk, c) == span)
			continue;
		span = trunk_span_of(trunk, c);
		console_print(vty, "ISDN Serial%u:D, channels of controller %u", serial, span);
		console_print(vty, "  Channel State (0=Idle 2=Busy 4=Restart 5=Not in service)");
		print_digits(vty, trunk, span, channel_digit);
		console_print(vty,
			      "  Service State (0=Inservice 1=Maint 2=Outofservice 8=MaintPend "
			      "9=OOSPend)");
		print_digits(vty, trunk, span, service_digit);
		print_reasons(vty, trunk, span);
	}
}

DEFUN(show_isdn_service, show_isdn_service_cmd, "show isdn service", SHOW_STR ISDN_STR SERVICE_STR)
{
	return each_line(vty, 0, print_service);
}

DEFUN(show_isdn_service_of, show_isdn_service_of_cmd, "show isdn service serial SERIAL",
      SHOW_STR ISDN_STR SERVICE_STR SERIAL_STR)
{
	unsigned span = console_serial(vty, argv[0]);

	return span ? each_line(vty, span, print_service) : CMD_WARNING;
}

void show_isdn_install(void)
{
	install_element(ENABLE_NODE, &show_isdn_status_cmd);
	install_element(ENABLE_NODE, &show_isdn_status_of_cmd);
	install_element(ENABLE_NODE, &show_isdn_service_cmd);
	install_element(ENABLE_NODE, &show_isdn_service_of_cmd);
	show_isdn_calls_install();
	show_controllers_install();
}
