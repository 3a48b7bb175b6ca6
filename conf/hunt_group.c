// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice hunt-group 1 sequential
 *	 pilot 5000
 *	 list 2001, 2002, 90441632960123
 *	 timeout 15
 *	 hops 2
 *	 final 5999
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

static const char *const schemes[] = {
    [HUNT_GROUP_SEQUENTIAL] = "sequential",
    [HUNT_GROUP_PARALLEL] = "parallel",
    [HUNT_GROUP_PEER] = "peer",
    [HUNT_GROUP_LONGEST_IDLE] = "longest-idle",
};

static struct conf_hunt_group *block_of(struct vty *vty)
{
	return vty->index;
}

DEFUN(hunt_group, hunt_group_cmd, "voice hunt-group NUMBER (sequential|parallel|peer|longest-idle)",
      "Voice\nOne number that leads to several\n1 to 10000\nOne after another\nAll at once\n"
      "One after another, behind the one who answered last\n"
      "One after another, who has not talked for the longest time first\n")
{
	struct conf_hunt_group *g = talloc_zero(conf_of(vty), struct conf_hunt_group);
	char tag[16];

	OSMO_ASSERT(g);
	g->group.timeout_s = HUNT_GROUP_TIMEOUT_S;
	for (unsigned i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strcmp(argv[1], schemes[i]) == 0)
			g->group.scheme = i;
	if (definition_begin_number(vty, DEFINITION_HUNT_GROUP, &g->head, argv[0],
				    &g->group.number) != CMD_SUCCESS)
		return CONF_REFUSED;
	snprintf(tag, sizeof(tag), "%u", HUNT_GROUP_PEER_TAG + g->group.number);
	return definition_is_taken(vty, DEFINITION_PEER, tag) ? CONF_REFUSED : CMD_SUCCESS;
}

static int read_number(struct vty *vty, const char *what, const char *text, char *out)
{
	const char *digits = text + (text[0] == '+');

	if (!*digits || strlen(digits) > NUMBER_DIGITS_MAX ||
	    strspn(digits, "0123456789ABCD*#") != strlen(digits))
		return conf_error(vty, "%s %.64s: expected a number of at most %d digits", what,
				  text, NUMBER_DIGITS_MAX);
	strcpy(out, text);
	return CMD_SUCCESS;
}

DEFUN(hunt_pilot, hunt_pilot_cmd, "pilot NUMBER", "The group's own number\nDigits\n")
{
	return read_number(vty, "pilot", argv[0], block_of(vty)->pilot);
}

DEFUN(hunt_final, hunt_final_cmd, "final NUMBER",
      "Who is called when nobody of the group answers\nDigits\n")
{
	return read_number(vty, "final", argv[0], block_of(vty)->group.final);
}

static int add_member(struct vty *vty, const char *number)
{
	struct hunt_group *g = &block_of(vty)->group;
	char member[NUMBER_DIGITS_MAX + 2];

	if (read_number(vty, "list", number, member) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < g->members_count; i++)
		if (strcmp(g->members[i], member) == 0)
			return conf_error(vty, "list %s: it is in the list already", member);
	if (g->members_count == HUNT_GROUP_MEMBERS_MAX)
		return conf_error(vty, "list %s: a group has at most %d members", member,
				  HUNT_GROUP_MEMBERS_MAX);
	strcpy(g->members[g->members_count++], member);
	return CMD_SUCCESS;
}

/* With commas or without. */
DEFUN(hunt_list, hunt_list_cmd, "list .NUMBERS",
      "Its members\nNumbers with commas between them, as 2001, 2002\n")
{
	block_of(vty)->group.members_count = 0;
	for (int i = 0; i < argc; i++) {
		char words[256], *rest = words, *word;

		if (strlen(argv[i]) >= sizeof(words))
			return conf_error(vty, "list: %.20s... is no number", argv[i]);
		strcpy(words, argv[i]);
		while ((word = strsep(&rest, ",")))
			if (*word && add_member(vty, word) != CMD_SUCCESS)
				return CONF_REFUSED;
	}
	return CMD_SUCCESS;
}

