// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables - spans, ends, bridges, conferences - say what the media process should be doing. An order
 * changes its table and is sent; a new process is sent the tables. Nothing else is kept, so there
 * is no second idea of what is true.
 */
#include "gateway/wire/media_client_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

#define SILENCE_S 5 /* media says every second that it is alive */
#define YOUNG_S 1   /* dying earlier than this after its start delays the next start */
#define RETRY_MS_MAX 2000
#define STOP_MS 500
#define ERRNO_MAX 4096
/* Of a stream; with those of the orders that wait while a new process is told everything. */
#define DESCRIPTORS_A_STREAM 4
#define DESCRIPTORS_OF_OTHERS 512 /* spans, connections, files */

static void process_died(struct media_client *c);

/* ---- receiving */

static void ready(struct media_client *c, const struct wire_message *m)
{
	if (m->body.ready.version != WIRE_VERSION) {
		LOGP(DMEDIA, LOGL_ERROR,
		     "%s is of another version than this program: install both from one build\n",
		     c->config.program);
		return;
	}
	c->ready = true;
	c->retry_ms = 0;
	c->realtime_granted = m->body.ready.realtime;
	if (c->config.realtime && !c->realtime_granted && !c->realtime_said) {
		c->realtime_said = true;
		LOGP(DMEDIA, LOGL_NOTICE,
		     "media runs without real-time priority: audio may stutter on a busy machine "
		     "(grant LimitRTPRIO and LimitMEMLOCK, see sipspand(8))\n");
	}
	LOGP(DMEDIA, LOGL_INFO, "media process %d is ready\n", (int)c->process.pid);
}

static void handle(struct media_client *c, struct wire_message *m)
{
	uint32_t id = m->header.id;

	switch (m->header.type) {
	case WIRE_READY:
		ready(c, m);
		break;
	case WIRE_ALIVE: /* that it came is what it says */
		break;
	case WIRE_DIGIT:
		if (c->handlers->digit && m->body.digit.digit && m->body.digit.digit < 128 &&
		    strchr("0123456789*#ABCD", m->body.digit.digit))
			c->handlers->digit(c->arg, id, m->body.digit.digit,
					   m->body.digit.duration_ms);
		break;
	case WIRE_SPAN_STATE:
		if (c->handlers->span_state && id >= 1 && id <= MEDIA_SPANS_MAX && c->span[id].open)
			c->handlers->span_state(c->arg, id, &m->body.span_state);
		break;
	case WIRE_REFUSED:
		LOGP(DMEDIA, LOGL_ERROR, "media refused %s %u: %s\n",
		     wire_type_name(m->body.refused.type), id,
		     m->body.refused.error > -ERRNO_MAX ? strerror(-m->body.refused.error) : "?");
		break;
	default:
		LOGP(DMEDIA, LOGL_ERROR, "media said %s, which is not its to say\n",
		     wire_type_name(m->header.type));
	}
	close_fds(m->fds, m->fds_count);
}

static int pipe_event(struct osmo_fd *ofd, unsigned what)
{
	struct media_client *c = ofd->data;
	struct wire_message m;
	int rc;

	if (what & OSMO_FD_READ) {
		while ((rc = wire_receive(c->process.pipe, &m)) != 0) {
			if (rc == -EPIPE) {
				process_died(c);
				return 0;
			}
			if (!c->order_lost)
				osmo_timer_schedule(&c->silence_timer, SILENCE_S, 0);
			if (rc == 1)
				handle(c, &m);
		}
	}
	if (what & OSMO_FD_WRITE)
		orders_resume(c);
	return 0;
}

/* ---- the process */

static int process_start(struct media_client *c)
{
	int rc = media_process_start(&c->process, c->config.program, c->config.realtime);

	if (rc < 0)
		return rc;
	c->started = time(NULL);
	c->ready = c->order_lost = false;
	osmo_fd_setup(&c->pipe, c->process.pipe, OSMO_FD_READ, pipe_event, c, 0);
	rc = osmo_fd_register(&c->pipe);
	if (rc < 0) {
		media_process_reap(&c->process);
		return rc;
	}
	order_everything(c);
	osmo_timer_schedule(&c->silence_timer, SILENCE_S, 0);
	return 0;
}

static void process_forget(struct media_client *c)
{
	osmo_timer_del(&c->silence_timer);
	if (osmo_fd_is_registered(&c->pipe))
		osmo_fd_unregister(&c->pipe);
	orders_drop(c);
	c->ready = false;
}

