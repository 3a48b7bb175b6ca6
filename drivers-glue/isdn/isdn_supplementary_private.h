/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_supplementary_private - what the files of the supplementary services share with the rest
 * of isdn: isdn_supplementary.c (libpri's events and subcommands in), isdn_order.c (simple orders
 * out), isdn_request.c (transfer and deflection, whose outcome takes a while), isdn_charge.c
 * (advice of charge).
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_SUPPLEMENTARY_PRIVATE_H
#define DRIVERS_GLUE_ISDN_ISDN_SUPPLEMENTARY_PRIVATE_H

#include <sys/time.h>
#include <libpri.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/isdn_supplementary.h"

struct dchannel_frame;
struct dss1_message;

/*
 *	IDLE --isdn_hold()--> ASKED --acknowledged--> HELD --isdn_retrieve()--> RETRIEVING --> IDLE
 *	  \------HOLD received (acknowledged)---------^  \--RETRIEVE received--> FAR_RETRIEVING ^
 */
enum isdn_hold_state {
	ISDN_HOLD_IDLE,
	ISDN_HOLD_ASKED,
	ISDN_HOLD_HELD,
	ISDN_HOLD_RETRIEVING,
	ISDN_HOLD_FAR_RETRIEVING, /* isdn_retrieve_answer() is awaited */
};

enum isdn_request { /* of ours, under way */
		    ISDN_REQUEST_NONE,
		    ISDN_REQUEST_TRANSFER,
		    ISDN_REQUEST_DEFLECT,
};

#define ISDN_REQUEST_INVOKES 2 /* ECT: EctLinkIdRequest and ExplicitEctExecute */

struct isdn_call_supplementary {
	enum isdn_hold_state hold;
	enum isdn_request request;
	struct isdn_call *partner; /* of the transfer; NULL: ended, or none */
	int invokes[ISDN_REQUEST_INVOKES];
	unsigned invoke_count;
	struct osmo_timer_list timer;
	bool path_may_move;   /* QSIG: libpri has tied this call to partner */
	struct number called; /* of a call that came in: who deflects it */
};

/* isdn_supplementary.c */
bool isdn_can(const struct isdn *isdn, enum isdn_ability ability);
void isdn_supplementary_configure(struct isdn *isdn, struct pri *pri);
void isdn_supplementary_setup(const struct isdn *isdn, struct pri_sr *record);
/* libpri reuses its event and the subcommands in it as soon as it is ordered to do something. */
void isdn_supplementary_keep(const pri_event *event, struct pri_subcommands *out);
/* Before and after an event is handled. What comes with the end of a call is told before it. */
void isdn_supplementary_before(struct isdn_call *call, const pri_event *event,
			       const struct pri_subcommands *subcommands);
void isdn_supplementary_after(struct isdn *isdn, const pri_event *event,
			      const struct pri_subcommands *subcommands);
q931_call *isdn_supplementary_event_call(const pri_event *event); /* of the events that are ours */
void isdn_supplementary_report(struct isdn_call *call,
			       const struct isdn_supplementary_event *event);

/* isdn_request.c */
void isdn_request_frame_received(struct isdn *isdn, const struct dchannel_frame *frame);
void isdn_request_frame_sent(struct isdn *isdn, const struct dchannel_frame *frame);
void isdn_request_on_clearing(struct isdn_call *call, unsigned cause);
void isdn_request_call_ended(struct isdn_call *call);
int isdn_supplementary_permitted(const struct isdn *isdn, enum isdn_supplementary service,
				 enum isdn_ability ability);

/* isdn_charge.c */
void isdn_charge_from_aoc_s(const struct pri_subcmd_aoc_s *aoc, struct isdn_charge *out);
void isdn_charge_from_aoc_d(const struct pri_subcmd_aoc_d *aoc, struct isdn_charge *out);
void isdn_charge_from_aoc_e(const struct pri_subcmd_aoc_e *aoc, struct isdn_charge *out);
void isdn_charge_to_aoc_s(const struct isdn_charge *charge, struct pri_subcmd_aoc_s *out);
void isdn_charge_to_aoc_d(const struct isdn_charge *charge, struct pri_subcmd_aoc_d *out);
void isdn_charge_to_aoc_e(const struct isdn_charge *charge, struct pri_subcmd_aoc_e *out);

#endif
