// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The members of a hunt group as branches. Each is called by a call of its own, which is routed,
 * admitted and recorded as if the caller had dialled the member's number:
 *
 *	call 1:  A -- fork	call 2:  P -- B		call 3:  P' -- C	B and C ring
 *	call 1:  A -- B		C has been released, call 2 has ended: B has answered
 *
 * P stands for A, and has his end in the media process, whichever that is by then, when B is the last
 * one who may be heard. Calls 2 and 3 are not counted besides call 1 by `call threshold`.
 */
#include "gateway/call/fork.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"

#define NORMAL_CLEARING 16
#define USER_BUSY 17
#define EXCHANGE_ROUTING_ERROR 25
#define NESTED_MAX 3 /* hunt groups in hunt groups */
#define TARGET_SIZE (NUMBER_DIGITS_MAX + sizeof("hunt-member "))

struct standing { /* P */
	struct leg leg;
	struct branch *branch;
	const char *called;
	int member; /* its place in the list; -1: it is `final` */
	struct party connected;
};

struct hunt {
	struct fork fork; /* first */
	const struct hunt_group *group;
	struct office *office;
	struct standing standing[FORK_BRANCHES_MAX];
	struct branch *winner;
};

struct hunt_state {		 /* of a group, from its first call on */
	struct llist_head entry; /* office->hunts */
	unsigned number;
	unsigned next; /* HUNT_GROUP_PEER: the member to begin with */
	struct office_hunt_counts counts;
};

static struct hunt *hunt_of(const struct branch *branch)
{
	return (struct hunt *)branch->fork;
}

static struct standing *standing_of(const struct branch *branch)
{
	return &hunt_of(branch)->standing[branch - branch->fork->branches];
}

/* ---- what the office knows of groups and members */

static struct hunt_state *state_find(const struct office *office, unsigned number)
{
	struct hunt_state *state;

	llist_for_each_entry (state, &office->hunts, entry)
		if (state->number == number)
			return state;
	return NULL;
}

static struct hunt_state *state_of(struct office *office, unsigned number)
{
	struct hunt_state *state = state_find(office, number);

	if (state)
		return state;
	state = talloc_zero(office, struct hunt_state);
	if (!state)
		return NULL;
	state->number = number;
	llist_add_tail(&state->entry, &office->hunts);
	return state;
}

struct office_hunt_counts office_hunt_counts(const struct office *office, unsigned number)
{
	const struct hunt_state *state = state_find(office, number);

	return state ? state->counts : (struct office_hunt_counts){0};
}

static struct office_target *member_target(struct office *office, const char *number)
{
	char text[TARGET_SIZE];

	snprintf(text, sizeof(text), "hunt-member %s", number);
	return office_target(office, text);
}

void hunt_call_ended(struct call *call)
{
	const struct call_summary *s = &call->summary;
	const char *const numbers[] = {s->calling, s->called_sent, s->connected};
	char text[TARGET_SIZE];

	if (llist_empty(&call->office->hunts) || !s->answer.tv_sec)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct office_target *target;

		snprintf(text, sizeof(text), "hunt-member %s", numbers[i]);
		target = office_target_find(call->office, text);
		if (target)
			target->last_used = ++call->office->uses;
	}
}

/* ---- the order of its members */

static void order_by_idle(struct office *office, const struct hunt_group *group, unsigned *order)
{
	uint64_t used[HUNT_GROUP_MEMBERS_MAX];

	for (unsigned i = 0; i < group->members_count; i++) {
		struct office_target *target = member_target(office, group->members[i]);

		used[i] = target ? target->last_used : 0;
	}
	for (unsigned i = 1; i < group->members_count; i++) {
		unsigned member = order[i], at = i;

		for (; at > 0 && used[order[at - 1]] > used[member]; at--)
			order[at] = order[at - 1];
		order[at] = member;
	}
}

