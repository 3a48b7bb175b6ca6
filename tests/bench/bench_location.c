// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What BINDINGS registered telephones cost: memory; CPU time of a change and octets on the disk, in
 * memory alone, with a journal, and with Redis (which is another process), as a ratio to memory alone;
 * the longest turn of the loop meanwhile; how long all is read at the start. And what it costs to look there: a
 * number that is registered, one that is not, the beginning of a number, whose telephone it is among POOLS pools, as
 * ratios to the same with a hundredth of them.
 */
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/survive/location.h"
#include "gateway/survive/pool.h"
#include "tests/unit/redis_rig.h"

#define BINDINGS 100000u
#define UNDER_WAY 1000u /* REGISTERs that wait for their answer */
#define REFRESHES 3u	/* of each binding */
#define POOLS 10000u
#define FEW 100u /* a hundredth, ... */
#define LOOKS 20000u

static struct location *location;
static unsigned submitted, answered, wanted;
static uint64_t soon_ms;

static double us_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* As a telephone of an office says it. */
static void submit(void);

static void answer(void *arg, int error)
{
	if (error) {
		fprintf(stderr, "refused: %s\n", strerror(-error));
		exit(1);
	}
	answered++;
	submit();
}

static void submit(void)
{
	unsigned n = submitted % BINDINGS;
	char name[16], uri[80], call_id[48], instance[64];
	struct location_change put = {
	    .verb = LOCATION_PUT,
	    .binding = {.name = name,
			.contact = {.uri = uri,
				    .instance = instance,
				    .q = 1000,
				    .reg_id = 1,
				    .source = {.transport = PEER_TRANSPORT_TCP,
					       .user_agent = "Cisco-CP8845/14.2.1"}},
			.call_id = call_id,
			.cseq = submitted + 1,
			.pool = 1,
			.expires_ms = soon_ms},
	};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&put.binding.contact.source.address;

	if (submitted == wanted)
		return;
	submitted++;
	in4->sin_family = AF_INET;
	in4->sin_port = htons(50000);
	in4->sin_addr.s_addr = htonl(0x0a000000 + n);
	snprintf(name, sizeof(name), "%u", 1000000 + n);
	snprintf(uri, sizeof(uri), "sip:%s@10.0.%u.%u:50000;transport=tcp", name, n >> 8 & 255,
		 n & 255);
	snprintf(call_id, sizeof(call_id), "%08x-%08x@10.0.%u.%u", n * 2654435761u, n, n >> 8 & 255,
		 n & 255);
	snprintf(instance, sizeof(instance), "<urn:uuid:00000000-0000-0000-0000-%012x>", n);
	if (location_change(location, &put, 1, answer, NULL) < 0) {
		fprintf(stderr, "not taken\n");
		exit(1);
	}
}

/* Longest turn of the loop, in us; waiting is not counted. */
static double run(unsigned changes)
{
	double longest = 0;

	submitted = answered = 0;
	wanted = changes;
	for (unsigned i = 0; i < UNDER_WAY; i++)
		submit();
	while (answered < wanted) {
		double before = us_of(CLOCK_PROCESS_CPUTIME_ID), us;

		osmo_select_main(0);
		us = us_of(CLOCK_PROCESS_CPUTIME_ID) - before;
		longest = us > longest ? us : longest;
	}
	return longest;
}

