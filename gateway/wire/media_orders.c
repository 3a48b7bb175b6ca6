// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/media_client_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

/* Orders that wait, all of a full table among them; more means that media does not read any more. */
#define QUEUE_MAX (4 * STREAM_RECORDS_MAX)

struct queued {
	struct llist_head entry;
	struct wire_message m; /* owns its descriptors */
};

void close_fds(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

bool end_is_present(const struct media_client *c, const struct end *e)
{
	return e->kind != END_CHANNEL ||
	       (e->channel.span <= MEDIA_SPANS_MAX && c->span[e->channel.span].open);
}

bool bridge_is_present(const struct media_client *c, const struct bridge *b)
{
	for (int i = 0; i < 2; i++) {
		const struct end *e = end_find(c, b->end[i]);

		if (e && !end_is_present(c, e))
			return false;
	}
	return true;
}

void orders_drop(struct media_client *c)
{
	struct queued *q, *next;

	llist_for_each_entry_safe (q, next, &c->queue, entry) {
		close_fds(q->m.fds, q->m.fds_count);
		llist_del(&q->entry);
		talloc_free(q);
	}
	c->queued = 0;
}

/* The order's descriptors may be closed before the queue is sent: it gets copies. */
static void queue_add(struct media_client *c, const struct wire_message *m)
{
	struct queued *q = talloc(c, struct queued);

	if (!q || c->queued >= QUEUE_MAX)
		goto fail;
	q->m = *m;
	for (unsigned i = 0; i < m->fds_count; i++) {
		q->m.fds[i] = dup(m->fds[i]);
		if (q->m.fds[i] < 0) {
			close_fds(q->m.fds, i);
			goto fail;
		}
	}
	llist_add_tail(&q->entry, &c->queue);
	c->queued++;
	osmo_fd_write_enable(&c->pipe);
	return;
fail:
	/* An order that is lost would leave media with other tables than ours. */
	talloc_free(q);
	c->order_lost = true;
	osmo_timer_schedule(&c->silence_timer, 0, 0);
	c->started = 0;
}

void order_message(struct media_client *c, const struct wire_message *m)
{
	if (c->process.pipe < 0)
		return;
	if (llist_empty(&c->queue)) {
		int rc = wire_send(c->process.pipe, m);
		if (rc != -EAGAIN)
			return; /* sent, or gone: then reading tells, and the tables are sent anew
				 */
	}
	queue_add(c, m);
}

void orders_resume(struct media_client *c)
{
	struct queued *q, *next;

	llist_for_each_entry_safe (q, next, &c->queue, entry) {
		if (wire_send(c->process.pipe, &q->m) == -EAGAIN)
			return;
		close_fds(q->m.fds, q->m.fds_count);
		llist_del(&q->entry);
		talloc_free(q);
		c->queued--;
	}
	osmo_fd_write_disable(&c->pipe);
}

void order_simple(struct media_client *c, enum wire_type type, uint32_t id)
{
	struct wire_message m;

	wire_message_init(&m, type, id);
	order_message(c, &m);
}

void order_span(struct media_client *c, unsigned number)
{
	struct span *s = &c->span[number];
	struct wire_message m;

	wire_message_init(&m, WIRE_SPAN_OPEN, number);
	m.body.span_open = s->config;
	memcpy(m.fds, s->fds, sizeof(int) * s->fds_count);
	m.fds_count = s->fds_count;
	order_message(c, &m);
}

void order_stream_set(struct media_client *c, const struct end *e)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_STREAM_SET, e->id);
	m.body.stream_set = e->set;
	order_message(c, &m);
}

void order_end(struct media_client *c, const struct end *e)
{
	struct wire_message m;

	if (!end_is_present(c, e))
		return;
	if (e->kind == END_STREAM) {
		wire_message_init(&m, WIRE_STREAM_OPEN, e->id);
		m.body.stream_open.record = e->record;
		m.fds[0] = e->fds[0];
		m.fds[1] = e->fds[1];
		m.fds_count = 2;
	} else {
		wire_message_init(&m, WIRE_CHANNEL_OPEN, e->id);
		m.body.channel_open = e->channel;
		if (e->fds[0] >= 0) {
			m.fds[0] = e->fds[0];
			m.fds_count = 1;
		}
	}
	order_message(c, &m);
	if (e->set_known)
		order_stream_set(c, e);
}

void order_bridge(struct media_client *c, const struct bridge *b)
{
	struct wire_message m;

	if (!bridge_is_present(c, b))
		return;
	wire_message_init(&m, WIRE_BRIDGE_OPEN, b->id);
	m.body.bridge_open.end[0] = b->end[0];
	m.body.bridge_open.end[1] = b->end[1];
	order_message(c, &m);
}

/* Of its ends, those that media knows. */
void order_conference(struct media_client *c, const struct conference *conference)
{
	struct wire_conference_set *set;
	struct wire_message m;

	wire_message_init(&m, WIRE_CONFERENCE_SET, conference->id);
	set = &m.body.conference_set;
	for (unsigned i = 0; i < conference->set.count; i++) {
		const struct end *e = end_find(c, conference->set.end[i]);

		if (e && end_is_present(c, e))
			set->end[set->count++] = e->id;
	}
	order_message(c, &m);
}

void order_everything(struct media_client *c)
{
	struct conference *conference;
	struct wire_message m;
	struct bridge *b;
	struct end *e;

	wire_message_init(&m, WIRE_HELLO, 0);
	m.body.hello.version = WIRE_VERSION;
	m.body.hello.records = c->config.streams_max;
	m.fds[0] = c->records_fd;
	m.fds_count = 1;
	order_message(c, &m);
	for (unsigned i = 1; i <= MEDIA_SPANS_MAX; i++)
		if (c->span[i].open)
			order_span(c, i);
	llist_for_each_entry (e, &c->ends, entry)
		order_end(c, e);
	llist_for_each_entry (b, &c->bridges, entry)
		order_bridge(c, b);
	llist_for_each_entry (conference, &c->conferences, entry)
		order_conference(c, conference);
}
