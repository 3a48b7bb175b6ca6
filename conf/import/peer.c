// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "dialplan/peer.h"

#define PROFILE "voice translation-profile"
#define MAP "voice class e164-pattern-map"
#define URI "voice class uri"
#define COR "dial-peer cor list"

struct import_peer { /* while its lines are read */
	struct import_line *head;
	bool sipv2, target, did, is_shut;
	const char *pattern;		   /* destination-pattern; NULL: none */
	struct import_line *tenant_target; /* session target sip-server or registrar */
	const struct import_tenant *tenant;
	const char *shut; /* why it is written shutdown; NULL: it need not */
};

/* Later lines do not take the first reason away. */
static void shut(struct import *im, const char *why)
{
	if (!im->peer->shut)
		im->peer->shut = why;
}

/* ---- what both kinds have */

static void destination(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->pattern = rest;
	import_take(im, line, NULL);
}

static void incoming_called(struct import *im, struct import_line *line, const char *rest)
{
	im->any_call = im->any_call || strcmp(rest, ".") == 0 || strcmp(rest, ".T") == 0;
	import_take(im, line, NULL);
}

static void say_shutdown(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->is_shut = true;
	import_take(im, line, NULL);
}

static void permission(struct import *im, struct import_line *line, const char *rest)
{
	if (import_behind(rest, "both")) {
		import_ignore(line, NOTE_DEFAULT);
		return;
	}
	import_ignore(line, "a peer is for both directions, or shut down");
	shut(im, "its permission is not that for both directions");
}

static void application(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, NOTE_APPLICATION);
	if (!import_behind(rest, "session") && !import_behind(rest, "default"))
		shut(im, "its calls went to an application");
}

static void emergency_zone(struct import *im, struct import_line *line, const char *rest)
{
	import_put(im, line, NULL, "emergency response zone");
	if (*rest)
		import_changed(line, "there is one zone");
	else
		import_taken(line);
}

static void calling_line(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "a translation-profile changes the calling number");
	import_add_todo(im, line, "clid %s: write it as a translation-profile outgoing of the peer",
			rest);
}

/* ---- pots */

static void port(struct import *im, struct import_line *line, const char *rest)
{
	enum import_port kind;
	char name[16];

	kind = import_port(im, rest, name);
	im->peer->target = true;
	if (kind == IMPORT_PORT_ISDN) {
		import_put(im, line, NULL, "port %s", name);
		import_changed(line, NULL);
		if (strcmp(rest, name) == 0)
			import_taken(line);
		return;
	}
	import_changed(line, import_port_note(kind));
	import_put(im, line, NULL, "! port %s", rest);
	shut(im, import_port_note(kind));
}

static void inward(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->did = true;
	import_changed(line, NOTE_DEFAULT);
}

static void no_inward(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->did = true;
	import_take(im, line, NULL);
}

/* ---- voip */

static void protocol(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->sipv2 = import_behind(rest, "sipv2") != NULL;
	if (im->peer->sipv2)
		import_take(im, line, NULL);
	else
		import_ignore(line, "SIP is the only protocol");
}

static void target(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->target = true;
	if (import_behind(rest, "sip-server") || import_behind(rest, "registrar")) {
		im->peer->tenant_target = line; /* the tenant may stand behind it */
		import_taken(line);
		return;
	}
	if (strncmp(rest, "ipv4:", 5) == 0 || strncmp(rest, "ipv6:", 5) == 0 ||
	    strncmp(rest, "dns:", 4) == 0) {
		import_take(im, line, NULL);
		return;
	}
	if (strncmp(rest, "enum:", 5) == 0) {
		import_take(im, line, import_text(im, "voice enum-match-table %s", rest + 5));
		return;
	}
	import_changed(line, "there is no such target here");
	import_put(im, line, NULL, "! %s", line->text);
	shut(im, "there is nothing like its session target");
}

static void server_group(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->target = true;
	import_take(im, line, import_text(im, "voice class server-group %s", rest));
}

static void peer_transport(struct import *im, struct import_line *line, const char *rest)
{
	im->tls_wanted |= import_behind(rest, "tcp tls") != NULL;
	import_take(im, line, NULL);
}

static void secure(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "this release has no SRTP");
	if (!import_behind(rest, "fallback"))
		shut(im, "its calls had SRTP");
}

