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

#include "conf/conf_blocks.h"
#include "conf/value.h"
#include "dialplan/pattern.h"

static struct peer *peer_of(struct vty *vty)
{
	struct conf_peer *p = vty->index;

	return &p->peer;
}

DEFUN(dial_peer, dial_peer_cmd, "dial-peer voice TAG (pots|voip)",
      "Dial peers\nVoice\nTag of the peer\nTelephone network\nVoice over IP\n")
{
	static const struct value_range range = {"dial-peer voice", 1, 2147483647};
	struct conf *conf = conf_of(vty);
	struct conf_peer *p = talloc_zero(conf, struct conf_peer);
	bool pots = strcmp(argv[1], "pots") == 0;
	unsigned tag = 0;

	OSMO_ASSERT(p);
	vty->node = pots ? CONF_POTS_PEER_NODE : CONF_VOIP_PEER_NODE;
	vty->index = p;
	value_number(vty, argv[0], &range, &tag);
	peer_init(&p->peer, tag, pots ? PEER_POTS : PEER_VOIP);
	p->line = conf_line_of(vty);
	if (!tag)
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
	return set_pattern(vty, "destination-pattern", argv[0], peer_of(vty)->destination_pattern);
}

DEFUN(incoming_called, incoming_called_cmd, "incoming called-number PATTERN",
      "Calls that come in here\nBy their called number\nPattern\n")
{
	return set_pattern(vty, "incoming called-number", argv[0],
			   peer_of(vty)->incoming_called_number);
}

DEFUN(answer_address, answer_address_cmd, "answer-address PATTERN",
      "Calls that come in here, by their calling number\nPattern\n")
{
	return set_pattern(vty, "answer-address", argv[0], peer_of(vty)->answer_address);
}