static void find_order(struct office *office, const struct hunt_group *group,
		       const struct hunt_state *state, unsigned *order)
{
	unsigned first = group->scheme == HUNT_GROUP_PEER ? state->next : 0;

	for (unsigned i = 0; i < group->members_count; i++)
		order[i] = (first + i) % group->members_count;
	if (group->scheme == HUNT_GROUP_LONGEST_IDLE)
		order_by_idle(office, group, order);
}

/* ---- the orders of the calls to members */

static void p_proceed(struct leg *leg)
{
	fork_hears(((struct standing *)leg)->branch, CALL_EV_PROCEEDING, NULL);
}

static void p_alert(struct leg *leg, const struct progress *progress)
{
	fork_hears(((struct standing *)leg)->branch, CALL_EV_ALERT, progress);
}

static void p_progress(struct leg *leg, const struct progress *progress)
{
	fork_hears(((struct standing *)leg)->branch, CALL_EV_PROGRESS, progress);
}

static void p_answer(struct leg *leg, const struct party *connected)
{
	struct standing *p = (struct standing *)leg;

	if (connected)
		p->connected = *connected;
	fork_hears(p->branch, CALL_EV_ANSWER, NULL);
}

/* It may have answered, and gone before it was joined. */
static void p_release(struct leg *leg, const struct cause *cause)
{
	struct branch *branch = ((struct standing *)leg)->branch;
	struct hunt *hunt = hunt_of(branch);

	if (hunt->winner == branch) {
		osmo_timer_del(&hunt->fork.join);
		hunt->winner = NULL;
		branch->state = BRANCH_CALLS;
	}
	fork_hears(branch, CALL_EV_RELEASED, cause);
}

static void p_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void p_hold(struct leg *leg, bool held)
{
}

static const struct leg_ops p_ops = {
    .name = "hunt-group",
    .proceed = p_proceed,
    .alert = p_alert,
    .progress = p_progress,
    .answer = p_answer,
    .release = p_release,
    .digit = p_digit,
    .hold = p_hold,
};

/* ---- branches */

static bool branch_call(struct branch *branch, struct cause *why)
{
	struct standing *p = standing_of(branch);
	struct call *call = branch->fork->leg.call;
	struct call_setup setup = call->setup;

	if (number_from_e164(&setup.called, p->called) < 0)
		return false;
	setup.called_form = CALLED_COMPLETE;
	setup.extension[0] = '\0';
	setup.origin.replaces = NULL;
	setup.admitted = true;
	p->leg.ops = &p_ops;
	p->leg.kind = transfer_party_kind(call->leg[0]);
	p->leg.codec = call->leg[0]->codec;
	LOGP(DCALL, LOGL_INFO, "call %u: hunt-group %u: %s is called\n", call->summary.id,
	     hunt_of(branch)->group->number, p->called);
	return call_new(call->office, &p->leg, &setup, NULL) != NULL;
}

static void branch_let_go(struct branch *branch, const struct cause *cause)
{
	struct standing *p = standing_of(branch);
	struct cause why = *cause;

	if (hunt_of(branch)->winner == branch)
		hunt_of(branch)->winner = NULL;
	if (p->leg.call)
		call_event(&p->leg, CALL_EV_RELEASED, &why);
}

static void branch_take(struct branch *branch, const struct party *connected)
{
	struct hunt *hunt = hunt_of(branch);

	hunt->winner = branch;
	osmo_timer_schedule(&hunt->fork.join, 0, 0);
}

static void branch_is_heard(struct branch *branch)
{
	struct standing *p = standing_of(branch);
	uint32_t end = branch->fork->leg.call->leg[0]->media_end;

	if (p->leg.media_end == end)
		return;
	p->leg.media_end = end;
	call_event(&p->leg, CALL_EV_MEDIA, NULL);
}

static const struct fork_kind members = {
    .elsewhere = NORMAL_CLEARING,
    .call = branch_call,
    .let_go = branch_let_go,
    .take = branch_take,
    .is_heard = branch_is_heard,
};

