// SPDX-License-Identifier: GPL-2.0-or-later
/* The contacts of one registered telephone as branches: each is a leg of the call's own. */
#include "gateway/call/fork.h"

#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"

#define NON_SELECTED_USER 26 /* Q.850 2.2.3: the call was awarded to another */

static struct leg *make(struct call *call, const struct leg_request *request, struct cause *why)
{
	struct office *office = call->office;
	enum peer_kind kind = request->peer->kind;

	return office->kind[kind].make
		   ? office->kind[kind].make(office->kind[kind].arg, call, request, why)
		   : NULL;
}

static bool branch_call(struct branch *branch, struct cause *why)
{
	struct fork *fork = branch->fork;
	struct leg_request request = fork->request;

	request.contact = branch->contact;
	branch->leg = make(fork->leg.call, &request, why);
	return branch->leg != NULL;
}

static void branch_let_go(struct branch *branch, const struct cause *cause)
{
	struct call *call = branch->fork->leg.call;
	struct leg *leg = branch->leg;

	branch->leg = NULL;
	if (call) {
		leg->trace.call_id = call->summary.id;
		leg->trace.attempt = call->attempt;
	}
	leg->call = NULL;
	leg->ops->release(leg, cause);
}

static void branch_take(struct branch *branch, const struct party *connected)
{
	struct leg *leg = branch->leg;

	branch->leg = NULL;
	branch->state = BRANCH_OVER;
	fork_leaves(branch->fork, leg);
	call_event(leg, CALL_EV_ANSWER, connected);
}

static void branch_is_heard(struct branch *branch)
{
	branch->fork->leg.media_end = branch->leg->media_end;
}

static const struct fork_kind contacts = {
    .one_declines_for_all = true,
    .elsewhere = NON_SELECTED_USER,
    .call = branch_call,
    .let_go = branch_let_go,
    .take = branch_take,
    .is_heard = branch_is_heard,
};

/* One rank for each q, in time but for the last one, which may ring as long as the caller waits. */
static struct leg *fork_to(struct call *call, const struct leg_request *request,
			   const struct office_contact *to, unsigned count, struct cause *why)
{
	struct fork *fork = fork_new(call, &contacts, request, sizeof(*fork));
	unsigned rank = 0, timeout_s = call->office->phones.timeout_s;

	if (!fork)
		return NULL;
	for (unsigned i = 0; i < count && i < FORK_BRANCHES_MAX; i++) {
		bool last = to[i].q == to[count - 1].q;
		struct branch *branch;

		if (i && to[i].q != to[i - 1].q)
			rank++;
		branch = fork_add(fork, rank, last ? 0 : timeout_s);
		branch->contact = talloc_strdup(fork, to[i].uri);
		if (!branch->contact)
			branch->state = BRANCH_OVER;
	}
	LOGP(DCALL, LOGL_INFO, "call %u: %s has %u contacts\n", call->summary.id, request->phone,
	     fork->count);
	return fork_start(fork, why);
}

struct leg *fork_call_phone(struct call *call, const struct leg_request *request, struct cause *why)
{
	const struct office *office = call->office;
	struct office_contact to[OFFICE_CONTACTS_MAX];
	unsigned count = 0;

	if (office->phones.contacts)
		count = office->phones.contacts(office->phones.arg, request->phone, to);
	if (count > 1)
		return fork_to(call, request, to, count, why);
	return make(call, request, why);
}
