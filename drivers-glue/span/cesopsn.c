// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	socket -> fill -> reorder -> step -> D channel, blocks of the channels
 *	socket <- flush <- compose <- D channel, blocks of the channels
 */
#include "drivers-glue/span/cesopsn_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MS 1000000ull
#define FRAME_NS 125000ull
#define SILENCE_NS (50 * MS) /* then steps follow our own clock, and R is sent */
#define CATCH_UP_NS (500 * MS)
#define TRIM_PERIOD_NS (1000 * MS)
#define FILL_FRAMES 80	     /* beside jitter_packets: both ends may tick every 5 ms only */
#define TRIM_SLACK_FRAMES 80 /* above that, unused for a whole period */
#define TRIM_NOW_FRAMES 1600
#define LOS_CLEAR_PACKETS 8
#define BATCHES_MAX 64 /* a call of receive and its steps: a flood must not keep us here */

static struct cesopsn *cesopsn_of(struct tdm_span *span)
{
	return (struct cesopsn *)span;
}

/* ---- way in */

static int from_peer(const struct cesopsn *c, const struct msghdr *header)
{
	if (c->peer.ss_family == AF_INET) {
		const struct sockaddr_in *from = header->msg_name;
		const struct sockaddr_in *peer = (const struct sockaddr_in *)&c->peer;

		return header->msg_namelen == sizeof(*from) && from->sin_port == peer->sin_port &&
		       from->sin_addr.s_addr == peer->sin_addr.s_addr;
	} else {
		const struct sockaddr_in6 *from = header->msg_name;
		const struct sockaddr_in6 *peer = (const struct sockaddr_in6 *)&c->peer;

		return header->msg_namelen == sizeof(*from) && from->sin6_port == peer->sin6_port &&
		       memcmp(&from->sin6_addr, &peer->sin6_addr, sizeof(from->sin6_addr)) == 0;
	}
}

/* The numbering starts anew: the first packet after silence, or the far end was restarted. */
static void started(struct cesopsn *c, uint16_t expected, uint16_t sequence)
{
	unsigned gap = (uint16_t)(sequence - expected);

	/* a gap as long as the silence was is loss, another one is a restart */
	if (c->run == RUN_FREE && c->counters.packets_received > 1 &&
	    gap <= 2 * (c->free_steps + SILENCE_NS / c->packet_ns))
		c->counters.packets_lost += gap;
	cesopsn_dchannel_break(c);
	c->free_steps = 0;
	c->run = c->clock == TDM_CLOCK_LINE ? RUN_FOLLOW : RUN_FILL;
}

static void accept_packet(struct cesopsn *c, unsigned i, uint64_t now_ns)
{
	const struct msghdr *header = &c->in[i].msg_hdr;
	const uint8_t *packet = c->in_vector[i].iov_base;
	uint16_t expected = c->reorder.next;
	uint16_t sequence;
	unsigned flags;

	if ((header->msg_flags & MSG_TRUNC) || !from_peer(c, header) ||
	    cesopsn_header_read(packet, c->in[i].msg_len, c->payload, &flags, &sequence) < 0) {
		c->counters.packets_malformed++;
		return;
	}
	c->counters.packets_received++;
	switch (reorder_put(&c->reorder, sequence, (uint8_t)(flags | CESOPSN_STORED),
			    flags & CESOPSN_L ? NULL : packet + CESOPSN_HEADER)) {
	case REORDER_DROPPED:
		break;
	case REORDER_STARTED:
		started(c, expected, sequence);
		c->heard_ns = now_ns;
		break;
	case REORDER_STORED:
		c->heard_ns = now_ns;
		break;
	}
}

/* One batch from the socket. Returns how many packets came. */
static unsigned fill(struct cesopsn *c, uint64_t now_ns)
{
	int count;

	if (c->batches == 0)
		return 0;
	c->batches--;
	for (unsigned i = 0; i < CESOPSN_BATCH; i++)
		c->in[i].msg_hdr.msg_namelen = sizeof(c->from[i]);
	do {
		count = recvmmsg(c->fd_udp, c->in, CESOPSN_BATCH, MSG_DONTWAIT, NULL);
	} while (count < 0 && errno == EINTR);
	for (int i = 0; i < count; i++)
		accept_packet(c, (unsigned)i, now_ns);
	return count > 0 ? (unsigned)count : 0;
}

static void fall_silent(struct cesopsn *c, uint64_t now_ns)
{
	reorder_reset(&c->reorder);
	c->run = RUN_FREE;
	c->in_order = 0;
	c->free_steps = 0;
	if (c->clock == TDM_CLOCK_LINE)
		c->next_ns = now_ns;
}

