// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/spans.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

void spans_init(struct spans *spans)
{
	memset(spans, 0, sizeof(*spans));
	for (unsigned span = 0; span <= TDM_SPAN_MAX; span++)
		spans->descriptors[span].fd_d = -1;
}

static int tell_media(struct media_client *media, const struct tdm_span_config *span,
		      const struct tdm_descriptors *d)
{
	struct wire_span_open open = {
	    .driver = span->driver,
	    .framing = span->framing,
	    .law = span->law,
	    .clock = span->clock,
	    .d_timeslot = span->d_timeslot,
	    .frames_per_packet = span->frames_per_packet,
	    .jitter_packets = span->jitter_packets,
	    .alarm_ms = span->alarm_ms,
	    .local = span->local,
	    .peer = span->peer,
	};

	return media_client_span_open(media, span->number, &open, d->fds, d->count);
}

int spans_open(struct spans *spans, const struct conf *conf, struct media_client *media, char *why,
	       size_t why_size)
{
	const struct conf_controller *c;

	llist_for_each_entry (c, &conf->controllers, entry) {
		struct tdm_descriptors *d = &spans->descriptors[c->span.number];
		char reason[200] = "";
		int rc;

		if (c->shutdown || !c->span.driver)
			continue;
		rc = tdm_open(&c->span, d, reason, sizeof(reason));
		if (rc == 0) {
			rc = tell_media(media, &c->span, d);
			snprintf(
			    reason, sizeof(reason), "%s",
			    "cannot be passed to the media process: out of memory or descriptors");
		}
		if (rc < 0) {
			snprintf(why, why_size, "controller %u: %s", c->span.number, reason);
			return rc;
		}
	}
	return 0;
}

void spans_close(struct spans *spans)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		tdm_descriptors_close(&spans->descriptors[span]);
}

bool spans_state_changed(struct spans *spans, unsigned span, const struct wire_span_state *state)
{
	uint32_t before;
	char text[64];

	if (span < 1 || span > TDM_SPAN_MAX)
		return false;
	before = spans->state[span].alarms;
	spans->state[span] = *state;
	if (state->alarms == before)
		return false;
	if (state->alarms)
		LOGP(DSPAN, LOGL_NOTICE, "span %u: alarm %s\n", span,
		     tdm_alarms_name(state->alarms, text, sizeof(text)));
	else
		LOGP(DSPAN, LOGL_NOTICE, "span %u: alarms cleared\n", span);
	return true;
}
