// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/leg_isdn_private.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_link.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"

#define PROCEEDING_MS 1000 /* the far end's T303 is 4 s: it must hear something before */

/* ---- inbound */

/* The channel for a SETUP: the one it names, or another if that may be. Negative: refuse, cause. */
static int channel_for_setup(struct isdn_line *line, const struct isdn_setup *setup)
{
	int rc = setup->timeslot != 0 ? leg_isdn_channel_take(line, setup->timeslot) : -EBUSY;

	if (rc == 0)
		return (int)setup->timeslot;
	/* on a bus the other channels may be those of other terminals */
	if (setup->timeslot == 0 && line->config.isdn.multipoint.on && !line->config.isdn.network)
		return -17;
	if (setup->exclusive && setup->timeslot != 0)
		return rc == -ENOENT ? -82 : -44;
	rc = trunk_seize(line->trunk);
	return rc < 0 ? -34 : rc;
}

static unsigned leg_start(struct isdn_line *line, struct isdn_call *call,
			  const struct isdn_setup *setup)
{
	struct call_setup wanted;
	struct leg_isdn *leg;
	int timeslot;

	leg_isdn_setup_received(line, setup, &wanted);
	wanted.message = line->setup_message;
	if (wanted.called.digits[0] == '\0' && wanted.called_form == CALLED_COMPLETE &&
	    !office_dials_later(line->office, PEER_POTS, &wanted, line->port))
		return 28;
	if (line->busied_out && !plan_may_be_emergency(office_plan(line->office), &wanted.called))
		return 34;
	timeslot = channel_for_setup(line, setup);
	if (timeslot < 0)
		return (unsigned)-timeslot;
	leg = leg_isdn_new(line, (unsigned)timeslot, LEG_PRESENT);
	if (!leg) {
		trunk_release(line->trunk, (unsigned)timeslot);
		return 34;
	}
	if (bearer_is_data(setup->bearer))
		leg->leg.codec = PEER_CODEC_CLEAR;
	if (leg_isdn_media_open(leg) < 0) {
		leg_isdn_free(leg);
		return 34;
	}
	leg->isdn = call;
	isdn_call_set_user(call, leg);
	leg_isdn_timer_ms(leg, PROCEEDING_MS);
	completion_called_back(leg, setup->completion);
	if (!call_new(line->office, &leg->leg, &wanted, line->port)) {
		isdn_call_set_user(call, NULL);
		leg_isdn_free(leg);
		return 34;
	}
	return 0;
}

void isdn_line_on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	struct isdn_line *line = arg;
	unsigned cause;

	if (setup->bearer != ISDN_BEARER_SPEECH && setup->bearer != ISDN_BEARER_3K1_AUDIO &&
	    !bearer_is_data(setup->bearer))
		cause = 65;
	else
		cause = leg_start(line, call, setup);
	if (cause == 0)
		return;
	LOGP(DISDN, LOGL_NOTICE, "%s: SETUP refused, cause %u (%s)\n",
	     isdn_channel_text(line->isdn, setup->timeslot), cause, isdn_cause_name(cause));
	isdn_release(call, cause);
}

void isdn_line_on_message(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
			  const char *text)
{
	struct isdn_line *line = arg;
	struct leg_isdn *leg = call ? isdn_call_user(call) : NULL;

	if (leg)
		call_trace(&leg->leg, direction == ISDN_SENT ? CALL_SENT : CALL_RECEIVED, text);
	else if (direction == ISDN_RECEIVED)
		osmo_strlcpy(line->setup_message, text, sizeof(line->setup_message));
}

/* ---- the line */

/* A bus sleeps while nobody calls: layers 1 and 2 are down, which is no trouble and no alarm. */
static void set_link(struct isdn_line *line)
{
	bool sleeps = line->config.isdn.multipoint.on;

	trunk_set_dchannel(line->trunk, isdn_is_usable(line->isdn));
	trunk_set_alarms(line->trunk, line->config.isdn.span, sleeps ? 0 : line->alarms);
}

void isdn_line_on_dchannel(void *arg, bool up)
{
	struct isdn_line *line = arg;

	set_link(line);
	if (up)
		isdn_line_tell_service(line);
	else
		completion_line_lost(line);
}

int isdn_line_new(void *ctx, const struct isdn_line_config *config, struct office *office,
		  struct media_client *media, struct isdn_line **out)
{
	struct isdn_line *line;
	int rc;

