// SPDX-License-Identifier: GPL-2.0-or-later
/* Session targets that are names, as trusted sources; asked of name_server.c's zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/sip/trusted_names.h"
#include "tests/unit/name_server.h"

#define INTERVAL_MS 40
#define DEADLINE_S 40

static void *ctx;
static struct trust *trust;
static struct trusted_names *names;
static unsigned changes, failures; /* log lines */

static void count_line(struct log_target *target, unsigned int level, const char *line)
{
	changes += strstr(line, "are accepted from") != NULL;
	failures += strstr(line, "cannot be looked up") != NULL;
}

static int start(void **state)
{
	struct trusted_names_config config = {.interval_ms = INTERVAL_MS, .retry_ms = INTERVAL_MS};
	char server[32];

	name_server_start(server);
	config.servers = server;
	config.trust = trust = trust_new();
	assert_int_equal(trusted_names_new(ctx, &config, &names), 0);
	changes = failures = 0;
	return 0;
}

static int stop(void **state)
{
	trusted_names_free(names);
	trust_free(trust);
	name_server_stop();
	return 0;
}

static void add(const char *text, enum peer_transport transport)
{
	struct target target;

	assert_int_equal(target_parse(text, transport, &target), 0);
	assert_int_equal(trusted_names_add(names, &target), 0);
}

static bool allows(const char *text)
{
	struct sockaddr_storage from;

	assert_int_equal(target_address_parse(text, 40000, &from), 0);
	return trust_allows(trust, (struct sockaddr *)&from);
}

static void deadline(void *data)
{
	*(bool *)data = true;
}

static void wait_until(const char *address, bool allowed)
{
	struct osmo_timer_list timer = {0};
	bool over = false;

	osmo_timer_setup(&timer, deadline, &over);
	osmo_timer_schedule(&timer, DEADLINE_S, 0);
	while (!over && allows(address) != allowed)
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
	if (over)
		fail_msg("%s is still %s", address, allowed ? "refused" : "trusted");
}

/* So many further questions came in, that is: look-ups are over. */
static void wait_for_questions(unsigned more)
{
	unsigned from = name_server_questions;

	while (name_server_questions < from + more)
		osmo_select_main_ctx(0);
}

static void trusts_all_addresses_of_a_name(void **state)
{
	add("dns:both.test:5060", PEER_TRANSPORT_UDP);
	assert_false(allows("192.0.2.2"));
	wait_until("192.0.2.2", true);
	assert_true(allows("2001:db8::2"));
	assert_false(allows("192.0.2.1"));
}

