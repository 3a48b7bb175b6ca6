// SPDX-License-Identifier: GPL-2.0-or-later
/* How conferences come about, who comes in, and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/call/conference.h"
#include "tests/unit/call_rig.h"

#define FACTORY "8000"

static char news[64], focus[64]; /* of a transfer; what a leg was told of its conference */
static struct leg_ops ops;
static struct fake callers[4];

static void note_news(struct leg *leg, enum leg_transfer_state state, const struct cause *cause)
{
	static const char *const words[] = {"ringing ", "done ", "failed "};

	strcat(news, words[state]);
}

static void note_conference(struct leg *leg, const char *number)
{
	snprintf(focus, sizeof(focus), "%s", number ? number : "none");
}

static struct scene *scene_with(unsigned most, bool creator_drops)
{
	struct plan_options options = {
	    .call_pickup = "*8",
	    .conference = {.factory = FACTORY,
			   .conferences_max = most,
			   .parties_max = creator_drops ? 4 : 0,
			   .drop_mode = creator_drops ? PLAN_DROP_CREATOR : PLAN_DROP_NEVER}};
	struct scene *s = scene_new(NULL);
	struct plan *plan = scene_plan_new(&options);
	struct peer p;

	peer_init(&p, 11, PEER_POTS);
	strcpy(p.incoming_called_number, ".");
	strcpy(p.destination_pattern, "9T");
	strcpy(p.port, "1:D");
	scene_plan_add(plan, &p);
	peer_init(&p, 12, PEER_POTS);
	strcpy(p.destination_pattern, "7...");
	strcpy(p.port, "1:D");
	p.pool = 1; /* what rings there may be picked up */
	scene_plan_add(plan, &p);
	scene_use_plan(s, plan);
	news[0] = focus[0] = '\0';
	scene_call(s, "9000"); /* one call is there already, and lends its legs' orders */
	says(1, CALL_EV_ANSWER, NULL);
	ops = *s->in.leg.ops;
	ops.transfer_news = note_news;
	ops.conference = note_conference;
	return s;
}

static struct leg *new_leg(unsigned which)
{
	struct fake *f = &callers[which];

	memset(f, 0, sizeof(*f));
	f->name = (char)('a' + which);
	f->leg.ops = &ops;
	f->leg.kind = PEER_VOIP;
	return &f->leg;
}

static struct call *dial(struct scene *s, unsigned which, const char *called)
{
	struct call_setup setup = {.called_form = CALLED_COMPLETE};
	struct call *call;

	assert_int_equal(number_from_e164(&setup.called, called), 0);
	assert_int_equal(number_from_e164(&setup.calling.number, "+442079460001"), 0);
	call = call_new(s->office, new_leg(which), &setup, NULL);
	assert_non_null(call);
	run_loop();
	return call;
}

static void hangs_up(struct leg *leg)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_SIP);

	call_event(leg, CALL_EV_RELEASED, &cause);
	run_loop();
}

static void expect(const struct scene *s, unsigned conferences, unsigned parties)
{
	struct conference_counts counts = office_conference_counts(s->office);

	assert_int_equal(counts.conferences, conferences);
	assert_int_equal(counts.parties, parties);
}

static bool asks(struct leg *leg, const struct leg_service *service)
{
	bool granted = call_service(leg, service);

	run_loop();
	return granted;
}

static bool takes(struct leg *leg, struct leg *other)
{
	return asks(leg, &(struct leg_service){.type = LEG_TRANSFER_ASKED, .other = other});
}

static bool calls(struct leg *leg, const char *number)
{
	struct call_setup setup = {.called_form = CALLED_COMPLETE};

	assert_int_equal(number_from_e164(&setup.called, number), 0);
	return asks(leg, &(struct leg_service){.type = LEG_REFER_ASKED, .setup = &setup});
}

static bool joins(struct leg *old, unsigned which)
{
	struct call_setup setup = {.called_form = CALLED_COMPLETE};
	bool joined = conference_join(old, new_leg(which), &setup);

	run_loop();
	return joined;
}

static void end(struct scene *s)
{
	run_loop();
	expect(s, 0, 0);
	scene_free(s);
}

