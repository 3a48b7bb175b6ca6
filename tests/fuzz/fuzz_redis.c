// SPDX-License-Identifier: GPL-2.0-or-later
/* What a Redis server answers and tells: replies as they come over its two connections, each behind an
 * octet: odd, over the channel; even, the answer to the oldest command. 'b' is a batch of ours instead, 't'
 * the timer.
 *
 * The connections are here (the program is linked with --wrap); hiredis reads the replies.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/redis if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>

#include <osmocom/core/application.h>

#include "gateway/log/log.h"
#include "gateway/survive/redis_private.h"

#define COMMANDS_MAX 256
#define STEPS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
redisAsyncContext *__wrap_redisAsyncConnectUnix(const char *path);
void __wrap_redisAsyncFree(redisAsyncContext *context);
int __wrap_redisAsyncCommand(redisAsyncContext *context, redisCallbackFn *fn, void *arg,
			     const char *format, ...);
int __wrap_redisvAsyncCommand(redisAsyncContext *context, redisCallbackFn *fn, void *arg,
			      const char *format, va_list args);
int __wrap_redisAsyncSetConnectCallback(redisAsyncContext *context, redisConnectCallback *fn);
int __wrap_redisAsyncSetDisconnectCallback(redisAsyncContext *context, redisDisconnectCallback *fn);
int __wrap_redisBufferWrite(redisContext *context, int *done);

struct connection {
	redisAsyncContext context; /* first */
	bool open, is_channel;
	struct {
		redisCallbackFn *fn;
		void *arg;
	} commands[COMMANDS_MAX];
	unsigned first, end;
};

static struct {
	struct connection connections[2]; /* of commands, of the channel */
	unsigned opened;
	struct redis *redis;
	bool reading;
	unsigned under_way; /* batches */
} world;

/* ---- hiredis */

redisAsyncContext *__wrap_redisAsyncConnectUnix(const char *path)
{
	struct connection *c = &world.connections[world.opened++ % 2];
	int fd = c->context.c.fd;

	assert(!c->open);
	memset(c, 0, sizeof(*c));
	c->context.c.fd = fd > 0 ? fd : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->open = true;
	c->is_channel = c == &world.connections[1];
	return &c->context;
}

/* Every command gets its end, as hiredis does it. */
void __wrap_redisAsyncFree(redisAsyncContext *context)
{
	struct connection *c = (struct connection *)context;

	assert(c->open);
	while (c->first < c->end) {
		unsigned i = c->first++;

		if (c->commands[i].fn)
			c->commands[i].fn(context, NULL, c->commands[i].arg);
	}
	if (context->ev.cleanup)
		context->ev.cleanup(context->ev.data);
	c->open = false;
}

static int take_command(redisAsyncContext *context, redisCallbackFn *fn, void *arg,
			const char *format, va_list args)
{
	struct connection *c = (struct connection *)context;
	char *text;

	assert(c->open);
	if (redisvFormatCommand(&text, format, args) < 0 || c->end == COMMANDS_MAX)
		return REDIS_ERR;
	free(text);
	c->commands[c->end].fn = fn;
	c->commands[c->end++].arg = arg;
	return REDIS_OK;
}

int __wrap_redisAsyncCommand(redisAsyncContext *context, redisCallbackFn *fn, void *arg,
			     const char *format, ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = take_command(context, fn, arg, format, args);
	va_end(args);
	return rc;
}

int __wrap_redisvAsyncCommand(redisAsyncContext *context, redisCallbackFn *fn, void *arg,
			      const char *format, va_list args)
{
	return take_command(context, fn, arg, format, args);
}

int __wrap_redisAsyncSetConnectCallback(redisAsyncContext *context, redisConnectCallback *fn)
{
	return REDIS_OK;
}

int __wrap_redisAsyncSetDisconnectCallback(redisAsyncContext *context, redisDisconnectCallback *fn)
{
	return REDIS_OK;
}

