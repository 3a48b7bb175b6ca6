// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/phones.h"

#include <string.h>

/* ---- lines that stand alone */

static void take_alone(struct import *im, struct import_line *line, const char *rest)
{
	import_taken(line);
	import_put_alone(im, line, line->text);
}

static void switch_type(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, "stands at each interface that has none of its own");
}

static void codec_preference(struct import *im, struct import_line *line, const char *rest)
{
	char name[IMPORT_WORD_MAX];

	if (import_word(rest, 1, name) && import_codec_is_here(name))
		import_changed(line, "a codec of the dial peers that name the class");
	else
		import_ignore(line, NOTE_CODEC);
}

static void codec_class(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"codec preference", NULL, codec_preference, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_VIDEO, NULL};

	import_changed(line, "its codecs stand at the dial peers that name it");
	im->section = &section;
}

static void name_server(struct import *im, struct import_line *line, const char *rest)
{
	if (import_behind(rest, "vrf")) {
		import_ignore(line, "there are no VRFs");
		return;
	}
	take_alone(im, line, rest);
}

static void incoming_profile(struct import *im, struct import_line *line, const char *rest)
{
	struct import_block *open = im->block;

	import_taken(line);
	import_open(im, line, line->text, line->text)->entries[0].refers =
	    import_text(im, "voice translation-profile %s", rest);
	im->block = open;
}

static void incoming_rule(struct import *im, struct import_line *line, const char *rest)
{
	import_old_translate(im, line, rest);
	import_old_translate_end(im, NULL);
}

static void history(struct import *im, struct import_line *line, const char *rest)
{
	if (import_behind(rest, "max-size"))
		take_alone(im, line, rest);
	else
		import_ignore(line, "calls are kept by number, not by time");
}

/* What controlled the router is the call manager of its telephones, if it has any. */
enum manager_rank { RANK_SCCP = 20, RANK_MGCP = 30, RANK_REDUNDANT = 40 };

static void see_manager(struct import *im, struct import_line *line, const char *word,
			enum manager_rank rank)
{
	import_manager(im, line, word, rank, rank == RANK_SCCP ? NOTE_SCCP : NOTE_MGCP);
}

static void sccp_manager(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	import_word(rest, 0, word);
	see_manager(im, line, word, RANK_SCCP);
}

static void redundant_host(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	for (unsigned n = 0; import_word(rest, n, word); n++)
		see_manager(im, line, word, RANK_REDUNDANT);
}

static void mgcp(struct import *im, struct import_line *line, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	import_word(rest, 0, word);
	see_manager(im, line, word, RANK_MGCP);
	import_add_todo(im, line,
			"MGCP: the CallManager controlled lines of this gateway; it needs a SIP "
			"trunk to it instead, and dial peers for what it sent");
}

static void emergency(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "emergency numbers are a command here: emergency 112");
	import_add_todo(im, line, "emergency: name the numbers, as in `emergency 112 911`");
}

#define OTHER_VOICE "this release has nothing like it"

