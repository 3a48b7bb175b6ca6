// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/redis_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/log/log.h"
#include "gateway/survive/record.h"

#define SCAN_SOME "500"

/* ---- reading all */

static int take_record(void *arg, const struct location_change *changes, unsigned count)
{
	struct redis *redis = arg;

	return redis->events.heard(redis->events.arg, changes, count);
}

static void take_records(struct redis *redis, const char *records, size_t size)
{
	struct record_scan scan = {.fn = take_record, .arg = redis};
	int rc = size ? record_scan(&scan, records, size) : 0;

	record_scan_end(&scan);
	if (rc)
		redis_lose(redis, strerror(-rc));
	else if (scan.bad)
		LOGP(DSIP, LOGL_ERROR, "location: Redis %s: %lu changes cannot be read\n",
		     redis->address, scan.bad);
}

static void end_reading(struct redis *redis)
{
	char *kept = redis->kept;

	if (!redis->is_scanned || redis->values_due)
		return;
	redis->state = READY;
	redis->kept = NULL;
	take_records(redis, kept, redis->kept_size);
	redis->kept_size = 0;
	free(kept);
	if (redis->state != READY)
		return;
	LOGP(DSIP, LOGL_NOTICE, "location: Redis %s: connected, %lu bindings\n", redis->address,
	     redis->bindings);
	if (redis->bad)
		LOGP(DSIP, LOGL_ERROR, "location: Redis %s: %lu bindings cannot be read\n",
		     redis->address, redis->bad);
	snprintf(redis->server, sizeof(redis->server), "%s", redis->named);
	redis->reason[0] = redis->refusal[0] = '\0';
	redis->retry_ms = REDIS_RETRY_MIN_MS;
	redis->sent_us = redis_now_us();
	redis_plan(redis);
	redis->events.read_ends(redis->events.arg);
}

static int take_value(struct redis *redis, const redisReply *value)
{
	struct location_change changes[LOCATION_CHANGES_MAX];
	size_t length = value->type == REDIS_REPLY_STRING ? (size_t)value->len : 0;

	if (!length || value->str[length - 1] != '\n' || strlen(value->str) != length) {
		redis->bad++;
		return 0;
	}
	value->str[length - 1] = '\0';
	if (record_read(value->str, changes) != 1 || changes[0].verb != LOCATION_PUT) {
		redis->bad++;
		return 0;
	}
	redis->bindings++;
	return redis->events.read(redis->events.arg, changes, 1);
}

static void on_values(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;
	int rc = 0;

	if (!redis)
		return;
	redis->values_due--;
	if (reply->type == REDIS_REPLY_ERROR) { /* not a hash */
		redis->bad++;
		end_reading(redis);
		return;
	}
	for (size_t i = 0; i < reply->elements && !rc; i++)
		rc = take_value(redis, reply->element[i]);
	if (rc) {
		redis_lose(redis, strerror(-rc));
		return;
	}
	redis_schedule(redis, PROGRESS_MS * 1000);
	end_reading(redis);
}

static void on_scan(redisAsyncContext *context, void *answered, void *arg);

static void scan(struct redis *redis, const char *cursor)
{
	redis_check(redis,
		    redisAsyncCommand(redis->commands.context, on_scan, NULL,
				      "SCAN %s MATCH " REDIS_KEY "* COUNT " SCAN_SOME, cursor));
}

static void on_scan(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered, *keys;

	if (!redis)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_ARRAY) {
		redis_reject(redis, "SCAN", reply);
		return;
	}
	keys = reply->element[1];
	for (size_t i = 0; i < keys->elements && redis->state == READING; i++) {
		redis->values_due++;
		redis_check(redis, redisAsyncCommand(context, on_values, NULL, "HVALS %b",
						     keys->element[i]->str,
						     (size_t)keys->element[i]->len));
	}
	if (redis->state != READING)
		return;
	redis_schedule(redis, PROGRESS_MS * 1000);
	redis->is_scanned = !strcmp(reply->element[0]->str, "0");
	if (redis->is_scanned)
		end_reading(redis);
	else
		scan(redis, reply->element[0]->str);
}

void redis_begin_reading(struct redis *redis)
{
	redis->state = READING;
	redis->values_due = 0;
	redis->is_scanned = false;
	redis->bindings = redis->bad = 0;
	redis->events.read_begins(redis->events.arg,
				  redis->server[0] && strcmp(redis->server, redis->named) != 0);
	redis_schedule(redis, PROGRESS_MS * 1000);
	scan(redis, "0");
}

/* ---- listening */

static void keep(struct redis *redis, const char *records, size_t size)
{
	char *kept = realloc(redis->kept, redis->kept_size + size);

	if (!kept) {
		redis_lose(redis, "out of memory");
		return;
	}
	memcpy(kept + redis->kept_size, records, size);
	redis->kept = kept;
	redis->kept_size += size;
}

/* "BATCH NAME\n" of another connection. */
static void hear_gateway(struct redis *redis, const char *octets, const char *newline)
{
	char name[LOCATION_TEXT_MAX + 1];
	const char *space = memchr(octets + ID_SIZE, ' ', (size_t)(newline - octets - ID_SIZE));
	bool is_own = !strncmp(octets, redis->id, ID_OWN); /* before we were away */

	if (!space || newline - space > (ptrdiff_t)sizeof(name) || is_own)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(newline - space - 1), space + 1);
	if (strcmp(name, redis->events.gateway) != 0) {
		redis->events.neighbour(redis->events.arg, name);
	} else if (!redis->has_namesake) {
		redis->has_namesake = true;
		LOGP(DSIP, LOGL_ERROR,
		     "location: Redis %s: another gateway is called %s too: give each a hostname "
		     "of its own\n",
		     redis->address, name);
	}
}

/* "ID BATCH NAME\n" and records */
static void hear(struct redis *redis, const char *octets, size_t size)
{
	const char *newline = memchr(octets, '\n', size), *records;

	if (!newline || newline - octets < ID_SIZE || octets[ID_SIZE - 1] != ' ') {
		LOGP(DSIP, LOGL_ERROR, "location: Redis %s: a message cannot be read\n",
		     redis->address);
		return;
	}
	hear_gateway(redis, octets, newline);
	records = newline + 1;
	size -= (size_t)(records - octets);
	if (!strncmp(octets, redis->id, ID_SIZE - 1))
		redis_answer_batch(redis, strtoull(octets + ID_SIZE, NULL, 10), 0);
	else if (size && redis->state == READY)
		take_records(redis, records, size);
	else if (size)
		keep(redis, records, size);
}

static void on_channel(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;

	if (!redis)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
		redis_reject(redis, "SUBSCRIBE", reply);
	} else if (!strcasecmp(reply->element[0]->str, "subscribe")) {
		redis->is_listening = true;
		if (redis->is_named)
			redis_begin_reading(redis);
	} else if (!strcasecmp(reply->element[0]->str, "message") &&
		   reply->element[2]->type == REDIS_REPLY_STRING) {
		hear(redis, reply->element[2]->str, (size_t)reply->element[2]->len);
	}
}

int redis_listen(struct redis *redis)
{
	return redisAsyncCommand(redis->channel.context, on_channel, NULL,
				 "SUBSCRIBE " REDIS_CHANNEL);
}
