// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/redis_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <cmocka.h>

#include <hiredis/hiredis.h>

#define PROGRAM "/usr/bin/redis-server"
#define START_TRIES 1000 /* of 10 ms */

bool redis_rig_exists(void)
{
	return access(PROGRAM, X_OK) == 0;
}

static void run(const struct redis_rig *rig, const char *append_only, const char *password)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, 0);
	dup2(null, 1);
	execl(PROGRAM, PROGRAM, "--port", "0", "--unixsocket", rig->socket, "--dir", rig->folder,
	      "--save", "", "--appendonly", append_only, "--requirepass", password, NULL);
	_exit(127);
}

static void start(struct redis_rig *rig, const char *append_only, const char *password)
{
	redisContext *context = NULL;

	rig->pid = fork();
	assert_true(rig->pid >= 0);
	if (rig->pid == 0)
		run(rig, append_only, password ? password : "");
	for (unsigned i = 0; i < START_TRIES; i++) {
		redisFree(context);
		context = redisConnectUnix(rig->socket);
		if (context && !context->err)
			break;
		usleep(10000);
	}
	assert_true(context && !context->err);
	redisFree(context);
}

void redis_rig_start(struct redis_rig *rig, const char *append_only, const char *password)
{
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/redis_rig.XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->socket, sizeof(rig->socket), "%s/socket", rig->folder);
	start(rig, append_only, password);
}

void redis_rig_signal(const struct redis_rig *rig, int signal)
{
	assert_int_equal(kill(rig->pid, signal), 0);
}

void redis_rig_kill(struct redis_rig *rig)
{
	if (!rig->pid)
		return;
	redis_rig_signal(rig, SIGKILL);
	waitpid(rig->pid, NULL, 0);
	rig->pid = 0;
	unlink(rig->socket);
}

void redis_rig_start_again(struct redis_rig *rig)
{
	start(rig, "no", NULL);
}

long long redis_rig_ask(const struct redis_rig *rig, const char *command)
{
	redisContext *context = redisConnectUnix(rig->socket);
	redisReply *reply;
	long long answer;

	assert_true(context && !context->err);
	reply = redisCommand(context, command);
	answer = reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
	freeReplyObject(reply);
	redisFree(context);
	return answer;
}

void redis_rig_end(struct redis_rig *rig)
{
	char command[128];

	redis_rig_kill(rig);
	snprintf(command, sizeof(command), "rm -r %s", rig->folder);
	assert_int_equal(system(command), 0);
}
