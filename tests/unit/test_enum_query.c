// SPDX-License-Identifier: GPL-2.0-or-later
/* NAPTR records out of DNS messages, the cache of them, and numbers asked of name_server.c's zone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/sip/enum_query.h"
#include "tests/unit/name_server.h"

#define TIME_LIMIT_MS 300
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- messages */

#define HEADER "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
#define QUESTION "\1\x31\4e164\4test\0\0\x23\0\1"
#define ALIAS "\xc0\x0c\0\5\0\1\0\0\0\x1e\0\2\xc0\x0e" /* CNAME, 30 s */
#define NAPTR                                                                                      \
	"\xc0\x0c\0\x23\0\1\0\0\0\x3c\0\x2b"                                                       \
	"\0\x64\0\x0a\1u\7E2U+sip\x1b!^.*$!sip:info@example.com!\0"

static const char message[] = HEADER QUESTION ALIAS NAPTR;
#define MESSAGE_SIZE (sizeof(message) - 1)
#define ANSWERS (sizeof(HEADER QUESTION) - 1)
#define RECORD (ANSWERS + sizeof(ALIAS) - 1) /* where the NAPTR record begins */

static void a_record_is_read_with_the_shortest_time_to_live(void **state)
{
	struct naptr_answer *answer = malloc(sizeof(*answer));

	assert_int_equal(naptr_parse((const uint8_t *)message, MESSAGE_SIZE, answer), 0);
	assert_int_equal(answer->records.count, 1);
	assert_int_equal(answer->ttl_s, 30);
	assert_int_equal(answer->records.records[0].order, 100);
	assert_int_equal(answer->records.records[0].preference, 10);
	assert_string_equal(answer->records.records[0].flags, "u");
	assert_string_equal(answer->records.records[0].service, "E2U+sip");
	assert_string_equal(answer->records.records[0].regexp, "!^.*$!sip:info@example.com!");
	free(answer);
}

/* In a heap block of its own size, so that a sanitizer sees what is read beyond it. */
static int parse_copy(const char *bytes, size_t size, struct naptr_answer *answer)
{
	uint8_t *copy = malloc(size ? size : 1);
	int rc;

	memcpy(copy, bytes, size);
	rc = naptr_parse(copy, size, answer);
	free(copy);
	return rc;
}

static void a_message_that_is_cut_anywhere_is_refused(void **state)
{
	struct naptr_answer *answer = malloc(sizeof(*answer));
	size_t size;

	for (size = 0; size < MESSAGE_SIZE; size++)
		assert_int_equal(parse_copy(message, size, answer), -EBADMSG);
	free(answer);
}

static void a_message_that_lies_does_no_harm(void **state)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t size;
		int result;
	} rows[] = {
	    {7, "\0", 1, -ENOENT},		/* no answers */
	    {7, "\1", 1, -ENOENT},		/* only the alias */
	    {6, "\xff\xff", 2, -EBADMSG},	/* more answers than there are */
	    {4, "\xff\xff", 2, -EBADMSG},	/* more questions */
	    {5, "\0", 1, -ENOENT},		/* none: its name is read as a record's */
	    {12, "\x40", 1, -EBADMSG},		/* a kind of label that there is not */
	    {ANSWERS, "\xc0\xff", 2, 0},	/* a pointer beyond the end: nobody follows it */
	    {RECORD + 2, "\0\x21", 2, -ENOENT}, /* SRV */
	    {RECORD + 4, "\0\3", 2, -ENOENT},	/* class CHAOS */
	    {RECORD + 10, "\0\0", 2, -ENOENT},	/* no data at all; the rest is behind the end */
	    {RECORD + 10, "\0\5", 2, -ENOENT},	/* cut in its flags */
	    {RECORD + 10, "\xff\xff", 2, -EBADMSG},
	    {RECORD + 16, "\xff", 1, -ENOENT}, /* flags longer than the record */
	    {RECORD + 17, "\0", 1, -ENOENT},   /* a zero byte in the flags */
	};
	struct naptr_answer *answer = malloc(sizeof(*answer));
	char bytes[MESSAGE_SIZE];
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		int rc;

		memcpy(bytes, message, MESSAGE_SIZE);
		memcpy(bytes + rows[i].at, rows[i].bytes, rows[i].size);
		rc = parse_copy(bytes, MESSAGE_SIZE, answer);
		if (rc != rows[i].result)
			fail_msg("row %u: %d, expected %d", i, rc, rows[i].result);
	}
	free(answer);
}

