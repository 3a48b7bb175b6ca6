// SPDX-License-Identifier: GPL-2.0-or-later
/* The simulated caller of the console, against a real office. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/admin/csim.h"
#include "gateway/call/call.h"
#include "tests/unit/console_rig.h"

static enum { FAR_RINGS, FAR_ANSWERS, FAR_BUSY } far_does;
static unsigned far_released;

struct far_leg {
	struct leg leg;
	struct osmo_timer_list timer;
};

static void far_acts(void *data)
{
	struct far_leg *f = data;
	struct progress ringing = {.indicator = 8, .inband = true};
	struct cause busy = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	if (!f->leg.call) {
		talloc_free(f);
		return;
	}
	if (far_does == FAR_BUSY) {
		call_event(&f->leg, CALL_EV_RELEASED, &busy);
		return;
	}
	call_event(&f->leg, CALL_EV_ALERT, &ringing);
	if (far_does == FAR_ANSWERS)
		call_event(&f->leg, CALL_EV_ANSWER, NULL);
}

static void far_release(struct leg *leg, const struct cause *cause)
{
	struct far_leg *f = (struct far_leg *)leg;

	far_released++;
	leg->call = NULL;
	osmo_timer_schedule(&f->timer, 0, 0);
}

static void far_nothing(struct leg *leg)
{
}

static void far_progress(struct leg *leg, const struct progress *progress)
{
}

static void far_answer(struct leg *leg, const struct party *connected)
{
}

static void far_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void far_hold(struct leg *leg, bool held)
{
}

static void far_report(struct leg *leg, struct leg_report *out)
{
	strcpy(out->channel, "1/7");
}

static const struct leg_ops far_ops = {
    .name = "isdn",
    .proceed = far_nothing,
    .alert = far_progress,
    .progress = far_progress,
    .answer = far_answer,
    .release = far_release,
    .digit = far_digit,
    .hold = far_hold,
    .report = far_report,
};

static struct leg *far_make(void *arg, struct call *call, const struct leg_request *request,
			    struct cause *why)
{
	struct far_leg *f = talloc_zero(ctx, struct far_leg);

	f->leg.ops = &far_ops;
	f->leg.call = call;
	f->leg.kind = PEER_POTS;
	osmo_timer_setup(&f->timer, far_acts, f);
	osmo_timer_schedule(&f->timer, 0, 0);
	return &f->leg;
}

static int office_up(void **state)
{
	struct plan_options options = {.tie_deterministic = true};
	struct office_config config = {.plan = plan_new(&options)};
	struct peer in, out;

	peer_init(&in, 200, PEER_VOIP);
	strcpy(in.incoming_called_number, ".");
	peer_init(&out, 100, PEER_POTS);
	strcpy(out.destination_pattern, "0...$");
	out.no_digit_strip = true;
	strcpy(out.port, "1:D");
	if (plan_add_peer(config.plan, &in, NULL, 0) < 0 ||
	    plan_add_peer(config.plan, &out, NULL, 0) < 0 || plan_seal(config.plan) < 0 ||
	    office_new(ctx, &config, &gateway.office) < 0)
		return -1;
	office_register_kind(gateway.office, PEER_POTS, far_make, NULL);
	plan_unref(config.plan);
	far_released = 0;
	return 0;
}

static int office_down(void **state)
{
	office_free(gateway.office);
	gateway.office = NULL;
	run_loop(20);
	return 0;
}

static void tells_each_step_of_a_simulated_call(void **state)
{
	char answer[4096];
	const char *at = answer;
	static const char *const steps[] = {"calling 0001", "ringing, progress indicator 8",
					    "answered", "held for 2 s, hanging up", "released"};

	far_does = FAR_ANSWERS;
	assert_int_equal(ask("csim start 0001", answer, sizeof(answer)), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		at = strstr(at, steps[i]);
		if (!at)
			fail_msg("no \"%s\" in its place in \"%s\"", steps[i], answer);
	}
	assert_int_equal(far_released, 1);
	assert_int_equal(office_call_count(gateway.office), 0);
	assert_int_equal(ask("show call history", answer, sizeof(answer)), 0);
	assert_non_null(strstr(answer, "csim"));
	assert_non_null(strstr(answer, "16 "));
	assert_int_equal(ask("show call history 1", answer, sizeof(answer)), 0);
	assert_non_null(strstr(answer, "isdn 1/7"));
}

static void tells_why_a_simulated_call_failed(void **state)
{
	static const struct {
		const char *number, *says;
	} rows[] = {
	    {"0001", "cause 17 ("},
	    {"5551", "cause 1 ("}, /* no dial peer */
	    {"abc", "is not a number to call"},
	    {"012345678901234567890123456789012345", "too long"},
	};
	char answer[4096], command[100];

	far_does = FAR_BUSY;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(command, sizeof(command), "csim start %s", rows[i].number);
		assert_int_equal(ask(command, answer, sizeof(answer)), 1);
		if (!strstr(answer, rows[i].says))
			fail_msg("%s: \"%s\"", rows[i].number, answer);
	}
}

static void a_client_that_leaves_hangs_up(void **state)
{
	struct client *c = client_new(AF_UNIX);
	char answer[1024];
	struct timespec since;

	far_does = FAR_RINGS;
	say(c, "command csim start 0004\n");
	wait_for(c, "ringing");
	assert_int_equal(ask("show call active brief", answer, sizeof(answer)), 0);
	assert_non_null(strstr(answer, "1 active call\n"));
	assert_non_null(strstr(answer, "0004"));
	client_free(c);
	clock_gettime(CLOCK_MONOTONIC, &since);
	while (office_call_count(gateway.office) && !deadline_over(&since))
		osmo_select_main(1);
	assert_int_equal(office_call_count(gateway.office), 0);
	assert_int_equal(far_released, 1);
}

static void a_simulated_call_can_be_cleared(void **state)
{
	struct client *c = client_new(AF_UNIX);
	char answer[1024];

	far_does = FAR_RINGS;
	say(c, "console\n");
	wait_for(c, "# ");
	say(c, "csim start 0004\n");
	wait_for(c, "ringing");
	say(c, "csim start 0004\n");
	wait_for(c, "% A simulated call runs on this console already.");
	assert_int_equal(ask("clear call 1", answer, sizeof(answer)), 0);
	wait_for(c, "released: cause 31");
	say(c, "csim start 0004\n");
	wait_for(c, "released: cause 31");
	client_free(c);
	run_loop(20);
	assert_int_equal(office_call_count(gateway.office), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(tells_each_step_of_a_simulated_call, office_up,
					    office_down),
	    cmocka_unit_test_setup_teardown(tells_why_a_simulated_call_failed, office_up,
					    office_down),
	    cmocka_unit_test_setup_teardown(a_client_that_leaves_hangs_up, office_up, office_down),
	    cmocka_unit_test_setup_teardown(a_simulated_call_can_be_cleared, office_up,
					    office_down),
	};

	return cmocka_run_group_tests(tests, console_up, console_down);
}
