// SPDX-License-Identifier: GPL-2.0-or-later
/* bench_dialplan - what a million entries of a dial plan cost: time to load, memory, time of a
 * look-up; and a look-up among 100 000 dial peers. Each figure has its goal beside it, and the time
 * that a walk over all entries takes. Times are those of one core; of three rounds of look-ups the
 * best counts, as other programs may want the core. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/index.h"
#include "dialplan/pattern_map.h"
#include "dialplan/plan.h"
#include "tests/bench/prefixes.h"

#define ENTRIES 1000000
#define FEW_ENTRIES 1000
#define PEERS 100000
#define NUMBERS 1000000
#define PEER_NUMBERS 200000
#define WALKS 20
#define ROUNDS 3

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* All that is allocated, with what malloc itself needs for it. */
static double memory(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)info.uordblks + (double)info.hblkhd;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench_dialplan: %s\n", what);
	exit(1);
}

/* ---- times of look-ups */

typedef void look_up(void *arg, const char *number);

struct times {
	double median, percentile_99; /* us */
};

static int compare_floats(const void *pa, const void *pb)
{
	const float *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static struct times measure(look_up *fn, void *arg, const char *numbers, size_t size, size_t count)
{
	struct times best = {.median = 1e9};
	float *us = malloc(count * sizeof(*us));

	if (!us)
		fail("out of memory");
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++) {
			double start = now_us();

			fn(arg, numbers + i * size);
			us[i] = (float)(now_us() - start);
		}
		qsort(us, count, sizeof(*us), compare_floats);
		if (us[count / 2] < best.median)
			best = (struct times){us[count / 2], us[count * 99 / 100]};
	}
	free(us);
	return best;
}

/* ---- longest match among prefixes */

struct match {
	const struct index *index;
	const struct pattern *best;
	unsigned long fits; /* of all look-ups */
};

static void collect_best(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct match *match = arg;

	match->fits++;
	if (!match->best ||
	    pattern_weight(pattern)->explicit_length > pattern_weight(match->best)->explicit_length)
		match->best = pattern;
}

static void find_best(void *arg, const char *number)
{
	struct match *match = arg;

	match->best = NULL;
	index_find(match->index, number, collect_best, match);
}

/* Many numbers, each made from a prefix; the same whatever is looked up with them. */
static char (*make_numbers(struct prefixes *prefixes))[PREFIX_DIGITS_MAX + 1]
{
	char(*numbers)[PREFIX_DIGITS_MAX + 1] = calloc(NUMBERS, sizeof(*numbers));

	if (!numbers)
		fail("out of memory");
	for (size_t i = 0; i < NUMBERS; i++)
		prefixes_number(prefixes, numbers[i]);
	return numbers;
}

static char *make_text(const struct prefixes *prefixes, size_t *length)
{
	char *text = malloc(prefixes->count * (PREFIX_DIGITS_MAX + 1) + 1);

	*length = 0;
	if (!text)
		fail("out of memory");
	for (size_t i = 0; i < prefixes->count; i++)
		*length += sprintf(text + *length, "%s\n", prefixes->list[i]);
	return text;
}

static void print_times(const char *what, struct times times, double goal, double goal_99)
{
	printf("  %-28s median %8.2f us", what, times.median);
	if (goal > 0)
		printf(" (goal: under %g)", goal);
	printf(", 99 %% %8.2f us", times.percentile_99);
	if (goal_99 > 0)
		printf(" (goal: under %g)", goal_99);
	printf("\n");
}

static void print_walk(double walk_us, double index_us)
{
	printf("  %-28s        %8.0f us: %.0f times a look-up\n", "walk over all entries", walk_us,
	       walk_us / index_us);
}

struct table { /* the entries and the look-ups among them */
	struct pattern_map *map;
	struct index *index;
	struct pattern **patterns;
	size_t count;
};

static double walk_us(const struct table *table, const char *numbers, size_t size)
{
	struct match match = {0};
	double start = now_us();

	for (size_t i = 0; i < WALKS; i++)
		for (size_t n = 0; n < table->count; n++) {
			enum pattern_fit fit =
			    pattern_match(table->patterns[n], numbers + i * size);

			if (fit == PATTERN_FULL || fit == PATTERN_SURPLUS)
				collect_best(&match, n, table->patterns[n]);
		}
	return (now_us() - start) / WALKS;
}

static bool add_entry(void *arg, const char *pattern)
{
	struct table *table = arg;

	if (index_add_text(table->index, pattern, 1, NULL, 0) < 0)
		fail("index_add_text");
	return true;
}

