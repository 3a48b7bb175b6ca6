// SPDX-License-Identifier: GPL-2.0-or-later
/* From the numbers of a call to the dial peers to try, in order (rule 4). */
#include <stdio.h>
#include <string.h>

#include "dialplan/plan_private.h"

static void search_form(struct plan_search *search, unsigned form)
{
	search->form = form;
	search->ton =
	    search->call->forms_count ? search->call->forms[form].called.ton : TON_UNKNOWN;
}

void plan_search_begin(struct plan_search *search, const struct plan *plan,
		       const struct plan_request *request, const struct peer *inbound,
		       const struct plan_outside *call)
{
	search->plan = plan;
	search->request = request;
	search->inbound = inbound ? plan_entry_of(inbound) : NULL;
	search->call = call;
	search->route = NULL;
	search->list.options = &plan->options;
	search->list.random = request->random;
	search->list.count = 0;
	search_form(search, 0);
	search->reasons = 0;
	search->emergency = call->emergency;
	search->carrier = false;
	search->also = PROVISION_NONE;
	search->phones_count = 0;
}

const struct plan_group *plan_search_group(const struct plan_search *search)
{
	return search->inbound ? search->inbound->group : NULL;
}

/* ---- may a peer be used? */

static bool cor_allows(const struct plan_entry *inbound, const struct plan_entry *outbound)
{
	return !inbound || !inbound->cor_limited ||
	       (outbound->cor_outgoing & ~inbound->cor_incoming) == 0;
}

static bool numbering_type_fits(const struct plan_search *search, const struct peer *peer)
{
	return peer->numbering_type == PEER_TON_ANY || peer->numbering_type == search->ton ||
	       peer->numbering_type == search->call->ton_came;
}

/* Telephones, and what they divert: nobody comes from outside to dial a code. */
static bool is_of_telephone(const struct plan_request *request)
{
	return request->phone_tag || request->redirecting.digits[0];
}

static bool is_fallback(const struct plan_request *request)
{
	return is_of_telephone(request) && request->fallback &&
	       request->fallback(request->phones_arg, request->phone_tag);
}

/* What the configuration alone keeps it from. A peer that COR refuses is passed over; whether it
 * ends the search in IOS is not confirmed. */
static bool peer_allowed(const struct plan_search *search, const struct plan_entry *entry,
			 enum plan_reason *reason)
{
	if (entry->peer.shutdown)
		*reason = PLAN_REASON_SHUTDOWN;
	else if (entry->missing)
		*reason = PLAN_REASON_MISSING;
	else if (!entry->outbound)
		*reason = PLAN_REASON_NO_TARGET;
	else if (!peer_carries(&entry->peer, search->request->data))
		*reason = PLAN_REASON_BEARER;
	else if (search->emergency && entry->peer.hunt_group)
		*reason = PLAN_REASON_EMERGENCY;
	else if (entry->peer.in_fallback && !is_fallback(search->request))
		*reason = PLAN_REASON_FALLBACK;
	else if (!search->emergency && !cor_allows(search->inbound, entry))
		*reason = PLAN_REASON_COR;
	else if (!search->emergency && !numbering_type_fits(search, &entry->peer))
		*reason = PLAN_REASON_NUMBERING_TYPE;
	else
		return true;
	return false;
}

bool plan_entry_usable(const struct plan_search *search, const struct plan_entry *entry,
		       uint64_t *last_used, enum plan_reason *reason)
{
	const struct plan_request *request = search->request;
	struct plan_peer_status status = {.state = PLAN_PEER_UP};

	if (!peer_allowed(search, entry, reason))
		return false;
	if (request->status)
		status = request->status(request->status_arg, &entry->peer);
	*last_used = status.last_used;
	if (status.state == PLAN_PEER_BUSIED_OUT)
		*reason = PLAN_REASON_BUSIED_OUT;
	else if (status.state == PLAN_PEER_PORT_DOWN &&
		 search->plan->options.status_check != PLAN_STATUS_IGNORE)
		*reason = PLAN_REASON_PORT_DOWN;
	else if (!search->emergency && entry->peer.max_conn && status.calls >= entry->peer.max_conn)
		*reason = PLAN_REASON_MAX_CONN;
	else
		return plan_targets_are_left(search, entry, reason);
	return false;
}

