// SPDX-License-Identifier: GPL-2.0-or-later
/* The call between two legs that only write down what they are told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/call_rig.h"

static void passes_a_call_through(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};
	struct leg_digit five = {'5', 100};

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_PROCEEDING, NULL);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	call_event(&s->in.leg, CALL_EV_DIGIT, &five);
	call_event(&s->in.leg, CALL_EV_HOLD, NULL);
	call_event(&s->in.leg, CALL_EV_RETRIEVE, NULL);
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	assert_string_equal(orders, "i:proceed i:alert i:answer 1:digit 1:hold 1:retrieve "
				    "i:release(16) 1:release(16)");
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	scene_free(s);
}

static void alerts_after_early_media(void **state)
{
	struct scene *s = scene_new(NULL);
	struct progress tones = {.indicator = 8}, none = {0};

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_PROGRESS, &tones);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	assert_string_equal(orders, "i:progress+pi i:alert");
	scene_free(s);
}

static void hunts_on_only_for_causes_that_say_not_here(void **state)
{
	static const struct {
		unsigned cause;
		bool hunts;
	} row[] = {{34, true},	{38, true}, {41, true},	 {44, true}, {27, true},
		   {17, false}, {1, false}, {21, false}, {19, false}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct scene *s = scene_new(NULL);
		struct cause cause = cause_q850(row[i].cause, 0, CAUSE_SOURCE_PSTN);
		char expected[64];
		scene_call(s, "95551234");
		call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
		if (row[i].hunts)
			snprintf(expected, sizeof(expected), "1:release(%u)", row[i].cause);
		else
			snprintf(expected, sizeof(expected), "i:release(%u) 1:release(%u)",
				 row[i].cause, row[i].cause);
		assert_string_equal(orders, expected);
		assert_int_equal(made_count, row[i].hunts ? 2 : 1);
		scene_free(s);
	}
}

static void hunts_on_for_5xx_whatever_its_cause(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause_view view = {0};
	struct cause_answer answer = {.status = 501};
	struct cause cause = cause_from_sip(&view, &answer);

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
	assert_int_equal(made_count, 2);
	scene_free(s);
}

static void does_not_hunt_after_ringing(void **state)
{
	static const struct cause row[] = {
	    {.q850 = 41, .source = CAUSE_SOURCE_PSTN},
	    {.q850 = 38, .source = CAUSE_SOURCE_SIP},
	    {.q850 = 102, .source = CAUSE_SOURCE_GATEWAY},
	};
	char expected[64];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct scene *s = scene_new(NULL);

		scene_call(s, "95551234");
		rings(1, false);
		call_event(&made[0].leg, CALL_EV_RELEASED, &row[i]);
		snprintf(expected, sizeof(expected), "i:alert i:release(%u) 1:release(%u)",
			 row[i].q850, row[i].q850);
		assert_string_equal(orders, expected);
		scene_free(s);
	}
}

static const struct cause cut_off = {.q850 = 38, .source = CAUSE_SOURCE_GATEWAY};

static void hunts_on_after_ringing_if_the_way_there_is_gone(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "95551234");
	rings(1, false);
	call_event(&made[0].leg, CALL_EV_RELEASED, &cut_off);
	rings(2, false);
	call_event(&made[1].leg, CALL_EV_ANSWER, NULL);
	assert_string_equal(orders, "i:alert 1:release(38) i:alert i:answer");
	scene_free(s);
}

static void rings_no_more_if_there_is_no_other_way(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "95551234");
	for (unsigned leg = 1; leg <= 2; leg++) {
		rings(leg, false);
		call_event(&made[leg - 1].leg, CALL_EV_RELEASED, &cut_off);
	}
	assert_string_equal(orders, "i:alert 1:release(38) i:alert i:release(38) 2:release(38)");
	scene_free(s);
}

static void takes_the_next_peer_when_no_leg_can_be_made(void **state)
{
	struct scene *s = scene_new(NULL);

	make_fails = 1;
	make_cause = 34;
	scene_call(s, "95551234");
	assert_int_equal(made_count, 1);
	assert_int_equal(s->call->summary.peer_out, 2);
	assert_int_equal(office_peer_calls(s->office, 1), 0);
	assert_int_equal(office_peer_calls(s->office, 2), 1);
	scene_free(s);
}

static void says_the_last_cause_when_all_peers_fail(void **state)
{
	struct scene *s = scene_new(NULL);

	make_fails = 2;
	make_cause = 34;
	scene_call(s, "95551234");
	assert_string_equal(orders, ""); /* never inside call_new() */
	run_loop();
	assert_string_equal(orders, "i:release(34)");
	scene_free(s);
}

