// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	dial-peer voice 100 pots             sip-ua
 *	 progress_ind setup enable 3          disable-early-media 180
 *	 progress_ind alert enable 8
 *	 tone ringback alert-no-pi
 *	 tone special-information
 */
#include "conf/progress_ind.h"

#include <stdlib.h>
#include <string.h>

#include "conf/dial_peer.h"
#include "conf/sip_options.h"

static const char *const messages[PEER_MESSAGE_COUNT] = {
    [PEER_MESSAGE_SETUP] = "setup",	[PEER_MESSAGE_PROCEEDING] = "callproc",
    [PEER_MESSAGE_ALERT] = "alert",	[PEER_MESSAGE_PROGRESS] = "progress",
    [PEER_MESSAGE_CONNECT] = "connect", [PEER_MESSAGE_DISCONNECT] = "disconnect",
};

#define MESSAGES "(setup|callproc|alert|progress|connect|disconnect)"
#define PI_STR                                                                                     \
	"Progress indicators (Q.931 4.5.23) of calls that go out here\nIn SETUP\nIn CALL "         \
	"PROCEEDING or 100\nIn ALERTING or 180\nIn PROGRESS or 183\nIn CONNECT\nIn DISCONNECT\n"

static uint8_t *rule_of(struct vty *vty, const char *message)
{
	unsigned m = 0;

	while (m < PEER_MESSAGE_COUNT - 1 && strcmp(message, messages[m]) != 0)
		m++;
	return &dial_peer_of(vty)->progress_ind[m];
}

DEFUN(pi_enable, pi_enable_cmd, "progress_ind " MESSAGES " enable (0|1|2|3|8)",
      PI_STR "There is this one\nNone\nThe call is not end-to-end ISDN\n"
	     "Who is called has no ISDN\nWho calls has no ISDN\nTones or announcements are to be "
	     "heard\n")
{
	*rule_of(vty, argv[0]) = PEER_PI_ENABLE(atoi(argv[1]));
	return CMD_SUCCESS;
}

DEFUN(pi_off, pi_off_cmd, "progress_ind " MESSAGES " (disable|strip)",
      PI_STR "There is none\nIt is taken out\n")
{
	*rule_of(vty, argv[0]) = strcmp(argv[1], "strip") == 0 ? PEER_PI_STRIP : PEER_PI_DISABLE;
	return CMD_SUCCESS;
}

DEFUN(no_pi, no_pi_cmd, "no progress_ind " MESSAGES, NO_STR PI_STR)
{
	*rule_of(vty, argv[0]) = PEER_PI_UNSET;
	return CMD_SUCCESS;
}

#define TONE_STR                                                                                   \
	"Tones that this gateway plays\nWho calls hears that it rings\nIf the other side rings "   \
	"and announces no tone\n"

DEFUN(tone_ringback, tone_ringback_cmd, "tone ringback alert-no-pi", TONE_STR)
{
	dial_peer_of(vty)->ringback_no_pi = true;
	return CMD_SUCCESS;
}

DEFUN(no_tone_ringback, no_tone_ringback_cmd, "no tone ringback alert-no-pi", NO_STR TONE_STR)
{
	dial_peer_of(vty)->ringback_no_pi = false;
	return CMD_SUCCESS;
}

#define SIT_STR "Tones that this gateway plays\nWho dialled wrong hears so (causes 4 and 5)\n"

DEFUN(tone_special, tone_special_cmd, "tone special-information", SIT_STR)
{
	dial_peer_of(vty)->special_information = true;
	return CMD_SUCCESS;
}

DEFUN(no_tone_special, no_tone_special_cmd, "no tone special-information", NO_STR SIT_STR)
{
	dial_peer_of(vty)->special_information = false;
	return CMD_SUCCESS;
}

void progress_ind_install(void)
{
	static struct cmd_element *const commands[] = {
	    &pi_enable_cmd,	   &pi_off_cmd,	      &no_pi_cmd,	   &tone_ringback_cmd,
	    &no_tone_ringback_cmd, &tone_special_cmd, &no_tone_special_cmd};

	dial_peer_install(commands, ARRAY_SIZE(commands));
}

void progress_ind_write(const struct peer *p, struct conf_writer *writer)
{
	for (unsigned m = 0; m < PEER_MESSAGE_COUNT; m++) {
		uint8_t rule = p->progress_ind[m];

		if (rule >= PEER_PI_ENABLE(0))
			conf_put(writer, " progress_ind %s enable %u", messages[m],
				 rule - PEER_PI_ENABLE(0));
		else if (rule)
			conf_put(writer, " progress_ind %s %s", messages[m],
				 rule == PEER_PI_STRIP ? "strip" : "disable");
	}
	if (p->ringback_no_pi)
		conf_put(writer, " tone ringback alert-no-pi");
	if (p->special_information)
		conf_put(writer, " tone special-information");
}

/* ---- disable-early-media: one of the SIP settings */

#define EARLY_STR "Audio that comes before the answer is not heard\nIf it comes with 180\n"

DEFUN(early_media, early_media_cmd, "disable-early-media 180", EARLY_STR)
{
	sip_options_of(vty)->early_media_180 = SIP_SWITCH_OFF;
	return CMD_SUCCESS;
}

ALIAS(early_media, p_early_media_cmd, SIP_OPTION_PEER "disable-early-media 180",
      SIP_OPTION_PEER_STR EARLY_STR)

DEFUN(no_early_media, no_early_media_cmd, "no disable-early-media 180", NO_STR EARLY_STR)
{
	sip_options_of(vty)->early_media_180 = SIP_SWITCH_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_early_media, p_no_early_media_cmd, "no " SIP_OPTION_PEER "disable-early-media 180",
      NO_STR SIP_OPTION_PEER_STR EARLY_STR)

void sip_early_media_install(void)
{
	static struct cmd_element *const tenant[] = {&early_media_cmd, &no_early_media_cmd};
	static struct cmd_element *const peer[] = {&p_early_media_cmd, &p_no_early_media_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	for (size_t i = 0; i < ARRAY_SIZE(tenant); i++)
		install_element(CONF_SIP_UA_NODE, tenant[i]);
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

void sip_early_media_write(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer)
{
	if (options->early_media_180 == SIP_SWITCH_OFF)
		conf_put(writer, "%sdisable-early-media 180", indent);
}
