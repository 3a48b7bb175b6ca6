/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan - the dial plan: from a called number to the peers to try, one after another.
 *
 * Order of calls: plan_new(), plan_add_peer() for each peer and plan_add_...() for what peers refer to,
 * plan_seal(); then for each call plan_match_inbound() and plan_route(). A sealed plan never changes.
 * Calls hold a reference (plan_ref, plan_unref), so that a new configuration can take its place while
 * they last. Look-ups allocate nothing.
 *
 * Numbers change in this order (rule 3): the incoming profile of the voice port, else of its trunk
 * group (SIP: of the source group, else voip-incoming); `voice number-plan`; the inbound peer's
 * incoming profile; num-exp (of whole numbers only); then, for each candidate anew: the outbound peer's
 * outgoing profile; forward-digits or digit-strip; the form that the trunk wants; prefix; the outgoing
 * profile of the port, else of its group.
 *
 * A called number that a rule makes no number of, or one of more than NUMBER_DIGITS_MAX digits, goes
 * nowhere (cause 28): rules also keep callers from what they may not dial. Other numbers of the call
 * stay as they are then. What rules make of an emergency number is looked up first, then the number as
 * it was dialled. A reject rule counts in call-block and on the way out, where it leaves the peer or
 * port out; never for an emergency call.
 *
 * International numbers: the + is part of what patterns see, as in SIP ("+14085550100"). With a `voice
 * number-plan` every number known to be international is looked up with its +, and, if nothing fits,
 * as it came. Without one a call that came in by ISDN, where the plus is only a type of number, is
 * looked up by its bare digits first, and with the + if nothing fits these. Peers that are shut down
 * or incomplete do not count as fitting. Translation rules see the + where the first of these forms
 * has it; those of a voice port see what is on its line.
 *
 * The keys of an outbound search, each tried if those before it gave no peer that can be used (rule
 * 4.1): destination dpg (which is final); destination provision-policy; the request URI or the called
 * number together with carrier-id target; the request URI; the called number; the calling number.
 *
 * The plan knows no clock, no socket and no state: which peers are up or full, a random number and
 * the time come in with the request. libc only.
 *
 * A look-up from file to file, with the numbers that comments give to the rules:
 *	1	peer.c: which peers count: valid (1.2), usable outbound (1.3), busied out (1.4), port down (1.5)
 *	3	changes.c: the number as it came is changed, by translate.c (9) and number_plan.c
 *	2	inbound.c, uri.c: all peers are tried on one key before the next (2.1): pots (2.2), SIP (2.3);
 *		the longest, then the lowest tag (2.4); no calling number (2.5), no called one (2.6); peer 0 (2.7)
 *	3	changes.c: the inbound peer's profile, num-exp
 *	4.1	outbound.c, provision.c: the outbound search, key by key; index_find.c finds what may fit
 *	4.3	pattern.c: en bloc surplus digits are allowed, digit by digit none; explicit length (4.4)
 *	5	fit.c: F, whose patterns take all digits, and M, who wait for more (5.1); collect.c: routed at once
 *		if the best of F has no T (5.2), or else in time (5.3); `overlap-safe` waits for M (5.6)
 *	6	outbound.c: class of restriction
 *	4.5	hunt.c: order; what goes before chance (4.6); after which causes the next is tried (4.8)
 *	7	targets.c: to which port or server; send.c, digits.c: digit-strip (7.1), forward-digits (7.2)
 */
#ifndef DIALPLAN_PLAN_H
#define DIALPLAN_PLAN_H

#include "dialplan/classes.h"
#include "dialplan/hunt_group.h"
#include "dialplan/number.h"
#include "dialplan/pattern_map.h"
#include "dialplan/peer.h"
#include "dialplan/translate.h"

#define PLAN_CANDIDATES_MAX 32 /* a trunk group or server group counts as many as it has members */
#define PLAN_EXCLUDED_MAX 16
#define PLAN_EMERGENCY_MAX 16
#define PLAN_URI_MAX 255

struct plan;

enum plan_status_check {		      /* `dial-peer outbound status-check pots`, rule 1.5 */
			 PLAN_STATUS_DEFAULT, /* skip a peer that is down; none left: 34 */
			 PLAN_STATUS_CHECK,   /* skip it; none left: 1 */
			 PLAN_STATUS_IGNORE,  /* try it all the same */
};

#define PLAN_CODE_MAX 8

#define PLAN_FACTORY_MAX 16
#define PLAN_CONFERENCES_DEFAULT 8
#define PLAN_CONFERENCE_PARTIES_DEFAULT 3
#define PLAN_CONFERENCE_PARTIES_MAX 16

