// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/log/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <osmocom/core/application.h>
#include <osmocom/core/utils.h>

static const struct log_info_cat categories[] = {
    [DCALL] = {.name = "DCALL", .description = "calls", .loglevel = LOGL_INFO, .enabled = 1},
    [DSIP] = {.name = "DSIP", .description = "SIP", .loglevel = LOGL_INFO, .enabled = 1},
    [DISDN] = {.name = "DISDN", .description = "ISDN", .loglevel = LOGL_INFO, .enabled = 1},
    [DSPAN] = {.name = "DSPAN", .description = "spans", .loglevel = LOGL_INFO, .enabled = 1},
    [DMEDIA] = {.name = "DMEDIA", .description = "media", .loglevel = LOGL_INFO, .enabled = 1},
    [DCONF] = {.name = "DCONF",
	       .description = "configuration",
	       .loglevel = LOGL_INFO,
	       .enabled = 1},
    [DADMIN] = {.name = "DADMIN", .description = "console", .loglevel = LOGL_INFO, .enabled = 1},
};

static const struct log_info info = {
    .cat = categories,
    .num_cat = ARRAY_SIZE(categories),
};

/* The journal adds its own time, and takes the severity as "<N>" in front (sd-daemon(3)). */
static bool to_journal;

void log_stamp(char stamp[LOG_STAMP_SIZE])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(stamp, LOG_STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(stamp + n, LOG_STAMP_SIZE - n, ".%03d", (int)(now.tv_nsec / 1000000));
}

/* syslog(3) */
static int log_severity(unsigned level)
{
	if (level >= LOGL_ERROR)
		return LOG_ERR;
	if (level >= LOGL_NOTICE)
		return LOG_NOTICE;
	return level >= LOGL_INFO ? LOG_INFO : LOG_DEBUG;
}

static void write_line(struct log_target *target, unsigned level, const char *text)
{
	char stamp[LOG_STAMP_SIZE];

	if (to_journal) {
		fprintf(stderr, "<%d>%s", log_severity(level), text);
		return;
	}
	log_stamp(stamp);
	fprintf(stderr, "%s %s", stamp, text);
}

void log_target_plain(struct log_target *target)
{
	log_set_use_color(target, 0);
	log_set_print_timestamp(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_print_category(target, 0);
	log_set_print_category_hex(target, 0);
	log_set_print_level(target, 0);
}

void log_setup(void *ctx)
{
	osmo_init_logging2(ctx, &info);
	to_journal = getenv("JOURNAL_STREAM") != NULL;
	setvbuf(stderr, NULL, _IOLBF, 0);
	osmo_stderr_target->output = write_line;
	log_target_plain(osmo_stderr_target);
}

/* ---- syslog */

#define IDENT "sipspand"

static struct {
	const char *name;
	int code;
} const facilities[] = {
    {"daemon", LOG_DAEMON}, {"user", LOG_USER},	    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
};

/* -1: there is none of that name. */
static int facility_code(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(facilities); i++)
		if (strcmp(facilities[i].name, name) == 0)
			return facilities[i].code;
	return -1;
}

bool log_is_facility(const char *name)
{
	return facility_code(name) >= 0;
}

static struct log_target *syslog_target;

static void write_syslog(struct log_target *target, unsigned level, const char *text)
{
	syslog(log_severity(level), "%s", text);
}

int log_to_syslog(const char *facility)
{
	int code = facility ? facility_code(facility) : 0;

	if (code < 0)
		return -EINVAL;
	if (!facility) {
		if (syslog_target)
			log_target_destroy(syslog_target);
		syslog_target = NULL;
		closelog();
		return 0;
	}
	closelog();
	openlog(IDENT, LOG_PID | LOG_NDELAY, code);
	if (syslog_target)
		return 0;
	syslog_target = log_target_create();
	if (!syslog_target)
		return -ENOMEM;
	syslog_target->output = write_syslog;
	log_target_plain(syslog_target);
	log_set_all_filter(syslog_target, 1);
	log_add_target(syslog_target);
	return 0;
}
