// SPDX-License-Identifier: GPL-2.0-or-later
/* From a call to the peers that may take it, and from a peer to a leg. */
#include "gateway/call/call_private.h"

#include <osmocom/core/utils.h>

#include "gateway/call/fork.h"
#include "gateway/call/progress.h"
#include "gateway/call/tally.h"
#include "gateway/log/log.h"

#define CALL_REJECTED 21
#define NO_ROUTE_TO_DESTINATION 3
#define NO_CIRCUIT 34
#define REDIRECTION 23
#define SUBSCRIBER_ABSENT 20
#define UNALLOCATED 1
#define NO_USER_RESPONDING 18
#define EXCHANGE_ROUTING_ERROR 25
#define SERVICE_STOPPED 41 /* admission.c: `call service stop` */

void route_request(struct call *call, struct plan_request *request)
{
	office_request(call->office, call->leg[0]->kind, &call->setup, call->port, request);
}

/* ---- the way in */

/* Which rule of `call-block` or which trunk group it was, for the log. */
static void note_refused(void *arg, const struct plan_note *note)
{
	struct call *call = arg;

	if (note->step == PLAN_STEP_FULL)
		LOGP(DCALL, LOGL_NOTICE, "call %u: trunk group %s has reached max-calls\n",
		     call->summary.id, note->name);
	if (note->step == PLAN_STEP_BLOCKED)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u is blocked: translation-profile %s of call-block, voice "
		     "translation-rule %u rule %u: cause %u\n",
		     call->summary.id, note->name, note->set, note->rule, note->cause);
}

unsigned route_find_inbound(struct call *call, const struct plan_request *request)
{
	const struct trunk_group *group =
	    call->port ? plan_port_group(call->plan, call->port) : NULL;
	struct plan_request noted = *request;
	struct plan_inbound inbound = {0};

	noted.note = note_refused;
	noted.note_arg = call;
	if (plan_match_inbound(call->plan, &noted, &inbound) < 0) {
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u refused: no dial-peer takes calls to %s from %s (incoming "
		     "called-number?)\n",
		     call->summary.id, call->setup.called.digits, call->leg[0]->ops->name);
		return CALL_REJECTED;
	}
	if (inbound.also)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u: dial-peers %u and %u both fit inbound, %u is used\n",
		     call->summary.id, inbound.peer->tag, inbound.also->tag, inbound.peer->tag);
	call->inbound = inbound.peer;
	call->summary.peer_in = inbound.peer->tag;
	office_peer_calls_add(call->office, inbound.peer->tag, 1);
	answers_inbound(call, group);
	if (group)
		call->group_in = office_trunk_group(call->office, group->name);
	office_target_calls_add(call->office, call->group_in, 0, 1);
	call->blocked = inbound.blocked;
	call->full = inbound.full;
	return 0;
}

void route_left_inbound(struct call *call)
{
	if (call->summary.peer_in)
		office_peer_calls_add(call->office, call->summary.peer_in, -1);
	office_target_calls_add(call->office, call->group_in, 0, -1);
}

/* ---- the way out */

/* `after-hours`, of telephones. */
static bool is_after_hours(const struct call *call)
{
	const struct office_phones *phones = &call->office->phones;
	char called[NUMBER_DIGITS_MAX + 2];

	if (!call->setup.origin.phone || !phones->blocks)
		return false;
	number_to_e164(&call->setup.called, called);
	if (!phones->blocks(phones->arg, call->setup.origin.phone, called))
		return false;
	LOGP(DCALL, LOGL_NOTICE, "call %u: %s is blocked by after-hours\n", call->summary.id,
	     called);
	return true;
}

/* `call-block`, `call threshold` and the like (admission.c), and `max-calls` of the trunk group that the call came in through:
 * the cause to refuse it with, or 0. None is for emergency calls nor for those that are up. */
static unsigned cause_to_refuse(struct call *call)
{
	unsigned cause;

	if (call->route.emergency || call->attempt > 0)
		return 0;
	if (is_after_hours(call))
		call->blocked = CALL_REJECTED;
	if (call->blocked)
		return call->blocked;
	cause = office_refuses_call(call);
	if (cause)
		return cause;
	return call->full ? NO_CIRCUIT : 0;
}

/* `allow-connections sip to sip`: without it the gateway is no relay between SIP neighbours. */
static void drop_sip_to_sip(struct call *call, const struct plan_request *request)
{
	struct plan_request of_party = *request;
	const struct peer *first = call->route.candidates[0].peer;

	of_party.inbound_kind = transfer_party_kind(call->leg[0]);
	plan_drop_sip_to_sip(call->plan, &of_party, &call->route);
	if (!call->route.count)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u refused: dial-peer %u goes to SIP, and there is no "
		     "`allow-connections sip to sip`\n",
		     call->summary.id, first->tag);
}

