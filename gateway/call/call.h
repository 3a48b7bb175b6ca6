/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * call - two legs, one bridge, one cause.
 *
 * An inbound leg asks for a call (call_new); the call routes it, makes outbound legs one after
 * another until one is answered or the routes are used up, joins the two in the media process, and
 * at the end writes one call record. The states and what each event does in them stand above the
 * table in call.c.
 *
 * One struct office holds what all calls share: plan, leg kinds, media, history.
 * The office outlives its calls. IDs count up from 1 and are never used twice in a run; look a call
 * up by id (call_find) instead of keeping a pointer.
 */
#ifndef GATEWAY_CALL_CALL_H
#define GATEWAY_CALL_CALL_H

#include <stdio.h>
#include <time.h>

#include "dialplan/plan.h"
#include "gateway/call/cause_table.h"
#include "gateway/call/leg.h"
#include "gateway/call/threshold.h"

struct office;
struct media_client;
struct cdr;

struct call_port {	     /* how an inbound leg's port collects digits; 0 and NULL: defaults */
	unsigned initial_ms; /* until the first digit: 10 s */
	unsigned interdigit_ms; /* until the next one that is needed: 10 s */
	unsigned match_ms;	/* until the number that could be complete is: as interdigit_ms */
	const char *dial_tone, *ringback; /* tones.h's notation, valid as long as the office */
};

struct office_config {
	struct plan *plan;	     /* a reference is taken */
	struct media_client *media;  /* may be NULL in tests: no bridge is made */
	struct cdr *cdr;	     /* may be NULL: no records */
	struct cause_tables *causes; /* a reference is taken; NULL: nothing is configured */
	unsigned cause_table;	     /* what `sip-ua` says of them */
	unsigned calls_max;	     /* 0: no limit; above it: cause 42 */
	struct threshold_rules thresholds;
	unsigned history_max;	  /* calls kept for `show call history`; 0: 100 */
	unsigned direct_after_ms; /* direct.h; 0: DIRECT_AFTER_MS */
	/* State of a peer beyond what the office knows itself (calls, last use); may be NULL. */
	enum plan_peer_state (*peer_state)(void *arg, const struct peer *peer);
	void *peer_state_arg;
	/* State of a target of a trunk group or server group; may be NULL. last_used is the
	 * office's. */
	struct plan_target_status (*target_state)(void *arg, const char *target);
	void *target_state_arg;
	/* The port of an inbound pots leg; may be NULL. */
	void (*port)(void *arg, const char *port, struct call_port *out);
	void *port_arg;
};

int office_new(void *ctx, const struct office_config *config, struct office **out);
/* A new configuration: for calls from now on; those that are up keep the plan they have. Peers are
 * known by tag, their calls and last use stay. */
void office_set_plan(struct office *office, struct plan *plan); /* a reference is taken */
/* The same of its cause tables; they belong to the plan. */
void office_set_causes(struct office *office, struct cause_tables *tables, unsigned table);
/* Takes cdr, calls_max, thresholds and history_max of config. -ENOMEM: nothing has
 * changed. */
int office_change(struct office *office, const struct office_config *config);
void office_free(struct office *office); /* clears calls that are up, cause 41 */
void office_register_kind(struct office *office, enum peer_kind kind, leg_make make, void *arg);
struct plan *office_plan(const struct office *office); /* borrowed */
/* Telephones that are registered, as `phones` of struct plan_request has them. */
typedef void (*office_phones_fn)(void *arg, const char *called, bool longer, plan_phone_fn fn,
				 void *fn_arg);
/* The contacts of one of them, best first; how many. uri is lent until the loop goes on. */
#define OFFICE_CONTACTS_MAX 16
struct office_contact {
	const char *uri;
	uint16_t q; /* thousandths; those with the same q ring together */
};
typedef unsigned (*office_contacts_fn)(void *arg, const char *name,
				       struct office_contact out[OFFICE_CONTACTS_MAX]);

enum office_forward { /* calls to a telephone: which of them go elsewhere */
		      OFFICE_FORWARD_ALL,
		      OFFICE_FORWARD_BUSY,
		      OFFICE_FORWARD_NO_ANSWER,
		      OFFICE_FORWARD_UNREACHABLE, /* not registered, or it does not answer at all */
};

