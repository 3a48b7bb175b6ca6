// SPDX-License-Identifier: GPL-2.0-or-later
/* A call to the pilot of a hunt group. Its members 201, 202 and 203 are reached by one dial peer, 9... by
 * another; made[] are the legs to them, in the order in which they were called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "tests/unit/call_rig.h"

static const struct hunt_group group = {
    .number = 1, .members = {"201", "202", "203"}, .members_count = 3, .timeout_s = 20};

static void add_peer(struct plan *plan, uint32_t tag, const char *pattern, unsigned hunt_group)
{
	struct peer p;

	peer_init(&p, tag, hunt_group ? PEER_VOIP : PEER_POTS);
	strcpy(p.destination_pattern, pattern);
	strcpy(p.port, hunt_group ? "" : "1:D");
	strcpy(p.session_target, hunt_group ? "hunt-group:1" : "");
	p.hunt_group = hunt_group;
	p.no_digit_strip = true;
	p.digit_strip_set = true;
	p.forward = PEER_FORWARD_ALL;
	scene_plan_add(plan, &p);
}

static struct scene *scene_of(const struct hunt_group *hunted)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = scene_plan_new(&options);
	struct scene *s = scene_new(NULL);

	add_peer(plan, 1, "20[1-3]", 0);
	add_peer(plan, 2, "9...", 0);
	add_peer(plan, 3, "500", 1);
	assert_int_equal(plan_add_hunt_group(plan, hunted), 0);
	scene_use_plan(s, plan);
	return s;
}

static void again(struct scene *s)
{
	run_loop();
	made_count = 0;
	orders[0] = '\0';
	scene_call(s, "500");
}

static struct scene *hunt(const struct hunt_group *hunted)
{
	struct scene *s = scene_of(hunted);

	scene_call(s, "500");
	return s;
}

static void clears(unsigned leg, unsigned q850)
{
	struct cause cause = cause_q850(q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	says(leg, CALL_EV_RELEASED, &cause);
	run_loop();
}

static void answers(unsigned leg)
{
	says(leg, CALL_EV_ANSWER, NULL);
	run_loop();
}

static void end(struct scene *s)
{
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	scene_free(s);
}

static const char *called(void)
{
	static char text[128];

	text[0] = '\0';
	for (unsigned i = 0; i < made_count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, made[i].called);
	}
	return text;
}

static void members_are_called_one_after_another(void **state)
{
	struct scene *s = hunt(&group);
	struct office_hunt_counts counts;

	assert_string_equal(called(), "201");
	rings(1, true);
	clears(1, 17);
	assert_string_equal(called(), "201 202");
	rings(2, true);
	answers(2);
	assert_string_equal(orders, "i:alert 1:release(17) i:answer");
	assert_string_equal(s->call->summary.state, "ACTIVE");
	assert_string_equal(s->call->summary.connected, "202");
	assert_ptr_equal(s->call->leg[1], &made[1].leg);
	assert_int_equal(office_call_count(s->office), 1);
	clears(2, 16);
	counts = office_hunt_counts(s->office, 1);
	assert_int_equal(counts.calls, 1);
	assert_int_equal(counts.answered, 1);
	end(s);
}

static void a_member_has_so_much_time(void **state)
{
	struct hunt_group quick = group;
	struct scene *s;

	quick.timeout_s = 1;
	quick.members_count = 2;
	s = hunt(&quick);
	rings(1, false);
	while (made_count == 1)
		osmo_select_main(0);
	assert_string_equal(orders, "i:alert 1:release(19)");
	rings(2, false);
	while (!s->in.gone)
		osmo_select_main(0);
	assert_int_equal(s->in.cause.q850, 19);
	end(s);
}

static void all_ring_and_the_first_has_the_call(void **state)
{
	struct hunt_group parallel = group;
	struct scene *s;

	parallel.scheme = HUNT_GROUP_PARALLEL;
	strcpy(parallel.members[1], "9123"); /* find me, follow me */
	s = hunt(&parallel);
	assert_string_equal(called(), "201 9123 203");
	rings(1, false);
	rings(2, true);
	rings(3, false);
	answers(2);
	assert_string_equal(orders, "i:alert 1:release(16) 3:release(16) i:answer");
	assert_true(made[0].cause.elsewhere);
	assert_ptr_equal(s->call->leg[1], &made[1].leg);
	clears(2, 16);
	end(s);
}

