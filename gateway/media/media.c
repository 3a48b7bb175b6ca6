// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sipspan-media - the audio of a gateway: RTP, B channels, and the bridges between them.
 *
 * sipspand starts it with one end of a pipe and tells it everything over that (gateway/wire). It
 * opens nothing itself and needs no privileges. When the other end of the pipe is gone, it ends.
 *
 * One thread: a timer every 5 ms (absolute, so that it does not drift), and the pipe.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <osmocom/core/talloc.h>

#include "config.h"
#include "gateway/log/log.h"
#include "gateway/media/codec.h"
#include "gateway/media/orders.h"
#include "gateway/media/session.h"

#define PRIORITY 20
#define LOCKED_MIN (256 << 20) /* a lower limit could make an allocation fail later on */

static const char help[] =
    "Usage: sipspan-media --pipe FD [--realtime]\n"
    "Carries the audio of sipspand, which starts it; not for use by hand.\n"
    "\n"
    "  --pipe FD    descriptor of the socket pair to sipspand\n"
    "  --realtime   run with real-time priority and locked memory if that is allowed\n"
    "  --help       this text\n"
    "  --version    the version\n";

struct options {
	int pipe;
	bool realtime;
};

/* -1: go on; else the exit code. */
static int options_read(int argc, char **argv, struct options *out)
{
	static const struct option names[] = {
	    {"pipe", required_argument, NULL, 'p'},
	    {"realtime", no_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'},
	    {0},
	};
	int type, c;
	socklen_t length = sizeof(type);
	char *end;

	out->pipe = -1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (c) {
		case 'p':
			out->pipe = strtol(optarg, &end, 10);
			if (!*optarg || *end)
				out->pipe = -1;
			break;
		case 'r':
			out->realtime = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'v':
			puts("sipspan-media " PACKAGE_VERSION);
			return 0;
		default:
			return 2;
		}
	}
	if (optind < argc || getsockopt(out->pipe, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    type != SOCK_SEQPACKET) {
		fputs(
		    "sipspan-media: --pipe needs the descriptor of a socket pair; sipspand starts "
		    "this program, see --help\n",
		    stderr);
		return 2;
	}
	return -1;
}

static bool realtime_take(void)
{
	struct sched_param param = {.sched_priority = PRIORITY};
	struct rlimit limit;

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) < 0)
		return false;
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_MMAP_MAX, 0);
	if (geteuid() && (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur < LOCKED_MIN))
		return false;
	return mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
}

static int timer_start(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec spec = {.it_interval.tv_nsec = ORDERS_TICK_NS};

	if (fd < 0)
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &spec.it_value);
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int run(int pipe, int timer, int epoll, struct orders *orders)
{
	struct epoll_event events[2];
	struct timespec now;
	uint64_t expired;

	for (;;) {
		int count = epoll_wait(epoll, events, 2, -1);
		if (count < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == pipe) {
				if (orders_receive(orders) == -EPIPE)
					return 0;
			} else if (read(timer, &expired, sizeof(expired)) == sizeof(expired)) {
				clock_gettime(CLOCK_MONOTONIC, &now);
				orders_tick(orders, now.tv_sec * 1000000000ull + now.tv_nsec);
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct orders *orders = NULL;
	int rc = options_read(argc, argv, &options), timer, epoll;

	if (rc >= 0)
		return rc;
	signal(SIGPIPE, SIG_IGN);
	log_setup(talloc_named_const(NULL, 0, "sipspan-media"));
	codec_setup();
	session_setup();
	timer = timer_start();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	rc = timer < 0 ? timer : epoll < 0 ? -errno : 0;
	if (rc == 0)
		rc = watch(epoll, timer);
	if (rc == 0)
		rc = watch(epoll, options.pipe);
	if (rc == 0)
		rc = orders_new(options.pipe, options.realtime && realtime_take(), &orders);
	if (rc == 0)
		rc = run(options.pipe, timer, epoll, orders);
	if (rc < 0)
		LOGP(DMEDIA, LOGL_ERROR, "sipspan-media ends: %s\n", strerror(-rc));
	if (orders)
		orders_free(orders);
	return rc < 0;
}
