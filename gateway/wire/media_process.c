// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/media_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define CHILD_PIPE 3

static int spawn(const char *program, bool realtime, int child_end, pid_t *pid)
{
	char *argv[] = {(char *)"sipspan-media", (char *)"--pipe", (char *)"3",
			realtime ? (char *)"--realtime" : NULL, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, child_end, CHILD_PIPE);
	/* not every library opens with close-on-exec */
	posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_PIPE + 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	rc = posix_spawn(pid, program, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

int media_process_start(struct media_process *p, const char *program, bool realtime)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	rc = spawn(program, realtime, pair[1], &p->pid);
	close(pair[1]);
	if (rc < 0) {
		close(pair[0]);
		p->pid = 0;
		return rc;
	}
	p->pipe = pair[0];
	return 0;
}

int media_process_reap(struct media_process *p)
{
	int status = 0;

	if (p->pipe >= 0)
		close(p->pipe);
	p->pipe = -1;
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	p->pid = 0;
	return status;
}

void media_process_stop(struct media_process *p, unsigned wait_ms)
{
	if (p->pid > 0) {
		char rest[1024];
		struct pollfd poll_end = {.fd = p->pipe, .events = POLLIN};

		/* Its end of the pipe closes when it has gone. */
		kill(p->pid, SIGTERM);
		while (poll(&poll_end, 1, wait_ms) > 0 &&
		       recv(p->pipe, rest, sizeof(rest), MSG_DONTWAIT) > 0)
			;
	}
	media_process_reap(p);
}
