/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * log - one line an event, on libosmocore's logging.
 *
 * log_setup() once in main, before anything logs. Lines go to standard error with their time;
 * under systemd the journal adds its own and gets their severity. log_to_syslog() also gives them
 * to the local syslog. Write them with libosmocore's LOGP:
 *
 *	LOGP(DCALL, LOGL_NOTICE, "call %u ALERTING: ...\n", id);
 *
 * Levels: LOGL_ERROR somebody must act; LOGL_NOTICE an event that an operator wants to see;
 * LOGL_INFO one line for each step of a call; LOGL_DEBUG what `debug ...` switches on.
 * Passwords are never logged. The media tick never logs: it counts.
 */
#ifndef GATEWAY_LOG_LOG_H
#define GATEWAY_LOG_LOG_H

#include <stdbool.h>

#include <osmocom/core/logging.h>

enum log_subsystem {
	DCALL,	/* calls: state changes, routing, call records */
	DSIP,	/* SIP transactions and dialogs */
	DISDN,	/* Q.921, Q.931, B channels */
	DSPAN,	/* spans: alarms, clock, slips */
	DMEDIA, /* the media process and the pipe to it */
	DCONF,	/* configuration */
	DADMIN, /* console, service manager */
};

/* ctx: talloc context that the log targets hang on. */
void log_setup(void *ctx);

/* Facility as in syslog(3): "daemon", "local0"; NULL: no longer. -EINVAL, -ENOMEM. */
int log_to_syslog(const char *facility);
bool log_is_facility(const char *facility);

/* A target whose output() gets the bare text of each line, as standard error does. */
void log_target_plain(struct log_target *target);

#define LOG_STAMP_SIZE 40
/* Local time to the millisecond: "2026-01-31 12:00:00.123". */
void log_stamp(char stamp[LOG_STAMP_SIZE]);

#endif
