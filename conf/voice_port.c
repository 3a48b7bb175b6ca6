// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice-port 1:D
 *	 cptone GB
 *	 description to the exchange
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"
#include "drivers-glue/span/tones.h"

static void insert_voice_port(struct conf *conf, struct conf_voice_port *p)
{
	struct conf_voice_port *next;

	llist_for_each_entry (next, &conf->voice_ports, entry) {
		if (next->span > p->span) {
			llist_add_tail(&p->entry, &next->entry);
			return;
		}
	}
	llist_add_tail(&p->entry, &conf->voice_ports);
}

DEFUN(voice_port, voice_port_cmd, "voice-port PORT", "Settings of a voice port\nAs in 1:D\n")
{
	struct conf *conf = conf_of(vty);
	struct conf_voice_port *p = talloc_zero(conf, struct conf_voice_port), *first;
	unsigned timeslot = 1;
	unsigned span = peer_port_span(argv[0], &timeslot);

	OSMO_ASSERT(p);
	vty->node = CONF_VOICE_PORT_NODE;
	vty->index = p;
	p->span = span;
	p->line = conf_line_of(vty);
	if (!span || timeslot)
		return conf_error(vty,
				  "voice-port %s: expected N:D; this release has no analogue "
				  "ports",
				  argv[0]);
	llist_for_each_entry (first, &conf->voice_ports, entry) {
		if (first->span == span)
			return conf_error(vty, "voice-port %s is configured already on line %u",
					  argv[0], first->line);
	}
	snprintf(p->port, sizeof(p->port), "%s", argv[0]);
	insert_voice_port(conf, p);
	return CMD_SUCCESS;
}

DEFUN(vp_cptone, vp_cptone_cmd, "cptone COUNTRY",
      "Call progress tones\nCountry, two letters of ISO 3166\n")
{
	struct conf_voice_port *p = vty->index;

	if (strlen(argv[0]) != 2 || !tone_country(argv[0], TONE_BUSY))
		return conf_error(vty,
				  "cptone %s: expected a country whose tones are known, as in "
				  "GB, DE or US",
				  argv[0]);
	return value_word(vty, "cptone", argv[0], p->cptone, sizeof(p->cptone));
}

DEFUN(vp_description, vp_description_cmd, "description .TEXT", "What it is for\nText\n")
{
	struct conf_voice_port *p = vty->index;

	return value_text(vty, argc, argv, p->description, sizeof(p->description));
}

DEFUN(vp_shutdown, vp_shutdown_cmd, "shutdown", "Take no calls on this port\n")
{
	struct conf_voice_port *p = vty->index;

	p->shutdown = true;
	return CMD_SUCCESS;
}

DEFUN(vp_no, vp_no_cmd, "no (cptone|description|shutdown)",
      NO_STR "Call progress tones\nWhat it is for\nTake no calls on this port\n")
{
	struct conf_voice_port *p = vty->index;

	if (strcmp(argv[0], "cptone") == 0)
		p->cptone[0] = '\0';
	else if (strcmp(argv[0], "description") == 0)
		p->description[0] = '\0';
	else
		p->shutdown = false;
	return CMD_SUCCESS;
}

static void voice_port_setup(void)
{
	static struct cmd_node node = {CONF_VOICE_PORT_NODE, "%s(config-voiceport)# ", 1};

	install_element(CONF_ROOT_NODE, &voice_port_cmd);
	conf_node_install(&node);
	install_element(CONF_VOICE_PORT_NODE, &vp_cptone_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_description_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_shutdown_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_cmd);
}

static void voice_port_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	const struct conf_voice_port *p;
	char why[128];

	if (loader_is_incomplete(loader))
		return;
	llist_for_each_entry (p, &conf->voice_ports, entry) {
		const struct conf_controller *c = conf_find_controller(conf, p->span);

		if (c && loader_block_is_broken(loader, c->line))
			continue;
		if (!conf_controller_of_port(conf, p->port, why, sizeof(why)))
			loader_error(loader, p->line, "voice-port %s", why);
	}
}

static void voice_port_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_voice_port *p;

	llist_for_each_entry (p, &conf->voice_ports, entry) {
		conf_put(writer, "voice-port %s", p->port);
		if (p->description[0])
			conf_put(writer, " description %s", p->description);
		if (p->cptone[0])
			conf_put(writer, " cptone %s", p->cptone);
		if (p->shutdown)
			conf_put(writer, " shutdown");
		conf_put(writer, "!");
	}
}

const struct conf_block conf_voice_port_block = {
    .setup = voice_port_setup, .check = voice_port_check, .write = voice_port_write};