struct plan_conference {		       /* of call-manager-fallback */
	char factory[PLAN_FACTORY_MAX + 1];    /* `conference factory NUMBER`; empty: none */
	unsigned conferences_max, parties_max; /* 0: the defaults */
	unsigned per_telephone_max; /* `conference per-telephone`; 0: as many as there may be */
	enum {
		PLAN_DROP_NEVER,
		PLAN_DROP_CREATOR, /* `conference drop-mode creator` */
	} drop_mode;
};

struct plan_options {
	unsigned hunt;	     /* `dial-peer hunt`, 0..7, rule 4.5 */
	bool permit_default; /* `dial-peer default permit`: peer 0 exists (rule 2.7) */
	/* `dial-peer compat empty-ani`, rule 2.5. Of the pattern that fitted, the calling number of the
	 * other leg is what a number can hold: its literal digits. */
	bool empty_ani;
	bool tie_deterministic; /* `dial-peer tie deterministic`, rule 4.6 */
	enum plan_status_check status_check;
	bool overlap_safe; /* `dial-peer overlap-safe`, rule 5.6 */
	char terminator;   /* `dial-peer terminator`; 0: # */
	struct number_plan number_plan;
	/* `emergency 112 911`: as dialled, or as num-exp and the profiles on the way in leave it.
	 * Routed at once, whatever COR, max-conn, max-calls and reject rules say; never to a telephone,
	 * and those of telephones to the telephone network before anywhere else. */
	char emergency[PLAN_EMERGENCY_MAX][NUMBER_DIGITS_MAX + 1];
	bool
	    emergency_preempt; /* `emergency preempt`: takes the channel of another call if need be */
	/* `voice hunt` and `no voice hunt`: bit (cause % 8) of byte (cause / 8) */
	uint8_t hunt_on[16], hunt_stop[16];
	char voip_profile[TRANSLATION_PROFILE_NAME_MAX + 1]; /* voip-incoming translation-profile */
	bool no_sip_to_sip;				     /* no `allow-connections sip to sip` */
	bool redirect_server;				     /* `redirect ip2ip` for all */
	char call_pickup[PLAN_CODE_MAX + 1]; /* `call-pickup CODE` of telephones; empty: none */
	struct plan_conference conference;
	bool uri_user_first; /* `voice class uri sip preference user-id host` (rule 2.3) */
};

enum plan_peer_state {
	PLAN_PEER_UP,
	PLAN_PEER_BUSIED_OUT, /* keepalive failed, rule 1.4 */
	PLAN_PEER_PORT_DOWN,  /* voice port or trunk down, rule 1.5 */
};

/* Of a target: a port ("1:D") of a trunk group, or a server ("ipv4:10.1.1.1") of a server group. */
struct plan_target_status {
	bool down;
	bool failing;		 /* servers: the last calls failed, others go before it */
	unsigned busy, channels; /* ports: B channels in use, and all that are in service */
	uint64_t
	    idle_since; /* ports: rising clock, when the channel that is idle longest became so */
	uint64_t last_used; /* rising clock */
};

struct plan_group_calls { /* up at this moment through a trunk group, for max-calls */
	unsigned in, out;
};

struct plan_peer_status {
	enum plan_peer_state state;
	unsigned calls;	    /* up at this moment, for max-conn */
	uint64_t last_used; /* any rising clock, for least recently used */
};

enum plan_key { /* what chose the inbound peer */
		PLAN_KEY_NONE,
		PLAN_KEY_PHONE,		 /* the caller is a telephone that is registered */
		PLAN_KEY_URI,		 /* incoming uri */
		PLAN_KEY_CALLED,	 /* incoming called-number */
		PLAN_KEY_ANSWER_ADDRESS, /* answer-address */
		PLAN_KEY_CALLING,	 /* destination-pattern against the calling number */
		PLAN_KEY_PORT,
		PLAN_KEY_CARRIER, /* carrier-id source */
		PLAN_KEY_DEFAULT, /* peer 0 */
};