static void refuses_a_number_that_nobody_serves(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "5551234");
	run_loop();
	assert_true(!strcmp(orders, "i:release(1)") || !strcmp(orders, "i:release(3)"));
	scene_free(s);
}

static void survives_a_caller_who_leaves_while_routing_fails(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_SIP);

	make_fails = 2;
	make_cause = 34;
	scene_call(s, "95551234");
	call_event(&s->in.leg, CALL_EV_RELEASED, &normal);
	assert_string_equal(orders, "i:release(16)");
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	scene_free(s);
}

static void survives_a_caller_who_leaves_while_a_leg_is_made(void **state)
{
	struct scene *s = scene_new(NULL);

	make_ends = &s->in.leg;
	scene_call(s, "95551234");
	assert_string_equal(orders, "i:release(16) 1:release(16)");
	assert_int_equal(made_count, 1);
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	assert_int_equal(office_peer_calls(s->office, 1), 0);
	scene_free(s);
}

/* One that joins others gets legs of theirs. */
static void a_call_that_was_never_routed_has_no_port(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "95551234");
	s->call->route.count = s->call->next_candidate = 0;
	assert_int_equal(s->call->leg[1]->kind, PEER_POTS);
	assert_null(route_candidate(s->call));
	assert_null(route_ringback(s->call));
	scene_free(s);
}

static void limits_calls(void **state)
{
	struct scene *s = scene_new(NULL);
	struct fake first;

	s->office->config.calls_max = 1;
	scene_call(s, "95551234");
	first = s->in;
	s->call->leg[0] = &first.leg;
	scene_call(s, "95551235");
	run_loop();
	assert_string_equal(orders, "i:release(42)");
	scene_free(s);
}

static void clears_from_the_console(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "95551234");
	assert_int_equal(office_clear_call(s->office, s->call->summary.id, 41), 0);
	assert_string_equal(orders, "i:release(41) 1:release(41)");
	assert_int_equal(office_clear_call(s->office, 99, 41), -ENOENT);
	scene_free(s);
}

static void says_when_the_whole_trunk_is_full(void **state)
{
	static const struct {
		unsigned no_leg; /* so many cannot be made, for this cause */
		uint8_t cause;
		unsigned status, retry_after_s;
	} row[] = {{2, 34, 503, 10}, {1, 34, 503, 0}, {2, 27, 502, 0}, {2, 41, 503, 0}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct scene *s = scene_new(NULL);
		/* what an exchange says is not what a trunk of ours has */
		struct cause exchange = cause_q850(34, 2, CAUSE_SOURCE_PSTN);

		make_fails = row[i].no_leg;
		make_cause = row[i].cause;
		scene_call(s, "95551234");
		if (made_count)
			call_event(&made[0].leg, CALL_EV_RELEASED, &exchange);
		run_loop();
		assert_int_equal(s->in.cause.answer, row[i].status);
		assert_int_equal(s->in.cause.retry_after_s, row[i].retry_after_s);
		scene_free(s);
	}
}

static void set_table(const struct scene *s, uint32_t tag, unsigned number)
{
	for (size_t i = 0; i < plan_peer_count(s->plan); i++) {
		struct peer *p = (struct peer *)plan_peer_at(s->plan, i);

		if (p->tag == tag)
			p->cause_table = number;
	}
}

