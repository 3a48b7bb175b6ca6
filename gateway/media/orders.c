// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/orders.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>

#include "gateway/log/log.h"
#include "gateway/media/bridge.h"
#include "gateway/media/conference.h"
#include "gateway/wire/pipe.h"

#define CHANNELS_MAX (TDM_SPAN_MAX * TDM_TIMESLOT_MAX)
#define OUTBOX 256	  /* messages that wait for sipspand to read */
#define ORDERS_AT_ONCE 64 /* then a tick may come first */
#define EARS_AT_ONCE 64
#define STATE_EVERY_NS 1000000000ull
#define ALIVE_EVERY_NS 1000000000ull

struct span {
	struct tdm_span *tdm; /* NULL: not open */
	enum codec_law law;
	struct end *channel[TDM_TIMESLOT_MAX + 1]; /* by timeslot */
	unsigned alarms;
	uint64_t state_due_ns;
};

struct bridge_entry {
	uint32_t id; /* 0: free */
	struct bridge *bridge;
};

struct orders {
	int pipe;
	bool realtime;
	int ears; /* epoll of all RTP and RTCP sockets */
	struct stream_record *records;
	unsigned records_count;
	struct span span[TDM_SPAN_MAX + 1];
	struct end *ends;
	unsigned ends_count, ends_used; /* places; up to the highest one taken */
	struct bridge_entry *bridges;
	unsigned bridges_count, bridges_used;
	struct conferences *conferences;
	struct digit_reports reports;
	uint64_t alive_due_ns;
	struct wire_message outbox[OUTBOX];
	unsigned outbox_first, outbox_count;
};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* ---- to sipspand */

/* A full outbox loses the new message: sipspand does not read, and will start us again. */
static void say(struct orders *o, const struct wire_message *m)
{
	if (o->outbox_count < OUTBOX)
		o->outbox[(o->outbox_first + o->outbox_count++) % OUTBOX] = *m;
}

static void outbox_send(struct orders *o)
{
	while (o->outbox_count && wire_send(o->pipe, &o->outbox[o->outbox_first]) != -EAGAIN) {
		o->outbox_first = (o->outbox_first + 1) % OUTBOX;
		o->outbox_count--;
	}
}

static void say_span_state(struct orders *o, unsigned number, const struct tdm_status *status)
{
	const struct tdm_counters *c = &status->counters;
	const uint64_t counters[] = {
	    c->packets_received,  c->packets_sent,	c->packets_lost, c->packets_late,
	    c->packets_reordered, c->packets_malformed, c->slips,	 c->hdlc_frames_received,
	    c->hdlc_frames_sent,  c->hdlc_errors,
	};
	struct wire_message m;

	wire_message_init(&m, WIRE_SPAN_STATE, number);
	m.body.span_state.alarms = status->alarms;
	memcpy(m.body.span_state.counters, counters, sizeof(counters));
	say(o, &m);
}

static void say_alive(struct orders *o, uint64_t now_ns)
{
	struct wire_message m;

	if (!o->records || now_ns < o->alive_due_ns)
		return;
	o->alive_due_ns = now_ns + ALIVE_EVERY_NS;
	wire_message_init(&m, WIRE_ALIVE, 0);
	say(o, &m);
}

static void say_digits(struct orders *o)
{
	struct wire_message m;

	for (unsigned i = 0; i < o->reports.count; i++) {
		wire_message_init(&m, WIRE_DIGIT, o->reports.item[i].end);
		m.body.digit.digit = o->reports.item[i].digit;
		m.body.digit.duration_ms = o->reports.item[i].duration_ms;
		say(o, &m);
	}
	o->reports.count = 0;
}

/* ---- tables */

static struct end *end_find(struct orders *o, uint32_t id)
{
	for (unsigned i = 0; i < o->ends_used; i++)
		if (o->ends[i].kind != END_NONE && o->ends[i].id == id)
			return &o->ends[i];
	return NULL;
}

