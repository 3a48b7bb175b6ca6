// SPDX-License-Identifier: GPL-2.0-or-later
/* OPTIONS to session targets: who is busied out by which answers, and how often who is asked. A second
 * lasts SECOND_MS here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/ua_private.h"
#include "tests/unit/name_server.h"
#include "tests/unit/sip_one_phone.h"

#define SECOND_MS 40
#define RETRY 3

static struct keepalive *keepalive;
static struct plan *plan;
static unsigned changes;
static char here[64]; /* "ipv4:127.0.0.1:PORT" */

static const struct sip_keepalive quick = {
    .on = SIP_SWITCH_ON, .up_s = 2, .down_s = 4, .retry = RETRY};

static void changed(void *arg)
{
	changes++;
}

static int start(void **state)
{
	static const struct plan_options options = {.permit_default = true};
	static char server[32];

	rig_start(NULL);
	name_server_start(server);
	rig_use_name_server(server);
	phone_open(&phone, false, false, rig.peer_port);
	snprintf(here, sizeof(here), "ipv4:127.0.0.1:%u", rig.peer_port);
	keepalive_free(rig.ua->keepalive);
	assert_int_equal(keepalive_new(rig.ua, SECOND_MS, &rig.ua->keepalive), 0);
	keepalive = rig.ua->keepalive;
	keepalive_on_change(keepalive, changed, NULL);
	changes = 0;
	plan = plan_new(&options);
	return 0;
}

static int stop(void **state)
{
	plan_unref(plan);
	phone_close(&phone);
	name_server_stop();
	rig_stop();
	return 0;
}

static void add_peer(unsigned tag, const char *target, unsigned group,
		     const struct sip_keepalive *wanted)
{
	struct peer peer;
	char why[128];

	peer_init(&peer, tag, PEER_VOIP);
	strcpy(peer.destination_pattern, "7...");
	strcpy(peer.session_target, target);
	peer.server_group = group;
	peer.sip.keepalive = *wanted;
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), 0);
}

static void begin(void)
{
	assert_int_equal(plan_seal(plan), 0);
	keepalive_configure(keepalive, plan);
}

static void answer_next(const char *status)
{
	const char *options = phone_expect(&phone, "OPTIONS sip:");

	phone_respond(&phone, options, status, "t", NULL);
}

static bool is_busy(void *target)
{
	return keepalive_of_target(keepalive, target) == KEEPALIVE_BUSY_OUT;
}

static bool is_active(void *target)
{
	return keepalive_of_target(keepalive, target) == KEEPALIVE_ACTIVE;
}

static void the_request_is_whole(void **state)
{
	const char *options;
	char line[96];

	add_peer(1, here, 0, &quick);
	begin();
	options = phone_expect(&phone, "OPTIONS sip:");
	snprintf(line, sizeof(line), "OPTIONS sip:127.0.0.1:%u SIP/2.0\r\n", rig.peer_port);
	assert_memory_equal(options, line, strlen(line));
	assert_string_equal(header(options, "Max-Forwards"), "70");
	assert_string_equal(header(options, "Accept"), "application/sdp");
	assert_non_null(strstr(header(options, "From"), ";tag="));
	assert_null(strstr(header(options, "To"), ";tag="));
	phone_respond(&phone, options, "200 OK", "t", NULL);
}

static void any_answer_but_503_and_505_is_alive(void **state)
{
	static const char *const statuses[] = {"404 Not Found",	  "200 OK",
					       "405 Not Allowed", "500 Server Error",
					       "603 Decline",	  "401 Unauthorized"};

	add_peer(1, here, 0, &quick);
	begin();
	for (unsigned i = 0; i < 2 * RETRY; i++)
		answer_next(statuses[i % 6]);
	rig_run(SECOND_MS / 2);
	assert_true(is_active(here));
	assert_int_equal(changes, 0);
}

