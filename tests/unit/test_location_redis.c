// SPDX-License-Identifier: GPL-2.0-or-later
/* Two gateways of a site on one Redis: what one is told the other knows; either can die, and Redis can. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/survive/location.h"
#include "tests/unit/random.h"
#include "tests/unit/redis_rig.h"

#define DEADLINE_MS 60000

static struct redis_rig rig;
static struct location *alpha, *beta;
static uint64_t soon_ms; /* when bindings of the test end */
static unsigned lines;	 /* logged of the store */
static char last_line[512];
static char told[1024]; /* to beta's watcher */

/* ---- the rig */

static void keep_line(struct log_target *target, unsigned int level, const char *line)
{
	if (strncmp(line, "location:", strlen("location:")) != 0)
		return; /* of gateways that come and go */
	lines++;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int set_up(void **state)
{
	struct log_target *target;

	signal(SIGPIPE, SIG_IGN);
	log_setup(talloc_named_const(NULL, 0, "test_location_redis"));
	target = log_target_create();
	assert_non_null(target);
	log_target_plain(target);
	target->output = keep_line;
	log_set_all_filter(target, 1);
	log_add_target(target);
	return 0;
}

static void note(void *arg, const char *name)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s ", name);
}

static bool is_reachable(const struct location *location)
{
	struct location_counters counters;

	location_counters(location, &counters);
	return counters.reachable;
}

#define until(condition)                                                                           \
	do {                                                                                       \
		uint64_t end_ms = location_now_ms() + DEADLINE_MS;                                 \
		while (!(condition) && location_now_ms() < end_ms)                                 \
			osmo_select_main(0);                                                       \
		assert_true(condition);                                                            \
	} while (0)

static struct location *open_location(const char *gateway, const char *password)
{
	const struct location_config config = {
	    .redis = rig.socket, .redis_password = password, .gateway = gateway};
	struct location *location;
	char why[256];

	assert_int_equal(location_new(NULL, &config, &location, why, sizeof(why)), 0);
	return location;
}

static int begin(void **state)
{
	redis_rig_start(&rig, "no", NULL);
	soon_ms = location_now_ms() + 3600000;
	alpha = open_location("alpha", NULL);
	beta = open_location("beta", NULL);
	location_watch(beta, note, NULL);
	until(is_reachable(alpha) && is_reachable(beta));
	told[0] = '\0';
	lines = 0;
	return 0;
}

static int end(void **state)
{
	location_free(alpha);
	location_free(beta);
	redis_rig_end(&rig);
	return 0;
}

static unsigned answers;
static int last_error;

static void answer(void *arg, int error)
{
	answers++;
	last_error = error;
}

/* What its `done` is told. */
static int change(struct location *location, enum location_verb verb, const char *name,
		  const char *uri)
{
	const struct location_change one = {
	    verb, {.name = name, .contact = {.uri = uri}, .expires_ms = soon_ms}};
	unsigned before = answers;
	int rc = location_change(location, &one, 1, answer, NULL);

	if (rc)
		return rc;
	until(answers == before + 1);
	return last_error;
}

/* "uri@gateway ", in the order of location_find */
static const char *found(const struct location *location, const char *name)
{
	const struct location_binding *bindings[8];
	unsigned n = location_find(location, name, bindings, 8);
	static char text[512];

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s@%s ",
			 bindings[i]->contact.uri, bindings[i]->gateway);
	return text;
}

static bool is_found(const struct location *location, const char *name, const char *what)
{
	return !strcmp(found(location, name), what);
}

static unsigned bindings(const struct location *location)
{
	struct location_counters counters;

	location_counters(location, &counters);
	return counters.bindings;
}

/* All of it, as a sum that does not depend on the order. */
static bool add_to_sum(void *arg, const struct location_binding *binding)
{
	uint64_t x = binding->cseq * 0x9e3779b97f4a7c15u;

	for (const char *at = binding->name; *at; at++)
		x = (x ^ (unsigned char)*at) * 0x100000001b3u;
	for (const char *at = binding->contact.uri; *at; at++)
		x = (x ^ (unsigned char)*at) * 0x100000001b3u;
	*(uint64_t *)arg += x ^ x >> 31;
	return true;
}

static uint64_t sum(const struct location *location)
{
	uint64_t all = 0;

	location_each(location, add_to_sum, &all);
	return all;
}

