// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "dialplan/plan.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

#define CALL_BLOCK_CAUSE 63 /* what 0 means, peer.h */

static const struct plan *current_plan(void)
{
	struct office *office = console_gateway()->office;

	return office ? office_plan(office) : NULL;
}

/* Its port, or all ports of its trunk groups. */
static bool port_is_down(const struct peer *p)
{
	struct plan_request state = {0};
	bool down = false;

	if (p->kind != PEER_POTS || !console_gateway()->office)
		return false;
	if (p->port[0]) {
		office_fill_state(console_gateway()->office, &state);
		return state.status(state.status_arg, p).state == PLAN_PEER_PORT_DOWN;
	}
	for (unsigned i = 0; i < PEER_TRUNK_GROUPS_MAX && p->trunk_groups[i].name[0]; i++) {
		down = trunk_group_is_down(p->trunk_groups[i].name);
		if (!down)
			return false;
	}
	return down;
}

/* Why it cannot be looked at, or NULL. */
static const char *down_reason(const struct plan *plan, const struct peer *p, char text[96])
{
	const char *missing = plan_peer_missing(plan, p);

	if (!peer_is_valid(p))
		return peer_down_reason(p);
	if (!missing)
		return NULL;
	snprintf(text, 96, "%s is not configured", missing);
	return text;
}

/* "up", or what keeps a call from going out on it. */
static const char *oper_state(const struct plan *plan, const struct peer *p)
{
	char why[96];

	if (down_reason(plan, p, why))
		return "down";
	return port_is_down(p) ? "port down" : "up";
}

/* All of them; "-" if there is none. */
static void target(const struct peer *p, char *text, size_t size)
{
	if (p->kind == PEER_POTS)
		snprintf(text, size, "%s", p->port);
	else if (p->pool)
		snprintf(text, size, "voice register pool %u", p->pool);
	else if (p->server_group)
		snprintf(text, size, "server-group %u", p->server_group);
	else
		snprintf(text, size, "%s", p->session_target);
	for (unsigned i = 0; i < PEER_TRUNK_GROUPS_MAX && p->trunk_groups[i].name[0]; i++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%strunkgroup %s", used ? ", " : "",
			 p->trunk_groups[i].name);
	}
	if (!text[0])
		snprintf(text, size, "-");
}

static void calls_text(const struct peer *p, char text[24])
{
	struct office *office = console_gateway()->office;
	unsigned calls = office ? office_peer_calls(office, p->tag) : 0;

	if (p->max_conn)
		snprintf(text, 24, "%u of %u", calls, p->max_conn);
	else
		snprintf(text, 24, "%u", calls);
}

/* What a call that goes out is compared with. */
static const char *outbound_key(const struct peer *p, char text[32])
{
	if (p->destination_pattern[0])
		return p->destination_pattern;
	if (p->destination_map)
		snprintf(text, 32, "e164-pattern-map %u", p->destination_map);
	else
		snprintf(text, 32, "%s", p->pool ? "telephones" : "-");
	return text;
}

static void print_summary(struct vty *vty, const struct plan *plan, const struct peer *p,
			  int key_width)
{
	char calls[24], place[PEER_TARGET_MAX + 1], key[32];

	calls_text(p, calls);
	target(p, place, sizeof(place));
	console_print(vty, "%-10u %-5s %-6s %-10s %-*s %4u  %-9s %-9s %s", p->tag,
		      p->kind == PEER_POTS ? "pots" : "voip", p->shutdown ? "down" : "up",
		      oper_state(plan, p), key_width, outbound_key(p, key), p->preference, calls,
		      keepalive_text(p), place);
}

