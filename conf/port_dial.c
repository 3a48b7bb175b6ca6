// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice-port 1:D
 *	 trunk-group 1 2
 *	 translation-profile incoming from-exchange
 *	 connection plar 2000
 *	 number-plan called national
 */
#include "conf/port_dial.h"

#include <stdio.h>
#include <string.h>

#include "conf/definition.h"
#include "conf/number_change.h"
#include "conf/value.h"

static struct plan_port *port_of(struct vty *vty)
{
	struct conf_voice_port *p = vty->index;

	return &p->dial;
}

/* ---- trunk-group */

/* name and preference of whatever block is open */
static char *group_of(struct vty *vty, uint8_t **preference)
{
	if (vty->node == CONF_INTERFACE_NODE) {
		struct conf_isdn *i = vty->index;

		*preference = &i->trunk_group_preference;
		return i->trunk_group;
	}
	*preference = &port_of(vty)->trunk_group_preference;
	return port_of(vty)->trunk_group;
}

static int set_group(struct vty *vty, const char *name, unsigned preference)
{
	uint8_t *to;
	char *group = group_of(vty, &to);

	if (value_word(vty, "trunk-group", name, group, CLASS_NAME_MAX + 1) != CMD_SUCCESS)
		return CONF_REFUSED;
	*to = preference;
	return CMD_SUCCESS;
}

#define GROUP_STR "The port is one of a trunk group\n"

DEFUN(port_group, port_group_cmd, "trunk-group NAME", GROUP_STR "Its name\n")
{
	return set_group(vty, argv[0], 0);
}

DEFUN(port_group_order, port_group_order_cmd, "trunk-group NAME PREFERENCE",
      GROUP_STR "Its name\n1 to 64, lower goes first\n")
{
	static const struct value_range range = {"trunk-group preference", 1, 64};
	unsigned preference;

	if (value_number(vty, argv[1], &range, &preference) != CMD_SUCCESS)
		return CONF_REFUSED;
	return set_group(vty, argv[0], preference);
}

DEFUN(port_no_group, port_no_group_cmd, "no trunk-group", NO_STR GROUP_STR)
{
	return set_group(vty, "", 0);
}

/* ---- voice-port only */

#define PLAR_STR "What a call from here is connected to\nAlways the same number\n"

DEFUN(port_plar, port_plar_cmd, "connection plar NUMBER", PLAR_STR "Number\n")
{
	struct number number;

	if (number_set(&number, argv[0], TON_UNKNOWN, NPI_UNKNOWN) < 0 ||
	    strcmp(number.digits, argv[0]) != 0 || !number.digits[0])
		return conf_error(vty,
				  "connection plar %.64s: expected a number of up to %d digits",
				  argv[0], NUMBER_DIGITS_MAX);
	strcpy(port_of(vty)->plar, number.digits);
	return CMD_SUCCESS;
}

DEFUN(port_no_plar, port_no_plar_cmd, "no connection plar", NO_STR PLAR_STR)
{
	port_of(vty)->plar[0] = '\0';
	return CMD_SUCCESS;
}

void port_dial_install(void)
{
	static struct cmd_element *const group[] = {&port_group_cmd, &port_group_order_cmd,
						    &port_no_group_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(group); i++) {
		install_element(CONF_VOICE_PORT_NODE, group[i]);
		install_element(CONF_INTERFACE_NODE, group[i]);
	}
	install_element(CONF_VOICE_PORT_NODE, &port_plar_cmd);
	install_element(CONF_VOICE_PORT_NODE, &port_no_plar_cmd);
	number_change_install(CONF_VOICE_PORT_NODE);
}

/* ---- check */

static const struct conf_voice_port *find_voice_port(const struct conf *conf, unsigned span)
{
	const struct conf_voice_port *p;

	llist_for_each_entry (p, &conf->voice_ports, entry) {
		if (p->span == span)
			return p;
	}
	return NULL;
}

