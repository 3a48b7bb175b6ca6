// SPDX-License-Identifier: GPL-2.0-or-later
/* SRV records: what is read out of an answer, and the order of RFC 2782. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/dns_cache.h"
#include "gateway/sip/srv.h"

#define DRAWS 20000

static uint8_t message[512];
static size_t size;

static void put(const void *octets, size_t count)
{
	memcpy(message + size, octets, count);
	size += count;
}

#define PUT(octets) put(octets, sizeof(octets) - 1)

/* The answer to _x.test, with so many records to come. */
static void begin(unsigned answers)
{
	size = 0;
	PUT("\x00\x01\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x02_x\x04test\x00\x00\x21\x00\x01");
	message[7] = (uint8_t)answers;
}

/* host: as it stands in the record; its name is at offset 12 + 3. */
static void add(unsigned priority, unsigned weight, const char *host, size_t host_size)
{
	uint8_t fixed[] = {0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0x13, 0xc4};

	fixed[11] = (uint8_t)(6 + host_size);
	fixed[13] = (uint8_t)priority;
	fixed[14] = (uint8_t)(weight >> 8);
	fixed[15] = (uint8_t)weight;
	put(fixed, sizeof(fixed));
	put(host, host_size);
}

#define ADD(priority, weight, host) add(priority, weight, host, sizeof(host) - 1)

static void records_are_read(void **state)
{
	struct srv_records srv;

	begin(2);
	ADD(10, 300,
	    "\x01"
	    "a\x04test\x00");
	ADD(20, 0,
	    "\x01"
	    "b\xc0\x0f"); /* points to "test" of the question */
	assert_int_equal(srv_parse(message, size, &srv), 0);
	assert_int_equal(srv.count, 2);
	assert_string_equal(srv.records[0].host, "a.test");
	assert_int_equal(srv.records[0].weight, 300);
	assert_int_equal(srv.records[0].port, 5060);
	assert_string_equal(srv.records[1].host, "b.test");
	assert_int_equal(srv.records[1].priority, 20);
	begin(1);
	ADD(0, 0, "\x00");
	assert_int_equal(srv_parse(message, size, &srv), 0);
	assert_true(srv.denied);
}

static void hostile_answers_are_refused_or_left_out(void **state)
{
	struct srv_records srv;

	begin(1);
	ADD(0, 0, "\xc0\x30"); /* forward */
	assert_int_equal(srv_parse(message, size, &srv), 0);
	assert_int_equal(srv.count, 0);
	begin(1);
	ADD(0, 0, "\x01z\xc0\x2e"); /* to itself */
	assert_int_equal(srv_parse(message, size, &srv), 0);
	assert_int_equal(srv.count, 0);
	begin(1);
	ADD(0, 0,
	    "\x03"
	    "a.b\x00"); /* a dot in a label */
	assert_int_equal(srv_parse(message, size, &srv), 0);
	assert_int_equal(srv.count, 0);
	begin(2);
	ADD(0, 0, "\x01z\x00"); /* the second is missing */
	assert_int_equal(srv_parse(message, size, &srv), -EBADMSG);
	for (size_t cut = 0; cut < size; cut++)
		srv_parse(message, cut, &srv);
}

/* Which of three comes first how often, and who is never before whom. */
static void order_is_by_priority_and_then_by_chance_as_weights_say(void **state)
{
	unsigned first[4] = {0};

	srandom(1);
	for (unsigned n = 0; n < DRAWS; n++) {
		struct srv_records srv = {
		    .count = 4,
		    .records = {{20, 65535, 1, "last"},
				{10, 0, 1, "0"},
				{10, 30, 1, "1"},
				{10, 60, 1, "2"}},
		};

		srv_order(&srv, random);
		assert_string_equal(srv.records[3].host, "last");
		first[atoi(srv.records[0].host)]++;
		assert_int_not_equal(srv.records[0].host[0], srv.records[1].host[0]);
	}
	/* 1, 30 and 60 of 91; three standard deviations are 0.9 % of all */
	assert_in_range(first[0], DRAWS * 5 / 1000, DRAWS * 17 / 1000);
	assert_in_range(first[1], DRAWS * 31 / 100, DRAWS * 35 / 100);
	assert_in_range(first[2], DRAWS * 63 / 100, DRAWS * 68 / 100);
}

static void equal_weights_of_zero_keep_their_order(void **state)
{
	struct srv_records srv = {.count = 3,
				  .records = {{1, 0, 1, "a"}, {1, 0, 1, "b"}, {0, 0, 1, "c"}}};

	srv_order(&srv, random);
	assert_string_equal(srv.records[0].host, "c");
	assert_string_equal(srv.records[1].host, "a");
	assert_string_equal(srv.records[2].host, "b");
}

static void the_cache_is_bounded_and_forgets(void **state)
{
	struct dns_cache *cache = dns_cache_new(NULL);
	struct dns_cache_answer answer = {message, 0, false}, found;
	char name[32];

	begin(1);
	ADD(0, 0, "\x01z\x00");
	answer.size = size;
	for (unsigned i = 0; i < DNS_CACHE_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		dns_cache_put(cache, name, DNS_TYPE_SRV, 100, &answer);
		assert_true(dns_cache_find(cache, "N0.test", DNS_TYPE_SRV, 100, &found));
	}
	assert_int_equal(dns_cache_count(cache), DNS_CACHE_MAX);
	assert_false(dns_cache_find(cache, "n1.test", DNS_TYPE_SRV, 100, &found));
	assert_false(dns_cache_find(cache, "n0.test", DNS_TYPE_A, 100, &found));
	assert_true(dns_cache_find(cache, "n0.test", DNS_TYPE_SRV, 159, &found));
	assert_memory_equal(found.message, message, size);
	assert_false(dns_cache_find(cache, "n0.test", DNS_TYPE_SRV, 160, &found));
	talloc_free(cache);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_are_read),
	    cmocka_unit_test(hostile_answers_are_refused_or_left_out),
	    cmocka_unit_test(order_is_by_priority_and_then_by_chance_as_weights_say),
	    cmocka_unit_test(equal_weights_of_zero_keep_their_order),
	    cmocka_unit_test(the_cache_is_bounded_and_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
