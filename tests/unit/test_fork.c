// SPDX-License-Identifier: GPL-2.0-or-later
/* A call to a telephone that is registered at several places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/call/fork.h"
#include "tests/unit/call_rig.h"

#define POOL_TAG 40001

static const struct office_contact *registered; /* ends with uri NULL */

static void find_phone(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	struct plan_phone phone = {.tag = POOL_TAG, .name = "2001", .pattern = "2001"};

	if (!longer && strcmp(called, "2001") == 0)
		fn(fn_arg, &phone);
}

static unsigned find_contacts(void *arg, const char *name,
			      struct office_contact out[OFFICE_CONTACTS_MAX])
{
	unsigned count = 0;

	while (registered[count].uri && count < OFFICE_CONTACTS_MAX) {
		out[count] = registered[count];
		count++;
	}
	return count;
}

static struct scene *call_phone(const struct office_contact *contacts, unsigned timeout_s)
{
	struct office_phones phones = {
	    .find = find_phone, .contacts = find_contacts, .timeout_s = timeout_s};
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = scene_plan_new(&options);
	struct scene *s = scene_new(NULL);
	struct peer p;

	peer_init(&p, POOL_TAG, PEER_VOIP);
	p.pool = 1;
	strcpy(p.session_target, "phone");
	scene_plan_add(plan, &p);
	scene_use_plan(s, plan);
	office_register_kind(s->office, PEER_VOIP, fake_make, NULL);
	office_use_phones(s->office, &phones);
	registered = contacts;
	scene_call(s, "2001");
	return s;
}

static void refuses(unsigned leg, unsigned status, unsigned q850)
{
	struct cause cause = cause_q850(q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_SIP);

	cause.sip = status;
	says(leg, CALL_EV_RELEASED, &cause);
}

static void end(struct scene *s)
{
	run_loop();
	scene_free(s);
}

static const struct office_contact two[] = {{"sip:a", 1000}, {"sip:b", 1000}, {NULL, 0}};
static const struct office_contact steps[] = {
    {"sip:a", 1000}, {"sip:b", 500}, {"sip:c", 500}, {NULL, 0}};

static void one_contact_is_called_as_ever(void **state)
{
	static const struct office_contact one[] = {{"sip:a", 1000}, {NULL, 0}};
	struct scene *s = call_phone(one, 20);

	assert_int_equal(made_count, 1);
	assert_ptr_equal(s->call->leg[1], &made[0].leg);
	end(s);
}

static void the_first_that_answers_has_the_call(void **state)
{
	struct scene *s = call_phone(two, 20);

	assert_int_equal(made_count, 2);
	assert_string_equal(made[0].contact, "sip:a");
	assert_string_equal(made[1].contact, "sip:b");
	says(1, CALL_EV_PROCEEDING, NULL);
	says(2, CALL_EV_PROCEEDING, NULL);
	rings(2, true);
	rings(1, false);
	says(2, CALL_EV_ANSWER, NULL);
	assert_string_equal(orders, "i:proceed i:alert 1:release(26) i:answer");
	assert_true(made[0].cause.elsewhere);
	assert_ptr_equal(s->call->leg[1], &made[1].leg);
	assert_string_equal(s->call->summary.state, "ACTIVE");
	says(1, CALL_EV_ANSWER, NULL); /* crossed our release: nobody hears it */
	refuses(2, 0, 16);
	run_loop();
	assert_string_equal(orders, "i:proceed i:alert 1:release(26) i:answer i:release(16) "
				    "2:release(16)");
	end(s);
}

static void lower_q_is_called_when_the_others_have_failed(void **state)
{
	struct scene *s = call_phone(steps, 20);

	assert_int_equal(made_count, 1);
	refuses(1, 480, 18);
	assert_int_equal(made_count, 3);
	refuses(2, 486, 17);
	rings(3, true); /* the last one: he hears it */
	says(3, CALL_EV_ANSWER, NULL);
	assert_string_equal(orders, "1:release(18) 2:release(17) i:alert+pi i:answer");
	end(s);
}

static void lower_q_is_called_after_a_time(void **state)
{
	struct scene *s = call_phone(steps, 1);

	rings(1, false);
	while (made_count == 1)
		osmo_select_main(0);
	assert_int_equal(made_count, 3);
	assert_string_equal(orders, "i:alert 1:release(19)");
	assert_false(made[0].cause.elsewhere);
	says(2, CALL_EV_ANSWER, NULL);
	assert_string_equal(orders, "i:alert 1:release(19) 3:release(26) i:answer");
	end(s);
}

static void the_best_answer_is_passed_on(void **state)
{
	static const struct {
		unsigned status[2], q850[2], told;
	} rows[] = {
	    {{486, 404}, {17, 1}, 486},	 {{503, 486}, {41, 17}, 486}, {{408, 480}, {102, 18}, 480},
	    {{302, 486}, {23, 17}, 486}, {{404, 484}, {1, 28}, 484},  {{500, 503}, {41, 41}, 500},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene *s = call_phone(two, 20);

		for (unsigned leg = 1; leg <= 2; leg++) {
			rings(leg, false);
			refuses(leg, rows[i].status[leg - 1], rows[i].q850[leg - 1]);
		}
		run_loop();
		assert_true(s->in.gone);
		assert_int_equal(s->in.cause.answer, rows[i].told);
		end(s);
	}
}

static void a_global_failure_ends_all(void **state)
{
	struct scene *s = call_phone(steps, 20);

	refuses(1, 480, 18);
	refuses(2, 603, 21);
	run_loop();
	assert_int_equal(made_count, 3);
	assert_string_equal(orders, "1:release(18) 2:release(21) i:release(21) 3:release(21)");
	assert_int_equal(s->in.cause.answer, 603);
	end(s);
}

static void the_caller_gives_up(void **state)
{
	struct cause cause = cause_q850(16, 0, CAUSE_SOURCE_SIP);
	struct scene *s = call_phone(two, 20);

	rings(1, false);
	call_event(&s->in.leg, CALL_EV_RELEASED, &cause);
	assert_string_equal(orders, "i:alert 1:release(16) 2:release(16) i:release(16)");
	end(s);
}

static void contacts_that_cannot_be_called_are_left_out(void **state)
{
	struct scene *s = call_phone(steps, 0);

	make_fails = 1;
	make_cause = 38;
	refuses(1, 480, 18);
	assert_int_equal(made_count, 2);
	assert_string_equal(made[1].contact, "sip:c");
	refuses(2, 486, 17);
	run_loop();
	assert_int_equal(s->in.cause.answer, 480);
	end(s);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_contact_is_called_as_ever),
	    cmocka_unit_test(the_first_that_answers_has_the_call),
	    cmocka_unit_test(lower_q_is_called_when_the_others_have_failed),
	    cmocka_unit_test(lower_q_is_called_after_a_time),
	    cmocka_unit_test(the_best_answer_is_passed_on),
	    cmocka_unit_test(a_global_failure_ends_all),
	    cmocka_unit_test(the_caller_gives_up),
	    cmocka_unit_test(contacts_that_cannot_be_called_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
