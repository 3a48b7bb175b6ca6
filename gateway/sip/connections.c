// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/fnv.h"
#include "gateway/log/log.h"
#include "gateway/sip/dialog_private.h"
#include "gateway/sip/secure.h"

#define SWEEP_MS 1000
#define SWEEP_BUSY_MS 100 /* while many come */
#define MANY 50
#define BUCKETS 1024
#define EARLY_MAX 256

enum connection_kind {
	CONNECTION_NONE, /* a descriptor of another sort */
	CONNECTION_INCOMING,
	CONNECTION_OUTGOING,
};

struct connection {
	struct llist_head entry; /* connections.all */
	struct llist_head near;	 /* of its bucket, by host of remote */
	int fd;
	ino_t inode;
	unsigned id;
	enum connection_kind kind;
	bool closing, seen;
	bool admitted; /* it was within the limits when it came */
	struct sockaddr_storage local, remote;
	uint64_t since_ms;
	unsigned long requests;
};

struct connections {
	struct ua *ua;
	int fdinfo;
	struct osmo_timer_list timer;
	struct llist_head all, buckets[BUCKETS];
	struct connection **by_fd; /* talloc'ed */
	unsigned last_id, incoming, news;
	unsigned closing; /* of incoming */
	uint64_t now_ms;  /* of this sweep: what it finds is no older and no younger */
	struct connection_counters counters;
	struct connection_limits limits;
	char example[TARGET_ADDRESS_MAX]; /* of those closed in this sweep */
	/* requests on connections that no sweep has found yet; the oldest is forgotten */
	struct sockaddr_storage early[EARLY_MAX];
	unsigned early_next;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct llist_head *bucket_of(struct connections *cs, const struct sockaddr_storage *remote)
{
	const uint8_t *octets = (const uint8_t *)&((const struct sockaddr_in *)remote)->sin_addr;
	size_t size = 4;

	if (remote->ss_family == AF_INET6) {
		octets = (const uint8_t *)&((const struct sockaddr_in6 *)remote)->sin6_addr;
		size = 16;
	}
	return &cs->buckets[fnv_add(FNV_BEGIN, octets, size) % BUCKETS];
}

/* ---- what a descriptor is */

static bool tcp_info(int fd, struct tcp_info *out)
{
	socklen_t size = sizeof(*out);

	memset(out, 0, sizeof(*out));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &size) == 0;
}

static bool is_listened_on(const struct ua *ua, const struct sockaddr_storage *address)
{
	for (unsigned i = 0; i < ua->sockets_count; i++)
		if (ua->sockets[i].transport != PEER_TRANSPORT_UDP &&
		    target_address_equal((const struct sockaddr *)&ua->sockets[i].address,
					 (const struct sockaddr *)address))
			return true;
	return false;
}

static unsigned take_early(struct connections *cs, const struct sockaddr_storage *remote)
{
	unsigned count = 0;

	for (unsigned i = 0; i < EARLY_MAX; i++)
		if (target_address_equal((const struct sockaddr *)&cs->early[i],
					 (const struct sockaddr *)remote)) {
			cs->early[i].ss_family = AF_UNSPEC;
			count++;
		}
	return count;
}

static void name_ends(struct connections *cs, struct connection *c)
{
	socklen_t size = sizeof(c->local);

	if (c->local.ss_family == AF_UNSPEC &&
	    getsockname(c->fd, (struct sockaddr *)&c->local, &size))
		return;
	size = sizeof(c->remote);
	if (c->remote.ss_family != AF_UNSPEC ||
	    getpeername(c->fd, (struct sockaddr *)&c->remote, &size))
		return;
	if (c->remote.ss_family != AF_INET && c->remote.ss_family != AF_INET6)
		c->remote.ss_family = AF_UNSPEC;
	else
		llist_add_tail(&c->near, bucket_of(cs, &c->remote));
}

static struct connection *connection_new(struct connections *cs, int fd, ino_t inode)
{
	struct connection *c = talloc_zero(cs, struct connection);
	struct tcp_info info;

