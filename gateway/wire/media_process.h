/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * media_process - one running sipspan-media: its process id and the pipe to it.
 */
#ifndef GATEWAY_WIRE_MEDIA_PROCESS_H
#define GATEWAY_WIRE_MEDIA_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct media_process {
	pid_t pid; /* 0: none */
	int pipe;  /* our end, nonblocking; -1: none */
};

/* Starts `program --pipe 3`, with `--realtime` if asked. Negative errno if it cannot be executed.
 */
int media_process_start(struct media_process *p, const char *program, bool realtime);
/* Ends it now if it has not ended yet, and forgets it. Returns its wait status. */
int media_process_reap(struct media_process *p);
/* Asks it to end and gives it up to wait_ms before it is killed. */
void media_process_stop(struct media_process *p, unsigned wait_ms);

#endif
