// SPDX-License-Identifier: GPL-2.0-or-later
/* The running half: audio of the B channels. */
#include "drivers-glue/span/dahdi_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS 1000000ull
#define FRAME_NS 125000ull
#define STATUS_EVERY_NS (100 * MS)
#define STALL_NS (9 * MS) /* after this long more than one block may wait */

enum channel_run {
	CHANNEL_CLOSED = 0,
	CHANNEL_RUNS,
	CHANNEL_GONE, /* the card is not there any more: silence, by our own clock */
};

struct channel {
	struct tdm_channel channel; /* first */
	enum channel_run run;
	int fd;
	unsigned block;
	bool looped, joined; /* the kernel sends, writing is ignored */
	bool ready;	     /* a block can be read */
	unsigned read;	     /* blocks, in this receive */
	/* Blocks read since the last one was written. More than one: what was written has been
	 * played to its end. */
	unsigned owed;
	uint64_t next_ns;	   /* CHANNEL_GONE: next block of silence */
	struct channel *following; /* next open one */
};

struct dahdi {
	struct tdm_span span; /* first */
	int ctl;
	uint8_t idle;
	uint64_t now_ns, before_ns; /* this receive and the one before */
	uint64_t status_ns;
	unsigned rounds; /* of polling, in this receive */
	struct tdm_status status;
	struct channel channels[TDM_TIMESLOT_MAX + 1]; /* by timeslot */
	struct channel *open;			       /* the first open one */
};

static struct dahdi *dahdi_of(struct tdm_span *span)
{
	return (struct dahdi *)span;
}

static struct channel *channel_of(struct tdm_channel *channel)
{
	return (struct channel *)channel;
}

static int order(int fd, unsigned long request, int value)
{
	return dahdi_kernel.ioctl(fd, request, &value) < 0 ? -errno : 0;
}

/* ---- steps */

static void channel_lose(struct dahdi *d, struct channel *c)
{
	if (c->run == CHANNEL_RUNS)
		c->next_ns = d->now_ns;
	c->run = CHANNEL_GONE;
}

/* Which channels have a block. One system call for all of them. */
static bool ask(struct dahdi *d)
{
	struct pollfd fds[TDM_TIMESLOT_MAX];
	struct channel *asked[TDM_TIMESLOT_MAX];
	nfds_t count = 0;
	bool any = false;

	for (struct channel *c = d->open; c; c = c->following) {
		c->ready = false;
		if (c->run == CHANNEL_RUNS) {
			fds[count] = (struct pollfd){.fd = c->fd, .events = POLLIN | POLLPRI};
			asked[count++] = c;
		} else if (d->now_ns >= c->next_ns) {
			c->ready = any = true;
			c->next_ns += c->block * FRAME_NS;
		}
	}
	if (count == 0 || poll(fds, count, 0) <= 0)
		return any;
	for (nfds_t i = 0; i < count; i++) {
		if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL) ||
		    (fds[i].revents & POLLPRI && dahdi_events_take(fds[i].fd) == -ENODEV))
			channel_lose(d, asked[i]);
		else if (fds[i].revents & POLLIN)
			asked[i]->ready = any = true;
	}
	return any;
}

static void receive(struct tdm_span *span, uint64_t now_ns)
{
	struct dahdi *d = dahdi_of(span);
	struct dahdi_spaninfo info;

	d->before_ns = d->now_ns;
	d->now_ns = now_ns;
	d->rounds = 0;
	for (struct channel *c = d->open; c; c = c->following)
		c->read = 0;
	if (now_ns < d->status_ns)
		return;
	d->status_ns = now_ns + STATUS_EVERY_NS;
	if (dahdi_span_read(d->ctl, dahdi_unit(&span->config), &info) == 0)
		dahdi_status_fill(&info, &d->status);
	else
		d->status.alarms = TDM_ALARM_LOS;
}

/* A block takes 10 ms at least: within one tick a second one comes only after a stall. */
static int step(struct tdm_span *span, uint64_t now_ns)
{
	struct dahdi *d = dahdi_of(span);

	if (!d->open || d->rounds > DAHDI_BUFFERS ||
	    (d->rounds > 0 && d->now_ns < d->before_ns + STALL_NS))
		return 0;
	d->rounds++;
	return ask(d);
}

