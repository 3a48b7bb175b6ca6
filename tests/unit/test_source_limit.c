// SPDX-License-Identifier: GPL-2.0-or-later
/* How much a source may send (source_limit, with a clock of the test) and what the kernel's filter
 * lets through (source_filter, on real sockets). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/source_filter.h"
#include "gateway/sip/source_limit.h"

#define SIZE 64

static struct source_limit *limit;

static const struct sockaddr *at(const char *text)
{
	static struct sockaddr_storage addresses[4];
	static unsigned next;
	struct sockaddr_storage *address = &addresses[next++ % 4];

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)address)->sin_addr) == 1) {
		address->ss_family = AF_INET;
		((struct sockaddr_in *)address)->sin_port = next; /* which does not count */
	} else {
		assert_int_equal(
		    inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)address)->sin6_addr), 1);
		address->ss_family = AF_INET6;
	}
	return (const struct sockaddr *)address;
}

static const struct sockaddr *numbered(uint32_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	return at(text);
}

static int make(void **state)
{
	static const struct source_limit_rule rule = {.rate = 10, .burst = 20, .block_s = 60};

	limit = source_limit_new(SIZE, 64);
	assert_non_null(limit);
	source_limit_set(limit, &rule);
	return 0;
}

static int drop(void **state)
{
	source_limit_free(limit);
	return 0;
}

static unsigned passed(const char *source, unsigned messages, uint64_t now_ms, unsigned every_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < messages; i++)
		n += source_limit_take(limit, at(source), now_ms + i * every_ms) == SOURCE_PASSES;
	return n;
}

static void lets_through_a_burst_and_then_the_rate(void **state)
{
	assert_int_equal(passed("192.0.2.1", 30, 5000, 0), 20);
	assert_int_equal(passed("192.0.2.2", 20, 5000, 0),
			 20); /* others have a bucket of their own */
	assert_int_equal(passed("192.0.2.1", 1, 5099, 0), 0);
	assert_int_equal(passed("192.0.2.1", 2, 5100, 0), 1);
	assert_int_equal(passed("192.0.2.1", 100, 6000, 100), 100);
	assert_int_equal(passed("192.0.2.1", 30, 10000000, 0), 20);
	/* the clock may jump by years */
	assert_int_equal(passed("192.0.2.1", 30, 1ull << 50, 0), 20);
}

static void no_limit_lets_all_through(void **state)
{
	static const struct source_limit_rule none = {0};

	source_limit_set(limit, &none);
	assert_int_equal(passed("192.0.2.1", 10000, 5000, 0), 10000);
}

static void counts_ipv6_by_its_64_bits_and_mapped_as_ipv4(void **state)
{
	assert_int_equal(passed("2001:db8::1", 20, 5000, 0), 20);
	assert_int_equal(passed("2001:db8::ffff:2", 1, 5000, 0), 0);
	assert_int_equal(passed("2001:db8:0:1::1", 1, 5000, 0), 1);
	assert_int_equal(passed("192.0.2.9", 20, 5000, 0), 20);
	assert_int_equal(passed("::ffff:192.0.2.9", 1, 5000, 0), 0);
}

/* As telephones are counted, who are all in one /64, and have a block for wrong passwords alone. */
static void each_address_can_be_a_source_and_floods_go_unblocked(void **state)
{
	static const struct source_limit_rule rule = {.rate = 10, .burst = 20, .guess_block_s = 60};
	struct source_limit *all = limit;
	char text[40];

	limit = source_limit_new(16384, 128);
	assert_non_null(limit);
	source_limit_set(limit, &rule);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		assert_int_equal(passed(text, 4, 5000, 0), 4);
	}
	assert_int_equal(passed("2001:db8::1", 1000, 5000, 0), 16);
	assert_false(source_limit_blocks(limit, at("2001:db8::1"), 5000));
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(source_limit_fail(limit, at("2001:db8::1"), 5000), i == 9);
	assert_true(source_limit_blocks(limit, at("2001:db8::1"), 64999));
	assert_false(source_limit_blocks(limit, at("2001:db8::1"), 65000));
	assert_false(source_limit_blocks(limit, at("2001:db8::2"), 5000));
	source_limit_free(limit);
	limit = all;
}

