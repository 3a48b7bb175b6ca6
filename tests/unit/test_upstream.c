// SPDX-License-Identifier: GPL-2.0-or-later
/* Is the call manager there? It is a telephone of raw sockets (sip_rig) that answers OPTIONS or does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/target_health.h"
#include "gateway/survive/upstream.h"
#include "tests/unit/name_server.h"
#include "tests/unit/sip_rig.h"

#define KEEPALIVE_MS 200
#define MISSES 3
#define HOLD_DOWN_MS 700 /* no multiple of it */
#define LONG_MS 30000	 /* a keepalive that does not come in the time of a test */
#define MARGIN_MS 5000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct phone manager;
static bool is_open;
static struct upstreams *upstreams;
static struct upstream_config config;
static struct server_view seen; /* of the first */
static char here[64];		/* "ipv4:127.0.0.1:PORT" */
static unsigned went_down, fallbacks, returns;

static int best(void)
{
	unsigned order[UPSTREAMS_MAX];

	return upstreams_order(upstreams, order) ? (int)order[0] : -1;
}

static void changed(void *arg, unsigned which, enum server_state before, enum server_state now)
{
	went_down += now == SERVER_DOWN;
}

static void fallback(void *arg, bool on)
{
	fallbacks += on;
	returns += !on;
}

static const struct upstream_handlers handlers = {.changed = changed, .fallback = fallback};

static int start(void **state)
{
	static char server[32];

	rig_start(NULL);
	name_server_start(server);
	rig_use_name_server(server);
	snprintf(here, sizeof(here), "ipv4:127.0.0.1:%u", rig.peer_port);
	upstreams = upstreams_new(rig.ctx, rig.ua, &handlers, NULL);
	assert_non_null(upstreams);
	went_down = fallbacks = returns = 0;
	memset(&config, 0, sizeof(config));
	config = (struct upstream_config){
	    .count = 1,
	    .managers = {{.transport = PEER_TRANSPORT_UDP}},
	    .times.keepalive_ms = KEEPALIVE_MS,
	    .times.misses = MISSES,
	    .times.hold_down_ms = HOLD_DOWN_MS,
	};
	strcpy(config.managers[0].target, here);
	return 0;
}

static void open_manager(void)
{
	phone_open(&manager, false, false, rig.peer_port);
	is_open = true;
}

static void close_manager(void)
{
	if (is_open)
		phone_close(&manager);
	is_open = false;
}

static int stop(void **state)
{
	upstreams_free(upstreams);
	close_manager();
	name_server_stop();
	rig_stop();
	return 0;
}

/* ---- what is seen */

static void look_at(void *arg, const struct server_view *view)
{
	unsigned *which = arg;

	if (*which == 0)
		seen = *view;
	(*which)--;
}

static const struct server_view *look(unsigned which)
{
	upstreams_each(upstreams, look_at, &which);
	return &seen;
}

static bool is_state(void *arg)
{
	return look(0)->state == *(enum server_state *)arg;
}

/* Returns how long it took. Nobody answers meanwhile. */
static unsigned wait_for(enum server_state state, unsigned ms)
{
	uint64_t start_ms = target_health_now_ms();

	if (!rig_wait(is_state, &state, ms))
		fail_msg("not %s but %s in %u ms: %s", server_state_name(state),
			 server_state_name(look(0)->state), ms, seen.reason);
	return target_health_now_ms() - start_ms;
}

static void answer_next(const char *status)
{
	phone_respond(&manager, phone_expect(&manager, "OPTIONS sip:"), status, "t", NULL);
}

/* Answers all that comes until it is so; returns how long that took. */
static unsigned answer_until(enum server_state state, unsigned ms)
{
	uint64_t start_ms = target_health_now_ms();

	while (look(0)->state != state) {
		const char *request = phone_receive(&manager, 10);

		if (strncmp(request, "OPTIONS ", 8) == 0)
			phone_respond(&manager, request, "200 OK", "t", NULL);
		if (target_health_now_ms() - start_ms > ms)
			fail_msg("not %s but %s: %s", server_state_name(state),
				 server_state_name(seen.state), seen.reason);
	}
	return target_health_now_ms() - start_ms;
}

static void begin_up(void)
{
	open_manager();
	upstreams_configure(upstreams, &config);
	answer_next("200 OK");
	wait_for(SERVER_UP, 500);
}

