// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/completion_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/isdn/completion.h"
#include "gateway/log/log.h"

#define DEADLINE_S 40

static void *rig_ctx;
static struct office *office;
static struct isdn_lines lines;
struct end from, to;

static struct end *end_of(const struct isdn_call *call)
{
	return isdn_arg(isdn_call_isdn(call));
}

static void note(struct end *end, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct end *end, const char *format, ...)
{
	size_t used = strlen(end->heard);
	va_list args;

	va_start(args, format);
	vsnprintf(end->heard + used, sizeof(end->heard) - used, format, args);
	va_end(args);
}

static void hear_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	struct end *end = arg;

	end->call = call;
	note(end, "setup(%s,%s%s) ", setup->called.digits, setup->calling.number.digits,
	     setup->completion == 0		? ""
	     : setup->completion == end->record ? ",back"
						: ",wrong");
	if (end->completes)
		end->record = isdn_completion_offer(call);
}

static void hear_alerting(struct isdn_call *call, unsigned progress)
{
	note(end_of(call), "alerting ");
}

static void hear_connect(struct isdn_call *call, const struct party *connected)
{
	note(end_of(call), "connect ");
}

static void hear_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	note(end_of(call), "disconnect(%u) ", cause->value);
	isdn_release(call, 16);
}

static void hear_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	struct end *end = end_of(call);

	note(end, "released ");
	end->call = NULL;
}

static void hear_completion(void *arg, struct isdn_call *call,
			    const struct isdn_completion_event *event)
{
	struct end *end = arg;

	if (event->type == ISDN_COMPLETION_OFFERED)
		end->record = event->id;
	if (end->record != event->id) /* QSIG offers a call that rings anew */
		note(end, "former ");
	note(end, "%s", isdn_completion_type_name(event->type));
	if (event->type == ISDN_COMPLETION_REQUESTED)
		note(end, "(%s)", event->no_reply ? "ccnr" : "ccbs");
	if (event->type == ISDN_COMPLETION_ANSWERED)
		note(end, "(%d)", event->answer);
	if (event->type == ISDN_COMPLETION_STATUS)
		note(end, "(%s)", event->busy ? "busy" : "free");
	note(end, "; ");
	if (event->type == ISDN_COMPLETION_STATUS_ASKED)
		isdn_completion_status(end->exchange, event->id, ISDN_COMPLETION_STATUS_ANSWERED,
				       false);
}

static const struct isdn_handlers handlers = {
    .setup = hear_setup,
    .alerting = hear_alerting,
    .connect = hear_connect,
    .disconnect = hear_disconnect,
    .released = hear_released,
    .completion = hear_completion,
};

static void on_deadline(void *data)
{
	*(bool *)data = true;
}

bool run_until(bool (*done)(const void *arg), const void *arg)
{
	struct osmo_timer_list timer = {0};
	bool late = false;

	osmo_timer_setup(&timer, on_deadline, &late);
	osmo_timer_schedule(&timer, DEADLINE_S, 0);
	while (!done(arg) && !late)
		osmo_select_main(0);
	osmo_timer_del(&timer);
	return !late;
}

struct wanted {
	const struct end *end;
	const char *text;
};

static bool was_heard(const void *arg)
{
	const struct wanted *wanted = arg;

	return strstr(wanted->end->heard, wanted->text);
}

void wait_for(const struct end *end, const char *text)
{
	if (!run_until(was_heard, &(struct wanted){end, text}))
		fail_msg("%s: waited for \"%s\", heard \"%s\"", end == &from ? "from" : "to", text,
			 end->heard);
}

void forget(void)
{
	from.heard[0] = to.heard[0] = '\0';
}

static bool all_are_up(const void *arg)
{
	return isdn_line_is_up(from.line) && isdn_line_is_up(to.line) &&
	       isdn_is_up(from.exchange) && isdn_is_up(to.exchange);
}

bool calls_are_over(const void *arg)
{
	return office_call_count(office) == 0 && isdn_call_count(from.exchange) == 0 &&
	       isdn_call_count(to.exchange) == 0;
}

unsigned pair_count(void)
{
	unsigned count = llist_count(&from.line->agents);

	assert_int_equal(llist_count(&to.line->monitors), count);
	assert_true(llist_empty(&from.line->monitors));
	assert_true(llist_empty(&to.line->agents));
	return count;
}

bool no_pair_is_left(const void *arg)
{
	return pair_count() == 0 && calls_are_over(NULL);
}

