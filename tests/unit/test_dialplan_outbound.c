// SPDX-License-Identifier: GPL-2.0-or-later
/* Outbound peers: worked examples O and C, keys, emergency numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define FOUR "1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216"
#define OFFICE "1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T"
#define LISTS "cor in911 9,l,d;cor in-local 9,l;cor only-local l;cor ld d;"
#define LD "1 dp=91.......... cor-out=ld"

static const struct plan_case cases[] = {
    {"23", "1 dp=2...;2 dp=200.", "called=2001", "2 1"},
    {"24", "1 dp=345....;2 dp=3456789", "called=3456789", "2 1"},
    {"25", "1 dp=568T;2 dp=568....;3 dp=56838..;4 dp=5683848", "called=5683848", "4 3 2 1"},
    {"26", "10 dp=5551234 pref=3;11 dp=555....", "called=5551234", "10 11"},
    {"27", "10 dp=5551234 pref=3;11 dp=555....", "called=5551234", "11 10", .options.hunt = 2},
    {"28", "20 dp=2...;21 dp=2... pref=1", "called=2345", "20 21"},
    {NULL, "20 dp=2... pref=1;21 dp=2...", "called=2345", "21 20"},
    {"29", "1 dp=816;2 dp=81690 pref=9", "called=81690", "2 1"},
    {"30", "3 dp=816;4 dp=81690;9 ic=. port=2:D", "pots port=2:D inbound called=81690", "4 3"},
    {"31", "1 dp=555;2 dp=5551212", "called=5551212", "2 1"},
    {"32", FOUR, "called=5553216", "4 3 2 1"},
    {"32", FOUR, "called=5553217", "3 2 1"},
    {"32", FOUR, "called=5552170", "2 1"},
    {"32", FOUR, "called=5551234", "1"},
    {"33", OFFICE, "called=914085551234", "1 4"},
    {"33", OFFICE, "called=901144207946000", "2 4"},
    {"33", OFFICE, "called=911", "3 4"},
    {"33", OFFICE, "called=95", "4"},
    {"34", "1 dp=555....;2 dp=555[1-4]...", "called=5552000", "2 1"},
    {"35", "1 dp=9T;2 dp=9....... pref=1", "called=95551234", "1 2"},
    {NULL, "1 dp=9T;2 dp=9.......", "called=95551234", "2 1"},
    {NULL, "1 dp=9.......;2 dp=9...1...", "called=95551234", "2 1"},
    {"36", "1 dp=2... huntstop;2 dp=2... pref=1", "called=2001", "1"},
    {"37", "1 dp=2... max=2;2 dp=2... pref=1", "called=2001", "2", "1:calls=2"},
    {NULL, "1 dp=2... max=2;2 dp=2... pref=1", "called=2001", "1 2", "1:calls=1"},
    {NULL, "1 dp=2... max=2", "called=2001", "cause 34", "1:calls=2"},
    {"38", "1 dp=2... shutdown;2 dp=2... pref=5", "called=2001", "2"},
    {"39", "1 voip dp=83... notarget;2 voip dp=8....", "called=83123", "2"},
    {"40", "1 dp=1T notarget", "called=12025550100", "cause 1"},
    {NULL, "1 dp=2...", "called=7", "cause 1"},
    {NULL, "1 dp=2...", "called=200", "cause 28"},
    {"41", "1 voip dp=2...;2 voip dp=2... pref=1", "called=2001", "2", "1:busied"},
    {"41", "1 voip dp=2...", "called=2001", "cause 41", "1:busied"},
    /* what the keepalive says: alive, whatever the answer was but 503, 505 or none */
    {"U7", "1 voip dp=2...;2 voip dp=2... pref=1", "called=2001", "1 2", ""},
    {"U8", "1 voip dp=2...;2 voip dp=2... pref=1", "called=2001", "2", "1:busied"},
    {"U8", "1 voip dp=2...", "called=2001", "cause 41", "1:busied"},
    {"42", "1 dp=9T", "called=95551234", "cause 1", "1:down",
     .options.status_check = PLAN_STATUS_CHECK},
    {"42", "1 dp=9T", "called=95551234", "cause 34", "1:down"},
    {"43", "1 dp=9T", "called=95551234", "1", "1:down", .options.status_check = PLAN_STATUS_IGNORE},
    /* class of restriction */
    {"44", LISTS LD ";9 voip ic=. cor-in=in911", "inbound called=912025550100", "1"},
    {"45", LISTS LD ";9 voip ic=. cor-in=in-local", "inbound called=912025550100", "cause 1"},
    {"46", LISTS LD ";9 voip ic=.", "inbound called=912025550100", "1"},
    {"47", LISTS "2 dp=91..........;9 voip ic=. cor-in=only-local", "inbound called=912025550100",
     "2"},
    {"48", LISTS LD ";2 dp=9T cor-out=only-local;9 voip ic=. cor-in=only-local",
     "inbound called=912025550100", "2"},
    {NULL, LISTS "cor none;" LD ";9 voip ic=. cor-in=none", "inbound called=912025550100",
     "cause 1"},
    {NULL, LISTS "cor none;1 dp=9T cor-out=none;9 voip ic=. cor-in=none", "inbound called=95", "1"},
    /* least recently used */
    {NULL, "1 dp=2...;2 dp=2...", "called=2001", "2 1", "1:used=9", .options.hunt = 1},
    {NULL, "1 dp=200.;2 dp=2...", "called=2001", "1 2", "1:used=9", .options.hunt = 1},
    {NULL, "1 dp=2...;2 dp=2... pref=1", "called=2001", "1 2", "1:used=9", .options.hunt = 3},
    {NULL, "1 dp=200.;2 dp=2... pref=1", "called=2001", "2 1", "1:used=9", .options.hunt = 4},
    {NULL, "1 dp=2...;2 dp=200. pref=1", "called=2001", "1 2", .options.hunt = 5},
    {NULL, "1 dp=2...;2 dp=200. pref=1", "called=2001", "2 1", .options.hunt = 4},
    {NULL, "1 dp=2001;2 dp=2...", "called=2001", "2 1", "1:used=9", .options.hunt = 7},
    /* international numbers */
    {NULL, "1 dp=+1408.......;2 dp=1408.......", "called=+14085550100", "1"},
    {NULL, "1 dp=+1408.......;2 dp=1408.......", "called=14085550100", "2"},
    {NULL, "1 dp=9T", "called=+971555010", "cause 1"},
    {NULL, "1 dp=.T", "called=+971555010", "1"},
    {NULL, "1 voip dp=44T;2 voip dp=+44T", "pots called=+44207946000", "1"},
    {NULL, "2 voip dp=+44T", "pots called=+44207946000", "2"},
    {NULL, "1 voip dp=44T shutdown;2 voip dp=+44T", "pots called=+44207946000", "2"},
    {NULL, "1 voip dp=44T;2 voip dp=+44T", "pots called=+44207946000", "cause 41", "1:busied"},
    {NULL, "cor a a;cor b b;1 voip dp=44T cor-out=b;2 voip dp=+44T;9 ic=. cor-in=a",
     "pots port=1:D inbound called=+44207946000", "cause 1"},
    {NULL, "1 ic=2... dp=2... notarget", "called=2001", "cause 1"},
    /* numbering-type */
    {NULL, "1 dp=2T ton=national;2 dp=2T pref=1", "pots called=2001 ton=national", "1 2"},
    {NULL, "1 dp=2T ton=national;2 dp=2T pref=1", "pots called=2001", "2"},
    {NULL, "1 dp=2T ton=national", "pots called=2001", "cause 1"},
    {NULL, "1 dp=+44T ton=national;2 dp=+44T ton=international pref=1;3 dp=+44T ton=unknown",
     "pots called=2079460000 ton=national", "1 2",
     .options.number_plan = {.country_code = "44", .national_prefix = "0"}},
    /* bearer */
    {NULL, "1 voip dp=2...;2 voip dp=2... clear pref=1;3 dp=2... pref=2", "data called=2001",
     "2 3"},
    {NULL, "1 voip dp=2...", "data called=2001", "cause 65"},
    /* what is referred to and not there */
    {NULL, "1 dp=2... out=x;2 dp=2... pref=1", "called=2001", "2"},
    {NULL, "1 dp=2... out=x", "called=2001", "cause 1"},
    {NULL,
     "1 dp=2... in=x;2 dp=2... cor-out=x;3 dp=2... cor-in=x;4 dp=2... block=x;5 dp=2... dpg=1;"
     "6 dp=2... policy=1;7 dp=2... dmap=1;8 dp=2... icmap=1;9 dp=2... in-via=x;10 dp=2... "
     "out-request=x",
     "called=2001", "cause 1"},
    /* pattern maps: the best entry counts; a peer counts once, by the best way it fits */
    {NULL, "map 1 2 20 200. 3;1 dmap=1;2 dp=20..", "called=2001", "1 2"},
    {NULL, "map 1 2 20 3;1 dmap=1;2 dp=200.", "called=2001", "2 1"},
    {NULL, "map 1 2 20 3;1 dmap=1 dp=2001;2 dp=200.;3 dmap=1", "called=2001", "1 2 3"},
    {NULL, "map 1 2 20 3;1 dmap=1", "called=4001", "cause 1"},
    {NULL, "map 1 2...;1 dmap=1", "called=200", "cause 28"},
    {NULL, "map 1 200.;map 2 20T;1 dmap=1;2 dmap=2;3 dmap=2 pref=1", "called=2001", "1 2 3"},
    {NULL, "map 1 408T;1 cmap=1;2 dp=2...", "called=2001 calling=4085550100", "2"},
    {NULL, "map 1 408T;1 cmap=1;2 dp=2...", "called=3001 calling=4085550100", "1"},
    {NULL, "map 1 408T;1 cmap=1;2 dp=2...", "called=3001 calling=5085550100", "cause 1"},
    {NULL, "map 1 408T;1 cmap=1;2 dp=2... shutdown", "called=2001 calling=4085550100", "1"},
    {NULL, "map 1 +1408T;1 cmap=1", "pots called=3001 calling=+14085550100", "1"},
    /* emergency numbers */
    {NULL, LISTS "1 dp=9T cor-out=ld max=1 ton=national;9 voip ic=. cor-in=only-local",
     "inbound called=911", "1 emergency", "1:calls=1", .options.emergency = {"112", "911"}},
    {NULL, LISTS "1 dp=9T cor-out=ld max=1;9 voip ic=. cor-in=only-local", "inbound called=912",
     "cause 1", .options.emergency = {"112", "911"}},
    {NULL, "1 dp=9T max=1", "called=912", "cause 34", "1:calls=1", .options.emergency = {"911"}},
    {NULL, "1 dp=9T shutdown;2 dp=9T", "called=911", "2 emergency", .options.emergency = {"911"}},
    {NULL, "1 dp=112", "pots called=112 ton=national", "1 emergency",
     .options = {.emergency = {"112"}, .number_plan = {.country_code = "44"}}},
    {NULL, "1 dp=112;2 voip dp=+44T", "pots called=112 ton=national", "1 emergency",
     .options = {.emergency = {"112"}, .number_plan = {.country_code = "44"}}},
    {NULL, "1 dp=911;numexp 5 911", "called=5", "1 emergency", .options.emergency = {"911"}},
    {NULL, "1 dp=9911;numexp 911 9911", "called=911", "1 emergency", .options.emergency = {"911"}},
    {NULL, "1 dp=+T", "called=+44112", "1 emergency", .options.emergency = {"+44112"}},
    {NULL, "rules 1 /^$/ reject;profile p calling=1;1 dp=9T block=p;2 dp=2",
     "inbound pots called=2", "2", .options.empty_ani = true},
    /* what is meant for other numbers does not take an emergency number away */
    {NULL, "1 dp=911;numexp 9.. 5559..", "called=911", "1 emergency", .options.emergency = {"911"}},
    {NULL, "1 dp=911;2 dp=5559..;numexp 9.. 5559..", "called=911", "2 emergency",
     .options.emergency = {"911"}},
    {NULL, "rules 1 /^1/ /51/;profile p called=1;1 dp=112;9 voip ic=. in=p", "inbound called=112",
     "1 emergency", .options.emergency = {"112"}},
    {NULL, "rules 1 /^9112$/ /112/;profile p called=1;9 ic=. port=2:D in=p;1 dp=112;2 voip dp=+44T",
     "pots inbound port=2:D called=9112 ton=subscriber", "1 emergency",
     .options = {.emergency = {"112"}, .number_plan = {.country_code = "44", .area_code = "20"}}},
    {NULL, "rules 1 /^5/ reject;profile p calling=1;1 dp=9T out=p", "called=911 calling=5",
     "1 emergency", .options.emergency = {"911"}},
    {NULL, "rules 1 /^5/ reject;profile p calling=1;port 1:D out=p;1 dp=9T", "called=911 calling=5",
     "1 emergency", .options.emergency = {"911"}},
};

