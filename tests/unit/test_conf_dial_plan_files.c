// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dial plans that come from elsewhere: pattern maps in files of their own, the examples of the manual,
 * what was written back; and large ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/conf_rig.h"

#define FIRST(list, type) llist_first_entry(&conf->list, struct type, head.entry)

static char map_path[] = "/tmp/test_conf_map.XXXXXX";

static void write_map(const char *text)
{
	FILE *file = fopen(map_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* ---- pattern maps in files */

static void reads_patterns_from_a_file(void **state)
{
	static struct lines written;
	const struct conf_pattern_map *m;
	char text[256], line[128];
	struct conf *conf;

	write_map("! from the head office\n2...\n\n# more\n3...\n");
	/* relative to the folder of the configuration file, which is /tmp as well */
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1\n url file:%s\n e164 4\n",
		 strrchr(map_path, '/') + 1);
	conf = load_text(text);
	m = FIRST(pattern_maps, conf_pattern_map);
	assert_int_equal(pattern_map_count(m->file_entries), 2);
	assert_int_equal(pattern_map_count(m->entries), 1);
	write_again(conf, &written);
	snprintf(line, sizeof(line), " url file:%s\n e164 4\n", strrchr(map_path, '/') + 1);
	assert_non_null(strstr(written.text, line));
	conf_free(conf);
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1\n url file:%s\n", map_path);
	conf = load_text(text);
	conf_free(conf);
}

/* The first plan has the map that was read, the second one reads the file again. */
static void makes_a_second_plan_of_the_same_file(void **state)
{
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	struct plan *plan;
	struct conf *conf;
	char text[256], why[256];

	write_map("2...\n");
	snprintf(text, sizeof(text),
		 "voice class e164-pattern-map 1\n url file:%s\n e164 3\n"
		 "dial-peer voice 1 voip\n destination e164-pattern-map 1\n session target dns:a\n",
		 map_path);
	conf = load_text(text);
	for (unsigned i = 0; i < 2; i++) {
		plan = make_plan(conf);
		plan_route(plan, &request, NULL, &route);
		assert_int_equal(route.count, 1);
		plan_unref(plan);
	}
	write_map("2[\n");
	assert_int_equal(conf_make_plan(conf, &plan, why, sizeof(why)), -EINVAL);
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1: %s:1: ", map_path);
	assert_int_equal(strncmp(why, text, strlen(text)), 0);
	conf_free(conf);
}

static void says_what_is_wrong_in_the_file_of_a_map(void **state)
{
	char text[256], expected[512];
	struct conf *conf = NULL;

	write_map("2...\n3[..\n");
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1\n url file:%s\n", map_path);
	assert_int_equal(load_bytes(text, strlen(text), &messages, &conf), -EINVAL);
	snprintf(expected, sizeof(expected), "2: url file:%s: %s:2: character 3: ", map_path,
		 map_path);
	if (strncmp(messages.text, expected, strlen(expected)) != 0)
		fail_msg("%s", messages.text);
	assert_int_equal(messages.count, 1);
	assert_int_equal(load_bytes("voice class e164-pattern-map 1\n url file:/nonexistent/x\n",
				    56, &messages, &conf),
			 -EINVAL);
	assert_string_equal(messages.text, "2: url file:/nonexistent/x: /nonexistent/x cannot be "
					   "read: No such file or directory\n");
}

/* Who opens a pipe waits for its writer: the gateway may not. */
static void takes_no_pipe_or_device_for_a_map(void **state)
{
	char text[256], expected[512];
	struct conf *conf = NULL;

	unlink(map_path);
	assert_int_equal(mkfifo(map_path, 0600), 0);
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1\n url file:%s\n", map_path);
	alarm(60);
	assert_int_equal(load_bytes(text, strlen(text), &messages, &conf), -EINVAL);
	alarm(0);
	snprintf(expected, sizeof(expected),
		 "2: url file:%s: %s cannot be read: it is not a regular file\n", map_path,
		 map_path);
	assert_string_equal(messages.text, expected);
	unlink(map_path);
	assert_int_equal(load_bytes("voice class e164-pattern-map 1\n url file:/dev/zero\n", 51,
				    &messages, &conf),
			 -EINVAL);
	assert_string_equal(messages.text, "2: url file:/dev/zero: /dev/zero cannot be read: it is "
					   "not a regular file\n");
}

static void reads_a_million_patterns_fast(void **state)
{
	FILE *file = fopen(map_path, "w");
	const struct conf_pattern_map *m;
	char text[256];
	struct conf *conf;
	clock_t begin;

	for (unsigned i = 0; i < 1000000; i++)
		fprintf(file, "+44%07u\n", i * 7919 % 10000000);
	fclose(file);
	snprintf(text, sizeof(text), "voice class e164-pattern-map 1\n url file:%s\n", map_path);
	begin = clock();
	conf = load_text(text);
	print_message("a million patterns read in %.2f s\n",
		      (double)(clock() - begin) / CLOCKS_PER_SEC);
	assert_true(clock() - begin < 30 * CLOCKS_PER_SEC);
	m = FIRST(pattern_maps, conf_pattern_map);
	assert_int_equal(pattern_map_count(m->file_entries), 1000000);
	conf_free(conf);
}

/* References are looked up, not searched for: peers times rules would take minutes. */
static void checks_a_hundred_thousand_peers_fast(void **state)
{
	FILE *file = fopen(path, "w");
	struct conf *conf = NULL;
	clock_t begin;

	for (unsigned i = 1; i <= 5000; i++)
		fprintf(file,
			"voice translation-rule %u\n rule 1 /^9/ //\n"
			"voice translation-profile p%u\n translate called %u\n"
			"voice class dpg %u\n dial-peer %u\n",
			i, i, i, i, i);
	for (unsigned i = 100000; i > 0; i--)
		fprintf(file,
			"dial-peer voice %u voip\n destination-pattern %u\n"
			" session target ipv4:192.0.2.1\n translation-profile outgoing p%u\n"
			" destination dpg %u\n",
			i, 100000 + i, i % 5000 + 1, i % 5000 + 1);
	fclose(file);
	memset(&messages, 0, sizeof(messages));
	begin = clock();
	assert_int_equal(load_file(ctx, path, keep_error, &messages, &conf), 0);
	print_message("100000 peers read in %.2f s\n", (double)(clock() - begin) / CLOCKS_PER_SEC);
	assert_true(clock() - begin < 60 * CLOCKS_PER_SEC);
	conf_free(conf);
}

/* ---- the manual */

static char *read_manual(void)
{
	FILE *file = fopen(SOURCE_FOLDER "/conf/sipspan.conf.5", "r");
	char *text = calloc(1, 200000);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 199999, file) > 10000);
	fclose(file);
	return text;
}

