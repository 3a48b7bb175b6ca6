// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	interface serial 1:D
 *	 isdn switch-type primary-net5
 *	 isdn protocol-emulate user
 *	 isdn bchan-number-order ascending
 *	 isdn timer t301 180000
 *	 isdn supp-service hold (supp_service.c)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/interface_calls.h"
#include "conf/interface_link.h"
#include "conf/port_dial.h"
#include "conf/value.h"

static const char *const hunts[] = {
    [TRUNK_ASCENDING] = "ascending",
    [TRUNK_DESCENDING] = "descending",
    [TRUNK_ROUND_ROBIN] = "round-robin",
};

static struct conf_isdn *find_interface(const struct conf *conf, unsigned span)
{
	struct conf_isdn *i;

	llist_for_each_entry (i, &conf->interfaces, entry) {
		if (i->span == span)
			return i;
	}
	return NULL;
}

static void insert_interface(struct conf *conf, struct conf_isdn *i)
{
	struct conf_isdn *next;

	llist_for_each_entry (next, &conf->interfaces, entry) {
		if (next->span > i->span) {
			llist_add_tail(&i->entry, &next->entry);
			return;
		}
	}
	llist_add_tail(&i->entry, &conf->interfaces);
}

static int interface_refused(struct vty *vty, const char *kind, const char *port)
{
	if (strcmp(kind, "bri") == 0)
		return conf_error(vty, "interface bri %s: expected the number of a controller bri",
				  port);
	return conf_error(vty,
			  "interface serial %s: expected N:D (or N:15 of an E1, N:23 "
			  "of a T1)",
			  port);
}

DEFUN(interface, interface_cmd, "interface (serial|bri) PORT",
      "The D channel of a controller\nOf a primary rate, as in 1:D\nOf a basic rate, as in 3\n"
      "Which\n")
{
	struct conf *conf = conf_of(vty);
	struct conf_isdn *i = talloc_zero(conf, struct conf_isdn), *first;
	bool basic = strcmp(argv[0], "bri") == 0;
	unsigned timeslot = 1;
	unsigned span;

	OSMO_ASSERT(i);
	vty->node = CONF_INTERFACE_NODE;
	vty->index = i;
	snprintf(i->port, sizeof(i->port), "%.12s%s", argv[1], basic ? ":D" : "");
	span = peer_port_span(i->port, &timeslot);
	i->span = span;
	i->basic = basic;
	i->line = conf_line_of(vty);
	if (!span || timeslot)
		return interface_refused(vty, argv[0], argv[1]);
	first = find_interface(conf, span);
	if (first)
		return conf_error(vty, "interface %s %s is configured already on line %u", argv[0],
				  argv[1], first->line);
	insert_interface(conf, i);
	return CMD_SUCCESS;
}

DEFUN(i_switch_type, i_switch_type_cmd, "isdn switch-type TYPE",
      "ISDN\nWhat the exchange speaks\nprimary-net5, primary-ni and others\n")
{
	struct conf_isdn *i = vty->index;
	int type = isdn_switch_type_from_name(argv[0]);
	char names[160] = "";
	int first = i->basic ? ISDN_BASIC_NET3 : ISDN_PRIMARY_NET5;
	int last = i->basic ? ISDN_BASIC_QSIG : ISDN_PRIMARY_QSIG;
	size_t at = 0;

	if (type >= first && type <= last) {
		i->switch_type = type;
		return CMD_SUCCESS;
	}
	for (int t = first; t <= last && at < sizeof(names); t++)
		at += snprintf(names + at, sizeof(names) - at, "%s%s", at ? ", " : "",
			       isdn_switch_type_name(t));
	return conf_error(vty, "isdn switch-type %s: expected %s", argv[0], names);
}

DEFUN(i_emulate, i_emulate_cmd, "isdn protocol-emulate (user|network)",
      "ISDN\nWhich side this gateway is\nUser side\nNetwork side\n")
{
	struct conf_isdn *i = vty->index;

	i->network = strcmp(argv[0], "network") == 0;
	return CMD_SUCCESS;
}