static int end_place(struct orders *o, uint32_t id, struct end **out)
{
	unsigned i = 0;

	if (!id || end_find(o, id))
		return -EEXIST;
	while (i < o->ends_used && o->ends[i].kind != END_NONE)
		i++;
	if (i == o->ends_count)
		return -ENOSPC;
	if (i == o->ends_used)
		o->ends_used++;
	memset(&o->ends[i], 0, sizeof(o->ends[i]));
	o->ends[i].id = id;
	*out = &o->ends[i];
	return 0;
}

static struct bridge_entry *bridge_find(struct orders *o, uint32_t id)
{
	for (unsigned i = 0; i < o->bridges_used; i++)
		if (o->bridges[i].id == id)
			return &o->bridges[i];
	return NULL;
}

static void bridge_remove(struct bridge_entry *entry)
{
	bridge_close(entry->bridge);
	entry->id = 0;
	entry->bridge = NULL;
}

static void end_remove(struct orders *o, struct end *e)
{
	for (unsigned i = 0; e->bridge && i < o->bridges_used; i++)
		if (o->bridges[i].id && o->bridges[i].bridge == e->bridge)
			bridge_remove(&o->bridges[i]);
	if (e->seat)
		conference_leave(e);
	if (e->kind == END_STREAM) {
		/* sipspand's copies keep the sockets open: closing ours alone leaves them in. */
		epoll_ctl(o->ears, EPOLL_CTL_DEL, stream_fd(e->stream, STREAM_RTP), NULL);
		epoll_ctl(o->ears, EPOLL_CTL_DEL, stream_fd(e->stream, STREAM_RTCP), NULL);
		end_save(e, monotonic_ns());
		stream_close(e->stream);
	} else {
		o->span[e->span].channel[e->timeslot] = NULL;
		channel_close(e->channel);
	}
	memset(e, 0, sizeof(*e));
	while (o->ends_used && o->ends[o->ends_used - 1].kind == END_NONE)
		o->ends_used--;
}

/* ---- orders; each takes the descriptors it keeps out of the message */

static int take_fd(struct wire_message *m, unsigned i)
{
	int fd = m->fds[i];

	m->fds[i] = -1;
	return fd;
}

static int on_hello(struct orders *o, struct wire_message *m)
{
	const struct wire_hello *hello = &m->body.hello;
	struct wire_message ready;
	int rc;

	if (hello->version != WIRE_VERSION)
		return -EPROTO;
	if (o->records || m->fds_count != 1 || !hello->records ||
	    hello->records > STREAM_RECORDS_MAX)
		return -EINVAL;
	rc = stream_records_map(m->fds[0], hello->records, &o->records);
	if (rc < 0)
		return rc;
	o->records_count = hello->records;
	o->ends_count = hello->records + CHANNELS_MAX;
	o->bridges_count = o->ends_count / 2;
	o->ends = calloc(o->ends_count, sizeof(o->ends[0]));
	o->bridges = calloc(o->bridges_count, sizeof(o->bridges[0]));
	o->conferences = conferences_new(o->bridges_count);
	if (!o->ends || !o->bridges || !o->conferences)
		return -ENOMEM;
	wire_message_init(&ready, WIRE_READY, 0);
	ready.body.ready.version = WIRE_VERSION;
	ready.body.ready.pid = getpid();
	ready.body.ready.realtime = o->realtime;
	say(o, &ready);
	return 0;
}