/* A file's text in memory, to a map, to an index that can be asked. */
static void load_map(struct table *table, const struct prefixes *prefixes)
{
	double before, loaded, read, added;
	char *text, why[128];
	size_t length;
	unsigned line;

	text = make_text(prefixes, &length);
	before = memory();
	loaded = cpu_s();
	table->index = index_new();
	if (!table->index || pattern_map_new(&table->map) < 0)
		fail("out of memory");
	if (pattern_map_read(table->map, text, length, &line, why, sizeof(why)) < 0)
		fail(why);
	read = cpu_s();
	pattern_map_each(table->map, add_entry, table);
	added = cpu_s();
	if (index_seal(table->index) < 0)
		fail("index_seal");
	printf("%zu prefixes, a pattern map\n", prefixes->count);
	printf("  %-28s %.2f s (goal: under 3): read %.2f, compile and add %.2f, seal %.2f\n",
	       "load", cpu_s() - loaded, read - loaded, added - read, cpu_s() - added);
	printf("  %-28s %.0f bytes an entry (goal: under 150)\n", "memory",
	       (memory() - before) / (double)prefixes->count);
	free(text);
}

/* The same as patterns that somebody else holds, as those of dial peers are. */
static void load_patterns(struct table *table, const struct prefixes *prefixes)
{
	double before = memory(), start = cpu_s(), sealed;

	table->index = index_new();
	table->patterns = calloc(prefixes->count, sizeof(*table->patterns));
	if (!table->index || !table->patterns)
		fail("out of memory");
	for (; table->count < prefixes->count; table->count++)
		if (pattern_compile(prefixes->list[table->count], &table->patterns[table->count],
				    NULL, 0) < 0 ||
		    index_add(table->index, table->patterns[table->count], table->count) < 0)
			fail("index_add");
	sealed = cpu_s();
	if (index_seal(table->index) < 0)
		fail("index_seal");
	printf("%zu prefixes, patterns by themselves\n", prefixes->count);
	printf("  %-28s %.2f s (goal: under 3): compile and add %.2f, seal %.2f\n", "load",
	       cpu_s() - start, sealed - start, cpu_s() - sealed);
	printf("  %-28s %.0f bytes an entry (goal: under 150)\n", "memory",
	       (memory() - before) / (double)prefixes->count);
}

static void free_table(struct table *table)
{
	index_free(table->index);
	pattern_map_free(table->map);
	for (size_t i = 0; i < table->count; i++)
		pattern_free(table->patterns[i]);
	free(table->patterns);
}

static struct times look_up_all(const struct table *table, char (*numbers)[PREFIX_DIGITS_MAX + 1])
{
	struct match match = {.index = table->index};
	struct times times = measure(find_best, &match, numbers[0], sizeof(numbers[0]), NUMBERS);

	print_times("look-up, longest match", times, 1, 5);
	printf("  %-28s %8.2f a number\n", "entries that fit",
	       (double)match.fits / NUMBERS / ROUNDS);
	return times;
}

static void bench_prefixes(void)
{
	struct table by_map = {0}, by_pattern = {0}, few_entries = {0};
	struct prefixes many, few;
	struct times times_many, times_few;
	char(*numbers)[PREFIX_DIGITS_MAX + 1];

	prefixes_make(&many, ENTRIES);
	numbers = make_numbers(&many);
	load_map(&by_map, &many);
	look_up_all(&by_map, numbers);
	free_table(&by_map);
	load_patterns(&by_pattern, &many);
	times_many = look_up_all(&by_pattern, numbers);
	print_walk(walk_us(&by_pattern, numbers[0], sizeof(numbers[0])), times_many.median);
	free_table(&by_pattern);
	prefixes_make(&few, FEW_ENTRIES);
	load_map(&few_entries, &few);
	times_few = look_up_all(&few_entries, numbers);
	free_table(&few_entries);
	printf("a look-up among %u entries takes %.1f times as long as among %u\n", ENTRIES,
	       times_many.median / times_few.median, FEW_ENTRIES);
	prefixes_free(&few);
	prefixes_free(&many);
	free(numbers);
}

/* ---- dial peers */

struct routing {
	const struct plan *plan;
	struct plan_route route;
	unsigned long candidates, routed, looked_up;
};

static void route(void *arg, const char *number)
{
	struct routing *routing = arg;
	struct plan_request request = {.inbound_kind = PEER_VOIP};

	snprintf(request.called.digits, sizeof(request.called.digits), "%s", number);
	plan_route(routing->plan, &request, NULL, &routing->route);
	routing->candidates += routing->route.count;
	routing->routed += routing->route.count > 0;
}

/* The number so far, of which one digit after another comes in. */
static void fit_digits(void *arg, const char *number)
{
	struct routing *routing = arg;
	struct plan_request request = {.inbound_kind = PEER_POTS, .collected = true};
	struct plan_fit fit;

	snprintf(request.called.digits, sizeof(request.called.digits), "%.*s",
		 (int)(1 + routing->looked_up++ % 8), number);
	plan_fit_digits(routing->plan, &request, NULL, &fit);
}

static void add_peer(struct plan *plan, struct prefixes *prefixes, uint32_t tag)
{
	struct peer peer;
	char why[128];

	peer_init(&peer, tag, tag % 2 ? PEER_POTS : PEER_VOIP);
	prefixes_pattern(prefixes, peer.destination_pattern);
	peer.preference = tag % 3;
	if (peer.kind == PEER_POTS)
		strcpy(peer.port, "1:D");
	else
		strcpy(peer.session_target, "ipv4:192.0.2.1");
	if (plan_add_peer(plan, &peer, why, sizeof(why)) < 0)
		fail(why);
}

