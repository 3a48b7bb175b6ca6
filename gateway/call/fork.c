// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/fork.h"

#include <stdlib.h>

#include <osmocom/core/talloc.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"

#define NO_ROUTE_TO_DESTINATION 3
#define NO_ANSWER 19

/* ---- the best of the answers */

/* The lower, the better: RFC 3261 16.7 step 6 wants 6xx, then the lowest class; of 4xx those that tell
 * the caller what to do. A redirection that was not followed is no use to him, and nobody's answer
 * (408, or a cause of our own) less than one. */
static unsigned worth(const struct cause *cause)
{
	unsigned class = cause->sip / 100;

	if (class == 6)
		return 0;
	if (cause->source == CAUSE_SOURCE_GATEWAY || cause->sip == 408)
		return 6;
	switch (cause->sip) {
	case 401:
	case 407:
	case 415:
	case 420:
	case 484:
		return 1;
	default:
		return class == 3 ? 5 : class == 5 ? 4 : class == 4 ? 2 : 3;
	}
}

static void note_failure(struct fork *fork, const struct cause *cause)
{
	if (!fork->best.q850 || worth(cause) < worth(&fork->best))
		fork->best = *cause;
}

/* ---- branches */

static bool is_left(const struct branch *branch)
{
	return branch->state == BRANCH_WAITS || branch->state == BRANCH_CALLS;
}

static bool is_up(const struct branch *branch)
{
	return branch->state == BRANCH_CALLS || branch->state == BRANCH_ANSWERED;
}

/* Nobody else may still ring. */
static bool is_last(const struct branch *branch)
{
	const struct fork *fork = branch->fork;

	for (unsigned i = 0; i < fork->count; i++)
		if (&fork->branches[i] != branch && is_left(&fork->branches[i]))
			return false;
	return true;
}

static bool any_calls(const struct fork *fork)
{
	for (unsigned i = 0; i < fork->count; i++)
		if (fork->branches[i].state == BRANCH_CALLS)
			return true;
	return false;
}

static struct branch *first_waiting(struct fork *fork)
{
	for (unsigned i = 0; i < fork->count; i++)
		if (fork->branches[i].state == BRANCH_WAITS)
			return &fork->branches[i];
	return NULL;
}

static void call_rank(struct fork *fork, unsigned rank)
{
	for (unsigned i = 0; i < fork->count; i++) {
		struct branch *branch = &fork->branches[i];
		struct cause why = cause_q850(NO_ROUTE_TO_DESTINATION, CAUSE_LOCATION_PRIVATE_LOCAL,
					      CAUSE_SOURCE_GATEWAY);

		if (branch->state != BRANCH_WAITS || branch->rank != rank)
			continue;
		if (fork->kind->call(branch, &why)) {
			branch->state = BRANCH_CALLS;
		} else {
			branch->state = BRANCH_OVER;
			note_failure(fork, &why);
		}
	}
}

/* Calls the next rank in which one can be called. */
static bool call_next(struct fork *fork)
{
	struct branch *first;

	osmo_timer_del(&fork->timeout);
	while ((first = first_waiting(fork))) {
		call_rank(fork, first->rank);
		if (!any_calls(fork))
			continue;
		call_waits_anew(fork->leg.call);
		if (first->timeout_s)
			osmo_timer_schedule(&fork->timeout, first->timeout_s, 0);
		return true;
	}
	return false;
}

static void let_go(struct branch *branch, const struct cause *cause)
{
	bool called = is_up(branch);

	branch->state = BRANCH_OVER;
	if (called)
		branch->fork->kind->let_go(branch, cause);
}

static void let_go_all(struct fork *fork, const struct cause *cause)
{
	osmo_timer_del(&fork->timeout);
	for (unsigned i = 0; i < fork->count; i++)
		if (fork->branches[i].state != BRANCH_ANSWERED)
			let_go(&fork->branches[i], cause);
}

static void fails(struct fork *fork, struct cause cause)
{
	call_event(&fork->leg, CALL_EV_RELEASED, &cause);
}

static void no_answer(void *data)
{
	struct fork *fork = data;
	struct cause cause =
	    cause_q850(NO_ANSWER, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);

	LOGP(DCALL, LOGL_INFO, "call %u: no answer in time, the next is called\n",
	     call_id(fork->leg.call));
	for (unsigned i = 0; i < fork->count; i++)
		if (fork->branches[i].state == BRANCH_CALLS)
			let_go(&fork->branches[i], &cause);
	note_failure(fork, &cause);
	if (!call_next(fork))
		fails(fork, fork->best);
}

/* ---- what branches say */

static void failed(struct branch *branch, const struct cause *cause)
{
	struct fork *fork = branch->fork;

	note_failure(fork, cause);
	let_go(branch, cause);
	if (fork->kind->one_declines_for_all && cause->sip >= 600)
		fails(fork, *cause);
	else if (!any_calls(fork) && !call_next(fork))
		fails(fork, fork->best);
}

