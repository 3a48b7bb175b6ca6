/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * console - the command line of a running gateway, on a UNIX socket (and on TCP if configured).
 *
 * console_setup() installs the show, debug and test commands into libosmovty; console_listen()
 * opens the socket. A client's first line says what it wants: "console" for a dialogue with prompt
 * and `?` help, or "command TEXT" for one command, whose output follows, then a zero byte and one
 * digit (0: done, 1: refused) before the connection closes. show_*.c, debug.c and csim.c hold the
 * commands; what they may look at is struct gateway.
 */
#ifndef GATEWAY_ADMIN_CONSOLE_H
#define GATEWAY_ADMIN_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct conf;
struct office;
struct ua;
struct media_client;
struct isdn_lines;
struct wire_span_state;
struct tdm_line_counters;

enum reload_line {
	RELOAD_ERROR,	   /* "FILE:LINE: ...", errors and warnings */
	RELOAD_DIFFERENCE, /* as conf/difference.h has them; what will change, or has changed */
	RELOAD_WAITS,	   /* the same of what waits for the next start of the gateway */
	RELOAD_OUTCOME,	   /* one sentence */
};

struct reload_asker {	  /* of a new configuration, see ../reload.h */
	const char *name; /* for the log */
	bool check;	  /* only tell what would happen */
	void (*line)(void *arg, enum reload_line kind, const char *text);
	void (*done)(void *arg, int status); /* 0; 1: refused. The last call */
	void *arg;
};

struct busyout;
struct reload;

struct gateway { /* borrowed: what the commands show. Any may be NULL before it exists */
	const struct conf *conf;
	const char *conf_path;
	struct office *office;
	struct ua *ua;
	struct media_client *media;
	struct isdn_lines *lines;
	const struct wire_span_state *span_state;  /* [TDM_SPAN_MAX + 1], as last known */
	const struct tdm_line_counters *span_line; /* [TDM_SPAN_MAX + 1], of cards */
	/* Any may be NULL: then there is nothing to reload. As in ../reload.h. */
	struct reload *reload;
	int (*reload_start)(struct reload *reload, const struct reload_asker *asker);
	void (*reload_forget)(struct reload *reload, const void *arg);
	const char *(*reload_pending)(const struct reload *reload);
	/* As in ../busyout.h; NULL: nothing is busied out. */
	struct busyout *busyout;
	struct survive *survive; /* survive.h */
	void (*busyout_describe)(const struct busyout *busyout,
				 void (*line)(void *arg, const char *text), void *arg);
	struct timespec started;
};

int console_setup(void *ctx, struct gateway *gateway);
/* -EADDRINUSE if another gateway answers there; a dead socket is replaced. why: one sentence. */
int console_listen(const char *path, char *why, size_t why_size);
/* "127.0.0.1", 4242; off loopback only with a password. */
int console_listen_tcp(const char *address, unsigned port, char *why, size_t why_size);
void console_close(void);

#endif
