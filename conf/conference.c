// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call-manager-fallback
 *	 max-conferences 4
 *	 maximum conference-participants 6
 *	 conference factory 8000
 *	 conference per-telephone 1
 *	 conference drop-mode creator
 *
 * max-conferences is IOS's, maximum conference-participants that of its dspfarm profiles, drop-mode that of
 * its ephone-dn; conference factory and per-telephone are ours.
 */
#include "conf/conference.h"

#include <string.h>

#include "conf/value.h"

static struct plan_conference *conference_of(struct vty *vty)
{
	return &conf_of(vty)->plan.conference;
}

#define MAX_STR "Most conferences at once\n"
#define PARTICIPANTS_STR "Most of what there may be\nParties of a conference\n"
#define CONFERENCE_STR "Conferences of telephones\n"
#define FACTORY_STR CONFERENCE_STR "What a telephone calls to begin one\n"
#define TELEPHONE_STR CONFERENCE_STR "Most that one telephone has begun, at once\n"
#define DROP_STR CONFERENCE_STR "When one ends\n"

DEFUN(max_conferences, max_conferences_cmd, "max-conferences NUMBER", MAX_STR "1 to 1000\n")
{
	static const struct value_range range = {"max-conferences", 1, 1000};

	return value_number(vty, argv[0], &range, &conference_of(vty)->conferences_max);
}

DEFUN(participants, participants_cmd, "maximum conference-participants NUMBER",
      PARTICIPANTS_STR "3 to 16\n")
{
	static const struct value_range range = {"maximum conference-participants", 3,
						 PLAN_CONFERENCE_PARTIES_MAX};

	return value_number(vty, argv[0], &range, &conference_of(vty)->parties_max);
}

DEFUN(factory, factory_cmd, "conference factory NUMBER", FACTORY_STR "As 8000\n")
{
	if (!*argv[0] || strlen(argv[0]) > PLAN_FACTORY_MAX ||
	    strspn(argv[0], "0123456789*#") != strlen(argv[0]))
		return conf_error(
		    vty,
		    "conference factory %.64s: expected up to %d digits, * or #, as in "
		    "8000",
		    argv[0], PLAN_FACTORY_MAX);
	strcpy(conference_of(vty)->factory, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(per_telephone, per_telephone_cmd, "conference per-telephone NUMBER",
      TELEPHONE_STR "1 to 1000\n")
{
	static const struct value_range range = {"conference per-telephone", 1, 1000};

	return value_number(vty, argv[0], &range, &conference_of(vty)->per_telephone_max);
}

DEFUN(drop_mode, drop_mode_cmd, "conference drop-mode (creator|never)",
      DROP_STR "When who has begun it leaves\nWhen nobody is left to talk to\n")
{
	conference_of(vty)->drop_mode =
	    strcmp(argv[0], "creator") == 0 ? PLAN_DROP_CREATOR : PLAN_DROP_NEVER;
	return CMD_SUCCESS;
}

DEFUN(no_max_conferences, no_max_conferences_cmd, "no max-conferences", NO_STR MAX_STR)
{
	conference_of(vty)->conferences_max = 0;
	return CMD_SUCCESS;
}

DEFUN(no_participants, no_participants_cmd, "no maximum conference-participants",
      NO_STR PARTICIPANTS_STR)
{
	conference_of(vty)->parties_max = 0;
	return CMD_SUCCESS;
}

DEFUN(no_factory, no_factory_cmd, "no conference factory", NO_STR FACTORY_STR)
{
	conference_of(vty)->factory[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(no_per_telephone, no_per_telephone_cmd, "no conference per-telephone", NO_STR TELEPHONE_STR)
{
	conference_of(vty)->per_telephone_max = 0;
	return CMD_SUCCESS;
}

DEFUN(no_drop_mode, no_drop_mode_cmd, "no conference drop-mode", NO_STR DROP_STR)
{
	conference_of(vty)->drop_mode = PLAN_DROP_NEVER;
	return CMD_SUCCESS;
}

void conference_install(void)
{
	static struct cmd_element *const commands[] = {
	    &max_conferences_cmd,    &participants_cmd,	   &factory_cmd,
	    &drop_mode_cmd,	     &per_telephone_cmd,   &no_per_telephone_cmd,
	    &no_max_conferences_cmd, &no_participants_cmd, &no_factory_cmd,
	    &no_drop_mode_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_FALLBACK_NODE, commands[i]);
}

void conference_write(const struct plan_conference *c, struct conf_writer *writer)
{
	if (c->conferences_max)
		conf_put(writer, " max-conferences %u", c->conferences_max);
	if (c->parties_max)
		conf_put(writer, " maximum conference-participants %u", c->parties_max);
	if (c->factory[0])
		conf_put(writer, " conference factory %s", c->factory);
	if (c->per_telephone_max)
		conf_put(writer, " conference per-telephone %u", c->per_telephone_max);
	if (c->drop_mode == PLAN_DROP_CREATOR)
		conf_put(writer, " conference drop-mode creator");
}
