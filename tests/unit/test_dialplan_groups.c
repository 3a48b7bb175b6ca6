// SPDX-License-Identifier: GPL-2.0-or-later
/* What peers are reached by besides the called number, and what they lead to: peer groups, provision
 * policies, URIs, carriers, trunk groups, server groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define DPG "dpg 7 21:2 20:1;20 voip dp=9;21 voip dp=9;30 dp=5...;"
#define SPANS "port 1:D group=g;port 2:D group=g;port 3:D group=g;"
#define USES "1 dp=2... group=g"
#define FARM "servers 1 A:3 B:1 C:2;1 voip dp=2... servers=1"

static const struct plan_case cases[] = {
    {"U6", DPG "1 voip ic=. dpg=7", "inbound called=5001", "20 21"},
    {NULL, DPG "1 voip ic=. dpg=7", "inbound called=9", "20 21"},
    {NULL, DPG "1 voip ic=. dpg=7", "inbound called=5001", "21", "20:busied"},
    {NULL, DPG "1 voip ic=. dpg=7", "inbound called=5001", "cause 41", "20:busied 21:busied"},
    {NULL, "dpg 7 21 20;20 voip dp=9 huntstop;21 voip dp=9;1 voip ic=. dpg=7",
     "inbound called=5001", "21 20"},
    {NULL, "dpg 7 20 21;20 voip dp=9 huntstop;21 voip dp=9;1 voip ic=. dpg=7",
     "inbound called=5001", "20"},
    {NULL, "dpg 7 20 99;20 voip dp=9;1 voip ic=. dpg=7", "inbound called=5001", "20"},
    {NULL, "dpg 7;20 voip dp=5...;1 voip ic=. dpg=7", "inbound called=5001", "cause 1"},
    {NULL,
     "cor a l;cor b d;dpg 7 20 21;20 voip dp=9 cor-out=b;21 voip dp=9;1 voip ic=. dpg=7 cor-in=a",
     "inbound called=5001", "21"},
    {NULL, "dpg 7 20;20 dp=50.. ;1 voip ic=. dpg=7", "inbound called=5001", "20=01", .show = "="},
    {NULL, "dpg 7 20;20 dp=9. ;1 voip ic=. dpg=7", "inbound called=5001", "20=5001", .show = "="},

    /* URIs before the called number */
    {NULL, "uri u host=dns:a.example;1 voip out-request=u;2 dp=2...",
     "called=2001 request=sip:2001@a.example", "1"},
    {NULL, "uri u host=dns:a.example;1 voip out-request=u;2 dp=2...",
     "called=2001 request=sip:2001@b.example", "2"},
    {NULL, "uri u host=dns:a.example;1 voip out-request=u;2 dp=2...",
     "called=2001 request=sip:2001@a.example", "2", "1:busied"},
    {NULL,
     "uri u host=dns:a.example;uri p pattern=a.example;1 voip out-request=p;2 voip out-request=u",
     "called=2001 request=sip:2001@a.example", "2 1"},
    {NULL, "uri u host=dns:a.example;1 voip out-from=u;2 dp=2...",
     "called=2001 from=sip:x@a.example", "2"},

    /* provision policies */
    {NULL,
     "uri u host=dns:a.example;policy 1 from;9 voip ic=. policy=1;1 voip out-from=u;2 dp=2...",
     "inbound called=2001 from=sip:x@a.example", "1"},
    {NULL,
     "uri u host=dns:a.example;policy 1 from;9 voip ic=. policy=1;1 voip out-from=u;2 dp=2...",
     "inbound called=2001 from=sip:x@b.example", "2"},
    {NULL,
     "uri u host=dns:a.example;uri v user=^7;policy 1 from+to from;9 voip ic=. policy=1;"
     "1 voip out-from=u out-to=v;2 voip out-from=u;3 dp=2...",
     "inbound called=2001 from=sip:x@a.example to=sip:7@b", "1"},
    {NULL,
     "uri u host=dns:a.example;uri v user=^7;policy 1 from+to from;9 voip ic=. policy=1;"
     "1 voip out-from=u out-to=v;2 voip out-from=u;3 dp=2...",
     "inbound called=2001 from=sip:x@a.example to=sip:8@b", "1 2"},
    {NULL,
     "uri u host=dns:a.example;policy 1 called+from;9 voip ic=. policy=1;"
     "1 voip dp=2 out-from=u;2 voip dp=200.;3 voip dp=3 out-from=u",
     "inbound called=2001 from=sip:x@a.example", "1"},
    {NULL,
     "uri u host=dns:a.example;map 1 20;map 2 40;policy 1 from+called;9 voip ic=. policy=1;"
     "1 voip dmap=1 out-from=u;2 voip dmap=2 out-from=u",
     "inbound called=2001 from=sip:x@a.example", "1"},
    {NULL,
     "map 1 40;map 2 41;policy 1 called+calling;9 voip ic=. policy=1;1 voip dp=2... cmap=1;"
     "2 voip dp=2... cmap=2",
     "inbound called=2001 calling=4085", "1"},
    {NULL,
     "map 1 40;policy 1 calling+carrier;9 voip ic=. policy=1;1 voip cmap=1 carrier-out=acme;"
     "2 voip cmap=1",
     "inbound called=2001 calling=4085 carrier=acme", "1"},
    {NULL, "policy 1 carrier;9 voip ic=. policy=1;1 voip carrier-out=acme;2 voip dp=2...",
     "inbound called=2001 carrier=acme", "1"},
    {NULL,
     "uri u host=dns:a.example;policy 1 diversion via;9 voip ic=. policy=1;1 voip out-diversion=u;"
     "2 voip out-via=u;3 voip out-referred=u",
     "inbound called=2001 diversion=sip:a.example via=sip:a.example", "1"},
    {NULL,
     "uri u host=dns:a.example;policy 1 diversion via;9 voip ic=. policy=1;1 voip out-diversion=u;"
     "2 voip out-via=u;3 voip out-referred=u",
     "inbound called=2001 diversion=sip:b.example via=sip:a.example", "2"},
    {NULL,
     "uri u host=dns:a.example;policy 1 referred uri;9 voip ic=. policy=1;1 voip out-referred=u;"
     "2 voip out-request=u",
     "inbound called=2001 referred=sip:a.example request=sip:a.example", "1"},

    {NULL,
     "uri u host=dns:a.example;policy 1 from+called;9 voip ic=. policy=1;1 voip dp=2 out-from=u;"
     "2 voip dp=3 out-from=u;3 voip dp=200.",
     "inbound called=2001 from=sip:x@a.example", "1"},

    /* a group is final: no peer outside it waits for more digits */
    {NULL, "dpg 7 20;20 voip dp=9 shutdown;30 dp=5...;1 voip ic=. dpg=7", "inbound called=5",
     "cause 1"},

    /* carriers */
    {NULL, "1 voip dp=2... carrier-out=acme pref=5;2 voip dp=200.", "called=2001 carrier=acme",
     "1"},
    {NULL, "1 voip dp=2... carrier-out=acme;2 voip dp=200.", "called=2001", "2"},
    {NULL, "1 voip dp=2... carrier-out=acme;2 voip dp=200.", "called=2001 carrier=other", "2"},
    {NULL, "1 voip dp=2... carrier-out=acme;2 voip dp=200.", "called=2001 carrier=acme", "2",
     "1:busied"},
    {NULL, "group g carrier=acme;port 1:D group=g;1 voip dp=2... carrier-out=acme;2 voip dp=200.",
     "pots port=1:D called=2001", "1"},

    /* trunk groups: a candidate for each member */
    {NULL, "group g scheme=4;" SPANS USES, "called=2001", "1@1:D 1@2:D 1@3:D"},
    {NULL, "group g scheme=4;port 1:D group=g;port 2:D group=g/2;port 3:D group=g/1;" USES,
     "called=2001", "1@3:D 1@2:D 1@1:D"},
    {NULL, "group g scheme=4;" SPANS USES ";2 dp=2... pref=1", "called=2001", "1@1:D 1@3:D 2@1:D",
     "2:D@down"},
    {NULL, "group g scheme=4;" SPANS USES ";2 dp=2... pref=1 port=9:D", "called=2001", "2@9:D",
     "1:D@down 2:D@down 3:D@down"},
    {NULL, "group g;" SPANS USES, "called=2001", "cause 34", "1:D@down 2:D@down 3:D@down"},
    {NULL, "group g;" SPANS USES, "called=2001", "cause 1", "1:D@down 2:D@down 3:D@down",
     .options.status_check = PLAN_STATUS_CHECK},
    {NULL, "group g scheme=4;" SPANS USES, "called=2001", "1@1:D 1@2:D 1@3:D",
     "1:D@down 2:D@down 3:D@down", .options.status_check = PLAN_STATUS_IGNORE},
    {NULL, "group g;" USES, "called=2001", "cause 34"},
    {NULL, "group g scheme=4;" SPANS USES " huntstop;2 dp=2... pref=1", "called=2001",
     "1@1:D 1@2:D 1@3:D"},
    {NULL, "group g;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g group=h",
     "called=2001", "1@1:D 1@2:D"},
    {NULL, "group g;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g/2 group=h/1",
     "called=2001", "1@2:D 1@1:D"},
    {NULL, "group g;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g group=h/64",
     "called=2001", "1@2:D 1@1:D"},
    {NULL, "group g;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g group=h",
     "called=2001", "1@2:D", "1:D@down"},
    /* max-calls */
    {"max-calls", "group g scheme=4 max-out=2;" SPANS USES ";2 dp=2... pref=1 port=9:D",
     "called=2001", "2@9:D", "g@out=2"},
    {"max-calls", "group g scheme=4 max-out=2 max-in=1;" SPANS USES, "called=2001",
     "1@1:D 1@2:D 1@3:D", "g@out=1 g@in=9"},
    {"max-calls", "group g max-out=2;" SPANS USES, "called=2001", "cause 34", "g@out=3"},
    {"max-calls", "group g max-out=2;" SPANS USES, "called=2001", "cause 34", "g@out=3",
     .options.status_check = PLAN_STATUS_CHECK},
    {"max-calls", "group g max-out=2;" SPANS USES, "called=2001", "cause 34", "g@out=3",
     .options.status_check = PLAN_STATUS_IGNORE},
    {"max-calls",
     "group g max-out=2;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g group=h",
     "called=2001", "1@2:D", "g@out=2"},
    {"max-calls",
     "group g max-out=2;group h;port 1:D group=g;port 2:D group=h;1 dp=2 group=g group=h",
     "called=2001", "cause 34", "g@out=2 2:D@down"},
    {"max-calls", "group g scheme=4 max-out=2;" SPANS "1 dp=112 group=g", "called=112",
     "1@1:D 1@2:D 1@3:D emergency", "g@out=2", .options.emergency = {"112"}},
    {"least used", "group g;" SPANS USES, "called=2001", "1@2:D 1@3:D 1@1:D",
     "1:D@busy=20 1:D@of=30 2:D@busy=2 2:D@of=30 3:D@busy=3 3:D@of=23"},
    {"least idle", "group g scheme=1;" SPANS USES, "called=2001", "1@3:D 1@1:D 1@2:D",
     "1:D@idle=20 2:D@idle=10 3:D@idle=30"},
    {"longest idle", "group g scheme=2;" SPANS USES, "called=2001", "1@2:D 1@1:D 1@3:D",
     "1:D@idle=20 2:D@idle=10 3:D@idle=30"},
    {"round robin", "group g scheme=3;" SPANS USES, "called=2001", "1@3:D 1@1:D 1@2:D",
     "1:D@used=20 2:D@used=30 3:D@used=10"},
    {"no free channel goes last", "group g scheme=4;" SPANS USES, "called=2001",
     "1@2:D 1@3:D 1@1:D", "1:D@busy=30 1:D@of=30 2:D@busy=2 2:D@of=30 3:D@busy=3 3:D@of=23"},
    {"preference before the scheme",
     "group g;port 1:D group=g/1;port 2:D group=g/2;port 3:D group=g/1;" USES, "called=2001",
     "1@3:D 1@1:D 1@2:D", "1:D@of=5 2:D@of=30 3:D@of=10"},
    {NULL, "group g called=national;port 1:D group=g;port 2:D group=g called=e164;1 dp=+T group=g",
     "called=+442079460000", "1@1:D=2079460000 1@2:D=+442079460000",
     .show = "@=", .options.number_plan = {.country_code = "44"}},
    {NULL, "group g;port 1:D group=g;port 1/4 group=g;1 dp=2 group=g prefix=9,", "called=2001",
     "1@1:D=9001 1@1/4=9,001", .show = "@="},

    /* server groups */
    {NULL, FARM, "called=2001", "1@B 1@C 1@A"},
    {NULL, FARM, "called=2001", "1@C 1@A", "B@down"},
    {NULL, FARM, "called=2001", "cause 41", "A@down B@down C@down"},
    /* those whose last calls failed go last, and nobody is left out for it */
    {NULL, FARM, "called=2001", "1@C 1@A 1@B", "B@failing"},
    {NULL, FARM, "called=2001", "1@A 1@B 1@C", "B@failing C@failing"},
    {NULL, FARM, "called=2001", "1@B 1@C 1@A", "A@failing B@failing C@failing"},
    {NULL, FARM ";2 voip dp=2... pref=1", "called=2001", "1@C 1@A 2@ipv4:192.0.2.2 1@B",
     "B@failing"},
    {NULL, "1 voip dp=2...;2 voip dp=2... pref=1;3 dp=2... pref=2", "called=2001",
     "2@ipv4:192.0.2.2 3@1:D 1@ipv4:192.0.2.1", "ipv4:192.0.2.1@failing"},
    {NULL, "1 voip dp=2...;2 voip dp=2... pref=1 huntstop;3 voip dp=2... pref=2", "called=2001",
     "2@ipv4:192.0.2.2 1@ipv4:192.0.2.1", "ipv4:192.0.2.1@failing"},
    {NULL, "1 voip dp=2... huntstop;2 voip dp=2... pref=1", "called=2001", "1@ipv4:192.0.2.1",
     "ipv4:192.0.2.1@failing"},
    {NULL, "servers 1 rr A:3 B:1 C:2;1 voip dp=2... servers=1", "called=2001", "1@C 1@B 1@A",
     "A@used=3 B@used=2 C@used=1"},
    {NULL, "servers 1 rr A B;1 voip dp=2... servers=1 huntstop;2 dp=2... pref=1", "called=2001",
     "1@A 1@B"},
    {NULL, FARM ";2 voip dp=2... pref=1", "called=2001", "2@ipv4:192.0.2.2", "1:busied"},
};