static struct plan *make_plan(void)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = plan_new(&options);
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	strcpy(peer.destination_pattern, "9T");
	strcpy(peer.incoming_called_number, ".");
	strcpy(peer.port, "2:D");
	peer.no_digit_strip = true;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static void end_start(struct end *end, unsigned span, const struct lines_under_test *test)
{
	bool on = end == &from ? test->from_on : test->to_on;
	bool bus = end == &from ? test->from_bus : test->to_bus;
	bool network = bus && end == &from;
	struct isdn_line_config config = {
	    .isdn = {.span = span, .settle_ms = 1, .switch_type = test->type, .alaw = true},
	    .timeslots = 0xfffefffe,
	    .hunt = TRUNK_DESCENDING,
	    .block = 160,
	};

	memset(end, 0, sizeof(*end));
	isdn_wire_open(&end->wire);
	if (bus || isdn_is_basic_rate(test->type))
		config.timeslots = 0x6;
	config.isdn.multipoint.on = bus;
	config.isdn.supplementary = on ? ISDN_SUPPLEMENTARY_COMPLETION : 0;
	config.isdn.network = network;
	config.isdn.fd_d = network ? end->wire.network.fd : end->wire.user.fd;
	assert_int_equal(isdn_line_new(rig_ctx, &config, office, NULL, &end->line), 0);
	lines.line[span] = end->line;
	config.isdn.supplementary = ISDN_SUPPLEMENTARY_COMPLETION;
	config.isdn.network = !network;
	config.isdn.fd_d = network ? end->wire.user.fd : end->wire.network.fd;
	assert_int_equal(isdn_new(rig_ctx, &config.isdn, &handlers, end, &end->exchange), 0);
}

void start(const struct lines_under_test *test)
{
	struct office_config config = {.plan = make_plan()};

	assert_int_equal(office_new(rig_ctx, &config, &office), 0);
	plan_unref(config.plan);
	office_register_kind(office, PEER_POTS, leg_isdn_make, &lines);
	end_start(&from, 1, test);
	end_start(&to, 2, test);
	to.completes = true;
	assert_true(run_until(all_are_up, NULL));
}

void stop(void)
{
	office_free(office);
	isdn_line_free(from.line);
	isdn_line_free(to.line);
	isdn_free(from.exchange);
	isdn_free(to.exchange);
	isdn_wire_close(&from.wire);
	isdn_wire_close(&to.wire);
	office = NULL;
}

int stop_what_failed(void **state)
{
	if (office)
		stop();
	return 0;
}

void call_9(long completion)
{
	struct isdn_setup setup = {
	    .timeslot = 1,
	    .bearer = ISDN_BEARER_SPEECH,
	    .sending_complete = true,
	    .completion = completion,
	};
	struct isdn_call *call;

	number_set(&setup.called, "90001", TON_UNKNOWN, NPI_ISDN);
	number_set(&setup.calling.number, "2079460000", TON_NATIONAL, NPI_ISDN);
	setup.calling.screening = SCREENING_VERIFIED_PASSED;
	assert_int_equal(isdn_setup(from.exchange, &setup, NULL, &call), 0);
	from.call = call;
}

/* Until the caller has the offer and the call is over. */
void call_finds_busy(void)
{
	call_9(0);
	wait_for(&to, "setup(90001,2079460000) ");
	assert_true(to.record > 0);
	isdn_proceeding(to.call, 0, 0);
	isdn_release(to.call, 17);
	wait_for(&from, "disconnect(17) ");
	assert_true(run_until(calls_are_over, NULL));
	assert_non_null(strstr(from.heard, "offered; "));
	assert_int_equal(pair_count(), 1);
}

void request(void)
{
	assert_int_equal(isdn_completion_request(from.exchange, from.record, false), 0);
	wait_for(&to, "requested(ccbs); ");
}

void request_is_accepted(void)
{
	request();
	assert_int_equal(isdn_completion_answer(to.exchange, to.record, ISDN_COMPLETION_ACCEPTED),
			 0);
	wait_for(&from, "answered(0); ");
	assert_int_equal(pair_count(), 1);
}

void call_back(void)
{
	isdn_completion_order(to.exchange, to.record, ISDN_COMPLETION_USER_FREE);
	wait_for(&from, "subscriber free; ");
	forget();
	to.completes = false;
	call_9(from.record);
	wait_for(&to, "setup(90001,2079460000,back) ");
	isdn_alerting(to.call, 0);
	wait_for(&from, "alerting ");
	isdn_connect(to.call, NULL);
	wait_for(&from, "connect ");
	assert_int_equal(pair_count(), 0);
	isdn_release(from.call, 16);
	assert_true(run_until(no_pair_is_left, NULL));
	/* QSIG: the call back rang, which is an offer; libpri tells such by their numbers */
	isdn_completion_order(from.exchange, from.record, ISDN_COMPLETION_CANCELLED);
	to.completes = true;
	forget();
}

static bool time_is_over(const void *arg)
{
	return *(const bool *)arg;
}

void run_ms(unsigned ms)
{
	struct osmo_timer_list timer = {0};
	bool over = false;

	osmo_timer_setup(&timer, on_deadline, &over);
	osmo_timer_schedule(&timer, 0, ms * 1000);
	assert_true(run_until(time_is_over, &over));
}

int rig_main(int (*run)(void))
{
	int rc;

	rig_ctx = talloc_named_const(NULL, 0, "test");
	log_setup(rig_ctx);
	if (!getenv("TEST_LOG"))
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rc = run();
	talloc_free(rig_ctx);
	return rc;
}