static void srv_names_the_hosts_for_the_transport_of_the_peer(void **state)
{
	add("dns:service.test", PEER_TRANSPORT_TCP);
	wait_until("192.0.2.11", true);
	assert_false(allows("192.0.2.12"));
	add("dns:service.test", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.12", true);
	assert_true(allows("192.0.2.11"));
	assert_false(allows("192.0.2.99")); /* what SRV names, not the name itself */
}

static void a_new_answer_replaces_the_old_one(void **state)
{
	name_server_move("192.0.2.21 192.0.2.22");
	add("dns:moving.test:5060", PEER_TRANSPORT_UDP);
	add("dns:plain.test:5060", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.21", true);
	assert_true(allows("192.0.2.22"));
	wait_until("192.0.2.1", true);
	name_server_move("192.0.2.22 192.0.2.23");
	wait_until("192.0.2.23", true);
	assert_true(allows("192.0.2.22"));
	assert_false(allows("192.0.2.21"));
	assert_true(allows("192.0.2.1")); /* the other name's */
}

static void a_failed_look_up_keeps_the_old_addresses(void **state)
{
	static const char *const failing[] = {"", "broken"};

	name_server_move("192.0.2.21");
	add("dns:moving.test:5060", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.21", true);
	for (unsigned i = 0; i < 2; i++) {
		name_server_move(failing[i]);
		wait_for_questions(12);
		assert_true(allows("192.0.2.21"));
		assert_int_equal(failures, 1 + i);
	}
	name_server_move("192.0.2.22");
	wait_until("192.0.2.22", true);
	assert_false(allows("192.0.2.21"));
}

static void a_partial_answer_takes_nothing_away(void **state)
{
	name_server_move("192.0.2.21");
	add("dns:half.test", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.21", true);
	assert_true(allows("192.0.2.11"));
	name_server_move("broken");
	wait_for_questions(12);
	assert_true(allows("192.0.2.21"));
	name_server_move("192.0.2.22");
	wait_until("192.0.2.22", true);
	assert_false(allows("192.0.2.21"));
}

static void a_name_that_appears_later_is_found(void **state)
{
	add("dns:moving.test", PEER_TRANSPORT_UDP);
	wait_for_questions(6);
	assert_int_equal(failures, 1);
	name_server_move("192.0.2.21");
	wait_until("192.0.2.21", true);
}

static void a_change_is_one_log_line(void **state)
{
	name_server_move("192.0.2.21 192.0.2.22");
	add("dns:moving.test:5060", PEER_TRANSPORT_UDP);
	add("dns:moving.test:5060", PEER_TRANSPORT_UDP); /* another peer with the same target */
	wait_until("192.0.2.21", true);
	name_server_move("192.0.2.22 192.0.2.21");
	wait_for_questions(8);
	assert_int_equal(changes, 1);
	name_server_move("192.0.2.22");
	wait_until("192.0.2.21", false);
	assert_int_equal(changes, 2);
	assert_int_equal(failures, 0);
}

static void ends_in_the_middle_of_a_look_up(void **state)
{
	add("dns:silent.test", PEER_TRANSPORT_UDP);
	wait_for_questions(1);
}

static void another_set_keeps_what_is_in_both_and_drops_the_rest(void **state)
{
	add("dns:both.test:5060", PEER_TRANSPORT_UDP);
	add("dns:plain.test:5060", PEER_TRANSPORT_UDP);
	add("dns:silent.test", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.2", true);
	wait_until("192.0.2.1", true);
	trusted_names_begin(names);
	add("dns:both.test:5060", PEER_TRANSPORT_UDP);
	trusted_names_end(names);
	assert_true(allows("192.0.2.2")); /* at once, not after the next look-up */
	assert_false(allows("192.0.2.1"));
	wait_for_questions(2);
	assert_true(allows("192.0.2.2"));
	assert_false(allows("192.0.2.1"));
}

static void another_port_or_transport_of_a_host_shuts_nobody_out(void **state)
{
	add("dns:both.test:5060", PEER_TRANSPORT_UDP);
	wait_until("192.0.2.2", true);
	trusted_names_begin(names);
	add("dns:both.test:5062", PEER_TRANSPORT_TCP);
	add("dns:silent.test", PEER_TRANSPORT_TCP);
	trusted_names_end(names);
	assert_true(allows("192.0.2.2"));
	assert_false(allows("192.0.2.1"));
	trusted_names_begin(names);
	trusted_names_end(names);
	assert_false(allows("192.0.2.2"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(trusts_all_addresses_of_a_name, start, stop),
	    cmocka_unit_test_setup_teardown(srv_names_the_hosts_for_the_transport_of_the_peer,
					    start, stop),
	    cmocka_unit_test_setup_teardown(a_new_answer_replaces_the_old_one, start, stop),
	    cmocka_unit_test_setup_teardown(a_failed_look_up_keeps_the_old_addresses, start, stop),
	    cmocka_unit_test_setup_teardown(a_partial_answer_takes_nothing_away, start, stop),
	    cmocka_unit_test_setup_teardown(a_name_that_appears_later_is_found, start, stop),
	    cmocka_unit_test_setup_teardown(a_change_is_one_log_line, start, stop),
	    cmocka_unit_test_setup_teardown(another_set_keeps_what_is_in_both_and_drops_the_rest,
					    start, stop),
	    cmocka_unit_test_setup_teardown(another_port_or_transport_of_a_host_shuts_nobody_out,
					    start, stop),
	    cmocka_unit_test_setup_teardown(ends_in_the_middle_of_a_look_up, start, stop),
	};
	struct log_target *lines;

	ctx = talloc_named_const(NULL, 0, "trusted names");
	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	lines = log_target_create();
	lines->output = count_line;
	log_set_all_filter(lines, 1);
	log_add_target(lines);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