	if (config->block != 80 && config->block != 160)
		return -EINVAL;
	line = talloc_zero(ctx, struct isdn_line);
	if (!line)
		return -ENOMEM;
	line->config = *config;
	line->office = office;
	line->media = media;
	INIT_LLIST_HEAD(&line->legs);
	INIT_LLIST_HEAD(&line->agents);
	INIT_LLIST_HEAD(&line->monitors);
	snprintf(line->port, sizeof(line->port), "%u:D", config->isdn.span);
	if (config->restart_channels)
		line->config.isdn.restart_timeslots = config->timeslots;
	rc = trunk_new(line, config->isdn.span, config->timeslots, config->hunt, &line->trunk);
	if (rc < 0)
		goto fail;
	rc = isdn_line_add_spans(line);
	if (rc < 0)
		goto fail;
	rc = auditor_new(line, &config->audit, line->trunk, &isdn_line_auditor_ops, line,
			 &line->auditor);
	if (rc < 0)
		goto fail;
	isdn_line_configure_service(line);
	rc = address_map_new(config->calls.map, config->calls.map_count, &line->map);
	if (rc < 0)
		goto fail;
	rc = isdn_new(line, &line->config.isdn, &leg_isdn_handlers, line, &line->isdn);
	if (rc < 0)
		goto fail;
	if (config->restart_channels)
		isdn_line_restart_spans(line);
	set_link(line); /* a bus is usable from the start */
	*out = line;
	return 0;
fail:
	auditor_free(line->auditor);
	address_map_free(line->map);
	talloc_free(line);
	return rc;
}

int isdn_line_change(struct isdn_line *line, const struct isdn_line_config *config)
{
	struct address_map *map;
	int rc = address_map_new(config->calls.map, config->calls.map_count, &map);

	if (rc < 0)
		return rc;
	address_map_free(line->map);
	line->map = map;
	line->config.calls = config->calls;
	line->config.audio = config->audio;
	line->config.announcement_ms = config->announcement_ms;
	isdn_set_timers(line->isdn, config->isdn.timers_ms);
	return 0;
}

void isdn_line_free(struct isdn_line *line)
{
	if (!line)
		return;
	completion_line_lost(line);
	isdn_free(line->isdn); /* every leg has heard of its end after this */
	while (!llist_empty(&line->legs))
		leg_isdn_free(llist_first_entry(&line->legs, struct leg_isdn, entry));
	auditor_free(line->auditor);
	address_map_free(line->map);
	talloc_free(line);
}

struct isdn *isdn_line_isdn(struct isdn_line *line)
{
	return line->isdn;
}

struct trunk *isdn_line_trunk(struct isdn_line *line)
{
	return line->trunk;
}

void isdn_line_span_alarms(struct isdn_line *line, unsigned span, unsigned alarms)
{
	if (span == line->config.isdn.span)
		isdn_line_alarms(line, alarms);
	else
		trunk_set_alarms(line->trunk, span, alarms);
}

void isdn_line_alarms(struct isdn_line *line, unsigned alarms)
{
	line->alarms = alarms;
	set_link(line);
}

bool isdn_line_is_up(const struct isdn_line *line)
{
	return trunk_is_up(line->trunk);
}

static void describe_idle(const struct trunk *trunk, unsigned timeslot, char *text, size_t size)
{
	switch (trunk_channel(trunk, timeslot)) {
	case TRUNK_CHANNEL_ABSENT:
		snprintf(text, size, "absent");
		break;
	case TRUNK_CHANNEL_IDLE:
		snprintf(text, size, "idle");
		break;
	case TRUNK_CHANNEL_BUSY:
		snprintf(text, size, "busy");
		break;
	case TRUNK_CHANNEL_OUT_OF_SERVICE:
		snprintf(text, size, "out of service (%s)",
			 trunk_reason_name(trunk_channel_reason(trunk, timeslot)));
		break;
	}
}

void isdn_line_describe_channel(struct isdn_line *line, unsigned timeslot, char *text, size_t size)
{
	const struct leg_isdn *leg = isdn_line_leg_on(line, timeslot);

	if (leg && leg->leg.call && leg->isdn)
		snprintf(text, size, "call %u %s", call_id(leg->leg.call),
			 isdn_call_state_name(leg->isdn));
	else if (leg)
		snprintf(text, size, "clearing");
	else
		describe_idle(line->trunk, timeslot, text, size);
}
