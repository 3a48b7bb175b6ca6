// SPDX-License-Identifier: GPL-2.0-or-later
/* Bindings in memory: what is found, in which order, who is told, when it is over. The clocks are the
 * test's. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "gateway/survive/location.h"
#include "tests/unit/random.h"

#define T0 1800000000ull /* s; the test's wall clock begins here */

static struct location *location;
static char told[512];
static char answered[512];

static void note(void *arg, const char *name)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s ", name);
}

static void answer(void *arg, int error)
{
	snprintf(answered + strlen(answered), sizeof(answered) - strlen(answered), "%s:%d ",
		 (const char *)arg, error);
}

static int begin(void **state)
{
	static const struct location_config config = {.gateway = "alpha"};
	char why[128];

	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_clock_override_enable(CLOCK_REALTIME, true);
	osmo_clock_override_gettimespec(CLOCK_MONOTONIC)->tv_sec += 1000;
	osmo_clock_override_gettimespec(CLOCK_REALTIME)->tv_sec = T0;
	osmo_clock_override_gettimespec(CLOCK_REALTIME)->tv_nsec = 0;
	told[0] = answered[0] = '\0';
	assert_int_equal(location_new(NULL, &config, &location, why, sizeof(why)), 0);
	location_watch(location, note, NULL);
	return 0;
}

static int end(void **state)
{
	location_free(location);
	osmo_gettimeofday_override = false;
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	osmo_clock_override_enable(CLOCK_REALTIME, false);
	return 0;
}

static void turn(unsigned ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, ms / 1000, ms % 1000 * 1000000l);
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000l); /* libosmocore's timers */
	osmo_clock_override_add(CLOCK_REALTIME, ms / 1000, ms % 1000 * 1000000l);
	osmo_select_main(1);
}

static struct location_change change(enum location_verb verb, const char *name, const char *uri,
				     unsigned q)
{
	return (struct location_change){
	    .verb = verb,
	    .binding = {.name = name,
			.contact = {.uri = uri, .q = q},
			.expires_ms = (T0 + 3600) * 1000},
	};
}

static void put_at(const char *name, const char *uri, unsigned q, unsigned expires_s)
{
	struct location_change put = change(LOCATION_PUT, name, uri, q);

	put.binding.expires_ms = (T0 + expires_s) * 1000;
	assert_int_equal(location_change(location, &put, 1, NULL, NULL), 0);
}

/* "uri uri ", in the order of location_find */
static const char *found(const char *name)
{
	const struct location_binding *bindings[8];
	unsigned n = location_find(location, name, bindings, 8);
	static char text[512];

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
			 bindings[i]->contact.uri);
	return text;
}

/* ---- changes */

static void is_found_when_done_is_called_and_never_before(void **state)
{
	struct location_change put = change(LOCATION_PUT, "2001", "sip:a", 1000);

	assert_int_equal(location_change(location, &put, 1, answer, "first"), 0);
	assert_string_equal(found("2001"), "");
	assert_string_equal(answered, "");
	turn(0);
	assert_string_equal(answered, "first:0 ");
	assert_string_equal(found("2001"), "sip:a ");
	assert_string_equal(told, "2001 ");
}

static void writes_the_changes_of_ten_milliseconds_together(void **state)
{
	struct location_change put = change(LOCATION_PUT, "2001", "sip:a", 1000);

	location_change(location, &put, 1, answer, "a");
	turn(0);
	location_change(location, &put, 1, answer, "b");
	turn(5);
	location_change(location, &put, 1, answer, "c");
	turn(4);
	assert_string_equal(answered, "a:0 ");
	turn(1);
	assert_string_equal(answered, "a:0 b:0 c:0 ");
}

struct step {
	enum location_verb verb;
	const char *name, *uri;
	unsigned q, reg_id;
	const char *instance;
};