static void a_negative_time_to_live_is_none(void **state)
{
	struct naptr_answer *answer = malloc(sizeof(*answer));
	char bytes[MESSAGE_SIZE];

	memcpy(bytes, message, MESSAGE_SIZE);
	bytes[RECORD + 6] = (char)0x80;
	assert_int_equal(parse_copy(bytes, MESSAGE_SIZE, answer), 0);
	assert_int_equal(answer->ttl_s, 0);
	free(answer);
}

static void as_many_records_are_taken_as_there_is_room_for(void **state)
{
	enum { TOO_MANY = ENUM_RECORDS_MAX + 5 };
	size_t size = ANSWERS, record = MESSAGE_SIZE - RECORD;
	char *bytes = malloc(ANSWERS + TOO_MANY * record);
	struct naptr_answer *answer = malloc(sizeof(*answer));
	unsigned i;

	memcpy(bytes, message, ANSWERS);
	bytes[7] = TOO_MANY;
	for (i = 0; i < TOO_MANY; i++, size += record)
		memcpy(bytes + size, message + RECORD, record);
	assert_int_equal(parse_copy(bytes, size, answer), 0);
	assert_int_equal(answer->records.count, ENUM_RECORDS_MAX);
	free(answer);
	free(bytes);
}

/* ---- the cache */

static struct naptr_answer *answer_of(unsigned ttl_s, unsigned count)
{
	struct naptr_answer *answer = calloc(1, sizeof(*answer));

	answer->ttl_s = ttl_s;
	answer->records.count = count;
	return answer;
}

static void names_are_known_as_long_as_they_may_live(void **state)
{
	static const struct {
		unsigned ttl_s, known_s;
	} rows[] = {{30, 30}, {0, 0}, {1, 1}, {4000000, ENUM_CACHE_TTL_MAX_S}};
	struct enum_cache *cache = enum_cache_new(NULL);
	struct enum_cache_entry entry;
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		struct naptr_answer *answer = answer_of(rows[i].ttl_s, 2);

		enum_cache_put(cache, "1.test", answer, 1000);
		assert_int_equal(enum_cache_find(cache, "1.test", 1000, &entry),
				 rows[i].known_s > 0);
		assert_false(enum_cache_find(cache, "2.test", 1000, &entry));
		if (rows[i].known_s) {
			assert_true(
			    enum_cache_find(cache, "1.test", 999 + rows[i].known_s, &entry));
			assert_int_equal(entry.count, 2);
			assert_int_equal(entry.left_s, 1);
		}
		assert_false(enum_cache_find(cache, "1.test", 1000 + rows[i].known_s, &entry));
		free(answer);
	}
	enum_cache_put(cache, "1.test", NULL, 1000);
	assert_true(enum_cache_find(cache, "1.test", 999 + ENUM_CACHE_ABSENT_S, &entry));
	assert_int_equal(entry.count, 0);
	assert_false(enum_cache_find(cache, "1.test", 1000 + ENUM_CACHE_ABSENT_S, &entry));
	enum_cache_free(cache);
}

