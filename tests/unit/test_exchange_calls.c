// SPDX-License-Identifier: GPL-2.0-or-later
// sipspan-exchange without a span: subscribers and the caller.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/exchange/caller.h"
#include "gateway/exchange/subscriber.h"

static void *ctx;
static char folder[] = "/tmp/test_exchange.XXXXXX";
static char path[64];

/* ---- a clock of our own, for timers */

static uint64_t clock_ns;

static void clock_pass(unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		osmo_gettimeofday_override_add(0, 1000);
		clock_ns += 1000000;
		osmo_timers_prepare();
		osmo_timers_update();
	}
}

/* ---- subscribers */

static char story[512];

static void tell(const char *format, unsigned value)
{
	size_t used = strlen(story);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(story + used, sizeof(story) - used, format, value);
#pragma GCC diagnostic pop
}

static void told_proceeding(void *line)
{
	tell("PROCEEDING ", 0);
}

static void told_alerting(void *line)
{
	tell("ALERTING ", 0);
}

static void told_progress(void *line, unsigned progress)
{
	tell("PROGRESS-%u ", progress);
}

static void told_connect(void *line)
{
	tell("CONNECT ", 0);
}

static void told_audio(void *line, enum subscriber_audio audio)
{
	static const char *const names[] = {"hush ", "ringing ",      "echo ",
					    "play ", "announcement ", "digits "};

	tell(names[audio], 0);
}

static void told_charge(void *line, unsigned units, bool final)
{
	tell(final ? "final-%u " : "charge-%u ", units);
}

static void told_clear(void *line, unsigned cause)
{
	tell("CLEAR-%u ", cause);
}

static const struct subscriber_ops told = {
    .proceeding = told_proceeding,
    .alerting = told_alerting,
    .progress = told_progress,
    .connect = told_connect,
    .audio = told_audio,
    .charge = told_charge,
    .clear = told_clear,
};

#define RANG "PROCEEDING ALERTING ringing "
#define ANSWERED RANG "hush CONNECT "

static const struct subscriber_case {
	const char *called;
	const char *at_once;
	const char *after_2s;
	const char *in_the_end;
} subscriber_cases[] = {
    {"0001", ANSWERED "echo ", ANSWERED "echo ", ANSWERED "echo "},
    {"+442071230001", ANSWERED "echo ", ANSWERED "echo ", ANSWERED "echo "},
    {"990002", ANSWERED, ANSWERED "play ", ANSWERED "play "},
    {"0003", "PROCEEDING CLEAR-17 ", "PROCEEDING CLEAR-17 ", "PROCEEDING CLEAR-17 "},
    {"0004", RANG, RANG, RANG},
    {"0005", "CLEAR-1 ", "CLEAR-1 ", "CLEAR-1 "},
    {"0006", "PROCEEDING CLEAR-21 ", "PROCEEDING CLEAR-21 ", "PROCEEDING CLEAR-21 "},
    {"0007", "CLEAR-42 ", "CLEAR-42 ", "CLEAR-42 "},
    {"0008", "PROCEEDING PROGRESS-8 announcement ", "PROCEEDING PROGRESS-8 announcement ",
     "PROCEEDING PROGRESS-8 announcement CLEAR-1 "},
    {"0009", ANSWERED "digits ", ANSWERED "digits ", ANSWERED "digits "},
    {"0010", ANSWERED, ANSWERED "CLEAR-16 ", ANSWERED "CLEAR-16 "},
    {"0011", ANSWERED "charge-1 ", ANSWERED "charge-1 final-5 CLEAR-16 ",
     ANSWERED "charge-1 final-5 CLEAR-16 "},
    {"0012", "CLEAR-1 ", "CLEAR-1 ", "CLEAR-1 "},
    {"00019", "CLEAR-1 ", "CLEAR-1 ", "CLEAR-1 "},
    {"001", "CLEAR-1 ", "CLEAR-1 ", "CLEAR-1 "},
    {"", "CLEAR-1 ", "CLEAR-1 ", "CLEAR-1 "},
};

static struct subscriber *call_in(const char *called, const struct subscriber_delays *delays)
{
	struct subscriber *subscriber = NULL;

	story[0] = '\0';
	assert_int_equal(
	    subscriber_start(ctx, subscriber_find(called), &told, delays, NULL, &subscriber), 0);
	return subscriber;
}

