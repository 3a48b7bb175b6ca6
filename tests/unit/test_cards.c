// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards in memory: alarms, cards that go and come back, and what the trunks make of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "conf/conf.h"
#include "drivers-glue/span/replay.h"
#include "gateway/isdn/trunk.h"
#include "gateway/log/log.h"
#include "gateway/spans.h"
#include "gateway/wire/media_client.h"

struct rig {
	struct conf conf;
	struct conf_controller controller[2];
	struct media_client *media;
	struct spans spans;
	struct trunk *trunk[3]; /* by span */
	unsigned changes;
};

static void on_alarms(void *arg, unsigned span, unsigned alarms)
{
	struct rig *rig = arg;

	rig->changes++;
	if (rig->trunk[span])
		trunk_set_link(rig->trunk[span], true, alarms);
}

static void pass_seconds(unsigned seconds)
{
	osmo_gettimeofday_override_add(seconds, 0);
	osmo_clock_override_add(CLOCK_MONOTONIC, seconds, 0);
	osmo_timers_prepare();
	osmo_timers_update();
}

static void start(struct rig *rig, const char *timeline)
{
	static const struct media_client_handlers handlers;
	struct media_client_config config = {.program = "/nowhere", .streams_max = 1};
	struct tdm_span_config span;
	char why[256];
	unsigned line;

	memset(rig, 0, sizeof(*rig));
	assert_int_equal(replay_load(timeline, &line), 0);
	INIT_LLIST_HEAD(&rig->conf.controllers);
	for (unsigned i = 0; i < 2; i++) {
		tdm_span_config_init(&span, i + 1, TDM_E1);
		span.driver = TDM_DRIVER_REPLAY;
		rig->controller[i] =
		    (struct conf_controller){.span = span, .timeslots = 0xfffefffe};
		llist_add_tail(&rig->controller[i].entry, &rig->conf.controllers);
		assert_int_equal(
		    trunk_new(NULL, i + 1, 0xfffefffe, TRUNK_ASCENDING, &rig->trunk[i + 1]), 0);
		trunk_set_link(rig->trunk[i + 1], true, 0);
	}
	assert_int_equal(media_client_new(NULL, &config, &handlers, NULL, &rig->media), 0);
	spans_init(&rig->spans, on_alarms, rig);
	assert_int_equal(spans_open(&rig->spans, &rig->conf, rig->media, why, sizeof(why)), 0);
}

static void end(struct rig *rig)
{
	unsigned line;

	spans_close_cards(&rig->spans);
	media_client_free(rig->media);
	spans_close(&rig->spans);
	trunk_free(rig->trunk[1]);
	trunk_free(rig->trunk[2]);
	replay_load("", &line);
}

/* As the dial peers do: the first trunk that gives a channel. 0: none does. */
static unsigned hunt(struct rig *rig)
{
	for (unsigned span = 1; span <= 2; span++) {
		int timeslot = trunk_seize(rig->trunk[span]);

		if (timeslot > 0) {
			trunk_release(rig->trunk[span], (unsigned)timeslot);
			return span;
		}
	}
	return 0;
}

static void calls_hunt_on_while_a_span_has_an_alarm(void **state)
{
	struct rig rig;

	start(&rig, "1000 1 alarm RED\n"
		    "2000 1 alarm RED,RECOVERING # the signal is back\n"
		    "3000 1 alarm none\n"
		    "4000 1 alarm YELLOW\n"
		    "4000 2 alarm BLUE\n"
		    "5000 1 alarm none\n");
	assert_int_equal(hunt(&rig), 1);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(rig.spans.state[1].alarms, TDM_ALARM_RED);
	assert_int_equal(hunt(&rig), 2);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(hunt(&rig), 2);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(hunt(&rig), 1);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(hunt(&rig), 0);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(hunt(&rig), 1);
	assert_int_equal(rig.changes, 6);
	end(&rig);
}

