// SPDX-License-Identifier: GPL-2.0-or-later
/* Hunt groups: who is in them, and what became of the calls to them. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "dialplan/hunt_group.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

static const char *const schemes[] = {
    [HUNT_GROUP_SEQUENTIAL] = "sequential",
    [HUNT_GROUP_PARALLEL] = "parallel",
    [HUNT_GROUP_PEER] = "peer",
    [HUNT_GROUP_LONGEST_IDLE] = "longest-idle",
};

/* Its length: the pattern ends with $. */
static int pilot_of(const struct plan *plan, unsigned number, const char **out)
{
	for (size_t i = 0; i < plan_peer_count(plan); i++) {
		if (plan_peer_at(plan, i)->hunt_group != number)
			continue;
		*out = plan_peer_at(plan, i)->destination_pattern;
		return (int)strcspn(*out, "$");
	}
	return 0;
}

static void print_group(struct vty *vty, const struct office *office, const struct hunt_group *g)
{
	struct office_hunt_counts counts = office_hunt_counts(office, g->number);

	const char *pilot = "";
	int length = pilot_of(office_plan(office), g->number, &pilot);

	console_print(vty, "hunt-group %u %s, pilot %.*s, timeout %u s", g->number,
		      schemes[g->scheme], length, pilot, g->timeout_s);
	for (unsigned i = 0; i < g->members_count; i++)
		console_print(vty, "  list %s", g->members[i]);
	if (g->hops)
		console_print(vty, "  hops %u", g->hops);
	if (g->final[0])
		console_print(vty, "  final %s", g->final);
	console_print(vty, "  calls %lu, answered %lu, by final %lu", counts.calls, counts.answered,
		      counts.final);
}

DEFUN(show_hunt_group, show_hunt_group_cmd, "show voice hunt-group [<1-10000>]",
      SHOW_STR "Voice\nNumbers that lead to several\nNumber of a voice hunt-group\n")
{
	const struct office *office = console_gateway()->office;
	unsigned first = argc ? (unsigned)atoi(argv[0]) : 1;
	unsigned last = argc ? first : HUNT_GROUP_NUMBER_MAX;
	bool any = false;

	for (unsigned number = first; office && number <= last; number++) {
		const struct hunt_group *group = plan_hunt_group(office_plan(office), number);

		if (group)
			print_group(vty, office, group);
		any |= group != NULL;
	}
	if (!any)
		console_print(vty,
			      argc ? "%% There is no voice hunt-group %s."
				   : "There is no voice hunt-group.",
			      argc ? argv[0] : "");
	return any || !argc ? CMD_SUCCESS : CMD_WARNING;
}

void show_hunt_group_install(void)
{
	install_element(ENABLE_NODE, &show_hunt_group_cmd);
}