/* What a stall of ours left behind: steps too old to be made up for. */
static void skip_stale_steps(struct cesopsn *c, uint64_t now_ns)
{
	uint64_t stale;

	if (now_ns < c->next_ns + CATCH_UP_NS)
		return;
	stale = (now_ns - c->next_ns - CATCH_UP_NS) / c->packet_ns + 1;
	c->next_ns += stale * c->packet_ns;
	if (c->clock == TDM_CLOCK_INTERNAL)
		c->counters.slips += stale * c->frames;
}

static void receive(struct tdm_span *span, uint64_t now_ns)
{
	struct cesopsn *c = cesopsn_of(span);

	c->batches = BATCHES_MAX;
	if (c->run == RUN_ATTACHED) {
		c->run = RUN_START;
		c->heard_ns = c->next_ns = now_ns;
		c->trim_ns = now_ns + TRIM_PERIOD_NS;
	}
	if (c->dpair == DPAIR_EMPTY)
		c->dpair = DPAIR_ASK;
	/* with a line clock the socket is the queue: each step takes what it needs */
	while (fill(c, now_ns) == CESOPSN_BATCH && c->clock == TDM_CLOCK_INTERNAL &&
	       reorder_level(&c->reorder) + CESOPSN_BATCH <= c->reorder.slots)
		;
	if (c->run != RUN_FREE && now_ns - c->heard_ns >= SILENCE_NS)
		fall_silent(c, now_ns);
	if (now_ns - c->heard_ns >= c->alarm_ns)
		c->alarms = TDM_ALARM_LOS;
	if (c->clock == TDM_CLOCK_INTERNAL || c->run == RUN_FREE)
		skip_stale_steps(c, now_ns);
}

/* ---- steps */

static void note_packet(struct cesopsn *c, uint8_t flags)
{
	c->alarms &= ~(unsigned)(TDM_ALARM_YELLOW | TDM_ALARM_BLUE);
	if (flags & (CESOPSN_R | CESOPSN_RDI))
		c->alarms |= TDM_ALARM_YELLOW;
	if (flags & CESOPSN_L)
		c->alarms |= TDM_ALARM_BLUE;
	if (c->in_order < LOS_CLEAR_PACKETS)
		c->in_order++;
	if (c->in_order == LOS_CLEAR_PACKETS)
		c->alarms &= ~(unsigned)TDM_ALARM_LOS;
}

/* The next packet in order. The D channel has had its octets when this returns. */
static enum reorder_take take(struct cesopsn *c, unsigned wait, const uint8_t **payload)
{
	uint8_t flags = 0;
	enum reorder_take taken = reorder_take(&c->reorder, wait, &flags, payload);

	if (taken == REORDER_NOTHING)
		return taken;
	if (taken == REORDER_PACKET)
		note_packet(c, flags);
	if (taken == REORDER_LOST || (flags & CESOPSN_L)) {
		*payload = c->idle_payload;
		cesopsn_dchannel_break(c);
	} else {
		cesopsn_dchannel_take(c, *payload);
	}
	return taken;
}

/* Returns the payload of the step that is due, or NULL. */
static const uint8_t *line_step(struct cesopsn *c, uint64_t now_ns)
{
	const uint8_t *payload;

	if (c->run == RUN_FOLLOW) {
		while (take(c, c->jitter, &payload) == REORDER_NOTHING) {
			if (fill(c, now_ns) == 0)
				return NULL;
		}
		return payload;
	}
	if (c->run != RUN_FREE || now_ns < c->next_ns)
		return NULL;
	c->next_ns += c->packet_ns;
	c->free_steps++;
	return c->idle_payload;
}

static const uint8_t *internal_step(struct cesopsn *c, uint64_t now_ns)
{
	const uint8_t *payload;

	if (now_ns < c->next_ns)
		return NULL;
	c->next_ns += c->packet_ns;
	if (c->run == RUN_FREE)
		c->free_steps++;
	if (c->run == RUN_FILL && reorder_level(&c->reorder) >= c->target) {
		c->run = RUN_FOLLOW;
		c->low = c->reorder.slots;
	}
	if (c->run != RUN_FOLLOW)
		return c->idle_payload;
	if (take(c, 1, &payload) == REORDER_NOTHING) {
		c->counters.slips += c->frames;
		return c->idle_payload;
	}
	return payload;
}

static void flush(struct cesopsn *c)
{
	unsigned done = 0;

	while (done < c->out_count) {
		int sent = sendmmsg(c->fd_udp, c->out + done, c->out_count - done, MSG_DONTWAIT);

		if (sent > 0) {
			c->counters.packets_sent += (unsigned)sent;
			done += (unsigned)sent;
		} else if (errno != EINTR) {
			done++; /* this one could not go; the next may */
		}
	}
	c->out_count = 0;
}

