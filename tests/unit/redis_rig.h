/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * redis_rig - Debian's redis-server for a test: on a UNIX socket in a folder of its own, forgetting all
 * when it ends.
 */
#ifndef TESTS_UNIT_REDIS_RIG_H
#define TESTS_UNIT_REDIS_RIG_H

#include <stdbool.h>

struct redis_rig {
	char folder[64], socket[96];
	int pid;
};

bool redis_rig_exists(void); /* is there a redis-server on this machine? */
/* append_only: "yes" writes a file in folder. password: NULL, none. Asserts that it answers. */
void redis_rig_start(struct redis_rig *rig, const char *append_only, const char *password);
void redis_rig_kill(struct redis_rig *rig);	   /* -9 */
void redis_rig_start_again(struct redis_rig *rig); /* after that, without password */
void redis_rig_signal(const struct redis_rig *rig, int signal);
/* A command with its words, to be asked from outside; its integer, or -1. */
long long redis_rig_ask(const struct redis_rig *rig, const char *command);
void redis_rig_end(struct redis_rig *rig);

#endif