enum plan_step { /* what a note tells; the members of struct plan_note that are set, in brackets */
		 PLAN_STEP_NORMALIZED, /* (which, before, after) `voice number-plan` */
		 PLAN_STEP_TRANSLATED, /* (which, place, name, set, rule, before, after) after
					  NULL: the rule makes no number, or one too long */
		 PLAN_STEP_BLOCKED,    /* (which, place, name, set, rule, cause) a reject rule */
		 PLAN_STEP_INBOUND,   /* (peer, key, text: the pattern, "via CLASS", carrier or port
					  that fitted, length, also: as in struct plan_inbound)
					  peer NULL: none fits */
		 PLAN_STEP_EMPTY_ANI, /* (which, peer, before, after) `compat empty-ani` */
		 PLAN_STEP_FULL, /* (name: trunk group, cause) max-calls for calls that come in */
		 PLAN_STEP_NUM_EXP,   /* (text: the num-exp, before, after) */
		 PLAN_STEP_EMERGENCY, /* (after) the number is an emergency number */
		 PLAN_STEP_GROUP, /* (peer: inbound, text: "dpg 7", "provision-policy 1 from to") */
		 PLAN_STEP_FITS,  /* (peer, text: the pattern, length) */
		 PLAN_STEP_EXCLUDED,  /* (peer, reason, text: more about it; target: only that port,
				server or trunk group) */
		 PLAN_STEP_CANDIDATE, /* (peer, target, position) in hunt order */
		 PLAN_STEP_STRIPPED, /* (peer, text: "digit-strip", "forward-digits 4", before, after) */
		 PLAN_STEP_PREFIXED,	/* (peer, text, before, after) */
		 PLAN_STEP_RENDERED,	/* (which, peer, target, text: the format, before, after) */
		 PLAN_STEP_SITE_NUMBER, /* (which, peer, target, before, after) dialplan-pattern */
		 PLAN_STEP_DEFAULT_DESTINATION, /* (before, after) is called instead */
		 PLAN_STEP_AFTER_HOURS, /* (cause) telephones may not call that now; of a trial */
		 PLAN_STEP_CAUSE,	/* (cause) nothing is left */
};

enum plan_which { /* which number */
		  PLAN_CALLED,
		  PLAN_CALLING,
		  PLAN_REDIRECTING,
};

enum plan_place { /* where a translation profile is configured */
		  PLAN_PLACE_VOICE_PORT,
		  PLAN_PLACE_TRUNK_GROUP,
		  PLAN_PLACE_VOIP_INCOMING,
		  PLAN_PLACE_SOURCE_GROUP,
		  PLAN_PLACE_PEER_INCOMING,
		  PLAN_PLACE_PEER_OUTGOING,
		  PLAN_PLACE_CALL_BLOCK,
};

#define PLAN_PHONE_MAX 63 /* characters of a telephone's name */

/* A telephone that is registered here: a destination pattern that comes and goes. Its settings are
 * those of the dial peer of its pool (struct peer, pool), which others share. */
struct plan_phone {
	uint32_t tag;			    /* of that peer */
	char name[PLAN_PHONE_MAX + 1];	    /* under which it is registered; digits: its number */
	char pattern[PEER_PATTERN_MAX + 1]; /* its number, or an alias of it */
	uint8_t preference;
	bool huntstop;
	bool standby; /* for calls from the telephone network it comes last: its manager is there */
};

/* false: no more of this kind are needed. */
typedef bool (*plan_phone_fn)(void *arg, const struct plan_phone *phone);

struct plan_note { /* lent for the duration of the call */
	enum plan_step step;
	enum plan_which which;
	enum plan_place place;
	const struct peer *peer, *also;
	const char *name, *text, *target;
	unsigned set, rule, length, position, cause;
	int key, reason; /* enum plan_key, enum plan_reason */
	const struct number *before, *after;
};

struct plan_request {
	enum peer_kind inbound_kind; /* the leg the call came in on */
	struct number called;	     /* as they came: the plan makes every change itself */
	struct number calling;
	struct number redirecting;
	const char *port; /* pots: "1:D"; else NULL */
	/* SIP: URIs by enum peer_uri, without < > and header parameters; NULL: none. The Via is its
	 * sent-by or received address as a URI ("sip:10.1.1.1:5060"). */
	const char *uris[PEER_URI_COUNT];
	const char *carrier; /* SIP: cic or tgrp parameter (RFC 4694, RFC 4904); NULL: none */
	uint8_t source_family,
	    source[16]; /* SIP: address it came from, family 4 or 6; 0: unknown */
	bool data;	/* unrestricted digital information: not every peer can carry it */
	uint32_t random;
	/* Digit by digit: a pattern must take all of called. En bloc patterns are open on the right
	 * (rule 4.3). */
	bool collected;
	/* State of a peer. NULL: all are up and idle. */
	struct plan_peer_status (*status)(void *arg, const struct peer *peer);
	void *status_arg;
	/* State of a target of a group. NULL: all are up and idle. */
	struct plan_target_status (*target)(void *arg, const char *target);
	void *target_arg;
	/* Calls of a trunk group. NULL: it has none. */
	struct plan_group_calls (*group_calls)(void *arg, const char *name);
	void *group_calls_arg;
	/* Told every step, for `sipspan explain`; NULL: nobody asks. */
	void (*note)(void *arg, const struct plan_note *note);
	void *note_arg;
	/* SIP: the caller is a telephone of the pool with this dial peer; 0: he is none */
	uint32_t phone_tag;
	/* Calls fn for each telephone whose pattern fits this number, or, with longer, could fit if
	 * more digits followed, those with the fewest first. NULL: there are none. */
	void (*phones)(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg);
	/* A number of this site becomes what its telephones are shown (its extension), or what others
	 * are (E.164). false: it is none, or there are no two forms of it. NULL: never. */
	bool (*site_number)(void *arg, bool to_phone, struct number *number);
	/* What is called instead of a number that fits nothing, for calls from the telephone network.
	 * false: nothing. NULL: never. */
	bool (*default_destination)(void *arg, struct number *number);
	/* Is no call manager there, for everybody or for this telephone (phone_tag; 0: none)? NULL: there
	 * is one. */
	bool (*fallback)(void *arg, uint32_t phone_tag);
	void *phones_arg; /* of all four */
};

