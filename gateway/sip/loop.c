// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/loop.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#define SU_ROOT_MAGIC_T struct ua
#include <sofia-sip/su.h>
#include <sofia-sip/su_wait.h>

#include "gateway/log/log.h"

#define EPOLLS_MAX 32

struct loop {
	su_root_t *root;
	struct osmo_fd fd;
	struct osmo_fd timer;	     /* the stack's next timer */
	struct osmo_timer_list kick; /* step at once */
};

/* The stack's hook for its clock, which no header of it declares. */
extern void (*_su_time)(su_time_t *now);

/* By the clock that all libraries go by (gateway/clock.h); of its own the stack asks for the time of
 * day, which may be set. */
static void tell_time(su_time_t *now)
{
	struct timeval time;

	gettimeofday(&time, NULL);
	now->tv_sec = (unsigned long)time.tv_sec + SU_TIME_EPOCH;
	now->tv_usec = (unsigned long)time.tv_usec;
}

/* The process's epoll descriptors. No call of the stack tells its own: it is the one that is new.
 */
static unsigned list_epolls(int fds[EPOLLS_MAX])
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir)) && count < EPOLLS_MAX) {
		char path[300], kind[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		n = readlink(path, kind, sizeof(kind) - 1);
		if (n < 0)
			continue;
		kind[n] = '\0';
		if (!strcmp(kind, "anon_inode:[eventpoll]"))
			fds[count++] = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return count;
}

static int find_new(const int *before, unsigned before_count)
{
	int now[EPOLLS_MAX];
	unsigned count = list_epolls(now), i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < before_count && before[k] != now[i]; k++)
			;
		if (k == before_count)
			return now[i];
	}
	return -ENOENT;
}

/* The stack counts in whole milliseconds, rounded down, and so does an osmo_timer when the loop waits
 * for it: with either the last part of a millisecond before each of the stack's timers would be spent
 * asking whether it is over. A timerfd rounded up sleeps instead.
 */
static int wait_for_timer(struct loop *loop, su_duration_t wait)
{
	struct timespec after = {.tv_sec = (wait + 1) / 1000,
				 .tv_nsec = (wait + 1) % 1000 * 1000000};
	static const struct timespec once;

	if (wait < 0 || wait == SU_WAIT_FOREVER)
		return osmo_timerfd_disable(&loop->timer);
	return osmo_timerfd_schedule(&loop->timer, &after, &once);
}

static void step(struct loop *loop)
{
	su_duration_t wait = su_root_step(loop->root, 0);

	if (!wait) /* it did something, or is about to: what is left to wait for? */
		wait = su_root_step(loop->root, 0);
	wait_for_timer(loop, wait);
}

static int fd_ready(struct osmo_fd *fd, unsigned int what)
{
	step(fd->data);
	return 0;
}

static int timer_expired(struct osmo_fd *fd, unsigned int what)
{
	uint64_t times;

	if (read(fd->fd, &times, sizeof(times)) == sizeof(times))
		step(fd->data);
	return 0;
}

static void kicked(void *data)
{
	step(data);
}

static void timer_close(struct loop *loop)
{
	if (loop->timer.fd < 0)
		return;
	osmo_fd_unregister(&loop->timer);
	close(loop->timer.fd);
}

void loop_kick(struct loop *loop)
{
	osmo_timer_schedule(&loop->kick, 0, 0);
}

int loop_new(void *ctx, struct ua *ua, struct loop **out)
{
	struct loop *loop = talloc_zero(ctx, struct loop);
	int before[EPOLLS_MAX], fd;
	unsigned count = list_epolls(before);

	if (!loop)
		return -ENOMEM;
	loop->fd.fd = loop->timer.fd = -1;
	_su_time = tell_time;
	if (su_init())
		goto fail;
	loop->root = su_root_create(ua);
	if (!loop->root)
		goto fail;
	su_root_threading(loop->root, 0);
	fd = find_new(before, count);
	if (fd < 0)
		goto fail;
	osmo_fd_setup(&loop->fd, fd, OSMO_FD_READ, fd_ready, loop, 0);
	osmo_timer_setup(&loop->kick, kicked, loop);
	if (osmo_timerfd_setup(&loop->timer, timer_expired, loop) || osmo_fd_register(&loop->fd))
		goto fail;
	loop_kick(loop);
	*out = loop;
	return 0;
fail:
	LOGP(DSIP, LOGL_ERROR, "the SIP stack's event loop could not be made\n");
	timer_close(loop);
	if (loop->root)
		su_root_destroy(loop->root);
	talloc_free(loop);
	return -ENOMEM;
}

su_root_t *loop_root(struct loop *loop)
{
	return loop->root;
}

int loop_descriptor(const struct loop *loop)
{
	return loop->fd.fd;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	osmo_fd_unregister(&loop->fd);
	timer_close(loop);
	osmo_timer_del(&loop->kick);
	su_root_destroy(loop->root);
	su_deinit();
	talloc_free(loop);
}