static void finds_peers_by_other_keys(void **state)
{
	struct plan_case with_targets[COUNT(cases)];

	memcpy(with_targets, cases, sizeof(cases));
	for (size_t i = 0; i < COUNT(cases); i++)
		if (!with_targets[i].show && strchr(cases[i].result, '@'))
			with_targets[i].show = "@";
	plan_rig_check_routes(with_targets, COUNT(cases));
}

static void says_what_a_target_belongs_to(void **state)
{
	struct plan *plan = plan_rig_plan("group g;port 1:D group=g;1 dp=2 group=g;servers 3 A;"
					  "2 voip dp=2 servers=3 pref=1;enum 4;"
					  "3 voip dp=2 target=enum:4 pref=2;4 dp=2 pref=3",
					  NULL);
	struct plan_route route;
	struct plan_call call;

	plan_rig_call(&call, "called=2", NULL);
	plan_route(plan, &call.request, NULL, &route);
	assert_int_equal(route.count, 4);
	assert_string_equal(route.candidates[0].trunk_group->name, "g");
	assert_null(route.candidates[0].server_group);
	assert_null(route.candidates[1].trunk_group);
	assert_int_equal(route.candidates[1].server_group->number, 3);
	assert_int_equal(route.candidates[2].enum_table->number, 4);
	assert_ptr_equal(route.candidates[2].enum_table, plan_enum_table(plan, 4));
	assert_null(plan_enum_table(plan, 5));
	assert_string_equal(route.candidates[2].target, "enum:4");
	assert_null(route.candidates[3].trunk_group);
	plan_unref(plan);
}

