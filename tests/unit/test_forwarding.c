// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls to telephones that go elsewhere. 2001 to 2004 are registered, 2009 is not; 9 leads to the
 * telephone network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>

#include "gateway/call/tally.h"
#include "tests/unit/call_rig.h"

#define POOL_TAG 40001

/* The call manager of 2004, to whom 20 leads, is there. */
static bool managed;

/* "busy 2001 911", "all 2002 2003", ... of enum office_forward; ends with NULL */
static const char *const *rules;

static void find_phone(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	struct plan_phone phone = {.tag = POOL_TAG, .huntstop = true};

	if (longer || strlen(called) != 4 || strncmp(called, "200", 3) != 0 || called[3] > '4')
		return;
	strcpy(phone.name, called);
	strcpy(phone.pattern, called);
	phone.standby = managed;
	fn(fn_arg, &phone);
}

static bool find_rule(void *arg, const char *number, enum office_forward when,
		      struct office_forwarding *out)
{
	static const char *const names[] = {"all", "busy", "noan", "unreachable"};
	char begin[64];

	snprintf(begin, sizeof(begin), "%s %s ", names[when], number);
	for (const char *const *rule = rules; *rule; rule++) {
		if (strncmp(*rule, begin, strlen(begin)) != 0)
			continue;
		out->by = POOL_TAG;
		out->after_s = 1;
		return number_from_e164(&out->to, *rule + strlen(begin)) == 0;
	}
	return false;
}

static struct plan *make_plan(void)
{
	struct plan_options options = {.tie_deterministic = true, .emergency = {"2003"}};
	struct plan *plan = scene_plan_new(&options);
	struct peer p;

	peer_init(&p, 9, PEER_POTS);
	strcpy(p.incoming_called_number, ".");
	strcpy(p.destination_pattern, "9T");
	strcpy(p.port, "1:D");
	p.no_digit_strip = true;
	scene_plan_add(plan, &p);
	peer_init(&p, 3, PEER_POTS);
	strcpy(p.destination_pattern, "2003");
	strcpy(p.port, "1:D");
	scene_plan_add(plan, &p);
	peer_init(&p, 20, PEER_VOIP);
	strcpy(p.destination_pattern, "2004");
	strcpy(p.session_target, "ipv4:192.0.2.20");
	p.preference = 5;
	scene_plan_add(plan, &p);
	peer_init(&p, POOL_TAG, PEER_VOIP);
	p.pool = 1;
	strcpy(p.session_target, "phone");
	scene_plan_add(plan, &p);
	return plan;
}

static struct scene *site(const char *const *with)
{
	struct office_phones phones = {.find = find_phone, .forward = find_rule};
	struct scene *s = scene_new(NULL);

	scene_use_plan(s, make_plan());
	office_register_kind(s->office, PEER_VOIP, fake_make, NULL);
	office_use_phones(s->office, &phones);
	rules = with;
	return s;
}

static struct scene *call_to(const char *called, const char *const *with)
{
	struct scene *s = site(with);

	scene_call(s, called);
	return s;
}

static void refuses(unsigned leg, unsigned q850)
{
	struct cause cause = cause_q850(q850, CAUSE_LOCATION_USER, CAUSE_SOURCE_SIP);

	says(leg, CALL_EV_RELEASED, &cause);
}

static void is_diverted(const struct scene *s, unsigned times, unsigned reason, const char *by)
{
	const struct redirection *r = &s->call->setup.redirection;

	assert_int_equal(r->count, times);
	assert_int_equal(r->reason, reason);
	assert_string_equal(r->from.number.digits, by);
	assert_string_equal(r->original.number.digits, s->call->summary.called);
}

static void end(struct scene *s)
{
	run_loop();
	scene_free(s);
}

struct counting {
	unsigned cause;
	unsigned long failed;
};

static void count(void *arg, const struct tally_row *row)
{
	struct counting *counting = arg;

	if (row->tag == POOL_TAG && row->direction == TALLY_OUT && row->cause == counting->cause)
		counting->failed += row->failed;
}

/* Attempts of the telephones' peer that have ended so. */
static unsigned long failures(const struct scene *s, unsigned cause)
{
	struct counting counting = {.cause = cause};

	tally_each(s->office, count, &counting);
	return counting.failed;
}

static const char *const both[] = {"busy 2001 911", "unreachable 2001 912", "noan 2001 2002", NULL};

