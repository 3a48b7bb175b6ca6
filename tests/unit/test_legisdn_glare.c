// SPDX-License-Identifier: GPL-2.0-or-later
/* Two gateways on one line that call each other at the same moment, until every channel is taken:
 * 60 calls each way, by the order in which each side takes its channels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "tests/unit/legisdn_rig.h"

#define WAVES 4
#define WAVE 15 /* calls each way: with those of the other side, 30 channels */

struct phone { /* a leg that is not ISDN: who calls, or who answers at once */
	struct leg leg;
	struct osmo_timer_list later;
};

struct gateway {
	struct office *office;
	struct isdn_line *line;
	struct isdn_lines lines;
	struct phone phones[2 * WAVE];
	unsigned phones_used, answered, failed, taken;
};

static struct gateway a, b;

static struct gateway *gateway_of(struct leg *leg)
{
	struct phone *phone = container_of(leg, struct phone, leg);

	return phone >= a.phones && phone < a.phones + 2 * WAVE ? &a : &b;
}

static void phone_nothing(struct leg *leg)
{
}

static void phone_progress(struct leg *leg, const struct progress *progress)
{
}

static void phone_answered(struct leg *leg, const struct party *connected)
{
	gateway_of(leg)->answered++;
}

static void phone_released(struct leg *leg, const struct cause *cause)
{
	if (cause->q850 != 16)
		gateway_of(leg)->failed++;
}

static void phone_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void phone_hold(struct leg *leg, bool held)
{
}

static void phone_report(struct leg *leg, struct leg_report *out)
{
}

static const struct leg_ops phone_ops = {
    .name = "phone",
    .proceed = phone_nothing,
    .alert = phone_progress,
    .progress = phone_progress,
    .answer = phone_answered,
    .release = phone_released,
    .digit = phone_digit,
    .hold = phone_hold,
    .report = phone_report,
};

static struct phone *phone_new(struct gateway *g, struct call *call)
{
	struct phone *phone = &g->phones[g->phones_used++];

	assert_true(g->phones_used <= ARRAY_SIZE(g->phones));
	memset(phone, 0, sizeof(*phone));
	phone->leg.ops = &phone_ops;
	phone->leg.kind = PEER_VOIP;
	phone->leg.call = call;
	return phone;
}

static void phone_answers(void *data)
{
	struct phone *phone = data;

	call_event(&phone->leg, CALL_EV_ANSWER, NULL);
}

static struct leg *phone_make(void *arg, struct call *call, const struct leg_request *request,
			      struct cause *why)
{
	struct gateway *g = arg;
	struct phone *phone = phone_new(g, call);

	g->taken++;
	osmo_timer_setup(&phone->later, phone_answers, phone);
	osmo_timer_schedule(&phone->later, 0, 0);
	return &phone->leg;
}

static struct plan *make_plan(void)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = plan_new(&options);
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	strcpy(peer.destination_pattern, "9T");
	strcpy(peer.incoming_called_number, ".");
	strcpy(peer.port, "1:D");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	peer_init(&peer, 2, PEER_VOIP);
	strcpy(peer.destination_pattern, "2...");
	strcpy(peer.incoming_called_number, ".");
	strcpy(peer.session_target, "ipv4:192.0.2.1");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static void gateway_open(struct gateway *g, bool network, enum trunk_hunt hunt,
			 enum isdn_line_choice negotiate)
{
	struct isdn_line_config config = {
	    .isdn = {.span = 1,
		     .settle_ms = 1,
		     .switch_type = ISDN_PRIMARY_NET5,
		     .network = network,
		     .fd_d = network ? wire.network.fd : wire.user.fd},
	    .timeslots = 0xfffefffe,
	    .hunt = hunt,
	    .block = 160,
	    .calls.negotiate_channel = negotiate,
	};
	struct office_config office_config = {.plan = make_plan()};

	memset(g, 0, sizeof(*g));
	assert_int_equal(office_new(rig_ctx, &office_config, &g->office), 0);
	plan_unref(office_config.plan);
	assert_int_equal(isdn_line_new(rig_ctx, &config, g->office, NULL, &g->line), 0);
	g->lines.line[1] = g->line;
	office_register_kind(g->office, PEER_POTS, leg_isdn_make, &g->lines);
	office_register_kind(g->office, PEER_VOIP, phone_make, g);
}

