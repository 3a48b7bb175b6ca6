// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/subscriber.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn.h"

#define STEPS_MAX 12
#define PLAY_AFTER_MS 200 /* the caller hears CONNECT first, then the first word */
#define HANG_UP_AFTER_MS 2000
#define CHARGED_MS 1000

enum step_kind {
	END, /* nothing more: up until the caller hangs up */
	PROCEEDING,
	ALERTING,
	PROGRESS,
	CONNECT,
	AUDIO,
	WAIT, /* value: ms */
	WAIT_PROCEEDING,
	WAIT_ALERTING,
	WAIT_ANSWER,
	WAIT_ANNOUNCEMENT,
	CLEAR,	      /* value: cause */
	CHARGE,	      /* value: units so far */
	FINAL_CHARGE, /* value: units; goes with what clears the call */
};

struct step {
	enum step_kind kind;
	unsigned value;
};

struct subscriber_row {
	const char *number; /* last digits; NULL: any */
	const char *does;
	struct step steps[STEPS_MAX];
};

/* how every call that rings begins, and how it is answered */
#define RING                                                                                       \
	{WAIT_PROCEEDING, 0}, {PROCEEDING, 0}, {WAIT_ALERTING, 0},                                 \
	{                                                                                          \
		ALERTING, 0                                                                        \
	}
#define ANSWER                                                                                     \
	{AUDIO, SUBSCRIBER_AUDIO_RINGING}, {WAIT_ANSWER, 0}, {AUDIO, SUBSCRIBER_AUDIO_NONE},       \
	{                                                                                          \
		CONNECT, 0                                                                         \
	}
#define TRIED                                                                                      \
	{WAIT_PROCEEDING, 0},                                                                      \
	{                                                                                          \
		PROCEEDING, 0                                                                      \
	}

static const struct subscriber_row rows[] = {
    {"0001", "answers and echoes", {RING, ANSWER, {AUDIO, SUBSCRIBER_AUDIO_ECHO}}},
    {"0002",
     "answers and plays a WAV or a tone",
     {RING, ANSWER, {WAIT, PLAY_AFTER_MS}, {AUDIO, SUBSCRIBER_AUDIO_PLAY}}},
    {"0003", "is busy (cause 17)", {TRIED, {CLEAR, 17}}},
    {"0004", "rings for ever", {RING, {AUDIO, SUBSCRIBER_AUDIO_RINGING}}},
    {"0005", "is unallocated (cause 1)", {{CLEAR, 1}}},
    {"0006", "rejects the call (cause 21)", {TRIED, {CLEAR, 21}}},
    {"0007", "meets congestion (cause 42)", {{CLEAR, 42}}},
    {"0008",
     "gives an announcement (progress indicator 8), then cause 1",
     {TRIED,
      {PROGRESS, ISDN_PROGRESS_INBAND},
      {AUDIO, SUBSCRIBER_AUDIO_ANNOUNCEMENT},
      {WAIT_ANNOUNCEMENT, 0},
      {CLEAR, 1}}},
    {"0009",
     "answers and sends back the digits it hears",
     {RING, ANSWER, {AUDIO, SUBSCRIBER_AUDIO_DIGITS}}},
    {"0010",
     "answers and hangs up after 2 s (cause 16)",
     {RING, ANSWER, {WAIT, HANG_UP_AFTER_MS}, {CLEAR, 16}}},
    {"0011",
     "answers, tells charges (1 unit, 5 at the end) and hangs up after 1 s",
     {RING, ANSWER, {CHARGE, 1}, {WAIT, CHARGED_MS}, {FINAL_CHARGE, 5}, {CLEAR, 16}}},
    {NULL, "is unallocated (cause 1)", {{CLEAR, 1}}},
};

struct subscriber {
	const struct subscriber_row *row;
	const struct subscriber_ops *ops;
	const struct subscriber_delays *delays;
	void *line;
	unsigned step;
	struct osmo_timer_list timer;
};

const struct subscriber_row *subscriber_find(const char *called)
{
	const struct subscriber_row *row = rows;
	size_t length = strlen(called);
	const char *last = length < SUBSCRIBER_DIGITS ? "" : called + length - SUBSCRIBER_DIGITS;

	while (row->number != NULL && strcmp(row->number, last) != 0)
		row++;
	return row;
}

const char *subscriber_row_does(const struct subscriber_row *row)
{
	return row->does;
}

void subscriber_list(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(rows) && used < size; i++)
		used += snprintf(text + used, size - used, "  %-6s %s\n",
				 rows[i].number != NULL ? rows[i].number : "others", rows[i].does);
}

static unsigned step_wait_ms(const struct subscriber *s, const struct step *step)
{
	switch (step->kind) {
	case WAIT:
		return step->value;
	case WAIT_PROCEEDING:
		return s->delays->proceeding_ms;
	case WAIT_ALERTING:
		return s->delays->alerting_ms;
	case WAIT_ANSWER:
		return s->delays->answer_ms;
	case WAIT_ANNOUNCEMENT:
		return s->delays->announcement_ms;
	default:
		return 0;
	}
}

static void step_order(struct subscriber *s, const struct step *step)
{
	switch (step->kind) {
	case PROCEEDING:
		s->ops->proceeding(s->line);
		break;
	case ALERTING:
		s->ops->alerting(s->line);
		break;
	case PROGRESS:
		s->ops->progress(s->line, step->value);
		break;
	case CONNECT:
		s->ops->connect(s->line);
		break;
	case AUDIO:
		s->ops->audio(s->line, step->value);
		break;
	case CHARGE:
	case FINAL_CHARGE:
		s->ops->charge(s->line, step->value, step->kind == FINAL_CHARGE);
		break;
	case CLEAR:
		s->ops->clear(s->line, step->value);
		break;
	default:
		break;
	}
}

/* Runs steps until one waits or the script is over. */
static void subscriber_run(void *data)
{
	struct subscriber *s = data;

	while (s->step < STEPS_MAX && s->row->steps[s->step].kind != END) {
		const struct step *step = &s->row->steps[s->step++];
		unsigned wait_ms = step_wait_ms(s, step);

		if (wait_ms > 0) {
			osmo_timer_schedule(&s->timer, wait_ms / 1000, wait_ms % 1000 * 1000);
			return;
		}
		step_order(s, step);
	}
}

int subscriber_start(void *ctx, const struct subscriber_row *row, const struct subscriber_ops *ops,
		     const struct subscriber_delays *delays, void *line, struct subscriber **out)
{
	struct subscriber *s = talloc_zero(ctx, struct subscriber);

	if (s == NULL)
		return -ENOMEM;
	s->row = row;
	s->ops = ops;
	s->delays = delays;
	s->line = line;
	osmo_timer_setup(&s->timer, subscriber_run, s);
	*out = s;
	subscriber_run(s);
	return 0;
}

void subscriber_stop(struct subscriber *subscriber)
{
	if (subscriber == NULL)
		return;
	osmo_timer_del(&subscriber->timer);
	talloc_free(subscriber);
}
