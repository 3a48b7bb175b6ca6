// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who leaves whom to talk to whom: transfer, redirection, and SIP to SIP.
 *
 *	voice service voip                        dial-peer voice 200 voip
 *	 allow-connections sip to sip              redirect ip2ip
 *	 redirect ip2ip                            no supplementary-service sip refer
 *	 no supplementary-service sip refer        voice-class sip redirection
 *	 sip
 *	  no redirection
 */
#include <string.h>

#include "conf/dial_peer.h"
#include "conf/sip_options.h"

/* ---- `redirection`: of all, of tenants, of peers */

#define REDIRECTION_STR "Follow 3xx responses to our calls\n"

SIP_SWITCH(redirection, redirect, "redirection", REDIRECTION_STR)

void sip_redirection_write(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer)
{
	sip_switch_write(options->redirect, indent, "redirection", writer);
}

/* ---- what stands below `voice service voip`, and at voip peers */

static struct sip_options *options_of(struct vty *vty)
{
	return vty->node == CONF_VOICE_SERVICE_NODE ? &conf_of(vty)->tenant_all.options
						    : &dial_peer_of(vty)->sip;
}

static int set_switch(uint8_t *option, bool on)
{
	*option = on ? SIP_SWITCH_ON : SIP_SWITCH_OFF;
	return CMD_SUCCESS;
}

#define SERVICE_STR "Transfer and redirection\nOf SIP\n"
#define SERVICE_WORDS "(refer|moved-temporarily)"
#define SERVICE_WORDS_STR                                                                          \
	"Ask a neighbour by REFER to join calls that both are his\n"                               \
	"Tell a caller by 3xx where his call is to go\n"

static int set_service(struct vty *vty, const char *word, bool on)
{
	struct sip_options *options = options_of(vty);

	return set_switch(
	    strcmp(word, "refer") == 0 ? &options->refer : &options->moved_temporarily, on);
}

DEFUN(service, service_cmd, "supplementary-service sip " SERVICE_WORDS,
      SERVICE_STR SERVICE_WORDS_STR)
{
	return set_service(vty, argv[0], true);
}

DEFUN(no_service, no_service_cmd, "no supplementary-service sip " SERVICE_WORDS,
      NO_STR SERVICE_STR SERVICE_WORDS_STR)
{
	return set_service(vty, argv[0], false);
}

#define REDIRECT_STR "Answer calls with where they are to go\nThose from SIP to SIP, with 3xx\n"

DEFUN(redirect, redirect_cmd, "redirect ip2ip", REDIRECT_STR)
{
	return set_switch(&options_of(vty)->redirect_server, true);
}

DEFUN(no_redirect, no_redirect_cmd, "no redirect ip2ip", NO_STR REDIRECT_STR)
{
	return set_switch(&options_of(vty)->redirect_server, false);
}

void sip_transfer_write(const struct sip_options *options, struct conf_writer *writer)
{
	sip_switch_write(options->redirect_server, " ", "redirect ip2ip", writer);
	sip_switch_write(options->refer, " ", "supplementary-service sip refer", writer);
	sip_switch_write(options->moved_temporarily, " ",
			 "supplementary-service sip moved-temporarily", writer);
}

/* ---- `allow-connections` */

#define ALLOW_STR "Calls between two legs of a kind\nThat came by SIP\nTo\nThat go out by SIP\n"

DEFUN(allow, allow_cmd, "allow-connections sip to sip", ALLOW_STR)
{
	conf_of(vty)->sip_to_sip = true;
	return CMD_SUCCESS;
}

DEFUN(no_allow, no_allow_cmd, "no allow-connections sip to sip", NO_STR ALLOW_STR)
{
	conf_of(vty)->sip_to_sip = false;
	return CMD_SUCCESS;
}

void sip_transfer_write_all(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->sip_to_sip)
		conf_put(writer, " allow-connections sip to sip");
	sip_transfer_write(&conf->tenant_all.options, writer);
	sip_media_write(&conf->tenant_all.options, writer);
}

void sip_transfer_install(void)
{
	static struct cmd_element *const tenant[] = {&redirection_cmd, &no_redirection_cmd};
	static struct cmd_element *const peer[] = {&p_redirection_cmd, &p_no_redirection_cmd,
						   &service_cmd,       &no_service_cmd,
						   &redirect_cmd,      &no_redirect_cmd};
	static struct cmd_element *const all[] = {&service_cmd,	    &no_service_cmd, &redirect_cmd,
						  &no_redirect_cmd, &allow_cmd,	     &no_allow_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	install_element(CONF_SIP_UA_NODE, &redirection_cmd);
	install_element(CONF_SIP_UA_NODE, &no_redirection_cmd);
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		install_element(CONF_VOICE_SERVICE_NODE, all[i]);
}
