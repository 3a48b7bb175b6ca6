/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * driver - what a span driver gives span.c. Only drivers and span.c include this.
 *
 * A driver embeds struct tdm_span and struct tdm_channel as the first member of its own objects and
 * finds itself again by a cast. span.c checks the arguments that are the same for every driver
 * (numbers, framing, timeslots, block sizes) before it calls an operation, fills in the embedded
 * parts after attach and channel_open, and keeps nothing else.
 */
#ifndef DRIVERS_GLUE_SPAN_DRIVER_H
#define DRIVERS_GLUE_SPAN_DRIVER_H

#include "drivers-glue/span/span.h"

struct tdm_driver {
	enum tdm_driver_kind kind;
	/* opening; why: one sentence with the remedy, no newline */
	int (*open)(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
		    size_t why_size);
	/* as tdm_channel_descriptor() and tdm_watch(); NULL: -ENOTSUP */
	int (*channel_descriptor)(const struct tdm_span_config *config, unsigned timeslot,
				  char *why, size_t why_size);
	int (*watch)(const struct tdm_span_config *config, const struct tdm_descriptors *d,
		     struct tdm_status *out);
	/* running; as the tdm_ functions of the same name */
	int (*attach)(const struct tdm_span_config *config, const int *fds, unsigned count,
		      struct tdm_span **out);
	void (*detach)(struct tdm_span *span);
	void (*receive)(struct tdm_span *span, uint64_t now_ns);
	int (*step)(struct tdm_span *span, uint64_t now_ns);
	void (*transmit)(struct tdm_span *span, uint64_t now_ns);
	void (*status)(const struct tdm_span *span, struct tdm_status *out);
	int (*channel_open)(struct tdm_span *span, unsigned timeslot, unsigned block, int fd,
			    struct tdm_channel **out);
	void (*channel_close)(struct tdm_channel *channel);
	int (*channel_read)(struct tdm_channel *channel, uint8_t *block);
	int (*channel_write)(struct tdm_channel *channel, const uint8_t *block);
	void (*channel_loop)(struct tdm_channel *channel, bool on);
	/* from: another channel of this driver and law, NULL: none any more. NULL: it cannot. */
	int (*channel_join)(struct tdm_channel *channel, struct tdm_channel *from);
	/* NULL: the driver has no canceller */
	int (*channel_echo)(struct tdm_channel *channel, unsigned taps);
	/* NULL: span.c applies the tables. Both are of 256 octets in the law of the span. */
	int (*channel_gain)(struct tdm_channel *channel, const uint8_t *input,
			    const uint8_t *output);
};

struct tdm_span {
	const struct tdm_driver *driver;
	struct tdm_span_config config;
};

struct tdm_channel {
	struct tdm_span *span;
	unsigned timeslot;
	unsigned block;
	enum {
		CHANNEL_GAIN_NONE = 0, /* or the driver's business */
		CHANNEL_GAIN_TABLES,
	} gain;
	uint8_t input_gain[256], output_gain[256];
};

#endif
