// SPDX-License-Identifier: GPL-2.0-or-later
/* What only voip peers have: where calls go, and how they are treated. */
#include "conf/dial_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/definition.h"
#include "conf/number_change.h"
#include "conf/sip_options.h"
#include "conf/stir_shaken.h"
#include "conf/sip_register.h"
#include "conf/value.h"

static const char *const aliases[] = {
    [CONF_TARGET_SIP_SERVER] = "sip-server",
    [CONF_TARGET_REGISTRAR] = "registrar",
};

static void set_target(struct conf_peer *p, const char *target, enum conf_target_alias alias)
{
	snprintf(p->peer.session_target, sizeof(p->peer.session_target), "%s", target);
	p->target_alias = alias;
}

DEFUN(session_target, session_target_cmd, "session target TARGET",
      "Calls that go out\nWhere they go\nipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
      "dns:HOST[:PORT], enum:TABLE, sip-server or registrar\n")
{
	struct conf_peer *p = dial_peer_entry_of(vty);
	char why[128];

	for (unsigned i = CONF_TARGET_SIP_SERVER; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(argv[0], aliases[i]) != 0)
			continue;
		set_target(p, "", i);
		return CMD_SUCCESS;
	}
	if (strlen(argv[0]) > PEER_TARGET_MAX)
		return conf_error(vty, "session target: longer than %d characters",
				  PEER_TARGET_MAX);
	if (value_session_target(argv[0], why, sizeof(why)) < 0)
		return conf_error(vty, "session target %s: %s", argv[0], why);
	set_target(p, argv[0], CONF_TARGET_ITSELF);
	return CMD_SUCCESS;
}

DEFUN(session_group, session_group_cmd, "session server-group NUMBER",
      "Calls that go out\nThe servers of a group\nNumber of a voice class server-group\n")
{
	static const struct value_range range = {"session server-group", 1, 10000};

	return value_number(vty, argv[0], &range, &dial_peer_of(vty)->server_group);
}

DEFUN(session_protocol, session_protocol_cmd, "session protocol sipv2",
      "Calls that go out\nProtocol\nSIP, the only one there is\n")
{
	return CMD_SUCCESS;
}

DEFUN(p_session_transport, p_session_transport_cmd, "session transport (udp|tcp|system)",
      "Calls that go out\nTransport\nUDP\nTCP\nWhat sip-ua says\n")
{
	struct peer *p = dial_peer_of(vty);

	if (strcmp(argv[0], "system") == 0)
		p->transport = PEER_TRANSPORT_SYSTEM;
	else
		p->transport =
		    strcmp(argv[0], "tcp") == 0 ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP;
	return CMD_SUCCESS;
}

DEFUN(p_session_transport_tls, p_session_transport_tls_cmd, "session transport tcp tls",
      "Calls that go out\nTransport\nTCP\nSecured by TLS\n")
{
	dial_peer_of(vty)->transport = PEER_TRANSPORT_TLS;
	return CMD_SUCCESS;
}

DEFUN(no_session, no_session_cmd, "no session (target|protocol|transport|server-group)",
      NO_STR "Calls that go out\nWhere they go\nProtocol\nTransport\nThe servers of a group\n")
{
	struct conf_peer *p = dial_peer_entry_of(vty);

	if (strcmp(argv[0], "target") == 0)
		set_target(p, "", CONF_TARGET_ITSELF);
	else if (strcmp(argv[0], "transport") == 0)
		p->peer.transport = PEER_TRANSPORT_SYSTEM;
	else if (strcmp(argv[0], "server-group") == 0)
		p->peer.server_group = 0;
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
	memcpy(dial_peer_of(vty)->codecs, wanted, sizeof(wanted));
	return CMD_SUCCESS;
}

DEFUN(dtmf_relay, dtmf_relay_cmd, "dtmf-relay .METHODS",
      "How digits are sent\nrtp-nte (RFC 4733), sip-kpml (RFC 4730), sip-notify, sip-info\n")
{
	uint8_t wanted = 0;

	for (int i = 0; i < argc; i++) {
		uint8_t method = peer_dtmf_method(argv[i]);

		if (!method)
			return conf_error(vty,
					  "dtmf-relay %s: expected rtp-nte, sip-kpml, sip-notify "
					  "or sip-info",
					  argv[i]);
		wanted |= method;
	}
	dial_peer_of(vty)->dtmf = wanted;
	return CMD_SUCCESS;
}

DEFUN(payload_type, payload_type_cmd, "rtp payload-type nte NUMBER",
      "RTP\nPayload types\nOf RFC 4733 digits\n96 to 127\n")
{
	static const struct value_range range = {"rtp payload-type nte", 96, 127};
	unsigned type;

	if (value_number(vty, argv[0], &range, &type) != CMD_SUCCESS)
		return CONF_REFUSED;
	dial_peer_of(vty)->nte_payload_type = type;
	return CMD_SUCCESS;
}

DEFUN(no_payload_type, no_payload_type_cmd, "no rtp payload-type nte",
      NO_STR "RTP\nPayload types\nOf RFC 4733 digits\n")
{
	dial_peer_of(vty)->nte_payload_type = 0;
	return CMD_SUCCESS;
}

DEFUN(voip_no, voip_no_cmd, "no (codec|dtmf-relay)", NO_STR "Codecs\nHow digits are sent\n")
{
	struct peer *p = dial_peer_of(vty);

	if (strcmp(argv[0], "codec") == 0)
		memset(p->codecs, 0, sizeof(p->codecs));
	else
		p->dtmf = 0;
	return CMD_SUCCESS;
}