/* ---- peers that fit */

bool plan_exclude(struct plan_route *route, const struct peer *peer, enum plan_reason reason)
{
	for (unsigned i = 0; i < route->excluded_count; i++)
		if (route->excluded[i].peer == peer && route->excluded[i].reason == reason)
			return false;
	if (route->excluded_count < PLAN_EXCLUDED_MAX) {
		route->excluded[route->excluded_count].peer = peer;
		route->excluded[route->excluded_count].reason = reason;
		route->excluded_count++;
	}
	return true;
}

/* Returns whether it is told now. */
static bool route_exclude(struct plan_search *search, const struct peer *peer,
			  enum plan_reason reason)
{
	search->reasons |= 1u << reason;
	return search->route && plan_exclude(search->route, peer, reason);
}

static void tell_excluded(const struct plan_search *search, const struct peer *peer,
			  enum plan_reason reason)
{
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_EXCLUDED,
						       .peer = peer,
						       .reason = reason,
						       .text = reason == PLAN_REASON_MISSING
								   ? plan_entry_of(peer)->missing
								   : NULL});
}

static void leave_out(struct plan_search *search, const struct peer *peer, enum plan_reason reason)
{
	if (route_exclude(search, peer, reason))
		tell_excluded(search, peer, reason);
}

struct offer { /* what made a peer fit */
	struct plan_search *search;
	const struct pattern *pattern; /* of the called number, or NULL */
	struct pattern_weight weight;
	const char *text;
	const struct plan_phone *phone; /* or NULL */
};

static void tell_fits(const struct plan_search *search, const struct hunt_entry *hunt)
{
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_FITS,
						       .peer = hunt->peer,
						       .text = hunt->text,
						       .length = hunt->weight.explicit_length});
}

/* A peer with `carrier-id target` takes the calls of that carrier alone (not confirmed). */
static bool carrier_fits(const struct plan_search *search, const struct peer *peer)
{
	const char *carrier = search->call->carrier;

	if (!peer->carrier_target[0])
		return !search->carrier;
	return carrier && strcmp(peer->carrier_target, carrier) == 0;
}

static bool route_offer(void *arg, const struct plan_entry *entry)
{
	const struct offer *offer = arg;
	struct plan_search *search = offer->search;
	const struct peer *left_out;
	struct hunt_entry hunt = {
	    .peer = &entry->peer,
	    .pattern = offer->pattern,
	    .weight = offer->weight,
	    .text = offer->text,
	    .phone = offer->phone,
	    .standby =
		offer->phone && offer->phone->standby && search->request->inbound_kind == PEER_POTS,
	};
	enum plan_reason reason;

	if (!carrier_fits(search, &entry->peer) || !plan_fits_key(search, search->also, entry))
		return true;
	if (plan_entry_usable(search, entry, &hunt.last_used, &reason)) {
		left_out = hunt_offer(&search->list, &hunt);
		if (left_out)
			leave_out(search, left_out, PLAN_REASON_TOO_MANY);
	} else if (reason == PLAN_REASON_FALLBACK && !is_of_telephone(search->request)) {
		return true; /* to him there is none */
	} else if (route_exclude(search, &entry->peer, reason)) {
		tell_fits(search, &hunt);
		tell_excluded(search, &entry->peer, reason);
	}
	return true;
}

static void route_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct offer offer = {
	    .search = arg,
	    .pattern = pattern,
	    .weight = *pattern_weight(pattern),
	    .text = pattern_text(pattern),
	};

	plan_each_user(offer.search->plan, FIELD_DESTINATION, value, route_offer, &offer);
}

static void phone_fits(struct plan_search *search, const struct plan_entry *entry,
		       const struct plan_found_phone *phone)
{
	const struct pattern *pattern = (const struct pattern *)phone->pattern;
	struct offer offer = {
	    .search = search,
	    .pattern = pattern,
	    .weight = *pattern_weight(pattern),
	    .text = pattern_text(pattern),
	    .phone =
		entry->peer.pool ? &phone->phone : NULL, /* the pilot of a hunt group is none */
	};

	route_offer(&offer, entry);
}

