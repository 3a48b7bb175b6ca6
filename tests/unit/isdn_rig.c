// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/isdn_rig.h"

#include <errno.h>
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
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/log/text.h"

#define DEADLINE_S 40

void *rig_ctx;
struct isdn_wire wire;
struct side network, user, other;
struct isdn_config rig_config;

/* ---- the loop */

static void on_deadline(void *data)
{
	*(bool *)data = true;
}

bool run_until(bool (*done)(void *arg), void *arg)
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
	const struct side *side;
	const char *text;
};

static bool was_heard(void *arg)
{
	const struct wanted *wanted = arg;

	return strstr(wanted->side->heard, wanted->text);
}

void wait_for(struct side *side, const char *text)
{
	struct wanted wanted = {side, text};

	if (!run_until(was_heard, &wanted))
		fail_msg("waited for \"%s\", heard \"%s\"", text, side->heard);
}

static bool time_is_up(void *arg)
{
	return *(bool *)arg;
}

void run_ms(unsigned ms)
{
	struct osmo_timer_list timer = {0};
	bool up = false;

	osmo_timer_setup(&timer, on_deadline, &up);
	osmo_timer_schedule(&timer, ms / 1000, ms % 1000 * 1000);
	run_until(time_is_up, &up);
	osmo_timer_del(&timer);
}

/* ---- handlers: write down what is heard */

static char *heard_by(struct side *side)
{
	return side->heard;
}

#define note(side, ...) text_append(heard_by(side), sizeof(user.heard), __VA_ARGS__)

static void hear_dchannel(void *arg, bool up)
{
	struct side *side = arg;

	note(side, up ? "up " : "down ");
}

void keep_call(struct side *side, struct isdn_call *call)
{
	for (unsigned i = 0; i < RIG_CALLS_MAX; i++) {
		if (!side->calls[i]) {
			side->calls[i] = call;
			side->call_count++;
			return;
		}
	}
	isdn_release(call, 42);
}

static void note_indicators(struct isdn_call *call, enum rig_message message)
{
	struct side *side = isdn_call_user(call);

	side->indicators[message] = isdn_call_indicators(call);
}

static void hear_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	struct side *side = arg;

	side->indicators[RIG_SETUP] = isdn_call_indicators(call);
	isdn_call_set_user(call, side);
	keep_call(side, call);
	side->setup = *setup;
	note(side, "setup(%s,%u) ", setup->called.digits, setup->timeslot);
	if (side->automatic)
		isdn_connect(call, NULL);
}

static void hear_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress)
{
	note_indicators(call, RIG_PROCEEDING);
	note(isdn_call_user(call), "proceeding(%u,%u) ", timeslot, progress);
}

static void hear_alerting(struct isdn_call *call, unsigned progress)
{
	note_indicators(call, RIG_ALERTING);
	note(isdn_call_user(call), "alerting(%u) ", progress);
}

static void hear_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause)
{
	note_indicators(call, RIG_PROGRESS);
	note(isdn_call_user(call), "progress(%u,%u) ", progress, cause ? cause->value : 0);
}

static void hear_connect(struct isdn_call *call, const struct party *connected)
{
	struct side *side = isdn_call_user(call);

	note_indicators(call, RIG_CONNECT);
	side->connected = *connected;
	side->connected_count++;
	note(side, "connect(%s) ", connected->number.digits);
}

static void hear_digit(struct isdn_call *call, const char *digits)
{
	note(isdn_call_user(call), "digit(%s) ", digits);
}

static void hear_setup_acknowledge(struct isdn_call *call, unsigned progress)
{
	note_indicators(call, RIG_SETUP_ACKNOWLEDGE);
	note(isdn_call_user(call), "setup_ack(%u) ", progress);
}

static void hear_more_digits(struct isdn_call *call, const char *digits, bool complete)
{
	note(isdn_call_user(call), "more(%s%s) ", digits, complete ? ",complete" : "");
}

