// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/redis_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log/log.h"
#include "gateway/survive/record.h"

/* Of one command in a transaction: why EXEC will be refused. */
static void on_queued(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;

	if (redis && reply->type == REDIS_REPLY_ERROR)
		snprintf(redis->complaint, sizeof(redis->complaint), "%s", reply->str);
}

/* The text of the first error, or NULL. */
static const char *error_of(const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR)
		return reply->str;
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			return reply->element[i]->str;
	return NULL;
}

static void on_executed(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;
	uint64_t batch = (uintptr_t)arg;
	const char *error;

	if (!redis)
		return;
	error = error_of(reply);
	if (error && redis->complaint[0])
		error = redis->complaint;
	if (error && strcmp(redis->refusal, error) != 0)
		LOGP(DSIP, LOGL_ERROR, "location: Redis %s refuses changes: %s\n", redis->address,
		     error);
	else if (!error && redis->refusal[0])
		LOGP(DSIP, LOGL_NOTICE, "location: Redis %s takes changes again\n", redis->address);
	snprintf(redis->refusal, sizeof(redis->refusal), "%s", error ? error : "");
	redis->complaint[0] = '\0';
	if (reply->type == REDIS_REPLY_ERROR) /* else the channel tells it */
		redis_answer_batch(redis, batch, -EIO);
}

static int order(struct redis *redis, const char *format, ...)
{
	va_list args;
	int rc;

	if (redis->state != READY)
		return -ENOTCONN;
	va_start(args, format);
	rc = redisvAsyncCommand(redis->commands.context, on_queued, NULL, format, args);
	va_end(args);
	redis_check(redis, rc);
	return rc == REDIS_OK ? 0 : -ENOTCONN;
}

/* What a binding is called in the hash of its name; the same as of the same one (bindings.h). */
static void field_of(const struct location_binding *binding, char *out, size_t size)
{
	const struct phone_contact *contact = &binding->contact;

	if (contact->reg_id && contact->instance && contact->instance[0])
		snprintf(out, size, "%u %s", contact->reg_id, contact->instance);
	else
		snprintf(out, size, "%s", contact->uri);
}

static int add_put(struct redis *redis, const char *field, const struct location_change *change)
{
	const struct location_binding *binding = &change->binding;
	char *record = malloc(record_size(change, 1));
	int rc;

	if (!record) {
		redis_check(redis, REDIS_ERR); /* the others of its batch must not be without it */
		return -ENOMEM;
	}
	rc = order(redis, "HSET " REDIS_KEY "%s %s %b", binding->name, field, record,
		   record_print(change, 1, record));
	free(record);
	if (!rc) /* it has no end yet */
		rc = order(redis, "PEXPIREAT " REDIS_KEY "%s %" PRIu64 " NX", binding->name,
			   binding->expires_ms);
	if (!rc) /* or one that comes too early */
		rc = order(redis, "PEXPIREAT " REDIS_KEY "%s %" PRIu64 " GT", binding->name,
			   binding->expires_ms);
	return rc;
}

int redis_add(struct redis *redis, const struct location_change *change)
{
	char field[LOCATION_TEXT_MAX + 16];
	int rc = redis->in_transaction ? 0 : order(redis, "MULTI");

	if (rc)
		return rc;
	redis->in_transaction = true;
	field_of(&change->binding, field, sizeof(field));
	if (change->verb == LOCATION_PUT)
		return add_put(redis, field, change);
	if (change->verb == LOCATION_REMOVE)
		return order(redis, "HDEL " REDIS_KEY "%s %s", change->binding.name, field);
	return order(redis, "DEL " REDIS_KEY "%s", change->binding.name);
}

int redis_commit(struct redis *redis, const char *records, size_t size, uint64_t *batch)
{
	struct flight *flight = calloc(1, sizeof(*flight));
	char head[ID_SIZE + 24 + LOCATION_TEXT_MAX];
	int rc;

	if (!flight) {
		redis_check(redis, REDIS_ERR);
		return -ENOMEM;
	}
	flight->batch = redis->next_batch++;
	flight->sent_us = redis->sent_us = redis_now_us();
	snprintf(head, sizeof(head), "%s %" PRIu64 " %s\n", redis->id, flight->batch,
		 redis->events.gateway);
	rc = order(redis, "PUBLISH " REDIS_CHANNEL " %s%b", head, records, size);
	if (!rc && redis->in_transaction) {
		redis_check(redis, redisAsyncCommand(redis->commands.context, on_executed,
						     (void *)(uintptr_t)flight->batch, "EXEC"));
		rc = redis->state == READY ? 0 : -ENOTCONN;
	}
	redis->in_transaction = false;
	if (rc) {
		free(flight);
		return rc;
	}
	llist_add_tail(&flight->entry, &redis->flights);
	redis_plan(redis);
	*batch = flight->batch;
	return 0;
}

void redis_forget(struct redis *redis, const struct location_binding *binding)
{
	static const char script[] = "if redis.call('HGET',KEYS[1],ARGV[1])==ARGV[2] "
				     "then return redis.call('HDEL',KEYS[1],ARGV[1]) end return 0";
	const struct location_change put = {LOCATION_PUT, *binding};
	char field[LOCATION_TEXT_MAX + 16];
	char *record;

	if (redis->state < READING || redis->in_transaction)
		return;
	record = malloc(record_size(&put, 1));
	if (!record)
		return;
	field_of(binding, field, sizeof(field));
	redis_check(redis,
		    redisAsyncCommand(redis->commands.context, NULL, NULL,
				      "EVAL %s 1 " REDIS_KEY "%s %s %b", script, binding->name,
				      field, record, record_print(&put, 1, record)));
	free(record);
}
