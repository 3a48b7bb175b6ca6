// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a dial peer refers to, and what it asks of a call besides its numbers:
 *
 *	 destination e164-pattern-map 1
 *	 incoming uri via ITSP
 *	 destination dpg 7
 *	 translation-profile incoming from-itsp
 *	 corlist outgoing international
 */
#include "conf/dial_peer.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "conf/cause_keyword.h"
#include "conf/definition.h"
#include "conf/value.h"

/* ---- tables: keyword, what it refers to, and where it stands in struct peer */

struct reference {
	const char *keyword;
	enum definition_kind kind;
	size_t at;
};

static const struct reference numbers[] = {
    /* unsigned; 0: none */
    {"destination e164-pattern-map", DEFINITION_PATTERN_MAP,
     offsetof(struct peer, destination_map)},
    {"destination calling e164-pattern-map", DEFINITION_PATTERN_MAP,
     offsetof(struct peer, calling_out_map)},
    {"incoming called e164-pattern-map", DEFINITION_PATTERN_MAP, offsetof(struct peer, called_map)},
    {"incoming calling e164-pattern-map", DEFINITION_PATTERN_MAP,
     offsetof(struct peer, calling_map)},
    {"destination dpg", DEFINITION_PEER_GROUP, offsetof(struct peer, dpg)},
    {"destination provision-policy", DEFINITION_PROVISION_POLICY,
     offsetof(struct peer, provision_policy)},
};

static const struct reference names[] = {
    /* texts of CLASS_NAME_MAX; empty: none */
    {"incoming uri request", DEFINITION_URI_CLASS,
     offsetof(struct peer, incoming_uri[PEER_URI_REQUEST])},
    {"incoming uri to", DEFINITION_URI_CLASS, offsetof(struct peer, incoming_uri[PEER_URI_TO])},
    {"incoming uri from", DEFINITION_URI_CLASS, offsetof(struct peer, incoming_uri[PEER_URI_FROM])},
    {"incoming uri via", DEFINITION_URI_CLASS, offsetof(struct peer, incoming_uri[PEER_URI_VIA])},
    {"destination uri", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_REQUEST])},
    {"destination uri-to", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_TO])},
    {"destination uri-from", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_FROM])},
    {"destination uri-via", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_VIA])},
    {"destination uri-diversion", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_DIVERSION])},
    {"destination uri-referred-by", DEFINITION_URI_CLASS,
     offsetof(struct peer, destination_uri[PEER_URI_REFERRED_BY])},
    {"corlist incoming", DEFINITION_COR_LIST, offsetof(struct peer, cor_incoming)},
    {"corlist outgoing", DEFINITION_COR_LIST, offsetof(struct peer, cor_outgoing)},
    {"translation-profile incoming", DEFINITION_TRANSLATION_PROFILE,
     offsetof(struct peer, profile_incoming)},
    {"translation-profile outgoing", DEFINITION_TRANSLATION_PROFILE,
     offsetof(struct peer, profile_outgoing)},
    {"call-block translation-profile incoming", DEFINITION_TRANSLATION_PROFILE,
     offsetof(struct peer, call_block)},
    /* a carrier is whoever a call says it is: nothing to be found */
    {"carrier-id source", DEFINITION_KINDS, offsetof(struct peer, carrier_source)},
    {"carrier-id target", DEFINITION_KINDS, offsetof(struct peer, carrier_target)},
};

_Static_assert(TRANSLATION_PROFILE_NAME_MAX == CLASS_NAME_MAX, "one size for all names");

static unsigned *number_at(const struct peer *p, const struct reference *r)
{
	return (unsigned *)((char *)p + r->at);
}

static char *name_at(const struct peer *p, const struct reference *r)
{
	return (char *)p + r->at;
}

/* Of a command that stands in the table. */
static const struct reference *find(const struct reference *table, size_t count,
				    const char *keyword)
{
	size_t at = 0;

	while (at < count && strcmp(table[at].keyword, keyword) != 0)
		at++;
	OSMO_ASSERT(at < count);
	return &table[at];
}

static int set_number(struct vty *vty, const char *keyword, const char *text)
{
	const struct value_range range = {keyword, 1, 10000};
	const struct reference *r = find(numbers, ARRAY_SIZE(numbers), keyword);

	return value_number(vty, text, &range, number_at(dial_peer_of(vty), r));
}