DEFUN(no_incoming_called, no_incoming_called_cmd, "no incoming called-number",
      NO_STR "Calls that come in here\nBy their called number\n")
{
	peer_of(vty)->incoming_called_number[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(p_description, p_description_cmd, "description .TEXT", "What it is for\nText\n")
{
	return value_text(vty, argc, argv, peer_of(vty)->description,
			  sizeof(peer_of(vty)->description));
}

DEFUN(preference, preference_cmd, "preference ORDER",
      "Order among peers that fit alike\n0 to 10, lower goes first\n")
{
	static const struct value_range range = {"preference", 0, 10};
	unsigned preference_value;

	if (value_number(vty, argv[0], &range, &preference_value) != CMD_SUCCESS)
		return CONF_REFUSED;
	peer_of(vty)->preference = preference_value;
	return CMD_SUCCESS;
}

DEFUN(max_conn, max_conn_cmd, "max-conn CALLS", "Limit of calls on this peer\nNumber\n")
{
	static const struct value_range range = {"max-conn", 1, 2147483647};

	return value_number(vty, argv[0], &range, &peer_of(vty)->max_conn);
}

DEFUN(huntstop, huntstop_cmd, "huntstop", "Try no other peer after this one\n")
{
	peer_of(vty)->huntstop = true;
	return CMD_SUCCESS;
}

DEFUN(p_shutdown, p_shutdown_cmd, "shutdown", "Leave this peer unused\n")
{
	peer_of(vty)->shutdown = true;
	return CMD_SUCCESS;
}

DEFUN(p_no, p_no_cmd,
      "no (destination-pattern|answer-address|description|preference|max-conn|huntstop|shutdown)",
      NO_STR "Called numbers that go out here\nCalls that come in, by their calling number\n"
	     "What it is for\nOrder among peers that fit alike\nLimit of calls on this peer\n"
	     "Try no other peer after this one\nLeave this peer unused\n")
{
	struct peer *p = peer_of(vty);

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
	peer_of(vty)->emergency = true;
	return CMD_SUCCESS;
}

DEFUN(no_emergency, no_emergency_cmd, "no emergency response zone",
      NO_STR "Emergency calls\nGo out on this peer\nTo whoever answers them here\n")
{
	peer_of(vty)->emergency = false;
	return CMD_SUCCESS;
}

/* ---- pots */

DEFUN(port, port_cmd, "port PORT", "Where calls of this peer go\nAs in 1:D\n")
{
	unsigned timeslot = 0;

	if (!peer_port_span(argv[0], &timeslot) || timeslot)
		return conf_error(vty,
				  "port %s: expected the D channel of a controller as in 1:D; "
				  "this release has no analogue ports",
				  argv[0]);
	return value_word(vty, "port", argv[0], peer_of(vty)->port, sizeof(peer_of(vty)->port));
}

DEFUN(digit_strip, digit_strip_cmd, "digit-strip",
      "Do not send the digits that the pattern names\n")
{
	peer_of(vty)->no_digit_strip = false;
	return CMD_SUCCESS;
}

DEFUN(forward_digits, forward_digits_cmd, "forward-digits DIGITS",
      "Which digits are sent\nHow many of the last, or all, or extra\n")
{
	static const struct value_range range = {"forward-digits", 0, NUMBER_DIGITS_MAX};
	struct peer *p = peer_of(vty);

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
	struct peer *p = peer_of(vty);

	if (!peer_prefix_is_valid(argv[0]))
		return conf_error(vty, "prefix %s: expected digits, * # A-D and commas", argv[0]);
	return value_word(vty, "prefix", argv[0], p->prefix, sizeof(p->prefix));
}

DEFUN(did, did_cmd, "direct-inward-dial", "Route on the called number of SETUP\n")
{
	peer_of(vty)->no_direct_inward_dial = false;
	return CMD_SUCCESS;
}

DEFUN(pots_no, pots_no_cmd, "no (port|digit-strip|forward-digits|prefix|direct-inward-dial)",
      NO_STR "Where calls of this peer go\nDo not send the digits that the pattern names\n"
	     "Which digits are sent\nPut in front of the digits sent\n"
	     "Route on the called number of SETUP\n")
{
	struct peer *p = peer_of(vty);

	if (strcmp(argv[0], "port") == 0)
		p->port[0] = '\0';
	else if (strcmp(argv[0], "digit-strip") == 0)
		p->no_digit_strip = true;
	else if (strcmp(argv[0], "forward-digits") == 0)
		p->forward = PEER_FORWARD_DEFAULT;
	else if (strcmp(argv[0], "prefix") == 0)
		p->prefix[0] = '\0';
	else
		p->no_direct_inward_dial = true;
	return CMD_SUCCESS;
}

/* ---- voip */

DEFUN(session_target, session_target_cmd, "session target TARGET",
      "Calls that go out\nWhere they go\nipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or "
      "dns:HOST[:PORT]\n")
{
	struct peer *p = peer_of(vty);
	char why[128];

	if (value_session_target(argv[0], why, sizeof(why)) < 0)
		return conf_error(vty, "session target %s: %s", argv[0], why);
	return value_word(vty, "session target", argv[0], p->session_target,
			  sizeof(p->session_target));
}

DEFUN(session_protocol, session_protocol_cmd, "session protocol sipv2",
      "Calls that go out\nProtocol\nSIP, the only one there is\n")
{
	return CMD_SUCCESS;
}

DEFUN(p_session_transport, p_session_transport_cmd, "session transport (udp|tcp|system)",
      "Calls that go out\nTransport\nUDP\nTCP\nWhat sip-ua says\n")
{
	struct peer *p = peer_of(vty);

	if (strcmp(argv[0], "system") == 0)
		p->transport = PEER_TRANSPORT_SYSTEM;
	else
		p->transport =
		    strcmp(argv[0], "tcp") == 0 ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP;
	return CMD_SUCCESS;
}

DEFUN(no_session, no_session_cmd, "no session (target|protocol|transport)",
      NO_STR "Calls that go out\nWhere they go\nProtocol\nTransport\n")
{
	if (strcmp(argv[0], "target") == 0)
		peer_of(vty)->session_target[0] = '\0';
	else if (strcmp(argv[0], "transport") == 0)
		peer_of(vty)->transport = PEER_TRANSPORT_SYSTEM;
	return CMD_SUCCESS;
}

DEFUN(codec, codec_cmd, "codec .CODECS",
      "Codecs, best first\ng711ulaw, g711alaw, clear-channel (data)\n")
{
	uint8_t wanted[PEER_CODECS_MAX] = {0};

	for (int i = 0; i < argc; i++) {
		uint8_t codec = PEER_CODEC_G711ULAW;

		while (codec <= PEER_CODEC_CLEAR && strcmp(argv[i], peer_codec_name(codec)) != 0)
			codec++;
		if (codec > PEER_CODEC_CLEAR)
			return conf_error(
			    vty, "codec %s: expected g711ulaw, g711alaw or clear-channel", argv[i]);
		if (memchr(wanted, codec, sizeof(wanted)))
			return conf_error(vty, "codec %s is named twice", argv[i]);
		wanted[i] = codec;
	}
	memcpy(peer_of(vty)->codecs, wanted, sizeof(wanted));
	return CMD_SUCCESS;
}

DEFUN(dtmf_relay, dtmf_relay_cmd, "dtmf-relay rtp-nte", "How digits are sent\nRFC 4733\n")
{
	peer_of(vty)->dtmf = PEER_DTMF_RTP_NTE;
	return CMD_SUCCESS;
}

DEFUN(payload_type, payload_type_cmd, "rtp payload-type nte NUMBER",
      "RTP\nPayload types\nOf RFC 4733 digits\n96 to 127\n")
{
	static const struct value_range range = {"rtp payload-type nte", 96, 127};
	unsigned type;

	if (value_number(vty, argv[0], &range, &type) != CMD_SUCCESS)
		return CONF_REFUSED;
	peer_of(vty)->nte_payload_type = type;
	return CMD_SUCCESS;
}

DEFUN(no_payload_type, no_payload_type_cmd, "no rtp payload-type nte",
      NO_STR "RTP\nPayload types\nOf RFC 4733 digits\n")
{
	peer_of(vty)->nte_payload_type = 0;
	return CMD_SUCCESS;
}

DEFUN(voip_no, voip_no_cmd, "no (codec|dtmf-relay)", NO_STR "Codecs\nHow digits are sent\n")
{
	struct peer *p = peer_of(vty);

	if (strcmp(argv[0], "codec") == 0)
		memset(p->codecs, 0, sizeof(p->codecs));
	else
		p->dtmf = PEER_DTMF_INBAND;
	return CMD_SUCCESS;
}

static void dial_peer_setup(void)
{
	static struct cmd_node pots = {CONF_POTS_PEER_NODE, "%s(config-dial-peer)# ", 1,
				       .name = "dial-peer-pots"};
	static struct cmd_node voip = {CONF_VOIP_PEER_NODE, "%s(config-dial-peer)# ", 1,
				       .name = "dial-peer-voip"};
	static struct cmd_element *const common_commands[] = {&destination_pattern_cmd,
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
	static struct cmd_element *const pots_commands[] = {
	    &port_cmd, &digit_strip_cmd, &forward_digits_cmd, &prefix_cmd, &did_cmd, &pots_no_cmd};
	static struct cmd_element *const voip_commands[] = {&session_target_cmd,
							    &session_protocol_cmd,
							    &p_session_transport_cmd,
							    &no_session_cmd,
							    &codec_cmd,
							    &dtmf_relay_cmd,
							    &payload_type_cmd,
							    &no_payload_type_cmd,
							    &voip_no_cmd};

	conf_node_install(&pots);
	conf_node_install(&voip);
	install_element(CONF_ROOT_NODE, &dial_peer_cmd);
	for (size_t i = 0; i < ARRAY_SIZE(common_commands); i++) {
		install_element(CONF_POTS_PEER_NODE, common_commands[i]);
		install_element(CONF_VOIP_PEER_NODE, common_commands[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pots_commands); i++)
		install_element(CONF_POTS_PEER_NODE, pots_commands[i]);
	for (size_t i = 0; i < ARRAY_SIZE(voip_commands); i++)
		install_element(CONF_VOIP_PEER_NODE, voip_commands[i]);
}

/* ---- check */

static int compare_peers(const void *pa, const void *pb)
{
	const struct conf_peer *a = *(struct conf_peer *const *)pa;
	const struct conf_peer *b = *(struct conf_peer *const *)pb;

	if (a->peer.tag != b->peer.tag)
		return a->peer.tag < b->peer.tag ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* Puts the list in order of tags; of two with the same tag the second is an error. */
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
	for (size_t i = 0; i < count; i++) {
		llist_add_tail(&sorted[i]->entry, &conf->peers);
		if (i && sorted[i]->peer.tag == sorted[i - 1]->peer.tag)
			loader_error(loader, sorted[i]->line,
				     "dial-peer voice %u is configured already on line %u",
				     sorted[i]->peer.tag, sorted[i - 1]->line);
	}
	talloc_free(sorted);
}

static void check_peer(struct loader *loader, const struct conf_peer *p)
{
	struct conf *conf = loader_conf(loader);
	const struct peer *peer = &p->peer;
	const char *down = peer_down_reason(peer);
	char why[128];

	if (loader_block_is_broken(loader, p->line))
		return;
	if (down && !peer->shutdown)
		loader_warning(loader, p->line, "dial-peer voice %u is down: %s", peer->tag, down);
	if (peer->port[0] && !loader_is_incomplete(loader)) {
		const struct conf_controller *c =
		    conf_find_controller(conf, peer_port_span(peer->port, NULL));

		if ((!c || !loader_block_is_broken(loader, c->line)) &&
		    !conf_controller_of_port(conf, peer->port, why, sizeof(why)))
			loader_error(loader, p->line, "dial-peer voice %u: port %s", peer->tag,
				     why);
	}
	if ((peer->transport == PEER_TRANSPORT_UDP && !conf->listen_udp) ||
	    (peer->transport == PEER_TRANSPORT_TCP && !conf->listen_tcp))
		loader_error(loader, p->line,
			     "dial-peer voice %u: session transport %s, which sip-ua has switched "
			     "off",
			     peer->tag, peer->transport == PEER_TRANSPORT_TCP ? "tcp" : "udp");
}

static void dial_peer_check(struct loader *loader)
{
	const struct conf_peer *p;

	sort_peers(loader);
	llist_for_each_entry (p, &loader_conf(loader)->peers, entry)
		check_peer(loader, p);
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

static void write_pots(const struct peer *p, struct conf_writer *writer)
{
	if (p->port[0])
		conf_put(writer, " port %s", p->port);
	if (p->no_digit_strip)
		conf_put(writer, " no digit-strip");
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
}

static void write_voip(const struct peer *p, struct conf_writer *writer)
{
	char names[PEER_CODECS_MAX * 16] = "";

	for (unsigned i = 0; i < PEER_CODECS_MAX && p->codecs[i]; i++) {
		strcat(names, " ");
		strcat(names, peer_codec_name(p->codecs[i]));
	}
	if (p->session_target[0])
		conf_put(writer, " session target %s", p->session_target);
	if (p->transport != PEER_TRANSPORT_SYSTEM)
		conf_put(writer, " session transport %s",
			 p->transport == PEER_TRANSPORT_TCP ? "tcp" : "udp");
	if (p->dtmf == PEER_DTMF_RTP_NTE)
		conf_put(writer, " dtmf-relay rtp-nte");
	if (p->nte_payload_type)
		conf_put(writer, " rtp payload-type nte %u", p->nte_payload_type);
	if (names[0])
		conf_put(writer, " codec%s", names);
}

static void dial_peer_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry) {
		write_common(&p->peer, writer);
		if (p->peer.kind == PEER_POTS)
			write_pots(&p->peer, writer);
		else
			write_voip(&p->peer, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_dial_peer_block = {
    .setup = dial_peer_setup, .check = dial_peer_check, .write = dial_peer_write};
