/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_completion - call completion to a busy subscriber (CCBS) and on no reply (CCNR).
 *
 * A record of libpri's, named by a number that is never used again on this D channel, stands for
 * one call that found its subscriber busy or away. Towards who called it is an agent's record, made
 * by isdn_completion_offer() while that call is not answered; the offer goes with the next ALERTING
 * or DISCONNECT with cause 17 or 34. Towards who was called it is a monitor's: the far end has
 * offered it (ISDN_COMPLETION_OFFERED). What comes is handlers.completion, before what the message
 * itself is reported as; who passes a record of one D channel on to one of another gives the
 * order of the same name there:
 *
 *	comes from a monitor's far end          order for an agent
 *	  ISDN_COMPLETION_ANSWERED                isdn_completion_answer()
 *	  USER_FREE, B_FREE, STOP_ALERTING,       isdn_completion_order()
 *	  STATUS_ASKED
 *	comes from an agent's far end           order for a monitor
 *	  ISDN_COMPLETION_REQUESTED               isdn_completion_request()
 *	  STATUS_ANSWERED, STATUS                 isdn_completion_status()
 *	  isdn_setup.completion in SETUP          isdn_setup.completion in isdn_setup()
 *	from either: CANCELLED                  isdn_completion_order()
 *
 * A record ends with ISDN_COMPLETION_CANCELLED, with our order to cancel it, or with an answer of
 * ours that refuses; nothing is to be said of it afterwards. Orders for a record that is gone do
 * nothing. A monitor's record that is only offered lives until it is cancelled from here.
 *
 * Only with ISDN_SUPPLEMENTARY_COMPLETION in isdn_config.supplementary; without it libpri refuses
 * requests and no offer is reported. Without handlers.completion offers are declined. primary-net5,
 * basic-net3, QSIG. On a bus the network side has agents only, a terminal monitors only.
 *
 * Sources: ETS 300 359-1 (bus and point to point), EN 301 065 (CCNR), ISO 13870 (QSIG).
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_COMPLETION_H
#define DRIVERS_GLUE_ISDN_ISDN_COMPLETION_H

#include "drivers-glue/isdn/isdn.h"

enum isdn_completion_type {
	ISDN_COMPLETION_OFFERED,   /* with a call */
	ISDN_COMPLETION_REQUESTED, /* (no_reply) */
	ISDN_COMPLETION_ANSWERED,  /* (answer) */
	ISDN_COMPLETION_USER_FREE, /* who was called is free: call back now */
	ISDN_COMPLETION_B_FREE,	   /* the same, while who called is busy */
	ISDN_COMPLETION_STOP_ALERTING,
	ISDN_COMPLETION_STATUS_ASKED,	 /* is who called free? */
	ISDN_COMPLETION_STATUS_ANSWERED, /* (busy) */
	ISDN_COMPLETION_STATUS,		 /* (busy) without being asked */
	ISDN_COMPLETION_CANCELLED,
};

enum isdn_completion_answer {
	ISDN_COMPLETION_ACCEPTED,
	ISDN_COMPLETION_TIMEOUT,
	ISDN_COMPLETION_SHORT_TERM_DENIAL,
	ISDN_COMPLETION_LONG_TERM_DENIAL,
};

struct isdn_completion_event {
	enum isdn_completion_type type;
	long id;       /* of the record, > 0 */
	bool no_reply; /* CCNR */
	bool busy;
	enum isdn_completion_answer answer;
};

const char *isdn_completion_type_name(enum isdn_completion_type type);

/* The record of an agent, for a call that came in. -EINVAL: the call is answered or ends, or has
 * one already; -EACCES: not allowed; -ENOTSUP: the switch type, or a terminal on a bus. */
long isdn_completion_offer(struct isdn_call *call);
/* -ENOENT: no such record, or it cannot be requested any more. Answered exactly once by
 * ISDN_COMPLETION_ANSWERED, unless cancelled. */
int isdn_completion_request(struct isdn *isdn, long id, bool no_reply);
int isdn_completion_answer(struct isdn *isdn, long id, enum isdn_completion_answer answer);
/* USER_FREE, B_FREE, STOP_ALERTING, STATUS_ASKED, CANCELLED. */
void isdn_completion_order(struct isdn *isdn, long id, enum isdn_completion_type type);
/* STATUS_ANSWERED, STATUS. */
void isdn_completion_status(struct isdn *isdn, long id, enum isdn_completion_type type, bool busy);

#endif
