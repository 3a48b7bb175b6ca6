// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice service voip                   dial-peer voice 200 voip
 *	 sip                                  voice-class sip remote-party-id
 *	  asserted-id ppi                     voice-class sip privacy id critical
 *	  diversion both                      voice-class sip privacy-policy passthru
 *	  diversion limit 10                  voice-class sip url tel
 *	  max-forwards 30                     voice-class sip pass-thru headers unsupp
 *	  date-header                         no voice-class sip user-phone
 */
#include <string.h>

#include "conf/sip_options.h"
#include "conf/value.h"

struct name { /* a keyword and its value or bit */
	const char *name;
	uint8_t value;
};

static const struct name *find_name(const struct name *names, const char *text)
{
	while (names->name && strcmp(names->name, text) != 0)
		names++;
	return names->name ? names : NULL;
}

static const char *name_of(const struct name *names, uint8_t value)
{
	while (names->name && names->value != value)
		names++;
	return names->name;
}

/* ---- who calls */

#define ASSERTED_STR "The header that says who calls\n"
#define ASSERTED_VALUES "(pai|ppi|none)"
#define ASSERTED_VALUES_STR                                                                        \
	"P-Asserted-Identity\nP-Preferred-Identity\nNone: the far end is not trusted\n"
#define RPID_STR "Who calls is said by Remote-Party-ID\n"

static const struct name asserted_names[] = {{"pai", SIP_ASSERTED_ID_PAI},
					     {"ppi", SIP_ASSERTED_ID_PPI},
					     {"none", SIP_ASSERTED_ID_NONE},
					     {NULL}};

DEFUN(asserted, asserted_cmd, "asserted-id " ASSERTED_VALUES, ASSERTED_STR ASSERTED_VALUES_STR)
{
	sip_options_of(vty)->asserted_id = find_name(asserted_names, argv[0])->value;
	return CMD_SUCCESS;
}

ALIAS(asserted, p_asserted_cmd, SIP_OPTION_PEER "asserted-id " ASSERTED_VALUES,
      SIP_OPTION_PEER_STR ASSERTED_STR ASSERTED_VALUES_STR)

DEFUN(no_asserted, no_asserted_cmd, "no asserted-id", NO_STR ASSERTED_STR)
{
	sip_options_of(vty)->asserted_id = SIP_ASSERTED_ID_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_asserted, p_no_asserted_cmd, "no " SIP_OPTION_PEER "asserted-id",
      NO_STR SIP_OPTION_PEER_STR ASSERTED_STR)

DEFUN(rpid, rpid_cmd, "remote-party-id", RPID_STR)
{
	sip_options_of(vty)->asserted_id = SIP_ASSERTED_ID_RPID;
	return CMD_SUCCESS;
}

ALIAS(rpid, p_rpid_cmd, SIP_OPTION_PEER "remote-party-id", SIP_OPTION_PEER_STR RPID_STR)

DEFUN(no_rpid, no_rpid_cmd, "no remote-party-id", NO_STR RPID_STR)
{
	struct sip_options *options = sip_options_of(vty);

	if (options->asserted_id == SIP_ASSERTED_ID_RPID)
		options->asserted_id = SIP_ASSERTED_ID_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_rpid, p_no_rpid_cmd, "no " SIP_OPTION_PEER "remote-party-id",
      NO_STR SIP_OPTION_PEER_STR RPID_STR)

/* ---- privacy */

#define PRIVACY_STR "What calls ask a privacy service for (RFC 3323)\n"
#define PRIVACY_VALUE_STR "pstn, header, history, id, session, user, critical\n"

static const struct name privacy_names[] = {
    {"pstn", SIP_PRIVACY_PSTN},		{"header", SIP_PRIVACY_HEADER},
    {"history", SIP_PRIVACY_HISTORY},	{"id", SIP_PRIVACY_ID},
    {"session", SIP_PRIVACY_SESSION},	{"user", SIP_PRIVACY_USER},
    {"critical", SIP_PRIVACY_CRITICAL}, {NULL}};