static void behind_all_members_is_final(void **state)
{
	struct hunt_group with_final = group;
	struct scene *s;

	with_final.scheme = HUNT_GROUP_PARALLEL;
	strcpy(with_final.final, "9999");
	s = hunt(&with_final);
	clears(1, 17);
	clears(3, 21); /* he declines for himself alone */
	clears(2, 18);
	assert_string_equal(called(), "201 202 203 9999");
	rings(4, true); /* nobody else is left: the caller hears it */
	answers(4);
	assert_string_equal(orders,
			    "1:release(17) 3:release(21) 2:release(18) i:alert+pi i:answer");
	assert_int_equal(office_hunt_counts(s->office, 1).final, 1);
	clears(4, 16);
	end(s);
}

static void nobody_answers(void **state)
{
	struct scene *s = hunt(&group);

	clears(1, 17);
	clears(2, 18);
	clears(3, 27);
	assert_true(s->in.gone);
	assert_int_equal(s->in.cause.q850, 17);
	end(s);
}

static void the_caller_gives_up(void **state)
{
	struct hunt_group parallel = group;
	struct cause cause = cause_q850(16, 0, CAUSE_SOURCE_SIP);
	struct scene *s;

	parallel.scheme = HUNT_GROUP_PARALLEL;
	s = hunt(&parallel);
	rings(1, false);
	call_event(&s->in.leg, CALL_EV_RELEASED, &cause);
	run_loop();
	for (unsigned i = 0; i < 3; i++)
		assert_true(made[i].gone);
	end(s);
}

static void who_answers_and_goes_at_once_ends_the_call(void **state)
{
	struct scene *s = hunt(&group);
	struct cause cause = cause_q850(16, 0, CAUSE_SOURCE_PSTN);

	says(1, CALL_EV_ANSWER, NULL);
	says(1, CALL_EV_RELEASED, &cause);
	run_loop();
	assert_string_equal(called(), "201");
	assert_string_equal(orders, "i:release(16) 1:release(16)");
	end(s);
}

/* All in one breath: a connection may bring it so. */
static void who_answers_for_the_group_cannot_give_the_caller_away_at_once(void **state)
{
	struct scene *s = hunt(&group);
	struct call_setup setup = {0};
	struct leg_service refer = {.type = LEG_REFER_ASKED, .setup = &setup};
	struct cause normal = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_SIP);

	assert_int_equal(number_from_e164(&setup.called, "9001"), 0);
	says(1, CALL_EV_ANSWER, NULL);
	assert_false(call_service(&made[0].leg, &refer));
	says(1, CALL_EV_RELEASED, &normal);
	run_loop();
	assert_int_equal(made_count, 1);
	assert_int_equal(s->in.cause.q850, 16);
	end(s);
}

static void hops_end_the_hunt(void **state)
{
	struct hunt_group few = group;
	struct scene *s;

	few.hops = 2;
	strcpy(few.final, "9999");
	s = hunt(&few);
	clears(1, 17);
	clears(2, 17);
	assert_string_equal(called(), "201 202 9999");
	clears(3, 17);
	end(s);
}

static void who_calls_the_group_is_left_out(void **state)
{
	static const struct hunt_group own = {
	    .number = 1, .members = {"+442079460000", "202"}, .members_count = 2, .timeout_s = 20};
	static const struct hunt_group alone = {
	    .number = 1, .members = {"+442079460000"}, .members_count = 1, .timeout_s = 20};
	struct scene *s = hunt(&own);

	assert_string_equal(called(), "202");
	answers(1);
	clears(1, 16);
	end(s);

	made_count = 0;
	orders[0] = '\0';
	s = hunt(&alone);
	run_loop();
	assert_int_equal(made_count, 0);
	assert_string_equal(orders, "i:release(17)");
	end(s);
}

static void peers_take_turns(void **state)
{
	static const char *const first[] = {"201", "202", "203", "201"};
	struct hunt_group turns = group;
	struct scene *s;

	turns.scheme = HUNT_GROUP_PEER;
	s = scene_of(&turns);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		again(s);
		assert_string_equal(called(), first[i]);
		answers(1);
		clears(1, 16);
	}
	end(s);
}