DEFUN(show_peer_summary, show_peer_summary_cmd, "show dial-peer voice summary",
      SHOW_STR "Dial peers\n"
	       "Voice\n"
	       "One line a dial peer\n")
{
	const struct plan *plan = current_plan();
	size_t count = plan ? plan_peer_count(plan) : 0;
	int key_width = 24;
	char key[32];

	if (count == 0) {
		console_print(vty, "There is no dial peer.");
		return CMD_SUCCESS;
	}
	for (size_t i = 0; i < count; i++)
		console_widen(&key_width, outbound_key(plan_peer_at(plan, i), key));
	console_print(vty, "%-10s %-5s %-6s %-10s %-*s %4s  %-9s %-9s %s", "Tag", "Type", "Admin",
		      "Oper", key_width, "Destination pattern", "Pref", "Calls", "Keepalive",
		      "Port or session target");
	for (size_t i = 0; i < count; i++)
		print_summary(vty, plan, plan_peer_at(plan, i), key_width);
	return CMD_SUCCESS;
}

static void field(struct vty *vty, const char *name, const char *value)
{
	if (value[0])
		console_print(vty, "  %-24s %s", name, value);
}

static void number_field(struct vty *vty, const char *name, unsigned value)
{
	if (value)
		console_print(vty, "  %-24s %u", name, value);
}

static void print_uris(struct vty *vty, const struct peer *p)
{
	static const char *const in[] = {"incoming uri request", "incoming uri to",
					 "incoming uri from", "incoming uri via"};
	static const char *const out[PEER_URI_COUNT] = {
	    [PEER_URI_REQUEST] = "destination uri",
	    [PEER_URI_TO] = "destination uri-to",
	    [PEER_URI_FROM] = "destination uri-from",
	    [PEER_URI_VIA] = "destination uri-via",
	    [PEER_URI_DIVERSION] = "destination uri-diversion",
	    [PEER_URI_REFERRED_BY] = "destination uri-referred-by",
	};

	for (unsigned i = 0; i <= PEER_URI_VIA; i++)
		field(vty, in[i], p->incoming_uri[i]);
	for (unsigned i = 0; i < PEER_URI_COUNT; i++)
		field(vty, out[i], p->destination_uri[i]);
	field(vty, "carrier-id source", p->carrier_source);
	field(vty, "carrier-id target", p->carrier_target);
}

/* What it is found by. */
static void print_keys(struct vty *vty, const struct peer *p)
{
	field(vty, "destination-pattern", p->destination_pattern);
	number_field(vty, "destination map", p->destination_map);
	number_field(vty, "destination calling map", p->calling_out_map);
	field(vty, "incoming called-number", p->incoming_called_number);
	number_field(vty, "incoming called map", p->called_map);
	number_field(vty, "incoming calling map", p->calling_map);
	field(vty, "answer-address", p->answer_address);
	print_uris(vty, p);
	if (p->numbering_type != PEER_TON_ANY)
		field(vty, "numbering-type", number_ton_name(p->numbering_type));
}

/* What it decides. */
static void print_choices(struct vty *vty, const struct peer *p)
{
	number_field(vty, "destination dpg", p->dpg);
	number_field(vty, "destination policy", p->provision_policy);
	field(vty, "corlist incoming", p->cor_incoming);
	field(vty, "corlist outgoing", p->cor_outgoing);
	field(vty, "translation incoming", p->profile_incoming);
	field(vty, "translation outgoing", p->profile_outgoing);
	if (p->call_block[0])
		console_print(vty, "  %-24s %s, cause %u", "call-block", p->call_block,
			      p->call_block_cause ? p->call_block_cause : CALL_BLOCK_CAUSE);
}

static void print_pots(struct vty *vty, const struct peer *p)
{
	static const char *const forward[] = {
	    [PEER_FORWARD_DEFAULT] = "",
	    [PEER_FORWARD_COUNT] = "the last",
	    [PEER_FORWARD_ALL] = "all",
	    [PEER_FORWARD_EXTRA] = "extra",
	};
	char count[24] = "";

	field(vty, "port", p->port);
	for (unsigned i = 0; i < PEER_TRUNK_GROUPS_MAX && p->trunk_groups[i].name[0]; i++)
		console_print(vty, "  %-24s %s, preference %u", "trunkgroup",
			      p->trunk_groups[i].name, p->trunk_groups[i].preference);
	field(vty, "digit-strip", p->no_digit_strip ? "no" : "yes");
	if (p->forward == PEER_FORWARD_COUNT)
		snprintf(count, sizeof(count), "the last %u", p->forward_count);
	field(vty, "forward-digits", count[0] ? count : forward[p->forward]);
	field(vty, "prefix", p->prefix);
	field(vty, "direct-inward-dial", p->no_direct_inward_dial ? "no" : "yes");
}

