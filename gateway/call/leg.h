/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * leg - one side of a call, whatever it speaks: what a call may order and what it may hear.
 *
 * A leg gives its orders to the far end through its protocol and reports what happens with
 * call_event(). Rules that keep both simple:
 *
 *   - Orders return before anything is reported: a leg that learns something while it carries out
 *     an order reports it from the loop later.
 *   - `release` is the last order and comes exactly once, also after the leg itself reported
 *     CALL_EV_RELEASED. In it the call forgets the leg: the leg finishes its protocol alone,
 *     reports nothing more and frees itself from the loop (never inside a callback of its own).
 *   - A leg knows its call and nothing of the other leg.
 *
 * Inbound legs are made by their protocol, which then calls call_new(). Outbound legs are made
 * through the table of leg kinds that main registers (call_register_kind).
 */
#ifndef GATEWAY_CALL_LEG_H
#define GATEWAY_CALL_LEG_H

#include <stdbool.h>
#include <sys/socket.h>

#include "dialplan/party.h"
#include "dialplan/peer.h"
#include "gateway/call/cause.h"
#include "gateway/call/guid.h"

struct call;
struct leg;
struct plan_route;

enum call_event { /* what a leg reports; the argument of call_event() in brackets */
		  CALL_EV_PROCEEDING, /* the far end has all it needs (struct progress, or NULL) */
		  CALL_EV_ALERT,      /* ringing (struct progress) */
		  CALL_EV_PROGRESS,   /* struct progress */
		  CALL_EV_ANSWER,     /* struct party: connected number, or NULL */
		  CALL_EV_MEDIA,      /* leg->media_end has become known or has changed */
		  CALL_EV_DIGIT, /* struct leg_digit, from signalling; digits in audio come from
				    media */
		  CALL_EV_NUMBER_COMPLETE, /* inbound, CALLED_OVERLAP: no more digits will come
					      (sending complete) */
		  CALL_EV_OVERLAP,  /* outbound: the far end takes more digits of the called number
				       (SETUP ACKNOWLEDGE) */
		  CALL_EV_IDENTITY, /* struct leg_identity: who the far end is has changed, or it
				       has something to show */
		  CALL_EV_HOLD,	    /* the far end holds */
		  CALL_EV_RETRIEVE,
		  CALL_EV_RELEASED, /* the far end cleared (struct cause); `release` follows */
		  CALL_EV_COUNT
};

struct progress {
	uint8_t indicator;  /* progress indicator (Q.931 4.5.23): 0, 1, 2, 3, 4 or 8 */
	bool inband;	    /* the far end sends tones or announcements: cut through */
	bool queued;	    /* SIP 182: the caller waits */
	struct cause cause; /* q850 0 if none came with it */
};

struct leg_digit {
	char digit; /* 0-9 * # A-D */
	unsigned duration_ms;
};

/* Overlap: an inbound leg that says CALLED_OVERLAP may bring further digits of the called number,
 * each as CALL_EV_DIGIT in the order dialled, and CALL_EV_NUMBER_COMPLETE. If the call needs them
 * to find its route it orders more_digits, once, before any other order. An outbound leg that is
 * asked for CALLED_OVERLAP must not say that the number is complete: after CALL_EV_OVERLAP it gets
 * further digits by dial, until it reports that the call goes on (PROCEEDING, ALERT, PROGRESS,
 * ANSWER). */
enum called_form {
	CALLED_COMPLETE, /* en bloc */
	CALLED_OVERLAP,	 /* more digits may follow (Q.931 5.1.3, 5.2.4) */
};

struct leg_identity {			       /* any of them may be NULL */
	const struct party *connected;	       /* who is connected now */
	const struct redirection *redirection; /* where the call was diverted */
	const char *display;		       /* text to show, UTF-8 */
	const char *session;		       /* UUID of its end of the session, RFC 7989 */
};

/* Where a SIP call comes from, as struct plan_request has it. NULL: none. Texts are lent. */
struct call_origin {
	const char *uris[PEER_URI_COUNT];
	const char *carrier;
	const char *replaces; /* the dialog that the call is to take over (RFC 3891), by REFER */
	uint8_t source_family, source[16]; /* address of the neighbour */
	uint32_t phone;	       /* a telephone of the pool with this dial peer; 0: it is none */
	const char *neighbour; /* the same for people, with its port: "sip:10.1.1.1:5060" */
	const char *privacy;   /* value of its Privacy header */
	const char *headers;   /* lines, each with CRLF, that may pass to another SIP leg */
};

