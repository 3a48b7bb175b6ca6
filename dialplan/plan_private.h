/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan_private - what plan.c (building, inbound) and outbound.c share.
 */
#ifndef DIALPLAN_PLAN_PRIVATE_H
#define DIALPLAN_PLAN_PRIVATE_H

#include "dialplan/index.h"
#include "dialplan/plan.h"

enum plan_field { /* the patterns of a peer */
		  FIELD_DESTINATION,
		  FIELD_CALLED,
		  FIELD_ANSWER,
		  FIELD_COUNT
};

struct plan_entry {
	struct peer peer; /* first: what callers hold is a pointer to it */
	struct pattern *patterns[FIELD_COUNT];
	unsigned port_span, port_timeslot;
};

struct plan {
	unsigned references;
	struct plan_options options;
	void *tags;		     /* tsearch tree, while peers are added */
	struct plan_entry **entries; /* in order of tags once sealed */
	size_t count, size;
	struct index *indexes[FIELD_COUNT];
	const struct plan_entry **ports; /* valid pots peers in order of port, then tag */
	size_t ports_count;
	struct peer defaults[2]; /* peer 0 by kind */
};

#endif
