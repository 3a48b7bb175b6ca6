/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * redis - bindings in a Redis server that the gateways of a site share.
 *
 *	sipspan:location:NAME	a hash: for each binding its record (record.h) with LOCATION_PUT
 *	sipspan:location	a channel: all changes, in the order in which Redis has made them
 *
 * A batch is a transaction that changes the hashes and tells the channel; it is safe, and `answered`,
 * when it is heard there. So all gateways make the same changes in the same order. It bears its gateway's
 * name: who is heard lives. A hash ends by
 * itself with the last of its bindings (PEXPIREAT, wall clock); Redis 7.0 is needed for that.
 *
 * There are two connections: for commands, and to listen. An empty batch every second shows that both
 * work; one that is not answered in LOCATION_STORE_MS, that they do not: both are closed, and made
 * again after REDIS_RETRY_MIN_MS, twice that, ... REDIS_RETRY_MAX_MS. Once there, all of the hashes is
 * read, then what the channel has told meanwhile counts, then batches are taken again. Each change of
 * state is a line of the log.
 */
#ifndef GATEWAY_SURVIVE_REDIS_H
#define GATEWAY_SURVIVE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/survive/location.h"

#define REDIS_RETRY_MIN_MS 100
#define REDIS_RETRY_MAX_MS 5000

struct redis;

struct redis_events {
	void *arg;
	const char *gateway; /* this one's name; lent */
	/* Another gateway, with its name, is there; at least every second. */
	void (*neighbour)(void *arg, const char *gateway);
	/* 0: its changes count from here on; -EIO refused; -ETIMEDOUT nobody knows. */
	void (*answered)(void *arg, uint64_t batch, int error, uint64_t us);
	/* Changes of another gateway. 0, or negative errno, which ends the connection. */
	int (*heard)(void *arg, const struct location_change *changes, unsigned count);
	/* is_new: since we were connected the server has been started again, and may have forgotten. */
	void (*read_begins)(void *arg, bool is_new);
	int (*read)(void *arg, const struct location_change *change, unsigned count);
	void (*read_ends)(void *arg);
};

/* address: "192.0.2.1", "192.0.2.1:6379", "[2001:db8::1]:6379", or a path of a UNIX socket; no name,
 * which would have to be looked up. It connects as soon as the loop runs. -EINVAL with why, -ENOMEM. */
int redis_new(const char *address, const char *password, const struct redis_events *events,
	      struct redis **out, char *why, size_t why_size);
void redis_free(struct redis *redis); /* what was committed is sent first, if that takes no time */

/* Batches are taken. */
bool redis_is_ready(const struct redis *redis);
/* Changes of the batch that redis_commit() ends; records are those of all of them. -ENOTCONN. */
int redis_add(struct redis *redis, const struct location_change *change);
int redis_commit(struct redis *redis, const char *records, size_t size, uint64_t *batch);
/* It has expired: it leaves its hash, unless it is another one there by now. */
void redis_forget(struct redis *redis, const struct location_binding *binding);

#endif