enum plan_reason { /* why a peer that fitted was left out */
		   PLAN_REASON_SHUTDOWN,
		   PLAN_REASON_NO_TARGET,
		   PLAN_REASON_BUSIED_OUT,
		   PLAN_REASON_PORT_DOWN,
		   PLAN_REASON_MAX_CONN,
		   PLAN_REASON_AFTER_HUNTSTOP,
		   PLAN_REASON_BEARER, /* carries audio only, or data only */
		   PLAN_REASON_COR,    /* class of restriction */
		   PLAN_REASON_NUMBERING_TYPE,
		   PLAN_REASON_REJECTED,   /* by its outgoing translation profile */
		   PLAN_REASON_TOO_LONG,   /* with its prefix, or rules make no number of it */
		   PLAN_REASON_MISSING,	   /* it refers to what is not configured */
		   PLAN_REASON_MAX_CALLS,  /* of its trunk group; never for emergency calls */
		   PLAN_REASON_TOO_MANY,   /* PLAN_CANDIDATES_MAX others go before it */
		   PLAN_REASON_SIP_TO_SIP, /* no `allow-connections sip to sip` */
		   PLAN_REASON_EMERGENCY,  /* a hunt group: nobody's telephone is called for help */
		   PLAN_REASON_FALLBACK, /* in_fallback, and a call manager is there, or no telephone */
};

struct plan_candidate {
	const struct peer *peer; /* these live as long as the plan */
	const char *target; /* "1:D"; or as `session target` has it: "ipv4:10.1.1.1", "enum:1" */
	const struct trunk_group *trunk_group;	 /* that target is a member of, or NULL */
	const struct server_group *server_group; /* that target is a server of, or NULL */
	const struct enum_table *enum_table;	 /* of target "enum:N", else NULL */
	const struct hunt_group *hunt_group;	 /* of target "hunt-group:N", else NULL */
	char phone[PLAN_PHONE_MAX + 1]; /* peer of a pool: the name that is called; else empty */
	bool standby;			/* and its call manager had its turn */
	struct number called;		/* what goes out on this peer (rules 3 and 7); the digits
				    may hold commas: pauses on analogue ports */
	struct number calling, redirecting;
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
	bool emergency; /* an emergency number was dialled */
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
	bool emergency;	       /* the digits are an emergency number: route at once */
};

struct plan_inbound {
	const struct peer *peer;
	enum plan_key key;
	const struct peer *also; /* fitted as well as peer: the configuration is ambiguous (2.4) */
	/* The trunk group that it comes in through has as many calls as `max-calls` lets in: refuse it
	 * with cause 34. Never for an emergency number; with digits yet to come it may become one. */
	bool full;
	unsigned blocked; /* by its call-block: the cause to refuse the call with; 0: it is not,
			     as an emergency call never is */
};

struct plan *plan_new(const struct plan_options *options); /* NULL: out of memory */
/* Copies the peer. -EEXIST: tag is taken; -EINVAL: a pattern is wrong, why says how. */
int plan_add_peer(struct plan *plan, const struct peer *peer, char *why, size_t why_size);
/* The objects that peers refer to, in any order, before plan_seal(); each is copied, rules and maps
 * become the plan's own, whatever is returned. -EEXIST: configured already; -EINVAL: wrong, why says how;
 * -ENOMEM. */
