// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/log/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The journal adds its own time. */
static bool with_time;

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

static void write_line(struct log_target *target, unsigned level, const char *text)
{
	char stamp[LOG_STAMP_SIZE];

	if (!with_time) {
		fputs(text, stderr);
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
	with_time = getenv("JOURNAL_STREAM") == NULL;
	setvbuf(stderr, NULL, _IOLBF, 0);
	osmo_stderr_target->output = write_line;
	log_target_plain(osmo_stderr_target);
}