static void the_factory_makes_one_for_who_calls_it(void **state)
{
	struct scene *s = scene_with(0, false);
	struct call *call = dial(s, 0, FACTORY);
	char number[64];

	assert_string_equal(call->summary.state, "ACTIVE");
	expect(s, 1, 1);
	assert_memory_equal(focus, FACTORY "*", 5);
	assert_int_equal(strlen(focus), 14);
	strcpy(number, focus);
	dial(s, 1, number);
	expect(s, 1, 2);
	assert_string_equal(focus, number);
	hangs_up(&callers[1].leg);
	expect(s, 1, 1); /* its creator may call others */
	hangs_up(&callers[0].leg);
	end(s);
}

/* The party of another call of his; his leg there is released. */
static void it_takes_the_party_of_another_call(void **state)
{
	struct scene *s = scene_with(0, false);

	dial(s, 0, FACTORY);
	orders[0] = '\0';
	assert_true(takes(&callers[0].leg, &s->in.leg));
	assert_string_equal(orders, "i:release(16)");
	assert_string_equal(news, "done ");
	expect(s, 1, 2);
	assert_ptr_equal(made[0].leg.call, s->call);
	assert_int_equal(s->call->summary.services, CALL_JOINED | CALL_CONFERENCE);
	hangs_up(&callers[0].leg);
	assert_int_equal(made[0].cause.q850, 16); /* he is the last one, and not the creator */
	end(s);
}