static void print_voip(struct vty *vty, const struct peer *p)
{
	static const char *const transports[] = {
	    [PEER_TRANSPORT_SYSTEM] = "as sip-ua says",
	    [PEER_TRANSPORT_UDP] = "udp",
	    [PEER_TRANSPORT_TCP] = "tcp",
	    [PEER_TRANSPORT_TLS] = "tcp tls",
	};
	char codecs[64] = "", digits[PEER_DTMF_TEXT_MAX];

	number_field(vty, "voice register pool", p->pool);
	number_field(vty, "voice hunt-group", p->hunt_group);
	if (p->hunt_group)
		return; /* each member has its own dial peer */
	if (!p->pool) {
		field(vty, "session target", p->session_target);
		number_field(vty, "session server-group", p->server_group);
		field(vty, "session transport", transports[p->transport]);
		field(vty, "options-keepalive", keepalive_text(p));
	}
	for (size_t i = 0; i < PEER_CODECS_MAX && p->codecs[i]; i++) {
		if (i)
			strcat(codecs, ", ");
		strcat(codecs, peer_codec_name(p->codecs[i]));
	}
	field(vty, "codec", codecs[0] ? codecs : "G.711, the other leg's law first");
	peer_dtmf_text(p->dtmf, digits);
	field(vty, "dtmf-relay", digits[0] ? digits : "none: digits in the audio");
}

static void print_peer(struct vty *vty, const struct plan *plan, const struct peer *p)
{
	char text[24], why[96];
	const char *reason = down_reason(plan, p, why);

	console_print(vty, "VoiceEncapPeer %u", p->tag);
	field(vty, "type", p->kind == PEER_POTS ? "pots" : "voip");
	field(vty, "description", p->description);
	console_print(vty, "  %-24s admin %s, oper %s%s%s", "state", p->shutdown ? "down" : "up",
		      oper_state(plan, p), reason ? ": " : "", reason ? reason : "");
	print_keys(vty, p);
	print_choices(vty, p);
	if (!p->pool) { /* each number has its own */
		snprintf(text, sizeof(text), "%u", p->preference);
		field(vty, "preference", text);
		field(vty, "huntstop", p->huntstop ? "yes" : "no");
	}
	if (p->emergency)
		field(vty, "emergency response", "zone");
	calls_text(p, text);
	field(vty, "calls now", text);
	if (p->kind == PEER_POTS)
		print_pots(vty, p);
	else
		print_voip(vty, p);
}

DEFUN(show_peer, show_peer_cmd, "show dial-peer voice",
      SHOW_STR "Dial peers\n"
	       "Voice\n")
{
	const struct plan *plan = current_plan();
	size_t count = plan ? plan_peer_count(plan) : 0;

	for (size_t i = 0; i < count; i++)
		print_peer(vty, plan, plan_peer_at(plan, i));
	if (count == 0)
		console_print(vty, "There is no dial peer.");
	return CMD_SUCCESS;
}

DEFUN(show_peer_one, show_peer_one_cmd, "show dial-peer voice <1-2147483647>",
      SHOW_STR "Dial peers\n"
	       "Voice\n"
	       "Tag of a dial peer\n")
{
	const struct plan *plan = current_plan();
	size_t count = plan ? plan_peer_count(plan) : 0;
	unsigned long tag = strtoul(argv[0], NULL, 10);

	for (size_t i = 0; i < count; i++) {
		const struct peer *p = plan_peer_at(plan, i);

		if (p->tag == tag) {
			print_peer(vty, plan, p);
			return CMD_SUCCESS;
		}
	}
	console_print(vty, "%% There is no dial peer %s.", argv[0]);
	return CMD_WARNING;
}

void show_peer_install(void)
{
	install_element(ENABLE_NODE, &show_peer_summary_cmd);
	install_element(ENABLE_NODE, &show_peer_cmd);
	install_element(ENABLE_NODE, &show_peer_one_cmd);
}