	if (!c)
		return NULL;
	c->fd = fd;
	c->inode = inode;
	c->since_ms = cs->now_ms;
	INIT_LLIST_HEAD(&c->near);
	llist_add_tail(&c->entry, &cs->all);
	if (!tcp_info(fd, &info) || info.tcpi_state == TCP_LISTEN)
		return c;
	c->id = ++cs->last_id;
	name_ends(cs, c);
	c->kind = is_listened_on(cs->ua, &c->local) ? CONNECTION_INCOMING : CONNECTION_OUTGOING;
	if (c->kind == CONNECTION_INCOMING && c->remote.ss_family != AF_UNSPEC)
		c->requests = take_early(cs, &c->remote);
	cs->incoming += c->kind == CONNECTION_INCOMING;
	cs->news++;
	return c;
}

static void connection_free(struct connections *cs, struct connection *c)
{
	if (cs->by_fd[c->fd] == c)
		cs->by_fd[c->fd] = NULL;
	cs->incoming -= c->kind == CONNECTION_INCOMING;
	cs->closing -= c->kind == CONNECTION_INCOMING && c->closing;
	llist_del(&c->near);
	llist_del(&c->entry);
	talloc_free(c);
}

static void found(struct connections *cs, int fd, ino_t inode)
{
	size_t room = talloc_array_length(cs->by_fd);
	struct connection *c;

	if (fd < 0)
		return;
	if ((size_t)fd >= room) {
		struct connection **more =
		    talloc_realloc(cs, cs->by_fd, struct connection *, fd + 256);

		if (!more)
			return;
		memset(more + room, 0, ((size_t)fd + 256 - room) * sizeof(*more));
		cs->by_fd = more;
	}
	c = cs->by_fd[fd];
	if (c && c->inode != inode) {
		connection_free(cs, c);
		c = NULL;
	}
	if (!c)
		c = cs->by_fd[fd] = connection_new(cs, fd, inode);
	if (c)
		c->seen = true;
}

/* "tfd:        7 events:       1d data: ...  pos:0 ino:5a299b sdev:9", a line each */
static void read_line(struct connections *cs, const char *line)
{
	const char *ino = strstr(line, " ino:");
	unsigned long inode;
	int fd;

	if (ino && sscanf(line, "tfd: %d", &fd) == 1 && sscanf(ino, " ino:%lx", &inode) == 1)
		found(cs, fd, (ino_t)inode);
}

static int read_descriptors(struct connections *cs)
{
	char text[16384], *line, *end;
	size_t used = 0;
	ssize_t n;

	if (lseek(cs->fdinfo, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = read(cs->fdinfo, text + used, sizeof(text) - 1 - used)) > 0) {
		used += (size_t)n;
		text[used] = '\0';
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			read_line(cs, line);
		}
		used = strlen(line);
		memmove(text, line, used);
	}
	return n < 0 ? -errno : 0;
}

/* ---- which have to go */

static void close_one(struct connections *cs, struct connection *c, unsigned long *counter)
{
	if (c->remote.ss_family != AF_UNSPEC)
		target_address_text((const struct sockaddr *)&c->remote, cs->example,
				    sizeof(cs->example));
	shutdown(c->fd, SHUT_RDWR);
	c->closing = true;
	cs->closing += c->kind == CONNECTION_INCOMING;
	++*counter;
}

static bool is_in_use(const struct ua *ua, const struct connection *c)
{
	const struct dialog *d;

	llist_for_each_entry (d, &ua->dialogs, entry)
		if (target_address_equal((const struct sockaddr *)&d->path.remote,
					 (const struct sockaddr *)&c->remote))
			return true;
	return registrations_need(ua->registrations, &c->remote);
}

static unsigned count_of_source(struct connections *cs, const struct connection *c)
{
	struct connection *other;
	unsigned count = 0;

	llist_for_each_entry (other, bucket_of(cs, &c->remote), near)
		count += other->kind == CONNECTION_INCOMING && !other->closing &&
			 target_same_host(&other->remote, &c->remote);
	return count;
}