struct call_setup { /* what an inbound leg was asked for */
	struct number called;
	enum called_form called_form;
	unsigned interdigit_ms; /* CALLED_OVERLAP: T302 of the line; 0: the call's own */
	struct subaddress called_subaddress;
	struct party calling;
	struct redirection redirection;
	struct user_user user_user;
	char keypad[KEYPAD_MAX + 1];
	uint8_t bearer;	  /* information transfer capability, Q.931 table 4-6 */
	uint8_t progress; /* progress indicator of SETUP */
	uint8_t hops;	  /* how often it may still be passed on (Max-Forwards); 0: not known */
	struct guid guid; /* of the call; call_new() makes one if there is none */
	char session[33]; /* UUID of the calling end, RFC 7989; empty: it has none */
	char extension[KEYPAD_MAX + 1]; /* digits to be dialled when the called number answers */
	struct call_origin origin;
	bool admitted;	     /* office_refuses() was asked */
	bool is_up;	     /* conference_join.c: the leg is one of a call that is up */
	const char *message; /* its first message, for the ladder: "INVITE"; NULL: none */
};

enum bearer { /* those that mean data; Q.931 table 4-6 */
	      BEARER_UNRESTRICTED_DIGITAL = 0x08,
	      BEARER_RESTRICTED_DIGITAL = 0x09,
};

static inline bool bearer_is_data(uint8_t bearer)
{
	return bearer == BEARER_UNRESTRICTED_DIGITAL || bearer == BEARER_RESTRICTED_DIGITAL;
}

struct leg_request { /* what an outbound leg is asked for */
	/* These live as long as the call holds its plan: copy what lasts. */
	const struct peer *peer;
	const char *target; /* "1:D"; or as `session target` has it: "ipv4:10.1.1.1", "enum:1" */
	const struct trunk_group *trunk_group; /* that target is a member of, or NULL */
	const struct enum_table *enum_table;   /* of target "enum:N", else NULL */
	struct call_setup setup;	       /* its numbers are as to be sent */
	const char *phone;   /* peer of a pool: the name that is called (phone_book.h); else NULL */
	const char *contact; /* URI of one of its contacts; NULL: the best */
	bool preempt;	     /* an emergency call: if no channel is free, one of another call */
	enum peer_codec prefer; /* codec of the inbound leg, 0 if unknown: offered first */
};

/* ---- supplementary services: what a leg reports with call_service() */

enum leg_charge_kind {
	LEG_CHARGE_NONE, /* nothing was said */
	LEG_CHARGE_NOT_AVAILABLE,
	LEG_CHARGE_FREE,
	LEG_CHARGE_UNITS,
	LEG_CHARGE_CURRENCY,
};

struct leg_charge {   /* advice of charge */
	uint8_t kind; /* enum leg_charge_kind */
	bool final;   /* else so far */
	uint32_t units;
	int64_t thousandths; /* of the currency */
	char currency[11];   /* "EUR"; may be empty */
};

#define LEG_INDICATOR_DIVERTING 123 /* call is diverting; ETS 300 207 */

enum leg_notice_type {			     /* goes on to the other leg as it is */
		       LEG_NOTICE_INDICATOR, /* Q.931 4.5.22: 0 suspended, 1 resumed, 121 remote
						hold... */
		       LEG_NOTICE_USER_USER, /* to go with the next message */
};

struct leg_notice {
	enum leg_notice_type type;
	uint8_t indicator;
	struct user_user user_user;
};

enum leg_service_type {			 /* the member of struct leg_service in brackets */
			LEG_NOTICED,	 /* (notice) */
			LEG_CHARGED,	 /* (charge) */
			LEG_MALICIOUS,	 /* the far end has identified the caller as malicious */
			LEG_TRANSFERRED, /* what `transfer` asked for; the far end clears next */
			LEG_TRANSFER_REFUSED,
			LEG_TRANSFER_ASKED, /* (other) wants the parties of both calls joined */
			LEG_REFER_ASKED, /* (setup) wants the other party connected to a number */
			LEG_DEFLECTED,	 /* what `deflect` asked for; the far end clears next */
			LEG_DEFLECT_REFUSED,
			LEG_DEFLECT_ASKED,  /* (number) outbound: try another number instead */
			LEG_REDIRECT_ASKED, /* (redirect) outbound: the same, one of several */
};

#define LEG_REDIRECT_MAX 5

struct leg_redirect {
	struct number to[LEG_REDIRECT_MAX]; /* best first */
	uint8_t count;
	uint8_t reason;		  /* enum redirection_reason */
	const struct party *from; /* who diverts; NULL: who was called */
};

struct leg_service {
	enum leg_service_type type;
	union {
		struct leg_notice notice;
		struct leg_charge charge;
		struct leg *other;
		const struct call_setup *setup;
		struct number number;
		struct leg_redirect redirect;
	};
};

enum leg_transfer_state { /* what becomes of a transfer that a leg has asked for */
			  LEG_TRANSFER_RINGING,
			  LEG_TRANSFER_DONE,   /* `release` follows */
			  LEG_TRANSFER_FAILED, /* (cause) the call is as it was */
};

struct leg_report {	  /* for call records and `show call active` */
	char channel[16]; /* "2/17" or empty */
	char remote[96];  /* SIP: address of the far end; ISDN: empty */
	char codec[16];
	uint16_t sip_status; /* last final status of the leg, 0 if none */
	uint32_t packets_sent, packets_received, packets_lost;
	uint32_t jitter_us;
};

