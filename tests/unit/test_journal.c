// SPDX-License-Identifier: GPL-2.0-or-later
/* Bindings in a file: what is found again after the end of the program, however it ended. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/survive/record.h"
#include "tests/unit/random.h"

static char folder[64], path[96];
static struct location *location;
static uint64_t soon_ms; /* when bindings of the test end */
static unsigned lines;	 /* logged */
static char last_line[512];

/* ---- the rig */

static void keep_line(struct log_target *target, unsigned int level, const char *line)
{
	lines++;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int set_up_log(void **state)
{
	struct log_target *target;

	log_setup(talloc_named_const(NULL, 0, "test_journal"));
	target = log_target_create();
	assert_non_null(target);
	log_target_plain(target);
	target->output = keep_line;
	log_set_all_filter(target, 1);
	log_add_target(target);
	return 0;
}

static int begin(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test_journal.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/locations", folder);
	location = NULL;
	soon_ms = location_now_ms() + 3600000;
	return 0;
}

static int end(void **state)
{
	static const char *const suffixes[] = {"", ".new", ".bad"};
	char name[128];

	location_free(location);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return rmdir(folder);
}

static int open_location(void)
{
	const struct location_config config = {.path = path, .gateway = "alpha"};
	char why[256];

	location_free(location);
	location = NULL;
	lines = 0;
	return location_new(NULL, &config, &location, why, sizeof(why));
}

static void reopen(void)
{
	assert_int_equal(open_location(), 0);
}

static unsigned answers;
static int last_error;

static void answer(void *arg, int error)
{
	answers++;
	last_error = error;
}

/* What its `done` is told. */
static int change(const struct location_change *changes, unsigned count)
{
	unsigned before = answers;

	assert_int_equal(location_change(location, changes, count, answer, NULL), 0);
	for (uint64_t until_ms = location_now_ms() + 10000;
	     answers == before && location_now_ms() < until_ms;)
		osmo_select_main(0);
	assert_int_equal(answers, before + 1);
	return last_error;
}

static struct location_change put_of(const char *name, const char *uri)
{
	return (struct location_change){
	    .verb = LOCATION_PUT,
	    .binding = {.name = name, .contact = {.uri = uri}, .expires_ms = soon_ms}};
}

static int put(const char *name, const char *uri)
{
	const struct location_change one = put_of(name, uri);

	return change(&one, 1);
}

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

static unsigned bindings(void)
{
	struct location_counters counters;

	location_counters(location, &counters);
	return counters.bindings;
}

static void write_file(const char *name, const char *octets, size_t size)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(octets, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *name, char *octets, size_t size)
{
	FILE *file = fopen(name, "r");
	size_t n;

	assert_non_null(file);
	n = fread(octets, 1, size, file);
	fclose(file);
	return n;
}

/* ---- files */

static void is_found_again(void **state)
{
	struct location_change remove = put_of("2002", "sip:b");
	const struct location_binding *out;

	reopen();
	assert_int_equal(put("2001", "sip:a"), 0);
	assert_int_equal(put("2002", "sip:b"), 0);
	assert_int_equal(put("2003", "sip:c"), 0);
	remove.verb = LOCATION_REMOVE;
	assert_int_equal(change(&remove, 1), 0);
	reopen();
	assert_string_equal(found("2001"), "sip:a ");
	assert_string_equal(found("2002"), "");
	assert_string_equal(found("2003"), "sip:c ");
	assert_int_equal(bindings(), 2);
	assert_int_equal(location_find(location, "2001", &out, 1), 1);
	assert_int_equal(out->expires_ms, soon_ms);
	assert_string_equal(out->gateway, "alpha");
}

static void does_not_come_back_after_its_end(void **state)
{
	reopen();
	assert_int_equal(put("2001", "sip:a"), 0);
	soon_ms = location_now_ms() + 30;
	assert_int_equal(put("2001", "sip:a"), 0); /* ends earlier than before */
	assert_int_equal(put("2002", "sip:b"), 0);
	location_free(location);
	location = NULL;
	while (location_now_ms() < soon_ms)
		usleep(1000);
	reopen();
	assert_int_equal(bindings(), 0);
}

static void what_is_under_way_is_written_at_the_end(void **state)
{
	const struct location_change one = put_of("2001", "sip:a");

	reopen();
	assert_int_equal(location_change(location, &one, 1, NULL, NULL), 0);
	reopen();
	assert_string_equal(found("2001"), "sip:a ");
}

static const struct {
	const char *what;
	const char *before, *between; /* before, between and after three records of two lines */
	const char *after;
	size_t cut; /* octets off the end */
	unsigned found, lines;
} files[] = {
    {"all is well", "", "", "", 0, 3, 1},
    {"nothing was ever written", NULL, NULL, NULL, 0, 0, 1},
    {"a torn end", "", "", "", 1, 2, 1},
    {"a torn end, far", "", "", "", 60, 2, 1},
    {"a line of garbage first", "garbage\n", "", "", 0, 3, 1},
    {"garbage without a line's end between", "", "garbage", "", 0, 1, 1},
    {"lines of garbage between", "", "gar\nbage\n\n\n", "", 0, 3, 1},
    {"garbage at the end", "", "", "0123456789abcdef + 2004", 0, 3, 1},
    {"a record whose hash is wrong", "", "0123456789abcdef + 2001 - - 0 1\n", "", 0, 3, 1},
};

static void reads_what_is_good_in_a_file(void **state)
{
	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char text[4096] = "";
		size_t used = 0;

		for (unsigned n = 0; files[i].before && n < 3; n++) {
			const char *names[] = {"2001", "2002", "2003"};
			const struct location_change one = put_of(names[n], "sip:a");
			const char *first = n ? files[i].between : files[i].before;

			used += (size_t)sprintf(text + used, "%s", first);
			used += record_print(&one, 1, text + used);
		}
		used += (size_t)sprintf(text + used, "%s", files[i].after ? files[i].after : "");
		write_file(path, text, used - files[i].cut);
		if (open_location() || bindings() != files[i].found || lines != files[i].lines)
			fail_msg("%s: %u bindings, %u lines of log, \"%s\"", files[i].what,
				 bindings(), lines, last_line);
		/* and what is written after it counts */
		assert_int_equal(put("2009", "sip:z"), 0);
		reopen();
		assert_int_equal(bindings(), files[i].found + 1);
		location_free(location);
		location = NULL;
	}
}

