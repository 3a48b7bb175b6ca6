// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice service voip                       dial-peer voice 200 voip
 *	 sip                                      no voice-class sip session refresh
 *	  session refresh                         voice-class sip min-se 300 session-expires 3600
 *	  min-se 90 session-expires 1800
 */
#include "conf/sip_dialog.h"

#include <string.h>

#include "conf/sip_options.h"
#include "conf/value.h"

#define REFRESH_STR "SIP sessions\nAsk for them to be refreshed (RFC 4028)\n"

SIP_SWITCH(session_refresh, session_refresh, "session refresh", REFRESH_STR)

#define MIN_SE_STR "Shortest session interval that is accepted\n90 to 86400 seconds\n"
#define EXPIRES_STR "Interval that is asked for\nmin-se to 86400 seconds\n"

DEFUN(min_se, min_se_cmd, "min-se SECONDS", MIN_SE_STR)
{
	static const struct value_range least = {"min-se", 90, 86400};
	struct value_range longest = {"session-expires", 90, 86400};
	unsigned min_se_s, expires_s = 0;

	if (value_number(vty, argv[0], &least, &min_se_s) != CMD_SUCCESS)
		return CONF_REFUSED;
	longest.min = min_se_s;
	if (argc > 1 && value_number(vty, argv[1], &longest, &expires_s) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->min_se_s = min_se_s;
	sip_options_of(vty)->session_expires_s = expires_s;
	return CMD_SUCCESS;
}

ALIAS(min_se, min_se_expires_cmd, "min-se SECONDS session-expires SECONDS", MIN_SE_STR EXPIRES_STR)

ALIAS(min_se, p_min_se_cmd, SIP_OPTION_PEER "min-se SECONDS", SIP_OPTION_PEER_STR MIN_SE_STR)

ALIAS(min_se, p_min_se_expires_cmd, SIP_OPTION_PEER "min-se SECONDS session-expires SECONDS",
      SIP_OPTION_PEER_STR MIN_SE_STR EXPIRES_STR)

DEFUN(no_min_se, no_min_se_cmd, "no min-se", NO_STR "Session intervals\n")
{
	sip_options_of(vty)->min_se_s = 0;
	sip_options_of(vty)->session_expires_s = 0;
	return CMD_SUCCESS;
}

ALIAS(no_min_se, p_no_min_se_cmd, "no " SIP_OPTION_PEER "min-se",
      NO_STR SIP_OPTION_PEER_STR "Session intervals\n")

void sip_dialog_install(void)
{
	static struct cmd_element *const tenant[] = {&session_refresh_cmd, &no_session_refresh_cmd,
						     &min_se_cmd, &min_se_expires_cmd,
						     &no_min_se_cmd};
	static struct cmd_element *const peer[] = {&p_session_refresh_cmd,
						   &p_no_session_refresh_cmd, &p_min_se_cmd,
						   &p_min_se_expires_cmd, &p_no_min_se_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

void sip_dialog_write(const struct sip_options *options, const char *indent,
		      struct conf_writer *writer)
{
	sip_switch_write(options->session_refresh, indent, "session refresh", writer);
	if (options->session_expires_s)
		conf_put(writer, "%smin-se %u session-expires %u", indent, options->min_se_s,
			 options->session_expires_s);
	else if (options->min_se_s)
		conf_put(writer, "%smin-se %u", indent, options->min_se_s);
}