static void it_calls_a_number(void **state)
{
	struct scene *s = scene_with(0, false);
	struct cause busy = cause_q850(17, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	dial(s, 0, FACTORY);
	assert_true(calls(&callers[0].leg, "9001"));
	rings(2, false);
	says(2, CALL_EV_ANSWER, NULL);
	run_loop();
	assert_string_equal(news, "ringing done ");
	expect(s, 1, 2);
	news[0] = '\0';
	assert_true(calls(&callers[0].leg, "9002"));
	expect(s, 1, 3);
	assert_false(calls(&callers[0].leg, "9003")); /* no room */
	says(3, CALL_EV_RELEASED, &busy);
	run_loop();
	assert_string_equal(news, "failed ");
	expect(s, 1, 2);
	hangs_up(&made[1].leg);
	hangs_up(&callers[0].leg);
	end(s);
}

static void a_call_becomes_one_and_is_one_of_two_again(void **state)
{
	struct scene *s = scene_with(0, false);

	for (unsigned goes = 0; goes < 2; goes++) {
		orders[0] = '\0';
		assert_true(joins(&s->in.leg, 0));
		expect(s, 1, 3);
		assert_int_equal(office_call_count(s->office), 3);
		assert_string_equal(orders, "a:answer");
		hangs_up(&callers[0].leg);
		expect(s, 0, 0);
		assert_int_equal(office_call_count(s->office), 1);
		assert_ptr_equal(s->in.leg.call, made[0].leg.call);
		assert_false(s->in.gone || made[0].gone);
	}
	hangs_up(&s->in.leg);
	assert_true(made[0].gone);
	end(s);
}

static bool blocks_all(void *arg, uint32_t tag, const char *called)
{
	return true;
}

/* Neither after-hours nor what else keeps calls from beginning ends one that is up. */
static void a_call_that_is_up_is_not_refused(void **state)
{
	struct scene *s = scene_with(0, false);

	s->call->setup.origin.phone = 12;
	s->office->phones.blocks = blocks_all;
	assert_true(joins(&s->in.leg, 0));
	assert_false(s->in.gone || made[0].gone);
	expect(s, 1, 3);
	hangs_up(&callers[0].leg);
	assert_false(s->in.gone || made[0].gone);
	hangs_up(&s->in.leg);
	end(s);
}

static void who_was_joined_may_go(void **state)
{
	for (unsigned goes = 0; goes < 2; goes++) {
		struct scene *s = scene_with(0, false);
		struct leg *leg[] = {&s->in.leg, &made[0].leg};

		assert_true(joins(&s->in.leg, 0));
		hangs_up(leg[goes]);
		expect(s, 0, 0);
		assert_int_equal(office_call_count(s->office), 1);
		assert_ptr_equal(leg[!goes]->call, callers[0].leg.call);
		assert_string_equal(focus, "none");
		hangs_up(&callers[0].leg);
		end(s);
	}
}

static void it_ends_with_its_creator_if_told(void **state)
{
	struct scene *s = scene_with(0, true);

	dial(s, 0, FACTORY);
	assert_true(takes(&callers[0].leg, &s->in.leg));
	dial(s, 1, focus);
	expect(s, 1, 3);
	hangs_up(&callers[0].leg);
	assert_int_equal(made[0].cause.q850, 16);
	assert_int_equal(callers[1].cause.q850, 16);
	end(s);
}

static void there_is_room_for_so_many(void **state)
{
	struct scene *s = scene_with(1, false);
	char number[64];

	dial(s, 0, FACTORY);
	strcpy(number, focus);
	dial(s, 1, FACTORY);
	assert_int_equal(callers[1].cause.q850, 42);
	assert_false(joins(&s->in.leg, 1)); /* and his call is as it was */
	assert_string_equal(s->call->summary.state, "ACTIVE");
	assert_ptr_equal(s->call->leg[0], &s->in.leg);
	dial(s, 1, number);
	dial(s, 2, number);
	expect(s, 1, 3);
	dial(s, 3, number);
	assert_int_equal(callers[3].cause.q850, 17);
	assert_false(joins(&callers[0].leg, 3));
	assert_false(takes(&callers[0].leg, &s->in.leg));
	assert_int_equal(office_conference_counts(s->office).refused, 5);
	scene_free(s); /* in the midst of it */
}

/* One of the telephone network cannot call it, and its number alone is not enough. */
static void strangers_cannot_call_it(void **state)
{
	struct scene *s = scene_with(0, false);
	struct call_setup setup = {.called_form = CALLED_COMPLETE};

	dial(s, 1, FACTORY "*123456789");
	assert_int_equal(callers[1].cause.q850, 1);
	assert_int_equal(number_from_e164(&setup.called, FACTORY), 0);
	new_leg(0)->kind = PEER_POTS;
	assert_non_null(call_new(s->office, &callers[0].leg, &setup, "1:D"));
	run_loop();
	assert_true(callers[0].gone);
	end(s);
}

/* Transfer goes on as in any call: his conference is another one's, who is told so. */
static void a_party_may_hand_over_to_another(void **state)
{
	struct scene *s = scene_with(0, false);

	dial(s, 0, FACTORY);
	dial(s, 1, focus);
	focus[0] = '\0';
	assert_true(takes(&s->in.leg, &callers[1].leg)); /* "i" and "b" are one telephone */
	expect(s, 1, 2);
	assert_true(s->in.gone && callers[1].gone);
	assert_false(made[0].gone);
	says(1, CALL_EV_HOLD, NULL);
	says(1, CALL_EV_RETRIEVE, NULL);
	hangs_up(&callers[0].leg);
	assert_true(made[0].gone);
	end(s);
}

/* Nobody hears a conference in a conference, and two of one would never end. */
static void it_calls_no_conference(void **state)
{
	struct scene *s = scene_with(0, true);

	dial(s, 0, FACTORY);
	calls(&callers[0].leg, focus);
	assert_string_equal(news, "failed ");
	expect(s, 1, 1);
	calls(&callers[0].leg, FACTORY);
	assert_string_equal(news, "failed failed ");
	expect(s, 1, 1);
	hangs_up(&callers[0].leg);
	end(s);
}

/* It calls a telephone for one, and picks that call up for another: two of its seats face each other. */
static void it_does_not_call_itself(void **state)
{
	struct scene *s = scene_with(0, true);

	dial(s, 0, FACTORY);
	dial(s, 1, focus);
	callers[1].leg.call->setup.origin.phone = 12;
	assert_true(calls(&callers[0].leg, "7001"));
	rings(2, false);
	assert_false(calls(&callers[0].leg, "7002")); /* one at a time */
	assert_true(calls(&callers[1].leg, "*87001"));
	assert_true(made[1].gone);
	expect(s, 1, 2);
	assert_false(callers[0].gone || callers[1].gone);
	hangs_up(&callers[0].leg);
	end(s);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_factory_makes_one_for_who_calls_it),
	    cmocka_unit_test(it_takes_the_party_of_another_call),
	    cmocka_unit_test(it_calls_a_number),
	    cmocka_unit_test(a_call_becomes_one_and_is_one_of_two_again),
	    cmocka_unit_test(who_was_joined_may_go),
	    cmocka_unit_test(a_call_that_is_up_is_not_refused),
	    cmocka_unit_test(it_ends_with_its_creator_if_told),
	    cmocka_unit_test(there_is_room_for_so_many),
	    cmocka_unit_test(strangers_cannot_call_it),
	    cmocka_unit_test(a_party_may_hand_over_to_another),
	    cmocka_unit_test(it_calls_no_conference),
	    cmocka_unit_test(it_does_not_call_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
