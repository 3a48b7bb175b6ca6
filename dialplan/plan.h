/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan - the dial plan: from a called number to the peers to try, one after another.
 *
 * Order of calls: plan_new(), plan_add_peer() for each peer, plan_seal(); then for each call
 * plan_match_inbound() and plan_route(). A sealed plan never changes. Calls hold a reference
 * (plan_ref, plan_unref), so that a new configuration can take its place while they last.
 *
 * International numbers: the + is part of what patterns see, as in SIP ("+14085550100"). For a call
 * that came in by ISDN, where the plus is only a type of number, patterns see the bare digits first
 * and the number with its + if nothing fits these.
 *
 * The plan knows no clock, no socket and no state: which peers are up or full, a random number and
 * the time come in with the request. libc only.
 */
#ifndef DIALPLAN_PLAN_H
#define DIALPLAN_PLAN_H

#include "dialplan/number.h"
#include "dialplan/peer.h"

#define PLAN_CANDIDATES_MAX 16
#define PLAN_EXCLUDED_MAX 16

struct plan;

enum plan_status_check {		      /* `dial-peer outbound status-check pots`, rule 1.5 */
			 PLAN_STATUS_DEFAULT, /* skip a peer that is down; none left: 34 */
			 PLAN_STATUS_CHECK,   /* skip it; none left: 1 */
			 PLAN_STATUS_IGNORE,  /* try it all the same */
};

struct plan_options {
	unsigned hunt;		/* `dial-peer hunt`, 0..7, rule 4.5 */
	bool permit_default;	/* `dial-peer default permit`: peer 0 exists (rule 2.7) */
	bool empty_ani;		/* `dial-peer compat empty-ani`, rule 2.5 */
	bool tie_deterministic; /* `dial-peer tie deterministic`, rule 4.6 */
	enum plan_status_check status_check;
	bool overlap_safe; /* `dial-peer overlap-safe`, rule 5.6 */
	char terminator;   /* `dial-peer terminator`; 0: # */
};

enum plan_peer_state {
	PLAN_PEER_UP,
	PLAN_PEER_BUSIED_OUT, /* keepalive failed, rule 1.4 */
	PLAN_PEER_PORT_DOWN,  /* voice port or trunk down, rule 1.5 */
};

struct plan_peer_status {
	enum plan_peer_state state;
	unsigned calls;	    /* up at this moment, for max-conn */
	uint64_t last_used; /* any rising clock, for least recently used */
};

enum plan_key { /* what chose the inbound peer */
		PLAN_KEY_NONE,
		PLAN_KEY_CALLED,	 /* incoming called-number */
		PLAN_KEY_ANSWER_ADDRESS, /* answer-address */
		PLAN_KEY_CALLING,	 /* destination-pattern against the calling number */
		PLAN_KEY_PORT,
		PLAN_KEY_DEFAULT, /* peer 0 */
};

struct plan_request {
	enum peer_kind inbound_kind; /* the leg the call came in on */
	struct number called;
	struct number calling;
	const char *port; /* pots: "1:D"; else NULL */
	bool data;	  /* unrestricted digital information: not every peer can carry it */
	uint32_t random;
	/* Digit by digit: a pattern must take all of called. En bloc patterns are open on the right
	 * (rule 4.3). */
	bool collected;
	/* State of a peer. NULL: all are up and idle. */
	struct plan_peer_status (*status)(void *arg, const struct peer *peer);
	void *status_arg;
};

enum plan_reason { /* why a peer that fitted was left out */
		   PLAN_REASON_SHUTDOWN,
		   PLAN_REASON_NO_TARGET,
		   PLAN_REASON_BUSIED_OUT,
		   PLAN_REASON_PORT_DOWN,
		   PLAN_REASON_MAX_CONN,
		   PLAN_REASON_AFTER_HUNTSTOP,
		   PLAN_REASON_BEARER,	 /* carries audio only, or data only */
		   PLAN_REASON_TOO_LONG, /* prefix and number together exceed NUMBER_DIGITS_MAX */
};

struct plan_candidate {
	const struct peer *peer; /* lives as long as the plan */
	struct number called;	 /* what goes out on this peer (rules 3 and 7); the digits
				    may hold commas: pauses on analogue ports */
};

struct plan_route {
	struct plan_candidate candidates[PLAN_CANDIDATES_MAX];
	unsigned count;
	struct {
		const struct peer *peer;
		enum plan_reason reason;
	} excluded[PLAN_EXCLUDED_MAX];
	unsigned excluded_count;
	unsigned cause; /* Q.850, if count is 0; 28: it is the beginning of a number */
	/* cause 28: a peer that the number would fit if so many digits followed, or NULL */
	const struct peer *longer;
	unsigned missing;
};

#define PLAN_FIT_MAX 8

struct plan_fit { /* where the digits dialled so far lead (rule 5.1) */
	/* F: usable peers whose pattern takes exactly these digits, best first */
	const struct peer *full[PLAN_FIT_MAX];
	unsigned full_count;	  /* at most PLAN_FIT_MAX are told */
	bool variable;		  /* the best of them ends in T */
	unsigned explicit_length; /* of the best */
	/* M: usable peers that a longer number could still fit, in no order */
	const struct peer *longer[PLAN_FIT_MAX];
	unsigned longer_count; /* at most PLAN_FIT_MAX are told */
	bool longer_explicit;  /* one of M has a longer explicit length than the best of F */
	unsigned missing;      /* fewest digits that one of longer[] waits for */
	unsigned cause;	       /* F is empty: Q.850 if no more digits come */
};

struct plan_inbound {
	const struct peer *peer;
	enum plan_key key;
	const struct peer *also; /* fitted as well as peer: the configuration is ambiguous (2.4) */
};

struct plan *plan_new(const struct plan_options *options); /* NULL: out of memory */
/* Copies the peer. -EEXIST: tag is taken; -EINVAL: a pattern is wrong, why says how. */
int plan_add_peer(struct plan *plan, const struct peer *peer, char *why, size_t why_size);
int plan_seal(struct plan *plan);
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan);

/* 0 and *out, or -ENOENT: nothing fits and there is no peer 0 (the call is refused, cause 21). */
int plan_match_inbound(const struct plan *plan, const struct plan_request *request,
		       struct plan_inbound *out);

/* Fills *out with the peers to try in hunt order, each with the number to send. inbound is the peer
 * that plan_match_inbound() found, or NULL. */
void plan_route(const struct plan *plan, const struct plan_request *request,
		const struct peer *inbound, struct plan_route *out);

/* F and M of the digits in request->called. A look-up costs as much as plan_route(), whatever the
 * number of peers. */
void plan_fit_digits(const struct plan *plan, const struct plan_request *request,
		     struct plan_fit *out);
const struct plan_options *plan_options(const struct plan *plan);

/* Does a call that failed with this cause go on to the next candidate? (rule 4.8) */
bool plan_hunts_on(const struct plan *plan, unsigned cause);

/* All peers in order of their tags, for `show dial-peer voice`. */
size_t plan_peer_count(const struct plan *plan);
const struct peer *plan_peer_at(const struct plan *plan, size_t i);

const char *plan_key_name(enum plan_key key);
const char *plan_reason_name(enum plan_reason reason);

#endif
