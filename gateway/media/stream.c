// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "gateway/media/digits.h"
#include "gateway/media/latch.h"
#include "gateway/media/packet.h"
#include "gateway/media/playout.h"
#include "gateway/media/reception.h"
#include "gateway/media/session.h"

#define BATCH 8	     /* packets a system call takes */
#define ROUNDS_MAX 8 /* a tick; who sends more must wait */
#define DATAGRAM_MAX 1500
#define STALE_NS 60000000ull /* older packets than this were for a process before us */
#define PTIME_MAX 60
#define SAMPLE_NS 125000
#define GAP_MAX_NS 10000000000ull /* of timestamps after a restart */
#define COMFORT_NOISE 13
#define DYNAMIC_FIRST 96

enum stream_state {
	STREAM_UNSET, /* no offer and answer yet */
	STREAM_SET,
};

struct stream {
	enum stream_state state;
	int fd[2];
	struct stream_record *record;
	struct wire_stream_set set;
	struct session *session;
	struct latch latch;
	struct reception reception;
	struct stream_counters counters;
	struct playout_counters played_before; /* by bridges that are gone */
	struct playout_counters playing;
	bool fresh; /* the next packet pulled is the first of a new source */
	/* to the peer */
	uint32_t ssrc;
	uint32_t timestamp; /* of the next sample pushed */
	bool talkspurt;	    /* the next packet gets the marker */
	unsigned fill;
	uint8_t waiting[CODEC_SAMPLES(PTIME_MAX)];
	struct event_sender sender;
	struct digit_player *player; /* tones, and digits without telephone-events */
	/* from the peer */
	struct event_receiver receiver;
	struct digit_steps steps;
};

static ssize_t send_parts(void *arg, bool rtcp, const struct iovec *iov, unsigned count)
{
	struct stream *s = arg;
	struct sockaddr_storage to;
	struct msghdr msg = {
	    .msg_name = &to,
	    .msg_iov = (struct iovec *)iov,
	    .msg_iovlen = count,
	};
	ssize_t n;

	if (rtcp)
		latch_rtcp(&s->latch, &to);
	else
		to = *latch_rtp(&s->latch);
	msg.msg_namelen = latch_address_length(&to);
	if (!msg.msg_namelen)
		return -EDESTADDRREQ;
	n = sendmsg(s->fd[rtcp ? STREAM_RTCP : STREAM_RTP], &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

static const struct session_handlers handlers = {.send = send_parts};

/* ---- the receiving side of the sockets */

struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct timespec))];
	} control[BATCH];
	uint8_t data[BATCH][DATAGRAM_MAX];
};

static struct batch batch; /* one thread, and nothing in it outlives a call */

static int batch_receive(int fd, unsigned most, int flags)
{
	for (unsigned i = 0; i < most; i++) {
		batch.iov[i] = (struct iovec){batch.data[i], DATAGRAM_MAX};
		batch.msg[i].msg_hdr = (struct msghdr){
		    .msg_name = &batch.from[i],
		    .msg_namelen = sizeof(batch.from[i]),
		    .msg_iov = &batch.iov[i],
		    .msg_iovlen = 1,
		    .msg_control = batch.control[i].space,
		    .msg_controllen = sizeof(batch.control[i].space),
		};
	}
	return recvmmsg(fd, batch.msg, most, flags | MSG_DONTWAIT, NULL);
}

static uint64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* When the kernel got it, CLOCK_REALTIME. */
static uint64_t batch_arrival_ns(unsigned i)
{
	struct msghdr *msg = &batch.msg[i].msg_hdr;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec ts;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return ts.tv_sec * 1000000000ull + ts.tv_nsec;
	}
	return realtime_ns();
}

static void discard_stale(int fd)
{
	while (batch_receive(fd, 1, MSG_PEEK) == 1 &&
	       batch_arrival_ns(0) + STALE_NS < realtime_ns())
		batch_receive(fd, 1, 0);
}

static bool is_event(const struct stream *s, unsigned payload_type)
{
	return s->set.event_payload_type && payload_type == s->set.event_payload_type;
}

static bool payload_type_known(const struct stream *s, unsigned payload_type)
{
	if (s->set.codec == WIRE_CLEARMODE)
		return payload_type == s->set.clear_payload_type;
	return payload_type == WIRE_PCMU || payload_type == WIRE_PCMA ||
	       payload_type == COMFORT_NOISE || is_event(s, payload_type);
}