struct office_forwarding {
	struct number to;
	unsigned after_s; /* NO_ANSWER */
	uint32_t by;	  /* the dial peer of its pool: rules for `redirect-target` */
};

struct office_phones { /* of the site; what is NULL is never asked */
	office_phones_fn find;
	office_contacts_fn contacts; /* NULL: the best one alone is called */
	/* As `site_number`, `default_destination` and `fallback` of struct plan_request. */
	bool (*site_number)(void *arg, bool to_phone, struct number *number);
	bool (*default_destination)(void *arg, struct number *number);
	bool (*fallback)(void *arg, uint32_t tag);
	/* Where such calls to this number, which may be no telephone's, go; false: nowhere. */
	bool (*forward)(void *arg, const char *number, enum office_forward when,
			struct office_forwarding *out);
	/* May a telephone of the pool with this dial peer not call this number now? */
	bool (*blocks)(void *arg, uint32_t tag, const char *called);
	void *arg;
	unsigned timeout_s; /* for those with one q to answer before the next are called; 0: none */
};

/* NULL: there are none. */
void office_use_phones(struct office *office, const struct office_phones *phones);

/* ---- for legs */

/* The dial peer that a call from such a leg comes in on, as call_new() finds it: it decides the
 * leg's codecs and DTMF relay. Peer 0 is one with nothing configured. NULL: none, call_new() will
 * refuse. Valid as long as the office holds its plan. */
const struct peer *office_inbound_peer(struct office *office, enum peer_kind kind,
				       const struct call_setup *setup, const char *port);
/* Does a dial peer match the request URI of a call from such a leg, whatever its number is? */
bool office_knows_uri(struct office *office, enum peer_kind kind, const struct call_setup *setup);
/* State of peers and targets, for whoever asks the plan: sets status, target and their arguments. */
void office_fill_state(struct office *office, struct plan_request *request);
/* Does a call from there need no called number: because it is dialled behind dial tone, or by
 * `connection plar`? */
bool office_dials_later(struct office *office, enum peer_kind kind, const struct call_setup *setup,
			const char *port);

/* May there be another call? To be asked by legs that can refuse one before anything is made for it;
 * call_new() asks for the others. 0, or the cause to refuse it with (OFFICE_RETRY_AFTER_S). Calls to
 * emergency numbers always may. Marks setup as asked about. */
/* Does it call for help? */
bool office_is_emergency(struct office *office, enum peer_kind kind,
			 const struct call_setup *setup);
unsigned office_refuses(struct office *office, enum peer_kind kind, struct call_setup *setup);
#define OFFICE_RETRY_AFTER_S 10

/* Takes the inbound leg over and routes at once, or collects digits first: if setup says
 * CALLED_OVERLAP, and with tones if the inbound peer says `no direct-inward-dial` (the leg is
 * ordered to answer). port: "1:D" for pots legs, else NULL. Returns NULL
 * only if there is no memory: then the leg is still the caller's. A call that cannot be routed
 * releases its leg from the loop, with the cause, like any other failure. */
struct call *call_new(struct office *office, struct leg *inbound, const struct call_setup *setup,
		      const char *port);
/* Report an event of a leg. data: see enum call_event. */
void call_event(struct leg *leg, enum call_event event, const void *data);
/* Report a supplementary service. Only those named ..._ASKED have an answer: true, it will be
 * done (from the loop; the leg tells its far end first), or false, it will not. LEG_REFER_ASKED is
 * begun at once: its news may come before this returns. */
bool call_service(struct leg *leg, const struct leg_service *service);
/* A leg that nobody has asked a call for takes the place of one that has a call: of an answered one,
 * or of an outbound one that is not answered yet. It is ordered to answer before this returns, and
 * old to be released. by: who is there. false: not in this state; new is still the caller's. */
bool call_replace_leg(struct leg *old, struct leg *new, const struct party *by);
/* A leg whose LEG_REFER_ASKED was granted gets its news, the last of which is never left out, until
 * it says so; at the latest when it is freed. Is there still news to come? */
