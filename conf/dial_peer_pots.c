// SPDX-License-Identifier: GPL-2.0-or-later
/* What only pots peers have: where calls go, and which digits are sent. */
#include "conf/dial_peer.h"

#include <stdio.h>
#include <string.h>

#include "conf/definition.h"
#include "conf/sip_register.h"
#include "conf/value.h"

DEFUN(port, port_cmd, "port PORT", "Where calls of this peer go\nAs in 1:D\n")
{
	unsigned timeslot = 0;

	if (!peer_port_span(argv[0], &timeslot) || timeslot)
		return conf_error(vty,
				  "port %s: expected the D channel of a controller as in 1:D; "
				  "this release has no analogue ports",
				  argv[0]);
	return value_word(vty, "port", argv[0], dial_peer_of(vty)->port,
			  sizeof(dial_peer_of(vty)->port));
}

/* Where a group of this preference goes: those without one stand behind the others. */
static unsigned place_of(const struct peer *p, unsigned count, unsigned preference)
{
	unsigned at = 0;

	if (!preference)
		return count;
	while (at < count && p->trunk_groups[at].preference &&
	       p->trunk_groups[at].preference <= preference)
		at++;
	return at;
}

static unsigned count_trunk_groups(const struct peer *p)
{
	unsigned count = 0;

	while (count < PEER_TRUNK_GROUPS_MAX && p->trunk_groups[count].name[0])
		count++;
	return count;
}

/* False: it is not there. */
static bool remove_trunk_group(struct peer *p, const char *name)
{
	unsigned count = count_trunk_groups(p);

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(p->trunk_groups[i].name, name) != 0)
			continue;
		memmove(&p->trunk_groups[i], &p->trunk_groups[i + 1],
			(count - i - 1) * sizeof(p->trunk_groups[0]));
		memset(&p->trunk_groups[count - 1], 0, sizeof(p->trunk_groups[0]));
		return true;
	}
	return false;
}

static int add_trunk_group(struct vty *vty, const char *name, unsigned preference)
{
	struct peer *p = dial_peer_of(vty);
	char word[CLASS_NAME_MAX + 1];
	unsigned count, at;

	if (value_word(vty, "trunkgroup", name, word, sizeof(word)) != CMD_SUCCESS)
		return CONF_REFUSED;
	remove_trunk_group(p, word);
	count = count_trunk_groups(p);
	if (count == PEER_TRUNK_GROUPS_MAX)
		return conf_error(vty, "trunkgroup %s: a peer has at most %d of them", word,
				  PEER_TRUNK_GROUPS_MAX);
	at = place_of(p, count, preference);
	memmove(&p->trunk_groups[at + 1], &p->trunk_groups[at],
		(count - at) * sizeof(p->trunk_groups[0]));
	strcpy(p->trunk_groups[at].name, word);
	p->trunk_groups[at].preference = preference;
	return CMD_SUCCESS;
}

#define TRUNKGROUP_STR "Where calls of this peer go: the ports of a trunk group\nIts name\n"

DEFUN(trunkgroup, trunkgroup_cmd, "trunkgroup NAME", TRUNKGROUP_STR)
{
	return add_trunk_group(vty, argv[0], 0);
}

DEFUN(trunkgroup_order, trunkgroup_order_cmd, "trunkgroup NAME PREFERENCE",
      TRUNKGROUP_STR "1 to 64, lower goes first\n")
{
	static const struct value_range range = {"trunkgroup preference", 1, 64};
	unsigned preference;

	if (value_number(vty, argv[1], &range, &preference) != CMD_SUCCESS)
		return CONF_REFUSED;
	return add_trunk_group(vty, argv[0], preference);
}

DEFUN(no_trunkgroup, no_trunkgroup_cmd, "no trunkgroup NAME", NO_STR TRUNKGROUP_STR)
{
	if (!remove_trunk_group(dial_peer_of(vty), argv[0]))
		return conf_error(vty, "no trunkgroup %.64s: there is none", argv[0]);
	return CMD_SUCCESS;
}

DEFUN(digit_strip, digit_strip_cmd, "digit-strip",
      "Do not send the digits that the pattern names\n")
{
	dial_peer_of(vty)->no_digit_strip = false;
	dial_peer_of(vty)->digit_strip_set = true;
	return CMD_SUCCESS;
}

DEFUN(forward_digits, forward_digits_cmd, "forward-digits DIGITS",
      "Which digits are sent\nHow many of the last, or all, or extra\n")
{
	static const struct value_range range = {"forward-digits", 0, NUMBER_DIGITS_MAX};
	struct peer *p = dial_peer_of(vty);

	if (strcmp(argv[0], "all") == 0) {
		p->forward = PEER_FORWARD_ALL;
	} else if (strcmp(argv[0], "extra") == 0) {
		p->forward = PEER_FORWARD_EXTRA;
	} else if (argv[0][0] >= '0' && argv[0][0] <= '9') {
		if (value_number(vty, argv[0], &range, &p->forward_count) != CMD_SUCCESS)
			return CONF_REFUSED;
		p->forward = PEER_FORWARD_COUNT;
	} else {
		return conf_error(vty, "forward-digits %s: expected a number, all or extra",
				  argv[0]);
	}
	return CMD_SUCCESS;
}

