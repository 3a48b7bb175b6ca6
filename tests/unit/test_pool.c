// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose telephone is it? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "gateway/survive/after_hours.h"
#include "gateway/survive/pool.h"
#include "tests/unit/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAC "\x00\x11\x22\xaa\xbb\xcc"
#define CISCO "\"<urn:uuid:00000000-0000-0000-0000-001122aabbcc>\""

static void put_address(struct sockaddr_storage *out, const char *text)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (!*text)
		return;
	out->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(out->ss_family, text,
				   out->ss_family == AF_INET6 ? (void *)&in6->sin6_addr
							      : (void *)&in4->sin_addr),
			 1);
}

static const struct { /* in order of number, as the configuration has them */
	unsigned number;
	const char *network;
	unsigned bits;
	const char *mac, *agent, *patterns[2];
} all[] = {
    {10, "10.1.0.0", 16, NULL, NULL, {"50.."}},
    {11, "10.1.2.0", 24, NULL, NULL, {"5001", "60.."}},
    {12, "10.1.2.0", 24, NULL, NULL, {"5001", "5002"}},
    {13, "10.1.2.3", 32, NULL, NULL, {"alice", "+4930.T"}},
    {14, "", 0, MAC, NULL, {"5003"}},
    {15, "10.1.0.0", 16, MAC, NULL, {"5003", "5004"}},
    {16, "2001:db8::", 33, NULL, NULL, {NULL}},
    {17, "10.2.0.0", 16, NULL, "Snom", {NULL}},
    {18, "10.3.3.128", 25, NULL, NULL, {"50.."}},
    {19, "::", 0, NULL, NULL, {"6..."}},
};

static struct pool list[COUNT(all)];
static struct pool_global global = {.pools = list, .pools_count = COUNT(all)};

static struct pools *make(void)
{
	for (size_t i = 0; i < COUNT(all); i++) {
		struct pool *pool = &list[i];

		*pool = (struct pool){.number = all[i].number, .prefix_bits = all[i].bits};
		put_address(&pool->network, all[i].network);
		if (all[i].mac) {
			memcpy(pool->mac, all[i].mac, 6);
			pool->has_mac = true;
		}
		if (all[i].agent)
			strcpy(pool->user_agent, all[i].agent);
		for (unsigned n = 0; n < 2 && all[i].patterns[n]; n++)
			strcpy(pool->numbers[pool->numbers_count++].pattern, all[i].patterns[n]);
	}
	return pools_new(NULL, &global);
}

static void a_telephone_belongs_to_the_pool_that_fits_best(void **state)
{
	static const struct {
		const char *from, *name, *instance, *agent;
		unsigned pool; /* 0: none */
	} rows[] = {
	    {"10.1.9.9", "5000", "", "", 10},
	    {"10.1.9.9", "4000", "", "", 0},
	    {"10.1.2.9", "5001", "", "", 11}, /* longer network; then lower number */
	    {"10.1.2.9", "5002", "", "", 12},
	    {"10.1.2.9", "5005", "", "", 10}, /* the longer ones have no such number */
	    {"10.1.2.9", "6012", "", "", 11},
	    {"10.1.2.3", "alice", "", "", 13},
	    {"10.1.2.3", "Alice", "", "", 0},
	    {"10.1.2.4", "alice", "", "", 0},
	    {"10.1.2.3", "+49301", "", "", 13},
	    {"::ffff:10.1.2.3", "alice", "", "", 13}, /* IPv4 on an IPv6 socket */
	    {"::ffff:10.1.9.9", "5000", "", "", 10},
	    {"2001:db8::1", "x", "", "", 16},
	    {"2001:db8:7fff::1", "x", "", "", 16},
	    {"2001:db8:8000::1", "x", "", "", 0},
	    {"2001:db8:8000::1", "6000", "", "", 19},
	    {"192.0.2.1", "6000", "", "", 0}, /* ::/0 has no IPv4 */
	    {"10.3.3.128", "5000", "", "", 18},
	    {"10.3.3.127", "5000", "", "", 0},
	    /* MAC: at the end of the instance, or a word of User-Agent */
	    {"192.0.2.1", "5003", CISCO, "", 14},
	    {"10.1.2.3", "5003", CISCO, "", 14},
	    {"10.1.2.3", "5004", CISCO, "", 15},
	    {"192.0.2.1", "5004", CISCO, "", 0},
	    {"10.1.2.9", "5001", CISCO, "", 11}, /* no number of its own: as anybody there */
	    {"192.0.2.1", "5003", "", "Yealink SIP-T46S 66.84.0.15 001122AABBCC", 14},
	    {"192.0.2.1", "5003", "", "x 001122aabbccd", 0},
	    {"192.0.2.1", "5003", "", "x f001122aabbcc", 0},
	    {"192.0.2.1", "5003", "\"<urn:uuid:1>\"", "x001122aabbcc", 14},
	    {"192.0.2.1", "5003", "\"<urn:uuid:00112233-0000-0000-0000-0011", "", 0},
	    {"192.0.2.1", "5003", "", "", 0},
	    /* User-Agent */
	    {"10.2.0.1", "any", "", "snom370/8.7", 17},
	    {"10.2.0.1", "any", "", "a Snom", 0},
	};
	struct pools *pools = make();

	assert_non_null(pools);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct phone_request request = {
		    .name = rows[i].name,
		    .instance = rows[i].instance,
		    .source.user_agent = rows[i].agent,
		};
		const struct pool *pool;

		put_address(&request.source.address, rows[i].from);
		pool = pools_find(pools, &request);
		if ((pool ? pool->number : 0) != rows[i].pool)
			fail_msg("%s from %s (%s, %s) is of pool %u, not %u", rows[i].name,
				 rows[i].from, rows[i].instance, rows[i].agent,
				 pool ? pool->number : 0, rows[i].pool);
	}
	pools_free(pools);
}

