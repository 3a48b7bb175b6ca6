// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/definition.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>

#include "conf/value.h"
#include "gateway/log/fnv.h"

static const struct {
	const char *keyword;
	int node;
	size_t list; /* in struct conf */
	unsigned max;
} kinds[] = {
    [DEFINITION_TRANSLATION_RULES] = {"voice translation-rule", CONF_TRANSLATION_RULES_NODE,
				      offsetof(struct conf, translation_rules), 2147483647},
    [DEFINITION_TRANSLATION_PROFILE] = {"voice translation-profile", CONF_TRANSLATION_PROFILE_NODE,
					offsetof(struct conf, translation_profiles), 0},
    [DEFINITION_PATTERN_MAP] = {"voice class e164-pattern-map", CONF_PATTERN_MAP_NODE,
				offsetof(struct conf, pattern_maps), 10000},
    [DEFINITION_PEER_GROUP] = {"voice class dpg", CONF_PEER_GROUP_NODE,
			       offsetof(struct conf, peer_groups), 10000},
    [DEFINITION_SERVER_GROUP] = {"voice class server-group", CONF_SERVER_GROUP_NODE,
				 offsetof(struct conf, server_groups), 10000},
    [DEFINITION_URI_CLASS] = {"voice class uri", CONF_URI_CLASS_NODE,
			      offsetof(struct conf, uri_classes), 0},
    [DEFINITION_PROVISION_POLICY] = {"voice class dial-peer provision-policy",
				     CONF_PROVISION_POLICY_NODE,
				     offsetof(struct conf, provision_policies), 10000},
    [DEFINITION_COR_LIST] = {"dial-peer cor list", CONF_COR_LIST_NODE,
			     offsetof(struct conf, cor_lists), 0},
    [DEFINITION_TRUNK_GROUP] = {"trunk group", CONF_TRUNK_GROUP_NODE,
				offsetof(struct conf, trunk_groups), 0},
    [DEFINITION_SOURCE_GROUP] = {"voice source-group", CONF_SOURCE_GROUP_NODE,
				 offsetof(struct conf, source_groups), 0},
    [DEFINITION_ENUM_TABLE] = {"voice enum-match-table", CONF_ENUM_TABLE_NODE,
			       offsetof(struct conf, enum_tables), 10000},
    [DEFINITION_STIR] = {"voice class stir-shaken", CONF_STIR_NODE, offsetof(struct conf, stirs),
			 STIR_NUMBER_MAX},
    [DEFINITION_TENANT] = {"voice class tenant", CONF_TENANT_NODE,
			   offsetof(struct conf, tenant_blocks), 10000},
    [DEFINITION_TLS_PROFILE] = {"voice class tls-profile", CONF_TLS_PROFILE_NODE,
				offsetof(struct conf, tls_profiles), TLS_PROFILE_NUMBER_MAX},
    [DEFINITION_KEEPALIVE] = {"voice class sip-options-keepalive", CONF_KEEPALIVE_NODE,
			      offsetof(struct conf, keepalives), 10000},
    [DEFINITION_POOL] = {"voice register pool", CONF_POOL_NODE, offsetof(struct conf, pools),
			 100000},
    [DEFINITION_HUNT_GROUP] = {"voice hunt-group", CONF_HUNT_GROUP_NODE,
			       offsetof(struct conf, hunt_groups), HUNT_GROUP_NUMBER_MAX},
    [DEFINITION_PEER] = {"dial-peer voice", 0, 0, 0},
    [DEFINITION_NUM_EXP] = {"num-exp", 0, 0, 0},
    [DEFINITION_SOURCE_ADDRESS] = {"address", 0, 0, 0},
};

/* ---- who has which name */

#define HASH_BITS_OF_NAMES 11

struct definitions {
	DECLARE_HASHTABLE(names, HASH_BITS_OF_NAMES);
};

struct definition {
	struct hlist_node node;
	enum definition_kind kind;
	unsigned line;
	char name[];
};

static uint32_t hash_of(enum definition_kind kind, const char *name)
{
	return fnv_add(FNV_BEGIN + kind, name, strlen(name));
}

static struct definition *find(struct loader *loader, enum definition_kind kind, const char *name)
{
	struct definitions *definitions = loader_definitions(loader);
	struct definition *d;