static int on_span_open(struct orders *o, struct wire_message *m)
{
	const struct wire_span_open *w = &m->body.span_open;
	struct tdm_span_config config = {
	    .number = m->header.id,
	    .driver = w->driver,
	    .framing = w->framing,
	    .law = w->law,
	    .clock = w->clock,
	    .d_timeslot = w->d_timeslot,
	    .unit = w->unit,
	    .local = w->local,
	    .peer = w->peer,
	    .frames_per_packet = w->frames_per_packet,
	    .jitter_packets = w->jitter_packets,
	    .alarm_ms = w->alarm_ms,
	};
	struct tdm_span *tdm;
	int rc;

	if (!config.number || config.number > TDM_SPAN_MAX)
		return -EINVAL;
	if (o->span[config.number].tdm)
		return -EEXIST;
	rc = tdm_span_attach(&config, m->fds, m->fds_count, &tdm);
	if (rc < 0)
		return rc;
	m->fds_count = 0; /* they are the span's now */
	o->span[config.number] = (struct span){
	    .tdm = tdm,
	    .law = config.law == TDM_ULAW ? CODEC_ULAW : CODEC_ALAW,
	};
	return 0;
}

static int on_span_close(struct orders *o, struct wire_message *m)
{
	struct span *s;

	if (m->header.id > TDM_SPAN_MAX || !o->span[m->header.id].tdm)
		return -ENOENT;
	s = &o->span[m->header.id];
	for (unsigned i = 1; i <= TDM_TIMESLOT_MAX; i++)
		if (s->channel[i])
			end_remove(o, s->channel[i]);
	tdm_span_detach(s->tdm);
	s->tdm = NULL;
	return 0;
}

static int on_stream_open(struct orders *o, struct wire_message *m)
{
	uint32_t record = m->body.stream_open.record;
	struct end *e;
	int rc;

	if (m->fds_count != 2 || record >= o->records_count)
		return -EINVAL;
	rc = end_place(o, m->header.id, &e);
	if (rc < 0)
		return rc;
	m->fds_count = 0; /* they are the stream's now, or closed */
	rc = stream_open(m->fds, &o->records[record], monotonic_ns(), &e->stream);
	if (rc == 0)
		e->kind = END_STREAM;
	return rc;
}

/* Before the first offer and answer nothing reads the sockets: then they are not listened to. */
static int listen_to(struct orders *o, struct end *e, enum stream_socket which)
{
	struct epoll_event event = {.events = EPOLLIN};

	event.data.u64 = (uint64_t)(e - o->ends) << 1 | which;
	if (epoll_ctl(o->ears, EPOLL_CTL_ADD, stream_fd(e->stream, which), &event) < 0 &&
	    errno != EEXIST)
		return -errno;
	return 0;
}

static int on_stream_set(struct orders *o, struct wire_message *m)
{
	struct end *e = end_find(o, m->header.id);
	int rc;

	if (!e || e->kind != END_STREAM)
		return -ENOENT;
	rc = stream_set(e->stream, &m->body.stream_set);
	if (rc == 0)
		rc = listen_to(o, e, STREAM_RTP);
	return rc < 0 ? rc : listen_to(o, e, STREAM_RTCP);
}

static int on_channel_open(struct orders *o, struct wire_message *m)
{
	const struct wire_channel_open *w = &m->body.channel_open;
	struct span *s;
	struct end *e;
	int rc;

	if (m->fds_count > 1 || w->span > TDM_SPAN_MAX || w->timeslot > TDM_TIMESLOT_MAX)
		return -EINVAL;
	s = &o->span[w->span];
	if (!s->tdm)
		return -ENOENT;
	rc = end_place(o, m->header.id, &e);
	if (rc == 0)
		rc = channel_open(s->tdm, s->law, w, m->fds_count ? m->fds[0] : -1, &e->channel);
	if (rc < 0)
		return rc;
	if (m->fds_count)
		take_fd(m, 0);
	if (channel_echo_error(e->channel))
		LOGP(DMEDIA, LOGL_NOTICE,
		     "%u/%u: no echo canceller: %s (DAHDI: echocanceller=mg2,... in "
		     "/etc/dahdi/system.conf, then dahdi_cfg)\n",
		     w->span, w->timeslot, strerror(-channel_echo_error(e->channel)));
	e->kind = END_CHANNEL;
	e->span = w->span;
	e->timeslot = w->timeslot;
	s->channel[w->timeslot] = e;
	return 0;
}

