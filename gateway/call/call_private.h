/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * call_private - what call.c, office.c and history.c share.
 */
#ifndef GATEWAY_CALL_CALL_PRIVATE_H
#define GATEWAY_CALL_CALL_PRIVATE_H

#include <osmocom/core/fsm.h>
#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "dialplan/collect.h"
#include "gateway/call/call.h"
#include "gateway/call/direct.h"

#define OFFICE_PEERS_HASH_BITS 8
#define OFFICE_TARGETS_HASH_BITS 6

enum call_state {
	CALL_ROUTING,	 /* the number is being looked up, the next leg is being made */
	CALL_COLLECTING, /* the caller is dialling, the plan does not know where to yet */
	CALL_CALLING,	 /* outbound leg made, nothing heard of it */
	CALL_OVERLAP,	 /* it takes more digits */
	CALL_PROCEEDING,
	CALL_ALERTING,
	CALL_ACTIVE,
	CALL_ANNOUNCING, /* the outbound leg has gone, the caller hears why */
	CALL_CLEARED,	 /* legs let go, record written; freed from the loop */
	CALL_STATE_COUNT
};

enum call_fsm_event { /* what the table of states knows: events by the leg they came from */
		      EV_IN_MEDIA,
		      EV_IN_DIGIT,
		      EV_IN_NUMBER_COMPLETE,
		      EV_IN_IDENTITY,
		      EV_IN_HOLD,
		      EV_IN_RETRIEVE,
		      EV_IN_RELEASED,
		      EV_OUT_OVERLAP, /* the first of the outbound leg */
		      EV_OUT_PROCEEDING,
		      EV_OUT_ALERT,
		      EV_OUT_PROGRESS,
		      EV_OUT_ANSWER,
		      EV_OUT_MEDIA,
		      EV_OUT_DIGIT,
		      EV_OUT_IDENTITY,
		      EV_OUT_HOLD,
		      EV_OUT_RETRIEVE,
		      EV_OUT_RELEASED,
		      EV_NO_ROUTE,   /* routing found nothing, or the last route failed */
		      EV_CLEAR,	     /* console, shutdown */
		      EV_UNANSWERED, /* the call's own timers */
		      EV_NO_DIGIT,
		      EV_COUNT
};

struct event_data {
	const void *data;
};

enum call_dialling { /* how the called number comes */
		     DIALLED_EN_BLOC,
		     DIALLED_OVERLAP,	/* digit by digit from signalling */
		     DIALLED_TWO_STAGE, /* the call is answered, its audio has the digits */
};

struct call {
	struct llist_head entry; /* office->calls */
	struct office *office;
	struct osmo_fsm_inst *fi;
	struct leg *leg[2]; /* inbound, outbound; NULL: none */
	uint8_t attempt;    /* number of the outbound leg, from 1 */
	struct call_setup setup;
	struct plan *plan;	    /* held: routes point into it */
	const char *port;	    /* of a pots leg, or NULL: as call_new() has it */
	const struct peer *inbound; /* or NULL */
	/* What all but emergency calls are refused for: by its call-block (the cause, or 0), or by
	 * max-calls of group_in. */
	uint8_t blocked;
	bool full;
	struct {
		enum call_dialling how;
		struct call_port port;
		struct collect collect; /* COLLECTING, and what came of it */
		/* Digits behind the decision: those up to sent have been dialled on. */
		char late[NUMBER_DIGITS_MAX + 1];
		unsigned sent;
		const char *tone; /* that the caller hears from here, NULL: none */
	} dialling;
	bool hunted; /* it calls a member of a hunt group: it counts with the call of its caller */
	bool heard;  /* the outbound leg has been: the caller was told of its tones */
	struct plan_route route;
	bool confers; /* the route: a conference has the number, there are no candidates */
	unsigned next_candidate;
	bool
	    preempts; /* an emergency call: its candidates are tried again, for channels of others */
	/* what its legs count in: trunk group in; target and trunk group out. NULL: none */
	struct office_target *group_in, *target_out, *group_out;
	struct cause cause; /* why, once known */
	int8_t ended_by;
	uint32_t bridge, bridged[2]; /* bridge and the ends it joins */
	struct direct {		     /* direct.c's own */
		enum direct_state state;
		uint8_t tries;
		struct leg_media told[2]; /* what each leg's far end was told of the other */
		struct osmo_timer_list later;
	} direct;
	struct call_summary summary;
	struct timespec started;		    /* monotonic: what the ladder counts from */
	struct {				    /* answers.c: what its causes mean in SIP */
		struct cause_tables *tables;	    /* held: they belong to the plan */
		unsigned table;			    /* of `sip-ua` */
		const struct peer *outbound;	    /* of the leg that was tried last, or NULL */
		const struct trunk_group *group[2]; /* of its legs, or NULL */
		unsigned without_circuit;	    /* attempts that found no channel free */
	} answers;
	struct osmo_timer_list later; /* what must not happen inside a leg's own call */
	/* what a leg has asked for and the loop will do: supplementary.c */
	struct osmo_timer_list service_later;
	uint32_t join_call;		     /* parties to be joined with those of this call */
	uint8_t join_side;		     /* the leg that goes */
	struct osmo_timer_list not_answered; /* forwarding.c */
	struct diversion *diversion; /* the outbound leg is to be made anew; NULL: never yet */
	struct transfer *transfer;   /* of one party to a number, under way, or NULL */
	bool holds[2];		     /* this leg's far end holds the other one */
};

