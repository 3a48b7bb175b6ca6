// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	trunk group 1
 *	 hunt-scheme round-robin even up
 *	 max-calls voice 20 direction out
 *	 translation-profile incoming from-exchange
 *	 carrier-id BT
 *	 number-plan called national
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/cause_map.h"
#include "conf/definition.h"
#include "conf/number_change.h"
#include "conf/value.h"

static const char *const schemes[] = {
    [TRUNK_GROUP_LEAST_USED] = "least-used",	 [TRUNK_GROUP_LEAST_IDLE] = "least-idle",
    [TRUNK_GROUP_LONGEST_IDLE] = "longest-idle", [TRUNK_GROUP_ROUND_ROBIN] = "round-robin",
    [TRUNK_GROUP_SEQUENTIAL] = "sequential",	 [TRUNK_GROUP_RANDOM] = "random",
};

static const char *const parities[] = {
    [TRUNK_GROUP_BOTH] = "both",
    [TRUNK_GROUP_EVEN] = "even",
    [TRUNK_GROUP_ODD] = "odd",
};

static struct trunk_group *group_of(struct vty *vty)
{
	struct conf_trunk_group *g = vty->index;

	return &g->group;
}

DEFUN(trunk_group, trunk_group_cmd, "trunk group NAME",
      "Trunks\nSeveral ports that do as one\nName\n")
{
	struct conf_trunk_group *g = talloc_zero(conf_of(vty), struct conf_trunk_group);

	OSMO_ASSERT(g);
	return definition_begin(vty, DEFINITION_TRUNK_GROUP, &g->head, argv[0], g->group.name);
}

/* ---- hunt-scheme */

static int set_scheme(struct vty *vty, const char *scheme, const char *parity,
		      const char *direction)
{
	struct trunk_group *g = group_of(vty);

	for (unsigned s = 0; s < ARRAY_SIZE(schemes); s++)
		if (strcmp(scheme, schemes[s]) == 0)
			g->scheme = s;
	if (g->scheme == TRUNK_GROUP_RANDOM && parity)
		return conf_error(vty, "hunt-scheme random %s: chance has no order", parity);
	g->parity = TRUNK_GROUP_BOTH;
	for (unsigned p = 0; parity && p < ARRAY_SIZE(parities); p++)
		if (strcmp(parity, parities[p]) == 0)
			g->parity = p;
	g->down = direction && strcmp(direction, "down") == 0;
	return CMD_SUCCESS;
}

#define SCHEME_CMD "hunt-scheme (least-used|least-idle|longest-idle|round-robin|sequential|random)"
#define SCHEME_STR                                                                                 \
	"Which port a call takes\nThe one with most free channels\n"                               \
	"The one that is idle for the shortest time\nThe one that is idle for the longest time\n"  \
	"The one behind the last\nThe first that is free\nBy chance\n"
#define PARITY_STR "All channels alike\nEven channels first\nOdd channels first\n"

DEFUN(tg_scheme, tg_scheme_cmd, SCHEME_CMD, SCHEME_STR)
{
	return set_scheme(vty, argv[0], NULL, NULL);
}

DEFUN(tg_scheme_parity, tg_scheme_parity_cmd, SCHEME_CMD " (both|even|odd)", SCHEME_STR PARITY_STR)
{
	return set_scheme(vty, argv[0], argv[1], NULL);
}

DEFUN(tg_scheme_order, tg_scheme_order_cmd, SCHEME_CMD " (both|even|odd) (up|down)",
      SCHEME_STR PARITY_STR "From the lowest channel\nFrom the highest channel\n")
{
	return set_scheme(vty, argv[0], argv[1], argv[2]);
}

DEFUN(tg_no_scheme, tg_no_scheme_cmd, "no hunt-scheme", NO_STR "Which port a call takes\n")
{
	return set_scheme(vty, schemes[TRUNK_GROUP_LEAST_USED], NULL, NULL);
}

/* ---- max-calls */

#define MAX_CALLS_STR "Limit of calls\nVoice calls\nNumber\n"
#define DIRECTION_STR "One direction\nFrom the telephone network\nTo the telephone network\n"

static void set_max_calls(struct vty *vty, const char *direction, unsigned calls)
{
	struct trunk_group *g = group_of(vty);

	if (!direction || strcmp(direction, "in") == 0)
		g->max_in = calls;
	if (!direction || strcmp(direction, "out") == 0)
		g->max_out = calls;
}

static int read_max_calls(struct vty *vty, const char *text, const char *direction)
{
	static const struct value_range range = {"max-calls voice", 1, 100000};
	unsigned calls;

	if (value_number(vty, text, &range, &calls) != CMD_SUCCESS)
		return CONF_REFUSED;
	set_max_calls(vty, direction, calls);
	return CMD_SUCCESS;
}

