// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Classes of restriction: who may call what.
 *
 *	dial-peer cor custom
 *	 name local
 *	 name international
 *	dial-peer cor list staff
 *	 member local
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

static int find_name(char (*names)[CLASS_NAME_MAX + 1], unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static void remove_name(char (*names)[CLASS_NAME_MAX + 1], unsigned *count, unsigned at)
{
	--*count;
	memmove(names[at], names[at + 1], (*count - at) * sizeof(names[0]));
}

/* ---- dial-peer cor custom */

DEFUN(cor_custom, cor_custom_cmd, "dial-peer cor custom",
      "Dial peers\nClasses of restriction\nTheir names\n")
{
	struct conf *conf = conf_of(vty);
	unsigned first = conf->cor_line;

	vty->node = CONF_COR_CUSTOM_NODE;
	if (first)
		return conf_error(vty, "dial-peer cor custom is configured already on line %u",
				  first);
	conf->cor_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(cor_name, cor_name_cmd, "name NAME", "A class\nIts name\n")
{
	struct conf *conf = conf_of(vty);

	if (find_name(conf->cor_names, conf->cor_count, argv[0]) >= 0)
		return conf_error(vty, "name %.64s is configured already", argv[0]);
	if (conf->cor_count == COR_NAMES_MAX)
		return conf_error(vty, "name %.64s: there can be at most %d classes", argv[0],
				  COR_NAMES_MAX);
	if (value_word(vty, "name", argv[0], conf->cor_names[conf->cor_count],
		       sizeof(conf->cor_names[0])) != CMD_SUCCESS)
		return CONF_REFUSED;
	conf->cor_count++;
	return CMD_SUCCESS;
}

DEFUN(cor_no_name, cor_no_name_cmd, "no name NAME", NO_STR "A class\nIts name\n")
{
	struct conf *conf = conf_of(vty);
	int at = find_name(conf->cor_names, conf->cor_count, argv[0]);

	if (at < 0)
		return conf_error(vty, "no name %.64s: there is none", argv[0]);
	remove_name(conf->cor_names, &conf->cor_count, at);
	return CMD_SUCCESS;
}

/* ---- dial-peer cor list */

DEFUN(cor_list, cor_list_cmd, "dial-peer cor list NAME",
      "Dial peers\nClasses of restriction\nA list of them\nName\n")
{
	struct conf_cor_list *l = talloc_zero(conf_of(vty), struct conf_cor_list);

	OSMO_ASSERT(l);
	return definition_begin(vty, DEFINITION_COR_LIST, &l->head, argv[0], l->list.name);
}

DEFUN(cor_member, cor_member_cmd, "member NAME", "A class of the list\nIts name\n")
{
	struct conf_cor_list *l = vty->index;

	if (find_name(l->members, l->count, argv[0]) >= 0)
		return conf_error(vty, "member %.64s is in the list already", argv[0]);
	if (l->count == COR_NAMES_MAX)
		return conf_error(vty, "member %.64s: there can be at most %d classes", argv[0],
				  COR_NAMES_MAX);
	if (value_word(vty, "member", argv[0], l->members[l->count], sizeof(l->members[0])) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	l->count++;
	return CMD_SUCCESS;
}

DEFUN(cor_no_member, cor_no_member_cmd, "no member NAME", NO_STR "A class of the list\nIts name\n")
{
	struct conf_cor_list *l = vty->index;
	int at = find_name(l->members, l->count, argv[0]);

	if (at < 0)
		return conf_error(vty, "no member %.64s: it is not in the list", argv[0]);
	remove_name(l->members, &l->count, at);
	return CMD_SUCCESS;
}

static void cor_setup(void)
{
	static struct cmd_node node = {CONF_COR_CUSTOM_NODE, "%s(config-dp-cor)# ", 1};
	static struct cmd_element *const commands[] = {&cor_member_cmd, &cor_no_member_cmd};

	conf_node_install(&node);
	install_element(CONF_ROOT_NODE, &cor_custom_cmd);
	install_element(CONF_COR_CUSTOM_NODE, &cor_name_cmd);
	install_element(CONF_COR_CUSTOM_NODE, &cor_no_name_cmd);
	definition_install(DEFINITION_COR_LIST, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &cor_list_cmd);
}

static void check_list(struct loader *loader, struct conf_cor_list *l)
{
	struct conf *conf = loader_conf(loader);

	for (unsigned i = 0; i < l->count; i++) {
		int bit = find_name(conf->cor_names, conf->cor_count, l->members[i]);

		if (bit >= 0)
			l->list.members |= (uint64_t)1 << bit;
		else if (!loader_is_incomplete(loader) &&
			 !loader_block_is_broken(loader, conf->cor_line))
			loader_error(loader, l->head.line,
				     "dial-peer cor list %s: member %s: there is no such name in "
				     "dial-peer cor custom",
				     l->list.name, l->members[i]);
	}
}

static void cor_check(struct loader *loader)
{
	struct conf_cor_list *l;

	llist_for_each_entry (l, &loader_conf(loader)->cor_lists, head.entry)
		check_list(loader, l);
}

static void cor_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_cor_list *l;

	if (conf->cor_line) {
		conf_put(writer, "dial-peer cor custom");
		for (unsigned i = 0; i < conf->cor_count; i++)
			conf_put(writer, " name %s", conf->cor_names[i]);
		conf_put(writer, "!");
	}
	llist_for_each_entry (l, &conf->cor_lists, head.entry) {
		conf_put(writer, "dial-peer cor list %s", l->list.name);
		definition_write_description(&l->head, writer);
		for (unsigned i = 0; i < l->count; i++)
			conf_put(writer, " member %s", l->members[i]);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_cor_block = {
    .setup = cor_setup, .check = cor_check, .write = cor_write};
