// SPDX-License-Identifier: GPL-2.0-or-later
/* What the call makes of the dial plan's answers: targets of groups one after another, limits, calls
 * that are blocked, ports that dial by themselves, emergency calls. Legs only write down what they were
 * made for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"

#define LEGS_MAX 16

struct fake { /* who calls, or who is called */
	struct leg leg;
	uint8_t released; /* cause */
	bool answered, asked_for_digits;
};

static void *ctx;
static struct office *office;
static struct fake callers[LEGS_MAX], called[LEGS_MAX];
static unsigned called_count;
static char made[512];		 /* "1:D(2001) 2:D*(2001)": targets and numbers; *: may pre-empt */
static struct leg_request asked; /* last one */
static unsigned refuse[8];	 /* causes of the next legs that cannot be made; 0: it can */
static unsigned refuse_next;

static void no_order(struct leg *leg)
{
}

static void no_progress(struct leg *leg, const struct progress *progress)
{
}

static void more_digits(struct leg *leg, bool tone)
{
	((struct fake *)leg)->asked_for_digits = true;
}

static void answer(struct leg *leg, const struct party *connected)
{
	((struct fake *)leg)->answered = true;
}

static void release(struct leg *leg, const struct cause *cause)
{
	((struct fake *)leg)->released = cause->q850;
}

static void no_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void no_hold(struct leg *leg, bool held)
{
}

static const struct leg_ops ops = {
    .name = "fake",
    .more_digits = more_digits,
    .proceed = no_order,
    .alert = no_progress,
    .progress = no_progress,
    .answer = answer,
    .release = release,
    .digit = no_digit,
    .hold = no_hold,
};

static struct leg *make(void *arg, struct call *call, const struct leg_request *request,
			struct cause *why)
{
	struct fake *f = &called[called_count];
	size_t at = strlen(made);
	unsigned cause = refuse[refuse_next] ? refuse[refuse_next++] : 0;

	snprintf(made + at, sizeof(made) - at, "%s%s%s(%s)", at ? " " : "", request->target,
		 request->preempt ? "*" : "", request->setup.called.digits);
	asked = *request;
	if (cause) {
		*why = cause_q850(cause, 0, CAUSE_SOURCE_GATEWAY);
		return NULL;
	}
	assert_true(called_count < LEGS_MAX);
	called_count++;
	memset(f, 0, sizeof(*f));
	f->leg.ops = &ops;
	f->leg.kind = request->peer->kind;
	f->leg.call = call;
	return &f->leg;
}

/* ---- the plan: 2... to one host, then to another, 5... to the ports of trunk group pstn, 6... to the
 * servers of group 1, 7... to port 3:D, 8... to the servers of group 2 in turn; calls from 666 are
 * blocked; port 4:D dials 5001 */

static void add_rules(struct plan *plan, unsigned set, const struct translation_rule *rule)
{
	struct translation_rules *rules;

	assert_int_equal(translation_rules_new(&rules), 0);
	assert_int_equal(translation_rules_add(rules, rule, NULL, 0), 0);
	assert_int_equal(plan_add_translation_rules(plan, set, rules), 0);
}

static void add_translations(struct plan *plan)
{
	struct translation_rule block = {.number = 1,
					 .reject = true,
					 .match = "^666",
					 .type_match = TRANSLATION_ANY,
					 .plan_match = TRANSLATION_ANY};
	struct translation_rule prefix = {.number = 1,
					  .match = "^",
					  .replace = "7",
					  .type_match = TRANSLATION_ANY,
					  .type_replace = TRANSLATION_ANY,
					  .plan_match = TRANSLATION_ANY,
					  .plan_replace = TRANSLATION_ANY};
	struct translation_profile profiles[] = {
	    {.name = "nuisance", .calling = 1},
	    {.name = "prefix", .calling = 2, .redirect_target = 2}};

	add_rules(plan, 1, &block);
	add_rules(plan, 2, &prefix);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		assert_int_equal(plan_add_translation_profile(plan, &profiles[i]), 0);
}