static void the_name_not_used_for_longest_makes_room(void **state)
{
	struct enum_cache *cache = enum_cache_new(NULL);
	struct naptr_answer *answer = answer_of(60, 1);
	struct enum_cache_entry entry;
	char name[32];
	unsigned i;

	for (i = 0; i <= ENUM_CACHE_MAX; i++) {
		snprintf(name, sizeof(name), "%u.test", i);
		enum_cache_put(cache, name, answer, 0);
		assert_true(enum_cache_find(cache, "0.test", 0, &entry));
	}
	assert_false(enum_cache_find(cache, "1.test", 0, &entry));
	assert_true(enum_cache_find(cache, "2.test", 0, &entry));
	assert_int_equal(enum_cache_clear(cache), ENUM_CACHE_MAX);
	assert_false(enum_cache_find(cache, "0.test", 0, &entry));
	free(answer);
	enum_cache_free(cache);
}

/* ---- queries */

static void *ctx;
static struct resolver *resolver;
static struct enum_queries *queries;
static struct enum_query *query;
static struct enum_answer got;
static char steps[4096];
static int result;
static unsigned answers;

static int start(void **state)
{
	char server[32];

	name_server_start(server);
	ctx = talloc_named_const(NULL, 0, "enum");
	assert_int_equal(resolver_new(ctx, server, 0, &resolver), 0);
	assert_int_equal(enum_queries_new(ctx, resolver, TIME_LIMIT_MS, &queries), 0);
	return 0;
}

static int stop(void **state)
{
	enum_queries_free(queries);
	resolver_free(resolver);
	name_server_stop();
	assert_int_equal(talloc_total_blocks(ctx), 1); /* nothing is left behind */
	talloc_free(ctx);
	return 0;
}

static void done(void *arg, int error, const struct enum_answer *answer)
{
	answers++;
	result = error;
	memset(&got, 0, sizeof(got));
	if (answer)
		got = *answer;
}

static void take_step(void *arg, const char *text)
{
	strncat(steps, text, sizeof(steps) - strlen(steps) - 2);
	strcat(steps, "\n");
}

static void deadline(void *data)
{
	*(bool *)data = true;
}

static void run(unsigned ms)
{
	struct osmo_timer_list timer = {0};
	bool over = false;

	osmo_timer_setup(&timer, deadline, &over);
	osmo_timer_schedule(&timer, ms / 1000, ms % 1000 * 1000);
	while (!over && !answers)
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
}

static void ask(const char *domain, const char *second, const char *called)
{
	static const struct enum_asker asker = {.done = done, .step = take_step};
	struct enum_table table = {.number = 1, .count = second ? 2 : 1};

	for (unsigned i = 0; i < 2; i++) {
		table.rules[i].number = i + 1;
		strcpy(table.rules[i].match, "^+*\\(1.*\\)");
		strcpy(table.rules[i].replace, "\\1");
		snprintf(table.rules[i].domain, sizeof(table.rules[i].domain), "%s",
			 i ? second : domain);
	}
	answers = 0;
	steps[0] = '\0';
	assert_int_equal(enum_query_start(queries, &table, called, &asker, &query), 0);
	assert_int_equal(answers, 0); /* never before it returns */
}

static void a_number_is_found(void **state)
{
	ask("e164.test", NULL, "+1001");
	run(2000);
	assert_int_equal(answers, 1);
	assert_int_equal(result, 0);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.uris[0].text, "sip:first@127.0.0.1:5062");
	assert_string_equal(got.uris[1].text, "sip:second@example.com");
	assert_non_null(strstr(steps, "rule 1: +1001 is 1.0.0.1.e164.test\n"));
	assert_non_null(strstr(steps, "left out: its service is not SIP\n"));
}

static void what_is_known_is_not_asked_again(void **state)
{
	struct enum_counters counters;
	unsigned i;

	for (i = 0; i < 3; i++) {
		ask("e164.test", NULL, "1001");
		run(2000);
		assert_string_equal(got.uris[0].text, "sip:first@127.0.0.1:5062");
		ask("e164.test", NULL, "1009"); /* does not exist */
		run(2000);
		assert_int_equal(result, -ENOENT);
	}
	assert_int_equal(name_server_questions, 2);
	enum_queries_counters(queries, &counters);
	assert_int_equal(counters.queries, 6);
	assert_int_equal(counters.asked, 2);
	assert_int_equal(counters.cached, 4);
	assert_int_equal(counters.found, 3);
	assert_int_equal(counters.not_found, 3);
	enum_cache_clear(enum_queries_cache(queries));
	ask("e164.test", NULL, "1001");
	run(2000);
	assert_int_equal(name_server_questions, 3);
}