static const struct {
	const char *promise;
	struct step steps[5];
	const char *found; /* for 2001 */
} orders[] = {
    {"best q first",
     {{LOCATION_PUT, "2001", "sip:a", 500},
      {LOCATION_PUT, "2001", "sip:b", 1000},
      {LOCATION_PUT, "2001", "sip:c", 0}},
     "sip:b sip:a sip:c "},
    {"of equal q the latest first",
     {{LOCATION_PUT, "2001", "sip:a", 500},
      {LOCATION_PUT, "2001", "sip:b", 500},
      {LOCATION_PUT, "2001", "sip:c", 500},
      {LOCATION_PUT, "2001", "sip:a", 500}},
     "sip:a sip:c sip:b "},
    {"names are compared as they are",
     {{LOCATION_PUT, "2001", "sip:a", 500}, {LOCATION_PUT, "2001x", "sip:b", 500}},
     "sip:a "},
    {"the same instance and reg-id is replaced",
     {{LOCATION_PUT, "2001", "sip:a", 1000, 1, "<i>"},
      {LOCATION_PUT, "2001", "sip:b", 1000, 2, "<i>"},
      {LOCATION_PUT, "2001", "sip:c", 1000, 1, "<i>"}},
     "sip:c sip:b "},
    {"an instance without reg-id goes by its contact",
     {{LOCATION_PUT, "2001", "sip:a", 1000, 0, "<i>"},
      {LOCATION_PUT, "2001", "sips:a", 1000, 0, "<i>"}},
     "sips:a sip:a "},
    {"the same one is removed",
     {{LOCATION_PUT, "2001", "sip:a", 1000},
      {LOCATION_PUT, "2001", "sip:b", 1000, 1, "<i>"},
      {LOCATION_REMOVE, "2001", "sip:a", 0},
      {LOCATION_REMOVE, "2001", "sip:x", 0, 1, "<i>"},
      {LOCATION_REMOVE, "2001", "sip:y", 0}},
     ""},
    {"all of a name are removed, and no other's",
     {{LOCATION_PUT, "2001", "sip:a", 1000},
      {LOCATION_PUT, "2001", "sip:b", 1000},
      {LOCATION_PUT, "2002", "sip:c", 1000},
      {LOCATION_REMOVE_ALL, "2001"}},
     ""},
    {"what follows a removal stays",
     {{LOCATION_PUT, "2001", "sip:a", 1000},
      {LOCATION_REMOVE_ALL, "2001"},
      {LOCATION_PUT, "2001", "sip:b", 1000},
      {LOCATION_PUT, "2001", "sip:b", 900}},
     "sip:b "},
};

/* Each step a change of its own, then all of them in one. */
static void finds_what_was_put_in_order(void **state)
{
	for (unsigned i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct location_change changes[6] = {0},
				       clear = {LOCATION_REMOVE_ALL, {.name = "2002"}};
		unsigned count = 0;

		for (; count < 5 && orders[i].steps[count].name; count++) {
			const struct step *step = &orders[i].steps[count];

			changes[count] = change(step->verb, step->name, step->uri, step->q);
			changes[count].binding.contact.instance = step->instance;
			changes[count].binding.contact.reg_id = step->reg_id;
			location_change(location, &changes[count], 1, NULL, NULL);
		}
		turn(LOCATION_BATCH_MS);
		if (strcmp(found("2001"), orders[i].found) != 0)
			fail_msg("%s: %s", orders[i].promise, found("2001"));
		changes[5] = change(LOCATION_REMOVE_ALL, "2001", NULL, 0);
		location_change(location, &changes[5], 1, NULL, NULL);
		location_change(location, &clear, 1, NULL, NULL);
		turn(LOCATION_BATCH_MS);
		assert_string_equal(found("2001"), "");
		location_change(location, changes, count, NULL, NULL);
		turn(LOCATION_BATCH_MS);
		if (strcmp(found("2001"), orders[i].found) != 0)
			fail_msg("%s, at once: %s", orders[i].promise, found("2001"));
		location_change(location, &changes[5], 1, NULL, NULL);
		location_change(location, &clear, 1, NULL, NULL);
		turn(LOCATION_BATCH_MS);
	}
}

static void keeps_all_that_it_was_given(void **state)
{
	struct location_change put = {
	    .verb = LOCATION_PUT,
	    .binding = {.name = "alice",
			.contact = {.uri = "sip:alice@192.0.2.1:5070;transport=tcp",
				    .path = "<sip:edge.example;lr>",
				    .instance = "<urn:uuid:1>",
				    .reg_id = 3,
				    .q = 250,
				    .outbound = true,
				    .source = {.transport = PEER_TRANSPORT_TCP,
					       .user_agent = "Acme 1.0"}},
			.call_id = "c1",
			.cseq = 17,
			.pool = 4,
			.origin = LOCATION_LEARNT,
			.expires_ms = (T0 + 60) * 1000},
	};
	const struct location_binding *out;

	location_change(location, &put, 1, NULL, NULL);
	turn(0);
	assert_int_equal(location_find(location, "alice", &out, 1), 1);
	assert_string_equal(out->name, "alice");
	assert_string_equal(out->contact.uri, put.binding.contact.uri);
	assert_string_equal(out->contact.path, put.binding.contact.path);
	assert_string_equal(out->contact.instance, put.binding.contact.instance);
	assert_string_equal(out->contact.source.user_agent, "Acme 1.0");
	assert_string_equal(out->call_id, "c1");
	assert_string_equal(out->gateway, "alpha");
	assert_true(out->contact.outbound);
	assert_int_equal(out->contact.reg_id, 3);
	assert_int_equal(out->cseq, 17);
	assert_int_equal(out->pool, 4);
	assert_int_equal(out->origin, LOCATION_LEARNT);
	assert_int_equal(out->expires_ms, put.binding.expires_ms);
}