static void pools_are_found_by_number_and_their_numbers_by_place(void **state)
{
	struct pools *pools = make();

	for (size_t i = 0; i < COUNT(all); i++)
		assert_ptr_equal(pools_number(pools, all[i].number), &list[i]);
	assert_null(pools_number(pools, 9));
	assert_null(pools_number(pools, 20));
	assert_int_equal(pools_place(pools, &list[1], "5001"), 0);
	assert_int_equal(pools_place(pools, &list[1], "6001"), 1);
	assert_int_equal(pools_place(pools, &list[1], "7001"), -1);
	assert_int_equal(pools_place(pools, &list[6], "7001"), -1);
	pools_free(pools);
}

static void telephones_come_from_the_networks_of_pools(void **state)
{
	static const char *const rows[] = {"10.1.0.1", "192.0.2.1", "::ffff:10.2.0.1",
					   "2001:db8::1"};
	struct sockaddr_storage from;
	struct pools *pools = make();

	for (size_t i = 0; i < COUNT(rows); i++) {
		put_address(&from, rows[i]); /* pool 14 takes them from anywhere */
		assert_true(pools_have_network(pools, (struct sockaddr *)&from));
	}
	pools_free(pools);
	global.pools_count = 4; /* up to 13 */
	pools = make();
	put_address(&from, "10.2.0.1");
	assert_false(pools_have_network(pools, (struct sockaddr *)&from));
	put_address(&from, "10.1.0.1");
	assert_true(pools_have_network(pools, (struct sockaddr *)&from));
	global.pools_count = COUNT(all);
	pools_free(pools);
}

/* ---- very many */

#define MANY 300
static struct pool many[MANY];

static void make_random_pool(struct pool *pool, unsigned number)
{
	static const char *const networks[] = {"",	   "10.0.0.0", "10.1.0.0",
					       "10.1.2.0", "10.1.2.3", "2001:db8::"};
	static const uint8_t bits[] = {0, 8, 16, 24, 32, 32};
	static const char *const patterns[] = {"50..",	"5001",	   "5002",
					       "alice", "+4930.T", "5[0-4].."};
	unsigned network = random_below(6);

	*pool = (struct pool){.number = number, .prefix_bits = bits[network]};
	put_address(&pool->network, networks[network]);
	if (random_below(4) == 0) {
		memcpy(pool->mac, MAC, 6);
		pool->mac[5] = random_below(3);
		pool->has_mac = true;
	}
	if (random_below(4) == 0)
		strcpy(pool->user_agent, "Snom");
	for (unsigned n = random_below(3); n > 0; n--)
		strcpy(pool->numbers[pool->numbers_count++].pattern, patterns[random_below(6)]);
}

