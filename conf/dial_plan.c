// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What holds for all dial peers:
 *
 *	dial-peer hunt 0
 *	dial-peer default permit
 *	dial-peer compat empty-ani
 *	dial-peer tie deterministic
 *	dial-peer outbound status-check pots
 *	dial-peer overlap-safe
 *	dial-peer terminator #
 */
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"

DEFUN(hunt, hunt_cmd, "dial-peer hunt ORDER",
      "Dial peers\nOrder in which peers that fit are tried\n0 to 7\n")
{
	static const struct value_range range = {"dial-peer hunt", 0, 7};

	return value_number(vty, argv[0], &range, &conf_of(vty)->plan.hunt);
}

DEFUN(no_hunt, no_hunt_cmd, "no dial-peer hunt",
      NO_STR "Dial peers\nOrder in which peers that fit are tried\n")
{
	conf_of(vty)->plan.hunt = 0;
	return CMD_SUCCESS;
}

DEFUN(default_permit, default_permit_cmd, "dial-peer default permit",
      "Dial peers\nCalls that no inbound peer fits\nAre accepted all the same\n")
{
	conf_of(vty)->plan.permit_default = true;
	return CMD_SUCCESS;
}

DEFUN(no_default_permit, no_default_permit_cmd, "no dial-peer default permit",
      NO_STR "Dial peers\nCalls that no inbound peer fits\nAre accepted all the same\n")
{
	conf_of(vty)->plan.permit_default = false;
	return CMD_SUCCESS;
}

DEFUN(empty_ani, empty_ani_cmd, "dial-peer compat empty-ani",
      "Dial peers\nAs IOS has it\nA call without calling number fits any destination-pattern\n")
{
	conf_of(vty)->plan.empty_ani = true;
	return CMD_SUCCESS;
}

DEFUN(no_empty_ani, no_empty_ani_cmd, "no dial-peer compat empty-ani",
      NO_STR "Dial peers\nAs IOS has it\n"
	     "A call without calling number fits any destination-pattern\n")
{
	conf_of(vty)->plan.empty_ani = false;
	return CMD_SUCCESS;
}

DEFUN(tie, tie_cmd, "dial-peer tie deterministic",
      "Dial peers\nPeers that are equal in everything\nGo in order of their tags\n")
{
	conf_of(vty)->plan.tie_deterministic = true;
	return CMD_SUCCESS;
}

DEFUN(no_tie, no_tie_cmd, "no dial-peer tie deterministic",
      NO_STR "Dial peers\nPeers that are equal in everything\nGo in order of their tags\n")
{
	conf_of(vty)->plan.tie_deterministic = false;
	return CMD_SUCCESS;
}

DEFUN(status_check, status_check_cmd, "dial-peer outbound status-check pots",
      "Dial peers\nCalls that go out\nLook at the port first\nOf pots peers\n")
{
	conf_of(vty)->plan.status_check = PLAN_STATUS_CHECK;
	return CMD_SUCCESS;
}

DEFUN(no_status_check, no_status_check_cmd, "no dial-peer outbound status-check pots",
      NO_STR "Dial peers\nCalls that go out\nLook at the port first\nOf pots peers\n")
{
	conf_of(vty)->plan.status_check = PLAN_STATUS_IGNORE;
	return CMD_SUCCESS;
}

DEFUN(overlap_safe, overlap_safe_cmd, "dial-peer overlap-safe",
      "Dial peers\nWait behind a complete number if a longer one is configured\n")
{
	conf_of(vty)->plan.overlap_safe = true;
	return CMD_SUCCESS;
}

DEFUN(no_overlap_safe, no_overlap_safe_cmd, "no dial-peer overlap-safe",
      NO_STR "Dial peers\nWait behind a complete number if a longer one is configured\n")
{
	conf_of(vty)->plan.overlap_safe = false;
	return CMD_SUCCESS;
}

DEFUN(terminator, terminator_cmd, "dial-peer terminator CHARACTER",
      "Dial peers\nWith what a caller ends a number\n0-9, *, # or A-D\n")
{
	if (strlen(argv[0]) != 1 || !strchr("0123456789*#ABCD", argv[0][0]))
		return conf_error(vty, "dial-peer terminator %s: expected one of 0-9, *, #, A-D",
				  argv[0]);
	conf_of(vty)->plan.terminator = argv[0][0] == '#' ? 0 : argv[0][0];
	return CMD_SUCCESS;
}

DEFUN(no_terminator, no_terminator_cmd, "no dial-peer terminator",
      NO_STR "Dial peers\nWith what a caller ends a number\n")
{
	conf_of(vty)->plan.terminator = 0;
	return CMD_SUCCESS;
}

static void dial_plan_setup(void)
{
	static struct cmd_element *const commands[] = {&hunt_cmd,
						       &no_hunt_cmd,
						       &default_permit_cmd,
						       &no_default_permit_cmd,
						       &empty_ani_cmd,
						       &no_empty_ani_cmd,
						       &tie_cmd,
						       &no_tie_cmd,
						       &status_check_cmd,
						       &no_status_check_cmd,
						       &overlap_safe_cmd,
						       &no_overlap_safe_cmd,
						       &terminator_cmd,
						       &no_terminator_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_ROOT_NODE, commands[i]);
}

static void dial_plan_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct plan_options *options = &conf->plan;

	if (options->hunt)
		conf_put(writer, "dial-peer hunt %u", options->hunt);
	if (options->permit_default)
		conf_put(writer, "dial-peer default permit");
	if (options->empty_ani)
		conf_put(writer, "dial-peer compat empty-ani");
	if (options->tie_deterministic)
		conf_put(writer, "dial-peer tie deterministic");
	if (options->status_check != PLAN_STATUS_DEFAULT)
		conf_put(writer, "%sdial-peer outbound status-check pots",
			 options->status_check == PLAN_STATUS_CHECK ? "" : "no ");
	if (options->overlap_safe)
		conf_put(writer, "dial-peer overlap-safe");
	if (options->terminator)
		conf_put(writer, "dial-peer terminator %c", options->terminator);
}

const struct conf_block conf_dial_plan_block = {.setup = dial_plan_setup, .write = dial_plan_write};