/* ---- tests */

static void each_answer_is_there_or_not(void **state)
{
	static const struct {
		const char *status;
		bool is_there;
	} rows[] = {
	    {"200 OK", true},
	    {"404 Not Found", true},
	    {"401 Unauthorized", true},
	    {"503 Service Unavailable", false},
	    {"500 Server Error", true},
	    {"405 Method Not Allowed", true},
	    {"408 Request Timeout", false},
	    {"483 Too Many Hops", true},
	};

	open_manager();
	config.times.misses = 1;
	config.times.hold_down_ms = 1;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		config.count = 0;
		upstreams_configure(upstreams, &config);
		config.count = 1;
		upstreams_configure(upstreams, &config);
		assert_int_equal(look(0)->state, SERVER_SUSPECT);
		assert_false(upstreams_fallback(upstreams));
		answer_next(rows[i].status);
		wait_for(rows[i].is_there ? SERVER_UP : SERVER_DOWN, 500);
		assert_int_equal(upstreams_fallback(upstreams), !rows[i].is_there);
		assert_int_equal(best(), rows[i].is_there ? 0 : -1);
		assert_int_equal(seen.status, atoi(rows[i].status));
	}
}

static void silence_is_down_after_so_many_keepalives(void **state)
{
	unsigned took;

	begin_up();
	took = wait_for(SERVER_DOWN, KEEPALIVE_MS * MISSES + MARGIN_MS);
	print_message("silence, keepalive %u ms x %u: down after %u ms\n", KEEPALIVE_MS, MISSES,
		      took);
	assert_true(took > KEEPALIVE_MS);
	assert_string_equal(seen.reason, "no answer to OPTIONS, 3 times");
	assert_int_equal(seen.missed, MISSES);
	assert_int_equal(fallbacks, 1);
	assert_int_equal(returns, 0);
}

static void it_returns_when_it_has_answered_for_the_hold_down(void **state)
{
	unsigned took;

	begin_up();
	wait_for(SERVER_DOWN, KEEPALIVE_MS * MISSES + MARGIN_MS);
	answer_until(SERVER_RETURNING, 2 * KEEPALIVE_MS + MARGIN_MS);
	assert_true(upstreams_fallback(upstreams));
	/* one miss, and it begins again */
	wait_for(SERVER_DOWN, 2 * KEEPALIVE_MS + MARGIN_MS);
	answer_until(SERVER_RETURNING, 2 * KEEPALIVE_MS + MARGIN_MS);
	took = answer_until(SERVER_UP, HOLD_DOWN_MS + MARGIN_MS);
	assert_true(took >= HOLD_DOWN_MS / 2);
	print_message("hold-down %u ms: up after %u ms\n", HOLD_DOWN_MS, took);
	assert_int_equal(fallbacks, 1);
	assert_int_equal(returns, 1);
	assert_string_equal(seen.reason, "it has answered for the time of hold-down");
}

/* Every second request is never answered, however often it is sent. */
static void half_of_the_answers_lost_is_no_fallback(void **state)
{
	char vias[20][128];
	unsigned count = 0, place;

	config.times.keepalive_ms = 100;
	begin_up();
	while (count < COUNT(vias)) {
		const char *request = phone_expect(&manager, "OPTIONS sip:");

		for (place = 0; place < count; place++)
			if (strcmp(header(request, "Via"), vias[place]) == 0)
				break;
		if (place == count)
			snprintf(vias[count++], sizeof(vias[0]), "%s", header(request, "Via"));
		if (place % 2)
			phone_respond(&manager, request, "200 OK", "t", NULL);
	}
	assert_int_equal(went_down, 0);
	assert_int_equal(fallbacks, 0);
	assert_in_range(look(0)->missed, COUNT(vias) / 2 - 1, COUNT(vias) / 2);
}

/* On the way: what is lost is sent again, and is no miss. */
static void half_of_the_packets_lost_is_not_even_noticed(void **state)
{
	begin_up();
	manager.hears_repeats = true;
	for (unsigned count = 0; count < 10; count++) {
		phone_expect(&manager, "OPTIONS sip:");
		answer_next("200 OK");
	}
	assert_int_equal(look(0)->state, SERVER_UP);
	assert_int_equal(seen.changes, 1);
	assert_int_equal(seen.missed, 0);
}

