// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/cause.h"
#include "gateway/sip/statistics.h"

struct printing {
	struct vty *vty;
	bool responses; /* their heading has been printed */
};

static void print_heading(struct vty *vty, const char *what)
{
	console_print(vty, "%-44s %12s %12s", what, "received", "sent");
}

static void print_row(void *arg, const struct statistics_row *row)
{
	struct printing *p = arg;
	char name[64];

	if (row->status && !p->responses) {
		print_heading(p->vty, "Responses");
		p->responses = true;
	}
	if (row->method)
		snprintf(name, sizeof(name), "%s", row->method);
	else
		snprintf(name, sizeof(name), "%u %s", row->status, cause_sip_phrase(row->status));
	console_print(p->vty, "  %-42s %12lu %12lu", name, row->received, row->sent);
}

DEFUN(show_statistics, show_statistics_cmd, "show sip-ua statistics",
      SHOW_STR "SIP user agent\n"
	       "Messages by method and status\n")
{
	struct printing p = {.vty = vty};

	print_heading(vty, "Requests");
	statistics_each(true, print_row, &p);
	return CMD_SUCCESS;
}

DEFUN(clear_statistics, clear_statistics_cmd, "clear sip-ua statistics",
      "Set back\nSIP user agent\nMessages by method and status\n")
{
	statistics_clear();
	return CMD_SUCCESS;
}

void show_sip_statistics_install(void)
{
	install_element(ENABLE_NODE, &show_statistics_cmd);
	install_element(ENABLE_NODE, &clear_statistics_cmd);
}
