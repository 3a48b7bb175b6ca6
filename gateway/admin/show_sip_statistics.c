// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/cause.h"
#include "gateway/sip/statistics.h"
#include "gateway/sip/ua.h"

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

DEFUN(show_stir, show_stir_cmd, "show stir-shaken statistics",
      SHOW_STR "Who calls is signed and checked\nCalls by what was found\n")
{
	const struct ua *ua = console_gateway()->ua;
	struct stir_counters counters;

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	stir_counters(ua_stir(ua), &counters);
	console_print(vty, "%-36s %12lu", "Calls signed", counters.signed_calls);
	console_print(vty, "%-36s %12lu", "Calls that could not be signed", counters.not_signed);
	for (unsigned v = 0; v < STIR_VERDICTS; v++)
		console_print(vty, "Checked: %-27s %12lu", stir_verdict_name(v),
			      counters.verdicts[v]);
	return CMD_SUCCESS;
}

void show_sip_statistics_install(void)
{
	install_element(ENABLE_NODE, &show_stir_cmd);
	install_element(ENABLE_NODE, &show_statistics_cmd);
	install_element(ENABLE_NODE, &clear_statistics_cmd);
}