static void reads_noughts_and_a_line_without_end(void **state)
{
	size_t size = 3 * RECORD_SIZE_MAX;
	char *noughts = calloc(1, size);
	const struct location_change one = put_of("2001", "sip:a");
	size_t record;

	assert_non_null(noughts);
	record = record_print(&one, 1, noughts);
	write_file(path, noughts, size);
	reopen();
	assert_int_equal(bindings(), 1);
	memset(noughts + record, 'x', size - record);
	noughts[size / 2] = '\n';
	write_file(path, noughts, size);
	reopen();
	assert_int_equal(bindings(), 1);
	free(noughts);
}

static void a_file_that_is_no_journal_is_put_aside(void **state)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\nand so on\n";
	char bad[128], octets[128];

	write_file(path, text, sizeof(text) - 1);
	reopen();
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last_line, ".bad"));
	assert_int_equal(put("2001", "sip:a"), 0);
	snprintf(bad, sizeof(bad), "%s.bad", path);
	assert_int_equal(read_file(bad, octets, sizeof(octets)), sizeof(text) - 1);
	assert_memory_equal(octets, text, sizeof(text) - 1);
	reopen();
	assert_int_equal(bindings(), 1);
}

static void a_file_that_cannot_be_had_is_said_in_a_sentence(void **state)
{
	const struct location_config second = {.path = path}, nowhere = {.path = "/nowhere/at/all"},
				     device = {.path = "/dev/null"};
	struct location *other = NULL;
	char why[256];

	reopen();
	assert_int_equal(location_new(NULL, &second, &other, why, sizeof(why)), -EBUSY);
	assert_non_null(strstr(why, "in use by another gateway"));
	assert_int_equal(location_new(NULL, &nowhere, &other, why, sizeof(why)), -ENOENT);
	assert_string_equal(why,
			    "/nowhere/at/all: No such file or directory: name a file that sipspand "
			    "may write");
	assert_int_equal(location_new(NULL, &device, &other, why, sizeof(why)), -EINVAL);
	assert_null(other);
}

