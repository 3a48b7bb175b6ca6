/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * media_client - sipspand's end of the pipe: starts sipspan-media, tells it what to do, and starts
 * it again when it dies.
 *
 * Order of calls: media_client_new(), then media_client_span_open() for each span,
 * media_client_start() once; after that ends and bridges as calls come and go. Orders take effect
 * at once in this object's own tables and go to the media process as soon as it can take them; a
 * new media process is told everything anew, so that callers never notice a restart.
 *
 * This object opens RTP and RTCP sockets (so that SDP can name the ports at once) and keeps one
 * copy of every descriptor. Ids are never used twice. All functions return at once.
 */
#ifndef GATEWAY_WIRE_MEDIA_CLIENT_H
#define GATEWAY_WIRE_MEDIA_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>
#include "gateway/wire/messages.h"
#include "gateway/wire/stream_record.h"

struct media_client;

struct media_client_config {
	const char *program;		/* path of sipspan-media */
	unsigned port_first, port_last; /* RTP ports, even ones are used; 0: 16384..32767 */
	unsigned streams_max;		/* 0: as many as there are ports and descriptors for */
	bool realtime;			/* ask for SCHED_FIFO and locked memory */
};

struct media_client_handlers { /* any may be NULL */
	void (*digit)(void *arg, uint32_t end, char digit, unsigned duration_ms);
	/* alarms changed or the counters are a second old */
	void (*span_state)(void *arg, unsigned span, const struct wire_span_state *state);
	void (*restarted)(void *arg, unsigned times);
};

int media_client_new(void *ctx, const struct media_client_config *config,
		     const struct media_client_handlers *handlers, void *arg,
		     struct media_client **out);
/* Ends the media process (SIGTERM, then SIGKILL) and closes every descriptor. */
void media_client_free(struct media_client *client);
/* Starts the media process. Negative errno if it cannot be started at all. */
int media_client_start(struct media_client *client);
pid_t media_client_pid(const struct media_client *client); /* 0: not running now */
unsigned media_client_restarts(const struct media_client *client);
bool media_client_ready(const struct media_client *client);
bool media_client_realtime(const struct media_client *client);

/* fds: duplicated here, they stay the caller's. */
int media_client_span_open(struct media_client *client, unsigned span,
			   const struct wire_span_open *config, const int *fds, unsigned count);
void media_client_span_close(struct media_client *client, unsigned span);

/* Opens a pair of sockets on address (its port is ignored). *end: id. *rtp: the address bound.
 * -EADDRINUSE: no free port in the range; -ENOSPC: no free stream. */
int media_client_stream_open(struct media_client *client, const struct sockaddr *address,
			     uint32_t *end, struct sockaddr_storage *rtp);
unsigned media_client_streams(const struct media_client *client); /* open now */
unsigned media_client_streams_max(const struct media_client *client);
/* How many more can be opened, if nobody else takes ports of the range. */
unsigned media_client_streams_left(const struct media_client *client);
int media_client_stream_set(struct media_client *client, uint32_t end,
			    const struct wire_stream_set *set);
/* Counters of a stream as media last wrote them. -ENOENT: no such stream. */
int media_client_stream_counters(struct media_client *client, uint32_t end,
				 struct stream_counters *out);
/* Its far end sends from another place than it said: NAT. */
bool media_client_stream_strays(struct media_client *client, uint32_t end);
int media_client_channel_open(struct media_client *client, const struct wire_channel_open *channel,
			      int fd, uint32_t *end);
/* A span is open again: the channel that is in use there gets this descriptor (a copy), and is
 * joined again to what it was joined to. 0 also if it is not in use. */
int media_client_channel_renew(struct media_client *c, unsigned span, unsigned timeslot, int fd);
void media_client_end_close(struct media_client *client, uint32_t end); /* 0 is ignored */

/* Joins two ends. */
int media_client_open(struct media_client *client, uint32_t end_a, uint32_t end_b,
		      uint32_t *bridge);
void media_client_close(struct media_client *client, uint32_t bridge); /* 0 is ignored */
/* Mixes ends: of one in *conference those that there are now (none: it ends, and *conference is 0), else
 * of a new one. An end that is closed leaves by itself. -EINVAL: too many; -ENOENT; -ENOMEM. */
int media_client_confer(struct media_client *client, uint32_t *conference, const uint32_t *ends,
			unsigned count);

int media_client_digit(struct media_client *client, uint32_t end, char digit, unsigned duration_ms);
/* tone: libtonezone's notation, "" stops. */
int media_client_tone(struct media_client *client, uint32_t end, const char *tone);

#endif