static void hear_connected(struct isdn_call *call, const struct party *connected)
{
	struct side *side = isdn_call_user(call);

	side->updated = *connected;
	note(side, "connected(%s,%s) ", connected->number.digits, connected->name);
}

static void hear_redirected(struct isdn_call *call, const struct redirection *redirection)
{
	struct side *side = isdn_call_user(call);

	side->redirected = *redirection;
	note(side, "redirected(%s) ", redirection->to.number.digits);
}

static void hear_display(struct isdn_call *call, const char *text)
{
	struct side *side = isdn_call_user(call);

	snprintf(side->displayed, sizeof(side->displayed), "%s", text);
	note(side, "display(%s) ", text);
}

static void hear_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	struct side *side = isdn_call_user(call);

	note_indicators(call, RIG_DISCONNECT);
	note(side, "disconnect(%u@%u%s) ", cause->value, cause->location, inband ? ",inband" : "");
	if (side->automatic)
		isdn_release(call, 16);
}

static void hear_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	struct side *side = isdn_call_user(call);

	if (!side)
		return;
	side->released_count++;
	note(side, "released(%u@%u) ", cause->value, cause->location);
	for (unsigned i = 0; i < RIG_CALLS_MAX; i++) {
		if (side->calls[i] == call)
			side->calls[i] = NULL;
	}
}

static void hear_restarted(void *arg, unsigned timeslot)
{
	note(arg, "restarted(%u) ", timeslot);
}

static void hear_restart_done(void *arg, unsigned timeslot, bool acknowledged)
{
	note(arg, "restart-done(%u%s) ", timeslot, acknowledged ? "" : ",silence");
}

static void hear_service(void *arg, unsigned timeslot, enum isdn_service status)
{
	note(arg, "service(%u,%u) ", timeslot, status);
}

static void hear_release_failed(void *arg, unsigned timeslot)
{
	note(arg, "release-failed(%u) ", timeslot);
}

static void hear_message(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
			 const char *text)
{
	struct side *side = arg;
	size_t used = strlen(side->traced);

	snprintf(side->traced + used, sizeof(side->traced) - used, "%c%s%s|",
		 direction == ISDN_SENT ? '>' : '<', text, call ? "" : " (no call)");
}

/* "held", "charge(5 units,final)", "deflection asked(0002)": a name and what is in it */
static void hear_supplementary(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	struct side *side = isdn_call_user(call);
	const char *name = isdn_supplementary_type_name(event->type);

	if (!side)
		return;
	side->service = *event;
	switch (event->type) {
	case ISDN_RETRIEVE_ASKED:
		note(side, "%s(%u%s) ", name, event->retrieve.timeslot,
		     event->retrieve.exclusive ? ",exclusive" : "");
		break;
	case ISDN_HOLD_REFUSED:
	case ISDN_RETRIEVE_REFUSED:
		note(side, "%s(%u) ", name, event->cause);
		break;
	case ISDN_DEFLECT_ASKED:
		note(side, "%s(%s) ", name, event->deflect.to.digits);
		break;
	case ISDN_CHARGED:
		note(side, "%s(%d,%u,%lld,%s,%s%s) ", name, event->charge.kind, event->charge.units,
		     (long long)event->charge.thousandths, event->charge.currency,
		     event->charge.text, event->charge.final ? "final" : "");
		break;
	case ISDN_NOTIFIED:
		note(side, "%s(%u) ", name, event->indicator);
		break;
	case ISDN_USER_USER:
		note(side, "%s(%.*s) ", name, (int)event->user_user.length,
		     (const char *)event->user_user.octets);
		break;
	default:
		note(side, "%s ", name);
	}
}

