// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/span.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers-glue/span/cesopsn.h"
#include "drivers-glue/span/dahdi.h"
#include "drivers-glue/span/driver.h"
#include "drivers-glue/span/gain.h"
#include "drivers-glue/span/replay.h"

static const struct tdm_driver *const drivers[] = {
    &cesopsn_driver,
    &dahdi_driver,
    &replay_driver,
};

static const struct tdm_driver *driver_find(enum tdm_driver_kind kind)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (drivers[i]->kind == kind)
			return drivers[i];
	}
	return NULL;
}

/* NULL if the configuration holds what every driver needs, else what is wrong with it. */
static const char *config_fault(const struct tdm_span_config *c)
{
	if (c->number < 1 || c->number > TDM_SPAN_MAX)
		return "controller number must be 1 to 128";
	if (c->framing < TDM_E1 || c->framing > TDM_BRI)
		return "framing must be E1, T1 or BRI";
	if (c->law != TDM_ALAW && c->law != TDM_ULAW)
		return "law must be A-law or u-law";
	if (c->clock != TDM_CLOCK_LINE && c->clock != TDM_CLOCK_INTERNAL)
		return "clock source must be line or internal";
	if (c->d_timeslot > tdm_timeslots(c->framing))
		return "the D channel's timeslot is beyond the last one of the span";
	return NULL;
}

void tdm_span_config_init(struct tdm_span_config *config, unsigned number, enum tdm_framing framing)
{
	*config = (struct tdm_span_config){
	    .number = number,
	    .driver = framing == TDM_BRI ? TDM_DRIVER_DAHDI : TDM_DRIVER_CESOPSN,
	    .framing = framing,
	    .law = framing == TDM_T1 ? TDM_ULAW : TDM_ALAW,
	    .clock = TDM_CLOCK_LINE,
	    .d_timeslot = framing == TDM_T1    ? 24
			  : framing == TDM_BRI ? 3
					       : 16,
	    .frames_per_packet = 8,
	    .jitter_packets = 2,
	    .alarm_ms = 2500,
	};
}

unsigned tdm_timeslots(enum tdm_framing framing)
{
	return framing == TDM_T1 ? 24 : framing == TDM_BRI ? 3 : 31;
}

unsigned char tdm_idle(enum tdm_law law)
{
	return law == TDM_ULAW ? 0xff : 0xd5;
}

const char *tdm_alarms_name(unsigned alarms, char *text, size_t size)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
	    {TDM_ALARM_LOS, "LOS"},
	    {TDM_ALARM_RED, "RED"},
	    {TDM_ALARM_YELLOW, "YELLOW"},
	    {TDM_ALARM_BLUE, "BLUE"},
	    {TDM_ALARM_RECOVERING, "RECOVERING"},
	    {TDM_ALARM_LOOPBACK, "LOOPBACK"},
	    {TDM_ALARM_LFA, "LFA"},
	};
	size_t used = 0;

	if (size == 0)
		return text;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(alarms & names[i].bit) || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "",
					 names[i].name);
	}
	if (used == 0)
		snprintf(text, size, "none");
	return text;
}

int tdm_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
	     size_t why_size)
{
	const struct tdm_driver *driver = driver_find(config->driver);
	const char *fault = config_fault(config);

	if (fault) {
		snprintf(why, why_size, "%s", fault);
		return -EINVAL;
	}
	if (!driver) {
		snprintf(why, why_size, "this build has no such span driver; use driver cesopsn");
		return -ENOTSUP;
	}
	return driver->open(config, out, why, why_size);
}

int tdm_channel_descriptor(const struct tdm_span_config *config, unsigned timeslot, char *why,
			   size_t why_size)
{
	const struct tdm_driver *driver = driver_find(config->driver);

	if (config_fault(config) || timeslot < 1 || timeslot > tdm_timeslots(config->framing)) {
		snprintf(why, why_size, "the span has no timeslot %u", timeslot);
		return -EINVAL;
	}
	if (!driver || !driver->channel_descriptor)
		return -ENOTSUP;
	return driver->channel_descriptor(config, timeslot, why, why_size);
}

int tdm_watch(const struct tdm_span_config *config, const struct tdm_descriptors *d,
	      struct tdm_status *out)
{
	const struct tdm_driver *driver = driver_find(config->driver);

	return driver && driver->watch ? driver->watch(config, d, out) : -ENOTSUP;
}

void tdm_descriptors_close(struct tdm_descriptors *d)
{
	if (d->fd_d >= 0)
		close(d->fd_d);
	d->fd_d = -1;
	for (unsigned i = 0; i < d->count; i++) {
		if (d->fds[i] >= 0)
			close(d->fds[i]);
		d->fds[i] = -1;
	}
	d->count = 0;
}

