// SPDX-License-Identifier: GPL-2.0-or-later
/* From a call to the peers that may take it, and from a peer to a leg. */
#include "gateway/call/call_private.h"

#include <stdlib.h>

#include "gateway/log/log.h"

#define CALL_REJECTED 21
#define SWITCH_CONGESTION 42
#define NO_ROUTE_TO_DESTINATION 3

void route_request(struct call *call, const char *port, struct plan_request *request)
{
	*request = (struct plan_request){
	    .inbound_kind = call->leg[0]->kind,
	    .called = call->setup.called,
	    .calling = call->setup.calling.number,
	    .redirecting = call->setup.redirection.from.number,
	    .port = port,
	    .data = bearer_is_data(call->setup.bearer),
	    .random = (uint32_t)random(),
	    .status = office_peer_status,
	    .status_arg = call->office,
	};
}

unsigned route_find_inbound(struct call *call, const struct plan_request *request)
{
	struct office *office = call->office;
	struct plan_inbound inbound = {0};

	if (office->config.calls_max && office->calls_count > office->config.calls_max)
		return SWITCH_CONGESTION;
	if (plan_match_inbound(call->plan, request, &inbound) < 0) {
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
	office_peer_calls_add(office, inbound.peer->tag, 1);
	return 0;
}

unsigned route_find(struct call *call, const struct plan_request *request)
{
	const struct plan_route *route = &call->route;
	const char *called = request->called.digits;

	plan_route(call->plan, request, call->inbound, &call->route);
	if (route->longer)
		LOGP(DCALL, LOGL_NOTICE,
		     "call %u: %s is incomplete, dial-peer %u (%s) wants %u more digit%s: cause "
		     "%u\n",
		     call->summary.id, called[0] ? called : "an empty number", route->longer->tag,
		     route->longer->destination_pattern, route->missing,
		     route->missing == 1 ? "" : "s", route->cause);
	else if (!route->count)
		LOGP(DCALL, LOGL_NOTICE, "call %u: no dial-peer fits %s: cause %u\n",
		     call->summary.id, called, route->cause);
	return route->count ? 0 : route->cause;
}

/* Rule 4.8 goes by cause; a server's own trouble (5xx) says "not here" whatever cause it maps to.
 */
bool call_hunts_on(const struct call *call, const struct cause *cause)
{
	return plan_hunts_on(call->plan, cause->q850) || (cause->sip >= 500 && cause->sip < 600);
}

bool route_next(struct call *call)
{
	struct office *office = call->office;

	while (call->next_candidate < call->route.count) {
		const struct plan_candidate *candidate =
		    &call->route.candidates[call->next_candidate++];
		const struct peer *peer = candidate->peer;
		struct leg_request request = {
		    .peer = peer,
		    .target = candidate->target,
		    .trunk_group = candidate->trunk_group,
		    .enum_table = candidate->enum_table,
		    .setup = call->setup,
		    .prefer = call->leg[0]->codec,
		};
		struct cause why = cause_q850(NO_ROUTE_TO_DESTINATION, CAUSE_LOCATION_PRIVATE_LOCAL,
					      CAUSE_SOURCE_GATEWAY);

		request.setup.called = candidate->called;
		request.setup.calling.number = candidate->calling;
		request.setup.redirection.from.number = candidate->redirecting;
		dialling_begin_anew(call);
		LOGP(DCALL, LOGL_INFO, "call %u: trying dial-peer %u with %s\n", call->summary.id,
		     peer->tag, candidate->called.digits);
		call->attempt++;
		if (office->kind[peer->kind].make)
			call->leg[1] = office->kind[peer->kind].make(office->kind[peer->kind].arg,
								     call, &request, &why);
		if (call->leg[1]) {
			call->summary.peer_out = peer->tag;
			office_peer_calls_add(office, peer->tag, 1);
			return true;
		}
		call->cause = why;
		LOGP(DCALL, LOGL_INFO, "call %u: dial-peer %u failed: cause %u (%s)\n",
		     call->summary.id, peer->tag, why.q850, cause_name(why.q850));
		if (!call_hunts_on(call, &why))
			return false;
	}
	return false;
}