static int on_end_close(struct orders *o, struct wire_message *m)
{
	struct end *e = end_find(o, m->header.id);

	if (!e)
		return -ENOENT;
	end_remove(o, e);
	return 0;
}

static int on_bridge_open(struct orders *o, struct wire_message *m)
{
	struct end *a = end_find(o, m->body.bridge_open.end[0]);
	struct end *b = end_find(o, m->body.bridge_open.end[1]);
	unsigned i = 0;
	int rc;

	if (!a || !b)
		return -ENOENT;
	if (!m->header.id || bridge_find(o, m->header.id))
		return -EEXIST;
	while (i < o->bridges_used && o->bridges[i].id)
		i++;
	if (i == o->bridges_count)
		return -ENOSPC;
	rc = bridge_open(a, b, &o->bridges[i].bridge);
	if (rc < 0)
		return rc;
	o->bridges[i].id = m->header.id;
	if (i == o->bridges_used)
		o->bridges_used++;
	return 0;
}

static int on_bridge_close(struct orders *o, struct wire_message *m)
{
	struct bridge_entry *entry = m->header.id ? bridge_find(o, m->header.id) : NULL;

	if (!entry)
		return -ENOENT;
	bridge_remove(entry);
	return 0;
}

static int on_conference_set(struct orders *o, struct wire_message *m)
{
	const struct wire_conference_set *w = &m->body.conference_set;
	struct end *ends[WIRE_CONFERENCE_ENDS_MAX];

	if (w->count > WIRE_CONFERENCE_ENDS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < w->count; i++) {
		ends[i] = end_find(o, w->end[i]);
		if (!ends[i])
			return -ENOENT;
	}
	return conferences_set(o->conferences, m->header.id, ends, w->count);
}

static int on_digit_play(struct orders *o, struct wire_message *m)
{
	struct end *e = end_find(o, m->header.id);

	if (!e)
		return -ENOENT;
	if (!digit_valid(m->body.digit.digit))
		return -EINVAL;
	return end_digit_start(e, m->body.digit.digit,
			       digit_duration_clamp(m->body.digit.duration_ms));
}

static int on_tone_play(struct orders *o, struct wire_message *m)
{
	struct end *e = end_find(o, m->header.id);
	const struct wire_tone *tone = &m->body.tone;

	if (!e)
		return -ENOENT;
	if (!memchr(tone->tone, 0, sizeof(tone->tone)))
		return -EINVAL;
	return end_tone(e, tone->tone, tone->level_db10);
}

static int (*const handler[WIRE_TYPE_COUNT])(struct orders *, struct wire_message *) = {
    [WIRE_HELLO] = on_hello,
    [WIRE_SPAN_OPEN] = on_span_open,
    [WIRE_SPAN_CLOSE] = on_span_close,
    [WIRE_STREAM_OPEN] = on_stream_open,
    [WIRE_STREAM_SET] = on_stream_set,
    [WIRE_CHANNEL_OPEN] = on_channel_open,
    [WIRE_END_CLOSE] = on_end_close,
    [WIRE_BRIDGE_OPEN] = on_bridge_open,
    [WIRE_BRIDGE_CLOSE] = on_bridge_close,
    [WIRE_CONFERENCE_SET] = on_conference_set,
    [WIRE_DIGIT_PLAY] = on_digit_play,
    [WIRE_TONE_PLAY] = on_tone_play,
};