/* The SIP leg's dial peer (10), that of the other leg (1), sip-ua. */
static void the_nearest_dial_peer_chooses_the_status(void **state)
{
	static const struct {
		bool sip, pots, all;
		unsigned status;
	} row[] = {{1, 1, 1, 600}, {0, 1, 1, 603}, {0, 0, 1, 604}, {0, 0, 0, 486}};
	struct cause busy = cause_q850(17, 2, CAUSE_SOURCE_PSTN);

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct cause_tables *tables = cause_tables_new();
		struct cause_table sip = {0}, pots = {0}, all = {0};
		struct scene *s = scene_new(NULL);

		sip.sip[17] = row[i].sip ? 600 : 0;
		pots.sip[17] = row[i].pots ? 603 : 0;
		all.sip[17] = row[i].all ? 604 : 0;
		set_table(s, 10, (unsigned)cause_tables_find(tables, &sip));
		set_table(s, 1, (unsigned)cause_tables_find(tables, &pots));
		office_set_causes(s->office, tables, (unsigned)cause_tables_find(tables, &all));
		cause_tables_unref(tables);
		scene_call(s, "95551234");
		call_event(&made[0].leg, CALL_EV_RELEASED, &busy);
		assert_int_equal(s->in.cause.answer, row[i].status);
		assert_int_equal(office_cause_counts(s->office)->to_sip[17], 1);
		scene_free(s);
	}
}

/* `progress_ind` of the dial peer that a call goes out on. */
static void a_dial_peer_changes_progress(void **state)
{
	struct progress none = {0}, tones = {.indicator = 8};
	struct scene *s = scene_new(NULL);

	for (size_t i = 0; i < plan_peer_count(s->plan); i++) {
		struct peer *p = (struct peer *)plan_peer_at(s->plan, i);

		if (p->tag != 1)
			continue;
		p->progress_ind[PEER_MESSAGE_ALERT] = PEER_PI_ENABLE(8);
		p->progress_ind[PEER_MESSAGE_PROGRESS] = PEER_PI_STRIP;
		p->progress_ind[PEER_MESSAGE_CONNECT] = PEER_PI_ENABLE(2);
	}
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_PROGRESS, &tones);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	assert_string_equal(orders, "i:progress i:alert+pi i:answer");
	assert_int_equal(s->in.leg.connect_rule, PEER_PI_ENABLE(2));
	scene_free(s);
}

/* ... callproc, of CALL PROCEEDING and 100. */
static void a_dial_peer_changes_call_proceeding(void **state)
{
	static const struct {
		uint8_t rule, indicator;
		const char *orders;
	} rows[] = {
	    {PEER_PI_UNSET, 0, "i:proceed"},	 {PEER_PI_UNSET, 8, "i:proceed i:progress+pi"},
	    {PEER_PI_STRIP, 8, "i:proceed"},	 {PEER_PI_ENABLE(8), 0, "i:proceed i:progress+pi"},
	    {PEER_PI_ENABLE(2), 8, "i:proceed"},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct progress said = {.indicator = rows[r].indicator};
		struct scene *s = scene_new(NULL);

		for (size_t i = 0; i < plan_peer_count(s->plan); i++) {
			struct peer *p = (struct peer *)plan_peer_at(s->plan, i);

			p->progress_ind[PEER_MESSAGE_PROCEEDING] = rows[r].rule;
			p->progress_ind[PEER_MESSAGE_PROGRESS] = PEER_PI_STRIP;
		}
		scene_call(s, "95551234");
		call_event(&made[0].leg, CALL_EV_PROCEEDING, &said);
		assert_string_equal(orders, rows[r].orders);
		scene_free(s);
	}
}