static void so_many_failures_in_a_row_busy_it_out_and_two_answers_bring_it_back(void **state)
{
	static const char *const statuses[] = {"503 Service Unavailable",
					       "505 Version Not Supported"};
	const struct peer *peer;

	add_peer(1, here, 0, &quick);
	begin();
	peer = plan_peer_at(plan, 0);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 1; k < RETRY; k++)
			answer_next(statuses[i]);
		answer_next("404 Not Found"); /* not in a row */
		for (unsigned k = 1; k < RETRY; k++)
			answer_next(statuses[i]);
		rig_run(5);
		assert_true(is_active(here));
		answer_next(statuses[i]);
		assert_true(rig_wait(is_busy, here, 20000));
		assert_int_equal(keepalive_of_peer(keepalive, peer), KEEPALIVE_BUSY_OUT);
		assert_int_equal(keepalive_of_all(keepalive), KEEPALIVE_BUSY_OUT);
		answer_next("200 OK");
		answer_next(statuses[i]); /* one swallow makes no summer */
		answer_next("200 OK");
		rig_run(5);
		assert_true(is_busy(here));
		answer_next("200 OK");
		assert_true(rig_wait(is_active, here, 20000));
		assert_int_equal(changes, 2 * i + 2);
	}
}

static void be_silent_until_busy(char *target)
{
	uint64_t end_ms = target_health_now_ms() + 20000;

	while (!is_busy(target)) {
		assert_true(target_health_now_ms() < end_ms);
		phone_receive(&phone, 5);
	}
	while (phone.count)
		phone_receive(&phone, 0);
}

/* Questions that were given up may still be repeated among those that count. */
static void answer_until_active(char *target, const char *status)
{
	uint64_t end_ms = target_health_now_ms() + 20000;

	while (!is_active(target)) {
		const char *options = phone_receive(&phone, 5);

		assert_true(target_health_now_ms() < end_ms);
		if (options[0])
			phone_respond(&phone, options, status, "t", NULL);
	}
}

static void silence_and_refusal_are_failures(void **state)
{
	add_peer(1, here, 0, &quick);
	begin();
	be_silent_until_busy(here);
	answer_until_active(here, "200 OK");
	phone_close(&phone);
	assert_true(rig_wait(is_busy, here, 20000));
	phone_open(&phone, false, false, rig.peer_port);
	answer_until_active(here, "404 Not Found");
}

/* Answers what comes for so long; how much that was. */
static unsigned answer_for(unsigned ms)
{
	uint64_t end_ms = target_health_now_ms() + ms;
	unsigned count = 0;

	while (target_health_now_ms() < end_ms) {
		const char *options = phone_receive(&phone, 10);

		if (!options[0])
			continue;
		phone_respond(&phone, options, "200 OK", "t", NULL);
		count++;
	}
	return count;
}

static void a_shared_target_is_asked_once_as_the_most_demanding_peer_wants(void **state)
{
	static const struct sip_keepalive slow = {.on = SIP_SWITCH_ON, .up_s = 1000};
	static const struct sip_keepalive off = {.on = SIP_SWITCH_OFF};

	for (unsigned tag = 1; tag <= 50; tag++)
		add_peer(tag, here, 0, &slow);
	add_peer(60, here, 0, &quick);
	add_peer(61, here, 0, &off);
	begin();
	/* every 2 s of SECOND_MS, at most a tenth earlier */
	assert_in_range(answer_for(20 * SECOND_MS), 3, 20 / 2 * 10 / 9 + 1);
	assert_int_equal(keepalive_of_peer(keepalive, plan_peer_at(plan, 0)), KEEPALIVE_ACTIVE);
	assert_int_equal(keepalive_of_peer(keepalive, plan_peer_at(plan, 51)), KEEPALIVE_NONE);
}

static void a_name_is_active_while_one_address_answers(void **state)
{
	char name[64];
	struct phone v6;

	snprintf(name, sizeof(name), "dns:here.test:%u", rig.peer_port);
	add_peer(1, name, 0, &quick);
	begin();
	answer_for(30 * SECOND_MS); /* nobody is at ::1 */
	assert_true(is_active(name));
	phone_close(&phone);
	assert_true(rig_wait(is_busy, name, 20000));
	phone_open(&v6, false, true, rig.peer_port);
	for (unsigned i = 0; i < 2; i++)
		phone_respond(&v6, phone_expect(&v6, "OPTIONS"), "200 OK", "t", NULL);
	assert_true(rig_wait(is_active, name, 20000));
	phone_close(&v6);
	phone_open(&phone, false, false, rig.peer_port);
}