/* 202 talks first, then 201 on a call that is none of the group's. */
static void who_is_idle_longest_is_called_first(void **state)
{
	struct hunt_group idle = group;
	struct scene *s;

	idle.scheme = HUNT_GROUP_LONGEST_IDLE;
	s = hunt(&idle);
	clears(1, 17);
	answers(2);
	clears(2, 16);
	run_loop();
	made_count = 0;
	scene_call(s, "201");
	answers(1);
	clears(1, 16);
	again(s);
	clears(1, 17);
	clears(2, 17);
	assert_string_equal(called(), "203 202 201");
	clears(3, 17);
	end(s);
}

static void a_group_in_itself_ends(void **state)
{
	struct hunt_group circle = group;
	struct scene *s;

	strcpy(circle.members[0], "500");
	circle.members_count = 1;
	s = hunt(&circle);
	run_loop();
	assert_true(s->in.gone);
	assert_int_equal(s->in.cause.q850, 25);
	end(s);
}

/* By another peer than the pilot's, and not the members. */
static void nobody_hunts_for_help(void **state)
{
	struct plan_options options = {.tie_deterministic = true, .emergency = {"500"}};
	struct plan *plan = scene_plan_new(&options);
	struct scene *s = scene_new(NULL);

	add_peer(plan, 2, "5..", 0);
	add_peer(plan, 3, "500", 1);
	assert_int_equal(plan_add_hunt_group(plan, &group), 0);
	scene_use_plan(s, plan);
	scene_call(s, "500");
	assert_string_equal(called(), "500");
	assert_true(s->call->summary.emergency);
	clears(1, 17);
	assert_int_equal(made_count, 1);
	assert_true(s->in.gone);
	end(s);
}

/* Another caller's INVITE: the calls to members do not count. */
static void a_hunt_is_one_call(void **state)
{
	struct threshold_rules rules = {.of = {[THRESHOLD_CALLS] = {1, 2}}, .source_calls = 2};
	struct hunt_group parallel = group;
	struct call_setup setup = {.origin = {.source_family = 4}};
	struct scene *s;

	parallel.scheme = HUNT_GROUP_PARALLEL;
	s = scene_of(&parallel);
	threshold_set(s->office->threshold, &rules);
	scene_call(s, "500");
	assert_int_equal(made_count, 3);
	assert_int_equal(office_call_count(s->office), 4);
	number_from_e164(&setup.called, "9000");
	s->call->setup.origin = setup.origin;
	assert_int_equal(office_refuses(s->office, PEER_VOIP, &setup), 0);
	answers(1);
	clears(1, 16);
	end(s);
}

static void who_hears_it_ring_may_be_somewhere_else_by_then(void **state)
{
	struct hunt_group one = group;
	struct scene *s;

	one.members_count = 1;
	s = scene_of(&one);
	scene_call(s, "500");
	s->in.leg.media_end = 7;
	rings(1, true);
	assert_int_equal(made[0].leg.call->leg[0]->media_end, 7);
	s->in.leg.media_end = 8;
	call_event(&s->in.leg, CALL_EV_MEDIA, NULL);
	assert_int_equal(made[0].leg.call->leg[0]->media_end, 8);
	answers(1);
	clears(1, 16);
	end(s);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_are_called_one_after_another),
	    cmocka_unit_test(a_member_has_so_much_time),
	    cmocka_unit_test(all_ring_and_the_first_has_the_call),
	    cmocka_unit_test(behind_all_members_is_final),
	    cmocka_unit_test(nobody_answers),
	    cmocka_unit_test(the_caller_gives_up),
	    cmocka_unit_test(who_answers_and_goes_at_once_ends_the_call),
	    cmocka_unit_test(who_answers_for_the_group_cannot_give_the_caller_away_at_once),
	    cmocka_unit_test(hops_end_the_hunt),
	    cmocka_unit_test(who_calls_the_group_is_left_out),
	    cmocka_unit_test(peers_take_turns),
	    cmocka_unit_test(who_is_idle_longest_is_called_first),
	    cmocka_unit_test(a_group_in_itself_ends),
	    cmocka_unit_test(nobody_hunts_for_help),
	    cmocka_unit_test(a_hunt_is_one_call),
	    cmocka_unit_test(who_hears_it_ring_may_be_somewhere_else_by_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
