// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/caller.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#define RETRY_MS 20	   /* no channel was free */
#define CLEAR_WAIT_MS 5000 /* the far end has this long to confirm that a call is cleared */
#define REPORT_MS 1000
#define HOLD_DEFAULT_MS 3000
#define HOLD_TAIL_MS 1000
#define NORMAL_CLEARING 16
#define CHANNEL_NOT_AVAILABLE 44 /* somebody else had it, or it was being restarted */
#define TRIES_MAX 5

/*
 *   WAITING --up--> SETTLING --1.5 s--> PLACING --all placed, or stopped--> DRAINING --> FINISHED
 *      ^---------------down---------------/ |
 *      \-----------down-------------------- /    WAITING --timeout--> DRAINING
 */
enum caller_state {
	CALLER_IDLE,
	CALLER_WAITING,
	CALLER_SETTLING,
	CALLER_PLACING,
	CALLER_DRAINING,
	CALLER_FINISHED,
};

enum placed_state {
	PLACED_CALLING,
	PLACED_REFUSED, /* this channel could not be had: another one soon */
	PLACED_RINGING,
	PLACED_ANSWERED,
	PLACED_CLEARING,
};

struct placed {
	struct llist_head entry;
	struct caller *caller;
	unsigned index; /* from 1 */
	enum placed_state state;
	struct line *line; /* NULL: REFUSED */
	unsigned tries;
	struct wav_recorder *recorder; /* until there is something to record */
	struct osmo_timer_list timer;
	uint64_t started_ns;
	uint64_t rang_ns;     /* 0: never */
	uint64_t answered_ns; /* 0: never */
	uint64_t cleared_ns;  /* by us; 0: not yet */
	char failure[96];     /* why it is not as asked, if known before the end */
};

struct caller {
	struct caller_config config;
	struct exchange *exchange;
	void (*finished)(void *arg);
	void *arg;
	enum caller_state state;
	struct osmo_timer_list timer;
	struct osmo_timer_list report;
	struct osmo_timer_list
	    settle; /* runs while the D channel is new, or channels are restarted */
	struct llist_head calls;
	uint64_t first_ns;
	unsigned placed;
	unsigned ended;
	unsigned good;
	unsigned answers;
	uint32_t *answer_ms;
};

