// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/admin/peer_states.h"

static struct plan_peer_status status_of(struct peer_states *states, const struct peer *peer)
{
	struct plan_request request;

	peer_states_fill(states, &request);
	return request.status(request.status_arg, peer);
}

static struct plan_target_status target_of(struct peer_states *states, const char *target)
{
	struct plan_request request;

	peer_states_fill(states, &request);
	return request.target(request.target_arg, target);
}

static void reads_what_it_writes_of_trunk_groups(void **state)
{
	const struct plan_group_calls none = {0}, some = {.in = 2, .out = 5};
	struct plan_request request;
	struct peer_states *states;
	char text[128];

	assert_int_equal(peer_states_new(&states), 0);
	assert_false(peer_states_write_group("pstn", &none, text, sizeof(text)));
	assert_true(peer_states_write_group("pstn", &some, text, sizeof(text)));
	assert_string_equal(text, "trunk-group pstn in 2 out 5");
	assert_int_equal(peer_states_read(states, text), 0);
	peer_states_fill(states, &request);
	assert_int_equal(request.group_calls(request.group_calls_arg, "pstn").in, 2);
	assert_int_equal(request.group_calls(request.group_calls_arg, "pstn").out, 5);
	assert_int_equal(request.group_calls(request.group_calls_arg, "other").out, 0);
	peer_states_free(states);
}

static void reads_what_it_writes_of_telephones(void **state)
{
	const struct site_numbers site = {.default_destination = "5001"};
	const struct plan_phone phone = {
	    .tag = 40001, .name = "5001", .pattern = "5001", .preference = 3, .huntstop = true};
	struct plan_request request = {0};
	struct peer_states *states;
	struct plan_phone found;
	struct number number;
	char text[128];

	assert_int_equal(peer_states_new(&states), 0);
	peer_states_use_site(states, &site);
	peer_states_fill(states, &request);
	peer_states_write_phone(&phone, text, sizeof(text));
	assert_string_equal(text, "telephone 5001 dial-peer 40001 preference 3 huntstop");
	assert_int_equal(peer_states_read(states, text), 0);
	assert_int_equal(
	    peer_states_read(states,
			     "telephone 5002 dial-peer 40007 preference 0 no-huntstop standby"),
	    0);
	assert_true(peer_states_find_phone(states, "5001", &found));
	assert_memory_equal(&found, &phone, sizeof(found));
	assert_true(peer_states_find_phone(states, "5002", &found));
	assert_int_equal(found.tag, 40007);
	assert_false(found.huntstop);
	assert_true(found.standby);
	assert_false(peer_states_find_phone(states, "500", &found));
	assert_false(request.default_destination(request.phones_arg, &number));
	assert_int_equal(peer_states_read(states, "fallback"), 0);
	assert_true(request.default_destination(request.phones_arg, &number));
	assert_string_equal(number.digits, "5001");
	peer_states_free(states);
}

static void reads_what_it_writes_of_peers(void **state)
{
	const struct {
		struct plan_peer_status status;
		const char *line; /* NULL: plainly up */
	} rows[] = {
	    {{PLAN_PEER_UP, 0, 0}, NULL},
	    {{PLAN_PEER_UP, 2, 17}, "dial-peer 7 up calls 2 last-used 17"},
	    {{PLAN_PEER_UP, 0, 17}, "dial-peer 7 up calls 0 last-used 17"},
	    {{PLAN_PEER_BUSIED_OUT, 0, 0}, "dial-peer 7 busied-out calls 0 last-used 0"},
	    {{PLAN_PEER_PORT_DOWN, 1, 9}, "dial-peer 7 port-down calls 1 last-used 9"},
	};
	const struct peer peer = {.tag = 7}, other = {.tag = 8};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_peer_status read;
		struct peer_states *states;
		char text[128] = "";

		assert_int_equal(peer_states_write_peer(&peer, &rows[i].status, text, sizeof(text)),
				 rows[i].line != NULL);
		assert_string_equal(text, rows[i].line ? rows[i].line : "");
		assert_int_equal(peer_states_new(&states), 0);
		assert_int_equal(peer_states_read(states, text), 0);
		read = status_of(states, &peer);
		assert_int_equal(read.state, rows[i].status.state);
		assert_int_equal(read.calls, rows[i].status.calls);
		assert_int_equal(read.last_used, rows[i].status.last_used);
		read = status_of(states, &other);
		assert_int_equal(read.state, PLAN_PEER_UP);
		peer_states_free(states);
	}
}

static void reads_what_it_writes_of_targets(void **state)
{
	const struct plan_target_status idle = {0},
					busy = {.busy = 3,
						.channels = 30,
						.idle_since = 1250,
						.last_used = UINT64_MAX},
					down = {.down = true};
	struct plan_target_status read;
	struct peer_states *states;
	char text[512];

	assert_int_equal(peer_states_new(&states), 0);
	assert_false(peer_states_write_target("1:D", &idle, text, sizeof(text)));
	assert_true(peer_states_write_target("1:D", &busy, text, sizeof(text)));
	assert_string_equal(text, "target 1:D up busy 3 channels 30 idle-since 1250 last-used "
				  "18446744073709551615");
	assert_int_equal(peer_states_read(states, text), 0);
	assert_true(peer_states_write_target("ipv4:10.1.1.1", &down, text, sizeof(text)));
	assert_int_equal(peer_states_read(states, text), 0);
	assert_int_equal(peer_states_read(states, text), 0); /* of two groups */
	read = target_of(states, "1:D");
	assert_false(read.down);
	assert_int_equal(read.busy, 3);
	assert_int_equal(read.channels, 30);
	assert_int_equal(read.idle_since, 1250);
	assert_int_equal(read.last_used, UINT64_MAX);
	assert_true(target_of(states, "ipv4:10.1.1.1").down);
	assert_false(target_of(states, "2:D").down);
	peer_states_free(states);
}

static void leaves_other_lines_out(void **state)
{
	static const char *const lines[] = {
	    "",
	    "dial-peer",
	    "dial-peer 7 strange calls 0 last-used 0",
	    "dial-peer 7 port-down",
	    "target 1:D down",
	    "configuration /etc/sipspan/sipspan.conf",
	};
	const struct peer peer = {.tag = 7};
	struct peer_states *states;

	assert_int_equal(peer_states_new(&states), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(peer_states_read(states, lines[i]), 0);
	assert_int_equal(status_of(states, &peer).state, PLAN_PEER_UP);
	assert_false(target_of(states, "1:D").down);
	peer_states_free(states);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_it_writes_of_peers),
	    cmocka_unit_test(reads_what_it_writes_of_telephones),
	    cmocka_unit_test(reads_what_it_writes_of_targets),
	    cmocka_unit_test(reads_what_it_writes_of_trunk_groups),
	    cmocka_unit_test(leaves_other_lines_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
