// SPDX-License-Identifier: GPL-2.0-or-later
/* Drills: test survivability pool N down|up, show survivability. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/cause.h"
#include "gateway/survive/drill.h"
#include "gateway/survive/survive.h"

static void print_phones(struct vty *vty, const struct drill_view *view)
{
	if (view->came)
		console_print(
		    vty, "  Telephones: %u came over, the slowest after %u.%03u s; %u did not",
		    view->came, view->slowest_ms / 1000, view->slowest_ms % 1000, view->missing);
	else
		console_print(vty, "  Telephones: none came over, %u did not", view->missing);
	for (unsigned i = 0; i < view->phones_count; i++) {
		const struct drill_phone *phone = view->phones[i];

		if (phone->took_ms == DRILL_MISSING_MS)
			console_print(vty, "    %-20s has not come", phone->name);
		else
			console_print(vty, "    %-20s after %4u.%03u s", phone->name,
				      phone->took_ms / 1000, phone->took_ms % 1000);
	}
}

static void print_calls(struct vty *vty, const struct drill_calls *calls)
{
	console_print(vty, "  Calls: %u answered, %u not answered, %u failed, %u up",
		      calls->answered, calls->unanswered, calls->failed, calls->up);
	for (unsigned i = 0; i < calls->failures; i++) {
		const struct drill_failure *failure = &calls->failure[i];

		console_print(vty, "    call %u from %s to %s: cause %u (%s)", failure->id,
			      failure->calling[0] ? failure->calling : "-", failure->called,
			      failure->cause, cause_name(failure->cause));
	}
}

static void print_drill(void *arg, const struct drill_view *view)
{
	struct vty *vty = arg;

	if (view->state == DRILL_RUNS)
		console_print(vty, "Pool %u: down for %u s, ends by itself in %u s", view->pool,
			      view->lasted_s, view->left_s);
	else
		console_print(vty, "Pool %u: was down for %u s, ended %s", view->pool,
			      view->lasted_s, drill_state_name(view->state));
	print_phones(vty, view);
	print_calls(vty, view->calls);
}

static const char *obstacle(int rc, bool down)
{
	switch (rc) {
	case -ENOENT:
		return down ? "there is no such voice register pool"
			    : "there is no drill of this pool";
	case -EALREADY:
		return "it is down already";
	case -ENOSPC:
		return "too many pools are down";
	case -ENOTSUP:
		return "no telephone can register without `registrar server`";
	case -ENODEV:
		return "the gateway serves its telephones already, there is no call manager for "
		       "them";
	default:
		return strerror(-rc);
	}
}

static struct survive *survive_of(struct vty *vty)
{
	struct survive *survive = console_gateway()->survive;

	if (!survive)
		console_print(vty, "%% SIP does not run.");
	return survive;
}

#define DRILL_STR "Test\nTelephones without their call manager\nThose of a pool\nNumber\n"

DEFUN(test_survivability, test_survivability_cmd, "test survivability pool <1-100000> (down|up)",
      DRILL_STR "As if the call manager were gone for them\nAs before, with a report\n")
{
	struct survive *survive = survive_of(vty);
	unsigned pool = (unsigned)strtoul(argv[0], NULL, 10);
	bool down = strcmp(argv[1], "down") == 0;
	int rc;

	if (!survive)
		return CMD_WARNING;
	rc = survive_drill(survive, pool, down);
	if (rc < 0) {
		console_print(vty, "%% Pool %u: %s.", pool, obstacle(rc, down));
		return CMD_WARNING;
	}
	drills_each(survive_drills(survive), pool, print_drill, vty);
	return CMD_SUCCESS;
}

DEFUN(show_survivability, show_survivability_cmd, "show survivability",
      SHOW_STR "Drills of telephones without their call manager\n")
{
	struct survive *survive = survive_of(vty);

	if (!survive)
		return CMD_WARNING;
	if (!drills_each(survive_drills(survive), 0, print_drill, vty))
		console_print(vty, "There has been no drill.");
	return CMD_SUCCESS;
}

void survivability_install(void)
{
	install_element(ENABLE_NODE, &test_survivability_cmd);
	install_element(ENABLE_NODE, &show_survivability_cmd);
}