static void a_full_disk_refuses_and_then_goes_on(void **state)
{
	struct rlimit limit, none;
	struct location_counters counters;
	struct stat status;

	reopen();
	assert_int_equal(put("2001", "sip:a"), 0);
	assert_int_equal(stat(path, &status), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &none);
	limit = none;
	limit.rlim_cur = (rlim_t)status.st_size + 20; /* a write is torn */
	setrlimit(RLIMIT_FSIZE, &limit);
	lines = 0;
	assert_int_equal(put("2002", "sip:b"), -EIO);
	assert_int_equal(put("2001", "sip:c"), -EIO);
	setrlimit(RLIMIT_FSIZE, &none);
	assert_int_equal(lines, 1);
	location_counters(location, &counters);
	assert_false(counters.reachable);
	assert_int_equal(counters.failed, 2);
	assert_string_equal(found("2002"), "");
	assert_int_equal(put("2003", "sip:d"), 0);
	assert_int_equal(lines, 2);
	location_counters(location, &counters);
	assert_true(counters.reachable);
	reopen();
	assert_int_equal(lines, 1);
	assert_null(strstr(last_line, "cannot be read"));
	assert_string_equal(found("2001"), "sip:a ");
	assert_string_equal(found("2002"), "");
	assert_string_equal(found("2003"), "sip:d ");
}

/* ---- the file is written anew; the program is killed */

#define NAMES 3000
#define TOUCHED (LOCATION_CHANGES_MAX - 1) /* by an operation; the last change counts it */
#define UNDER_WAY 100

static uint64_t mixed(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Change i of operation n: what happens to which name. Operations up to NAMES / TOUCHED put each. */
static enum location_verb verb_of(uint32_t n, unsigned i, unsigned *name)
{
	uint64_t x = mixed((uint64_t)n << 8 | i);

	if (n <= NAMES / TOUCHED + 1) {
		*name = (n * TOUCHED + i) % NAMES;
		return LOCATION_PUT;
	}
	*name = (unsigned)(x % NAMES);
	x >>= 40;
	return x % 16 == 0 ? LOCATION_REMOVE_ALL : x % 16 < 3 ? LOCATION_REMOVE : LOCATION_PUT;
}

static int submit(struct location *to, uint32_t n, location_done done, void *arg)
{
	struct location_change changes[LOCATION_CHANGES_MAX];
	char names[LOCATION_CHANGES_MAX][16];

	for (unsigned i = 0; i < LOCATION_CHANGES_MAX; i++) {
		unsigned name = NAMES;

		changes[i] = put_of(names[i], "sip:phone@192.0.2.77:5060;transport=tcp;line=x");
		if (i < TOUCHED)
			changes[i].verb = verb_of(n, i, &name);
		sprintf(names[i], "%u", name);
		changes[i].binding.cseq = n;
	}
	return location_change(to, changes, LOCATION_CHANGES_MAX, done, arg);
}

static uint32_t cseq_of(unsigned name)
{
	const struct location_binding *out;
	char text[16];

	sprintf(text, "%u", name);
	return location_find(location, text, &out, 1) ? out->cseq : 0;
}

/* The number of the last operation that is there, all of which must be there, and nothing else. */
static uint32_t last_operation(void)
{
	static uint32_t model[NAMES];
	uint32_t last = cseq_of(NAMES);

	memset(model, 0, sizeof(model));
	for (uint32_t n = 1; n <= last; n++) {
		for (unsigned i = 0; i < TOUCHED; i++) {
			unsigned name;
			enum location_verb verb = verb_of(n, i, &name);

			model[name] = verb == LOCATION_PUT ? n : 0;
		}
	}
	for (unsigned i = 0; i < NAMES; i++)
		if (cseq_of(i) != model[i])
			fail_msg("name %u: %u, must be %u of %u", i, cseq_of(i), model[i], last);
	return last;
}

static struct {
	struct location *location;
	int fd;
	uint32_t next, done;
} child;

static void child_done(void *arg, int error)
{
	child.done++;
	if (error || write(child.fd, &child.done, sizeof(child.done)) != sizeof(child.done) ||
	    submit(child.location, child.next++, child_done, NULL))
		_exit(1);
}

static void run_child(int fd)
{
	const struct location_config config = {.path = path, .gateway = "alpha"};
	char why[256];

	child.fd = fd;
	if (location_new(NULL, &config, &child.location, why, sizeof(why)))
		_exit(1);
	location = child.location;
	child.done = cseq_of(NAMES);
	child.next = child.done + 1;
	for (unsigned i = 0; i < UNDER_WAY; i++)
		submit(child.location, child.next++, child_done, NULL);
	for (;;)
		osmo_select_main(0);
}

/* So long after the first of its operations was safe. The number of the last that it was told is. */
static uint32_t kill_child_after(unsigned us)
{
	struct pollfd ready = {.events = POLLIN};
	uint32_t done = 0, next;
	int pipe_fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	ready.fd = pipe_fds[0];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipe_fds[0]);
		run_child(pipe_fds[1]);
	}
	close(pipe_fds[1]);
	poll(&ready, 1, 10000);
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(pipe_fds[0], &next, sizeof(next)) == sizeof(next))
		done = next;
	close(pipe_fds[0]);
	return done;
}

