/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * client - the other end of console.h: a program of its own that asks a running gateway.
 *
 * where: path of the console's socket, "HOST:PORT" or "[ADDRESS]:PORT". What goes wrong is said on
 * standard error.
 */
#ifndef GATEWAY_ADMIN_CLIENT_H
#define GATEWAY_ADMIN_CLIENT_H

#include <stddef.h>
#include <stdio.h>

#define CLIENT_COMMAND_MAX 500

/* A descriptor, or -1. TCP: asks for the password if the gateway wants one. */
int client_connect(const char *where);
int client_send(int fd, const char *text, size_t length); /* 0 or -1 */
/* One command; its output goes to out. 0 done, 1 refused or failed. */
int client_command(const char *where, const char *text, FILE *out);

/* The same into memory, which the caller frees. NULL after it has said what went wrong, or what the
 * gateway answered instead. */
char *client_ask(const char *where, const char *text, size_t *length);

#endif