static void find_called(struct plan_search *search, const char *text)
{
	const struct index *index = search->plan->indexes[FIELD_DESTINATION];

	if (search->request->collected)
		index_find_exact(index, text, route_fits, search);
	else
		index_find(index, text, route_fits, search);
	/* whoever registers as 112 is not who is called for help */
	if (!search->emergency)
		plan_find_phones(search, text, phone_fits);
}

/* The forms of the called number, until something fits. Peers that are down do not, nor do hunt groups
 * fit emergency calls. */
static void find_called_forms(struct plan_search *search)
{
	const unsigned down = 1u << PLAN_REASON_SHUTDOWN | 1u << PLAN_REASON_NO_TARGET |
			      1u << PLAN_REASON_MISSING | 1u << PLAN_REASON_EMERGENCY |
			      1u << PLAN_REASON_FALLBACK;
	unsigned before = search->reasons, found = 0;

	for (unsigned i = 0;
	     i < search->call->forms_count && !search->list.count && !(found & ~down); i++) {
		search_form(search, i);
		search->reasons = 0;
		find_called(search, search->call->forms[i].text);
		found |= search->reasons;
	}
	search->reasons = before | found;
}

static void calling_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct offer offer = {
	    .search = arg,
	    .weight = *pattern_weight(pattern),
	    .text = pattern_text(pattern),
	};

	plan_each_user(offer.search->plan, FIELD_CALLING_OUT, value, route_offer, &offer);
}

static void find_calling(struct plan_search *search)
{
	char text[2][DIGITS_TEXT_SIZE];
	unsigned count = plan_calling_forms(search->call, text);

	for (unsigned i = 0; i < count && !search->list.count; i++)
		index_find(search->plan->indexes[FIELD_CALLING_OUT], text[i], calling_fits, search);
}

struct uri_search {
	struct plan_search *search;
	enum peer_uri uri;
};

static void uri_fits(void *arg, const struct plan_uri_class *class, unsigned rank)
{
	const struct uri_search *uri = arg;
	struct offer offer = {
	    .search = uri->search,
	    .weight = {.explicit_length = rank}, /* what fits better goes first */
	    .text = class->class.name,
	};

	for (size_t i = 0; i < class->destination[uri->uri].count; i++)
		route_offer(&offer, class->destination[uri->uri].items[i]);
}

static void find_uri(struct plan_search *search, enum peer_uri uri)
{
	struct uri_search arg = {.search = search, .uri = uri};

	if (search->request->uris[uri])
		plan_uri_find(search->plan, search->request->uris[uri], uri_fits, &arg);
}

static void find_carrier(struct plan_search *search)
{
	const char *name = search->call->carrier;
	const struct plan_carrier *carrier =
	    name ? table_find(&search->plan->tables[PLAN_CARRIERS], name) : NULL;
	struct offer offer = {.search = search, .text = name};

	for (size_t i = 0; carrier && i < carrier->targets.count; i++)
		route_offer(&offer, carrier->targets.items[i]);
}

/* ---- keys (rule 4.1) */

static void tell_group(const struct plan_search *search, const char *text)
{
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_GROUP,
						       .peer = &search->inbound->peer,
						       .text = text});
}

/* `destination dpg`: the peers of the group in its order, whatever their patterns. */
static void find_group(struct plan_search *search)
{
	const struct plan_group *group = plan_search_group(search);
	char text[32];

	snprintf(text, sizeof(text), "dpg %u", group->group.number);
	tell_group(search, text);
	for (unsigned i = 0; i < group->count; i++) {
		const struct plan_entry *entry = group->members[i];
		struct hunt_entry hunt = {.peer = &entry->peer};
		enum plan_reason reason;

		if (plan_entry_usable(search, entry, &hunt.last_used, &reason))
			search->list.entries[search->list.count++] = hunt;
		else
			leave_out(search, &entry->peer, reason);
	}
}