static void receive_rtp(struct stream *s, unsigned i, uint64_t now_ns)
{
	uint64_t arrival_ns = batch_arrival_ns(i);
	enum reception_verdict verdict;
	struct packet p;

	if (batch.msg[i].msg_hdr.msg_flags & MSG_TRUNC ||
	    packet_parse(batch.data[i], batch.msg[i].msg_len, &p) < 0 ||
	    !payload_type_known(s, p.payload_type) ||
	    !latch_accept(&s->latch, &batch.from[i], now_ns)) {
		s->counters.packets_refused++;
		return;
	}
	verdict = reception_packet(&s->reception, &p, arrival_ns, !is_event(s, p.payload_type));
	if (verdict == RECEPTION_DUPLICATE || verdict == RECEPTION_STRANGER)
		return;
	s->counters.packets_received++;
	s->counters.octets_received += p.length;
	if (verdict == RECEPTION_OLD) {
		s->counters.packets_late++;
		return;
	}
	if (verdict == RECEPTION_FRESH) {
		event_receiver_start_anew(&s->receiver);
		s->fresh = true;
	}
	if (p.payload_type != COMFORT_NOISE)
		session_receive(s->session, &p, arrival_ns, verdict == RECEPTION_FRESH);
}

static void receive_rtcp(struct stream *s, unsigned i)
{
	if (batch.msg[i].msg_hdr.msg_flags & MSG_TRUNC ||
	    !packet_rtcp_valid(batch.data[i], batch.msg[i].msg_len) ||
	    !latch_accept_rtcp(&s->latch, &batch.from[i])) {
		s->counters.packets_refused++;
		return;
	}
	session_receive_rtcp(s->session, batch.data[i], batch.msg[i].msg_len);
}

void stream_receive(struct stream *s, enum stream_socket which, uint64_t now_ns)
{
	unsigned rounds = 0;
	int count;

	if (s->state == STREAM_UNSET)
		return;
	do {
		count = batch_receive(s->fd[which], BATCH, 0);
		for (int i = 0; i < count; i++) {
			if (which == STREAM_RTP)
				receive_rtp(s, i, now_ns);
			else
				receive_rtcp(s, i);
		}
	} while (count == BATCH && ++rounds < ROUNDS_MAX);
}

bool stream_pull(struct stream *s, uint64_t now_ns, struct stream_packet *out)
{
	struct packet p;

	while (session_pull(s->session, &p)) {
		if (is_event(s, p.payload_type)) {
			if (event_received(&s->receiver, p.timestamp, p.payload, p.length, now_ns) <
			    0)
				s->counters.packets_refused++;
			continue;
		}
		if (!(s->set.mode & WIRE_RECEIVE))
			continue;
		out->payload = p.payload;
		out->length = p.length;
		out->timestamp = p.timestamp;
		out->law = s->set.codec == WIRE_CLEARMODE ? CODEC_CLEAR
			   : p.payload_type == WIRE_PCMA  ? CODEC_ALAW
							  : CODEC_ULAW;
		out->fresh = s->fresh;
		s->fresh = false;
		return true;
	}
	return false;
}

/* ---- to the peer */

static uint8_t audio_payload_type(const struct stream *s)
{
	return s->set.codec == WIRE_CLEARMODE ? s->set.clear_payload_type : s->set.codec;
}

static void send_packet(struct stream *s, const struct session_out *out)
{
	if (!(s->set.mode & WIRE_SEND) || !latch_address_length(latch_rtp(&s->latch))) {
		s->talkspurt = true;
		return;
	}
	if (session_send(s->session, out) <= 0)
		return;
	s->counters.packets_sent++;
	s->counters.octets_sent += out->length;
}

static void push_event(struct stream *s, unsigned count)
{
	struct event_packet packet;

	s->fill = 0;
	s->talkspurt = true;
	if (!event_step(&s->sender, s->timestamp, count, &packet))
		return;
	send_packet(s, &(struct session_out){
			   .payload_type = s->set.event_payload_type,
			   .marker = packet.marker,
			   .timestamp = packet.timestamp,
			   .payload = packet.payload,
			   .length = sizeof(packet.payload),
		       });
}

static void push_audio(struct stream *s, const uint8_t *audio, unsigned count)
{
	unsigned ptime = CODEC_SAMPLES(s->set.ptime_ms);

	while (count) {
		unsigned n = ptime - s->fill < count ? ptime - s->fill : count;
		memcpy(s->waiting + s->fill, audio, n);
		s->fill += n;
		s->timestamp += n;
		audio += n;
		count -= n;
		if (s->fill < ptime)
			return;
		s->fill = 0;
		struct session_out out = {
		    .payload_type = audio_payload_type(s),
		    .marker = s->talkspurt,
		    .timestamp = s->timestamp - ptime,
		    .payload = s->waiting,
		    .length = ptime,
		};
		s->talkspurt = false;
		send_packet(s, &out);
	}
}

