// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands in for the normal search of an outbound peer:
 *
 *	voice class dpg 7
 *	 dial-peer 20 preference 1
 *	voice class dial-peer provision-policy 1
 *	 preference 1 from to
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

/* ---- voice class dpg */

DEFUN(dpg, dpg_cmd, "voice class dpg NUMBER",
      "Voice\nWhat dial peers refer to\nGroup of dial peers\n1 to 10000\n")
{
	struct conf_peer_group *g = talloc_zero(conf_of(vty), struct conf_peer_group);

	OSMO_ASSERT(g);
	return definition_begin_number(vty, DEFINITION_PEER_GROUP, &g->head, argv[0],
				       &g->group.number);
}

static int add_member(struct vty *vty, const char *tag_text, const char *preference_text)
{
	static const struct value_range tags = {"dial-peer", 1, 2147483647};
	static const struct value_range preferences = {"preference", 0, 10};
	struct conf_peer_group *g = vty->index;
	unsigned tag, preference = 0;

	if (value_number(vty, tag_text, &tags, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (preference_text &&
	    value_number(vty, preference_text, &preferences, &preference) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < g->group.count; i++)
		if (g->group.members[i].tag == tag)
			return conf_error(vty, "dial-peer %u is in the group already", tag);
	if (g->group.count == PEER_GROUP_MAX)
		return conf_error(vty, "dial-peer %u: a group has at most %d peers", tag,
				  PEER_GROUP_MAX);
	g->group.members[g->group.count].tag = tag;
	g->group.members[g->group.count++].preference = preference;
	return CMD_SUCCESS;
}

#define MEMBER_STR "A peer of the group\nIts tag\n"

DEFUN(dpg_member, dpg_member_cmd, "dial-peer TAG", MEMBER_STR)
{
	return add_member(vty, argv[0], NULL);
}

DEFUN(dpg_member_preference, dpg_member_preference_cmd, "dial-peer TAG preference ORDER",
      MEMBER_STR "Order in the group\n0 to 10, lower goes first\n")
{
	return add_member(vty, argv[0], argv[1]);
}

DEFUN(dpg_no_member, dpg_no_member_cmd, "no dial-peer TAG", NO_STR MEMBER_STR)
{
	static const struct value_range range = {"no dial-peer", 1, 2147483647};
	struct conf_peer_group *g = vty->index;
	unsigned tag;

	if (value_number(vty, argv[0], &range, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < g->group.count; i++) {
		if (g->group.members[i].tag != tag)
			continue;
		g->group.count--;
		memmove(&g->group.members[i], &g->group.members[i + 1],
			(g->group.count - i) * sizeof(g->group.members[0]));
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no dial-peer %u: it is not in the group", tag);
}

/* ---- voice class dial-peer provision-policy */

static const char *const keys[] = {
    [PROVISION_CALLED] = "called",
    [PROVISION_CALLING] = "calling",
    [PROVISION_CARRIER_ID] = "carrier-id",
    [PROVISION_URI] = "uri",
    [PROVISION_FROM] = "from",
    [PROVISION_TO] = "to",
    [PROVISION_VIA] = "via",
    [PROVISION_DIVERSION] = "diversion",
    [PROVISION_REFERRED_BY] = "referred-by",
};

DEFUN(policy, policy_cmd, "voice class dial-peer provision-policy NUMBER",
      "Voice\nWhat dial peers refer to\nDial peers\n"
      "By what the outbound peer is looked for\n1 to 10000\n")
{
	struct conf_provision_policy *p = talloc_zero(conf_of(vty), struct conf_provision_policy);

	OSMO_ASSERT(p);
	return definition_begin_number(vty, DEFINITION_PROVISION_POLICY, &p->head, argv[0],
				       &p->policy.number);
}

static int set_keys(struct vty *vty, const char *which, int argc, const char **argv)
{
	struct conf_provision_policy *p = vty->index;
	enum provision_key found[2] = {PROVISION_NONE, PROVISION_NONE};

	for (int i = 0; i < argc; i++) {
		for (unsigned k = PROVISION_CALLED; k < ARRAY_SIZE(keys); k++)
			if (strcmp(argv[i], keys[k]) == 0)
				found[i] = k;
		if (found[i] == PROVISION_NONE)
			return conf_error(vty,
					  "preference %s: %s: expected called, calling, "
					  "carrier-id, uri, from, to, via, diversion or "
					  "referred-by",
					  which, argv[i]);
	}
	if (found[0] == found[1])
		return conf_error(vty, "preference %s: %s is named twice", which, argv[0]);
	memcpy(p->policy.preference[which[0] - '1'].keys, found, sizeof(found));
	return CMD_SUCCESS;
}

#define POLICY_STR "By what\nFirst\nIf nothing fits that\n"

DEFUN(policy_key, policy_key_cmd, "preference (1|2) KEY", POLICY_STR "from, called and others\n")
{
	return set_keys(vty, argv[0], 1, argv + 1);
}

DEFUN(policy_keys, policy_keys_cmd, "preference (1|2) KEY AND-KEY",
      POLICY_STR "from, called and others\nAnd this as well\n")
{
	return set_keys(vty, argv[0], 2, argv + 1);
}

DEFUN(policy_no_keys, policy_no_keys_cmd, "no preference (1|2)", NO_STR POLICY_STR)
{
	struct conf_provision_policy *p = vty->index;

	memset(&p->policy.preference[argv[0][0] - '1'], 0, sizeof(p->policy.preference[0]));
	return CMD_SUCCESS;
}

/* ---- both */

static void peer_group_setup(void)
{
	static struct cmd_element *const group[] = {&dpg_member_cmd, &dpg_member_preference_cmd,
						    &dpg_no_member_cmd};
	static struct cmd_element *const provision[] = {&policy_key_cmd, &policy_keys_cmd,
							&policy_no_keys_cmd};

	definition_install(DEFINITION_PEER_GROUP, group, ARRAY_SIZE(group));
	definition_install(DEFINITION_PROVISION_POLICY, provision, ARRAY_SIZE(provision));
	install_element(CONF_ROOT_NODE, &dpg_cmd);
	install_element(CONF_ROOT_NODE, &policy_cmd);
}

static void check_group(struct loader *loader, const struct conf_peer_group *g)
{
	char where[48];

	snprintf(where, sizeof(where), "voice class dpg %u: dial-peer", g->group.number);
	for (unsigned i = 0; i < g->group.count; i++)
		definition_check_number(loader, g->head.line, DEFINITION_PEER,
					g->group.members[i].tag, where);
	if (!g->group.count && !loader_block_is_broken(loader, g->head.line))
		loader_warning(loader, g->head.line,
			       "voice class dpg %u is empty: its calls go nowhere",
			       g->group.number);
}

static void check_policy(struct loader *loader, const struct conf_provision_policy *p)
{
	const struct provision_policy *policy = &p->policy;

	if (policy->preference[0].keys[0] || loader_block_is_broken(loader, p->head.line))
		return;
	loader_error(loader, p->head.line,
		     "voice class dial-peer provision-policy %u: expected preference 1 below it",
		     policy->number);
}

static void peer_group_check(struct loader *loader)
{
	const struct conf_peer_group *g;
	const struct conf_provision_policy *p;

	llist_for_each_entry (g, &loader_conf(loader)->peer_groups, head.entry)
		check_group(loader, g);
	llist_for_each_entry (p, &loader_conf(loader)->provision_policies, head.entry)
		check_policy(loader, p);
}

static void write_group(const struct conf_peer_group *g, struct conf_writer *writer)
{
	conf_put(writer, "voice class dpg %u", g->group.number);
	definition_write_description(&g->head, writer);
	for (unsigned i = 0; i < g->group.count; i++) {
		if (g->group.members[i].preference)
			conf_put(writer, " dial-peer %u preference %u", g->group.members[i].tag,
				 g->group.members[i].preference);
		else
			conf_put(writer, " dial-peer %u", g->group.members[i].tag);
	}
	conf_put(writer, "!");
}

static void write_policy(const struct conf_provision_policy *p, struct conf_writer *writer)
{
	conf_put(writer, "voice class dial-peer provision-policy %u", p->policy.number);
	definition_write_description(&p->head, writer);
	for (unsigned i = 0; i < ARRAY_SIZE(p->policy.preference); i++) {
		const enum provision_key *key = p->policy.preference[i].keys;

		if (key[0])
			conf_put(writer, " preference %u %s%s%s", i + 1, keys[key[0]],
				 key[1] ? " " : "", key[1] ? keys[key[1]] : "");
	}
	conf_put(writer, "!");
}

static void peer_group_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_peer_group *g;
	const struct conf_provision_policy *p;

	llist_for_each_entry (p, &conf->provision_policies, head.entry)
		write_policy(p, writer);
	llist_for_each_entry (g, &conf->peer_groups, head.entry)
		write_group(g, writer);
}

const struct conf_block conf_peer_group_block = {
    .setup = peer_group_setup, .check = peer_group_check, .write = peer_group_write};