static const struct import_rule rules[] = {
    {"hostname", NULL, take_alone, NULL},
    {"version", "release of IOS", NULL, NULL},
    {"controller", NULL, import_controller, NULL},
    {"interface", NULL, import_interface, NULL},
    {"isdn switch-type", NULL, switch_type, NULL},
    {"isdn", "said at each interface here", NULL, NULL},
    {"card type", "cards are the driver's", NULL, NULL},
    {"network-clock-participate", NOTE_LINE, NULL, NULL},
    {"network-clock-select", NOTE_LINE, NULL, NULL},
    {"network-clock", NOTE_LINE, NULL, NULL},
    {"voice-card", NOTE_DSP, NULL, NULL},
    {"voice-port", NULL, import_voice_port, NULL},
    {"ip name-server", NULL, name_server, NULL},

    {"dial-peer voice", NULL, import_dial_peer, NULL},
    {"dial-peer cor custom", NULL, import_cor_custom, NULL},
    {"dial-peer cor list", NULL, import_cor_list, NULL},
    {"dial-peer hunt", NULL, take_alone, NULL},
    {"dial-peer terminator", NULL, take_alone, NULL},
    {"dial-peer outbound status-check pots", NULL, take_alone, NULL},
    {"no dial-peer outbound status-check pots", NULL, take_alone, NULL},
    {"dial-peer", OTHER_VOICE, NULL, NULL},
    {"num-exp", NULL, take_alone, NULL},
    {"voice hunt", NULL, take_alone, NULL},
    {"no voice hunt", NULL, take_alone, NULL},
    {"voip-incoming translation-profile", NULL, incoming_profile, NULL},
    {"voip-incoming translation-rule", NULL, incoming_rule, NULL},
    {"voice translation-rule", NULL, import_translation_rules, NULL},
    {"translation-rule", NULL, import_old_rules, NULL},
    {"voice translation-profile", NULL, import_translation_profile, NULL},
    {"voice class codec", NULL, codec_class, NULL},
    {"voice class tenant", NULL, import_tenant, NULL},
    {"voice class uri sip preference", NULL, take_alone, NULL},
    {"voice class uri", NULL, import_uri_class, NULL},
    {"voice class e164-pattern-map", NULL, import_pattern_map, NULL},
    {"voice class dpg", NULL, import_peer_group, NULL},
    {"voice class server-group", NULL, import_server_group, NULL},
    {"voice class dial-peer provision-policy", NULL, import_policy, NULL},
    {"voice class sip-options-keepalive", NULL, import_keepalive, NULL},
    {"voice class tls-profile", NULL, import_tls_profile, NULL},
    {"voice class", OTHER_VOICE, NULL, NULL},
    {"voice enum-match-table", NULL, import_enum_table, NULL},
    {"voice source-group", NULL, import_source_group, NULL},
    {"trunk group", NULL, import_trunk_group, NULL},
    {"voice service voip", NULL, import_voice_service, NULL},
    {"voice service pots", "seen to at the dial peers (direct-inward-dial)", NULL, NULL},
    {"voice service", OTHER_VOICE, NULL, NULL},
    {"sip-ua", NULL, import_sip_ua, NULL},
    {"call-history-mib", NULL, history, NULL},
    {"dial-control-mib", "call-history-mib max-size says it here", NULL, NULL},
    {"call spike", NULL, take_alone, NULL},
    {"call threshold", "see call threshold, which has most of these words too", NULL, NULL},
    {"call treatment", "see call threshold N", NULL, NULL},
    {"call", OTHER_VOICE, NULL, NULL},

    {"voice emergency", NULL, emergency, NULL},
    {"voice register global", NULL, import_register_global, NULL},
    {"voice register pool", NULL, import_pool, NULL},
    {"voice register dn", NULL, import_dn, NULL},
    {"voice register", NOTE_PHONE, NULL, NULL},
    {"voice logout-profile", NOTE_PHONE, NULL, NULL},
    {"voice user-profile", NOTE_PHONE, NULL, NULL},
    {"voice hunt-group", NULL, import_hunt_group, NULL},
    {"call-manager-fallback", NULL, import_fallback, NULL},
    {"presence", NULL, import_presence, NULL},
    {"telephony-service", NULL, import_telephony_service, NULL},
    {"ephone", NULL, import_skinny, NULL},
    {"ephone-dn", NULL, import_skinny, NULL},
    {"ephone-type", NULL, import_skinny, NULL},
    {"ephone-template", NULL, import_skinny, NULL},
    {"ephone-dn-template", NULL, import_skinny, NULL},
    {"ephone-hunt", NULL, import_ephone_hunt, NULL},
    {"credentials", "TLS of SCCP telephones", NULL, NULL},
    {"voice moh-group", NOTE_MUSIC, NULL, NULL},
    {"voice mlpp", OTHER_VOICE, NULL, NULL},
    {"sdspfarm", NOTE_SCCP, NULL, NULL},
    {"mgcp call-agent", NULL, mgcp, NULL},
    {"mgcp", NOTE_MGCP, NULL, NULL},
    {"ccm-manager redundant-host", NULL, redundant_host, NULL},
    {"ccm-manager", NOTE_MGCP, NULL, NULL},
    {"sccp ccm", NULL, sccp_manager, NULL},
    {"sccp", NOTE_SCCP, NULL, NULL},
    {"dspfarm", NOTE_SCCP, NULL, NULL},
    {"dsp", NOTE_DSP, NULL, NULL},
    {"voice dsp", NOTE_DSP, NULL, NULL},
    {"dspint", NOTE_DSP, NULL, NULL},
    {"stcapp", NOTE_ANALOGUE, NULL, NULL},
    {"gateway", NOTE_H323, NULL, NULL},
    {"gatekeeper", NOTE_H323, NULL, NULL},
    {"h323-gateway", NOTE_H323, NULL, NULL},
    {"application", NOTE_APPLICATION, NULL, NULL},
    {"fax", NOTE_FAX, NULL, NULL},
    {"modem", NOTE_FAX, NULL, NULL},
    {"gw-accounting", "see call-record file", NULL, NULL},
    {"media", OTHER_VOICE, NULL, NULL},
    {"voice", OTHER_VOICE, NULL, NULL},
    {"redundancy inter-device", NOTE_OTHER, NULL, NULL},
};

const struct import_section import_global_section = {IMPORT_RULES(rules), NOTE_OTHER, NULL};
