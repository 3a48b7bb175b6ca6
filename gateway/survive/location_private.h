/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * location_private - what the files of location.h share.
 *
 *	location.c	    changes in batches, expiry, looking
 *	location_journal.c  with a journal (journal.h)
 *	location_redis.c    with Redis (redis.h)
 */
#ifndef GATEWAY_SURVIVE_LOCATION_PRIVATE_H
#define GATEWAY_SURVIVE_LOCATION_PRIVATE_H

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "gateway/survive/bindings.h"
#include "gateway/survive/journal.h"
#include "gateway/survive/neighbours.h"
#include "gateway/survive/record.h"
#include "gateway/survive/redis.h"

struct request { /* of one location_change() */
	struct llist_head entry;
	location_done done;
	void *arg;
	uint64_t batch; /* that Redis is asked to make */
	unsigned count;
	struct {
		enum location_verb verb;
		struct bound *bound;
	} changes[];
};

struct text { /* records */
	char *octets;
	size_t used, size;
};

struct location {
	char *gateway;
	struct bindings *bindings;
	struct llist_head batch; /* what is written next */
	struct text text;	 /* its records */
	struct osmo_timer_list batch_timer, expiry_timer;
	uint64_t batch_us; /* when the last was written, monotonic */
	uint32_t mark;	   /* of what is put in now */
	struct journal *journal;
	struct osmo_timer_list renew_timer;
	uint64_t cursor; /* of what is written anew */
	struct redis *redis;
	struct neighbours *neighbours; /* who share it */
	struct llist_head sent;	       /* not yet answered by Redis */
	struct osmo_timer_list restore_timer;
	bool is_restoring;		   /* Redis has forgotten */
	struct location_counters counters; /* but names, bindings */
	void (*watch)(void *arg, const char *name);
	void *watch_arg;
};

uint64_t location_monotonic_us(void);
void location_schedule(struct osmo_timer_list *timer, uint64_t ms);
void location_tell(const struct location *location, const char *name);

/* In the next batch. gateway: NULL, what the changes say. */
int location_queue(struct location *location, const struct location_change *changes, unsigned count,
		   const char *gateway, struct request **out);
/* What is written already; arg is the location. */
int location_apply(void *arg, const struct location_change *changes, unsigned count);
/* It is safe, or not: done is told, request freed. */
void location_finish(struct location *location, struct request *request, int error);
int location_add_record(struct text *text, const struct location_change *changes, unsigned count);
/* location->text is written, which took so long. */
void location_count_batch(struct location *location, uint64_t us);

int location_open_journal(struct location *location, const char *path, char *why, size_t why_size);
int location_write_journal(struct location *location);	/* the batch's text */
void location_renew_journal(struct location *location); /* if it is long */

int location_open_redis(struct location *location, const struct location_config *config, char *why,
			size_t why_size);
/* Takes the requests of the batch, and its text. */
void location_send(struct location *location, struct llist_head *batch);

#endif