/* From the loop: the member has answered, and takes the place of the fork. */
static void join(void *data)
{
	struct hunt *hunt = data;
	struct standing *p = hunt->winner ? standing_of(hunt->winner) : NULL;
	struct call *call = hunt->fork.leg.call, *to = p ? p->leg.call : NULL;
	struct hunt_state *state;
	struct party connected;

	if (!call || !to)
		return;
	state = state_find(hunt->office, hunt->group->number);
	connected = p->connected;
	if (!connected.number.digits[0])
		number_from_e164(&connected.number, p->called);
	if (p->member >= 0) {
		state->counts.answered++;
		state->next = (p->member + 1) % hunt->group->members_count;
	} else {
		state->counts.final++;
	}
	hunt->winner->state = BRANCH_OVER;
	hunt->winner = NULL;
	osmo_strlcpy(call->summary.called_sent, to->summary.called_sent,
		     sizeof(call->summary.called_sent));
	calls_join(call, 1, to, 0);
	call_event(call->leg[1], CALL_EV_ANSWER, &connected);
}

/* ---- life */

static void add(struct hunt *hunt, unsigned rank, int member, const char *called)
{
	bool in_time = member >= 0;
	struct branch *branch = fork_add(&hunt->fork, rank, in_time ? hunt->group->timeout_s : 0);
	struct standing *p = standing_of(branch);

	p->branch = branch;
	p->called = called;
	p->member = member;
}

/* A group may stand in another one, but not in itself: its members would multiply. */
static bool may_nest(const struct call *call, const struct hunt_group *group)
{
	unsigned depth = 0;

	for (; call && call->leg[0] && call->leg[0]->ops == &p_ops; depth++) {
		const struct fork *fork = ((const struct standing *)call->leg[0])->branch->fork;

		if (((const struct hunt *)fork)->group->number == group->number)
			return false;
		call = fork->leg.call;
	}
	return depth < NESTED_MAX;
}

bool hunt_stands_for_caller(const struct leg *inbound)
{
	return inbound->ops == &p_ops;
}

bool hunt_calls_member(const struct call *call)
{
	const struct leg *in = call->leg[0];

	return in && in->ops == &p_ops && ((const struct standing *)in)->member >= 0;
}

/* Who calls the group is not rung himself. Returns how many are left. */
static unsigned leave_out(const struct hunt_group *group, const char *calling, unsigned *order)
{
	unsigned left = 0;

	for (unsigned i = 0; i < group->members_count; i++)
		if (strcmp(group->members[order[i]], calling) != 0)
			order[left++] = order[i];
	return left;
}

struct leg *fork_call_group(struct call *call, const struct leg_request *request,
			    const struct hunt_group *group, struct cause *why)
{
	struct hunt_state *state = state_of(call->office, group->number);
	unsigned order[HUNT_GROUP_MEMBERS_MAX], count;
	struct hunt *hunt;

	if (!may_nest(call, group)) {
		*why = cause_q850(EXCHANGE_ROUTING_ERROR, CAUSE_LOCATION_PRIVATE_LOCAL,
				  CAUSE_SOURCE_GATEWAY);
		return NULL;
	}
	if (!state)
		return NULL;
	find_order(call->office, group, state, order);
	count = leave_out(group, call->summary.calling, order);
	if (!count && !group->final[0]) {
		*why = cause_q850(USER_BUSY, CAUSE_LOCATION_USER, CAUSE_SOURCE_GATEWAY);
		return NULL;
	}
	hunt = (struct hunt *)fork_new(call, &members, request, sizeof(*hunt));
	if (!hunt)
		return NULL;
	hunt->group = group;
	hunt->office = call->office;
	osmo_timer_setup(&hunt->fork.join, join, hunt);
	if (group->hops && group->hops < count)
		count = group->hops;
	for (unsigned i = 0; i < count; i++)
		add(hunt, group->scheme == HUNT_GROUP_PARALLEL ? 0 : i, order[i],
		    group->members[order[i]]);
	if (group->final[0])
		add(hunt, count, -1, group->final);
	state->counts.calls++;
	return fork_start(&hunt->fork, why);
}