/* ---- time */

static void is_over_at_its_end_by_the_wall_clock(void **state)
{
	put_at("2001", "sip:a", 1000, 60);
	put_at("2002", "sip:b", 1000, 30);
	turn(0);
	told[0] = '\0';
	turn(29999);
	assert_string_equal(found("2002"), "sip:b ");
	assert_string_equal(told, "");
	turn(1);
	assert_string_equal(found("2002"), "");
	assert_string_equal(told, "2002 ");
	turn(30000);
	assert_string_equal(told, "2002 2001 ");
}

static void is_not_found_after_its_end_though_the_timer_has_not_run(void **state)
{
	put_at("2001", "sip:a", 1000, 60);
	turn(0);
	osmo_clock_override_add(CLOCK_REALTIME, 60, 0);
	assert_string_equal(found("2001"), "");
}

static void what_is_left_of_it_is_never_less_than_nothing(void **state)
{
	const struct location_binding *binding;

	put_at("2001", "sip:a", 1000, 60);
	turn(0);
	assert_int_equal(location_find(location, "2001", &binding, 1), 1);
	assert_int_equal(location_left_s(binding), 60);
	osmo_clock_override_add(CLOCK_REALTIME, 59, 1000000);
	assert_int_equal(location_left_s(binding), 1);
	osmo_clock_override_add(CLOCK_REALTIME, 3, 0);
	assert_int_equal(location_left_s(binding), 0);
}

static void notices_that_the_clock_was_set(void **state)
{
	put_at("2001", "sip:a", 1000, 3600);
	turn(0);
	told[0] = '\0';
	osmo_clock_override_add(CLOCK_REALTIME, 3600, 0);
	turn(1000);
	assert_string_equal(told, "2001 ");
}

static void a_refresh_moves_the_end(void **state)
{
	struct location_counters counters;

	put_at("2001", "sip:a", 1000, 60);
	turn(0);
	put_at("2001", "sip:a", 1000, 120);
	turn(59000);
	turn(60999);
	assert_string_equal(found("2001"), "sip:a ");
	turn(1);
	assert_string_equal(found("2001"), "");
	location_counters(location, &counters);
	assert_int_equal(counters.names, 0);
	assert_int_equal(counters.bindings, 0);
}

/* ---- many */

#define MANY 5000

static bool count_one(void *arg, const struct location_binding *binding)
{
	++*(unsigned *)arg;
	return true;
}

static bool stop_at_ten(void *arg, const struct location_binding *binding)
{
	return ++*(unsigned *)arg < 10;
}

static void finds_each_of_many_and_forgets_all(void **state)
{
	struct location_counters counters;
	unsigned seen = 0, stopped = 0;
	char name[16], uri[32], line[40];

	location_watch(location, NULL, NULL);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i / 2);
		snprintf(uri, sizeof(uri), "sip:%u", i);
		put_at(name, uri, 1000, 60 + i % 50);
	}
	turn(0);
	for (unsigned i = 0; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "%u", i / 2);
		snprintf(line, sizeof(line), "sip:%u sip:%u ", i + 1, i);
		assert_string_equal(found(name), line);
	}
	location_each(location, count_one, &seen);
	assert_int_equal(seen, MANY);
	location_each(location, stop_at_ten, &stopped);
	assert_int_equal(stopped, 10);
	location_counters(location, &counters);
	assert_int_equal(counters.names, MANY / 2);
	assert_int_equal(counters.bindings, MANY);
	osmo_clock_override_add(CLOCK_REALTIME, 200, 0);
	for (unsigned i = 0; i < MANY && counters.bindings; i++) {
		turn(1000);
		location_counters(location, &counters);
	}
	assert_int_equal(counters.bindings, 0);
	assert_int_equal(counters.names, 0);
}

#define RANDOM_NAMES 3000
static char put_names[RANDOM_NAMES + 1][8];