static void the_next_rule_is_asked_if_one_gives_nothing(void **state)
{
	ask("e164.test", "second.test", "+1002");
	run(2000);
	assert_int_equal(result, 0);
	assert_int_equal(got.count, 1);
	assert_string_equal(got.uris[0].text, "sip:002@example.com");
	assert_non_null(strstr(steps, "left out: its URI has a parameter"));
	assert_int_equal(name_server_questions, 2);
}

static void nothing_usable_is_said_to_be_so(void **state)
{
	static const char *const numbers[] = {"1002", "1003", "1004", "2001"};
	unsigned i;

	/* only mail and what no request may have; no NAPTR; no such name; no rule fits */
	for (i = 0; i < COUNT(numbers); i++) {
		ask("e164.test", NULL, numbers[i]);
		run(2000);
		assert_int_equal(answers, 1);
		assert_int_equal(result, -ENOENT);
	}
	assert_non_null(strstr(steps, "no rule"));
}

static void a_failing_server_is_no_absent_name(void **state)
{
	name_server_move("broken");
	ask("moving.test", NULL, "1");
	run(2000);
	assert_int_equal(result, -EIO);
	name_server_move("");
	ask("moving.test", NULL, "1");
	run(2000);
	assert_int_equal(result, -ENOENT);
}

static void silence_ends_at_the_time_limit(void **state)
{
	ask("silent.test", "e164.test", "1001");
	run(TIME_LIMIT_MS / 2);
	assert_int_equal(answers, 0);
	run(TIME_LIMIT_MS);
	assert_int_equal(answers, 1);
	assert_int_equal(result, -ETIMEDOUT);
}

static void a_cancelled_query_is_not_answered(void **state)
{
	ask("e164.test", NULL, "1001");
	enum_query_cancel(query); /* before it asks */
	run(50);
	assert_int_equal(answers, 0);
	ask("silent.test", NULL, "1001");
	run(20);
	enum_query_cancel(query); /* while it waits */
	run(50);
	assert_int_equal(answers, 0);
	ask("silent.test", NULL, "1001"); /* left for enum_queries_free() */
	run(20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_is_read_with_the_shortest_time_to_live),
	    cmocka_unit_test(a_message_that_is_cut_anywhere_is_refused),
	    cmocka_unit_test(a_message_that_lies_does_no_harm),
	    cmocka_unit_test(a_negative_time_to_live_is_none),
	    cmocka_unit_test(as_many_records_are_taken_as_there_is_room_for),
	    cmocka_unit_test(names_are_known_as_long_as_they_may_live),
	    cmocka_unit_test(the_name_not_used_for_longest_makes_room),
	    cmocka_unit_test_setup_teardown(a_number_is_found, start, stop),
	    cmocka_unit_test_setup_teardown(what_is_known_is_not_asked_again, start, stop),
	    cmocka_unit_test_setup_teardown(the_next_rule_is_asked_if_one_gives_nothing, start,
					    stop),
	    cmocka_unit_test_setup_teardown(nothing_usable_is_said_to_be_so, start, stop),
	    cmocka_unit_test_setup_teardown(a_failing_server_is_no_absent_name, start, stop),
	    cmocka_unit_test_setup_teardown(silence_ends_at_the_time_limit, start, stop),
	    cmocka_unit_test_setup_teardown(a_cancelled_query_is_not_answered, start, stop),
	};

	log_setup(talloc_named_const(NULL, 0, "log"));
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