struct office_peer { /* what the plan wants to know of a peer */
	struct hlist_node node;
	uint32_t tag;
	unsigned calls;
	uint64_t last_used;
	struct llist_head tallies; /* tally.c */
};

struct
    office_target { /* a target or a trunk group ("trunkgroup NAME"), by its text; kept for good */
	struct hlist_node node;
	char *text;
	unsigned calls[2]; /* in, out */
	uint64_t last_used;
};

struct office {
	struct llist_head entry; /* all offices: one in a gateway, several in tests */
	struct office_config config;
	struct {
		leg_make make;
		void *arg;
	} kind[2]; /* by enum peer_kind */
	struct office_cause_counts cause_counts;
	struct {
		office_watch_fn *fn; /* NULL: nobody watches */
		void *arg;
	} watch;
	struct llist_head conferences; /* conference.c */
	uint32_t conferences_begun;    /* the id of the last */
	unsigned long conferences_refused;
	struct llist_head hunts;     /* fork_hunt.c: struct hunt_state */
	struct office_phones phones; /* all zero: there are none */
	struct llist_head calls;
	unsigned calls_count, hunted_count; /* of them those that are `hunted` */
	/* admission.c */
	struct threshold *threshold;
	bool stopped[2]; /* by enum peer_kind */
	unsigned long refused[OFFICE_REFUSALS];
	uint64_t refusal_line_s;
	unsigned refusals_since_line;
	uint32_t last_id;
	uint64_t uses; /* rising clock for least recently used */
	DECLARE_HASHTABLE(peers, OFFICE_PEERS_HASH_BITS);
	DECLARE_HASHTABLE(targets, OFFICE_TARGETS_HASH_BITS);
	struct call_summary *past; /* ring of history_max */
	unsigned past_next, past_count;
};

extern struct llist_head offices;

const char *call_state_name(unsigned state);
const char *call_fsm_event_name(unsigned event);

struct plan_peer_status office_peer_status(void *office, const struct peer *peer);
/* Made if it is not there. NULL: no memory. */
struct office_peer *office_peer(struct office *office, uint32_t tag);
void office_peer_calls_add(struct office *office, uint32_t tag, int change);

/* A target or trunk group, made if it is not there. NULL: no memory. */
struct office_target *office_target(struct office *office, const char *text);
struct office_target *office_target_find(const struct office *office,
					 const char *text); /* or NULL */
struct office_target *office_trunk_group(struct office *office, const char *name);
void office_target_calls_add(struct office *office, struct office_target *target,
			     unsigned direction, int change);

/* What the plan is asked about a call from such a leg: the one place that fills it in. It borrows
 * from setup and port. */
void office_request(struct office *office, enum peer_kind kind, const struct call_setup *setup,
		    const char *port, struct plan_request *out);
/* `connection plar`: what the port dials for whoever calls is in setup then. */
bool office_dial_plar(const struct office *office, const char *port, struct call_setup *setup);
/* What the plan is asked about this call. */
void route_request(struct call *call, struct plan_request *request);
/* Finds the inbound peer, and then the routes. 0, or the Q.850 cause to refuse the call with. */
unsigned route_find_inbound(struct call *call, const struct plan_request *request);
unsigned route_find(struct call *call, const struct plan_request *request);
/* Tries the routes that are left until a leg could be made. false: none could; call->cause says
 * why. */