const char *import_codecs_of(struct import *im, struct import_line *line, const char *rest)
{
	char name[IMPORT_WORD_MAX];

	if (im->codec_said) {
		import_ignore(line, NOTE_CODEC_AGAIN);
		return NULL;
	}
	if (!import_word(rest, 0, name) || !import_codec_is_here(name)) {
		import_ignore(line, NOTE_CODEC);
		return NULL;
	}
	im->codec_said = true;
	if (strcmp(rest, name) == 0)
		import_taken(line);
	else
		import_changed(line, "packets are 20 ms long, or what the far end asks for");
	return import_text(im, "%s", name);
}

static void codec(struct import *im, struct import_line *line, const char *rest)
{
	const char *codecs = import_codecs_of(im, line, rest);

	if (codecs)
		import_put(im, line, NULL, "codec %s", codecs);
}

const char *import_codecs_of_class(struct import *im, struct import_line *line, const char *rest)
{
	const struct import_codecs *codecs;
	char number[IMPORT_WORD_MAX];

	import_word(rest, 0, number);
	codecs = import_find_codecs(im, number);
	if (im->codec_said) {
		import_ignore(line, NOTE_CODEC_AGAIN);
		return NULL;
	}
	if (!codecs || !codecs->names[0]) {
		import_ignore(line, codecs ? NOTE_CODEC : "there is no such voice class codec");
		return NULL;
	}
	im->codec_said = true;
	import_changed(line, NULL);
	return codecs->names;
}

static void codec_class(struct import *im, struct import_line *line, const char *rest)
{
	const char *codecs = import_codecs_of_class(im, line, rest);

	if (codecs)
		import_put(im, line, NULL, "codec %s", codecs);
}

void import_dtmf(struct import *im, struct import_line *line, const char *rest)
{
	char words[256], methods[PEER_DTMF_TEXT_MAX], *save = NULL;
	bool others = strlen(rest) >= sizeof(words);
	uint8_t wanted = 0;

	snprintf(words, sizeof(words), "%s", rest);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		wanted |= peer_dtmf_method(word);
		others |= !peer_dtmf_method(word);
	}
	if (!wanted) {
		import_ignore(line, "digits are sent by RFC 4733 or SIP, or stay in the audio");
		import_add_todo(im, line,
				"digits: the far end must take them in the audio, by RFC 4733 "
				"(dtmf-relay rtp-nte), or in INFO (dtmf-relay sip-info)");
		return;
	}
	peer_dtmf_text(wanted, methods);
	import_put(im, line, NULL, "dtmf-relay %s", methods);
	if (others)
		import_changed(line, "by RFC 4733 and SIP alone");
	else
		import_taken(line);
}

static void tenant(struct import *im, struct import_line *line, const char *rest)
{
	im->peer->tenant = import_find_tenant(im, rest);
	if (!im->peer->tenant) {
		import_ignore(line, "there is no such voice class tenant");
		return;
	}
	import_taken(line);
	import_put(im, line, import_text(im, "voice class tenant %s", rest),
		   "voice-class sip tenant %s", rest);
	if (im->peer->tenant->transport) {
		im->tls_wanted |= strcmp(im->peer->tenant->transport, "tcp tls") == 0;
		import_changed(line, "and what it says of the transport");
		import_put(im, line, NULL, "session transport %s", im->peer->tenant->transport);
	}
}