/* `tone special-information`: what it follows, and what the caller is told at last. */
static void who_dialled_wrong_hears_so(void **state)
{
	static const struct {
		bool wanted, heard, rang;
		unsigned q850;
		const char *orders;
	} rows[] = {
	    {true, false, false, 4, "i:progress+pi"},
	    {true, false, false, 5, "i:progress+pi"},
	    {true, false, false, 1, ""},
	    {false, false, false, 4, ""},
	    {true, true, false, 4, "i:progress+pi"},
	    {true, false, true, 4, "i:alert"},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct cause cause = cause_q850(rows[r].q850, 0, CAUSE_SOURCE_PSTN);
		struct progress tones = {.indicator = 8};
		struct scene *s = scene_new(NULL);
		bool announces =
		    rows[r].wanted && !rows[r].heard && !rows[r].rang && rows[r].q850 != 1;

		for (size_t i = 0; i < plan_peer_count(s->plan); i++)
			((struct peer *)plan_peer_at(s->plan, i))->special_information =
			    rows[r].wanted;
		scene_call(s, "95551234");
		if (rows[r].heard)
			call_event(&made[0].leg, CALL_EV_PROGRESS, &tones);
		if (rows[r].rang)
			rings(1, false);
		call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
		if (!strstr(orders, rows[r].orders))
			fail_msg("%zu: %s", r, orders);
		assert_int_equal(s->in.gone, !announces);
		if (announces) {
			call_event(&s->in.leg, CALL_EV_MEDIA, NULL);
			s->call->fi->fsm->timer_cb(s->call->fi);
		}
		assert_true(s->in.gone);
		assert_int_equal(s->in.cause.q850, rows[r].q850);
		scene_free(s);
	}
}

/* Every event in every state: what is ordered and where it leads. */
static void keeps_its_state_table(void **state)
{
	static const char *const golden[CALL_ACTIVE + 1][CALL_EV_COUNT * 2] = {
#include "tests/unit/call_grid.inc"
	};
	struct cause cause = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};
	struct leg_digit digit = {'1', 80};
	struct leg_identity identity = {.display = "Tariff 2"};
	bool print = getenv("PRINT_GRID") != NULL;

	for (unsigned from = CALL_COLLECTING; from <= CALL_ACTIVE; from++) {
		for (unsigned event = 0; event < CALL_EV_COUNT * 2; event++) {
			struct scene *s = scene_new(NULL);
			enum call_event ev = event % CALL_EV_COUNT;
			const void *data = ev == CALL_EV_RELEASED   ? (void *)&cause
					   : ev == CALL_EV_DIGIT    ? (void *)&digit
					   : ev == CALL_EV_IDENTITY ? (void *)&identity
					   : ev == CALL_EV_ANSWER   ? NULL
								    : (void *)&none;
			char got[600];
			if (from == CALL_COLLECTING || from == CALL_OVERLAP)
				scene_call_as(s, "95551234", CALLED_OVERLAP);
			else
				scene_call(s, "95551234");
			if (from == CALL_OVERLAP) {
				call_event(&s->in.leg, CALL_EV_NUMBER_COMPLETE, NULL);
				call_event(&made[0].leg, CALL_EV_OVERLAP, NULL);
			}
			if (from >= CALL_PROCEEDING)
				call_event(&made[0].leg, CALL_EV_PROCEEDING, NULL);
			if (from >= CALL_ALERTING)
				call_event(&made[0].leg, CALL_EV_ALERT, &none);
			if (from >= CALL_ACTIVE)
				call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
			assert_int_equal(s->call->fi->state, from);
			orders[0] = 0;
			/* without an outbound leg nothing can come from one */
			if (event < CALL_EV_COUNT || from != CALL_COLLECTING)
				call_event(event < CALL_EV_COUNT ? &s->in.leg : &made[0].leg, ev,
					   data);
			snprintf(got, sizeof(got), "%s: %s", call_state_name(s->call->fi->state),
				 orders);
			if (print)
				printf("[%u][%u] = \"%s\",\n", from, event, got);
			else
				assert_string_equal(got, golden[from][event]);
			scene_free(s);
		}
	}
}

static void keeps_the_ladder_after_the_end(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct call_summary sum;
	uint32_t id;

	scene_call(s, "95551234");
	id = call_id(s->call);
	call_trace(&s->in.leg, CALL_RECEIVED, "INVITE");
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	call_trace(&made[0].leg, CALL_SENT, "RELEASE COMPLETE");
	run_loop();
	call_trace(&s->in.leg, CALL_RECEIVED, "ACK");
	assert_int_equal(office_call_summary(s->office, id, &sum), 0);
	assert_int_equal(sum.trace_count, 4);
	assert_string_equal(sum.trace[0].text, "SETUP");
	assert_int_equal(sum.trace[0].leg, 1);
	assert_int_equal(sum.trace[1].leg, 0);
	assert_string_equal(sum.trace[2].text, "RELEASE COMPLETE");
	assert_string_equal(sum.trace[3].text, "ACK");
	assert_int_equal(sum.ended_by, 1);
	scene_free(s);
}

