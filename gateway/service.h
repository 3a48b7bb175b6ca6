/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * service - what a program that runs for years owes the system: limits, user, service manager.
 *
 * Order of calls in main: service_raise_limits() first; when every privileged descriptor is open,
 * service_drop_privileges(); then service_ready(), from when on the watchdog is fed from the loop
 * (a loop that hangs is a service that hangs); service_stopping() at the end. Without a service
 * manager the notifications do nothing.
 */
#ifndef GATEWAY_SERVICE_H
#define GATEWAY_SERVICE_H

#include <stddef.h>

/* Descriptors as many as the system allows. For root also real time and locked memory, for the
 * media process after the user has changed; others have what their service manager gave them. */
void service_raise_limits(void);
/* "USER" or "USER:GROUP"; the user's supplementary groups are kept. why: one sentence. */
int service_drop_privileges(const char *who, char *why, size_t why_size);
void service_ready(void);
/* Between these a new configuration is read. */
void service_reloading(void);
void service_reloaded(void);
void service_stopping(void);
/* It takes so much longer; to be said again before that is over. */
void service_extend(unsigned seconds);
/* stop: each SIGTERM or SIGINT; reload: SIGHUP; reopen:
 * SIGUSR1, and SIGHUP before it reloads. Called from the loop. */
int service_signals(void (*stop)(void), void (*reload)(void), void (*reopen)(void));

#endif