/* By the words of pool.h, one after another. */
static bool goes_before(const struct pool *one, const struct pool *two)
{
	bool a = one->network.ss_family, b = two->network.ss_family;

	if (!two->number)
		return true;
	if (one->has_mac != two->has_mac)
		return one->has_mac;
	if (!one->has_mac && a != b)
		return a;
	if (!one->has_mac && one->prefix_bits != two->prefix_bits)
		return one->prefix_bits > two->prefix_bits;
	return one->number < two->number;
}

static void the_same_is_found_among_many(void **state)
{
	static const char *const from[] = {"10.1.2.3", "10.1.2.4", "10.9.9.9", "192.0.2.1",
					   "2001:db8::1"};
	static const char *const names[] = {"5001", "5002", "5033", "alice", "+49301", "9"};
	static const struct pool none;
	struct pool_global whole = {.pools = many}, one = {.pools_count = 1};
	char instance[] = "\"<urn:uuid:00000000-0000-0000-0000-001122aabb0x>\"";
	struct pools *single[MANY], *pools;

	for (unsigned i = 0; i < MANY; i++) {
		make_random_pool(&many[i], i + 1);
		one.pools = &many[i];
		single[i] = pools_new(NULL, &one);
	}
	for (unsigned i = 0; i < 2000; i++) {
		struct phone_request request = {.name = names[random_below(6)], .instance = ""};
		const struct pool *best = &none, *found;
		bool is_there = false;

		whole.pools_count = 1 + i % MANY; /* few, then more */
		pools = pools_new(NULL, &whole);
		instance[strlen(instance) - 3] = (char)('0' + random_below(4));
		request.instance = random_below(2) ? instance : "";
		request.source.user_agent = random_below(2) ? "Snom" : "";
		put_address(&request.source.address, from[random_below(5)]);
		for (unsigned k = 0; k < whole.pools_count; k++) {
			is_there = is_there ||
				   pools_have_network(single[k],
						      (struct sockaddr *)&request.source.address);
			if (pools_find(single[k], &request) && goes_before(&many[k], best))
				best = &many[k];
		}
		found = pools_find(pools, &request);
		assert_int_equal(found ? found->number : 0, best->number);
		assert_int_equal(
		    pools_have_network(pools, (struct sockaddr *)&request.source.address),
		    is_there);
		pools_free(pools);
	}
	for (unsigned i = 0; i < MANY; i++)
		pools_free(single[i]);
}

/* ---- after_hours.h */

static void numbers_are_blocked_after_hours(void **state)
{
	static const struct after_hours hours = {
	    .block = {{true, false, "9"}, {true, true, "0900T"}, {false, true, "1"}},
	    .day =
		{[0] = {true, 0, 0}, [1] = {true, 9 * 60, 17 * 60}, [5] = {true, 18 * 60, 7 * 60}},
	};
	static const struct {
		int day, hour, minute;
		const char *called;
		bool blocked;
	} rows[] = {
	    {0, 0, 0, "9123", true},   {0, 23, 59, "9123", true}, {1, 0, 0, "9123", false},
	    {1, 9, 0, "9123", true},   {1, 16, 59, "9", true},	  {1, 17, 0, "9123", false},
	    {1, 12, 0, "8123", false}, {5, 17, 59, "91", false},  {5, 18, 0, "91", true},
	    {6, 6, 59, "91", true},    {6, 7, 0, "91", false},	  {3, 12, 0, "09001", true},
	    {3, 12, 0, "1", false},    {3, 12, 0, "91", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tm now = {
		    .tm_wday = rows[i].day, .tm_hour = rows[i].hour, .tm_min = rows[i].minute};

		if (after_hours_blocks(&hours, rows[i].called, &now) != rows[i].blocked)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_blocked_after_hours),
	    cmocka_unit_test(a_telephone_belongs_to_the_pool_that_fits_best),
	    cmocka_unit_test(pools_are_found_by_number_and_their_numbers_by_place),
	    cmocka_unit_test(telephones_come_from_the_networks_of_pools),
	    cmocka_unit_test(the_same_is_found_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