/* A dial peer whose destination is a map of a million entries. */
static void bench_map_peer(void)
{
	const struct plan_options options = {.tie_deterministic = true};
	struct routing routing = {0};
	struct prefixes prefixes;
	struct pattern_map *map;
	struct plan *plan;
	struct peer peer;
	char(*numbers)[PREFIX_DIGITS_MAX + 1], *text;
	double before, start;
	size_t length;
	unsigned line;

	prefixes_make(&prefixes, ENTRIES);
	numbers = make_numbers(&prefixes);
	text = make_text(&prefixes, &length);
	before = memory();
	start = cpu_s();
	peer_init(&peer, 1, PEER_VOIP);
	peer.destination_map = 1;
	strcpy(peer.session_target, "ipv4:192.0.2.1");
	plan = plan_new(&options);
	if (!plan || pattern_map_new(&map) < 0 ||
	    pattern_map_read(map, text, length, &line, NULL, 0) < 0 ||
	    plan_add_pattern_map(plan, 1, map) < 0 || plan_add_peer(plan, &peer, NULL, 0) < 0 ||
	    plan_seal(plan) < 0)
		fail("no plan with a pattern map");
	printf("a dial peer with a pattern map of %zu prefixes\n", prefixes.count);
	printf("  %-28s %.2f s (goal: under 3), %.0f bytes an entry (goal: under 150)\n", "load",
	       cpu_s() - start, (memory() - before) / (double)prefixes.count);
	routing.plan = plan;
	print_times("plan_route",
		    measure(route, &routing, numbers[0], sizeof(numbers[0]), PEER_NUMBERS), 5, 0);
	print_times("plan_fit_digits",
		    measure(fit_digits, &routing, numbers[0], sizeof(numbers[0]), PEER_NUMBERS), 0,
		    0);
	plan_unref(plan);
	free(text);
	free(numbers);
	prefixes_free(&prefixes);
}

static struct plan *load_peers(struct prefixes *prefixes, unsigned count)
{
	const struct plan_options options = {.tie_deterministic = true};
	double before = memory(), start = cpu_s();
	struct plan *plan = plan_new(&options);

	if (!plan)
		fail("out of memory");
	for (uint32_t tag = 1; tag <= count; tag++)
		add_peer(plan, prefixes, tag);
	if (plan_seal(plan) < 0)
		fail("plan_seal");
	printf("%u dial peers with wildcards, sets and T\n", count);
	printf("  %-28s %.2f s, %.0f bytes a peer\n", "load", cpu_s() - start,
	       (memory() - before) / count);
	return plan;
}

/* Only the patterns are compared; what is done with a peer that fits is left out. */
static double walk_peers_us(const struct plan *plan, const char *numbers, size_t size)
{
	struct table table = {0};
	double us;

	table.patterns = calloc(plan_peer_count(plan), sizeof(*table.patterns));
	if (!table.patterns)
		fail("out of memory");
	for (; table.count < plan_peer_count(plan); table.count++)
		if (pattern_compile(plan_peer_at(plan, table.count)->destination_pattern,
				    &table.patterns[table.count], NULL, 0) < 0)
			fail("pattern_compile");
	us = walk_us(&table, numbers, size);
	free_table(&table);
	return us;
}

static struct times bench_peers(struct prefixes *prefixes, unsigned count)
{
	char(*numbers)[PREFIX_PATTERN_MAX] = calloc(PEER_NUMBERS, sizeof(*numbers));
	struct routing routing = {0};
	struct times times;
	struct plan *plan;

	if (!numbers)
		fail("out of memory");
	plan = load_peers(prefixes, count);
	for (size_t i = 0; i < PEER_NUMBERS; i++)
		prefixes_dial(
		    prefixes,
		    plan_peer_at(plan, prefixes_random(prefixes, count))->destination_pattern,
		    numbers[i]);
	routing.plan = plan;
	times = measure(route, &routing, numbers[0], sizeof(numbers[0]), PEER_NUMBERS);
	print_times("plan_route", times, 5, 0);
	printf("  %-28s %8.2f a number, %.1f %% of the numbers have one\n", "candidates",
	       (double)routing.candidates / PEER_NUMBERS / ROUNDS,
	       100.0 * (double)routing.routed / PEER_NUMBERS / ROUNDS);
	print_walk(walk_peers_us(plan, numbers[0], sizeof(numbers[0])), times.median);
	plan_unref(plan);
	free(numbers);
	return times;
}

int main(void)
{
	struct prefixes prefixes;
	struct times many, few;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_prefixes();
	bench_map_peer();
	prefixes_make(&prefixes, PEERS);
	many = bench_peers(&prefixes, PEERS);
	few = bench_peers(&prefixes, PEERS / 1000);
	printf("a route among %u peers takes %.1f times as long as among %u\n", PEERS,
	       many.median / few.median, PEERS / 1000);
	prefixes_free(&prefixes);
	return 0;
}