bool route_next(struct call *call);
/* What the outbound leg was made of; NULL: none has been tried, as in a call that was never routed, a
 * conference's for instance. */
const struct plan_candidate *route_candidate(const struct call *call);
/* The tone that says that it rings, of the country of the port that the call comes from or goes to;
 * NULL: there is none. */
const char *route_ringback(const struct call *call);
/* The outbound leg has failed so: is there another route to try? */
bool route_goes_on(struct call *call, const struct cause *cause);
/* The outbound leg has gone, or the inbound one: they no longer count. */
void route_left_outbound(struct call *call);
void route_left_inbound(struct call *call);

/* call.c: the one place where the state changes. */
void call_enter(struct call *call, enum call_state state, enum call_fsm_event event);
/* From ROUTING to the next outbound leg; without one the loop clears the call with call->cause. */
void call_route_on(struct call *call, enum call_fsm_event event);
/* Somebody else is called now: the time for the answer begins again. */
void call_waits_anew(struct call *call);
void call_bridge_close(struct call *call);
/* Joins the two ends as soon as there are two, and again when one of them has changed. */
void call_bridge_update(struct call *call);

/* clearing.c */
void call_clear(struct call *call, enum call_fsm_event event, int ended_by);
void call_let_go(struct call *call, int side); /* orders release with call->cause */
/* The outbound leg has failed with call->cause, and there is nowhere else to go. Is the caller to hear
 * a tone for that? Then the call is in ANNOUNCING, which ends with the tone. */
bool call_announces(struct call *call);

/* dialling.c: the called number, when it does not come at once.
 *
 * After route_find_inbound(): true: digits are collected, the call is in COLLECTING or beyond. */
bool dialling_collects(struct call *call, const struct plan_request *request);
/* The events of COLLECTING. */
void dialling_state(struct osmo_fsm_inst *fi, uint32_t event, void *data);
/* A digit of a number in overlap that comes before the answer, when the call is routed already: for
 * the outbound leg if that takes digits, else it is kept. */
void dialling_late_digit(struct call *call, const struct leg_digit *digit);
/* The outbound leg takes digits: those that it has not had. */
void dialling_pass_on(struct call *call);
/* It is answered: the same as tones. */
void dialling_play(struct call *call);
/* A new outbound leg has had none. */
void dialling_begin_anew(struct call *call);
/* A tone for the caller; NULL: silence. */
void dialling_tone(struct call *call, const char *tone);
/* The same one on the end that he has now. */
void dialling_tone_again(struct call *call);

/* pickup.c: is that what its caller has dialled? */
bool pickup_is_asked(const struct call *call);
/* From the loop: takes a call that rings, if there is one; call is over then. */
bool pickup_do(struct call *call);

/* fork_hunt.c: a call is over: its parties are idle from now on. */
void hunt_call_ended(struct call *call);
/* fork_hunt.c: a call of this inbound leg is part of the caller's. */
bool hunt_stands_for_caller(const struct leg *inbound);
/* fork_hunt.c: the call is that of a member of a hunt group, which decides what comes next. */
bool hunt_calls_member(const struct call *call);

/* answers.c: a call begins; a candidate is tried, and no leg could be made. */
void answers_begin(struct call *call);
void answers_inbound(struct call *call, const struct trunk_group *group);
void answers_try(struct call *call, const struct plan_candidate *candidate);
void answers_no_leg(struct call *call, const struct cause *why);
/* The outbound leg has said so, perhaps with a progress indicator: the caller is told what the dial peer
 * makes of it, and hears the tone that goes with it. */
void answers_proceeding(struct call *call, const struct progress *said);
void answers_progress(struct call *call, const struct progress *said);
void answers_alert(struct call *call, const struct progress *said);
/* It ends unanswered: chooses what the SIP caller is told. */
void answers_choose(struct call *call);
void answers_end(struct call *call);

/* admission.c: office_refuses() for a call whose leg has not asked; summary.emergency is known. */
unsigned office_refuses_call(struct call *call);

/* supplementary.c */
void supplementary_stop(struct call *call); /* its timer, before the call is freed */
/* The leg of call on that side makes room for the other leg of other, which ends. */
void calls_join(struct call *call, int side, struct call *other, int other_side);
/* The caller of by answers ringing in place of its outbound leg, and by ends. false: nothing has changed. */
bool calls_pick_up(struct call *ringing, struct call *by);
/* The leg on that side goes: whom it holds is held no more. */
void call_retrieve(struct call *call, int side);

