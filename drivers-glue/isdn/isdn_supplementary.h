/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_supplementary - supplementary services of Q.931 calls: hold, transfer, diversion, malicious
 * call identification, advice of charge, notifications, user-user information, message waiting.
 *
 * Orders are given for a call of isdn.h while it lives; what comes in is one handler,
 * isdn_handlers.supplementary. Events of a message come before what the message itself is reported
 * as (charges of a RELEASE before handlers.released). Asked for by the far end and to be answered:
 * ISDN_RETRIEVE_ASKED, ISDN_TRANSFER_ASKED and ISDN_DEFLECT_ASKED, at once or later; without a
 * handler, or where the service is not in isdn_config.supplementary, isdn refuses them itself. HOLD
 * and MCID are acknowledged before they are reported. Offers of call completion (CCBS, CCNR) are
 * declined, so that libpri keeps no record of them.
 *
 * A transfer or deflection of ours ends with exactly one ..._DONE or ..._REFUSED for each call of
 * it, or with handlers.released. DONE means that the far end has accepted it by clearing the call
 * normally: DISCONNECT and the release follow. Refused by a ROSE error or reject, or because
 * nothing happened for 10 s: then nothing has changed. libpri does not report this, so the
 * components of received Facility elements are read here.
 *
 * Which switch type can what: isdn_supplementary_possible(). What libpri 1.6 cannot do: TBCT and
 * RLT requests that come in are ignored by it; AOC of QSIG; MWI other than towards QSIG; replies to
 * the status request of ETS 300 359. Invokes that it does not know are not answered.
 *
 * Errors: -ENOTSUP the switch type or our side of it cannot; -EACCES not in
 * isdn_config.supplementary; -EINVAL not in this state; -EXDEV calls of different D channels;
 * -EBUSY a request is under way;
 * -EALREADY it is this one. Sources: Q.932, EN 300 196 (hold), EN 300 369 (ECT), GR-2865
 * (TBCT), EN 300 207 (diversion), EN 300 130 (MCID), EN 300 182 (AOC), Q.957.1 (user-user), ISO
 * 13863/13869 (QSIG).
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_SUPPLEMENTARY_H
#define DRIVERS_GLUE_ISDN_ISDN_SUPPLEMENTARY_H

#include "drivers-glue/isdn/isdn.h"

enum isdn_supplementary { /* bits of isdn_config.supplementary: what the owner allows */
			  ISDN_SUPPLEMENTARY_HOLD = 1 << 0,
			  ISDN_SUPPLEMENTARY_TRANSFER = 1 << 1,
			  ISDN_SUPPLEMENTARY_DIVERSION = 1 << 2,
			  ISDN_SUPPLEMENTARY_MCID = 1 << 3,
			  ISDN_SUPPLEMENTARY_CHARGE = 1 << 4, /* charges are asked for in SETUP */
};

/* what there is to be possible, finer than what is allowed */
enum isdn_ability {
	ISDN_CAN_HOLD,
	ISDN_CAN_TRANSFER,
	ISDN_CAN_TAKE_TRANSFER, /* answer the far end's request */
	ISDN_CAN_DEFLECT,
	ISDN_CAN_TAKE_DEFLECT,
	ISDN_CAN_MCID,
	ISDN_CAN_TAKE_MCID,
	ISDN_CAN_CHARGE, /* send charges */
	ISDN_CAN_TAKE_CHARGE,
	ISDN_CAN_NOTIFY, /* any indicator; without it only 0 to 2 */
	ISDN_CAN_USER_USER,
	ISDN_CAN_MWI,
	ISDN_ABILITY_COUNT
};

enum isdn_charge_kind {
	ISDN_CHARGE_NOT_AVAILABLE,
	ISDN_CHARGE_FREE,
	ISDN_CHARGE_UNITS,
	ISDN_CHARGE_CURRENCY,
	ISDN_CHARGE_RATE, /* AOC-S: what it will cost; text */
};

#define ISDN_CURRENCY_MAX 10
#define ISDN_TEXT_MAX 128

struct isdn_charge {
	enum isdn_charge_kind kind;
	bool final; /* AOC-E; else so far, or a rate */
	uint32_t units;
	int64_t thousandths; /* of the currency */
	char currency[ISDN_CURRENCY_MAX + 1];
	char text[ISDN_TEXT_MAX]; /* ISDN_CHARGE_RATE: "0.050 EUR per 60 s; 0.100 EUR flat" */
};

