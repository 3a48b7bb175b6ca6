// SPDX-License-Identifier: GPL-2.0-or-later
/* The call manager is back: telephones that came over are sent home, a batch each second. Each telephone
 * is the same socket here, under a name of its own; the call manager is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/target_health.h"
#include "gateway/survive/homing.h"
#include "gateway/survive/neighbours.h"
#include "tests/unit/redis_rig.h"
#include "tests/unit/survive_rig.h"

#define GUESTS (HOMING_BATCH + 3)

static int start(void **state)
{
	site_start();
	site_add_pool("")->check_sync = true;
	site.config.upstream.times.keepalive_ms = 100;
	site.config.upstream.times.misses = 1;
	site.config.upstream.times.hold_down_ms = 100;
	site_open_manager();
	site_serve();
	return 0;
}

static int stop(void **state)
{
	site_stop();
	return 0;
}

/* The manager answers until the site is no longer in fallback. */
static void bring_it_back(void)
{
	uint64_t end_ms = target_health_now_ms() + 5000;

	while (survive_is_fallback(site.survive)) {
		const char *request = phone_receive(&site.manager, 5);

		if (request[0])
			phone_respond(&site.manager, request, "200 OK", "t", NULL);
		assert_true(target_health_now_ms() < end_ms);
	}
}

/* Answers each NOTIFY in so many ms; the manager is kept alive. How many telephones have got one. */
static unsigned count_notified(unsigned ms, bool notified[GUESTS])
{
	uint64_t end_ms = target_health_now_ms() + ms;
	unsigned count = 0;

	while (target_health_now_ms() < end_ms) {
		const char *request = phone_receive(&site.manager, 5);

		if (request[0])
			phone_respond(&site.manager, request, "200 OK", "t", NULL);
		request = phone_receive(&phone, 5);
		if (!request[0])
			continue;
		assert_memory_equal(request, "NOTIFY sip:20", 13);
		assert_string_equal(header(request, "Event"), "check-sync");
		notified[atoi(request + strlen("NOTIFY sip:")) - 2000] = true;
		phone_respond(&phone, request, "200 OK", "t", NULL);
	}
	for (unsigned i = 0; i < GUESTS; i++)
		count += notified[i];
	return count;
}

static void telephones_are_sent_home_in_batches(void **state)
{
	bool notified[GUESTS] = {false};

	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	for (unsigned i = 0; i < GUESTS; i++)
		site_register(2000 + i, "SIP/2.0 200");
	bring_it_back();
	assert_int_equal(count_notified(HOMING_EVERY_MS / 2, notified), HOMING_BATCH);
	assert_int_equal(count_notified(HOMING_EVERY_MS, notified), GUESTS);
}

static void telephones_on_standby_and_those_of_other_pools_are_left_alone(void **state)
{
	bool notified[GUESTS] = {false};

	bring_it_back();
	site_register(2000, "SIP/2.0 200"); /* standby */
	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	bring_it_back();
	assert_int_equal(count_notified(300, notified), 0);
	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	site_register(2001, "SIP/2.0 200");
	site.pools[0].check_sync = false;
	bring_it_back();
	assert_int_equal(count_notified(300, notified), 0);
}

static void one_that_is_in_a_call_goes_later(void **state)
{
	struct party caller = {.presentation = 0};
	bool notified[GUESTS] = {false};

	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	site_register(2000, "SIP/2.0 200");
	site_register(2001, "SIP/2.0 200");
	assert_int_equal(number_set(&caller.number, "2000", TON_UNKNOWN, NPI_UNKNOWN), 0);
	rig_call("1234", &caller); /* from the one leg to the other */
	bring_it_back();
	count_notified(HOMING_EVERY_MS / 2, notified);
	assert_false(notified[0]);
	assert_true(notified[1]);
	office_clear_kind(rig.office, PEER_POTS);
	count_notified(HOMING_EVERY_MS, notified);
	assert_true(notified[0]);
}

static void who_comes_to_a_gateway_that_refuses_is_told_a_random_time(void **state)
{
	unsigned least = 1000, most = 0;

	site.config.global.mode = POOL_MODE_REFUSE;
	survive_change(site.survive, &site.config);
	bring_it_back();
	for (unsigned i = 0; i < 30; i++) {
		unsigned s = atoi(header(site_register(2000 + i, "SIP/2.0 503"), "Retry-After"));

		assert_in_range(s, 60, 120);
		least = s < least ? s : least;
		most = s > most ? s : most;
	}
	assert_true(most > least + 10);
}

/* Another gateway of the site on the same Redis, with a telephone of its own. */
static struct location *start_other(const char *redis, const char *name)
{
	const struct location_config other = {.redis = redis, .gateway = "other"};
	char uri[48], why[200];
	struct location_change put = {
	    .verb = LOCATION_PUT,
	    .binding = {.name = name,
			.contact = {.uri = uri, .source.transport = PEER_TRANSPORT_UDP},
			.pool = 1,
			.expires_ms = location_now_ms() + 60000},
	};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&put.binding.contact.source.address;
	struct location_counters counters;
	struct location *location;

	assert_int_equal(location_new(NULL, &other, &location, why, sizeof(why)), 0);
	for (location_counters(location, &counters); !counters.reachable;
	     location_counters(location, &counters))
		rig_run(5);
	in4->sin_family = AF_INET;
	in4->sin_port = htons(phone.port);
	inet_pton(AF_INET, "127.0.0.1", &in4->sin_addr);
	snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", name, phone.port);
	assert_int_equal(location_change(location, &put, 1, NULL, NULL), 0);
	return location;
}

static bool knows_other(void *name)
{
	const struct location_binding *binding;

	return location_find(survive_location(site.survive), name, &binding, 1) &&
	       location_is_neighbours(survive_location(site.survive), binding);
}

static void each_gateway_sends_its_own_home_and_those_of_one_that_dies(void **state)
{
	bool notified[GUESTS] = {false};
	struct redis_rig redis;
	struct location *other;

	if (!redis_rig_exists())
		skip();
	redis_rig_start(&redis, "no", NULL);
	survive_free(site.survive);
	site.config.location.redis = redis.socket;
	site_serve();
	other = start_other(redis.socket, "2001");
	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	site_register(2000, "SIP/2.0 200");
	assert_true(rig_wait(knows_other, "2001", 20000));
	bring_it_back();
	assert_int_equal(count_notified(HOMING_EVERY_MS + 300, notified), 1);
	assert_true(notified[0]);
	location_free(other);
	assert_int_equal(count_notified(NEIGHBOUR_SILENCE_MS + 500, notified), 2);
	survive_free(site.survive);
	site.survive = NULL;
	redis_rig_end(&redis);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(telephones_are_sent_home_in_batches),
	    TEST(telephones_on_standby_and_those_of_other_pools_are_left_alone),
	    TEST(one_that_is_in_a_call_goes_later),
	    TEST(who_comes_to_a_gateway_that_refuses_is_told_a_random_time),
	    TEST(each_gateway_sends_its_own_home_and_those_of_one_that_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
