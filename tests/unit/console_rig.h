/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * console_rig - the console of a gateway that has nothing else yet, and clients of it in the same
 * loop.
 */
#ifndef TESTS_UNIT_CONSOLE_RIG_H
#define TESTS_UNIT_CONSOLE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "gateway/admin/console.h"

struct client {
	int fd;
	char text[256 * 1024];
	size_t length;
	bool ended;
};

extern void *ctx;
extern struct gateway gateway; /* what the console shows */
extern char folder[];
extern char path[64];	  /* of the socket, in folder */
extern unsigned tcp_port; /* for clients of AF_INET */

int console_up(void **state); /* group fixtures */
int console_down(void **state);

bool deadline_over(const struct timespec *since); /* CLOCK_MONOTONIC; some seconds */
struct client *client_new(int family);
void client_free(struct client *c);
void say(struct client *c, const char *text);
void hear(struct client *c); /* what has come so far */
/* Runs the loop until the client has heard text (NULL: the end). */
void wait_for(struct client *c, const char *text);
void run_loop(unsigned times);
/* The whole answer to one command; returns its status. */
int ask(const char *command, char *answer, size_t size);

#endif