static void chooses_outbound_peers(void **state)
{
	plan_rig_check_routes(cases, COUNT(cases));
}

static void says_why_a_peer_was_left_out(void **state)
{
	struct plan *plan =
	    plan_rig_plan("1 dp=2... huntstop;2 dp=2... pref=1;3 dp=2... shutdown;"
			  "4 dp=2... notarget;5 dp=3...;6 dp=2... out=x;7 dp=2... cor-out=c;"
			  "8 dp=2... ton=national;map 1 2 20 200;10 dmap=1 shutdown;"
			  "cor c x;cor d y;9 voip ic=. cor-in=d",
			  NULL);
	static const struct {
		unsigned tag;
		enum plan_reason reason;
	} expected[] = {
	    {2, PLAN_REASON_AFTER_HUNTSTOP},
	    {3, PLAN_REASON_SHUTDOWN},
	    {4, PLAN_REASON_NO_TARGET},
	    {6, PLAN_REASON_MISSING},
	    {7, PLAN_REASON_COR},
	    {8, PLAN_REASON_NUMBERING_TYPE},
	    {10, PLAN_REASON_SHUTDOWN},
	};
	struct plan_inbound inbound;
	struct plan_route route;
	struct plan_call call;

	plan_rig_call(&call, "called=2001", NULL);
	assert_int_equal(plan_match_inbound(plan, &call.request, &inbound), 0);
	plan_route(plan, &call.request, inbound.peer, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.excluded_count, COUNT(expected));
	for (unsigned e = 0; e < COUNT(expected); e++) {
		unsigned found = 0;

		for (unsigned i = 0; i < route.excluded_count; i++)
			found += route.excluded[i].peer->tag == expected[e].tag &&
				 route.excluded[i].reason == expected[e].reason;
		if (found != 1)
			fail_msg("peer %u: %s %u times", expected[e].tag,
				 plan_reason_name(expected[e].reason), found);
	}
	assert_string_equal(plan_reason_name(PLAN_REASON_AFTER_HUNTSTOP), "after huntstop");
	assert_string_equal(plan_peer_missing(plan, plan_peer_at(plan, 5)),
			    "translation-profile x");
	assert_null(plan_peer_missing(plan, plan_peer_at(plan, 0)));
	plan_unref(plan);
}

