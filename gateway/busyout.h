/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * busyout - voice ports that take no calls while what their calls would go to is down (`busyout
 * monitor`), so that the telephone network sends them another way; or while the operator says so
 * (`busyout forced`).
 *
 * A port is busied out while all that it monitors is down: dial peers that OPTIONS keepalive has busied
 * out or that are shut down, or SIP as a whole. It comes back BUSYOUT_RESTORE_MS after the first of them
 * did, if that lasts. Each change is one line of the log.
 *
 * Configuration and lines are looked at anew with each update, through struct gateway.
 */
#ifndef GATEWAY_BUSYOUT_H
#define GATEWAY_BUSYOUT_H

#define BUSYOUT_RESTORE_MS 3000

struct busyout;
struct gateway;

int busyout_new(void *ctx, const struct gateway *gateway, struct busyout **out);
void busyout_free(struct busyout *busyout);
/* After a change of the keepalive (its callback), of the configuration or of the lines. */
void busyout_update(void *busyout);
/* For `show voice busyout`: one line a port that monitors something. */
void busyout_describe(const struct busyout *busyout, void (*line)(void *arg, const char *text),
		      void *arg);

#endif