void dial_peer_voip_install(void)
{
	static struct cmd_element *const commands[] = {&session_target_cmd,
						       &session_group_cmd,
						       &session_protocol_cmd,
						       &p_session_transport_cmd,
						       &p_session_transport_tls_cmd,
						       &no_session_cmd,
						       &codec_cmd,
						       &dtmf_relay_cmd,
						       &payload_type_cmd,
						       &no_payload_type_cmd,
						       &voip_no_cmd};

	dial_peer_install_kind(PEER_VOIP, commands, ARRAY_SIZE(commands));
	number_change_install_formats(CONF_VOIP_PEER_NODE);
}

void dial_peer_voip_install_pool(void)
{
	static struct cmd_element *const commands[] = {
	    &codec_cmd, &dtmf_relay_cmd, &payload_type_cmd, &no_payload_type_cmd, &voip_no_cmd};

	dial_peer_install_node(CONF_POOL_NODE, commands, ARRAY_SIZE(commands));
}

void dial_peer_voip_resolve(struct loader *loader, struct conf_peer *p)
{
	const struct conf *conf = loader_conf(loader);
	const char *target = p->target_alias == CONF_TARGET_SIP_SERVER
				 ? conf->sip_server
				 : sip_register_target(conf, p->peer.tenant);

	if (p->target_alias == CONF_TARGET_ITSELF)
		return;
	strcpy(p->peer.session_target, target);
	p->peer.to_registrar = p->target_alias == CONF_TARGET_REGISTRAR;
	if (!*target && !loader_is_incomplete(loader) &&
	    !loader_block_is_broken(loader, conf->sip_ua_line))
		loader_error(loader, p->line,
			     "dial-peer voice %u: session target %s: sip-ua has no %s", p->peer.tag,
			     aliases[p->target_alias], aliases[p->target_alias]);
}

void dial_peer_voip_check(struct loader *loader, const struct conf_peer *p)
{
	const struct conf *conf = loader_conf(loader);
	const struct peer *peer = &p->peer;
	char where[64];

	if (!sip_transport_is_on(conf, peer->transport))
		loader_error(loader, p->line,
			     "dial-peer voice %u: session transport %s, which sip-ua has switched "
			     "off",
			     peer->tag, sip_transport_words(peer->transport));
	if (peer->session_target[0] && peer->server_group)
		loader_error(loader, p->line,
			     "dial-peer voice %u has session target and session server-group: "
			     "expected one of them",
			     peer->tag);
	snprintf(where, sizeof(where), "dial-peer voice %u: session server-group", peer->tag);
	definition_check_number(loader, p->line, DEFINITION_SERVER_GROUP, peer->server_group,
				where);
	snprintf(where, sizeof(where), "dial-peer voice %u: voice-class sip tenant", peer->tag);
	definition_check_number(loader, p->line, DEFINITION_TENANT, peer->tenant, where);
	snprintf(where, sizeof(where), "dial-peer voice %u: voice-class sip", peer->tag);
	sip_transport_check_options(loader, p->line, where, &peer->sip);
	snprintf(where, sizeof(where), "dial-peer voice %u", peer->tag);
	stir_shaken_check_use(loader, p->line, where, &peer->sip);
	snprintf(where, sizeof(where), "dial-peer voice %u: session target enum", peer->tag);
	if (strncmp(peer->session_target, "enum:", 5) == 0)
		definition_check_number(loader, p->line, DEFINITION_ENUM_TABLE,
					strtoul(peer->session_target + 5, NULL, 10), where);
}

void dial_peer_voip_write_pool(const struct peer *p, struct conf_writer *writer)
{
	char names[PEER_CODECS_MAX * 16] = "", methods[PEER_DTMF_TEXT_MAX];

	for (unsigned i = 0; i < PEER_CODECS_MAX && p->codecs[i]; i++) {
		strcat(names, " ");
		strcat(names, peer_codec_name(p->codecs[i]));
	}
	peer_dtmf_text(p->dtmf, methods);
	if (methods[0])
		conf_put(writer, " dtmf-relay %s", methods);
	if (p->nte_payload_type)
		conf_put(writer, " rtp payload-type nte %u", p->nte_payload_type);
	if (names[0])
		conf_put(writer, " codec%s", names);
}

void dial_peer_voip_write(const struct conf_peer *entry, struct conf_writer *writer)
{
	const struct peer *p = &entry->peer;

	if (entry->target_alias != CONF_TARGET_ITSELF)
		conf_put(writer, " session target %s", aliases[entry->target_alias]);
	else if (p->session_target[0])
		conf_put(writer, " session target %s", p->session_target);
	if (p->server_group)
		conf_put(writer, " session server-group %u", p->server_group);
	if (p->transport != PEER_TRANSPORT_SYSTEM)
		conf_put(writer, " session transport %s", sip_transport_words(p->transport));
	dial_peer_voip_write_pool(p, writer);
	if (p->tenant)
		conf_put(writer, " voice-class sip tenant %u", p->tenant);
	sip_options_write(&p->sip, " voice-class sip ", writer);
	sip_transfer_write(&p->sip, writer);
	sip_media_write(&p->sip, writer);
	number_change_write_formats(p->called_format, p->calling_format, writer);
}