static void a_refused_packet_is_known_at_once(void **state)
{
	unsigned took;

	begin_up();
	close_manager();
	wait_for(SERVER_SUSPECT, KEEPALIVE_MS + MARGIN_MS);
	assert_string_equal(seen.reason, "it cannot be reached");
	took = wait_for(SERVER_DOWN, 1000);
	print_message("ICMP error: down after %u ms\n", took);
}

static void a_closed_connection_is_down_in_a_second(void **state)
{
	unsigned took;

	config.times.keepalive_ms = LONG_MS;
	config.managers[0].transport = PEER_TRANSPORT_TCP;
	phone_listen(&manager, false, rig.peer_port);
	is_open = true;
	upstreams_configure(upstreams, &config);
	answer_next("200 OK");
	wait_for(SERVER_UP, 500);
	close_manager();
	took = wait_for(SERVER_DOWN, 1000);
	print_message("closed TCP connection: down after %u ms\n", took);
	assert_int_equal(fallbacks, 1);
}

/* A call finds it out before the next OPTIONS. */
static void a_call_that_is_refused_makes_it_down_in_a_second(void **state)
{
	struct party caller = {.presentation = 0};

	config.times.keepalive_ms = LONG_MS;
	begin_up();
	close_manager();
	rig_call("7001", &caller);
	wait_for(SERVER_DOWN, 1000);
	rig_ordered("release");
}

static void a_call_without_an_answer_makes_it_suspect_and_one_with_an_answer_up(void **state)
{
	struct party caller = {.presentation = 0};
	const char *request;

	config.times.keepalive_ms = LONG_MS;
	begin_up();
	rig_call("7001", &caller);
	wait_for(SERVER_SUSPECT, 64 * RIG_T1_MS + MARGIN_MS);
	assert_string_equal(seen.reason, "a request had no answer, or 503");
	do /* what was sent of the first call */
		request = phone_receive(&manager, 1000);
	while (strncmp(request, "INVITE ", 7) == 0);
	assert_memory_equal(request, "OPTIONS sip:", 12); /* it is asked at once */
	assert_true(rig_ordered("release"));
	rig_call("7001", &caller);
	do
		request = phone_receive(&manager, 1000);
	while (strncmp(request, "OPTIONS ", 8) == 0);
	assert_memory_equal(request, "INVITE sip:7001", 15);
	phone_respond(&manager, request, "486 Busy Here", "t", NULL);
	wait_for(SERVER_UP, 500);
	assert_int_equal(went_down, 0);
	assert_true(rig_ordered("release"));
}

/* It answers OPTIONS all the time. */
static void a_call_that_is_excused_with_retry_after_makes_it_suspect_for_so_long(void **state)
{
	struct party caller = {.presentation = 0};
	const char *request;
	unsigned took_ms;

	begin_up();
	rig_call("7001", &caller);
	do
		request = phone_receive(&manager, 1000);
	while (strncmp(request, "OPTIONS ", 8) == 0);
	assert_memory_equal(request, "INVITE sip:7001", 15);
	manager.extra = "Retry-After: 1\r\n";
	phone_respond(&manager, request, "503 Service Unavailable", "t", NULL);
	wait_for(SERVER_SUSPECT, 500);
	assert_string_equal(seen.reason, "it says 503 with Retry-After");
	took_ms = answer_until(SERVER_UP, 1000 + KEEPALIVE_MS + MARGIN_MS);
	if (took_ms < 900)
		fail_msg("up again after %u ms", took_ms);
	assert_int_equal(went_down, 0);
	assert_true(rig_ordered("release"));
}

/* The manager moves to another address, and its name with it. */
static void a_name_is_looked_up_again_when_it_does_not_answer(void **state)
{
	struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = htons(rig.peer_port)};
	struct sockaddr_storage gateway = {.ss_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	((struct sockaddr_in *)&gateway)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pton(AF_INET, "127.0.0.2", &other.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&other, sizeof(other)), 0);
	name_server_move("127.0.0.1");
	snprintf(config.managers[0].target, sizeof(config.managers[0].target), "dns:moving.test:%u",
		 rig.peer_port);
	begin_up();
	assert_memory_equal(look(0)->address, "127.0.0.1:", 10);
	name_server_move("127.0.0.2");
	phone_use_socket(&manager, fd, &gateway); /* nobody is at the old one */
	answer_until(SERVER_SUSPECT, 2 * KEEPALIVE_MS + MARGIN_MS);
	answer_until(SERVER_UP, 2 * KEEPALIVE_MS + MARGIN_MS);
	assert_memory_equal(look(0)->address, "127.0.0.2:", 10);
	assert_int_equal(went_down, 0);
}