static void transmit(struct tdm_span *span, uint64_t now_ns)
{
}

static void status(const struct tdm_span *span, struct tdm_status *out)
{
	*out = ((const struct dahdi *)span)->status;
}

/* ---- blocks */

static int channel_read(struct tdm_channel *channel, uint8_t *block)
{
	struct channel *c = channel_of(channel);
	struct dahdi *d = dahdi_of(channel->span);
	ssize_t length;

	if (!c->ready)
		return 0;
	c->ready = false;
	if (c->run == CHANNEL_RUNS) {
		length = dahdi_kernel.read(c->fd, block, c->block);
		if (length < 0 && errno == ENODEV)
			channel_lose(d, c);
		if (length < 0)
			return 0;
		if (length < (ssize_t)c->block)
			memset(block + length, d->idle, c->block - (size_t)length);
	} else {
		memset(block, d->idle, c->block);
	}
	c->read++;
	c->owed++;
	return 1;
}

static int send_octets(struct channel *c, const uint8_t *octets, size_t count)
{
	ssize_t sent = dahdi_kernel.write(c->fd, octets, count);

	if (sent < 0 && errno == ELAST && dahdi_events_take(c->fd) == 0)
		sent = dahdi_kernel.write(c->fd, octets, count);
	return sent < 0 ? -errno : 0;
}

/* Throws away what waits to be played and lets silence go first, so that the next block may be some
 * milliseconds late. */
static void start_sending(struct dahdi *d, struct channel *c)
{
	uint8_t silence[DAHDI_MARGIN];

	memset(silence, d->idle, sizeof(silence));
	order(c->fd, DAHDI_FLUSH, DAHDI_FLUSH_WRITE);
	send_octets(c, silence, sizeof(silence));
}

static int channel_write(struct tdm_channel *channel, const uint8_t *block)
{
	struct channel *c = channel_of(channel);
	struct dahdi *d = dahdi_of(channel->span);
	bool late = c->owed > 1 || c->read > 1;
	int rc;

	if (c->owed == 0)
		return -ENOSPC;
	c->owed = 0;
	if (c->looped || c->joined || c->run != CHANNEL_RUNS)
		return 0;
	if (c->read > 1)
		d->status.counters.slips += c->block;
	if (late)
		start_sending(d, c);
	rc = send_octets(c, block, c->block);
	if (rc == 0)
		return 0;
	if (rc == -ENODEV)
		channel_lose(d, c);
	d->status.counters.slips += c->block;
	return rc == -EAGAIN ? -ENOSPC : 0;
}

/* ---- channels */

/* What the channel numbered so receives is sent; 0: what is written. */
static int cross_connect(int fd, int number)
{
	struct dahdi_confinfo conf = {
	    .confno = number,
	    .confmode = number ? DAHDI_CONF_DIGITALMON : DAHDI_CONF_NORMAL,
	};

	return dahdi_kernel.ioctl(fd, DAHDI_SETCONF, &conf) < 0 ? -errno : 0;
}

/* Whatever the one before has left behind is undone: the descriptor stays open between calls. */
static int channel_setup(int fd, unsigned block, enum tdm_law law)
{
	struct dahdi_bufferinfo buffers = {
	    .txbufpolicy = DAHDI_POLICY_IMMEDIATE,
	    .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
	    .numbufs = DAHDI_BUFFERS,
	    .bufsize = (int)block,
	};
	int rc = order(fd, DAHDI_AUDIOMODE, 0); /* takes gains and canceller away */

	if (rc == 0)
		rc = order(fd, DAHDI_AUDIOMODE, 1);
	if (rc == 0)
		rc = cross_connect(fd, 0);
	if (rc == 0)
		rc = order(fd, DAHDI_SETLAW, law == TDM_ULAW ? DAHDI_LAW_MULAW : DAHDI_LAW_ALAW);
	if (rc == 0)
		rc = order(fd, DAHDI_SETLINEAR, 0);
	if (rc == 0)
		rc = order(fd, DAHDI_LOOPBACK, 0);
	if (rc == 0 && dahdi_kernel.ioctl(fd, DAHDI_SET_BUFINFO, &buffers) < 0)
		rc = -errno;
	return rc < 0 ? rc : order(fd, DAHDI_FLUSH, DAHDI_FLUSH_ALL);
}