static void media_is_not_asked_for_the_alarms_of_a_card(void **state)
{
	struct wire_span_state said = {.alarms = 0, .counters = {[6] = 80, [9] = 1}};
	struct rig rig;

	start(&rig, "0 1 alarm RED\n0 1 bad-frames 3\n");
	assert_int_equal(rig.spans.state[1].alarms, TDM_ALARM_RED);
	spans_heard(&rig.spans, 1, &said);
	assert_int_equal(rig.spans.state[1].alarms, TDM_ALARM_RED);
	assert_int_equal(rig.spans.state[1].counters[6], 80);
	assert_int_equal(rig.spans.state[1].counters[9], 3);
	assert_int_equal(hunt(&rig), 2);
	end(&rig);
}

/* The D channel keeps its number: what holds it needs not know. */
static void a_card_that_comes_back_is_used_again(void **state)
{
	uint8_t frame[TDM_DFRAME_MAX];
	struct rig rig;
	int fd_d;

	start(&rig, "1000 1 gone\n9000 1 back\n");
	fd_d = rig.spans.descriptors[1].fd_d;
	assert_int_equal(tdm_dchannel_write(replay_far_end(1), "\x00\x01\x7f", 3), 3);
	assert_int_equal(tdm_dchannel_read(fd_d, frame, sizeof(frame)), 3);
	assert_true(rig.spans.channels[1][31] >= 0);
	assert_int_equal(rig.spans.channels[1][16], -1);
	replay_advance(1000);
	pass_seconds(1);
	assert_int_equal(rig.spans.state[1].alarms, TDM_ALARM_LOS);
	assert_int_equal(hunt(&rig), 2);
	assert_int_equal(rig.spans.channels[1][31], -1);
	assert_int_equal(rig.spans.descriptors[1].fd_d, fd_d);
	assert_int_equal(tdm_dchannel_read(fd_d, frame, sizeof(frame)), -EAGAIN);
	assert_int_equal(tdm_dchannel_write(fd_d, "\x00\x01\x7f", 3), 3);
	for (unsigned i = 0; i < 3; i++)
		pass_seconds(2);
	assert_int_equal(hunt(&rig), 2);
	replay_advance(8000);
	pass_seconds(2);
	assert_int_equal(rig.spans.state[1].alarms, 0);
	assert_int_equal(hunt(&rig), 1);
	assert_true(rig.spans.channels[1][31] >= 0);
	assert_int_equal(tdm_dchannel_write(replay_far_end(1), "\x00\x01\x73", 3), 3);
	assert_int_equal(tdm_dchannel_read(fd_d, frame, sizeof(frame)), 3);
	assert_int_equal(frame[2], 0x73);
	end(&rig);
}

static void a_card_that_is_missing_at_the_start_is_waited_for(void **state)
{
	struct rig rig;

	start(&rig, "0 1 gone\n3000 1 back\n");
	assert_int_equal(rig.spans.state[1].alarms, TDM_ALARM_LOS);
	assert_int_equal(hunt(&rig), 2);
	replay_advance(3000);
	pass_seconds(2);
	assert_int_equal(hunt(&rig), 1);
	end(&rig);
}

static void names_the_line_of_a_time_line_that_is_wrong(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
	    {"0 1 alarm RED\nx\n", 2},	  {"0 129 gone\n", 1}, {"5 1 gone\n4 1 back\n", 2},
	    {"0 1 alarm PURPLE\n", 1},	  {"\n0 1 jump\n", 2}, {"0 1 gone now\n", 1},
	    {"0 1 bad-frames many\n", 1},
	};
	unsigned line;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(replay_load(rows[i].text, &line), -EINVAL);
		assert_int_equal(line, rows[i].line);
	}
	assert_int_equal(replay_load("", &line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls_hunt_on_while_a_span_has_an_alarm),
	    cmocka_unit_test(media_is_not_asked_for_the_alarms_of_a_card),
	    cmocka_unit_test(a_card_that_comes_back_is_used_again),
	    cmocka_unit_test(a_card_that_is_missing_at_the_start_is_waited_for),
	    cmocka_unit_test(names_the_line_of_a_time_line_that_is_wrong),
	};
	struct timespec *monotonic;

	log_setup(talloc_named_const(NULL, 0, "test_cards"));
	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	monotonic = osmo_clock_override_gettimespec(CLOCK_MONOTONIC);
	*monotonic = (struct timespec){.tv_sec = 1000};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