void stream_push(struct stream *s, const uint8_t *audio, unsigned count)
{
	uint8_t played[STREAM_BLOCK_MAX];

	assert(count <= STREAM_BLOCK_MAX);
	if (s->state == STREAM_UNSET)
		return;
	if (event_busy(&s->sender)) {
		s->timestamp += count;
		push_event(s, count);
		return;
	}
	if (s->set.codec != WIRE_CLEARMODE && digit_player_busy(s->player) &&
	    digits_inject(s->player, played, count))
		audio = played;
	push_audio(s, audio, count);
}

int stream_digit_start(struct stream *s, char digit, unsigned duration_ms)
{
	if (s->set.codec == WIRE_CLEARMODE)
		return -ENOTSUP;
	if (stream_takes_events(s))
		return event_start(&s->sender, digit, duration_ms);
	return digit_player_start(s->player, digit, duration_ms);
}

void stream_digit_stop(struct stream *s, char digit)
{
	event_stop(&s->sender, digit);
	digit_player_stop(s->player, digit);
}

int stream_tone(struct stream *s, const char *tone, unsigned level_db10)
{
	if (s->set.codec == WIRE_CLEARMODE && *tone)
		return -ENOTSUP;
	return digit_player_tone(s->player, tone, level_db10);
}

bool stream_wants_clock(const struct stream *s)
{
	return s->state == STREAM_SET && (event_busy(&s->sender) || digit_player_busy(s->player));
}

bool stream_takes_events(const struct stream *s)
{
	return s->set.event_payload_type;
}

bool stream_digits_signalled(const struct stream *s)
{
	return s->set.digits_signalled && !stream_takes_events(s);
}

enum codec_law stream_law(const struct stream *s)
{
	if (s->set.codec == WIRE_CLEARMODE)
		return CODEC_CLEAR;
	return s->set.codec == WIRE_PCMA ? CODEC_ALAW : CODEC_ULAW;
}

struct digit_steps *stream_digits(struct stream *s)
{
	return &s->steps;
}

int stream_fd(const struct stream *s, enum stream_socket which)
{
	return s->fd[which];
}

void stream_pass_time(struct stream *s, uint64_t now_ns)
{
	event_expire(&s->receiver, now_ns);
}

/* ---- life */

static int begin_new(struct stream *s, uint16_t *sequence)
{
	uint32_t random[3];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -errno;
	s->ssrc = random[0];
	s->timestamp = random[1];
	*sequence = random[2];
	return 0;
}

/* Where the process before us stopped. Its time went on, so timestamps do. */
static void begin_again(struct stream *s, uint64_t now_ns, uint16_t *sequence)
{
	const struct stream_record *r = s->record;
	uint64_t gap_ns = now_ns > r->written_ns ? now_ns - r->written_ns : 0;

	s->ssrc = r->ssrc;
	*sequence = r->next_sequence;
	s->timestamp = r->next_timestamp;
	s->counters = r->counters;
	s->reception.lost = r->counters.packets_lost;
	s->sender.sent = r->counters.digits_sent;
	s->receiver.count = r->counters.digits_received;
	s->played_before.late = r->counters.packets_late;
	s->played_before.concealed = r->counters.frames_concealed;
	s->played_before.dropped = r->counters.frames_dropped;
	s->counters.packets_late = 0;
	if (gap_ns < GAP_MAX_NS)
		s->timestamp += gap_ns / SAMPLE_NS;
	if (digit_valid(r->digit))
		event_resume(&s->sender, r->digit, r->digit_timestamp,
			     s->timestamp - r->digit_timestamp);
}

int stream_open(const int fds[2], struct stream_record *record, uint64_t now_ns,
		struct stream **out)
{
	struct stream *s = calloc(1, sizeof(*s));
	uint16_t sequence = 0;
	int on = 1, rc = -ENOMEM;