static void each_subscriber_does_what_its_row_says(void **state)
{
	const struct subscriber_delays delays = {.announcement_ms = 3000};

	for (unsigned i = 0; i < ARRAY_SIZE(subscriber_cases); i++) {
		const struct subscriber_case *c = &subscriber_cases[i];
		struct subscriber *subscriber = call_in(c->called, &delays);

		assert_string_equal(story, c->at_once);
		clock_pass(2100);
		assert_string_equal(story, c->after_2s);
		clock_pass(2000);
		assert_string_equal(story, c->in_the_end);
		subscriber_stop(subscriber);
	}
}

static void waits_as_long_as_it_is_told(void **state)
{
	const struct subscriber_delays delays = {
	    .proceeding_ms = 100, .alerting_ms = 200, .answer_ms = 1500};
	struct subscriber *subscriber = call_in("0001", &delays);

	clock_pass(95);
	assert_string_equal(story, "");
	clock_pass(10);
	assert_string_equal(story, "PROCEEDING ");
	clock_pass(180);
	assert_string_equal(story, "PROCEEDING ");
	clock_pass(30);
	assert_string_equal(story, RANG);
	clock_pass(1450);
	assert_string_equal(story, RANG);
	clock_pass(100);
	assert_string_equal(story, ANSWERED "echo ");
	subscriber_stop(subscriber);
}

static void orders_nothing_once_stopped(void **state)
{
	const struct subscriber_delays delays = {.answer_ms = 500};
	struct subscriber *subscriber = call_in("0001", &delays);

	subscriber_stop(subscriber);
	clock_pass(1000);
	assert_string_equal(story, RANG);
	subscriber_stop(NULL);
}

/* ---- the caller, with an exchange made of cardboard */

struct line {
	void *arg;
	struct line_audio *audio;
	const struct line_owner *owner;
	unsigned cleared;
	bool abandoned;
};

static struct {
	bool up;
	int rc;
	unsigned calls;
	struct line lines[4];
	unsigned finished;
} cardboard;

uint64_t exchange_now_ns(void)
{
	return clock_ns;
}

bool exchange_is_up(const struct exchange *exchange)
{
	return cardboard.up;
}

int exchange_call(struct exchange *exchange, const struct isdn_setup *setup,
		  const struct line_owner *owner, void *arg, struct line **out)
{
	struct line *line = &cardboard.lines[cardboard.calls];

	if (!cardboard.up)
		return -ENETDOWN;
	if (cardboard.rc < 0 || cardboard.calls == ARRAY_SIZE(cardboard.lines))
		return cardboard.rc < 0 ? cardboard.rc : -EBUSY;
	cardboard.calls++;
	line->arg = arg;
	line->owner = owner;
	assert_int_equal(line_audio_new(ctx, TDM_ALAW, &line->audio), 0);
	*out = line;
	return 0;
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
	line->cleared = cause;
}

void line_abandon(struct line *line)
{
	line->abandoned = true;
}

static void on_finished(void *arg)
{
	cardboard.finished++;
}

static struct caller *caller_begin(const struct caller_config *wanted, bool up)
{
	struct caller_config config = *wanted;
	struct caller *caller;

	for (unsigned i = 0; i < cardboard.calls; i++)
		line_audio_free(cardboard.lines[i].audio);
	memset(&cardboard, 0, sizeof(cardboard));
	cardboard.up = up;
	config.count = config.count > 0 ? config.count : 1;
	config.rate = config.rate > 0 ? config.rate : 10;
	config.timeout_ms = 5000;
	assert_int_equal(caller_new(ctx, &config, on_finished, NULL, &caller), 0);
	caller_start(caller, NULL);
	return caller;
}

static void end_line(unsigned i, unsigned cause, bool far_end)
{
	cardboard.lines[i].owner->ended(&cardboard.lines[i], cause, far_end);
}

static void waits_until_the_d_channel_is_stable(void **state)
{
	struct caller *caller = caller_begin(&(struct caller_config){0}, false);

	clock_pass(1000);
	for (int flap = 0; flap < 3; flap++) {
		cardboard.up = true;
		caller_dchannel(caller, true);
		clock_pass(CALLER_SETTLE_MS / 2);
		cardboard.up = false;
		caller_dchannel(caller, false);
		clock_pass(CALLER_SETTLE_MS / 4);
	}
	assert_int_equal(cardboard.calls, 0);
	cardboard.up = true;
	caller_dchannel(caller, true);
	clock_pass(CALLER_SETTLE_MS - 10);
	caller_dchannel(caller, true); /* a channel was restarted */
	clock_pass(CALLER_SETTLE_MS - 10);
	assert_int_equal(cardboard.calls, 0);
	clock_pass(20);
	assert_int_equal(cardboard.calls, 1);
	end_line(0, 17, true);
	assert_int_equal(cardboard.finished, 1);
	caller_free(caller);
}

