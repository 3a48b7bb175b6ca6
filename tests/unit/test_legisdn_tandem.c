// SPDX-License-Identifier: GPL-2.0-or-later
/* From one ISDN line to another through the gateway: every element of the call goes the whole way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/timer.h>

#include "gateway/log/text.h"
#include "tests/unit/legisdn_rig.h"

struct end { /* a line of the gateway and the exchange at its far end */
	struct isdn_wire wire;
	struct isdn_line *line;
	struct isdn *exchange;
	struct isdn_call *call;
	struct isdn_setup setup;
	struct party connected;
	struct redirection redirected;
	unsigned indicators;
	char heard[1024];
};

static struct end from, to; /* line 1, line 2 */

static struct end *end_of(const struct isdn_call *call)
{
	return isdn_arg(isdn_call_isdn(call));
}

#define NOTE(end, ...) text_append((end)->heard, sizeof((end)->heard), __VA_ARGS__)

static void hear_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	struct end *end = arg;

	end->call = call;
	end->setup = *setup;
	NOTE(end, "setup(%s) ", setup->called.digits);
}

static void hear_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress)
{
	NOTE(end_of(call), "proceeding(%u) ", progress);
}

static void hear_setup_acknowledge(struct isdn_call *call, unsigned progress)
{
	NOTE(end_of(call), "setup_ack(%u) ", progress);
}

static void hear_more_digits(struct isdn_call *call, const char *digits, bool complete)
{
	NOTE(end_of(call), "more(%s) ", digits);
}

static void hear_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause)
{
	NOTE(end_of(call), "progress(%u,%u) ", progress, cause ? cause->value : 0);
}

static void hear_alerting(struct isdn_call *call, unsigned progress)
{
	NOTE(end_of(call), "alerting(%u) ", progress);
}

static void hear_connect(struct isdn_call *call, const struct party *connected)
{
	struct end *end = end_of(call);

	end->connected = *connected;
	end->indicators = isdn_call_indicators(call);
	NOTE(end, "connect(%s,%s) ", connected->number.digits, connected->name);
}

static void hear_connected(struct isdn_call *call, const struct party *connected)
{
	NOTE(end_of(call), "connected(%s,%s) ", connected->number.digits, connected->name);
}

static void hear_redirected(struct isdn_call *call, const struct redirection *redirection)
{
	struct end *end = end_of(call);

	end->redirected = *redirection;
	NOTE(end, "redirected(%s) ", redirection->to.number.digits);
}

static void hear_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	NOTE(end_of(call), "disconnect(%u) ", cause->value);
	isdn_release(call, 16);
}

static void hear_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	struct end *end = end_of(call);

	NOTE(end, "released(%u) ", cause->value);
	end->call = NULL;
}

static const struct isdn_handlers handlers = {
    .setup = hear_setup,
    .setup_acknowledge = hear_setup_acknowledge,
    .more_digits = hear_more_digits,
    .proceeding = hear_proceeding,
    .progress = hear_progress,
    .alerting = hear_alerting,
    .connect = hear_connect,
    .connected = hear_connected,
    .redirected = hear_redirected,
    .disconnect = hear_disconnect,
    .released = hear_released,
};

struct wanted {
	const struct end *end;
	const char *text;
};

static bool was_heard(const void *arg)
{
	const struct wanted *wanted = arg;

	return strstr(wanted->end->heard, wanted->text);
}

static void wait_for(const struct end *end, const char *text)
{
	if (!run_until(was_heard, &(struct wanted){end, text}))
		fail_msg("waited for \"%s\", heard \"%s\"", text, end->heard);
}

static bool all_are_up(const void *arg)
{
	return isdn_line_is_up(from.line) && isdn_line_is_up(to.line) &&
	       isdn_is_up(from.exchange) && isdn_is_up(to.exchange);
}