/* ---- two gateways */

static void what_one_is_told_the_other_knows(void **state)
{
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	assert_true(is_found(alpha, "2001", "sip:a@alpha ")); /* from `done` on */
	until(is_found(beta, "2001", "sip:a@alpha "));
	assert_string_equal(told, "2001 ");
	assert_int_equal(change(beta, LOCATION_PUT, "2001", "sip:b"), 0);
	until(is_found(alpha, "2001", "sip:b@beta sip:a@alpha "));
	assert_int_equal(change(beta, LOCATION_REMOVE, "2001", "sip:a"), 0);
	until(is_found(alpha, "2001", "sip:b@beta "));
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:c"), 0);
	assert_int_equal(change(beta, LOCATION_REMOVE_ALL, "2001", NULL), 0);
	until(is_found(alpha, "2001", ""));
	assert_int_equal(redis_rig_ask(&rig, "DBSIZE"), 0);
	assert_int_equal(lines, 0);
}

static void a_gateway_that_begins_reads_what_there_is(void **state)
{
	struct location_change put = {
	    LOCATION_PUT, {.contact = {.instance = "<urn:uuid:1>"}, .expires_ms = soon_ms}};
	struct location *gamma;
	char name[16], uri[32];

	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "%u", i / 2);
		snprintf(uri, sizeof(uri), "sip:%u", i);
		put.binding.name = name;
		put.binding.contact.uri = uri;
		put.binding.contact.reg_id = i % 2;
		put.binding.cseq = i;
		assert_int_equal(location_change(alpha, &put, 1, NULL, NULL), 0);
	}
	until(bindings(alpha) == 3000 && bindings(beta) == 3000);
	gamma = open_location("gamma", NULL);
	until(bindings(gamma) == 3000);
	assert_true(sum(gamma) == sum(alpha) && sum(gamma) == sum(beta));
	location_free(gamma);
}

static void all_agree_whoever_was_first(void **state)
{
	static const enum location_verb verbs[] = {LOCATION_PUT, LOCATION_PUT, LOCATION_PUT,
						   LOCATION_REMOVE, LOCATION_REMOVE_ALL};
	struct location *gamma = NULL;
	unsigned all = 3000;

	answers = 0;
	for (unsigned i = 0; i < all; i++) {
		char name[16], uri[16];
		struct location_change one = {
		    verbs[random_below(OSMO_MIN(5, 3 + i % 50))],
		    {.name = name, .contact = {.uri = uri}, .cseq = i, .expires_ms = soon_ms}};

		snprintf(name, sizeof(name), "%u", random_below(40));
		snprintf(uri, sizeof(uri), "sip:%u", random_below(3));
		assert_int_equal(location_change(i % 2 ? alpha : beta, &one, 1, answer, NULL), 0);
		if (i % 10 == 0)
			osmo_select_main(0);
		if (i == all / 2) /* reads while changes are made */
			gamma = open_location("gamma", NULL);
	}
	until(answers == all);
	assert_int_equal(change(alpha, LOCATION_PUT, "last", "sip:a"), 0);
	until(is_found(beta, "last", "sip:a@alpha ") && is_found(gamma, "last", "sip:a@alpha "));
	assert_true(bindings(alpha) > 10);
	assert_true(sum(alpha) == sum(beta));
	assert_true(sum(alpha) == sum(gamma));
	location_free(gamma);
	gamma = open_location("gamma", NULL);
	until(bindings(gamma) == bindings(alpha));
	assert_true(sum(alpha) == sum(gamma));
	location_free(gamma);
}

static int child_fd;
static struct location *child;

static void child_done(void *arg, int error)
{
	unsigned done = (unsigned)(uintptr_t)arg, next = done + 20;
	char name[16];
	struct location_change put = {
	    LOCATION_PUT, {.name = name, .contact = {.uri = "sip:x"}, .expires_ms = soon_ms}};

	if (error || write(child_fd, &done, sizeof(done)) != sizeof(done))
		_exit(1);
	snprintf(name, sizeof(name), "c%u", next);
	if (location_change(child, &put, 1, child_done, (void *)(uintptr_t)next))
		_exit(1);
}

