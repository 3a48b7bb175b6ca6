// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may call, and who tries to. */
#include <stdio.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/sip/target.h"
#include "gateway/sip/ua.h"

#define LISTED_MAX 50

struct listing {
	struct vty *vty;
	unsigned count;
};

static bool print_source(void *arg, const struct source_state *s)
{
	struct listing *l = arg;
	char host[TARGET_ADDRESS_MAX], text[TARGET_ADDRESS_MAX + 8], blocked[24] = "-";

	if (l->count == LISTED_MAX) {
		console_print(l->vty, "... and more");
		return false;
	}
	if (l->count++ == 0)
		console_print(l->vty, "%-28s %10s %10s %9s %s", "Source, heard last first",
			      "Messages", "Dropped", "Failures", "Blocked for");
	target_address_host((const struct sockaddr *)&s->prefix.address, host, sizeof(host));
	/* a telephone has an address, a stranger the whole of a /64 */
	snprintf(text, sizeof(text), "%s%s", host, s->prefix.bits == 64 ? "/64" : "");
	if (s->blocked_s)
		snprintf(blocked, sizeof(blocked), "%u s", s->blocked_s);
	console_print(l->vty, "%-28s %10llu %10llu %9u %s", text, (unsigned long long)s->heard,
		      (unsigned long long)s->dropped, s->failures, blocked);
	return true;
}

static struct ua *ua_of(struct vty *vty)
{
	struct ua *ua = console_gateway()->ua;

	if (!ua)
		console_print(vty, "%% SIP does not run.");
	return ua;
}

DEFUN(show_sources, show_sources_cmd, "show sip-ua strangers",
      SHOW_STR "SIP user agent\nSources that are not trusted, and what became of their messages\n")
{
	struct ua *ua = ua_of(vty);
	struct listing l = {.vty = vty};
	struct admission_counters c;

	if (!ua)
		return CMD_WARNING;
	admission_counters(ua_admission(ua), &c);
	console_print(vty, "Requests discarded                %lu", c.discarded);
	console_print(vty, "Messages over the limit, dropped  %lu", c.over_limit);
	console_print(vty, "Answers that nobody asked for     %lu", c.unasked);
	console_print(vty, "Sources that were blocked         %lu", c.blocked);
	console_print(vty, "Calls refused, too many under way %lu", ua_setups_refused(ua));
	console_print(vty, "Lines left out of the log         %lu", c.not_logged);
	admission_each(ua_admission(ua), print_source, &l);
	return CMD_SUCCESS;
}

DEFUN(clear_sources, clear_sources_cmd, "clear sip-ua strangers",
      "Forget\nSIP user agent\nNo source is blocked any more\n")
{
	struct ua *ua = ua_of(vty);

	if (!ua)
		return CMD_WARNING;
	admission_clear(ua_admission(ua));
	return CMD_SUCCESS;
}

DEFUN(trusted_check, trusted_check_cmd, "show ip address trusted check ADDRESS",
      SHOW_STR "IP\nAddresses\nFrom which calls are accepted\nIs it one of them?\nAddress\n")
{
	struct ua *ua = ua_of(vty);
	struct sockaddr_storage address;

	if (!ua)
		return CMD_WARNING;
	if (target_address_parse(argv[0], 0, &address) < 0) {
		console_print(vty, "%% %s is no IPv4 or IPv6 address.", argv[0]);
		return CMD_WARNING;
	}
	console_print(vty, "Calls from %s are %s.", argv[0],
		      admission_trusts(ua_admission(ua), (const struct sockaddr *)&address)
			  ? "accepted"
			  : "refused");
	return CMD_SUCCESS;
}

void show_sources_install(void)
{
	install_element(ENABLE_NODE, &show_sources_cmd);
	install_element(ENABLE_NODE, &clear_sources_cmd);
	install_element(ENABLE_NODE, &trusted_check_cmd);
}