static bool all_are_idle(const void *arg)
{
	return office_call_count(office) == 0 && isdn_call_count(from.exchange) == 0 &&
	       isdn_call_count(to.exchange) == 0;
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
	peer_init(&peer, 2, PEER_POTS); /* complete with its fourth digit */
	strcpy(peer.destination_pattern, "73..");
	strcpy(peer.port, "2:D");
	peer.no_digit_strip = true;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static void end_start(struct end *end, unsigned span, enum isdn_switch_type type)
{
	struct isdn_line_config config = {
	    .isdn = {.span = span, .settle_ms = 1, .switch_type = type, .alaw = true},
	    .timeslots = 0xfffefffe,
	    .hunt = TRUNK_DESCENDING,
	    .block = 160,
	    .calls = {.overlap_receiving = true, .t302_ms = 400},
	};

	memset(end, 0, sizeof(*end));
	isdn_wire_open(&end->wire);
	config.isdn.fd_d = end->wire.user.fd;
	config.isdn.redirection_facility = type == ISDN_PRIMARY_NET5;
	assert_int_equal(isdn_line_new(rig_ctx, &config, office, NULL, &end->line), 0);
	lines.line[span] = end->line;
	config.isdn.fd_d = end->wire.network.fd;
	config.isdn.network = true;
	assert_int_equal(isdn_new(rig_ctx, &config.isdn, &handlers, end, &end->exchange), 0);
}

static void start(enum isdn_switch_type first, enum isdn_switch_type second)
{
	struct office_config config = {.plan = make_plan()};

	assert_int_equal(office_new(rig_ctx, &config, &office), 0);
	plan_unref(config.plan);
	office_register_kind(office, PEER_POTS, leg_isdn_make, &lines);
	end_start(&from, 1, first);
	end_start(&to, 2, second);
	assert_true(run_until(all_are_up, NULL));
}

static void stop(void)
{
	office_free(office);
	isdn_line_free(from.line);
	isdn_line_free(to.line);
	isdn_free(from.exchange);
	isdn_free(to.exchange);
	isdn_wire_close(&from.wire);
	isdn_wire_close(&to.wire);
}

static struct party party_of(const char *digits, const char *name)
{
	struct party party = {.screening = SCREENING_VERIFIED_PASSED};

	number_set(&party.number, digits, TON_NATIONAL, NPI_ISDN);
	snprintf(party.name, sizeof(party.name), "%s", name);
	return party;
}

static struct isdn_setup full_setup(void)
{
	struct isdn_setup setup = {
	    .timeslot = 3,
	    .bearer = ISDN_BEARER_3K1_AUDIO,
	    .sending_complete = true,
	    .called_subaddress = {.length = 3, .octets = "P42"},
	    .user_user = {.protocol = USER_USER_IA5, .length = 5, .octets = "hello"},
	    .redirection = {.count = 2, .reason = REDIRECTION_BUSY},
	};

	number_set(&setup.called, "90001", TON_SUBSCRIBER, NPI_ISDN);
	setup.calling = party_of("2079460000", "Ada");
	setup.calling.subaddress = (struct subaddress){SUBADDRESS_USER, true, 2, {0x12, 0x34}};
	setup.redirection.from = party_of("2079460022", "");
	setup.redirection.original = party_of("2079460033", "");
	return setup;
}

static void the_whole_setup_goes_through(enum isdn_switch_type first, enum isdn_switch_type second)
{
	const struct isdn_setup *s = &to.setup;
	struct isdn_setup setup = full_setup();
	struct isdn_call *call;

	start(first, second);
	assert_int_equal(isdn_setup(from.exchange, &setup, NULL, &call), 0);
	wait_for(&to, "setup(90001)");
	assert_int_equal(s->called.ton, TON_SUBSCRIBER);
	assert_int_equal(s->bearer, ISDN_BEARER_3K1_AUDIO);
	assert_string_equal(s->calling.number.digits, "2079460000");
	assert_int_equal(s->calling.number.ton, TON_NATIONAL);
	assert_int_equal(s->calling.screening, SCREENING_VERIFIED_PASSED);
	assert_memory_equal(&s->calling.subaddress, &setup.calling.subaddress,
			    sizeof(setup.calling.subaddress));
	assert_memory_equal(&s->called_subaddress, &setup.called_subaddress,
			    sizeof(setup.called_subaddress));
	assert_memory_equal(&s->user_user, &setup.user_user, sizeof(setup.user_user));
	assert_int_equal(s->redirection.count, 2);
	assert_int_equal(s->redirection.reason, REDIRECTION_BUSY);
	assert_string_equal(s->redirection.from.number.digits, "2079460022");
	assert_string_equal(s->redirection.original.number.digits, "2079460033");
	isdn_release(call, 16);
	assert_true(run_until(all_are_idle, NULL));
	stop();
}

static void setup_between_euroisdn_lines(void **state)
{
	the_whole_setup_goes_through(ISDN_PRIMARY_NET5, ISDN_PRIMARY_NET5);
}

static void setup_between_qsig_lines(void **state)
{
	the_whole_setup_goes_through(ISDN_PRIMARY_QSIG, ISDN_PRIMARY_QSIG);
	assert_string_equal(to.setup.calling.name, "Ada");
}

static void setup_from_qsig_to_euroisdn(void **state)
{
	the_whole_setup_goes_through(ISDN_PRIMARY_QSIG, ISDN_PRIMARY_NET5);
}

static void answers_go_back_with_all_they_carry(void **state)
{
	struct isdn_setup setup = full_setup();
	struct redirection diverted = {.count = 1, .reason = REDIRECTION_UNCONDITIONAL};
	struct isdn_cause cause = {1, 0};
	struct party who;
	struct isdn_call *call;

	start(ISDN_PRIMARY_QSIG, ISDN_PRIMARY_QSIG);
	assert_int_equal(isdn_setup(from.exchange, &setup, NULL, &call), 0);
	wait_for(&to, "setup(90001)");
	isdn_proceeding(to.call, 0, 0);
	isdn_progress(to.call, ISDN_PROGRESS_INBAND, &cause);
	wait_for(&from, "progress(8,1)");
	diverted.to = party_of("2079460066", "");
	isdn_diverted(to.call, &diverted);
	wait_for(&from, "redirected(2079460066)");
	isdn_alerting(to.call, ISDN_PROGRESS_INBAND);
	wait_for(&from, "alerting(8)");
	who = party_of("2079460044", "Desk");
	isdn_connect(to.call, &who);
	wait_for(&from, "connect(2079460044,Desk)");
	who = party_of("2079460055", "Eve");
	assert_int_equal(isdn_connected_update(to.call, &who), 0);
	wait_for(&from, "connected(2079460055,Eve)");
	isdn_release(to.call, 31);
	wait_for(&from, "disconnect(31)");
	assert_true(run_until(all_are_idle, NULL));
	stop();
}

/* ---- overlap */

/* The first exchange begins with these digits and is asked for more. */
static struct isdn_call *begin(const char *digits)
{
	struct isdn_setup setup = full_setup();
	struct isdn_call *call;

	start(ISDN_PRIMARY_NET5, ISDN_PRIMARY_NET5);
	number_set(&setup.called, digits, TON_UNKNOWN, NPI_ISDN);
	setup.sending_complete = false;
	assert_int_equal(isdn_setup(from.exchange, &setup, NULL, &call), 0);
	wait_for(&from, "setup_ack(");
	return call;
}

static void digits_are_collected_until_a_peer_fits(void **state)
{
	struct isdn_call *call = begin("7");

	isdn_send_digits(call, "312");
	wait_for(&to, "setup(7312)");
	isdn_alerting(to.call, 0);
	wait_for(&from, "alerting(0)");
	isdn_connect(to.call, NULL);
	wait_for(&from, "connect(");
	isdn_release(call, 16);
	assert_true(run_until(all_are_idle, NULL));
	stop();
}

/* The second exchange knows better how long its numbers are. */
static void digits_go_on_behind_a_peer_that_fits(void **state)
{
	struct isdn_call *call = begin("7");

	isdn_send_digits(call, "312");
	wait_for(&to, "setup(7312)");
	assert_false(to.setup.sending_complete);
	isdn_need_digits(to.call, 0, false);
	isdn_send_digits(call, "45");
	wait_for(&to, "more(4) more(5)");
	isdn_proceeding(to.call, 0, 0);
	wait_for(&from, "proceeding(0)");
	isdn_connect(to.call, NULL);
	wait_for(&from, "connect(");
	isdn_release(call, 16);
	assert_true(run_until(all_are_idle, NULL));
	stop();
}

/* T302: what fits when it ends is called, what does not is incomplete. */
static void t302_ends_collection(void **state)
{
	static const struct {
		const char *digits, *heard;
	} cases[] = {{"9123", "setup(9123)"}, {"73", NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct isdn_call *call = begin(cases[i].digits);

		if (cases[i].heard) {
			wait_for(&to, cases[i].heard);
			isdn_release(call, 16);
		} else {
			wait_for(&from, "disconnect(28)");
		}
		assert_true(run_until(all_are_idle, NULL));
		stop();
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(setup_between_euroisdn_lines),
	    cmocka_unit_test(setup_between_qsig_lines),
	    cmocka_unit_test(setup_from_qsig_to_euroisdn),
	    cmocka_unit_test(answers_go_back_with_all_they_carry),
	    cmocka_unit_test(digits_are_collected_until_a_peer_fits),
	    cmocka_unit_test(digits_go_on_behind_a_peer_that_fits),
	    cmocka_unit_test(t302_ends_collection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
