// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the audio of calls from SIP to SIP goes (gateway/call/direct.h):
 *
 *	voice service voip            dial-peer voice 200 voip      voice register pool 1
 *	 media flow-around             media flow-around             media flow-through
 */
#include <string.h>

#include "conf/dial_peer.h"
#include "conf/sip_options.h"

#define MEDIA_STR "Audio of calls from SIP to SIP\n"
#define MEDIA_WORDS "(flow-around|flow-through)"
#define MEDIA_WORDS_STR                                                                            \
	"From one far end to the other, where both can\n"                                          \
	"Through the gateway\n"

static struct sip_options *options_of(struct vty *vty)
{
	return vty->node == CONF_VOICE_SERVICE_NODE ? &conf_of(vty)->tenant_all.options
						    : &dial_peer_of(vty)->sip;
}

DEFUN(media, media_cmd, "media " MEDIA_WORDS, MEDIA_STR MEDIA_WORDS_STR)
{
	options_of(vty)->media_around =
	    strcmp(argv[0], "flow-around") == 0 ? SIP_SWITCH_ON : SIP_SWITCH_OFF;
	return CMD_SUCCESS;
}

DEFUN(no_media, no_media_cmd, "no media", NO_STR MEDIA_STR)
{
	options_of(vty)->media_around = SIP_SWITCH_UNSET;
	return CMD_SUCCESS;
}

void sip_media_write(const struct sip_options *options, struct conf_writer *writer)
{
	if (options->media_around == SIP_SWITCH_ON)
		conf_put(writer, " media flow-around");
	else if (options->media_around == SIP_SWITCH_OFF)
		conf_put(writer, " media flow-through");
}

static struct cmd_element *const commands[] = {&media_cmd, &no_media_cmd};

void sip_media_install(void)
{
	sip_options_install_peer(commands, ARRAY_SIZE(commands));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_VOICE_SERVICE_NODE, commands[i]);
}

void sip_media_install_pool(void)
{
	dial_peer_install_node(CONF_POOL_NODE, commands, ARRAY_SIZE(commands));
}