DEFUN(prefix, prefix_cmd, "prefix DIGITS",
      "Put in front of the digits sent\nDigits, comma is a pause of one second\n")
{
	struct peer *p = dial_peer_of(vty);

	if (!peer_prefix_is_valid(argv[0]))
		return conf_error(vty, "prefix %s: expected digits, * # A-D and commas", argv[0]);
	return value_word(vty, "prefix", argv[0], p->prefix, sizeof(p->prefix));
}

DEFUN(did, did_cmd, "direct-inward-dial", "Route on the called number of SETUP\n")
{
	dial_peer_of(vty)->no_direct_inward_dial = false;
	return CMD_SUCCESS;
}

DEFUN(pots_no, pots_no_cmd, "no (port|digit-strip|forward-digits|prefix|direct-inward-dial)",
      NO_STR "Where calls of this peer go\nDo not send the digits that the pattern names\n"
	     "Which digits are sent\nPut in front of the digits sent\n"
	     "Route on the called number of SETUP\n")
{
	struct peer *p = dial_peer_of(vty);

	if (strcmp(argv[0], "port") == 0) {
		p->port[0] = '\0';
	} else if (strcmp(argv[0], "digit-strip") == 0) {
		p->no_digit_strip = true;
		p->digit_strip_set = false;
	} else if (strcmp(argv[0], "forward-digits") == 0) {
		p->forward = PEER_FORWARD_DEFAULT;
	} else if (strcmp(argv[0], "prefix") == 0) {
		p->prefix[0] = '\0';
	} else {
		p->no_direct_inward_dial = true;
	}
	return CMD_SUCCESS;
}

void dial_peer_pots_install(void)
{
	static struct cmd_element *const commands[] = {
	    &port_cmd,		&trunkgroup_cmd,  &trunkgroup_order_cmd,
	    &no_trunkgroup_cmd, &digit_strip_cmd, &forward_digits_cmd,
	    &prefix_cmd,	&did_cmd,	  &pots_no_cmd};

	dial_peer_install_kind(PEER_POTS, commands, ARRAY_SIZE(commands));
}

static void check_port(struct loader *loader, const struct conf_peer *p)
{
	struct conf *conf = loader_conf(loader);
	const struct conf_controller *c =
	    conf_find_controller(conf, peer_port_span(p->peer.port, NULL));
	char why[128];

	if (loader_is_incomplete(loader) || (c && loader_block_is_broken(loader, c->line)))
		return;
	if (!conf_controller_of_port(conf, p->peer.port, why, sizeof(why)))
		loader_error(loader, p->line, "dial-peer voice %u: port %s", p->peer.tag, why);
}

void dial_peer_pots_check(struct loader *loader, const struct conf_peer *p)
{
	char where[64];

	if (p->peer.port[0])
		check_port(loader, p);
	if (p->peer.port[0] && p->peer.trunk_groups[0].name[0])
		loader_error(loader, p->line,
			     "dial-peer voice %u has port and trunkgroup: expected one of them",
			     p->peer.tag);
	snprintf(where, sizeof(where), "dial-peer voice %u: voice-class sip tenant", p->peer.tag);
	definition_check_number(loader, p->line, DEFINITION_TENANT, p->peer.tenant, where);
	snprintf(where, sizeof(where), "dial-peer voice %u: trunkgroup", p->peer.tag);
	for (unsigned i = 0; i < count_trunk_groups(&p->peer); i++)
		definition_check(loader, p->line, DEFINITION_TRUNK_GROUP,
				 p->peer.trunk_groups[i].name, where);
}

void dial_peer_pots_write(const struct conf_peer *entry, struct conf_writer *writer)
{
	const struct peer *p = &entry->peer;

	if (p->port[0])
		conf_put(writer, " port %s", p->port);
	for (unsigned i = 0; i < count_trunk_groups(p); i++) {
		if (p->trunk_groups[i].preference)
			conf_put(writer, " trunkgroup %s %u", p->trunk_groups[i].name,
				 p->trunk_groups[i].preference);
		else
			conf_put(writer, " trunkgroup %s", p->trunk_groups[i].name);
	}
	if (p->no_digit_strip)
		conf_put(writer, " no digit-strip");
	else if (p->digit_strip_set)
		conf_put(writer, " digit-strip");
	if (p->forward == PEER_FORWARD_ALL)
		conf_put(writer, " forward-digits all");
	else if (p->forward == PEER_FORWARD_EXTRA)
		conf_put(writer, " forward-digits extra");
	else if (p->forward == PEER_FORWARD_COUNT)
		conf_put(writer, " forward-digits %u", p->forward_count);
	if (p->prefix[0])
		conf_put(writer, " prefix %s", p->prefix);
	if (p->no_direct_inward_dial)
		conf_put(writer, " no direct-inward-dial");
	sip_register_write_peer(entry, writer);
}