/* The packet of the step that was made last. */
static void compose(struct cesopsn *c)
{
	uint8_t *packet = c->out_vector[c->out_count].iov_base;
	uint8_t *payload = packet + CESOPSN_HEADER;
	unsigned flags = c->run == RUN_FOLLOW || c->run == RUN_FILL ? 0 : CESOPSN_R;

	if (c->outgoing == OUTGOING_SENT)
		return;
	c->outgoing = OUTGOING_SENT;
	memcpy(payload, c->idle_payload, c->payload);
	for (struct cesopsn_channel *ch = c->open; ch; ch = ch->following)
		blocks_give(&ch->blocks, payload + ch->timeslot - 1, c->timeslots, c->frames);
	cesopsn_dchannel_give(c, payload);
	cesopsn_header_write(packet, CESOPSN_HEADER + c->payload, flags, c->sequence++);
	if (++c->out_count == CESOPSN_BATCH)
		flush(c);
}

static int step(struct tdm_span *span, uint64_t now_ns)
{
	struct cesopsn *c = cesopsn_of(span);
	const uint8_t *payload;

	compose(c);
	payload = c->clock == TDM_CLOCK_LINE ? line_step(c, now_ns) : internal_step(c, now_ns);
	if (!payload)
		return 0;
	for (struct cesopsn_channel *ch = c->open; ch; ch = ch->following)
		blocks_take(&ch->blocks, payload + ch->timeslot - 1, c->timeslots, c->frames);
	c->outgoing = OUTGOING_DUE;
	return 1;
}

/* Internal clock: delay that nothing needs is given back. After all steps of now, so that a burst
 * that is about to be used does not count. */
static void trim(struct cesopsn *c, uint64_t now_ns)
{
	unsigned level = reorder_level(&c->reorder);
	unsigned surplus = 0;
	const uint8_t *payload;

	if (c->run != RUN_FOLLOW)
		return;
	if (level < c->low)
		c->low = level;
	if (level > c->target && (level - c->target) * c->frames > TRIM_NOW_FRAMES) {
		surplus = level - c->target;
	} else if (now_ns >= c->trim_ns) {
		if (c->low > c->target && (c->low - c->target) * c->frames > TRIM_SLACK_FRAMES)
			surplus = c->low - c->target;
	} else {
		return;
	}
	c->counters.slips += (uint64_t)surplus * c->frames;
	while (surplus-- > 0)
		take(c, 1, &payload);
	c->low = c->reorder.slots;
	c->trim_ns = now_ns + TRIM_PERIOD_NS;
}

static void transmit(struct tdm_span *span, uint64_t now_ns)
{
	struct cesopsn *c = cesopsn_of(span);

	compose(c);
	flush(c);
	if (c->clock == TDM_CLOCK_INTERNAL)
		trim(c, now_ns);
}

static void status(const struct tdm_span *span, struct tdm_status *out)
{
	const struct cesopsn *c = (const struct cesopsn *)span;

	out->alarms = c->alarms;
	out->counters = c->counters;
}

/* ---- channels */

static struct cesopsn_channel *channel_of(struct tdm_channel *channel)
{
	return (struct cesopsn_channel *)channel;
}

static int channel_open(struct tdm_span *span, unsigned timeslot, unsigned block, int fd,
			struct tdm_channel **out)
{
	struct cesopsn *c = cesopsn_of(span);
	struct cesopsn_channel *ch = &c->channels[timeslot];

	if (fd >= 0) /* it would be nobody's */
		return -EINVAL;
	if (ch->timeslot)
		return -EBUSY;
	ch->timeslot = timeslot;
	blocks_init(&ch->blocks, block, c->frames, c->idle);
	ch->following = c->open;
	c->open = ch;
	*out = &ch->channel;
	return 0;
}

static void channel_close(struct tdm_channel *channel)
{
	struct cesopsn_channel *ch = channel_of(channel);
	struct cesopsn_channel **at = &cesopsn_of(channel->span)->open;

	while (*at && *at != ch)
		at = &(*at)->following;
	if (*at)
		*at = ch->following;
	ch->timeslot = 0;
}

static int channel_read(struct tdm_channel *channel, uint8_t *block)
{
	return blocks_read(&channel_of(channel)->blocks, block);
}

static int channel_write(struct tdm_channel *channel, const uint8_t *block)
{
	return blocks_write(&channel_of(channel)->blocks, block);
}

static void channel_loop(struct tdm_channel *channel, bool on)
{
	channel_of(channel)->blocks.mode = on ? BLOCKS_LOOP : BLOCKS_THROUGH;
}

