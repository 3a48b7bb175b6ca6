// SPDX-License-Identifier: GPL-2.0-or-later
/* From a called number, or the first digits of one, to peers (dial-peer rules 4 and 5.1). */
#include <string.h>

#include "dialplan/digits.h"
#include "dialplan/hunt.h"
#include "dialplan/plan_private.h"

enum { /* Q.850 */
       CAUSE_UNALLOCATED = 1,
       CAUSE_INVALID_FORMAT = 28,
       CAUSE_NO_CIRCUIT = 34,
       CAUSE_TEMPORARY_FAILURE = 41,
       CAUSE_BEARER_NOT_IMPLEMENTED = 65,
};

struct route_search {
	const struct plan *plan;
	const struct plan_request *request;
	struct plan_route *route; /* NULL: who is left out is not told */
	struct hunt_list list;
	unsigned reasons; /* bits of enum plan_reason */
};

static void route_exclude(struct route_search *search, const struct peer *peer,
			  enum plan_reason reason)
{
	struct plan_route *route = search->route;

	search->reasons |= 1u << reason;
	if (!route || route->excluded_count == PLAN_EXCLUDED_MAX)
		return;
	route->excluded[route->excluded_count].peer = peer;
	route->excluded[route->excluded_count].reason = reason;
	route->excluded_count++;
}

/* May the peer be tried now? false: why not. */
static bool peer_usable(const struct plan *plan, const struct plan_request *request,
			const struct peer *peer, uint64_t *last_used, enum plan_reason *reason)
{
	struct plan_peer_status status = {.state = PLAN_PEER_UP};

	if (request->status)
		status = request->status(request->status_arg, peer);
	*last_used = status.last_used;
	if (peer->shutdown)
		*reason = PLAN_REASON_SHUTDOWN;
	else if (!peer_is_outbound(peer))
		*reason = PLAN_REASON_NO_TARGET;
	else if (!peer_carries(peer, request->data))
		*reason = PLAN_REASON_BEARER;
	else if (status.state == PLAN_PEER_BUSIED_OUT)
		*reason = PLAN_REASON_BUSIED_OUT;
	else if (status.state == PLAN_PEER_PORT_DOWN &&
		 plan->options.status_check != PLAN_STATUS_IGNORE)
		*reason = PLAN_REASON_PORT_DOWN;
	else if (peer->max_conn && status.calls >= peer->max_conn)
		*reason = PLAN_REASON_MAX_CONN;
	else
		return true;
	return false;
}

static void route_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct route_search *search = arg;
	const struct peer *peer = &search->plan->entries[value]->peer;
	struct hunt_entry entry = {.peer = peer, .pattern = pattern};
	enum plan_reason reason;

	if (peer_usable(search->plan, search->request, peer, &entry.last_used, &reason))
		hunt_offer(&search->list, &entry);
	else
		route_exclude(search, peer, reason);
}

static unsigned cause_of_reasons(const struct plan *plan, unsigned reasons)
{
	if (reasons & 1u << PLAN_REASON_MAX_CONN)
		return CAUSE_NO_CIRCUIT;
	if (reasons & 1u << PLAN_REASON_PORT_DOWN &&
	    plan->options.status_check != PLAN_STATUS_CHECK)
		return CAUSE_NO_CIRCUIT;
	if (reasons & 1u << PLAN_REASON_BUSIED_OUT)
		return CAUSE_TEMPORARY_FAILURE;
	if (reasons & 1u << PLAN_REASON_TOO_LONG)
		return CAUSE_INVALID_FORMAT;
	if (reasons & 1u << PLAN_REASON_BEARER)
		return CAUSE_BEARER_NOT_IMPLEMENTED;
	return CAUSE_UNALLOCATED;
}

static void route_hand_out(struct route_search *search, const char *text)
{
	struct plan_route *route = search->route;
	bool stopped = false;

	for (unsigned i = 0; i < search->list.count; i++) {
		const struct hunt_entry *entry = &search->list.entries[i];
		struct plan_candidate *candidate = &route->candidates[route->count];

		if (stopped) {
			route_exclude(search, entry->peer, PLAN_REASON_AFTER_HUNTSTOP);
			continue;
		}
		if (digits_to_send(entry->peer, entry->pattern, &search->request->called, text,
				   &candidate->called) < 0) {
			route_exclude(search, entry->peer, PLAN_REASON_TOO_LONG);
			continue;
		}
		candidate->peer = entry->peer;
		candidate->target = entry->peer->kind == PEER_POTS ? entry->peer->port
								   : entry->peer->session_target;
		candidate->calling = search->request->calling;
		candidate->redirecting = search->request->redirecting;
		route->count++;
		stopped = entry->peer->huntstop;
	}
}

/* ---- what a longer number could fit */

struct longer_search {
	const struct plan *plan;
	const struct plan_request *request;
	const char *text;
	unsigned max; /* so many are enough */
	struct plan_fit *fit;
	unsigned reasons; /* bits of enum plan_reason: peers left out */
};

