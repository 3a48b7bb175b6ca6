// SPDX-License-Identifier: GPL-2.0-or-later
/* isdn restart, isdn service: orders for B channels while the gateway runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "dialplan/peer.h"
#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/isdn/leg_isdn.h"

/* The channels that an order is for: one, or all of a span. */
struct chosen {
	struct isdn_line *line;
	unsigned span, timeslot; /* 0: all */
};

static int choose(struct vty *vty, const char *text, struct chosen *out)
{
	struct isdn_lines *lines = console_gateway()->lines;
	unsigned timeslot = 0, span = 0;
	char rest;

	if (sscanf(text, "%u/%u%c", &span, &timeslot, &rest) != 2 || timeslot < 1) {
		timeslot = 1;
		span = peer_port_span(text, &timeslot);
		if (timeslot != 0)
			span = 0;
	}
	if (span < 1 || span > TDM_SPAN_MAX) {
		console_print(vty, "%% %s: expected a channel as in 1/17, or 1:D for all of a span",
			      text);
		return -EINVAL;
	}
	if (!lines || !lines->of_span[span] ||
	    (timeslot != 0 && isdn_line_channel(lines->of_span[span], span, timeslot) == 0)) {
		console_print(vty, "%% %s: there is no such channel", text);
		return -ENOENT;
	}
	*out = (struct chosen){lines->of_span[span], span, timeslot};
	return 0;
}

static int restart_one(struct vty *vty, const struct chosen *chosen, unsigned timeslot)
{
	unsigned channel = isdn_line_channel(chosen->line, chosen->span, timeslot);
	int rc = channel ? isdn_line_restart(chosen->line, channel) : 0;

	if (rc == -EBUSY)
		console_print(vty, "%% %u/%u has a call: not restarted", chosen->span, timeslot);
	else if (rc == -ENOTSUP)
		console_print(vty, "%% %u:D is a point to multipoint bus: it has no RESTART",
			      chosen->span);
	else if (rc < 0)
		console_print(vty, "%% %u/%u cannot be restarted", chosen->span, timeslot);
	return rc;
}

DEFUN(isdn_restart_channel, isdn_restart_channel_cmd, "isdn restart CHANNEL",
      "ISDN\nRESTART of B channels that have no call\nAs in 1/17, or 1:D for all of a span\n")
{
	struct chosen chosen;
	bool failed = false;

	if (choose(vty, argv[0], &chosen) < 0)
		return CMD_WARNING;
	for (unsigned timeslot = 1; timeslot <= TDM_TIMESLOT_MAX; timeslot++) {
		int rc;

		if (chosen.timeslot != 0 && timeslot != chosen.timeslot)
			continue;
		rc = restart_one(vty, &chosen, timeslot);
		failed |= rc < 0;
		if (rc == -ENOTSUP)
			break;
	}
	return failed ? CMD_WARNING : CMD_SUCCESS;
}

#define SERVICE_HELP                                                                               \
	"ISDN\nService state of B channels\nAs in 1/17, or 1:D for all of a span\nNew state\n"     \
	"In service\nMaintenance\nOut of service\n"

static int service(struct vty *vty, const char **argv, bool hard)
{
	enum isdn_service status = (enum isdn_service)(argv[1][0] - '0');
	struct chosen chosen;

	if (choose(vty, argv[0], &chosen) < 0)
		return CMD_WARNING;
	for (unsigned timeslot = 1; timeslot <= TDM_TIMESLOT_MAX; timeslot++) {
		unsigned channel = isdn_line_channel(chosen.line, chosen.span, timeslot);

		if (channel != 0 && (chosen.timeslot == 0 || chosen.timeslot == timeslot))
			isdn_line_service(chosen.line, channel, status, hard);
	}
	if (!isdn_has_service(isdn_line_isdn(chosen.line)))
		console_print(vty, "Done on this side; the switch type has no SERVICE message to "
				   "tell the far end.");
	return CMD_SUCCESS;
}

DEFUN(isdn_service_channel, isdn_service_channel_cmd, "isdn service CHANNEL state (0|1|2)",
      SERVICE_HELP)
{
	return service(vty, argv, false);
}

DEFUN(isdn_service_how, isdn_service_how_cmd, "isdn service CHANNEL state (0|1|2) (hard|soft)",
      SERVICE_HELP "Clear a call that is up\nWait until a call that is up has ended\n")
{
	return service(vty, argv, strcmp(argv[2], "hard") == 0);
}

void isdn_channels_install(void)
{
	install_element(ENABLE_NODE, &isdn_restart_channel_cmd);
	install_element(ENABLE_NODE, &isdn_service_channel_cmd);
	install_element(ENABLE_NODE, &isdn_service_how_cmd);
}
