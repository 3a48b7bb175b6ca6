// SPDX-License-Identifier: GPL-2.0-or-later
/* ENUM: the tables, what is known of numbers, and a number looked up step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/sip/enum_query.h"
#include "gateway/sip/ua.h"

#define TABLE_STR "Number of a voice enum-match-table\n"
#define TABLE_MAX 10000 /* conf has the same */

static const struct enum_table *find_table(unsigned number)
{
	const struct office *office = console_gateway()->office;

	return office ? plan_enum_table(office_plan(office), number) : NULL;
}

static struct enum_queries *find_queries(struct vty *vty)
{
	struct ua *ua = console_gateway()->ua;

	if (!ua)
		console_print(vty, "%% SIP does not run.");
	return ua ? ua_enum_queries(ua) : NULL;
}

/* ---- show */

static void print_table(struct vty *vty, const struct enum_table *table)
{
	console_print(vty, "enum-match-table %u", table->number);
	for (unsigned i = 0; i < table->count; i++)
		console_print(vty, "  rule %u preference %u  /%s/ /%s/  %s", table->rules[i].number,
			      table->rules[i].preference, table->rules[i].match,
			      table->rules[i].replace, table->rules[i].domain);
}

DEFUN(show_enum_table, show_enum_table_cmd, "show voice enum-match-table [<1-10000>]",
      SHOW_STR "Voice\nRules that make domain names of numbers\n" TABLE_STR)
{
	unsigned first = argc ? (unsigned)atoi(argv[0]) : 1, last = argc ? first : TABLE_MAX;
	bool any = false;

	for (unsigned number = first; number <= last; number++) {
		const struct enum_table *table = find_table(number);

		if (table)
			print_table(vty, table);
		any |= table != NULL;
	}
	if (!any)
		console_print(vty,
			      argc ? "%% There is no voice enum-match-table %s."
				   : "There is no voice enum-match-table.",
			      argc ? argv[0] : "");
	return any || !argc ? CMD_SUCCESS : CMD_WARNING;
}

struct list {
	struct vty *vty;
	unsigned names;
};

static void print_entry(void *arg, const struct enum_cache_entry *entry)
{
	struct list *list = arg;

	list->names++;
	if (!entry->count)
		console_print(list->vty, "%s  %u s  does not exist", entry->domain, entry->left_s);
	for (unsigned i = 0; i < entry->count; i++)
		console_print(list->vty, "%s  %u s  %u %u \"%s\" \"%s\" \"%s\"", entry->domain,
			      entry->left_s, entry->records[i].order, entry->records[i].preference,
			      entry->records[i].flags, entry->records[i].service,
			      entry->records[i].regexp);
}

#define ENUM_STR "Numbers looked up in the DNS\n"

DEFUN(show_enum_cache, show_enum_cache_cmd, "show enum cache",
      SHOW_STR ENUM_STR "Names that are known: time left, order, preference, NAPTR record\n")
{
	struct list list = {.vty = vty};
	struct enum_queries *queries = find_queries(vty);

	if (!queries)
		return CMD_WARNING;
	enum_cache_each(enum_queries_cache(queries), enum_queries_now(), print_entry, &list);
	if (!list.names)
		console_print(vty, "No name is known.");
	return CMD_SUCCESS;
}

DEFUN(clear_enum_cache, clear_enum_cache_cmd, "clear enum cache",
      CLEAR_STR ENUM_STR "Forget what is known\n")
{
	struct enum_queries *queries = find_queries(vty);

	if (!queries)
		return CMD_WARNING;
	console_print(vty, "%u names forgotten", enum_cache_clear(enum_queries_cache(queries)));
	return CMD_SUCCESS;
}

DEFUN(show_enum_counters, show_enum_counters_cmd, "show enum counters",
      SHOW_STR ENUM_STR "How look-ups ended\n")
{
	struct enum_queries *queries = find_queries(vty);
	struct enum_counters counters;

	if (!queries)
		return CMD_WARNING;
	enum_queries_counters(queries, &counters);
	console_print(vty, "Numbers looked up            %lu", counters.queries);
	console_print(vty, "  found                      %lu", counters.found);
	console_print(vty, "  no usable record           %lu", counters.not_found);
	console_print(vty, "  time limit reached         %lu", counters.timed_out);
	console_print(vty, "  name servers failed        %lu", counters.failed);
	console_print(vty, "Names asked of name servers  %lu", counters.asked);
	console_print(vty, "Names known already          %lu", counters.cached);
	return CMD_SUCCESS;
}

/* ---- test */

struct test {
	struct console_wait *wait;
	struct enum_query *query;
};

static void test_step(void *arg, const char *text)
{
	struct test *test = arg;

	console_wait_line(test->wait, text);
}

static void test_done(void *arg, int error, const struct enum_answer *answer)
{
	struct test *test = arg;
	char line[ENUM_URI_MAX + 32];

	for (unsigned i = 0; answer && i < answer->count; i++) {
		snprintf(line, sizeof(line), "%s %s", i ? "then" : "call", answer->uris[i].text);
		console_wait_line(test->wait, line);
	}
	if (error) {
		snprintf(line, sizeof(line), "%s", enum_query_error(error));
		console_wait_line(test->wait, line);
	}
	console_wait_end(test->wait, error ? 1 : 0);
	talloc_free(test);
}

static void test_abandoned(void *arg)
{
	struct test *test = arg;

	if (test->query)
		enum_query_cancel(test->query);
	talloc_free(test);
}

DEFUN(test_enum, test_enum_cmd, "test enum <1-10000> NUMBER",
      "Try something out\n" ENUM_STR TABLE_STR "Number as it would be called\n")
{
	const struct enum_table *table = find_table((unsigned)atoi(argv[0]));
	struct enum_queries *queries = find_queries(vty);
	struct enum_asker asker = {.done = test_done, .step = test_step};
	struct test *test;
	struct number called;
	char text[NUMBER_DIGITS_MAX + 2];

	if (!queries)
		return CMD_WARNING;
	if (!table) {
		console_print(vty, "%% There is no voice enum-match-table %s.", argv[0]);
		return CMD_WARNING;
	}
	if (number_from_e164(&called, argv[1]) < 0 || !called.digits[0]) {
		console_print(vty, "%% %s is not a number.", argv[1]);
		return CMD_WARNING;
	}
	number_to_e164(&called, text);
	test = talloc_zero(NULL, struct test);
	if (!test)
		return CMD_WARNING;
	test->wait = console_wait_begin(vty, test_abandoned, test);
	if (!test->wait) {
		talloc_free(test);
		console_print(vty, "%% This console waits for something already.");
		return CMD_WARNING;
	}
	asker.arg = test;
	if (enum_query_start(queries, table, text, &asker, &test->query) == 0)
		return CMD_SUCCESS;
	console_wait_cancel(test->wait);
	talloc_free(test);
	console_print(vty, "%% Out of memory.");
	return CMD_WARNING;
}

void show_enum_install(void)
{
	install_element(ENABLE_NODE, &show_enum_table_cmd);
	install_element(ENABLE_NODE, &show_enum_cache_cmd);
	install_element(ENABLE_NODE, &clear_enum_cache_cmd);
	install_element(ENABLE_NODE, &show_enum_counters_cmd);
	install_element(ENABLE_NODE, &test_enum_cmd);
}
