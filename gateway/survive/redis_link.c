// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/redis_private.h"

#include <errno.h>
#include <stdio.h>

static int link_event(struct osmo_fd *fd, unsigned int what)
{
	struct link *link = fd->data;
	redisAsyncContext *context = link->context;

	if (context && what & OSMO_FD_READ)
		redisAsyncHandleRead(context);
	if (context && link->context == context && what & OSMO_FD_WRITE)
		redisAsyncHandleWrite(context);
	return 0;
}

static void add_read(void *link)
{
	osmo_fd_read_enable(&((struct link *)link)->fd);
}

static void del_read(void *link)
{
	osmo_fd_read_disable(&((struct link *)link)->fd);
}

static void add_write(void *link)
{
	osmo_fd_write_enable(&((struct link *)link)->fd);
}

static void del_write(void *link)
{
	osmo_fd_write_disable(&((struct link *)link)->fd);
}

static void cleanup(void *arg)
{
	struct link *link = arg;

	if (osmo_fd_is_registered(&link->fd))
		osmo_fd_unregister(&link->fd);
}

/* hiredis frees a context that it has called these about with an error. */
static void on_end(const redisAsyncContext *context, int status)
{
	struct link *link = context->data;
	char reason[REASON_MAX];

	if (link->context != context)
		return;
	link->context = NULL;
	snprintf(reason, sizeof(reason), "%s", context->err ? context->errstr : "closed");
	redis_lose(link->redis, reason);
}

static void on_connect(const redisAsyncContext *context, int status)
{
	if (status != REDIS_OK)
		on_end(context, status);
}

int redis_open_link(struct redis *redis, struct link *link)
{
	redisAsyncContext *context = redis->host[0] ? redisAsyncConnect(redis->host, redis->port)
						    : redisAsyncConnectUnix(redis->address);

	if (!context)
		return -ENOMEM;
	if (context->err) {
		redis_lose(redis, context->errstr);
		redisAsyncFree(context);
		return -ENOTCONN;
	}
	osmo_fd_setup(&link->fd, context->c.fd, 0, link_event, link, 0);
	if (osmo_fd_register(&link->fd) < 0) {
		redisAsyncFree(context);
		return -ENOMEM;
	}
	context->data = link;
	context->ev.data = link;
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = cleanup;
	redisAsyncSetConnectCallback(context, on_connect);
	redisAsyncSetDisconnectCallback(context, on_end);
	link->context = context;
	return 0;
}

void redis_close_link(struct link *link)
{
	redisAsyncContext *context = link->context;

	link->context = NULL;
	if (context)
		redisAsyncFree(context);
}

static void read_link(struct link *link)
{
	if (link->context)
		redisAsyncHandleRead(link->context);
}

void redis_read_links(struct redis *redis)
{
	read_link(&redis->commands);
	read_link(&redis->channel);
}

/* The owner of a callback's context, or NULL: the answer is of no concern any more. */
struct redis *redis_owner(const redisAsyncContext *context, const void *reply)
{
	const struct link *link = context->data;

	return reply && link->context == context ? link->redis : NULL;
}