static void who_sends_a_little_too_much_is_never_blocked(void **state)
{
	/* 15 a second where 10 are allowed: for an hour */
	for (unsigned i = 0; i < 15 * 3600; i++)
		assert_int_not_equal(
		    source_limit_take(limit, at("192.0.2.1"), 5000 + i * 1000ull / 15),
		    SOURCE_BLOCKED);
}

static void a_flood_is_blocked_once_and_for_its_time(void **state)
{
	struct source_prefix out[4];
	unsigned blocked = 0, n = 0;

	while (!blocked && n < 1000) {
		blocked += source_limit_take(limit, at("192.0.2.1"), 5000) == SOURCE_BLOCKED;
		n++;
	}
	assert_int_equal(n, 41); /* a burst that passes, a burst that is too much, one more */
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(source_limit_take(limit, at("192.0.2.1"), 5000 + i), SOURCE_OVER);
	assert_int_equal(source_limit_blocked(limit, 64999, out, 4), 1);
	assert_int_equal(out[0].bits, 32);
	assert_int_equal(((struct sockaddr_in *)&out[0].address)->sin_addr.s_addr,
			 inet_addr("192.0.2.1"));
	assert_int_equal(source_limit_blocked(limit, 65000, out, 4), 0);
	assert_int_equal(source_limit_take(limit, at("192.0.2.1"), 65000), SOURCE_PASSES);
}

static void wrong_passwords_block_but_fade_and_are_forgiven(void **state)
{
	for (unsigned i = 0; i < 9; i++)
		assert_false(source_limit_fail(limit, at("192.0.2.1"), 5000));
	assert_true(source_limit_fail(limit, at("192.0.2.1"), 5000));
	assert_int_equal(source_limit_take(limit, at("192.0.2.1"), 5001), SOURCE_OVER);
	/* one every two minutes is a telephone with an old password */
	for (unsigned i = 0; i < 100; i++)
		assert_false(source_limit_fail(limit, at("192.0.2.2"), 5000 + i * 120000ull));
	for (unsigned i = 0; i < 9; i++)
		source_limit_fail(limit, at("192.0.2.3"), 5000);
	source_limit_forgive(limit, at("192.0.2.3"));
	assert_false(source_limit_fail(limit, at("192.0.2.3"), 5000));
	source_limit_forgive(limit, at("192.0.2.77")); /* nobody */
}

static void the_table_keeps_who_is_blocked_or_expected(void **state)
{
	struct source_prefix out[4];

	passed("192.0.2.1", 50, 5000, 0);
	source_limit_expect(limit, at("192.0.2.2"), 5000);
	for (uint32_t i = 0; i < 100000; i++)
		source_limit_take(limit, numbered(i), 5001);
	assert_int_equal(source_limit_blocked(limit, 5002, out, 4), 1);
	assert_true(source_limit_expects(limit, at("192.0.2.2"), 5002));
	assert_false(source_limit_expects(limit, at("192.0.2.2"), 5000 + 120001));
	/* when all are blocked, the oldest makes room */
	for (uint32_t i = 0; i < 2 * SIZE; i++)
		for (unsigned n = 0; n < 41; n++)
			source_limit_take(limit, numbered(1 << 20 | i), 6000);
	assert_int_equal(passed("192.0.2.200", 1, 6000, 0), 1);
	source_limit_clear(limit);
	assert_int_equal(source_limit_blocked(limit, 6000, out, 4), 0);
}

static bool add_up(void *arg, const struct source_state *source)
{
	struct source_state *sum = arg;

	sum->heard += source->heard;
	sum->dropped += source->dropped;
	sum->blocked_s += source->blocked_s;
	return true;
}

static void tells_what_it_has_counted(void **state)
{
	struct source_state sum = {0};

	passed("192.0.2.1", 100, 5000, 0);
	passed("192.0.2.2", 5, 5000, 0);
	source_limit_each(limit, 6000, add_up, &sum);
	assert_int_equal(sum.heard, 105);
	assert_int_equal(sum.dropped, 80);
	assert_int_equal(sum.blocked_s, 59);
}