DEFUN(privacy, privacy_cmd, "privacy .OPTION", PRIVACY_STR PRIVACY_VALUE_STR)
{
	uint8_t wanted = 0;

	for (int i = 0; i < argc; i++) {
		const struct name *name = find_name(privacy_names, argv[i]);

		if (!name)
			return conf_error(vty,
					  "privacy %s: expected pstn, header, history, id, "
					  "session, user or critical",
					  argv[i]);
		wanted |= name->value;
	}
	if (wanted == SIP_PRIVACY_CRITICAL)
		return conf_error(vty, "privacy critical: expected another option before critical");
	if (wanted & SIP_PRIVACY_PSTN && wanted != SIP_PRIVACY_PSTN)
		return conf_error(vty, "privacy pstn: expected no other option with pstn");
	sip_options_of(vty)->privacy = wanted;
	return CMD_SUCCESS;
}

ALIAS(privacy, p_privacy_cmd, SIP_OPTION_PEER "privacy .OPTION",
      SIP_OPTION_PEER_STR PRIVACY_STR PRIVACY_VALUE_STR)

DEFUN(no_privacy, no_privacy_cmd, "no privacy", NO_STR PRIVACY_STR)
{
	sip_options_of(vty)->privacy = 0;
	return CMD_SUCCESS;
}

ALIAS(no_privacy, p_no_privacy_cmd, "no " SIP_OPTION_PEER "privacy",
      NO_STR SIP_OPTION_PEER_STR PRIVACY_STR)

#define POLICY_STR "How privacy is handled\n"
#define POLICY_VALUES_STR "As the other SIP leg has it\nPrivacy: none too\n"
#define STRIP_STR "If privacy is asked for, leave out\nDiversion\nHistory-Info\n"

static const struct name policy_names[] = {{"passthru", SIP_PRIVACY_POLICY_PASSTHRU},
					   {"send-always", SIP_PRIVACY_POLICY_SEND_ALWAYS},
					   {"diversion", SIP_PRIVACY_POLICY_STRIP_DIVERSION},
					   {"history-info", SIP_PRIVACY_POLICY_STRIP_HISTORY},
					   {NULL}};

DEFUN(policy, policy_cmd, "privacy-policy (passthru|send-always)", POLICY_STR POLICY_VALUES_STR)
{
	sip_options_of(vty)->privacy_policy |= find_name(policy_names, argv[0])->value;
	return CMD_SUCCESS;
}

ALIAS(policy, p_policy_cmd, SIP_OPTION_PEER "privacy-policy (passthru|send-always)",
      SIP_OPTION_PEER_STR POLICY_STR POLICY_VALUES_STR)
ALIAS(policy, strip_cmd, "privacy-policy strip (diversion|history-info)", POLICY_STR STRIP_STR)
ALIAS(policy, p_strip_cmd, SIP_OPTION_PEER "privacy-policy strip (diversion|history-info)",
      SIP_OPTION_PEER_STR POLICY_STR STRIP_STR)

DEFUN(no_policy, no_policy_cmd, "no privacy-policy", NO_STR POLICY_STR)
{
	sip_options_of(vty)->privacy_policy = 0;
	return CMD_SUCCESS;
}

ALIAS(no_policy, p_no_policy_cmd, "no " SIP_OPTION_PEER "privacy-policy",
      NO_STR SIP_OPTION_PEER_STR POLICY_STR)

/* ---- who diverted */

#define DIVERSION_STR "The headers that say who diverted a call\n"
#define DIVERSION_VALUES "(none|header|history-info|both)"
#define DIVERSION_VALUES_STR "None\nDiversion (RFC 5806)\nHistory-Info (RFC 7044)\nBoth\n"
#define HISTORY_STR "Say who diverted a call by History-Info as well\n"

static const struct name diversion_names[] = {{"none", SIP_DIVERSION_NONE},
					      {"header", SIP_DIVERSION_HEADER},
					      {"history-info", SIP_DIVERSION_HISTORY},
					      {"both", SIP_DIVERSION_BOTH},
					      {NULL}};

DEFUN(diversion, diversion_cmd, "diversion " DIVERSION_VALUES, DIVERSION_STR DIVERSION_VALUES_STR)
{
	sip_options_of(vty)->diversion = find_name(diversion_names, argv[0])->value;
	return CMD_SUCCESS;
}

