// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/number_change.h"

#include <stdio.h>
#include <string.h>

#include "conf/definition.h"
#include "conf/dial_peer.h"
#include "conf/value.h"

/* Where the block that is open keeps them. */
struct place {
	char *incoming, *outgoing; /* NULL: not here */
	enum number_format *called, *calling;
};

static struct place place_of(struct vty *vty)
{
	struct conf_voice_port *port = vty->index;
	struct conf_trunk_group *group = vty->index;

	if (vty->node == CONF_VOICE_PORT_NODE)
		return (struct place){port->dial.profile_incoming, port->dial.profile_outgoing,
				      &port->dial.called_format, &port->dial.calling_format};
	if (vty->node == CONF_TRUNK_GROUP_NODE)
		return (struct place){group->group.profile_incoming, group->group.profile_outgoing,
				      &group->group.called_format, &group->group.calling_format};
	return (struct place){.called = &dial_peer_of(vty)->called_format,
			      .calling = &dial_peer_of(vty)->calling_format};
}

/* ---- translation-profile */

static int set_profile(struct vty *vty, const char *direction, const char *name)
{
	struct place place = place_of(vty);

	return value_word(vty, "translation-profile", name,
			  strcmp(direction, "incoming") == 0 ? place.incoming : place.outgoing,
			  TRANSLATION_PROFILE_NAME_MAX + 1);
}

DEFUN(change_profile, change_profile_cmd, "translation-profile (incoming|outgoing) NAME",
      TRANSLATION_PROFILE_STR "Name\n")
{
	return set_profile(vty, argv[0], argv[1]);
}

DEFUN(change_no_profile, change_no_profile_cmd, "no translation-profile (incoming|outgoing)",
      NO_STR TRANSLATION_PROFILE_STR)
{
	return set_profile(vty, argv[0], "");
}

/* ---- number-plan */

#define NUMBER_PLAN_STR "How numbers are sent\nThe called number\nThe calling number\n"

static int set_format(struct vty *vty, const char *which, int format)
{
	struct place place = place_of(vty);

	*(strcmp(which, "called") == 0 ? place.called : place.calling) = format;
	return CMD_SUCCESS;
}

DEFUN(change_format, change_format_cmd, "number-plan (called|calling) FORMAT",
      NUMBER_PLAN_STR "as-is, international, national, subscriber, unknown or e164\n")
{
	int format = number_format_from_name(argv[1]);

	if (format < 0)
		return conf_error(vty,
				  "number-plan %.64s: expected as-is, international, national, "
				  "subscriber, unknown or e164",
				  argv[1]);
	return set_format(vty, argv[0], format);
}

DEFUN(change_no_format, change_no_format_cmd, "no number-plan (called|calling)",
      NO_STR NUMBER_PLAN_STR)
{
	return set_format(vty, argv[0], NUMBER_AS_IS);
}

void number_change_install_formats(enum conf_node node)
{
	install_element(node, &change_format_cmd);
	install_element(node, &change_no_format_cmd);
}

void number_change_install(enum conf_node node)
{
	install_element(node, &change_profile_cmd);
	install_element(node, &change_no_profile_cmd);
	number_change_install_formats(node);
}

void number_change_check_profiles(struct loader *loader, unsigned line, const char *where,
				  const char *incoming, const char *outgoing)
{
	char what[128];

	snprintf(what, sizeof(what), "%s: translation-profile incoming", where);
	definition_check(loader, line, DEFINITION_TRANSLATION_PROFILE, incoming, what);
	snprintf(what, sizeof(what), "%s: translation-profile outgoing", where);
	definition_check(loader, line, DEFINITION_TRANSLATION_PROFILE, outgoing, what);
}

void number_change_write_profiles(const char *incoming, const char *outgoing,
				  struct conf_writer *writer)
{
	if (*incoming)
		conf_put(writer, " translation-profile incoming %s", incoming);
	if (*outgoing)
		conf_put(writer, " translation-profile outgoing %s", outgoing);
}

void number_change_write_formats(enum number_format called, enum number_format calling,
				 struct conf_writer *writer)
{
	if (called != NUMBER_AS_IS)
		conf_put(writer, " number-plan called %s", number_format_name(called));
	if (calling != NUMBER_AS_IS)
		conf_put(writer, " number-plan calling %s", number_format_name(calling));
}
