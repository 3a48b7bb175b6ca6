// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the digits dialled so far lead (rule 5.1), and what a number that is too short would need. */
#include <string.h>

#include "dialplan/plan_private.h"

struct longer_search {
	struct plan_search *search;
	const char *text;
	uint8_t ton;	   /* of text */
	unsigned expected; /* digits that num-exp waits for before text is there; 0: none */
	unsigned max;	   /* so many peers are enough */
	struct plan_fit *fit;
	unsigned reasons; /* bits of enum plan_reason: peers left out */
	unsigned missing; /* of the pattern looked at */
	bool usable;	  /* by a peer that was offered last */
};

static bool is_told(const struct plan_fit *fit, const struct peer *peer)
{
	for (unsigned i = 0; i < fit->longer_count; i++)
		if (fit->longer[i] == peer)
			return true;
	return false;
}

static void add_longer(struct plan_fit *fit, const struct peer *peer, unsigned missing)
{
	if (!fit->longer_count || missing < fit->missing)
		fit->missing = missing;
	if (fit->longer_count < PLAN_FIT_MAX && !is_told(fit, peer))
		fit->longer[fit->longer_count++] = peer;
}

static bool longer_offer(void *arg, const struct plan_entry *entry)
{
	struct longer_search *longer = arg;
	enum plan_reason reason;
	uint64_t last_used;

	if (entry->peer.carrier_target[0])
		return true;
	if (!plan_entry_usable(longer->search, entry, &last_used, &reason)) {
		longer->reasons |= 1u << reason;
		return true;
	}
	longer->usable = true;
	add_longer(longer->fit, &entry->peer, longer->missing);
	return longer->fit->longer_count < longer->max;
}

static bool longer_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct longer_search *longer = arg;
	int missing = pattern_missing(pattern, longer->text);

	longer->missing = longer->expected;
	if (missing > 0 && (unsigned)missing > longer->expected)
		longer->missing = missing;
	plan_each_user(longer->search->plan, FIELD_DESTINATION, value, longer_offer, longer);
	return longer->fit->longer_count < longer->max;
}

/* Those that want fewer digits come first: behind one that can be used, others tell no more. */
static bool longer_phone(void *arg, const struct plan_entry *entry, unsigned missing)
{
	struct longer_search *longer = arg;

	longer->missing = missing > longer->expected ? missing : longer->expected;
	longer->usable = false;
	longer_offer(longer, entry);
	return !longer->usable;
}

/* explicit_min: only peers of at least this explicit length. */
static void find_longer(struct longer_search *longer, unsigned explicit_min)
{
	const struct index *index = longer->search->plan->indexes[FIELD_DESTINATION];

	longer->search->ton = longer->ton;
	if (strlen(longer->text) >= NUMBER_DIGITS_MAX)
		return;
	index_find_longer(index, longer->text, explicit_min, longer_fits, longer);
	/* a telephone's pattern that goes on is explicit */
	plan_find_longer_phones(longer->search, longer->text, longer_phone, longer);
}

/* Peers that the number could fit once num-exp or `voice number-plan` has changed it. */
static bool expected_begins(void *arg, const char *begin, unsigned missing)
{
	struct longer_search *longer = arg, expected = *longer;

	expected.text = begin;
	expected.ton = *begin == '+' ? TON_INTERNATIONAL : TON_UNKNOWN;
	expected.expected = missing;
	find_longer(&expected, 0);
	longer->reasons |= expected.reasons;
	return longer->fit->longer_count < longer->max;
}

static void find_all_longer(struct longer_search *longer, const struct plan_form *form)
{
	longer->text = form->text;
	longer->ton = form->called.ton;
	longer->expected = 0;
	find_longer(longer, 0);
	plan_each_expected(longer->search->plan, form, expected_begins, longer);
}

void plan_find_missing(struct plan_search *search)
{
	struct plan_fit fit = {0};
	struct longer_search longer = {.search = search, .max = 1, .fit = &fit};

	for (unsigned i = 0; i <= search->form && !fit.longer_count; i++)
		find_all_longer(&longer, &search->call->forms[i]);
	if (!fit.longer_count)
		return;
	search->route->longer = fit.longer[0];
	search->route->missing = fit.missing;
	search->route->cause = CAUSE_INVALID_FORMAT;
}

/* ---- digit by digit */

/* Emergency numbers that the digits are the beginning of: what keeps others out of a peer must not
 * end the number before it is complete. */
static void add_emergency(const struct plan_search *search, struct plan_fit *out)
{
	const struct peer *inbound = search->inbound ? &search->inbound->peer : NULL;

	for (unsigned i = 0; i < PLAN_EMERGENCY_MAX; i++) {
		struct plan_request whole = *search->request;
		struct plan_outside call;
		struct plan_search ahead;
		unsigned missing =
		    plan_emergency_ahead(search->plan, &search->request->called, i, &whole.called);

		if (!missing)
			continue;
		whole.note = NULL;
		plan_outside_begin(search->plan, &whole, inbound, &call);
		plan_search_begin(&ahead, search->plan, &whole, inbound, &call);
		plan_find(&ahead);
		for (unsigned k = 0; k < ahead.list.count; k++)
			add_longer(out, ahead.list.entries[k].peer, missing);
	}
}

static void fit_best(struct plan_search *full, struct plan_fit *out)
{
	const struct hunt_entry *best = &full->list.entries[0];
	struct plan_fit unused = {0};
	struct longer_search longer = {.search = full, .max = 1, .fit = &unused};

	/* what no pattern chose, such as a peer group, takes any digits: the number may go on */
	out->variable = best->weight.variable || !best->pattern;
	out->explicit_length = best->weight.explicit_length;
	longer.text = full->call->forms[full->form].text;
	longer.ton = full->call->forms[full->form].called.ton;
	find_longer(&longer, best->weight.explicit_length + 1);
	out->longer_explicit = unused.longer_count != 0;
}

void plan_fit_digits(const struct plan *plan, const struct plan_request *request,
		     const struct peer *inbound, struct plan_fit *out)
{
	struct plan_request exact = *request;
	struct plan_outside call;
	struct plan_search full;
	struct longer_search longer = {.search = &full, .max = PLAN_FIT_MAX, .fit = out};

	memset(out, 0, sizeof(*out));
	exact.collected = true;
	exact.note = NULL; /* the decision is told by plan_route() */
	plan_outside_begin(plan, &exact, inbound, &call);
	plan_search_begin(&full, plan, &exact, inbound, &call);
	plan_find(&full);
	out->emergency = call.emergency;
	for (; out->full_count < full.list.count && out->full_count < PLAN_FIT_MAX;
	     out->full_count++)
		out->full[out->full_count] = full.list.entries[out->full_count].peer;
	if (!plan_search_group(&full))
		for (unsigned i = 0; i < call.forms_count; i++)
			find_all_longer(&longer, &call.forms[i]);
	add_emergency(&full, out);
	if (out->full_count)
		fit_best(&full, out);
	out->cause = plan_cause_of_reasons(plan, out->longer_count ? full.reasons
								   : full.reasons | longer.reasons);
	if (out->longer_count && out->cause == CAUSE_UNALLOCATED)
		out->cause = CAUSE_INVALID_FORMAT;
}