static void gives_up_when_the_d_channel_stays_down(void **state)
{
	struct caller *caller = caller_begin(&(struct caller_config){0}, false);

	clock_pass(4900);
	assert_int_equal(cardboard.finished, 0);
	clock_pass(200);
	assert_int_equal(cardboard.finished, 1);
	assert_false(caller_succeeded(caller));
	caller_free(caller);
}

static const struct judge_case {
	const char *promise;
	unsigned expect_cause;
	const char *expect_digits;
	bool answered;
	bool we_clear;
	unsigned cause;
	bool good;
} judge_cases[] = {
    {"answered and held", 0, NULL, true, true, 16, true},
    {"answered but cleared by the far end", 0, NULL, true, false, 16, false},
    {"not answered", 0, NULL, false, false, 17, false},
    {"cleared with the cause expected", 17, NULL, false, false, 17, true},
    {"cleared with another cause", 17, NULL, false, false, 1, false},
    {"answered, then the cause expected", 16, NULL, true, false, 16, true},
    {"the cause expected, but from us", 16, NULL, true, true, 16, false},
    {"digits expected, none heard", 0, "12", true, true, 16, false},
};

static void judges_a_call_by_what_was_asked(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(judge_cases); i++) {
		const struct judge_case *c = &judge_cases[i];
		const struct caller_config config = {.hold_ms = 1000,
						     .expect_cause = c->expect_cause,
						     .expect_digits = c->expect_digits};
		struct caller *caller = caller_begin(&config, true);
		struct line *line = &cardboard.lines[0];

		clock_pass(CALLER_SETTLE_MS + 10);
		assert_int_equal(cardboard.calls, 1);
		line->owner->alerting(line, 0);
		if (c->answered)
			line->owner->answered(line);
		clock_pass(500);
		assert_int_equal(line->cleared, 0);
		if (c->we_clear) {
			clock_pass(600);
			assert_int_equal(line->cleared, 16);
		}
		end_line(0, c->cause, !c->we_clear);
		assert_int_equal(cardboard.finished, 1);
		assert_int_equal(caller_succeeded(caller), c->good);
		caller_free(caller);
	}
}

static void does_not_wait_for_ever_for_answer_or_clearing(void **state)
{
	struct caller *caller = caller_begin(&(struct caller_config){0}, true);
	struct line *line = &cardboard.lines[0];

	clock_pass(CALLER_SETTLE_MS + 10);
	line->owner->alerting(line, 0);
	clock_pass(4900);
	assert_int_equal(line->cleared, 0);
	clock_pass(200);
	assert_int_equal(line->cleared, 16);
	assert_int_equal(cardboard.finished, 0);
	clock_pass(5000);
	assert_true(line->abandoned);
	assert_int_equal(cardboard.finished, 1);
	assert_false(caller_succeeded(caller));
	caller_free(caller);
}

static void places_calls_at_the_rate_asked(void **state)
{
	const struct caller_config config = {.count = 6, .rate = 10, .hold_ms = 400};
	struct caller *caller = caller_begin(&config, true);

	clock_pass(CALLER_SETTLE_MS + 50);
	assert_int_equal(cardboard.calls, 1);
	clock_pass(100);
	assert_int_equal(cardboard.calls, 2);
	clock_pass(100);
	assert_int_equal(cardboard.calls, 3);
	caller_stop(caller);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(cardboard.lines[i].cleared, 16);
		assert_int_equal(cardboard.finished, 0);
		end_line(i, 16, false);
	}
	assert_int_equal(cardboard.finished, 1);
	assert_false(caller_succeeded(caller));
	clock_pass(1000);
	assert_int_equal(cardboard.calls, 3);
	caller_free(caller);
}

