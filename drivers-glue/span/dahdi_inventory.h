/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dahdi_inventory - which cards, spans and channels DAHDI has, for their owner.
 *
 * dahdi_inventory_read(), then print it or let it write a first configuration;
 * dahdi_inventory_free(). Nothing is opened but /dev/dahdi/ctl, so it works beside a running
 * gateway. Which channels are in use is said by /proc/dahdi alone. Memory is malloc's.
 */
#ifndef DRIVERS_GLUE_SPAN_DAHDI_INVENTORY_H
#define DRIVERS_GLUE_SPAN_DAHDI_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "drivers-glue/span/span.h"

enum dahdi_line {
	DAHDI_LINE_OTHER = 0, /* analogue, CAS, or not configured */
	DAHDI_LINE_E1,	      /* ISDN: one channel is the D channel */
	DAHDI_LINE_T1,
	DAHDI_LINE_BRI,
};

struct dahdi_inventory_channel {
	unsigned number, span, timeslot;
	char name[40];
	const char *signalling; /* the word of system.conf */
	enum tdm_law law;
	unsigned alarms;
	bool in_use;
};

struct dahdi_inventory_span {
	unsigned number;
	char name[20], description[40], type[6], hardware[40], maker[40], place[40];
	const char *framing, *coding; /* "" if it has none */
	enum dahdi_line line;
	unsigned alarms; /* bits of enum tdm_alarm */
	unsigned sync;	 /* span that gives the card its clock; 0: its own */
	unsigned channels, configured;
	bool network; /* BRI: the card is set to NT */
	struct tdm_line_counters counters;
};

struct dahdi_inventory {
	char version[80];
	struct dahdi_inventory_span *spans;
	unsigned span_count;
	struct dahdi_inventory_channel *channels; /* by number */
	unsigned channel_count;
};

/* -ENOENT, -EACCES ...: why has one sentence with the remedy. A machine without spans is none. */
int dahdi_inventory_read(struct dahdi_inventory **out, char *why, size_t why_size);
void dahdi_inventory_free(struct dahdi_inventory *inventory);
void dahdi_inventory_print(const struct dahdi_inventory *inventory, FILE *to);
/* A configuration for every ISDN span: `sipspan check` accepts it. hostname: this machine's. */
void dahdi_inventory_configure(const struct dahdi_inventory *inventory, const char *hostname,
			       FILE *to);

#endif
