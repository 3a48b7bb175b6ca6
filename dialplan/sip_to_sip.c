// SPDX-License-Identifier: GPL-2.0-or-later
/* `allow-connections sip to sip`, `redirect ip2ip`: calls that come by SIP and would go out by SIP. The
 * site's own telephones may call and be called in any case. */
#include "dialplan/plan_private.h"

#include "dialplan/lint_private.h"

void plan_drop_sip_to_sip(const struct plan *plan, const struct plan_request *request,
			  struct plan_route *route)
{
	unsigned kept = 0, count = route->count;

	if (!plan->options.no_sip_to_sip || route->emergency || request->phone_tag ||
	    request->inbound_kind != PEER_VOIP)
		return;
	for (unsigned i = 0; i < count; i++) {
		const struct peer *peer = route->candidates[i].peer;

		if (peer->kind != PEER_VOIP || peer->pool || peer->hunt_group) {
			if (kept != i)
				route->candidates[kept] = route->candidates[i];
			kept++;
		} else if (plan_exclude(route, peer, PLAN_REASON_SIP_TO_SIP)) {
			plan_tell(request, &(struct plan_note){.step = PLAN_STEP_EXCLUDED,
							       .peer = peer,
							       .reason = PLAN_REASON_SIP_TO_SIP});
		}
	}
	route->count = kept;
	if (!kept && count) {
		route->cause = CAUSE_REJECTED;
		plan_tell(request,
			  &(struct plan_note){.step = PLAN_STEP_CAUSE, .cause = CAUSE_REJECTED});
	}
}

bool plan_redirects(const struct plan *plan, const struct peer *inbound)
{
	if (inbound && inbound->sip.redirect_server != SIP_SWITCH_UNSET)
		return inbound->sip.redirect_server == SIP_SWITCH_ON;
	return plan->options.redirect_server;
}

/* ---- what is probably not meant */

static const char remedy[] = "allow-connections sip to sip in voice service voip allows it";

static bool has_pots(const struct plan_group *group)
{
	for (unsigned i = 0; i < group->count; i++)
		if (group->members[i]->peer.kind == PEER_POTS)
			return true;
	return group->count == 0;
}

/* A peer whose calls can go nowhere but to SIP. */
static void lint_group(const struct lint *lint, const struct plan_entry *entry)
{
	struct lint_warning warning = {.kind = LINT_SIP_TO_SIP, .tag = entry->peer.tag};

	if (entry->peer.kind == PEER_VOIP && !entry->peer.pool && peer_is_inbound(&entry->peer) &&
	    entry->group && !has_pots(entry->group) && !plan_redirects(lint->plan, &entry->peer))
		lint_tell(
		    lint, &warning,
		    "calls that come in by dial-peer voice %u are refused: destination dpg %u "
		    "leads to SIP alone (%s)",
		    warning.tag, entry->group->group.number, remedy);
}

void lint_sip_to_sip(const struct lint *lint)
{
	size_t count = plan_peer_count(lint->plan);
	const struct peer *in = NULL, *out = NULL;
	bool others = false; /* that may call it: lines, telephones */

	if (!plan_options(lint->plan)->no_sip_to_sip)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = plan_peer_at(lint->plan, i);

		lint_group(lint, plan_entry_of(peer));
		others |= peer->kind == PEER_POTS || peer->pool;
		if (!in && peer->kind == PEER_VOIP && !peer->pool && peer_is_inbound(peer) &&
		    !plan_redirects(lint->plan, peer))
			in = peer;
		if (!out && !peer->pool && !peer->hunt_group && peer_is_outbound(peer))
			out = peer;
	}
	if (!others && in && out && !(plan_entry_of(in)->group))
		lint_tell(lint, &(struct lint_warning){LINT_SIP_TO_SIP, out->tag, in->tag, NULL},
			  "dial-peer voice %u is never tried: all calls come by SIP, as by %u, and "
			  "it leads to SIP (%s)",
			  out->tag, in->tag, remedy);
}