static void a_name_without_address_is_busied_out_until_it_has_one(void **state)
{
	char name[64];

	snprintf(name, sizeof(name), "dns:moving.test:%u", rig.peer_port);
	add_peer(1, name, 0, &quick);
	begin();
	assert_true(is_active(name));
	assert_true(rig_wait(is_busy, name, 20000));
	name_server_move("127.0.0.1");
	answer_next("200 OK");
	assert_true(rig_wait(is_active, name, 20000));
}

static void a_group_is_busied_out_if_all_its_servers_are(void **state)
{
	struct server_group group = {.number = 1, .count = 2};
	const struct peer *peer;
	char *dead = group.servers[0].target;

	strcpy(dead, "ipv4:127.0.0.1:9");
	strcpy(group.servers[1].target, here);
	assert_int_equal(plan_add_server_group(plan, &group), 0);
	add_peer(1, "", 1, &quick);
	begin();
	peer = plan_peer_at(plan, 0);
	answer_for(20 * SECOND_MS);
	assert_true(is_busy(dead));
	assert_int_equal(keepalive_of_peer(keepalive, peer), KEEPALIVE_ACTIVE);
	be_silent_until_busy(here);
	assert_int_equal(keepalive_of_peer(keepalive, peer), KEEPALIVE_BUSY_OUT);
}

static void count_sent(void *arg, const struct keepalive_view *view)
{
	*(unsigned *)arg += view->addresses[0].sent;
}

static void many_targets_are_asked_at_a_steady_pace(void **state)
{
	static const struct sip_keepalive often = {.on = SIP_SWITCH_ON, .up_s = 1, .down_s = 1};
	char target[64];
	unsigned sent = 0;

	for (unsigned i = 1; i <= 2000; i++) {
		snprintf(target, sizeof(target), "ipv4:127.0.%u.%u:9", 1 + i / 200, 1 + i % 200);
		add_peer(i, target, 0, &often);
	}
	begin();
	rig_run(1000);
	keepalive_each(keepalive, count_sent, &sent);
	/* windows of 100 ms: one more may have begun */
	assert_in_range(sent, 1, KEEPALIVE_PER_SECOND * 12 / 10);
}

static void what_is_configured_no_longer_is_asked_no_longer(void **state)
{
	static const struct plan_options options = {.permit_default = true};
	struct plan *empty = plan_new(&options);

	add_peer(1, here, 0, &quick);
	begin();
	answer_next("200 OK");
	assert_true(is_active(here));
	plan_seal(empty);
	keepalive_configure(keepalive, empty);
	plan_unref(empty);
	assert_int_equal(keepalive_of_target(keepalive, here), KEEPALIVE_NONE);
	phone_expect_nothing(&phone, 6 * SECOND_MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_request_is_whole, start, stop),
	    cmocka_unit_test_setup_teardown(any_answer_but_503_and_505_is_alive, start, stop),
	    cmocka_unit_test_setup_teardown(
		so_many_failures_in_a_row_busy_it_out_and_two_answers_bring_it_back, start, stop),
	    cmocka_unit_test_setup_teardown(silence_and_refusal_are_failures, start, stop),
	    cmocka_unit_test_setup_teardown(
		a_shared_target_is_asked_once_as_the_most_demanding_peer_wants, start, stop),
	    cmocka_unit_test_setup_teardown(a_name_is_active_while_one_address_answers, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_name_without_address_is_busied_out_until_it_has_one,
					    start, stop),
	    cmocka_unit_test_setup_teardown(a_group_is_busied_out_if_all_its_servers_are, start,
					    stop),
	    cmocka_unit_test_setup_teardown(many_targets_are_asked_at_a_steady_pace, start, stop),
	    cmocka_unit_test_setup_teardown(what_is_configured_no_longer_is_asked_no_longer, start,
					    stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