static void open_location(const struct location_config *config)
{
	struct location_counters counters;
	char why[256];

	if (location_new(NULL, config, &location, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	for (location_counters(location, &counters); !counters.reachable;
	     location_counters(location, &counters))
		osmo_select_main(0);
}

static size_t memory(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void measure_memory(void)
{
	static const struct location_config config = {.gateway = "srst1.example.com"};
	struct location_counters counters;
	size_t before = memory();
	double began;
	unsigned found = 0;

	open_location(&config);
	run(BINDINGS);
	location_counters(location, &counters);
	printf("%u bindings: %.1f MB\n", counters.bindings, (memory() - before) / 1e6);
	began = us_of(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < BINDINGS; i++) {
		const struct location_binding *binding;
		char name[16];

		snprintf(name, sizeof(name), "%u", 1000000 + i * 7919 % BINDINGS);
		found += location_find(location, name, &binding, 1);
	}
	printf("found: %u, %.2f us each\n", found,
	       (us_of(CLOCK_PROCESS_CPUTIME_ID) - began) / BINDINGS);
	location_free(location);
}

/* CPU time of a change, in us. */
static double measure(const char *what, const struct location_config *config, const char *file,
		      double unit)
{
	double cpu, wall, longest;
	struct stat before = {0}, after = {0};
	struct location_counters counters;

	open_location(config);
	run(BINDINGS);
	if (file)
		stat(file, &before);
	cpu = us_of(CLOCK_PROCESS_CPUTIME_ID);
	wall = us_of(CLOCK_MONOTONIC);
	longest = run(BINDINGS * REFRESHES);
	cpu = (us_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (BINDINGS * REFRESHES);
	wall = (us_of(CLOCK_MONOTONIC) - wall) / (BINDINGS * REFRESHES);
	location_counters(location, &counters);
	if (file)
		stat(file, &after);
	printf(
	    "%-8s %6.2f us CPU %5.1f  %7.0f/s  %5.0f octets written  batch at most %llu us, turn "
	    "%.0f us\n",
	    what, cpu, unit > 0 ? cpu / unit : 1, 1e6 / wall,
	    config->redis  ? (double)(after.st_size - before.st_size) / (BINDINGS * REFRESHES)
	    : config->path ? (double)counters.bytes / (BINDINGS * (REFRESHES + 1))
			   : 0,
	    counters.write_us_max, longest);
	location_free(location);
	if (file) {
		double began = us_of(CLOCK_PROCESS_CPUTIME_ID);

		open_location(config);
		printf("%-8s all read: %.0f ms CPU\n", what,
		       (us_of(CLOCK_PROCESS_CPUTIME_ID) - began) / 1e3);
		location_free(location);
	}
	return cpu;
}

static void measure_stores(void)
{
	static const char aof[] = "appendonlydir/appendonly.aof.1.incr.aof";
	struct location_config config = {.gateway = "srst1.example.com"};
	char folder[] = "/tmp/bench_location.XXXXXX", path[128];
	struct redis_rig rig;
	double unit = measure("memory", &config, NULL, 0);

	if (!mkdtemp(folder))
		exit(1);
	snprintf(path, sizeof(path), "%s/locations", folder);
	config.path = path;
	measure("journal", &config, path, unit);
	unlink(path);
	rmdir(folder);
	if (!redis_rig_exists())
		return;
	redis_rig_start(&rig, "yes", NULL);
	redis_rig_ask(&rig, "CONFIG SET auto-aof-rewrite-percentage 0");
	config.redis = rig.socket;
	snprintf(path, sizeof(path), "%s/%s", rig.folder, aof);
	measure("Redis", &config, path, unit);
	redis_rig_end(&rig);
}

/* ---- looking */

static struct pool pools_list[POOLS];
static struct pools *pools;

static void put_pools(unsigned count)
{
	static struct pool_global global = {.pools = pools_list};

	for (unsigned i = 0; i < count; i++) {
		struct pool *pool = &pools_list[i];
		struct sockaddr_in *in4 = (struct sockaddr_in *)&pool->network;

		*pool = (struct pool){.number = i + 1, .prefix_bits = 24, .numbers_count = 1};
		in4->sin_family = AF_INET;
		in4->sin_addr.s_addr = htonl(0x0a000000 + (i % 1000 << 8));
		snprintf(pool->numbers[0].pattern, sizeof(pool->numbers[0].pattern), "%u",
			 1000000 + i);
	}
	global.pools_count = count;
	pools = pools_new(NULL, &global);
	if (!pools)
		exit(1);
}

static bool stop(void *arg, const char *name)
{
	++*(unsigned *)arg;
	return false;
}

static unsigned look_for_known(unsigned n)
{
	const struct location_binding *binding;
	char name[16];

	snprintf(name, sizeof(name), "%u", 1000000 + n % FEW);
	return location_find(location, name, &binding, 1);
}

/* As the dial plan does: as it is, and what could follow. */
static unsigned look_for_unknown(unsigned n)
{
	const struct location_binding *binding;
	unsigned found;
	char name[16];

	snprintf(name, sizeof(name), "%u", 5000000 + n);
	found = location_find(location, name, &binding, 1);
	location_each_begin(location, name, 0, stop, &found);
	return !found;
}

/* Digits that the numbers of all begin with. */
static unsigned look_for_more(unsigned n)
{
	unsigned found = 0;

	location_each_begin(location, n & 1 ? "1" : "10", 0, stop, &found);
	return found;
}

static unsigned look_at_sender(unsigned n)
{
	struct phone_request request = {.instance = "", .source.user_agent = "Cisco-CP8845/14.2.1"};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&request.source.address;
	char name[16];

	n %= FEW;
	snprintf(name, sizeof(name), "%u", 1000000 + n);
	request.name = name;
	in4->sin_family = AF_INET;
	in4->sin_addr.s_addr = htonl(0x0a000001 + (n % 1000 << 8));
	return pools_have_network(pools, (struct sockaddr *)in4) && pools_find(pools, &request);
}

static unsigned look_for_owner(unsigned n)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", 1000000 + n % FEW);
	return pools_of_number(pools, name) != NULL;
}

static unsigned look_at_counters(unsigned n)
{
	struct location_counters counters;

	location_counters(location, &counters);
	return counters.origins[LOCATION_REGISTERED] > 0;
}

static const struct {
	const char *what;
	unsigned (*look)(unsigned n);
} looks[] = {
    {"a number that is registered", look_for_known},
    {"a number that nobody has", look_for_unknown},
    {"the beginning of a number", look_for_more},
    {"whose telephone it is that sends", look_at_sender},
    {"whose number it is", look_for_owner},
    {"how many there are", look_at_counters},
};

#define LOOKS_COUNT (sizeof(looks) / sizeof(*looks))

/* us of each look, with so many bindings and pools */
static void measure_looks(unsigned bindings, unsigned count, double us[LOOKS_COUNT])
{
	static const struct location_config config = {.gateway = "srst1.example.com"};

	open_location(&config);
	run(bindings);
	put_pools(count);
	for (size_t i = 0; i < LOOKS_COUNT; i++) {
		double began = us_of(CLOCK_PROCESS_CPUTIME_ID);
		unsigned found = 0;

		for (unsigned n = 0; n < LOOKS; n++)
			found += looks[i].look(n);
		us[i] = (us_of(CLOCK_PROCESS_CPUTIME_ID) - began) / LOOKS;
		if (found != LOOKS) {
			fprintf(stderr, "%s: %u of %u\n", looks[i].what, found, LOOKS);
			exit(1);
		}
	}
	pools_free(pools);
	location_free(location);
}

static void compare_looks(void)
{
	double few[LOOKS_COUNT], many[LOOKS_COUNT];

	measure_looks(BINDINGS / 100, POOLS / 100, few);
	measure_looks(BINDINGS, POOLS, many);
	for (size_t i = 0; i < LOOKS_COUNT; i++)
		printf("%-33s %5.2f us, %.1f times as with a hundredth of %u telephones in %u "
		       "pools\n",
		       looks[i].what, many[i], many[i] / few[i], BINDINGS, POOLS);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	log_setup(talloc_named_const(NULL, 0, "bench_location"));
	soon_ms = location_now_ms() + 3600000;
	measure_memory();
	measure_stores();
	compare_looks();
	return 0;
}