static void waits_for_a_free_channel(void **state)
{
	const struct caller_config config = {.count = 2, .rate = 1000, .hold_ms = 100};
	struct caller *caller = caller_begin(&config, true);

	clock_pass(CALLER_SETTLE_MS - 10);
	cardboard.rc = -EBUSY;
	clock_pass(500);
	assert_int_equal(cardboard.calls, 0);
	cardboard.rc = 0;
	clock_pass(50);
	assert_int_equal(cardboard.calls, 2);
	for (unsigned i = 0; i < 2; i++)
		cardboard.lines[i].owner->answered(&cardboard.lines[i]);
	clock_pass(150);
	end_line(0, 16, false);
	end_line(1, 16, false);
	assert_true(caller_succeeded(caller));
	caller_free(caller);
}

/* The far end restarts its channels just then, or wanted the same one. */
static void tries_another_channel_when_one_cannot_be_had(void **state)
{
	struct caller *caller = caller_begin(&(struct caller_config){.hold_ms = 100}, true);

	clock_pass(CALLER_SETTLE_MS + 10);
	end_line(0, 44, true);
	assert_int_equal(cardboard.finished, 0);
	clock_pass(50);
	assert_int_equal(cardboard.calls, 2);
	cardboard.lines[1].owner->answered(&cardboard.lines[1]);
	clock_pass(150);
	end_line(1, 16, false);
	assert_true(caller_succeeded(caller));
	caller_free(caller);

	caller = caller_begin(&(struct caller_config){0}, true);
	clock_pass(CALLER_SETTLE_MS + 10);
	end_line(0, 44, true);
	caller_stop(caller); /* between two tries */
	assert_int_equal(cardboard.finished, 1);
	assert_false(caller_succeeded(caller));
	caller_free(caller);
}

/* It restarts one after the other: the next one that is tried would be lost as well. */
static void waits_while_channels_are_restarted(void **state)
{
	struct caller *caller = caller_begin(&(struct caller_config){.hold_ms = 100}, true);

	clock_pass(CALLER_SETTLE_MS + 10);
	end_line(0, 44, true);
	for (unsigned i = 0; i < 3; i++) {
		caller_dchannel(caller, true);
		clock_pass(CALLER_SETTLE_MS - 10);
	}
	assert_int_equal(cardboard.calls, 1);
	clock_pass(50);
	assert_int_equal(cardboard.calls, 2);
	cardboard.lines[1].owner->answered(&cardboard.lines[1]);
	clock_pass(150);
	end_line(1, 16, false);
	assert_true(caller_succeeded(caller));
	caller_free(caller);
}

static void records_from_early_media_on(void **state)
{
	const struct caller_config config = {.record = path, .hold_ms = 100};
	struct caller *caller = caller_begin(&config, true);
	struct line *line = &cardboard.lines[0];

	clock_pass(CALLER_SETTLE_MS + 10);
	line->owner->alerting(line, 0);
	assert_false(line_audio_recording(line->audio));
	line->owner->progress(line, ISDN_PROGRESS_INBAND);
	assert_true(line_audio_recording(line->audio));
	line->owner->answered(line);
	assert_true(line_audio_recording(line->audio));
	end_line(0, 16, false);
	assert_false(line_audio_recording(line->audio));
	assert_true(caller_succeeded(caller));
	caller_free(caller);
}

static int setup(void **state)
{
	ctx = talloc_named_const(NULL, 0, "test");
	osmo_gettimeofday_override = true;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.wav", folder);
	return 0;
}

static int teardown(void **state)
{
	for (unsigned i = 0; i < cardboard.calls; i++)
		line_audio_free(cardboard.lines[i].audio);
	unlink(path);
	rmdir(folder);
	talloc_free(ctx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_subscriber_does_what_its_row_says),
	    cmocka_unit_test(waits_as_long_as_it_is_told),
	    cmocka_unit_test(orders_nothing_once_stopped),
	    cmocka_unit_test(waits_until_the_d_channel_is_stable),
	    cmocka_unit_test(gives_up_when_the_d_channel_stays_down),
	    cmocka_unit_test(judges_a_call_by_what_was_asked),
	    cmocka_unit_test(does_not_wait_for_ever_for_answer_or_clearing),
	    cmocka_unit_test(places_calls_at_the_rate_asked),
	    cmocka_unit_test(waits_for_a_free_channel),
	    cmocka_unit_test(tries_another_channel_when_one_cannot_be_had),
	    cmocka_unit_test(waits_while_channels_are_restarted),
	    cmocka_unit_test(records_from_early_media_on),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