static const struct isdn_handlers handlers = {
    .dchannel = hear_dchannel,
    .setup = hear_setup,
    .setup_acknowledge = hear_setup_acknowledge,
    .more_digits = hear_more_digits,
    .connected = hear_connected,
    .redirected = hear_redirected,
    .display = hear_display,
    .proceeding = hear_proceeding,
    .alerting = hear_alerting,
    .progress = hear_progress,
    .connect = hear_connect,
    .digit = hear_digit,
    .disconnect = hear_disconnect,
    .released = hear_released,
    .restarted = hear_restarted,
    .restart_done = hear_restart_done,
    .service = hear_service,
    .release_failed = hear_release_failed,
    .message = hear_message,
    .supplementary = hear_supplementary,
};

/* ---- a line */

void side_isdn_new(struct side *side, bool is_network)
{
	rig_config.fd_d = side->end->fd;
	rig_config.network = is_network;
	assert_int_equal(isdn_new(rig_ctx, &rig_config, &handlers, side, &side->isdn), 0);
}

void forget(void)
{
	user.heard[0] = network.heard[0] = other.heard[0] = '\0';
	user.traced[0] = network.traced[0] = other.traced[0] = '\0';
}

static void line_start(void)
{
	isdn_wire_open(&wire);
	network = (struct side){.end = &wire.network, .peer = &user};
	user = (struct side){.end = &wire.user, .peer = &network};
	side_isdn_new(&network, true);
	side_isdn_new(&user, false);
	wait_for(&network, "up ");
	wait_for(&user, "up ");
	forget();
}

static void configure(enum isdn_switch_type type)
{
	rig_config =
	    (struct isdn_config){.span = 1, .settle_ms = 1, .switch_type = type, .alaw = true};
}

void rig_line(enum isdn_switch_type type, unsigned services)
{
	configure(type);
	rig_config.supplementary = services;
	line_start();
}

int net5_line(void **state)
{
	configure(ISDN_PRIMARY_NET5);
	line_start();
	return 0;
}

int ni_line(void **state)
{
	configure(ISDN_PRIMARY_NI);
	rig_config.t1 = true;
	line_start();
	return 0;
}

int basic_line(void **state)
{
	configure(ISDN_BASIC_NET3);
	line_start();
	return 0;
}

static void bus_start(void)
{
	rig_config.multipoint.on = true;
	isdn_wire_open_bus(&wire);
	network = (struct side){.end = &wire.network, .peer = &user};
	user = (struct side){.end = &wire.user, .peer = &network};
	other = (struct side){.end = &wire.other, .peer = &network};
	side_isdn_new(&network, true);
	wait_for(&network, "up ");
	strcpy(rig_config.multipoint.answer[0], "4711");
	strcpy(rig_config.multipoint.answer[3], "47xx20");
	side_isdn_new(&user, false);
	memset(rig_config.multipoint.answer, 0, sizeof(rig_config.multipoint.answer));
	strcpy(rig_config.multipoint.answer[0], "4712");
	side_isdn_new(&other, false);
	wait_for(&user, "up ");
	wait_for(&other, "up ");
	forget();
}

int bus_line(void **state)
{
	configure(ISDN_BASIC_NET3);
	bus_start();
	return 0;
}

int hasty_bus_line(void **state)
{
	configure(ISDN_BASIC_NET3);
	rig_config.timers_ms[ISDN_T303 - 300] = 200;
	rig_config.timers_ms[ISDN_T312 - 300] = 300;
	bus_start();
	return 0;
}

void line_of(const struct isdn_config *config)
{
	rig_config = *config;
	rig_config.span = 1;
	rig_config.settle_ms = 1;
	line_start();
}

/* Timers that let every flow of failure end soon. */
int hasty_line(void **state)
{
	configure(ISDN_PRIMARY_NET5);
	rig_config.timers_ms[ISDN_T301 - 300] = 150;
	rig_config.timers_ms[ISDN_T303 - 300] = 100;
	rig_config.timers_ms[ISDN_T304 - 300] = 150;
	rig_config.timers_ms[ISDN_T305 - 300] = 200;
	rig_config.timers_ms[ISDN_T308 - 300] = 100;
	rig_config.timers_ms[ISDN_T309 - 300] = 1000;
	rig_config.timers_ms[ISDN_T310 - 300] = 150;
	rig_config.timers_ms[ISDN_T313 - 300] = 200;
	rig_config.timers_ms[ISDN_T316 - 300] = 150;
	line_start();
	return 0;
}