static void find_key(struct plan_search *search, enum provision_key key)
{
	if (key == PROVISION_CALLED)
		find_called_forms(search);
	else if (key == PROVISION_CALLING)
		find_calling(search);
	else if (key == PROVISION_CARRIER_ID)
		find_carrier(search);
	else if (key != PROVISION_NONE)
		find_uri(search, plan_key_uri(key));
}

/* `destination provision-policy`: what fits all keys of its first preference, else of its second. */
static void find_policy(struct plan_search *search)
{
	const struct provision_policy *policy = search->inbound->policy;

	for (unsigned p = 0; p < 2 && !search->list.count; p++) {
		const enum provision_key *keys = policy->preference[p].keys;
		char text[64];

		if (keys[0] == PROVISION_NONE)
			continue;
		snprintf(text, sizeof(text), "provision-policy %u preference %u", policy->number,
			 p + 1);
		tell_group(search, text);
		search->also = keys[1];
		find_key(search, keys[0]);
		search->also = PROVISION_NONE;
	}
}

static void find_by_carrier(struct plan_search *search)
{
	if (!search->call->carrier || !search->plan->tables[PLAN_CARRIERS].count)
		return;
	search->carrier = true;
	find_uri(search, PEER_URI_REQUEST);
	if (!search->list.count)
		find_called_forms(search);
	search->carrier = false;
}

/* Each key is tried if the ones before it gave nothing that can be used. A group is final. */
void plan_find(struct plan_search *search)
{
	if (!search->call->forms_count) {
		search->reasons |= 1u << PLAN_REASON_TOO_LONG;
		return;
	}
	if (plan_search_group(search)) {
		find_group(search);
		return;
	}
	if (search->inbound && search->inbound->policy)
		find_policy(search);
	if (!search->list.count)
		find_by_carrier(search);
	if (!search->list.count)
		find_uri(search, PEER_URI_REQUEST);
	if (!search->list.count)
		find_called_forms(search);
	if (!search->list.count)
		find_calling(search);
}

static void tell_all_that_fit(const struct plan_search *search)
{
	for (unsigned i = 0; search->request->note && i < search->list.count; i++)
		tell_fits(search, &search->list.entries[i]);
}

/* ---- what comes out */

unsigned plan_cause_of_reasons(const struct plan *plan, unsigned reasons)
{
	if (reasons & (1u << PLAN_REASON_MAX_CONN | 1u << PLAN_REASON_MAX_CALLS))
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
	if (reasons & 1u << PLAN_REASON_REJECTED)
		return CAUSE_REJECTED;
	return CAUSE_UNALLOCATED;
}

/* Told in the order in which it will be read: the candidate, then what was done to its numbers. */
static void tell_candidate(const struct plan_search *search, const struct hunt_entry *entry,
			   const struct plan_target *target)
{
	struct plan_sending sending = {search, entry, target, search->request};
	struct plan_candidate again;
	enum plan_reason reason;

	if (!search->request->note)
		return;
	plan_tell(search->request, &(struct plan_note){.step = PLAN_STEP_CANDIDATE,
						       .peer = entry->peer,
						       .target = target->target,
						       .position = search->route->count + 1});
	plan_send(&sending, &again, &reason);
}

/* The last calls to it failed. */
static bool is_failing(const struct plan_search *search, const struct peer *peer,
		       const struct plan_target *target)
{
	const struct plan_request *request = search->request;

	return peer->kind == PEER_VOIP && request->target &&
	       request->target(request->target_arg, target->target).failing;
}

struct handing {
	bool failing; /* those that are failing have their turn */
	bool put_off; /* one of them has been met before */
};

/* One candidate for each target of the peer that has its turn. Returns how many it has in all. */
static unsigned hand_out_peer(struct plan_search *search, const struct hunt_entry *entry,
			      struct handing *handing)
{
	struct plan_target targets[PLAN_CANDIDATES_MAX];
	struct plan_route *route = search->route;
	unsigned count = plan_targets(search, plan_entry_of(entry->peer), targets), usable = 0;

