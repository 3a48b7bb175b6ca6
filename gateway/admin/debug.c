// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/log/log.h"
#include "gateway/sip/ua.h"

/* Debugging is of the gateway, not of a console: its lines go to the log, and to the consoles that
 * said `terminal monitor`. */
static bool sip_messages;

/* What this file did to a category must be undone where nobody debugs any more. */
static void set_level(struct log_target *target, int category, bool on)
{
	log_set_category_filter(target, category, 1, on ? LOGL_DEBUG : LOGL_INFO);
}

static void apply_to(struct log_target *target)
{
	set_level(target, DSIP, sip_messages);
	set_level(target, DISDN, debug_isdn_has_lines());
}

void debug_apply(void)
{
	struct gateway *g = console_gateway();

	apply_to(osmo_stderr_target);
	console_each_monitor(apply_to);
	if (g->ua)
		ua_debug(g->ua, sip_messages);
}

void debug_tell(struct vty *vty)
{
	if (sip_messages)
		console_print(vty, "SIP messages debugging is on");
	if (debug_isdn_print(vty) == 0 && !sip_messages)
		console_print(vty, "All debugging is off");
}

#define SIP_STR "SIP\n"
#define MESSAGES_STR "Whole messages, received and sent\n"

static int switch_sip(struct vty *vty, bool on)
{
	sip_messages = on;
	debug_apply();
	debug_tell(vty);
	return CMD_SUCCESS;
}

DEFUN(debug_sip, debug_sip_cmd, "debug ccsip messages", DEBUG_STR SIP_STR MESSAGES_STR)
{
	return switch_sip(vty, true);
}

DEFUN(undebug_sip, undebug_sip_cmd, "undebug ccsip messages", UNDEBUG_STR SIP_STR MESSAGES_STR)
{
	return switch_sip(vty, false);
}

ALIAS(undebug_sip, no_debug_sip_cmd, "no debug ccsip messages",
      NO_STR DEBUG_STR SIP_STR MESSAGES_STR)

DEFUN(undebug_all, undebug_all_cmd, "undebug all", UNDEBUG_STR "All debugging\n")
{
	debug_isdn_off();
	return switch_sip(vty, false);
}

ALIAS(undebug_all, no_debug_all_cmd, "no debug all", NO_STR DEBUG_STR "All debugging\n")

DEFUN(show_debugging, show_debugging_cmd, "show debugging", SHOW_STR "What is being debugged\n")
{
	debug_tell(vty);
	return CMD_SUCCESS;
}

/* ---- log lines on a console */

static void monitor_output(struct log_target *target, unsigned int level, const char *line)
{
	char stamp[LOG_STAMP_SIZE], text[4096];
	size_t length;

	log_stamp(stamp);
	snprintf(text, sizeof(text), "%s %s", stamp, line);
	length = strlen(text);
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		text[--length] = '\0';
	console_interrupt(target->tgt_vty.vty, text);
}

DEFUN(terminal_monitor, terminal_monitor_cmd, "terminal monitor",
      "This console\n"
      "Show the log here\n")
{
	struct log_target *target = log_target_create();

	if (!target)
		return CMD_WARNING;
	target->output = monitor_output;
	target->tgt_vty.vty = vty;
	log_target_plain(target);
	log_set_all_filter(target, 1);
	apply_to(target);
	if (console_monitor(vty, target) < 0) {
		log_target_destroy(target);
		console_print(
		    vty, "%% The log is shown on an interactive console only (`sipspan` alone).");
		return CMD_WARNING;
	}
	log_add_target(target);
	return CMD_SUCCESS;
}

DEFUN(terminal_no_monitor, terminal_no_monitor_cmd, "terminal no monitor",
      "This console\n" NO_STR "Show the log here\n")
{
	console_monitor(vty, NULL);
	return CMD_SUCCESS;
}

void debug_install(void)
{
	install_element(ENABLE_NODE, &debug_sip_cmd);
	install_element(ENABLE_NODE, &undebug_sip_cmd);
	install_element(ENABLE_NODE, &no_debug_sip_cmd);
	install_element(ENABLE_NODE, &undebug_all_cmd);
	install_element(ENABLE_NODE, &no_debug_all_cmd);
	install_element(ENABLE_NODE, &show_debugging_cmd);
	install_element(ENABLE_NODE, &terminal_monitor_cmd);
	install_element(ENABLE_NODE, &terminal_no_monitor_cmd);
	debug_isdn_install();
}