static void restart(void *data)
{
	struct media_client *c = data;
	int rc = process_start(c);

	if (rc < 0) {
		LOGP(DMEDIA, LOGL_ERROR, "cannot start %s: %s\n", c->config.program, strerror(-rc));
		osmo_timer_schedule(&c->restart_timer, RETRY_MS_MAX / 1000, 0);
		return;
	}
	c->restarts++;
	LOGP(DMEDIA, LOGL_NOTICE, "media process started again as %d\n", (int)c->process.pid);
	if (c->handlers->restarted)
		c->handlers->restarted(c->arg, c->restarts);
}

static void process_died(struct media_client *c)
{
	pid_t pid = c->process.pid;
	int status;

	process_forget(c);
	status = media_process_reap(&c->process);
	if (WIFSIGNALED(status))
		LOGP(DMEDIA, LOGL_ERROR, "media process %d was killed by signal %d\n", (int)pid,
		     WTERMSIG(status));
	else
		LOGP(DMEDIA, LOGL_ERROR, "media process %d ended with status %d\n", (int)pid,
		     WEXITSTATUS(status));
	if (time(NULL) - c->started >= YOUNG_S)
		c->retry_ms = 0;
	if (!c->retry_ms) {
		c->retry_ms = 100;
		restart(c);
		return;
	}
	osmo_timer_schedule(&c->restart_timer, c->retry_ms / 1000, c->retry_ms % 1000 * 1000);
	c->retry_ms = c->retry_ms * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : c->retry_ms * 2;
}

static void silent(void *data)
{
	struct media_client *c = data;

	if (!c->process.pid)
		return;
	LOGP(DMEDIA, LOGL_ERROR, "media process %d %s: it is started again\n", (int)c->process.pid,
	     c->order_lost ? "takes no orders" : "does not answer");
	process_died(c);
}

/* Of ports, records and descriptors, what there is least of. */
static unsigned find_streams_max(const struct rtp_ports *ports)
{
	unsigned pairs = (ports->last - ports->first + 1) / 2, most = pairs;
	const char *why = "that is all that this release can";
	struct rlimit limit;
	rlim_t room;

	if (most > STREAM_RECORDS_MAX)
		most = STREAM_RECORDS_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		room = limit.rlim_cur > 2 * DESCRIPTORS_OF_OTHERS
			   ? limit.rlim_cur - DESCRIPTORS_OF_OTHERS
			   : limit.rlim_cur / 2;
		if (room / DESCRIPTORS_A_STREAM < most) {
			most = room / DESCRIPTORS_A_STREAM;
			why = "more descriptors are not allowed (LimitNOFILE)";
		}
	}
	if (most < pairs)
		LOGP(DMEDIA, LOGL_NOTICE,
		     "rtp-port range has ports for %u streams, %u can be open at once: %s\n", pairs,
		     most, why);
	return most ? most : 1;
}

int media_client_new(void *ctx, const struct media_client_config *config,
		     const struct media_client_handlers *handlers, void *arg,
		     struct media_client **out)
{
	struct media_client *c = talloc_zero(ctx, struct media_client);
	int rc = -ENOMEM;

	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->handlers = handlers;
	c->arg = arg;
	c->process.pipe = -1;
	c->pipe.fd = -1;
	c->config.program = talloc_strdup(c, config->program);
	if (!c->config.program)
		goto fail;
	if (!c->config.port_first)
		c->config.port_first = 16384;
	if (!c->config.port_last)
		c->config.port_last = 32767;
	INIT_LLIST_HEAD(&c->ends);
	INIT_LLIST_HEAD(&c->bridges);
	INIT_LLIST_HEAD(&c->conferences);
	INIT_LLIST_HEAD(&c->queue);
	hash_init(c->ends_by_id);
	hash_init(c->bridges_by_id);
	osmo_timer_setup(&c->restart_timer, restart, c);
	osmo_timer_setup(&c->silence_timer, silent, c);
	rc = rtp_ports_init(&c->ports, c->config.port_first, c->config.port_last,
			    (unsigned)time(NULL) * 40503U);
	if (rc < 0)
		goto fail;
	if (!c->config.streams_max)
		c->config.streams_max = find_streams_max(&c->ports);
	rc = stream_records_create(c->config.streams_max, &c->records, &c->records_fd);
	if (rc < 0)
		goto fail;
	*out = c;
	return 0;
fail:
	talloc_free(c);
	return rc;
}

