// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/spans.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "gateway/cards.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define FRAMES 7 /* in wire_span_state.counters: received, sent, in error */

void spans_init(struct spans *spans, spans_alarms_handler *on_alarms, void *arg)
{
	memset(spans, 0, sizeof(*spans));
	spans->on_alarms = on_alarms;
	spans->arg = arg;
	for (unsigned span = 0; span <= TDM_SPAN_MAX; span++) {
		spans->descriptors[span].fd_d = -1;
		for (unsigned timeslot = 0; timeslot <= TDM_TIMESLOT_MAX; timeslot++)
			spans->channels[span][timeslot] = -1;
	}
}

int spans_tell_media(struct spans *spans, const struct tdm_span_config *span)
{
	const struct tdm_descriptors *d = &spans->descriptors[span->number];
	struct wire_span_open open = {
	    .driver = span->driver,
	    .framing = span->framing,
	    .law = span->law,
	    .clock = span->clock,
	    .d_timeslot = span->d_timeslot,
	    .unit = span->unit,
	    .frames_per_packet = span->frames_per_packet,
	    .jitter_packets = span->jitter_packets,
	    .alarm_ms = span->alarm_ms,
	    .local = span->local,
	    .peer = span->peer,
	};

	int rc = media_client_span_open(spans->media, span->number, &open, d->fds, d->count);

	for (unsigned timeslot = 1; rc == 0 && timeslot <= TDM_TIMESLOT_MAX; timeslot++) {
		int fd = spans->channels[span->number][timeslot];

		if (fd >= 0)
			rc = media_client_channel_renew(spans->media, span->number, timeslot, fd);
	}
	return rc;
}

static int open_one(struct spans *spans, const struct conf_controller *c, char *why, size_t size)
{
	unsigned number = c->span.number;
	int rc;

	if (c->span.driver != TDM_DRIVER_CESOPSN) {
		rc = card_new(spans, c, &spans->cards[number]);
	} else {
		rc = tdm_open(&c->span, &spans->descriptors[number], why, size);
		if (rc < 0)
			return rc;
		rc = spans_tell_media(spans, &c->span);
	}
	if (rc < 0)
		snprintf(why, size, "cannot be opened: out of memory or descriptors");
	return rc;
}

int spans_open(struct spans *spans, const struct conf *conf, struct media_client *media, char *why,
	       size_t why_size)
{
	const struct conf_controller *c;

	spans->media = media;
	llist_for_each_entry (c, &conf->controllers, entry) {
		char reason[256] = "";
		int rc;

		if (c->shutdown || !c->span.driver)
			continue;
		rc = open_one(spans, c, reason, sizeof(reason));
		if (rc < 0) {
			snprintf(why, why_size, "controller %u: %s", c->span.number, reason);
			return rc;
		}
	}
	return 0;
}

void spans_close_cards(struct spans *spans)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		card_free(spans->cards[span]);
		spans->cards[span] = NULL;
	}
}

void spans_close(struct spans *spans)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		tdm_descriptors_close(&spans->descriptors[span]);
}

void spans_alarms_changed(struct spans *spans, unsigned span, unsigned before, unsigned alarms)
{
	char text[64];

	spans->state[span].alarms = alarms;
	if (alarms == before)
		return;
	if (alarms)
		LOGP(DSPAN, LOGL_NOTICE, "span %u: alarm %s\n", span,
		     tdm_alarms_name(alarms, text, sizeof(text)));
	else
		LOGP(DSPAN, LOGL_NOTICE, "span %u: alarms cleared\n", span);
	spans->on_alarms(spans->arg, span, alarms);
}

void spans_frames(struct spans *spans, unsigned span, const struct tdm_counters *counters)
{
	uint64_t *kept = &spans->state[span].counters[FRAMES];

	kept[0] = counters->hdlc_frames_received;
	kept[1] = counters->hdlc_frames_sent;
	kept[2] = counters->hdlc_errors;
}

void spans_heard(struct spans *spans, unsigned span, const struct wire_span_state *state)
{
	struct wire_span_state *kept = &spans->state[span <= TDM_SPAN_MAX ? span : 0];
	unsigned before = kept->alarms;
	uint64_t frames[3];

	if (span < 1 || span > TDM_SPAN_MAX)
		return;
	memcpy(frames, &kept->counters[FRAMES], sizeof(frames));
	*kept = *state;
	if (spans->cards[span]) { /* seen from here */
		kept->alarms = before;
		memcpy(&kept->counters[FRAMES], frames, sizeof(frames));
		return;
	}
	spans_alarms_changed(spans, span, before, state->alarms);
}