/* The same of two calls that are up, and stay in the gateway; both parties are told who is there now. */
void calls_join_here(struct call *call, int side, struct call *other, int other_side);
/* Its leg is another call's from now on: the call goes on without it, or ends. */
struct leg *call_take_leg(struct call *call, int side);
/* In the place of the leg on that side, if there is one, which is released; by: who is at the new one. */
void call_put_leg(struct call *call, int side, struct leg *leg, const struct party *by,
		  struct cause why);

/* Who is at that side of the call, as far as is known. */
void call_party_at(const struct call *call, int side, struct party *out);

/* transfer.c: blind transfer. */
/* Where a leg that has asked for something is noted by who does it; see call_forget_transfer(). */
struct transfer_asker {
	struct leg *leg; /* NULL: it has had its last news */
};
void transfer_asks(struct transfer_asker *asker, struct leg *leg);
void transfer_tell(struct transfer_asker *asker, enum leg_transfer_state state,
		   const struct cause *cause);
bool transfer_ask(struct call *call, const struct leg *by, const struct call_setup *setup);
/* Of the party that a leg of transfer.c stands for; of any other leg: its own. */
enum peer_kind transfer_party_kind(const struct leg *leg);
/* A transfer is under way and does not need the leg on that side, which has been released: true, and
 * the call has let go of it. */
bool transfer_keeps(struct call *call, int side);
/* A party of call is being transferred by made. */
bool transfer_makes(const struct call *call, const struct call *made);
void transfer_media_changed(struct call *call);
void transfer_end(struct call *call); /* the call ends, and with it what is under way */

/* conference.c: is that what its caller has dialled? */
bool conference_is_called(const struct call *call);
/* Its outbound leg is a seat of that conference, and answers. false: there is no room, call->cause says
 * why. */
bool conference_seats(struct call *call);
/* Is one of its legs a seat? */
bool conference_has(const struct call *call);
/* The same; what the call has of media has changed. */
bool conference_media_changed(struct call *call);
/* call has a seat: can other, without its leg on that side, come into the conference? It does. */
bool conference_may_take(const struct call *call, const struct call *other);
bool conference_take(struct call *call, struct call *other, int side);
/* The leg by of that call wants a number to be called. */
bool conference_calls(struct call *call, struct leg *by, const struct call_setup *setup);

/* diversion.c: calls to another number, because the one called has said so. */
/* The outbound leg asks for it. false: no, there were too many, or it has been there. */
bool diversion_ask(struct call *call, const struct leg *leg, const struct leg_redirect *redirect);
/* Redirect server: the far end has been told where to call itself; the call is over. */
bool diversion_redirects(struct call *call);
/* The gateway itself sends the call on for who was called: the number called is another then, and
 * is to be routed. false: too often, or it has been there. by: whose rules change numbers, or NULL. */
bool diversion_forward(struct call *call, const struct leg_redirect *redirect,
		       const struct peer *by);
/* Lets go of the outbound leg, if there is one, and routes the number that is called now. why: Q.850,
 * how the attempt that is over counts (tally.h). */
void diversion_reroute(struct call *call, unsigned why);
/* From the loop: does what was asked. */
bool diversion_due(const struct call *call);
void diversion_do(struct call *call);
/* The routes of a number are used up, for good or with this cause: is there another one? */
bool diversion_goes_on(struct call *call, const struct cause *cause);

/* forwarding.c: calls to telephones that go elsewhere. */
/* The number has been looked up: true, another one is called instead, and has to be. */
bool forwarding_at_once(struct call *call);
/* All routes have failed, the last so: true, the call is on its way to another number. */
bool forwarding_goes_on(struct call *call, const struct cause *cause);
void forwarding_rings(struct call *call);
void forwarding_stop(struct call *call); /* before the call is freed */

/* history.c */
void history_begin(struct call *call); /* call->summary: what call->setup and its port say */
void history_fill(struct call *call);  /* brings call->summary up to date */
void history_tell(struct call *call);  /* call->summary has changed: who watches hears of it */
/* Room for so many past calls, the newest stay. 0 or -ENOMEM. */
int history_resize(struct office *office, unsigned max);
void history_add(struct office *office, const struct call_summary *summary);

#endif
