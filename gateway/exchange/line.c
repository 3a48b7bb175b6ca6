// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/line.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

static struct line *line_on(const struct exchange *exchange, unsigned timeslot)
{
	struct line *line;

	llist_for_each_entry (line, &exchange->lines, entry)
		if (line->timeslot == timeslot)
			return line;
	return NULL;
}

bool exchange_timeslot_usable(const struct exchange *exchange, unsigned timeslot)
{
	return timeslot >= 1 && timeslot <= tdm_timeslots(exchange->config.span.framing) &&
	       timeslot != exchange->config.span.d_timeslot && line_on(exchange, timeslot) == NULL;
}

/* The two sides hunt from opposite ends, so that calls seldom meet on a channel. 0: all are taken.
 */
unsigned exchange_timeslot_hunt(const struct exchange *exchange)
{
	unsigned last = tdm_timeslots(exchange->config.span.framing);

	for (unsigned i = 1; i <= last; i++) {
		unsigned timeslot = exchange->config.network ? i : last + 1 - i;

		if (exchange_timeslot_usable(exchange, timeslot))
			return timeslot;
	}
	return 0;
}

void line_free(struct line *line)
{
	subscriber_stop(line->subscriber);
	if (line->channel != NULL)
		tdm_channel_close(line->channel);
	line_audio_free(line->audio);
	llist_del(&line->entry);
	talloc_free(line);
}

static int channel_open(struct line *line)
{
	const struct tdm_span_config *span = &line->exchange->config.span;
	char why[256] = "";
	int fd = tdm_channel_descriptor(span, line->timeslot, why, sizeof(why)), rc;

	if (fd < 0 && fd != -ENOTSUP) {
		LOGP(DSPAN, LOGL_ERROR, "%u/%u: %s\n", span->number, line->timeslot, why);
		return fd;
	}
	rc = tdm_channel_open(line->exchange->span, line->timeslot, LINE_BLOCK, fd, &line->channel);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc;
}

int line_new(struct exchange *exchange, unsigned timeslot, struct line **out)
{
	struct line *line = talloc_zero(exchange, struct line);
	int rc;

	if (line == NULL)
		return -ENOMEM;
	line->exchange = exchange;
	line->timeslot = timeslot;
	llist_add_tail(&line->entry, &exchange->lines);
	rc = line_audio_new(line, exchange->config.span.law, &line->audio);
	if (rc == 0)
		rc = channel_open(line);
	if (rc < 0) {
		line_free(line);
		return rc;
	}
	*out = line;
	return 0;
}

void line_follow(struct line *line)
{
	unsigned timeslot = isdn_call_timeslot(line->call);
	struct exchange *exchange = line->exchange;
	int rc;

	if (timeslot == 0 || timeslot == line->timeslot)
		return;
	if (!exchange_timeslot_usable(exchange, timeslot)) {
		LOGP(DISDN, LOGL_ERROR, "%u/%u: the far end moved a call to a channel in use\n",
		     exchange->config.span.number, timeslot);
		line_clear(line, 82);
		return;
	}
	if (line->channel != NULL)
		tdm_channel_close(line->channel);
	line->channel = NULL;
	line->timeslot = timeslot;
	rc = channel_open(line);
	if (rc < 0)
		LOGP(DISDN, LOGL_ERROR, "%u/%u: cannot be opened: %s\n",
		     exchange->config.span.number, timeslot, strerror(-rc));
	else
		tdm_channel_loop(line->channel, line->sound == SUBSCRIBER_AUDIO_ECHO);
}

void *line_arg(const struct line *line)
{
	return line->arg;
}

struct line_audio *line_audio_of(struct line *line)
{
	return line->audio;
}

void line_clear(struct line *line, unsigned cause)
{
	int rc;

	if (line->cleared_by != CLEARED_BY_NOBODY)
		return;
	line->cleared_by = CLEARED_BY_US;
	rc = isdn_release(line->call, cause);
	if (rc < 0)
		LOGP(DISDN, LOGL_ERROR, "%u/%u: clearing failed: %s\n",
		     line->exchange->config.span.number, line->timeslot, strerror(-rc));
}

void line_abandon(struct line *line)
{
	line->owner = NULL;
}

/* ---- what the subscribers order */

static void order_check(const struct line *line, const char *what, int rc)
{
	if (rc < 0)
		LOGP(DISDN, LOGL_ERROR, "%u/%u: %s was not sent: %s\n",
		     line->exchange->config.span.number, line->timeslot, what, strerror(-rc));
}

static void order_proceeding(void *arg)
{
	struct line *line = arg;

	order_check(line, "CALL PROCEEDING",
		    isdn_proceeding(line->call, line->timeslot, ISDN_PROGRESS_NONE));
}

static void order_alerting(void *arg)
{
	struct line *line = arg;

	order_check(line, "ALERTING", isdn_alerting(line->call, ISDN_PROGRESS_NONE));
}

static void order_progress(void *arg, unsigned progress)
{
	struct line *line = arg;

	order_check(line, "PROGRESS", isdn_progress(line->call, progress, NULL));
}

static void order_connect(void *arg)
{
	struct line *line = arg;

	order_check(line, "CONNECT", isdn_connect(line->call, NULL));
}

static void order_audio(void *arg, enum subscriber_audio sound)
{
	struct line *line = arg;
	const struct exchange_config *config = &line->exchange->config;
	bool t1 = config->span.framing == TDM_T1;
	const struct wav *wav = NULL;

	line->sound = sound;
	line_audio_return_digits(line->audio, sound == SUBSCRIBER_AUDIO_DIGITS);
	line_audio_play_sound(line->audio, LINE_SILENCE);
	if (line->channel != NULL)
		tdm_channel_loop(line->channel, sound == SUBSCRIBER_AUDIO_ECHO);
	switch (sound) {
	case SUBSCRIBER_AUDIO_RINGING:
		line_audio_play_sound(line->audio, t1 ? LINE_RINGING_T1 : LINE_RINGING_E1);
		break;
	case SUBSCRIBER_AUDIO_PLAY:
		line_audio_play_sound(line->audio, LINE_TONE_1004);
		wav = config->play;
		break;
	case SUBSCRIBER_AUDIO_ANNOUNCEMENT:
		line_audio_play_sound(line->audio, LINE_SPECIAL_INFORMATION);
		wav = config->announcement;
		break;
	case SUBSCRIBER_AUDIO_NONE:
	case SUBSCRIBER_AUDIO_ECHO:
	case SUBSCRIBER_AUDIO_DIGITS:
		break;
	}
	if (wav != NULL)
		line_audio_play_wav(line->audio, wav, true);
}

static void order_clear(void *arg, unsigned cause)
{
	line_clear(arg, cause);
}

const struct subscriber_ops line_subscriber_ops = {
    .proceeding = order_proceeding,
    .alerting = order_alerting,
    .progress = order_progress,
    .connect = order_connect,
    .audio = order_audio,
    .charge = line_order_charge,
    .clear = order_clear,
};