void call_forget_transfer(struct leg *leg);
bool call_awaits_transfer(const struct leg *leg);
/* One message of the leg's protocol for the ladder: "INVITE", "SETUP". */
enum call_direction {
	CALL_RECEIVED,
	CALL_SENT,
};
void call_trace(struct leg *leg, enum call_direction direction, const char *text);
uint32_t call_id(const struct call *call);
/* For legs that share a scarce thing, such as channels: may the call lose it to an emergency call? */
bool call_may_be_preempted(const struct call *call);
/* The same for this emergency call, which may be made for a party of the other one. */
bool call_may_be_preempted_by(const struct call *call, const struct call *emergency);
/* Clears it for the emergency call, cause 8 on both sides; its legs hear it before this returns. */
void call_preempt(struct call *call, const struct call *emergency);
/* What a final answer, BYE or CANCEL that came on a SIP leg means, by the tables that hold for it. */
struct cause call_cause_of_answer(const struct leg *leg, const struct cause_answer *answer);
struct cause call_cause_of_request(const struct leg *leg, const struct cause_reason *reason,
				   enum cause_reason_use use, bool cancelled);
/* Does a leg that fails so make room for the next one (rule 4.8)? */
bool call_hunts_on(const struct call *call, const struct cause *cause);
/* Is there another dial peer or server to try after the one that is being tried? */
bool call_has_other_routes(const struct call *call);
/* For services between legs of one protocol; NULL: it is gone. */
struct leg *call_inbound_leg(const struct call *call);
/* The protocol's own name of the call (SIP Call-ID), kept for the call record; first one wins. */
void call_set_name(struct call *call, const char *name);

/* ---- for media: digits heard or received on an end */
void office_media_digit(struct office *office, uint32_t end, char digit, unsigned duration_ms);

/* ---- for the console and call records */

#define CALL_TRACE_MAX 96

struct call_trace_line {   /* every call has room for all: small */
	uint32_t at;	   /* 0.1 ms since its setup */
	uint8_t leg;	   /* 0 inbound; 1 and up: outbound attempts in order */
	uint8_t direction; /* enum call_direction */
	char text[34];	   /* as much as the ladder shows */
};

enum call_service_flag {			    /* what happened to a call */
			 CALL_TRANSFERRED = 1 << 0, /* its parties were joined by the exchange */
			 CALL_JOINED = 1 << 1,	    /* ... or here, with those of another call */
			 CALL_DEFLECTED = 1 << 2,
			 CALL_MALICIOUS = 1 << 3,
			 CALL_ELSEWHERE = 1 << 4, /* not missed: another telephone took it */
			 CALL_CONFERENCE = 1 << 5,
			 CALL_MEDIA_DIRECT = 1 << 6, /* its audio went past the gateway */
};

struct call_replacement { /* another leg has taken the place of one that was answered */
	bool made;
	char number[NUMBER_DIGITS_MAX + 2]; /* who is there now; empty: unknown */
	bool withheld;			    /* he does not want to be shown */
};

struct call_summary {
	uint32_t id;
	char name[128];	   /* SIP Call-ID of the first SIP leg, or empty */
	const char *state; /* "ACTIVE" */
	/* called: COLLECTING: the digits so far */
	char calling[NUMBER_DIGITS_MAX + 2], called[NUMBER_DIGITS_MAX + 2];
	char redirecting[NUMBER_DIGITS_MAX + 2], connected[NUMBER_DIGITS_MAX + 2]; /* or empty */
	/* as they went out on the last outbound leg */
	char called_sent[NUMBER_DIGITS_MAX + 2], calling_sent[NUMBER_DIGITS_MAX + 2];
	struct call_replacement replaced[2]; /* by side: the numbers above are of who was there */
	bool calling_withheld;		     /* the caller does not want to be shown */
	bool emergency;
	bool media_direct; /* its audio goes past the gateway */
	char source[64];   /* where it comes from: "1:D", "sip:10.1.1.1:5060", or empty */
	char called_type[24], calling_type[24]; /* as they came: "national/isdn" */
	uint8_t bearer;
	uint32_t peer_in, peer_out;		   /* tags, 0 if none */
	char kinds[2][12];			   /* "sip", "isdn", "transfer", "" */
	struct timespec setup, alert, answer, end; /* tv_sec 0: did not happen; wall clock */
	struct cause cause;			   /* q850 0 while it lasts */
	int8_t ended_by;  /* 0 inbound leg, 1 outbound leg, -1 the gateway; meaningful at end */
	uint8_t services; /* enum call_service_flag */
	struct leg_charge charge; /* the last that was said */
	struct leg_report leg[2];
	char guid[GUID_TEXT_MAX];
	unsigned trace_count;
	struct call_trace_line trace[CALL_TRACE_MAX];
};