static void carry_out(struct orders *o, struct wire_message *m)
{
	unsigned type = m->header.type;
	struct wire_message refused;
	int rc = -EOPNOTSUPP;

	if (handler[type] && (o->records || type == WIRE_HELLO))
		rc = handler[type](o, m);
	for (unsigned i = 0; i < m->fds_count; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	if (rc == 0)
		return;
	LOGP(DMEDIA, LOGL_ERROR, "%s %u: %s\n", wire_type_name(type), m->header.id, strerror(-rc));
	wire_message_init(&refused, WIRE_REFUSED, m->header.id);
	refused.body.refused.type = type;
	refused.body.refused.error = rc;
	say(o, &refused);
}

int orders_receive(struct orders *o)
{
	struct wire_message m;
	int rc = 1;

	for (unsigned i = 0; i < ORDERS_AT_ONCE && rc != 0; i++) {
		rc = wire_receive(o->pipe, &m);
		if (rc == -EPIPE)
			return rc;
		if (rc == 1)
			carry_out(o, &m);
	}
	outbox_send(o);
	return 0;
}

/* ---- the tick */

static void listen_all(struct orders *o, uint64_t now_ns)
{
	struct epoll_event events[EARS_AT_ONCE];
	unsigned heard = 0;
	int count;

	do {
		count = epoll_wait(o->ears, events, EARS_AT_ONCE, 0);
		for (int i = 0; i < count; i++) {
			struct end *e = &o->ends[events[i].data.u64 >> 1];
			if (e->kind == END_STREAM)
				stream_receive(e->stream, events[i].data.u64 & 1, now_ns);
		}
		heard += EARS_AT_ONCE;
	} while (count == EARS_AT_ONCE && heard < 2 * o->ends_used);
}

static void run_span(struct orders *o, unsigned number, uint64_t now_ns)
{
	struct span *s = &o->span[number];
	struct tdm_status status;

	tdm_span_receive(s->tdm, now_ns);
	while (tdm_span_step(s->tdm, now_ns) == 1)
		for (unsigned i = 1; i <= TDM_TIMESLOT_MAX; i++)
			if (s->channel[i])
				end_serve_channel(s->channel[i], now_ns, &o->reports);
	tdm_span_transmit(s->tdm, now_ns);
	tdm_span_status(s->tdm, &status);
	if (status.alarms == s->alarms && now_ns < s->state_due_ns)
		return;
	s->alarms = status.alarms;
	s->state_due_ns = now_ns + STATE_EVERY_NS;
	say_span_state(o, number, &status);
}

void orders_tick(struct orders *o, uint64_t now_ns)
{
	listen_all(o, now_ns);
	for (unsigned i = 1; i <= TDM_SPAN_MAX; i++)
		if (o->span[i].tdm)
			run_span(o, i, now_ns);
	for (unsigned i = 0; i < o->bridges_used; i++)
		if (o->bridges[i].id && bridge_has_streams_only(o->bridges[i].bridge))
			bridge_tick(o->bridges[i].bridge, now_ns, &o->reports);
	if (o->conferences)
		conferences_tick(o->conferences, now_ns, &o->reports);
	for (unsigned i = 0; i < o->ends_used; i++) {
		if (o->ends[i].kind != END_STREAM)
			continue;
		end_serve_stream(&o->ends[i], now_ns, &o->reports);
		end_save(&o->ends[i], now_ns);
	}
	say_digits(o);
	say_alive(o, now_ns);
	outbox_send(o);
}

/* ---- life */

int orders_new(int pipe, bool realtime, struct orders **out)
{
	struct orders *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->pipe = pipe;
	o->realtime = realtime;
	o->ears = epoll_create1(EPOLL_CLOEXEC);
	if (o->ears < 0) {
		free(o);
		return -errno;
	}
	*out = o;
	return 0;
}

void orders_free(struct orders *o)
{
	while (o->ends_used)
		end_remove(o, &o->ends[o->ends_used - 1]);
	for (unsigned i = 1; i <= TDM_SPAN_MAX; i++)
		if (o->span[i].tdm)
			tdm_span_detach(o->span[i].tdm);
	stream_records_unmap(o->records, o->records_count);
	close(o->ears);
	conferences_free(o->conferences);
	free(o->bridges);
	free(o->ends);
	free(o);
}