/* Q.931 4.5.22, Q.932, EN 300 207 7.2.1 */
enum isdn_notify {
	ISDN_NOTIFY_SUSPENDED = 0x00,
	ISDN_NOTIFY_RESUMED = 0x01,
	ISDN_NOTIFY_REMOTE_HOLD = 0x79,
	ISDN_NOTIFY_REMOTE_RETRIEVAL = 0x7a,
	ISDN_NOTIFY_CALL_DIVERTING = 0x7b,
};

enum isdn_supplementary_type { /* the member of struct isdn_supplementary_event in brackets */
			       ISDN_HELD,	    /* the far end holds; its B channel is free */
			       ISDN_RETRIEVE_ASKED, /* (retrieve) answer: isdn_retrieve_answer() */
			       ISDN_HOLD_DONE,	    /* ours; the B channel is free */
			       ISDN_HOLD_REFUSED,   /* (cause) */
			       ISDN_RETRIEVE_DONE,  /* isdn_call_timeslot() tells where */
			       ISDN_RETRIEVE_REFUSED, /* (cause) still held */
			       ISDN_TRANSFER_DONE,
			       ISDN_TRANSFER_REFUSED,
			       ISDN_TRANSFER_ASKED, /* (transfer) answer: isdn_transfer_answer() */
			       ISDN_DEFLECT_DONE,
			       ISDN_DEFLECT_REFUSED,
			       ISDN_DEFLECT_ASKED, /* (deflect) answer: isdn_deflect_answer() */
			       ISDN_MCID_ASKED,	   /* acknowledged */
			       ISDN_MCID_DONE,
			       ISDN_MCID_REFUSED,
			       ISDN_CHARGED,   /* (charge) */
			       ISDN_NOTIFIED,  /* (indicator) */
			       ISDN_USER_USER, /* (user_user) */
			       ISDN_SUPPLEMENTARY_TYPE_COUNT
};

struct isdn_supplementary_event {
	enum isdn_supplementary_type type;
	union {
		struct {
			unsigned timeslot; /* 0: any */
			bool exclusive;
		} retrieve;
		unsigned cause;
		struct {
			struct isdn_call *other;
			int invoke;
		} transfer;
		struct {
			struct number to;   /* empty if it may not be known */
			struct number from; /* who deflects */
			uint8_t reason;	    /* Q.931 4.5.25 */
			uint8_t count;	    /* diversions so far, this one included */
			int invoke;
		} deflect;
		struct isdn_charge charge;
		uint8_t indicator;
		struct user_user user_user;
	};
};

bool isdn_supplementary_possible(enum isdn_switch_type type, bool network,
				 enum isdn_ability ability);
const char *isdn_supplementary_type_name(enum isdn_supplementary_type type); /* "held" */

int isdn_hold(struct isdn_call *call);
int isdn_retrieve(struct isdn_call *call, unsigned timeslot); /* 0: the far end chooses */
/* timeslot 0: refuse, with cause. */
int isdn_retrieve_answer(struct isdn_call *call, unsigned timeslot, unsigned cause);
bool isdn_call_is_held(const struct isdn_call *call); /* by either side: no B channel */

/* Both active, on one D channel. Reported for both calls. */
int isdn_transfer(struct isdn_call *call, struct isdn_call *other);
int isdn_transfer_answer(struct isdn_call *call, int invoke, bool done);
int isdn_deflect(struct isdn_call *call, const struct number *to); /* not answered yet */
/* Accepted: the caller of this releases the call next. */
int isdn_deflect_answer(struct isdn_call *call, int invoke, bool accepted);
int isdn_mcid(struct isdn_call *call); /* of a call that came in and was answered */

int isdn_charge_send(struct isdn_call *call, const struct isdn_charge *charge);
int isdn_notify(struct isdn_call *call, unsigned indicator);
/* Goes in the next ALERTING, CONNECT, DISCONNECT or RELEASE. -ENOTSUP: not IA5, or a zero octet. */
int isdn_user_user(struct isdn_call *call, const struct user_user *user_user);
int isdn_mwi(struct isdn *isdn, const struct number *mailbox, bool on);

#endif