void media_client_free(struct media_client *c)
{
	struct end *e, *next;

	if (!c)
		return;
	process_forget(c);
	osmo_timer_del(&c->restart_timer);
	media_process_stop(&c->process, STOP_MS);
	llist_for_each_entry_safe (e, next, &c->ends, entry)
		close_fds(e->fds, 2);
	for (unsigned i = 1; i <= MEDIA_SPANS_MAX; i++)
		close_fds(c->span[i].fds, c->span[i].fds_count);
	stream_records_unmap(c->records, c->config.streams_max);
	close(c->records_fd);
	talloc_free(c);
}

int media_client_start(struct media_client *c)
{
	return process_start(c);
}

pid_t media_client_pid(const struct media_client *c)
{
	return c->process.pid;
}

unsigned media_client_restarts(const struct media_client *c)
{
	return c->restarts;
}

bool media_client_ready(const struct media_client *c)
{
	return c->ready;
}

bool media_client_realtime(const struct media_client *c)
{
	return c->ready && c->realtime_granted;
}

/* ---- spans */

int media_client_span_open(struct media_client *c, unsigned number,
			   const struct wire_span_open *config, const int *fds, unsigned count)
{
	struct span *s = &c->span[number <= MEDIA_SPANS_MAX ? number : 0];

	if (number < 1 || number > MEDIA_SPANS_MAX || count > WIRE_FDS_MAX)
		return -EINVAL;
	if (s->open)
		return -EBUSY;
	for (unsigned i = 0; i < count; i++) {
		s->fds[i] = dup(fds[i]);
		if (s->fds[i] < 0) {
			int rc = -errno;
			close_fds(s->fds, i);
			return rc;
		}
	}
	s->fds_count = count;
	s->config = *config;
	s->open = true;
	order_span(c, number);
	return 0;
}

void media_client_span_close(struct media_client *c, unsigned number)
{
	struct span *s = &c->span[number <= MEDIA_SPANS_MAX ? number : 0];

	if (number < 1 || number > MEDIA_SPANS_MAX || !s->open)
		return;
	order_simple(c, WIRE_SPAN_CLOSE, number);
	close_fds(s->fds, s->fds_count);
	memset(s, 0, sizeof(*s));
}

/* ---- ends */

struct end *end_find(const struct media_client *c, uint32_t id)
{
	struct end *e;

	hash_for_each_possible(c->ends_by_id, e, by_id, id) if (e->id == id) return e;
	return NULL;
}

static struct end *end_new(struct media_client *c, enum end_kind kind)
{
	struct end *e = talloc_zero(c, struct end);

	if (!e)
		return NULL;
	e->kind = kind;
	e->fds[0] = e->fds[1] = -1;
	e->id = ++c->last_id;
	llist_add_tail(&e->entry, &c->ends);
	hash_add(c->ends_by_id, &e->by_id, e->id);
	return e;
}

/* In turn, not the first free one: media may still write to a record that was given back just now.
 */
static int record_find_free(struct media_client *c)
{
	for (unsigned i = 0; i < c->config.streams_max; i++) {
		unsigned record = (c->next_record + i) % c->config.streams_max;
		if (c->records[record].in_use)
			continue;
		c->next_record = record + 1;
		return record;
	}
	return -ENOSPC;
}

static void release_record(struct media_client *c, const struct end *e)
{
	c->records[e->record].in_use = 0;
	c->streams--;
}

int media_client_stream_open(struct media_client *c, const struct sockaddr *address, uint32_t *end,
			     struct sockaddr_storage *rtp)
{
	int record = record_find_free(c), rc;
	struct rtp_pair pair;
	struct end *e;

	if (record < 0)
		return record;
	rc = rtp_ports_open(&c->ports, address, &pair);
	if (rc < 0)
		return rc;
	e = end_new(c, END_STREAM);
	if (!e) {
		close(pair.rtp_fd);
		close(pair.rtcp_fd);
		return -ENOMEM;
	}
	e->fds[0] = pair.rtp_fd;
	e->fds[1] = pair.rtcp_fd;
	e->record = record;
	memset(&c->records[record], 0, sizeof(c->records[record]));
	c->records[record].in_use = e->id;
	c->streams++;
	order_end(c, e);
	*end = e->id;
	*rtp = pair.rtp;
	return 0;
}

unsigned media_client_streams_left(const struct media_client *c)
{
	return c->config.streams_max - c->streams;
}

unsigned media_client_streams(const struct media_client *c)
{
	return c->streams;
}

unsigned media_client_streams_max(const struct media_client *c)
{
	return c->config.streams_max;
}

int media_client_stream_set(struct media_client *c, uint32_t id, const struct wire_stream_set *set)
{
	struct end *e = end_find(c, id);

	if (!e || e->kind != END_STREAM)
		return -ENOENT;
	e->set = *set;
	e->set_known = true;
	order_stream_set(c, e);
	return 0;
}