static int channel_open(struct tdm_span *span, unsigned timeslot, unsigned block, int fd,
			struct tdm_channel **out)
{
	struct dahdi *d = dahdi_of(span);
	struct channel *c = &d->channels[timeslot];
	int rc;

	if (fd < 0)
		return -EBADF;
	if (c->run != CHANNEL_CLOSED)
		return -EBUSY;
	rc = channel_setup(fd, block, span->config.law);
	if (rc < 0 && rc != -ENODEV)
		return rc;
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->block = block;
	c->run = CHANNEL_RUNS;
	c->owed = 1; /* nothing was written yet */
	if (rc == -ENODEV)
		channel_lose(d, c);
	c->following = d->open;
	d->open = c;
	*out = &c->channel;
	return 0;
}

static void channel_close(struct tdm_channel *channel)
{
	struct channel *c = channel_of(channel);
	struct channel **at = &dahdi_of(channel->span)->open;

	while (*at && *at != c)
		at = &(*at)->following;
	if (*at)
		*at = c->following;
	if (c->run == CHANNEL_RUNS) {
		cross_connect(c->fd, 0);
		order(c->fd, DAHDI_LOOPBACK, 0);
		order(c->fd, DAHDI_FLUSH, DAHDI_FLUSH_ALL);
		order(c->fd, DAHDI_AUDIOMODE, 0);
	}
	close(c->fd);
	c->run = CHANNEL_CLOSED;
}

/* What the kernel loops waits behind what was written: that goes. */
static void channel_loop(struct tdm_channel *channel, bool on)
{
	struct channel *c = channel_of(channel);

	c->looped = on;
	if (c->run != CHANNEL_RUNS)
		return;
	order(c->fd, DAHDI_FLUSH, DAHDI_FLUSH_WRITE);
	order(c->fd, DAHDI_LOOPBACK, on);
	c->owed = 1;
}

static int channel_join(struct tdm_channel *channel, struct tdm_channel *from)
{
	struct channel *c = channel_of(channel);
	struct dahdi_params params = {.channo = 0};

	if (!from) {
		c->joined = false;
		return cross_connect(c->fd, 0);
	}
	if (dahdi_kernel.ioctl(channel_of(from)->fd, DAHDI_GET_PARAMS, &params) < 0 ||
	    cross_connect(c->fd, params.channo) < 0)
		return -errno;
	c->joined = true;
	order(c->fd, DAHDI_FLUSH, DAHDI_FLUSH_WRITE);
	return 0;
}

/* The kernel knows powers of two and takes its default for all else. */
static int channel_echo(struct tdm_channel *channel, unsigned taps)
{
	struct channel *c = channel_of(channel);
	int size = 32;

	if (taps == 0)
		return order(c->fd, DAHDI_ECHOCANCEL, 0);
	while (size < (int)taps && size < 1024)
		size *= 2;
	return order(c->fd, DAHDI_ECHOCANCEL, size);
}

static int channel_gain(struct tdm_channel *channel, const uint8_t *input, const uint8_t *output)
{
	struct dahdi_gains gains = {.chan = 0};

	memcpy(gains.rxgain, input, sizeof(gains.rxgain));
	memcpy(gains.txgain, output, sizeof(gains.txgain));
	return dahdi_kernel.ioctl(channel_of(channel)->fd, DAHDI_SETGAINS, &gains) < 0 ? -errno : 0;
}

/* ---- life */

static int attach(const struct tdm_span_config *config, const int *fds, unsigned count,
		  struct tdm_span **out)
{
	struct dahdi *d;

	if (count != 1)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->ctl = fds[0];
	d->idle = tdm_idle(config->law);
	*out = &d->span;
	return 0;
}

static void detach(struct tdm_span *span)
{
	close(dahdi_of(span)->ctl);
	free(dahdi_of(span));
}

const struct tdm_driver dahdi_driver = {
    .kind = TDM_DRIVER_DAHDI,
    .open = dahdi_open,
    .channel_descriptor = dahdi_channel_descriptor,
    .watch = dahdi_watch,
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
    .channel_join = channel_join,
    .channel_echo = channel_echo,
    .channel_gain = channel_gain,
};
