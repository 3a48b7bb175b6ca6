// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What BINDINGS registered telephones cost: memory; CPU time of a change and octets on the disk, in
 * memory alone, with a journal, and with Redis (which is another process), as a ratio to memory alone;
 * the longest turn of the loop meanwhile; how long all is read at the start.
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
#include "tests/unit/redis_rig.h"

#define BINDINGS 100000u
#define UNDER_WAY 1000u /* REGISTERs that wait for their answer */
#define REFRESHES 3u	/* of each binding */

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

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	log_setup(talloc_named_const(NULL, 0, "bench_location"));
	soon_ms = location_now_ms() + 3600000;
	measure_memory();
	measure_stores();
	return 0;
}