static void a_gateway_that_is_killed_leaves_all_to_the_other(void **state)
{
	int pipe_fds[2];
	unsigned done, known = 0;
	char name[16];
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	location_free(alpha); /* their connections are not for the child */
	location_free(beta);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		child_fd = pipe_fds[1];
		child = open_location("gamma", NULL);
		while (!is_reachable(child))
			osmo_select_main(0);
		for (unsigned i = 0; i < 20; i++)
			child_done((void *)(uintptr_t)(i - 20), 0);
		for (;;)
			osmo_select_main(0);
	}
	close(pipe_fds[1]);
	alpha = open_location("alpha", NULL);
	beta = open_location("beta", NULL);
	until(bindings(alpha) > 200);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(pipe_fds[0], &done, sizeof(done)) == sizeof(done)) {
		if (done >= UINT32_MAX - 20)
			continue; /* the first, which only begin */
		snprintf(name, sizeof(name), "c%u", done);
		until(is_found(alpha, name, "sip:x@gamma ") &&
		      is_found(beta, name, "sip:x@gamma "));
		known++;
	}
	close(pipe_fds[0]);
	assert_true(known >= 200 - 20);
	location_free(beta);
	beta = open_location("beta", NULL);
	until(bindings(beta) == bindings(alpha) && is_reachable(beta));
	assert_true(sum(alpha) == sum(beta));
}

/* ---- time */

static void redis_forgets_at_the_end_too(void **state)
{
	long long left;

	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	left = redis_rig_ask(&rig, "PTTL sipspan:location:2001");
	assert_in_range(left, 3500000, 3600000);
	soon_ms = location_now_ms() + 7200000; /* a later one: the hash lasts longer */
	assert_int_equal(change(beta, LOCATION_PUT, "2001", "sip:b"), 0);
	left = redis_rig_ask(&rig, "PTTL sipspan:location:2001");
	assert_in_range(left, 7100000, 7200000);
	soon_ms = location_now_ms() + 1500; /* an earlier one: not shorter */
	assert_int_equal(change(beta, LOCATION_PUT, "2001", "sip:c"), 0);
	assert_int_equal(redis_rig_ask(&rig, "HLEN sipspan:location:2001"), 3);
	left = redis_rig_ask(&rig, "PTTL sipspan:location:2001");
	assert_in_range(left, 7000000, 7200000);
	until(bindings(alpha) == 2 && bindings(beta) == 2);
	until(redis_rig_ask(&rig, "HLEN sipspan:location:2001") == 2);
}

static void what_ended_while_nobody_looked_does_not_come_back(void **state)
{
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	soon_ms = location_now_ms() + 50;
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:b"), 0);
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), 0);
	location_free(alpha);
	location_free(beta);
	while (location_now_ms() <= soon_ms)
		usleep(1000);
	alpha = open_location("alpha", NULL);
	beta = open_location("beta", NULL);
	until(is_reachable(alpha) && is_reachable(beta));
	assert_true(is_found(alpha, "2001", "sip:a@alpha "));
	assert_int_equal(bindings(alpha), 1);
	until(redis_rig_ask(&rig, "HLEN sipspan:location:2001") == 1);
}

/* ---- Redis is away */

static void a_silent_redis_costs_half_a_second_then_nothing(void **state)
{
	uint64_t began_ms, took_ms;

	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	redis_rig_signal(&rig, SIGSTOP);
	began_ms = location_now_ms();
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), -ETIMEDOUT);
	took_ms = location_now_ms() - began_ms;
	assert_in_range(took_ms, LOCATION_STORE_MS - 1, DEADLINE_MS);
	assert_false(is_reachable(alpha));
	assert_true(is_found(alpha, "2001", "sip:a@alpha "));
	assert_true(is_found(alpha, "2002", ""));
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), -ENOTCONN);
	until(!is_reachable(beta)); /* by its heartbeat */
	assert_int_equal(lines, 2);
	redis_rig_signal(&rig, SIGCONT);
	until(is_reachable(alpha) && is_reachable(beta));
	assert_int_equal(lines, 4);
	assert_int_equal(change(alpha, LOCATION_PUT, "2003", "sip:c"), 0);
	until(is_found(beta, "2003", "sip:c@alpha "));
	assert_true(sum(alpha) == sum(beta));
}

