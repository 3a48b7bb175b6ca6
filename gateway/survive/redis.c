// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/redis_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <osmocom/core/utils.h>

#include "gateway/log/log.h"

#define HEARTBEAT_MS 1000
#define LINGER_MS 200
#define PORT 6379

uint64_t redis_now_us(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void redis_schedule(struct redis *redis, uint64_t us)
{
	osmo_timer_schedule(&redis->timer, (int)(us / 1000000), (int)(us % 1000000));
}

/* ---- away */

void redis_check(struct redis *redis, int rc)
{
	if (rc != REDIS_OK)
		redis_lose(redis, "out of memory");
}

static void answer(struct redis *redis, struct flight *flight, int error)
{
	uint64_t batch = flight->batch, us = redis_now_us() - flight->sent_us;

	llist_del(&flight->entry);
	free(flight);
	redis->events.answered(redis->events.arg, batch, error, us);
}

void redis_answer_batch(struct redis *redis, uint64_t batch, int error)
{
	struct flight *flight;

	llist_for_each_entry (flight, &redis->flights, entry) {
		if (flight->batch == batch) {
			answer(redis, flight, error);
			if (redis->state == READY)
				redis_plan(redis);
			return;
		}
	}
}

void redis_plan(struct redis *redis)
{
	const struct flight *first =
	    llist_first_entry_or_null(&redis->flights, struct flight, entry);
	uint64_t now = redis_now_us(), at = redis->sent_us + HEARTBEAT_MS * 1000;

	if (first)
		at = OSMO_MIN(at, first->sent_us + LOCATION_STORE_MS * 1000);
	redis_schedule(redis, at > now ? at - now : 0);
}

void redis_lose(struct redis *redis, const char *reason)
{
	struct flight *flight;

	if (redis->state == AWAY)
		return;
	redis->state = AWAY;
	redis->in_transaction = false;
	if (!redis->reason[0]) {
		snprintf(redis->reason, sizeof(redis->reason), "%s", reason);
		LOGP(DSIP, LOGL_ERROR, "location: Redis %s: %s: registrations are refused\n",
		     redis->address, reason);
	}
	redis_close_link(&redis->commands);
	redis_close_link(&redis->channel);
	free(redis->kept);
	redis->kept = NULL;
	redis->kept_size = 0;
	redis_schedule(redis, redis->retry_ms * 1000ull);
	redis->retry_ms = OSMO_MIN(redis->retry_ms * 2, REDIS_RETRY_MAX_MS);
	while ((flight = llist_first_entry_or_null(&redis->flights, struct flight, entry)))
		answer(redis, flight, -ETIMEDOUT);
}

void redis_reject(struct redis *redis, const char *command, const redisReply *reply)
{
	char reason[REASON_MAX];

	snprintf(reason, sizeof(reason), "%s: %s", command,
		 reply->type == REDIS_REPLY_ERROR ? reply->str : "the answer is not understood");
	if (strcmp(redis->reason, reason) != 0)
		redis->reason[0] = '\0'; /* that is news, even if it was away before */
	redis_lose(redis, reason);
}

/* ---- connecting */

/* "run_id:0123..." in a line of its own */
static void on_info(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;
	const char *at;
	size_t length;

	if (!redis)
		return;
	if (reply->type != REDIS_REPLY_STRING) {
		redis_reject(redis, "INFO", reply);
		return;
	}
	at = strstr(reply->str, "run_id:");
	at = at ? at + strlen("run_id:") : "";
	length = strcspn(at, "\r\n");
	if (length >= sizeof(redis->named))
		length = sizeof(redis->named) - 1;
	memcpy(redis->named, at, length);
	redis->named[length] = '\0';
	redis->is_named = true;
	if (redis->is_listening)
		redis_begin_reading(redis);
}

static void on_auth(redisAsyncContext *context, void *answered, void *arg)
{
	struct redis *redis = redis_owner(context, answered);
	const redisReply *reply = answered;

	if (redis && reply->type == REDIS_REPLY_ERROR)
		redis_reject(redis, "AUTH", reply);
}

static int authenticate(struct redis *redis, struct link *link)
{
	return redis->password
		   ? redisAsyncCommand(link->context, on_auth, NULL, "AUTH %s", redis->password)
		   : REDIS_OK;
}

static void print_random(char text[9])
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint32_t)redis_now_us();
	snprintf(text, 9, "%08" PRIx32, random);
}

static void connect_links(struct redis *redis)
{

	redis->state = CONNECTING;
	redis->is_listening = redis->is_named = false;
	redis_schedule(redis, PROGRESS_MS * 1000);
	if (!redis->id[0])
		print_random(redis->id);
	print_random(redis->id + ID_OWN);
	if (redis_open_link(redis, &redis->commands) || redis_open_link(redis, &redis->channel)) {
		redis_lose(redis, "no connection");
		return;
	}
	if (authenticate(redis, &redis->commands) || authenticate(redis, &redis->channel) ||
	    redisAsyncCommand(redis->commands.context, on_info, NULL, "INFO server") ||
	    redis_listen(redis))
		redis_lose(redis, "out of memory");
}

