// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "dialplan/plan.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/isdn/leg_isdn.h"

static const struct plan *current_plan(void)
{
	struct office *office = console_gateway()->office;

	return office ? office_plan(office) : NULL;
}

/* "up", or what keeps a call from going out on it. */
static const char *oper_state(const struct peer *p)
{
	const struct isdn_lines *lines = console_gateway()->lines;
	unsigned span = p->kind == PEER_POTS ? peer_port_span(p->port, NULL) : 0;

	if (!peer_is_valid(p))
		return "down";
	if (lines && span >= 1 && span < sizeof(lines->line) / sizeof(lines->line[0]) &&
	    lines->line[span] && !isdn_line_is_up(lines->line[span]))
		return "port down";
	return "up";
}

static const char *target(const struct peer *p)
{
	const char *text = p->kind == PEER_POTS ? p->port : p->session_target;

	return text[0] ? text : "-";
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

static void print_summary(struct vty *vty, const struct peer *p)
{
	char calls[24];

	calls_text(p, calls);
	console_print(vty, "%-10u %-5s %-6s %-10s %-24s %4u  %-9s %s", p->tag,
		      p->kind == PEER_POTS ? "pots" : "voip", p->shutdown ? "down" : "up",
		      oper_state(p), p->destination_pattern[0] ? p->destination_pattern : "-",
		      p->preference, calls, target(p));
}

DEFUN(show_peer_summary, show_peer_summary_cmd, "show dial-peer voice summary",
      SHOW_STR "Dial peers\n"
	       "Voice\n"
	       "One line a dial peer\n")
{
	const struct plan *plan = current_plan();
	size_t count = plan ? plan_peer_count(plan) : 0;

	if (count == 0) {
		console_print(vty, "There is no dial peer.");
		return CMD_SUCCESS;
	}
	console_print(vty, "%-10s %-5s %-6s %-10s %-24s %4s  %-9s %s", "Tag", "Type", "Admin",
		      "Oper", "Destination pattern", "Pref", "Calls", "Port or session target");
	for (size_t i = 0; i < count; i++)
		print_summary(vty, plan_peer_at(plan, i));
	return CMD_SUCCESS;
}

static void field(struct vty *vty, const char *name, const char *value)
{
	if (value[0])
		console_print(vty, "  %-24s %s", name, value);
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
	};
	char codecs[64] = "";

	field(vty, "session target", p->session_target);
	field(vty, "session transport", transports[p->transport]);
	for (size_t i = 0; i < PEER_CODECS_MAX && p->codecs[i]; i++) {
		if (i)
			strcat(codecs, ", ");
		strcat(codecs, peer_codec_name(p->codecs[i]));
	}
	field(vty, "codec", codecs[0] ? codecs : "G.711, the other leg's law first");
	field(vty, "dtmf-relay",
	      p->dtmf == PEER_DTMF_RTP_NTE ? "rtp-nte" : "none: digits in the audio");
}

static void print_peer(struct vty *vty, const struct peer *p)
{
	const char *reason = peer_down_reason(p);
	char text[24];

	console_print(vty, "VoiceEncapPeer %u", p->tag);
	field(vty, "type", p->kind == PEER_POTS ? "pots" : "voip");
	field(vty, "description", p->description);
	console_print(vty, "  %-24s admin %s, oper %s%s%s", "state", p->shutdown ? "down" : "up",
		      oper_state(p), reason ? ": " : "", reason ? reason : "");
	field(vty, "destination-pattern", p->destination_pattern);
	field(vty, "incoming called-number", p->incoming_called_number);
	field(vty, "answer-address", p->answer_address);
	snprintf(text, sizeof(text), "%u", p->preference);
	field(vty, "preference", text);
	field(vty, "huntstop", p->huntstop ? "yes" : "no");
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
		print_peer(vty, plan_peer_at(plan, i));
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
			print_peer(vty, p);
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
