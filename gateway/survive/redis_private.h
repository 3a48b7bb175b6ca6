/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * redis_private - what the files of redis.h share.
 *
 *	redis.c		connecting, losing, time
 *	redis_link.c	hiredis in libosmocore's loop
 *	redis_read.c	all that is there, then what the channel tells
 *	redis_write.c	batches
 */
#ifndef GATEWAY_SURVIVE_REDIS_PRIVATE_H
#define GATEWAY_SURVIVE_REDIS_PRIVATE_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "gateway/survive/redis.h"

#define REDIS_CHANNEL "sipspan:location"
#define REDIS_KEY "sipspan:location:"
#define PROGRESS_MS 3000 /* to connect, and between two answers while all is read */
#define ID_SIZE 17
#define ID_OWN 8 /* characters of it that stay while this program runs */
#define HOST_SIZE 64
#define REASON_MAX 160

enum state {
	AWAY,	    /* until the timer */
	CONNECTING, /* until the channel is listened to and the server has said who it is */
	READING,
	READY,
};

struct link {
	struct redis *redis;
	redisAsyncContext *context; /* NULL: none, or none that matters any more */
	struct osmo_fd fd;
};

struct flight { /* a batch under way */
	struct llist_head entry;
	uint64_t batch, sent_us;
};

struct redis {
	char *address, *password;
	char host[HOST_SIZE]; /* "": address is a path */
	uint16_t port;
	struct redis_events events;
	enum state state;
	struct link commands, channel;
	struct osmo_timer_list timer;
	unsigned retry_ms;
	char id[ID_SIZE];	     /* of this program, and of these connections */
	bool has_namesake;	     /* another gateway bears our name */
	char server[64];	     /* run_id when it was READY; "": never */
	char named[64];		     /* run_id of the one that is connected */
	bool is_listening, is_named; /* CONNECTING */
	unsigned values_due;	     /* READING: answers to HVALS */
	bool is_scanned;
	unsigned long bindings, bad;
	char *kept; /* heard before READY */
	size_t kept_size;
	bool in_transaction;
	struct llist_head flights;
	uint64_t next_batch, sent_us;
	char complaint[REASON_MAX]; /* of a command of the batch under way */
	char refusal[REASON_MAX];   /* "": the last batch was taken */
	char reason[REASON_MAX];    /* of being away, as logged; "": it was there */
};

/* Closes what is open, says why, answers what is under way; the timer brings it back. */
void redis_lose(struct redis *redis, const char *reason);
/* The same after an answer that is an error, or none at all. */
void redis_reject(struct redis *redis, const char *command, const redisReply *reply);
/* rc of a hiredis command: it only fails without memory. */
void redis_check(struct redis *redis, int rc);
uint64_t redis_now_us(void); /* monotonic */
void redis_schedule(struct redis *redis, uint64_t us);
/* The timer, of one that is READY: a heartbeat, or the end of patience. */
void redis_plan(struct redis *redis);
/* That of batch, if it is still under way. */
void redis_answer_batch(struct redis *redis, uint64_t batch, int error);

int redis_open_link(struct redis *redis, struct link *link);
void redis_close_link(struct link *link);
/* Takes what has come on both, which are connected; that may lose them. */
void redis_read_links(struct redis *redis);
/* The owner of a callback's context, or NULL: the answer is of no concern any more. */
struct redis *redis_owner(const redisAsyncContext *context, const void *reply);

void redis_begin_reading(struct redis *redis);
int redis_listen(struct redis *redis); /* to the channel: rc of hiredis */

#endif