static void say_why_none(const struct call *call, const char *called)
{
	const struct plan_route *route = &call->route;

	if (route->longer)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u: %s is incomplete, dial-peer %u (%s) wants %u more digit%s: cause "
		     "%u\n",
		     call->summary.id, called[0] ? called : "an empty number", route->longer->tag,
		     route->longer->destination_pattern, route->missing,
		     route->missing == 1 ? "" : "s", route->cause);
	else if (route->excluded_count)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u: no dial-peer is left for %s, dial-peer %u is left out (%s): cause "
		     "%u\n",
		     call->summary.id, called, route->excluded[0].peer->tag,
		     plan_reason_name(route->excluded[0].reason), route->cause);
	else
		LOGP(DCALL, LOGL_NOTICE, "call %u: no dial-peer fits %s: cause %u\n",
		     call->summary.id, called, route->cause);
}

unsigned route_find(struct call *call, const struct plan_request *request)
{
	const struct plan_route *route = &call->route;
	const char *called = request->called.digits;
	struct plan_request forwarded;
	unsigned cause;

	if (call->setup.is_up) { /* there is nothing to refuse */
		call->confers = true;
		return 0;
	}
	if (pickup_is_asked(call)) {
		call->route.count = 0;
		return NO_ROUTE_TO_DESTINATION; /* unless something rings */
	}
	plan_route(call->plan, request, call->inbound, &call->route);
	call->confers = !route->emergency && conference_is_called(call);
	if (route->emergency && !call->summary.emergency)
		LOGP(DCALL, LOGL_NOTICE, "call %u: %s is an emergency number\n", call->summary.id,
		     called);
	call->summary.emergency |= route->emergency;
	call->route.emergency = call->summary.emergency; /* also when it is deflected */
	cause = cause_to_refuse(call);
	if (cause) {
		LOGP(DCALL, LOGL_NOTICE, "call %u refused: %s: cause %u\n", call->summary.id,
		     call->blocked		? "it is blocked"
		     : cause == SERVICE_STOPPED ? "the call service is stopped"
						: "too many calls",
		     cause);
		call->route.count = 0;
		call->confers = false;
		return cause;
	}
	if (call->confers) {
		call->route.count = 0;
		return 0;
	}
	if (forwarding_at_once(call)) { /* bounded: diversion.c */
		route_request(call, &forwarded);
		return route_find(call, &forwarded);
	}
	if (route->count) {
		if (diversion_redirects(call))
			return REDIRECTION;
		drop_sip_to_sip(call, request);
		return route->count ? 0 : route->cause;
	}
	say_why_none(call, called);
	return route->cause;
}

/* Rule 4.8 goes by cause; a server's own trouble (5xx) says "not here" whatever cause it maps to, and so
 * does a telephone that cannot be reached. */
bool call_hunts_on(const struct call *call, const struct cause *cause)
{
	return plan_hunts_on(call->plan, cause->q850) || (cause->sip >= 500 && cause->sip < 600) ||
	       (cause->q850 == SUBSCRIBER_ABSENT && cause->source == CAUSE_SOURCE_GATEWAY);
}

/* `huntstop N resp-code`: the other servers of the group are not tried. */
static bool stops_in_group(const struct server_group *group, const struct cause *cause)
{
	for (size_t i = 0; group && i < ARRAY_SIZE(group->huntstop); i++)
		if (group->huntstop[i].from && cause->sip >= group->huntstop[i].from &&
		    cause->sip <= group->huntstop[i].to)
			return true;
	return false;
}

const struct plan_candidate *route_candidate(const struct call *call)
{
	unsigned next = call->next_candidate;

	return next > 0 && next <= call->route.count ? &call->route.candidates[next - 1] : NULL;
}

static void skip_servers(struct call *call, const struct cause *cause)
{
	const struct plan_route *route = &call->route;
	const struct plan_candidate *failed = route_candidate(call);

	if (!failed || !stops_in_group(failed->server_group, cause))
		return;
	while (call->next_candidate < route->count &&
	       route->candidates[call->next_candidate].peer == failed->peer &&
	       route->candidates[call->next_candidate].server_group == failed->server_group)
		call->next_candidate++;
}

/* The second time round, for channels of other calls. */
static bool may_preempt(const struct call *call)
{
	if (call->preempts || !call->route.emergency ||
	    !plan_options(call->plan)->emergency_preempt)
		return false;
	for (unsigned i = 0; i < call->route.count; i++)
		if (call->route.candidates[i].peer->kind == PEER_POTS)
			return true;
	return false;
}

/* Its call manager does not know the telephone, or not where it is: 404, 408, 480, or the call comes
 * back (482). We do. */
static bool goes_to_standby(struct call *call, const struct cause *cause)
{
	bool unknown = cause->q850 == UNALLOCATED || cause->q850 == NO_USER_RESPONDING ||
		       cause->q850 == SUBSCRIBER_ABSENT || cause->q850 == EXCHANGE_ROUTING_ERROR;

	for (unsigned i = call->next_candidate; unknown && i < call->route.count; i++)
		if (call->route.candidates[i].standby) {
			call->next_candidate = i;
			return true;
		}
	return false;
}

bool route_goes_on(struct call *call, const struct cause *cause)
{
	if (!call_hunts_on(call, cause))
		return goes_to_standby(call, cause);
	skip_servers(call, cause);
	return call->next_candidate < call->route.count || may_preempt(call);
}

