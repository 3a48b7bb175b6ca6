// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice-port 1:D
 *	 cptone GB
 *	 description to the exchange
 *	 echo-cancel enable
 *	 echo-cancel coverage 64
 *	 input gain 3
 *	 output attenuation -2
 *	 timeouts interdigit 5
 *	 trunk-group 1 (port_dial.c: what the dial plan sees)
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/busyout.h"
#include "conf/conf_blocks.h"
#include "conf/port_dial.h"
#include "conf/value.h"
#include "drivers-glue/span/tones.h"

#define ECHO_COVERAGE_DEFAULT_MS 64
#define GAIN_MIN_DB -6 /* as in IOS */
#define GAIN_MAX_DB 14

static const unsigned coverages_ms[] = {8, 16, 24, 32, 48, 64, 80, 96, 112, 128};

/* How long to wait for digits. */
static const struct {
	const char *name;
	size_t at; /* in struct conf_voice_port */
} timeouts[] = {
    {"initial", offsetof(struct conf_voice_port, initial_s)},
    {"interdigit", offsetof(struct conf_voice_port, interdigit_s)},
    {"interdigit-match", offsetof(struct conf_voice_port, match_s)},
};

static unsigned *timeout_of(const struct conf_voice_port *p, unsigned which)
{
	return (unsigned *)((char *)p + timeouts[which].at);
}

static unsigned *timeout_by_name(struct conf_voice_port *p, const char *name)
{
	unsigned which = 0; /* libosmovty lets no other word through */

	for (unsigned i = 0; i < ARRAY_SIZE(timeouts); i++)
		if (strcmp(timeouts[i].name, name) == 0)
			which = i;
	return timeout_of(p, which);
}

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
	p->echo_coverage_ms = ECHO_COVERAGE_DEFAULT_MS;
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

DEFUN(vp_echo, vp_echo_cmd, "echo-cancel enable",
      "Echo that comes back from the line\nHave the driver cancel it\n")
{
	struct conf_voice_port *p = vty->index;

	p->echo_cancel = true;
	return CMD_SUCCESS;
}

DEFUN(vp_coverage, vp_coverage_cmd, "echo-cancel coverage MILLISECONDS",
      "Echo that comes back from the line\nHow late it may come\n"
      "8, 16, 24, 32, 48, 64, 80, 96, 112 or 128\n")
{
	struct conf_voice_port *p = vty->index;

	for (size_t i = 0; i < ARRAY_SIZE(coverages_ms); i++) {
		char text[8];

		snprintf(text, sizeof(text), "%u", coverages_ms[i]);
		if (strcmp(argv[0], text) != 0)
			continue;
		p->echo_coverage_ms = coverages_ms[i];
		return CMD_SUCCESS;
	}
	return conf_error(vty,
			  "echo-cancel coverage %s: expected 8, 16, 24, 32, 48, 64, 80, 96, 112 or "
			  "128 (ms)",
			  argv[0]);
}

static int read_gain(struct vty *vty, const char *what, const char *text, int *out)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end != '\0' || value < GAIN_MIN_DB || value > GAIN_MAX_DB)
		return conf_error(vty, "%s %s: expected %d to %d (dB)", what, text, GAIN_MIN_DB,
				  GAIN_MAX_DB);
	*out = (int)value;
	return CMD_SUCCESS;
}

DEFUN(vp_gain, vp_gain_cmd, "input gain DECIBELS",
      "What comes from the line\nMade louder\n-6 to 14\n")
{
	struct conf_voice_port *p = vty->index;

	return read_gain(vty, "input gain", argv[0], &p->input_gain_db);
}

DEFUN(vp_attenuation, vp_attenuation_cmd, "output attenuation DECIBELS",
      "What goes to the line\nMade quieter\n-6 to 14\n")
{
	struct conf_voice_port *p = vty->index;

	return read_gain(vty, "output attenuation", argv[0], &p->output_attenuation_db);
}

DEFUN(vp_no_echo, vp_no_echo_cmd, "no echo-cancel (enable|coverage)",
      NO_STR "Echo that comes back from the line\nHave the driver cancel it\n"
	     "How late it may come\n")
{
	struct conf_voice_port *p = vty->index;

	if (strcmp(argv[0], "enable") == 0)
		p->echo_cancel = false;
	else
		p->echo_coverage_ms = ECHO_COVERAGE_DEFAULT_MS;
	return CMD_SUCCESS;
}