	if (!count)
		leave_out(search, entry->peer,
			  entry->peer->kind == PEER_POTS ? PLAN_REASON_PORT_DOWN
							 : PLAN_REASON_BUSIED_OUT);
	for (unsigned i = 0; i < count && route->count < PLAN_CANDIDATES_MAX; i++) {
		struct plan_sending sending = {search, entry, &targets[i], NULL};
		enum plan_reason reason;

		if (is_failing(search, entry->peer, &targets[i]) != handing->failing) {
			handing->put_off = true;
			usable++;
			continue;
		}
		if (plan_send(&sending, &route->candidates[route->count], &reason) < 0) {
			leave_out(search, entry->peer, reason);
			continue;
		}
		tell_candidate(search, entry, &targets[i]);
		route->count++;
		usable++;
	}
	return usable;
}

/* Those that are failing go behind all others; `huntstop` cuts off the same peers all the same. */
static void hand_out(struct plan_search *search)
{
	const struct hunt_entry *entries = search->list.entries;
	struct handing handing = {.failing = false};
	unsigned tried = search->list.count;

	for (unsigned i = 0; i < search->list.count; i++) {
		if (i >= tried)
			leave_out(search, entries[i].peer, PLAN_REASON_AFTER_HUNTSTOP);
		else if (search->route->count == PLAN_CANDIDATES_MAX)
			leave_out(search, entries[i].peer, PLAN_REASON_TOO_MANY);
		else if (hand_out_peer(search, &entries[i], &handing) && hunt_stops(&entries[i]))
			tried = i + 1;
	}
	handing.failing = true;
	for (unsigned i = 0; handing.put_off && i < tried; i++)
		hand_out_peer(search, &entries[i], &handing);
}

/* Telephones call for help by the telephone network; the order stays otherwise. */
static void put_pots_first(struct hunt_list *list)
{
	struct hunt_entry entries[HUNT_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++)
		if (list->entries[i].peer->kind == PEER_POTS)
			entries[count++] = list->entries[i];
	for (unsigned i = 0; i < list->count; i++)
		if (list->entries[i].peer->kind != PEER_POTS)
			entries[count++] = list->entries[i];
	memcpy(list->entries, entries, count * sizeof(entries[0]));
}

static void route(const struct plan *plan, const struct plan_request *request,
		  const struct peer *inbound, struct plan_route *out)
{
	struct plan_search search;
	struct plan_outside call;

	plan_outside_begin(plan, request, inbound, &call);
	plan_search_begin(&search, plan, request, inbound, &call);
	memset(out, 0, sizeof(*out));
	out->emergency = call.emergency;
	search.route = out;
	plan_find(&search);
	if (out->emergency && request->phone_tag)
		put_pots_first(&search.list);
	tell_all_that_fit(&search);
	hand_out(&search);
	if (out->count)
		return;
	out->cause = plan_cause_of_reasons(plan, search.reasons);
	if (out->cause == CAUSE_UNALLOCATED && !plan_search_group(&search))
		plan_find_missing(&search);
	plan_tell(request, &(struct plan_note){.step = PLAN_STEP_CAUSE, .cause = out->cause});
}

/* Not for what is there and cannot be used now: the caller is to hear of that. */
static bool takes_default(const struct plan_request *request, const struct plan_route *route)
{
	return request->default_destination && request->inbound_kind == PEER_POTS &&
	       !route->count && !route->emergency && !route->excluded_count &&
	       (route->cause == CAUSE_UNALLOCATED || route->cause == CAUSE_INVALID_FORMAT);
}

void plan_route(const struct plan *plan, const struct plan_request *request,
		const struct peer *inbound, struct plan_route *out)
{
	struct plan_request again;

	route(plan, request, inbound, out);
	if (!takes_default(request, out))
		return;
	again = *request;
	if (!request->default_destination(request->phones_arg, &again.called))
		return;
	plan_tell(request, &(struct plan_note){.step = PLAN_STEP_DEFAULT_DESTINATION,
					       .before = &request->called,
					       .after = &again.called});
	route(plan, &again, inbound, out);
}