ssize_t tdm_dchannel_read(int fd_d, void *frame, size_t size)
{
	ssize_t length;

	do {
		length = recv(fd_d, frame, size, MSG_DONTWAIT | MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno == ENOTSOCK)
		return dahdi_frame_read(fd_d, frame, size);
	if (length < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (length == 0)
		return -EPIPE;
	return (size_t)length > size ? -EMSGSIZE : length;
}

ssize_t tdm_dchannel_write(int fd_d, const void *frame, size_t length)
{
	ssize_t sent;

	if (length < 2 || length > TDM_DFRAME_MAX)
		return -EMSGSIZE;
	do {
		sent = send(fd_d, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == ENOTSOCK)
		return dahdi_frame_write(fd_d, frame, length);
	if (sent < 0)
		return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
	return sent;
}

int tdm_span_attach(const struct tdm_span_config *config, const int *fds, unsigned count,
		    struct tdm_span **out)
{
	const struct tdm_driver *driver = driver_find(config->driver);
	int rc;

	if (config_fault(config))
		return -EINVAL;
	if (!driver)
		return -ENOTSUP;
	rc = driver->attach(config, fds, count, out);
	if (rc == 0) {
		(*out)->driver = driver;
		(*out)->config = *config;
	}
	return rc;
}

void tdm_span_detach(struct tdm_span *span)
{
	if (span)
		span->driver->detach(span);
}

void tdm_span_receive(struct tdm_span *span, uint64_t now_ns)
{
	span->driver->receive(span, now_ns);
}

int tdm_span_step(struct tdm_span *span, uint64_t now_ns)
{
	return span->driver->step(span, now_ns);
}

void tdm_span_transmit(struct tdm_span *span, uint64_t now_ns)
{
	span->driver->transmit(span, now_ns);
}

void tdm_span_status(const struct tdm_span *span, struct tdm_status *out)
{
	span->driver->status(span, out);
}

int tdm_channel_open(struct tdm_span *span, unsigned timeslot, unsigned block, int fd,
		     struct tdm_channel **out)
{
	int rc;

	if (timeslot < 1 || timeslot > tdm_timeslots(span->config.framing) ||
	    timeslot == span->config.d_timeslot)
		return -EINVAL;
	if (block != 80 && block != TDM_BLOCK_MAX)
		return -EINVAL;
	rc = span->driver->channel_open(span, timeslot, block, fd, out);
	if (rc == 0) {
		(*out)->span = span;
		(*out)->timeslot = timeslot;
		(*out)->block = block;
		(*out)->gain = CHANNEL_GAIN_NONE;
	}
	return rc;
}

void tdm_channel_close(struct tdm_channel *channel)
{
	if (channel)
		channel->span->driver->channel_close(channel);
}

int tdm_channel_read(struct tdm_channel *channel, uint8_t *block)
{
	int rc = channel->span->driver->channel_read(channel, block);

	if (rc == 1 && channel->gain == CHANNEL_GAIN_TABLES)
		gain_apply(channel->input_gain, block, block, channel->block);
	return rc;
}

int tdm_channel_write(struct tdm_channel *channel, const uint8_t *block)
{
	uint8_t louder[TDM_BLOCK_MAX];

	if (channel->gain == CHANNEL_GAIN_TABLES) {
		gain_apply(channel->output_gain, block, louder, channel->block);
		block = louder;
	}
	return channel->span->driver->channel_write(channel, block);
}

int tdm_channel_echo(struct tdm_channel *channel, unsigned taps)
{
	const struct tdm_driver *driver = channel->span->driver;

	if (!driver->channel_echo)
		return taps ? -ENOTSUP : 0;
	return driver->channel_echo(channel, taps);
}

int tdm_channel_gain(struct tdm_channel *channel, int input_db10, int output_db10)
{
	const struct tdm_driver *driver = channel->span->driver;
	enum tdm_law law = channel->span->config.law;

	if (input_db10 < TDM_GAIN_MIN_DB10 || input_db10 > TDM_GAIN_MAX_DB10 ||
	    output_db10 < TDM_GAIN_MIN_DB10 || output_db10 > TDM_GAIN_MAX_DB10)
		return -EINVAL;
	gain_table(law, input_db10, channel->input_gain);
	gain_table(law, output_db10, channel->output_gain);
	if (driver->channel_gain)
		return driver->channel_gain(channel, channel->input_gain, channel->output_gain);
	channel->gain = input_db10 || output_db10 ? CHANNEL_GAIN_TABLES : CHANNEL_GAIN_NONE;
	return 0;
}

void tdm_channel_loop(struct tdm_channel *channel, bool on)
{
	channel->span->driver->channel_loop(channel, on);
}

int tdm_channel_join(struct tdm_channel *a, struct tdm_channel *b)
{
	const struct tdm_driver *driver = a->span->driver;
	int rc;

	if (b->span->driver != driver || !driver->channel_join ||
	    a->span->config.law != b->span->config.law)
		return -ENOTSUP;
	rc = driver->channel_join(a, b);
	if (rc < 0)
		return rc;
	rc = driver->channel_join(b, a);
	if (rc < 0)
		driver->channel_join(a, NULL);
	return rc;
}

void tdm_channel_part(struct tdm_channel *channel)
{
	channel->span->driver->channel_join(channel, NULL);
}

unsigned tdm_channel_timeslot(const struct tdm_channel *channel)
{
	return channel->timeslot;
}