static void who_does_not_take_a_call_sends_it_on(void **state)
{
	static const struct {
		unsigned cause;
		bool rings;
		const char *to; /* NULL: nowhere */
		unsigned reason;
	} rows[] = {
	    {17, false, "911", REDIRECTION_BUSY},
	    {17, true, "911", REDIRECTION_BUSY},
	    {21, true, "911", REDIRECTION_BUSY},
	    {18, true, "2002", REDIRECTION_NO_REPLY},
	    {19, false, "2002", REDIRECTION_NO_REPLY},
	    {18, false, "912", REDIRECTION_OUT_OF_ORDER},
	    {20, false, "912", REDIRECTION_OUT_OF_ORDER},
	    {102, false, "912", REDIRECTION_OUT_OF_ORDER},
	    {88, false, NULL, 0},
	    {16, true, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene *s = call_to("2001", both);

		if (rows[i].rings)
			rings(1, false);
		refuses(1, rows[i].cause);
		run_loop();
		assert_int_equal(made_count, rows[i].to ? 2 : 1);
		assert_int_equal(s->in.gone, !rows[i].to);
		if (rows[i].to) {
			assert_string_equal(made[1].called, rows[i].to);
			is_diverted(s, 1, rows[i].reason, "2001");
			assert_int_equal(failures(s, rows[i].cause), 1);
			says(2, CALL_EV_ANSWER, NULL);
			assert_string_equal(s->call->summary.state, "ACTIVE");
		}
		end(s);
	}
}

static void who_does_not_answer_in_time_sends_it_on(void **state)
{
	struct scene *s = call_to("2001", both);

	rings(1, false);
	while (made_count == 1)
		osmo_select_main(0);
	assert_true(made[0].gone);
	assert_string_equal(made[1].called, "2002");
	is_diverted(s, 1, REDIRECTION_NO_REPLY, "2001");
	assert_int_equal(failures(s, 19), 1);
	rings(2, false); /* who has no rule rings on */
	assert_string_equal(orders, "i:alert 1:release(16) i:alert");
	end(s);
}

static void who_answers_in_time_keeps_it(void **state)
{
	struct scene *s = call_to("2001", both);

	rings(1, false);
	says(1, CALL_EV_ANSWER, NULL);
	sleep(1);
	run_loop();
	assert_int_equal(made_count, 1);
	assert_string_equal(orders, "i:alert i:answer");
	end(s);
}

static void all_calls_go_on_at_once(void **state)
{
	static const char *const all[] = {"all 2001 2002", "all 2002 911", NULL};
	struct scene *s = call_to("2001", all);

	assert_int_equal(made_count, 1);
	assert_string_equal(made[0].called, "911");
	is_diverted(s, 2, REDIRECTION_UNCONDITIONAL, "2002");
	end(s);
}

static void who_is_not_registered_is_not_reached(void **state)
{
	static const char *const unreachable[] = {"unreachable 2009 911", NULL};
	struct scene *s = call_to("2009", unreachable);

	assert_int_equal(made_count, 1);
	assert_string_equal(made[0].called, "911");
	is_diverted(s, 1, REDIRECTION_OUT_OF_ORDER, "2009");
	end(s);
	s = call_to("2008", unreachable);
	run_loop();
	assert_int_equal(s->in.cause.q850, 1);
	end(s);
}

/* What its number leads to besides: a call manager that is gone, or one that knows better. */
static void a_number_that_leads_elsewhere_too(void **state)
{
	static const char *const away[] = {"unreachable 912 2001", NULL};
	struct cause gone = cause_q850(38, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	struct scene *s = call_to("912", away);

	says(1, CALL_EV_RELEASED, &gone);
	run_loop();
	assert_int_equal(made_count, 2);
	assert_string_equal(made[1].called, "2001");
	end(s);
	s = call_to("912", away);
	refuses(1, 20);
	run_loop();
	assert_int_equal(made_count, 1);
	end(s);
}

static void a_leg_that_cannot_be_made_is_not_reached(void **state)
{
	struct scene *s = call_to("2002", (const char *const[]){"busy 2002 2001", both[1], NULL});

	make_fails = 1;
	make_cause = 20;
	refuses(1, 17);
	run_loop();
	assert_int_equal(made_count, 2);
	assert_string_equal(made[1].called, "912");
	is_diverted(s, 2, REDIRECTION_OUT_OF_ORDER, "2001");
	end(s);
}

static void circles_end(void **state)
{
	static const char *const all[] = {"all 2001 2002", "all 2002 2001", NULL};
	static const char *const busy[] = {"busy 2001 2002", "busy 2002 2001", NULL};
	struct scene *s = call_to("2001", all);

	assert_string_equal(made[0].called, "2002"); /* whom nobody else stands in for */
	end(s);
	s = call_to("2001", busy);
	refuses(1, 17);
	refuses(2, 17);
	run_loop();
	assert_int_equal(made_count, 2);
	assert_int_equal(s->in.cause.q850, 17);
	end(s);
}

static void calls_for_help_stay(void **state)
{
	static const char *const all[] = {"all 2003 911", "busy 2003 911", NULL};
	struct scene *s = call_to("2003", all);

	assert_int_equal(made[0].leg.kind, PEER_POTS);
	refuses(1, 17);
	run_loop();
	assert_int_equal(made_count, 1);
	end(s);
}

static void whom_the_call_manager_does_not_know_is_called_here(void **state)
{
	static const char *const none[] = {NULL};
	static const struct {
		unsigned cause, made;
	} rows[] = {{1, 2}, {18, 2}, {20, 2}, {25, 2}, {38, 2}, {17, 1}, {19, 1}, {21, 1}};

	managed = true;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene *s = site(none);

		made_count = 0;
		scene_call_from_isdn(s, "2004");
		assert_int_equal(s->call->summary.peer_out, 20);
		refuses(1, rows[i].cause);
		assert_int_equal(made_count, rows[i].made);
		if (made_count == 2)
			assert_int_equal(s->call->summary.peer_out, POOL_TAG);
		end(s);
	}
	managed = false;
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_does_not_take_a_call_sends_it_on),
	    cmocka_unit_test(who_does_not_answer_in_time_sends_it_on),
	    cmocka_unit_test(who_answers_in_time_keeps_it),
	    cmocka_unit_test(all_calls_go_on_at_once),
	    cmocka_unit_test(who_is_not_registered_is_not_reached),
	    cmocka_unit_test(a_leg_that_cannot_be_made_is_not_reached),
	    cmocka_unit_test(a_number_that_leads_elsewhere_too),
	    cmocka_unit_test(circles_end),
	    cmocka_unit_test(calls_for_help_stay),
	    cmocka_unit_test(whom_the_call_manager_does_not_know_is_called_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
