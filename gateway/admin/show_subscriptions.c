// SPDX-License-Identifier: GPL-2.0-or-later
/* What others have subscribed to here, by SIP. */
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/sip/subscription.h"

struct printing {
	struct vty *vty;
	int number_width, remote_width;
};

static void measure_row(void *arg, const struct subscription_view *view)
{
	struct printing *p = arg;

	console_widen(&p->number_width, view->number);
	console_widen(&p->remote_width, view->remote);
}

static void print_row(void *arg, const struct subscription_view *view)
{
	const struct printing *p = arg;

	console_print(p->vty, "%-16s %-*s %-*s %-10s %7u %8lu", view->package, p->number_width,
		      view->number, p->remote_width, view->remote, view->state, view->remaining_s,
		      view->notifies);
}

DEFUN(show_subscriptions, show_subscriptions_cmd, "show subscription sip",
      SHOW_STR "Subscriptions of others to events here\nBy SIP\n")
{
	const struct ua *ua = console_gateway()->ua;
	struct subscription_counters counters;
	struct printing p = {vty, 16, 21};

	if (!ua) {
		console_print(vty, "%% SIP is not there yet.");
		return CMD_WARNING;
	}
	subscriptions_count(ua, &counters);
	console_print(vty, "Active %u, accepted %lu, refused %lu, ended %lu, NOTIFY sent %lu",
		      counters.active, counters.accepted, counters.refused, counters.ended,
		      counters.notifies);
	if (!counters.active)
		return CMD_SUCCESS;
	subscriptions_each(ua, measure_row, &p);
	console_print(vty, "%-16s %-*s %-*s %-10s %7s %8s", "Event", p.number_width, "Number",
		      p.remote_width, "Subscriber", "State", "Seconds", "NOTIFYs");
	subscriptions_each(ua, print_row, &p);
	return CMD_SUCCESS;
}

void show_subscriptions_install(void)
{
	install_element(ENABLE_NODE, &show_subscriptions_cmd);
}