/* An example as mdoc has it: \\e stands for a backslash. */
static void copy_example(const char *from, const char *end, char *to)
{
	while (from < end) {
		bool backslash = from[0] == '\\' && from[1] == 'e';

		*to++ = backslash ? '\\' : *from;
		from += backslash ? 2 : 1;
	}
	*to = '\0';
}

/* Each by itself, on a gateway with two lines. */
static void takes_every_example_of_the_manual(void **state)
{
	static const char begin[] = ".Bd -literal -offset indent\n";
	static const char lines[] =
	    PRI "controller e1 2\n driver cesopsn listen 127.0.0.1:2144 peer 127.0.0.1:2145\n"
		" pri-group timeslots 1-31\nvoice service voip\n rtp-port range 20000 20999\n";
	char *manual = read_manual(), *end = strstr(manual, "\n.Sh SIP\n"), *at = manual;
	static char text[4096];
	unsigned count = 0;

	write_map("+44770\n");
	assert_non_null(end);
	*end = '\0';
	while ((at = strstr(at, begin))) {
		char *path_at;

		at += strlen(begin);
		end = strstr(at, ".Ed\n");
		assert_non_null(end);
		assert_true((size_t)(end - at) < sizeof(text) - sizeof(lines) - sizeof(map_path));
		strcpy(text, lines);
		copy_example(at, end, text + strlen(text));
		/* the file that an example names is another one here */
		path_at = strstr(text, "lists/mobile.txt");
		if (path_at) {
			char *rest = strdup(path_at + strlen("lists/mobile.txt"));

			sprintf(path_at, "%s%s", map_path, rest);
			free(rest);
		}
		conf_free(load_text(text));
		if (messages.count)
			fail_msg("%s%s", text, messages.text);
		count++;
	}
	assert_true(count >= 12);
	free(manual);
}

/* ---- what is written back */

static uint32_t seed;