enum leg_flow {			  /* where the far end is told to send its audio */
		LEG_FLOW_THROUGH, /* to the gateway */
		LEG_FLOW_TURNING, /* what it was told last is not answered yet */
		LEG_FLOW_DIRECT,
};

struct leg_media { /* of the far end, as it described it; direct.h */
	enum leg_flow flow;
	bool may;			   /* it may be told another address than ours, now */
	bool refused;			   /* it was, and would not have it */
	uint8_t codec, event_payload_type; /* 0: no events */
	uint16_t ptime_ms;
	struct sockaddr_storage ours; /* our end of it */
	struct sockaddr_storage rtp, rtcp;
};

struct leg_ops {
	const char *name; /* "sip", "isdn" */
	/* Inbound and CALLED_OVERLAP: send more (SETUP ACKNOWLEDGE). tone: the call plays dial tone
	 * on media_end until the first digit (PI 8). NULL: a leg that is always en bloc. */
	void (*more_digits)(struct leg *leg, bool tone);
	/* Outbound, after CALL_EV_OVERLAP: one or more digits of the called number (INFORMATION).
	 * NULL: a leg that never reports CALL_EV_OVERLAP. */
	void (*dial)(struct leg *leg, const char *digits);
	void (*proceed)(struct leg *leg);
	void (*alert)(struct leg *leg, const struct progress *progress);
	void (*progress)(struct leg *leg, const struct progress *progress);
	void (*answer)(struct leg *leg, const struct party *connected);
	void (*release)(struct leg *leg, const struct cause *cause);
	void (*digit)(struct leg *leg, const struct leg_digit *digit);
	/* The other far end has dialled in its audio. Media passes that on; this is for legs that say
	 * it by signalling as well. NULL: none. */
	void (*heard)(struct leg *leg, const struct leg_digit *digit);
	/* NULL: the protocol has no way to say it. */
	void (*identity)(struct leg *leg, const struct leg_identity *identity);
	void (*hold)(struct leg *leg, bool held); /* the other side holds or retrieves */
	void (*report)(struct leg *leg, struct leg_report *out);
	/* `media flow-around` (direct.h): all three, or NULL. The far end is to send there; NULL: to the
	 * gateway. direct_changed() when it is settled. */
	void (*media)(struct leg *leg, struct leg_media *out);
	void (*flow)(struct leg *leg, const struct leg_media *to);
	/* The far end hears somebody else: the media process sends it nothing. */
	void (*quiet)(struct leg *leg, bool quiet);
	/* Supplementary services, NULL where a protocol has none. 0 if asked for, and the outcome
	 * is reported by call_service(); -ENOTSUP the line cannot; -EACCES it is not allowed there;
	 * -EXDEV other is not on the same line; -EINVAL not in this state; -EBUSY asked already. */
	int (*transfer)(struct leg *leg, struct leg *other); /* both far ends join each other */
	int (*deflect)(struct leg *leg, const struct number *to); /* inbound, not answered */
	/* Inbound, before any other order: tell the far end these targets instead, best first. 0: it
	 * has been told, `release` follows; -ENOTSUP: it is not to be. */
	int (*redirect)(struct leg *leg, const struct plan_route *route);
	int (*identify)(struct leg *leg); /* the caller is malicious (MCID) */
	/* After ..._TRANSFER_ASKED or LEG_REFER_ASKED was granted; of the latter even after release, see
	 * call_forget_transfer(). */
	void (*transfer_news)(struct leg *leg, enum leg_transfer_state state,
			      const struct cause *cause);
	void (*notice)(struct leg *leg, const struct leg_notice *notice);
	void (*charge)(struct leg *leg, const struct leg_charge *charge);
	/* The other side is a conference, with this number; NULL: no longer. NULL: cannot be said. */
	void (*conference)(struct leg *leg, const char *number);
};

struct leg { /* first member of each protocol's own struct */
	const struct leg_ops *ops;
	struct call *call;     /* NULL after release */
	enum peer_kind kind;   /* which kind of dial peer it answers to */
	uint32_t media_end;    /* id of the end in the media process; 0: none yet */
	enum peer_codec codec; /* its law or codec once known, else 0 */
	uint8_t connect_rule; /* `progress_ind connect` for its answer, set by the call before it */
	struct {	      /* call.c's own: where messages after release belong in the ladder */
		uint32_t call_id;
		uint8_t attempt;
	} trace;
	struct transfer_asker *transfer; /* transfer.c's own: of what it has asked for, or NULL */
};

/* Makes an outbound leg and sends its first message. NULL: the leg could not be made, *why says so
 * (no circuit: 34); the call hunts on. */
typedef struct leg *(*leg_make)(void *arg, struct call *call, const struct leg_request *request,
				struct cause *why);

#endif