static void who_stands_still_himself_does_not_call_redis_silent(void **state)
{
	struct location_change put = {
	    LOCATION_PUT, {.name = "2001", .contact = {.uri = "sip:a"}, .expires_ms = soon_ms}};
	struct location_counters before, now;

	location_counters(alpha, &before);
	answers = 0;
	assert_int_equal(location_change(alpha, &put, 1, answer, NULL), 0);
	do {
		osmo_select_main(0);
		location_counters(alpha, &now);
	} while (now.batches == before.batches);
	osmo_select_main(1); /* it is sent */
	usleep((LOCATION_STORE_MS + 100) * 1000);
	until(answers);
	assert_int_equal(last_error, 0);
	assert_int_equal(lines, 0);
	assert_true(is_reachable(alpha) && is_reachable(beta));
}

static void a_redis_that_was_killed_is_told_again_what_it_knew(void **state)
{
	struct location_change put = {LOCATION_PUT,
				      {.contact = {.uri = "sip:x"}, .expires_ms = soon_ms}};
	struct location *gamma;
	uint64_t before;
	char name[16];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		put.binding.name = name;
		assert_int_equal(location_change(i % 2 ? alpha : beta, &put, 1, NULL, NULL), 0);
	}
	until(bindings(alpha) == 1000 && bindings(beta) == 1000);
	before = sum(alpha);
	lines = 0;
	redis_rig_kill(&rig);
	until(!is_reachable(alpha) && !is_reachable(beta));
	assert_true(is_found(alpha, "17", "sip:x@alpha "));
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), -ENOTCONN);
	redis_rig_start_again(&rig);
	until(is_reachable(alpha) && is_reachable(beta));
	assert_int_equal(lines, 4);
	until(redis_rig_ask(&rig, "DBSIZE") == 1000);
	assert_true(sum(alpha) == before && sum(beta) == before);
	gamma = open_location("gamma", NULL);
	until(bindings(gamma) == 1000);
	assert_true(sum(gamma) == before);
	location_free(gamma);
}

static void what_was_removed_meanwhile_is_gone(void **state)
{
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), 0);
	until(bindings(beta) == 2);
	told[0] = '\0';
	redis_rig_ask(&rig, "CLIENT KILL TYPE pubsub");
	assert_int_equal(redis_rig_ask(&rig, "DEL sipspan:location:2001"), 1);
	until(is_found(beta, "2001", "") && is_found(alpha, "2001", ""));
	assert_string_equal(told, "2001 "); /* not 2002, which is as it was */
	assert_true(is_found(beta, "2002", "sip:b@alpha "));
}

static void a_redis_that_refuses_is_heard_of(void **state)
{
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	redis_rig_ask(&rig, "CONFIG SET maxmemory 1");
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), -EIO);
	assert_int_equal(change(alpha, LOCATION_PUT, "2003", "sip:b"), -EIO);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last_line, "refuses changes: OOM"));
	assert_true(is_reachable(alpha));
	assert_true(is_found(alpha, "2002", ""));
	redis_rig_ask(&rig, "CONFIG SET maxmemory 0");
	assert_int_equal(change(alpha, LOCATION_PUT, "2002", "sip:b"), 0);
	until(lines == 2);
	until(is_found(beta, "2002", "sip:b@alpha "));
}

static void what_cannot_be_read_is_left_out(void **state)
{
	assert_int_equal(change(alpha, LOCATION_PUT, "2001", "sip:a"), 0);
	redis_rig_ask(&rig, "HSET sipspan:location:2001 x garbage y 0123456789abcdef");
	redis_rig_ask(&rig, "SET sipspan:location:2002 x");
	redis_rig_ask(&rig, "PUBLISH sipspan:location garbage");
	redis_rig_ask(&rig, "PUBLISH sipspan:location x\n");
	redis_rig_ask(&rig, "PUBLISH sipspan:location \n");
	redis_rig_ask(&rig, "PUBLISH sipspan:location 0123456789abcdef_0123456789\nx");
	location_free(beta);
	beta = open_location("beta", NULL);
	until(is_reachable(beta));
	assert_true(is_found(beta, "2001", "sip:a@alpha "));
	assert_int_equal(bindings(beta), 1);
	assert_int_equal(change(beta, LOCATION_PUT, "2003", "sip:c"), 0);
	until(is_found(alpha, "2003", "sip:c@beta "));
}

/* ---- beginning */