static void one_line_a_minute_and_source(void **state)
{
	passed("192.0.2.1", 1, 5000, 0);
	assert_int_equal(source_limit_log(limit, at("192.0.2.1"), 5000, false), 1);
	passed("192.0.2.1", 7, 5000, 0);
	assert_int_equal(source_limit_log(limit, at("192.0.2.1"), 64999, false), 0);
	assert_int_equal(source_limit_log(limit, at("192.0.2.1"), 65000, false), 7);
	assert_int_equal(source_limit_log(limit, at("192.0.2.2"), 5000, false), 1);
	passed("192.0.2.1", 3, 65000, 0);
	assert_int_equal(source_limit_log(limit, at("192.0.2.1"), 65001, true), 3);
}

/* ---- sources in the tables of others */

static bool same(void (*of)(const struct sockaddr *, struct source_prefix *), const char *one,
		 const char *other)
{
	struct source_prefix a, b;

	of(at(one), &a);
	of(at(other), &b);
	return source_prefix_equal(&a, &b);
}

static void a_network_of_ipv6_is_one_source_and_its_hosts_are_many(void **state)
{
	assert_true(same(source_limit_prefix, "2001:db8::1", "2001:db8::2"));
	assert_false(same(source_limit_prefix, "2001:db8::1", "2001:db8:0:1::1"));
	assert_false(same(source_limit_host, "2001:db8::1", "2001:db8::2"));
	assert_true(same(source_limit_host, "2001:db8::1", "2001:db8::1"));
	assert_false(same(source_limit_prefix, "192.0.2.1", "192.0.2.2"));
	assert_true(same(source_limit_host, "192.0.2.1", "::ffff:192.0.2.1"));
}

/* ---- the kernel's filter */

static struct source_prefix prefix(const char *text)
{
	struct source_prefix out = {.bits = 32};
	const struct sockaddr *address = at(text);

	memcpy(&out.address, address,
	       address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6));
	return out;
}

static int bound(const char *host, int type, struct sockaddr_storage *address)
{
	const struct sockaddr *from = at(host);
	socklen_t size = sizeof(*address);
	int fd = socket(from->sa_family, type, 0);

	memset(address, 0, sizeof(*address));
	memcpy(address, from, sizeof(struct sockaddr_in6));
	((struct sockaddr_in *)address)->sin_port = 0;
	if (bind(fd, (struct sockaddr *)address, size) < 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)address, &size);
	return fd;
}

/* What has been sent to itself before is there, or never will be: loopback does not wait. */
static bool arrives(int fd, const struct sockaddr_storage *to, const char *host, const void *octets,
		    size_t size)
{
	struct sockaddr_storage from;
	int out = bound(host, SOCK_DGRAM, &from);
	char got[64];
	ssize_t n;

	assert_true(out >= 0);
	assert_int_equal(sendto(out, octets, size, 0, (const struct sockaddr *)to, sizeof(*to)),
			 size);
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	close(out);
	return n == (ssize_t)size;
}

