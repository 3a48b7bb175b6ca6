// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines at their registrars, as IOS shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/sip/account.h"
#include "gateway/sip/registrar_watch.h"
#include "gateway/sip/registrations.h"
#include "gateway/sip/ua.h"

#define WIDTH 30 /* of the first column in IOS; more if a line is longer */

struct listing {
	struct registration_view *views;
	unsigned count;
	bool secondary; /* those are wanted, and no others */
	int width;	/* of the column of lines */
};

static bool collect(void *arg, const struct registration_view *view)
{
	struct listing *l = arg;

	if ((view->registrar == ACCOUNT_REGISTRAR_SECONDARY) != l->secondary)
		return true;
	l->views = talloc_realloc(NULL, l->views, struct registration_view, l->count + 1);
	if (!l->views)
		return false;
	l->views[l->count++] = *view;
	console_widen(&l->width, view->line);
	return true;
}

static int compare(const void *one, const void *two)
{
	const struct registration_view *a = one, *b = two;

	if (a->tenant != b->tenant)
		return a->tenant < b->tenant ? -1 : 1;
	if (a->registrar != b->registrar)
		return a->registrar < b->registrar ? -1 : 1;
	return strcmp(a->line, b->line);
}

/* The registrar itself: is it there? */
static void print_registrar(struct vty *vty, const struct registration_view *view)
{
	char left[48] = "";
	struct server_view server;

	if (!view->watch) {
		console_print(vty, "%s", view->target);
		return;
	}
	registrar_watch_view(view->watch, &server);
	if (server.state == SERVER_RETURNING)
		snprintf(left, sizeof(left), ", %u s of hold-down left", server.hold_down_left_s);
	console_print(vty, "%s is %s for %u s: %s%s", view->target, server_state_name(server.state),
		      server.state_s, server.reason, left);
	if (server.sent)
		console_print(vty, "OPTIONS sent %u, missed %u, %u changes", server.sent,
			      server.missed, server.changes);
}

static void print_columns(struct vty *vty, int width)
{
	char rule[128];

	memset(rule, '=', sizeof(rule));
	console_print(vty, "%-*s %-10s %-12s %-3s %-8s %s", width, "Line", "peer", "expires(sec)",
		      "reg", "survival", "P-Associ-URI");
	console_print(vty, "%.*s ========== ============ === ======== ============",
		      OSMO_MIN(width, (int)sizeof(rule)), rule);
}

static void print_heading(struct vty *vty, const struct listing *l, unsigned i)
{
	const struct registration_view *view = &l->views[i];
	const struct registration_view *before = i ? view - 1 : NULL;

	if (before && before->tenant == view->tenant && before->registrar == view->registrar)
		return;
	if (view->tenant && (!before || before->tenant != view->tenant))
		console_print(vty, "Tenant: %u", view->tenant);
	if (view->registrar == ACCOUNT_REGISTRAR_SECONDARY)
		console_print(vty,
			      "--------------------- Secondary registrar ---------------------");
	else
		console_print(vty,
			      "--------------------- Registrar-Index  %u ---------------------",
			      view->registrar + 1);
	print_registrar(vty, view);
	print_columns(vty, l->width);
}

static void print_line(struct vty *vty, int width, const struct registration_view *view)
{
	char peer[16] = "-1"; /* of credentials, as in IOS */

	if (view->peer)
		snprintf(peer, sizeof(peer), "%u", view->peer);
	console_print(vty, "%-*s %-10s %-12u %-3s %-8s %s", width, view->line, peer,
		      view->expires_s, view->up ? "yes" : "no", "normal", view->associated);
	if (!view->up && view->trouble[0])
		console_print(vty, "  %s", view->trouble);
}

DEFUN(show_registrations, show_registrations_cmd, "show sip-ua register status [secondary]",
      SHOW_STR
      "SIP user agent\n"
      "Lines at registrars\nWhich are registered, and for how long\nAt secondary registrars\n")
{
	struct ua *ua = console_gateway()->ua;
	struct listing listing = {.secondary = argc > 0, .width = WIDTH};

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	registrations_each(ua_registrations(ua), collect, &listing);
	if (listing.count)
		qsort(listing.views, listing.count, sizeof(*listing.views), compare);
	else
		console_print(vty, "Nothing is to be registered%s.",
			      listing.secondary ? " at a secondary registrar" : "");
	for (unsigned i = 0; i < listing.count; i++) {
		print_heading(vty, &listing, i);
		print_line(vty, listing.width, &listing.views[i]);
	}
	talloc_free(listing.views);
	return CMD_SUCCESS;
}

void show_registrations_install(void)
{
	install_element(ENABLE_NODE, &show_registrations_cmd);
}