#define COMMON_RULES                                                                               \
	{"description", NULL, NULL, NULL}, {"preference", NULL, NULL, NULL},                       \
	    {"destination-pattern", NULL, destination, NULL},                                      \
	    {"incoming called-number", NULL, incoming_called, NULL},                               \
	    {"answer-address", NULL, NULL, NULL},                                                  \
	    {"incoming called e164-pattern-map", NULL, NULL, MAP},                                 \
	    {"incoming calling e164-pattern-map", NULL, NULL, MAP},                                \
	    {"destination e164-pattern-map", NULL, NULL, MAP},                                     \
	    {"destination calling e164-pattern-map", NULL, NULL, MAP},                             \
	    {"destination uri", NULL, NULL, URI}, {"destination uri-from", NULL, NULL, URI},       \
	    {"destination uri-to", NULL, NULL, URI}, {"destination uri-via", NULL, NULL, URI},     \
	    {"destination uri-diversion", NULL, NULL, URI},                                        \
	    {"destination uri-referred-by", NULL, NULL, URI},                                      \
	    {"destination dpg", NULL, NULL, "voice class dpg"},                                    \
	    {"destination provision-policy", NULL, NULL,                                           \
	     "voice class dial-peer provision-policy"},                                            \
	    {"translation-profile incoming", NULL, NULL, PROFILE},                                 \
	    {"translation-profile outgoing", NULL, NULL, PROFILE},                                 \
	    {"call-block translation-profile incoming", NULL, NULL, PROFILE},                      \
	    {"call-block disconnect-cause incoming", NULL, NULL, NULL},                            \
	    {"translate-outgoing", NULL, import_old_translate, NULL},                              \
	    {"corlist incoming", NULL, NULL, COR}, {"corlist outgoing", NULL, NULL, COR},          \
	    {"numbering-type", NULL, NULL, NULL}, {"carrier-id source", NULL, NULL, NULL},         \
	    {"carrier-id target", NULL, NULL, NULL}, {"max-conn", NULL, NULL, NULL},               \
	    {"huntstop", NULL, NULL, NULL}, {"no huntstop", NOTE_DEFAULT, NULL, NULL},             \
	    {"shutdown", NULL, say_shutdown, NULL}, {"no shutdown", NOTE_DEFAULT, NULL, NULL},     \
	    {"permission", NULL, permission, NULL}, {"service", NULL, application, NULL},          \
	    {"application", NULL, application, NULL},                                              \
	    {"emergency response zone", NULL, emergency_zone, NULL},                               \
	    {"clid", NULL, calling_line, NULL}, {"progress_ind", NULL, NULL, NULL},                \
	{                                                                                          \
		"tone ringback alert-no-pi", NULL, NULL, NULL                                      \
	}

static const struct import_rule pots_rules[] = {
    COMMON_RULES,
    {"port", NULL, port, NULL},
    {"trunkgroup", NULL, NULL, "trunk group"},
    {"digit-strip", NULL, NULL, NULL},
    {"forward-digits", NULL, NULL, NULL},
    {"prefix", NULL, NULL, NULL},
    {"direct-inward-dial", NULL, inward, NULL},
    {"no direct-inward-dial", NULL, no_inward, NULL},
    {"register", NULL, NULL, NULL},
    {"no register", NULL, NULL, NULL},
    {"authentication", NULL, import_user, NULL},
};

static const struct import_rule voip_rules[] = {
    COMMON_RULES,
    {"incoming uri request", NULL, NULL, URI},
    {"incoming uri to", NULL, NULL, URI},
    {"incoming uri from", NULL, NULL, URI},
    {"incoming uri via", NULL, NULL, URI},
    {"session protocol", NULL, protocol, NULL},
    {"session target", NULL, target, NULL},
    {"session server-group", NULL, server_group, NULL},
    {"session transport", NULL, peer_transport, NULL},
    {"codec", NULL, codec, NULL},
    {"voice-class codec", NULL, codec_class, NULL},
    {"dtmf-relay", NULL, import_dtmf, NULL},
    {"rtp payload-type nte", NULL, NULL, NULL},
    {"rtp payload-type", "no other payload types are used", NULL, NULL},
    {"srtp", NULL, secure, NULL},
    {"voice-class sip tenant", NULL, tenant, NULL},
    {"voice-class sip tls-profile", NULL, NULL, "voice class tls-profile"},
    {"voice-class sip options-keepalive", NULL, NULL, NULL},
    {"voice-class sip retry invite", NULL, NULL, NULL},
    {"voice-class sip srtp", NULL, secure, NULL},
    {"voice-class sip reason-header override", NULL, NULL, NULL},
    {"voice-class sip asserted-id", NULL, NULL, NULL},
    {"voice-class sip privacy-policy", NULL, NULL, NULL},
    {"voice-class sip privacy", NULL, NULL, NULL},
    {"voice-class sip history-info", NULL, NULL, NULL},
    {"voice-class sip pass-thru headers unsupp", NULL, NULL, NULL},
    {"voice-class sip", NOTE_SIP, NULL, NULL},
    {"voice-class h323", NOTE_H323, NULL, NULL},
    {"tech-prefix", NOTE_H323, NULL, NULL},
    {"vad", "no silence suppression: all audio is sent", NULL, NULL},
    {"fax", NOTE_FAX, NULL, NULL},
    {"fax-relay", NOTE_FAX, NULL, NULL},
    {"modem", NOTE_FAX, NULL, NULL},
    {"ip qos", NOTE_QOS, NULL, NULL},
    {"req-qos", NOTE_QOS, NULL, NULL},
    {"acc-qos", NOTE_QOS, NULL, NULL},
    {"playout-delay", "the playout buffer fits itself to the network", NULL, NULL},
    {"authentication", NULL, import_user, NULL},
    {"credentials", NULL, import_user, NULL},
    {"media flow-around", NULL, NULL, NULL},
    {"media flow-through", NULL, NULL, NULL},
    {"media", "this release has no such treatment of audio", NULL, NULL},
    {"supplementary-service sip refer", NULL, NULL, NULL},
    {"supplementary-service sip moved-temporarily", NULL, NULL, NULL},
    {"no supplementary-service sip refer", NULL, NULL, NULL},
    {"no supplementary-service sip moved-temporarily", NULL, NULL, NULL},
    {"supplementary-service", NOTE_SIP, NULL, NULL},
    {"redirect ip2ip", NULL, NULL, NULL},
};

