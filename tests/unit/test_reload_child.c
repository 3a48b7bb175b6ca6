// SPDX-License-Identifier: GPL-2.0-or-later
/* A reload whose examining process fails, hangs or finds errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/reload.h"
#include "gateway/service.h"
#include "tests/unit/conf_rig.h"

#define PEERS 300
#define PEERS_OF_LONG 20000 /* takes longer than this process may have to wait for a processor */
#define LIMIT_S 1

static char folder[64], file[128];
static struct lines told;
static int status; /* -1: it is under way */
static unsigned taken;

/* the manager of services is not there */
void service_reloading(void)
{
}

void service_reloaded(void)
{
}

static void keep(void *arg, enum reload_line kind, const char *text)
{
	keep_line(&told, text);
}

static void done(void *arg, int outcome)
{
	status = outcome;
}

static int prepare(void *arg, const struct conf *next, char *why, size_t why_size)
{
	return 0;
}

static void take(void *arg, const struct conf *next, struct plan *plan)
{
	taken++;
}

/* So many peers that the child has something to do, and what follows them. */
static void write_file(unsigned peers, const char *rest)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	for (unsigned i = 1; i <= peers; i++)
		fprintf(f,
			"dial-peer voice %u voip\n destination-pattern 9%04u\n"
			" session target ipv4:192.0.2.1\n",
			i, i);
	fputs(rest, f);
	assert_int_equal(fclose(f), 0);
}

/* limit_s: for the child; 0: more than it needs */
static struct reload *make(const char *name, unsigned peers, unsigned limit_s)
{
	struct reload_config config = {
	    .path = file, .prepare = prepare, .take = take, .limit_s = limit_s};
	struct reload *reload;

	snprintf(folder, sizeof(folder), "/tmp/reload%sXXXXXX", name);
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/sipspan.conf", folder);
	write_file(peers, "");
	assert_int_equal(load_path(file, &messages, &config.running), 0);
	assert_int_equal(reload_new(ctx, &config, &reload), 0);
	return reload;
}

static void end(struct reload *reload)
{
	reload_free(reload);
	unlink(file);
	rmdir(folder);
}

static pid_t child(void)
{
	char name[64];
	FILE *f;
	int pid = 0;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(name, "r");
	if (!f || fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/* The child gets the signal before the loop hears of it. */
static void run(struct reload *reload, int send)
{
	static const struct reload_asker asker = {.name = "test", .line = keep, .done = done};
	pid_t pid = 0;

	memset(&told, 0, sizeof(told));
	taken = 0;
	status = -1;
	assert_int_equal(reload_start(reload, &asker), 0);
	while (status < 0) {
		osmo_select_main_ctx(pid || !send ? 0 : 1);
		if (send && !pid && (pid = child()))
			kill(pid, send);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
}

static void refuses_when_the_child_is_killed(void **state)
{
	struct reload *reload = make("", PEERS_OF_LONG, 0);

	run(reload, SIGKILL);
	assert_int_equal(status, 1);
	assert_int_equal(taken, 0);
	assert_string_equal(told.text, "refused, the process that examines it failed\n");
	run(reload, 0);
	assert_int_equal(status, 0);
	assert_int_equal(taken, 1);
	end(reload);
}

static void refuses_when_the_child_hangs(void **state)
{
	struct reload *reload = make("", PEERS_OF_LONG, LIMIT_S);

	alarm(60 * LIMIT_S);
	run(reload, SIGSTOP);
	alarm(0);
	assert_int_equal(status, 1);
	assert_int_equal(taken, 0);
	assert_string_equal(told.text, "refused, the process that examines it failed\n");
	end(reload);
}

static void an_error_is_one_whatever_the_folder_is_called(void **state)
{
	struct reload *reload = make(": warning: ", PEERS, 0);

	write_file(PEERS, "expect call from 2001 to 90001 via peer 2\n");
	run(reload, 0);
	assert_int_equal(status, 1);
	assert_int_equal(taken, 0);
	assert_non_null(strstr(told.text, "refused, /tmp/reload"));
	end(reload);
}

static void a_pipe_is_no_configuration(void **state)
{
	struct reload *reload = make("", PEERS, 0);

	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	alarm(60);
	run(reload, 0);
	alarm(0);
	assert_int_equal(status, 1);
	assert_non_null(strstr(told.text, "cannot be read: it is not a regular file\n"));
	end(reload);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_when_the_child_is_killed),
	    cmocka_unit_test(refuses_when_the_child_hangs),
	    cmocka_unit_test(an_error_is_one_whatever_the_folder_is_called),
	    cmocka_unit_test(a_pipe_is_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run_all);
}
