// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dial plan as a whole; the parts are in files of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

/* ---- ports */

static void knows_ports(void **state)
{
	unsigned slot = 99;

	assert_int_equal(peer_port_span("1:D", &slot), 1);
	assert_int_equal(slot, 0);
	assert_int_equal(peer_port_span("2/17", &slot), 2);
	assert_int_equal(slot, 17);
	assert_true(peer_port_equal("1:D", "1:15"));
	assert_true(peer_port_equal("1:23", "1:D"));
	assert_false(peer_port_equal("1:D", "2:D"));
	assert_false(peer_port_equal("1:D", "1/1"));
	assert_false(peer_port_equal("", ""));
	for (const char *const *bad =
		 (const char *const[]){"", "D", ":D", "0:D", "1", "1:", "1:16", "1:DD", "1/", "1/0",
				       "1/32", "1/1x", "-1:D", "99999999999:D", NULL};
	     *bad; bad++)
		assert_int_equal(peer_port_span(*bad, &slot), 0);
}

static void breaks_ties_by_chance_or_by_tag(void **state)
{
	struct plan_options options = {0};
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	unsigned first[4] = {0};

	for (options.tie_deterministic = false;; options.tie_deterministic = true) {
		struct plan *plan = plan_rig_plan("1 dp=2...;2 dp=2...;3 dp=2...", &options);

		memset(first, 0, sizeof(first));
		for (request.random = 0; request.random < 3000; request.random++) {
			struct plan_route route, again;

			plan_route(plan, &request, NULL, &route);
			assert_int_equal(route.count, 3);
			first[route.candidates[0].peer->tag]++;
			plan_route(plan, &request, NULL, &again);
			assert_ptr_equal(route.candidates[2].peer, again.candidates[2].peer);
		}
		plan_unref(plan);
		if (options.tie_deterministic)
			break;
		for (unsigned tag = 1; tag <= 3; tag++)
			assert_in_range(first[tag], 800, 1200);
	}
	assert_int_equal(first[1], 3000);
}

static void keeps_the_best_of_many(void **state)
{
	struct plan_options options = {.tie_deterministic = true};
	char text[4096] = "";
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	struct plan *plan;

	for (unsigned i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%s%u dp=2... pref=%u", i ? ";" : "", 100 + i,
			(40 - i) / 4);
	plan = plan_rig_plan(text, &options);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, PLAN_CANDIDATES_MAX);
	assert_int_equal(route.candidates[0].peer->tag, 137);
	assert_int_equal(route.candidates[3].peer->tag, 133);
	plan_unref(plan);
}

/* ---- the plan as a whole */

static void refuses_wrong_peers(void **state)
{
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct peer peer;
	char why[128];

	peer_init(&peer, 5, PEER_POTS);
	strcpy(peer.destination_pattern, "[12");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "destination-pattern [12: character 4: the set has no ']'");
	strcpy(peer.destination_pattern, "12");
	strcpy(peer.prefix, "9x");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	peer.prefix[0] = '\0';
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), 0);
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "dial-peer voice 5 is configured twice");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), -EEXIST);
	peer.tag = 3;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	assert_int_equal(plan_peer_count(plan), 2);
	assert_int_equal(plan_peer_at(plan, 0)->tag, 3);
	assert_int_equal(plan_peer_at(plan, 1)->tag, 5);
	assert_null(plan_peer_at(plan, 2));
	assert_ptr_equal(plan_ref(plan), plan);
	plan_unref(plan);
	assert_int_equal(plan_peer_count(plan), 2);
	plan_unref(plan);
}

static void says_why_a_peer_is_down(void **state)
{
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	assert_false(peer_is_valid(&peer));
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no port");
	strcpy(peer.port, "1:D");
	assert_true(peer_is_outbound(&peer));
	peer.shutdown = true;
	assert_string_equal(peer_down_reason(&peer), "shutdown");
	peer_init(&peer, 1, PEER_VOIP);
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no session target");
	strcpy(peer.incoming_called_number, ".");
	assert_true(peer_is_inbound(&peer));
	assert_false(peer_is_outbound(&peer));
}

static void routes_fast_among_many_peers(void **state)
{
	enum { PEERS = 100000, CALLS = 20000 };
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct plan_request request = {.inbound_kind = PEER_VOIP};
	struct plan_route route;
	struct timespec begin, end;
	double us;

	for (unsigned i = 0; i < PEERS; i++) {
		struct peer peer;

		peer_init(&peer, 1 + i, PEER_VOIP);
		sprintf(peer.destination_pattern, i % 2 ? "%u..." : "%u[1-9]..T", 100000 + i);
		strcpy(peer.session_target, "ipv4:192.0.2.1");
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned peer = i * 7919u % PEERS;

		sprintf(request.called.digits, "%u555", 100000 + peer);
		plan_route(plan, &request, NULL, &route);
		assert_int_equal(route.count, 1);
		assert_int_equal(route.candidates[0].peer->tag, 1 + peer);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	us = ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / CALLS;
	print_message("plan_route among %d peers: %.2f us\n", PEERS, us);
	assert_true(us < 200); /* a walk over all peers takes milliseconds */
	plan_unref(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_ports),
	    cmocka_unit_test(breaks_ties_by_chance_or_by_tag),
	    cmocka_unit_test(keeps_the_best_of_many),
	    cmocka_unit_test(refuses_wrong_peers),
	    cmocka_unit_test(says_why_a_peer_is_down),
	    cmocka_unit_test(routes_fast_among_many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + test_dialplan_inbound() +
	       test_dialplan_outbound() + test_dialplan_groups() + test_dialplan_numbers() +
	       test_dialplan_digits() + test_dialplan_hunt() + test_dialplan_notes() +
	       test_dialplan_random() + test_dialplan_phones();
}