static void check_interface(struct loader *loader, const struct conf_isdn *i)
{
	const struct conf_voice_port *p = find_voice_port(loader_conf(loader), i->span);
	char where[64];

	snprintf(where, sizeof(where), "interface %s: trunk-group", i->port);
	definition_check(loader, i->line, DEFINITION_TRUNK_GROUP, i->trunk_group, where);
	if (p && p->dial.trunk_group[0] && i->trunk_group[0] &&
	    strcmp(p->dial.trunk_group, i->trunk_group) != 0)
		loader_error(loader, i->line,
			     "interface %s: trunk-group %s, but voice-port %s has trunk-group %s: "
			     "expected one of them",
			     i->port, i->trunk_group, p->port, p->dial.trunk_group);
}

static void check_port(struct loader *loader, const struct conf_voice_port *p)
{
	char where[64];

	snprintf(where, sizeof(where), "voice-port %s: trunk-group", p->port);
	definition_check(loader, p->line, DEFINITION_TRUNK_GROUP, p->dial.trunk_group, where);
	snprintf(where, sizeof(where), "voice-port %s", p->port);
	number_change_check_profiles(loader, p->line, where, p->dial.profile_incoming,
				     p->dial.profile_outgoing);
}

void port_dial_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_voice_port *p;
	const struct conf_isdn *i;

	llist_for_each_entry (p, &conf->voice_ports, entry)
		check_port(loader, p);
	llist_for_each_entry (i, &conf->interfaces, entry)
		check_interface(loader, i);
}

/* ---- writing, and for the plan */

void port_dial_write_group(const char *name, unsigned preference, struct conf_writer *writer)
{
	if (*name && preference)
		conf_put(writer, " trunk-group %s %u", name, preference);
	else if (*name)
		conf_put(writer, " trunk-group %s", name);
}

void port_dial_write(const struct plan_port *port, struct conf_writer *writer)
{
	port_dial_write_group(port->trunk_group, port->trunk_group_preference, writer);
	number_change_write_profiles(port->profile_incoming, port->profile_outgoing, writer);
	if (port->plar[0])
		conf_put(writer, " connection plar %s", port->plar);
	number_change_write_formats(port->called_format, port->calling_format, writer);
}

static bool says_nothing(const struct plan_port *port)
{
	return !port->trunk_group[0] && !port->profile_incoming[0] && !port->profile_outgoing[0] &&
	       !port->plar[0] && port->called_format == NUMBER_AS_IS &&
	       port->calling_format == NUMBER_AS_IS;
}

/* What the interface of the port says, where the port itself says nothing. */
static void add_interface(struct plan_port *port, const struct conf_isdn *i)
{
	if (port->trunk_group[0])
		return;
	strcpy(port->trunk_group, i->trunk_group);
	port->trunk_group_preference = i->trunk_group_preference;
}

int port_dial_each(const struct conf *conf, int (*add)(void *arg, const struct plan_port *port),
		   void *arg)
{
	const struct conf_voice_port *p;
	const struct conf_isdn *i;
	struct plan_port port;
	int rc = 0;

	llist_for_each_entry (p, &conf->voice_ports, entry) {
		port = p->dial;
		snprintf(port.port, sizeof(port.port), "%s", p->port);
		llist_for_each_entry (i, &conf->interfaces, entry) {
			if (i->span == p->span)
				add_interface(&port, i);
		}
		if (!says_nothing(&port))
			rc = add(arg, &port);
		if (rc < 0)
			return rc;
	}
	llist_for_each_entry (i, &conf->interfaces, entry) {
		if (!i->trunk_group[0] || find_voice_port(conf, i->span))
			continue;
		port = (struct plan_port){0};
		snprintf(port.port, sizeof(port.port), "%s", i->port);
		add_interface(&port, i);
		rc = add(arg, &port);
		if (rc < 0)
			return rc;
	}
	return 0;
}