/* ---- life */

static void vectors_init(struct cesopsn *c, size_t in_size, size_t out_size)
{
	for (unsigned i = 0; i < CESOPSN_BATCH; i++) {
		c->in_vector[i] = (struct iovec){c->in_octets + i * in_size, in_size};
		c->in[i].msg_hdr = (struct msghdr){
		    .msg_name = &c->from[i], .msg_iov = &c->in_vector[i], .msg_iovlen = 1};
		c->out_vector[i] = (struct iovec){c->out_octets + i * out_size, out_size};
		c->out[i].msg_hdr = (struct msghdr){
		    .msg_name = &c->peer,
		    .msg_namelen = c->peer.ss_family == AF_INET ? sizeof(struct sockaddr_in)
								: sizeof(struct sockaddr_in6),
		    .msg_iov = &c->out_vector[i],
		    .msg_iovlen = 1,
		};
	}
}

/* What queued up while nobody ran the span is history. */
static void discard_queued(struct cesopsn *c)
{
	for (unsigned batches = 0; batches < 1024; batches++) {
		if (recvmmsg(c->fd_udp, c->in, CESOPSN_BATCH, MSG_DONTWAIT, NULL) < CESOPSN_BATCH)
			return;
	}
}

static int alloc_buffers(struct cesopsn *c)
{
	size_t out_size = CESOPSN_HEADER + c->payload;
	size_t in_size = out_size + 1; /* so that longer ones show */
	unsigned slots = 256;
	int rc;

	/* with an internal clock all that a stall lets pile up must have room */
	if (c->clock == TDM_CLOCK_INTERNAL)
		slots += (unsigned)((CATCH_UP_NS + 100 * MS) / c->packet_ns);
	rc = reorder_init(&c->reorder, slots, c->payload, &c->counters);
	if (rc < 0)
		return rc;
	c->in_octets = calloc(CESOPSN_BATCH, in_size);
	c->out_octets = calloc(CESOPSN_BATCH, out_size);
	if (!c->in_octets || !c->out_octets)
		return -ENOMEM;
	vectors_init(c, in_size, out_size);
	return 0;
}

static void release(struct cesopsn *c)
{
	reorder_free(&c->reorder);
	free(c->in_octets);
	free(c->out_octets);
	free(c);
}

static int attach(const struct tdm_span_config *config, const int *fds, unsigned count,
		  struct tdm_span **out)
{
	struct cesopsn *c;
	int rc = cesopsn_config_check(config);

	if (rc < 0 || count != (config->d_timeslot ? 2 : 1))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd_udp = fds[0];
	c->fd_d = config->d_timeslot ? fds[1] : -1;
	c->dpair = config->d_timeslot ? DPAIR_ASK : DPAIR_NONE;
	c->timeslots = tdm_timeslots(config->framing);
	c->frames = config->frames_per_packet;
	c->d_timeslot = config->d_timeslot;
	c->jitter = config->jitter_packets ? config->jitter_packets : 2;
	c->target = c->jitter + FILL_FRAMES / c->frames;
	c->clock = config->clock;
	c->idle = tdm_idle(config->law);
	c->payload = (size_t)c->timeslots * c->frames;
	c->packet_ns = c->frames * FRAME_NS;
	c->alarm_ns = (config->alarm_ms ? config->alarm_ms : 2500) * MS;
	c->peer = config->peer;
	memset(c->idle_payload, c->idle, sizeof(c->idle_payload));
	hdlc_decoder_init(&c->decoder);
	hdlc_encoder_init(&c->encoder);
	/* a random start, so that the far end notices a restart (RFC 3550 5.1) */
	if (getrandom(&c->sequence, sizeof(c->sequence), GRND_NONBLOCK) < 0)
		c->sequence = (uint16_t)getpid();
	rc = alloc_buffers(c);
	if (rc < 0) {
		release(c);
		return rc;
	}
	discard_queued(c);
	*out = &c->span;
	return 0;
}

static void detach(struct tdm_span *span)
{
	struct cesopsn *c = cesopsn_of(span);

	close(c->fd_udp);
	if (c->fd_d >= 0)
		close(c->fd_d);
	release(c);
}

const struct tdm_driver cesopsn_driver = {
    .kind = TDM_DRIVER_CESOPSN,
    .open = cesopsn_open,
    .attach = attach,
    .detach = detach,
    .receive = receive,
    .step = step,
    .transmit = transmit,
    .status = status,
    .channel_open = channel_open,
    .channel_close = channel_close,
    .channel_read = channel_read,
    .channel_write = channel_write,
    .channel_loop = channel_loop,
};
