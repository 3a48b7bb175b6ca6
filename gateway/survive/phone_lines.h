/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * phone_lines - numbers that are registered, for who watches lines (line_state.h): in service with the
 * first binding, out of service without any.
 *
 * A number that has gone stays out of service, so that it can be watched until it is back; past
 * PHONE_LINES_GONE_MAX of them it is as if it had never been there. A name that looks like a PSTN port is
 * left alone.
 */
#ifndef GATEWAY_SURVIVE_PHONE_LINES_H
#define GATEWAY_SURVIVE_PHONE_LINES_H

#include "gateway/sip/line_state.h"
#include "gateway/survive/location.h"

#define PHONE_LINES_GONE_MAX 100000

struct phone_lines;

/* Watches location from now on, and tells what is there; came: a number is registered that was not.
 * Borrows both; goes after location. NULL: no memory. */
struct phone_lines *phone_lines_new(void *ctx, struct location *location,
				    struct line_states *states,
				    void (*came)(void *arg, const char *name), void *arg);

#endif