static unsigned idle_ms(const struct tcp_info *info)
{
	return info->tcpi_last_data_recv < info->tcpi_last_data_sent ? info->tcpi_last_data_recv
								     : info->tcpi_last_data_sent;
}

static void look_at(struct connections *cs, struct connection *c)
{
	const struct connection_limits *limits = &cs->limits;
	struct secure_link *link =
	    cs->ua->tls ? secure_link_of(cs->ua->tls, c->fd, c->inode) : NULL;
	bool incoming = c->kind == CONNECTION_INCOMING;
	unsigned long age = cs->now_ms - c->since_ms;
	struct tcp_info info;

	if (!tcp_info(c->fd, &info))
		return;
	name_ends(cs, c);
	if ((info.tcpi_state != TCP_ESTABLISHED || (link && link->state != SECURE_LINK_OPEN)) &&
	    age > limits->establish_ms)
		close_one(cs, c, &cs->counters.closed_slow);
	else if (incoming && !c->requests &&
		 age > (unsigned long)CONNECTIONS_FIRST_REQUEST * limits->establish_ms)
		close_one(cs, c, &cs->counters.closed_silent);
	else if (idle_ms(&info) > limits->aging_ms && !is_in_use(cs->ua, c))
		close_one(cs, c, &cs->counters.closed_idle);
	else if (link && limits->keepalive_ms && info.tcpi_last_data_sent > limits->keepalive_ms)
		secure_ping(link, "\r\n\r\n");
}

/* Which of those that came since the last sweep was first nobody knows: who said nothing yet goes
 * first. */
static void refuse_excess(struct connections *cs)
{
	struct connection *c;

	for (int silent = 1; silent >= 0; silent--)
		llist_for_each_entry (c, &cs->all, entry) {
			if (c->kind != CONNECTION_INCOMING || c->closing || c->admitted ||
			    c->remote.ss_family == AF_UNSPEC || (silent && c->requests))
				continue;
			if (cs->incoming - cs->closing > cs->limits.max ||
			    count_of_source(cs, c) > cs->limits.per_source)
				close_one(cs, c, &cs->counters.closed_excess);
		}
	llist_for_each_entry (c, &cs->all, entry)
		c->admitted = c->admitted || (!c->closing && c->remote.ss_family != AF_UNSPEC);
}

static void tell(struct connections *cs, unsigned long before, unsigned long after,
		 const char *what)
{
	if (after > before)
		LOGP(DSIP, LOGL_NOTICE, "%lu connection%s closed, of %s: %s\n", after - before,
		     after - before == 1 ? "" : "s", cs->example[0] ? cs->example : "nobody", what);
}

static void sweep(struct connections *cs)
{
	const struct connection_counters before = cs->counters;
	struct connection *c, *next;
	int rc;

	cs->now_ms = now_ms();
	llist_for_each_entry (c, &cs->all, entry)
		c->seen = false;
	rc = read_descriptors(cs);
	if (rc)
		return;
	cs->example[0] = '\0';
	llist_for_each_entry_safe (c, next, &cs->all, entry)
		if (!c->seen)
			connection_free(cs, c);
		else if (c->kind != CONNECTION_NONE && !c->closing)
			look_at(cs, c);
	refuse_excess(cs);
	if (cs->ua->tls)
		secure_sweep(cs->ua->tls);
	tell(cs, before.closed_slow, cs->counters.closed_slow,
	     "it took too long to be established");
	tell(cs, before.closed_silent, cs->counters.closed_silent, "it brought no request");
	tell(cs, before.closed_idle, cs->counters.closed_idle, "idle (timers connection aging)");
	tell(cs, before.closed_excess, cs->counters.closed_excess, "too many (connection limit)");
}

