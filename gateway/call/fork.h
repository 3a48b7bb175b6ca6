/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fork - an outbound leg that stands for several branches, of which one will have the call.
 *
 *	call:  A -- fork		branch, branch, branch
 *	call:  A -- leg			the branch that has answered first; the others were released
 *
 * Branches of one rank are called together; those of the next one when these have failed, or have
 * not answered within their time. The caller hears that it rings as soon as it does at one; what a
 * branch sends of tones he hears only from the last one that is left. If all fail, he is told the best of
 * their answers (RFC 3261 16.7, step 6).
 *
 * What a branch is, its struct fork_kind says: a contact of a registered telephone
 * (fork_contacts.c), a member of a hunt group (fork_hunt.c).
 *
 * fork_new(), branches in the order of their ranks by fork_add(), fork_start(). The fork is the call's
 * leg then, and frees itself after its release. For gateway/call alone.
 */
#ifndef GATEWAY_CALL_FORK_H
#define GATEWAY_CALL_FORK_H

#include <osmocom/core/timer.h>

#include "dialplan/hunt_group.h"
#include "gateway/call/leg.h"

#define FORK_BRANCHES_MAX 16

struct fork;
struct office;

enum branch_state {
	BRANCH_WAITS, /* for its rank */
	BRANCH_CALLS,
	BRANCH_ANSWERED,
	BRANCH_OVER,
};

struct branch {
	struct fork *fork;
	enum branch_state state;
	bool heard; /* by the caller */
	uint8_t rank;
	uint16_t timeout_s;  /* of its rank to answer; 0: until the caller gives up */
	const char *contact; /* fork_contacts.c: its URI */
	struct leg *leg;     /* ... and the leg that calls it */
};

struct fork_kind {
	/* A 6xx of one branch is the answer of all. */
	bool one_declines_for_all;
	/* The cause for those that are released when another one has answered. */
	uint8_t elsewhere;
	/* false: it could not be called, *why says so. Nothing is reported before it returns. */
	bool (*call)(struct branch *branch, struct cause *why);
	/* It is not wanted any more, or has failed. */
	void (*let_go)(struct branch *branch, const struct cause *cause);
	/* It has answered and is the only one left: it takes the place of the fork, which has no call
	 * then. connected: a party, or NULL. */
	void (*take)(struct branch *branch, const struct party *connected);
	/* It is the last one left: the caller may hear it; or he does, and his end is another now. */
	void (*is_heard)(struct branch *branch);
};

struct fork { /* kinds have their own struct, with this first */
	struct leg leg;
	const struct fork_kind *kind;
	struct leg_request request; /* what the call has asked for */
	struct branch branches[FORK_BRANCHES_MAX];
	unsigned count;
	bool rings, proceeds; /* the call was told */
	struct cause best;    /* of those that have failed; q850 0: none */
	struct osmo_timer_list timeout, later;
	struct osmo_timer_list join; /* the kind's own, if it has one */
};

/* size: of the kind's own struct. NULL: no memory. */
struct fork *fork_new(struct call *call, const struct fork_kind *kind,
		      const struct leg_request *request, size_t size);
/* NULL: there are FORK_BRANCHES_MAX. */
struct branch *fork_add(struct fork *fork, unsigned rank, unsigned timeout_s);
/* Calls the first rank. NULL: no branch could be called, *why is the best cause, and the fork is gone. */
struct leg *fork_start(struct fork *fork, struct cause *why);
/* What a branch has to say; data as for call_event(). */
void fork_hears(struct branch *branch, enum call_event event, const void *data);
/* Takes the fork out of its call: call->leg[1] is leg then. */
void fork_leaves(struct fork *fork, struct leg *leg);
/* An event of a leg that is neither of the call's two: true if it is one of a fork's. */
bool fork_takes_event(struct call *call, struct leg *leg, enum call_event event, const void *data);
bool fork_is(const struct leg *leg);
/* The caller's end in the media process may be another one now. fork: fork_is() */
void fork_caller_media_changed(struct leg *fork);

/* fork_contacts.c: the leg that calls a registered telephone (request->phone), at all of its contacts:
 * those with one q together, best q first. One contact needs no fork. NULL and *why: none could be
 * called. */
struct leg *fork_call_phone(struct call *call, const struct leg_request *request,
			    struct cause *why);

/* fork_hunt.c: the leg that calls the members of a hunt group. group lives as long as the call's plan. */
struct leg *fork_call_group(struct call *call, const struct leg_request *request,
			    const struct hunt_group *group, struct cause *why);

#endif