static void a_name_without_an_address_is_down(void **state)
{
	strcpy(config.managers[0].target, "dns:absent.test");
	upstreams_configure(upstreams, &config);
	wait_for(SERVER_DOWN, KEEPALIVE_MS * MISSES + MARGIN_MS);
	assert_string_equal(seen.reason, "its name has no address, 3 times");
	assert_string_equal(seen.address, "");
}

static void one_that_is_named_twice_keeps_what_is_known_too(void **state)
{
	config.count = 2;
	config.managers[1] = config.managers[0];
	open_manager();
	upstreams_configure(upstreams, &config);
	answer_next("200 OK");
	answer_next("200 OK");
	wait_for(SERVER_UP, 500);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(look(0)->state, SERVER_UP);
		assert_int_equal(look(1)->state, SERVER_UP);
		assert_int_equal(upstreams_count(upstreams), 2);
		upstreams_configure(upstreams, &config);
	}
}

static void a_new_configuration_keeps_what_is_known_of_who_stays(void **state)
{
	begin_up();
	config.count = 2;
	config.managers[1] = config.managers[0];
	strcpy(config.managers[0].target, "ipv4:127.0.0.1:9");
	config.managers[0].transport = PEER_TRANSPORT_UDP;
	upstreams_configure(upstreams, &config);
	assert_int_equal(look(1)->state, SERVER_UP);
	assert_int_equal(seen.sent, 1);
	assert_int_equal(look(0)->state, SERVER_SUSPECT);
	assert_int_equal(best(), 1);
	config.count = 1;
	config.managers[0] = config.managers[1];
	config.times.keepalive_ms = LONG_MS;
	upstreams_configure(upstreams, &config);
	assert_int_equal(look(0)->state, SERVER_UP);
	assert_int_equal(upstreams_count(upstreams), 1);
	/* it holds at once */
	config.times.keepalive_ms = 100;
	upstreams_configure(upstreams, &config);
	wait_for(SERVER_DOWN, 100 * MISSES + MARGIN_MS);
	/* nobody is watched any more, nobody is missed */
	config.count = 0;
	upstreams_configure(upstreams, &config);
	assert_false(upstreams_fallback(upstreams));
	assert_int_equal(returns, 1);
}

static void the_second_call_manager_is_enough(void **state)
{
	config.count = 2;
	config.managers[1] = config.managers[0];
	strcpy(config.managers[0].target, "ipv4:127.0.0.1:9");
	open_manager();
	upstreams_configure(upstreams, &config);
	while (look(0)->state != SERVER_DOWN) {
		const char *request = phone_receive(&manager, 10);

		if (request[0])
			phone_respond(&manager, request, "200 OK", "t", NULL);
	}
	assert_false(upstreams_fallback(upstreams));
	assert_int_equal(best(), 1);
	assert_int_equal(fallbacks, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_answer_is_there_or_not),
	    TEST(silence_is_down_after_so_many_keepalives),
	    TEST(it_returns_when_it_has_answered_for_the_hold_down),
	    TEST(half_of_the_answers_lost_is_no_fallback),
	    TEST(half_of_the_packets_lost_is_not_even_noticed),
	    TEST(a_refused_packet_is_known_at_once),
	    TEST(a_closed_connection_is_down_in_a_second),
	    TEST(a_call_that_is_refused_makes_it_down_in_a_second),
	    TEST(a_call_without_an_answer_makes_it_suspect_and_one_with_an_answer_up),
	    TEST(a_call_that_is_excused_with_retry_after_makes_it_suspect_for_so_long),
	    TEST(a_name_is_looked_up_again_when_it_does_not_answer),
	    TEST(a_name_without_an_address_is_down),
	    TEST(a_new_configuration_keeps_what_is_known_of_who_stays),
	    TEST(one_that_is_named_twice_keeps_what_is_known_too),
	    TEST(the_second_call_manager_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