static void remembers_who_was_connected_and_who_diverted(void **state)
{
	struct scene *s = scene_new(NULL);
	struct party desk = {0}, other = {0};
	struct leg_identity identity = {.connected = &other};
	struct call_summary sum;

	number_set(&desk.number, "442079460001", TON_INTERNATIONAL, NPI_ISDN);
	number_set(&other.number, "442079460002", TON_INTERNATIONAL, NPI_ISDN);
	number_set(&s->diverted_by.number, "2001", TON_UNKNOWN, NPI_ISDN);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, &desk);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460001");
	assert_string_equal(sum.redirecting, "2001");
	call_event(&made[0].leg, CALL_EV_IDENTITY, &identity);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460002");
	assert_string_equal(orders, "i:answer i:identity");
	/* who is connected is for the caller to know, what the caller is called is not that */
	other.number.digits[2] = '9';
	call_event(&s->in.leg, CALL_EV_IDENTITY, &identity);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460002");
	scene_free(s);
}

static void take_line(void *arg, const char *text)
{
	char *all = arg;

	strcat(strcat(all, text), "\n");
}

static void draws_the_ladder(void **state)
{
	struct call_summary s = {.id = 7,
				 .state = "ACTIVE",
				 .called = "0001",
				 .trace_count = 3,
				 .kinds = {"sip", "isdn"}};
	char text[2048] = "";

	s.trace[0] =
	    (struct call_trace_line){.leg = 0, .direction = CALL_RECEIVED, .text = "INVITE"};
	s.trace[1] = (struct call_trace_line){.leg = 1, .direction = CALL_SENT, .text = "SETUP"};
	s.trace[2] =
	    (struct call_trace_line){.leg = 1, .direction = CALL_RECEIVED, .text = "CONNECT"};
	s.trace[1].at = 10;
	s.trace[2].at = 210;
	call_ladder(&s, take_line, text);
	assert_non_null(strstr(text, "    0.0000 |--------------- INVITE -------------->|"));
	assert_non_null(strstr(text, "    0.0010 |                                      |"
				     "--------------- SETUP --------------->|"));
	assert_non_null(strstr(text, "    0.0210 |                                      |"
				     "<------------- CONNECT ---------------|"));
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(passes_a_call_through),
	    cmocka_unit_test(alerts_after_early_media),
	    cmocka_unit_test(hunts_on_only_for_causes_that_say_not_here),
	    cmocka_unit_test(hunts_on_for_5xx_whatever_its_cause),
	    cmocka_unit_test(does_not_hunt_after_ringing),
	    cmocka_unit_test(hunts_on_after_ringing_if_the_way_there_is_gone),
	    cmocka_unit_test(rings_no_more_if_there_is_no_other_way),
	    cmocka_unit_test(takes_the_next_peer_when_no_leg_can_be_made),
	    cmocka_unit_test(says_the_last_cause_when_all_peers_fail),
	    cmocka_unit_test(refuses_a_number_that_nobody_serves),
	    cmocka_unit_test(survives_a_caller_who_leaves_while_routing_fails),
	    cmocka_unit_test(survives_a_caller_who_leaves_while_a_leg_is_made),
	    cmocka_unit_test(a_call_that_was_never_routed_has_no_port),
	    cmocka_unit_test(limits_calls),
	    cmocka_unit_test(clears_from_the_console),
	    cmocka_unit_test(says_when_the_whole_trunk_is_full),
	    cmocka_unit_test(the_nearest_dial_peer_chooses_the_status),
	    cmocka_unit_test(a_dial_peer_changes_progress),
	    cmocka_unit_test(a_dial_peer_changes_call_proceeding),
	    cmocka_unit_test(who_dialled_wrong_hears_so),
	    cmocka_unit_test(keeps_its_state_table),
	    cmocka_unit_test(keeps_the_ladder_after_the_end),
	    cmocka_unit_test(remembers_who_was_connected_and_who_diverted),
	    cmocka_unit_test(draws_the_ladder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