ALIAS(diversion, p_diversion_cmd, SIP_OPTION_PEER "diversion " DIVERSION_VALUES,
      SIP_OPTION_PEER_STR DIVERSION_STR DIVERSION_VALUES_STR)

DEFUN(history, history_cmd, "history-info", HISTORY_STR)
{
	sip_options_of(vty)->diversion = SIP_DIVERSION_BOTH;
	return CMD_SUCCESS;
}

ALIAS(history, p_history_cmd, SIP_OPTION_PEER "history-info", SIP_OPTION_PEER_STR HISTORY_STR)

DEFUN(no_diversion, no_diversion_cmd, "no (diversion|history-info)",
      NO_STR DIVERSION_STR HISTORY_STR)
{
	sip_options_of(vty)->diversion = SIP_DIVERSION_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_diversion, p_no_diversion_cmd, "no " SIP_OPTION_PEER "(diversion|history-info)",
      NO_STR SIP_OPTION_PEER_STR DIVERSION_STR HISTORY_STR)

DEFUN(limit, limit_cmd, "diversion limit NUMBER",
      DIVERSION_STR "A call that was diverted more often is a loop\n1 to 20\n")
{
	static const struct value_range range = {"diversion limit", 1, 20};
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->diversions_max = number;
	return CMD_SUCCESS;
}

DEFUN(no_limit, no_limit_cmd, "no diversion limit",
      NO_STR DIVERSION_STR "A call that was diverted more often is a loop\n")
{
	sip_options_of(vty)->diversions_max = 0;
	return CMD_SUCCESS;
}

/* ---- URIs */

#define URL_STR "Request-URI of calls\n"
#define URL_VALUES_STR "sip:NUMBER@HOST\nsips:, over TLS\ntel:NUMBER\n"

static const struct name url_names[] = {
    {"sip", SIP_URL_SIP}, {"sips", SIP_URL_SIPS}, {"tel", SIP_URL_TEL}, {NULL}};

DEFUN(url, url_cmd, "url (sip|sips|tel)", URL_STR URL_VALUES_STR)
{
	sip_options_of(vty)->url = find_name(url_names, argv[0])->value;
	return CMD_SUCCESS;
}

ALIAS(url, p_url_cmd, SIP_OPTION_PEER "url (sip|sips|tel)",
      SIP_OPTION_PEER_STR URL_STR URL_VALUES_STR)

DEFUN(no_url, no_url_cmd, "no url", NO_STR URL_STR)
{
	sip_options_of(vty)->url = SIP_URL_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_url, p_no_url_cmd, "no " SIP_OPTION_PEER "url", NO_STR SIP_OPTION_PEER_STR URL_STR)

#define HOPS_STR "Hops that a call may make (Max-Forwards)\n"

DEFUN(hops, hops_cmd, "max-forwards NUMBER", HOPS_STR "1 to 70\n")
{
	static const struct value_range range = {"max-forwards", 1, SIP_MAX_FORWARDS_DEFAULT};
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->max_forwards = number;
	return CMD_SUCCESS;
}

ALIAS(hops, p_hops_cmd, SIP_OPTION_PEER "max-forwards NUMBER",
      SIP_OPTION_PEER_STR HOPS_STR "1 to 70\n")

DEFUN(no_hops, no_hops_cmd, "no max-forwards", NO_STR HOPS_STR)
{
	sip_options_of(vty)->max_forwards = 0;
	return CMD_SUCCESS;
}

ALIAS(no_hops, p_no_hops_cmd, "no " SIP_OPTION_PEER "max-forwards",
      NO_STR SIP_OPTION_PEER_STR HOPS_STR)

/* ---- switches */

SIP_SWITCH(phone, user_phone, "user-phone", "Add user=phone to URIs with numbers\n")
SIP_SWITCH(date, date, "date-header", "Say the time in INVITE, its answers and BYE\n")
SIP_SWITCH(aoc, aoc, "aoc", "Tell by INFO what a call costs\n")
SIP_SWITCH(
    pass, pass_headers, "pass-thru headers unsupp",
    "What passes from the other SIP leg\nHeaders\nSubject and others that mean nothing here\n")

