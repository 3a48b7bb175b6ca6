// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/media_rig.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/wait.h>

#include "gateway/media/packet.h"

#define PRIORITY 10	     /* below media's own */
#define PASS_MAX_NS (2 * MS) /* one look goes on so far at most */
#define PAUSE_NS (40 * MS)   /* after 50 media takes the line for silent, and looks every 5 */
#define LEAD_MAX 8	     /* packets of 1 ms; the exchange's buffer has 12 */
#define LEAD_UNKNOWN INT64_MAX
#define SILENCE_MAX_NS (1000 * MS) /* media does not work the span */
#define SETTLE_MS 500
#define SETTLE_AFTER_PAUSE_MS 2500 /* the exchange gives back within 2 s what the pause added */
#define EVEN_TRIES 6		   /* in less than LENGTH */

extern char **environ;

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Never the same for long, different for each call and direction. */
static uint8_t speech(unsigned call, unsigned direction, unsigned position)
{
	uint32_t x = position * 2654435761u ^ (call * 2 + direction) * 40503u;

	x ^= x >> 15;
	x *= 2246822519u;
	return x >> 13;
}

/* ---- the process */

void rig_start_media(struct rig *rig)
{
	char *argv[] = {(char *)"sipspan-media", (char *)"--pipe", (char *)"3",
			(char *)"--realtime", NULL};
	posix_spawn_file_actions_t actions;
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], 3);
	assert_int_equal(posix_spawn(&rig->pid, MEDIA_BUILT, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(pair[1]);
	rig->pipe = pair[0];
	rig->ready = 0;
	rig->heard_ns = 0;
	rig->lead = LEAD_UNKNOWN;
}

int rig_end_media(struct rig *rig, int signal_number)
{
	int status = -1;

	if (signal_number)
		kill(rig->pid, signal_number);
	close(rig->pipe);
	assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
	rig->pid = 0;
	return status;
}

void order(struct rig *rig, struct wire_message *m, const int *fds, unsigned count)
{
	struct pollfd out = {.fd = rig->pipe, .events = POLLOUT};

	if (count)
		memcpy(m->fds, fds, count * sizeof(fds[0]));
	m->fds_count = count;
	while (wire_send(rig->pipe, m) == -EAGAIN)
		assert_int_equal(poll(&out, 1, 2000), 1);
}

void order_hello(struct rig *rig)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_HELLO, 0);
	m.body.hello.version = WIRE_VERSION;
	m.body.hello.records = CALLS;
	order(rig, &m, &rig->memfd, 1);
}

void order_span(struct rig *rig)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_SPAN_OPEN, SPAN);
	m.body.span_open = rig->config;
	order(rig, &m, rig->gateway.fds, rig->gateway.count);
}

void order_channel(struct rig *rig, struct call *c)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_CHANNEL_OPEN, c->channel);
	m.body.channel_open = (struct wire_channel_open){SPAN, c->timeslot, BLOCK, 1};
	order(rig, &m, NULL, 0);
}

void order_stream_set(struct rig *rig, struct call *c, unsigned event_type, bool signalled)
{
	struct wire_message m;
	struct wire_stream_set *set = &m.body.stream_set;

	wire_message_init(&m, WIRE_STREAM_SET, c->stream);
	set->rtp = c->peer_address[0];
	set->rtcp = c->peer_address[1];
	set->codec = WIRE_PCMA;
	set->event_payload_type = event_type;
	set->digits_signalled = signalled;
	set->ptime_ms = 20;
	set->mode = WIRE_SEND | WIRE_RECEIVE;
	set->generation = 1;
	strcpy(set->cname, "gateway");
	order(rig, &m, NULL, 0);
}

void order_stream(struct rig *rig, struct call *c)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_STREAM_OPEN, c->stream);
	m.body.stream_open.record = c - rig->call;
	order(rig, &m, c->fds, 2);
	order_stream_set(rig, c, EVENT_TYPE, false);
}

void order_bridge(struct rig *rig, uint32_t id, uint32_t a, uint32_t b)
{
	struct wire_message m;

	wire_message_init(&m, WIRE_BRIDGE_OPEN, id);
	m.body.bridge_open.end[0] = a;
	m.body.bridge_open.end[1] = b;
	order(rig, &m, NULL, 0);
}

void order_simple(struct rig *rig, enum wire_type type, uint32_t id)
{
	struct wire_message m;

	wire_message_init(&m, type, id);
	order(rig, &m, NULL, 0);
}

