// SPDX-License-Identifier: GPL-2.0-or-later
/* reload: a new configuration from the console. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"

struct command {
	struct console_wait *wait;
	enum reload_line last; /* kind of the line before */
};

static void command_line(void *arg, enum reload_line kind, const char *text)
{
	struct command *command = arg;

	if (kind == RELOAD_WAITS && command->last != RELOAD_WAITS)
		console_wait_line(command->wait, "Waits for the next start of the gateway:");
	command->last = kind;
	console_wait_line(command->wait, text);
}

static void command_done(void *arg, int status)
{
	struct command *command = arg;

	console_wait_end(command->wait, status);
	talloc_free(command);
}

static void command_abandoned(void *arg)
{
	const struct gateway *g = console_gateway();

	g->reload_forget(g->reload, arg);
	talloc_free(arg);
}

static int begin(struct vty *vty, bool check)
{
	const struct gateway *g = console_gateway();
	struct reload_asker asker = {.check = check, .line = command_line, .done = command_done};
	struct command *command;
	char name[64];
	int rc;

	if (!g->reload) {
		console_print(vty, "%% There is nothing to reload.");
		return CMD_WARNING;
	}
	command = talloc_zero(NULL, struct command);
	if (!command)
		return CMD_WARNING;
	command->last = RELOAD_OUTCOME;
	command->wait = console_wait_begin(vty, command_abandoned, command);
	if (!command->wait) {
		talloc_free(command);
		console_print(vty, "%% This console waits for another command.");
		return CMD_WARNING;
	}
	console_who(vty, name, sizeof(name));
	asker.name = name;
	asker.arg = command;
	rc = g->reload_start(g->reload, &asker);
	if (rc == 0)
		return CMD_SUCCESS;
	console_wait_cancel(command->wait);
	talloc_free(command);
	console_print(vty, rc == -EBUSY ? "%% Another reload is under way: try again."
					: "%% There is not enough memory.");
	return CMD_WARNING;
}

#define RELOAD_STR "Read the configuration file anew and take what can be taken while calls go on\n"

DEFUN(reload, reload_cmd, "reload", RELOAD_STR)
{
	return begin(vty, false);
}

DEFUN(reload_check, reload_check_cmd, "reload check",
      RELOAD_STR "Only tell what is wrong with it and what would change\n")
{
	return begin(vty, true);
}

DEFUN(show_pending, show_pending_cmd, "show configuration pending",
      SHOW_STR "Configuration\nWhat the file had at the last reload and waits for the next start\n")
{
	const struct gateway *g = console_gateway();
	const char *pending = g->reload ? g->reload_pending(g->reload) : "";

	if (*pending)
		console_print(vty, "%.*s", (int)strlen(pending) - 1, pending);
	else
		console_print(vty, "Nothing waits for the next start of the gateway.");
	return CMD_SUCCESS;
}

void reload_install(void)
{
	install_element(ENABLE_NODE, &reload_cmd);
	install_element(ENABLE_NODE, &reload_check_cmd);
	install_element(ENABLE_NODE, &show_pending_cmd);
}