static void add_groups(struct plan *plan)
{
	struct trunk_group pstn = {
	    .name = "pstn", .scheme = TRUNK_GROUP_SEQUENTIAL, .max_in = 2, .max_out = 3};
	struct plan_port ports[] = {
	    {.port = "1:D", .trunk_group = "pstn", .trunk_group_preference = 1},
	    {.port = "2:D", .trunk_group = "pstn", .trunk_group_preference = 2},
	    {.port = "4:D", .plar = "5001"}};
	struct server_group servers = {
	    .number = 1, .huntstop = {{404, 404}, {480, 489}}, .count = 3};

	for (unsigned i = 0; i < servers.count; i++) {
		snprintf(servers.servers[i].target, sizeof(servers.servers[i].target),
			 "ipv4:192.0.2.%u", i + 1);
		servers.servers[i].preference = i + 1;
	}
	assert_int_equal(plan_add_trunk_group(plan, &pstn), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		assert_int_equal(plan_add_port(plan, &ports[i]), 0);
	assert_int_equal(plan_add_server_group(plan, &servers), 0);
	servers.number = 2;
	servers.round_robin = true;
	assert_int_equal(plan_add_server_group(plan, &servers), 0);
}

static void add_peer(struct plan *plan, struct peer *peer)
{
	char why[128] = "";

	if (plan_add_peer(plan, peer, why, sizeof(why)) < 0)
		fail_msg("%s", why);
}

static void add_peers(struct plan *plan)
{
	struct peer p;

	peer_init(&p, 1, PEER_POTS);
	strcpy(p.incoming_called_number, ".");
	strcpy(p.call_block, "nuisance");
	p.call_block_cause = 21;
	add_peer(plan, &p);
	peer_init(&p, 2, PEER_VOIP);
	strcpy(p.incoming_called_number, ".");
	strcpy(p.call_block, "nuisance");
	add_peer(plan, &p);
	for (unsigned i = 0; i < 2; i++) {
		peer_init(&p, 20 + i, PEER_VOIP);
		strcpy(p.destination_pattern, "2...");
		snprintf(p.session_target, sizeof(p.session_target), "ipv4:203.0.113.%u", i + 1);
		p.preference = i;
		add_peer(plan, &p);
	}
	peer_init(&p, 50, PEER_POTS);
	strcpy(p.destination_pattern, "5...");
	strcpy(p.trunk_groups[0].name, "pstn");
	strcpy(p.profile_outgoing, "prefix");
	p.no_digit_strip = true;
	add_peer(plan, &p);
	peer_init(&p, 60, PEER_VOIP);
	strcpy(p.destination_pattern, "6...");
	p.server_group = 1;
	add_peer(plan, &p);
	peer_init(&p, 61, PEER_VOIP);
	strcpy(p.destination_pattern, "6...");
	strcpy(p.session_target, "ipv4:198.51.100.1");
	p.preference = 1;
	add_peer(plan, &p);
	peer_init(&p, 70, PEER_POTS);
	strcpy(p.destination_pattern, "7...");
	strcpy(p.port, "3:D");
	p.no_digit_strip = true;
	add_peer(plan, &p);
	peer_init(&p, 80, PEER_VOIP);
	strcpy(p.destination_pattern, "8...");
	p.server_group = 2;
	add_peer(plan, &p);
	peer_init(&p, 112, PEER_POTS);
	strcpy(p.destination_pattern, "112");
	strcpy(p.trunk_groups[0].name, "pstn");
	p.no_digit_strip = true;
	add_peer(plan, &p);
}

static int begin(void **state)
{
	static const struct plan_options options = {
	    .tie_deterministic = true, .emergency = {"112", "5112"}, .emergency_preempt = true};
	struct office_config config = {.plan = plan_new(&options)};

	add_translations(config.plan);
	add_groups(config.plan);
	add_peers(config.plan);
	assert_int_equal(plan_seal(config.plan), 0);
	assert_int_equal(office_new(ctx, &config, &office), 0);
	plan_unref(config.plan);
	office_register_kind(office, PEER_POTS, make, NULL);
	office_register_kind(office, PEER_VOIP, make, NULL);
	memset(refuse, 0, sizeof(refuse));
	called_count = refuse_next = 0;
	made[0] = '\0';
	return 0;
}

static int end(void **state)
{
	office_free(office);
	return 0;
}

struct dialled {
	const char *number, *from, *port; /* port NULL: by SIP */
	enum called_form form;
};

static struct fake *dial_as(unsigned n, const struct dialled *how)
{
	struct call_setup setup = {.called_form = how->form};
	struct fake *f = &callers[n];

	memset(f, 0, sizeof(*f));
	f->leg.ops = &ops;
	f->leg.kind = how->port ? PEER_POTS : PEER_VOIP;
	number_from_e164(&setup.called, how->number);
	number_from_e164(&setup.calling.number, how->from ? how->from : "2001");
	assert_non_null(call_new(office, &f->leg, &setup, how->port));
	return f;
}

static struct fake *dial(unsigned n, const char *number)
{
	return dial_as(n, &(struct dialled){.number = number});
}

static void dial_on(unsigned n, char digit)
{
	call_event(&callers[n].leg, CALL_EV_DIGIT, &(struct leg_digit){.digit = digit});
}

static void run_loop(void)
{
	for (int i = 0; i < 4; i++)
		osmo_select_main(1);
}

static void fails(struct fake *f, unsigned q850, unsigned sip)
{
	struct cause cause = cause_q850(q850, 0, CAUSE_SOURCE_SIP);

	cause.sip = sip;
	call_event(&f->leg, CALL_EV_RELEASED, &cause);
	run_loop();
}

/* ---- peers */

/* example U10: nobody is rung by one gateway after the other who is busy */
static void busy_ends_the_hunt(void **state)
{
	dial(0, "2001");
	fails(&called[0], 17, 486);
	assert_string_equal(made, "ipv4:203.0.113.1(2001)");
	assert_int_equal(callers[0].released, 17);
	dial(1, "2001");
	fails(&called[1], 41, 503); /* but this does not */
	assert_string_equal(made, "ipv4:203.0.113.1(2001) ipv4:203.0.113.1(2001) "
				  "ipv4:203.0.113.2(2001)");
}

/* ---- trunk groups */

static void hunts_through_the_ports_of_a_trunk_group(void **state)
{
	refuse[0] = 34;
	dial(0, "5001");
	assert_string_equal(made, "1:D(5001) 2:D(5001)");
	assert_string_equal(asked.trunk_group->name, "pstn");
	fails(&called[0], 44, 0); /* the far end refuses its channel */
	assert_int_equal(callers[0].released, 44);
}

static void counts_calls_out_through_a_trunk_group(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		dial(i, "5001");
	assert_int_equal(office_group_calls(office, "pstn").out, 3);
	dial(3, "5001");
	run_loop();
	assert_int_equal(called_count, 3);
	assert_int_equal(callers[3].released, 34);
	fails(&called[1], 16, 0);
	assert_int_equal(office_group_calls(office, "pstn").out, 2);
	dial(4, "5001");
	assert_int_equal(called_count, 4);
	dial(5, "112"); /* goes beyond the limit */
	assert_int_equal(called_count, 5);
}

static void counts_calls_in_through_a_trunk_group(void **state)
{
	struct dialled from_pstn = {.number = "7001", .port = "1:D"};

	dial_as(0, &from_pstn);
	from_pstn.port = "2:D";
	dial_as(1, &from_pstn);
	assert_int_equal(office_group_calls(office, "pstn").in, 2);
	dial_as(2, &from_pstn);
	run_loop();
	assert_int_equal(callers[2].released, 34);
	assert_int_equal(office_group_calls(office, "pstn").in, 2);
	from_pstn.number = "112"; /* goes beyond the limit */
	dial_as(3, &from_pstn);
	run_loop();
	assert_int_equal(callers[3].released, 0);
	fails(&callers[3], 16, 0);
	fails(&callers[0], 16, 0);
	from_pstn.number = "7001";
	dial_as(4, &from_pstn);
	run_loop();
	assert_int_equal(callers[4].released, 0);
}

static void numbers_go_out_as_the_plan_made_them(void **state)
{
	struct call_summary summary;

	dial(0, "5001");
	assert_string_equal(asked.setup.calling.number.digits, "72001");
	assert_int_equal(office_call_summary(office, call_id(callers[0].leg.call), &summary), 0);
	assert_string_equal(summary.calling, "2001");
	assert_string_equal(summary.calling_sent, "72001");
	assert_string_equal(summary.called_sent, "5001");
}

static void a_number_that_the_call_is_deflected_to_is_translated(void **state)
{
	struct leg_service deflect = {.type = LEG_DEFLECT_ASKED};

	dial(0, "5001");
	number_from_e164(&deflect.number, "002");
	assert_true(call_service(&called[0].leg, &deflect));
	run_loop();
	assert_string_equal(made, "1:D(5001) 3:D(7002)");
}

/* ---- server groups */

static void takes_the_next_server_of_a_group(void **state)
{
	dial(0, "6001");
	fails(&called[0], 41, 503);
	fails(&called[1], 102, 0);
	assert_string_equal(made, "ipv4:192.0.2.1(6001) ipv4:192.0.2.2(6001) ipv4:192.0.2.3(6001)");
	fails(&called[2], 17, 486); /* stops everything (rule 4.8) */
	assert_int_equal(callers[0].released, 17);
}

static void huntstop_of_a_server_group_leaves_out_its_other_servers(void **state)
{
	static const struct {
		unsigned q850, status;
		const char *next;
	} rows[] = {
	    {41, 503, "ipv4:192.0.2.2"},    {41, 480, "ipv4:198.51.100.1"},
	    {41, 489, "ipv4:198.51.100.1"}, {41, 490, "ipv4:192.0.2.2"},
	    {41, 404, "ipv4:198.51.100.1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		dial(i, "6001");
		fails(&called[called_count - 1], rows[i].q850, rows[i].status);
		assert_string_equal(asked.target, rows[i].next);
	}
}

static void servers_take_their_turns(void **state)
{
	static const char *const first[] = {"ipv4:192.0.2.1", "ipv4:192.0.2.2", "ipv4:192.0.2.3",
					    "ipv4:192.0.2.1"};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		dial(i, "8001");
		assert_string_equal(asked.target, first[i]);
	}
}

/* ---- blocked calls, ports that dial */

static void refuses_calls_that_are_blocked(void **state)
{
	struct dialled nuisance = {.number = "5001", .from = "6661"};

	dial_as(0, &nuisance);
	nuisance.port = "3:D";
	dial_as(1, &nuisance);
	nuisance.form = CALLED_OVERLAP;
	nuisance.number = "50";
	dial_as(2, &nuisance);
	run_loop();
	assert_int_equal(callers[0].released, 63);
	assert_int_equal(callers[1].released, 21);
	assert_int_equal(callers[2].released, 21);
	assert_false(callers[2].asked_for_digits);
	nuisance.number = "5"; /* 5112 is for emergency calls */
	dial_as(3, &nuisance);
	dial_on(3, '1');
	dial_on(3, '0');
	run_loop();
	assert_true(callers[3].asked_for_digits);
	assert_int_equal(callers[3].released, 21);
	assert_int_equal(called_count, 0);
	nuisance.number = "1";
	dial_as(4, &nuisance);
	dial_on(4, '1');
	dial_on(4, '2');
	assert_string_equal(made, "1:D(112)");
}

static void a_port_with_plar_dials_for_the_caller(void **state)
{
	struct dialled rows[] = {{.number = "", .port = "4:D"},
				 {.number = "", .port = "4:D", .form = CALLED_OVERLAP},
				 {.number = "7001", .port = "4:D"}};
	struct call_setup nothing = {.called_form = CALLED_COMPLETE};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		made[0] = '\0';
		dial_as(i, &rows[i]);
		assert_string_equal(made, "1:D(5001)");
		assert_int_equal(asked.setup.called_form, CALLED_COMPLETE);
		assert_false(callers[i].asked_for_digits);
		assert_false(callers[i].answered);
	}
	assert_true(office_dials_later(office, PEER_POTS, &nothing, "4:D"));
	assert_false(office_dials_later(office, PEER_POTS, &nothing, "3:D"));
}