void order_calls(struct rig *rig, unsigned count)
{
	order_hello(rig);
	order_span(rig);
	for (unsigned i = 0; i < count; i++) {
		struct call *c = &rig->call[i];
		order_channel(rig, c);
		order_stream(rig, c);
		order_bridge(rig, c->bridge, c->stream, c->channel);
	}
}

/* ---- the world around it */

void peer_send(struct call *c, unsigned payload_type, bool marker, uint32_t timestamp,
	       const uint8_t *payload, unsigned length)
{
	uint8_t data[12 + PACKET] = {0x80, payload_type | (marker ? 0x80 : 0), c->sequence >> 8,
				     c->sequence};

	c->sequence++;
	timestamp = htonl(timestamp);
	memcpy(data + 4, &timestamp, 4);
	memcpy(data + 12, payload, length);
	sendto(c->peer[0], data, 12 + length, 0, (struct sockaddr *)&c->address[0],
	       sizeof(struct sockaddr_in));
}

static void peer_says(struct call *c, unsigned i, uint64_t now)
{
	uint8_t payload[PACKET];

	if (c->peer_said + PACKET > LENGTH)
		return;
	for (unsigned n = 0; n < PACKET; n++)
		payload[n] = speech(i, 1, c->peer_said + n);
	c->peer_said_ns[c->peer_said / PACKET] = now;
	peer_send(c, WIRE_PCMA, false, c->peer_said, payload, PACKET);
	c->peer_said += PACKET;
}

/* What a pause of ours left unsaid stays so: a phone is not heard from then either. */
static void peer_answers(struct call *c, unsigned i, uint64_t now)
{
	int owed = (int)(c->packets + AHEAD) - (int)(c->peer_said / PACKET);

	if (owed > AHEAD)
		c->peer_said += (owed - AHEAD) * PACKET;
	for (; owed > 0; owed--)
		peer_says(c, i, now);
}

static void peers_talk(struct rig *rig, unsigned count)
{
	if (rig->talk == RIG_ANSWER)
		for (unsigned i = 0; i < count; i++)
			peer_answers(&rig->call[i], i, rig->now_ns);
	if (rig->talk != RIG_TALK || rig->now_ns < rig->next_packet_ns)
		return;
	if (!rig->next_packet_ns || rig->now_ns - rig->next_packet_ns > 500 * MS)
		rig->next_packet_ns = rig->now_ns;
	for (unsigned i = 0; i < count; i++)
		peer_says(&rig->call[i], i, rig->now_ns);
	rig->next_packet_ns += 20 * MS;
}

static void peer_listens(const struct rig *rig, struct call *c)
{
	uint8_t data[2000];
	struct packet p;
	ssize_t n;

	while ((n = recv(c->peer[0], data, sizeof(data), 0)) > 0) {
		assert_int_equal(packet_parse(data, n, &p), 0);
		if (c->packets++ && (p.ssrc != c->ssrc || p.sequence != c->next_sequence))
			c->breaks++;
		if (c->packets > 1 && rig->clock_ns - c->last_ns > c->gap_ns)
			c->gap_ns = rig->clock_ns - c->last_ns;
		c->last_ns = rig->clock_ns;
		c->ssrc = p.ssrc;
		c->next_sequence = p.sequence + 1;
		if (p.payload_type == EVENT_TYPE) {
			c->events++;
			c->event_ends += p.payload[1] >> 7;
			continue;
		}
		if (!c->peer_heard)
			c->first_timestamp = p.timestamp;
		if (c->peer_heard + PACKET > LENGTH || p.length != PACKET)
			continue;
		memcpy(c->peer_octets + c->peer_heard, p.payload, PACKET);
		c->peer_heard_ns[c->peer_heard / PACKET] = rig->now_ns;
		c->peer_heard += PACKET;
		c->next_timestamp = p.timestamp + PACKET;
	}
	while (recv(c->peer[1], data, sizeof(data), 0) > 0)
		c->rtcp++;
}