int __wrap_redisBufferWrite(redisContext *context, int *done)
{
	*done = 1;
	return REDIS_OK;
}

/* ---- the store */

static void on_neighbour(void *arg, const char *gateway)
{
	assert(gateway && strlen(gateway) <= LOCATION_TEXT_MAX);
}

static void on_answered(void *arg, uint64_t batch, int error, uint64_t us)
{
	assert(world.under_way-- > 0);
}

static int on_heard(void *arg, const struct location_change *changes, unsigned count)
{
	assert(count > 0 && count <= LOCATION_CHANGES_MAX && redis_is_ready(world.redis));
	return 0;
}

static void on_read_begins(void *arg, bool is_new)
{
	world.reading = true;
}

static int on_read(void *arg, const struct location_change *change, unsigned count)
{
	assert(world.reading && count == 1 && change->verb == LOCATION_PUT);
	return 0;
}

static void on_read_ends(void *arg)
{
	assert(world.reading);
	world.reading = false;
}

static void commit(struct redis *redis)
{
	const struct location_change change = {
	    .verb = LOCATION_REMOVE,
	    .binding = {.name = "100", .contact = {.uri = "sip:100@[::1]"}}};
	uint64_t batch;

	if (!redis_add(redis, &change) && !redis_commit(redis, "", 0, &batch))
		world.under_way++;
}

/* ---- */

/* hiredis asserts this of what it gives to who has subscribed. */
static bool is_for_subscribers(const redisReply *reply)
{
	return reply->type != REDIS_REPLY_ARRAY ||
	       (reply->elements >= 2 && reply->element[0]->type == REDIS_REPLY_STRING);
}

static void take_reply(struct connection *c, redisReply *reply)
{
	unsigned i = c->first;

	if (!c->open || i == c->end || (c->is_channel && !is_for_subscribers(reply)))
		return;
	if (!c->is_channel) /* who has subscribed hears more */
		c->first++;
	if (c->commands[i].fn)
		c->commands[i].fn(&c->context, reply, c->commands[i].arg);
}

/* hiredis makes room for as many elements as it is told, which takes more memory than a fuzzer may. */
static bool is_huge(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 5 < size; i++) {
		unsigned digits = 0;

		while (data[i] == '*' && i + 1 + digits < size && digits < 5 &&
		       data[i + 1 + digits] >= '0' && data[i + 1 + digits] <= '9')
			digits++;
		if (digits == 5)
			return true;
	}
	return false;
}

/* How much of data it took. */
static size_t take_text(struct connection *c, const uint8_t *data, size_t size)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;
	size_t taken = size;

	assert(reader && redisReaderFeed(reader, (const char *)data, size) == REDIS_OK);
	if (redisReaderGetReply(reader, &reply) == REDIS_OK && reply) {
		taken = size - (reader->len - reader->pos);
		take_reply(c, reply);
		freeReplyObject(reply);
	}
	redisReaderFree(reader);
	return taken;
}

static void setup(void)
{
	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct redis_events events = {.gateway = "here",
						   .neighbour = on_neighbour,
						   .answered = on_answered,
						   .heard = on_heard,
						   .read_begins = on_read_begins,
						   .read = on_read,
						   .read_ends = on_read_ends};
	static bool ready;
	unsigned steps = 0;
	char why[200];

	if (!ready)
		setup();
	ready = true;
	world.under_way = 0;
	assert(redis_new("/s", NULL, &events, &world.redis, why, sizeof(why)) == 0);
	world.redis->timer.cb(world.redis);
	for (size_t at = 0; at < size && !is_huge(data, size) && steps++ < STEPS_MAX;) {
		unsigned what = data[at++];

		if (what == 'b')
			commit(world.redis);
		else if (what == 't')
			world.redis->timer.cb(world.redis);
		else
			at += take_text(&world.connections[what & 1], data + at, size - at);
	}
	redis_free(world.redis);
	assert(!world.connections[0].open && !world.connections[1].open);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "redis", replay);
}
#endif