static int clear_number(struct vty *vty, const char *keyword)
{
	*number_at(dial_peer_of(vty), find(numbers, ARRAY_SIZE(numbers), keyword)) = 0;
	return CMD_SUCCESS;
}

static int set_name(struct vty *vty, const char *keyword, const char *word, const char *name)
{
	const struct reference *r;
	char whole[64];

	snprintf(whole, sizeof(whole), "%s%s", keyword, word);
	r = find(names, ARRAY_SIZE(names), whole);
	return value_word(vty, whole, name, name_at(dial_peer_of(vty), r), CLASS_NAME_MAX + 1);
}

static int clear_name(struct vty *vty, const char *keyword, const char *word)
{
	return set_name(vty, keyword, word, "");
}

/* ---- pattern maps, peer groups, policies */

#define GO_OUT_STR "Calls that go out here\n"
#define COME_IN_STR "Calls that come in here\n"
#define MAP_STR "By a voice class e164-pattern-map\n"
#define NUMBER_STR "Its number\n"

DEFUN(c_destination_map, c_destination_map_cmd, "destination e164-pattern-map NUMBER",
      GO_OUT_STR MAP_STR NUMBER_STR)
{
	return set_number(vty, "destination e164-pattern-map", argv[0]);
}

DEFUN(c_no_destination_map, c_no_destination_map_cmd, "no destination e164-pattern-map",
      NO_STR GO_OUT_STR MAP_STR)
{
	return clear_number(vty, "destination e164-pattern-map");
}

#define CALLING_STR "By their calling number\n"

DEFUN(c_calling_out, c_calling_out_cmd, "destination calling e164-pattern-map NUMBER",
      GO_OUT_STR CALLING_STR MAP_STR NUMBER_STR)
{
	return set_number(vty, "destination calling e164-pattern-map", argv[0]);
}

DEFUN(c_no_calling_out, c_no_calling_out_cmd, "no destination calling e164-pattern-map",
      NO_STR GO_OUT_STR CALLING_STR MAP_STR)
{
	return clear_number(vty, "destination calling e164-pattern-map");
}

DEFUN(c_called_map, c_called_map_cmd, "incoming called e164-pattern-map NUMBER",
      COME_IN_STR "By their called number\n" MAP_STR NUMBER_STR)
{
	return set_number(vty, "incoming called e164-pattern-map", argv[0]);
}

DEFUN(c_calling_map, c_calling_map_cmd, "incoming calling e164-pattern-map NUMBER",
      COME_IN_STR CALLING_STR MAP_STR NUMBER_STR)
{
	return set_number(vty, "incoming calling e164-pattern-map", argv[0]);
}

DEFUN(c_no_incoming_map, c_no_incoming_map_cmd, "no incoming (called|calling) e164-pattern-map",
      NO_STR COME_IN_STR "By their called number\n" CALLING_STR MAP_STR)
{
	return clear_number(vty, strcmp(argv[0], "called") == 0
				     ? "incoming called e164-pattern-map"
				     : "incoming calling e164-pattern-map");
}

#define DPG_STR "What becomes of calls that came in here\nThey go to the peers of a group\n"
#define POLICY_STR                                                                                 \
	"What becomes of calls that came in here\nThey look for their peer as a policy says\n"

DEFUN(c_dpg, c_dpg_cmd, "destination dpg NUMBER", DPG_STR NUMBER_STR)
{
	return set_number(vty, "destination dpg", argv[0]);
}

DEFUN(c_no_dpg, c_no_dpg_cmd, "no destination dpg", NO_STR DPG_STR)
{
	return clear_number(vty, "destination dpg");
}

DEFUN(c_policy, c_policy_cmd, "destination provision-policy NUMBER", POLICY_STR NUMBER_STR)
{
	return set_number(vty, "destination provision-policy", argv[0]);
}

DEFUN(c_no_policy, c_no_policy_cmd, "no destination provision-policy", NO_STR POLICY_STR)
{
	return clear_number(vty, "destination provision-policy");
}

/* ---- URIs */

#define HEADERS_CMD "(request|to|from|via)"
#define HEADERS_STR                                                                                \
	COME_IN_STR "By a URI\nThe request URI\nThe To header\nThe From header\nThe topmost Via\n"