struct call *call_find(struct office *office, uint32_t id);
unsigned office_call_count(const struct office *office);
/* Calls fn for each call that is up, oldest first; fn returns false to stop. summary is lent. */
void office_each_call(struct office *office, bool (*fn)(void *arg, const struct call_summary *),
		      void *arg);
/* The same without what the legs report: state and numbers, at little cost. */
void office_each_call_state(struct office *office,
			    bool (*fn)(void *arg, const struct call_summary *), void *arg);
/* fn is called when a call's state or numbers have changed, the last time with "CLEARED"; it may not
 * touch the call. One watcher. summary is lent. */
typedef void office_watch_fn(void *arg, const struct call_summary *summary);
void office_watch(struct office *office, office_watch_fn *fn, void *arg);
/* Ended calls, newest first. */
void office_each_past_call(struct office *office,
			   bool (*fn)(void *arg, const struct call_summary *), void *arg);
/* A call by id, up or past. 0 or -ENOENT. */
int office_call_summary(struct office *office, uint32_t id, struct call_summary *out);
/* The ladder of SIP and Q.931 messages, ready to print, line by line. */
void call_ladder(const struct call_summary *summary, void (*line)(void *arg, const char *text),
		 void *arg);
/* Clear a call from the console. 0 or -ENOENT. */
int office_clear_call(struct office *office, uint32_t id, unsigned cause);
/* ---- supplementary services from the console: see leg.h for the errors; -ENOENT no such call */
/* Has the far ends of legs of two calls, or of the two legs of one (second 0), joined by their
 * exchange or SIP neighbour. -EPROTO: there are no two legs of one kind that can. */
int office_transfer_calls(struct office *office, uint32_t first, uint32_t second);
int office_deflect_call(struct office *office, uint32_t id, const struct number *to);
int office_identify_call(struct office *office, uint32_t id);
/* "5 units", "1.250 EUR so far", "free"; empty if nothing was said. */
void call_charge_text(const struct leg_charge *charge, char *text, size_t size);
/* "transferred malicious"; empty if nothing happened. */
void call_services_text(unsigned services, char *text, size_t size);

/* ---- `call service stop` for legs of that kind: no new calls from there, nor to there (the plan sees
 * their peers busied out); those that are up go on */
void office_stop(struct office *office, enum peer_kind kind, bool stopped);
bool office_is_stopped(const struct office *office, enum peer_kind kind);
unsigned office_calls_of_kind(const struct office *office, enum peer_kind kind);
/* Clears them with cause 41, but for emergency calls; returns how many. */
unsigned office_clear_kind(struct office *office, enum peer_kind kind);

enum office_refusal {					     /* enum threshold_refusal, and: */
		      OFFICE_CALLS_MAX = THRESHOLD_REFUSALS, /* `call threshold N` */
		      OFFICE_STOPPED,
		      OFFICE_REFUSALS
};

const struct threshold *office_threshold(const struct office *office);
unsigned long office_refused(const struct office *office, enum office_refusal refused);
const char *office_refusal_name(enum office_refusal refused);

/* ---- causes and SIP statuses, for `show sip-ua map` */
struct office_cause_counts { /* answers since the start, or since they were cleared */
	uint64_t to_sip[CAUSE_Q850_MAX + 1];			 /* by the Q.850 cause */
	uint64_t from_sip[CAUSE_SIP_LAST - CAUSE_SIP_FIRST + 1]; /* by status - CAUSE_SIP_FIRST */
};
const struct office_cause_counts *office_cause_counts(const struct office *office);
void office_clear_cause_counts(struct office *office);
/* What `sip-ua` says. */
void office_cause_view(const struct office *office, struct cause_view *out);

struct office_hunt_counts {	/* of a hunt group */
	unsigned long calls;	/* to its pilot */
	unsigned long answered; /* by a member */
	unsigned long final;	/* by the number behind all members */
};
struct office_hunt_counts office_hunt_counts(const struct office *office, unsigned number);

/* Calls up per peer, for `show dial-peer voice summary`. */
unsigned office_peer_calls(const struct office *office, uint32_t tag);
struct plan_group_calls office_group_calls(const struct office *office, const char *name);

#endif