/* T303 ends a call just after layer 2 has given up (N200 times T200, 4 s). */
int patient_line(void **state)
{
	configure(ISDN_PRIMARY_NET5);
	rig_config.timers_ms[ISDN_T303 - 300] = 2250;
	line_start();
	return 0;
}

/* Lost messages are forgotten within milliseconds. */
int frantic_line(void **state)
{
	configure(ISDN_PRIMARY_NET5);
	for (unsigned i = 0; i < ARRAY_SIZE(rig_config.timers_ms); i++)
		rig_config.timers_ms[i] = 4;
	line_start();
	return 0;
}

int no_line(void **state)
{
	isdn_free(network.isdn);
	isdn_free(user.isdn);
	isdn_free(other.isdn);
	other.isdn = NULL;
	isdn_wire_close(&wire);
	return 0;
}

struct isdn_setup usual_setup(void)
{
	struct isdn_setup setup = {
	    .timeslot = 3,
	    .bearer = ISDN_BEARER_3K1_AUDIO,
	    .sending_complete = true,
	};

	number_set(&setup.called, "0001", TON_UNKNOWN, NPI_ISDN);
	number_set(&setup.calling.number, "2079460000", TON_NATIONAL, NPI_ISDN);
	setup.calling.screening = SCREENING_NETWORK;
	snprintf(setup.calling.name, sizeof(setup.calling.name), "Zo\xc3\xab");
	return setup;
}

struct isdn_call *place(struct side *from, const struct isdn_setup *setup)
{
	struct isdn_call *call = NULL;

	assert_int_equal(isdn_setup(from->isdn, setup, from, &call), 0);
	keep_call(from, call);
	wait_for(from->peer, "setup(");
	return call;
}

/* A call from -> peer that is up. */
void connect_call(struct side *from)
{
	struct isdn_setup setup = usual_setup();

	place(from, &setup);
	assert_int_equal(isdn_alerting(from->peer->calls[0], 0), 0);
	assert_int_equal(isdn_connect(from->peer->calls[0], NULL), 0);
	wait_for(from, "connect(");
	run_ms(20); /* CONNECT ACKNOWLEDGE */
	forget();
}

void whole_call(struct side *from, struct side *to)
{
	struct isdn_setup setup = usual_setup();
	struct isdn_call *out = place(from, &setup);
	struct isdn_call *in = to->calls[0];

	assert_heard(*to, "setup(0001,3) ");
	assert_int_equal(to->setup.bearer, ISDN_BEARER_3K1_AUDIO);
	assert_int_equal(isdn_proceeding(in, 3, 0), 0);
	wait_for(from, "proceeding(");
	assert_int_equal(isdn_alerting(in, 0), 0);
	wait_for(from, "alerting(");
	assert_int_equal(isdn_connect(in, NULL), 0);
	wait_for(from, "connect(");
	assert_heard(*from, "proceeding(3,0) alerting(0) connect() ");
	assert_string_equal(isdn_call_state_name(out), "ACTIVE");
	assert_int_equal(isdn_call_timeslot(out), 3);
	assert_int_equal(isdn_release(out, 16), 0);
	wait_for(to, "disconnect(");
	assert_int_equal(isdn_release(in, 16), 0);
	wait_for(from, "released(");
	wait_for(to, "released(");
	assert_heard(*from, "proceeding(3,0) alerting(0) connect() released(16@1) ");
	assert_heard(*to, "setup(0001,3) disconnect(16@1) released(16@1) ");
	assert_int_equal(isdn_call_count(from->isdn), 0);
	assert_int_equal(isdn_call_count(to->isdn), 0);
}

void clear_all(struct side *side)
{
	for (unsigned i = 0; i < RIG_CALLS_MAX; i++) {
		if (side->calls[i])
			isdn_release(side->calls[i], 16);
	}
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