static void timer_set(struct osmo_timer_list *timer, unsigned ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

static unsigned ms_between(uint64_t from_ns, uint64_t to_ns)
{
	return (to_ns - from_ns + 500000) / 1000000;
}

/* ---- one call */

__attribute__((format(printf, 2, 3))) static void placed_fail(struct placed *p, const char *format,
							      ...)
{
	va_list args;

	if (p->failure[0] != '\0')
		return; /* the first reason is the one that counts */
	va_start(args, format);
	vsnprintf(p->failure, sizeof(p->failure), format, args);
	va_end(args);
}

static void placed_clear(struct placed *p)
{
	p->state = PLACED_CLEARING;
	p->cleared_ns = exchange_now_ns();
	line_clear(p->line, NORMAL_CLEARING);
	timer_set(&p->timer, CLEAR_WAIT_MS);
}

static unsigned hold_ms(const struct caller_config *config)
{
	unsigned ms = 0;

	if (config->hold_ms > 0)
		return config->hold_ms;
	if (config->expect_cause > 0)
		return config->timeout_ms;
	if (config->play != NULL)
		ms += config->play->count / (WAV_RATE / 1000) + HOLD_TAIL_MS;
	if (config->dtmf != NULL)
		ms +=
		    LINE_DIGITS_PAUSE_MS + strlen(config->dtmf) * 2 * LINE_DIGIT_MS + HOLD_TAIL_MS;
	return ms > 0 ? ms : HOLD_DEFAULT_MS;
}

/* From the first sound of the far end on. */
static void placed_record(struct placed *p)
{
	if (p->recorder == NULL)
		return;
	line_audio_record(line_audio_of(p->line), p->recorder);
	p->recorder = NULL;
}

static void on_early_media(struct placed *p, unsigned progress)
{
	if (progress == ISDN_PROGRESS_INBAND || progress == ISDN_PROGRESS_NOT_END_TO_END)
		placed_record(p);
}

static void on_alerting(struct line *line, unsigned progress)
{
	struct placed *p = line_arg(line);

	on_early_media(p, progress);
	if (p->state == PLACED_CALLING)
		p->state = PLACED_RINGING;
	if (p->rang_ns == 0)
		p->rang_ns = exchange_now_ns();
}

static void on_progress(struct line *line, unsigned progress)
{
	on_early_media(line_arg(line), progress);
}

static void on_answered(struct line *line)
{
	struct placed *p = line_arg(line);
	struct caller *caller = p->caller;
	const struct caller_config *config = &caller->config;

	if (p->state != PLACED_CALLING && p->state != PLACED_RINGING)
		return;
	p->state = PLACED_ANSWERED;
	p->answered_ns = exchange_now_ns();
	caller->answer_ms[caller->answers++] = ms_between(p->started_ns, p->answered_ns);
	placed_record(p);
	if (config->play != NULL)
		line_audio_play_wav(line_audio_of(line), config->play, false);
	if (config->dtmf != NULL)
		line_audio_send_digits(line_audio_of(line), config->dtmf);
	timer_set(&p->timer, hold_ms(config));
}

static const char *placed_heard(const struct placed *p)
{
	return p->line ? line_audio_digits(line_audio_of(p->line)) : "";
}

static void placed_judge(struct placed *p, unsigned cause, bool far_end)
{
	const struct caller_config *config = &p->caller->config;
	const char *heard = placed_heard(p);
	int rc = p->line ? line_audio_record_end(line_audio_of(p->line)) : 0;

	if (rc < 0)
		placed_fail(p, "the recording could not be written: %s", strerror(-rc));
	if (config->expect_cause > 0 && !far_end)
		placed_fail(p, "the far end did not clear it");
	else if (config->expect_cause > 0 && cause != config->expect_cause)
		placed_fail(p, "cause %u was expected", config->expect_cause);
	else if (config->expect_cause == 0 && p->answered_ns == 0)
		placed_fail(p, "it was not answered");
	else if (config->expect_cause == 0 && far_end)
		placed_fail(p, "the far end cleared it");
	else if (!far_end && !exchange_is_up(p->caller->exchange))
		placed_fail(p, "the D channel was down when it ended");
	if (config->expect_digits != NULL && strcmp(config->expect_digits, heard) != 0)
		placed_fail(p, "digits %s were expected", config->expect_digits);
}

static void placed_print(const struct placed *p, unsigned cause)
{
	uint64_t now_ns = exchange_now_ns();
	uint64_t end_ns = p->cleared_ns != 0 ? p->cleared_ns : now_ns;
	const char *heard = placed_heard(p);

	printf("call %u: ", p->index);
	if (p->answered_ns != 0)
		printf("answered after %u ms, held %.1f s, cause %u",
		       ms_between(p->started_ns, p->answered_ns), (end_ns - p->answered_ns) / 1e9,
		       cause);
	else if (p->rang_ns != 0)
		printf("rang after %u ms, not answered for %.1f s, cause %u (%s)",
		       ms_between(p->started_ns, p->rang_ns), (end_ns - p->rang_ns) / 1e9, cause,
		       isdn_cause_name(cause));
	else
		printf("not answered, cause %u (%s) after %u ms", cause, isdn_cause_name(cause),
		       ms_between(p->started_ns, now_ns));
	if (heard[0] != '\0')
		printf(", heard digits %s", heard);
	if (p->failure[0] != '\0')
		printf(", FAILED: %s", p->failure);
	printf("\n");
}

static void caller_check_finished(struct caller *caller);

static void placed_end(struct placed *p, unsigned cause, bool far_end)
{
	struct caller *caller = p->caller;

	placed_judge(p, cause, far_end);
	placed_print(p, cause);
	caller->ended++;
	if (p->failure[0] == '\0')
		caller->good++;
	osmo_timer_del(&p->timer);
	if (p->recorder != NULL)
		wav_recorder_close(p->recorder);
	llist_del(&p->entry);
	talloc_free(p);
	caller_check_finished(caller);
}

static void on_ended(struct line *line, unsigned cause, bool far_end)
{
	struct placed *p = line_arg(line);

	if (cause == CHANNEL_NOT_AVAILABLE && p->state == PLACED_CALLING && p->tries < TRIES_MAX &&
	    p->caller->config.expect_cause != CHANNEL_NOT_AVAILABLE) {
		p->state = PLACED_REFUSED;
		p->line = NULL;
		timer_set(&p->timer, RETRY_MS);
		return;
	}
	placed_end(p, cause, far_end);
}

static const struct line_owner owner = {
    .alerting = on_alerting,
    .progress = on_progress,
    .answered = on_answered,
    .ended = on_ended,
};

/* SETUP on a channel that is free. */
static int placed_dial(struct placed *p)
{
	const struct caller_config *config = &p->caller->config;
	struct isdn_setup setup = {
	    .called = config->to,
	    .calling = config->from,
	    .bearer = config->bearer,
	    .sending_complete = true,
	};
	int rc = exchange_call(p->caller->exchange, &setup, &owner, p, &p->line);

	if (rc < 0)
		return rc;
	p->tries++;
	p->state = PLACED_CALLING;
	timer_set(&p->timer, config->timeout_ms);
	return 0;
}

static void on_placed_timer(void *data)
{
	struct placed *p = data;
	int rc;

	switch (p->state) {
	case PLACED_REFUSED:
		/* the next channel would be restarted under it as well */
		rc = osmo_timer_pending(&p->caller->settle) ? -EBUSY : placed_dial(p);
		if (rc == -EBUSY)
			timer_set(&p->timer, RETRY_MS);
		else if (rc < 0)
			placed_end(p, CHANNEL_NOT_AVAILABLE, true);
		break;
	case PLACED_CALLING:
	case PLACED_RINGING:
		placed_fail(p, "no answer within %.1f s", p->caller->config.timeout_ms / 1e3);
		placed_clear(p);
		break;
	case PLACED_ANSWERED:
		placed_clear(p);
		break;
	case PLACED_CLEARING:
		placed_fail(p, "the far end did not confirm its end within %u s",
			    CLEAR_WAIT_MS / 1000);
		line_abandon(p->line);
		placed_end(p, NORMAL_CLEARING, false);
		break;
	}
}

static int placed_recorder_open(struct placed *p, char *why, size_t why_size)
{
	const struct caller_config *config = &p->caller->config;
	const char *end;
	size_t stem;
	char *path;
	int rc;

	if (config->record == NULL)
		return 0;
	end = strrchr(config->record, '.');
	stem = end != NULL && strchr(end, '/') == NULL ? (size_t)(end - config->record)
						       : strlen(config->record);
	path = config->count == 1 ? talloc_strdup(p, config->record)
				  : talloc_asprintf(p, "%.*s-%u%s", (int)stem, config->record,
						    p->index, config->record + stem);
	if (path == NULL)
		return -ENOMEM;
	rc = wav_recorder_open(p->caller, path, &p->recorder, why, why_size);
	talloc_free(path);
	return rc;
}

static int placed_new(struct caller *caller)
{
	struct placed *p = talloc_zero(caller, struct placed);
	int rc;

	if (p == NULL)
		return -ENOMEM;
	p->caller = caller;
	p->index = caller->placed + 1;
	osmo_timer_setup(&p->timer, on_placed_timer, p);
	p->started_ns = exchange_now_ns();
	rc = placed_dial(p);
	if (rc < 0) {
		talloc_free(p);
		return rc;
	}
	caller->placed++;
	llist_add_tail(&p->entry, &caller->calls);
	if (placed_recorder_open(p, p->failure, sizeof(p->failure)) < 0)
		placed_clear(p);
	return 0;
}

/* ---- all of them */

static int compare_ms(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void caller_check_finished(struct caller *caller)
{
	if (caller->state == CALLER_PLACING && caller->placed == caller->config.count)
		caller->state = CALLER_DRAINING;
	if (caller->state != CALLER_DRAINING || !llist_empty(&caller->calls))
		return;
	caller->state = CALLER_FINISHED;
	osmo_timer_del(&caller->timer);
	osmo_timer_del(&caller->report);
	qsort(caller->answer_ms, caller->answers, sizeof(caller->answer_ms[0]), compare_ms);
	printf("%u of %u calls went as asked", caller->good, caller->config.count);
	if (caller->answers > 0)
		printf("; answered after %u/%u/%u ms (least/median/most)", caller->answer_ms[0],
		       caller->answer_ms[caller->answers / 2],
		       caller->answer_ms[caller->answers - 1]);
	printf("\n");
	caller->finished(caller->arg);
}

static void caller_wait(struct caller *caller)
{
	caller->state = CALLER_WAITING;
	timer_set(&caller->timer, caller->config.timeout_ms);
	if (exchange_is_up(caller->exchange))
		caller_dchannel(caller, true);
}

static void caller_place(struct caller *caller)
{
	double due = 1 + (exchange_now_ns() - caller->first_ns) / 1e9 * caller->config.rate;
	double next_ms;

	while (caller->placed < caller->config.count && caller->placed + 1 <= due) {
		int rc = placed_new(caller);

		if (rc == -EBUSY) {
			timer_set(&caller->timer, RETRY_MS);
			return;
		}
		if (rc == -ENETDOWN) {
			caller_wait(caller);
			return;
		}
		if (rc < 0) {
			fprintf(stderr, "sipspan-exchange: a call cannot be placed: %s\n",
				strerror(-rc));
			caller_stop(caller);
			return;
		}
	}
	if (caller->placed < caller->config.count) {
		next_ms = (caller->placed + 1 - due) / caller->config.rate * 1e3;
		timer_set(&caller->timer, (unsigned)next_ms + 1);
	}
	caller_check_finished(caller);
}

static void on_timer(void *data)
{
	struct caller *caller = data;

	switch (caller->state) {
	case CALLER_WAITING:
		fprintf(
		    stderr,
		    "sipspan-exchange: the D channel did not come up within %.1f s; is the far end "
		    "running, is it the other side (network/user), do the addresses match?\n",
		    caller->config.timeout_ms / 1e3);
		caller_stop(caller);
		break;
	case CALLER_SETTLING:
		caller->state = CALLER_PLACING;
		/* calls due before a break of the D channel are not made up for in one burst */
		caller->first_ns =
		    exchange_now_ns() - (uint64_t)(caller->placed / caller->config.rate * 1e9);
		caller_place(caller);
		break;
	case CALLER_PLACING:
		caller_place(caller);
		break;
	case CALLER_IDLE:
	case CALLER_DRAINING:
	case CALLER_FINISHED:
		break;
	}
}

static void on_report(void *data)
{
	struct caller *caller = data;
	unsigned up = 0;
	struct placed *p;

	llist_for_each_entry (p, &caller->calls, entry)
		up += p->state == PLACED_ANSWERED;
	printf("placed %u of %u: %u being set up or cleared, %u up, %u ended as asked, %u failed\n",
	       caller->placed, caller->config.count, caller->placed - caller->ended - up, up,
	       caller->good, caller->ended - caller->good);
	timer_set(&caller->report, REPORT_MS);
}

static void on_settled(void *data)
{
}

int caller_new(void *ctx, const struct caller_config *config, void (*finished)(void *arg),
	       void *arg, struct caller **out)
{
	struct caller *caller = talloc_zero(ctx, struct caller);

	if (caller == NULL)
		return -ENOMEM;
	caller->config = *config;
	caller->finished = finished;
	caller->arg = arg;
	INIT_LLIST_HEAD(&caller->calls);
	osmo_timer_setup(&caller->timer, on_timer, caller);
	osmo_timer_setup(&caller->report, on_report, caller);
	osmo_timer_setup(&caller->settle, on_settled, caller);
	caller->answer_ms = talloc_array(caller, uint32_t, config->count);
	if (caller->answer_ms == NULL) {
		talloc_free(caller);
		return -ENOMEM;
	}
	*out = caller;
	return 0;
}

void caller_free(struct caller *caller)
{
	struct placed *p, *next;

	if (caller == NULL)
		return;
	osmo_timer_del(&caller->timer);
	osmo_timer_del(&caller->report);
	osmo_timer_del(&caller->settle);
	llist_for_each_entry_safe (p, next, &caller->calls, entry) {
		osmo_timer_del(&p->timer);
		if (p->line)
			line_abandon(p->line);
		if (p->recorder != NULL)
			wav_recorder_close(p->recorder);
	}
	talloc_free(caller);
}

void caller_start(struct caller *caller, struct exchange *exchange)
{
	caller->exchange = exchange;
	if (caller->config.count > 1)
		timer_set(&caller->report, REPORT_MS);
	caller_wait(caller);
}

void caller_dchannel(struct caller *caller, bool up)
{
	if (up)
		timer_set(&caller->settle, CALLER_SETTLE_MS);
	if ((caller->state == CALLER_WAITING || caller->state == CALLER_SETTLING) && up) {
		caller->state = CALLER_SETTLING;
		timer_set(&caller->timer, CALLER_SETTLE_MS);
	} else if (!up && (caller->state == CALLER_SETTLING || caller->state == CALLER_PLACING)) {
		caller->state = CALLER_WAITING;
		timer_set(&caller->timer, caller->config.timeout_ms);
	}
}

void caller_stop(struct caller *caller)
{
	struct placed *p, *next;

	if (caller->state == CALLER_FINISHED)
		return;
	caller->state = CALLER_DRAINING;
	osmo_timer_del(&caller->timer);
	llist_for_each_entry_safe (p, next, &caller->calls, entry) {
		placed_fail(p, "it was interrupted");
		if (p->state == PLACED_REFUSED)
			placed_end(p, CHANNEL_NOT_AVAILABLE, true);
		else if (p->state != PLACED_CLEARING)
			placed_clear(p);
	}
	caller_check_finished(caller);
}

bool caller_succeeded(const struct caller *caller)
{
	return caller->state == CALLER_FINISHED && caller->good == caller->config.count;
}