/* ---- time */

static bool is_overdue(const struct redis *redis)
{
	const struct flight *first =
	    llist_first_entry_or_null(&redis->flights, struct flight, entry);

	return first && redis_now_us() - first->sent_us >= LOCATION_STORE_MS * 1000;
}

static void tick(void *arg)
{
	struct redis *redis = arg;
	uint64_t batch;

	if (redis->state == AWAY) {
		connect_links(redis);
		return;
	}
	/* Timers come before descriptors in the loop: when we stood still ourselves, the answer is there. */
	if (redis->state == READY && is_overdue(redis))
		redis_read_links(redis);
	if (redis->state == AWAY) /* which that may have told */
		return;
	if (redis->state != READY || is_overdue(redis))
		redis_lose(redis, "no answer");
	else if (redis_now_us() - redis->sent_us >= HEARTBEAT_MS * 1000)
		redis_commit(redis, "", 0, &batch);
	else
		redis_plan(redis);
}

bool redis_is_ready(const struct redis *redis)
{
	return redis->state == READY;
}

/* ---- beginning and end */

/* "HOST", "HOST:PORT", "[HOST]:PORT", or "/path", which has no host. */
static int read_address(const char *address, char host[HOST_SIZE], uint16_t *port)
{
	char octets[sizeof(struct in6_addr)], *rest = "";
	const char *begin = address, *end, *digits = NULL;
	unsigned long number = PORT;

	host[0] = '\0';
	if (*begin == '/')
		return 0;
	if (*begin == '[') {
		end = strchr(++begin, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		digits = end[1] ? end + 2 : NULL;
	} else {
		end = strchr(begin, ':');
		if (end && strchr(end + 1, ':'))
			end = NULL; /* IPv6 without port */
		digits = end ? end + 1 : NULL;
		end = end ? end : begin + strlen(begin);
	}
	if (end - begin >= HOST_SIZE)
		return -EINVAL;
	snprintf(host, HOST_SIZE, "%.*s", (int)(end - begin), begin);
	if (inet_pton(AF_INET, host, octets) != 1 && inet_pton(AF_INET6, host, octets) != 1)
		return -EINVAL;
	if (digits) {
		number = strtoul(digits, &rest, 10);
		if (*digits < '0' || *digits > '9' || *rest || number == 0 || number > UINT16_MAX)
			return -EINVAL;
	}
	*port = (uint16_t)number;
	return 0;
}

int redis_new(const char *address, const char *password, const struct redis_events *events,
	      struct redis **out, char *why, size_t why_size)
{
	struct redis *redis = calloc(1, sizeof(*redis));
	int rc = -ENOMEM;

	snprintf(why, why_size, "Out of memory");
	if (!redis)
		return rc;
	INIT_LLIST_HEAD(&redis->flights);
	osmo_timer_setup(&redis->timer, tick, redis);
	redis->commands.redis = redis->channel.redis = redis;
	redis->commands.fd.fd = redis->channel.fd.fd = -1;
	redis->events = *events;
	redis->retry_ms = REDIS_RETRY_MIN_MS;
	redis->address = strdup(address);
	redis->password = password ? strdup(password) : NULL;
	if (!redis->address || (password && !redis->password))
		goto fail;
	rc = read_address(address, redis->host, &redis->port);
	if (rc)
		snprintf(why, why_size,
			 "%s is no address of a Redis server: write IP, IP:PORT, [IPv6]:PORT or "
			 "/PATH of its socket",
			 address);
	if (rc)
		goto fail;
	redis_schedule(redis, 0);
	*out = redis;
	return 0;
fail:
	redis_free(redis);
	return rc;
}

static void linger(struct link *link)
{
	struct pollfd fd = {.fd = link->fd.fd, .events = POLLOUT};
	int done = 0;

	while (link->context && poll(&fd, 1, LINGER_MS) == 1 &&
	       redisBufferWrite(&link->context->c, &done) == REDIS_OK && !done)
		;
}

void redis_free(struct redis *redis)
{
	struct flight *flight;

	if (!redis)
		return;
	if (redis->state == READY)
		linger(&redis->commands);
	redis->state = AWAY; /* nobody is told */
	osmo_timer_del(&redis->timer);
	redis_close_link(&redis->commands);
	redis_close_link(&redis->channel);
	while ((flight = llist_first_entry_or_null(&redis->flights, struct flight, entry))) {
		llist_del(&flight->entry);
		free(flight);
	}
	free(redis->kept);
	free(redis->address);
	if (redis->password)
		explicit_bzero(redis->password, strlen(redis->password));
	free(redis->password);
	free(redis);
}