int plan_add_translation_rules(struct plan *plan, unsigned set, struct translation_rules *rules);
int plan_add_translation_profile(struct plan *plan, const struct translation_profile *profile);
int plan_add_pattern_map(struct plan *plan, unsigned number, struct pattern_map *map);
int plan_add_peer_group(struct plan *plan, const struct peer_group *group);
int plan_add_server_group(struct plan *plan, const struct server_group *group);
int plan_add_trunk_group(struct plan *plan, const struct trunk_group *group);
int plan_add_port(struct plan *plan, const struct plan_port *port);
int plan_add_uri_class(struct plan *plan, const struct uri_class *class, char *why,
		       size_t why_size);
int plan_add_cor_list(struct plan *plan, const struct cor_list *list);
int plan_add_source_group(struct plan *plan, const struct source_group *group);
int plan_add_provision_policy(struct plan *plan, const struct provision_policy *policy);
int plan_add_num_exp(struct plan *plan, const struct num_exp *num_exp, char *why, size_t why_size);
int plan_add_enum_table(struct plan *plan, const struct enum_table *table);
/* Its pilot is a peer that is added as any other. */
int plan_add_hunt_group(struct plan *plan, const struct hunt_group *group);
/* A peer that refers to what does not exist is down (plan_peer_missing()). 0 or -ENOMEM. */
int plan_seal(struct plan *plan);
/* What the peer refers to and the plan does not have ("translation-profile x"), or NULL. */
const char *plan_peer_missing(const struct plan *plan, const struct peer *peer);
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan);

/* 0 and *out, or -ENOENT: nothing fits and there is no peer 0 (the call is refused, cause 21). Tells
 * the number changes of the port, trunk group or source and `voice number-plan`; plan_route() makes
 * them again, and does not tell them again. */
int plan_match_inbound(const struct plan *plan, const struct plan_request *request,
		       struct plan_inbound *out);

/* Fills *out with the targets to try in hunt order, each with the numbers to send. request is the same
 * as for plan_match_inbound(): number changes begin with the numbers as they came. inbound is the
 * peer that it found, or NULL. */
void plan_route(const struct plan *plan, const struct plan_request *request,
		const struct peer *inbound, struct plan_route *out);

/* `allow-connections sip to sip`: takes out of a route what leads from SIP to SIP if the plan does not
 * allow that, never of an emergency call. Nothing left: cause 21. Not before the caller could be told to
 * call there himself. */
void plan_drop_sip_to_sip(const struct plan *plan, const struct plan_request *request,
			  struct plan_route *route);
/* `redirect ip2ip`: SIP callers that come in by this peer are told where to call SIP themselves. */
bool plan_redirects(const struct plan *plan, const struct peer *inbound);

/* F and M of the digits in request->called, after the number changes that come before the outbound
 * search. A look-up costs as much as plan_route(), whatever the number of peers. */
void plan_fit_digits(const struct plan *plan, const struct plan_request *request,
		     const struct peer *inbound, struct plan_fit *out);
/* Does a dial peer or a `voice-port` speak of this port, in any spelling? */
bool plan_has_port(const struct plan *plan, const char *port);
/* `connection plar` of a port: the number that a call from there dials; NULL: none. */
const char *plan_port_plar(const struct plan *plan, const char *port);
/* Has this number to be treated as one for emergency calls? */
bool plan_is_emergency(const struct plan *plan, const struct number *called);
/* ... or one that it could become if more digits followed? */
bool plan_may_be_emergency(const struct plan *plan, const struct number *called);
/* What `redirect-target` of the peer's profiles makes of a number that the call is sent on to. */
void plan_translate_target(const struct plan *plan, const struct peer *peer, struct number *number);
/* The trunk group of a port, or NULL; a server group, an enum-match-table, or
 * NULL. */
const struct trunk_group *plan_port_group(const struct plan *plan, const char *port);
const struct server_group *plan_server_group(const struct plan *plan, unsigned number);
const struct enum_table *plan_enum_table(const struct plan *plan, unsigned number);
const struct hunt_group *plan_hunt_group(const struct plan *plan, unsigned number);
const struct plan_options *plan_options(const struct plan *plan);

/* Does a call that failed with this cause go on to the next candidate? (rule 4.8) */
bool plan_hunts_on(const struct plan *plan, unsigned cause);

/* All peers in order of their tags, for `show dial-peer voice`. */
size_t plan_peer_count(const struct plan *plan);
const struct peer *plan_peer_at(const struct plan *plan, size_t i);

const char *plan_key_name(enum plan_key key);
const char *plan_reason_name(enum plan_reason reason);

#endif