static void spreads_calls_at_random(void **state)
{
	struct plan *plan = plan_rig_plan("group g scheme=5;" SPANS USES, NULL);
	unsigned first[4] = {0};
	struct plan_route route;
	struct plan_call call;

	plan_rig_call(&call, "called=2001", NULL);
	for (call.request.random = 0; call.request.random < 3000; call.request.random++) {
		plan_route(plan, &call.request, NULL, &route);
		assert_int_equal(route.count, 3);
		first[route.candidates[0].target[0] - '0']++;
	}
	for (unsigned i = 1; i <= 3; i++)
		assert_in_range(first[i], 800, 1200);
	plan_unref(plan);
}

static void hands_out_no_more_than_fit(void **state)
{
	char text[4096] = "group g scheme=4;";
	struct plan_route route;
	struct plan_call call;
	struct plan *plan;

	for (unsigned i = 1; i <= 40; i++)
		sprintf(text + strlen(text), "port %u:D group=g;", i);
	strcat(text, "1 dp=2 group=g;2 dp=2 pref=1");
	plan = plan_rig_plan(text, NULL);
	plan_rig_call(&call, "called=2001", NULL);
	plan_route(plan, &call.request, NULL, &route);
	assert_int_equal(route.count, PLAN_CANDIDATES_MAX);
	assert_string_equal(route.candidates[31].target, "32:D");
	assert_int_equal(route.excluded_count, 1);
	assert_int_equal(route.excluded[0].peer->tag, 2);
	assert_int_equal(route.excluded[0].reason, PLAN_REASON_TOO_MANY);
	plan_unref(plan);
}