static unsigned any(unsigned limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static const char *one_of(const char *const *words, size_t count)
{
	return words[any((unsigned)count)];
}

static void random_peer(char *text, unsigned tag)
{
	static const char *const patterns[] = {"1T",   "12..",	 "[13]2T", "9(11)?2", "2%3.",
					       "+44T", "^7...$", ".T",	   "1[2-4].", "\\*1T"};
	static const char *const any_kind[] = {"",
					       "",
					       " preference 2\n",
					       " huntstop\n",
					       " shutdown\n",
					       " corlist outgoing b\n",
					       " numbering-type national\n",
					       " translation-profile outgoing p\n",
					       " max-conn 3\n"};
	static const char *const pots[] = {"",
					   " no digit-strip\n",
					   " prefix 9,0\n",
					   " forward-digits 3\n",
					   " forward-digits extra\n",
					   " digit-strip\n"};
	static const char *const voip[] = {"", " number-plan called national\n",
					   " number-plan called unknown\n",
					   " destination e164-pattern-map 1\n"};
	bool is_pots = any(2);

	sprintf(text + strlen(text), "dial-peer voice %u %s\n destination-pattern %s\n%s%s%s%s",
		tag, is_pots ? "pots" : "voip", one_of(patterns, COUNT(patterns)),
		one_of(any_kind, COUNT(any_kind)), one_of(any_kind, COUNT(any_kind)),
		is_pots ? one_of(pots, COUNT(pots)) : one_of(voip, COUNT(voip)),
		is_pots ? " port 1:D\n" : " session target ipv4:192.0.2.1\n");
}

static void describe_route(const struct plan *plan, const struct plan_request *request, char *text)
{
	struct plan_inbound inbound = {0};
	struct plan_route route;

	plan_match_inbound(plan, request, &inbound);
	plan_route(plan, request, inbound.peer, &route);
	sprintf(text, "in %u cause %u%s", inbound.peer ? inbound.peer->tag : 0, route.cause,
		route.emergency ? " emergency" : "");
	for (unsigned i = 0; i < route.count; i++)
		sprintf(text + strlen(text), ", %u %s/%u", route.candidates[i].peer->tag,
			route.candidates[i].called.digits, route.candidates[i].called.ton);
	for (unsigned i = 0; i < route.excluded_count; i++)
		sprintf(text + strlen(text), ", not %u", route.excluded[i].peer->tag);
}

static void assert_same_routes(const struct plan *a, const struct plan *b, const char *text)
{
	char before[2048], after[2048];

	for (unsigned n = 0; n < 300; n++) {
		struct plan_request request = {.inbound_kind = any(2) ? PEER_VOIP : PEER_POTS,
					       .port = "1:D"};
		unsigned length = any(9);

		for (unsigned i = 0; i < length; i++)
			request.called.digits[i] = "0112234479*"[any(11)];
		request.called.ton = any(3);
		request.random = any(1000);
		describe_route(a, &request, before);
		describe_route(b, &request, after);
		if (strcmp(before, after) != 0)
			fail_msg("%s\n%s: %s; %s", text, request.called.digits, before, after);
	}
}

static void routes_alike_when_it_is_read_back(void **state)
{
	static const char begin[] =
	    PRI "dial-peer cor custom\n name a\n name b\n"
		"dial-peer cor list a\n member a\ndial-peer cor list b\n member b\n"
		"voice translation-rule 1\n rule 1 /^1\\(.*\\)/ /02\\1/\n rule 2 // // type "
		"national unknown\n"
		"voice translation-profile p\n translate called 1\n"
		"voice class e164-pattern-map 1\n e164 2...\n e164 +44T\n"
		"num-exp 4... 12...\nemergency 112 911\n";
	static const char *const ways[] = {
	    "", "dial-peer hunt 2\n", "dial-peer hunt 6\n", "dial-peer tie deterministic\n",
	    "voice number-plan\n country-code 44\n international-prefix 00\n national-prefix 0\n"};
	static struct lines written;

	seed = 6;
	for (unsigned round = 0; round < 40; round++) {
		char text[16384];
		struct conf *conf;
		struct plan *before, *after;

		sprintf(text, "%s%sdial-peer voice 900 voip\n incoming called-number .\n%s", begin,
			one_of(ways, COUNT(ways)), any(2) ? " corlist incoming a\n" : "");
		for (unsigned tag = 1 + any(4); tag < 40; tag += 1 + any(4))
			random_peer(text, tag);
		conf = load_text(text);
		before = make_plan(conf);
		write_again(conf, &written);
		conf_free(conf);
		conf = load_text(written.text);
		after = make_plan(conf);
		assert_same_routes(before, after, text);
		plan_unref(before);
		plan_unref(after);
		conf_free(conf);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_patterns_from_a_file),
	    cmocka_unit_test(makes_a_second_plan_of_the_same_file),
	    cmocka_unit_test(says_what_is_wrong_in_the_file_of_a_map),
	    cmocka_unit_test(takes_every_example_of_the_manual),
	    cmocka_unit_test(routes_alike_when_it_is_read_back),
	    cmocka_unit_test(takes_no_pipe_or_device_for_a_map),
	    cmocka_unit_test(reads_a_million_patterns_fast),
	    cmocka_unit_test(checks_a_hundred_thousand_peers_fast),
	};
	int fd = mkstemp(map_path), rc;

	if (fd < 0)
		return 1;
	close(fd);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(map_path);
	return rc;
}

int main(void)
{
	return rig_main(run);
}