static bool both_are_up(const void *arg)
{
	return isdn_line_is_up(a.line) && isdn_line_is_up(b.line);
}

static unsigned wave_number;

static bool wave_is_over(const void *arg)
{
	unsigned want = wave_number * WAVE;

	return a.answered + a.failed >= want && b.answered + b.failed >= want;
}

static bool is_idle(const struct gateway *g)
{
	struct trunk *trunk = isdn_line_trunk(g->line);

	return trunk_idle_count(trunk) == trunk_size(trunk) && office_call_count(g->office) == 0 &&
	       isdn_call_count(isdn_line_isdn(g->line)) == 0;
}

static bool both_are_idle(const void *arg)
{
	return is_idle(&a) && is_idle(&b);
}

static void place(struct gateway *g)
{
	struct call_setup setup = {.bearer = 0x10};
	struct phone *phone = phone_new(g, NULL);

	assert_int_equal(number_set(&setup.called, "92001", TON_UNKNOWN, NPI_UNKNOWN), 0);
	assert_non_null(call_new(g->office, &phone->leg, &setup, NULL));
}

static bool clear_one(void *arg, const struct call_summary *summary)
{
	unsigned *ids = arg;

	ids[++ids[0]] = summary->id;
	return true;
}

static void clear_all(struct gateway *g)
{
	unsigned ids[2 * WAVE + 2] = {0};

	office_each_call(g->office, clear_one, ids);
	for (unsigned i = 1; i <= ids[0]; i++)
		office_clear_call(g->office, ids[i], 16);
}

static void glare(const char *what, enum trunk_hunt user, enum trunk_hunt network,
		  enum isdn_line_choice negotiate)
{
	isdn_wire_open(&wire);
	gateway_open(&a, false, user, negotiate);
	gateway_open(&b, true, network, ISDN_LINE_UNSAID);
	assert_true(run_until(both_are_up, NULL));
	for (wave_number = 1; wave_number <= WAVES; wave_number++) {
		a.phones_used = b.phones_used = 0;
		for (unsigned i = 0; i < WAVE; i++) {
			place(&a);
			place(&b);
		}
		if (!run_until(wave_is_over, NULL))
			fail_msg("%s: wave %u: user %u answered %u failed, network %u and %u", what,
				 wave_number, a.answered, a.failed, b.answered, b.failed);
		clear_all(&a);
		if (!run_until(both_are_idle, NULL))
			fail_msg("%s: a channel is stuck", what);
	}
	print_message("%-42s user %2u of 60 answered, network %2u of 60\n", what, a.answered,
		      b.answered);
	assert_int_equal(b.answered, WAVES * WAVE);
	assert_int_equal(a.answered, WAVES * WAVE);
	assert_int_equal(a.taken, b.answered);
	office_free(a.office);
	office_free(b.office);
	isdn_line_free(a.line);
	isdn_line_free(b.line);
	isdn_wire_close(&wire);
}

static void sides_that_begin_at_opposite_ends(void **state)
{
	glare("descending, network ascending:", TRUNK_DESCENDING, TRUNK_ASCENDING,
	      ISDN_LINE_UNSAID);
}

static void sides_that_begin_at_the_same_end(void **state)
{
	glare("ascending, network ascending:", TRUNK_ASCENDING, TRUNK_ASCENDING, ISDN_LINE_UNSAID);
	glare("descending, network descending:", TRUNK_DESCENDING, TRUNK_DESCENDING,
	      ISDN_LINE_UNSAID);
	glare("round robin both:", TRUNK_ROUND_ROBIN, TRUNK_ROUND_ROBIN, ISDN_LINE_UNSAID);
}

static void user_side_that_does_not_negotiate(void **state)
{
	glare("ascending both, no isdn negotiate-bchan:", TRUNK_ASCENDING, TRUNK_ASCENDING,
	      ISDN_LINE_OFF);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sides_that_begin_at_opposite_ends),
	    cmocka_unit_test(sides_that_begin_at_the_same_end),
	    cmocka_unit_test(user_side_that_does_not_negotiate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