DEFUN(vp_no_gain, vp_no_gain_cmd, "no input gain", NO_STR "What comes from the line\nMade louder\n")
{
	struct conf_voice_port *p = vty->index;

	p->input_gain_db = 0;
	return CMD_SUCCESS;
}

DEFUN(vp_no_attenuation, vp_no_attenuation_cmd, "no output attenuation",
      NO_STR "What goes to the line\nMade quieter\n")
{
	struct conf_voice_port *p = vty->index;

	p->output_attenuation_db = 0;
	return CMD_SUCCESS;
}

#define TIMEOUTS_STR "Digits that a caller dials\n"
#define TIMEOUTS_WHICH_STR                                                                         \
	"Before the first digit\nBefore the next one that is needed\n"                             \
	"Before a number that could be complete is taken for complete\n"

DEFUN(vp_timeouts, vp_timeouts_cmd, "timeouts (initial|interdigit|interdigit-match) SECONDS",
      TIMEOUTS_STR TIMEOUTS_WHICH_STR "1 to 120\n")
{
	struct value_range range = {"", 1, 120};
	char what[40];

	snprintf(what, sizeof(what), "timeouts %s", argv[0]);
	range.what = what;
	return value_number(vty, argv[1], &range, timeout_by_name(vty->index, argv[0]));
}

DEFUN(vp_no_timeouts, vp_no_timeouts_cmd, "no timeouts (initial|interdigit|interdigit-match)",
      NO_STR TIMEOUTS_STR TIMEOUTS_WHICH_STR)
{
	*timeout_by_name(vty->index, argv[0]) = 0;
	return CMD_SUCCESS;
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
	install_element(CONF_VOICE_PORT_NODE, &vp_echo_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_coverage_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_gain_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_attenuation_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_echo_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_gain_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_attenuation_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_timeouts_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_timeouts_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_shutdown_cmd);
	install_element(CONF_VOICE_PORT_NODE, &vp_no_cmd);
	port_dial_install();
	busyout_install();
}

static void voice_port_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	const struct conf_voice_port *p;
	char why[128];

	port_dial_check(loader);
	if (loader_is_incomplete(loader))
		return;
	llist_for_each_entry (p, &conf->voice_ports, entry) {
		busyout_check(loader, p);
	}
	llist_for_each_entry (p, &conf->voice_ports, entry) {
		const struct conf_controller *c = conf_find_controller(conf, p->span);

		if (c && loader_block_is_broken(loader, c->line))
			continue;
		if (!conf_controller_of_port(conf, p->port, why, sizeof(why)))
			loader_error(loader, p->line, "voice-port %s", why);
		else if (p->echo_cancel && c->span.driver == TDM_DRIVER_CESOPSN)
			loader_warning(
			    loader, p->line,
			    "voice-port %s: echo-cancel enable: a pseudowire has no echo "
			    "canceller, echo stays",
			    p->port);
	}
}

static void write_audio(const struct conf_voice_port *p, struct conf_writer *writer)
{
	if (p->echo_cancel)
		conf_put(writer, " echo-cancel enable");
	if (p->echo_coverage_ms != ECHO_COVERAGE_DEFAULT_MS)
		conf_put(writer, " echo-cancel coverage %u", p->echo_coverage_ms);
	if (p->input_gain_db)
		conf_put(writer, " input gain %d", p->input_gain_db);
	if (p->output_attenuation_db)
		conf_put(writer, " output attenuation %d", p->output_attenuation_db);
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
		write_audio(p, writer);
		for (unsigned i = 0; i < ARRAY_SIZE(timeouts); i++)
			if (*timeout_of(p, i))
				conf_put(writer, " timeouts %s %u", timeouts[i].name,
					 *timeout_of(p, i));
		port_dial_write(&p->dial, writer);
		busyout_write(&p->busyout, writer);
		if (p->shutdown)
			conf_put(writer, " shutdown");
		conf_put(writer, "!");
	}
}

const struct conf_block conf_voice_port_block = {
    .setup = voice_port_setup, .check = voice_port_check, .write = voice_port_write};