static void a_killed_program_has_lost_nothing_that_was_done(void **state)
{
	uint64_t until_ms = location_now_ms() + 1000;
	unsigned kills = 0, within = 0;
	uint32_t last = 0;
	char renewed[128];

	snprintf(renewed, sizeof(renewed), "%s.new", path);
	while (location_now_ms() < until_ms || kills < 8) {
		uint32_t done = kill_child_after(random_below(40000)), now;

		kills++;
		within += access(renewed, F_OK) == 0;
		reopen();
		now = last_operation();
		assert_true(now >= done && now >= last);
		last = now;
		location_free(location);
		location = NULL;
	}
	print_message("%u kills, %u of them while the file was written anew; %u operations\n",
		      kills, within, last);
}

static void a_long_file_is_written_anew_while_it_is_used(void **state)
{
	off_t longest = 0, before = 0;
	unsigned renewed = 0;
	struct stat status;
	uint32_t n = 1;

	reopen();
	while (renewed < 3 && n < 50000) {
		assert_int_equal(submit(location, n++, NULL, NULL), 0);
		osmo_select_main(n % UNDER_WAY != 0);
		assert_int_equal(stat(path, &status), 0);
		renewed += status.st_size < before;
		before = status.st_size;
		longest = before > longest ? before : longest;
	}
	assert_int_equal(renewed, 3);
	assert_true(longest < 16 * 1024 * 1024);
	reopen();
	assert_int_equal(last_operation(), n - 1);
}

static void a_new_file_that_cannot_be_written_leaves_the_old(void **state)
{
	char renewed[128];
	uint32_t n = 1;

	reopen();
	snprintf(renewed, sizeof(renewed), "%s.new", path);
	assert_int_equal(mkdir(renewed, 0700), 0);
	lines = 0;
	while (lines == 0 && n < 10000) {
		assert_int_equal(submit(location, n++, NULL, NULL), 0);
		osmo_select_main(n % UNDER_WAY != 0);
	}
	assert_true(lines >= 1);
	assert_non_null(strstr(last_line, "goes on growing"));
	assert_int_equal(rmdir(renewed), 0);
	reopen();
	assert_int_equal(last_operation(), n - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(is_found_again),
	    TEST(does_not_come_back_after_its_end),
	    TEST(what_is_under_way_is_written_at_the_end),
	    TEST(reads_what_is_good_in_a_file),
	    TEST(reads_noughts_and_a_line_without_end),
	    TEST(a_file_that_is_no_journal_is_put_aside),
	    TEST(a_file_that_cannot_be_had_is_said_in_a_sentence),
	    TEST(a_full_disk_refuses_and_then_goes_on),
	    TEST(a_long_file_is_written_anew_while_it_is_used),
	    TEST(a_new_file_that_cannot_be_written_leaves_the_old),
	    TEST(a_killed_program_has_lost_nothing_that_was_done),
	};

	return cmocka_run_group_tests(tests, set_up_log, NULL);
}
