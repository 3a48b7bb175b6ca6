// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua                                   voice class tenant 7
 *	 retry invite 4 (sip_ua.c)                retry invite 2
 *	 timers hold-down 60
 *	 protocol mode dual-stack preference ipv4
 */
#include "conf/sip_failover.h"

#include <string.h>

#include "conf/sip_options.h"
#include "conf/value.h"

#define RETRY_STR                                                                                  \
	"How often a request is sent again\nAn INVITE without any response, before the call goes " \
	"elsewhere\n"

DEFUN(retry_invite, retry_invite_cmd, "retry invite NUMBER", RETRY_STR "1 to 10\n")
{
	static const struct value_range range = {"retry invite", 1, 10};
	unsigned value;

	if (value_number(vty, argv[0], &range, &value) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->invite_retries = (uint8_t)value;
	return CMD_SUCCESS;
}

ALIAS(retry_invite, p_retry_invite_cmd, SIP_OPTION_PEER "retry invite NUMBER",
      SIP_OPTION_PEER_STR RETRY_STR "1 to 10\n")

DEFUN(no_retry_invite, no_retry_invite_cmd, "no retry invite", NO_STR RETRY_STR)
{
	sip_options_of(vty)->invite_retries = 0;
	return CMD_SUCCESS;
}

ALIAS(no_retry_invite, p_no_retry_invite_cmd, "no " SIP_OPTION_PEER "retry invite",
      NO_STR SIP_OPTION_PEER_STR RETRY_STR)

#define HOLD_DOWN_STR "Timers\nHow long an address that failed is called after others\n"

DEFUN(hold_down, hold_down_cmd, "timers hold-down SECONDS", HOLD_DOWN_STR "0 to 3600\n")
{
	static const struct value_range range = {"timers hold-down", 0, 3600};

	return value_number(vty, argv[0], &range, &conf_of(vty)->hold_down_s);
}

DEFUN(no_hold_down, no_hold_down_cmd, "no timers hold-down", NO_STR HOLD_DOWN_STR)
{
	conf_of(vty)->hold_down_s = CONF_HOLD_DOWN_S_DEFAULT;
	return CMD_SUCCESS;
}

#define MODE_STR "Network protocol\nAddresses of names that are called\n"

DEFUN(protocol_mode, protocol_mode_cmd, "protocol mode (ipv4|ipv6|dual-stack)",
      MODE_STR "IPv4 only\nIPv6 only\nBoth, IPv6 first\n")
{
	enum resolve_families families = RESOLVE_IPV6_FIRST;

	if (strcmp(argv[0], "dual-stack") != 0)
		families = strcmp(argv[0], "ipv4") == 0 ? RESOLVE_IPV4_ONLY : RESOLVE_IPV6_ONLY;
	conf_of(vty)->families = families;
	return CMD_SUCCESS;
}

DEFUN(protocol_preference, protocol_preference_cmd,
      "protocol mode dual-stack preference (ipv4|ipv6)",
      MODE_STR "Both\nWhich goes first\nIPv4\nIPv6\n")
{
	conf_of(vty)->families =
	    strcmp(argv[0], "ipv4") == 0 ? RESOLVE_IPV4_FIRST : RESOLVE_IPV6_FIRST;
	return CMD_SUCCESS;
}

DEFUN(no_protocol_mode, no_protocol_mode_cmd, "no protocol mode", NO_STR MODE_STR)
{
	conf_of(vty)->families = RESOLVE_IPV6_FIRST;
	return CMD_SUCCESS;
}

void sip_failover_install(void)
{
	static struct cmd_element *const peer[] = {&p_retry_invite_cmd, &p_no_retry_invite_cmd};

	install_element(CONF_TENANT_NODE, &retry_invite_cmd);
	install_element(CONF_TENANT_NODE, &no_retry_invite_cmd);
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
	install_element(CONF_SIP_UA_NODE, &hold_down_cmd);
	install_element(CONF_SIP_UA_NODE, &no_hold_down_cmd);
	install_element(CONF_SIP_UA_NODE, &protocol_mode_cmd);
	install_element(CONF_SIP_UA_NODE, &protocol_preference_cmd);
	install_element(CONF_SIP_UA_NODE, &no_protocol_mode_cmd);
}

void sip_failover_write(const struct sip_options *options, const char *indent,
			struct conf_writer *writer)
{
	if (options->invite_retries)
		conf_put(writer, "%sretry invite %u", indent, options->invite_retries);
}

void sip_failover_write_ua(const struct conf *conf, struct conf_writer *writer)
{
	static const char *const modes[] = {
	    [RESOLVE_IPV6_FIRST] = NULL,
	    [RESOLVE_IPV4_FIRST] = "dual-stack preference ipv4",
	    [RESOLVE_IPV4_ONLY] = "ipv4",
	    [RESOLVE_IPV6_ONLY] = "ipv6",
	};

	if (conf->hold_down_s != CONF_HOLD_DOWN_S_DEFAULT)
		conf_put(writer, " timers hold-down %u", conf->hold_down_s);
	if (modes[conf->families])
		conf_put(writer, " protocol mode %s", modes[conf->families]);
}
