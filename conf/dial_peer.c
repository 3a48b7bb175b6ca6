// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	dial-peer voice 100 pots
 *	 destination-pattern 9T
 *	 port 1:D
 *	dial-peer voice 200 voip
 *	 incoming called-number .
 *	 destination-pattern 2...
 *	 session target ipv4:10.6.2.10:5060
 *	 dtmf-relay rtp-nte
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/cause_map.h"
#include "conf/definition.h"
#include "conf/dial_peer.h"
#include "conf/progress_ind.h"
#include "conf/value.h"
#include "conf/voice_register.h"
#include "dialplan/pattern.h"

struct conf_peer *dial_peer_entry_of(struct vty *vty)
{
	if (vty->node == CONF_POOL_NODE)
		return &voice_register_pool_of(vty)->peer;
	return vty->index;
}

struct peer *dial_peer_of(struct vty *vty)
{
	return &dial_peer_entry_of(vty)->peer;
}

DEFUN(dial_peer, dial_peer_cmd, "dial-peer voice TAG (pots|voip)",
      "Dial peers\nVoice\nTag of the peer\nTelephone network\nVoice over IP\n")
{
	static const struct value_range range = {"dial-peer voice", 1, 2147483647};
	struct conf *conf = conf_of(vty);
	struct conf_peer *p = talloc_zero(conf, struct conf_peer);
	bool pots = strcmp(argv[1], "pots") == 0;
	unsigned tag = 0;
	char name[16];

	OSMO_ASSERT(p);
	vty->node = pots ? CONF_POTS_PEER_NODE : CONF_VOIP_PEER_NODE;
	vty->index = p;
	value_number(vty, argv[0], &range, &tag);
	peer_init(&p->peer, tag, pots ? PEER_POTS : PEER_VOIP);
	p->line = conf_line_of(vty);
	if (!tag)
		return CONF_REFUSED;
	snprintf(name, sizeof(name), "%u", tag);
	if (definition_is_taken(vty, DEFINITION_PEER, name))
		return CONF_REFUSED;
	llist_add_tail(&p->entry, &conf->peers);
	return CMD_SUCCESS;
}

static int set_pattern(struct vty *vty, const char *keyword, const char *text, char *out)
{
	struct pattern *pattern;
	char why[128];

	if (strlen(text) > PEER_PATTERN_MAX ||
	    pattern_compile(text, &pattern, why, sizeof(why)) < 0)
		return conf_error(vty, "%s %.*s: %s", keyword, PEER_PATTERN_MAX, text,
				  strlen(text) > PEER_PATTERN_MAX ? "longer than a pattern can be"
								  : why);
	pattern_free(pattern);
	strcpy(out, text);
	return CMD_SUCCESS;
}

DEFUN(destination_pattern, destination_pattern_cmd, "destination-pattern PATTERN",
      "Called numbers that go out here\nPattern\n")
{
	return set_pattern(vty, "destination-pattern", argv[0],
			   dial_peer_of(vty)->destination_pattern);
}

DEFUN(incoming_called, incoming_called_cmd, "incoming called-number PATTERN",
      "Calls that come in here\nBy their called number\nPattern\n")
{
	return set_pattern(vty, "incoming called-number", argv[0],
			   dial_peer_of(vty)->incoming_called_number);
}

DEFUN(answer_address, answer_address_cmd, "answer-address PATTERN",
      "Calls that come in here, by their calling number\nPattern\n")
{
	return set_pattern(vty, "answer-address", argv[0], dial_peer_of(vty)->answer_address);
}