static void answered(struct branch *branch, const struct party *connected)
{
	struct fork *fork = branch->fork;
	struct cause elsewhere =
	    cause_q850(fork->kind->elsewhere, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);

	elsewhere.elsewhere = true;
	branch->state = BRANCH_ANSWERED;
	let_go_all(fork, &elsewhere);
	fork->kind->take(branch, connected);
}

/* Of one among several only that it rings. */
static void rings(struct branch *branch, const struct progress *said)
{
	struct fork *fork = branch->fork;
	struct progress only_rings = {0};
	bool first = !fork->rings;

	fork->rings = true;
	if (is_last(branch))
		call_event(&fork->leg, first ? CALL_EV_ALERT : CALL_EV_PROGRESS, said);
	else if (first)
		call_event(&fork->leg, CALL_EV_ALERT, &only_rings);
}

static void proceeds(struct branch *branch, const struct progress *said)
{
	struct fork *fork = branch->fork;

	if (!fork->proceeds)
		call_event(&fork->leg, CALL_EV_PROCEEDING, is_last(branch) ? said : NULL);
	fork->proceeds = true;
}

static void let_hear(struct branch *branch)
{
	branch->heard = true;
	branch->fork->kind->is_heard(branch);
}

void fork_caller_media_changed(struct leg *leg)
{
	struct fork *fork = (struct fork *)leg;

	for (unsigned i = 0; i < fork->count; i++)
		if (fork->branches[i].heard && is_up(&fork->branches[i]))
			fork->kind->is_heard(&fork->branches[i]);
}

void fork_hears(struct branch *branch, enum call_event event, const void *data)
{
	struct fork *fork = branch->fork;

	if (branch->state != BRANCH_CALLS)
		return;
	if (is_last(branch))
		let_hear(branch);
	switch (event) {
	case CALL_EV_PROCEEDING:
		proceeds(branch, data);
		break;
	case CALL_EV_ALERT:
		rings(branch, data);
		break;
	case CALL_EV_ANSWER:
		answered(branch, data);
		break;
	case CALL_EV_RELEASED:
		failed(branch, data);
		break;
	default:
		if (is_last(branch))
			call_event(&fork->leg, event, data);
		break;
	}
}

bool fork_takes_event(struct call *call, struct leg *leg, enum call_event event, const void *data)
{
	struct fork *fork = (struct fork *)call->leg[1];

	if (!fork_is(call->leg[1]))
		return false;
	for (unsigned i = 0; i < fork->count; i++) {
		if (fork->branches[i].leg != leg)
			continue;
		fork_hears(&fork->branches[i], event, data);
		return true;
	}
	return false;
}

/* ---- the orders of its call */

static void free_later(struct fork *fork)
{
	fork->leg.call = NULL;
	osmo_timer_del(&fork->timeout);
	osmo_timer_del(&fork->join);
	osmo_timer_schedule(&fork->later, 0, 0);
}

static void f_release(struct leg *leg, const struct cause *cause)
{
	struct fork *fork = (struct fork *)leg;

	for (unsigned i = 0; i < fork->count; i++)
		let_go(&fork->branches[i], cause);
	free_later(fork);
}

static void f_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void f_hold(struct leg *leg, bool held)
{
}

static const struct leg_ops f_ops = {
    .name = "fork",
    .release = f_release,
    .digit = f_digit,
    .hold = f_hold,
};

bool fork_is(const struct leg *leg)
{
	return leg && leg->ops == &f_ops;
}

/* ---- life */

static void over(void *data)
{
	talloc_free(data);
}

/* The office may go first. */
static int stop(struct fork *fork)
{
	osmo_timer_del(&fork->timeout);
	osmo_timer_del(&fork->later);
	osmo_timer_del(&fork->join);
	return 0;
}

struct fork *fork_new(struct call *call, const struct fork_kind *kind,
		      const struct leg_request *request, size_t size)
{
	struct fork *fork = talloc_zero_size(call->office, size);

	if (!fork)
		return NULL;
	talloc_set_name_const(fork, "struct fork");
	fork->leg.ops = &f_ops;
	fork->leg.call = call;
	fork->leg.kind = request->peer->kind;
	fork->kind = kind;
	fork->request = *request;
	osmo_timer_setup(&fork->timeout, no_answer, fork);
	osmo_timer_setup(&fork->later, over, fork);
	talloc_set_destructor(fork, stop);
	return fork;
}

struct branch *fork_add(struct fork *fork, unsigned rank, unsigned timeout_s)
{
	struct branch *branch = &fork->branches[fork->count];

	if (fork->count == FORK_BRANCHES_MAX)
		return NULL;
	fork->count++;
	branch->fork = fork;
	branch->rank = rank;
	branch->timeout_s = timeout_s;
	return branch;
}

struct leg *fork_start(struct fork *fork, struct cause *why)
{
	if (call_next(fork))
		return &fork->leg;
	if (fork->best.q850)
		*why = fork->best;
	talloc_free(fork);
	return NULL;
}

void fork_leaves(struct fork *fork, struct leg *leg)
{
	struct call *call = fork->leg.call;

	call->leg[1] = leg;
	free_later(fork);
}
