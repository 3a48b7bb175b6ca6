// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/isdn/leg_isdn.h"

#define DESCRIPTION_SIZE 4096

unsigned console_serial(struct vty *vty, const char *text)
{
	unsigned long span;
	char *end;

	span = strtoul(text, &end, 10);
	if (text[0] >= '1' && text[0] <= '9' && span <= TDM_SPAN_MAX &&
	    (strcmp(end, ":D") == 0 || strcmp(end, ":15") == 0 || strcmp(end, ":23") == 0))
		return (unsigned)span;
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

/* One line for each run of channels that do the same: "1-15, 17-31  idle". */
static void print_channels(struct vty *vty, struct isdn_line *line, unsigned interface)
{
	char now[64], before[64] = "";
	unsigned first = 0, last = 0;

	for (unsigned timeslot = 1; timeslot <= TDM_TIMESLOT_MAX + 1; timeslot++) {
		unsigned channel = ISDN_CHANNEL(interface, timeslot);
		bool absent = timeslot > TDM_TIMESLOT_MAX ||
			      trunk_channel(isdn_line_trunk(line), channel) == TRUNK_CHANNEL_ABSENT;

		if (!absent)
			isdn_line_describe_channel(line, channel, now, sizeof(now));
		if (first && (absent || strcmp(now, before) != 0)) {
			if (first == last)
				console_print(vty, "    %-8u %s", first, before);
			else
				console_print(vty, "    %2u-%-5u %s", first, last, before);
			first = 0;
		}
		if (absent)
			continue;
		if (!first)
			first = timeslot;
		last = timeslot;
		strcpy(before, now);
	}
}

static void print_line(struct vty *vty, unsigned span, struct isdn_line *line)
{
	struct isdn *isdn = isdn_line_isdn(line);
	struct trunk *trunk = isdn_line_trunk(line);
	char text[DESCRIPTION_SIZE] = "";

	console_print(vty, "ISDN Serial%u:D interface", span);
	console_print(vty, "  Layer 2 Status:");
	console_print(vty, "    %s", isdn_is_up(isdn) ? "up, MULTIPLE_FRAME_ESTABLISHED" : "down");
	isdn_describe(isdn, text, sizeof(text));
	print_indented(vty, text);
	console_print(vty, "  B channels:");
	console_print(vty, "    %u of %u idle%s", trunk_idle_count(trunk), trunk_size(trunk),
		      trunk_is_up(trunk) ? "" : ", none usable: the D channel or the span is down");
	for (unsigned interface = 0; interface < TRUNK_INTERFACES_MAX; interface++) {
		unsigned of_span = trunk_span_of(trunk, ISDN_CHANNEL(interface, 0));

		if (of_span != 0 && of_span != span)
			console_print(vty, "    span %u:", of_span);
		if (of_span != 0)
			print_channels(vty, line, interface);
	}
}

DEFUN(show_isdn_status, show_isdn_status_cmd, "show isdn status",
      SHOW_STR "ISDN\n"
	       "Layers 2 and 3, and what the B channels do\n")
{
	struct isdn_lines *lines = console_gateway()->lines;
	unsigned count = 0;

	for (unsigned span = 1; lines && span <= TDM_SPAN_MAX; span++) {
		if (!lines->line[span])
			continue;
		if (count++)
			console_print(vty, "%s", "");
		print_line(vty, span, lines->line[span]);
	}
	if (count == 0)
		console_print(vty, "No controller has a pri-group.");
	return CMD_SUCCESS;
}

void show_isdn_install(void)
{
	install_element(ENABLE_NODE, &show_isdn_status_cmd);
}