static void tells_what_a_peer_misses(void **state)
{
	static const struct {
		const char *plan, *missing;
	} peers[] = {
	    {"1 dp=2", NULL},
	    {"1 dmap=7", "e164-pattern-map 7"},
	    {"map 7 2;1 dmap=7", NULL},
	    {"1 dp=2 servers=3", "voice class server-group 3"},
	    {"1 dp=2 group=x", "trunk group x"},
	    {"group x;1 dp=2 group=x", NULL},
	    {"1 dp=2 cor-out=x", "dial-peer cor list x"},
	    {"1 dp=2 dpg=3", "voice class dpg 3"},
	    {"1 dp=2 policy=4", "voice class dial-peer provision-policy 4"},
	    {"1 dp=2 in-via=u", "voice class uri u"},
	    {"1 dp=2 out-from=u", "voice class uri u"},
	    {"1 dp=2 block=p", "translation-profile p"},
	    {"1 voip dp=2 target=enum:2", "voice enum-match-table 2"},
	    {"1 voip dp=2 target=enum:x", "enum:x"},
	    {"enum 2;1 voip dp=2 target=enum:2", NULL},
	};

	for (size_t i = 0; i < COUNT(peers); i++) {
		struct plan *plan = plan_rig_plan(peers[i].plan, NULL);
		const char *missing = plan_peer_missing(plan, plan_peer_at(plan, 0));

		if (!peers[i].missing)
			assert_null(missing);
		else
			assert_string_equal(missing ? missing : "nothing", peers[i].missing);
		plan_unref(plan);
	}
}