int media_client_stream_counters(struct media_client *c, uint32_t id, struct stream_counters *out)
{
	struct end *e = end_find(c, id);
	struct stream_record copy;

	if (!e || e->kind != END_STREAM)
		return -ENOENT;
	if (stream_record_read(&c->records[e->record], &copy))
		e->last = copy.counters;
	*out = e->last;
	return 0;
}

bool media_client_stream_strays(struct media_client *c, uint32_t id)
{
	struct end *e = end_find(c, id);
	struct stream_record copy;

	return e && e->kind == END_STREAM && stream_record_read(&c->records[e->record], &copy) &&
	       copy.latched_rtp.ss_family != AF_UNSPEC;
}

int media_client_channel_open(struct media_client *c, const struct wire_channel_open *channel,
			      int fd, uint32_t *end)
{
	struct end *e = end_new(c, END_CHANNEL);

	if (!e)
		return -ENOMEM;
	e->channel = *channel;
	if (fd >= 0)
		e->fds[0] = dup(fd);
	order_end(c, e);
	*end = e->id;
	return 0;
}

int media_client_channel_renew(struct media_client *c, unsigned span, unsigned timeslot, int fd)
{
	struct bridge *b;
	struct end *e;

	llist_for_each_entry (e, &c->ends, entry) {
		if (e->kind != END_CHANNEL || e->channel.span != span ||
		    e->channel.timeslot != timeslot)
			continue;
		close_fds(e->fds, 1);
		e->fds[0] = dup(fd);
		if (e->fds[0] < 0)
			return -errno;
		order_end(c, e);
		llist_for_each_entry (b, &c->bridges, entry)
			if (b->end[0] == e->id || b->end[1] == e->id)
				order_bridge(c, b);
		conferences_renew_end(c, e->id);
	}
	return 0;
}

void media_client_end_close(struct media_client *c, uint32_t id)
{
	struct end *e = id ? end_find(c, id) : NULL;

	if (!e)
		return;
	if (end_is_present(c, e))
		order_simple(c, WIRE_END_CLOSE, id);
	conferences_forget_end(c, id);
	close_fds(e->fds, 2);
	if (e->kind == END_STREAM)
		release_record(c, e);
	llist_del(&e->entry);
	hash_del(&e->by_id);
	talloc_free(e);
}

/* ---- bridges */

int media_client_open(struct media_client *c, uint32_t end_a, uint32_t end_b, uint32_t *bridge)
{
	struct bridge *b;

	if (!end_find(c, end_a) || !end_find(c, end_b) || end_a == end_b)
		return -ENOENT;
	b = talloc_zero(c, struct bridge);
	if (!b)
		return -ENOMEM;
	b->id = ++c->last_id;
	b->end[0] = end_a;
	b->end[1] = end_b;
	llist_add_tail(&b->entry, &c->bridges);
	hash_add(c->bridges_by_id, &b->by_id, b->id);
	order_bridge(c, b);
	*bridge = b->id;
	return 0;
}

void media_client_close(struct media_client *c, uint32_t id)
{
	struct bridge *b;

	hash_for_each_possible(c->bridges_by_id, b, by_id, id)
	{
		if (b->id != id)
			continue;
		if (bridge_is_present(c, b))
			order_simple(c, WIRE_BRIDGE_CLOSE, id);
		llist_del(&b->entry);
		hash_del(&b->by_id);
		talloc_free(b);
		return;
	}
}

/* Digits and tones are moments, not states: a media process that dies takes them with it. */
int media_client_digit(struct media_client *c, uint32_t end, char digit, unsigned duration_ms)
{
	struct wire_message m;

	if (!end_find(c, end))
		return -ENOENT;
	if (!end_is_present(c, end_find(c, end)))
		return 0;
	wire_message_init(&m, WIRE_DIGIT_PLAY, end);
	m.body.digit.digit = (unsigned char)digit;
	m.body.digit.duration_ms = duration_ms;
	order_message(c, &m);
	return 0;
}

int media_client_tone(struct media_client *c, uint32_t end, const char *tone)
{
	struct wire_message m;

	if (!end_find(c, end))
		return -ENOENT;
	wire_message_init(&m, WIRE_TONE_PLAY, end);
	if (strlen(tone) >= sizeof(m.body.tone.tone))
		return -EMSGSIZE;
	strcpy(m.body.tone.tone, tone);
	m.body.tone.level_db10 = 130;
	order_message(c, &m);
	return 0;
}
