// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <systemd/sd-daemon.h>

#include "gateway/log/log.h"

#define DESCRIPTORS_WANTED 65536
#define REALTIME_PRIORITY 50

static struct osmo_timer_list watchdog;
static uint64_t watchdog_us;

static struct {
	int write_end;
	struct osmo_fd read_end;
	void (*stop)(void);
	void (*reload)(void);
	void (*reopen)(void);
} signals;

static void raise_limit(int resource, rlim_t wanted)
{
	struct rlimit limit, asked;

	if (getrlimit(resource, &limit) < 0)
		return;
	asked = limit;
	if (geteuid() == 0 && asked.rlim_max < wanted)
		asked.rlim_max = wanted;
	if (asked.rlim_cur < asked.rlim_max)
		asked.rlim_cur = asked.rlim_max < wanted ? asked.rlim_max : wanted;
	if (setrlimit(resource, &asked) == 0)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(resource, &limit) < 0)
		LOGP(DADMIN, LOGL_NOTICE, "limit %d: %s\n", resource, strerror(errno));
}

void service_raise_limits(void)
{
	raise_limit(RLIMIT_NOFILE, DESCRIPTORS_WANTED);
	if (geteuid() != 0)
		return;
	raise_limit(RLIMIT_RTPRIO, REALTIME_PRIORITY);
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
}

int service_drop_privileges(const char *who, char *why, size_t why_size)
{
	char name[64];
	const char *colon = strchr(who, ':');
	struct passwd *user;
	struct group *group = NULL;
	gid_t gid;

	snprintf(name, sizeof(name), "%.*s", (int)(colon ? colon - who : 63), who);
	user = getpwnam(name);
	if (!user) {
		snprintf(why, why_size, "there is no user %s: make it, or leave -u out", name);
		return -ENOENT;
	}
	if (colon)
		group = getgrnam(colon + 1);
	if (colon && !group) {
		snprintf(why, why_size, "there is no group %s: make it, or leave it out of -u",
			 colon + 1);
		return -ENOENT;
	}
	if (geteuid() == user->pw_uid)
		return 0;
	gid = group ? group->gr_gid : user->pw_gid;
	if (initgroups(user->pw_name, gid) < 0 || setgid(gid) < 0 || setuid(user->pw_uid) < 0) {
		int rc = -errno;

		snprintf(why, why_size, "cannot become user %s: %s: only root can", name,
			 strerror(-rc));
		return rc;
	}
	return 0;
}

/* ---- service manager */

static void feed_watchdog(void *data)
{
	sd_notify(0, "WATCHDOG=1");
	osmo_timer_schedule(&watchdog, (int)(watchdog_us / 1000000), (int)(watchdog_us % 1000000));
}

void service_ready(void)
{
	if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
		watchdog_us /= 3;
		osmo_timer_setup(&watchdog, feed_watchdog, NULL);
		feed_watchdog(NULL);
	}
	sd_notifyf(0, "READY=1\nMAINPID=%d", (int)getpid());
}

void service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		   now.tv_sec * 1000000LL + now.tv_nsec / 1000);
}

void service_reloaded(void)
{
	sd_notify(0, "READY=1");
}

void service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void service_extend(unsigned seconds)
{
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%llu", seconds * 1000000ull);
}

/* ---- signals: written into a pipe, so that the loop hears of them */

static void signal_arrived(int number)
{
	int kept = errno;
	unsigned char octet = (unsigned char)number;

	if (write(signals.write_end, &octet, 1) < 0) {
		/* the pipe is full of signals that have not been looked at yet */
	}
	errno = kept;
}

static int signals_ready(struct osmo_fd *fd, unsigned int what)
{
	unsigned char octets[256];
	ssize_t n = read(fd->fd, octets, sizeof(octets));
	bool reload = false, reopen = false;

	for (ssize_t i = 0; i < n; i++) {
		reload |= octets[i] == SIGHUP;
		reopen |= octets[i] == SIGHUP || octets[i] == SIGUSR1;
		if (octets[i] == SIGHUP || octets[i] == SIGUSR1)
			continue;
		signals.stop();
	}
	/* many of them are one */
	if (reopen)
		signals.reopen();
	if (reload)
		signals.reload();
	return 0;
}

int service_signals(void (*stop)(void), void (*reload)(void), void (*reopen)(void))
{
	struct sigaction action = {.sa_handler = signal_arrived, .sa_flags = SA_RESTART};
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	signals.write_end = fds[1];
	signals.stop = stop;
	signals.reload = reload;
	signals.reopen = reopen;
	osmo_fd_setup(&signals.read_end, fds[0], OSMO_FD_READ, signals_ready, NULL, 0);
	if (osmo_fd_register(&signals.read_end) < 0)
		return -ENOMEM;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	return 0;
}
