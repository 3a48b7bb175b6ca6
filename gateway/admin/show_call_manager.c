// SPDX-License-Identifier: GPL-2.0-or-later
/* Are the call managers there, and what the site does without them. */
#include <stdio.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/survive/survive.h"

static void print_manager(void *arg, const struct server_view *view)
{
	struct vty *vty = arg;
	char status[16] = "none", left[48] = "";

	if (view->status)
		snprintf(status, sizeof(status), "%u", view->status);
	if (view->state == SERVER_RETURNING)
		snprintf(left, sizeof(left), ", %u s of hold-down left", view->hold_down_left_s);
	console_print(vty, "%-9s %s%s%s for %u s: %s%s", server_state_name(view->state),
		      view->target, view->address[0] ? " at " : " without an address",
		      view->address, view->state_s, view->reason, left);
	console_print(vty, "          OPTIONS sent %u, missed %u, last answer %s, %u changes",
		      view->sent, view->missed, status, view->changes);
}

DEFUN(show_call_manager, show_call_manager_cmd, "show call-manager-fallback",
      SHOW_STR "Call managers: who is there, and who serves the telephones\n")
{
	struct survive *survive = console_gateway()->survive;
	unsigned counts[LOCATION_ORIGINS];

	if (!survive) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	if (!upstreams_count(survive_upstreams(survive)))
		console_print(vty, "No call manager is watched.");
	else
		console_print(vty, "Fallback: %s", survive_is_fallback(survive) ? "yes" : "no");
	survive_count(survive, counts);
	console_print(vty, "Contacts of telephones: %u registered, %u on standby, %u learnt",
		      counts[LOCATION_REGISTERED], counts[LOCATION_STANDBY],
		      counts[LOCATION_LEARNT]);
	upstreams_each(survive_upstreams(survive), print_manager, vty);
	return CMD_SUCCESS;
}

void show_call_manager_install(void)
{
	install_element(ENABLE_NODE, &show_call_manager_cmd);
}
