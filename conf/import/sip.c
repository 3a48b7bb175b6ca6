// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <string.h>

#include "gateway/survive/pool.h"

/* ---- voice service voip */

static void trusted_list(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"ipv4", NULL, NULL, NULL},
						   {"ipv6", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no address", NULL};

	import_take(im, line, NULL);
	import_enter_sub(im, line, &section, NULL);
}

static void not_authenticated(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "calls are always accepted by address");
	import_add_todo(
	    im, line,
	    "IOS took SIP calls from everywhere; here they come from session targets and "
	    "ip address trusted list, others get no answer: list whoever else calls");
}

/* `bind control source-interface GigabitEthernet0/0`: the address of that interface */
static void bind_interface(struct import *im, struct import_line *line, const char *rest)
{
	static const char *const both[] = {"control", "media"};
	char what[IMPORT_WORD_MAX], how[IMPORT_WORD_MAX], interface[IMPORT_WORD_MAX];
	const char *address = NULL;

	if (import_word(rest, 0, what) && import_word(rest, 1, how) &&
	    import_word(rest, 2, interface) && strcmp(how, "source-interface") == 0)
		address = import_find_address(im, interface);
	if (!address) {
		import_ignore(line, "that interface has no address in this configuration");
		import_add_todo(im, line, "bind: say the address: bind control address A.B.C.D");
		return;
	}
	import_changed(line, "an interface by its address");
	for (unsigned i = 0; i < 2; i++)
		if (strcmp(what, both[i]) == 0 || strcmp(what, "all") == 0)
			import_put(im, line, NULL, "bind %s address %s", both[i], address);
	if (strcmp(what, "media") != 0)
		import_add_todo(im, line, "bind: is %s an address of the new machine?", address);
}

struct import_block *import_sip_ua_block(struct import *im)
{
	struct import_block *block = import_find_block(im, "sip-ua"), *open = im->block;

	if (!block)
		block = import_open(im, NULL, "sip-ua", "sip-ua");
	im->block = open;
	return block;
}

static void session_transport(struct import *im, struct import_line *line, const char *rest)
{
	im->tls_wanted |= import_behind(rest, "tcp tls") != NULL;
	import_changed(line, "said below sip-ua");
	import_put_to(im, import_sip_ua_block(im), line, NULL,
		      import_text(im, " session transport %s", rest));
}

/* "expires max 600 min 60": min alone is said with max here. */
static void registrar_server(struct import *im, struct import_line *line, const char *rest)
{
	const char *min = import_behind(rest, "expires min");

	if (!min) {
		import_take(im, line, NULL);
		return;
	}
	import_changed(line, NULL);
	import_put(im, line, NULL, "registrar server expires max %d min %s", POOL_EXPIRES_MAX_S,
		   min);
}

static void sip(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"bind", NULL, bind_interface, NULL},
	    {"session transport", NULL, session_transport, NULL},
	    {"listen-port non-secure", NULL, NULL, NULL},
	    {"rel1xx disable", NULL, NULL, NULL},
	    {"session refresh", NULL, NULL, NULL},
	    {"min-se", NULL, NULL, NULL},
	    {"asserted-id", NULL, NULL, NULL},
	    {"privacy-policy", NULL, NULL, NULL},
	    {"privacy", NULL, NULL, NULL},
	    {"history-info", NULL, NULL, NULL},
	    {"pass-thru headers unsupp", NULL, NULL, NULL},
	    {"listen-port secure", NULL, NULL, NULL},
	    {"registrar server", NULL, registrar_server, NULL},
	    {"outbound-proxy", "requests go to session targets and nowhere else", NULL, NULL},
	    {"options-ping", "see options-keepalive", NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	import_take(im, line, NULL);
	import_enter_sub(im, line, &section, NULL);
}

