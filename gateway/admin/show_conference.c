// SPDX-License-Identifier: GPL-2.0-or-later
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/call/conference.h"

static const char *const origins[] = {
    [CONFERENCE_OF_FACTORY] = "of the factory",
    [CONFERENCE_OF_CALL] = "of a call",
};

static void print_conference(void *arg, const struct conference_view *view)
{
	struct vty *vty = arg;

	console_print(vty, "conference %u %s, number %s, %u of %u parties", view->id,
		      origins[view->origin], view->number, view->count, view->parties_max);
	for (unsigned i = 0; i < view->count; i++) {
		const struct conference_party *p = &view->parties[i];

		console_print(vty, "  call %u %s %s%s%s%s", p->call, p->kind[0] ? p->kind : "-",
			      p->number[0] ? p->number : "-", p->creator ? " creator" : "",
			      p->called ? " called" : "", p->holds ? " holds" : "");
	}
}

DEFUN(show_conference, show_conference_cmd, "show conference",
      SHOW_STR "Conferences, and who is in them\n")
{
	const struct office *office = console_gateway()->office;
	struct conference_counts counts;

	if (!office)
		return CMD_SUCCESS;
	counts = office_conference_counts(office);
	console_print(vty, "%u conference%s, %u parties; %lu begun, %lu refused",
		      counts.conferences, counts.conferences == 1 ? "" : "s", counts.parties,
		      counts.begun, counts.refused);
	office_each_conference(office, print_conference, vty);
	return CMD_SUCCESS;
}

void show_conference_install(void)
{
	install_element(ENABLE_NODE, &show_conference_cmd);
}