/* `session target sip-server` is that of the tenant, if it has one. */
static void end_target(struct import *im)
{
	struct import_line *line = im->peer->tenant_target;
	const struct import_tenant *t = im->peer->tenant;
	bool server = strstr(line->text, "sip-server") != NULL;
	const char *of_tenant = !t ? NULL : server ? t->sip_server : t->registrar;

	if (of_tenant) {
		import_changed(line, "as the tenant says");
		import_put(im, line, NULL, "session target %s", of_tenant);
	} else if (server ? im->sip_server : im->registrar) {
		import_take(im, line, NULL);
	} else {
		import_ignore(line, "sip-ua does not say where that is");
		shut(im, "its session target is not said");
	}
}

static void end_shutdown(struct import *im)
{
	struct import_peer *p = im->peer;

	im->shut = talloc_realloc(im, im->shut, struct import_shut, im->shut_count + 1);
	OSMO_ASSERT(im->shut);
	if (!p->is_shut) {
		im->shut[im->shut_count++] = (struct import_shut){
		    import_line_number(im, p->head), p->pattern ? p->pattern : "", p->shut};
		import_put(im, NULL, NULL, "shutdown");
	}
	import_put(im, NULL, NULL, "! shut down by the import: %s", p->shut);
	import_changed(p->head, import_text(im, "shut down: %s", p->shut));
}

static void end_pots(struct import *im)
{
	struct import_peer *p = im->peer;

	if (!p->did && !im->did) {
		import_put(im, NULL, NULL, "no direct-inward-dial");
		import_changed(p->head, "no direct-inward-dial was the default of that release");
	}
	import_old_translate_end(im, "outgoing");
	if (p->shut)
		end_shutdown(im);
}

static void end_voip(struct import *im)
{
	struct import_peer *p = im->peer;

	if (p->tenant_target)
		end_target(im);
	import_old_translate_end(im, "outgoing");
	if (!im->codec_said && !im->no_g711)
		im->no_g711 = p->head;
	if (!im->no_default)
		im->no_default = p->head;
	if (p->target && !p->sipv2)
		shut(im, "it is of H.323, without session protocol sipv2");
	if (p->shut)
		end_shutdown(im);
}

void import_dial_peer(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_section pots = {
	    IMPORT_RULES(pots_rules), "pots peers have no such setting here", end_pots};
	static const struct import_section voip = {
	    IMPORT_RULES(voip_rules), "voip peers have no such setting here", end_voip};
	char tag[IMPORT_WORD_MAX], kind[IMPORT_WORD_MAX];
	bool is_pots;

	import_word(rest, 0, tag);
	import_word(rest, 1, kind);
	is_pots = strcmp(kind, "pots") == 0;
	if (!is_pots && strcmp(kind, "voip") != 0) {
		im->section_note = "there are pots and voip peers alone";
		import_ignore(line, im->section_note);
		return;
	}
	import_open(im, line, import_text(im, "dial-peer voice %s", tag),
		    import_text(im, "dial-peer voice %s %s", tag, kind));
	im->section = is_pots ? &pots : &voip;
	im->peer = talloc_zero(im->block, struct import_peer);
	OSMO_ASSERT(im->peer);
	im->peer->head = line;
}