static void two_gateways_of_one_name_are_a_mistake(void **state)
{
	struct location *namesake = open_location("alpha", NULL);

	until(strstr(last_line, "another gateway is called alpha too"));
	location_free(namesake);
}

static void the_password_is_shown_and_a_wrong_one_is_said(void **state)
{
	struct redis_rig guarded;
	struct location_config config = {.redis_password = "secret of ours", .gateway = "alpha"};
	struct location *right, *wrong;
	char why[256];

	redis_rig_start(&guarded, "no", "secret of ours");
	config.redis = guarded.socket;
	assert_int_equal(location_new(NULL, &config, &right, why, sizeof(why)), 0);
	until(is_reachable(right));
	lines = 0;
	config.redis_password = "not it";
	assert_int_equal(location_new(NULL, &config, &wrong, why, sizeof(why)), 0);
	until(lines == 1);
	assert_non_null(strstr(last_line, "WRONGPASS"));
	assert_null(strstr(last_line, "not it"));
	for (uint64_t end_ms = location_now_ms() + 500; location_now_ms() < end_ms;)
		osmo_select_main(0);
	assert_int_equal(lines, 1); /* though it has tried again */
	assert_false(is_reachable(wrong));
	assert_int_equal(change(right, LOCATION_PUT, "2001", "sip:a"), 0);
	location_free(right);
	location_free(wrong);
	redis_rig_end(&guarded);
}

static void an_address_is_checked(void **state)
{
	static const struct {
		const char *address;
		int rc;
	} rows[] = {
	    {"127.0.0.1", 0},
	    {"127.0.0.1:6379", 0},
	    {"::1", 0},
	    {"[::1]", 0},
	    {"[2001:db8::1]:6380", 0},
	    {"/run/redis/redis.sock", 0},
	    {"localhost", -EINVAL},
	    {"", -EINVAL},
	    {":6379", -EINVAL},
	    {"127.0.0.1:", -EINVAL},
	    {"127.0.0.1:0", -EINVAL},
	    {"127.0.0.1:65536", -EINVAL},
	    {"127.0.0.1:6379x", -EINVAL},
	    {"127.0.0.1: 6379", -EINVAL},
	    {"[::1", -EINVAL},
	    {"[::1]6379", -EINVAL},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct location_config config = {.redis = rows[i].address};
		struct location *location = NULL;
		char why[256];
		int rc = location_new(NULL, &config, &location, why, sizeof(why));

		if (rc != rows[i].rc || (rc && !strstr(why, "no address of a Redis server")))
			fail_msg("%s: %d, %s", rows[i].address, rc, why);
		location_free(location);
	}
}

static void what_is_under_way_is_sent_at_the_end(void **state)
{
	const struct location_change one = {
	    LOCATION_PUT, {.name = "2001", .contact = {.uri = "sip:a"}, .expires_ms = soon_ms}};

	answers = 0;
	assert_int_equal(location_change(alpha, &one, 1, answer, NULL), 0);
	location_free(alpha);
	alpha = NULL;
	until(is_found(beta, "2001", "sip:a@alpha "));
	assert_int_equal(answers, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(what_one_is_told_the_other_knows),
	    TEST(a_gateway_that_begins_reads_what_there_is),
	    TEST(all_agree_whoever_was_first),
	    TEST(a_gateway_that_is_killed_leaves_all_to_the_other),
	    TEST(redis_forgets_at_the_end_too),
	    TEST(what_ended_while_nobody_looked_does_not_come_back),
	    TEST(a_silent_redis_costs_half_a_second_then_nothing),
	    TEST(who_stands_still_himself_does_not_call_redis_silent),
	    TEST(a_redis_that_was_killed_is_told_again_what_it_knew),
	    TEST(what_was_removed_meanwhile_is_gone),
	    TEST(a_redis_that_refuses_is_heard_of),
	    TEST(what_cannot_be_read_is_left_out),
	    TEST(what_is_under_way_is_sent_at_the_end),
	    TEST(two_gateways_of_one_name_are_a_mistake),
	    cmocka_unit_test(the_password_is_shown_and_a_wrong_one_is_said),
	    cmocka_unit_test(an_address_is_checked),
	};

	if (!redis_rig_exists()) {
		print_message("there is no redis-server: install the Debian package\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, NULL);
}
