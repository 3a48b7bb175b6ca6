// SPDX-License-Identifier: GPL-2.0-or-later
/* The channels of a line: SERVICE, RESTART, and what the auditor needs to know and to do. */
#include "gateway/isdn/leg_isdn_private.h"

#include <errno.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"

#define CAUSE_TEMPORARY_FAILURE 41

struct leg_isdn *isdn_line_leg_on(const struct isdn_line *line, unsigned channel)
{
	struct leg_isdn *leg;

	llist_for_each_entry (leg, &line->legs, entry) {
		if (leg->timeslot == channel && channel != 0)
			return leg;
	}
	return NULL;
}

/* ---- for the auditor */

static unsigned holders(void *arg, unsigned channel)
{
	struct isdn_line *line = arg;
	unsigned who = isdn_channel_has_call(line->isdn, channel) ? AUDITOR_CALL : 0;

	return isdn_line_leg_on(line, channel) ? who | AUDITOR_LEG : who;
}

static int restart(void *arg, unsigned channel)
{
	struct isdn_line *line = arg;

	return isdn_restart(line->isdn, channel);
}

static void drop(void *arg, unsigned channel)
{
	struct isdn_line *line = arg;
	struct leg_isdn *leg = isdn_line_leg_on(line, channel);

	if (leg && leg->leg.call)
		office_clear_call(line->office, call_id(leg->leg.call), CAUSE_TEMPORARY_FAILURE);
	else if (leg && !leg->isdn)
		leg_isdn_free(leg);
	isdn_release_channel(line->isdn, channel, CAUSE_TEMPORARY_FAILURE);
}

const struct auditor_ops isdn_line_auditor_ops = {
    .holders = holders,
    .restart = restart,
    .drop = drop,
};

/* ---- what the D channel reports */

void isdn_line_on_restarted(void *arg, unsigned channel)
{
	struct isdn_line *line = arg;

	if (channel == 0)
		completion_line_lost(line);
	auditor_restarted(line->auditor, channel);
}

void isdn_line_on_restart_done(void *arg, unsigned channel, bool acknowledged)
{
	struct isdn_line *line = arg;

	auditor_restart_done(line->auditor, channel, acknowledged);
}

void isdn_line_on_release_failed(void *arg, unsigned channel)
{
	struct isdn_line *line = arg;

	auditor_release_failed(line->auditor, channel);
}

void isdn_line_on_service(void *arg, unsigned channel, enum isdn_service status)
{
	struct isdn_line *line = arg;

	trunk_unblock(line->trunk, channel, TRUNK_REASON_FAR_END);
	trunk_unblock(line->trunk, channel, TRUNK_REASON_FAR_END_MAINTENANCE);
	if (status != ISDN_IN_SERVICE)
		trunk_block(line->trunk, channel,
			    status == ISDN_MAINTENANCE ? TRUNK_REASON_FAR_END_MAINTENANCE
						       : TRUNK_REASON_FAR_END);
}

/* The far end may have been told nothing yet, or have forgotten it. */
void isdn_line_tell_service(struct isdn_line *line)
{
	for (unsigned c = trunk_next(line->trunk, 0); c != 0; c = trunk_next(line->trunk, c)) {
		if (trunk_is_blocked(line->trunk, c, TRUNK_REASON_OPERATOR) ||
		    trunk_is_blocked(line->trunk, c, TRUNK_REASON_BUSYOUT))
			isdn_service(line->isdn, c, ISDN_OUT_OF_SERVICE);
		else if (trunk_is_blocked(line->trunk, c, TRUNK_REASON_OPERATOR_MAINTENANCE))
			isdn_service(line->isdn, c, ISDN_MAINTENANCE);
	}
}

/* ---- the operator's orders */

static void block(struct isdn_line *line, unsigned channel, enum isdn_service status)
{
	trunk_unblock(line->trunk, channel, TRUNK_REASON_OPERATOR);
	trunk_unblock(line->trunk, channel, TRUNK_REASON_OPERATOR_MAINTENANCE);
	if (status != ISDN_IN_SERVICE)
		trunk_block(line->trunk, channel,
			    status == ISDN_MAINTENANCE ? TRUNK_REASON_OPERATOR_MAINTENANCE
						       : TRUNK_REASON_OPERATOR);
}

