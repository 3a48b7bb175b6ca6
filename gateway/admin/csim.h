/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * csim - a simulated caller: `csim start NUMBER` places a call into the dial plan as if it had
 * come from outside, without audio, and tells what happens to it.
 *
 * The caller is an inbound leg like any other. It has no calling number, matches voip dial peers
 * first and pots ones otherwise, holds an answered call for two seconds and then hangs up.
 */
#ifndef GATEWAY_ADMIN_CSIM_H
#define GATEWAY_ADMIN_CSIM_H

struct office;
struct csim;

struct csim_handlers {
	void (*line)(void *arg, const char *text); /* one event, as text */
	void (*done)(void *arg, unsigned cause);   /* last; the csim is gone after it */
};

/* Handlers may be called before this returns, but for done. -EINVAL: that is not a number. */
int csim_start(void *ctx, struct office *office, const char *number,
	       const struct csim_handlers *handlers, void *arg, struct csim **out);
/* Hang up and say nothing more: handlers are not called again. */
void csim_abandon(struct csim *csim);

#endif