DEFUN(no_incoming_called, no_incoming_called_cmd, "no incoming called-number",
      NO_STR "Calls that come in here\nBy their called number\n")
{
	dial_peer_of(vty)->incoming_called_number[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(p_description, p_description_cmd, "description .TEXT", "What it is for\nText\n")
{
	return value_text(vty, argc, argv, dial_peer_of(vty)->description,
			  sizeof(dial_peer_of(vty)->description));
}

DEFUN(preference, preference_cmd, "preference ORDER",
      "Order among peers that fit alike\n0 to 10, lower goes first\n")
{
	static const struct value_range range = {"preference", 0, 10};
	unsigned preference_value;

	if (value_number(vty, argv[0], &range, &preference_value) != CMD_SUCCESS)
		return CONF_REFUSED;
	dial_peer_of(vty)->preference = preference_value;
	return CMD_SUCCESS;
}

DEFUN(max_conn, max_conn_cmd, "max-conn CALLS", "Limit of calls on this peer\nNumber\n")
{
	static const struct value_range range = {"max-conn", 1, 2147483647};

	return value_number(vty, argv[0], &range, &dial_peer_of(vty)->max_conn);
}

DEFUN(huntstop, huntstop_cmd, "huntstop", "Try no other peer after this one\n")
{
	dial_peer_of(vty)->huntstop = true;
	return CMD_SUCCESS;
}

DEFUN(p_shutdown, p_shutdown_cmd, "shutdown", "Leave this peer unused\n")
{
	dial_peer_of(vty)->shutdown = true;
	return CMD_SUCCESS;
}

DEFUN(p_no, p_no_cmd,
      "no (destination-pattern|answer-address|description|preference|max-conn|huntstop|shutdown)",
      NO_STR "Called numbers that go out here\nCalls that come in, by their calling number\n"
	     "What it is for\nOrder among peers that fit alike\nLimit of calls on this peer\n"
	     "Try no other peer after this one\nLeave this peer unused\n")
{
	struct peer *p = dial_peer_of(vty);

	if (strcmp(argv[0], "destination-pattern") == 0)
		p->destination_pattern[0] = '\0';
	else if (strcmp(argv[0], "answer-address") == 0)
		p->answer_address[0] = '\0';
	else if (strcmp(argv[0], "description") == 0)
		p->description[0] = '\0';
	else if (strcmp(argv[0], "preference") == 0)
		p->preference = 0;
	else if (strcmp(argv[0], "max-conn") == 0)
		p->max_conn = 0;
	else if (strcmp(argv[0], "huntstop") == 0)
		p->huntstop = false;
	else
		p->shutdown = false;
	return CMD_SUCCESS;
}

/* Its zone has no number: there is one kind of emergency call here. */
DEFUN(emergency, emergency_cmd, "emergency response zone",
      "Emergency calls\nGo out on this peer\nTo whoever answers them here\n")
{
	dial_peer_of(vty)->emergency = true;
	return CMD_SUCCESS;
}

DEFUN(no_emergency, no_emergency_cmd, "no emergency response zone",
      NO_STR "Emergency calls\nGo out on this peer\nTo whoever answers them here\n")
{
	dial_peer_of(vty)->emergency = false;
	return CMD_SUCCESS;
}

/* ---- installing */

void dial_peer_install_node(int node, struct cmd_element *const *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		install_element(node, commands[i]);
}

void dial_peer_install_kind(enum peer_kind kind, struct cmd_element *const *commands, size_t count)
{
	dial_peer_install_node(kind == PEER_POTS ? CONF_POTS_PEER_NODE : CONF_VOIP_PEER_NODE,
			       commands, count);
}

void dial_peer_install(struct cmd_element *const *commands, size_t count)
{
	dial_peer_install_kind(PEER_POTS, commands, count);
	dial_peer_install_kind(PEER_VOIP, commands, count);
}

static void dial_peer_setup(void)
{
	static struct cmd_node pots = {CONF_POTS_PEER_NODE, "%s(config-dial-peer)# ", 1,
				       .name = "dial-peer-pots"};
	static struct cmd_node voip = {CONF_VOIP_PEER_NODE, "%s(config-dial-peer)# ", 1,
				       .name = "dial-peer-voip"};
	static struct cmd_element *const commands[] = {&destination_pattern_cmd,
						       &incoming_called_cmd,
						       &no_incoming_called_cmd,
						       &answer_address_cmd,
						       &p_description_cmd,
						       &preference_cmd,
						       &max_conn_cmd,
						       &huntstop_cmd,
						       &emergency_cmd,
						       &no_emergency_cmd,
						       &p_shutdown_cmd,
						       &p_no_cmd};

	conf_node_install(&pots);
	conf_node_install(&voip);
	install_element(CONF_ROOT_NODE, &dial_peer_cmd);
	dial_peer_install(commands, ARRAY_SIZE(commands));
	dial_peer_classes_install();
	cause_map_install(CONF_POTS_PEER_NODE);
	cause_map_install(CONF_VOIP_PEER_NODE);
	progress_ind_install();
	dial_peer_pots_install();
	dial_peer_voip_install();
}

/* ---- check */

static int compare_peers(const void *pa, const void *pb)
{
	const struct conf_peer *a = *(struct conf_peer *const *)pa;
	const struct conf_peer *b = *(struct conf_peer *const *)pb;

	return a->peer.tag < b->peer.tag ? -1 : a->peer.tag > b->peer.tag;
}

/* Puts the list in order of tags. */
static void sort_peers(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_peer **sorted, *p;
	size_t count = llist_count(&conf->peers), n = 0;

	if (!count)
		return;
	sorted = talloc_array(loader, struct conf_peer *, count);
	OSMO_ASSERT(sorted);
	llist_for_each_entry (p, &conf->peers, entry)
		sorted[n++] = p;
	qsort(sorted, count, sizeof(*sorted), compare_peers);
	INIT_LLIST_HEAD(&conf->peers);
	for (size_t i = 0; i < count; i++)
		llist_add_tail(&sorted[i]->entry, &conf->peers);
	talloc_free(sorted);
}

static void check_peer(struct loader *loader, const struct conf_peer *p)
{
	const char *down = peer_down_reason(&p->peer);

	if (loader_block_is_broken(loader, p->line))
		return;
	if (down && !p->peer.shutdown)
		loader_warning(loader, p->line, "dial-peer voice %u is down: %s", p->peer.tag,
			       down);
	dial_peer_classes_check(loader, p);
	if (p->peer.kind == PEER_POTS)
		dial_peer_pots_check(loader, p);
	else
		dial_peer_voip_check(loader, p);
}

static void dial_peer_check(struct loader *loader)
{
	struct conf_peer *p;

	sort_peers(loader);
	llist_for_each_entry (p, &loader_conf(loader)->peers, entry) {
		dial_peer_voip_resolve(loader, p);
		check_peer(loader, p);
	}
}

/* ---- writing */

static void write_common(const struct peer *p, struct conf_writer *writer)
{
	conf_put(writer, "dial-peer voice %u %s", p->tag, p->kind == PEER_POTS ? "pots" : "voip");
	if (p->description[0])
		conf_put(writer, " description %s", p->description);
	if (p->shutdown)
		conf_put(writer, " shutdown");
	if (p->preference)
		conf_put(writer, " preference %u", p->preference);
	if (p->destination_pattern[0])
		conf_put(writer, " destination-pattern %s", p->destination_pattern);
	if (p->incoming_called_number[0])
		conf_put(writer, " incoming called-number %s", p->incoming_called_number);
	if (p->answer_address[0])
		conf_put(writer, " answer-address %s", p->answer_address);
	if (p->max_conn)
		conf_put(writer, " max-conn %u", p->max_conn);
	if (p->huntstop)
		conf_put(writer, " huntstop");
	if (p->emergency)
		conf_put(writer, " emergency response zone");
}

static void dial_peer_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry) {
		write_common(&p->peer, writer);
		dial_peer_classes_write(&p->peer, writer);
		if (p->peer.kind == PEER_POTS)
			dial_peer_pots_write(p, writer);
		else
			dial_peer_voip_write(p, writer);
		cause_map_write(conf, p->peer.cause_table, writer);
		progress_ind_write(&p->peer, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_dial_peer_block = {
    .setup = dial_peer_setup, .check = dial_peer_check, .write = dial_peer_write};