DEFUN(hunt_timeout, hunt_timeout_cmd, "timeout SECONDS",
      "How long a member may ring, or all of them if they ring at once\n1 to 300 s\n")
{
	static const struct value_range range = {"timeout", 1, 300};

	return value_number(vty, argv[0], &range, &block_of(vty)->group.timeout_s);
}

DEFUN(hunt_hops, hunt_hops_cmd, "hops NUMBER", "How many members are called\nNumber\n")
{
	static const struct value_range range = {"hops", 1, HUNT_GROUP_MEMBERS_MAX};

	return value_number(vty, argv[0], &range, &block_of(vty)->group.hops);
}

DEFUN(hunt_no, hunt_no_cmd, "no (final|timeout|hops)",
      NO_STR "Nobody is called when nobody of the group answers\n"
	     "A member may ring for 180 s\nAll members are called\n")
{
	struct hunt_group *g = &block_of(vty)->group;

	if (strcmp(argv[0], "final") == 0)
		g->final[0] = '\0';
	else if (strcmp(argv[0], "hops") == 0)
		g->hops = 0;
	else
		g->timeout_s = HUNT_GROUP_TIMEOUT_S;
	return CMD_SUCCESS;
}

/* ---- the block */

static void hunt_group_setup(void)
{
	static struct cmd_element *const commands[] = {&hunt_pilot_cmd, &hunt_final_cmd,
						       &hunt_list_cmd,	&hunt_timeout_cmd,
						       &hunt_hops_cmd,	&hunt_no_cmd};

	definition_install(DEFINITION_HUNT_GROUP, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &hunt_group_cmd);
}

static void hunt_group_check(struct loader *loader)
{
	const struct conf_hunt_group *g;

	llist_for_each_entry (g, &loader_conf(loader)->hunt_groups, head.entry) {
		if (loader_block_is_broken(loader, g->head.line))
			continue;
		if (!g->pilot[0])
			loader_error(loader, g->head.line,
				     "voice hunt-group %u: expected pilot, the group's own number",
				     g->group.number);
		if (!g->group.members_count)
			loader_error(loader, g->head.line,
				     "voice hunt-group %u: expected list, the numbers of its "
				     "members",
				     g->group.number);
		for (unsigned i = 0; i < g->group.members_count; i++)
			if (strcmp(g->group.members[i], g->pilot) == 0)
				loader_error(loader, g->head.line,
					     "voice hunt-group %u: its pilot %s is in its list",
					     g->group.number, g->pilot);
	}
}

static void hunt_group_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_hunt_group *g;

	llist_for_each_entry (g, &conf->hunt_groups, head.entry) {
		char list[HUNT_GROUP_MEMBERS_MAX * (NUMBER_DIGITS_MAX + 4)] = "";

		conf_put(writer, "voice hunt-group %u %s", g->group.number,
			 schemes[g->group.scheme]);
		definition_write_description(&g->head, writer);
		if (g->pilot[0])
			conf_put(writer, " pilot %s", g->pilot);
		for (unsigned i = 0; i < g->group.members_count; i++) {
			strcat(list, i ? ", " : "");
			strcat(list, g->group.members[i]);
		}
		if (list[0])
			conf_put(writer, " list %s", list);
		if (g->group.timeout_s != HUNT_GROUP_TIMEOUT_S)
			conf_put(writer, " timeout %u", g->group.timeout_s);
		if (g->group.hops)
			conf_put(writer, " hops %u", g->group.hops);
		if (g->group.final[0])
			conf_put(writer, " final %s", g->group.final);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_hunt_group_block = {
    .setup = hunt_group_setup, .check = hunt_group_check, .write = hunt_group_write};
