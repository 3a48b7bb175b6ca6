/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * connection - one client of the console: what it asks for, and a dialogue or one command.
 *
 * console.c listens and makes one for each client; it lives in libosmocore's loop and frees itself.
 * On TCP the first thing sent is "Press RETURN to get started." (or "Password: " and then that):
 * a telnet client presses RETURN, `sipspan` sends its request line. On the UNIX socket nothing is
 * sent before the request. Commands reach their connection through commands.h.
 *
 * A client that does not read is not read from, and log lines for it are dropped; it never keeps
 * the loop waiting.
 */
#ifndef GATEWAY_ADMIN_CONNECTION_H
#define GATEWAY_ADMIN_CONNECTION_H

#define CONNECTIONS_MAX 32

/* family: AF_UNIX, or any other for TCP. fd must not block; it is taken over if 0 is returned. */
int connection_new(void *ctx, int fd, int family);
unsigned connection_count(void);
void connection_close_all(void);

#endif