DEFUN(tg_max, tg_max_cmd, "max-calls voice CALLS", MAX_CALLS_STR)
{
	return read_max_calls(vty, argv[0], NULL);
}

DEFUN(tg_max_direction, tg_max_direction_cmd, "max-calls voice CALLS direction (in|out)",
      MAX_CALLS_STR DIRECTION_STR)
{
	return read_max_calls(vty, argv[0], argv[1]);
}

DEFUN(tg_no_max, tg_no_max_cmd, "no max-calls voice", NO_STR "Limit of calls\nVoice calls\n")
{
	set_max_calls(vty, NULL, 0);
	return CMD_SUCCESS;
}

DEFUN(tg_no_max_direction, tg_no_max_direction_cmd, "no max-calls voice direction (in|out)",
      NO_STR "Limit of calls\nVoice calls\n" DIRECTION_STR)
{
	set_max_calls(vty, argv[0], 0);
	return CMD_SUCCESS;
}

/* ---- carrier-id */

DEFUN(tg_carrier, tg_carrier_cmd, "carrier-id NAME", "Carrier of these trunks\nName\n")
{
	struct trunk_group *g = group_of(vty);

	return value_word(vty, "carrier-id", argv[0], g->carrier_id, sizeof(g->carrier_id));
}

DEFUN(tg_no_carrier, tg_no_carrier_cmd, "no carrier-id", NO_STR "Carrier of these trunks\n")
{
	group_of(vty)->carrier_id[0] = '\0';
	return CMD_SUCCESS;
}

static void trunk_group_setup(void)
{
	static struct cmd_element *const commands[] = {
	    &tg_scheme_cmd,  &tg_scheme_parity_cmd, &tg_scheme_order_cmd, &tg_no_scheme_cmd,
	    &tg_max_cmd,     &tg_max_direction_cmd, &tg_no_max_cmd,	  &tg_no_max_direction_cmd,
	    &tg_carrier_cmd, &tg_no_carrier_cmd};

	definition_install(DEFINITION_TRUNK_GROUP, commands, ARRAY_SIZE(commands));
	number_change_install(CONF_TRUNK_GROUP_NODE);
	cause_map_install(CONF_TRUNK_GROUP_NODE);
	install_element(CONF_ROOT_NODE, &trunk_group_cmd);
}

static void trunk_group_check(struct loader *loader)
{
	const struct conf_trunk_group *g;
	char where[64];

	llist_for_each_entry (g, &loader_conf(loader)->trunk_groups, head.entry) {
		snprintf(where, sizeof(where), "trunk group %s", g->group.name);
		number_change_check_profiles(loader, g->head.line, where, g->group.profile_incoming,
					     g->group.profile_outgoing);
	}
}

static void write_scheme(const struct trunk_group *g, struct conf_writer *writer)
{
	if (g->down)
		conf_put(writer, " hunt-scheme %s %s down", schemes[g->scheme],
			 parities[g->parity]);
	else if (g->parity != TRUNK_GROUP_BOTH)
		conf_put(writer, " hunt-scheme %s %s", schemes[g->scheme], parities[g->parity]);
	else if (g->scheme != TRUNK_GROUP_LEAST_USED)
		conf_put(writer, " hunt-scheme %s", schemes[g->scheme]);
}

static void write_max_calls(const struct trunk_group *g, struct conf_writer *writer)
{
	if (g->max_in && g->max_in == g->max_out) {
		conf_put(writer, " max-calls voice %u", g->max_in);
		return;
	}
	if (g->max_in)
		conf_put(writer, " max-calls voice %u direction in", g->max_in);
	if (g->max_out)
		conf_put(writer, " max-calls voice %u direction out", g->max_out);
}

static void trunk_group_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_trunk_group *g;

	llist_for_each_entry (g, &conf->trunk_groups, head.entry) {
		conf_put(writer, "trunk group %s", g->group.name);
		definition_write_description(&g->head, writer);
		if (g->group.carrier_id[0])
			conf_put(writer, " carrier-id %s", g->group.carrier_id);
		write_max_calls(&g->group, writer);
		write_scheme(&g->group, writer);
		number_change_write_profiles(g->group.profile_incoming, g->group.profile_outgoing,
					     writer);
		number_change_write_formats(g->group.called_format, g->group.calling_format,
					    writer);
		cause_map_write(conf, g->group.cause_table, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_trunk_group_block = {
    .setup = trunk_group_setup, .check = trunk_group_check, .write = trunk_group_write};
