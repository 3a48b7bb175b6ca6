// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

#define MAP_STR "SIP user agent\nCauses of Q.850 and statuses of SIP, and how often they came\n"

static void print_pstn_sip(struct vty *vty, const struct office *office)
{
	const struct office_cause_counts *counts = office_cause_counts(office);
	struct cause_view view, none = {0};

	office_cause_view(office, &view);
	console_print(vty, "%-6s %-48s %10s %10s %10s", "Cause", "Meaning", "Default", "Configured",
		      "Used");
	for (unsigned n = 1; n <= CAUSE_Q850_MAX; n++) {
		/* no location has a row of its own */
		struct cause cause = cause_q850(n, CAUSE_LOCATION_TRANSIT, CAUSE_SOURCE_PSTN);
		unsigned usual = cause_to_sip(&none, &cause, false);
		unsigned configured = cause_to_sip(&view, &cause, false);

		if (!cause_map_sip(CAUSE_MAP_DEFAULT, n) && configured == usual &&
		    !counts->to_sip[n])
			continue;
		console_print(vty, "%-6u %-48s %10u %10u %10llu", n, cause_name(n), usual,
			      configured, (unsigned long long)counts->to_sip[n]);
	}
}

static void print_sip_pstn(struct vty *vty, const struct office *office)
{
	const struct office_cause_counts *counts = office_cause_counts(office);
	struct cause_view view, none = {0};

	office_cause_view(office, &view);
	console_print(vty, "%-6s %-48s %10s %10s %10s", "Status", "Meaning", "Default",
		      "Configured", "Used");
	for (unsigned n = CAUSE_SIP_FIRST; n <= CAUSE_SIP_LAST; n++) {
		struct cause_answer answer = {.status = n};
		unsigned usual = cause_from_sip(&none, &answer).q850;
		unsigned configured = cause_from_sip(&view, &answer).q850;
		uint64_t used = counts->from_sip[n - CAUSE_SIP_FIRST];

		if (!cause_sip_is_known(n) && configured == usual && !used)
			continue;
		console_print(vty, "%-6u %-48s %10u %10u %10llu", n, cause_sip_phrase(n), usual,
			      configured, (unsigned long long)used);
	}
}

DEFUN(show_sip_map, show_sip_map_cmd, "show sip-ua map (pstn-sip|sip-pstn)",
      SHOW_STR MAP_STR "Causes that become statuses\nStatuses that become causes\n")
{
	const struct office *office = console_gateway()->office;

	if (!office) {
		console_print(vty, "%% There are no calls yet.");
		return CMD_WARNING;
	}
	if (strcmp(argv[0], "pstn-sip") == 0)
		print_pstn_sip(vty, office);
	else
		print_sip_pstn(vty, office);
	return CMD_SUCCESS;
}

DEFUN(clear_sip_map, clear_sip_map_cmd, "clear sip-ua map", CLEAR_STR MAP_STR)
{
	struct office *office = console_gateway()->office;

	if (office)
		office_clear_cause_counts(office);
	return CMD_SUCCESS;
}

void show_sip_map_install(void)
{
	install_element(ENABLE_NODE, &show_sip_map_cmd);
	install_element(ENABLE_NODE, &clear_sip_map_cmd);
}