static void line_works(struct rig *rig, unsigned i, uint64_t now)
{
	struct call *c = &rig->call[i];
	uint8_t block[BLOCK];

	if (tdm_channel_read(c->line, block) != 1)
		return;
	if (i == 0)
		digits_detect(rig->detector, block, BLOCK);
	if (c->line_heard + BLOCK <= LENGTH) {
		memcpy(c->line_octets + c->line_heard, block, BLOCK);
		c->line_heard_ns[c->line_heard / BLOCK] = now;
		c->line_heard += BLOCK;
	}
	for (unsigned n = 0; n < BLOCK; n++)
		block[n] = rig->talk ? speech(i, 0, c->line_said + n) : 0xd5;
	if (i == 0)
		digits_inject(rig->player, block, BLOCK);
	if (c->line_said + BLOCK <= LENGTH) {
		c->line_said_ns[c->line_said / BLOCK] = now;
		c->line_said += BLOCK;
	}
	tdm_channel_write(c->line, block);
}

static void pipe_listens(struct rig *rig)
{
	struct wire_message m;

	while (wire_receive(rig->pipe, &m) == 1) {
		switch (m.header.type) {
		case WIRE_READY:
			rig->ready++;
			break;
		case WIRE_SPAN_STATE:
			rig->states++;
			break;
		case WIRE_ALIVE:
			rig->alive++;
			break;
		case WIRE_DIGIT:
			rig->digits++;
			rig->digit = m.body.digit.digit;
			rig->digit_end = m.header.id;
			break;
		case WIRE_REFUSED:
			rig->refused++;
			rig->refused_error = m.body.refused.error;
			break;
		}
	}
}

static void note_pause(struct rig *rig)
{
	rig->pauses++;
	rig->lead = LEAD_UNKNOWN;
}

/* Packets that media has not answered beyond those that are always under way. */
static int64_t unanswered(struct rig *rig)
{
	struct tdm_status status;
	int64_t lead;

	tdm_span_status(rig->span, &status);
	lead = (int64_t)(status.counters.packets_sent - status.counters.packets_received);
	if (status.counters.packets_received != rig->packets) {
		rig->packets = status.counters.packets_received;
		rig->heard_ns = rig->clock_ns;
		if (lead < rig->lead)
			rig->lead = lead;
	}
	return rig->lead == LEAD_UNKNOWN ? 0 : lead - rig->lead;
}

static void pass_time(struct rig *rig)
{
	uint64_t clock = clock_ns(), passed = clock - rig->clock_ns;

	rig->clock_ns = clock;
	if (passed > PAUSE_NS) {
		note_pause(rig);
		rig->paused_ns += passed;
	}
	if (unanswered(rig) >= LEAD_MAX) {
		if (clock - rig->heard_ns < SILENCE_MAX_NS)
			return;
		note_pause(rig);
	}
	rig->now_ns += passed < PASS_MAX_NS ? passed : PASS_MAX_NS;
}

unsigned rig_go_on(struct rig *rig, unsigned calls, unsigned ms, const unsigned *until)
{
	uint64_t begin = clock_ns(), end = rig->now_ns + ms * MS;

	for (pass_time(rig); rig->now_ns < end && !(until && *until); pass_time(rig)) {
		struct pollfd wait = {.fd = rig->pipe, .events = POLLIN};
		peers_talk(rig, calls);
		tdm_span_receive(rig->span, rig->now_ns);
		while (tdm_span_step(rig->span, rig->now_ns) == 1)
			for (unsigned i = 0; i < CALLS; i++)
				line_works(rig, i, rig->now_ns);
		tdm_span_transmit(rig->span, rig->now_ns);
		for (unsigned i = 0; i < calls; i++)
			peer_listens(rig, &rig->call[i]);
		pipe_listens(rig);
		poll(&wait, 1, 1);
	}
	return (rig->clock_ns - begin) / MS;
}

unsigned rig_go_on_evenly(struct rig *rig, unsigned calls, unsigned ms)
{
	unsigned settle_ms = SETTLE_MS;

	for (unsigned tries = 0; tries < EVEN_TRIES; tries++) {
		unsigned took;

		rig->pauses = 0;
		rig_go_on(rig, calls, settle_ms, NULL);
		for (unsigned i = 0; i < CALLS; i++)
			rig->call[i].peer_heard = rig->call[i].line_heard = 0;
		took = rig_go_on(rig, calls, ms, NULL);
		if (!rig->pauses)
			return took;
		settle_ms = SETTLE_AFTER_PAUSE_MS;
	}
	printf("# the machine was too busy: no %u ms in which we could always run\n", ms);
	skip();
	return 0;
}

