// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/peer.h"

#include <stdlib.h>
#include <string.h>

void peer_init(struct peer *p, uint32_t tag, enum peer_kind kind)
{
	memset(p, 0, sizeof(*p));
	p->tag = tag;
	p->kind = kind;
	p->numbering_type = PEER_TON_ANY;
}

static bool has_target(const struct peer *p)
{
	if (p->kind == PEER_POTS)
		return p->port[0] || p->trunk_groups[0].name[0];
	return p->session_target[0] || p->server_group;
}

/* Keys that make a peer valid by themselves: all inbound ones but port, and destination-pattern. */
static bool has_incoming_key(const struct peer *p)
{
	for (unsigned u = 0; u <= PEER_URI_VIA; u++)
		if (p->incoming_uri[u][0])
			return true;
	return p->incoming_called_number[0] || p->answer_address[0] || p->called_map ||
	       p->calling_map || p->carrier_source[0];
}

static bool has_outbound_key(const struct peer *p)
{
	for (unsigned u = 0; u < PEER_URI_COUNT; u++)
		if (p->destination_uri[u][0])
			return true;
	return p->destination_pattern[0] || p->destination_map || p->calling_out_map ||
	       p->carrier_target[0];
}

const char *peer_down_reason(const struct peer *p)
{
	if (p->shutdown)
		return "shutdown";
	if (p->pool || has_incoming_key(p))
		return NULL;
	if (!has_outbound_key(p))
		return "no destination-pattern, incoming called-number or answer-address";
	if (!has_target(p))
		return p->kind == PEER_POTS ? "no port" : "no session target";
	return NULL;
}

bool peer_is_valid(const struct peer *p)
{
	return !peer_down_reason(p);
}

bool peer_is_outbound(const struct peer *p)
{
	return peer_is_valid(p) && (p->pool || (has_outbound_key(p) && has_target(p)));
}

bool peer_is_inbound(const struct peer *p)
{
	/* destination-pattern is compared with the calling number, and a pots peer has a port (rules
	 * 2.2, 2.3) */
	return peer_is_valid(p) && !p->hunt_group && !p->in_fallback &&
	       (p->pool || has_incoming_key(p) || p->destination_pattern[0] || p->port[0]);
}

bool peer_prefix_is_valid(const char *prefix)
{
	return strspn(prefix, "0123456789ABCD*#,") == strlen(prefix);
}

unsigned peer_port_span(const char *port, unsigned *timeslot)
{
	unsigned long span, slot = 0;
	char *end;

	if (*port < '1' || *port > '9')
		return 0;
	span = strtoul(port, &end, 10);
	if (span > 65535 || (*end != ':' && *end != '/'))
		return 0;
	if (*end == ':') {
		if (strcmp(end, ":D") != 0 && strcmp(end, ":15") != 0 && strcmp(end, ":23") != 0)
			return 0;
	} else {
		if (end[1] < '1' || end[1] > '9')
			return 0;
		slot = strtoul(end + 1, &end, 10);
		if (slot > 31 || *end)
			return 0;
	}
	if (timeslot)
		*timeslot = slot;
	return span;
}

bool peer_port_equal(const char *a, const char *b)
{
	unsigned slot_a, slot_b;
	unsigned span = peer_port_span(a, &slot_a);

	return span && span == peer_port_span(b, &slot_b) && slot_a == slot_b;
}

bool peer_carries(const struct peer *p, bool data)
{
	bool audio = p->kind == PEER_POTS || !p->codecs[0], clear = p->kind == PEER_POTS;

	for (unsigned i = 0; i < PEER_CODECS_MAX && p->codecs[i]; i++) {
		if (p->codecs[i] == PEER_CODEC_CLEAR)
			clear = true;
		else
			audio = true;
	}
	return data ? clear : audio;
}

static const struct {
	const char *name;
	enum peer_dtmf method;
} dtmf_methods[] = {
    {"rtp-nte", PEER_DTMF_RTP_NTE},
    {"sip-kpml", PEER_DTMF_SIP_KPML},
    {"sip-notify", PEER_DTMF_SIP_NOTIFY},
    {"sip-info", PEER_DTMF_SIP_INFO},
};
#define DTMF_METHODS (sizeof(dtmf_methods) / sizeof(dtmf_methods[0]))

void peer_dtmf_text(uint8_t dtmf, char text[PEER_DTMF_TEXT_MAX])
{
	text[0] = '\0';
	for (unsigned i = 0; i < DTMF_METHODS; i++) {
		if (!(dtmf & dtmf_methods[i].method))
			continue;
		if (text[0])
			strcat(text, " ");
		strcat(text, dtmf_methods[i].name);
	}
}

uint8_t peer_dtmf_method(const char *name)
{
	for (unsigned i = 0; i < DTMF_METHODS; i++)
		if (strcmp(dtmf_methods[i].name, name) == 0)
			return dtmf_methods[i].method;
	return 0;
}

const char *peer_codec_name(unsigned codec)
{
	switch (codec) {
	case PEER_CODEC_G711ULAW:
		return "g711ulaw";
	case PEER_CODEC_G711ALAW:
		return "g711alaw";
	case PEER_CODEC_CLEAR:
		return "clear-channel";
	}
	return "";
}
