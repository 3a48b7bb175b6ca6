/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * script - the far end of a D channel as a file tells it: send this, expect that, wait, be wrong.
 *
 * script_new() reads and checks the file; script_attach() takes the D channel's descriptor (which
 * stays the caller's); script_start() begins, with the exchange that has the B channels. It lives
 * in libosmocore's loop then and calls finished once, at its end or at the first expectation that
 * is not met; script_succeeded() tells which. script_stop() ends it early, as a failure.
 *
 * It speaks LAPD itself (lapd.h) and no libpri is near. The language is in the manual,
 * sipspan-exchange(1). What it prints, what failed and the trace of messages go to standard output.
 */
#ifndef GATEWAY_EXCHANGE_SCRIPT_H
#define GATEWAY_EXCHANGE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

struct exchange;
struct script;

struct script_config {
	const char *path;
	bool network;
	void (*finished)(void *arg);
	void *arg;
};

/* why: `file:line: what, and what was expected`. */
int script_new(void *ctx, const struct script_config *config, struct script **out, char *why,
	       size_t why_size);
void script_free(struct script *script);
int script_attach(struct script *script, int fd_d);
void script_start(struct script *script, struct exchange *exchange);
void script_stop(struct script *script);
bool script_succeeded(const struct script *script);

#endif