static void open_spans(struct rig *rig)
{
	struct tdm_span_config gateway, exchange;
	struct sockaddr_storage a, b;
	char why[200] = "";
	int first = test_open_socket(&a), second = test_open_socket(&b);

	close(first);
	close(second);
	tdm_span_config_init(&gateway, SPAN, TDM_E1);
	gateway.driver = TDM_DRIVER_CESOPSN;
	gateway.clock = TDM_CLOCK_LINE;
	exchange = gateway;
	gateway.local = exchange.peer = a;
	gateway.peer = exchange.local = b;
	exchange.number = SPAN + 1;
	exchange.clock = TDM_CLOCK_INTERNAL;
	if (tdm_open(&gateway, &rig->gateway, why, sizeof(why)) < 0 ||
	    tdm_open(&exchange, &rig->exchange, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(
	    tdm_span_attach(&exchange, rig->exchange.fds, rig->exchange.count, &rig->span), 0);
	rig->config = (struct wire_span_open){
	    .driver = gateway.driver,
	    .framing = gateway.framing,
	    .law = gateway.law,
	    .clock = gateway.clock,
	    .d_timeslot = gateway.d_timeslot,
	    .frames_per_packet = gateway.frames_per_packet,
	    .jitter_packets = gateway.jitter_packets,
	    .alarm_ms = gateway.alarm_ms,
	    .local = gateway.local,
	    .peer = gateway.peer,
	};
}

int rig_set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct sched_param param = {.sched_priority = PRIORITY};

	rig->realtime = sched_setscheduler(0, SCHED_FIFO, &param) == 0;
	rig->now_ns = clock_ns();
	assert_int_equal(stream_records_create(CALLS, &rig->records, &rig->memfd), 0);
	open_spans(rig);
	digit_player_new(CODEC_ALAW, &rig->player);
	digit_detector_new(CODEC_ALAW, &rig->steps, &rig->detector);
	for (unsigned i = 0; i < CALLS; i++) {
		struct call *c = &rig->call[i];
		c->timeslot = i + 1 + (i >= 15);
		c->stream = 100 + i;
		c->channel = 200 + i;
		c->bridge = 300 + i;
		for (unsigned n = 0; n < 2; n++) {
			c->fds[n] = test_open_socket(&c->address[n]);
			c->peer[n] = test_open_socket(&c->peer_address[n]);
		}
		assert_int_equal(tdm_channel_open(rig->span, c->timeslot, BLOCK, -1, &c->line), 0);
	}
	rig_start_media(rig);
	*state = rig;
	return 0;
}

int rig_tear_down(void **state)
{
	struct rig *rig = *state;
	struct sched_param param = {0};

	sched_setscheduler(0, SCHED_OTHER, &param);
	if (rig->pid)
		rig_end_media(rig, SIGKILL);
	for (unsigned i = 0; i < CALLS; i++) {
		tdm_channel_close(rig->call[i].line);
		for (unsigned n = 0; n < 2; n++) {
			close(rig->call[i].fds[n]);
			close(rig->call[i].peer[n]);
		}
	}
	tdm_span_detach(rig->span);
	close(rig->exchange.fd_d);
	tdm_descriptors_close(&rig->gateway);
	digit_player_free(rig->player);
	digit_detector_free(rig->detector);
	stream_records_unmap(rig->records, CALLS);
	close(rig->memfd);
	free(rig);
	return 0;
}

/* ---- what was heard of what was said */

void heard_compare(struct heard *h, unsigned call, unsigned direction, const uint8_t *octets,
		   unsigned count)
{
	h->same = h->wrong = 0;
	for (h->first = 0; h->first + 800 < count; h->first += 40) {
		for (h->position = 0; h->position < LENGTH; h->position++) {
			unsigned n = 0;
			while (n < 64 &&
			       octets[h->first + n] == speech(call, direction, h->position + n))
				n++;
			if (n == 64)
				goto found;
		}
	}
	return;
found:
	for (unsigned n = h->first; n < count; n++) {
		bool same = octets[n] == speech(call, direction, h->position + n - h->first);
		h->same += same && !h->wrong;
		h->wrong += !same;
	}
}

void rig_listen_last(struct rig *rig, unsigned calls)
{
	for (unsigned i = 0; i < calls; i++) /* a last look at what is under way */
		peer_listens(rig, &rig->call[i]);
}

uint64_t rig_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	clock_gettime(clock, &used);
	return used.tv_sec * 1000000000ull + used.tv_nsec;
}