static void tells_peers_that_too_many_go_before(void **state)
{
	struct plan_options options = {.tie_deterministic = true};
	char text[4096] = "";
	struct plan_route route;
	struct plan_call call;
	struct plan *plan;

	for (unsigned i = 34; i >= 1; i--) /* 33 and 34 are pushed out by better ones */
		sprintf(text + strlen(text), "%u dp=2%s", i, i > 1 ? ";" : "");
	plan = plan_rig_plan(text, &options);
	plan_rig_call(&call, "called=2001", NULL);
	plan_route(plan, &call.request, NULL, &route);
	assert_int_equal(route.count, PLAN_CANDIDATES_MAX);
	assert_int_equal(route.candidates[31].peer->tag, 32);
	assert_int_equal(route.excluded_count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_in_range(route.excluded[i].peer->tag, 33, 34);
		assert_int_equal(route.excluded[i].reason, PLAN_REASON_TOO_MANY);
	}
	plan_unref(plan);
}

int test_dialplan_groups(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_peers_by_other_keys),
	    cmocka_unit_test(says_what_a_target_belongs_to),
	    cmocka_unit_test(spreads_calls_at_random),
	    cmocka_unit_test(hands_out_no_more_than_fit),
	    cmocka_unit_test(tells_peers_that_too_many_go_before),
	};

	return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