static bool is_wanted(const char *name, const char *begin, size_t length)
{
	return strncmp(name, begin, strlen(begin)) == 0 &&
	       (length ? strlen(name) == length : strlen(name) > strlen(begin));
}

struct walk {
	const char *begin;
	size_t length, last_length;
	unsigned count, most;
};

static bool check_name(void *arg, const char *name)
{
	struct walk *walk = arg;

	assert_true(is_wanted(name, walk->begin, walk->length));
	assert_true(strlen(name) >= walk->last_length);
	walk->last_length = strlen(name);
	return ++walk->count < walk->most;
}

/* Names that begin so, one by one. */
static unsigned count_names(const char *begin, size_t length)
{
	unsigned count = 0;

	for (unsigned i = 0; i < RANDOM_NAMES; i++) {
		bool again = !is_wanted(put_names[i], begin, length) || !*found(put_names[i]);

		for (unsigned k = 0; k < i && !again; k++)
			again = !strcmp(put_names[i], put_names[k]);
		count += !again;
	}
	return count;
}

static void names_are_found_by_what_they_begin_with(void **state)
{
	static const struct {
		const char *begin;
		size_t length;
	} rows[] = {{"", 0},   {"", 3},	  {"1", 0},   {"1", 4},
		    {"12", 0}, {"12", 2}, {"123", 0}, {"3", 0}};
	static const char *const uris[] = {"sip:a", "sip:b"};

	for (unsigned i = 0; i < RANDOM_NAMES; i++) {
		size_t length = 1 + random_below(5);

		for (size_t k = 0; k < length; k++)
			put_names[i][k] = (char)('0' + random_below(3));
		put_at(put_names[i], uris[random_below(2)], random_below(3) * 500, 3600);
		if (i % 4 == 0) {
			const char *name = put_names[random_below(i + 1)];
			struct location_change remove =
			    change(LOCATION_REMOVE, name, uris[random_below(2)], 0);

			assert_int_equal(location_change(location, &remove, 1, NULL, NULL), 0);
		}
		turn(10);
	}
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk all = {rows[i].begin, rows[i].length, 0, 0, UINT_MAX};
		struct walk one = {rows[i].begin, rows[i].length, 0, 0, 1};
		unsigned count = count_names(rows[i].begin, rows[i].length);

		location_each_begin(location, rows[i].begin, rows[i].length, check_name, &all);
		assert_int_equal(all.count, count);
		location_each_begin(location, rows[i].begin, rows[i].length, check_name, &one);
		assert_int_equal(one.count, count ? 1 : 0);
	}
}

static void is_counted_by_where_it_comes_from(void **state)
{
	struct location_change put = change(LOCATION_PUT, "2001", "sip:a", 0);
	struct location_counters counters;

	put.binding.origin = LOCATION_LEARNT;
	location_change(location, &put, 1, NULL, NULL);
	put.binding.name = "2002";
	location_change(location, &put, 1, NULL, NULL);
	turn(10);
	put.binding.origin = LOCATION_STANDBY;
	put.binding.expires_ms = (T0 + 60) * 1000;
	location_change(location, &put, 1, NULL, NULL);
	turn(10);
	location_counters(location, &counters);
	assert_int_equal(counters.origins[LOCATION_REGISTERED], 0);
	assert_int_equal(counters.origins[LOCATION_STANDBY], 1);
	assert_int_equal(counters.origins[LOCATION_LEARNT], 1);
	turn(60000);
	turn(10);
	location_counters(location, &counters);
	assert_int_equal(counters.origins[LOCATION_STANDBY], 0);
}

static void is_freed_with_changes_under_way(void **state)
{
	struct location_change put = change(LOCATION_PUT, "2001", "sip:a", 1000);

	location_change(location, &put, 1, answer, "never");
	end(state);
	begin(state);
	turn(LOCATION_BATCH_MS);
	assert_string_equal(answered, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(is_found_when_done_is_called_and_never_before),
	    TEST(writes_the_changes_of_ten_milliseconds_together),
	    TEST(finds_what_was_put_in_order),
	    TEST(keeps_all_that_it_was_given),
	    TEST(is_over_at_its_end_by_the_wall_clock),
	    TEST(is_not_found_after_its_end_though_the_timer_has_not_run),
	    TEST(what_is_left_of_it_is_never_less_than_nothing),
	    TEST(notices_that_the_clock_was_set),
	    TEST(a_refresh_moves_the_end),
	    TEST(finds_each_of_many_and_forgets_all),
	    TEST(names_are_found_by_what_they_begin_with),
	    TEST(is_counted_by_where_it_comes_from),
	    TEST(is_freed_with_changes_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