	if (!s) {
		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	s->fd[0] = fds[0];
	s->fd[1] = fds[1];
	s->record = record;
	s->talkspurt = true;
	latch_init(&s->latch);
	reception_init(&s->reception);
	event_sender_init(&s->sender);
	event_receiver_init(&s->receiver, &s->steps);
	if (record->started)
		begin_again(s, now_ns, &sequence);
	else if ((rc = begin_new(s, &sequence)) < 0)
		goto fail;
	rc = session_new(s->ssrc, sequence, &handlers, s, &s->session);
	if (rc == 0)
		rc = digit_player_new(CODEC_ULAW, &s->player);
	if (rc < 0)
		goto fail;
	for (unsigned i = 0; i < 2; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
		discard_stale(fds[i]);
	}
	*out = s;
	return 0;
fail:
	stream_close(s);
	return rc;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	digit_player_free(s->player);
	if (s->state == STREAM_SET)
		session_bye(s->session);
	session_free(s->session);
	close(s->fd[0]);
	close(s->fd[1]);
	free(s);
}

static bool codec_valid(const struct wire_stream_set *set)
{
	if (set->codec == WIRE_CLEARMODE)
		return set->clear_payload_type >= DYNAMIC_FIRST && set->clear_payload_type < 128 &&
		       !set->event_payload_type;
	return set->codec == WIRE_PCMU || set->codec == WIRE_PCMA;
}

static bool set_valid(const struct wire_stream_set *set)
{
	switch (set->ptime_ms) {
	case 10:
	case 20:
	case 30:
	case 40:
	case PTIME_MAX:
		break;
	default:
		return false;
	}
	return codec_valid(set) &&
	       (!set->event_payload_type ||
		(set->event_payload_type >= DYNAMIC_FIRST && set->event_payload_type < 128)) &&
	       !(set->mode & ~(WIRE_SEND | WIRE_RECEIVE)) &&
	       memchr(set->cname, 0, sizeof(set->cname));
}

int stream_set(struct stream *s, const struct wire_stream_set *set)
{
	const struct stream_record *r = s->record;

	if (!set_valid(set))
		return -EINVAL;
	if (s->state == STREAM_UNSET) {
		discard_stale(s->fd[STREAM_RTP]);
		discard_stale(s->fd[STREAM_RTCP]);
	}
	latch_set(&s->latch, &set->rtp, &set->rtcp, set->generation);
	if (s->state == STREAM_UNSET && r->started && r->latched_generation &&
	    r->latched_generation == (uint16_t)set->generation)
		latch_restore(&s->latch, &r->latched_rtp);
	if (s->state == STREAM_UNSET || strcmp(set->cname, s->set.cname))
		session_cname(s->session, *set->cname ? set->cname : "sipspan");
	if (set->ptime_ms != s->set.ptime_ms)
		s->fill = 0;
	if (!set->event_payload_type)
		event_sender_drop(&s->sender);
	if (set->mode & ~s->set.mode & WIRE_SEND)
		reception_await(&s->reception);
	s->set = *set;
	s->state = STREAM_SET;
	if (set->codec != WIRE_CLEARMODE)
		digit_player_set_law(s->player, stream_law(s));
	return 0;
}

/* ---- the record */

static void count_playout(struct stream *s, const struct playout_counters *playout)
{
	struct playout_counters none = {0};

	if (!playout)
		playout = &none;
	if (playout->late < s->playing.late || playout->concealed < s->playing.concealed ||
	    playout->dropped < s->playing.dropped) { /* another playout than before */
		s->played_before.late += s->playing.late;
		s->played_before.concealed += s->playing.concealed;
		s->played_before.dropped += s->playing.dropped;
	}
	s->playing = *playout;
}

void stream_save(struct stream *s, const struct playout_counters *playout, unsigned waiting,
		 uint64_t now_ns)
{
	struct stream_record *r = s->record;
	struct stream_counters *c = &r->counters;

	count_playout(s, playout);
	stream_record_write_begin(r);
	r->ssrc = s->ssrc;
	r->next_timestamp = s->timestamp;
	r->next_sequence = session_sequence(s->session);
	r->latched_generation = s->latch.state == LATCH_CLOSED ? s->latch.generation : 0;
	r->latched_rtp = s->latch.latched;
	r->remote_ssrc = s->reception.ssrc;
	r->digit = s->sender.state == EVENT_GOING ? s->sender.digit : 0;
	r->digit_timestamp = s->sender.timestamp;
	r->digit_duration = s->sender.duration;
	*c = s->counters;
	c->packets_lost = s->reception.lost;
	c->packets_late += s->played_before.late + s->playing.late;
	c->frames_concealed = s->played_before.concealed + s->playing.concealed;
	c->frames_dropped = s->played_before.dropped + s->playing.dropped;
	c->jitter_us = reception_jitter_us(&s->reception);
	c->playout_delay_us = waiting * 125;
	c->round_trip_us = session_round_trip_us(s->session);
	c->digits_sent = s->sender.sent;
	c->digits_received = s->receiver.count;
	r->written_ns = now_ns;
	r->started = 1;
	stream_record_write_end(r);
}