int isdn_line_service(struct isdn_line *line, unsigned channel, enum isdn_service status, bool hard)
{
	static const char *const names[] = {"in service", "maintenance", "out of service"};

	if (trunk_channel(line->trunk, channel) == TRUNK_CHANNEL_ABSENT)
		return -ENOENT;
	if (status > ISDN_OUT_OF_SERVICE)
		return -EINVAL;
	block(line, channel, status);
	LOGP(DISDN, LOGL_NOTICE, "%s: %s by the operator\n", isdn_channel_text(line->isdn, channel),
	     names[status]);
	if (status != ISDN_IN_SERVICE || !line->busied_out)
		isdn_service(line->isdn, channel, status); /* or when layer 2 comes up */
	if (hard && status != ISDN_IN_SERVICE)
		drop(line, channel);
	return 0;
}

static bool is_kept_by_operator(const struct isdn_line *line, unsigned channel)
{
	return trunk_is_blocked(line->trunk, channel, TRUNK_REASON_OPERATOR) ||
	       trunk_is_blocked(line->trunk, channel, TRUNK_REASON_OPERATOR_MAINTENANCE);
}

void isdn_line_busyout(struct isdn_line *line, bool busy)
{
	line->busied_out = busy;
	for (unsigned c = trunk_next(line->trunk, 0); c != 0; c = trunk_next(line->trunk, c)) {
		if (busy)
			trunk_block(line->trunk, c, TRUNK_REASON_BUSYOUT);
		else
			trunk_unblock(line->trunk, c, TRUNK_REASON_BUSYOUT);
		if (!is_kept_by_operator(line, c))
			isdn_service(line->isdn, c, busy ? ISDN_OUT_OF_SERVICE : ISDN_IN_SERVICE);
	}
}

int isdn_line_restart(struct isdn_line *line, unsigned channel)
{
	return auditor_restart(line->auditor, channel);
}

unsigned isdn_line_channel(const struct isdn_line *line, unsigned span, unsigned timeslot)
{
	for (unsigned c = trunk_next(line->trunk, 0); c != 0; c = trunk_next(line->trunk, c)) {
		if (trunk_span_of(line->trunk, c) == span && ISDN_CHANNEL_TIMESLOT(c) == timeslot)
			return c;
	}
	return 0;
}

void isdn_line_configure_service(struct isdn_line *line)
{
	for (unsigned timeslot = 1; timeslot < 32; timeslot++) {
		unsigned channel = ISDN_CHANNEL(line->config.isdn.nfas.interface, timeslot);

		if (line->config.service[timeslot] != ISDN_IN_SERVICE)
			block(line, channel, line->config.service[timeslot]);
	}
}

/* ---- the spans of a group */

int isdn_line_add_spans(struct isdn_line *line)
{
	struct isdn_line_config *config = &line->config;
	int rc = 0;

	if (!config->isdn.nfas.on)
		return 0;
	rc = trunk_set_interface(line->trunk, config->isdn.nfas.interface);
	for (unsigned n = 0; rc == 0 && n < config->span_count; n++) {
		const struct isdn_line_span *span = &config->spans[n];

		rc = trunk_add_span(line->trunk, span->interface, span->span, span->timeslots);
		if (rc == 0)
			config->isdn.nfas.spans[span->interface] = span->span;
	}
	return rc;
}

void isdn_line_restart_spans(struct isdn_line *line)
{
	for (unsigned c = trunk_next(line->trunk, 0); c != 0; c = trunk_next(line->trunk, c)) {
		if (ISDN_CHANNEL_INTERFACE(c) != line->config.isdn.nfas.interface)
			isdn_restart(line->isdn, c);
	}
}

int isdn_line_descriptor(const struct isdn_line *line, unsigned channel)
{
	unsigned timeslot = ISDN_CHANNEL_TIMESLOT(channel);
	const int *channels = NULL;

	if (ISDN_CHANNEL_INTERFACE(channel) == line->config.isdn.nfas.interface)
		channels = line->config.channels;
	for (unsigned n = 0; n < line->config.span_count; n++) {
		if (line->config.spans[n].interface == ISDN_CHANNEL_INTERFACE(channel))
			channels = line->config.spans[n].channels;
	}
	return channels ? channels[timeslot] : -1;
}