	if (!definitions)
		return NULL;
	hash_for_each_possible(definitions->names, d, node, hash_of(kind, name))
	{
		if (d->kind == kind && strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

/* The line of who has the name already, or 0, and it is taken for this line. */
static unsigned definition_take(struct loader *loader, enum definition_kind kind, const char *name,
				unsigned line)
{
	struct definitions *definitions = loader_definitions(loader);
	struct definition *d = find(loader, kind, name);

	if (d)
		return d->line;
	if (!definitions) {
		definitions = talloc_zero(loader, struct definitions);
		OSMO_ASSERT(definitions);
		loader_set_definitions(loader, definitions);
	}
	d = talloc_zero_size(definitions, sizeof(*d) + strlen(name) + 1);
	OSMO_ASSERT(d);
	d->kind = kind;
	d->line = line;
	strcpy(d->name, name);
	hash_add(definitions->names, &d->node, hash_of(kind, name));
	return 0;
}

void definition_drop(struct loader *loader, enum definition_kind kind, const char *name)
{
	struct definition *d = find(loader, kind, name);

	if (!d)
		return;
	hash_del(&d->node);
	talloc_free(d);
}

static bool exists(struct loader *loader, enum definition_kind kind, const char *name)
{
	return find(loader, kind, name) != NULL;
}

void definition_check(struct loader *loader, unsigned line, enum definition_kind kind,
		      const char *name, const char *where)
{
	if (!*name || loader_is_incomplete(loader) || exists(loader, kind, name))
		return;
	loader_error(loader, line, "%s %s: there is no %s %s", where, name, kinds[kind].keyword,
		     name);
}

void definition_check_number(struct loader *loader, unsigned line, enum definition_kind kind,
			     unsigned number, const char *where)
{
	char name[16] = "";

	if (number)
		snprintf(name, sizeof(name), "%u", number);
	definition_check(loader, line, kind, name, where);
}

/* Not by conf_error(), after which anything could be missing: this name is not. */
bool definition_is_taken(struct vty *vty, enum definition_kind kind, const char *name)
{
	unsigned line = conf_line_of(vty);
	unsigned first = definition_take(vty->priv, kind, name, line);

	if (!first)
		return false;
	loader_error(vty->priv, line, "%s %s is configured already on line %u", kinds[kind].keyword,
		     name, first);
	loader_mark_broken(vty->priv);
	return true;
}

/* ---- blocks */

static int begin(struct vty *vty, enum definition_kind kind, struct conf_head *head,
		 const char *name)
{
	if (definition_is_taken(vty, kind, name))
		return CONF_REFUSED;
	llist_add_tail(&head->entry,
		       (struct llist_head *)((char *)conf_of(vty) + kinds[kind].list));
	return CMD_SUCCESS;
}

static void enter(struct vty *vty, enum definition_kind kind, struct conf_head *head)
{
	vty->node = kinds[kind].node;
	vty->index = head;
	head->line = conf_line_of(vty);
}

int definition_begin(struct vty *vty, enum definition_kind kind, struct conf_head *head,
		     const char *name, char out[CLASS_NAME_MAX + 1])
{
	enter(vty, kind, head);
	if (value_word(vty, kinds[kind].keyword, name, out, CLASS_NAME_MAX + 1) != CMD_SUCCESS)
		return CONF_REFUSED;
	return begin(vty, kind, head, out);
}

int definition_begin_number(struct vty *vty, enum definition_kind kind, struct conf_head *head,
			    const char *number, unsigned *out)
{
	struct value_range range = {kinds[kind].keyword, 1, kinds[kind].max};
	char name[16];

	enter(vty, kind, head);
	if (value_number(vty, number, &range, out) != CMD_SUCCESS)
		return CONF_REFUSED;
	snprintf(name, sizeof(name), "%u", *out); /* "007" is 7 */
	return begin(vty, kind, head, name);
}

DEFUN(d_description, d_description_cmd, "description .TEXT", "What it is for\nText\n")
{
	struct conf_head *head = vty->index;

	return value_text(vty, argc, argv, head->description, sizeof(head->description));
}

DEFUN(d_no_description, d_no_description_cmd, "no description", NO_STR "What it is for\n")
{
	struct conf_head *head = vty->index;

	head->description[0] = '\0';
	return CMD_SUCCESS;
}

void definition_write_description(const struct conf_head *head, struct conf_writer *writer)
{
	if (head->description[0])
		conf_put(writer, " description %s", head->description);
}

void definition_install(enum definition_kind kind, struct cmd_element *const *commands,
			size_t count)
{
	static struct cmd_node nodes[DEFINITION_BLOCKS];
	struct cmd_node *node = &nodes[kind];

	node->node = kinds[kind].node;
	node->prompt = "%s(config-class)# ";
	node->vtysh = 1;
	snprintf(node->name, sizeof(node->name), "%s", kinds[kind].keyword);
	conf_node_install(node);
	install_element(kinds[kind].node, &d_description_cmd);
	install_element(kinds[kind].node, &d_no_description_cmd);
	for (size_t i = 0; i < count; i++)
		install_element(kinds[kind].node, commands[i]);
}