bool call_has_other_routes(const struct call *call)
{
	return call->next_candidate < call->route.count;
}

static const struct plan_candidate *next_candidate(struct call *call)
{
	const struct plan_candidate *candidate;

	if (call->next_candidate == call->route.count && may_preempt(call)) {
		call->preempts = true;
		call->next_candidate = 0;
	}
	while (call->next_candidate < call->route.count) {
		candidate = &call->route.candidates[call->next_candidate++];
		if (!call->preempts || candidate->peer->kind == PEER_POTS)
			return candidate;
	}
	return NULL;
}

const char *route_ringback(const struct call *call)
{
	const struct office_config *config = &call->office->config;
	const struct plan_candidate *candidate = route_candidate(call);
	const struct leg *out = call->leg[1];
	struct call_port port = {0};
	const char *name = call->port;

	if (!name && out && out->kind == PEER_POTS && candidate)
		name = candidate->target;
	if (config->port)
		config->port(config->port_arg, name ? name : "", &port);
	return port.ringback;
}

static void count_outbound(struct call *call, const struct plan_candidate *candidate)
{
	struct office *office = call->office;

	call->summary.peer_out = candidate->peer->tag;
	office_peer_calls_add(office, candidate->peer->tag, 1);
	call->target_out = office_target(office, candidate->target);
	office_target_calls_add(office, call->target_out, 1, 1);
	if (candidate->trunk_group)
		call->group_out = office_trunk_group(office, candidate->trunk_group->name);
	office_target_calls_add(office, call->group_out, 1, 1);
}

void route_left_outbound(struct call *call)
{
	struct office *office = call->office;

	if (!call->summary.peer_out)
		return;
	office_peer_calls_add(office, call->summary.peer_out, -1);
	office_target_calls_add(office, call->target_out, 1, -1);
	office_target_calls_add(office, call->group_out, 1, -1);
	call->target_out = call->group_out = NULL;
}

/* Makes the leg: call->leg[1], or NULL and why in *why. */
static void try_candidate(struct call *call, const struct plan_candidate *candidate,
			  struct cause *why)
{
	const struct peer *peer = candidate->peer;
	struct office *office = call->office;
	struct leg_request request = {
	    .peer = peer,
	    .target = candidate->target,
	    .trunk_group = candidate->trunk_group,
	    .enum_table = candidate->enum_table,
	    .phone = candidate->phone[0] ? candidate->phone : NULL,
	    .setup = call->setup,
	    .preempt = call->preempts,
	    .prefer = call->leg[0]->codec,
	};

	request.setup.called = candidate->called;
	request.setup.calling.number = candidate->calling;
	request.setup.redirection.from.number = candidate->redirecting;
	request.setup.progress =
	    progress_indicator(peer->progress_ind[PEER_MESSAGE_SETUP], call->setup.progress);
	number_to_e164(&candidate->called, call->summary.called_sent);
	number_to_e164(&candidate->calling, call->summary.calling_sent);
	dialling_begin_anew(call);
	answers_try(call, candidate);
	LOGP(DCALL, LOGL_INFO, "call %u: trying dial-peer %u, %s with %s\n", call->summary.id,
	     peer->tag, candidate->target, candidate->called.digits);
	call->attempt++;
	call->heard = false;
	if (candidate->hunt_group)
		call->leg[1] = fork_call_group(call, &request, candidate->hunt_group, why);
	else if (request.phone)
		call->leg[1] = fork_call_phone(call, &request, why);
	else if (office->kind[peer->kind].make)
		call->leg[1] = office->kind[peer->kind].make(office->kind[peer->kind].arg, call,
							     &request, why);
}

/* It could not even be begun. */
static void count_failure(struct call *call, const struct peer *peer, const struct cause *why)
{
	struct tally_ending ending = {.tag = peer->tag, .direction = TALLY_OUT, .cause = why->q850};

	tally_add(call->office, &ending);
}

bool route_next(struct call *call)
{
	const struct plan_candidate *candidate;

	if (call->confers)
		return conference_seats(call);
	while ((candidate = next_candidate(call))) {
		struct cause why = cause_q850(NO_ROUTE_TO_DESTINATION, CAUSE_LOCATION_PRIVATE_LOCAL,
					      CAUSE_SOURCE_GATEWAY);

		try_candidate(call, candidate, &why);
		if (call->fi->state ==
		    CALL_CLEARED) { /* by what making the leg has brought about */
			call_let_go(call, 1);
			return false;
		}
		if (call->leg[1]) {
			count_outbound(call, candidate);
			call->cause = (struct cause){0};
			return true;
		}
		count_failure(call, candidate->peer, &why);
		call->cause = why;
		answers_no_leg(call, &why);
		LOGP(DCALL, LOGL_INFO, "call %u: dial-peer %u, %s failed: cause %u (%s)\n",
		     call->summary.id, candidate->peer->tag, candidate->target, why.q850,
		     cause_name(why.q850));
		if (!route_goes_on(call, &why))
			return false;
	}
	return false;
}