static bool longer_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct longer_search *search = arg;
	const struct peer *peer = &search->plan->entries[value]->peer;
	struct plan_fit *fit = search->fit;
	enum plan_reason reason;
	uint64_t last_used;
	int missing;

	if (!peer_usable(search->plan, search->request, peer, &last_used, &reason)) {
		search->reasons |= 1u << reason;
		return true;
	}
	missing = pattern_missing(pattern, search->text);
	if (!fit->longer_count || (unsigned)missing < fit->missing)
		fit->missing = (unsigned)missing;
	fit->longer[fit->longer_count++] = peer;
	return fit->longer_count < search->max;
}

/* explicit_min: only peers of at least this explicit length. */
static void find_longer(struct longer_search *search, unsigned explicit_min)
{
	const struct index *index = search->plan->indexes[FIELD_DESTINATION];

	if (strlen(search->text) < NUMBER_DIGITS_MAX)
		index_find_longer(index, search->text, explicit_min, longer_fits, search);
}

/* ---- en bloc, and at the end of collection */

static void route_find(struct route_search *search, const char *text)
{
	const struct index *index = search->plan->indexes[FIELD_DESTINATION];

	if (search->request->collected)
		index_find_exact(index, text, route_fits, search);
	else
		index_find(index, text, route_fits, search);
}

/* Is it a first part of a number that a peer would take? */
static void route_note_missing(struct route_search *search, const char *text)
{
	struct plan_fit fit = {0};
	struct longer_search longer = {
	    .plan = search->plan, .request = search->request, .text = text, .max = 1, .fit = &fit};

	find_longer(&longer, 0);
	if (!fit.longer_count)
		return;
	search->route->longer = fit.longer[0];
	search->route->missing = fit.missing;
	search->route->cause = CAUSE_INVALID_FORMAT;
}

void plan_route(const struct plan *plan, const struct plan_request *request,
		const struct peer *inbound, struct plan_route *out)
{
	struct route_search search = {.plan = plan, .request = request, .route = out};
	bool with_plus = request->inbound_kind == PEER_VOIP, again;
	char text[DIGITS_TEXT_SIZE];

	memset(out, 0, sizeof(*out));
	search.list.options = &plan->options;
	search.list.random = request->random;
	digits_text(&request->called, with_plus, text);
	route_find(&search, text);
	again = !with_plus && request->called.ton == TON_INTERNATIONAL && !search.list.count &&
		!search.reasons;
	if (again) {
		digits_text(&request->called, true, text);
		route_find(&search, text);
	}
	route_hand_out(&search, text);
	if (out->count)
		return;
	out->cause = cause_of_reasons(plan, search.reasons);
	if (out->cause != CAUSE_UNALLOCATED)
		return;
	route_note_missing(&search, text);
	if (again && !out->longer) {
		digits_text(&request->called, false, text);
		route_note_missing(&search, text);
	}
}

/* ---- digit by digit */

static void fit_text(const struct plan *plan, const struct plan_request *request, const char *text,
		     struct plan_fit *out, unsigned *reasons)
{
	struct route_search full = {.plan = plan, .request = request};
	struct plan_fit unused = {0};
	struct longer_search longer = {
	    .plan = plan, .request = request, .text = text, .max = PLAN_FIT_MAX, .fit = out};

	full.list.options = &plan->options;
	full.list.random = request->random;
	index_find_exact(plan->indexes[FIELD_DESTINATION], text, route_fits, &full);
	for (; out->full_count < full.list.count && out->full_count < PLAN_FIT_MAX;
	     out->full_count++)
		out->full[out->full_count] = full.list.entries[out->full_count].peer;
	find_longer(&longer, 0);
	if (out->full_count) {
		const struct pattern_weight *best = pattern_weight(full.list.entries[0].pattern);

		out->variable = best->variable;
		out->explicit_length = best->explicit_length;
		longer.fit = &unused;
		longer.max = 1;
		find_longer(&longer, best->explicit_length + 1);
		out->longer_explicit = unused.longer_count != 0;
	}
	*reasons = full.reasons | longer.reasons;
	out->cause = cause_of_reasons(plan, out->longer_count ? full.reasons : *reasons);
	if (out->longer_count && out->cause == CAUSE_UNALLOCATED)
		out->cause = CAUSE_INVALID_FORMAT;
}

void plan_fit_digits(const struct plan *plan, const struct plan_request *request,
		     const struct peer *inbound, struct plan_fit *out)
{
	bool with_plus = request->inbound_kind == PEER_VOIP;
	char text[DIGITS_TEXT_SIZE];
	unsigned reasons;

	memset(out, 0, sizeof(*out));
	digits_text(&request->called, with_plus, text);
	fit_text(plan, request, text, out, &reasons);
	if (!with_plus && request->called.ton == TON_INTERNATIONAL && !out->full_count &&
	    !out->longer_count && !reasons) {
		digits_text(&request->called, true, text);
		fit_text(plan, request, text, out, &reasons);
	}
}

bool plan_hunts_on(const struct plan *plan, unsigned cause)
{
	return hunt_cause_goes_on(cause);
}