/* ---- all of them */

void sip_headers_install(void)
{
	static struct cmd_element *const tenant[] = {
	    &asserted_cmd, &no_asserted_cmd, &privacy_cmd,   &no_privacy_cmd,	&policy_cmd,
	    &strip_cmd,	   &no_policy_cmd,   &diversion_cmd, &no_diversion_cmd, &history_cmd,
	    &url_cmd,	   &no_url_cmd,	     &phone_cmd,     &no_phone_cmd,	&date_cmd,
	    &no_date_cmd,  &aoc_cmd,	     &no_aoc_cmd,    &pass_cmd,		&no_pass_cmd};
	static struct cmd_element *const with_ua[] = {/* IOS has these in sip-ua */
						      &rpid_cmd, &no_rpid_cmd, &hops_cmd,
						      &no_hops_cmd};
	static struct cmd_element *const peer[] = {
	    &p_asserted_cmd, &p_no_asserted_cmd,  &p_privacy_cmd,   &p_no_privacy_cmd,
	    &p_policy_cmd,   &p_strip_cmd,	  &p_no_policy_cmd, &p_diversion_cmd,
	    &p_history_cmd,  &p_no_diversion_cmd, &p_url_cmd,	    &p_no_url_cmd,
	    &p_phone_cmd,    &p_no_phone_cmd,	  &p_date_cmd,	    &p_no_date_cmd,
	    &p_aoc_cmd,	     &p_no_aoc_cmd,	  &p_pass_cmd,	    &p_no_pass_cmd,
	    &p_rpid_cmd,     &p_no_rpid_cmd,	  &p_hops_cmd,	    &p_no_hops_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	sip_options_install_tenant(with_ua, ARRAY_SIZE(with_ua));
	for (size_t i = 0; i < ARRAY_SIZE(with_ua); i++)
		install_element(CONF_SIP_UA_NODE, with_ua[i]);
	/* an inbound peer is not known yet when it is asked */
	install_element(CONF_SERVICE_SIP_NODE, &limit_cmd);
	install_element(CONF_SERVICE_SIP_NODE, &no_limit_cmd);
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

static void write_privacy(const struct sip_options *o, const char *indent,
			  struct conf_writer *writer)
{
	char text[80] = "";

	for (const struct name *n = privacy_names; n->name; n++)
		if (o->privacy & n->value)
			sprintf(text + strlen(text), " %s", n->name);
	if (text[0])
		conf_put(writer, "%sprivacy%s", indent, text);
	for (const struct name *n = policy_names; n->name; n++)
		if (o->privacy_policy & n->value)
			conf_put(writer, "%sprivacy-policy %s%s", indent,
				 n->value >= SIP_PRIVACY_POLICY_STRIP_DIVERSION ? "strip " : "",
				 n->name);
}

void sip_headers_write(const struct sip_options *o, const char *indent, struct conf_writer *writer)
{
	if (o->asserted_id == SIP_ASSERTED_ID_RPID)
		conf_put(writer, "%sremote-party-id", indent);
	else if (o->asserted_id)
		conf_put(writer, "%sasserted-id %s", indent,
			 name_of(asserted_names, o->asserted_id));
	write_privacy(o, indent, writer);
	if (o->diversion)
		conf_put(writer, "%sdiversion %s", indent, name_of(diversion_names, o->diversion));
	if (o->diversions_max)
		conf_put(writer, "%sdiversion limit %u", indent, o->diversions_max);
	if (o->url)
		conf_put(writer, "%surl %s", indent, name_of(url_names, o->url));
	if (o->max_forwards)
		conf_put(writer, "%smax-forwards %u", indent, o->max_forwards);
	sip_switch_write(o->user_phone, indent, "user-phone", writer);
	sip_switch_write(o->date, indent, "date-header", writer);
	sip_switch_write(o->aoc, indent, "aoc", writer);
	sip_switch_write(o->pass_headers, indent, "pass-thru headers unsupp", writer);
}