DEFUN(c_incoming_uri, c_incoming_uri_cmd, "incoming uri " HEADERS_CMD " TAG",
      HEADERS_STR "Name of a voice class uri\n")
{
	return set_name(vty, "incoming uri ", argv[0], argv[1]);
}

DEFUN(c_no_incoming_uri, c_no_incoming_uri_cmd, "no incoming uri " HEADERS_CMD, NO_STR HEADERS_STR)
{
	return clear_name(vty, "incoming uri ", argv[0]);
}

#define URIS_CMD "(uri|uri-to|uri-from|uri-via|uri-diversion|uri-referred-by)"
#define URIS_STR                                                                                   \
	GO_OUT_STR "By their request URI\nBy their To header\nBy their From header\n"              \
		   "By their topmost Via\nBy their Diversion\nBy their Referred-By\n"

DEFUN(c_destination_uri, c_destination_uri_cmd, "destination " URIS_CMD " TAG",
      URIS_STR "Name of a voice class uri\n")
{
	return set_name(vty, "destination ", argv[0], argv[1]);
}

DEFUN(c_no_destination_uri, c_no_destination_uri_cmd, "no destination " URIS_CMD, NO_STR URIS_STR)
{
	return clear_name(vty, "destination ", argv[0]);
}

/* ---- carriers, restriction, translation */

#define CARRIER_STR "Carrier\nOf calls that come in here\nOf calls that go out here\n"
#define DIRECTIONS_STR "Of calls that come in here\nOf calls that go out here\n"

DEFUN(c_carrier, c_carrier_cmd, "carrier-id (source|target) NAME", CARRIER_STR "Name\n")
{
	return set_name(vty, "carrier-id ", argv[0], argv[1]);
}

DEFUN(c_no_carrier, c_no_carrier_cmd, "no carrier-id (source|target)", NO_STR CARRIER_STR)
{
	return clear_name(vty, "carrier-id ", argv[0]);
}

DEFUN(c_corlist, c_corlist_cmd, "corlist (incoming|outgoing) NAME",
      "Classes of restriction\n" DIRECTIONS_STR "Name of a dial-peer cor list\n")
{
	return set_name(vty, "corlist ", argv[0], argv[1]);
}

DEFUN(c_no_corlist, c_no_corlist_cmd, "no corlist (incoming|outgoing)",
      NO_STR "Classes of restriction\n" DIRECTIONS_STR)
{
	return clear_name(vty, "corlist ", argv[0]);
}

DEFUN(c_profile, c_profile_cmd, "translation-profile (incoming|outgoing) NAME",
      TRANSLATION_PROFILE_STR "Name\n")
{
	return set_name(vty, "translation-profile ", argv[0], argv[1]);
}

DEFUN(c_no_profile, c_no_profile_cmd, "no translation-profile (incoming|outgoing)",
      NO_STR TRANSLATION_PROFILE_STR)
{
	return clear_name(vty, "translation-profile ", argv[0]);
}

#define BLOCK_STR "Calls that are refused\n"

DEFUN(c_block, c_block_cmd, "call-block translation-profile incoming NAME",
      BLOCK_STR "Those that a reject rule fits\nOf calls that come in here\nName\n")
{
	return set_name(vty, "call-block translation-profile ", "incoming", argv[0]);
}

DEFUN(c_no_block, c_no_block_cmd, "no call-block translation-profile incoming",
      NO_STR BLOCK_STR "Those that a reject rule fits\nOf calls that come in here\n")
{
	return clear_name(vty, "call-block translation-profile ", "incoming");
}

#define CAUSES_CMD "(call-reject|invalid-number|unassigned-number|user-busy|no-service)"
#define BLOCK_CAUSE_STR BLOCK_STR "What the caller is told\nOf calls that come in here\n"