static void knows_emergency_numbers(void **state)
{
	struct plan_options options = {.emergency = {"112", "999", "+44112"}};
	struct plan *plan = plan_rig_plan("1 dp=9T", &options);
	static const struct {
		struct number number;
		bool emergency;
	} numbers[] = {
	    {{"112"}, true},
	    {{"999"}, true},
	    {{"112", TON_INTERNATIONAL}, true},
	    {{"44112", TON_INTERNATIONAL}, true},
	    {{"44112"}, false},
	    {{"+44112"}, true},
	    {{"11"}, false},
	    {{"1123"}, false},
	    {{""}, false},
	};

	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_int_equal(plan_is_emergency(plan, &numbers[i].number), numbers[i].emergency);
	plan_unref(plan);
}

static void hunts_on_for_causes_that_say_not_here(void **state)
{
	static const unsigned on[] = {27, 34, 38, 41, 42, 44, 47, 102};
	static const unsigned stop[] = {0, 1, 16, 17, 18, 19, 21, 22, 28, 31, 127, 128, 4711};
	struct plan_options options = {0};
	struct plan *plan = plan_rig_plan("1 dp=2...", &options);

	for (size_t i = 0; i < COUNT(on); i++)
		assert_true(plan_hunts_on(plan, on[i]));
	for (size_t i = 0; i < COUNT(stop); i++)
		assert_false(plan_hunts_on(plan, stop[i]));
	plan_unref(plan);

	options.hunt_on[17 / 8] |= 1 << 17 % 8; /* voice hunt user-busy */
	options.hunt_stop[34 / 8] |= 1 << 34 % 8;
	plan = plan_rig_plan("1 dp=2...", &options);
	assert_true(plan_hunts_on(plan, 17));
	assert_false(plan_hunts_on(plan, 18));
	assert_false(plan_hunts_on(plan, 34));
	assert_true(plan_hunts_on(plan, 38));
	plan_unref(plan);
}

int test_dialplan_outbound(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chooses_outbound_peers),
	    cmocka_unit_test(says_why_a_peer_was_left_out),
	    cmocka_unit_test(tells_what_a_peer_misses),
	    cmocka_unit_test(knows_emergency_numbers),
	    cmocka_unit_test(hunts_on_for_causes_that_say_not_here),
	};

	return cmocka_run_group_tests_name("outbound", tests, NULL, NULL);
}
