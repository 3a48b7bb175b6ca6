// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/lines.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/spans.h"

#define BLOCK_OCTETS 80 /* of B-channel audio: 10 ms */

static const struct conf_voice_port *find_voice_port(const struct conf *conf, unsigned span)
{
	const struct conf_voice_port *port;

	llist_for_each_entry (port, &conf->voice_ports, entry) {
		if (port->span == span)
			return port;
	}
	return NULL;
}

static const struct conf_isdn *find_interface(const struct conf *conf, unsigned span)
{
	const struct conf_isdn *i;

	llist_for_each_entry (i, &conf->interfaces, entry) {
		if (i->span == span)
			return i;
	}
	return NULL;
}

static enum isdn_switch_type usual_switch_type(const struct conf_controller *c)
{
	if (c->span.framing == TDM_BRI)
		return ISDN_BASIC_NET3;
	return c->span.framing == TDM_T1 ? ISDN_PRIMARY_NI : ISDN_PRIMARY_NET5;
}

static void configure_link(struct isdn_line_config *config, const struct conf_isdn *i)
{
	config->isdn.link = i->link;
	config->isdn.multipoint = i->multipoint;
	config->isdn.multipoint.on = i->basic && !i->static_tei && !i->point_to_point_setup;
	config->announcement_ms = i->timers_ms[ISDN_T306 - 300];
	config->audit.restart_ms = i->restart_interval_s * 1000;
	memcpy(config->service, i->service, sizeof(config->service));
}

/* The other spans of an NFAS group; one may have the backup of the D channel. */
static void configure_group(struct isdn_line_config *config, const struct lines_parts *parts,
			    const struct conf_controller *primary)
{
	const struct conf_controller *c;

	config->isdn.nfas.on = true;
	config->isdn.nfas.interface = primary->nfas.interface;
	llist_for_each_entry (c, &parts->conf->controllers, entry) {
		unsigned span = c->span.number;

		if (c == primary || !c->nfas.d || c->nfas.group != primary->nfas.group)
			continue;
		if (c->shutdown || !c->span.driver)
			continue;
		config->spans[config->span_count++] = (struct isdn_line_span){
		    .span = span,
		    .interface = c->nfas.interface,
		    .timeslots = c->timeslots,
		    .channels = parts->spans->channels[span],
		};
		if (c->nfas.d != CONF_NFAS_BACKUP)
			continue;
		config->isdn.nfas.backup_fd_d = parts->spans->descriptors[span].fd_d;
		config->isdn.nfas.backup_span = span;
	}
}

static bool has_line(const struct conf_controller *c)
{
	return c->timeslots && !c->shutdown && c->span.driver && c->nfas.d != CONF_NFAS_BACKUP &&
	       c->nfas.d != CONF_NFAS_NONE;
}

static void configure_line(struct isdn_line_config *config, const struct lines_parts *parts,
			   const struct conf_controller *c)
{
	unsigned span = c->span.number;
	const struct conf_isdn *i = find_interface(parts->conf, span);
	const struct conf_voice_port *port = find_voice_port(parts->conf, span);

	*config = (struct isdn_line_config){
	    .isdn =
		{
		    .span = span,
		    .fd_d = parts->spans->descriptors[span].fd_d,
		    .switch_type = usual_switch_type(c),
		    .t1 = c->span.framing == TDM_T1,
		    .alaw = c->span.law == TDM_ALAW,
		},
	    .timeslots = c->timeslots,
	    .hunt = TRUNK_DESCENDING, /* as a user side does that says nothing */
	    /* The far end may still hold calls of a run that was killed. */
	    .restart_channels = true,
	    .block = BLOCK_OCTETS,
	    .channels = parts->spans->channels[span],
	};
	config->isdn.multipoint.on = c->span.framing == TDM_BRI; /* unless its interface says not */
	if (i) {
		config->isdn.switch_type = i->switch_type;
		config->isdn.network = i->network;
		config->isdn.redirection_facility = i->calldiversion;
		config->hunt = i->hunt;
		config->calls = i->calls;
		if (config->calls.t302_ms == 0)
			config->calls.t302_ms = i->timers_ms[ISDN_T302 - 300];
		memcpy(config->isdn.timers_ms, i->timers_ms, sizeof(config->isdn.timers_ms));
		config->isdn.supplementary =
		    i->supplementary | (i->calldiversion ? ISDN_SUPPLEMENTARY_DIVERSION : 0);
		config->hold_messages = i->hold_messages;
		configure_link(config, i);
	}
	if (port) {
		config->audio.echo_taps = port->echo_cancel ? 8 * port->echo_coverage_ms : 0;
		config->audio.input_gain_db10 = 10 * port->input_gain_db;
		config->audio.output_gain_db10 = -10 * port->output_attenuation_db;
	}
	if (c->nfas.d == CONF_NFAS_PRIMARY)
		configure_group(config, parts, c);
}

static int build_line(struct isdn_lines *lines, const struct lines_parts *parts,
		      const struct conf_controller *c)
{
	unsigned span = c->span.number;
	struct isdn_line_config config;
	int rc;

	configure_line(&config, parts, c);
	rc = isdn_line_new(parts->ctx, &config, parts->office, parts->media, &lines->line[span]);
	if (rc < 0)
		return rc;
	isdn_line_alarms(lines->line[span], parts->spans->state[span].alarms);
	lines->of_span[span] = lines->line[span];
	for (unsigned n = 0; n < config.span_count; n++)
		lines->of_span[config.spans[n].span] = lines->line[span];
	return 0;
}

int lines_change(struct isdn_lines *lines, const struct lines_parts *parts)
{
	const struct conf_controller *c;
	struct isdn_line_config config;

	llist_for_each_entry (c, &parts->conf->controllers, entry) {
		int rc;

		if (!has_line(c) || !lines->line[c->span.number])
			continue;
		configure_line(&config, parts, c);
		rc = isdn_line_change(lines->line[c->span.number], &config);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int lines_build(struct isdn_lines *lines, const struct lines_parts *parts, char *why,
		size_t why_size)
{
	const struct conf_controller *c;

	llist_for_each_entry (c, &parts->conf->controllers, entry) {
		int rc;

		if (!has_line(c))
			continue;
		rc = build_line(lines, parts, c);
		if (rc < 0) {
			snprintf(why, why_size, "controller %u: ISDN cannot be started: %s",
				 c->span.number, strerror(-rc));
			return rc;
		}
	}
	office_register_kind(parts->office, PEER_POTS, leg_isdn_make, lines);
	return 0;
}

void lines_free(struct isdn_lines *lines)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		if (lines->line[span])
			isdn_line_free(lines->line[span]);
		lines->line[span] = lines->of_span[span] = NULL;
	}
}