/* ---- emergency */

static void an_emergency_call_looks_for_a_free_channel_before_it_takes_one(void **state)
{
	refuse[0] = refuse[1] = 34;
	dial(0, "112");
	assert_string_equal(made, "1:D(112) 2:D(112) 1:D*(112)");
	assert_int_equal(called_count, 1);
	fails(&called[0], 34, 0); /* in vain: the next trunk */
	assert_string_equal(made, "1:D(112) 2:D(112) 1:D*(112) 2:D*(112)");
	fails(&called[1], 34, 0);
	assert_int_equal(callers[0].released, 34);
}

static void other_calls_take_no_channel_of_others(void **state)
{
	refuse[0] = refuse[1] = 34;
	dial(0, "5001");
	run_loop();
	assert_string_equal(made, "1:D(5001) 2:D(5001)");
	assert_int_equal(callers[0].released, 34);
}

static void the_call_threshold_is_not_for_emergency_calls(void **state)
{
	office->config.calls_max = 1;
	dial(0, "5001");
	dial(1, "5001");
	run_loop();
	assert_int_equal(callers[1].released, 42);
	dial(2, "112");
	run_loop();
	assert_int_equal(callers[2].released, 0);
	assert_int_equal(called_count, 2);
}

static void only_calls_without_emergency_may_be_preempted(void **state)
{
	struct call_summary summary;
	uint32_t id;

	dial(0, "5001");
	dial(1, "112");
	id = call_id(callers[0].leg.call);
	assert_true(call_may_be_preempted(callers[0].leg.call));
	assert_false(call_may_be_preempted(callers[1].leg.call));
	call_preempt(callers[0].leg.call, callers[1].leg.call);
	assert_int_equal(callers[0].released, 8);
	assert_int_equal(called[0].released, 8);
	run_loop();
	assert_int_equal(office_call_summary(office, id, &summary), 0);
	assert_int_equal(summary.cause.q850, 8);
	assert_false(summary.emergency);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(busy_ends_the_hunt),
	    PROMISE(hunts_through_the_ports_of_a_trunk_group),
	    PROMISE(counts_calls_out_through_a_trunk_group),
	    PROMISE(counts_calls_in_through_a_trunk_group),
	    PROMISE(numbers_go_out_as_the_plan_made_them),
	    PROMISE(a_number_that_the_call_is_deflected_to_is_translated),
	    PROMISE(takes_the_next_server_of_a_group),
	    PROMISE(huntstop_of_a_server_group_leaves_out_its_other_servers),
	    PROMISE(servers_take_their_turns),
	    PROMISE(refuses_calls_that_are_blocked),
	    PROMISE(a_port_with_plar_dials_for_the_caller),
	    PROMISE(an_emergency_call_looks_for_a_free_channel_before_it_takes_one),
	    PROMISE(other_calls_take_no_channel_of_others),
	    PROMISE(the_call_threshold_is_not_for_emergency_calls),
	    PROMISE(only_calls_without_emergency_may_be_preempted),
	};
	int rc;

	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(ctx);
	return rc;
}