void import_voice_service(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"ip address trusted list", NULL, trusted_list, NULL},
	    {"no ip address trusted authenticate", NULL, not_authenticated, NULL},
	    {"ip address trusted", "see silent-discard untrusted", NULL, NULL},
	    {"rtp-port range", NULL, NULL, NULL},
	    {"sip", NULL, sip, NULL},
	    {"allow-connections sip to sip", NULL, NULL, NULL},
	    {"allow-connections", NOTE_H323, NULL, NULL},
	    {"redirect ip2ip", NULL, NULL, NULL},
	    {"mode border-element", "there are no modes", NULL, NULL},
	    {"address-hiding", "every call has two legs of its own", NULL, NULL},
	    {"media flow-around", NULL, NULL, NULL},
	    {"media flow-through", NULL, NULL, NULL},
	    {"media", "this release has no such treatment of audio", NULL, NULL},
	    {"fax", NOTE_FAX, NULL, NULL},
	    {"modem", NOTE_FAX, NULL, NULL},
	    {"h323", NOTE_H323, NULL, NULL},
	    {"call", NOTE_H323, NULL, NULL},
	    {"srtp", "this release has no SRTP", NULL, NULL},
	    {"stun", "this release has no STUN", NULL, NULL},
	    {"supplementary-service sip refer", NULL, NULL, NULL},
	    {"supplementary-service sip moved-temporarily", NULL, NULL, NULL},
	    {"no supplementary-service sip refer", NULL, NULL, NULL},
	    {"no supplementary-service sip moved-temporarily", NULL, NULL, NULL},
	    {"supplementary-service", NOTE_SIP, NULL, NULL},
	    {"shutdown", NOTE_SIP, NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	import_open(im, line, "voice service voip", "voice service voip");
	im->section = &section;
}

/* ---- sip-ua */

static void sip_server(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	for (unsigned n = 0; n < 2; n++) {
		if (!import_word(rest, n, word) || !strchr(word, ':'))
			continue;
		import_put(im, line, NULL, "sip-server %s", word);
		if (strcmp(rest, word) == 0)
			import_taken(line);
		else
			import_changed(line, "where calls go, no more");
		return;
	}
	import_ignore(line, "expected ipv4: or dns: and a host");
}

static void message_server(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "who is trusted may tell of messages, the gateway does not subscribe");
	import_add_todo(
	    im, line,
	    "mwi-server %s: have it send NOTIFY to the gateway without being asked, add its "
	    "address to ip address trusted list, and mwi to the voice register pools",
	    rest);
}

static const struct import_rule sip_ua_rules[] = {
    {"timers trying", NULL, NULL, NULL},
    {"timers expires", NULL, NULL, NULL},
    {"protocol mode", NULL, NULL, NULL},
    {"timers", "the other timers of SIP follow from timers trying", NULL, NULL},
    {"retry invite", NULL, NULL, NULL},
    {"retry", "repeated as timers trying and retry invite say", NULL, NULL},
    {"sip-server", NULL, sip_server, NULL},
    {"registrar", NULL, import_registrar, NULL},
    {"credentials", NULL, import_user, NULL},
    {"authentication", NULL, import_user, NULL},
    {"transport tcp tls", NULL, import_listen_tls, NULL},
    {"no transport tcp tls", NULL, import_no_listen_tls, NULL},
    {"transport", NULL, NULL, NULL},
    {"set pstn-cause", NULL, NULL, NULL},
    {"set sip-status", NULL, NULL, NULL},
    {"reason-header override", NULL, NULL, NULL},
    {"disable-early-media 180", NULL, NULL, NULL},
    {"remote-party-id", NULL, NULL, NULL},
    {"no remote-party-id", NULL, NULL, NULL},
    {"max-forwards", NULL, NULL, NULL},
    {"redirection", NULL, NULL, NULL},
    {"no redirection", NULL, NULL, NULL},
    {"presence enable", NULL, NULL, NULL},
    {"keepalive", "see keepalive in call-manager-fallback, and options-keepalive", NULL, NULL},
    {"mwi-server", NULL, message_server, NULL},
    {"crypto signaling", NULL, import_crypto, NULL},
};

void import_sip_ua(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_section section = {IMPORT_RULES(sip_ua_rules), NOTE_SIP, NULL};
	struct import_block *block = import_find_block(im, "sip-ua");

	if (block) { /* a line of voice service voip has opened it */
		import_changed(line, "opened already");
		block->entries[0].from = import_line_number(im, line);
		im->block = block;
	} else {
		import_open(im, line, "sip-ua", "sip-ua");
	}
	im->section = &section;
}