DEFUN(c_block_cause, c_block_cause_cmd, "call-block disconnect-cause incoming " CAUSES_CMD,
      BLOCK_CAUSE_STR "Call rejected (21)\nInvalid number format (28)\nUnallocated number (1)\n"
		      "User busy (17)\nService not available (63)\n")
{
	/* IOS has this name here only */
	dial_peer_of(vty)->call_block_cause =
	    strcmp(argv[0], "no-service") == 0 ? 63 : cause_from_keyword(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(c_no_block_cause, c_no_block_cause_cmd, "no call-block disconnect-cause incoming",
      NO_STR BLOCK_CAUSE_STR)
{
	dial_peer_of(vty)->call_block_cause = 0;
	return CMD_SUCCESS;
}

DEFUN(c_numbering_type, c_numbering_type_cmd, "numbering-type TYPE",
      "Calls whose called number is of this type, no others\ninternational, national and others\n")
{
	int type = number_ton_from_name(argv[0]);

	if (type < 0)
		return conf_error(vty,
				  "numbering-type %.64s: expected unknown, international, "
				  "national, network, subscriber, abbreviated or reserved",
				  argv[0]);
	dial_peer_of(vty)->numbering_type = type;
	return CMD_SUCCESS;
}

DEFUN(c_no_numbering_type, c_no_numbering_type_cmd, "no numbering-type",
      NO_STR "Calls whose called number is of this type, no others\n")
{
	dial_peer_of(vty)->numbering_type = PEER_TON_ANY;
	return CMD_SUCCESS;
}

void dial_peer_classes_install(void)
{
	static struct cmd_element *const common[] = {&c_destination_map_cmd,
						     &c_no_destination_map_cmd,
						     &c_calling_out_cmd,
						     &c_no_calling_out_cmd,
						     &c_called_map_cmd,
						     &c_calling_map_cmd,
						     &c_no_incoming_map_cmd,
						     &c_dpg_cmd,
						     &c_no_dpg_cmd,
						     &c_policy_cmd,
						     &c_no_policy_cmd,
						     &c_destination_uri_cmd,
						     &c_no_destination_uri_cmd,
						     &c_carrier_cmd,
						     &c_no_carrier_cmd,
						     &c_corlist_cmd,
						     &c_no_corlist_cmd,
						     &c_profile_cmd,
						     &c_no_profile_cmd,
						     &c_block_cmd,
						     &c_no_block_cmd,
						     &c_block_cause_cmd,
						     &c_no_block_cause_cmd,
						     &c_numbering_type_cmd,
						     &c_no_numbering_type_cmd};
	static struct cmd_element *const voip[] = {&c_incoming_uri_cmd, &c_no_incoming_uri_cmd};

	dial_peer_install(common, ARRAY_SIZE(common));
	dial_peer_install_kind(PEER_VOIP, voip, ARRAY_SIZE(voip));
}

void dial_peer_classes_install_pool(void)
{
	static struct cmd_element *const commands[] = {
	    &c_corlist_cmd, &c_no_corlist_cmd, &c_profile_cmd,	   &c_no_profile_cmd,
	    &c_block_cmd,   &c_no_block_cmd,   &c_block_cause_cmd, &c_no_block_cause_cmd,
	    &c_dpg_cmd,	    &c_no_dpg_cmd};

	dial_peer_install_node(CONF_POOL_NODE, commands, ARRAY_SIZE(commands));
}

void dial_peer_classes_check(struct loader *loader, const struct conf_peer *p)
{
	char where[96];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned number = *number_at(&p->peer, &numbers[i]);

		if (!number)
			continue;
		snprintf(where, sizeof(where), "dial-peer voice %u: %s", p->peer.tag,
			 numbers[i].keyword);
		definition_check_number(loader, p->line, numbers[i].kind, number, where);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = name_at(&p->peer, &names[i]);

		if (!*name || names[i].kind == DEFINITION_KINDS)
			continue;
		snprintf(where, sizeof(where), "dial-peer voice %u: %s", p->peer.tag,
			 names[i].keyword);
		definition_check(loader, p->line, names[i].kind, name, where);
	}
}

void dial_peer_classes_write(const struct peer *p, struct conf_writer *writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (*number_at(p, &numbers[i]))
			conf_put(writer, " %s %u", numbers[i].keyword, *number_at(p, &numbers[i]));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (*name_at(p, &names[i]))
			conf_put(writer, " %s %s", names[i].keyword, name_at(p, &names[i]));
	if (p->call_block_cause)
		conf_put(writer, " call-block disconnect-cause incoming %s",
			 p->call_block_cause == 63 ? "no-service"
						   : cause_keyword(p->call_block_cause));
	if (p->numbering_type != PEER_TON_ANY)
		conf_put(writer, " numbering-type %s", number_ton_name(p->numbering_type));
}