DEFUN(i_order, i_order_cmd, "isdn bchan-number-order (ascending|descending|round-robin)",
      "ISDN\nOrder in which B channels are taken\nLowest first\nHighest first\n"
      "Next after the last one taken\n")
{
	struct conf_isdn *i = vty->index;

	for (unsigned h = TRUNK_ASCENDING; h < ARRAY_SIZE(hunts); h++)
		if (strcmp(argv[0], hunts[h]) == 0)
			i->hunt = h;
	return CMD_SUCCESS;
}

DEFUN(i_no_isdn, i_no_isdn_cmd, "no isdn (switch-type|protocol-emulate|bchan-number-order)",
      NO_STR "ISDN\nWhat the exchange speaks\nWhich side this gateway is\n"
	     "Order in which B channels are taken\n")
{
	struct conf_isdn *i = vty->index;

	if (strcmp(argv[0], "switch-type") == 0)
		i->switch_type = 0;
	else if (strcmp(argv[0], "protocol-emulate") == 0)
		i->network = false;
	else
		i->hunt = TRUNK_HUNT_UNSAID;
	return CMD_SUCCESS;
}

static void interface_setup(void)
{
	static struct cmd_node node = {CONF_INTERFACE_NODE, "%s(config-if)# ", 1};

	install_element(CONF_ROOT_NODE, &interface_cmd);
	conf_node_install(&node);
	install_element(CONF_INTERFACE_NODE, &i_switch_type_cmd);
	install_element(CONF_INTERFACE_NODE, &i_emulate_cmd);
	install_element(CONF_INTERFACE_NODE, &i_order_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_isdn_cmd);
	conf_supp_service_install();
	interface_link_setup();
	interface_calls_setup();
}

/* The two sides begin at opposite ends, so that they seldom want the same channel. */
static enum trunk_hunt default_hunt(const struct conf_isdn *i)
{
	return i->network ? TRUNK_ASCENDING : TRUNK_DESCENDING;
}

static enum isdn_switch_type default_switch_type(const struct conf_isdn *i,
						 const struct conf_controller *c)
{
	if (i->basic)
		return ISDN_BASIC_NET3;
	return c && c->span.framing == TDM_T1 ? ISDN_PRIMARY_NI : ISDN_PRIMARY_NET5;
}

static void interface_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_isdn *i;
	char why[128];

	llist_for_each_entry (i, &conf->interfaces, entry) {
		const struct conf_controller *c = conf_find_controller(conf, i->span);

		/* what was not said follows from the kind of line */
		if (!i->switch_type)
			i->switch_type = default_switch_type(i, c);
		if (!i->hunt)
			i->hunt = default_hunt(i);
		conf_supp_service_check(loader, i);
		if (loader_is_incomplete(loader) || (c && loader_block_is_broken(loader, c->line)))
			continue;
		if (!conf_controller_of_port(conf, i->port, why, sizeof(why)))
			loader_error(loader, i->line, "interface %s %s",
				     i->basic ? "bri" : "serial", why);
		else
			interface_link_check(loader, i, c);
	}
}

static void interface_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_isdn *i;

	llist_for_each_entry (i, &conf->interfaces, entry) {
		if (i->basic)
			conf_put(writer, "interface bri %u", i->span);
		else
			conf_put(writer, "interface serial %s", i->port);
		conf_put(writer, " isdn switch-type %s", isdn_switch_type_name(i->switch_type));
		conf_put(writer, " isdn protocol-emulate %s", i->network ? "network" : "user");
		if (i->hunt != default_hunt(i))
			conf_put(writer, " isdn bchan-number-order %s", hunts[i->hunt]);
		conf_supp_service_write(i, writer);
		interface_link_write(i, writer);
		interface_calls_write(i, writer);
		port_dial_write_group(i->trunk_group, i->trunk_group_preference, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_interface_block = {
    .setup = interface_setup, .check = interface_check, .write = interface_write};