static void the_kernel_drops_blocked_sources_and_what_is_not_sip(void **state)
{
	static const struct {
		const char *octets;
		size_t size;
		bool passes;
	} rows[] = {
	    {"INVITE", 6, true},  {"sip", 3, true},	      {"\r\n\r\n", 4, true},
	    {"\n", 1, true},	  {"\0\1\0\0", 4, false},     {"\xf8sigcomp", 8, false},
	    {"", 0, false},	  {"\0", 1, false},	      {"\x7f", 1, false},
	    {" INVITE", 7, true}, {"\x16\x03\x01", 3, false},
	};
	struct source_filter *filter = source_filter_new();
	struct source_prefix sources[] = {prefix("127.0.0.7"), prefix("::1"), prefix("127.0.0.8")};
	struct sockaddr_storage address, address6;
	int fd = bound("127.0.0.1", SOCK_DGRAM, &address);
	int fd6 = bound("::1", SOCK_DGRAM, &address6);

	assert_int_equal(source_filter_add(filter, (struct sockaddr *)&address, true), 0);
	assert_int_equal(source_filter_add(filter, (struct sockaddr *)&address, false), -ENOENT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (arrives(fd, &address, "127.0.0.7", rows[i].octets, rows[i].size) !=
		    (rows[i].passes && rows[i].size))
			fail_msg("row %zu", i);
	assert_int_equal(source_filter_set(filter, sources, 3), 0);
	assert_false(arrives(fd, &address, "127.0.0.7", "INVITE", 6));
	assert_false(arrives(fd, &address, "127.0.0.8", "INVITE", 6));
	assert_true(arrives(fd, &address, "127.0.0.9", "INVITE", 6));
	if (fd6 >= 0) {
		assert_int_equal(source_filter_add(filter, (struct sockaddr *)&address6, true), 0);
		assert_false(arrives(fd6, &address6, "::1", "INVITE", 6));
	}
	assert_int_equal(source_filter_set(filter, sources, 0), 0);
	assert_true(arrives(fd, &address, "127.0.0.7", "INVITE", 6));
	if (fd6 >= 0) {
		assert_true(arrives(fd6, &address6, "::1", "INVITE", 6));
		close(fd6);
	}
	close(fd); /* what is closed is forgotten */
	assert_int_equal(source_filter_set(filter, sources, 3), 0);
	source_filter_free(filter);
}

static void the_longest_filter_can_be_attached_again_and_again(void **state)
{
	struct source_prefix sources[SOURCE_FILTER_IPV4_MAX + SOURCE_FILTER_IPV6_MAX + 20];
	struct sock_filter code[SOURCE_FILTER_CODE_MAX];
	const size_t count = sizeof(sources) / sizeof(sources[0]);
	struct source_filter *filter = source_filter_new();
	struct sockaddr_storage address;
	int fd = bound("127.0.0.1", SOCK_DGRAM, &address);
	char text[64];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), i % 4 ? "127.1.0.%zu" : "2001:db8:%zx::", i);
		sources[i] = prefix(text);
	}
	assert_int_equal(source_filter_add(filter, (struct sockaddr *)&address, true), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(source_filter_set(filter, sources, count), 0);
	assert_false(arrives(fd, &address, "127.1.0.1", "INVITE", 6));
	assert_false(arrives(fd, &address, "127.1.0.167", "INVITE", 6));
	assert_true(arrives(fd, &address, "127.1.0.4", "INVITE", 6));
	for (size_t i = 0; i < count; i++)
		sources[i] = prefix("2001:db8::");
	assert_true(source_filter_compile(sources, count, true, code) <= SOURCE_FILTER_CODE_MAX);
	for (size_t i = 0; i < count; i++)
		sources[i] = prefix("127.1.0.4");
	assert_true(source_filter_compile(sources, count, true, code) <= SOURCE_FILTER_CODE_MAX);
	source_filter_free(filter);
	close(fd);
}

static void a_blocked_source_gets_no_connection(void **state)
{
	struct source_filter *filter = source_filter_new();
	struct source_prefix sources[] = {prefix("127.0.0.7")};
	struct sockaddr_storage address, from;
	struct timeval wait = {.tv_usec = 200000};
	int fd = bound("127.0.0.1", SOCK_STREAM, &address), out;

	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(source_filter_add(filter, (struct sockaddr *)&address, false), 0);
	assert_int_equal(source_filter_set(filter, sources, 1), 0);
	out = bound("127.0.0.7", SOCK_STREAM, &from);
	setsockopt(out, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(out, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), -1);
	assert_int_equal(errno, EINPROGRESS);
	close(out);
	out = bound("127.0.0.8", SOCK_STREAM, &from);
	assert_int_equal(connect(out, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
	close(out);
	close(fd);
	source_filter_free(filter);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(lets_through_a_burst_and_then_the_rate),
	    PROMISE(no_limit_lets_all_through),
	    PROMISE(counts_ipv6_by_its_64_bits_and_mapped_as_ipv4),
	    PROMISE(each_address_can_be_a_source_and_floods_go_unblocked),
	    PROMISE(who_sends_a_little_too_much_is_never_blocked),
	    PROMISE(a_flood_is_blocked_once_and_for_its_time),
	    PROMISE(wrong_passwords_block_but_fade_and_are_forgiven),
	    PROMISE(the_table_keeps_who_is_blocked_or_expected),
	    PROMISE(tells_what_it_has_counted),
	    PROMISE(one_line_a_minute_and_source),
	    cmocka_unit_test(a_network_of_ipv6_is_one_source_and_its_hosts_are_many),
	    cmocka_unit_test(the_kernel_drops_blocked_sources_and_what_is_not_sip),
	    cmocka_unit_test(the_longest_filter_can_be_attached_again_and_again),
	    cmocka_unit_test(a_blocked_source_gets_no_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