static void timer_expired(void *data)
{
	struct connections *cs = data;
	unsigned ms;

	cs->news = 0;
	sweep(cs);
	ms = cs->news > MANY ? SWEEP_BUSY_MS : SWEEP_MS;
	osmo_timer_schedule(&cs->timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- */

void connections_change(struct connections *cs)
{
	cs->limits = cs->ua->config.connections;
	if (!cs->limits.max)
		cs->limits.max = CONNECTIONS_MAX_DEFAULT;
	if (!cs->limits.per_source)
		cs->limits.per_source = CONNECTIONS_PER_SOURCE_DEFAULT;
	if (!cs->limits.establish_ms)
		cs->limits.establish_ms = CONNECTIONS_ESTABLISH_MS_DEFAULT;
	if (!cs->limits.aging_ms)
		cs->limits.aging_ms = CONNECTIONS_AGING_MS_DEFAULT;
}

int connections_new(struct ua *ua, struct connections **out)
{
	struct connections *cs = talloc_zero(ua, struct connections);
	char path[64];

	if (!cs)
		return -ENOMEM;
	cs->ua = ua;
	/* Opened now: after the change of user /proc would refuse. */
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", loop_descriptor(ua->loop));
	cs->fdinfo = open(path, O_RDONLY | O_CLOEXEC);
	if (cs->fdinfo < 0) {
		int rc = -errno;

		talloc_free(cs);
		return rc;
	}
	INIT_LLIST_HEAD(&cs->all);
	for (unsigned i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&cs->buckets[i]);
	connections_change(cs);
	osmo_timer_setup(&cs->timer, timer_expired, cs);
	timer_expired(cs);
	*out = cs;
	return 0;
}

void connections_free(struct connections *cs)
{
	if (!cs)
		return;
	osmo_timer_del(&cs->timer);
	close(cs->fdinfo);
	talloc_free(cs);
}

static struct connection *find(struct connections *cs, const struct sockaddr_storage *remote)
{
	struct connection *c;

	llist_for_each_entry (c, bucket_of(cs, remote), near)
		if (target_address_equal((const struct sockaddr *)&c->remote,
					 (const struct sockaddr *)remote))
			return c;
	return NULL;
}

void connections_heard(struct connections *cs, const struct sockaddr_storage *remote)
{
	struct connection *c = find(cs, remote);

	if (c)
		c->requests++;
	else
		cs->early[cs->early_next++ % EARLY_MAX] = *remote;
}

static void view(struct connections *cs, const struct connection *c, struct connection_view *out)
{
	struct secure_link *link =
	    cs->ua->tls ? secure_link_of(cs->ua->tls, c->fd, c->inode) : NULL;
	struct tcp_info info;

	memset(out, 0, sizeof(*out));
	tcp_info(c->fd, &info);
	out->id = c->id;
	out->transport = link ? PEER_TRANSPORT_TLS : PEER_TRANSPORT_TCP;
	out->incoming = c->kind == CONNECTION_INCOMING;
	out->established =
	    info.tcpi_state == TCP_ESTABLISHED && (!link || link->state == SECURE_LINK_OPEN);
	out->local = c->local;
	out->remote = c->remote;
	out->age_s = (now_ms() - c->since_ms) / 1000;
	out->idle_s = idle_ms(&info) / 1000;
	out->requests = c->requests;
	if (link)
		secure_describe(link, out->detail, sizeof(out->detail));
}

void connections_each(struct connections *cs,
		      void (*each)(void *arg, const struct connection_view *view), void *arg)
{
	struct connection_view v;
	struct connection *c;

	sweep(cs);
	llist_for_each_entry (c, &cs->all, entry) {
		if (c->kind == CONNECTION_NONE || c->closing)
			continue;
		view(cs, c, &v);
		each(arg, &v);
	}
}

int connections_close(struct connections *cs, enum peer_transport transport, unsigned id)
{
	struct connection_view v;
	struct connection *c;
	unsigned long by_hand = 0;

	sweep(cs);
	llist_for_each_entry (c, &cs->all, entry) {
		if (c->kind == CONNECTION_NONE || c->closing || c->id != id)
			continue;
		view(cs, c, &v);
		if (v.transport != transport)
			continue;
		close_one(cs, c, &by_hand);
		return 0;
	}
	return -ENOENT;
}

void connections_count(const struct connections *cs, struct connection_counters *out)
{
	*out = cs->counters;
}
